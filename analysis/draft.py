"""An edition in the making: what is still to be done for it, as calls, and where their results go.

A draft is filled in four phases: its inputs are prepared, the calls that are missing from the store are
made, the site is built, and the record is written. One build does this for one draft; a sweep does it
for many at once, with the calls of all of them in one stream (:func:`analysis.editions.build_many`).
"""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import cache, steps
from analysis.console import Quiet
from analysis.execution import (
    BuildError,
    ChapterTask,
    ExecutedChapter,
    chapter_name,
    code_cells,
    declarations,
    execute_chapter,
    injected_parameters,
    is_notebook,
    most_code_first,
    pages_listed,
    shorten,
)
from analysis.executor import Call, Outcome
from analysis.problems import InputError
from analysis.provenance import left_out, now, outputs_digest
from analysis.release import RECORD, contents_digest
from analysis.request import Request, book_files, previous_folder, user_files
from analysis.site import SiteTask, site_files

RESULTS = "result tables"


@dataclass(frozen=True)
class Piece:
    """A part of an edition that one call makes.

    Parameters
    ----------
    name
        What the edition calls it: the chapter, or the result tables.
    call
        What makes it; named by the key of its result, so that a piece of two editions is made once.
    """

    name: str
    call: Call


class Draft:
    """An edition in the making, in a folder of its own.

    Parameters
    ----------
    request
        What to build.
    folder
        Where; empty.
    versions
        Version of every installed package.
    progress
        Told of every piece.
    """

    def __init__(
        self, request: Request, folder: Path, versions: Mapping[str, str], progress: Quiet | None = None
    ) -> None:
        self.request = request
        self.folder = folder
        self.versions = versions
        self.progress = progress or Quiet()
        self.store = request.store
        self.values = request.parameters.to_mapping()
        self.package = cache.package_digest()
        self.environment = cache.environment_digest(versions)
        self.pages = {} if request.results_only else self._copy_book()
        self.pieces: dict[str, Piece] = {}
        self.failed: list[tuple[str, Outcome]] = []
        self.record: dict[str, Any] = {}
        self._remarks: list[str] = []
        self._uses: dict[str, dict[str, Any]] = {}
        self._statuses: dict[str, dict[str, Any]] = {}

    @property
    def work(self) -> Path:
        """What is of use only while the edition is made."""
        return self.folder / ".work"

    @property
    def data(self) -> Path:
        """The edition's tables."""
        return self.folder / "data"

    def _copy_book(self) -> dict[str, str]:
        """Copy what Sphinx reads, and return the text of the chapters that are notebooks, in working order."""
        root, source = self.request.root, self.work / "source"
        pages = {page: root / f"{page}.md" for page in pages_listed(root / "_toc.yml")}
        texts = {page: path.read_text() for page, path in pages.items() if path.is_file()}
        notebooks = {page: text for page, text in texts.items() if is_notebook(text)}
        others = [path for path in book_files(root) if path.suffix != ".md"]
        for path in [*others, *(pages[page] for page in texts if page not in notebooks)]:
            _copy(path, source / path.relative_to(root))
        for page in notebooks:
            # Sphinx looks for its pages before the first of them is executed.
            _write(source / f"{page}.ipynb", "")
        return most_code_first(notebooks)

    def preparations(self) -> list[Call]:
        """Return the calls to be made first, on this machine: they read the user's files.

        Returns
        -------
        list of Call
            Their outcomes are for :meth:`prepared`.
        """
        task = steps.InputsTask(
            **user_files(self.request),
            default=self.request.root / "data",
            folder=self.data,
            parameters=self.values,
            previous=previous_folder(self.request),
        )
        texts = {chapter_name(page): text for page, text in self.pages.items()}
        return [Call("inputs", steps.prepare_inputs, task), Call("parameters", declarations, texts)]

    def prepared(self, outcomes: Mapping[str, Outcome]) -> None:
        """Find out what the edition is to be made of, now that its data are in place.

        Parameters
        ----------
        outcomes
            Those of :meth:`preparations`, by name. If one has failed, there is nothing to be made.
        """
        self.failed = [(name, outcome) for name, outcome in outcomes.items() if outcome.error]
        if self.failed:
            return
        self._remarks = outcomes["inputs"].value
        data = cache.files_digest(self.data, cache.files_below(self.data))
        tables = self._key(RESULTS, "", data, self.values)
        pieces = [Piece(RESULTS, Call(tables, steps.tabulate, self.values, self.data))]
        for page, text in self.pages.items():
            name = chapter_name(page)
            pieces.append(self._chapter(name, text, outcomes["parameters"].value[name], data))
        self.pieces = {piece.call.name: piece for piece in pieces}
        self.progress.expect(len(pieces))

    def _chapter(self, name: str, text: str, declared: Mapping[str, Any], data: str) -> Piece:
        # As far below the edition as the chapter is below the book: ../../data leads to the data.
        folder = Path("notebooks", name).parent.as_posix()
        task = ChapterTask(name, text, folder, injected_parameters(name, declared, self.values))
        used = {parameter: self.values[parameter] for parameter in declared}
        self._uses[name] = {"parameters": list(declared), "code_cells": code_cells(text)}
        key = self._key(name, text, data if "data" in declared else "", used)
        return Piece(name, Call(key, execute_chapter, task, self.data))

    def _key(self, step: str, source: str, data: str, parameters: Mapping[str, Any]) -> str:
        return cache.Ingredients(step, source, self.package, data, parameters, self.environment).key

    def take_stored(self) -> list[str]:
        """Put in place what is in the store.

        Returns
        -------
        list of str
            The pages whose notebooks are there now.
        """
        stored = {key: self.store.get(key) for key in self.pieces}
        return [
            page
            for key, result in stored.items()
            if result is not None
            for page in self._put_in_place(self.pieces.pop(key).name, result, "cached")
        ]

    def calls(self) -> list[Call]:
        """Return the calls that make what is still missing; their outcomes are for :meth:`receive`."""
        return [piece.call for piece in self.pieces.values()]

    def receive(self, outcome: Outcome) -> list[str]:
        """Store and put in place what a call has made, or note that it has failed.

        Parameters
        ----------
        outcome
            Of one of :meth:`calls`.

        Returns
        -------
        list of str
            The pages whose notebooks have come.
        """
        name = self.pieces.pop(outcome.name).name
        if outcome.error:
            self.failed.append((name, outcome))
            return []
        result = {**_storable(name, outcome), "key": outcome.name}
        # Had the package been edited meanwhile, nobody would know which source made it.
        if cache.package_digest() == self.package:
            self.store.put(outcome.name, result)
        return self._put_in_place(name, result, "executed")

    def _put_in_place(self, name: str, result: Mapping[str, Any], status: str) -> list[str]:
        for file, text in result["files"].items():
            _write(self.folder / file, text)
        kept = {key: result[key] for key in ("executed", "seconds", "key", "warnings")}
        self._statuses[name] = {"status": status, **kept, **self._uses.get(name, {})}
        self.progress.step(name, f"{result['seconds']:.1f} s" if status == "executed" else "unchanged")
        return [page for page in self.pages if chapter_name(page) == name]

    def site(self) -> SiteTask:
        """Return the site to be built of the notebooks, with paths relative to the draft."""
        return SiteTask(
            config=".work/source/_config.yml",
            source=".work/source",
            notebooks={page: f"notebooks/{chapter_name(page)}.ipynb" for page in self.pages},
            store=str(self.store.folder.absolute()),
            environment=cache.digest(self.package, self.environment),
            fonts="fonts.conf",
            html="html",
            doctrees="doctrees",
            record=".work/record.json",
        )

    def site_call(self) -> Call:
        """Return a call that builds the site once nothing else is missing; see :meth:`receive_site`."""
        self.describe()
        return Call(f"site {self.folder}", site_files, self.site(), self.folder)

    def receive_site(self, outcome: Outcome) -> None:
        """Write the site, or note that it has failed.

        Parameters
        ----------
        outcome
            Of :meth:`site_call`.
        """
        if outcome.error:
            self.failed.append(("site", outcome))
            return
        for name, content in outcome.value.items():
            path = self.folder / "html" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def describe(self) -> None:
        """Write down for the site what the edition was made of, once all but the site is in place."""
        self.record = self._made_of()
        _write(self.work / "record.json", json.dumps(self.record))

    def finish(self, key: str) -> None:
        """Write the record, what `edition.json` says, and remove what was of use only in the making.

        Parameters
        ----------
        key
            That of the edition.

        Raises
        ------
        BuildError, InputError
            When a call has failed.
        """
        self.require_sound()
        shutil.rmtree(self.work, ignore_errors=True)
        self.record = {**(self.record or self._made_of()), "key": key, "contents": contents_digest(self.folder)}
        cache.write_whole(self.folder / RECORD, json.dumps(self.record, indent=2, ensure_ascii=False) + "\n")

    def require_sound(self) -> None:
        """Raise why calls have failed, if some have: an InputError if there is one, else a BuildError."""
        if self.failed:
            raise reason(self.failed)

    def _made_of(self) -> dict[str, Any]:
        chapters = dict(sorted(self._statuses.items()))
        results = chapters.pop(RESULTS)
        return {
            "edition": self.request.edition,
            "place": self.request.place,
            "built": now(),
            "parameters": self.values,
            "inputs": {
                path.relative_to(self.data).as_posix(): cache.files_digest(path.parent, [path])
                for path in cache.files_below(self.data)
            },
            "files": {kind: path.name if path else None for kind, path in user_files(self.request).items()},
            "remarks": self._remarks,
            "left_out": left_out(self.folder / "results"),
            "digest": outputs_digest(self.folder),
            "chapters": chapters,
            "results": results,
            "python": platform.python_version(),
            "packages": dict(self.versions),
        }


