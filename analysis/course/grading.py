"""Grade what a class handed in: each notebook is run confined, its answers judged outside, on plain values."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.course.bundle import RECORD, write_data
from analysis.course.hand_ins import Notebook, Unreadable, cells_to_run, read_hand_in, words_of
from analysis.course.kept_marks import signed
from analysis.course.key import class_setting
from analysis.course.marks import ABSENT, COLUMNS, TO_READ, Mark, letters, sentence, summary_of
from analysis.course.notebooks import WORDS_WANTED, parameters_code
from analysis.course.sandbox import Limits, Report, Sandbox
from analysis.course.variants import Variant, given_parameters
from analysis.course.whose import MOST_FILES, Class, HandIn, hand_ins
from analysis.executor import Call, Executor
from analysis.parameters import Parameters
from analysis.problems import InputError, Problem, listed, visible

if TYPE_CHECKING:
    import pandas as pd

    from analysis.console import Quiet
    from analysis.course.setting import Setting

BATCH = 4
PRELOAD = ("pandas", "analysis.course.grading")
# Why there is no answer, by how the notebook ended.
ENDED = {
    "time": ("out of time", "The notebook was stopped after {timeout:g} seconds: look for a loop that does not end."),
    "memory": ("out of memory", "The notebook was stopped at {memory} MB: look for something that grows without end."),
    "output": ("too much output", "The notebook handed over more than can be read and was stopped."),
    "broken off": ("broken off", "Python ended before the last cell: look for a call that ends or kills it."),
}
# What can be done about a file that is no notebook, by its ending.
ARCHIVES = {".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz"}
UNPACK = "Archives are not opened: unpack it here, into a folder named after the id, and grade again."
NO_LINK = "It is a link, and links are not followed: put the file itself here."
NO_NOTEBOOK = "Only notebooks are graded: ask for the .ipynb file itself."
STRANGER = "Nobody on the roster has this id: rename the folder or the file so that it begins with the id."
NAMELESS = "The name does not say whose it is: rename the file so that it begins with an id and a dash."
BY_RECORD = "its name does not say whose it is: taken for the student's for whom it was made"
NO_WORDS = "Nothing was written where the answer should be."
UNTOUCHED = "The placeholder `...` still stands where the answer should be."


@dataclass(frozen=True)
class SchoolClass:
    """What grading knows of a class.

    Parameters
    ----------
    data
        Folder of the edition's tables.
    identity
        By which its notebooks are recognised.
    parameters
        Of the edition.
    chapters
        Exercises by chapter.
    students
        Name and variant by id; empty without a roster.
    """

    data: Path
    identity: str
    parameters: Parameters
    chapters: Mapping[str, Sequence[Mapping[str, Any]]]
    students: Mapping[str, Mapping[str, Any]]

    def name(self, student: str) -> str:
        """Return the name of a student; empty where none is known."""
        return str(self.students.get(student, {}).get("name", ""))

    def variant(self, student: str) -> Variant | None:
        """Return the variant of a student; None without a roster."""
        found = self.students.get(student)
        if found is None:
            return None
        return Variant(**{**found["variant"], "held_out": tuple(found["variant"]["held_out"])})


@dataclass(frozen=True)
class Submission:
    """What was read of a student's hand-in: a notebook and a note on it by chapter, and marks for what was no use.

    `known` is False for somebody who is none of the students.
    """

    student: str
    known: bool
    notebooks: Mapping[str, tuple[Notebook, str]]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Batch:
    """Some students' submissions, graded one after another in one place."""

    school: SchoolClass
    submissions: tuple[Submission, ...]
    limits: Limits
    confined: bool = True


