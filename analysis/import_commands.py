"""Commands that bring scores in: import result files, settle names, calibrate intervals."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from analysis.commands import BENCHMARKS, BOOK, FILE, MODELS, SCHEDULER, registry

if TYPE_CHECKING:
    import pandas as pd

    from analysis.executor import Executor, Outcome
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

CALIBRATED = ("index", "component", "missing", "level")


@click.command(name="import")
@click.argument("form", metavar="FORMAT")
@click.argument("paths", type=FILE, nargs=-1, required=True, metavar="PATH...")
@click.option("-o", "--output", type=FILE, required=True, help="Where to write the score table.")
@click.option("--prefer", multiple=True, metavar="METRIC", help="Metric to choose before others; may be repeated.")
@click.option(
    "--metrics", type=click.Choice(["one", "all"]), default="one", show_default=True,
    help="One metric a benchmark, or each metric as a benchmark of its own.",
)
@click.option("--verbose", is_flag=True, help="List everything that was left out or is doubtful.")
@BOOK
def import_command(
    form: str, paths: tuple[Path, ...], output: Path, prefer: tuple[str, ...], metrics: str, verbose: bool,
    book: Path | None,
) -> None:
    """Import scores from result files or folders at PATH.

    FORMAT is lm-eval, inspect, helm, epoch, open-llm, every-eval-ever or table. What is known of the
    benchmarks is written beside the scores, with blanks to fill in.
    """
    from analysis.cli import explained

    with explained(debug=False):
        from analysis.importing import beside, describe, finding_line, refuse_own_input, scores_text, table_text, write_all
        from analysis.scores import load_registries
        from analysis.sources.contract import read

        refuse_own_input(output, paths)
        rows = beside(output, "benchmarks")
        earlier = described_before(rows, "benchmarks")
        imported = read(form, paths, prefer=prefer, metrics=metrics)
        described = describe(imported, load_registries(registry(book))[1], earlier, rows.name)
        write_all({output: scores_text(imported.scores), rows: table_text(described.benchmarks)})
    lines = [finding_line(one) for one in imported.remarks] if verbose else []
    say([imported.summary(), *lines, *map(str, described.remarks), f"written: {output}, {rows}"])


@click.command(name="names")
@click.argument("scores", type=FILE)
@click.option("--mapping", type=FILE, help="CSV with columns name and model; the one beside the scores, unless given.")
@click.option("--yes", is_flag=True, help="Accept the proposals that differ from their model in spelling only.")
@click.option("-o", "--output", type=FILE, help="Where to write the renamed scores; SCORES with .named, unless given.")
@BOOK
def names_command(scores: Path, mapping: Path | None, yes: bool, output: Path | None, book: Path | None) -> None:
    """Propose which known model each name in SCORES means, and rename by consent.

    Nothing is renamed without --yes or a mapping. The mapping and what is still to be said of unknown
    models are written beside the scores, to be filled in.
    """
    from analysis.cli import explained

    with explained(debug=False):
        from analysis.importing import beside, scores_text, table_text, write_all
        from analysis.inputs import safe_csv
        from analysis.names import propose, read_mapping, rename
        from analysis.naming import agree, mapping_frame, model_template, report
        from analysis.scores import load_registries
        from analysis.sources.table import read_table

        kept, told = beside(scores, "mapping"), beside(scores, "models")
        reading, known = read_table(scores), load_registries(registry(book))[0]
        given = mapping or (kept if kept.is_file() else None)
        proposals = propose(reading.scores["model"], known)
        own = read_mapping(given) if given else {}
        agreed = agree(reading.scores, proposals, yes, own if mapping else {n: m for n, m in own.items() if m})
        renamed = rename(reading.scores, agreed.mapping, str(given or scores))
        template = model_template(renamed.scores["model"], known, described_before(told, "models"))
        target = output or beside(scores, "named")
        texts = {kept: safe_csv(mapping_frame(proposals, agreed.record)), told: table_text(template)}
        texts |= {target: scores_text(renamed.scores)} if agreed.mapping or output else {}
        write_all(texts)
    remarks = [*map(str, reading.notes), *map(str, agreed.remarks)]
    say([*report(proposals, agreed.mapping), *remarks, f"written: {', '.join(map(str, texts))}"])


@click.command(name="calibrate")
@click.option("--simulations", type=click.IntRange(1, 100_000), default=1000, show_default=True, help="Panels drawn for each population.")
@click.option("--seed", metavar="NUMBER", help="Seed of the simulation; that of the book, unless given.")
@click.option("--scores", type=FILE, help="Score table, long or wide, in place of the book's own.")
@MODELS
@BENCHMARKS
@click.option("--index", metavar="NAMES", help="As for build.")
@click.option("--component", metavar="NAME", help="As for build.")
@click.option("--missing", metavar="RULE", help="As for build.")
@click.option("--level", metavar="NUMBER", help="As for build.")
@click.option("-o", "--output", type=FILE, help="Where to write; data/coverage.csv of the book, unless given.")
@SCHEDULER
@BOOK
def calibrate_command(
    simulations: int, scores: Path | None, models: Path | None, benchmarks: Path | None, output: Path | None,
    scheduler: str | None, book: Path | None, **texts: str | None,
) -> None:
    """Simulate how often each interval method holds the true value on panels like these.

    The result does not depend on how many processors there are, nor on where they are.
    """
    from analysis.cli import chosen_parameters, explained

    with explained(debug=False):
        from analysis.importing import table_text, write_all
        from analysis.inputs import assemble

        parameters = chosen_parameters(texts)
        folder = registry(book)
        target = output_of_calibration(output, [scores, models, benchmarks], texts, folder)
        found = calibrated(assemble(scores, models, benchmarks, folder), parameters, simulations, scheduler)
        write_all({target: table_text(found.round(6))})
    chosen = found.loc[found["chosen"], "method"].iloc[0]
    say([f"chosen: {chosen}; its coverage in each cell is in the table", f"written: {target}"])


def described_before(path: Path, kind: str) -> pd.DataFrame | None:
    """Read what a user may have filled in beside a score table.

    Parameters
    ----------
    path
        The file.
    kind
        ``"benchmarks"`` or ``"models"``.

    Returns
    -------
    DataFrame or None
        Indexed by name; None where there is no file, or none with a row.
    """
    from analysis.sources.registry import read_registry

    if not path.is_file() or len(path.read_bytes().splitlines()) < 2:
        return None
    return read_registry(path, kind).frame


def output_of_calibration(
    output: Path | None, tables: Iterable[Path | None], texts: dict[str, str | None], folder: Path
) -> Path:
    """Return where a calibration is written: over the book's own only if it is of the book's own tables.

    Parameters
    ----------
    output
        As given.
    tables
        The user's tables, as far as given.
    texts
        The parameters given, as text.
    folder
        The book's tables.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        Where it would replace the book's calibration by one of something else.
    """
    from analysis.problems import InputError, Problem

    other = any(tables) or any(texts.get(name) for name in CALIBRATED)
    if other and output is None:
        what = "a calibration of other scores or settings does not replace that of the book"
        raise InputError(Problem("", None, None, what, "name a file with -o"))
    return output or folder / "coverage.csv"


def calibrated(
    table: ScoreTable, parameters: Parameters, simulations: int, scheduler: str | None = None
) -> pd.DataFrame:
    """Calibrate on every processor of this machine, or on a cluster.

    Parameters
    ----------
    table
        The score table.
    parameters
        Of the calibration.
    simulations
        Panels drawn for each population.
    scheduler
        Address of the cluster's scheduler, None for this machine.

    Returns
    -------
    DataFrame
        As :func:`analysis.calibration.calibrate` gives it.

    Raises
    ------
    InputError
        If no population can be analysed, or the cluster cannot be used.
    """
    from analysis.calibration import calibrate
    from analysis.executor import executor_for
    from analysis.inputs import require_usable, usable_populations

    require_usable(table, parameters)
    names = usable_populations(table, parameters)
    with executor_for(scheduler, ["analysis.calibration"], os.cpu_count()) as executor:
        return calibrate(table, parameters, simulations, populations=names, map=in_order(executor, shown))


def in_order(
    executor: Executor, watched: Callable[[Iterable[Outcome], int], Iterable[Outcome]]
) -> Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]:
    """Return a `map` that has its calls made side by side.

    Parameters
    ----------
    executor
        Makes the calls.
    watched
        Passes on the outcomes, of which there are so many, as they come.

    Returns
    -------
    callable
        Takes a function and arguments, returns the results in the order of the arguments, and raises
        what a call raised.
    """
    from analysis.executor import Call

    def apply(function: Callable[[Any], Any], arguments: Iterable[Any]) -> list[Any]:
        calls = [Call(str(place), function, argument) for place, argument in enumerate(arguments)]
        values = {}
        for outcome in watched(executor.run(calls), len(calls)):
            if outcome.error is not None:
                raise outcome.error
            values[outcome.name] = outcome.value
        return [values[call.name] for call in calls]

    return apply


def shown(outcomes: Iterable[Outcome], count: int) -> Iterable[Outcome]:
    """Pass on outcomes; on a terminal, show how many of them have come."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    return track(outcomes, "simulating", count, console=console, transient=True, disable=not console.is_terminal)


def say(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        click.echo(line)
