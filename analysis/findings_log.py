"""The kept list of what the book's own scores were found to say, with the date and reason of every change.

The list holds the verdict on each claim and on each headline safety benchmark of the default edition. A test
compares its last entries with what the package computes, so that no finding changes unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis.inputs import safe_csv

LIST = "chapters/findings.csv"
COLUMNS = ("date", "finding", "value", "why")


def found_in(edition: Path) -> dict[str, str]:
    """Return the findings of an edition.

    Parameters
    ----------
    edition
        Folder of the edition, with `results` and `data`.

    Returns
    -------
    dict
        Verdict by finding: a claim, or a population's headline safety benchmark.
    """
    from analysis.diff import read_frame
    from analysis.findings.shared import headline_benchmarks

    claims = read_frame(edition / "results" / "claims.csv")
    correlations = read_frame(edition / "results" / "capabilities_correlations.csv")
    registry = read_frame(edition / "data" / "benchmarks.csv").set_index("benchmark")
    headline = pd.concat([headline_benchmarks(rows, registry) for _, rows in correlations.groupby("population")])
    verdicts = dict(zip("claim " + claims["id"], claims["verdict"], strict=True))
    names = headline["population"] + " " + headline["benchmark"]
    return {**verdicts, **dict(zip(names, headline["verdict"], strict=True))}


def read_list(path: Path) -> pd.DataFrame:
    """Read the kept list.

    Parameters
    ----------
    path
        The file; it need not exist.

    Returns
    -------
    pandas.DataFrame
        ``date, finding, value, why``, oldest first; a value is empty where the finding is no longer made.
    """
    if not path.is_file():
        return pd.DataFrame(columns=list(COLUMNS), dtype=object)
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def changes(kept: pd.DataFrame, found: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the findings that are not what the list says last.

    Parameters
    ----------
    kept
        As :func:`read_list` returns it.
    found
        The findings now.

    Returns
    -------
    dict
        Value before and now by finding, empty where there was or is none.
    """
    before = {row.finding: row.value for row in kept.itertuples()}
    names = [*found, *(name for name in before if name not in found)]
    return {
        name: (before.get(name, ""), found.get(name, ""))
        for name in names
        if before.get(name, "") != found.get(name, "")
    }


def recorded(kept: pd.DataFrame, found: Mapping[str, str], date: str, why: str) -> str:
    """Return the list with the findings that have changed at its end.

    Parameters
    ----------
    kept
        As :func:`read_list` returns it.
    found
        The findings now.
    date
        Of the change.
    why
        Its reason, in one sentence.

    Returns
    -------
    str
        CSV.
    """
    new = [(date, name, value, why) for name, (_, value) in changes(kept, found).items()]
    return safe_csv(pd.concat([kept, pd.DataFrame(new, columns=list(COLUMNS))], ignore_index=True))


def history(kept: pd.DataFrame) -> pd.DataFrame:
    """Return the findings that have changed since the list was begun.

    Parameters
    ----------
    kept
        As :func:`read_list` returns it.

    Returns
    -------
    pandas.DataFrame
        ``date, finding, before, value, why``, newest first; without the entries of the first day.
    """
    before = kept.groupby("finding")["value"].shift().fillna("")
    changed = kept.assign(before=before)[kept["date"] != kept["date"].min()]
    return changed[["date", "finding", "before", "value", "why"]].iloc[::-1].reset_index(drop=True)
