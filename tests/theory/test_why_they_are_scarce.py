from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import betabinom, dirichlet

from analysis.theory import why_they_are_scarce as model

WEIGHT = st.floats(0, 1)
INNER = st.floats(0.01, 0.99)


def attained(share: float, weight: float) -> float:
    return weight * np.sqrt(1 - share) + (1 - weight) * np.sqrt(share)


@given(WEIGHT, WEIGHT)
def test_the_safety_effort_is_the_lab_s_optimum(conscience, salience):
    weight = (1 - conscience) * (1 - salience)
    found = minimize_scalar(lambda s: -attained(s, weight), bounds=(0, 1), options={"xatol": 1e-10})
    best = model.safety_effort(conscience, salience)
    assert attained(best, weight) == pytest.approx(-found.fun, abs=1e-6)
    assert model.contentment(conscience, salience) == pytest.approx(-found.fun, abs=1e-6)


def test_a_lab_that_wants_only_to_impress_gives_safety_the_least_it_can():
    assert model.safety_effort(0.0, 0.0, floor=0.05) == 0.05


@given(WEIGHT)
def test_a_lab_that_wants_only_safety_gives_it_everything_whatever_the_benchmark(salience):
    assert model.safety_effort(1.0, salience) == 1


@given(INNER, st.floats(0, 0.9), st.floats(0.01, 0.09))
def test_a_benchmark_raises_the_safety_effort_of_a_lab_of_two_minds(conscience, salience, rise):
    assert model.safety_effort(conscience, salience + rise) > model.safety_effort(conscience, salience)


@given(WEIGHT, WEIGHT, WEIGHT)
def test_the_safety_effort_never_falls_below_the_floor(conscience, salience, floor):
    assert model.safety_effort(conscience, salience, floor) >= floor


def test_a_weight_beyond_one_is_refused():
    with pytest.raises(ValueError, match=r"salience.*\[0, 1\]"):
        model.safety_effort(0.5, 1.5)


@given(st.floats(0, 0.95), st.floats(0.05, 1), st.floats(0, 0.5))
def test_at_the_needed_standing_a_lab_is_indifferent_to_the_benchmark(conscience, salience, floor):
    standing = model.needed_standing(conscience, salience, floor)
    with_benchmark = model.contentment(conscience, salience, floor) + (1 - conscience) * salience * standing
    assert with_benchmark == pytest.approx(model.contentment(conscience, 0.0, floor))


@given(WEIGHT, WEIGHT, WEIGHT)
def test_a_lab_held_up_by_a_floor_is_the_less_content(conscience, salience, floor):
    assert model.contentment(conscience, salience, floor) <= model.contentment(conscience, salience) + 1e-12


@given(st.floats(0.01, 0.7))
def test_at_the_turning_conscience_a_lab_needs_to_look_neither_well_nor_badly(salience):
    turning = model.turning_conscience(salience)
    assert model.needed_standing(turning, salience, floor=0.05) == pytest.approx(0, abs=1e-9)
    assert model.needed_standing(turning - 0.05, salience, floor=0.05) > 0 > model.needed_standing(turning + 0.05, salience, floor=0.05)


@given(st.floats(0.01, 0.3))
def test_a_lab_after_prestige_wants_no_benchmark_unless_it_shines_and_a_conscientious_one_does(salience):
    assert model.needed_standing(0.2, salience) > 0
    assert model.needed_standing(0.6, salience) < 0


@given(st.floats(0, 0.95), st.floats(0, 0.9))
def test_mean_safety_effort_is_the_mean_over_labs(salience, floor):
    integral, error = quad(lambda conscience: float(model.safety_effort(conscience, salience, floor)), 0, 1)
    assert model.mean_safety_effort(salience, floor) == pytest.approx(integral, abs=10 * error + 1e-6)


@pytest.mark.parametrize("salience", [0.0, 0.3, 0.8])
def test_labs_that_grope_end_on_average_where_the_closed_form_says(salience):
    labs = 4000
    shares = model.simulate_labs(salience, labs, np.random.default_rng(5))
    # The last steps are a hundredth wide; groping cannot come closer than that.
    tolerance = 4 * np.std(shares) / np.sqrt(labs) + 0.005
    assert np.mean(shares) == pytest.approx(model.mean_safety_effort(salience), abs=tolerance)


