"""A sweep makes every edition it can, once, whole, and compares them; whatever stops it, it goes on from there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml
from analysis.edition import PRELOAD, build
from analysis.executor import LocalExecutor
from analysis.parameters import Parameters
from analysis.problems import InputError
from analysis.request import Request
from analysis.sweep import Swept, run_sweep
from analysis.sweep_file import read_sweep

from clusters import ROOT, ancestors, cluster
from test_cluster import STUCK, wait_until_noted
from test_edition import wait_for
from toy_book import PROGRAM, chapter, compendium, contents, heed_interrupts, make_book, running, scores

pytestmark = pytest.mark.slow
KEYS = {"population": ["base", "chat"], "line": [0.3, 0.4]}
NAMES = ["base-line-0-3", "base-line-0-4", "chat-line-0-3", "chat-line-0-4"]
TABLES = ("comparison.csv", "verdicts.csv", "claims.csv")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy book, not to be changed."""
    return make_book(tmp_path_factory.mktemp("sweep") / "book")


def write(folder: Path, results_only: bool = True, **keys: object) -> Path:
    """Write the file of a sweep over a grid."""
    path = folder / "try.yml"
    path.write_text(yaml.safe_dump({"editions": {"grid": keys}, "results_only": results_only}, sort_keys=False))
    return path


def swept(file: Path, book: Path, out: Path, workers: int = 2) -> Swept:
    with LocalExecutor(PRELOAD, workers=workers) as executor:
        return run_sweep(read_sweep(file), book, out, executor)


def compared(out: Path) -> dict[str, bytes]:
    """The files of a comparison, its page aside."""
    return {name: (out / name).read_bytes() for name in (*TABLES, "sweep.json")}


