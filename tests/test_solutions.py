"""Solutions: one for each exercise, with code that works, and never in an edition."""

from __future__ import annotations

import ast
import pkgutil
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from analysis.cli import main
from analysis.course.checks import CHECKS, Setting
from analysis.course.exercises import called_for, check_calls
from analysis.execution import declared_parameters, read_notebook
from analysis.single import find_chapter

from toy_book import compendium, make_book

ROOT = Path(__file__).parents[1]
CHAPTERS = ROOT / "chapters"
FOLDER = ROOT / "solutions"
PAGES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.md"))
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
RUN = 8


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def sources() -> dict[str, str]:
    """The chapters' sources by their path."""
    return {path.relative_to(CHAPTERS).as_posix(): text_of(path) for path in sorted(CHAPTERS.rglob("*.md"))}


def blocks(page: str, language: str) -> list[str]:
    return [code for kind, code in FENCED.findall(text_of(FOLDER / page)) if kind == language]


def exercises(text: str) -> list[str]:
    return re.findall(r"^:label: (ex-[\w-]+)$", text, re.MULTILINE)


def solved(text: str) -> list[str]:
    return re.findall(r"^## (.+)$", FENCED.sub("", text), re.MULTILINE)


def dotted(node: ast.expr) -> tuple[str, ...]:
    """The parts of a chain of names such as `a.b.c`; none for any other expression."""
    if isinstance(node, ast.Name):
        return (node.id,)
    inner = dotted(node.value) if isinstance(node, ast.Attribute) else ()
    return (*inner, node.attr) if inner else ()


def names_used(code: str) -> Iterator[str]:
    """Every name of the package in a piece of code, in full."""
    nodes = list(ast.walk(ast.parse(code)))
    ours = [node for node in nodes if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith("analysis.")]
    bound = {each.asname or each.name: f"{node.module}.{each.name}" for node in ours for each in node.names}
    yield from bound.values()
    for chain in (dotted(node) for node in nodes if isinstance(node, ast.Attribute)):
        if chain and chain[0] in bound:
            yield ".".join([bound[chain[0]], *chain[1:]])


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}


def commands(page: str) -> list[list[str]]:
    lines = [shlex.split(line) for block in blocks(page, "sh") for line in block.splitlines()]
    return [line[1:] for line in lines if line[0] == "compendium"]


def test_every_chapter_with_exercises_has_a_page_of_solutions() -> None:
    assert [name for name, text in sources().items() if exercises(text)] == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_each_exercise_has_one_solution_in_the_chapter_s_order(page: str) -> None:
    assert solved(text_of(FOLDER / page)) == exercises(text_of(CHAPTERS / page))


def test_no_label_is_given_to_two_exercises() -> None:
    counts = Counter(label for text in sources().values() for label in exercises(text))
    assert [label for label, number in counts.items() if number > 1] == []


@pytest.mark.parametrize("page", PAGES)
def test_no_solution_is_empty(page: str) -> None:
    parts = re.split(r"^## .+$", FENCED.sub("", text_of(FOLDER / page)), flags=re.MULTILINE)[1:]
    assert min(len(part.split()) for part in parts) > 20


@pytest.mark.parametrize("page", PAGES)
def test_every_name_of_the_package_exists(page: str) -> None:
    code = "\n".join(blocks(page, "python"))
    spans = re.findall(r"`(analysis(?:\.\w+)+)`", FENCED.sub("", text_of(FOLDER / page)))
    names = sorted({*names_used(code), *spans})
    assert names
    for name in names:
        pkgutil.resolve_name(name)


def python_by_solution(page: str) -> list[tuple[str, list[str]]]:
    """The code of each solution under its label, what stands before the first under an empty one."""
    heads = re.split(r"^## (ex-.+)$", text_of(FOLDER / page), flags=re.MULTILINE)
    parts = zip(["", *heads[1::2]], heads[::2], strict=True)
    return [(label, [code for kind, code in FENCED.findall(part) if kind == "python"]) for label, part in parts]


@pytest.mark.parametrize("population", ["auto", "base"])
@pytest.mark.parametrize("page", PAGES)
def test_every_solution_passes_its_check_with_all_points(
    page: str, population: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for label, codes in python_by_solution(page):
        for code in codes:
            exec(compile(code.replace('"auto"', f'"{population}"'), page, "exec"), names)
        if label in CHECKS:
            check = CHECKS[label]
            verdict = check.judge({name: names[name] for name in check.asks}, Setting(tmp_path / "data", population))
            assert verdict.passed and verdict.points == check.points, (label, verdict)
    assert names


@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_checked_solution_ends_in_its_check(page: str) -> None:
    for label, codes in python_by_solution(page):
        if label in CHECKS:
            call = list(check_calls(codes[-1].splitlines()[-1]))[-1]
            handed_over = [each.arg for each in call.keywords if each.arg != "setting"]
            assert (called_for(call), handed_over) == (label, list(CHECKS[label].asks))


@pytest.mark.parametrize("page", PAGES)
def test_no_line_of_a_solution_s_code_stands_in_a_chapter_s_exercises(page: str) -> None:
    chapter = text_of(CHAPTERS / page).split("## Exercises")[-1]
    lines = {line.strip() for code in blocks(page, "python") for line in code.splitlines()}
    shown = {line for line in lines if len(line) > 20 and line in chapter}
    assert {line for line in shown if not line.startswith(("check(", "from analysis"))} == set()


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_the_commands_of_a_page_have_only_options_that_there_are(page: str) -> None:
    for name, *arguments in commands(page):
        main.commands[name].make_context(name, arguments, resilient_parsing=True)


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_a_chapter_is_run_with_parameters_that_it_declares(page: str) -> None:
    for name, *arguments in commands(page):
        if name == "run":
            chapter, path = find_chapter(ROOT, arguments[0])
            given = {each.split("=")[0] for each in arguments[1:] if each != "-p"}
            assert given <= set(declared_parameters(chapter, read_notebook(text_of(path))))


@pytest.mark.parametrize("page", PAGES)
def test_no_eight_words_of_a_solution_stand_in_a_chapter(page: str) -> None:
    known = set().union(*(runs(text) for text in sources().values()))
    parts = FENCED.sub("", text_of(FOLDER / page)).split("\n\n")
    found = {" ".join(run) for part in parts if not part.startswith("# ") for run in runs(part) & known}
    assert found == set()


def test_the_contents_name_no_solution() -> None:
    assert FOLDER.name not in text_of(ROOT / "_toc.yml")


def test_an_edition_holds_nothing_of_the_solutions(tmp_path: Path) -> None:
    book = make_book(tmp_path / "book")
    for page in ("README", "part/reader"):
        path = book / FOLDER.name / f"{page}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# Solutions\n\n## ex-reader-one\n\nXylophonists answer otherwise.\n")
    assert compendium("build", "--book", book).returncode == 0
    edition = book / "_build" / "default"
    files = [path for path in edition.rglob("*") if path.is_file()]
    assert {"html", "notebooks"} <= {path.relative_to(edition).parts[0] for path in files}
    assert [path for path in files if b"ylophonist" in path.read_bytes() or FOLDER.name in path.as_posix()] == []
