"""What the chapters say of published figures beside rebuilt ones."""

from __future__ import annotations

import pandas as pd

from analysis.findings import published


def rows(differences: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "quantity": "compute correlation",
            "published": 50.0,
            "rebuilt": [50.0 + difference for difference in differences],
            "rebuilt_reconstructed": 50.05,
            "difference": differences,
            "population": "chat",
            "reason": ["" if abs(each) <= 0.1 else f"off by {each}" for each in differences],
        }
    )


def test_a_figure_is_a_gap_beyond_a_tenth_of_a_point_or_when_it_cannot_be_rebuilt() -> None:
    assert len(published.gap_rows(rows([0.0, 0.1, -0.1, 0.11, -3.0, float("nan")]))) == 3


def test_the_sentence_counts_what_came_out_again_and_what_did_not() -> None:
    found = published.replication_findings(rows([0.0, 0.0, 5.0]))
    assert "3 figures" in found["replication_sentence"] and "2 of them" in found["replication_sentence"]
    assert "remaining 1 is listed" in found["replication_gap_sentence"]
    assert found["reasons_sentence"] == "Reasons: (1) off by 5.0."
    assert "1 of them comes out again" in published.replication_findings(rows([0.0, 5.0]))["replication_sentence"]


def test_the_caption_counts_the_figures_that_are_drawn() -> None:
    said = published.replication_findings(rows([0.0, 0.05, 5.0, float("nan")]))["replication_caption"]
    assert "3 of 4 figures are drawn" in said and "cannot be rebuilt" in said and "2 lie within 0.1" in said
    whole = published.replication_findings(rows([0.0]))["replication_caption"]
    assert "1 of 1 figure is drawn" in whole and "cannot" not in whole and "unit of their own" not in whole


def test_a_reason_that_comes_twice_has_one_number() -> None:
    gaps = published.numbered_gaps(rows([5.0, 0.0, 7.0, 5.0]))
    assert gaps["reason_number"].tolist() == ["(1)", "(2)", "(1)"]
    assert "population" not in published.gap_columns(gaps)
    assert "population" in published.gap_columns(gaps.assign(population=["chat", "base", "chat"]))


def test_no_published_figure_is_said_plainly() -> None:
    found = published.replication_findings(rows([]))
    assert "another set of models" in found["replication_sentence"]
    assert "No published compute correlation" in published.compute_replication_findings(rows([]))[
        "compute_replication_sentence"
    ]


def test_the_compute_sentence_counts_both_ways_of_rebuilding() -> None:
    sentence = published.compute_replication_findings(rows([0.0, 5.0]))["compute_replication_sentence"]
    assert "Of 2 published compute correlations, 1 comes out again" in sentence and "2 do." in sentence
