"""Words and selections that several chapters use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.display import correlation as rho
from analysis.display import count, interval, number, percent_share
from analysis.parameters import Parameters

if TYPE_CHECKING:
    import pandas as pd

    from analysis.scores import ScoreTable


def plural(n: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    Parameters
    ----------
    n : int
        How many.
    one, many : str
        The noun for one and for any other number (`one` + "s" by default).

    Returns
    -------
    str
        For example "1 model" or "26 models".
    """
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def headline_benchmarks(correlations: pd.DataFrame, benchmarks: pd.DataFrame) -> pd.DataFrame:
    """Correlations of the safety benchmarks that are not a split of another benchmark.

    Parameters
    ----------
    correlations : DataFrame
        As returned by `analysis.correlation.capabilities_correlations`.
    benchmarks : DataFrame
        The registry, indexed by benchmark, with column `parent`.

    Returns
    -------
    DataFrame
        The rows with role "safety" and a correlation that are not a split of another one and did not
        help to make the capabilities score.
    """
    parent = correlations["benchmark"].map(benchmarks["parent"])
    scored_safety = correlations.loc[correlations["role"] == "safety", "benchmark"]
    is_split = parent.isin(scored_safety)
    keep = (correlations["role"] == "safety") & ~is_split & correlations["correlation"].notna()
    if "correlation_left_out" in correlations:
        keep &= correlations["correlation_left_out"].isna()
    return correlations[keep]


def panel_findings(table: ScoreTable, population: str) -> dict[str, str]:
    """What was measured on what: the size and make-up of one population's panel.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The population described.

    Returns
    -------
    dict of str
        Keys `population, models, families, benchmarks, safety_columns, areas,
        missing_sentence, family_sentence`.
    """
    from analysis.scores import families, wide

    scores = wide(table, population)
    family = families(table, population).reindex(scores.index)
    roles = table.benchmarks["role"].reindex(scores.columns)
    safety_areas = table.benchmarks["area"].reindex(scores.columns)[roles == "safety"].dropna()
    return {
        "population": population,
        "models": plural(len(scores), "model"),
        "families": plural(family.nunique(), "family", "families"),
        "benchmarks": plural(scores.shape[1], "benchmark"),
        "safety_columns": count(int((roles == "safety").sum())),
        "areas": plural(safety_areas.nunique(), "area"),
        "missing_sentence": missing_sentence(scores),
        "family_sentence": lineage_sentence(family, table.models["family"].reindex(scores.index).isna()),
    }


def missing_sentence(scores: pd.DataFrame) -> str:
    """One sentence on the holes in a models × benchmarks table."""
    holes = scores.isna().sum()
    total = int(holes.sum())
    if total == 0:
        return "No score is missing."
    return (
        f"{plural(total, 'score')} of {count(scores.size)} "
        f"{'is' if total == 1 else 'are'} missing, in {plural(int((holes > 0).sum()), 'benchmark')}."
    )


def lineage_sentence(family: pd.Series, unknown: pd.Series) -> str:
    """What is known of the families of a panel, and what follows where nothing is.

    Parameters
    ----------
    family : Series
        Family of each model, indexed by model; a model of unknown family is its own.
    unknown : Series of bool
        Whether no table names the family, indexed by model.

    Returns
    -------
    str
        One or two sentences.
    """
    n = int(unknown.sum())
    if n == 0:
        return family_sentence(family)
    whose = "any of these models" if n == len(family) else f"{count(n)} of these {plural(len(family), 'model')}"
    warning = (
        f"No table names the family of {whose}, so {'it counts as one' if n == 1 else 'each counts as a family'} of its own; "
        "where models are in truth related, the intervals of this edition are too narrow."
    )
    return warning if n == len(family) else f"{family_sentence(family)} {warning}"


def family_sentence(family: pd.Series) -> str:
    """One sentence on how unequal the families of a panel are.

    Parameters
    ----------
    family : Series
        Family of each model, indexed by model.

    Returns
    -------
    str
        A sentence that names the largest family and its share of the models.
    """
    sizes = family.value_counts()
    if len(sizes) == 1:
        return f"All of them belong to one family, {sizes.index[0]}."
    if sizes.iloc[0] == 1:
        return "Each model is the only one of its family."
    return (
        f"The largest family, {sizes.index[0]}, holds {count(int(sizes.iloc[0]))} of the "
        f"{plural(len(family), 'model')}; {plural(int((sizes == 1).sum()), 'family', 'families')} "
        f"{'is' if (sizes == 1).sum() == 1 else 'are'} present with a single model."
    )


