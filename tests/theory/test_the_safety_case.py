from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from analysis.theory import the_safety_case as model
from analysis.theory.the_safety_case import MEASURES, Process

PROCESSES = st.builds(
    Process,
    choices=st.integers(1, 30),
    gap=st.floats(0, 5),
    discretion=st.floats(0, 1),
    signal=st.floats(0.1, 5),
    cutoff=st.floats(-2, 4),
    shared=st.floats(0, 0.9),
)
PRIOR = st.floats(0.001, 0.999)


@pytest.mark.parametrize(
    "process",
    [
        Process(),
        Process(choices=5, gap=0.5, discretion=0.4),
        Process(choices=20, shared=0.0, cutoff=0.5),
        Process(choices=8, shared=0.8, discretion=0.1),
    ],
)
@pytest.mark.parametrize("dangerous", [True, False])
def test_simulated_reports_say_below_as_often_as_the_closed_form(process, dangerous):
    reports = 40_000
    below = model.simulate_reports(process, dangerous, reports, np.random.default_rng(1)).mean()
    rings = model.alarm(process)
    expected = 1 - (rings.dangerous if dangerous else rings.safe)
    assert below == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / reports))


@pytest.mark.parametrize("shared", [0.0, 0.3, 0.7])
def test_two_correlated_benchmarks_both_score_high_as_the_bivariate_normal_says(shared):
    joint = multivariate_normal(cov=[[1, shared], [shared, 1]]).cdf([0.7, 0.7])
    found = model.chance_all_above(0.7, Process(choices=2, shared=shared))
    assert found == pytest.approx(joint, abs=1e-4)


@given(st.floats(-3, 3), st.integers(1, 20))
def test_benchmarks_with_independent_errors_multiply(margin, choices):
    found = model.chance_all_above(margin, Process(choices=choices, shared=0.0))
    assert found == pytest.approx(norm.cdf(margin) ** choices)


@given(st.floats(-3, 3), st.integers(1, 20))
def test_benchmarks_with_one_error_in_common_are_one_benchmark(margin, choices):
    found = model.chance_all_above(margin, Process(choices=choices, shared=1.0))
    assert found == pytest.approx(norm.cdf(margin))


@given(PROCESSES)
def test_the_ratio_lies_between_one_and_one_less_the_chance_of_an_alarm(process):
    ratio, dangerous = model.likelihood_ratio(process), model.alarm(process).dangerous
    assert 1 - dangerous - 1e-12 <= ratio <= 1 + 1e-12


@given(PROCESSES, PRIOR)
def test_a_report_removes_at_most_the_share_of_risk_that_would_have_rung_the_alarm(process, prior):
    after = model.posterior(prior, model.likelihood_ratio(process))
    assert 0 <= 1 - after / prior + 1e-12
    assert 1 - after / prior <= model.alarm(process).dangerous + 1e-12


TO_THE_LIMIT = {
    "discretion": [Process(choices=2, discretion=1 - 10.0**-k) for k in range(9)],
    "choice of benchmark": [Process(choices=4**k, shared=0.5) for k in range(12)],
    "elicitation": [Process(gap=float(k)) for k in range(11)],
}


@pytest.mark.parametrize("way", TO_THE_LIMIT)
def test_theorem_each_freedom_alone_takes_the_ratio_to_one_and_the_posterior_to_the_prior(way):
    ratios = [model.likelihood_ratio(process) for process in TO_THE_LIMIT[way]]
    assert ratios == sorted(ratios)
    assert ratios[-1] == pytest.approx(1, abs=0.02)
    assert model.posterior(0.2, ratios[-1]) == pytest.approx(0.2, abs=0.004)


def test_theorem_full_discretion_is_the_prior_exactly():
    assert model.likelihood_ratio(Process(discretion=1.0)) == 1
    assert model.posterior(0.37, 1.0) == pytest.approx(0.37)


@given(PRIOR, st.floats(0.01, 1))
def test_the_posterior_is_bayes_rule_on_odds(prior, ratio):
    after = model.posterior(prior, ratio)
    assert after / (1 - after) == pytest.approx(ratio * prior / (1 - prior))


def test_one_bit_of_evidence_halves_the_odds():
    assert model.evidence_bits(0.5) == 1
    assert model.evidence_bits(1.0) == 0


