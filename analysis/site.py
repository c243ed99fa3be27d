"""The site of an edition: Sphinx, set up as jupyter-book sets it up, in a process that gets ready early.

Importing Sphinx, the theme and their set-up take longer than reading and writing the pages, and
none of it needs an executed chapter. So the process starts with the build, and reads a page as soon
as its notebook is announced.
"""

from __future__ import annotations

import contextlib
import gc
import io
import multiprocessing
import re
import shutil
import signal
import tempfile
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from analysis.cache import Store, digest
from analysis.execution import BuildError, shorten
from analysis.executor import REPRODUCIBLE, end_with_parent, environment
from analysis.provenance import notebook_address
from analysis.unused_imports import leave_out_unused_imports

# MyST-NB gives a line in a notebook as 10000 times the number of the cell plus the line in the cell.
CELL_LINE = re.compile(r"\.ipynb:(\d+)(\d{4}):")
# Announced like a page, last of all: what the edition was made of.
RECORD = "the record"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class SiteTask:
    """A site to build.

    Parameters
    ----------
    config
        The book's `_config.yml`.
    source
        Folder of the book's files, complete but for the executed notebooks.
    notebooks
        File of each executed notebook by its page, in the order they are expected; it is there once
        it has been announced.
    store
        Folder of pages made before.
    environment
        Digest of the package and of everything installed.
    fonts
        A fontconfig file, as :func:`no_system_fonts` writes it.
    html
        Folder to write the site to.
    doctrees
        Folder for what Sphinx keeps in between.
    record
        File of what the edition was made of, for the pages to tell; there once :data:`RECORD` has been announced.
    """

    config: str
    source: str
    notebooks: Mapping[str, str]
    store: str
    environment: str
    fonts: str
    html: str
    doctrees: str
    record: str

    def located(self, folder: Path, made: Path) -> SiteTask:
        """Return the same site with its relative paths led to where they are.

        Parameters
        ----------
        folder
            What is read is below this.
        made
            What is made is below this.

        Returns
        -------
        SiteTask
            All paths absolute if the folders are.
        """
        return replace(
            self,
            **{name: str(folder / getattr(self, name)) for name in ("config", "source", "store", "record")},
            **{name: str(made / getattr(self, name)) for name in ("fonts", "html", "doctrees")},
            notebooks={page: str(folder / path) for page, path in self.notebooks.items()},
        )


def no_system_fonts(folder: Path) -> Path:
    """Write a fontconfig file that knows no fonts.

    Texts in the static pictures of charts are then measured in the fonts the converter brings: in
    half the time, since those are in memory, and alike on every machine. Readers see the page's own.

    Parameters
    ----------
    folder
        Where to write; an empty folder is made in it.

    Returns
    -------
    Path
        The file.
    """
    # A file that names no folder at all would be taken for none, and the usual folders searched.
    (folder / "fonts").mkdir(parents=True)
    path = folder / "fonts.conf"
    path.write_text(f"<fontconfig><dir>{escape(str(folder / 'fonts'))}</dir></fontconfig>\n", encoding="utf-8")
    return path


class SiteProcess:
    """The process that builds a site; ended, however far it is, at the end of its `with` block.

    Parameters
    ----------
    task
        The site.
    """

    def __init__(self, task: SiteTask) -> None:
        self._task = task
        # A fresh interpreter, not a fork of the warm parent: it imports other things, at the same time.
        self._context = multiprocessing.get_context("spawn")

    def __enter__(self) -> SiteProcess:
        """Start it."""
        self._connection, theirs = self._context.Pipe()
        self._process = self._context.Process(target=serve, args=(theirs, self._task), name="site")
        with environment({**REPRODUCIBLE, "FONTCONFIG_FILE": self._task.fonts}):
            self._process.start()
        theirs.close()
        return self

    def __exit__(self, *exception: object) -> None:
        """End it."""
        self._process.kill()
        self._process.join()
        self._connection.close()

    def announce(self, page: str) -> None:
        """Say that the notebook of a page is in place.

        Parameters
        ----------
        page
            The page.
        """
        # Had it ended before its time, `finish` says why.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._connection.send(page)

    def finish(self) -> None:
        """Wait until the site is written.

        Raises
        ------
        BuildError
            When there was a warning or worse.
        """
        try:
            lines, trace = self._connection.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            lines, trace = [f"its process ended early with status {self._process.exitcode}"], ""
        raise_warnings(lines, trace)


