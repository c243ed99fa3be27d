"""What the chapter on changes since an earlier edition says and lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis.diff import SHOWN, Edition, Section, as_read, differences, open_kept, read_frame
from analysis.display import count, html_table, listing, note
from analysis.findings.shared import plural

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis.display import Note, Table
    from analysis.parameters import Parameters

ALONE = "There is no earlier edition to compare this one with."
KEPT = "Its tables and results are kept beside the new data, and everything on this page is computed from the two."
ORDER = "The most important comes first: claims and verdicts before numbers, since they are what a reader takes away."
TABLES = (
    "A table follows for each kind of change there is. Verdicts that were or became firm come first, numbers by the size of "
    "their change, and scores by that size in standard deviations of their own benchmark. A value in one edition only is listed "
    "as new or gone, not as a change."
)
NONE = "There is no change to list."
CAUSES = (
    "Parameters", "Benchmarks declared otherwise", "Models described otherwise", "Models", "Benchmarks",
    "Scores that changed", "Scores that came or went",
)
SUMMARY_COLUMNS = {"title": "Kind of change", "sentence": "How much of it"}


def changes(data: str | Path, settings: Parameters, compared: Mapping[str, object]) -> list[Section]:
    """Compare this edition with the earlier one that was given.

    Parameters
    ----------
    data : str or Path
        The edition's data folder, which holds the earlier edition in `previous`.
    settings : Parameters
        Those of this edition; `previous` is empty where nothing is to be compared.
    compared : mapping
        The parameters to compare, by name.

    Returns
    -------
    list of Section
        As `analysis.diff.differences`; none without an earlier edition.

    Raises
    ------
    InputError
        When the earlier edition is not in the folder or cannot be read.
    """
    if not settings.previous:
        return []
    before = open_kept(Path(data) / "previous")
    old = before.record.get("parameters")
    known = {name: old[name] for name in compared if name in old} if isinstance(old, dict) else {}
    earlier = Edition(before.name, {"parameters": known}, before.tables)
    return differences(earlier, this_edition(Path(data), settings, compared))


def this_edition(data: Path, settings: Parameters, compared: Mapping[str, object]) -> Edition:
    """This edition in the form in which editions are compared.

    Parameters
    ----------
    data : Path
        Its data folder.
    settings : Parameters
        Its parameters.
    compared : mapping
        Those to compare, by name.

    Returns
    -------
    Edition
        Its tables, the results computed.
    """
    from analysis.claims_file import read_claims
    from analysis.results import result_tables
    from analysis.scores import load

    found = result_tables(load(data), settings, read_claims(data))
    results = {name: as_read(table) for name, table in found.items() if isinstance(table, pd.DataFrame)}
    tables = {path.stem: read_frame(path) for path in sorted(data.glob("*.csv"))}
    values = settings.to_mapping()
    return Edition("this edition", {"parameters": {name: values[name] for name in compared}}, {**tables, **results})


def change_words(sections: Sequence[Section], previous: str) -> dict[str, str]:
    """Strings on what moved.

    Parameters
    ----------
    sections : sequence of Section
        From `changes`.
    previous : str
        Name of the earlier edition, empty for none.

    Returns
    -------
    dict of str
        Keys `changed_sentence, changed_cause_sentence`, and what the page says of itself:
        `changed_kept_sentence, changed_order_sentence, changed_tables_sentence`, which promise
        nothing where there is nothing to show.
    """
    return {
        "changed_sentence": moved_sentence(sections, previous),
        "changed_cause_sentence": cause_sentence(sections) if sections else "",
        "changed_kept_sentence": KEPT if previous else "",
        "changed_order_sentence": ORDER if sections else "",
        "changed_tables_sentence": TABLES if sections else NONE,
    }


def moved_sentence(sections: Sequence[Section], previous: str) -> str:
    """How many kinds of change there are and which comes first, or that there is none or no earlier edition."""
    if not previous:
        return ALONE
    if not sections:
        return f"Nothing moved since edition {previous}."
    kinds = "is one kind" if len(sections) == 1 else f"are {count(len(sections))} kinds"
    first = sections[0]
    return f"Since edition {previous} there {kinds} of change. The most important is “{first.title}”: {first.sentence}"


def cause_sentence(sections: Sequence[Section]) -> str:
    """What was put in otherwise, or that nothing was and the computation itself must differ.

    Parameters
    ----------
    sections : sequence of Section
        From `changes`, at least one.

    Returns
    -------
    str
        One sentence.
    """
    causes = [section.title.lower() for section in sections if section.title in CAUSES]
    if not causes:
        return (
            "Nothing that goes into the computation differs, so the readings of the claims or "
            "the computation itself must have changed."
        )
    return f"What went in differs under {plural(len(causes), 'heading')}: {listing(causes)}."


def summary_table(sections: Sequence[Section]) -> Table | Note:
    """The kinds of change, most important first.

    Parameters
    ----------
    sections : sequence of Section
        From `changes`.

    Returns
    -------
    Table or Note
        A row a kind; a plain sentence where there is none.
    """
    if not sections:
        return note(NONE)
    rows = pd.DataFrame([{"title": section.title, "sentence": section.sentence} for section in sections])
    return html_table(rows, columns=SUMMARY_COLUMNS)


def section_table(section: Section) -> Table:
    """The first rows of one kind of change.

    Parameters
    ----------
    section : Section
        From `changes`.

    Returns
    -------
    Table
        With a caption that counts the rows not shown.
    """
    more = len(section.rows) - SHOWN
    rest = f" The first {count(SHOWN)} are shown, {count(more)} more are not." if more > 0 else ""
    caption = f"{section.title}. {section.sentence}{rest}"
    return html_table(section.rows.head(SHOWN), columns=section.columns, formats=section.formats, caption=caption)


def show(sections: Sequence[Section]) -> None:
    """Show the table of every kind of change, one below the other.

    Parameters
    ----------
    sections : sequence of Section
        From `changes`.
    """
    from IPython.display import display

    for section in sections:
        display(section_table(section))
