"""What the chapter on robustness says and lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from analysis.display import correlation as rho
from analysis.display import count, interval, listing, number, percent_share
from analysis.findings.shared import plural
from analysis.house import display_name

if TYPE_CHECKING:
    import pandas as pd

    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

MOST_DRAWN = 500
MOST_NAMED = 5
CLAIMED = "truthfulqa_mc1"
WORDS = {
    "spearman": "Spearman",
    "pearson": "Pearson",
    "kendall": "Kendall",
    "all": "the whole index",
    "without one": "one benchmark left out",
    "random half": "a random half",
    "drop_models": "models with a gap get no score",
    "drop_benchmarks": "benchmarks with a gap leave the index",
    "available": "every pair of scores is used",
    "": "none",
}
CHOICES = {
    "population": "Population",
    "index_choice": "Index",
    "component": "Matrix of the component",
    "correlation_type": "Type of correlation",
    "missing": "Missing index scores",
    "family_left_out": "Family left out",
}
CHOICE_COLUMNS = {"choice": "Choice", "number": "Options", "options": "Which"}
SIDE_COLUMNS = {
    "name": "Benchmark",
    "above": "Above the line",
    "within": "Within",
    "below": "Below",
    "lowest": "Lowest",
    "median": "Median",
    "highest": "Highest",
    "estimate": "This edition",
    "published": "Published",
    "specifications": "Specifications",
}
SIDE_FORMATS = {
    **dict.fromkeys(("above", "within", "below"), percent_share),
    **dict.fromkeys(("lowest", "median", "highest", "estimate", "published"), rho),
}
FAMILY_COLUMNS = {
    "name": "Benchmark",
    "estimate": "All families",
    "lowest": "Lowest",
    "lowest_without": "Without",
    "highest": "Highest",
    "highest_without": "Without ",
    "crosses": "Changes side",
}
FAMILY_FORMATS = {"estimate": rho, "lowest": rho, "highest": rho}
HALF_COLUMNS = {
    "name": "Benchmark",
    "weaker": "ρ, weaker half",
    "stronger": "ρ, stronger half",
    "difference": "Difference",
    "interval": "Interval of it",
    "n_weaker": "n, weaker",
    "n_stronger": "n, stronger",
}
HALF_FORMATS = {"weaker": rho, "stronger": rho, "difference": rho}
CIRCULAR_COLUMNS = {
    "name": "Index benchmark",
    "correlation": "ρ with the score",
    "interval": "Interval",
    "left_out": "ρ without it",
    "left_out_interval": "Interval ",
    "gain": "Gain",
}
CIRCULAR_FORMATS = {"correlation": rho, "left_out": rho, "gain": partial(number, digits=3)}


def subjects(headline: pd.DataFrame, example: str) -> list[str]:
    """Return the benchmarks of the chapter: the headline ones, and the worked example.

    Parameters
    ----------
    headline : DataFrame
        Headline safety benchmarks; may be empty.
    example : str
        Benchmark id.

    Returns
    -------
    list of str
        Ids, each once.
    """
    return list(dict.fromkeys([*headline["benchmark"], example]))


def choice_rows(curve: pd.DataFrame) -> pd.DataFrame:
    """List the choices that were varied, with their options.

    Parameters
    ----------
    curve : DataFrame
        From `analysis.robustness.specification_curve`.

    Returns
    -------
    DataFrame
        Columns of `CHOICE_COLUMNS`, one row a choice.
    """
    import pandas as pd

    rows = []
    for column, title in CHOICES.items():
        options = _index_options(curve) if column == "index_choice" else _plain_options(curve, column)
        number_of = curve["index_set"].nunique() if column == "index_choice" else len(options)
        rows.append((title, number_of, listing(options)))
    return pd.DataFrame(rows, columns=list(CHOICE_COLUMNS))


def _plain_options(curve: pd.DataFrame, column: str) -> list[str]:
    return [_word(column, option) for option in curve[column].unique()]


def _index_options(curve: pd.DataFrame) -> list[str]:
    sets = curve.groupby("index_choice", sort=False)["index_set"].nunique()
    return [f"{WORDS[kind]}" if kind == "all" else f"{WORDS[kind]} ({count(n)} ways)" for kind, n in sets.items()]


def _word(column: str, option: str) -> str:
    """Say an option in words; names of populations and families stay as they are."""
    named = column == "population" or (column == "family_left_out" and option)
    word = option if named else WORDS.get(option, option)
    return f"{word} matrix" if column == "component" else word


def range_rows(
    curve: pd.DataFrame, headline: pd.DataFrame, table: ScoreTable, population: str, line: float
) -> pd.DataFrame:
    """Return the range of every headline benchmark over all specifications.

    Parameters
    ----------
    curve : DataFrame
        From `analysis.robustness.specification_curve`.
    headline : DataFrame
        Headline safety benchmarks of one population, with `correlation`.
    table : ScoreTable
        For names and published figures.
    population : str
        The headline population.
    line : float
        The line between a low correlation and one that is not.

    Returns
    -------
    DataFrame
        `benchmark`, the columns of `SIDE_COLUMNS` and `printed` (the published value before it was
        turned into our direction), highest median first; `published` and `printed` are NaN where
        nothing was published.
    """
    from analysis.robustness import published_marks, sides

    marks = published_marks(table)
    known = marks[marks["population"] == population].set_index("benchmark")
    own = headline[["benchmark", "correlation"]].rename(columns={"correlation": "estimate"})
    rows = sides(curve, line).merge(own, on="benchmark")
    for column in ("published", "printed"):
        rows[column] = rows["benchmark"].map(known[column]).astype(float)
    rows["name"] = [display_name(benchmark, table.benchmarks) for benchmark in rows["benchmark"]]
    return rows.sort_values(["median", "benchmark"], ascending=[False, True]).reset_index(drop=True)


def range_findings(rows: pd.DataFrame, line: float) -> dict[str, str]:
    """Return strings on the ranges, from `range_rows`.

    Parameters
    ----------
    rows : DataFrame
        From `range_rows`.
    line : float
        The line.

    Returns
    -------
    dict of str
        Keys `specifications, side_sentence, sign_sentence, published_sentence, turned_sentence, range_caption,
        sides_caption, line`.
    """
    most = int(rows["specifications"].max()) if len(rows) else 0
    return {
        "line": number(line, 2),
        "specifications": plural(most, "specification"),
        "side_sentence": side_sentence(rows),
        "sign_sentence": sign_sentence(rows),
        "published_sentence": published_sentence(rows),
        "turned_sentence": turned_sentence(rows),
        "range_caption": range_caption(rows),
        "sides_caption": sides_caption(rows, line),
    }


def side_sentence(rows: pd.DataFrame) -> str:
    """Return a sentence on how many benchmarks keep their side of the line, from `range_rows`."""
    if rows.empty:
        return "These scores hold no headline safety benchmark, so there is no range to show."
    above, within, below = (int((rows[side] == 1).sum()) for side in ("above", "within", "below"))
    steady = above + within + below
    of_all = f"Of {plural(len(rows), 'headline safety benchmark')}, {count(steady)} {'keeps its' if steady == 1 else 'keep their'}"
    if not steady:
        return f"{of_all} place in every specification: where each stands depends on the choices."
    rest = f" For the other {count(len(rows) - steady)} the place depends on the choices." if steady < len(rows) else ""
    return (
        f"{of_all} place in every specification: {count(above)} above the line, {count(within)} between the lines and "
        f"{count(below)} below the negative line.{rest}"
    )


def sign_sentence(rows: pd.DataFrame) -> str:
    """Return a sentence on how many benchmarks change sign between specifications, from `range_rows`."""
    if rows.empty:
        return ""
    turning = int(((rows["lowest"] < 0) & (rows["highest"] > 0)).sum())
    if not turning:
        return "No benchmark changes its sign from one specification to another."
    return (
        f"{count(turning)} of the {count(len(rows))} even {'changes its' if turning == 1 else 'change their'} sign: some specifications "
        "give a positive ρ and others a negative one."
    )


def published_sentence(rows: pd.DataFrame) -> str:
    """Return a sentence on where published values lie in the ranges; empty where there are none."""
    known = rows.dropna(subset=["published"])
    if known.empty:
        return ""
    inside = int(known["published"].between(known["lowest"] - 0.001, known["highest"] + 0.001).sum())
    if len(known) == 1:
        return f"A value was published for 1 of the {count(len(rows))}; it lies {'inside' if inside else 'outside'} the range."
    many = "all of them lie" if inside == len(known) else f"{count(inside)} of them {'lies' if inside == 1 else 'lie'}"
    return f"Values were published for {count(len(known))} of the {count(len(rows))}; {many} inside the range of the same benchmark."


def turned_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `range_rows` whose published value was turned into the book's direction."""
    return rows[rows["published"].notna() & (rows["published"] != rows["printed"])]


