"""The plans of sessions: their minutes, their material, and the clock."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from analysis import scores
from analysis.course import plans
from analysis.course.exercises import exercises
from analysis.course.plans import EXERCISE, Course, Plan, Slot, clock, needed, plan_rows, plan_text
from analysis.course.predictions_page import SHORT, form_facts
from analysis.inputs import resolve_population
from analysis.parameters import Parameters

ROOT = Path(__file__).parents[2]
CHAPTERS = ROOT / "chapters"
COURSE = plans.course()
SLACK = 3.0
HOME_SLACK = 15.0


def slots(plan: Plan) -> list[Slot]:
    return [*plan.slots, *([plan.before] if plan.before else [])]


EVERY = [slot for plan in COURSE.plans.values() for slot in slots(plan)]


@pytest.mark.parametrize("plan", COURSE.plans.values(), ids=COURSE.plans)
def test_the_minutes_of_a_plan_add_up_to_its_session(plan: Plan) -> None:
    rows = plan_rows(plan, COURSE)
    assert rows["planned"].sum() == rows["end"].iloc[-1] == plan.minutes
    assert rows["start"].tolist() == [0.0, *rows["end"].iloc[:-1]]


def test_the_plans_are_those_that_were_promised() -> None:
    lengths = [plan.minutes for plan in COURSE.plans.values()]
    assert lengths == [50, 90, 180, 75, 75, 75, 75]


@pytest.mark.parametrize("plan", COURSE.plans.values(), ids=COURSE.plans)
def test_every_slot_has_room_for_its_material_and_not_much_more(plan: Plan) -> None:
    for slot in plan.slots:
        assert slot.minutes - SLACK <= needed(slot, COURSE) <= slot.minutes, slot.title
    if plan.before:
        assert plan.before.minutes - HOME_SLACK <= needed(plan.before, COURSE) <= plan.before.minutes


def test_the_time_needed_is_the_sum_of_what_is_read_shown_done_and_said() -> None:
    piece = plans.Piece("A page", 460, 3, 2)
    small = Course({}, {"a": piece, "a#b": piece}, {"ex-one": "Compute"})
    assert needed(Slot(9, reads=("a#b",)), small) == 460 / plans.WORDS + 2 * plans.FORMULA
    assert needed(Slot(9, reads=("a",)), small) == 460 / plans.WORDS + 3 * plans.FIGURE + 2 * plans.FORMULA
    assert needed(Slot(9, shows=("fig-a", "tab-b"), asks=("ex-one",), predicts=5, talk=1.5), small) == pytest.approx(
        2 * plans.FIGURE + EXERCISE["Compute"] + 5 * plans.PREDICTION + 1.5
    )


ARGUED = [slot for plan in COURSE.plans.values() for slot in plan.slots if slot.rounds]


@pytest.mark.parametrize("slot", ARGUED, ids=lambda slot: f"{slot.minutes:g} minutes")
def test_the_rounds_of_a_discussion_fit_its_slot_and_most_of_it_is_argument(slot: Slot) -> None:
    assert list(slot.rounds) == [name for name in plans.ROUNDS if name in slot.rounds]
    assert {"build", "restate", "argue"} <= set(slot.rounds)
    assert sum(slot.rounds.values()) + slot.talk <= slot.minutes
    assert slot.rounds["argue"] == max(slot.rounds.values())
    assert all(f"{minutes:g} min" in plans.slot_text(slot, COURSE) for minutes in slot.rounds.values())


def test_every_discussion_of_the_objection_has_rounds_and_the_rules_leave_the_minutes_to_the_plan() -> None:
    for plan in COURSE.plans.values():
        assert all(slot.rounds for slot in plan.slots if "(below)" in slot.does and slot.title == "Discussion"), plan.key
    text = sources()["practice/course_session"]
    rules = text[text.index("## The discussion") : text.index("**The objection at its best.**")]
    assert not re.search(r"\d|\b(one|two|three|four|five|ten)\b minutes?", rules.replace("weirdml2025comments", ""))


def test_players_whom_the_page_does_not_name_are_not_called_up_by_name() -> None:
    said = " ".join(f"{slot.does} {slot.ask}" for slot in EVERY)
    assert "Ask the best" not in said and "Show who" not in said


def test_the_time_at_home_is_that_of_the_meetings() -> None:
    minutes = [plan.before.minutes for plan in COURSE.plans.values() if plan.before]
    assert plans.home_words(COURSE) == {"home_least": f"{min(minutes):g}", "home_most": f"{max(minutes):g}"}


def sources() -> dict[str, str]:
    return {path.relative_to(CHAPTERS).with_suffix("").as_posix(): path.read_text(encoding="utf-8") for path in CHAPTERS.rglob("*.md")}


def test_every_page_figure_and_exercise_named_is_in_the_book() -> None:
    texts = sources()
    listed = {name.removeprefix("chapters/") for name in re.findall(r"(?:file|root): (\S+)", (ROOT / "_toc.yml").read_text())}
    figures = {name for text in texts.values() for name in re.findall(r"^    name: (\S+)$", text, re.MULTILINE)}
    known = {each.label: each.difficulty for text in texts.values() for each in exercises(text)}
    assert {key.partition("#")[0] for key in COURSE.material} <= listed & set(texts)
    assert {name for slot in EVERY for name in slot.shows} <= figures
    assert {label for slot in EVERY for label in slot.asks} == set(COURSE.exercises)
    assert {label: known[label] for label in COURSE.exercises} == dict(COURSE.exercises)


def test_what_is_read_has_a_length_and_every_length_is_read() -> None:
    assert {key for slot in EVERY for key in slot.reads} == set(COURSE.material)


def test_the_game_asks_for_as_many_predictions_as_the_form_has(data_folder: Path) -> None:
    table = scores.load(data_folder)
    benchmarks = form_facts(table, resolve_population(table, "auto"), Parameters())["benchmarks"]
    assert {slot.predicts for slot in EVERY} == {0, SHORT, len(benchmarks)}
    assert sum(each["short"] for each in benchmarks) == SHORT


def piece_of(site: Path, key: str) -> Any:
    """A page or section of the site, without what is not read."""
    from bs4 import BeautifulSoup

    page, _, section = key.partition("#")
    found = BeautifulSoup((site / "chapters" / f"{page}.html").read_text(encoding="utf-8"), "html.parser").find("article")
    return found.find("section", id=section) if section else found


def counted(part: Any) -> tuple[int, int, int]:
    """Words, figures and formulas of a piece of the site."""
    figures = len(part.select("figure[id^=fig-], figure[id^=tab-]"))
    formulas = len(part.select(".book-equation"))
    for gone in part.select(".cell, .headerlink, math, figure, .exercise, .book-equation, section#exercises, section#further-reading, .toctree-wrapper, .book-again, .book-edition"):
        gone.decompose()
    return len(part.get_text(" ").split()), figures, formulas


def test_the_clock_of_the_material_is_right(built_site: Path) -> None:
    for key, stated in COURSE.material.items():
        part = piece_of(built_site, key)
        assert part is not None, f"{key} is not in the site"
        title = part.find(["h1", "h2"])
        words, figures, formulas = counted(part)
        assert stated.title in " ".join(title.get_text().split()), key
        assert words <= stated.words <= 1.35 * words + 40, f"{key}: {words} words counted, {stated.words} stated"
        assert (figures, formulas) == (stated.figures, stated.formulas), key


@pytest.mark.parametrize("minutes", [(0, "0:00"), (9, "0:09"), (60, "1:00"), (179.6, "3:00")])
def test_the_clock_counts_hours_and_minutes(minutes: tuple[float, str]) -> None:
    assert clock(minutes[0]) == minutes[1]


@pytest.mark.parametrize("plan", COURSE.plans.values(), ids=COURSE.plans)
def test_a_plan_is_a_table_whose_rows_have_all_their_cells(plan: Plan) -> None:
    lines = [line for line in plan_text(plan, COURSE).splitlines() if line.startswith("|")]
    assert len(lines) == len(plan.slots) + 3
    assert {line.count("|") for line in lines} == {5}


def test_the_page_shows_planned_and_needed_minutes_with_links_that_work(built_site: Path) -> None:
    page = built_site / "chapters" / "practice" / "course_session.html"
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").find("article")
    tables = [table for table in soup.find_all("table") if "needed" in table.get_text()]
    assert len(tables) == len(COURSE.plans)
    for table, plan in zip(tables, COURSE.plans.values(), strict=True):
        cells = [[cell.get_text() for cell in row.find_all("td")] for row in table.find_all("tr")[1:]]
        found = [(float(row[2]), float(row[3])) for row in cells]
        rows = plan_rows(plan, COURSE)
        assert found[:-1] == [(row.planned, round(row.needed, 1)) for row in rows.itertuples()]
        assert found[-1][0] == plan.minutes
        shown = sum(len(slot.shows) + len(slot.asks) for slot in plan.slots)
        assert len(table.find_all("a")) >= shown
    text = soup.get_text()
    assert "{numref}" not in text and "{doc}" not in text and "{ref}" not in text
    for link in soup.find_all("a", href=re.compile(r"^[^#h]")):
        assert (page.parent / link["href"].partition("#")[0]).is_file(), link["href"]


def test_commands_named_for_the_teacher_exist() -> None:
    from analysis.cli import main

    text = (CHAPTERS / "practice" / "course_session.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^    compendium (\w+)|`compendium (\w+)", text, re.MULTILINE))
    assert {name for pair in named for name in pair if name} <= set(main.commands)


def test_the_bundle_s_plan_has_every_slot_and_the_edition_s_numbers(built_site: Path) -> None:
    from bs4 import BeautifulSoup

    from analysis.course.book_pages import built_book
    from analysis.course.bundle import words_of
    from analysis.course.handouts import chapter_sheet
    from analysis.course.texts import PLAN

    edition = built_site.parent
    root = next(folder for folder in edition.parents if (folder / "_toc.yml").is_file())
    book = built_book(root, json.loads((edition / "edition.json").read_text(encoding="utf-8"))["edition"])
    text = BeautifulSoup(chapter_sheet(book.chapters[PLAN], words_of(book)), "html.parser").get_text()
    for plan in COURSE.plans.values():
        assert all(f"{slot.title}." in text for slot in plan.slots)
    assert "Which safety benchmarks are entangled?" in text and "“The model in words” in" in text
    assert book.chapters[PLAN].values["models"] in text
    assert not re.search(r"\{\w+(:\w+)?\}`|⟨|code-cell", text)
