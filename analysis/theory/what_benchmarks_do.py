"""What a benchmark does to the work of the labs that compete on it.

A lab's work has two directions: capability, and safety that capability does not bring.
A benchmark rewards a mixture of the two, and its capabilities correlation is the mixture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

# The price of capability each line is drawn for; at the rewards' own ratio only the mix matters.
QUESTIONS: dict[str, float | None] = {
    "safety itself falls": 0.0,
    "the mix turns to capability": None,
    "capability itself rises": np.inf,
}


class Work(NamedTuple):
    """A lab's progress in each of the two directions, in the same unit of progress."""

    capability: Array
    safety: Array


def safety_weight(correlation: ArrayLike) -> Array:
    """Weight a benchmark's score gives to safety that capability does not bring.

    Parameters
    ----------
    correlation : array_like
        Capabilities correlation of the benchmark, in [-1, 1]; any shape.

    Returns
    -------
    ndarray
        The square root of one minus the squared correlation, same shape.

    Raises
    ------
    ValueError
        If a correlation lies outside [-1, 1].
    """
    correlation = np.asarray(correlation, dtype=float)
    if np.any(np.abs(correlation) > 1):
        raise ValueError(f"a correlation lies in [-1, 1]; received {correlation}")
    return np.sqrt(1 - correlation**2)


def score_gain(correlation: ArrayLike, work: Work) -> Array:
    """Score a benchmark grants for a lab's work.

    Parameters
    ----------
    correlation : array_like
        Capabilities correlation of the benchmark, in [-1, 1].
    work : Work
        Progress in each direction; broadcast against `correlation`.

    Returns
    -------
    ndarray
        Gain in score, in standard deviations of the benchmark when both directions have
        unit variance and are independent.
    """
    return np.asarray(correlation) * work.capability + safety_weight(correlation) * work.safety


def rewards(
    correlation: ArrayLike, leaderboard: ArrayLike = 1.0, market: ArrayLike = 1.0, care: ArrayLike = 0.0
) -> Work:
    """Reward of one more unit of each kind of progress.

    Parameters
    ----------
    correlation : array_like
        Capabilities correlation of the benchmark, in [-1, 1].
    leaderboard : array_like
        What the field pays for one unit of score.
    market : array_like
        What customers and investors pay for one unit of capability.
    care : array_like
        What one unit of safety is worth to the lab with no benchmark at all: safety culture.

    Returns
    -------
    Work
        Reward per unit of capability and of safety; never below zero, since a lab may always
        do nothing in a direction.
    """
    capability = np.asarray(market) + np.asarray(leaderboard) * np.asarray(correlation)
    safety = np.asarray(care) + np.asarray(leaderboard) * safety_weight(correlation)
    return Work(np.maximum(capability, 0.0), np.maximum(safety, 0.0))


def best_response(
    correlation: ArrayLike,
    leaderboard: ArrayLike = 1.0,
    market: ArrayLike = 1.0,
    care: ArrayLike = 0.0,
    elasticity: ArrayLike = 1.0,
) -> Work:
    """Work that maximises a lab's reward less its cost, in closed form.

    The lab works in the direction its rewards point in. How much it works in all grows by
    `elasticity` per cent when its rewards grow by one per cent.

    Parameters
    ----------
    correlation, leaderboard, market, care : array_like
        As in :func:`rewards`; broadcast together.
    elasticity : array_like
        Elasticity of total work to reward: 0 is a fixed budget, 1 is a quadratic cost.

    Returns
    -------
    Work
        Best work in each direction. Without a benchmark it is `(market, care)`.

    Raises
    ------
    ValueError
        If market and care are both zero: there is then no budget to start from.
    """
    before = np.hypot(market, care)
    if np.any(before <= 0):
        raise ValueError("market and care cannot both be zero: there is no work to redirect")
    pay = rewards(correlation, leaderboard, market, care)
    size = np.hypot(pay.capability, pay.safety)
    total = before * (size / before) ** np.asarray(elasticity)
    scale = np.divide(total, size, out=np.zeros_like(total), where=size > 0)
    return Work(pay.capability * scale, pay.safety * scale)


