from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.display import correlation, count, number, percent_share
from analysis.theory import crisp_and_fuzzy, findings, how_they_fail, the_safety_case, what_benchmarks_do, why_they_are_scarce
from analysis.theory.how_they_fail import ItemBank
from analysis.theory.the_safety_case import Process


def test_every_finding_is_a_ready_made_string():
    path = pd.DataFrame({"round": [0, 1], "capability": [1.0, 1.2], "safety": [0.2, 0.4]})
    made = [
        findings.share_findings(0.8),
        findings.line_findings(0.2),
        findings.publicity_findings(0.3, 0.5, 0.9, 0.5),
        findings.tournament_findings(path, {"capability": 1.2, "safety": 0.4}, settled=1),
        findings.lab_findings(0.4, 0.05),
        findings.supply_findings(20, 0.5, 0.1),
        findings.lottery_findings(1.5, (0.1, 1, 5)),
        findings.rot_findings(ItemBank(), 0.0, 1.0, 0.05, 1.0),
        findings.death_findings(1.5, 0.8, 4),
        findings.flawed_findings(0.3, 1.0, 2.0),
        findings.selection_findings(100, 0.6),
        findings.judge_findings(0.75, 1.0, 9),
        findings.exhaustion_findings((0.25, 4), 0.5, 4, 40, 10),
        findings.speed_up_findings(0.8, 0.4),
        findings.simulated_findings(Process(), 1000, np.random.default_rng(2)),
        findings.case_findings(Process(choices=6, gap=1, discretion=0.8), 0.1, 0.5, 2.0),
    ]
    for strings in made:
        assert all(type(text) is str and text and "not known" not in text for text in strings.values())


def test_without_a_market_the_printed_share_is_the_squared_correlation():
    strings = findings.share_findings(0.8)
    assert strings["share_no_market"] == percent_share(0.64)
    assert strings["share_market"] == percent_share((0.64 + 0.8) / 1.8)


def test_the_printed_lines_are_one_with_a_fixed_budget_and_spread_with_an_elastic_one():
    strings = findings.line_findings(0.2)
    assert strings["even_line_fixed"] == strings["capability_line_fixed"] == strings["mix_line"]
    assert strings["even_line_elastic"] == correlation(np.sqrt(0.5))
    assert strings["capability_line_elastic"] == correlation(0.0)


def test_publicity_moves_the_printed_correlation_by_its_pull():
    strings = findings.publicity_findings(0.0, 1.0, 1.0, 1.0)
    assert strings["invested_rho"] == strings["concerned_rho"] == correlation(np.sqrt(0.5))


def test_the_tournament_is_averaged_over_its_settled_rounds():
    path = what_benchmarks_do.simulate_tournament(0.5, 5.0, 1.0, 0.3, np.random.default_rng(1), rounds=20)
    strings = findings.tournament_findings(path, {"capability": 1.0, "safety": 0.3}, settled=10)
    assert strings["simulated_safety"] == number(path["safety"].iloc[10:].mean())


def test_the_printed_means_are_those_of_labs_with_a_floor():
    strings = findings.lab_findings(0.5, 0.2)
    labs = np.linspace(0, 1, 20_001)
    assert strings["mean_before"] == percent_share(why_they_are_scarce.safety_effort(labs, 0.0, 0.2).mean())
    assert strings["mean_after"] == percent_share(why_they_are_scarce.safety_effort(labs, 0.5, 0.2).mean())
    assert (strings["salience"], strings["floor"], strings["turning"]) == (number(0.5, 1), percent_share(0.2), number(1 / 3, 3))


def test_among_twenty_equals_with_square_root_returns_supply_falls_short_four_hundredfold():
    strings = findings.supply_findings(20, 0.5, 0.1)
    assert strings["shortfall"] == "400"
    assert (strings["sure_prize"], strings["risky_prize"]) == ("19", "190")


def test_one_unit_harder_lasts_as_long_as_the_frontier_takes_to_gain_a_unit():
    strings = findings.rot_findings(ItemBank(), 0.0, 0.5, 0.05, 1.0)
    assert float(strings["years_harder"]) - float(strings["years"]) == pytest.approx(2, abs=0.11)


