"""No parameter is dead: changing any one that a chapter declares changes what the chapter shows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from analysis.execution import ChapterTask, declared_parameters, execute_chapter, read_notebook
from analysis.executor import Call, LocalExecutor
from analysis.parameters import Parameters, names
from analysis.steps import tabulate

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted(
    path.relative_to(ROOT / "chapters").with_suffix("").as_posix()
    for path in (ROOT / "chapters").rglob("*.md")
    if "[parameters" in path.read_text(encoding="utf-8")
)
OTHER = {
    "population": "base",
    "index": ["mmlu", "gsm8k", "hellaswag", "winogrande"],
    "component": "pearson",
    "missing": "available",
    "compute": "flop_as_released",
    "line": 0.7,
    "level": 0.8,
    "resamples": 300,
    "simulations": 20,
    "seed": 7,
    "predictions": "",
    "people": "shown",
    "benchmark": "sycophancy",
    "budget": 2,
    "previous": "",
}
# What takes long takes less here; that it matters is seen all the same.
QUICK = {"resamples": 200, "simulations": 50}
GIVEN = {"practice/what_changed": {"previous": "before"}, "results/intuition": {"predictions": "guesses.csv"}}

# Every chapter is executed once for each of its parameters before the first test can look.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]


def declared(chapter: str) -> dict[str, object]:
    text = (ROOT / "chapters" / f"{chapter}.md").read_text(encoding="utf-8")
    return declared_parameters(chapter, read_notebook(text))


def pairs() -> list[tuple[str, str]]:
    return [(chapter, name) for chapter in CHAPTERS for name in declared(chapter) if name != "data"]


def earlier(data: Path, folder: Path) -> None:
    """What a build keeps of an earlier edition, here one of the default parameters."""
    folder.mkdir()
    for name, text in tabulate(Parameters().to_mapping(), data).items():
        (folder / name).write_text(text, encoding="utf-8")
    for path in data.glob("*.csv"):
        shutil.copyfile(path, folder / path.name)
    (folder / "edition.json").write_text(json.dumps({"edition": "before", "parameters": Parameters().to_mapping()}))


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of a book whose data have a hole in the index and a file of guesses."""
    root = tmp_path_factory.mktemp("book")
    for chapter in CHAPTERS:
        (root / "chapters" / chapter).parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(ROOT / "data", root / "data")
    scores = pd.read_csv(root / "data" / "scores.csv", dtype=str, keep_default_na=False)
    hole = (scores["benchmark"] == "bbh") & scores["model"].isin(["falcon-7b", "falcon-7b-instruct"])
    scores[~hole].to_csv(root / "data" / "scores.csv", index=False)
    guesses = pd.DataFrame({"person": "p", "benchmark": ["mt_bench", "wmdp", "sycophancy", "gpqa"], "prediction": [0.5, -0.5, 0.1, 0.8]})
    guesses.to_csv(root / "data" / "guesses.csv", index=False)
    earlier(root / "data", root / "data" / "previous")
    return root


def task(book: Path, chapter: str, changed: str | None) -> ChapterTask:
    quick = {name: value for name, value in QUICK.items() if name in declared(chapter)}
    values = {**quick, **GIVEN.get(chapter, {}), **({changed: OTHER[changed]} if changed else {})}
    text = (ROOT / "chapters" / f"{chapter}.md").read_text(encoding="utf-8")
    return ChapterTask(chapter, text, str((book / "chapters" / chapter).parent), values)


def shown(notebook: str) -> list[object]:
    """What a notebook shows: the outputs of its cells, one after the other."""
    cells = json.loads(notebook)["cells"]
    return [output for cell in cells if cell["cell_type"] == "code" for output in cell["outputs"]]


@pytest.fixture(scope="module")
def outputs(book: Path) -> Iterator[dict[str, list[object]]]:
    wanted = [(chapter, None) for chapter in CHAPTERS] + pairs()
    calls = [Call(f"{chapter} {name}", execute_chapter, task(book, chapter, name)) for chapter, name in wanted]
    found = {}
    with LocalExecutor() as executor:
        for outcome in executor.run(calls):
            assert outcome.error is None, f"{outcome.name}: {outcome.error}\n{outcome.trace}"
            found[outcome.name] = shown(outcome.value.notebook)
    return found


def test_every_parameter_of_a_chapter_is_one_of_the_edition() -> None:
    assert {name for chapter in CHAPTERS for name in declared(chapter)} <= set(names())


def test_every_parameter_of_the_edition_is_read_by_some_chapter() -> None:
    assert set(names()) == {name for chapter in CHAPTERS for name in declared(chapter)}


@pytest.mark.parametrize(("chapter", "name"), pairs())
def test_changing_a_declared_parameter_changes_what_the_chapter_shows(
    chapter: str, name: str, outputs: dict[str, list[object]]
) -> None:
    assert outputs[f"{chapter} {name}"] != outputs[f"{chapter} None"]
