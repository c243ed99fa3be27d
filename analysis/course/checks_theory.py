"""Checks of the exercises of Part I, on the models of what benchmarks do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from analysis.course import known
from analysis.course.asking import SHARE, Asked, Count, Mistake, Name, Number, Numbers
from analysis.course.judging import Check

if TYPE_CHECKING:
    from analysis.course.setting import Given

LABS = (2, 5, 20, 100)
CANDIDATES = (2, 10, 1000)
CAREFUL = {"quality": 1.0, "rivals": 2.0, "imitation": 1.0, "reward": 5.0, "cost": 1.0}
RATIO = Number(least=0, scale="a ratio of chances")


def computed(module: str, function: str, *arguments: Any, **options: Any) -> Callable[[Given], float]:
    """Return the value that a function of a theory chapter has, whatever the scores."""
    return lambda given: float(getattr(import_module(f"analysis.theory.{module}"), function)(*arguments, **options))


def fixed(value: Any) -> Callable[[Given], Any]:
    """Return a value that does not depend on the scores."""
    return lambda given: value


what = partial(computed, "what_benchmarks_do")


def pulls(given: Given) -> list[float]:
    """Worth of a unit of score in contests of several sizes."""
    return [what("contest_reward", prize=5, labs=labs, luck=1)(given) for labs in LABS]


WHAT = {
    "ex-what-benchmarks-do-share": Check(
        (
            Asked(
                "share_alone",
                SHARE,
                what("capability_share", 0.6, market=0, care=0),
                "put ρ into the formula of the share, without a market and without care",
                (
                    Mistake(fixed(0.6), "the weight of capability counts in the work and again in the score"),
                    Mistake(what("safety_weight", 0.6), "this is the weight of safety in the score"),
                    Mistake(fixed(0.64), "this is what safety brings: the rest of the gain was asked for"),
                ),
            ),
            Asked(
                "share_market",
                SHARE,
                what("capability_share", 0.6, market=1, care=0),
                "the market pays as much as the leaderboard: put both into the formula of the share, and no care",
                (
                    Mistake(what("capability_share", 0.6, market=0), "the market is missing"),
                    Mistake(
                        what("capability_share", 0.6, market=1, care=1), "this lab cares, and the exercise's does not"
                    ),
                ),
            ),
        )
    ),
    "ex-what-benchmarks-do-even": Check(
        (
            Asked(
                "dividing_rho",
                Number(least=-1, most=1, scale="a correlation"),
                what("dividing_correlation", 1, market=3, care=1, elasticity=1),
                "the price says how many units of safety make up for a unit of capability: which price means as "
                "much of each?",
                (
                    Mistake(
                        what("dividing_correlation", 1, market=3, care=1, elasticity=0),
                        "this is the line for a fixed budget, the direction in which the field works already: here "
                        "the budget is elastic",
                    ),
                    Mistake(
                        what("dividing_correlation", float("inf"), market=3, care=1, elasticity=1),
                        "this is the line above which any capability at all is added: another price is asked for",
                    ),
                    Mistake(fixed(0.5), "this is the square of it: the cosine itself is asked for"),
                ),
            ),
        )
    ),
    "ex-what-benchmarks-do-concern": Check(
        (
            Asked(
                "gamma",
                Number(tolerance=0.01),
                fixed((1 / 0.5**2 - 1) ** 0.5),
                "set the effective correlation to the value wanted, with nothing from investors, and solve for γ",
                (
                    Mistake(fixed(3.0), "take the root at the end"),
                    Mistake(
                        fixed(1.0),
                        "the pulls are the sides of a right angle: their squares add up, not they themselves",
                    ),
                    Mistake(
                        what("safety_weight", 0.5),
                        "a benchmark like that pulls with a smaller weight on capability: here the pull of "
                        "capability stays whole",
                    ),
                ),
            ),
        )
    ),
    "ex-what-benchmarks-do-luck": Check(
        (
            Asked(
                "pulls",
                Numbers(Number(tolerance=5e-4, relative=0.01)),
                pulls,
                "compute λ for each number of labs in the order given, with the prize and the luck of the exercise",
                (
                    Mistake(lambda given: [each / 5 for each in pulls(given)], "the prize is missing"),
                    Mistake(
                        lambda given: [labs * each for labs, each in zip(LABS, pulls(given), strict=True)],
                        "this is the pull on all labs together: for a single lab their number is squared in the "
                        "denominator",
                    ),
                ),
            ),
        )
    ),
}

scarce = partial(computed, "why_they_are_scarce")


def most_moved(given: Given) -> float:
    """Conscience of the lab whose work a small salience moves most."""
    import numpy as np

    from analysis.theory.why_they_are_scarce import safety_effort

    conscience = np.linspace(0, 1, 2001)
    return float(conscience[(safety_effort(conscience, 1e-4) - safety_effort(conscience, 0.0)).argmax()])


def majority(given: Given, others: float = 2.0, *, below: bool = False) -> float:
    """Chance that the first of equals ends with more than half of the field, or with less."""
    from scipy.stats import beta

    return float(beta.cdf(0.5, 1, others) if below else beta.sf(0.5, 1, others))


def shortfall(given: Given, returns: float = 1 / 3, parties: int = 10) -> float:
    """Social over private supply among equal parties."""
    values = [1.0] * parties
    return scarce("social_supply", values, 1.0, returns)(given) / scarce("private_supply", values, 1.0, returns)(given)


def premium(given: Given, **changed: float) -> float:
    """What a cautious maker loses by the lottery."""
    chosen = CAREFUL | changed
    return scarce("maker_payoff", **chosen, caution=0.0)(given) - scarce("maker_payoff", **chosen, caution=0.2)(given)


SCARCE = {
    "ex-why-scarce-marginal": Check(
        (
            Asked(
                "weight",
                Number(tolerance=0.02, least=0, most=1, scale="a weight"),
                fixed(0.5),
                "differentiate the share with respect to w: where is the derivative largest in size?",
                (
                    Mistake(
                        lambda given: 1 - most_moved(given),
                        "this compares labs of different conscience: here only w moves",
                    ),
                ),
            ),
            Asked(
                "conscience",
                Number(tolerance=0.02, least=0, most=1, scale="a conscience"),
                most_moved,
                "take `model.safety_effort` with no salience and with a little, for many values of conscience: "
                "where is the gap largest?",
                (
                    Mistake(
                        lambda given: 1 - most_moved(given),
                        "this is the weight w that belongs to it: conscience is the rest",
                    ),
                    Mistake(
                        fixed(0.5),
                        "here the share reacts most to w, but salience moves w by more in a lab of less conscience",
                    ),
                ),
            ),
        )
    ),
    "ex-why-scarce-urn": Check(
        (
            Asked(
                "chance",
                SHARE,
                majority,
                "write down the law of the share of a single benchmark against all others, and the mass of it "
                "above the middle",
                (
                    Mistake(fixed(1 / 3), "this is the mean of its share"),
                    Mistake(lambda given: majority(given, below=True), "this is the chance of the opposite"),
                    Mistake(
                        lambda given: majority(given, others=1.0),
                        "this is for a single rival: how many start beside it?",
                    ),
                ),
            ),
        )
    ),
    "ex-why-scarce-supply": Check(
        (
            Asked(
                "times",
                Number(tolerance=0.05, relative=0.005, least=0, scale="a ratio"),
                shortfall,
                "divide the social by the private supply: what is left is the number of parties, raised to a power",
                (
                    Mistake(
                        fixed(10.0),
                        "the power is missing: with diminishing returns the gap is larger than the number of parties",
                    ),
                    Mistake(
                        lambda given: shortfall(given, returns=0.5), "this is for the returns of the chapter's example"
                    ),
                    Mistake(fixed(1000.0), "look at the exponent again: it has a difference in its denominator"),
                    Mistake(lambda given: 1 / shortfall(given), "this is private over social supply: turn it round"),
                ),
            ),
        )
    ),
    "ex-why-scarce-subsidy": Check(
        (
            Asked(
                "premium",
                Number(tolerance=0.002, relative=0.005),
                premium,
                "the premium is what the maker's payoff loses by caution: compute it with caution and without",
                (
                    Mistake(lambda given: 2 * premium(given), "the formula halves the caution"),
                    Mistake(
                        lambda given: 4 * premium(given),
                        "the variance of the share is smaller than that of a single draw: look at its denominator",
                    ),
                    Mistake(
                        scarce("maker_payoff", **CAREFUL, caution=0.2),
                        "this is what is left to the maker: what did the lottery take?",
                    ),
                    Mistake(lambda given: premium(given, reward=1.0), "the reward is missing, or not squared"),
                    Mistake(lambda given: premium(given) / 5, "the reward counts squared"),
                ),
            ),
        )
    ),
}

FRONTIER = {"frontier": 0.0, "growth": 1.0}


def saturated(given: Given, half_width: float, short: float = 0.1, discrimination: float = 2.0) -> float:
    """Years until a bank of the exercise has all but a share of its score."""
    from analysis.theory.how_they_fail import ItemBank, years_to_saturation

    bank = ItemBank(discrimination=discrimination, centre=3.0, half_width=half_width)
    return years_to_saturation(bank, **FRONTIER, short=short)


def first_users(given: Given, reach: float = 2.0) -> int:
    """Fewest first users with which a quiet death is rarer than one in a thousand."""
    from analysis.theory.how_they_fail import extinction_probability

    return next(seeds for seeds in range(1, 1000) if extinction_probability(reach, seeds) < 0.001)


def lower_end(given: Given, chance: float, wanted: float = 0.025) -> float:
    """Lowest ability at which an item gives some information, if a share of unknown answers is guessed."""
    from scipy.optimize import brentq
    from scipy.special import expit

    def excess(ability: float) -> float:
        known = expit(ability)
        return (1 - chance) * known**2 * (1 - known) / (chance + (1 - chance) * known) - wanted

    return brentq(excess, -12, -1)


FAIL = {
    "ex-how-fail-date": Check(
        (
            Asked(
                "years_equal",
                Number(tolerance=0.03),
                lambda given: saturated(given, 0.0),
                "with equal difficulties the score to expect follows the curve of a single item: where does it reach the "
                "score wanted?",
                (
                    Mistake(lambda given: saturated(given, 0.0, discrimination=1.0), "the discrimination is missing"),
                    Mistake(
                        lambda given: saturated(given, 0.0, short=0.5),
                        "this is when the frontier reaches the items' difficulty",
                    ),
                    Mistake(
                        lambda given: saturated(given, 0.0, short=0.9),
                        "this is when the score leaves the floor: `short` is the distance from the ceiling",
                    ),
                    Mistake(lambda given: saturated(given, 1.0), "this is the answer for the items that are spread"),
                ),
            ),
            Asked(
                "years_spread",
                Number(tolerance=0.03),
                lambda given: saturated(given, 1.0),
                "use `model.years_to_saturation` with a bank whose difficulties are spread; `short` is the "
                "distance from the ceiling",
                (
                    Mistake(
                        lambda given: saturated(given, 0.0),
                        "this is the answer for equal items: give the bank a `half_width`",
                    ),
                    Mistake(
                        lambda given: saturated(given, 2.0),
                        "`half_width` is the distance to either side, not from end to end",
                    ),
                    Mistake(lambda given: saturated(given, 0.5), "`half_width` is the whole distance to either side"),
                    Mistake(
                        lambda given: saturated(given, 1.0, short=0.9),
                        "`short` is the distance from the ceiling, not the score",
                    ),
                ),
            ),
        )
    ),
    "ex-how-fail-launch": Check(
        (
            Asked(
                "first_users",
                Count(),
                first_users,
                "find the chance that the following of a single user dies out, and how often it must be multiplied "
                "with itself",
                (Mistake(lambda given: first_users(given, reach=3.0), "this counts the user among those it brings"),),
            ),
        )
    ),
    "ex-how-fail-guessing": Check(
        (
            Asked(
                "end_alone",
                Number(tolerance=0.03),
                lambda given: lower_end(given, 0.0),
                "information without guessing is P times the rest: at which ability below the item has it fallen "
                "to the limit?",
                (Mistake(lambda given: lower_end(given, 0.25), "this is the end with guessing"),),
            ),
            Asked(
                "end_guessed",
                Number(tolerance=0.03),
                lambda given: lower_end(given, 0.25),
                "information is the slope of P, squared, over P times the rest, with P as the exercise gives it; the "
                "limit stays the same",
                (
                    Mistake(lambda given: lower_end(given, 0.0), "this is the end without guessing"),
                    Mistake(lambda given: lower_end(given, 0.5), "with that many answers guessing is right less often"),
                    Mistake(
                        lambda given: lower_end(given, 0.2), "count the answers again: how often is a guess right?"
                    ),
                ),
            ),
        )
    ),
}

crisp = partial(computed, "crisp_and_fuzzy")


def best_value(given: Given, candidates: int = 2, validity: float = 0.5) -> float:
    """Mean value of the best of some candidates by a proxy."""
    from analysis.theory.crisp_and_fuzzy import best_of

    return float(best_of(candidates, validity)[1])


def judges(given: Given, own_error: float = 1.0, power: int = 1) -> int:
    """Fewest judges without shared bias whose mean has a validity above nine tenths."""
    from analysis.theory.crisp_and_fuzzy import judge_validity

    return next(k for k in range(1, 1000) if judge_validity(0, own_error, k) ** power > 0.9)


def heavy_worth(given: Given) -> list[float]:
    """Value of the winner where the proxy's error has heavy tails, by simulation."""
    import numpy as np

    rng, found = np.random.default_rng(0), []
    for candidates in CANDIDATES:
        value = rng.standard_normal((2000, candidates))
        winner = (value + rng.standard_t(2, size=value.shape)).argmax(axis=1)
        found.append(float(value[np.arange(2000), winner].mean()))
    return found


