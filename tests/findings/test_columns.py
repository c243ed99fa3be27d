"""Columns that are the same in every row are said once."""

from __future__ import annotations

import pandas as pd

from analysis.findings import columns

TITLES = {"name": "Name", "n_models": "n", "n_families": "Families"}


def rows(models: list[int], families: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"name": "same", "n_models": models, "n_families": families})


def test_only_columns_that_may_be_spared_and_never_vary_are_left_out() -> None:
    assert list(columns.varying(rows([26, 26], [9, 9]), TITLES)) == ["name"]
    assert list(columns.varying(rows([26, 25], [9, 9]), TITLES)) == ["name", "n_models"]
    assert columns.varying(rows([], []), TITLES) == TITLES


def test_what_is_the_same_in_every_row_is_said() -> None:
    assert columns.rests_sentence(rows([26, 26], [9, 9])) == "Every row rests on 26 models and 9 families."
    assert columns.rests_sentence(rows([4, 4], [1, 1])) == "Every row rests on 4 models and 1 family."
    mixed = columns.rests_sentence(rows([26, 25], [9, 9]))
    assert mixed == "Every row rests on 9 families. n is the number of models behind a row."
    assert columns.rests_sentence(rows([], [])) == "n is the number of models behind a row."
