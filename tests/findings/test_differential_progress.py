"""The words on differential progress, tested as sentences about residuals and shares."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis import progress
from analysis.findings import differential_progress as found


def residuals(**bounds: list[float]) -> pd.DataFrame:
    lower, upper = bounds["lower"], bounds["upper"]
    frame = pd.DataFrame({"area": "A", "model": list("abcd"), "residual": [0.1, -0.2, 0.3, -0.4], "lower": lower, "upper": upper})
    return frame.reindex(columns=list(progress.RESIDUALS))


WIDE = {"lower": [-1.0] * 4, "upper": [1.0] * 4}


def test_intervals_that_leave_zero_out_are_counted_on_each_side() -> None:
    frame = residuals(lower=[0.05, -0.5, -0.1, np.nan], upper=[0.2, -0.1, 0.7, np.nan])
    row = found.area_rows(frame, 0.95).iloc[0]
    assert (row["models"], row["intervals"], row["above"], row["below"]) == (4, 3, 1, 1)
    assert row["by_chance"] == 3 * (1 - 0.95)
    said = found.residual_findings(frame, 0.95)["chance_sentence"]
    assert "Of 3 intervals 2 leave zero out: more than" in said


def test_as_few_as_chance_brings_is_said_to_be_no_more() -> None:
    said = found.residual_findings(residuals(**WIDE), 0.95)["chance_sentence"]
    assert "Of 4 intervals 0 leave zero out: no more than the 0.2 that chance" in said


def test_areas_without_intervals_are_named() -> None:
    bare = residuals(lower=[np.nan] * 4, upper=[np.nan] * 4)
    said = found.residual_findings(bare, 0.95)
    assert said["interval_sentence"].startswith("In A there is no interval")
    assert "nothing can be said of any model" in said["chance_sentence"]


def test_nobody_standing_out_is_a_row_of_its_own() -> None:
    assert found.standing_out(residuals(**WIDE))["name"].tolist() == ["No model"]
    apart = found.standing_out(residuals(lower=[0.05, -1, -1, -1], upper=[0.2, 1, 1, 1]))
    assert apart["model"].tolist() == ["a"]


def test_no_safety_benchmark_leaves_one_plain_sentence_each() -> None:
    empty = pd.DataFrame(columns=list(progress.RESIDUALS))
    assert "no headline safety benchmark" in found.residual_findings(empty, 0.95)["residual_sentence"]
    shares = pd.DataFrame(columns=list(progress.SHARES))
    assert "No safety benchmark" in found.share_findings(shares)["share_sentence"]


def test_shares_above_one_half_are_counted_at_each_end_of_the_market() -> None:
    shares = pd.DataFrame({
        "market": [0.0, 0.0, 5.0, 5.0], "share": [0.6, 0.1, 0.9, np.nan],
        "share_lower": [0.3, 0.05, 0.8, np.nan], "share_upper": [0.8, 0.2, 0.95, np.nan],
    })
    said = found.share_findings(shares)
    assert "capability on 1 of 2 benchmarks" in said["share_sentence"]
    assert "it is 1, and on 1 the score would not rise" in said["market_sentence"]
    assert said["range_sentence"].startswith("For 1 of the ")
