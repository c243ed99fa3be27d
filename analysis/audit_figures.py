"""Audit checks on single figures and columns: scale, ceiling, copies, counts, rounding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

import numpy as np
import pandas as pd

from analysis.audit import Finding, Sheet, plainly
from analysis.audit_direction import FEWEST, chance_error
from analysis.capability import counted
from analysis.scores import mixed_percent

NEAR = 0.02
HALF = 0.5
WHOLE = 1e-7
EXACT = 1e-12
SAME_LOG = 1e-9
FRACTION = 3e-14
LARGEST_TOTAL = 60_000
SMALLEST_TOTAL = 10
USUAL_SHARE = 0.6
ISOLATED = 0.1
MANY_RUNS = 0.15
FEW_DIGITS = 4
MANY_DIGITS = 6
SCALES = {"proportion": 1.0, "percent": 100.0}


def bounds(sheet: Sheet) -> Iterator[Finding]:
    """Scores outside their declared bounds, or on another scale than their unit says."""
    for name, row in sheet.coded.iterrows():
        values = sheet.raw[name].dropna()
        outside = values[(values < row["lower_bound"]) | (values > row["upper_bound"])]
        small = row["unit"] == "percent" and 0 < values.max() <= 1
        large = row["unit"] == "proportion" and values.max() > 1
        mixed = np.isnan(row["lower_bound"]) and mixed_percent(values.to_numpy()).any()
        if len(outside):
            yield scale_finding(name, f"{counted(len(outside), 'score')} outside its bounds", outside)
        elif small or large:
            yield scale_finding(name, f"declared a {row['unit']}, but its largest score is {values.max():g}")
        elif mixed:
            odd = values[mixed_percent(values.to_numpy())]
            yield scale_finding(name, "percentages and proportions look mixed", odd)


def scale_finding(name: object, what: str, scores: pd.Series | None = None) -> Finding:
    """Say that scores are on another scale than declared."""
    models = () if scores is None else tuple(map(str, scores.index))
    return Finding("scale", str(name), what, "compare the scores with unit and bounds", models)


def mixed_units(sheet: Sheet) -> Iterator[Finding]:
    """Suites, that is benchmarks with one source, that mix percentages with proportions."""
    scaled = sheet.coded[sheet.coded["unit"].isin(SCALES) & sheet.coded["citation"].notna()]
    for _, suite in scaled.groupby("citation", sort=False):
        if suite["unit"].nunique() > 1:
            rare = suite["unit"].value_counts().index[-1]
            names = suite.index[suite["unit"] == rare]
            yield Finding(
                "scale_mixed",
                str(names[0]),
                f"{plainly(names)} in {rare}, others of the same suite not",
                "compare the units before averaging or plotting them together",
                severity="note",
            )


def saturation(sheet: Sheet) -> Iterator[Finding]:
    """Benchmarks on which half of the models or more are within 2 % of the best possible score."""
    for name, row in sheet.coded.iterrows():
        best = row["lower_bound"] if row["higher_is"] == "worse" else row["upper_bound"]
        values = sheet.raw[name].dropna()
        near = (values - best).abs() <= NEAR * (row["upper_bound"] - row["lower_bound"])
        if len(near) and near.mean() >= HALF:
            yield end_finding("saturation", name, near, f"the best possible score, {best:g}")


def floor(sheet: Sheet) -> Iterator[Finding]:
    """Benchmarks on which half of the models or more are at the worst score or guess.

    At the worst score: within 2 % of it. Guessing: within two standard errors of the chance level.
    """
    for name, row in sheet.coded.iterrows():
        worst = row["upper_bound"] if row["higher_is"] == "worse" else row["lower_bound"]
        values = sheet.raw[name].dropna()
        low = (values - worst).abs() <= NEAR * (row["upper_bound"] - row["lower_bound"])
        guess = (values - row["chance"]).abs() <= 2 * chance_error(row)
        if len(low) and low.mean() >= HALF:
            yield end_finding("floor", name, low, f"the worst possible score, {worst:g}")
        elif len(guess) and guess.mean() >= HALF and row["lower_bound"] < row["chance"] < row["upper_bound"]:
            yield end_finding("floor", name, guess, f"the chance level, {row['chance']:.3g}")


def end_finding(check: str, name: object, near: pd.Series, end: str) -> Finding:
    """Say how many models sit at one end of a scale."""
    return Finding(
        check, str(name), f"{int(near.sum())} of {counted(len(near), 'model')} are at {end}",
        "count them; what is left of the order of models is mostly noise", severity="note",
    )


def constants(sheet: Sheet) -> Iterator[Finding]:
    """Benchmarks with one score for all models."""
    for name in sheet.raw:
        values = sheet.raw[name].dropna()
        if len(values) > 1 and np.ptp(values) == 0:
            what = f"all {counted(len(values), 'model')} score {values.iloc[0]:g}"
            yield Finding("constant", str(name), what, "look at the column")


def duplicates(sheet: Sheet) -> Iterator[Finding]:
    """Benchmarks with the same figures as another one, or with exactly the same order of models."""
    ordered: dict[bytes, str] = {}
    for name in sheet.raw.columns[(sheet.raw.notna().sum() >= FEWEST).to_numpy()]:
        values = sheet.raw[name]
        key = values.rank().fillna(0).to_numpy().tobytes()
        first = ordered.setdefault(key, str(name))
        if first == name or values.nunique() < FEWEST:
            continue
        same = np.allclose(values.dropna(), sheet.raw[first].dropna(), rtol=0, atol=EXACT)
        what = "has the same figures as" if same else "ranks all models exactly as does"
        how = "compare the two columns; they count as one observation"
        yield Finding("duplicate", str(name), f"{what} {plainly([first])}", how, severity="note")


def products(sheet: Sheet) -> Iterator[Finding]:
    """Benchmarks that are in every model the product of two others of their subarea."""
    for _, group in sheet.coded.groupby("subarea", sort=False):
        values = sheet.raw[group.index].dropna(axis=1)
        values = values.loc[:, ((values > 0) & (values.nunique() >= FEWEST)).all()]
        logs = np.log(values.to_numpy())
        for column in range(logs.shape[1]):
            pair = factors(logs, column)
            if pair:
                names = plainly(values.columns[list(pair)])
                yield Finding(
                    "product", str(values.columns[column]), f"is the product of {names} in every model",
                    "multiply the two; a product of averages is not an average over items",
                    severity="note",
                )


def factors(logs: np.ndarray, column: int) -> tuple[int, int] | None:
    """Positions of two other columns that sum to one in logarithms, if there are any."""
    others = [k for k in range(logs.shape[1]) if k != column]
    for i, first in enumerate(others):
        rest = others[i + 1 :]
        gaps = np.abs(logs[:, [column]] - logs[:, [first]] - logs[:, rest]).max(axis=0, initial=0)
        if len(rest) and gaps.min() < SAME_LOG:
            return first, rest[int(gaps.argmin())]
    return None


def repeats(sheet: Sheet) -> Iterator[Finding]:
    """Figures that a model has again on a sibling and that are no whole count of its own items."""
    copies = pd.DataFrame(repeated(sheet), columns=["model", "benchmark", "mates"])
    for name, group in copies.groupby("benchmark", sort=False):
        mates = sorted({mate for found in group["mates"] for mate in found})
        yield Finding(
            "repeated",
            str(name),
            f"{of_models(group['model'])} the very figure of {plainly(mates)}, which is no whole "
            f"count of its {sheet.items(str(name)):.0f} items",
            "compare the columns; multiply the figure by the number of items",
            tuple(group["model"]),
        )


def of_models(models: Iterable[object]) -> str:
    """Return models as the subject of a sentence, with the verb."""
    names = list(models)
    return f"{plainly(names)} {'has' if len(names) == 1 else 'have'}"


def repeated(sheet: Sheet) -> list[tuple[str, str, tuple[str, ...]]]:
    """Model, benchmark and siblings of every figure that is a sibling's and cannot be its own."""
    found = []
    for name in sheet.coded.index[sheet.coded["n_items"].notna().to_numpy()]:
        fits = whole(sheet, name)
        if fits.all() or fits.mean() < HALF:
            continue
        mates = [other for other in sheet.roots.index[sheet.roots == sheet.roots[name]] if other != name]
        for model in sheet.raw.index[~fits]:
            gaps = (sheet.raw.loc[model, mates] - sheet.raw.at[model, name]).abs()
            same = tuple(map(str, gaps.index[gaps <= EXACT]))
            found += [(str(model), str(name), same)] if same else []
    return found


