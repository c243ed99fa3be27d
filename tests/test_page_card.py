"""The form in the page says what the package says, and takes anything pasted into it as text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from analysis import scores
from analysis.card import place
from analysis.card_files import join
from analysis.correlation import capabilities_correlations
from analysis.display import Note
from analysis.page_card import PageCard, card_command, folded, page_card
from analysis.parameters import Parameters
from analysis.sphinx_book import with_form_scripts

from tests.score_tables import random_scores, score_table
from tests.test_browser import HOSTILE
from visits import LOCAL, Visit

STATIC = Path(__file__).parents[1] / "chapters" / "_static"
POPULATION = "chat"
SETTINGS = Parameters()
DONE = ".book-card-result[data-state]"


@pytest.fixture(scope="module")
def table(data_folder: Path) -> scores.ScoreTable:
    """The shipped scores."""
    return scores.load(data_folder)


@pytest.fixture(scope="module")
def correlations(table: scores.ScoreTable) -> pd.DataFrame:
    """What the package says of every benchmark."""
    return capabilities_correlations(table, POPULATION, SETTINGS).set_index("benchmark")


@pytest.fixture(scope="module")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Any], Path]:
    """Write a page that is nothing but a form, with its script and styles."""

    def write(form: PageCard | Note) -> Path:
        path = tmp_path_factory.mktemp("page") / "page.html"
        styles, shared, script = ((STATIC / name).as_uri() for name in ("book-card.css", "book-forms.js", "book-card.js"))
        head = (
            '<meta charset="utf-8"><title>Card</title><link rel="icon" href="data:,">'
            f'<link rel="stylesheet" href="{styles}"><script src="{shared}" defer></script><script src="{script}" defer></script>'
        )
        body = f"<main>{form._repr_html_()}</main>"
        path.write_text(f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>', encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def address(table: scores.ScoreTable, page_of: Callable[[Any], Path]) -> Path:
    """The page of the shipped scores."""
    return page_of(page_card(table, POPULATION, SETTINGS))


@pytest.fixture
def visit(browser: Any, address: Path) -> Iterator[Visit]:
    """The page, open; at the end it must have complained of nothing and asked nobody."""
    with Visit(browser, address) as opened:
        before = len(opened.requests)
        yield opened
        assert opened.complaints == []
        assert opened.requests[before:] == []
        assert all(url.startswith(LOCAL) for url in opened.requests)
        assert opened.page.evaluate("window.hacked") is None


def submit(visit: Visit, text: str, higher_is: str = "better") -> Any:
    """Paste scores, press the button, and return the result's place in the page."""
    visit.page.locator(f"input[value={higher_is}]").check()
    visit.page.locator("textarea").evaluate("(area, text) => { area.value = text; }", text)
    visit.page.get_by_role("button", name="Show its correlation").click()
    return visit.page.locator(DONE)


def data(result: Any) -> dict[str, float]:
    """Return the figures of a result at full precision."""
    found = result.evaluate("(element) => ({ ...element.dataset })")
    return {name: float(value) for name, value in found.items() if name != "state"}


def column(table: scores.ScoreTable, benchmark: str) -> str:
    """Return one benchmark's scores, as measured, as a file with two columns."""
    values = scores.wide(table, POPULATION)[benchmark].rename("score").dropna()
    return values.rename_axis("model").to_csv()


def typical_columns(table: scores.ScoreTable) -> list[str]:
    """Return benchmarks of both directions, with and without ties, with and without gaps."""
    wide = scores.wide(table, POPULATION)
    coded = table.benchmarks.loc[wide.columns]
    directed = coded["as_released"] != "undirected"
    traits = pd.DataFrame(
        {"worse": coded["higher_is"] == "worse", "ties": wide.nunique() < wide.count(), "gaps": wide.isna().any()}
    )[directed]
    groups = traits.groupby(["worse", "ties", "gaps"], sort=True).head(2)
    return list(groups.index)


def test_the_page_has_the_package_s_correlation_place_and_counts(
    visit: Visit, table: scores.ScoreTable, correlations: pd.DataFrame
) -> None:
    chosen = typical_columns(table)
    wide = scores.wide(table, POPULATION)[chosen]
    assert wide.isna().to_numpy().any()
    assert (wide.nunique() < wide.count()).any()
    directions = table.benchmarks.loc[chosen, "higher_is"]
    assert set(directions) == {"better", "worse"}
    for name in chosen:
        found = data(submit(visit, column(table, name), directions[name]))
        expected = correlations.loc[name]
        assert found["correlation"] == pytest.approx(expected["correlation"], abs=1e-9), name
        assert found["models"] == expected["n_models"]
        assert found["families"] == expected["n_families"]


