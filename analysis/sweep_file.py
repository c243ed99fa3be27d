"""The file of a sweep: which editions it asks for, read, checked and named."""

from __future__ import annotations

import dataclasses
import itertools
import math
import string
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.parameters import Parameters, describe, plain, problems_of
from analysis.problems import InputError, Problem, listed, quoted, raise_if
from analysis.release import NAME, slug

FILES = ("scores", "models", "benchmarks")
DEFAULT = "default"
TOP = ("editions", "names", "results_only")
# An edition of a sweep has its own data folder, and is compared with the others of the sweep.
NOT_SWEPT = ("data", "previous")
MOST_EDITIONS = 10_000
LONGEST_NAME = 64
LONGEST_LABEL = 24


@dataclass(frozen=True)
class Option:
    """One value of a table or parameter, and the short text that stands for it."""

    label: str
    value: Any


@dataclass(frozen=True)
class SweptEdition:
    """One edition of a sweep.

    Parameters
    ----------
    name
        Of its folder.
    files
        Path of `scores`, `models` and `benchmarks`, None for the book's own.
    parameters
        Those of the edition.
    options
        Label by key, of the keys in which the editions of the sweep differ.
    """

    name: str
    files: Mapping[str, Path | None]
    parameters: Parameters
    options: Mapping[str, str]


@dataclass(frozen=True)
class Sweep:
    """Several editions to be made and compared.

    Parameters
    ----------
    name
        Of the sweep: the stem of its file.
    editions
        At least one, in the order of the file.
    varying
        Keys in which they differ, in the order of the file.
    results_only
        Whether only their result tables are made.
    """

    name: str
    editions: tuple[SweptEdition, ...]
    varying: tuple[str, ...]
    results_only: bool


def read_sweep(path: Path) -> Sweep:
    """Read the file of a sweep.

    Parameters
    ----------
    path
        YAML; paths in it are relative to its folder.

    Returns
    -------
    Sweep
        Every edition with a name of its own.

    Raises
    ------
    InputError
        One line for each thing that is wrong with the file.
    """
    content = read_yaml(path)
    raise_if(_located(path, _top_problems(content)))
    asked = content["editions"]
    rows = _grid(path, asked["grid"]) if "grid" in asked else _list(path, asked["list"])
    editions = [_filled(row) for row in rows]
    raise_if(_located(path, _twins(editions)))
    varying = tuple(key for key in dict.fromkeys(_keys(rows)) if len({row[key].value for row in editions}) > 1)
    labelled = _told_apart(editions, varying)
    names = _names(path, rows, labelled, varying, content.get("names"))
    swept = tuple(_edition(*each, varying) for each in zip(names, labelled, strict=True))
    return Sweep(slug(path.stem) or "sweep", swept, varying, content.get("results_only", True))


def read_yaml(path: Path) -> dict[Any, Any]:
    """Read a YAML file that holds a mapping, in which no key comes twice.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict
        What it holds.

    Raises
    ------
    InputError
        When it cannot be read, or holds something else.
    """
    import yaml

    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_strict_loader())
    except OSError as error:
        what = f"this file cannot be read: {error.strerror or error}"
        raise InputError(Problem(str(path), None, None, what, "give the file of a sweep")) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        what = f"it cannot be read as YAML: {' '.join(str(error).split())}"
        raise InputError(Problem(str(path), None, None, what, "mend it there")) from None
    if not isinstance(content, dict):
        raise InputError(Problem(str(path), None, None, "it holds no keys", "begin with 'editions:'"))
    return content


def _strict_loader() -> type[Any]:
    import yaml

    class StrictLoader(yaml.SafeLoader):
        """YAML in which a key that comes twice is an error: one of the two would be silently dropped."""

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            keys = Counter(str(key.value) for key, _ in node.value)
            twice = [key for key, times in keys.items() if times > 1]
            if twice:
                raise ValueError(f"line {node.start_mark.line + 1}: the key {listed(twice)} comes twice")
            return super().construct_mapping(node, deep)

    return StrictLoader


def _located(path: Path, problems: Iterable[Problem]) -> Iterator[Problem]:
    return (dataclasses.replace(problem, file=str(path)) for problem in problems)


def _problem(what: str, mend: str) -> Problem:
    return Problem("", None, None, what, mend)


def _top_problems(content: Mapping[Any, Any]) -> Iterator[Problem]:
    unknown = [key for key in content if key not in TOP]
    if unknown:
        yield _problem(f"there is no key {listed(unknown)}", f"the keys are {', '.join(TOP)}")
    if not isinstance(content.get("results_only", True), bool):
        yield _problem(f"results_only is {quoted(content['results_only'])}", "write true or false")
    if not isinstance(content.get("names", ""), str):
        yield _problem(f"names is {quoted(content['names'])}", "write a text such as '{population}-{component}'")
    yield from _asked_problems(content.get("editions"))


