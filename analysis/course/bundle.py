"""A folder with all that a session needs: for students, for the teacher, slides, handouts, and how to start."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.course.book_pages import BuiltBook, Chapter, built_book
from analysis.course.exercises import Exercise, exercises
from analysis.course.key import key_calls, key_table
from analysis.course.kit import write_kit
from analysis.course.notebooks import Edition, student_notebook, teacher_notebook
from analysis.course.numbers import numbers_of
from analysis.course.plain_markdown import Words, authors_of, plain_markdown, titles_of
from analysis.course.roster import Student, read_roster
from analysis.course.variants import Variant, choices, given_parameters, variants_of
from analysis.execution import BuildError, ChapterTask, normalised, run_notebook
from analysis.executor import Call, Executor, Outcome
from analysis.problems import InputError, Problem, listed

if TYPE_CHECKING:
    from analysis.console import Quiet

RECORD = "class.json"
# What a caption begins with.
HEADING = re.compile(r"\s*\*\*(.+?)\*\*", re.DOTALL)


@dataclass(frozen=True)
class Order:
    """What bundle to make.

    Parameters
    ----------
    root
        Folder of the book.
    out
        Folder to make.
    edition
        Name of a built edition.
    roster
        File with the students, None for one bundle for all.
    chapters
        Names of chapters, none for all that have exercises.
    """

    root: Path
    out: Path
    edition: str = "default"
    roster: Path | None = None
    chapters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Made:
    """A bundle: its folder, the students by id, the names of its chapters, and how many exercises check themselves."""

    folder: Path
    students: tuple[Student, ...]
    chapters: tuple[str, ...]
    checked: int


@dataclass(frozen=True)
class Person:
    """A student with their variant; without a roster there is one, without a name."""

    id: str
    name: str
    variant: Variant | None


def make_class(order: Order, executor: Executor, progress: Quiet) -> Made:
    """Make the bundle of a class.

    Parameters
    ----------
    order
        What to make.
    executor
        Executes the teacher's notebooks.
    progress
        Told of every step.

    Returns
    -------
    Made
        What was made. The folder appears in one step, whole.

    Raises
    ------
    InputError
        When the roster, the edition or a chapter cannot be used, when the book is without its solutions, or when
        something is in the folder's place.
    BuildError
        When a solution raises.
    """
    place = free_place(order.out)
    students = read_roster(order.roster) if order.roster else ()
    book = with_solutions(built_book(order.root, order.edition))
    chosen = chosen_chapters(book, order.chapters)
    people = with_variants(students, book)
    words = words_of(book)
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".class-", dir=place.parent) as work:
        folder = Path(work) / "class"
        identity = uuid.uuid4().hex
        write_students(folder / "students", book, chosen, people, Edition(words, points(), {"class": identity}))
        progress.say(f"  {len(people)} {'set' if len(people) == 1 else 'sets'} of student notebooks")
        write_kit(folder / "kit", book.root)
        write_teacher(folder / "instructor", Session(book, chosen, people, identity), executor, progress)
        write_papers(folder, book, chosen, people)
        if place.exists():
            place.rmdir()
        folder.rename(place)
    checked = sum(bool(each.asks) for chapter in chosen for each in exercises(chapter.text))
    return Made(place, students, tuple(chapter.name for chapter in chosen), checked)


def with_solutions(book: BuiltBook) -> BuiltBook:
    """Return the book, if it can say what right answers are."""
    if not (book.root / "solutions").is_dir():
        what = "the solutions of the exercises are not here: this book has no folder solutions"
        raise InputError(Problem(str(book.root), None, None, what, "a class is made from the whole book"))
    return book


def free_place(out: Path) -> Path:
    """Return the folder to make, if nothing is there that would be lost."""
    place = out.absolute()
    if place.exists() and (not place.is_dir() or any(place.iterdir())):
        what, mend = "there is something in this place", "give another --out, or move it away"
        raise InputError(Problem(str(out), None, None, what, mend))
    return place


def chosen_chapters(book: BuiltBook, names: Sequence[str]) -> list[Chapter]:
    """Return the chapters with exercises that are named, or all of them."""
    from analysis.single import find_chapter

    wanted = [find_chapter(book.root, name)[0] for name in names] or list(book.chapters)
    found = [book.chapters[name] for name in wanted if name in book.chapters and exercises(book.chapters[name].text)]
    if len(found) < len(names) or not found:
        without = [name for name in wanted if name not in {chapter.name for chapter in found}]
        what = f"{listed(without)} has no exercises" if without else "no chapter has exercises"
        raise InputError(Problem("", None, None, what, "name chapters that have some"))
    return found


def with_variants(students: Sequence[Student], book: BuiltBook) -> list[Person]:
    """Give each student a variant; without students there is a single set, of the edition as it is."""
    from analysis import scores

    if not students:
        return [Person("", "", None)]
    possible = choices(scores.load(book.data), book.parameters)
    if not possible.held_out:
        what = "no population of this edition has a capabilities score and safety benchmarks"
        raise InputError(Problem("", None, None, what, "make the class without a roster, or of another edition"))
    variants = variants_of([each.id for each in students], book.parameters.seed, possible)
    return [Person(each.id, each.name, variants[each.id]) for each in students]


def words_of(book: BuiltBook, *, computed: bool = False) -> Words:
    """Return what the roles of a book's chapters stand for, but for values.

    Parameters
    ----------
    book
        The book.
    computed
        Whether titles of figures may hold values of the edition. Without it such a figure has a number and no title,
        since no exercise may come with results.

    Returns
    -------
    Words
        Sources, and the titles and numbers of chapters, figures, tables and exercises.
    """
    bibliography = book.root / "chapters/references.bib"
    chapters = titles_of({name: chapter.text for name, chapter in book.chapters.items()})
    titles = {**dict(figure_titles(book, computed)), **dict(exercise_titles(book, chapters)), **chapters}
    return Words(authors_of(bibliography) if bibliography.is_file() else {}, titles, numbers=numbers_of(book))


def figure_titles(book: BuiltBook, computed: bool) -> Iterator[tuple[str, str]]:
    """Yield name and title of each figure and table that has one."""
    for chapter in book.chapters.values():
        words = Words(values=chapter.values if computed else {})
        for each in chapter.shown.values():
            found = HEADING.match(plain_markdown(each.caption, words))
            if found and "⟨" not in found[1]:
                yield each.name, found[1].strip(" .")


def exercise_titles(book: BuiltBook, chapters: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield label and title of each exercise, with the chapter it is in."""
    for chapter in book.chapters.values():
        place = f"in “{chapters.get(chapter.name.rpartition('/')[2], chapter.name)}”"
        for each in exercises(chapter.text):
            yield each.label, f"{each.title}, {place}" if each.title else place


