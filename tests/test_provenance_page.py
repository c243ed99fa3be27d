"""Pages name their edition, escape what others wrote, and offer what a chapter was made with."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from analysis import provenance, provenance_page
from analysis.findings_log import COLUMNS
from analysis.parameters import Parameters
from analysis.provenance_page import Book

from test_provenance import record

ROOT = Path(__file__).parents[1]
HOSTILE = '<script>alert(1)</script>"\'&.csv'
NO_FINDINGS = pd.DataFrame(columns=COLUMNS, dtype=object)
BOOK = Book({}, NO_FINDINGS)
LICENCE = {"name": "CC <BY>", "url": 'https://example.org/"'}


def whole(**changes: Any) -> dict[str, Any]:
    """A record with everything the page of provenance tells of."""
    found = record(**changes)
    result = dict(found["chapters"]["part/one"], status="cached", warnings=["one"])
    more = {"python": "3.11.7", "packages": {"pandas": "3.0", "zzz": "1"}, "inputs": {"scores.csv": "ab" * 32}}
    return {**found, **more, "digest": "cd" * 32, "results": result, "remarks": ["a 'b'"], "left_out": ["c"]}


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def rows_of(html: str) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", html.replace("<thead>", "").replace("</thead>", ""), flags=re.S)
    return [[text_of(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, flags=re.S)] for row in rows][1:]


def test_a_chapter_offers_notebook_parameters_and_command() -> None:
    made = whole(uses=["data", "line", "level"], line=0.5)
    found = provenance_page.again(made, "part/one", "../notebooks/part/one.ipynb")
    assert '<a href="../notebooks/part/one.ipynb" download>' in found
    assert f"<pre>{provenance.rerun_command(made, 'part/one')}\n</pre>" in found
    assert [row[:3] for row in rows_of(found)] == [["line", "0.5", "no, it is 0.4"], ["level", "0.95", "yes"]]
    assert "(2)" in found


def test_a_page_without_code_offers_nothing() -> None:
    made = whole()
    made["chapters"]["part/one"]["code_cells"] = 0
    assert provenance_page.again(made, "part/one", "x.ipynb") == ""
    assert provenance_page.again(made, "glossary", "x.ipynb") == ""


def test_a_chapter_without_parameters_says_so() -> None:
    assert "no parameters" in provenance_page.again(whole(uses=["data"]), "part/one", "x.ipynb")


def test_the_footer_names_edition_date_and_licence() -> None:
    found = provenance_page.footer(whole(edition="mine"), "provenance.html", {"name": "CC BY 4.0", "url": "https://cc"})
    assert text_of(found) == "Edition mine, built 2026-01-02 . What it was made of . Text and figures: CC BY 4.0 ."
    assert "href" not in provenance_page.footer(whole(), "", {})


def test_the_licence_of_the_configuration_is_that_of_the_licence_file() -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    licence = config["sphinx"]["config"]["html_context"]["book_licence"]
    text = (ROOT / "LICENSE").read_text()
    assert licence["name"] in text and licence["url"] in text
    assert f"[{licence['name']}]({licence['url']})" in (ROOT / "chapters" / "provenance.md").read_text()


def test_there_is_no_banner_on_the_default_edition() -> None:
    assert provenance_page.banner(whole(), "provenance.html") == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"edition": "copy"}, "edition copy, not the book’s default one: the book’s own scores; all parameters at their defaults."),
        ({"scores": "mine.csv"}, "edition default, not the book’s default one: score table mine.csv; all parameters"),
        ({"line": 0.5, "index": ["a", "b"]}, "index: a, b instead of none given; line: 0.5 instead of 0.4."),
    ],
)
def test_a_banner_says_which_scores_and_which_parameters(changes: dict[str, Any], said: str) -> None:
    found = provenance_page.banner(whole(**changes), "provenance.html")
    assert said in text_of(found)
    assert '<a href="provenance.html">' in found


def test_a_long_list_of_names_does_not_fill_the_page_with_the_banner() -> None:
    made = whole(index=[f"benchmark-{number}" for number in range(500)])
    assert len(text_of(provenance_page.banner(made, "p.html"))) < 300


def test_names_of_others_are_only_text_wherever_they_stand() -> None:
    made = whole(edition="mine", scores=HOSTILE, index=[HOSTILE], benchmark=HOSTILE)
    made |= {"remarks": [HOSTILE], "left_out": [HOSTILE], "packages": {HOSTILE: HOSTILE}, "inputs": {HOSTILE: HOSTILE}}
    citation = {"title": HOSTILE, "authors": [{"name": HOSTILE}], "message": HOSTILE, "references": []}
    hostile = pd.DataFrame([["2026-01-01", "f", "a", ""], ["2026-01-02", "f", HOSTILE, HOSTILE]], columns=COLUMNS)
    shown = provenance_page.findings_part(whole(), Book(citation, hostile))
    parts = [shown] + [part(made, Book(citation, hostile)) for part in provenance_page.PARTS.values()]
    parts += [
        provenance_page.banner(made, "p.html"),
        provenance_page.again(made, "part/one", "x.ipynb"),
        provenance_page.footer(made, "p.html", LICENCE),
        provenance_page.metadata(citation, HOSTILE, HOSTILE, "en"),
    ]
    assert "<script" not in "".join(parts) and '"\'&' not in "".join(parts)
    assert sum(HOSTILE in unescape(part) for part in parts) >= 9


def test_every_parameter_but_the_folder_is_listed_with_its_meaning() -> None:
    rows = rows_of(provenance_page.parameters_part(whole(line=0.5), BOOK))
    values = {name: value for name, value in Parameters(line=0.5).to_mapping().items() if name != "data"}
    assert [row[0] for row in rows] == list(values)
    assert all(row[3] for row in rows)
    assert [row[0] for row in rows if row[2] != "yes"] == ["line"]


def test_a_table_of_the_user_is_named_as_it_was_given() -> None:
    assert rows_of(provenance_page.inputs_part(whole(scores="my table.csv"), BOOK)) == [["scores.csv", "my table.csv", "ab" * 32]]
    assert rows_of(provenance_page.inputs_part(whole(), BOOK))[0][1] == "the book’s own"


def test_remarks_are_counted_and_listed() -> None:
    assert text_of(provenance_page.left_out_part(whole(), BOOK)) == "There are 2 remarks. a 'b' c"
    assert "Nothing" in provenance_page.left_out_part({"remarks": [], "left_out": []}, BOOK)


def test_each_chapter_leads_to_its_page_and_the_result_tables_to_none() -> None:
    addresses = re.findall(r'<a href="([^"]+)"', provenance_page.chapters_part(whole(), BOOK))
    assert addresses == ["part/one.html"]


def test_each_chapter_has_its_status_time_and_seconds() -> None:
    assert rows_of(provenance_page.chapters_part(whole(), BOOK)) == [
        ["part/one", "executed in this build", "2026-01-02, 03:04 UTC", "1.2", "0"],
        ["result tables", "kept from an earlier build", "2026-01-02, 03:04 UTC", "1.2", "1"],
    ]


def test_main_packages_come_first_and_every_other_one_on_demand() -> None:
    first, rest = provenance_page.packages_part(whole(), BOOK).split("<details>")
    assert rows_of(first) == [["Python", "3.11.7"], ["pandas", "3.0"]]
    assert rows_of(rest) == [["zzz", "1"]]


def test_the_citation_of_the_page_is_that_of_the_citation_file() -> None:
    citation = provenance.read_citation(ROOT / "CITATION.cff")
    found = text_of(provenance_page.citation_part(whole(), Book(citation, NO_FINDINGS)))
    assert all(provenance.reference(work) in found for work in [citation, *citation["references"]])
    assert "says nothing" in provenance_page.citation_part(whole(), BOOK)


def test_metadata_are_there_as_far_as_they_are_known() -> None:
    citation = provenance.read_citation(ROOT / "CITATION.cff")
    pairs = re.findall(r'<meta name="(\S+)" content="([^"]*)" />', provenance_page.metadata(citation, "T", "About", "en"))
    assert dict(pairs) | {"description": "About", "citation_title": "T", "citation_language": "en"} == dict(pairs)
    assert dict(pairs)["citation_inbook_title"] == citation["title"]
    assert re.fullmatch(r"\d{4}/\d\d/\d\d", dict(pairs)["citation_publication_date"])
    assert provenance_page.metadata({}, "T", "", "en") == ""


def test_findings_that_changed_are_listed_on_the_default_edition_only() -> None:
    rows = [["2026-01-01", "a", "holds", "begun"], ["2026-01-01", "b", "fails", "begun"]]
    begun = Book({}, pd.DataFrame(rows, columns=COLUMNS))
    later = Book({}, pd.DataFrame([*rows, ["2026-02-02", "a", "fails", "corrected"]], columns=COLUMNS))
    assert "begun on 2026-01-01 with 2 findings. None" in provenance_page.findings_part(whole(), begun)
    assert rows_of(provenance_page.findings_part(whole(), later)) == [["2026-02-02", "a", "holds", "fails", "corrected"]]
    assert "default edition only" in provenance_page.findings_part(whole(edition="mine"), later)
    assert "default edition only" in provenance_page.findings_part(whole(), BOOK)
