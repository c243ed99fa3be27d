"""Charts of an executed notebook as figures of the page, readable with and without scripts."""

from __future__ import annotations

import contextlib
import copy
import html
import json
import math
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import display
from analysis.cache import write_whole
from analysis.house import DARK, LIGHT, PICKED, theme

if TYPE_CHECKING:
    from nbformat import NotebookNode

VEGALITE = re.compile(r"^(?P<prefix>.*)application/vnd\.vegalite\.v\d+[.+]json$")
INNER_ID = re.compile(r'(<(?:clipPath|linearGradient|radialGradient|pattern)\b[^>]*\bid=")([^"]*)')
TEXT_SIZE = re.compile(r'(<text\b[^>]*\bfont-size=")([\d.]+)')
PICTURE_WIDTH = 680
# Readers draw a static picture's words in fonts of their own, so it is laid out for the widest: in the
# one the converter always has, with letters so much larger; DejaVu Sans and Verdana stay within that.
MEASURED, WIDER = "Liberation Sans", 1.2
LETTERS = ("fontSize", "labelFontSize", "titleFontSize", "subtitleFontSize", "labelLimit", "titleLimit")
SHAPE_PATHS = {
    "circle": "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0",
    "square": "M-4,-4h8v8h-8Z",
    "triangle-up": "M0,-4.5L5,4H-5Z",
    "diamond": "M0,-5.5L4.5,0L0,5.5L-4.5,0Z",
    "cross": "M-1.7,-5h3.4v3.3h3.3v3.4h-3.3v3.3h-3.4v-3.3h-3.3v-3.4h3.3Z",
    "triangle-down": "M0,4.5L5,-4H-5Z",
}


def render_figures(notebook: NotebookNode) -> NotebookNode:
    """Return a copy of an executed notebook whose charts are figures of the page.

    A figure holds the specification for the page's script, the key, the alt text, a picture for
    readers without scripts and the data as a table. Nothing in it depends on time or chance.

    Parameters
    ----------
    notebook
        Executed; its Vega-Lite outputs, glued ones too, are replaced. It is not changed itself.

    Returns
    -------
    NotebookNode
        For the site only: the notebook a reader downloads keeps its charts as they are.
    """
    page = copy.deepcopy(notebook)
    outputs = list(chart_outputs(page))
    specs = [output["data"][mime] for output, mime in outputs]
    pictures = render_many(specs)
    for place, ((output, mime), spec, svg) in enumerate(
        zip(outputs, specs, pictures, strict=True), start=1
    ):
        prefix = VEGALITE.sub(r"\g<prefix>", mime)
        text = spec.get("description", "Chart.")
        output["data"] = {
            f"{prefix}text/html": figure(spec, svg, f"chart-{place}"),
            f"{prefix}text/plain": text,
        }
    return page


