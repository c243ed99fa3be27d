"""The explorer: what the book says of every benchmark in every population, for a page to choose from.

Everything is computed here, with the functions of the chapters; the page only picks what it shows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from analysis.claims import Claim
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

PAGE = "practice/explorer.html"
MOST_CELLS = 200_000
MOST_PAIRS = 800
MOST_CURVED = 5_000_000
MOST_POINTS = 90_000
NEAREST = 5
NEAREST_IN_AREA = 3
MOST_FAMILIES = 40


class Neighbour(NamedTuple):
    """A benchmark like another: rank correlation of their scores, over so many models."""

    benchmark: str
    alike: float
    n_models: int


@dataclass(frozen=True)
class Survey:
    """One population, computed for all its benchmarks at once.

    Parameters
    ----------
    population
        Its name.
    judged
        From `analysis.results.judged_correlations`, all benchmarks.
    about
        The rows of ``judged`` by benchmark.
    models
        ``model, name, family, score``, those with a capabilities score by rising score.
    values
        Those models × all benchmarks, higher is better or safer.
    deleted
        By benchmark, its correlations without each family, from `analysis.card.deletions`.
    near
        By benchmark, those most like it, from :func:`neighbours`.
    curves
        Specifications of each benchmark they were computed of, in the order of their estimates.
    """

    population: str
    judged: pd.DataFrame
    about: dict[str, dict[str, Any]]
    models: pd.DataFrame
    values: pd.DataFrame
    deleted: dict[str, dict[str, Any]]
    near: dict[str, list[Neighbour]]
    curves: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Explorer:
    """Every population of an edition, with what a page needs to show any benchmark of it.

    Parameters
    ----------
    table
        The scores.
    parameters
        Those of the edition.
    surveys
        By population, those that have a capabilities score.
    names
        Name of each benchmark that can be chosen, in the order of the registry.
    areas
        Their areas; empty where none is stated.
    ledger
        From :func:`ledger_of`, the claims that name benchmarks.
    published
        Published correlation by population and benchmark, turned as ours are.
    population, benchmark
        What is shown first.
    """

    table: ScoreTable
    parameters: Parameters
    surveys: dict[str, Survey]
    names: dict[str, str]
    areas: dict[str, str]
    ledger: pd.DataFrame
    published: dict[tuple[str, str], float]
    population: str
    benchmark: str

    @property
    def shown(self) -> Survey:
        """The population shown first."""
        return self.surveys[self.population]

    def published_value(self, population: str, benchmark: str) -> float:
        """Return the published correlation, NaN where there is none."""
        return self.published.get((population, benchmark), float("nan"))


def explorer(
    table: ScoreTable, population: str, benchmark: str, parameters: Parameters, stated: Sequence[Claim] = ()
) -> Explorer:
    """Compute every benchmark in every population that has a capabilities score.

    Parameters
    ----------
    table
        The score table.
    population
        The one shown first.
    benchmark
        The one shown first: an id.
    parameters
        `index, component, missing, line, level, resamples` and `seed` are used.
    stated
        The claims of the ledger.

    Returns
    -------
    Explorer
        Of a large table at most `MOST_CELLS` scores and `MOST_PAIRS` pairs of a benchmark and a population.

    Raises
    ------
    InputError
        When `population` can have no capabilities score.
    """
    from analysis.display import one_line
    from analysis.house import display_name
    from analysis.inputs import usable_populations
    from analysis.robustness import published_marks

    usable = usable_populations(table, parameters)
    order = by_interest(table, benchmark)
    offered = set(order[: most_benchmarks(table, usable)])
    curves = curves_of(table, order, offered, parameters)
    known = table.benchmarks.loc[[name for name in table.benchmarks.index if name in offered]]
    return Explorer(
        table=table,
        parameters=parameters,
        surveys={name: survey(table, name, parameters, offered, curves.get(name, {})) for name in usable},
        names={name: one_line(display_name(name, known)) for name in known.index},
        areas=known["area"].astype(object).where(known["area"].notna(), "").map(str).to_dict(),
        ledger=ledger_of(table, parameters, stated),
        published=published_marks(table).set_index(["population", "benchmark"])["published"].to_dict(),
        population=population,
        benchmark=benchmark,
    )


def by_interest(table: ScoreTable, first: str) -> list[str]:
    """Return all benchmarks with scores: the one given, safety benchmarks, the index, then the others."""
    scored = set(table.scores["benchmark"])
    place = {"safety": 0, "capability_index": 1}
    split = table.benchmarks["parent"].isin(table.benchmarks.index)
    rank = table.benchmarks["role"].map(place).fillna(2).where(~split, 3)
    ordered = rank.sort_values(kind="stable").index
    return [first, *(name for name in ordered if name in scored and name != first)]


def most_benchmarks(table: ScoreTable, populations: Sequence[str]) -> int:
    """Return how many benchmarks the page can hold."""
    models = int(table.models["population"].isin(populations).sum())
    return max(1, min(MOST_CELLS // max(models, 1), MOST_PAIRS // max(len(populations), 1)))


def curves_of(
    table: ScoreTable, order: Sequence[str], offered: set[str], parameters: Parameters
) -> dict[str, dict[str, pd.DataFrame]]:
    """Return the specification curve of each benchmark in each population.

    Parameters
    ----------
    table
        The score table.
    order
        Benchmarks, most wanted first; of large tables only the first have a curve.
    offered
        Those that can be chosen.
    parameters
        Those of the edition.

    Returns
    -------
    dict of dict
        By population and benchmark, from `analysis.findings.robustness.in_order`.
    """
    from analysis.findings.robustness import in_order
    from analysis.robustness import specification_curve

    work = int((table.models["population"].value_counts() ** 2).sum())
    curved = [name for name in order if name in offered][: max(1, MOST_CURVED // max(work, 1))]
    every = specification_curve(table, parameters, curved)
    every = every.assign(specification=every.groupby(["population", "benchmark"], sort=False).cumcount())
    found: dict[str, dict[str, pd.DataFrame]] = {}
    for (population, benchmark), part in every.groupby(["population", "benchmark"], sort=False):
        found.setdefault(population, {})[benchmark] = in_order(part)
    return found


def survey(
    table: ScoreTable, population: str, parameters: Parameters, offered: set[str], curves: dict[str, pd.DataFrame]
) -> Survey:
    """Compute one population.

    Parameters
    ----------
    table
        The score table.
    population
        Its name.
    parameters
        Those of the edition.
    offered
        Benchmarks that can be chosen.
    curves
        Their specification curves.

    Returns
    -------
    Survey
        The correlations of all benchmarks, and the rest of those offered.
    """
    from analysis.capability import score_frame
    from analysis.house import with_names
    from analysis.results import judged_correlations
    from analysis.scores import oriented

    scores = oriented(table, population)
    chosen = [name for name in scores.columns if name in offered]
    models = score_frame(table, population, parameters)[["model", "family", "score"]].dropna(subset=["score"])
    models = with_names(models.sort_values(["score", "model"]), "model", table.models)
    judged = judged_correlations(table, population, parameters)
    return Survey(
        population=population,
        judged=judged,
        about={row["benchmark"]: row for row in judged.to_dict("records")},
        models=models,
        values=scores.loc[models["model"]],
        deleted=without_families(table, population, parameters, chosen),
        near=neighbours(scores[chosen], table.benchmarks),
        curves=curves,
    )


def without_families(
    table: ScoreTable, population: str, parameters: Parameters, benchmarks: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return the correlations of some benchmarks without each family in turn, the component refitted.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        Those of the edition.
    benchmarks
        Their ids.

    Returns
    -------
    dict of dict
        By benchmark, from `analysis.card.deletions`.
    """
    from analysis.card import deletions
    from analysis.resampling import jackknife_weights, panel, refit

    arranged = panel(table, population, parameters)
    found = refit(arranged, jackknife_weights(len(arranged.family_names))).correlations
    places = {name: place for place, name in enumerate(arranged.benchmarks)}
    return {name: deletions(arranged, places[name], found[:, places[name]]) for name in benchmarks}


