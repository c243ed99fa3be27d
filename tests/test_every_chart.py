"""Every chart of the edition keeps the house rules: colours, tooltips, alt text, key, data, picture, controls."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from analysis.figures import VEGALITE, page_picture, render_many

from visits import Visit, pages

ROOT = Path(__file__).parents[1]
N = {"n_models", "n", "models", "simulations", "specifications", "benchmarks"}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def charts(built_site: Path) -> list[tuple[str, dict[str, Any]]]:
    """Chapter and specification of every chart."""
    found = [
        (path.stem, spec)
        for path in sorted((built_site.parent / "notebooks").rglob("*.ipynb"))
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        for output in cell.get("outputs", [])
        for mime, spec in output.get("data", {}).items()
        if VEGALITE.match(mime) and "note" not in spec["usermeta"]["book"]
    ]
    assert len(found) > 20
    return found


def layers(spec: dict[str, Any], above: dict[str, Any] | None = None) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Mark and encodings of each layer, those of the layers above among them."""
    encoding = {**(above or {}), **spec.get("encoding", {})}
    for part in spec.get("layer", []):
        yield from layers(part, encoding)
    if "mark" in spec:
        yield spec["mark"] if isinstance(spec["mark"], dict) else {"type": spec["mark"]}, encoding


def tooltip_fields(spec: dict[str, Any]) -> set[str]:
    """Fields that some tooltip of a chart shows."""
    return {tip["field"] for _, encoding in layers(spec) for tip in encoding.get("tooltip") or []}


def scales(charts: list[tuple[str, dict[str, Any]]], field: str) -> list[dict[str, Any]]:
    """Colour scale of every layer that is coloured by a field."""
    return [
        encoding["color"]["scale"]
        for _, spec in charts
        for _, encoding in layers(spec)
        if (encoding.get("color") or {}).get("field") == field
    ]


@pytest.mark.parametrize(("field", "file"), [("family", "models"), ("area", "benchmarks")])
def test_families_and_areas_have_the_same_colours_in_every_chart(
    charts: list[tuple[str, dict[str, Any]]], field: str, file: str
) -> None:
    known = list(dict.fromkeys(pd.read_csv(ROOT / "data" / f"{file}.csv")[field].dropna()))
    found = scales(charts, field)
    assert len(found) > 5
    # A colour is a place in the palette, so the same order of all names is the same colour for each.
    assert all(scale["range"] == "category" and scale["domain"][: len(known)] == known for scale in found)


def test_alt_texts_are_whole_sentences_with_figures_of_the_data(charts: list[tuple[str, dict[str, Any]]]) -> None:
    texts = [(chapter, spec["description"]) for chapter, spec in charts]
    assert all(len(text) > 60 and text.endswith(".") for _, text in texts)
    computed = [chapter for chapter, text in texts if re.search(r"\d", text)]
    # Lines of a model alone, whose shape the text tells in words.
    words = {chapter for chapter, text in texts if not re.search(r"\d", text)}
    assert words <= {"crisp_and_fuzzy", "what_benchmarks_do", "why_they_are_scarce"} and len(computed) > 0.9 * len(texts)


def test_tooltips_name_what_a_mark_is_and_a_correlation_its_n(charts: list[tuple[str, dict[str, Any]]]) -> None:
    bare = [(chapter, spec["description"]) for chapter, spec in charts if not tooltip_fields(spec)]
    assert bare == []
    for chapter, spec in charts:
        fields = tooltip_fields(spec)
        by_family = {encoding["color"]["field"] for _, encoding in layers(spec) if "field" in (encoding.get("color") or {})}
        if "family" in by_family:
            assert "family" in fields and fields & {"name", "models"}, (chapter, fields)
        if {"correlation", "lower"} <= fields and chapter not in {"differential_progress"}:
            assert fields & N, (chapter, fields)


def test_every_chart_coloured_by_family_or_area_can_be_picked_from(charts: list[tuple[str, dict[str, Any]]]) -> None:
    for chapter, spec in charts:
        fields = {(encoding.get("color") or {}).get("field") for _, encoding in layers(spec)}
        if fields & {"family", "area"}:
            assert spec["usermeta"]["book"]["pick"] and "picked" in [param["name"] for param in spec["params"]], (chapter, fields)


def test_every_chart_has_a_caption_a_picture_and_its_data(built_site: Path) -> None:
    figures = [
        (path.stem, part)
        for path in pages(built_site)
        for part in re.findall(r"<figure\b.*?</figure>", path.read_text(encoding="utf-8"), flags=re.S)
        if '<div class="book-chart"' in part
    ]
    assert figures
    for page, part in figures:
        caption = re.sub(r"<[^>]+>", "", part[part.index("<figcaption>") :])
        assert re.match(r"\s*Figure\s\d+", caption) and len(caption.split()) > 8, (page, caption)
        assert re.search(r"<noscript>.*<svg", part, flags=re.S) and 'role="img"' in part, page
        assert re.search(r'book-chart-data.*<th scope="col".*<th scope="row"', part, flags=re.S), page


