"""Run what students hand in where it can do no harm: in a process with few rights and no way out."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import analysis
from analysis.executor import REPRODUCIBLE

# What the launcher imports once for all notebooks it runs.
IMPORTS = ("IPython.core.interactiveshell", "IPython.core.completer", "pandas", "scipy.stats", "altair", "psutil")
IMPORTS_OF_OURS = ("analysis.charts", "analysis.correlation", "analysis.findings.shared", "analysis.inputs")
OURS = ("analysis.course.cells", "analysis.course.answers", "analysis.course.namespaces")
# The modules of this package that go into the sandbox; all others may know answers.
HARMLESS = ("answers.py", "cells.py", "launcher.py", "namespaces.py", "values.py")
STUB = '''"""The course as a confined notebook sees it: whether an answer is right is told later, elsewhere."""


def check(label, **answers):
    """Nothing is checked here."""
'''
MOST_ERRORS = 200


@dataclass(frozen=True)
class Limits:
    """What one notebook may take.

    Parameters
    ----------
    timeout
        Seconds, on the clock and of the processor.
    memory
        Megabytes, on top of what the libraries take.
    disk
        Megabytes it may write.
    output
        Bytes of answers it may hand over.
    """

    timeout: float = 120.0
    memory: int = 2048
    disk: int = 64
    output: int = 1_000_000


@dataclass(frozen=True)
class Report:
    """What came out of a notebook: data from an untrusted source, already parsed and bounded.

    Parameters
    ----------
    ended
        finished, time, memory, output or broken off.
    answers
        Plain values by name, by label of the exercise they were taken for.
    odd
        Why a variable cannot be read, by name, by label.
    errors
        What its cells raised: number of the cell, name and message.
    """

    ended: str
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    odd: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    errors: tuple[tuple[int, str, str], ...] = ()


class Sandbox:
    """A launcher of confined processes; use it in a `with` block.

    Parameters
    ----------
    limits
        For each notebook.
    isolate
        Whether to use namespaces where there are any.

    Attributes
    ----------
    not_isolated
        Why the processes could not be cut off from files, network and other processes; empty if they are.
    """

    def __init__(self, limits: Limits = Limits(), isolate: bool = True) -> None:
        self.limits = limits
        self.isolate = isolate
        self.not_isolated = ""

    def __enter__(self) -> Sandbox:
        """Start the launcher; it imports the libraries."""
        self._folder = tempfile.TemporaryDirectory(prefix="class-package-")
        self._package = Path(self._folder.name)
        self._package.chmod(0o755)
        stage(self._package)
        self._start()
        return self

    def _start(self) -> None:
        program, settings = self._package / "analysis/course/launcher.py", json.dumps(self._settings())
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(program), settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**REPRODUCIBLE, "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": "/"},
            cwd="/",
            text=True,
        )
        self.not_isolated = (self._heard() or {"not_isolated": "the launcher does not start"})["not_isolated"]

    def __exit__(self, *exception: object) -> None:
        """End it, and with it whatever still runs."""
        self._end()
        self._folder.cleanup()

    def _end(self) -> None:
        self._process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def run(self, cells: Sequence[Mapping[str, Any]], data: Path | None = None) -> Report:
        """Run the cells of one notebook.

        Parameters
        ----------
        cells
            As :func:`analysis.course.cells.run_cells` takes them.
        data
            Folder of tables that it finds as `data` beside itself, read-only.

        Returns
        -------
        Report
            What came out.
        """
        job = {"cells": list(cells), "data": str(data.resolve()) if data else ""}
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(job), file=self._process.stdin, flush=True)
        done = self._heard()
        if done is None:
            # Whatever ended the launcher, the next notebook is to have one.
            self._end()
            self._start()
            return Report("broken off")
        return report_of(done["output"], done["ended"])

    def _heard(self) -> dict[str, Any] | None:
        line = self._process.stdout.readline()
        return json.loads(line) if line else None

    def _settings(self) -> dict[str, Any]:
        return {
            **asdict(self.limits),
            "package": str(self._package),
            "imports": [*IMPORTS, *IMPORTS_OF_OURS, *OURS],
            "isolate": self.isolate,
            "shown": [str(self._package), *places_of_python()],
            "hidden": [str(Path(analysis.__file__).parent.resolve())],
        }


def stage(folder: Path) -> None:
    """Copy the package to a folder, without whatever knows an answer."""
    source = Path(analysis.__file__).parent
    ignored = shutil.ignore_patterns("course", "__pycache__")
    shutil.copytree(source, folder / "analysis", ignore=ignored)
    (folder / "analysis/course").mkdir()
    for name in HARMLESS:
        shutil.copyfile(source / "course" / name, folder / "analysis/course" / name)
    (folder / "analysis/course/__init__.py").write_text(STUB)


def places_of_python() -> list[str]:
    """Return the folders that this Python and its libraries are in."""
    paths = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), str(Path(sys.executable).resolve().parent)}
    folders = {Path(path).absolute() for path in paths}
    return sorted(str(folder) for folder in folders if folder.is_dir() and folder != folder.parent)


def report_of(output: str, ended: str) -> Report:
    """Read what a confined process wrote.

    Parameters
    ----------
    output
        Lines of JSON, or anything else: its author cannot be trusted.
    ended
        How the process ended.

    Returns
    -------
    Report
        From the lines that can be read; the last answers for an exercise count.
    """
    events = list(readable(output.splitlines()))
    taken = {event["label"]: event for event in events if is_text(event.get("label"))}
    done = any(event.get("done") is True for event in events)
    return Report(
        ended="broken off" if ended == "finished" and not done else ended,
        answers={label: by_text(event.get("answers")) for label, event in taken.items()},
        odd={label: {k: str(v)[:300] for k, v in by_text(event.get("odd")).items()} for label, event in taken.items()},
        errors=tuple(error_of(event) for event in events if is_text(event.get("error")))[:MOST_ERRORS],
    )


def readable(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the lines that hold a JSON object; what cannot be parsed tells nothing."""
    for line in lines:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def is_text(value: object) -> bool:
    """Whether a parsed value is text."""
    return isinstance(value, str)


def by_text(value: object) -> dict[str, Any]:
    """A parsed value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def error_of(event: Mapping[str, Any]) -> tuple[int, str, str]:
    """Number of the cell, name and message of an error."""
    number = event.get("cell")
    return number if isinstance(number, int) else 0, event["error"][:100], str(event.get("text", ""))[:300]
