"""The charts of Part I: precomputed grids that a reader explores with sliders, no kernel needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import display
from analysis.house import house, note, row_axis, rows_height, series, tips, with_names

if TYPE_CHECKING:
    import altair as alt

    from analysis.house import Series
    from analysis.scores import ScoreTable

HEIGHT = 300


def choose(field: str, label: str, values: Sequence[float], value: float) -> alt.Parameter:
    """A control with which a reader picks one value of a grid.

    Parameters
    ----------
    field : str
        Column of the grid, and name of the control's parameter.
    label : str
        Words beside the control.
    values : sequence of float
        Values of the grid.
    value : float
        The one shown first.

    Returns
    -------
    altair.Parameter
        A list of the values.
    """
    import altair as alt

    options = sorted(float(each) for each in set(values))
    return alt.param(name=field, value=float(value), bind=alt.binding_select(options=options, name=f"{label} "))


def picked(controls: Sequence[alt.Parameter]) -> str:
    """Condition that a row of a grid has the values picked.

    Parameters
    ----------
    controls : sequence of Parameter
        As made by :func:`choose`.

    Returns
    -------
    str
        A Vega expression.
    """
    return " && ".join(f"abs(datum['{c.name}'] - {c.name}) < 1e-9" for c in controls) or "true"


def curves(
    frame: pd.DataFrame,
    x: alt.X,
    y: alt.Y,
    by: Series,
    controls: Sequence[alt.Parameter],
    columns: Mapping[str, str],
    description: str,
    extra: Sequence[Any] = (),
) -> Any:
    """Lines with a mark at each computed point, for the values a reader picks.

    Parameters
    ----------
    frame : DataFrame
        The grid.
    x, y : altair.X, altair.Y
        The axes.
    by : Series
        What the lines are told apart by.
    controls : sequence of Parameter
        As made by :func:`choose`.
    columns : mapping of str to str
        Field to heading, for tooltips and the data table.
    description : str
        Alt text.
    extra : sequence
        Layers to draw over the lines, made from the base chart that they are called with.

    Returns
    -------
    altair.LayerChart
        In the house style.
    """
    import altair as alt

    base = alt.Chart(frame).transform_filter(picked(controls)).encode(x=x)
    drawn = base.encode(y=y, color=by.colour())
    words = {field: ".3~g" for field in columns if pd.api.types.is_numeric_dtype(frame[field])}
    marks = drawn.mark_point(size=30).encode(shape=by.shape(), tooltip=tips(columns, words))
    layers = [drawn.mark_line(), marks, *(layer(base) for layer in extra)]
    chart = alt.layer(*layers).add_params(*controls).properties(height=HEIGHT)
    return house(chart, description, columns)


def years_axis(title: str) -> alt.X:
    """An axis of years, whole ones.

    Parameters
    ----------
    title : str
        Words beside the axis.

    Returns
    -------
    altair.X
        The encoding.
    """
    import altair as alt

    return alt.X("year:Q", title=title, axis=alt.Axis(format="d", tickMinStep=1))


def zero_rule(base: alt.Chart) -> Any:
    """A horizontal line at zero, to be laid over :func:`curves`."""
    import altair as alt

    return base.mark_rule(strokeDash=[2, 3]).encode(y=alt.datum(0))


def changes(frame: pd.DataFrame) -> Any:
    """What a benchmark adds to each kind of progress, by its capabilities correlation.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.what_benchmarks_do.change_grid` returns.

    Returns
    -------
    altair.LayerChart
        Two lines; the reader picks care and elasticity.
    """
    import altair as alt

    controls = [
        choose("care", "Reward for safety before the benchmark (market = 1)", frame["care"], frame["care"].min()),
        choose("elasticity", "Elasticity of work to reward", frame["elasticity"], frame["elasticity"].max()),
    ]
    columns = {
        "correlation": "ρ",
        "care": "Reward for safety",
        "elasticity": "Elasticity",
        "kind": "Progress in",
        "change": "Change",
    }
    text = (
        "Line chart of the change a benchmark makes in capability and in safety, against its capabilities "
        f"correlation from −1 to 1. Over the grid the changes run from {display.signed(frame['change'].min())} to "
        f"{display.signed(frame['change'].max())}; capability gains most where the correlation is 1."
    )
    by = series("kind", "Progress in", frame["kind"], ("capability", "safety"))
    x = alt.X("correlation:Q", title="Capabilities correlation ρ of the benchmark")
    y = alt.Y("change:Q", title="Change in progress")
    return curves(frame, x, y, by, controls, columns, text, [zero_rule])


def dividing_lines(frame: pd.DataFrame) -> Any:
    """The correlations above which a benchmark does harm, in three senses.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.what_benchmarks_do.line_grid` returns.

    Returns
    -------
    altair.LayerChart
        Three lines; the reader picks the elasticity.
    """
    import altair as alt

    controls = [choose("elasticity", "Elasticity of work to reward", frame["elasticity"], 0.5)]
    columns = {
        "care": "Reward for safety (market = 1)",
        "elasticity": "Elasticity",
        "question": "Above the line",
        "correlation": "ρ",
    }
    text = (
        "Line chart of three dividing correlations against the reward for safety that there is without the benchmark. "
        "The line at which the mix of work turns falls as that reward grows. The three lie apart where work answers to "
        "reward, and meet where it does not."
    )
    by = series("question", "Above the line", frame["question"], frame["question"].unique())
    x = alt.X("care:Q", title="Reward for safety before the benchmark (market = 1)", scale=alt.Scale(nice=False))
    y = alt.Y("correlation:Q", title="ρ of the benchmark", scale=alt.Scale(domain=[0, 1]))
    return curves(frame, x, y, by, controls, columns, text)


def shares(frame: pd.DataFrame) -> Any:
    """The share of a gain in score that is capability.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.what_benchmarks_do.share_grid` returns.

    Returns
    -------
    altair.LayerChart
        One line a strength of the market; the reader picks care.
    """
    import altair as alt

    known = frame.dropna(subset=["share"])
    drawn = known.assign(strength=[f"market {value:g}" for value in known["market"]])
    controls = [choose("care", "Reward for safety (leaderboard = 1)", drawn["care"], 0)]
    columns = {"correlation": "ρ", "strength": "Reward for capability", "care": "Reward for safety", "share": "Capability share"}
    text = (
        "Line chart of the share of a score gain that is capability, against the benchmark's capabilities correlation "
        "from 0 to 1. Every line rises from nothing to everything, and the stronger the market the faster it rises."
    )
    by = series("strength", "Market", drawn["strength"], drawn["strength"].unique())
    x = alt.X("correlation:Q", title="Capabilities correlation ρ of the benchmark")
    y = alt.Y("share:Q", title="Share of the score gain that is capability", axis=alt.Axis(format=".0%"))
    return curves(drawn, x, y, by, controls, columns, text)


def tournament(path: pd.DataFrame, expected: Mapping[str, float]) -> Any:
    """How simulated labs come to the closed form.

    Parameters
    ----------
    path : DataFrame
        As :func:`analysis.theory.what_benchmarks_do.simulate_tournament` returns.
    expected : mapping of str to float
        Capability and safety of the closed form.

    Returns
    -------
    altair.LayerChart
        Two simulated paths and two level lines.
    """
    import altair as alt

    drawn = path.melt("round", var_name="kind", value_name="work")
    drawn["closed"] = drawn["kind"].map(dict(expected))
    columns = {"round": "Round", "kind": "Progress in", "work": "Simulated", "closed": "Closed form"}
    last = drawn[drawn["round"] == drawn["round"].max()]
    text = "Line chart of work in a simulated tournament, round by round. " + " ".join(
        f"{row.kind.capitalize()} ends at {display.number(row.work)}, the closed form is {display.number(row.closed)}."
        for row in last.itertuples()
    )
    by = series("kind", "Progress in", drawn["kind"], ("capability", "safety"))

    def level(base: alt.Chart) -> Any:
        return base.mark_line(strokeDash=[6, 4]).encode(y="closed:Q", color=by.colour())

    x = alt.X("round:Q", title="Rounds since the benchmark came out")
    return curves(drawn, x, alt.Y("work:Q", title="Work of the average lab"), by, [], columns, text, [level])


def efforts(frame: pd.DataFrame, salience: float = 0.4) -> Any:
    """Safety effort of labs of every conscience, with and without a benchmark.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.why_they_are_scarce.effort_grid` returns.
    salience : float
        The one shown first.

    Returns
    -------
    altair.LayerChart
        Two lines; the reader picks the salience.
    """
    import altair as alt

    names = {"without": "no benchmark", "effort": "with the benchmark"}
    drawn = frame.rename(columns=names).melt(["conscience", "salience"], var_name="world", value_name="share")
    controls = [choose("salience", "Weight of safety in what impresses", drawn["salience"], salience)]
    columns = {
        "conscience": "Weight of safety in the lab's own aims",
        "salience": "Weight of safety in what impresses",
        "world": "World",
        "share": "Share of work on safety",
    }
    gain = (frame["effort"] - frame["without"]).max()
    text = (
        "Line chart of the share of a lab's work that goes to safety, against the weight of safety in its own aims from "
        "0 to 1, with and without a benchmark. Both lines end at 1, and neither falls below "
        f"{display.percent_share(frame['without'].min())}; the benchmark adds at most "
        f"{display.percent_share(gain)} of a lab's work over the grid, to labs that care a little and not only."
    )
    by = series("world", "World", drawn["world"], tuple(names.values()))
    x = alt.X("conscience:Q", title=columns["conscience"])
    y = alt.Y("share:Q", title=columns["share"], axis=alt.Axis(format=".0%"))
    return curves(drawn, x, y, by, controls, columns, text)


def lottery(frame: pd.DataFrame) -> Any:
    """The share of its field that the better of two benchmarks wins.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.why_they_are_scarce.lottery_grid` returns.

    Returns
    -------
    altair.LayerChart
        Bars from the closed form, points from the simulation; the reader picks both parameters.
    """
    import altair as alt

    controls = [
        choose("imitation", "Weight of one earlier adopter", frame["imitation"], 2),
        choose("ratio", "Quality of the better benchmark (other = 1)", frame["ratio"], 1.5),
    ]
    columns = {
        "ratio": "Quality",
        "imitation": "Imitation",
        "share": "Share of adopters",
        "expected": "Closed form",
        "simulated": "Simulated",
    }
    text = (
        "Histogram of the share of adopters won by the better of two benchmarks over many fields. With little imitation "
        "the shares crowd about the benchmark's share of quality; with much, they pile up at all and at nothing."
    )
    base = alt.Chart(frame).transform_filter(picked(controls)).encode(x=alt.X("share:Q", title=columns["share"], axis=alt.Axis(format=".0%")))
    y = alt.Y("expected:Q", title="Fraction of fields", axis=alt.Axis(format=".0%"))
    shown = tips(columns, {"share": ".1%", "expected": ".1%", "simulated": ".1%", "ratio": "~g", "imitation": "~g"})
    bars = base.mark_bar(opacity=0.45, size=8).encode(y=y, tooltip=shown)
    points = base.mark_point(shape="diamond").encode(y="simulated:Q", tooltip=shown)
    chart = alt.layer(bars, points).add_params(*controls).properties(height=HEIGHT)
    return house(chart, text, columns)


def decay(frame: pd.DataFrame) -> Any:
    """Information a benchmark gives about the frontier, left alone and renewed.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.how_they_fail.decay_grid` returns.

    Returns
    -------
    altair.LayerChart
        Two lines; the reader picks growth.
    """
    import altair as alt

    controls = [choose("growth", "Ability the frontier gains in a year", frame["growth"], 1)]
    columns = {
        "year": "Year",
        "growth": "Growth",
        "benchmark": "Benchmark",
        "information": "Information",
        "score": "Expected score",
        "simulated": "Simulated score",
    }
    end = frame[(frame["year"] == frame["year"].max()) & (frame["benchmark"] == "left alone")]["information"].max()
    text = (
        "Line chart of the information a benchmark gives about the best models, year by year, as a share of the most it "
        f"could give. Left alone it rises, peaks and ends at {display.percent_share(end)} or less; renewed every year "
        "it stays high."
    )
    by = series("benchmark", "Benchmark", frame["benchmark"], ("left alone", "renewed"))
    x = years_axis("Years since the benchmark came out")
    y = alt.Y("information:Q", title="Information, share of the most", axis=alt.Axis(format=".0%"))
    return curves(frame, x, y, by, controls, columns, text)


def hiding(frame: pd.DataFrame) -> Any:
    """Pass rate and worth of a pass, while models learn to hide.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.how_they_fail.hiding_grid` returns.

    Returns
    -------
    altair.LayerChart
        Two lines and simulated points; the reader picks the share of honest models.
    """
    import altair as alt

    names = {"passed": "passed", "honest": "of these, honest"}
    drawn = frame.rename(columns=names).melt(["year", "share", "simulated"], list(names.values()), var_name="what", value_name="value")
    drawn["simulated"] = drawn["simulated"].where(drawn["what"] == names["passed"])
    controls = [choose("share", "Share of models that are honest", drawn["share"], 0.4)]
    columns = {"year": "Year", "share": "Honest models", "what": "Share", "value": "Closed form", "simulated": "Simulated"}
    text = (
        "Line chart of the share of models that pass a test of honesty and of the share of those that are honest, year by "
        f"year. The first rises to {display.percent_share(frame['passed'].max())} and the second falls to the share of "
        "honest models, which never changes."
    )
    by = series("what", "Share", drawn["what"], tuple(names.values()))

    def simulated(base: alt.Chart) -> Any:
        return base.mark_point(shape="diamond", filled=False).encode(y="simulated:Q", color=by.colour())

    x = years_axis("Years since the benchmark came out")
    y = alt.Y("value:Q", title="Share", axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1]))
    return curves(drawn, x, y, by, controls, columns, text, [simulated])


def quiet_deaths(frame: pd.DataFrame) -> Any:
    """Chance that a benchmark dies quietly.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.how_they_fail.extinction_grid` returns.

    Returns
    -------
    altair.LayerChart
        One line a number of first users, with simulated points.
    """
    import altair as alt

    drawn = frame.assign(start=[f"{count} first user{'s' * (count > 1)}" for count in frame["seeds"]])
    columns = {"reach": "New users a user brings", "start": "Start", "expected": "Closed form", "simulated": "Simulated"}
    one = drawn[drawn["reach"] > 1]["expected"]
    text = (
        "Line chart of the chance that a benchmark dies quietly, against the number of new users a user brings. Up to one "
        f"the chance is 100 %; beyond it falls, to {display.percent_share(one.min())} over this range."
    )
    by = series("start", "Start", drawn["start"], drawn["start"].unique())

    def simulated(base: alt.Chart) -> Any:
        return base.mark_point(shape="diamond", filled=False, size=60).encode(y="simulated:Q", color=by.colour())

    x = alt.X("reach:Q", title="New users that one user brings, on average")
    y = alt.Y("expected:Q", title="Chance of dying quietly", axis=alt.Axis(format=".0%"))
    return curves(drawn, x, y, by, [], columns, text, [simulated])


def headroom(frame: pd.DataFrame, table: ScoreTable) -> Any:
    """Headroom of the best and of the typical model on each benchmark.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.how_they_fail.headroom` returns; benchmarks whose headroom is
        unknown are left out.
    table : ScoreTable
        The edition's score table.

    Returns
    -------
    altair.LayerChart
        One row a benchmark: a bar from the best to the typical model, a mark at the best.
    """
    import altair as alt

    drawn = frame.dropna(subset=["headroom"])
    if drawn.empty:
        return note("No benchmark of this edition has both a known ceiling and a known chance level, so its headroom is unknown.")
    drawn = with_names(drawn, "benchmark", table.benchmarks).drop(columns="benchmark")
    drawn["role"] = drawn["role"].str.replace("_", " ")
    columns = {"name": "Benchmark", "role": "Role", "n_models": "Models", "headroom": "Headroom, best model", "headroom_typical": "Headroom, median model"}
    first, last = drawn.iloc[0], drawn.iloc[-1]
    text = (
        f"Dot plot of the headroom of {len(drawn)} benchmarks, from {display.percent_share(first['headroom'])} "
        f"({first['name']}) to {display.percent_share(last['headroom'])} ({last['name']})."
    )
    by = series("role", "Role", drawn["role"], table.benchmarks["role"].str.replace("_", " "))
    x = alt.X("headroom:Q", title="Share of the range above chance that is left", axis=alt.Axis(format=".0%"))
    base = alt.Chart(drawn, height=rows_height(len(drawn))).encode(y=row_axis(drawn["label"]), x=x, color=by.colour())
    shown = tips(columns, {"headroom": ".1%", "headroom_typical": ".1%"})
    chart = alt.layer(
        base.mark_rule().encode(x2="headroom_typical:Q"),
        base.mark_point().encode(shape=by.shape(), tooltip=shown),
    )
    return house(chart, text, columns)


def selection(frame: pd.DataFrame) -> Any:
    """What a proxy says of the best of n, and what the best of n is worth.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.crisp_and_fuzzy.selection_grid` returns.

    Returns
    -------
    altair.LayerChart
        Two lines and simulated points; the reader picks the validity.
    """
    import altair as alt

    controls = [choose("validity", "Correlation of the proxy with what is wanted", frame["validity"], 0.6)]
    columns = {
        "candidates": "Candidates",
        "validity": "Validity",
        "kind": "Measured as",
        "expected": "Closed form",
        "simulated": "Simulated",
    }
    text = (
        "Line chart of the best of n candidates, n on a logarithmic scale, as the proxy sees it and as it is worth. The proxy "
        f"rises to {display.number(frame['expected'].max())} standard deviations; the worth rises to the same, times the "
        "validity of the proxy."
    )
    by = series("kind", "Measured as", frame["kind"], frame["kind"].unique())

    def simulated(base: alt.Chart) -> Any:
        return base.mark_point(shape="diamond", filled=False, size=60).encode(y="simulated:Q", color=by.colour())

    x = alt.X("candidates:Q", title="Candidates to choose from (logarithmic)", scale=alt.Scale(type="log", base=2))
    y = alt.Y("expected:Q", title="Standard deviations above an average candidate")
    return curves(frame, x, y, by, controls, columns, text, [simulated])


def exhaustion(frame: pd.DataFrame) -> Any:
    """Progress of improvers of several speeds against what is there to be measured.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.crisp_and_fuzzy.progress_grid` returns.

    Returns
    -------
    altair.LayerChart
        One line a speed and a dashed limit; the reader picks the making and the stock of benchmarks.
    """
    import altair as alt

    drawn = frame.assign(improver=[f"speed {speed:g}" for speed in frame["speed"]])
    controls = [
        choose("making", "Headroom new benchmarks add in a year", drawn["making"], 0.5),
        choose("stock", "Headroom in today's benchmarks", drawn["stock"], drawn["stock"].min()),
    ]
    columns = {
        "year": "Year",
        "improver": "Improver",
        "making": "Made a year",
        "stock": "Stock",
        "progress": "Progress",
        "limit": "Limit",
    }
    text = (
        "Line chart of progress over the years for improvers of several speeds, and a dashed line for the headroom that "
        "benchmarks offer. Faster improvers come to the dashed line sooner, and then all move at the pace at which it rises."
    )
    by = series("improver", "Improver", drawn["improver"], drawn["improver"].unique())

    def limit(base: alt.Chart) -> Any:
        return base.mark_line(strokeDash=[6, 4], color="gray").encode(y="limit:Q")

    x = years_axis("Years")
    return curves(drawn, x, alt.Y("progress:Q", title="Headroom used up"), by, controls, columns, text, [limit])


def speed_ups(frame: pd.DataFrame) -> Any:
    """Speed-up of a whole field when its crisp work alone is accelerated.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.crisp_and_fuzzy.speed_up_grid` returns.

    Returns
    -------
    altair.LayerChart
        One line a factor.
    """
    import altair as alt

    columns = {"crisp_share": "Crisp share of the work", "factor": "Crisp work is done faster", "speed_up": "Speed-up of the whole"}
    text = (
        "Line chart of the speed-up of a whole field against the crisp share of its work. "
        f"At a crisp share of {display.percent_share(frame['crisp_share'].max())} it reaches "
        f"{display.number(frame['speed_up'].max(), 0)} times at most; at small shares it hardly rises."
    )
    by = series("factor", "Crisp work is done faster", frame["factor"], frame["factor"].unique())
    x = alt.X("crisp_share:Q", title=columns["crisp_share"], axis=alt.Axis(format=".0%"))
    return curves(frame, x, alt.Y("speed_up:Q", title=columns["speed_up"]), by, [], columns, text)


def posteriors(frame: pd.DataFrame) -> Any:
    """Risk that is left after a report "below the threshold".

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.the_safety_case.posterior_grid` returns.

    Returns
    -------
    altair.LayerChart
        Prior, posterior and the least any report of the process could leave; the reader picks gap
        and discretion.
    """
    import altair as alt

    names = {"prior": "before the report", "posterior": "after the report", "bound": "least it could leave"}
    drawn = frame.rename(columns=names).melt(["choices", "gap", "discretion"], var_name="when", value_name="risk")
    controls = [
        choose("discretion", "Chance that an alarm is explained away", drawn["discretion"], 0.5),
        choose("gap", "Capability the test does not bring out", drawn["gap"], 0.5),
    ]
    columns = {"choices": "Benchmarks to choose from", "discretion": "Discretion", "gap": "Gap", "when": "Chance of danger", "risk": "Risk"}
    text = (
        "Line chart of the chance that a model is dangerous, before and after a report that it is below the threshold, "
        "against the number of benchmarks the reporter may choose from. The more there are to choose from, the nearer the "
        f"two lines come; before the report the chance is {display.percent_share(frame['prior'].iloc[0])}."
    )
    by = series("when", "Chance of danger", drawn["when"], tuple(names.values()))
    x = alt.X("choices:Q", title="Benchmarks the reporter may choose from (logarithmic)", scale=alt.Scale(type="log", nice=False))
    y = alt.Y("risk:Q", title="Chance that the model is dangerous", axis=alt.Axis(format=".0%"))
    return curves(drawn, x, y, by, controls, columns, text)


def prices(frame: pd.DataFrame) -> Any:
    """Share of the risk that a report removes, under every set of measures.

    Parameters
    ----------
    frame : DataFrame
        As :func:`analysis.theory.the_safety_case.price_grid` returns.

    Returns
    -------
    altair.Chart
        One bar a set of measures; the reader picks the strength of enforcement.
    """
    import altair as alt

    controls = [choose("enforcement", "Expected penalty, in units of the mean worth of shipping", frame["enforcement"], 2)]
    drawn = frame.assign(label=frame["measures"])
    columns = {"label": "Measures", "enforcement": "Enforcement", "alarm": "Chance of alarm", "posterior": "Risk left", "removed": "Risk removed"}
    best = drawn.loc[drawn["removed"].idxmax()]
    text = (
        "Bar chart of the share of the prior risk that a report below the threshold removes, under each set of measures. "
        f"All measures together remove {display.percent_share(best['removed'])} at the strictest enforcement."
    )
    names = list(dict.fromkeys(drawn["label"]))
    x = alt.X("removed:Q", title="Share of the risk that a report removes", axis=alt.Axis(format=".0%"), scale=alt.Scale(domain=[0, 1]))
    shown = tips(columns, {"alarm": ".1%", "posterior": ".1%", "removed": ".1%", "enforcement": "~g"})
    chart = alt.Chart(drawn, height=26 * len(names)).transform_filter(picked(controls)).mark_bar().encode(x=x, y=row_axis(names), tooltip=shown)
    return house(chart.add_params(*controls), text, columns)
