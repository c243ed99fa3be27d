"""What the chapters of Part I say in numbers: ready-made strings computed from the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from analysis.display import correlation as rho
from analysis.display import count, listing, number, percent_share
from analysis.theory import crisp_and_fuzzy, how_they_fail, the_safety_case, what_benchmarks_do, why_they_are_scarce

if TYPE_CHECKING:
    import pandas as pd

    from analysis.theory.how_they_fail import ItemBank
    from analysis.theory.the_safety_case import Process

NEARLY_FULL = 0.1


def share_findings(correlation: float) -> dict[str, str]:
    """How much of a score gain is capability, for one benchmark.

    Parameters
    ----------
    correlation : float
        Its capabilities correlation.

    Returns
    -------
    dict of str to str
        `example_rho`, and `share_*` with no market, with one as strong as the leaderboard, with
        one five times as strong, and with such a market met by equal care.
    """
    share = what_benchmarks_do.capability_share
    return {
        "example_rho": rho(correlation),
        "share_no_market": percent_share(float(share(correlation, 1, 0, 0))),
        "share_market": percent_share(float(share(correlation, 1, 1, 0))),
        "share_strong_market": percent_share(float(share(correlation, 1, 5, 0))),
        "share_care": percent_share(float(share(correlation, 1, 5, 5))),
    }


def line_findings(care: float) -> dict[str, str]:
    """Where the dividing lines run for one field, at three elasticities.

    Parameters
    ----------
    care : float
        Reward for safety before the benchmark, in units of the market's reward for capability.

    Returns
    -------
    dict of str to str
        `care`, `mix_line`, `even_line_*` (one unit of safety makes up for one of capability) and
        `capability_line_*` for a fixed, a half elastic and an elastic budget.
    """
    line = what_benchmarks_do.dividing_correlation
    budgets = {"fixed": 0.0, "half": 0.5, "elastic": 1.0}
    return {
        "care": number(care, 1),
        "mix_line": rho(float(line(care, 1, care, 0.5))),
        **{f"even_line_{name}": rho(float(line(1, 1, care, e))) for name, e in budgets.items()},
        **{f"capability_line_{name}": rho(float(line(np.inf, 1, care, e))) for name, e in budgets.items()},
    }


def publicity_findings(
    correlation: float, investment: float, alarming: float, concern: float
) -> dict[str, str]:
    """Two benchmarks whose publicity outweighs what they measure.

    Parameters
    ----------
    correlation, investment : float
        A benchmark that measures safety and whose publicity brings investors.
    alarming, concern : float
        A benchmark that measures capability and whose publicity brings concern.

    Returns
    -------
    dict of str to str
        The correlations, and those they come to with their publicity.
    """
    effective = what_benchmarks_do.effective_correlation
    return {
        "quiet_rho": rho(correlation),
        "invested_rho": rho(float(effective(correlation, investment=investment))),
        "alarming_rho": rho(alarming),
        "concerned_rho": rho(float(effective(alarming, concern=concern))),
        "investment": number(investment, 1),
        "concern": number(concern, 1),
    }


def tournament_findings(path: pd.DataFrame, expected: Mapping[str, float], settled: int) -> dict[str, str]:
    """How near a simulated tournament comes to the closed form.

    Parameters
    ----------
    path : DataFrame
        As :func:`analysis.theory.what_benchmarks_do.simulate_tournament` returns.
    expected : mapping of str to float
        Capability and safety of the closed form.
    settled : int
        Round from which the path is averaged.

    Returns
    -------
    dict of str to str
        `simulated_*` and `expected_*`.
    """
    late = path[path["round"] >= settled].mean()
    kinds = ("capability", "safety")
    return {
        **{f"simulated_{kind}": number(late[kind]) for kind in kinds},
        **{f"expected_{kind}": number(expected[kind]) for kind in kinds},
    }


def lab_findings(salience: float, floor: float) -> dict[str, str]:
    """What a benchmark does to a field of labs.

    Parameters
    ----------
    salience : float
        Weight of safety in what impresses, once the benchmark exists.
    floor : float
        Least share of work on safety.

    Returns
    -------
    dict of str to str
        `salience`, `floor`, `turning` (conscience at which labs begin to want the benchmark), and the mean share of work
        on safety before and after.
    """
    effort = why_they_are_scarce.mean_safety_effort
    return {
        "salience": number(salience, 1),
        "floor": percent_share(floor),
        "turning": number(why_they_are_scarce.turning_conscience(salience), 3),
        "mean_before": percent_share(effort(0.0, floor)),
        "mean_after": percent_share(effort(salience, floor)),
    }


def supply_findings(parties: int, returns: float, adoption: float) -> dict[str, str]:
    """How far private supply falls short among equals, and the prize that would mend it.

    Parameters
    ----------
    parties : int
        Number of equal parties.
    returns : float
        Returns to quality.
    adoption : float
        Chance that a benchmark is taken up.

    Returns
    -------
    dict of str to str
        `parties`, `shortfall` (social over private supply), `adoption`, `sure_prize` and
        `risky_prize`, in units of what one party gains.
    """
    values = np.ones(parties)
    social = why_they_are_scarce.social_supply(values, 1.0, returns)
    private = why_they_are_scarce.private_supply(values, 1.0, returns)
    prize = why_they_are_scarce.closing_prize
    return {
        "parties": count(parties),
        "shortfall": count(social / private),
        "adoption": percent_share(adoption),
        "sure_prize": count(prize(values, 0, 1.0)),
        "risky_prize": count(prize(values, 0, adoption)),
    }


def lottery_findings(ratio: float, imitations: Sequence[float]) -> dict[str, str]:
    """How often the better of two benchmarks loses, with little and with much imitation.

    Parameters
    ----------
    ratio : float
        Quality of the better in units of the other's.
    imitations : sequence of float
        A small, a middling and a large weight of one earlier adopter.

    Returns
    -------
    dict of str to str
        `ratio`, `imitation_*` and `loses_*`.
    """
    names = ("little", "some", "much")
    pairs = list(zip(names, imitations, strict=True))
    return {
        "ratio": number(ratio, 1),
        **{f"imitation_{name}": number(value, 1) for name, value in pairs},
        **{f"loses_{name}": percent_share(why_they_are_scarce.better_loses(ratio, value)) for name, value in pairs},
    }


def rot_findings(bank: ItemBank, frontier: float, growth: float, short: float, period: float) -> dict[str, str]:
    """How long a benchmark lasts and what more difficulty or renewal buys.

    Parameters
    ----------
    bank : ItemBank
        The benchmark.
    frontier, growth, short : float
        As in :func:`analysis.theory.how_they_fail.years_to_saturation`.
    period : float
        Years between renewals.

    Returns
    -------
    dict of str to str
        `ceiling_share`, `years`, `years_harder` (one unit of ability harder), `kept` (mean
        information when renewed, as a share of the most).
    """
    from dataclasses import replace

    harder = replace(bank, centre=bank.centre + 1)
    peak = float(how_they_fail.information(bank.centre, bank))
    kept = how_they_fail.refreshed_information(bank, growth, period, growth * period / 2) / peak
    return {
        "ceiling_share": percent_share(1 - short),
        "years": number(how_they_fail.years_to_saturation(bank, frontier, growth, short), 1),
        "years_harder": number(how_they_fail.years_to_saturation(harder, frontier, growth, short), 1),
        "kept": percent_share(kept),
    }


def death_findings(reach: float, small_reach: float, seeds: int) -> dict[str, str]:
    """Chances of dying quietly.

    Parameters
    ----------
    reach, small_reach : float
        New users that one user brings: in a ready field, above one, and in one that is not, below.
    seeds : int
        First users of a well-launched benchmark.

    Returns
    -------
    dict of str to str
        `reach`, `small_reach`, `seeds`, `dies_alone`, `dies_launched`, `following`.
    """
    dies = how_they_fail.extinction_probability
    return {
        "reach": number(reach, 1),
        "small_reach": number(small_reach, 1),
        "seeds": count(seeds),
        "dies_alone": percent_share(float(dies(reach))),
        "dies_launched": percent_share(float(dies(reach, seeds)), 1),
        "following": count(float(how_they_fail.quiet_following(small_reach, seeds))),
    }


def flawed_findings(side_benefit: float, harm: float, lesson: float) -> dict[str, str]:
    """When a flawed benchmark does as much good as harm.

    Parameters
    ----------
    side_benefit, harm, lesson : float
        As in :func:`analysis.theory.how_they_fail.flawed_value`.

    Returns
    -------
    dict of str to str
        `side_benefit`, `harm`, `lesson`, `break_even` (chance per year of being found out) and
        `believed_for` (mean years until then).
    """
    rate = (harm - side_benefit) / lesson
    return {
        "side_benefit": number(side_benefit, 1),
        "harm": number(harm, 1),
        "lesson": number(lesson, 1),
        "break_even": percent_share(rate),
        "believed_for": number(1 / rate, 1),
    }


def headroom_findings(frame: pd.DataFrame) -> dict[str, str]:
    """What the measured headroom says, in sentences.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.how_they_fail.headroom` returns.

    Returns
    -------
    dict of str to str
        `headroom_sentence`, `saturated_sentence`, `role_sentence`, `unknown_sentence`; a sentence
        that has nothing to say is empty.
    """
    known = frame.dropna(subset=["headroom"])
    if known.empty:
        none = "No benchmark of this edition has both a known ceiling and a known chance level, so headroom cannot be measured."
        return {"headroom_sentence": none, "saturated_sentence": "", "role_sentence": "", "unknown_sentence": _unknown(frame)}
    full = known[known["headroom"] < NEARLY_FULL]
    middle = known["headroom"].median()
    return {
        "headroom_sentence": (
            f"Headroom can be computed for {_benchmarks(len(known))}. On the middle one the best model leaves "
            f"{percent_share(middle)} of the range between chance and ceiling unused."
        ),
        "saturated_sentence": _saturated(full),
        "role_sentence": _roles(known),
        "unknown_sentence": _unknown(frame),
    }


def _benchmarks(n: int) -> str:
    return f"{count(n)} benchmark{'s' * (n != 1)}"


def _saturated(full: pd.DataFrame) -> str:
    limit = percent_share(NEARLY_FULL)
    if full.empty:
        return f"On none of them is less than {limit} left."
    names = listing(full["name"].fillna(full["benchmark"]).head(3))
    few = "led by" if len(full) > 3 else "namely"
    return f"On {count(len(full))} of them less than {limit} is left, {few} {names}."


def _roles(known: pd.DataFrame) -> str:
    safety = known["role"] == "safety"
    capability = known["role"].isin(["capability", "capability_index"])
    if not safety.any() or not capability.any():
        return ""
    medians = [percent_share(known.loc[group, "headroom"].median()) for group in (safety, capability)]
    return (
        f"The middle one of the {count(safety.sum())} safety benchmarks has {medians[0]} left, that of the "
        f"{count(capability.sum())} capability benchmarks {medians[1]}."
    )


def _unknown(frame: pd.DataFrame) -> str:
    reasons = frame.loc[frame["headroom"].isna(), "status"].value_counts()
    if reasons.empty:
        return ""
    parts = listing(f"because {reason} ({count(n)})" for reason, n in reasons.items())
    return f"For {_benchmarks(int(reasons.sum()))} headroom is unknown, {parts}."


def selection_findings(candidates: int, validity: float) -> dict[str, str]:
    """What choosing the best of many by a proxy brings.

    Parameters
    ----------
    candidates : int
        Candidates to choose from.
    validity : float
        Correlation of the proxy with what is wanted.

    Returns
    -------
    dict of str to str
        `candidates`, `validity`, `proxy`, `worth`, `squared` (candidates squared) and `proxy_squared`.
    """
    proxy, worth = crisp_and_fuzzy.best_of(candidates, validity)
    more, _ = crisp_and_fuzzy.best_of(candidates**2, validity)
    return {
        "candidates": count(candidates),
        "validity": number(validity, 1),
        "proxy": number(proxy, 1),
        "worth": number(float(worth), 1),
        "squared": count(candidates**2),
        "proxy_squared": number(more, 1),
    }


def judge_findings(shared_bias: float, own_error: float, judges: int) -> dict[str, str]:
    """What agreement among judges does and does not buy.

    Parameters
    ----------
    shared_bias, own_error : float
        As in :func:`analysis.theory.crisp_and_fuzzy.judge_agreement`.
    judges : int
        Size of a panel.

    Returns
    -------
    dict of str to str
        `agreement`, `one_judge`, `panel`, `judges`, `best_panel`, and `crisp_validity`: that of a task
        on which nobody disagrees, with the same shared bias.
    """
    validity = crisp_and_fuzzy.judge_validity
    return {
        "agreement": rho(float(crisp_and_fuzzy.judge_agreement(shared_bias, own_error))),
        "one_judge": rho(float(validity(shared_bias, own_error))),
        "panel": rho(float(validity(shared_bias, own_error, judges))),
        "judges": count(judges),
        "best_panel": rho(float(validity(shared_bias, own_error, np.inf))),
        "crisp_validity": rho(float(validity(shared_bias, 0.0))),
    }


def exhaustion_findings(speeds: tuple[float, float], making: float, stock: float, rich_stock: float, years: float) -> dict[str, str]:
    """What a faster improver gains when benchmarks are made at a steady pace.

    Parameters
    ----------
    speeds : pair of float
        Of a slow and a fast improver.
    making, stock : float
        As in :func:`analysis.theory.crisp_and_fuzzy.measured_progress`.
    rich_stock : float
        Headroom of a metric that lasts.
    years : float
        When to compare.

    Returns
    -------
    dict of str to str
        `times_faster`, `compare_year`, `lead` (progress of the fast over the slow), and the years
        until new benchmarks matter most, for the slow improver: `plenty`, `plenty_rich`, and
        `plenty_slow` at a tenth of its speed on the rich stock.
    """
    slow, fast = (float(crisp_and_fuzzy.measured_progress(years, s, making, stock)[0]) for s in speeds)
    plenty = crisp_and_fuzzy.years_of_plenty
    return {
        "times_faster": count(speeds[1] / speeds[0]),
        "compare_year": count(years),
        "lead": number(fast / slow, 1),
        "plenty": number(float(plenty(speeds[0], making, stock)), 1),
        "plenty_rich": number(float(plenty(speeds[0], making, rich_stock)), 1),
        "plenty_slow": number(float(plenty(speeds[0] / 10, making, rich_stock)), 1),
    }


def speed_up_findings(capability: float, safety: float) -> dict[str, str]:
    """What an improver without limit brings two fields with different crisp shares.

    Parameters
    ----------
    capability, safety : float
        Crisp share of the work in each.

    Returns
    -------
    dict of str to str
        `crisp_*` and `speed_up_*`.
    """
    limit = {"capability": capability, "safety": safety}
    return {
        **{f"crisp_{name}": percent_share(share) for name, share in limit.items()},
        **{f"speed_up_{name}": number(float(crisp_and_fuzzy.speed_up(share, np.inf)), 1) for name, share in limit.items()},
    }


def simulated_findings(process: Process, reports: int, rng: np.random.Generator) -> dict[str, str]:
    """How often the alarm rings when a process is played through, and how often it should.

    Parameters
    ----------
    process : Process
        How a report comes about.
    reports : int
        Reports on a dangerous model, and as many on a safe one.
    rng : Generator
        Source of the reports.

    Returns
    -------
    dict of str to str
        `reports`, `simulated_*` and `expected_*` chance of an alarm from a dangerous and a safe model.
    """
    expected = the_safety_case.alarm(process)._asdict()
    return {
        "reports": count(reports),
        **{f"expected_{state}": percent_share(chance, 2) for state, chance in expected.items()},
        **{
            f"simulated_{state}": percent_share(
                1 - the_safety_case.simulate_reports(process, state == "dangerous", reports, rng).mean(), 2
            )
            for state in expected
        },
    }


def case_findings(process: Process, prior: float, outsider_gap: float, enforcement: float) -> dict[str, str]:
    """What a self-graded report is worth, and what all measures together make of it.

    Parameters
    ----------
    process : Process
        As the keeper would have it.
    prior : float
        Chance of danger before any report.
    outsider_gap, enforcement : float
        As in :func:`analysis.theory.the_safety_case.apply`.

    Returns
    -------
    dict of str to str
        `prior`, the process's settings, and for nothing (`*_none`), each measure alone
        (`left_independent`, `left_access`, `left_enforcement`) and all (`*_all`) the risk left; with the
        chance of an alarm, the ratio, and `worth_reports`: how many self-graded reports carry the
        evidence of one with all measures.
    """
    table = the_safety_case.price_table(process, prior, outsider_gap, enforcement)
    none, all_ = table.iloc[0], table.iloc[-1]
    alone = dict(zip(("independent", "access", "enforcement"), table["posterior"].iloc[1:4], strict=True))
    return {
        "prior": percent_share(prior),
        "choices": count(process.choices),
        "discretion": percent_share(process.discretion),
        "alarm_none": percent_share(none["alarm"], 1),
        "ratio_none": number(none["ratio"]),
        "left_none": percent_share(none["posterior"], 1),
        **{f"left_{name}": percent_share(value, 1) for name, value in alone.items()},
        "alarm_all": percent_share(all_["alarm"]),
        "ratio_all": number(all_["ratio"]),
        "left_all": percent_share(all_["posterior"], 1),
        "worth_reports": count(all_["bits"] / none["bits"]),
    }
