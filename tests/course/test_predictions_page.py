"""The form of the prediction game: filled in, kept, saved, put together for a class, and read by a build."""

from __future__ import annotations

import csv
import html
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
import numpy as np
import pandas as pd
import pytest
from analysis import estimates, intuition, scores
from analysis.course.predictions_page import PredictionsForm, form_facts, predictions_form, short_list, template
from analysis.display import Note
from analysis.findings.prediction_game import game_findings
from analysis.guesses import read_file
from analysis.parameters import Parameters
from analysis.sphinx_book import with_form_scripts

from tests.score_tables import random_scores, score_table
from tests.test_browser import HOSTILE
from tests.test_page_card import Loaded, hostile_table
from toy_book import compendium, make_book
from visits import LOCAL, Visit

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "chapters" / "_static"
SETTINGS = Parameters()
OWN = "form .book-predictions-result"
CLASS = ".book-predictions-class .book-predictions-result"


@pytest.fixture(scope="module")
def table(data_folder: Path) -> scores.ScoreTable:
    """The shipped scores."""
    return scores.load(data_folder)


@pytest.fixture(scope="module")
def study(table: scores.ScoreTable) -> estimates.Study:
    """What was measured, which the form must not know."""
    return estimates.study(table, "chat", SETTINGS, drawn=False)


@pytest.fixture(scope="module")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], Path]:
    """Write a page that is nothing but a form, with its scripts and styles."""

    def write(form: PredictionsForm | Note) -> Path:
        path = tmp_path_factory.mktemp("page") / "page.html"
        scripts = "".join(f'<script src="{(STATIC / name).as_uri()}" defer></script>' for name in ("book-forms.js", "book-predictions.js"))
        styles = f'<link rel="stylesheet" href="{(STATIC / "book-predictions.css").as_uri()}">'
        head = f'<meta charset="utf-8"><title>Game</title><link rel="icon" href="data:,">{styles}{scripts}'
        path.write_text(f'<!doctype html><html lang="en"><head>{head}</head><body><main>{form._repr_html_()}</main></body></html>', encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def address(table: scores.ScoreTable, page_of: Callable[[Any], Path]) -> Path:
    """The page of the shipped scores."""
    return page_of(predictions_form(table, "chat", SETTINGS))


@pytest.fixture
def visit(browser: Any, address: Path) -> Iterator[Visit]:
    """The page, open; at the end it must have complained of nothing and asked nobody."""
    with Visit(browser, address) as opened:
        yield opened
        assert opened.complaints == []
        assert all(url.startswith(LOCAL) for url in opened.requests)
        assert opened.page.evaluate("window.hacked") is None


def said(visit: Visit, place: str = OWN) -> str:
    return visit.page.locator(place).inner_text()


def saved(visit: Visit, button: str) -> tuple[str, str]:
    """Press a button that saves a file; return its name and text."""
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name=button).click()
    return download.value.suggested_filename, Path(download.value.path()).read_text(encoding="utf-8")


def give(visit: Visit, place: str, files: list[Path]) -> None:
    """Choose files and wait until the page has read them."""
    visit.page.locator(place).evaluate("(each) => delete each.dataset.state")
    section = place.split(" ")[0]
    visit.page.locator(f"{section} input[type=file]").set_input_files(files)
    visit.page.wait_for_selector(f"{place}[data-state]")


def simulated(study: estimates.Study, folder: Path, people: int = 30, names: list[str] | None = None) -> list[Path]:
    """Files of a made-up class: some who know, some who are contrary, some at random, some with one number, some blank."""
    measured = intuition.headline_registry(study)["correlation"]
    rng = np.random.default_rng(7)
    files = []
    for place in range(people):
        ways = [
            measured + rng.normal(0, 0.2, len(measured)), -measured, rng.uniform(-1, 1, len(measured)),
            np.full(len(measured), 0.3), np.full(len(measured), np.nan),
        ]
        guess = pd.Series(np.clip(ways[place % 5], -1, 1).round(2), measured.index)
        person = names[place] if names else f"Student {place}"
        rows = pd.DataFrame({"person": person, "benchmark": guess.index, "prediction": guess.to_numpy(), "confidence": rng.choice([np.nan, 0.5, 0.9], len(guess))})
        files.append(folder / f"student-{place:02d}.csv")
        rows[rng.random(len(rows)) < 0.8].to_csv(files[-1], index=False)
    return files


