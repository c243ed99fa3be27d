"""Exercises are read from a chapter's source as it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from analysis.course.checks import CHECKS, Setting
from analysis.course.exercises import CODE, Exercise, exercises
from analysis.execution import ChapterTask, execute_chapter

CHAPTERS = Path(__file__).parents[2] / "chapters"
ELSEWHERE = {"course_session.md", "prediction_game.md"}
SOURCES = sorted(path for path in CHAPTERS.glob("*/*.md") if path.name not in ELSEWHERE)
PAGES = [path for path in SOURCES if "{exercise}" in path.read_text(encoding="utf-8")]
DIFFICULTIES = ["Concept", "Compute", "Extend"]
SOURCE = """# A chapter

```{exercise}
:label: ex-toy-words

*Concept.* Why? See {numref}`fig-toy`.
```

Prose in between.

````{exercise} Two numbers
:label: ex-toy-two

*Compute.* Assign `low` and `high`.

```python
from analysis.course import check
check("ex-toy-two", setting=globals(), low=low, high=high)
```
````

```{exercise}
No label.
```
"""


def test_label_difficulty_title_and_variables_are_read() -> None:
    words, two = exercises(SOURCE)
    assert words == Exercise("ex-toy-words", "Concept", "", "*Concept.* Why? See {numref}`fig-toy`.")
    assert (two.label, two.difficulty, two.title, two.asks) == ("ex-toy-two", "Compute", "Two numbers", ("low", "high"))
    assert two.text.startswith("*Compute.*") and two.text.endswith("```")


def test_eighteen_chapters_have_exercises() -> None:
    assert len(PAGES) >= 18


def test_a_text_without_exercises_has_none() -> None:
    assert exercises("# A chapter\n\n```python\nexercise = 1\n```\n") == ()


def test_a_call_for_another_exercise_asks_for_nothing_here() -> None:
    (_, two) = exercises(SOURCE.replace('check("ex-toy-two"', 'check("ex-toy-other"'))
    assert two.asks == ()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_exercise_of_a_chapter_is_read(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(exercises(text)) == text.count("{exercise}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_code_exercise_asks_for_just_what_its_check_wants(page: Path) -> None:
    for each in exercises(page.read_text(encoding="utf-8")):
        assert each.asks == (CHECKS[each.label].asks if each.label in CHECKS else ()), each.label


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_words_of_an_exercise_name_what_it_asks_for(page: Path) -> None:
    for each in exercises(page.read_text(encoding="utf-8")):
        words = each.text.split("```python")[0]
        assert all(f"`{name}`" in words for name in each.asks), each.label


def test_every_check_belongs_to_an_exercise() -> None:
    labels = {each.label for page in PAGES for each in exercises(page.read_text(encoding="utf-8"))}
    assert set(CHECKS) <= labels


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_chapter_has_three_to_five_exercises_from_concept_to_extension(page: Path) -> None:
    found = [DIFFICULTIES.index(each.difficulty) for each in exercises(page.read_text(encoding="utf-8"))]
    assert 3 <= len(found) <= 5
    assert found == sorted(found) and set(found) == {0, 1, 2}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_exercise_to_compute_checks_itself(page: Path) -> None:
    for each in exercises(page.read_text(encoding="utf-8")):
        assert each.asks or each.difficulty != "Compute", each.label
        assert each.title, each.label


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_an_exercise_on_scores_hands_over_the_notebook_s_variables(page: Path) -> None:
    for each in exercises(page.read_text(encoding="utf-8")):
        if each.asks:
            needs = not CHECKS[each.label].judge({}, Setting()).checkable
            assert ("setting=globals()" in each.text) == needs, each.label


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_cell_of_a_chapter_runs_a_check(page: Path) -> None:
    cells = re.findall(r"^```\{code-cell\}.*?^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert not any("check(" in cell for cell in cells)


def run_with(page: Path, code: str, folder: Path, **parameters: object) -> str:
    """What the last cell shows when code is pasted at the end of a chapter's notebook."""
    (folder / "chapters" / "part").mkdir(parents=True)
    (folder / "data").symlink_to(CHAPTERS.parent / "data")
    text = page.read_text(encoding="utf-8") + f"\n```{{code-cell}} ipython3\n{code}\n```\n"
    done = execute_chapter(ChapterTask(page.stem, text, str(folder / "chapters" / "part"), parameters))
    return str(json.loads(done.notebook)["cells"][-1]["outputs"][-1]["data"]["text/plain"])


@pytest.mark.parametrize(("count", "said"), [("table.models['family'].nunique()", "Right"), ("len(table.models)", "population")])
def test_the_block_of_an_exercise_works_where_it_is_pasted_into_the_notebook(count: str, said: str, tmp_path: Path) -> None:
    page = CHAPTERS / "measurement" / "score_table.md"
    (asked,) = (each for each in exercises(page.read_text(encoding="utf-8")) if each.label == "ex-score-table-family")
    (block,) = CODE.findall(asked.text)
    shown = run_with(page, f"families_left = {count}\n{block[1]}", tmp_path, population="base")
    assert said in "".join(shown)
