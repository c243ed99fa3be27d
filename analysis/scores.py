"""The score table of an edition: load it, check it, orient it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import schemas
from analysis.problems import Problem, Remark, quoted, raise_if, together
from analysis.sources.registry import complete, read_registry
from analysis.sources.table import duplicates, read_table

FEWEST_MODELS = 4
PERCENT_GAP = 10.0
PERCENT_RATIO = 20.0


@dataclass(frozen=True)
class ScoreTable:
    """Everything measured in one edition.

    Parameters
    ----------
    scores
        One row a measurement: ``model, benchmark, score`` (+ ``stderr, n_items, source``), score
        as measured, none missing.
    models
        Indexed by ``model``; the other columns of ``models.csv``.
    benchmarks
        Indexed by ``benchmark``; the other columns of ``benchmarks.csv``.
    published
        ``table, population, benchmark, label, quantity, value, note``; may be empty.
    notes
        What was assumed or left out when the table was put together.
    """

    scores: pd.DataFrame
    models: pd.DataFrame
    benchmarks: pd.DataFrame
    published: pd.DataFrame
    notes: tuple[Remark, ...] = ()
    # The matrix of each population, made when first asked for: chapters ask a hundred times.
    _matrices: dict[str, pd.DataFrame] = field(default_factory=dict, init=False, repr=False, compare=False)


def load(folder: str | Path) -> ScoreTable:
    """Read and check the tables of one folder.

    Parameters
    ----------
    folder
        Holds ``scores.csv``, ``models.csv`` and ``benchmarks.csv``, and may hold ``published.csv``
        and ``notes.csv``.

    Returns
    -------
    ScoreTable
        The tables; blank text is missing (NaN), row order is the files'.

    Raises
    ------
    InputError
        With every problem of schema or content found, and where.
    """
    folder = Path(folder)
    reading, (models, benchmarks, published), notes = together(
        lambda: read_table(folder / "scores.csv"),
        lambda: load_registries(folder),
        lambda: read_notes(folder / "notes.csv"),
    )
    table = ScoreTable(reading.scores, models, benchmarks, published, notes)
    raise_if(check(table, reading.file))
    return replace(table, scores=reading.scores.reset_index(drop=True))


def load_registries(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Read and check what a folder says of models and benchmarks, without its scores.

    Parameters
    ----------
    folder
        As for :func:`load`.

    Returns
    -------
    tuple of pandas.DataFrame
        ``models``, ``benchmarks`` and ``published`` of a :class:`ScoreTable`.

    Raises
    ------
    InputError
        With every problem of schema found, and where.
    """
    models, benchmarks, published = together(
        lambda: _described(folder / "models.csv", "models"),
        lambda: _described(folder / "benchmarks.csv", "benchmarks"),
        lambda: _published(folder / "published.csv"),
    )
    return models, benchmarks, published


def read_notes(path: Path) -> tuple[Remark, ...]:
    """Read the notes that were made when an edition's tables were put together.

    Parameters
    ----------
    path
        A CSV file with columns ``note`` and ``item``, one row an item; it may be absent.

    Returns
    -------
    tuple of Remark
        The notes, each with its items.
    """
    if not _has_rows(path):
        return ()
    frame = read_registry(path, "notes").frame
    groups = frame.groupby("note", sort=False)["item"]
    return tuple(Remark(str(note), tuple(items.dropna())) for note, items in groups)


def _described(path: Path, kind: str) -> pd.DataFrame:
    return complete(read_registry(path, kind), kind)


def _published(path: Path) -> pd.DataFrame:
    if not _has_rows(path):
        return pd.DataFrame(columns=[field.name for field in schemas.PUBLISHED])
    return _described(path, "published")


def _has_rows(path: Path) -> bool:
    return path.exists() and len(path.read_bytes().splitlines()) > 1


def populations(table: ScoreTable) -> list[str]:
    """Return the populations that have scores, in order of the model table.

    Parameters
    ----------
    table
        The score table.

    Returns
    -------
    list of str
        Each population once.
    """
    scored = table.models.index.isin(table.scores["model"])
    return [str(name) for name in table.models.loc[scored, "population"].unique()]


def wide(table: ScoreTable, population: str) -> pd.DataFrame:
    """Return the scores of one population as a matrix, as measured.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.

    Returns
    -------
    pandas.DataFrame
        Models × benchmarks, NaN where missing, in the order of the registries; models and
        benchmarks without any score in this population are not in it.
    """
    if population not in table._matrices:
        table._matrices[population] = _matrix(table, population)
    return table._matrices[population].copy()


