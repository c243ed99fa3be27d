"""Every published figure beside the same figure rebuilt from the scores, by the method as released.

The edition's own parameters do not matter here. The released computation is always the same: rank
correlations, models without an index score left out, the index the registry marks, scores as they
stand in the table, and compute as released. Units are those of the paper: percent for
correlations and shares, none for capabilities scores.
"""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.problems import visible
from analysis.scores import FEWEST_MODELS, oriented, populations, wide

if TYPE_CHECKING:
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

TOLERANCE = 0.1
ROUNDING = 1e-9
RECONSTRUCTED = "flop_reconstructed"
PRINTED = ("table", "population", "benchmark", "label", "quantity", "value", "note", "model")
FIRST = ("table", "population", "benchmark", "quantity", "published", "rebuilt", "difference")
MORE = ("reason", "model", "label", "rebuilt_reconstructed", "agreement")


def released_method(parameters: Parameters) -> Parameters:
    """Return the parameters of the released computation.

    Parameters
    ----------
    parameters
        Those of the edition; everything that touches a published figure is replaced.

    Returns
    -------
    Parameters
        Spearman matrix, models without an index score left out, the registry's index and compute
        as released.
    """
    return dataclasses.replace(
        parameters,
        component="spearman",
        missing="drop_models",
        index=(),
        compute="flop_as_released",
    )


def replication(table: ScoreTable, parameters: Parameters) -> pd.DataFrame:
    """Rebuild every published figure by the method as released.

    Parameters
    ----------
    table
        The score table, with its published figures.
    parameters
        Those of the edition; see :func:`released_method`.

    Returns
    -------
    pandas.DataFrame
        One row a published figure, in their order: ``table, population, benchmark, quantity,
        published, rebuilt, difference`` (rebuilt − published), ``reason`` (empty where the figure
        is rebuilt at printed precision), ``model, label, rebuilt_reconstructed`` (compute
        correlations from the column of reconstructed compute, else NaN), ``agreement``
        ("printed", "within tolerance", "differs" or "not rebuilt"). Percent, but for
        capabilities scores, which have no unit.

    References
    ----------
    Ren et al. (2024), arXiv 2407.21792, tables 1 to 22 and text.
    """
    method = released_method(parameters)
    rows = published_rows(table)
    wanted = list(zip(rows["population"], rows["kind"], rows["about"], strict=True))
    figures = rebuilt_figures(table, method)
    figures |= gaps_between_populations(rows, table) | slopes(rows, table, method)
    again = reconstructed_figures(table, method)
    rows["rebuilt"] = [figures.get(key, np.nan) for key in wanted]
    rows["difference"] = rows["rebuilt"] - rows["published"]
    rows["rebuilt_reconstructed"] = [again.get(key, np.nan) for key in wanted]
    rows["agreement"] = agreement(rows)
    rows["reason"] = [reason(row, rows, table, method) for row in rows.itertuples()]
    return rows[[*FIRST, *MORE]]


def published_rows(table: ScoreTable) -> pd.DataFrame:
    """Return the published figures with what each of them is, and is about.

    Parameters
    ----------
    table
        The score table.

    Returns
    -------
    pandas.DataFrame
        The published figures, ``value`` renamed ``published``, with ``model`` (NaN where none),
        ``kind`` (see :func:`kind_of`), ``about`` (a model, a benchmark or nothing) and
        ``decimals`` printed.
    """
    rows = table.published.reindex(columns=list(PRINTED)).reset_index(drop=True)
    rows = rows.rename(columns={"value": "published"})
    pairs = zip(rows["quantity"], rows["label"].astype(str), strict=True)
    rows["kind"] = [kind_of(quantity, label) for quantity, label in pairs]
    of_models = rows["kind"] == "model_capabilities_score"
    of_index = rows["kind"].isin(
        ["variance_explained", "mean_capability_correlation", "sd_capability_correlation"]
    )
    rows["about"] = rows["benchmark"].mask(of_models, rows["model"]).mask(of_index, "")
    rows["decimals"] = np.where(of_models, 2, 1)
    return rows.astype({"published": float})


