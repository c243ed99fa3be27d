"""What an edition is asked to be, and what it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis import cache
from analysis.parameters import Parameters
from analysis.problems import InputError, Problem, listed, quoted
from analysis.release import RECORD, Release, checked_name


@dataclass(frozen=True)
class Request:
    """What to build.

    Parameters
    ----------
    root
        Folder of the book, which holds `_toc.yml`.
    edition
        Name of the edition.
    scores, models, benchmarks
        Files of the user, None for the default ones.
    parameters
        The edition's parameters.
    predictions
        File of the user with people's predictions; None where the parameter of that name is the name
        of a file in the book's folder data.
    results_only
        Whether the result tables are all there is to be: no chapter executed, no site.
    into
        Folder of the editions, None for `_build` in the book.
    """

    root: Path
    edition: str = "default"
    scores: Path | None = None
    models: Path | None = None
    benchmarks: Path | None = None
    parameters: Parameters = Parameters()
    predictions: Path | None = None
    results_only: bool = False
    into: Path | None = None

    @property
    def release(self) -> Release:
        """Where the edition goes."""
        return Release(self.into or self.root / "_build", self.edition)

    @property
    def place(self) -> str:
        """Where the edition goes, as seen from the book; its name alone where that is elsewhere."""
        folder, root = self.release.folder.absolute(), self.root.absolute()
        return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else self.edition

    @property
    def store(self) -> cache.Store:
        """Where results are kept; all editions of a book share it."""
        return cache.Store(self.root / "_build" / ".cache")


def edition_key(request: Request, versions: Mapping[str, str]) -> str:
    """Return a key that changes when anything an edition depends on changes.

    Parameters
    ----------
    request
        The edition.
    versions
        Version of every installed package.

    Returns
    -------
    str
        SHA-256, in hexadecimal.
    """
    root = request.root
    before = previous_folder(request)
    read = [*user_files(request).values(), before / RECORD if before else None]
    tables = [path.read_bytes() if path and path.is_file() else b"" for path in read]
    files = [str(path) for path in user_files(request).values()]
    return cache.Ingredients(
        step=request.edition,
        source=cache.files_digest(root, book_files(root)),
        package=cache.package_digest(),
        data=cache.digest(cache.files_digest(root, cache.files_below(root / "data")), *tables),
        parameters={**request.parameters.to_mapping(), "files": files, "results_only": request.results_only},
        environment=cache.environment_digest(versions),
    ).key


def previous_folder(request: Request) -> Path | None:
    """Find the earlier edition with which this one is compared.

    Parameters
    ----------
    request
        The edition.

    Returns
    -------
    Path or None
        Its folder; None where none is asked for.

    Raises
    ------
    InputError
        When its name is none, there is no such edition, or it is the one to be built.
    """
    name = request.parameters.previous
    if not name:
        return None
    build = request.root / "_build"
    folder = build / checked_name(name)
    if folder == request.release.folder:
        what = f"edition {name} cannot be compared with itself"
        raise InputError(Problem("", None, None, what, "give the new edition another name with --edition"))
    if not (folder / RECORD).is_file():
        there = sorted(path.parent.name for path in build.glob(f"*/{RECORD}") if path.parent != request.release.folder)
        mend = f"there are {listed(there)}" if there else "build it first"
        raise InputError(Problem("", None, None, f"there is no earlier edition {quoted(name)}", mend))
    return folder.resolve()


def user_files(request: Request) -> dict[str, Path | None]:
    """Return the files the user has put in place of the default ones or beside them, by what they hold."""
    tables = {"scores": request.scores, "models": request.models, "benchmarks": request.benchmarks}
    return {**tables, "predictions": request.predictions}


def book_files(root: Path) -> list[Path]:
    """Return what Sphinx may read: configuration, citation, chapters, bibliography and the folders named `_…`.

    Parameters
    ----------
    root
        Folder of the book.

    Returns
    -------
    list of Path
        The files.
    """
    folders = [path for path in root.glob("_*") if path.is_dir() and path.name != "_build"]
    single = [path for path in root.iterdir() if path.is_file() and path.suffix in {".yml", ".bib", ".cff"}]
    return sorted(single + [path for folder in [root / "chapters", *folders] for path in cache.files_below(folder)])
