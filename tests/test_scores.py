from __future__ import annotations

import shutil
from pathlib import Path
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.problems import InputError, Remark
from analysis.scores import (
    ScoreTable,
    check,
    families,
    load,
    mixed_percent,
    oriented,
    populations,
    remarks,
    wide,
)


@pytest.fixture(scope="module")
def table(data_folder) -> ScoreTable:
    return load(data_folder)


def toy(rows: list[tuple[str, str, float]], **benchmarks: dict[str, object]) -> ScoreTable:
    """Three models of two families and whatever scores and benchmark columns are given."""
    columns = {"higher_is": "better", "as_released": "oriented", "role": "safety"}
    bounds = {"lower_bound": np.nan, "upper_bound": np.nan}
    coded = {name: {**columns, **bounds, **coding} for name, coding in benchmarks.items()}
    models = pd.DataFrame(
        {"population": ["b", "b", "a"], "family": ["F", None, "F"]},
        index=pd.Index(["m1", "m2", "m3"], name="model"),
    )
    return ScoreTable(
        pd.DataFrame(rows, columns=["model", "benchmark", "score"]),
        models,
        pd.DataFrame.from_dict(coded, orient="index").rename_axis("benchmark"),
        pd.DataFrame(),
    )


def test_the_shipped_tables_load_without_a_problem_or_note(table):
    assert check(table) == []
    assert table.notes == ()
    assert table.scores[["model", "benchmark", "score"]].notna().all(axis=None)


def test_populations_come_in_the_order_of_the_table(table):
    assert populations(table) == ["base", "chat"]
    assert populations(toy([("m3", "x", 1), ("m1", "x", 1)], x={})) == ["b", "a"]
    assert populations(toy([("m3", "x", 1)], x={})) == ["a"]


def test_the_matrix_holds_each_score_once_and_nothing_else(table):
    for population in populations(table):
        matrix = wide(table, population)
        members = table.models["population"].reindex(table.scores["model"]) == population
        expected = table.scores[members.to_numpy()]
        assert matrix.notna().to_numpy().sum() == len(expected)
        found = [matrix.at[row.model, row.benchmark] for row in expected.itertuples()]
        assert found == expected["score"].tolist()
        assert matrix.notna().any().all() and matrix.notna().any(axis=1).all()


def test_the_matrix_keeps_the_order_of_the_registries(table):
    matrix = wide(table, "chat")
    assert list(matrix.index) == [m for m in table.models.index if m in matrix.index]
    assert list(matrix.columns) == [b for b in table.benchmarks.index if b in matrix.columns]