def test_without_a_benchmark_labs_of_every_conscience_give_safety_half_on_average():
    assert model.mean_safety_effort(0.0) == pytest.approx(0.5)


@given(st.lists(st.floats(0.1, 5), min_size=1, max_size=6), st.floats(0.5, 3), st.floats(0.1, 0.8))
def test_parties_that_answer_each_other_supply_what_the_keenest_would_alone(values, cost, returns):
    made = model.simulate_supply(values, cost, returns)
    assert made.sum() == pytest.approx(model.private_supply(values, cost, returns))


def test_the_keenest_party_makes_it_all_and_the_others_ride_free():
    assert model.simulate_supply([1.0, 3.0, 2.0], 1.0, 0.5) == pytest.approx([0, 9, 0])


@given(st.lists(st.floats(0.1, 5), min_size=1, max_size=6), st.floats(0.5, 3), st.floats(0.1, 0.8))
def test_the_social_supply_maximises_summed_benefit_less_cost(values, cost, returns):
    best = model.social_supply(values, cost, returns)

    def net(quality: float) -> float:
        return sum(values) * quality**returns / returns - cost * quality

    assert net(best) >= net(0.99 * best) - 1e-12
    assert net(best) >= net(1.01 * best) - 1e-12


@given(st.integers(1, 50), st.floats(0.1, 0.8))
def test_among_equals_the_shortfall_is_a_power_of_their_number(parties, returns):
    values = np.ones(parties)
    ratio = model.social_supply(values, 1.0, returns) / model.private_supply(values, 1.0, returns)
    assert ratio == pytest.approx(parties ** (1 / (1 - returns)))


@given(st.floats(0.05, 1))
def test_the_closing_prize_makes_the_maker_supply_the_social_quality(adoption):
    values = np.array([1.0, 2.0, 0.5])
    prize = model.closing_prize(values, maker=1, adoption=adoption)
    own = values[1] + adoption * prize
    assert model.private_supply([own], 1.0) == pytest.approx(model.social_supply(values, 1.0))


def test_no_capital_makes_up_for_the_want_of_another():
    weights = {"intellectual": 0.5, "social": 0.3, "financial": 0.2}
    assert model.made_quality({"social": 100, "financial": 1e6}, weights) == 0


def test_makers_with_different_capital_attain_more_together_than_the_sum_of_what_they_do_alone():
    weights = {"intellectual": 0.5, "social": 0.3, "financial": 0.2}
    makers = {"lab": {"intellectual": 4, "social": 1, "financial": 1}, "agency": {"social": 2, "financial": 9}}
    quality = model.pooling_table(makers, weights).set_index("maker")["quality"]
    assert quality["agency"] == 0
    assert quality["together"] == pytest.approx(4**0.5 * 3**0.3 * 10**0.2)
    assert quality["together"] > quality["lab"] + quality["agency"]


@pytest.mark.parametrize(("ratio", "imitation"), [(1.0, 1.0), (2.0, 0.5), (3.0, 4.0)])
def test_simulated_adopters_follow_the_beta_binomial_law(ratio, imitation):
    adopters, fields = 12, 20_000
    counts = model.simulate_adoption([ratio, 1.0], imitation, adopters, fields, np.random.default_rng(3))
    law = betabinom(adopters, *model.share_distribution([ratio, 1.0], imitation))
    expected = law.pmf(np.arange(adopters + 1))
    observed = np.bincount(counts[:, 0], minlength=adopters + 1) / fields
    standard_error = np.sqrt(expected * (1 - expected) / fields)
    assert np.all(np.abs(observed - expected) < 4.5 * standard_error + 1 / fields)


