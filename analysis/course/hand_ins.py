"""What students handed in, read as data, whatever is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

LARGEST = 20 * 2**20
MOST_CELLS = 2000
INJECTED = "injected-parameters"
# Of the cells that the book made, where no program has given them others; those a student adds have random ones.
MADE = re.compile(r"cell-\d+")
HEADINGS = ("### Exercise", "## ")


class Unreadable(Exception):
    """A file that is no notebook; the message says why and what to do."""


@dataclass(frozen=True)
class Notebook:
    """A notebook as it was handed in.

    Parameters
    ----------
    cells
        Each with `kind`, `source`, `identity` (its `grade_id`) and `tags`, all plain text, and whether it has an id
        as the book gives them, `made`.
    about
        What this book wrote into it: class, student, chapter.
    """

    cells: tuple[Mapping[str, Any], ...]
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def identities(self) -> set[str]:
        """Every `grade_id`."""
        return {cell["identity"] for cell in self.cells}


def read_hand_in(path: Path) -> Notebook:
    """Read a notebook as data.

    Parameters
    ----------
    path
        Any file.

    Returns
    -------
    Notebook
        Its cells; outputs are not looked at.

    Raises
    ------
    Unreadable
        When it is too large, empty or no notebook.
    """
    if path.lstat().st_size > LARGEST:
        raise Unreadable(f"the file is larger than {LARGEST // 2**20} MB; clear the outputs, save and hand it in again")
    content = path.read_bytes()
    if not content.strip():
        raise Unreadable("the file is empty; save the notebook and hand it in again")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise Unreadable("the file is not a notebook: it is not valid JSON; hand in the .ipynb file itself") from None
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        raise Unreadable("the file is not a notebook of today's format; save it with JupyterLab and hand it in again")
    cells = tuple(plain_cell(cell) for cell in found["cells"][:MOST_CELLS] if isinstance(cell, dict))
    return Notebook(cells, texts_of(mapping(found.get("metadata")).get("book_class")))


def mapping(value: object) -> dict[str, Any]:
    """A parsed value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def texts_of(value: object) -> dict[str, str]:
    """The texts of a parsed object, by name."""
    return {name: each for name, each in mapping(value).items() if isinstance(each, str)}


def plain_cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    """Return what matters of a cell."""
    metadata, source = mapping(cell.get("metadata")), cell.get("source", "")
    lines = source if isinstance(source, list) else [source]
    tags = metadata.get("tags")
    identity = mapping(metadata.get("nbgrader")).get("grade_id")
    return {
        "kind": "code" if cell.get("cell_type") == "code" else "text",
        "source": "".join(line for line in lines if isinstance(line, str)),
        "identity": identity if isinstance(identity, str) else "",
        "made": isinstance(cell.get("id"), str) and MADE.fullmatch(cell["id"]) is not None,
        "tags": [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
    }


def cells_to_run(notebook: Notebook, asked: Sequence[Mapping[str, Any]], opening: str) -> list[dict[str, Any]]:
    """Return what the sandbox is to do: the student's cells, and answers taken where the checks were.

    Parameters
    ----------
    notebook
        As handed in.
    asked
        Exercises of the chapter that check themselves, with `label` and `asks`.
    opening
        Code in place of the cell that holds the student's own parameters.

    Returns
    -------
    list of dict
        For :func:`analysis.course.cells.run_cells`; with `cell`, its number among the notebook's cells of code, where
        it is one. Where a check is missing, answers are taken after the cell to answer in, or at the end.
    """
    by_label = {each["label"]: {"label": each["label"], "asks": each["asks"]} for each in asked}
    missing = {f"{label}-answer": taking for label, taking in by_label.items() if label not in notebook.identities}
    last = [taking for identity, taking in missing.items() if identity not in notebook.identities]
    return [*steps(notebook, by_label, missing, opening), *last]


def steps(
    notebook: Notebook, by_label: Mapping[str, Any], missing: Mapping[str, Any], opening: str
) -> Iterator[dict[str, Any]]:
    """Yield what is to be done, cell by cell."""
    place = place_of_opening(notebook)
    if place is None:
        yield {"source": opening}
    code = 0
    for number, cell in enumerate(notebook.cells):
        code += cell["kind"] == "code"
        if cell["identity"] in by_label:
            yield by_label[cell["identity"]]
        elif cell["kind"] == "code" and INJECTED not in cell["tags"]:
            yield {"source": cell["source"], "cell": code}
        if number == place:
            yield {"source": opening}
        if cell["identity"] in missing:
            yield missing[cell["identity"]]


def place_of_opening(notebook: Notebook) -> int | None:
    """Return the number of the cell at which the student's own parameters are set: theirs, else the chapter's."""
    tagged = {tag: number for number, cell in enumerate(notebook.cells) for tag in cell["tags"]}
    return tagged.get(INJECTED, tagged.get("parameters"))


def words_of(notebook: Notebook, label: str) -> str | None:
    """Return an answer in words: what is in the cell for it, and in cells added above and below.

    Parameters
    ----------
    notebook
        As handed in.
    label
        Of the exercise.

    Returns
    -------
    str or None
        The text, also of cells of code, which is what a notebook program adds unasked; None where the cell for the
        answer was taken out.
    """
    cells = notebook.cells
    places = [number for number, cell in enumerate(cells) if cell["identity"] == label]
    numbered = any(cell["made"] for cell in cells)
    own: set[int] = set(places)
    for place in places:
        for run in (range(place - 1, -1, -1), range(place + 1, len(cells))):
            own |= set(takewhile(lambda number: is_added(cells[number], numbered), run))
    return "\n".join(cells[number]["source"] for number in sorted(own)) if places else None


def is_added(cell: Mapping[str, Any], numbered: bool) -> bool:
    """Whether a student added a cell; told by the headings of the book where the cells' ids are gone."""
    own = cell["made"] if numbered else cell["source"].startswith(HEADINGS)
    return not own and not cell["identity"]
