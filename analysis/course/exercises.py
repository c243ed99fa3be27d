"""The exercises of a chapter, read from its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

DIRECTIVE = re.compile(
    r"^(?P<fence>`{3,})\{exercise\} *(?P<title>[^\n]*)\n(?P<body>.*?)^(?P=fence) *$", re.DOTALL | re.MULTILINE
)
LABEL = re.compile(r"\A:label: (?P<label>[\w-]+)\n+")
DIFFICULTY = re.compile(r"\A\*(?P<difficulty>Concept|Compute|Extend)\.\* ")
CODE = re.compile(r"^(?P<fence>`{3,})python\n(?P<code>.*?)^(?P=fence) *$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Parameters
    ----------
    label
        Its address in the book, the same as that of its check: ``ex-…``.
    difficulty
        ``"Concept"``, ``"Compute"`` or ``"Extend"``; empty where the text does not open with one.
    title
        A few words; may be empty.
    text
        MyST source without label and title, the difficulty and the code block included.
    asks
        Names of the variables that its check wants, in the order of the call; none for an exercise
        answered in words.
    """

    label: str
    difficulty: str
    title: str
    text: str
    asks: tuple[str, ...] = ()


def exercises(text: str) -> tuple[Exercise, ...]:
    """Read the exercises of a chapter.

    Parameters
    ----------
    text
        MyST source of the chapter.

    Returns
    -------
    tuple of Exercise
        In the order of the chapter; a directive without a label is left out, since nothing can refer to it.
    """
    found = (each for each in DIRECTIVE.finditer(text) if LABEL.match(each["body"]))
    return tuple(exercise_of(each["title"], each["body"]) for each in found)


def exercise_of(title: str, body: str) -> Exercise:
    """Make an exercise of the title and the body of its directive; the body starts with its label."""
    labelled = LABEL.match(body)
    text = body[labelled.end() :].strip()
    difficulty = DIFFICULTY.match(text)
    label = labelled["label"]
    return Exercise(label, difficulty["difficulty"] if difficulty else "", title.strip(), text, asked(label, text))


def asked(label: str, text: str) -> tuple[str, ...]:
    """Names of the variables that the check call in an exercise hands over.

    Parameters
    ----------
    label
        The exercise's own; calls for another are not counted.
    text
        Its text.

    Returns
    -------
    tuple of str
        In the order of the call, without the setting.
    """
    calls = [call for block in CODE.finditer(text) for call in check_calls(block["code"]) if called_for(call) == label]
    names = (keyword.arg for call in calls for keyword in call.keywords)
    return tuple(name for name in names if name and name != "setting")


def check_calls(code: str) -> Iterator[ast.Call]:
    """Every call of `check` in a piece of code."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "check":
            yield node


def called_for(call: ast.Call) -> str:
    """The label that a call of `check` names; empty where it names none outright."""
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
