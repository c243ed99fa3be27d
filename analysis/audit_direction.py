"""Audit checks on direction: which end of a benchmark's scale is called good."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.audit import Finding, Sheet
from analysis.capability import counted
from analysis.display import number, signed
from analysis.problems import visible

GAIN = 0.25
FIT = 0.5
AGAINST = -0.4
FEWEST = 8
MATES = 3
STANDARD_ERRORS = 3.0
MOST = 2 / 3
SAME = 1e-9


def splits(sheet: Sheet) -> Iterator[Finding]:
    """Totals whose declared direction does not fit that of their parts.

    A total is fitted on its parts with non-negative weights, all turned as declared. Where turning
    the total, or one part, round explains at least a quarter more of its variance, the declared
    directions contradict each other.
    """
    for total in sheet.coded.index:
        parts = [name for name in sheet.parts(total) if not undirected(sheet, name)]
        known = sheet.turned[[total, *parts]].dropna()
        if not parts or undirected(sheet, total) or len(known) < max(FEWEST, len(parts) + 2):
            continue
        signs = sign_choices(len(parts))
        shares = [explained(known * row) for row in signs]
        best = int(np.argmax(shares))
        if shares[best] >= FIT and shares[best] - shares[0] >= GAIN:
            yield split_finding(known.columns, best, shares[0], shares[best])


def sign_choices(parts: int) -> list[np.ndarray]:
    """All as declared, then the total turned round, then each part of several turned round."""
    identity = np.ones(parts + 1)
    turned = [np.where(np.arange(parts + 1) == k, -1.0, 1.0) for k in range(parts + 1)]
    return [identity, *(turned if parts > 1 else turned[:1])]


def explained(scores: pd.DataFrame) -> float:
    """Share of variance of the first column that the others explain with weights ≥ 0.

    References
    ----------
    Lawson and Hanson (1974), Solving Least Squares Problems, chapter 23.
    """
    from scipy.optimize import nnls

    centred = scores.to_numpy() - scores.to_numpy().mean(axis=0)
    target, parts = centred[:, 0], centred[:, 1:]
    total = target @ target
    return 0.0 if total == 0 else 1 - nnls(parts, target)[1] ** 2 / total


def split_finding(names: pd.Index, turned: int, declared: float, best: float) -> Finding:
    """Say which of a total and its parts reads better the other way round."""
    total, which = str(names[0]), str(names[turned - 1])
    subject = "the total itself" if turned == 1 else f"its part {visible(which)}"
    return Finding(
        "direction_split",
        total,
        f"as declared, its parts explain {number(declared)} of its variance; with {subject} turned "
        f"round they explain {number(best)}",
        "fit the total on its parts with non-negative weights, in both directions",
    )


def gaps(sheet: Sheet) -> Iterator[Finding]:
    """Signed gaps called better in one direction.

    Where zero is what a fair or guessing answerer gets and nothing bounds the score on either
    side, the number is a gap, and neither direction of it is good.
    """
    open_ended = sheet.coded[["lower_bound", "upper_bound"]].isna().all(axis=1)
    chosen = sheet.coded.index[open_ended & (sheet.coded["chance"] == 0)]
    for name in [name for name in chosen if not undirected(sheet, name)]:
        values = sheet.raw[name].dropna()
        below = int((values < 0).sum())
        direction = "higher" if sheet.coded.at[name, "higher_is"] == "better" else "lower"
        yield Finding(
            "direction_gap",
            str(name),
            f"declared {direction} is better, but it is a gap about zero without bounds "
            f"({below} of {counted(len(values), 'model')} below zero)",
            "ask what zero means; if it means no gap, the size counts and not the sign",
        )


def maxima(sheet: Sheet) -> Iterator[Finding]:
    """Totals that are the largest of signed gaps.

    The largest gap is a size of the fault: it cannot be better when higher, and taken with its sign it
    does not see gaps the other way.
    """
    for total in sheet.coded.index:
        parts = [name for name in sheet.parts(total) if sheet.coded.at[name, "chance"] == 0]
        known = sheet.raw[[total, *parts]].dropna()
        if len(parts) < 2 or len(known) < FEWEST or not takes_one(known):
            continue
        missed = int((known[parts].abs().max(axis=1) > known[total].abs() + SAME).sum())
        if sheet.coded.at[total, "higher_is"] == "better":
            yield maximum_finding(str(total), "so a higher figure is a larger gap, yet it is called better")
        elif missed:
            what = f"so it misses a larger gap of the other sign in {counted(missed, 'model')}"
            yield maximum_finding(str(total), what, "note")


def takes_one(known: pd.DataFrame) -> bool:
    """Whether the first column always equals one of the others, not always the same one."""
    same = (known.iloc[:, 1:].sub(known.iloc[:, 0], axis=0).abs() <= SAME).to_numpy()
    return bool(same.any(axis=1).all() and not same.all(axis=0).any())


def maximum_finding(total: str, what: str, severity: str = "warning") -> Finding:
    """Say what follows from a total being the largest of its parts."""
    return Finding(
        "direction_maximum", total, f"in every model it equals one of its parts, {what}",
        "take the largest of its parts with their signs, then without", severity=severity,
    )


def siblings(sheet: Sheet) -> Iterator[Finding]:
    """Benchmarks that run against the benchmarks next to them.

    Compared are the other members of its tree and, one figure a tree, the rest of its subarea; a median
    rank correlation of −0.4 or below is reported.
    """
    matrix = sheet.turned.rank().corr(min_periods=FEWEST)
    roots, subareas, roles = sheet.roots, sheet.coded["subarea"], sheet.coded["role"]
    for name in sheet.coded.index[(roles != "auxiliary").to_numpy()]:
        others = matrix[name].drop(name).dropna()
        mates = others[(roots == roots[name])[others.index]]
        near = others[(subareas == subareas[name])[others.index]]
        trees = near.groupby(roots[near.index]).mean()
        groups = {"of its own tree": (mates, "warning"), "of its subarea": (trees, "note")}
        for where, (found, severity) in groups.items():
            if len(found) >= MATES and found.median() <= AGAINST:
                yield sibling_finding(str(name), where, found, severity)
                break


def sibling_finding(name: str, where: str, found: pd.Series, severity: str) -> Finding:
    """Say that a benchmark runs against others."""
    return Finding(
        "direction_siblings",
        name,
        f"runs against the benchmarks {where}: median rank correlation {signed(found.median())} "
        f"with {len(found)} of them",
        "correlate it with each; turned round, or measuring something else",
        severity=severity,
    )


def below_chance(sheet: Sheet) -> Iterator[Finding]:
    """Benchmarks on which most models do worse than guessing, by three standard errors or more."""
    for name in sheet.coded.index:
        row = sheet.coded.loc[name]
        if not row["lower_bound"] < row["chance"] < row["upper_bound"] or row["unit"] == "points":
            continue
        sign = -1.0 if row["higher_is"] == "worse" else 1.0
        distance = sign * (sheet.raw[name].dropna() - row["chance"])
        worse = distance < -STANDARD_ERRORS * chance_error(row)
        if len(worse) and worse.mean() >= MOST:
            yield Finding(
                "below_chance",
                str(name),
                f"{int(worse.sum())} of {counted(len(worse), 'model')} do worse than the chance "
                f"level of {row['chance']:.3g}, by more than sampling allows",
                "compare with the score of constant answers; turned round, or answers not read",
            )


def chance_error(row: pd.Series) -> float:
    """Standard error of a guesser's score, 0 where the number of items is not known."""
    share = (row["chance"] - row["lower_bound"]) / (row["upper_bound"] - row["lower_bound"])
    error = np.sqrt(share * (1 - share) / row["n_items"]) if row["n_items"] > 0 else 0.0
    return float(error * (row["upper_bound"] - row["lower_bound"]))


def undirected(sheet: Sheet, name: str) -> bool:
    """Whether a benchmark is declared a gap of which neither direction is better."""
    return sheet.coded.at[name, "as_released"] == "undirected"


CHECKS = (splits, gaps, maxima, siblings, below_chance)