def neighbours(scores: pd.DataFrame, benchmarks: pd.DataFrame) -> dict[str, list[Neighbour]]:
    """Return the benchmarks most like each one: the nearest of all, and the nearest of its own area.

    Two benchmarks are alike in so far as the models come in the same order on both.

    Parameters
    ----------
    scores
        Models × b benchmarks, higher is better or safer, NaN where missing.
    benchmarks
        The registry. A benchmark and its own splits are no neighbours: they share their items.

    Returns
    -------
    dict of list
        By benchmark, at most `NEAREST` and `NEAREST_IN_AREA` others, most alike first; those that share fewer than
        four models are left out.
    """
    from analysis.capability import correlation_matrix

    names, known = list(scores.columns), benchmarks.reindex(scores.columns)
    matrix = correlation_matrix(scores).to_numpy(copy=True)
    np.fill_diagonal(matrix, np.nan)
    parent, area = known["parent"].to_numpy(object), known["area"].to_numpy(object)
    split = parent[:, None] == np.array(names, object)[None, :]
    matrix[split | split.T] = np.nan
    present = scores.notna().to_numpy(float)
    counts = present.T @ present
    found = {}
    for place, name in enumerate(names):
        order = np.argsort(-matrix[place], kind="stable")
        order = order[np.isfinite(matrix[place][order])]
        same = order[area[order] == area[place]][:NEAREST_IN_AREA]
        chosen = [other for rank, other in enumerate(order) if rank < NEAREST or other in same]
        found[name] = [Neighbour(names[at], float(matrix[place, at]), int(counts[place, at])) for at in chosen]
    return found


