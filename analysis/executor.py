"""Where the work of a build is done: calls go in, outcomes come back as they finish."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import shutil
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

# Threads inside the linear algebra would fight the chapters over the processors, and the number of
# threads changes the last digits of a sum; the order of a set of strings changes with the hash seed.
REPRODUCIBLE = {
    "PYTHONHASHSEED": "0",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Call:
    """One piece of work: a picklable function of one picklable argument, and of a folder if it reads one.

    Parameters
    ----------
    name
        What its outcome is known by; no two calls of one run have the same.
    function
        Takes `argument`, and after it the folder if `inputs` is given.
    argument
        Its argument.
    inputs
        Folder of the files it reads, None for none. Where it is performed elsewhere, the folder's content
        is sent there, into a folder of the same name; so the function finds it where it is told.
    """

    name: str
    function: Callable[..., Any]
    argument: Any
    inputs: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a call: its value, or the exception it raised with the traceback as text."""

    name: str
    value: Any
    error: Exception | None
    trace: str
    seconds: float


def nothing_more(outcome: Outcome) -> Iterable[Call]:
    """Have no calls follow an outcome."""
    return ()


class Executor(Protocol):
    """Anything that can perform calls side by side, within a `with` block: processes here, or a cluster."""

    def __enter__(self) -> Executor:
        """Get ready."""
        ...

    def __exit__(self, *exception: object) -> None:
        """End whatever still runs."""
        ...

    def run(
        self, calls: Iterable[Call], follow: Callable[[Outcome], Iterable[Call]] = nothing_more
    ) -> Iterator[Outcome]:
        """Perform calls and yield their outcomes in the order they finish.

        Parameters
        ----------
        calls
            Started in about this order.
        follow
            Told of each outcome after the caller has seen it; returns the calls that can be made now,
            which come before those that wait.

        Yields
        ------
        Outcome
            One for each call.
        """
        ...


def perform(call: Call) -> Outcome:
    """Make one call and catch what it raises.

    Parameters
    ----------
    call : Call
        The work.

    Returns
    -------
    Outcome
        With the value or the exception, and the wall time in seconds.
    """
    start = time.perf_counter()
    value, error, trace = None, None, ""
    try:
        value = call.function(call.argument, *([] if call.inputs is None else [call.inputs]))
    except Exception as exception:
        error, trace = exception, traceback.format_exc()
    return Outcome(call.name, value, error, trace, time.perf_counter() - start)


