"""The words of the ledger, tested as sentences about it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from score_tables import random_scores, score_table

from analysis import claims as ledger
from analysis.claims_file import read_claims
from analysis.findings import claims as found
from analysis.parameters import Parameters
from analysis.scores import load

PARAMETERS = Parameters(resamples=200)


@pytest.fixture(scope="module")
def stated(data_folder: Path) -> tuple[ledger.Claim, ...]:
    return read_claims(data_folder)


@pytest.fixture(scope="module")
def frame(data_folder: Path, stated: tuple[ledger.Claim, ...]) -> pd.DataFrame:
    return ledger.claims(load(data_folder), PARAMETERS, stated)


def test_the_counts_by_text_add_up_to_the_claims(frame: pd.DataFrame) -> None:
    counts = found.verdict_counts(frame)
    assert counts["all"].sum() == len(frame)
    assert counts[list(ledger.VERDICTS)].sum().to_dict() == frame["verdict"].value_counts().reindex(ledger.VERDICTS, fill_value=0).to_dict()


def test_the_sentences_count_and_name_what_the_ledger_holds(frame: pd.DataFrame) -> None:
    said = found.ledger_findings(frame, PARAMETERS)
    assert f"{(frame['verdict'] == ledger.HOLDS).sum()} of them hold" in said["count_sentence"]
    for statement in frame.loc[frame["verdict"] == ledger.FAILS, "statement"]:
        assert f"“{statement}”" in said["held_sentence"]
    lacking = ((frame["verdict"] == ledger.NOT_TESTABLE) & (frame["population"] != "")).sum()
    assert f"for {lacking} others these scores lack" in said["untested_sentence"]


def test_every_claim_has_its_paragraph_with_statement_and_reason(frame: pd.DataFrame) -> None:
    texts = found.claim_texts(frame)
    for row in frame.itertuples():
        assert texts[f"verdict-{row.id}"] == row.verdict
        assert row.statement in texts[f"about-{row.id}"] and row.reason in texts[f"about-{row.id}"]


def test_a_claim_that_is_not_tested_says_why_not(frame: pd.DataFrame) -> None:
    texts = found.claim_texts(frame)
    for row in frame.itertuples():
        assert (f"Why not: {row.reason}" in texts[f"about-{row.id}"]) == (row.verdict == ledger.NOT_TESTABLE)


def test_no_printed_bound_contradicts_its_verdict(frame: pd.DataFrame, stated: tuple[ledger.Claim, ...]) -> None:
    tested = found.tested_rows(frame, stated, 0.4)
    for row in tested[tested["verdict"].isin([ledger.HOLDS, ledger.FAILS])].itertuples():
        ends = row.criterion.split()[1::2]
        assert not set(row.interval.split(" to ")) & set(ends), row.id
        assert row.interval in row.reason, row.id


def test_a_share_of_benchmarks_is_written_in_percent(frame: pd.DataFrame, stated: tuple[ledger.Claim, ...]) -> None:
    row = found.tested_rows(frame, stated, 0.4).set_index("id").loc["half-entangled"]
    assert row["value"].endswith("%") and "%" in row["interval"] and "%" in row["criterion"]
    assert f"Estimate {row['value']}" in found.claim_texts(frame)["about-half-entangled"]


def test_the_tested_claims_carry_the_ends_that_decide_them(frame: pd.DataFrame, stated: tuple[ledger.Claim, ...]) -> None:
    tested = found.tested_rows(frame, stated, 0.4).set_index("id")
    assert ledger.NOT_TESTABLE not in set(tested["verdict"])
    assert tested.at["truthfulness-high", "low"] == 0.4 and np.isnan(tested.at["truthfulness-high", "high"])
    assert tested.loc[tested["verdict"] == ledger.HOLDS, "lower"].gt(tested["low"].fillna(-np.inf)[tested["verdict"] == ledger.HOLDS]).all()


def test_on_scores_that_test_nothing_the_ledger_says_so(stated: tuple[ledger.Claim, ...]) -> None:
    untestable = [each for each in stated if not each.test]
    empty = ledger.claims(score_table(base=random_scores(8, 5)), PARAMETERS, untestable)
    said = found.ledger_findings(empty, PARAMETERS)
    assert "None of the claims can be tested" in said["count_sentence"]
    assert "No tested claim fails" in said["held_sentence"] and "no verdict" in said["chance_sentence"]
    assert found.tested_rows(empty, untestable, 0.4).empty


def test_populations_are_compared_claim_by_claim(data_folder: Path, stated: tuple[ledger.Claim, ...], frame: pd.DataFrame) -> None:
    both = found.both_populations(load(data_folder), PARAMETERS, stated)
    assert list(both.columns) == ["id", "base", "chat"]
    chat = frame.set_index("id")["verdict"]
    assert both["chat"].tolist() == chat[both["id"]].tolist()
    assert "compute-close" not in set(both["id"])


def test_a_contradiction_between_populations_is_named() -> None:
    rows = pd.DataFrame({"id": ["a", "b"], "x": [ledger.HOLDS, ledger.HOLDS], "y": [ledger.FAILS, ledger.CANNOT_TELL]})
    assert "contradict each other on a." in found.population_findings(rows)["population_sentence"]
    assert "never contradict" in found.population_findings(rows.iloc[1:])["population_sentence"]
    assert "one population only" in found.population_findings(rows[["id", "x"]])["population_sentence"]


@pytest.mark.parametrize(("expected", "words"), [(0.2, "fewer than one"), (1.4, "about one interval"), (4.6, "about 5 intervals")])
def test_what_chance_turns_is_said_in_words(expected: float, words: str) -> None:
    assert words in found.missed(expected)