def capability_share(
    correlation: ArrayLike, leaderboard: ArrayLike = 1.0, market: ArrayLike = 1.0, care: ArrayLike = 0.0
) -> Array:
    """Share of the gain in score that is capability, at the best response.

    Parameters
    ----------
    correlation, leaderboard, market, care : array_like
        As in :func:`rewards`; broadcast together.

    Returns
    -------
    ndarray
        The share: at most 1, negative where capability costs score, NaN where nothing is gained.
        With neither market nor care it is the squared correlation.
    """
    pay = rewards(correlation, leaderboard, market, care)
    gain = score_gain(correlation, pay)
    part = np.asarray(correlation) * pay.capability
    return np.divide(part, gain, out=np.full(np.shape(gain), np.nan), where=gain != 0)


def dividing_correlation(
    price: ArrayLike, market: ArrayLike = 1.0, care: ArrayLike = 0.0, elasticity: ArrayLike = 1.0
) -> Array:
    """Correlation at which a small benchmark neither helps nor harms.

    Below it the safety a benchmark adds outweighs the capability it adds; above it, it does not.

    Parameters
    ----------
    price : array_like
        Units of safety needed to make up for one more unit of capability. Infinity asks when
        capability itself falls; zero asks when safety rises at all; `care / market` asks when
        the mix of work turns towards safety.
    market, care, elasticity : array_like
        As in :func:`best_response`.

    Returns
    -------
    ndarray
        The dividing correlation, in [-1, 1]; 1 where every benchmark helps.
    """
    today = np.arctan2(care, market)
    turn = np.arctan(np.asarray(elasticity) * np.tan(np.arctan(price) - today))
    return np.cos(np.clip(today + turn, 0, np.pi))


def effective_correlation(
    correlation: ArrayLike, investment: ArrayLike = 0.0, concern: ArrayLike = 0.0
) -> Array:
    """Correlation of the benchmark that would pull as this one does with its publicity.

    Parameters
    ----------
    correlation : array_like
        Capabilities correlation of the benchmark, in [-1, 1].
    investment : array_like
        Extra reward for capability that the benchmark's publicity brings, in units of its
        leaderboard's reward.
    concern : array_like
        Extra reward for safety that its publicity brings, in the same units.

    Returns
    -------
    ndarray
        The cosine of the direction in which the benchmark and its publicity pull together.

    Raises
    ------
    ValueError
        If the pulls cancel, so that there is no direction left.
    """
    capability = np.asarray(correlation) + np.asarray(investment)
    safety = safety_weight(correlation) + np.asarray(concern)
    size = np.hypot(capability, safety)
    if np.any(size == 0):
        raise ValueError("the benchmark and its publicity cancel: they pull in no direction")
    return capability / size


def contest_reward(prize: float, labs: int, luck: float) -> float:
    """Value of one unit of score to a lab that races equals for a single prize.

    Scores carry independent Gumbel luck, so the chance of winning is a logit of the scores.

    Parameters
    ----------
    prize : float
        Value of being first on the leaderboard.
    labs : int
        Number of equal competitors, at least 2.
    luck : float
        Scale of the Gumbel luck, in units of score.

    Returns
    -------
    float
        Prize times the slope of a lab's chance of winning, where all score alike.

    Raises
    ------
    ValueError
        If fewer than two labs compete, or luck is not positive.

    References
    ----------
    Lazear & Rosen (1981); McFadden (1974) for the logit form.
    """
    if labs < 2 or luck <= 0:
        raise ValueError(f"a contest needs two labs and some luck; received labs={labs}, luck={luck}")
    return prize * (labs - 1) / (labs**2 * luck)


def near_miss_slopes(scores: Array, width: float) -> Array:
    """Each lab's estimate of what a little more score would have won it.

    A season counts if the lab finished within `width` of the best of its rivals, on either side.

    Parameters
    ----------
    scores : ndarray
        Seasons × labs.
    width : float
        Half-width of the band, in units of score.

    Returns
    -------
    ndarray
        Chance of winning gained per unit of score, one number a lab.
    """
    ranked = np.sort(scores, axis=1)
    first, second = ranked[:, -1:], ranked[:, -2:-1]
    rival = np.where(scores == first, second, first)
    return np.mean(np.abs(scores - rival) < width, axis=0) / (2 * width)


