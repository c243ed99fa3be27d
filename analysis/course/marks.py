"""The table of marks: its rows, what they come to for each student, and what there is to say of them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("student", "name", "chapter", "exercise", "points", "out_of", "hint", "status", "note", "fingerprint")
TOTALS = ("student", "name", "points", "possible", "to_be_read", "not_handed_in")
TO_READ, READ, ABSENT = "to be read", "read", "not handed in"
MOST_FILES_NAMED = 10


@dataclass(frozen=True)
class Mark:
    """One row of the table of marks: a student's exercise, or a file that came to nothing.

    `points` is NaN for an answer in words, which somebody has to read; `fingerprint` tells whether what was handed in
    is the same as before.
    """

    student: str
    name: str = ""
    chapter: str = ""
    exercise: str = ""
    points: float = 0.0
    out_of: float = 0.0
    hint: str = ""
    status: str = ""
    note: str = ""
    fingerprint: str = ""


def letters(*texts: str) -> str:
    """Return eight letters that differ for other texts; no spreadsheet takes them for a number or a date."""
    joined = "\0".join(texts).encode(errors="backslashreplace")
    return "".join(chr(ord("a") + byte % 26) for byte in hashlib.sha256(joined).digest()[:8])


def sentence(text: str) -> str:
    """Return a part of a sentence as one."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?")) else ".")


def summary_of(rows: Sequence[Mark]) -> str:
    """Say in short what a student came to, or why a stranger's files came to nothing."""
    if not any(row.exercise for row in rows):
        return ", ".join(sorted({row.status for row in rows}))
    points = sum(row.points for row in rows if not math.isnan(row.points))
    unread = sum(row.status == TO_READ for row in rows)
    said = f"{points:g} of {sum(row.out_of for row in rows):g}"
    return f"{said}, {unread} to be read" if unread else said


def totals(marks: pd.DataFrame) -> pd.DataFrame:
    """Add the marks of each student up.

    Parameters
    ----------
    marks
        With the columns `COLUMNS`.

    Returns
    -------
    DataFrame
        A row for each student of whom exercises are marked, in their order, with the columns `TOTALS`: points so far,
        points possible in all exercises, and how many exercises are to be read or were not handed in.
    """
    rows = marks[marks["exercise"] != ""]
    counted = rows.assign(to_be_read=rows["status"] == TO_READ, not_handed_in=rows["status"] == ABSENT)
    sums = {name: (name, "sum") for name in ("points", "to_be_read", "not_handed_in")}
    found = counted.groupby("student", sort=False).agg(name=("name", "first"), possible=("out_of", "sum"), **sums)
    # Thirds and the like, added up, are no round numbers otherwise.
    return found.round(6).reset_index()[list(TOTALS)]


def summary(marks: pd.DataFrame) -> list[str]:
    """Say in a few lines what grading came to.

    Parameters
    ----------
    marks
        With the columns `COLUMNS`.

    Returns
    -------
    list of str
        Number of students and of marks of each kind, and what asks for a look.
    """
    from analysis.findings.shared import plural

    marked = marks[marks["exercise"] != ""]
    counts = ", ".join(f"{number} {status}" for status, number in marked["status"].value_counts().items())
    hard = marked.loc[marked["status"].isin(["wrong", "partly right"]), "exercise"].value_counts()
    noted = marked.loc[marked["note"] != "", "note"].value_counts()
    return [
        f"{plural(marked['student'].nunique(), 'student')}: {counts}",
        *([f"most often not right: {hard.index[0]} ({hard.iloc[0]})"] if len(hard) else []),
        *(f"{plural(number, 'row')}: {note}" for note, number in noted.items()),
        *of_no_use(marks[marks["exercise"] == ""]),
    ]


def of_no_use(rows: pd.DataFrame) -> list[str]:
    """Name the files that came to nothing, a few of many."""
    lines = [
        f"{student}: {status}{f' ({note})' if note else ''}"
        for student, status, note in rows[["student", "status", "note"]].itertuples(index=False, name=None)
    ]
    more = len(lines) - MOST_FILES_NAMED
    return [*lines[:MOST_FILES_NAMED], *([f"and {more} more like these, at the students' rows"] if more > 0 else [])]
