"""Chapters: MyST text in, executed notebook out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.problems import visible

if TYPE_CHECKING:
    from nbformat import NotebookNode

FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
KERNEL = re.compile(r"^kernelspec:", re.MULTILINE)
CODE = re.compile(r"^```\{code-cell\}.*?^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class ChapterTask:
    """A chapter to execute.

    Parameters
    ----------
    name
        What messages call it: its path below `chapters/`, without extension.
    text
        Its MyST source.
    folder
        Working directory of its kernel; paths in the chapter are relative to it. It may be relative to the
        folder that holds the data.
    parameters
        Values injected in place of the chapter's own defaults, by name.
    """

    name: str
    text: str
    folder: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ExecutedChapter:
    """An executed notebook as JSON text, and what its cells said on standard error."""

    notebook: str
    warnings: tuple[str, ...] = ()


class BuildError(Exception):
    """The book as it is cannot be built.

    Parameters
    ----------
    lines
        Why, each reason on one line.
    trace
        Tracebacks, for whoever mends the code.
    """

    def __init__(self, lines: list[str], trace: str = "") -> None:
        super().__init__(lines, trace)
        self.lines = lines
        self.trace = trace

    def __str__(self) -> str:
        return "\n".join(self.lines)


def is_notebook(text: str) -> bool:
    """Return whether a MyST source asks for a kernel.

    Parameters
    ----------
    text
        The source.

    Returns
    -------
    bool
        True if its front matter has a `kernelspec`.
    """
    front_matter = FRONT_MATTER.match(text)
    return bool(front_matter and KERNEL.search(front_matter[1]))


def most_code_first(pages: Mapping[str, str]) -> dict[str, str]:
    """Put the chapters with most code first: they take longest, and the last to end should be short.

    Parameters
    ----------
    pages
        Source of each chapter, by its page.

    Returns
    -------
    dict
        The same in another order.
    """
    size = {page: sum(map(len, CODE.findall(text))) for page, text in pages.items()}
    return {page: pages[page] for page in sorted(pages, key=lambda page: (-size[page], page))}


def code_cells(text: str) -> int:
    """Return the number of code cells in a MyST source.

    Parameters
    ----------
    text
        The source.

    Returns
    -------
    int
        0 for a page that only tells.
    """
    return len(CODE.findall(text))


def read_notebook(text: str) -> NotebookNode:
    """Turn MyST into a notebook with its kernel, language and tags, and with reproducible cell ids.

    Parameters
    ----------
    text
        The source.

    Returns
    -------
    NotebookNode
        Not executed.
    """
    import jupytext

    notebook = jupytext.reads(text, fmt="md:myst")
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return with_ids(notebook)


def with_ids(notebook: NotebookNode) -> NotebookNode:
    """Number the cells: their ids are random otherwise.

    Parameters
    ----------
    notebook
        Changed in place.

    Returns
    -------
    NotebookNode
        The same notebook.
    """
    for number, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"cell-{number}"
    return notebook


def declared_parameters(name: str, notebook: NotebookNode) -> dict[str, Any]:
    """Return the parameters a chapter declares, with the defaults it gives them.

    Parameters
    ----------
    name
        Name of the chapter, for messages.
    notebook
        The chapter.

    Returns
    -------
    dict
        Default value by name, from the assignments in cells tagged `parameters`.

    Raises
    ------
    BuildError
        When such a cell holds anything but assignments of plain values to names.
    """
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    return {key: value for cell in cells for key, value in _assignments(name, cell.source)}


def declarations(texts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the parameters that each of several chapters declares.

    Parameters
    ----------
    texts
        Source of each chapter, by its name.

    Returns
    -------
    dict
        Default values by name, by chapter.
    """
    return {name: declared_parameters(name, read_notebook(text)) for name, text in texts.items()}


def _assignments(name: str, source: str) -> Iterator[tuple[str, Any]]:
    for statement in ast.parse(source).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                yield target, _plain_value(name, target, value)
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value):
                yield target, _plain_value(name, target, value)
            case _:
                raise BuildError([f"{name}: its parameters cell may only assign plain values to names"])


def _plain_value(name: str, target: str, value: ast.expr) -> Any:
    try:
        return ast.literal_eval(value)
    except ValueError:
        raise BuildError([f"{name}: its parameter {target} must be a plain value"]) from None


