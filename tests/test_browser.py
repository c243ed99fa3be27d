"""The site in a real browser: quiet, alone, drawn, and safe."""

from __future__ import annotations

import functools
import re
import shutil
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pandas as pd
import pytest

from analysis import charts, display, figures, house
from analysis.scores import ScoreTable

from visits import LOCAL, QuietHandler, Visit, page_with_charts, pages, run, script

if TYPE_CHECKING:
    from playwright.sync_api import Locator

ROOT = Path(__file__).parents[1]
HOSTILE = [
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=2>",
    "\"'><b onmouseover=window.hacked=3>x</b>",
    "{{ 7 * 7 }}",
    "{% raise %}",
    "`code` **bold** $x$",
    "a|b",
    "line\nbreak",
    '=HYPERLINK("http://example.org")',
    "picked) || (window.hacked=4",
    "constructor",
    "a.b[0]",
]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of charts, a table and values whose every name is an attack, set up like the book."""
    book = tmp_path_factory.mktemp("hostile")
    config = (ROOT / "_config.yml").read_text()
    (book / "_config.yml").write_text(config)
    (book / "_toc.yml").write_text("format: jb-book\nroot: chapters/index\n")
    shutil.copytree(ROOT / "chapters" / "_static", book / "chapters" / "_static")
    (book / "chapters" / "references.bib").write_text("")
    nbformat.write(hostile_notebook(), book / "chapters" / "index.ipynb")
    run([script("jupyter-book"), "build", "-W", "-n", "--keep-going", str(book)])
    return book / "_build" / "html"


def hostile_notebook() -> nbformat.NotebookNode:
    """Return an executed notebook of hostile names."""
    models = pd.DataFrame({"family": HOSTILE}, index=pd.Index(HOSTILE, name="model"))
    benchmarks = pd.DataFrame({"area": HOSTILE, "role": "safety", "higher_is": "worse"}, index=pd.Index(HOSTILE, name="benchmark"))
    size = len(HOSTILE)
    frame = pd.DataFrame(
        {
            "model": HOSTILE,
            "family": HOSTILE,
            "benchmark": HOSTILE,
            "score": range(size),
            "capabilities_score": range(size),
            "value": [number % 5 for number in range(size)],
            "correlation": [number / size for number in range(size)],
        }
    )
    table = ScoreTable(frame, models, benchmarks, pd.DataFrame())
    shown = [
        charts.capabilities_scores(frame, table)._repr_mimebundle_(),
        charts.scatter_against_score(frame, table, HOSTILE[0])._repr_mimebundle_(),
        charts.correlation_forest(frame, table)._repr_mimebundle_(),
        charts.coverage_heatmap(table)._repr_mimebundle_(),
        {"text/html": display.html_table(frame)._repr_html_()},
        {"text/html": display.note(HOSTILE[0])._repr_html_()},
    ]
    cells = [nbformat.v4.new_markdown_cell("# Hostile\n\nText {glue:text}`name`.")]
    cells.append(nbformat.v4.new_code_cell("glue", outputs=[glued("name", HOSTILE[0])]))
    for place, data in enumerate(shown):
        options = {"mystnb": {"figure": {"name": f"fig-{place}", "caption": "Of {glue:text}`name`."}}}
        output = nbformat.v4.new_output("display_data", data=data)
        cells.append(nbformat.v4.new_code_cell("show", outputs=[output], metadata=options))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    language = {"name": "python", "pygments_lexer": "ipython3"}
    metadata = {"kernelspec": kernel, "language_info": language}
    return figures.render_figures(nbformat.v4.new_notebook(cells=cells, metadata=metadata))


def glued(key: str, text: str) -> nbformat.NotebookNode:
    """Return the output that glues a text."""
    prefix = display.GLUE_PREFIX
    metadata = {"scrapbook": {"name": key, "mime_prefix": prefix}}
    data = {f"{prefix}text/plain": repr(text)}
    return nbformat.v4.new_output("display_data", data=data, metadata=metadata)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_opens_without_complaint_and_asks_no_other_host(
    browser: Any, built_site: Path, theme: str
) -> None:
    found = pages(built_site)
    assert len(found) > 5
    for path in found:
        with Visit(browser, path, theme=theme) as visit:
            if "_static/book.js" in path.read_text():
                visit.draw()
            assert visit.complaints == [], path
            assert [url for url in visit.requests if not url.startswith(LOCAL)] == [], path
            assert not any("webfonts" in url for url in visit.requests), path


def test_the_site_works_over_http_as_it_does_from_files(browser: Any, built_site: Path) -> None:
    handler = functools.partial(QuietHandler, directory=str(built_site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_address[1]}/"
        path = page_with_charts(built_site).relative_to(built_site).as_posix()
        with Visit(browser, here + path) as visit:
            assert visit.draw() > 1
            assert visit.complaints == []
            assert [url for url in visit.requests if not url.startswith((here, *LOCAL))] == []
        server.shutdown()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_charts_take_the_colours_of_the_theme_and_follow_it_at_once(
    browser: Any, built_site: Path, theme: str
) -> None:
    other = {"light": "dark", "dark": "light"}[theme]
    colours = "[...document.querySelectorAll('.book-chart-view text')].map(t => t.getAttribute('fill'))"
    with Visit(browser, page_with_charts(built_site), theme=theme) as visit:
        drawn = visit.draw()
        for now in (theme, other):
            visit.page.evaluate(f"document.documentElement.dataset.theme = '{now}'")
            done = f"document.querySelectorAll('.book-chart[data-drawn={now}]').length === {drawn}"
            visit.page.wait_for_function(done)
            text = house.theme(now)["axis"]["labelColor"]
            assert text in visit.page.evaluate(colours)
        assert visit.complaints == []


def test_the_chart_script_is_loaded_only_when_a_chart_comes_near(browser: Any, built_site: Path) -> None:
    with Visit(browser, built_site / "chapters" / "references.html") as visit:
        visit.page.wait_for_timeout(300)
        assert not any("book-vega.js" in url for url in visit.requests)
    with Visit(browser, page_with_charts(built_site)) as visit:
        visit.page.locator(".book-chart").last.scroll_into_view_if_needed()
        visit.page.wait_for_selector(".book-chart[data-drawn]")
        assert sum("book-vega.js" in url for url in visit.requests) == 1


SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_moves_when_charts_appear(browser: Any, built_site: Path, width: int) -> None:
    with Visit(browser, page_with_charts(built_site), width=width) as visit:
        visit.page.evaluate(SHIFTS)
        heights = "[...document.querySelectorAll('.book-chart')].map(c => c.getBoundingClientRect().height)"
        before = visit.page.evaluate(heights)
        visit.draw()
        visit.page.wait_for_timeout(200)
        assert visit.page.evaluate(heights) == pytest.approx(before, abs=2)
        assert visit.page.evaluate("window.shifted") < 0.01


def test_charts_and_pages_fit_a_narrow_screen_and_follow_their_column(browser: Any, built_site: Path) -> None:
    sizes = """[...document.querySelectorAll('.book-chart-view')].map(
        (view) => [view.clientWidth, Number(view.querySelector('svg').getAttribute('width'))])"""
    with Visit(browser, page_with_charts(built_site), width=360) as visit:
        visit.draw()
        for width in (360, 1280, 700):
            visit.page.set_viewport_size({"width": width, "height": 900})
            fits = f"{sizes}.every(([column, chart]) => Math.abs(column - chart) < 2)"
            visit.page.wait_for_function(fits)
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert visit.complaints == []


def test_picking_a_family_fades_the_others_in_every_chart_of_the_page(browser: Any, built_site: Path) -> None:
    faded = """[...document.querySelectorAll('.book-chart[data-pick=family]')].map((chart) =>
        [...chart.querySelectorAll('.mark-symbol path')].filter((p) => Number(p.getAttribute('opacity')) < 1).length)"""
    with Visit(browser, page_with_charts(built_site)) as visit:
        visit.draw()
        assert set(visit.page.evaluate(faded)) == {0}
        key = visit.page.locator(".book-chart[data-pick=family] .book-keys button").first
        key.press("Enter")
        visit.page.wait_for_function(f"{faded}.every((count) => count > 0)")
        assert key.get_attribute("aria-pressed") == "true"
        key.press("Enter")
        visit.page.wait_for_function(f"{faded}.every((count) => count === 0)")
        assert visit.complaints == []


def test_a_chart_keeps_what_the_reader_set_when_the_theme_changes(browser: Any, built_site: Path) -> None:
    controlled = next(path for path in pages(built_site) if 'class="book-controls"' in path.read_text())
    with Visit(browser, controlled) as visit:
        drawn = visit.draw()
        control = visit.page.locator(".book-controls label select").first
        values = control.locator("option").evaluate_all("options => options.map(option => option.value)")
        other = next(value for value in values if value != control.input_value())
        control.select_option(other)
        visit.page.evaluate("document.documentElement.dataset.theme = 'dark'")
        done = f"document.querySelectorAll('.book-chart[data-drawn=dark]').length === {drawn}"
        visit.page.wait_for_function(done)
        assert control.input_value() == other
        assert control.is_visible()
        assert visit.complaints == []


def test_without_scripts_there_are_pictures_and_data(browser: Any, built_site: Path) -> None:
    with Visit(browser, page_with_charts(built_site), java_script_enabled=False) as visit:
        shown = visit.page.locator(".book-chart-picture svg")
        assert shown.count() == visit.page.locator(".book-chart").count() > 1
        assert shown.first.bounding_box()["height"] > 100
        assert not visit.page.locator(".book-chart-view").first.is_visible()
        visit.page.locator(".book-chart-data summary").first.click()
        assert visit.page.locator(".book-chart-data td").first.is_visible()


def test_charts_are_saved_as_pictures_with_their_key(
    browser: Any, built_site: Path, tmp_path: Path
) -> None:
    with Visit(browser, page_with_charts(built_site), accept_downloads=True, theme="dark") as visit:
        chart = visit.page.locator(".book-chart[data-pick=family]").first
        family = chart.locator(".book-keys button").first.inner_text()
        for kind in ("SVG", "PNG"):
            with visit.page.expect_download() as download:
                chart.get_by_text(f"Save as {kind}").click()
            path = tmp_path / f"chart.{kind.lower()}"
            download.value.save_as(path)
            assert download.value.suggested_filename.endswith(f".{kind.lower()}")
        assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
        svg = (tmp_path / "chart.svg").read_text()
        assert f">{family}<" in svg
        assert 'fill="white"' in svg
        assert visit.complaints == []


def test_tables_are_sorted_by_their_exact_numbers(browser: Any, hostile_site: Path) -> None:
    with Visit(browser, hostile_site / "chapters" / "index.html") as visit:
        table = visit.page.locator("figure .output > .book-table table").first
        for order, direction in ((1, "ascending"), (-1, "descending")):
            table.get_by_role("button", name="value").click()
            column = "[...document.querySelectorAll('figure .output > .book-table td:nth-child(6)')]"
            values = visit.page.evaluate(f"{column}.map((cell) => Number(cell.dataset.value))")
            assert values == sorted(values, reverse=order < 0)
            assert table.locator(f"th[aria-sort={direction}]").inner_text().startswith("value")


def test_a_downloaded_table_runs_nothing_in_a_spreadsheet(
    browser: Any, hostile_site: Path, tmp_path: Path
) -> None:
    address = hostile_site / "chapters" / "index.html"
    with Visit(browser, address, accept_downloads=True) as visit:
        with visit.page.expect_download() as download:
            visit.page.locator("figure .output > .book-actions").get_by_text("Download as CSV").first.click()
        path = tmp_path / "table.csv"
        download.value.save_as(path)
    frame = pd.read_csv(path)
    expected = [display.one_line(name) for name in HOSTILE]
    assert frame["model"].tolist() == [f"'{name}" if name[0] in "=+-@" else name for name in expected]
    assert frame["correlation"].tolist() == [number / len(HOSTILE) for number in range(len(HOSTILE))]


def taken_away(visit: Visit, box: Locator) -> pd.DataFrame:
    """Download a table as a reader does, and read it as a program does."""
    with visit.page.expect_download() as download:
        box.locator("xpath=following-sibling::p[1]").get_by_text("Download as CSV").click()
    return pd.read_csv(download.value.path())


def numbers(box: Locator, column: int) -> list[float]:
    """What the cells of a column say, a sign as people write it."""
    texts = box.locator(f"tbody tr > :nth-child({column})").all_text_contents()
    return [float(re.match(r"[+−]?[\d.]+", text)[0].replace("−", "-")) for text in texts]


def test_numbers_that_name_rows_are_sorted_and_taken_away_as_numbers(browser: Any, built_site: Path) -> None:
    with Visit(browser, built_site / "chapters" / "theory" / "what_benchmarks_do.html", accept_downloads=True) as visit:
        data = visit.page.locator(".book-chart-data", has=visit.page.get_by_text("−1", exact=True)).first
        data.locator("summary").click()
        box = data.locator(".book-table")
        for descending in (False, True):
            box.locator("thead button").first.click()
            shown = numbers(box, 1)
            assert shown == sorted(shown, reverse=descending) and min(shown) == -1 and max(shown) > 0
        assert taken_away(visit, box).iloc[:, 0].tolist() == pytest.approx(shown)


def test_an_interval_is_sorted_by_its_lower_end_and_taken_away_as_two_numbers(browser: Any, built_site: Path) -> None:
    with Visit(browser, built_site / "chapters" / "results" / "areas.html", accept_downloads=True) as visit:
        box = visit.page.locator("figure .output > .book-table", has=visit.page.get_by_role("button", name="Interval")).first
        box.get_by_role("button", name="Interval").click()
        column = 1 + [text.strip() for text in box.locator("thead th").all_text_contents()].index("Interval")
        shown = numbers(box, column)
        assert shown == sorted(shown) and shown[0] < 0 < shown[-1]
        frame = taken_away(visit, box)
        assert frame["Interval, lower"].tolist() == shown
        assert (frame["Interval, lower"] < frame["Interval, upper"]).all() and "Interval" not in frame


def test_a_family_is_picked_by_keyboard_where_rows_are_families(browser: Any, built_site: Path) -> None:
    with Visit(browser, built_site / "chapters" / "measurement" / "uncertainty.html") as visit:
        visit.draw()
        chart = visit.page.locator("#fig-uncertainty-deleted .book-chart")
        chart.locator(".book-keys button").first.press("Enter")
        visit.page.wait_for_function(
            "[...document.querySelectorAll('#fig-uncertainty-deleted .mark-symbol path')].filter((p) => Number(p.getAttribute('opacity')) < 1).length > 1"
        )


PALE = house.theme("dark")["axis"]["labelColor"]
ON_PAPER = """() => [...document.querySelectorAll(".book-chart")].map((chart) => {
    const shown = [...chart.querySelectorAll(":scope > .book-chart-view, :scope > .book-chart-printed")].filter((part) => part.checkVisibility());
    const words = shown.flatMap((part) => [...part.querySelectorAll("svg text")]).filter((word) => word.textContent.trim());
    const box = shown[0]?.querySelector("svg")?.getBoundingClientRect();
    return { parts: shown.length, words: words.length, fits: box.width > 200 && box.right <= innerWidth,
        colours: [...new Set(words.map((word) => getComputedStyle(word).fill))] };
})"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("drawn", [False, True])
def test_a_page_is_printed_at_once_with_all_its_charts_dark_on_white(browser: Any, built_site: Path, theme: str, drawn: bool) -> None:
    with Visit(browser, built_site / "chapters" / "results" / "areas.html", theme=theme) as visit:
        if drawn:
            visit.draw()
        visit.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        visit.page.emulate_media(media="print")
        charts_shown = visit.page.evaluate(ON_PAPER)
        assert len(charts_shown) > 1 and all(each["parts"] == 1 and each["words"] > 5 and each["fits"] for each in charts_shown)
        colours = {colour for each in charts_shown for colour in each["colours"]}
        assert all(max(map(int, re.findall(r"\d+", colour)[:3])) < 100 for colour in colours), colours
        visit.page.emulate_media(media="screen")
        visit.page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert visit.page.evaluate("document.documentElement.dataset.theme") == theme
        assert visit.page.locator(".book-chart-printed").count() == 0
        visit.draw()
        fills = visit.page.locator(".book-chart-view svg text").evaluate_all("words => words.map((word) => word.getAttribute('fill'))")
        assert (PALE in fills) == (theme == "dark")
        assert visit.complaints == []


