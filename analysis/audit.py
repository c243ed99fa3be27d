"""Audit of a score table: faults that the numbers and their declarations show by themselves.

No check reads names, notes or any list of known faults. Each compares figures with what the
registry declares of them (direction, bounds, unit, chance level, items, parts of a total) or with
their neighbours, so that it works on any table alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis import schemas
from analysis.problems import visible

if TYPE_CHECKING:
    from analysis.scores import ScoreTable

COLUMNS = ("check", "benchmark", "severity", "what", "how_to_check", "models")
SEVERITIES = ("warning", "note")


@dataclass(frozen=True)
class Finding:
    """One thing that a reader of the scores should look at.

    Parameters
    ----------
    check
        Name of the check.
    benchmark
        The benchmark it is about; empty where it is about models.
    what
        What was seen, in one sentence without a final stop.
    how_to_check
        What a reader can do to see it too.
    models
        The models it is about; none means all that have a score.
    severity
        "warning" where a correlation may change sign or meaning, "note" for the rest.
    """

    check: str
    benchmark: str
    what: str
    how_to_check: str
    models: tuple[str, ...] = ()
    severity: str = "warning"


@dataclass(frozen=True)
class Sheet:
    """One population of a score table, laid out for the checks.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    raw
        Models × benchmarks, as measured.
    turned
        The same, higher is better by the table's declarations.
    coded
        What the registry declares of these benchmarks, every column of the registry present.
    """

    table: ScoreTable
    population: str
    raw: pd.DataFrame
    turned: pd.DataFrame
    coded: pd.DataFrame

    @cached_property
    def roots(self) -> pd.Series:
        """The total of each benchmark's tree; a benchmark without one is its own."""
        own = self.coded.index.to_series()
        return self.coded["parent"].where(self.coded["parent"].isin(own), own)

    @cached_property
    def stated_runs(self) -> pd.Series:
        """Share of each benchmark's runs that state a number of items of their own."""
        scores = self.table.scores
        mine = scores[scores["model"].isin(self.raw.index)]
        stated = mine["n_items"].notna() if "n_items" in mine else pd.Series(False, mine.index)
        return stated.groupby(mine["benchmark"]).mean()

    def parts(self, total: str) -> list[str]:
        """Return the splits of a total, itself aside."""
        chosen = self.coded.index[(self.coded["parent"] == total)]
        return [str(name) for name in chosen if name != total]

    def items(self, benchmark: str) -> float:
        """Return the declared size of a test set, NaN where unknown."""
        return float(self.coded.at[benchmark, "n_items"])


def audit(table: ScoreTable, population: str) -> pd.DataFrame:
    """Look for faults in the scores of one population.

    Parameters
    ----------
    table
        The score table.
    population
        A population that has scores.

    Returns
    -------
    pandas.DataFrame
        One row a finding: ``check, benchmark`` (empty where it is about models only), ``severity``
        (warning or note), ``what, how_to_check, models`` (tuple; empty means all). Warnings come
        first, then in order of the checks.
    """
    laid = sheet(table, population)
    findings = [found for check in checks() for found in check(laid)]
    rows = [[getattr(found, name) for name in COLUMNS] for found in findings]
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    order = frame["severity"].map(SEVERITIES.index).astype(int).sort_values(kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def checks() -> list[Callable[[Sheet], Iterable[Finding]]]:
    """Return every check, in order of weight.

    Returns
    -------
    list of callable
        Functions from :class:`Sheet` to findings.
    """
    from analysis import audit_direction, audit_figures, audit_models

    return [*audit_direction.CHECKS, *audit_figures.CHECKS, *audit_models.CHECKS]


def sheet(table: ScoreTable, population: str) -> Sheet:
    """Lay out one population for the checks.

    Parameters
    ----------
    table
        The score table.
    population
        A population that has scores.

    Returns
    -------
    Sheet
        Columns that the registry lacks are there, and blank.
    """
    from analysis.scores import oriented, wide

    raw = wide(table, population)
    known = table.benchmarks.reindex(columns=[f.name for f in schemas.BENCHMARKS[1:]])
    coded = known.loc[raw.columns].rename_axis("benchmark")
    numbers = ["lower_bound", "upper_bound", "chance", "n_items"]
    coded[numbers] = coded[numbers].astype(float)
    return Sheet(table, population, raw, oriented(table, population), coded)


def as_released(table: ScoreTable) -> ScoreTable:
    """Return the table with the directions of its source in place of ours.

    Parts of a total that are no result of their own (role auxiliary) keep our direction: the
    source gives them only the default label that it gives to counts of samples and steps as well.

    Parameters
    ----------
    table
        The score table.

    Returns
    -------
    ScoreTable
        ``higher_is`` turned round where ``as_released`` is reversed, "better" where it is
        undirected; ``as_released`` then says oriented. Scores are untouched.
    """
    coded = table.benchmarks.copy()
    result = ~((coded["role"] == "auxiliary") & coded["parent"].notna())
    turned = result & (coded["as_released"] == "reversed")
    gaps = result & (coded["as_released"] == "undirected")
    opposite = coded["higher_is"].map({"better": "worse", "worse": "better"})
    coded["higher_is"] = np.select([turned, gaps], [opposite, "better"], coded["higher_is"])
    coded["as_released"] = coded["as_released"].mask(turned | gaps, "oriented")
    return replace(table, benchmarks=coded)


def plainly(items: Iterable[object], shown: int = 8) -> str:
    """Return ids in a row as a sentence has them: the first few of many, with the number left unnamed.

    Parameters
    ----------
    items
        The ids, from the registries.
    shown
        How many are named at most.

    Returns
    -------
    str
        For example ``a, b and 3 more``.
    """
    names = [visible(item) for item in items]
    more = len(names) - shown
    return f"{', '.join(names[:shown])} and {more} more" if more > 0 else ", ".join(names)


def counts(findings: pd.DataFrame) -> pd.Series:
    """Return the number of findings of each check.

    Parameters
    ----------
    findings
        From :func:`audit`.

    Returns
    -------
    pandas.Series
        Indexed by check, most frequent first.
    """
    return findings["check"].value_counts()


def about(findings: pd.DataFrame, benchmark: str) -> pd.DataFrame:
    """Return the findings on one benchmark.

    Parameters
    ----------
    findings
        From :func:`audit`.
    benchmark
        Id of the benchmark.

    Returns
    -------
    pandas.DataFrame
        The rows about it.
    """
    return findings[findings["benchmark"] == benchmark].reset_index(drop=True)
