"""What the chapter on the models to run next says and lists."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from analysis.display import correlation as rho
from analysis.display import count, interval, listing, number, percent_share
from analysis.findings.shared import headline_benchmarks, plural
from analysis.house import display_name

if TYPE_CHECKING:
    import pandas as pd

    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

PANEL_COLUMNS = {
    "rank": "Order",
    "name": "Model",
    "family": "Family",
    "new_family": "New family",
    "capabilities_score": "Capabilities score",
    "half_width": "Expected interval",
}
OPEN_COLUMNS = {
    "name": "Benchmark",
    "correlation": "ρ",
    "bounds": "Interval",
    "reason": "Why",
    "more_families": "More families, half the cases",
    "more_families_upper": "Nine cases in ten",
}
TRIAL_COLUMNS = {"models": "Models run", "ranked": "Ranked panel", "random": "Random panels"}
TRIAL_FORMATS = {"ranked": number, "random": number}
DRAWS = 6
FEWEST_TRIED = 6
MOST_TRIED = 60


def width_text(value: float) -> str:
    """A width over that of the whole population, or that there is none yet."""
    return number(value) if math.isfinite(value) else "none yet"


def families_text(value: float) -> str:
    """A number of families, or that no number below a thousand would do."""
    return count(value) if math.isfinite(value) else "over a thousand"


PANEL_FORMATS = {
    "new_family": lambda new: "yes" if new else "no",
    "capabilities_score": rho,
    "half_width": width_text,
}
OPEN_FORMATS = {
    "correlation": rho, "more_families": families_text, "more_families_upper": families_text,
}


def panel_rows(table: ScoreTable, population: str, parameters: Parameters) -> pd.DataFrame:
    """The panel for a benchmark that nobody has run yet, within the budget.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The population to take models from.
    parameters : Parameters
        Index, component, missing-score policy, level and budget.

    Returns
    -------
    DataFrame
        As `analysis.panel.next_models`.
    """
    from analysis.panel import next_models

    return next_models(table, population, [], parameters.budget, parameters)


def panel_words(rows: pd.DataFrame, table: ScoreTable, population: str, share: float) -> dict[str, str]:
    """Strings on the ranked panel.

    Parameters
    ----------
    rows : DataFrame
        From `panel_rows`.
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The population the models are from.
    share : float
        From `analysis.panel.family_share`.

    Returns
    -------
    dict of str
        Keys `panel_size, panel_share_sentence, panel_sentence, panel_width_sentence, panel_caption`.
    """
    new = int(rows["new_family"].sum())
    last = rows["half_width"].iloc[-1]
    wide = (
        f"Its interval is expected to be {number(last)} times as wide as that of the whole population."
        if math.isfinite(last)
        else "It reaches fewer than three families, too few for an interval."
    )
    return {
        "panel_size": plural(len(rows), "model"),
        "panel_share_sentence": share_sentence(table, population, share),
        "panel_sentence": (
            f"The panel of {plural(len(rows), f'{population} model')} begins with {listing(rows['name'].head(3))}; "
            f"{count(new)} of its models bring in a family of their own."
        ),
        "panel_width_sentence": wide,
        "panel_caption": panel_caption(rows),
    }


def panel_caption(rows: pd.DataFrame) -> str:
    """What the chart of `panel_rows` draws: every model of the panel, or those after which there is an interval."""
    drawn = int(rows["half_width"].map(math.isfinite).sum())
    if not drawn:
        return "No model of this panel is drawn."
    which = "after each model of the panel"
    if drawn < len(rows):
        which = f"after the last {'model' if drawn == 1 else f'{count(drawn)} models'} of the panel's {count(len(rows))}"
    return f"The width of the interval {which}, in the order to run them.{halfway_sentence(rows.tail(drawn))}"


def halfway_sentence(drawn: pd.DataFrame) -> str:
    """After which model half of what the models drawn take off the width is reached; nothing where they take off none."""
    first, last = drawn["half_width"].iloc[[0, -1]]
    if last >= first:
        return ""
    half = drawn.loc[drawn["half_width"] <= (first + last) / 2, "rank"].iloc[0]
    return f" Half of what they take off it is reached after the {count(half)} models ranked first."


def share_sentence(table: ScoreTable, population: str, share: float) -> str:
    """What part of a benchmark's deviation families share, or that it cannot be told."""
    from analysis.scores import families

    if families(table, population).is_unique:
        return "Here every family has one model, so this part cannot be told from the rest, and does not matter."
    return (
        "It is not guessed: the middle value over the safety benchmarks of this edition that all models have is "
        f"{percent_share(share)}."
    )


