"""Rules that predict a benchmark's correlation, scored on benchmarks they have not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import estimates, guesses, intuition
from analysis.parameters import Parameters
from analysis.scores import ScoreTable, load


@pytest.fixture(scope="module")
def table(data_folder: Path) -> ScoreTable:
    return load(data_folder)


@pytest.fixture(scope="module")
def study(table: ScoreTable) -> estimates.Study:
    return estimates.study(table, "chat", Parameters(), drawn=False)


@pytest.fixture(scope="module")
def registry(study: estimates.Study) -> pd.DataFrame:
    return intuition.headline_registry(study)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("wxyz")), min_size=2, max_size=12))
@settings(deadline=None, max_examples=50)
def test_a_prediction_is_the_mean_of_the_same_label_in_other_suites(rows: list[tuple[str, str]]) -> None:
    labels, suite = (pd.Series(part) for part in zip(*rows, strict=True))
    measured = np.arange(len(rows), dtype=float) ** 2
    weights = intuition.label_weights(labels, suite)
    for b in range(len(rows)):
        others = suite != suite[b]
        same = others & (labels == labels[b])
        wanted = measured[same if same.any() else others]
        found = intuition.predicted(measured, weights)[b]
        assert np.isnan(found) if not len(wanted) else found == pytest.approx(wanted.mean())


def test_a_benchmark_s_own_correlation_never_enters_its_prediction(registry: pd.DataFrame) -> None:
    suite = registry["suite"].to_numpy()
    kin = suite[:, None] == suite
    for weights in intuition.rules(registry).values():
        assert (weights[kin] == 0).all()
        assert weights.sum(axis=1) == pytest.approx(1)


def test_a_label_that_says_everything_has_full_skill_and_one_that_says_nothing_has_none() -> None:
    suite = pd.Series(list("abcdef"))
    measured = np.array([[0.9, 0.9, 0.9, -0.5, -0.5, -0.5]])
    mean = intuition.label_weights(pd.Series(0, suite.index), suite)
    knowing = intuition.label_weights(pd.Series(list("hhhlll")), suite)
    assert intuition.skill(measured, knowing, mean) == pytest.approx(1)
    assert intuition.skill(measured, mean, mean) == pytest.approx(0)


def test_skill_is_undefined_where_all_correlations_are_the_same() -> None:
    suite = pd.Series(list("abc"))
    mean = intuition.label_weights(pd.Series(0, suite.index), suite)
    assert np.isnan(intuition.skill(np.full((1, 3), 0.5), mean, mean)).all()


def test_splits_and_what_was_published_together_form_one_suite(table: ScoreTable) -> None:
    suite = intuition.suites(table.benchmarks)
    assert suite["harmbench_tap_all"] == suite["harmbench_gcg_all"]
    assert suite["wmdp_bio"] == suite["wmdp"] != suite["anli"]


def test_a_benchmark_without_citation_belongs_to_its_total() -> None:
    rows = pd.DataFrame(
        {"citation": ["c", None, None, None], "parent": [None, "a", None, "x"]}, index=["a", "a1", "b", "x1"]
    )
    assert intuition.suites(rows).tolist() == ["c", "c", "b", "x"]


def test_the_mean_removes_nothing_of_its_own_error(study: estimates.Study) -> None:
    scored = intuition.rule_scores(study).set_index("rule")
    assert scored.at["mean", "skill"] == 0
    assert (scored["lower"] <= scored["skill"]).all() and (scored["skill"] <= scored["upper"]).all()
    assert (scored["error"] > 0).all() and (scored["skill"] < 1).all()


def test_a_heuristic_s_gap_is_the_difference_of_two_means(study: estimates.Study, registry: pd.DataFrame) -> None:
    scored = intuition.rule_scores(study).set_index("rule")
    means = registry.groupby("task")["correlation"].mean()
    assert scored.at["fuzzy tasks", "gap"] == pytest.approx(means["fuzzy"] - means["crisp"])
    assert scored.at["fuzzy tasks", "heap"] == (registry["task"] == "fuzzy").sum()


def test_no_index_benchmark_is_predicted(table: ScoreTable) -> None:
    study = estimates.study(table, "chat", Parameters(index=("mmlu", "quality", "gpqa")), drawn=False)
    assert not {"quality", "gpqa"} & set(intuition.headline_registry(study).index)


def test_rules_that_tell_nothing_apart_have_no_skill(table: ScoreTable) -> None:
    blank = table.benchmarks.assign(area="A", subarea="A", task=np.nan, grading=np.nan, metric=np.nan)
    study = estimates.study(
        ScoreTable(table.scores, table.models, blank, table.published), "chat", Parameters(), drawn=False
    )
    scored = intuition.rule_scores(study).set_index("rule")
    assert scored.loc[["area", "subarea", "task", "grading", "together"], "skill"].isna().all()


def test_the_noise_floor_is_below_the_error_of_the_mean(study: estimates.Study) -> None:
    scored = intuition.rule_scores(study).set_index("rule")
    assert 0 < intuition.noise_floor(study) < scored.at["mean", "error"]


def test_a_perfect_guesser_has_no_error_and_leads_the_list(study: estimates.Study, registry: pd.DataFrame) -> None:
    exact = pd.DataFrame({
        "person": "seer", "benchmark": registry.index, "prediction": registry["correlation"].to_numpy(), "confidence": 0.9,
    })
    contrary = exact.assign(person="contrarian", prediction=-exact["prediction"], confidence=np.nan)
    people = intuition.person_scores(pd.concat([contrary, exact], ignore_index=True), study)
    assert people["person"].tolist() == ["seer", "contrarian", "the median of all"]
    seer = people.iloc[0]
    assert (seer["error"], seer["within"], seer["n"]) == (0, 1, len(registry))
    assert people["rank_correlation"].iloc[:2].tolist() == pytest.approx([1, -1])
    assert people["error"].iloc[1] == pytest.approx(2 * registry["correlation"].abs().mean())
    assert people["crowd"].tolist() == [False, False, True]
    bounds = people[["error_lower", "error", "error_upper"]].to_numpy(float)
    assert (np.diff(bounds, axis=1) >= 0).all() and (bounds >= 0).all()


def guessing(registry: pd.DataFrame, people: int, seed: int) -> pd.DataFrame:
    """Predictions of some people, each of a part of the benchmarks."""
    rng = np.random.default_rng(seed)
    rows = pd.MultiIndex.from_product([[f"p{i}" for i in range(people)], registry.index], names=["person", "benchmark"]).to_frame(index=False)
    rows = rows.assign(prediction=rng.uniform(-1, 1, len(rows)).round(1), confidence=rng.uniform(0, 1, len(rows)).round(1))
    return rows[rng.random(len(rows)) < 0.7].reset_index(drop=True)


def test_people_and_rules_are_compared_on_the_same_benchmarks(study: estimates.Study, registry: pd.DataFrame) -> None:
    rows = guessing(registry, 5, 1)
    rivals = intuition.rule_rivals(rows, study).set_index("rule")
    measured = registry["correlation"]
    for key, weights in intuition.rules(registry).items():
        rule = pd.Series(np.abs(measured.to_numpy() - weights @ measured.to_numpy()), registry.index)
        by_person = rows.assign(
            gain=rows["benchmark"].map(rule) - (rows["prediction"] - rows["benchmark"].map(measured)).abs()
        ).groupby("person")["gain"].mean()
        assert rivals.at[key, "gain"] == pytest.approx(by_person.mean())
        assert rivals.at[key, "ahead"] == (by_person > 0).sum()
    assert (rivals["lower"] <= rivals["gain"]).all() and (rivals["gain"] <= rivals["upper"]).all()


def test_the_rank_interval_is_that_of_leaving_families_out(study: estimates.Study, registry: pd.DataFrame) -> None:
    from scipy import stats

    rows = guessing(registry, 1, 2)
    person = intuition.person_scores(rows, study).iloc[0]
    guessed, columns = rows["prediction"].to_numpy(), study.columns(list(rows["benchmark"]))
    assert person["rank_correlation"] == pytest.approx(stats.spearmanr(guessed, registry.loc[rows["benchmark"], "correlation"]).statistic)
    deleted = np.arctanh([stats.spearmanr(guessed, row).statistic for row in study.evidence.deleted.correlations[:, columns]])
    families = len(deleted)
    error = np.sqrt((families - 1) / families * ((deleted - deleted.mean()) ** 2).sum())
    reach = stats.t.ppf(0.975, families - 1) * error
    centre = np.arctanh(person["rank_correlation"])
    assert (person["rank_lower"], person["rank_upper"]) == pytest.approx((np.tanh(centre - reach), np.tanh(centre + reach)), abs=1e-6)


def test_calibration_counts_every_stated_confidence_once(study: estimates.Study, registry: pd.DataFrame) -> None:
    rows = guessing(registry, 6, 3)
    rows.loc[::7, "confidence"] = np.nan
    found = intuition.calibration(rows, study)
    assert found["guesses"].sum() == rows["confidence"].notna().sum()
    assert ((found["low"] <= found["stated"]) & (found["stated"] <= found["high"])).all()
    near = (rows["prediction"] - rows["benchmark"].map(registry["correlation"])).abs() <= intuition.NEAR
    assert np.average(found["within"], weights=found["guesses"]) == pytest.approx(near[rows["confidence"].notna()].mean())
    assert ((found["lower"] <= found["within"]) & (found["within"] <= found["upper"])).all()


def test_two_people_have_no_interval_of_calibration(study: estimates.Study, registry: pd.DataFrame) -> None:
    found = intuition.calibration(guessing(registry, 2, 4), study)
    assert len(found) and found[["lower", "upper"]].isna().all(axis=None)


def test_the_chance_of_the_best_is_that_of_shuffled_guesses(study: estimates.Study, registry: pd.DataFrame) -> None:
    rows = guessing(registry, 8, 5)
    people = intuition.person_scores(rows, study)
    best = people.loc[~people["crowd"].astype(bool), "rank_correlation"].max()
    rng, reached, times = np.random.default_rng(6), 0, 400
    parts = [(part["prediction"].rank().to_numpy(), registry.loc[part["benchmark"], "correlation"].rank().to_numpy()) for _, part in rows.groupby("person")]
    for _ in range(times):
        reached += max(np.corrcoef(rng.permutation(guess), truth)[0, 1] for guess, truth in parts) >= best
    assert intuition.chance_of_best(people) == pytest.approx(reached / times, abs=4 * np.sqrt(0.25 / times))


@pytest.mark.parametrize("names", [["ann", "bob", "cyd"], ["zed", "bob", "ann"]])
def test_pseudonyms_keep_people_apart_and_keep_no_name(names: list[str]) -> None:
    rows = pd.DataFrame({"person": np.repeat(names, 2), "benchmark": ["x", "y"] * 3, "prediction": np.arange(6.0), "confidence": np.nan})
    hidden = guesses.pseudonymous(rows)
    assert not set(hidden["person"]) & set(names)
    sums = rows.groupby("person")["prediction"].sum()
    assert sorted(hidden.groupby("person")["prediction"].sum()) == sorted(sums)
    other = guesses.pseudonymous(rows.sort_values("person", ascending=False))
    pd.testing.assert_frame_equal(hidden, other)


def test_guesses_on_benchmarks_that_are_no_headline_are_left_out(study: estimates.Study) -> None:
    rows = pd.DataFrame({"person": "p", "benchmark": ["mmlu", "nowhere"], "prediction": [0.9, 0.1], "confidence": np.nan})
    assert intuition.person_scores(rows, study).empty
