"""Pages are light, and nothing on them moves while they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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
    assert weight.shift < 0.01
