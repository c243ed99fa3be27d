"""Checks of the exercises of Part IV, on using it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from analysis.course import known
from analysis.course.asking import CORRELATION, Asked, Count, Mistake, Name, Number
from analysis.course.checks_measurement import (
    furthest,
    headline_correlations,
    largest_family,
    verdicts_changed,
)
from analysis.course.judging import Check
from analysis.course.setting import NotCheckable

if TYPE_CHECKING:
    import pandas as pd

    from analysis.course.setting import Given

RUNS = 12


def card_rho(given: Given, sign: int, method: str = "spearman") -> float:
    """ρ of the example's scores as measured, turned round where `sign` is negative."""
    from analysis.capability import score_frame
    from analysis.correlation import correlate
    from analysis.findings.your_benchmark import chosen_benchmark
    from analysis.scores import wide

    example = chosen_benchmark(given.table, given.population, given.parameters.benchmark, given.parameters)
    score = score_frame(given.table, given.population, given.parameters).set_index("model")["score"]
    found = correlate(sign * wide(given.table, given.population)[[example]], score, method)["correlation"].iloc[0]
    if found != found:
        raise NotCheckable("the example has no capabilities correlation")
    return float(found)


def turned_mistakes(sign: int) -> tuple[Mistake, ...]:
    """What may go wrong with ρ of a file of turned scores."""
    return (
        Mistake(
            lambda given: card_rho(given, -sign),
            "the size is right and the sign is not: the file holds the scores turned round, and the option may "
            "turn them again",
        ),
        Mistake(
            lambda given: card_rho(given, sign, "pearson"),
            "this is the ordinary correlation: a card has the rank correlation",
        ),
    )


CARD = {
    "ex-card-make": Check(
        (
            Asked(
                "rho_better",
                CORRELATION,
                lambda given: card_rho(given, -1),
                "read the estimate off the card of the turned scores, higher being better",
                turned_mistakes(-1),
            ),
            Asked(
                "rho_worse",
                CORRELATION,
                lambda given: card_rho(given, 1),
                "read the estimate off the card of the turned scores, higher being worse",
                turned_mistakes(1),
            ),
        )
    ),
    "ex-card-noise": Check(
        (
            Asked(
                "rho_true",
                CORRELATION,
                lambda given: 0.3 / (0.25 * 0.81) ** 0.5,
                "divide by the root of the product of the reliabilities",
                (
                    Mistake(lambda given: 0.3 / 0.25, "a root is missing, and a reliability"),
                    Mistake(lambda given: 0.3 / (0.25 * 0.81), "take the root of the product"),
                    Mistake(lambda given: 0.3 / 0.25**0.5, "the capabilities score is noisy too"),
                    Mistake(
                        lambda given: 0.3 * (0.25 * 0.81) ** 0.5,
                        "noise makes a correlation smaller: to undo it, divide",
                    ),
                ),
            ),
        )
    ),
}


def families_run(given: Given, budget: int = RUNS) -> int:
    """Number of families among the first models to run."""
    return int(run_order(given, budget)["family"].nunique())


def run_order(given: Given, budget: int) -> pd.DataFrame:
    """The models to run first."""
    from analysis.panel import next_models

    return next_models(given.table, given.population, [], budget, given.parameters)


def student(families: int, *, tail: float = 0.975, fewer: int = 1) -> float:
    """Student's quantile for some families."""
    from scipy.stats import t

    return float(t.ppf(tail, families - fewer))


def quantile_ratio(given: Given, **changed: Any) -> float:
    """Student's quantile for three families over that for ten."""
    return student(3, **changed) / student(10, **changed)


