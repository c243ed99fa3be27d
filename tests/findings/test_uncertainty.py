"""What the chapter on uncertainty says and lists."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import intervals, resampling, scores, steps
from analysis.findings import uncertainty
from analysis.parameters import Parameters
from analysis.scores import ScoreTable

METHODS = ("jackknife_z", "percentile")


@pytest.fixture(scope="module")
def table(data_folder: Path) -> ScoreTable:
    return scores.load(data_folder)


@pytest.fixture(scope="module")
def evidence(table: ScoreTable) -> intervals.Evidence:
    panel = resampling.panel(table, "chat", Parameters())
    return intervals.resample(panel, 200, 1, tuple(intervals.methods_table()))


def test_each_row_without_a_family_is_the_plain_computation_on_the_table_without_it(
    table: ScoreTable, evidence: intervals.Evidence
) -> None:
    from analysis.correlation import capabilities_correlations
    from dataclasses import replace

    rows = uncertainty.deleted_rows(evidence, "mt_bench").set_index("family")
    family = rows.index[0]
    models = table.models[table.models["family"] != family]
    without = replace(table, models=models, scores=table.scores[table.scores["model"].isin(models.index)])
    direct = capabilities_correlations(without, "chat", Parameters()).set_index("benchmark")
    assert rows.at[family, "correlation"] == pytest.approx(direct.at["mt_bench", "correlation"], abs=1e-9)


def test_families_left_out_hold_all_models_of_the_population(table: ScoreTable, evidence: intervals.Evidence) -> None:
    rows = uncertainty.deleted_rows(evidence, "mt_bench")
    assert rows["models"].sum() == (table.models["population"] == "chat").sum()


def test_the_standard_error_told_is_that_of_the_interval_told(evidence: intervals.Evidence) -> None:
    from scipy.stats import t

    told = uncertainty.example_findings(evidence, "mt_bench", "MT-Bench", Parameters())
    reach = t.ppf(0.975, int(told["freedom"])) * float(told["error"])
    lower, upper = np.tanh(float(told["z"]) - reach), np.tanh(float(told["z"]) + reach)
    rows = uncertainty.method_rows(evidence, "mt_bench", 0.95).set_index("label")
    chosen = rows.loc[intervals.methods_table()[intervals.CHOSEN].label]
    assert (lower, upper) == pytest.approx((chosen["lower"], chosen["upper"]), abs=0.02)


def test_every_method_has_a_row_and_only_one_ignores_families(evidence: intervals.Evidence) -> None:
    rows = uncertainty.method_rows(evidence, "mt_bench", 0.95)
    assert len(rows) == len(intervals.methods_table()) and (rows["unit"] == "model").sum() == 1


def coverage(chosen: str = "jackknife_z") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "population": "p",
            "method": ["jackknife_z", "jackknife_z", "percentile", "percentile"],
            "rho": [0.0, 0.4, 0.0, 0.4],
            "coverage": [0.95, 0.96, 0.90, 0.91],
            "mean_width": [0.7, 0.6, 0.5, 0.4],
            "simulations": 1000,
            "nominal": 0.95,
        }
    ).assign(chosen=lambda frame: frame["method"] == chosen)


def test_the_kept_calibration_tells_the_range_of_the_chosen_method() -> None:
    sentence = uncertainty.kept_sentence(coverage())
    assert "95.0" in sentence and "96.0" in sentence and "90" not in sentence


def simulated(**cells: float) -> pd.DataFrame:
    """A calibration with one cell a method, the family jackknife chosen."""
    frame = coverage()[:1].drop(columns=["method", "coverage", "chosen"])
    rows = pd.concat([frame.assign(method=method, coverage=share) for method, share in cells.items()], ignore_index=True)
    return rows.assign(chosen=rows["method"] == "jackknife_z")


@pytest.mark.parametrize(
    ("naive", "percentile", "says"),
    [
        (0.951, 0.94, ["did no harm", "does no better", "1.0 points short"]),
        (0.928, 0.94, ["2.2 percentage points short", "harm is small", "does better"]),
        (0.80, 0.80, ["15.0 percentage points short", "harm is large", "does no better"]),
    ],
)
def test_the_harm_of_ignoring_families_is_judged_by_the_worst_coverage(
    naive: float, percentile: float, says: list[str]
) -> None:
    sentence = uncertainty.naive_sentence(simulated(jackknife_z=0.95, naive=naive, percentile=percentile))
    assert all(part in sentence for part in ["In the p panels", *says])


def test_without_a_method_that_ignores_families_its_harm_is_not_told() -> None:
    assert uncertainty.naive_sentence(coverage()) == "No method that ignores families was simulated."


def test_the_price_of_the_family_jackknife_is_told_only_where_it_has_one() -> None:
    cells = simulated(jackknife_z=0.94, naive=0.95)
    dear = cells.assign(mean_width=[0.7, 0.5])
    assert "1.0 percentage points at worst. Its price" in uncertainty.family_method_sentence(dear)
    assert "wider by 0.20" in uncertainty.family_method_sentence(dear)
    assert "price" not in uncertainty.family_method_sentence(cells)
    assert "at no true correlation" in uncertainty.family_method_sentence(coverage())


def test_a_narrower_method_that_missed_by_a_hair_is_named() -> None:
    cells = simulated(jackknife_z=0.96, jackknife_weighted_z=0.9705, percentile=0.9, naive=0.95)
    sentence = uncertainty.near_miss_sentence(cells.assign(mean_width=[0.72, 0.71, 0.5, 0.4]))
    label = intervals.methods_table()["jackknife_weighted_z"].label
    assert label in sentence and "97.05" in sentence and "0.05 percentage points" in sentence and "could choose otherwise" in sentence
    assert uncertainty.near_miss_sentence(cells.assign(mean_width=[0.1, 0.71, 0.5, 0.4])) == ""
    assert uncertainty.near_miss_sentence(coverage()[:0]) == ""


def test_the_two_intervals_of_the_example_are_compared_as_they_are_printed() -> None:
    labels = [intervals.methods_table()[name].label for name in ("naive", intervals.CHOSEN)]
    said = [
        uncertainty.naive_width_sentence(pd.DataFrame({"label": labels, "width": widths}))
        for widths in ([0.56, 0.54], [0.4, 0.5], [0.501, 0.499], [0.5, np.nan])
    ]
    assert "wider than" in said[0] and "narrower than" in said[1] and "as wide as" in said[2] and "nothing to compare" in said[3]


def test_names_that_hold_commas_are_told_apart() -> None:
    rows = pd.DataFrame({"name": ["A, one", "B", "C"], "reliability": [np.nan, np.nan, 0.9]})
    assert "A, one; B." in uncertainty.names_without_reliability(rows)
    assert "for A, one." in uncertainty.names_without_reliability(rows[:1])
    assert "could be computed" in uncertainty.names_without_reliability(rows[2:])


def test_coverage_rows_hold_the_worst_and_best_cell_of_each_method() -> None:
    rows = uncertainty.coverage_rows(coverage()).set_index("label")
    label = intervals.methods_table()["percentile"].label
    assert rows.loc[label, ["lowest", "highest", "mean_width"]].tolist() == pytest.approx([0.90, 0.91, 0.45])


def test_an_edition_of_other_models_gets_no_kept_calibration(
    table: ScoreTable, data_folder: Path, tmp_path: Path
) -> None:
    from dataclasses import replace

    steps.write_coverage(data_folder, replace(table, published=table.published[:0]), tmp_path)
    assert uncertainty.kept_coverage(tmp_path).empty
    assert "not shown" in uncertainty.kept_sentence(uncertainty.kept_coverage(tmp_path))


def test_the_released_models_get_the_kept_calibration_unchanged(
    table: ScoreTable, data_folder: Path, tmp_path: Path
) -> None:
    steps.write_coverage(data_folder, table, tmp_path)
    pd.testing.assert_frame_equal(
        uncertainty.kept_coverage(tmp_path), pd.read_csv(data_folder / "coverage.csv")
    )


def test_without_any_interval_the_chapter_says_so() -> None:
    judged = pd.DataFrame({"lower": [np.nan], "upper": [np.nan], "reliability": [np.nan]})
    assert "too few families" in uncertainty.width_findings(judged)["width_sentence"]


def test_the_nested_bootstrap_is_left_out_where_it_would_take_too_many_refits(evidence: intervals.Evidence) -> None:
    few = uncertainty.affordable_methods(evidence.panel, 2_000)
    many = uncertainty.affordable_methods(evidence.panel, 1_000_000)
    assert set(few) - set(many) == {"bootstrap_t"}


@pytest.mark.parametrize(("families", "panels"), [(9, 100), (50, 100), (500, 10), (5_000, 10)])
def test_fewer_panels_are_simulated_where_families_are_very_many(
    families: int, panels: int, evidence: intervals.Evidence
) -> None:
    from dataclasses import replace

    names = tuple(str(family) for family in range(families))
    assert uncertainty.panels_simulated(100, replace(evidence.panel, family_names=names)) == panels