def _asked_problems(asked: Any) -> Iterator[Problem]:
    if not isinstance(asked, dict) or len(asked) != 1 or set(asked) - {"grid", "list"}:
        yield _problem("editions holds neither a grid nor a list", "give it one of the keys 'grid' and 'list'")
    elif "grid" in asked and (not isinstance(asked["grid"], dict) or not asked["grid"]):
        yield _problem("editions.grid holds no keys", "give it at least one, such as 'population: [base, chat]'")
    elif "list" in asked and (not isinstance(asked["list"], list) or not asked["list"]):
        yield _problem("editions.list is not a list of editions", "begin each edition with '- '")


def _grid(path: Path, grid: Mapping[Any, Any]) -> list[dict[str, Option]]:
    """Return every combination of the values in a grid."""
    found = {key: list(_alternatives(key, given)) for key, given in grid.items()}
    read = {key: [(label, _value(path, key, value)) for label, value in pairs] for key, pairs in found.items()}
    raise_if(_located(path, _grid_problems(read)))
    number = math.prod(map(len, read.values()))
    if number > MOST_EDITIONS:
        what = f"editions.grid makes {number:,} editions, more than {MOST_EDITIONS:,}"
        raise InputError(Problem(str(path), None, None, what, "take values out, or make several sweeps of it"))
    options = [[Option(label or label_of(key, value), value) for label, value in read[key]] for key in read]
    return [dict(zip(read, row, strict=True)) for row in itertools.product(*options)]


def _alternatives(key: Any, given: Any) -> Iterator[tuple[str, Any]]:
    """Yield the values of one key with the labels given to them, empty where there is none."""
    if isinstance(given, dict):
        yield from ((str(label), value) for label, value in given.items())
    elif isinstance(given, list):
        yield from (("", value) for value in given)
    else:
        yield "", given


def _grid_problems(read: Mapping[Any, list[tuple[str, Any]]]) -> Iterator[Problem]:
    for key, pairs in read.items():
        where = f"editions.grid.{key}"
        if not pairs:
            yield _problem(f"{where} has no value", "give it a list of values")
        yield from (problem for _, value in pairs for problem in _value_problems(where, key, value))
        values = [value for _, value in pairs]
        twice = [value for place, value in enumerate(values) if value in values[:place]]
        if twice:
            yield _problem(f"{where} has {listed(map(_shown, twice))} twice", "keep one of them")


def _list(path: Path, entries: Sequence[Any]) -> list[dict[str, Option]]:
    """Return the editions of a list."""
    broken = [place for place, entry in enumerate(entries, 1) if not isinstance(entry, dict)]
    what = "editions.list: edition {} holds no keys"
    raise_if(_located(path, (_problem(what.format(place), "write 'key: value'") for place in broken)))
    read = [{key: _value(path, key, value) for key, value in entry.items()} for entry in entries]
    raise_if(
        _located(
            path,
            (
                problem
                for place, entry in enumerate(read, 1)
                for key, value in entry.items()
                for problem in _entry_problems(f"editions.list: edition {place}, {key}", key, value)
            ),
        )
    )
    return [{key: Option(label_of(key, value), value) for key, value in entry.items()} for entry in read]


def _entry_problems(where: str, key: Any, value: Any) -> Iterator[Problem]:
    if key != "name":
        yield from _value_problems(where, key, value)
    elif not isinstance(value, str) or not NAME.fullmatch(value):
        yield _problem(
            f"{where}: {quoted(value)} cannot be the name of an edition", "use letters, digits, _ and -, 64 at most"
        )


def _value(path: Path, key: Any, value: Any) -> Any:
    """Return a value as it is used: lists as tuples, names of files as paths."""
    if key not in FILES or not isinstance(value, str):
        return plain(value)
    return None if value == DEFAULT else path.absolute().parent / value


def _value_problems(where: str, key: Any, value: Any) -> Iterator[Problem]:
    declared = {each.name: each for each in dataclasses.fields(Parameters) if each.name not in NOT_SWEPT}
    if key in FILES:
        if isinstance(value, Path) and not value.is_file():
            yield _problem(
                f"{where}: there is no file {quoted(value.name)}",
                f"paths are relative to this file; the book's own is {DEFAULT!r}",
            )
        elif not isinstance(value, Path | None):
            yield _problem(f"{where}: {quoted(value)} is no path", f"write a path, or {DEFAULT!r} for the book's own")
    elif key in declared:
        yield from (_problem(f"{where}: {problem.what}", problem.mend) for problem in problems_of(declared[key], value))
    else:
        yield _problem(f"{where}: there is nothing of this name to vary", f"there are {', '.join([*FILES, *declared])}")


def label_of(key: str, value: Any) -> str:
    """Return a short text that stands for a value.

    Parameters
    ----------
    key
        A table or a parameter.
    value
        Its value.

    Returns
    -------
    str
        For example ``later`` for ``later.csv`` or ``mmlu-gsm8k`` for a pair of names.
    """
    if value is None or value == ():
        return DEFAULT
    if isinstance(value, Path):
        return value.stem
    if isinstance(value, tuple):
        whole = "-".join(value)
        return whole if len(whole) <= LONGEST_LABEL else f"{value[0]} and {len(value) - 1} more"
    return _shown(value) or "none"


def _shown(value: Any) -> str:
    return DEFAULT if value is None else ", ".join(value) if isinstance(value, tuple) else str(value)


