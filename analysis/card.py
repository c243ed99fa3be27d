"""The benchmark card: what one benchmark's scores say of it, in figures."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.problems import InputError, Problem, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis.card_files import Joined
    from analysis.parameters import Parameters
    from analysis.resampling import Panel
    from analysis.scores import ScoreTable

FEWEST = 4
NEIGHBOURS = 3
BUDGET = 5


@dataclass(frozen=True)
class Card:
    """Everything a benchmark card says.

    Parameters
    ----------
    facts
        Ready for JSON; see :func:`card_of`.
    pairs
        ``model, family, capabilities_score, value``, higher is better or safer; one row a model.
    table
        The scores the card was made from.
    """

    facts: dict[str, Any]
    pairs: pd.DataFrame
    table: ScoreTable


def card_of(
    table: ScoreTable, population: str, benchmark: str, parameters: Parameters, joined: Joined | None = None
) -> Card:
    """Make the card of a benchmark of a score table.

    Parameters
    ----------
    table
        The score table.
    population
        Name of the population.
    benchmark
        Id of the benchmark.
    parameters
        All but `population` and `data` are used.
    joined
        What became of the file that the benchmark came from, if it came from one.

    Returns
    -------
    Card
        Its facts hold ``correlation, lower, upper, n_models, n_families, verdict, population`` and
        more, groups of facts under ``left_out, compute, reliability, place, spread, audit, next_models,
        models, notes``; correlations in [-1, 1], None where not known.

    Raises
    ------
    InputError
        When the benchmark is not in the population, too few of its models have a capabilities score, or
        there is none.
    """
    from analysis.capability import index_scores
    from analysis.findings.capabilities_correlation import score_pairs
    from analysis.house import display_name

    require(table, population, benchmark, parameters)
    pairs = score_pairs(table, population, benchmark, parameters)
    if len(pairs) < FEWEST:
        raise InputError(too_few(table, population, len(pairs), joined))
    # The index alone decides the capabilities score, so the other benchmarks need no refits.
    index = list(index_scores(table, population, parameters).columns)
    lean = only(table, [*index, *([] if benchmark in index else [benchmark])])
    settings = replace(parameters, index=tuple(index))
    facts = {
        "benchmark": benchmark,
        "name": display_name(benchmark, table.benchmarks),
        "population": population,
        "higher_is": direction(table, benchmark),
        **estimate(lean, population, benchmark, settings),
        "left_out": left_out(lean, population, benchmark, settings),
        "compute": given_compute(lean, population, benchmark, settings),
        "reliability": reliability(lean, population, benchmark, settings),
        "place": place(table, population, benchmark, parameters),
        "spread": spread(lean, population, benchmark, settings),
        "audit": findings(table, population, benchmark),
        "next_models": to_run(lean, population, list(pairs["model"]), settings),
        "models": models(pairs, table, joined),
        "notes": [str(note) for note in joined.notes] if joined else [],
        "parameters": {"line": parameters.line, "level": parameters.level, "component": parameters.component},
    }
    return Card(plain_json(facts), pairs, table)


def require(table: ScoreTable, population: str, benchmark: str, parameters: Parameters) -> None:
    """Refuse what no card can be made of.

    Raises
    ------
    InputError
        With the reason.
    """
    from analysis.capability import population_problem
    from analysis.scores import populations, wide

    if population not in populations(table):
        what = f"no model of population {population!r} has scores"
        raise InputError(Problem("", None, None, what, f"there are {listed(populations(table))}"))
    if benchmark not in wide(table, population):
        what = f"no {population} model has a score on {benchmark!r}"
        raise InputError(Problem("", None, None, what, "name another benchmark or population"))
    reason = population_problem(table, population, parameters)
    if reason:
        what = f"{population} models have no capabilities score: {reason}"
        raise InputError(Problem("", None, None, what, "choose another population"))


def too_few(table: ScoreTable, population: str, known: int, joined: Joined | None) -> Problem:
    """Say that too few models are known, and which names would be."""
    what = f"{known} of its models are known {population} models, where at least {FEWEST} are needed"
    hints = {} if joined is None else {name: near for name, near in joined.unmatched.items() if near}
    meant = [f"{name} (perhaps {near[0]})" for name, near in hints.items()]
    mend = f"correct names: {listed(meant)}" if meant else "name models as in data/models.csv, or run more of these"
    return Problem("", None, "model", what, mend)


def only(table: ScoreTable, names: list[str]) -> ScoreTable:
    """Return a table with some of its benchmarks."""
    kept = table.scores["benchmark"].isin(names)
    coded = table.benchmarks.loc[[name for name in table.benchmarks.index if name in set(names)]]
    return replace(table, scores=table.scores[kept].reset_index(drop=True), benchmarks=coded)


def direction(table: ScoreTable, benchmark: str) -> str:
    """Return "better", "worse", or "neither" for a gap of which the size counts."""
    row = table.benchmarks.loc[benchmark]
    return "neither" if row["as_released"] == "undirected" else str(row["higher_is"])


def estimate(
    table: ScoreTable, population: str, benchmark: str, parameters: Parameters
) -> dict[str, Any]:
    """The correlation with its interval and verdict, as the book has them.

    Returns
    -------
    dict
        ``correlation, correlation_as_released, correlation_left_out, lower, upper, level, method,
        n_models, n_families, p_value, verdict, reason, line, more_families``.
    """
    from analysis.results import judged_correlations

    return judged(of(judged_correlations(table, population, parameters), benchmark), parameters)


def judged(row: Mapping[str, Any], parameters: Parameters) -> dict[str, Any]:
    """Return the facts of one row of `analysis.results.judged_correlations`, as :func:`estimate` has them."""
    from analysis.intervals import methods_table

    kept = (
        "correlation", "correlation_as_released", "correlation_left_out", "n_models", "n_families", "lower", "upper",
        "p_value", "verdict", "reason",
    )
    return {
        **{name: row[name] for name in kept},
        "level": parameters.level,
        "line": parameters.line,
        "method": methods_table()[row["method"]].label,
        "more_families": {
            "half": row["more_families"],
            "lower": row["more_families_lower"],
            "upper": row["more_families_upper"],
        },
    }


def of(frame: pd.DataFrame, benchmark: str) -> pd.Series:
    """Return the one row about a benchmark."""
    return frame[frame["benchmark"] == benchmark].iloc[0]


def left_out(
    table: ScoreTable, population: str, benchmark: str, parameters: Parameters
) -> dict[str, Any]:
    """The correlation without each family in turn, its component refitted.

    Returns
    -------
    dict
        ``lowest, highest`` and ``families``: family, its models and the correlation without it.
    """
    from analysis.resampling import jackknife_weights, panel, refit

    arranged = panel(table, population, parameters)
    column = arranged.benchmarks.index(benchmark)
    found = refit(arranged, jackknife_weights(len(arranged.family_names))).correlations[:, column]
    return deletions(arranged, column, found)


def deletions(arranged: Panel, column: int, found: np.ndarray) -> dict[str, Any]:
    """List a benchmark's correlations without each family that has a model behind it.

    Parameters
    ----------
    arranged
        The population.
    column
        Of the benchmark.
    found
        Its correlation without each family, shape (F,).

    Returns
    -------
    dict
        As :func:`left_out`.
    """
    behind = arranged.scored & ~np.isnan(arranged.scores[:, column])
    sizes = np.bincount(arranged.families[behind], minlength=len(found))
    rows = [
        {"family": family, "models": int(size), "correlation": float(value)}
        for family, size, value in zip(arranged.family_names, sizes, found, strict=True)
        if size
    ]
    known = [row["correlation"] for row in rows if math.isfinite(row["correlation"])]
    ends = {"lowest": min(known, default=math.nan), "highest": max(known, default=math.nan)}
    return {**ends, "families": sorted(rows, key=lambda row: (row["correlation"], row["family"]))}


def given_compute(
    table: ScoreTable, population: str, benchmark: str, parameters: Parameters
) -> dict[str, Any]:
    """The tie to compute, what is left of the correlation given it, and what could be seen.

    Returns
    -------
    dict
        ``n_models, n_families, correlation`` (with compute), ``partial, lower, upper, finding``,
        ``detectable`` (true partial correlation seen in eight panels of ten; None where none is) and
        ``power`` (share of panels that would see a true partial correlation of ``power_at``).
    """
    from analysis.capability import population_problem
    from analysis.intervals import FEWEST_FAMILIES
    from analysis.separability import detectable, power, separability

    row = of(separability(table, population, parameters), benchmark)
    run = table.scores.loc[table.scores["benchmark"] == benchmark, "model"]
    among = table.scores[table.scores["model"].isin(run)]
    panel_run = replace(table, scores=among.reset_index(drop=True))
    sound = row["n_families"] >= FEWEST_FAMILIES and population_problem(panel_run, population, parameters) is None
    powers = power(panel_run, population, parameters, parameters.simulations) if sound else pd.DataFrame()
    seen = powers.iloc[-1] if len(powers) else {"power": math.nan, "partial": math.nan}
    return {
        **{name: row[name] for name in ("n_models", "n_families", "partial", "lower", "upper", "finding")},
        "correlation": row["compute"],
        "detectable": detectable(powers) if len(powers) else math.nan,
        "power": float(seen["power"]),
        "power_at": float(seen["partial"]),
    }


def reliability(
    table: ScoreTable, population: str, benchmark: str, parameters: Parameters
) -> dict[str, Any]:
    """Raw and disattenuated correlation.

    Returns
    -------
    dict
        ``reliability, basis`` and ``disattenuated``.
    """
    from analysis.reliability import attenuation

    row = of(attenuation(table, population, parameters), benchmark)
    return {name: row[name] for name in ("reliability", "basis", "disattenuated")}


def place(
    table: ScoreTable, population: str, benchmark: str, parameters: Parameters
) -> dict[str, Any]:
    """Where the correlation falls among those of the known headline safety benchmarks.

    Returns
    -------
    dict
        ``of`` (how many others), ``rank`` (1 for the highest), ``median`` of the others and
        ``neighbours``: those nearest, highest first.
    """
    from analysis.correlation import capabilities_correlations
    from analysis.findings.shared import headline_benchmarks
    from analysis.house import display_name

    every = capabilities_correlations(table, population, parameters)
    own = of(every, benchmark)["correlation"]
    known = headline_benchmarks(every, table.benchmarks)
    others = known[known["benchmark"] != benchmark].set_index("benchmark")["correlation"]
    near = (others - own).abs().sort_values(kind="stable").index[: 2 * NEIGHBOURS]
    rows = [
        {"benchmark": str(name), "name": display_name(name, table.benchmarks), "correlation": others[name]}
        for name in others[near].sort_values(ascending=False, kind="stable").index
    ]
    rank = 1 + int((others > own).sum()) if np.isfinite(own) else None
    return {"of": len(others), "rank": rank, "median": others.median(), "neighbours": rows}


def spread(
    table: ScoreTable, population: str, benchmark: str, parameters: Parameters
) -> dict[str, Any]:
    """How far the scores reach and how many are at an end of the scale.

    Returns
    -------
    dict
        In the benchmark's unit as measured ``lowest, median, highest``; turned so that higher is
        better ``deviation`` and ``slope`` (for one standard deviation of the capabilities score);
        ``share_of_scale``; ``at_best, at_worst`` (shares of models within 2 % of that end).
    """
    from analysis.audit_figures import NEAR
    from analysis.reliability import signal_range
    from analysis.scores import wide

    row = of(signal_range(table, population, parameters), benchmark)
    values = wide(table, population)[benchmark].dropna()
    coded = table.benchmarks.loc[benchmark]
    ends = [float(coded[name]) for name in ("lower_bound", "upper_bound")]
    near = [float(((values - end).abs() <= NEAR * (ends[1] - ends[0])).mean()) for end in ends]
    near = [share if math.isfinite(ends[1] - ends[0]) else math.nan for share in near]
    worst, best = near if coded["higher_is"] == "better" else near[::-1]
    return {
        "unit": coded.get("unit"),
        "lowest": values.min(), "median": values.median(), "highest": values.max(),
        "deviation": row["spread"], "slope": row["slope"], "share_of_scale": row["share_of_scale"],
        "at_best": best, "at_worst": worst,
    }


def findings(table: ScoreTable, population: str, benchmark: str) -> list[dict[str, Any]]:
    """What the audit says of the benchmark; the models that have not run it are listed elsewhere."""
    from analysis.audit import about, audit

    found = about(audit(table, population), benchmark)
    kept = ["check", "severity", "what", "how_to_check"]
    return found.loc[found["check"] != "missing", kept].to_dict("records")


def to_run(
    table: ScoreTable, population: str, scored: list[str], parameters: Parameters
) -> list[dict[str, Any]]:
    """The models to run next, best first."""
    from analysis.panel import next_models

    kept = ["rank", "model", "name", "family", "new_family", "half_width", "gain"]
    return next_models(table, population, scored, BUDGET, parameters)[kept].to_dict("records")


def models(pairs: pd.DataFrame, table: ScoreTable, joined: Joined | None) -> dict[str, Any]:
    """Which models the card rests on, and which it had to leave out.

    Returns
    -------
    dict
        ``used`` (model, name, release_id, family, score turned so that higher is better), ``unmatched``
        (given name and what it may mean), ``other_populations`` and ``without_score``.
    """
    about = table.models.reindex(pairs["model"])
    used = pd.DataFrame(
        {
            "model": pairs["model"].to_numpy(),
            "name": about["name"].to_numpy(),
            "release_id": about["release_id"].to_numpy(),
            "family": pairs["family"].to_numpy(),
            "score": pairs["value"].to_numpy(),
        }
    )
    used = used.sort_values("model").to_dict("records")
    if joined is None:
        return {"used": used, "unmatched": [], "other_populations": [], "without_score": []}
    lost = joined.matched.loc[~joined.matched["model"].isin(pairs["model"]), "model"]
    return {
        "used": used,
        "unmatched": [{"given": given, "perhaps": list(near)} for given, near in joined.unmatched.items()],
        "other_populations": list(joined.elsewhere),
        "without_score": [str(model) for model in lost],
    }


def plain_json(value: Any) -> Any:
    """Return a value in types that JSON knows, None for what is missing or infinite.

    Parameters
    ----------
    value
        Dictionaries, lists and scalars, NumPy's too.

    Returns
    -------
    object
        The same in plain Python.
    """
    if isinstance(value, dict):
        return {str(name): plain_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return None if value is None or value is pd.NA else value