PANEL = {
    "ex-panel-width": Check(
        (
            Asked(
                "wider",
                Number(tolerance=0.01, least=0, scale="a ratio"),
                quantile_ratio,
                "divide Student's quantile for the few families by that for the many",
                (
                    Mistake(
                        lambda given: quantile_ratio(given, fewer=0),
                        "the degrees of freedom are fewer than the families",
                    ),
                    Mistake(
                        lambda given: quantile_ratio(given, tail=0.95), "an interval leaves out a tail on either side"
                    ),
                    Mistake(lambda given: 1 / quantile_ratio(given), "this is the ratio turned round"),
                    Mistake(
                        lambda given: student(3), "this is the quantile itself: divide by that for the many families"
                    ),
                ),
            ),
        )
    ),
    "ex-panel-budget": Check(
        (
            Asked(
                "families_run",
                Count(),
                families_run,
                "rank models for the budget of the exercise and count the different families in the list",
                (
                    Mistake(lambda given: len(run_order(given, RUNS)), "this counts the models"),
                    Mistake(
                        lambda given: families_run(given, given.parameters.budget),
                        "this is for the budget of the edition",
                    ),
                ),
            ),
        )
    ),
}


def withdrawn(given: Given) -> pd.Series:
    """How far ρ of each headline benchmark moves when the largest family is taken out."""
    import pandas as pd

    from analysis.correlation import capabilities_correlations
    from analysis.scores import families

    gone = largest_family(given)
    kin = families(given.table, given.population)
    if len(gone) > 1 or kin.nunique() < 2:
        raise NotCheckable("no family is the largest of several")
    kept = given.table.scores[~given.table.scores["model"].isin(kin.index[kin.isin(gone)])]
    table = replace(given.table, scores=kept.reset_index(drop=True))
    rows = capabilities_correlations(table, given.population, given.parameters).set_index("benchmark")["correlation"]
    before = pd.Series(headline_correlations(given))
    return (rows.reindex(before.index) - before).dropna()


CHANGED = {
    "ex-what-changed-cause": Check(
        (
            Asked(
                "verdicts_turned",
                Count(),
                lambda given: len(verdicts_changed(given, {"line": 0.4}, {"line": 0.3})),
                "count the headline benchmarks whose verdict differs between the lines of the exercise",
                (
                    Mistake(
                        lambda given: len(verdicts_changed(given, {"line": 0.3}, {"line": 0.5})),
                        "this compares other lines",
                    ),
                ),
            ),
            Asked(
                "correlations_moved",
                Count(),
                lambda given: 0,
                "does ρ know anything of the line?",
            ),
        )
    ),
    "ex-what-changed-withdrawn": Check(
        (
            Asked(
                "most_moved",
                Name(known.benchmarks, "benchmark"),
                lambda given: furthest(withdrawn(given), 0.0),
                "compute ρ of every headline benchmark anew without that family's models, and compare with before",
            ),
            Asked(
                "moved_by",
                Number(least=-2, most=2, scale="a difference of correlations"),
                lambda given: float(withdrawn(given).loc[sorted(furthest(withdrawn(given), 0.0))[0]]),
                "take ρ without the family less ρ with it, of that benchmark",
                (Mistake(lambda given: float(withdrawn(given).mean()), "this is the mean over benchmarks"),),
            ),
        )
    ),
}


def farthest(given: Given) -> frozenset[str]:
    """The family that moves the first undecided benchmark most when left out."""
    undecided = given.judged[given.judged["verdict"] == "cannot tell"]
    if undecided.empty:
        raise NotCheckable("every safety benchmark in them has a verdict")
    return furthest(given.deleted(undecided["benchmark"].iloc[0]), undecided["correlation"].iloc[0])


EXPLORER = {
    "ex-explorer-families": Check(
        (
            Asked(
                "farthest",
                Name(known.families, "family"),
                farthest,
                "measure ρ without each family from ρ with all of them, without regard to sign",
                (Mistake(largest_family, "the largest family need not be the one that moves ρ most"),),
            ),
        )
    ),
}

PRACTICE = {**CARD, **PANEL, **CHANGED, **EXPLORER}
