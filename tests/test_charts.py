"""Every chart draws the frame it is given, says so in words, and takes any table."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis import charts, display, house
from analysis.capability import Component
from analysis.scores import ScoreTable

HOSTILE = ["</script><script>x()</script>", "{{ 7*7 }}", "`a`|b", "line\nbreak", "=cmd()", "picked) || 1"]


def table_of(models: int, benchmarks: int, share: float = 1.0) -> ScoreTable:
    """Return a table with a given share of its scores present."""
    rng = np.random.default_rng(0)
    names = [f"m{number}" for number in range(models)]
    tests = [f"b{number}" for number in range(benchmarks)]
    cells = [(model, test) for test in tests for model in names if rng.random() < share]
    scores = pd.DataFrame(cells, columns=["model", "benchmark"]).assign(score=1.0)
    registry = pd.DataFrame(
        {"name": names, "population": "chat", "family": [f"f{number // 3}" for number in range(models)]},
        index=pd.Index(names, name="model"),
    )
    catalogue = pd.DataFrame(
        {"name": tests, "area": [f"area {number % 4}" for number in range(benchmarks)], "role": "safety", "higher_is": "better"},
        index=pd.Index(tests, name="benchmark"),
    )
    return ScoreTable(scores, registry, catalogue, pd.DataFrame())


def models_of(table: ScoreTable) -> pd.DataFrame:
    """Return one row a model with everything the model charts draw."""
    rng = np.random.default_rng(1)
    size = len(table.models)
    return pd.DataFrame(
        {
            "model": table.models.index,
            "family": table.models["family"].to_numpy(),
            "score": rng.normal(size=size),
            "capabilities_score": rng.normal(size=size),
            "value": rng.normal(size=size),
            "compute": 10 ** rng.uniform(21, 25, size),
        }
    )


def benchmarks_of(table: ScoreTable) -> pd.DataFrame:
    """Return one row a benchmark with everything the benchmark charts draw."""
    rng = np.random.default_rng(2)
    ids = table.benchmarks.index
    middle = rng.uniform(-0.8, 0.8, len(ids))
    return pd.DataFrame(
        {
            "benchmark": ids,
            "population": "chat",
            "area": table.benchmarks["area"].to_numpy(),
            "correlation": middle,
            "compute_correlation": middle / 2,
            "lower": middle - 0.1,
            "upper": middle + 0.1,
            "n_models": 26,
            "table": "T1",
            "quantity": "capabilities_correlation",
            "published": 100 * middle,
            "rebuilt": 100 * middle + rng.choice([0.0, 0.1, 5.0], len(ids)),
        }
    )


def component_of(table: ScoreTable) -> Component:
    """Return a component over all benchmarks of a table."""
    size = len(table.benchmarks)
    loadings = np.linspace(0.1, 0.9, size)
    eigenvalues = np.linspace(size, 1, size)
    ones = np.ones(size)
    return Component(tuple(table.benchmarks.index), loadings, eigenvalues, ones, ones, "spearman")


Draw = Callable[[ScoreTable], Any]
CHARTS: dict[str, Draw] = {
    "scree": lambda table: charts.scree(component_of(table)),
    "loadings": lambda table: charts.loadings(component_of(table), table),
    "capabilities_scores": lambda table: charts.capabilities_scores(models_of(table), table),
    "score_against_compute": lambda table: charts.score_against_compute(models_of(table), table),
    "scatter": lambda table: charts.scatter_against_score(
        models_of(table), table, table.benchmarks.index[0]
    ),
    "ranks": lambda table: charts.scatter_against_score(
        models_of(table), table, table.benchmarks.index[0], ranks=True
    ),
    "forest": lambda table: charts.correlation_forest(benchmarks_of(table), table),
    "forest without intervals": lambda table: charts.correlation_forest(
        benchmarks_of(table).drop(columns=["lower", "upper", "area", "population"]), table
    ),
    "pairs": lambda table: charts.correlation_pairs(benchmarks_of(table), table),
    "coverage": lambda table: charts.coverage_heatmap(table),
    "replication": lambda table: charts.replication_scatter(benchmarks_of(table), table),
}
every_chart = pytest.mark.parametrize("draw", CHARTS.values(), ids=CHARTS.keys())


def rows_of(chart: Any) -> pd.DataFrame:
    """Return the rows under the chart, those of its data table."""
    spec = chart.to_dict()
    fields = dict(spec["usermeta"]["book"]["columns"]).keys()
    return next(
        pd.DataFrame(rows) for rows in spec["datasets"].values() if rows and fields <= set(rows[0])
    )


@every_chart
@pytest.mark.parametrize("size", [(8, 12), (500, 30), (8, 500)], ids=str)
def test_every_chart_takes_a_table_of_any_size(draw: Draw, size: tuple[int, int]) -> None:
    spec = draw(table_of(*size, share=0.9)).to_dict()
    assert spec["width"] == "container"
    assert 24 <= spec["height"] <= 4000
    assert len(json.dumps(spec)) < 900_000


@every_chart
def test_every_chart_has_alt_text_a_data_table_and_tooltips_of_fields_it_holds(draw: Draw) -> None:
    chart = draw(table_of(8, 12, share=0.9))
    spec = chart.to_dict()
    assert len(spec["description"]) > 40
    rows = rows_of(chart)
    layers = [layer for layer in spec.get("layer", [spec]) if layer["encoding"].get("tooltip")]
    shown = {tip["field"] for layer in layers for tip in layer["encoding"]["tooltip"]}
    assert shown
    assert shown <= set(rows.columns)


@every_chart
def test_every_chart_is_drawn_with_hostile_names(draw: Draw) -> None:
    table = table_of(6, 6, share=0.8)
    models = table.models.set_axis(HOSTILE, axis=0).assign(name=HOSTILE, family=HOSTILE)
    benchmarks = table.benchmarks.set_axis(HOSTILE, axis=0).assign(name=HOSTILE, area=HOSTILE)
    scores = table.scores.assign(
        model=table.scores["model"].map(dict(zip(table.models.index, HOSTILE, strict=True))),
        benchmark=table.scores["benchmark"].map(dict(zip(table.benchmarks.index, HOSTILE, strict=True))),
    )
    hostile = ScoreTable(scores, models, benchmarks, table.published)
    spec = draw(hostile).to_dict()
    for expression in expressions(spec):
        assert not any(name in expression for name in HOSTILE)


def expressions(part: Any) -> list[str]:
    """Return everything in a specification that Vega evaluates."""
    if isinstance(part, list):
        return [found for item in part for found in expressions(item)]
    if not isinstance(part, dict):
        return []
    own = [part[key] for key in ("test", "expr", "labelExpr", "calculate") if key in part]
    inner = [value for key, value in part.items() if key not in ("datasets", "description")]
    return [str(each) for each in own] + expressions(inner)


@pytest.mark.parametrize(
    "draw",
    [
        lambda table: charts.capabilities_scores(models_of(table).assign(score=np.nan), table),
        lambda table: charts.score_against_compute(models_of(table).assign(compute=np.nan), table),
        lambda table: charts.scatter_against_score(models_of(table).iloc[:0], table, "b0"),
        lambda table: charts.correlation_forest(benchmarks_of(table).iloc[:0], table),
        lambda table: charts.correlation_pairs(benchmarks_of(table).assign(correlation=np.nan), table),
        lambda table: charts.replication_scatter(benchmarks_of(table).iloc[:0], table),
        charts.coverage_heatmap,
    ],
)
def test_where_there_is_nothing_to_draw_there_is_a_sentence(draw: Draw) -> None:
    spec = draw(table_of(8, 12)).to_dict()
    sentence = spec["usermeta"]["book"]["note"]
    assert sentence.endswith(".")
    assert spec["description"] == sentence


def test_scores_are_ranked_highest_first_and_drawn_whole() -> None:
    table = table_of(9, 4)
    frame = models_of(table)
    frame.loc[3, "score"] = np.nan
    chart = charts.capabilities_scores(frame, table)
    expected = frame.dropna(subset="score").sort_values("score", ascending=False)
    assert rows_of(chart)["score"].tolist() == expected["score"].tolist()
    domain = chart.to_dict()["encoding"]["y"]["scale"]["domain"]
    assert domain == expected["model"].tolist()
    top = expected.iloc[0]
    assert f"highest {top['model']} ({display.signed(top['score'])})" in chart.to_dict()["description"]


def test_the_alt_text_of_a_scatter_gives_its_rank_correlation() -> None:
    from scipy.stats import spearmanr

    table = table_of(26, 4)
    frame = models_of(table)
    description = charts.scatter_against_score(frame, table, "b0").to_dict()["description"]
    expected = spearmanr(frame["capabilities_score"], frame["value"]).statistic
    assert display.correlation(expected) in description
    assert "26 models" in description


def test_ranks_are_drawn_where_ranks_are_asked_for() -> None:
    table = table_of(9, 4)
    spec = charts.scatter_against_score(models_of(table), table, "b0", ranks=True).to_dict()
    assert spec["encoding"]["x"]["field"] == "x_rank"
    assert sorted(rows_of(charts.scatter_against_score(models_of(table), table, "b0"))["x_rank"]) == list(
        range(1, 10)
    )


def test_a_forest_groups_benchmarks_by_area_and_sorts_them_within() -> None:
    table = table_of(8, 12)
    frame = benchmarks_of(table).sample(frac=1, random_state=3)
    chart = charts.correlation_forest(frame, table)
    rows = rows_of(chart)
    assert list(dict.fromkeys(rows["area"])) == [f"area {number}" for number in range(4)]
    for _, part in rows.groupby("area"):
        assert part["correlation"].is_monotonic_decreasing
    domain = chart.to_dict()["layer"][1]["encoding"]["y"]["scale"]["domain"]
    assert [row for row in domain if not row.startswith(house.HEADING)] == rows["label"].tolist()
    assert sum(row.startswith(house.HEADING) for row in domain) == 4


def test_a_forest_has_its_lines_where_it_says() -> None:
    table = table_of(8, 12)
    spec = charts.correlation_forest(benchmarks_of(table), table, line=0.25).to_dict()
    lines = next(rows for rows in spec["datasets"].values() if "at" in rows[0])
    assert [row["at"] for row in lines] == [-0.25, 0, 0.25]
    above = (benchmarks_of(table)["correlation"] > 0.25).sum()
    assert f"{above} above +0.25" in spec["description"]


def test_several_populations_are_marked_apart_in_one_row() -> None:
    table = table_of(8, 5)
    both = pd.concat([benchmarks_of(table), benchmarks_of(table).assign(population="base")])
    spec = charts.correlation_forest(both, table).to_dict()
    assert spec["usermeta"]["book"]["pick"] == "population"
    dots = spec["layer"][-1]["encoding"]
    assert dots["yOffset"]["field"] == dots["shape"]["field"] == "population"
    assert len(rows_of(charts.correlation_forest(both, table))) == 10


def test_coverage_marks_exactly_the_missing_scores() -> None:
    table = table_of(8, 12, share=0.8)
    marked = rows_of(charts.coverage_heatmap(table))
    present = set(zip(table.scores["model"], table.scores["benchmark"], strict=True))
    cells = {(model, test) for model in table.models.index for test in table.benchmarks.index}
    assert set(zip(marked["model"], marked["label"], strict=True)) == cells - present


def test_coverage_of_a_sparse_table_marks_what_is_there() -> None:
    table = table_of(20, 12, share=0.2)
    marked = rows_of(charts.coverage_heatmap(table))
    assert set(marked["state"]) == {"scored"}
    assert len(marked) == len(table.scores)


def test_coverage_of_a_large_table_counts_models() -> None:
    table = table_of(100, 100, share=0.5)
    counted = rows_of(charts.coverage_heatmap(table)).set_index("label")["models"]
    expected = table.scores.groupby("benchmark")["model"].nunique()
    pd.testing.assert_series_equal(counted.sort_index(), expected.sort_index(), check_names=False)


def test_replication_counts_a_difference_of_the_tolerance_as_rebuilt() -> None:
    frame = pd.DataFrame(
        {
            "table": "T1",
            "population": "chat",
            "benchmark": ["b0", "b1", "b2"],
            "quantity": "capabilities_correlation",
            "published": [50.3, 10.0, -3.0],
            "rebuilt": [50.2, 10.2, -3.0],
        }
    )
    chart = charts.replication_scatter(frame, table_of(8, 3))
    assert rows_of(chart)["agrees"].tolist() == ["within 0.1", "more than 0.1 apart", "within 0.1"]
    assert "2 within 0.1, 1 further apart" in chart.to_dict()["description"]


def test_the_axis_of_powers_has_marks_inside_the_data() -> None:
    table = table_of(9, 3)
    spec = charts.score_against_compute(models_of(table), table).to_dict()
    axis = spec["encoding"]["x"]["axis"]
    assert 1e22 in axis["values"]
    assert "'10²²'" in axis["labelExpr"]
    narrow = charts.score_against_compute(models_of(table).assign(compute=3e22), table).to_dict()
    assert 2e22 in narrow["encoding"]["x"]["axis"]["values"]
