"""Exercises are read from a chapter's source as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from analysis.course.checks import CHECKS
from analysis.course.exercises import Exercise, exercises

CHAPTERS = Path(__file__).parents[2] / "chapters"
WITHOUT = {"course_session.md", "prediction_game.md"}
PAGES = sorted(path for path in CHAPTERS.glob("*/*.md") if path.name not in WITHOUT)
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