@pytest.fixture(scope="module")
def done(book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished sweep of result tables, made with two workers."""
    out = tmp_path_factory.mktemp("done") / "out"
    swept(write(out.parent, **KEYS), book, out)
    return out


def test_a_sweep_is_a_folder_of_editions_with_their_comparison(done: Path) -> None:
    assert sorted(path.name for path in done.iterdir() if not path.name.startswith(".")) == sorted(
        [*NAMES, *TABLES, "index.html", "sweep.json"]
    )
    for name in NAMES:
        assert sorted(path.name for path in (done / name).iterdir()) == ["data", "edition.json", "results"]
        record = json.loads((done / name / "edition.json").read_text())
        assert record["parameters"]["population"] == name[:4] and record["parameters"]["line"] == float(f"0.{name[-1]}")
        assert record["inputs"] and record["packages"]


def test_results_are_those_of_an_edition_built_alone(done: Path, book: Path, tmp_path: Path) -> None:
    alone = Request(book, "alone", parameters=Parameters(population="base", line=0.3), results_only=True, into=tmp_path)
    assert contents(build(alone).folder / "results") == contents(done / "base-line-0-3" / "results")


@pytest.mark.parametrize("workers", [1, 3])
def test_results_are_the_same_bytes_whatever_the_number_of_workers(done: Path, tmp_path: Path, workers: int) -> None:
    book, out = make_book(tmp_path / "book"), tmp_path / "out"
    swept(write(tmp_path, **KEYS), book, out, workers)
    for name in NAMES:
        assert contents(out / name / "results") == contents(done / name / "results")
    assert compared(out) == compared(done)
    assert (out / "index.html").read_bytes() == (done / "index.html").read_bytes()


def test_the_tables_of_the_comparison_are_those_of_the_editions(done: Path) -> None:
    table = pd.read_csv(done / "comparison.csv").set_index("edition")
    verdicts = pd.read_csv(done / "verdicts.csv")
    assert list(table.index) == NAMES and list(table["place"]) == [1, 2, 3, 4]
    for name in NAMES:
        summary = json.loads((done / name / "results" / "summary.json").read_text())[name[:4]]
        own = pd.read_csv(done / name / "results" / "capabilities_correlations.csv")
        own = own[(own["population"] == name[:4]) & (own["role"] == "safety")]
        assert table.loc[name, "variance_explained"] == pytest.approx(summary["variance_explained"])
        assert table.loc[name, "median_correlation"] == pytest.approx(own["correlation"].median())
        mine = verdicts[verdicts["edition"] == name].set_index("benchmark")["verdict"]
        assert mine.to_dict() == own.set_index("benchmark")["verdict"].to_dict()
        counted = table.loc[name, [each for each in table if each.startswith("verdict_")]].sum()
        assert counted == table.loc[name, "headline_benchmarks"] == len(own)


def test_nothing_is_made_twice(done: Path, book: Path) -> None:
    before = contents(done)
    again = swept(done.parent / "try.yml", book, done)
    assert again.unchanged == 4 and contents(done) == before


def test_a_larger_grid_makes_only_what_is_new_and_leaves_the_rest_alone(tmp_path: Path, book: Path) -> None:
    out = tmp_path / "out"
    swept(write(tmp_path, population=["base", "chat"]), book, out)
    file = write(tmp_path, population=["base", "auto"])
    done = compendium("sweep", file, "--book", book, "--out", out)
    assert done.returncode == 0 and "1 made, 1 unchanged, 0 failed" in done.stdout
    assert "1 edition in the folder is none of this sweep" in done.stderr and (out / "chat" / "edition.json").is_file()
    assert list(pd.read_csv(out / "comparison.csv")["edition"]) == ["base", "auto"]


def test_chapters_that_do_not_depend_on_what_varies_are_executed_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    noting = f"open({str(log)!r}, 'a').write('{{}} ')"
    book = make_book(
        tmp_path / "book",
        fixed=chapter("Fixed", noting.format("fixed")),
        varied=chapter("Varied", noting.format("varied"), "print(seed)", parameters="seed = 1"),
    )
    made = swept(write(tmp_path, results_only=False, seed=[1, 2, 3]), book, tmp_path / "out")
    assert not made.failed and sorted(log.read_text().split()) == ["fixed", "varied", "varied", "varied"]
    for name in ("seed-1", "seed-2", "seed-3"):
        assert (tmp_path / "out" / name / "html" / "chapters" / "part" / "fixed.html").is_file()


def test_an_edition_that_fails_is_reported_everywhere_and_stops_no_other(tmp_path: Path) -> None:
    raising = chapter("Raises", "assert seed != 2, 'not two'", parameters="seed = 1")
    book = make_book(tmp_path / "book", raising=raising)
    (tmp_path / "bad.csv").write_text("model,benchmark,score\na,b,one\n")
    file = write(tmp_path, results_only=False, scores=["default", "bad.csv"], seed=[1, 2])
    out = tmp_path / "out"
    done = compendium("sweep", file, "--book", book, "--out", out)
    assert done.returncode == 1 and "1 made, 0 unchanged, 3 failed" in done.stdout
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert any("default-seed-2: part/raising" in line and "not two" in line for line in errors)
    assert sum("bad-seed-" in line and "bad.csv" in line for line in errors) >= 2 and "Traceback" not in done.stderr
    record = {each["edition"]: each for each in json.loads((out / "sweep.json").read_text())["editions"]}
    assert [record[name]["status"] for name in record] == ["made", "failed", "failed", "failed"]
    assert "not two" in record["default-seed-2"]["problems"][0]
    assert "not two" in (out / "index.html").read_text()
    table = pd.read_csv(out / "comparison.csv")
    assert table["status"].tolist() == ["made", "failed", "failed", "failed"] and table["reason"].notna().sum() == 3
    assert (out / "default-seed-1" / "html" / "index.html").is_file() and not (out / "bad-seed-1").exists()


def stopped(file: Path, book: Path, out: Path, awaited: list[Path], signum: int) -> Iterator[object]:
    """Start a sweep and send it a signal once files are there; yield what it said, its status, what is left of it."""
    mark = uuid.uuid4().hex
    process = subprocess.Popen(
        [str(PROGRAM), "sweep", str(file), "--book", str(book), "--out", str(out)],
        env={**os.environ, "MARK": mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )
    for path in awaited:
        wait_for(path.parent, path.name, 240)
    process.send_signal(signum)
    yield process.communicate(timeout=120)[1]
    yield process.returncode
    end = time.monotonic() + 20
    while (left := running(mark)) and time.monotonic() < end:
        time.sleep(0.02)
    yield left


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_a_sweep_that_was_stopped_goes_on_where_it_was(tmp_path: Path, signum: int) -> None:
    log, gate, out = tmp_path / "log", tmp_path / "gate", tmp_path / "out"
    cell = (
        f"import pathlib, time\nopen({str(log)!r}, 'a').write(f'{{seed}} ')\n"
        f"pathlib.Path({str(tmp_path)!r}, f'begun-{{seed}}').touch()\n"
        f"while seed == 3 and not pathlib.Path({str(gate)!r}).exists(): time.sleep(0.05)"
    )
    book = make_book(tmp_path / "book", noting=chapter("Notes", cell, parameters="seed = 1"))
    file = write(tmp_path, results_only=False, seed=[1, 2, 3])
    sites = [out / f"seed-{seed}" / "html" / "index.html" for seed in (1, 2)]
    said, status, left = stopped(file, book, out, [*sites, tmp_path / "begun-3"], signum)
    assert (status, left) == (130 if signum == signal.SIGINT else -signum, [])
    assert "Traceback" not in str(said)
    finished = [path.parent for path in out.glob("seed-*/edition.json")]
    before = {folder.name: contents(folder) for folder in finished}
    assert len(before) == 2 and not (out / "seed-3").exists()
    gate.touch()
    done = compendium("sweep", file, "--book", book, "--out", out)
    assert done.returncode == 0 and "2 unchanged" in done.stdout
    # Of the three only the one that was under way is executed a second time.
    assert sorted(log.read_text().split()) == ["1", "2", "3", "3"]
    assert {name: contents(out / name) for name in before} == before
    assert all((out / f"seed-{seed}" / "html" / "index.html").is_file() for seed in (1, 2, 3))
    assert (out / "index.html").is_file()


def test_two_sweeps_do_not_share_a_folder(done: Path, book: Path) -> None:
    from analysis.release import locked

    with locked(done / ".sweep", "it", "--out"), pytest.raises(InputError, match="another build of the sweep"):
        swept(done.parent / "try.yml", book, done)


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path, book: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("dear")
    done = compendium("sweep", write(tmp_path, seed=[1]), "--book", book, "--out", tmp_path / "mine")
    assert done.returncode == 2 and "holds other things than a sweep" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


def test_a_dry_run_lists_the_editions_and_makes_none(tmp_path: Path, book: Path) -> None:
    done = compendium("sweep", write(tmp_path, **KEYS), "--book", book, "--out", tmp_path / "out", "--dry-run")
    assert done.stdout.splitlines()[:2] == ["4 editions:", "  base-line-0-3: population base, line 0.3"]
    assert done.returncode == 0 and not (tmp_path / "out").exists()


def test_a_fault_in_the_file_is_one_line_and_nothing_is_made(tmp_path: Path, book: Path) -> None:
    done = compendium("sweep", write(tmp_path, component=["kendall"]), "--book", book)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and "editions.grid.component" in done.stderr
    assert not (book / "_build" / "sweeps").exists()


def test_tables_of_the_user_are_swept_too(tmp_path: Path, book: Path) -> None:
    scores(9, seed=7).to_csv(tmp_path / "mine.csv")
    file = write(tmp_path, scores=["default", "mine.csv"])
    done = compendium("sweep", file, "--book", book)
    assert done.returncode == 0, done.stderr
    out = book / "_build" / "sweeps" / "try"
    models = pd.read_csv(out / "comparison.csv").set_index("edition")["n_models"]
    assert (
        models["mine"] == 9
        and str(tmp_path) not in (out / "sweep.json").read_text() + (out / "mine" / "edition.json").read_text()
    )


def test_a_sweep_on_a_cluster_that_loses_a_worker_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    (tmp_path / "noted").mkdir()
    extra = {"stuck": chapter("Stuck", STUCK.format(folder=str(tmp_path / "noted")), "print('through')")}
    here, there = make_book(tmp_path / "here", **extra), make_book(tmp_path / "there", **extra)
    file = write(tmp_path, results_only=False, seed=[1, 2])
    command = [str(PROGRAM), "sweep", str(file), "--book", str(there), "--out", str(tmp_path / "away"), "--scheduler"]
    with cluster(tmp_path / "cluster") as found:
        variables = {**os.environ, "PYTHONPATH": str(ROOT)}
        sweep = subprocess.Popen([*command, found.address], stderr=subprocess.PIPE, text=True, env=variables)
        above = ancestors(wait_until_noted(tmp_path / "noted", sweep))
        (worker,) = [worker for worker in found.workers if worker.pid in above]
        worker.send_signal(signal.SIGKILL)
        _, said = sweep.communicate(timeout=600)
        assert sweep.returncode == 0, said
    assert not swept(file, here, tmp_path / "home").failed
    for name in ("seed-1", "seed-2"):
        assert contents(tmp_path / "away" / name) == contents(tmp_path / "home" / name)
    assert compared(tmp_path / "away") == compared(tmp_path / "home")
