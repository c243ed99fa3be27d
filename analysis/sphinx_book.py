"""Sphinx extension of the book: formulas as MathML, numbered tables, scripts from the site itself."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

if TYPE_CHECKING:
    from concurrent.futures import Future

    from docutils.nodes import Element
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)
VEGA_SCRIPT = "book-vega.js"
# A page's forms by the class of their element, which their own script and styles are named after.
FORMS = ("book-card", "book-explorer", "book-predictions")
FORM_SCRIPT = "book-forms.js"
PALETTE_STYLE = "book-palette.css"
SIDE_BAR = '<div id="pst-primary-sidebar"'
FOLDED = '<summary aria-label="Toggle hidden content">'
SEARCHING = re.compile(r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>')
# Draws the theme's icons with 1.5 MB of script; our style sheet draws those the book has.
ICON_SCRIPT = Path("scripts", "fontawesome.js")
ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|align)\}")
# The converter hands words within a formula on as they are.
WORDS = re.compile(r"\\text\w*\s*\{[^{}]*\}")
MATH = "http://www.w3.org/1998/Math/MathML"
OPERANDS = ("mi", "mn", "msub", "msup", "mfrac", "msqrt", "mrow")
# Names of widths that browsers no longer know.
WIDTHS = {"negativethinmathspace": "-0.167em", "thinmathspace": "0.167em"}
UNREAD = re.compile(r"&(?!#?\w+;)|\\[A-Za-z]+")


class FormulaError(ValueError):
    """A formula that cannot be read, with the part that is at fault."""


def mathml(formula: str, display: bool) -> str:
    """Return a formula as MathML.

    Parameters
    ----------
    formula
        LaTeX.
    display
        Whether it stands on a line of its own.

    Returns
    -------
    str
        A ``math`` element.

    Raises
    ------
    FormulaError
        When braces do not match or a command is unknown.
    """
    from latex2mathml.converter import convert

    if unbalanced(formula):
        raise FormulaError("its braces do not match")
    source = WORDS.sub(escaped, ALIGNED.sub(r"\\\1{align*}", formula))
    try:
        markup = convert(source, display="block" if display else "inline")
    except Exception as error:
        raise FormulaError(f"{type(error).__name__}: {error}") from error
    unread = UNREAD.search(re.sub(r"<[^>]*>", "", markup))
    if unread:
        raise FormulaError(f"'{unread[0]}' is not understood")
    # Read aloud or copied, a formula is its source.
    return spaced(markup).replace("<math ", f'<math alttext="{html.escape(formula.strip())}" ', 1)


def spaced(markup: str) -> str:
    """Set names of functions apart from what stands beside them, as TeX does: arctan h is no hyperbolic function.

    Parameters
    ----------
    markup
        A ``math`` element.

    Returns
    -------
    str
        The same with thin spaces.
    """
    ElementTree.register_namespace("", MATH)
    root = ElementTree.fromstring(markup)
    for space in root.iter(f"{{{MATH}}}mspace"):
        space.set("width", WIDTHS.get(space.get("width"), space.get("width")))
    for row in root.iter(f"{{{MATH}}}mrow"):
        for place in range(len(row) - 1, 0, -1):
            pair = row[place - 1], row[place]
            if any(map(is_function, pair)) and all(each.tag[len(MATH) + 2 :] in OPERANDS for each in pair):
                row.insert(place, ElementTree.Element(f"{{{MATH}}}mspace", width="0.167em"))
    return ElementTree.tostring(root, encoding="unicode")


def is_function(part: ElementTree.Element) -> bool:
    """Return whether a part of a formula is a name such as ln, with or without an exponent."""
    base = part[0] if part.tag in (f"{{{MATH}}}msup", f"{{{MATH}}}msub") else part
    name = (base.text or "") if base.tag == f"{{{MATH}}}mi" else ""
    return len(name) > 1 and name.isalpha() and "mathvariant" not in base.attrib


def escaped(words: re.Match[str]) -> str:
    """Return words within a formula with their angle brackets escaped.

    Parameters
    ----------
    words
        A command such as ``\\text`` with its argument.

    Returns
    -------
    str
        The same, safe in markup.
    """
    return words[0].replace("<", "&lt;").replace(">", "&gt;")


def unbalanced(formula: str) -> bool:
    """Return whether the grouping braces of a formula do not match.

    Parameters
    ----------
    formula
        LaTeX.

    Returns
    -------
    bool
        Escaped braces do not count.
    """
    depth = 0
    for brace in re.findall(r"(?<!\\)(?:\\\\)*([{}])", formula):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return True
    return depth != 0


def formula_html(node: Element, formula: str, display: bool) -> str:
    """Return a formula as MathML, or, where it cannot be read, as its source with a warning.

    Parameters
    ----------
    node
        Where the formula is, for the warning.
    formula
        LaTeX.
    display
        Whether it stands on a line of its own.

    Returns
    -------
    str
        HTML.
    """
    try:
        return mathml(formula, display)
    except FormulaError as error:
        LOGGER.warning("formula %r: %s", formula, error, location=node, type="book", subtype="math")
        return f"<code>{html.escape(formula)}</code>"


def visit_math(translator: HTML5Translator, node: Element) -> None:
    """Write a formula within a line.

    Parameters
    ----------
    translator
        Writes the page.
    node
        The formula.
    """
    translator.body.append(formula_html(node, node.astext(), display=False))
    raise nodes.SkipNode


def visit_math_block(translator: HTML5Translator, node: Element) -> None:
    """Write formulas on lines of their own, with their number where they have one.

    Parameters
    ----------
    translator
        Writes the page.
    node
        The formulas, blank lines between them.
    """
    from sphinx.util.math import get_node_equation_number

    translator.body.append(translator.starttag(node, "div", CLASS="math book-equation"))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    for part in filter(str.strip, node.astext().split("\n\n")):
        several = r"\\" in part and r"\begin" not in part
        formula = rf"\begin{{split}}{part}\end{{split}}" if several else part
        translator.body.append(formula_html(node, formula, display=True))
    translator.body.append("</div>\n")
    raise nodes.SkipNode


class CaptionedTable(nodes.figure):
    """A figure that holds a table: numbered with the tables, its caption above it."""


class TableFigures(SphinxTransform):
    """Make figures whose name begins with ``tab-`` tables."""

    default_priority = 210

    def apply(self, **_: Any) -> None:
        """Replace them in the document."""
        for figure in list(self.document.findall(nodes.figure)):
            if any(name.startswith("tab-") for name in figure["names"]):
                self._replace(figure)

    def _replace(self, figure: nodes.figure) -> None:
        table = CaptionedTable(figure.rawsource, *figure.children, **figure.attributes)
        table.source, table.line = figure.source, figure.line
        table["classes"].append("book-figure-table")
        figure.replace_self(table)
        for identifier in table["ids"]:
            self.document.ids[identifier] = table


def visit_table(translator: HTML5Translator, node: Element) -> None:
    """Open a captioned table.

    Parameters
    ----------
    translator
        Writes the page.
    node
        The table.
    """
    translator.visit_figure(node)


def depart_table(translator: HTML5Translator, node: Element) -> None:
    """Close a captioned table.

    Parameters
    ----------
    translator
        Writes the page.
    node
        The table.
    """
    translator.depart_figure(node)


class SiteScripts:
    """Puts into the site the scripts and styles that are made rather than copied.

    Parameters
    ----------
    app
        The Sphinx application.
    """

    def __init__(self, app: Sphinx) -> None:
        self._vega: Future[str] | None = None
        app.connect("builder-inited", self.begin)
        app.connect("build-finished", self.write)

    def begin(self, app: Sphinx) -> None:
        """Start putting the chart script together while pages are read.

        Parameters
        ----------
        app
            The Sphinx application.
        """
        from concurrent.futures import ThreadPoolExecutor

        from analysis.figures import vega_script

        if app.builder.format == "html":
            with_one_thread = ThreadPoolExecutor(max_workers=1)
            self._vega = with_one_thread.submit(vega_script)
            with_one_thread.shutdown(wait=False)

    def write(self, app: Sphinx, exception: Exception | None) -> None:
        """Write scripts and styles into the finished site.

        Parameters
        ----------
        app
            The Sphinx application.
        exception
            What ended the build early, if anything.
        """
        from analysis.figures import palette_css

        if exception is not None or self._vega is None:
            return
        static = Path(app.outdir, "_static")
        (static / VEGA_SCRIPT).write_text(self._vega.result(), encoding="utf-8")
        (static / PALETTE_STYLE).write_text(palette_css(), encoding="utf-8")
        if (static / ICON_SCRIPT).exists():
            (static / ICON_SCRIPT).write_text("", encoding="utf-8")


def visit_citation(translator: HTML5Translator, node: Element) -> None:
    """Open an entry of the bibliography as an item of its list; the role docutils gives it is out of use.

    Parameters
    ----------
    translator
        Writes the page.
    node
        The entry.
    """
    from sphinx.writers.html5 import HTML5Translator as Plain

    Plain.visit_citation(translator, node)
    translator.body[-1] = translator.body[-1].replace('role="doc-biblioentry"', 'role="listitem"')


def depart_citation(translator: HTML5Translator, node: Element) -> None:
    """Close an entry of the bibliography.

    Parameters
    ----------
    translator
        Writes the page.
    node
        The entry.
    """
    from sphinx.writers.html5 import HTML5Translator as Plain

    Plain.depart_citation(translator, node)


def finish_pages(app: Sphinx, exception: Exception | None) -> None:
    """Mend the finished pages and write the one at the site's own address.

    Parameters
    ----------
    app
        The Sphinx application.
    exception
        What ended the build early, if anything; nothing is done then.
    """
    if exception is None and app.builder.format == "html":
        mend_pages(Path(app.outdir))
        write_start_page(app)


def mend_pages(site: Path) -> None:
    """Mend what the theme offers no setting for, in every page.

    Its side bar becomes a landmark, so that nothing of a page is outside of all; folded code is called
    by the words that stand there; and the index for searching, a third of a page's weight, is left to
    the page that searches.
    """
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        mended = text.replace(SIDE_BAR, f'{SIDE_BAR} role="complementary" aria-label="Book"', 1)
        mended = mended.replace(FOLDED, "<summary>")
        path.write_text(mended if path.name == "search.html" else SEARCHING.sub("", mended), encoding="utf-8")


def write_start_page(app: Sphinx) -> None:
    """Write the page that leads to the book's first; the one written otherwise has no title, language or icon."""
    first, title = app.builder.get_target_uri(app.config.root_doc), html.escape(app.config.html_title)
    icon = f"_static/{Path(app.config.html_favicon).name}"
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{app.config.language}">',
        f'<head><meta charset="utf-8"><title>{title}</title><link rel="icon" href="{icon}">',
        f'<meta http-equiv="Refresh" content="0; url={first}" /></head>',
        f'<body><main><h1>{title}</h1><p><a href="{first}">The book begins here</a></p></main></body>',
        "</html>",
    ]
    Path(app.outdir, "index.html").write_text("\n".join(lines) + "\n", encoding="utf-8")