def points() -> dict[str, float]:
    """Return the most points of each exercise that checks itself."""
    from analysis.course.checks import CHECKS

    return {label: check.points for label, check in CHECKS.items()}


def write_students(
    folder: Path, book: BuiltBook, chosen: Sequence[Chapter], people: Sequence[Person], edition: Edition
) -> None:
    """Write the notebooks, the data and a page on how to start, for each student."""
    from analysis.course.texts import student_readme

    pairs = Counter(map(pair_of, people))
    for person in people:
        own = folder / person.id
        own.mkdir(parents=True)
        write_data(book.data, own / "data", person.variant.held_out if person.variant else ())
        marked = Edition(edition.words, edition.points, {**edition.mark, "student": person.id})
        given = given_parameters(person.variant, book.parameters)
        for chapter in chosen:
            notebook = student_notebook(chapter.name, chapter.text, marked, given)
            write_notebook(own / file_name(chapter.name, person.id), notebook)
        names = [file_name(chapter.name, person.id) for chapter in chosen]
        alone = pairs[pair_of(person)] == 1
        (own / "README.md").write_text(student_readme(person, names, alone=alone), encoding="utf-8")


def pair_of(person: Person) -> tuple[str, tuple[str, ...]]:
    """Return what a student's answers depend on: the population and what is held out."""
    return (person.variant.population, person.variant.held_out) if person.variant else ("", ())


def file_name(chapter: str, student: str = "") -> str:
    """Return the file of a chapter's notebook; a student's begins with the id, so that it can be handed in as it is."""
    name = f"{chapter.replace('/', '-')}.ipynb"
    return f"{student}-{name}" if student else name


def write_notebook(path: Path, notebook: Any) -> None:
    """Write a notebook that follows the format."""
    import nbformat

    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook), encoding="utf-8")


def write_data(source: Path, target: Path, held_out: Sequence[str]) -> None:
    """Copy tables, without the scores of benchmarks held out."""
    import pandas as pd

    target.mkdir(parents=True)
    for path in sorted(source.iterdir()):
        if path.is_file():
            shutil.copyfile(path, target / path.name)
    if held_out:
        rows = pd.read_csv(source / "scores.csv", dtype=str, keep_default_na=False)
        rows[~rows["benchmark"].isin(held_out)].to_csv(target / "scores.csv", index=False, lineterminator="\n")


@dataclass(frozen=True)
class TeacherTask:
    """A notebook to execute: its name, its JSON, and the folder to do it in."""

    name: str
    notebook: str
    folder: str


def executed(task: TeacherTask) -> str:
    """Execute a notebook and return it as JSON."""
    import nbformat

    notebook = nbformat.reads(task.notebook, as_version=4)
    done = run_notebook(ChapterTask(task.name, "", task.folder), Path(task.folder), notebook)
    return nbformat.writes(normalised(done))


