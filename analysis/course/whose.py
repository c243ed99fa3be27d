"""Whose the files of a folder of hand-ins are: told by their names, else by what this book wrote into a notebook."""

from __future__ import annotations

import re
import stat
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.course.hand_ins import Unreadable, read_hand_in
from analysis.problems import InputError, Problem, listed, visible

MOST_FILES = 100
SEPARATORS = " .-_"
# What a student's folder holds besides notebooks, and what systems put into any folder.
GIVEN_FILES = {"readme.md", "thumbs.db", "desktop.ini"}
GIVEN_FOLDERS = {"data", "__pycache__"}


@dataclass(frozen=True)
class HandIn:
    """The files of one student.

    Parameters
    ----------
    student
        The id; where nobody is known by it, the name of the folder or file.
    known
        Whether it is the id of a student.
    files
        Notebooks.
    by_record
        Those of them whose names do not tell whose they are.
    others
        Files of other kinds, and links.
    too_many
        Whether more files were there than are looked at.
    made_for
        Of a stranger's files: students they were made for, who handed in under their own ids as well.
    """

    student: str
    known: bool
    files: tuple[Path, ...] = ()
    by_record: frozenset[Path] = frozenset()
    others: tuple[Path, ...] = ()
    too_many: bool = False
    made_for: tuple[str, ...] = ()


@dataclass(frozen=True)
class Class:
    """What tells whose a file is.

    Parameters
    ----------
    students
        Ids on the roster; none where there is no roster.
    notebooks
        Names that the class's notebooks were given, without an id and without the ending.
    identity
        By which the class's notebooks are recognised.
    """

    students: Sequence[str]
    notebooks: Sequence[str] = ()
    identity: str = ""


def hand_ins(folder: Path, asked: Class, besides: Collection[Path] = ()) -> list[HandIn]:
    """Find what was handed in.

    Parameters
    ----------
    folder
        With a folder or files a student.
    asked
        What tells whose a file is.
    besides
        Files in the folder that nobody handed in.

    Returns
    -------
    list of HandIn
        In order of the ids: those of the roster, and any other by the name of the folder or file. Links are not
        followed.

    Raises
    ------
    InputError
        When there is no notebook at all.
    """
    found = files_by_student(folder, asked, besides)
    notebooks = {student: [path for path in paths if is_notebook_file(path)] for student, paths in found.items()}
    if not any(notebooks.values()):
        raise InputError(nothing_to_grade(folder, [path.name for paths in found.values() for path in paths]))
    taken, left = by_record(notebooks, asked) if asked.students else ({}, {})
    return [
        one(student, paths, folder, taken, left, asked)
        for student, paths in found.items()
        if student in asked.students or not paths or set(paths) - set(taken)
    ]


def files_by_student(folder: Path, asked: Class, besides: Collection[Path]) -> dict[str, list[Path]]:
    """Return what is in a folder by the ids that names begin with, those of the roster first.

    Parameters
    ----------
    folder, asked, besides
        As for :func:`hand_ins`.

    Returns
    -------
    dict
        Files; none for a folder that holds none.
    """
    found: dict[str, list[Path]] = {student: [] for student in asked.students}
    for path in sorted(each for each in folder.iterdir() if each not in besides):
        files = [each for each in files_of(path) if not hidden(each, folder)]
        if files or is_plain(path, stat.S_ISDIR) and not hidden(path / "any.file", folder):
            found.setdefault(student_of(path, asked), []).extend(files)
    return found


def one(
    student: str,
    paths: Sequence[Path],
    folder: Path,
    taken: Mapping[Path, str],
    left: Mapping[Path, str],
    asked: Class,
) -> HandIn:
    """Put together what one student handed in, notebooks taken for theirs by their record included."""
    own = [path for path in paths if is_notebook_file(path) and path not in taken]
    recorded = [path for path, made_for in taken.items() if made_for == student]
    others = [path for path in paths if not is_notebook_file(path)]
    # Without a roster a folder is a student, whatever it holds; a file is one if it is a notebook.
    one_by_one = bool(paths) and all(path.parent == folder for path in paths)
    told = bool(own or not one_by_one) and not is_own_name(student, asked.notebooks)
    return HandIn(
        student=student,
        known=student in asked.students if asked.students else told,
        files=tuple([*own, *recorded][:MOST_FILES]),
        by_record=frozenset(recorded),
        others=tuple(others[:MOST_FILES]),
        too_many=len(paths) > MOST_FILES,
        made_for=tuple(sorted({left[path] for path in own if path in left})),
    )


