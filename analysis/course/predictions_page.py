"""The form of the site in which a class predicts correlations before it sees them."""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.display import Note
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

MARK = "book-predictions"
SHORT = 12
BUILD = "compendium build --predictions class.csv"
GRADING = {
    "multiple_choice": "multiple choice",
    "exact_match": "graded by exact match",
    "likelihood": "graded by likelihood",
    "execution": "graded by running it",
    "classifier": "graded by a classifier",
    "model_judge": "graded by a model",
    "human_preference": "graded by people",
    "environment": "played in an environment",
}
TOOLS = """<div class="book-predictions-tools" hidden>
<label>A name you choose, if you like <input type="text" maxlength="80" autocomplete="off" spellcheck="false"></label>
<label class="book-predictions-which">Benchmarks <select><option value="all">all</option><option value="short">a short list</option></select></label>
</div>"""
ACTIONS = """<div class="book-predictions-actions" hidden>
<button type="submit">Save my predictions (CSV)</button>
<button type="button" data-does="clear" class="book-predictions-quiet">Clear everything</button>
<label class="book-predictions-file">Go on from a saved file
<input type="file" accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"></label>
</div>
<div class="book-predictions-result" role="status" aria-live="polite"></div>"""
MERGE = """<div class="book-predictions-class" hidden>
<p class="book-predictions-heading"><strong>For the teacher: one file from many</strong></p>
<label class="book-predictions-file">The files of the class, as many as you like
<input type="file" multiple accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"></label>
<div class="book-predictions-result" role="status" aria-live="polite"></div>
<button type="button" data-does="save-class" disabled>Save the class's file (CSV)</button>
</div>"""


@dataclass(frozen=True)
class PredictionsForm:
    """A form in which a reader predicts the correlations of benchmarks, and a teacher puts files together.

    Parameters
    ----------
    facts
        Ready for JSON; see :func:`form_facts`. No result is among them.
    """

    facts: dict[str, Any]

    def _repr_html_(self) -> str:
        from analysis.figures import script_json

        return (
            f'<div class="{MARK}">'
            "<noscript><p>Scripts are off, so nothing can be filled in or saved here. Print the table below, or fill in the "
            "template in a spreadsheet.</p></noscript>"
            f'<p class="{MARK}-template"><a download="predictions.csv" href="{template_address(self.facts)}">'
            "An empty table for a spreadsheet (CSV)</a></p>"
            f"<form novalidate>{TOOLS}{form_table(self.facts['benchmarks'])}{ACTIONS}</form>{MERGE}"
            f'<script type="application/json">{script_json(self.facts)}</script></div>'
        )

    def __repr__(self) -> str:
        return f"On the site, a form with {len(self.facts['benchmarks'])} benchmarks to predict."


def predictions_form(table: ScoreTable, population: str, parameters: Parameters) -> PredictionsForm | Note:
    """Return the form in which a class predicts the correlations of one population.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        `index`, `component` and `missing` decide which benchmarks have a correlation to be predicted.

    Returns
    -------
    PredictionsForm or Note
        Shows itself in a notebook; a sentence where there is nothing to predict.
    """
    from analysis.capability import population_problem
    from analysis.display import note

    reason = population_problem(table, population, parameters)
    if reason:
        return note(f"There is nothing to predict, for {population} models have no capabilities score: {reason}.")
    facts = form_facts(table, population, parameters)
    if not facts["benchmarks"]:
        return note("There is nothing to predict: no headline safety benchmark has a capabilities correlation in these scores.")
    return PredictionsForm(facts)


def form_facts(table: ScoreTable, population: str, parameters: Parameters) -> dict[str, Any]:
    """Return what the form needs to know, and nothing of what was measured.

    Parameters
    ----------
    table, population, parameters
        As for :func:`predictions_form`.

    Returns
    -------
    dict
        ``key`` (of what the browser keeps); ``benchmarks`` (``id, name, group, about, short``: whether it is on
        the short list) by group and then as the registry has them.
    """
    from analysis.correlation import capabilities_correlations
    from analysis.findings.shared import headline_benchmarks

    rows = headline_benchmarks(capabilities_correlations(table, population, parameters), table.benchmarks)
    registry = table.benchmarks.loc[table.benchmarks.index.isin(set(rows["benchmark"]))]
    groups = registry.apply(group_of, axis=1) if len(registry) else pd.Series(dtype=object)
    ordered = registry.loc[groups.sort_values(kind="stable").index]
    short = short_list(groups.loc[ordered.index])
    known = [
        {"id": str(key), "name": name_of(row), "group": groups[key], "about": about(row), "short": key in short}
        for key, row in ordered.iterrows()
    ]
    secret = json.dumps([population, [each["id"] for each in known]])
    return {"key": hashlib.sha256(secret.encode()).hexdigest()[:12], "benchmarks": known}


