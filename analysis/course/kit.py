"""The kit of a class: what a student's notebooks need to run and to check themselves, and no chapter or solution."""

from __future__ import annotations

import shutil
from pathlib import Path

from analysis.problems import InputError, Problem

FILES = ("pyproject.toml", "requirements.lock", "LICENSE")
# The rule is the book's own; a test compares the two.
MAKEFILE = """PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready
FOLDER ?= ..

.PHONY: ready lab

ready: $(READY)

lab: $(READY)
	$(VENV)/bin/jupyter lab $(FOLDER)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(READY)
"""
README = """# What the notebooks need

The program behind the book *What Safety Benchmarks Measure*, for the notebooks of a class. It computes and checks, and has no
chapters and no solutions.

With Python 3.11 or newer and make, on Linux or macOS, in this folder:

```
make
make lab
```

`make` is needed once, with a network. It puts all that is needed, JupyterLab included, into `.venv` here, and changes nothing
else on the machine. Do not move the folder afterwards.

`make lab` needs no network. It opens the folder that this one lies in, so put the folder of notebooks beside it.
`make lab FOLDER=PATH/TO/NOTEBOOKS` opens another.

Any other program that opens notebooks will do, as long as it uses the Python in `.venv`.
"""


def write_kit(folder: Path, root: Path) -> None:
    """Write the kit.

    Parameters
    ----------
    folder
        Folder to make.
    root
        Folder of the book: its files are taken where this program is not run from a folder of its own.

    Raises
    ------
    InputError
        When the files that say what to install are in neither place.
    """
    package = Path(__file__).parents[1]
    source = next((place for place in (package.parent, root) if all((place / name).is_file() for name in FILES)), None)
    if source is None:
        what = f"the files {', '.join(FILES)}, which students need, are not here"
        raise InputError(Problem(str(root), None, None, what, "make the class from the book's own folder"))
    shutil.copytree(package, folder / "analysis", ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copyfile(source / name, folder / name)
    (folder / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    (folder / "README.md").write_text(README, encoding="utf-8")


def is_kit(folder: Path) -> bool:
    """Whether a folder is a kit: it holds this package to install, and is no book."""
    return (folder / "analysis/course").is_dir() and (folder / FILES[1]).is_file() and not (folder / "_toc.yml").exists()
