"""What the chapter on differential progress says and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.display import correlation as rho
from analysis.display import count, listing, number, percent_share
from analysis.findings.columns import same_throughout
from analysis.findings.shared import plural

if TYPE_CHECKING:
    import pandas as pd

RESIDUAL_COLUMNS = {
    "name": "Model",
    "family": "Family",
    "area": "Area",
    "benchmarks": "Benchmarks",
    "residual": "Residual",
    "lower": "From",
    "upper": "To",
    "reading": "Reading",
}
RESIDUAL_FORMATS = {"residual": rho, "lower": rho, "upper": rho}
AREA_COLUMNS = {
    "area": "Area",
    "models": "Models",
    "typical": "Size",
    "intervals": "Intervals",
    "above": "Above 0",
    "below": "Below 0",
    "by_chance": "By chance",
}
AREA_FORMATS = {"typical": number, "by_chance": number}
SHARE_COLUMNS = {
    "name": "Benchmark",
    "area": "Area",
    "correlation": "ρ",
    "share": "Share",
    "share_lower": "From",
    "share_upper": "To",
}
SHARE_FORMATS = {"correlation": rho, "share": rho, "share_lower": rho, "share_upper": rho}


def area_rows(residuals: pd.DataFrame, level: float) -> pd.DataFrame:
    """How many intervals of residuals leave zero out, by area.

    Parameters
    ----------
    residuals : DataFrame
        As returned by `analysis.progress.differential_progress`.
    level : float
        Confidence level.

    Returns
    -------
    DataFrame
        Columns of `AREA_COLUMNS`; `by_chance` is how many would leave zero out if no model
        differed from expectation.
    """
    import pandas as pd

    rows = [
        {
            "area": area,
            "models": part["residual"].notna().sum(),
            "typical": part["residual"].abs().median(),
            "intervals": part["lower"].notna().sum(),
            "above": (part["lower"] > 0).sum(),
            "below": (part["upper"] < 0).sum(),
            "by_chance": (1 - level) * part["lower"].notna().sum(),
        }
        for area, part in residuals.groupby("area", sort=False)
    ]
    return pd.DataFrame(rows, columns=list(AREA_COLUMNS))


def residual_findings(residuals: pd.DataFrame, level: float) -> dict[str, str]:
    """Strings on which models are safer than their capabilities predict.

    Parameters
    ----------
    residuals : DataFrame
        As returned by `analysis.progress.differential_progress`.
    level : float
        Confidence level.

    Returns
    -------
    dict of str
        Keys `residual_sentence, chance_sentence, interval_sentence, models_sentence, level`.
    """
    areas = area_rows(residuals, level)
    return {
        "level": percent_share(level),
        "residual_sentence": residual_sentence(areas),
        "chance_sentence": chance_sentence(areas),
        "interval_sentence": interval_sentence(residuals),
        "models_sentence": models_sentence(areas),
    }


def models_sentence(areas: pd.DataFrame) -> str:
    """What the column of models would say where it says the same in every row, or what it counts."""
    if same_throughout(areas, "models"):
        return f"Every area has residuals of {plural(int(areas['models'].iloc[0]), 'model')}."
    return "Models are those with a residual in the area."


def residual_sentence(areas: pd.DataFrame) -> str:
    """One sentence on how many residuals were computed."""
    if areas.empty:
        return "These scores hold no headline safety benchmark, so no model can be compared with what is expected of it."
    return (
        f"In {plural(len(areas), 'area')} the residuals of up to {plural(int(areas['models'].max()), 'model')} are of a "
        f"typical size of {number(areas['typical'].median())} standard deviations."
    )


def chance_sentence(areas: pd.DataFrame) -> str:
    """One sentence that sets the intervals that leave zero out against what chance brings."""
    total = int(areas["intervals"].sum()) if len(areas) else 0
    if not total:
        return "For none of them is there an interval, so nothing can be said of any model."
    apart, chance = int(areas["above"].sum() + areas["below"].sum()), float(areas["by_chance"].sum())
    verdict = "no more than" if apart <= chance else "more than"
    return (
        f"Of {plural(total, 'interval')} {count(apart)} {'leaves' if apart == 1 else 'leave'} zero out: {verdict} the "
        f"{number(chance, 1)} that chance alone would bring if no model differed from expectation."
    )


def interval_sentence(residuals: pd.DataFrame) -> str:
    """One sentence on the areas in which there are no intervals."""
    if residuals.empty:
        return ""
    without = residuals.groupby("area", sort=False)["lower"].apply(lambda bounds: bounds.isna().all())
    names = list(without.index[without])
    if not names:
        return "Every area has benchmarks of at least two suites, and so an interval."
    return (
        f"In {listing(names)} there is no interval: it takes benchmarks of two suites and at least three other families."
    )


def standing_out(residuals: pd.DataFrame) -> pd.DataFrame:
    """The models whose interval leaves zero out, by area.

    Parameters
    ----------
    residuals : DataFrame
        As returned by `analysis.progress.differential_progress`.

    Returns
    -------
    DataFrame
        Some rows; one row saying so where there is none.
    """
    import pandas as pd

    rows = residuals[(residuals["lower"] > 0) | (residuals["upper"] < 0)]
    if len(rows):
        return rows.sort_values("residual", ascending=False)
    nobody = {column: [np.nan] for column in RESIDUAL_COLUMNS} | {"name": ["No model"]}
    return pd.DataFrame(nobody)


def share_findings(shares: pd.DataFrame) -> dict[str, str]:
    """Strings on what a rise in score is made of.

    Parameters
    ----------
    shares : DataFrame
        As returned by `analysis.progress.progress_shares`.

    Returns
    -------
    dict of str
        Keys `share_sentence, market_sentence, range_sentence`.
    """
    known = shares.dropna(subset=["share"])
    if known.empty:
        nothing = "No safety benchmark in these scores has a capabilities correlation to put into the model."
        return {"share_sentence": nothing, "market_sentence": "", "range_sentence": ""}
    weakest, strongest = (known[known["market"] == end] for end in (known["market"].min(), known["market"].max()))
    half, more = int((weakest["share"] > 0.5).sum()), int((strongest["share"] > 0.5).sum())
    falls = int(shares.loc[shares["market"] == shares["market"].max(), "share"].isna().sum())
    unsure = weakest["share_lower"].isna() | (weakest["share_lower"].le(0.5) & weakest["share_upper"].gt(0.5))
    return {
        "share_sentence": (
            f"Even without a market, more than half of a rise in score would be capability on {count(half)} of "
            f"{plural(len(weakest), 'benchmark')}."
        ),
        "market_sentence": (
            f"With a market that pays {number(strongest['market'].iloc[0], 0)} times what the leaderboard does, it is "
            f"{count(more)}"
            + (
                f", and on {count(falls)} the score would not rise at all, because labs would give it up for capability."
                if falls
                else "."
            )
        ),
        "range_sentence": (
            f"For {count(int(unsure.sum()))} of the {count(len(weakest))} the interval of ρ leaves open whether, without a market, it is more than half or less."
        ),
    }


def first_shares(shares: pd.DataFrame) -> pd.DataFrame:
    """The shares without a market, highest first, from `analysis.progress.progress_shares`."""
    weakest = shares[shares["market"] == shares["market"].min()] if len(shares) else shares
    return weakest.sort_values("correlation", ascending=False)
