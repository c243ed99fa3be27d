"""The house style of the book's charts: themes, stable colours, labels, axes, alt text.

Every chart carries its alt text (``description``) and, under ``usermeta.book``, what the page needs
to show it: the columns of its data table, the key to its colours, the field a reader can pick by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis import display

if TYPE_CHECKING:
    import altair as alt

    from analysis.scores import ScoreTable

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
LIGHT = ("#0c4762", "#922600", "#6b8864", "#af71ee", "#ba8325", "#5f399d", "#612927", "#209ba6", "#4b4bff")
DARK = ("#81b0ef", "#c67305", "#c8f2ba", "#a37393", "#f3d36f", "#8965e6", "#f0555d", "#68fdfa", "#2d69a5")
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
RENDERER = "book"
VEGALITE = "application/vnd.vegalite.v6+json"
LABEL_LENGTH = 34
HEADING = "\N{INVISIBLE SEPARATOR}"
COMFORTABLE_ROWS = 60
TALLEST = 3500
PICKED = "picked"
NOTHING = "These scores hold nothing to draw here."


def theme(name: str) -> dict[str, Any]:
    """Return the house style as a Vega-Lite configuration.

    Parameters
    ----------
    name
        ``light``, ``dark``, or ``page``: the light palette with text and lines in the colour of
        the text around the chart, for pictures set into a page.

    Returns
    -------
    dict
        Configuration; the background is transparent.

    Raises
    ------
    KeyError
        For another name.
    """
    text, line, palette = {
        "light": ("#323232", "#8a8a8a", LIGHT),
        "dark": ("#ced6dd", "#8b949e", DARK),
        "page": ("currentColor", "currentColor", LIGHT),
    }[name]
    quiet = {"gridColor": line, "gridOpacity": 0.25, "domainColor": line, "tickColor": line}
    words = {"labelColor": text, "titleColor": text, "labelFontSize": 12, "titleFontSize": 12}
    # Keys as strong as what they stand for, and the first and last number under their own ticks.
    exact = {"labelFlush": False, "labelSeparation": 6}
    return {
        "background": "transparent",
        "font": FONT,
        "axis": {**quiet, **words, **exact, "titleFontWeight": "normal", "labelLimit": 0},
        "legend": {**words, "orient": "bottom", "columns": 4, "symbolLimit": 0, "symbolOpacity": 1, "title": None},
        "range": {"category": list(palette)},
        "view": {"stroke": None},
        "mark": {"color": palette[0]},
        "point": {"filled": True, "size": 70},
        "bar": {"cornerRadiusEnd": 1},
        "rule": {"color": line},
        "text": {"color": text, "fontSize": 12},
        "title": {"color": text, "fontSize": 13, "anchor": "start", "frame": "group", "offset": 8},
        "style": {"guide-label": {"fill": text}, "guide-title": {"fill": text}},
    }


@dataclass(frozen=True)
class Series:
    """Names that keep their colour and shape whatever part of them a chart shows.

    Parameters
    ----------
    field
        Column of the chart's data that holds the names.
    title
        What the names are, for tooltips and keys.
    names
        Every name of the edition, in a stable order.
    shown
        Those in this chart.
    """

    field: str
    title: str
    names: tuple[str, ...]
    shown: tuple[str, ...]

    def shapes(self) -> list[str]:
        """Return the shape of each name; with nine colours, 54 pairs before one comes again.

        Returns
        -------
        list of str
            Vega symbol names, one a name.
        """
        turns = [position % len(LIGHT) + position // len(LIGHT) for position in range(len(self.names))]
        return [SHAPES[turn % len(SHAPES)] for turn in turns]

    def colour(self) -> alt.Color:
        """Return the colour encoding.

        Returns
        -------
        altair.Color
            Named colours of the theme, so that they follow light and dark.
        """
        import altair as alt

        scale = alt.Scale(domain=list(self.names), range="category")
        legend = alt.Legend(values=list(self.shown)) if len(self.shown) > 1 else None
        return alt.Color(self.field, type="nominal", title=self.title, scale=scale, legend=legend)

    def shape(self) -> alt.Shape:
        """Return the shape encoding, which tells apart what colours alone do not.

        Returns
        -------
        altair.Shape
            Symbols.
        """
        import altair as alt

        scale = alt.Scale(domain=list(self.names), range=self.shapes())
        legend = alt.Legend(values=list(self.shown)) if len(self.shown) > 1 else None
        return alt.Shape(self.field, type="nominal", title=self.title, scale=scale, legend=legend)

    def opacity(self) -> Any:
        """Return the opacity encoding that fades what the reader did not pick.

        Returns
        -------
        dict
            A condition on the parameter ``picked``.
        """
        import altair as alt

        chosen = alt.when(f"picked == null || datum['{self.field}'] == picked")
        return chosen.then(alt.value(1)).otherwise(alt.value(0.12))

    def picker(self) -> alt.Parameter:
        """Return the parameter ``picked``: a list to choose from in a notebook, the key on the page.

        Returns
        -------
        altair.Parameter
            Null until a name is picked; nothing to choose from where only one name is shown.
        """
        import altair as alt

        if len(self.shown) < 2:
            return self.follower()
        choice = alt.binding_select(
            options=[None, *self.shown], labels=["all", *self.shown], name=f"{self.title} "
        )
        return alt.param(name=PICKED, value=None, bind=choice)

    def follower(self) -> alt.Parameter:
        """Return the parameter ``picked`` for a chart that needs no key: it follows the others of its page.

        Returns
        -------
        altair.Parameter
            Null until a name is picked, in this chart or in another.
        """
        import altair as alt

        return alt.param(name=PICKED, value=None)

    def keys(self) -> list[dict[str, Any]]:
        """Return the key the page shows.

        Returns
        -------
        list of dict
            ``name``, ``colour`` (position in the palette) and ``shape`` of each name shown.
        """
        if len(self.shown) < 2:
            return []
        looks = {
            name: {"name": name, "colour": place % len(LIGHT), "shape": shape}
            for place, (name, shape) in enumerate(zip(self.names, self.shapes(), strict=True))
        }
        return [looks[name] for name in self.shown]


def series(
    field: str, title: str, shown: Iterable[object], known: Iterable[object] = ()
) -> Series:
    """Return the series of a chart.

    Parameters
    ----------
    field
        Column of the chart's data that holds the names.
    title
        What the names are.
    shown
        The names in the chart, repeats and gaps allowed.
    known
        Every name of the edition in the order of its registry, so that a name has the same colour
        in every chart; names outside it come after, in alphabetical order.

    Returns
    -------
    Series
        ``shown`` in the order of ``known``.
    """
    wanted = {str(name) for name in shown if not pd.isna(name)}
    registry = tuple(dict.fromkeys(str(name) for name in known if not pd.isna(name)))
    names = registry + tuple(sorted(wanted - set(registry)))
    return Series(field, title, names, tuple(name for name in names if name in wanted))


def house(
    chart: alt.TopLevelMixin,
    description: str,
    columns: Mapping[str, str],
    picks: Series | None = None,
    *,
    keyed: bool = True,
) -> Any:
    """Put a chart into the house style, with what a page needs to show it to everybody.

    Parameters
    ----------
    chart
        Any chart that is not a facet or a concatenation. Without a width it takes its column's.
    description
        Alt text: what the chart shows, computed from the data.
    columns
        Field to heading: the chart's data table.
    picks
        The series whose names a reader can pick.
    keyed
        Whether the chart needs a key to it; not where an axis names its rows.

    Returns
    -------
    altair.TopLevelMixin
        The chart, of the type given.
    """
    import altair as alt

    # Altair's default output loads its scripts from another host, and the mime type of its other
    # one ("….json", not "…+json") makes a notebook invalid.
    alt.renderers.register(RENDERER, mime_bundle)
    alt.renderers.enable(RENDERER)
    keys = picks.keys() if picks else []
    # Pairs and no mapping: a notebook is written with its keys in alphabetical order.
    pairs = [list(pair) for pair in columns.items()]
    book = {"columns": pairs, "pick": picks.field if keys and picks else None, "keys": keys if keyed else []}
    chart = chart.properties(description=display.one_line(description), usermeta={"book": book})
    if chart._get("width") is alt.Undefined:
        chart = chart.properties(width="container")
    return chart.configure(**theme("light"))


def mime_bundle(spec: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return what a chart hands to the notebook.

    Parameters
    ----------
    spec
        Vega-Lite specification.

    Returns
    -------
    dict
        Mime type to content: the chart, and its alt text where there are only letters.
    """
    return {VEGALITE: spec, "text/plain": spec.get("description", "Chart.")}


