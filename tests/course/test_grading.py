"""What comes back from a class: every file has its row, every error its cell, and no mark of a teacher is lost."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from analysis.course.bundle import RECORD, described, file_name, points
from analysis.course.exercises import exercises
from analysis.course.grading import own_errors, read_class, read_submission, why_not
from analysis.course.hand_ins import cells_to_run, read_hand_in, words_of
from analysis.course.kept_marks import carried_over, earlier_marks, put_aside, signed
from analysis.course.marks import COLUMNS, Mark, summary, totals
from analysis.course.notebooks import Edition, student_notebook
from analysis.course.plain_markdown import Words
from analysis.course.sandbox import Limits, Report, Sandbox
from analysis.course.variants import Choices, variants_of
from analysis.course.whose import Class, HandIn, hand_ins
from analysis.inputs import safe_csv
from analysis.parameters import Parameters
from analysis.problems import InputError

from class_kit import CHAPTER, MEDIAN, ROOT, TWO, WORDS, answering, cell_of
from toy_book import compendium

CHOICES = Choices({"chat": tuple("abcd"), "base": tuple("abc")})
NAME = "part-lesson"


def make_bundle(root: Path, students: Sequence[str] = ("s1", "s2")) -> Path:
    """A bundle with what grading needs of it: the record, the tables, and a notebook for each student."""
    variants = variants_of(students, 7, Choices({"chat": ("truthfulqa_mc1", "wmdp")}))
    record = {
        "class": "this-class",
        "parameters": Parameters().to_mapping(),
        "chapters": {"part/lesson": [described(each) for each in exercises(CHAPTER)]},
        "students": {each: {"name": each.title(), "variant": asdict(variants[each])} for each in students},
    }
    (root / "instructor").mkdir(parents=True)
    (root / "instructor" / RECORD).write_text(json.dumps(record))
    (root / "instructor/data").symlink_to(ROOT / "data")
    (root / "submitted").mkdir()
    for student in students or [""]:
        edition = Edition(Words(), points(), {"class": "this-class", "student": student})
        notebook = student_notebook("part/lesson", CHAPTER, edition, {"data": "data"})
        (root / "students" / student).mkdir(parents=True)
        nbformat.write(notebook, root / "students" / student / file_name("part/lesson", student))
    return root


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "class")


@pytest.fixture
def open_bundle(tmp_path: Path) -> Path:
    """A bundle without a roster."""
    return make_bundle(tmp_path / "class", ())


def put(bundle: Path, place: str, student: str = "", change: Callable[[Any], Any] = lambda notebook: notebook) -> Path:
    """Hand in a student's notebook in a place, changed."""
    given = bundle / "students" / student / file_name("part/lesson", student)
    target = bundle / "submitted" / place
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(change(json.loads(given.read_text()))))
    return target


def found_in(bundle: Path) -> dict[str, HandIn]:
    """What is found among the hand-ins, by student."""
    school = read_class(bundle)
    asked = Class(list(school.students), [NAME], school.identity)
    return {each.student: each for each in hand_ins(bundle / "submitted", asked)}


def rows_of(bundle: Path) -> dict[str, list[Mark]]:
    """The rows that reading alone gives, by student."""
    return {name: list(read_submission(each, read_class(bundle)).marks) for name, each in found_in(bundle).items()}


def with_cell(place: int, kind: str, source: str) -> Callable[[Any], Any]:
    """A student who adds a cell above (0) or below (1) the cell for the answer in words, which stays as it is."""

    def change(notebook: Any) -> Any:
        at = notebook["cells"].index(cell_of(notebook, WORDS)) + place
        notebook["cells"].insert(at, {"cell_type": kind, "id": "3fa9c1d2", "metadata": {}, "source": source})
        return notebook

    return change


