"""What the chapter on areas says and lists."""

from __future__ import annotations

import pandas as pd

from analysis.findings import areas


def headline() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "benchmark": ["a", "b", "c", "d"],
            "area": ["X", "X", "Y", None],
            "correlation": [0.9, -0.5, 0.1, 0.2],
            "lower": [0.6, -0.8, -0.3, float("nan")],
            "upper": [0.95, 0.1, 0.3, float("nan")],
            "verdict": ["entangled", "cannot tell", "distinct", "cannot tell"],
            "q_value": [0.01, 0.2, 0.8, float("nan")],
            "p_value": [0.25, 0.5, 0.8, float("nan")],
            "n_models": 12,
            "n_families": [3, 3, 4, 2],
            "reliability": [0.9, float("nan"), 0.9, float("nan")],
            "more_families": [float("nan"), 12.0, float("nan"), float("inf")],
        }
    )


def test_areas_are_summarised_over_their_own_benchmarks() -> None:
    summary = areas.area_summary(headline(), 0.4).set_index("area")
    assert summary.loc["X", ["benchmarks", "lowest", "highest", "above", "below"]].tolist() == [2, -0.5, 0.9, 1, 1]
    assert summary.loc["Y", "median"] == 0.1


def test_a_benchmark_without_an_area_is_kept_and_named_so() -> None:
    assert "no area stated" in set(areas.area_summary(headline(), 0.4)["area"])


def test_an_area_whose_benchmarks_lie_far_apart_is_named() -> None:
    sentence = areas.area_sentence(areas.area_summary(headline(), 0.4))
    assert "in X the highest" in sentence and "Y" not in sentence


def test_areas_that_hang_together_are_said_to() -> None:
    rows = headline().assign(correlation=[0.5, 0.4, 0.1, 0.2])
    assert "half a unit" in areas.area_sentence(areas.area_summary(rows, 0.4))
    assert "no safe guide" not in areas.area_sentence(areas.area_summary(rows, 0.4))


def test_one_area_cannot_be_compared() -> None:
    assert "cannot be compared" in areas.area_sentence(areas.area_summary(headline()[:2], 0.4))


def test_verdicts_are_counted_by_area_and_add_up() -> None:
    summary = areas.area_summary(headline(), 0.4).set_index("area")
    assert summary.loc["X", list(areas.VERDICTS)].tolist() == [1, 0, 0, 1]
    assert summary[list(areas.VERDICTS)].to_numpy().sum() == len(headline())


def test_the_sentences_count_verdicts_directions_and_discoveries() -> None:
    found = areas.verdict_findings(headline(), 0.95)
    assert "1 of 4 headline safety benchmarks is entangled, 0 inverse and 1 distinct" in found["verdict_sentence"]
    assert "other 2" in found["verdict_sentence"]
    assert found["both_sides_sentence"].startswith("For 2 of 3 benchmarks")
    assert "1 of 3 benchmarks" in found["q_sentence"]


def test_nothing_to_judge_is_said_plainly() -> None:
    found = areas.verdict_findings(headline()[:0], 0.95)
    assert "no headline safety benchmark" in found["verdict_sentence"]
    assert "No interval" in found["both_sides_sentence"] and "so few families" in found["q_sentence"]


def test_rows_at_the_floor_of_the_test_are_counted_with_their_q() -> None:
    said = areas.floor_sentence(headline())
    assert "with 3 families no p-value lies below 0.250" in said and "1 row stands at the floor" in said and "q from 0.010" in said
    assert areas.floor_sentence(headline().assign(n_families=20)).startswith("No row has")
    assert areas.floor_sentence(headline()[:0]).startswith("No row has")


def test_what_more_families_cannot_settle_is_counted() -> None:
    said = areas.settling_sentence(headline())
    assert "The reliability of 2 of these 2 benchmarks is unknown" in said and "never distinct" in said
    assert "unknown" not in areas.settling_sentence(headline().assign(reliability=0.9))
    assert areas.settling_sentence(headline()[:1]) == "No benchmark waits for more families."


def test_a_number_of_families_beyond_reach_is_called_so() -> None:
    assert [areas.families_wanted(value) for value in (12.0, float("inf"))] == ["12", "beyond reach"]
