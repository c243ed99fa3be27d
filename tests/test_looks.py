"""Every page looks like a page: wide and narrow, in light and dark, nothing lies on anything else or is blank."""

from __future__ import annotations

import base64
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from visits import Visit, whole_pages

pytestmark = pytest.mark.browser

WIDTHS = (1280, 360)
# Blocks of the text one under the other, and columns side by side: none may lie on another.
OVERLAPS = """() => {
    const shown = (part) => part.checkVisibility() && part.getBoundingClientRect().height > 0;
    const flows = (part) =>
        ["static", "relative"].includes(getComputedStyle(part).position) && getComputedStyle(part).float === "none";
    const found = [];
    const boxes = "article, article section, article .cell, article .cell_output, article figure";
    for (const box of document.querySelectorAll(boxes)) {
        if (getComputedStyle(box).display !== "block") continue;
        const blocks = [...box.children].filter(shown).filter(flows)
            .filter((part) => getComputedStyle(part).display === "block");
        for (let place = 1; place < blocks.length; place += 1)
            if (blocks[place].getBoundingClientRect().top < blocks[place - 1].getBoundingClientRect().bottom - 2)
                found.push(blocks[place].outerHTML.slice(0, 120));
    }
    const columns = ["#pst-primary-sidebar", "article", "#pst-secondary-sidebar"]
        .map((name) => document.querySelector(name));
    const sides = columns.filter((part) => part && shown(part) && getComputedStyle(part).position !== "fixed")
        .map((part) => part.getBoundingClientRect());
    for (let place = 1; place < sides.length; place += 1)
        if (sides[place].left < sides[place - 1].right - 1 && sides[place].top < sides[place - 1].bottom)
            found.push("columns");
    return found;
}"""
PLACES = """[...document.querySelectorAll("article :is(h1, h2, figure, .book-chart-view, table)")]
    .filter((part) => part.checkVisibility()).map((part) => part.getBoundingClientRect())
    .map((box) => [box.left, box.top + window.scrollY, box.width, box.height].map(Math.round))"""
# A picture made small: the brightness of 64 by 64 fields, each between 0 and 1.
BRIGHTNESS = """async (picture) => {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(64, 64).getContext("2d");
    canvas.drawImage(bitmap, 0, 0, 64, 64);
    const { data } = canvas.getImageData(0, 0, 64, 64);
    const brightness = (place) => (data[place] + data[place + 1] + data[place + 2]) / 765;
    return Array.from({ length: 4096 }, (_, field) => brightness(field * 4));
}"""


def brightness(visit: Visit) -> list[float]:
    """Return how bright the parts of what is on the screen are."""
    return visit.page.evaluate(BRIGHTNESS, base64.b64encode(visit.page.screenshot()).decode())


def show(visit: Visit, path: Path, theme: str) -> None:
    """Open a page in a theme and draw its charts."""
    visit.open(path)
    visit.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    done = "(theme) => [...document.querySelectorAll('.book-chart')].every((chart) => chart.dataset.drawn === theme)"
    visit.page.wait_for_function(done, arg=theme, timeout=60_000)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_lies_on_anything_else_and_both_themes_are_laid_out_alike(
    browser: Any, built_site: Path, width: int
) -> None:
    first, *others = whole_pages(built_site)
    with Visit(browser, first, width=width) as visit:
        for path in (first, *others):
            places = []
            for theme in ("light", "dark"):
                show(visit, path, theme)
                assert visit.page.evaluate(OVERLAPS) == [], (path.name, theme)
                places.append(visit.page.evaluate(PLACES))
            assert [len(boxes) for boxes in places] == [len(places[0])] * 2
            pairs = list(zip(*places, strict=True))
            apart = [pair for pair in pairs if max(abs(a - b) for a, b in zip(*pair, strict=True)) > 4]
            assert apart == [], path.name


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_screen_has_the_ground_of_its_theme_and_something_on_it(
    browser: Any, built_site: Path, theme: str, width: int
) -> None:
    first, *others = whole_pages(built_site)
    with Visit(browser, first, theme=theme, width=width) as visit:
        for path in (first, *others):
            visit.go(path)
            fields = brightness(visit)
            ground = median(fields)
            assert (ground > 0.85) if theme == "light" else (ground < 0.25), (path.name, ground)
            drawn = sum(abs(field - ground) > 0.04 for field in fields) / len(fields)
            assert 0.02 < drawn < 0.7, (path.name, drawn)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_chart_is_blank(browser: Any, built_site: Path, theme: str) -> None:
    charts = [path for path in whole_pages(built_site) if '<div class="book-chart"' in path.read_text()]
    with Visit(browser, charts[0], theme=theme) as visit:
        for path in charts:
            show(visit, path, theme)
            for view in visit.page.locator(".book-chart-view").all():
                if not view.is_visible():
                    continue
                fields = visit.page.evaluate(BRIGHTNESS, base64.b64encode(view.screenshot()).decode())
                ground = median(fields)
                drawn = sum(abs(field - ground) > 0.03 for field in fields)
                assert drawn > 40, (path.name, view.get_attribute("aria-label"))


def test_rows_of_a_narrow_chart_can_be_told_apart(browser: Any, built_site: Path) -> None:
    """Names are cut to the room there is; what is left still names one row."""
    first, *others = [path for path in whole_pages(built_site) if "correlation of every" in path.read_text()]
    with Visit(browser, first, width=360) as visit:
        for path in (first, *others):
            visit.open(path)
            for chart in visit.page.locator(".book-chart-view").all():
                labels = [text for text in chart.locator(".role-axis-label text").all_text_contents() if text.strip()]
                names = [label for label in labels if label.strip("+\u2212.0123456789%")]
                assert len(names) == len(set(names)), (path.name, names)


def test_a_table_or_formula_that_goes_on_beyond_its_box_fades_until_its_end_is_reached(
    browser: Any, built_site: Path
) -> None:
    with Visit(browser, built_site / "chapters" / "results" / "areas.html", width=360) as visit:
        box = visit.page.locator(".book-table.book-more-right").first.element_handle()
        box.scroll_into_view_if_needed()
        assert "gradient" in box.evaluate("box => getComputedStyle(box).maskImage")
        box.evaluate("box => box.scrollTo({ left: box.scrollWidth })")
        visit.page.wait_for_function("box => !box.classList.contains('book-more-right')", arg=box)


def test_a_table_stands_whole_or_says_how_many_rows_it_has(browser: Any, built_site: Path) -> None:
    first, *others = whole_pages(built_site)
    boxes = """[...document.querySelectorAll("figure > .book-table, .output > .book-table")]
        .filter((box) => box.checkVisibility() && !box.closest(".book-chart-data"))
        .map((box) => ({ rows: box.querySelectorAll("tbody tr").length, cut: box.scrollHeight > box.clientHeight + 2,
            said: box.nextElementSibling.textContent }))"""
    with Visit(browser, first) as visit:
        for path in (first, *others):
            visit.open(path)
            for box in visit.page.evaluate(boxes):
                assert not box["cut"] or f"{box['rows']} rows" in box["said"], (path.name, box)