WORDS = """() => [...document.querySelectorAll("svg")].map((svg) => {
  const page = svg.getBoundingClientRect();
  const boxes = (root, selector) => [...root.querySelectorAll(selector)]
    .filter((text) => text.textContent.trim() && text.getAttribute("opacity") !== "0")
    .map((text) => [text.textContent, text.getBoundingClientRect()]);
  const outside = boxes(svg, "text")
    .filter(([, box]) => box.left < page.left - 1 || box.top < page.top - 1 || box.right > page.right + 1 || box.bottom > page.bottom + 1);
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top + 2 < b.bottom && b.top + 2 < a.bottom;
  const crowded = [...svg.querySelectorAll(".role-axis-label")].flatMap((axis) => {
    const labels = boxes(axis, "text");
    return labels.filter(([, box], place) => labels.slice(place + 1).some(([, other]) => meet(box, other)));
  });
  return { outside: outside.map(([text]) => text), crowded: crowded.map(([text]) => text) };
})"""


def test_static_pictures_hold_all_their_words_in_a_wide_font(browser: Any, charts: list[tuple[str, dict[str, Any]]]) -> None:
    pictures = render_many([spec for _, spec in charts])
    style = '<style>text { font-family: "DejaVu Sans", Verdana, sans-serif }</style>'
    page = browser.new_page()
    page.set_content(style + "".join(page_picture(svg, f"chart-{place}") for place, svg in enumerate(pictures)))
    found = [(chapter, spec["description"][:60], words) for (chapter, spec), words in zip(charts, page.evaluate(WORDS), strict=True)]
    page.close()
    assert [each for each in found if each[2]["outside"]] == []
    assert [each for each in found if each[2]["crowded"]] == []


def saved_picture(visit: Visit, chart: Any, path: Path) -> str:
    """Save a chart as SVG and return it."""
    with visit.page.expect_download() as download:
        chart.get_by_role("button", name="Save as SVG").click()
    download.value.save_as(path)
    return path.read_text()


def test_a_saved_picture_says_what_the_controls_are_set_to(browser: Any, built_site: Path, tmp_path: Path) -> None:
    with Visit(browser, next(built_site.rglob("results/differential_progress.html")), accept_downloads=True) as visit:
        visit.draw()
        chart = visit.page.locator(".book-chart").filter(has=visit.page.locator("select[name=shown_area]")).first
        control = chart.locator("select[name=shown_area]")
        control.select_option(index=1)
        area = control.input_value()
        before = saved_picture(visit, chart, tmp_path / "before.svg")
        assert f">Area: {area}<" in before and ">Family:" not in before
        key = chart.locator(".book-keys button").first
        key.click()
        after = saved_picture(visit, chart, tmp_path / "after.svg")
        assert f">Area: {area}<" in after and f">Family: {key.get_attribute('data-name')}<" in after
        # On the page the control and the key say so.
        assert ">Area:" not in chart.locator(".book-chart-view svg").inner_html()
        assert visit.complaints == []


def test_controls_of_charts_have_labels_and_are_reached_by_keyboard(browser: Any, built_site: Path) -> None:
    shown = [path for path in pages(built_site) if '<div class="book-controls"' in path.read_text(encoding="utf-8")]
    assert shown
    for path in shown:
        with Visit(browser, path) as visit:
            visit.draw()
            for control in visit.page.locator(".book-controls select, .book-controls input").all():
                assert control.evaluate("element => element.labels.length && element.labels[0].textContent.trim().length > 2")
                assert control.evaluate("element => { element.focus(); return element === document.activeElement; }")
                assert control.evaluate("element => getComputedStyle(element).fontFamily === getComputedStyle(element.labels[0]).fontFamily")


def test_a_family_picked_in_one_chart_is_picked_in_those_without_a_key(browser: Any, built_site: Path) -> None:
    page = next(built_site.rglob("practice/explorer.html"))
    with Visit(browser, page) as visit:
        visit.draw()
        key = visit.page.locator("#fig-explorer-scatter .book-keys li:not([hidden]) button").first
        key.click()
        picked = "document.querySelector('#fig-explorer-families .book-chart').chart.view.signal('picked')"
        assert visit.page.evaluate(picked) == key.get_attribute("data-name")
        assert visit.page.locator("#fig-explorer-families .book-keys").count() == 0
        key.click()
        assert visit.page.evaluate(picked) is None


def test_every_table_of_a_chart_can_be_sorted_and_taken_away(browser: Any, built_site: Path) -> None:
    page = next(built_site.rglob("results/areas.html"))
    with Visit(browser, page) as visit:
        for box in visit.page.locator(".book-table").all():
            assert box.locator("thead button.book-sort").count() == box.locator("thead th").count()
        downloads = visit.page.get_by_role("button", name="Download as CSV", include_hidden=True).count()
        assert downloads == visit.page.locator(".book-table").count()