def _keys(rows: Iterable[Mapping[str, Option]]) -> Iterator[str]:
    return (key for row in rows for key in row if key != "name")


def _filled(row: Mapping[str, Option]) -> dict[str, Option]:
    """Return an edition with every table and parameter, what it does not give at its default."""
    defaults = {**dict.fromkeys(FILES), **{each["name"]: each["default"] for each in describe()}}
    given = {key: option for key, option in row.items() if key != "name"}
    return {key: given.get(key) or Option(label_of(key, value), value) for key, value in defaults.items()}


def _twins(editions: Sequence[Mapping[str, Option]]) -> Iterator[Problem]:
    first: dict[Any, int] = {}
    for place, row in enumerate(editions, 1):
        values = tuple(option.value for option in row.values())
        if first.setdefault(values, place) != place:
            yield _problem(f"editions {first[values]} and {place} are the same", "leave one of them out")


def _told_apart(editions: Sequence[Mapping[str, Option]], varying: Iterable[str]) -> list[dict[str, Option]]:
    """Return the editions with labels that differ wherever the values do."""
    told = [dict(row) for row in editions]
    for key in varying:
        labels = {row[key].value: row[key].label for row in editions}
        times = Counter(labels.values())
        places = {value: place for place, value in enumerate(labels, 1)}
        for row in told:
            value, label = row[key].value, labels[row[key].value]
            row[key] = Option(label if times[label] == 1 else f"{label} #{places[value]}", value)
    return told


def _names(
    path: Path,
    rows: Sequence[Mapping[str, Option]],
    editions: Sequence[Mapping[str, Option]],
    varying: Sequence[str],
    template: str | None,
) -> list[str]:
    """Return a name for each edition: the one given, else by the template, else of what varies."""
    if template is not None:
        raise_if(_located(path, _template_problems(template)))
    given = [row["name"].value if "name" in row else "" for row in rows]
    made = [
        own or (filled(template, row) if template else own_name(row, varying))
        for own, row in zip(given, editions, strict=True)
    ]
    if template is None:
        taken = Counter(name.casefold() for name in made)
        width = len(str(len(made)))
        made = [
            own
            or (name if taken[name.casefold()] == 1 and len(name) <= LONGEST_NAME else _numbered(name, place, width))
            for place, (own, name) in enumerate(zip(given, made, strict=True), 1)
        ]
    raise_if(_located(path, _name_problems(made)))
    return made


def _numbered(name: str, place: int, width: int) -> str:
    number = str(place).zfill(width)
    return f"{name[: LONGEST_NAME - width - 1].rstrip('-_')}-{number}"


def own_name(row: Mapping[str, Option], varying: Iterable[str]) -> str:
    """Return a name made of what varies, numbers with their key before them.

    Parameters
    ----------
    row
        Option by key.
    varying
        The keys the name is made of.

    Returns
    -------
    str
        Of any length.
    """
    numbers = {each["name"] for each in describe() if each["type"] in ("a number", "a whole number")}
    parts = [f"{key}-{slug(row[key].label)}" if key in numbers else slug(row[key].label) or key for key in varying]
    return "-".join(parts) or "edition"


def filled(template: str, row: Mapping[str, Option]) -> str:
    """Return a template with the label of each key it names.

    Parameters
    ----------
    template
        For example ``{population}-{component}``.
    row
        Option by key.

    Returns
    -------
    str
        Labels with what a name may not have left out.
    """
    return template.format_map({key: slug(option.label) for key, option in row.items()})


def _template_problems(template: str) -> Iterator[Problem]:
    known = [*FILES, *(each["name"] for each in describe() if each["name"] not in NOT_SWEPT)]
    try:
        parts = string.Formatter().parse(template)
        fields = [f"{field}{change or ''}{form}" for _, field, form, change in parts if field is not None]
    except ValueError as error:
        yield _problem(
            f"names {quoted(template)} cannot be read: {error}", "write keys in braces, such as {population}"
        )
        return
    unknown = [field for field in fields if field not in known]
    if unknown:
        yield _problem(f"names has {listed(unknown)} in braces, which is no key", f"the keys are {', '.join(known)}")


def _name_problems(names: Sequence[str]) -> Iterator[Problem]:
    unfit = [name for name in dict.fromkeys(names) if not NAME.fullmatch(name)]
    if unfit:
        mend = "use letters, digits, _ and -, beginning with a letter or a digit, 64 at most"
        yield _problem(f"{listed(unfit)} cannot be the name of an edition", mend)
    # Some file systems take names that differ in case for the same.
    times = Counter(name.casefold() for name in names)
    twice = [name for name in dict.fromkeys(names) if times[name.casefold()] > 1]
    if twice:
        yield _problem(f"several editions have the name {listed(twice)}", "have names, or name, tell them apart")


def _edition(name: str, row: Mapping[str, Option], varying: Iterable[str]) -> SweptEdition:
    values = {key: option.value for key, option in row.items()}
    files = {kind: values.pop(kind) for kind in FILES}
    return SweptEdition(name, files, Parameters(**values), {key: row[key].label for key in varying})