def growth_rate(given: Given, speed: float = 1.0, making: float = 0.5, gain: float = 0.2) -> float:
    """Rate of growth where progress helps to make benchmarks."""
    return ((speed**2 + 4 * speed * making * gain) ** 0.5 - speed) / 2


CRISP = {
    "ex-crisp-two": Check(
        (
            Asked(
                "value",
                Number(),
                best_value,
                "the winner's true value is its proxy shrunk by the validity; what is the proxy of the better of "
                "the pair?",
                (
                    Mistake(crisp("expected_maximum", 2), "this is the proxy of the winner: how much of it is value?"),
                    Mistake(
                        lambda given: best_value(given, candidates=3),
                        "the number of candidates is off: how many take part?",
                    ),
                    Mistake(
                        lambda given: best_value(given, validity=0.25), "the validity enters as it is, not squared"
                    ),
                ),
            ),
        )
    ),
    "ex-crisp-panel": Check(
        (
            Asked(
                "judges",
                Count(),
                judges,
                "find σ from the agreement, put it into the validity, and raise the number of judges until it "
                "passes the mark",
                (
                    Mistake(
                        lambda given: judges(given, power=2), "this is where the square of the validity passes the mark"
                    ),
                    Mistake(
                        lambda given: judges(given, own_error=0.5), "an agreement is not σ: solve its formula for σ"
                    ),
                ),
            ),
        )
    ),
    "ex-crisp-heavy": Check(
        (
            Asked(
                "worth",
                Numbers(Number(tolerance=0.12)),
                heavy_worth,
                "draw value and error apart, pick the winner by their sum, and average its value over many "
                "contests, for each number of candidates in turn",
                (
                    Mistake(
                        lambda given: [best_value(given, each, 0.5**0.5) for each in CANDIDATES],
                        "this is what normal errors give: draw the errors from Student's law",
                    ),
                    Mistake(
                        lambda given: [best_value(given, each, 1.0) for each in CANDIDATES],
                        "this is the value of the truly best: pick the winner by the proxy",
                    ),
                ),
            ),
        )
    ),
    "ex-crisp-making": Check(
        (
            Asked(
                "rate",
                Number(tolerance=1e-4, relative=0.02),
                growth_rate,
                "differentiate the equation of progress and look for a solution that grows like an exponential: "
                "its rate solves a quadratic equation",
                (
                    Mistake(fixed(0.1**0.5), "this is the limit for a slow improver"),
                    Mistake(fixed(0.1), "this is the limit for a very fast improver"),
                    Mistake(
                        lambda given: 2 * growth_rate(given), "the solution of the quadratic equation has a denominator"
                    ),
                ),
            ),
        )
    ),
}

