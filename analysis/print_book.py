"""The whole book as one PDF: its pages joined into one, laid out by Chromium, with the page numbers of the contents."""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from analysis.problems import InputError, Problem
from analysis.provenance import authors, read_citation
from analysis.provenance_page import footer, parameters_sentence

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--no-pdf-header-footer", "--export-tagged-pdf", "--generate-pdf-document-outline",
)
SECONDS = 600
# Rows of a table that is printed at most, where the site has it folded away and where not.
LONG, VERY_LONG = 60, 120
STYLE = "_static/book-print.css"
STYLES = ("_static/pygments.css", "_static/book-palette.css", STYLE)
# What only works on a screen, is there twice, or opens on demand because it is long.
SCREEN_ONLY = (
    "script", "form", "button", "input", "select", ".headerlink", ".book-controls", ".book-chart-view",
    ".book-chart-data", ".book-again", "details.hide .cell_input", "details.hide:not(:has(.cell_output))",
    ".toctree-wrapper", ".book-screen",
)
SCRIPTS = re.compile(r"<script\b.*?</script>", re.DOTALL)
URL = re.compile(r"url\(#([^)]*)\)")
# A table wider than the page is made smaller until it fits; nothing else knows how wide it comes out.
FIT = """
for (const box of document.querySelectorAll(".book-table, .pst-scrollable-table-container, .book-equation")) {
  const inner = box.firstElementChild;
  if (inner && inner.scrollWidth > box.clientWidth) inner.style.zoom = box.clientWidth / inner.scrollWidth;
}
"""


@dataclass(frozen=True)
class Page:
    """A page of the site as the contents list it.

    Parameters
    ----------
    address
        From the root of the site.
    title
        With its number.
    part
        Heading of the part it is in; empty before the first part.
    """

    address: str
    title: str
    part: str

    @property
    def anchor(self) -> str:
        """What the page is called within the book."""
        return re.sub(r"[^A-Za-z0-9]+", "-", self.address.removesuffix(".html").removeprefix("chapters/"))


