"""IPython extension of the kernels behind live pages: charts become figures of the page."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Have the kernel show a chart as the site shows it.

    Parameters
    ----------
    shell
        The kernel's shell.
    """
    import altair as alt

    shell.display_formatter.mimebundle_formatter.for_type(alt.TopLevelMixin, chart_bundle)


def chart_bundle(chart: Any, include: Any = None, exclude: Any = None) -> dict[str, str]:
    """Return a chart as HTML of the page, drawn by the page's own script.

    Parameters
    ----------
    chart
        An Altair chart.
    include, exclude
        Not used.

    Returns
    -------
    dict
        Mime type to content.
    """
    from analysis.figures import figure, render_many

    del include, exclude
    spec = chart.to_dict()
    (picture,) = render_many([spec])
    text = spec.get("description", "Chart.")
    return {"text/html": figure(spec, picture, f"chart-{uuid.uuid4().hex[:12]}"), "text/plain": text}
