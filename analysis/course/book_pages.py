"""What the executed chapters of an edition hold: values, figures, tables."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.diff import open_edition
from analysis.execution import chapter_name, is_notebook, pages_listed
from analysis.markdown import inline
from analysis.parameters import Parameters

GLUED = "application/papermill.record/"
CHART = "application/vnd.vegalite"


@dataclass(frozen=True)
class Shown:
    """What a cell of an executed chapter shows: its name or else source, its caption in MyST, and the data by kind."""

    name: str
    caption: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Chapter:
    """A chapter: its source, and what executing it brought.

    Parameters
    ----------
    name
        Its path below `chapters/`.
    text
        MyST source.
    values
        Glued values as Markdown in which no character of theirs is markup.
    shown
        Figures and tables by name, and what other cells show by their source.
    """

    name: str
    text: str
    values: Mapping[str, str] = field(default_factory=dict)
    shown: Mapping[str, Shown] = field(default_factory=dict)


@dataclass(frozen=True)
class BuiltBook:
    """A book and one of its editions.

    Parameters
    ----------
    root
        Folder of the book.
    edition
        Name of the edition.
    data
        Folder of its tables.
    parameters
        Its parameters.
    chapters
        Those that are notebooks, by name, in the order of the book.
    """

    root: Path
    edition: str
    data: Path
    parameters: Parameters
    chapters: Mapping[str, Chapter]


def built_book(root: Path, edition: str) -> BuiltBook:
    """Read a book and an edition of it.

    Parameters
    ----------
    root
        Folder of the book.
    edition
        Name of an edition that has been built.

    Returns
    -------
    BuiltBook
        Both.

    Raises
    ------
    InputError
        When there is no such edition.
    """
    build = root / "_build"
    record = open_edition(edition, build).record
    folder = build / edition
    pages = {chapter_name(page): root / f"{page}.md" for page in pages_listed(root / "_toc.yml")}
    texts = {name: path.read_text(encoding="utf-8") for name, path in pages.items() if path.is_file()}
    chapters = {name: chapter(name, text, folder) for name, text in texts.items() if is_notebook(text)}
    return BuiltBook(root, edition, folder / "data", Parameters.from_mapping(record["parameters"]), chapters)


def chapter(name: str, text: str, folder: Path) -> Chapter:
    """Read a chapter and what executing it brought; without an executed notebook there is only the text."""
    path = folder / "notebooks" / f"{name}.ipynb"
    if not path.is_file():
        return Chapter(name, text)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    found = [(cell, output) for cell in cells for output in cell.get("outputs", [])]
    shown = {each.name: each for each in figures(found)}
    return Chapter(name, text, dict(glued(output for _, output in found)), shown)


def glued(outputs: Iterator[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield name and text of the values that outputs carry."""
    for output in outputs:
        name = output.get("metadata", {}).get("scrapbook", {}).get("name")
        text = output.get("data", {}).get(f"{GLUED}text/plain")
        if name and text is not None:
            yield name, inline(ast.literal_eval("".join(text)))


def figures(found: list[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Iterator[Shown]:
    """Yield what cells show, each cell with one of its outputs; a cell without a name goes by its source."""
    for cell, output in found:
        figure = cell["metadata"].get("mystnb", {}).get("figure", {})
        data = {kind: each for kind, each in output.get("data", {}).items() if not kind.startswith(GLUED)}
        if data:
            yield Shown(figure.get("name") or "".join(cell["source"]), figure.get("caption", ""), data)


def chart_of(shown: Shown) -> dict[str, Any] | None:
    """Return the specification of a chart; None for a table."""
    return next((spec for kind, spec in shown.data.items() if kind.startswith(CHART)), None)
