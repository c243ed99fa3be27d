"""Checks of the exercises of Part I, on the models of what benchmarks do."""

from __future__ import annotations

from analysis.course.asking import Asked, Mistake, Number
from analysis.course.judging import Check
from analysis.course.setting import Given


def better_of_two(given: Given) -> float:
    """Value of the better of two candidates by a proxy of validity one half."""
    from analysis.theory.crisp_and_fuzzy import best_of

    return float(best_of(2, 0.5)[1])


def proxy_of_two(given: Given) -> float:
    """Proxy of the better of two candidates."""
    from analysis.theory.crisp_and_fuzzy import expected_maximum

    return expected_maximum(2)


def better_of_three(given: Given) -> float:
    """Value of the best of three candidates by that proxy."""
    from analysis.theory.crisp_and_fuzzy import best_of

    return float(best_of(3, 0.5)[1])


THEORY = {
    "ex-crisp-two": Check(
        (
            Asked(
                "value",
                Number(),
                better_of_two,
                "the winner's true value is its proxy shrunk by the validity; what is the proxy of the better of the pair?",
                (
                    Mistake(proxy_of_two, "this is the proxy of the winner: how much of it is value?"),
                    Mistake(better_of_three, "the number of candidates is off: how many take part?"),
                ),
            ),
        )
    ),
}