def turned_sentence(rows: pd.DataFrame) -> str:
    """Return a sentence on published values turned into the book's direction; empty where none was.

    Parameters
    ----------
    rows : DataFrame
        From `range_rows`.

    Returns
    -------
    str
        With the benchmarks' names and printed values where they are few.
    """
    turned = turned_rows(rows)
    if turned.empty:
        return ""
    one = len(turned) == 1
    pairs = zip(turned["name"], turned["printed"], strict=True)
    named = f" ({'; '.join(f'{name}, {rho(value)} there' for name, value in pairs)})" if len(turned) <= MOST_NAMED else ""
    return (
        f"{count(len(turned))} of the published values {'has' if one else 'have'} the other sign in the source{named}, which correlates the "
        f"scores as they stand; {'it is' if one else 'they are'} turned here into the book's direction, in which higher is safer."
    )


def range_caption(rows: pd.DataFrame) -> str:
    """Return the caption of the chart of ranges, from `range_rows`."""
    if rows.empty:
        return "There is no headline safety benchmark to draw."
    marks = "the median specification and this edition's own"
    if rows["published"].notna().any():
        marks = "the median specification, this edition's own and, as an outline, the published value"
    turned = len(turned_rows(rows))
    direction = f", turned into this book's direction (which changes the sign of {count(turned)} of them)" if turned else ""
    return f"The bar runs from the lowest specification to the highest; marked are {marks}{direction}."