def serve(connection: Connection, task: SiteTask) -> None:
    """Build a site in a process of its own and send back the warnings.

    Parameters
    ----------
    connection
        Pipe to the builder: announcements come, a list of lines goes.
    task
        The site.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    leave_out_unused_imports()
    read_entry_points_once()
    # Sphinx makes many objects that live until the end: looking for garbage among them finds none.
    gc.disable()
    connection.send(build_site(task, Announcements(connection, task).wait_for))


def read_entry_points_once() -> None:
    """Have this process look through the installed packages for plugins once, not at every question.

    The bibliography asks for some fifty plugins by name, and each time the metadata of every package
    is read again, which takes longer than writing the pages. Nothing is installed meanwhile.
    """
    import importlib.metadata

    found = importlib.metadata.entry_points()
    importlib.metadata.entry_points = lambda **wanted: found.select(**wanted) if wanted else found


class Announcements:
    """The notebooks as they are announced, each made into its page at once, in whatever order they come.

    Parameters
    ----------
    connection
        Where the announcements come from.
    task
        The site.
    """

    def __init__(self, connection: Connection, task: SiteTask) -> None:
        self._connection = connection
        self._task = task
        self._placed: set[str] = set()

    def wait_for(self, page: str) -> None:
        """Return as soon as a page is where Sphinx reads it.

        Parameters
        ----------
        page
            The page, or the record; a page without a notebook is there from the start.
        """
        while page in {*self._task.notebooks, RECORD} - self._placed:
            if not self._placed and not self._connection.poll():
                start_converter()
            arrived = self._connection.recv()
            if arrived != RECORD:
                place_page(self._task, arrived)
            self._placed.add(arrived)


def start_converter() -> None:
    """Have the converter of charts do what it does once, while there is nothing else to do."""
    from analysis.figures import render_many

    render_many([{"mark": "point"}])


def place_page(task: SiteTask, page: str) -> None:
    """Make the notebook of a page into what Sphinx reads, where Sphinx looks for it."""
    Path(task.source, f"{page}.ipynb").write_text(page_of(task, page), encoding="utf-8")


def site_files(task: SiteTask, folder: Path) -> dict[str, bytes]:
    """Build the site of an edition whose notebooks are all in place; call this in a process of its own.

    Parameters
    ----------
    task
        The site, its paths relative to the edition.
    folder
        The edition.

    Returns
    -------
    dict
        Content of each file, by its path in the site.

    Raises
    ------
    BuildError
        When there was a warning or worse.
    """
    read_entry_points_once()
    with tempfile.TemporaryDirectory() as made:
        # On another machine the builder's store may be out of reach.
        store = task.store if Path(task.store).is_dir() else str(Path(made, "pages"))
        found = replace(task, store=store).located(folder, Path(made))
        no_system_fonts(Path(made))
        with environment({"FONTCONFIG_FILE": found.fonts}):
            for page in found.notebooks:
                place_page(found, page)
            raise_warnings(*build_site(found, lambda page: None))
        html = Path(found.html)
        return {path.relative_to(html).as_posix(): path.read_bytes() for path in html.rglob("*") if path.is_file()}


def raise_warnings(lines: list[str], trace: str) -> None:
    """Raise a BuildError if a site was built with warnings, as :func:`build_site` returns them."""
    if lines:
        raise BuildError([f"site: {line}" for line in lines], trace)


def build_site(task: SiteTask, wait_for: Callable[[str], None]) -> tuple[list[str], str]:
    """Build a site.

    Parameters
    ----------
    task
        The site.
    wait_for
        Returns once a page is where Sphinx reads it.

    Returns
    -------
    tuple of list of str and str
        Every warning and error, one a line, none for a site in good order; and the traceback of
        what ended the build early.
    """
    warnings = io.StringIO()
    failure, trace = [], ""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(warnings):
        try:
            _run_sphinx(task, warnings, wait_for)
        except Exception as error:
            failure, trace = [f"{type(error).__name__}: {shorten(str(error))}"], traceback.format_exc()
    return [*readable(warnings.getvalue(), task.source), *failure], trace


def _run_sphinx(task: SiteTask, warnings: io.StringIO, wait_for: Callable[[str], None]) -> None:
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    with patch_docutils(), docutils_namespace():
        app = Sphinx(
            srcdir=task.source,
            confdir=None,
            outdir=task.html,
            doctreedir=task.doctrees,
            buildername="html",
            confoverrides=configuration(task),
            status=None,
            warning=warnings,
            freshenv=True,
            warningiserror=True,
            keep_going=True,
        )
        if "numbered: true" in Path(task.source, "_toc.yml").read_text():
            app.setup_extension("sphinx_multitoc_numbering")
        place = {page: number for number, page in enumerate(task.notebooks)}
        app.connect("env-before-read-docs", lambda app, env, pages: pages.sort(key=lambda page: place.get(page, -1)))
        app.connect("env-purge-doc", lambda app, env, page: wait_for(page))
        app.setup_extension("analysis.edition_page")
        app.connect("env-updated", lambda app, env: wait_for(RECORD))
        app.config.edition_record = task.record
        app.build()
    for page, notebook in task.notebooks.items():
        copy = Path(task.html, notebook_address(page))
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(notebook, copy)


def page_of(task: SiteTask, page: str) -> str:
    """Return the notebook of a page with its charts made into figures.

    Parameters
    ----------
    task
        The site.
    page
        The page.

    Returns
    -------
    str
        JSON.
    """
    import nbformat

    from analysis.figures import render_figures

    notebook = Path(task.notebooks[page]).read_text(encoding="utf-8")
    store, key = Store(Path(task.store)), digest("page", notebook, task.environment)
    stored = store.get(key)
    if stored is None:
        stored = {"page": nbformat.writes(render_figures(nbformat.reads(notebook, as_version=4)))}
        store.put(key, stored)
    return stored["page"]


def configuration(task: SiteTask) -> dict[str, Any]:
    """Return the Sphinx configuration jupyter-book makes of `_config.yml`, with execution off.

    Parameters
    ----------
    task
        The site.

    Returns
    -------
    dict
        Sphinx configuration values.
    """
    from jupyter_book.config import get_final_config

    # Executed chapters only, and references that lead nowhere are errors, whatever the book says.
    fixed = {"nb_execution_mode": "off", "nitpicky": True, "latex_individualpages": False}
    config, _ = get_final_config(user_yaml=Path(task.config), cli_config=fixed, sourcedir=Path(task.source))
    return config


def readable(warnings: str, source: str) -> list[str]:
    """Turn what Sphinx said into lines that name the chapter's own file and cell.

    Parameters
    ----------
    warnings
        The text.
    source
        Folder Sphinx read from.

    Returns
    -------
    list of str
        The lines that are not empty.
    """
    text = COLOUR.sub("", warnings).replace(f"{source}/", "")
    text = CELL_LINE.sub(lambda match: f".md: cell {match[1]}, line {int(match[2])}:", text)
    return [line.strip().replace(".ipynb:", ".md:") for line in text.splitlines() if line.strip()]
