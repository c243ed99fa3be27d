"""Measure what a second worker brings to a sweep, and what it costs to have the scheduler hand out a task.

A scheduler with one worker and a scheduler with two, each worker with one thread, take turns on the same
sweep of whole editions, so that whatever else the machine does falls on both; idle workers do nothing.
Every sweep begins with nothing stored and with new processes on the workers, and ends with its page. Then the
two workers are given the tasks of many editions that do nothing: of each edition several parts, and one task
that follows when they are there, as a site does. Their overhead is the time between tasks, as seen from here.
Ends with four lines, one figure each. Two free processors are needed for the first to mean anything.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from analysis.edition import PRELOAD
from analysis.executor import Call, Outcome, executor_for
from analysis.sweep import run_sweep
from analysis.sweep_file import read_sweep

from clusters import cluster
from toy_book import chapter, make_book

WORKERS = 2
PARTS = 2
# About a second and a half of Python, the same work on every machine.
WORK = "total = 0\nfor number in range(25_000_000):\n    total += number % 7\nprint(total, seed)"


def write_book(folder: Path, chapters: int) -> Path:
    """Write a book of chapters that each compute for a second or two and depend on the seed."""
    heavy = {f"heavy{number}": chapter(f"Heavy {number}", WORK, parameters="seed = 1") for number in range(chapters)}
    return make_book(folder / "book", **heavy)


def write_sweep(folder: Path, editions: int) -> Path:
    """Write the file of a sweep over seeds, every edition a whole one."""
    path = folder / "sweep.yml"
    seeds = list(range(1, editions + 1))
    path.write_text(f"results_only: false\neditions: {{grid: {{seed: {seeds}}}}}\n", encoding="utf-8")
    return path


def sweep_seconds(book: Path, file: Path, address: str) -> float:
    """Time a sweep from nothing."""
    out = book.parent / "out"
    for folder in (out, book / "_build"):
        shutil.rmtree(folder, ignore_errors=True)
    start = time.perf_counter()
    with executor_for(address, PRELOAD) as executor:
        swept = run_sweep(read_sweep(file), book, out, executor)
    took = time.perf_counter() - start
    if swept.failed:
        sys.exit("\n".join(problem for each in swept.failed for problem in each.problems))
    return took


def synthetic(editions: int) -> Iterator[Call]:
    """Yield the parts of editions that do nothing."""
    return (Call(f"{edition}/{part}", abs, -part) for edition in range(editions) for part in range(PARTS))


def synthetic_run(address: str, editions: int) -> tuple[float, int, float]:
    """Put synthetic editions through a scheduler; return seconds, number of tasks, seconds inside the tasks."""
    there: Counter[str] = Counter()

    def follow(outcome: Outcome) -> list[Call]:
        edition, _, part = outcome.name.partition("/")
        there[edition] += 1
        return [Call(f"{edition}/last", abs, -1)] if part != "last" and there[edition] == PARTS else []

    with executor_for(address) as executor:
        # The first calls wait for the processes that make them.
        list(executor.run([Call(f"first/{number}", abs, 0) for number in range(4 * WORKERS)]))
        start = time.perf_counter()
        outcomes = list(executor.run(synthetic(editions), follow))
        took = time.perf_counter() - start
    if len(outcomes) != editions * (PARTS + 1) or any(outcome.error for outcome in outcomes):
        sys.exit("some synthetic tasks have failed")
    return took, len(outcomes), sum(outcome.seconds for outcome in outcomes)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2, help="how many times each sweep is timed")
    parser.add_argument("--editions", type=int, default=6, help="editions of the sweep")
    parser.add_argument("--chapters", type=int, default=10, help="heavy chapters of each")
    parser.add_argument("--simulated", type=int, default=1000, help="synthetic editions")
    arguments = parser.parse_args()
    # Told to end, it has to end its schedulers and workers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book, file = write_book(folder, arguments.chapters), write_sweep(folder, arguments.editions)
        with cluster(folder / "one", workers=1) as one, cluster(folder / "two", workers=WORKERS) as two:
            times: dict[str, list[float]] = {"one": [], "two": []}
            for turn in range(arguments.rounds):
                times["one"].append(sweep_seconds(book, file, one.address))
                times["two"].append(sweep_seconds(book, file, two.address))
                said = ", ".join(f"{name} {values[-1]:.1f} s" for name, values in times.items())
                print(f"turn {turn + 1}: {said}; load {os.getloadavg()[0]:.1f}", flush=True)
            took, tasks, inside = synthetic_run(two.address, arguments.simulated)
    print(f"{tasks} synthetic tasks")
    print(f"speedup_two_workers: {median(times['one']) / median(times['two']):.2f}")
    print(f"overhead_ms_per_task: {1000 * (took - inside / WORKERS) / tasks:.2f}")
    print(f"editions_simulated: {arguments.simulated}")
    print(f"scheduler_seconds: {took:.2f}")


if __name__ == "__main__":
    main()
