"""What the chapters say of published figures beside rebuilt ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.display import count, number, points
from analysis.findings.columns import varying
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
GAP_COLUMNS = {
    "table": "Table",
    "population": "Models",
    "name": "About",
    "quantity": "Quantity",
    "published": "Published",
    "rebuilt": "Rebuilt",
    "reason_number": "Reason",
}
GAP_FORMATS = {"published": number, "rebuilt": number, "rebuilt_reconstructed": number, "difference": points}
COMPUTE_REPLICATION_COLUMNS = {
    "table": "Table",
    "population": "Models",
    "name": "About",
    "published": "Published",
    "rebuilt": "As released",
    "rebuilt_reconstructed": "Filled in",
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
        Keys `replication_sentence, replication_caption, replication_gap_sentence, reasons_sentence`.
    """
    if replicated.empty:
        return {
            "replication_sentence": (
                "The published figures are for another set of models, so there is nothing to compare them with here."
            ),
            "replication_caption": "No published figure concerns the models of this edition.",
            "replication_gap_sentence": "",
            "reasons_sentence": "No figure is left over.",
        }
    gaps = gap_rows(replicated)
    close = len(replicated) - len(gaps)
    return {
        "replication_sentence": (
            f"The paper prints {plural(len(replicated), 'figure')} on these models and on vision models; "
            f"{count(close)} of them {'comes' if close == 1 else 'come'} out again to within {number(TOLERANCE, 1)} points."
        ),
        "replication_caption": drawn_sentence(replicated, close),
        "replication_gap_sentence": (
            f"The remaining {count(len(gaps))} {'is' if len(gaps) == 1 else 'are'} listed with the reason, as far as it is known."
            if len(gaps)
            else "None is left over."
        ),
        "reasons_sentence": reasons_sentence(gaps),
    }


def drawn_sentence(replicated: pd.DataFrame, close: int) -> str:
    """What the scatter of published and rebuilt figures shows, leaves out and puts on one axis."""
    drawn = int(replicated[["published", "rebuilt"]].notna().all(axis=1).sum())
    words = set(replicated["quantity"].dropna())
    parts = [f"{count(drawn)} of {plural(len(replicated), 'figure')} {'is' if drawn == 1 else 'are'} drawn"]
    if drawn < len(replicated):
        parts.append("; the others cannot be rebuilt from these scores")
    parts.append(f". {count(close)} {'lies' if close == 1 else 'lie'} within {number(TOLERANCE, 1)} of the dashed diagonal and {'covers' if close == 1 else 'cover'} it.")
    if any("score" in word for word in words) and len(words) > 1:
        parts.append(" Correlations and shares are in percent; models' capabilities scores have a unit of their own and share the axes.")
    return "".join(parts)


def reasons_of(gaps: pd.DataFrame) -> dict[str, int]:
    """The reasons why figures do not come out again, numbered from one in order of first use."""
    known = [reason for reason in gaps["reason"].fillna("") if reason]
    return {reason: place for place, reason in enumerate(dict.fromkeys(known), 1)}


def reasons_sentence(gaps: pd.DataFrame) -> str:
    """The key to the numbers that stand for reasons in the table of figures left over."""
    words = "; ".join(f"({place}) {reason}" for reason, place in reasons_of(gaps).items())
    return f"Reasons: {words}." if words else "No reason is known."


def numbered_gaps(replicated: pd.DataFrame) -> pd.DataFrame:
    """The figures left over, each with the number of its reason as `reason_number`, a dash where none is known."""
    gaps = gap_rows(replicated)
    number_of = reasons_of(gaps)
    return gaps.assign(reason_number=[f"({number_of[reason]})" if reason in number_of else None for reason in gaps["reason"]])


def gap_columns(gaps: pd.DataFrame) -> dict[str, str]:
    """Column titles of the table of figures left over, without the population where it is always the same."""
    return varying(gaps, GAP_COLUMNS, ("population",))


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
            f"Of {plural(len(replicated), 'published compute correlation')}, {count(released)} {'comes' if released == 1 else 'come'} out "
            f"again from the compute figures as released. With figures added for models that the release leaves blank, "
            f"{count(int(second.sum()))} {'does' if second.sum() == 1 else 'do'}. "
            "The printed values were therefore evidently computed from more compute figures than were released; only the "
            "place of the added models in the order can be told from this, not their compute."
        )
    }
