"""Slides: every chart of every plan has one, and all of it fits on the wall."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from analysis.course import plans
from analysis.course.book_pages import BuiltBook, built_book
from analysis.course.bundle import words_of
from analysis.course.plain_markdown import Words
from analysis.course.predictions_page import SHORT
from analysis.course.slides import SLIDES, Slide, slides, slides_page

from visits import Visit

COURSE = plans.course()
SIZES = [(1366, 640), (1280, 720), (1920, 1080)]
FITS = """() => {
  const slide = document.querySelector('.slide.now');
  const parts = [...slide.querySelectorAll('h1, .side, figure, figure svg, table')];
  const low = document.querySelector('nav').getBoundingClientRect().top;
  const side = slide.querySelector('.side');
  return parts.filter(part => part.getBoundingClientRect().bottom > low + 1).map(part => part.tagName).concat(
    side.scrollHeight > side.clientHeight + 1 ? ['text'] : [],
    document.documentElement.scrollHeight > innerHeight + 1 ? ['page'] : []);
}"""


@pytest.fixture(scope="module")
def book(built_site: Path) -> BuiltBook:
    """The default edition."""
    edition = built_site.parent
    root = next(folder for folder in edition.parents if (folder / "_toc.yml").is_file())
    return built_book(root, json.loads((edition / "edition.json").read_text(encoding="utf-8"))["edition"])


@pytest.fixture(scope="module")
def deck(book: BuiltBook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its slides."""
    path = tmp_path_factory.mktemp("slides") / "index.html"
    path.write_text(slides_page(book.chapters, words_of(book, computed=True)), encoding="utf-8")
    return path


@pytest.mark.parametrize("plan", COURSE.plans.values(), ids=COURSE.plans)
def test_what_a_plan_puts_on_the_wall_has_a_slide_in_its_order(plan: plans.Plan) -> None:
    wanted = list(dict.fromkeys(name for slot in plan.slots for name in slot.shows))
    assert [slide.chart for slide in SLIDES if slide.chart and plan.key in slide.used_in()] == wanted


def test_the_slide_on_predictions_goes_by_the_plans() -> None:
    (slide,) = (each for each in SLIDES if each.title == "First, predict")
    assert "form" in slide.words and "short list" in slide.words
    assert f"{SHORT} benchmarks, about 5 minutes" in slide.note and plans.PREDICTION * SHORT <= 5
    assert "Ten minutes" not in slide.note


def test_an_edition_shows_every_slide(book: BuiltBook) -> None:
    assert len(list(slides(book.chapters, Words()))) == len(SLIDES)


def test_captions_ask_nobody_to_choose_and_say_what_was_chosen(book: BuiltBook) -> None:
    made = " ".join(slides(book.chapters, words_of(book, computed=True)))
    captions = re.findall(r'<div class="caption">(.*?)</div>', made, re.DOTALL)
    assert len(captions) > 20 and not [each for each in captions if "Choose" in each]
    assert any("Drawn with: Correlation of the proxy with what is wanted: 0.6." in each for each in captions)


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_slide_fits_the_window(browser: Any, deck: Path, size: tuple[int, int]) -> None:
    with Visit(browser, deck) as visit:
        visit.page.set_viewport_size({"width": size[0], "height": size[1]})
        for slide in SLIDES:
            title = visit.page.locator(".slide.now h1").inner_text()
            assert title == slide.title and visit.page.evaluate(FITS) == [], title
            visit.page.keyboard.press("ArrowRight")
        assert visit.complaints == []


@pytest.mark.browser
def test_every_bar_of_the_loadings_has_its_name(browser: Any, deck: Path, book: BuiltBook) -> None:
    (number,) = (place for place, slide in enumerate(SLIDES, start=1) if slide.chart == "fig-capabilities-score-loadings")
    with Visit(browser, f"{deck.as_uri()}#{number}") as visit:
        texts = visit.page.locator(".slide.now svg text").all_text_contents()
    assert {"WinoGrande", "PIQA", "COPA", "HellaSwag", "LogiQA", "LAMBADA", "MMLU", "GSM8K", "MATH"} <= set(texts)


@pytest.mark.browser
def test_the_slides_of_one_plan_can_be_picked(browser: Any, deck: Path) -> None:
    with Visit(browser, f"{deck.as_uri()}#fifty/2") as visit:
        page = visit.page
        shown = [slide for slide in SLIDES if "fifty" in slide.used_in()]
        assert page.locator("output").inner_text() == f"2 / {len(shown)}"
        page.locator("select").select_option("week4")
        assert page.locator(".slide.now h1").inner_text() == next(each.title for each in SLIDES if "week4" in each.used_in())
        assert page.evaluate("location.hash") == "#week4/1"
        printed = len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(prefer_css_page_size=True)))
        assert printed == sum("week4" in slide.used_in() for slide in SLIDES)


@pytest.mark.browser
def test_an_arrow_scrolls_what_does_not_fit_before_it_turns(browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = Slide("Long", "\n\n".join(f"Line {number}" for number in range(80)))
    monkeypatch.setattr("analysis.course.slides.SLIDES", (long, Slide("Next")))
    (tmp_path / "index.html").write_text(slides_page({}, Words()), encoding="utf-8")
    with Visit(browser, tmp_path / "index.html") as visit:
        visit.page.keyboard.press("ArrowDown")
        assert visit.page.locator(".slide.now h1").inner_text() == "Long"
        assert visit.page.evaluate("document.querySelector('.slide.now .side').scrollTop") > 0
        for _ in range(160):
            visit.page.keyboard.press("ArrowDown")
        assert visit.page.locator(".slide.now h1").inner_text() == "Next"
