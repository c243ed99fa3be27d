"""Audit checks on models: runs cut short, scores out of line, missing scores, compute."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.audit import Finding, Sheet, plainly
from analysis.audit_direction import FEWEST
from analysis.capability import counted

OUTLIER = 3.5
TO_SIGMA = 1.4826
LEAST_DROP = 0.5
MARGIN = 0.2
SHORT = 0.9
HALF = 0.5
TOLERANCE = 0.1
FLOP = ("training_flop", "flop_as_released")


def runs(sheet: Sheet) -> Iterator[Finding]:
    """Runs of fewer items than is usual on the same benchmark; equal findings count once."""
    scores = sheet.table.scores
    if "n_items" not in scores or scores["n_items"].isna().all():
        return
    counts = scores[scores["model"].isin(sheet.raw.index)].dropna(subset=["n_items"])
    found: dict[tuple[tuple[str, float], ...], list[str]] = {}
    for name, group in counts.groupby("benchmark", sort=False):
        usual = group["n_items"].mode().max()
        short = group[group["n_items"] < usual] if len(group) >= FEWEST else group[:0]
        if len(short):
            key = tuple(zip(short["model"], short["n_items"], strict=True))
            found.setdefault((("", usual), *key), []).append(str(name))
    for ((_, usual), *short), names in found.items():
        yield run_finding(usual, short, names)


def run_finding(usual: float, short: list[tuple[str, float]], names: list[str]) -> Finding:
    """Say which runs were shorter than usual."""
    model, fewest = min(short, key=lambda pair: pair[1])
    also = f" (and on {counted(len(names) - 1, 'more benchmark')} alike)" if len(names) > 1 else ""
    return Finding(
        "incomplete_run", names[0],
        f"{counted(len(short), 'run')} of fewer than the usual {usual:.0f} items{also}: "
        f"{plainly(m for m, _ in short)}; fewest {fewest:.0f}, of {model}",
        "n_items of the scores", tuple(m for m, _ in short),
        "warning" if fewest < SHORT * usual else "note",
    )


def outliers(sheet: Sheet) -> Iterator[Finding]:
    """Index scores far below what the model's other index scores lead to expect.

    Residual of a normal score from the median of the model's others, in robust standard deviations of
    that benchmark; −3.5 or below is reported, where it is also half a unit of the normal scores.

    References
    ----------
    Iglewicz and Hoaglin (1993), How to Detect and Handle Outliers.
    """
    index = sheet.coded.index[(sheet.coded["role"] == "capability_index").to_numpy()]
    scores = normal_scores(sheet.turned[index])
    for name in index:
        residual = scores[name] - scores.drop(columns=name).median(axis=1)
        deviation = residual - residual.median()
        spread = TO_SIGMA * deviation.abs().median()
        far = deviation.index[deviation <= -max(OUTLIER * spread, LEAST_DROP)]
        if len(far) and residual.notna().sum() >= FEWEST and len(index) >= 4:
            yield Finding(
                "outlier", str(name),
                f"{plainly(far)} far below what the other index benchmarks lead to expect",
                "read some answers: perhaps the run failed or answers were not extracted",
                tuple(map(str, far)),
            )


def normal_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Return ranks as normal quantiles, (rank − ½)/n, NaN where missing."""
    from scipy.stats import norm

    return ((scores.rank() - 0.5) / scores.notna().sum()).apply(norm.ppf)


def counterparts(sheet: Sheet) -> Iterator[Finding]:
    """Index scores less than half those of the same model in another population.

    The same model: one family and one number of parameters, once in each population. Half is of the
    margin above the chance level, where that margin is a fifth of the scale or more.
    """
    from analysis.scores import populations, wide

    for other in [name for name in populations(sheet.table) if name != sheet.population]:
        pairs, theirs = paired(sheet, other), wide(sheet.table, other)
        for name in sheet.coded.index[(sheet.coded["role"] == "capability_index").to_numpy()]:
            low = fallen(sheet, str(name), pairs, theirs)
            if low:
                yield Finding(
                    "counterpart", str(name),
                    f"{plainly(low)} {'has' if len(low) == 1 else 'have'} less than half the score above "
                    f"chance of the same model in {other}",
                    "compare the two; perhaps answers were not extracted", tuple(low),
                )


