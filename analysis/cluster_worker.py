"""The part of a cluster's worker that hands calls on: it knows nothing of them but that they are bytes."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from distributed import WorkerPlugin, get_worker

from analysis.cluster_host import Session, Start

if TYPE_CHECKING:
    from distributed import Worker

# Seconds a host has to end what it is at.
PATIENCE = 5


def make(session: str, call: bytes, parcel: bytes | None) -> bytes:
    """Have a call made on the worker this is called on.

    Parameters
    ----------
    session
        Name of the plugin.
    call
        The call, pickled.
    parcel
        Its inputs, pickled; None for none.

    Returns
    -------
    bytes
        The outcome, pickled.

    Raises
    ------
    EOFError, BrokenPipeError
        When the host has ended; on another one it may go well.
    """
    return get_worker().plugins[session].make(call, parcel)


class Hosts(WorkerPlugin):
    """The hosts on a worker, one for each thread that has ever been busy; they end with the session.

    Parameters
    ----------
    session
        What the user wants.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    def setup(self, worker: Worker) -> None:
        """Begin on a worker: share its memory among the calls it may make at once."""
        limit = worker.memory_manager.memory_limit
        memory = limit // worker.state.nthreads if limit else None
        self._start = Start(self.session, worker.address, memory)
        self._lock = threading.Lock()
        self._free: list[Host] = []
        self._all: list[Host] = []

    async def teardown(self, worker: Worker) -> None:
        """End the hosts, and with them what they are at."""
        with self._lock:
            ending, self._all, self._free = self._all, [], []
        await asyncio.gather(*(asyncio.to_thread(host.end) for host in ending))

    def make(self, call: bytes, parcel: bytes | None) -> bytes:
        """Have a free host make a call, or a new one.

        Parameters
        ----------
        call, parcel
            As for :func:`make`.

        Returns
        -------
        bytes
            The outcome, pickled.
        """
        with self._lock:
            # One that had nothing to do for long has ended.
            self._free = [host for host in self._free if host.is_running()]
            host = self._free.pop() if self._free else self._new()
        answer = host.make(call, parcel)
        with self._lock:
            self._free.append(host)
        return answer

    def _new(self) -> Host:
        host = Host(self._start)
        self._all.append(host)
        return host


class Host:
    """A process that makes calls, one at a time; see :mod:`analysis.cluster_host`.

    Parameters
    ----------
    start
        What it is told first.
    """

    def __init__(self, start: Start) -> None:
        # Not by multiprocessing: a worker is a daemonic process and may have no children by that way.
        self._connection, theirs = multiprocessing.Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", "from analysis.cluster_host import main; main()", str(theirs.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        theirs.close()
        self._connection.send(start)

    def make(self, call: bytes, parcel: bytes | None) -> bytes:
        """Have it make a call and return the pickled outcome."""
        self._connection.send((call, parcel))
        return self._connection.recv_bytes()

    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def end(self) -> None:
        """Have it end now."""
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._connection.close()
