"""Chapters open as notebooks in JupyterLab and on Binder, from the lock."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from analysis.execution import is_notebook

ROOT = Path(__file__).parents[1]
# On a Binder host the environment is the one everything is started from.
PROGRAMS = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
BINDER = ROOT / ".binder"
CHAPTERS = [path for path in sorted((ROOT / "chapters").rglob("*.md")) if is_notebook(path.read_text())]


@pytest.fixture
def contents(tmp_path: Path) -> Any:
    """What JupyterLab opens and saves a copy of the book with."""
    from jupytext import TextFileContentsManager

    shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    shutil.copy(ROOT / "jupytext.toml", tmp_path)
    manager = TextFileContentsManager()
    manager.root_dir = str(tmp_path)
    return manager


def cells(notebook: Any) -> list[Any]:
    """Kind, text and settings of each cell."""
    return [(cell.cell_type, cell.source, {**cell.metadata, "trusted": None}) for cell in notebook.cells]


def test_every_chapter_opens_as_a_notebook_and_is_the_same_when_saved(contents: Any) -> None:
    assert len(CHAPTERS) > 15
    for path in CHAPTERS:
        name = path.relative_to(ROOT).as_posix()
        opened = contents.get(name, type="notebook")
        assert opened["content"].metadata.kernelspec.name == "python3"
        contents.save({"type": "notebook", "content": opened["content"]}, name)
        again = contents.get(name, type="notebook")["content"]
        assert cells(again) == cells(opened["content"])
        assert not re.search("jupytext_version|format_version", Path(contents.root_dir, name).read_text())


def test_binder_installs_the_lock_and_the_python_it_is_made_for() -> None:
    (line,) = (BINDER / "requirements.txt").read_text().split("\n")[:-1]
    assert (BINDER / line.removeprefix("-r ")).resolve() == ROOT / "requirements.lock"
    version = (BINDER / "runtime.txt").read_text().strip().removeprefix("python-")
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"] == f">={version}"
    assert re.search(r"^jupyterlab==", (ROOT / "requirements.lock").read_text(), flags=re.M)


def test_what_binder_runs_can_be_run() -> None:
    script = BINDER / "postBuild"
    assert script.stat().st_mode & 0o111
    subprocess.run(["bash", "-n", str(script)], check=True)
    commands = [line.split()[0] for line in script.read_text().splitlines() if re.match(r"[a-z]", line)]
    assert [name for name in commands if name != "set" and shutil.which(name, path=PROGRAMS) is None] == []
