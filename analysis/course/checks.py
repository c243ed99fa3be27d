"""The checks of the book's exercises.

An exercise that asks for code names the variables to assign and ends in a call::

    from analysis.course import check
    check("ex-areas-population", setting=globals(), medians=medians)

which returns a :class:`Verdict` that a notebook shows: right, or a hint for each answer that is not.

**Where the setting comes from.** The right answer depends on the score table, the population and the other
parameters of an edition, and so each call hands over ``setting=globals()``: the notebook's own variables, from
which `data`, `population` and the other parameters are read by name, and nothing else. That is explicit, works
in a notebook, in a script and in a kernel that nobody watches, and needs no search through callers' frames or
IPython's namespace. Exercises that need no scores leave it out.

**Why no checking library.** nbgrader and Otter compare with answers that somebody typed into a test, one set
for each assignment. Here the answers change with every score table, population and benchmark held out, and the
useful hint is the one that comes from computing a wrong answer too. Both would carry such checks only as code
in their tests (and bring a server or a container runtime of their own). What is worth taking is their format:
notebooks for a class carry nbgrader's metadata around these same calls.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from analysis.course.checks_measurement import MEASUREMENT
from analysis.course.checks_practice import PRACTICE
from analysis.course.checks_results import RESULTS
from analysis.course.checks_theory import THEORY
from analysis.course.judging import Check, Verdict, sentence
from analysis.course.setting import Setting, data_folder, setting_of
from analysis.problems import InputError

__all__ = ["CHECKS", "Check", "Setting", "Verdict", "check"]

CHECKS: Mapping[str, Check] = MappingProxyType({**THEORY, **MEASUREMENT, **RESULTS, **PRACTICE})


def check(label: str, /, setting: Setting | Mapping[str, Any] | None = None, **answers: object) -> Verdict:
    """Check the answers to an exercise.

    Parameters
    ----------
    label
        The exercise's label.
    setting
        A notebook's variables (``globals()``), from which its parameters are read, or a :class:`Setting`. None
        takes an edition's defaults and the folder `data` nearest to the working folder.
    **answers
        The variables that the exercise asks for, by name.

    Returns
    -------
    Verdict
        Shown by a notebook; never an error, whatever was handed over.
    """
    known = CHECKS.get(label) if type(label) is str else None
    if known is None:
        return Verdict(False, 0.0, unknown(label))
    try:
        found = chosen_setting(setting)
    except InputError as error:
        return Verdict(False, 0.0, sentence(str(error)), known.points)
    return reminded(known.judge(answers, found), found)


def reminded(verdict: Verdict, setting: Setting) -> Verdict:
    """Add to a verdict on wrong answers what the notebook has set otherwise than usual."""
    if verdict.passed or not setting.changed():
        return verdict
    return replace(
        verdict,
        hint=f"{verdict.hint}\nJudged with the values that this notebook gives to {', '.join(setting.changed())}.",
    )


def chosen_setting(setting: Setting | Mapping[str, Any] | None) -> Setting:
    """Return the setting that was handed over, or the default one."""
    if isinstance(setting, Setting):
        return setting
    return Setting(data_folder()) if setting is None else setting_of(setting)


def unknown(label: object) -> str:
    """Say that there is no such check, and which label may have been meant."""
    near = difflib.get_close_matches(label, CHECKS, 1) if type(label) is str else []
    return "No exercise with a check has this label" + (f"; perhaps `{near[0]}` is meant." if near else ".")