def read_class(folder: Path) -> SchoolClass:
    """Read what grading needs to know from the bundle that a folder lies in.

    Parameters
    ----------
    folder
        The bundle, or a folder in it.

    Returns
    -------
    SchoolClass
        The class.

    Raises
    ------
    InputError
        When the folder lies in no bundle.
    """
    places = [place / "instructor" for place in (folder.absolute(), *folder.absolute().parents)]
    found = next((place for place in places if (place / RECORD).is_file()), None)
    if found is None:
        what = "this is not in the bundle of a class, so that nobody knows what was asked"
        raise InputError(Problem(str(folder), None, None, what, "give the bundle with --bundle DIR"))
    record = json.loads((found / RECORD).read_text(encoding="utf-8"))
    parameters = Parameters.from_mapping(record["parameters"])
    return SchoolClass(found / "data", record["class"], parameters, record["chapters"], record["students"])


def checked_folder(folder: Path) -> Path:
    """Return a folder of hand-ins, if it can be one.

    Raises
    ------
    InputError
        When it does not exist, or is the bundle that a class was given or its part for teachers.
    """
    if not folder.is_dir():
        raise InputError(Problem(str(folder), None, None, "there is no such folder", "give the folder of the hand-ins"))
    for bundle in (folder, folder.resolve().parent):
        if (bundle / "instructor" / RECORD).is_file() and (bundle == folder or folder.resolve().name == "instructor"):
            what = "this is what the class was given, not what it handed in"
            mend = f"give the folder of the hand-ins, {visible(bundle / 'submitted')}"
            raise InputError(Problem(str(folder), None, None, what, mend))
    return folder


def grade(
    folder: Path,
    school: SchoolClass,
    limits: Limits,
    executor: Executor,
    progress: Quiet,
    confined: bool = True,
    besides: Collection[Path] = (),
) -> pd.DataFrame:
    """Grade what a class handed in.

    Parameters
    ----------
    folder
        With a folder or files a student.
    school
        The class.
    limits
        For each notebook.
    executor
        Does the batches, side by side.
    progress
        Told of each student.
    confined
        False where notebooks may be run although they cannot be confined.
    besides
        Files in the folder that nobody handed in.

    Returns
    -------
    DataFrame
        A row for each student and exercise, with the columns `COLUMNS`, in the order of the roster and the chapters.

    Raises
    ------
    InputError
        When the folder cannot be one of hand-ins or holds no notebook; or when this machine cannot confine notebooks
        and `confined` says that it must.
    """
    import pandas as pd

    asked = Class(list(school.students), [name.replace("/", "-") for name in school.chapters], school.identity)
    found = [read_submission(each, school) for each in hand_ins(checked_folder(folder), asked, besides)]
    tasks = [Batch(school, batch, limits, confined) for batch in in_batches(found)]
    calls = [Call(f"batch {number}", grade_batch, task, school.data) for number, task in enumerate(tasks, start=1)]
    progress.expect(len(found))
    marks: dict[str, list[Mark]] = {}
    for outcome in executor.run(calls):
        if isinstance(outcome.error, MemoryError):
            what = f"{outcome.name} cannot be graded on this cluster: {outcome.error}"
            raise InputError(Problem("--scheduler", None, None, what, "a worker needs more than one notebook may take, see --memory"))
        if outcome.error:
            raise outcome.error
        for student, rows in outcome.value.items():
            marks[student] = rows
            progress.step(visible(student), summary_of(rows))
    rows = [asdict(mark) for each in found for mark in marks.get(each.student, [])]
    return signed(pd.DataFrame(rows, columns=list(COLUMNS)))


def in_batches(found: Sequence[Submission]) -> Iterator[tuple[Submission, ...]]:
    """Yield submissions a few at a time: starting a sandbox costs as much as a short notebook."""
    for start in range(0, len(found), BATCH):
        yield tuple(found[start : start + BATCH])