def chart_outputs(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, str]]:
    """Yield the Vega-Lite outputs of a notebook, glued ones too.

    Parameters
    ----------
    notebook
        Executed.

    Yields
    ------
    tuple
        The output and the mime type under which it holds the chart.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for mime in output.get("data", {}):
                if VEGALITE.match(mime):
                    yield output, mime
                    break


def render_many(specs: Sequence[dict[str, Any]]) -> list[str]:
    """Return a static picture of each chart.

    The converter takes half a second to start and then some hundredths of a second a chart, so all
    charts of a book belong in one process.

    Parameters
    ----------
    specs
        Vega-Lite specifications.

    Returns
    -------
    list of str
        SVG, text and lines in the colour of the text around it.
    """
    return [picture(without_legends(spec) if book(spec).get("keys") else spec, "page") for spec in specs]


def picture(spec: dict[str, Any], style: str) -> str:
    """Return a static picture of one chart, with room for the letters of any font.

    Parameters
    ----------
    spec
        Vega-Lite specification with its data inside.
    style
        Name of a theme of the house.

    Returns
    -------
    str
        SVG.
    """
    import vl_convert

    svg = vl_convert.vegalite_to_svg(picture_spec(spec, theme(style)))
    return TEXT_SIZE.sub(lambda found: f"{found[1]}{float(found[2]) / WIDER:g}", svg)


def picture_spec(spec: dict[str, Any], style: dict[str, Any]) -> dict[str, Any]:
    """Return a chart's specification of fixed width, its letters laid out for any font.

    Parameters
    ----------
    spec
        Vega-Lite specification.
    style
        Vega-Lite configuration.

    Returns
    -------
    dict
        A new specification.
    """
    drawn = dict(spec)
    if drawn.get("width") == "container":
        drawn |= {"width": PICTURE_WIDTH, "autosize": {"type": "fit-x", "contains": "padding"}}
    # Larger letters closer together: rows lie as far apart as they would.
    grown = math.ceil(style["axis"]["labelFontSize"] * (WIDER - 1))
    axis = {**style["axis"], "labelSeparation": style["axis"]["labelSeparation"] - grown}
    drawn["config"] = {**drawn.get("config", {}), **style, "font": f'"{MEASURED}", {style["font"]}', "axis": axis}
    return with_room(drawn)


def with_room(spec: Any) -> Any:
    """Return a specification whose letters are laid out as wide as those of any reader's font.

    Parameters
    ----------
    spec
        Vega-Lite specification or a part of one.

    Returns
    -------
    Any
        The same structure, sizes of letters and limits of labels larger; data untouched.
    """

    def grown(key: str, value: Any) -> Any:
        return value * WIDER if key in LETTERS and isinstance(value, int | float) else value

    return remade(spec, grown, ("data", "datasets", "usermeta"))


def without_legends(spec: Any) -> Any:
    """Return a specification without legends, for charts whose key stands beside them.

    Parameters
    ----------
    spec
        Vega-Lite specification or a part of one.

    Returns
    -------
    Any
        The same structure, each encoding's legend switched off; data untouched.
    """
    return remade(spec, lambda key, value: None if key == "legend" else value, ("data", "datasets", "config"))


def remade(spec: Any, change: Callable[[str, Any], Any], kept: Collection[str]) -> Any:
    """Return a specification with every property changed, however deep.

    Parameters
    ----------
    spec
        Vega-Lite specification or a part of one; it is not changed itself.
    change
        Given the name and the value of a property, its value in the new specification.
    kept
        Names of properties that stay as they are, with all that is in them.

    Returns
    -------
    Any
        The same structure.
    """
    if isinstance(spec, list):
        return [remade(part, change, kept) for part in spec]
    if not isinstance(spec, dict):
        return spec
    return {key: value if key in kept else change(key, remade(value, change, kept)) for key, value in spec.items()}


def book(spec: dict[str, Any]) -> dict[str, Any]:
    """Return what the house style added to a chart for the page.

    Parameters
    ----------
    spec
        Vega-Lite specification.

    Returns
    -------
    dict
        Empty for a chart made without the house style.
    """
    return spec.get("usermeta", {}).get("book", {})


def figure(spec: dict[str, Any], svg: str, identifier: str) -> str:
    """Return a chart as HTML.

    Parameters
    ----------
    spec
        Vega-Lite specification.
    svg
        Its static picture.
    identifier
        Unique on the page.

    Returns
    -------
    str
        Safe whatever text the data hold.
    """
    extra = book(spec)
    if "note" in extra:
        return display.note(extra["note"])._repr_html_()
    alt = html.escape(spec.get("description", "Chart."))
    pick = (extra.get("pick") or "") if PICKED in [param["name"] for param in spec.get("params", [])] else ""
    return (
        f'<div class="book-chart" id="{identifier}" data-pick="{html.escape(pick)}">'
        f"{key_list(extra.get('keys', []), bool(pick))}{controls(spec)}"
        f'<div class="book-chart-view" role="img" aria-label="{alt}" '
        f'style="min-height:{picture_height(svg)}px"></div>'
        f'<noscript>{settings_line(spec)}<div class="book-chart-picture" role="img" aria-label="{alt}">'
        f"{page_picture(svg, identifier)}</div></noscript>"
        f'<script type="application/json">{script_json(spec)}</script>'
        f"{data_table(spec)}</div>"
    )


def script_json(value: Any) -> str:
    """Return JSON that cannot end the script element around it.

    Parameters
    ----------
    value
        Anything JSON can hold.

    Returns
    -------
    str
        ASCII without ``<``, ``>`` and ``&``.
    """
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def picture_height(svg: str) -> int:
    """Return the height of a picture, which the page keeps free for the chart.

    Parameters
    ----------
    svg
        The picture.

    Returns
    -------
    int
        Pixels.

    Raises
    ------
    ValueError
        When the picture does not say.
    """
    found = re.search(r'<svg[^>]*\bheight="([\d.]+)"', svg)
    if found is None:
        raise ValueError("the picture has no height")
    return round(float(found[1]))


def page_picture(svg: str, identifier: str) -> str:
    """Return a picture whose inner ids are unique on the page.

    Parameters
    ----------
    svg
        The picture.
    identifier
        Of its figure.

    Returns
    -------
    str
        SVG.
    """
    # The converter counts on from chart to chart: its own numbers tell which chart came first.
    names = dict.fromkeys(found[2] for found in INNER_ID.finditer(svg))
    ids = {name: f"{identifier}-{place}" for place, name in enumerate(names)}
    svg = INNER_ID.sub(lambda found: found[1] + ids[found[2]], svg)
    return re.sub(r'(?<==")url\(#([^)]*)\)', lambda found: f"url(#{ids[found[1]]})", svg)


def bound_names(spec: dict[str, Any]) -> list[str]:
    """Return the parameters of a chart that a reader can set.

    Parameters
    ----------
    spec
        Vega-Lite specification.

    Returns
    -------
    list of str
        Their names.
    """
    return [param["name"] for param in spec.get("params", []) if "bind" in param]


def settings_line(spec: dict[str, Any]) -> str:
    """Return what a chart's controls are set to, for a picture beside which there are none.

    Parameters
    ----------
    spec
        Vega-Lite specification.

    Returns
    -------
    str
        HTML; empty where nothing is set. The page's script says the same in the pictures it saves.
    """
    said = settings(spec)
    return f'<p class="book-settings">{html.escape("; ".join(said))}</p>' if said else ""


def settings(spec: dict[str, Any]) -> list[str]:
    """Return what each control of a chart is set to from the start.

    Parameters
    ----------
    spec
        Vega-Lite specification.

    Returns
    -------
    list of str
        Name and value, ``Area: Bias``; nothing for one that is not set.
    """
    pairs = [(param["bind"]["name"].strip(), param["value"]) for param in spec.get("params", []) if is_set(param)]
    return [f"{name}: {value:g}" if isinstance(value, float) else f"{name}: {value}" for name, value in pairs]


def is_set(param: dict[str, Any]) -> bool:
    """Return whether a parameter of a chart has a control with a name, and a value from the start."""
    bind = param.get("bind")
    return isinstance(bind, dict) and "name" in bind and param.get("value") is not None


def key_list(keys: Sequence[dict[str, Any]], picks: bool) -> str:
    """Return the key to a chart's colours and shapes.

    Parameters
    ----------
    keys
        ``name``, ``colour`` and ``shape`` of each.
    picks
        Whether the chart can be picked from by them, so that each is a button.

    Returns
    -------
    str
        HTML; empty for none.
    """
    if not keys:
        return ""
    entries = "".join(f"<li>{key_entry(key, picks)}</li>" for key in keys)
    return f'<ul class="book-keys">{entries}</ul>'


def key_entry(key: dict[str, Any], picks: bool) -> str:
    """Return one entry of a key.

    Parameters
    ----------
    key
        ``name``, ``colour`` and ``shape``.
    picks
        Whether it is a button.

    Returns
    -------
    str
        HTML.
    """
    name = html.escape(key["name"])
    symbol = (
        f'<svg class="book-colour-{key["colour"]}" viewBox="-6 -6 12 12" aria-hidden="true">'
        f'<path d="{SHAPE_PATHS[key["shape"]]}"/></svg>{name}'
    )
    if not picks:
        return f'<span class="book-key">{symbol}</span>'
    return (
        f'<button type="button" class="book-key" aria-pressed="false" data-name="{name}">'
        f"{symbol}</button>"
    )


def controls(spec: dict[str, Any]) -> str:
    """Return the place where the page puts a chart's controls, with room for them.

    Parameters
    ----------
    spec
        Vega-Lite specification.

    Returns
    -------
    str
        HTML; empty for a chart whose only control is its key, or without any.
    """
    keyed = bool(book(spec).get("keys"))
    count = sum(name != PICKED or not keyed for name in bound_names(spec))
    return f'<div class="book-controls" style="--controls:{count}"></div>' if count else ""


def data_table(spec: dict[str, Any]) -> str:
    """Return a chart's data as a table that opens on demand.

    Parameters
    ----------
    spec
        Vega-Lite specification with its data inside.

    Returns
    -------
    str
        HTML; empty where no data have the fields the chart names.
    """
    frame, columns = chart_data(spec)
    if frame.empty:
        return ""
    numeric = {field: display.measure for field in columns if display.is_numeric(frame[field])}
    table = display.html_table(frame, columns, numeric)._repr_html_()
    return f'<details class="book-chart-data"><summary>Data of this chart</summary>{table}</details>'


def chart_data(spec: dict[str, Any]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the rows a chart draws, and the headings of their columns.

    Parameters
    ----------
    spec
        Vega-Lite specification with its data inside.

    Returns
    -------
    tuple
        The first data set that has every field the chart names, and field to heading; without the
        house style the first data set and all its fields.
    """
    pairs = book(spec).get("columns")
    columns = None if pairs is None else dict(pairs)
    for rows in spec.get("datasets", {}).values():
        frame = pd.DataFrame(rows)
        if columns is None:
            return frame, {str(name): str(name) for name in frame.columns}
        if len(frame) and set(columns) <= set(frame.columns):
            return frame[list(columns)], columns
    return pd.DataFrame(), {}