def test_the_order_of_the_score_rows_does_not_matter(table):
    shuffled = replace(table, scores=table.scores.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(wide(shuffled, "base"), wide(table, "base"))


def test_a_missing_score_is_missing_and_an_unscored_benchmark_absent():
    rows = [("m1", "x", 1.0), ("m2", "y", 2.0), ("m3", "z", 3.0)]
    matrix = wide(toy(rows, x={}, y={}, z={}), "b")
    expected = pd.DataFrame({"x": [1.0, np.nan], "y": [np.nan, 2.0]}, index=["m1", "m2"])
    pd.testing.assert_frame_equal(matrix, expected, check_names=False)


def test_direction_is_turned_by_the_declaration_alone():
    rows = [("m1", name, -0.25) for name in "bwu"] + [("m2", name, 0.5) for name in "bwu"]
    coding = {"b": {}, "w": {"higher_is": "worse"}, "u": {"as_released": "undirected"}}
    turned = oriented(toy(rows, **coding), "b")
    assert turned.to_dict("list") == {"b": [-0.25, 0.5], "w": [0.25, -0.5], "u": [-0.25, -0.5]}


def test_turning_changes_neither_which_scores_are_missing_nor_what_is_already_better(table):
    for population in populations(table):
        matrix, turned = wide(table, population), oriented(table, population)
        coded = table.benchmarks.loc[matrix.columns]
        same = (coded["higher_is"] == "better") & (coded["as_released"] != "undirected")
        pd.testing.assert_frame_equal(turned.loc[:, same], matrix.loc[:, same])
        np.testing.assert_array_equal(turned.isna(), matrix.isna())
        np.testing.assert_array_equal(turned.abs(), matrix.abs())


def test_a_model_of_unknown_family_is_its_own_family():
    assert families(toy([("m1", "x", 1), ("m2", "x", 2)], x={}), "b").to_dict() == {
        "m1": "F", "m2": "m2"
    }  # fmt: skip


def test_families_are_those_of_the_registry(table):
    for population in populations(table):
        expected = table.models.loc[wide(table, population).index, "family"]
        assert families(table, population).tolist() == expected.tolist()


@pytest.mark.parametrize(
    "rows, coding, place, message",
    [
        ([("m9", "x", 1)], {}, (2, "model"), "not in models.csv"),
        ([("m1", "z", 1)], {}, (2, "benchmark"), "not in benchmarks.csv"),
        ([("m1", "x", np.nan)], {}, (2, "score"), "not a finite number"),
        ([("m1", "x", 0), ("m1", "x", 1)], {}, (3, "score"), "after row 2"),
        ([("m1", "x", 0.5), ("m2", "x", -0.1)], {"lower_bound": 0}, (3, "score"), "0 to no upper"),
        ([("m1", "x", 101)], {"lower_bound": 0, "upper_bound": 100}, (2, "score"), "0 to 100"),
        ([("m1", "x", 45)], {"lower_bound": 0, "upper_bound": 1}, (2, "score"), "divide it by 100"),
        ([("m1", "x", 0.4), ("m2", "x", 0.5), ("m3", "x", 45)], {}, (4, "score"), "look mixed"),
    ],
)
def test_a_score_that_cannot_be_right_is_a_problem_with_its_place(rows, coding, place, message):
    (problem,) = check(toy(rows, x=coding))
    assert (problem.row, problem.column) == place
    assert message in str(problem)


def test_a_score_on_its_bound_is_inside():
    bounds = {"lower_bound": 0, "upper_bound": 1}
    assert check(toy([("m1", "x", 0.0), ("m2", "x", 1.0)], x=bounds)) == []


def test_declared_bounds_settle_what_would_look_mixed():
    rows = [("m1", "x", 0.4), ("m2", "x", 0.5), ("m3", "x", 45)]
    assert check(toy(rows, x={"lower_bound": 0, "upper_bound": 100})) == []


@pytest.mark.parametrize(
    "values, odd",
    [
        ([0.61, 0.7, 0.55, 62.0], [3]),
        ([61.0, 70.0, 0.55, 62.0], [2]),
        ([0.61, 0.7, 55.0, 62.0], [2, 3]),
        ([0.2, 0.9, 1.0, 0.0], []),
        ([61, 70, 0, 100], []),
        ([0.8, 0.9, 1.1, 1.4], []),
        ([0.5, 2, 7, 25, 60], []),
        ([-0.5, 0.5, 50], []),
        ([0.5, 0.7, 1100], []),
        ([0, 0, 2, 25], []),
    ],
)
def test_percent_among_proportions_is_seen_and_wide_ranges_are_left_alone(values, odd):
    assert np.flatnonzero(mixed_percent(np.array(values, float))).tolist() == odd


@given(
    shares=st.lists(st.floats(0.2, 0.99), min_size=4, max_size=30),
    chosen=st.sets(st.integers(0, 29), min_size=1),
)
@settings(deadline=None)
def test_some_scores_times_a_hundred_are_always_noticed(shares, chosen):
    values = np.array(shares)
    scaled = np.isin(np.arange(len(values)), list(chosen))
    found = mixed_percent(np.where(scaled, 100 * values, values))
    if 0 < scaled.sum() < len(values):
        smaller = scaled if scaled.sum() <= (~scaled).sum() else ~scaled
        np.testing.assert_array_equal(found, smaller)
    else:
        assert not found.any()


def test_no_benchmark_of_one_scale_looks_mixed(table):
    for _, group in table.scores.groupby("benchmark"):
        values = group["score"].to_numpy(float)
        if values.min() >= 0 and values.max() <= 1:
            assert not mixed_percent(values).any()


def test_remarks_tell_what_is_constant_incomplete_small_or_of_one_family():
    rows = [("m1", "x", 1), ("m2", "x", 1), ("m1", "y", 0.5), ("m3", "y", 0.7)]
    said = {str(remark).partition(" (")[0] for remark in remarks(toy(rows, x={}, y={}, z={}))}
    assert said == {
        "benchmarks without any score are left out",
        "models of unknown family count as a family of their own",
        "b has fewer than 4 models and is not analysed",
        "a has fewer than 4 models and is not analysed",
        "a: benchmarks without any score here, and so without a correlation",
        "b: benchmarks without any score here, and so without a correlation",
        "b: benchmarks scored for some models only, whose correlations rest on those",
        "b: every model has the same score, so no correlation exists",
        "a: every model has the same score, so no correlation exists",
    }


def test_one_family_only_is_a_remark_and_no_problem():
    table = toy([("m1", "x", 1), ("m2", "x", 2)], x={})
    one = replace(table, models=table.models.assign(family="F"))
    assert "all models of b are of one family" in map(str, remarks(one))
    assert check(one) == []


def test_scores_that_look_like_proportions_of_a_percentage_are_a_remark():
    rows = [("m1", "x", 0.4), ("m2", "x", 0.5)]
    said = remarks(toy(rows, x={"lower_bound": 0, "upper_bound": 100}))
    assert any("perhaps proportions" in remark.what and remark.items == ("x",) for remark in said)


def test_notes_are_remarks():
    table = replace(toy([("m1", "x", 1)], x={}), notes=(Remark("left out", ("y",)),))
    assert remarks(table)[0] == Remark("left out", ("y",))


def broken(data_folder, tmp_path, name: str, old: str, new: str):
    folder = tmp_path / "data"
    shutil.copytree(data_folder, folder)
    text = (folder / name).read_text("utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), "utf-8")
    return folder


@pytest.mark.parametrize(
    "name, old, new, message",
    [
        ("models.csv", "model,name", "id,name", "no column called model"),
        ("models.csv", ",base,", ",,", "column population: there is no value"),
        ("models.csv", "1.32e11", "big", "column parameters: 'big' is not a number"),
        ("benchmarks.csv", "capability_index", "index", "column role"),
        ("benchmarks.csv", ",better,", ",higher,", "column higher_is"),
        ("benchmarks.csv", "\npiqa,", "\nlogiqa,", "second row of benchmark 'logiqa', after"),
        ("scores.csv", "dbrx-base,piqa", "dbrx-base,logiqa", "second score of 'dbrx-base'"),
        ("scores.csv", "dbrx-base,piqa", "no-model,piqa", "'no-model' is not in models.csv"),
        ("published.csv", ",label,", ",value,", "both called 'value'"),
    ],
)
def test_a_folder_with_a_fault_is_refused_with_its_place(
    data_folder, tmp_path, name, old, new, message
):
    folder = broken(data_folder, tmp_path, name, old, new)
    with pytest.raises(InputError) as caught:
        load(folder)
    assert any(message in str(problem) for problem in caught.value.problems)
    assert all(problem.file == str(folder / name) for problem in caught.value.problems)


def test_faults_of_all_files_are_told_at_once(data_folder, tmp_path):
    folder = broken(data_folder, tmp_path, "models.csv", "model,name", "id,name")
    (folder / "scores.csv").unlink()
    with pytest.raises(InputError) as caught:
        load(folder)
    assert {problem.file for problem in caught.value.problems} == {
        str(folder / "models.csv"), str(folder / "scores.csv")
    }  # fmt: skip


def test_printed_figures_may_be_absent(data_folder, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(data_folder, folder)
    (folder / "published.csv").unlink()
    assert load(folder).published.empty


def test_changing_a_matrix_that_was_given_out_changes_no_later_one(data_folder: Path) -> None:
    table = load(data_folder)
    given = wide(table, "chat")
    given.iloc[:, :] = 0.0
    assert (wide(table, "chat") != 0).any(axis=None)
