"""Pages of one file: they ask nothing of the network, and print well."""

from __future__ import annotations

import html
import re
from typing import Any

from analysis.problems import visible

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'unsafe-inline'"
TAG = re.compile(r"\\tag\{(\d+)\}")


def page(title: str, body: str, css: str, script: str = "") -> str:
    """Return a page of HTML.

    Parameters
    ----------
    title
        Plain text.
    body, css, script
        HTML, CSS and JavaScript of our own making.

    Returns
    -------
    str
        The whole file.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escaped(title)}</title><style>{css}</style></head><body>{body}"
        f"{f'<script>{script}</script>' if script else ''}</body></html>\n"
    )


def escaped(text: object) -> str:
    """Return any text so that no character of it is markup."""
    return html.escape(visible(text), quote=True)


def html_of(markdown: str) -> str:
    """Turn plain Markdown into HTML.

    Parameters
    ----------
    markdown
        As :func:`analysis.course.plain_markdown.plain_markdown` returns it; HTML in it is shown as it is written.

    Returns
    -------
    str
        With formulas as MathML.
    """
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    return reader.use(dollarmath_plugin, renderer=formula).render(markdown)


def formula(source: str, options: dict[str, Any]) -> str:
    """Return a formula as MathML, its number beside it."""
    from analysis.sphinx_book import mathml

    number = TAG.search(source)
    markup = mathml(TAG.sub("", source), bool(options.get("display_mode")))
    return markup + (f' <span class="number">({number[1]})</span>' if number else "")