def injected_parameters(name: str, declared: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the values to inject: those declared whose edition value differs from the chapter's own.

    Parameters
    ----------
    name
        Name of the chapter, for messages.
    declared
        What the chapter declares, with its own defaults.
    values
        Every parameter of the edition. `data` is left alone: the path in the chapter leads to the
        edition's data from wherever the chapter stands.

    Returns
    -------
    dict
        Value by name.

    Raises
    ------
    BuildError
        When the chapter declares a parameter that no edition has.
    """
    unknown = [key for key in declared if key not in values]
    if unknown:
        raise BuildError([f"{name}: it declares {', '.join(unknown)}, but no such parameter exists"])
    return {
        key: values[key]
        for key, default in declared.items()
        if key != "data" and values[key] != (list(default) if isinstance(default, tuple) else default)
    }


def execute_chapter(task: ChapterTask, data: Path | None = None) -> ExecutedChapter:
    """Execute a chapter in a kernel of its own.

    Parameters
    ----------
    task
        The chapter.
    data
        The edition's data folder; None where the chapter's folder is absolute.

    Returns
    -------
    ExecutedChapter
        The same notebook, byte for byte, for the same task and data.

    Raises
    ------
    BuildError
        When a cell raises.
    """
    import nbformat

    notebook = read_notebook(task.text)
    if any(cell.cell_type == "code" for cell in notebook.cells):
        folder = Path(data.parent, task.folder) if data else Path(task.folder)
        folder.mkdir(parents=True, exist_ok=True)
        notebook = run_notebook(task, folder, notebook)
    warnings = tuple(_drop_warnings(notebook))
    return ExecutedChapter(nbformat.writes(normalised(notebook)), warnings)


def run_notebook(task: ChapterTask, folder: Path, notebook: NotebookNode) -> NotebookNode:
    """Run the cells of a notebook in a kernel of its own; raise BuildError when one does."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    from analysis.kernels import ForkedKernelManager

    try:
        return papermill.execute_notebook(
            notebook,
            None,
            parameters=dict(task.parameters),
            cwd=str(folder),
            progress_bar=False,
            kernel_manager_class=ForkedKernelManager,
            shutdown_kernel="immediate",
            record_timing=False,
        )
    except PapermillExecutionError as error:
        raise BuildError([_failure(task, notebook, error)], "\n".join(error.traceback)) from None


def _failure(task: ChapterTask, notebook: NotebookNode, error: Any) -> str:
    """Say which of the chapter's own code cells raised what, on one line."""
    tags = [cell.metadata.get("tags", []) for cell in notebook.cells]
    declaring = next((index for index, found in enumerate(tags) if "parameters" in found), len(tags))
    shift = 1 if task.parameters and error.cell_index > declaring else 0
    number = sum(cell.cell_type == "code" for cell in notebook.cells[: error.cell_index - shift + 1])
    message = shorten(str(error.evalue))
    return f"{task.name}: code cell {number} raised {error.ename}" + (f": {message}" if message else "")


def shorten(message: str, limit: int = 300) -> str:
    """Return a message on one line, its end left out if it is long.

    Parameters
    ----------
    message
        Any text.
    limit
        Most characters.

    Returns
    -------
    str
        The line.
    """
    line = visible(" ".join(message.split()))
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _drop_warnings(notebook: NotebookNode) -> Iterator[str]:
    """Take what cells wrote on standard error out of the notebook: it is for the builder, not the reader."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        said = [output.text for output in cell.outputs if output.get("name") == "stderr"]
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        yield from (f"code cell {number}: {shorten(text)}" for text in said)


def normalised(notebook: NotebookNode) -> NotebookNode:
    """Strip an executed notebook of what differs from one run to the next.

    Parameters
    ----------
    notebook
        Changed in place: papermill's times and paths go, cell ids are numbered.

    Returns
    -------
    NotebookNode
        The same notebook.
    """
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
    return with_ids(notebook)


def chapter_name(page: str) -> str:
    """Return what messages call a page: its path below `chapters/`.

    Parameters
    ----------
    page
        As the table of contents lists it.

    Returns
    -------
    str
        For example `measurement/score_table`.
    """
    return page.removeprefix("chapters/")


def pages_listed(toc: Path) -> list[str]:
    """Return the pages of a table of contents, in its order.

    Parameters
    ----------
    toc
        The file `_toc.yml`.

    Returns
    -------
    list of str
        Paths from the root of the book, without extension.
    """
    import yaml

    return [page.removesuffix(".md") for page in _entries(yaml.safe_load(toc.read_text()))]


def _entries(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _entries(item)
    elif isinstance(node, dict):
        yield from (node[key] for key in ("root", "file") if key in node)
        for value in node.values():
            yield from _entries(value)
