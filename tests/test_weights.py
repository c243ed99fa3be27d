"""Pages are light, and nothing on them moves while they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from visits import Visit
from weights import chart_pages, served, weigh

pytestmark = pytest.mark.browser


def test_the_first_page_is_light(browser: Any, built_site: Path) -> None:
    with served(built_site) as address:
        assert weigh(browser, address + "chapters/index.html").kilobytes < 600


def test_the_heaviest_page_is_light_enough_and_still_while_it_is_read(browser: Any, built_site: Path) -> None:
    heaviest = chart_pages(built_site)[0]
    with served(built_site) as address:
        weight = weigh(browser, address + heaviest, read=True)
    assert 300 < weight.kilobytes < 1500
    # A slow machine shows the side bar in two pieces; the charts have a stricter test of their own.
    assert weight.shift < 0.05


def test_only_the_page_that_searches_loads_what_it_takes_and_it_finds(browser: Any, built_site: Path) -> None:
    with served(built_site) as address, Visit(browser, f"{address}chapters/index.html") as visit:
        assert not any("search" in url for url in visit.requests)
        visit.page.keyboard.press("Control+k")
        visit.page.keyboard.type("jackknife")
        visit.settle()
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url("**/search.html?q=jackknife")
        visit.page.locator("#search-results li a", has_text="How sure").first.wait_for()
        visit.settle()
        assert visit.complaints == []
