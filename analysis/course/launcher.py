"""The program that runs notebooks of students, each in a confined process; see :mod:`analysis.course.sandbox`.

It is started with an empty environment, knows neither key nor solutions, and imports the libraries once. For each
job, a line of JSON on standard input, it forks a process, confines it, watches it, and says on a line of standard
output what came out of it. What that process wrote is passed on as text and not looked into.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MEGABYTE = 2**20
WATCHED_EVERY = 0.1
PROCESSES = 32
OPEN_FILES = 256


def main() -> None:
    """Serve jobs until standard input ends."""
    settings = json.loads(sys.argv[1])
    sys.path[:0] = [settings["package"]]
    from analysis.course import namespaces

    namespaces.adopt_orphans()
    for name in settings["imports"]:
        importlib.import_module(name)
    settings |= own_size()
    answer({"not_isolated": isolation(settings)})
    for line in sys.stdin:
        answer(run(json.loads(line), settings))


def own_size() -> dict[str, int]:
    """What the libraries take already, in bytes: address space, and memory that processes forked from here share."""
    import psutil

    info = psutil.Process().memory_info()
    return {"mapped": info.vms, "shared": info.rss}


def answer(message: Mapping[str, Any]) -> None:
    """Write a line to standard output."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def isolation(settings: dict[str, Any]) -> str:
    """Try the namespaces out; return why there is no confinement, empty if there is."""
    if not settings["isolate"] or sys.platform != "linux":
        settings["isolate"] = False
        return "confinement was turned off" if sys.platform == "linux" else f"{sys.platform} has no namespaces"
    done = run({"cells": [], "data": ""}, settings)
    settings["isolate"] = done["ended"] == "finished"
    return "" if settings["isolate"] else done["trouble"] or done["ended"]