def without_thebe(app: Sphinx, config: Any) -> None:
    """Take out the extension that offers live code on somebody else's servers.

    Jupyter Book always loads it, and it writes its settings into every page twice, which is an
    error in the browser.

    Parameters
    ----------
    app
        The Sphinx application.
    config
        Its configuration, not used.
    """
    del config
    for event, listeners in app.events.listeners.items():
        app.events.listeners[event] = [
            each for each in listeners if each.handler.__module__ != "sphinx_thebe"
        ]
    app.registry.css_files = [
        (name, options) for name, options in app.registry.css_files if name != "sphinx-thebe.css"
    ]


def with_form_scripts(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Load the scripts and styles of forms on the pages that have them.

    Parameters
    ----------
    app
        The Sphinx application.
    page, template, doctree
        Not used.
    context
        What the page is made of.
    """
    del page, template, doctree
    shown = [name for name in FORMS if f'<div class="{name}">' in context.get("body", "")]
    for script in [FORM_SCRIPT, *(f"{name}.js" for name in shown)] if shown else []:
        app.add_js_file(script, loading_method="defer")
    for name in shown:
        app.add_css_file(f"{name}.css")


def setup(app: Sphinx) -> dict[str, Any]:
    """Set the extension up.

    Parameters
    ----------
    app
        The Sphinx application.

    Returns
    -------
    dict
        What Sphinx wants to know of it.
    """
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.add_enumerable_node(CaptionedTable, "table", html=(visit_table, depart_table))
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    app.add_transform(TableFigures)
    app.add_css_file("book.css")
    app.add_css_file("book-icons.css")
    app.add_css_file(PALETTE_STYLE)
    app.add_js_file("book.js", loading_method="defer")
    app.connect("config-inited", without_thebe)
    app.connect("html-page-context", with_form_scripts)
    app.connect("build-finished", finish_pages)
    app.setup_extension("analysis.edition_page")
    SiteScripts(app)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