def sides_caption(rows: pd.DataFrame, line: float) -> str:
    """Return the caption of the table of ranges, from `range_rows`."""
    turned = turned_rows(rows)
    published = f" Published values are turned into this book's direction; {count(len(turned))} of them changed sign." if len(turned) else ""
    return f"The line is {number(line, 2)} in size.{published}"


def published_value(rows: pd.DataFrame, benchmark: str) -> tuple[float, float]:
    """Return one benchmark's published value in our direction, and as printed.

    Parameters
    ----------
    rows : DataFrame
        From `range_rows`.
    benchmark : str
        Benchmark id; need not be among the rows.

    Returns
    -------
    tuple of float
        In [-1, 1]; NaN where nothing was published.
    """
    own = rows.set_index("benchmark").reindex([benchmark]).iloc[0]
    return float(own["published"]), float(own["printed"])


def curve_rows(curve: pd.DataFrame, benchmark: str) -> pd.DataFrame:
    """Return one benchmark's specifications in the order of their estimates.

    Parameters
    ----------
    curve : DataFrame
        From `analysis.robustness.specification_curve`.
    benchmark : str
        Benchmark id.

    Returns
    -------
    DataFrame
        The rows of that benchmark that are defined and not circular, with `rank` from 1.
    """
    return in_order(curve[curve["benchmark"] == benchmark])


def in_order(specifications: pd.DataFrame) -> pd.DataFrame:
    """Return the specifications that are defined and not circular, lowest estimate first, with `rank` from 1."""
    used = specifications[specifications["comparable"].notna() & ~specifications["circular"]]
    ordered = used.sort_values("comparable", kind="stable").reset_index(drop=True)
    return ordered.assign(rank=ordered.index + 1)


