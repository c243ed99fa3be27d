"""The site is built from announced notebooks, and its warnings name the chapter's own file and cell."""

from __future__ import annotations

import importlib.metadata
import multiprocessing
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
import yaml
from analysis.execution import BuildError
from analysis.site import (
    Announcements,
    SiteProcess,
    SiteTask,
    configuration,
    no_system_fonts,
    page_of,
    read_entry_points_once,
    readable,
)


@pytest.fixture
def task(tmp_path: Path) -> SiteTask:
    """A site of two notebooks; nothing of it is there yet but the folders."""
    (tmp_path / "source").mkdir()
    (tmp_path / "_config.yml").write_text(yaml.safe_dump({"execute": {"execute_notebooks": "force"}}))
    (tmp_path / "fonts.conf").touch()
    return SiteTask(
        config=str(tmp_path / "_config.yml"),
        source=str(tmp_path / "source"),
        notebooks={page: str(tmp_path / f"{page}.executed") for page in ("one", "two")},
        store=str(tmp_path / "store"),
        environment="environment",
        fonts=str(tmp_path / "fonts.conf"),
        html=str(tmp_path / "html"),
        doctrees=str(tmp_path / "doctrees"),
        record=str(tmp_path / "record.json"),
    )


def write_notebooks(task: SiteTask, *outputs: nbformat.NotebookNode) -> None:
    cell = nbformat.v4.new_code_cell("chart", outputs=list(outputs), id="cell-1")
    for path in task.notebooks.values():
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)


def test_warnings_name_the_chapter_its_cell_and_the_line() -> None:
    said = (
        "\x1b[91m/work/v1/source/chapters/a.ipynb:40012: WARNING: undefined label: 'x'\x1b[39;49;00m\n\n"
        "/work/v1/source/chapters/b.ipynb: WARNING: other\n"
    )
    assert readable(said, "/work/v1/source") == [
        "chapters/a.md: cell 4, line 12: WARNING: undefined label: 'x'",
        "chapters/b.md: WARNING: other",
    ]


def test_nothing_is_executed_and_every_reference_is_checked_whatever_the_book_says(task: SiteTask) -> None:
    found = configuration(task)
    assert (found["nb_execution_mode"], found["nitpicky"]) == ("off", True)


def test_a_page_is_waited_for_and_others_are_placed_as_they_come(task: SiteTask) -> None:
    write_notebooks(task)
    ours, theirs = multiprocessing.Pipe()
    announcements = Announcements(theirs, task)
    announcements.wait_for("without-a-notebook")
    ours.send("two")
    ours.send("one")
    announcements.wait_for("one")
    assert {path.name for path in Path(task.source).iterdir()} == {"one.ipynb", "two.ipynb"}
    announcements.wait_for("two")


def test_a_page_has_figures_where_the_notebook_has_charts(task: SiteTask) -> None:
    chart = {"mark": "point", "data": {"values": [{"x": 1}]}, "encoding": {"x": {"field": "x", "type": "quantitative"}}}
    data = {"application/vnd.vegalite.v6+json": chart, "text/plain": "chart"}
    write_notebooks(task, nbformat.v4.new_output("display_data", data))
    page = page_of(task, "one")
    assert "<svg" in page
    assert page_of(task, "one") == page
    assert len(list(Path(task.store).iterdir())) == 1
    assert "<svg" not in Path(task.notebooks["one"]).read_text()


def test_the_file_of_no_fonts_names_an_empty_folder(tmp_path: Path) -> None:
    folder = ElementTree.parse(no_system_fonts(tmp_path / "a & b")).findtext("dir")
    assert list(Path(folder).iterdir()) == []


def test_plugins_are_found_as_before_when_they_are_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    group = {"group": "jupyter_client.kernel_provisioners", "name": "forked"}
    before = list(importlib.metadata.entry_points(**group))
    monkeypatch.setattr(importlib.metadata, "entry_points", importlib.metadata.entry_points)
    read_entry_points_once()
    assert list(importlib.metadata.entry_points(**group)) == before != []


def test_a_configuration_that_cannot_be_read_is_one_line(task: SiteTask) -> None:
    Path(task.config).write_text("title: [unfinished")
    with SiteProcess(task) as process, pytest.raises(BuildError, match=r"^site: ParserError: ") as caught:
        process.finish()
    assert "Traceback" in caught.value.trace


def test_a_process_that_is_gone_is_reported(task: SiteTask) -> None:
    with SiteProcess(task) as process, pytest.raises(BuildError, match="its process ended early with status -9"):
        process._process.kill()
        process.announce("one")
        process.finish()
