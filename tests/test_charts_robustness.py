"""The robustness charts draw what they are given, with a table and words, and stay small."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from score_tables import random_scores, score_table

from analysis import charts_robustness as charts
from analysis import figures
from analysis.correlation import capabilities_correlations
from analysis.findings import robustness as found
from analysis.findings.shared import headline_benchmarks
from analysis.parameters import Parameters
from analysis.robustness import specification_curve, weaker_against_stronger
from analysis.scores import ScoreTable

PARAMETERS = Parameters()
NAMES = ("ranges", "curve", "options", "halves", "power")


def table_of(index: int = 4, published: list[dict] | None = None, **frames: pd.DataFrame) -> ScoreTable:
    """A score table without splits of benchmarks."""
    made = score_table(index=index, published=published, **frames)
    made.benchmarks["parent"] = None
    return made


@pytest.fixture(scope="module")
def made() -> ScoreTable:
    return table_of(index=4, base=random_scores(16, 8), chat=random_scores(14, 8, 1))


@pytest.fixture(scope="module")
def frames(made: ScoreTable) -> dict[str, pd.DataFrame]:
    headline = headline_benchmarks(capabilities_correlations(made, "chat", PARAMETERS), made.benchmarks)
    curve = specification_curve(made, PARAMETERS)
    rows = found.curve_rows(curve, "b6")
    powers = pd.DataFrame({"partial": [0.0, 0.5, 0.9], "power": [0.0, 0.4, 1.0], "error": [0.0, 0.1, 0.0]})
    return {
        "ranges": found.range_rows(curve, headline, made, "chat", 0.4),
        "curve": rows,
        "options": found.option_rows(rows),
        "halves": found.half_rows(weaker_against_stronger(made, "chat", PARAMETERS), headline, made),
        "power": powers.assign(simulations=10),
    }


def drawn(name: str, frame: pd.DataFrame, made: ScoreTable) -> dict[str, Any]:
    """The Vega-Lite specification of one chart."""
    chart = {
        "ranges": lambda: charts.ranges(frame, made, 0.4),
        "curve": lambda: charts.curve(frame, 0.4, 0.5),
        "options": lambda: charts.options(frame, 0.4),
        "halves": lambda: charts.halves(frame, made),
        "power": lambda: charts.power(frame, 0.8),
    }[name]()
    return chart.to_dict()


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_has_alt_text_and_a_table_of_its_data(
    name: str, frames: dict[str, pd.DataFrame], made: ScoreTable
) -> None:
    spec = drawn(name, frames[name], made)
    shown, columns = figures.chart_data(spec)
    assert spec["description"].endswith(".") and "nan" not in spec["description"]
    assert len(shown) and set(shown) == set(columns)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_frame_is_a_sentence(name: str, frames: dict[str, pd.DataFrame], made: ScoreTable) -> None:
    assert figures.book(drawn(name, frames[name].iloc[:0], made))["note"]


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_can_be_drawn_as_a_picture(name: str, frames: dict[str, pd.DataFrame], made: ScoreTable) -> None:
    assert "<svg" in figures.render_many([drawn(name, frames[name], made)])[0]


def test_a_range_has_a_mark_for_every_value_there_is(frames: dict[str, pd.DataFrame], made: ScoreTable) -> None:
    rows = frames["ranges"]
    plain = figures.chart_data(drawn("ranges", rows, made))[0]
    marked = rows.assign(published=np.where(rows.index == 0, 0.3, np.nan))
    both = figures.chart_data(drawn("ranges", marked, made))[0]
    assert len(plain) == 2 * len(rows) and set(plain["mark"]) == {"median specification", "this edition"}
    assert len(both) == len(plain) + 1 and (both["mark"] == "published").sum() == 1


def test_a_long_curve_is_thinned_but_its_axis_is_not(frames: dict[str, pd.DataFrame], made: ScoreTable) -> None:
    rows = pd.concat([frames["curve"]] * 5).sort_values("comparable").assign(headline=False)
    rows["rank"] = np.arange(1, len(rows) + 1)
    shown = figures.chart_data(drawn("curve", rows, made))[0]
    assert len(rows) > 500 >= len(shown)
    assert shown["rank"].max() == len(rows)


def test_the_published_line_is_drawn_only_where_it_is_known() -> None:
    levels = [charts.level_rows(0.4, value)["level"].tolist() for value in (0.5, float("nan"))]
    assert levels == [[-0.4, 0.0, 0.4, 0.5], [-0.4, 0.0, 0.4]]


def test_the_curve_is_coloured_by_the_choice_that_moves_it_most(frames: dict[str, pd.DataFrame]) -> None:
    rows = frames["curve"].reset_index(drop=True)
    moved = rows.assign(comparable=np.where(rows["component"] == "pearson", 0.9, -0.9))
    assert charts.coloured_by(moved) == "component"
    alone = rows[(rows["component"] == "pearson") & (rows["population"] == "chat") & (rows["index_choice"] == "all")]
    assert charts.coloured_by(alone[alone["correlation_type"] == "kendall"]) == "correlation_type"


def test_options_of_one_name_keep_rows_of_their_own(made: ScoreTable) -> None:
    rows = pd.DataFrame(
        {
            "choice": ["Population", "Population", "Family left out", "Family left out"],
            "option": ["x", "y", "x", "none"],
            "specifications": 3,
            "lowest": -0.1,
            "median": 0.1,
            "highest": 0.2,
        }
    )
    spec = drawn("options", rows, made)
    axes = [layer["encoding"]["y"]["scale"]["domain"] for layer in spec["layer"] if "y" in layer["encoding"]]
    assert all(len(axis) == len(set(axis)) == 6 for axis in axes)


def test_the_axis_of_a_curve_follows_its_values_and_names_the_published_line(
    frames: dict[str, pd.DataFrame], made: ScoreTable
) -> None:
    rows = frames["curve"].assign(comparable=np.linspace(0.45, 0.6, len(frames["curve"])))
    spec = drawn("curve", rows, made)
    domains = [layer["encoding"]["y"]["scale"]["domain"] for layer in spec["layer"] if "scale" in layer["encoding"]["y"]]
    levels = [row["level"] for rows in spec["datasets"].values() for row in rows if row.get("kind") in ("line", "zero")]
    assert domains and all(0.3 < low < 0.4 and 0.6 < high < 0.7 for low, high in domains)
    assert levels == [0.4]
    assert any(layer["encoding"].get("text") == {"value": "published"} for layer in spec["layer"])


def test_only_the_published_mark_of_a_range_is_an_outline(frames: dict[str, pd.DataFrame], made: ScoreTable) -> None:
    spec = drawn("ranges", frames["ranges"].assign(published=0.3), made)
    points = [layer for layer in spec["layer"] if layer["mark"]["type"] == "point"]
    assert [layer["mark"].get("filled", True) for layer in points] == [True, False]


def test_no_dashed_line_lies_on_the_zero_line_of_the_halves(frames: dict[str, pd.DataFrame], made: ScoreTable) -> None:
    spec = drawn("halves", frames["halves"], made)
    kinds = [row["kind"] for rows in spec["datasets"].values() for row in rows if "kind" in row]
    assert kinds == ["zero"]