def paired(sheet: Sheet, other: str) -> dict[str, str]:
    """The one model of another population with the same family and parameters, by model."""
    known = sheet.table.models.reindex(columns=["population", "family", "parameters"])
    known = known.dropna(subset=["family", "parameters"])
    mine, theirs = (
        known[known["population"] == name].drop_duplicates(["family", "parameters"], keep=False)
        for name in (sheet.population, other)
    )
    both = mine.reset_index(names="model").merge(
        theirs.reset_index(names="counterpart"), on=["family", "parameters"]
    )
    return dict(zip(both["model"], both["counterpart"], strict=True))


def fallen(
    sheet: Sheet, name: str, pairs: dict[str, str], theirs: pd.DataFrame
) -> list[str]:
    """Models with less than half of their counterpart's margin above chance."""
    row = sheet.coded.loc[name]
    chance = row["chance"] if row["chance"] == row["chance"] else row["lower_bound"]
    if name not in theirs or row["higher_is"] == "worse":
        return []
    models = [m for m in sheet.raw.index if pairs.get(m) in theirs.index]
    mine = sheet.raw.loc[models, name] - chance
    margin = theirs.loc[[pairs[m] for m in models], name].to_numpy() - chance
    low = (margin >= MARGIN * (row["upper_bound"] - chance)) & (mine < HALF * margin)
    return [str(model) for model in mine.index[low.to_numpy()]]


def missing(sheet: Sheet) -> Iterator[Finding]:
    """Benchmarks that some models of the population lack."""
    for name in sheet.raw.columns[sheet.raw.isna().any().to_numpy()]:
        gone = tuple(map(str, sheet.raw.index[sheet.raw[name].isna()]))
        yield Finding(
            "missing", str(name), f"no score for {plainly(gone)}",
            "correlations use the models there are; ask whether those left out differ", gone, "note",
        )


def compute(sheet: Sheet) -> Iterator[Finding]:
    """Training compute that is blank, or not 6 × active parameters × tokens to a tenth.

    Findings on the source's own figures are notes, since no result uses them unless asked to.

    References
    ----------
    Kaplan et al. (2020), arXiv 2001.08361 (the approximation).
    """
    wanted = [*FLOP, "parameters", "active_parameters", "training_tokens"]
    models = sheet.table.models.reindex(sheet.raw.index).reindex(columns=wanted).astype(float)
    for column in [c for c in FLOP if models[c].notna().any()]:
        blank = tuple(map(str, models.index[models[column].isna()]))
        if blank:
            yield Finding(
                "compute_blank", "", f"{column} is blank for {plainly(blank)}",
                "these models are not in any correlation with compute", blank, "note",
            )
        yield from formula(models, column)


def formula(models: pd.DataFrame, column: str) -> Iterator[Finding]:
    """Compare one column of compute with the usual approximation, model by model."""
    active = models["active_parameters"].fillna(models["parameters"])
    ratio = models[column] / (6 * active * models["training_tokens"])
    overall = models[column] / (6 * models["parameters"] * models["training_tokens"])
    off = (ratio - 1).abs() > TOLERANCE
    dense = off & ((overall - 1).abs() <= TOLERANCE)
    bare = models[column].notna() & models["training_tokens"].isna() & active.notna()
    implied = models[column] / (6 * active)
    groups = (
        (dense, "counts all parameters, not those active for a token", None),
        (off & ~dense, "does not fit the training tokens given", implied),
        (bare, "is given where no training tokens are", implied),
    )
    for chosen, what, tokens in groups:
        if chosen.any():
            yield compute_finding(column, models.index[chosen], what, tokens)


def compute_finding(column: str, names: pd.Index, what: str, tokens: pd.Series | None) -> Finding:
    """Say which models' compute does not follow from their size and tokens."""
    shown = "" if tokens is None else " (it would take " + ", ".join(
        f"{float(tokens[name]) / 1e12:.3g}" for name in names
    ) + " trillion)"
    return Finding(
        "compute_formula", "", f"{column} of {plainly(names)} {what}{shown}",
        "6 × active parameters × training tokens", tuple(map(str, names)),
        "warning" if column == FLOP[0] else "note",
    )


CHECKS = (runs, outliers, counterparts, compute, missing)
