"""Does a capabilities correlation survive other choices: specification curves and their kin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.capability import apply_missing, fit_component, index_benchmarks, unfit
from analysis.correlation import correlate
from analysis.intervals import CHOSEN, FEWEST_FAMILIES, methods_table, names_of, resample
from analysis.resampling import panel
from analysis.scores import FEWEST_MODELS, families, oriented, populations

if TYPE_CHECKING:
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

HALVES = 10
MOST_LEFT_OUT = 60
COMPONENTS = ("spearman", "pearson")
CORRELATIONS = ("spearman", "pearson", "kendall")
RULES = ("drop_models", "drop_benchmarks", "available")
SPECIFICATION = (
    "population",
    "index_choice",
    "index_set",
    "component",
    "missing",
    "family_left_out",
    "correlation_type",
)


@dataclass(frozen=True)
class Choice:
    """One way to make the capabilities score.

    Parameters
    ----------
    index_choice
        "all", "without one" or "random half".
    index_set
        Which one: empty, the benchmark left out, or the number of the half.
    index
        The benchmarks used.
    component, missing
        As in `analysis.parameters.Parameters`.
    family_left_out
        Name of a family, or empty.
    """

    index_choice: str
    index_set: str
    index: tuple[str, ...]
    component: str
    missing: str
    family_left_out: str = ""


def specification_curve(
    table: ScoreTable,
    parameters: Parameters,
    benchmarks: list[str] | None = None,
    halves: int = HALVES,
) -> pd.DataFrame:
    """Estimate every capabilities correlation under all defensible choices.

    Populations, component matrices, types of correlation and rules for missing scores are crossed
    with index sets (all, each benchmark left out, random halves) and, for the whole index, with
    each family left out (of very many, the `MOST_LEFT_OUT` largest). Rules that lead to the same scores as the edition's own are not
    repeated, so that they do not count twice.

    Parameters
    ----------
    table
        The score table.
    parameters
        The edition's own choices, marked as `headline`; `seed` decides the halves.
    benchmarks
        Benchmarks to estimate; all by default.
    halves
        Number of random splits of the index; each gives two halves.

    Returns
    -------
    pandas.DataFrame
        One row a benchmark and specification: `benchmark`, the columns of `SPECIFICATION`,
        `n_models`, `estimate`, `comparable` (Kendall's tau as the Spearman correlation of a
        normal pair with that tau; else the estimate), `circular` (the benchmark helped to make
        the score) and `headline`. The estimate is NaN where a specification cannot be computed.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Specification curve analysis, Nature Human Behaviour 4,
    1208-1214.
    """
    parts = [
        _population_curve(table, name, parameters, benchmarks, halves)
        for name in populations(table)
    ]
    return pd.concat(parts, ignore_index=True)


def sides(curve: pd.DataFrame, line: float) -> pd.DataFrame:
    """Count the specifications on each side of the line.

    Circular specifications are left out.

    Parameters
    ----------
    curve
        From `specification_curve`.
    line
        Size of a correlation below which it is called low.

    Returns
    -------
    pandas.DataFrame
        One row a benchmark, over all populations in which it has scores: `benchmark,
        specifications`, the shares `above, within, below` (± the line), and `lowest, median,
        highest` of the comparable estimates.
    """
    used = curve[~curve["circular"] & curve["comparable"].notna()]
    used = used.assign(
        above=used["comparable"] > line,
        below=used["comparable"] < -line,
        within=used["comparable"].abs() <= line,
    )
    grouped = used.groupby("benchmark", sort=False)
    return grouped.agg(
        specifications=("comparable", "size"),
        above=("above", "mean"),
        within=("within", "mean"),
        below=("below", "mean"),
        lowest=("comparable", "min"),
        median=("comparable", "median"),
        highest=("comparable", "max"),
    ).reset_index()


def published_marks(table: ScoreTable) -> pd.DataFrame:
    """Return the printed capabilities correlations, turned the way ours are.

    Parameters
    ----------
    table
        The score table; its published figures are in percent and as released.

    Returns
    -------
    pandas.DataFrame
        `benchmark, population, published` in [-1, 1], higher is safer or better, and `printed`, the
        same as the source prints it; without the benchmarks that have no direction as released.
        Empty where nothing was published.
    """
    rows = table.published
    rows = rows[rows["quantity"] == "capabilities_correlation"].drop_duplicates(
        ["benchmark", "population"]
    )
    known = table.benchmarks.reindex(rows["benchmark"])
    sign = np.where(known["higher_is"] == "worse", -1.0, 1.0)
    directed = (known["as_released"].notna() & (known["as_released"] != "undirected")).to_numpy()
    printed = rows["value"].astype(float) / 100
    marks = rows[["benchmark", "population"]].assign(published=sign * printed, printed=printed)
    return marks[directed].reset_index(drop=True)


def weaker_against_stronger(
    table: ScoreTable, population: str, parameters: Parameters, by: str = "score"
) -> pd.DataFrame:
    """Compare how tied benchmarks are to scale among weaker and among stronger models.

    Models are split at the median of the measure of scale; within each half every benchmark is
    correlated with it. The interval of the difference leaves out one family after another, refits
    and splits again, with a t reference; there is none where a half has fewer than three families.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        `index`, `component`, `missing`, `compute` and `level` are used.
    by
        Measure of scale: "score" (capabilities score) or "compute" (training compute).

    Returns
    -------
    pandas.DataFrame
        One row a benchmark: `benchmark, n_weaker, n_stronger, weaker, stronger` (Spearman
        correlations), `difference` (stronger less weaker), `lower, upper`; NaN where they cannot
        be computed.

    References
    ----------
    Tukey (1958), Bias and confidence in not-quite large samples, Ann. Math. Stat. 29, 614.
    """
    from scipy.stats import t

    scores, kin = oriented(table, population), families(table, population)
    scale = _scale(table, scores, population, parameters, by)
    whole = _halves(scores, scale)
    parts = [scores[(kin != name).to_numpy()] for name in kin.unique()]
    without = [
        _halves(part, _scale(table, part, population, parameters, by))["difference"]
        for part in parts
    ]
    count = len(parts)
    deleted = pd.concat(without, axis=1).reindex(scores.columns).to_numpy()
    error = np.sqrt(deleted.var(axis=1) * (count - 1))
    enough = _families_a_half(scores, scale, kin) >= FEWEST_FAMILIES
    reach = np.where(enough, error, np.nan) * t.ppf((1 + parameters.level) / 2, max(count - 1, 1))
    lower, upper = (whole["difference"] + sign * reach for sign in (-1, 1))
    return whole.assign(lower=lower.clip(-2, 2), upper=upper.clip(-2, 2)).reset_index()


def circularity(
    table: ScoreTable, population: str, parameters: Parameters, method: str = CHOSEN
) -> pd.DataFrame:
    """Set each index benchmark's correlation with the score beside that with a score without it.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    parameters
        `index`, `component`, `missing`, `level`, `resamples` and `seed` are used.
    method
        Name in `analysis.intervals.methods_table`.

    Returns
    -------
    pandas.DataFrame
        `benchmark, correlation, lower, upper, left_out, left_out_lower, left_out_upper` and
        `gain`, what helping to make the score adds to the correlation.

    Raises
    ------
    InputError
        When the population can have no capabilities score.
    """
    arranged = panel(table, population, parameters)
    evidence = resample(
        arranged, parameters.resamples, parameters.seed, (method,), left_out=True
    )
    bounds = methods_table()[method].bounds
    chosen = arranged.index[: len(names_of(arranged, "left_out"))]
    lower, upper = bounds(evidence, "correlations", parameters.level)
    out_lower, out_upper = bounds(evidence, "left_out", parameters.level)
    found = pd.DataFrame(
        {
            "benchmark": names_of(arranged, "left_out"),
            "correlation": evidence.estimate.correlations[0, chosen],
            "lower": lower[chosen],
            "upper": upper[chosen],
            "left_out": evidence.estimate.left_out[0],
            "left_out_lower": out_lower,
            "left_out_upper": out_upper,
        }
    )
    return found.assign(gain=found["correlation"] - found["left_out"])


def kendall(scores: pd.DataFrame, targets: pd.DataFrame) -> np.ndarray:
    """Kendall's tau-b of every benchmark with every target, over the models that have both.

    Parameters
    ----------
    scores
        Models × b benchmarks, NaN where missing.
    targets
        Models × v targets, NaN where missing.

    Returns
    -------
    numpy.ndarray
        Shape (b, v); NaN where fewer than four models have both or one of the two is constant.

    References
    ----------
    Kendall (1945), The treatment of ties in ranking problems, Biometrika 33, 239-251.
    """
    x, y = scores.to_numpy(float), targets.to_numpy(float)
    agree, own, other = (np.zeros((x.shape[1], y.shape[1])) for _ in range(3))
    for i in range(len(x) - 1):
        steps = [values[i + 1 :] - values[i] for values in (x, y)]
        signs = [np.sign(np.nan_to_num(step)) for step in steps]
        known = [np.isfinite(step).astype(float) for step in steps]
        agree += signs[0].T @ signs[1]
        own += np.abs(signs[0]).T @ known[1]
        other += known[0].T @ np.abs(signs[1])
    both = np.isfinite(x).T.astype(float) @ np.isfinite(y)
    scale = np.where(both >= FEWEST_MODELS, np.sqrt(own * other), 0.0)
    return np.divide(agree, scale, out=np.full(agree.shape, np.nan), where=scale > 0)


def spearman_of_tau(tau: np.ndarray) -> np.ndarray:
    """Return the Spearman correlation of a normal pair with a given Kendall's tau.

    Parameters
    ----------
    tau
        Kendall correlations in [-1, 1].

    Returns
    -------
    numpy.ndarray
        In [-1, 1], the same shape.

    References
    ----------
    Kruskal (1958), Ordinal measures of association, JASA 53, 814-861, section 5.
    """
    return 6 / np.pi * np.arcsin(np.sin(np.pi * np.asarray(tau) / 2) / 2)


def _population_curve(
    table: ScoreTable,
    population: str,
    parameters: Parameters,
    benchmarks: list[str] | None,
    halves: int,
) -> pd.DataFrame:
    scores, kin = oriented(table, population), families(table, population)
    index = index_benchmarks(table, population, parameters.index)
    choices = list(_choices(scores[index], kin, parameters, halves))
    targets = pd.concat([_score(scores, kin, choice) for choice in choices], axis=1)
    wanted = scores.columns if benchmarks is None else scores.columns.intersection(benchmarks)
    chosen = scores[wanted]
    frames = [
        _estimates(chosen, targets, kind, choices).assign(correlation_type=kind)
        for kind in CORRELATIONS
    ]
    curve = pd.concat(frames, ignore_index=True).assign(population=population)
    tau = curve["correlation_type"] == "kendall"
    curve["comparable"] = curve["estimate"].where(~tau, spearman_of_tau(curve["estimate"]))
    own = (curve["index_choice"] == "all") & (curve["family_left_out"] == "")
    own &= curve["component"] == parameters.component
    own &= (curve["missing"] == parameters.missing) & (curve["correlation_type"] == "spearman")
    ordered = ["benchmark", *SPECIFICATION, "n_models", "estimate", "comparable", "circular"]
    return curve[ordered].assign(headline=own)


def _choices(
    index_scores: pd.DataFrame, kin: pd.Series, parameters: Parameters, halves: int
) -> Iterator[Choice]:
    index = tuple(index_scores.columns)
    sets = [("all", "", index), *_index_sets(index, parameters.seed, halves)]
    for rule in _distinct_rules(index_scores, parameters.missing):
        for component in COMPONENTS:
            for kind, name, members in sets:
                yield Choice(kind, name, members, component, rule)
            for family in largest_families(kin):
                yield Choice("all", "", index, component, rule, str(family))


def largest_families(kin: pd.Series) -> list[str]:
    """Families to leave out one by one: all, or the largest where there are very many.

    Parameters
    ----------
    kin
        Family of each model.

    Returns
    -------
    list of str
        At most `MOST_LEFT_OUT` names in the order of the models; of equally large families the
        first.
    """
    sizes = kin.value_counts(sort=False).sort_values(ascending=False, kind="stable")
    chosen = set(sizes.index[:MOST_LEFT_OUT])
    return [str(name) for name in kin.unique() if name in chosen]


def _index_sets(
    index: tuple[str, ...], seed: int, halves: int
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if len(index) < 2:
        return
    for name in index:
        yield "without one", name, tuple(other for other in index if other != name)
    rng = np.random.default_rng(seed)
    for split in range(halves if len(index) > 3 else 0):
        order = rng.permutation(len(index))
        for half, members in enumerate(np.array_split(order, 2)):
            chosen = tuple(index[k] for k in sorted(members))
            yield "random half", f"{split + 1}{'ab'[half]}", chosen


def _distinct_rules(index_scores: pd.DataFrame, own: str) -> list[str]:
    """The edition's rule for missing scores, and those that keep other scores."""
    kept = {own: apply_missing(index_scores, own)}
    for rule in RULES:
        used = apply_missing(index_scores, rule)
        if not any(used.equals(other) for other in kept.values()):
            kept[rule] = used
    return list(kept)


