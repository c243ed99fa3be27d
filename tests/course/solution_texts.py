"""What the solutions say, to look for it where it must not be."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOLUTIONS = sorted((ROOT / "solutions").glob("*/*.md"))
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def runs(text: str) -> set[tuple[str, ...]]:
    """Every run of eight words."""
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + 8]) for start in range(len(words) - 7)}


@cache
def solved() -> tuple[set[tuple[str, ...]], set[str]]:
    """Runs of eight words of all solutions, and their lines of code that no chapter has."""
    prose, code = set(), set()
    shown = {line.strip() for path in (ROOT / "chapters").rglob("*.md") for line in path.read_text().splitlines()}
    for path in SOLUTIONS:
        text = path.read_text(encoding="utf-8")
        prose |= {run for part in FENCED.sub("", text).split("\n\n") if part[:2] != "# " for run in runs(part)}
        lines = {line.strip() for kind, block in FENCED.findall(text) if kind == "python" for line in block.splitlines()}
        code |= {line for line in lines - shown if len(line) > 15 and not line.startswith(("from ", "import "))}
    return prose, code
