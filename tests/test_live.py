"""The live site: cells run in the page, in the edition's own folder, for its owner alone."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from analysis import live
from analysis.edition import Request, build
from analysis.parameters import Parameters
from analysis.problems import InputError
from analysis.release import contents_digest

from toy_book import PROGRAM, chapter, compendium, make_book
from visits import Visit

ROOT = Path(__file__).parents[1]
# Thebe asks every kernel for widgets, and says so when there are none.
WIDGETS = "Failed to fetch ipywidgets"
CELLS = chapter(
    "Charts",
    "import os\nimport pandas as pd\nfrom analysis import charts, house\nscores = pd.read_csv(f'{data}/scores.csv')",
    ":tags: [remove-cell]\n\nsecret = 'from the hidden cell'",
    "print(secret, line, os.path.basename(os.getcwd()), len(scores))",
    "import altair as alt\nchart = alt.Chart(scores.head(5)).mark_point().encode(x='score:Q', y='score:Q')\n"
    "house.house(chart, f'Chart of {len(chart.data)} scores', {'model': 'Model', 'score': 'Score'})",
    parameters='data = "../../data"\nline = 0.4',
)

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Served:
    """A live site that is being served."""

    process: subprocess.Popen[str]
    address: str
    token: str

    def get(self, path: str, *, token: str | None = None, **headers: str) -> tuple[int, str]:
        """Ask for something and return the status and the body."""
        query = f"?token={token}" if token else ""
        request = urllib.request.Request(f"{self.address}{path}{query}", headers=headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book set up like this one, with a chapter of charts, and an edition of it with a parameter changed."""
    root = make_book(tmp_path_factory.mktemp("live") / "book", charts=CELLS)
    shutil.copy(ROOT / "_config.yml", root)
    shutil.copytree(ROOT / "chapters" / "_static", root / "chapters" / "_static")
    (root / "chapters" / "references.bib").write_text("")
    build(Request(root, parameters=Parameters(line=0.3)))
    return root


@pytest.fixture(scope="module")
def served(book: Path) -> Iterator[Served]:
    """The edition, live."""
    with serving(book) as process:
        yield process


class serving:
    """`compendium live` in a process of its own, interrupted at the end."""

    def __init__(self, book: Path) -> None:
        command = [str(PROGRAM), "live", "--port", "0", "--book", str(book)]
        variables = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables)

    def __enter__(self) -> Served:
        line = self.process.stdout.readline()
        found = re.search(r"(http://127\.0\.0\.1:\d+/)\?token=(\S+)", line)
        assert found, line
        return Served(self.process, found[1], found[2])

    def __exit__(self, *exception: object) -> None:
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=60)
        assert said == "ended\n"


@pytest.fixture
def visit(browser: Any, served: Served) -> Iterator[Visit]:
    """The chapter of charts, open and started."""
    with Visit(browser, f"{served.address}?token={served.token}") as visit:
        visit.page.wait_for_url("**/chapters/index.html")
        assert served.token not in visit.page.url
        visit.go(f"{served.address}chapters/part/charts.html")
        visit.page.get_by_role("button", name="Run this page live").click()
        visit.page.get_by_role("button", name="Run all cells").wait_for(timeout=60_000)
        yield visit


def finished(visit: Visit, state: str = "ready") -> str:
    """Wait until nothing runs and return what the page says."""
    visit.page.wait_for_selector(f".book-live[data-state={state}]", timeout=60_000)
    return visit.page.locator(".book-live-status").inner_text()


def write_cell(visit: Visit, place: int, code: str) -> None:
    """Put code into an editor as a reader does, and run it."""
    visit.page.locator(".book-live-cell .CodeMirror").nth(place).click()
    visit.page.keyboard.press("Control+A")
    visit.page.keyboard.insert_text(code)
    visit.page.keyboard.press("Shift+Enter")
    visit.page.wait_for_selector(".book-live[data-state=busy]")


