from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from pybtex.database import parse_file

ROOT = Path(__file__).parents[2]
CHAPTERS = ROOT / "chapters"
KEY = re.compile(r"[a-z]+(\d{4}|undated)[a-z0-9]+")


@pytest.fixture(scope="module")
def entries():
    return parse_file(CHAPTERS / "references.bib").entries


def pages() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sorted(CHAPTERS.rglob("*.md"))}


def glossary_terms() -> set[str]:
    text = (CHAPTERS / "glossary.md").read_text(encoding="utf-8")
    block = text.split("```{glossary}\n")[1].split("```")[0]
    return {line.lower() for line in block.splitlines() if line and not line.startswith(" ")}


def test_every_citation_has_an_entry(entries):
    cited = {
        (page, key.strip())
        for page, text in pages().items()
        for found in re.findall(r"\{cite:[pt]\}`([^`]+)`", text)
        for key in found.split(",")
    }
    assert cited
    assert {(page, key) for page, key in cited if key not in entries} == set()


def test_every_benchmark_of_the_registry_has_its_paper(entries):
    registry = pd.read_csv(ROOT / "data" / "benchmarks.csv")
    cited = {key.strip() for keys in registry["citation"].dropna() for key in keys.split(";")}
    assert cited - set(entries) == set()


def test_every_entry_says_who_what_and_when(entries):
    for key, entry in entries.items():
        assert entry.persons.get("author"), key
        assert entry.fields.get("title") and entry.fields.get("year"), key
        assert re.fullmatch(r"\d{4}|n\.d\.", entry.fields["year"]), key


def test_every_entry_says_where_it_was_published(entries):
    places = {"journal", "booktitle", "publisher", "howpublished", "eprint"}
    assert [key for key, entry in entries.items() if not places & set(entry.fields)] == []


def test_keys_are_author_year_word_and_the_year_is_the_entry_s(entries):
    for key, entry in entries.items():
        found = KEY.fullmatch(key)
        assert found, key
        assert found[1] in (entry.fields["year"], "undated"), key


def test_an_arxiv_number_is_well_formed_and_the_only_link(entries):
    for key, entry in entries.items():
        number = entry.fields.get("eprint")
        assert "arxiv.org" not in entry.fields.get("url", ""), key
        if number:
            assert re.fullmatch(r"\d{4}\.\d{4,5}", number), key
            assert entry.fields["archiveprefix"] == "arXiv", key
            published, submitted = int(entry.fields["year"]), 2000 + int(number[:2])
            assert 0 <= published - submitted <= 2, key


def test_whoever_has_more_authors_than_are_named_is_cited_like_all_others(entries):
    # Of two names the citation says both, and so would say "and others"; of more it says "et al.".
    for key, entry in entries.items():
        names = [str(person) for person in entry.persons["author"]]
        assert "others" not in names or len(names) > 2, key


def test_no_markup_is_left_to_be_printed_raw(entries):
    for key, entry in entries.items():
        printed = " ".join(entry.fields.values())
        assert r"\emph" not in printed and not re.search("(?<!`)`(?!`)", printed), key


def test_no_work_is_listed_twice(entries):
    titles = [re.sub(r"\W", "", entry.fields["title"]).lower() for entry in entries.values()]
    assert len(set(titles)) == len(titles)


def test_every_linked_term_is_in_the_glossary():
    terms = glossary_terms()
    used = {
        (page, re.sub(r".*<(.*)>", r"\1", " ".join(found.split())).lower())
        for page, text in pages().items()
        for found in re.findall(r"\{term\}`([^`]+)`", text)
    }
    assert {(page, term) for page, term in used if term not in terms} == set()


def test_the_glossary_is_in_alphabetical_order_and_defines_each_term_once():
    text = (CHAPTERS / "glossary.md").read_text(encoding="utf-8")
    block = text.split("```{glossary}\n")[1].split("```")[0]
    terms = [line for line in block.splitlines() if line and not line.startswith(" ")]
    assert terms == sorted(set(terms), key=str.lower)
