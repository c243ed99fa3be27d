"""The workflows: well formed, safe, pinned, and running what the README says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def linted(*command: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name(command[0]))
    return subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False, timeout=120)


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]


def scripts(path: Path, *names: str) -> Iterator[str]:
    """Every script of these jobs, or of all."""
    for name, job in jobs(path).items():
        yield from (step["run"] for step in job["steps"] if "run" in step and (not names or name in names))


def test_there_is_one_for_every_change_and_one_for_every_week() -> None:
    assert [path.name for path in WORKFLOWS] == ["book.yml", "weekly.yml"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_linter_finds_nothing_unsafe(path: Path) -> None:
    done = linted("zizmor", "--offline", "--no-progress", "--persona", "pedantic", str(path))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_it_is_what_the_service_understands(path: Path) -> None:
    done = linted("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(path))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line]
    assert used and [line for line in used if not PINNED.match(line)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_job_ends_in_bounded_time_and_every_script_can_be_read(path: Path) -> None:
    assert all(0 < job["timeout-minutes"] <= 90 for job in jobs(path).values())
    for script in scripts(path):
        # What the service puts in place of an expression is no concern of the shell's grammar.
        subprocess.run(["bash", "-n"], input=script, text=True, check=True, timeout=10)


def test_every_change_is_built_and_tested_by_the_two_commands_of_the_readme() -> None:
    commands = list(scripts(ROOT / ".github" / "workflows" / "book.yml"))
    assert "make book" in commands and "make test" in commands
    assert commands.index("make book") < commands.index("make test")


def test_the_weekly_run_takes_the_newest_releases_and_not_the_locked_ones() -> None:
    path = ROOT / ".github" / "workflows" / "weekly.yml"
    assert not any("requirements.lock" in script or "make" in script.split() for script in scripts(path, "newest"))
    assert list(scripts(path, "locked")) == ["make book"]


def test_what_fails_or_takes_too_long_in_the_weekly_run_is_told() -> None:
    tell = jobs(ROOT / ".github" / "workflows" / "weekly.yml")["tell"]
    assert set(tell["needs"]) == {"newest", "locked"}
    assert all(f"contains(needs.*.result, '{result}')" in tell["if"] for result in ("failure", "cancelled"))


def test_the_list_of_changes_of_a_pull_request_is_made_by_a_command_that_exists() -> None:
    from analysis.cli import main

    (script,) = [text for text in scripts(ROOT / ".github" / "workflows" / "book.yml") if "compendium" in text]
    assert re.search(r"compendium (\w+) base/_build/default head/_build/default", script)[1] in main.commands