def name_of(row: pd.Series) -> str:
    """Return what a benchmark is called: its name, else its id."""
    return str(row.name if pd.isna(row.get("name")) else row.get("name"))


def group_of(row: pd.Series) -> str:
    """Return the heading a benchmark stands under: its area and subarea."""
    parts = [str(row[column]) for column in ("area", "subarea") if pd.notna(row.get(column))]
    return ": ".join(dict.fromkeys(parts)) or "No area stated"


def about(row: pd.Series) -> str:
    """Return one line on how a benchmark is scored, from its row in the registry.

    Parameters
    ----------
    row
        A benchmark.

    Returns
    -------
    str
        Without a stop at the end; nothing that was measured.
    """
    items = f"{int(row.get('n_items')):,} items" if pd.notna(row["n_items"]) else ""
    parts = [
        "" if pd.isna(row.get("metric")) else str(row.get("metric")),
        GRADING.get(row.get("grading"), ""),
        items,
        {"crisp": "a crisp task", "fuzzy": "a fuzzy task"}.get(row.get("task"), ""),
        "more is worse, so the score is turned" if row.get("higher_is") == "worse" else "",
    ]
    return "; ".join(filter(None, parts)) or "nothing more is known of it"


def short_list(groups: pd.Series, most: int = SHORT) -> set[str]:
    """Return a short list of benchmarks that is spread over the groups.

    Parameters
    ----------
    groups
        Group of each benchmark, indexed by benchmark, in order.
    most
        How many at most.

    Returns
    -------
    set of str
        The first of every group, then the second of every group, and so on.
    """
    turn = groups.groupby(groups, sort=False).cumcount().sort_values(kind="stable")
    return set(turn.index[:most])


def form_table(benchmarks: Sequence[dict[str, Any]]) -> str:
    """Return the table to be filled in, on paper or by the script that puts fields into its cells.

    Parameters
    ----------
    benchmarks
        As in the facts.

    Returns
    -------
    str
        HTML, everything escaped.
    """
    heads = "".join(f'<th scope="col">{words}</th>' for words in ("Benchmark", "Your ρ", "How sure"))
    groups = list(dict.fromkeys(each["group"] for each in benchmarks))
    bodies = [group_rows(group, [(place, each) for place, each in enumerate(benchmarks) if each["group"] == group]) for group in groups]
    return f"<table><thead><tr>{heads}</tr></thead>{''.join(bodies)}</table>"


def group_rows(group: str, members: Sequence[tuple[int, dict[str, Any]]]) -> str:
    """Return the rows of one group, under its heading."""
    rows = "".join(
        f'<tr data-place="{place}"><th scope="row">{html.escape(each["name"])}'
        f'<span class="{MARK}-about" id="{MARK}-about-{place}">{html.escape(each["about"])}</span></th><td></td><td></td></tr>'
        for place, each in members
    )
    return f'<tbody><tr class="{MARK}-group"><th scope="rowgroup" colspan="3">{html.escape(group)}</th></tr>{rows}</tbody>'


def template(facts: dict[str, Any]) -> str:
    """Return the empty file, one row a benchmark.

    Parameters
    ----------
    facts
        As of :func:`form_facts`.

    Returns
    -------
    str
        CSV that no spreadsheet takes for formulas; the column `name` is for people, and is not read.
    """
    from analysis.inputs import safe_csv

    rows = [{"person": "", "benchmark": each["id"], "name": each["name"], "prediction": "", "confidence": ""} for each in facts["benchmarks"]]
    return safe_csv(pd.DataFrame(rows))


def template_address(facts: dict[str, Any]) -> str:
    """Return the empty file as an address that needs no server."""
    return f"data:text/csv;charset=utf-8,{quote(template(facts), safe='')}"
