"""Plain score tables: long (``model, benchmark, score``) or wide (one row a model)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from analysis.problems import InputError, Problem, Remark, listed, quoted, raise_if
from analysis.schemas import MODELS
from analysis.sources import Reading
from analysis.sources.sheet import Sheet, name_fault, read_sheet

MEASUREMENT = ("model", "benchmark", "score")
DETAILS = ("stderr", "n_items", "source")
RESERVED = frozenset({*DETAILS, *(field.name for field in MODELS if field.name != "model")})


@dataclass
class _Gathered:
    rows: list[int] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    benchmarks: list[str] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    named: dict[str, dict[str, None]] = field(
        default_factory=lambda: {"model": {}, "benchmark": {}}
    )
    blank: int = 0

    def name(self, model: str, benchmark: str, cell: str) -> None:
        self.named["model"][model] = None
        self.named["benchmark"][benchmark] = None
        self.blank += not cell

    def add(self, row: int, column: str, model: str, benchmark: str, score: float) -> None:
        self.rows.append(row)
        self.columns.append(column)
        self.models.append(model)
        self.benchmarks.append(benchmark)
        self.scores.append(score)

    def frame(self) -> pd.DataFrame:
        index = pd.MultiIndex.from_arrays([self.rows, self.columns], names=["row", "column"])
        columns = (self.models, self.benchmarks, self.scores)
        data = dict(zip(MEASUREMENT, columns, strict=True))
        return pd.DataFrame(data, index=index).astype({"model": "str", "benchmark": "str"})


def read_table(path: str | Path, benchmark: str = "") -> Reading:
    """Read a table of scores, long or wide, from a CSV or TSV file.

    A table with columns ``model``, ``benchmark`` and ``score`` is long; one with ``model`` and
    without ``benchmark`` and ``score`` is wide, each further column a benchmark. A blank cell is a
    missing score. In a wide table columns of words are left out, as are columns that belong in a
    model registry; the notes list them.

    Parameters
    ----------
    path
        The file; see :func:`analysis.sources.sheet.read_sheet` for encodings and limits.
    benchmark
        What all scores are of where a table with a column ``score`` has none that says so.

    Returns
    -------
    Reading
        The scores as the file has them and notes on what was left out.

    Raises
    ------
    InputError
        With every problem found: cells that are not numbers, unusable names, scores given twice,
        columns that make neither a long nor a wide table.
    """
    sheet = read_sheet(path)
    known = known_columns(sheet, (*MEASUREMENT, *DETAILS))
    if benchmark and "score" in known and "benchmark" not in known:
        sheet, known = _of_one_benchmark(sheet, benchmark), {**known, "benchmark": "benchmark"}
    if "benchmark" in known or "score" in known:
        return _read_long(sheet, known)
    return _read_wide(sheet, known)


def _of_one_benchmark(sheet: Sheet, benchmark: str) -> Sheet:
    rows = [(row, [*cells, benchmark]) for row, cells in sheet.rows]
    return replace(sheet, header=[*sheet.header, "benchmark"], rows=rows)


def known_columns(sheet: Sheet, names: Iterable[str]) -> dict[str, str]:
    wanted, known, problems = set(names), {}, []
    for column in sheet.header:
        name = column.casefold()
        if name in wanted and name in known:
            what = f"columns {quoted(known[name])} and {quoted(column)} both mean {name}"
            problems.append(Problem(sheet.file, 1, None, what, "rename or remove one of them"))
        elif name in wanted:
            known[name] = column
    raise_if(problems)
    return known


def _read_long(sheet: Sheet, known: dict[str, str]) -> Reading:
    lacking = [name for name in MEASUREMENT if name not in known]
    if lacking:
        raise InputError(_wrong_columns(sheet, f"no column {' or '.join(lacking)}"))
    gathered = _Gathered()
    details: dict[str, list[object]] = {name: [] for name in DETAILS if name in known}
    places = {name: sheet.header.index(column) for name, column in known.items()}
    for row, cells in sheet.rows:
        picked = {name: cells[place] for name, place in places.items()}
        _take_measurement(sheet, row, picked, known, gathered, details)
    strangers = [name for name in sheet.header if name not in known.values()]
    return _reading(sheet, gathered, details, _left_out("columns of no known meaning", strangers))


def _take_measurement(
    sheet: Sheet,
    row: int,
    picked: dict[str, str],
    known: dict[str, str],
    gathered: _Gathered,
    details: dict[str, list[object]],
) -> None:
    faults = [*_name_problems(sheet.file, row, picked, known)]
    value, problem = _score(sheet, row, known["score"], picked["score"])
    extras = {name: _detail(sheet, row, known[name], name, picked[name]) for name in details}
    faults += [found for found in (problem, *(fault for _, fault in extras.values())) if found]
    gathered.problems += faults
    gathered.name(picked["model"], picked["benchmark"], picked["score"])
    if value is None or faults:
        return
    gathered.add(row, known["score"], picked["model"], picked["benchmark"], value)
    for name, (detail, _) in extras.items():
        details[name].append(detail)


def _name_problems(
    file: str, row: int, picked: dict[str, str], known: dict[str, str]
) -> Iterator[Problem]:
    for kind in ("model", "benchmark"):
        fault = name_fault(picked[kind]) if picked[kind] else f"the {kind} has no name"
        if fault:
            yield Problem(file, row, known[kind], fault, f"give the {kind} a plain name")


def _score(sheet: Sheet, row: int, column: str, cell: str) -> tuple[float | None, Problem | None]:
    value = sheet.number(cell) if cell else None
    if value is not None or not cell:
        return value, None
    what = f"{quoted(cell)} is not a number"
    return None, Problem(sheet.file, row, column, what, _number_mend(cell))


def _number_mend(cell: str) -> str:
    if cell.endswith("%"):
        return "write the number without the percent sign"
    if "," in cell:
        return "write it with a decimal point and without thousands separators"
    return "write a number, or leave the cell empty where there is no score"


def _detail(
    sheet: Sheet, row: int, column: str, name: str, cell: str
) -> tuple[object, Problem | None]:
    if not cell:
        return (None if name == "source" else math.nan), None
    if name == "source":
        fault = name_fault(cell)
        mend = "keep the source on one short line of plain text"
        return cell, Problem(sheet.file, row, column, fault, mend) if fault else None
    value = sheet.number(cell)
    if value is not None and (value >= 0 if name == "stderr" else value >= 1 and value % 1 == 0):
        return value, None
    wanted = "a number of at least 0" if name == "stderr" else "a whole number of at least 1"
    what = f"{quoted(cell)} is not {wanted}"
    return None, Problem(sheet.file, row, column, what, "correct it or leave the cell empty")


def _read_wide(sheet: Sheet, known: dict[str, str]) -> Reading:
    if "model" not in known:
        raise InputError(_wrong_columns(sheet, "no column called model"))
    names = sheet.column(known["model"])
    registry = [name for name in sheet.header if name.casefold() in RESERVED]
    columns = [name for name in sheet.header if name not in registry and name != known["model"]]
    words = [name for name in columns if _only_words(sheet, name)]
    scored = [name for name in columns if name not in set(words)]
    if not scored:
        raise InputError(_wrong_columns(sheet, "no column holds scores"))
    gathered = _Gathered(problems=[*_model_problems(sheet, known["model"], names)])
    for name in scored:
        _take_column(sheet, names, name, gathered)
    notes = [
        *_left_out("columns that hold no numbers", words),
        *_left_out("columns that describe models or single measurements", registry),
    ]
    return _reading(sheet, gathered, {}, notes)


def _model_problems(sheet: Sheet, column: str, names: list[str]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for (row, _), name in zip(sheet.rows, names, strict=True):
        fault = name_fault(name) if name else "the model has no name"
        if fault:
            yield Problem(sheet.file, row, column, fault, "give the model a plain name")
        elif name in first:
            what = f"second row of model {quoted(name)}, after row {first[name]}"
            yield Problem(sheet.file, row, column, what, "keep one row for each model")
        first.setdefault(name, row)


def _only_words(sheet: Sheet, column: str) -> bool:
    cells = [cell for cell in sheet.column(column) if cell]
    return bool(cells) and not any(_means_a_score(sheet, cell) for cell in cells)


def _means_a_score(sheet: Sheet, cell: str) -> bool:
    bare = cell.removesuffix("%").strip().lstrip("+-").casefold()
    return sheet.number(bare) is not None or bare in {"nan", "inf", "infinity", "na", "n/a"}


def _take_column(sheet: Sheet, names: list[str], column: str, gathered: _Gathered) -> None:
    for (row, _), model, cell in zip(sheet.rows, names, sheet.column(column), strict=True):
        value, problem = _score(sheet, row, column, cell)
        gathered.name(model, column, cell)
        if problem:
            gathered.problems.append(problem)
        elif value is not None:
            gathered.add(row, column, model, column, value)


def _reading(
    sheet: Sheet, gathered: _Gathered, details: dict[str, list[object]], notes: Iterable[Remark]
) -> Reading:
    scores = gathered.frame().assign(**details)
    raise_if([*gathered.problems, *duplicates(scores, sheet.file)])
    if scores.empty:
        what, mend = "there is no score in the table", "fill in at least one"
        raise InputError(Problem(sheet.file, None, None, what, mend))
    if "source" in details:
        scores = scores.astype({"source": "str"})
    blank = [Remark(f"blank cells read as missing scores: {gathered.blank}")]
    spoken = (*sheet.notes, *notes, *(blank if gathered.blank else ()))
    return Reading(scores, (*spoken, *_unscored(scores, gathered.named)), sheet.file)


def _unscored(scores: pd.DataFrame, named: dict[str, dict[str, None]]) -> Iterator[Remark]:
    for kind, names in named.items():
        scored = set(scores[kind])
        yield from _left_out(f"{kind}s without any score", [n for n in names if n not in scored])


def _left_out(what: str, names: list[str]) -> list[Remark]:
    return [Remark(f"{what} left out", tuple(names))] if names else []


def _wrong_columns(sheet: Sheet, what: str) -> Problem:
    mend = (
        "give the columns model, benchmark and score (one row a measurement), "
        "or model and one column for each benchmark"
    )
    return Problem(sheet.file, 1, None, f"{what}; found {listed(sheet.header)}", mend)


def duplicates(scores: pd.DataFrame, file: str) -> Iterator[Problem]:
    """Yield a problem for each score whose model and benchmark already had one.

    Parameters
    ----------
    scores
        Columns ``model, benchmark``; index levels ``row`` and ``column``.
    file
        The file to name.

    Yields
    ------
    Problem
        Naming both rows.
    """
    pair = ["model", "benchmark"]
    repeated = scores[scores.duplicated(pair, keep=False)]
    for (model, benchmark), group in repeated.groupby(pair, sort=False):
        (first, _), *others = group.index
        for row, column in others:
            what = f"second score of {quoted(model)} on {quoted(benchmark)}, after row {first}"
            yield Problem(file, int(row), str(column), what, "keep one of the two")