# What the form knows


@pytest.mark.parametrize("population", ["chat", "base"])
def test_what_is_to_be_predicted_is_what_people_are_scored_on(table: scores.ScoreTable, population: str) -> None:
    asked = [each["id"] for each in form_facts(table, population, SETTINGS)["benchmarks"]]
    study = estimates.study(table, population, SETTINGS, drawn=False)
    assert sorted(asked) == sorted(intuition.headline_registry(study).index)


@pytest.mark.parametrize("name", ["mt_bench", "wmdp"])
def test_the_form_is_the_same_whatever_was_measured(table: scores.ScoreTable, name: str) -> None:
    swapped = table.scores.assign(score=table.scores["score"].where(table.scores["benchmark"] != name, -table.scores["score"]))
    other = replace(table, scores=swapped)
    assert predictions_form(table, "chat", SETTINGS)._repr_html_() == predictions_form(other, "chat", SETTINGS)._repr_html_()


def test_the_short_list_takes_from_every_group_in_turn() -> None:
    groups = pd.Series(dict(zip("abcdefg", ["x", "x", "x", "y", "y", "z", "x"], strict=True)))
    assert short_list(groups, 3) == {"a", "d", "f"}
    assert short_list(groups, 5) == {"a", "b", "d", "e", "f"}
    assert short_list(groups, 99) == set("abcdefg")


def test_the_template_is_a_file_that_a_build_reads_once_filled_in(table: scores.ScoreTable, file_of: Callable[..., Path]) -> None:
    facts = form_facts(table, "chat", SETTINGS)
    rows = list(csv.DictReader(template(facts).splitlines()))
    assert [row["benchmark"] for row in rows] == [each["id"] for each in facts["benchmarks"]]
    rows[3] |= {"person": "ann", "prediction": "-0.5", "confidence": "0.5"}
    found = read_file(file_of(pd.DataFrame(rows).to_csv(index=False), "filled.csv"), table)
    assert found.to_numpy().tolist() == [["ann", rows[3]["benchmark"], -0.5, 0.5]]


def test_a_table_without_a_capabilities_score_has_a_sentence_in_place_of_the_form() -> None:
    few = score_table(index=3, few=random_scores(2, 5))
    assert isinstance(predictions_form(few, "few", SETTINGS), Note)
    assert "nothing to predict" in game_findings(few, "few", SETTINGS)["index_sentence"]
    none = score_table(index=5, base=random_scores(9, 5))
    none = replace(none, benchmarks=none.benchmarks.assign(parent=None))
    assert "no headline safety benchmark" in predictions_form(none, "base", SETTINGS).text


# By hand


def test_the_form_is_filled_in_by_keyboard_saved_and_read_by_the_package(
    visit: Visit, table: scores.ScoreTable, tmp_path: Path
) -> None:
    keyboard = visit.page.keyboard
    visit.page.get_by_label("A name you choose").focus()
    keyboard.type("Zoë, 3rd row")
    keyboard.press("Tab")
    for prediction, confidence in (("0.35", "8"), ("-0.6", ""), ("0", "1")):
        keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.ariaLabel").startswith("Your ρ of ")
        keyboard.type(prediction)
        keyboard.press("Tab")
        assert visit.page.evaluate("document.activeElement.ariaLabel").startswith("How sure, ")
        keyboard.type(confidence)
    visit.page.get_by_role("button", name="Save my predictions").focus()
    with visit.page.expect_download() as download:
        keyboard.press("Enter")
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "predictions-Zoë-3rd-row.csv"
    asked = [each["id"] for each in form_facts(table, "chat", SETTINGS)["benchmarks"]][:3]
    found = read_file(path, table)
    assert found["person"].unique().tolist() == ["Zoë, 3rd row"]
    assert found[["benchmark", "prediction"]].to_numpy().tolist() == [[asked[0], 0.35], [asked[1], -0.6], [asked[2], 0.0]]
    assert found["confidence"].fillna(-1).tolist() == [0.8, -1, 0.1]
    assert "3 predictions of “Zoë, 3rd row” saved" in said(visit)


def first(visit: Visit, place: int = 0) -> Any:
    return visit.page.locator("tr[data-place] input").nth(place)


def unthemed(visit: Visit) -> Visit:
    """The visit on a page of its own, where nothing but the form writes to the browser's storage.

    The script that sets a visit's theme writes there at the start of each document, and in a reload that
    can undo what was written just before.
    """
    address = visit.page.url
    visit.page.close()
    visit.page = visit.context.new_page()
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    visit.go(address)
    return visit