def simulate_tournament(
    correlation: float,
    prize: float,
    market: float,
    care: float,
    rng: np.random.Generator,
    labs: int = 5,
    luck: float = 1.0,
    rounds: int = 200,
    contests: int = 1000,
) -> pd.DataFrame:
    """Labs that know only their own contests race for the top of a leaderboard.

    In each round a lab plays `contests`, counts its near misses to judge what score is worth,
    and moves a tenth of the way to the work that would then be best, at quadratic cost.

    Parameters
    ----------
    correlation : float
        Capabilities correlation of the benchmark.
    prize : float
        Value of winning one contest.
    market, care : float
        As in :func:`rewards`.
    rng : Generator
        Source of the luck.
    labs, luck, rounds, contests : int or float
        Size of the field, scale of the Gumbel luck, length of the history, contests a round.

    Returns
    -------
    DataFrame
        One row a round: `round, capability, safety`, means over labs; round 0 is before the benchmark.
    """
    import pandas as pd

    direction = np.array([correlation, float(safety_weight(correlation))])
    outside = np.array([market, care], dtype=float)
    plans = np.tile(outside, (labs, 1))
    history = [plans.mean(axis=0)]
    for _ in range(rounds):
        scores = plans @ direction + rng.gumbel(scale=luck, size=(contests, labs))
        worth = prize * near_miss_slopes(scores, width=luck / 10)
        wanted = np.maximum(outside + worth[:, None] * direction, 0.0)
        plans = plans + (wanted - plans) / 10
        history.append(plans.mean(axis=0))
    frame = pd.DataFrame(history, columns=["capability", "safety"])
    return frame.rename_axis("round").reset_index()


def share_grid(
    correlations: Sequence[float] = tuple(np.linspace(0, 1, 21)),
    markets: Sequence[float] = (0, 0.5, 1, 2, 5),
    cares: Sequence[float] = (0, 0.5, 1, 2),
) -> pd.DataFrame:
    """Capability share of the score gain over a grid, for a chart.

    Parameters
    ----------
    correlations, markets, cares : sequence of float
        Values of each; the grid is their product. Rewards are in units of the leaderboard's.

    Returns
    -------
    DataFrame
        Columns `correlation, market, care, share`.
    """
    import pandas as pd

    rho, market, care = np.meshgrid(correlations, markets, cares, indexing="ij")
    share = capability_share(rho, 1.0, market, care)
    columns = {"correlation": rho, "market": market, "care": care, "share": share}
    return pd.DataFrame({name: values.ravel() for name, values in columns.items()})


def change_grid(
    correlations: Sequence[float] = tuple(np.linspace(-1, 1, 21)),
    cares: Sequence[float] = (0.1, 0.5, 1),
    elasticities: Sequence[float] = (0, 0.5, 1),
    leaderboard: float = 0.5,
) -> pd.DataFrame:
    """Change a benchmark makes in each kind of progress over a grid, for a chart.

    Parameters
    ----------
    correlations, cares, elasticities : sequence of float
        Values of each; the grid is their product. The market's reward is the unit.
    leaderboard : float
        What the field pays for one unit of score, in units of the market's reward.

    Returns
    -------
    DataFrame
        Columns `correlation, care, elasticity, kind, change`; `kind` is capability or safety.
    """
    import pandas as pd

    rho, care, elasticity = np.meshgrid(correlations, cares, elasticities, indexing="ij")
    work = best_response(rho, leaderboard, 1.0, care, elasticity)
    columns = {
        "correlation": rho,
        "care": care,
        "elasticity": elasticity,
        "capability": work.capability - 1.0,
        "safety": work.safety - care,
    }
    wide = pd.DataFrame({name: values.ravel() for name, values in columns.items()})
    return wide.melt(["correlation", "care", "elasticity"], var_name="kind", value_name="change")


def line_grid(
    cares: Sequence[float] = tuple(np.linspace(0.05, 1.5, 30)),
    elasticities: Sequence[float] = (0, 0.25, 0.5, 0.75, 1),
) -> pd.DataFrame:
    """Where each of three lines runs, for a chart.

    Parameters
    ----------
    cares : sequence of float
        Reward for safety with no benchmark, in units of the market's reward for capability.
    elasticities : sequence of float
        As in :func:`best_response`.

    Returns
    -------
    DataFrame
        Columns `care, elasticity, question, correlation`: above that correlation the answer to the
        question is yes.
    """
    import pandas as pd

    care, elasticity = (grid.ravel() for grid in np.meshgrid(cares, elasticities, indexing="ij"))
    frames = []
    for question, price in QUESTIONS.items():
        line = dividing_correlation(care if price is None else price, 1.0, care, elasticity)
        columns = {"care": care, "elasticity": elasticity, "question": question, "correlation": line}
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)
