"""What the chapter on the models to run next says of any table."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from analysis import results, scores
from analysis.findings import model_panel as found
from analysis.parameters import Parameters

from tests.score_tables import random_scores, score_table


@pytest.fixture(scope="module")
def table(data_folder):
    return scores.load(data_folder)


@pytest.fixture(scope="module")
def judged(table):
    return results.judged_correlations(table, "chat", Parameters())


def test_the_panel_has_as_many_models_as_the_budget_allows(table):
    for budget in (1, 4, 100):
        rows = found.panel_rows(table, "chat", Parameters(budget=budget))
        assert len(rows) == min(budget, 26)


def test_a_panel_below_three_families_is_said_to_have_no_interval(table):
    rows = found.panel_rows(table, "chat", Parameters(budget=2))
    said = found.panel_words(rows, table, "chat", 0.4)
    assert "too few for an interval" in said["panel_width_sentence"]
    assert set(rows["half_width"].map(found.width_text)) == {"none yet"}


def test_families_of_one_model_leave_the_shared_part_open(table):
    alone = score_table(chat=random_scores(10, 5))
    alone.models["family"] = alone.models.index
    assert "cannot be told" in found.share_sentence(alone, "chat", 0.95)
    assert "42" in found.share_sentence(table, "chat", 0.42)


def test_open_benchmarks_are_those_without_a_verdict_nearest_first(table, judged):
    rows = found.open_rows(judged, table)
    assert set(rows["verdict"]) == {"cannot tell"}
    assert set(rows["role"]) == {"safety"}
    assert rows["more_families"].dropna().is_monotonic_increasing
    said = found.open_words(rows, judged, table)["open_sentence"]
    assert f", {len(rows)} have the verdict “cannot tell”" in said


def test_nothing_open_is_said_plainly(table, judged):
    closed = judged.assign(verdict="entangled")
    said = found.open_words(found.open_rows(closed, table), closed, table)
    assert said == {"open_sentence": "No headline safety benchmark is left without a verdict.", "settle_sentence": ""}


def test_a_small_population_is_not_tried(table):
    small = score_table(chat=random_scores(5, 5))
    assert found.tried(small, "chat", Parameters()).empty
    assert "too few" in found.trial_words(found.tried(small, "chat", Parameters()))["trial_sentence"]


def test_the_sentence_on_the_trial_counts_where_ranking_helped():
    rows = pd.DataFrame({"models": [6, 9], "ranked": [1.0, 0.9], "random": [1.2, 0.8]})
    assert "2 panel sizes" in found.trial_words(rows)["trial_sentence"]
    assert found.trial_words(rows)["trial_sentence"].endswith("at 1.")
    assert found.trial_words(rows.assign(random=2.0))["trial_sentence"].endswith("at all 2.")
    assert found.trial_words(rows.assign(random=0.0))["trial_sentence"].endswith("at none.")


def test_the_chart_draws_each_ranked_model_once_there_is_an_interval(table):
    rows = found.panel_rows(table, "chat", Parameters(budget=8))
    spec = found.width_chart(rows).to_dict()
    drawn = next(iter(spec["datasets"].values()))
    assert [row["name"] for row in drawn] == list(rows.loc[np.isfinite(rows["half_width"]), "name"])


@pytest.mark.parametrize("budget", [2, 6, 40])
def test_caption_and_legend_of_the_chart_speak_of_what_is_drawn(table, budget):
    rows = found.panel_rows(table, "chat", Parameters(budget=budget))
    drawn = rows[np.isfinite(rows["half_width"])]
    said = found.panel_caption(rows)
    assert ("No model" in said) == drawn.empty
    assert drawn.empty or f"the last {len(drawn)} models of the panel's {len(rows)}," in said
    half = re.search(r"reached after the (\d+) models", said)
    if half:
        widths = drawn.set_index("rank")["half_width"]
        left = (widths - widths.iloc[-1]) / (widths.iloc[0] - widths.iloc[-1])
        assert left[int(half[1])] <= 0.5 < left[int(half[1]) - 1]
    else:
        assert len(drawn) < 2 or drawn["half_width"].iloc[0] == drawn["half_width"].iloc[-1]
    spec = found.width_chart(rows).to_dict()
    keys = {key["name"] for key in spec["usermeta"]["book"]["keys"]}
    brought = {"a new family" if new else "one more of a family" for new in drawn["new_family"]}
    assert keys == (brought if len(brought) > 1 else set())
