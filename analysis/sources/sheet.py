"""Text of a delimited file, cell by cell, before anything is made of it."""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from analysis.problems import INVISIBLE, InputError, Problem, Remark, quoted
from analysis.schemas import TABLES

MOST_BYTES = 32 * 2**20
MOST_CELLS = 3_000_000
LONGEST_NAME = 200
SAMPLED_ROWS = 20
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
SIGNATURES = {
    b"PK\x03\x04": "a spreadsheet or zip file",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an Excel file",
}
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
TEXTS = frozenset(
    field.name
    for fields in TABLES.values()
    for field in fields
    if field.kind in ("text", "category")
)
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Sheet:
    """The cells of a delimited file.

    Parameters
    ----------
    file
        The file, as the user named it.
    header
        Names of the columns, stripped, each once.
    rows
        Pairs of row number (the header is row 1) and its cells, stripped, as many as the header;
        blank rows are not among them.
    decimal_comma
        Whether numbers are written with a decimal comma.
    notes
        What was assumed in reading.
    """

    file: str
    header: list[str]
    rows: list[tuple[int, list[str]]]
    decimal_comma: bool
    notes: tuple[Remark, ...] = ()

    def column(self, name: str) -> list[str]:
        """Return the cells of one column, in order of the rows."""
        place = self.header.index(name)
        return [cells[place] for _, cells in self.rows]

    def number(self, cell: str) -> float | None:
        """Return the finite number that a cell holds, or ``None``."""
        return number(cell, self.decimal_comma)


def number(cell: str, decimal_comma: bool = False) -> float | None:
    """Return the finite number that a text is.

    Parameters
    ----------
    cell
        Stripped text.
    decimal_comma
        Whether ``0,5`` is read as ``0.5``.

    Returns
    -------
    float or None
        ``None`` for anything else: words, NaN, infinities, percent signs, grouped thousands.
    """
    text = cell.replace(",", ".") if decimal_comma and DECIMAL_COMMA.fullmatch(cell) else cell
    value = float(text) if NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else None


def read_sheet(path: str | Path, of: str = "measurement") -> Sheet:
    """Read a CSV or TSV file as text.

    UTF-8 (with or without byte order mark), UTF-16 and UTF-32 with one are recognised; anything
    else is taken for Western European Windows text, and a remark says so. The separator is the
    comma, semicolon or tab that splits the first rows into equally many columns, else the header
    into most.

    Parameters
    ----------
    path
        The file.
    of
        What a row is of, for the message where there is none.

    Returns
    -------
    Sheet
        Its cells.

    Raises
    ------
    InputError
        If the file is missing, empty, not text, larger than 32 MiB or three million cells, ragged,
        or has unusable column names.
    """
    file = str(path)
    text, notes = _decoded(_content(path, file), file)
    separator = _separator(text)
    records = _records(text, separator, file)
    if not records:
        what, mend = "the file is empty", "give a table with a header"
        raise InputError(Problem(file, None, None, what, mend))
    header, rows = _squared(records, separator, file)
    header, rows, dropped = _named(header, rows, file)
    if not rows:
        what = "there is a header and no row under it"
        raise InputError(Problem(file, None, None, what, f"add one row for each {of}"))
    comma = separator != "," and _decimal_comma(header, rows, file)
    spoken = (*notes, *dropped, *([Remark("decimal commas are read as points")] if comma else []))
    return Sheet(file, header, rows, comma, spoken)


def name_fault(name: str, longest: int = LONGEST_NAME, kind: str = "name") -> str | None:
    """Return why a text cannot name a model, benchmark or column, or ``None`` if it can.

    Parameters
    ----------
    name
        Stripped text. Markup and formulas are fine: names are escaped where they are shown.
    longest
        Most characters allowed.
    kind
        What the text is, for the message.

    Returns
    -------
    str or None
        What is wrong with it.
    """
    if len(name) > longest:
        return f"the {kind} {quoted(name)} is longer than {longest} characters"
    if name.isascii() and name.isprintable():
        return None
    if "\n" in name or "\r" in name:
        return f"the {kind} {quoted(name)} contains a line break"
    unseen = [char for char in name if unicodedata.category(char) in INVISIBLE]
    if unseen:
        code = f"U+{ord(unseen[0]):04X}"
        return f"the {kind} {quoted(name)} contains the invisible character {code}"
    return None


