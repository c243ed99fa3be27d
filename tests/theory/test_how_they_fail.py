from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import brentq, minimize_scalar

from analysis.scores import ScoreTable
from analysis.theory import how_they_fail as model
from analysis.theory.how_they_fail import ItemBank

SLOPE = st.floats(0.3, 4)
WIDTH = st.floats(0, 3)
ABILITY = st.floats(-4, 8)


def logistic(x: float) -> float:
    return 1 / (1 + np.exp(-x))


@given(SLOPE, st.floats(0.05, 3), ABILITY)
def test_the_expected_score_averages_the_items(slope, width, ability):
    bank = ItemBank(10, slope, 2.0, width)
    mean, error = quad(lambda b: logistic(slope * (ability - b)) / (2 * width), 2 - width, 2 + width)
    assert model.expected_score(ability, bank) == pytest.approx(mean, abs=error + 1e-9)


@given(SLOPE, st.floats(0.05, 3), ABILITY)
def test_the_information_sums_the_items(slope, width, ability):
    bank = ItemBank(10, slope, 2.0, width)

    def one(b: float) -> float:
        right = logistic(slope * (ability - b))
        return 10 * slope**2 * right * (1 - right) / (2 * width)

    total, error = quad(one, 2 - width, 2 + width)
    assert model.information(ability, bank) == pytest.approx(total, abs=error + 1e-8)


@given(SLOPE, ABILITY)
def test_a_narrow_bank_is_the_limit_of_a_spread_one(slope, ability):
    narrow, spread = ItemBank(10, slope, 2.0, 0.0), ItemBank(10, slope, 2.0, 1e-4)
    assert model.expected_score(ability, narrow) == pytest.approx(model.expected_score(ability, spread), abs=1e-6)
    assert model.information(ability, narrow) == pytest.approx(model.information(ability, spread), rel=1e-4)


@given(SLOPE, WIDTH, ABILITY)
def test_a_bank_informs_just_as_fast_as_its_score_moves(slope, width, ability):
    bank, step = ItemBank(50, slope, 2.0, width), 1e-5
    low, high = model.expected_score([ability - step, ability + step], bank)
    assert model.information(ability, bank) == pytest.approx(50 * slope * (high - low) / (2 * step), rel=1e-3, abs=1e-3)


@given(SLOPE, WIDTH, st.floats(0.01, 0.3))
def test_saturation_is_where_the_expected_score_comes_close_to_the_ceiling(slope, width, short):
    bank = ItemBank(10, slope, 2.0, width)
    found = brentq(lambda a: float(model.expected_score(a, bank)) - (1 - short), -60, 60)
    assert model.saturation_ability(bank, short) == pytest.approx(found, abs=1e-6)


@pytest.mark.parametrize("short", [0.0, 1.0])
def test_saturation_needs_a_distance_from_the_ceiling(short):
    with pytest.raises(ValueError, match="between 0 and 1"):
        model.saturation_ability(ItemBank(), short)


@pytest.mark.parametrize("wrong", [{"items": 0}, {"discrimination": 0}, {"half_width": -1}])
def test_a_bank_that_cannot_discriminate_is_refused(wrong):
    with pytest.raises(ValueError, match="discriminate"):
        ItemBank(**wrong)


@given(st.floats(0.1, 3), st.floats(0, 4))
def test_a_harder_bank_lasts_longer_by_the_time_the_frontier_takes_to_get_there(growth, harder):
    easy, hard = ItemBank(centre=1.0), ItemBank(centre=1.0 + harder)
    years = [model.years_to_saturation(bank, 0.0, growth, 0.05) for bank in (easy, hard)]
    assert years[1] - years[0] == pytest.approx(harder / growth)


@given(SLOPE, WIDTH, st.floats(-3, 3))
def test_all_banks_of_a_kind_give_the_same_information_in_their_lives(slope, width, centre):
    bank = ItemBank(30, slope, centre, width)
    reach = 60 / slope + width
    years = np.linspace(2 * (centre - reach), 2 * (centre + reach), 100_001)
    total = np.trapezoid(model.information(0.5 * years, bank), years)
    assert model.lifetime_information(bank, 0.5) == pytest.approx(total, rel=1e-5)