def vega_script() -> str:
    """Return the one script that draws charts on the page: Vega, Vega-Lite, Vega-Embed, our themes.

    Returns
    -------
    str
        JavaScript of about 0.9 MB.
    """
    themes = {name: theme(name) for name in ("light", "dark")}
    # The bundle is written as a module; a function keeps its names from those of the page.
    library = f"(()=>{{{chart_library()}\n}})();"
    return f"{library}\nwindow.bookThemes={script_json(themes)};\n"


def chart_library() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one module.

    Putting it together takes a second and depends on the installed converter alone, so it is kept
    beside the installed packages, as compiled Python is, where that folder can be written to.

    Returns
    -------
    str
        JavaScript.
    """
    import vl_convert

    kept = Path(sys.prefix, "share", "compendium", f"vega-{version('vl-convert-python')}.js")
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    library = vl_convert.javascript_bundle()
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, library)
    return library


def palette_css() -> str:
    """Return the colours of the charts' keys as a style sheet.

    Returns
    -------
    str
        CSS for both themes.
    """
    rules = [
        f'{scope} .book-colour-{place}{{fill:{colour}}}'
        for scope, palette in ((".book-keys", LIGHT), ('html[data-theme="dark"] .book-keys', DARK))
        for place, colour in enumerate(palette)
    ]
    return "\n".join(rules) + "\n"
