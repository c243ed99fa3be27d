"""How the headline numbers, verdicts and claims of several editions differ."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.claims import VERDICTS as CLAIM_VERDICTS
from analysis.claims import NOT_TESTABLE
from analysis.claims_file import read_claims
from analysis.diff import RECORD, read_frame, read_record
from analysis.findings.shared import headline_benchmarks
from analysis.sweep_file import Sweep, SweptEdition
from analysis.verdicts import VERDICTS

if TYPE_CHECKING:
    from analysis.scores import ScoreTable

UNDECIDED = ("cannot tell", NOT_TESTABLE)
SIZES = ("n_models", "n_families", "n_scored")
HEADLINES = {
    "variance_explained": "Variance explained by the component",
    "compute_correlation": "Rank correlation of score and compute",
    "mean_index_correlation": "Mean correlation of index benchmarks",
    "median_correlation": "Median ρ of the headline benchmarks",
}
BOUNDED = ("variance_explained", "compute_correlation")
SUMMARY = (*SIZES, *HEADLINES, *(f"{name}_{end}" for name in BOUNDED for end in ("lower", "upper")))
NUMBERS = ("n_models", "n_families", "correlation", "correlation_left_out", "lower", "upper")
JUDGED = (
    "population",
    "benchmark",
    "name",
    "area",
    "n_models",
    "n_families",
    "correlation",
    "lower",
    "upper",
    "verdict",
)
CLAIMED = ("id", "source", "verdict", "estimate", "lower", "upper", "n", "claim_population", "reason")


@dataclass(frozen=True)
class Made:
    """What became of one edition of a sweep.

    Parameters
    ----------
    edition
        The edition.
    folder
        Where it is; None where it could not be made.
    problems
        Why not, one line each.
    trace
        The traceback, where there is one.
    """

    edition: SweptEdition
    folder: Path | None
    problems: tuple[str, ...] = ()
    trace: str = ""


@dataclass(frozen=True)
class Comparison:
    """The editions of a sweep side by side.

    Parameters
    ----------
    sweep
        The sweep.
    made
        What became of each edition.
    editions
        A row an edition, made or not: ``place`` (from 1), ``edition``, ``status`` ("made" or "failed"), the
        labels of what varies, ``shown_population``, the headline numbers, the number of headline
        safety benchmarks and of claims with each verdict, and ``reason`` for a failure.
    verdicts
        A row a headline safety benchmark and edition: ``place, edition``, labels, then `JUDGED`.
    claims
        A row a claim and edition: ``place, edition``, labels, then `CLAIMED`.
    statements
        What each claim says, by its id.
    """

    sweep: Sweep
    made: tuple[Made, ...]
    editions: pd.DataFrame
    verdicts: pd.DataFrame
    claims: pd.DataFrame
    statements: dict[str, str]


def compare(sweep: Sweep, made: Sequence[Made]) -> Comparison:
    """Set the editions of a sweep side by side.

    Parameters
    ----------
    sweep
        The sweep.
    made
        What became of each edition, in its order.

    Returns
    -------
    Comparison
        Editions that could not be made have a row in ``editions`` and none elsewhere.

    Raises
    ------
    InputError
        When a file of an edition cannot be read.
    """
    known: dict[str, tuple[ScoreTable, str]] = {}
    read = [
        (Place(place, each), read_results(each.folder, known) if each.folder else None)
        for place, each in enumerate(made, 1)
    ]
    whole = [(place, results) for place, results in read if results is not None]
    return Comparison(
        sweep,
        tuple(made),
        pd.DataFrame([{**place.labels, **edition_row(place.made, results)} for place, results in read]),
        stacked((place.beside(results.judged, JUDGED) for place, results in whole), JUDGED),
        stacked((place.beside(results.claims, CLAIMED) for place, results in whole), CLAIMED),
        # The claims are the book's, so every edition has the same.
        {each.id: each.statement for place, _ in whole[:1] for each in read_claims(place.made.folder / "data")},
    )


@dataclass(frozen=True)
class Place:
    """An edition with its number in the sweep."""

    number: int
    made: Made

    @property
    def labels(self) -> dict[str, Any]:
        """The columns that say which edition a row is of."""
        return {"place": self.number, "edition": self.made.edition.name, **self.made.edition.options}

    def beside(self, frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
        """Return columns of a frame with those of the edition before them, where no two have one name."""
        labels = {key: value for key, value in self.labels.items() if key not in columns}
        return pd.DataFrame({**labels, **{name: frame[name] for name in columns}}, index=frame.index)


@dataclass(frozen=True)
class Results:
    """What is compared of one edition: its headline population, summary, verdicts and claims."""

    population: str
    summary: dict[str, Any]
    judged: pd.DataFrame
    claims: pd.DataFrame


def read_results(folder: Path, known: dict[str, tuple[ScoreTable, str]]) -> Results:
    """Read what is compared of an edition.

    Parameters
    ----------
    folder
        The edition: its `results`, `data` and `edition.json`.
    known
        Score tables that were read before, with the population shown; this edition's is added.

    Returns
    -------
    Results
        Verdicts of the headline safety benchmarks of the population it shows first.

    Raises
    ------
    InputError
        When a file cannot be read.
    """
    table, shown = shown_table(folder, known)
    correlations = numeric(read_frame(folder / "results" / "capabilities_correlations.csv"), NUMBERS)
    of_shown = correlations[correlations["population"] == shown]
    judged = headline_benchmarks(of_shown, table.benchmarks)
    claims = numeric(read_frame(folder / "results" / "claims.csv"), ("estimate", "lower", "upper", "n"))
    summary = json.loads((folder / "results" / "summary.json").read_text(encoding="utf-8"))
    named = judged.assign(name=judged["benchmark"].map(table.benchmarks["name"]))
    return Results(shown, summary[shown], named, claims.rename(columns={"population": "claim_population"}))


def shown_table(folder: Path, known: dict[str, tuple[ScoreTable, str]]) -> tuple[ScoreTable, str]:
    """Return the score table of an edition and the population shown first; editions of the same tables share them."""
    from analysis.inputs import resolve_population
    from analysis.scores import load

    record = read_record(folder / RECORD)
    population = record["parameters"]["population"]
    key = json.dumps([record["inputs"], population], sort_keys=True)
    if key not in known:
        table = load(folder / "data")
        known[key] = table, resolve_population(table, population)
    return known[key]


def numeric(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return a frame read as text with some of its columns as numbers."""
    return frame.assign(**{name: pd.to_numeric(frame[name], errors="coerce") for name in columns})


