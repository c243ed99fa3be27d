"""Commands for people with scores of their own: check them, make a card, compare editions."""

from __future__ import annotations

import sys
from pathlib import Path

import click

FILE = click.Path(path_type=Path)
BOOK = click.option("--book", type=FILE, help="Folder of the book; the nearest one, unless given.")
MODELS = click.option("--models", type=FILE, help="What is known of the models, in the form of data/models.csv.")
BENCHMARKS = click.option(
    "--benchmarks", type=FILE, help="What is known of the benchmarks, in the form of data/benchmarks.csv."
)
SCHEDULER = click.option(
    "--scheduler", metavar="ADDRESS", help="Work on the cluster of this dask scheduler; on this machine, unless given."
)


@click.command(name="check")
@click.argument("scores", type=FILE, required=False)
@MODELS
@BENCHMARKS
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@BOOK
def check_command(
    scores: Path | None, models: Path | None, benchmarks: Path | None, form: str, book: Path | None
) -> None:
    """Check and audit SCORES, a table long or wide; the book's own, unless given.

    Ends with status 2 where the table cannot be used, 1 where there are warnings, else 0.
    """
    from analysis.cli import explained

    with explained(debug=False):
        from analysis.checking import check_files

        report = check_files(scores, models, benchmarks, registry(book))
    click.echo(report.text() if form == "text" else report.json())
    sys.exit(report.status)


@click.command(name="card")
@click.argument("scores", type=FILE)
@click.option("--benchmark", default="", metavar="NAME", help="Its name; where the file holds several, the one to take.")
@click.option("--population", default="", metavar="NAME", help="Kind of models; that of most of them, unless given.")
@click.option(
    "--higher-is", default="", type=click.Choice(["better", "worse", ""]), metavar="better|worse",
    help="Which way is good or safe; better, unless given or known.",
)
@click.option(
    "--format", "form", default="", type=click.Choice(["html", "md", "json", ""]), metavar="html|md|json",
    help="As the name of the output ends, else md.",
)
@click.option("-o", "--output", type=FILE, help="Where to write it; standard output, unless given.")
@BOOK
def card_command(
    scores: Path,
    benchmark: str,
    population: str,
    higher_is: str,
    form: str,
    output: Path | None,
    book: Path | None,
) -> None:
    """Make a card of one benchmark from SCORES, a table with the columns model and score."""
    from analysis.cli import explained

    with explained(debug=False):
        from analysis import card_pages
        from analysis.card import card_of
        from analysis.card_files import join
        from analysis.parameters import Parameters
        from analysis.scores import load

        joined = join(load(registry(book)), scores, population, higher_is, benchmark)
        card = card_of(joined.table, joined.population, joined.benchmark, Parameters(), joined)
        pages = {"html": card_pages.html_page, "md": card_pages.markdown, "json": card_pages.json_text}
        text = pages[form or chosen_format(output, list(pages))](card)
        write_or_show(text, output)


def chosen_format(output: Path | None, known: list[str]) -> str:
    """Return the format that the name of a file asks for, md for any other."""
    suffix = output.suffix.removeprefix(".").casefold() if output else ""
    return suffix if suffix in known else "md"


def write_or_show(text: str, output: Path | None, option: str = "-o") -> None:
    """Write a text to a file, or to standard output where none is given; `option` is what asks for another place.

    Raises
    ------
    InputError
        When the file cannot be written.
    """
    from analysis.problems import InputError, Problem

    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        what = f"this cannot be written: {error.strerror or error}"
        raise InputError(Problem(str(output), None, None, what, f"give another place with {option}")) from None


@click.command(name="diff")
@click.argument("before", metavar="EDITION_A")
@click.argument("after", metavar="EDITION_B")
@BOOK
def diff_command(before: str, after: str, book: Path | None) -> None:
    """Say what moved from EDITION_A to EDITION_B, each a name or a folder, as Markdown."""
    from analysis.cli import book_root, explained
    from analysis.problems import InputError

    with explained(debug=False):
        from analysis.diff import open_edition, report
        from analysis.problems import together

        try:
            build = book_root(book) / "_build"
        except InputError:
            if book is not None:
                raise
            build = None
        editions = together(*(lambda name=name: open_edition(name, build) for name in (before, after)))
        click.echo(report(*editions), nl=False)


@click.command(name="pdf")
@click.option("--edition", default="default", show_default=True, metavar="NAME", help="Name of the edition.")
@click.option("-o", "--output", type=FILE, help="Where to write it; _build/NAME.pdf, unless given.")
@BOOK
def pdf_command(edition: str, output: Path | None, book: Path | None) -> None:
    """Print an edition as one PDF, through Chromium."""
    from analysis.cli import book_root, explained

    with explained(debug=False):
        from analysis.diff import read_record
        from analysis.print_book import print_book
        from analysis.release import RECORD, built_edition

        root = book_root(book)
        folder = built_edition(root, edition)
        target = output or folder.with_name(f"{edition}.pdf")
        count = print_book(folder / "html", root, read_record(folder / RECORD), target)
        click.echo(f"Edition {edition}: {count} pages. The book: {target}")


@click.command(name="findings")
@click.option("--why", default="", metavar="TEXT", help="Why they changed; with it the list is brought up to date.")
@BOOK
def findings_command(why: str, book: Path | None) -> None:
    """List what the default edition finds otherwise than the book's kept list of findings says."""
    from analysis.cli import book_root, explained

    with explained(debug=False):
        from analysis import findings_log as log
        from analysis.provenance import now
        from analysis.release import built_edition

        root = book_root(book)
        kept, found = log.read_list(root / log.LIST), log.found_in(built_edition(root, "default"))
        for name, (before, after) in log.changes(kept, found).items():
            click.echo(f"{name}: {before or 'not in the list'} -> {after or 'no longer found'}")
        if why:
            write_or_show(log.recorded(kept, found, now()[:10], why), root / log.LIST)


def registry(book: Path | None) -> Path:
    """Return the folder of the shipped tables: of the book given, else of the nearest book."""
    from analysis.checking import registry_folder

    here = Path.cwd()
    return registry_folder(book, [here, *here.parents])
