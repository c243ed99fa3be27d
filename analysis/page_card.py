"""The form of the site in which a reader sets a new benchmark among the known ones, in the browser."""

from __future__ import annotations

import html
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from analysis.display import Note
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

MARK = "book-card"
FORM = """<form hidden>
<label class="book-card-scores">Scores, with the columns <code>model</code> and <code>score</code>
<textarea rows="8" spellcheck="false" autocomplete="off" wrap="off" placeholder="{example}"></textarea></label>
<label class="book-card-file">Or a file, chosen or dropped here
<input type="file" accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"></label>
<fieldset><legend>A higher score is</legend>
<label><input type="radio" name="higher-is" value="better" checked> better or safer</label>
<label><input type="radio" name="higher-is" value="worse"> worse</label></fieldset>
<button type="submit">Show its correlation</button>
</form>"""


@dataclass(frozen=True)
class PageCard:
    """A form that computes a new benchmark's capabilities correlation in the reader's browser.

    Parameters
    ----------
    facts
        Ready for JSON; see :func:`page_facts`.
    """

    facts: dict[str, Any]

    def _repr_html_(self) -> str:
        from analysis.figures import script_json

        command = f"<code>{html.escape(card_command(self.facts['population']))}</code>"
        return (
            f'<div class="{MARK}">{FORM.format(example=example_rows(self.facts["models"]))}'
            f"<noscript><p>Scripts are off, so nothing can be computed here; this command computes it: {command}</p></noscript>"
            f'<div class="{MARK}-result" role="status" aria-live="polite"></div>'
            f'<div class="{MARK}-figures"></div>'
            f'<p class="{MARK}-command">The interval and the verdict need the command: {command}</p>'
            f'<script type="application/json">{script_json(self.facts)}</script></div>'
        )

    def __repr__(self) -> str:
        return f"On the site, a form. Here: {card_command(self.facts['population'])}"


def page_card(table: ScoreTable, population: str, parameters: Parameters) -> PageCard | Note:
    """Return the form in which a reader tries scores against one population.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        `index`, `component`, `missing` and `line` are used.

    Returns
    -------
    PageCard or Note
        Shows itself in a notebook; a sentence where the population has no capabilities score.
    """
    from analysis.capability import population_problem
    from analysis.display import note

    reason = population_problem(table, population, parameters)
    if reason:
        return note(f"Nothing can be tried here, for {population} models have no capabilities score: {reason}.")
    return PageCard(page_facts(table, population, parameters))


def example_rows(models: list[dict[str, Any]]) -> str:
    """Return three lines of a file, escaped for an attribute: the columns and two of the models, with made-up scores."""
    known = [str(each["id"]) for each in models[:2]]
    lines = ["model,score", *(f"{name},{score}" for name, score in zip(known, ("0.61", "0.48"), strict=False))]
    return "&#10;".join(html.escape(line) for line in lines)


def page_facts(table: ScoreTable, population: str, parameters: Parameters) -> dict[str, Any]:
    """Return what the browser needs to know.

    Parameters
    ----------
    table, population, parameters
        As for :func:`page_card`.

    Returns
    -------
    dict
        ``population``; ``fewest`` (models needed); ``line``; ``models`` (``id, name, release_id,
        family, score``: the capabilities score or None); ``names`` (pairs of a name as it is
        compared and the place of its model, -1 for one of another population); ``known``
        (``name, area, correlation`` of the headline safety benchmarks, highest first).

    Raises
    ------
    InputError
        When the population can have no capabilities score.
    """
    from analysis.capability import score_frame
    from analysis.card import FEWEST, plain_json

    frame = score_frame(table, population, parameters)
    columns = {"model": "id", "name": "name", "release_id": "release_id", "family": "family", "score": "score"}
    models = frame[list(columns)].rename(columns=columns)
    return plain_json(
        {
            "population": population,
            "fewest": FEWEST,
            "line": parameters.line,
            "models": models.astype(object).where(models.notna(), None).to_dict("records"),
            "names": name_places(table, list(models["id"])),
            "known": known_benchmarks(table, population, parameters),
        }
    )


def name_places(table: ScoreTable, ids: list[str]) -> list[tuple[str, int]]:
    """Return every spelling under which a model is known, and the model's place in a list.

    Parameters
    ----------
    table
        Its models are matched as `compendium card` matches them.
    ids
        The models of the list.

    Returns
    -------
    list of (str, int)
        -1 for a model outside the list; a spelling that two models share is not there.
    """
    from analysis.checking import known_as

    places = {identity: place for place, identity in enumerate(ids)}
    found: dict[str, set[int]] = {}
    for name, identity in known_as(table.models).items():
        found.setdefault(folded(name), set()).add(places.get(identity, -1))
    return [(name, here.pop()) for name, here in found.items() if len(here) == 1]


def folded(name: str) -> str:
    """Return a name as the browser compares it, whose scripts have no case folding of their own."""
    from analysis.card_files import key

    return key(name).upper().lower()


def known_benchmarks(
    table: ScoreTable, population: str, parameters: Parameters
) -> list[dict[str, Any]]:
    """Return the headline safety benchmarks with their correlations, highest first.

    Parameters
    ----------
    table, population, parameters
        As for :func:`page_card`.

    Returns
    -------
    list of dict
        ``name, area, correlation``.
    """
    from analysis.correlation import capabilities_correlations
    from analysis.findings.shared import headline_benchmarks
    from analysis.house import display_name

    every = capabilities_correlations(table, population, parameters)
    rows = headline_benchmarks(every, table.benchmarks)
    rows = rows.sort_values(["correlation", "benchmark"], ascending=[False, True])
    return [
        {
            "name": display_name(row["benchmark"], table.benchmarks),
            "area": "" if pd.isna(row["area"]) else str(row["area"]),
            "correlation": row["correlation"],
        }
        for _, row in rows.iterrows()
    ]


def card_command(population: str) -> str:
    """Return the command that makes the whole card.

    Parameters
    ----------
    population
        Name of the population.

    Returns
    -------
    str
        One line for a shell.
    """
    return f"compendium card my_benchmark.csv --population {shlex.quote(population)} --higher-is better"