@pytest.mark.browser
def test_all_cells_run_in_order_hidden_ones_too_in_the_folder_and_with_the_parameters_of_the_edition(
    visit: Visit, served: Served
) -> None:
    visit.page.get_by_role("button", name="Run all cells").click()
    visit.page.wait_for_selector(".book-live[data-state=busy]")
    assert finished(visit).startswith("Done")
    said = visit.page.locator(".book-live-output").first.inner_text()
    assert said.strip() == "from the hidden cell 0.3 part 132"
    assert [url for url in visit.requests if not url.startswith((served.address, "data:", "blob:"))] == []
    assert [text for text in visit.complaints if WIDGETS not in text and "favicon" not in text] == []


@pytest.mark.browser
def test_an_edited_cell_runs_with_what_it_needs_and_its_output_changes(visit: Visit) -> None:
    write_cell(visit, 3, "print(secret.upper(), 6 * 7)")
    finished(visit)
    assert visit.page.locator(".book-live-output").last.inner_text().strip() == "FROM THE HIDDEN CELL 42"


@pytest.mark.browser
def test_what_rests_on_a_changed_cell_runs_again_before_a_later_one(visit: Visit) -> None:
    """Cell 2 holds the edition's parameters, and a cell far below prints one of them."""
    visit.page.get_by_role("button", name="Run all cells").click()
    visit.page.wait_for_selector(".book-live[data-state=busy]")
    finished(visit)
    printed = visit.page.locator(".book-live-output", has_text="from the hidden cell")
    write_cell(visit, 1, "import time\nline = 0.8\ntime.sleep(1)")
    finished(visit)
    assert " 0.3 " in printed.inner_text()
    visit.page.get_by_role("button", name="Run cell 6").click()
    visit.page.wait_for_selector(".book-live[data-state=busy]")
    finished(visit)
    assert " 0.8 " in printed.inner_text()


@pytest.mark.browser
@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
def test_escape_and_the_tabulator_leave_an_editor_and_without_escape_it_indents(visit: Visit, key: str) -> None:
    editor = visit.page.locator(".book-live-cell .CodeMirror").nth(3)
    editor.click()
    visit.page.keyboard.press("Escape")
    visit.page.keyboard.press(key)
    focused = "editor => editor.contains(document.activeElement)"
    assert not editor.evaluate(focused)
    before = editor.evaluate("editor => editor.CodeMirror.getValue()")
    editor.click()
    visit.page.keyboard.press("Tab")
    assert editor.evaluate(focused) and editor.evaluate("editor => editor.CodeMirror.getValue()") != before


@pytest.mark.browser
def test_a_chart_made_live_is_drawn_with_its_data_like_any_other(visit: Visit) -> None:
    visit.page.get_by_role("button", name="Run cell 6").click()
    visit.page.wait_for_selector(".book-live-output .book-chart[data-drawn] svg", timeout=60_000)
    view = visit.page.locator(".book-live-output .book-chart-view")
    assert view.get_attribute("aria-label") == "Chart of 5 scores"
    visit.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    visit.page.wait_for_selector(".book-live-output .book-chart[data-drawn=dark]")
    assert visit.page.get_by_role("button", name="Save as SVG").count() == 1


@pytest.mark.browser
def test_an_error_is_shown_where_it_happened_and_a_restart_forgets_everything(visit: Visit) -> None:
    write_cell(visit, 1, "kept = 1\nraise ValueError('<b>no</b>')")
    assert finished(visit, "fault").startswith("Cell 2 was not finished")
    output = visit.page.locator(".book-live-output").first
    assert "ValueError: <b>no</b>" in output.inner_text()
    visit.page.get_by_role("button", name="Restart").click()
    visit.page.wait_for_selector(".book-live[data-state=ready]")
    write_cell(visit, 1, "print('kept' in globals())")
    finished(visit)
    assert output.inner_text().strip() == "False"


@pytest.mark.browser
def test_a_cell_without_end_is_stopped(visit: Visit) -> None:
    write_cell(visit, 0, "print('begun', flush=True)\nwhile True: pass")
    visit.page.locator(".book-live-output", has_text="begun").wait_for(timeout=60_000)
    visit.page.get_by_role("button", name="Stop").click()
    finished(visit, "fault")
    assert "KeyboardInterrupt" in visit.page.locator(".book-live-output").inner_text()


