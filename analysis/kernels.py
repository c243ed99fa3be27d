"""Notebook kernels forked from a process that has its imports behind it."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import shutil
import signal
import sys
import threading
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerBase

from analysis.executor import end_with_parent, own_folder, start_warm_parent


class ForkedKernelManager(AsyncKernelManager):
    """A kernel manager that needs no kernel specification on disk.

    Whatever a notebook calls its kernel, it gets the Python of this environment, so that nothing
    installed elsewhere on the machine can take its place.
    """

    @property
    def kernel_spec(self) -> KernelSpec:
        """The specification of the forked kernel."""
        return KernelSpec(
            argv=["python"],
            display_name="Python 3",
            language="python",
            metadata={"kernel_provisioner": {"provisioner_name": "forked"}},
        )


class ForkedKernelProvisioner(KernelProvisionerBase):
    """Start a kernel by forking instead of by running a fresh interpreter."""

    process: Any = None
    folder: str = ""
    connection_info: KernelConnectionInfo = {}

    @property
    def has_process(self) -> bool:
        """Whether a kernel has been started and not yet waited for."""
        return self.process is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Write the connection file of the kernel to be, in a folder of its own."""
        kwargs.pop("extra_arguments", None)
        # Sockets in a private folder: two kernels starting together cannot pick the same port.
        self.folder = own_folder()
        self.parent.transport, self.parent.ip = "ipc", os.path.join(self.folder, "socket")
        self.parent.connection_file = os.path.join(self.folder, "connection.json")
        self.parent.write_connection_file()
        self.connection_info = self.parent.get_connection_info()
        return await super().pre_launch(cmd=["python"], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel.

        Parameters
        ----------
        cmd : list of str
            Ignored: there is no command to run.
        **kwargs
            `cwd`, the folder the kernel works in, and `env`, its environment.

        Returns
        -------
        KernelConnectionInfo
            How to reach it.
        """
        arguments = (self.folder, kwargs.get("cwd") or os.getcwd(), dict(kwargs.get("env") or os.environ))
        self.process = kernel_context().Process(target=run_kernel, args=arguments, name="kernel")
        self.process.start()
        return self.connection_info

    async def poll(self) -> int | None:
        """Return None while the kernel runs, else its exit status."""
        return self.process.exitcode if self.process else 0

    async def wait(self) -> int | None:
        """Wait for the end of the kernel and return its exit status."""
        if self.process is None:
            return 0
        while self.process.is_alive():
            await asyncio.sleep(0.005)
        status = self.process.exitcode
        self.process = None
        return status

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and to the processes it has started."""
        if self.process and self.process.is_alive():
            os.killpg(self.process.pid, signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel at once."""
        await self.send_signal(signal.SIGKILL)
        # The manager takes a tenth of a second to see it; who is killed meanwhile cannot clean up.
        await self.cleanup()

    async def terminate(self, restart: bool = False) -> None:
        """Ask the kernel to end."""
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        """Remove the sockets."""
        shutil.rmtree(self.folder, ignore_errors=True)


def kernel_context() -> Any:
    """Return the way to start a kernel from here.

    Returns
    -------
    multiprocessing context
        A plain fork in the main thread of a worker, which has just been forked itself and runs
        nothing else. Anywhere else other threads may hold locks, so there a fork server does it.
    """
    is_worker = multiprocessing.parent_process() is not None
    in_main_thread = threading.current_thread() is threading.main_thread()
    if is_worker and in_main_thread:
        return multiprocessing.get_context("fork")
    start_warm_parent()
    return multiprocessing.get_context("forkserver")


def run_kernel(own_folder: str, working_folder: str, variables: dict[str, str]) -> None:
    """Be a kernel until told to end.

    Parameters
    ----------
    own_folder : str
        Where its connection file is; removed if the process that started it is killed.
    working_folder : str
        Working directory.
    variables : dict
        The whole environment.
    """
    os.setsid()
    end_with_parent(lambda: _end(own_folder))
    _leave_the_parent_behind(working_folder, variables)
    # The profile of whoever runs the build, with its start-up scripts, has no say in a chapter.
    os.environ["IPYTHONDIR"] = os.path.join(own_folder, "ipython")
    from ipykernel.kernelapp import IPKernelApp

    application = IPKernelApp.instance(connection_file=os.path.join(own_folder, "connection.json"))
    # History is for people: here it would only be a database file to open for every chapter.
    application.initialize(["--HistoryManager.enabled=False"])
    application.start()


def _end(own_folder: str) -> None:
    """End the kernel and what it started, and remove its folder."""
    group = os.getpgrp()
    # Not from within the group: a kernel that is just starting would write to the folder again.
    if os.fork() == 0:
        os.setsid()
        os.killpg(group, signal.SIGKILL)
        while os.path.exists(own_folder):
            shutil.rmtree(own_folder, ignore_errors=True)
        os._exit(0)


def _leave_the_parent_behind(folder: str, variables: dict[str, str]) -> None:
    """Forget the event loop, the command line and the output of the parent."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = ["kernel"]
    asyncio.set_event_loop(asyncio.new_event_loop())
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
