"""A small book with exercises, and a class of thirty made-up students who hand in all sorts of things."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
HEAD = "---\nkernelspec:\n  display_name: Python 3\n  language: python\n  name: python3\n---\n\n"
MEDIAN, TWO, WORDS = "ex-areas-median", "ex-crisp-two", "ex-toy-words"
CHAPTER = HEAD + """# A chapter for a class

```{code-cell} ipython3
:tags: [parameters]

data = "../../data"
population = "chat"
```

```{code-cell} ipython3
from analysis import correlation, display, inputs, scores
from analysis.findings.shared import headline_benchmarks
from analysis.parameters import Parameters

table = scores.load(data)
rows = correlation.capabilities_correlations(table, inputs.resolve_population(table, population), Parameters())
display.glue_values({"counted": str(len(rows))})
```

There are {glue:text}`counted` rows {cite:p}`someone2020what`.

## Exercises

````{exercise} Medians
:label: ex-areas-median

*Compute.* Compute the median ρ of the headline benchmarks of each area, `medians`.

```python
from analysis.course import check
check("ex-areas-median", setting=globals(), medians=medians)
```
````

````{exercise}
:label: ex-crisp-two

*Compute.* What is the `value` of the better of two candidates chosen by a proxy of validity one half?

```python
from analysis.course import check
check("ex-crisp-two", value=value)
```
````

```{exercise}
:label: ex-toy-words

*Concept.* Why does order matter and size does not?
```
"""
SOLUTIONS = """# Solutions: A chapter for a class

```python
quagga_rows = headline_benchmarks(rows, table.benchmarks)
```

## ex-areas-median

Group what is left by area and take the middle of each heap, as the zebras of old would have done it on the plains.

```python
medians = quagga_rows.groupby("area")["correlation"].median()
check_of_the_quagga = medians.notna().all()
```

## ex-crisp-two

The better of two exceeds the mean by the root of one over pi, and of that one half is real;
the quagga knew nothing of it.

```python
value = 0.5 / 3.141592653589793 ** 0.5
```

## ex-toy-words

Ranks keep nothing but order, which is what the quagga would have said had anybody thought of asking it in good time.
"""
RIGHT_MEDIANS = 'medians = headline_benchmarks(rows, table.benchmarks).groupby("area")["correlation"].median()'
RIGHT_VALUE = "import math\nvalue = 0.5 / math.sqrt(math.pi)"


def make_class_book(root: Path) -> Path:
    """Write the book, on the shipped tables."""
    pages = {"chapters/index.md": "# A toy\n\nNothing to run.\n", "chapters/part/lesson.md": CHAPTER}
    pages |= {"solutions/part/lesson.md": SOLUTIONS, "chapters/references.bib": REFERENCES}
    pages |= {"chapters/references.md": "# Sources\n\n```{bibliography}\n```\n"}
    config = {"title": "A toy", "only_build_toc_files": True, "bibtex_bibfiles": ["chapters/references.bib"]}
    theme = {"html_theme_options": {"use_download_button": False}}
    settings = {"language": "en", "bibtex_reference_style": "author_year", **theme}
    config["sphinx"] = {"extra_extensions": ["sphinx_exercise"], "config": settings}
    listed = [{"file": "chapters/part/lesson"}, {"file": "chapters/references"}]
    toc = {"format": "jb-book", "root": "chapters/index", "chapters": listed}
    pages |= {"_config.yml": yaml.safe_dump(config), "_toc.yml": yaml.safe_dump(toc)}
    for name, text in pages.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    shutil.copytree(ROOT / "data", root / "data")
    return root


REFERENCES = "@misc{someone2020what,\n  author = {Someone, A. and Other, B.},\n  title = {What},\n  year = {2020},\n}\n"
Answers = dict[str, str]
Notebook = dict[str, Any]


def cell_of(notebook: Notebook, identity: str) -> dict[str, Any]:
    """The cell with a grade_id."""
    return next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == identity)


def answering(answers: Answers) -> Callable[[Notebook], Notebook]:
    """A student who fills in cells and changes nothing else."""

    def fill(notebook: Notebook) -> Notebook:
        for label, source in answers.items():
            cell_of(notebook, label if label == WORDS else f"{label}-answer")["source"] = source
        return notebook

    return fill


def right_and(source: str) -> Callable[[Notebook], Notebook]:
    """A student with both answers right, who runs something else before the answers."""

    def fill(notebook: Notebook) -> Notebook:
        extra = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "id": "extra"}
        notebook["cells"].insert(3, {**extra, "execution_count": None})
        return answering({MEDIAN: RIGHT_MEDIANS, TWO: RIGHT_VALUE})(notebook)

    return fill


def with_changed_check(notebook: Notebook) -> Notebook:
    """A student who lets the check say that all is well."""
    cell_of(notebook, MEDIAN)["source"] = "print('Right: 1 of 1 point')"
    cell_of(notebook, MEDIAN)["metadata"]["nbgrader"]["points"] = 100
    return answering({MEDIAN: "medians = {'Human Values': 0.0}", TWO: RIGHT_VALUE})(notebook)


def without_checks(notebook: Notebook) -> Notebook:
    """A student who deletes the checks and the cell of parameters; the answers are right."""
    gone = {MEDIAN, TWO}
    kept = [
        cell
        for cell in notebook["cells"]
        if cell["metadata"].get("nbgrader", {}).get("grade_id") not in gone
        and "injected-parameters" not in cell["metadata"].get("tags", [])
    ]
    return answering({MEDIAN: RIGHT_MEDIANS, TWO: RIGHT_VALUE})({**notebook, "cells": kept})


def with_another_population(notebook: Notebook) -> Notebook:
    """A student who prefers an easier variant: the cell of parameters is changed."""
    for cell in notebook["cells"]:
        if "injected-parameters" in cell["metadata"].get("tags", []):
            cell["source"] = "data = 'data'\npopulation = 'nobody'\nheld_out = []\nseed = 1"
    return answering({MEDIAN: RIGHT_MEDIANS, TWO: RIGHT_VALUE})(notebook)


FAKE = """
import json, os, sys
said = {"label": "ex-areas-median", "answers": {}, "passed": True, "points": 99}
for fd in range(3, 20):
    try:
        os.write(fd, (json.dumps(said) + "\\n" + json.dumps({"done": True}) + "\\n").encode())
    except OSError:
        pass
