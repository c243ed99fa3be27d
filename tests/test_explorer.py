"""The explorer's facts are the book's figures, told apart from nothing but their roundness."""

from __future__ import annotations

import gzip
import json
import math
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from analysis import charts_explorer, claims, claims_file, explorer, results, robustness, scores
from analysis.correlation import capabilities_correlations
from analysis.display import correlation as rho
from analysis.display import percent_share
from analysis.findings import claims as ledger_words
from analysis.findings.explorer import said
from analysis.page_explorer import Page, page, page_facts
from analysis.parameters import Parameters
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from tests.score_tables import random_scores, score_table

SETTINGS = Parameters()
MACHINE = re.compile(r"\b(nan|None|inf|True|False)\b|\{|\}")


@pytest.fixture(scope="module")
def table(data_folder) -> scores.ScoreTable:
    return scores.load(data_folder)


@pytest.fixture(scope="module")
def made(table, data_folder) -> Page:
    return page(table, "chat", "typical", SETTINGS, claims_file.read_claims(data_folder))


@pytest.fixture(scope="module")
def facts(made: Page) -> dict[str, Any]:
    # As a browser reads it: nothing that JSON does not know, keys as text.
    return json.loads(json.dumps(page_facts(made.made), allow_nan=False))


@pytest.fixture(scope="module")
def published(table) -> pd.DataFrame:
    """The figures of an edition's `results/capabilities_correlations.csv`."""
    return results.result_tables(table, SETTINGS)["capabilities_correlations"]


def made_up(frame: pd.DataFrame) -> scores.ScoreTable:
    """A table of one population, no benchmark of which is a part of another."""
    table = score_table(chat=frame)
    return replace(table, benchmarks=table.benchmarks.assign(parent=None))


def own(facts: dict[str, Any], population: str, benchmark: str) -> dict[str, Any]:
    """What the page holds of one choice."""
    place = [each["id"] for each in facts["benchmarks"]].index(benchmark)
    return part(facts, population)["benchmarks"][str(place)]


def part(facts: dict[str, Any], population: str) -> dict[str, Any]:
    """What the page holds of one population."""
    return next(each for each in facts["populations"] if each["name"] == population)


def some(facts: dict[str, Any], step: int = 17) -> list[tuple[str, str]]:
    """Every so many choices of the page."""
    every = [(each["name"], facts["benchmarks"][int(at)]["id"]) for each in facts["populations"] for at in each["benchmarks"]]
    return every[::step]


def test_every_figure_is_that_of_the_result_tables(facts, published) -> None:
    assert len(published) == sum(len(each["benchmarks"]) for each in facts["populations"])
    for row in published.itertuples():
        shown = own(facts, row.population, row.benchmark)
        assert shown["verdict"] == row.verdict
        assert shown["rho"] == pytest.approx(row.correlation, abs=6e-5) and shown["written"] == rho(row.correlation)
        answer = shown["said"]["answer"]
        assert rho(row.correlation) in answer and f"{row.n_models} {row.population} models of {row.n_families} famil" in answer
        if math.isfinite(row.lower):
            assert f"{rho(row.lower)} to {rho(row.upper)}" in answer


def test_the_table_without_scripts_holds_the_same_rows_as_the_result_tables(made, published) -> None:
    rows = made.every().frame
    assert len(rows) == len(published)
    key = ["population", "n_models", "correlation", "lower", "upper", "verdict"]
    ours, theirs = (frame[key].sort_values(key).reset_index(drop=True) for frame in (rows, published))
    pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)


def test_the_marks_of_the_scatter_have_the_correlation_that_is_stated(facts) -> None:
    for population, benchmark in some(facts):
        shown = own(facts, population, benchmark)
        models = part(facts, population)["models"]
        pairs = [(score, value) for (_, _, score), value in zip(models, shown["values"], strict=True) if value is not None]
        assert spearmanr(*zip(*pairs, strict=True)).statistic == pytest.approx(shown["rho"], abs=2e-3)


