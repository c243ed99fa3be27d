"""The site of an edition with cells that run: what `compendium live` serves, and from where.

The edition on disk stays as it is. Its pages get one script more on their way to the browser, and
a kernel works in the edition's own folder, beside the executed chapter.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from html import escape
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from analysis.problems import InputError, Problem

NEEDED = ("jupyter_server", "teachbooks_sphinx_thebe")
SCRIPT = "_static/book-live.js"
STYLE = "_static/book-live.css"
NOTEBOOKS = "/_notebooks/"
THEBE = "/_thebe/"


@dataclass(frozen=True)
class LiveSite:
    """A site with cells that run.

    Parameters
    ----------
    folder
        Folder of the edition.
    port
        Where to listen; 0 for any that is free.
    token
        What a browser has to know.
    """

    folder: Path
    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


def live_site(folder: Path, port: int) -> LiveSite:
    """Return the live site of an edition, if everything it takes is there.

    Parameters
    ----------
    folder
        Folder of the edition.
    port
        Where to listen; 0 for any that is free.

    Returns
    -------
    LiveSite
        With a new token.

    Raises
    ------
    InputError
        When the extra is not installed, there is no such edition, or it is older than live pages.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        what = f"live pages need {' and '.join(missing)}"
        raise InputError(Problem("", None, None, what, "pip install 'what-safety-benchmarks-measure[live]'"))
    for file, what in (("index.html", "there is no site here"), (SCRIPT, "this site has no live pages")):
        if not (folder / "html" / file).is_file():
            raise InputError(Problem(str(folder / "html"), None, None, what, "run compendium build first"))
    # The name of an edition is a link that the next build turns elsewhere; kernels stay where they are.
    return LiveSite(folder.resolve(), port)


def thebe_folder() -> Path:
    """Return where the installed assets of Thebe are.

    Returns
    -------
    Path
        The folder with its `index.js`.
    """
    found = find_spec("teachbooks_sphinx_thebe")
    return Path(found.submodule_search_locations[0], "_thebe_static")


def notebook_of(site: LiveSite, page: str) -> str | None:
    """Return the executed chapter behind a page.

    Parameters
    ----------
    site
        The site.
    page
        Path of the page in the site.

    Returns
    -------
    str or None
        Path of its notebook in the folder `notebooks`; None for a page without code.
    """
    name = PurePosixPath(page.removeprefix("chapters/")).with_suffix(".ipynb").as_posix()
    return name if (site.folder / "notebooks" / name).is_file() else None


def live_page(site: LiveSite, page: str, markup: str) -> str:
    """Return a page with the script that makes its cells run.

    Parameters
    ----------
    site
        The site.
    page
        Path of the page in the site.
    markup
        Its HTML.

    Returns
    -------
    str
        The same where the page has no notebook.
    """
    notebook = notebook_of(site, page)
    if notebook is None:
        return markup
    folder = PurePosixPath("notebooks", notebook).parent.as_posix()
    facts = {"notebook": NOTEBOOKS + notebook, "folder": folder, "thebe": THEBE, "token": site.token}
    style = f'<link rel="stylesheet" href="/{STYLE}">'
    script = f'<script src="/{SCRIPT}" defer data-live="{escape(json.dumps(facts))}"></script>'
    return markup.replace("</head>", f"{style}\n{script}\n</head>", 1)
