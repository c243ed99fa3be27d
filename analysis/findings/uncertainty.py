"""What the chapter on uncertainty says and lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analysis.display import correlation as rho
from analysis.display import count, interval, listing, number, percent_share
from analysis.findings.shared import plural

if TYPE_CHECKING:
    import pandas as pd

    from analysis.intervals import Evidence
    from analysis.resampling import Panel
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

MOST_REFITS = 200_000
MANY_FAMILIES = 50
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
COVERAGE_FORMATS = {"lowest": lambda share: percent_share(share, 1), "highest": lambda share: percent_share(share, 1)}


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
        Keys `kept_sentence, live_sentence, live_error`.
    """
    simulations = int(live["simulations"].iloc[0])
    return {
        "kept_sentence": kept_sentence(kept),
        "live_sentence": f"Here it is done with {plural(simulations, 'panel')} for each true correlation.",
        "live_error": percent_share((0.95 * 0.05 / simulations) ** 0.5, 1),
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
        f"“{label}”: over all true correlations its intervals held the true value in {percent_share(chosen['coverage'].min(), 1)} to "
        f"{percent_share(chosen['coverage'].max(), 1)} of panels."
    )


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
            "so these cannot be called distinct whatever their interval."
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
    "disattenuated": "ρ, disattenuated",
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
        return "For every one of them a reliability could be computed."
    return f"No reliability is known for {listing(names)}."
