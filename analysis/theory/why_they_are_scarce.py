"""Why good safety benchmarks are undersupplied: capital, incentives, free riding and luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


def impressiveness_weight(conscience: ArrayLike, salience: ArrayLike) -> Array:
    """Weight of bare impressiveness in what a lab maximises.

    Parameters
    ----------
    conscience : array_like
        Weight of safety for its own sake in the lab's aims, in [0, 1].
    salience : array_like
        Weight of safety in what the public finds impressive, in [0, 1]: what a benchmark raises.

    Returns
    -------
    ndarray
        The weight, in [0, 1]; safety, wanted or admired, has the rest.

    Raises
    ------
    ValueError
        If a weight lies outside [0, 1].
    """
    conscience, salience = np.asarray(conscience, float), np.asarray(salience, float)
    for name, value in {"conscience": conscience, "salience": salience}.items():
        if np.any((value < 0) | (value > 1)):
            raise ValueError(f"{name} is a weight in [0, 1]; received {value}")
    return (1 - conscience) * (1 - salience)


def safety_effort(conscience: ArrayLike, salience: ArrayLike, floor: ArrayLike = 0.0) -> Array:
    """Share of its work a lab gives to safety.

    The lab maximises `w sqrt(1 - s) + (1 - w) sqrt(s)` over the share `s`, where `w` is the
    weight of bare impressiveness; both kinds of work have diminishing returns.

    Parameters
    ----------
    conscience, salience : array_like
        As in :func:`impressiveness_weight`; broadcast together.
    floor : array_like
        Least share that consumers and regulators put up with.

    Returns
    -------
    ndarray
        The best share, in [floor, 1].
    """
    weight = impressiveness_weight(conscience, salience)
    best = (1 - weight) ** 2 / (weight**2 + (1 - weight) ** 2)
    return np.maximum(best, floor)


def contentment(conscience: ArrayLike, salience: ArrayLike, floor: ArrayLike = 0.0) -> Array:
    """What a lab attains at its best share of safety.

    Parameters
    ----------
    conscience, salience, floor : array_like
        As in :func:`safety_effort`; broadcast together.

    Returns
    -------
    ndarray
        The maximum of what :func:`safety_effort` maximises.
    """
    weight = impressiveness_weight(conscience, salience)
    share = safety_effort(conscience, salience, floor)
    return weight * np.sqrt(1 - share) + (1 - weight) * np.sqrt(share)


def needed_standing(conscience: ArrayLike, salience: ArrayLike, floor: ArrayLike = 0.0) -> Array:
    """How well a lab must look on a benchmark before it wants the benchmark to exist.

    Parameters
    ----------
    conscience : array_like
        As in :func:`impressiveness_weight`; below 1.
    salience : array_like
        Salience of safety once the benchmark exists, above 0; without it, 0.
    floor : array_like
        As in :func:`safety_effort`.

    Returns
    -------
    ndarray
        Standing, in units of impressiveness, at which the lab is indifferent. Below zero the
        lab wants the benchmark even if it is shown up by it.
    """
    gain = contentment(conscience, salience, floor) - contentment(conscience, 0.0, floor)
    return -gain / ((1 - np.asarray(conscience)) * np.asarray(salience))


def turning_conscience(salience: float) -> float:
    """Conscience of the lab that needs to look neither well nor badly on a benchmark to want it.

    Parameters
    ----------
    salience : float
        As in :func:`needed_standing`.

    Returns
    -------
    float
        Where :func:`needed_standing` is zero for a lab that no floor holds up; one half where salience is slight.
    """
    return (1 - salience) / (2 - salience)


def mean_safety_effort(salience: float, floor: float = 0.0) -> float:
    """Mean share of work on safety over labs whose conscience is spread evenly from 0 to 1.

    Parameters
    ----------
    salience, floor : float
        As in :func:`safety_effort`; each below 1.

    Returns
    -------
    float
        The integral of :func:`safety_effort` over conscience.
    """
    most = 1 - salience
    # Labs to which impressiveness weighs more than this are held up by the floor.
    free = min(most, 1 / (1 + np.sqrt(floor / (1 - floor))))
    total = free / 2 - np.log(1 - 2 * free + 2 * free**2) / 4 + floor * (most - free)
    return float(total / most)


def simulate_labs(salience: float, labs: int, rng: np.random.Generator, tries: int = 400) -> Array:
    """Labs of every conscience grope for their best share of safety work.

    Each lab tries a small random change and keeps it if it is better off. Returns are mirrored
    at the ends, so that a share stays in [0, 1].

    Parameters
    ----------
    salience : float
        As in :func:`impressiveness_weight`.
    labs, tries : int
        Number of labs; changes each of them tries.
    rng : Generator
        Source of consciences and changes.

    Returns
    -------
    ndarray
        Share of work on safety at the end, one number a lab.
    """
    weight = impressiveness_weight(rng.uniform(size=labs), salience)
    share = np.full(labs, 0.5)
    for attempt in range(tries):
        step = rng.normal(scale=0.3 / np.sqrt(1 + attempt), size=labs)
        other = np.clip(share + step, 0.0, 1.0)
        before = weight * np.sqrt(1 - share) + (1 - weight) * np.sqrt(share)
        after = weight * np.sqrt(1 - other) + (1 - weight) * np.sqrt(other)
        share = np.where(after > before, other, share)
    return share


def private_supply(values: ArrayLike, cost: float, returns: float = 0.5) -> float:
    """Benchmark quality supplied when each party weighs only its own benefit.

    A party of value `v` gains `v Q**returns / returns` from total quality `Q`, whoever made it.

    Parameters
    ----------
    values : array_like
        Value of quality to each party, 1-D, positive.
    cost : float
        Cost of one unit of quality to whoever makes it.
    returns : float
        Returns to quality, between 0 and 1.

    Returns
    -------
    float
        Total quality at the Nash equilibrium: what the keenest party alone would make.

    References
    ----------
    Bergstrom, Blume & Varian (1986), private provision of public goods.
    """
    return float((np.max(values) / cost) ** (1 / (1 - returns)))


def social_supply(values: ArrayLike, cost: float, returns: float = 0.5) -> float:
    """Benchmark quality that is best for all parties together.

    Parameters
    ----------
    values, cost, returns : array_like or float
        As in :func:`private_supply`.

    Returns
    -------
    float
        Total quality at which the summed benefit of one more unit equals its cost.

    References
    ----------
    Samuelson (1954).
    """
    return float((np.sum(values) / cost) ** (1 / (1 - returns)))


def simulate_supply(values: ArrayLike, cost: float, returns: float, rounds: int = 50) -> Array:
    """Contributions when parties take turns at answering what the others make.

    Parameters
    ----------
    values, cost, returns : array_like or float
        As in :func:`private_supply`.
    rounds : int
        How often each party answers.

    Returns
    -------
    ndarray
        Quality made by each party at the end.
    """
    wanted = (np.asarray(values, float) / cost) ** (1 / (1 - returns))
    made = np.zeros_like(wanted)
    for _ in range(rounds):
        for party in range(len(made)):
            made[party] = max(0.0, wanted[party] - (made.sum() - made[party]))
    return made


def closing_prize(values: ArrayLike, maker: int, adoption: float) -> float:
    """Prize for a unit of quality, if adopted, that brings private supply up to social supply.

    Parameters
    ----------
    values : array_like
        Value of quality to each party, 1-D.
    maker : int
        Which party makes it.
    adoption : float
        Chance that what is made is taken up, and so the prize paid, in (0, 1].

    Returns
    -------
    float
        The value to all other parties, divided by the chance of adoption.
    """
    values = np.asarray(values, float)
    return float((values.sum() - values[maker]) / adoption)


def made_quality(capital: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Quality of the benchmark that a stock of capital can make.

    The kinds of capital multiply: none makes up for the want of another.

    Parameters
    ----------
    capital : Mapping[str, float]
        Stock of each kind.
    weights : Mapping[str, float]
        Exponent of each kind; the kinds named here are those that count.

    Returns
    -------
    float
        Product of each stock to the power of its weight.

    References
    ----------
    Kremer (1993), the O-ring theory.
    """
    return float(np.prod([capital.get(kind, 0.0) ** weight for kind, weight in weights.items()]))


