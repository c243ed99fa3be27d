"""Every page of a site names its edition, and every chapter's own notebook and command are the right ones."""

from __future__ import annotations

import functools
import json
import re
import shlex
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from analysis.edition import Request, build
from analysis.parameters import Parameters

from toy_book import PROGRAM, make_book, scores
from visits import LOCAL, QuietHandler, Visit, pages

ROOT = Path(__file__).parents[1]
HOSTILE = "<img src=x onerror=alert(1)>'&.csv"
SHARED = ("_config.yml", "CITATION.cff", "chapters/_static", "chapters/references.bib", "chapters/provenance.md")
REFERRED = {
    "measurement/capabilities_score": "# Referred to\n\n```{glossary}\nedition\n  One build.\n```\n",
    "practice/what_changed": "# Referred to as well\n",
}
FIRST_COLUMN = re.compile(r'<th scope="row">(?:<a href="[^"]*">)?(.*?)(?:</a>)?</th>')

pytestmark = pytest.mark.slow


def styled_book(root: Path) -> Path:
    """A toy book that looks like this one and has its page of provenance."""
    make_book(root)
    for name in SHARED:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, root / name)
    for page, text in REFERRED.items():
        path = root / "chapters" / f"{page}.md"
        path.parent.mkdir()
        path.write_text(text)
    toc = (root / "_toc.yml").read_text()
    for page in (*REFERRED, "provenance"):
        toc = toc.replace("chapters:\n", f"chapters:\n- file: chapters/{page}\n")
    (root / "_toc.yml").write_text(toc)
    return root


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with its default edition, one of another parameter, and one of somebody's scores."""
    root = styled_book(tmp_path_factory.mktemp("edition-page") / "book")
    theirs = root.parent / HOSTILE.replace("/", "")
    scores(9, seed=7).to_csv(theirs)
    build(Request(root))
    build(Request(root, "strict", parameters=Parameters(line=0.5)))
    build(Request(root, "theirs", scores=theirs, parameters=Parameters(index=("b0", "b1", "b2"))))
    return root


def page(book: Path, name: str, edition: str = "default") -> str:
    return (book / "_build" / edition / "html" / "chapters" / f"{name}.html").read_text()


def command(text: str) -> list[str]:
    """The command in the block below a chapter."""
    from html import unescape

    block = text.split('class="book-again"')[1]
    return shlex.split(unescape(re.search(r"<pre>(.*?)</pre>", block, flags=re.S)[1]))


def test_the_site_holds_the_notebooks_of_the_edition_byte_for_byte(book: Path) -> None:
    for edition in ("default", "strict", "theirs"):
        folder = book / "_build" / edition
        names = sorted(path.relative_to(folder).as_posix() for path in folder.glob("notebooks/**/*.ipynb"))
        assert names == ["notebooks/part/counter.ipynb", "notebooks/part/reader.ipynb"]
        for name in names:
            assert (folder / name).read_bytes() == (folder / "html" / name).read_bytes()


def test_every_chapter_with_code_and_no_other_page_offers_its_notebook(book: Path) -> None:
    site = book / "_build" / "default" / "html"
    offering = {path.relative_to(site).as_posix() for path in pages(site) if "book-again" in path.read_text()}
    assert offering == {"chapters/part/reader.html", "chapters/part/counter.html"}
    (address,) = re.findall(r'<a href="([^"]+)" download>', page(book, "part/reader"))
    assert (site / "chapters" / "part" / address).resolve() == (site / "notebooks/part/reader.ipynb").resolve()


@pytest.mark.parametrize("edition", ["default", "strict"])
def test_the_command_of_a_chapter_makes_the_very_notebook_it_offers(book: Path, edition: str, tmp_path: Path) -> None:
    words = command(page(book, "part/reader", edition))
    assert words[1:] == ["run", "part/reader", *(["-p", "line=0.5"] if edition == "strict" else [])]
    made = tmp_path / "again.ipynb"
    subprocess.run([PROGRAM, *words[1:], "--out", made], cwd=book, check=True, timeout=300, capture_output=True)
    assert made.read_bytes() == (book / "_build" / edition / "notebooks/part/reader.ipynb").read_bytes()


def test_the_command_of_a_chapter_reads_the_tables_of_its_edition(book: Path, tmp_path: Path) -> None:
    made = tmp_path / "again.ipynb"
    words = command(page(book, "part/reader", "theirs"))
    subprocess.run([PROGRAM, *words[1:], "--out", made], cwd=book, check=True, timeout=300, capture_output=True)
    shown = [
        [cell["outputs"] for cell in json.loads(path.read_text())["cells"] if cell.get("outputs")]
        for path in (made, book / "_build" / "theirs" / "notebooks/part/reader.ipynb")
    ]
    assert shown[0] == shown[1] != []


def test_every_page_has_a_footer_and_only_other_editions_a_banner(book: Path) -> None:
    for edition in ("default", "strict", "theirs"):
        found = [path.read_text() for path in pages(book / "_build" / edition / "html") if path.parent.name != "html"]
        assert len(found) == 6
        assert all(f">Edition {edition}, built <time" in text for text in found)
        assert all('rel="license"' in text for text in found)
        assert {"book-banner" in text for text in found} == {edition != "default"}


def test_a_hostile_file_name_stays_text(book: Path) -> None:
    text = page(book, "part/reader", "theirs")
    assert "&lt;img src=x onerror=alert(1)&gt;&#x27;&amp;.csv" in text
    assert "<img src=x" not in "".join(path.read_text() for path in pages(book / "_build" / "theirs" / "html"))


