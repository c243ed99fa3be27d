"""Calls made on a cluster: a client of `dask.distributed` behind the interface of an executor.

Scheduling, retries and the loss of workers are dask's business. What is added here is that all
workers have the same installed as this machine, and that a call finds the files it reads.
"""

from __future__ import annotations

import pickle
import socket
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from analysis.execution import shorten
from analysis.executor import Call, Outcome, nothing_more
from analysis.installation import Installation, difference, installation, mismatch
from analysis.parcel import packed
from analysis.problems import InputError, Problem, quoted, raise_if

if TYPE_CHECKING:
    from distributed import Client, Future

    from analysis.cluster_host import Session

# Seconds to wait for a scheduler, and then for the first worker.
PATIENCE = 10
# A host that was ended by its machine, for want of memory, is tried again on another.
RETRIES = 2


class ClusterExecutor:
    """The workers of a cluster, each call in a process of its own there.

    Parameters
    ----------
    address
        Of the scheduler, for example ``tcp://127.0.0.1:8786``.
    preload
        Modules to import once a worker.
    patience
        Seconds to wait for the scheduler.
    """

    def __init__(self, address: str, preload: Iterable[str] = (), patience: float = PATIENCE) -> None:
        self.address = address
        self.preload = tuple(preload)
        self.patience = patience
        self._name = f"compendium-{uuid.uuid4().hex[:12]}"
        self._sent: WeakValueDictionary[Path, Future] = WeakValueDictionary()
        self._running: dict[Future, tuple[Call, Future | None]] = {}
        self._count = 0

    def __enter__(self) -> ClusterExecutor:
        """Connect, and see that every worker can be used.

        Raises
        ------
        InputError
            When the scheduler cannot be reached, or has no workers, or one has other things installed.
        """
        self._client = connected(self.address, self.patience)
        from analysis.cluster_worker import Hosts

        try:
            session = session_of(self._client, self.address, self.preload, self.patience)
            self._client.register_plugin(Hosts(session), name=self._name)
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        """End whatever still runs, and leave nothing on the workers."""
        self.stop()
        if self._client.status == "running":
            self._client.unregister_worker_plugin(self._name)
        self._client.close()

    def run(
        self, calls: Iterable[Call], follow: Callable[[Outcome], Iterable[Call]] = nothing_more
    ) -> Iterator[Outcome]:
        """Perform the calls and yield their outcomes in the order they finish.

        Parameters
        ----------
        calls
            All of them are the scheduler's business at once.
        follow
            As for :class:`analysis.executor.Executor`.

        Yields
        ------
        Outcome
            One for each call.

        Raises
        ------
        InputError
            When the scheduler is lost.
        """
        from distributed import as_completed

        finished = as_completed(loop=self._client.loop, with_results=True, raise_errors=False)
        try:
            finished.update(self._submit(calls))
            for future, result in finished:
                outcome = self._outcome(future, result)
                yield outcome
                finished.update(self._submit(follow(outcome), priority=1))
        finally:
            self.stop()

    def stop(self) -> None:
        """Cancel every call that has no outcome yet."""
        if self._client.status == "running":
            self._client.cancel(list(self._running), force=True)
        self._running.clear()

    def _submit(self, calls: Iterable[Call], priority: int = 0) -> list[Future]:
        from analysis.cluster_worker import make

        futures = []
        for call in calls:
            parcel = self._parcel(call.inputs) if call.inputs else None
            self._count += 1
            key = f"{getattr(call.function, '__name__', 'call')}-{self._name}-{self._count}"
            future = self._client.submit(
                make, self._name, pickle.dumps(call), parcel, key=key, retries=RETRIES, priority=priority
            )
            self._running[future] = call, parcel
            futures.append(future)
        return futures

    def _parcel(self, folder: Path) -> Future:
        """Send a folder, unless it is there: to one worker, from where dask copies it to those that need it."""
        found = self._sent.get(folder)
        if found is None:
            parcel = packed(folder)
            # A task, not scattered data: should the only worker that has it be lost, it is sent again.
            found = self._client.submit(bytes, pickle.dumps(parcel), key=f"inputs-{self._name}-{parcel.key}")
            self._sent[folder] = found
        return found

    def _outcome(self, future: Future, result: Any) -> Outcome:
        call, _ = self._running.pop(future)
        if future.status == "finished":
            return replace(pickle.loads(result), name=call.name)
        if future.status == "error":
            return Outcome(call.name, None, RuntimeError(str(result[1])), "", 0.0)
        raise InputError(Problem("", None, None, f"the scheduler at {self.address} is lost", "start it and try again"))


