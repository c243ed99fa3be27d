"""Columns that say the same in every row take no room in a table: the caption says it once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.display import count, listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

RESTS_ON = {"n_models": ("model", "models"), "n_families": ("family", "families")}


def same_throughout(frame: pd.DataFrame, name: str) -> bool:
    """Whether a column has one and the same entry in every row, and there are rows."""
    return len(frame) > 0 and bool(frame[name].notna().all()) and frame[name].nunique() == 1


def varying(frame: pd.DataFrame, columns: Mapping[str, str], sparable: Iterable[str] = tuple(RESTS_ON)) -> dict[str, str]:
    """Column titles of a table without those columns that may be spared and are the same throughout.

    Parameters
    ----------
    frame : DataFrame
        The rows of the table.
    columns : mapping
        Title by column, in order.
    sparable : iterable of str
        Columns to leave out where they are the same in every row.

    Returns
    -------
    dict of str
        The columns to show.
    """
    spared = {name for name in sparable if name in columns and same_throughout(frame, name)}
    return {name: title for name, title in columns.items() if name not in spared}


def rests_sentence(frame: pd.DataFrame) -> str:
    """On how many models and families the rows of a table rest, as far as it is the same for all.

    Parameters
    ----------
    frame : DataFrame
        Has the columns of `RESTS_ON`.

    Returns
    -------
    str
        One sentence on what is the same in every row, or on what the column n counts.
    """
    parts = [
        f"{count(frame[name].iloc[0])} {words[0 if frame[name].iloc[0] == 1 else 1]}"
        for name, words in RESTS_ON.items()
        if same_throughout(frame, name)
    ]
    explained = "" if same_throughout(frame, "n_models") else "n is the number of models behind a row."
    same = f"Every row rests on {listing(parts)}." if parts else ""
    return " ".join(part for part in (same, explained) if part)
