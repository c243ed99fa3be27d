"""No finding of the default edition changes without an entry in the kept list."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import findings_log
from analysis.findings_log import changes, history, read_list, recorded

from toy_book import compendium, make_book

ROOT = Path(__file__).parents[1]
KEPT = ROOT / findings_log.LIST
findings = st.dictionaries(st.text("abc", min_size=1, max_size=2), st.sampled_from(["holds", "fails", "distinct"]))


def as_list(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)


@given(findings, findings)
def test_once_recorded_nothing_is_left_to_record_and_nothing_is_lost(before: dict[str, str], after: dict[str, str]) -> None:
    begun = as_list(recorded(read_list(Path("nowhere")), before, "2026-01-01", "begun"))
    then = as_list(recorded(begun, after, "2026-02-02", "why"))
    assert changes(then, after) == {}
    assert then.iloc[: len(begun)].equals(begun)
    moved = {name for name in {**before, **after} if before.get(name) != after.get(name)}
    assert set(then["finding"][len(begun) :]) == moved


@given(findings, findings)
def test_the_history_says_what_each_changed_finding_was_and_is(before: dict[str, str], after: dict[str, str]) -> None:
    begun = as_list(recorded(read_list(Path("nowhere")), {**before, "x": "holds"}, "2026-01-01", "begun"))
    told = history(as_list(recorded(begun, {**after, "x": "fails"}, "2026-02-02", "why")))
    found = {row.finding: (row.before, row.value) for row in told.itertuples()}
    expected = {name: (before.get(name, ""), after.get(name, "")) for name in {**before, **after}}
    assert found == {**{name: pair for name, pair in expected.items() if pair[0] != pair[1]}, "x": ("holds", "fails")}
    assert set(told["date"]) == {"2026-02-02"}


def test_the_kept_list_has_dates_in_order_and_a_reason_for_every_entry() -> None:
    kept = read_list(KEPT)
    assert list(kept.columns) == list(findings_log.COLUMNS)
    assert kept["date"].is_monotonic_increasing and kept["date"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert kept["why"].str.len().min() > 10
    assert not kept.duplicated(["date", "finding"]).any()


@pytest.mark.slow
def test_the_kept_list_ends_with_what_the_default_edition_finds(built_site: Path) -> None:
    found = findings_log.found_in(built_site.parent)
    assert len(found) > 50
    told = "a finding changed; say why with: compendium findings --why '...'"
    assert changes(read_list(KEPT), found) == {}, told


@pytest.mark.slow
def test_the_command_lists_changes_and_keeps_them_only_with_a_reason(tmp_path: Path) -> None:
    book = make_book(tmp_path / "book")
    assert compendium("findings", "--book", book).returncode == 2
    assert compendium("build", "--book", book).returncode == 0
    listed = compendium("findings", "--book", book)
    assert listed.returncode == 0 and not (book / findings_log.LIST).exists()
    kept = compendium("findings", "--book", book, "--why", "The list is begun.")
    assert kept.stdout == listed.stdout != ""
    assert re.match(r"\w+ b\d: not in the list -> ", listed.stdout)
    assert compendium("findings", "--book", book).stdout == ""