def end_with_parent(end: Callable[[], object] = lambda: os._exit(1)) -> None:
    """Call `end` when the process that started this one is gone, however it went.

    A killed parent cannot clean up after itself, and a child of the fork server is not told by the
    kernel, so a thread waits for the end of the pipe the parent holds open.

    Parameters
    ----------
    end : callable
        What to do then; leave the process at once, unless told otherwise.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (wait([parent.sentinel]), end()), daemon=True).start()


def own_folder() -> str:
    """Make a temporary folder that goes with this process, should it end before its work is done.

    Returns
    -------
    str
        Its path.
    """
    return tempfile.mkdtemp(prefix=f"compendium-{os.getpid()}-")


def remove_own_folders() -> None:
    """Remove what :func:`own_folder` has made in this process."""
    for folder in Path(tempfile.gettempdir()).glob(f"compendium-{os.getpid()}-*"):
        shutil.rmtree(folder, ignore_errors=True)


def serve(connection: Connection, call: Call) -> None:
    """Perform one call in a process of its own and send the outcome down the pipe.

    Parameters
    ----------
    connection : Connection
        Writing end of a pipe to the executor.
    call : Call
        The work.
    """
    # The builder alone answers an interrupt from the keyboard: it ends its workers in good order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(lambda: (remove_own_folders(), os._exit(1)))
    # What the warm parent imported is no garbage; collect only what comes after it.
    gc.freeze()
    gc.enable()
    connection.send_bytes(pickled(perform(call)))
    connection.close()


def pickled(outcome: Outcome) -> bytes:
    """Return an outcome as bytes; one that says so, if it cannot be sent between processes."""
    try:
        return pickle.dumps(outcome)
    except (pickle.PicklingError, TypeError, AttributeError):
        error = RuntimeError(f"{type(outcome.error or outcome.value).__name__} cannot be sent between processes")
        return pickle.dumps(Outcome(outcome.name, None, error, outcome.trace, outcome.seconds))


def start_warm_parent(preload: Iterable[str] = ()) -> None:
    """Start the process that workers and kernels are forked from, unless it runs already.

    There is one a process, and what is forked from it has its hash seed and its number of threads: so
    whatever needs it first has to start it here.

    Parameters
    ----------
    preload : iterable of str
        Modules it imports.
    """
    from multiprocessing import forkserver

    multiprocessing.set_forkserver_preload(["analysis.warm", *preload])
    with environment(REPRODUCIBLE):
        forkserver.ensure_running()


class LocalExecutor:
    """Processes on this machine, each forked afresh from one warm parent.

    The parent imports the modules of `preload` once; a process forked from it starts in
    milliseconds with everything imported. A process performs one call and ends, so that no call
    sees what another left behind and a running call can be stopped at any time.

    Parameters
    ----------
    preload : iterable of str
        Modules the warm parent imports.
    workers : int or None
        Calls performed at once; one more than there are processors, unless told otherwise, since a
        chapter spends part of its time waiting for messages between kernel and client.
    """

    def __init__(self, preload: Iterable[str] = (), workers: int | None = None) -> None:
        self.preload = list(preload)
        self.workers = workers or (os.cpu_count() or 1) + 1
        self._context = multiprocessing.get_context("forkserver")
        self._running: dict[Connection, tuple[Call, Any]] = {}

    def __enter__(self) -> LocalExecutor:
        """Start the warm parent; it imports while the builder goes on."""
        start_warm_parent(self.preload)
        return self

    def __exit__(self, *exception: object) -> None:
        """End whatever still runs."""
        self.stop()

    def run(
        self, calls: Iterable[Call], follow: Callable[[Outcome], Iterable[Call]] = nothing_more
    ) -> Iterator[Outcome]:
        """Perform the calls and yield their outcomes in the order they finish.

        Parameters
        ----------
        calls : iterable of Call
            Started in this order, as many at once as there are workers.
        follow : callable
            As for :class:`Executor`.

        Yields
        ------
        Outcome
            One for each call.
        """
        waiting = list(calls)[::-1]
        try:
            while waiting or self._running:
                while waiting and len(self._running) < self.workers:
                    self._start(waiting.pop())
                for connection in wait(list(self._running)):
                    outcome = self._finish(connection)
                    yield outcome
                    waiting += list(follow(outcome))[::-1]
        finally:
            self.stop()

    def stop(self) -> None:
        """End every running call; its kernel sees that and ends too."""
        for connection, (_, process) in list(self._running.items()):
            del self._running[connection]
            process.kill()
            process.join()
            connection.close()

    def _start(self, call: Call) -> None:
        receiver, sender = self._context.Pipe(duplex=False)
        process = self._context.Process(target=serve, args=(sender, call), name=call.name)
        process.start()
        sender.close()
        self._running[receiver] = call, process

    def _finish(self, connection: Connection) -> Outcome:
        call, process = self._running.pop(connection)
        try:
            outcome = pickle.loads(connection.recv_bytes())
        except EOFError:
            process.join()
            error = RuntimeError(f"its process ended early with status {process.exitcode}")
            outcome = Outcome(call.name, None, error, "", 0.0)
        connection.close()
        process.kill()
        process.join()
        return outcome


def executor_for(scheduler: str | None, preload: Iterable[str] = (), workers: int | None = None) -> Executor:
    """Return where heavy work is to be done, to be entered with `with`.

    Parameters
    ----------
    scheduler : str or None
        Address of a dask scheduler; None for processes on this machine.
    preload : iterable of str
        Modules most calls import.
    workers : int or None
        Calls performed at once on this machine, as for :class:`LocalExecutor`.

    Returns
    -------
    Executor
        Outcomes do not depend on which it is.
    """
    if scheduler is None:
        return LocalExecutor(preload, workers)
    from analysis.cluster import ClusterExecutor

    return ClusterExecutor(scheduler, preload)


class environment:
    """Set environment variables for the length of a `with` block.

    Parameters
    ----------
    variables : mapping of str to str
        The variables.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = dict(variables)

    def __enter__(self) -> None:
        self._before = {name: os.environ.get(name) for name in self.variables}
        os.environ.update(self.variables)

    def __exit__(self, *exception: object) -> None:
        for name, value in self._before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
