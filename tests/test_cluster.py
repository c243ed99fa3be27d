"""On a cluster the same calls have the same outcomes, byte for byte, whatever happens to its workers."""

from __future__ import annotations

import contextlib
import mmap
import os
import pickle
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from analysis.cluster import ClusterExecutor
from analysis.cluster_host import Session
from analysis.cluster_worker import Hosts
from analysis.executor import REPRODUCIBLE, Call, LocalExecutor, Outcome, executor_for
from analysis.import_commands import calibrated
from analysis.installation import Installation, difference, installation
from analysis.parameters import Parameters
from analysis.problems import InputError

from clusters import ROOT, Cluster, ancestors, cluster
from score_tables import random_scores, score_table
from test_executor import double, end_process, fail, sleep, unpicklable, variables
from toy_book import PROGRAM, chapter, compendium, contents, heed_interrupts, make_book, record, running

pytestmark = pytest.mark.slow
PATIENCE = 60
# Announces itself in a folder of the test, and the first time it never ends.
STUCK = (
    "import os, pathlib, time\n"
    "noted = pathlib.Path({folder!r}, str(os.getpid())); first = not list(noted.parent.iterdir()); noted.touch()\n"
    "time.sleep(600 if first else 0)"
)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two workers that stay."""
    with cluster(tmp_path_factory.mktemp("cluster")) as found:
        yield found


def outcomes(executor: ClusterExecutor | LocalExecutor, *calls: Call) -> dict[str, Outcome]:
    with executor as entered:
        return {outcome.name: outcome for outcome in entered.run(calls)}


def on(found: Cluster) -> ClusterExecutor:
    return ClusterExecutor(found.address, patience=PATIENCE)


def described(_: None, inputs: Path) -> tuple[str, dict[str, str]]:
    """Where a folder is, and the texts in it."""
    files = {path.relative_to(inputs).as_posix(): path.read_text() for path in inputs.rglob("*") if path.is_file()}
    return str(inputs), files


def fill_memory(gigabytes: float) -> int:
    """Hold so much memory for longer than it may be held, or reserve it only if it is negative."""
    if gigabytes < 0:
        return len(mmap.mmap(-1, int(-gigabytes * 10**9)))
    held = b"1" * int(gigabytes * 10**9)
    time.sleep(60)
    return len(held)


def wait_until_noted(folder: Path, process: subprocess.Popen[str]) -> int:
    """The process that has announced itself in a folder."""
    while not (found := list(folder.iterdir())):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    return int(found[0].name)


def wait_for_port(port: int, seconds: float = 120) -> None:
    """Wait until something listens."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise TimeoutError(port)


def started(book: Path, address: str) -> subprocess.Popen[str]:
    """A build on a cluster, begun."""
    command = [str(PROGRAM), "build", "--book", str(book), "--scheduler", address]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_a_call_has_the_outcome_it_has_on_this_machine(two: Cluster) -> None:
    calls = [Call("bad", fail, "so it goes"), Call("gone", end_process, 7), Call("odd", unpicklable, None)]
    calls += [Call(str(number), double, number) for number in range(5)]
    there, here = outcomes(on(two), *calls), outcomes(LocalExecutor(), *calls)
    assert {name: (o.value, repr(o.error)) for name, o in there.items()} == {
        name: (o.value, repr(o.error)) for name, o in here.items()
    }
    assert "so it goes" in there["bad"].trace


def test_a_call_there_has_one_thread_and_a_fixed_hash_seed(two: Cluster) -> None:
    found = outcomes(on(two), Call("environment", variables, None))["environment"].value
    assert {name: found[name] for name in REPRODUCIBLE} == REPRODUCIBLE


def test_a_folder_goes_where_it_is_read_once_a_worker_and_is_removed_at_the_end(two: Cluster, tmp_path: Path) -> None:
    (tmp_path / "data" / "below").mkdir(parents=True)
    (tmp_path / "data" / "a.csv").write_text("a")
    (tmp_path / "data" / "below" / "b.csv").write_text("b")
    found = outcomes(on(two), *(Call(str(number), described, None, tmp_path / "data") for number in range(8)))
    places = {outcome.value[0] for outcome in found.values()}
    assert all(outcome.value[1] == {"a.csv": "a", "below/b.csv": "b"} for outcome in found.values())
    assert 1 <= len(places) <= 2 and str(tmp_path / "data") not in places
    assert {Path(place).name for place in places} == {"data"}
    assert [place for place in places if Path(place).exists()] == []


def test_folders_of_different_content_are_kept_apart(two: Cluster, tmp_path: Path) -> None:
    for number in range(7):
        (tmp_path / str(number) / "data").mkdir(parents=True)
        (tmp_path / str(number) / "data" / "n").write_text(str(number))
    calls = [Call(f"{n}{turn}", described, None, tmp_path / str(n) / "data") for turn in "ab" for n in range(7)]
    assert all(o.value[1] == {"n": name[0]} for name, o in outcomes(on(two), *calls).items())


