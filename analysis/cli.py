"""The command `compendium`: build editions of the book, run a chapter, show the site."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.commands import SCHEDULER, card_command, check_command, diff_command, findings_command, pdf_command
from analysis.course.class_commands import class_command, grade_command
from analysis.import_commands import calibrate_command, import_command, names_command
from analysis.parameters import Parameters, describe, parse
from analysis.problems import InputError, Problem, together
from analysis.sweep_command import sweep_command
from analysis.unused_imports import leave_out_unused_imports

if TYPE_CHECKING:
    from analysis.edition import Built

FILE = click.Path(path_type=Path)


def fail(lines: str, trace: str = "", *, debug: bool = False, status: int = 2) -> None:
    """End the program with a message and no traceback, unless one is asked for.

    Parameters
    ----------
    lines
        The message.
    trace
        The traceback.
    debug
        Whether to show it.
    status
        Exit status.
    """
    if debug and trace:
        click.echo(trace, err=True)
    for line in lines.splitlines():
        click.echo(f"error: {line}", err=True)
    sys.exit(status)


@contextmanager
def explained(debug: bool) -> Iterator[None]:
    """Turn what a user can mend into a message and exit status 2, and an interrupt into 130.

    Parameters
    ----------
    debug
        Whether to show tracebacks as well.
    """
    from analysis.execution import BuildError

    try:
        yield
    except InputError as error:
        fail(str(error))
    except BuildError as error:
        fail(str(error), error.trace, debug=debug)
    except KeyboardInterrupt:
        fail("interrupted; what was built before is as it was", status=130)


def parameter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command one option for each parameter of an edition.

    Parameters
    ----------
    command
        The function behind the command; takes the options as keywords, None if not given.

    Returns
    -------
    callable
        The same function.
    """
    for row in reversed([row for row in describe() if row["option"]]):
        default = ",".join(row["default"]) if isinstance(row["default"], tuple) else row["default"]
        text = f"{row['meaning']} ({row['allowed']}; default {default})" if default != "" else row["meaning"]
        command = click.option(f"--{row['name']}", metavar="VALUE", help=f"{text}.")(command)
    return command


def chosen_parameters(texts: dict[str, str | None]) -> Parameters:
    """Make parameters of what was typed.

    Parameters
    ----------
    texts
        Text by name, None for a parameter that was not given.

    Returns
    -------
    Parameters
        The others at their defaults.

    Raises
    ------
    InputError
        One line for each that cannot be read or is outside its limits.
    """
    given = {name: text for name, text in texts.items() if text is not None}
    values = together(*(lambda name=name, text=text: parse(name, text) for name, text in given.items()))
    return Parameters.from_mapping(dict(zip(given, values, strict=True)))


