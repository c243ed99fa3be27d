"""The README tells the truth: its commands, options, paths and links exist."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from analysis.cli import main
from click.testing import CliRunner

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = re.findall(r"^```[^\n]*\n(.*?)^```", README, flags=re.S | re.M)
COMMANDS = [line.strip() for block in CODE for line in block.splitlines() if line.strip()]


def test_the_two_commands_come_first_and_are_targets_of_the_makefile() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M)
    assert COMMANDS[:2] == ["make book", "make test"] and {"book", "test"} <= set(targets)


@pytest.mark.parametrize("line", [line for line in COMMANDS if "compendium " in line])
def test_every_compendium_command_and_option_exists(line: str) -> None:
    words = line.split("compendium ", 1)[1].split()
    command = main.commands[words[0]]
    known = {option for parameter in command.params for option in parameter.opts}
    given = {word.split("=")[0] for word in words if word.startswith("-")}
    assert given <= known


def test_every_path_it_names_exists() -> None:
    linked = re.findall(r"\]\(([^)#:]+)\)", README)
    named = re.findall(r"`((?:data|chapters|analysis|tests|\.github|_config|_toc)[\w./-]*)`", README)
    assert linked and named
    assert [path for path in linked + named if not (ROOT / path).exists()] == []


def test_every_option_it_mentions_in_words_exists() -> None:
    prose = re.sub(r"^```.*?^```", "", README, flags=re.S | re.M)
    known = {option for command in main.commands.values() for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"`(--[a-z-]+)", prose)) <= known


def test_every_chapter_it_names_is_in_the_contents() -> None:
    chapters = re.findall(r"compendium run (\S+)", README)
    contents = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    assert chapters and all(f"chapters/{chapter}" in contents for chapter in chapters)


@pytest.mark.slow
def test_its_sweep_is_made(tmp_path: Path) -> None:
    (example,) = (block for block in CODE if block.startswith("editions:"))
    (tmp_path / "sweep.yml").write_text(example, encoding="utf-8")
    shutil.copy(ROOT / "_toc.yml", tmp_path / "_toc.yml")
    shutil.copytree(ROOT / "data", tmp_path / "data")
    done = CliRunner().invoke(main, ["sweep", str(tmp_path / "sweep.yml"), "--book", str(tmp_path)])
    assert done.exit_code == 0 and "4 made" in done.output
    assert sorted(path.parent.name for path in tmp_path.glob("_build/sweeps/sweep/*/edition.json")) == [
        "base-all", "base-reasoning", "chat-all", "chat-reasoning",
    ]
