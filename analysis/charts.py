"""The book's charts: functions from data frames to Altair charts in the house style."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import display
from analysis.house import (
    HEADING,
    Series,
    areas,
    correlation_axis,
    display_name,
    families,
    house,
    labels,
    note,
    row_axis,
    rows_height,
    series,
    short,
    tips,
    with_names,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import altair as alt

    from analysis.capability import Component
    from analysis.scores import ScoreTable

__all__ = [
    "capabilities_scores",
    "correlation_forest",
    "correlation_pairs",
    "coverage_heatmap",
    "house",
    "labels",
    "loadings",
    "note",
    "replication_scatter",
    "scatter_against_score",
    "score_against_compute",
    "scree",
    "series",
]

SCORED = "#7c98ab"
UNSCORED = "#a33b00"
NO_AREA = "area not stated"
MOST_CELLS = 3000
MOST_COMPONENTS = 20
REPLICATION = {
    "name": "Benchmark",
    "population": "Population",
    "quantity": "Quantity",
    "table": "Table",
    "published": "Published",
    "rebuilt": "Rebuilt",
    "difference": "Difference",
    "agrees": "Agreement",
}


def scree(component: Component) -> Any:
    """Return the share of variance each principal component explains.

    Parameters
    ----------
    component
        A fitted component with its eigenvalues.

    Returns
    -------
    altair.Chart
        One bar a component, at most twenty.
    """
    import altair as alt

    values = np.asarray(component.eigenvalues, dtype=float)
    share = values / values.sum()
    frame = pd.DataFrame({"component": np.arange(1, len(values) + 1), "share": share})
    frame["cumulative"] = frame["share"].cumsum()
    columns = {"component": "Component", "share": "Share of variance", "cumulative": "Together"}
    chart = (
        alt.Chart(frame.head(MOST_COMPONENTS), height=220)
        .mark_bar()
        .encode(
            x=alt.X("component:O", title="Component", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("share:Q", title="Share of variance", axis=alt.Axis(format=".0%", tickCount=5)),
            tooltip=tips({**columns}, {"share": ".1%", "cumulative": ".1%"}),
        )
    )
    shown = [display.percent_share(each) for each in [*share[:2], 0.0]]
    text = (
        f"Bar chart of the variance explained by {len(values)} components: the first explains "
        f"{shown[0]}, the second {shown[1]}."
    )
    return house(chart, text, columns)


def loadings(component: Component, table: ScoreTable) -> Any:
    """Return what each index benchmark contributes to the capabilities score.

    Parameters
    ----------
    component
        A fitted component with its loadings.
    table
        The edition's score table.

    Returns
    -------
    altair.Chart
        One bar a benchmark, the largest loading first.
    """
    import altair as alt

    frame = pd.DataFrame({"benchmark": component.benchmarks, "loading": component.loadings})
    frame = with_names(frame, "benchmark", table.benchmarks).drop(columns="benchmark")
    frame = frame.sort_values(["loading", "label"], ascending=[False, True])
    columns = {"name": "Benchmark", "loading": "Loading"}
    chart = (
        alt.Chart(frame, height=rows_height(len(frame)))
        .mark_bar()
        .encode(
            x=alt.X("loading:Q", title="Loading on the first component"),
            y=row_axis(frame["label"]),
            tooltip=tips(columns, {"loading": "+.3f"}),
        )
    )
    top, bottom = frame.iloc[0], frame.iloc[-1]
    text = (
        f"Bar chart of the loadings of {len(frame)} index benchmarks, from "
        f"{display.signed(bottom['loading'])} ({bottom['name']}) to "
        f"{display.signed(top['loading'])} ({top['name']})."
    )
    return house(chart, text, columns)


def ranking_text(frame: pd.DataFrame, quantity: str) -> str:
    """Return the alt text of a chart that ranks models.

    Parameters
    ----------
    frame
        ``name, family, score``, highest first.
    quantity
        What is ranked.

    Returns
    -------
    str
        How many models and families, and which come first and last.
    """
    first, last = frame.iloc[0], frame.iloc[-1]
    return (
        f"Dot plot of {len(frame)} models of {frame['family'].nunique()} families by {quantity}: "
        f"highest {first['name']} ({display.signed(first['score'])}), "
        f"lowest {last['name']} ({display.signed(last['score'])})."
    )


def capabilities_scores(frame: pd.DataFrame, table: ScoreTable) -> Any:
    """Return the models in the order of their capabilities scores.

    Parameters
    ----------
    frame
        One row a model: ``model, family, score``; models without a score are left out.
    table
        The edition's score table.

    Returns
    -------
    altair.Chart
        One dot a model, coloured by family.
    """
    import altair as alt

    drawn = frame.dropna(subset=["score"]).sort_values("score", ascending=False)
    if drawn.empty:
        return note()
    drawn = with_names(drawn, "model", table.models)[["name", "label", "family", "score"]]
    kin = families(drawn, table)
    columns = {"name": "Model", "family": "Family", "score": "Capabilities score"}
    chart = (
        alt.Chart(drawn, height=rows_height(len(drawn)))
        .mark_point()
        .encode(
            x=alt.X("score:Q", title="Capabilities score", scale=alt.Scale(padding=10)),
            y=row_axis(drawn["label"]),
            color=kin.colour(),
            shape=kin.shape(),
            opacity=kin.opacity(),
            tooltip=tips(columns, {"score": "+.2f"}),
        )
        .add_params(kin.picker())
    )
    return house(chart, ranking_text(drawn, "capabilities score"), columns, kin)


def strongest_tie(x: pd.Series, y: pd.Series) -> str:
    """Return the rank correlation of two columns in words, for an alt text.

    Parameters
    ----------
    x, y
        The columns, aligned.

    Returns
    -------
    str
        A clause with the Spearman correlation, or that there is none.
    """
    if len(x) < 3 or x.nunique() < 2 or y.nunique() < 2:
        return "too few points for a rank correlation"
    return f"rank correlation {display.correlation(x.rank().corr(y.rank()))}"


def model_points(
    frame: pd.DataFrame,
    table: ScoreTable,
    x: alt.X,
    y: alt.Y,
    columns: Mapping[str, str],
    formats: Mapping[str, str],
    data: Any = None,
) -> tuple[Any, Series]:
    """Return a scatter of models coloured by family, and its families.

    Parameters
    ----------
    frame
        One row a model, with ``family`` and every field named.
    table
        The edition's score table.
    x, y
        The positions.
    columns
        Field to title, for tooltips.
    formats
        Field to number format.
    data
        Where the chart takes its data from; ``frame`` by default.

    Returns
    -------
    tuple
        The chart without house style, and the series of families.
    """
    import altair as alt

    kin = families(frame, table)
    chart = (
        alt.Chart(frame if data is None else data, height=340)
        .mark_point()
        .encode(
            x=x,
            y=y,
            color=kin.colour(),
            shape=kin.shape(),
            opacity=kin.opacity(),
            tooltip=tips(columns, formats),
        )
        .add_params(kin.picker())
    )
    return chart, kin


def score_against_compute(frame: pd.DataFrame, table: ScoreTable) -> Any:
    """Return capabilities scores against training compute.

    Parameters
    ----------
    frame
        One row a model: ``model, family, score, compute`` (floating-point operations); models
        without either are left out.
    table
        The edition's score table.

    Returns
    -------
    altair.Chart
        One mark a model, compute on a logarithmic scale.
    """
    import altair as alt

    drawn = frame.dropna(subset=["score", "compute"])
    drawn = drawn[drawn["compute"] > 0]
    if drawn.empty:
        return note("These scores carry no training compute, so there is nothing to draw here.")
    columns = {
        "name": "Model",
        "family": "Family",
        "compute": "Training compute (FLOP)",
        "score": "Capabilities score",
    }
    drawn = with_names(drawn, "model", table.models)[list(columns)]
    compute = alt.X("compute:Q", title="Training compute (FLOP, logarithmic)")
    chart, kin = model_points(
        drawn,
        table,
        compute.scale(type="log", nice=False, padding=12).axis(**power_axis(drawn["compute"])),
        alt.Y("score:Q", title="Capabilities score"),
        columns,
        {"compute": ".1e", "score": "+.2f"},
    )
    text = (
        f"Scatter plot of {len(drawn)} of {len(frame)} models, capabilities score against training "
        f"compute from {display.flop(drawn['compute'].min())} to "
        f"{display.flop(drawn['compute'].max())} FLOP: "
        f"{strongest_tie(drawn['compute'], drawn['score'])}."
    )
    return house(chart, text, columns, kin)


def power_axis(values: pd.Series) -> dict[str, Any]:
    """Return where a logarithmic axis has its marks, and what they say.

    Parameters
    ----------
    values
        What is drawn, above zero.

    Returns
    -------
    dict
        Options of the axis: powers of ten, with their doubles and quintuples where there are fewer
        than three of them.
    """
    low, high = np.log10(values.min()), np.log10(values.max())
    powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    inside = sum(low <= power <= high for power in powers)
    steps = (1,) if inside > 2 else (1, 2, 5)
    marks = [step * 10.0**power for power in powers for step in steps]
    words = [display.flop(mark).replace("1.0 × ", "").replace(".0 × ", " × ") for mark in marks]
    pairs = (f"datum.value == {mark!r} ? '{word}' : " for mark, word in zip(marks, words, strict=True))
    return {"values": marks, "labelExpr": "".join(pairs) + "''"}


def scatter_against_score(
    frame: pd.DataFrame, table: ScoreTable, benchmark: str, ranks: bool = False
) -> Any:
    """Return one benchmark against the capabilities score, its axis saying so where the scores are turned.

    Parameters
    ----------
    frame
        One row a model: ``model, family, capabilities_score, value``, the value with higher safer
        or better; models without either are left out.
    table
        The edition's score table.
    benchmark
        Whose values these are.
    ranks
        Draw ranks, which is what a rank correlation sees, instead of values.

    Returns
    -------
    altair.Chart
        One mark a model.
    """
    import altair as alt

    drawn = frame.dropna(subset=["capabilities_score", "value"])
    if drawn.empty:
        return note()
    title = short(display_name(benchmark, table.benchmarks))
    drawn = with_names(drawn, "model", table.models)
    drawn = drawn.assign(x_rank=drawn["capabilities_score"].rank(), y_rank=drawn["value"].rank())
    columns = {
        "name": "Model",
        "family": "Family",
        "capabilities_score": "Capabilities score",
        "value": title,
        "x_rank": "Rank by capabilities",
        "y_rank": "Rank by benchmark",
    }
    fields = ("x_rank", "y_rank") if ranks else ("capabilities_score", "value")
    upright = columns["y_rank"] if ranks else turned_title(title, table.benchmarks.loc[benchmark])
    scale = alt.Scale(zero=False, padding=10)
    chart, kin = model_points(
        drawn[list(columns)],
        table,
        alt.X(fields[0], type="quantitative", title=columns[fields[0]], scale=scale),
        alt.Y(fields[1], type="quantitative", title=upright, scale=scale),
        columns,
        {"capabilities_score": "+.2f", "value": ",.4~f", "x_rank": "~f", "y_rank": "~f"},
    )
    text = (
        f"Scatter plot of {len(drawn)} models, {title} against capabilities score"
        f"{', as ranks' if ranks else ''}: "
        f"{strongest_tie(drawn['capabilities_score'], drawn['value'])}."
    )
    return house(chart, text, columns, kin)


def turned_title(title: str, benchmark: pd.Series) -> str | list[str]:
    """Return the title, in lines, of an axis of values with higher safer or better, given the benchmark's row of the table."""
    if benchmark["higher_is"] != "worse":
        return title
    return [title, f"turned so that higher is {'safer' if benchmark['role'] == 'safety' else 'better'}"]


