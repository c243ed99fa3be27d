"""What the chapter on changes says of two editions, one or none."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from analysis import inputs
from analysis.diff import SHOWN, Section, keep
from analysis.findings import what_changed as found
from analysis.parameters import Parameters
from analysis.problems import InputError
from analysis.request import Request, previous_folder
from analysis.steps import tabulate
from tests.score_tables import random_scores, score_table

COMPARED = {"line": 0.4, "component": "spearman"}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A built edition `old`, and the data of a new one that has lost a model and kept the old one."""
    frame = random_scores(10, 6, 3).rank(pct=True).rename(columns={"b5": "=b5"})
    old, data = tmp_path / "_build" / "old", tmp_path / "data"
    for folder, rows in ((old / "data", 10), (data, 9)):
        table = score_table(chat=frame.head(rows))
        table.benchmarks["parent"] = None
        table.benchmarks["citation"] = None
        inputs.write(table, folder)
    (old / "results").mkdir()
    for name, text in tabulate(Parameters().to_mapping(), old / "data").items():
        (old / "results" / name).write_text(text, encoding="utf-8")
    (old / "edition.json").write_text(json.dumps({"edition": "old", "parameters": Parameters().to_mapping(), "seconds": 3}))
    keep(old, data / "previous")
    return tmp_path


def section(title: str, rows: int = 1) -> Section:
    frame = pd.DataFrame({"model": [f"<m{i}>" for i in range(rows)]})
    return Section(title, f"{rows} of it.", frame, {"model": "Model"}, {})


def test_a_lost_model_is_found_and_so_is_what_it_moved(book: Path) -> None:
    sections = found.changes(book / "data", Parameters(previous="old"), COMPARED)
    titles = [section.title for section in sections]
    assert "Models" in titles
    assert "Correlations that moved" in titles
    assert "Parameters" not in titles
    said = found.change_words(sections, "old")
    assert "models" in said["changed_cause_sentence"]


def test_an_edition_with_the_same_data_and_parameters_has_moved_nowhere(book: Path) -> None:
    same = book / "_build" / "old" / "data"
    keep(book / "_build" / "old", same / "previous")
    sections = found.changes(same, Parameters(previous="old"), COMPARED)
    assert sections == []
    assert found.change_words(sections, "old")["changed_sentence"] == "Nothing moved since edition old."


def test_another_line_is_told_among_the_parameters_compared_only(book: Path) -> None:
    same = book / "_build" / "old" / "data"
    keep(book / "_build" / "old", same / "previous")
    sections = found.changes(same, Parameters(previous="old", line=0.7, budget=2), {"line": 0.7})
    changed = next(section for section in sections if section.title == "Parameters")
    assert list(changed.rows["parameter"]) == ["line"]


def test_without_an_earlier_edition_there_is_one_plain_sentence(tmp_path: Path) -> None:
    sections = found.changes(tmp_path, Parameters(), COMPARED)
    said = found.change_words(sections, "")
    assert said.pop("changed_sentence") == found.ALONE
    assert said.pop("changed_tables_sentence") == found.NONE
    assert set(said.values()) == {""}
    assert found.NONE in found.summary_table(sections)._repr_html_()


def test_what_the_page_promises_is_there(book: Path) -> None:
    sections = found.changes(book / "data", Parameters(previous="old"), COMPARED)
    said = found.change_words(sections, "old")
    assert said["changed_kept_sentence"] == found.KEPT
    assert said["changed_tables_sentence"] == found.TABLES
    assert len(found.summary_table(sections).frame) == len(sections)


def test_an_earlier_edition_that_was_not_kept_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no earlier edition"):
        found.changes(tmp_path, Parameters(previous="old"), COMPARED)


def test_results_that_moved_though_nothing_else_did_are_laid_to_the_computation() -> None:
    assert "computation itself" in found.cause_sentence([section("Correlations that moved")])


def test_names_are_escaped_and_the_rows_left_out_are_counted() -> None:
    shown = found.section_table(section("Models", SHOWN + 7))._repr_html_()
    assert "<m0>" not in shown
    assert shown.count("<tr>") == SHOWN + 1
    assert "7 more are not" in shown


@pytest.mark.parametrize("name", ["new", "absent", "../old", "/tmp", "."])
def test_an_edition_that_cannot_be_compared_with_is_refused_in_one_line(book: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        previous_folder(Request(book, "new", parameters=Parameters(previous=name)))
    assert len(str(caught.value).splitlines()) == 1


def test_what_is_kept_does_not_depend_on_how_long_the_build_took(book: Path) -> None:
    kept = json.loads((book / "data" / "previous" / "edition.json").read_text())
    assert set(kept) == {"edition", "parameters"}


def test_an_earlier_edition_is_found_by_its_name(book: Path) -> None:
    request = Request(book, "new", parameters=Parameters(previous="old"))
    assert previous_folder(request) == (book / "_build" / "old").resolve()
