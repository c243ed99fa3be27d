from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize

from analysis.theory import what_benchmarks_do as model

CORRELATION = st.floats(-0.99, 0.99)
REWARD = st.floats(0.05, 5)


def standardised_pair(correlation: float, rng: np.random.Generator, models: int) -> tuple:
    capability, safety = rng.standard_normal((2, models))
    return capability, model.score_gain(correlation, model.Work(capability, safety))


@pytest.mark.parametrize("correlation", [-0.7, 0.0, 0.4, 0.9])
def test_the_weight_on_capability_is_the_capabilities_correlation(correlation):
    models = 200_000
    capability, score = standardised_pair(correlation, np.random.default_rng(1), models)
    standard_error = (1 - correlation**2) / np.sqrt(models)
    assert np.corrcoef(capability, score)[0, 1] == pytest.approx(correlation, abs=4 * standard_error)
    assert np.std(score) == pytest.approx(1, abs=4 / np.sqrt(2 * models))


def test_a_correlation_beyond_one_is_refused():
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        model.safety_weight([0.2, 1.2])


def net_reward(work: np.ndarray, rho: float, pay: tuple[float, float, float], elasticity: float) -> float:
    leaderboard, market, care = pay
    capability, safety = work
    score = rho * capability + np.sqrt(1 - rho**2) * safety
    before, total = np.hypot(market, care), np.hypot(capability, safety)
    cost = before**2 * (total / before) ** (1 + 1 / elasticity) / (1 + 1 / elasticity)
    return leaderboard * score + market * capability + care * safety - cost


@pytest.mark.parametrize("elasticity", [0.3, 1.0, 1.7])
@pytest.mark.parametrize("rho", [-0.8, 0.0, 0.5, 0.95])
def test_the_best_response_maximises_reward_less_cost(rho, elasticity):
    pay = (0.7, 1.3, 0.4)
    best = np.array(model.best_response(rho, *pay, elasticity))
    found = minimize(
        lambda work: -net_reward(work, rho, pay, elasticity),
        x0=[1.0, 1.0],
        bounds=[(1e-9, None)] * 2,
        options={"ftol": 1e-14, "gtol": 1e-10},
    )
    assert best == pytest.approx(found.x, abs=1e-4)


@given(CORRELATION, REWARD, REWARD)
def test_with_a_fixed_budget_the_amount_of_work_does_not_change(rho, market, care):
    work = model.best_response(rho, 1.0, market, care, elasticity=0.0)
    assert np.hypot(*work) == pytest.approx(np.hypot(market, care))


@given(CORRELATION, REWARD, REWARD, st.floats(0, 2))
def test_without_a_leaderboard_nothing_changes(rho, market, care, elasticity):
    assert np.array(model.best_response(rho, 0.0, market, care, elasticity)) == pytest.approx([market, care])


def test_a_field_without_rewards_has_no_work_to_redirect():
    with pytest.raises(ValueError, match="cannot both be zero"):
        model.best_response(0.5, 1.0, 0.0, 0.0)


@given(st.floats(0, 0.99), REWARD, REWARD)
def test_the_share_follows_from_the_best_response(rho, market, care):
    work = model.best_response(rho, 1.0, market, care)
    share = rho * work.capability / model.score_gain(rho, work)
    assert model.capability_share(rho, 1.0, market, care) == pytest.approx(share)


@given(st.floats(0, 0.99), REWARD, REWARD, REWARD)
def test_the_share_has_the_printed_closed_form(rho, leaderboard, market, care):
    printed = (rho**2 * leaderboard + rho * market) / (
        leaderboard + rho * market + care * np.sqrt(1 - rho**2)
    )
    assert model.capability_share(rho, leaderboard, market, care) == pytest.approx(printed)


@given(st.floats(-0.999, 1))
def test_with_neither_market_nor_care_the_share_is_the_squared_correlation(rho):
    assert model.capability_share(rho, 1.0, 0.0, 0.0) == pytest.approx(max(rho, 0.0) ** 2)


def test_where_nothing_is_gained_there_is_no_share():
    assert np.isnan(model.capability_share(-1.0, 1.0, 0.0, 0.0))


@given(st.floats(0.05, 0.95), REWARD, REWARD)
def test_a_market_raises_the_share_and_care_lowers_it(rho, market, care):
    plain = model.capability_share(rho, 1.0, market, care)
    assert model.capability_share(rho, 1.0, market + 1, care) > plain
    assert model.capability_share(rho, 1.0, market, care + 1) < plain


def small_change(rho: float, market: float, care: float, elasticity: float) -> np.ndarray:
    step = 1e-6
    after = np.array(model.best_response(rho, step, market, care, elasticity))
    return (after - [market, care]) / step


@given(REWARD, REWARD, st.floats(0.05, 2), st.floats(0.01, 50))
def test_at_the_dividing_line_a_small_benchmark_neither_helps_nor_harms(market, care, elasticity, price):
    rho = float(model.dividing_correlation(price, market, care, elasticity))
    assume(rho < 1)
    capability, safety = small_change(rho, market, care, elasticity)
    size = np.hypot(capability, safety) * (1 + price)
    assert safety - price * capability == pytest.approx(0, abs=1e-3 * size)


@given(REWARD, REWARD, st.floats(0, 2), st.floats(0.01, 50), st.floats(0.02, 0.3))
def test_below_the_line_a_small_benchmark_helps_and_above_it_harms(market, care, elasticity, price, gap):
    line = np.arccos(model.dividing_correlation(price, market, care, elasticity))
    for angle, sign in [(line + gap, 1), (line - gap, -1)]:
        if 0 <= angle <= np.pi and not (sign < 0 and line == 0):
            capability, safety = small_change(float(np.cos(angle)), market, care, elasticity)
            assert sign * (safety - price * capability) > -1e-4 * (1 + price)


