"""The charts of the ledger, of prediction and of differential progress."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import display
from analysis.claims import VERDICTS
from analysis.house import NOTHING, areas, families, house, labels, note, row_axis, rows_height, series, tips, with_names

if TYPE_CHECKING:
    import altair as alt

    from analysis.house import Series
    from analysis.scores import ScoreTable

MOST_ROWS = 60
FEW_TICKS = 7
SIDES = {"low": ("▸", 7), "high": ("◂", -7)}
AREA = "shown_area"
RULE = "shown_rule"
MARKET = "shown_market"


def pick(name: str, label: str, options: list[Any]) -> alt.Parameter:
    """Return a list from which a reader chooses what a chart shows.

    Parameters
    ----------
    name
        Of the parameter.
    label
        Words beside the list.
    options
        What can be chosen; the first is shown at the start.

    Returns
    -------
    altair.Parameter
        Holds the choice.
    """
    import altair as alt

    return alt.param(name=name, value=options[0], bind=alt.binding_select(options=options, name=f"{label} "))


def interval_rows(
    frame: pd.DataFrame, rows: list[str], x: tuple[str, str, str], title: str, by: Series, columns: dict[str, str]
) -> list[Any]:
    """Return the layers of a chart with one estimate and interval a row.

    The scale ends a little beyond the marks, so that none covers a label, and has few enough ticks
    for every label to be shown, zero among them.

    Parameters
    ----------
    frame
        Has ``label``, the three fields and all columns.
    rows
        Labels, top first.
    x
        Fields of estimate, lower and upper bound.
    title
        Of the axis.
    by
        What colours tell apart, and what is picked by: the chart needs its picker.
    columns
        Field to heading, for tooltips.

    Returns
    -------
    list of altair.Chart
        A line at zero, intervals, dots.
    """
    import altair as alt

    value, lower, upper = x
    numbers = {field: "+.2f" for field in columns if pd.api.types.is_float_dtype(frame[field])}
    shared = {"y": row_axis(rows), "color": by.colour(), "opacity": by.opacity(), "tooltip": tips(columns, numbers)}
    base = alt.Chart(frame, height=max(rows_height(len(rows)), 40))
    axis = alt.X(f"{value}:Q", title=title, scale=alt.Scale(padding=12, nice=False), axis=alt.Axis(tickCount=FEW_TICKS))
    zero = alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(tooltip=None).encode(x="at:Q")
    bars = base.mark_rule(strokeWidth=2).encode(x=f"{lower}:Q", x2=f"{upper}:Q", **shared)
    dots = base.mark_point().encode(x=axis, shape=by.shape(), **shared)
    return [zero, bars, dots]


def ledger(frame: pd.DataFrame) -> Any:
    """Return the claims that could be tested, each with its interval and the ends that decide.

    Parameters
    ----------
    frame
        From `analysis.findings.claims.tested_rows`: ``id, verdict, estimate, lower, upper,
        criterion, population, n, low, high``.

    Returns
    -------
    altair.LayerChart
        One row a claim; thick ticks at the ends of where the claim puts the number, each with an arrow
        to that side.
    """
    import altair as alt

    drawn = frame.dropna(subset=["estimate"])
    if drawn.empty:
        return note("No claim can be tested on these scores, so there is nothing to draw.")
    drawn = drawn.assign(label=drawn["id"])
    columns = {
        "id": "Claim", "verdict": "Verdict", "estimate": "Estimate", "lower": "Interval from", "upper": "to",
        "criterion": "Holds if the number is", "population": "Population", "n": "Models",
    }
    by = series("verdict", "Verdict", drawn["verdict"], VERDICTS)
    rows = list(drawn["label"])
    layers = interval_rows(
        drawn[["label", *columns]], rows, ("estimate", "lower", "upper"), "Number the claim is about", by, columns
    )
    ends = drawn.melt(["label"], ["low", "high"], var_name="side", value_name="at").dropna(subset=["at"])
    base = alt.Chart(ends).encode(x="at:Q", y=row_axis(rows))
    layers.append(base.mark_tick(thickness=3, size=14, tooltip=None))
    for side, (arrow, shift) in SIDES.items():
        layers.append(base.transform_filter(f"datum.side == '{side}'").mark_text(text=arrow, dx=shift, tooltip=None))
    counts = drawn["verdict"].value_counts()
    words = display.listing(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if verdict in counts)
    text = f"Estimates and intervals of {len(drawn)} claims with ticks where each verdict turns and arrows to the side of the claim: {words}."
    return house(alt.layer(*layers).add_params(by.picker()), text, columns, by)


def rule_skills(frame: pd.DataFrame) -> Any:
    """Return how much better than the mean each rule predicts.

    Parameters
    ----------
    frame
        From `analysis.intuition.rule_scores`.

    Returns
    -------
    altair.LayerChart
        One row a rule, the baseline left out.
    """
    import altair as alt

    drawn = frame[(frame["rule"] != "mean") & frame["skill"].notna()] if len(frame) else frame
    if drawn.empty:
        return note("No rule tells these safety benchmarks apart, so there is nothing to draw.")
    drawn = drawn.assign(label=drawn["rule"]).sort_values("skill", ascending=False)
    columns = {
        "words": "Rule", "kind": "Kind", "skill": "Squared error removed", "lower": "Interval from",
        "upper": "to", "error": "Mean error in ρ", "benchmarks": "Benchmarks",
    }
    by = series("kind", "Kind", drawn["kind"], ("label", "heuristic"))
    layers = interval_rows(
        drawn[["label", *columns]], list(drawn["label"]), ("skill", "lower", "upper"),
        "Share of squared error removed, against predicting the mean", by, columns,
    )
    best = drawn.iloc[0]
    text = (
        f"Skill of {len(drawn)} rules in predicting the capabilities correlation of benchmarks they have not seen. "
        f"Best: {best['words']} It removes a share of {display.signed(best['skill'])} of the squared error."
    )
    return house(alt.layer(*layers).add_params(by.picker()), text, columns, by)


def people_ranks(frame: pd.DataFrame, nothing: str = NOTHING) -> Any:
    """Return how well each person's predictions order the benchmarks.

    Parameters
    ----------
    frame
        From `analysis.findings.intuition.shown_people`.
    nothing
        What to say where there is nothing to draw.

    Returns
    -------
    altair.LayerChart
        One row a person, the best above; that sentence where nobody has a rank correlation.
    """
    import altair as alt

    drawn = frame[frame["rank_correlation"].notna()]
    if drawn.empty:
        return note(nothing)
    drawn = drawn.sort_values("rank_correlation", ascending=False).head(MOST_ROWS)
    drawn = drawn.assign(label=labels(drawn["person"]), who=np.where(drawn["crowd"].astype(bool), "all together", "one person"))
    columns = {
        "person": "Who", "who": "Kind", "n": "Predictions", "rank_correlation": "Rank correlation",
        "rank_lower": "Interval from", "rank_upper": "to", "error": "Mean error in ρ",
    }
    by = series("who", "Kind", drawn["who"], ("one person", "all together"))
    layers = interval_rows(
        drawn[["label", *columns]], list(drawn["label"]), ("rank_correlation", "rank_lower", "rank_upper"),
        "Rank correlation of predicted with measured ρ", by, columns,
    )
    text = (
        f"Rank correlation of predicted with measured capabilities correlations for {len(drawn)} rows, from "
        f"{display.signed(drawn['rank_correlation'].iloc[-1])} to {display.signed(drawn['rank_correlation'].iloc[0])}."
    )
    return house(alt.layer(*layers).add_params(by.picker()), text, columns, by)


def predicted_measured(frame: pd.DataFrame, table: ScoreTable) -> Any:
    """Return measured against predicted correlations, for the rule a reader picks.

    Parameters
    ----------
    frame
        From `analysis.intuition.rule_predictions`.
    table
        The edition's score table.

    Returns
    -------
    altair.LayerChart
        One mark a benchmark, and the line of perfect prediction.
    """
    import altair as alt

    if frame.empty:
        return note("These scores hold too few safety benchmarks to predict one from others.")
    drawn = with_names(frame, "benchmark", table.benchmarks)
    drawn = drawn.assign(area=drawn["area"].astype(object).fillna("no area stated"))
    columns = {"name": "Benchmark", "area": "Area", "words": "Rule", "predicted": "Predicted ρ", "correlation": "Measured ρ"}
    rule = pick(RULE, "Rule", list(dict.fromkeys(drawn["words"]))[::-1])
    by = areas(drawn, table)
    scale = alt.Scale(domain=[-1, 1])
    dots = alt.Chart(drawn[list(columns)], height=340).transform_filter(f"datum.words == {RULE}").mark_point()
    dots = dots.encode(
        x=alt.X("predicted:Q", title="Predicted ρ", scale=scale), y=alt.Y("correlation:Q", title="Measured ρ", scale=scale),
        color=by.colour(), shape=by.shape(), tooltip=tips(columns, {"predicted": "+.2f", "correlation": "+.2f"}),
    )
    line = alt.Chart(pd.DataFrame({"at": [-1.0, 1.0]})).mark_line(strokeDash=[5, 4], strokeWidth=1, tooltip=None)
    dots = dots.encode(opacity=by.opacity())
    line = line.encode(x=alt.X("at:Q", scale=scale), y=alt.Y("at:Q", scale=scale))
    chart = alt.layer(line, dots).add_params(rule, by.picker())
    text = (
        f"Scatter plot of measured against predicted capabilities correlations of {drawn['benchmark'].nunique()} "
        f"benchmarks, for {drawn['rule'].nunique()} rules to choose from. On the dashed line a prediction is exact."
    )
    return house(chart, text, columns, by)


def shown_models(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows to draw: all, or those of the models farthest from expectation where they are many.

    Parameters
    ----------
    frame
        From `analysis.progress.differential_progress`.

    Returns
    -------
    pandas.DataFrame
        At most 60 models an area.
    """
    order = frame.assign(_size=frame["residual"].abs()).groupby("area")["_size"].rank(ascending=False, method="first")
    return frame[order <= MOST_ROWS]


