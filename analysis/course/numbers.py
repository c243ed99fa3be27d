"""What the site calls figures, tables and exercises, for papers that speak of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.course.exercises import exercises
from analysis.execution import chapter_name

if TYPE_CHECKING:
    from analysis.course.book_pages import BuiltBook, Chapter

KINDS = {"fig": "Figure", "tab": "Table", "ex": "Exercise"}


def numbers_of(book: BuiltBook) -> dict[str, str]:
    """Return what the site calls each figure, table and exercise.

    Parameters
    ----------
    book
        A built edition: only what its chapters show has a number.

    Returns
    -------
    dict
        ``Figure 10.1`` and the like by name. On pages without a number of their own one count runs through.
    """
    places = chapter_numbers(book.root / "_toc.yml")
    counts: Counter[tuple[str, str]] = Counter()
    found = {}
    for chapter in book.chapters.values():
        place = places.get(chapter.name, "")
        for name in named(chapter):
            kind = KINDS[name.partition("-")[0]]
            counts[place, kind] += 1
            found[name] = f"{kind} {f'{place}.' if place else ''}{counts[place, kind]}"
    return found


def chapter_numbers(toc: Path) -> dict[str, str]:
    """Return the numbers of the chapters in the numbered parts of a book; they run on from part to part."""
    import yaml

    parts = yaml.safe_load(toc.read_text(encoding="utf-8")).get("parts", [])
    files = [entry["file"] for part in parts if part.get("numbered") for entry in part["chapters"]]
    return {chapter_name(file): str(place) for place, file in enumerate(files, start=1)}


def named(chapter: Chapter) -> Iterator[str]:
    """Yield the names of what has a number in a chapter, each kind in its order."""
    yield from (each.name for each in chapter.shown.values() if each.caption and each.name.startswith(("fig-", "tab-")))
    yield from (each.label for each in exercises(chapter.text))
