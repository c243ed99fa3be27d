"""The capabilities component and the scores on it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from analysis.capability import (
    apply_missing,
    capabilities_scores,
    correlation_matrix,
    fit_component,
    index_benchmarks,
    index_scores,
    leave_one_out_scores,
    left_out_agreement,
    population_problem,
    score_frame,
)
from analysis.parameters import Parameters
from analysis.problems import InputError
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from score_tables import random_scores, score_table

METHODS = ("spearman", "pearson")
RULES = ("drop_models", "drop_benchmarks", "available")


@pytest.fixture
def scores() -> pd.DataFrame:
    return random_scores(12, 5)


@pytest.fixture
def gappy() -> pd.DataFrame:
    """Eight models and three benchmarks; two models and two benchmarks have gaps."""
    scores = random_scores(8, 3, seed=1)
    scores.iloc[0, 0] = np.nan
    scores.iloc[1, 1] = np.nan
    return scores


def test_the_spearman_component_is_the_leading_eigenvector_of_scipy_s_rank_correlations(scores):
    from scipy.stats import spearmanr

    matrix = spearmanr(scores.to_numpy()).statistic
    component = fit_component(scores, "spearman")
    assert_allclose(matrix @ component.loadings, component.eigenvalues[0] * component.loadings)
    assert_allclose(component.eigenvalues, np.linalg.eigvalsh(matrix)[::-1])


def test_the_pearson_component_is_statsmodels_first_principal_component(scores):
    from statsmodels.multivariate.pca import PCA

    theirs = PCA(scores, standardize=True, normalize=False)
    ours = capabilities_scores(scores, "pearson")
    first = theirs.factors.iloc[:, 0] * np.sign(theirs.eigenvecs.iloc[:, 0].sum())
    assert_allclose(ours, first)
    share = theirs.eigenvals[0] / theirs.eigenvals.sum()
    assert fit_component(scores, "pearson").variance_share == pytest.approx(share)


def test_scores_with_ties_are_ranked_by_their_average(scores):
    from scipy.stats import spearmanr

    tied = scores.round(0)
    assert tied.nunique().max() < len(tied)
    assert_allclose(correlation_matrix(tied), spearmanr(tied.to_numpy()).statistic)


def test_a_matrix_with_gaps_holds_scipy_s_correlation_of_each_pair():
    from scipy.stats import spearmanr

    scores = random_scores(15, 4, seed=3, missing=0.2)
    matrix = correlation_matrix(scores)
    for first, second in [("b0", "b1"), ("b1", "b3"), ("b2", "b3")]:
        both = scores[[first, second]].dropna()
        assert len(both) < len(scores)
        assert matrix.loc[first, second] == pytest.approx(spearmanr(both).statistic[()])


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=50, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000), models=st.integers(4, 20), benchmarks=st.integers(1, 6))
def test_the_eigenvalues_add_up_to_the_number_of_benchmarks(method, seed, models, benchmarks):
    component = fit_component(random_scores(models, benchmarks, seed), method)
    assert component.eigenvalues.sum() == pytest.approx(benchmarks)
    assert np.linalg.norm(component.loadings) == pytest.approx(1)
    assert component.loadings.mean() >= 0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rule", RULES)
def test_scores_have_mean_zero(method, rule, gappy):
    assert capabilities_scores(gappy, method, rule).mean() == pytest.approx(0, abs=1e-12)


def test_the_variance_of_the_pearson_score_is_the_leading_eigenvalue(scores):
    found = capabilities_scores(scores, "pearson")
    assert found.var(ddof=0) == pytest.approx(fit_component(scores, "pearson").eigenvalues[0])


def test_one_index_benchmark_alone_is_its_own_standardised_score(scores):
    alone = scores[["b0"]]
    expected = (alone["b0"] - alone["b0"].mean()) / alone["b0"].std(ddof=0)
    assert_allclose(capabilities_scores(alone), expected)
    assert fit_component(alone).variance_share == pytest.approx(1)


@pytest.mark.parametrize("method", METHODS)
def test_a_duplicated_benchmark_gets_the_same_loading_twice(method, scores):
    component = fit_component(scores.assign(twin=scores["b2"]), method)
    loadings = dict(zip(component.benchmarks, component.loadings, strict=True))
    assert loadings["twin"] == pytest.approx(loadings["b2"])


def test_an_index_of_copies_explains_everything(scores):
    copies = pd.DataFrame(dict.fromkeys("xyz", scores["b0"]))
    component = fit_component(copies)
    assert component.variance_share == pytest.approx(1)
    assert_allclose(component.loadings, 1 / np.sqrt(3))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(seed=st.integers(0, 100), order=st.permutations(range(9)))
def test_permuting_models_permutes_their_scores(seed, order):
    scores = random_scores(9, 4, seed)
    shuffled = scores.iloc[list(order)]
    assert_allclose(capabilities_scores(shuffled), capabilities_scores(scores).iloc[list(order)])


@settings(max_examples=50, deadline=None, derandomize=True)
@given(seed=st.integers(0, 100))
def test_rescaling_index_benchmarks_linearly_leaves_the_scores(seed):
    scores = random_scores(9, 4, seed)
    for method in METHODS:
        assert_allclose(capabilities_scores(100 * scores + 7, method), capabilities_scores(scores, method))


@settings(max_examples=50, deadline=None, derandomize=True)
@given(seed=st.integers(0, 100), power=st.sampled_from([3, 5]))
def test_rescaling_index_benchmarks_monotonically_leaves_the_spearman_loadings(seed, power):
    scores = random_scores(9, 4, seed)
    bent = fit_component(scores**power)
    assert_allclose(bent.loadings, fit_component(scores).loadings)
    assert bent.variance_share == pytest.approx(fit_component(scores).variance_share)


@pytest.mark.parametrize("method", METHODS)
def test_turning_the_whole_index_round_turns_the_scores_round(method, scores):
    assert_allclose(capabilities_scores(-scores, method), -capabilities_scores(scores, method))


@pytest.mark.parametrize("method", METHODS)
def test_leave_one_out_scores_are_those_of_an_index_without_the_benchmark(method, scores):
    without = leave_one_out_scores(scores, method)
    for name in scores:
        assert_allclose(without[name], capabilities_scores(scores.drop(columns=name), method))


def test_leave_one_out_scores_are_of_the_models_that_have_the_full_score(gappy):
    without = leave_one_out_scores(gappy)
    full = capabilities_scores(gappy)
    assert (without.isna().any(axis=1) == full.isna()).all()
    complete = gappy.dropna()
    for name in gappy:
        assert_allclose(without[name].dropna(), capabilities_scores(complete.drop(columns=name)))


def test_leaving_out_the_only_benchmark_leaves_no_score(scores):
    assert leave_one_out_scores(scores[["b0"]])["b0"].isna().all()


def test_the_agreement_left_out_is_scipy_s_correlation_of_the_two_scores(scores):
    from scipy.stats import spearmanr

    agreement = left_out_agreement(scores)
    without = capabilities_scores(scores.drop(columns="b3"))
    assert agreement["b3"] == pytest.approx(spearmanr(capabilities_scores(scores), without).statistic)


def test_dropping_models_scores_only_those_with_the_whole_index(gappy):
    found = capabilities_scores(gappy, missing="drop_models")
    assert found.index.equals(gappy.index)
    assert found.isna().tolist() == [True, True] + 6 * [False]
    assert_allclose(found.iloc[2:], capabilities_scores(gappy.iloc[2:]))


def test_dropping_benchmarks_scores_every_model_on_those_without_gaps(gappy):
    found = capabilities_scores(gappy, missing="drop_benchmarks")
    assert_allclose(found, (gappy["b2"] - gappy["b2"].mean()) / gappy["b2"].std(ddof=0))


def test_available_scores_count_a_missing_one_as_the_mean(gappy):
    component = fit_component(gappy)
    standard = (gappy - gappy.mean()) / gappy.std(ddof=0)
    found = capabilities_scores(gappy, missing="available")
    first = component.loadings[1] * standard.iloc[0, 1] + component.loadings[2] * standard.iloc[0, 2]
    assert found.iloc[0] == pytest.approx(first)
    assert found.notna().all()


@pytest.mark.parametrize("rule", RULES)
def test_a_model_without_any_index_score_gets_none_and_costs_nobody_theirs(rule, scores):
    nothing = scores.copy()
    nothing.iloc[0] = np.nan
    found = capabilities_scores(nothing, missing=rule)
    assert np.isnan(found.iloc[0])
    assert_allclose(found.iloc[1:], capabilities_scores(scores.iloc[1:]))


@pytest.mark.parametrize("rule", RULES)
def test_the_rules_for_missing_scores_agree_where_none_is_missing(rule, scores):
    pd.testing.assert_frame_equal(apply_missing(scores, rule), scores)


def test_a_benchmark_constant_over_the_models_left_is_taken_out(gappy):
    gappy["b2"] = [1.0, 1.0, 0, 0, 0, 0, 0, 0]
    assert list(apply_missing(gappy, "drop_models")) == ["b0", "b1"]


def test_the_index_is_what_the_registry_marks_or_what_is_asked_for():
    table = score_table(chat=random_scores(6, 5))
    assert index_benchmarks(table, "chat") == ["b0", "b1", "b2"]
    assert index_benchmarks(table, "chat", ("b4", "b1")) == ["b4", "b1"]


def test_an_index_benchmark_without_scores_or_without_differences_is_left_out():
    base, chat = random_scores(6, 5), random_scores(6, 5, seed=2).drop(columns="b1")
    chat["b2"] = 0.5
    table = score_table(base=base, chat=chat)
    assert index_benchmarks(table, "chat") == ["b0"]
    assert index_benchmarks(table, "base") == ["b0", "b1", "b2"]


def test_an_unknown_index_benchmark_is_refused_by_name():
    with pytest.raises(InputError, match="parameter index names 'nope', not a benchmark"):
        index_benchmarks(score_table(chat=random_scores(6, 4)), "chat", ("b0", "nope"))


def test_an_index_benchmark_of_which_less_is_better_is_turned_before_it_counts():
    scores = random_scores(8, 4)
    turned = score_table(chat=scores.assign(b1=-scores["b1"]), higher_is={"b1": "worse"})
    pd.testing.assert_frame_equal(
        score_frame(turned, "chat", Parameters()),
        score_frame(score_table(chat=scores), "chat", Parameters()),
    )


def test_every_model_of_the_population_has_a_row_with_or_without_a_score():
    scores = random_scores(6, 4)
    scores.iloc[2, 0] = np.nan
    table = score_table(base=random_scores(5, 4), chat=scores)
    frame = score_frame(table, "chat", Parameters())
    assert list(frame["model"]) == [f"chat-m{i}" for i in range(6)]
    assert frame["score"].isna().tolist() == [False, False, True, False, False, False]
    assert_allclose(frame["compute"], 1e20 * 2.0 ** np.arange(6))
    released = score_frame(table, "chat", Parameters(compute="flop_as_released"))
    assert_allclose(released["compute"], frame["compute"][::-1])


TOO_THIN = {
    "where at least 4": score_table(chat=random_scores(3, 4)),
    "no index benchmark": score_table(index=0, chat=random_scores(6, 4)),
    "3 models with the index scores": score_table(chat=random_scores(6, 4).where(np.arange(24).reshape(6, 4) > 9)),
}


@pytest.mark.parametrize("reason", TOO_THIN)
def test_a_population_without_a_score_has_a_reason_and_is_refused(reason):
    assert reason in population_problem(TOO_THIN[reason], "chat", Parameters())
    with pytest.raises(InputError, match="population chat"):
        index_scores(TOO_THIN[reason], "chat", Parameters())


def test_benchmarks_that_hardly_any_model_shares_cannot_make_an_index():
    scores = random_scores(8, 2)
    scores.iloc[:4, 0] = np.nan
    scores.iloc[6:, 1] = np.nan
    table = score_table(index=2, chat=scores)
    problem = population_problem(table, "chat", Parameters(missing="available"))
    assert problem == "too few models share scores on the index benchmarks 'b0', 'b1'"


def test_a_component_of_a_constant_benchmark_is_refused(scores):
    with pytest.raises(InputError, match="same score on 'b1'"):
        fit_component(scores.assign(b1=0.5))


def test_a_population_with_scores_has_no_problem():
    assert population_problem(score_table(chat=random_scores(4, 4)), "chat", Parameters()) is None