def test_without_a_family_the_correlation_is_that_of_the_table_without_it(facts, table) -> None:
    for population, benchmark in some(facts, 61):
        for place, _, value in own(facts, population, benchmark)["families"][::3]:
            family, _ = part(facts, population)["families"][place]
            gone = table.models.index[(table.models["family"] == family) & (table.models["population"] == population)]
            left = replace(table, scores=table.scores[~table.scores["model"].isin(gone)].reset_index(drop=True))
            again = capabilities_correlations(left, population, SETTINGS).set_index("benchmark").at[benchmark, "correlation"]
            assert value / 1000 == pytest.approx(again, abs=6e-4)


def test_a_curve_holds_every_specification_of_its_population_in_order_and_marks_the_edition_s_own(facts, table) -> None:
    chosen = some(facts, 41)
    curve = robustness.specification_curve(table, SETTINGS, [benchmark for _, benchmark in chosen])
    for population, benchmark in chosen:
        rows = curve[(curve["benchmark"] == benchmark) & (curve["population"] == population) & ~curve["circular"]]
        shown, about = own(facts, population, benchmark), part(facts, population)
        if shown["curve"] is None:
            assert rows["comparable"].isna().all()
            continue
        assert shown["curve"]["estimates"] == sorted(shown["curve"]["estimates"])
        np.testing.assert_allclose(np.array(shown["curve"]["estimates"]) / 1000, rows["comparable"].dropna().sort_values(), atol=6e-4)
        headline = about["fields"].index("headline")
        marked = [
            value / 1000
            for number, value in zip(shown["curve"]["order"], shown["curve"]["estimates"], strict=True)
            if about["specifications"][number][headline]
        ]
        circular = curve.loc[(curve["benchmark"] == benchmark) & curve["headline"], "circular"].any()
        assert marked == [] if circular else marked == pytest.approx([shown["rho"]], abs=6e-4)


def test_each_specification_keeps_its_own_number_of_models(facts, table) -> None:
    population, benchmark = some(facts, 23)[1]
    shown, about = own(facts, population, benchmark), part(facts, population)
    counts = about["counts"][shown["curve"]["counts"]]
    curve = robustness.specification_curve(table, SETTINGS, [benchmark])
    rows = curve[(curve["population"] == population) & curve["comparable"].notna() & ~curve["circular"]]
    assert sorted(counts[number] for number in shown["curve"]["order"]) == sorted(rows["n_models"])


def test_neighbours_are_the_nearest_by_rank_and_never_a_part_of_the_whole(facts, table) -> None:
    for population, benchmark in some(facts, 29):
        values = scores.oriented(table, population)
        shown = own(facts, population, benchmark)["neighbours"]
        ids = [facts["benchmarks"][place]["id"] for place, *_ in shown]
        assert benchmark not in ids and len(ids) == len(set(ids))
        parents = table.benchmarks["parent"]
        assert not any(parents[other] == benchmark or parents[benchmark] == other for other in ids)
        for other, (_, alike, models, text) in zip(ids, shown, strict=True):
            both = values[[benchmark, other]].dropna()
            assert models == len(both)
            assert alike / 1000 == pytest.approx(spearmanr(both[benchmark], both[other]).statistic, abs=6e-4)
            assert text in {rho(alike / 1000 + rounding) for rounding in (-6e-4, 0, 6e-4)}
        assert [alike for _, alike, *_ in shown] == sorted((alike for _, alike, *_ in shown), reverse=True)


def test_no_benchmark_left_out_is_nearer_than_the_neighbours(table) -> None:
    values = scores.oriented(table, "chat").iloc[:, :40].dropna(axis=1)
    free = table.benchmarks.assign(parent=None)
    matrix = values.rank().corr()
    for name, near in explorer.neighbours(values, free).items():
        others = matrix[name].drop(name).dropna().sort_values(ascending=False)
        nearest = sorted((each.alike for each in near), reverse=True)[: explorer.NEAREST]
        np.testing.assert_allclose(nearest, others.iloc[: explorer.NEAREST])


