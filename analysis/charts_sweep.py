"""The charts that set the editions of a sweep side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import display
from analysis.charts import MOST_CELLS
from analysis.house import HEADING, house, labels, note, row_axis, rows_height, series, short, tips

if TYPE_CHECKING:
    import altair as alt


MOST_OPTIONS = 8
FAINT = {"cannot tell": 0.3, "not testable with these scores": 0.1}
MANY = "There are too many editions to draw each; comparison.csv has them all."
NUMBER = {"place": "No.", "edition": "Edition"}


def place_axis(count: int) -> alt.X:
    """Return the axis along which editions stand, in the order of the sweep.

    Parameters
    ----------
    count
        How many there are.

    Returns
    -------
    altair.X
        Encodes the field ``place``.
    """
    import altair as alt

    step = next(step for step in (1, 5, 10, 50, 100, 500, 1000) if count / step <= 24)
    values = [place for place in range(1, count + 1) if place == 1 or place % step == 0]
    axis = alt.Axis(values=values, labelAngle=0, grid=False, domain=False)
    return alt.X(
        "place:O", title="Edition, by its number", scale=alt.Scale(domain=list(range(1, count + 1))), axis=axis
    )


def headline(editions: pd.DataFrame, field: str, title: str, axis: str, key: str) -> Any:
    """Return one headline number of every edition.

    Parameters
    ----------
    editions
        A row an edition: ``place, edition``, the field, perhaps ``<field>_lower`` and ``<field>_upper``.
    field
        The number, in [-1, 1].
    title, axis
        What it is, at length and for an axis.
    key
        Column of labels that colours tell apart; empty for none.

    Returns
    -------
    altair.LayerChart
        A dot an edition, with its interval where there is one.
    """
    import altair as alt

    ends = [f"{field}_{end}" for end in ("lower", "upper") if f"{field}_{end}" in editions]
    columns = {
        **NUMBER,
        **({key: key} if key else {}),
        field: title,
        **dict(zip(ends, ("Interval from", "to"), strict=False)),
    }
    drawn = editions.dropna(subset=[field])[list(columns)]
    if drawn.empty or len(drawn) > MOST_CELLS:
        return note(MANY if len(drawn) else f"No edition has this number: {title}.")
    by = series(key or "edition", key.capitalize(), drawn[key] if key else [], editions[key] if key else [])
    shared = {"x": place_axis(len(editions)), "tooltip": tips(columns, dict.fromkeys((field, *ends), "+.2f"))}
    if len(by.shown) > 1:
        shared |= {"color": by.colour(), "opacity": by.opacity()}
    y = alt.Y(
        f"{field}:Q", title=axis, scale=alt.Scale(zero=False, padding=8), axis=alt.Axis(format="+.2f", tickCount=5)
    )
    base = alt.Chart(drawn, height=200)
    dots = base.mark_point(size=40).encode(y=y, **shared)
    bars = [base.mark_rule().encode(y=alt.Y(f"{ends[0]}:Q"), y2=f"{ends[1]}:Q", **shared)] if len(ends) == 2 else []
    chart = alt.layer(*bars, dots)
    several = len(by.shown) > 1
    return house(
        chart.add_params(by.picker()) if several else chart,
        headline_text(drawn, field, title),
        columns,
        by if several else None,
    )


def headline_text(drawn: pd.DataFrame, field: str, title: str) -> str:
    """Return the alt text of :func:`headline`."""
    values = drawn.set_index("edition")[field]
    return (
        f"Dot plot of {len(values)} editions, {title}: from {display.signed(values.min())} in {values.idxmin()} to "
        f"{display.signed(values.max())} in {values.idxmax()}."
    )


def verdict_counts(rows: pd.DataFrame, count: int, kinds: Sequence[str], noun: str) -> Any:
    """Return how many things have which verdict in each edition.

    Parameters
    ----------
    rows
        A row a thing and edition: ``place, edition, verdict``.
    count
        Number of editions.
    kinds
        The verdicts, in the order in which they are stacked.
    noun
        What the things are, in the plural.

    Returns
    -------
    altair.Chart
        A bar an edition.
    """
    import altair as alt

    drawn = rows.groupby(["place", "edition", "verdict"], sort=False).size().rename("number").reset_index()
    if drawn.empty or len(drawn) > MOST_CELLS:
        return note(MANY if len(drawn) else f"No edition has any {noun}.")
    by = series("verdict", "Verdict", drawn["verdict"], kinds)
    columns = {**NUMBER, "verdict": "Verdict", "number": noun.capitalize()}
    drawn = drawn.assign(turn=drawn["verdict"].map(list(kinds).index))
    chart = (
        alt.Chart(drawn, height=220)
        .mark_bar()
        .encode(
            x=place_axis(count),
            y=alt.Y("number:Q", title=noun.capitalize(), stack=True),
            order="turn:Q",
            color=by.colour(),
            opacity=faint(),
            tooltip=tips(columns),
        )
    )
    middle = drawn.groupby("verdict")["number"].agg(["min", "max"])
    words = (f"{kind} {middle['min'][kind]} to {middle['max'][kind]}" for kind in kinds if kind in middle.index)
    bars = drawn["place"].nunique()
    text = f"Stacked bars of {noun} by verdict in {bars} editions, where there are any: {display.listing(words)}."
    return house(chart.add_params(by.picker()), text, columns, by)


def faint() -> Any:
    """Return the opacity encoding in which what is undecided is faint, and so is what a reader did not pick."""
    import altair as alt

    chosen = alt.when("picked != null && datum.verdict != picked").then(alt.value(0.06))
    for verdict, opacity in FAINT.items():
        chosen = chosen.when(f"picked == null && datum.verdict == '{verdict}'").then(alt.value(opacity))
    return chosen.otherwise(alt.value(1))


def verdict_map(
    rows: pd.DataFrame,
    things: pd.DataFrame,
    editions: pd.DataFrame,
    keys: Sequence[str],
    kinds: Sequence[str],
    noun: str,
) -> Any:
    """Return the verdict on each thing in each edition, below the options that make the editions.

    Parameters
    ----------
    rows
        ``key, place, edition, verdict, number``.
    things
        A row a thing, in the order in which they are drawn: ``key, title, group, course``.
    editions
        ``place, edition`` and a column of labels for each of the keys.
    keys
        What the editions differ in; those with more than eight options are not drawn.
    kinds
        The verdicts.
    noun
        What the things are, in the plural.

    Returns
    -------
    altair.LayerChart
        A cell a thing and edition.
    """
    import altair as alt

    drawn, above, axis = map_rows(rows, things, options(editions, keys))
    x, y = place_axis(len(editions)), grouped_axis(axis)
    by = series("verdict", "Verdict", drawn["verdict"], kinds)
    columns = {
        "title": noun.capitalize(),
        **NUMBER,
        "verdict": "Verdict",
        "number": "ρ" if noun == "benchmarks" else "Estimate",
    }
    cells = (
        alt.Chart(drawn[["label", *columns]], height=rows_height(len(axis)))
        .mark_rect()
        .encode(x=x, y=y, color=by.colour(), opacity=faint(), tooltip=tips(columns, {"number": "+.2f"}))
    )
    marks = alt.Chart(above).mark_point(shape="square", size=28, color="#8a8a8a", opacity=1)
    marks = marks.encode(x=x, y=y, tooltip=tips({**NUMBER, "group": "What differs", "option": "Option"}))
    chart = alt.layer(marks, cells) if len(above) else alt.layer(cells)
    return house(chart.add_params(by.picker()), map_text(things, editions, noun), columns, by)


def grouped_axis(axis: Sequence[str]) -> alt.Y:
    """Return the vertical axis of rows under headings, which are bold."""
    import altair as alt

    heading = alt.when(f"substring(datum.value, 0, 1) == '{HEADING}'")
    return row_axis(axis, labelFontWeight=heading.then(alt.value("bold")).otherwise(alt.value("normal")))


def map_rows(
    rows: pd.DataFrame, things: pd.DataFrame, chosen: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Return the cells and the options of a map with their labels, and all labels from the top.

    Parameters
    ----------
    rows
        ``key, place, edition, verdict, number``.
    things
        What the cells are about: ``key, title, group``.
    chosen
        As :func:`options` returns it.

    Returns
    -------
    tuple
        ``rows`` and ``chosen``, both with ``label``; and the rows of the axis.
    """
    pairs = chosen[["group", "option"]].drop_duplicates()
    said = labels([*pairs["option"], *things["title"]])
    pairs = pairs.assign(label=said[: len(pairs)])
    named = things[["key", "title", "group"]].assign(label=said[len(pairs) :])
    return rows.merge(named, on="key"), chosen.merge(pairs), [*axis_rows(pairs), *axis_rows(named)]


