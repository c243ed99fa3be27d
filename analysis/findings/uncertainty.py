"""What the chapter on uncertainty says and lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analysis.display import correlation as rho
from analysis.display import count, interval, number, percent_share
from analysis.findings.shared import plural

if TYPE_CHECKING:
    import pandas as pd

    from analysis.intervals import Evidence
    from analysis.resampling import Panel
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

MOST_REFITS = 200_000
MANY_FAMILIES = 50
SMALL_SHORTFALL = 0.05
METHOD_COLUMNS = {"label": "Method", "unit": "Unit", "bounds": "Interval", "width": "Width"}
METHOD_FORMATS = {"width": number}
COVERAGE_COLUMNS = {
    "population": "Population",
    "label": "Method",
    "lowest": "Lowest coverage",
    "highest": "Highest coverage",
    "mean_width": "Mean width",
    "simulations": "Simulated panels",
}
COVERAGE_FORMATS = {"lowest": lambda share: percent_share(share, 2), "highest": lambda share: percent_share(share, 2)}


def affordable_methods(panel: Panel, resamples: int) -> tuple[str, ...]:
    """The interval methods that a chapter can run while a reader waits.

    Parameters
    ----------
    panel : Panel
        The scores.
    resamples : int
        Bootstrap replicates.

    Returns
    -------
    tuple of str
        All methods; without those that refit once more for every family of every replicate where
        that makes more than `MOST_REFITS` refits.
    """
    from analysis.intervals import methods_table

    nested = resamples * len(panel.family_names) > MOST_REFITS
    return tuple(name for name, method in methods_table().items() if not (nested and "nested" in method.needs))


def panels_simulated(simulations: int, panel: Panel) -> int:
    """The number of panels the live calibration draws.

    Parameters
    ----------
    simulations : int
        The number asked for.
    panel : Panel
        The scores whose structure is simulated.

    Returns
    -------
    int
        `simulations`; fewer, in proportion, where there are more than `MANY_FAMILIES` families, since
        the work on each panel grows with their number. Never fewer than ten.
    """
    families = max(len(panel.family_names), MANY_FAMILIES)
    return max(10, simulations * MANY_FAMILIES // families)


def method_rows(
    evidence: Evidence, benchmark: str, level: float, methods: tuple[str, ...] | None = None
) -> pd.DataFrame:
    """The interval of one benchmark's capabilities correlation by every method.

    Parameters
    ----------
    evidence : Evidence
        Refits that hold what all methods need, from `analysis.intervals.resample`.
    benchmark : str
        Benchmark id.
    level : float
        Confidence level.
    methods : tuple of str, optional
        Names of the methods; all by default.

    Returns
    -------
    DataFrame
        Columns `label, unit, lower, upper, bounds, width`, one row a method.
    """
    import pandas as pd

    from analysis.intervals import methods_table

    column = list(evidence.panel.benchmarks).index(benchmark)
    rows = []
    known = methods_table()
    for method in (known[name] for name in methods or known):
        lower, upper = (float(part[column]) for part in method.bounds(evidence, "correlations", level))
        unit = "family" if method.by_family else "model"
        rows.append((method.label, unit, lower, upper, interval(lower, upper), upper - lower))
    return pd.DataFrame(rows, columns=["label", "unit", "lower", "upper", "bounds", "width"])


def naive_width_sentence(rows: pd.DataFrame) -> str:
    """Compare one benchmark's interval that ignores families with that of the chosen method.

    Parameters
    ----------
    rows : DataFrame
        From `method_rows`.

    Returns
    -------
    str
        Two sentences, or a plain statement that there is nothing to compare.
    """
    from analysis.intervals import CHOSEN, methods_table

    widths = rows.set_index("label")["width"]
    naive, chosen = (widths.get(methods_table()[name].label, float("nan")) for name in ("naive", CHOSEN))
    if naive != naive or chosen != chosen:
        return "These scores do not give both an interval that ignores families and one that does not, so there is nothing to compare."
    told = number(naive), number(chosen)
    relation = "as wide as" if told[0] == told[1] else "wider than" if naive > chosen else "narrower than"
    sizes = f"{told[0]}" if told[0] == told[1] else f"{told[0]} beside {told[1]}"
    return (
        f"Here the interval that ignores families is {relation} that of the family jackknife ({sizes}). On one panel and one benchmark a "
        "recipe can come out either way; which recipe to trust takes many panels to see."
    )


def deleted_rows(evidence: Evidence, benchmark: str) -> pd.DataFrame:
    """One benchmark's capabilities correlation with each family left out in turn.

    Parameters
    ----------
    evidence : Evidence
        Refits with each family left out, from `analysis.intervals.resample`.
    benchmark : str
        Benchmark id.

    Returns
    -------
    DataFrame
        Columns `family, models, correlation`, lowest correlation first.
    """
    import numpy as np
    import pandas as pd

    panel = evidence.panel
    column = list(panel.benchmarks).index(benchmark)
    sizes = np.bincount(panel.families, minlength=len(panel.family_names))
    rows = {
        "family": list(panel.family_names),
        "models": sizes,
        "correlation": evidence.deleted.correlations[:, column],
    }
    return pd.DataFrame(rows).sort_values("correlation", kind="stable").reset_index(drop=True)


def example_findings(evidence: Evidence, benchmark: str, name: str, parameters: Parameters) -> dict[str, str]:
    """Strings on the worked example of the family jackknife.

    Parameters
    ----------
    evidence : Evidence
        Refits that hold what all methods need.
    benchmark, name : str
        Id and display name of the benchmark.
    parameters : Parameters
        `level` is used.

    Returns
    -------
    dict of str
        Keys `example, estimate, chosen_interval, deleted_sentence, z, error,
        freedom, level`.
    """
    from analysis.intervals import CHOSEN, jackknife_error

    bounds = method_rows(evidence, benchmark, parameters.level, (CHOSEN,))["bounds"].iloc[0]
    deleted = deleted_rows(evidence, benchmark)
    column = list(evidence.panel.benchmarks).index(benchmark)
    estimate = float(evidence.estimate.correlations[0, column])
    centre, error, freedom = (part[column] for part in jackknife_error(evidence, "correlations"))
    return {
        "example": name,
        "estimate": rho(estimate),
        "chosen_interval": bounds,
        "deleted_sentence": deleted_sentence(deleted),
        "z": number(float(centre), 2),
        "error": number(error, 2),
        "freedom": count(max(int(freedom), 0)),
        "level": percent_share(parameters.level),
    }


def deleted_sentence(deleted: pd.DataFrame) -> str:
    """One sentence on how far ρ moves when a family is left out, from `deleted_rows`."""
    known = deleted.dropna(subset=["correlation"])
    if len(known) < 2:
        return "With so few families nothing can be learned from leaving one out."
    low, high = known.iloc[0], known.iloc[-1]
    return (
        f"Without {low['family']} it is {rho(low['correlation'])}, without {high['family']} "
        f"{rho(high['correlation'])}; the other families leave it in between."
    )


def kept_coverage(folder: str | Path) -> pd.DataFrame:
    """The kept calibration of an edition's data folder.

    Parameters
    ----------
    folder : path
        The edition's data folder.

    Returns
    -------
    DataFrame
        As written by `analysis.calibration.calibrate`; empty where the edition has none, because
        its panels are not the ones that were simulated.
    """
    import pandas as pd

    from analysis.calibration import COLUMNS

    path = Path(folder) / "coverage.csv"
    return pd.read_csv(path) if path.exists() else pd.DataFrame(columns=list(COLUMNS))


def coverage_rows(coverage: pd.DataFrame) -> pd.DataFrame:
    """Coverage of every method, its worst and best cell over the true correlations.

    Parameters
    ----------
    coverage : DataFrame
        As returned by `analysis.calibration.calibrate`.

    Returns
    -------
    DataFrame
        Columns of `COVERAGE_COLUMNS`, one row a population and method.
    """
    from analysis.intervals import methods_table

    labels = {key: method.label for key, method in methods_table().items()}
    grouped = coverage.groupby(["population", "method"], sort=False)
    rows = grouped.agg(
        lowest=("coverage", "min"),
        highest=("coverage", "max"),
        mean_width=("mean_width", "mean"),
        simulations=("simulations", "first"),
    ).reset_index()
    return rows.assign(label=rows["method"].map(labels).fillna(rows["method"]))[list(COVERAGE_COLUMNS)]


def coverage_findings(kept: pd.DataFrame, live: pd.DataFrame) -> dict[str, str]:
    """Strings on the kept calibration and the one run in the chapter.

    Parameters
    ----------
    kept, live : DataFrame
        As returned by `analysis.calibration.calibrate`; `kept` may be empty.

    Returns
    -------
    dict of str
        Keys `kept_sentence, near_miss_sentence, naive_sentence, family_method_sentence, live_sentence, live_error`.
    """
    simulations = int(live["simulations"].iloc[0])
    full = live if kept.empty else kept
    return {
        "kept_sentence": kept_sentence(kept),
        "near_miss_sentence": near_miss_sentence(kept),
        "naive_sentence": naive_sentence(full, kept.empty),
        "family_method_sentence": family_method_sentence(full),
        "live_sentence": f"Here it is done with {plural(simulations, 'panel')} for each true correlation.",
        "live_error": f"{number(100 * (0.95 * 0.05 / simulations) ** 0.5, 1)} percentage points",
    }


def kept_sentence(kept: pd.DataFrame) -> str:
    """One sentence on the method that the kept calibration chose and how it fared."""
    from analysis.intervals import methods_table

    if kept.empty:
        return (
            "The full calibration that comes with the book was simulated from other panels than these, so it is not shown; "
            "the command compendium calibrate makes one for these scores."
        )
    chosen = kept[kept["chosen"]]
    label = methods_table()[chosen["method"].iloc[0]].label
    return (
        f"The full calibration, with {count(int(chosen['simulations'].iloc[0]))} panels for each true correlation, chose the method "
        f"“{label}”: over all true correlations its intervals held the true value in {percent_share(chosen['coverage'].min(), 2)} to "
        f"{percent_share(chosen['coverage'].max(), 2)} of panels."
    )


def near_miss_sentence(kept: pd.DataFrame) -> str:
    """Say which narrower method the rule for choosing passed over by least; empty where there was none.

    Parameters
    ----------
    kept : DataFrame
        As returned by `analysis.calibration.calibrate`; may be empty.

    Returns
    -------
    str
        A sentence, and a second one where the simulation is too coarse to be sure of it.
    """
    from analysis.calibration import TOLERANCE
    from analysis.intervals import methods_table

    if kept.empty:
        return ""
    known = methods_table()
    rows = kept.assign(miss=((kept["coverage"] - kept["nominal"]).abs() - TOLERANCE).round(9))
    width = rows.groupby("method")["mean_width"].mean()
    chosen = rows.loc[rows["chosen"], "method"].iloc[0]
    narrower = [name for name in width.index[width < width[chosen]] if name in known and known[name].by_family]
    passed = rows[rows["method"].isin(narrower)].sort_values("miss").groupby("method").tail(1)
    if passed.empty:
        return ""
    near = passed.sort_values("miss").iloc[0]
    error = (near["coverage"] * (1 - near["coverage"]) / near["simulations"]) ** 0.5
    coarse = " That is less than the simulation can tell: run again, it could choose otherwise." if near["miss"] < error else ""
    return (
        f"The narrower method that came nearest is “{known[near['method']].label}”, with a mean width of {number(width[near['method']])} beside "
        f"{number(width[chosen])}: its worst coverage is {percent_share(near['coverage'], 2)}, {number(100 * near['miss'], 2)} percentage points "
        f"beyond the two allowed.{coarse}"
    )


def naive_sentence(coverage: pd.DataFrame, live: bool = False) -> str:
    """Say what ignoring families cost in the simulated panels, and how large a harm that is.

    Parameters
    ----------
    coverage : DataFrame
        As returned by `analysis.calibration.calibrate`.
    live : bool
        Whether these are the few panels that the chapter simulates itself.

    Returns
    -------
    str
        Sentences with the coverage and width of both methods in each population, and the verdict, or
        a plain statement that they were not simulated.
    """
    from analysis.intervals import CHOSEN

    told = [
        f"In the {population} panels the intervals that ignore families held the true value in {_method_words(rows, 'naive')}; those of the "
        f"family jackknife held it in {_method_words(rows, CHOSEN)}."
        for population, rows in coverage.groupby("population", sort=False)
        if {"naive", CHOSEN} <= set(rows["method"])
    ]
    if not told:
        return "No method that ignores families was simulated."
    which = "The panels simulated just now show" if live else "The full calibration shows"
    return f"{which} what ignoring families costs. {' '.join(told)} {harm_sentence(coverage)}"


def _method_words(rows: pd.DataFrame, method: str) -> str:
    own = rows[rows["method"] == method]
    low, high = (percent_share(share, 2) for share in (own["coverage"].min(), own["coverage"].max()))
    return f"{low if low == high else f'{low} to {high}'} of cases, with a mean width of {number(own['mean_width'].mean())}"


def shortfall(coverage: pd.DataFrame, method: str) -> float:
    """Return by how much a method's worst simulated coverage misses the promise; 0 where it keeps it, NaN where it was not run."""
    own = coverage[coverage["method"] == method]
    return float((own["nominal"] - own["coverage"]).clip(lower=0).max())


