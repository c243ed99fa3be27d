"""Every parameter of an edition, declared once: its type, default, limits and meaning."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.problems import InputError, Problem, listed, quoted, raise_if

TYPE_WORDS = {"str": "text", "float": "a number", "int": "a whole number", "tuple": "a list of names"}


def parameter(
    default: Any,
    meaning: str,
    *,
    choices: tuple[str, ...] = (),
    above: float | None = None,
    below: float | None = None,
    least: float | None = None,
    most: float | None = None,
    option: bool = True,
) -> Any:
    """Declare one field of :class:`Parameters`.

    Parameters
    ----------
    default
        Value used when none is given; its type is the type of the parameter.
    meaning
        One line for a reader: what the parameter decides.
    choices
        The values allowed, where they are few.
    above, below
        Limits that are themselves not allowed.
    least, most
        Limits that are themselves allowed.
    option
        Whether it may be given on the command line under its own name.

    Returns
    -------
    dataclasses.Field
        The field, all of the above in its metadata.
    """
    limits = {"above": above, "below": below, "least": least, "most": most}
    kind = type(default).__name__
    about = {"meaning": meaning, "kind": kind, "choices": choices, "option": option}
    metadata = {**about, **limits, "required": default != ""}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Parameters:
    """The choices that make one edition; checked when made.

    Raises
    ------
    InputError
        When a value has the wrong type or lies outside its limits.
    """

    data: str = parameter("data", "Folder that holds the tables of the edition", option=False)
    population: str = parameter(
        "auto",
        "Population shown first; auto takes chat where there is one, else the population "
        "with most models",
    )
    index: tuple[str, ...] = parameter(
        (),
        "Benchmarks that make up the capabilities score; none given takes those the registry "
        "marks as capability_index",
    )
    component: str = parameter(
        "spearman",
        "Correlation matrix whose leading eigenvector weights the index: spearman as in the "
        "released computation, pearson for textbook principal components",
        choices=("spearman", "pearson"),
    )
    missing: str = parameter(
        "drop_models",
        "What a missing index score leads to: drop_models gives that model no capabilities "
        "score, drop_benchmarks takes that benchmark out of the index, available uses every "
        "pair there is and counts a missing standardised score as the mean",
        choices=("drop_models", "drop_benchmarks", "available"),
    )
    compute: str = parameter(
        "training_flop",
        "Column of training compute: training_flop as coded here, flop_as_released as released",
        choices=("training_flop", "flop_as_released"),
    )
    line: float = parameter(
        0.4, "Size of a correlation below which it is called low", above=0.0, below=1.0
    )
    level: float = parameter(0.95, "Confidence level of intervals", above=0.0, below=1.0)
    resamples: int = parameter(
        2000, "Number of bootstrap replicates", least=100, most=1_000_000
    )
    simulations: int = parameter(
        100, "Number of panels simulated in the chapter on uncertainty", least=10, most=100_000
    )
    seed: int = parameter(
        20240731, "Seed of the random number generator", least=0, most=2**32 - 1
    )

    predictions: str = parameter(
        "",
        "File with people's predictions of capabilities correlations, columns person, benchmark, "
        "prediction and perhaps confidence, here or in the folder data; none unless given",
    )
    people: str = parameter(
        "hidden",
        "Whether those who predict are named: hidden calls them players and nowhere keeps the names "
        "they gave, shown names them",
        choices=("hidden", "shown"),
    )

    previous: str = parameter(
        "",
        "Name of an earlier edition of the same book, with which this one is compared; none unless given",
    )

    benchmark: str = parameter(
        "typical",
        "Benchmark whose card is shown; typical takes the safety benchmark whose correlation is nearest "
        "the middle",
    )
    budget: int = parameter(
        6, "Number of models that a new benchmark can be run on", least=1, most=1000
    )

    def __post_init__(self) -> None:
        raise_if(
            problem
            for declared in dataclasses.fields(self)
            for problem in problems_of(declared, getattr(self, declared.name))
        )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Parameters:
        """Make parameters from names and values, the rest at their defaults.

        Parameters
        ----------
        mapping
            Values by name, already of the declared type (a list may stand for a tuple
            and a whole number for a number). For texts, see :func:`parse`.

        Returns
        -------
        Parameters
            The checked parameters.

        Raises
        ------
        InputError
            One line for each unknown name, wrong type and value outside its limits.
        """
        known = {declared.name: declared for declared in dataclasses.fields(cls)}
        values = {name: plain(value) for name, value in mapping.items() if name in known}
        raise_if(
            [
                *(unknown(name) for name in mapping if name not in known),
                *(p for name in values for p in problems_of(known[name], values[name])),
            ]
        )
        return cls(**values)

    def to_mapping(self) -> dict[str, Any]:
        """Return the values by name, in types that JSON knows (a list for a tuple).

        Returns
        -------
        dict
            One entry for each parameter, in order of declaration.
        """
        values = {d.name: getattr(self, d.name) for d in dataclasses.fields(self)}
        return {n: list(v) if isinstance(v, tuple) else v for n, v in values.items()}


def plain(value: Any) -> Any:
    """Return a value as a parameter holds it: a list becomes a tuple, nothing else changes."""
    return tuple(value) if isinstance(value, list) else value


def names() -> list[str]:
    """Return the names of all parameters, in order of declaration.

    Returns
    -------
    list of str
        The names.
    """
    return [declared.name for declared in dataclasses.fields(Parameters)]


def describe() -> list[dict[str, Any]]:
    """Describe every parameter, for a table of them or for a command line.

    Returns
    -------
    list of dict
        One row each: ``name``, ``type`` (in words), ``default``, ``choices`` (tuple, empty
        when free), ``allowed`` (limits in words), ``meaning`` and ``option``.
    """
    return [
        {
            "name": declared.name,
            "type": TYPE_WORDS[declared.metadata["kind"]],
            "default": declared.default,
            "choices": declared.metadata["choices"],
            "allowed": allowed(declared),
            "meaning": declared.metadata["meaning"],
            "option": declared.metadata["option"],
        }
        for declared in dataclasses.fields(Parameters)
    ]


def parse(name: str, text: str) -> Any:
    """Read the value of a parameter from a text, as typed at a command line.

    Parameters
    ----------
    name
        Name of the parameter.
    text
        Its value; names of a list are separated by commas.

    Returns
    -------
    str, float, int or tuple of str
        The value in the declared type, not yet checked against its limits.

    Raises
    ------
    InputError
        When the name is unknown or the text is not of the declared type.
    """
    known = {declared.name: declared for declared in dataclasses.fields(Parameters)}
    if name not in known:
        raise InputError(unknown(name))
    kind = known[name].metadata["kind"]
    if kind == "tuple":
        return tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        return {"str": str, "float": float, "int": int}[kind](text)
    except ValueError:
        raise InputError(wrong_type(known[name], text)) from None


def unknown(name: object) -> Problem:
    """Say that there is no parameter of that name."""
    what = f"there is no parameter {quoted(name)}"
    return Problem("", None, None, what, f"the parameters are {', '.join(names())}")


def problems_of(declared: dataclasses.Field[Any], value: Any) -> list[Problem]:
    """Check one value against the declaration of its parameter.

    Parameters
    ----------
    declared
        The field of :class:`Parameters`.
    value
        The value received.

    Returns
    -------
    list of Problem
        What is wrong, at most one; empty when nothing is.
    """
    if not has_type(value, declared.metadata["kind"]):
        return [wrong_type(declared, value)]
    if not within(value, declared.metadata):
        what = f"parameter {declared.name} must be {allowed(declared)}, not {quoted(value)}"
        return [Problem("", None, None, what, f"its default is {quoted(declared.default)}")]
    return []


def wrong_type(declared: dataclasses.Field[Any], value: Any) -> Problem:
    """Say that a value is not of the type of its parameter."""
    shown = f"{quoted(value)} ({type(value).__name__})"
    what = f"parameter {declared.name} must be {TYPE_WORDS[declared.metadata['kind']]}, not {shown}"
    return Problem("", None, None, what, f"its default is {quoted(declared.default)}")


def has_type(value: Any, kind: str) -> bool:
    """Whether a value has the declared type; a truth value is never a number."""
    if kind == "tuple":
        return isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    if kind == "str":
        return isinstance(value, str)
    accepted = (int, float) if kind == "float" else (int,)
    return isinstance(value, accepted) and not isinstance(value, bool)


def within(value: Any, metadata: Mapping[str, Any]) -> bool:
    """Whether a value of the right type lies inside the declared limits."""
    if isinstance(value, tuple):
        return all(value) and len(set(value)) == len(value)
    if isinstance(value, str):
        return value in metadata["choices"] if metadata["choices"] else bool(value.strip() or not metadata["required"])
    inside = {
        "above": lambda limit: value > limit,
        "below": lambda limit: value < limit,
        "least": lambda limit: value >= limit,
        "most": lambda limit: value <= limit,
    }
    given = {name: metadata[name] for name in inside if metadata[name] is not None}
    return math.isfinite(value) and all(inside[name](limit) for name, limit in given.items())


def allowed(declared: dataclasses.Field[Any]) -> str:
    """Say in words which values a parameter may have.

    Parameters
    ----------
    declared
        The field of :class:`Parameters`.

    Returns
    -------
    str
        For example ``"above 0 and below 1"``.
    """
    words = {"above": "above", "below": "below", "least": "at least", "most": "at most"}
    metadata = declared.metadata
    if metadata["kind"] == "tuple":
        return "a list of different names, none of them empty"
    if metadata["kind"] == "str":
        if metadata["choices"]:
            return f"one of {listed(metadata['choices'])}"
        return "a name, not empty" if metadata["required"] else "a name, or empty"
    limits = [f"{words[n]} {metadata[n]:.15g}" for n in words if metadata[n] is not None]
    return " and ".join(limits)
