"""The ledger of claims: each empirical claim of the sources, its test and the verdict.

A test turns a claim into a statement about one number, finds the number's interval with model
families as the unit, and asks whether the whole interval lies where the claim says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.display import correlation as rho
from analysis.display import listing, percent_share, signed
from analysis.estimates import (
    Estimate, bootstrapped, jackknifed, jackknifed_models, models_behind, score_compute_tie, study,
)

if TYPE_CHECKING:
    from analysis.estimates import Study
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

HOLDS, FAILS, CANNOT_TELL, NOT_TESTABLE = (
    "holds", "fails", "cannot tell", "not testable with these scores",
)
VERDICTS = (HOLDS, FAILS, CANNOT_TELL, NOT_TESTABLE)
PUBLIC = ("id", "source", "verdict", "estimate", "lower", "upper", "n", "population", "reason")
STATED = ("id", "source", "statement", "reading", "test", "place", "chapters")
LEDGER = (*PUBLIC, "statement", "reading", "test", "criterion", "place", "chapters")
FEWEST_IN_HALF = 4
SHARES = ("share_of_benchmarks", "near_ceiling")


@dataclass(frozen=True)
class Claim:
    """One claim of a source, as `data/claims.yml` has it.

    Parameters
    ----------
    id
        Name by which chapters cite it.
    source
        Key in the bibliography.
    statement
        The claim, paraphrased.
    place
        Where in the source.
    reading
        What exactly is tested.
    test
        Name in :func:`registry`; empty for a claim that no score table can decide.
    arguments
        Of the test.
    reason
        Why there is no test.
    population
        Population the claim is about; empty for the edition's headline population.
    chapters
        Chapters that cite it.
    """

    id: str
    source: str
    statement: str
    place: str = ""
    reading: str = ""
    test: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    population: str = ""
    chapters: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What the scores say of a claim.

    Parameters
    ----------
    estimate, lower, upper
        The number the claim is about and its interval; NaN where there is none.
    n
        Models behind it.
    population
        Population it is of.
    verdict
        One of `VERDICTS`.
    reason
        Why that verdict.
    criterion
        What decides between the verdicts.
    """

    estimate: float
    lower: float
    upper: float
    n: int
    population: str
    verdict: str
    reason: str
    criterion: str = ""


class NotTestable(Exception):
    """These scores lack what a test needs; the message says what, without a final stop."""


Test = Callable[["Study", Mapping[str, Any]], tuple[Estimate, np.ndarray, str]]
Writing = Callable[[float, int], str]


def registry() -> dict[str, Test]:
    """Return every test by name.

    Returns
    -------
    dict
        Functions from a population and the claim's arguments to an estimate, the mask of the
        models behind it, and a remark on what entered. They raise `NotTestable` where the
        population lacks something.
    """
    return {
        "mean_correlation": mean_correlation,
        "difference": difference,
        "share_of_benchmarks": share_of_benchmarks,
        "both_kinds": both_kinds,
        "compute_tie": compute_tie,
        "stronger_half": stronger_half,
        "own_order": own_order,
        "agreement": agreement,
        "near_ceiling": near_ceiling,
        "paired_drop": paired_drop,
        "mean_reliability": mean_reliability,
        "rule_skill": rule_skill,
    }


def claims(table: ScoreTable, parameters: Parameters, stated: Sequence[Claim]) -> pd.DataFrame:
    """Test every claim on the scores.

    Parameters
    ----------
    table
        The score table.
    parameters
        Those of the edition.
    stated
        The claims, from `analysis.claims_file.read_claims`.

    Returns
    -------
    pandas.DataFrame
        One row a claim, in the order given: columns `LEDGER`, the first nine those of
        ``results/claims.csv``. ``estimate, lower`` and ``upper`` are NaN where there are none.
    """
    from functools import cache

    from analysis.inputs import resolve_population

    headline = resolve_population(table, parameters.population)
    studied = cache(lambda population: study_or_reason(table, population, parameters))
    outcomes = [outcome_of(claim, claim.population or headline, studied) for claim in stated]
    rows = [
        {**vars(outcome), **{name: getattr(claim, name) for name in STATED}}
        for claim, outcome in zip(stated, outcomes, strict=True)
    ]
    return pd.DataFrame(rows, columns=list(LEDGER))