EXACT = {"gap": 0.0, "discretion": 0.0, "choices": 8}


def benchmarks_until(given: Given, bound: float = 0.5) -> int:
    """Fewest benchmarks to choose from for which a dangerous model sets off the alarm that rarely."""
    return next(choices for choices in range(1, 1000) if 0.9**choices <= bound)


def most_credit(given: Given, discretion: float = 0.2, column: str = "average") -> frozenset[str]:
    """The measure that gets most credit from a keeper."""
    from analysis.theory.the_safety_case import Process, price_of_measures

    keeper = Process(choices=6, gap=1.0, discretion=discretion)
    prices = price_of_measures(keeper, outsider_gap=0.5, enforcement=2.0).set_index("measure")[column]
    return frozenset([str(prices.idxmax())])


def ratio(given: Given, **changed: float) -> float:
    """Likelihood ratio of a report by a keeper who only chooses."""
    from analysis.theory.the_safety_case import Process, likelihood_ratio

    return likelihood_ratio(replace(Process(), **(EXACT | changed)))


def ratio_mistakes(other: float) -> tuple[Mistake, ...]:
    """What may go wrong with the ratio; `other` is what the other of the two ratios is for."""
    return (
        Mistake(lambda given: ratio(given, shared=other), "this is the other of the ratios asked for"),
        Mistake(lambda given: ratio(given, shared=0.3), "`shared` was left at its default"),
        Mistake(
            lambda given: ratio(given, shared=0.0, choices=1), "there is more than a single benchmark to choose from"
        ),
        Mistake(
            lambda given: 1 / ratio(given, shared=0.9 - other),
            "this is the ratio turned round: dangerous comes above safe",
        ),
    )