def _matrix(table: ScoreTable, population: str) -> pd.DataFrame:
    members = table.models.index[table.models["population"] == population]
    scores = table.scores[table.scores["model"].isin(members)]
    matrix = scores.pivot(index="model", columns="benchmark", values="score")
    rows = [model for model in members if model in matrix.index]
    columns = [name for name in table.benchmarks.index if name in matrix.columns]
    return matrix.reindex(index=rows, columns=columns).astype(float).rename_axis(
        index="model", columns="benchmark"
    )


def oriented(table: ScoreTable, population: str) -> pd.DataFrame:
    """Return the scores of one population with every benchmark turned so that higher is better.

    For a safety benchmark better means safer. A benchmark declared ``worse`` is negated; a signed
    gap that the release left undirected becomes minus its absolute value, since neither sign of
    it is safer.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.

    Returns
    -------
    pandas.DataFrame
        As :func:`wide`, oriented.
    """
    matrix = wide(table, population)
    coded = table.benchmarks.loc[matrix.columns]
    undirected = (coded["as_released"] == "undirected").to_numpy()
    sign = np.where((coded["higher_is"] == "worse").to_numpy(), -1.0, 1.0)
    values = matrix.to_numpy()
    turned = np.where(undirected, -np.abs(values), sign * values)
    return pd.DataFrame(turned + 0.0, index=matrix.index, columns=matrix.columns)


def families(table: ScoreTable, population: str) -> pd.Series:
    """Return the pretraining lineage of each model of one population.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.

    Returns
    -------
    pandas.Series
        Family, indexed by the models of :func:`wide`; a model of unknown family is its own.
    """
    models = wide(table, population).index
    family = table.models["family"].reindex(models).astype(object)
    return family.where(family.notna() & (family != ""), models.to_series()).rename("family")


def check(table: ScoreTable, file: str = "scores.csv") -> list[Problem]:
    """Return what makes the scores unusable as they stand.

    Checked are: unknown models and benchmarks, a score that is not a finite number, two scores of
    one model on one benchmark, a score outside its benchmark's declared bounds, and percent mixed
    with proportion where no bounds are declared.

    Parameters
    ----------
    table
        The score table. Where the index of its scores has the levels ``row`` and ``column``,
        these say where each score stands; otherwise a whole-number index counts from row 2.
    file
        The scores' file, as it should be named in messages.

    Returns
    -------
    list of Problem
        All problems, in this order; empty for a sound table.
    """
    located = _located(table.scores)
    scores = located.reset_index()
    return [
        *_unknown(scores, "model", table.models.index, file),
        *_unknown(scores, "benchmark", table.benchmarks.index, file),
        *_not_finite(scores, file),
        *duplicates(located, file),
        *_out_of_bounds(scores, table.benchmarks, file),
        *_mixed_scales(scores, table.benchmarks, file),
    ]


def remarks(table: ScoreTable) -> list[Remark]:
    """Return what a reader should know about the table: assumptions, gaps, what tells nothing.

    Parameters
    ----------
    table
        The score table.

    Returns
    -------
    list of Remark
        The notes made when the table was put together, then those that the table itself shows.
    """
    return [*table.notes, *_registry_remarks(table), *_population_remarks(table)]


def _located(scores: pd.DataFrame) -> pd.DataFrame:
    if list(scores.index.names) == ["row", "column"]:
        return scores
    rows = scores.index + 2 if scores.index.dtype.kind == "i" else np.arange(2, len(scores) + 2)
    index = pd.MultiIndex.from_product([rows, ["score"]], names=["row", "column"])
    return scores.set_axis(index, axis=0)


def _unknown(scores: pd.DataFrame, column: str, known: pd.Index, file: str) -> Iterator[Problem]:
    strangers = scores[~scores[column].isin(known)].drop_duplicates(column)
    for row, name in zip(strangers["row"], strangers[column], strict=True):
        yield Problem(
            file, int(row), column, f"{quoted(name)} is not in {column}s.csv",
            f"add a row for it to {column}s.csv or correct the name",
        )


def _not_finite(scores: pd.DataFrame, file: str) -> Iterator[Problem]:
    bad = scores[~np.isfinite(scores["score"].astype(float))]
    for row, column, value in zip(bad["row"], bad["column"], bad["score"], strict=True):
        what = f"{quoted(value)} is not a finite number"
        yield Problem(file, int(row), column, what, "leave out the score if there is none")


def _out_of_bounds(
    scores: pd.DataFrame, benchmarks: pd.DataFrame, file: str
) -> Iterator[Problem]:
    bounds = benchmarks[["lower_bound", "upper_bound"]]
    joined = scores.join(bounds, on="benchmark")
    low, high = joined["lower_bound"], joined["upper_bound"]
    for score in joined[(joined["score"] < low) | (joined["score"] > high)].itertuples():
        what = (
            f"{score.score:g} of {quoted(score.model)} on {quoted(score.benchmark)} is outside its "
            f"declared bounds {_bounds(score.lower_bound, score.upper_bound)}"
        )
        yield Problem(file, int(score.row), score.column, what, _bounds_mend(score))