def _storable(name: str, outcome: Outcome) -> dict[str, Any]:
    """Return the files a finished call stands for, by their path in the edition."""
    value = outcome.value
    if isinstance(value, ExecutedChapter):
        files, warnings = {f"notebooks/{name}.ipynb": value.notebook}, list(value.warnings)
    else:
        files, warnings = {f"results/{file}": text for file, text in value.items()}, []
    return {"files": files, "warnings": warnings, "executed": now(), "seconds": round(outcome.seconds, 3)}


def reason(failed: list[tuple[str, Outcome]]) -> Exception:
    """Return the exception that says why calls have failed.

    Parameters
    ----------
    failed
        What each was to make, and its outcome.

    Returns
    -------
    Exception
        An InputError if there is one, else a BuildError with the reasons of all.
    """
    for _, outcome in failed:
        if isinstance(outcome.error, InputError):
            return outcome.error
    lines = [line for name, outcome in failed for line in _lines(name, outcome)]
    return BuildError(lines, "\n".join(getattr(outcome.error, "trace", outcome.trace) for _, outcome in failed))


def _lines(name: str, outcome: Outcome) -> list[str]:
    if isinstance(outcome.error, BuildError):
        return outcome.error.lines
    return [f"{name}: {type(outcome.error).__name__}: {shorten(str(outcome.error))}"]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