def correlation_findings(headline: pd.DataFrame, line: float) -> dict[str, str]:
    """How the safety benchmarks' correlations fall on either side of a line.

    Parameters
    ----------
    headline : DataFrame
        Headline safety benchmarks, as returned by `headline_benchmarks`, of one population.
    line : float
        The line between a low correlation and one that is not, in (0, 1).

    Returns
    -------
    dict of str
        Keys `headline, above, between, below, median, lowest, highest, line,
        line_sentence, count_sentence`.
    """
    values = headline["correlation"]
    above, below = int((values > line).sum()), int((values < -line).sum())
    return {
        "headline": plural(len(values), "headline safety benchmark"),
        "above": count(above),
        "between": count(len(values) - above - below),
        "below": count(below),
        "median": rho(values.median()),
        "lowest": rho(values.min()),
        "highest": rho(values.max()),
        "line": number(line, 2),
        "line_sentence": line_sentence(line),
        "count_sentence": count_sentence(above, len(values) - above - below, below, line),
    }


def line_sentence(line: float) -> str:
    """One sentence on the paper's line, Ren et al. (2024), and on that of the edition where it is another."""
    stated = Parameters().line
    own = "" if line == stated else f"; this edition draws it at {number(line, 2)}"
    return f"The paper states one line, {number(stated, 2)} in size{own}."


def count_sentence(above: int, between: int, below: int, line: float) -> str:
    """One sentence that counts benchmarks above, within and below the line."""
    total = above + between + below
    if total == 0:
        return "No safety benchmark in these scores has a capabilities correlation."
    return (
        f"Of {plural(total, 'headline safety benchmark')}, {count(above)} "
        f"{'has' if above == 1 else 'have'} a point estimate above {rho(line)}, "
        f"{count(below)} below {rho(-line)}, and {count(between)} in between."
    )


def compute_tie(table: ScoreTable, population: str, parameters: Parameters) -> dict[str, str]:
    """Sentence and caption on the capabilities score against training compute.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The population described.
    parameters : Parameters
        Index, component, missing-score policy and compute basis.

    Returns
    -------
    dict of str
        Keys `variance_interval, score_compute_sentence, score_compute_caption`.
    """
    from analysis.capability import score_frame
    from analysis.correlation import spearman
    from analysis.results import summary_bounds

    known = score_frame(table, population, parameters).dropna(subset=["score", "compute"])
    value, n = spearman(known["score"], known["compute"])
    bounds = summary_bounds(table, population, parameters)
    tie = bounds["compute_correlation_lower"], bounds["compute_correlation_upper"]
    share = bounds["variance_explained_lower"], bounds["variance_explained_upper"]
    caption = f"{plural(n, 'model')} with known compute; compute on a logarithmic scale."
    return {
        "variance_interval": share_interval(*share),
        "score_compute_sentence": score_compute_finding(value, n, population, *tie),
        "score_compute_caption": (
            f"The closer the dots keep to one rising line, the more closely capability follows compute: {caption}"
            if n
            else "No training compute is known for these models, so there is nothing to draw."
        ),
    }


def share_interval(lower: float | None, upper: float | None) -> str:
    """The interval of a share in words, or a plain statement that there is none."""
    if lower is None or upper is None:
        return "too few families for an interval"
    return f"interval {percent_share(lower)} to {percent_share(upper)}"


def score_compute_finding(
    correlation: float, n: int, population: str, lower: float | None = None, upper: float | None = None
) -> str:
    """One sentence on the capabilities score's rank correlation with training compute.

    Parameters
    ----------
    correlation : float
        Spearman correlation, NaN where it cannot be computed.
    n : int
        Models with both figures.
    population : str
        The population it is for.
    lower, upper : float or None
        Bounds with the family as the unit; None where there are none.

    Returns
    -------
    str
        The sentence, or a plain statement that these scores carry no compute.
    """
    if n == 0:
        return f"These scores carry no training compute for {population} models, so the tie cannot be measured."
    if correlation != correlation:
        return (
            f"Training compute is known for {plural(n, f'{population} model')} only, "
            "too few to measure the tie."
        )
    return (
        f"Over the {plural(n, f'{population} model')} whose training compute is known, "
        f"the capabilities score and compute have a rank correlation of {rho(correlation)} "
        + (f"(interval {interval(lower, upper)})." if lower is not None and upper is not None else "(too few families for an interval).")
    )