def test_the_page_has_the_place_that_the_card_of_the_same_file_has(
    visit: Visit, table: scores.ScoreTable, file_of: Callable[..., Path]
) -> None:
    for name in typical_columns(table)[:2]:
        text = column(table, name)
        joined = join(table, file_of(text), POPULATION, "better")
        card = place(joined.table, POPULATION, joined.benchmark, SETTINGS)
        result = submit(visit, text)
        assert data(result)["rank"] == card["rank"]
        higher = card["rank"] - 1
        assert f"Of {card['of']} known headline safety benchmarks, {higher} ha" in result.inner_text()


def test_turning_the_direction_turns_the_sign(visit: Visit, table: scores.ScoreTable) -> None:
    text = column(table, typical_columns(table)[0])
    better = data(submit(visit, text))["correlation"]
    visit.page.locator("input[value=worse]").check()
    assert data(visit.page.locator(DONE))["correlation"] == pytest.approx(-better, abs=1e-12)
    assert visit.page.locator(".book-card-command code").inner_text().endswith("--higher-is worse")


@pytest.mark.parametrize(
    "written",
    [
        lambda frame: "\ufeff" + frame.to_csv(index=False, sep=";", decimal=","),
        lambda frame: frame.to_csv(index=False, sep="\t").replace("\n", "\r\n"),
        lambda frame: frame.to_csv(index=False, quoting=2).replace("model", "Model"),
        lambda frame: frame.assign(note='a "b", c\nd').to_csv(index=False),
        lambda frame: frame.assign(model=frame["model"].str.upper() + " ").to_csv(index=False).rstrip("\n"),
    ],
    ids=["decimal comma", "tabs", "quotes", "further column", "capitals"],
)
def test_the_same_scores_written_otherwise_have_the_same_correlation(
    visit: Visit, table: scores.ScoreTable, correlations: pd.DataFrame, written: Callable[[pd.DataFrame], str]
) -> None:
    name = next(each for each in typical_columns(table) if table.benchmarks.loc[each, "higher_is"] == "better")
    frame = scores.wide(table, POPULATION)[name].rename("score").rename_axis("model").reset_index()
    found = data(submit(visit, written(frame)))["correlation"]
    assert found == pytest.approx(correlations.loc[name, "correlation"], abs=1e-9)


@pytest.mark.parametrize("kind", ["model", "name", "release_id"])
def test_names_are_matched_as_the_command_matches_them(
    visit: Visit, table: scores.ScoreTable, file_of: Callable[..., Path], kind: str
) -> None:
    names = table.models.rename_axis("model").reset_index()[kind].dropna().unique()
    values = np.random.default_rng(1).random(len(names))
    text = pd.DataFrame({"model": names, "score": values}).to_csv(index=False)
    joined = join(table, file_of(text), POPULATION, "better")
    result = submit(visit, text)
    expected = capabilities_correlations(joined.table, POPULATION, SETTINGS).set_index("benchmark").loc[joined.benchmark]
    assert data(result)["models"] == expected["n_models"]
    assert data(result)["correlation"] == pytest.approx(expected["correlation"], abs=1e-9)
    assert ("name is not known" in result.inner_text()) == bool(joined.unmatched)
    assert ("not of the chat models" in result.inner_text()) == bool(joined.elsewhere)


def test_two_names_of_one_model_are_refused(visit: Visit, table: scores.ScoreTable) -> None:
    model = scores.wide(table, POPULATION).index[0]
    result = submit(visit, column(table, typical_columns(table)[0]) + f"{model.upper()},1\n")
    assert "mean the same model" in result.inner_text()


def test_names_that_are_not_known_are_listed_as_text(visit: Visit, table: scores.ScoreTable) -> None:
    rows = pd.DataFrame({"model": HOSTILE, "score": range(len(HOSTILE))}).to_csv(index=False, header=False)
    result = submit(visit, column(table, typical_columns(table)[0]) + rows)
    assert "Left out, for the name is not known:" in result.inner_text()
    assert HOSTILE[0][:30] in result.inner_text()
    assert visit.page.locator("main img, main b").count() == 0