def study_or_reason(table: ScoreTable, population: str, parameters: Parameters) -> Study | str:
    """Compute a population, or say why it cannot be.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population, which the table may lack.
    parameters
        Those of the edition.

    Returns
    -------
    Study or str
        The computed population, or one reason without a final stop.
    """
    from analysis.capability import population_problem
    from analysis.scores import populations

    if population not in populations(table):
        return f"no model of population {population}"
    problem = population_problem(table, population, parameters)
    return study(table, population, parameters) if problem is None else str(problem)


def outcome_of(claim: Claim, population: str, studied: Callable[[str], Study | str]) -> Outcome:
    """Test one claim.

    Parameters
    ----------
    claim
        The claim.
    population
        Population to test it on.
    studied
        Gives a population computed, or the reason why it cannot be.

    Returns
    -------
    Outcome
        With a reason, whatever the verdict.
    """
    if not claim.test:
        return untested(population="", reason=claim.reason)
    found = studied(population)
    if isinstance(found, str):
        return untested(population, sentence(found))
    try:
        estimate, used, remark = registry()[claim.test](found, claim.arguments)
    except NotTestable as error:
        return untested(population, sentence(str(error)))
    region, write = region_of(claim.arguments, found.parameters.line), writing(claim.test)
    verdict, why = judge(estimate, region, write)
    words = f"{sentence(why)} {remark}".strip()
    return Outcome(*estimate[:3], int(used.sum()), population, verdict, words, criterion(region, write))


def untested(population: str, reason: str) -> Outcome:
    """The outcome of a claim that these scores cannot test."""
    return Outcome(np.nan, np.nan, np.nan, 0, population, NOT_TESTABLE, reason)


def sentence(text: str) -> str:
    """Return a text with a capital first letter and a final stop."""
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "." if text else ""


def region_of(arguments: Mapping[str, Any], line: float) -> tuple[float, float]:
    """Return where the number must lie for the claim to hold.

    Parameters
    ----------
    arguments
        Of the claim; ``above`` and ``below`` are read: a number, or ``line``.
    line
        The edition's line.

    Returns
    -------
    tuple of float
        Lower and upper end, infinite where open.
    """
    ends = {"above": -np.inf, "below": np.inf}
    given = {name: arguments.get(name, open_end) for name, open_end in ends.items()}
    low, high = (line if value == "line" else float(value) for value in given.values())
    return low, high


def with_regions(ledger: pd.DataFrame, stated: Sequence[Claim], line: float) -> pd.DataFrame:
    """Return a ledger with the ends of where each claim puts its number.

    Parameters
    ----------
    ledger
        As returned by :func:`claims`.
    stated
        The claims, in the same order.
    line
        The edition's line.

    Returns
    -------
    pandas.DataFrame
        With ``low`` and ``high``: infinite where open, NaN for a claim without a test.
    """
    ends = [region_of(claim.arguments, line) if claim.test else (np.nan, np.nan) for claim in stated]
    return ledger.assign(low=[low for low, _ in ends], high=[high for _, high in ends])


def writing(test: str) -> Writing:
    """How the numbers of a test are written: shares of benchmarks as percentages, others with a sign."""
    return share_written if test in SHARES else signed


def share_written(value: float, digits: int = 2) -> str:
    """Write a share as a percentage; digits are those of the share."""
    return percent_share(value, max(digits - 2, 0))


