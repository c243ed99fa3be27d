"""What the site says of its edition: on every page, below every chapter, and on the page of provenance."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pandas as pd

from analysis import provenance
from analysis.display import Table, count, html_table, number
from analysis.execution import shorten
from analysis.findings_log import history
from analysis.parameters import describe

# What computes and draws the results; the rest of the environment serves these.
MAIN_PACKAGES = (
    "altair", "ipykernel", "jupyter-book", "jupytext", "myst-nb", "numpy", "pandas", "papermill", "scipy", "Sphinx",
    "statsmodels", "vl-convert-python",
)
STATUS = {"executed": "executed in this build", "cached": "kept from an earlier build"}
HOLDS = {"scores": "score table", "models": "models", "benchmarks": "benchmarks", "predictions": "predictions"}
OWN = "the book’s own"
SHORT = 80

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Book:
    """What the book says of itself, whatever the edition.

    Parameters
    ----------
    citation
        As :func:`analysis.provenance.read_citation` returns it.
    findings
        As :func:`analysis.findings_log.read_list` returns it.
    """

    citation: Mapping[str, Any]
    findings: pd.DataFrame


def again(record: Record, name: str, notebook: str) -> str:
    """Return the block below a chapter that offers to look behind it and to execute it again.

    Parameters
    ----------
    record
        Of the edition.
    name
        Name of the chapter.
    notebook
        Address of its executed notebook.

    Returns
    -------
    str
        HTML; empty for a chapter without code.
    """
    chapter = record["chapters"].get(name)
    if not chapter or not chapter["code_cells"]:
        return ""
    command = html.escape(provenance.rerun_command(record, name))
    address = html.escape(notebook)
    return (
        '<section class="book-again" aria-label="Execute this chapter again">'
        f'<p>Take <a href="{address}" download>the executed notebook</a> of this chapter, or execute it again '
        "in the folder of the book:</p>"
        f'<div class="highlight-none notranslate"><div class="highlight"><pre>{command}\n</pre></div></div>'
        f"{used_parameters(record, chapter['parameters'])}</section>"
    )


def used_parameters(record: Record, names: Iterable[str]) -> str:
    """Return the parameters a chapter ran with as a table that opens on demand.

    Parameters
    ----------
    record
        Of the edition.
    names
        Those that the chapter declares.

    Returns
    -------
    str
        HTML; one sentence where it declares none.
    """
    names = [name for name in names if name != "data"]
    if not names:
        return "<p>It has no parameters.</p>"
    table = parameter_table(record, names)._repr_html_()
    return f"<details><summary>Parameters it ran with ({len(names)})</summary>{table}</details>"


def parameter_table(record: Record, names: Iterable[str]) -> Table:
    """Return parameters with their values and meanings.

    Parameters
    ----------
    record
        Of the edition.
    names
        Which ones.

    Returns
    -------
    Table
        Those at their default say so.
    """
    known, changed = {row["name"]: row for row in describe()}, provenance.changed_parameters(record)
    rows = [
        {
            "name": name,
            "value": shown(record["parameters"][name]),
            "default": f"no, it is {shown(changed[name][1])}" if name in changed else "yes",
            "meaning": known[name]["meaning"],
        }
        for name in names
        if name in known
    ]
    columns = {"name": "Parameter", "value": "Value", "default": "Default?", "meaning": "What it decides"}
    return html_table(pd.DataFrame(rows, columns=list(columns)), columns)


def shown(value: Any) -> str:
    """Return the value of a parameter as a reader sees it."""
    return (", ".join(value) if isinstance(value, list | tuple) else str(value)) or "none given"


def footer(record: Record, page: str, licence: Mapping[str, str]) -> str:
    """Return the line at the foot of every page.

    Parameters
    ----------
    record
        Of the edition.
    page
        Address of the page of provenance; empty where the book has none.
    licence
        ``name`` and ``url`` of the licence of text and figures; empty where none is configured.

    Returns
    -------
    str
        HTML.
    """
    built = record["built"][:10]
    text = f'Edition {html.escape(record["edition"])}, built <time datetime="{built}">{built}</time>.'
    if page:
        text += f' <a href="{html.escape(page)}">What it was made of</a>.'
    if licence:
        name, address = html.escape(licence["name"]), html.escape(licence["url"])
        text += f' Text and figures: <a rel="license" href="{address}">{name}</a>.'
    return f'<p class="book-edition">{text}</p>'


def banner(record: Record, page: str) -> str:
    """Return the banner of an edition that is not the default one.

    Parameters
    ----------
    record
        Of the edition.
    page
        Address of the page of provenance; empty where the book has none.

    Returns
    -------
    str
        HTML; empty for the default edition.
    """
    if provenance.is_default(record):
        return ""
    files = [f"{HOLDS[kind]} {name}" for kind, name in record["files"].items() if name]
    parts = [", ".join(files) or f"{OWN} scores", parameters_sentence(record)]
    link = f' <a href="{html.escape(page)}">What it was made of</a>' if page else ""
    text = html.escape(f"This is edition {record['edition']}, not the book’s default one: {'; '.join(parts)}.")
    return f'<p class="book-banner">{text}{link}</p>'


def parameters_sentence(record: Record) -> str:
    """Say which parameters of an edition are not at their defaults.

    Parameters
    ----------
    record
        Of the edition.

    Returns
    -------
    str
        Not escaped.
    """
    changed = provenance.changed_parameters(record)
    if not changed:
        return "all parameters at their defaults"
    sides = {name: [shorten(shown(value), SHORT) for value in pair] for name, pair in changed.items()}
    return "; ".join(f"{name}: {new} instead of {old}" for name, (new, old) in sides.items())


def metadata(citation: Mapping[str, Any], title: str, description: str, language: str) -> str:
    """Return what a page tells search engines and reference managers about itself.

    Parameters
    ----------
    citation
        Of the book; empty where there is none.
    title
        Of the page.
    description
        What it is about.
    language
        Code of its language.

    Returns
    -------
    str
        HTML elements for the head.
    """
    pairs = [("description", description)] if description else []
    if citation:
        pairs += [("citation_title", title), ("citation_inbook_title", citation["title"])]
        pairs += [("citation_author", name) for name in provenance.authors(citation)]
        pairs += [("citation_language", language)]
        if "date-released" in citation:
            pairs.append(("citation_publication_date", str(citation["date-released"]).replace("-", "/")))
    return "".join(f'<meta name="{name}" content="{html.escape(content)}" />\n' for name, content in pairs)


def summary_table(record: Record, book: Book) -> str:
    """Return what identifies an edition."""
    del book
    previous = record["parameters"].get("previous")
    rows = {
        "Edition": record["edition"],
        "Built": when(record["built"]),
        "Scores": record["files"]["scores"] or OWN,
        "Compared with": f"edition {previous}" if previous else "no earlier edition",
        "Python": record["python"],
        "Digest of data, notebooks and results": record["digest"],
    }
    frame = pd.DataFrame({"what": list(rows), "value": list(rows.values())})
    return html_table(frame, {"what": "What", "value": "Value"})._repr_html_()


def when(moment: str) -> str:
    """Return a moment as a reader sees it, to the minute."""
    return f"{moment[:10]}, {moment[11:16]} UTC"


def parameters_part(record: Record, book: Book) -> str:
    """Return all parameters of an edition."""
    del book
    names = [name for name in record["parameters"] if name != "data"]
    return parameter_table(record, names)._repr_html_()


def inputs_part(record: Record, book: Book) -> str:
    """Return the tables an edition was built from, with their digests."""
    del book
    given = {f"{kind}.csv": name for kind, name in record["files"].items() if name}
    rows = [{"file": file, "given": given.get(file, OWN), "digest": digest} for file, digest in record["inputs"].items()]
    columns = {"file": "File in data", "given": "Given as", "digest": "SHA-256"}
    return html_table(pd.DataFrame(rows, columns=list(columns)), columns)._repr_html_()


def left_out_part(record: Record, book: Book) -> str:
    """Return what was left out or assumed, counted."""
    del book
    lines = [*record["remarks"], *record["left_out"]]
    if not lines:
        return "<p>Nothing was left out or assumed.</p>"
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f"<p>There are {count(len(lines))} remarks.</p><ul>{items}</ul>"


def chapters_part(record: Record, book: Book) -> str:
    """Return how each chapter and the result tables came about."""
    del book
    made = {**record["chapters"], "result tables": record["results"]}
    rows = [
        {
            "name": name,
            "status": STATUS[found["status"]],
            "executed": when(found["executed"]),
            "seconds": found["seconds"],
            "warnings": len(found["warnings"]),
        }
        for name, found in made.items()
    ]
    columns = {"name": "Chapter", "status": "Status", "executed": "Executed", "seconds": "Seconds", "warnings": "Warnings"}
    seconds = {"seconds": lambda value: number(value, 1)}
    addresses = [f"{quote(name)}.html" for name in record["chapters"]] + [""]
    return html_table(pd.DataFrame(rows), columns, seconds, addresses=addresses)._repr_html_()


def packages_part(record: Record, book: Book) -> str:
    """Return the versions of the software, the main packages first and the rest on demand."""
    del book
    packages = record["packages"]
    main = {name: packages[name] for name in MAIN_PACKAGES if name in packages}
    rest = {name: version for name, version in packages.items() if name not in main}
    return (
        f"{version_table({'Python': record['python'], **main})._repr_html_()}"
        f"<details><summary>All other packages installed ({count(len(rest))})</summary>"
        f"{version_table(rest)._repr_html_()}</details>"
    )


def version_table(versions: Mapping[str, str]) -> Table:
    """Return packages with their versions."""
    frame = pd.DataFrame({"name": list(versions), "version": list(versions.values())})
    return html_table(frame, {"name": "Package", "version": "Version"})


def citation_part(record: Record, book: Book) -> str:
    """Return how to cite the book and what it builds on."""
    citation = book.citation
    if not citation:
        return "<p>The folder this edition was built from says nothing on how to cite it.</p>"
    edition = f"Edition {record['edition']}, built {record['built'][:10]}."
    own = html.escape(f"{provenance.reference(citation)} {edition}")
    entry = html.escape(provenance.bibtex(citation, record))
    others = "".join(f"<li>{html.escape(provenance.reference(work))}</li>" for work in citation.get("references", []))
    return (
        f"<p>{html.escape(citation.get('message', ''))}</p><ul><li>{own}</li>{others}</ul>"
        f'<div class="highlight-none notranslate"><div class="highlight"><pre>{entry}\n</pre></div></div>'
    )


def findings_part(record: Record, book: Book) -> str:
    """Return which findings of the default edition have changed, and when."""
    kept = book.findings
    if not provenance.is_default(record) or kept.empty:
        return "<p>A list of changed findings is kept for the book’s default edition only.</p>"
    changed, begun = history(kept), kept["date"].min()
    names = count(kept["finding"].nunique())
    if changed.empty:
        return f"<p>The list was begun on {begun} with {names} findings. None of them has changed since.</p>"
    columns = {"date": "Date", "finding": "Finding", "before": "Was", "value": "Is", "why": "Why"}
    said = f"<p>Of {names} findings, the list of which was begun on {begun}, these have changed.</p>"
    return said + html_table(changed, columns)._repr_html_()


PARTS: Mapping[str, Callable[[Record, Book], str]] = {
    "summary": summary_table,
    "parameters": parameters_part,
    "inputs": inputs_part,
    "left-out": left_out_part,
    "chapters": chapters_part,
    "packages": packages_part,
    "findings": findings_part,
    "citation": citation_part,
}
