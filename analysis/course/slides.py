"""The slides of a session: one page that needs no network, from the charts of an edition.

Presentation programs for notebooks load their scripts from elsewhere unless a copy of them is carried along. What a
session needs of them is little: one slide at a time, keys, print. So it is here, in one script of a few lines.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from analysis.course.book_pages import chart_of
from analysis.course.pages import escaped, html_of, page
from analysis.course.plain_markdown import Words, plain_markdown
from analysis.course.plans import PREDICTION, course
from analysis.course.predictions_page import SHORT

if TYPE_CHECKING:
    from analysis.course.book_pages import Chapter, Shown

WIDTH = 700
TALL = 0.9
# Rows of a tall chart are moved together, so that less of their size is lost where all have to be on one slide.
CLOSER = 0.75
# The program that draws measures words in a narrower font than some browsers have.
KEY_ROOM = 32
SIZE = re.compile(r'<svg[^>]*? viewBox="0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)"')
# What a caption says to somebody who can click, or about the data below a chart of the site.
FOR_READERS = re.compile(r"\s*(?:Choose|The chart's data) [^.]*\.")
SESSIONS = ("fifty", "ninety", "oneeighty")


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
        Where its chart or table is from; a slide whose chart an edition lacks is left out.
    note
        What the teacher may say or ask; shown on a key.
    plans
        Plans it belongs to where it has no chart; else it belongs to those that show its chart.
    """

    title: str
    words: str = ""
    chapter: str = ""
    chart: str = ""
    note: str = ""
    plans: tuple[str, ...] = SESSIONS

    def used_in(self) -> tuple[str, ...]:
        """The plans it belongs to, by their keys."""
        if not self.chart:
            return self.plans
        found = course().plans.values()
        return tuple(plan.key for plan in found if any(self.chart in slot.shows for slot in plan.slots))


