"""The computed values of a chapter, shown in a notebook that no book is built from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def show_values(values: Mapping[str, str]) -> Any:
    """Show the values that the text around a cell refers to by name.

    Parameters
    ----------
    values
        Text by name, as :func:`analysis.display.glue_values` takes it.

    Returns
    -------
    Table
        One row a value.
    """
    import pandas as pd

    from analysis.display import html_table

    frame = pd.DataFrame({"name": [f"⟨{name}⟩" for name in values], "value": list(values.values())})
    return html_table(frame, columns={"name": "in the text", "value": "computed here"})
