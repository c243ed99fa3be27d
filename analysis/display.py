"""What a chapter shows besides charts: numbers as text, glued values, escaped tables."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import pandas as pd

MINUS = "\N{MINUS SIGN}"
NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
UNKNOWN = "not known"
MISSING = "\N{EN DASH}"
NUMERIC = ' class="book-number"'
LONG = ' class="book-long"'
LONG_TEXT = 60
GLUE_PREFIX = "application/papermill.record/"
ENDS = " to "
WRITTEN = re.compile(rf"(?P<sign>[+{MINUS}]?)(?P<digits>[0-9][0-9,]*(?:\.[0-9]+)?)(?P<share>(?:[{NARROW_SPACE} ]%)?)")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

Format = Callable[[Any], str]


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign, a true minus, and no sign on zero.

    Parameters
    ----------
    value
        Any number; NaN and infinities are not known.
    digits
        Digits after the point.

    Returns
    -------
    str
        For example ``+0.82``, ``−0.40``, ``0.00``.
    """
    if not math.isfinite(value):
        return UNKNOWN
    text = f"{float(value):+.{digits}f}"
    return text[1:] if float(text) == 0 else text.replace("-", MINUS)


def correlation(value: float) -> str:
    """Return a correlation as prose shows it.

    Parameters
    ----------
    value
        In [-1, 1]; NaN where it could not be computed.

    Returns
    -------
    str
        Signed, two decimals.
    """
    return signed(value, 2)


def points(value: float) -> str:
    """Return a difference on the percent scale in which the paper prints correlations.

    Parameters
    ----------
    value
        In percentage points.

    Returns
    -------
    str
        Signed, two decimals.
    """
    return signed(value, 2)


def number(value: float, digits: int = 2) -> str:
    """Return a plain number, thousands separated, with a true minus.

    Parameters
    ----------
    value
        Any number; NaN and infinities are not known.
    digits
        Digits after the point.

    Returns
    -------
    str
        For example ``1,234.50`` or ``−1.20``.
    """
    if not math.isfinite(value):
        return UNKNOWN
    text = f"{float(value):,.{digits}f}"
    return text.removeprefix("-") if float(text.replace(",", "")) == 0 else text.replace("-", MINUS)


def count(value: float) -> str:
    """Return a count of things.

    Parameters
    ----------
    value
        A whole number, possibly held as a float.

    Returns
    -------
    str
        Digits, thousands separated.
    """
    return number(value, 0)


def percent_share(value: float, digits: int = 0) -> str:
    """Return a share as a percentage.

    Parameters
    ----------
    value
        In [0, 1].
    digits
        Digits after the point.

    Returns
    -------
    str
        For example ``71 %``, the space narrow and unbreakable.
    """
    text = number(100 * value, digits)
    return text if text == UNKNOWN else f"{text}{NARROW_SPACE}%"


def interval(lower: float, upper: float, digits: int = 2) -> str:
    """Return an interval of signed numbers in words.

    Parameters
    ----------
    lower, upper
        The ends; NaN where not known.
    digits
        Digits after the point.

    Returns
    -------
    str
        For example ``−0.10 to +0.40``.
    """
    if not (math.isfinite(lower) and math.isfinite(upper)):
        return UNKNOWN
    return f"{signed(lower, digits)}{ENDS}{signed(upper, digits)}"


def flop(value: float) -> str:
    """Return an amount of training compute.

    Parameters
    ----------
    value
        Floating-point operations, above zero; NaN where not known.

    Returns
    -------
    str
        For example ``2.4 × 10²⁴``.
    """
    if not (math.isfinite(value) and value > 0):
        return UNKNOWN
    digits, exponent = f"{float(value):.1e}".split("e")
    return f"{digits} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def measure(value: float) -> str:
    """Return a number of unknown size in four significant digits.

    Parameters
    ----------
    value
        Any number; NaN and infinities are not known.

    Returns
    -------
    str
        For example ``0.8235``, ``−12.5``, ``26``, ``2.4 × 10²⁴``.
    """
    if not math.isfinite(value):
        return UNKNOWN
    digits, _, exponent = f"{float(value):.4g}".partition("e")
    digits = digits.replace("-", MINUS)
    return f"{digits} × 10{str(int(exponent)).translate(SUPERSCRIPTS)}" if exponent else digits


