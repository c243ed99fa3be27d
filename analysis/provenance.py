"""What is known of an edition: how it differs from the default one, how to make and how to cite it again."""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.cache import files_below, files_digest
from analysis.execution import chapter_name
from analysis.parameters import Parameters
from analysis.problems import listed

OUTPUTS = ("data", "notebooks", "results")


def now() -> str:
    """Return the time, to the second, in UTC.

    Returns
    -------
    str
        ISO 8601; the time that SOURCE_DATE_EPOCH names, where it is set.

    References
    ----------
    https://reproducible-builds.org/specs/source-date-epoch/
    """
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def outputs_digest(folder: Path) -> str:
    """Return a digest of the tables, notebooks and results of an edition.

    Parameters
    ----------
    folder
        The edition.

    Returns
    -------
    str
        SHA-256, in hexadecimal; the same wherever and whenever the same inputs were built.
    """
    return files_digest(folder, [path for name in OUTPUTS for path in files_below(folder / name)])


def left_out(results: Path) -> list[str]:
    """Say what the capabilities scores of an edition had to do without.

    Parameters
    ----------
    results
        The edition's result tables, with `summary.json` among them.

    Returns
    -------
    list of str
        One sentence each, names in quotes and not escaped for any markup.
    """
    summary = json.loads((results / "summary.json").read_text(encoding="utf-8"))
    return [line for population, found in summary.items() for line in _left_out_of(population, found)]


def _left_out_of(population: str, found: Mapping[str, Any]) -> list[str]:
    if found["reason"]:
        return [f"{population}: no capabilities score: {found['reason']}"]
    lines = [f"{population}: not in the index: {name!r}: {why}" for name, why in found["index_left_out"].items()]
    models = found["models_left_out"]
    if models:
        why = "a score on an index benchmark is missing"
        lines.append(f"{population}: models without a capabilities score, because {why} ({len(models)}): {listed(models)}")
    return lines


def changed_parameters(record: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the parameters of an edition that are not at their defaults.

    Parameters
    ----------
    record
        Of the edition.

    Returns
    -------
    dict
        Value and default by name.
    """
    defaults = Parameters().to_mapping()
    return {
        name: (value, defaults[name])
        for name, value in record["parameters"].items()
        if name in defaults and value != defaults[name]
    }


def is_default(record: Mapping[str, Any]) -> bool:
    """Return whether an edition is the book's default one, by its name and by what it was made of.

    Parameters
    ----------
    record
        Of the edition.

    Returns
    -------
    bool
        False as soon as a table or a parameter was chosen.
    """
    return record["edition"] == "default" and not any(record["files"].values()) and not changed_parameters(record)


def option_text(value: Any) -> str:
    """Return the value of a parameter as a command takes it.

    Parameters
    ----------
    value
        A text, a number, or a list of names.

    Returns
    -------
    str
        What :func:`analysis.parameters.parse` reads back as the value.
    """
    return ",".join(value) if isinstance(value, list | tuple) else str(value)


def has_own_data(record: Mapping[str, Any]) -> bool:
    """Return whether an edition's chapters read tables that the book itself does not hold.

    Parameters
    ----------
    record
        Of the edition.

    Returns
    -------
    bool
        True for tables of the user, and where an earlier edition lies beside the tables.
    """
    return any(record["files"].values()) or bool(record["parameters"].get("previous"))


def rerun_command(record: Mapping[str, Any], name: str) -> str:
    """Return the command that executes a chapter again as it was executed for an edition.

    Parameters
    ----------
    record
        Of the edition.
    name
        Name of the chapter.

    Returns
    -------
    str
        Quoted for a shell, to be run in the folder of the book.
    """
    used = record["chapters"][name]["parameters"]
    values = {key: value for key, (value, _) in changed_parameters(record).items() if key in used}
    if "data" in used and has_own_data(record):
        values = {"data": f"{record['place']}/data", **values}
    options = [word for key, value in values.items() for word in ("-p", f"{key}={option_text(value)}")]
    return shlex.join(["compendium", "run", name, *options])


def notebook_address(page: str) -> str:
    """Return where the site keeps the executed notebook of a page.

    Parameters
    ----------
    page
        The page.

    Returns
    -------
    str
        From the root of the site.
    """
    return f"notebooks/{chapter_name(page)}.ipynb"


def read_citation(path: Path) -> dict[str, Any]:
    """Read a citation file.

    Parameters
    ----------
    path
        A `CITATION.cff`; it need not exist.

    Returns
    -------
    dict
        As the format defines it; empty where there is no file.

    References
    ----------
    Citation File Format 1.2.0, https://citation-file-format.github.io/
    """
    import yaml

    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}


def authors(citation: Mapping[str, Any]) -> list[str]:
    """Return the authors of a work, family names first.

    Parameters
    ----------
    citation
        A citation, or one of its references.

    Returns
    -------
    list of str
        Persons as ``Family, Given``, groups by their name.
    """
    return [_author(author) for author in citation.get("authors", [])]


def _author(author: Mapping[str, str]) -> str:
    if "name" in author:
        return author["name"]
    return ", ".join(author[key] for key in ("family-names", "given-names") if key in author)


def reference(work: Mapping[str, Any]) -> str:
    """Return a work as a list of references has it.

    Parameters
    ----------
    work
        A citation, or one of its references.

    Returns
    -------
    str
        Authors, year, title, version and address, as far as they are given.
    """
    year = str(work.get("year") or work.get("date-released") or "")[:4]
    version = f" Version {work['version']}." if "version" in work else ""
    address = f" {work['url']}" if "url" in work else ""
    head = "; ".join(authors(work)) + (f" ({year})" if year else "")
    return f"{head}. {work['title'].rstrip('.?')}{'?' if work['title'].endswith('?') else '.'}{version}{address}"


def bibtex(work: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """Return the entry of the book in BibTeX, with the edition in a note.

    Parameters
    ----------
    work
        The citation.
    record
        Of the edition.

    Returns
    -------
    str
        One ``@misc`` entry.
    """
    fields = {
        "title": f"{{{work['title']}}}",
        "author": " and ".join(f"{{{name}}}" for name in authors(work)),
        "year": str(work.get("date-released", ""))[:4],
        "version": str(work.get("version", "")),
        "note": f"Edition {record['edition']}, built {record['built'][:10]}".replace("_", r"\_"),
    }
    lines = [f"  {key} = {{{value}}}," for key, value in fields.items() if value]
    return "\n".join(["@misc{what_safety_benchmarks_measure,", *lines, "}"])
