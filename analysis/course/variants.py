"""Each student's own version of the exercises: a population, a benchmark held out, a seed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.parameters import Parameters
from analysis.problems import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.course.setting import Setting
    from analysis.scores import ScoreTable

# Parameters that name files a student does not get.
WITH_FILES = {"data", "previous", "predictions"}


@dataclass(frozen=True)
class Variant:
    """What one student's notebooks are computed from, the parameters of the edition apart.

    Parameters
    ----------
    population
        A population with enough models for a capabilities score.
    held_out
        Benchmarks whose scores the student does not get.
    seed
        Seed of the student's notebooks.
    """

    population: str
    held_out: tuple[str, ...]
    seed: int

    def parameters(self) -> dict[str, Any]:
        """The variant as parameters of a notebook."""
        return {"population": self.population, "held_out": list(self.held_out), "seed": self.seed}


@dataclass(frozen=True)
class Choices:
    """What variants are made of: populations, and the benchmarks of each that can be held out."""

    held_out: Mapping[str, Sequence[str]]


def choices(table: ScoreTable, parameters: Parameters) -> Choices:
    """Return what variants can be made of.

    Parameters
    ----------
    table
        Scores of the edition.
    parameters
        Of the edition.

    Returns
    -------
    Choices
        Populations in which correlations can be computed, with their headline safety benchmarks that are neither
        a split of another nor divided into splits: their absence takes nothing else along.
    """
    from analysis.scores import populations

    found = {population: removable(table, population, parameters) for population in populations(table)}
    return Choices({population: names for population, names in found.items() if names})


def removable(table: ScoreTable, population: str, parameters: Parameters) -> tuple[str, ...]:
    """Return the benchmarks of a population that can be held out; none where there is nothing to compute."""
    from analysis.correlation import capabilities_correlations
    from analysis.findings.shared import headline_benchmarks

    try:
        correlations = capabilities_correlations(table, population, parameters)
    except InputError:
        return ()
    names = headline_benchmarks(correlations, table.benchmarks)["benchmark"]
    return tuple(sorted(set(names) - set(table.benchmarks["parent"].dropna())))


def variants_of(students: Sequence[str], seed: int, choices: Choices) -> dict[str, Variant]:
    """Deal variants to students: nobody gets a pair of population and benchmark twice while another is left.

    Parameters
    ----------
    students
        The ids, in order of the roster.
    seed
        Seed of the class.
    choices
        What there is to choose from.

    Returns
    -------
    dict
        Variant by id. Each student has an order of preference of their own, drawn by id and seed, and in order of
        the roster each gets the first that is dealt least often so far: whoever is added at the end of the roster
        changes nobody's, whoever is added elsewhere only those whose first choice is gone.
    """
    times = Counter({(population, name): 0 for population, names in choices.held_out.items() for name in names})
    dealt = {}
    for student in students:
        pair = min(times, key=lambda each: (times[each], drawn(seed, student, *each)))
        times[pair] += 1
        dealt[student] = Variant(pair[0], (pair[1],), drawn(seed, student) % 2**32)
    return dealt


def drawn(seed: int, student: str, *about: str) -> int:
    """Return a number that looks drawn by chance, the same for the same seed, id in any case, and matter."""
    text = "/".join([str(seed), student.casefold(), *about])
    return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")


def given_parameters(variant: Variant | None, parameters: Parameters) -> dict[str, Any]:
    """Return the parameters in a notebook of a class.

    Parameters
    ----------
    variant
        The student's; None for the edition as it is.
    parameters
        Of the edition.

    Returns
    -------
    dict
        Where the data are, what of the edition is not as usual, and the variant.
    """
    usual = Parameters().to_mapping()
    own = {name: value for name, value in parameters.to_mapping().items() if value != usual[name]}
    kept = {name: value for name, value in own.items() if name not in WITH_FILES}
    return {"data": "data", **kept, **(variant.parameters() if variant else {})}


def setting_for(variant: Variant, data: Path, parameters: Parameters) -> Setting:
    """Return what the right answers of a variant are computed from.

    Parameters
    ----------
    variant
        The variant.
    data
        Folder of the edition's tables.
    parameters
        Of the edition.

    Returns
    -------
    Setting
        Without the benchmarks held out.
    """
    from analysis.course.setting import Setting

    return Setting(data, variant.population, variant.held_out, variant.seed, parameters)