def grade_batch(batch: Batch, data: Path) -> dict[str, list[Mark]]:
    """Grade the submissions of some students.

    Parameters
    ----------
    batch
        The submissions.
    data
        Folder of the edition's tables.

    Returns
    -------
    dict
        Marks by student.

    Raises
    ------
    InputError
        When notebooks must be confined and cannot be.
    """
    with Sandbox(batch.limits) as sandbox:
        if sandbox.not_isolated and batch.confined:
            what = f"this machine cannot confine notebooks ({sandbox.not_isolated})"
            mend = "grade on Linux with user namespaces, or with --unconfined if you trust your students"
            raise InputError(Problem("", None, None, what, mend))
        desk = Desk(batch.school, data, batch.limits, sandbox)
        return {each.student: [*each.marks, *desk.marks(each)] for each in batch.submissions}


def read_submission(hand_in: HandIn, school: SchoolClass) -> Submission:
    """Read the files of a student, as data."""
    blank = Mark(hand_in.student, school.name(hand_in.student), fingerprint=letters(""))
    marks = [not_a_notebook(path, blank) for path in hand_in.others]
    if hand_in.too_many:
        hint = f"Only the first {MOST_FILES} files were looked at."
        marks.append(replace(blank, hint=hint, status="not graded"))
    if not hand_in.known:
        strange = [stranger(hand_in, blank, school)] if hand_in.files or not hand_in.others else []
        return Submission(hand_in.student, False, {}, (*marks, *strange))
    read: dict[str, tuple[Notebook, str]] = {}
    marks += [
        mark
        for path in hand_in.files
        for mark in taken_in(path, blank, school, read, BY_RECORD if path in hand_in.by_record else "")
    ]
    return Submission(hand_in.student, True, read, tuple(marks))


def stranger(hand_in: HandIn, blank: Mark, school: SchoolClass) -> Mark:
    """Return the row of files whose name is no student's."""
    hint = STRANGER if school.students else NAMELESS
    if hand_in.made_for:
        hint += f" It was made for {listed(hand_in.made_for)}, whose own hand-in counts."
    return replace(blank, hint=hint, status="unknown student")


def not_a_notebook(path: Path, blank: Mark) -> Mark:
    """Return the row of a file that cannot be graded."""
    archive = path.suffix.casefold() in ARCHIVES
    hint = NO_LINK if path.is_symlink() else UNPACK if archive else NO_NOTEBOOK
    return replace(blank, hint=hint, status="not a notebook", **about_file(path))


def about_file(path: Path) -> dict[str, str]:
    """Return what a row says of the file that it is about."""
    return {"note": f"file {visible(path.name[:80])}", "fingerprint": letters(path.name, str(path.lstat().st_size))}


def taken_in(
    path: Path, blank: Mark, school: SchoolClass, read: dict[str, tuple[Notebook, str]], note: str
) -> Iterator[Mark]:
    """Read a file into the notebooks by chapter, with notes on it; yield a mark for one that cannot be used."""
    row = replace(blank, **about_file(path))
    try:
        notebook = read_hand_in(path)
    except Unreadable as error:
        yield replace(row, hint=sentence(str(error)), status="unreadable")
        return
    except OSError as error:
        yield replace(row, hint=sentence(f"the file cannot be read: {error.strerror}"), status="unreadable")
        return
    chapter = chapter_of(notebook, school)
    if not chapter:
        hint = "No exercise of this class is in it: hand in the notebook that you were given."
        yield replace(row, hint=hint, status="not of this class")
    elif chapter in read:
        hint = "Another notebook of the same chapter was graded. If this is another student's, give it that one's id."
        yield replace(row, chapter=chapter, hint=hint, status="not graded")
    else:
        read[chapter] = notebook, noted([origin(notebook, blank.student, school), note])


def chapter_of(notebook: Notebook, school: SchoolClass) -> str:
    """Return the chapter whose exercises a notebook has most of; empty where it has none."""
    labels = {name: {each["label"] for each in asked} for name, asked in school.chapters.items()}
    own = {identity.removesuffix("-answer") for identity in notebook.identities}
    counts = {name: len(known & own) for name, known in labels.items()}
    best = max(counts, key=lambda name: (counts[name], name == notebook.about.get("chapter")), default="")
    said = notebook.about.get("chapter", "")
    return best if best and counts[best] else said if said in labels else ""


