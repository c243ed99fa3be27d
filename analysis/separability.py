"""What is left of a capabilities correlation given training compute, and what could be seen at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.calibration import normal_scores, safety_columns, variance_parts
from analysis.intervals import CHOSEN, families_scored, methods_table, resample
from analysis.resampling import Panel, panel, plain
from analysis.scores import FEWEST_MODELS

if TYPE_CHECKING:
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

TRUE_PARTIALS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
WANTED_POWER = 0.8


def separability(
    table: ScoreTable, population: str, parameters: Parameters, method: str = CHOSEN
) -> pd.DataFrame:
    """Correlate every benchmark with the capabilities score, given training compute.

    Ranks need no logarithm: compute and its logarithm give the same.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        `index`, `component`, `missing`, `compute`, `level`, `resamples` and `seed` are used.
    method
        Name in `analysis.intervals.methods_table`.

    Returns
    -------
    pandas.DataFrame
        One row a benchmark: `benchmark, n_models, n_families` (with score, benchmark and compute),
        the Spearman correlation with compute `compute`, the partial rank correlation with the
        score given compute `partial` with `lower, upper, method`, and `finding`: "separable"
        where the interval excludes zero, "not separable" where it does not, "no interval".

    Raises
    ------
    InputError
        When the population can have no capabilities score.

    References
    ----------
    Kendall (1942), Partial rank correlation, Biometrika 32, 277-283; Fisher (1924), The
    distribution of the partial correlation coefficient, Metron 3, 329-332 (z scale).
    """
    arranged = panel(table, population, parameters)
    options = (parameters.resamples, parameters.seed, (method,))
    evidence = resample(arranged, *options, compute=True, partial=True)
    lower, upper = methods_table()[method].bounds(evidence, "partial", parameters.level)
    known = arranged.scored & ~np.isnan(arranged.compute)
    outside = (lower > 0) | (upper < 0)
    return pd.DataFrame(
        {
            "benchmark": arranged.benchmarks,
            "n_models": (~np.isnan(arranged.scores[known])).sum(axis=0),
            "n_families": families_scored(arranged, "partial"),
            "compute": evidence.estimate.compute[0],
            "partial": evidence.estimate.partial[0],
            "lower": lower,
            "upper": upper,
            "method": method,
            "finding": np.select(
                [np.isnan(lower), outside], ["no interval", "separable"], "not separable"
            ),
        }
    )


@dataclass(frozen=True)
class ComputePanel:
    """What simulated panels with compute have in common with a real one.

    Parameters
    ----------
    families
        Family number of each model that has a score and compute.
    score_on_compute
        Correlation of normal scores of capabilities score and compute.
    compute_share, score_share
        Share of the variance that lies between families, of compute and of what compute leaves
        of the score.
    benchmark_on_compute, rest_shares
        For each safety benchmark, its correlation with compute and the family share of what
        score and compute leave of it.
    """

    families: np.ndarray
    score_on_compute: float
    compute_share: float
    score_share: float
    benchmark_on_compute: np.ndarray
    rest_shares: np.ndarray


def compute_panel(
    table: ScoreTable, population: str, parameters: Parameters
) -> ComputePanel | None:
    """Estimate the structure of the models that have both a score and compute.

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
    ComputePanel or None
        None where fewer than four models have both, one of them does not vary, or no benchmark
        that varies has scores for all of these models.

    Raises
    ------
    InputError
        When the population can have no capabilities score.
    """
    arranged = panel(table, population, parameters)
    known = arranged.scored & ~np.isnan(arranged.compute)
    score, compute = plain(arranged).scores[known], arranged.compute[known]
    if known.sum() < FEWEST_MODELS or min(np.ptp(score), np.ptp(compute)) == 0:
        return None
    families = np.unique(arranged.families[known], return_inverse=True)[1]
    x, c = normal_scores(np.column_stack([score, compute])).T
    targets = normal_scores(arranged.scores[known][:, safety_columns(table, arranged)])
    whole = targets[:, np.isfinite(targets).all(axis=0) & (np.abs(targets).sum(axis=0) > 0)]
    if not whole.shape[1]:
        return None
    rest = _rest(whole, np.column_stack([x, c]))
    return ComputePanel(
        families,
        float(np.corrcoef(x, c)[0, 1]),
        _family_shares(c[:, None], families)[0],
        _family_shares(_rest(x[:, None], c[:, None]), families)[0],
        np.clip((whole * c[:, None]).mean(axis=0), -1.0, 1.0),
        _family_shares(rest, families),
    )


def power(
    table: ScoreTable,
    population: str,
    parameters: Parameters,
    simulations: int = 400,
    method: str = CHOSEN,
) -> pd.DataFrame:
    """Find how often a panel of this size and make-up would see a partial correlation.

    Panels are drawn with the real families and the real tie of score and compute. Each panel
    takes the benchmark's correlation with compute, and the family share of its rest, from a real
    safety benchmark drawn at random. Within a panel only the true partial correlation changes, all
    draws are shared: differences between sizes are then not those between lucky draws.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        `index`, `component`, `missing`, `compute`, `level`, `resamples` and `seed` are used.
    simulations
        Number of simulated panels.
    method
        Interval method that decides.

    Returns
    -------
    pandas.DataFrame
        Columns `partial` (true partial correlation of the normal variables), `power` (share of
        panels whose interval excludes zero), `error` (its simulation standard error),
        `simulations, n_models, n_families`. No rows where there is too little compute.

    Raises
    ------
    InputError
        When the population can have no capabilities score.
    """
    model = compute_panel(table, population, parameters)
    columns = ["partial", "power", "error", "simulations", "n_models", "n_families"]
    if model is None:
        return pd.DataFrame(columns=columns)
    seeds = np.random.SeedSequence(parameters.seed).spawn(simulations)
    found = np.mean([_seen(model, seed, parameters, method) for seed in seeds], axis=0)
    return pd.DataFrame(
        {
            "partial": TRUE_PARTIALS,
            "power": found,
            "error": np.sqrt(found * (1 - found) / simulations),
            "simulations": simulations,
            "n_models": len(model.families),
            "n_families": int(model.families.max()) + 1,
        }
    )


def detectable(powers: pd.DataFrame, wanted: float = WANTED_POWER) -> float:
    """Return the smallest partial correlation that a panel would see often enough.

    Parameters
    ----------
    powers
        From `power`.
    wanted
        Power wanted.

    Returns
    -------
    float
        Found between simulated values by linear interpolation; NaN where none is seen so often.
    """
    enough = np.flatnonzero(powers["power"] >= wanted)
    if not len(enough):
        return float("nan")
    last = enough[0]
    near = powers.iloc[max(last - 1, 0) : last + 1]
    return float(np.interp(wanted, near["power"], near["partial"]))


def simulated_panel(model: ComputePanel, rng: np.random.Generator) -> Panel:
    """Draw a panel with one benchmark for each true partial correlation, alike in all else.

    Parameters
    ----------
    model
        The structure to draw from.
    rng
        Source of randomness.

    Returns
    -------
    Panel
        Its only index benchmark is the capabilities score itself.
    """
    compute = _clustered(model.families, np.array([model.compute_share]), rng)[:, 0]
    own = _clustered(model.families, np.array([model.score_share]), rng)[:, 0]
    likeness = rng.integers(len(model.rest_shares))
    rest = _clustered(model.families, model.rest_shares[[likeness]], rng)
    partial = np.array(TRUE_PARTIALS)
    tied = model.score_on_compute
    score = tied * compute + np.sqrt(1 - tied**2) * own
    left = own[:, None] * partial + np.sqrt(1 - partial**2) * rest
    on_compute = model.benchmark_on_compute[likeness]
    benchmarks = compute[:, None] * on_compute + np.sqrt(1 - on_compute**2) * left
    columns = ("score", *(f"partial {value}" for value in TRUE_PARTIALS))
    names = tuple(map(str, range(model.families.max() + 1)))
    models = tuple(map(str, range(len(score))))
    everyone = np.ones(len(score), bool)
    return Panel(
        np.column_stack([score, benchmarks]),
        models,
        columns,
        np.array([0]),
        model.families,
        names,
        "spearman",
        everyone,
        compute,
    )


def _seen(
    model: ComputePanel, seed: np.random.SeedSequence, parameters: Parameters, method: str
) -> np.ndarray:
    """Which true partial correlations one simulated panel tells from zero."""
    data, draws = seed.spawn(2)
    drawn = simulated_panel(model, np.random.default_rng(data))
    evidence = resample(drawn, parameters.resamples, draws, (method,), partial=True)
    lower, upper = methods_table()[method].bounds(evidence, "partial", parameters.level)
    return ((lower > 0) | (upper < 0))[1:]


def _clustered(
    families: np.ndarray, shares: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Normal variables of unit variance, each with its own share between families."""
    size = len(shares)
    between = rng.normal(size=(families.max() + 1, size))[families]
    return np.sqrt(shares) * between + np.sqrt(1 - shares) * rng.normal(size=(len(families), size))


def _rest(values: np.ndarray, given: np.ndarray) -> np.ndarray:
    """What a linear fit leaves of every column."""
    return values - given @ np.linalg.lstsq(given, values, rcond=None)[0]


def _family_shares(values: np.ndarray, families: np.ndarray) -> np.ndarray:
    between, within = (np.diag(part) for part in variance_parts(values, families))
    whole = between + within
    share = np.divide(between, whole, out=np.zeros_like(whole), where=whole > 1e-12)
    return np.clip(share, 0, 1)
