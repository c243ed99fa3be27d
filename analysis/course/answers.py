"""Whatever a student hands over, as plain Python: numbers, text, lists and dicts of them, or a hint why not.

An answer may be anything. Only objects whose exact type is known are looked into, so that no method of a
student's own class is ever called (`==`, `repr`, `__array__` and `len` may all run code), and nothing large
is copied.
"""

from __future__ import annotations

import math
import types
from typing import Any

MOST = 100_000
LONGEST = 10_000
SEQUENCES = (list, tuple, set, frozenset)
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)
NO_ANSWERS = {
    (complex,): "it is a complex number",
    FUNCTIONS: "it is a function: call it, with parentheses",
    (*SEQUENCES, dict): "its entries are containers themselves: a single value was wanted in each place",
    (types.EllipsisType,): "it is still the placeholder `...`",
}


class Odd(Exception):
    """An answer that cannot be read; the message is a hint, to be put after the name of the variable."""


def plain(raw: object) -> Any:
    """Return an answer as plain Python.

    Parameters
    ----------
    raw
        Anything.

    Returns
    -------
    bool, int, float, str, list or dict
        A scalar; a list of scalars for a sequence, a set, an index or an array of at most one dimension;
        a dict with scalars as keys and values for a dict, a series or a table of one column.

    Raises
    ------
    Odd
        With a hint, for anything else.
    """
    import numpy as np

    if is_one_of(raw, SEQUENCES):
        return [scalar(each) for each in limited(raw)]
    if type(raw) is dict:
        return {scalar(key): scalar(value) for key, value in limited(raw).items()}
    if type(raw) is np.ndarray:
        return plain_array(raw)
    return plain_frame(raw)


def is_one_of(raw: object, kinds: tuple[type, ...]) -> bool:
    """Whether an object is of just one of these types; asks neither the object nor its type for equality."""
    return any(type(raw) is kind for kind in kinds)


def limited(container: Any) -> Any:
    """Return a container that is not too large."""
    if len(container) > MOST:
        raise Odd("it holds far more values than were asked for")
    return container


def plain_array(array: Any) -> Any:
    """Return a NumPy array as a scalar or a list."""
    if array.ndim > 1:
        raise Odd("it is an array with several dimensions: pick the row, column or entry that is asked for")
    if array.size > MOST:
        raise Odd("it holds far more values than were asked for")
    values = array.tolist()
    return scalar(values) if array.ndim == 0 else [scalar(each) for each in values]


def plain_frame(raw: Any) -> Any:
    """Return an object of pandas as a list or a dict, and anything else as the scalar that it is."""
    import pandas as pd

    if type(raw) is pd.DataFrame:
        return plain_frame(only_column(raw))
    if not is_one_of(raw, (pd.Series, pd.Index, pd.RangeIndex, pd.CategoricalIndex)):
        return scalar(raw)
    if not is_known_dtype(raw.dtype):
        raise Odd("it holds values of an unknown kind")
    values = [scalar(each) for each in limited(raw).tolist()]
    if type(raw) is not pd.Series or type(raw.index) is pd.RangeIndex:
        return values
    if raw.index.nlevels > 1 or not raw.index.is_unique:
        raise Odd("the index of this series must name each row by a single label, and no row as another")
    return dict(zip(map(scalar, raw.index.tolist()), values, strict=True))


def only_column(frame: Any) -> Any:
    """Return the column of a table that has just that."""
    if frame.shape[1] != 1:
        raise Odd("it is a table with several columns: pick the column that is asked for")
    return frame.iloc[:, 0]


def is_known_dtype(dtype: object) -> bool:
    """Whether values of a column can be looked at without running anybody's code but that of the libraries."""
    import numpy as np
    import pandas as pd

    known = (pd.StringDtype, pd.CategoricalDtype, pd.BooleanDtype, pd.Float64Dtype, pd.Int64Dtype)
    return issubclass(type(dtype), np.dtype) or is_one_of(dtype, known)


def scalar(raw: object) -> bool | int | float | str:
    """Return a single value as plain Python.

    Raises
    ------
    Odd
        With a hint, when it is none.
    """
    import numpy as np

    if is_one_of(raw, (bool, str, float, int)):
        return readable(raw)
    if not is_one_of(raw, tuple(np.sctypeDict.values())):
        raise Odd(what_it_is(raw))
    if issubclass(type(raw), np.floating):
        return float(raw)
    return scalar(raw.item())


def readable(value: Any) -> Any:
    """Return a plain value that is not too long."""
    if type(value) is str and len(value) > LONGEST:
        raise Odd("it is a very long text")
    if type(value) is int and value.bit_length() > 1000:
        raise Odd("it is an enormous number")
    return value


def what_it_is(raw: object) -> str:
    """Say in words what an object is that is no answer, without asking it anything."""
    import pandas as pd

    if raw is None:
        return "it is `None`: perhaps a cell was not run, or a function prints its result and returns nothing"
    if raw is pd.NA or raw is pd.NaT:
        return "it is a missing value"
    found = (words for kinds, words in NO_ANSWERS.items() if is_one_of(raw, kinds))
    return next(found, "it is an object of a kind that this check does not read: hand over plain numbers or text")


def number(value: Any) -> float:
    """Return a plain value as a finite number.

    Raises
    ------
    Odd
        With a hint, when it is none.
    """
    if type(value) is str:
        raise Odd("it is text: give a number, without quotation marks")
    if type(value) is bool:
        raise Odd("it is a truth value: give a number")
    if type(value) is list:
        raise Odd("it holds several values: pick the number that is asked for")
    if type(value) is dict:
        raise Odd("it holds several values by name: pick the number that is asked for")
    if not math.isfinite(value):
        raise Odd("it is not a finite number: look for a missing score or a division by nothing")
    return float(value)


def text(value: Any) -> str:
    """Return a plain value as text without blanks around it.

    Raises
    ------
    Odd
        With a hint, when it is none.
    """
    if type(value) in (list, dict):
        raise Odd("it holds several values: give a single name, as text")
    if type(value) is not str:
        raise Odd("it is not text: give a name in quotation marks, or take it from the table")
    if not value.strip():
        raise Odd("it is empty")
    return value.strip()
