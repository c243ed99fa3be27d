"""What a chapter shows besides charts: numbers as text, glued values, escaped tables."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
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
    return f"{signed(lower, digits)} to {signed(upper, digits)}"


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


def html_cell(value: object, text: str, header: bool, address: str = "") -> str:
    """Return one body cell, numbers carrying their unrounded value for sorting and download.

    Parameters
    ----------
    value
        The cell as it is in the frame.
    text
        The cell as it is shown, unescaped.
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
    if header:
        return f'<th scope="row">{shown}</th>'
    if is_number(value):
        raw = "" if pd.isna(value) else repr(float(value)).removesuffix(".0")
        return f'<td{NUMERIC} data-value="{raw}">{shown}</td>'
    return f"<td{LONG if len(text) > LONG_TEXT else ''}>{shown}</td>"


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
        return (
            '<div class="book-table"><table>'
            f"{caption}<thead><tr>{self._head()}</tr></thead>"
            f"<tbody>{self._body()}</tbody></table></div>"
        )

    def _head(self) -> str:
        return "".join(
            f'<th scope="col"{NUMERIC if is_numeric(self.frame[name]) else ""}>'
            f"{html.escape(one_line(heading))}</th>"
            for name, heading in zip(self.frame.columns, self.headings, strict=True)
        )

    def _body(self) -> str:
        rows = zip(
            self.frame.itertuples(index=False, name=None),
            self.texts().itertuples(index=False, name=None),
            self.addresses or [""] * len(self.frame),
            strict=True,
        )
        return "".join(
            "<tr>"
            + "".join(
                html_cell(value, text, header=position == 0, address="" if position else address)
                for position, (value, text) in enumerate(zip(values, texts, strict=True))
            )
            + "</tr>"
            for values, texts, address in rows
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
