"""What the chapters say of published figures beside rebuilt ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.display import count, number, points
from analysis.findings.shared import plural

if TYPE_CHECKING:
    import pandas as pd

    from analysis.scores import ScoreTable

REPLICATION_COLUMNS = {
    "table": "Table",
    "population": "Population",
    "name": "About",
    "quantity": "Quantity",
    "published": "Published",
    "rebuilt": "Rebuilt",
    "difference": "Difference",
}
GAP_COLUMNS = REPLICATION_COLUMNS | {"reason": "Reason"}
GAP_FORMATS = {"published": number, "rebuilt": number, "rebuilt_reconstructed": number, "difference": points}
COMPUTE_REPLICATION_COLUMNS = {
    "table": "Table",
    "population": "Population",
    "name": "About",
    "published": "Published",
    "rebuilt": "From the released compute",
    "rebuilt_reconstructed": "From the reconstructed compute",
}
TOLERANCE = 0.1


def replication_rows(replicated: pd.DataFrame, table: ScoreTable) -> pd.DataFrame:
    """The replication table with names in place of ids.

    Parameters
    ----------
    replicated : DataFrame
        As returned by `analysis.replication.replication`.
    table : ScoreTable
        For names of models and benchmarks.

    Returns
    -------
    DataFrame
        `replicated` with a column `name`.
    """
    about = replicated["model"].where(replicated["model"].notna(), replicated["benchmark"])
    names = table.models["name"].to_dict() | table.benchmarks["name"].to_dict()
    words = replicated["quantity"].str.replace("_", " ")
    return replicated.assign(name=about.map(names).fillna(about), quantity=words)


def replication_findings(replicated: pd.DataFrame) -> dict[str, str]:
    """Strings on how many published figures come out again.

    Parameters
    ----------
    replicated : DataFrame
        As returned by `analysis.replication.replication`.

    Returns
    -------
    dict of str
        Keys `replication_sentence, replication_caption, replication_gap_sentence`.
    """
    if replicated.empty:
        return {
            "replication_sentence": (
                "The published figures are for another set of models, so there is nothing to compare them with here."
            ),
            "replication_caption": "No published figure concerns the models of this edition.",
            "replication_gap_sentence": "",
        }
    gaps = gap_rows(replicated)
    close = len(replicated) - len(gaps)
    return {
        "replication_sentence": (
            f"The paper prints {plural(len(replicated), 'figure')} on these models and on vision models; "
            f"{count(close)} of them come out again to within {number(TOLERANCE, 1)} points."
        ),
        "replication_caption": (
            f"Published against rebuilt: {plural(len(replicated), 'figure')}; a point on the diagonal came out again."
        ),
        "replication_gap_sentence": (
            f"The remaining {count(len(gaps))} are listed with the reason, as far as it is known."
            if len(gaps)
            else "None is left over."
        ),
    }


def gap_rows(replicated: pd.DataFrame) -> pd.DataFrame:
    """The published figures that were not rebuilt within the tolerance of 0.1 printed points."""
    close = replicated["difference"].abs().round(6) <= TOLERANCE
    return replicated[~close].reset_index(drop=True)


def compute_replication(replicated: pd.DataFrame) -> pd.DataFrame:
    """The compute correlations among the published figures."""
    return replicated[replicated["quantity"].str.replace("_", " ") == "compute correlation"].reset_index(drop=True)


def compute_replication_findings(replicated: pd.DataFrame) -> dict[str, str]:
    """Strings on the published compute correlations: key `compute_replication_sentence`.

    Parameters
    ----------
    replicated : DataFrame
        As returned by `compute_replication`.

    Returns
    -------
    dict of str
        One paragraph as a single string.
    """
    if replicated.empty:
        return {
            "compute_replication_sentence": "No published compute correlation concerns the models of this edition."
        }
    released = len(replicated) - len(gap_rows(replicated))
    second = (replicated["rebuilt_reconstructed"] - replicated["published"]).abs().round(6) <= TOLERANCE
    return {
        "compute_replication_sentence": (
            f"Of {plural(len(replicated), 'published compute correlation')}, {count(released)} come out again from the compute "
            f"figures as released. With figures added for models that the release leaves blank, {count(int(second.sum()))} do. "
            "The printed values were therefore evidently computed from more compute figures than were released; only the "
            "place of the added models in the order can be told from this, not their compute."
        )
    }