def run(job: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Run one notebook in a process of its own, to its end or to a limit.

    Parameters
    ----------
    job
        `cells` as :func:`analysis.course.cells.run_cells` takes them, and `data`, the folder of its tables.
    settings
        What the launcher was started with.

    Returns
    -------
    dict
        `output`, the text the process wrote; `ended`: finished, time, memory, output, broken off; `trouble`: why it
        could not be confined.
    """
    told, tell = os.pipe()
    said, say = os.pipe()
    with tempfile.TemporaryDirectory(prefix="class-") as folder:
        child = os.fork()
        if child == 0:
            os.close(told), os.close(said)
            guard(lambda: outer(job, settings, Path(folder), say, tell), tell)
        os.close(tell), os.close(say)
        try:
            ended, output = watch(child, told, settings)
        finally:
            end_all(child)
        status = os.read(said, 4096).decode(errors="replace")
        os.close(told), os.close(said)
    ended = ended or status.partition("\n")[0] or "broken off"
    return {"output": output.decode(errors="replace"), "ended": ended, "trouble": status.partition("\n")[2]}


def watch(child: int, told: int, settings: Mapping[str, Any]) -> tuple[str, bytes]:
    """Read what a process tells until it ends or goes beyond a limit.

    Parameters
    ----------
    child
        Its id.
    told
        Where it can be read.
    settings
        With `timeout` in seconds, `memory` in megabytes, `output` in bytes.

    Returns
    -------
    tuple of str and bytes
        The limit, empty if it ended by itself; and what it told, up to the limit.
    """
    end, weighed, output, open_ends = time.monotonic() + settings["timeout"], 0.0, b"", [told]
    while time.monotonic() < end:
        ready, _, _ = select.select([*open_ends, sys.stdin], [], [], WATCHED_EVERY)
        if sys.stdin in ready:
            # No job comes while one is running: whoever started this program is gone.
            end_all(child)
            os._exit(1)
        piece = os.read(told, 2**16) if told in ready else b""
        output += piece
        open_ends = [] if told in ready and not piece else open_ends
        if len(output) > settings["output"]:
            return "output", output[: settings["output"]]
        if has_ended(child, WATCHED_EVERY if not open_ends else 0):
            return "", output + rest_of(told, settings["output"])
        if time.monotonic() > weighed + WATCHED_EVERY:
            weighed = time.monotonic()
            if memory_below() > settings["memory"] * MEGABYTE + settings["shared"]:
                return "memory", output
    return "time", output


def rest_of(told: int, most: int) -> bytes:
    """Read what is left in a pipe that somebody may still hold open."""
    rest = b""
    while len(rest) < most and select.select([told], [], [], 0)[0]:
        piece = os.read(told, 2**16)
        if not piece:
            break
        rest += piece
    return rest


def has_ended(child: int, patience: float) -> bool:
    """Whether a child has ended; waits so many seconds for it."""
    deadline = time.monotonic() + patience
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


def memory_below() -> int:
    """Memory of all processes below this one, in bytes, what they share counted once as far as the system tells."""
    import psutil

    total = 0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            full = process.memory_full_info()
            total += getattr(full, "pss", full.uss)
    return total


def end_all(child: int) -> None:
    """End a child and everything that was started below it, and reap it all."""
    import psutil

    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    while below := psutil.Process().children(recursive=True):
        for process in below:
            with contextlib.suppress(psutil.Error):
                process.kill()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        time.sleep(0.002)


def guard(body: Any, tell: int) -> None:
    """Do something and end this process, whatever happens."""
    try:
        body()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def outer(job: Mapping[str, Any], settings: Mapping[str, Any], folder: Path, say: int, tell: int) -> None:
    """Separate this process, then start the first process of the new space and wait for it."""
    from analysis.course import namespaces

    os.setsid()
    namespaces.end_with_parent()
    user = namespaces.free_id()
    try:
        if settings["isolate"]:
            namespaces.separate()
    except OSError as error:
        os.write(say, f"not confined\n{error}".encode())
        os._exit(0)
    child = os.fork()
    if child == 0:
        guard(lambda: first(job, settings, folder, user, say, tell), tell)
    os.close(tell)
    os.waitpid(child, 0)
    os._exit(0)


def first(
    job: Mapping[str, Any], settings: Mapping[str, Any], folder: Path, user: int, say: int, tell: int
) -> None:
    """Be the first process of the space: confine it, start the student's code, and say how that ended."""
    from analysis.course import namespaces

    namespaces.end_with_parent()
    home = folder
    try:
        if settings["isolate"]:
            home = confine(job, settings, folder)
    except OSError as error:
        os.write(say, f"not confined\n{error}".encode())
        os._exit(0)
    child = os.fork()
    if child == 0:
        os.close(say)
        guard(lambda: student(job, settings, home, user, tell), tell)
    os.close(tell)
    os.write(say, ended_as(wait_for(child)).encode())
    os._exit(0)


def confine(job: Mapping[str, Any], settings: Mapping[str, Any], folder: Path) -> Path:
    """Change to a small root and make a home in it."""
    from analysis.course import namespaces

    shown = [*settings["shown"], *filter(None, [job["data"]])]
    namespaces.small_root(folder, shown, settings["hidden"], settings["disk"])
    home = Path("/home/student")
    home.mkdir(parents=True)
    return home


def wait_for(child: int) -> int:
    """Reap whatever ends until the child has ended; return its status."""
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def ended_as(code: int) -> str:
    """Say in a word how the student's process ended."""
    return {0: "finished", -signal.SIGXCPU: "time"}.get(code, "broken off")


def student(job: Mapping[str, Any], settings: Mapping[str, Any], home: Path, user: int, tell: int) -> None:
    """Give up everything there is to give up, then run the cells."""
    from analysis.course import cells, namespaces

    if settings["isolate"]:
        namespaces.become(user, home)
        namespaces.give_up_privileges()
    os.chdir(home)
    if job["data"]:
        os.symlink(job["data"], "data")
    own = keep_only(tell)
    limit(settings)
    os.environ.update(HOME=str(home), IPYTHONDIR=str(home / ".ipython"), TMPDIR=str(home))
    # The stack of this process holds what it was started with; its own code has no use for it.
    sys.argv[:] = ["notebook"]
    cells.run_cells(job["cells"], own, settings["output"])
    os._exit(0)


def keep_only(channel: int) -> int:
    """Close every file but one, which gets number 3; standard streams lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    kept = os.dup2(channel, 3, inheritable=False)
    os.closerange(4, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return kept


def limit(settings: Mapping[str, Any]) -> None:
    """Set the limits of this process and of those it starts."""
    memory, seconds = settings["memory"] * MEGABYTE + settings["mapped"], int(settings["timeout"]) + 1
    limits = {
        "RLIMIT_AS": memory,
        "RLIMIT_CPU": seconds,
        "RLIMIT_FSIZE": settings["disk"] * MEGABYTE,
        "RLIMIT_NOFILE": OPEN_FILES,
        "RLIMIT_CORE": 0,
    }
    if settings["isolate"]:
        # Without a user of its own the number would count every process of whoever grades.
        limits["RLIMIT_NPROC"] = PROCESSES
    for name, value in limits.items():
        number = getattr(resource, name)
        hard = resource.getrlimit(number)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (value, hard if name == "RLIMIT_CPU" else value))


if __name__ == "__main__":
    main()
