"""Sphinx extension: every page says of which edition it is, and the page of provenance what that was made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives

from analysis import provenance_page
from analysis.execution import chapter_name, shorten
from analysis.findings_log import LIST, read_list
from analysis.provenance import notebook_address, read_citation

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

PROVENANCE = "chapters/provenance"
DESCRIPTION = 200
ALONE = '<p class="book-note">This page was not made by compendium build, so nothing is known of its edition.</p>'


class EditionPart(nodes.General, nodes.Element):
    """A place where the page tells something of its edition, known once all chapters are done."""


class EditionPartDirective(Directive):
    """Puts a part of :data:`analysis.provenance_page.PARTS` into a page."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        """Leave a place for the part.

        Returns
        -------
        list of Node
            One.
        """
        part = directives.choice(self.arguments[0], tuple(provenance_page.PARTS))
        return [EditionPart(part=part)]


def read_record(path: str) -> dict[str, Any]:
    """Read what an edition was made of.

    Parameters
    ----------
    path
        The file; empty for a site that is of no edition.

    Returns
    -------
    dict
        Empty for a site that is of no edition.
    """
    return json.loads(Path(path).read_text(encoding="utf-8")) if path else {}


def visit_part(translator: HTML5Translator, node: EditionPart) -> None:
    """Write a part of what is known of the edition.

    Parameters
    ----------
    translator
        Writes the page.
    node
        Names the part.
    """
    record = read_record(translator.config.edition_record)
    root = Path(translator.builder.srcdir)
    book = provenance_page.Book(read_citation(root / "CITATION.cff"), read_list(root / LIST))
    translator.body.append(provenance_page.PARTS[node["part"]](record, book) if record else ALONE)
    raise nodes.SkipNode


def add_edition(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Put edition, date and licence on a page, and below a chapter how to execute it again.

    Parameters
    ----------
    app
        The Sphinx application.
    page
        The page.
    template
        Not used.
    context
        What the page is made of.
    doctree
        Its content; None for pages that Sphinx makes up.
    """
    del template
    record, address = read_record(app.config.edition_record), context["pathto"]
    context["metatags"] = context.get("metatags", "") + page_metadata(app, context, doctree)
    if not record:
        return
    known = address(PROVENANCE) if PROVENANCE in app.env.found_docs else ""
    # The theme would take a text that begins like an address for one.
    context["theme_announcement"] = provenance_page.banner(record, known)
    context["theme_extra_footer"] = provenance_page.footer(record, known, context.get("book_licence", {}))
    if "body" in context and doctree is not None:
        notebook = address(notebook_address(page), 1)
        context["body"] += provenance_page.again(record, chapter_name(page), notebook)


def page_metadata(app: Sphinx, context: dict[str, Any], doctree: nodes.document | None) -> str:
    """Return the metadata of a page.

    Parameters
    ----------
    app
        The Sphinx application.
    context
        What the page is made of.
    doctree
        Its content; None for pages that Sphinx makes up.

    Returns
    -------
    str
        HTML elements; empty for pages that Sphinx makes up.
    """
    if doctree is None:
        return ""
    citation = read_citation(Path(app.srcdir, "CITATION.cff"))
    title = next((node.astext() for node in doctree.findall(nodes.title)), app.config.project)
    return provenance_page.metadata(citation, title, first_paragraph(doctree), app.config.language)


def first_paragraph(doctree: nodes.document) -> str:
    """Return the beginning of what a page says.

    Parameters
    ----------
    doctree
        Content of the page.

    Returns
    -------
    str
        One line, shortened; empty for a page without a paragraph.
    """
    paragraphs = (node for node in doctree.findall(nodes.paragraph) if isinstance(node.parent, nodes.section))
    return shorten(next((node.astext() for node in paragraphs), ""), DESCRIPTION)


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
    app.add_config_value("edition_record", "", "", types=[str])
    app.add_node(EditionPart, html=(visit_part, None))
    app.add_directive("edition", EditionPartDirective)
    app.connect("html-page-context", add_edition)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
