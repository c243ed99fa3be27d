from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import schemas

SCHEMAS = {
    "models": schemas.models_schema,
    "benchmarks": schemas.benchmarks_schema,
    "scores": schemas.scores_schema,
    "published": schemas.published_schema,
}


def row(table: str) -> dict[str, object]:
    by_kind = {"text": "a", "number": 0.5, "count": 3}
    cells = {
        field.name: field.values[0] if field.values else max(field.least, by_kind[field.kind])
        if field.kind in ("number", "count") else by_kind[field.kind]
        for field in schemas.TABLES[table]
    }
    apart = {
        "benchmarks": {"parent": None, "lower_bound": 0, "upper_bound": 1},
        "published": {"model": None},
    }
    return cells | apart.get(table, {})


def problems(table: str, frame: pd.DataFrame, strict: bool = True, **options: object) -> list:
    return schemas.schema_problems(frame, SCHEMAS[table](strict), f"{table}.csv", **options)


@pytest.mark.parametrize("table", SCHEMAS)
def test_a_full_row_passes_the_strict_schema(table):
    assert problems(table, pd.DataFrame([row(table)])) == []


@pytest.mark.parametrize("table", SCHEMAS)
def test_a_users_table_needs_only_its_key_columns(table):
    needed = list(schemas.NEEDED[table])
    assert problems(table, pd.DataFrame([row(table)])[needed], strict=False) == []
    for name in needed:
        short = pd.DataFrame([row(table)])[needed].drop(columns=name)
        [problem] = problems(table, short, strict=False)
        assert name in problem.what and problem.row == 1


@pytest.mark.parametrize("table", ["models", "benchmarks"])
def test_a_users_registry_may_have_columns_of_its_own_and_blanks(table):
    cells = dict.fromkeys(row(table)) | {schemas.KEYS[table][0]: "a", "colour": "red"}
    assert problems(table, pd.DataFrame([cells]), strict=False) == []


@pytest.mark.parametrize("table", SCHEMAS)
def test_the_strict_schema_refuses_a_column_that_is_not_declared(table):
    [problem] = problems(table, pd.DataFrame([row(table) | {"colour": "red"}]))
    assert "'colour'" in problem.what


@pytest.mark.parametrize(
    ("table", "field"),
    [(table, field) for table, fields in schemas.TABLES.items() for field in fields],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_blank_is_refused_exactly_where_the_column_is_declared_filled(table, field):
    blank = problems(table, pd.DataFrame([row(table) | {field.name: None}]).astype(object))
    assert bool(blank) == field.filled
    assert all(problem.column == field.name for problem in blank)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("role", "hero", "'hero' is not one of capability_index"),
        ("higher_is", "up", "'up' is not one of better, worse"),
        ("chance", "half", "'half' is not a finite number"),
        ("chance", 1.5, "chance level is outside"),
        ("chance", -0.5, "chance level is outside"),
        ("upper_bound", -1, "upper bound is not above"),
        ("n_items", 2.5, "is not a whole number"),
        ("n_items", 0, "is below 1"),
        ("upper_bound", float("inf"), "is not a finite number"),
        ("parent", "a", "split of itself"),
        ("parent", "b", "not a benchmark of this table"),
        ("unit", "feet", "'feet' is not one of proportion"),
    ],
)
def test_a_wrong_cell_is_named_with_its_row_and_what_is_wrong(column, cell, said):
    sound = row("benchmarks") | {"benchmark": "sound"}
    frame = pd.DataFrame([sound, row("benchmarks") | {column: cell}], dtype=object)
    found = [problem for problem in problems("benchmarks", frame) if problem.column == column]
    assert [problem.row for problem in found] == [3]
    assert said in found[0].what and found[0].mend


def test_a_users_unit_is_his_own_affair():
    frame = pd.DataFrame([{"benchmark": "a", "unit": "feet"}])
    assert problems("benchmarks", frame, strict=False) == []


def test_more_active_parameters_than_parameters_are_refused():
    frame = pd.DataFrame([row("models") | {"active_parameters": 2.0, "parameters": 1.0}])
    [problem] = problems("models", frame)
    assert problem.column == "active_parameters"


@pytest.mark.parametrize(
    ("quantity", "model"), [("model_capabilities_score", None), ("compute_correlation", "a")]
)
def test_a_printed_figure_names_a_model_exactly_where_it_is_of_one(quantity, model):
    frame = pd.DataFrame([row("published") | {"quantity": quantity, "model": model}])
    assert [problem.column for problem in problems("published", frame)] == ["model"]


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=8))
def test_each_repetition_of_a_key_is_a_problem_and_its_first_mention_is_not(keys):
    frame = pd.DataFrame({"benchmark": keys})
    repeated = [place + 2 for place, key in enumerate(keys) if key in keys[:place]]
    assert [problem.row for problem in problems("benchmarks", frame, strict=False)] == repeated


def test_the_same_benchmark_of_two_models_is_no_repetition():
    frame = pd.DataFrame({"model": ["a", "b"], "benchmark": ["x", "x"], "score": [1.0, 2.0]})
    assert problems("scores", frame, strict=False) == []


def test_rows_of_the_file_and_a_key_in_the_index_are_understood():
    frame = pd.DataFrame({"benchmark": ["a", "b"], "role": ["safety", "hero"]})
    found = problems("benchmarks", frame.set_index("benchmark"), strict=False, rows=[4, 9])
    assert [(problem.row, problem.column) for problem in found] == [(9, "role")]


def test_all_problems_are_reported_at_once_in_order_of_rows():
    wrong = row("benchmarks") | {"role": "hero", "n_items": -1}
    found = problems("benchmarks", pd.DataFrame([wrong | {"benchmark": name} for name in "ab"]))
    assert [(problem.row, problem.column) for problem in found] == [
        (2, "n_items"), (2, "role"), (3, "n_items"), (3, "role"),
    ]


def test_the_frame_is_left_as_it_was():
    frame = pd.DataFrame({"benchmark": ["a"], "role": ["hero"]}).set_index("benchmark")
    before = frame.copy()
    problems("benchmarks", frame, strict=False)
    pd.testing.assert_frame_equal(frame, before)