def harm_sentence(coverage: pd.DataFrame) -> str:
    """Judge the harm of ignoring families by the worst coverage: none, small up to five points, large beyond.

    Parameters
    ----------
    coverage : DataFrame
        As returned by `analysis.calibration.calibrate`, the method that ignores families among its rows.

    Returns
    -------
    str
        The verdict, and how the plain bootstrap of families compares where it was run.
    """
    naive, plain = shortfall(coverage, "naive"), shortfall(coverage, "percentile")
    points = f"{number(100 * naive, 1)} percentage points"
    verdict = (
        "At no true correlation does ignoring families fall short of the promise, so in panels like these it did no harm."
        if naive <= 0
        else f"At worst ignoring families falls {points} short of the promise, so in panels like these the harm is "
        f"{'small' if naive <= SMALL_SHORTFALL else 'large'}."
    )
    if plain != plain:
        return verdict
    better = "does better" if plain < naive else "does no better"
    return f"{verdict} Drawing whole families and reading the percentiles {better}: at worst it falls {number(100 * plain, 1)} points short."


def family_method_sentence(coverage: pd.DataFrame) -> str:
    """Say whether the family jackknife kept the promise in the simulated panels, and what that costs in width."""
    from analysis.intervals import CHOSEN

    short = shortfall(coverage, CHOSEN)
    if short != short:
        return "The family jackknife was not simulated."
    kept = "at no true correlation" if short <= 0 else f"by {number(100 * short, 1)} percentage points at worst"
    width = coverage.groupby("method")["mean_width"].mean()
    dearer = width[CHOSEN] - width.get("naive", float("nan"))
    price = f" Its price is in the widths: its intervals are wider by {number(dearer)} on average." if dearer > 0.005 else ""
    return f"The family jackknife fell short of the promise {kept}.{price}"


