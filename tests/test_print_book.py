"""The printed book holds every chapter whole, leads only within itself or to the web, and fits its pages."""

from __future__ import annotations

import json
import re
import unicodedata
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from analysis import print_book
from analysis.print_book import Page, address_of, chapter, document, find_chromium, move, pages_of, title_page, to_pdf
from analysis.problems import InputError
from analysis.provenance import read_citation

from test_provenance import record
from toy_book import compendium, make_book

ROOT = Path(__file__).parents[1]
BUTTONS = ("Save as PNG", "Save as SVG", "Download as CSV", "Show the code", "Data of this chart", "Take the executed notebook")
HEADING = re.compile(r"<(h[1-3])>(.*?)<a class=\"headerlink\"", re.DOTALL)
A4 = (595, 842)


def written(site: Path, address: str, article: str) -> Page:
    """A page of a site with the given article."""
    path = site / address
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'<html><body><article class="bd-article">{article}</article></body></html>')
    return Page(address, address, "A part")


def printed_chapter(tmp_path: Path, article: str) -> str:
    """An article as a chapter of a book of two pages."""
    other = written(tmp_path, "chapters/two/b.html", "")
    page = written(tmp_path, "chapters/one/a.html", article)
    return chapter(tmp_path, page, [page, other])


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("#x", ("", "x")),
        ("../two/b.html#y", ("chapters/two/b.html", "y")),
        ("c%20d.html", ("chapters/one/c d.html", "")),
    ],
)
def test_a_link_is_followed_from_the_page_it_is_on(link: str, target: tuple[str, str]) -> None:
    assert address_of("chapters/one/a.html", link) == target


def test_links_stay_within_the_book_or_leave_it_for_good(tmp_path: Path) -> None:
    found = printed_chapter(
        tmp_path,
        '<a href="#x">1</a><a href="../two/b.html#y">2</a><a href="../two/b.html">3</a>'
        '<a href="../../notebooks/a.ipynb">4</a><a href="data:text/csv,a" download>6</a><a href="https://example.org/#z" title="t">5</a>',
    )
    links = dict(re.findall(r'<a href="([^"]*)">(\d)</a>', found))
    assert links == {"#one-a--x": "1", "#two-b--y": "2", "#two-b": "3", "https://example.org/#z": "5"}
    assert "4" in found and "6" in found and "ipynb" not in found and "data:" not in found


def test_names_are_unique_in_the_book_and_still_fit_what_refers_to_them(tmp_path: Path) -> None:
    found = printed_chapter(tmp_path, '<svg><clipPath id="c1"></clipPath><g clip-path="url(#c1)"></g></svg><p id="x"></p>')
    assert 'id="one-a--c1"' in found and 'clip-path="url(#one-a--c1)"' in found and 'id="one-a--x"' in found


def test_a_link_to_what_is_not_printed_leads_to_its_chapter(tmp_path: Path) -> None:
    body = '<section id="a"><a href="#a--gone">1</a><a href="#a--there">2</a><p id="a--there"></p></section>'
    found = document(tmp_path, body, record(), {})
    assert re.findall(r'href="([^"]*)"', found) == ["#a", "#a--there"]


def test_a_static_picture_stands_in_for_a_chart_and_its_key_stays(tmp_path: Path) -> None:
    found = printed_chapter(
        tmp_path,
        '<div class="book-chart"><ul class="book-keys"><li><button class="book-key">Llama</button></li></ul>'
        '<div class="book-controls">c</div><div class="book-chart-view">v</div>'
        "<noscript><svg><text>picture</text></svg></noscript><noscript>Scripts are off.</noscript>"
        '<script type="application/json">{"secret": 1}</script>'
        '<details class="book-chart-data"><table><tr><td>data</td></tr></table></details></div>',
    )
    assert "picture" in found and '<span class="book-key">Llama</span>' in found
    assert not any(word in found for word in ("noscript", "Scripts are off", "secret", "data<", ">v<", ">c<", "button"))


def test_folded_code_is_left_out_and_folded_outputs_are_opened(tmp_path: Path) -> None:
    found = printed_chapter(
        tmp_path,
        '<div class="cell"><details class="admonition hide above-input"><div class="cell_input">code</div></details></div>'
        '<details class="admonition hide below-input"><div class="cell_output">shown</div></details>',
    )
    assert "code" not in found and "shown" in found and '<div class="cell"' not in found
    assert re.search(r'<details class="admonition hide below-input" open="">', found)


def test_folded_code_is_left_out_where_its_output_is_folded_with_it(tmp_path: Path) -> None:
    found = printed_chapter(
        tmp_path,
        '<details class="admonition hide above-input"><div class="cell_input">code</div><div class="cell_output">shown</div></details>'
        '<div class="cell_input">to be read</div>',
    )
    assert "code" not in found and "shown" in found and "to be read" in found


