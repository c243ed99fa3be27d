"""A benchmark card as a page to print, as Markdown, as JSON, and as something to cite."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any

from analysis.display import html_table, one_line
from analysis.display import correlation as rho
from analysis.findings import your_benchmark as words
from analysis.findings.shared import plural
from analysis.markdown import block, inline, pipe_table
from analysis.problems import visible

if TYPE_CHECKING:
    from analysis.card import Card

BOOK = "What Safety Benchmarks Measure"
PACKAGE = "what-safety-benchmarks-measure"
PAPER = """@misc{ren2024safetywashing,
  title = {Safetywashing: Do {AI} Safety Benchmarks Actually Measure Safety Progress?},
  author = {Ren, Richard and Basart, Steven and Khoja, Adam and others},
  year = {2024},
  eprint = {2407.21792},
  archiveprefix = {arXiv}
}"""
SECTIONS = (
    ("What was found", ("headline", "verdict", "index"), ""),
    ("Does one family decide it?", ("left_out",), "families"),
    ("Is it compute?", ("compute", "power"), ""),
    ("Is it noise?", ("reliability",), ""),
    ("Among known benchmarks", ("place",), "neighbours"),
    ("Room to move", ("spread", "ends"), ""),
    ("What the audit saw", (), "audit"),
    ("Which models to run next", ("next",), "next_models"),
    ("What the card rests on", ("models",), ""),
)
TABLES: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "families": (words.FAMILY_COLUMNS, words.FAMILY_FORMATS),
    "neighbours": (words.NEIGHBOUR_COLUMNS, words.NEIGHBOUR_FORMATS),
    "audit": (words.AUDIT_COLUMNS, {}),
    "next_models": (words.NEXT_COLUMNS, words.NEXT_FORMATS),
}
LIMITS = (
    "A low correlation does not make a benchmark good, nor a high one bad: it says whether more capable "
    "models would score better anyway. The models are those somebody chose, and models of one family are "
    "not independent; the interval takes the family as the unit."
)
CSS = """
:root{color-scheme:light}body{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;color:#222;
background:#fff;margin:0}main{max-width:46rem;margin:0 auto;padding:1.5rem}h1{font-size:1.6rem;line-height:1.2;
margin:0 0 .5rem;overflow-wrap:anywhere}h2{font-size:1.1rem;margin:1.6rem 0 .3rem;break-after:avoid}
p{margin:.3rem 0;overflow-wrap:anywhere}.lead{font-size:1.15rem}.verdict{border-left:.3rem solid #0c4762;
padding-left:.8rem}table{border-collapse:collapse;width:100%;font-size:.9rem;margin:.5rem 0;break-inside:avoid}
th,td{text-align:left;padding:.2rem .6rem .2rem 0;border-bottom:1px solid #ddd;vertical-align:top;
overflow-wrap:anywhere}th{min-width:4.5rem}.book-number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
figure{margin:1rem 0;break-inside:avoid}figure svg{max-width:100%;height:auto}figcaption,footer{color:#555;
font-size:.85rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f5f5f5;padding:.7rem;font-size:.8rem}
ul{margin:.3rem 0;padding-left:1.2rem}li{overflow-wrap:anywhere}@page{margin:2cm}@media print{main{padding:0;
max-width:none}body{font-size:11pt}pre{background:none;border:1px solid #ccc}}
"""


def json_text(card: Card) -> str:
    """Return a card for machines.

    Parameters
    ----------
    card
        The card.

    Returns
    -------
    str
        One JSON object: the card's facts, its ``sentences``, ``citation`` and ``bibtex``.
    """
    said = {"sentences": words.sentences(card.facts), "citation": citation(card), "bibtex": bibtex(card)}
    return json.dumps({**card.facts, **said}, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def markdown(card: Card) -> str:
    """Return a card as Markdown in which no name is markup.

    Parameters
    ----------
    card
        The card.

    Returns
    -------
    str
        Headings, sentences, tables and the citation.
    """
    said = words.sentences(card.facts)
    blocks = [f"# Benchmark card: {inline(card.facts['name'])}"]
    for title, keys, group in SECTIONS:
        blocks.append(f"## {title}")
        blocks += [block(said[key]) for key in keys if said[key]]
        blocks += [table for table in [markdown_table(card, group) if group else ""] if table]
    blocks += ["\n".join(f"- {block(note)}" for note in lost(card))] if lost(card) else []
    blocks += ["## What it cannot show", LIMITS, "## Cite it", block(citation(card))]
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", bibtex(card))), default=0))
    return "\n\n".join([*blocks, f"{fence}bibtex\n{bibtex(card)}\n{fence}"]) + "\n"


def markdown_table(card: Card, group: str) -> str:
    """Return one of a card's lists as a pipe table; an empty audit says so."""
    frame = words.rows(card.facts, group)
    return "Nothing." if group == "audit" and frame.empty else pipe_table(frame, *TABLES[group])


def html_page(card: Card) -> str:
    """Return a card as one page without scripts, to read or print, that asks nothing of the network.

    Parameters
    ----------
    card
        The card.

    Returns
    -------
    str
        HTML, every name escaped.
    """
    said = words.sentences(card.facts)
    name = html.escape(visible(card.facts["name"]))
    sections = [html_section(card, title, keys, group, said) for title, keys, group in SECTIONS]
    sections.insert(1, html_figure(card))
    notes = "".join(f"<li>{html.escape(visible(note))}</li>" for note in lost(card))
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Benchmark card: {name}</title><style>{CSS}</style></head><body><main>"
        f"<h1>Benchmark card: {name}</h1>{''.join(sections)}"
        f"{f'<ul>{notes}</ul>' if notes else ''}"
        f"<h2>What it cannot show</h2><p>{LIMITS}</p>"
        f"<h2>Cite it</h2><p>{html.escape(citation(card))}</p><pre>{html.escape(bibtex(card))}</pre>"
        f"<footer>{BOOK} {version()}</footer></main></body></html>\n"
    )


def html_section(
    card: Card, title: str, keys: tuple[str, ...], group: str, said: dict[str, str]
) -> str:
    """Return one section of the page."""
    style = {"headline": ' class="lead"', "verdict": ' class="verdict"'}
    lines = "".join(f"<p{style.get(key, '')}>{html.escape(visible(said[key]))}</p>" for key in keys if said[key])
    frame = words.rows(card.facts, group) if group else None
    if frame is None:
        table = ""
    elif frame.empty:
        table = "" if lines else "<p>Nothing.</p>"
    else:
        table = html_table(frame, *TABLES[group])._repr_html_()
    return f"<h2>{title}</h2>{lines}{table}"


def html_figure(card: Card) -> str:
    """Return the scatter of the benchmark against the capabilities score, drawn once and for all."""
    from analysis.charts import scatter_against_score
    from analysis.figures import picture

    spec = scatter_against_score(card.pairs, card.table, card.facts["benchmark"]).to_dict()
    label = html.escape(visible(spec.get("description", "")), quote=True)
    caption = f"Each mark is a model ({plural(len(card.pairs), 'model')}); higher is better or safer."
    return (
        f'<figure role="img" aria-label="{label}">{picture(spec, "light")}'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def lost(card: Card) -> list[str]:
    """Return what was assumed, and every row of the file that the card does not rest on."""
    models = card.facts["models"]
    meant = [
        f"{row['given']} is no known model" + (f"; perhaps {row['perhaps'][0]}" if row["perhaps"] else "")
        for row in models["unmatched"]
    ]
    other = [f"{name} is of another population" for name in models["other_populations"]]
    without = [f"{name} has no capabilities score" for name in models["without_score"]]
    return [*card.facts["notes"], *meant, *other, *without]


def citation(card: Card) -> str:
    """Return one sentence to cite a card with; see :func:`citation_of`."""
    return citation_of(card.facts)


def citation_of(facts: dict[str, Any]) -> str:
    """Return one sentence to cite.

    Parameters
    ----------
    facts
        Those of a card.

    Returns
    -------
    str
        With estimate, interval, n and verdict, what computed it and after whom.
    """
    value = "not known" if facts["correlation"] is None else rho(facts["correlation"])
    models = plural(facts["n_models"], f"{facts['population']} model")
    families = plural(facts["n_families"], "family", "families")
    return visible(
        f"{one_line(facts['name'])} has a capabilities correlation of {value} {words.bounds(facts)} over "
        f"{models} of {families} ({facts['verdict']}), computed with {BOOK} {version()} by the method of "
        "Ren et al. (2024)."
    )


def bibtex(card: Card) -> str:
    """Return BibTeX entries of the card and of the paper whose method it uses.

    Parameters
    ----------
    card
        The card.

    Returns
    -------
    str
        Two entries; names cannot end an entry or hold a command.
    """
    facts = card.facts
    ascii_name = unicodedata.normalize("NFKD", facts["name"]).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", ascii_name.casefold()).strip("-")[:40] or "benchmark"
    return "\n".join(
        [
            f"@misc{{card-{slug}-{re.sub('[^a-z0-9]+', '-', facts['population'].casefold())},",
            f"  title = {{Benchmark card: {latex(facts['name'])}}},",
            f"  author = {{{{The authors of {BOOK}}}}},",
            f"  howpublished = {{Computed with {BOOK} {version()}}},",
            f"  note = {{{latex(citation(card))}}}",
            "}",
            "",
            PAPER,
        ]
    )


def latex(text: str) -> str:
    """Return text in which no character is a command of LaTeX or ends a field of BibTeX.

    Parameters
    ----------
    text
        Anything.

    Returns
    -------
    str
        One line.
    """
    special = {
        "\\": r"\textbackslash ", "{": r"\textbraceleft ", "}": r"\textbraceright ", "~": r"\textasciitilde ",
        "^": r"\textasciicircum ", "−": "$-$", "\N{NARROW NO-BREAK SPACE}": r"\,",
        **{char: f"\\{char}" for char in "&%$#_"},
    }
    return "".join(special.get(char, char) for char in visible(one_line(text)))


def version() -> str:
    """Return the version of the installed package."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return "(not installed)"