def note(sentence: str = NOTHING) -> Any:
    """Return a plain sentence where a chart cannot be drawn.

    Parameters
    ----------
    sentence
        Why there is no chart.

    Returns
    -------
    altair.Chart
        The sentence; the page shows it as a paragraph.
    """
    import altair as alt

    text = display.one_line(sentence)
    chart = alt.Chart(pd.DataFrame({"note": [text]}), height=24).mark_text(align="left", x=0)
    chart = house(chart.encode(text="note:N"), text, {"note": "Note"})
    chart.usermeta["book"]["note"] = text
    return chart


def short(name: object, length: int = LABEL_LENGTH) -> str:
    """Return a name as an axis can carry it: of one line, the middle cut out where it is too long.

    The end of a name is kept because parts of one benchmark differ there.

    Parameters
    ----------
    name
        Anything; its ``str`` is taken.
    length
        Longest label, in characters.

    Returns
    -------
    str
        At most ``length`` characters.
    """
    text = display.one_line(name).replace(HEADING, "")
    if len(text) <= length:
        return text
    tail = length // 2
    return f"{text[: length - tail - 1].rstrip()}…{text[-tail:].lstrip()}"


def labels(names: Iterable[object]) -> list[str]:
    """Return a short label for each name, numbered where labels would be the same.

    Parameters
    ----------
    names
        The names of different things, which may agree.

    Returns
    -------
    list of str
        One label a name, no two the same.
    """
    plain = [short(name) for name in names]
    times = Counter(plain)
    numbered = [f"{label} #{place}" for place, label in enumerate(plain, start=1)]
    mixed = [a if times[a] == 1 else b for a, b in zip(plain, numbered, strict=True)]
    return mixed if len(set(mixed)) == len(mixed) else numbered


