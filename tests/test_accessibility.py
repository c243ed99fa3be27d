"""Everybody can read the site: by ear, by keyboard, enlarged, in either theme, and without motion."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from visits import Visit, page_with_charts, whole_pages

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# 1280 and 720 pixels seen at 200 %, and 1280 at 400 %.
ENLARGED = (640, 360, 320)
TOO_WIDE = """(width) => [...document.querySelectorAll("main *")]
    .filter((part) => part.checkVisibility() && part.getBoundingClientRect().right > width + 1)
    .filter((part) => {
        for (let box = part.parentElement; box; box = box.parentElement)
            if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(box).overflowX)) return false;
        return !part.closest("#pst-secondary-sidebar");
    }).map((part) => part.outerHTML.slice(0, 120))"""
TABBABLE = """[...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
    .filter((part) => part.checkVisibility({ checkVisibilityCSS: true }) && part.tabIndex >= 0 && !part.disabled)
    .filter((part) => part.type !== "radio" || part.checked)"""
LOOKS = """
window.looksOf = (part) => {
    const style = getComputedStyle(part);
    const outline = style.outlineStyle === "none" ? "" : [style.outlineStyle, style.outlineWidth, style.outlineColor];
    return [outline, style.boxShadow, style.borderColor, style.backgroundColor, style.textDecoration].join();
};
"""
FOCUS = """() => {
    const part = document.activeElement;
    const { width, height } = part.getBoundingClientRect();
    part.setAttribute("data-seen", "");
    const marked = window.looksOf(part) !== part.plainLooks;
    return { markup: part.outerHTML.slice(0, 120), marked, empty: width * height === 0 };
}"""
MOVING = """[...document.querySelectorAll("*")].filter((part) => {
    const style = getComputedStyle(part);
    const seconds = (time) => parseFloat(time) / (time.trim().endsWith("ms") ? 1000 : 1);
    const times = [style.transitionDuration, style.animationDuration].flatMap((each) => each.split(","));
    return times.some((time) => seconds(time) > 0.001) || style.scrollBehavior === "smooth";
}).map((part) => part.outerHTML.slice(0, 100))"""


class Outline(HTMLParser):
    """What a page says of itself: its language, title, headings and tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.language, self.title = "", ""
        self.headings: list[int] = []
        self.tables: list[int] = []
        self._reading_title = self._in_text = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        self._reading_title = tag == "title" and not self.title
        self._in_text = self._in_text or tag == "article" or dict(attrs).get("class") == "bd-search-container"
        if tag == "html":
            self.language = dict(attrs).get("lang") or ""
        elif self._in_text and re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        elif tag == "table":
            self.tables.append(0)
        elif self.tables and tag == "th":
            self.tables[-1] += 1

    def handle_endtag(self, tag: str) -> None:
        """Leave the text: what the theme adds for print alone is no heading of it."""
        self._in_text = self._in_text and tag != "article"

    def handle_data(self, data: str) -> None:
        """Take the title."""
        if self._reading_title:
            self.title += data


@pytest.fixture(scope="module")
def outlines(built_site: Path) -> dict[Path, Outline]:
    """The outline of every page."""
    return {path: Outline(path.read_text()) for path in whole_pages(built_site)}


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(browser: Any, built_site: Path, theme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    first, *others = whole_pages(built_site)
    with Visit(browser, first, theme=theme) as visit:
        for path in (first, *others):
            visit.open(path)
            found = Axe().run(visit.page, options=options).response["violations"]
            assert [(path.name, each["id"], node["html"][:200]) for each in found for node in each["nodes"]] == []


@pytest.mark.browser
def test_every_page_is_read_enlarged_without_scrolling_sideways(browser: Any, built_site: Path) -> None:
    first, *others = whole_pages(built_site)
    with Visit(browser, first, width=ENLARGED[0]) as visit:
        for path in (first, *others):
            visit.open(path)
            for width in ENLARGED:
                visit.page.set_viewport_size({"width": width, "height": 450})
                visit.page.wait_for_timeout(100)
                assert visit.page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
                assert visit.page.evaluate(TOO_WIDE, width) == [], (path, width)


@pytest.mark.browser
def test_folded_code_is_opened_by_keyboard_under_the_words_that_stand_there(browser: Any, built_site: Path) -> None:
    with Visit(browser, built_site / "chapters" / "results" / "areas.html") as visit:
        folded = visit.page.locator("details.above-input").first
        assert folded.locator("summary").aria_snapshot() == "- paragraph: Show the code"
        folded.locator("summary").focus()
        visit.page.keyboard.press("Enter")
        assert folded.locator("pre").is_visible()
        assert folded.locator("summary").aria_snapshot() == "- paragraph: Hide the code"


@pytest.fixture
def walked(browser: Any, built_site: Path) -> Iterator[Visit]:
    """A page with charts, small enough to walk through by keyboard."""
    with Visit(browser, page_with_charts(built_site)) as visit:
        visit.draw()
        yield visit


@pytest.mark.browser
def test_tab_reaches_every_control_shows_where_it_is_and_is_never_trapped(walked: Visit) -> None:
    page = walked.page
    page.evaluate(f"{LOOKS}; {TABBABLE}.forEach((part) => (part.plainLooks = looksOf(part)))")
    most = page.evaluate(f"{TABBABLE}.length") + 20
    seen = []
    while len(seen) < most:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        seen.append(page.evaluate(FOCUS))
    left = f"{TABBABLE}.filter((part) => !part.hasAttribute('data-seen')).map((part) => part.outerHTML.slice(0, 120))"
    assert page.evaluate(left) == []
    assert [stop["markup"] for stop in seen if stop["empty"] or not stop["marked"]] == []
    assert 20 < len(seen) < most


def test_whatever_can_be_picked_by_mouse_has_a_button_or_a_control_on_its_page(outlines: dict[Path, Outline]) -> None:
    found = [(path, soup, chart) for path in outlines for soup in [BeautifulSoup(path.read_text(), "html.parser")] for chart in soup.select(".book-chart")]
    assert len(found) > 20
    for path, soup, chart in found:
        spec, field = json.loads(chart.find("script", recursive=False).string), chart["data-pick"]
        # What reacts to a pointer alone.
        assert not [param for param in spec.get("params", []) if "select" in param], path
        if field:
            buttons = {button["data-name"] for button in soup.select(f'.book-chart[data-pick="{field}"] .book-keys button')}
            names = {row[field] for rows in spec.get("datasets", {}).values() for row in rows if row.get(field) is not None}
            controls = [param for param in spec["params"] if param["name"] == "picked" and "bind" in param and chart.select(".book-controls")]
            assert names and (names <= buttons or controls), (path, chart["id"], names - buttons)


def test_no_column_of_numbers_is_left_as_text(outlines: dict[Path, Outline]) -> None:
    number = r"[+−]?[\d,]*\.?\d+(\s%)?"
    written = re.compile(f"[+−]?{number}( to {number})?|–|not known")
    for path in outlines:
        for table in BeautifulSoup(path.read_text(), "html.parser").select(".book-table table"):
            for column in zip(*(row.find_all(["th", "td"], recursive=False) for row in table.select("tbody > tr")), strict=True):
                texts = [cell.get_text().strip() for cell in column]
                if any(re.match("[+−]", text) for text in texts) and all(map(written.fullmatch, texts)):
                    assert all(cell.has_attr("data-value") for cell in column), (path, texts[:3])
                    assert all(cell.has_attr("data-upper") for cell in column) == any(" to " in text for text in texts)


@pytest.mark.browser
def test_the_first_stop_skips_to_the_text(walked: Visit) -> None:
    walked.page.keyboard.press("Tab")
    assert "skip" in walked.page.evaluate("document.activeElement.textContent").lower()
    walked.page.keyboard.press("Enter")
    walked.page.keyboard.press("Tab")
    assert walked.page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.browser
def test_a_reader_who_wants_no_motion_gets_none(browser: Any, built_site: Path) -> None:
    with Visit(browser, page_with_charts(built_site), reduced_motion="reduce") as visit:
        visit.draw()
        assert visit.page.evaluate(MOVING) == []


def test_no_page_has_an_order_of_its_own_for_the_keyboard(outlines: dict[Path, Outline]) -> None:
    assert [path for path in outlines if re.search(r'tabindex="[1-9]', path.read_text())] == []


def test_every_page_has_a_language_and_a_title_of_its_own(outlines: dict[Path, Outline]) -> None:
    assert {outline.language for outline in outlines.values()} == {"en"}
    titles = [outline.title.strip() for outline in outlines.values()]
    assert all(titles)
    assert len(set(titles)) == len(titles)


def test_headings_begin_with_one_and_leave_out_no_level(outlines: dict[Path, Outline]) -> None:
    for path, outline in outlines.items():
        assert outline.headings.count(1) == 1, path
        steps = zip(outline.headings, outline.headings[1:], strict=False)
        assert [step for step in steps if step[1] > step[0] + 1] == [], path


def test_every_table_says_which_cells_are_its_headers(outlines: dict[Path, Outline]) -> None:
    tables = [(path, headers) for path, outline in outlines.items() for headers in outline.tables]
    assert len(tables) > 20
    assert [path for path, headers in tables if not headers] == []