def with_area(frame: pd.DataFrame, table: ScoreTable) -> pd.DataFrame:
    """Return the frame with the area of each benchmark, said plainly where it is not known.

    Parameters
    ----------
    frame
        Has the column ``benchmark`` and perhaps ``area``.
    table
        The edition's score table.

    Returns
    -------
    pandas.DataFrame
        A copy with ``area``, ``name`` and ``label``.
    """
    known = table.benchmarks["area"] if "area" in table.benchmarks else pd.Series(dtype=object)
    area = frame["area"] if "area" in frame else frame["benchmark"].map(known)
    area = area.astype(object).where(area.notna(), NO_AREA).map(short)
    return with_names(frame.assign(area=area), "benchmark", table.benchmarks)


def forest_rows(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the rows of a forest plot: areas together, the highest value first in each.

    Parameters
    ----------
    frame
        ``area, label`` and the value; areas in the order they are to be drawn.
    column
        The value.

    Returns
    -------
    pandas.DataFrame
        The same rows, sorted.
    """
    place = {area: position for position, area in enumerate(dict.fromkeys(frame["area"]))}
    best = frame.groupby("label")[column].transform("max")
    keys = frame.assign(_place=frame["area"].map(place), _best=best)
    order = keys.sort_values(["_place", "_best", "label"], ascending=[True, False, True]).index
    return frame.loc[order]


def forest_axis(frame: pd.DataFrame) -> list[str]:
    """Return the rows of a forest plot's axis, each area's heading above its benchmarks.

    Parameters
    ----------
    frame
        ``area, label``, sorted.

    Returns
    -------
    list of str
        Labels, headings marked by an invisible first character; no headings for a single area.
    """
    several = frame["area"].nunique() > 1
    rows: list[str] = []
    for area, part in frame.groupby("area", sort=False):
        rows += [HEADING + area] * several + list(dict.fromkeys(part["label"]))
    return rows


def correlation_forest(
    frame: pd.DataFrame,
    table: ScoreTable,
    line: float = 0.4,
    column: str = "correlation",
    title: str = "Capabilities correlation",
) -> Any:
    """Return the correlation of each benchmark, by area, with its interval where there is one.

    Parameters
    ----------
    frame
        One row a benchmark and population: ``benchmark``, the correlation, and where known
        ``n_models, area, population, lower, upper``; rows without a correlation are left out.
    table
        The edition's score table.
    line
        Drawn at plus and minus this value, in [0, 1].
    column
        Which column holds the correlation.
    title
        What it is a correlation with.

    Returns
    -------
    altair.LayerChart
        One row a benchmark, one mark a population.
    """
    import altair as alt

    drawn = frame.dropna(subset=[column])
    if drawn.empty:
        return note()
    drawn = forest_rows(in_registry_order(with_area(drawn, table), table), column)
    columns = forest_columns(drawn, column, title)
    who = series("population", "Population", drawn.get("population", ()))
    rows = forest_axis(drawn)
    base = alt.Chart(drawn[["label", *columns]], height=rows_height(len(rows)))
    what = areas(drawn, table)
    layers = [reference_lines(line), *forest_marks(base, rows, column, columns, what, who)]
    picks = who if len(who.shown) > 1 else what
    chart = alt.layer(*layers).add_params(picks.picker())
    return house(chart, forest_text(drawn, column, line, title), columns, picks)


def in_registry_order(frame: pd.DataFrame, table: ScoreTable) -> pd.DataFrame:
    """Return the rows with areas in the order of the benchmark registry.

    Parameters
    ----------
    frame
        Has the column ``area``.
    table
        The edition's score table.

    Returns
    -------
    pandas.DataFrame
        The same rows; areas outside the registry last.
    """
    place = {area: position for position, area in enumerate(areas(frame, table).names)}
    return frame.iloc[frame["area"].map(place).argsort(kind="stable")]


def forest_columns(frame: pd.DataFrame, column: str, title: str) -> dict[str, str]:
    """Return which fields of a forest plot's data are shown, and their headings.

    Parameters
    ----------
    frame
        The data.
    column
        The correlation.
    title
        Its heading.

    Returns
    -------
    dict
        Field to heading, those present only.
    """
    possible = {
        "name": "Benchmark",
        "area": "Area",
        "population": "Population",
        column: title,
        "lower": "Interval from",
        "upper": "to",
        "n_models": "Models",
    }
    return {field: heading for field, heading in possible.items() if field in frame}


def reference_lines(line: float) -> alt.Chart:
    """Return the upright lines at zero and at plus and minus one value.

    Parameters
    ----------
    line
        In [0, 1].

    Returns
    -------
    altair.Chart
        A layer.
    """
    import altair as alt

    at = pd.DataFrame({"at": [-line, 0.0, line], "kind": ["line", "zero", "line"]})
    dash = alt.when("datum.kind == 'zero'").then(alt.value([1, 0])).otherwise(alt.value([5, 4]))
    return alt.Chart(at).mark_rule(tooltip=None).encode(x="at:Q", strokeDash=dash)


def forest_marks(
    base: alt.Chart,
    rows: list[str],
    column: str,
    columns: Mapping[str, str],
    coloured: Series,
    who: Series,
) -> list[alt.Chart]:
    """Return the intervals and dots of a forest plot.

    Parameters
    ----------
    base
        Chart of the data.
    rows
        The axis, from ``forest_axis``.
    column
        The correlation.
    columns
        Fields of the data with their headings.
    coloured
        The areas.
    who
        The populations.

    Returns
    -------
    list of altair.Chart
        Layers.
    """
    import altair as alt

    heading = alt.when(f"substring(datum.value, 0, 1) == '{HEADING}'")
    weight = heading.then(alt.value("bold")).otherwise(alt.value("normal"))
    y = row_axis(rows, labelFontWeight=weight)
    numbers = {field: "+.2f" for field in (column, "lower", "upper") if field in columns}
    several = len(who.shown) > 1
    colour = coloured.colour()
    if several:
        colour.legend = None
    scale = alt.Scale(domain=[-1, 1])
    shared = {"y": y, "color": colour, "tooltip": tips(columns, numbers)}
    x = alt.X(f"{column}:Q", title=columns[column], scale=scale, axis=correlation_axis())
    if several:
        shared |= {"yOffset": alt.YOffset("population:N", scale=alt.Scale(domain=list(who.shown)))}
    shared |= {"opacity": (who if several else coloured).opacity()}
    dots = base.mark_point().encode(x=x, **shared)
    dots = dots.encode(shape=who.shape() if several else coloured.shape())
    if "lower" not in columns or "upper" not in columns:
        return [dots]
    bars = base.mark_rule(strokeWidth=2).encode(x=alt.X("lower:Q", scale=scale), x2="upper:Q", **shared)
    return [bars, dots]


def forest_text(frame: pd.DataFrame, column: str, line: float, title: str) -> str:
    """Return the alt text of a forest plot.

    Parameters
    ----------
    frame
        ``name, label, area`` and the correlation.
    column
        Which column holds it.
    line
        The drawn line.
    title
        What it is.

    Returns
    -------
    str
        How many benchmarks, the range, and how many lie beyond the lines.
    """
    values = frame[column]
    top, bottom = frame.loc[values.idxmax()], frame.loc[values.idxmin()]
    return (
        f"Dot plot of {title.lower()}, {len(frame)} values of {frame['label'].nunique()} benchmarks "
        f"in {frame['area'].nunique()} areas, from {display.correlation(values.min())} "
        f"({bottom['name']}) to {display.correlation(values.max())} ({top['name']}); "
        f"{int((values > line).sum())} above {display.correlation(line)}, "
        f"{int((values < -line).sum())} below {display.correlation(-line)}."
    )


def correlation_pairs(
    frame: pd.DataFrame,
    table: ScoreTable,
    x: str = "correlation",
    y: str = "compute_correlation",
    titles: tuple[str, str] = ("Capabilities correlation", "Compute correlation"),
) -> Any:
    """Return two correlations of each benchmark against each other, with the line of equality.

    Parameters
    ----------
    frame
        One row a benchmark: ``benchmark``, both correlations, and where known ``area, n_models``;
        rows without either are left out.
    table
        The edition's score table.
    x, y
        Columns of the two correlations, in [-1, 1].
    titles
        Their headings.

    Returns
    -------
    altair.LayerChart
        One mark a benchmark, coloured by area.
    """
    drawn = frame.dropna(subset=[x, y])
    if drawn.empty:
        return note()
    drawn = in_registry_order(with_area(drawn, table), table)
    what = areas(drawn, table)
    columns = {"name": "Benchmark", "area": "Area", x: titles[0], y: titles[1]}
    columns |= {"n_models": "Models"} if "n_models" in drawn else {}
    text = (
        f"Scatter plot of {len(drawn)} benchmarks of {len(what.shown)} areas, {titles[1].lower()} "
        f"against {titles[0].lower()}: {strongest_tie(drawn[x], drawn[y])}."
    )
    chart = agreement(drawn[list(columns)], what, columns, (x, y), (-1.0, 1.0))
    return house(chart, text, columns, what)


def agreement(
    frame: pd.DataFrame,
    by: Series,
    columns: Mapping[str, str],
    fields: tuple[str, str],
    ends: tuple[float, float],
) -> alt.LayerChart:
    """Return two quantities against each other, with the line on which they agree.

    Parameters
    ----------
    frame
        The fields named in ``columns``.
    by
        What the marks are coloured by.
    columns
        Field to title, for tooltips and axes.
    fields
        The two quantities.
    ends
        From where to where the line goes; the axes hold it.

    Returns
    -------
    altair.LayerChart
        Without house style.
    """
    import altair as alt

    axis = alt.Axis(format="+~f", tickCount=5)
    x, y = (
        channel(field, type="quantitative", title=columns[field], axis=axis)
        for channel, field in zip((alt.X, alt.Y), fields, strict=True)
    )
    numbers = {field: "+.2f" for field in columns if pd.api.types.is_float_dtype(frame[field])}
    dots = (
        alt.Chart(frame, height=340)
        .mark_point()
        .encode(
            x=x,
            y=y,
            color=by.colour(),
            shape=by.shape(),
            opacity=by.opacity(),
            tooltip=tips(columns, numbers),
        )
    )
    line = equality(ends, (columns[fields[0]], columns[fields[1]]))
    return alt.layer(line, dots).add_params(by.picker())


def equality(ends: tuple[float, float], titles: tuple[str, str]) -> alt.Chart:
    """Return the line on which two quantities agree.

    Parameters
    ----------
    ends
        From where to where.
    titles
        Of the axes, which layers share.

    Returns
    -------
    altair.Chart
        A layer.
    """
    import altair as alt

    frame = pd.DataFrame({"from": [ends[0]], "to": [ends[1]]})
    x, y = alt.X("from:Q", title=titles[0]), alt.Y("from:Q", title=titles[1])
    rule = alt.Chart(frame).mark_rule(strokeDash=[5, 4], tooltip=None)
    return rule.encode(x=x, y=y, x2="to:Q", y2="to:Q")


def replication_scatter(frame: pd.DataFrame, table: ScoreTable, tolerance: float = 0.1) -> Any:
    """Return the published numbers against the rebuilt ones.

    Parameters
    ----------
    frame
        One row a published number: ``table, population, benchmark, quantity, published, rebuilt``,
        in the units of the paper; rows without either number are left out.
    table
        The edition's score table.
    tolerance
        Difference up to which a number counts as rebuilt.

    Returns
    -------
    altair.LayerChart
        One mark a number, with the line of equality.
    """
    drawn = frame.dropna(subset=["published", "rebuilt"])
    if drawn.empty:
        return note("There are no published numbers to compare these scores with.")
    drawn = with_names(drawn, "benchmark", table.benchmarks)
    gap = drawn["rebuilt"] - drawn["published"]
    # Printed numbers are rounded, so a difference of exactly the tolerance counts as rebuilt.
    within = gap.abs() <= tolerance + 1e-9
    words = (f"within {tolerance:g}", f"more than {tolerance:g} apart")
    drawn = drawn.assign(difference=gap, agrees=np.where(within, *words))[list(REPLICATION)]
    how = series("agrees", "Difference", drawn["agrees"], words)
    both = drawn[["published", "rebuilt"]].to_numpy()
    text = (
        f"Scatter plot of {len(drawn)} published numbers against the rebuilt ones: "
        f"{int(within.sum())} within {tolerance:g}, {int((~within).sum())} further apart, "
        f"the largest difference {display.points(gap.iloc[gap.abs().argmax()])}."
    )
    chart = agreement(drawn, how, REPLICATION, ("published", "rebuilt"), (both.min(), both.max()))
    return house(chart, text, REPLICATION, how)


def coverage_heatmap(table: ScoreTable, population: str | None = None) -> Any:
    """Return which models have a score on which benchmark.

    Parameters
    ----------
    table
        The edition's score table.
    population
        Whose models; all of them without it.

    Returns
    -------
    altair.Chart
        A grid of models and those benchmarks that lack a score, which marks the rarer of present
        and missing; beyond 3,000 marks, one bar a benchmark; a sentence where no score is missing.
    """
    grid = present(table, population)
    if grid.to_numpy().all():
        return note(coverage_text(grid))
    text = coverage_text(grid)
    gaps = grid[~grid.all(axis=1)]
    absent = bool(gaps.to_numpy().mean() >= 0.5)
    cells = gaps.stack()
    cells = cells[cells != absent]
    if len(cells) > MOST_CELLS:
        return coverage_bars(gaps, text)
    return coverage_grid(gaps, cells.index.to_frame(index=False), absent, text)


def present(table: ScoreTable, population: str | None) -> pd.DataFrame:
    """Return which model has which score, both under their labels.

    Parameters
    ----------
    table
        The edition's score table.
    population
        Whose models; None for all.

    Returns
    -------
    pandas.DataFrame
        Benchmarks × models, in the order of the registries, of truth values.
    """
    models = table.models
    if population is not None:
        models = models[models["population"] == population]
    scores = table.scores[table.scores["model"].isin(models.index)]
    grid = pd.crosstab(scores["benchmark"], scores["model"]) > 0
    grid = grid.reindex(columns=models.index, fill_value=False)
    grid = grid.reindex(index=[key for key in table.benchmarks.index if key in grid.index])
    rows = labels(display_name(key, table.benchmarks) for key in grid.index)
    columns = labels(display_name(key, table.models) for key in grid.columns)
    return grid.set_axis(rows, axis=0).set_axis(columns, axis=1)


def coverage_text(grid: pd.DataFrame) -> str:
    """Return what a coverage chart shows.

    Parameters
    ----------
    grid
        Benchmarks × models, of truth values.

    Returns
    -------
    str
        How many scores there are of how many possible, and where most are missing.
    """
    missing = (~grid).sum(axis=1)
    size = f"{grid.shape[1]} models and {grid.shape[0]} benchmarks"
    if not missing.any():
        return f"No score is missing among {size}."
    worst, holed = missing.idxmax(), int((missing > 0).sum())
    where = f"all of them on {worst}" if holed == 1 else f"on {holed} benchmarks, most on {worst} ({missing[worst]})"
    return f"Grid of {size}: {display.count(missing.sum())} of {display.count(grid.size)} scores are missing, {where}."


def coverage_grid(grid: pd.DataFrame, cells: pd.DataFrame, absent: bool, text: str) -> Any:
    """Return coverage as a grid.

    Parameters
    ----------
    grid
        Benchmarks × models, of truth values.
    cells
        The rarer cells: benchmark and model, in two columns.
    absent
        Whether those are the missing ones.
    text
        Alt text.

    Returns
    -------
    altair.Chart
        Drawn on a ground in the colour of the other cells.
    """
    import altair as alt

    state, ground = ("missing", SCORED) if absent else ("scored", UNSCORED)
    frame = cells.set_axis(["label", "model"], axis=1).assign(state=state)
    columns = {"label": "Benchmark", "model": "Model", "state": "Score"}
    across = alt.Axis(labelAngle=-90, labelLimit=130, labelOverlap=True, ticks=False, domain=False)
    colour = alt.Scale(domain=["scored", "missing"], range=[SCORED, UNSCORED])
    chart = (
        alt.Chart(frame, height=rows_height(len(grid)), view=alt.ViewConfig(fill=ground))
        .mark_rect()
        .encode(
            x=alt.X("model:N", title=None, scale=alt.Scale(domain=list(grid.columns)), axis=across),
            y=row_axis(list(grid.index)),
            color=alt.Color("state:N", title="Score", scale=colour, legend=alt.Legend(values=["scored", "missing"])),
            tooltip=tips(columns),
        )
    )
    return house(chart, text, columns)


def coverage_bars(grid: pd.DataFrame, text: str) -> Any:
    """Return coverage as one bar a benchmark, for tables too large for a grid.

    Parameters
    ----------
    grid
        Benchmarks × models, of truth values.
    text
        Alt text.

    Returns
    -------
    altair.Chart
        Number of models with a score.
    """
    import altair as alt

    frame = pd.DataFrame({"label": grid.index, "models": grid.sum(axis=1).to_numpy()})
    columns = {"label": "Benchmark", "models": "Models with a score"}
    chart = (
        alt.Chart(frame, height=rows_height(len(frame)))
        .mark_bar()
        .encode(
            x=alt.X("models:Q", title="Models with a score", scale=alt.Scale(domain=[0, grid.shape[1]])),
            y=row_axis(frame["label"]),
            tooltip=tips(columns, {"models": ","}),
        )
    )
    return house(chart, text, columns)
