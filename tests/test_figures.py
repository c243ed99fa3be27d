"""Charts of an executed notebook as figures of the page."""

from __future__ import annotations

import copy
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import altair as alt
import nbformat
import pandas as pd
import pytest

from analysis import charts, figures, house
from analysis.scores import ScoreTable

HOSTILE = [
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=2>",
    "\"'><b>x</b>",
    "{{ 7 * 7 }}",
    "line\nbreak",
    "\u2028apart",
    "&lt;kept&gt;",
]


class Page(HTMLParser):
    """Collects tags, attributes, and the text within each kind of tag."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open[-1] if self._open else "", []).append(data)


def hostile_chart() -> Any:
    """Return a chart whose every name is an attack."""
    frame = pd.DataFrame({"model": HOSTILE, "family": HOSTILE, "score": range(len(HOSTILE))})
    models = pd.DataFrame({"family": HOSTILE}, index=pd.Index(HOSTILE, name="model"))
    table = ScoreTable(pd.DataFrame(), models, pd.DataFrame(), pd.DataFrame())
    return charts.capabilities_scores(frame, table)


def notebook_of(*charts_shown: Any, glued: bool = False) -> nbformat.NotebookNode:
    """Return an executed notebook that shows charts, one a cell."""
    prefix = "application/papermill.record/" if glued else ""
    cells = []
    for chart in charts_shown:
        data = {f"{prefix}{mime}": value for mime, value in chart._repr_mimebundle_().items()}
        output = nbformat.v4.new_output("display_data", data=data)
        cells.append(nbformat.v4.new_code_cell("chart", outputs=[output]))
    return nbformat.v4.new_notebook(cells=cells)


def html_of(notebook: nbformat.NotebookNode, cell: int = 0, prefix: str = "") -> str:
    """Return the HTML of a cell's first output."""
    return notebook.cells[cell].outputs[0]["data"][f"{prefix}text/html"]


@pytest.fixture(scope="module")
def page() -> str:
    """The figure of the hostile chart."""
    return html_of(figures.render_figures(notebook_of(hostile_chart())))


def test_a_figure_holds_the_specification_unchanged(page: str) -> None:
    (script,) = Page(page).texts["script"]
    assert json.loads(script) == hostile_chart().to_dict()


def test_hostile_names_open_no_tag_and_end_no_script(page: str) -> None:
    tags = [tag for tag, _ in Page(page).tags]
    assert tags.count("script") == 1
    assert not {"img", "b"} & set(tags)
    assert page.count("</script>") == 1


def test_a_figure_has_alt_text_a_key_a_picture_and_a_data_table(page: str) -> None:
    tags = Page(page).tags
    labels = [attributes["aria-label"] for _, attributes in tags if attributes.get("role") == "img"]
    assert labels == [hostile_chart().to_dict()["description"]] * 2
    buttons = [attributes["data-name"] for tag, attributes in tags if tag == "button"]
    assert buttons == HOSTILE
    noscript = page[page.index("<noscript>") : page.index("</noscript>")]
    assert "<svg" in noscript
    assert len(Page(page).texts["td"]) == 2 * len(HOSTILE)
    assert len([tag for tag, _ in tags if tag == "th"]) == 3 + len(HOSTILE)


def test_the_space_kept_free_is_the_height_of_the_picture(page: str) -> None:
    (style,) = [attributes["style"] for _, attributes in Page(page).tags if "style" in attributes]
    svg = page[page.index("<noscript>") :]
    height = float(svg.split('height="')[1].split('"')[0])
    assert style == f"min-height:{round(height)}px"