def residuals(frame: pd.DataFrame, table: ScoreTable) -> Any:
    """Return how far each model lies from what its capabilities predict, for the area a reader picks.

    Parameters
    ----------
    frame
        From `analysis.progress.differential_progress`.
    table
        The edition's score table.

    Returns
    -------
    altair.LayerChart
        One row a model.
    """
    import altair as alt

    if frame["residual"].notna().sum() == 0:
        return note("These scores do not allow a residual for any model.")
    drawn = with_names(shown_models(frame.dropna(subset=["residual"])), "model", table.models)
    columns = {
        "name": "Model", "family": "Family", "area": "Area", "residual": "Residual", "lower": "Interval from",
        "upper": "to", "benchmarks": "Benchmarks", "reading": "Reading",
    }
    by = families(drawn, table)
    rows = list(dict.fromkeys(drawn.sort_values(["family", "label"])["label"]))
    area = pick(AREA, "Area", list(dict.fromkeys(drawn["area"])))
    zero, *marks = interval_rows(
        drawn[["label", *columns]], rows, ("residual", "lower", "upper"),
        "Residual, in standard deviations over models", by, columns,
    )
    marks = [layer.transform_filter(f"datum.area == {AREA}") for layer in marks]
    chart = alt.layer(zero, *marks).add_params(area, by.picker())
    apart = int((drawn["lower"] > 0).sum() + (drawn["upper"] < 0).sum())
    text = (
        f"Residuals of {drawn['model'].nunique()} models in {drawn['area'].nunique()} areas to choose from; "
        f"{apart} of {int(drawn['lower'].notna().sum())} intervals lie wholly on one side of zero."
    )
    return house(chart, text, columns, by)


