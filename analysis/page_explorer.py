"""The explorer's form on the site, with everything it can show, in one compact block of data."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from analysis.display import Note, Table
    from analysis.explorer import Explorer, Survey
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

MARK = "book-explorer"
PARTS = ("families", "curve", "neighbours", "claims")
THOUSANDTHS = 1000
FORM = f"""<form class="{MARK}-form" hidden>
<label>Population <select name="population"></select></label>
<label>Benchmark <select name="benchmark"></select></label>
</form>"""


@dataclass(frozen=True)
class Form:
    """Where a reader chooses, and what is said first of the choice.

    Parameters
    ----------
    facts
        Ready for JSON; see :func:`page_facts`.
    answer, verdict
        Of the benchmark shown first.
    """

    facts: dict[str, Any]
    answer: str
    verdict: str

    def _repr_html_(self) -> str:
        from analysis.figures import script_json

        return (
            f'<div class="{MARK}">{FORM}'
            "<noscript><p>Scripts are off, so this page shows one benchmark, and the table at its end all of them. "
            "With scripts, any benchmark and any population can be chosen here.</p></noscript>"
            f'<div class="{MARK}-said" role="status" aria-live="polite"><p class="{MARK}-fault" hidden></p>'
            f'<p data-part="answer">{html.escape(self.answer)}</p><p data-part="verdict">{html.escape(self.verdict)}</p></div>'
            f'<script type="application/json">{script_json(self.facts)}</script></div>'
        )

    def __repr__(self) -> str:
        return f"{self.answer} {self.verdict}"


@dataclass(frozen=True)
class Said:
    """A sentence on the choice.

    Parameters
    ----------
    part
        Which one.
    text
        Of the benchmark shown first.
    """

    part: str
    text: str

    def _repr_html_(self) -> str:
        return f'<p class="{MARK}-part" data-part="{self.part}">{html.escape(self.text)}</p>'

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Page:
    """What the chapter shows of an explorer, one method a place.

    Parameters
    ----------
    made
        The explorer.
    """

    made: Explorer

    def form(self) -> Form:
        """Return the form with everything it can show."""
        from analysis.findings.explorer import said

        words = said(self.made, self.made.shown, self.made.benchmark)
        return Form(page_facts(self.made), words["answer"], words["verdict"])

    def said(self, part: str) -> Said:
        """Return one sentence on the benchmark shown first; `part` is one of `PARTS`."""
        from analysis.findings.explorer import said

        return Said(part, said(self.made, self.made.shown, self.made.benchmark)[part])

    def neighbours(self) -> Table:
        """Return the neighbours of the benchmark shown first."""
        from analysis.display import html_table
        from analysis.findings.explorer import NEIGHBOUR_COLUMNS, NEIGHBOUR_FORMATS, neighbour_rows

        rows = neighbour_rows(self.made, self.made.shown, self.made.benchmark)
        return html_table(rows, NEIGHBOUR_COLUMNS, NEIGHBOUR_FORMATS, addresses=rows["address"])

    def claims(self) -> Table:
        """Return the claims that lean on the benchmark shown first."""
        from analysis.display import html_table
        from analysis.explorer import leaning
        from analysis.findings.explorer import CLAIM_COLUMNS, claim_rows

        rows = claim_rows(leaning(self.made, self.made.benchmark))
        return html_table(rows, CLAIM_COLUMNS, addresses=rows["address"])

    def every(self) -> Table:
        """Return every benchmark in every population."""
        from analysis.display import html_table
        from analysis.findings.explorer import EVERY_COLUMNS, EVERY_FORMATS, every_rows

        rows = every_rows(self.made)
        return html_table(rows, EVERY_COLUMNS, EVERY_FORMATS, addresses=rows["address"])


def page_facts(made: Explorer) -> dict[str, Any]:
    """Return what the browser needs to show any benchmark in any population.

    Parameters
    ----------
    made
        The explorer.

    Returns
    -------
    dict
        ``start`` (population and benchmark); ``line``; ``benchmarks`` (``id, name, area``); ``claims`` (as rows of
        `analysis.findings.explorer.CLAIM_COLUMNS` between ``address`` and the numbers ``estimate, lower, upper``);
        ``populations``, see :func:`population_facts`.
        Correlations within lists are in thousandths.
    """
    from analysis.card import plain_json
    from analysis.findings.explorer import CLAIM_COLUMNS, claim_rows

    areas = made.areas
    claims = claim_rows(made.ledger)[["address", *CLAIM_COLUMNS, "estimate", "lower", "upper"]]
    return plain_json(
        {
            "start": {"population": made.population, "benchmark": made.benchmark},
            "line": made.parameters.line,
            "benchmarks": [{"id": key, "name": name, "area": areas[key]} for key, name in made.names.items()],
            "claims": [[*row] for row in claims.itertuples(index=False)],
            "populations": [population_facts(made, found) for found in made.surveys.values()],
        }
    )


def population_facts(made: Explorer, found: Survey) -> dict[str, Any]:
    """Return what the browser needs to know of one population.

    Parameters
    ----------
    made
        The explorer.
    found
        The population.

    Returns
    -------
    dict
        ``name``; ``models`` (``name, family, score``); ``families`` (name and label); ``fields`` and ``specifications`` (the choices
        in words, the edition's own marked) and ``counts`` (models of each specification, shared between benchmarks
        with the same gaps); ``benchmarks``: by place among those of the page, see :func:`benchmark_facts`.
    """
    from analysis.house import short

    catalogue, counts = specifications(found), {}
    places = {name: place for place, name in enumerate(made.names)}
    known = [name for name in made.names if name in found.about]
    about = {places[name]: benchmark_facts(made, found, name, places, counts) for name in known}
    return {
        "name": found.population,
        "models": [[*row] for row in found.models[["name", "family", "score"]].itertuples(index=False)],
        "families": [[name, short(name)] for name in family_names(found)],
        "fields": list(catalogue.columns),
        "specifications": [[*row] for row in catalogue.itertuples(index=False)],
        "counts": [list(values) for values in counts],
        "benchmarks": about,
    }


def specifications(found: Survey) -> pd.DataFrame:
    """Return the specifications of a population, once for all its benchmarks.

    Parameters
    ----------
    found
        The population.

    Returns
    -------
    pandas.DataFrame
        Indexed by number: the choices in words and ``headline``.
    """
    from analysis.charts_robustness import CURVE, worded

    shared = [name for name in CURVE if name not in ("rank", "comparable", "n_models")]
    if not found.curves:
        return pd.DataFrame(columns=[*shared, "headline"])
    every = pd.concat(list(found.curves.values())).drop_duplicates("specification").set_index("specification")
    every = every.reindex(range(int(every.index.max()) + 1)) if len(every) else every
    return worded(every.astype(object).where(every.notna(), ""))[[*shared, "headline"]]


def benchmark_facts(
    made: Explorer, found: Survey, benchmark: str, places: dict[str, int], counts: dict[tuple[int, ...], int]
) -> dict[str, Any]:
    """Return what the browser needs to know of one benchmark in one population.

    Parameters
    ----------
    made
        The explorer.
    found
        The population.
    benchmark
        Benchmark id.
    places
        Place of each benchmark of the page.
    counts
        Numbers of models by specification seen so far; new ones are added.

    Returns
    -------
    dict
        ``title``; ``said`` and ``alt`` (texts); ``rho``, ``written`` (the same as text) and ``verdict``; ``values`` (by model,
        None where missing); ``families`` (place, models, correlation); ``neighbours`` (place, likeness, models, likeness
        as text); ``claims`` (places); ``published``; ``curve``, see :func:`curve_facts`.
    """
    from analysis import charts_explorer as charts
    from analysis.display import correlation
    from analysis.findings.explorer import said

    about = found.about[benchmark]
    leans = [place for place, names in enumerate(made.ledger["subjects"]) if benchmark in names]
    return {
        "title": charts.title_of(made, found, benchmark),
        "said": said(made, found, benchmark),
        "alt": {
            "scatter": charts.scatter_text(made, found, benchmark),
            "families": charts.families_text(found, benchmark),
            "curve": charts.curve_alt(found, benchmark),
        },
        "rho": round(float(about["correlation"]), 4),
        "written": correlation(about["correlation"]),
        "verdict": about["verdict"],
        "values": [float(f"{value:.6g}") for value in found.values[benchmark]],
        "families": family_facts(found, benchmark),
        "neighbours": [
            [places[other.benchmark], thousandths(other.alike), other.n_models, correlation(other.alike)]
            for other in found.near[benchmark]
        ],
        "claims": leans,
        "published": made.published_value(found.population, benchmark),
        "curve": curve_facts(made, found, benchmark, counts),
    }


def family_facts(found: Survey, benchmark: str) -> list[list[int]]:
    """Return place, models and correlation without it of each family, lowest correlation first."""
    from analysis.explorer import left_out

    places = {name: place for place, name in enumerate(family_names(found))}
    return [
        [places[row["family"]], row["models"], thousandths(row["correlation"])] for row in left_out(found, benchmark)
    ]


def family_names(found: Survey) -> list[str]:
    """Return the families of a population's scored models."""
    return list(dict.fromkeys(found.models["family"]))


