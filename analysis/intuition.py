"""Can a benchmark's capabilities correlation be told from what it is called and how it is graded?

Every rule predicts the correlation of a benchmark from those of other benchmarks that share a
label with it, never from its own suite. A rule is therefore a fixed matrix of weights, and what it
predicts in a resample is one product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from analysis.estimates import Study

LABELS = {
    "area": "The mean of its area.",
    "subarea": "The mean of its subarea.",
    "task": "The mean of the crisp tasks, or of the fuzzy ones.",
    "grading": "The mean of those graded alike.",
}
COMBINED = ("area", "task", "grading")
NEAR = 0.2
CROWD = "the median of all"


@dataclass(frozen=True)
class Heuristic:
    """A rule of thumb that sorts benchmarks into two heaps.

    Parameters
    ----------
    key
        Its name in tables.
    words
        The rule, as somebody would say it.
    column
        Column of the benchmark registry it looks at.
    values
        The heap is every benchmark whose entry is one of these (`exact`), or holds one of them.
    higher
        Whether the rule expects the heap to have the higher correlations.
    exact
        Whether entries must equal a value rather than hold it.
    """

    key: str
    words: str
    column: str
    values: tuple[str, ...]
    higher: bool
    exact: bool = False

    def heap(self, benchmarks: pd.DataFrame) -> np.ndarray:
        """Return which benchmarks the rule speaks of.

        Parameters
        ----------
        benchmarks
            Rows of the registry.

        Returns
        -------
        numpy.ndarray of bool
            Shape (benchmarks,).
        """
        entries = benchmarks[self.column].astype(object).fillna("").astype(str).str.lower()
        if self.exact:
            return entries.isin(self.values).to_numpy()
        return np.array([any(word in entry for word in self.values) for entry in entries], bool)


def heuristics() -> tuple[Heuristic, ...]:
    """Return the rules of thumb, in the order they are shown.

    Returns
    -------
    tuple of Heuristic
        The last one is a placebo: a rule that nobody believes, to show what luck can do.
    """
    attacks = ("adv", "attack", "harm", "inject", "jailbreak", "robust")
    rights = ("ethic", "moral", "bias", "discrim", "toxic", "fair", "gender")
    return (
        Heuristic("fuzzy tasks", "A fuzzy task is less tied to capability.", "task", ("fuzzy",), False, True),
        Heuristic("multiple choice", "Multiple choice rewards capability.", "grading", ("multiple_choice",), True, True),
        Heuristic("accuracy", "What is scored as accuracy rewards capability.", "metric", ("accuracy",), True),
        Heuristic("questions and answers", "A test of questions and answers rewards capability.", "name", ("qa", "quest", "quiz", "mmlu", "exam"), True),
        Heuristic("attack or harm", "Standing up to attack or harm does not come with capability.", "name", attacks, False),
        Heuristic("fairness or morals", "Fairness and morals do not come with capability.", "name", rights, False),
        Heuristic("alphabet (placebo)", "A name from the first half of the alphabet means capability (a placebo).", "name", (), True),
    )


def headline_registry(study: Study) -> pd.DataFrame:
    """Return the registry rows of the headline safety benchmarks that have a correlation.

    A benchmark that helps to make the capabilities score is left out, whatever its role: its
    correlation with that score would in part be one with itself.

    Parameters
    ----------
    study
        The population.

    Returns
    -------
    pandas.DataFrame
        Indexed by benchmark: the registry's columns, ``suite`` (see :func:`suites`) and
        ``correlation``, in [-1, 1].
    """
    from analysis.findings.shared import headline_benchmarks

    registry = study.table.benchmarks
    names = list(study.panel.benchmarks)
    measured = study.evidence.estimate.correlations[0]
    frame = pd.DataFrame(
        {"benchmark": names, "role": registry["role"].reindex(names).to_numpy(), "correlation": measured}
    )
    chosen = headline_benchmarks(frame, registry).set_index("benchmark")["correlation"]
    outside = chosen.drop([names[place] for place in study.panel.index], errors="ignore")
    rows = registry.loc[outside.index].assign(correlation=outside)
    return rows.assign(suite=suites(registry).reindex(outside.index))


def suites(registry: pd.DataFrame) -> pd.Series:
    """Return what each benchmark was published with, so that nothing is predicted from its kin.

    Parameters
    ----------
    registry
        Indexed by benchmark, with ``citation`` and ``parent``.

    Returns
    -------
    pandas.Series
        The citation; without one the total that the benchmark is a split of, else itself.
    """
    own = registry.index.to_series().astype(str)
    parent = registry["parent"].where(registry["parent"].notna(), own)
    parent_citation = parent.map(registry["citation"]).where(lambda found: found.notna(), parent)
    return registry["citation"].where(registry["citation"].notna(), parent_citation)


def label_weights(labels: pd.Series, suite: pd.Series) -> np.ndarray:
    """Return the weights by which a benchmark is predicted from the others.

    Parameters
    ----------
    labels
        Label of each benchmark; unknown ones predict nothing.
    suite
        What it was published with.

    Returns
    -------
    numpy.ndarray
        Shape (B, B), rows summing to one: row b averages the benchmarks of other suites with b's
        label, or all benchmarks of other suites where none has it; NaN where there is only one
        suite.
    """
    codes, _ = pd.factorize(labels)
    same = (codes[:, None] == codes) & (codes >= 0)[:, None]
    others = suite.to_numpy()[:, None] != suite.to_numpy()
    chosen = np.where((same & others).any(axis=1, keepdims=True), same & others, others)
    with np.errstate(invalid="ignore"):
        return chosen / chosen.sum(axis=1, keepdims=True)


def rules(registry: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return every rule as its matrix of weights.

    Parameters
    ----------
    registry
        From :func:`headline_registry`.

    Returns
    -------
    dict
        Weights of shape (B, B) by rule: ``mean``, the labels, ``together`` (the mean of what area,
        task and grading predict) and the heuristics.
    """
    suite = registry["suite"]
    found = {"mean": label_weights(pd.Series(0, registry.index), suite)}
    found |= {label: label_weights(registry[label], suite) for label in LABELS}
    found["together"] = np.mean([found[label] for label in COMBINED], axis=0)
    heaps = {rule.key: heap_of(rule, registry) for rule in heuristics()}
    return found | {key: label_weights(pd.Series(heap, registry.index), suite) for key, heap in heaps.items()}


