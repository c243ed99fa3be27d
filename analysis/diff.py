"""What moved between two editions, most important first."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.display import correlation as rho
from analysis.display import count, measure
from analysis.findings.shared import plural
from analysis.inputs import FORMULA_STARTS, safe_csv
from analysis.markdown import block, inline, pipe_table
from analysis.problems import InputError, Problem, listed

SHOWN = 20
SAME = 1e-9
RECORD = "edition.json"
CHANGE = {"before": "Before", "after": "After"}
DECLARED = {
    "benchmarks": ("higher_is", "as_released", "role", "area", "unit", "lower_bound", "upper_bound", "parent"),
    "models": ("population", "family", "training_flop"),
}


@dataclass(frozen=True)
class Edition:
    """What one edition holds, as far as it is compared.

    Parameters
    ----------
    name
        Its name.
    record
        Its `edition.json`.
    tables
        Its `results/` and `data/` by name, text as text; empty where a file is not there. And
        ``pages``, as :func:`page_digests` makes it.
    """

    name: str
    record: dict[str, Any]
    tables: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Section:
    """One kind of change.

    Parameters
    ----------
    title
        Heading.
    sentence
        How much of it there is.
    rows
        The changes, most important first.
    columns
        Column to heading.
    formats
        Column to the function that makes its text.
    """

    title: str
    sentence: str
    rows: pd.DataFrame
    columns: Mapping[str, str]
    formats: Mapping[str, Callable[[Any], str]]


def differences(before: Edition, after: Edition) -> list[Section]:
    """Compare two editions.

    Parameters
    ----------
    before, after
        The editions.

    Returns
    -------
    list of Section
        Only kinds with a change: claims, verdicts, parameters, declarations, models, benchmarks,
        correlations, capabilities scores, scores, pages.
    """
    found = [
        changed_words(before, after, "claims", ["id"], "verdict", "Claims with another verdict"),
        verdicts(before, after),
        parameters(before, after),
        declarations(before, after, "benchmarks", "Benchmarks declared otherwise"),
        declarations(before, after, "models", "Models described otherwise"),
        members(before, after, "models", "Models"),
        members(before, after, "benchmarks", "Benchmarks"),
        moved(before, after, "capabilities_correlations", ["population", "benchmark"], "correlation", "Correlations that moved"),
        moved(before, after, "capabilities_scores", ["population", "model"], "score", "Capabilities scores that moved"),
        measured(before, after),
        presence(before, after),
        pages(before, after),
    ]
    return [section for section in found if section is not None]


def report(before: Edition, after: Edition) -> str:
    """Return the comparison of two editions as Markdown.

    Parameters
    ----------
    before, after
        The editions.

    Returns
    -------
    str
        One section a kind of change, its first rows, and how many there are in all.
    """
    sections = differences(before, after)
    blocks = [f"# From edition {inline(before.name)} to {inline(after.name)}"]
    if not sections:
        blocks.append("Nothing moved.")
    for section in sections:
        table = pipe_table(section.rows.head(SHOWN), section.columns, section.formats)
        more = len(section.rows) - SHOWN
        rest = [f"And {count(more)} more."] if more > 0 else []
        blocks += [f"## {section.title}", block(section.sentence), table, *rest]
    return "\n\n".join(blocks) + "\n"


def open_edition(name: str, build: Path | None) -> Edition:
    """Read an edition.

    Parameters
    ----------
    name
        Its folder, or its name.
    build
        The folder of a book's editions, where names are looked up.

    Returns
    -------
    Edition
        Files that are not there have no rows.

    Raises
    ------
    InputError
        When there is no such edition or a file of it cannot be read.
    """
    places = [Path(name), *([build / name] if build else [])]
    folder = next((place for place in places if (place / RECORD).is_file()), None)
    if folder is None:
        there = sorted(path.parent.name for path in build.glob(f"*/{RECORD}")) if build else []
        mend = f"there are {listed(there)}" if there else "give the folder of an edition, which holds edition.json"
        raise InputError(Problem(name, None, None, "there is no such edition", mend))
    paths = [*sorted(folder.glob("results/*.csv")), *sorted(folder.glob("data/*.csv"))]
    record = read_record(folder / RECORD)
    tables = {path.stem: read_frame(path) for path in paths}
    return Edition(str(record.get("edition", folder.name)), record, {**tables, "pages": page_digests(folder / "notebooks")})


def page_digests(folder: Path) -> pd.DataFrame:
    """Sum up the executed chapters of an edition.

    Parameters
    ----------
    folder
        Its notebooks.

    Returns
    -------
    pandas.DataFrame
        ``page``, and one digest each of what its cells say, ``text``, and of what came out, ``outputs``.

    Raises
    ------
    InputError
        When a notebook cannot be read.
    """
    rows = []
    for path in sorted(folder.rglob("*.ipynb")):
        cells = read_record(path).get("cells", [])
        parts = [json.dumps([cell.get(key) for cell in cells]) for key in ("source", "outputs")]
        page = path.relative_to(folder).with_suffix("").as_posix()
        rows.append((page, *(hashlib.sha256(part.encode()).hexdigest() for part in parts)))
    return pd.DataFrame(rows, columns=["page", "text", "outputs"], dtype=object)


def keep(source: Path, target: Path) -> None:
    """Copy of an edition what a later one is compared with.

    Parameters
    ----------
    source
        Folder of the edition.
    target
        Folder to make; all files side by side in it, the record cut down to name and parameters.

    Raises
    ------
    InputError
        When the edition cannot be read.
    """
    found = open_edition(str(source), None)
    target.mkdir(parents=True)
    for path in [*source.glob("results/*.csv"), *source.glob("results/summary.json"), *source.glob("data/*.csv")]:
        shutil.copyfile(path, target / path.name)
    # Times and versions would make every chapter look as if its data had changed.
    record = {"edition": found.name, "parameters": found.record.get("parameters")}
    (target / RECORD).write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")


def open_kept(folder: Path) -> Edition:
    """Read what :func:`keep` has copied.

    Parameters
    ----------
    folder
        Where it is.

    Returns
    -------
    Edition
        The earlier edition.

    Raises
    ------
    InputError
        When it is not there or cannot be read.
    """
    if not (folder / RECORD).is_file():
        mend = "build an edition with --previous, which puts it there"
        raise InputError(Problem(str(folder), None, None, "there is no earlier edition", mend))
    record = read_record(folder / RECORD)
    return Edition(str(record.get("edition", "")), record, {p.stem: read_frame(p) for p in sorted(folder.glob("*.csv"))})


def as_read(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a computed table as :func:`read_frame` would read it from an edition."""
    return read_frame(io.StringIO(safe_csv(frame)))


