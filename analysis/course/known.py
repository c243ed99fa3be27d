"""The names that an answer may give: of benchmarks, models, families, areas and rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from analysis.course.setting import NotCheckable

if TYPE_CHECKING:
    import pandas as pd

    from analysis.course.setting import Given

NO_AREA = "no area stated"


def spellings(names: Iterable[tuple[object, object]]) -> dict[str, str]:
    """Return the ways to write each name.

    Parameters
    ----------
    names
        Id and display name.

    Returns
    -------
    dict of str
        Id by what may be written: the id itself, the display name, and either without regard to capitals; what
        could stand for several ids is left out.
    """
    pairs = {(str(key), str(name)) for key, name in names}
    loose = {(form, key) for key, name in pairs for form in (name, name.casefold(), key.casefold())}
    times = Counter(form for form, _ in loose)
    return {form: key for form, key in loose if times[form] == 1} | {key: key for key, _ in pairs}


def registered(registry: pd.DataFrame) -> dict[str, str]:
    """Return the ways to write the names of a registry."""
    return spellings(zip(registry.index, registry["name"].fillna(registry.index.to_series()), strict=True))


def benchmarks(given: Given) -> dict[str, str]:
    """Benchmarks by id or name."""
    return registered(given.table.benchmarks)


def models(given: Given) -> dict[str, str]:
    """Models by id or name."""
    return registered(given.table.models)


def families(given: Given) -> dict[str, str]:
    """Families of the population."""
    from analysis.scores import families

    return spellings((name, name) for name in families(given.table, given.population).unique())


def areas(given: Given) -> dict[str, str]:
    """Areas of the registry."""
    return spellings((name, name) for name in [*given.table.benchmarks["area"].dropna().unique(), NO_AREA])


def measures(given: Given) -> dict[str, str]:
    """Measures of the chapter on the safety case."""
    from analysis.theory.the_safety_case import MEASURES

    return spellings((name, name) for name in MEASURES)


def rules(given: Given) -> dict[str, str]:
    """Rules that predict correlations, by key or wording."""
    from analysis.intuition import rule_names

    return spellings((key, words) for key, (_, words) in rule_names().items())


def claims(given: Given) -> dict[str, str]:
    """Claims by id."""
    return spellings((claim.id, claim.id) for claim in stated(given))


def stated(given: Given) -> list[object]:
    """The claims that the edition's folder states."""
    from analysis.claims_file import read_claims

    if not (given.setting.data / "claims.yml").is_file():
        raise NotCheckable("their folder states no claims")
    return list(read_claims(given.setting.data))