def test_the_static_picture_is_well_formed_and_takes_the_colours_of_the_page() -> None:
    (svg,) = figures.render_many([hostile_chart().to_dict()])
    root = ElementTree.fromstring(svg)
    assert float(root.attrib["width"]) == figures.PICTURE_WIDTH
    fills = {text.attrib.get("fill") for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert fills == {"currentColor"}


def test_a_static_picture_leaves_wide_fonts_room_and_keeps_the_size_of_its_letters() -> None:
    (svg,) = figures.render_many([hostile_chart().to_dict()])
    texts = list(ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"))
    assert {text.attrib["font-size"] for text in texts} == {"12px"}
    # Whatever fonts this machine has, the first is one that comes with the converter.
    assert {text.attrib["font-family"].partition(",")[0] for text in texts} == {'"Liberation Sans"'}


def test_a_static_picture_names_as_many_rows_as_a_chart_does() -> None:
    frame = pd.DataFrame({"label": [f"row {number}" for number in range(40)], "value": range(40)})
    chart = alt.Chart(frame, height=house.rows_height(40)).mark_point().encode(x="value:Q", y=house.row_axis(frame["label"]))
    (svg,) = figures.render_many([house.house(chart, "Rows.", {"label": "Row"}).to_dict()])
    shown = [text for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text") if text.attrib.get("opacity") != "0"]
    assert [text.text for text in shown if (text.text or "").startswith("row")] == list(frame["label"])


def test_making_room_leaves_the_data_alone() -> None:
    spec = {"datasets": {"d": [{"fontSize": 10}]}, "config": {"text": {"fontSize": 10}}, "mark": {"limit": 0, "fontSize": {"expr": "x"}}}
    made = figures.with_room(spec)
    assert made == {**spec, "config": {"text": {"fontSize": 10 * figures.WIDER}}}


def set_chart() -> Any:
    """A chart with controls that are set, one that is not, and a selection."""
    frame = pd.DataFrame({"x": [1.0], "area": ["a"]})
    controls = [
        alt.param(name="area", value="Security & <b>", bind=alt.binding_select(options=["Security & <b>"], name="Area ")),
        alt.param(name="care", value=0.0, bind=alt.binding_select(options=[0.0, 0.25], name="Reward ")),
        alt.param(name="pay", value=0.25, bind=alt.binding_range(min=0, max=1, name="Pay ")),
        alt.param(name="picked", value=None, bind=alt.binding_select(options=[None, "a"], name="Family ")),
        alt.selection_interval(name="moved", bind="scales"),
    ]
    return house.house(alt.Chart(frame).mark_point().encode(x="x:Q").add_params(*controls), "One dot.", {"x": "x"})


def test_a_static_picture_says_what_the_controls_are_set_to() -> None:
    page = html_of(figures.render_figures(notebook_of(set_chart())))
    static = page[page.index("<noscript>") : page.index("</noscript>")]
    assert '<p class="book-settings">Area: Security &amp; &lt;b&gt;; Reward: 0; Pay: 0.25</p>' in static
    # Where scripts run, the controls themselves say so.
    assert page.count("book-settings") == 1


def test_a_static_picture_without_controls_says_nothing_of_them(page: str) -> None:
    assert "book-settings" not in page


def test_the_notebook_given_is_not_changed() -> None:
    notebook = notebook_of(hostile_chart())
    before = copy.deepcopy(notebook)
    figures.render_figures(notebook)
    assert notebook == before
    assert house.VEGALITE in notebook.cells[0].outputs[0]["data"]


def test_figures_are_the_same_each_time_and_their_ids_differ() -> None:
    notebook = notebook_of(hostile_chart(), hostile_chart())
    first, second = (figures.render_figures(notebook) for _ in range(2))
    assert first == second
    ids = [dict(Page(html_of(first, cell)).tags[0][1])["id"] for cell in (0, 1)]
    assert ids == ["chart-1", "chart-2"]


def test_a_glued_chart_becomes_a_glued_figure() -> None:
    page = figures.render_figures(notebook_of(hostile_chart(), glued=True))
    prefix = "application/papermill.record/"
    assert set(page.cells[0].outputs[0]["data"]) == {f"{prefix}text/html", f"{prefix}text/plain"}
    assert "book-chart" in html_of(page, prefix=prefix)


def test_other_outputs_stay_as_they_are() -> None:
    output = nbformat.v4.new_output("display_data", data={"text/html": "<p>x</p>"})
    stream = nbformat.v4.new_output("stream", text="y")
    cell = nbformat.v4.new_code_cell("x", outputs=[output, stream])
    notebook = nbformat.v4.new_notebook(cells=[cell, nbformat.v4.new_markdown_cell("z")])
    assert figures.render_figures(notebook) == notebook


def test_a_note_is_shown_as_a_sentence() -> None:
    page = html_of(figures.render_figures(notebook_of(charts.note("Nothing <here>."))))
    assert page == '<p class="book-note">Nothing &lt;here&gt;.</p>'


def test_a_chart_without_the_house_style_still_has_its_data() -> None:
    spec = {
        "data": {"name": "d"},
        "datasets": {"d": [{"x": 1.5, "name": "<b>"}]},
        "mark": "point",
        "encoding": {"x": {"field": "x", "type": "quantitative"}},
    }
    (svg,) = figures.render_many([spec])
    page = Page(figures.figure(spec, svg, "chart-1"))
    assert page.texts["th"][:2] == ["x", "name"]
    assert page.texts["td"] == ["<b>"]


def test_ids_inside_pictures_do_not_meet_on_the_page() -> None:
    svg = '<svg height="1"><clipPath id="clip0"/><g clip-path="url(#clip0)"/><text>id="clip0"</text></svg>'
    assert figures.page_picture(svg, "chart-3") == (
        '<svg height="1"><clipPath id="chart-3-0"/><g clip-path="url(#chart-3-0)"/>'
        '<text>id="clip0"</text></svg>'
    )


def test_taking_legends_out_leaves_the_data_alone() -> None:
    spec = {
        "datasets": {"d": [{"legend": "kept"}]},
        "layer": [{"encoding": {"color": {"field": "a", "legend": {"values": [1]}}}}],
    }
    bare = figures.without_legends(spec)
    assert bare["datasets"] == spec["datasets"]
    assert bare["layer"][0]["encoding"]["color"] == {"field": "a", "legend": None}


def test_a_picture_does_not_tell_which_charts_were_drawn_before_it() -> None:
    drawn = '<svg><clipPath id="clip{0}"/><pattern x="1" id="p{0}"/><g clip-path="url(#clip{0})" fill="url(#p{0})"/></svg>'
    first, later = (figures.page_picture(drawn.format(number), "chart-1") for number in (1, 25))
    assert first == later
    ids = re.findall(r'id="([^"]*)"', first)
    assert re.findall(r"url\(#([^)]*)\)", first) == ids
    assert len(set(ids)) == 2


def test_the_chart_library_is_put_together_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(figures.sys, "prefix", str(tmp_path))
    first = figures.chart_library()
    monkeypatch.setattr("vl_convert.javascript_bundle", pytest.fail)
    assert figures.chart_library() == first


def test_the_chart_library_needs_no_place_to_be_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(figures.sys, "prefix", str(tmp_path / "file"))
    monkeypatch.setattr("vl_convert.javascript_bundle", lambda: "library")
    assert figures.chart_library() == "library"


def test_the_chart_script_reaches_for_no_other_host_by_itself() -> None:
    script = figures.vega_script()
    assert "window.vegaEmbed" in script
    assert "cdn.jsdelivr.net" not in script
    themes = json.loads(script.rsplit("window.bookThemes=", 1)[1].rstrip(";\n"))
    assert themes == {name: house.theme(name) for name in ("light", "dark")}
