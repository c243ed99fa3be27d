"""What the chapter on areas says and lists."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from analysis.display import correlation as rho
from analysis.display import count, interval, listing, number, percent_share
from analysis.findings.columns import rests_sentence
from analysis.findings.shared import plural
from analysis.house import display_name
from analysis.verdicts import ENOUGH_FOR, VERDICTS

if TYPE_CHECKING:
    import pandas as pd

    from analysis.scores import ScoreTable

AREA_COLUMNS = {
    "area": "Area",
    "benchmarks": "n",
    "lowest": "Lowest",
    "median": "Median",
    "highest": "Highest",
    "entangled": "Entangled",
    "inverse": "Inverse",
    "distinct": "Distinct",
    "cannot tell": "Cannot tell",
}
AREA_FORMATS = {"lowest": rho, "median": rho, "highest": rho}
BENCHMARK_COLUMNS = {
    "name": "Benchmark",
    "area": "Area",
    "correlation": "ρ",
    "interval": "Interval",
    "verdict": "Verdict",
    "q_value": "q",
    "n_models": "n",
    "n_families": "Families",
    "correlation_as_released": "Source ρ",
}
BENCHMARK_FORMATS = {"correlation": rho, "correlation_as_released": rho, "q_value": partial(number, digits=3)}
SETTLING_COLUMNS = {
    "name": "Benchmark",
    "correlation": "ρ",
    "interval": "Interval",
    "more_families_lower": f"Enough for {percent_share(ENOUGH_FOR[1])}",
    "more_families": f"Enough for {percent_share(ENOUGH_FOR[0])}",
    "more_families_upper": f"Enough for {percent_share(ENOUGH_FOR[2])}",
}


def area_summary(headline: pd.DataFrame, line: float) -> pd.DataFrame:
    """Correlations summarised by area.

    Parameters
    ----------
    headline : DataFrame
        Headline safety benchmarks of one population, with verdicts.
    line : float
        The line between a low correlation and one that is not.

    Returns
    -------
    DataFrame
        Columns `area, benchmarks, lowest, median, highest, above, below`, then the number of
        benchmarks with each verdict; one row an area, highest median first.
    """
    import pandas as pd

    grouped = headline.assign(area=headline["area"].fillna("no area stated")).groupby("area")["correlation"]
    summary = pd.DataFrame(
        {
            "benchmarks": grouped.size(),
            "lowest": grouped.min(),
            "median": grouped.median(),
            "highest": grouped.max(),
            "above": grouped.agg(lambda values: int((values > line).sum())),
            "below": grouped.agg(lambda values: int((values < -line).sum())),
        }
    )
    area = headline["area"].fillna("no area stated")
    judged = pd.crosstab(area, headline["verdict"]).reindex(columns=list(VERDICTS), fill_value=0)
    summary = summary.join(judged)
    return summary.sort_values("median", ascending=False).reset_index()


def area_findings(summary: pd.DataFrame) -> dict[str, str]:
    """Strings on the areas of an edition, from `area_summary`: key `area_sentence`."""
    return {"area_sentence": area_sentence(summary)}


def area_sentence(summary: pd.DataFrame) -> str:
    """One sentence on how far areas hang together, from `area_summary`."""
    if len(summary) < 2:
        return "These scores hold fewer than two safety areas, so areas cannot be compared."
    mixed = summary.loc[(summary["highest"] - summary["lowest"] > 0.5) & (summary["benchmarks"] > 1), "area"]
    if mixed.empty:
        return "Within each area the benchmarks lie within half a unit of ρ of each other."
    return (
        f"An area's name is no safe guide: in {listing(sorted(mixed))} the highest and the lowest ρ "
        "lie more than half a unit apart."
    )


def benchmark_rows(correlations: pd.DataFrame, table: ScoreTable) -> pd.DataFrame:
    """Capabilities correlations with the benchmarks' names, highest first.

    Parameters
    ----------
    correlations : DataFrame
        As returned by `analysis.correlation.capabilities_correlations`.
    table : ScoreTable
        For the benchmarks' names.

    Returns
    -------
    DataFrame
        `correlations` with columns `name` and `interval` (as text), sorted by correlation.
    """
    names = [display_name(benchmark, table.benchmarks) for benchmark in correlations["benchmark"]]
    bounds = zip(correlations["lower"], correlations["upper"], strict=True)
    named = correlations.assign(name=names, interval=[interval(*pair) for pair in bounds])
    return named.sort_values("correlation", ascending=False, kind="stable").reset_index(drop=True)


def verdict_findings(headline: pd.DataFrame, level: float) -> dict[str, str]:
    """Strings on how many benchmarks each verdict was reached for.

    Parameters
    ----------
    headline : DataFrame
        Headline safety benchmarks of one population, with verdicts and bounds.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    dict of str
        Keys `verdict_sentence, both_sides_sentence, width, level, q_sentence, floor_sentence,
        rests_sentence, settling_sentence`.
    """
    counts = headline["verdict"].value_counts().reindex(list(VERDICTS), fill_value=0)
    width = (headline["upper"] - headline["lower"]).median()
    return {
        "verdict_sentence": verdict_sentence(counts.to_dict()),
        "both_sides_sentence": both_sides_sentence(headline),
        "width": number(width, 2),
        "level": percent_share(level),
        "q_sentence": q_sentence(headline),
        "floor_sentence": floor_sentence(headline),
        "rests_sentence": rests_sentence(headline),
        "settling_sentence": settling_sentence(headline),
    }


def verdict_sentence(counts: dict[str, int]) -> str:
    """One sentence that counts verdicts."""
    total = sum(counts.values())
    if total == 0:
        return "There is no headline safety benchmark to judge."
    return (
        f"Judged by its interval, {count(counts['entangled'])} of {plural(total, 'headline safety benchmark')} "
        f"{'is' if counts['entangled'] == 1 else 'are'} entangled, {count(counts['inverse'])} inverse and "
        f"{count(counts['distinct'])} distinct. For the other {count(counts['cannot tell'])} these scores cannot tell."
    )


def both_sides_sentence(headline: pd.DataFrame) -> str:
    """One sentence on intervals that hold both zero and a value beyond the line, by what they cross."""
    known = headline.dropna(subset=["lower", "upper"])
    if known.empty:
        return "No interval can be given for any of them."
    crossing = int(((known["lower"] < 0) & (known["upper"] > 0)).sum())
    return (
        f"For {count(crossing)} of {plural(len(known), 'benchmark')} with an interval, it reaches across zero, so that "
        "not even the direction is settled."
    )


def q_sentence(headline: pd.DataFrame) -> str:
    """One sentence on how many correlations differ from zero after allowing for the many tests."""
    tested = headline["q_value"].dropna()
    if tested.empty:
        return "With so few families no test against zero is possible."
    return (
        f"With the rate of false discoveries held at one in twenty, the correlations of {count(int((tested <= 0.05).sum()))} of "
        f"{plural(len(tested), 'benchmark')} differ from zero."
    )


def floor_sentence(headline: pd.DataFrame) -> str:
    """One sentence on the rows whose p-value is the smallest that so few families allow."""
    least = 2.0 ** (1 - headline["n_families"])
    floored = headline[headline["p_value"] <= least * (1 + 1e-9)]
    if floored.empty:
        return "No row has the smallest p-value that its number of families allows."
    most = int(floored["n_families"].max())
    return (
        f"The test flips the signs of whole families, so that with {plural(most, 'family', 'families')} no p-value lies below "
        f"{number(2.0 ** (1 - most), 3)}. {plural(len(floored), 'row')} {'stands' if len(floored) == 1 else 'stand'} at the floor that "
        f"the number of families sets, with a q from {number(floored['q_value'].min(), 3)} upwards: there q ranks none above another."
    )


def settling_sentence(headline: pd.DataFrame) -> str:
    """What the numbers of families still wanted leave out: noise, and benchmarks of unknown reliability."""
    waiting = headline[headline["more_families"].notna()]
    if waiting.empty:
        return "No benchmark waits for more families."
    unknown = int(waiting["reliability"].isna().sum())
    rest = (
        f"The reliability of {count(unknown)} of these {plural(len(waiting), 'benchmark')} is unknown. More families can show them "
        "entangled or inverse but never distinct, so where their true correlation is small no number of families is enough."
    )
    return f"The numbers allow for families only and not for noise. {rest if unknown else ''}".strip()


def settling_rows(headline: pd.DataFrame, table: ScoreTable) -> pd.DataFrame:
    """Benchmarks without a verdict, with the number of further families that might settle them.

    Parameters
    ----------
    headline : DataFrame
        Headline safety benchmarks of one population, with verdicts.
    table : ScoreTable
        For the benchmarks' names.

    Returns
    -------
    DataFrame
        Columns of `SETTLING_COLUMNS`, fewest families first.
    """
    waiting = benchmark_rows(headline[headline["more_families"].notna()], table)
    ordered = waiting.sort_values("more_families", kind="stable")
    return ordered[list(SETTLING_COLUMNS)].reset_index(drop=True)


def families_wanted(value: float) -> str:
    """A number of further families as a table shows it, beyond reach where it is infinite."""
    return "beyond reach" if value == float("inf") else count(value)


SETTLING_FORMATS = {
    "correlation": rho,
    "more_families": families_wanted,
    "more_families_lower": families_wanted,
    "more_families_upper": families_wanted,
}