SLIDES = (
    Slide(
        "What do safety benchmarks measure?",
        "A session with the book *What Safety Benchmarks Measure*.\n\nEvery chart is computed from one table of scores.",
        note="Let the class predict before anything else. Nobody should have seen a result.",
    ),
    Slide(
        "First, predict",
        "- For each benchmark on the form, or on your sheet: how strongly do its scores go with general capability?\n"
        "- From −1 (worse with capability) over 0 (unrelated) to 1 (it follows capability).\n"
        "- How sure are you that you are within 0.2?\n"
        "- Alone, and in silence. Your teacher says whether it is the short list or the whole one.",
        note=f"Short list (50 and 90 minutes): {SHORT} benchmarks, about {math.ceil(PREDICTION * SHORT)} minutes. Whole list (180 "
        f"minutes): {60 * PREDICTION:g} seconds a benchmark. Then collect the files, or the sheets; later the predictions are compared "
        "with what was measured.",
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
    ),
    Slide(
        "What does a new benchmark add?",
        chapter="theory/what_benchmarks_do",
        chart="fig-what-benchmarks-do-changes",
        note="Ask: where on this chart is your own field?",
    ),
    Slide(
        "Between race and game",
        chapter="theory/what_benchmarks_do",
        chart="fig-what-benchmarks-do-lines",
        note="Ask: which assumption does all the work?",
    ),
    Slide(
        "Whom does a benchmark move?",
        chapter="theory/why_they_are_scarce",
        chart="fig-why-scarce-effort",
        note="Ask: which labs do not move at all, and why not?",
    ),
    Slide(
        "Does the better benchmark win?",
        chapter="theory/why_they_are_scarce",
        chart="fig-why-scarce-lottery",
        note="Ask: by what would you know which regime you are in?",
    ),
    Slide(
        "Benchmarks rot",
        chapter="theory/how_they_fail",
        chart="fig-how-fail-decay",
        note="Ask for a benchmark that has died, and for what died of it: the test, or its use.",
    ),
    Slide(
        "Hiding looks like improving",
        chapter="theory/how_they_fail",
        chart="fig-how-fail-hiding",
        note="Ask: which measurement would tell the two apart?",
    ),
    Slide(
        "The best of many",
        chapter="theory/crisp_and_fuzzy",
        chart="fig-crisp-selection",
        note="Ask: what does the distance between the two lines cost, and whom?",
    ),
    Slide(
        "How many numbers is capability?",
        chapter="measurement/capabilities_score",
        chart="fig-capabilities-score-scree",
        note="Ask: how large would the second share have to be for one number to be too few?",
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
        "Leave one family out",
        chapter="measurement/uncertainty",
        chart="fig-uncertainty-deleted",
        note="Ask: somebody ran ten sizes of one model. How many measurements is that?",
    ),
    Slide(
        "Which recipe keeps its promise?",
        chapter="measurement/uncertainty",
        chart="fig-uncertainty-coverage",
        note="Common misconception: that 95 % is about this one interval. The promise is about the procedure.",
    ),
    Slide(
        "How sure can we be?",
        "Models come in families. Models of one family are alike, so the family is the unit.",
        chapter="results/areas",
        chart="fig-areas-forest",
        note="Common misconception: that an interval across the line means 'probably fine'. It means: cannot tell.",
    ),
    Slide(
        "Area by area",
        chapter="results/areas",
        chart="tab-areas-summary",
        note="Ask: which bars may be called entangled, and which may be called nothing at all?",
    ),
    Slide(
        "Could one have told in advance?",
        chapter="results/intuition",
        chart="fig-intuition-skill",
        note="Compare rules with the people in the room, once their predictions are in.",
    ),
    Slide(
        "Does it survive other choices?",
        chapter="results/robustness",
        chart="fig-robustness-ranges",
        note="Ask: did the verdict move, or only the number?",
    ),
    Slide(
        "Weaker and stronger models",
        chapter="results/robustness",
        chart="fig-robustness-halves",
        note="Ask: which choice would you defend, and does your verdict hang on it?",
    ),
    Slide(
        "Is it compute?",
        chapter="results/compute",
        chart="fig-compute-partial",
        note="For a class in statistics: what is held fixed here, and what is not?",
    ),
    Slide(
        "One benchmark, all models",
        chapter="practice/your_benchmark",
        chart="fig-card-scatter",
        note="Ask: which line of the card would you not show in an abstract, and why not?",
    ),
    Slide(
        "What is 'below the threshold' worth?",
        chapter="theory/the_safety_case",
        chart="fig-safety-case-posterior",
        note="Ask: when did this procedure last say no?",
    ),
    Slide(
        "Measures multiply",
        chapter="theory/the_safety_case",
        chart="fig-safety-case-prices",
        note="Ask: which of these measures does your threshold policy have?",
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
        plans=("oneeighty",),
    ),
)
CSS = """
:root{color-scheme:light}*{box-sizing:border-box}html,body{height:100%;margin:0}
body{font:clamp(.9rem,min(2.1vw,3.3vh),1.6rem)/1.35 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;color:#111;
background:#fff}
.slide{display:none;height:100vh;padding:3vh 4vw 3.2rem;grid-template:auto minmax(0,1fr)/100%;gap:1.5vh 2vw}.slide.now{display:grid}
.slide.drawn{grid-template-columns:minmax(15rem,1fr) minmax(0,2.4fr)}
h1{font-size:1.8em;line-height:1.15;margin:0;color:#0c3a52;grid-column:1/-1}.side{overflow-y:auto;min-height:0}
.side>:first-child{margin-top:0}figure{margin:0;min-height:0}figure svg{display:block;width:100%;height:100%;
overflow:visible}.slide:not(.drawn) .side{font-size:1.25em}
.slide.tall h1{grid-column:1}.slide.tall figure{grid-column:2;grid-row:1/3}
figure.listed{overflow:auto}table{border-collapse:collapse;width:100%;font-size:.72em}th,td{padding:.35em .4em;text-align:left;
border-bottom:1px solid #999}.book-number{text-align:right}
.caption{font-size:.72em;color:#333}.note{display:none;border-left:.3rem solid #0c4762;padding-left:.8rem;font-size:.75em;color:#222}
.notes .note{display:block}math{font-size:1.1em}
nav{position:fixed;inset:auto 0 0 0;display:flex;gap:.6rem;justify-content:flex-end;align-items:center;padding:.35rem 1rem;
font-size:.9rem;background:#fff}nav button,nav select{font:inherit;min-width:2.6rem;min-height:2.2rem;border:1px solid #555;
border-radius:.3rem;background:#fff;color:#111}
nav button:focus-visible,nav select:focus-visible{outline:3px solid #0c6ea8}
@media (max-width:44rem){.slide,.slide.drawn{height:auto;min-height:100vh;grid-template:none}.slide.tall figure{grid-area:auto}}
@media (scripting:none){.slide{display:grid}nav{display:none}}
@page{size:A4 landscape;margin:1.2cm}
@media print{body{font-size:15pt}nav{display:none}
.slide{display:grid;height:17.6cm;min-height:0;padding:0;break-after:page;break-inside:avoid;overflow:hidden}
.slide.out{display:none}.slide:nth-last-child(1 of :not(.out)){break-after:auto}}
"""
SCRIPT = """
const all = [...document.querySelectorAll('.slide')];
const place = document.querySelector('output');
const plan = document.querySelector('select');
let slides = all;
let now = 0;
function show(number) {
  now = Math.max(0, Math.min(slides.length - 1, number));
  all.forEach(slide => slide.classList.toggle('now', slide === slides[now]));
  place.textContent = `${now + 1} / ${slides.length}`;
  history.replaceState(null, '', `#${plan.value ? `${plan.value}/` : ''}${now + 1}`);
}
function choose(key, number) {
  plan.value = key;
  const wanted = slide => !key || slide.dataset.plans.split(' ').includes(key);
  slides = all.filter(wanted);
  all.forEach(slide => slide.classList.toggle('out', !wanted(slide)));
  show(number);
}
function fromAddress() {
  const [, key, number] = /^#(?:(\\w+)\\/)?(\\d+)$/.exec(location.hash) || [];
  choose([...plan.options].some(option => option.value === key) ? key : '', Number(number) - 1 || 0);
}
// Text beside a chart may be longer than the window is high: then these keys scroll it before they turn the slide.
function scrolls(key) {
  const side = slides[now].querySelector('.side');
  const boxes = [side, document.scrollingElement];
  const step = {ArrowDown: 1, ArrowUp: -1}[key];
  const box = step && boxes.find(each => step > 0
    ? each.scrollTop + each.clientHeight < each.scrollHeight - 1 : each.scrollTop > 0);
  if (box) box.scrollBy(0, step * 60);
  return Boolean(box);
}
const forward = ['ArrowRight', 'ArrowDown', 'PageDown', ' ', 'Enter'];
const back = ['ArrowLeft', 'ArrowUp', 'PageUp', 'Backspace'];
document.addEventListener('keydown', event => {
  const onButton = event.target.tagName === 'BUTTON' && [' ', 'Enter'].includes(event.key);
  if (event.ctrlKey || event.metaKey || event.altKey || onButton || event.target === plan) return;
  if (scrolls(event.key)) ;
  else if (forward.includes(event.key)) show(now + 1);
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
plan.addEventListener('change', () => { choose(plan.value, 0); plan.blur(); });
window.addEventListener('hashchange', fromAddress);
fromAddress();
"""
NAVIGATION = (
    '<nav aria-label="Slides"><select aria-label="Slides of">{options}</select><button id="notes" title="Notes (n)">Notes</button>'
    '<button id="back" aria-label="Back">◀</button><output aria-live="polite"></output>'
    '<button id="forward" aria-label="Forward">▶</button></nav>'
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
    made = "".join(slides(chapters, words))
    choices = {"": "All slides", **{plan.key: plan.title for plan in course().plans.values()}}
    options = "".join(f'<option value="{key}">{escaped(title)}</option>' for key, title in choices.items())
    body = f"<main>{made}</main>{NAVIGATION.format(options=options)}"
    return page("Slides: What Safety Benchmarks Measure", body, CSS, SCRIPT)


def slides(chapters: Mapping[str, Chapter], words: Words) -> Iterator[str]:
    """Yield each slide whose chart there is."""
    for slide in SLIDES:
        chapter = chapters.get(slide.chapter)
        shown = chapter.shown.get(slide.chart) if chapter else None
        if slide.chart and shown is None:
            continue
        figure, caption = drawn(shown), ""
        if chapter and shown:
            caption = html_of(plain_markdown(spoken(shown), replace(words, values=chapter.values)))
        text = html_of(plain_markdown(slide.words, words)) + (f'<div class="caption">{caption}</div>' if caption else "")
        note = f'<aside class="note">{escaped(slide.note)}</aside>' if slide.note else ""
        kind = f"slide{' drawn' if figure else ''}{' tall' if is_tall(figure) else ''}"
        parts = f'<h1>{escaped(slide.title)}</h1><div class="side">{text}{note}</div>{figure}'
        yield f'<section class="{kind}" data-plans="{" ".join(slide.used_in())}">{parts}</section>'


def drawn(shown: Shown | None) -> str:
    """Return a chart as a picture, or a table."""
    from analysis.figures import picture

    if shown is None:
        return ""
    spec = chart_of(shown)
    if spec is None:
        return f'<figure class="listed">{"".join(shown.data.get("text/html", ""))}</figure>'
    label, drawing = escaped(spec.get("description", "")), picture(for_a_slide(spec), "light")
    return f'<figure role="img" aria-label="{label}">{drawing}</figure>'


def spoken(shown: Shown) -> str:
    """Return a caption without what a picture cannot do, and with the values that a reader could have chosen."""
    from analysis.figures import settings

    fixed = settings(chart_of(shown) or {})
    return FOR_READERS.sub("", shown.caption.strip()) + (f" Drawn with: {'; '.join(fixed)}." if fixed else "")


def is_tall(figure: str) -> bool:
    """Whether a picture needs the whole height of a slide."""
    size = SIZE.search(figure)
    return bool(size) and float(size["height"]) > TALL * float(size["width"])


def for_a_slide(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a chart as wide as its place on a slide, with every row named, and room between the words of its key."""
    own = copy.deepcopy(spec)
    if isinstance(own.get("height"), (int, float)) and own["height"] > TALL * WIDTH:
        own["height"] *= CLOSER
    for encoding in (layer.get("encoding", {}) for layer in [own, *own.get("layer", [])]):
        axis = encoding.get("y", {}).get("axis")
        if isinstance(axis, dict) and "labelOverlap" in axis:
            axis["labelOverlap"] = False
        for channel in (encoding.get(name, {}) for name in ("color", "shape")):
            if "field" in channel and channel.get("legend", {}) is not None:
                channel["legend"] = {**channel.get("legend", {}), "columnPadding": KEY_ROOM}
    fitted = {"width": WIDTH, "autosize": {"type": "fit-x", "contains": "padding"}}
    return own | fitted if own.get("width") == "container" else own