def composites(frame: pd.DataFrame, table: ScoreTable) -> Any:
    """Return safety composites against capability, for the area a reader picks.

    Parameters
    ----------
    frame
        From `analysis.progress.differential_progress`.
    table
        The edition's score table.

    Returns
    -------
    altair.LayerChart
        One mark a model, a tick where its capabilities would put it.
    """
    import altair as alt

    drawn = frame.dropna(subset=["residual"])
    if drawn.empty:
        return note("These scores do not allow a residual for any model.")
    drawn = shown_models(drawn)
    columns = {
        "name": "Model", "family": "Family", "area": "Area", "capability": "Capability", "composite": "Safety composite",
        "expected": "Expected",
    }
    by = families(drawn, table)
    numbers = dict.fromkeys(["capability", "composite", "expected"], "+.2f")
    base = alt.Chart(drawn[list(columns)], height=340).transform_filter(f"datum.area == {AREA}")
    x = alt.X("capability:Q", title="Capabilities score, as a normal score over models")
    y = alt.Y("composite:Q", title="Safety composite")
    dots = base.mark_point().encode(
        x=x, y=y, color=by.colour(), shape=by.shape(), opacity=by.opacity(), tooltip=tips(columns, numbers)
    )
    ticks = base.mark_tick(orient="horizontal", thickness=2, size=12, tooltip=None).encode(x=x, y=alt.Y("expected:Q"))
    area = pick(AREA, "Area", list(dict.fromkeys(drawn["area"])))
    text = (
        f"Scatter plot of a safety composite against capability for {drawn['model'].nunique()} models, in "
        f"{drawn['area'].nunique()} areas to choose from; a tick marks what the other families' line leads to expect."
    )
    return house(alt.layer(ticks, dots).add_params(area, by.picker()), text, columns, by)