def test_simulated_answers_score_what_is_expected():
    bank, abilities, rng = ItemBank(4000), np.array([0.0, 1.5, 3.0]), np.random.default_rng(1)
    answers = model.answer_items(abilities, model.draw_bank(bank, rng), bank.discrimination, rng)
    expected = model.expected_score(abilities, bank)
    tolerance = 4 * np.sqrt(expected * (1 - expected) / bank.items)
    assert np.all(np.abs(answers.mean(axis=1) - expected) < tolerance)


def fitted_ability(answers: np.ndarray, difficulties: np.ndarray, slope: float) -> float:
    return brentq(lambda a: np.sum(logistic(slope * (a - difficulties))) - answers.sum(), -20, 20)


def test_the_best_estimate_of_ability_scatters_as_the_information_says():
    bank, tests, ability = ItemBank(400), 1500, 2.6
    rng = np.random.default_rng(2)
    difficulties = np.linspace(1, 3, bank.items)
    answers = model.answer_items(np.full(tests, ability), difficulties, bank.discrimination, rng)
    fits = [fitted_ability(row, difficulties, bank.discrimination) for row in answers]
    ratio = np.var(fits) * model.information(ability, bank)
    assert ratio == pytest.approx(1, abs=4 * np.sqrt(2 / tests) + 10 / bank.items)


@given(WIDTH, st.floats(0.1, 2), st.floats(0.2, 5), st.floats(-2, 4))
def test_refreshed_information_is_the_mean_over_a_period(width, growth, period, lead):
    bank = ItemBank(20, 1.5, 2.0, width)
    total, error = quad(lambda t: float(model.information(bank.centre - lead + growth * t, bank)), 0, period)
    assert model.refreshed_information(bank, growth, period, lead) == pytest.approx(
        total / period, abs=error / period + 1e-6
    )


@given(WIDTH, st.floats(0.2, 2), st.floats(0.5, 5))
def test_renewed_items_are_best_centred_half_a_period_ahead(width, growth, period):
    bank, gained = ItemBank(20, 1.5, 2.0, width), growth * period
    found = minimize_scalar(
        lambda lead: -model.refreshed_information(bank, growth, period, lead), bounds=(-gained, 2 * gained)
    )
    assert model.refreshed_information(bank, growth, period, gained / 2) >= -found.fun * (1 - 1e-6)


def test_the_rot_path_simulates_the_score_it_expects_and_keeps_a_renewed_benchmark_alive():
    bank = ItemBank(items=2000)
    path = model.rot_path(bank, np.linspace(0, 8, 33), 1.0, 1.0, np.random.default_rng(3))
    tolerance = 4.5 * np.sqrt(0.25 / bank.items)
    assert np.max(np.abs(path["score"] - path["simulated"])) < tolerance
    last = path[path["year"] == 8].set_index("benchmark")["information"]
    assert last["renewed"] > 0.5 > last["left alone"]


@given(st.floats(0.01, 1), st.floats(0, 1))
def test_passing_tells_of_honesty_by_bayes_rule(honest, detection):
    passed = honest + (1 - honest) * (1 - detection)
    assert model.honest_if_passed(honest, detection) * model.pass_rate(honest, detection) == pytest.approx(honest)
    assert model.pass_rate(honest, detection) == pytest.approx(passed)


@given(st.floats(0.01, 1))
def test_a_test_that_catches_nobody_is_passed_by_all_and_tells_nothing(honest):
    assert model.pass_rate(honest, 0.0) == 1
    assert model.honest_if_passed(honest, 0.0) == honest


def test_as_models_learn_to_hide_more_pass_and_passing_means_less():
    models = 20_000
    path = model.hiding_path(np.arange(9.0), 0.4, 1.0, -4.0, models, np.random.default_rng(4))
    assert path["passed"].is_monotonic_increasing
    assert path["honest"].is_monotonic_decreasing
    spread = np.sqrt(path["passed"] * (1 - path["passed"]) / models)
    assert np.all(np.abs(path["simulated"] - path["passed"]) < 4 * spread + 1e-9)