def nothing_to_grade(folder: Path, others: Sequence[str]) -> Problem:
    """Say that a folder holds no notebook."""
    what = f"there is no notebook in it, only {listed(others)}" if others else "there is no notebook in it"
    mend = "put what each student handed in into a folder named after the id, archives unpacked"
    return Problem(str(folder), None, None, what, mend)


def by_record(notebooks: Mapping[str, Sequence[Path]], asked: Class) -> tuple[dict[Path, str], dict[Path, str]]:
    """Find the students for whom notebooks were made whose names do not tell.

    Parameters
    ----------
    notebooks
        By the id that a name begins with, or by a stranger's name.
    asked
        What tells whose a file is.

    Returns
    -------
    tuple of dict and dict
        The student of each notebook to be taken for theirs; and of each that is not, because the student handed in
        under the own id: what a notebook says of itself can be written by anybody and does not go against a name.
    """
    taken, left = {}, {}
    strangers = [path for name, paths in notebooks.items() if name not in asked.students for path in paths]
    for path in strangers:
        student = made_for(path, asked)
        if student:
            (left if notebooks[student] else taken)[path] = student
    return taken, left


def made_for(path: Path, asked: Class) -> str:
    """Return the student on the roster that a notebook was made for, as it says itself; empty where it does not."""
    try:
        about = read_hand_in(path).about
    except (Unreadable, OSError):
        # Whoever reads it to grade it says what is wrong with it.
        return ""
    said = about.get("student", "") if about.get("class") == asked.identity else ""
    return said if said in asked.students else ""


def files_of(path: Path) -> Iterator[Path]:
    """Yield the files in a folder and the folders below, or the file itself."""
    if not is_plain(path, stat.S_ISDIR):
        yield path
        return
    yield from (each for each in sorted(path.rglob("*")) if not is_plain(each, stat.S_ISDIR))


def hidden(path: Path, folder: Path) -> bool:
    """Whether a file is nobody's work: kept by a program for itself, or given to everybody."""
    *above, name = path.relative_to(folder).parts
    if any(part.startswith((".", "__MACOSX")) for part in (*above, name)):
        return True
    given = name.casefold() in GIVEN_FILES or any(part.casefold() in GIVEN_FOLDERS for part in above)
    return given and not is_notebook_file(path)


def is_plain(path: Path, kind: Any) -> bool:
    """Whether a path is of a kind and no link."""
    try:
        return bool(kind(path.lstat().st_mode))
    except OSError:
        return False


def is_notebook_file(path: Path) -> bool:
    """Whether a path is a file that calls itself a notebook."""
    return path.suffix.casefold() == ".ipynb" and is_plain(path, stat.S_ISREG)


def student_of(path: Path, asked: Class) -> str:
    """Return the id that a name begins with: the longest of the roster that fits, else what the name itself says.

    Parameters
    ----------
    path
        A folder or a file.
    asked
        What tells whose it is.

    Returns
    -------
    str
        The id. Without a roster, all of a folder's name, and of a file's what stands before the name that the
        notebook was given or before the first separator.
    """
    is_folder = is_plain(path, stat.S_ISDIR)
    name = path.name if is_folder else path.stem
    folded = name.casefold()
    fitting = [each for each in asked.students if folded == each.casefold() or begins(folded, each.casefold())]
    if fitting:
        return max(fitting, key=len)
    return visible((name if is_folder or asked.students else first_part(name, asked.notebooks))[:80])


def begins(name: str, identity: str) -> bool:
    """Whether a name is an id with something after a separator."""
    return name.startswith(identity) and name[len(identity)] in SEPARATORS


def first_part(name: str, notebooks: Sequence[str]) -> str:
    """Return the part of a file's name that says whose it is; the whole name where none does."""
    if is_own_name(name, notebooks):
        return name
    before = [name[: place - 1] for own in notebooks if (place := name.casefold().find(own.casefold())) > 1]
    return min(before, key=len) if before else re.split(f"[{re.escape(SEPARATORS)}]", name, maxsplit=1)[0] or name


def is_own_name(name: str, notebooks: Sequence[str]) -> bool:
    """Whether a name is just the one that a notebook was given, or begins with it: it does not say whose it is."""
    return any(name.casefold().startswith(own.casefold()) for own in notebooks)
