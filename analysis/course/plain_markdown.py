"""Chapters' MyST as Markdown that any notebook program shows: roles become words, labels go."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

ROLE = re.compile(r"\{(?P<name>[a-z]+(?::[a-z]+)?)\}`(?P<text>[^`]*)`")
TITLED = re.compile(r"^(?P<title>.*?)\s*<(?P<target>[^<>]*)>$", re.DOTALL)
TARGET = re.compile(r"^\([\w-]+\)=\n+", re.MULTILINE)
EQUATION = re.compile(r"^\$\$ +\((?P<label>[\w-]+)\) *$", re.MULTILINE)
NOTHING_SAID = {"fig": "the figure", "tab": "the table"}


@dataclass(frozen=True)
class Words:
    """What the roles of the chapters stand for.

    Parameters
    ----------
    authors
        Authors and year of a source, by its key.
    titles
        Title of a chapter by the last part of its name, and of a figure, table or exercise by its name.
    values
        Computed values by name; one that is not given is shown as its name in brackets.
    numbers
        What the site calls a figure, table or exercise, by its name: ``Figure 10.1``.
    """

    authors: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)


def plain_markdown(text: str, words: Words) -> str:
    """Turn a piece of a chapter into plain Markdown.

    Parameters
    ----------
    text
        MyST without directives.
    words
        What its roles stand for.

    Returns
    -------
    str
        Markdown with formulas between dollar signs.
    """
    numbers = {found["label"]: f"({place})" for place, found in enumerate(EQUATION.finditer(text), start=1)}
    text = EQUATION.sub(lambda found: rf"\tag{{{numbers[found['label']][1:-1]}}}" + "\n$$", TARGET.sub("", text))
    return ROLE.sub(lambda found: said(found["name"], found["text"], words, numbers), text)


def said(name: str, text: str, words: Words, numbers: Mapping[str, str]) -> str:
    """Return what a role says in words."""
    titled = TITLED.match(text)
    title, target = (titled["title"], titled["target"]) if titled else ("", text)
    spoken: dict[str, Callable[[], str]] = {
        "cite:p": lambda: f"({'; '.join(', '.join(source(key, words)) for key in keys(text))})",
        "cite:t": lambda: " and ".join("{} ({})".format(*source(key, words)) for key in keys(text)),
        "doc": lambda: f"*{title or words.titles.get(PurePosixPath(target).name, target)}*",
        "eq": lambda: numbers.get(target, "the formula"),
        "numref": lambda: numbered(target, NOTHING_SAID.get(target.partition("-")[0], target), words),
        "ref": lambda: title or numbered(target, target, words),
        "glue:text": lambda: words.values.get(target, f"⟨{target}⟩"),
    }
    return spoken.get(name, lambda: title or target)()


def numbered(name: str, otherwise: str, words: Words) -> str:
    """Return what a figure, table or exercise is called: by its number on the site and its title, as far as known."""
    title = f"*{words.titles[name]}*" if name in words.titles else ""
    if name in words.numbers:
        return f"{words.numbers[name]} ({title})" if title else words.numbers[name]
    return f"{otherwise} {title}".strip()


def keys(text: str) -> list[str]:
    """Return the keys of a citation of one source or several."""
    return [key.strip() for key in text.split(",")]


def source(key: str, words: Words) -> tuple[str, str]:
    """Return authors and year of a source; the key where it is not known."""
    return words.authors.get(key, (key, "n.d."))


def authors_of(bibliography: Path) -> dict[str, tuple[str, str]]:
    """Return authors and year of every source of a bibliography.

    Parameters
    ----------
    bibliography
        A BibTeX file.

    Returns
    -------
    dict
        Last names as one says them, and the year, by key.
    """
    from pybtex.database import parse_file

    entries = parse_file(str(bibliography)).entries
    return {
        key: (spoken_names(entry.persons.get("author", ())), entry.fields.get("year", "n.d."))
        for key, entry in entries.items()
    }


def spoken_names(persons: Sequence[Any]) -> str:
    """Return the last names of authors: both of two, and others of more."""
    names = [re.sub(r"[{}\\]", "", " ".join(person.last_names)) for person in persons]
    return f"{names[0]} et al." if len(names) > 2 or "others" in names else " and ".join(names)


def titles_of(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the title of each chapter by the last part of its name.

    Parameters
    ----------
    texts
        Source by name.

    Returns
    -------
    dict
        The first heading of each.
    """
    found = {name: re.search(r"^# (.+)$", text, re.MULTILINE) for name, text in texts.items()}
    return {PurePosixPath(name).name: heading[1] for name, heading in found.items() if heading}
