"""Numbers as text, glued values and tables."""

from __future__ import annotations

from ast import literal_eval
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import display

HOSTILE = [
    "<script>alert(1)</script>",
    "</td></table><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}",
    "`code`",
    "a|b",
    "line\nbreak",
    "=cmd()",
    "\"quoted' &amp;",
]


class Reader(HTMLParser):
    """Collects the tags and the text of a piece of HTML."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[dict[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (display.correlation(0.8234), "+0.82"),
        (display.correlation(np.float64(-0.4)), "−0.40"),
        (display.correlation(-0.001), "0.00"),
        (display.correlation(float("nan")), "not known"),
        (display.interval(-0.1, 0.4), "−0.10 to +0.40"),
        (display.interval(np.nan, 0.4), "not known"),
        (display.count(1234), "1,234"),
        (display.count(np.int64(3)), "3"),
        (display.percent_share(0.714), "71\N{NARROW NO-BREAK SPACE}%"),
        (display.number(-1234.5), "−1,234.50"),
        (display.number(-0.001), "0.00"),
        (display.flop(2.44e24), "2.4 × 10²⁴"),
        (display.flop(np.nan), "not known"),
        (display.measure(0.82349), "0.8235"),
        (display.measure(26), "26"),
        (display.measure(-8.4e22), "−8.4 × 10²²"),
        (display.measure(1e-7), "1 × 10⁻⁷"),
        (display.listing([]), ""),
        (display.listing(["a"]), "a"),
        (display.listing(["a", "b"]), "a and b"),
        (display.listing(["a", "b", "c"]), "a, b and c"),
    ],
)
def test_numbers_read_as_prose_has_them(shown: str, expected: str) -> None:
    assert shown == expected


@settings(deadline=None)
@given(st.floats(-1, 1))
def test_a_shown_correlation_is_the_correlation_to_half_a_hundredth(value: float) -> None:
    shown = display.correlation(value)
    assert float(shown.replace("−", "-")) == pytest.approx(value, abs=0.005 + 1e-12)
    assert shown[0] in "+−" or float(shown) == 0


@pytest.fixture
def glued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, str], dict[str, Any]]]:
    """What a notebook is handed to display."""
    shown: list[tuple[dict[str, str], dict[str, Any]]] = []
    monkeypatch.setattr(
        "IPython.display.display", lambda data, raw, metadata: shown.append((data, metadata))
    )
    return shown


@settings(deadline=None)
@given(st.text())
def test_a_glued_text_comes_back_exactly_as_it_was(text: str) -> None:
    from myst_nb.core.variables import format_plain_text

    with pytest.MonkeyPatch.context() as patch:
        shown: list[dict[str, str]] = []
        patch.setattr("IPython.display.display", lambda data, raw, metadata: shown.append(data))
        display.glue_values({"key": text})
    assert format_plain_text(shown[0]["application/papermill.record/text/plain"], "s") == text


def test_a_glued_number_keeps_its_sign_and_its_zeros(
    glued: list[tuple[dict[str, str], dict[str, Any]]],
) -> None:
    display.glue_values({"rho": "+0.40"})
    (data, metadata), *others = glued
    assert not others
    assert literal_eval(data["application/papermill.record/text/plain"]) == "+0.40"
    assert metadata["scrapbook"]["name"] == "rho"


def test_only_text_can_be_glued() -> None:
    with pytest.raises(TypeError, match="'rho' is float"):
        display.glue_values({"rho": 0.4})  # type: ignore[dict-item]


def test_hostile_names_stay_text_in_a_table() -> None:
    frame = pd.DataFrame({"model": HOSTILE, "score": range(len(HOSTILE))})
    columns = {"model": HOSTILE[0], "score": HOSTILE[1]}
    read = Reader(display.html_table(frame, columns, caption=HOSTILE[0])._repr_html_())
    assert set(read.tags) == {"div", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    cells = {" ".join(text.split()) for text in read.texts}
    assert {" ".join(name.split()) for name in HOSTILE} <= cells


def test_the_first_column_names_the_rows_and_numbers_carry_their_exact_value() -> None:
    frame = pd.DataFrame({"model": ["a"], "score": [1 / 3], "n": [26]})
    read = Reader(display.html_table(frame)._repr_html_())
    scopes = [attributes.get("scope") for attributes in read.attributes if "scope" in attributes]
    assert scopes == ["col", "col", "col", "row"]
    values = [attributes["data-value"] for attributes in read.attributes if "data-value" in attributes]
    assert [float(value or "nan") for value in values] == [1 / 3, 26]
    assert read.texts[-2:] == ["0.33", "26"]


def carried(frame: pd.DataFrame) -> list[list[str | None]]:
    """Return by row what its cells are sorted by, and after it the upper end of an interval; None for text."""
    read = Reader(display.html_table(frame)._repr_html_())
    cells = [cell for tag, cell in zip(read.tags, read.attributes, strict=True) if tag in ("th", "td") and cell.get("scope") != "col"]
    width = len(frame.columns)
    rows = [cells[start : start + width] for start in range(0, len(cells), width)]
    return [[cell.get(name) for cell in row for name in ("data-value", "data-upper") if name in cell or name == "data-value"] for row in rows]


def test_numbers_that_name_rows_carry_their_value_as_others_do() -> None:
    assert carried(pd.DataFrame({"x": [-1.0, 0.5, np.nan], "name": ["a", "b", "c"]})) == [["-1", None], ["0.5", None], ["", None]]


def test_intervals_and_formatted_numbers_carry_what_they_say() -> None:
    frame = pd.DataFrame(
        {
            "name": ["a", "b", "c"],
            "interval": ["−0.40 to +0.53", display.UNKNOWN, "48 % to 66 %"],
            "estimate": ["57 %", "−0.313", None],
        }
    )
    assert carried(frame) == [[None, "-0.4", "0.53", "0.57"], [None, "", "", "-0.313"], [None, "0.48", "0.66", ""]]


@pytest.mark.parametrize("texts", [["007", "12"], ["+0.40", "about"], ["1.10", "2"], ["+0.1 to +0.2", "+0.3"], ["1 to 2 to 3"], ["–", "not known"]])
def test_names_made_of_digits_and_mixed_columns_stay_text(texts: list[str]) -> None:
    assert {said for row in carried(pd.DataFrame({"name": texts, "text": texts})) for said in row} == {None}


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_what_is_written_is_read_back(lower: float, upper: float) -> None:
    assert display.read(display.interval(lower, upper)) == pytest.approx((lower, upper), abs=0.005 + 1e-9)
    assert display.read(display.number(lower)) == pytest.approx((lower,), abs=0.005 + 1e-9)
    assert display.read(display.percent_share(lower, 1)) == pytest.approx((lower,), abs=0.0005 + 1e-9)


def test_a_missing_cell_shows_a_dash_and_has_no_value_to_sort_by() -> None:
    frame = pd.DataFrame({"model": ["a", "b"], "score": [np.nan, 1.5]})
    table = display.html_table(frame)
    assert table.texts()["score"].tolist() == ["–", "1.50"]
    assert 'data-value=""' in table._repr_html_()


def test_columns_are_picked_ordered_and_formatted_as_asked() -> None:
    frame = pd.DataFrame({"b": [0.5], "junk": [1], "a": ["x"]})
    table = display.html_table(frame, {"a": "A", "b": "ρ"}, {"b": display.correlation})
    assert table.headings == ("A", "ρ")
    assert table.texts().to_dict("list") == {"a": ["x"], "b": ["+0.50"]}
    with pytest.raises(KeyError):
        display.html_table(frame, {"absent": "?"})


def test_an_empty_table_still_shows_its_headings() -> None:
    table = display.html_table(pd.DataFrame({"a": [], "b": []}))
    assert Reader(table._repr_html_()).texts == ["a", "b"]
    assert repr(table) == "a, b"


def test_a_note_is_one_escaped_sentence() -> None:
    read = Reader(display.note("None of\n<b>these</b> scores.")._repr_html_())
    assert read.tags == ["p"]
    assert "".join(read.texts) == "None of <b>these</b> scores."