def test_a_printed_picture_says_what_its_controls_are_set_to(tmp_path: Path) -> None:
    found = printed_chapter(tmp_path, '<noscript><p class="book-settings">Area: Security</p><svg><text>x</text></svg></noscript>')
    assert '<p class="book-settings">Area: Security</p>' in found


@pytest.mark.parametrize(("folded", "most"), [(True, print_book.LONG), (False, print_book.VERY_LONG)])
def test_a_long_table_is_counted_and_left_on_the_site(tmp_path: Path, folded: bool, most: int) -> None:
    def printed_rows(rows: int) -> str:
        body = "".join(f"<tr><td>row {number}</td></tr>" for number in range(rows))
        table = f'<div class="book-table"><table><tbody>{body}</tbody></table></div>'
        return printed_chapter(tmp_path, f"<details>{table}</details>" if folded else table)

    assert "row 3" in printed_rows(most)
    assert "row 3" not in printed_rows(most + 1) and f"{most + 1} rows" in printed_rows(most + 1)


def test_headings_of_a_chapter_come_below_the_title_of_the_book(tmp_path: Path) -> None:
    found = printed_chapter(tmp_path, "<h1>Chapter</h1><h2>Section</h2>")
    assert "<h2>Chapter</h2><h3>Section</h3>" in found


def test_headings_are_of_one_line(tmp_path: Path) -> None:
    assert "<h3>A <em>long one</em> of two lines</h3>" in printed_chapter(tmp_path, "<h2>A <em>long\none</em>\n  of two lines</h2>")


@pytest.mark.browser
def test_bookmarks_keep_the_spaces_at_which_a_heading_breaks(browser: Any, tmp_path: Path) -> None:
    from pypdf import PdfReader

    title = "A chapter whose title is so long that it goes on upon another line"
    page, pdf = tmp_path / "book.html", tmp_path / "book.pdf"
    page.write_text(document(ROOT / "chapters", f"<h1>{title}</h1>", record(), {}))
    to_pdf(find_chromium(), page, pdf)
    assert [mark.title for mark in PdfReader(pdf).outline] == [title]


@pytest.mark.browser
def test_a_name_beside_many_numbers_has_room(browser: Any, tmp_path: Path) -> None:
    heads = "".join(f'<th class="book-number">Specifications {number}</th>' for number in range(9))
    numbers = '<td class="book-number">+0.77</td>' * 9
    row = f'<tr><th scope="row">Truthfulness of what is generated: true and informative</th>{numbers}</tr>'
    table = f'<div class="book-table"><table><thead><tr><th>Name</th>{heads}</tr></thead><tbody>{row}</tbody></table></div>'
    (tmp_path / "book.html").write_text(document(ROOT / "chapters", table, record(), {}))
    page = browser.new_page()
    page.goto((tmp_path / "book.html").as_uri())
    name = page.locator("tbody th")
    lines = name.evaluate("(name) => { const words = new Range(); words.selectNodeContents(name); return words.getClientRects().length; }")
    page.close()
    assert 1 <= lines <= 3


def test_the_title_page_escapes_what_others_wrote() -> None:
    found = title_page(record(scores="<script>x</script>.csv", index=["<b>"]), {"title": "<i>T</i>"})
    assert not any(tag in found for tag in ("<script>", "<b>", "<i>"))


def test_without_chromium_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"Chromium.*apt install chromium"):
        find_chromium()


def test_a_browser_that_fails_is_quoted(tmp_path: Path) -> None:
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\necho first >&2\necho it has crashed >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(InputError, match="has not printed the book: it has crashed"):
        to_pdf(str(broken), tmp_path / "page.html", tmp_path / "book.pdf")


def test_a_pdf_that_cannot_be_written_is_one_problem(tmp_path: Path) -> None:
    (tmp_path / "book.pdf").write_bytes(b"%PDF")
    with pytest.raises(InputError, match="cannot be written.*another place"):
        move(tmp_path / "book.pdf", tmp_path / "nowhere" / "book.pdf")


def test_an_edition_that_is_not_there_is_one_line_and_status_2(tmp_path: Path) -> None:
    done = compendium("pdf", "--edition", "other", "--book", make_book(tmp_path))
    assert done.returncode == 2
    assert re.fullmatch(r"error: .*there is no edition here.*compendium build.*\n", done.stderr)


