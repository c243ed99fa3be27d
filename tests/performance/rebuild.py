"""Measure how long the book takes to build: from nothing, after an edit, and with nothing to do.

Plain `jupyter-book build` and `compendium build` take turns on copies of the same sources, so that
whatever else the machine does falls on both. Ends with four lines, one figure each.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import yaml

from analysis.execution import pages_listed
from analysis.request import book_files

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent


def copy_book(book: Path, target: Path, *, execute: bool) -> Path:
    """Copy the sources of a book; plain jupyter-book has to be told to execute them."""
    for path in [*book_files(book), *(book / "data").iterdir()]:
        copy = target / path.relative_to(book)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    if execute:
        config = yaml.safe_load((target / "_config.yml").read_text())
        config["execute"] = {"execute_notebooks": "force", "timeout": -1}
        (target / "_config.yml").write_text(yaml.safe_dump(config))
    return target


def seconds(command: list[str], folder: Path) -> float:
    """Run a command and return its wall time; its output is shown only if it fails."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    took = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return took


def plain_rebuild(book: Path) -> float:
    """Time plain jupyter-book from nothing, every chapter executed."""
    shutil.rmtree(book / "_build", ignore_errors=True)
    return seconds([str(PROGRAMS / "jupyter-book"), "build", "."], book)


def rebuild(book: Path) -> float:
    """Time our build from nothing, with an empty cache."""
    shutil.rmtree(book / "_build", ignore_errors=True)
    return build(book)


def build(book: Path) -> float:
    """Time our build."""
    return seconds([str(PROGRAMS / "compendium"), "build"], book)


def edit_and_build(book: Path, page: str) -> tuple[float, int]:
    """Add a sentence to one chapter; time the build and count the chapters it executes."""
    path = book / f"{page}.md"
    path.write_text(path.read_text() + "\nOne sentence more.\n")
    took = build(book)
    record = json.loads((book / "_build" / "default" / "edition.json").read_text())
    return took, sum(chapter["status"] == "executed" for chapter in record["chapters"].values())


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--book", type=Path, default=ROOT, help="folder of the book")
    parser.add_argument("--rounds", type=int, default=3, help="how many times each build is timed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plain = copy_book(arguments.book, Path(folder, "plain"), execute=True)
        ours = copy_book(arguments.book, Path(folder, "ours"), execute=False)
        page = pages_listed(ours / "_toc.yml")[1]
        times: dict[str, list[float]] = {"plain": [], "full": [], "edit": [], "same": []}
        executed = []
        for turn in range(arguments.rounds):
            times["plain"].append(plain_rebuild(plain))
            times["full"].append(rebuild(ours))
            took, count = edit_and_build(ours, page)
            times["edit"].append(took)
            executed.append(count)
            times["same"].append(build(ours))
            print(f"turn {turn + 1}: " + ", ".join(f"{name} {values[-1]:.2f} s" for name, values in times.items()))
    middle = {name: median(values) for name, values in times.items()}
    print(f"full_rebuild_ratio: {middle['plain'] / middle['full']:.2f}")
    print(f"edit_one_seconds: {middle['edit']:.2f}")
    print(f"edit_one_executed: {max(executed)}")
    print(f"no_change_seconds: {middle['same']:.2f}")


if __name__ == "__main__":
    main()
