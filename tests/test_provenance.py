"""What is said of an edition is what it was made of, and the command it gives makes the chapter again."""

from __future__ import annotations

import json
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from analysis import provenance
from analysis.cli import name_and_value
from analysis.parameters import Parameters, names, parse

ROOT = Path(__file__).parents[1]
FILES = {"scores": None, "models": None, "benchmarks": None}


def record(edition: str = "default", scores: str | None = None, uses: list[str] | None = None, **values: Any) -> dict[str, Any]:
    """A record of an edition with one chapter."""
    used = names() if uses is None else uses
    chapter = {"parameters": used, "code_cells": 2, "status": "executed", "executed": "2026-01-02T03:04:05+00:00"}
    return {
        "edition": edition,
        "place": f"_build/{edition}",
        "built": "2026-01-02T03:04:05+00:00",
        "parameters": Parameters.from_mapping(values).to_mapping(),
        "files": {**FILES, "scores": scores},
        "chapters": {"part/one": {**chapter, "seconds": 1.25, "key": "k", "warnings": []}},
    }


words = st.text(min_size=1).map(str.strip).filter(lambda text: text and "," not in text)
choices = st.fixed_dictionaries(
    {},
    optional={
        "line": st.floats(0.001, 0.999),
        "seed": st.integers(0, 2**32 - 1),
        "index": st.lists(words, unique=True, max_size=4),
        "benchmark": words,
        "component": st.sampled_from(["spearman", "pearson"]),
    },
)


@given(choices)
def test_the_command_gives_a_shell_exactly_the_parameters_that_are_not_default(values: dict[str, Any]) -> None:
    program, verb, chapter, *options = shlex.split(provenance.rerun_command(record(**values), "part/one"))
    given_back = dict(map(name_and_value, options[1::2]))
    default = Parameters().to_mapping()
    wanted = {name: value for name, value in Parameters.from_mapping(values).to_mapping().items() if value != default[name]}
    assert (program, verb, chapter, set(options[::2])) == ("compendium", "run", "part/one", {"-p"} if wanted else set())
    assert Parameters.from_mapping(given_back).to_mapping() == {**default, **wanted}
    assert set(given_back) == set(wanted)


@given(choices)
def test_a_value_written_as_text_is_read_back_the_same(values: dict[str, Any]) -> None:
    mapping = Parameters.from_mapping(values).to_mapping()
    texts = {name: parse(name, provenance.option_text(value)) for name, value in mapping.items()}
    assert Parameters.from_mapping(texts).to_mapping() == mapping


def test_the_command_leaves_out_what_the_chapter_does_not_use() -> None:
    found = provenance.rerun_command(record(uses=["data", "line"], line=0.5, level=0.9), "part/one")
    assert found == "compendium run part/one -p line=0.5"


def test_a_chapter_on_tables_of_the_user_is_executed_again_on_the_edition_s_own() -> None:
    own = record("mine", scores="mine.csv")
    assert provenance.rerun_command(own, "part/one") == "compendium run part/one -p data=_build/mine/data"
    without = record("mine", scores="mine.csv", uses=["seed"])
    assert provenance.rerun_command(without, "part/one") == "compendium run part/one"
    compared = provenance.rerun_command(record("new", previous="old"), "part/one")
    assert compared == "compendium run part/one -p data=_build/new/data -p previous=old"


@pytest.mark.parametrize(
    ("made", "default"),
    [
        (record(), True),
        (record("other"), False),
        (record(scores="mine.csv"), False),
        (record(line=0.5), False),
        (record(line=0.4), True),
    ],
)
def test_only_the_book_s_own_scores_under_default_parameters_are_the_default_edition(
    made: dict[str, Any], default: bool
) -> None:
    assert provenance.is_default(made) is default


def test_what_the_scores_had_to_do_without_is_said_with_its_reason(tmp_path: Path) -> None:
    whole = {"reason": None, "index_left_out": {}, "models_left_out": []}
    summary = {
        "chat": {**whole, "index_left_out": {"a": "no scores"}, "models_left_out": ["x", "y"]},
        "base": {**whole, "reason": "too few models", "models_left_out": ["z"]},
        "other": whole,
    }
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    assert provenance.left_out(tmp_path) == [
        "chat: not in the index: 'a': no scores",
        "chat: models without a capabilities score, because a score on an index benchmark is missing (2): 'x', 'y'",
        "base: no capabilities score: too few models",
    ]


def test_the_time_is_now_unless_the_environment_names_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert abs((datetime.now(UTC) - datetime.fromisoformat(provenance.now())).total_seconds()) < 5
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert provenance.now() == "1970-01-01T00:00:00+00:00"


def test_the_digest_is_of_what_was_computed_and_not_of_the_site(tmp_path: Path) -> None:
    for name in ("data", "notebooks", "results", "html"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("one")
    before = provenance.outputs_digest(tmp_path)
    (tmp_path / "html" / "file").write_text("two")
    assert provenance.outputs_digest(tmp_path) == before
    (tmp_path / "results" / "file").write_text("two")
    assert provenance.outputs_digest(tmp_path) != before


def test_the_reference_says_what_the_citation_file_says() -> None:
    citation = provenance.read_citation(ROOT / "CITATION.cff")
    text = provenance.reference(citation)
    assert citation == yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert all(str(citation[key])[:4] in text for key in ("title", "version", "date-released"))
    paper = provenance.reference(citation["references"][0])
    assert "Ren, Richard" in paper and "(2024)" in paper and "Progress? " in paper and "?." not in paper


def test_a_book_without_citation_file_has_no_citation(tmp_path: Path) -> None:
    assert provenance.read_citation(tmp_path / "CITATION.cff") == {}


def test_the_bibtex_entry_is_one_that_a_parser_reads() -> None:
    from pybtex.database import parse_string

    citation = provenance.read_citation(ROOT / "CITATION.cff")
    (entry,) = parse_string(provenance.bibtex(citation, record("my_own")), "bibtex").entries.values()
    assert entry.fields["title"].strip("{}") == citation["title"]
    assert entry.fields["year"] == str(citation["date-released"])[:4]
    assert entry.fields["note"] == r"Edition my\_own, built 2026-01-02"
    assert len(entry.persons["author"]) == len(citation["authors"])