@pytest.fixture(scope="module")
def printed(browser: Any, built_site: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The default edition, printed; `browser` says what is to be done where there is none."""
    from pypdf import PdfReader

    output = tmp_path_factory.mktemp("print") / "book.pdf"
    made = json.loads((built_site.parent / "edition.json").read_text())
    count = print_book.print_book(built_site, ROOT, made, output)
    reader = PdfReader(output)
    assert len(reader.pages) == count
    return reader


@pytest.fixture(scope="module")
def texts(printed: Any) -> list[str]:
    """The text of every page."""
    return [bare(page.extract_text()) for page in printed.pages]


def bare(text: str) -> str:
    """A text without tags, white space and ligatures, none of which a PDF keeps as they were."""
    return "".join(unicodedata.normalize("NFKC", unescape(re.sub(r"</?[a-z][^>]*>", "", text))).split())


@pytest.mark.browser
@pytest.mark.slow
def test_every_heading_of_every_page_is_printed(built_site: Path, texts: list[str]) -> None:
    whole = "".join(texts)
    pages = list(pages_of(built_site))
    assert len(pages) > 15
    for page in pages:
        article = (built_site / page.address).read_text().split("<article", 1)[1]
        headings = [bare(found[1]) for found in HEADING.findall(article)]
        assert headings and [heading for heading in headings if heading not in whole] == [], page


@pytest.mark.browser
@pytest.mark.slow
def test_every_numbered_figure_and_table_is_printed_once(built_site: Path, texts: list[str]) -> None:
    caption = re.compile(r'<span class="caption-number">(.*?)</span><span class="caption-text">(.*?)</span>', re.DOTALL)
    whole, found = "".join(texts), []
    for page in pages_of(built_site):
        found += [bare(number + text)[:40] for number, text in caption.findall((built_site / page.address).read_text())]
    assert len(found) > 30
    assert {text: whole.count(text) for text in found} == dict.fromkeys(found, 1)


@pytest.mark.browser
@pytest.mark.slow
def test_the_contents_give_the_page_on_which_each_chapter_begins(built_site: Path, texts: list[str]) -> None:
    for page in pages_of(built_site):
        beginning = bare(page.part + page.title)
        # What stands in the margin of the page comes first.
        starts = [text.partition(texts[1].partition("Contents")[0][1:])[2].startswith(beginning) for text in texts]
        number = 1 + starts.index(True, 2)
        assert f"{bare(page.title)}{number}" in texts[1]


@pytest.mark.browser
@pytest.mark.slow
def test_the_outline_lists_the_chapters_in_their_order(built_site: Path, printed: Any) -> None:
    def titles(items: list[Any]) -> list[str]:
        return [title for item in items for title in (titles(item) if isinstance(item, list) else [bare(item.title)])]

    chapters = [bare(page.title) for page in pages_of(built_site)]
    found = [title for title in titles(printed.outline) if title in chapters]
    assert found[-len(chapters) :] == chapters


@pytest.mark.browser
@pytest.mark.slow
def test_the_pages_are_of_paper_size_numbered_and_none_is_blank(printed: Any, texts: list[str]) -> None:
    assert 60 < len(texts) < 300
    for number, (page, text) in enumerate(zip(printed.pages, texts, strict=True), start=1):
        assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(A4, abs=1)
        assert len(text) > 60, number
        assert number == 1 or str(number) in text


@pytest.mark.browser
@pytest.mark.slow
def test_nothing_that_only_works_on_a_screen_is_printed(texts: list[str]) -> None:
    whole = "".join(texts)
    assert [text for text in BUTTONS if bare(text) in whole] == []


@pytest.mark.browser
@pytest.mark.slow
def test_every_link_leads_within_the_book_or_to_the_web(printed: Any) -> None:
    places, inside, outside = printed.named_destinations, 0, []
    for page in printed.pages:
        for link in page.get("/Annots", []):
            link = link.get_object()
            if "/Dest" in link:
                assert link["/Dest"] in places
                inside += 1
            else:
                outside.append(link["/A"]["/URI"])
    assert inside > 300
    assert outside and [address for address in outside if not address.startswith(("https://", "http://"))] == []


@pytest.mark.browser
@pytest.mark.slow
def test_the_book_is_tagged_and_says_its_language_and_title(printed: Any) -> None:
    root = printed.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or bool(root["/MarkInfo"]["/Marked"])
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "en"
    assert printed.metadata.title == read_citation(ROOT / "CITATION.cff")["title"]


SPILLED = """() => {
  const width = document.body.getBoundingClientRect().right + 1;
  const shown = (element) => element.getClientRects().length && !element.closest("svg, math");
  return [...document.querySelectorAll("td, th, pre, p, svg, img, h2, h3, li, figcaption")]
    .filter((element) => (element.matches("svg") || shown(element)) && element.getBoundingClientRect().right > width)
    .map((element) => element.outerHTML.slice(0, 200));
}"""


@pytest.mark.browser
@pytest.mark.slow
def test_nothing_is_wider_than_the_page(browser: Any, built_site: Path, tmp_path: Path) -> None:
    pages = list(pages_of(built_site))
    path = tmp_path / "book.html"
    path.write_text(document(built_site, "".join(chapter(built_site, page, pages) for page in pages), record(), {}))
    context = browser.new_context(viewport={"width": 800, "height": 900})
    page = context.new_page()
    page.emulate_media(media="print")
    page.goto(path.as_uri())
    assert page.evaluate(SPILLED) == []
    context.close()
