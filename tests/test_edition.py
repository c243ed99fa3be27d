"""One score table makes one edition: whole, reproducible, and no more work than needed."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from analysis import cache
from analysis.edition import PRELOAD, build
from analysis.execution import BuildError
from analysis.parameters import Parameters
from analysis.problems import InputError
from analysis.request import Request, edition_key


from toy_book import PROGRAM, chapter, contents, edit, executed, heed_interrupts, make_book, record, running, scores

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with its default edition, not to be changed."""
    root = make_book(tmp_path_factory.mktemp("original") / "book")
    build(Request(root))
    return root


@pytest.fixture
def book(original: Path, tmp_path: Path) -> Path:
    """A copy of the book and its edition."""
    return Path(shutil.copytree(original, tmp_path / "book", symlinks=True))


def own_scores(folder: Path) -> Path:
    """A score table that is not the book's own."""
    path = folder / "theirs.csv"
    scores(9, seed=7).to_csv(path)
    return path


def test_an_edition_has_a_site_notebooks_results_data_and_a_record(original: Path) -> None:
    folder = original / "_build" / "default"
    assert sorted(path.name for path in folder.iterdir()) == ["data", "edition.json", "html", "notebooks", "results"]
    assert (folder / "html" / "chapters" / "part" / "reader.html").is_file()
    assert sorted(p.stem for p in (folder / "notebooks" / "part").iterdir()) == ["counter", "reader"]
    assert {"capabilities_scores.csv", "capabilities_correlations.csv", "compute_correlations.csv",
            "replication.csv", "summary.json"} <= {path.name for path in (folder / "results").iterdir()}


def test_the_page_shows_what_the_chapter_computed(original: Path) -> None:
    values = pd.read_csv(original / "_build" / "default" / "data" / "scores.csv").score
    page = (original / "_build" / "default" / "html" / "chapters" / "part" / "reader.html").read_text()
    assert f"The mean is <span class=\"pasted-text\">{values.mean():.4f}</span>" in page
    assert f"{len(values)} 0.4" in page


def test_a_downloaded_notebook_is_executed_and_finds_the_data_beside_it(original: Path) -> None:
    path = original / "_build" / "default" / "notebooks" / "part" / "reader.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    assert (path.parent / "../../data" / "scores.csv").is_file()


def test_the_record_says_what_the_edition_was_made_of(original: Path) -> None:
    found = record(original)
    assert found["parameters"] == Parameters().to_mapping()
    assert found["packages"] == cache.package_versions()
    assert set(found["inputs"]) == {path.name for path in (original / "_build" / "default" / "data").iterdir()}
    assert {name: entry["status"] for name, entry in found["chapters"].items()} == {
        "part/reader": "executed",
        "part/counter": "executed",
    }
    assert all(entry["seconds"] > 0 for entry in found["chapters"].values())
    assert all(found["built"] >= entry["executed"] for entry in found["chapters"].values())
    assert {name: entry["parameters"] for name, entry in found["chapters"].items()} == {
        "part/reader": ["data", "line"],
        "part/counter": ["seed"],
    }


def test_summary_is_json_that_any_reader_takes(original: Path) -> None:
    text = (original / "_build" / "default" / "results" / "summary.json").read_text()
    assert set(json.loads(text, parse_constant=pytest.fail)) == {"chat", "base"}


def test_with_nothing_changed_nothing_is_done(book: Path) -> None:
    before = os.readlink(book / "_build" / "default")
    built = build(Request(book))
    assert built.unchanged
    assert built.seconds < 3
    assert os.readlink(book / "_build" / "default") == before


def test_an_edited_chapter_alone_is_executed(book: Path) -> None:
    edit(book, "part/counter", "# Counts", "# Counts again")
    build(Request(book))
    assert executed(book) == ["part/counter"]
    assert "Counts again" in (book / "_build/default/html/chapters/part/reader.html").read_text()


def test_a_changed_parameter_is_injected_into_the_chapters_that_declare_it(book: Path) -> None:
    build(Request(book, parameters=Parameters(line=0.5)))
    assert executed(book) == ["part/reader"]
    notebooks = book / "_build" / "default" / "notebooks" / "part"
    assert "injected-parameters" in (notebooks / "reader.ipynb").read_text()
    assert "injected-parameters" not in (notebooks / "counter.ipynb").read_text()
    assert " 0.5" in (book / "_build/default/html/chapters/part/reader.html").read_text()