def read_record(path: Path) -> dict[str, Any]:
    """Read the record of an edition, or a notebook of it.

    Raises
    ------
    InputError
        When it is no JSON object.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict):
        raise InputError(Problem(str(path), None, None, f"this is not a {'record' if path.name == RECORD else 'notebook'} of an edition", "build it again"))
    return record


def read_frame(path: Path | io.StringIO) -> pd.DataFrame:
    """Read one table of an edition, text as it was before it was made harmless for spreadsheets.

    Raises
    ------
    InputError
        When it is no table.
    """
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""], encoding="utf-8")
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise InputError(Problem(str(path), None, None, "this table cannot be read", "build the edition again")) from None
    marks = tuple(f"'{start}" for start in FORMULA_STARTS)
    bare = frame.map(lambda text: text[1:] if isinstance(text, str) and text.startswith(marks) else text)
    return bare.astype(object)


def paired(before: Edition, after: Edition, table: str, keys: list[str], value: str) -> pd.DataFrame:
    """Set one column of a table beside that of the other edition.

    Parameters
    ----------
    before, after
        The editions.
    table
        Name of the table.
    keys
        Columns that name a row.
    value
        The column compared.

    Returns
    -------
    pandas.DataFrame
        ``keys, before, after`` and ``in_both``; rows of either edition; none where a column is missing.
    """
    columns = [*keys, value]
    sides = []
    for edition, side in ((before, "before"), (after, "after")):
        frame = edition.tables.get(table, pd.DataFrame())
        known = frame.reindex(columns=columns) if set(columns) <= set(frame) else pd.DataFrame(columns=columns, dtype=object)
        sides.append(known.drop_duplicates(keys, keep="last").rename(columns={value: side}))
    both = sides[0].merge(sides[1], on=keys, how="outer", indicator="where")
    return both.assign(in_both=both["where"] == "both").drop(columns="where")


def changed_words(
    before: Edition, after: Edition, table: str, keys: list[str], value: str, title: str
) -> Section | None:
    """Rows whose word is another, in rows of both editions."""
    rows = paired(before, after, table, keys, value)
    rows = rows[rows["in_both"] & (rows["before"].fillna("") != rows["after"].fillna(""))]
    if rows.empty:
        return None
    columns = {**{key: key.capitalize() for key in keys}, **CHANGE}
    return Section(title, f"{plural(len(rows), 'row')} of {table} changed.", rows, columns, {})


def verdicts(before: Edition, after: Edition) -> Section | None:
    """Benchmarks with another verdict, those that were told or turned first."""
    keys, table = ["population", "benchmark"], "capabilities_correlations"
    found = changed_words(before, after, table, keys, "verdict", "Benchmarks with another verdict")
    if found is None:
        return None
    values = numbers(paired(before, after, table, keys, "correlation"))
    values = values.rename(columns={"before": "rho_before", "after": "rho_after"})
    rows = found.rows.drop(columns="in_both").merge(values.drop(columns="in_both"), on=keys, how="left")
    known = (rows[["before", "after"]] != "cannot tell").sum(axis=1)
    rows = rows.iloc[np.argsort(-known.to_numpy(), kind="stable")]
    columns = {**found.columns, "rho_before": "ρ before", "rho_after": "ρ after"}
    sentence = f"{plural(len(rows), 'benchmark has', 'benchmarks have')} another verdict."
    return Section(found.title, sentence, rows, columns, {"rho_before": rho, "rho_after": rho})


def parameters(before: Edition, after: Edition) -> Section | None:
    """Parameters with another value."""
    sides = [edition.record.get("parameters") for edition in (before, after)]
    old, new = (side if isinstance(side, dict) else {} for side in sides)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if not names:
        return None
    shown = [{"parameter": name, "before": word(old.get(name)), "after": word(new.get(name))} for name in names]
    sentence = f"{plural(len(names), 'parameter')} changed, so results may have moved for no other reason."
    return Section("Parameters", sentence, pd.DataFrame(shown), {"parameter": "Parameter", **CHANGE}, {})


def word(value: object) -> str:
    """Return a parameter's value as text, lists with commas."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "not a parameter then" if value is None else str(value)