def test_calls_may_follow_an_outcome(two: Cluster) -> None:
    with on(two) as executor:
        names = [o.name for o in executor.run([Call("a", double, 1)], lambda o: [Call(o.name + "b", double, 2)][: 3 - len(o.name)])]
    assert names == ["a", "ab", "abb"]


def test_a_call_that_wants_too_much_memory_fails_and_hurts_nobody(two: Cluster) -> None:
    found = outcomes(on(two), Call("much", fill_memory, 2.2), Call("little", double, 1), Call("reserved", fill_memory, -9))
    assert isinstance(found["much"].error, MemoryError) and found["little"].value == 2 and found["reserved"].value == 9 * 10**9
    assert "the 2.0 GB that worker tcp://127.0.0.1:" in str(found["much"].error)
    assert [worker.poll() for worker in two.workers] == [None, None]


def test_a_whole_edition_of_the_book_is_made_by_workers_of_the_memory_that_is_advised(tmp_path: Path) -> None:
    (advised,) = set(re.findall(r"--memory-limit (\d+GB)", (ROOT / "README.md").read_text() + (ROOT / "CLUSTER.md").read_text()))
    sweep = tmp_path / "sweep.yml"
    sweep.write_text("results_only: false\neditions:\n  list:\n    - population: base\n")
    book = tmp_path / "book"
    for name in ("chapters", "data"):
        shutil.copytree(ROOT / name, book / name)
    for name in ("_config.yml", "_toc.yml", "CITATION.cff"):
        shutil.copy(ROOT / name, book)
    with cluster(tmp_path / "cluster", workers=1, memory=advised) as found:
        done = compendium("sweep", sweep, "--book", book, "--out", tmp_path / "out", "--scheduler", found.address)
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("out/*/html/chapters/index.html"))) == 1


def test_a_host_that_had_nothing_to_do_for_long_is_replaced() -> None:
    worker = SimpleNamespace(memory_manager=SimpleNamespace(memory_limit=None), state=SimpleNamespace(nthreads=1), address="w")
    hosts = Hosts(Session((), installation()))
    hosts.setup(worker)
    calls = [pickle.dumps(Call("", double, number)) for number in (1, 2)]
    assert pickle.loads(hosts.make(calls[0], None)).value == 2
    (idle,) = hosts._free
    idle.end()
    assert pickle.loads(hosts.make(calls[1], None)).value == 4
    hosts._free[0].end()


def test_an_edition_built_on_a_cluster_is_the_same_byte_for_byte(two: Cluster, tmp_path: Path) -> None:
    here, there = make_book(tmp_path / "here"), make_book(tmp_path / "there")
    assert compendium("build", "--book", here).returncode == 0
    done = compendium("build", "--book", there, "--scheduler", two.address)
    assert done.returncode == 0, done.stderr
    assert "2 of 2 chapters executed" in done.stdout
    assert contents(there / "_build" / "default") == contents(here / "_build" / "default")


def test_a_calibration_is_the_same_on_a_cluster(two: Cluster) -> None:
    table = score_table(chat=random_scores(10, 5))
    found = calibrated(table, Parameters(index=("b0", "b1", "b2")), 24, two.address)
    pd.testing.assert_frame_equal(found, calibrated(table, Parameters(index=("b0", "b1", "b2")), 24))


def test_a_worker_killed_in_the_middle_costs_its_time_and_nothing_else(tmp_path: Path) -> None:
    mark = uuid.uuid4().hex
    (tmp_path / "noted").mkdir()
    extra = {"stuck": chapter("Stuck", STUCK.format(folder=str(tmp_path / "noted")), "print('through')")}
    here, there = make_book(tmp_path / "here", **extra), make_book(tmp_path / "there", **extra)
    with cluster(tmp_path / "cluster", mark=mark) as found:
        build = started(there, found.address)
        above = ancestors(wait_until_noted(tmp_path / "noted", build))
        (worker,) = [worker for worker in found.workers if worker.pid in above]
        worker.send_signal(signal.SIGKILL)
        _, said = build.communicate(timeout=300)
        assert build.returncode == 0, said
    assert compendium("build", "--book", here).returncode == 0
    assert contents(there / "_build" / "default") == contents(here / "_build" / "default")
    end = time.monotonic() + 30
    while running(mark) and time.monotonic() < end:
        time.sleep(0.1)
    assert running(mark) == []


def test_an_interrupted_build_leaves_the_earlier_edition_and_free_workers(two: Cluster, tmp_path: Path) -> None:
    book = make_book(tmp_path / "book")
    assert compendium("build", "--book", book).returncode == 0
    before = contents(book / "_build" / "default")
    (tmp_path / "noted").mkdir()
    stuck = chapter("Stuck", STUCK.format(folder=str(tmp_path / "noted")))
    (book / "chapters" / "part" / "counter.md").write_text(stuck)
    build = started(book, two.address)
    kernel = wait_until_noted(tmp_path / "noted", build)
    build.send_signal(signal.SIGINT)
    _, said = build.communicate(timeout=60)
    assert build.returncode == 130
    assert said.splitlines()[-1] == "error: interrupted; what was built before is as it was"
    assert "Traceback" not in said
    assert contents(book / "_build" / "default") == before
    end = time.monotonic() + 30
    while Path(f"/proc/{kernel}").exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not Path(f"/proc/{kernel}").exists()
    assert outcomes(on(two), Call("next", double, 4))["next"].value == 8


