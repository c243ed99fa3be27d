"""An edition of the book: everything that one score table makes of it, built in one go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import cache
from analysis.console import Quiet
from analysis.draft import Draft
from analysis.executor import Executor, LocalExecutor
from analysis.request import Request, edition_key
from analysis.site import RECORD, SiteProcess, no_system_fonts

# What chapters and kernels import, imported once. What only few chapters need stays out.
PRELOAD = (
    "pandas",
    "altair",
    "papermill",
    "jupytext",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "scipy.stats",
    "myst_nb",
    "analysis.charts",
    "analysis.cli",
    "analysis.correlation",
    "analysis.findings.shared",
    "analysis.inputs",
    "analysis.intervals",
    "analysis.kernels",
    "analysis.results",
    "analysis.steps",
    "analysis.theory.charts",
    "analysis.theory.findings",
)


@dataclass(frozen=True)
class Built:
    """What a build came to: the folder of the edition, its record, and how long it took in seconds."""

    folder: Path
    record: Mapping[str, Any]
    seconds: float
    unchanged: bool = False


def build(request: Request, progress: Quiet | None = None, executor: Executor | None = None) -> Built:
    """Build an edition, unless it is there already and nothing it depends on has changed.

    Parameters
    ----------
    request
        What to build.
    progress
        Told of every step.
    executor
        Makes the heavy calls; entered here. Processes on this machine, unless given.

    Returns
    -------
    Built
        The edition.

    Raises
    ------
    InputError
        When the tables or the parameters cannot be used.
    BuildError
        When a chapter raises, or Sphinx warns.
    """
    start = time.perf_counter()
    versions = cache.package_versions()
    key = edition_key(request, versions)
    record = present(request, key)
    if record is not None:
        return Built(request.release.folder, record, time.perf_counter() - start, unchanged=True)
    with drafted(request, key, versions, progress) as draft, LocalExecutor(PRELOAD) as here:
        with executor or LocalExecutor(PRELOAD) as chosen:
            make(draft, here, chosen)
    request.store.prune()
    return Built(request.release.folder, draft.record, time.perf_counter() - start)


def present(request: Request, key: str) -> dict[str, Any] | None:
    """Return the record of an edition if it is there and has been built under a key.

    Parameters
    ----------
    request
        The edition.
    key
        As :func:`edition_key` gives it now.

    Returns
    -------
    dict or None
        None where the edition is to be built.
    """
    record = request.release.record()
    return record if record is not None and record["key"] == key else None


@contextmanager
def drafted(
    request: Request, key: str, versions: Mapping[str, str], progress: Quiet | None = None
) -> Iterator[Draft]:
    """Make a draft, which takes the place of the edition if the block ends well.

    Parameters
    ----------
    request, versions, progress
        As for :class:`analysis.draft.Draft`.
    key
        Key of the edition, as :func:`edition_key` gives it.

    Yields
    ------
    Draft
        To be filled.

    Raises
    ------
    InputError
        When another build of the edition is running, or something else is in its place.
    BuildError, InputError
        At the end of the block, when one of the draft's calls has failed.
    """
    with request.release.successor() as folder:
        draft = Draft(request, folder, versions, progress)
        yield draft
        draft.finish(key)


def make(draft: Draft, here: Executor, executor: Executor) -> None:
    """Fill a draft while its site is built of what is there already.

    Parameters
    ----------
    draft
        An empty one.
    here
        Makes calls on this machine.
    executor
        Makes the heavy calls.

    Raises
    ------
    InputError
        When the tables or the parameters cannot be used.
    BuildError
        When a chapter raises, or Sphinx warns.
    """
    if draft.request.results_only:
        return fill(draft, here, executor, lambda page: None)
    site = draft.site().located(draft.folder, draft.work)
    no_system_fonts(draft.work)
    with SiteProcess(site) as process:
        fill(draft, here, executor, process.announce)
        draft.describe()
        process.announce(RECORD)
        process.finish()
    # MyST-NB leaves a folder of its own beside the site, so the site is built apart from the edition.
    Path(site.html).rename(draft.folder / "html")


def fill(draft: Draft, here: Executor, executor: Executor, announce: Callable[[str], None]) -> None:
    """Make all of an edition but its site.

    Parameters
    ----------
    draft, here, executor
        As for :func:`make`.
    announce
        Told of each page whose notebook is in place.

    Raises
    ------
    InputError
        When the tables or the parameters cannot be used.
    BuildError
        When a chapter raises.
    """
    draft.prepared({outcome.name: outcome for outcome in here.run(draft.preparations())})
    for page in draft.take_stored():
        announce(page)
    for outcome in executor.run(draft.calls()):
        for page in draft.receive(outcome):
            announce(page)
    draft.require_sound()
