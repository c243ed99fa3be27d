"""Small books made up in tests."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from analysis.inputs import write

from score_tables import random_scores, score_table

PROGRAM = Path(sys.executable).parent / "compendium"
HEAD = """---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# {title}

"""
CONFIG = {
    "title": "A toy",
    "only_build_toc_files": True,
    "sphinx": {"config": {"language": "en", "html_theme_options": {"use_download_button": False}}},
}


def chapter(title: str, *cells: str, parameters: str = "") -> str:
    """The MyST source of a chapter; `parameters` is the text of its parameters cell."""
    tagged = [f":tags: [parameters]\n\n{parameters}"] if parameters else []
    blocks = [f"```{{code-cell}} ipython3\n{cell}\n```\n\nProse.\n" for cell in [*tagged, *cells]]
    return HEAD.format(title=title) + "\n".join(blocks)


READER = chapter(
    "Reads the data",
    "import pandas as pd\nfrom myst_nb import glue\nscores = pd.read_csv(f'{data}/scores.csv')\n"
    "glue('mean', f'{scores.score.mean():.4f}', display=False)",
    "print(len(scores), line)",
    parameters='data = "../../data"\nline = 0.4',
) + "\nThe mean is {glue:text}`mean`.\n"
COUNTER = chapter("Counts", "print(seed % 7)\nimport os; print(os.path.basename(os.getcwd()))", parameters="seed = 20240731")
PAGES = {"index": "# A toy\n\nNothing to run.\n", "part/reader": READER, "part/counter": COUNTER}


def scores(models: int, seed: int = 0) -> pd.DataFrame:
    """Made-up scores of six benchmarks, between 0 and 1."""
    return 1 / (1 + np.exp(-random_scores(models, 6, seed)))


def make_book(root: Path, **extra: str) -> Path:
    """Write a book of three pages and the given ones, with a small score table of its own."""
    pages = {**PAGES, **{f"part/{name}": text for name, text in extra.items()}}
    for page, text in pages.items():
        path = root / "chapters" / f"{page}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "_config.yml").write_text(yaml.safe_dump(CONFIG))
    files = [{"file": f"chapters/{page}"} for page in pages if page != "index"]
    (root / "_toc.yml").write_text(yaml.safe_dump({"format": "jb-book", "root": "chapters/index", "chapters": files}))
    write(score_table(chat=scores(12), base=scores(10, seed=1)), root / "data")
    return root


def edit(root: Path, page: str, old: str, new: str) -> None:
    """Replace a piece of a chapter that is there."""
    path = root / "chapters" / f"{page}.md"
    text = path.read_text()
    if old not in text:
        raise ValueError(f"{old!r} is not in {page}")
    path.write_text(text.replace(old, new))


def compendium(*arguments: object, variables: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [str(PROGRAM), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **(variables or {})}, timeout=300)


def record(root: Path, edition: str = "default") -> dict[str, Any]:
    """What `edition.json` of an edition says."""
    return json.loads((root / "_build" / edition / "edition.json").read_text())


def executed(root: Path) -> list[str]:
    """The chapters the last build executed."""
    return sorted(name for name, found in record(root)["chapters"].items() if found["status"] == "executed")


def contents(folder: Path) -> dict[str, str]:
    """Digest of every file of an edition, its record and the day in the footers aside."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "edition.json"]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(timeless(path.read_bytes())).hexdigest() for path in files}


def timeless(content: bytes) -> bytes:
    """A file without the times marked as such in it."""
    return re.sub(rb"<time[^>]*>[^<]*</time>", b"", content)


def running(mark: str) -> list[int]:
    """Processes that carry a mark in their environment, zombies aside."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            marked = mark.encode() in (folder / "environ").read_bytes()
            if marked and (folder / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                found.append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def heed_interrupts() -> None:
    """Undo what a shell does to a command it starts in the background: such a command ignores Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
