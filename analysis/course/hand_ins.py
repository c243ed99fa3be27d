"""What students handed in: files found, and read as data, whatever is in them."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.problems import visible

LARGEST = 20 * 2**20
MOST_FILES = 100
MOST_CELLS = 2000
INJECTED = "injected-parameters"
SEPARATORS = " .-_"


class Unreadable(Exception):
    """A file that is no notebook; the message says why and what to do."""


@dataclass(frozen=True)
class HandIn:
    """The notebooks of one student: the id, as far as it is known, and the files."""

    student: str
    files: tuple[Path, ...]


@dataclass(frozen=True)
class Notebook:
    """A notebook as it was handed in.

    Parameters
    ----------
    cells
        Each with `kind`, `source`, `identity` (its `grade_id`) and `tags`, all plain text.
    about
        What this book wrote into it: class, student, chapter.
    """

    cells: tuple[Mapping[str, Any], ...]
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def identities(self) -> set[str]:
        """Every `grade_id`."""
        return {cell["identity"] for cell in self.cells}


def hand_ins(folder: Path, known: Sequence[str]) -> list[HandIn]:
    """Find what was handed in.

    Parameters
    ----------
    folder
        With a folder or files a student.
    known
        Ids on the roster; none where there is no roster.

    Returns
    -------
    list of HandIn
        In order of the ids: those of the roster, and any other by the name of the folder or file. Links are not
        followed.
    """
    found: dict[str, list[Path]] = {student: [] for student in known}
    for path in sorted(folder.iterdir()):
        if is_plain(path, stat.S_ISDIR) and not path.name.startswith("."):
            files = [each for each in sorted(path.rglob("*")) if is_notebook_file(each) and not hidden(each, path)]
            found.setdefault(student_of(path.name, known), []).extend(files[:MOST_FILES])
        elif is_notebook_file(path):
            found.setdefault(student_of(path.stem, known), []).append(path)
    return [HandIn(student, tuple(files)) for student, files in found.items()]


def hidden(path: Path, folder: Path) -> bool:
    """Whether a file lies in a folder that programs keep for themselves, such as `.ipynb_checkpoints`."""
    return any(part.startswith((".", "__MACOSX")) for part in path.relative_to(folder).parts)


def is_plain(path: Path, kind: Any) -> bool:
    """Whether a path is of a kind and no link."""
    try:
        return bool(kind(path.lstat().st_mode))
    except OSError:
        return False


def is_notebook_file(path: Path) -> bool:
    """Whether a path is a file that calls itself a notebook."""
    return path.suffix.casefold() == ".ipynb" and is_plain(path, stat.S_ISREG)


def student_of(name: str, known: Sequence[str]) -> str:
    """Return the id that a name begins with: the longest of the roster that fits, else the name itself.

    Parameters
    ----------
    name
        Of a folder, or of a file without its ending.
    known
        Ids on the roster.

    Returns
    -------
    str
        The id.
    """
    folded = name.casefold()
    fitting = [each for each in known if folded == each.casefold() or begins(folded, each.casefold())]
    return max(fitting, key=len) if fitting else visible(name[:80])


def begins(name: str, identity: str) -> bool:
    """Whether a name is an id with something after a separator."""
    return name.startswith(identity) and name[len(identity)] in SEPARATORS


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
        For :func:`analysis.course.cells.run_cells`. Where a check is missing, answers are taken after the cell to
        answer in, or at the end.
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
    for number, cell in enumerate(notebook.cells):
        if cell["identity"] in by_label:
            yield by_label[cell["identity"]]
        elif cell["kind"] == "code" and INJECTED not in cell["tags"]:
            yield {"source": cell["source"]}
        if number == place:
            yield {"source": opening}
        if cell["identity"] in missing:
            yield missing[cell["identity"]]


def place_of_opening(notebook: Notebook) -> int | None:
    """Return the number of the cell at which the student's own parameters are set: theirs, else the chapter's."""
    tagged = {tag: number for number, cell in enumerate(notebook.cells) for tag in cell["tags"]}
    return tagged.get(INJECTED, tagged.get("parameters"))
