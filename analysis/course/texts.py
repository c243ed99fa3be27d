"""The pages that say how to start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.course.book_pages import BuiltBook, Chapter
    from analysis.course.bundle import Person

PLAN = "practice/course_session"
GAME = "practice/prediction_game"
SUBMITTED = """# Hand-ins

One folder a student, named after the id, with the notebooks in it: `<id>/<id>-measurement-capabilities_correlation.ipynb`.
Or files whose names begin with the id and a point, a blank, a dash or an underscore, as those of the notebooks given out do:
`<id>-anything.ipynb`. With a roster, a notebook whose name does not begin with an id goes to the student it was made for, with
a note, unless that student handed in by name as well. Archives are not opened: unpack them.

Then, in the folder of the book:

```
.venv/bin/compendium grade PATH/TO/submitted
```
"""
AFTER = """## After it

Put what students hand in into `submitted/`, as the page there says, and in the book's folder:

```
.venv/bin/compendium grade PATH/TO/THIS/FOLDER/submitted
```

It runs each notebook confined, with limits to time and memory. It writes `marks.csv`, with points, a hint for each answer that is
not right, and what went wrong with notebooks that could not be read, and `marks-totals.csv`, with a row for each student. Answers
in words are left for you to read: fill in points, and if you like a hint or a note, in `marks.csv`. Grading again keeps what you
wrote as long as the student's answer is the same; anything else of yours is put aside in `marks-before.csv`. Leave the column
`fingerprint` as it is.
"""
OWN = """This folder was made for the student `{id}`. {whose} Exercises that use
neither have the same answer for all.

"""


def student_readme(person: Person, notebooks: Sequence[str], *, alone: bool = True) -> str:
    """Return what a student reads first.

    Parameters
    ----------
    person
        The student.
    notebooks
        Names of their files.
    alone
        Whether nobody else in the class has the student's pair of models and benchmark left out.

    Returns
    -------
    str
        Markdown.
    """
    listing = "\n".join(f"- `{name}`" for name in notebooks)
    return f"""# Exercises

{whose(person, alone)}You need this folder and the folder `kit`. Put the two side by side.

Once, with a network, before the session: in `kit`, run

```
make
```

In the session no network is needed. In `kit`:

```
make lab
```

opens JupyterLab on the folder that both lie in. `kit/README.md` says more.

Then:

1. Open a notebook and run it from the top (*Run*, *Run All Cells*). Names in ⟨brackets⟩ in the text stand for values that the
   cells compute and show.
2. The exercises are at the end. Write your code where it says so, and run the cell below it. It says whether the answer is
   right and, if not, gives a hint.
3. Leave the locked cells as they are. Save, and hand in the notebook{" under its own name" if person.id else " with your own id before its name, as in `<your id>-theory-….ipynb`"}.

To try a chapter on other models, copy its notebook. In the copy, put a cell below the first locked one that says for example
`population = "base"`, and run all. Do not hand the copy in.

{listing}
"""


def whose(person: Person, alone: bool) -> str:
    """Return whose folder it is and what is particular about it; nothing for a set that is for all."""
    if not person.id:
        return ""
    pair = "Its notebooks have a set of models and a benchmark left out"
    said = f"{pair} that nobody else in the class has together." if alone else f"{pair}; others in the class have the same two."
    return OWN.format(id=person.id, whose=said)


def class_readme(book: BuiltBook, people: Sequence[Person], chapters: Sequence[Chapter]) -> str:
    """Return what the teacher reads first.

    Parameters
    ----------
    book
        The book, in the edition that the class is made of.
    people
        The students.
    chapters
        Chapters in the bundle.

    Returns
    -------
    str
        Markdown.
    """
    named = any(person.id for person in people)
    give = "their own folder in `students/` and a copy of `kit/`" if named else "a copy of `students/` and of `kit/`"
    plan = "`instructor/plan.html` has the plans, minute by minute. " if PLAN in book.chapters else ""
    return f"""# A session with the book

Made from the edition `{book.edition}`, with {len(chapters)} {"chapter" if len(chapters) == 1 else "chapters"}. What is in here needs no network, but for one step: `kit/` has to be
installed once.

## Before the session

Once, with a network: set the book up as its README says (`make book`). To look at a notebook, in the book's folder:

```
.venv/bin/jupyter lab PATH/TO/THIS/FOLDER/instructor
```

Give each student {give}. `kit/` is the program that the notebooks need, without chapters and without
solutions; its README has the two commands that install and start it, and each student should have run the first before the
session. Do not give students the book's own folder: `solutions/` in it has the answers. Keep `instructor/` to yourself.

If you like, print `handouts/method.html` and `handouts/exercises.html`, a copy for each student.

{game(book)}
## Minute zero

1. Let the class predict. Nobody opens a notebook yet.
2. Open `slides/index.html` in any browser. Arrow keys turn the slides, `n` shows notes, printing gives one slide a page. The
   list at the foot picks the slides of one plan.
3. {plan}`instructor/` has every notebook with its solutions, executed.

{variants(named)}

{AFTER}"""


def variants(named: bool) -> str:
    """Return how the notebooks of the students differ."""
    if not named:
        return "All students have the same exercises; `instructor/key.csv` has the answers."
    return (
        "Each student's notebooks have a population and a held-out benchmark of their own, as far as there are enough pairs to\n"
        "deal; after that pairs come again. Exercises that use neither have the same answer for all. `instructor/key.csv` has the\n"
        "answers to all of them."
    )


def game(book: BuiltBook) -> str:
    """Return how the class predicts, on the site's form or on paper, and how its file is used."""
    chosen = "" if book.edition == "default" else f" --edition {book.edition}"
    again = "" if not chosen else " Give it the options that the edition was built with, too."
    return f"""## The prediction game

{form_or_paper(book)}In the book's folder, with that file:

```
.venv/bin/compendium build{chosen} --predictions class.csv
```

builds the edition again, with the class's own score in the chapter on intuition.{again} It takes some minutes at most, so it can
run during the session.
"""


def form_or_paper(book: BuiltBook) -> str:
    """Return the ways to collect predictions; without the page of the form there is paper alone."""
    paper = (
        "Print `handouts/predictions.html`, a copy for each student. The short list comes first on it; for a session of 90 minutes\n"
        "or less, stop there. Afterwards type the numbers into one file `class.csv`, a row for each, with the columns\n"
        "`person,benchmark,prediction,confidence`. A benchmark goes by its name on the sheet.\n\n"
    )
    if GAME not in book.chapters:
        return paper
    site = f"_build/{book.edition}/html"
    return f"""Choose one of two ways before the session; the plans go by the first.

**On the form.** It is a page of the site, `chapters/{GAME}.html`. Show the site with
`.venv/bin/compendium serve --edition {book.edition}`, or copy the folder `{site}` to a stick: the page opens from a file. For
a session of 90 minutes or less, students choose *a short list*. Each saves a CSV file and hands it in. Put all the files into one folder, and
give them to the form at the end of the page, *For the teacher: one file from many*. It saves `class.csv`.

**On paper.** {paper}"""