def _content(path: str | Path, file: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        problem = Problem(file, None, None, "there is no such file", "check the path")
    except IsADirectoryError:
        problem = Problem(file, None, None, "this is a folder", "name the CSV file in it")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        what = f"cannot be read ({reason})"
        problem = Problem(file, None, None, what, "check the path and rights")
    else:
        return _bounded(content, file)
    raise InputError(problem)


def _bounded(content: bytes, file: str) -> bytes:
    if len(content) > MOST_BYTES:
        what = f"larger than the limit of {MOST_BYTES // 2**20} MiB"
        mend = "leave out what the edition does not need"
        raise InputError(Problem(file, None, None, what, mend))
    for signature, kind in SIGNATURES.items():
        if content.startswith(signature):
            what, mend = f"this is {kind}, not text", "save it as CSV in UTF-8"
            raise InputError(Problem(file, None, None, what, mend))
    return content


def _decoded(content: bytes, file: str) -> tuple[str, tuple[Remark, ...]]:
    marks = (code for mark, code in BYTE_ORDER_MARKS.items() if content.startswith(mark))
    encoding = next(marks, "utf-8")
    if encoding == "utf-8" and b"\x00" in content:
        what = "this is not text, or UTF-16 without a byte order mark"
        raise InputError(Problem(file, None, None, what, "save it as CSV in UTF-8"))
    try:
        return content.decode(encoding), ()
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            what = f"the text is not valid {encoding.upper()} ({error.reason})"
            raise InputError(Problem(file, None, None, what, "save it as CSV in UTF-8")) from None
    return _western(content), (
        Remark("the file is not UTF-8; it was read as Latin-1, so check accented names"),
    )


def _western(content: bytes) -> str:
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _separator(text: str) -> str:
    def fit(separator: str) -> tuple[bool, int]:
        lines = csv.reader(io.StringIO(text[: 2**20], newline=""), delimiter=separator)
        try:
            widths = [len(line) for line in islice(filter(None, lines), SAMPLED_ROWS)]
        except csv.Error:
            return False, 0
        columns = widths[0] if widths else 0
        return columns > 1 and set(widths) == {columns}, columns

    return max(SEPARATORS, key=fit)


def _records(text: str, separator: str, file: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    records: list[tuple[int, list[str]]] = []
    count = 0
    try:
        for row, record in enumerate(reader, start=1):
            cells = [cell.strip() for cell in record]
            count += len(cells)
            if count > MOST_CELLS:
                what = f"more than the limit of {MOST_CELLS} cells"
                mend = "leave out what the edition does not need"
                raise InputError(Problem(file, row, None, what, mend))
            if any(cells):
                records.append((row, cells))
    except csv.Error as error:
        mend = "check the quotation marks from here upwards"
        problem = Problem(file, len(records) + 1, None, f"not valid CSV ({error})", mend)
        raise InputError(problem) from None
    return records


def _squared(
    records: list[tuple[int, list[str]]], separator: str, file: str
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    (_, header), *rows = records
    width, problems = len(header), []
    for row, cells in rows:
        if len(cells) < width or any(cells[width:]):
            what = (
                f"{len(cells)} cells where the header has {width} "
                f"({SEPARATORS[separator]}-separated)"
            )
            mend = "put quotation marks around cells that contain the separator"
            problems.append(Problem(file, row, None, what, mend))
    if problems:
        raise InputError(problems)
    return header, [(row, cells[:width]) for row, cells in rows]


def _named(
    header: list[str], rows: list[tuple[int, list[str]]], file: str
) -> tuple[list[str], list[tuple[int, list[str]]], tuple[Remark, ...]]:
    unnamed = [place for place, name in enumerate(header) if not name]
    empty = [place for place in unnamed if not any(cells[place] for _, cells in rows)]
    counting = [
        place for place in unnamed if place not in empty and _counts([c[place] for _, c in rows])
    ]
    gone = {*empty, *counting}
    problems = [*_header_problems(header, gone, file)]
    if problems:
        raise InputError(problems)
    if not gone:
        return header, rows, ()
    kept = [place for place in range(len(header)) if place not in gone]
    notes = (Remark("a column of row numbers without a name is left out"),) if counting else ()
    return (
        [header[place] for place in kept],
        [(row, [cells[place] for place in kept]) for row, cells in rows],
        notes,
    )


def _counts(cells: list[str]) -> bool:
    return any(cells == [str(start + k) for k in range(len(cells))] for start in (0, 1))


def _header_problems(header: list[str], gone: set[int], file: str) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for place, name in enumerate(header):
        if place in gone:
            continue
        fault = name_fault(name) if name else f"column {place + 1} has no name"
        if fault:
            yield Problem(file, 1, None, fault, "give the column a plain name")
        elif name in seen:
            what = f"columns {seen[name] + 1} and {place + 1} are both called {quoted(name)}"
            yield Problem(file, 1, None, what, "rename or remove one of them")
        seen.setdefault(name, place)


def _decimal_comma(header: list[str], rows: list[tuple[int, list[str]]], file: str) -> bool:
    places = [place for place, name in enumerate(header) if name.casefold() not in TEXTS]
    comma = next(_matching(rows, places, DECIMAL_COMMA, ","), None)
    point = next(_matching(rows, places, NUMBER, "."), None) if comma else None
    if comma and point:
        what = f"{quoted(comma[1])} has a decimal comma, {quoted(point[1])} in row {point[0]} not"
        mend = "write every number with a decimal point"
        raise InputError(Problem(file, comma[0], None, what, mend))
    return comma is not None


def _matching(
    rows: list[tuple[int, list[str]]], places: list[int], pattern: re.Pattern[str], mark: str
) -> Iterator[tuple[int, str]]:
    return (
        (row, cells[place])
        for row, cells in rows
        for place in places
        if mark in cells[place] and pattern.fullmatch(cells[place])
    )