def kind_of(quantity: str, label: str) -> str:
    """Return what a published figure is, from its quantity and, for the odd ones, its label.

    Parameters
    ----------
    quantity
        As in the table of published figures.
    label
        The figure's own wording there.

    Returns
    -------
    str
        The quantity itself; for ``other`` one of "sd_capability_correlation", "slope",
        "gap_between_populations", or "" for a figure that no model scores give.
    """
    if quantity != "other":
        return quantity
    words = {
        "standard deviation": "sd_capability_correlation",
        " slope": "slope",
        " minus ": "gap_between_populations",
    }
    return next((kind for word, kind in words.items() if word in label), "")


def rebuilt_figures(
    table: ScoreTable, method: Parameters
) -> dict[tuple[str, str, str], float]:
    """Rebuild the figures of every population.

    Parameters
    ----------
    table
        The score table.
    method
        The released method.

    Returns
    -------
    dict
        Figures in printed units by (population, kind, about).
    """
    return {
        (population, kind, about): value
        for population in analysable(table, method)
        for (kind, about), value in {
            **score_figures(table, population, method),
            **compute_figures(table, population, method),
            **calibration_figures(table, population),
        }.items()
    }


def analysable(table: ScoreTable, method: Parameters) -> list[str]:
    """Return the populations that can have a capabilities score."""
    from analysis.capability import population_problem

    every = populations(table)
    return [name for name in every if population_problem(table, name, method) is None]


def score_figures(
    table: ScoreTable, population: str, method: Parameters
) -> dict[tuple[str, str], float]:
    """Rebuild what rests on the capabilities score.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    method
        The released method.

    Returns
    -------
    dict
        Figures in printed units by (kind, about).
    """
    from analysis.capability import fit_component, index_scores
    from analysis.correlation import capabilities_correlations, index_pair_correlations

    used = index_scores(table, population, method)
    component = fit_component(used, method.component)
    pairs = index_pair_correlations(used)
    found = capabilities_correlations(table, population, method)
    return {
        **by_benchmark("capabilities_correlation", found),
        **{("model_capabilities_score", m): v for m, v in component.project(used).items()},
        ("variance_explained", ""): 100 * component.variance_share,
        ("mean_capability_correlation", ""): 100 * pairs.mean(),
        ("sd_capability_correlation", ""): 100 * pairs.std(ddof=0),
    }


def compute_figures(
    table: ScoreTable, population: str, method: Parameters
) -> dict[tuple[str, str], float]:
    """Rebuild the correlations with training compute, that of the capabilities score included.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    method
        The released method; `compute` names the column.

    Returns
    -------
    dict
        Figures in percent by (kind, about).
    """
    from analysis.capability import score_frame
    from analysis.correlation import compute_correlations, spearman

    frame = score_frame(table, population, method)
    return {
        **by_benchmark("compute_correlation", compute_correlations(table, population, method)),
        ("compute_correlation", "capabilities_score"): 100
        * spearman(frame["score"], frame["compute"])[0],
    }


def calibration_figures(table: ScoreTable, population: str) -> dict[tuple[str, str], float]:
    """Rebuild the correlations of calibration with the accuracy on the same data set, in percent."""
    from analysis.correlation import dataset_accuracy_correlations

    found = dataset_accuracy_correlations(table, population)
    return by_benchmark("dataset_accuracy_correlation", found)


