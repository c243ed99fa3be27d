"""Who is in the class: read from a file, ids checked because files are named after them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.problems import Problem, quoted, raise_if, visible

if TYPE_CHECKING:
    from analysis.sources.sheet import Sheet

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
FORM = "use letters, digits, _ and -, beginning with a letter or a digit, 40 at most"
# Names that some systems refuse to give a folder.
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}


@dataclass(frozen=True)
class Student:
    """One row of a roster: the id, by which files are named, and the name, empty where none is given."""

    id: str
    name: str = ""


def read_roster(path: Path) -> tuple[Student, ...]:
    """Read a roster.

    Parameters
    ----------
    path
        A CSV file with a column `id` and perhaps `name`; other columns are not looked at.

    Returns
    -------
    tuple of Student
        In the order of the file.

    Raises
    ------
    InputError
        With every id that is missing, unfit for the name of a folder, or given twice.
    """
    from analysis.sources.sheet import read_sheet

    sheet = read_sheet(path, "student")
    columns = {name.casefold(): name for name in sheet.header}
    mend = "the columns are id and, if you like, name"
    raise_if([] if "id" in columns else [Problem(sheet.file, 1, None, "there is no column 'id'", mend)])
    ids = sheet.column(columns["id"])
    raise_if(problems(sheet, ids))
    names = sheet.column(columns["name"]) if "name" in columns else [""] * len(ids)
    return tuple(Student(each, visible(name)) for each, name in zip(ids, names, strict=True))


def problems(sheet: Sheet, ids: list[str]) -> Iterator[Problem]:
    """Yield what is wrong with the ids of a roster."""
    seen: set[str] = set()
    for (row, _), each in zip(sheet.rows, ids, strict=True):
        if not ID.fullmatch(each):
            yield Problem(sheet.file, row, "id", f"{quoted(each)} cannot be the name of a folder", FORM)
        elif each.casefold() in RESERVED:
            what = f"{quoted(each)} cannot be the name of a folder: Windows keeps this name for a device"
            yield Problem(sheet.file, row, "id", what, f"lengthen it, for example to {quoted(f'{each}-1')}")
        elif each.casefold() in seen:
            yield Problem(sheet.file, row, "id", f"{quoted(each)} is given twice", "no two students can share an id")
        seen.add(each.casefold())