def open_rows(judged: pd.DataFrame, table: ScoreTable) -> pd.DataFrame:
    """Headline safety benchmarks without a verdict, those nearest to one first.

    Parameters
    ----------
    judged : DataFrame
        From `analysis.results.judged_correlations`.
    table : ScoreTable
        For the benchmarks' names and parents.

    Returns
    -------
    DataFrame
        `judged` with columns `name` and `bounds`.
    """
    rows = headline_benchmarks(judged, table.benchmarks)
    rows = rows[rows["verdict"] == "cannot tell"]
    named = rows.assign(
        name=[display_name(benchmark, table.benchmarks) for benchmark in rows["benchmark"]],
        bounds=[interval(low, high) for low, high in zip(rows["lower"], rows["upper"], strict=True)],
    )
    order = ["more_families", "more_families_upper", "name"]
    return named.sort_values(order, kind="stable").reset_index(drop=True)


def open_words(rows: pd.DataFrame, judged: pd.DataFrame, table: ScoreTable) -> dict[str, str]:
    """Strings on the benchmarks without a verdict, from `open_rows`: keys `open_sentence, settle_sentence`.

    Parameters
    ----------
    rows : DataFrame
        From `open_rows`.
    judged : DataFrame
        From `analysis.results.judged_correlations`.
    table : ScoreTable
        For the benchmarks' parents.

    Returns
    -------
    dict of str
        Two sentences.
    """
    total = len(headline_benchmarks(judged, table.benchmarks))
    waiting = rows["more_families"].dropna()
    if rows.empty:
        return {"open_sentence": "No headline safety benchmark is left without a verdict.", "settle_sentence": ""}
    half = waiting.median() if len(waiting) else math.nan
    settle = "" if not len(waiting) else (
        f"For the middle one of those that wait for families, it would take {families_text(half)} more families like these "
        "to settle it in half of the cases that fit the scores."
    )
    opened = f"Of {plural(total, 'headline safety benchmark')}, {count(len(rows))} {'has' if len(rows) == 1 else 'have'} the verdict “cannot tell”."
    return {"open_sentence": opened, "settle_sentence": settle}


def tried(table: ScoreTable, population: str, parameters: Parameters) -> pd.DataFrame:
    """The ranked panel against random ones on benchmarks that are already scored.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The population to take models from.
    parameters : Parameters
        Those of the edition.

    Returns
    -------
    DataFrame
        As `analysis.panel.trial`, for the budget, a third, half and two thirds of the population, at
        most `MOST_TRIED` models; no rows where it has too few.
    """
    import pandas as pd

    from analysis.panel import trial
    from analysis.resampling import panel

    among = int(panel(table, population, parameters).scored.sum())
    wanted = {parameters.budget, among // 3, among // 2, 2 * among // 3}
    sizes = sorted({min(size, MOST_TRIED) for size in wanted if FEWEST_TRIED <= size < among})
    if not sizes:
        return pd.DataFrame(columns=list(TRIAL_COLUMNS))
    return trial(table, population, parameters, sizes, DRAWS)


def trial_words(rows: pd.DataFrame) -> dict[str, str]:
    """A sentence on whether the ranking helped, from `tried`: key `trial_sentence`."""
    if rows.empty:
        return {"trial_sentence": "This population has too few models to try the ranking on."}
    better = int((rows["ranked"] < rows["random"]).sum())
    where = "none" if not better else f"all {count(better)}" if better == len(rows) > 1 else count(better)
    return {
        "trial_sentence": (
            f"Of {plural(len(rows), 'panel size')} tried, the ranked panel left narrower intervals than random panels of as "
            f"many models at {where}."
        )
    }


def width_chart(rows: pd.DataFrame) -> Any:
    """The expected width of the interval as models are added.

    Parameters
    ----------
    rows : DataFrame
        From `panel_rows`.

    Returns
    -------
    altair.Chart
        One mark a model, its shape telling whether it brings in a new family.
    """
    import altair as alt

    from analysis.house import house, note, series, tips

    drawn = rows[rows["half_width"].map(math.isfinite)]
    if drawn.empty:
        return note("No panel within this budget reaches three families.")
    drawn = drawn.assign(brings=["a new family" if new else "one more of a family" for new in drawn["new_family"]])
    columns = {"rank": "Order", "name": "Model", "family": "Family", "brings": "Brings", "half_width": "Expected interval"}
    kind = series("brings", "Brings", drawn["brings"], ["a new family", "one more of a family"])
    x = alt.X("rank:Q", title="models run", axis=alt.Axis(tickMinStep=1, format="d"), scale=alt.Scale(zero=False))
    y = alt.Y("half_width:Q", title="expected interval, whole population = 1")
    base = alt.Chart(drawn[list(columns)], height=260).encode(x=x, y=y)
    dots = base.mark_point().encode(color=kind.colour(), shape=kind.shape(), tooltip=tips(columns, {"half_width": ".2f"}))
    text = (
        f"Expected width of the interval after each model, from {number(drawn['half_width'].iloc[0])} after "
        f"{plural(int(drawn['rank'].iloc[0]), 'model')} to {number(drawn['half_width'].iloc[-1])} after {count(drawn['rank'].iloc[-1])}."
    )
    return house(alt.layer(base.mark_line(tooltip=None), dots), text, columns, kind)
