"""What moves over the editions of a sweep is found, sized and put in the right order."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from analysis.parameters import Parameters
from analysis.sweep_comparison import (
    Comparison,
    Made,
    benchmark_rows,
    claim_rows,
    compare,
    effects,
    spread,
    tables,
)
from analysis.sweep_file import Sweep, SweptEdition

POPULATIONS, SEEDS = ("base", "chat"), ("1", "2", "3")


def sweep(*names: str, varying: tuple[str, ...] = ("population", "seed")) -> Sweep:
    editions = [SweptEdition(name, {}, Parameters(), {}) for name in names]
    return Sweep("toy", tuple(editions), varying, True)


def comparison(
    verdict=lambda population, seed, name: "distinct", number=lambda population, seed: 0.0, failed=()
) -> Comparison:
    """A grid of two populations and three seeds, its verdicts and median correlations as the functions say."""
    pairs = list(itertools.product(POPULATIONS, SEEDS))
    names = [f"{population}-{seed}" for population, seed in pairs]
    whole = [(place, name, *pair) for place, (name, pair) in enumerate(zip(names, pairs, strict=True), 1)]
    editions = pd.DataFrame(whole, columns=["place", "edition", "population", "seed"])
    status = ["failed" if name in failed else "made" for name in names]
    medians = [np.nan if name in failed else number(*pair) for name, pair in zip(names, pairs, strict=True)]
    rows = [
        {
            "place": place,
            "edition": name,
            "population": population,
            "seed": seed,
            "benchmark": benchmark,
            "name": benchmark.upper(),
            "area": "x",
            "correlation": place / 10,
            "verdict": verdict(population, seed, benchmark),
        }
        for place, name, population, seed in whole
        for benchmark in ("a", "b", "c")
        if name not in failed
    ]
    claims = (
        pd.DataFrame(rows)
        .rename(columns={"benchmark": "id", "correlation": "estimate"})
        .assign(verdict="holds", source="s")
    )
    editions = editions.assign(status=status, median_correlation=medians)
    return Comparison(sweep(*names), (), editions, pd.DataFrame(rows), claims, {})


def test_the_spread_of_a_number_names_the_editions_at_its_ends():
    found = spread(comparison(number=lambda population, seed: int(seed) * (1 if population == "chat" else -1)))
    assert len(found) == 1
    assert found.loc[0, ["lowest", "lowest_in", "highest", "highest_in", "median"]].tolist() == [
        -3,
        "base-3",
        3,
        "chat-3",
        0,
    ]


def test_an_effect_is_the_range_when_all_else_stays():
    found = effects(
        comparison(number=lambda population, seed: (10 if population == "chat" else 0) + int(seed))
    ).set_index("key")
    assert found["median_correlation"].to_dict() == {"population": 10, "seed": 2}
    assert found["groups"].to_dict() == {"population": 3, "seed": 2}


def test_verdicts_that_change_are_counted_under_the_choice_that_changes_them():
    moving = comparison(
        lambda population, seed, name: "entangled" if population == "chat" and name == "a" else "distinct"
    )
    found = effects(moving).set_index("key")
    assert found["verdicts"].to_dict() == {"population": pytest.approx(1 / 3), "seed": 0}
    assert found["claims"].to_dict() == {"population": 0, "seed": 0}


def test_editions_that_failed_are_in_no_group():
    found = effects(comparison(number=lambda population, seed: int(seed), failed=["base-1", "base-2"])).set_index("key")
    assert found["groups"].to_dict() == {"population": 1, "seed": 1}
    assert found.loc["seed", "median_correlation"] == 2


def test_editions_that_differ_in_two_things_at_once_tell_nothing_of_either():
    whole = comparison(number=lambda population, seed: int(seed))
    kept = whole.editions["edition"].isin(["base-1", "chat-2"])
    found = effects(Comparison(whole.sweep, (), whole.editions[kept], whole.verdicts, whole.claims, {}))
    assert found["groups"].tolist() == [0, 0] and found["median_correlation"].isna().all()


def test_a_verdict_is_the_same_wavers_or_contradicts_itself():
    verdicts = {
        "a": lambda seed: "distinct",
        "b": lambda seed: "cannot tell" if seed == "1" else "inverse",
        "c": lambda seed: {"1": "cannot tell", "2": "inverse", "3": "entangled"}[seed],
    }
    found = benchmark_rows(comparison(lambda population, seed, name: verdicts[name](seed)))
    assert dict(zip(found["benchmark"], found["course"], strict=True)) == {
        "c": "contradicts",
        "b": "wavers",
        "a": "same",
    }
    assert list(found["benchmark"]) == ["c", "b", "a"]
    row = found.set_index("benchmark").loc["b"]
    assert (row["inverse"], row["cannot tell"], row["entangled"], row["editions"]) == (4, 2, 0, 6)
    assert (row["lowest"], row["highest"]) == (0.1, 0.6)


def test_counts_of_a_benchmark_stand_in_its_own_row_whatever_the_order_of_the_rows():
    moving = comparison(lambda population, seed, name: {"a": "inverse", "b": "distinct", "c": "entangled"}[name])
    turned = Comparison(moving.sweep, (), moving.editions, moving.verdicts.iloc[::-1], moving.claims, {})
    found = benchmark_rows(turned).set_index("benchmark")
    assert found.loc["a", "inverse"] == found.loc["b", "distinct"] == found.loc["c", "entangled"] == 6


def test_claims_that_no_edition_can_test_are_left_out():
    whole = comparison()
    untestable = whole.claims["id"] == "b"
    claims = whole.claims.assign(
        verdict=np.where(untestable, "not testable with these scores", whole.claims["verdict"])
    )
    found = claim_rows(Comparison(whole.sweep, (), whole.editions, whole.verdicts, claims, {}))
    assert sorted(found["id"]) == ["a", "c"]


def test_a_sweep_of_which_nothing_could_be_made_is_still_compared():
    made = [Made(SweptEdition(name, {}, Parameters(), {"seed": name}), None, ("no", "never")) for name in ("1", "2")]
    found = compare(sweep("1", "2", varying=("seed",)), made)
    assert found.editions["status"].tolist() == ["failed", "failed"]
    assert found.editions["reason"].tolist() == ["no; never"] * 2
    assert found.verdicts.empty and found.claims.empty and spread(found).empty
    assert effects(found)["groups"].tolist() == [0]


def test_text_that_a_spreadsheet_would_run_is_made_harmless():
    made = [Made(SweptEdition("one", {}, Parameters(), {"population": "=1+1"}), None, ("no",))]
    assert "'=1+1" in tables(compare(sweep("one", varying=("population",)), made))["comparison.csv"]


def test_no_file_of_a_comparison_holds_a_path(tmp_path: Path):
    made = [Made(SweptEdition("one", {"scores": tmp_path / "x.csv"}, Parameters(), {"scores": "x"}), None, ("no",))]
    assert all(str(tmp_path) not in text for text in tables(compare(sweep("one", varying=("scores",)), made)).values())
