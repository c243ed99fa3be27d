"""The audit finds faults by numbers and declarations alone, on the shipped scores and on made-up ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from analysis import scores
from analysis.audit import COLUMNS, as_released, audit, counts
from analysis.scores import ScoreTable

from tests.score_tables import random_scores, score_table

POPULATIONS = ("base", "chat")


@pytest.fixture(scope="module")
def shipped(data_folder) -> ScoreTable:
    return scores.load(data_folder)


@pytest.fixture(scope="module")
def ours(shipped) -> dict[str, pd.DataFrame]:
    return {name: audit(shipped, name) for name in POPULATIONS}


@pytest.fixture(scope="module")
def released(shipped) -> dict[str, pd.DataFrame]:
    return {name: audit(as_released(shipped), name) for name in POPULATIONS}


def found(findings: pd.DataFrame, check: str) -> set[str]:
    return set(findings.loc[findings["check"] == check, "benchmark"])


def models(findings: pd.DataFrame, check: str, benchmark: str = "", saying: str = "") -> set[str]:
    chosen = (findings["check"] == check) & (findings["benchmark"] == benchmark)
    chosen &= findings["what"].str.contains(saying, regex=False)
    return {model for several in findings.loc[chosen, "models"] for model in several}


def direction(findings: pd.DataFrame) -> pd.DataFrame:
    return findings[findings["check"].str.startswith("direction")]


@pytest.mark.parametrize("population", POPULATIONS)
def test_released_directions_of_all_machiavelli_totals_are_found(released, population):
    assert found(released[population], "direction_split") == {
        "machiavelli_power", "machiavelli_utility", "machiavelli_violations",
    }


@pytest.mark.parametrize("population", POPULATIONS)
def test_our_directions_of_machiavelli_pass(ours, population):
    assert not direction(ours[population])["benchmark"].str.startswith("machiavelli").any()


@pytest.mark.parametrize("population", POPULATIONS)
def test_released_discrimination_maximum_and_signed_gaps_are_found(released, ours, population):
    assert found(released[population], "direction_maximum") == {"discrim_eval_max"}
    gaps = found(released[population], "direction_gap")
    assert gaps == {"simple_cooccurrence_bias"} | {
        f"discrim_eval_{group}"
        for group in ("black", "hispanic", "female", "non_binary", "younger", "older")
    }
    assert not found(ours[population], "direction_gap")
    maximum = ours[population].query("check == 'direction_maximum'")
    assert list(maximum["severity"]) == ["note"]


@pytest.mark.parametrize("population", POPULATIONS)
def test_released_multirc_runs_against_its_tree_and_ours_turns_up_in_its_total(released, ours, population):
    assert "superglue_multirc" in found(released[population], "direction_siblings")
    assert "superglue_multirc" not in found(ours[population], "direction_siblings")
    assert found(ours[population], "direction_split") == {"superglue"}


@pytest.mark.parametrize("population", POPULATIONS)
def test_direction_warnings_are_fewer_under_our_coding(released, ours, population):
    warnings = [
        len(direction(frame[population]).query("severity == 'warning'")) for frame in (ours, released)
    ]
    assert warnings[0] <= 2
    assert warnings[1] >= 12


def test_released_beavertails_is_below_chance_and_ours_is_not(released, ours):
    for population in POPULATIONS:
        assert "beavertails" in found(released[population], "below_chance")
        assert "beavertails" not in found(ours[population], "below_chance")
        assert "bbq_ambiguous" in found(ours[population], "below_chance")


def test_blank_released_compute_is_found_for_three_base_and_five_chat_models(ours):
    base, chat = (models(ours[p], "compute_blank", saying="flop_as_released") for p in POPULATIONS)
    assert len(base) == 3
    assert len(chat) == 5
    assert {"gemma-1.1-2b-it", "gemma-1.1-7b-it"} < chat


def test_released_compute_of_dbrx_is_found_to_count_all_parameters(ours):
    assert models(ours["base"], "compute_formula", saying="all parameters") == {"dbrx-base"}
    assert models(ours["chat"], "compute_formula", saying="all parameters") == {"dbrx-instruct"}


def test_released_compute_of_qwen_and_gemma_does_not_fit_their_tokens(ours):
    off = models(ours["base"], "compute_formula", saying="flop_as_released of gemma-2b")
    assert {"gemma-2b", "qwen1.5-7b", "qwen1.5-14b", "qwen1.5-72b"} <= off
    assert not {"qwen1.5-0.5b", "llama-2-7b-hf", "gemma-7b"} & off
    bare = models(ours["base"], "compute_formula", saying="no training tokens")
    assert bare == {"qwen1.5-32b", "qwen1.5-110b"}


def test_incomplete_machiavelli_runs_are_found(ours):
    base, chat = (models(ours[p], "incomplete_run", "machiavelli_power") for p in POPULATIONS)
    assert len(base) == 8
    assert len(chat) == 7
    assert "falcon-180b-chat" in chat


def test_missing_arena_and_autocomplete_scores_are_found(ours):
    assert len(models(ours["chat"], "missing", "chatbot_arena")) == 6
    assert models(ours["base"], "missing", "cyberseceval2_autocomplete") == {"yi-34b"}


def test_answers_that_were_probably_not_extracted_are_found(ours):
    chat, base = ours["chat"], ours["base"]
    assert {"qwen1.5-110b-chat", "deepseek-llm-67b-chat"} <= models(chat, "outlier", "math")
    assert {"qwen1.5-14b-chat", "qwen1.5-110b-chat"} <= models(chat, "counterpart", "math")
    assert {"qwen1.5-72b-chat", "qwen1.5-4b-chat"} <= models(chat, "counterpart", "gsm8k")
    assert "gemma-1.1-7b-it" in models(chat, "counterpart", "bbh")
    assert models(base, "counterpart", "math") == {"gemma-7b"}


def test_figures_copied_from_a_sibling_or_of_another_test_set_are_found(ours):
    copied = models(ours["base"], "repeated", "adv_glue_mnli_mismatched")
    assert copied == {"gemma-2b", "gemma-7b", "llama-2-7b-hf"}
    assert {"rules_basic", "rules_benign"} <= found(ours["chat"], "repeated")
    assert models(ours["base"], "item_counts", "wmdp") == {"gemma-2b", "gemma-7b"}
    assert models(ours["chat"], "item_counts", "wmdp_bio") == {"falcon-7b-instruct"}
    assert "gpqa" in found(ours["base"], "item_counts")


def test_rounded_figures_are_found(ours):
    assert models(ours["base"], "rounded", "scruples") == {"deepseek-llm-7b-base"}
    assert len(models(ours["chat"], "rounded", "steer")) == 25
    assert models(ours["chat"], "rounded", "chatbot_arena") == {"mixtral-8x7b-instruct-v0.1"}


def test_copies_products_ceilings_floors_and_mixed_units_are_found(ours):
    for population in POPULATIONS:
        findings = ours[population]
        assert found(findings, "duplicate") == {"machiavelli_utility_suffering"}
        assert found(findings, "product") == {"truthfulqa_truth_info"}
        assert "moralchoice" in found(findings, "saturation")
        assert "drop_em" in found(findings, "floor")
        assert found(findings, "scale_mixed") == {"cyberseceval2_instruct"}


def test_counts_add_up_and_warnings_come_first(ours):
    findings = ours["chat"]
    assert list(findings) == list(COLUMNS)
    assert counts(findings).sum() == len(findings)
    assert list(findings["severity"]) == sorted(findings["severity"], reverse=True)


def test_the_audit_reads_no_note_and_no_citation_of_faults(shipped, ours):
    silent = replace(shipped, benchmarks=shipped.benchmarks.assign(polarity_note=None))
    pd.testing.assert_frame_equal(audit(silent, "chat"), ours["chat"])


def sound(seed: int = 0) -> ScoreTable:
    table = score_table(chat=random_scores(24, 8, seed))
    return replace(table, benchmarks=table.benchmarks.assign(upper_bound=np.nan, unit="points"))


def test_sound_scores_give_few_findings():
    flagged = [len(audit(sound(seed), "chat")) for seed in range(10)]
    assert np.mean(flagged) < 1


def with_column(table: ScoreTable, benchmark: str, change) -> ScoreTable:
    mine = table.scores["benchmark"] == benchmark
    changed = table.scores["score"].where(~mine, change(table.scores["score"]))
    return replace(table, scores=table.scores.assign(score=changed))


def test_a_constant_column_is_found():
    assert found(audit(with_column(sound(), "b5", lambda s: 0.5), "chat"), "constant") == {"b5"}


def test_a_column_copied_on_another_scale_is_found_as_duplicate():
    table = sound()
    copy = table.scores.loc[table.scores["benchmark"] == "b4", "score"].to_numpy()
    mine = table.scores["benchmark"] == "b6"
    table.scores.loc[mine, "score"] = 100 * copy
    assert found(audit(table, "chat"), "duplicate") == {"b6"}


def test_proportions_declared_as_percentages_are_found():
    table = with_column(sound(), "b5", lambda s: 1 / (1 + np.exp(-s)))
    table.benchmarks.loc["b5", "unit"] = "percent"
    assert "b5" in found(audit(table, "chat"), "scale")


def test_a_total_turned_round_is_found_and_turning_it_back_clears_it():
    table = sound()
    parts = ["b4", "b5", "b6"]
    table.benchmarks["parent"] = None
    table.benchmarks.loc[parts, "parent"] = "b7"
    wide = table.scores.pivot(index="model", columns="benchmark", values="score")
    total = -wide[parts].mean(axis=1)
    mine = table.scores["benchmark"] == "b7"
    table.scores.loc[mine, "score"] = total[table.scores.loc[mine, "model"]].to_numpy()
    assert found(audit(table, "chat"), "direction_split") == {"b7"}
    table.benchmarks.loc["b7", "higher_is"] = "worse"
    assert not found(audit(table, "chat"), "direction_split")


def test_an_index_score_lost_in_extraction_is_found():
    ability = np.linspace(-2, 2, 24)
    frame = pd.DataFrame({f"b{j}": ability + 0.1 * np.sin(7 * ability + j) for j in range(6)})
    frame.loc[20, "b2"] = -5.0
    frame = frame.set_axis([f"m{i}" for i in range(24)]).rename_axis("model").rename_axis(columns="benchmark")
    findings = audit(score_table(index=6, chat=frame), "chat")
    assert models(findings, "outlier", "b2") == {"chat-m20"}


def test_hostile_names_stay_on_one_line_of_the_report():
    table = score_table(chat=random_scores(12, 5).rename(columns={"b3": "=cmd|'\n<script>"}))
    findings = audit(with_column(table, "=cmd|'\n<script>", lambda s: 1.0), "chat")
    assert not findings["what"].str.contains("\n").any()


def test_findings_name_ids_plainly_and_numbers_without_a_signed_zero(ours, released):
    for frames in (ours, released):
        for what in [what for frame in frames.values() for what in frame["what"]]:
            assert "'" not in what and " -0." not in what and "−0.00" not in what
