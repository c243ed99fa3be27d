"""Read the file in which people predict capabilities correlations."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pandas as pd

from analysis.problems import InputError, Problem, quoted, raise_if

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.scores import ScoreTable
    from analysis.sources.sheet import Sheet

COLUMNS = ("person", "benchmark", "prediction", "confidence")
LIMITS = {"prediction": (-1.0, 1.0), "confidence": (0.0, 1.0)}


def read_guesses(folder: str | Path, name: str, table: ScoreTable) -> pd.DataFrame:
    """Read people's predictions of capabilities correlations.

    Parameters
    ----------
    folder
        The edition's data folder.
    name
        A CSV file in it with columns ``person, benchmark, prediction`` and perhaps
        ``confidence``; empty for none.
    table
        For the benchmarks there are: a row names one by its id or its name.

    Returns
    -------
    pandas.DataFrame
        ``person, benchmark, prediction, confidence``, NaN where a cell is blank; no rows without
        a file. A benchmark that the table does not have stays as it is written.

    Raises
    ------
    InputError
        As :func:`read_file`; or the path leads out of the folder or to no file.
    """
    if not name:
        return pd.DataFrame(columns=list(COLUMNS)).astype(dict.fromkeys(LIMITS, float))
    return read_file(located(folder, name), table)


def read_file(path: str | Path, table: ScoreTable) -> pd.DataFrame:
    """Read one file of predictions, wherever it is.

    Parameters
    ----------
    path
        The file, in any form that `analysis.sources.sheet.read_sheet` reads.
    table
        As for :func:`read_guesses`.

    Returns
    -------
    pandas.DataFrame
        As :func:`read_guesses`.

    Raises
    ------
    InputError
        With every row that cannot be used: nobody or nothing named, a prediction outside
        [-1, 1], a confidence outside [0, 1], a benchmark predicted twice by one person.
    """
    from analysis.sources.sheet import read_sheet

    sheet = read_sheet(path, "prediction")
    rows = cells(sheet)
    rows["benchmark"] = identified(rows["benchmark"], table.benchmarks)
    raise_if(sorted([*problems(rows, sheet), *repeats(rows, sheet)], key=lambda problem: problem.row or 0))
    numbers = {column: [read_number(sheet, cell) for cell in rows[column]] for column in LIMITS}
    values = {column: pd.Series(found, rows.index, float) for column, found in numbers.items()}
    return rows.assign(**values).reset_index(drop=True)


def located(folder: str | Path, name: str) -> Path:
    """Return the path of the file.

    Parameters
    ----------
    folder
        The data folder.
    name
        Path within it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When the path leads out of the folder or there is no such file.
    """
    inside = PurePosixPath(name)
    path = Path(folder) / inside
    if not path.is_file():
        what = "there is no such file of predictions"
        mend = "check the path: it is looked for where a build is started, then in the data folder"
        raise InputError(Problem(name, None, None, what, mend))
    if inside.is_absolute() or ".." in inside.parts:
        what = f"the file of predictions {quoted(name)} lies outside the data folder"
        raise InputError(Problem("", None, None, what, "put it into the book's folder data and give its name"))
    return path


def cells(sheet: Sheet) -> pd.DataFrame:
    """Return the file as text, one row a prediction, and check its columns.

    Parameters
    ----------
    sheet
        The file's cells.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, indexed by the row's number in the file; empty text where a cell is blank. Further
        columns are left out, and rows of a form that nobody has filled in.

    Raises
    ------
    InputError
        When a column is lacking or there twice.
    """
    from analysis.sources.table import known_columns

    known = known_columns(sheet, COLUMNS)
    mend = f"the columns are {', '.join(COLUMNS)}; the last may be left out"
    absent = [column for column in COLUMNS[:3] if column not in known]
    raise_if(Problem(sheet.file, 1, None, f"there is no column {quoted(column)}", mend) for column in absent)
    index = [row for row, _ in sheet.rows]
    found = {column: sheet.column(known[column]) if column in known else "" for column in COLUMNS}
    rows = pd.DataFrame(found, index=index).astype(object)
    return rows[(rows[["person", "prediction", "confidence"]] != "").any(axis=1)]


def identified(names: pd.Series, registry: pd.DataFrame) -> pd.Series:
    """Return the ids of benchmarks given by id or name, in any case; others as they stand.

    A name that a spreadsheet would take for a formula may have an apostrophe before it.
    """
    known = {str(name).casefold(): key for key, name in registry["name"].dropna().items()}
    known |= {str(key).casefold(): key for key in registry.index}
    known |= {f"'{name}": key for name, key in known.items()}
    return names.map(lambda name: known.get(name.casefold(), name))


def problems(rows: pd.DataFrame, sheet: Sheet) -> Iterator[Problem]:
    """Yield what is wrong with single cells.

    Parameters
    ----------
    rows
        From :func:`cells`, benchmarks by id.
    sheet
        The file.

    Yields
    ------
    Problem
        Row numbers as in a spreadsheet.
    """
    from analysis.sources.sheet import name_fault

    for row, person, benchmark in rows[["person", "benchmark"]].itertuples(name=None):
        for column, text, nothing in (("person", person, "nobody is named"), ("benchmark", benchmark, "nothing is named")):
            fault = name_fault(text) if text else nothing
            if fault:
                yield Problem(sheet.file, row, column, fault, "give a short plain name")
    for column, (low, high) in LIMITS.items():
        for row, cell in rows[column].items():
            value = read_number(sheet, cell)
            if cell and (value is None or not low <= value <= high):
                what = f"{quoted(cell)} is not a number from {low:g} to {high:g}"
                yield Problem(sheet.file, row, column, what, "correct it, or leave the cell blank")


def repeats(rows: pd.DataFrame, sheet: Sheet) -> Iterator[Problem]:
    """Yield a problem for each benchmark that a person predicts a second time; blank rows do not count."""
    pair = ["person", "benchmark"]
    given = rows[rows["prediction"] != ""]
    for row in given.index[given.duplicated(pair)]:
        person, benchmark = given.loc[row, pair]
        what = f"{quoted(person)} predicts {quoted(benchmark)} twice"
        yield Problem(sheet.file, row, "benchmark", what, "keep one of the two, or give two people two names")


def read_number(sheet: Sheet, cell: str) -> float | None:
    """Return the number in a cell, which may have the minus sign of print; None where there is none."""
    return sheet.number(cell.replace("\N{MINUS SIGN}", "-"))


def pseudonymous(guesses: pd.DataFrame) -> pd.DataFrame:
    """Return predictions without the names of those who made them.

    Parameters
    ----------
    guesses
        From :func:`read_guesses`.

    Returns
    -------
    pandas.DataFrame
        The same, people called ``player 1``, ``player 2`` and so on; neither these names nor the
        order of the rows follows the names or the order that were there before. Only what somebody
        predicts decides which player it is: whoever has a list of the names learns nothing from it.
    """
    found = {name: rows_hash(rows) for name, rows in guesses.groupby("person")}
    # Names only tell apart people of equal rows, who can be exchanged without a trace.
    order = sorted(found, key=lambda name: (found[name], name))
    width = len(str(len(order)))
    called = {name: f"player {place:0{width}d}" for place, name in enumerate(order, start=1)}
    renamed = guesses.assign(person=guesses["person"].map(called))
    return renamed.sort_values(["person", *COLUMNS[1:]], ignore_index=True)


def rows_hash(rows: pd.DataFrame) -> str:
    """Return a hash of one person's predictions, the same whatever their order and whoever made them."""
    said = sorted(json.dumps(row) for row in rows[list(COLUMNS[1:])].itertuples(index=False, name=None))
    return hashlib.sha256("\n".join(said).encode()).hexdigest()
