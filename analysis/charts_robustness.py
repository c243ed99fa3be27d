"""Charts of the chapter on robustness, and of power in the chapter on compute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis import display
from analysis.charts import reference_lines
from analysis.findings.robustness import CHOICES, axis_range
from analysis.house import HEADING, correlation_axis, house, labels, note, row_axis, rows_height, series, tips, with_names

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

    from analysis.house import Series
    from analysis.scores import ScoreTable

# The edition's own specification.
OWN = {"shape": "diamond", "size": 260, "filled": False, "strokeWidth": 2.5, "stroke": "#8a8a8a"}
MARKS = {"median": "median specification", "estimate": "this edition", "published": "published"}
RANK = "Specifications, lowest ρ first"
CURVE = {"rank": "Place", "comparable": "ρ", **CHOICES, "index_set": "Which", "n_models": "Models"}
BAR = 0.6
HALVES = {"weaker": "weaker half", "stronger": "stronger half"}


def ranges(rows: pd.DataFrame, table: ScoreTable, line: float) -> Any:
    """Return the range of each benchmark's correlation over all specifications.

    Parameters
    ----------
    rows
        From `analysis.findings.robustness.range_rows`.
    table
        The edition's score table.
    line
        Drawn at plus and minus this value.

    Returns
    -------
    altair.LayerChart
        One bar a benchmark, with up to three marks on it; the published one is an outline around the others.
    """
    import altair as alt

    if rows.empty:
        return note()
    named = with_names(rows, "benchmark", table.benchmarks)
    kept = ["name", "label", "lowest", "highest", "specifications"]
    long = named.melt(kept, list(MARKS), "mark", "value").dropna(subset=["value"])
    long["mark"] = long["mark"].map(MARKS)
    kind = series("mark", "Mark", long["mark"], MARKS.values())
    columns = {
        "name": "Benchmark", "mark": "Mark", "value": "ρ", "lowest": "Lowest", "highest": "Highest",
        "specifications": "Specifications",
    }
    formats = dict.fromkeys(("value", "lowest", "highest"), "+.2f")
    y = row_axis(list(named["label"]))
    scale = alt.Scale(domain=[-1, 1])
    bars = alt.Chart(named[["label", "lowest", "highest"]]).mark_rule(strokeWidth=5, opacity=BAR, tooltip=None)
    bars = bars.encode(x=alt.X("lowest:Q", scale=scale, title="ρ", axis=correlation_axis()), x2="highest:Q", y=y)
    dots = alt.Chart(long[["label", *columns]], height=rows_height(len(named))).encode(
        x=alt.X("value:Q", title="ρ", scale=scale), y=y, color=kind.colour(), shape=kind.shape(),
        opacity=kind.opacity(), tooltip=tips(columns, formats),
    )
    chart = alt.layer(reference_lines(line), bars, *filled_and_outlined(dots)).add_params(kind.picker())
    return house(chart, ranges_text(rows), columns, kind)


def filled_and_outlined(base: alt.Chart) -> list[alt.Chart]:
    """Return the marks of `ranges`: filled ones, and a larger outline for the published value.

    Parameters
    ----------
    base
        Encoded, with a field `mark`.

    Returns
    -------
    list of altair.Chart
        Two layers on the same data.
    """
    published = f"datum.mark == '{MARKS['published']}'"
    filled = base.transform_filter(f"!({published})").mark_point()
    return [filled, base.transform_filter(published).mark_point(filled=False, size=190, strokeWidth=2.2)]


def ranges_text(rows: pd.DataFrame) -> str:
    """Return the alt text of `ranges`."""
    span = rows["highest"] - rows["lowest"]
    wide, narrow = rows.loc[span.idxmax()], rows.loc[span.idxmin()]
    return (
        f"Range plot of {len(rows)} benchmarks. The widest range is that of {wide['name']}, from {display.correlation(wide['lowest'])} to "
        f"{display.correlation(wide['highest'])}; the narrowest that of {narrow['name']}, from {display.correlation(narrow['lowest'])} to "
        f"{display.correlation(narrow['highest'])}."
    )


def curve(rows: pd.DataFrame, line: float, published: float = float("nan")) -> Any:
    """Return one benchmark's specification curve, coloured by the choice that moves it most.

    Parameters
    ----------
    rows
        From `analysis.findings.robustness.curve_rows`, drawn at no more than 500 points.
    line
        Drawn at plus and minus this value.
    published
        Drawn where it is known.

    Returns
    -------
    altair.LayerChart
        One dot a specification, in the order of their estimates.
    """
    import altair as alt

    from analysis.findings.robustness import drawn_rows

    if rows.empty:
        return note()
    drawn = worded(drawn_rows(rows))
    kind = series(coloured_by(rows), CHOICES[coloured_by(rows)], drawn[coloured_by(rows)])
    x = alt.X("rank:Q", title=RANK, scale=alt.Scale(domain=[0, len(rows) + 1]), axis=alt.Axis(grid=False, tickCount=6))
    domain = axis_range([*rows["comparable"], published], line)
    levels = within(level_rows(line, published), domain)
    y = alt.Y("comparable:Q", title=CURVE["comparable"], scale=rho_scale(domain), axis=alt.Axis(format=rho_format(domain)))
    dots = curve_dots(drawn[[*CURVE, "headline"]], x, y, kind)
    own = dots.transform_filter("datum.headline").mark_point(**OWN, opacity=1)
    chart = alt.layer(level_lines(levels), *level_names(levels), dots, own).add_params(kind.picker())
    return house(chart, curve_text(rows), CURVE, kind)


def curve_dots(data: Any, x: alt.X, y: alt.Y, kind: Series, size: int = 22) -> alt.Chart:
    """Return the dots of a specification curve.

    Parameters
    ----------
    data
        Fields of `CURVE`, the choices in words, and `headline`.
    x, y
        The place and the estimate.
    kind
        What colours tell apart.
    size
        Of a dot, in square pixels.

    Returns
    -------
    altair.Chart
        One dot a specification.
    """
    import altair as alt

    return alt.Chart(data, height=300).mark_point(size=size).encode(
        x=x, y=y, color=kind.colour(), shape=kind.shape(), opacity=kind.opacity(), tooltip=tips(CURVE, {"comparable": "+.2f"}),
    )


def rho_scale(domain: tuple[float, float]) -> alt.Scale:
    """Return a scale of correlations with these ends."""
    import altair as alt

    return alt.Scale(domain=[round(end, 4) for end in domain], nice=False, zero=False)


def rho_format(domain: tuple[float, float]) -> str:
    """Return how an axis of correlations with these ends prints them."""
    return "+.1f" if domain[1] - domain[0] > 0.8 else "+.2f"


def worded(rows: pd.DataFrame) -> pd.DataFrame:
    """Return specifications with their options in words."""
    from analysis.findings.robustness import WORDS

    plain = ("index_choice", "component", "correlation_type", "missing")
    said = {column: rows[column].map(lambda option: WORDS.get(option, option)) for column in plain}
    return rows.assign(**said, family_left_out=rows["family_left_out"].replace("", "none"))


def coloured_by(rows: pd.DataFrame) -> str:
    """Return the choice of few options that moves the median most; the type of correlation where none else varies."""
    from analysis.findings.robustness import option_rows, widest_choice

    options = option_rows(rows)
    few = options[options["choice"] != CHOICES["family_left_out"]]
    titles = {title: field for field, title in CHOICES.items()}
    return titles.get(widest_choice(few), "correlation_type")


def level_rows(line: float, published: float = float("nan")) -> pd.DataFrame:
    """Return the levels of a specification curve: zero, plus and minus the line, and the published value where known."""
    import pandas as pd

    at = [-line, 0.0, line, published]
    return pd.DataFrame({"level": at, "kind": ["line", "zero", "line", "published"]}).dropna()


def within(levels: pd.DataFrame, domain: tuple[float, float]) -> pd.DataFrame:
    """Return the rows of `level_rows` that an axis with these ends has room for."""
    return levels[levels["level"].between(*domain)]


def level_names(levels: pd.DataFrame) -> list[alt.Chart]:
    """Return a layer that writes "published" beside that line, none where it is not drawn."""
    import altair as alt

    named = levels[levels["kind"] == "published"]
    if named.empty:
        return []
    text = alt.Chart(named).mark_text(align="left", baseline="bottom", dx=4, dy=-3, tooltip=None)
    return [text.encode(x=alt.value(0), y="level:Q", text=alt.value(MARKS["published"]))]


def upright_lines(levels: pd.DataFrame) -> alt.Chart:
    """Return lines across rows at `level_rows`, zero solid and the others dashed."""
    import altair as alt

    dash = alt.when("datum.kind == 'zero'").then(alt.value([1, 0])).otherwise(alt.value([5, 4]))
    return alt.Chart(levels).mark_rule(tooltip=None).encode(x="level:Q", strokeDash=dash)


def level_lines(data: Any) -> alt.Chart:
    """Return level lines at `level_rows`: zero solid, plus and minus the line dashed, the published value dotted."""
    import altair as alt

    is_line, is_published = "datum.kind == 'line'", "datum.kind == 'published'"
    dash = alt.when(is_line).then(alt.value([5, 4])).when(is_published).then(alt.value([2, 3])).otherwise(alt.value([1, 0]))
    width = alt.when(is_published).then(alt.value(2.5)).otherwise(alt.value(1))
    return alt.Chart(data).mark_rule(tooltip=None).encode(y="level:Q", strokeDash=dash, strokeWidth=width)


def curve_text(rows: pd.DataFrame) -> str:
    """Return the alt text of `curve`."""
    values = rows["comparable"]
    own = rows.loc[rows["headline"], "comparable"]
    told = f" This edition's own is {display.correlation(own.iloc[-1])}." if len(own) == 1 else ""
    return (
        f"Specification curve of {len(values)} estimates, rising from {display.correlation(values.min())} through a median of "
        f"{display.correlation(values.median())} to {display.correlation(values.max())}.{told}"
    )


def options(rows: pd.DataFrame, line: float) -> Any:
    """Return what each option of each choice does to one benchmark.

    Parameters
    ----------
    rows
        From `analysis.findings.robustness.option_rows`.
    line
        Drawn at plus and minus this value.

    Returns
    -------
    altair.LayerChart
        One row an option, under the heading of its choice.
    """
    import altair as alt

    if rows.empty:
        return note("No choice had more than one option.")
    drawn = rows.assign(label=labels(f"{option}" for option in rows["option"]))
    axis = [row for choice, part in drawn.groupby("choice", sort=False) for row in (HEADING + choice, *part["label"])]
    columns = {
        "choice": "Choice", "option": "Option", "median": "Median", "lowest": "Lowest", "highest": "Highest",
        "specifications": "Specifications",
    }
    heading = alt.when(f"substring(datum.value, 0, 1) == '{HEADING}'")
    y = row_axis(axis, labelFontWeight=heading.then(alt.value("bold")).otherwise(alt.value("normal")))
    domain = axis_range([*rows["lowest"], *rows["highest"]], line)
    scale = rho_scale(domain)
    base = alt.Chart(drawn[["label", *columns]], height=rows_height(len(axis)))
    shared = {"y": y, "tooltip": tips(columns, dict.fromkeys(("median", "lowest", "highest"), "+.2f"))}
    bars = base.mark_rule(strokeWidth=5, opacity=BAR).encode(x=alt.X("lowest:Q", scale=scale), x2="highest:Q", **shared)
    x = alt.X("median:Q", title="ρ", scale=scale, axis=alt.Axis(format=rho_format(domain)))
    dots = base.mark_point(opacity=1).encode(x=x, **shared)
    levels = upright_lines(within(level_rows(line), domain))
    return house(alt.layer(levels, bars, dots), options_text(drawn), columns)


def options_text(rows: pd.DataFrame) -> str:
    """Return the alt text of `options`."""
    told = [
        f"{choice}: medians from {display.correlation(part['median'].min())} to {display.correlation(part['median'].max())}"
        for choice, part in rows.groupby("choice", sort=False)
    ]
    return f"Range plot of {len(rows)} options. " + "; ".join(told) + "."


def halves(rows: pd.DataFrame, table: ScoreTable) -> Any:
    """Return each benchmark's correlation among weaker and among stronger models.

    Parameters
    ----------
    rows
        From `analysis.findings.robustness.half_rows`.
    table
        The edition's score table.

    Returns
    -------
    altair.LayerChart
        Two marks a benchmark, joined by a bar.
    """
    import altair as alt

    if rows.empty:
        return note("The halves of this panel hold too few models for a correlation in each.")
    named = with_names(rows, "benchmark", table.benchmarks)
    long = named.melt(["name", "label", "difference", "lower", "upper", "n_weaker", "n_stronger"], list(HALVES), "half", "correlation")
    long["n_models"] = long["n_weaker"].where(long["half"] == "weaker", long["n_stronger"])
    long["half"] = long["half"].map(HALVES)
    kind = series("half", "Models", long["half"], HALVES.values())
    columns = {
        "name": "Benchmark", "half": "Models", "correlation": "ρ", "difference": "Difference",
        "lower": "Interval of it from", "upper": "to", "n_models": "n",
    }
    y, scale = row_axis(list(named["label"])), alt.Scale(domain=[-1, 1])
    x = alt.X("correlation:Q", title="ρ", scale=scale, axis=correlation_axis())
    bars = alt.Chart(named[["label", "weaker", "stronger"]]).mark_rule(strokeWidth=2, tooltip=None)
    bars = bars.encode(x=alt.X("weaker:Q", title="ρ", scale=scale), x2="stronger:Q", y=y)
    dots = alt.Chart(long[["label", *columns]], height=rows_height(len(named))).mark_point()
    formats = dict.fromkeys(("correlation", "difference", "lower", "upper"), "+.2f")
    dots = dots.encode(
        x=x, y=y, color=kind.colour(), shape=kind.shape(), opacity=kind.opacity(), tooltip=tips(columns, formats)
    )
    zero = upright_lines(level_rows(0.0)[lambda levels: levels["kind"] == "zero"])
    chart = alt.layer(zero, bars, dots).add_params(kind.picker())
    return house(chart, halves_text(rows), columns, kind)


def halves_text(rows: pd.DataFrame) -> str:
    """Return the alt text of `halves`."""
    rise, fall = rows.loc[rows["difference"].idxmax()], rows.loc[rows["difference"].idxmin()]
    return (
        f"Dot plot of {len(rows)} benchmarks, two dots each. From the weaker to the stronger half the correlation changes most for "
        f"{rise['name']}, by {display.correlation(rise['difference'])}, and {fall['name']}, by {display.correlation(fall['difference'])}."
    )


def power(powers: pd.DataFrame, wanted: float) -> Any:
    """Return how often simulated panels see a partial correlation of each size.

    Parameters
    ----------
    powers
        From `analysis.separability.power`.
    wanted
        The power wanted, drawn as a level line.

    Returns
    -------
    altair.LayerChart
        A line with dots, bars of twice the simulation standard error.
    """
    import altair as alt
    import pandas as pd

    if powers.empty:
        return note("No panel with known compute could be simulated.")
    spread = 2 * powers["error"]
    drawn = powers.assign(low=(powers["power"] - spread).clip(0), high=(powers["power"] + spread).clip(upper=1))
    columns = {"partial": "True partial correlation", "power": "Share of panels", "low": "From", "high": "to", "simulations": "Panels"}
    x = alt.X("partial:Q", title="True partial correlation", axis=alt.Axis(format=".1f", values=list(drawn["partial"])))
    axis = alt.Y("power:Q", title="Share of panels that see it", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%"))
    base = alt.Chart(drawn[list(columns)], height=260).encode(x=x)
    dots = base.mark_point(opacity=1).encode(y=axis, tooltip=tips(columns, {"partial": ".1f", "power": ".0%", "low": ".0%", "high": ".0%"}))
    bars = base.mark_rule(strokeWidth=2, tooltip=None).encode(y="low:Q", y2="high:Q")
    rule = alt.Chart(pd.DataFrame({"wanted": [wanted]})).mark_rule(strokeDash=[5, 4], tooltip=None).encode(y="wanted:Q")
    chart = alt.layer(rule, bars, base.mark_line(tooltip=None).encode(y="power:Q"), dots)
    return house(chart, power_text(drawn), columns)


def power_text(powers: pd.DataFrame) -> str:
    """Return the alt text of `power`."""
    told = [f"{size:.1f}: {display.percent_share(share)}" for size, share in zip(powers["partial"], powers["power"], strict=True)]
    return "Line chart of the share of simulated panels that see a true partial correlation of each size. " + "; ".join(told) + "."
