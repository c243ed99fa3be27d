"""The expected answers of every variant, computed from its own scores."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.course.variants import Variant, setting_for
from analysis.executor import Call
from analysis.problems import InputError

if TYPE_CHECKING:
    import pandas as pd

    from analysis.course.setting import Setting
    from analysis.parameters import Parameters

COLUMNS = ("student", "exercise", "variable", "expected", "population", "held_out", "seed")
NOT_CHECKABLE = "cannot be checked on these scores"


@dataclass(frozen=True)
class KeyTask:
    """A variant whose right answers are wanted: the exercises, the edition's tables and its parameters."""

    labels: tuple[str, ...]
    variant: Variant | None
    data: str
    parameters: Parameters


def key_calls(
    labels: Sequence[str], variants: Mapping[str, Variant | None], data: Path, parameters: Parameters
) -> list[Call]:
    """Return the calls that compute the right answers of a class.

    Parameters
    ----------
    labels
        Exercises that check themselves.
    variants
        Variant by student; None for the edition as it is.
    data
        Folder of the edition's tables.
    parameters
        Of the edition.

    Returns
    -------
    list of Call
        One for all who share a population and what is held out: no answer depends on the seed.
    """
    first = {basis(variant): variant for variant in reversed(list(variants.values()))}
    tasks = {name: KeyTask(tuple(labels), variant, str(data), parameters) for name, variant in first.items()}
    return [Call(name, answers, task) for name, task in sorted(tasks.items())]


def basis(variant: Variant | None) -> str:
    """Return what right answers depend on, in words."""
    if variant is None:
        return "key"
    return f"key: {variant.population} without {', '.join(variant.held_out) or 'nothing'}"


def answers(task: KeyTask) -> list[dict[str, str]]:
    """Return the right answers of a variant, a row for each variable."""
    return list(expected(task.labels, class_setting(task.variant, Path(task.data), task.parameters)))


def key_table(
    found: Mapping[str, list[dict[str, str]]],
    variants: Mapping[str, Variant | None],
    data: Path,
    parameters: Parameters,
) -> pd.DataFrame:
    """Return the key of a class.

    Parameters
    ----------
    found
        What the calls of :func:`key_calls` return, by their names.
    variants, data, parameters
        As given to it.

    Returns
    -------
    DataFrame
        A row for each student, exercise and variable, with the columns `COLUMNS`.
    """
    import pandas as pd

    rows = [
        {"student": student, **described(class_setting(variant, data, parameters)), **row}
        for student, variant in variants.items()
        for row in found[basis(variant)]
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def class_setting(variant: Variant | None, data: Path, parameters: Parameters) -> Setting:
    """Return what right answers are computed from: a student's variant, or the edition as it is."""
    whole = Variant(parameters.population, (), parameters.seed)
    return setting_for(variant or whole, data, parameters)


def described(setting: Setting) -> dict[str, Any]:
    """Return a setting in the columns of a key."""
    return {"population": setting.population, "held_out": ", ".join(setting.held_out), "seed": setting.seed}


def expected(labels: Sequence[str], setting: Setting) -> Iterator[dict[str, str]]:
    """Yield the expected answer of each variable of each exercise, as text."""
    from analysis.course.checks import CHECKS
    from analysis.course.setting import NotCheckable, given

    found = given(setting)
    for label in labels:
        for asked in CHECKS[label].asked:
            try:
                value = shown(asked.value(found))
            except (NotCheckable, InputError):
                value = NOT_CHECKABLE
            yield {"exercise": label, "variable": asked.name, "expected": value}


def shown(value: Any) -> str:
    """Return a value as text: all of several, sets in order of the alphabet, numbers to six digits."""
    if isinstance(value, (set, frozenset)):
        return ", ".join(sorted(map(str, value))) or "none"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {shown(each)}" for name, each in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value))
    if dataclasses.is_dataclass(value):
        return str(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