def _bounds(low: float, high: float) -> str:
    return f"{'no lower bound' if np.isnan(low) else f'{low:g}'} to " + (
        "no upper bound" if np.isnan(high) else f"{high:g}"
    )


def _bounds_mend(score: object) -> str:
    percent = score.lower_bound == 0 and score.upper_bound == 1 and 1 < score.score <= 100
    first = "divide it by 100 if it is a percentage" if percent else "correct it"
    return f"{first}, or declare other bounds for the benchmark"


def _mixed_scales(
    scores: pd.DataFrame, benchmarks: pd.DataFrame, file: str
) -> Iterator[Problem]:
    undeclared = benchmarks.index[benchmarks[["lower_bound", "upper_bound"]].isna().all(axis=1)]
    chosen = scores[scores["benchmark"].isin(undeclared)]
    for name, group in chosen.groupby("benchmark", sort=False):
        odd = group.loc[mixed_percent(group["score"].to_numpy(float))]
        for row, column, value in zip(odd["row"], odd["column"], odd["score"], strict=True):
            yield Problem(
                file, int(row), column,
                f"{value:g} on {quoted(name)}: percentages and proportions look mixed",
                "bring all its scores to one scale, or declare lower_bound and upper_bound",
            )


def mixed_percent(values: np.ndarray) -> np.ndarray:
    """Return which scores of one benchmark look like percentages among proportions, or the reverse.

    Scores look mixed where all lie in [0, 100], some strictly between 0 and 1 and some above 1,
    and either an empty tenfold gap separates the two groups or the proportions are at least half
    and the medians differ twentyfold. The smaller group is the one named.

    Parameters
    ----------
    values
        Scores of one benchmark, shape (n,).

    Returns
    -------
    numpy.ndarray of bool
        Shape (n,); all false where nothing looks mixed.
    """
    low, high = (values > 0) & (values < 1), (values > 1) & (values <= 100)
    none = np.zeros(len(values), dtype=bool)
    if not low.any() or not high.any() or values.min() < 0 or values.max() > 100:
        return none
    gap = values[high].min() / values[low].max() >= PERCENT_GAP
    ratio = np.median(values[high]) / np.median(values[low]) >= PERCENT_RATIO
    mixed = gap or (ratio and low.sum() >= high.sum())
    return none if not mixed else (high if high.sum() <= low.sum() else low)


def _registry_remarks(table: ScoreTable) -> Iterator[Remark]:
    for column, registry in (("model", table.models), ("benchmark", table.benchmarks)):
        idle = registry.index[~registry.index.isin(table.scores[column])]
        if len(idle):
            yield Remark(f"{column}s without any score are left out", tuple(map(str, idle)))
    yield from _scale_remarks(table)
    lone = table.models["family"].isna()
    if lone.any():
        names = tuple(map(str, table.models.index[lone]))
        yield Remark("models of unknown family count as a family of their own", names)


def _scale_remarks(table: ScoreTable) -> Iterator[Remark]:
    highest = table.scores.groupby("benchmark")["score"].max()
    ceiling = table.benchmarks["upper_bound"].reindex(highest.index)
    yield from _listing(
        "benchmarks with scores of at most 1 where 100 is possible, so perhaps proportions",
        (ceiling == 100) & (highest <= 1) & (highest > 0),
    )


def _population_remarks(table: ScoreTable) -> Iterator[Remark]:
    for population in populations(table):
        matrix = wide(table, population)
        gaps, spread = matrix.isna().any(), matrix.max() - matrix.min()
        absent = ~table.benchmarks.index.to_series().isin(matrix.columns)
        if len(matrix) < FEWEST_MODELS:
            yield Remark(
                f"{population} has fewer than {FEWEST_MODELS} models and is not analysed",
                tuple(matrix.index),
            )
        if families(table, population).nunique() == 1 and len(matrix) > 1:
            yield Remark(f"all models of {population} are of one family")
        yield from _listing(f"{population}: benchmarks without any score here, and so without a correlation", absent)
        yield from _listing(f"{population}: benchmarks scored for some models only, whose correlations rest on those", gaps)
        yield from _listing(
            f"{population}: every model has the same score, so no correlation exists", spread == 0
        )


def _listing(what: str, chosen: pd.Series) -> Iterator[Remark]:
    names = tuple(str(name) for name in chosen.index[chosen])
    if names:
        yield Remark(what, names)