def test_the_page_of_provenance_tells_what_the_record_says(book: Path) -> None:
    record = json.loads((book / "_build" / "strict" / "edition.json").read_text())
    text = page(book, "provenance", "strict")
    told = set(FIRST_COLUMN.findall(text))
    assert set(record["parameters"]) - {"data"} <= told
    assert {*record["chapters"], "result tables", *record["inputs"], *record["packages"]} <= told
    assert all(value in text for value in [record["digest"], *record["inputs"].values(), *record["packages"].values()])
    assert "no, it is 0.4" in text
    assert str(book) not in text


def test_the_page_of_provenance_says_what_was_kept_from_an_earlier_build(book: Path) -> None:
    text = page(book, "provenance", "strict")
    rows = dict(re.findall(r'<th scope="row"><a href="part/\w+\.html">(part/\w+)</a></th><td>([^<]+)</td>', text))
    assert rows == {"part/counter": "kept from an earlier build", "part/reader": "executed in this build"}


def test_a_page_describes_itself_and_names_no_canonical_address(book: Path) -> None:
    text = page(book, "part/reader")
    assert '<html lang="en"' in text and 'rel="canonical"' not in text
    assert '<meta name="citation_title" content="Reads the data"' in text
    assert '<meta name="description" content="Prose."' in text


def timeless(text: str) -> str:
    """A page without times, and without how long chapters took."""
    text = re.sub(r'(<section id="how-each-chapter-came-about">).*?</section>', r"\1", text, flags=re.S)
    return re.sub(r"\d{4}-\d\d-\d\d(, \d\d:\d\d UTC)?", "", text)


def test_the_same_inputs_make_the_same_site_but_for_its_times(book: Path, tmp_path: Path) -> None:
    again = styled_book(tmp_path / "elsewhere")
    build(Request(again))
    sites = [root / "_build" / "default" / "html" for root in (book, again)]
    for path in pages(sites[0]):
        assert timeless(path.read_text()) == timeless((sites[1] / path.relative_to(sites[0])).read_text())


def test_a_site_made_without_an_edition_says_so(book: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(book, tmp_path / "book", ignore=shutil.ignore_patterns("_build")))
    toc = (root / "_toc.yml").read_text()
    (root / "_toc.yml").write_text(re.sub(r"- file: chapters/part/\w+\n", "", toc))
    done = subprocess.run([PROGRAM.with_name("jupyter-book"), "build", "-W", root], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = (root / "_build" / "html" / "chapters" / "provenance.html").read_text()
    assert "nothing is known of its edition" in text and "book-edition" not in text


@pytest.fixture(scope="module")
def address(book: Path) -> Iterator[str]:
    """Where the site of the default edition is on a server."""
    handler = functools.partial(QuietHandler, directory=str(book / "_build" / "default" / "html"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.browser
def test_the_notebook_is_downloaded_from_a_server(browser: Any, book: Path, address: str, tmp_path: Path) -> None:
    with Visit(browser, f"{address}/chapters/part/reader.html", accept_downloads=True) as visit:
        with visit.page.expect_download() as download:
            visit.page.get_by_role("link", name="the executed notebook").click()
        download.value.save_as(tmp_path / "got.ipynb")
        original = book / "_build" / "default" / "notebooks" / "part" / "reader.ipynb"
        assert (tmp_path / "got.ipynb").read_bytes() == original.read_bytes()
        assert download.value.suggested_filename == "reader.ipynb"
        assert visit.complaints == []


@pytest.mark.browser
def test_the_notebook_is_shown_to_be_saved_where_pages_are_files(browser: Any, book: Path) -> None:
    folder = book / "_build" / "default"
    with Visit(browser, (folder / "html/chapters/part/reader.html").resolve()) as visit:
        visit.page.get_by_role("link", name="the executed notebook").click()
        visit.page.wait_for_url("**/notebooks/part/reader.ipynb")
        shown = visit.page.locator("pre").inner_text()
        assert json.loads(shown) == json.loads((folder / "notebooks/part/reader.ipynb").read_text())


@pytest.mark.browser
def test_the_command_is_copied_by_a_button_that_the_keyboard_reaches(browser: Any, book: Path) -> None:
    with Visit(browser, (book / "_build/default/html/chapters/part/reader.html").resolve()) as visit:
        button = visit.page.locator(".book-again .copybtn")
        button.press("Enter")
        visit.page.evaluate("document.body.prepend(document.createElement('textarea'))")
        visit.page.locator("textarea").first.focus()
        visit.page.keyboard.press("Control+V")
        assert visit.page.locator("textarea").first.input_value().strip() == "compendium run part/reader"
        assert button.evaluate("button => getComputedStyle(button).opacity") == "1"
        assert visit.complaints == []


CONTRAST = """(selector) => [...document.querySelectorAll(selector)].map((element) => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  let ground = element;
  const solid = (node) => { const c = channels(getComputedStyle(node).backgroundColor); return c.length < 4 || c[3] === 1; };
  while (!solid(ground) && ground.parentElement) ground = ground.parentElement;
  const [a, b] = [getComputedStyle(element).color, getComputedStyle(ground).backgroundColor].map((c) => light(channels(c)));
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
})"""


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_banner_and_footer_can_be_read_in_both_themes(browser: Any, book: Path, theme: str, width: int) -> None:
    path = book / "_build" / "theirs" / "html" / "chapters" / "part" / "reader.html"
    with Visit(browser, path, theme=theme, width=width) as visit:
        ratios = visit.page.evaluate(CONTRAST, ".book-banner, .book-banner a, .book-edition, .book-edition a, .book-again summary")
        assert len(ratios) == 6
        assert min(ratios) >= 4.5
        assert visit.page.locator(".book-banner").bounding_box()["height"] < 160
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert visit.complaints == []
        assert [url for url in visit.requests if not url.startswith(LOCAL)] == []