def test_the_claims_are_the_ledger_s_and_each_names_what_leans_on_it(facts, table, data_folder) -> None:
    stated = claims_file.read_claims(data_folder)
    ledger = claims.claims(table, SETTINGS, stated).set_index("id")
    words = ledger_words.tested_rows(ledger.reset_index(), stated, SETTINGS.line).set_index("id")
    for address, identity, _, verdict, value, interval, _, *numbers in facts["claims"]:
        assert verdict == ledger.at[identity, "verdict"] and address.endswith(f"#claim-{identity}")
        known = [None if math.isnan(number) else number for number in ledger.loc[identity, ["estimate", "lower", "upper"]]]
        assert numbers == known
        if identity in words.index:
            assert [value, interval] == words.loc[identity, ["value", "interval"]].tolist()
    for population, benchmark in some(facts, 13):
        leaning = {facts["claims"][place][1] for place in own(facts, population, benchmark)["claims"]}
        naming = {claim.id for claim in stated if claim.test and benchmark in claims.subjects(claim, table.benchmarks)}
        assert leaning == naming


def test_claims_are_written_as_in_the_ledger_where_two_decimals_would_contradict_their_verdict(facts) -> None:
    written = {identity: (value, interval) for _, identity, _, _, value, interval, *_ in facts["claims"]}
    assert written["fuzzy-less-tied"][1] == "−0.313 to −0.001"
    # Here zero decides, and both would be rounded to it or away from it.
    assert written["decorrelation-possible"][1].startswith("+0.004 to") and written["preference-high"][1].startswith("+0.404 to")
    assert any(value.endswith("%") for value, _ in written.values())


def test_one_family_is_one_and_an_inverse_curve_tells_its_share_below_the_negative_line(facts, made) -> None:
    said = {(each["name"], at): shown["said"] for each in facts["populations"] for at, shown in each["benchmarks"].items()}
    verdicts = [words["verdict"] for words in said.values()]
    assert any("About 1 more family like these" in words for words in verdicts)
    assert not [words for words in verdicts if "About 1 more families" in words]
    for (population, at), words in said.items():
        curve = made.made.surveys[population].curves[facts["benchmarks"][int(at)]["id"]]
        if len(curve) > 1:
            values = curve["comparable"]
            below = values.median() < 0
            share = percent_share((values < -SETTINGS.line).mean() if below else (values > SETTINGS.line).mean())
            assert words["curve"].endswith(f"; {share} of them lie {'below the negative line' if below else 'above the line'}.")


def test_every_word_is_for_people(facts) -> None:
    words = [text for each in facts["populations"] for shown in each["benchmarks"].values() for text in (*shown["said"].values(), *shown["alt"].values())]
    assert not [text for text in words if MACHINE.search(text) or not text]


def test_the_charts_are_drawn_from_what_the_page_holds_of_the_first_choice(made, facts) -> None:
    start = own(facts, **facts["start"])
    scatter, families, curve = (
        chart(made.made).to_dict() for chart in (charts_explorer.scatter, charts_explorer.without_families, charts_explorer.curve)
    )
    marks = [row["value"] for row in scatter["datasets"]["models"]]
    assert marks == pytest.approx([value for value in start["values"] if value is not None], rel=1e-5)
    assert [row["correlation"] for row in families["datasets"]["families"]] == pytest.approx(
        [value / 1000 for *_, value in start["families"]], abs=6e-4
    )
    assert [row["comparable"] for row in curve["datasets"]["specifications"]] == pytest.approx(
        [value / 1000 for value in start["curve"]["estimates"]], abs=6e-4
    )
    about = part(facts, facts["start"]["population"])
    for row, number in zip(curve["datasets"]["specifications"], start["curve"]["order"], strict=True):
        shared = dict(zip(about["fields"], about["specifications"][number], strict=True))
        assert {field: row[field] for field in shared} == shared
    assert start["alt"]["scatter"] == scatter["description"] and start["alt"]["curve"] == curve["description"]


