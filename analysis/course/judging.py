"""A check of one exercise, and its verdict."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from analysis.course.asking import Asked
from analysis.course.setting import Given, NotCheckable, Setting, given
from analysis.problems import InputError

CODE = re.compile(r"`([^`]*)`")
STRANGER = "Something was handed over that this exercise does not ask for."


@dataclass(frozen=True)
class Verdict:
    """What a check says of the answers to one exercise.

    Parameters
    ----------
    passed
        Whether all answers are right.
    points
        What they earn, 0 to `out_of`.
    hint
        What to look at, a line for each wrong answer; empty where all are right.
    out_of
        Most points.
    checkable
        False where these scores cannot tell whether the answers are right; the exercise should then not
        count in a mark.
    """

    passed: bool
    points: float
    hint: str = ""
    out_of: float = 1.0
    checkable: bool = True

    def heading(self) -> str:
        """The verdict in a few words."""
        if not self.checkable:
            return "Not checkable on these scores."
        earned = f"{self.points:g} of {self.out_of:g} {'point' if self.out_of == 1 else 'points'}"
        return f"{'Right' if self.passed else 'Not yet'}: {earned}."

    def __repr__(self) -> str:
        return "\n".join([self.heading(), *self.hint.splitlines()])

    def _repr_html_(self) -> str:
        lines = [CODE.sub(r"<code>\1</code>", html.escape(line)) for line in self.hint.splitlines()]
        return f"<p><strong>{html.escape(self.heading())}</strong></p>" + "".join(f"<p>{line}</p>" for line in lines)


@dataclass(frozen=True)
class Check:
    """The check of one exercise.

    Parameters
    ----------
    asked
        The variables it asks for; each is worth a point.
    """

    asked: tuple[Asked, ...]

    @property
    def asks(self) -> tuple[str, ...]:
        """Names of the variables."""
        return tuple(each.name for each in self.asked)

    @property
    def points(self) -> float:
        """Most points."""
        return float(len(self.asked))

    def judge(self, answers: Mapping[str, object], setting: Setting) -> Verdict:
        """Judge answers.

        Parameters
        ----------
        answers
            Anything at all, by the name of the variable.
        setting
            What the right answers are computed from.

        Returns
        -------
        Verdict
            Partial answers earn a point for each that is right. Whatever is wrong with an answer is a hint
            and raises nothing.
        """
        found = given(setting)
        try:
            values = [found.value(each.value) for each in self.asked]
        except (NotCheckable, InputError) as why:
            return Verdict(False, 0.0, sentence(str(why)), self.points, checkable=False)
        faults = [fault(each, answers, value, found) for each, value in zip(self.asked, values, strict=True)]
        hints = [f"`{each.name}`: {sentence(hint)}" for each, hint in zip(self.asked, faults, strict=True) if hint]
        hints += [STRANGER] if answers.keys() - set(self.asks) else []
        return Verdict(not hints, float(faults.count("")), "\n".join(hints), self.points)


def fault(asked: Asked, answers: Mapping[str, object], value: object, given: Given) -> str:
    """Say what is wrong with the answer to a question, if anything is; it may not have been given."""
    if asked.name not in answers:
        return "it is not handed over: assign it and add it to the call of `check`"
    return asked.fault(answers[asked.name], value, given)


def sentence(text: str) -> str:
    """Return a part of a sentence as one."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?")) else ".")
