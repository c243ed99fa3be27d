"""Measure what pages of a built site cost their reader, in Chromium, over a server that compresses.

The first page and every page with charts is opened with nothing cached. Ends with four lines, one
figure each: the first page's weight and time, the weight of the heaviest page with all its charts
drawn, and the largest layout shift of any page read to its end.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from conftest import FLAGS  # noqa: E402
from weights import chart_pages, served, weigh  # noqa: E402

FIRST = "chapters/index.html"


def main() -> None:
    """Measure and report."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "default" / "html", help="folder of the site")
    parser.add_argument("--rounds", type=int, default=5, help="how many times the first page is timed")
    arguments = parser.parse_args()
    site, chromium = arguments.site.resolve(), shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright, served(site) as address:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        first = [weigh(browser, address + FIRST) for _ in range(arguments.rounds)]
        read = {page: weigh(browser, address + page, read=True) for page in chart_pages(site)}
        browser.close()
    for page, weight in read.items():
        print(f"{page}: {weight.kilobytes:.0f} kB, answers after {weight.answers_ms:.0f} ms, shift {weight.shift:.4f}")
    print(f"first_page_kb_compressed: {median(weight.kilobytes for weight in first):.0f}")
    print(f"first_page_interactive_ms: {median(weight.answers_ms for weight in first):.0f}")
    print(f"chart_page_kb_compressed: {max(weight.kilobytes for weight in read.values()):.0f}")
    print(f"layout_shift: {max(weight.shift for weight in read.values()):.4f}")


if __name__ == "__main__":
    main()