def heap_of(rule: Heuristic, registry: pd.DataFrame) -> np.ndarray:
    """Return which benchmarks a heuristic speaks of; the placebo goes by the first letter."""
    if rule.values:
        return rule.heap(registry)
    first = registry["name"].where(registry["name"].notna(), registry.index.to_series())
    return first.astype(str).str.strip().str.lower().str[:1].le("m").to_numpy()


def predicted(measured: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return what a rule predicts for each benchmark from the others.

    Parameters
    ----------
    measured
        Correlations, shape (..., B).
    weights
        Shape (B, B).

    Returns
    -------
    numpy.ndarray
        Shape (..., B).
    """
    return measured @ weights.T


def skill(measured: np.ndarray, weights: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return how much smaller a rule's squared error is than that of predicting the mean.

    Parameters
    ----------
    measured
        Correlations, shape (R, B).
    weights, mean
        The rule and the rule "predict the mean", shape (B, B).

    Returns
    -------
    numpy.ndarray
        Shape (R,): 1 for perfect prediction, 0 for none better than the mean, negative for worse.
    """
    errors = [((measured - predicted(measured, rule)) ** 2).sum(axis=1) for rule in (weights, mean)]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(errors[1] > 0, 1 - errors[0] / errors[1], np.nan)


def usable(study: Study, registry: pd.DataFrame) -> pd.DataFrame:
    """Return the benchmarks whose correlation survives every deletion of a family, if there are any.

    Parameters
    ----------
    study
        The population.
    registry
        From :func:`headline_registry`.

    Returns
    -------
    pandas.DataFrame
        Some rows, or all where none survives (there is then no interval).
    """
    deleted = study.evidence.deleted.correlations[:, study.columns(list(registry.index))]
    kept = np.isfinite(deleted).all(axis=0)
    return registry[kept] if kept.any() else registry


def rule_scores(study: Study) -> pd.DataFrame:
    """Score every rule out of sample.

    Parameters
    ----------
    study
        The population.

    Returns
    -------
    pandas.DataFrame
        One row a rule: ``rule, kind`` (baseline, label, heuristic), ``words, benchmarks, suites,
        error`` (mean absolute error, in ρ), ``skill, lower, upper`` (at most 1, which is perfect), ``families``; for a heuristic
        ``heap`` (benchmarks it speaks of) and ``gap`` (mean ρ of the heap less that of the
        rest). A rule that tells no two benchmarks apart has no skill, error or interval (NaN). No
        rows with fewer than two suites.
    """
    from analysis.estimates import Estimate, jackknifed

    registry = usable(study, headline_registry(study))
    if registry["suite"].nunique() < 2:
        return pd.DataFrame(columns=list(RULE_COLUMNS))
    matrices, columns = rules(registry), study.columns(list(registry.index))
    measured = registry["correlation"].to_numpy()
    rows = []
    for key, weights in matrices.items():
        error = float(np.abs(measured - predicted(measured, weights)).mean())
        found = jackknifed(study, lambda r, w=weights: skill(r, w, matrices["mean"]), columns, bounded=False)
        if key != "mean" and np.allclose(weights, matrices["mean"]):
            error, found = np.nan, Estimate(np.nan, np.nan, np.nan, found.families)
        upper = np.minimum(found.upper, 1.0)
        rows.append((key, error, found.value, found.lower, upper, found.families, *heap_gap(key, registry)))
    frame = pd.DataFrame(rows, columns=["rule", "error", "skill", "lower", "upper", "families", "heap", "gap"])
    names = rule_names()
    frame = frame.assign(
        kind=[names[key][0] for key in frame["rule"]],
        words=[names[key][1] for key in frame["rule"]],
        benchmarks=len(registry),
        suites=registry["suite"].nunique(),
    )
    return frame[list(RULE_COLUMNS)]


RULE_COLUMNS = (
    "rule", "kind", "words", "benchmarks", "suites", "error", "skill", "lower", "upper", "families",
    "heap", "gap",
)


def rule_names() -> dict[str, tuple[str, str]]:
    """Return kind and wording of every rule, by its key."""
    labels = {key: ("label", words) for key, words in LABELS.items()}
    thumb = {rule.key: ("heuristic", rule.words) for rule in heuristics()}
    together = ("label", "The mean of what area, task and grading predict.")
    return {"mean": ("baseline", "The mean of all others."), **labels, "together": together, **thumb}


def heap_gap(key: str, registry: pd.DataFrame) -> tuple[float, float]:
    """Size of a heuristic's heap, and mean ρ in it less mean ρ outside it; NaN for other rules."""
    for rule in heuristics():
        if rule.key == key:
            heap, measured = heap_of(rule, registry), registry["correlation"].to_numpy()
            split = 0 < heap.sum() < len(heap)
            return float(heap.sum()), float(measured[heap].mean() - measured[~heap].mean()) if split else np.nan
    return np.nan, np.nan


def noise_floor(study: Study) -> float:
    """Mean absolute error that knowing every true ρ would still leave, families being so few.

    Parameters
    ----------
    study
        The population.

    Returns
    -------
    float
        In units of ρ: the mean absolute deviation of a normal error of the jackknife's size,
        averaged over benchmarks; NaN where there is no interval.

    References
    ----------
    Tukey (1958), Ann. Math. Stat. 29, 614 (the jackknife's standard error).
    """
    from analysis.estimates import families_behind, jackknife_errors

    registry = usable(study, headline_registry(study))
    if registry.empty:
        return np.nan
    columns = study.columns(list(registry.index))
    families = np.array([families_behind(study.panel, [column]) for column in columns])
    errors = jackknife_errors(study.evidence.deleted.correlations[:, columns], families)
    return float(np.sqrt(2 / np.pi) * errors.mean())


def rule_predictions(study: Study, keys: tuple[str, ...] = ("mean", *LABELS, "together")) -> pd.DataFrame:
    """Return measured and predicted correlations, for a chart.

    Parameters
    ----------
    study
        The population.
    keys
        Rules.

    Returns
    -------
    pandas.DataFrame
        ``rule, words, benchmark, area, correlation, predicted``, one row a rule and benchmark.
    """
    registry = usable(study, headline_registry(study))
    columns = ["rule", "words", "benchmark", "area", "correlation", "predicted"]
    if registry["suite"].nunique() < 2:
        return pd.DataFrame(columns=columns)
    measured, matrices, names = registry["correlation"].to_numpy(), rules(registry), rule_names()
    frames = [
        pd.DataFrame({
            "rule": key, "words": names[key][1], "benchmark": registry.index, "area": registry["area"].to_numpy(),
            "correlation": measured, "predicted": predicted(measured, matrices[key]),
        })
        for key in keys
    ]
    return pd.concat(frames, ignore_index=True)[columns]


def person_scores(guesses: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Score people's predictions against the measured correlations.

    Parameters
    ----------
    guesses
        From `analysis.guesses.read_guesses`.
    study
        The population.

    Returns
    -------
    pandas.DataFrame
        One row a person, least error first, and one for the median of all people where there are
        several (``crowd`` true): ``person, crowd, n, rank_correlation`` (NaN below four predictions and
        where they are all the same), ``error`` (mean absolute error), each of the two with interval
        (``rank_lower, rank_upper, error_lower, error_upper``), ``error_mean`` and ``error_area`` (of
        predicting the mean, and the mean of the area, out of sample on the same benchmarks), ``within``
        (share within `NEAR`) and ``confidence`` (mean stated).
    """
    registry, known = played(guesses, study)
    if known.empty:
        return pd.DataFrame(columns=list(PERSON_COLUMNS))
    reference = reference_predictions(registry)
    people = [(str(person), rows) for person, rows in known.groupby("person", sort=True)]
    frame = pd.DataFrame([person_row(person, rows, reference, study) for person, rows in people], columns=list(PERSON_COLUMNS))
    frame = frame.sort_values("error", ignore_index=True, kind="stable")
    if len(people) < 2:
        return frame
    crowd = known.groupby("benchmark")[["prediction", "confidence"]].median().reset_index()
    together = person_row(CROWD, crowd, reference, study)
    both = [frame, pd.DataFrame([together], columns=list(PERSON_COLUMNS)).assign(crowd=True)]
    return pd.concat(both, ignore_index=True)


def played(guesses: pd.DataFrame, study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the benchmarks that people can be scored on, and the predictions that are of one of them.

    Parameters
    ----------
    guesses
        From `analysis.guesses.read_guesses`.
    study
        The population.

    Returns
    -------
    tuple of pandas.DataFrame
        Rows of :func:`headline_registry`, and the rows of `guesses` that hold a prediction of one of
        them; none where fewer than two suites leave nothing to compare people with.
    """
    registry = usable(study, headline_registry(study))
    keep = guesses["prediction"].notna() & guesses["benchmark"].isin(registry.index)
    return registry, guesses[keep & (registry["suite"].nunique() > 1)]


PERSON_COLUMNS = (
    "person", "crowd", "n", "rank_correlation", "rank_lower", "rank_upper", "error", "error_lower", "error_upper",
    "error_mean", "error_area", "within", "confidence",
)


def reference_predictions(registry: pd.DataFrame) -> pd.DataFrame:
    """Measured correlation of each benchmark beside what the mean and the area's mean predict."""
    matrices, measured = rules(registry), registry["correlation"].to_numpy()
    columns = {key: predicted(measured, matrices[key]) for key in ("mean", "area")}
    return pd.DataFrame({"measured": measured, **columns}, index=registry.index)


def person_row(person: str, rows: pd.DataFrame, reference: pd.DataFrame, study: Study) -> tuple[object, ...]:
    """Score one person's predictions.

    Parameters
    ----------
    person
        Whose they are.
    rows
        ``benchmark, prediction, confidence``.
    reference
        From :func:`reference_predictions`.
    study
        The population.

    Returns
    -------
    tuple
        In the order of `PERSON_COLUMNS`.
    """
    from analysis.estimates import jackknifed

    columns, guessed = study.columns(list(rows["benchmark"])), rows["prediction"].to_numpy(float)
    known = reference.loc[rows["benchmark"]]
    misses = np.abs(known["measured"].to_numpy() - guessed)
    rank = jackknifed(study, lambda r: rank_agreement(guessed, r), columns)
    error = jackknifed(study, lambda r: np.abs(r - guessed).mean(axis=1), columns, bounded=False)
    others = [float((known["measured"] - known[key]).abs().mean()) for key in ("mean", "area")]
    within, confidence = float((misses <= NEAR).mean()), float(rows["confidence"].mean())
    least = max(0.0, error.lower) if np.isfinite(error.lower) else np.nan
    return person, False, len(rows), *rank[:3], error.value, least, error.upper, *others, within, confidence


def rank_agreement(guessed: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Return the rank correlation of predictions with each row of correlations.

    Parameters
    ----------
    guessed
        Shape (B,).
    measured
        Shape (R, B).

    Returns
    -------
    numpy.ndarray
        Shape (R,); NaN with fewer than four benchmarks or where all predictions are the same.
    """
    from analysis.correlation import spearman

    return np.array([spearman(guessed, row)[0] for row in measured])


def rule_rivals(guesses: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compare people with every rule, each person on the benchmarks that he or she predicted.

    Parameters
    ----------
    guesses
        From `analysis.guesses.read_guesses`.
    study
        The population.

    Returns
    -------
    pandas.DataFrame
        One row a rule that tells benchmarks apart, and the mean: ``rule, words, people, ahead`` (people
        with less error than the rule), ``gain`` (the rule's mean absolute error less that of a person,
        mean over people, in ρ), ``lower, upper``; hardest rival first.
    """
    from analysis.estimates import jackknifed

    registry, known = played(guesses, study)
    if known.empty:
        return pd.DataFrame(columns=list(RIVAL_COLUMNS))
    grid = known.pivot(index="person", columns="benchmark", values="prediction").reindex(columns=registry.index).to_numpy(float)
    columns, matrices, names = study.columns(list(registry.index)), rules(registry), rule_names()
    rows = []
    for key, weights in matrices.items():
        if key != "mean" and np.allclose(weights, matrices["mean"]):
            continue
        found = jackknifed(study, lambda r, w=weights: gains(r, w, grid).mean(axis=1), columns, bounded=False)
        ahead = int((gains(registry["correlation"].to_numpy()[None], weights, grid)[0] > 0).sum())
        rows.append((key, names[key][1], len(grid), ahead, *found[:3]))
    return pd.DataFrame(rows, columns=list(RIVAL_COLUMNS)).sort_values("gain", ignore_index=True, kind="stable")


RIVAL_COLUMNS = ("rule", "words", "people", "ahead", "gain", "lower", "upper")


def gains(measured: np.ndarray, weights: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return how much less than a rule each person errs, on the benchmarks the person predicted.

    Parameters
    ----------
    measured
        Correlations, shape (R, B).
    weights
        The rule, shape (B, B).
    grid
        Predictions, shape (P, B), NaN where there is none; at least one in each row.

    Returns
    -------
    numpy.ndarray
        Shape (R, P), in units of ρ: above zero where the person errs less.
    """
    rule = np.abs(measured - predicted(measured, weights))[:, None, :]
    own = np.abs(measured[:, None, :] - grid)
    return np.nanmean(np.where(np.isnan(grid), np.nan, rule) - own, axis=2)


def calibration(guesses: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Compare how sure people said they were with how often they were right.

    Parameters
    ----------
    guesses
        From `analysis.guesses.read_guesses`.
    study
        The population; its level is that of the intervals.

    Returns
    -------
    pandas.DataFrame
        One row for each fifth of the scale of confidence that was used: ``low, high`` (its ends),
        ``guesses, people, stated`` (mean), ``within`` (share within `NEAR`), ``lower, upper`` (NaN with fewer
        than three people).

    References
    ----------
    Wilson (1927), JASA 22, 209, with as many trials as there are people: guesses of one person are not
    independent, and so many is the least they can be worth.
    """
    registry, known = played(guesses, study)
    stated = known[known["confidence"].notna()]
    if stated.empty:
        return pd.DataFrame(columns=list(CALIBRATION_COLUMNS))
    near = (stated["prediction"] - stated["benchmark"].map(registry["correlation"])).abs() <= NEAR
    step = np.minimum(np.floor(stated["confidence"] * FIFTHS + 1e-9), FIFTHS - 1)
    rows = [
        (place / FIFTHS, (place + 1) / FIFTHS, *hit_row(part, near[part.index], study.parameters.level))
        for place, part in stated.groupby(step)
    ]
    return pd.DataFrame(rows, columns=list(CALIBRATION_COLUMNS))


FIFTHS = 5
FEWEST_PEOPLE = 3
CALIBRATION_COLUMNS = ("low", "high", "guesses", "people", "stated", "within", "lower", "upper")


def hit_row(stated: pd.DataFrame, near: pd.Series, level: float) -> tuple[object, ...]:
    """Guesses, people, mean confidence, share of hits and its interval, for one group of guesses."""
    from statsmodels.stats.proportion import proportion_confint

    people, share = stated["person"].nunique(), float(near.mean())
    bounds = proportion_confint(share * people, people, alpha=1 - level, method="wilson")
    shown = bounds if people >= FEWEST_PEOPLE else (np.nan, np.nan)
    return len(stated), people, float(stated["confidence"].mean()), share, *map(float, shown)


def chance_of_best(people: pd.DataFrame) -> float:
    """Chance that the best of so many people would do as well in rank with their guesses dealt at random.

    Parameters
    ----------
    people
        From :func:`person_scores`.

    Returns
    -------
    float
        By the usual t approximation, benchmarks taken as independent; NaN where nobody has a rank
        correlation.

    References
    ----------
    Kendall and Gibbons (1990), Rank Correlation Methods; Sidak (1967), JASA 62, 626.
    """
    from scipy.stats import t

    single = people[~people["crowd"].astype(bool)].dropna(subset=["rank_correlation"])
    if single.empty:
        return np.nan
    best, spare = min(single["rank_correlation"].max(), 1 - 1e-12), single["n"].to_numpy(float) - 2
    each = t.sf(best * np.sqrt(spare / (1 - best**2)), spare)
    return float(1 - np.prod(1 - each))