def test_a_worker_with_another_version_is_refused_by_name(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "analysis", tmp_path / "other" / "analysis")
    (tmp_path / "other" / "analysis" / "extra.py").write_text('"""New."""\n')
    with cluster(tmp_path / "cluster", workers=1, package=tmp_path / "other") as found:
        done = compendium("build", "--book", make_book(tmp_path / "book"), "--scheduler", found.address)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "error: worker tcp://127.0.0.1:" in done.stderr
    assert "its copy of the book's package `analysis` is another; install the same there" in done.stderr
    assert not (tmp_path / "book" / "_build" / "default").exists()


def test_a_package_edited_after_a_worker_started_is_read_afresh(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "analysis", tmp_path / "other" / "analysis")
    edited = tmp_path / "other" / "analysis" / "extra.py"
    edited.write_text('"""Not there when the worker is asked, but there when it works."""\n')
    with cluster(tmp_path / "cluster", workers=1, package=tmp_path / "other") as found:
        edited.unlink()
        with on(found) as executor:
            edited.touch()
            (outcome,) = executor.run([Call("late", double, 1)])
    assert isinstance(outcome.error, InputError) and "analysis` is another" in str(outcome.error)


def test_a_scheduler_that_is_lost_ends_the_build_with_one_line(tmp_path: Path) -> None:
    with cluster(tmp_path, workers=1) as found, on(found) as executor, pytest.raises(InputError, match="is lost"):
        for outcome in executor.run([Call("short", double, 1), Call("long", sleep, 60)]):
            assert outcome.name == "short"
            found.scheduler.kill()


def test_a_scheduler_without_workers_is_refused(tmp_path: Path) -> None:
    with cluster(tmp_path, workers=0) as found:
        with pytest.raises(InputError, match="has no workers; start some with: dask worker"):
            ClusterExecutor(found.address, patience=2).__enter__()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "tls://127.0.0.1:1", "nonsense", "http://127.0.0.1:80", ""])
def test_an_address_where_nobody_answers_is_refused_soon(address: str) -> None:
    start = time.monotonic()
    with pytest.raises(InputError, match="scheduler"):
        ClusterExecutor(address, patience=2).__enter__()
    assert time.monotonic() - start < 20


def test_another_service_at_the_address_is_no_scheduler() -> None:
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as pages:
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        with pytest.raises(InputError, match="no scheduler answers"):
            ClusterExecutor(f"tcp://127.0.0.1:{pages.server_port}", patience=2).__enter__()
        pages.shutdown()


def test_the_address_of_a_worker_is_none_of_a_scheduler(two: Cluster) -> None:
    with on(two) as executor:
        worker = next(iter(executor._client.scheduler_info()["workers"]))
    with pytest.raises(InputError, match="not the address of a scheduler"):
        ClusterExecutor(worker, patience=10).__enter__()


def test_without_dask_the_user_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"install the extra `cluster`"):
        executor_for("tcp://127.0.0.1:1").__enter__()


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (Installation("p", "CPython 3.12.0", {"a": "1", "b": "2"}), "it runs CPython 3.12.0, here it is CPython 3.11.7"),
        (Installation("p", "CPython 3.11.7", {"a": "1"}), "its packages are others: b missing, here 2"),
        (Installation("p", "CPython 3.11.7", {"a": "0", "b": "2", "c": "3"}), "its packages are others: a 0, here 1; c 3, here missing"),
        (Installation("q", "CPython 3.11.7", {"a": "1", "b": "2"}), "its copy of the book's package `analysis` is another"),
        (Installation("p", "CPython 3.11.7", {"a": "1", "b": "2"}), ""),
    ],
)
def test_a_difference_between_machines_is_said(there: Installation, said: str) -> None:
    assert difference(Installation("p", "CPython 3.11.7", {"a": "1", "b": "2"}), there) == said


def test_this_machine_does_not_differ_from_itself() -> None:
    assert difference(installation(), installation()) == ""


def test_the_example_of_the_readme_builds_an_edition(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = (block for block in re.findall(r"^```[^\n]*\n(.*?)^```", readme, flags=re.S | re.M) if "dask worker" in block)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    own = example.replace(":8786", f":{port}").replace("--port 8786", f"--port {port}").replace(".venv/bin", str(PROGRAM.parent))
    scheduler, workers, build = map(shlex.split, own.splitlines())
    make_book(tmp_path / "book")
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    options = {"cwd": tmp_path / "book", "env": variables, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(scheduler, **options) as first, subprocess.Popen(workers, **options) as second:
        wait_for_port(port)
        done = subprocess.run(build, cwd=tmp_path / "book", env=variables, capture_output=True, text=True, timeout=300)
        second.terminate(), second.wait(), first.terminate()
    assert done.returncode == 0, done.stderr
    assert record(tmp_path / "book", "base")["parameters"]["population"] == "base"
