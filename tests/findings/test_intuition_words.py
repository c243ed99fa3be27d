"""The words on prediction, tested as sentences about the rules and the people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis import charts_results, estimates, guesses, intuition
from analysis.display import html_table, number
from analysis.findings import intuition as found
from analysis.parameters import Parameters
from analysis.scores import load


@pytest.fixture(scope="module")
def study(data_folder: Path) -> estimates.Study:
    return estimates.study(load(data_folder), "chat", Parameters(), drawn=False)


@pytest.fixture(scope="module")
def rules(study: estimates.Study) -> pd.DataFrame:
    return intuition.rule_scores(study)


def test_the_best_rule_named_is_the_one_with_the_highest_skill(rules: pd.DataFrame) -> None:
    best = rules[rules["rule"] != "mean"].sort_values("skill").iloc[-1]
    said = found.rule_findings(rules, 0.1)["best_sentence"]
    assert best["words"].rstrip(".") in said and number(best["skill"]) in said


def test_where_no_rule_helps_the_sentence_says_so(rules: pd.DataFrame) -> None:
    useless = rules.assign(skill=-0.1, lower=-0.3, upper=-0.05)
    said = found.rule_findings(useless, np.nan)
    assert said["best_sentence"] == "No rule does better than predicting the mean."
    assert "0 have an interval wholly above zero and 12 one wholly below" in said["sure_sentence"]
    assert "cannot be told" in said["floor_sentence"]


def test_rules_that_tell_nothing_apart_are_said_to(rules: pd.DataFrame) -> None:
    blind = rules.assign(skill=np.nan, lower=np.nan, upper=np.nan)
    said = found.rule_findings(blind, 0.1)
    assert "No rule tells these benchmarks apart" in said["best_sentence"] and "0 of 12 rules apply" in said["rule_caption"]


def test_rules_that_come_to_the_same_numbers_are_named_and_counted_once(rules: pd.DataFrame) -> None:
    others = rules[rules["rule"] != "mean"]
    said = found.alike_sentence(others)
    assert "“task” and “fuzzy tasks”" in said and f"{len(others) - 1} different rules" in said
    assert found.alike_sentence(others[others["rule"] != "task"]) == found.alike_sentence(others[:0]) == ""


def test_scores_without_enough_benchmarks_say_so_everywhere() -> None:
    said = found.rule_findings(pd.DataFrame(columns=list(intuition.RULE_COLUMNS)), np.nan)
    assert said["setting_sentence"] == said["rule_caption"] == said["predicted_caption"] == found.TOO_FEW


def test_a_direction_is_judged_against_what_the_rule_expects(rules: pd.DataFrame) -> None:
    rows = found.heap_rows(rules).set_index("rule")
    assert rows.at["fuzzy tasks", "agrees"] == ("as expected" if rows.at["fuzzy tasks", "gap"] < 0 else "the other way round")
    assert rows.at["accuracy", "agrees"] == ("as expected" if rows.at["accuracy", "gap"] > 0 else "the other way round")
    assert set(rows["kind"]) == {"heuristic"}


def test_without_a_file_one_sentence_says_that_nobody_predicted(study: estimates.Study, data_folder: Path) -> None:
    nobody = guesses.read_guesses(data_folder, "", study.table)
    people = intuition.person_scores(nobody, study)
    said = found.people_findings(people, nobody, intuition.played(nobody, study)[0])
    assert said["people_note"] == found.NOBODY
    assert {text for key, text in said.items() if key != "people_note"} == {""}
    chart = charts_results.people_ranks(found.shown_people(people, "hidden"), said["people_note"])
    assert chart.to_dict()["usermeta"]["book"]["note"] == found.NOBODY
    nothing = found.class_findings(intuition.rule_rivals(nobody, study), intuition.calibration(nobody, study))
    assert set(nothing.values()) == {""}
    assert found.where_any(html_table(people)) is None


def test_people_are_counted_and_what_is_left_out_is_listed(study: estimates.Study) -> None:
    registry = intuition.headline_registry(study)
    exact = pd.DataFrame({"person": "seer", "benchmark": registry.index, "prediction": registry["correlation"].to_numpy()})
    rows = pd.concat([exact, pd.DataFrame({"person": ["fool"] * 2, "benchmark": ["wmdp", "typo"], "prediction": [1.0, 0.0]})])
    rows = rows.assign(confidence=np.nan)
    said = found.people_findings(intuition.person_scores(rows, study), rows, registry)
    assert "Predictions of 2 people" in said["people_sentence"] and "1 of 2 did better" in said["people_sentence"]
    assert "typo" in said["left_out_sentence"]


def class_of(study: estimates.Study, **guessed: object) -> pd.DataFrame:
    """Predictions of some people: each a number for all benchmarks or one for each, NaN for none."""
    registry = intuition.headline_registry(study)
    frames = [pd.DataFrame({"person": name, "benchmark": registry.index, "prediction": values}) for name, values in guessed.items()]
    return pd.concat(frames, ignore_index=True).assign(confidence=np.nan)


def said_of(rows: pd.DataFrame, study: estimates.Study) -> dict[str, str]:
    people = found.shown_people(intuition.person_scores(rows, study), "hidden")
    class_words = found.class_findings(intuition.rule_rivals(rows, study), intuition.calibration(rows, study))
    return found.people_findings(people, rows, intuition.played(rows, study)[0]) | class_words


def test_blank_rows_and_people_without_a_prediction_are_counted(study: estimates.Study) -> None:
    measured = intuition.headline_registry(study)["correlation"].to_numpy()
    said = said_of(class_of(study, ann=measured, bob=np.nan), study)
    assert f"{len(measured)} rows of the file hold no prediction. 1 person predicted nothing" in said["blank_sentence"]
    assert "Predictions of 1 person" in said["people_sentence"]


def test_a_class_that_left_everything_blank_has_one_sentence(study: estimates.Study) -> None:
    said = said_of(class_of(study, ann=np.nan), study)
    assert said["people_note"] == found.NOTHING_TO_SCORE and said["people_sentence"] == ""
    assert said["class_sentence"] == said["winner_sentence"] == ""


def test_one_number_throughout_has_no_order_and_says_so(study: estimates.Study) -> None:
    said = said_of(class_of(study, ann=0.3, bob=0.3), study)
    assert "2 people gave one number throughout, which has no order" in said["people_sentence"]
    assert "is shared by Player 1 and Player 2" in said["winner_sentence"]
    assert said["luck_sentence"] == "" and "Nobody stated a confidence" in said["calibration_sentence"]


def test_too_few_predictions_for_an_order_are_said_to_be(study: estimates.Study) -> None:
    rows = class_of(study, ann=0.3).head(3)
    assert "1 person made too few predictions" in said_of(rows, study)["people_sentence"]


def test_the_winner_must_have_predicted_half_as_much_as_anybody(study: estimates.Study) -> None:
    measured = intuition.headline_registry(study)["correlation"].to_numpy()
    few = class_of(study, lucky=measured).head(5)
    many = class_of(study, diligent=np.clip(measured + 0.1, -1, 1))
    rows = pd.concat([few, many], ignore_index=True)
    people = intuition.person_scores(rows, study)
    assert people["person"].iloc[0] == "lucky"
    assert "diligent" in found.winner_sentence(people[~people["crowd"].astype(bool)])


@pytest.mark.parametrize(
    ("bounds", "words"),
    [((0.1, 0.2), "speak against the claim"), ((-0.2, -0.1), "bear the claim out"), ((-0.1, 0.1), "do not decide"), ((np.nan, np.nan), "no interval")],
)
def test_the_verdict_on_the_claim_follows_the_interval(bounds: tuple[float, float], words: str) -> None:
    row = pd.Series({"gain": float(np.nanmean([*bounds, 0.05])), "lower": bounds[0], "upper": bounds[1]})
    assert words in found.claim_sentence(row)


@pytest.mark.parametrize(("stated", "words"), [(0.95, "surer than"), (0.5, "about as sure"), (0.1, "less sure than")])
def test_the_word_on_confidence_follows_the_gap(stated: float, words: str) -> None:
    row = pd.DataFrame([(0, 1, 10, 5, stated, 0.5, 0.2, 0.8)], columns=list(intuition.CALIBRATION_COLUMNS))
    assert words in found.calibration_sentence(row)


def test_names_are_hidden_unless_asked_for(study: estimates.Study) -> None:
    rows = class_of(study, ann=0.3, bob=0.1)
    people = intuition.person_scores(rows, study)
    hidden, shown = (found.shown_people(people, naming)["person"].tolist() for naming in ("hidden", "shown"))
    assert hidden == ["Player 1", "Player 2", intuition.CROWD]
    assert sorted(shown[:2]) == ["ann", "bob"]
    assert "ann" not in " ".join(said_of(rows, study).values()) and "bob" not in " ".join(said_of(rows, study).values())
