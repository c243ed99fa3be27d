"""What makes calls on a worker of a cluster: a fresh interpreter with one warm parent, for one user of the cluster.

It is no part of the worker's own process: that one has imported the package when it started, which may
have been edited since, and what a call does to its process must not hurt the worker.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from analysis.course.launcher import memory_below
from analysis.executor import Call, LocalExecutor, Outcome, perform, pickled
from analysis.installation import Installation, difference, installation, mismatch
from analysis.parcel import unpacked
from analysis.problems import InputError

# A user who was killed cannot say that the work is over; seconds without a call after which it is.
IDLE = 600
# Seconds between two looks at the memory of a call, which take some milliseconds.
WEIGHED_EVERY = 0.5


@dataclass(frozen=True)
class Session:
    """What one user of a cluster wants of all workers.

    Parameters
    ----------
    preload
        Modules the warm parent imports.
    wanted
        What must be installed.
    """

    preload: tuple[str, ...]
    wanted: Installation


@dataclass(frozen=True)
class Start:
    """The first message to a host: the session, the worker's address, and bytes of memory for one call, or None."""

    session: Session
    worker: str
    memory: int | None


def main() -> None:
    """Make calls, one at a time, as they come down the pipe whose number is given, until it is closed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    threading.Thread(target=end_with_worker, daemon=True).start()
    connection = Connection(int(sys.argv[1]))
    os.set_inheritable(connection.fileno(), False)
    start = connection.recv()
    with tempfile.TemporaryDirectory(prefix="compendium-") as folder:
        for answered in answers(connection, start, Path(folder)):
            connection.send_bytes(answered)


def end_with_worker() -> None:
    """End in good order once the worker has closed its end of the standard input, however it went."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


class MemoryWatch:
    """Ends the call that is being made, within a `with` block, once it takes too much memory.

    Weighed is what is held, by all processes of the call together. The system's own limit counts for one
    process what it has reserved, which for the program that draws charts is many times what it holds.

    Parameters
    ----------
    limit
        Bytes; None for no limit.
    """

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.exceeded = False
        self._over = threading.Event()

    def __enter__(self) -> MemoryWatch:
        """Begin to watch."""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        if self.limit:
            self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Watch no longer."""
        self._over.set()
        if self.limit:
            self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(WEIGHED_EVERY):
            if memory_below() > self.limit:
                self.exceeded = True
                end_calls()


def end_calls() -> None:
    """End what was forked from the warm parent of this process, and leave the parent."""
    for parent in psutil.Process().children():
        for process in parent.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                process.kill()


def answers(connection: Connection, start: Start, folder: Path) -> Iterator[bytes]:
    """Make the calls that come, and yield their outcomes.

    Parameters
    ----------
    connection
        Where pairs of a call and a parcel or None come from, both pickled.
    start
        The first message.
    folder
        Where to unpack parcels.

    Yields
    ------
    bytes
        The outcome of each call, pickled.
    """
    unlike = difference(start.session.wanted, installation())
    while connection.poll(IDLE):
        call, parcel = connection.recv()
        if unlike:
            yield pickled(Outcome("", None, InputError(mismatch(f"worker {start.worker}", unlike)), "", 0.0))
        else:
            yield answer(call, parcel, start, folder)


def answer(call: bytes, parcel: bytes | None, start: Start, folder: Path) -> bytes:
    """Make one call in a process forked from the warm parent.

    Parameters
    ----------
    call
        The call, pickled; the path of its inputs is that of another machine.
    parcel
        Its inputs, pickled.
    start
        The first message.
    folder
        Where to unpack them.

    Returns
    -------
    bytes
        The outcome, as on one machine, pickled.
    """
    # Were it unpickled here, what its module imports would stay in this process.
    placed = Call("", perform_pickled, call, unpacked(pickle.loads(parcel), folder) if parcel else None)
    preload = [*start.session.preload, "analysis.cluster_host"]
    with LocalExecutor(preload, workers=1) as executor, MemoryWatch(start.memory) as watch:
        (outcome,) = executor.run([placed])
    if watch.exceeded:
        given = f"more than the {start.memory / 10**9:.1f} GB that worker {start.worker} has for it"
        outcome = Outcome("", None, MemoryError(f"it took {given}; give workers more (--memory-limit)"), "", outcome.seconds)
    return pickled(outcome) if outcome.error else outcome.value


def perform_pickled(call: bytes, inputs: Path | None = None) -> bytes:
    """Make a call where its inputs are, and return the outcome, pickled."""
    return pickled(perform(replace(pickle.loads(call), inputs=inputs)))