def progress_shares(frame: pd.DataFrame, table: ScoreTable) -> Any:
    """Return the share of a rise in score that is capability, for the market a reader picks.

    Parameters
    ----------
    frame
        From `analysis.progress.progress_shares`.
    table
        The edition's score table.

    Returns
    -------
    altair.LayerChart
        One row a benchmark.
    """
    import altair as alt

    drawn = frame.dropna(subset=["share"])
    if drawn.empty:
        return note("These scores hold no safety benchmark with a capabilities correlation.")
    drawn = with_names(drawn, "benchmark", table.benchmarks)
    drawn = drawn.assign(area=drawn["area"].astype(object).fillna("no area stated"), market=np.round(drawn["market"], 2))
    columns = {
        "name": "Benchmark", "area": "Area", "market": "Market", "correlation": "ρ", "share": "Share",
        "share_lower": "Range from", "share_upper": "to",
    }
    by = areas(drawn, table)
    rows = list(dict.fromkeys(drawn.sort_values(["correlation", "label"], ascending=[False, True])["label"]))
    market = pick(MARKET, "Market's pay for capability (leaderboard = 1)", sorted(drawn["market"].unique().tolist()))
    zero, *marks = interval_rows(
        drawn[["label", *columns]], rows, ("share", "share_lower", "share_upper"), "Share that is capability", by, columns
    )
    marks = [layer.transform_filter(f"abs(datum.market - {MARKET}) < 1e-6") for layer in marks]
    first = drawn[drawn["market"] == drawn["market"].min()]
    text = (
        f"Share of a rise in score that is capability, for {first['benchmark'].nunique()} benchmarks; with the weakest "
        f"market it runs from {display.signed(first['share'].min())} to {display.signed(first['share'].max())}."
    )
    return house(alt.layer(zero, *marks).add_params(market, by.picker()), text, columns, by)