def test_changed_scores_execute_the_chapters_that_read_them(book: Path) -> None:
    path = book / "data" / "scores.csv"
    frame = pd.read_csv(path)
    frame.assign(score=frame.score + 0.001).to_csv(path, index=False)
    build(Request(book))
    assert executed(book) == ["part/reader"]
    assert record(book)["results"]["status"] == "executed"


def test_a_page_without_code_is_rebuilt_without_executing_anything(book: Path) -> None:
    edit(book, "index", "Nothing to run.", "Still nothing to run.")
    build(Request(book))
    assert executed(book) == []
    assert "Still nothing" in (book / "_build/default/html/chapters/index.html").read_text()


def test_a_file_that_went_missing_comes_back(book: Path) -> None:
    page = book / "_build" / "default" / "html" / "chapters" / "index.html"
    page.unlink()
    build(Request(book))
    assert page.is_file()
    assert executed(book) == []


def test_the_same_inputs_make_the_same_edition_byte_for_byte(original: Path, tmp_path: Path) -> None:
    elsewhere = make_book(tmp_path / "a much longer path" / "book")
    build(Request(elsewhere))
    assert contents(elsewhere / "_build" / "default") == contents(original / "_build" / "default")


def test_an_edition_from_the_store_is_the_same_byte_for_byte(book: Path, original: Path) -> None:
    shutil.rmtree(book / "_build" / ".editions")
    (book / "_build" / "default").unlink()
    build(Request(book))
    assert executed(book) == []
    assert contents(book / "_build" / "default") == contents(original / "_build" / "default")


def test_scores_of_the_user_make_an_edition_of_their_own(book: Path, tmp_path: Path) -> None:
    before = contents(book / "_build" / "default")
    theirs = own_scores(tmp_path)
    built = build(Request(book, "theirs", scores=theirs, parameters=Parameters(index=("b0", "b1", "b2"))))
    assert set(pd.read_csv(built.folder / "data" / "scores.csv").model) == {f"m{i}" for i in range(9)}
    assert built.record["files"] == {"scores": "theirs.csv", "models": None, "benchmarks": None, "predictions": None}
    assert any("population" in remark for remark in built.record["remarks"])
    assert contents(book / "_build" / "default") == before


def test_a_chapter_that_raises_leaves_the_site_and_is_named(book: Path) -> None:
    before = contents(book / "_build" / "default")
    edit(book, "part/counter", "print(seed % 7)", "1 / 0")
    edit(book, "part/reader", "print(len(scores), line)", "nowhere")
    with pytest.raises(BuildError) as caught:
        build(Request(book))
    assert sorted(caught.value.lines) == [
        "part/counter: code cell 2 raised ZeroDivisionError: division by zero",
        "part/reader: code cell 3 raised NameError: name 'nowhere' is not defined",
    ]
    assert contents(book / "_build" / "default") == before


def test_a_reference_that_leads_nowhere_leaves_the_site_and_is_named(book: Path) -> None:
    before = contents(book / "_build" / "default")
    edit(book, "part/counter", "Prose.", "See {ref}`nowhere` and {glue:text}`nothing`.")
    with pytest.raises(BuildError) as caught:
        build(Request(book))
    assert all(line.startswith("site: chapters/part/counter.md") for line in caught.value.lines)
    assert any("nowhere" in line for line in caught.value.lines)
    assert any("nothing" in line for line in caught.value.lines)
    assert contents(book / "_build" / "default") == before


def test_scores_that_cannot_be_used_leave_the_site(book: Path, file_of) -> None:
    before = contents(book / "_build" / "default")
    with pytest.raises(InputError):
        build(Request(book, scores=file_of("model,benchmark,score\na,b,one\n")))
    assert contents(book / "_build" / "default") == before


