"""What several test modules need: the shipped tables, and files of given text."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from visits import run, script

ROOT = Path(__file__).parents[1]

# A busy machine is slow, not wrong; how long a test may take is the business of pytest-timeout.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Folder of the shipped tables."""
    return Path(__file__).parents[1] / "data"


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of the given text or bytes and return its path."""

    def write(content: str | bytes, name: str = "scores.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write


FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium with an empty profile; without it tests are skipped here and fail in CI."""
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        reason = "no Chromium on this machine, so the site was not opened in a browser"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, headless=True)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def built_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the default edition: the folder named by BUILT_SITE, else built for the tests."""
    if os.environ.get("BUILT_SITE"):
        return Path(os.environ["BUILT_SITE"]).resolve()
    book = tmp_path_factory.mktemp("book")
    for name in ("_config.yml", "_toc.yml", "CITATION.cff"):
        shutil.copy(ROOT / name, book / name)
    for name in ("chapters", "data"):
        shutil.copytree(ROOT / name, book / name)
    run([script("compendium"), "build", "--book", str(book)])
    (site,) = book.glob("_build/default/html")
    return site