def book_root(book: Path | None) -> Path:
    """Return the folder of the book: the one given, else the nearest from here upwards.

    Parameters
    ----------
    book
        As given.

    Returns
    -------
    Path
        The folder that holds `_toc.yml`.

    Raises
    ------
    InputError
        When there is none.
    """
    here = Path.cwd()
    places = [book.absolute()] if book else [here, *here.parents]
    for folder in places:
        if (folder / "_toc.yml").is_file():
            return folder
    from analysis.course.kit import is_kit

    where = str(book or here)
    if any(map(is_kit, places)):
        what = "chapters and solutions are not here: this is the kit that students get"
        raise InputError(Problem(where, None, None, what, "use the folder of the whole book"))
    raise InputError(Problem(where, None, None, "this is not the folder of a book", "it holds no _toc.yml"))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Build the book from a score table, run its chapters, and show the site."""
    leave_out_unused_imports()


BOOK = click.option("--book", type=FILE, help="Folder of the book; the nearest one, unless given.")
DEBUG = click.option("--debug", is_flag=True, help="Show tracebacks.")


@main.command(name="build")
@click.option("--scores", type=FILE, help="Score table, long or wide, in place of the book's own.")
@click.option("--models", type=FILE, help="What is known of the models, in the form of data/models.csv.")
@click.option("--benchmarks", type=FILE, help="What is known of the benchmarks, in the form of data/benchmarks.csv.")
@click.option("--edition", metavar="NAME", help="Name of the edition; the name of the score table, unless given.")
@parameter_options
@SCHEDULER
@BOOK
@DEBUG
def build_command(
    scores: Path | None,
    models: Path | None,
    benchmarks: Path | None,
    edition: str | None,
    scheduler: str | None,
    book: Path | None,
    debug: bool,
    **texts: str | None,
) -> None:
    """Build an edition: the site, the executed chapters and the result tables."""
    with explained(debug):
        from analysis.console import Display
        from analysis.edition import PRELOAD, build
        from analysis.executor import executor_for
        from analysis.release import checked_name, name_for
        from analysis.request import Request

        name = checked_name(edition) if edition is not None else name_for(scores)
        guessed = Path(texts["predictions"]) if Path(texts["predictions"] or "").is_file() else None
        files = [path.absolute() if path else None for path in (scores, models, benchmarks, guessed)]
        named = {**texts, "predictions": f"predictions/{guessed.name}"} if guessed else texts
        request = Request(book_root(book), name, *files[:3], chosen_parameters(named), predictions=files[3])
        with Display() as display:
            built = build(request, display, executor_for(scheduler, PRELOAD))
        for line in [] if built.unchanged else notes(built):
            click.echo(line, err=True)
        click.echo(summary(built))


def notes(built: Built) -> list[str]:
    """Say what chapters warned of, and what was assumed of the user's own tables or left out.

    Parameters
    ----------
    built
        The edition.

    Returns
    -------
    list of str
        One line each.
    """
    chapters = built.record["chapters"].items()
    warnings = [f"warning: {name}: {line}" for name, chapter in chapters for line in chapter["warnings"]]
    own = any(file for kind, file in built.record["files"].items() if kind != "predictions")
    return warnings + [f"note: {remark}" for remark in built.record["remarks"] if own]


def summary(built: Built) -> str:
    """Say in one line what a build came to.

    Parameters
    ----------
    built
        The edition.

    Returns
    -------
    str
        With the path of the site.
    """
    chapters = built.record["chapters"].values()
    executed = sum(chapter["status"] == "executed" for chapter in chapters)
    done = "nothing has changed" if built.unchanged else f"{executed} of {len(chapters)} chapters executed"
    name, site = built.record["edition"], built.folder / "html" / "index.html"
    return f"Edition {name}: {done}, {built.seconds:.1f} s. The site: {site}"


@main.command(name="run")
@click.argument("chapter")
@click.option("-p", "--parameter", "given", multiple=True, metavar="NAME=VALUE", help="Value of a parameter.")
@click.option("--out", type=FILE, help="Where to write the executed notebook; _build/.run, unless given.")
@BOOK
@DEBUG
def run_command(chapter: str, given: tuple[str, ...], out: Path | None, book: Path | None, debug: bool) -> None:
    """Execute one CHAPTER, for example measurement/score_table."""
    with explained(debug):
        from analysis.single import run_chapter

        done = run_chapter(book_root(book), chapter, dict(map(name_and_value, given)), out)
        for line in done.warnings:
            click.echo(f"warning: {done.name}: {line}", err=True)
        click.echo(f"Chapter {done.name}: executed, {done.seconds:.1f} s. The notebook: {done.path}")


def name_and_value(text: str) -> tuple[str, Any]:
    """Read a parameter as `-p` takes it.

    Parameters
    ----------
    text
        `name=value`.

    Returns
    -------
    tuple
        The name and the value in its type.

    Raises
    ------
    InputError
        When there is no such parameter or the value is not of its type.
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(Problem("", None, None, f"{text!r} gives a parameter no value", "write NAME=VALUE"))
    return name, parse(name, value)


@main.command(name="serve")
@click.option("--edition", default="default", show_default=True, metavar="NAME", help="Name of the edition.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free one.")
@BOOK
@DEBUG
def serve_command(edition: str, port: int, book: Path | None, debug: bool) -> None:
    """Show the site of an edition to this machine."""
    with explained(debug):
        from analysis.release import Release, checked_name
        from analysis.web import server

        folder = Release(book_root(book) / "_build", checked_name(edition)).folder / "html"
        with server(folder, port) as shown:
            click.echo(f"Edition {edition}: http://127.0.0.1:{shown.server_port}/ (Ctrl-C ends it)")
            try:
                shown.serve_forever()
            except KeyboardInterrupt:
                click.echo("ended")


@main.command(name="live")
@click.option("--edition", default="default", show_default=True, metavar="NAME", help="Name of the edition.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free one.")
@BOOK
@DEBUG
def live_command(edition: str, port: int, book: Path | None, debug: bool) -> None:
    """Show the site of an edition to this machine, with cells to edit and run."""
    with explained(debug):
        from analysis.live import live_site
        from analysis.release import Release, checked_name

        site = live_site(Release(book_root(book) / "_build", checked_name(edition)).folder, port)
        from analysis.live_server import run

        run(site, lambda address: click.echo(f"Edition {edition}, live: {address} (Ctrl-C ends it)"))
        click.echo("ended")


OTHERS = (
    import_command, names_command, check_command, card_command, diff_command, findings_command, pdf_command,
    calibrate_command, sweep_command,
)
for command in (*OTHERS, class_command, grade_command):
    main.add_command(command)

if __name__ == "__main__":
    main()