def _score(scores: pd.DataFrame, kin: pd.Series, choice: Choice) -> pd.Series:
    """Capabilities score under one choice; all missing where no component can be fitted."""
    left = scores.loc[(kin != choice.family_left_out).to_numpy(), list(choice.index)]
    used = apply_missing(left, choice.missing)
    if unfit(used):
        return pd.Series(np.nan, scores.index)
    return fit_component(used, choice.component).project(used).reindex(scores.index)


def _estimates(
    scores: pd.DataFrame, targets: pd.DataFrame, kind: str, choices: list[Choice]
) -> pd.DataFrame:
    both = scores.notna().T.to_numpy(int) @ targets.notna().to_numpy(int)
    if kind == "kendall":
        found = kendall(scores, targets)
    else:
        columns = [correlate(scores, targets.iloc[:, k], kind) for k in range(len(choices))]
        found = np.column_stack([column["correlation"] for column in columns])
    frames = [
        pd.DataFrame(
            {
                "benchmark": scores.columns,
                "index_choice": choice.index_choice,
                "index_set": choice.index_set,
                "component": choice.component,
                "missing": choice.missing,
                "family_left_out": choice.family_left_out,
                "n_models": both[:, k],
                "estimate": found[:, k],
                "circular": scores.columns.isin(choice.index),
            }
        )
        for k, choice in enumerate(choices)
    ]
    return pd.concat(frames, ignore_index=True)