import analysis.course
analysis.course.check = lambda *a, **k: "Right"
"""
READS_KEY = """
import os
for place in ['@BUNDLE@/instructor/key.csv', '@BUNDLE@/instructor/class.json', '@BUNDLE@/../solutions/part/lesson.md',
              '../../instructor/key.csv', '/proc/1/environ', '/proc/self/environ']:
    if os.path.exists(place):
        value = open(place).read()
"""
FORKS = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""


@dataclass(frozen=True)
class Case:
    """What a student hands in, and the marks that are due.

    Parameters
    ----------
    fill
        Makes the hand-in of the student's own notebook; bytes are written as they are, None hands in nothing.
    due
        Status by exercise; those of the points follow.
    """

    fill: Callable[[Notebook], Any] | bytes | None
    due: tuple[str, str, str]
    extra: str = ""


BOTH = {MEDIAN: RIGHT_MEDIANS, TWO: RIGHT_VALUE}
ABSENT = ("not handed in",) * 3
ALL_RIGHT = ("right", "right", "no answer")
SECOND_RIGHT = ("wrong", "right", "no answer")
CASES: dict[str, Case] = {
    "s01-right": Case(answering({**BOTH, WORDS: "Because ranks keep order."}), ("right", "right", "to be read")),
    "s02-right": Case(answering(BOTH), ALL_RIGHT),
    "s03-right-list": Case(answering({**BOTH, MEDIAN: RIGHT_MEDIANS + ".to_dict()"}), ALL_RIGHT),
    "s04-half": Case(answering({TWO: RIGHT_VALUE}), ("no answer", "right", "no answer")),
    "s05-half": Case(answering({MEDIAN: RIGHT_MEDIANS, TWO: "value = 0.5"}), ("right", "wrong", "no answer")),
    "s06-mean": Case(
        answering({MEDIAN: RIGHT_MEDIANS.replace("median()", "mean()"), TWO: RIGHT_VALUE}), SECOND_RIGHT
    ),
    "s07-percent": Case(
        answering({MEDIAN: RIGHT_MEDIANS + " * 100", TWO: RIGHT_VALUE}), SECOND_RIGHT
    ),
    "s08-text": Case(answering({MEDIAN: "medians = 'high'", TWO: "value = '0.28'"}), ("wrong", "wrong", "no answer")),
    "s09-empty": Case(lambda notebook: notebook, ("no answer", "no answer", "no answer")),
    "s10-nothing": Case(None, ABSENT),
    "s11-crash": Case(
        answering({MEDIAN: "medians = 1 / 0", TWO: RIGHT_VALUE}), ("raised an error", "right", "no answer")
    ),
    "s12-syntax": Case(
        answering({MEDIAN: "medians = (", TWO: "value ="}), ("raised an error", "raised an error", "no answer")
    ),
    "s13-endless": Case(
        answering({MEDIAN: RIGHT_MEDIANS, TWO: "while True: pass"}), ("right", "out of time", "no answer")
    ),
    "s14-sleep": Case(
        answering({MEDIAN: "import time; time.sleep(10**6)", TWO: RIGHT_VALUE}),
        ("out of time", "out of time", "no answer")
    ),
    "s15-memory": Case(
        answering({MEDIAN: "medians = [0] * 10**10", TWO: RIGHT_VALUE}), ("out of memory", "right", "no answer")
    ),
    "s16-forks": Case(answering({MEDIAN: RIGHT_MEDIANS, TWO: FORKS}), ("right", "out of time", "no answer")),
    "s17-exit": Case(right_and("import sys; sys.exit(0)"), ALL_RIGHT),
    "s18-kill": Case(
        answering({MEDIAN: RIGHT_MEDIANS, TWO: "import os; os.kill(os.getpid(), 9)"}),
        ("right", "broken off", "no answer")
    ),
    "s19-prints": Case(right_and("for _ in range(2000): print('x' * 10_000)"), ALL_RIGHT),
    "s20-network": Case(
        answering({MEDIAN: "import urllib.request as u\nmedians = u.urlopen('http://192.0.2.1')", TWO: RIGHT_VALUE}),
        ("raised an error", "right", "no answer"),
    ),
    "s21-fakes": Case(answering({MEDIAN: FAKE + "medians = {}", TWO: RIGHT_VALUE}), SECOND_RIGHT),
    "s22-reads-key": Case(answering({MEDIAN: RIGHT_MEDIANS, TWO: READS_KEY}), ("right", "no answer", "no answer")),
    "s23-changed-check": Case(with_changed_check, SECOND_RIGHT),
    "s24-no-checks": Case(without_checks, ALL_RIGHT),
    "s25-own-variant": Case(with_another_population, ALL_RIGHT),
    "s26-not-json": Case(b"this is no notebook", ABSENT, "unreadable"),
    "s27-huge": Case(b"[" + b" " * (21 * 2**20) + b"]", ABSENT, "unreadable"),
    "s28-no-cells": Case(b'{"nbformat": 4, "cells": [], "metadata": {}}', ABSENT, "not of this class"),
    "s29-odd-objects": Case(
        answering({MEDIAN: "class E:\n    __eq__ = __repr__ = None\nmedians = E()", TWO: "value = 10**5000"}),
        ("wrong", "wrong", "no answer"),
    ),
    "s30-copied": Case(None, SECOND_RIGHT),
}


def given_to(bundle: Path, student: str) -> Path:
    """The notebook that a student was given."""
    return bundle / "students" / student / f"{student}-part-lesson.ipynb"


def hand_in(bundle: Path) -> None:
    """Let the class hand in: some into folders, some as files, one copying a neighbour with another variant."""
    for place, (student, case) in enumerate(CASES.items()):
        source = given_to(bundle, student)
        folder = bundle / "submitted" / student
        target = folder / source.name if place % 2 else bundle / "submitted" / f"{student} final.ipynb"
        content = case.fill(json.loads(source.read_text())) if callable(case.fill) else case.fill
        if content is not None:
            target.parent.mkdir(exist_ok=True)
            text = content if isinstance(content, bytes) else json.dumps(content).encode()
            target.write_bytes(text.replace(b"@BUNDLE@", str(bundle).encode()))
    copy_of_a_neighbour(bundle)
    (bundle / "submitted" / "stranger").mkdir()
    shutil.copy(given_to(bundle, "s02-right"), bundle / "submitted/stranger/x.ipynb")
    (bundle / "submitted/s10-nothing.ipynb").symlink_to(bundle / "instructor/part-lesson.ipynb")


def copy_of_a_neighbour(bundle: Path) -> None:
    """Hand in, as the last student, another's notebook with the numbers that came out for them."""
    expected = keys(bundle)
    neighbour = next(name for name in expected if expected[name] != expected["s30-copied"])
    notebook = json.loads(given_to(bundle, neighbour).read_text())
    filled = answering({MEDIAN: f"medians = {expected[neighbour]!r}", TWO: RIGHT_VALUE})(notebook)
    (bundle / "submitted/s30-copied.ipynb").write_text(json.dumps(filled))


def keys(bundle: Path) -> dict[str, dict[str, float]]:
    """The medians each student should find, from the instructor's key."""
    import pandas as pd

    frame = pd.read_csv(bundle / "instructor/key.csv")
    rows = frame[frame["exercise"] == MEDIAN]
    parts = {row.student: [each.rpartition(": ") for each in row.expected.split("; ")] for row in rows.itertuples()}
    return {student: {name: float(value) for name, _, value in found} for student, found in parts.items()}
