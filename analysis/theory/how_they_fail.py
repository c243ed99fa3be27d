"""How benchmarks fail: they rot, are fooled, die quietly or mislead; and headroom on real scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import pandas as pd

    from analysis.scores import ScoreTable

Array = NDArray[np.float64]

# Below this spread, in units of 1 / slope, the items are as good as equal: the error is its square.
NARROW = 1e-6


@dataclass(frozen=True)
class ItemBank:
    """A benchmark as a bank of test items that follow the two-parameter logistic model.

    Parameters
    ----------
    items : int
        Number of items.
    discrimination : float
        Slope of each item, per unit of ability.
    centre : float
        Middle of the items' difficulties, in units of ability.
    half_width : float
        The difficulties are spread evenly this far to either side of the centre.

    Raises
    ------
    ValueError
        If there is no item, no discrimination, or a negative spread.

    References
    ----------
    Birnbaum (1968).
    """

    items: int = 200
    discrimination: float = 2.0
    centre: float = 2.0
    half_width: float = 1.0

    def __post_init__(self) -> None:
        if self.items < 1 or self.discrimination <= 0 or self.half_width < 0:
            raise ValueError(f"an item bank needs items that discriminate; received {self}")


def expected_score(ability: ArrayLike, bank: ItemBank) -> Array:
    """Share of a bank's items that a model of given ability answers correctly, on average.

    Parameters
    ----------
    ability : array_like
        Ability of the model, on the scale of the difficulties.
    bank : ItemBank
        The benchmark.

    Returns
    -------
    ndarray
        Expected score, in [0, 1], same shape as `ability`.
    """
    from scipy.special import expit

    slope, width = bank.discrimination, bank.half_width
    ahead = np.asarray(ability, float) - bank.centre
    if slope * width < NARROW:
        return expit(slope * ahead)
    upper, lower = np.logaddexp(0, slope * (ahead + width)), np.logaddexp(0, slope * (ahead - width))
    return (upper - lower) / (2 * slope * width)


def information(ability: ArrayLike, bank: ItemBank) -> Array:
    """Fisher information of a bank about the ability of one model.

    Parameters
    ----------
    ability : array_like
        Ability of the model.
    bank : ItemBank
        The benchmark.

    Returns
    -------
    ndarray
        Information, same shape as `ability`: one over the variance of the best estimate of ability.

    References
    ----------
    Lord (1980).
    """
    from scipy.special import expit

    slope, width = bank.discrimination, bank.half_width
    # Information is the same as far behind as ahead; behind, the logistic keeps its precision.
    behind = -np.abs(np.asarray(ability, float) - bank.centre)
    if slope * width < NARROW:
        return bank.items * slope**2 * expit(slope * behind) * expit(-slope * behind)
    rise = expit(slope * (behind + width)) - expit(slope * (behind - width))
    return bank.items * slope * rise / (2 * width)


def saturation_ability(bank: ItemBank, short: float) -> float:
    """Ability at which the expected score is within `short` of the ceiling.

    Parameters
    ----------
    bank : ItemBank
        The benchmark.
    short : float
        Distance from a perfect score, between 0 and 1.

    Returns
    -------
    float
        The ability.

    Raises
    ------
    ValueError
        If `short` does not lie strictly between 0 and 1.
    """
    if not 0 < short < 1:
        raise ValueError(f"the distance from the ceiling lies between 0 and 1; received {short}")
    slope, width = bank.discrimination, bank.half_width
    if slope * width < NARROW:
        return bank.centre + float(np.log((1 - short) / short)) / slope
    above = np.expm1(2 * slope * width * (1 - short))
    below = -np.expm1(-2 * slope * width * short)
    return bank.centre - width + float(np.log(above / below)) / slope


def years_to_saturation(bank: ItemBank, frontier: float, growth: float, short: float) -> float:
    """Years until the frontier's expected score is within `short` of the ceiling.

    Parameters
    ----------
    bank : ItemBank
        The benchmark.
    frontier : float
        Ability of the best model today.
    growth : float
        Ability the frontier gains in a year, positive.
    short : float
        As in :func:`saturation_ability`.

    Returns
    -------
    float
        Years from today; negative if it has happened already.
    """
    return (saturation_ability(bank, short) - frontier) / growth


def lifetime_information(bank: ItemBank, growth: float) -> float:
    """Information a bank gives about the frontier over its whole life.

    Parameters
    ----------
    bank : ItemBank
        The benchmark; its difficulties do not matter.
    growth : float
        Ability the frontier gains in a year, positive.

    Returns
    -------
    float
        Information times years.
    """
    return bank.items * bank.discrimination / growth


def refreshed_information(bank: ItemBank, growth: float, period: float, lead: float) -> float:
    """Mean information about the frontier when the bank is renewed again and again.

    At each renewal the difficulties are centred `lead` ahead of the frontier.

    Parameters
    ----------
    bank : ItemBank
        The benchmark; only its centre is moved.
    growth : float
        Ability the frontier gains in a year, positive.
    period : float
        Years between renewals, positive.
    lead : float
        How far ahead of the frontier the renewed difficulties lie.

    Returns
    -------
    float
        Mean information over a period: items times discrimination times the rise of the
        score, per unit of ability gained.
    """
    gained = growth * period
    start, end = expected_score(np.array([-lead, gained - lead]) + bank.centre, bank)
    return float(bank.items * bank.discrimination * (end - start) / gained)


def draw_bank(bank: ItemBank, rng: np.random.Generator) -> Array:
    """Draw the difficulties of a bank's items.

    Parameters
    ----------
    bank : ItemBank
        The benchmark.
    rng : Generator
        Source of the difficulties.

    Returns
    -------
    ndarray
        One difficulty an item.
    """
    return rng.uniform(bank.centre - bank.half_width, bank.centre + bank.half_width, bank.items)


def answer_items(
    abilities: ArrayLike, difficulties: Array, discrimination: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Let models answer items at random, by the two-parameter logistic model.

    Parameters
    ----------
    abilities : array_like
        One a model, 1-D.
    difficulties : ndarray
        One an item.
    discrimination : float
        As in :class:`ItemBank`.
    rng : Generator
        Source of the answers.

    Returns
    -------
    ndarray
        Models × items: whether the answer is right.
    """
    from scipy.special import expit

    chance = expit(discrimination * (np.asarray(abilities, float)[:, None] - difficulties))
    return rng.uniform(size=chance.shape) < chance