def test_at_the_printed_rate_of_being_found_out_a_flawed_benchmark_is_worth_nothing():
    strings = findings.flawed_findings(0.4, 1.0, 3.0)
    assert strings["break_even"] == percent_share(0.2)
    assert how_they_fail.flawed_value(0.4, 1.0, 0.2, 3.0, 0.05) == pytest.approx(0)


def test_the_best_panel_cannot_beat_a_crisp_task_with_the_same_bias():
    strings = findings.judge_findings(0.75, 1.0, 9)
    assert strings["best_panel"] == strings["crisp_validity"] == correlation(0.8)


def test_the_lead_of_a_faster_improver_is_that_of_the_model():
    strings = findings.exhaustion_findings((1.0, 10.0), 0.5, 4.0, 40.0, 10.0)
    slow, fast = (crisp_and_fuzzy.measured_progress(10.0, s, 0.5, 4.0)[0] for s in (1.0, 10.0))
    assert strings["lead"] == number(float(fast / slow), 1)


def test_the_printed_alarms_are_those_of_the_process_and_of_its_simulation():
    process = Process(choices=2, discretion=0.5)
    strings = findings.simulated_findings(process, 4000, np.random.default_rng(3))
    assert strings["expected_dangerous"] == percent_share(the_safety_case.alarm(process).dangerous, 2)
    simulated = float(strings["simulated_dangerous"].rstrip("%\N{NARROW NO-BREAK SPACE}")) / 100
    assert simulated == pytest.approx(the_safety_case.alarm(process).dangerous, abs=4 * np.sqrt(0.25 / 4000) + 0.001)


def test_so_many_self_graded_reports_multiply_to_the_ratio_of_one_good_one():
    process = Process(choices=6, gap=1, discretion=0.8)
    strings = findings.case_findings(process, 0.1, 0.5, 2.0)
    weak, strong = (
        the_safety_case.likelihood_ratio(p)
        for p in (process, the_safety_case.apply(process, the_safety_case.MEASURES, 0.5, 2.0))
    )
    assert strings["worth_reports"] == count(np.log(strong) / np.log(weak))


def measured(headroom: list[float], roles: list[str], status: str = "measured") -> pd.DataFrame:
    names = [f"B{place}" for place in range(len(headroom))]
    known = [status if np.isnan(value) else "measured" for value in headroom]
    return pd.DataFrame({"benchmark": names, "name": names, "headroom": headroom, "role": roles, "status": known})


def test_headroom_is_told_for_whatever_is_known():
    frame = measured([0.02, 0.3, 0.5, np.nan], ["safety", "safety", "capability", "safety"], "the ceiling is unknown")
    strings = findings.headroom_findings(frame)
    assert "3 benchmarks" in strings["headroom_sentence"] and percent_share(0.3) in strings["headroom_sentence"]
    assert strings["saturated_sentence"] == f"On 1 of them less than {percent_share(0.1)} is left, namely B0."
    assert percent_share(0.16) in strings["role_sentence"] and percent_share(0.5) in strings["role_sentence"]
    assert strings["unknown_sentence"] == "For 1 benchmark headroom is unknown, because the ceiling is unknown (1)."


def test_where_nothing_is_near_its_ceiling_the_text_says_so():
    strings = findings.headroom_findings(measured([0.4, 0.6], ["safety", "safety"]))
    assert strings["saturated_sentence"].startswith("On none of them")
    assert strings["role_sentence"] == strings["unknown_sentence"] == ""


def test_where_no_headroom_is_known_the_text_says_so():
    strings = findings.headroom_findings(measured([np.nan, np.nan], ["safety", "capability"], "the chance level is unknown"))
    assert "cannot be measured" in strings["headroom_sentence"]
    assert "because the chance level is unknown (2)" in strings["unknown_sentence"]
    assert strings["saturated_sentence"] == strings["role_sentence"] == ""