def connected(address: str, patience: float) -> Client:
    """Connect to a scheduler.

    Parameters
    ----------
    address
        Its address.
    patience
        Seconds to try.

    Returns
    -------
    Client
        To be closed.

    Raises
    ------
    InputError
        When dask is not installed, or there is no scheduler.
    """
    try:
        from distributed import Client
        from distributed.comm import get_address_host_port
    except ModuleNotFoundError:
        mend = "install the extra `cluster` here and on the workers: pip install -e '.[cluster]'"
        raise InputError(Problem("", None, None, "a cluster needs the library dask.distributed", mend)) from None
    mend = "start one with `dask scheduler` and give the address it prints"
    try:
        # A client given no address at all would take its time to notice, and one given another service's for ever.
        host, port = get_address_host_port(address)
        if address.startswith("tcp://"):
            see_that_it_speaks(host, port, patience)
        return Client(address, timeout=patience, set_as_default=False)
    except (ValueError, TypeError) as error:
        what = f"{quoted(address)} is not the address of a scheduler ({error})"
        raise InputError(Problem("--scheduler", None, None, what, mend)) from None
    except OSError:
        what = f"no scheduler answers at {quoted(address)}"
        raise InputError(Problem("--scheduler", None, None, what, mend)) from None


def see_that_it_speaks(host: str, port: int, patience: float) -> None:
    """See that who listens there says something first, as dask does and servers of pages do not.

    Parameters
    ----------
    host, port
        Where.
    patience
        Seconds to wait.

    Raises
    ------
    OSError
        When nobody listens or says anything.
    """
    with socket.create_connection((host, port), timeout=patience) as connection:
        if not connection.recv(1):
            raise ConnectionError("nothing was said")


def session_of(client: Client, address: str, preload: tuple[str, ...], patience: float) -> Session:
    """Return what is wanted of the workers, having seen that those there are have it.

    Parameters
    ----------
    client
        Connected.
    address
        Of the scheduler, for messages.
    preload
        Modules to import once a worker.
    patience
        Seconds to wait for the first worker.

    Returns
    -------
    Session
        For the plugin.

    Raises
    ------
    InputError
        When there is no worker, or one has other things installed, one line for each.
    """
    from analysis.cluster_host import Session

    try:
        client.wait_for_workers(1, timeout=patience)
    except TimeoutError:
        mend = f"start some with: dask worker {address} --nthreads 1"
        raise InputError(Problem("--scheduler", None, None, f"the scheduler at {address} has no workers", mend)) from None
    here = installation()
    there = client.run(installation, on_error="return")
    unlike = {f"worker {worker}": _difference(here, found) for worker, found in sorted(there.items())}
    unlike["the scheduler"] = _unusable(client)
    raise_if(mismatch(place, what) for place, what in unlike.items() if what)
    return Session(preload, here)


def _difference(here: Installation, found: Installation | Exception) -> str:
    return _cannot(found) if isinstance(found, Exception) else difference(here, found)


def _unusable(client: Client) -> str:
    """Say why calls cannot pass through the scheduler, which makes none; empty if they can."""
    try:
        client.run_on_scheduler(installation)
    except Exception as error:
        return _cannot(error)
    return ""


def _cannot(error: Exception) -> str:
    return f"the book's package `analysis` cannot be used there ({shorten(str(error))})"
