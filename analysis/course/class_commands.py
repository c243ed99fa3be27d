"""Commands for teachers: make the bundle of a class, and grade what comes back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis.commands import SCHEDULER

if TYPE_CHECKING:
    import pandas as pd

    from analysis.course.kept_marks import Earlier

FILE = click.Path(path_type=Path)
SECONDS, MEGABYTES = click.FloatRange(1), click.IntRange(64)
BOOK = click.option("--book", type=FILE, help="Folder of the book; the nearest one, unless given.")


@click.command(name="class")
@click.option("--out", type=FILE, required=True, metavar="DIR", help="Folder to make.")
@click.option("--roster", type=FILE, help="CSV file of the students: id, and if you like name. Each gets a variant.")
@click.option("--edition", default="default", show_default=True, metavar="NAME", help="Built edition to make it of.")
@click.option("--chapters", default="", metavar="A,B", help="Chapters to take; all that have exercises, unless given.")
@BOOK
def class_command(out: Path, roster: Path | None, edition: str, chapters: str, book: Path | None) -> None:
    """Make the bundle of a course session: notebooks, key, slides, handouts."""
    from analysis.cli import book_root, explained

    with explained(debug=False):
        from analysis.console import Display
        from analysis.course.bundle import Order, make_class
        from analysis.edition import PRELOAD
        from analysis.executor import LocalExecutor
        from analysis.findings.shared import plural
        from analysis.release import checked_name

        names = tuple(name.strip() for name in chapters.split(",") if name.strip())
        order = Order(book_root(book), out, checked_name(edition), roster, names)
        with Display() as display, LocalExecutor(PRELOAD) as executor:
            made = make_class(order, executor, display)
        who = plural(len(made.students), "student") if made.students else "one set for all students"
        click.echo(f"Class: {plural(len(made.chapters), 'chapter')}, {who}. Begin with {made.folder / 'README.md'}")


@click.command(name="grade")
@click.argument("folder", metavar="DIR", type=FILE)
@click.option("--bundle", type=FILE, metavar="DIR", help="Bundle of the class; the one that DIR is in, unless given.")
@click.option(
    "--out", type=FILE, metavar="FILE", help="Table to write, totals beside it; marks.csv beside DIR, unless given."
)
@click.option("--timeout", default=120.0, show_default=True, type=SECONDS, metavar="S", help="Seconds for a notebook.")
@click.option("--memory", default=2048, show_default=True, type=MEGABYTES, metavar="MB", help="Memory for a notebook.")
@click.option("--unconfined", is_flag=True, help="Run notebooks where they cannot be confined; limits still hold.")
@SCHEDULER
def grade_command(
    folder: Path,
    bundle: Path | None,
    out: Path | None,
    timeout: float,
    memory: int,
    unconfined: bool,
    scheduler: str | None,
) -> None:
    """Run what students handed in, confined, and write a table of marks.

    DIR has a folder `<id>/` or files `<id>-….ipynb` a student. The table has a row for each student and exercise of all
    chapters of the class, and beside it, in marks-totals.csv, is a row for each student. What you write into the table
    by hand is kept when you grade again, as long as the student's answer is the same.
    """
    from analysis.cli import explained

    with explained(debug=False):
        from analysis.console import Display
        from analysis.course import grading, kept_marks
        from analysis.course.sandbox import Limits
        from analysis.executor import executor_for

        school = grading.read_class(bundle or grading.checked_folder(folder))
        target = checked_target(out or folder.absolute().parent / "marks.csv")
        earlier = kept_marks.earlier_marks(target)
        limits = Limits(timeout=timeout, memory=memory)
        tables = tables_of(target)
        besides = {path for path in folder.glob("*.csv") if path.absolute() in tables}
        with Display("students") as display, executor_for(scheduler, grading.PRELOAD) as executor:
            marks = grading.grade(folder, school, limits, executor, display, not unconfined, besides)
        write_marks(marks, earlier, target)


def checked_target(target: Path) -> Path:
    """Return the file to write, if there is a folder for it: better said now than after all has been graded."""
    from analysis.problems import InputError, Problem

    if not target.absolute().parent.is_dir():
        what, mend = "there is no such folder to write the marks to", "make it, or give another place with --out"
        raise InputError(Problem(str(target.parent), None, None, what, mend))
    return target


def tables_of(target: Path) -> set[Path]:
    """Return the files that grading itself writes: a table of marks, its totals, earlier tables put aside."""
    return {path for path in target.absolute().parent.glob("*.csv") if path.stem.startswith(target.stem)}


def write_marks(marks: pd.DataFrame, earlier: Earlier, target: Path) -> None:
    """Write marks and totals, with what a teacher wrote by hand, and say in a few lines what they come to."""
    from analysis.commands import write_or_show
    from analysis.course.kept_marks import carried_over, put_aside
    from analysis.course.marks import summary, totals
    from analysis.findings.shared import plural
    from analysis.inputs import safe_csv

    filled, kept, lost = carried_over(marks, earlier)
    if lost:
        aside = put_aside(target)
        click.echo(f"The earlier table has words of yours that fit no row of today's; it is kept as {aside}")
    sums = target.with_name(f"{target.stem}-totals.csv")
    write_or_show(safe_csv(filled), target, "--out")
    write_or_show(safe_csv(totals(filled)), sums, "--out")
    for line in summary(filled):
        click.echo(line)
    if kept:
        click.echo(f"{plural(kept, 'row')} kept as you filled {'it' if kept == 1 else 'them'} in by hand")
    click.echo(f"Marks: {target}, totals: {sums}")
