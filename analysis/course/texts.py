"""The pages that say how to start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.course.book_pages import Chapter
    from analysis.course.bundle import Person

START = """Once, with a network, before the session: set the book up as its README says (`make book`). It brings all that is
needed, JupyterLab included.

In the session no network is needed. In the book's folder:

```
.venv/bin/jupyter lab {folder}
```

Any other program that opens notebooks will do, as long as it uses the Python in `.venv`.
"""
SUBMITTED = """# Hand-ins

One folder a student, named after the id, with the notebooks in it: `<id>/measurement-capabilities_correlation.ipynb`. Or
files whose names begin with the id and a point, a blank or a dash: `<id>-anything.ipynb`.

Then, in the folder of the book:

```
.venv/bin/compendium grade PATH/TO/submitted
```
"""


def student_readme(person: Person, notebooks: Sequence[str]) -> str:
    """Return what a student reads first.

    Parameters
    ----------
    person
        The student.
    notebooks
        Names of their files.

    Returns
    -------
    str
        Markdown.
    """
    listing = "\n".join(f"- `{name}`" for name in notebooks)
    own = f"This folder was made for the student `{person.id}`. Its numbers are yours alone.\n\n"
    whose = own if person.id else ""
    return f"""# Exercises

{whose}{START.format(folder="PATH/TO/THIS/FOLDER")}
Then:

1. Open a notebook and run it from the top (*Run*, *Run All Cells*). Names in ⟨brackets⟩ in the text stand for values that the
   cells compute and show.
2. The exercises are at the end. Write your code where it says so, and run the cell below it. It says whether the answer is
   right and, if not, gives a hint.
3. Leave the locked cells as they are. Save, and hand the notebook in under its own name.

{listing}
"""


def class_readme(edition: str, people: Sequence[Person], chapters: Sequence[Chapter], has_plan: bool) -> str:
    """Return what the teacher reads first.

    Parameters
    ----------
    edition
        Name of the edition the class is made of.
    people
        The students.
    chapters
        Chapters in the bundle.
    has_plan
        Whether it holds the plan of the session.

    Returns
    -------
    str
        Markdown.
    """
    named = any(person.id for person in people)
    give = "each student their own folder in `students/`" if named else "each student a copy of `students/`"
    plan = "`instructor/plan.html` has the plans, minute by minute. " if has_plan else ""
    variants = (
        "Every student has another population, benchmark held out or seed; `instructor/key.csv` has the answers to all of them."
        if named
        else "All students have the same exercises; `instructor/key.csv` has the answers."
    )
    return f"""# A session with the book

Made from the edition `{edition}`, with {len(chapters)} {'chapter' if len(chapters) == 1 else 'chapters'}. Nothing in here needs a network.

## Before the session

{START.format(folder="PATH/TO/THIS/FOLDER/instructor")}
Print `handouts/predictions.html`, a copy for each student, and if you like `handouts/method.html` and
`handouts/exercises.html`. Hand out {give}. Keep `instructor/` to yourself.

## Minute zero

1. Give out the sheets of predictions. Nobody opens a notebook yet.
2. Open `slides/index.html` in any browser. Arrow keys turn the slides, `n` shows notes, printing gives one slide a page.
3. {plan}`instructor/` has every notebook with its solutions, executed.

{variants}

## After it

Put what students hand in into `submitted/`, as the page there says, and in the book's folder:

```
.venv/bin/compendium grade PATH/TO/THIS/FOLDER/submitted
```

It runs each notebook confined, with limits to time and memory, and writes `marks.csv`: points, a hint for each answer that is
not right, and what went wrong with notebooks that could not be read. Answers in words are left for you to read.
"""
