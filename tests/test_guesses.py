"""The file in which people predict correlations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from score_tables import random_scores, score_table

from analysis.guesses import pseudonymous, read_guesses
from analysis.problems import InputError
from analysis.scores import ScoreTable

File = Callable[..., Path]


@pytest.fixture(scope="module")
def table() -> ScoreTable:
    return score_table(base=random_scores(6, 5))


def read(file_of: File, table: ScoreTable, text: str | bytes) -> object:
    path = file_of(text, "class.csv")
    return read_guesses(path.parent, "class.csv", table)


def test_without_a_file_there_are_no_predictions(tmp_path: Path, table: ScoreTable) -> None:
    assert read_guesses(tmp_path, "", table).empty


def test_benchmarks_go_by_id_or_by_name_in_any_case(file_of: File, table: ScoreTable) -> None:
    rows = read(file_of, table, "Person, Benchmark ,prediction\nann,b3,0.5\nann,benchmark B4,-1\nbob,other,0\n")
    assert rows["benchmark"].tolist() == ["b3", "b4", "other"]
    assert rows["prediction"].tolist() == [0.5, -1, 0] and rows["confidence"].isna().all()


def test_confidence_may_be_left_blank(file_of: File, table: ScoreTable) -> None:
    rows = read(file_of, table, "person,benchmark,prediction,confidence\nann,b3,0.5,0.8\nann,b4,0.1,\n")
    assert rows["confidence"].fillna(-1).tolist() == [0.8, -1]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("person,benchmark\nann,b3\n", "no column 'prediction'"),
        ("person,benchmark,prediction\nann,b3,40\n", "row 2, column prediction: '40' is not a number from -1 to 1"),
        ("person,benchmark,prediction\nann,b3,high\n", "'high' is not a number"),
        ("person,benchmark,prediction\nann,b3,nan\n", "'nan' is not a number"),
        ("person,benchmark,prediction,confidence\nann,b3,0.4,90\n", "column confidence: '90'"),
        ("person,benchmark,prediction\n,b3,0.4\n", "nobody is named"),
        ("person,benchmark,prediction\nann,b3,0.4\nann,Benchmark b3,0.5\n", "row 3, column benchmark: 'ann' predicts 'b3' twice"),
        ("person,benchmark,prediction\nann,,0.4\n", "row 2, column benchmark: nothing is named"),
        ("person,benchmark,prediction\nann\u200b,b3,0.4\n", "row 2, column person: the name 'ann\\u200b' contains the invisible"),
        (f"person,benchmark,prediction\n{'a' * 201},b3,0.4\n", "longer than 200"),
        ("person,benchmark,prediction\nann,b3,0_1\n", "'0_1' is not a number"),
        ("person,benchmark,prediction\nann,b3,40 %\n", "'40 %' is not a number"),
        ("person,benchmark,prediction\nann,b3\n", "row 2: 2 cells where the header has 3"),
        ("person,benchmark,prediction\nann,b3,0.4,0.5,7\n", "row 2: 5 cells where the header has 3"),
        ('person,benchmark,prediction\n"ann,b3,0.4\n', "check the quotation marks"),
        ("person,Person,benchmark,prediction\nann,bob,b3,0.4\n", "both mean person"),
        ("person,benchmark,prediction\n", "no row under it; add one row for each prediction"),
        (b"PK\x03\x04\x00", "a spreadsheet"),
        ("", "the file is empty"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(file_of: File, table: ScoreTable, text: str | bytes, wanted: str) -> None:
    with pytest.raises(InputError) as caught:
        read(file_of, table, text)
    assert wanted in str(caught.value)


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "absent.csv", "a/../../b.csv"])
def test_only_files_in_the_data_folder_are_read(tmp_path: Path, table: ScoreTable, name: str) -> None:
    with pytest.raises(InputError, match="data folder"):
        read_guesses(tmp_path, name, table)


def test_a_file_that_is_not_there_is_said_not_to_be(tmp_path: Path, table: ScoreTable) -> None:
    for name in (str(tmp_path / "nothere.csv"), "../nothere.csv", "nothere.csv"):
        with pytest.raises(InputError, match="nothere.csv: there is no such file of predictions"):
            read_guesses(tmp_path, name, table)
    (tmp_path / "data").mkdir()
    (tmp_path / "there.csv").write_text("x")
    with pytest.raises(InputError, match="lies outside the data folder"):
        read_guesses(tmp_path / "data", "../there.csv", table)


def guessed(names: list[str], seed: int = 0) -> pd.DataFrame:
    """Predictions of people with these names, the same whatever the names; one leaves a blank beside a number."""
    rng = np.random.default_rng(seed)
    rows = [(name, benchmark, rng.uniform(-1, 1), np.nan) for name in names for benchmark in ("b3", "b4", "b4")]
    return pd.DataFrame(rows, columns=["person", "benchmark", "prediction", "confidence"])


def test_a_list_of_the_names_does_not_tell_who_is_which_player() -> None:
    one, other = pseudonymous(guessed(["ann", "bob", "cyd"])), pseudonymous(guessed(["zoe", "yan", "xu"]))
    pd.testing.assert_frame_equal(one, other)
    firsts = set()
    for seed in range(20):
        rows = guessed(["ann", "bob", "cyd"], seed)
        found = pseudonymous(rows)
        first = found.loc[found["person"] == "player 1", "prediction"].min()
        firsts.add(rows.loc[rows["prediction"] == first, "person"].item())
    assert firsts == {"ann", "bob", "cyd"}


def test_players_are_the_same_whatever_the_order_of_the_rows() -> None:
    rows = pd.concat([guessed(["ann", "bob"]), guessed(["cyd", "eve"])])
    wanted = pseudonymous(rows).to_csv()
    assert all(pseudonymous(rows.sample(frac=1, random_state=seed)).to_csv() == wanted for seed in range(10))


def test_spreadsheets_of_other_countries_are_read(file_of: File, table: ScoreTable) -> None:
    rows = read(file_of, table, "\ufeffperson;benchmark;prediction;confidence\r\nann;b3;\N{MINUS SIGN}0,5;0,8\r\n")
    assert rows[["prediction", "confidence"]].to_numpy().tolist() == [[-0.5, 0.8]]


def test_a_blank_prediction_is_none_and_may_stand_beside_another(file_of: File, table: ScoreTable) -> None:
    rows = read(file_of, table, "person,benchmark,prediction\nann,b3,\nann,b3,0.5\n")
    assert rows["prediction"].isna().tolist() == [True, False]


def test_names_that_a_spreadsheet_would_run_are_known_with_their_apostrophe(file_of: File) -> None:
    table = score_table(base=random_scores(6, 5))
    registry = table.benchmarks.assign(name=["=1+1", *table.benchmarks["name"].iloc[1:]])
    found = read(file_of, replace(table, benchmarks=registry), "person,benchmark,prediction\n'@ann,'=1+1,0.5\n")
    assert found["benchmark"].tolist() == ["b0"] and found["person"].tolist() == ["'@ann"]
