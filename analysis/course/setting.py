"""What the right answer of an exercise is computed from: an edition's scores, a population, its parameters."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.course.answers import is_one_of
from analysis.parameters import Parameters
from analysis.problems import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

    from analysis.estimates import Study
    from analysis.scores import ScoreTable

TABLES = ("scores.csv", "models.csv", "benchmarks.csv")
PLAIN = (str, int, float, list, tuple)


class NotCheckable(Exception):
    """The scores cannot tell whether an answer is right; the message says why, in a part of a sentence."""


@dataclass(frozen=True)
class Setting:
    """What an exercise was done on.

    Parameters
    ----------
    data
        Folder of the score table; None where there is none, which does for exercises without scores.
    population
        As for an edition: a population, or ``"auto"``.
    held_out
        Benchmarks whose scores are left out of the table before anything is computed.
    seed
        As for an edition.
    parameters
        All other parameters of the edition; its own `data`, `population` and `seed` are not read.
    """

    data: Path | None = None
    population: str = "auto"
    held_out: tuple[str, ...] = ()
    seed: int = Parameters.seed
    parameters: Parameters = field(default_factory=Parameters)

    def changed(self) -> tuple[str, ...]:
        """Names of what differs from an edition's defaults, for whoever wonders what was judged."""
        own = {"population": self.population, "held_out": self.held_out, "seed": self.seed}
        usual = {**vars(Parameters()), "held_out": ()}
        mine = {**vars(self.parameters), **own, "data": usual["data"]}
        return tuple(name for name, value in mine.items() if value != usual[name])


def setting_of(names: Mapping[str, Any]) -> Setting:
    """Read the setting off a notebook's variables.

    Parameters
    ----------
    names
        The variables by name, as ``globals()`` returns them. Read are `data`, `held_out` and those named
        like a parameter of an edition; everything else is left alone. Without `data` the folder is
        looked for, as :func:`data_folder` says.

    Returns
    -------
    Setting
        The setting; what the notebook does not say is at its default.

    Raises
    ------
    InputError
        When one of these variables does not hold what a parameter may be.
    """
    wanted = ["held_out", *(declared.name for declared in dataclasses.fields(Parameters))]
    given = {name: plain_variable(name, names[name]) for name in wanted if name in names}
    held_out, data = tuple(given.pop("held_out", ())), given.pop("data", None)
    parameters = Parameters.from_mapping(given)
    folder = data_folder() if data is None else Path(data)
    return Setting(folder, parameters.population, held_out, parameters.seed, parameters)


def plain_variable(name: str, value: Any) -> Any:
    """Return a value that a parameter may have, or say that a variable of the notebook has another."""
    names = not is_one_of(value, (list, tuple)) or all(type(each) is str for each in value)
    if is_one_of(value, PLAIN) and names:
        return value
    what = f"the variable {name} of this notebook does not hold a parameter any more"
    raise InputError(Problem("", None, None, what, "run the cell of parameters again and rename your own variable"))


def data_folder() -> Path | None:
    """Return the folder `data` with scores in the working folder or the nearest one above it; None if there is none."""
    here = Path.cwd()
    folders = (folder / "data" for folder in (here, *here.parents))
    return next((folder for folder in folders if (folder / "scores.csv").is_file()), None)


