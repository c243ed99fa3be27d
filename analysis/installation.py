"""What is installed on a machine, as far as results depend on it."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass

from analysis import cache
from analysis.problems import Problem

SHOWN = 3


@dataclass(frozen=True)
class Installation:
    """The digest of this package's source, the version of Python, and those of all packages by name."""

    package: str
    python: str
    versions: Mapping[str, str]


def installation() -> Installation:
    """Return what is installed here."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return Installation(cache.package_digest(), python, cache.package_versions())


def difference(here: Installation, there: Installation) -> str:
    """Say in what one machine differs from another.

    Parameters
    ----------
    here, there
        The machines.

    Returns
    -------
    str
        Empty if results are the same on both.
    """
    if here.python != there.python:
        return f"it runs {there.python}, here it is {here.python}"
    names = sorted({*here.versions, *there.versions})
    unlike = [name for name in names if here.versions.get(name) != there.versions.get(name)]
    if unlike:
        shown = [f"{name} {_version(there, name)}, here {_version(here, name)}" for name in unlike[:SHOWN]]
        more = f"; and {len(unlike) - SHOWN} more" if len(unlike) > SHOWN else ""
        return f"its packages are others: {'; '.join(shown)}{more}"
    return "" if here.package == there.package else "its copy of the book's package `analysis` is another"


def _version(machine: Installation, name: str) -> str:
    return machine.versions.get(name, "missing")


def mismatch(place: str, what: str) -> Problem:
    """Say why a worker or a scheduler cannot be used.

    Parameters
    ----------
    place
        Which it is.
    what
        In what it differs.

    Returns
    -------
    Problem
        With what to install.
    """
    mend = "install the same there: the book's folder as it is here, and its requirements.lock; then start it again"
    return Problem(place, None, None, what, mend)