@pytest.mark.parametrize(
    "path", ["", "chapters/part/charts.html", "_notebooks/part/charts.ipynb", "_thebe/index.js", "api/kernels"]
)
def test_nothing_is_given_without_the_token(served: Served, path: str) -> None:
    assert served.get(path)[0] == 403
    assert served.get(path, token="wrong")[0] == 403
    assert served.get(path, token=served.token)[0] == 200


def test_a_page_says_how_to_get_in(served: Served) -> None:
    assert served.get("")[1] == "403: Open the address that compendium live has printed\n"


def test_other_origins_and_other_names_of_this_machine_are_refused(served: Served) -> None:
    assert served.get("api/kernels", token=served.token, Origin="http://example.org")[0] in (403, 404)
    assert served.get("chapters/part/charts.html", token=served.token, Host="example.org")[0] == 403
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    assert served.get("api/kernels/none/channels", Origin="http://example.org", **upgrade)[0] in (403, 404)


@pytest.mark.parametrize(
    "path",
    ["api/contents", "api/terminals", "files/edition.json", "view/edition.json", "tree", "..%2fedition.json"],
)
def test_there_are_no_files_to_list_and_no_terminals(served: Served, path: str) -> None:
    assert served.get(path, token=served.token)[0] in (403, 404)


def test_it_listens_on_the_loopback_interface_alone(served: Served) -> None:
    port = int(served.address.rsplit(":", 1)[1].strip("/"))
    (listening,) = [row for row in sockets(served.process.pid) if row[1] == port]
    assert listening[0] == "127.0.0.1"
    assert {host for host, _ in sockets(served.process.pid)} == {"127.0.0.1"}


def sockets(process: int) -> list[tuple[str, int]]:
    """Host and port of every TCP socket a process and its children listen on."""
    import psutil

    family = [psutil.Process(process), *psutil.Process(process).children(recursive=True)]
    found = [each for one in family for each in one.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
    return [(each.laddr.ip, each.laddr.port) for each in found]


def test_an_interrupt_ends_the_server_and_its_kernels_and_the_edition_is_as_it_was(book: Path) -> None:
    import psutil

    before = contents_digest(book / "_build" / "default")
    with serving(book) as served:
        started = json.loads(post(served, "api/sessions"))
        assert started["kernel"]["name"] == "python3"
        kernels = psutil.Process(served.process.pid).children(recursive=True)
        assert kernels
    assert served.process.returncode == 0
    assert psutil.wait_procs(kernels, timeout=10)[1] == []
    assert contents_digest(book / "_build" / "default") == before


def post(served: Served, address: str) -> bytes:
    """Start a session."""
    session = {"path": "notebooks/part/x.ipynb", "name": "x", "type": "notebook", "kernel": {"name": "python3"}}
    headers = {"Authorization": f"token {served.token}"}
    request = urllib.request.Request(f"{served.address}{address}", json.dumps(session).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def test_a_page_without_code_is_as_it_was(book: Path) -> None:
    site = live.LiveSite(book / "_build" / "default", 0)
    markup = (book / "_build" / "default" / "html" / "chapters" / "index.html").read_text()
    assert live.live_page(site, "chapters/index.html", markup) == markup
    assert "book-live.js" in live.live_page(site, "chapters/part/charts.html", markup)
    assert "book-live" not in markup


def test_the_token_is_new_each_time_and_in_no_representation(book: Path) -> None:
    one, other = (live.live_site(book / "_build" / "default", 0) for _ in range(2))
    assert one.token != other.token
    assert len(one.token) >= 32
    assert one.token not in repr(one)


def test_without_the_extra_one_line_says_what_to_install(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(live, "find_spec", lambda name: None if name == "jupyter_server" else found(name))
    with pytest.raises(InputError, match=r"live pages need jupyter_server; pip install '.*\[live\]'"):
        live.live_site(book / "_build" / "default", 0)


def test_no_edition_and_a_port_in_use_are_each_one_line(book: Path) -> None:
    done = compendium("live", "--edition", "never", "--book", book)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "there is no site here; run compendium build first" in done.stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = compendium("live", "--book", book, "--port", taken.getsockname()[1])
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "cannot be used" in done.stderr