@given(st.floats(1.05, 8))
def test_the_extinction_probability_solves_the_branching_equation(reach):
    chance = float(model.extinction_probability(reach))
    assert 0 <= chance < 1
    assert chance == pytest.approx(np.exp(reach * (chance - 1)))


@given(st.floats(0, 1), st.integers(1, 5))
def test_a_benchmark_that_does_not_replace_its_users_dies(reach, seeds):
    assert model.extinction_probability(reach, seeds) == 1


@pytest.mark.parametrize(("reach", "seeds"), [(1.3, 1), (1.3, 4), (2.0, 2)])
def test_simulated_benchmarks_die_as_often_as_the_equation_says(reach, seeds):
    fields = 6000
    users = model.simulate_following(reach, seeds, fields, np.random.default_rng(5))
    chance = float(model.extinction_probability(reach, seeds))
    died = np.mean(users < 2000)
    assert died == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / fields))


@pytest.mark.parametrize("reach", [0.3, 0.8])
def test_a_dying_benchmark_has_the_following_of_a_geometric_series(reach):
    users = model.simulate_following(reach, 2, 20_000, np.random.default_rng(6))
    tolerance = 4 * users.std() / np.sqrt(len(users))
    assert users.mean() == pytest.approx(model.quiet_following(reach, 2), abs=tolerance)


def test_a_following_that_replaces_itself_has_no_finite_mean():
    assert np.isinf(model.quiet_following(1.0))


def test_a_flawed_benchmark_is_worth_what_its_histories_average():
    case = {"side_benefit": 0.3, "harm": 1.0, "fault_rate": 0.5, "lesson": 1.2, "discount": 0.1}
    histories = model.simulate_flawed(**case, histories=40_000, rng=np.random.default_rng(7))
    tolerance = 4 * histories.std() / np.sqrt(len(histories))
    assert histories.mean() == pytest.approx(model.flawed_value(**case), abs=tolerance)


@given(st.floats(0, 2), st.floats(0, 2), st.floats(0, 2), st.floats(0, 2))
def test_a_flawed_benchmark_beats_none_if_its_good_and_its_lessons_outweigh_its_harm(side, harm, rate, lesson):
    value = model.flawed_value(side, harm, rate, lesson, discount=0.05)
    balance = side + rate * lesson - harm
    assert abs(balance) < 1e-9 or np.sign(value) == np.sign(balance)


@given(st.floats(0.05, 20))
def test_the_best_share_of_measuring_maximises_progress(speed_up):
    found = minimize_scalar(lambda x: -(1 - x) * (1 + speed_up * x), bounds=(0, 1), options={"xatol": 1e-9})
    share = float(model.measuring_share(speed_up))
    assert (1 - share) * (1 + speed_up * share) == pytest.approx(-found.fun, abs=1e-7)


def test_the_chart_grids_hold_every_setting_with_its_simulation():
    rng = np.random.default_rng(8)
    decay = model.decay_grid(rng, growths=[1.0, 2.0], years=[0.0, 1.0, 2.0])
    assert decay.groupby("growth").size().tolist() == [6, 6]
    hiding = model.hiding_grid(rng, shares=[0.3, 0.7], years=[0.0, 5.0], models=4000)
    assert np.all(np.abs(hiding["passed"] - hiding["simulated"]) < 4 * np.sqrt(0.25 / 4000))
    died = model.extinction_grid(rng, reaches=[0.5, 2.0], seeds=[1, 2], fields=2000)
    assert np.all(np.abs(died["expected"] - died["simulated"]) < 4 * np.sqrt(0.25 / 2000))


def test_the_chart_of_quiet_deaths_shows_the_corner_where_they_cease_to_be_certain():
    died = model.extinction_grid(np.random.default_rng(9))
    assert {0.8, 1.0, 1.05, 1.5} <= set(died["reach"])
    assert (died.loc[died["reach"] <= 1, "expected"] == 1).all()
    assert (died.loc[died["reach"] > 1, "expected"] < 1).all()
    assert np.all(np.abs(died["expected"] - died["simulated"]) < 4 * np.sqrt(0.25 / 400))
    # Where death is certain a field lives on only as far as it is not followed to its end.
    assert died.loc[died["reach"] <= 1, "simulated"].min() > 0.96


