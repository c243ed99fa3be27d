"""The steps of a build that read score tables; each runs in a process of its own."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable


@dataclass(frozen=True)
class InputsTask:
    """Score tables to be made into the data folder of an edition.

    Parameters
    ----------
    scores, models, benchmarks
        Files of the user, None for the default ones.
    predictions
        File of the user with people's predictions, None where it is in `default` or there is none.
    default
        The book's own data folder.
    folder
        Where to write.
    parameters
        Every parameter of the edition.
    previous
        Folder of the earlier edition to compare with, None for none.
    """

    scores: Path | None
    models: Path | None
    benchmarks: Path | None
    predictions: Path | None
    default: Path
    folder: Path
    parameters: Mapping[str, Any]
    previous: Path | None = None


def prepare_inputs(task: InputsTask) -> list[str]:
    """Check the tables of an edition and write its data folder, with the claims to be tested on it.

    Parameters
    ----------
    task
        Where they are.

    Returns
    -------
    list of str
        What the reader should know of them, one remark a line.

    Raises
    ------
    InputError
        When they cannot be used.
    """
    from analysis import inputs, scores
    from analysis.parameters import Parameters

    parameters = Parameters.from_mapping(task.parameters)
    table = inputs.assemble(task.scores, task.models, task.benchmarks, task.default)
    inputs.require_usable(table, parameters)
    inputs.write(table, task.folder)
    for path in task.default.glob("*.yml"):
        shutil.copyfile(path, task.folder / path.name)
    write_coverage(task.default, table, task.folder)
    if parameters.predictions:
        write_predictions(task, parameters, table)
    if task.previous is not None:
        from analysis.diff import keep

        keep(task.previous, task.folder / "previous")
    return [str(remark) for remark in scores.remarks(table)]


def write_predictions(task: InputsTask, parameters: Parameters, table: ScoreTable) -> None:
    """Check people's predictions and put them into the data folder, under other names unless asked not to.

    Parameters
    ----------
    task
        Where they are.
    parameters
        `predictions` and `people` are used.
    table
        The edition's tables.

    Raises
    ------
    InputError
        When they cannot be used.
    """
    from analysis.guesses import located, pseudonymous, read_file
    from analysis.inputs import safe_csv

    found = read_file(task.predictions or located(task.default, parameters.predictions), table)
    kept = found if parameters.people == "shown" else pseudonymous(found)
    target = task.folder / parameters.predictions
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(safe_csv(kept), encoding="utf-8")


def write_coverage(default: Path, table: ScoreTable, folder: Path) -> None:
    """Write the part of the kept calibration that was simulated from the panels of this edition.

    Parameters
    ----------
    default
        Folder of the book's own tables, which may hold ``coverage.csv``.
    table
        The edition's tables; published figures are kept only where its models are the released
        ones, and so is the calibration.
    folder
        The edition's data folder; nothing is written where nothing fits.
    """
    import pandas as pd

    if not (default / "coverage.csv").is_file():
        return
    kept = pd.read_csv(default / "coverage.csv", dtype=str, keep_default_na=False)
    fitting = kept[kept["population"].isin(table.published["population"])]
    if len(fitting):
        fitting.to_csv(folder / "coverage.csv", index=False, lineterminator="\n")


def tabulate(values: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Compute the result tables of an edition.

    Parameters
    ----------
    values
        Every parameter of the edition.
    folder
        The edition's data.

    Returns
    -------
    dict
        Content of each file, by its name.
    """
    from analysis import inputs, results, scores
    from analysis.claims_file import read_claims
    from analysis.parameters import Parameters

    parameters = Parameters.from_mapping(values)
    found = results.result_tables(scores.load(folder), parameters, read_claims(folder))
    return {
        f"{name}.json" if isinstance(table, Mapping) else f"{name}.csv": (
            json.dumps(finite(table), indent=2, ensure_ascii=False) + "\n"
            if isinstance(table, Mapping)
            else inputs.safe_csv(table)
        )
        for name, table in found.items()
    }


def finite(value: Any) -> Any:
    """Replace what JSON has no word for, numbers that are not finite, by null.

    Parameters
    ----------
    value
        Mappings, lists and numbers, nested.

    Returns
    -------
    object
        The same with None for NaN and the infinities.
    """
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