def stacked(frames: Iterable[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    """Return frames below one another; only the columns where there are none."""
    found = list(frames)
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["place", "edition", *columns])


def edition_row(made: Made, results: Results | None) -> dict[str, Any]:
    """Return the headline numbers of an edition, or why there are none."""
    if results is None:
        return {"status": "failed", "reason": "; ".join(made.problems)}
    verdicts = results.judged["verdict"].value_counts()
    claims = results.claims["verdict"].value_counts()
    summary = {**results.summary, "median_correlation": results.judged["correlation"].median()}
    return {
        "status": "made",
        "shown_population": results.population,
        **{name: summary[name] for name in SUMMARY if summary.get(name) is not None},
        "headline_benchmarks": len(results.judged),
        **{column("verdict", verdict): int(verdicts.get(verdict, 0)) for verdict in VERDICTS},
        **{column("claims", verdict): int(claims.get(verdict, 0)) for verdict in CLAIM_VERDICTS},
    }


def column(kind: str, verdict: str) -> str:
    """Return the name of the column that counts a verdict."""
    return f"{kind}_{verdict.split(' with')[0].replace(' ', '_')}"


def spread(comparison: Comparison) -> pd.DataFrame:
    """Return how far each headline number moves over the editions.

    Parameters
    ----------
    comparison
        The editions.

    Returns
    -------
    pandas.DataFrame
        ``number, editions`` (with this number), ``lowest, lowest_in, median, highest, highest_in``; numbers that
        no edition has are left out.
    """
    rows = []
    for name, title in HEADLINES.items():
        known = comparison.editions.get(name, pd.Series(dtype=float)).dropna()
        if len(known):
            names = comparison.editions["edition"]
            rows.append(
                {
                    "number": title,
                    "editions": len(known),
                    "lowest": known.min(),
                    "lowest_in": names[known.idxmin()],
                    "median": known.median(),
                    "highest": known.max(),
                    "highest_in": names[known.idxmax()],
                }
            )
    return pd.DataFrame(rows, columns=["number", "editions", "lowest", "lowest_in", "median", "highest", "highest_in"])


def effects(comparison: Comparison) -> pd.DataFrame:
    """Return how much each varied key moves when all else stays.

    Editions are put together that differ in this key alone. Of each headline number the range within a
    group is taken; of verdicts and claims, how often what is in several editions of a group has not the
    same verdict in all of them.

    Parameters
    ----------
    comparison
        The editions.

    Returns
    -------
    pandas.DataFrame
        ``key, groups`` (with at least two editions), the median range of each headline number, and ``verdicts``
        and ``claims``, shares in [0, 1]; NaN where nothing can be compared.
    """
    done = comparison.editions[comparison.editions["status"] == "made"]
    return pd.DataFrame(
        [effect(comparison, done, key) for key in comparison.sweep.varying],
        columns=["key", "groups", *HEADLINES, "verdicts", "claims"],
    )


def effect(comparison: Comparison, done: pd.DataFrame, key: str) -> dict[str, Any]:
    """Return one row of :func:`effects`."""
    others = [other for other in comparison.sweep.varying if other != key]
    group = done.groupby(others, sort=False, dropna=False).ngroup() if others else pd.Series(0, index=done.index)
    groups = dict(zip(done["edition"], group, strict=True))
    sizes = group.value_counts()
    numbers = {name: median_range(done[name], group) if name in done else float("nan") for name in HEADLINES}
    return {
        "key": key,
        "groups": int((sizes > 1).sum()),
        **numbers,
        "verdicts": share_split(comparison.verdicts, "benchmark", groups),
        "claims": share_split(tested(comparison.claims), "id", groups),
    }


def median_range(values: pd.Series, group: pd.Series) -> float:
    """Return the median over groups of the range of a number, groups with fewer than two values left out."""
    found = values.groupby(group).agg(["min", "max", "count"])
    several = found[found["count"] > 1]
    return float((several["max"] - several["min"]).median())


def share_split(rows: pd.DataFrame, key: str, groups: dict[str, int]) -> float:
    """Return the share of things in several editions of a group that have not one verdict in all of them."""
    found = rows.assign(group=rows["edition"].map(groups)).groupby(["group", key])["verdict"].agg(["nunique", "count"])
    several = found[found["count"] > 1]
    return float((several["nunique"] > 1).mean())


def tested(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of claims that at least one edition could test."""
    testable = claims.loc[claims["verdict"] != NOT_TESTABLE, "id"]
    return claims[claims["id"].isin(testable)]


def steadiness(rows: pd.DataFrame, key: str, about: Sequence[str], number: str, kinds: Sequence[str]) -> pd.DataFrame:
    """Return in how many editions each thing has which verdict.

    Parameters
    ----------
    rows
        A row a thing and edition.
    key
        Column that names the thing.
    about
        Columns that describe it, taken from its first row.
    number
        Column with the number behind the verdict.
    kinds
        The verdicts.

    Returns
    -------
    pandas.DataFrame
        ``key``, ``about``, ``editions``, a column a verdict, ``lowest, highest`` and ``course``: "same" (one verdict
        throughout), "contradicts" (two verdicts that decide, and not the same), else "wavers". What
        contradicts comes first, what is the same last.
    """
    counts = pd.crosstab(rows[key], rows["verdict"]).reindex(columns=list(kinds), fill_value=0)
    first = rows.drop_duplicates(key).set_index(key)[list(about)]
    ends = rows.groupby(key)[number].agg(["min", "max"]).rename(columns={"min": "lowest", "max": "highest"})
    courses = pd.Series([course(row, kinds) for row in counts.itertuples(index=False)], counts.index, dtype=object)
    found = first.join(counts).join(ends).assign(editions=counts.sum(axis=1), course=courses)
    order = found["course"].map({"contradicts": 0, "wavers": 1, "same": 2})
    return found.iloc[order.argsort(kind="stable")].rename_axis(key).reset_index()


def course(counts: Sequence[int], kinds: Sequence[str]) -> str:
    """Return what a thing's verdicts do over the editions, from their counts in order of the kinds."""
    present = [kind for kind, count in zip(kinds, counts, strict=True) if count]
    decided = [kind for kind in present if kind not in UNDECIDED]
    return "same" if len(present) < 2 else "contradicts" if len(decided) > 1 else "wavers"


def benchmark_rows(comparison: Comparison) -> pd.DataFrame:
    """Return :func:`steadiness` of the headline safety benchmarks."""
    return steadiness(comparison.verdicts, "benchmark", ("name", "area"), "correlation", VERDICTS)


def claim_rows(comparison: Comparison) -> pd.DataFrame:
    """Return :func:`steadiness` of the claims that at least one edition could test."""
    return steadiness(tested(comparison.claims), "id", ("source",), "estimate", CLAIM_VERDICTS)


def tables(comparison: Comparison) -> dict[str, str]:
    """Return the text of each file a comparison is written to, by its name."""
    from analysis.inputs import safe_csv

    frames = {"comparison": comparison.editions, "verdicts": comparison.verdicts, "claims": comparison.claims}
    return {f"{name}.csv": safe_csv(frame) for name, frame in frames.items()}
