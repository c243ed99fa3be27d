"""The worked example, the component's words and the tables of the measurement chapters, on the shipped scores."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis import capability, correlation, scores
from analysis.findings import capabilities_correlation, capabilities_score, compute, score_table
from analysis.parameters import Parameters
from analysis.scores import ScoreTable


@pytest.fixture(scope="module")
def table(data_folder: Path) -> ScoreTable:
    return scores.load(data_folder)


@pytest.fixture(scope="module", params=["base", "chat"])
def correlations(request: pytest.FixtureRequest, table: ScoreTable) -> pd.DataFrame:
    return correlation.capabilities_correlations(table, request.param, Parameters())


def test_half_of_the_headline_benchmarks_lie_on_either_side_of_the_worked_example(
    table: ScoreTable, correlations: pd.DataFrame
) -> None:
    from analysis.findings.shared import headline_benchmarks

    example = capabilities_correlation.typical_benchmark(correlations, table.benchmarks)
    headline = headline_benchmarks(correlations, table.benchmarks).set_index("benchmark")["correlation"]
    assert (headline <= headline[example]).mean() >= 0.5 <= (headline >= headline[example]).mean()


def test_the_worked_example_shows_the_pairs_its_correlation_is_made_of(
    table: ScoreTable, correlations: pd.DataFrame
) -> None:
    population = correlations["population"].iloc[0]
    example = capabilities_correlation.typical_benchmark(correlations, table.benchmarks)
    pairs = capabilities_correlation.score_pairs(table, population, example, Parameters())
    shown = pairs["capabilities_score"].corr(pairs["value"], method="spearman")
    stated = correlations.set_index("benchmark").at[example, "correlation"]
    assert shown == pytest.approx(stated, abs=1e-12)


def test_leaving_an_index_benchmark_out_never_raises_its_correlation_with_the_score_by_much(
    correlations: pd.DataFrame, table: ScoreTable
) -> None:
    rows = capabilities_correlation.index_rows(correlations, table)
    assert len(rows) == (table.benchmarks["role"] == "capability_index").sum()
    assert (rows["correlation_left_out"] <= rows["correlation"] + 0.02).all()


def test_a_negative_loading_is_named() -> None:
    names = pd.Series({"a": "Alpha", "b": "Beta"})
    assert "Beta pulls" in capabilities_score.sign_sentence({"a": 0.9, "b": -0.1}, names)
    assert "Every loading is positive" in capabilities_score.sign_sentence({"a": 0.9, "b": 0.1}, names)


def test_family_counts_add_up_to_the_models(table: ScoreTable) -> None:
    counts = score_table.family_counts(table).set_index("family")
    assert counts.sum().to_dict() == table.models["population"].value_counts().to_dict()


def test_area_counts_add_up_to_the_benchmarks(table: ScoreTable) -> None:
    assert score_table.area_counts(table).set_index("area").to_numpy().sum() == len(table.benchmarks)


def test_every_benchmark_turned_against_its_source_is_listed_with_a_note(table: ScoreTable) -> None:
    rows = score_table.direction_rows(table)
    turned = rows[rows["as_released"].isin(["reversed", "undirected"])]
    assert len(turned) == table.benchmarks["as_released"].isin(["reversed", "undirected"]).sum()
    assert (turned["polarity_note"].str.len() > 20).all()


def test_the_compute_table_lists_every_model_of_the_population(table: ScoreTable) -> None:
    rows = compute.compute_rows(table, "chat")
    assert len(rows) == (table.models["population"] == "chat").sum()
    known = rows["training_flop"].dropna()
    assert known.is_monotonic_decreasing and rows["training_flop"].isna().sum() == len(rows) - len(known)


def test_without_compute_the_chapter_says_there_is_nothing_to_show(table: ScoreTable) -> None:
    empty = pd.DataFrame(columns=["correlation", "compute_correlation"], dtype=float)
    assert "too little training compute" in compute.both_findings(empty)["both_sentence"]


def test_the_score_is_described_with_the_scree_s_own_numbers(table: ScoreTable) -> None:
    index_scores = capability.index_scores(table, "chat", Parameters())
    fitted = capability.fit_component(index_scores, "spearman")
    agreement = capability.left_out_agreement(index_scores, "spearman", "drop_models")
    found = capabilities_score.factor_findings(fitted, fitted, agreement, table.benchmarks["name"])
    assert found["variance_share"].startswith(f"{100 * fitted.variance_share:.0f}")
    assert found["alternative_share"] == found["variance_share"]


@pytest.mark.parametrize(("kind", "says"), [("reversed", "−0.30"), ("undirected", "+0.20"), ("oriented", "")])
def test_a_direction_that_is_not_the_sources_is_told_with_its_correlation(table: ScoreTable, kind: str, says: str) -> None:
    from dataclasses import replace

    coded = table.benchmarks.assign(as_released=kind)
    sentence = capabilities_correlation.direction_sentence("mt_bench", 0.3, 0.2, replace(table, benchmarks=coded))
    assert says in sentence and bool(sentence) == bool(says)


@pytest.mark.parametrize("rule", ["drop_models", "drop_benchmarks", "available"])
def test_the_rule_for_missing_scores_is_told_in_words(rule: str) -> None:
    told = capabilities_correlation.missing_rule_finding(rule)["missing_rule_sentence"]
    assert rule not in told and rule not in capabilities_score.dropped_sentence(2, rule)
