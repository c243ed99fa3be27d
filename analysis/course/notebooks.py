"""A chapter as a notebook for a class: for students without answers, for teachers with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analysis.course.exercises import CODE, DIRECTIVE, LABEL, Exercise, check_calls, exercise_of
from analysis.course.plain_markdown import Words, plain_markdown
from analysis.execution import read_notebook, with_ids

if TYPE_CHECKING:
    from nbformat import NotebookNode

SCHEMA = 3
HIDDEN = {"hide-input", "remove-cell", "remove-input", "hide-cell"}
WORDS_WANTED = "*Your answer, in a few sentences:*\n\n"
SECTION = re.compile(r"^## (?P<label>ex-[\w-]+)\n(?P<body>.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
FIGURE = {"fig": "Figure", "tab": "Table"}


@dataclass(frozen=True)
class Edition:
    """What all notebooks of a class share.

    Parameters
    ----------
    words
        What roles of the chapters stand for.
    points
        Most points of each exercise that checks itself, by label.
    mark
        What is written into each notebook to recognise it by: the class, the student.
    """

    words: Words
    points: Mapping[str, float]
    mark: Mapping[str, str] = field(default_factory=dict)


def student_notebook(name: str, text: str, edition: Edition, given: Mapping[str, Any]) -> NotebookNode:
    """Make the notebook of a chapter that a student gets.

    Parameters
    ----------
    name
        The chapter.
    text
        Its MyST source.
    edition
        What the class shares.
    given
        Parameters to put in place of the chapter's own, and those the checks read besides.

    Returns
    -------
    NotebookNode
        Text and code as in the chapter, not executed; each exercise followed by a cell to answer in, and by a
        locked check where it has one.
    """
    cells = [cell for each in read_notebook(text).cells for cell in of_students(each, edition)]
    return finished(name, cells, edition, given)


def of_students(cell: NotebookNode, edition: Edition) -> Iterator[NotebookNode]:
    """Yield what one cell of a chapter becomes for students."""
    if cell.cell_type == "code":
        yield from plain_code(cell, edition.words)
        return
    for piece in pieces(cell.source):
        if isinstance(piece, Exercise):
            yield from asked(piece, edition)
        else:
            yield from prose(piece, edition.words)


def pieces(source: str) -> Iterator[str | Exercise]:
    """Yield a text's exercises and what stands between them, in order."""
    end = 0
    for found in DIRECTIVE.finditer(source):
        yield source[end : found.start()]
        if LABEL.match(found["body"]):
            yield exercise_of(found["title"], found["body"])
        end = found.end()
    yield source[end:]


def prose(text: str, words: Words) -> Iterator[NotebookNode]:
    """Yield a cell of text, none for an empty one."""
    from nbformat.v4 import new_markdown_cell

    if text.strip():
        yield new_markdown_cell(plain_markdown(text.strip(), words))


def plain_code(cell: NotebookNode, words: Words) -> Iterator[NotebookNode]:
    """Yield a code cell as any notebook program shows it, its caption after it."""
    from nbformat.v4 import new_code_cell

    tags = cell.metadata.get("tags", [])
    metadata: dict[str, Any] = {"tags": ["parameters"]} if "parameters" in tags else {}
    if HIDDEN & set(tags) and "parameters" not in tags:
        metadata["jupyter"] = {"source_hidden": True}
    yield new_code_cell(cell.source.replace("display.glue_values(", "show_values("), metadata=metadata)
    figure = cell.metadata.get("mystnb", {}).get("figure", {})
    if figure.get("caption"):
        name = figure.get("name", "")
        kind = words.numbers.get(name) or FIGURE.get(name.partition("-")[0], "Figure")
        yield from prose(f"*{kind}.* {figure['caption']}", words)


def asked(exercise: Exercise, edition: Edition) -> Iterator[NotebookNode]:
    """Yield an exercise and the cells to answer it in."""
    yield from question(exercise, edition)
    if exercise.asks:
        yield graded_cell("code", f"{exercise.label}-answer", blanks(exercise), solution=True)
        points = edition.points.get(exercise.label, float(len(exercise.asks)))
        yield graded_cell("code", exercise.label, check_code(exercise), grade=True, locked=True, points=points)
    else:
        yield graded_cell("markdown", exercise.label, WORDS_WANTED, grade=True, solution=True, points=1.0)


def question(exercise: Exercise, edition: Edition) -> Iterator[NotebookNode]:
    """Yield the text of an exercise, without the code of its check."""
    heading = f"### Exercise: {exercise.title}" if exercise.title else "### Exercise"
    text = CODE.sub(lambda block: "" if is_check(block["code"]) else block[0], exercise.text)
    yield from prose(f"{heading}\n\n{text}", edition.words)


