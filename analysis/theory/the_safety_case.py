"""What a "below the threshold" report is worth when the keeper of the threshold writes it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

MEASURES = ("independent measurement", "model access", "enforcement")
# What each is called in the name of a set of them.
SHORT_NAMES = dict(zip(MEASURES, ("independent", "access", "enforcement"), strict=True))


@dataclass(frozen=True)
class Process:
    """How a report on a capability threshold comes about.

    A benchmark's score is normal with unit variance about the capability that was brought out:
    zero below the threshold, `signal` above it. The alarm rings, and the report says "above",
    only if every benchmark tried scores over `cutoff` and nobody explains the result away.

    Parameters
    ----------
    choices : int
        Benchmarks (or settings, or prompts) tried, of which the lowest score is reported.
    gap : float
        Elicitation gap: capability the test leaves in the model, in the score's unit.
    discretion : float
        Chance that an alarming result is explained away, in [0, 1].
    signal : float
        How far over the threshold a dangerous model scores, in the score's unit.
    cutoff : float
        Score from which the alarm rings.
    shared : float
        Correlation of the errors of different benchmarks, in [0, 1].

    Raises
    ------
    ValueError
        If a value lies outside its range.
    """

    choices: int = 1
    gap: float = 0.0
    discretion: float = 0.0
    signal: float = 3.0
    cutoff: float = 1.5
    shared: float = 0.3

    def __post_init__(self) -> None:
        shares = 0 <= self.discretion <= 1 and 0 <= self.shared <= 1
        if self.choices < 1 or self.gap < 0 or self.signal <= 0 or not shares:
            raise ValueError(f"a process needs a choice, a signal, and shares in [0, 1]; received {self}")


class Alarm(NamedTuple):
    """Chance that the report says "above", for each true state of the model."""

    dangerous: float
    safe: float


def chance_all_above(margin: float, process: Process) -> float:
    """Chance that every benchmark tried scores over the cutoff.

    Parameters
    ----------
    margin : float
        Mean score less the cutoff.
    process : Process
        Gives the number of choices and the correlation of their errors.

    Returns
    -------
    float
        The chance; the shared part of the errors is integrated out by Gauss-Hermite quadrature.
    """
    from scipy.special import ndtr

    if process.shared == 1 or process.choices == 1:
        return float(ndtr(margin))
    nodes, weights = _quadrature()
    alone = np.sqrt(1 - process.shared)
    each = ndtr((margin + np.sqrt(process.shared) * nodes) / alone)
    return float(weights @ each**process.choices / np.sqrt(2 * np.pi))


@cache
def _quadrature() -> tuple[Array, Array]:
    return np.polynomial.hermite_e.hermegauss(80)


def alarm(process: Process) -> Alarm:
    """Chance of a report "above", if the model is dangerous and if it is safe.

    Parameters
    ----------
    process : Process
        How the report comes about.

    Returns
    -------
    Alarm
        The two chances.
    """
    kept = 1 - process.discretion
    low = -process.gap - process.cutoff
    return Alarm(
        kept * chance_all_above(process.signal + low, process), kept * chance_all_above(low, process)
    )


def likelihood_ratio(process: Process) -> float:
    """Likelihood ratio of a report "below": dangerous against safe.

    Parameters
    ----------
    process : Process
        How the report comes about.

    Returns
    -------
    float
        At most 1, and at least 1 less the chance of an alarm from a dangerous model; 1 says nothing.
    """
    rings = alarm(process)
    return (1 - rings.dangerous) / (1 - rings.safe)


def posterior(prior: ArrayLike, ratio: ArrayLike) -> Array:
    """Chance that the model is dangerous after a report, by Bayes' rule.

    Parameters
    ----------
    prior : array_like
        Chance before the report.
    ratio : array_like
        Likelihood ratio of the report.

    Returns
    -------
    ndarray
        Chance after the report; the prior itself where the ratio is 1.
    """
    prior, ratio = np.asarray(prior, float), np.asarray(ratio, float)
    return prior * ratio / (prior * ratio + 1 - prior)


def evidence_bits(ratio: ArrayLike) -> Array:
    """Weight of evidence of a report "below", in bits.

    Parameters
    ----------
    ratio : array_like
        Likelihood ratio of the report.

    Returns
    -------
    ndarray
        Minus its logarithm to base 2: each bit halves the odds of danger.

    References
    ----------
    Good (1950).
    """
    return -np.log2(np.asarray(ratio, float)) + 0.0


def discretion_under(enforcement: ArrayLike) -> Array:
    """Chance that an alarm is explained away, by what doing so may cost.

    The worth of shipping varies from case to case as an exponential law; the alarm is explained
    away where it exceeds the expected penalty.

    Parameters
    ----------
    enforcement : array_like
        Penalty times the chance of paying it, in units of the mean worth of shipping.

    Returns
    -------
    ndarray
        The chance: 1 without enforcement.

    References
    ----------
    Becker (1968) for the expected penalty.
    """
    return np.exp(-np.asarray(enforcement, float))


def simulate_reports(
    process: Process, dangerous: bool, reports: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Play the process through many times.

    Parameters
    ----------
    process : Process
        How a report comes about.
    dangerous : bool
        Whether the model is over the threshold.
    reports : int
        Number of reports.
    rng : Generator
        Source of scores and of what is explained away.

    Returns
    -------
    ndarray
        Whether each report says "below".
    """
    brought_out = process.signal * dangerous - process.gap
    common = rng.standard_normal((reports, 1))
    alone = rng.standard_normal((reports, process.choices))
    scores = brought_out + math.sqrt(process.shared) * common + math.sqrt(1 - process.shared) * alone
    explained = rng.uniform(size=reports) < process.discretion
    return (scores.min(axis=1) <= process.cutoff) | explained


