"""Charts of the chapter on uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis import display
from analysis.findings.your_benchmark import FAMILY_COLUMNS
from analysis.house import correlation_axis, families, house, note, row_axis, rows_height, series, short, tips

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from analysis.intervals import Evidence
    from analysis.scores import ScoreTable


def deleted_families(deleted: pd.DataFrame, evidence: Evidence, benchmark: str, table: ScoreTable) -> Any:
    """Return one benchmark's correlation with each family left out.

    Parameters
    ----------
    deleted
        ``family, models, correlation``, from `analysis.findings.uncertainty.deleted_rows`.
    evidence
        Holds the correlation with all families.
    benchmark
        Benchmark id.
    table
        The edition's score table, for the families' colours.

    Returns
    -------
    altair.LayerChart
        One dot a family, an upright line at the value with all of them.
    """
    import altair as alt
    import pandas as pd

    drawn = deleted.dropna(subset=["correlation"])
    if drawn.empty:
        return note("There are too few families to leave one out.")
    drawn = drawn.assign(label=drawn["family"].map(short))
    whole = float(evidence.estimate.correlations[0, list(evidence.panel.benchmarks).index(benchmark)])
    base = alt.Chart(drawn[["label", *FAMILY_COLUMNS]], height=max(rows_height(len(drawn)), 60))
    kin = families(drawn, table)
    # The axis names the rows; on the page the key is what picks a family without a mouse.
    colour, shape = kin.colour(), kin.shape()
    colour.legend = shape.legend = None
    dots = base.mark_point().encode(
        x=alt.X("correlation:Q", title="ρ without the family", scale=alt.Scale(zero=False), axis=alt.Axis(format="+.2f")),
        y=row_axis(list(drawn["label"])),
        color=colour,
        shape=shape,
        opacity=kin.opacity(),
        tooltip=tips(FAMILY_COLUMNS, {"correlation": "+.3f"}),
    )
    rule = alt.Chart(pd.DataFrame({"whole": [whole]})).mark_rule(tooltip=None).encode(x="whole:Q")
    chart = alt.layer(rule, dots).add_params(kin.picker())
    return house(chart, deleted_text(drawn.to_dict("records"), whole), FAMILY_COLUMNS, kin)


def deleted_text(drawn: Sequence[Mapping[str, Any]], whole: float) -> str:
    """Return the alt text of `deleted_families`.

    Parameters
    ----------
    drawn
        ``family, correlation`` of each row, lowest correlation first; at least one.
    whole
        The correlation with all families.

    Returns
    -------
    str
        Two sentences.
    """
    low, high = drawn[0], drawn[-1]
    return (
        f"Dot plot of {len(drawn)} correlations, each without one family; with all of them it is "
        f"{display.correlation(whole)}. The lowest is {display.correlation(low['correlation'])} without {low['family']}, "
        f"the highest {display.correlation(high['correlation'])} without {high['family']}."
    )


def coverage(frame: pd.DataFrame, level: float) -> Any:
    """Return the simulated coverage of interval methods against the true correlation.

    Parameters
    ----------
    frame
        ``method, rho, coverage, mean_width, simulations``, from `analysis.calibration.calibrate`,
        of one population.
    level
        The level promised, in (0, 1).

    Returns
    -------
    altair.LayerChart
        One line with dots a method, over a band of two points around the level.
    """
    import altair as alt
    import pandas as pd

    from analysis.calibration import TOLERANCE
    from analysis.intervals import methods_table

    if frame.empty:
        return note("No coverage was simulated.")
    names = {key: method.label for key, method in methods_table().items()}
    drawn = frame.assign(label=frame["method"].map(names))
    columns = {"label": "Method", "rho": "True ρ", "coverage": "Coverage", "mean_width": "Mean width", "simulations": "Panels"}
    kind = series("label", "Method", drawn["label"])
    x = alt.X("rho:Q", title="True ρ", scale=alt.Scale(domain=[-1, 1]), axis=correlation_axis())
    y = alt.Y("coverage:Q", title="Share of intervals that hold it", scale=alt.Scale(zero=False), axis=alt.Axis(format=".0%"))
    base = alt.Chart(drawn[list(columns)], height=260).encode(x=x, y=y, color=kind.colour())
    dots = base.mark_point(opacity=1).encode(shape=kind.shape(), tooltip=tips(columns, {"coverage": ".1%", "rho": "+.1f", "mean_width": ".2f"}))
    promise = pd.DataFrame({"low": [level - TOLERANCE], "high": [min(level + TOLERANCE, 1.0)], "level": [level]})
    band = alt.Chart(promise).mark_rect(opacity=0.15, tooltip=None).encode(y="low:Q", y2="high:Q")
    rule = alt.Chart(promise).mark_rule(strokeDash=[5, 4], tooltip=None).encode(y="level:Q")
    return house(alt.layer(band, rule, base.mark_line(tooltip=None), dots), coverage_text(drawn, level), columns, kind)


def coverage_text(drawn: pd.DataFrame, level: float) -> str:
    """Return the alt text of `coverage`.

    Parameters
    ----------
    drawn
        The data with a column ``label``.
    level
        The level promised.

    Returns
    -------
    str
        One sentence a method.
    """
    spans = drawn.groupby("label", sort=False)["coverage"].agg(["min", "max"])
    told = [
        f"{label}: from {display.percent_share(low, 1)} to {display.percent_share(high, 1)}"
        for label, low, high in spans.itertuples()
    ]
    return f"Line chart of coverage over true correlations, promised {display.percent_share(level)}. " + "; ".join(told) + "."
