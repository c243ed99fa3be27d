"""A card's sentences say what its figures are, on any table."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from analysis import charts, scores
from analysis.card import card_of
from analysis.findings import your_benchmark as found
from analysis.parameters import Parameters
from analysis.problems import InputError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.score_tables import random_scores, score_table

SETTINGS = Parameters(simulations=10)
MACHINE = re.compile(r"\b(nan|None|inf|True|False)\b|\{|\}")


@pytest.fixture(scope="module")
def facts(data_folder):
    return card_of(scores.load(data_folder), "chat", "ethics_justice", SETTINGS).facts


def made_up(frame: pd.DataFrame):
    table = score_table(chat=frame)
    return replace(table, benchmarks=table.benchmarks.assign(parent=None))


def test_the_headline_has_the_estimate_the_interval_and_both_counts(facts):
    said = found.headline(facts)
    assert f"{facts['correlation']:+.2f}" in said
    assert f"{facts['upper']:+.2f}" in said
    assert f"{facts['n_models']} chat models of {facts['n_families']} families" in said


@pytest.mark.parametrize(
    ("lower", "upper", "word"), [(0.5, 0.9, "Entangled"), (-0.9, -0.5, "Inverse"), (-0.2, 0.2, "Distinct")]
)
def test_the_verdict_begins_with_its_word(facts, lower, upper, word):
    verdict = word.casefold()
    assert found.verdict({**facts, "lower": lower, "upper": upper, "verdict": verdict, "reason": ""}).startswith(word)


@pytest.mark.parametrize(
    ("lower", "upper", "lines"), [(0.1, 0.6, 1), (-0.6, 0.1, 1), (-0.6, 0.6, 2)]
)
def test_an_open_verdict_names_the_lines_that_are_crossed(facts, lower, upper, lines):
    said = found.crossed({**facts, "lower": lower, "upper": upper})
    assert said.count("0.40") == lines
    assert ("+0.40" in said) == (lower < 0.4 < upper)


def test_the_families_named_are_those_at_the_ends(facts):
    rows = sorted(facts["left_out"]["families"], key=lambda row: row["correlation"])
    said = found.without_a_family(facts)
    assert rows[0]["family"] in said.split(" and ")[0]
    assert rows[-1]["family"] in said.split(" and ")[1]


@settings(max_examples=12, deadline=None)
@given(st.integers(4, 14), st.integers(0, 10_000), st.sampled_from([0.0, 0.3]), st.booleans())
def test_no_sentence_shows_how_a_machine_writes_what_is_missing(models, seed, missing, compute):
    frame = random_scores(models, 5, seed)
    frame["b4"] = frame["b4"].where(np.random.default_rng(seed).random(models) >= missing)
    table = made_up(frame)
    if not compute:
        table = replace(table, models=table.models.assign(training_flop=np.nan))
    try:
        made = card_of(table, "chat", "b4", SETTINGS)
    except InputError as error:
        assert "at least 4" in str(error) or "no chat model" in str(error)
        return
    for key, said in found.sentences(made.facts).items():
        assert not MACHINE.search(said), (key, said)
        assert "  " not in said


def test_a_constant_benchmark_has_a_card_that_says_so():
    frame = random_scores(10, 5, 1)
    frame["b4"] = 0.5
    facts = card_of(made_up(frame), "chat", "b4", SETTINGS).facts
    assert facts["correlation"] is None
    assert "no capabilities correlation" in found.headline(facts)
    assert "constant" in {row["check"] for row in facts["audit"]}
    assert not any(MACHINE.search(said) for said in found.sentences(facts).values())


def test_an_index_benchmark_shows_the_correlation_without_itself(data_folder):
    facts = card_of(scores.load(data_folder), "chat", "mmlu", SETTINGS).facts
    assert f"{facts['correlation_left_out']:+.2f}" in found.in_the_index(facts)


def test_the_typical_benchmark_is_chosen_and_an_unknown_one_refused(data_folder):
    table = scores.load(data_folder)
    assert found.chosen_benchmark(table, "chat", "typical", SETTINGS) in table.benchmarks.index
    assert found.chosen_benchmark(table, "chat", "wmdp", SETTINGS) == "wmdp"
    with pytest.raises(InputError, match="nothing_such"):
        found.chosen_benchmark(table, "chat", "nothing_such", SETTINGS)


def test_lists_keep_their_columns_when_they_are_empty(facts):
    empty = found.rows({**facts, "audit": []}, "audit")
    assert list(empty) == list(found.AUDIT_COLUMNS)
    assert isinstance(found.rows(facts, "families"), pd.DataFrame)


def test_item_counts_that_give_no_error_are_not_said_to_be_absent(data_folder):
    table = scores.load(data_folder)
    unknown = {"reliability": {"reliability": None}, "spread": {"lowest": 1.0, "highest": 2.0}}
    assert found.items_stated(table, "machiavelli_power") and not found.items_stated(table, "nothing_such")
    assert "Numbers of items are stated" in found.noise(unknown, counted=True)
    assert "without item counts" in found.noise(unknown)
    assert "same score" in found.noise({**unknown, "spread": {"lowest": 1.0, "highest": 1.0}})


@pytest.mark.parametrize("way", ["better", "worse"])
def test_scores_that_the_chart_turns_are_said_to_be_turned(data_folder, way):
    table = scores.load(data_folder)
    benchmark = {"better": "ethics_justice", "worse": "machiavelli_power"}[way]
    made = card_of(table, "chat", benchmark, SETTINGS)
    axis = charts.scatter_against_score(made.pairs, table, benchmark).to_dict()["encoding"]["y"]["title"]
    assert ("turned" in found.reach(made.facts)) == ("turned so that higher is safer" in axis) == (way == "worse")


def test_the_audit_is_named_as_the_one_who_looked(facts, data_folder):
    table = scores.load(data_folder)
    seen = [found.chapter_words({**facts, "audit": facts["audit"][:1] * n}, table)["card_audit"] for n in (0, 1, 2)]
    assert all(said.startswith("The audit found ") for said in seen)
    if facts["audit"]:
        assert "one thing to" in seen[1] and "2 things to" in seen[2]