def rot_path(
    bank: ItemBank, years: Sequence[float], growth: float, period: float, rng: np.random.Generator
) -> pd.DataFrame:
    """A benchmark's score and information as the frontier moves, left alone and renewed.

    The frontier starts at ability zero. A renewal centres the items half a period's growth ahead of
    the frontier, where the mean information is greatest.

    Parameters
    ----------
    bank : ItemBank
        The benchmark that is left alone.
    years : sequence of float
        Times to report, from 0.
    growth : float
        Ability the frontier gains in a year.
    period : float
        Years between renewals.
    rng : Generator
        Source of difficulties and answers of the simulated frontier models.

    Returns
    -------
    DataFrame
        Columns `year, benchmark` (left alone or renewed), `score, simulated, information`;
        information is a share of the greatest this bank could give.
    """
    import pandas as pd

    year = np.asarray(years, float)
    since = np.mod(year, period) * growth - growth * period / 2 + bank.centre
    peak = float(information(bank.centre, bank))
    frames = []
    for name, ability in {"left alone": growth * year, "renewed": since}.items():
        answers = answer_items(ability, draw_bank(bank, rng), bank.discrimination, rng)
        frames.append(
            pd.DataFrame(
                {
                    "year": year,
                    "benchmark": name,
                    "score": expected_score(ability, bank),
                    "simulated": answers.mean(axis=1),
                    "information": information(ability, bank) / peak,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def pass_rate(honest: ArrayLike, detection: ArrayLike) -> Array:
    """Share of models that pass a test of honesty which only some dishonesty fails.

    Parameters
    ----------
    honest : array_like
        Share of models that are honest; all of them pass.
    detection : array_like
        Chance that a dishonest model is caught.

    Returns
    -------
    ndarray
        Share that passes, in [0, 1].
    """
    honest = np.asarray(honest, float)
    return honest + (1 - honest) * (1 - np.asarray(detection))


def honest_if_passed(honest: ArrayLike, detection: ArrayLike) -> Array:
    """Chance that a model which passed is honest, by Bayes' rule.

    Parameters
    ----------
    honest, detection : array_like
        As in :func:`pass_rate`.

    Returns
    -------
    ndarray
        The chance; it falls to `honest` as detection falls to zero.
    """
    return np.asarray(honest, float) / pass_rate(honest, detection)


def hiding_path(
    years: Sequence[float], honest: float, growth: float, cunning: float, models: int, rng: np.random.Generator
) -> pd.DataFrame:
    """A test of honesty while models grow better at hiding and no more honest.

    Parameters
    ----------
    years : sequence of float
        Times to report.
    honest : float
        Share of models that are honest, the same in every year.
    growth : float
        Growth per year of the log odds that dishonesty stays hidden.
    cunning : float
        Those log odds in year 0.
    models : int
        Models simulated each year.
    rng : Generator
        Source of the simulated models.

    Returns
    -------
    DataFrame
        Columns `year, passed, simulated` (share that passes, expected and simulated),
        `honest` (chance that a model which passed is honest).
    """
    import pandas as pd
    from scipy.special import expit

    year = np.asarray(years, float)
    detection = expit(-(cunning + growth * year))
    is_honest = rng.uniform(size=(len(year), models)) < honest
    caught = ~is_honest & (rng.uniform(size=is_honest.shape) < detection[:, None])
    return pd.DataFrame(
        {
            "year": year,
            "passed": pass_rate(honest, detection),
            "simulated": 1 - caught.mean(axis=1),
            "honest": honest_if_passed(honest, detection),
        }
    )


def extinction_probability(reach: ArrayLike, seeds: int = 1) -> Array:
    """Chance that a benchmark dies quietly.

    Each user brings a Poisson number of new users, `reach` on average, once.

    Parameters
    ----------
    reach : array_like
        Mean number of users that one user brings, not negative.
    seeds : int
        Users at the start.

    Returns
    -------
    ndarray
        Chance that the following stops growing of itself: 1 where reach is at most 1.

    References
    ----------
    Galton–Watson process: Harris (1963); Corless et al. (1996) for the Lambert function.
    """
    from scipy.special import lambertw

    reach = np.asarray(reach, float)
    above = np.maximum(reach, 1.0)
    single = np.where(reach > 1, np.real(-lambertw(-above * np.exp(-above)) / above), 1.0)
    return single**seeds


def quiet_following(reach: ArrayLike, seeds: int = 1) -> Array:
    """Mean number of users a benchmark ever has, where it is bound to die quietly.

    Parameters
    ----------
    reach, seeds : array_like or int
        As in :func:`extinction_probability`.

    Returns
    -------
    ndarray
        Mean total of users, the first included; infinite where reach is 1 or more.
    """
    reach = np.asarray(reach, float)
    return np.divide(seeds, 1 - reach, out=np.full(reach.shape, np.inf), where=reach < 1)


def simulate_following(
    reach: float, seeds: int, fields: int, rng: np.random.Generator, enough: int = 2000
) -> NDArray[np.int64]:
    """Total users of a benchmark in many independent fields.

    Parameters
    ----------
    reach, seeds : float or int
        As in :func:`extinction_probability`.
    fields : int
        Number of fields.
    rng : Generator
        Source of the users.
    enough : int
        A following of this size is taken to be safe from dying, and is stopped.

    Returns
    -------
    ndarray
        Users in each field, at least `enough` where the benchmark took off.
    """
    total = np.full(fields, seeds, dtype=np.int64)
    newest = total.copy()
    while np.any(newest):
        newest = rng.poisson(reach * np.where(total < enough, newest, 0))
        total += newest
    return total


def flawed_value(side_benefit: ArrayLike, harm: ArrayLike, fault_rate: ArrayLike, lesson: ArrayLike, discount: float) -> Array:
    """Value of a flawed benchmark against none.

    While it is believed it does harm and some good besides. It is found out at a constant
    rate, and then what it taught is worth `lesson`.

    Parameters
    ----------
    side_benefit, harm : array_like
        Value per year of its good and of its bad side, while it is believed.
    fault_rate : array_like
        Chance per year of being found out.
    lesson : array_like
        Value of what is learned when it is found out.
    discount : float
        Rate at which later value counts for less, per year, positive.

    Returns
    -------
    ndarray
        Expected value; none is worth zero.
    """
    flow = np.asarray(side_benefit) - np.asarray(harm) + np.asarray(fault_rate) * np.asarray(lesson)
    return flow / (np.asarray(fault_rate) + discount)


def simulate_flawed(
    side_benefit: float, harm: float, fault_rate: float, lesson: float, discount: float,
    histories: int, rng: np.random.Generator,
) -> Array:
    """Value of a flawed benchmark in many histories, each found out at a random time.

    Parameters
    ----------
    side_benefit, harm, fault_rate, lesson, discount : float
        As in :func:`flawed_value`; the rate is positive.
    histories : int
        Number of histories.
    rng : Generator
        Source of the times.

    Returns
    -------
    ndarray
        Discounted value in each history.
    """
    remaining = np.exp(-discount * rng.exponential(1 / fault_rate, size=histories))
    return (side_benefit - harm) * (1 - remaining) / discount + lesson * remaining


def measuring_share(speed_up: ArrayLike) -> Array:
    """Best share of effort for measuring a problem rather than solving it.

    Progress is the share spent solving, times one plus `speed_up` times the share measuring.

    Parameters
    ----------
    speed_up : array_like
        How much faster solving would go if all effort measured, positive.

    Returns
    -------
    ndarray
        The share: zero where measuring speeds solving too little, never above one half.
    """
    speed_up = np.asarray(speed_up, float)
    return np.maximum(0.0, (speed_up - 1) / (2 * speed_up))


def decay_grid(
    rng: np.random.Generator,
    growths: Sequence[float] = (0.5, 1, 2),
    years: Sequence[float] = tuple(np.linspace(0, 8, 33)),
    bank: ItemBank = ItemBank(),
    period: float = 1.0,
) -> pd.DataFrame:
    """Rot and renewal at several speeds of the frontier, for a chart.

    Parameters
    ----------
    rng : Generator
        Source of the simulated frontier models.
    growths : sequence of float
        Ability the frontier gains in a year.
    years, bank, period : sequence of float, ItemBank or float
        As in :func:`rot_path`.

    Returns
    -------
    DataFrame
        The paths of :func:`rot_path`, with `growth`.
    """
    import pandas as pd

    paths = [rot_path(bank, years, growth, period, rng).assign(growth=growth) for growth in growths]
    return pd.concat(paths, ignore_index=True)


def hiding_grid(
    rng: np.random.Generator,
    shares: Sequence[float] = (0.2, 0.4, 0.6, 0.8),
    years: Sequence[float] = tuple(range(11)),
    growth: float = 0.8,
    cunning: float = -3.0,
    models: int = 400,
) -> pd.DataFrame:
    """Tests of honesty that models learn to pass, for a chart.

    Parameters
    ----------
    rng : Generator
        Source of the simulated models.
    shares : sequence of float
        Shares of models that are honest.
    years, growth, cunning, models : sequence of float, float or int
        As in :func:`hiding_path`.

    Returns
    -------
    DataFrame
        The paths of :func:`hiding_path`, with `share`.
    """
    import pandas as pd

    paths = [hiding_path(years, share, growth, cunning, models, rng).assign(share=share) for share in shares]
    return pd.concat(paths, ignore_index=True)


def extinction_grid(
    rng: np.random.Generator,
    reaches: Sequence[float] = (0, 0.5, 0.8, 1, 1.05, 1.1, 1.2, 1.3, 1.5, 1.75, 2, 2.5, 3, 4),
    seeds: Sequence[int] = (1, 3, 10),
    fields: int = 400,
) -> pd.DataFrame:
    """Chance of dying quietly over a grid, for a chart.

    Parameters
    ----------
    rng : Generator
        Source of the simulated fields.
    reaches : sequence of float
        As in :func:`extinction_probability`.
    seeds : sequence of int
        Users at the start.
    fields : int
        Fields simulated for each pair.

    Returns
    -------
    DataFrame
        Columns `reach, seeds, expected, simulated` (share of fields in which it died).
    """
    import pandas as pd

    # Just at a reach of one a following may grow long and large, and die all the same.
    enough = 1_000_000
    rows = [
        (float(reach), start, float(extinction_probability(reach, start)),
         float(np.mean(simulate_following(reach, start, fields, rng, enough) < enough)))
        for reach in reaches
        for start in seeds
    ]
    return pd.DataFrame(rows, columns=["reach", "seeds", "expected", "simulated"])


def headroom(table: ScoreTable, population: str) -> pd.DataFrame:
    """How much of each benchmark's range the best and the typical model leave unused.

    Headroom is (ceiling − score) / (ceiling − chance): 1 at chance level, 0 at the ceiling. A split
    of a benchmark that is itself in the table is left out, unless it is in the index.

    Parameters
    ----------
    table : ScoreTable
        Scores, with the bounds and chance levels of the benchmarks.
    population : str
        Population of models.

    Returns
    -------
    DataFrame
        One row a benchmark, the least headroom first: `benchmark, name, area, role, n_models,
        chance, ceiling, best` (all as measured), `headroom, headroom_typical` (of the best and of
        the median model, NaN where they cannot be known) and `status`, which says why not.
    """
    from analysis.scores import oriented

    scores = oriented(table, population)
    splits = table.benchmarks["parent"].isin(scores.columns) & (table.benchmarks["role"] != "capability_index")
    scores = scores.drop(columns=splits.index[splits], errors="ignore")
    frame = table.benchmarks.loc[scores.columns, ["name", "area", "role"]].assign(n_models=scores.count())
    return (
        frame.join(_limits(table.benchmarks.loc[scores.columns]))
        .assign(best=scores.max(), typical=scores.median())
        .pipe(_with_headroom)
        .rename_axis("benchmark")
        .reset_index()
        .sort_values(["headroom", "benchmark"], ignore_index=True)
    )


def _limits(benchmarks: pd.DataFrame) -> pd.DataFrame:
    undirected = benchmarks["as_released"] == "undirected"
    worse = benchmarks["higher_is"] == "worse"
    ceiling = benchmarks["upper_bound"].where(~worse, benchmarks["lower_bound"]).mask(undirected, 0.0)
    chance = benchmarks["chance"].mask(undirected)
    sign = 1.0 - 2.0 * (worse | undirected)
    return benchmarks[[]].assign(ceiling=ceiling, chance=chance, sign=sign)


def _with_headroom(frame: pd.DataFrame) -> pd.DataFrame:
    span = frame["sign"] * (frame["ceiling"] - frame["chance"])
    status = frame["sign"].map(lambda _: "measured").mask(span <= 0, "the chance level is not below the ceiling")
    status = status.mask(frame["chance"].isna(), "the chance level is unknown").mask(frame["ceiling"].isna(), "the ceiling is unknown")
    span = span.where(status == "measured")
    top = frame["sign"] * frame["ceiling"]
    return frame.assign(
        headroom=(top - frame["best"]) / span,
        headroom_typical=(top - frame["typical"]) / span,
        best=frame["sign"] * frame["best"],
        status=status,
    ).drop(columns=["sign", "typical"])