@given(REWARD, REWARD, st.floats(0, 2))
def test_the_mix_turns_to_safety_below_the_cosine_of_today_s_rewards_whatever_the_elasticity(
    market, care, elasticity
):
    line = model.dividing_correlation(care / market, market, care, elasticity)
    assert line == pytest.approx(market / np.hypot(market, care))


@given(REWARD, REWARD)
def test_where_leaderboards_pay_for_themselves_capability_rises_with_every_positive_correlation(market, care):
    assert model.dividing_correlation(np.inf, market, care, 1.0) == pytest.approx(0, abs=1e-9)


@given(REWARD, REWARD, st.floats(0.01, 1))
def test_with_a_fixed_budget_all_lines_are_one(market, care, price):
    lines = model.dividing_correlation([0.0, price, np.inf], market, care, 0.0)
    assert lines == pytest.approx(market / np.hypot(market, care))


@given(CORRELATION, st.floats(0, 3), st.floats(0, 3), REWARD, REWARD)
def test_publicity_pulls_as_a_benchmark_of_the_effective_correlation(
    rho, investment, concern, market, care
):
    pull = np.array([rho + investment, np.sqrt(1 - rho**2) + concern])
    effective = model.effective_correlation(rho, investment, concern)
    same = model.rewards(effective, np.hypot(*pull), market, care)
    assert np.array(same) == pytest.approx(np.maximum(pull + [market, care], 0))


def test_pulls_that_cancel_have_no_direction():
    with pytest.raises(ValueError, match="cancel"):
        model.effective_correlation(-1.0, investment=1.0)


def win_rate(rise: float, labs: int, luck: float, noise: np.ndarray) -> float:
    scores = luck * noise
    scores[:, 0] += rise
    return float(np.mean(np.argmax(scores, axis=1) == 0))


@pytest.mark.parametrize(("labs", "luck"), [(2, 1.0), (5, 0.7), (12, 2.0)])
def test_the_contest_reward_is_the_slope_of_the_chance_of_winning(labs, luck):
    draws, rise = 400_000, 0.2 * luck
    noise = np.random.default_rng(2).gumbel(size=(draws, labs))
    gain = win_rate(rise, labs, luck, noise.copy()) - win_rate(-rise, labs, luck, noise.copy())
    standard_error = np.sqrt(gain / draws) / (2 * rise)
    curvature = rise**2 / luck**3 / 24
    assert model.contest_reward(1.0, labs, luck) == pytest.approx(
        gain / (2 * rise), abs=4 * standard_error + curvature
    )


@pytest.mark.parametrize(("labs", "luck"), [(1, 1.0), (5, 0.0)])
def test_a_contest_needs_rivals_and_luck(labs, luck):
    with pytest.raises(ValueError, match="contest"):
        model.contest_reward(1.0, labs, luck)


@pytest.mark.parametrize(("rho", "care"), [(0.9, 0.2), (0.3, 0.5), (-0.5, 0.1)])
def test_labs_that_only_count_near_misses_come_to_the_best_response(rho, care):
    prize, replicates = 5.0, 6
    ends = []
    for seed in range(replicates):
        path = model.simulate_tournament(rho, prize, 1.0, care, np.random.default_rng(seed))
        ends.append(path.loc[path["round"] > 100, ["capability", "safety"]].mean().to_numpy())
    standard_error = np.std(ends, axis=0, ddof=1) / np.sqrt(replicates)
    expected = np.array(model.best_response(rho, model.contest_reward(prize, 5, 1.0), 1.0, care))
    # A band of half-width h averages the slope: off by h²/6 of its curvature, which is below one.
    band_bias = prize * 0.1**2 / 6
    assert np.all(np.abs(np.mean(ends, axis=0) - expected) < 5 * standard_error + band_bias)


def test_before_the_benchmark_the_labs_do_what_market_and_care_pay():
    path = model.simulate_tournament(0.5, 5.0, 1.0, 0.3, np.random.default_rng(0), rounds=2)
    assert path.iloc[0].tolist() == [0, 1.0, 0.3]
    assert path["round"].tolist() == [0, 1, 2]


def test_the_share_grid_holds_every_combination_once():
    grid = model.share_grid([0.0, 0.5, 1.0], [0.0, 2.0], [0.0, 1.0])
    assert len(grid.drop_duplicates(["correlation", "market", "care"])) == len(grid) == 12
    row = grid.query("correlation == 0.5 and market == 2 and care == 1").iloc[0]
    assert row["share"] == pytest.approx((0.25 + 1) / (1 + 1 + np.sqrt(0.75)))


def test_the_change_grid_is_work_with_the_benchmark_less_work_without():
    grid = model.change_grid([0.5], [0.2], [1.0], leaderboard=0.4).set_index("kind")["change"]
    assert grid["capability"] == pytest.approx(0.4 * 0.5)
    assert grid["safety"] == pytest.approx(0.4 * np.sqrt(0.75))


def test_the_line_grid_answers_each_question_where_the_change_is_nought():
    grid = model.line_grid([0.4], [0.5]).set_index("question")["correlation"]
    step = 1e-6
    change = {q: (np.array(model.best_response(r, step, 1.0, 0.4, 0.5)) - [1, 0.4]) / step for q, r in grid.items()}
    assert change["safety itself falls"][1] == pytest.approx(0, abs=1e-4)
    assert change["capability itself rises"][0] == pytest.approx(0, abs=1e-4)
    mix = change["the mix turns to capability"]
    assert mix[1] == pytest.approx(0.4 * mix[0], abs=1e-4)
