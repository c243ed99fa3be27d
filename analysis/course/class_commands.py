"""Commands for teachers: make the bundle of a class, and grade what comes back."""

from __future__ import annotations

from pathlib import Path

import click

from analysis.commands import SCHEDULER

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
@click.option("--out", type=FILE, metavar="FILE", help="Table of marks to write; marks.csv beside DIR, unless given.")
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

    DIR has a folder `<id>/` or files `<id>-….ipynb` a student.
    """
    from analysis.cli import explained

    with explained(debug=False):
        from analysis.commands import write_or_show
        from analysis.console import Display
        from analysis.course import grading
        from analysis.course.sandbox import Limits
        from analysis.executor import executor_for
        from analysis.inputs import safe_csv

        school = grading.read_class(bundle or folder)
        limits = Limits(timeout=timeout, memory=memory)
        with Display() as display, executor_for(scheduler, grading.PRELOAD) as executor:
            marks = grading.grade(folder, school, limits, executor, display, confined=not unconfined)
        target = out or folder.absolute().parent / "marks.csv"
        write_or_show(safe_csv(marks), target)
        for line in grading.summary(marks):
            click.echo(line)
        click.echo(f"Marks: {target}")
