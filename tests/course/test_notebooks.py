"""Chapters become notebooks for a class: every exercise with its cells, no role left over, no word of a solution."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from analysis.course.checks import CHECKS
from analysis.course.exercises import exercises
from analysis.course.handouts import exercise_sheets
from analysis.course.book_pages import Chapter
from analysis.course.notebooks import Edition, student_notebook, teacher_notebook
from analysis.course.plain_markdown import Words, authors_of, plain_markdown

from solution_texts import SOLUTIONS, runs, solved

ROOT = Path(__file__).parents[2]
WORDS = Words(authors_of(ROOT / "chapters/references.bib"))
POINTS = {label: check.points for label, check in CHECKS.items()}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT / "solutions").with_suffix("").as_posix()


NAMES = [name_of(path) for path in SOLUTIONS]


def text_of(name: str) -> str:
    return (ROOT / "chapters" / f"{name}.md").read_text(encoding="utf-8")


def student(name: str) -> nbformat.NotebookNode:
    return student_notebook(name, text_of(name), Edition(WORDS, POINTS, {"student": "ann"}), {"data": "data"})


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_solution_is_in_a_student_s_notebook_or_sheet(name: str) -> None:
    prose, code = solved()
    assert len(prose) > 1000 and len(code) > 50
    sources = "\n".join(cell.source for cell in student(name).cells)
    for text in (sources, exercise_sheets([Chapter(name, text_of(name))], WORDS)):
        assert not runs(text) & prose
        assert not {line.strip() for line in text.splitlines()} & code


@pytest.mark.parametrize("name", NAMES)
def test_each_exercise_has_the_cells_it_needs_in_the_chapter_s_order(name: str) -> None:
    notebook = student(name)
    nbformat.validate(notebook)
    graded = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    asked = exercises(text_of(name))
    wanted = [identity for each in asked for identity in ([f"{each.label}-answer"] if each.asks else []) + [each.label]]
    assert [cell.metadata.nbgrader.grade_id for cell in graded] == wanted
    checks = [cell for cell in graded if cell.metadata.nbgrader.locked]
    assert [cell.metadata.nbgrader.points for cell in checks] == [POINTS[each.label] for each in asked if each.asks]
    assert all(f'check("{cell.metadata.nbgrader.grade_id}"' in cell.source for cell in checks)
    assert all(not cell.get("outputs") for cell in notebook.cells)


@pytest.mark.parametrize("name", NAMES)
def test_no_role_or_directive_is_left_in_the_text(name: str) -> None:
    text = "\n".join(cell.source for cell in student(name).cells if cell.cell_type == "markdown")
    assert re.findall(r"\{[\w:]+\}`|^`{3,}\{|^\([\w-]+\)=", text, re.MULTILINE) == []


def test_a_teacher_s_notebook_has_every_solution_after_its_exercise() -> None:
    for path in SOLUTIONS:
        name = name_of(path)
        notebook = teacher_notebook(name, text_of(name), path.read_text(), Edition(WORDS, POINTS), {"data": "data"})
        texts = [cell.source for cell in notebook.cells]
        places = [number for number, text in enumerate(texts) if text.startswith("### Exercise")]
        solutions = [number for number, text in enumerate(texts) if text.startswith("**Solution.**")]
        assert len(places) == len(solutions) == len(exercises(text_of(name)))
        assert all(place < solution for place, solution in zip(places, solutions, strict=True))


@pytest.mark.parametrize(
    "myst, plain",
    [
        ("{term}`entangled <cannot tell>` and {term}`family`", "entangled and family"),
        ("{glue:text}`n_models` of them", "⟨n_models⟩ of them"),
        ("(claim-one)=\n\nText", "Text"),
        ("$$\na\n$$ (eq-a)\n\nsee {eq}`eq-a`", "$$\na\n\\tag{1}\n$$\n\nsee (1)"),
        ("see {ref}`ex-x` and {ref}`rot <how-fail-rot>`", "see ex-x and rot"),
        ("see {numref}`fig-x` and {doc}`areas <results/areas>`", "see the figure and *areas*"),
    ],
)
def test_roles_become_words(myst: str, plain: str) -> None:
    assert plain_markdown(myst, Words()) == plain


@pytest.mark.parametrize(
    "words, said",
    [
        (Words(titles={"fig-x": "Bars"}), "the figure *Bars*"),
        (Words(numbers={"fig-x": "Figure 2.1"}), "Figure 2.1"),
        (Words(titles={"fig-x": "Bars"}, numbers={"fig-x": "Figure 2.1"}), "Figure 2.1 (*Bars*)"),
    ],
)
def test_a_figure_goes_by_its_number_on_the_site_and_its_title(words: Words, said: str) -> None:
    assert plain_markdown("{numref}`fig-x`", words) == said


def test_an_exercise_goes_by_its_number_and_title() -> None:
    words = Words(titles={"ex-x": "Squared, in “Games”"}, numbers={"ex-x": "Exercise 1.1"})
    assert plain_markdown("{ref}`ex-x`", words) == "Exercise 1.1 (*Squared, in “Games”*)"


def test_computed_values_stand_in_a_teacher_s_text() -> None:
    assert plain_markdown("{glue:text}`n`", Words(values={"n": "26 models"})) == "26 models"
