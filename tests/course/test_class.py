"""A class of thirty goes through bundle, hand-in and grading: real commands, real processes, no network."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from analysis.course.sandbox import Sandbox

from class_kit import CASES, MEDIAN, RIGHT_MEDIANS, SOLUTIONS, TWO, WORDS, given_to, hand_in, keys, make_class_book
from toy_book import compendium
from visits import Visit

ROOT = Path(__file__).parents[2]
ROSTER = "id,name,email\n" + "".join(f'{student},"=cmd|{student}",{student}@school.invalid\n' for student in CASES)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the class, with everything handed in."""
    root = make_class_book(tmp_path_factory.mktemp("book"))
    (root / "roster.csv").write_text(ROSTER)
    for command in (["build"], ["class", "--out", root / "class", "--roster", root / "roster.csv"]):
        done = compendium(*command, "--book", root)
        assert done.returncode == 0, done.stderr
    hand_in(root / "class")
    return root / "class"


@pytest.fixture(scope="module")
def marks(bundle: Path) -> pd.DataFrame:
    """The table of marks."""
    with Sandbox() as sandbox:
        if sandbox.not_isolated:
            pytest.skip(f"this machine cannot confine notebooks: {sandbox.not_isolated}")
    command = ["grade", bundle / "submitted", "--timeout", "25", "--memory", "1500"]
    done = compendium(*command)
    assert done.returncode == 0, done.stderr
    return pd.read_csv(bundle / "marks.csv", keep_default_na=False)


def notebook(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def student_files(bundle: Path) -> list[Path]:
    return [path for folder in ("students", "kit", "handouts", "slides", "submitted") for path in (bundle / folder).rglob("*")]


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + 8]) for start in range(len(words) - 7)}


@pytest.mark.parametrize("student", CASES)
def test_each_student_gets_the_marks_that_are_due(marks: pd.DataFrame, student: str) -> None:
    rows = marks[(marks["student"] == student) & marks["exercise"].astype(bool)].set_index("exercise")
    assert tuple(rows.loc[[MEDIAN, TWO, WORDS], "status"]) == CASES[student].due
    assert {str(rows.loc[label, "points"]) for label in rows.index if rows.loc[label, "status"] == "right"} <= {"1.0"}
    not_right = rows[~rows["status"].isin(["right", "to be read", "no answer"])]
    assert not_right["points"].astype(float).eq(0).all() and not_right["hint"].str.len().gt(20).all()


@pytest.mark.parametrize("student", [name for name, case in CASES.items() if case.extra])
def test_a_file_that_is_no_notebook_has_a_row_that_says_so(marks: pd.DataFrame, student: str) -> None:
    rows = marks[(marks["student"] == student) & ~marks["exercise"].astype(bool)]
    assert list(rows["status"]) == [CASES[student].extra] and rows["hint"].str.len().gt(20).all()


def test_marks_can_be_opened_in_a_spreadsheet_and_strangers_are_named(bundle: Path, marks: pd.DataFrame) -> None:
    with (bundle / "marks.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t"))]
    assert list(marks.loc[marks["student"] == "stranger", "status"]) == ["unknown student"]


def test_tampering_is_noted_and_makes_no_difference(marks: pd.DataFrame) -> None:
    notes = {student: "; ".join(rows["note"]) for student, rows in marks.groupby("student")}
    assert "its check was changed" in notes["s23-changed-check"]
    assert "its check was taken out" in notes["s24-no-checks"]
    assert "made for another student" in notes["s30-copied"]
    assert notes["s02-right"].strip("; ") == ""


def test_no_hint_gives_an_answer_away(bundle: Path, marks: pd.DataFrame) -> None:
    expected = keys(bundle)
    for row in marks.itertuples():
        numbers = {round(float(found), 2) for found in re.findall(r"\d*\.\d+", row.hint)}
        assert not numbers & {round(abs(value), 2) for value in expected.get(row.student, {}).values()}


def test_nobody_is_left_running_and_the_bundle_is_as_it_was(bundle: Path, marks: pd.DataFrame) -> None:
    import psutil

    lines = [" ".join(each.info["cmdline"] or []) for each in psutil.process_iter(["cmdline"])]
    assert not [line for line in lines if str(bundle.parent) in line]
    assert sorted(path.name for path in bundle.iterdir()) == [
        "README.md", "handouts", "instructor", "kit", "marks-totals.csv", "marks.csv", "slides", "students", "submitted",
    ]


def test_variants_differ_in_their_right_answers_and_stay_with_their_student(bundle: Path) -> None:
    expected = keys(bundle)
    assert len({tuple(sorted(found.items())) for found in expected.values()}) > 10
    key = pd.read_csv(bundle / "instructor/key.csv")
    assert key["seed"].nunique() == len(CASES) and set(key["population"]) == {"base", "chat"}


def test_the_key_is_what_a_student_s_own_tables_give(bundle: Path) -> None:
    folder = bundle / "students/s01-right"
    cells = [cell.source for cell in notebook(given_to(bundle, "s01-right")).cells[:4] if cell.cell_type == "code"]
    code = "\n".join(["import json", *cells, RIGHT_MEDIANS, "print(json.dumps(medians.to_dict()))"])
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=300)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found == pytest.approx(keys(bundle)["s01-right"], abs=1e-5)