@pytest.mark.parametrize("change", ["chapter", "config", "style", "data", "scores", "parameter", "edition", "package"])
def test_whatever_an_edition_depends_on_changes_its_key(tmp_path: Path, change: str) -> None:
    book, theirs = make_book(tmp_path / "book"), own_scores(tmp_path)
    request, versions = Request(book, scores=theirs), {"pandas": "3"}
    before = edition_key(request, versions)
    match change:
        case "chapter":
            edit(book, "part/counter", "Prose.", "Poetry.")
        case "config":
            (book / "_config.yml").write_text("title: Other\n")
        case "style":
            (book / "_static").mkdir()
            (book / "_static" / "own.css").write_text("")
        case "data":
            (book / "data" / "claims.yml").write_text("[]")
        case "scores":
            theirs.write_text(theirs.read_text() + "\n")
        case "parameter":
            request = Request(book, scores=theirs, parameters=Parameters(line=0.5))
        case "edition":
            request = Request(book, "other", scores=theirs)
        case "package":
            versions = {"pandas": "4"}
    assert edition_key(request, versions) != before


def wait_for(path: Path, pattern: str, seconds: float = 180, before: frozenset[Path] = frozenset()) -> None:
    """Wait until a file appears that was not there before."""
    end = time.monotonic() + seconds
    while before.issuperset(path.glob(pattern)):
        if time.monotonic() > end:
            raise TimeoutError(pattern)
        time.sleep(0.005)


def killed(book: Path, pattern: str, signum: int = signal.SIGKILL) -> Iterator[object]:
    """Start a build and kill it as soon as a file appears; yield its exit status, then what is left of it."""
    mark, drafts = uuid.uuid4().hex, book / "_build" / ".editions" / "default"
    before = frozenset(drafts.glob(pattern))
    process = subprocess.Popen(
        [str(PROGRAM), "build", "--book", str(book)],
        env={**os.environ, "MARK": mark},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )
    try:
        wait_for(drafts, pattern, before=before)
    except TimeoutError:
        process.kill()
        pytest.fail(f"{pattern} did not appear: {process.communicate()[1]}")
    process.send_signal(signum)
    yield process.communicate(timeout=120)[1]
    yield process.returncode
    end = time.monotonic() + 20
    while (left := running(mark)) and time.monotonic() < end:
        time.sleep(0.02)
    yield left


MOMENTS = ["v*/.work", "v*/data/scores.csv", "v*/notebooks/part/started", "v*/results/summary.json", "v*/.work/html/_static"]


def test_a_build_killed_at_any_moment_leaves_the_site_and_no_process(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The address of a socket may not be long.
    temporary = Path(tempfile.mkdtemp(prefix="t"))
    monkeypatch.setenv("TMPDIR", str(temporary))
    before = contents(book / "_build" / "default")
    slow = "import pathlib, time\npathlib.Path('started').touch(); time.sleep(600)"
    for moment in MOMENTS:
        (book / "chapters" / "part" / "counter.md").write_text(
            chapter(f"Killed at {moment[3:]}", slow if moment.endswith("started") else f"'{moment}'")
        )
        shutil.rmtree(book / "_build" / ".cache", ignore_errors=True)
        _, status, left = killed(book, moment)
        assert (status, left) == (-signal.SIGKILL, [])
        assert contents(book / "_build" / "default") == before
    (book / "chapters" / "part" / "counter.md").write_text(chapter("Alive"))
    build(Request(book))
    assert not any(temporary.glob("compendium-*"))
    shutil.rmtree(temporary)
    assert "Alive" in (book / "_build/default/html/chapters/part/counter.html").read_text()
    assert len(list((book / "_build" / ".editions" / "default").glob("v*"))) == 1


def test_an_interrupted_build_cleans_up_and_says_so(book: Path) -> None:
    before = contents(book / "_build" / "default")
    slow = "import pathlib, time\npathlib.Path('started').touch(); time.sleep(600)"
    (book / "chapters" / "part" / "counter.md").write_text(chapter("Slow", slow))
    said, status, left = killed(book, "v*/notebooks/part/started", signal.SIGINT)
    assert (status, left) == (130, [])
    assert "error: interrupted; what was built before is as it was" in str(said)
    assert "Traceback" not in str(said)
    assert contents(book / "_build" / "default") == before
    assert len(list((book / "_build" / ".editions" / "default").glob("v*"))) == 1


def test_everything_the_warm_parent_imports_is_there() -> None:
    assert [module for module in PRELOAD if importlib.util.find_spec(module) is None] == []


def test_no_file_of_the_site_tells_where_it_was_built(original: Path) -> None:
    for path in (original / "_build" / "default").rglob("*"):
        if path.is_file():
            assert str(original).encode() not in path.read_bytes(), path
