"""The ledger: verdicts follow intervals, and what is missing is said."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from score_tables import random_scores, score_table
from scipy import stats

from analysis import claims as ledger
from analysis.claims import CANNOT_TELL, FAILS, HOLDS, NOT_TESTABLE, Claim, claims, judge
from analysis.claims_file import read_claims
from analysis.estimates import Estimate, study
from analysis.parameters import Parameters
from analysis.problems import InputError
from analysis.scores import ScoreTable, load

ROOT = Path(__file__).parents[1]
PARAMETERS = Parameters(resamples=200)


def claim(test: str, **arguments: object) -> Claim:
    return Claim("a-claim", "ren2024forum", "It is so.", test=test, arguments=arguments)


def one(table: ScoreTable, stated: Claim, parameters: Parameters = PARAMETERS) -> pd.Series:
    return claims(table, parameters, [stated]).iloc[0]


@pytest.fixture(scope="module")
def table() -> ScoreTable:
    """Twelve models of six families: b3 follows the index, b4 runs against it, b5 is noise."""
    scores = random_scores(12, 6, seed=3)
    ability = scores[["b0", "b1", "b2"]].rank().mean(axis=1)
    rng = np.random.default_rng(0)
    scores["b3"], scores["b4"] = ability + rng.normal(size=12), -ability + rng.normal(size=12)
    scores["b5"] = rng.normal(size=12)
    table = score_table(base=scores)
    table.benchmarks[["parent", "citation", "subarea", "metric"]] = [[np.nan, np.nan, "Sub", "accuracy"]] * 6
    table.benchmarks[["task", "grading", "chance", "lower_bound"]] = [["crisp", "exact_match", np.nan, np.nan]] * 6
    table.benchmarks["n_items"] = np.nan
    return table


@pytest.fixture(scope="module")
def default(data_folder: Path) -> ScoreTable:
    return load(data_folder)


@pytest.fixture(scope="module")
def shipped(data_folder: Path) -> tuple[Claim, ...]:
    return read_claims(data_folder)


@pytest.mark.parametrize(
    ("interval", "region", "verdict"),
    [
        ((0.5, 0.9), (0.4, np.inf), HOLDS),
        ((0.3, 0.9), (0.4, np.inf), CANNOT_TELL),
        ((0.1, 0.3), (0.4, np.inf), FAILS),
        ((-0.9, -0.1), (-np.inf, 0), HOLDS),
        ((0.4, 0.6), (1 / 3, 2 / 3), HOLDS),
        ((0.4, 0.7), (1 / 3, 2 / 3), CANNOT_TELL),
        ((0.7, 0.9), (1 / 3, 2 / 3), FAILS),
        ((0.0, 1.0), (1 / 3, 2 / 3), CANNOT_TELL),
        ((0.4, 0.9), (0.4, np.inf), CANNOT_TELL),
    ],
)
def test_only_an_interval_wholly_on_one_side_decides(
    interval: tuple[float, float], region: tuple[float, float], verdict: str
) -> None:
    estimate = Estimate(sum(interval) / 2, *interval, 9)
    assert judge(estimate, region)[0] == verdict


def test_a_point_estimate_alone_never_decides() -> None:
    verdict, reason = judge(Estimate(0.99, np.nan, np.nan, 2), (0.4, np.inf))
    assert verdict == CANNOT_TELL and "2 families" in reason


def test_a_high_and_a_low_benchmark_are_told_from_the_claim_that_both_are_high(table: ScoreTable) -> None:
    assert one(table, claim("mean_correlation", benchmarks=["b3"], above="line"))["verdict"] == HOLDS
    assert one(table, claim("mean_correlation", benchmarks=["b4"], above="line"))["verdict"] == FAILS
    assert one(table, claim("mean_correlation", benchmarks=["b3", "b4"], above=0.6, size=True))["verdict"] == HOLDS
    assert one(table, claim("mean_correlation", benchmarks=["b5"], above=0))["verdict"] == CANNOT_TELL


def test_the_line_of_the_edition_is_the_line_of_the_claim(table: ScoreTable) -> None:
    low = claim("mean_correlation", benchmarks=["b5"], below="line", size=True)
    strict, loose = (one(table, low, Parameters(line=line)) for line in (0.05, 0.99))
    assert (strict["criterion"], loose["criterion"]) == ("below +0.05", "below +0.99")
    assert loose["verdict"] == HOLDS != strict["verdict"]


def test_the_interval_of_a_mean_size_stays_within_what_a_size_can_be(table: ScoreTable) -> None:
    sizes = [one(table, claim("mean_correlation", benchmarks=names, size=True, below="line")) for names in (["b5"], ["b3", "b4"])]
    for row in sizes:
        assert 0 <= row["lower"] <= row["estimate"] <= row["upper"] <= 1
    groups = {"group": {"benchmarks": ["b5"]}, "other": {"benchmarks": ["b3"]}}
    row = one(table, claim("difference", **groups, size=True, below=0))
    assert -1 <= row["lower"] <= row["upper"] <= 1


def test_the_mean_is_that_of_the_correlations_scipy_gives(table: ScoreTable) -> None:
    found = study(table, "base", PARAMETERS)
    score = found.evidence.estimate.scores[0]
    expected = [stats.spearmanr(score, found.panel.scores[:, c]).statistic for c in (3, 4, 5)]
    row = one(table, claim("mean_correlation", benchmarks=["b3", "b4", "b5"], above=0))
    assert row["estimate"] == pytest.approx(np.mean(expected)) and row["n"] == 12


def test_a_difference_turns_its_sign_with_the_groups(table: ScoreTable) -> None:
    groups = {"group": {"benchmarks": ["b3"]}, "other": {"benchmarks": ["b4"]}}
    one_way = one(table, claim("difference", **groups, above=0))
    back = one(table, claim("difference", group=groups["other"], other=groups["group"], above=0))
    assert one_way["estimate"] == pytest.approx(-back["estimate"])
    assert (one_way["verdict"], back["verdict"]) == (HOLDS, FAILS)


def test_the_share_counts_the_benchmarks_above_the_limit(table: ScoreTable) -> None:
    row = one(table, claim("share_of_benchmarks", where={"role": "safety"}, correlation_above=0.9, above=0))
    assert row["estimate"] == pytest.approx(1 / 3)


def test_a_share_of_point_estimates_says_what_the_count_by_interval_is(table: ScoreTable) -> None:
    row = one(table, claim("share_of_benchmarks", where={"role": "safety"}, correlation_above="line", above=0))
    found = study(table, "base", PARAMETERS)
    lower, upper = ledger.bounds_of(found, [3, 4, 5], PARAMETERS.level)
    above, below = int((lower > 0.4).sum()), int((upper < 0.4).sum())
    assert f"wholly above +0.40 and {below} wholly below it; for the other {3 - above - below} that is open." in row["reason"]
    assert f"each benchmark, {above} of 3 " in row["reason"]
    assert "counts point estimates" in row["reason"]


def test_both_kinds_need_one_sure_of_either_sign(table: ScoreTable) -> None:
    assert one(table, claim("both_kinds", benchmarks=["b3", "b4", "b5"], above=0))["verdict"] == HOLDS
    assert one(table, claim("both_kinds", benchmarks=["b3"], above=0))["verdict"] == FAILS


def test_the_tie_to_compute_is_spearman_s_over_models_with_known_compute(table: ScoreTable) -> None:
    models = table.models.copy()
    models.loc[models.index[:3], "training_flop"] = np.nan
    partial = ScoreTable(table.scores, models, table.benchmarks, table.published)
    row = one(partial, claim("compute_tie", above=0.9))
    score = study(partial, "base", PARAMETERS).evidence.estimate.scores[0]
    assert row["n"] == 9
    assert row["estimate"] == pytest.approx(stats.spearmanr(score[3:], models["training_flop"].iloc[3:]).statistic)


def test_the_halves_of_the_ledger_are_those_of_the_chapter_on_robustness(default: ScoreTable) -> None:
    from analysis.robustness import weaker_against_stronger

    row = one(default, claim("stronger_half", benchmarks=["truthfulqa_mc1"], above=0))
    shown = weaker_against_stronger(default, "chat", PARAMETERS).set_index("benchmark").loc["truthfulqa_mc1"]
    assert row[["estimate", "lower", "upper"]].tolist() == shown[["difference", "lower", "upper"]].tolist()
    assert f"{int(shown['n_weaker'])} weaker models against {int(shown['n_stronger'])}" in row["reason"]


def test_halves_are_compared_for_one_benchmark(table: ScoreTable) -> None:
    assert one(table, claim("stronger_half", benchmarks=["b4", "b5"], above=0))["verdict"] == NOT_TESTABLE


def test_a_stronger_and_a_weaker_half_share_no_model(table: ScoreTable) -> None:
    found = study(table, "base", PARAMETERS)
    score, values = found.evidence.estimate.scores[0], found.panel.scores[:, 5]
    order = np.argsort(score)
    weak, strong = (stats.spearmanr(score[half], values[half]).statistic for half in (order[:6], order[6:]))
    row = one(table, claim("stronger_half", benchmarks=["b5"], above=0))
    assert row["estimate"] == pytest.approx(strong - weak)


def test_own_order_leaves_each_index_benchmark_out_of_the_score(table: ScoreTable) -> None:
    from analysis.correlation import capabilities_correlations

    left_out = capabilities_correlations(table, "base", PARAMETERS)["correlation_left_out"].dropna()
    assert one(table, claim("own_order", above=0))["estimate"] == pytest.approx(left_out.mean())


def test_agreement_is_the_mean_over_pairs(table: ScoreTable) -> None:
    values = table.scores.pivot(index="model", columns="benchmark", values="score")
    pairs = [stats.spearmanr(values[a], values[b]).statistic for a, b in (("b3", "b4"), ("b3", "b5"), ("b4", "b5"))]
    row = one(table, claim("agreement", benchmarks=["b3", "b4", "b5"], below=0.8))
    assert row["estimate"] == pytest.approx(np.mean(pairs))


def test_a_benchmark_at_its_ceiling_is_counted(table: ScoreTable) -> None:
    scores = random_scores(12, 6, seed=3).clip(0, 1)
    scores["b4"] = 0.95
    scores.loc["m0", "b4"], scores["b5"] = 0.2, 0.5 * scores["b5"].clip(0, 0.9)
    full = score_table(base=scores)
    full.benchmarks[["parent", "chance", "lower_bound", "area"]] = [[np.nan, 0.0, 0.0, "A"]] * 6
    top = scores.max()
    row = one(full, claim("near_ceiling", headroom=0.1, above=0))
    assert row["estimate"] == pytest.approx((top >= 0.9).mean())


def test_a_drop_counts_only_where_the_model_does_well_on_the_first(table: ScoreTable) -> None:
    values = table.scores.pivot(index="model", columns="benchmark", values="score")
    well = values["b3"] >= values["b3"].median()
    least = float(values["b3"].median())
    row = one(table, claim("paired_drop", pairs=[["b3", "b4"]], least=least, above=0))
    assert row["estimate"] == pytest.approx((values["b3"] - values["b4"])[well].mean())


def test_reliability_agrees_with_the_book_s_own_table(default: ScoreTable) -> None:
    from analysis.reliability import reliabilities

    known = reliabilities(default, "chat").set_index("benchmark")["reliability"]
    row = one(default, claim("mean_reliability", benchmarks=["mmlu", "arc_challenge"], above=0.9))
    assert row["estimate"] == pytest.approx(known[["mmlu", "arc_challenge"]].mean())


def test_a_claim_on_benchmarks_that_are_not_there_names_them(table: ScoreTable) -> None:
    row = one(table, claim("mean_correlation", benchmarks=["nowhere", "b99"], above=0))
    assert row["verdict"] == NOT_TESTABLE and "nowhere or b99" in row["reason"] and np.isnan(row["estimate"])


def test_benchmarks_that_lack_are_named_where_others_remain(table: ScoreTable) -> None:
    row = one(table, claim("mean_correlation", benchmarks=["b3", "nowhere"], above=0))
    assert row["verdict"] == HOLDS and "lack nowhere" in row["reason"]


def test_a_claim_on_another_population_says_that_it_is_not_there(table: ScoreTable) -> None:
    stated = Claim("x", "s", "It is so.", test="compute_tie", arguments={"above": 0.9}, population="vision")
    row = one(table, stated)
    assert row["verdict"] == NOT_TESTABLE and "vision" in row["reason"]


def test_without_compute_the_tie_to_it_cannot_be_tested(table: ScoreTable) -> None:
    blank = ScoreTable(table.scores, table.models.assign(training_flop=np.nan), table.benchmarks, table.published)
    row = one(blank, claim("compute_tie", above=0.9))
    assert row["verdict"] == NOT_TESTABLE and "no training compute" in row["reason"].lower()


def test_a_safety_benchmark_taken_as_index_is_not_judged_by_its_own_score(table: ScoreTable) -> None:
    parameters = Parameters(index=("b0", "b1", "b3"), resamples=200)
    found = study(table, "base", parameters)
    assert ledger.chosen(found, {"where": {"role": "safety"}}) == ["b4", "b5"]


def test_every_claim_of_the_sources_gets_a_verdict_and_a_reason(default: ScoreTable, shipped: tuple[Claim, ...]) -> None:
    frame = claims(default, PARAMETERS, shipped)
    assert frame["id"].tolist() == [each.id for each in shipped]
    assert frame["verdict"].isin(ledger.VERDICTS).all() and (frame["reason"].str.len() > 10).all()
    tested = frame[frame["verdict"] != NOT_TESTABLE]
    assert (tested[["estimate", "lower", "upper"]].notna().all(axis=1)).all() and (tested["n"] > 0).all()
    assert (tested["lower"] <= tested["estimate"] + 1e-9).all() and (tested["estimate"] <= tested["upper"] + 1e-9).all()


def test_each_population_of_the_shipped_scores_can_be_put_to_the_claims(default: ScoreTable, shipped: tuple[Claim, ...]) -> None:
    headline = claims(default, PARAMETERS, shipped).set_index("id")
    other = claims(default, Parameters(population="base", resamples=200), shipped).set_index("id")
    assert other.at["half-entangled", "population"] == "base" != headline.at["half-entangled", "population"]
    assert other.at["compute-close", "estimate"] == headline.at["compute-close", "estimate"]


def test_a_ledger_is_the_same_every_time(default: ScoreTable, shipped: tuple[Claim, ...]) -> None:
    pd.testing.assert_frame_equal(claims(default, PARAMETERS, shipped), claims(default, PARAMETERS, shipped))


def test_every_source_named_is_in_the_bibliography(shipped: tuple[Claim, ...]) -> None:
    keys = set(re.findall(r"^@\w+\{([^,]+),", (ROOT / "chapters/references.bib").read_text(encoding="utf-8"), re.M))
    assert {each.source for each in shipped} <= keys


def test_every_testable_claim_says_how_it_is_read(shipped: tuple[Claim, ...]) -> None:
    assert all(bool(each.test) == bool(each.reading) != bool(each.reason) for each in shipped)


def test_the_page_of_the_ledger_has_an_address_for_each_claim_and_links_back_to_who_cites_it(shipped: tuple[Claim, ...]) -> None:
    page = (ROOT / "chapters/results/claims.md").read_text(encoding="utf-8")
    entries = dict(re.findall(r"^\(claim-([a-z0-9-]+)\)=\n(.+)$", page, re.M))
    assert list(entries) == [each.id for each in shipped]
    for each in shipped:
        linked = re.findall(r"\{doc\}`(?:\.\./)?([\w/]+)`", entries[each.id])
        assert [name if "/" in name else f"results/{name}" for name in linked] == list(each.chapters), each.id
        assert f"verdict-{each.id}`" in entries[each.id] and f"about-{each.id}`" in entries[each.id]


def test_the_chapters_that_cite_a_claim_are_those_it_lists(shipped: tuple[Claim, ...]) -> None:
    cited = defaultdict(set)
    for path in (ROOT / "chapters").rglob("*.md"):
        name = path.relative_to(ROOT / "chapters").with_suffix("").as_posix()
        for key in re.findall(r"\{ref\}`[^`]*<claim-([a-z0-9-]+)>`", path.read_text(encoding="utf-8")):
            cited[key].add(name)
    assert dict(cited) == {each.id: set(each.chapters) for each in shipped if each.chapters}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("- {source: s, statement: t, reason: r}", "no id"),
        ("- {id: a, source: s, statement: t}", "neither test nor reason"),
        ("- {id: a, source: s, statement: t, test: nothing, arguments: {above: 0}}", "unknown test 'nothing'"),
        ("- {id: a, source: s, statement: t, test: own_order}", "what decides it"),
        ("- {id: a, source: s, statement: t, reason: r, color: red}", "'color'"),
        ("- {id: A b, source: s, statement: t, reason: r}", "other characters"),
        ("- {id: a, source: s, statement: t, reason: r}\n- {id: a, source: s, statement: u, reason: r}", "two claims"),
        ("a: b", "not a list"),
        ("- [", "YAML"),
        ("- 3", "no mapping"),
    ],
)
def test_a_faulty_file_of_claims_is_refused_with_what_is_wrong(tmp_path: Path, text: str, wanted: str) -> None:
    (tmp_path / "claims.yml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(wanted)):
        read_claims(tmp_path)


def test_a_folder_without_claims_has_an_empty_ledger(tmp_path: Path, table: ScoreTable) -> None:
    assert read_claims(tmp_path) == ()
    assert list(claims(table, PARAMETERS, ()).columns[:9]) == list(ledger.PUBLIC)