@dataclass(frozen=True)
class Session:
    """Of what the teacher's part is made: the book, the chapters, the students, and the mark of the class."""

    book: BuiltBook
    chapters: Sequence[Chapter]
    people: Sequence[Person]
    identity: str

    def labels(self) -> list[str]:
        """The exercises that check themselves."""
        return [each.label for chapter in self.chapters for each in exercises(chapter.text) if each.asks]

    def variants(self) -> dict[str, Variant | None]:
        """The variant of each student."""
        return {each.id: each.variant for each in self.people}


def write_teacher(folder: Path, session: Session, executor: Executor, progress: Quiet) -> None:
    """Write the notebooks with solutions, executed, the key, and what grading needs to know of the class."""
    from analysis.inputs import safe_csv

    book = session.book
    write_data(book.data, folder / "data", ())
    about = session.variants(), book.data, book.parameters
    keys = key_calls(session.labels(), *about)
    found = computed([*teacher_calls(folder, book, session.chapters), *keys], executor, progress)
    for chapter in session.chapters:
        (folder / file_name(chapter.name)).write_text(found[chapter.name], encoding="utf-8")
    table = key_table({call.name: found[call.name] for call in keys}, *about)
    (folder / "key.csv").write_text(safe_csv(table), encoding="utf-8", newline="")
    write_record(folder, session)


def computed(calls: Sequence[Call], executor: Executor, progress: Quiet) -> dict[str, Any]:
    """Return what calls come to, by name, and tell of each as it is done."""
    progress.expect(len(calls))
    found = {}
    for outcome in executor.run(calls):
        if outcome.error:
            raise reason(outcome)
        found[outcome.name] = outcome.value
        progress.step(outcome.name, f"{outcome.seconds:.1f} s")
    return found


def reason(outcome: Outcome) -> Exception:
    """Return the exception that says why something could not be executed."""
    if isinstance(outcome.error, BuildError):
        return outcome.error
    return BuildError([f"{outcome.name}: {type(outcome.error).__name__}: {outcome.error}"], outcome.trace)


def teacher_calls(folder: Path, book: BuiltBook, chosen: Sequence[Chapter]) -> Iterator[Call]:
    """Yield the calls that execute the notebooks with solutions."""
    import nbformat

    words = words_of(book, computed=True)
    for chapter in chosen:
        page = book.root / "solutions" / f"{chapter.name}.md"
        solutions = page.read_text(encoding="utf-8") if page.is_file() else ""
        edition = Edition(replace(words, values=chapter.values), {})
        usual = given_parameters(None, book.parameters)
        notebook = teacher_notebook(chapter.name, chapter.text, solutions, edition, usual)
        yield Call(chapter.name, executed, TeacherTask(chapter.name, nbformat.writes(notebook), str(folder)))


def write_record(folder: Path, session: Session) -> None:
    """Write what grading needs to know of the class."""
    named = [each for each in session.people if each.variant]
    record = {
        "class": session.identity,
        "edition": session.book.edition,
        "parameters": session.book.parameters.to_mapping(),
        "chapters": {chapter.name: [described(each) for each in exercises(chapter.text)] for chapter in session.chapters},
        "students": {each.id: {"name": each.name, "variant": asdict(each.variant)} for each in named},
    }
    (folder / RECORD).write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def described(exercise: Exercise) -> dict[str, Any]:
    """Return what grading needs to know of an exercise."""
    from analysis.course.notebooks import check_code

    return {
        "label": exercise.label,
        "title": exercise.title,
        "difficulty": exercise.difficulty,
        "asks": list(exercise.asks),
        "check": check_code(exercise) if exercise.asks else "",
        "points": points().get(exercise.label, 1.0),
    }


def write_papers(folder: Path, book: BuiltBook, chosen: Sequence[Chapter], people: Sequence[Person]) -> None:
    """Write slides, handouts, the place for hand-ins, and how to start."""
    from analysis.course import handouts, texts
    from analysis.course.slides import slides_page

    words = words_of(book, computed=True)
    pages = {
        "slides/index.html": slides_page(book.chapters, words),
        "handouts/exercises.html": handouts.exercise_sheets(chosen, words_of(book)),
        "handouts/predictions.html": handouts.prediction_sheet(handouts.to_predict(book)),
        "handouts/method.html": handouts.method_sheet(),
        "submitted/README.md": texts.SUBMITTED,
        "README.md": texts.class_readme(book, people, chosen),
    }
    if texts.PLAN in book.chapters:
        pages |= {"instructor/plan.html": handouts.chapter_sheet(book.chapters[texts.PLAN], words)}
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