def test_entries_outlast_a_reload_until_they_are_cleared(visit: Visit) -> None:
    unthemed(visit)
    first(visit).fill("0.4")
    visit.page.locator("tr[data-place] select").first.select_option("0.7")
    visit.page.get_by_label("A name you choose").fill("ann")
    first(visit, 1).fill("-1")
    visit.page.keyboard.press("Tab")
    assert "2 of 47 benchmarks predicted. Your entries are kept in this browser only." in said(visit)
    visit.reload()
    assert [first(visit).input_value(), first(visit, 1).input_value()] == ["0.4", "-1"]
    assert visit.page.locator("tr[data-place] select").first.input_value() == "0.7"
    assert visit.page.get_by_label("A name you choose").input_value() == "ann"
    visit.page.on("dialog", lambda dialog: dialog.accept())
    visit.page.get_by_role("button", name="Clear everything").click()
    assert said(visit) == "Everything is cleared."
    stored = "Object.keys(localStorage).filter((key) => key.startsWith('book-predictions'))"
    assert visit.page.evaluate(stored) == []
    visit.reload()
    assert first(visit).input_value() == "" and visit.page.get_by_label("A name you choose").input_value() == ""


def test_what_is_kept_may_be_anything(browser: Any, address: Path) -> None:
    for kept in ("{", "[]", "null", "7", '{"given": 3}', '{"given": [["wmdp", "9", "x"], [null]], "which": 4}', '{"person": {"a": 1}}'):
        with Visit(browser, address) as visit:
            unthemed(visit)
            key = json.loads(visit.page.locator(".book-predictions > script").text_content() or "")["key"]
            visit.page.evaluate("([key, kept]) => localStorage.setItem(`book-predictions-${key}`, kept)", [key, kept])
            visit.reload()
            assert "47 benchmarks predicted" in said(visit)
            assert visit.complaints == []


def test_a_browser_that_keeps_nothing_says_so(browser: Any, address: Path) -> None:
    with Visit(browser, address) as visit:
        visit.page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no'); } })")
        visit.reload()
        first(visit).fill("0.4")
        first(visit).press("Tab")
        assert "1 of 47 benchmarks predicted. This browser keeps nothing" in said(visit)
        assert "prediction" in saved(visit, "Save my predictions")[1]


@pytest.mark.parametrize(("typed", "words"), [("1.5", "is not from −1 to 1"), ("-7", "is not from −1 to 1"), ("e", "is not a number")])
def test_a_prediction_that_cannot_be_is_named_and_nothing_is_saved(visit: Visit, typed: str, words: str) -> None:
    first(visit, 2).focus()
    visit.page.keyboard.type(typed)
    visit.page.get_by_role("button", name="Save my predictions").click()
    assert words in said(visit)
    assert first(visit, 2).get_attribute("aria-invalid") == "true"
    assert visit.page.evaluate("document.activeElement.ariaLabel") == first(visit, 2).get_attribute("aria-label")