def whole(sheet: Sheet, name: str) -> np.ndarray:
    """Which models' figures are whole counts of the declared items; true where these are unknown."""
    counts = shares(sheet, name) * sheet.items(name)
    return np.isnan(counts) | (np.abs(counts - np.round(counts)) <= WHOLE)


def shares(sheet: Sheet, name: str) -> np.ndarray:
    """Scores as proportions, where they are percentages; else as they are."""
    return sheet.raw[name].to_numpy() / SCALES.get(sheet.coded.at[name, "unit"], 1.0)


def item_counts(sheet: Sheet) -> Iterator[Finding]:
    """Figures out of another number of items than those of most models."""
    elsewhere = {(model, name) for model, name, _ in repeated(sheet)}
    for name in sheet.coded.index[sheet.coded["unit"].isin(SCALES).to_numpy()]:
        if varied(sheet, name):
            continue
        short = {*rounded(sheet, name), *sheet.raw.index[sheet.raw[name].isna()]}
        unlike = [m for m in sheet.raw.index if m not in short and (m, name) not in elsewhere]
        total, fits = usual_total(sheet, name, unlike)
        odd = [model for model, fit in zip(unlike, fits, strict=True) if not fit] if total else []
        declared = sheet.items(name)
        if odd:
            yield item_finding(name, f"{plainly(odd)} {'is' if len(odd) == 1 else 'are'} not", total, odd)
        elif total and declared > 0 and declared % total and total % declared:
            yield item_finding(name, f"not of the {declared:.0f} items declared", total, [])