def is_check(code: str) -> bool:
    """Whether a piece of code calls a check."""
    return any(True for _ in check_calls(code))


def check_code(exercise: Exercise) -> str:
    """Return the code of an exercise's check."""
    return "\n".join(block["code"].strip() for block in CODE.finditer(exercise.text) if is_check(block["code"]))


def blanks(exercise: Exercise) -> str:
    """Return the code that a student begins with."""
    return "\n".join(["# Your code here.", *(f"{name} = ..." for name in exercise.asks)])


def graded_cell(
    kind: str,
    identity: str,
    source: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: float = 0.0,
) -> NotebookNode:
    """Make a cell with the metadata by which nbgrader knows it.

    Parameters
    ----------
    kind
        code or markdown.
    identity
        Its `grade_id`.
    source
        What is in it.
    grade, solution, locked
        Whether it earns points, is to be filled in, must not be changed.
    points
        Most points.

    Returns
    -------
    NotebookNode
        The cell.

    References
    ----------
    nbgrader, "The nbgrader metadata specification", schema version 3.
    """
    from nbformat.v4 import new_code_cell, new_markdown_cell

    about = {"grade_id": identity, "grade": grade, "solution": solution, "locked": locked, "task": False}
    about |= {"schema_version": SCHEMA, "cell_type": kind, **({"points": points} if grade else {})}
    make = new_code_cell if kind == "code" else new_markdown_cell
    metadata = {"nbgrader": about, **({"deletable": False, "editable": False} if locked else {"deletable": False})}
    return make(source, metadata=metadata)


def finished(name: str, cells: Iterable[NotebookNode], edition: Edition, given: Mapping[str, Any]) -> NotebookNode:
    """Put cells together to a notebook with its parameters, marked as one of this class."""
    from nbformat.v4 import new_notebook

    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}, "book_class": {**edition.mark, "chapter": name}}
    notebook = new_notebook(cells=list(with_parameters(cells, given)), metadata=about)
    return with_ids(notebook)


def with_parameters(cells: Iterable[NotebookNode], given: Mapping[str, Any]) -> Iterator[NotebookNode]:
    """Yield the cells with values given in place of the chapter's own, right after the cell that declares them."""
    from nbformat.v4 import new_code_cell

    metadata = {"tags": ["injected-parameters"], "deletable": False, "editable": False}
    own = new_code_cell(parameters_code(given), metadata=metadata)
    placed = False
    for cell in cells:
        if cell.cell_type == "code" and not placed:
            placed = True
            declares = "parameters" in cell.metadata.get("tags", [])
            yield from [cell, own] if declares else [own, cell]
        else:
            yield cell


def parameters_code(given: Mapping[str, Any]) -> str:
    """Return the code of the cell that gives a notebook its parameters."""
    lines = [f"{name} = {value!r}" for name, value in given.items()]
    note = "# Leave these as they are. To try others, copy the notebook and set them in a new cell below this one."
    return "\n".join([note, *lines, "", "from analysis.course.values import show_values"])


def teacher_notebook(
    name: str, text: str, solutions: str, edition: Edition, given: Mapping[str, Any]
) -> NotebookNode:
    """Make the notebook of a chapter that a teacher gets.

    Parameters
    ----------
    name, text, edition, given
        As for :func:`student_notebook`.
    solutions
        Source of the chapter's page of solutions.

    Returns
    -------
    NotebookNode
        Each exercise followed by its solution; not executed.
    """
    answers = {found["label"]: found["body"] for found in SECTION.finditer(solutions)}
    opening = BLOCK.search(solutions.partition("\n## ")[0])
    cells: list[NotebookNode] = []
    for cell in read_notebook(text).cells:
        if cell.cell_type == "code":
            cells += plain_code(cell, edition.words)
            continue
        for piece in pieces(cell.source):
            if isinstance(piece, Exercise):
                cells += [*question(piece, edition), *solved(answers.get(piece.label, ""), opening, edition.words)]
                opening = None
            else:
                cells += prose(piece, edition.words)
    return finished(name, cells, edition, given)


def solved(answer: str, opening: re.Match[str] | None, words: Words) -> Iterator[NotebookNode]:
    """Yield the cells of a solution, before the first of them the code that all solutions of the page need."""
    from nbformat.v4 import new_code_cell

    if opening:
        yield new_code_cell(opening["code"].strip())
    text = BLOCK.sub(lambda block: "" if block["language"] == "python" else block[0], answer).strip()
    yield from prose(f"**Solution.** {text}", words)
    for block in BLOCK.finditer(answer):
        if block["language"] == "python":
            yield new_code_cell(block["code"].strip())
