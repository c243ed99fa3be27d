"""Papers of a class: the sheet of predictions, the printed plan, and what the teacher is told of the game."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from analysis.course.book_pages import BuiltBook, Chapter, built_book
from analysis.course.bundle import Person, words_of
from analysis.course.handouts import chapter_sheet, prediction_sheet, to_predict
from analysis.course.numbers import numbers_of
from analysis.course.predictions_page import SHORT
from analysis.course.texts import GAME, PLAN, class_readme
from analysis.parameters import Parameters
from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def book(built_site: Path) -> BuiltBook:
    """The default edition."""
    edition = built_site.parent
    root = next(folder for folder in edition.parents if (folder / "_toc.yml").is_file())
    return built_book(root, json.loads((edition / "edition.json").read_text(encoding="utf-8"))["edition"])


def shipped() -> BuiltBook:
    """The shipped tables, as an edition without chapters."""
    return BuiltBook(ROOT, "default", ROOT / "data", Parameters(), {})


def test_the_sheet_of_predictions_begins_with_the_form_s_short_list() -> None:
    asked = to_predict(shipped())
    soup = BeautifulSoup(prediction_sheet(asked), "html.parser")
    short, rest = ([row.td.get_text() for row in table.select("tbody tr")] for table in soup.find_all("table"))
    assert short == [each["name"] for each in asked if each["short"]] and len(short) == SHORT
    assert sorted(short + rest) == sorted(each["name"] for each in asked)
    headings = [each.get_text() for each in soup.find_all("h2")]
    assert headings == [
        "The short list: 12 benchmarks, about 5 minutes",
        "The rest of the whole list: 35 more, about 19 minutes with the short list",
    ]


def test_a_sheet_of_few_benchmarks_has_no_rest() -> None:
    few = [each for each in to_predict(shipped()) if each["short"]][:3]
    assert len(BeautifulSoup(prediction_sheet(few), "html.parser").find_all("table")) == 1


def test_the_teacher_is_told_of_both_ways_to_predict_and_of_the_build() -> None:
    pages = {name: Chapter(name, "") for name in (GAME, PLAN)}
    book = BuiltBook(ROOT, "mine", ROOT / "data", Parameters(), pages)
    text = class_readme(book, [Person("", "", None)], [])
    for said in (f"`chapters/{GAME}.html`", "serve --edition mine", "a short list", "one file from many", "predictions.html"):
        assert said in text
    assert "compendium build --edition mine --predictions class.csv" in text and "person,benchmark,prediction,confidence" in text
    assert "one file from many" in (ROOT / "analysis/course/predictions_page.py").read_text()
    without = class_readme(shipped(), [Person("", "", None)], [])
    assert "The form" not in without and "compendium build --predictions class.csv" in without


def test_figures_tables_and_exercises_have_the_numbers_of_the_site(book: BuiltBook, built_site: Path) -> None:
    found = {}
    for name in book.chapters:
        soup = BeautifulSoup((built_site / f"chapters/{name}.html").read_text(encoding="utf-8"), "html.parser")
        for part in soup.select("[id^=fig-], [id^=tab-], [id^=ex-]"):
            if number := part.select_one(".caption-number"):
                found[part["id"]] = number.get_text().strip()
    assert len(found) > 150 and numbers_of(book) == found


def test_the_printed_plan_calls_figures_and_exercises_by_number_and_title(book: BuiltBook) -> None:
    text = BeautifulSoup(chapter_sheet(book.chapters[PLAN], words_of(book, computed=True)), "html.parser").get_text()
    assert "Figure 10.1 (ρ of every headline safety benchmark with its 95 % interval, by area)" in text
    assert "Exercise 1.1 (Squared, in “What benchmarks do”)" in text
    assert not re.findall(r"\bex-\w[\w-]*", text)
    assert not re.findall(r"(?:Show:|,) the (?:figure|table)\b", text)


def test_titles_with_results_in_them_are_not_for_students(book: BuiltBook) -> None:
    students, teacher = words_of(book), words_of(book, computed=True)
    assert "fig-areas-forest" in teacher.titles and "fig-areas-forest" not in students.titles
    assert students.numbers["fig-areas-forest"] == "Figure 10.1"
    assert not [title for title in students.titles.values() if "⟨" in title or "{" in title]
