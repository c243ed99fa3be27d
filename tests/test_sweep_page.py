"""The page of a sweep stands alone: readable anywhere, safe whatever the names, true of any sweep."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from analysis import charts_sweep
from analysis.parameters import Parameters
from analysis.sweep_comparison import Comparison, Made, benchmark_rows, compare
from analysis.sweep_file import Sweep, SweptEdition
from analysis.sweep_page import Scripts, book_scripts, course_sentence, in_groups, made_sentence, sweep_page

from visits import LOCAL, Visit

ROOT = Path(__file__).parents[1]
NASTY = '<img src=x onerror="alert(1)">{{7*7}}</script>'
VERDICTS = ("entangled", "inverse", "distinct", "cannot tell")


def compared(area: str = "Safety", option: str = "base", failed: bool = False) -> Comparison:
    """Eight editions over two populations and four seeds, with four benchmarks and three claims each."""
    pairs = list(itertools.product((option, "chat"), range(4)))
    editions, verdicts, claims = [], [], []
    for place, (population, seed) in enumerate(pairs, 1):
        labels = {"place": place, "edition": f"e{place}", "population": population, "seed": str(seed)}
        numbers = {
            "variance_explained": 0.5 + place / 20,
            "variance_explained_lower": 0.3,
            "variance_explained_upper": 0.95,
        }
        editions.append({**labels, "status": "made", "shown_population": population, **numbers, "n_models": 20 + place})
        for number, name in enumerate("abcd"):
            verdict = VERDICTS[(place * number) % 4]
            about = {"benchmark": name, "name": f"{name} {area}", "area": area, "correlation": number / 5}
            verdicts.append({**labels, **about, "verdict": verdict})
        for number, name in enumerate(("x", "y", "z")):
            verdict = ("holds", "fails", "cannot tell")[(place * number) % 3]
            claims.append(
                {**labels, "id": name, "source": area, "estimate": number / 5, "verdict": verdict, "reason": area}
            )
    frame = pd.DataFrame(editions)
    if failed:
        frame.loc[7, ["status", "reason"]] = ["failed", f"it is bad: {option}"]
    names = tuple(SweptEdition(f"e{place}", {}, Parameters(), {}) for place in range(1, 9))
    sweep = Sweep("toy", names, ("population", "seed"), True)
    return Comparison(sweep, (), frame, pd.DataFrame(verdicts), pd.DataFrame(claims), {"x": f"It is said. {area}"})


@pytest.fixture(scope="module")
def scripts() -> Scripts:
    """What the book's own pages run."""
    return book_scripts(ROOT)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, scripts: Scripts) -> Path:
    """A page with live charts."""
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(sweep_page(compared(failed=True), scripts), encoding="utf-8")
    return path


@pytest.mark.browser
@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 360)])
def test_the_page_draws_its_charts_alone_in_both_themes_and_on_a_telephone(
    browser: Any, page: Path, theme: str, width: int
) -> None:
    with Visit(browser, page, color_scheme=theme, width=width) as visit:
        assert visit.draw() == 4
        assert visit.page.evaluate("document.documentElement.dataset.theme") == theme
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert [url for url in visit.requests if not url.startswith(LOCAL)] == [] and visit.complaints == []


@pytest.mark.browser
def test_its_tables_can_be_sorted(browser: Any, page: Path) -> None:
    with Visit(browser, page) as visit:
        table = visit.page.locator("table", has_text="Edition").last
        table.get_by_role("button", name="Models").click()
        first = table.locator("tbody tr").first.locator("th").inner_text()
        table.get_by_role("button", name="Models").click()
        assert (first, table.locator("tbody tr").first.locator("th").inner_text()) == ("e1", "e8")


@pytest.mark.browser
def test_charts_follow_the_theme_of_the_reader(browser: Any, page: Path) -> None:
    with Visit(browser, page, color_scheme="light") as visit:
        visit.draw()
        visit.page.emulate_media(color_scheme="dark")
        visit.page.wait_for_function("() => document.querySelectorAll('[data-drawn=dark]').length === 4")
        assert visit.complaints == []