def drawn_rows(rows: pd.DataFrame, most: int = MOST_DRAWN) -> pd.DataFrame:
    """Thin a specification curve evenly, so that a page can carry it.

    Parameters
    ----------
    rows : DataFrame
        From `curve_rows`.
    most : int
        How many may be drawn.

    Returns
    -------
    DataFrame
        At most `most` rows, the first, the last and the edition's own among them.
    """
    import numpy as np

    if len(rows) <= most:
        return rows
    own = np.flatnonzero(rows["headline"])[: most // 2]
    even = np.linspace(0, len(rows) - 1, most - len(own)).round().astype(int)
    return rows.iloc[np.union1d(even, own)]


def option_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what each option of each choice leads to for one benchmark.

    Index sets are compared with no family left out and families with the whole index, since the
    two are not crossed.

    Parameters
    ----------
    rows : DataFrame
        From `curve_rows`.

    Returns
    -------
    DataFrame
        `choice, option, specifications, lowest, median, highest`; choices with one option are
        left out.
    """
    import pandas as pd

    parts = [part for column in CHOICES for part in _options(rows, column)]
    return pd.DataFrame(parts, columns=["choice", "option", "specifications", "lowest", "median", "highest"])


def _options(rows: pd.DataFrame, column: str) -> Iterator[tuple[str, str, int, float, float, float]]:
    comparable = {
        "index_choice": rows["family_left_out"] == "",
        "family_left_out": rows["index_choice"] == "all",
    }
    used = rows[comparable[column]] if column in comparable else rows
    groups = used.groupby(column, sort=False)["comparable"]
    if groups.ngroups < 2:
        return
    for option in sorted(groups.groups, key=lambda name: (name != "", list(WORDS).index(name) if name in WORDS else 0, name)):
        values = groups.get_group(option)
        yield CHOICES[column], _word(column, option), len(values), values.min(), values.median(), values.max()


def widest_choice(options: pd.DataFrame) -> str:
    """Return the choice whose options' medians lie furthest apart, from `option_rows`; empty where none varies."""
    if options.empty:
        return ""
    spread = options.groupby("choice", sort=False)["median"].agg(lambda values: values.max() - values.min())
    return str(spread.idxmax())


def curve_findings(
    rows: pd.DataFrame, name: str, line: float, published: float = float("nan"), printed: float = float("nan")
) -> dict[str, str]:
    """Return strings on one benchmark's specification curve.

    Parameters
    ----------
    rows : DataFrame
        From `curve_rows`.
    name : str
        The benchmark's name.
    line : float
        The line.
    published : float
        Its published correlation in [-1, 1], in our direction; NaN where there is none.
    printed : float
        The same as the source prints it.

    Returns
    -------
    dict of str
        Keys `example, example_sentence, curve_caption, choice_sentence, options_caption`.
    """
    options = option_rows(rows)
    drawn = len(drawn_rows(rows))
    return {
        "example": name,
        "example_sentence": example_sentence(rows, name, line),
        "curve_caption": curve_caption(name, len(rows), drawn, published_words(published, printed), levels_words(rows, line, published)),
        "choice_sentence": choice_sentence(options),
        "options_caption": options_caption(options, name, line),
    }


def example_sentence(rows: pd.DataFrame, name: str, line: float) -> str:
    """Return sentences on the range of one benchmark's curve, from `curve_rows`."""
    if rows.empty:
        return f"No specification gives {name} a ρ that it did not help to make."
    values = rows["comparable"]
    low, high = values.quantile([0.25, 0.75])
    if len(values) == 1:
        return f"The only specification of {name} gives {rho(values.iloc[0])}."
    # Far from the values a line says nothing: no curve reaches both.
    share, where = ((values < -line).mean(), "below the negative line") if values.median() < 0 else ((values > line).mean(), "above the line")
    return (
        f"The {plural(len(values), 'specification')} of {name} give values from {rho(values.min())} to {rho(values.max())}. The middle half of them "
        f"lies between {rho(low)} and {rho(high)}; {percent_share(share)} of them lie {where}."
    )


def published_words(published: float, printed: float) -> str:
    """Return a sentence on the dotted line at a published value, and whether it was turned; empty where there is none."""
    if published != published:
        return ""
    if printed == printed and printed != published:
        return (
            f" The dotted line is the published value, {rho(printed)} in the source, turned into this book's direction: {rho(published)}."
        )
    return f" The dotted line is the published value, {rho(published)}."


def axis_range(values: Iterable[float], line: float) -> tuple[float, float]:
    """Return the ends of an axis of correlations that follows its values.

    Parameters
    ----------
    values : iterable of float
        What is drawn; at least one is known.
    line : float
        The line; the one of ± the line that is nearest to the values is always on the axis.

    Returns
    -------
    tuple of float
        Inside [-1, 1], with a margin on either side.
    """
    known = [value for value in values if value == value]
    middle = (min(known) + max(known)) / 2
    known.append(line if middle >= 0 else -line)
    margin = max(0.08 * (max(known) - min(known)), 0.03)
    return max(min(known) - margin, -1.0), min(max(known) + margin, 1.0)


def levels_words(rows: pd.DataFrame, line: float, published: float = float("nan")) -> str:
    """Return a sentence on the level lines that a chart of these specifications has room for."""
    low, high = axis_range([*rows["comparable"], published], line) if len(rows) else (-1.0, 1.0)
    return lines_words(low, high, line)


def lines_words(low: float, high: float, line: float) -> str:
    """Return a sentence on which of zero and ± the line lie between two ends of an axis."""
    dashed = [rho(level) for level in (line, -line) if low <= level <= high and line]
    told = f" The dashed {'line is' if len(dashed) == 1 else 'lines are'} at {listing(dashed)}." if dashed else ""
    told += " The solid line is at zero." if low <= 0 <= high else ""
    return told if (low, high) == (-1.0, 1.0) else f"{told} The axis shows only the part of the scale that is needed."


def curve_caption(name: str, total: int, drawn: int, published: str, levels: str) -> str:
    """Return the caption of the specification curve, with the words on the published value and on the levels."""
    if not total:
        return f"There is no specification of {name} to draw."
    which = "" if drawn == total else f"; {count(drawn)} of the {count(total)} are drawn, at even steps"
    return (
        f"Each dot is one specification of {name}, in the order of ρ{which}. A diamond marks what this edition "
        f"itself chose, once for each population.{levels}{published}"
    )


def choice_sentence(options: pd.DataFrame) -> str:
    """Return a sentence on the choice that moves the median most, from `option_rows`."""
    widest = widest_choice(options)
    if not widest:
        return "No choice had more than one option."
    own = options[options["choice"] == widest]
    low, high = own.loc[own["median"].idxmin()], own.loc[own["median"].idxmax()]
    if low["median"] == high["median"]:
        return "No choice moves the median specification."
    return (
        f"The choice that moves the median most here is this one: {widest.lower()}. It runs from {rho(low['median'])} "
        f"({low['option']}) to {rho(high['median'])} ({high['option']})."
    )


def options_caption(options: pd.DataFrame, name: str, line: float) -> str:
    """Return the caption of the chart of options."""
    if options.empty:
        return "There is no choice with more than one option to draw."
    levels = lines_words(*axis_range([*options["lowest"], *options["highest"]], line), line)
    return f"For {name}, the dot is the median over all specifications with that option, the bar their whole range.{levels}"


def family_rows(
    curve: pd.DataFrame, headline: pd.DataFrame, table: ScoreTable, population: str, parameters: Parameters
) -> pd.DataFrame:
    """Return the extremes of every headline correlation when one family is left out.

    Parameters
    ----------
    curve : DataFrame
        From `analysis.robustness.specification_curve`.
    headline : DataFrame
        Headline safety benchmarks of one population.
    table : ScoreTable
        For the names.
    population : str
        The headline population.
    parameters : Parameters
        `component`, `missing` and `line` are used.

    Returns
    -------
    DataFrame
        `benchmark, furthest` (the family whose absence moves ρ most) and the columns of
        `FAMILY_COLUMNS`, widest range first; empty where no family can be left out.
    """
    import pandas as pd

    own = curve[(curve["population"] == population) & (curve["component"] == parameters.component)]
    own = own[(own["missing"] == parameters.missing) & (own["correlation_type"] == "spearman")]
    left = own[(own["family_left_out"] != "") & own["estimate"].notna()]
    whole = headline.set_index("benchmark")["correlation"]
    groups = {name: part for name, part in left.groupby("benchmark", sort=False) if name in whole}
    rows = [_family_row(name, part, whole[name], parameters.line, table) for name, part in groups.items()]
    columns = ["benchmark", "furthest", *FAMILY_COLUMNS, "range"]
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values("range", ascending=False, kind="stable").reset_index(drop=True)


def _family_row(benchmark: str, part: pd.DataFrame, whole: float, line: float, table: ScoreTable) -> dict[str, object]:
    values = part.set_index("family_left_out")["estimate"]
    return {
        "benchmark": benchmark,
        "furthest": (values - whole).abs().idxmax(),
        "name": display_name(benchmark, table.benchmarks),
        "estimate": whole,
        "lowest": values.min(),
        "lowest_without": values.idxmin(),
        "highest": values.max(),
        "highest_without": values.idxmax(),
        "crosses": "yes" if {_side(value, line) for value in values} - {_side(whole, line)} else "no",
        "range": values.max() - values.min(),
    }


def _side(value: float, line: float) -> int:
    """1 above the line, -1 below the negative line, else 0."""
    return int(value > line) - int(value < -line)


def family_findings(rows: pd.DataFrame) -> dict[str, str]:
    """Return strings on leaving families out, from `family_rows`: key `family_out_sentence`."""
    if rows.empty:
        return {"family_out_sentence": "With so few families none can be left out."}
    crossing = int((rows["crosses"] == "yes").sum())
    times = rows["furthest"].value_counts()
    leading = sorted(times[times == times.max()].index)
    whose = f"{leading[0]}:" if len(leading) == 1 else f"one of {listing(leading)}, each"
    return {
        "family_out_sentence": (
            f"For {count(crossing) if crossing else 'none'} of {plural(len(rows), 'headline safety benchmark')}, one family decides on which side of a line ρ lies. "
            f"The family whose absence most often moves ρ furthest is {whose} {count(int(times.max()))} of {count(len(rows))} times. "
            f"In the middle benchmark the values span {number(rows['range'].median(), 2)}."
        )
    }


def half_rows(halves: pd.DataFrame, headline: pd.DataFrame, table: ScoreTable) -> pd.DataFrame:
    """Return the headline benchmarks' correlations among weaker and among stronger models.

    Parameters
    ----------
    halves : DataFrame
        From `analysis.robustness.weaker_against_stronger`.
    headline : DataFrame
        Headline safety benchmarks.
    table : ScoreTable
        For the names.

    Returns
    -------
    DataFrame
        `benchmark, lower, upper` and the columns of `HALF_COLUMNS`, largest rise first; rows
        where a half has no correlation are left out.
    """
    own = halves[halves["benchmark"].isin(headline["benchmark"])].dropna(subset=["difference"])
    names = [display_name(benchmark, table.benchmarks) for benchmark in own["benchmark"]]
    bounds = [interval(*pair) if pair[0] == pair[0] else "none" for pair in zip(own["lower"], own["upper"], strict=True)]
    named = own.assign(name=names, interval=bounds)
    return named.sort_values("difference", ascending=False, kind="stable").reset_index(drop=True)


def half_findings(rows: pd.DataFrame, table: ScoreTable, level: float) -> dict[str, str]:
    """Return strings on weaker against stronger models.

    Parameters
    ----------
    rows : DataFrame
        From `half_rows`.
    table : ScoreTable
        To see whether it has the benchmark that the claim is about.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    dict of str
        Keys `half_sentence, half_interval_sentence, claim_sentence, half_caption`.
    """
    return {
        "half_sentence": half_sentence(rows),
        "half_interval_sentence": half_interval_sentence(rows, level),
        "claim_sentence": claim_sentence(rows, CLAIMED in table.benchmarks.index),
        "half_caption": half_caption(rows),
    }


def half_sentence(rows: pd.DataFrame) -> str:
    """Return a sentence on which half has the higher ρ, from `half_rows`."""
    if rows.empty:
        return "The halves of this panel hold too few models for a correlation in each."
    weaker, stronger = rows[["weaker", "stronger"]].abs().median()
    return (
        f"Among the stronger half of the models ρ is higher for {count(int((rows['difference'] > 0).sum()))} of "
        f"{plural(len(rows), 'headline safety benchmark')} and lower for {count(int((rows['difference'] < 0).sum()))}. "
        f"The middle size of ρ, whatever its sign, is {number(weaker)} in the weaker half and {number(stronger)} in the stronger."
    )


def half_interval_sentence(rows: pd.DataFrame, level: float) -> str:
    """Return sentences on how many differences can be told from zero, from `half_rows`."""
    known = rows.dropna(subset=["lower", "upper"])
    if known.empty:
        return "No interval can be given for any difference, because a half holds too few families."
    outside = int(((known["lower"] > 0) | (known["upper"] < 0)).sum())
    chance = (1 - level) * len(known)
    return (
        f"The interval of the difference excludes zero for {count(outside) if outside else 'none'} of the {plural(len(known), 'benchmark')} that "
        f"{'has' if len(known) == 1 else 'have'} one. If no benchmark differed between the halves, about {number(chance, 1)} such "
        "intervals would be expected by chance alone."
    )


def claim_sentence(rows: pd.DataFrame, listed: bool) -> str:
    """Return sentences on the benchmark that the claim names.

    Parameters
    ----------
    rows : DataFrame
        From `half_rows`.
    listed : bool
        Whether the edition's registry has that benchmark.

    Returns
    -------
    str
        What these scores say of it, or that they cannot.
    """
    own = rows[rows["benchmark"] == CLAIMED]
    if own.empty:
        has = "has no correlation in each half of these models" if listed else "is not in these scores"
        return f"The benchmark of the claim {has}, so the claim itself cannot be tested here; the question is put to all the others."
    row = own.iloc[0]
    way = "as the claim says" if row["difference"] > 0 else "against the claim" if row["difference"] < 0 else "neither way"
    return (
        f"The benchmark of the claim, {row['name']}, has ρ = {rho(row['weaker'])} in the weaker half and {rho(row['stronger'])} in the stronger: "
        f"{way}. {_claim_interval(row)}"
    )


def _claim_interval(row: pd.Series) -> str:
    if row["lower"] != row["lower"]:
        return "No interval can be given, so these scores cannot tell."
    bounds = interval(row["lower"], row["upper"])
    if row["lower"] <= 0 <= row["upper"]:
        return f"The interval of the difference, {bounds}, holds zero: these scores cannot tell."
    return f"The interval of the difference, {bounds}, excludes zero."


def half_caption(rows: pd.DataFrame) -> str:
    """Return the caption of the chart of halves, from `half_rows`."""
    if rows.empty:
        return "There are too few models to split in half, so nothing is drawn."
    weaker, stronger = (int(rows[column].max()) for column in ("n_weaker", "n_stronger"))
    return (
        f"Two marks a headline safety benchmark, joined by a bar. There are at most {count(weaker)} models in the weaker half and "
        f"{count(stronger)} in the stronger."
    )


def circular_rows(frame: pd.DataFrame, table: ScoreTable) -> pd.DataFrame:
    """Return index benchmarks with and without their own part in the score.

    Parameters
    ----------
    frame : DataFrame
        From `analysis.robustness.circularity`.
    table : ScoreTable
        For the names.

    Returns
    -------
    DataFrame
        Columns of `CIRCULAR_COLUMNS`, largest gain first.
    """
    names = [display_name(benchmark, table.benchmarks) for benchmark in frame["benchmark"]]
    pairs = zip(frame["lower"], frame["upper"], strict=True)
    left_out = zip(frame["left_out_lower"], frame["left_out_upper"], strict=True)
    named = frame.assign(
        name=names,
        interval=[interval(*pair) for pair in pairs],
        left_out_interval=[interval(*pair) for pair in left_out],
    )
    return named.sort_values("gain", ascending=False, kind="stable").reset_index(drop=True)


def circular_findings(rows: pd.DataFrame) -> dict[str, str]:
    """Return strings on circularity, from `circular_rows`: key `circular_sentence`."""
    known = rows.dropna(subset=["gain"])
    if known.empty:
        return {"circular_sentence": "The index has too few benchmarks to leave one out."}
    top = known.iloc[0]
    return {
        "circular_sentence": (
            f"Taking part in the score adds {number(known['gain'].mean(), 3)} to an index benchmark's ρ on average, and at most "
            f"{number(top['gain'], 3)} ({top['name']})."
        )
    }
