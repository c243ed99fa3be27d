"""What a page of the site costs its reader: bytes over the wire, time until it answers, and things that move."""

from __future__ import annotations

import functools
import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from visits import QuietHandler, Visit, pages

PLAIN = (".png", ".woff2", ".woff")
OBSERVE = """
window.shifted = 0;
window.busyUntil = 0;
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
}).observe({ type: "layout-shift", buffered: true });
new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
        window.busyUntil = Math.max(window.busyUntil, startTime + duration);
}).observe({ type: "longtask", buffered: true });
"""
# When the page's scripts have run and nothing keeps it from answering.
ANSWERS = "Math.max(performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd, window.busyUntil)"
AT_THE_END = "window.scrollY + window.innerHeight >= document.documentElement.scrollHeight - 2"


@functools.cache
def compressed(path: Path) -> bytes:
    """Return a file compressed; hosts keep it so, and the time it takes is none of the reader's."""
    return gzip.compress(path.read_bytes(), 6)


class Compressing(QuietHandler):
    """Serves files compressed, as hosts of static sites do."""

    def do_GET(self) -> None:
        """Send a file."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        plain = path.suffix in PLAIN
        body = path.read_bytes() if plain else compressed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Length", str(len(body)))
        if not plain:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a site compressed and yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Compressing, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@dataclass(frozen=True)
class Weight:
    """What one visit cost: kB received, ms until the page answered, layout shift until its end was reached."""

    kilobytes: float
    answers_ms: float
    shift: float


def weigh(browser: Any, address: str, *, read: bool = False) -> Weight:
    """Visit a page with nothing cached.

    Parameters
    ----------
    browser
        Chromium.
    address
        Of the page.
    read
        Whether to scroll to its end, so that all its charts are drawn.
    """
    with Visit(browser, "about:blank") as visit:
        page, received = visit.page, []
        page.add_init_script(OBSERVE)
        network = visit.context.new_cdp_session(page)
        network.send("Network.enable")
        network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
        page.goto(address, wait_until="networkidle")
        answers = page.evaluate(ANSWERS)
        if read:
            scroll_through(page)
        return Weight(sum(received) / 1000, answers, page.evaluate("window.shifted"))


def scroll_through(page: Any) -> None:
    """Scroll to the end of a page as a reader does, and wait for its charts."""
    while not page.evaluate(AT_THE_END):
        page.mouse.wheel(0, 800)
        page.wait_for_timeout(60)
    page.wait_for_function("[...document.querySelectorAll('.book-chart')].every((chart) => chart.dataset.drawn)")
    page.wait_for_timeout(300)


def chart_pages(site: Path) -> list[str]:
    """Return the addresses of pages with charts within a site, the largest file first."""
    found = [path for path in pages(site) if '<div class="book-chart"' in path.read_text()]
    largest = sorted(found, key=lambda path: -len(compressed(path)))
    return [path.relative_to(site).as_posix() for path in largest]