def pooling_table(
    makers: Mapping[str, Mapping[str, float]], weights: Mapping[str, float]
) -> pd.DataFrame:
    """Quality each maker attains alone, and all of them with their capital pooled.

    Parameters
    ----------
    makers : Mapping[str, Mapping[str, float]]
        Capital of each maker.
    weights : Mapping[str, float]
        As in :func:`made_quality`.

    Returns
    -------
    DataFrame
        Columns `maker`, one a kind of capital, `quality`; the last row pools all makers.
    """
    import pandas as pd

    frame = pd.DataFrame(makers).T.reindex(columns=list(weights)).fillna(0.0)
    frame.loc["together"] = frame.sum()
    frame["quality"] = [made_quality(dict(row), weights) for _, row in frame.iterrows()]
    return frame.rename_axis("maker").reset_index()


def share_distribution(qualities: ArrayLike, imitation: float) -> Array:
    """Parameters of the long-run shares of a field that adopts what others have adopted.

    Each newcomer picks a benchmark with a chance proportional to its quality plus `imitation`
    for each earlier adopter. The shares then settle on a Dirichlet draw.

    Parameters
    ----------
    qualities : array_like
        Quality of each benchmark, 1-D, positive.
    imitation : float
        Weight of one earlier adopter, positive.

    Returns
    -------
    ndarray
        Dirichlet parameters, one a benchmark; for one benchmark against the rest, a Beta law.

    References
    ----------
    Pólya's urn: Eggenberger & Pólya (1923); Blackwell & MacQueen (1973); Arthur (1989).
    """
    return np.asarray(qualities, float) / imitation