def without_ids(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A student whose program drops the cells' ids."""
    return lambda notebook: {**change(notebook), "cells": [{**each, "id": None} for each in change(notebook)["cells"]]}


def table(*rows: Mark) -> pd.DataFrame:
    return signed(pd.DataFrame([asdict(row) for row in rows], columns=list(COLUMNS)))


def filled_by_hand(path: Path, **cells: str) -> None:
    """Let a teacher fill in the rows to be read, in a spreadsheet that saves everything in its own way."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["out_of"] = f"{float(row['out_of']):g}"
        if row["status"] == "to be read":
            row.update(cells)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


READ = Mark("s1", exercise="words", points=float("nan"), out_of=1.0, status="to be read", fingerprint="aaaaaaaa")
WRONG = Mark("s1", exercise="sum", points=1 / 3, out_of=1.0, status="wrong", hint="=Look", fingerprint="bbbbbbbb")
BY_HAND = {"points": "0.5", "hint": "well argued", "status": "read"}


def test_what_a_teacher_filled_in_is_carried_over(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(safe_csv(table(READ, WRONG)))
    filled_by_hand(path, **BY_HAND)
    marks, kept, lost = carried_over(table(READ, WRONG), earlier_marks(path))
    assert (kept, lost) == (1, False)
    assert list(marks.loc[0, ["points", "hint", "status"]]) == [0.5, "well argued", "read"]
    path.write_text(safe_csv(marks))
    again, kept, _ = carried_over(table(READ, WRONG), earlier_marks(path))
    assert kept == 1 and again.equals(marks)


def test_points_alone_make_a_row_read(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(safe_csv(table(READ)))
    filled_by_hand(path, points="1")
    marks, _, _ = carried_over(table(READ), earlier_marks(path))
    assert marks.loc[0, "status"] == "read"


def test_nothing_is_kept_of_a_table_that_nobody_touched(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(safe_csv(table(READ, WRONG)))
    filled_by_hand(path)
    assert carried_over(table(READ, WRONG), earlier_marks(path))[1:] == (0, False)


@pytest.mark.parametrize("cells", [BY_HAND, {"note": "?"}])
def test_words_on_another_hand_in_are_not_taken_over_and_not_lost(tmp_path: Path, cells: dict[str, str]) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(safe_csv(table(READ)))
    filled_by_hand(path, **cells)
    new = table(Mark(**{**asdict(READ), "fingerprint": "cccccccc"}))
    marks, kept, lost = carried_over(new, earlier_marks(path))
    assert (kept, lost) == (0, True) and marks.loc[0, "status"] == "to be read"
    first = put_aside(path)
    path.write_text("another")
    assert [first.name, put_aside(path).name] == ["marks-before.csv", "marks-before-2.csv"]


def test_a_teacher_s_own_column_or_row_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    for text in (
        safe_csv(table(READ).assign(thoughts="good")),
        safe_csv(table(READ)) + "s1,,,oral,1,1,,read,,\n",
        safe_csv(table(READ).drop(columns="fingerprint")),
    ):
        path.write_text(text)
        assert carried_over(table(READ), earlier_marks(path))[2]


@pytest.mark.parametrize(
    "text, said",
    [
        ("id,name\ns1,Ann\n", "no table of marks"),
        (safe_csv(table(READ)).replace(",,1.0,,to", ",B+,1.0,,to"), "row 2, column points: 'B+' is not a number"),
    ],
)
def test_an_earlier_table_that_cannot_be_read_is_not_written_over(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "marks.csv").write_text(text)
    with pytest.raises(InputError, match=said.replace("+", r"\+")):
        earlier_marks(tmp_path / "marks.csv")


def test_totals_have_a_row_for_each_student() -> None:
    absent = Mark("s2", exercise="sum", out_of=2.0, status="not handed in")
    found = totals(table(READ, WRONG, absent, Mark("stranger", status="unknown student")))
    assert found.to_csv(index=False).splitlines() == [
        "student,name,points,possible,to_be_read,not_handed_in", "s1,,0.333333,2.0,1,0", "s2,,0.0,2.0,0,1",
    ]


def test_files_that_are_no_notebooks_have_rows(bundle: Path) -> None:
    put(bundle, "s1/work.ipynb", "s1")
    for name in ("s1/ex.py", "s1/data/scores.csv", "s1/README.md", "s1/.hidden", "s2.zip", "notes.txt", "README.md"):
        (bundle / "submitted" / name).parent.mkdir(exist_ok=True)
        (bundle / "submitted" / name).write_text("x")
    (bundle / "submitted/s2 work.ipynb").symlink_to(bundle / "submitted/s1/work.ipynb")
    rows = rows_of(bundle)
    assert {(name, row.status, row.note) for name, found in rows.items() for row in found} == {
        ("s1", "not a notebook", "file ex.py"),
        ("s2", "not a notebook", "file s2.zip"),
        ("s2", "not a notebook", "file s2 work.ipynb"),
        ("notes", "not a notebook", "file notes.txt"),
    }
    hints = {row.note: row.hint for found in rows.values() for row in found}
    assert "unpack" in hints["file s2.zip"] and "link" in hints["file s2 work.ipynb"]
    frame = table(*(row for found in rows.values() for row in found), WRONG)
    assert "s2: not a notebook (file s2.zip)" in summary(frame) and summary(frame)[0].startswith("1 student:")


@pytest.mark.parametrize("names, said", [([], "no notebook in it; "), (["all.zip"], "it, only 'all.zip'")])
def test_a_folder_without_a_notebook_is_an_error(bundle: Path, names: list[str], said: str) -> None:
    for name in names:
        (bundle / "submitted" / name).write_text("PK")
    done = compendium("grade", bundle / "submitted")
    assert done.returncode == 2 and said in done.stderr and "archives unpacked" in done.stderr
    assert not (bundle / "marks.csv").exists()


@pytest.mark.parametrize("place", ["", "instructor"])
def test_the_bundle_is_no_folder_of_hand_ins(bundle: Path, place: str) -> None:
    done = compendium("grade", bundle / place)
    assert done.returncode == 2 and "not what it handed in" in done.stderr and "class/submitted" in done.stderr


def test_no_marks_can_go_where_there_is_no_folder(bundle: Path) -> None:
    put(bundle, "s1.ipynb", "s1")
    done = compendium("grade", bundle / "submitted", "--out", bundle / "nowhere/m.csv")
    assert done.returncode == 2 and "--out" in done.stderr and "-o " not in done.stderr


def test_the_name_a_notebook_was_given_says_whose_it_is(bundle: Path) -> None:
    put(bundle, file_name("part/lesson", "s1"), "s1")
    assert [len(each.files) for each in found_in(bundle).values()] == [1, 0]


def test_where_the_name_does_not_tell_the_record_does(bundle: Path) -> None:
    path = put(bundle, "my work.ipynb", "s1")
    put(bundle, "other/of another class.ipynb", "s2", lambda notebook: {**notebook, "metadata": {}})
    found = found_in(bundle)
    assert found["s1"].files == (path,) and found["s1"].by_record == {path}
    notes = [note for _, note in read_submission(found["s1"], read_class(bundle)).notebooks.values()]
    assert notes == ["its name does not say whose it is: taken for the student's for whom it was made"]
    assert list(found) == ["s1", "s2", "other"] and found["s2"].files == () and not found["other"].known


def test_the_record_does_not_go_against_a_name(bundle: Path) -> None:
    path = put(bundle, "s1.ipynb", "s1")
    put(bundle, "zoe/x.ipynb", "s1")
    assert found_in(bundle)["s1"].files == (path,)
    (row,) = rows_of(bundle)["zoe"]
    assert row.status == "unknown student" and "made for 's1', whose own hand-in counts" in row.hint


def test_without_a_roster_an_id_ends_where_anything_begins(open_bundle: Path) -> None:
    for name in ("ann-scarce", "ann crisp", "ann-lee-part-lesson", "bob.x", "part-lesson (1)", "cy d/part-lesson"):
        put(open_bundle, f"{name}.ipynb")
    (open_bundle / "submitted/eve").mkdir()
    (open_bundle / "submitted/notes.txt").write_text("x")
    found = found_in(open_bundle)
    known = {name: len(each.files) for name, each in found.items() if each.known}
    assert known == {"ann": 2, "ann-lee": 1, "bob": 1, "cy d": 1, "eve": 0}
    rows = rows_of(open_bundle)
    assert "does not say whose" in rows["part-lesson (1)"][0].hint and rows["notes"][0].status == "not a notebook"


@pytest.mark.parametrize("place, kind", [(1, "markdown"), (0, "markdown"), (1, "code"), (1, "raw")])
@pytest.mark.parametrize("ids", [True, False])
def test_an_answer_in_a_new_cell_is_read(bundle: Path, place: int, kind: str, ids: bool) -> None:
    change = with_cell(place, kind, "Ranks are kept.")
    path = put(bundle, "s1.ipynb", "s1", change if ids else without_ids(change))
    said = words_of(read_hand_in(path), WORDS)
    assert said is not None and "Ranks are kept." in said and "size does not" not in said


def test_what_the_book_says_after_the_last_exercise_is_no_answer(bundle: Path) -> None:
    def change(notebook: Any) -> Any:
        more = {"cell_type": "markdown", "metadata": {}, "source": "## Further reading\n\nA book."}
        return {**notebook, "cells": [*notebook["cells"], {**more, "id": "cell-99"}]}

    for each in (change, without_ids(change)):
        said = words_of(read_hand_in(put(bundle, "s1.ipynb", "s1", each)), WORDS)
        assert said is not None and "A book" not in said


def errors_of(bundle: Path, answers: dict[str, str], events: Sequence[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Hint and status of each exercise without an answer, when these cells' sources raise errors of these names."""
    checked = [each for each in read_class(bundle).chapters["part/lesson"] if each["asks"]]
    notebook = read_hand_in(put(bundle, "s1.ipynb", "s1", answering(answers)))
    todo = cells_to_run(notebook, checked, "")
    places = {step.get("source"): number for number, step in enumerate(todo, start=1)}
    untouched = {each["label"]: dict.fromkeys(each["asks"], "the placeholder") for each in checked}
    odd = {label: {} if label in answers else about for label, about in untouched.items()}
    raised = tuple((places[source], name, "") for source, name in events)
    report = Report("finished", dict.fromkeys(odd, {}), odd, raised)
    errors = own_errors(todo, report)
    return {label: why_not(label, report, errors.get(label), Limits()) for label in odd}


def test_an_error_is_laid_at_its_own_exercise(bundle: Path) -> None:
    found = errors_of(bundle, {MEDIAN: "1 / 0"}, [("1 / 0", "ZeroDivisionError")])
    assert found[MEDIAN] == ("Code cell 4 raised ZeroDivisionError", "raised an error")
    assert found[TWO][1] == "no answer" and "placeholder" in found[TWO][0]
    both = [("1 / 0", "ZeroDivisionError"), ("undefined", "NameError")]
    found = errors_of(bundle, {MEDIAN: "1 / 0", TWO: "undefined"}, both)
    assert "ZeroDivisionError" in found[MEDIAN][0] and found[TWO] == ("Code cell 6 raised NameError", "raised an error")
    assert errors_of(bundle, {MEDIAN: "pass", TWO: "1 / 0"}, [("1 / 0", "E")])[MEDIAN][1] == "no answer"


def test_numbers_of_cells_that_there_are_not_tell_nothing(bundle: Path) -> None:
    todo = [{"source": "x", "cell": 1}, {"label": MEDIAN}]
    report = Report("finished", errors=((0, "A", ""), (-1, "B", ""), (3, "C", ""), (10**30, "D", "")))
    assert own_errors(todo, report) == {}


def test_an_exercise_before_the_one_that_does_not_end_has_no_answer() -> None:
    report = Report("time", {MEDIAN: {}}, {MEDIAN: {"medians": "it is still the placeholder `...`"}})
    assert [why_not(label, report, None, Limits())[1] for label in (MEDIAN, TWO)] == ["no answer", "out of time"]


def test_students_get_pairs_of_their_own_as_long_as_there_are_any() -> None:
    names = [f"s{number}" for number in range(17)]
    dealt = variants_of(names, 7, CHOICES)
    pairs = [(each.population, each.held_out) for each in dealt.values()]
    assert [len(set(pairs[start : start + 7])) for start in (0, 7)] == [7, 7] and len(set(pairs[14:])) == 3
    assert len({each.seed for each in dealt.values()}) == 17
    assert variants_of(names, 8, CHOICES) != dealt


def test_a_student_added_to_the_roster_changes_few_variants() -> None:
    many = Choices({"chat": tuple(map(str, range(60)))})
    names = [f"s{number}" for number in range(20)]
    before, after, first = (variants_of(each, 7, many) for each in (names, [*names, "new"], ["new", *names]))
    assert {name: after[name] for name in names} == before
    assert sum(first[name] != before[name] for name in names) <= 3
    assert list(variants_of(["S1"], 7, many).values()) == list(variants_of(["s1"], 7, many).values())


@pytest.fixture
def confined() -> None:
    with Sandbox() as sandbox:
        if sandbox.not_isolated:
            pytest.skip(f"this machine cannot confine notebooks: {sandbox.not_isolated}")


def test_grading_again_keeps_the_teacher_s_marks_and_says_so(bundle: Path, confined: None) -> None:
    put(bundle, "s1/x.ipynb", "s1", with_cell(1, "markdown", "Ranks are kept."))
    with zipfile.ZipFile(bundle / "submitted/s2.zip", "w") as archive:
        archive.writestr("x.ipynb", "{}")
    path = bundle / "submitted/marks.csv"
    for said in ("1 to be read", "1 row kept as you filled it in by hand", "1 row kept"):
        done = compendium("grade", bundle / "submitted", "--out", path)
        assert done.returncode == 0 and said in done.stdout, (done.stdout, done.stderr)
        filled_by_hand(path, points="1.0", hint="well argued", status="read")
    rows = pd.read_csv(path, sep=";", keep_default_na=False, dtype=str).set_index(["student", "exercise"])
    assert tuple(rows.loc[("s1", WORDS), ["points", "hint", "status"]]) == ("1.0", "well argued", "read")
    assert rows.loc[("s2", ""), "status"] == "not a notebook" and rows.loc[("s1", MEDIAN), "status"] == "no answer"
    sums = pd.read_csv(bundle / "submitted/marks-totals.csv")
    assert sums.to_numpy().tolist() == [["s1", "S1", 1.0, 3.0, 0, 0], ["s2", "S2", 0.0, 3.0, 0, 3]]
    put(bundle, "s1/x.ipynb", "s1", with_cell(1, "markdown", "Size is lost."))
    done = compendium("grade", bundle / "submitted", "--out", path)
    assert "it is kept as" in done.stdout and "marks-before.csv" in done.stdout and "1 to be read" in done.stdout
    assert "well argued" in (bundle / "submitted/marks-before.csv").read_text()