def varied(sheet: Sheet, name: str) -> bool:
    """Whether many runs state a number of items of their own, so that none is the usual one."""
    return bool(sheet.stated_runs[name] > MANY_RUNS)


def item_finding(name: object, what: str, total: int, models: list[str]) -> Finding:
    """Say that figures are whole counts of another total than they should be."""
    return Finding(
        "item_counts",
        str(name),
        f"{'most' if models else 'all'} figures are whole counts out of {total}; {what}",
        "multiply the figures by that total; another version or part of the test set, or a failed run",
        tuple(models),
        "note",
    )


def usual_total(sheet: Sheet, name: str, models: list[str]) -> tuple[int, np.ndarray]:
    """Total of which most figures are whole counts, and which are; 0 where there is none."""
    values = shares(sheet, name)[sheet.raw.index.get_indexer(models)]
    candidates = {total for value in values if (total := denominator(value)) >= SMALLEST_TOTAL}
    if sheet.items(name) > 0:
        candidates.add(int(sheet.items(name)))
    fits = {total: np.abs(values * total - np.round(values * total)) <= WHOLE for total in candidates}
    best = max(fits, key=lambda total: (fits[total].sum(), -total), default=0)
    if not best or len(models) < FEWEST or fits[best].mean() < USUAL_SHARE:
        return 0, np.ones(len(models), bool)
    return best, fits[best]


def denominator(share: float) -> int:
    """Denominator of the fraction that a figure is to full precision, 0 where there is none."""
    fraction = Fraction(share).limit_denominator(LARGEST_TOTAL)
    return fraction.denominator if abs(float(fraction) - share) < FRACTION else 0


def rounding(sheet: Sheet) -> Iterator[Finding]:
    """Figures that were rounded where others of their column were not; equal findings count once."""
    found: dict[tuple[str, ...], list[str]] = {}
    for name in sheet.raw:
        found.setdefault(tuple(rounded(sheet, str(name))), []).append(str(name))
    for models, names in found.items():
        if models:
            also = f" (and on {counted(len(names) - 1, 'more benchmark')} alike)" if len(names) > 1 else ""
            yield Finding(
                "rounded",
                names[0],
                f"{of_models(models)} a rounded figure, others do not{also}",
                "count the digits; perhaps from another source or date",
                models,
                "note",
            )


def rounded(sheet: Sheet, name: str) -> list[str]:
    """Models with a figure of four digits or fewer that is no whole count of the items.

    Where the number of items is not known, the scale must not be a share, at most one in ten may be
    so, and the others must have six digits or more.
    """
    values = sheet.raw[name].to_numpy()
    if varied(sheet, name):
        return []
    digits = np.array([decimals(value) for value in values])
    ends = sheet.coded.loc[name, ["lower_bound", "upper_bound"]].to_numpy(float)
    few = (digits <= FEW_DIGITS) & ~np.isnan(values) & ~np.isin(values, ends)
    if np.isnan(sheet.items(name)):
        known = digits[~np.isnan(values)]
        rare = 0 < few.sum() <= ISOLATED * len(known) and np.median(known) >= MANY_DIGITS
        few &= rare and sheet.coded.at[name, "unit"] not in SCALES
    else:
        fits = whole(sheet, name)
        few &= ~fits & (fits & (digits > FEW_DIGITS)).any()
    return [str(model) for model in sheet.raw.index[few]]


def decimals(value: float) -> int:
    """Digits after the point of the shortest decimal that reads back as the number."""
    return len(np.format_float_positional(value, trim="-").partition(".")[2])


CHECKS = (
    bounds, constants, repeats, item_counts, rounding, duplicates, products, saturation, floor, mixed_units,
)