def simulate_adoption(
    qualities: ArrayLike, imitation: float, adopters: int, fields: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Adoption histories of many independent fields.

    Parameters
    ----------
    qualities, imitation : array_like or float
        As in :func:`share_distribution`.
    adopters, fields : int
        Adopters in each field; number of fields.
    rng : Generator
        Source of the choices.

    Returns
    -------
    ndarray
        Fields × benchmarks: adopters of each benchmark.
    """
    pull = np.tile(np.asarray(qualities, float), (fields, 1))
    counts = np.zeros(pull.shape, dtype=np.int64)
    rows = np.arange(fields)
    for _ in range(adopters):
        reach = np.cumsum(pull, axis=1)
        aim = rng.uniform(size=fields) * reach[:, -1]
        chosen = np.sum(aim[:, None] > reach[:, :-1], axis=1)
        counts[rows, chosen] += 1
        pull[rows, chosen] += imitation
    return counts


def better_loses(quality_ratio: float, imitation: float) -> float:
    """Chance that the better of two benchmarks ends with the smaller share.

    Parameters
    ----------
    quality_ratio : float
        Quality of the better benchmark in units of the other's.
    imitation : float
        Weight of one earlier adopter, in the same units.

    Returns
    -------
    float
        Mass of the better benchmark's Beta law below one half.
    """
    from scipy.stats import beta

    better, other = share_distribution([quality_ratio, 1.0], imitation)
    return float(beta.cdf(0.5, better, other))


def maker_payoff(
    quality: float, rivals: float, imitation: float, reward: float, caution: float, cost: float
) -> float:
    """Sure payoff a maker would trade a new benchmark's uncertain payoff for.

    Parameters
    ----------
    quality, rivals : float
        Quality of the new benchmark; summed quality of those it competes with.
    imitation : float
        Weight of one earlier adopter.
    reward : float
        Payoff of winning the whole field; a share of the field pays that share of it.
    caution : float
        Absolute risk aversion, per unit of payoff.
    cost : float
        Cost of making the benchmark.

    Returns
    -------
    float
        Mean less half of caution times variance less cost.

    References
    ----------
    Pratt (1964), for the mean-variance form.
    """
    total = quality + rivals
    mean = quality / total
    variance = mean * (1 - mean) / (1 + total / imitation)
    return reward * mean - 0.5 * caution * reward**2 * variance - cost


def effort_grid(
    consciences: Sequence[float] = tuple(np.linspace(0, 1, 21)),
    saliences: Sequence[float] = (0, 0.2, 0.4, 0.6, 0.8),
    floor: float = 0.05,
) -> pd.DataFrame:
    """Safety effort over a grid, for a chart.

    Parameters
    ----------
    consciences, saliences : sequence of float
        Values of each; the grid is their product.
    floor : float
        As in :func:`safety_effort`.

    Returns
    -------
    DataFrame
        Columns `conscience, salience, effort, without` (effort at no salience).
    """
    import pandas as pd

    conscience, salience = (grid.ravel() for grid in np.meshgrid(consciences, saliences, indexing="ij"))
    return pd.DataFrame(
        {
            "conscience": conscience,
            "salience": salience,
            "effort": safety_effort(conscience, salience, floor),
            "without": safety_effort(conscience, 0.0, floor),
        }
    )


def lab_table(
    salience: float, floor: float = 0.05, consciences: Sequence[float] = (0, 0.25, 0.5, 0.75, 1)
) -> pd.DataFrame:
    """What a benchmark does to labs of different conscience, and whether they want it.

    Parameters
    ----------
    salience : float
        Salience of safety once the benchmark exists.
    floor : float
        As in :func:`safety_effort`.
    consciences : sequence of float
        One a lab.

    Returns
    -------
    DataFrame
        Columns `conscience, before, after` (safety effort), `standing` (needed; NaN for the lab
        that does not care how it looks).
    """
    import pandas as pd

    labs = np.asarray(consciences, float)
    standing = np.full(labs.shape, np.nan)
    proud = labs < 1
    standing[proud] = needed_standing(labs[proud], salience, floor)
    return pd.DataFrame(
        {
            "conscience": labs,
            "before": safety_effort(labs, 0.0, floor),
            "after": safety_effort(labs, salience, floor),
            "standing": standing,
        }
    )


def lottery_grid(
    rng: np.random.Generator,
    ratios: Sequence[float] = (1, 1.5, 3),
    imitations: Sequence[float] = (0.1, 0.5, 1, 2, 5),
    bins: int = 20,
    adopters: int = 300,
    fields: int = 2000,
) -> pd.DataFrame:
    """Share won by the better of two benchmarks, in closed form and simulated, for a chart.

    Parameters
    ----------
    rng : Generator
        Source of the simulated choices.
    ratios, imitations : sequence of float
        Values of each; as in :func:`better_loses`.
    bins : int
        Equal bins of the share.
    adopters, fields : int
        As in :func:`simulate_adoption`.

    Returns
    -------
    DataFrame
        Columns `ratio, imitation, share` (middle of the bin), `expected, simulated`
        (fraction of fields in the bin).
    """
    import pandas as pd
    from scipy.stats import beta

    edges = np.linspace(0, 1, bins + 1)
    frames = []
    for ratio in ratios:
        for imitation in imitations:
            shares = simulate_adoption([ratio, 1.0], imitation, adopters, fields, rng)[:, 0] / adopters
            frames.append(
                pd.DataFrame(
                    {
                        "ratio": ratio,
                        "imitation": imitation,
                        "share": (edges[:-1] + edges[1:]) / 2,
                        "expected": np.diff(beta.cdf(edges, *share_distribution([ratio, 1.0], imitation))),
                        "simulated": np.histogram(shares, edges)[0] / fields,
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)
