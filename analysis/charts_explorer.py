"""Charts of the explorer: the book's own, with their data under names by which the page can swap them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import display
from analysis.charts import model_points
from analysis.charts_robustness import CURVE, OWN, RANK, curve_dots, curve_text, level_rows, worded
from analysis.charts_uncertainty import deleted_text
from analysis.findings.robustness import CHOICES, drawn_rows
from analysis.findings.your_benchmark import FAMILY_COLUMNS
from analysis.house import families, house, note, series, short, tips

if TYPE_CHECKING:
    from analysis.explorer import Explorer, Survey

MODELS, FAMILIES, WHOLE, SPECIFICATIONS, LEVELS = "models", "families", "whole", "specifications", "levels"
CHOSEN = "chosen"
ROW = 20
DOT = 12
PUBLISHED = "#d6336c"
COLOURED = ("index_choice", "component", "correlation_type", "missing")
SCATTER = {"name": "Model", "family": "Family", "capabilities_score": "Capabilities score", "value": "Score"}


def scatter(made: Explorer) -> Any:
    """Return the benchmark shown first against the capabilities score.

    Parameters
    ----------
    made
        The explorer.

    Returns
    -------
    altair.Chart
        One mark a model; its data are ``models``.
    """
    import altair as alt

    rows = scatter_rows(made.shown, made.benchmark)
    if rows.empty:
        return note()
    scale = alt.Scale(zero=False, padding=10)
    chart, kin = model_points(
        every_family(made),
        made.table,
        alt.X("capabilities_score:Q", title=SCATTER["capabilities_score"], scale=scale),
        alt.Y("value:Q", title="Score, turned where lower is better", scale=scale),
        SCATTER,
        {"capabilities_score": "+.2f", "value": ",.4~f"},
        alt.NamedData(MODELS),
    )
    chart = of_the_choice(chart, made, {MODELS: rows})
    return house(chart, scatter_text(made, made.shown, made.benchmark), SCATTER, kin)


def scatter_rows(found: Survey, benchmark: str) -> pd.DataFrame:
    """Return the data of :func:`scatter`, the columns of `SCATTER`."""
    from analysis.explorer import pairs

    return pairs(found, benchmark)[list(SCATTER)]


def scatter_text(made: Explorer, found: Survey, benchmark: str) -> str:
    """Return the alt text of :func:`scatter`."""
    about = found.about[benchmark]
    return (
        f"Scatter plot of {display.count(about['n_models'])} {found.population} models, {made.names[benchmark]} against capabilities "
        f"score: rank correlation {display.correlation(about['correlation'])}."
    )


def every_family(made: Explorer) -> pd.DataFrame:
    """Return the families of all populations, which keep their colours whatever is chosen."""
    return pd.concat([found.models[["family"]] for found in made.surveys.values()], ignore_index=True)


def without_families(made: Explorer) -> Any:
    """Return the correlation of the benchmark shown first without each family.

    Parameters
    ----------
    made
        The explorer.

    Returns
    -------
    altair.LayerChart
        One row a family; its data are ``families`` and ``whole``.
    """
    import altair as alt

    rows, whole = family_rows(made.shown, made.benchmark), whole_rows(made.shown, made.benchmark)
    if rows.empty:
        return note("There are too few families to leave one out.")
    kin = families(every_family(made), made.table)
    colour = kin.colour()
    colour.legend = None
    axis = alt.Axis(grid=False, domain=False, ticks=False)
    dots = alt.Chart(alt.NamedData(FAMILIES), height=ROW * most_families(made)).mark_point().encode(
        x=alt.X("correlation:Q", title=FAMILY_COLUMNS["correlation"], scale=alt.Scale(zero=False, padding=10), axis=alt.Axis(format="+.2f")),
        y=alt.Y("label:N", title=None, sort=None, axis=axis),
        color=colour,
        opacity=kin.opacity(),
        tooltip=tips(FAMILY_COLUMNS, {"correlation": "+.3f"}),
    )
    rule = alt.Chart(alt.NamedData(WHOLE)).mark_rule(tooltip=None).encode(x="whole:Q")
    chart = alt.layer(rule, dots).add_params(kin.follower())
    chart = of_the_choice(chart, made, {FAMILIES: rows, WHOLE: whole})
    return house(chart, families_text(made.shown, made.benchmark), FAMILY_COLUMNS, kin, keyed=False)


def family_rows(found: Survey, benchmark: str) -> pd.DataFrame:
    """Return the data of :func:`without_families`: ``label`` and the columns of `FAMILY_COLUMNS`."""
    from analysis.explorer import left_out

    rows = [{**row, "label": short(row["family"])} for row in left_out(found, benchmark)]
    return pd.DataFrame(rows, columns=["label", *FAMILY_COLUMNS])


def most_families(made: Explorer) -> int:
    """Return the largest number of rows of :func:`without_families`, at least three."""
    from analysis.explorer import MOST_FAMILIES

    rows = (len(left["families"]) for found in made.surveys.values() for left in found.deleted.values())
    return min(MOST_FAMILIES, max(3, *rows))


def whole_rows(found: Survey, benchmark: str) -> pd.DataFrame:
    """Return the correlation with all families, for the line of :func:`without_families`."""
    return pd.DataFrame({"whole": [found.about[benchmark]["correlation"]]})


def families_text(found: Survey, benchmark: str) -> str:
    """Return the alt text of :func:`without_families`."""
    from analysis.explorer import left_out

    rows = left_out(found, benchmark)
    whole = found.about[benchmark]["correlation"]
    return deleted_text(rows, whole) if rows else "There is no family to leave out."


def curve(made: Explorer) -> Any:
    """Return the specification curve of the benchmark shown first, in its population.

    Parameters
    ----------
    made
        The explorer.

    Returns
    -------
    altair.LayerChart
        One dot a specification; its data are ``specifications`` and ``levels``.
    """
    import altair as alt

    rows = specification_rows(made, made.shown, made.benchmark)
    if rows.empty:
        return note()
    field = coloured_by(made)
    kind = series(field, CHOICES[field], options(made, field))
    scale = alt.Scale(domain=[0, longest(made) + 1])
    x = alt.X("rank:Q", title=RANK, scale=scale, axis=alt.Axis(grid=False, tickCount=6))
    y = alt.Y("comparable:Q", title=CURVE["comparable"], scale=alt.Scale(zero=False, nice=False, padding=10), axis=alt.Axis(format="+.2f"))
    dots = curve_dots(alt.NamedData(SPECIFICATIONS), x, y, kind, DOT)
    layers = nearest_lines(made.parameters.line), published_line(), own_mark(x, y), dots
    chart = alt.layer(*layers).add_params(kind.picker())
    levels = level_rows(made.parameters.line, made.published_value(made.population, made.benchmark))
    chart = of_the_choice(chart, made, {SPECIFICATIONS: rows, LEVELS: levels})
    return house(chart, curve_alt(made.shown, made.benchmark), CURVE, kind)


def own_mark(x: Any, y: Any) -> Any:
    """Return the mark of the edition's own specification: under the dots, and on all of them but seen on its own alone.

    A curve may not hold it, and an axis cannot be reckoned from no rows.
    """
    import altair as alt

    seen = alt.when("datum.headline").then(alt.value(1)).otherwise(alt.value(0))
    return alt.Chart(alt.NamedData(SPECIFICATIONS)).mark_point(**OWN, tooltip=None).encode(x=x, y=y, opacity=seen)


def nearest_lines(line: float) -> Any:
    """Return those of zero, the line and its negative that a curve reaches, or the line nearest to it where it reaches none."""
    import altair as alt

    levels = {"below": -line, "zero": 0.0, "above": line}
    reached = "(datum.low <= datum.level && datum.level <= datum.high)"
    nearest = "datum.key == (datum.low + datum.high < 0 ? 'below' : 'above')"
    rows = alt.Chart(alt.NamedData(SPECIFICATIONS)).transform_aggregate(low="min(comparable)", high="max(comparable)")
    rows = rows.transform_calculate(**{name: str(level) for name, level in levels.items()})
    rows = rows.transform_fold(list(levels), as_=["key", "level"]).transform_filter(f"{reached} || {nearest}")
    dash = alt.when("datum.key == 'zero'").then(alt.value([1, 0])).otherwise(alt.value([5, 4]))
    return rows.mark_rule(tooltip=None).encode(y="level:Q", strokeDash=dash)


def published_line() -> Any:
    """Return the line at the published value, seen where it is known; elsewhere it lies unseen at the foot of the curve."""
    import altair as alt

    known = alt.LookupData(alt.NamedData(LEVELS), key="kind", fields=["level"])
    rows = alt.Chart(alt.NamedData(SPECIFICATIONS)).transform_aggregate(low="min(comparable)")
    rows = rows.transform_calculate(kind="'published'").transform_lookup(lookup="kind", from_=known)
    rows = rows.transform_calculate(at="isNumber(datum.level) ? datum.level : datum.low")
    seen = alt.when("isNumber(datum.level)").then(alt.value(1)).otherwise(alt.value(0))
    return rows.mark_rule(tooltip=None, color=PUBLISHED, strokeWidth=2.5).encode(y="at:Q", opacity=seen)


def specification_rows(made: Explorer, found: Survey, benchmark: str) -> pd.DataFrame:
    """Return the data of :func:`curve`: ``headline`` and the columns of `CURVE`, the choices in words."""
    every = found.curves.get(benchmark)
    if every is None or every.empty:
        return pd.DataFrame(columns=[*CURVE, "headline"])
    return worded(drawn_rows(every, most_drawn(made)))[[*CURVE, "headline"]]


def longest(made: Explorer) -> int:
    """Return the number of specifications of the longest curve."""
    return max(len(rows) for found in made.surveys.values() for rows in found.curves.values())


def most_drawn(made: Explorer) -> int:
    """Return how many specifications a curve may hold, so that all of them fit on a page."""
    from analysis.explorer import MOST_POINTS
    from analysis.findings.robustness import MOST_DRAWN

    curves = sum(len(found.curves) for found in made.surveys.values())
    return int(min(MOST_DRAWN, MOST_POINTS // max(curves, 1)))


def curve_alt(found: Survey, benchmark: str) -> str:
    """Return the alt text of :func:`curve`."""
    rows = found.curves.get(benchmark)
    return "There is no specification curve." if rows is None or rows.empty else curve_text(rows)


def coloured_by(made: Explorer) -> str:
    """Return the choice of few options that moves the median of a curve most, over all curves."""
    every = pd.concat([rows for found in made.surveys.values() for rows in found.curves.values()])
    spread = {}
    for field in COLOURED:
        medians = every.groupby(["population", "benchmark", field])["comparable"].median().groupby(level=[0, 1])
        spread[field] = (medians.max() - medians.min()).mean()
    return max(spread, key=lambda field: (spread[field], -COLOURED.index(field)))


def options(made: Explorer, field: str) -> list[str]:
    """Return the options of one choice in words, over all populations."""
    parts = [worded(rows)[field].unique() for found in made.surveys.values() for rows in list(found.curves.values())[:1]]
    return [word for part in parts for word in part]


def of_the_choice(chart: Any, made: Explorer, data: dict[str, pd.DataFrame]) -> Any:
    """Return a chart with its data by name, and the name of what is chosen as its title.

    Parameters
    ----------
    chart
        Takes its data by the names given.
    made
        The explorer.
    data
        Name to rows.

    Returns
    -------
    altair.TopLevelMixin
        Before the house style.
    """
    import altair as alt

    rows = {name: frame.astype(object).where(frame.notna(), None).to_dict("records") for name, frame in data.items()}
    named = alt.param(name=CHOSEN, value=title_of(made, made.shown, made.benchmark))
    return chart.properties(title=alt.Title(text=alt.ExprRef(CHOSEN)), datasets=rows).add_params(named)


def title_of(made: Explorer, found: Survey, benchmark: str) -> str:
    """Return what a chart of one choice is called."""
    return f"{short(made.names[benchmark], 60)}, {short(found.population)} models"
