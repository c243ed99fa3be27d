"""The kit that students get: what the notebooks need to run, and nothing that answers them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import pytest
from analysis.course.kit import FILES, write_kit
from analysis.course.notebooks import Edition, student_notebook
from analysis.course.plain_markdown import Words
from analysis.problems import InputError

from class_kit import CHAPTER, MEDIAN, RIGHT_VALUE, TWO, answering, cell_of
from solution_texts import runs, solved
from toy_book import compendium

ROOT = Path(__file__).parents[2]
EXECUTE = """
import nbclient, nbformat
notebook = nbformat.read("lesson.ipynb", as_version=4)
nbclient.NotebookClient(notebook, kernel_name="python3").execute()
nbformat.write(notebook, "lesson.ipynb")
"""


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kit in a folder of its own."""
    folder = tmp_path_factory.mktemp("student") / "kit"
    write_kit(folder, ROOT)
    return folder


def test_it_holds_the_program_and_nothing_else(kit: Path) -> None:
    assert sorted(path.name for path in kit.iterdir()) == sorted([*FILES, "Makefile", "README.md", "analysis"])
    for part in (kit / "analysis").rglob("*"):
        assert "__pycache__" not in part.parts and "solutions" not in part.parts
    for path in (ROOT / "analysis").rglob("*.py"):
        assert (kit / path.relative_to(ROOT)).read_bytes() == path.read_bytes()


def test_nothing_of_a_solution_is_in_it(kit: Path) -> None:
    prose, code = solved()
    files = [path for path in kit.rglob("*") if path.is_file() and path.name != "requirements.lock"]
    assert len(files) > 100 and len(prose) > 1000
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert not runs(text) & prose, path
        assert not {line.strip() for line in text.splitlines()} & code, path


def test_its_makefile_installs_as_the_book_s_does(kit: Path) -> None:
    rule = re.compile(r"^\$\(READY\):.*?touch \$\(READY\)$", re.DOTALL | re.MULTILINE)
    own, books = (rule.search((folder / "Makefile").read_text()) for folder in (kit, ROOT))
    assert own and books and own[0] == books[0]
    assert {"make", "make lab"} == set(re.findall(r"^make.*$", (kit / "README.md").read_text(), re.MULTILINE))


def test_make_lab_opens_the_folder_beside_it(kit: Path) -> None:
    (kit / ".venv").mkdir()
    (kit / ".venv/.ready").touch()
    done = subprocess.run(["make", "-n", "--no-print-directory", "lab"], cwd=kit, capture_output=True, text=True, check=True)
    (kit / ".venv/.ready").unlink()
    (kit / ".venv").rmdir()
    assert done.stdout.strip() == ".venv/bin/jupyter lab .."


@pytest.mark.slow
def test_it_can_be_installed_and_a_student_s_notebook_checks_itself_there(kit: Path) -> None:
    home = kit.parent
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "env"], check=True)
    python = home / "env/bin/python"
    # What the lock would bring is here already; the book itself must come from the kit.
    (places,) = (home / "env").glob("lib/python*/site-packages")
    (places / "locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--editable", "."], cwd=kit, check=True, timeout=300)
    own = home / "ann"
    shutil.copytree(ROOT / "data", own / "data")
    notebook = student_notebook("part/lesson", CHAPTER, Edition(Words(), {}), {"data": "data"})
    filled = answering({TWO: RIGHT_VALUE + "\nimport analysis\nprint(analysis.__file__)", MEDIAN: "medians = {}"})(notebook)
    nbformat.write(filled, own / "lesson.ipynb")
    subprocess.run([python, "-c", EXECUTE], cwd=own, check=True, timeout=300)
    done = nbformat.read(own / "lesson.ipynb", as_version=4)
    said = {label: json.dumps(cell_of(done, label)["outputs"]) for label in (f"{TWO}-answer", TWO, MEDIAN)}
    assert str(kit / "analysis/__init__.py") in said[f"{TWO}-answer"]
    assert "Right" in said[TWO] and "Right" not in said[MEDIAN] and len(said[MEDIAN]) > 40


def test_a_class_cannot_be_made_in_a_kit_and_one_line_says_why(kit: Path, tmp_path: Path) -> None:
    done = compendium("class", "--out", tmp_path / "class", "--book", kit)
    assert done.returncode == 2 and not (tmp_path / "class").exists()
    assert len(done.stderr.strip().splitlines()) == 1
    assert "solutions are not here" in done.stderr and "Traceback" not in done.stderr


def test_nor_of_a_book_without_solutions(tmp_path: Path) -> None:
    from analysis.course.book_pages import BuiltBook
    from analysis.course.bundle import with_solutions
    from analysis.parameters import Parameters

    with pytest.raises(InputError, match="solutions of the exercises are not here"):
        with_solutions(BuiltBook(tmp_path, "default", tmp_path, Parameters(), {}))


def test_the_pages_of_the_class_say_who_gets_what(tmp_path: Path) -> None:
    from analysis.course.book_pages import BuiltBook
    from analysis.course.bundle import Person
    from analysis.course.texts import class_readme, student_readme
    from analysis.course.variants import Variant
    from analysis.parameters import Parameters

    ann = Person("ann", "", Variant("chat", ("bbq_ambig",), 1))
    alone, shared = (student_readme(ann, ["ann-a.ipynb"], alone=each) for each in (True, False))
    assert "nobody else in the class has together" in alone and "others in the class have the same two" in shared
    for text in (alone, shared, student_readme(Person("", "", None), ["a.ipynb"])):
        assert "make lab" in text and "make book" not in text and "yours alone" not in text
    book = BuiltBook(tmp_path, "default", tmp_path, Parameters(), {})
    for people in ([ann], [Person("", "", None)]):
        text = class_readme(book, people, [])
        assert "`kit/`" in text and "Do not give students the book's own folder" in text
        assert "another population, benchmark held out or seed" not in text
    assert all("same answer for all" in " ".join(text.split()) for text in (alone, shared))