@pytest.mark.parametrize("enforcement", [0.0, 0.5, 2.0])
def test_an_alarm_is_explained_away_where_shipping_is_worth_more_than_the_penalty(enforcement):
    cases = 100_000
    worth = np.random.default_rng(2).exponential(size=cases)
    expected = float(model.discretion_under(enforcement))
    tolerance = 4 * np.sqrt(expected * (1 - expected) / cases) + 1e-12
    assert np.mean(worth > enforcement) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize(
    "wrong", [{"choices": 0}, {"gap": -1}, {"discretion": 1.2}, {"signal": 0}, {"shared": -0.1}]
)
def test_an_impossible_process_is_refused(wrong):
    with pytest.raises(ValueError, match="process needs"):
        Process(**wrong)


SELF_GRADED = Process(choices=6, gap=1.0, discretion=0.8)


def test_each_measure_mends_the_freedom_it_is_meant_for():
    independent, access, enforced = (model.apply(SELF_GRADED, [name], 0.5, 2.0) for name in MEASURES)
    assert (independent.choices, independent.gap, independent.discretion) == (1, 1.5, 0.8)
    assert (access.choices, access.gap, access.discretion) == (6, 0.0, 0.8)
    assert (enforced.choices, enforced.gap) == (6, 1.0)
    assert enforced.discretion == pytest.approx(0.8 * np.exp(-2))


def test_an_outsider_with_access_elicits_as_well_as_anyone():
    assert model.apply(SELF_GRADED, MEASURES[:2], outsider_gap=0.5).gap == 0


def test_an_unknown_measure_is_refused_by_name():
    with pytest.raises(ValueError, match="goodwill"):
        model.apply(SELF_GRADED, ["goodwill"])


def test_the_price_table_has_every_set_of_measures_and_agrees_with_bayes():
    table = model.price_table(SELF_GRADED, prior=0.1, outsider_gap=0.5)
    assert len(table) == 8 and table["measures"].iloc[[0, -1]].tolist() == ["none of them", "all three"]
    by_hand = 0.1 * (1 - table["alarm"]) / (0.1 * (1 - table["alarm"]) + 0.9 * (1 - table["false_alarm"]))
    assert np.allclose(table["posterior"], by_hand)
    assert np.allclose(table["removed"], 1 - by_hand / 0.1)
    assert table["posterior"].idxmin() == 7


def cut(label: str, length: int = 18) -> str:
    """As a narrow page shows a label: without its middle."""
    tail = length // 2
    return label if len(label) <= length else f"{label[: length - tail - 1]}…{label[-tail:]}"


def test_sets_of_measures_stay_distinct_where_a_narrow_page_cuts_their_names():
    names = [model.set_name(chosen) for chosen in model.subsets(MEASURES)]
    assert len({cut(name) for name in names}) == len(names) == 8
    assert max(map(len, names)) <= 25


def test_shapley_values_share_out_the_whole_and_treat_equals_equally():
    worth = {frozenset(s): float(len(s) ** 2) for s in model.subsets("abc")}
    assert model.shapley_values(worth, "abc") == pytest.approx({"a": 3, "b": 3, "c": 3})


def test_shapley_values_are_the_mean_gain_over_orders():
    rng = np.random.default_rng(3)
    worth = {frozenset(s): rng.uniform() for s in model.subsets("abc")}
    gains = [worth[frozenset(o[: o.index("b") + 1])] - worth[frozenset(o[: o.index("b")])] for o in itertools.permutations("abc")]
    assert model.shapley_values(worth, "abc")["b"] == pytest.approx(np.mean(gains))


def test_the_prices_add_up_to_what_all_measures_buy_together():
    prices = model.price_of_measures(SELF_GRADED, 0.5, 2.0)
    bits = model.price_table(SELF_GRADED, 0.1, 0.5, 2.0)["bits"]
    assert prices["average"].sum() == pytest.approx(bits.iloc[-1] - bits.iloc[0])
    assert prices.set_index("measure")["alone"].tolist() == pytest.approx(list(bits.iloc[1:4] - bits.iloc[0]))


def test_the_posterior_grid_never_falls_below_its_bound_nor_rises_above_the_prior():
    grid = model.posterior_grid([1, 4, 16], [0.0, 1.0], [0.0, 0.5, 1.0], prior=0.2)
    assert len(grid) == 18
    assert (grid["posterior"] >= grid["bound"] - 1e-12).all()
    assert (grid["posterior"] <= 0.2 + 1e-12).all()
    assert np.allclose(grid.query("discretion == 1")["posterior"], 0.2)


def test_stricter_enforcement_never_makes_a_report_worth_less():
    grid = model.price_grid(SELF_GRADED, 0.1, 0.5, enforcements=[0.0, 1.0, 3.0])
    enforced = grid[grid["measures"].str.contains("enforcement|all three")]
    assert enforced.groupby("measures")["bits"].apply(lambda bits: bits.is_monotonic_increasing).all()
    assert len(grid) == 24
