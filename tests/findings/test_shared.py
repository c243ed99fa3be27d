"""Words and selections that several chapters use."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.findings import shared


def correlations(rows: list[tuple[str, str, float]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["benchmark", "role", "correlation"])


def registry(parents: dict[str, str | None]) -> pd.DataFrame:
    return pd.DataFrame({"parent": parents}, dtype=object).rename_axis("benchmark")


def test_one_thing_takes_the_singular_and_any_other_number_the_plural() -> None:
    assert [shared.plural(n, "family", "families") for n in (0, 1, 2)] == ["0 families", "1 family", "2 families"]


def test_a_split_of_a_safety_benchmark_is_no_headline() -> None:
    rows = correlations([("total", "safety", 0.1), ("part", "safety", 0.2)])
    found = shared.headline_benchmarks(rows, registry({"total": None, "part": "total"}))
    assert list(found["benchmark"]) == ["total"]


def test_a_split_whose_total_is_no_safety_benchmark_here_stands_for_itself() -> None:
    rows = correlations([("total", "auxiliary", 0.1), ("part", "safety", 0.2), ("orphan", "safety", 0.3)])
    found = shared.headline_benchmarks(rows, registry({"total": None, "part": "total", "orphan": "absent"}))
    assert list(found["benchmark"]) == ["part", "orphan"]


def test_a_safety_benchmark_that_helped_to_make_the_score_is_no_headline() -> None:
    rows = correlations([("inside", "safety", 0.9), ("outside", "safety", 0.2)])
    rows["correlation_left_out"] = [0.8, float("nan")]
    found = shared.headline_benchmarks(rows, registry({"inside": None, "outside": None}))
    assert list(found["benchmark"]) == ["outside"]


def test_capability_benchmarks_and_those_without_a_correlation_are_no_headline() -> None:
    rows = correlations([("skill", "capability", 0.9), ("constant", "safety", float("nan"))])
    assert shared.headline_benchmarks(rows, registry({"skill": None, "constant": None})).empty


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30), st.floats(0.05, 0.95))
def test_benchmarks_above_between_and_below_add_up_to_all(values: list[float], line: float) -> None:
    found = shared.correlation_findings(pd.DataFrame({"correlation": values}), line)
    assert sum(int(found[key]) for key in ("above", "between", "below")) == len(values)


def test_a_correlation_on_the_line_is_not_above_it() -> None:
    found = shared.correlation_findings(pd.DataFrame({"correlation": [0.4, -0.4, 0.41, -0.41]}), 0.4)
    assert (found["above"], found["between"], found["below"]) == ("1", "2", "1")


@pytest.mark.parametrize("line", [0.4, 0.5])
def test_the_line_of_the_paper_is_not_said_to_be_that_of_the_edition(line: float) -> None:
    said = shared.correlation_findings(pd.DataFrame({"correlation": [0.0]}), line)["line_sentence"]
    assert said.startswith("The paper states one line, 0.40 in size")
    assert ("0.50" in said) == (line == 0.5)


def test_the_count_of_no_benchmarks_says_so_in_a_sentence() -> None:
    assert "No safety benchmark" in shared.count_sentence(0, 0, 0, 0.4)


@pytest.mark.parametrize(
    ("column", "expected"),
    [([1.0, 2.0], "No score is missing."), ([1.0, None], "1 score of 4 is missing, in 1 benchmark.")],
)
def test_missing_scores_are_counted(column: list[float | None], expected: str) -> None:
    assert shared.missing_sentence(pd.DataFrame({"a": [1.0, 2.0], "b": column})) == expected


@pytest.mark.parametrize(
    ("families", "part"),
    [
        (["A", "A"], "one family, A"),
        (["A", "B"], "only one of its family"),
        (["A", "A", "B"], "The largest family, A, holds 2 of the 3 models; 1 family is present"),
    ],
)
def test_the_make_up_of_families_is_told_in_a_sentence(families: list[str], part: str) -> None:
    assert part in shared.family_sentence(pd.Series(families))


def test_the_tie_to_compute_is_denied_measured_or_called_too_thin() -> None:
    assert "carry no training compute" in shared.score_compute_finding(float("nan"), 0, "chat")
    assert "too few" in shared.score_compute_finding(float("nan"), 2, "chat")
    assert "+0.50" in shared.score_compute_finding(0.5, 9, "chat")