def find_chromium() -> str:
    """Return the command that starts Chromium.

    Returns
    -------
    str
        Its path.

    Raises
    ------
    InputError
        When there is none.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        mend = "install it (on Debian or Ubuntu: apt install chromium) and have it on the PATH"
        raise InputError(Problem("", None, None, "the book is printed by Chromium, and there is none here", mend))
    return found


def print_book(site: Path, book: Path, record: Mapping[str, Any], output: Path) -> int:
    """Print the site of an edition.

    Parameters
    ----------
    site
        Folder of the site.
    book
        Folder of the book, for its citation.
    record
        Of the edition.
    output
        The PDF; replaced only by a whole one.

    Returns
    -------
    int
        Number of pages.

    Raises
    ------
    InputError
        When there is no Chromium, no site that can be printed, or the PDF cannot be written.
    """
    chromium = find_chromium()
    if not (site / STYLE).is_file():
        raise InputError(Problem(str(site), None, None, "this site cannot be printed", "build the edition again"))
    pages = list(pages_of(site))
    chapters = "".join(chapter(site, page, pages) for page in pages)
    citation = read_citation(book / "CITATION.cff")
    with tempfile.TemporaryDirectory() as folder:
        pdf, numbers = Path(folder, "book.pdf"), {page.anchor: 0 for page in pages}
        # The first time for the page numbers alone: how long the contents are does not depend on them.
        for _ in range(2):
            text = document(site, title_page(record, citation) + contents(pages, numbers) + chapters, record, citation)
            Path(folder, "book.html").write_text(text, encoding="utf-8")
            to_pdf(chromium, Path(folder, "book.html"), pdf)
            numbers, count = page_numbers(pdf, numbers)
        move(pdf, output)
    return count


def pages_of(site: Path) -> Iterator[Page]:
    """List the pages of a site in the order of its contents.

    Parameters
    ----------
    site
        Folder of the site.

    Yields
    ------
    Page
        Each of them, the first page first.
    """
    root = first_page(site)
    navigation = soup_of((site / root).read_text(encoding="utf-8")).select_one("nav.bd-links")
    part = ""
    for element in navigation.select("p.caption, a.reference"):
        title = " ".join(element.get_text().split())
        if element.name == "p":
            part = title
        else:
            yield Page(address_of(root, element["href"])[0] or root, title, part)


def first_page(site: Path) -> str:
    """Return the address of the first page of the book, to which the root of the site leads."""
    found = re.search(r'http-equiv="Refresh" content="0; url=([^"]+)"', (site / "index.html").read_text(encoding="utf-8"))
    return found[1] if found else "index.html"


def soup_of(text: str) -> BeautifulSoup:
    """Read HTML, its scripts left out."""
    from bs4 import BeautifulSoup

    return BeautifulSoup(SCRIPTS.sub("", text), "html.parser")


def address_of(page: str, link: str) -> tuple[str, str]:
    """Return where a link within the site leads.

    Parameters
    ----------
    page
        Address of the page it is on.
    link
        As it is written there.

    Returns
    -------
    tuple of str
        Address from the root of the site, empty for the page itself; and the place on that page.
    """
    parts = urlsplit(link)
    return (normpath(join(dirname(page), unquote(parts.path))) if parts.path else ""), parts.fragment


def chapter(site: Path, page: Page, pages: Sequence[Page]) -> str:
    """Return a page as a chapter of the printed book.

    Parameters
    ----------
    site
        Folder of the site.
    page
        The page.
    pages
        All pages of the book, to which links may lead.

    Returns
    -------
    str
        HTML with ids that are unique in the book, and links that stay within it or leave it for good.
    """
    article = soup_of((site / page.address).read_text(encoding="utf-8")).select_one("article.bd-article")
    for key in article.select("button.book-key"):
        key.name = "span"
    for element in article.select(", ".join(SCREEN_ONLY)):
        element.decompose()
    for element in article.select("noscript"):
        # Static pictures are what a printed chart is; a sentence on scripts says nothing on paper.
        element.unwrap() if element.find("svg") else element.decompose()
    for element in article.select(".cell, .cell_input, .cell_output"):
        # A heading stays with what follows it, which must not be an empty box.
        if not element.decomposed and is_empty(element):
            element.decompose()
    for element in article.select("details"):
        element["open"] = ""
    leave_on_the_site(article)
    own_names(article, page)
    for link in article.select("a[href]"):
        lead(link, page, {other.address: other.anchor for other in pages})
    for picture in article.select("img[src]"):
        picture["src"] = (site / address_of(page.address, picture["src"])[0]).resolve().as_uri()
    lower_headings(article)
    part = f'<p class="print-part">{html.escape(page.part)}</p>' if page.part else ""
    return f'<section class="print-chapter" id="{page.anchor}">{part}{article.decode_contents()}</section>\n'


def is_empty(element: Tag) -> bool:
    """Return whether an element shows nothing."""
    return not element.get_text(strip=True) and element.find(["svg", "img", "math", "table"]) is None


def leave_on_the_site(article: Tag) -> None:
    """Put a sentence in place of tables that would fill many pages."""
    for table in article.select(".book-table"):
        rows = len(table.select("tbody tr"))
        if rows > (LONG if table.find_parent("details") else VERY_LONG):
            text = f"This table of {rows} rows is not printed; it is on the site of the edition."
            table.replace_with(soup_of(f'<p class="book-note">{text}</p>'))


def own_names(article: Tag, page: Page) -> None:
    """Put the name of the page before every id, and before what refers to one."""
    for element in article.find_all(True):
        for name, value in list(element.attrs.items()):
            if name in ("id", "for", "aria-labelledby", "aria-describedby"):
                element[name] = " ".join(f"{page.anchor}--{word}" for word in value.split())
            elif isinstance(value, str) and "url(#" in value:
                element[name] = URL.sub(rf"url(#{page.anchor}--\1)", value)


def lead(link: Tag, page: Page, anchors: Mapping[str, str]) -> None:
    """Have a link lead to its place in the printed book, or nowhere if that is not printed."""
    del link["title"]
    scheme = urlsplit(link["href"]).scheme
    if scheme in ("http", "https", "mailto"):
        return
    address, place = address_of(page.address, link["href"])
    anchor = anchors.get(address or page.address)
    if scheme or anchor is None:
        link.unwrap()
    else:
        link["href"] = f"#{anchor}--{place}" if place else f"#{anchor}"


def lower_headings(article: Tag) -> None:
    """Make the headings of a chapter one step lower: the highest is the title of the book."""
    for heading in article.select("h1, h2, h3, h4, h5"):
        heading.name = f"h{int(heading.name[1]) + 1}"
        # Printed with white space as it is: see the style.
        for text in heading.find_all(string=True):
            text.replace_with(re.sub(r"\s+", " ", text))


def title_page(record: Mapping[str, Any], citation: Mapping[str, Any]) -> str:
    """Return the title page.

    Parameters
    ----------
    record
        Of the edition.
    citation
        Of the book; empty where there is none.

    Returns
    -------
    str
        HTML.
    """
    names = "".join(f"<p>{html.escape(name)}</p>" for name in authors(citation))
    scores = html.escape(record["files"]["scores"] or "the book’s own")
    return (
        f'<section class="print-title"><h1>{html.escape(citation.get("title", "The book"))}</h1>{names}'
        f"<p>Scores: {scores}; {html.escape(parameters_sentence(record))}.</p>{footer(record, '', {})}"
        "<p>Charts that can be probed, the data behind them and the code of every chapter are on the site of the "
        "edition and in its notebooks.</p></section>\n"
    )


def contents(pages: Sequence[Page], numbers: Mapping[str, int]) -> str:
    """Return the table of contents.

    Parameters
    ----------
    pages
        The pages of the book.
    numbers
        Number of the printed page on which each begins, by its anchor; 0 where not known yet.

    Returns
    -------
    str
        HTML.
    """
    lines, part = [], ""
    for page in pages:
        if page.part != part:
            part = page.part
            lines.append(f'<p class="print-contents-part">{html.escape(part)}</p>')
        number = numbers[page.anchor] or "000"
        lines.append(f'<p><a href="#{page.anchor}"><span>{html.escape(page.title)}</span><span>{number}</span></a></p>')
    return f'<section class="print-contents"><h2>Contents</h2>{"".join(lines)}</section>\n'


def document(site: Path, body: str, record: Mapping[str, Any], citation: Mapping[str, Any]) -> str:
    """Return the whole book as one page of HTML.

    Parameters
    ----------
    site
        Folder of the site, for its styles.
    body
        What it is to show.
    record
        Of the edition.
    citation
        Of the book.

    Returns
    -------
    str
        HTML.
    """
    styles = "".join((site / name).read_text(encoding="utf-8") for name in STYLES if (site / name).is_file())
    title = html.escape(citation.get("title", "The book"))
    foot = f"edition {record['edition']}, {record['built'][:10]}"
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<style>{styles}@page {{ @bottom-left {{ content: "{foot}"; }} }}</style></head>'
        f"<body>{without_dead_links(body)}<script>{FIT}</script></body></html>"
    )


def without_dead_links(body: str) -> str:
    """Have links to places that are not printed lead to the chapter these were in."""
    names = set(re.findall(r'\bid="([^"]*)"', body))

    def mended(found: re.Match[str]) -> str:
        return found[0] if found[1] in names else f'href="#{found[1].split("--")[0]}"'

    return re.sub(r'href="#([^"]*)"', mended, body)


def to_pdf(chromium: str, page: Path, pdf: Path) -> None:
    """Print a page.

    Parameters
    ----------
    chromium
        Command that starts it.
    page
        The page.
    pdf
        File to write.

    Raises
    ------
    InputError
        When Chromium does not write it.
    """
    # As root, which is common in containers, Chromium has no sandbox; with a profile of its own it
    # does not hand the page to a browser that is open already.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    profile = f"--user-data-dir={page.parent / 'profile'}"
    command = [chromium, *FLAGS, *sandbox, profile, f"--print-to-pdf={pdf}", page.as_uri()]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False).stderr
    except subprocess.TimeoutExpired:
        said = f"it took longer than {SECONDS} seconds"
    if not pdf.is_file():
        last = (said.strip().splitlines() or ["it does not say why"])[-1]
        raise InputError(Problem(chromium, None, None, f"Chromium has not printed the book: {last}", ""))


def page_numbers(pdf: Path, anchors: Mapping[str, int]) -> tuple[dict[str, int], int]:
    """Find the page on which each chapter begins.

    Parameters
    ----------
    pdf
        The printed book.
    anchors
        Those of the chapters, as keys.

    Returns
    -------
    tuple of dict and int
        Number by anchor, the first page being 1; and how many pages there are.
    """
    from pypdf import PdfReader

    reader = PdfReader(pdf)
    places = reader.named_destinations
    found = {anchor: reader.get_destination_page_number(places[f"/{anchor}"]) + 1 for anchor in anchors}
    return found, len(reader.pages)


def move(pdf: Path, output: Path) -> None:
    """Put a PDF where it belongs, in one step.

    Parameters
    ----------
    pdf
        The file.
    output
        Its place.

    Raises
    ------
    InputError
        When it cannot be written there.
    """
    beside = output.with_name(f".{output.name}.part")
    try:
        shutil.copyfile(pdf, beside)
        os.replace(beside, output)
    except OSError as error:
        what = f"this cannot be written: {error.strerror or error}"
        raise InputError(Problem(str(output), None, None, what, "give another place with -o")) from None