@pytest.mark.browser
def test_no_name_is_ever_run(browser: Any, tmp_path: Path, scripts: Scripts) -> None:
    path = tmp_path / "nasty.html"
    path.write_text(sweep_page(compared(NASTY, NASTY, failed=True), scripts), encoding="utf-8")
    with Visit(browser, path) as visit:
        shown: list[str] = []
        visit.page.on("dialog", lambda dialog: (shown.append(dialog.message), dialog.dismiss()))
        visit.draw()
        assert visit.page.locator("img").count() == 0 and shown == [] and visit.complaints == []
        assert NASTY in visit.page.locator("body").inner_text()


def test_a_book_without_scripts_gets_pictures_and_their_data() -> None:
    text = sweep_page(compared(), Scripts())
    assert "<script" not in text and text.count("<svg") == 4 and text.count("<details") == 4
    assert "script-src 'none'" in text


def test_each_edition_is_a_link_to_its_folder(page: Path) -> None:
    links = re.findall(r'<a href="([^"]*)">(\w+)</a>', page.read_text())
    assert links == [(f"e{place}/", f"e{place}") for place in range(1, 8)]


def test_what_failed_is_said_with_its_reason(page: Path) -> None:
    text = page.read_text()
    assert "7 could be made, 1 could not." in text and "<li>e8: it is bad: base</li>" in text


def test_a_sweep_of_which_nothing_was_made_still_has_a_page() -> None:
    edition = SweptEdition("one", {}, Parameters(), {})
    found = compare(Sweep("toy", (edition,), (), True), [Made(edition, None, ("no",))])
    text = sweep_page(found, Scripts())
    assert "1 edition, compared side by side. 0 could be made, 1 could not." in text and "<svg" not in text


def test_a_single_edition_is_said_to_differ_in_nothing() -> None:
    edition = SweptEdition("one", {}, Parameters(), {})
    editions = pd.DataFrame({"place": [1], "edition": ["one"], "status": ["made"]})
    alone = Comparison(Sweep("toy", (edition,), (), True), (), editions, pd.DataFrame(), pd.DataFrame(), {})
    assert made_sentence(alone) == "1 edition, compared side by side."


def test_the_sentence_on_verdicts_counts_each_thing_once() -> None:
    things = pd.DataFrame(
        {
            "name": ["A", "B", "C", "D"],
            "course": ["same", "same", "wavers", "contradicts"],
            "entangled": [3, 0, 1, 1],
            "inverse": [0, 0, 0, 2],
            "distinct": [0, 0, 0, 0],
            "cannot tell": [0, 3, 2, 0],
        }
    )
    assert course_sentence(things, "benchmark", VERDICTS) == (
        "Of 4 benchmarks, 2 have one verdict in all editions that judge them (entangled: 1, cannot tell: 1); 1 is decided "
        "in some editions and left open in others; 1 is decided one way in some and another way in others (D)."
    )


def test_beyond_what_a_map_can_hold_shares_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = compared()
    assert sweep_page(whole, Scripts()).count("Map of the verdicts") == 2
    monkeypatch.setattr(charts_sweep, "MOST_CELLS", 8 * 3)
    text = sweep_page(whole, Scripts())
    assert text.count("Map of the verdicts on 3 claims") == 1
    assert text.count("Stacked bars of the verdicts on 4 benchmarks") == 1


def test_shares_of_a_thing_add_up_to_the_editions_that_judge_it() -> None:
    things = in_groups(benchmark_rows(compared()).assign(title=lambda rows: rows["name"], group="x"))
    spec = charts_sweep.verdict_shares(things, VERDICTS, "benchmarks").to_dict()
    (rows,) = spec["datasets"].values()
    assert pd.DataFrame(rows).groupby("title")["share"].sum().round(9).eq(1).all() and len(things) == 4


def test_editions_beyond_drawing_are_said_to_be_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts_sweep, "MOST_CELLS", 5)
    assert "too many editions to draw each; comparison.csv has them all" in sweep_page(compared(), Scripts())
