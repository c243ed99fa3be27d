"""Checks accept what is right, tell what is wrong, give nothing away and never fall over."""

from __future__ import annotations

from pathlib import Path

import pytest
from analysis.course import check
from analysis.course.checks import CHECKS, Setting

DATA = Path(__file__).parents[2] / "data"


def test_a_right_answer_passes_with_all_points() -> None:
    verdict = check("ex-capabilities-correlation-hand", rho=0.8)
    assert verdict.passed and verdict.points == verdict.out_of == 1 and not verdict.hint


def test_the_setting_is_read_from_the_variables_of_a_notebook() -> None:
    for population in ("chat", "base"):
        names = {"data": str(DATA), "population": population, "table": object()}
        passed = [n for n in range(40) if check("ex-score-table-family", setting=names, families_left=n).passed]
        judged = [n for n in range(40) if CHECKS["ex-score-table-family"].judge({"families_left": n}, Setting(DATA, population)).passed]
        assert passed == judged and len(passed) == 1


@pytest.mark.parametrize("odd", [None, float("nan"), "0.8", 1j, [], {}, object(), print], ids=str)
def test_odd_answers_get_a_hint(odd: object) -> None:
    verdict = check("ex-capabilities-correlation-hand", rho=odd)
    assert not verdict.passed and verdict.hint