def apply(
    process: Process, measures: Sequence[str], outsider_gap: float = 0.0, enforcement: float = 2.0
) -> Process:
    """Change a process by what a regulator may bring in.

    Independent measurement: somebody else names one benchmark in advance. They elicit worse by
    `outsider_gap`, unless they have model access. Model access closes the elicitation gap.
    Enforcement makes it costly to explain an alarm away.

    Parameters
    ----------
    process : Process
        As the keeper would have it.
    measures : sequence of str
        Any of `MEASURES`.
    outsider_gap : float
        Elicitation gap added by an outsider with no more access than a customer.
    enforcement : float
        As in :func:`discretion_under`.

    Returns
    -------
    Process
        The changed process.

    Raises
    ------
    ValueError
        If a measure is unknown.
    """
    unknown = set(measures) - set(MEASURES)
    if unknown:
        raise ValueError(f"measures are {', '.join(MEASURES)}; received {', '.join(sorted(unknown))}")
    if "independent measurement" in measures:
        process = replace(process, choices=1, gap=process.gap + outsider_gap)
    if "model access" in measures:
        process = replace(process, gap=0.0)
    if "enforcement" in measures:
        strict = float(discretion_under(enforcement)) * process.discretion
        process = replace(process, discretion=strict)
    return process


def price_table(
    process: Process, prior: float, outsider_gap: float = 0.0, enforcement: float = 2.0
) -> pd.DataFrame:
    """What a report "below" is worth under every set of measures.

    Parameters
    ----------
    process : Process
        As the keeper would have it.
    prior : float
        Chance of danger before any report.
    outsider_gap, enforcement : float
        As in :func:`apply`.

    Returns
    -------
    DataFrame
        One row a set of measures, from none to all: `measures` (in words), `alarm` (chance that a
        dangerous model sets it off), `false_alarm`, `ratio`, `posterior`, `bits`,
        `removed` (share of the prior risk that the report removes).
    """
    import pandas as pd

    rows = []
    for chosen in subsets(MEASURES):
        changed = apply(process, chosen, outsider_gap, enforcement)
        ratio = likelihood_ratio(changed)
        after = float(posterior(prior, ratio))
        rows.append((set_name(chosen), *alarm(changed), ratio, after, float(evidence_bits(ratio)), 1 - after / prior))
    columns = ["measures", "alarm", "false_alarm", "ratio", "posterior", "bits", "removed"]
    return pd.DataFrame(rows, columns=columns)


