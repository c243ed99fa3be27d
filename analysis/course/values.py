"""The computed values of a chapter, shown in a notebook that no book is built from."""

from __future__ import annotations

from collections.abc import Mapping

def show_values(values: Mapping[str, str]) -> None:
    """Show the values that the text around a cell refers to by name.

    Parameters
    ----------
    values
        Text by name, as :func:`analysis.display.glue_values` takes it.
    """
    import pandas as pd
    from IPython.display import display

    from analysis.display import html_table

    frame = pd.DataFrame({"name": [f"⟨{name}⟩" for name in values], "value": list(values.values())})
    display(html_table(frame, columns={"name": "in the text", "value": "computed here"}))
