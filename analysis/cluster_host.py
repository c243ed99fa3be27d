"""What makes calls on a worker of a cluster: a fresh interpreter with one warm parent, for one user of the cluster.

It is no part of the worker's own process: that one has imported the package when it started, which may
have been edited since, and what a call does to its process must not hurt the worker.
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path

from analysis.executor import Call, LocalExecutor, Outcome, perform, pickled
from analysis.installation import Installation, difference, installation, mismatch
from analysis.parcel import unpacked
from analysis.problems import InputError

# A user who was killed cannot say that the work is over; seconds without a call after which it is.
IDLE = 600


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
    """The first message to a host: the session, the worker's address, and bytes of memory for one process."""

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
    limit_memory(start.memory)
    with tempfile.TemporaryDirectory(prefix="compendium-") as folder:
        for answered in answers(connection, start, Path(folder)):
            connection.send_bytes(answered)


def end_with_worker() -> None:
    """End in good order once the worker has closed its end of the standard input, however it went."""
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


def limit_memory(limit: int | None) -> None:
    """Have this process, and each that is started from it, fail rather than use more memory.

    Parameters
    ----------
    limit
        Bytes of data for one process; None for no limit.
    """
    if limit:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


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
            yield answer(call, parcel, start.session.preload, folder)


def answer(call: bytes, parcel: bytes | None, preload: tuple[str, ...], folder: Path) -> bytes:
    """Make one call in a process forked from the warm parent.

    Parameters
    ----------
    call
        The call, pickled; the path of its inputs is that of another machine.
    parcel
        Its inputs, pickled.
    preload
        Modules the warm parent imports.
    folder
        Where to unpack them.

    Returns
    -------
    bytes
        The outcome, as on one machine, pickled.
    """
    # Were it unpickled here, what its module imports would stay in this process.
    placed = Call("", perform_pickled, call, unpacked(pickle.loads(parcel), folder) if parcel else None)
    with LocalExecutor([*preload, "analysis.cluster_host"], workers=1) as executor:
        (outcome,) = executor.run([placed])
    return pickled(outcome) if outcome.error else outcome.value


def perform_pickled(call: bytes, inputs: Path | None = None) -> bytes:
    """Make a call where its inputs are, and return the outcome, pickled."""
    return pickled(perform(replace(pickle.loads(call), inputs=inputs)))


if __name__ == "__main__":
    main()