def declarations(before: Edition, after: Edition, table: str, title: str) -> Section | None:
    """Descriptions of models or benchmarks that are in both editions and differ, direction first."""
    key = table.removesuffix("s")
    parts = []
    for column in DECLARED[table]:
        rows = paired(before, after, table, [key], column)
        rows = rows[rows["in_both"] & (rows["before"].fillna("") != rows["after"].fillna(""))]
        parts.append(rows.assign(column=column))
    found = pd.concat(parts, ignore_index=True)
    if found.empty:
        return None
    sentence = f"{plural(found[key].nunique(), key)} changed in what is declared of them."
    return Section(title, sentence, found, {key: key.capitalize(), "column": "Column", **CHANGE}, {})


def members(before: Edition, after: Edition, table: str, title: str) -> Section | None:
    """Models or benchmarks that came or went."""
    key = table.removesuffix("s")
    rows = paired(before, after, table, [key], "name")
    rows = rows[~rows["in_both"]]
    if rows.empty:
        return None
    old = before.tables.get(table, pd.DataFrame(columns=[key]))
    known = set(old[key]) if key in old else set()
    rows = rows.assign(change=["gone" if name in known else "new" for name in rows[key]])
    new = int((rows["change"] == "new").sum())
    sentence = f"{count(new)} new, {count(len(rows) - new)} gone."
    return Section(title, sentence, rows.sort_values(["change", key]), {key: key.capitalize(), "change": "Change"}, {})


def numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Return pairs with their values as numbers and the difference."""
    values = {side: pd.to_numeric(rows[side], errors="coerce") for side in ("before", "after")}
    return rows.assign(**values, change=values["after"] - values["before"])


def moved(
    before: Edition, after: Edition, table: str, keys: list[str], value: str, title: str
) -> Section | None:
    """Numbers that differ, in rows of both editions, the largest change first."""
    rows = numbers(paired(before, after, table, keys, value))
    gap = rows["before"].isna() != rows["after"].isna()
    rows = rows[rows["in_both"] & ((rows["change"].abs() > SAME) | gap)]
    if rows.empty:
        return None
    size = rows["change"].abs().fillna(np.inf)
    rows = rows.iloc[np.argsort(-size.to_numpy(), kind="stable")]
    sentence = f"{plural(len(rows), 'value')} moved; the middle change is {measure(size[np.isfinite(size)].median())} in size."
    columns = {**{key: key.capitalize() for key in keys}, **CHANGE, "change": "Change"}
    return Section(title, sentence, rows, columns, dict.fromkeys(("before", "after", "change"), rho))


def measured(before: Edition, after: Edition) -> Section | None:
    """Scores that differ, largest first in standard deviations of their benchmark."""
    keys = ["model", "benchmark"]
    rows = numbers(paired(before, after, "scores", keys, "score"))
    spread = rows.groupby("benchmark")["before"].transform("std")
    rows = rows[rows["in_both"] & (rows["change"].abs() > SAME)]
    if rows.empty:
        return None
    size = (rows["change"].abs() / spread[rows.index]).fillna(np.inf)
    rows = rows.iloc[np.argsort(-size.to_numpy(), kind="stable")]
    columns = {"model": "Model", "benchmark": "Benchmark", **CHANGE}
    sentence = f"{plural(len(rows), 'score')} changed in {plural(rows['benchmark'].nunique(), 'benchmark')}."
    return Section("Scores that changed", sentence, rows, columns, {"before": measure, "after": measure})


def presence(before: Edition, after: Edition) -> Section | None:
    """Scores that came or went, counted by benchmark."""
    rows = paired(before, after, "scores", ["model", "benchmark"], "score")
    rows = rows[~rows["in_both"]]
    if rows.empty:
        return None
    came = rows["before"].isna()
    found = pd.DataFrame({"new": came.groupby(rows["benchmark"]).sum(), "gone": (~came).groupby(rows["benchmark"]).sum()})
    found = found.sort_values(["gone", "new"], ascending=False, kind="stable").reset_index()
    sentence = f"{count(int(came.sum()))} new, {count(int((~came).sum()))} gone."
    return Section("Scores that came or went", sentence, found, {"benchmark": "Benchmark", "new": "New", "gone": "Gone"}, {})


def pages(before: Edition, after: Edition) -> Section | None:
    """Chapters that came or went, say something else, or come out otherwise."""
    text = paired(before, after, "pages", ["page"], "text")
    outputs = paired(before, after, "pages", ["page"], "outputs")
    other_text, other_outputs = (side["before"] != side["after"] for side in (text, outputs))
    came, went = text["before"].isna(), text["after"].isna()
    kinds = {"new": came, "gone": went, "text": other_text & ~other_outputs, "results": other_outputs & ~other_text}
    change = np.select(list(kinds.values()), list(kinds), "text and results")
    rows = text[["page"]].assign(change=change)[other_text | other_outputs]
    if rows.empty or any(edition.tables.get("pages", text[:0]).empty for edition in (before, after)):
        return None
    sentence = f"{plural(len(rows), 'page')} changed."
    return Section("Pages that changed", sentence, rows, {"page": "Page", "change": "What changed"}, {})