def pairs(found: Survey, benchmark: str) -> pd.DataFrame:
    """Return each model's capabilities score beside its score on one benchmark.

    Parameters
    ----------
    found
        The population.
    benchmark
        Benchmark id.

    Returns
    -------
    pandas.DataFrame
        ``model, name, family, capabilities_score, value``, models with both by rising capabilities score.
    """
    frame = found.models.rename(columns={"score": "capabilities_score"})
    frame = frame.assign(value=found.values[benchmark].to_numpy())
    return frame.dropna(subset=["value"])[["model", "name", "family", "capabilities_score", "value"]]


def left_out(found: Survey, benchmark: str) -> list[dict[str, Any]]:
    """Return one benchmark's correlation without each family.

    Parameters
    ----------
    found
        The population.
    benchmark
        Benchmark id.

    Returns
    -------
    list of dict
        ``family, models, correlation``, lowest correlation first; of very many families those that move it most.
    """
    rows = [row for row in found.deleted[benchmark]["families"] if math.isfinite(row["correlation"])]
    whole = found.about[benchmark]["correlation"]
    moving = sorted(rows, key=lambda row: -abs(row["correlation"] - whole))[:MOST_FAMILIES]
    kept = {row["family"] for row in moving}
    return [row for row in rows if row["family"] in kept]


def ledger_of(table: ScoreTable, parameters: Parameters, stated: Sequence[Claim]) -> pd.DataFrame:
    """Test the claims that name benchmarks.

    Parameters
    ----------
    table
        The score table.
    parameters
        Those of the edition.
    stated
        All claims.

    Returns
    -------
    pandas.DataFrame
        Rows of the ledger with ``subjects``, the benchmarks a claim names or groups, and ``low`` and ``high``, the ends of
        where it puts its number.
    """
    from analysis.claims import claims, subjects, with_regions

    about = [(claim, subjects(claim, table.benchmarks)) for claim in stated if claim.test]
    kept = [(claim, names) for claim, names in about if names]
    leaning_on = [claim for claim, _ in kept]
    ledger = claims(table, parameters, leaning_on).assign(subjects=[names for _, names in kept])
    return with_regions(ledger, leaning_on, parameters.line)


def leaning(made: Explorer, benchmark: str) -> pd.DataFrame:
    """Return the claims that lean on a benchmark.

    Parameters
    ----------
    made
        The explorer.
    benchmark
        Benchmark id.

    Returns
    -------
    pandas.DataFrame
        Rows of its ledger.
    """
    return made.ledger[np.array([benchmark in names for names in made.ledger["subjects"]], bool)]


def address(benchmark: str, population: str, page: str = "") -> str:
    """Return where the explorer shows a benchmark.

    Parameters
    ----------
    benchmark, population
        What to show.
    page
        The explorer as seen from the page that links to it; empty on the explorer itself.

    Returns
    -------
    str
        A relative address, all text of the data encoded.
    """
    return f"{page}#{urlencode({'benchmark': benchmark, 'population': population}, quote_via=quote)}"


def addresses(benchmarks: Iterable[str], population: str, folder: str = "..") -> list[str]:
    """Return where the explorer shows each of some benchmarks, as seen from a chapter of another part.

    Parameters
    ----------
    benchmarks
        Their ids.
    population
        In which population.
    folder
        The site's first page, relative to the chapter's folder.

    Returns
    -------
    list of str
        Relative addresses.
    """
    return [address(name, population, f"{folder}/{PAGE}") for name in benchmarks]