def curve_facts(
    made: Explorer, found: Survey, benchmark: str, counts: dict[tuple[int, ...], int]
) -> dict[str, Any] | None:
    """Return one benchmark's specification curve in a few numbers.

    Parameters
    ----------
    made
        The explorer.
    found
        The population.
    benchmark
        Benchmark id.
    counts
        Numbers of models by specification seen so far; new ones are added.

    Returns
    -------
    dict or None
        ``order`` (numbers of specifications, lowest estimate first), ``estimates``, ``ranks`` (None where they are
        1, 2, …) and ``counts`` (place of its numbers of models).
    """
    from analysis.charts_explorer import most_drawn
    from analysis.findings.robustness import drawn_rows

    rows = found.curves.get(benchmark)
    if rows is None or rows.empty:
        return None
    drawn = drawn_rows(rows, most_drawn(made))
    models = dict(zip(rows["specification"], rows["n_models"], strict=True))
    own = tuple(int(models.get(place, 0)) for place in range(max(models) + 1))
    return {
        "order": drawn["specification"].tolist(),
        "estimates": [thousandths(value) for value in drawn["comparable"]],
        "ranks": None if len(drawn) == len(rows) else drawn["rank"].tolist(),
        "counts": counts.setdefault(own, len(counts)),
    }


def thousandths(value: float) -> int:
    """Return a correlation in whole thousandths, which take few characters."""
    return round(value * THOUSANDTHS)


def page(table: ScoreTable, population: str, benchmark: str, parameters: Parameters, stated: Any = ()) -> Page | Note:
    """Return what the chapter shows.

    Parameters
    ----------
    table
        The score table.
    population
        The one shown first.
    benchmark
        The one shown first: an id, or "typical".
    parameters
        Those of the edition.
    stated
        The claims of the ledger.

    Returns
    -------
    Page
        Its methods show themselves in a notebook.
    """
    from analysis.explorer import explorer
    from analysis.findings.your_benchmark import chosen_benchmark

    first = chosen_benchmark(table, population, benchmark, parameters)
    return Page(explorer(table, population, first, parameters, stated))