LONG = "x" * 1_000_000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no scores yet"),
        ("   \n \n", "no scores yet"),
        ("model,score", "no row with a score"),
        ("model,score\n\n,\n", "no row with a score"),
        ("name,value\na,1", "must name the columns"),
        (LONG, "must name the columns"),
        (f"model,score\n{LONG},1\n", "0 of its models are known"),
        (f"model,score\na,{LONG}\n", "is not a number"),
        ('model,score\n"' + LONG, "never closed"),
        ('model,score\n"a"b,1\n', "after a closing quotation mark"),
        ('model,score\n"' + '""' * 100_000 + '",1\n', "0 of its models are known"),
        ("model,score\n" + "\n" * 50_000 + "a,1", "0 of its models are known"),
        ("," * 1_000_000, "must name the columns"),
        ("x" * 5_000_001, "too long"),
        ("model,score\na,high\n", "is not a number"),
        ("model,score\na,1e999\n", "is not a number"),
        ("model,score\na,NaN\n", "is not a number"),
        ("model,score\na,50%\n", "is not a number"),
        ("model,score\na,<script>window.hacked=1</script>\n", "is not a number"),
        ('model,score\n=cmd()|A1,"=1+1"\n', "is not a number"),
        ("model;score\na;0,5\nb;0.5\n", "decimal point"),
        ("model,score\na\n", "1 cell where the header has 2"),
        ("model,score\n,1\n", "names no model"),
        ("model,score,benchmark\na,1,x\nb,2,y\n", "several benchmarks"),
        ("model,score\n__proto__,1\nconstructor,2\ntoString,3\n<b>,4\n", "0 of its models are known"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_plain_line(visit: Visit, text: str, said: str) -> None:
    result = submit(visit, text)
    assert said in result.inner_text()
    assert result.locator("p").count() == 1
    assert len(result.inner_text()) < 1_000
    assert data(result) == {}
    assert visit.page.locator("main svg").count() == 0


def test_too_few_models_and_equal_scores_are_refused(visit: Visit, table: scores.ScoreTable) -> None:
    models = list(scores.wide(table, POPULATION).index)
    rows = ["model,score", *(f"{name},1" for name in models)]
    assert "at least 4" in submit(visit, "\n".join(rows[:4])).inner_text()
    assert "the same score" in submit(visit, "\n".join(rows)).inner_text()


def test_a_refusal_takes_the_earlier_card_away(visit: Visit, table: scores.ScoreTable) -> None:
    text = column(table, typical_columns(table)[0])
    assert data(submit(visit, text))
    assert visit.page.locator("main svg").count() == 2
    assert data(submit(visit, "nothing")) == {}
    assert visit.page.locator("main svg").count() == 0


def test_the_ends_of_what_a_number_can_hold_are_drawn_or_left_out(visit: Visit, table: scores.ScoreTable) -> None:
    models = list(scores.wide(table, POPULATION).index)[:6]
    for values in ([1e308, -1e308, 1, 2, 3, 4], [5e-324, 0, 1e-323, 0, 0, 0], [1, 1 + 2e-16, 1, 1, 1, 1.0000000000000002]):
        text = "\n".join(["model,score", *(f"{name},{value!r}" for name, value in zip(models, values, strict=True))])
        result = submit(visit, text)
        assert -1 <= data(result)["correlation"] <= 1
        drawn = visit.page.locator("main svg").evaluate_all("all => all.map((each) => each.outerHTML).join()")
        assert not re.search("NaN|Infinity", drawn)


def test_a_file_chosen_or_dropped_is_read_at_once(
    visit: Visit, table: scores.ScoreTable, file_of: Callable[..., Path]
) -> None:
    text = column(table, typical_columns(table)[0])
    path = file_of(text, encoding="utf-16")
    visit.page.locator("input[type=file]").set_input_files(path)
    visit.page.wait_for_selector(f"{DONE}[data-correlation]")
    chosen = data(visit.page.locator(DONE))
    assert submit(visit, "").get_attribute("data-correlation") is None
    drop = """(form, text) => {
        const carried = new DataTransfer();
        carried.items.add(new File([text], "scores.csv"));
        form.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
    }"""
    visit.page.locator("form").evaluate(drop, text)
    visit.page.wait_for_selector(f"{DONE}[data-correlation]")
    assert data(visit.page.locator(DONE)) == chosen


def test_a_file_that_is_not_text_is_refused(visit: Visit, file_of: Callable[..., Path]) -> None:
    visit.page.locator("input[type=file]").set_input_files(file_of(b"PK\x03\x04\x00\x00\xff\xfe"))
    visit.page.wait_for_selector(DONE)
    assert "not text" in visit.page.locator(DONE).inner_text()


def test_the_form_is_labelled_and_worked_by_keyboard(visit: Visit, table: scores.ScoreTable) -> None:
    text = column(table, typical_columns(table)[0])
    area = visit.page.get_by_label("Scores, with the columns")
    area.focus()
    visit.page.keyboard.insert_text(text)
    assert visit.page.get_by_label("Or a file").count() == 1
    visited = []
    for _ in range(3):
        visit.page.keyboard.press("Tab")
        visited.append(visit.page.evaluate("document.activeElement.type"))
    assert visited == ["file", "radio", "submit"]
    visit.page.keyboard.press("Enter")
    assert data(visit.page.locator(DONE))
    assert visit.page.locator(".book-card-result[aria-live=polite]").count() == 1
    names = visit.page.locator("main svg[role=img]").evaluate_all("all => all.map((each) => each.ariaLabel)")
    assert len(names) == 2
    assert all(names)


def test_charts_fit_a_narrow_screen(visit: Visit, table: scores.ScoreTable) -> None:
    submit(visit, column(table, typical_columns(table)[0]))
    for width in (340, 900):
        visit.page.set_viewport_size({"width": width, "height": 900})
        fits = "[...document.querySelectorAll('main svg')].every((each) => each.clientWidth <= innerWidth)"
        visit.page.wait_for_function(fits)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_the_command_is_given(browser: Any, address: Path) -> None:
    with Visit(browser, address, java_script_enabled=False) as visit:
        text = visit.page.locator("main").inner_text()
        assert "Scripts are off" in text
        assert card_command(POPULATION) in text
        assert not visit.page.locator("textarea").is_visible()


def hostile_table() -> scores.ScoreTable:
    """A table whose every name, family, area and population is an attack."""
    frame = random_scores(len(HOSTILE), 7, seed=3)
    table = score_table(**{HOSTILE[0]: frame})
    models = table.models.assign(name=HOSTILE, family=HOSTILE, release_id=[f"r{name}" for name in HOSTILE])
    count = len(table.benchmarks)
    coded = table.benchmarks.assign(name=HOSTILE[:count], area=HOSTILE[-count:], parent=None)
    return replace(table, models=models, benchmarks=coded)


def test_hostile_names_of_the_table_are_only_text(browser: Any, page_of: Callable[[Any], Path]) -> None:
    table = hostile_table()
    address = page_of(page_card(table, HOSTILE[0], SETTINGS))
    with Visit(browser, address) as visit:
        asked = len(visit.requests)
        values = scores.wide(table, HOSTILE[0])["b5"].rename("score")
        result = submit(visit, values.rename_axis("model").to_csv())
        expected = capabilities_correlations(table, HOSTILE[0], SETTINGS).set_index("benchmark").loc["b5"]
        assert data(result)["correlation"] == pytest.approx(expected["correlation"], abs=1e-9)
        visit.page.locator("summary").click()
        assert "<img src=x onerror=window.hacked=2>" in visit.page.locator("main table").inner_text()
        assert visit.page.locator("main img, main b").count() == 0
        assert visit.page.evaluate("window.hacked") is None
        assert visit.complaints == []
        assert visit.requests[asked:] == []


def test_data_in_the_page_cannot_end_its_element() -> None:
    text = page_card(hostile_table(), HOSTILE[0], SETTINGS)._repr_html_()
    (inside,) = re.findall(r'<script type="application/json">(.*?)</script>', text, flags=re.DOTALL)
    assert text.count("<script") == 1
    assert "<" not in inside
    assert [model["name"] for model in json.loads(inside)["models"]] == HOSTILE
    assert html.escape(card_command(HOSTILE[0])) in text


def test_a_population_without_a_capabilities_score_has_a_sentence_in_its_place() -> None:
    table = score_table(index=3, few=random_scores(2, 5))
    shown = page_card(replace(table, benchmarks=table.benchmarks.assign(parent=None)), "few", SETTINGS)
    assert isinstance(shown, Note)
    assert "no capabilities score" in shown.text


@pytest.mark.parametrize(("one", "other"), [("Straße", "STRASSE"), ("É", "e\u0301"), (" a ", "A")])
def test_spellings_that_differ_in_case_alone_are_one(one: str, other: str) -> None:
    assert folded(one) == folded(other)


class Loaded:
    """Stands in for Sphinx and notes what a page loads."""

    def __init__(self) -> None:
        self.files: list[str] = []

    def add_css_file(self, name: str) -> None:
        """Note a style sheet."""
        self.files.append(name)

    def add_js_file(self, name: str, **options: Any) -> None:
        """Note a script."""
        self.files.append(name)


def test_script_and_styles_are_loaded_only_where_there_is_a_form(table: scores.ScoreTable) -> None:
    form = page_card(table, POPULATION, SETTINGS)._repr_html_()
    for body, loaded in ((form, ["book-forms.js", "book-card.js", "book-card.css"]), ("<p>text</p>", [])):
        app: Any = Loaded()
        with_form_scripts(app, "page", "page.html", {"body": body}, None)
        assert app.files == loaded


def test_the_field_shows_what_a_file_looks_like_whatever_models_are_called() -> None:
    from analysis.page_card import example_rows

    shown = html.unescape(example_rows([{"id": HOSTILE}, {"id": "b"}, {"id": "c"}]))
    assert shown.splitlines() == ["model,score", f"{HOSTILE},0.61", "b,0.48"]
    assert "<" not in example_rows([{"id": HOSTILE}]) and '"' not in example_rows([{"id": HOSTILE}])
    assert example_rows([]) == "model,score"