def judge(estimate: Estimate, region: tuple[float, float], write: Writing = signed) -> tuple[str, str]:
    """Turn an interval into a verdict.

    Parameters
    ----------
    estimate
        Number and interval.
    region
        Where the number must lie for the claim to hold.
    write
        How such numbers are written.

    Returns
    -------
    tuple of str
        The verdict, and why, without a final stop: *holds* only if the whole interval lies
        inside the region, *fails* only if all of it lies outside, else *cannot tell*.
    """
    low, high = region
    if not np.isfinite(estimate.value):
        return CANNOT_TELL, "the number the claim is about cannot be computed from these scores"
    if not np.isfinite([estimate.lower, estimate.upper]).all():
        return CANNOT_TELL, f"{family_count(estimate.families)} are too few for an interval"
    shown = f"the interval, {shown_interval(estimate, region, write)}, "
    if low < estimate.lower and estimate.upper < high:
        return HOLDS, shown + "lies wholly where the claim puts it"
    if estimate.upper < low or estimate.lower > high:
        return FAILS, shown + "lies wholly outside of where the claim puts it"
    ends = [write(end, 2) for end in region if estimate.lower <= end <= estimate.upper]
    return CANNOT_TELL, shown + f"crosses {listing(ends)}"


def shown_interval(estimate: Estimate, region: tuple[float, float], write: Writing = signed) -> str:
    """Write an interval with two decimals, or with more where rounding would put a bound on an end."""
    return " to ".join(as_written(bound, region, write, (estimate.lower, estimate.upper)) for bound in estimate[1:3])


def as_written(number: float, region: tuple[float, float], write: Writing, kin: tuple[float, ...] = ()) -> str:
    """Write a number with as many decimals as show on which side of the ends it and its kin lie."""
    for digits in (2, 3, 4):
        ends = [round(end, digits) for end in region if np.isfinite(end)]
        if not any(round(each, digits) in ends for each in (number, *kin)):
            return write(number, digits)
    return write(number, 5)


def family_count(families: int) -> str:
    """Number of families in words for a reason."""
    return "scores of one family" if families == 1 else f"scores of {families} families"


def criterion(region: tuple[float, float], write: Writing = signed) -> str:
    """Say in words what decides about a claim.

    Parameters
    ----------
    region
        Where the number must lie for the claim to hold.
    write
        How such numbers are written.

    Returns
    -------
    str
        A noun phrase, for example "above +0.40".
    """
    low, high = region
    if np.isfinite(low) and np.isfinite(high):
        return f"between {write(low, 2)} and {write(high, 2)}"
    return f"above {write(low, 2)}" if np.isfinite(low) else f"below {write(high, 2)}"


def chosen(found: Study, group: Mapping[str, Any]) -> list[str]:
    """Return the benchmarks a claim is about.

    Parameters
    ----------
    found
        The population.
    group
        ``benchmarks``, a list of ids; or ``where``, columns of the registry with the value or
        values allowed, which takes no split of another benchmark chosen.

    Returns
    -------
    list of str
        Those that have a capabilities correlation.

    Raises
    ------
    NotTestable
        When there is none.
    """
    if "benchmarks" in group:
        wanted = list(group["benchmarks"])
    else:
        wanted = outside_index(found, matching(found.table.benchmarks, group["where"]))
    measured = dict(zip(found.panel.benchmarks, found.evidence.estimate.correlations[0], strict=True))
    present = [name for name in wanted if np.isfinite(measured.get(name, np.nan))]
    if not present:
        raise NotTestable(lacking(group))
    return present


def outside_index(found: Study, names: list[str]) -> list[str]:
    """Leave out safety benchmarks that an edition uses as index: they are correlated with themselves."""
    role = found.table.benchmarks["role"]
    index = {found.panel.benchmarks[place] for place in found.panel.index}
    return [name for name in names if name not in index or role[name] != "safety"]


def matching(benchmarks: pd.DataFrame, where: Mapping[str, Any]) -> list[str]:
    """Return the benchmarks whose registry rows match, splits of matching ones left out."""
    kept = np.ones(len(benchmarks), bool)
    for column, value in where.items():
        kept &= benchmarks[column].isin(value if isinstance(value, list) else [value]).to_numpy()
    names = benchmarks.index[kept]
    return [name for name in names if benchmarks.at[name, "parent"] not in names]


