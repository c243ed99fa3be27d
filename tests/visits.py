"""Pages of the site, open in a browser."""

from __future__ import annotations

import subprocess
import sys
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

LOCAL = ("file:", "data:", "blob:")


def script(name: str) -> str:
    """Return a command of this environment."""
    return str(Path(sys.executable).with_name(name))


def run(command: list[str]) -> None:
    """Run a command and fail with what it said."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


class Visit:
    """A page open in the browser, and everything it complained about or asked for."""

    def __init__(self, browser: Any, address: Path | str, **options: Any) -> None:
        theme = options.pop("theme", "light")
        self.context = browser.new_context(viewport={"width": options.pop("width", 1280), "height": 900}, **options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(f"failed: {request.url}"))
        self.page.on("request", lambda request: self.requests.append(request.url))
        keep = f"localStorage.setItem('mode','{theme}');localStorage.setItem('theme','{theme}')"
        self.page.add_init_script(keep)
        self.page.goto(address.as_uri() if isinstance(address, Path) else address)

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning", "assert"):
            self.complaints.append(f"{message.text} ({message.location['url']})")

    def __enter__(self) -> Visit:
        return self

    def __exit__(self, *exception: object) -> None:
        self.context.close()

    def settle(self) -> None:
        """Wait until nothing is on its way: what a page still asks for when it is left counts as failed."""
        self.page.wait_for_load_state("networkidle")

    def reload(self) -> None:
        """Load the page again once it has all it asked for."""
        self.settle()
        self.page.reload()

    def go(self, address: Path | str) -> None:
        """Go to another page once this one has all it asked for."""
        self.settle()
        self.page.goto(address.as_uri() if isinstance(address, Path) else address)

    def open(self, path: Path) -> None:
        """Go to another page and draw its charts."""
        self.go(path)
        self.page.evaluate("window.drawAllCharts()")
        drawn = "[...document.querySelectorAll('.book-chart')].every((chart) => chart.dataset.drawn)"
        self.page.wait_for_function(drawn, timeout=60_000)

    def draw(self) -> int:
        """Draw every chart of the page and return how many there are."""
        self.page.evaluate("window.drawAllCharts()")
        charts_shown = self.page.locator(".book-chart").count()
        done = "n => document.querySelectorAll('.book-chart[data-drawn] .book-chart-view svg').length === n"
        self.page.wait_for_function(done, arg=charts_shown, timeout=20_000)
        return charts_shown


def pages(site: Path) -> list[Path]:
    """Return every page of a site."""
    return sorted(path for path in site.rglob("*.html") if "_static" not in path.parts)


def whole_pages(site: Path) -> list[Path]:
    """Return the pages of a site that are more than a pointer to another."""
    return [path for path in pages(site) if "_static/book.js" in path.read_text()]


def page_with_charts(site: Path, fewest: int = 2) -> Path:
    """Return a page with some charts that families can be picked in."""
    return next(
        path
        for path in pages(site)
        if path.read_text().count('<div class="book-chart"') >= fewest
        and path.read_text().count('data-pick="family"') >= 2
    )


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files and keeps quiet about it."""

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
        """Say nothing."""
