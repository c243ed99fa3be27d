"""The folder of an edition: built beside the one before, then put in its place in one step."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.cache import digest, files_below
from analysis.problems import InputError, Problem

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
RECORD = "edition.json"


@dataclass(frozen=True)
class Release:
    """Where an edition is, and where its successor is made.

    The edition is a symbolic link to a folder below `.editions`: a folder that is not empty cannot
    be replaced in one step, but a link can, so that at every moment there is one whole edition.

    Parameters
    ----------
    build
        The folder `_build` of the book.
    edition
        Name of the edition.
    """

    build: Path
    edition: str

    @property
    def folder(self) -> Path:
        """What readers open."""
        return self.build / self.edition

    @property
    def versions(self) -> Path:
        """What holds the edition, and its successor while it is made."""
        return self.build / ".editions" / self.edition

    def record(self) -> dict[str, Any] | None:
        """Return what `edition.json` says, or None if there is no whole edition.

        Returns
        -------
        dict or None
            The record; None as well if a file of the edition has gone or changed its size.
        """
        path = self.folder / RECORD
        if not path.is_file():
            return None
        record = json.loads(path.read_text())
        return record if record["contents"] == contents_digest(self.folder) else None

    @contextmanager
    def successor(self) -> Iterator[Path]:
        """Make a new version in a fresh folder; it takes the place of the edition if all goes well.

        Yields
        ------
        Path
            The folder to fill; deleted if the block raises.

        Raises
        ------
        InputError
            When another build of the edition is running, or something else is in its place.
        """
        self._check_place()
        self.versions.mkdir(parents=True, exist_ok=True)
        with locked(self.versions / "lock", f"edition {self.edition}", "--edition"):
            self._sweep()
            folder = Path(tempfile.mkdtemp(prefix="v", dir=self.versions))
            folder.chmod(0o755)
            try:
                yield folder
                self._replace(folder)
            finally:
                self._sweep()

    def _check_place(self) -> None:
        if self.folder.exists() and not self.folder.is_symlink():
            what = "this is in the place of the edition, but no build of an edition made it"
            raise InputError(Problem(str(self.folder), None, None, what, "move it away or give another --edition"))

    def _replace(self, folder: Path) -> None:
        link = self.versions / "link"
        link.symlink_to(folder.relative_to(self.build))
        os.replace(link, self.folder)

    def _sweep(self) -> None:
        """Delete all versions but the one in use: those before it, and what a killed build left."""
        used = self.folder.resolve()
        for path in self.versions.iterdir():
            if path.is_symlink():
                path.unlink()
            elif path.is_dir() and path != used:
                # A process of a killed build may still be writing; what it leaves goes next time.
                shutil.rmtree(path, ignore_errors=True)


@contextmanager
def locked(path: Path, what: str, option: str) -> Iterator[None]:
    """Hold a lock that ends with the process, however it ends.

    Parameters
    ----------
    path
        The file that is locked.
    what, option
        What is built, and the option that puts it in another place, for the message.

    Raises
    ------
    InputError
        When another process holds it.
    """
    with path.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            said = f"another build of {what} is running"
            raise InputError(Problem("", None, None, said, f"wait for it, or give another {option}")) from None
        yield


def contents_digest(folder: Path) -> str:
    """Return a digest of the names and sizes of the files of an edition, its record aside.

    Parameters
    ----------
    folder
        The edition.

    Returns
    -------
    str
        SHA-256, in hexadecimal.
    """
    files = [path for path in files_below(folder) if path.name != RECORD]
    return digest(*(f"{path.relative_to(folder)} {path.stat().st_size}" for path in files))


def checked_name(name: str) -> str:
    """Return the name of an edition if it may be one.

    Parameters
    ----------
    name
        As given.

    Returns
    -------
    str
        The same.

    Raises
    ------
    InputError
        When it could be a path, or hidden, or longer than 64 characters.
    """
    if NAME.fullmatch(name):
        return name
    what = f"{name!r} cannot be the name of an edition"
    mend = "use letters, digits, _ and -, beginning with a letter or a digit, 64 at most"
    raise InputError(Problem("", None, None, what, mend))


def built_edition(root: Path, name: str) -> Path:
    """Return the folder of an edition that has been built.

    Parameters
    ----------
    root
        Folder of the book.
    name
        Name of the edition.

    Returns
    -------
    Path
        What readers open.

    Raises
    ------
    InputError
        When it cannot be the name of an edition, or there is no such edition.
    """
    folder = Release(root / "_build", checked_name(name)).folder
    if not (folder / RECORD).is_file():
        raise InputError(Problem(str(folder), None, None, "there is no edition here", "run compendium build first"))
    return folder


def name_for(scores: Path | None) -> str:
    """Return the name of an edition that was given none.

    Parameters
    ----------
    scores
        The score table, None for the default one.

    Returns
    -------
    str
        `default`, or the stem of the file with what a name may not have left out.
    """
    return "default" if scores is None else slug(scores.stem)[:64] or "scores"


def slug(text: str) -> str:
    """Return a text with what the name of an edition may not have left out.

    Parameters
    ----------
    text
        Anything.

    Returns
    -------
    str
        Of any length, empty where nothing is left; neither begins nor ends with `-` or `_`.
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-_")
