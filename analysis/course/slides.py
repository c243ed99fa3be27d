"""The slides of a session: one page that needs no network, from the charts of an edition.

Presentation programs for notebooks load their scripts from elsewhere unless a copy of them is carried along. What a
session needs of them is little: one slide at a time, keys, print. So it is here, in one script of a few lines.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.course.book_pages import chart_of
from analysis.course.pages import escaped, html_of, page
from analysis.course.plain_markdown import Words, plain_markdown

if TYPE_CHECKING:
    from analysis.course.book_pages import Chapter, Shown

WIDTH = 900
TALL = 0.75
SIZE = re.compile(r'<svg[^>]*? viewBox="0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)"')


@dataclass(frozen=True)
class Slide:
    """A slide: a heading, words in MyST (values of the chapter may stand in them), a chart, and what to say.

    Parameters
    ----------
    title
        Heading.
    words
        What stands on it.
    chapter, chart
        Where its chart is from; a slide whose chart an edition lacks is left out.
    note
        What the teacher may say or ask; shown on a key.
    caption
        In place of the chart's own, where that speaks of something to click.
    """

    title: str
    words: str = ""
    chapter: str = ""
    chart: str = ""
    note: str = ""
    caption: str = ""


SLIDES = (
    Slide(
        "What do safety benchmarks measure?",
        "A session with the book *What Safety Benchmarks Measure*.\n\nEvery chart is computed from one table of scores.",
        note="Hand out the sheet of predictions before anything else. Nobody should have seen a result.",
    ),
    Slide(
        "First, predict",
        "- For each benchmark on your sheet: how strongly do its scores go with general capability?\n"
        "- From −1 (worse with capability) over 0 (unrelated) to 1 (it follows capability).\n"
        "- How sure are you that you are within 0.2?",
        note="Ten minutes, alone and in silence. Then save the predictions; later they are compared with what was measured.",
    ),
    Slide(
        "A benchmark steers a field",
        "- It says what counts, and what counts as doing it well.\n- It can start a race to the top.\n"
        "- Or it is one more game of capabilities: a leaderboard to show off on.\n\n"
        "Both sides agree: it matters *which work the score rewards*.",
        note="Ask for a benchmark of each kind. Let the room argue the case against first.",
    ),
    Slide(
        "How much of a rise is capability?",
        chapter="theory/what_benchmarks_do",
        chart="fig-what-benchmarks-do-share",
        note="Ask: what would have to be true for the lowest line to be the real one?",
        caption="**How much of a rise in a safety score is capability.** One line for each strength of the market, in units of "
        "what the leaderboard pays.",
    ),
    Slide(
        "One number for capability",
        "Standardise the benchmarks of general capability, and weigh them by the leading eigenvector of their correlations.",
        chapter="measurement/capabilities_score",
        chart="fig-capabilities-score-loadings",
        note="Ask: what would it mean if the loadings had different signs?",
    ),
    Slide(
        "Two numbers a model",
        chapter="measurement/capabilities_correlation",
        chart="fig-capabilities-correlation-scores",
        note="Ask for the rank of a model on both axes before going on.",
    ),
    Slide(
        "The same models by rank",
        "$$\\rho = 1 - \\frac{6 \\sum_i d_i^2}{n (n^2 - 1)}$$",
        chapter="measurement/capabilities_correlation",
        chart="fig-capabilities-correlation-ranks",
        note="Common misconception: that a high ρ means large differences. It is about order alone.",
    ),
    Slide(
        "All safety benchmarks",
        chapter="measurement/capabilities_correlation",
        chart="fig-capabilities-correlation-all",
        note="Now compare with the predictions. Who was surprised, and by which one?",
    ),
    Slide(
        "How sure can we be?",
        "Models come in families. Models of one family are alike, so the family is the unit.",
        chapter="results/areas",
        chart="fig-areas-forest",
        note="Common misconception: that an interval across the line means 'probably fine'. It means: cannot tell.",
    ),
    Slide(
        "Could one have told in advance?",
        chapter="results/intuition",
        chart="fig-intuition-skill",
        note="Compare rules with the people in the room, once their predictions are in.",
    ),
    Slide(
        "Is it compute?",
        chapter="results/compute",
        chart="fig-compute-partial",
        note="For a class in statistics: what is held fixed here, and what is not?",
    ),
    Slide(
        "What it cannot show",
        "- ρ is about order. It says nothing of how large differences are.\n- A low ρ can be noise.\n- It belongs to these models.\n"
        "- It is no cause, and no verdict on whether a benchmark is worth having.",
        note="Let each group write down one thing that would change its mind.",
    ),
    Slide(
        "Now you",
        "Open the notebook of the chapter. Each exercise that computes has a cell that checks your answer and gives a hint.",
        note="Go round. Who is done first explains a hint to a neighbour, and not the answer.",
    ),
)
CSS = """
:root{color-scheme:light}*{box-sizing:border-box}html,body{height:100%;margin:0}
body{font:clamp(1rem,2.1vw,1.6rem)/1.4 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;color:#111;background:#fff}
.slide{display:none;min-height:100vh;padding:4vh 6vw 9vh;flex-direction:column;gap:2vh}.slide.now{display:flex}
h1{font-size:1.8em;line-height:1.15;margin:0;color:#0c3a52}figure{margin:0;min-height:0}
figure svg{display:block;width:100%;height:52vh;margin:0 auto}
.slide:has(.tall){display:none;grid-template-columns:1fr 1.6fr;grid-auto-rows:min-content;column-gap:2vw}
.slide.now:has(.tall){display:grid}.slide:has(.tall)>*{grid-column:1}.slide .tall{display:contents}
.slide .tall svg{grid-column:2;grid-row:1/20;height:86vh}.slide .tall figcaption{grid-column:1}
figcaption{font-size:.68em;color:#333;margin-top:1vh}.note{display:none;border-left:.3rem solid #0c4762;padding-left:.8rem;
font-size:.75em;color:#222}.notes .note{display:block}math{font-size:1.2em}
nav{position:fixed;inset:auto 0 0 0;display:flex;gap:.6rem;justify-content:flex-end;align-items:center;padding:.4rem 1rem;
font-size:.9rem;background:#fff}nav button{font:inherit;min-width:2.6rem;min-height:2.2rem;border:1px solid #555;border-radius:.3rem;
background:#fff;color:#111}
nav button:focus-visible{outline:3px solid #0c6ea8}
@media (scripting:none){.slide{display:flex}.slide:has(.tall){display:grid}nav{display:none}}
@page{size:A4 landscape;margin:1.2cm}
@media print{body{font-size:15pt}nav{display:none}
.slide{display:flex;min-height:0;height:17.6cm;padding:0;break-after:page;break-inside:avoid;overflow:hidden}
.slide:has(.tall){display:grid}.slide .tall svg{height:17cm}.slide:last-of-type{break-after:auto}figure svg{height:11cm}}
"""
SCRIPT = """
const slides = [...document.querySelectorAll('.slide')];
const place = document.querySelector('output');
let now = 0;
function show(number) {
  now = Math.max(0, Math.min(slides.length - 1, number));
  slides.forEach((slide, index) => slide.classList.toggle('now', index === now));
  place.textContent = `${now + 1} / ${slides.length}`;
  history.replaceState(null, '', `#${now + 1}`);
  window.scrollTo(0, 0);
}
const forward = ['ArrowRight', 'ArrowDown', 'PageDown', ' ', 'Enter'];
const back = ['ArrowLeft', 'ArrowUp', 'PageUp', 'Backspace'];
document.addEventListener('keydown', event => {
  const onButton = event.target.tagName === 'BUTTON' && [' ', 'Enter'].includes(event.key);
  if (event.ctrlKey || event.metaKey || event.altKey || onButton) return;
  if (forward.includes(event.key)) show(now + 1);
  else if (back.includes(event.key)) show(now - 1);
  else if (event.key === 'Home') show(0);
  else if (event.key === 'End') show(slides.length - 1);
  else if (event.key === 'n') document.body.classList.toggle('notes');
  else return;
  event.preventDefault();
});
document.querySelector('#back').addEventListener('click', () => show(now - 1));
document.querySelector('#forward').addEventListener('click', () => show(now + 1));
document.querySelector('#notes').addEventListener('click', () => document.body.classList.toggle('notes'));
window.addEventListener('hashchange', () => show(Number(location.hash.slice(1)) - 1 || 0));
show(Number(location.hash.slice(1)) - 1 || 0);
"""
NAVIGATION = (
    '<nav aria-label="Slides"><button id="notes" title="Notes (n)">Notes</button><button id="back" aria-label="Back">◀</button>'
    '<output aria-live="polite"></output><button id="forward" aria-label="Forward">▶</button></nav>'
)


def slides_page(chapters: Mapping[str, Chapter], words: Words) -> str:
    """Return the slides of a session as one page.

    Parameters
    ----------
    chapters
        Chapters of an edition by name.
    words
        Sources and titles that captions speak of.

    Returns
    -------
    str
        HTML with its charts inside; keys turn the slides, and print gives one a page.
    """
    made = "".join(f'<section class="slide">{slide}</section>' for slide in slides(chapters, words))
    return page("Slides: What Safety Benchmarks Measure", f"<main>{made}</main>{NAVIGATION}", CSS, SCRIPT)


def slides(chapters: Mapping[str, Chapter], words: Words) -> Iterator[str]:
    """Yield the content of each slide whose chart there is."""
    for slide in SLIDES:
        chapter = chapters.get(slide.chapter)
        shown = chapter.shown.get(slide.chart) if chapter else None
        if slide.chart and (shown is None or chart_of(shown) is None):
            continue
        figure = drawn(slide, chapter, shown, words) if chapter and shown else ""
        text = html_of(plain_markdown(slide.words, words))
        note = f'<aside class="note">{escaped(slide.note)}</aside>' if slide.note else ""
        yield f"<h1>{escaped(slide.title)}</h1>{text}{figure}{note}"


def drawn(slide: Slide, chapter: Chapter, shown: Shown, words: Words) -> str:
    """Return a chart as a picture with its caption."""
    from analysis.card_pages import static_picture

    spec = as_wide_as_a_slide(chart_of(shown) or {})
    own = Words(words.authors, words.titles, chapter.values)
    caption = html_of(plain_markdown((slide.caption or shown.caption).strip(), own))
    label, picture = escaped(spec.get("description", "")), static_picture(spec)
    kind = ' class="tall"' if is_tall(picture) else ""
    return f'<figure role="img" aria-label="{label}"{kind}>{picture}<figcaption>{caption}</figcaption></figure>'


def is_tall(picture: str) -> bool:
    """Whether a picture is too tall to stand below text."""
    size = SIZE.search(picture)
    return bool(size) and float(size["height"]) > TALL * float(size["width"])


def as_wide_as_a_slide(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a chart as wide as a slide."""
    own = copy.deepcopy(spec)
    fitted = {"width": WIDTH, "autosize": {"type": "fit-x", "contains": "padding"}}
    return own | fitted if own.get("width") == "container" else own
