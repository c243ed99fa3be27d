"""Sheets to print: the exercises, what the class predicts, and the method on one page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from analysis.figures import picture
from analysis.course.book_pages import chart_of
from analysis.course.exercises import CODE, Exercise, exercises
from analysis.course.notebooks import is_check
from analysis.course.pages import escaped, html_of, page
from analysis.course.plain_markdown import Words, plain_markdown
from analysis.course.plans import PREDICTION
from analysis.execution import read_notebook
from analysis.intuition import NEAR

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from analysis.course.book_pages import BuiltBook, Chapter

CSS = """
:root{color-scheme:light}body{font:11pt/1.45 Georgia,"Times New Roman",serif;color:#111;background:#fff;margin:0 auto;
max-width:17cm;padding:1cm}h1{font-size:1.5rem;margin:0 0 .3rem}h2{font-size:1.1rem;margin:1.2rem 0 .3rem;break-after:avoid}
h3{font-size:1rem;margin:.9rem 0 .2rem;break-after:avoid}p{margin:.3rem 0}p,td,th,li{overflow-wrap:break-word}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{border:1px solid #777;padding:.25rem .4rem;text-align:left;
vertical-align:top}tr{break-inside:avoid}.blank{width:4.2rem}.lines{border-bottom:1px solid #999;height:1.5rem}
.sheet{break-before:page}.sheet:first-of-type{break-before:auto}.exercise{break-inside:avoid}pre{white-space:pre-wrap}
figure{margin:.8rem 0;break-inside:avoid}figure svg{max-width:100%;height:auto}figcaption{font-size:.85rem}
.name{margin:.6rem 0;font-size:1rem}footer{margin-top:1rem;font-size:.8rem;color:#444}@page{size:A4;margin:1.8cm}
@media print{body{padding:0;max-width:none}}
"""
LINES = {"Concept": 5, "Compute": 3, "Extend": 4}
NAME = '<p class="name">Name: ________________________________ &nbsp; Date: ______________</p>'
METHOD = """
**The question.** A benchmark is called one of *safety*. Does it measure something that more capable models do not bring along
anyway?

**The capabilities score.** Take the scores of all models on benchmarks of general capability. Standardise each benchmark.
The leading eigenvector of their correlation matrix says how to weigh them; the weighted sum is one number a model.

**The capabilities correlation, ρ.** Line the models up twice: by capabilities score, and by score on the benchmark, turned so
that higher is safer. ρ is Spearman's rank correlation of the two. Without ties, with $d_i$ the difference of the two ranks of
model $i$ among $n$:

$$
\\rho = 1 - \\frac{6 \\sum_i d_i^2}{n (n^2 - 1)}
$$

**How to read it.** Near +1, progress on the benchmark comes with capability, whether or not anyone works on safety. Near 0,
the order on the benchmark has little to do with capability: it measures something else, or mostly noise. Near −1, more capable
models score worse.

**How sure is it?** Models of one family are alike, so the family is the unit. Leave out or redraw whole families, compute ρ
again each time, and see how far it moves. Few families mean wide intervals.

**The verdict.** One line is drawn at a size of 0.4 on both sides, unless the edition draws another. With the whole interval above it a benchmark is
*entangled*, with the whole interval below its negative *inverse*, with the whole interval between the two *distinct*. Otherwise one *cannot tell*.

**What it cannot show.** ρ is about order and not about size. A low ρ can be noise. ρ belongs to a set of models and may be
another for others. Correlation is not cause, and none of this says whether a benchmark is worth having.
"""


def exercise_sheets(chapters: Iterable[Chapter], words: Words) -> str:
    """Return the exercises of chapters on sheets to print, with room to answer.

    Parameters
    ----------
    chapters
        The chapters.
    words
        What roles stand for; without values, since an exercise must not come with results.

    Returns
    -------
    str
        A page of HTML; each chapter begins on a sheet of its own.
    """
    parts = []
    for chapter in chapters:
        title = words.titles.get(chapter.name.rpartition("/")[2], chapter.name)
        numbered = enumerate(exercises(chapter.text), start=1)
        items = "".join(exercise_html(number, each, words) for number, each in numbered)
        parts.append(f'<section class="sheet"><h1>{escaped(title)}</h1>{NAME}{items}</section>')
    return page("Exercises", "".join(parts), CSS)


def exercise_html(number: int, exercise: Exercise, words: Words) -> str:
    """Return one exercise with lines to write on."""
    text = CODE.sub(lambda block: "" if is_check(block["code"]) else block[0], exercise.text).strip()
    names = ", ".join(f"<code>{escaped(name)}</code>" for name in exercise.asks)
    asked = f"<p>To assign: {names}.</p>" if names else ""
    lines = '<div class="lines"></div>' * LINES.get(exercise.difficulty, 4)
    heading = f"Exercise {number}" + (f": {exercise.title}" if exercise.title else "")
    said = html_of(plain_markdown(text, words))
    return f'<div class="exercise"><h2>{escaped(heading)}</h2>{said}{asked}{lines}</div>'


def chapter_sheet(chapter: Chapter, words: Words) -> str:
    """Return an executed chapter to print: its text with its values, its tables and its charts, no code.

    Parameters
    ----------
    chapter
        The chapter.
    words
        What roles stand for.

    Returns
    -------
    str
        A page of HTML.
    """
    own = replace(words, values=chapter.values)
    parts = (cell_html(cell, chapter, own) for cell in read_notebook(chapter.text).cells)
    return page(words.titles.get(chapter.name.rpartition("/")[2], chapter.name), "".join(parts), CSS)


def cell_html(cell: NotebookNode, chapter: Chapter, words: Words) -> str:
    """Return a cell of text, or the figure or table that a cell of code shows."""
    if cell.cell_type != "code":
        return html_of(plain_markdown(cell.source, words))
    name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name") or cell.source
    shown = chapter.shown.get(name)
    if shown is None:
        return ""
    spec = chart_of(shown)
    inside = picture(spec, "light") if spec else "".join(shown.data.get("text/html", ""))
    text = plain_markdown("".join(shown.data.get("text/markdown", "")), words)
    caption = plain_markdown(shown.caption.strip(), words)
    return f"<figure>{inside or html_of(text)}<figcaption>{html_of(caption)}</figcaption></figure>"


def prediction_sheet(benchmarks: Sequence[Mapping[str, Any]]) -> str:
    """Return a sheet on which to predict capabilities correlations before seeing any.

    Parameters
    ----------
    benchmarks
        As the form of the site has them, with `name`, `group`, `about` and `short`.

    Returns
    -------
    str
        A page of HTML, the form's short list first and what is left of the whole list after it.
    """
    short = [each for each in benchmarks if each["short"]]
    rest = [each for each in benchmarks if not each["short"]]
    lists = prediction_table(f"The short list: {len(short)} benchmarks, about {minutes(len(short))} minutes", short)
    if rest:
        all_of_them = f"about {minutes(len(benchmarks))} minutes with the short list"
        lists += prediction_table(f"The rest of the whole list: {len(rest)} more, {all_of_them}", rest)
    body = (
        f"<h1>Before you look: what do you expect?</h1>{NAME}"
        "<p>For each benchmark, write the rank correlation you expect between its scores and the general capability of "
        "models: from −1 (more capable models score worse) over 0 (nothing to do with it) to 1 (it follows capability). Under "
        f"<em>how sure</em> write, from 0 to 1, how likely you think it is that you are within {NEAR:g}. Leave blank what you "
        f"have no opinion of.</p>{lists}"
    )
    return page("Predictions", body, CSS)


def minutes(count: int) -> int:
    """Return how long so many predictions take, by the rate of the plans."""
    return math.ceil(PREDICTION * count)


def prediction_table(heading: str, benchmarks: Iterable[Mapping[str, Any]]) -> str:
    """Return one list of the sheet of predictions."""
    head = "".join(f"<th>{each}</th>" for each in ("Benchmark", "Area", "How it is scored", "My ρ", "How sure"))
    rows = "".join(map(prediction_row, benchmarks))
    return f"<h2>{escaped(heading)}</h2><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def prediction_row(benchmark: Mapping[str, Any]) -> str:
    """Return one row of the sheet of predictions."""
    texts = "".join(f"<td>{escaped(benchmark[column])}</td>" for column in ("name", "group", "about"))
    return f'<tr>{texts}<td class="blank"></td><td class="blank"></td></tr>'


def to_predict(book: BuiltBook) -> list[dict[str, Any]]:
    """Return the benchmarks that the class can predict, in the order of the form on the site."""
    from analysis import scores
    from analysis.course.predictions_page import form_facts
    from analysis.inputs import resolve_population

    table = scores.load(book.data)
    return form_facts(table, resolve_population(table, book.parameters.population), book.parameters)["benchmarks"]


def method_sheet() -> str:
    """Return the method on one page."""
    return page("The method", f"<h1>What a capabilities correlation is</h1>{html_of(METHOD)}", CSS)