def subjects(claim: Claim, benchmarks: pd.DataFrame) -> list[str]:
    """Return the benchmarks that a claim's test is about, by name or as members of a group.

    Parameters
    ----------
    claim
        The claim.
    benchmarks
        The registry.

    Returns
    -------
    list of str
        Ids of the registry, each once; none for a claim without a test, or about the score itself.
    """
    groups = [claim.arguments, *(claim.arguments.get(part, {}) for part in ("group", "other"))]
    named = [name for group in groups for name in group.get("benchmarks", ())]
    named += [name for group in groups if "where" in group for name in matching(benchmarks, group["where"])]
    named += [name for pair in claim.arguments.get("pairs", ()) for name in pair]
    return [name for name in dict.fromkeys(named) if name in benchmarks.index]


def described(group: Mapping[str, Any]) -> str:
    """Say in words which benchmarks a group asks for."""
    if "benchmarks" in group:
        *first, last = group["benchmarks"]
        return f"{', '.join(first)} or {last}" if first else str(last)
    parts = [
        f"{column} {' or '.join(map(str, value)) if isinstance(value, list) else value}"
        for column, value in group["where"].items()
    ]
    return f"of {' and '.join(parts)}"


def lacking(group: Mapping[str, Any]) -> str:
    """Say that a group has no benchmark that could be used."""
    if "benchmarks" in group:
        return f"these scores have too few models with {described(group)}, or none"
    return f"these scores have no benchmark {described(group)} with enough models"


def entered(names: Sequence[str], group: Mapping[str, Any]) -> str:
    """Remark on how many benchmarks entered, and which of those named did not."""
    absent = [name for name in group.get("benchmarks", ()) if name not in names]
    counted = "One benchmark entered" if len(names) == 1 else f"{len(names)} benchmarks entered"
    return counted + (f"; these scores lack {listing(absent)}." if absent else ".")


def mean_correlation(found: Study, arguments: Mapping[str, Any]) -> tuple[Estimate, np.ndarray, str]:
    """Mean ρ of a group of benchmarks; with ``size``, the mean of its absolute values.

    A mean of absolute values lies in [0, 1], which the interval on the z scale does not know: it is
    cut to that range. Since the true number lies there, this leaves out nothing it could be, and the
    interval holds it just as often.
    """
    names = chosen(found, arguments)
    columns, size = found.columns(names), arguments.get("size", False)
    estimate = jackknifed(found, lambda r: mean_of(r, size), columns)
    if size:
        estimate = clipped(estimate, 0.0, 1.0)
    return estimate, models_behind(found.panel, columns), entered(names, arguments)


def mean_of(correlations: np.ndarray, size: bool) -> np.ndarray:
    """Mean over benchmarks of ρ, or of its absolute value, for every replicate."""
    return (np.abs(correlations) if size else correlations).mean(axis=1)


def difference(found: Study, arguments: Mapping[str, Any]) -> tuple[Estimate, np.ndarray, str]:
    """Mean ρ of one group of benchmarks less that of another, within [-2, 2]; of its sizes, within [-1, 1]."""
    groups = [chosen(found, arguments[part]) for part in ("group", "other")]
    columns, size = found.columns(groups[0] + groups[1]), arguments.get("size", False)
    first = len(groups[0])
    estimate = jackknifed(
        found, lambda r: mean_of(r[:, :first], size) - mean_of(r[:, first:], size), columns, bounded=False
    )
    remark = f"{len(groups[0])} against {len(groups[1])} benchmarks."
    most = 1.0 if size else 2.0
    return clipped(estimate, -most, most), models_behind(found.panel, columns), remark


def clipped(estimate: Estimate, least: float, most: float) -> Estimate:
    """Keep an interval within what its number can be."""
    low, high = np.clip([estimate.lower, estimate.upper], least, most)
    return estimate._replace(lower=float(low), upper=float(high))