def test_what_a_student_is_held_out_is_not_in_the_student_s_tables(bundle: Path) -> None:
    record = json.loads((bundle / "instructor/class.json").read_text())
    for student, about in record["students"].items():
        benchmarks = set(pd.read_csv(bundle / "students" / student / "data/scores.csv")["benchmark"])
        assert len(about["variant"]["held_out"]) == 1 and not benchmarks & set(about["variant"]["held_out"])


def test_no_solution_and_no_key_is_in_anything_for_students(bundle: Path) -> None:
    files = [path for path in student_files(bundle) if path.is_file() and path.suffix != ".csv"]
    texts = {path: path.read_text(errors="replace") for path in files}
    # What the class itself handed in may hold right answers; what it was given may not.
    given = {path: text for path, text in texts.items() if "submitted" not in path.parts or path.name == "README.md"}
    prose, code = runs(SOLUTIONS), {line for line in SOLUTIONS.splitlines() if " = " in line}
    assert len(given) > 60 and code
    for path, text in given.items():
        assert "quagga" not in text and not prose & runs(text), path
        assert not [line for line in code if line in text], path


def test_student_notebooks_are_clean_and_carry_nbgrader_s_metadata(bundle: Path) -> None:
    found = notebook(given_to(bundle, "s01-right"))
    nbformat.validate(found)
    assert all(cell.get("outputs", []) == [] and cell.get("execution_count") is None for cell in found.cells)
    about = [cell.metadata.nbgrader for cell in found.cells if "nbgrader" in cell.metadata]
    graded = {each.grade_id: each for each in about}
    assert list(graded) == [f"{MEDIAN}-answer", MEDIAN, f"{TWO}-answer", TWO, WORDS]
    wanted = {"grade", "solution", "locked", "schema_version", "cell_type", "grade_id"}
    assert all(set(each) >= wanted for each in about)
    assert graded[MEDIAN].locked and graded[MEDIAN].points == 1 and not graded[f"{MEDIAN}-answer"].locked
    text = "\n".join(cell.source for cell in found.cells if cell.cell_type == "markdown")
    assert "{" not in text and "(Someone and Other, 2020)" in text and "⟨counted⟩" in text


def test_the_email_of_a_roster_goes_nowhere(bundle: Path) -> None:
    assert not [path for path in bundle.rglob("*") if path.is_file() and b"school.invalid" in path.read_bytes()]


def test_the_instructor_s_notebook_is_executed_with_its_solutions(bundle: Path) -> None:
    found = notebook(bundle / "instructor/part-lesson.ipynb")
    code = [cell for cell in found.cells if cell.cell_type == "code"]
    assert any("quagga_rows" in cell.source for cell in code) and all(cell.execution_count for cell in code)


def test_a_bundle_is_not_made_in_the_place_of_something_else(bundle: Path) -> None:
    book = bundle.parent
    before = sorted(bundle.rglob("*"))
    done = compendium("class", "--out", bundle, "--book", book)
    assert done.returncode == 2 and "error: " in done.stderr and "Traceback" not in done.stderr
    assert sorted(bundle.rglob("*")) == before


@pytest.mark.parametrize(
    "roster, said",
    [
        ("name\nAnn\n", "no column 'id'"),
        ("id\n../x\n", "cannot be the name"),
        ("id\na\nA\n", "given twice"),
        ("id\n", "add one row for each student"),
        ("id\ncon\n", "Windows keeps this name for a device"),
    ],
)
def test_a_roster_that_cannot_be_used_is_refused(bundle: Path, tmp_path: Path, roster: str, said: str) -> None:
    (tmp_path / "roster.csv").write_text(roster)
    done = compendium("class", "--out", tmp_path / "out", "--roster", tmp_path / "roster.csv", "--book", bundle.parent)
    assert done.returncode == 2 and said in done.stderr and not (tmp_path / "out").exists()


def test_grading_outside_a_bundle_says_what_is_missing(tmp_path: Path) -> None:
    done = compendium("grade", tmp_path)
    assert done.returncode == 2 and "--bundle" in done.stderr


def test_slides_and_handouts_ask_nothing_of_the_network(browser: Any, bundle: Path) -> None:
    for path in [bundle / "slides/index.html", *sorted((bundle / "handouts").glob("*.html"))]:
        with Visit(browser, path) as visit:
            assert visit.complaints == [] and all(url.startswith("file:") for url in visit.requests)
            visit.page.keyboard.press("End")


def test_keys_turn_the_slides_and_notes_come_on_a_key(browser: Any, bundle: Path) -> None:
    with Visit(browser, bundle / "slides/index.html") as visit:
        shown = visit.page.locator(".slide:visible")
        first = shown.inner_text()
        visit.page.keyboard.press("ArrowRight")
        assert shown.count() == 1 and shown.inner_text() != first
        assert visit.page.locator(".note:visible").count() == 0
        visit.page.keyboard.press("n")
        assert visit.page.locator(".note:visible").count() == 1
        visit.page.keyboard.press("Home")
        assert shown.locator("h1").inner_text() in first


def test_printing_gives_one_slide_a_page(browser: Any, bundle: Path) -> None:
    with Visit(browser, bundle / "slides/index.html") as visit:
        pages = len(re.findall(rb"/Type\s*/Page[^s]", visit.page.pdf(prefer_css_page_size=True)))
        assert pages == visit.page.locator(".slide").count() > 3