def test_nothing_is_saved_where_nothing_was_predicted_or_only_a_confidence(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Save my predictions").click()
    assert said(visit) == "There is no prediction yet."
    visit.page.locator("tr[data-place] select").first.select_option("0.7")
    visit.page.get_by_role("button", name="Save my predictions").click()
    assert "has a confidence and no prediction" in said(visit)


def test_who_gives_no_name_gets_one_and_keeps_it(visit: Visit) -> None:
    first(visit).fill("0.4")
    name, text = saved(visit, "Save my predictions")
    person = text.splitlines()[1].split(",")[0]
    assert re.fullmatch(r"player-[0-9a-z]{4}", person)
    assert name == f"predictions-{person}.csv"
    assert saved(visit, "Save my predictions") == (name, text)


def test_the_short_list_shows_few_rows_and_loses_none_that_is_filled_in(visit: Visit) -> None:
    rows = visit.page.locator("tr[data-place]:visible")
    assert rows.count() == 47
    last = visit.page.locator("tr[data-place] input").last
    last.fill("0.9")
    visit.page.get_by_label("Benchmarks").select_option("short")
    facts = json.loads(visit.page.locator(".book-predictions > script").text_content() or "")
    short = [each for each in facts["benchmarks"] if each["short"]]
    assert len(short) == 12
    assert rows.count() == 12 + (not facts["benchmarks"][-1]["short"])
    assert last.is_visible()
    assert all(group.inner_text() for group in visit.page.locator("tbody:visible").all())


def test_a_saved_file_can_be_gone_on_from(visit: Visit, file_of: Callable[..., Path]) -> None:
    text = "person;benchmark;prediction;confidence\nann;WMDP (pooled);−0,5;0,25\nann;MT-Bench;0,7;\nann;nowhere;0,1;\n"
    give(visit, OWN, [file_of("\ufeff" + text, "mine.csv")])
    assert "2 predictions read." in said(visit) and "1 benchmark of the file is not on this page." in said(visit)
    name, written = saved(visit, "Save my predictions")
    assert sorted(written.splitlines()[1:]) == ["ann,mt_bench,0.7,", "ann,wmdp,-0.5,0.25"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must name the columns person, benchmark and prediction"),
        ("person,benchmark,prediction\n", "holds no prediction"),
        ("person,benchmark,prediction\nann,wmdp,\n", "holds no prediction"),
        ("person,benchmark,prediction\nann,wmdp,40 %\n", "Row 2, column prediction: “40 %” is not a number from -1 to 1"),
        ("person,benchmark,prediction,confidence\nann,wmdp,0,7\n", "Row 2, column confidence"),
        ("person,benchmark,prediction\nann,wmdp,0\nann,WMDP (pooled),0\n", "Rows 2 and 3, column benchmark"),
        ("person,benchmark,prediction\nann,,0\n", "Row 2, column benchmark: nothing is named"),
        ("person,benchmark,prediction\nann\n", "Row 2 has 1 cell"),
        ('person,benchmark,prediction\n"ann', "never closed"),
        ("person,benchmark,prediction\nann,wmdp,0\nbob,wmdp,0\n", "holds predictions of 2 people"),
        (b"PK\x03\x04\x00\xff", "not text"),
        (b"x" * 5_000_001, "too large"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(visit: Visit, file_of: Callable[..., Path], text: str | bytes, words: str) -> None:
    first(visit).fill("0.4")
    give(visit, OWN, [file_of(text, "mine.csv")])
    assert words in said(visit)
    assert visit.page.locator(f"{OWN} p").count() == 1
    assert first(visit).input_value() == "0.4"


# A class


def test_thirty_files_become_one_that_a_build_reads(
    visit: Visit, study: estimates.Study, table: scores.ScoreTable, tmp_path: Path
) -> None:
    files = simulated(study, tmp_path)
    parts = [read_file(file, table) for file in files]
    filled = pd.concat(part[part["prediction"].notna()] for part in parts)
    give(visit, CLASS, files)
    assert f"30 files: {len(filled):,} predictions of 24 people." in said(visit, CLASS)
    assert said(visit, CLASS).count("is left out: It holds no prediction.") == 6
    name, text = saved(visit, "Save the class's file")
    assert name == "class.csv"
    (tmp_path / name).write_text(text, encoding="utf-8")
    merged = read_file(tmp_path / name, table)
    keys = ["person", "benchmark"]
    pd.testing.assert_frame_equal(
        merged.sort_values(keys, ignore_index=True), filled.sort_values(keys, ignore_index=True), check_dtype=False
    )


def test_one_file_twice_counts_once_and_two_people_of_one_name_stay_two(visit: Visit, tmp_path: Path) -> None:
    head = "person,benchmark,prediction\n"
    texts = {"a": "Max,wmdp,0.5\n", "b": "Max,wmdp,0.5\n", "c": "Max,wmdp,-0.5\n", "d": ",wmdp,0.1\n", "e": "broken,wmdp,7\n"}
    files = [tmp_path / f"{name}.csv" for name in texts]
    for file in files:
        file.write_text(head + texts[file.stem])
    give(visit, CLASS, files)
    lines = said(visit, CLASS)
    assert "5 files: 3 predictions of 3 people." in lines
    assert "b.csv: the predictions of “Max” are there already" in lines
    assert "c.csv: another file has predictions of “Max”; these are called “Max (2)”" in lines
    assert "e.csv is left out: Row 2, column prediction" in lines
    assert saved(visit, "Save the class's file")[1].splitlines()[1:] == ["Max,wmdp,0.5,", "Max (2),wmdp,-0.5,", "d,wmdp,0.1,"]


def test_hostile_names_in_files_are_only_text(visit: Visit, tmp_path: Path, table: scores.ScoreTable) -> None:
    names = list(dict.fromkeys([*HOSTILE, "__proto__", "constructor", "=1+1", "@x", "-2+3"]))
    files = [tmp_path / f"{place}.csv" for place in range(len(names))]
    for file, name in zip(files, names, strict=True):
        pd.DataFrame({"person": [name], "benchmark": ["wmdp"], "prediction": [0.5]}).to_csv(file, index=False)
    give(visit, CLASS, [*files, *files[:2]])
    assert f"of {len(names)} people" in said(visit, CLASS)
    assert visit.page.locator("main img, main b").count() == 0
    text = saved(visit, "Save the class's file")[1]
    rows = list(csv.reader(text.splitlines()))
    assert not [cell for row in rows[1:] for cell in row[:2] if cell[:1] in "=+-@"]
    assert len({row[0] for row in rows[1:]}) == len(names)


def test_hostile_names_of_the_table_are_only_text(browser: Any, page_of: Callable[[Any], Path], tmp_path: Path) -> None:
    table = hostile_table()
    form = predictions_form(table, HOSTILE[0], SETTINGS)
    (inside,) = re.findall(r'<script type="application/json">(.*?)</script>', form._repr_html_(), flags=re.DOTALL)
    assert "<" not in inside
    with Visit(browser, page_of(form)) as visit:
        first(visit).fill("0.5")
        path = tmp_path / "mine.csv"
        path.write_text(saved(visit, "Save my predictions")[1], encoding="utf-8")
        assert read_file(path, table)["benchmark"].tolist() == [form.facts["benchmarks"][0]["id"]]
        assert visit.page.locator("main img, main b").count() == 0
        assert visit.page.evaluate("window.hacked") is None
        assert visit.complaints == []


# The page in the site


def test_without_scripts_there_is_a_table_to_print_and_a_template(browser: Any, address: Path, table: scores.ScoreTable) -> None:
    with Visit(browser, address, java_script_enabled=False) as visit:
        main = visit.page.locator("main")
        assert "Scripts are off" in main.inner_text()
        facts = form_facts(table, "chat", SETTINGS)
        assert visit.page.locator("tr[data-place]:visible").count() == len(facts["benchmarks"])
        assert visit.page.locator("button:visible, input:visible").count() == 0
        link = visit.page.get_by_role("link", name="An empty table").get_attribute("href") or ""
        assert unquote(link.partition(",")[2]) == template(facts)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_fits_a_phone_and_every_field_has_a_name(browser: Any, built_site: Path, theme: str) -> None:
    page = built_site / "chapters" / "practice" / "prediction_game.html"
    with Visit(browser, page, width=360, theme=theme) as visit:
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= 360
        unnamed = "[...document.querySelectorAll('.book-predictions :is(input, select, button)')].filter((each) => !(each.ariaLabel || each.labels?.length || each.textContent.trim())).length"
        assert visit.page.evaluate(unnamed) == 0
        ground = "getComputedStyle(document.querySelector('.book-predictions').parentElement).backgroundColor"
        assert visit.page.evaluate(ground) in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)")[: 1 if theme == "dark" else 2]
        assert visit.complaints == []
        assert all(url.startswith(LOCAL) for url in visit.requests)


def test_no_result_stands_on_the_page_of_the_game(built_site: Path, study: estimates.Study) -> None:
    from analysis.display import correlation

    text = (built_site / "chapters" / "practice" / "prediction_game.html").read_text(encoding="utf-8")
    main = html.unescape(re.sub(r"<[^>]+>", " ", text[text.index("<main") : text.index("</main>")]))
    measured = intuition.headline_registry(study)["correlation"]
    plain = {"+0.50", "−0.50", "0.00", "+1.00", "−1.00"}
    assert not [value for value in map(correlation, measured) if value not in plain and value in main]
    assert not [value for value in measured if f"{value:.4f}" in text]
    assert not re.search("entangled|inverse|book-chart", main)


def test_scripts_and_styles_are_loaded_only_where_the_form_is(table: scores.ScoreTable) -> None:
    form = predictions_form(table, "chat", SETTINGS)._repr_html_()
    for body, loaded in ((form, ["book-forms.js", "book-predictions.js", "book-predictions.css"]), ("<p>text</p>", [])):
        app: Any = Loaded()
        with_form_scripts(app, "page", "page.html", {"body": body}, None)
        assert app.files == loaded


# From the class's file to the class's scores


@pytest.fixture(scope="module")
def small_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy book that has the game and the chapter on prediction, on the shipped scores."""
    book = make_book(tmp_path_factory.mktemp("game") / "book")
    shutil.rmtree(book / "data")
    shutil.copytree(ROOT / "data", book / "data")
    text = (ROOT / "chapters" / "results" / "intuition.md").read_text(encoding="utf-8")
    (book / "chapters" / "part" / "reader.md").write_text(without_references(text), encoding="utf-8")
    return book


def without_references(text: str) -> str:
    """The chapter's text without what refers to other pages, so that it builds alone."""
    text = re.sub(r"\{(cite:[pt]|doc|ref|term)\}`[^`]*`", "there", text)
    text = re.sub(r"```\{exercise\}.*?```", "", text, flags=re.DOTALL)
    return re.sub(r"\A---.*?---", "---\nkernelspec:\n  display_name: Python 3\n  language: python\n  name: python3\n---", text, flags=re.DOTALL)


def test_a_build_with_the_class_s_file_shows_the_class_and_keeps_no_name(
    small_book: Path, study: estimates.Study, table: scores.ScoreTable, tmp_path: Path
) -> None:
    names = [f"Wilhelmina Nr {place}" for place in range(30)]
    everything = pd.concat(map(pd.read_csv, simulated(study, tmp_path, names=names)))
    everything.to_csv(tmp_path / "class.csv", index=False)
    done = compendium("build", "--book", small_book, "--edition", "ours", "--predictions", tmp_path / "class.csv")
    assert done.returncode == 0, done.stderr
    edition = small_book / "_build" / "ours"
    shown = words((edition / "html" / "chapters" / "part" / "reader.html").read_text(encoding="utf-8"))
    people = intuition.person_scores(read_file(tmp_path / "class.csv", table), study)
    assert "Predictions of 24 people came with this edition." in shown
    assert "6 people predicted nothing and are not counted" in shown
    assert "Player 1" in shown and f"{people['rank_correlation'].iloc[0]:+.2f}" in shown
    files = [path for path in edition.rglob("*") if path.is_file()]
    assert files and not [path for path in files if b"Wilhelmina" in path.read_bytes()]


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_names_are_shown_when_asked_for(small_book: Path, tmp_path: Path) -> None:
    (small_book / "data" / "class.csv").write_text("person,benchmark,prediction\nWilhelmina,wmdp,0.5\nZebulon,wmdp,0.1\n")
    done = compendium("build", "--book", small_book, "--edition", "named", "--predictions", "class.csv", "--people", "shown")
    assert done.returncode == 0, done.stderr
    notebook = nbformat.read(small_book / "_build" / "named" / "notebooks" / "part" / "reader.ipynb", 4)
    assert "Wilhelmina" in json.dumps(notebook)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("person,benchmark,prediction\nann,wmdp,2\n", "row 2, column prediction: '2' is not a number from -1 to 1"),
        ("person,benchmark\nann,wmdp\n", "row 1: there is no column 'prediction'"),
        ("person,benchmark,prediction\nann,wmdp,0\nann,WMDP (pooled),0.5\n", "row 3, column benchmark: 'ann' predicts 'wmdp' twice"),
    ],
)
def test_a_class_file_that_cannot_be_used_is_refused_before_anything_is_built(
    small_book: Path, file_of: Callable[..., Path], text: str, words: str
) -> None:
    done = compendium("build", "--book", small_book, "--edition", "broken", "--predictions", file_of(text, "class.csv"))
    assert done.returncode == 2
    assert words in done.stderr and len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stderr
    assert not (small_book / "_build" / "broken").exists()
    missing = compendium("build", "--book", small_book, "--edition", "broken", "--predictions", "nowhere.csv")
    assert missing.returncode == 2 and "nowhere.csv: there is no such file of predictions" in missing.stderr


def test_the_button_that_clears_looks_quieter_than_the_one_that_saves() -> None:
    from analysis.course.predictions_page import ACTIONS

    sheet = (Path(__file__).parents[2] / "chapters" / "_static" / "book-predictions.css").read_text(encoding="utf-8")
    quiet = re.search(r'data-does="clear" class="([\w-]+)"', ACTIONS)
    assert quiet and f".{quiet[1]} {{" in sheet and ACTIONS.count(quiet[1]) == 1