def width_findings(judged: pd.DataFrame) -> dict[str, str]:
    """Strings on all headline intervals at once.

    Parameters
    ----------
    judged : DataFrame
        Headline safety benchmarks with bounds, of one population.

    Returns
    -------
    dict of str
        Keys `width_sentence, known_sentence`.
    """
    known = judged.dropna(subset=["lower", "upper"])
    if known.empty:
        return {"width_sentence": "These scores have too few families for any interval.", "known_sentence": ""}
    width = known["upper"] - known["lower"]
    unknown = int(judged["reliability"].isna().sum())
    return {
        "width_sentence": (
            f"Over {plural(len(known), 'headline safety benchmark')} the middle width is {number(width.median(), 2)}; "
            f"the narrowest interval is {number(width.min(), 2)} wide and the widest {number(width.max(), 2)}."
        ),
        "known_sentence": (
            f"For {count(unknown)} of {plural(len(judged), 'headline safety benchmark')} the scores allow no reliability to be computed, "
            f"so {'this one' if unknown == 1 else 'these'} cannot be called distinct whatever the interval."
            if unknown
            else ""
        ),
    }


def noise_rows(table: ScoreTable, population: str, parameters: Parameters) -> pd.DataFrame:
    """Headline safety benchmarks with raw and disattenuated correlation, slope and spread.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The headline population.
    parameters : Parameters
        Index, component and missing-score policy.

    Returns
    -------
    DataFrame
        Columns of `NOISE_COLUMNS`, least reliable first, unknown last.
    """
    from analysis.correlation import capabilities_correlations
    from analysis.findings.shared import headline_benchmarks
    from analysis.house import display_name
    from analysis.reliability import attenuation, signal_range

    correlations = capabilities_correlations(table, population, parameters)
    headline = headline_benchmarks(correlations, table.benchmarks)[["benchmark"]]
    noise = attenuation(table, population, parameters).drop(columns="role")
    signal = signal_range(table, population, parameters).drop(columns="role")
    rows = headline.merge(noise, on="benchmark").merge(signal, on="benchmark")
    rows["name"] = [display_name(benchmark, table.benchmarks) for benchmark in rows["benchmark"]]
    rows["unit"] = rows["benchmark"].map(table.benchmarks["unit"])
    return rows.sort_values("reliability", na_position="last", kind="stable").reset_index(drop=True)


NOISE_COLUMNS = {
    "name": "Benchmark",
    "correlation": "ρ, raw",
    "disattenuated": "ρ, noise removed",
    "reliability": "Reliability",
    "slope": "Slope",
    "spread": "Spread",
    "unit": "Unit",
    "n_models": "n",
}
NOISE_FORMATS = {"correlation": rho, "disattenuated": rho, "slope": lambda value: number(value, 3), "spread": lambda value: number(value, 3)}


def names_without_reliability(rows: pd.DataFrame) -> str:
    """One sentence that names the benchmarks without a reliability, from `noise_rows`."""
    names = rows.loc[rows["reliability"].isna(), "name"].tolist()
    if not names:
        return "For every headline safety benchmark a reliability could be computed." if len(rows) else ""
    return f"No reliability is known for {names[0]}." if len(names) == 1 else f"No reliability is known for these: {'; '.join(names)}."