def test_what_the_browser_prints_holds_every_chart_and_nothing_pale(browser: Any, built_site: Path, tmp_path: Path) -> None:
    from pypdf import PdfReader

    with Visit(browser, built_site / "chapters" / "results" / "areas.html", theme="dark") as visit:
        count = "window.pictures = document.querySelectorAll('.book-chart-printed').length"
        visit.page.evaluate(f"addEventListener('beforeprint', () => {{ {count}; }})")
        visit.page.pdf()
        assert visit.page.evaluate("window.pictures") == visit.page.locator(".book-chart").count() > 1
        visit.draw()
        visit.page.pdf(path=tmp_path / "page.pdf")
        assert visit.page.evaluate("[window.pictures, document.documentElement.dataset.theme]") == [0, "dark"]
    inks = {tuple(map(float, ink)) for page in PdfReader(tmp_path / "page.pdf").pages for ink in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) rg", contents(page))}
    pale = tuple(int(PALE[place : place + 2], 16) / 255 for place in (1, 3, 5))
    assert inks and not [ink for ink in inks if ink == pytest.approx(pale, abs=0.005)]


def contents(page: Any) -> str:
    """What a page of a PDF draws."""
    return page.get_contents().get_data().decode("latin-1")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_hostile_names_are_only_text(browser: Any, hostile_site: Path, theme: str) -> None:
    with Visit(browser, hostile_site / "chapters" / "index.html", theme=theme) as visit:
        assert visit.draw() == 4
        for mark in visit.page.locator(".book-chart .mark-symbol path").all()[:6]:
            mark.hover(force=True)
        for key in visit.page.locator(".book-chart").first.locator(".book-keys button").all():
            key.click()
        visit.page.wait_for_timeout(200)
        assert visit.page.evaluate("window.hacked") is None
        assert visit.page.locator("article img, article b").count() == 0
        text = visit.page.locator("article").inner_text()
        assert all(display.one_line(name) in text for name in HOSTILE)
        assert visit.complaints == []
        assert [url for url in visit.requests if not url.startswith(LOCAL)] == []


def test_a_tooltip_shows_hostile_names_as_they_are(browser: Any, hostile_site: Path) -> None:
    with Visit(browser, hostile_site / "chapters" / "index.html") as visit:
        visit.draw()
        visit.page.locator(".book-chart .mark-symbol path").first.hover(force=True)
        tip = visit.page.locator("#vg-tooltip-element.visible")
        tip.wait_for()
        assert any(display.one_line(name) in tip.inner_text() for name in HOSTILE)
        assert tip.locator("img, b, script").count() == 0


def test_figures_and_tables_are_numbered_by_chapter_and_referred_to(built_site: Path) -> None:
    numbers: list[str] = []
    for path in pages(built_site):
        text = path.read_text()
        found = re.findall(r'class="caption-number">((?:Figure|Table) [\d.]+)', text)
        assert text.count("<figure") == len(found), path
        numbers += found
    assert len(numbers) == len(set(numbers)) > 8
    assert any(number.startswith("Table ") for number in numbers)