def share_of_benchmarks(found: Study, arguments: Mapping[str, Any]) -> tuple[Estimate, np.ndarray, str]:
    """Share of a group of benchmarks whose ρ, as a point estimate, lies above a limit."""
    names = chosen(found, arguments)
    columns, limit = found.columns(names), arguments["correlation_above"]
    above = found.parameters.line if limit == "line" else float(limit)
    estimate = bootstrapped(found, lambda r: share_above(r, above), columns)
    remark = f"{entered(names, arguments)} {by_interval(found, columns, above)}"
    return estimate, models_behind(found.panel, columns), remark


def by_interval(found: Study, columns: Sequence[int], limit: float) -> str:
    """Remark on what a count of intervals, not of point estimates, would say of a limit."""
    lower, upper = bounds_of(found, columns, found.parameters.level)
    sides = int((lower > limit).sum()), int((upper < limit).sum())
    rest = len(lower) - sum(sides)
    return (
        f"The reading counts point estimates, as the source does. By the interval of each benchmark, {sides[0]} of {len(lower)} "
        f"{'lies' if sides[0] == 1 else 'lie'} wholly above {rho(limit)} and {sides[1]} wholly below it; for the other {rest} that is open."
    )


def bounds_of(found: Study, columns: Sequence[int], level: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bounds of the ρ of some benchmarks, NaN where there are none."""
    from analysis.intervals import CHOSEN, methods_table

    lower, upper = methods_table()[CHOSEN].bounds(found.evidence, "correlations", level)
    return lower[list(columns)], upper[list(columns)]


def share_above(correlations: np.ndarray, limit: float) -> np.ndarray:
    """Share of the defined correlations above a limit, for every replicate."""
    known = np.isfinite(correlations).sum(axis=1)
    counted = (correlations > limit).sum(axis=1)
    return np.divide(counted, known, out=np.full(len(known), np.nan), where=known > 0)


def both_kinds(found: Study, arguments: Mapping[str, Any]) -> tuple[Estimate, np.ndarray, str]:
    """Whether some ρ are positive and some negative, intervals widened for the number of benchmarks.

    The number judged is the margin: the smaller of the highest lower bound and the least upper
    bound with its sign reversed. It is above zero exactly if both kinds are shown.
    """
    names = chosen(found, arguments)
    columns = found.columns(names)
    lower, upper = bounds_of(found, columns, 1 - (1 - found.parameters.level) / len(names))
    measured = found.evidence.estimate.correlations[0, columns]
    spread = float(min(measured.max(), -measured.min()))
    used = models_behind(found.panel, columns)
    families = len(np.unique(found.panel.families[used]))
    if np.isnan(lower).all():
        return Estimate(spread, np.nan, np.nan, families), used, entered(names, arguments)
    sure = float(min(np.nanmax(lower), -np.nanmin(upper)))
    most = float(min(np.nanmax(upper), -np.nanmin(lower)))
    remark = f"Lowest ρ {rho(measured.min())}, highest {rho(measured.max())}; {entered(names, arguments)}"
    return Estimate(spread, sure, most, families), used, remark


def compute_tie(found: Study, arguments: Mapping[str, Any]) -> tuple[Estimate, np.ndarray, str]:
    """Rank correlation of the capabilities score with training compute."""
    known = found.panel.scored & ~np.isnan(found.panel.compute)
    if not known.any():
        raise NotTestable(f"no training compute is known for {found.population} models")
    return score_compute_tie(found), known, f"Compute is known for {int(known.sum())} models."


def stronger_half(found: Study, arguments: Mapping[str, Any]) -> tuple[Estimate, np.ndarray, str]:
    """ρ of one benchmark over the stronger half of the models less that over the weaker half.

    Halves and interval are those of `analysis.robustness.weaker_against_stronger`, so that the ledger
    and the chapter on robustness print the same numbers.
    """
    from analysis.robustness import weaker_against_stronger

    names = chosen(found, arguments)
    if len(names) > 1:
        raise NotTestable("halves are compared for one benchmark at a time")
    columns = found.columns(names)
    used = models_behind(found.panel, columns)
    if used.sum() < 2 * FEWEST_IN_HALF:
        raise NotTestable(f"two halves of {FEWEST_IN_HALF} models need more models than there are")
    row = weaker_against_stronger(found.table, found.population, found.parameters).set_index("benchmark").loc[names[0]]
    families = len(np.unique(found.panel.families[used]))
    estimate = Estimate(*(float(row[name]) for name in ("difference", "lower", "upper")), families)
    remark = f"{int(row['n_weaker'])} weaker models against {int(row['n_stronger'])} stronger ones."
    return estimate, used, remark


def own_order(found: Study, arguments: Mapping[str, Any]) -> tuple[Estimate, np.ndarray, str]:
    """Mean correlation of the index benchmarks with the score made without each of them."""
    from analysis.estimates import families_behind, scale_for, spread_to_interval
    from analysis.resampling import jackknife_weights, plain, refit

    panel = found.panel
    if len(panel.index) < 3:
        raise NotTestable("fewer than three index benchmarks")
    value = plain(panel, left_out=True).left_out.mean()
    weights = jackknife_weights(len(panel.family_names))
    deleted = refit(panel, weights, left_out=True).left_out.mean(axis=1)
    families = families_behind(panel, list(panel.index))
    estimate = spread_to_interval(value, deleted, families, found.parameters.level, scale_for(found, True))
    return estimate, models_behind(panel, list(panel.index)), f"{len(panel.index)} index benchmarks entered."


def agreement(found: Study, arguments: Mapping[str, Any]) -> tuple[Estimate, np.ndarray, str]:
    """Mean rank correlation between the benchmarks of a group, over every pair."""
    names = chosen(found, arguments)
    if len(names) < 2:
        raise NotTestable(f"fewer than two of the benchmarks {described(arguments)}")
    columns = found.columns(names)
    values = found.panel.scores[:, columns]
    estimate = jackknifed_models(found, lambda left: mean_pair(values[left.kept]), columns, bounded=True)
    return estimate, models_behind(found.panel, columns), entered(names, arguments)


def mean_pair(values: np.ndarray) -> float:
    """Mean Spearman correlation over pairs of columns."""
    matrix = pd.DataFrame(values).corr("spearman").to_numpy()
    return float(matrix[np.triu_indices(len(matrix), 1)].mean())


def near_ceiling(found: Study, arguments: Mapping[str, Any]) -> tuple[Estimate, np.ndarray, str]:
    """Share of benchmarks on which the best model leaves little of the way from chance to ceiling."""
    from analysis.estimates import families_behind, share_interval
    from analysis.theory.how_they_fail import headroom

    room = headroom(found.table, found.population).set_index("benchmark")["headroom"].dropna()
    names = [name for name in found.panel.benchmarks if name in room.index]
    if not names:
        raise NotTestable("no benchmark with a known ceiling and chance level")
    columns = found.columns(names)
    values = found.panel.scores[:, columns]
    top = np.nanmax(values, axis=0)
    limit = top_within(found, names, arguments["headroom"])
    drawn = found.evidence.weights[:, found.panel.families] > 0
    shares = np.array([reached(values[rows], limit) for rows in drawn])
    used = np.isfinite(values).any(axis=1)
    families = families_behind(found.panel, None, used)
    estimate = share_interval(float((top >= limit).mean()), shares, families, found.parameters.level)
    return estimate, used, f"{len(names)} benchmarks have a known ceiling and chance level."


def top_within(found: Study, names: Sequence[str], headroom: float) -> np.ndarray:
    """Oriented score from which on less than a share of the way from chance to ceiling is left."""
    known = found.table.benchmarks.loc[list(names)]
    worse = (known["higher_is"] == "worse").to_numpy()
    ceiling = np.where(worse, -known["lower_bound"], known["upper_bound"]).astype(float)
    chance = np.where(worse, -known["chance"], known["chance"]).astype(float)
    return ceiling - headroom * (ceiling - chance)


def reached(values: np.ndarray, limit: np.ndarray) -> float:
    """Share of the benchmarks with scores on which some model reaches the limit."""
    known = np.isfinite(values).any(axis=0)
    return float((values >= limit).any(axis=0)[known].mean()) if known.any() else np.nan


def paired_drop(found: Study, arguments: Mapping[str, Any]) -> tuple[Estimate, np.ndarray, str]:
    """Mean fall in score from benchmark to variant, in their unit, where the model does well on the first.

    ``least`` is the score from which on a model counts as doing well.
    """
    place = {name: position for position, name in enumerate(found.panel.benchmarks)}
    pairs = [(place[a], place[b]) for a, b in arguments["pairs"] if a in place and b in place]
    if not pairs:
        raise NotTestable("no benchmark together with its variant")
    scores = found.panel.scores
    plain, variant = (scores[:, list(columns)] for columns in zip(*pairs, strict=True))
    falls = np.where(plain >= arguments["least"], plain - variant, np.nan)
    used = found.panel.scored & np.isfinite(falls).any(axis=1)
    if not used.any():
        raise NotTestable(f"no model with a score of {arguments['least']} or more and a score on the variant")
    estimate = jackknifed_models(found, lambda left: mean_or_nan(falls[left.kept & used]), used=used)
    cells = int(np.isfinite(falls[used]).sum())
    return estimate, used, f"{cells} pairs of scores on {len(pairs)} pairs of benchmarks entered."


def mean_or_nan(values: np.ndarray) -> float:
    """Mean of the values there are, NaN for none."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else np.nan


def mean_reliability(found: Study, arguments: Mapping[str, Any]) -> tuple[Estimate, np.ndarray, str]:
    """Mean over benchmarks of the share of variance between models that is not sampling noise."""
    from analysis.reliability import error_variances
    from analysis.scores import wide

    names = chosen(found, arguments)
    errors = error_variances(found.table, found.population)[names]
    names = [name for name in names if errors[name].notna().sum() >= FEWEST_IN_HALF]
    if not names:
        raise NotTestable(f"no benchmark {described(arguments)} with standard errors or item counts")
    models = list(found.panel.models)
    noise = errors.loc[models, names].to_numpy()
    scores = wide(found.table, found.population).loc[models, names].to_numpy()
    scores = np.where(np.isnan(noise), np.nan, scores)
    columns = found.columns(names)
    estimate = jackknifed_models(found, lambda left: reliability(scores[left.kept], noise[left.kept]), columns, bounded=True)
    return clipped(estimate, 0.0, 1.0), models_behind(found.panel, columns), entered(names, {})


def reliability(scores: np.ndarray, noise: np.ndarray) -> float:
    """Mean reliability of the columns that vary; `analysis.reliability` has the definition."""
    spread = np.nanvar(scores, axis=0, ddof=1)
    varies = spread > 0
    share = 1 - np.nanmean(noise[:, varies], axis=0) / spread[varies]
    return float(np.clip(share, 0, 1).mean()) if varies.any() else np.nan


def rule_skill(found: Study, arguments: Mapping[str, Any]) -> tuple[Estimate, np.ndarray, str]:
    """Share of the squared error of predicting the mean that a rule removes, out of sample."""
    from analysis.intuition import headline_registry, rule_scores

    scored = rule_scores(found).set_index("rule")
    if arguments["rule"] not in scored.index:
        raise NotTestable("safety benchmarks of fewer than two suites")
    row = scored.loc[arguments["rule"]]
    if not np.isfinite(row["skill"]):
        raise NotTestable("nothing is known of these benchmarks that would tell them apart")
    columns = found.columns(list(headline_registry(found).index))
    estimate = clipped(Estimate(row["skill"], row["lower"], row["upper"], int(row["families"])), -np.inf, 1.0)
    remark = f"{int(row['benchmarks'])} benchmarks of {int(row['suites'])} suites entered."
    return estimate, models_behind(found.panel, columns), remark
