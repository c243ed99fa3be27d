"""A sweep: many editions built side by side into one folder, and compared."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.cache import write_whole
from analysis.console import Quiet
from analysis.edition import PRELOAD, Built
from analysis.editions import build_many
from analysis.executor import Call, Executor, LocalExecutor
from analysis.problems import InputError, Problem
from analysis.release import RECORD, locked
from analysis.request import Request
from analysis.sweep_comparison import Comparison, Made, compare, tables
from analysis.sweep_file import Sweep, SweptEdition

LOCK = ".sweep"


@dataclass(frozen=True)
class Swept:
    """What a sweep came to.

    Parameters
    ----------
    folder
        Where it is.
    made
        What became of each edition, in the order of the sweep.
    unchanged
        How many had been finished before.
    seconds
        Wall time.
    """

    folder: Path
    made: tuple[Made, ...]
    unchanged: int
    seconds: float

    @property
    def failed(self) -> tuple[Made, ...]:
        """The editions that could not be made."""
        return tuple(each for each in self.made if each.folder is None)


def run_sweep(sweep: Sweep, root: Path, out: Path, executor: Executor, progress: Quiet | None = None) -> Swept:
    """Make the editions of a sweep and compare them.

    Whatever is finished already is left as it is, so that a sweep that was interrupted or killed goes
    on from there. An edition that fails does not stop the others.

    Parameters
    ----------
    sweep
        What to make.
    root
        Folder of the book.
    out
        Where to; made if it is not there.
    executor
        Makes the calls of all editions; within its `with` block.
    progress
        Told of every edition.

    Returns
    -------
    Swept
        Every edition made, or why not.

    Raises
    ------
    InputError
        When the folder cannot be used, or another process is making a sweep in it.
    """
    start = time.perf_counter()
    check_place(out)
    with locked(out / LOCK, f"the sweep in {out}", "--out"):
        results = dict(build_editions(sweep, root, out, executor, progress or Quiet()))
        made = tuple(became(edition, out, results[edition.name]) for edition in sweep.editions)
        unchanged = sum(isinstance(result, Built) and result.unchanged for result in results.values())
        compare_and_write(sweep, made, out, root)
    Request(root).store.prune()
    return Swept(out, made, unchanged, time.perf_counter() - start)


def check_place(out: Path) -> None:
    """Make the folder of a sweep.

    Raises
    ------
    InputError
        When it cannot be made, or holds other things than a sweep.
    """
    foreign = out.is_dir() and not (out / LOCK).exists() and any(out.iterdir())
    if foreign:
        what = "this folder holds other things than a sweep"
        raise InputError(Problem(str(out), None, None, what, "give an empty or a new one with --out"))
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / LOCK).touch()
    except OSError as error:
        what = f"this folder cannot be used: {error.strerror or error}"
        raise InputError(Problem(str(out), None, None, what, "give another one with --out")) from None


def build_editions(
    sweep: Sweep, root: Path, out: Path, executor: Executor, progress: Quiet
) -> Iterator[tuple[str, Built | Exception]]:
    """Build the editions of a sweep, and yield the name of each with what became of it."""
    progress.expect(len(sweep.editions))
    requests = (
        Request(
            root,
            edition.name,
            **edition.files,
            parameters=edition.parameters,
            results_only=sweep.results_only,
            into=out,
        )
        for edition in sweep.editions
    )
    for request, result in build_many(requests, executor):
        progress.step(request.edition, note(result))
        yield request.edition, result


def note(result: Built | Exception) -> str:
    """Return what became of an edition in a word or two."""
    if isinstance(result, Exception):
        return "failed"
    return "unchanged" if result.unchanged else "made"


def became(edition: SweptEdition, out: Path, result: Built | Exception) -> Made:
    """Return what became of an edition, as the comparison takes it."""
    if isinstance(result, Exception):
        return Made(edition, None, tuple(str(result).splitlines()), getattr(result, "trace", ""))
    return Made(edition, out / edition.name)


def compare_and_write(sweep: Sweep, made: tuple[Made, ...], out: Path, root: Path) -> None:
    """Compare the editions of a sweep, in a process that has the imports for that behind it.

    Parameters
    ----------
    sweep, made
        What was asked for, and what became of it.
    out
        Folder of the sweep.
    root
        Folder of the book, whose scripts the page takes.
    """
    with LocalExecutor(PRELOAD, workers=1) as here:
        (outcome,) = here.run([Call("the comparison", write_comparison, (sweep, made, out, root))])
    if outcome.error:
        raise outcome.error


def write_comparison(asked: tuple[Sweep, tuple[Made, ...], Path, Path]) -> None:
    """Write the page of a sweep, its tables and its record.

    Parameters
    ----------
    asked
        Arguments of :func:`compare_and_write`.
    """
    from analysis.sweep_page import book_scripts, sweep_page

    sweep, made, out, root = asked
    comparison = compare(sweep, made)
    files = {
        **tables(comparison),
        "sweep.json": json.dumps(record_of(comparison), indent=2, ensure_ascii=False) + "\n",
        "index.html": sweep_page(comparison, book_scripts(root)),
    }
    for name, text in files.items():
        write_whole(out / name, text)
        (out / name).chmod(0o644)


def record_of(comparison: Comparison) -> dict[str, Any]:
    """Return what `sweep.json` says: every edition with its parameters, and why those failed that did.

    Parameters
    ----------
    comparison
        The editions side by side.

    Returns
    -------
    dict
        Ready for JSON.
    """
    sweep = comparison.sweep
    editions = [
        {
            "edition": each.edition.name,
            "status": "failed" if each.folder is None else "made",
            "problems": list(each.problems),
            "options": dict(each.edition.options),
            "files": {kind: path.name if path else None for kind, path in each.edition.files.items()},
            "parameters": each.edition.parameters.to_mapping(),
        }
        for each in comparison.made
    ]
    return {
        "sweep": sweep.name,
        "results_only": sweep.results_only,
        "varying": list(sweep.varying),
        "editions": editions,
    }


def left_over(sweep: Sweep, out: Path) -> list[str]:
    """Return the editions in the folder of a sweep that are none of it: an earlier form of it asked for them."""
    mine = {edition.name for edition in sweep.editions}
    return sorted(path.parent.name for path in out.glob(f"*/{RECORD}") if path.parent.name not in mine)