class Given:
    """What is computed from a setting, each part when first asked for.

    Parameters
    ----------
    setting
        The setting.
    """

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self._values: dict[Callable[[Given], Any], Any] = {}

    def value(self, compute: Callable[[Given], Any]) -> Any:
        """What a function makes of this, computed once: the same answers are judged many times in a class."""
        if compute not in self._values:
            self._values[compute] = compute(self)
        return self._values[compute]

    @cached_property
    def parameters(self) -> Parameters:
        """Parameters with the setting's population and seed."""
        own = {"population": self.setting.population, "seed": self.setting.seed}
        return dataclasses.replace(self.setting.parameters, **own)

    @cached_property
    def table(self) -> ScoreTable:
        """The score table without the benchmarks held out."""
        from analysis import scores

        if self.setting.data is None:
            raise NotCheckable("no folder `data` with scores was found; hand over `setting=globals()`")
        table = scores.load(self.setting.data)
        kept = table.scores[~table.scores["benchmark"].isin(self.setting.held_out)]
        return dataclasses.replace(table, scores=kept.reset_index(drop=True))

    @cached_property
    def population(self) -> str:
        """Name of the population."""
        from analysis.inputs import resolve_population

        if self.table.scores.empty:
            raise NotCheckable("there is no score in them")
        return resolve_population(self.table, self.setting.population)

    @cached_property
    def other_population(self) -> str:
        """The one other population that can have capabilities scores."""
        from analysis.capability import population_problem
        from analysis.scores import populations

        names = [name for name in populations(self.table) if name != self.population]
        usable = [name for name in names if population_problem(self.table, name, self.parameters) is None]
        if len(usable) != 1:
            raise NotCheckable("they do not hold just a single further population")
        return usable[0]

    def with_parameters(self, **changed: Any) -> Parameters:
        """The parameters with some of them changed."""
        return dataclasses.replace(self.parameters, **changed)

    @cached_property
    def correlations(self) -> pd.DataFrame:
        """Capabilities correlations of the population."""
        return self.correlations_with()

    def correlations_with(self, method: str = "spearman", population: str = "", **changed: Any) -> pd.DataFrame:
        """Capabilities correlations by another method, of another population or with other parameters."""
        from analysis.correlation import capabilities_correlations

        return capabilities_correlations(
            self.table, population or self.population, self.with_parameters(**changed), method
        )

    @cached_property
    def headline(self) -> pd.DataFrame:
        """The rows of the headline safety benchmarks."""
        return self.headline_of(self.correlations)

    def headline_of(self, correlations: pd.DataFrame) -> pd.DataFrame:
        """Those rows of correlations that are about a headline safety benchmark; at least one."""
        from analysis.findings.shared import headline_benchmarks

        rows = headline_benchmarks(correlations, self.table.benchmarks)
        if rows.empty:
            raise NotCheckable("no safety benchmark in them has a capabilities correlation")
        return rows

    @cached_property
    def judged(self) -> pd.DataFrame:
        """Headline safety benchmarks with intervals and verdicts."""
        return self.judged_with()

    def judged_with(self, population: str = "", **changed: Any) -> pd.DataFrame:
        """Headline safety benchmarks with intervals and verdicts, for another population or other parameters."""
        from analysis.results import judged_correlations

        parameters = self.with_parameters(**changed)
        return self.headline_of(judged_correlations(self.table, population or self.population, parameters))

    @cached_property
    def study(self) -> Study:
        """The population with each family left out in turn."""
        from analysis.estimates import study

        return study(self.table, self.population, self.parameters, drawn=False)

    def deleted(self, benchmark: str) -> pd.Series:
        """ρ of a benchmark without each family in turn, indexed by family."""
        from analysis.findings.uncertainty import deleted_rows

        return deleted_rows(self.study.evidence, benchmark).set_index("family")["correlation"]


def given(setting: Setting) -> Given:
    """Return what is computed from a setting; the same object again while the tables' files stay as they are.

    Parameters
    ----------
    setting
        The setting.

    Returns
    -------
    Given
        Not to be changed.
    """
    return remembered(setting, stamps(setting.data))


@lru_cache(maxsize=8)
def remembered(setting: Setting, stamps: tuple[tuple[int, int], ...]) -> Given:
    """A setting's :class:`Given`; `stamps` tells apart the states of its files."""
    return Given(setting)


def stamps(folder: Path | None) -> tuple[tuple[int, int], ...]:
    """Time and size of the tables of a folder, as far as they exist."""
    files = [] if folder is None else [folder / name for name in TABLES]
    return tuple((path.stat().st_mtime_ns, path.stat().st_size) for path in files if path.is_file())
