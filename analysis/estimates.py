"""Any statistic of a panel with an interval that takes the model family as the unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from analysis.intervals import CHOSEN, FEWEST_FAMILIES, Evidence, Scale, resample, scale_of
from analysis.resampling import panel

if TYPE_CHECKING:
    from analysis.parameters import Parameters
    from analysis.resampling import Panel
    from analysis.scores import ScoreTable

IDENTITY = Scale(np.asarray, np.asarray)


class Estimate(NamedTuple):
    """A number with its interval (NaN where there is none) and the families it rests on."""

    value: float
    lower: float
    upper: float
    families: int


@dataclass(frozen=True)
class Study:
    """One population of a score table, computed whole and once for each family left out or drawn.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        Those of the edition.
    evidence
        Estimates, deletions and resamples.
    """

    table: ScoreTable
    population: str
    parameters: Parameters
    evidence: Evidence

    @property
    def panel(self) -> Panel:
        """The scores."""
        return self.evidence.panel

    def columns(self, benchmarks: list[str]) -> list[int]:
        """Positions of benchmarks in the panel."""
        place = {name: position for position, name in enumerate(self.panel.benchmarks)}
        return [place[name] for name in benchmarks]


class Replicate(NamedTuple):
    """What one deletion left: which models, and every model's capabilities score.

    `kept` is boolean, `scores` floating point (NaN without a score), both of shape (models,).
    """

    kept: np.ndarray
    scores: np.ndarray


def study(
    table: ScoreTable, population: str, parameters: Parameters, *, drawn: bool = True
) -> Study:
    """Compute one population with every deletion and resample of families.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        `index, component, missing, compute, level, resamples` and `seed` are used.
    drawn
        Whether to draw resamples; without them `resamples` and `seed` do not matter.

    Returns
    -------
    Study
        Ready for :func:`jackknifed`, and with resamples for :func:`bootstrapped`.

    Raises
    ------
    InputError
        When the population can have no capabilities score.
    """
    arranged = panel(table, population, parameters)
    methods = (CHOSEN, "percentile") if drawn else (CHOSEN,)
    evidence = resample(arranged, parameters.resamples, parameters.seed, methods)
    return Study(table, population, parameters, evidence)


def jackknifed(
    study: Study,
    statistic: Callable[[np.ndarray], np.ndarray],
    columns: list[int],
    *,
    bounded: bool = True,
) -> Estimate:
    """Estimate a statistic of capabilities correlations, with a leave-one-family-out interval.

    Parameters
    ----------
    study
        The population.
    statistic
        From correlations of shape (R, columns) to shape (R,).
    columns
        Benchmarks the statistic is of, as positions in the panel.
    bounded
        Whether the statistic lies in [-1, 1], so that Fisher's z makes it nearer to normal.

    Returns
    -------
    Estimate
        For one benchmark and the statistic itself, the interval of `analysis.intervals`.

    References
    ----------
    Tukey (1958), Ann. Math. Stat. 29, 614; Bell and McCaffrey (2002), Survey Methodology 28, 169-181.
    """
    evidence = study.evidence
    value = statistic(evidence.estimate.correlations[:, columns])[0]
    deleted = statistic(evidence.deleted.correlations[:, columns])
    families, scale = families_behind(study.panel, columns), scale_for(study, bounded)
    return spread_to_interval(value, deleted, families, study.parameters.level, scale)


def scale_for(study: Study, bounded: bool) -> Scale:
    """Fisher's z for what lies in [-1, 1], else no change of scale."""
    return scale_of(study.panel, "correlations") if bounded else IDENTITY


def replicates(study: Study) -> Iterator[Replicate]:
    """Yield the whole population, then what is left of it without each family in turn."""
    families = study.panel.families
    yield Replicate(np.ones(len(families), bool), study.evidence.estimate.scores[0])
    for family, scores in enumerate(study.evidence.deleted.scores):
        yield Replicate(families != family, scores)


def jackknifed_models(
    study: Study,
    statistic: Callable[[Replicate], float],
    columns: list[int] | None = None,
    used: np.ndarray | None = None,
    *,
    bounded: bool = False,
) -> Estimate:
    """Estimate a statistic of models, with a leave-one-family-out interval.

    Parameters
    ----------
    study
        The population.
    statistic
        From what a deletion left to a number.
    columns
        Benchmarks whose scores the statistic needs; None where it needs none.
    used
        Models the statistic can use, shape (models,); all by default.
    bounded
        As for :func:`jackknifed`.

    Returns
    -------
    Estimate
        As :func:`jackknifed`.
    """
    value, *deleted = (statistic(replicate) for replicate in replicates(study))
    families, scale = families_behind(study.panel, columns, used), scale_for(study, bounded)
    return spread_to_interval(value, np.array(deleted), families, study.parameters.level, scale)


