"""What a teacher wrote into an earlier table of marks: carried over where the hand-in is the same, else put aside.

Each row ends in a fingerprint of two parts: of what was handed in, and of the row as grading wrote it. A row that does
not fit its second part any more was changed by hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.course.marks import COLUMNS, READ, TO_READ, letters
from analysis.problems import InputError, Problem, quoted, raise_if

if TYPE_CHECKING:
    import pandas as pd

    from analysis.sources.sheet import Sheet

NEEDED = ("student", "exercise", "points")
PLACE = ("student", "chapter", "exercise")
NUMBERS = ("points", "out_of")
BY_HAND = ("points", "out_of", "hint", "status", "note")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Earlier:
    """An earlier table of marks.

    Parameters
    ----------
    rows
        Those that were changed by hand, by student, chapter, exercise and hand-in.
    beside
        Whether there is more in it that cannot be carried over: rows or columns of the teacher's own, or a form
        without fingerprints.
    """

    rows: Mapping[tuple[str, ...], Row] = field(default_factory=dict)
    beside: bool = False


def signed(marks: pd.DataFrame) -> pd.DataFrame:
    """Return marks with fingerprints of their rows after those of the hand-ins."""
    prints = [f"{row['fingerprint']}-{written(row)}" for row in marks.to_dict("records")]
    return marks.assign(fingerprint=prints)


def written(row: Row) -> str:
    """Return the fingerprint of a row, the same after a spreadsheet has saved it in its own way."""
    return letters(*(settled(row, column) for column in (*PLACE, *BY_HAND)))


def settled(row: Row, column: str) -> str:
    """Return a cell without what spreadsheets change: digits beyond the fourth, blanks, a protecting apostrophe."""
    cell = row[column]
    text = "" if isinstance(cell, float) and math.isnan(cell) else str(cell)
    value = in_number(text) if column in NUMBERS else math.nan
    return " ".join(text.split()).lstrip("'") if math.isnan(value) else f"{value:.4g}"


def in_number(cell: str) -> float:
    """Return the number in a cell, which may have a decimal comma; NaN where there is none."""
    from analysis.sources.sheet import number

    value = number(cell, decimal_comma=True)
    return math.nan if value is None else value


def earlier_marks(path: Path) -> Earlier:
    """Read what a teacher wrote into an earlier table of marks.

    Parameters
    ----------
    path
        Where the new table is to go.

    Returns
    -------
    Earlier
        Nothing where there is no file yet.

    Raises
    ------
    InputError
        When there is a file that is no table of marks, or has points that are no number.
    """
    from analysis.sources.sheet import read_sheet

    if not path.exists():
        return Earlier()
    sheet = read_sheet(path, "exercise")
    if not set(NEEDED) <= set(sheet.header):
        what = "there is a file in this place that is no table of marks"
        raise InputError(Problem(str(path), None, None, what, "give another place with --out, or move it away"))
    if not set(COLUMNS) <= set(sheet.header):
        return Earlier(beside=True)
    rows = {number: dict(zip(sheet.header, cells, strict=True)) for number, cells in sheet.rows}
    changed = {number: row for number, row in rows.items() if row["fingerprint"].rpartition("-")[2] != written(row)}
    raise_if(
        Problem(sheet.file, number, column, f"{quoted(row[column])} is not a number", "give one or leave it blank")
        for number, row in changed.items()
        for column in NUMBERS
        if row[column] and math.isnan(in_number(row[column]))
    )
    found = {place_of(row): row for row in changed.values()}
    return Earlier(found, len(found) < len(changed) or has_own_columns(sheet))


def has_own_columns(sheet: Sheet) -> bool:
    """Whether a table has columns beside ours with something in them."""
    return any(any(sheet.column(name)) for name in sheet.header if name not in COLUMNS)


def place_of(row: Row) -> tuple[str, ...]:
    """Return what a row is about: student, chapter, exercise, and what was handed in."""
    return (*(settled(row, column) for column in PLACE), row["fingerprint"].partition("-")[0])


def carried_over(marks: pd.DataFrame, earlier: Earlier) -> tuple[pd.DataFrame, int, bool]:
    """Put what a teacher wrote into new marks.

    Parameters
    ----------
    marks
        From :func:`analysis.course.grading.grade`.
    earlier
        What was written by hand.

    Returns
    -------
    tuple of DataFrame, int and bool
        The marks; how many rows are kept as the teacher left them; and whether anything by hand is in no row of them,
        because another hand-in has come since.
    """
    import pandas as pd

    rows = marks.to_dict("records")
    places = [place_of(row) for row in rows]
    kept = {place: by_hand(row) for place, row in earlier.rows.items() if place in places}
    filled = [{**row, **kept.get(place, {})} for place, row in zip(places, rows, strict=True)]
    lost = earlier.beside or len(kept) < len(earlier.rows)
    return pd.DataFrame(filled, columns=list(COLUMNS)), len(kept), lost


def by_hand(row: Row) -> dict[str, Any]:
    """Return what a teacher may write into a row; one with points counts as read."""
    own = {column: in_number(row[column]) if column in NUMBERS else row[column] for column in BY_HAND}
    return {**own, "status": READ} if own["status"] == TO_READ and row["points"] else own


def put_aside(path: Path) -> Path:
    """Rename an earlier table of marks, to a name that is free.

    Parameters
    ----------
    path
        The table.

    Returns
    -------
    Path
        Where it is now.
    """
    names = (f"{path.stem}-before{f'-{number}' if number > 1 else ''}{path.suffix}" for number in range(1, 10**6))
    free = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    return path.rename(free)