@pytest.fixture
def table() -> ScoreTable:
    benchmarks = pd.DataFrame(
        [
            ("quiz", "better", "oriented", 0.0, 1.0, 0.25),
            ("harm", "worse", "reversed", 0.0, 100.0, 100.0),
            ("gap", "worse", "undirected", -1.0, 1.0, np.nan),
            ("open", "better", "oriented", 0.0, np.nan, 0.0),
            ("duel", "better", "oriented", 0.0, 1.0, np.nan),
            ("odd", "better", "oriented", 0.0, 1.0, 1.0),
        ],
        columns=["benchmark", "higher_is", "as_released", "lower_bound", "upper_bound", "chance"],
    ).set_index("benchmark")
    benchmarks = benchmarks.assign(name=benchmarks.index, area="area", role="safety", parent=None)
    models = pd.DataFrame({"population": "chat", "family": "f"}, index=pd.Index(["m1", "m2", "m3"], name="model"))
    values = {
        "quiz": [0.25, 0.5, 0.85], "harm": [90, 60, 40], "gap": [-0.4, 0.1, 0.3],
        "open": [1.0, 2.0, 7.0], "duel": [0.2, 0.5, 0.6], "odd": [0.2, 0.5, 0.6],
    }
    scores = pd.DataFrame(values, index=models.index).rename_axis(columns="benchmark").stack().rename("score").reset_index()
    return ScoreTable(scores, models, benchmarks, pd.DataFrame())


def test_headroom_is_the_range_the_best_model_leaves_unused(table):
    frame = model.headroom(table, "chat").set_index("benchmark")
    assert frame.loc["quiz", "headroom"] == pytest.approx((1 - 0.85) / 0.75)
    assert frame.loc["quiz", "headroom_typical"] == pytest.approx((1 - 0.5) / 0.75)


def test_where_lower_is_better_the_ceiling_is_the_lower_bound(table):
    row = model.headroom(table, "chat").set_index("benchmark").loc["harm"]
    assert (row["best"], row["ceiling"], row["headroom"]) == pytest.approx((40, 0, 0.4))


def test_a_signed_gap_is_best_at_zero(table):
    row = model.headroom(table, "chat").set_index("benchmark").loc["gap"]
    assert (row["best"], row["ceiling"], row["status"]) == (0.1, 0, "the chance level is unknown")


def test_unknown_limits_are_said_to_be_unknown(table):
    frame = model.headroom(table, "chat").set_index("benchmark")
    assert frame.loc[["open", "duel", "odd"], "headroom"].isna().all()
    assert frame.loc["open", "status"] == "the ceiling is unknown"
    assert frame.loc["duel", "status"] == "the chance level is unknown"
    assert frame.loc["odd", "status"] == "the chance level is not below the ceiling"


def test_benchmarks_with_least_headroom_come_first_and_unknown_ones_last(table):
    assert model.headroom(table, "chat")["benchmark"].tolist()[:2] == ["quiz", "harm"]


def test_a_split_of_a_benchmark_in_the_table_is_left_out_unless_it_is_in_the_index(table):
    table.benchmarks.loc["quiz", "parent"] = "duel"
    table.benchmarks.loc["open", "parent"] = "elsewhere"
    kept = set(model.headroom(table, "chat")["benchmark"])
    assert kept == {"harm", "gap", "open", "duel", "odd"}
    table.benchmarks.loc["quiz", "role"] = "capability_index"
    assert "quiz" in set(model.headroom(table, "chat")["benchmark"])


def test_headroom_counts_the_models_scored(table):
    fewer = ScoreTable(table.scores.iloc[1:], table.models, table.benchmarks, table.published)
    counts = model.headroom(fewer, "chat").set_index("benchmark")["n_models"]
    assert counts["quiz"] == 2 and counts["harm"] == 3
