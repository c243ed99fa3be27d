"""The result tables of an edition: the public interface that its files carry."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.scores import families, populations, wide

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analysis.claims import Claim
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

SCORES = ("population", "model", "release_id", "family", "score", "name", "lower", "upper")
CORRELATIONS = (
    "population", "benchmark", "release_id", "area", "role", "n_models", "n_families",
    "correlation", "correlation_as_released", "correlation_left_out",
    "lower", "upper", "method", "p_value", "q_value", "verdict", "reason", "reliability",
    "left_out_lower", "left_out_upper", "more_families", "more_families_lower", "more_families_upper",
)
COMPUTE = (
    "population", "benchmark", "n_models", "correlation", "correlation_as_released", "n_families",
    "lower", "upper",
)


def result_tables(
    table: ScoreTable, parameters: Parameters, stated: Sequence[Claim] = ()
) -> dict[str, pd.DataFrame | dict[str, dict[str, Any]]]:
    """Compute every result table of an edition, over all its populations.

    Parameters
    ----------
    table
        The score table.
    parameters
        Published figures are rebuilt by the method as released whatever these are.

    Returns
    -------
    dict
        ``capabilities_scores``, ``capabilities_correlations``, ``compute_correlations`` and
        ``replication`` and ``claims`` (a row a claim), each a data frame; ``summary``, a dictionary by population that JSON can
        hold, see :func:`population_summary`. A population that can have no capabilities score has
        no rows in the first two and its reason in the summary.

    Raises
    ------
    InputError
        When `index` names a benchmark that the registry does not have.
    """
    from analysis.capability import population_problem
    from analysis.claims import PUBLIC, claims
    from analysis.replication import replication

    every = populations(table)
    problems = {name: population_problem(table, name, parameters) for name in every}
    sound = [name for name in every if problems[name] is None]
    return {
        "capabilities_scores": stacked(bounded_scores, SCORES, table, sound, parameters),
        "capabilities_correlations": stacked(
            judged_correlations, CORRELATIONS, table, sound, parameters
        ),
        "compute_correlations": stacked(bounded_compute, COMPUTE, table, every, parameters),
        "replication": replication(table, parameters),
        "claims": claims(table, parameters, stated)[list(PUBLIC)],
        "summary": {name: population_summary(table, name, parameters) for name in every},
    }


def judged_correlations(
    table: ScoreTable, population: str, parameters: Parameters
) -> pd.DataFrame:
    """Compute capabilities correlations with their intervals, p-values and verdicts.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        Those of the edition.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`analysis.correlation.capabilities_correlations`, then those of
        :func:`analysis.verdicts.uncertainty_columns`.

    Raises
    ------
    InputError
        When the population can have no capabilities score.
    """
    from analysis.correlation import capabilities_correlations
    from analysis.verdicts import uncertainty_columns

    estimates = capabilities_correlations(table, population, parameters)
    judged = uncertainty_columns(table, population, parameters)
    return estimates.merge(judged, on="benchmark", how="left", validate="one_to_one")


def bounded_scores(table: ScoreTable, population: str, parameters: Parameters) -> pd.DataFrame:
    """Compute capabilities scores with their intervals.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        Those of the edition.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`analysis.capability.score_frame`, then `lower, upper`.

    Raises
    ------
    InputError
        When the population can have no capabilities score.
    """
    from analysis.capability import score_frame
    from analysis.intervals import interval_frame
    from analysis.resampling import panel

    bounds = interval_frame(panel(table, population, parameters), "scores", parameters)
    named = bounds.rename(columns={"name": "model"})[["model", "lower", "upper"]]
    return score_frame(table, population, parameters).merge(named, on="model", how="left")


def bounded_compute(table: ScoreTable, population: str, parameters: Parameters) -> pd.DataFrame:
    """Compute compute correlations with their intervals.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        Those of the edition.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`analysis.correlation.compute_correlations`, then `lower, upper,
        n_families`; these are NaN in a population that can have no capabilities score, for which
        nothing is refitted.
    """
    from analysis.capability import population_problem
    from analysis.correlation import compute_correlations
    from analysis.intervals import interval_frame
    from analysis.resampling import panel

    found = compute_correlations(table, population, parameters)
    if population_problem(table, population, parameters) is not None:
        return found.assign(lower=math.nan, upper=math.nan, n_families=math.nan)
    bounds = interval_frame(panel(table, population, parameters), "compute", parameters)
    named = bounds.rename(columns={"name": "benchmark", "families": "n_families"})
    return found.merge(named[["benchmark", "lower", "upper", "n_families"]], on="benchmark", how="left")


def stacked(
    compute: Callable[[ScoreTable, str, Parameters], pd.DataFrame],
    columns: tuple[str, ...],
    table: ScoreTable,
    names: list[str],
    parameters: Parameters,
) -> pd.DataFrame:
    """Compute one table for each population and put them below one another.

    Parameters
    ----------
    compute
        Function of table, population and parameters.
    columns
        Columns kept, in this order.
    table
        The score table.
    names
        The populations.
    parameters
        Those of the edition.

    Returns
    -------
    pandas.DataFrame
        All rows; only the columns where there are no populations.
    """
    frames = [compute(table, name, parameters)[list(columns)] for name in names]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(columns))


def population_summary(
    table: ScoreTable, population: str, parameters: Parameters
) -> dict[str, Any]:
    """Summarise one population.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        `index`, `component`, `missing` and `compute` are used.

    Returns
    -------
    dict
        ``n_models, n_families, variance_explained, mean_index_correlation, compute_correlation``
        (of the capabilities score; all in [-1, 1]), ``sd_index_correlation``, ``n_scored``
        (models with a capabilities score), ``index_benchmarks``, ``index_left_out`` (reason by
        benchmark), ``models_left_out`` and ``reason`` (why there is no score). None where
        undefined.

    Raises
    ------
    InputError
        When `index` names a benchmark that the registry does not have.
    """
    from analysis.capability import population_problem

    kin = families(table, population)
    problem = population_problem(table, population, parameters)
    summary = {
        "n_models": len(kin),
        "n_families": int(kin.nunique()),
        "variance_explained": None,
        "mean_index_correlation": None,
        "compute_correlation": None,
        "sd_index_correlation": None,
        "n_scored": 0,
        "index_benchmarks": [],
        "index_left_out": {},
        "models_left_out": list(kin.index),
    }
    found = component_summary(table, population, parameters) if problem is None else {}
    return {**summary, **found, "reason": problem}


def component_summary(
    table: ScoreTable, population: str, parameters: Parameters
) -> dict[str, Any]:
    """Summarise the capabilities component of a population that has one.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        `index`, `component`, `missing` and `compute` are used.

    Returns
    -------
    dict
        The part of :func:`population_summary` that rests on the capabilities score.
    """
    from analysis.capability import fit_component, index_scores, score_frame
    from analysis.correlation import index_pair_correlations, spearman

    used = index_scores(table, population, parameters)
    pairs = index_pair_correlations(used)
    scores = score_frame(table, population, parameters)
    correlation, _ = spearman(scores["score"], scores["compute"])
    return {
        "variance_explained": fit_component(used, parameters.component).variance_share,
        **summary_bounds(table, population, parameters),
        "mean_index_correlation": known(pairs.mean()),
        "compute_correlation": known(correlation),
        "sd_index_correlation": known(pairs.std(ddof=0)),
        "n_scored": len(used),
        "index_benchmarks": list(used.columns),
        "index_left_out": index_left_out(table, population, parameters, used),
        "models_left_out": scores.loc[scores["score"].isna(), "model"].tolist(),
    }


def summary_bounds(
    table: ScoreTable, population: str, parameters: Parameters
) -> dict[str, float | None]:
    """Bound the two headline numbers of a population that has a capabilities score.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        Those of the edition.

    Returns
    -------
    dict
        ``variance_explained_lower, variance_explained_upper, compute_correlation_lower,
        compute_correlation_upper``; None where there is no interval.
    """
    from analysis.estimates import score_compute_tie, study
    from analysis.intervals import CHOSEN, methods_table

    whole = study(table, population, parameters, drawn=False)
    lower, upper = methods_table()[CHOSEN].bounds(whole.evidence, "variance_share", parameters.level)
    tie = score_compute_tie(whole)
    return {
        "variance_explained_lower": known(lower[0]),
        "variance_explained_upper": known(upper[0]),
        "compute_correlation_lower": known(tie.lower),
        "compute_correlation_upper": known(tie.upper),
    }


def known(value: float) -> float | None:
    """Return a number, or None where it is undefined, as JSON has it."""
    return None if math.isnan(value) else float(value)


def index_left_out(
    table: ScoreTable, population: str, parameters: Parameters, used: pd.DataFrame
) -> dict[str, str]:
    """Say why index benchmarks asked for are not in the capabilities score.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        `index` and `missing` are used.
    used
        Models × index benchmarks from which the component is fitted.

    Returns
    -------
    dict
        Reason by benchmark.
    """
    from analysis.capability import wanted_benchmarks

    scores = wide(table, population)
    gone = [n for n in wanted_benchmarks(table, parameters.index) if n not in used.columns]
    reasons = {}
    for name in gone:
        if name not in scores:
            reasons[name] = "no scores"
        elif parameters.missing == "drop_benchmarks" and scores[name].isna().any():
            reasons[name] = "scores missing for some models"
        else:
            reasons[name] = "the same score for all models"
    return reasons