def test_the_same_scores_give_the_same_page(made, table, data_folder) -> None:
    again = page(table, "chat", "typical", SETTINGS, claims_file.read_claims(data_folder))
    assert again.form()._repr_html_() == made.form()._repr_html_()


@given(benchmark=st.text(min_size=1), population=st.text(min_size=1))
def test_an_address_says_any_name(benchmark: str, population: str) -> None:
    try:
        (benchmark + population).encode()
    except UnicodeEncodeError:
        return
    (address,) = explorer.addresses([benchmark], population)
    assert parse_qs(urlsplit(address).fragment, strict_parsing=True) == {"benchmark": [benchmark], "population": [population]}
    assert not set(address) & set("<>\"' \n")


@settings(max_examples=6)
@given(models=st.integers(8, 16), benchmarks=st.integers(4, 9), missing=st.sampled_from([0.0, 0.2, 0.6]), seed=st.integers(0, 99))
def test_any_table_with_a_score_has_an_explorer(models: int, benchmarks: int, missing: float, seed: int) -> None:
    full, holed = random_scores(models, benchmarks, seed), random_scores(models, benchmarks, seed, missing)
    holed[holed.columns[:3]] = full[full.columns[:3]]
    table = made_up(holed.dropna(axis=1, how="all"))
    made = explorer.explorer(table, "chat", "b0", SETTINGS)
    found = page_facts(made)
    json.dumps(found, allow_nan=False)
    for benchmark in made.names:
        words = said(made, made.shown, benchmark)
        assert all(words.values()) and not any(MACHINE.search(text) for text in words.values())


def test_a_large_table_is_held_to_the_size_of_a_page_and_says_so() -> None:
    table = made_up(random_scores(500, 60, 1, missing=0.05).assign(b0=0.5 + random_scores(500, 1)["b0"]))
    made = explorer.explorer(table, "chat", "b4", SETTINGS)
    assert 1 <= len(made.shown.curves) * 500**2 <= explorer.MOST_CURVED and "b4" in made.shown.curves
    uncurved = next(name for name in made.names if name not in made.shown.curves)
    assert "computed for some benchmarks only" in said(made, made.shown, uncurved)["curve"]
    text = json.dumps(page_facts(made), separators=(",", ":"))
    assert len(gzip.compress(text.encode())) < 600_000
    shown = page_facts(made)["populations"][0]["benchmarks"]
    assert max(len(each["families"]) for each in shown.values()) <= explorer.MOST_FAMILIES


def test_what_a_page_cannot_hold_is_counted(monkeypatch) -> None:
    from analysis.findings.explorer import every_rows, page_words

    monkeypatch.setattr(explorer, "MOST_PAIRS", 5)
    table = made_up(random_scores(12, 8))
    made = explorer.explorer(table, "chat", "b6", SETTINGS)
    assert len(made.names) == 5 and "b6" in made.names
    assert "8 benchmarks, more than a page can carry" in page_words(made)["explored_sentence"]
    rows = every_rows(made)
    assert len(rows) == 8 and (rows["address"] == "").sum() == 3


def test_turned_scores_are_said_to_be_turned_and_verdicts_are_counted_in_words(made, table) -> None:
    from analysis.findings.explorer import claim_sentence, times, turned_sentence

    for name in made.made.names:
        assert bool(turned_sentence(made.made, name)) == (table.benchmarks.at[name, "higher_is"] == "worse")
        assert "by verdict" not in claim_sentence(made.made, name)
    assert [times(n) for n in (1, 2, 7)] == ["once", "twice", "7 times"]


def test_the_curve_is_drawn_as_high_as_its_data_with_small_marks_and_a_published_line_of_its_own(made) -> None:
    layers = charts_explorer.curve(made.made).to_dict()["layer"]
    lines, published, own, dots = layers
    assert all("domain" not in layer["encoding"]["y"].get("scale", {}) for layer in layers)
    assert dots["mark"]["size"] < own["mark"]["size"]
    assert published["mark"]["color"] == charts_explorer.PUBLISHED and "color" not in lines["mark"]
    assert "'below'" in str(lines["transform"])
