"""Many editions at once: the calls of all of them go as one stream to one executor."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice

from analysis import cache
from analysis.draft import Draft
from analysis.edition import PRELOAD, Built, drafted, present
from analysis.execution import BuildError
from analysis.executor import Call, Executor, LocalExecutor, Outcome
from analysis.problems import InputError
from analysis.request import Request, edition_key

# An edition under way holds a copy of the book and an open file; this many keep some tens of workers busy.
AT_ONCE = 24


def build_many(
    requests: Iterable[Request], executor: Executor, at_once: int = AT_ONCE
) -> Iterator[tuple[Request, Built | Exception]]:
    """Build editions side by side, each taking its place as soon as it is whole.

    What several editions share is made once. Results are stored as they come, so that a build that
    was killed goes on from there. An edition that fails does not stop the others.

    Parameters
    ----------
    requests
        What to build, no two of the same place; read as the work goes on.
    executor
        Makes the calls of chapters, result tables and sites; within its `with` block.
    at_once
        Editions under way at the same time.

    Yields
    ------
    tuple of Request and Built or Exception
        Each edition, or the InputError or BuildError that says why there is none.
    """
    with LocalExecutor(PRELOAD) as here, Workshop(requests, here, at_once) as workshop:
        for outcome in executor.run(workshop.calls(), lambda outcome: workshop.calls()):
            workshop.receive(outcome)
            yield from workshop.ended()
        yield from workshop.ended()


class Workshop:
    """The editions under way: which call is for which of them, and what can be made next.

    Parameters
    ----------
    requests
        What to build.
    here
        Makes calls on this machine.
    at_once
        Editions under way at the same time.
    """

    def __init__(self, requests: Iterable[Request], here: Executor, at_once: int) -> None:
        self._waiting = iter(requests)
        self._here = here
        self._at_once = at_once
        self._versions = cache.package_versions()
        self._open: dict[Draft, tuple[ExitStack, float]] = {}
        self._takers: dict[str, list[Draft]] = {}
        self._due: list[Call] = []
        self._ended: list[tuple[Request, Built | Exception]] = []

    def __enter__(self) -> Workshop:
        """Begin."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Remove the drafts that are not finished; what is stored of them stays."""
        for stack, _ in self._open.values():
            stack.__exit__(RuntimeError, RuntimeError("not finished"), None)

    def ended(self) -> Iterator[tuple[Request, Built | Exception]]:
        """Give away what has become of editions since this was last asked."""
        while self._ended:
            yield self._ended.pop(0)

    def calls(self) -> list[Call]:
        """Take up editions as there is room, and return the calls that have become possible.

        Returns
        -------
        list of Call
            None if all is under way or ended.
        """
        while len(self._open) <= self._at_once // 2:
            requests = list(islice(self._waiting, self._at_once - len(self._open)))
            if not requests:
                break
            self._take_up(requests)
        due, self._due = self._due, []
        return due

    def receive(self, outcome: Outcome) -> None:
        """Hand an outcome to the editions that wait for it.

        Parameters
        ----------
        outcome
            Of one of :meth:`calls`.
        """
        for draft in self._takers.pop(outcome.name):
            if outcome.name in draft.pieces:
                draft.receive(outcome)
                self._advance(draft)
            else:
                draft.receive_site(outcome)
                self._close(draft)

    def _take_up(self, requests: list[Request]) -> None:
        drafts = [draft for request in requests if (draft := self._opened(request))]
        calls = [(draft, call) for draft in drafts for call in draft.preparations()]
        numbered = [Call(str(place), call.function, call.argument) for place, (_, call) in enumerate(calls)]
        outcomes: dict[Draft, dict[str, Outcome]] = defaultdict(dict)
        for outcome in self._here.run(numbered):
            draft, call = calls[int(outcome.name)]
            outcomes[draft][call.name] = outcome
        for draft in drafts:
            draft.prepared(outcomes[draft])
            draft.take_stored()
            self._want(draft, draft.calls())
            self._advance(draft)

    def _opened(self, request: Request) -> Draft | None:
        """Open a draft, unless the edition is there or cannot be."""
        start, stack = time.perf_counter(), ExitStack()
        try:
            key = edition_key(request, self._versions)
            record = present(request, key)
            if record is not None:
                self._ended.append((request, Built(request.release.folder, record, 0.0, unchanged=True)))
                return None
            draft = stack.enter_context(drafted(request, key, self._versions))
        except InputError as error:
            self._ended.append((request, error))
            return None
        self._open[draft] = stack, start
        return draft

    def _want(self, draft: Draft, calls: list[Call]) -> None:
        self._due += [call for call in calls if call.name not in self._takers]
        for call in calls:
            self._takers.setdefault(call.name, []).append(draft)

    def _advance(self, draft: Draft) -> None:
        """Go on to the site, or end, if no piece is missing."""
        if draft.pieces:
            return
        if draft.failed or draft.request.results_only:
            self._close(draft)
        else:
            self._want(draft, [draft.site_call()])

    def _close(self, draft: Draft) -> None:
        stack, start = self._open.pop(draft)
        try:
            stack.close()
        except (BuildError, InputError) as error:
            self._ended.append((draft.request, error))
        else:
            seconds = time.perf_counter() - start
            self._ended.append((draft.request, Built(draft.request.release.folder, draft.record, seconds)))
