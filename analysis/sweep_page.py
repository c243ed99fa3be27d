"""The page of a sweep: what moves over its editions and what stays, in one file that needs no network."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis import charts_sweep as charts
from analysis.card_pages import BOOK, version
from analysis.claims import VERDICTS as CLAIM_VERDICTS
from analysis.display import correlation as rho
from analysis.display import count, html_table, listing, number, percent_share
from analysis.findings.claims import SOURCES
from analysis.findings.shared import plural
from analysis.problems import visible
from analysis.sweep_comparison import HEADLINES, benchmark_rows, claim_rows, effects, spread, tested
from analysis.verdicts import VERDICTS

if TYPE_CHECKING:
    from analysis.sweep_comparison import Comparison

SHORT = {
    "variance_explained": "Variance explained",
    "compute_correlation": "Score and compute",
    "mean_index_correlation": "Index benchmarks",
    "median_correlation": "Median ρ",
}
SPREAD_COLUMNS = {
    "number": "Number",
    "editions": "Editions",
    "lowest": "Lowest",
    "lowest_in": "first in",
    "median": "Median",
    "highest": "Highest",
    "highest_in": "first in ",
}
EFFECT_COLUMNS = {"key": "What differs", "groups": "Groups", **SHORT, "verdicts": "Benchmarks", "claims": "Claims"}
COURSES = {"contradicts": "contradictory", "wavers": "left open in some", "same": "the same"}
LIMITS = (
    "The editions of a sweep are not independent: most rest on the same models and scores. How many of them agree "
    "says how far a result depends on the choices that were varied, not how likely it is to be true. Choices that were "
    "not varied are not tested at all, and a grid gives each of its options equal weight, sensible or not."
)
STYLE = """
:root{color-scheme:light dark;--pst-color-background:#fff;--pst-color-text-base:#323232;--pst-color-border:#c9c9c9;
--pst-color-link:#0a5a7c;--quiet:#5c5c5c}
@media (prefers-color-scheme:dark){:root{--pst-color-background:#14181e;--pst-color-text-base:#ced6dd;
--pst-color-border:#48566b;--pst-color-link:#81b0ef;--quiet:#a3adb8}}
body{font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;margin:0;
background:var(--pst-color-background);color:var(--pst-color-text-base)}
main{max-width:62rem;margin:0 auto;padding:1.5rem}a{color:var(--pst-color-link)}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .6rem;overflow-wrap:anywhere}h2{font-size:1.3rem;margin:2.2rem 0 .5rem}
p,li{max-width:46rem;overflow-wrap:anywhere}p{margin:.5rem 0}.lead{font-size:1.12rem}figure{margin:1.2rem 0}
figcaption{margin:0 0 .5rem;font-size:.95rem;max-width:46rem}
footer{margin-top:2.5rem;color:var(--quiet);font-size:.85rem}
@media (max-width:40rem){main{padding:1rem}}
"""
THEME_SCRIPT = """const dark=matchMedia("(prefers-color-scheme: dark)");
const follow=()=>{document.documentElement.dataset.theme=dark.matches?"dark":"light"};
follow();dark.addEventListener("change",follow);"""


@dataclass(frozen=True)
class Scripts:
    """What makes the charts of a page live; empty for a page of pictures.

    Parameters
    ----------
    code
        Scripts, in the order in which they run.
    style
        Style sheets of charts and tables.
    """

    code: tuple[str, ...] = ()
    style: str = ""


def book_scripts(root: Path) -> Scripts:
    """Return the scripts and styles that the pages of a book have.

    Parameters
    ----------
    root
        Folder of the book.

    Returns
    -------
    Scripts
        Empty where the book brings none.
    """
    from analysis.figures import palette_css, vega_script

    folder = root / "chapters" / "_static"
    script, style = folder / "book.js", folder / "book.css"
    if not (script.is_file() and style.is_file()):
        return Scripts()
    code = (THEME_SCRIPT, vega_script(), script.read_text(encoding="utf-8"))
    return Scripts(code, palette_css() + style.read_text(encoding="utf-8"))


def sweep_page(comparison: Comparison, scripts: Scripts) -> str:
    """Return the page of a sweep.

    Parameters
    ----------
    comparison
        Its editions side by side.
    scripts
        Set into the page.

    Returns
    -------
    str
        HTML that asks nothing of the network, every name escaped.
    """
    name = html.escape(visible(comparison.sweep.name))
    code = "".join(f"<script>{script}</script>" for script in scripts.code)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy(scripts)}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Sweep {name}</title><style>{scripts.style}{STYLE}</style></head><body><main>"
        f"<h1>Sweep {name}</h1>{body(comparison, bool(scripts.code))}"
        f"<footer>{BOOK} {version()}</footer></main>{code}</body></html>\n"
    )


def policy(scripts: Scripts) -> str:
    """Return what a browser may do on the page: run these scripts, and nothing else."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts.code)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"


def body(comparison: Comparison, live: bool) -> str:
    """Return the sections of the page."""
    figures = Figures(live)
    sections = [
        paragraph(made_sentence(comparison), "lead"),
        failures(comparison),
        *(headline_section(comparison, figures) if len(comparison.verdicts) else []),
        *(verdict_section(comparison, figures) if len(comparison.verdicts) else []),
        *(claim_section(comparison, figures) if len(tested(comparison.claims)) else []),
        heading("The editions"),
        edition_table(comparison),
        heading("What this page cannot show"),
        paragraph(LIMITS),
    ]
    return "".join(sections)


class Figures:
    """Charts as figures of the page, numbered as they come.

    Parameters
    ----------
    live
        Whether the page has the scripts that draw them; without, they are pictures.
    """

    def __init__(self, live: bool) -> None:
        self.live = live
        self.number = 0

    def html(self, chart: Any, caption: str) -> str:
        """Return a chart with its caption above it."""
        from analysis.figures import data_table, figure, page_picture, render_many

        self.number += 1
        spec, identifier = chart.to_dict(), f"chart-{self.number}"
        (svg,) = render_many([spec])
        if self.live:
            drawn = figure(spec, svg, identifier)
        else:
            alt = html.escape(spec["description"])
            drawn = f'<div role="img" aria-label="{alt}">{page_picture(svg, identifier)}</div>{data_table(spec)}'
        return f"<figure><figcaption>{html.escape(caption)}</figcaption>{drawn}</figure>"


def paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph; nothing for no text."""
    return f"<p{f' class={kind}' if kind else ''}>{html.escape(visible(text))}</p>" if text else ""


def heading(text: str) -> str:
    """Return the heading of a section."""
    return f"<h2>{html.escape(text)}</h2>"


def bullets(lines: Iterable[str]) -> str:
    """Return a list; nothing for no lines."""
    items = "".join(f"<li>{html.escape(visible(line))}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def made_sentence(comparison: Comparison) -> str:
    """Say how many editions there are and in what they differ."""
    editions, varying = comparison.editions, comparison.sweep.varying
    total, failed = len(editions), int((editions["status"] == "failed").sum())
    keys = listing(f"{key} ({plural(editions[key].nunique(), 'option')})" for key in varying)
    parts = [f"{plural(total, 'edition')}, compared side by side.", *([f"They differ in {keys}."] if keys else [])]
    if failed:
        parts.append(f"{count(total - failed)} could be made, {count(failed)} could not.")
    return " ".join(parts)


def failures(comparison: Comparison) -> str:
    """Return the editions that could not be made, with the reasons."""
    if "reason" not in comparison.editions:
        return ""
    rows = comparison.editions[comparison.editions["status"] == "failed"]
    return heading("What could not be made") + bullets(f"{row.edition}: {row.reason}" for row in rows.itertuples())


def headline_section(comparison: Comparison, figures: Figures) -> list[str]:
    """Return how far the headline numbers move, and which choice moves them."""
    found, moved = spread(comparison), effects(comparison)
    shown = [name for name in HEADLINES if name in comparison.editions and comparison.editions[name].notna().any()]
    formats = dict.fromkeys(("lowest", "median", "highest"), number)
    parts = [
        heading("How the headline numbers move"),
        paragraph("Each number is that of the population an edition shows first."),
        html_table(found, SPREAD_COLUMNS, formats)._repr_html_(),
    ]
    if len(moved):
        columns = {key: title for key, title in EFFECT_COLUMNS.items() if moved[key].notna().any()}
        shares = dict.fromkeys(("verdicts", "claims"), percent_share)
        parts += [
            heading("Which choice moves what"),
            paragraph(effect_sentence(moved)),
            html_table(moved, columns, {**dict.fromkeys(HEADLINES, number), **shares})._repr_html_(),
        ]
    for name in shown:
        key = strongest(comparison, moved, name)
        colours = f" Colours tell apart the options of {key}, the choice that moves it most." if key else ""
        chart = charts.headline(comparison.editions, name, HEADLINES[name], SHORT[name], key)
        parts.append(figures.html(chart, f"{HEADLINES[name]}, edition by edition.{colours}"))
    return parts


def strongest(comparison: Comparison, moved: pd.DataFrame, name: str) -> str:
    """Return the key that moves a number most, of those with few enough options to colour; empty for none."""
    few = [comparison.editions[key].nunique() <= charts.MOST_OPTIONS for key in moved["key"]]
    known = moved[few].dropna(subset=[name]) if len(moved) else moved
    known = known[known[name] > 0]
    return str(known.loc[known[name].idxmax(), "key"]) if len(known) else ""


def effect_sentence(moved: pd.DataFrame) -> str:
    """Say how the table of effects is read, and which choice changes most verdicts."""
    reading = (
        "Editions are compared in groups that differ in one thing alone. The table gives the median range of "
        "each number in such groups, and how many benchmarks and claims have not the same verdict throughout a group."
    )
    known = moved.dropna(subset=["verdicts"])
    if known.empty:
        return f"{reading} No two editions here differ in one thing alone and judge the same benchmark."
    top = known.loc[known["verdicts"].idxmax()]
    if top["verdicts"] == 0:
        return f"{reading} No verdict on a benchmark changes in any of them."
    return f"{reading} Verdicts on benchmarks change most with {top['key']}: {percent_share(top['verdicts'])} of them."


def verdict_section(comparison: Comparison, figures: Figures) -> list[str]:
    """Return how the verdicts on benchmarks move."""
    things = benchmark_rows(comparison)
    area = things["area"].astype(object).where(things["area"].notna(), "area not stated")
    titled = things.assign(key=things["benchmark"], title=things["name"].fillna(things["benchmark"]), group=area)
    rows = comparison.verdicts.assign(key=comparison.verdicts["benchmark"], number=comparison.verdicts["correlation"])
    total = len(comparison.editions)
    return [
        heading("How the verdicts move"),
        paragraph(course_sentence(things, "headline safety benchmark", VERDICTS)),
        figures.html(
            charts.verdict_counts(rows, total, VERDICTS, "benchmarks"),
            "Headline safety benchmarks by verdict, edition by edition. What cannot be told is faint.",
        ),
        verdict_figure(comparison, figures, rows, in_groups(titled), VERDICTS, "benchmarks"),
        steadiness_table(titled, {"title": "Benchmark", "group": "Area"}, VERDICTS),
    ]


def claim_section(comparison: Comparison, figures: Figures) -> list[str]:
    """Return how the verdicts on claims move."""
    things = claim_rows(comparison)
    source = things["source"].map(SOURCES).fillna(things["source"])
    titled = things.assign(
        key=things["id"], title=things["id"], group=source, said=things["id"].map(comparison.statements)
    )
    rows = tested(comparison.claims)
    rows = rows.assign(key=rows["id"], number=rows["estimate"])
    never = comparison.claims["id"].nunique() - len(things)
    left = (
        f"{plural(never, 'other claim')} can be tested in no edition and {'is' if never == 1 else 'are'} left out."
        if never
        else ""
    )
    return [
        heading("How the claims move"),
        paragraph(f"{course_sentence(things, 'claim', CLAIM_VERDICTS)} {left}".strip()),
        verdict_figure(comparison, figures, rows, in_groups(titled), CLAIM_VERDICTS, "claims"),
        steadiness_table(titled, {"title": "Claim", "said": "What the source says"}, CLAIM_VERDICTS),
    ]


def verdict_figure(
    comparison: Comparison, figures: Figures, rows: pd.DataFrame, things: pd.DataFrame, kinds: Sequence[str], noun: str
) -> str:
    """Return the verdicts on things in each edition; beyond what a map can hold, in which share of them."""
    faint = "What cannot be told is faint" + (", what cannot be tested fainter." if noun == "claims" else ".")
    editions = comparison.editions
    if len(things) * len(editions) > charts.MOST_CELLS:
        chart = charts.verdict_shares(things, kinds, noun)
        return figures.html(chart, f"In which share of the editions that judge them {noun} have which verdict. {faint}")
    chart = charts.verdict_map(rows, things, editions, comparison.sweep.varying, kinds, noun)
    reading = "Grey squares say which options an edition has; an empty cell means that the edition has no verdict."
    return figures.html(chart, f"The verdicts on {noun} in each edition. {reading} {faint}")


def in_groups(things: pd.DataFrame) -> pd.DataFrame:
    """Return things with those of one group together, the highest number first in each."""
    place = {group: position for position, group in enumerate(sorted(set(things["group"])))}
    order = things.assign(place=things["group"].map(place), middle=things["lowest"] + things["highest"])
    return things.loc[order.sort_values(["place", "middle", "title"], ascending=[True, False, True]).index].reset_index(
        drop=True
    )


def course_sentence(things: pd.DataFrame, noun: str, kinds: Sequence[str]) -> str:
    """Say of how many things the verdict stays the same, wavers or contradicts itself."""
    parts = {each: things[things["course"] == each] for each in COURSES}
    same, against = parts["same"], parts["contradicts"]
    kept = [f"{kind}: {count(int((same[kind] > 0).sum()))}" for kind in kinds if (same[kind] > 0).any()]
    counted = f" ({', '.join(kept)})" if kept else ""
    names = listing(against["name" if "name" in against else "id"])
    named = f" ({names})" if 0 < len(against) <= 6 else ""
    return (
        f"Of {plural(len(things), noun)}, {some(len(same), 'has', 'have')} one verdict in all editions that judge "
        f"{'it' if len(same) == 1 else 'them'}{counted}; "
        f"{some(len(parts['wavers']), 'is', 'are')} decided in some editions and left open in others; "
        f"{some(len(against), 'is', 'are')} decided one way in some and another way in others{named}."
    )


def some(number: int, one: str, many: str) -> str:
    """Return a count with its verb."""
    return f"{count(number) if number else 'none'} {one if number < 2 else many}"


def steadiness_table(titled: pd.DataFrame, about: dict[str, str], kinds: Sequence[str]) -> str:
    """Return in how many editions each thing has which verdict, those that move first."""
    used = {kind: kind.capitalize() for kind in kinds if titled[kind].any()}
    shown = titled.assign(course=titled["course"].map(COURSES))
    columns = {**about, "editions": "Editions", **used, "lowest": "Lowest", "highest": "Highest", "course": "Verdict"}
    return html_table(shown, columns, {"lowest": rho, "highest": rho})._repr_html_()


def edition_table(comparison: Comparison) -> str:
    """Return the editions with their options and counts, each name a link to its folder."""
    editions, varying = comparison.editions, comparison.sweep.varying
    counts = {f"verdict_{kind.replace(' ', '_')}": kind.capitalize() for kind in VERDICTS}
    numbers = {"n_models": "Models", "median_correlation": "Median ρ", **counts}
    numbers |= {"claims_holds": "Claims hold", "claims_fails": "fail"}
    about = {"place": "No.", **{key: key for key in varying}}
    about |= {} if (editions["status"] == "made").all() else {"status": "Status"}
    about |= {} if "population" in varying else {"shown_population": "Population"}
    shown = {key: title for key, title in {"edition": "Edition", **about, **numbers}.items() if key in editions}
    table = html_table(editions, shown, {"median_correlation": rho})._repr_html_()
    inside = "" if comparison.sweep.results_only else "html/index.html"
    for name in editions.loc[editions["status"] == "made", "edition"]:
        cell = f'<th scope="row">{name}</th>'
        table = table.replace(cell, f'<th scope="row"><a href="{name}/{inside}">{name}</a></th>')
    return table
