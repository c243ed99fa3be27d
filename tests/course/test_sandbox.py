"""Notebooks of strangers run with few rights, little of everything, and no way out. Real processes, real limits."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from analysis.course.sandbox import Limits, Report, Sandbox, report_of

ROOT = Path(__file__).parents[2]
LABEL = "ex-toy"


def confined(timeout: float) -> Iterator[Sandbox]:
    with Sandbox(Limits(timeout=timeout, memory=400, disk=32)) as sandbox:
        if sandbox.not_isolated:
            pytest.skip(f"this machine cannot confine notebooks: {sandbox.not_isolated}")
        yield sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """With more time than anything here takes, on a busy machine too."""
    yield from confined(60)


@pytest.fixture(scope="module")
def hasty() -> Iterator[Sandbox]:
    """With little time, for what has no end."""
    yield from confined(6)


@pytest.fixture(scope="module")
def loose() -> Iterator[Sandbox]:
    with Sandbox(Limits(timeout=2, memory=400), isolate=False) as sandbox:
        yield sandbox


def run(sandbox: Sandbox, *sources: str, data: Path | None = None) -> Report:
    return sandbox.run([*({"source": source} for source in sources), {"label": LABEL, "asks": ["x"]}], data)


def x_of(report: Report) -> Any:
    return report.answers[LABEL]["x"]


def names_of_errors(report: Report) -> set[str]:
    return {name for _, name, _ in report.errors}


def below_this() -> list[psutil.Process]:
    """Every process that a notebook may have left behind: those below the launchers."""
    launchers = [each for each in psutil.Process().children() if "launcher.py" in " ".join(each.cmdline())]
    return [each for launcher in launchers for each in launcher.children(recursive=True)]


def test_answers_come_out_as_plain_values(sandbox: Sandbox) -> None:
    report = run(sandbox, "import pandas as pd", "x = pd.Series({'a': 1.5, 'b': 2.0})")
    assert report == Report("finished", {LABEL: {"x": {"a": 1.5, "b": 2.0}}}, {LABEL: {}})


def test_a_cell_that_raises_does_not_stop_those_after_it(sandbox: Sandbox) -> None:
    report = run(sandbox, "1/0", "def broken(:", "import sys; sys.exit()", "x = 3")
    assert x_of(report) == 3
    assert [(number, name) for number, name, _ in report.errors] == [(1, "ZeroDivisionError"), (2, "SyntaxError"), (3, "SystemExit")]


def test_one_notebook_sees_nothing_of_the_one_before(sandbox: Sandbox) -> None:
    run(sandbox, "x = 7; open('left.txt', 'w').write('7')")
    report = run(sandbox, "import os; y = x", "x = os.path.exists('left.txt')")
    assert names_of_errors(report) == {"NameError"} and x_of(report) is False


def test_only_python_the_tables_and_an_empty_home_can_be_seen(sandbox: Sandbox) -> None:
    paths = [ROOT / "README.md", ROOT / "solutions", Path.home() / ".bashrc", Path("/etc/passwd"), Path("/proc/self"), Path("/sys")]
    seen = run(sandbox, f"import os\nx = [os.path.exists(p) for p in {list(map(str, paths))}]", data=ROOT / "data")
    assert x_of(seen) == [False] * len(paths)
    table = run(sandbox, "import pandas as pd\nx = len(pd.read_csv('data/scores.csv'))", data=ROOT / "data")
    assert x_of(table) > 1000


def test_what_knows_an_answer_cannot_be_imported_or_read(sandbox: Sandbox) -> None:
    report = run(
        sandbox,
        "import analysis.course.checks",
        "from analysis.course.judging import Check",
        "import analysis, os, sys\nplaces = [os.path.dirname(analysis.__file__), *sys.path]",
        "x = sorted({f for p in places if p for _, _, files in os.walk(p) for f in files if f.startswith(('checks', 'judging', 'asking'))"
        " if 'analysis' in p})",
    )
    assert names_of_errors(report) == {"ModuleNotFoundError"} and x_of(report) == []


def test_nothing_can_be_written_outside_and_little_inside(sandbox: Sandbox, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "scores.csv").write_text("model\n")
    before = set(tmp_path.rglob("*"))
    report = run(
        sandbox,
        "open('data/scores.csv', 'a')",
        "import analysis; open(analysis.__file__, 'a')",
        f"open({str(tmp_path / 'new')!r}, 'w')",
        "open('big', 'wb').write(bytes(100 * 2**20))",
        "open('small', 'w').write('1'); x = 1",
        data=data,
    )
    assert x_of(report) == 1 and len(report.errors) == 4
    assert set(tmp_path.rglob("*")) == before and (data / "scores.csv").read_text() == "model\n"


def test_there_is_no_network_and_no_secret_in_the_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    report = run(
        sandbox,
        "import socket; socket.create_connection(('127.0.0.1', 22), timeout=1)",
        "socket.create_connection(('192.0.2.1', 80), timeout=1)",
        "import os; x = sorted(os.environ)",
    )
    assert names_of_errors(report) == {"OSError"}
    assert not set(x_of(report)) & {"USER", "LOGNAME", "SSH_AUTH_SOCK", "PYTHONPATH", "VIRTUAL_ENV"}


def test_it_has_no_rights_even_where_it_is_run_by_root(sandbox: Sandbox) -> None:
    report = run(sandbox, "import os; x = os.getuid()", "os.setuid(0)", "os.chroot('.')", "os.kill(1, 9)")
    assert x_of(report) not in (0, None) if os.getuid() == 0 else x_of(report) == os.getuid()
    assert report.ended == "finished" and len(report.errors) >= 2


@pytest.mark.parametrize(
    "source, ended",
    [
        ("while True: pass", "time"),
        ("import time; time.sleep(1000)", "time"),
        ("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1000)", "time"),
        ("import os; os._exit(0)", "broken off"),
        ("import os; os.kill(os.getpid(), 9)", "broken off"),
        ("import ctypes; ctypes.string_at(0)", "broken off"),
        ("import os; os.close(3)", "broken off"),
        ("import os\nwhile True: os.write(3, bytes(9999))", "output"),
        ("import os\nfor _ in range(20):\n    if not os.fork(): x = b'1' * (200 * 2**20); __import__('time').sleep(99)\nos.wait()", "memory"),
    ],
)
def test_a_notebook_that_goes_too_far_is_ended(hasty: Sandbox, source: str, ended: str) -> None:
    start = time.monotonic()
    assert run(hasty, source).ended == ended
    assert time.monotonic() - start < 20 and below_this() == []


def test_memory_beyond_the_limit_is_refused(sandbox: Sandbox) -> None:
    report = run(sandbox, "x = bytearray(2 * 2**30)", "x = 1")
    assert names_of_errors(report) == {"MemoryError"} and x_of(report) == 1


def test_a_notebook_cannot_fill_the_machine_with_processes_or_leave_one_behind(sandbox: Sandbox) -> None:
    report = run(sandbox, "import os\nif not os.fork():\n    os.setsid()\n    if not os.fork(): __import__('time').sleep(99)\n    os._exit(0)", "x = 1")
    assert x_of(report) == 1 and below_this() == []
    bomb = run(sandbox, "while True: os.fork()", "import os\nwhile True: os.fork()")
    assert "BlockingIOError" in names_of_errors(bomb) and below_this() == []


def test_what_is_printed_goes_nowhere_and_costs_nothing(sandbox: Sandbox) -> None:
    assert x_of(run(sandbox, "print('x' * 10**8)", "x = 2")) == 2


def test_without_confinement_limits_still_hold_and_it_is_said(loose: Sandbox) -> None:
    assert loose.not_isolated
    assert x_of(run(loose, "x = 1")) == 1
    assert run(loose, "while True: pass").ended == "time"
    assert run(loose, "import os\nif not os.fork():\n    os.setsid(); __import__('time').sleep(99)").ended == "finished"
    assert names_of_errors(run(loose, "x = bytearray(3 * 2**30)")) == {"MemoryError"}
    assert below_this() == []


def test_ending_the_grader_ends_the_notebook_it_runs() -> None:
    import subprocess
    import sys

    code = (
        "from analysis.course.sandbox import *\n"
        "with Sandbox(Limits(timeout=100)) as box:\n"
        "    print(box._process.pid, flush=True)\n"
        "    box.run([{'source': 'while True: pass'}])\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as grader:
        launcher = psutil.Process(int(grader.stdout.readline()))
        wait_until(lambda: launcher.children(recursive=True))
        family = [launcher, *launcher.children(recursive=True)]
        grader.kill()
    gone, alive = psutil.wait_procs(family, timeout=10)
    assert alive == [] and len(gone) > 1


def wait_until(condition: Any) -> None:
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)


@pytest.mark.parametrize(
    "output",
    ["", "nonsense", "[" * 100_000, '{"label": 3}', '{"label": "ex-toy", "answers": [1]}', '"text"', '{"error": 1}', "9" * 100_000, "\x00\xff"],
)
def test_whatever_a_notebook_writes_is_read_as_data_or_not_at_all(output: str) -> None:
    report = report_of(output, "finished")
    assert report.ended == "broken off" and all(not values for values in report.answers.values())
