"""Real clusters on loopback: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Cluster:
    """The scheduler's address, its process, and those of the workers."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]]


@contextmanager
def cluster(folder: Path, workers: int = 2, package: Path = ROOT, memory: str = "2GB", mark: str = "") -> Iterator[Cluster]:
    """Start a scheduler and workers that have the package from the given folder; end them, whatever happens."""
    folder.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join(map(str, (package, ROOT / "tests")))
    variables = {**os.environ, "PYTHONPATH": path, "MARK": mark, "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error"}
    file = folder / "scheduler.json"
    program = [sys.executable, "-m", "distributed.cli"]
    place = ["--scheduler-file", str(file), "--host", "127.0.0.1", "--no-dashboard"]
    with (folder / "log").open("ab") as log:
        options = {"env": variables, "cwd": folder, "stdout": log, "stderr": log}
        own = ["--nthreads", "1", "--no-nanny", "--memory-limit", memory, "--local-directory", str(folder)]
        started = [subprocess.Popen([*program[:2], f"{program[2]}.dask_scheduler", "--port", "0", *place], **options)]
        started += [
            subprocess.Popen([*program[:2], f"{program[2]}.dask_worker", *place, *own], **options) for _ in range(workers)
        ]
        try:
            yield Cluster(address_in(file), started[0], started[1:])
        finally:
            for process in started[::-1]:
                process.kill()
                process.wait()


def address_in(file: Path, seconds: float = 120) -> str:
    """The address a scheduler writes to a file once it can be reached."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if file.is_file() and file.read_text():
            return str(json.loads(file.read_text())["address"])
        time.sleep(0.05)
    raise TimeoutError(file)


def ancestors(pid: int) -> list[int]:
    """A process's parent, its parent's parent, and so on."""
    found = []
    while pid > 1:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        found.append(pid)
    return found