def by_benchmark(kind: str, found: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return correlations as released, in percent, by (kind, benchmark)."""
    pairs = zip(found["benchmark"], found["correlation_as_released"], strict=True)
    return {(kind, name): 100 * value for name, value in pairs}


def reconstructed_figures(
    table: ScoreTable, method: Parameters
) -> dict[tuple[str, str, str], float]:
    """Rebuild the compute correlations from reconstructed in place of released compute.

    Parameters
    ----------
    table
        The score table; nothing is rebuilt where its models have no ``flop_reconstructed``.
    method
        The released method.

    Returns
    -------
    dict
        Figures in percent by (population, kind, about).
    """
    if RECONSTRUCTED not in table.models:
        return {}
    models = table.models.assign(**{method.compute: table.models[RECONSTRUCTED]})
    other = dataclasses.replace(table, models=models)
    return {
        (population, kind, about): value
        for population in analysable(other, method)
        for (kind, about), value in compute_figures(other, population, method).items()
    }


def gaps_between_populations(
    rows: pd.DataFrame, table: ScoreTable
) -> dict[tuple[str, str, str], float]:
    """Rebuild differences of mean error between two populations, as "chat minus base".

    Parameters
    ----------
    rows
        As :func:`published_rows` returns them.
    table
        The score table.

    Returns
    -------
    dict
        How much worse the first population is on average, in printed units, by
        (population, kind, about).
    """
    found = {}
    for row in rows[rows["kind"] == "gap_between_populations"].itertuples():
        first, second = re.findall(r"(\w+) minus (\w+)", row.label)[0]
        names = {first, second} & set(populations(table))
        means = {name: oriented(table, name).mean().get(row.about, np.nan) for name in names}
        gap = means.get(second, np.nan) - means.get(first, np.nan)
        found[row.population, row.kind, row.about] = unit_scale(table, row.about) * gap
    return found


def slopes(
    rows: pd.DataFrame, table: ScoreTable, method: Parameters
) -> dict[tuple[str, str, str], float]:
    """Rebuild slopes of a benchmark on the capabilities score, in points per unit of the score.

    Parameters
    ----------
    rows
        As :func:`published_rows` returns them.
    table
        The score table.
    method
        The released method.

    Returns
    -------
    dict
        Slopes by (population, kind, about).
    """
    return {
        (row.population, row.kind, row.about): line(table, row.population, row.about, method)[0]
        for row in rows[rows["kind"] == "slope"].itertuples()
    }


def line(
    table: ScoreTable, population: str, benchmark: str, method: Parameters
) -> tuple[float, float]:
    """Fit a benchmark to the capabilities score by least squares.

    Parameters
    ----------
    table
        The score table.
    population, benchmark
        Which scores.
    method
        The released method.

    Returns
    -------
    slope, intercept : float
        In printed units (percent for a proportion), NaN where there are too few models.
    """
    from analysis.capability import score_frame

    if population not in analysable(table, method):
        return np.nan, np.nan
    score = score_frame(table, population, method).set_index("model")["score"]
    raw = wide(table, population)
    if benchmark not in raw:
        return np.nan, np.nan
    pairs = pd.DataFrame({"score": score, "value": raw[benchmark]}).dropna()
    if len(pairs) < FEWEST_MODELS:
        return np.nan, np.nan
    slope, intercept = unit_scale(table, benchmark) * np.polyfit(pairs["score"], pairs["value"], 1)
    return float(slope), float(intercept)


def unit_scale(table: ScoreTable, benchmark: str) -> float:
    """Return what turns a benchmark's numbers into printed ones: 100 where at most 1 is possible."""
    bound = table.benchmarks["upper_bound"].get(benchmark, np.nan)
    return 100.0 if bound == 1 else 1.0


def agreement(rows: pd.DataFrame) -> np.ndarray:
    """Say how far each rebuilt figure agrees with the published one.

    Parameters
    ----------
    rows
        With ``rebuilt, difference`` and ``decimals``.

    Returns
    -------
    numpy.ndarray of str
        "printed" (within half of the last printed digit), "within tolerance" (0.1), "differs" or
        "not rebuilt".
    """
    off = rows["difference"].abs().to_numpy(float)
    half = 0.5 * 10.0 ** -rows["decimals"].to_numpy(float)
    cases = [np.isnan(off), off <= half + ROUNDING, off <= TOLERANCE + ROUNDING]
    return np.select(cases, ["not rebuilt", "printed", "within tolerance"], "differs")


def reason(row: Any, rows: pd.DataFrame, table: ScoreTable, method: Parameters) -> str:
    """Say why a published figure is not rebuilt at printed precision.

    Parameters
    ----------
    row
        One of `rows`.
    rows
        All of them, with ``rebuilt`` and ``agreement``.
    table
        The score table.
    method
        The released method.

    Returns
    -------
    str
        The first reason that the scores bear out; empty where the figure is rebuilt.
    """
    if row.agreement == "printed":
        return ""
    if row.agreement == "not rebuilt":
        return why_not_rebuilt(row, table, method)
    return (
        why_compute_differs(row, table)
        or why_slope_differs(row, table, method)
        or why_cut_off(row)
        or why_rounder(row, rows)
        or "no reason found: these scores give another value"
    )


def why_not_rebuilt(row: Any, table: ScoreTable, method: Parameters) -> str:
    """Say what is lacking for a figure that cannot be rebuilt at all."""
    from analysis.capability import population_problem

    if not row.kind:
        note = f" ({visible(row.note)})" if isinstance(row.note, str) else ""
        return f"not computed from model scores{note}"
    if row.population not in populations(table):
        return f"these tables hold no scores of the population {visible(row.population)}"
    problem = population_problem(table, row.population, method)
    if problem:
        return f"no capabilities score: {problem}"
    if row.kind == "model_capabilities_score":
        return "these tables hold no capabilities score of this model"
    if row.about in wide(table, row.population).columns:
        return "undefined on these scores: too few models have both, or all are alike"
    return "these tables hold no scores on this benchmark"


def why_compute_differs(row: Any, table: ScoreTable) -> str:
    """Say what blank compute does to a compute correlation; empty for any other figure."""
    members = table.models[table.models["population"] == row.population]
    blank = members["flop_as_released"].isna()
    if row.kind != "compute_correlation" or not blank.any():
        return ""
    lacking = f"the release leaves compute blank for {int(blank.sum())} of {len(members)} models"
    if not abs(row.rebuilt_reconstructed - row.published) <= TOLERANCE + ROUNDING:
        return lacking
    filled = members.index[blank & members[RECONSTRUCTED].notna()]
    names = " and ".join(visible(members["name"].get(model, model)) for model in filled)
    return f"{lacking}; with figures filled in for {names} it comes out again"


def why_slope_differs(row: Any, table: ScoreTable, method: Parameters) -> str:
    """Say that a printed slope is the intercept of the fitted line, where that is so."""
    if row.kind != "slope":
        return ""
    _, intercept = line(table, row.population, row.about, method)
    if abs(intercept - row.published) > TOLERANCE + ROUNDING:
        return ""
    return (
        "the printed value is the intercept of the fitted line, which is the mean score, and not "
        "its slope"
    )


def why_cut_off(row: Any) -> str:
    """Say that a value was cut off after its last printed digit, where that is so."""
    unit = 10.0**row.decimals
    same = abs(np.trunc(row.rebuilt * unit) / unit - row.published) < ROUNDING
    return "printed with the further digits cut off, not rounded" if same else ""


def why_rounder(row: Any, rows: pd.DataFrame) -> str:
    """Say that another place prints the same figure as the scores give it, where that is so."""
    same = (rows["kind"] == row.kind) & (rows["about"] == row.about)
    same &= (rows["population"] == row.population) & (rows["agreement"] == "printed")
    if not same.any():
        return ""
    other = rows[same].iloc[0]
    return (
        f"a rounder statement of {other['published']:g}, which is printed elsewhere "
        f"({visible(other['table'])}) and comes out again"
    )