def listing(names: Iterable[object]) -> str:
    """Return names in a row as a sentence has them.

    Parameters
    ----------
    names
        The names, in order.

    Returns
    -------
    str
        ``a``, ``a and b``, ``a, b and c``; empty for none.
    """
    *first, last = [str(name) for name in names] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def glue_values(values: Mapping[str, str]) -> None:
    """Make ready-formatted strings available to a chapter's prose under their keys.

    The text is recorded as a quoted Python literal, because MyST-NB reads it back with
    ``ast.literal_eval``: a bare ``+0.40`` would come back as the number 0.4.

    Parameters
    ----------
    values
        Key to text, exactly as the prose is to show it.

    Raises
    ------
    TypeError
        When a value is not a string: its look would be left to chance.
    """
    from IPython.display import display

    for key, text in values.items():
        if not isinstance(text, str):
            raise TypeError(f"the value glued as {key!r} is {type(text).__name__}, not text")
        display(
            {f"{GLUE_PREFIX}text/plain": repr(str(text))},
            raw=True,
            metadata={"scrapbook": {"name": key, "mime_prefix": GLUE_PREFIX}},
        )


def one_line(value: object) -> str:
    """Return text with every run of white space, line ends among them, as one space.

    Parameters
    ----------
    value
        Anything; its ``str`` is taken.

    Returns
    -------
    str
        Text of one line.
    """
    return " ".join(str(value).split())


def cell_text(value: object, shown_as: Format) -> str:
    """Return what a table shows for one value.

    Parameters
    ----------
    value
        A cell of a frame; missing ones show as a dash.
    shown_as
        How this column is formatted.

    Returns
    -------
    str
        Unescaped text.
    """
    return MISSING if pd.isna(value) else shown_as(value)


def column_format(column: pd.Series) -> Format:
    """Return how a column without a format of its own is shown.

    Parameters
    ----------
    column
        The values.

    Returns
    -------
    Format
        Whole numbers as counts, other numbers with two decimals, anything else as text of one line.
    """
    if not is_numeric(column):
        return one_line
    return count if column.dropna().map(lambda value: float(value).is_integer()).all() else number


def is_numeric(column: pd.Series) -> bool:
    """Return whether a column holds numbers and nothing else but gaps.

    Parameters
    ----------
    column
        The values.

    Returns
    -------
    bool
        False for a column without any value.
    """
    present = column.dropna()
    return len(present) > 0 and bool(present.map(is_number).all())


def is_number(value: object) -> bool:
    """Return whether a cell holds a number, truth values not counted.

    Parameters
    ----------
    value
        A cell of a frame.

    Returns
    -------
    bool
        True for Python and NumPy integers and floats.
    """
    import numbers

    return isinstance(value, numbers.Real) and not pd.api.types.is_bool(value)


def read(text: str) -> tuple[float, ...]:
    """Return what a text of `signed`, `number`, `percent_share` or `interval` says.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    tuple of float
        A number, as exact as it is written, or both ends of an interval; empty for other text.
    """
    found = [WRITTEN.fullmatch(part) for part in text.split(ENDS)]
    if len(found) > 2 or None in found:
        return ()
    return tuple(
        float(part["sign"].replace(MINUS, "-") + part["digits"].replace(",", "") + ("e-2" if part["share"] else ""))
        for part in found
        if part
    )


def column_numbers(column: pd.Series, texts: Sequence[str]) -> list[tuple[float, ...]]:
    """Return what each cell of a column is sorted by and taken away as.

    Parameters
    ----------
    column
        The values.
    texts
        How they are shown.

    Returns
    -------
    list of tuple of float
        A number, unrounded where the column has it; both ends of an interval; nothing for text. Text says numbers where
        all of its column does and a sign, a percent sign or two ends show that it is not a name made of digits.
    """
    if is_numeric(column):
        return [(math.nan if pd.isna(value) else float(value),) for value in column]
    said = {text: read(text) for text in texts if text not in (MISSING, UNKNOWN)}
    widths = {len(ends) for ends in said.values()}
    if len(widths) == 1 and any(not text[:1].isdigit() or text.endswith("%") or ENDS in text for text in said):
        gap = (math.nan,) * widths.pop()
        return [said.get(text, gap) for text in texts]
    return [(float(value),) if is_number(value) else () for value in column]


def html_cell(text: str, numbers: tuple[float, ...], header: bool, address: str = "") -> str:
    """Return one body cell, carrying the numbers for sorting and download.

    Parameters
    ----------
    text
        The cell as it is shown, unescaped.
    numbers
        From :func:`column_numbers`.
    header
        Whether the cell names its row.
    address
        Where the text leads; empty for nowhere.

    Returns
    -------
    str
        HTML.
    """
    shown = html.escape(text)
    if address:
        shown = f'<a href="{html.escape(address)}">{shown}</a>'
    tag, scope = ("th", ' scope="row"') if header else ("td", "")
    raw = ["" if math.isnan(value) else repr(value).removesuffix(".0") for value in numbers]
    carried = "".join(f' data-{name}="{value}"' for name, value in zip(("value", "upper"), raw, strict=False))
    look = NUMERIC if len(numbers) == 1 else LONG if len(text) > LONG_TEXT and not header else ""
    return f"<{tag}{scope}{look}{carried}>{shown}</{tag}>"


