from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.theory import (
    charts,
    crisp_and_fuzzy,
    how_they_fail,
    the_safety_case,
    what_benchmarks_do,
    why_they_are_scarce,
)


def effort_chart() -> tuple:
    frame = why_they_are_scarce.effort_grid()
    return frame, charts.efforts(frame)


def price_chart() -> tuple:
    keeper = the_safety_case.Process(choices=4, gap=0.5, discretion=0.5)
    frame = the_safety_case.price_grid(keeper, 0.1, 0.5)
    return frame, charts.prices(frame)


def tournament_chart() -> tuple:
    path = what_benchmarks_do.simulate_tournament(0.5, 5, 1, 0.2, np.random.default_rng(1), rounds=8)
    return path, charts.tournament(path, {"capability": 1.4, "safety": 0.9})


def simple(chart, frame) -> tuple:
    return frame, chart(frame)


RNG = np.random.default_rng(7)
MAKERS = {
    "shares": lambda: simple(charts.shares, what_benchmarks_do.share_grid()),
    "changes": lambda: simple(charts.changes, what_benchmarks_do.change_grid()),
    "dividing_lines": lambda: simple(charts.dividing_lines, what_benchmarks_do.line_grid()),
    "tournament": tournament_chart,
    "efforts": effort_chart,
    "lottery": lambda: simple(charts.lottery, why_they_are_scarce.lottery_grid(RNG, fields=50)),
    "decay": lambda: simple(charts.decay, how_they_fail.decay_grid(RNG)),
    "hiding": lambda: simple(charts.hiding, how_they_fail.hiding_grid(RNG, models=50)),
    "quiet_deaths": lambda: simple(charts.quiet_deaths, how_they_fail.extinction_grid(RNG, fields=20)),
    "selection": lambda: simple(charts.selection, crisp_and_fuzzy.selection_grid(RNG, contests=20)),
    "exhaustion": lambda: simple(charts.exhaustion, crisp_and_fuzzy.progress_grid()),
    "speed_ups": lambda: simple(charts.speed_ups, crisp_and_fuzzy.speed_up_grid()),
    "posteriors": lambda: simple(charts.posteriors, the_safety_case.posterior_grid()),
    "prices": price_chart,
}


@pytest.fixture(params=MAKERS)
def drawn(request):
    frame, chart = MAKERS[request.param]()
    return frame, chart.to_dict()


def rows_of(spec: dict) -> list[dict]:
    (rows,) = spec["datasets"].values()
    return rows


def encodings(spec: dict) -> list[dict]:
    return [layer["encoding"] for layer in spec.get("layer", [spec])]


def test_every_field_that_is_drawn_or_tabled_is_in_the_chart_s_data(drawn):
    _, spec = drawn
    fields = set(rows_of(spec)[0])
    assert dict(spec["usermeta"]["book"]["columns"]).keys() <= fields
    for encoding in encodings(spec):
        named = [channel.get("field") for channel in encoding.values() if isinstance(channel, dict)]
        assert {field for field in named if field} <= fields


def test_the_numbers_drawn_are_those_of_the_grid(drawn):
    frame, spec = drawn
    cells = {round(value, 9) for row in rows_of(spec) for value in row.values() if isinstance(value, float)}
    numbers = frame.select_dtypes("number").to_numpy(dtype=float).ravel()
    finite = numbers[np.isfinite(numbers) & (numbers % 1 != 0)]
    tabled = sum(round(float(value), 9) in cells for value in finite)
    assert tabled >= 0.6 * len(finite) > 0


def test_a_chart_stays_small_enough_for_its_data_table(drawn):
    assert len(rows_of(drawn[1])) <= 500


def test_every_control_starts_at_a_value_of_the_grid_and_offers_only_such(drawn):
    _, spec = drawn
    for control in spec.get("params", []):
        values = {row[control["name"]] for row in rows_of(spec)}
        assert set(control["bind"]["options"]) == values
        assert control["value"] in values


def test_what_is_shown_first_is_not_empty(drawn):
    _, spec = drawn
    controls = {control["name"]: control["value"] for control in spec.get("params", [])}
    shown = [row for row in rows_of(spec) if all(row[name] == value for name, value in controls.items())]
    assert len(shown) >= 8


def test_every_axis_has_a_title_and_the_chart_an_alt_text(drawn):
    _, spec = drawn
    assert len(spec["description"]) > 80
    assert "not known" not in spec["description"] and "nan" not in spec["description"]
    titles = [e[c].get("title") for e in encodings(spec) for c in ("x", "y") if c in e and "field" in e[c]]
    assert any(titles)


def test_years_are_printed_whole():
    _, spec = MAKERS["hiding"]()[0], MAKERS["hiding"]()[1].to_dict()
    assert encodings(spec)[0]["x"]["axis"] == {"format": "d", "tickMinStep": 1}


def test_the_salience_shown_first_is_the_one_asked_for():
    chart = charts.efforts(why_they_are_scarce.effort_grid(), salience=0.6)
    assert [control["value"] for control in chart.to_dict()["params"]] == [0.6]


def test_headroom_without_known_limits_is_a_sentence():
    frame = pd.DataFrame({"benchmark": ["a"], "headroom": [np.nan]})
    spec = charts.headroom(frame, table=None).to_dict()
    assert "unknown" in spec["usermeta"]["book"]["note"]


def test_headroom_shows_one_row_a_benchmark_with_its_name():
    from analysis.scores import ScoreTable

    registry = pd.DataFrame(
        {"name": ["Alpha", None], "role": ["safety", "capability_index"]}, index=pd.Index(["a", "b"], name="benchmark")
    )
    frame = pd.DataFrame(
        {
            "benchmark": ["a", "b"],
            "name": ["Alpha", None],
            "role": ["safety", "capability_index"],
            "n_models": [5, 6],
            "headroom": [0.2, 0.4],
            "headroom_typical": [0.5, 0.6],
        }
    )
    table = ScoreTable(pd.DataFrame(), pd.DataFrame(), registry, pd.DataFrame())
    spec = charts.headroom(frame, table).to_dict()
    rows = rows_of(spec)
    assert [row["name"] for row in rows] == ["Alpha", "b"]
    assert [row["headroom"] for row in rows] == [0.2, 0.4]
    assert {row["role"] for row in rows} == {"safety", "capability index"}