def axis_rows(named: pd.DataFrame) -> list[str]:
    """Return rows of an axis, each group's heading above its labels where there are several groups."""
    several = named["group"].nunique() > 1
    found: list[str] = []
    for group, part in named.groupby("group", sort=False):
        found += [HEADING + short(group)] * several + list(part["label"])
    return found


def options(editions: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return which option each edition has.

    Parameters
    ----------
    editions
        ``place, edition`` and a column of labels for each of the keys.
    keys
        Those with more than eight options are left out.

    Returns
    -------
    pandas.DataFrame
        A row an edition and key: ``place, edition, group`` (the key) and ``option``.
    """
    few = [key for key in keys if editions[key].nunique() <= MOST_OPTIONS]
    long = editions.melt(["place", "edition"], few, "group", "option")
    return long[["place", "edition", "group", "option"]]


def map_text(things: pd.DataFrame, editions: pd.DataFrame, noun: str) -> str:
    """Return the alt text of :func:`verdict_map`."""
    return (
        f"Map of the verdicts on {len(things)} {noun} in {len(editions)} editions: {moving(things)} of them have not "
        "the same verdict in all editions that judge them."
    )


def moving(things: pd.DataFrame) -> int:
    """Return how many things have not the same verdict throughout."""
    return int((things["course"] != "same").sum())


def verdict_shares(things: pd.DataFrame, kinds: Sequence[str], noun: str) -> Any:
    """Return in which share of editions each thing has which verdict, for more editions than a map can hold.

    Parameters
    ----------
    things
        A row a thing, in the order in which they are drawn: ``title, group, course``, ``editions`` that judge it, and
        a count for each of the kinds.
    kinds
        The verdicts, in the order in which they are stacked.
    noun
        What the things are, in the plural.

    Returns
    -------
    altair.Chart
        A bar a thing.
    """
    import altair as alt

    named = things.assign(label=labels(things["title"]))
    drawn = named.melt(["title", "label", "editions"], list(kinds), "verdict", "number")
    drawn = drawn[drawn["number"] > 0].assign(share=drawn["number"] / drawn["editions"])
    drawn = drawn.assign(turn=drawn["verdict"].map(list(kinds).index))
    by = series("verdict", "Verdict", drawn["verdict"], kinds)
    columns = {"title": noun.capitalize(), "verdict": "Verdict", "share": "Share of editions", "editions": "Editions"}
    axis = axis_rows(named)
    chart = (
        alt.Chart(drawn[["label", "turn", *columns]], height=rows_height(len(axis)))
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title="Share of the editions that judge it", axis=alt.Axis(format=".0%")).stack("zero"),
            y=grouped_axis(axis),
            order="turn:Q",
            color=by.colour(),
            opacity=faint(),
            tooltip=tips(columns, {"share": ".0%"}),
        )
    )
    text = (
        f"Stacked bars of the verdicts on {len(things)} {noun}, of which {moving(things)} have not the same throughout."
    )
    return house(chart.add_params(by.picker()), text, columns, by)