@dataclass(frozen=True)
class Table:
    """A table that shows itself as escaped HTML, or as plain text where there is no HTML.

    Parameters
    ----------
    frame
        The columns to show, in order.
    headings
        One heading a column.
    formats
        Column to the function that makes its text.
    caption
        Shown above the table; None where the figure around it has one.
    addresses
        Where the first cell of each row leads; empty for a table without links.
    """

    frame: pd.DataFrame
    headings: tuple[str, ...]
    formats: Mapping[str, Format]
    caption: str | None = None
    addresses: tuple[str, ...] = ()

    def texts(self) -> pd.DataFrame:
        """Return every cell as it is shown, unescaped.

        Returns
        -------
        pandas.DataFrame
            Same shape as ``frame``, text only.
        """
        columns = {
            name: [cell_text(value, shown_as) for value in self.frame[name]]
            for name, shown_as in self._column_formats().items()
        }
        return pd.DataFrame(columns, dtype=object)

    def _column_formats(self) -> dict[str, Format]:
        return {
            name: self.formats.get(name, column_format(self.frame[name]))
            for name in self.frame.columns
        }

    def _repr_html_(self) -> str:
        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        texts = self.texts()
        numbers = [column_numbers(self.frame[name], texts[name].tolist()) for name in self.frame.columns]
        numeric = [any(map(math.isfinite, chain(*column))) and {*map(len, column)} == {1} for column in numbers]
        return (
            '<div class="book-table"><table>'
            f"{caption}<thead><tr>{self._head(numeric)}</tr></thead>"
            f"<tbody>{self._body(texts, numbers)}</tbody></table></div>"
        )

    def _head(self, numeric: Sequence[bool]) -> str:
        return "".join(
            f'<th scope="col"{NUMERIC if numbered else ""}>{html.escape(one_line(heading))}</th>'
            for numbered, heading in zip(numeric, self.headings, strict=True)
        )

    def _body(self, texts: pd.DataFrame, numbers: Sequence[Sequence[tuple[float, ...]]]) -> str:
        rows = zip(
            texts.itertuples(index=False, name=None),
            zip(*numbers, strict=True),
            self.addresses or [""] * len(self.frame),
            strict=True,
        )
        return "".join(
            "<tr>"
            + "".join(
                html_cell(text, said, header=position == 0, address="" if position else address)
                for position, (text, said) in enumerate(zip(shown, carried, strict=True))
            )
            + "</tr>"
            for shown, carried, address in rows
        )

    def __repr__(self) -> str:
        texts = self.texts().set_axis(list(self.headings), axis=1)
        return texts.to_string(index=False) if len(texts) else ", ".join(self.headings)


def html_table(
    frame: pd.DataFrame,
    columns: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
    caption: str | None = None,
    addresses: Iterable[str] = (),
) -> Table:
    """Return a table for the page: escaped, with header cells, numbers aligned.

    Parameters
    ----------
    frame
        The rows to show. The index is not shown.
    columns
        Column to heading: picks the columns, orders and titles them. All columns under their own
        names without it. The first one names the row.
    formats
        Column to a function from value to text.
    caption
        Only where the cell has no numbered caption of its own.
    addresses
        Where the first cell of each row leads, one a row, made by the book and not by its data.

    Returns
    -------
    Table
        Shows itself in a notebook.

    Raises
    ------
    KeyError
        When a column asked for is not in the frame.
    """
    columns = columns if columns is not None else {str(name): str(name) for name in frame.columns}
    return Table(frame[list(columns)], tuple(columns.values()), dict(formats or {}), caption, tuple(addresses))


@dataclass(frozen=True)
class Note:
    """One plain sentence in place of something that these scores cannot show.

    Parameters
    ----------
    text
        The sentence.
    """

    text: str

    def _repr_html_(self) -> str:
        return f'<p class="book-note">{html.escape(one_line(self.text))}</p>'

    def __repr__(self) -> str:
        return one_line(self.text)


def note(text: str) -> Note:
    """Return a plain sentence to show where a chart or table cannot be made.

    Parameters
    ----------
    text
        The sentence.

    Returns
    -------
    Note
        Shows itself in a notebook, escaped.
    """
    return Note(text)
