"""What moved between two editions: each kind of change is found, sized and shown safely."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from analysis import inputs, scores
from analysis.commands import diff_command
from analysis.diff import SHOWN, Edition, differences, open_edition, report
from analysis.inputs import safe_csv
from analysis.parameters import Parameters
from analysis.problems import InputError
from analysis.results import result_tables
from click.testing import CliRunner

from tests.score_tables import random_scores, score_table


def edition(name: str = "one", record: dict | None = None, **tables: pd.DataFrame) -> Edition:
    text = {key: frame.astype(str).where(frame.notna()) for key, frame in tables.items()}
    return Edition(name, record or {"parameters": {"line": 0.4}}, text)


def judged(**changes: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "population": "chat",
            "benchmark": ["a", "b", "c"],
            "correlation": [0.1, 0.5, -0.6],
            "verdict": ["distinct", "cannot tell", "inverse"],
        }
    )
    return frame.assign(**changes)


def titles(before: Edition, after: Edition) -> list[str]:
    return [section.title for section in differences(before, after)]


def test_an_edition_does_not_differ_from_itself():
    one = edition(capabilities_correlations=judged())
    assert differences(one, one) == []
    assert "Nothing moved." in report(one, one)


def test_a_moved_correlation_is_found_with_the_largest_first():
    after = edition(capabilities_correlations=judged(correlation=[0.2, 0.45, -0.1]))
    (section,) = differences(edition(capabilities_correlations=judged()), after)
    assert section.title == "Correlations that moved"
    assert list(section.rows["benchmark"]) == ["c", "a", "b"]
    assert list(section.rows["change"].round(9)) == [0.5, 0.1, -0.05]


def test_a_difference_of_rounding_is_none():
    after = edition(capabilities_correlations=judged(correlation=[0.1 + 1e-12, 0.5, -0.6]))
    assert differences(edition(capabilities_correlations=judged()), after) == []


def test_another_verdict_comes_before_any_number_and_a_told_one_before_an_open_one():
    after = edition(
        capabilities_correlations=judged(correlation=[0.5, 0.7, -0.2], verdict=["entangled", "entangled", "cannot tell"])
    )
    sections = differences(edition(capabilities_correlations=judged()), after)
    assert [section.title for section in sections] == ["Benchmarks with another verdict", "Correlations that moved"]
    assert list(sections[0].rows["benchmark"])[0] == "a"
    assert list(sections[0].rows["rho_after"])[0] == 0.5


def test_claims_come_first_of_all():
    claims = pd.DataFrame({"id": ["x", "y"], "verdict": ["holds", "fails"]})
    before = edition(capabilities_correlations=judged(), claims=claims)
    after = edition(capabilities_correlations=judged(verdict="inverse"), claims=claims.assign(verdict=["fails", "fails"]))
    assert titles(before, after)[0] == "Claims with another verdict"


def test_models_benchmarks_and_scores_that_come_and_go_are_counted():
    models = pd.DataFrame({"model": ["m", "n"], "name": ["M", "N"]})
    measured = pd.DataFrame({"model": ["m", "n"], "benchmark": "a", "score": [0.1, 0.2]})
    before = edition(models=models, scores=measured)
    after = edition(models=models.assign(model=["m", "o"]), scores=measured.assign(model=["m", "o"]))
    sections = {section.title: section for section in differences(before, after)}
    assert set(sections) == {"Models", "Scores that came or went"}
    assert dict(zip(sections["Models"].rows["model"], sections["Models"].rows["change"], strict=True)) == {
        "n": "gone", "o": "new",
    }
    assert sections["Scores that came or went"].sentence == "1 new, 1 gone."


def test_changed_scores_are_ordered_by_their_benchmarks_own_spread():
    frame = pd.DataFrame(
        {"model": list("mno") * 2, "benchmark": ["small"] * 3 + ["large"] * 3, "score": [0.1, 0.2, 0.3, 100, 200, 300]}
    )
    after = frame.assign(score=[0.1, 0.2, 0.6, 100, 200, 310])
    (section,) = differences(edition(scores=frame), edition(scores=after))
    assert list(section.rows["benchmark"]) == ["small", "large"]


def test_a_direction_declared_otherwise_and_another_parameter_are_told():
    known = pd.DataFrame({"benchmark": ["a"], "name": ["A"], "higher_is": ["better"]})
    before = edition(benchmarks=known)
    after = edition(record={"parameters": {"line": 0.3}}, benchmarks=known.assign(higher_is="worse"))
    assert titles(before, after) == ["Parameters", "Benchmarks declared otherwise"]


def test_an_edition_without_verdicts_or_claims_is_compared_in_what_it_has():
    old = edition(capabilities_correlations=judged().drop(columns="verdict"))
    new = edition(capabilities_correlations=judged(correlation=[0.1, 0.5, -0.7]), claims=pd.DataFrame({"id": ["x"], "verdict": ["holds"]}))
    assert titles(old, new) == ["Correlations that moved"]


def paged(**pages: tuple[str, str]) -> Edition:
    rows = [(page, *digests) for page, digests in pages.items()]
    return edition(pages=pd.DataFrame(rows, columns=["page", "text", "outputs"]))


def test_pages_are_listed_with_what_changed_in_them():
    before = paged(same=("a", "b"), worded=("a", "b"), refigured=("a", "b"), both=("a", "b"), gone=("a", "b"))
    after = paged(same=("a", "b"), worded=("c", "b"), refigured=("a", "c"), both=("c", "c"), new=("a", "b"))
    (section,) = differences(before, after)
    assert section.title == "Pages that changed"
    assert dict(zip(section.rows["page"], section.rows["change"], strict=True)) == {
        "worded": "text", "refigured": "results", "both": "text and results", "gone": "gone", "new": "new",
    }  # fmt: skip


def test_an_edition_kept_without_its_pages_is_not_said_to_have_lost_them():
    assert differences(paged(a=("a", "b")), edition(pages=pd.DataFrame(columns=["page", "text", "outputs"]))) == []
    assert differences(edition(), paged(a=("a", "b"))) == []


def test_only_the_first_rows_are_shown_and_the_rest_counted():
    many = pd.DataFrame({"population": "chat", "benchmark": [f"b{i}" for i in range(50)], "correlation": 0.0})
    text = report(
        edition(capabilities_correlations=many),
        edition(capabilities_correlations=many.assign(correlation=[i / 100 for i in range(1, 51)])),
    )
    assert text.count("\n| chat") == SHOWN
    assert "And 30 more." in text


def test_hostile_names_are_text_in_the_report():
    from markdown_it import MarkdownIt

    name = "<script>alert(1)</script>|[x](javascript:1)"
    frame = judged(benchmark=[name, "b", "c"])
    text = report(
        edition(name, capabilities_correlations=frame),
        edition(capabilities_correlations=frame.assign(correlation=[0.9, 0.5, -0.6])),
    )
    page = MarkdownIt("gfm-like", {"linkify": False}).render(text)
    assert "<script" not in page
    assert "<a " not in page
    assert page.count("<td>") % 5 == 0


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """Two editions of made-up scores, as a build leaves them, the second with one model fewer."""
    frame = random_scores(10, 6, 3)
    for name, rows in (("first", 10), ("second", 9)):
        table = score_table(chat=frame.head(rows).rename(columns={"b5": "=b5"}))
        table.benchmarks["parent"] = None
        table.benchmarks["citation"] = None
        folder = tmp_path / "_build" / name
        inputs.write(table, folder / "data")
        (folder / "results").mkdir()
        tables = result_tables(table, Parameters())
        for key in ("capabilities_correlations", "capabilities_scores"):
            (folder / "results" / f"{key}.csv").write_text(safe_csv(tables[key]), encoding="utf-8")
        (folder / "edition.json").write_text(json.dumps({"edition": name, "parameters": {}}))
    (tmp_path / "_toc.yml").write_text("")
    return tmp_path


def test_built_editions_are_found_by_name_and_by_folder(built):
    by_name = CliRunner().invoke(diff_command, ["first", "second", "--book", str(built)])
    by_path = CliRunner().invoke(diff_command, [str(built / "_build" / name) for name in ("first", "second")])
    assert by_name.exit_code == 0, by_name.output
    assert by_name.output == by_path.output
    assert "0 new, 1 gone" in by_name.output
    assert "Correlations that moved" in by_name.output


def test_names_made_harmless_for_spreadsheets_are_compared_as_they_were(built):
    moved = next(
        section
        for section in differences(open_edition("first", built / "_build"), open_edition("second", built / "_build"))
        if section.title == "Correlations that moved"
    )
    assert "=b5" in set(moved.rows["benchmark"])


def test_an_edition_that_is_not_there_is_one_line_and_names_those_that_are(built):
    result = CliRunner().invoke(diff_command, ["first", "third", "--book", str(built)])
    assert result.exit_code == 2
    assert len(result.output.splitlines()) == 1
    assert "'first', 'second'" in result.output


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_broken_record_is_refused_in_one_line(built, content):
    (built / "_build" / "first" / "edition.json").write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_edition("first", built / "_build")
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("content", [b"", b"\xff\xff\x00", b'a,b\n"1'])
def test_a_broken_table_is_refused_in_one_line(built, content):
    (built / "_build" / "first" / "data" / "scores.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        open_edition("first", built / "_build")
    assert len(str(caught.value).splitlines()) == 1


def test_the_shipped_table_written_and_read_does_not_differ_from_itself(data_folder, tmp_path):
    table = scores.load(data_folder)
    folder = tmp_path / "same"
    inputs.write(table, folder / "data")
    (folder / "edition.json").write_text('{"edition": "same"}')
    assert differences(open_edition(str(folder), None), open_edition(str(folder), None)) == []