def with_names(frame: pd.DataFrame, key: str, registry: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with the names of its models or benchmarks, and labels for an axis.

    Parameters
    ----------
    frame
        Has the column ``key``.
    key
        ``model`` or ``benchmark``.
    registry
        Indexed by the ids; its ``name`` is used where it has one.

    Returns
    -------
    pandas.DataFrame
        A copy, rows numbered anew, with ``name`` (whole) and ``label`` (short, one for each id).
    """
    ids = list(dict.fromkeys(frame[key].astype(str)))
    names = {each: display.one_line(display_name(each, registry)) for each in ids}
    shortened = dict(zip(ids, labels(names.values()), strict=True))
    keys = frame[key].astype(str)
    return frame.assign(name=keys.map(names), label=keys.map(shortened)).reset_index(drop=True)


def display_name(key: str, registry: pd.DataFrame) -> str:
    """Return the name of one model or benchmark.

    Parameters
    ----------
    key
        Its id.
    registry
        Indexed by the ids.

    Returns
    -------
    str
        The registry's name for it, else the id.
    """
    name = registry["name"].get(key) if "name" in registry else None
    return str(key) if name is None or pd.isna(name) else str(name)
def rows_height(rows: int) -> int:
    """Return the height of a chart with one row a name, so that long ones stay of a sensible length.

    Parameters
    ----------
    rows
        How many rows the chart has.

    Returns
    -------
    int
        Pixels.
    """
    if rows <= COMFORTABLE_ROWS:
        return 18 * rows
    return int(rows * np.clip(TALLEST / rows, 5, 14))


def row_axis(labelled: Sequence[str], **options: Any) -> alt.Y:
    """Return the vertical axis of a chart with one row a name.

    Parameters
    ----------
    labelled
        The labels, top first.
    **options
        Further options of the axis.

    Returns
    -------
    altair.Y
        Encodes the field ``label``.
    """
    import altair as alt

    axis = alt.Axis(grid=False, domain=False, ticks=False, labelOverlap=True, **options)
    return alt.Y("label:N", title=None, scale=alt.Scale(domain=list(labelled)), axis=axis)


def correlation_axis() -> alt.Axis:
    """Return an axis from -1 to 1 with its middle marked, which has no sign.

    Returns
    -------
    altair.Axis
        With a number at every half.
    """
    import altair as alt

    return alt.Axis(values=[-1, -0.5, 0, 0.5, 1], labelExpr="datum.value ? format(datum.value, '+.1f') : '0'")


def tips(columns: Mapping[str, str], formats: Mapping[str, str] | None = None) -> list[alt.Tooltip]:
    """Return tooltips, one line a column.

    Parameters
    ----------
    columns
        Field to title.
    formats
        Field to number format; those named are quantities.

    Returns
    -------
    list of altair.Tooltip
        In the order of the columns.
    """
    import altair as alt

    formats = formats or {}
    return [
        alt.Tooltip(field, type="quantitative", title=title, format=formats[field])
        if field in formats
        else alt.Tooltip(field, type="nominal", title=title)
        for field, title in columns.items()
    ]


def families(frame: pd.DataFrame, table: ScoreTable) -> Series:
    """Return the model families of a chart.

    Parameters
    ----------
    frame
        Has the column ``family``.
    table
        The edition's score table.

    Returns
    -------
    Series
        In the order of the model registry.
    """
    known = table.models["family"] if "family" in table.models else ()
    return series("family", "Family", frame["family"], known)


def areas(frame: pd.DataFrame, table: ScoreTable) -> Series:
    """Return the areas of a chart.

    Parameters
    ----------
    frame
        Has the column ``area``.
    table
        The edition's score table.

    Returns
    -------
    Series
        In the order of the benchmark registry.
    """
    known = table.benchmarks["area"] if "area" in table.benchmarks else ()
    return series("area", "Area", frame["area"], known)