def origin(notebook: Notebook, student: str, school: SchoolClass) -> str:
    """Say for whom a notebook was made, if it was not for this student."""
    if notebook.about.get("class", school.identity) != school.identity:
        return "made for another class"
    made_for = notebook.about.get("student", student)
    if school.students and made_for and made_for != student:
        return f"made for another student, {visible(made_for[:40])}"
    return ""


@dataclass(frozen=True)
class Desk:
    """Where notebooks are graded.

    Parameters
    ----------
    school
        The class.
    data
        Folder of the edition's tables.
    limits
        For each notebook.
    sandbox
        Runs them.
    """

    school: SchoolClass
    data: Path
    limits: Limits
    sandbox: Sandbox

    def marks(self, submission: Submission) -> Iterator[Mark]:
        """Yield the marks of a student for every exercise of the class; none for a stranger."""
        student, school = submission.student, self.school
        if not submission.known:
            return
        variant = school.variant(student)
        with tempfile.TemporaryDirectory(prefix="class-data-") as work:
            Path(work).chmod(0o755)
            own = Path(work) / "data"
            write_data(self.data, own, variant.held_out if variant else ())
            for chapter, asked in school.chapters.items():
                blank = Mark(student, school.name(student), chapter, fingerprint=letters(""))
                if chapter in submission.notebooks:
                    yield from self.chapter_marks(blank, *submission.notebooks[chapter], asked, variant, own)
                else:
                    yield from (missing_mark(blank, each) for each in asked)

    def chapter_marks(
        self,
        blank: Mark,
        notebook: Notebook,
        about: str,
        asked: Sequence[Mapping[str, Any]],
        variant: Variant | None,
        own: Path,
    ) -> Iterator[Mark]:
        """Run a notebook and yield a mark for each exercise of its chapter."""
        checked = [each for each in asked if each["asks"]]
        todo = cells_to_run(notebook, checked, opening(variant, self.school.parameters))
        report = self.sandbox.run(todo, own) if checked else Report("finished")
        setting = class_setting(variant, self.data, self.school.parameters)
        errors = own_errors(todo, report)
        row = replace(blank, fingerprint=letters(*(text for cell in notebook.cells for text in whole(cell))))
        loose = "run without confinement" if self.sandbox.not_isolated else ""
        for each in asked:
            notes = [about, tampered(notebook, each), loose]
            if each["asks"]:
                trouble = why_not(each["label"], report, errors.get(each["label"]), self.limits)
                yield judged(row, each, report, trouble, setting, notes)
            else:
                yield in_words(row, each, notebook, notes)


