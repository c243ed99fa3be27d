"""The command that makes many editions and compares them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from analysis.commands import BOOK, FILE, SCHEDULER

if TYPE_CHECKING:
    from analysis.sweep import Swept
    from analysis.sweep_file import Sweep


@click.command(name="sweep")
@click.argument("file", metavar="SWEEP", type=FILE)
@click.option("--out", type=FILE, help="Folder of the sweep; _build/sweeps/ and the name of its file, unless given.")
@click.option("--dry-run", is_flag=True, help="List the editions and make none.")
@SCHEDULER
@BOOK
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def sweep_command(
    file: Path, out: Path | None, dry_run: bool, scheduler: str | None, book: Path | None, debug: bool
) -> None:
    """Make every edition that SWEEP, a YAML file, asks for, and a page that compares them.

    Give the same command again to go on where it was interrupted. Ends with status 1 where an edition failed.
    """
    from analysis.cli import book_root, explained

    with explained(debug):
        from analysis.sweep_file import read_sweep

        sweep = read_sweep(file)
        if dry_run:
            click.echo("\n".join(listing(sweep)))
            return
        root = book_root(book)
        swept = made(sweep, root, out.absolute() if out else root / "_build" / "sweeps" / sweep.name, scheduler)
        for line in failures(swept, debug):
            click.echo(line, err=True)
        click.echo(summary(sweep, swept))
    sys.exit(1 if swept.failed else 0)


def made(sweep: Sweep, root: Path, out: Path, scheduler: str | None) -> Swept:
    """Make a sweep, here or on a cluster, telling the terminal of every edition."""
    from analysis.console import Display
    from analysis.edition import PRELOAD
    from analysis.executor import executor_for
    from analysis.findings.shared import plural
    from analysis.sweep import left_over, run_sweep

    with Display("editions") as display, executor_for(scheduler, PRELOAD) as executor:
        display.say(f"Sweep {sweep.name}: {plural(len(sweep.editions), 'edition')}")
        swept = run_sweep(sweep, root, out, executor, display)
        others = left_over(sweep, out)
        if others:
            are = "is" if len(others) == 1 else "are"
            display.say(f"note: {plural(len(others), 'edition')} in the folder {are} none of this sweep, so left alone")
    return swept


def listing(sweep: Sweep) -> Iterator[str]:
    """Yield how many editions a sweep has, and each with what sets it apart."""
    from analysis.findings.shared import plural
    from analysis.problems import visible

    yield f"{plural(len(sweep.editions), 'edition')}:"
    for edition in sweep.editions:
        yield visible(
            f"  {edition.name}: {', '.join(f'{key} {label}' for key, label in edition.options.items())}".rstrip(": ")
        )


def failures(swept: Swept, debug: bool) -> Iterator[str]:
    """Yield why editions failed, one line a reason."""
    from analysis.problems import visible

    for each in swept.failed:
        if debug and each.trace:
            yield each.trace
        yield from (f"error: {each.edition.name}: {visible(problem)}" for problem in each.problems)


def summary(sweep: Sweep, swept: Swept) -> str:
    """Say in one line what a sweep came to.

    Parameters
    ----------
    sweep
        The sweep.
    swept
        What became of it.

    Returns
    -------
    str
        With the path of its page.
    """
    now = len(swept.made) - swept.unchanged - len(swept.failed)
    fate = f"{now} made, {swept.unchanged} unchanged, {len(swept.failed)} failed"
    return f"Sweep {sweep.name}: {fate}, {swept.seconds:.1f} s. The comparison: {swept.folder / 'index.html'}"