def test_simulated_shares_settle_on_the_dirichlet_law():
    qualities, imitation, adopters, fields = [3.0, 2.0, 1.0], 1.5, 600, 4000
    counts = model.simulate_adoption(qualities, imitation, adopters, fields, np.random.default_rng(4))
    shares = counts / adopters
    law = dirichlet(model.share_distribution(qualities, imitation))
    spread = np.sqrt(law.var() / fields)
    assert np.all(np.abs(shares.mean(axis=0) - law.mean()) < 4 * spread)
    # A finite field has the law's variance and binomial noise on top; the spread of a variance
    # estimate is taken from the shares themselves.
    fourth = np.mean((shares - shares.mean(axis=0)) ** 4, axis=0)
    noise = np.sqrt((fourth - law.var() ** 2) / fields)
    finite = law.var() + (law.mean() - law.mean() ** 2 - law.var()) / adopters
    assert np.all(np.abs(shares.var(axis=0) - finite) < 4 * noise)


def test_every_newcomer_adopts_exactly_one_benchmark():
    counts = model.simulate_adoption([1.0, 5.0, 2.0], 1.0, 40, 30, np.random.default_rng(0))
    assert counts.sum(axis=1).tolist() == [40] * 30


@pytest.mark.parametrize(("ratio", "imitation"), [(1.5, 0.5), (3.0, 3.0)])
def test_the_better_benchmark_loses_as_often_as_in_simulated_fields(ratio, imitation):
    fields, adopters = 4000, 401
    counts = model.simulate_adoption([ratio, 1.0], imitation, adopters, fields, np.random.default_rng(6))
    lost = np.mean(counts[:, 0] < adopters / 2)
    chance = model.better_loses(ratio, imitation)
    tolerance = 4 * np.sqrt(chance * (1 - chance) / fields) + 1 / adopters
    assert lost == pytest.approx(chance, abs=tolerance)


def test_between_equals_either_is_as_likely_to_lose():
    assert model.better_loses(1.0, 2.0) == pytest.approx(0.5)


def test_imitation_makes_the_better_benchmark_lose_more_often():
    chances = [model.better_loses(2.0, imitation) for imitation in (0.1, 0.5, 1.0, 4.0)]
    assert chances == sorted(chances)


@given(st.floats(0.2, 5), st.floats(0.2, 5), st.floats(0.05, 5))
def test_a_maker_s_mean_and_variance_are_those_of_the_adoption_lottery(quality, rivals, imitation):
    law = dirichlet(model.share_distribution([quality, rivals], imitation))
    sure = model.maker_payoff(quality, rivals, imitation, reward=2.0, caution=0.8, cost=0.1)
    assert sure == pytest.approx(2 * law.mean()[0] - 0.5 * 0.8 * 4 * law.var()[0] - 0.1)


def test_imitation_deters_a_cautious_maker_and_leaves_a_bold_one():
    def payoff(imitation: float, caution: float) -> float:
        return model.maker_payoff(1.0, 3.0, imitation, reward=1.0, caution=caution, cost=0.1)

    assert payoff(3.0, caution=2.0) < payoff(0.1, caution=2.0)
    assert payoff(3.0, caution=0.0) == pytest.approx(payoff(0.1, caution=0.0))


def test_the_effort_grid_holds_every_combination_with_and_without_the_benchmark():
    grid = model.effort_grid([0.0, 0.4], [0.0, 0.5, 1.0], floor=0.02)
    assert len(grid) == 6
    row = grid.query("conscience == 0.4 and salience == 0.5").iloc[0]
    assert row["effort"] == pytest.approx(0.7**2 / (0.3**2 + 0.7**2))
    assert row["without"] == pytest.approx(0.4**2 / (0.6**2 + 0.4**2))


def test_the_lottery_grid_gives_whole_distributions():
    grid = model.lottery_grid(np.random.default_rng(1), [1.0, 2.0], [0.5, 2.0], adopters=100, fields=400)
    totals = grid.groupby(["ratio", "imitation"])[["expected", "simulated"]].sum()
    assert np.allclose(totals, 1)
    # No fraction of 400 fields has a larger standard error than one half would.
    assert np.max(np.abs(grid["expected"] - grid["simulated"])) < 4 * np.sqrt(0.25 / 400)


def test_the_lab_table_leaves_open_how_a_lab_that_does_not_mind_its_looks_must_look():
    table = model.lab_table(0.3, 0.05, [0.0, 0.5, 1.0])
    assert table["standing"].isna().tolist() == [False, False, True]
    assert table["after"].to_numpy() == pytest.approx(model.safety_effort(table["conscience"], 0.3))
    assert table["before"].iloc[0] == 0.05
