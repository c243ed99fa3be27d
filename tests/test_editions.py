"""Many editions are built at once, as well and as wholly as one by one."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from analysis.edition import PRELOAD, build
from analysis.editions import build_many
from analysis.execution import BuildError
from analysis.executor import Call, LocalExecutor, Outcome
from analysis.parameters import Parameters
from analysis.problems import InputError
from analysis.request import Request

from toy_book import chapter, contents, edit, make_book, record

pytestmark = pytest.mark.slow
LINES = (0.3, 0.5)


class Counting(LocalExecutor):
    """Processes on this machine, and what they were asked to do."""

    def __init__(self) -> None:
        super().__init__(PRELOAD, workers=2)
        self.outcomes: dict[str, Outcome] = {}

    def run(self, *arguments: object) -> Iterator[Outcome]:
        for outcome in super().run(*arguments):
            assert outcome.name not in self.outcomes
            self.outcomes[outcome.name] = outcome
            yield outcome


def requests(book: Path, into: Path | None = None, **options: object) -> list[Request]:
    """Two editions that differ in one parameter, which one of the two chapters declares."""
    return [Request(book, f"line{number}", parameters=Parameters(line=line), into=into, **options) for number, line in enumerate(LINES)]


def built(wanted: Iterable[Request]) -> tuple[dict[str, object], list[str]]:
    with Counting() as executor:
        found = {request.edition: what for request, what in build_many(wanted, executor)}
    return found, list(executor.outcomes)


def test_many_editions_are_each_the_same_as_built_alone_and_what_they_share_is_made_once(tmp_path: Path) -> None:
    book, other = make_book(tmp_path / "book"), make_book(tmp_path / "other")
    found, made = built(requests(book, tmp_path / "sweep"))
    assert set(found) == {"line0", "line1"}
    assert len(made) == 2 + 2 + 1 + 2  # tables, readers, one counter, sites
    for request in requests(other):
        build(request)
        assert contents(tmp_path / "sweep" / request.edition) == contents(other / "_build" / request.edition)
    again, made = built(requests(book, tmp_path / "sweep"))
    assert made == [] and all(what.unchanged for what in again.values())


def test_an_edition_that_fails_does_not_stop_the_others(tmp_path: Path, file_of) -> None:
    book = make_book(tmp_path / "book")
    edit(book, "part/reader", "print(len(scores), line)", "print(1 / (line - 0.5))")
    bad = Request(book, "bad", scores=file_of("model,benchmark,score\na,b,one\n"))
    found, _ = built([*requests(book), bad])
    assert isinstance(found["line1"], BuildError) and "ZeroDivisionError" in str(found["line1"])
    assert isinstance(found["bad"], InputError)
    assert found["line0"].folder == book / "_build" / "line0" and (found["line0"].folder / "html" / "index.html").is_file()
    assert not (book / "_build" / "line1").exists() and not (book / "_build" / "bad").exists()


def test_a_site_that_fails_fails_its_edition_alone(tmp_path: Path) -> None:
    book = make_book(tmp_path / "book", third=chapter("Third", "1") + "\nSee {ref}`nowhere`.\n")
    found, _ = built(requests(book)[:1])
    assert str(found["line0"]).startswith("site: chapters/part/third.md")


def test_results_alone_are_the_tables_of_the_whole_edition(tmp_path: Path) -> None:
    book = make_book(tmp_path / "book")
    found, made = built(requests(book, results_only=True))
    assert len(made) == 2 and not (found["line0"].folder / "html").exists()
    before = contents(found["line0"].folder / "results")
    assert not build(replace(requests(book)[0])).unchanged
    assert contents(book / "_build" / "line0" / "results") == before
    assert record(book, "line0")["results"]["status"] == "cached"


def test_more_editions_than_are_taken_up_at_once_are_all_built(tmp_path: Path) -> None:
    book = make_book(tmp_path / "book")
    wanted = [Request(book, f"e{n}", parameters=Parameters(line=0.1 + n / 20), results_only=True) for n in range(7)]
    with LocalExecutor(PRELOAD) as executor:
        found = [request.edition for request, what in build_many(iter(wanted), executor, at_once=2)]
    assert sorted(found) == [request.edition for request in wanted]


def test_a_stream_that_is_given_up_keeps_what_was_made(tmp_path: Path) -> None:
    book = make_book(tmp_path / "book")
    with LocalExecutor(PRELOAD, workers=1) as executor:
        stream = build_many(requests(book), executor)
        first, _ = next(stream)
        stream.close()
    assert len(list((book / "_build" / ".editions").glob("*/v*"))) == 1
    found, made = built(requests(book))
    assert found[first.edition].unchanged and len(made) < 4


def test_calls_that_follow_an_outcome_come_before_those_that_wait() -> None:
    calls = [Call(str(number), abs, -number) for number in range(3)]
    with LocalExecutor(workers=1) as executor:
        names = [o.name for o in executor.run(calls, lambda o: [Call(o.name + "+", abs, 1)] if o.name in "01" else [])]
    assert names == ["0", "0+", "1", "1+", "2"]


class Replay:
    """Outcomes made before, given again in an order of their own."""

    def __init__(self, outcomes: dict[str, Outcome], order: random.Random) -> None:
        self.outcomes, self.order = outcomes, order

    def run(self, calls: Iterable[Call], follow: Callable[[Outcome], Iterable[Call]]) -> Iterator[Outcome]:
        waiting = list(calls)
        while waiting:
            name = waiting.pop(self.order.randrange(len(waiting))).name
            site = Outcome(name, {"index.html": b""}, None, "", 0.0)
            outcome = site if name.startswith("site ") else self.outcomes[name]
            yield outcome
            waiting += follow(outcome)


def results(folder: Path) -> dict[str, bytes]:
    """The notebooks and result tables of an edition."""
    files = [path for kind in ("notebooks", "results") for path in (folder / kind).rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def made_before(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Outcome], dict[str, bytes]]:
    """A book, the outcomes of the calls of two editions of it, and what these editions hold."""
    folder = tmp_path_factory.mktemp("made")
    book = make_book(folder / "book")
    with Counting() as executor:
        editions = [what.folder for _, what in build_many(requests(book, folder / "into"), executor)]
    return book, executor.outcomes, {f"{path.name}/{name}": text for path in editions for name, text in results(path).items()}


@pytest.mark.parametrize("seed", range(6))
def test_editions_do_not_depend_on_the_order_of_outcomes(
    made_before: tuple[Path, dict[str, Outcome], dict[str, bytes]], seed: int, tmp_path: Path
) -> None:
    book, outcomes, wanted = made_before
    shutil.rmtree(book / "_build" / ".cache")
    stream = build_many(requests(book, tmp_path), Replay(outcomes, random.Random(seed)), at_once=1 + seed % 3)
    editions = [what.folder for _, what in stream]
    found = {f"{path.name}/{name}": text for path in editions for name, text in results(path).items()}
    assert sorted(found) == sorted(wanted) and len(found) > 10
    assert [name for name in found if found[name] != wanted[name]] == []


@pytest.mark.parametrize("workers", [1, 3])
def test_editions_do_not_depend_on_the_number_of_workers(
    made_before: tuple[Path, dict[str, Outcome], dict[str, bytes]], workers: int, tmp_path: Path
) -> None:
    book = make_book(tmp_path / "book")
    with LocalExecutor(PRELOAD, workers) as executor:
        editions = [what.folder for _, what in build_many(requests(book), executor)]
    assert {f"{path.name}/{name}": text for path in editions for name, text in results(path).items()} == made_before[2]