def _scale(
    table: ScoreTable, scores: pd.DataFrame, population: str, parameters: Parameters, by: str
) -> pd.Series:
    """Measure of scale of each model: compute, or the score fitted to these models."""
    if by == "compute":
        return table.models[parameters.compute].reindex(scores.index).astype(float)
    index = index_benchmarks(table, population, parameters.index)
    used = apply_missing(scores[index], parameters.missing)
    if unfit(used):
        return pd.Series(np.nan, scores.index)
    return fit_component(used, parameters.component).project(used).reindex(scores.index)


def _halves(scores: pd.DataFrame, scale: pd.Series) -> pd.DataFrame:
    """Correlations of every benchmark with scale in the lower and the upper half of models."""
    weak = scale <= scale.median()
    weaker = correlate(scores, scale.where(weak))
    stronger = correlate(scores, scale.where(~weak))
    return pd.DataFrame(
        {
            "n_weaker": weaker["n_models"],
            "n_stronger": stronger["n_models"],
            "weaker": weaker["correlation"],
            "stronger": stronger["correlation"],
            "difference": stronger["correlation"] - weaker["correlation"],
        }
    )


def _families_a_half(scores: pd.DataFrame, scale: pd.Series, kin: pd.Series) -> np.ndarray:
    """Families with a score in the half where they are fewer, for each benchmark."""
    weak = scale <= scale.median()
    counts = [
        scores[half].notna().groupby(kin[half].to_numpy()).any().sum().to_numpy()
        for half in (weak, ~weak & scale.notna())
    ]
    return np.minimum(*counts)