def score_compute_tie(study: Study) -> Estimate:
    """Estimate the rank correlation of capabilities score and training compute.

    Parameters
    ----------
    study
        The population.

    Returns
    -------
    Estimate
        As :func:`jackknifed`, over the models with both.
    """
    compute = study.panel.compute
    return jackknifed_models(
        study,
        lambda left: rank_correlation(left.scores, compute, left.kept),
        used=study.panel.scored & ~np.isnan(compute),
        bounded=True,
    )


def rank_correlation(x: np.ndarray, y: np.ndarray, kept: np.ndarray) -> float:
    """Spearman correlation over the models kept that have both; NaN for fewer than four."""
    import pandas as pd

    from analysis.correlation import spearman

    return spearman(pd.Series(x[kept]), pd.Series(y[kept]))[0]


def bootstrapped(
    study: Study, statistic: Callable[[np.ndarray], np.ndarray], columns: list[int]
) -> Estimate:
    """Estimate a share of benchmarks, with an interval from resampled families.

    A share jumps when one benchmark crosses a line, which the jackknife does not see. The standard
    error is that of the family bootstrap, the reference a t distribution with one degree of
    freedom fewer than there are families.

    Parameters
    ----------
    study
        The population.
    statistic
        From correlations of shape (R, columns) to shares of shape (R,).
    columns
        Benchmarks the share is of, as positions in the panel.

    Returns
    -------
    Estimate
        Bounds within [0, 1].

    References
    ----------
    Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90, 414-427.
    """
    value = statistic(study.evidence.estimate.correlations[:, columns])[0]
    drawn = statistic(study.evidence.drawn.correlations[:, columns])
    families = families_behind(study.panel, columns)
    return share_interval(value, drawn, families, study.parameters.level)


def share_interval(value: float, drawn: np.ndarray, families: int, level: float) -> Estimate:
    """Interval of a share from its values in resamples of families.

    Parameters
    ----------
    value
        The share, in [0, 1].
    drawn
        The share in every resample, shape (R,); NaN where undefined.
    families
        Families it rests on.
    level
        Confidence level.

    Returns
    -------
    Estimate
        NaN bounds with fewer than three families, or where most resamples are undefined.
    """
    from scipy.stats import t

    known = drawn[np.isfinite(drawn)]
    if families < FEWEST_FAMILIES or not np.isfinite(value) or 2 * len(known) <= len(drawn):
        return Estimate(float(value), np.nan, np.nan, families)
    reach = t.ppf((1 + level) / 2, families - 1) * known.std(ddof=1)
    return Estimate(float(value), max(0.0, float(value - reach)), min(1.0, float(value + reach)), families)


def spread_to_interval(
    value: float, deleted: np.ndarray, families: int, level: float, scale: Scale = IDENTITY
) -> Estimate:
    """Interval of a number from what it became without each family.

    Parameters
    ----------
    value
        The number.
    deleted
        The number without each family in turn, shape (F,).
    families
        Families it rests on, at most F.
    level
        Confidence level.
    scale
        Scale on which the sampling distribution is nearer to normal.

    Returns
    -------
    Estimate
        NaN bounds with fewer than three families, or where a deletion leaves it undefined.
    """
    from scipy.stats import t

    if families < FEWEST_FAMILIES or not np.isfinite([value, *deleted]).all():
        return Estimate(float(value), np.nan, np.nan, families)
    error = jackknife_errors(scale.to(deleted), families)
    centre, reach = scale.to(np.asarray(value)), t.ppf((1 + level) / 2, families - 1) * error
    bounds = float(scale.back(centre - reach)), float(scale.back(centre + reach))
    return Estimate(float(value), *bounds, families)


def jackknife_errors(deleted: np.ndarray, families: int | np.ndarray) -> np.ndarray:
    """Standard error from deletions.

    Parameters
    ----------
    deleted
        Shape (F, ...): without each family in turn.
    families
        Families that the number rests on.

    Returns
    -------
    numpy.ndarray
        Shape (...).
    """
    gaps = deleted - deleted.mean(axis=0)
    return np.sqrt((gaps**2).sum(axis=0) * (families - 1) / np.maximum(families, 1))


def families_behind(
    panel: Panel, columns: list[int] | None = None, used: np.ndarray | None = None
) -> int:
    """Number of families with a scored model that has one of the benchmarks.

    Parameters
    ----------
    panel
        The scores.
    columns
        Benchmarks, as positions; any model with a capabilities score counts without them.
    used
        Models that count at all, shape (models,).

    Returns
    -------
    int
        Families.
    """
    return len(np.unique(panel.families[models_behind(panel, columns, used)]))


def models_behind(
    panel: Panel, columns: list[int] | None = None, used: np.ndarray | None = None
) -> np.ndarray:
    """Mask of the models that :func:`families_behind` counts the families of, shape (models,)."""
    present = panel.scored if used is None else panel.scored & used
    if columns is None:
        return present
    return present & ~np.isnan(panel.scores[:, columns]).all(axis=1)