def whole(cell: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the texts of a cell that make a difference to its marks."""
    return cell["kind"], cell["identity"], cell["source"]


def opening(variant: Variant | None, parameters: Parameters) -> str:
    """Return the code of the cell with the student's own parameters, as it should be."""
    return parameters_code(given_parameters(variant, parameters))


def tampered(notebook: Notebook, exercise: Mapping[str, Any]) -> str:
    """Say whether a check was changed or taken out; it made no difference to the mark."""
    if not exercise["asks"]:
        return ""
    found = [cell["source"].strip() for cell in notebook.cells if cell["identity"] == exercise["label"]]
    if not found:
        return "its check was taken out"
    return "" if all(source == exercise["check"].strip() for source in found) else "its check was changed"


def noted(notes: Iterable[str]) -> str:
    """Put notes together."""
    return "; ".join(note for note in notes if note)


def missing_mark(blank: Mark, exercise: Mapping[str, Any]) -> Mark:
    """Return the mark of an exercise whose notebook was not handed in."""
    hint = "No notebook of this chapter was handed in."
    return replace(blank, exercise=exercise["label"], out_of=exercise["points"], hint=hint, status=ABSENT)


def in_words(blank: Mark, exercise: Mapping[str, Any], notebook: Notebook, notes: Sequence[str]) -> Mark:
    """Return the row of an exercise that somebody has to read; without an answer there is nothing to read."""
    written = words_of(notebook, exercise["label"])
    row = replace(blank, exercise=exercise["label"], out_of=exercise["points"], points=math.nan, status=TO_READ)
    if written is None:
        gone = "the cell for its answer was taken out: look through the notebook"
        return replace(row, note=noted([*notes, gone]))
    own = written.replace(WORDS_WANTED.strip(), "").strip()
    row = replace(row, note=noted(notes), fingerprint=letters(own))
    return row if own else replace(row, points=0.0, status="no answer", hint=NO_WORDS)


def judged(
    blank: Mark,
    exercise: Mapping[str, Any],
    report: Report,
    trouble: tuple[str, str],
    setting: Setting,
    notes: Sequence[str],
) -> Mark:
    """Return the mark of an exercise that checks itself; `trouble` is hint and status where there is no answer."""
    label = exercise["label"]
    points, out_of, (hint, status) = 0.0, exercise["points"], trouble
    answers, odd = report.answers.get(label), report.odd.get(label, {})
    if answers or given(odd):
        points, out_of, hint, status = verdict(exercise, answers or {}, odd, setting)
    row = {"exercise": label, "points": points, "out_of": out_of, "hint": hint, "status": status}
    return replace(blank, **row, note=noted(notes))


def given(odd: Mapping[str, str]) -> bool:
    """Whether a variable that cannot be read holds an answer at all, and not the mark that stands for one."""
    return any("placeholder" not in why for why in odd.values())


def own_errors(todo: Sequence[Mapping[str, Any]], report: Report) -> dict[str, tuple[str, str, str]]:
    """Return the first error of each exercise: of those in the cells after the check before it, up to its own.

    Parameters
    ----------
    todo
        What was run, as :func:`analysis.course.hand_ins.cells_to_run` returns it.
    report
        What came of it; the numbers in it may be anything.

    Returns
    -------
    dict
        Place, name and message by label.
    """
    found: dict[str, tuple[str, str, str]] = {}
    for number, name, text in report.errors:
        if 0 < number <= len(todo):
            place = f"Code cell {todo[number - 1]['cell']}" if "cell" in todo[number - 1] else "The cell of parameters"
            label = next((step["label"] for step in todo[number:] if "label" in step), "")
            found.setdefault(label, (place, name, text))
    return found


def why_not(label: str, report: Report, error: tuple[str, str, str] | None, limits: Limits) -> tuple[str, str]:
    """Return hint and status of an exercise without an answer."""
    if report.ended in ENDED and label not in report.answers:
        status, hint = ENDED[report.ended]
        return hint.format(**asdict(limits)), status
    if report.odd.get(label):
        return UNTOUCHED, "no answer"
    if error:
        place, name, text = error
        said = f": {visible(text)}" if text else ""
        kind = "out of memory" if name == "MemoryError" else "raised an error"
        return f"{place} raised {visible(name)}{said}", kind
    return "The variables that the exercise names were not assigned.", "no answer"


def verdict(
    exercise: Mapping[str, Any], answers: Mapping[str, Any], odd: Mapping[str, str], setting: Setting
) -> tuple[float, float, str, str]:
    """Judge plain values; return points, most points, hint and status."""
    from analysis.course.checks import CHECKS

    wanted = {name: answers[name] for name in exercise["asks"] if name in answers}
    found = CHECKS[exercise["label"]].judge(wanted, setting)
    if not found.checkable:
        return 0.0, 0.0, found.hint, "cannot be checked"
    unread = [f"`{name}`: {sentence(visible(why))}" for name, why in odd.items() if name in exercise["asks"]]
    unsaid = [line for line in found.hint.splitlines() if not any(line.startswith(f"`{name}`") for name in odd)]
    status = "right" if found.passed else "partly right" if found.points else "wrong"
    return found.points, found.out_of, " ".join([*unsaid, *unread]), status