CASE = {
    "ex-safety-case-choice": Check(
        (
            Asked(
                "benchmarks",
                Count(),
                benchmarks_until,
                "the alarm needs every benchmark; a report can remove no larger share of the risk than the chance "
                "of an alarm",
                (
                    Mistake(
                        lambda given: benchmarks_until(given, bound=0.1),
                        "the risk is not to be removed but for a rest: look at the share that the exercise names",
                    ),
                ),
            ),
        )
    ),
    "ex-safety-case-order": Check(
        (
            Asked(
                "most_credit",
                Name(known.measures, "measure"),
                most_credit,
                "make the chapter's table of credit again for the changed keeper, and read its last column",
                (
                    Mistake(
                        lambda given: most_credit(given, discretion=0.8),
                        "this is the answer for the chapter's own keeper: change the discretion",
                    ),
                ),
            ),
        )
    ),
    "ex-safety-case-shared": Check(
        (
            Asked(
                "ratio_own",
                RATIO,
                lambda given: ratio(given, shared=0.0),
                "use `model.likelihood_ratio` with the number of choices of the exercise, no gap and no discretion",
                ratio_mistakes(other=0.9),
            ),
            Asked(
                "ratio_shared",
                RATIO,
                lambda given: ratio(given, shared=0.9),
                "the same with errors that are mostly `shared`",
                ratio_mistakes(other=0.0),
            ),
        )
    ),
}

THEORY = {**WHAT, **SCARCE, **FAIL, **CRISP, **CASE}
