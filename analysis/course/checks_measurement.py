"""Checks of the exercises of Part II, on what was measured and how."""

from __future__ import annotations

from analysis.course.asking import CORRELATION, Asked, Count, Mistake
from analysis.course.judging import Check
from analysis.course.setting import Given

SAFETY_RANKS = (2, 1, 4, 3, 5)


def short_form(given: Given, factor: float = 6, power: int = 2, added: int = -1) -> float:
    """Spearman's correlation of five models by the short form, or by a slip in it."""
    models = len(SAFETY_RANKS)
    differences = sum(abs(place + 1 - rank) ** power for place, rank in enumerate(SAFETY_RANKS))
    return 1 - factor * differences / (models * (models**2 + added))


def families_left(given: Given) -> int:
    """Number of families of the population: models of unknown family count each for itself."""
    from analysis.scores import families

    return families(given.table, given.population).nunique()


def families_known(given: Given) -> int:
    """The same without the models whose family is unknown."""
    from analysis.scores import wide

    return given.table.models["family"].reindex(wide(given.table, given.population).index).nunique()


def families_everywhere(given: Given) -> int:
    """Number of families over all populations together."""
    return given.table.models["family"].nunique()


def models_counted(given: Given) -> int:
    """Number of models of the population."""
    from analysis.scores import wide

    return len(wide(given.table, given.population))


MEASUREMENT = {
    "ex-capabilities-correlation-hand": Check(
        (
            Asked(
                "rho",
                CORRELATION,
                short_form,
                "write down the difference of ranks of each model, square each, and put their sum into the short form",
                (
                    Mistake(lambda given: short_form(given, power=1), "square the differences of the ranks before adding them up"),
                    Mistake(lambda given: short_form(given, added=0), "look at the bracket in the denominator: something is taken from the square"),
                    Mistake(lambda given: short_form(given, factor=1), "the fraction has a factor in its numerator"),
                    Mistake(lambda given: 1 - short_form(given), "this is the fraction alone: what is it taken from?"),
                ),
            ),
        )
    ),
    "ex-score-table-family": Check(
        (
            Asked(
                "families_left",
                Count(),
                families_left,
                "keep the models of the population that have scores, and count how many different families they have",
                (
                    Mistake(models_counted, "this counts the models: how many are left when each family keeps a single model?"),
                    Mistake(families_everywhere, "this counts over all populations: keep to the models of the population"),
                    Mistake(families_known, "a model of unknown family counts as a family of its own"),
                ),
            ),
        )
    ),
}
