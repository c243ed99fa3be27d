from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from score_tables import random_scores, score_table

from analysis.capability import capabilities_scores
from analysis.intervals import interval_frame
from analysis.parameters import Parameters
from analysis.resampling import panel, plain
from analysis.scores import load, oriented
from analysis.separability import (
    TRUE_PARTIALS,
    ComputePanel,
    compute_panel,
    detectable,
    power,
    separability,
    simulated_panel,
)


def without_compute(table):
    return replace(table, models=table.models.assign(training_flop=np.nan))


def test_partial_correlation_is_what_fits_on_compute_leave():
    table = score_table(index=3, chat=random_scores(18, 6))
    scores = oriented(table, "chat")
    score = capabilities_scores(scores[["b0", "b1", "b2"]])
    ranks = pd.DataFrame(
        {"x": score, "y": scores["b5"], "z": np.log(table.models["training_flop"])}
    ).rank()
    left = [ranks[n] - np.polyval(np.polyfit(ranks["z"], ranks[n], 1), ranks["z"]) for n in "xy"]
    found = separability(table, "chat", Parameters()).set_index("benchmark").loc["b5"]
    assert found["partial"] == pytest.approx(stats.pearsonr(*left).statistic)
    assert found["compute"] == pytest.approx(stats.spearmanr(ranks["y"], ranks["z"]).statistic)


def test_the_interval_is_that_of_the_chosen_method(data_folder):
    table, parameters = load(data_folder), Parameters()
    found = separability(table, "chat", parameters)
    expected = interval_frame(panel(table, "chat", parameters), "partial", parameters)
    np.testing.assert_array_equal(found["lower"], expected["lower"])
    np.testing.assert_array_equal(found["n_families"], expected["families"])
    known = (found["lower"] > 0) | (found["upper"] < 0)
    assert (found["finding"] == np.where(known, "separable", "not separable")).all()


def test_compute_as_released_is_another_compute(data_folder):
    table = load(data_folder)
    ours, released = (
        separability(table, "chat", Parameters(compute=c)) for c in ("training_flop", "flop_as_released")
    )
    assert not ours["partial"].equals(released["partial"])


def test_without_compute_nothing_is_separable_and_nothing_simulated():
    table = without_compute(score_table(index=3, chat=random_scores(18, 6)))
    found = separability(table, "chat", Parameters())
    assert (found["finding"] == "no interval").all()
    assert (found["n_models"] == 0).all()
    assert compute_panel(table, "chat", Parameters()) is None
    empty = power(table, "chat", Parameters(), simulations=3)
    assert empty.empty
    assert np.isnan(detectable(empty))


def test_simulated_panels_have_the_partial_correlations_asked_for():
    model = ComputePanel(
        np.repeat(np.arange(4000), 3), 0.8, 0.3, 0.4, np.array([0.7, -0.5]), np.array([0.2, 0.6])
    )
    drawn = simulated_panel(model, np.random.default_rng(1))
    score, benchmarks, compute = drawn.scores[:, 0], drawn.scores[:, 1:], drawn.compute
    rest = [v - np.polyval(np.polyfit(compute, v, 1), compute) for v in (score, *benchmarks.T)]
    found = [np.corrcoef(rest[0], b)[0, 1] for b in rest[1:]]
    np.testing.assert_allclose(found, TRUE_PARTIALS, atol=0.03)
    assert np.corrcoef(score, compute)[0, 1] == pytest.approx(0.8, abs=0.02)
    np.testing.assert_allclose(plain(drawn).variance_share, 1)


def test_within_a_simulated_panel_only_the_effect_changes():
    model = ComputePanel(np.repeat(np.arange(40), 3), 0.8, 0.3, 0.4, np.array([0.7, -0.5]), np.array([0.2, 0.6]))
    drawn = simulated_panel(model, np.random.default_rng(3))
    parts = np.column_stack([drawn.compute, drawn.scores[:, 0], drawn.scores[:, 1]])
    left = drawn.scores[:, 1:] - parts @ np.linalg.lstsq(parts, drawn.scores[:, 1:], rcond=None)[0]
    np.testing.assert_allclose(left, 0, atol=1e-9)


def test_power_rises_steadily_because_all_sizes_share_their_draws(data_folder):
    found = power(load(data_folder), "chat", Parameters(), simulations=100)
    assert (found["power"].diff().dropna() >= -0.05).all()


def test_power_grows_with_the_effect_and_keeps_its_size(data_folder):
    found = power(load(data_folder), "chat", Parameters(), simulations=150)
    assert found["power"].iloc[0] < 0.1
    assert found["power"].iloc[-1] > found["power"].iloc[5] > found["power"].iloc[0]
    assert found["partial"].tolist() == list(TRUE_PARTIALS)
    assert set(found["simulations"]) == {150}


def test_many_families_see_what_few_cannot(data_folder):
    shipped = load(data_folder)
    few = power(shipped, "chat", Parameters(), simulations=60)
    wide = score_table(index=4, chat=random_scores(160, 12, seed=2))
    many = power(wide, "chat", Parameters(), simulations=60)
    assert many["power"].iloc[5] > 0.9 > few["power"].iloc[5]


def test_the_seed_decides_the_power(data_folder):
    table = load(data_folder)
    one, same = (power(table, "base", Parameters(seed=4), simulations=10) for _ in range(2))
    pd.testing.assert_frame_equal(one, same)


def test_detectable_is_where_power_passes_the_wanted():
    frame = pd.DataFrame({"partial": [0.0, 0.2, 0.4, 0.6], "power": [0.05, 0.3, 0.7, 0.9]})
    assert detectable(frame, 0.8) == pytest.approx(0.5)
    assert detectable(frame, 0.05) == 0.0
    assert np.isnan(detectable(frame, 0.95))