def set_name(measures: Sequence[str]) -> str:
    """What a set of measures is called in a table or chart.

    Parameters
    ----------
    measures : sequence of str
        Any of `MEASURES`.

    Returns
    -------
    str
        Words, told apart by their first and last letters where the middle is cut on a narrow page.
    """
    if len(measures) == len(MEASURES):
        return "all three"
    if len(measures) == 1:
        return measures[0]
    return " + ".join(SHORT_NAMES[name] for name in measures) or "none of them"


def subsets(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Every subset of some names, the smaller first.

    Parameters
    ----------
    names : sequence of str
        The names.

    Returns
    -------
    list of tuple of str
        The subsets, each in the order of the names.
    """
    return [chosen for size in range(len(names) + 1) for chosen in itertools.combinations(names, size)]


def shapley_values(worth: Mapping[frozenset[str], float], names: Sequence[str]) -> dict[str, float]:
    """Divide what all measures attain together among them.

    Parameters
    ----------
    worth : mapping of frozenset to float
        What each set of measures attains.
    names : sequence of str
        The measures.

    Returns
    -------
    dict of str to float
        Each measure's gain, averaged over every order in which they might be brought in.

    References
    ----------
    Shapley (1953).
    """
    orders = list(itertools.permutations(names))
    shares = dict.fromkeys(names, 0.0)
    for order in orders:
        for place, name in enumerate(order):
            before = frozenset(order[:place])
            shares[name] += (worth[before | {name}] - worth[before]) / len(orders)
    return shares


def price_of_measures(
    process: Process, outsider_gap: float = 0.0, enforcement: float = 2.0
) -> pd.DataFrame:
    """Evidence each measure buys back: alone, last, and on average over orders.

    Parameters
    ----------
    process : Process
        As the keeper would have it.
    outsider_gap, enforcement : float
        As in :func:`apply`.

    Returns
    -------
    DataFrame
        One row a measure: `measure, alone, last, average`, in bits of evidence.
    """
    import pandas as pd

    worth = {
        frozenset(chosen): float(
            evidence_bits(likelihood_ratio(apply(process, chosen, outsider_gap, enforcement)))
        )
        for chosen in subsets(MEASURES)
    }
    average, everything = shapley_values(worth, MEASURES), frozenset(MEASURES)
    rows = [
        (name, worth[frozenset({name})] - worth[frozenset()], worth[everything] - worth[everything - {name}], average[name])
        for name in MEASURES
    ]
    return pd.DataFrame(rows, columns=["measure", "alone", "last", "average"])


def posterior_grid(
    choices: Sequence[int] = (1, 2, 3, 5, 8, 13, 21, 34),
    gaps: Sequence[float] = (0, 0.5, 1, 2),
    discretions: Sequence[float] = (0, 0.25, 0.5, 0.75, 1),
    prior: float = 0.1,
) -> pd.DataFrame:
    """Posterior risk after a report "below" over a grid, for a chart.

    Parameters
    ----------
    choices : sequence of int
        Benchmarks to choose from.
    gaps, discretions : sequence of float
        As in :class:`Process`; the grid is the product of all three.
    prior : float
        Chance of danger before any report.

    Returns
    -------
    DataFrame
        Columns `choices, gap, discretion, posterior, prior, bound`; no report of that process can
        leave less than `bound`.
    """
    import pandas as pd

    rows = []
    for chosen, gap, discretion in itertools.product(choices, gaps, discretions):
        process = Process(choices=chosen, gap=gap, discretion=discretion)
        after = float(posterior(prior, likelihood_ratio(process)))
        rows.append((chosen, gap, discretion, after, prior, prior * (1 - alarm(process).dangerous)))
    return pd.DataFrame(rows, columns=["choices", "gap", "discretion", "posterior", "prior", "bound"])


def price_grid(
    process: Process, prior: float, outsider_gap: float, enforcements: Sequence[float] = (0, 0.5, 1, 2, 4)
) -> pd.DataFrame:
    """Price tables at several strengths of enforcement, for a chart.

    Parameters
    ----------
    process, prior, outsider_gap : Process or float
        As in :func:`price_table`.
    enforcements : sequence of float
        As in :func:`discretion_under`.

    Returns
    -------
    DataFrame
        The price tables, with `enforcement`.
    """
    import pandas as pd

    tables = [
        price_table(process, prior, outsider_gap, strength).assign(enforcement=strength)
        for strength in enforcements
    ]
    return pd.concat(tables, ignore_index=True)
