"""Plans of sessions, and how long the book's own material for each slot takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

WORDS = 230
FIGURE = 2.0
FORMULA = 1.0
PREDICTION = 0.4
EXERCISE = {"Concept": 4.0, "Compute": 10.0, "Extend": 25.0}
ROUNDS = {
    "build": "build one's own case",
    "restate": "state the case of the others, one side after the other",
    "argue": "argue",
    "settle": "name the quantity that would settle it",
}


@dataclass(frozen=True)
class Piece:
    """A page or a section of one: its title and, in the default edition, its length.

    Parameters
    ----------
    title
        As the page has it.
    words
        Of prose, rounded up.
    figures
        Charts and tables with a number.
    formulas
        On lines of their own.
    """

    title: str
    words: int
    figures: int
    formulas: int


@dataclass(frozen=True)
class Slot:
    """A part of a session, or what is done at home before one.

    Parameters
    ----------
    minutes
        Planned.
    title, does, ask
        What happens, and a question to the class; MyST.
    reads
        Pages, or sections as ``page#section``.
    shows
        Names of figures and tables.
    asks
        Labels of exercises.
    predicts
        Benchmarks predicted.
    rounds
        Minutes of each round of a discussion, by the names of `ROUNDS`, in order.
    talk
        Minutes of talking beyond all that.
    """

    minutes: float
    title: str = ""
    does: str = ""
    ask: str = ""
    reads: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    predicts: int = 0
    rounds: Mapping[str, float] = field(default_factory=dict)
    talk: float = 0.0


@dataclass(frozen=True)
class Plan:
    """A session: its length in minutes, its slots in order, and what is done at home before it, if anything."""

    key: str
    title: str
    minutes: int
    aim: str
    slots: tuple[Slot, ...]
    before: Slot | None = None


@dataclass(frozen=True)
class Course:
    """All plans, with the length of their material and the difficulty of their exercises."""

    plans: Mapping[str, Plan]
    material: Mapping[str, Piece]
    exercises: Mapping[str, str]


def course(path: Path | None = None) -> Course:
    """Return the plans.

    Parameters
    ----------
    path
        A file of the form of ``plans.yml``; that file itself by default.

    Returns
    -------
    Course
        Plans by their key, in order.
    """
    import yaml

    found = yaml.safe_load((path or Path(__file__).with_name("plans.yml")).read_text(encoding="utf-8"))
    plans = {entry["key"]: plan_of(entry) for entry in found["plans"]}
    return Course(plans, {key: Piece(**piece) for key, piece in found["material"].items()}, found["exercises"])


def plan_of(entry: Mapping[str, Any]) -> Plan:
    """Return one plan from its entry in the file."""
    before = slot_of(entry["before"]) if "before" in entry else None
    slots = tuple(map(slot_of, entry["slots"]))
    return Plan(entry["key"], entry["title"], entry["minutes"], entry["aim"], slots, before)


def slot_of(entry: Mapping[str, Any]) -> Slot:
    """Return one slot from its entry in the file."""
    return Slot(**{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()})


def needed(slot: Slot, course: Course) -> float:
    """Return how long the material of a slot takes by the stated rates.

    Parameters
    ----------
    slot
        The slot. Of a whole page read, the figures are looked at too; of a section only those that the
        slot shows.
    course
        For lengths and difficulties.

    Returns
    -------
    float
        Minutes.
    """
    pieces = [(key, course.material[key]) for key in slot.reads]
    figures = len(slot.shows) + sum(piece.figures for key, piece in pieces if "#" not in key)
    return (
        sum(piece.words for _, piece in pieces) / WORDS
        + FIGURE * figures
        + FORMULA * sum(piece.formulas for _, piece in pieces)
        + sum(EXERCISE[course.exercises[label]] for label in slot.asks)
        + PREDICTION * slot.predicts
        + sum(slot.rounds.values())
        + slot.talk
    )


def plan_rows(plan: Plan, course: Course) -> pd.DataFrame:
    """Return a plan as a table.

    Parameters
    ----------
    plan
        The plan.
    course
        For the time that material takes.

    Returns
    -------
    pandas.DataFrame
        One row a slot: ``start, end`` (minutes from the beginning), ``title, what`` (MyST), ``planned,
        needed`` (minutes).
    """
    rows, at = [], 0.0
    for slot in plan.slots:
        rows.append((at, at + slot.minutes, slot.title, slot_text(slot, course), slot.minutes, needed(slot, course)))
        at += slot.minutes
    return pd.DataFrame(rows, columns=["start", "end", "title", "what", "planned", "needed"])


def slot_text(slot: Slot, course: Course) -> str:
    """Return what happens in a slot, with links to its material."""
    parts = [
        slot.does,
        f"**Ask:** {slot.ask}" if slot.ask else "",
        f"**Show:** {', '.join(f'{{numref}}`{name}`' for name in slot.shows)}." if slot.shows else "",
        f"**Read:** {', '.join(reading(key, course) for key in slot.reads)}." if slot.reads else "",
        f"**Do:** {', '.join(f'{{ref}}`{label}`' for label in slot.asks)}." if slot.asks else "",
        f"**Predict:** {slot.predicts} benchmarks." if slot.predicts else "",
        f"**Rounds:** {rounds_text(slot)}." if slot.rounds else "",
    ]
    return " ".join(filter(None, parts))


def rounds_text(slot: Slot) -> str:
    """Return the rounds of a discussion with the minutes of each."""
    return "; ".join(f"{ROUNDS[name]}, {minutes:g} min" for name, minutes in slot.rounds.items())


def reading(key: str, course: Course) -> str:
    """Return a link to a page, or the title of a section with a link to its page."""
    page, _, section = key.partition("#")
    link = f"{{doc}}`/chapters/{page}`"
    return f"“{course.material[key].title}” in {link}" if section else link


@dataclass(frozen=True)
class MystText:
    """Text that shows itself as MyST, so that its links are those of the book."""

    text: str

    def _repr_markdown_(self) -> str:
        return self.text


def clock(minutes: float) -> str:
    """Return minutes from the beginning as hours and minutes."""
    hours, rest = divmod(round(minutes), 60)
    return f"{hours}:{rest:02d}"


def plan_table(course: Course, key: str) -> MystText:
    """Return a plan as the page shows it.

    Parameters
    ----------
    course
        All plans.
    key
        Which.

    Returns
    -------
    MystText
        A table under its aim; where there is something to do at home, under that as well.
    """
    return MystText(plan_text(course.plans[key], course))


def plan_text(plan: Plan, course: Course) -> str:
    """Return a plan in MyST."""
    rows = plan_rows(plan, course)
    lines = [
        f"| {clock(row.start)} | **{row.title}.** {row.what} | {row.planned:g} | {row.needed:.1f} |"
        for row in rows.itertuples(index=False)
    ]
    total = f"| | **In all** | **{rows['planned'].sum():g}** | **{rows['needed'].sum():.1f}** |"
    head = ["| from | what | min | needed |", "| --- | --- | ---: | ---: |"]
    return opening(plan, course) + "\n".join([*head, *lines, total])


def opening(plan: Plan, course: Course) -> str:
    """Return a plan's aim, and what is to be done at home before it, if anything."""
    if plan.before is None:
        return f"*{plan.aim}*\n\n"
    planned, spent = f"{plan.before.minutes:g}", f"{needed(plan.before, course):.1f}"
    return f"*{plan.aim}*\n\nAt home before it ({planned} minutes planned, {spent} needed). {slot_text(plan.before, course)}\n\n"


def home_words(course: Course) -> dict[str, str]:
    """Return how long the reading at home before a meeting is: the fewest and the most minutes planned."""
    planned = sorted(plan.before.minutes for plan in course.plans.values() if plan.before)
    return {"home_least": f"{planned[0]:g}", "home_most": f"{planned[-1]:g}"}


def rate_words() -> dict[str, str]:
    """Return the rates by which time is reckoned, as words for prose."""
    return {
        "words_a_minute": str(WORDS),
        "figure_minutes": f"{FIGURE:g}",
        "formula_minutes": f"{FORMULA:g}",
        "prediction_seconds": f"{60 * PREDICTION:g}",
        **{f"{kind.lower()}_minutes": f"{minutes:g}" for kind, minutes in EXERCISE.items()},
    }
