"""What a benchmark card says in words, and how the chapter that shows one speaks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.display import correlation as rho
from analysis.display import count, listing, measure, number, percent_share
from analysis.findings.shared import plural

if TYPE_CHECKING:
    import pandas as pd

    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

FAMILY_COLUMNS = {"family": "Family left out", "models": "Its models", "correlation": "ρ without it"}
FAMILY_FORMATS = {"correlation": rho}
NEIGHBOUR_COLUMNS = {"name": "Benchmark", "correlation": "ρ"}
NEIGHBOUR_FORMATS = {"correlation": rho}
AUDIT_COLUMNS = {"severity": "Weight", "what": "What was seen", "how_to_check": "How to check"}
NEXT_COLUMNS = {
    "name": "Model", "family": "Family", "new_family": "New family", "half_width": "Interval, whole population = 1",
}
NEXT_FORMATS = {
    "new_family": lambda new: "yes" if new else "no",
    "half_width": lambda value: number(value, 2) if value == value else "–",
}


def sentences(facts: dict[str, Any]) -> dict[str, str]:
    """Say everything on a card in sentences.

    Parameters
    ----------
    facts
        Those of `analysis.card.Card`.

    Returns
    -------
    dict of str
        Keys ``headline, verdict, left_out, index, compute, power, reliability, place, spread, ends,
        models, next`` ; empty where there is nothing to say.
    """
    return {
        "headline": headline(facts),
        "verdict": verdict(facts),
        "left_out": without_a_family(facts),
        "index": in_the_index(facts),
        "compute": given_compute(facts),
        "power": could_tell(facts),
        "reliability": noise(facts),
        "place": among_others(facts),
        "spread": reach(facts),
        "ends": at_the_ends(facts),
        "models": matched(facts),
        "next": run_next(facts),
    }


def headline(facts: dict[str, Any]) -> str:
    """The correlation, its interval and what it rests on."""
    who = f"{plural(facts['n_models'], facts['population'] + ' model')} of {plural(facts['n_families'], 'family', 'families')}"
    if facts["correlation"] is None:
        return f"Over {who} there is no capabilities correlation: all have the same score, or too few have one."
    return f"Over {who}, the capabilities correlation of {facts['name']} is {rho(facts['correlation'])} {bounds(facts)}."


def bounds(facts: dict[str, Any]) -> str:
    """The interval in brackets, or that there is none."""
    if facts["lower"] is None:
        return "(no interval: too few families)"
    return f"({percent_share(facts['level'])} interval {rho(facts['lower'])} to {rho(facts['upper'])})"


def verdict(facts: dict[str, Any]) -> str:
    """The verdict in words, and what would settle an open one."""
    line = facts["line"]
    words = {
        "entangled": f"Entangled: the whole interval lies above {rho(line)}, so more capable models score better on it.",
        "inverse": f"Inverse: the whole interval lies below {rho(-line)}, so more capable models score worse on it.",
        "distinct": f"Distinct: the whole interval lies between {rho(-line)} and {rho(line)}, also with noise taken away.",
    }
    return words.get(facts["verdict"]) or f"Cannot tell: {open_because(facts)}".strip()


def open_because(facts: dict[str, Any]) -> str:
    """Why a verdict is open, and what would settle it."""
    if facts["reason"] == "crosses the line":
        return f"the interval crosses {crossed(facts)}. {more_families(facts)}"
    return {
        "no interval": "there are too few families for an interval, or nothing to correlate.",
        "reliability unknown": "the interval is low, but without standard errors, or item counts that give them, a low correlation "
        "cannot be told from noise; a column stderr would help, and for a mean between declared ends n_items too.",
        "noise": "the interval is low, but with measurement noise taken away it may not be; more items would settle it.",
    }.get(facts["reason"], "")


def crossed(facts: dict[str, Any]) -> str:
    """Which of the two lines an interval crosses."""
    line = facts["line"]
    ends = [end for end in (-line, line) if facts["lower"] <= end <= facts["upper"]]
    return f"the line{'s' if len(ends) > 1 else ''} at {listing([rho(end) for end in ends])}"


def more_families(facts: dict[str, Any]) -> str:
    """How many more families it may take, from what the interval leaves open."""
    more = facts["more_families"]
    if more["half"] is None:
        return "Over half of what the true correlation may be, no number of such families below a thousand would settle it."
    least, most = (None if more[name] is None else count(more[name]) for name in ("lower", "upper"))
    reach = f"; between {least} and {most} in most cases" if least and most else ""
    return f"About {plural(more['half'], 'more family', 'more families')} like these would settle it in half of the cases that fit these scores{reach}."


def without_a_family(facts: dict[str, Any]) -> str:
    """How far one family moves the correlation."""
    rows = [row for row in facts["left_out"]["families"] if row["correlation"] is not None]
    if len(rows) < 2:
        return "No family can be left out."
    first, last = rows[0], rows[-1]
    return (
        f"Without one family at a time the correlation lies between {rho(first['correlation'])} (without {first['family']}) "
        f"and {rho(last['correlation'])} (without {last['family']})."
    )


def in_the_index(facts: dict[str, Any]) -> str:
    """The correlation with the score made without it, for an index benchmark."""
    value = facts["correlation_left_out"]
    if value is None:
        return ""
    return f"It is part of the capabilities score itself; with the score made without it, the correlation is {rho(value)}."


def given_compute(facts: dict[str, Any]) -> str:
    """What is left of the correlation given training compute."""
    found = facts["compute"]
    if found["partial"] is None:
        return "Training compute is known for too few of these models to take it into account."
    told = {
        "separable": "its interval excludes zero, so capability tells something that compute does not",
        "not separable": "its interval includes zero, so the two cannot be told apart here, which is not to say that there is no effect",
        "no interval": "there are too few families for an interval",
    }[found["finding"]]
    ends = "" if found["lower"] is None else f" ({rho(found['lower'])} to {rho(found['upper'])})"
    return (
        f"With training compute, known for {plural(found['n_models'], 'of the models', 'of the models')}, its rank correlation is "
        f"{rho(found['correlation'])}; given compute, the partial correlation with capability is {rho(found['partial'])}{ends}: {told}."
    )


def could_tell(facts: dict[str, Any]) -> str:
    """Whether a panel of this make-up could see a partial correlation at all."""
    found = facts["compute"]
    if found["power"] is None:
        return ""
    if found["detectable"] is not None:
        return f"A panel like this would see a true partial correlation of {number(found['detectable'])} in eight cases of ten."
    return (
        f"A panel like this can hardly tell: it would miss even a true partial correlation of {number(found['power_at'], 1)} "
        f"in {percent_share(1 - found['power'])} of cases."
    )


def noise(facts: dict[str, Any], counted: bool = False) -> str:
    """Raw and disattenuated correlation; `counted` says whether numbers of items are stated."""
    found = facts["reliability"]
    if found["reliability"] is None:
        return no_reliability(facts["spread"], counted)
    freed = "" if found["disattenuated"] is None else f" With noise taken away the correlation is {rho(found['disattenuated'])}."
    return f"Its reliability over these models is {number(found['reliability'])}, from {found['basis']}.{freed}"


def no_reliability(spread: dict[str, Any], counted: bool) -> str:
    """Why the reliability is not known."""
    if spread["lowest"] == spread["highest"]:
        return "Its reliability is not known, since all models have the same score."
    if counted:
        return (
            "Its reliability is not known. Numbers of items are stated, but they give an error only for a score that is a mean "
            "between declared ends, and there are no standard errors."
        )
    return (
        "Its reliability is not known, since it comes without standard errors and without item counts that would give them, "
        "as they do for a score that is a mean between declared ends."
    )


def items_stated(table: ScoreTable, benchmark: str) -> bool:
    """Whether the table says of any run of a benchmark, or of its test set, how many items there were."""
    runs = table.scores[table.scores["benchmark"] == benchmark]
    known = table.benchmarks.reindex([benchmark])
    return any("n_items" in frame and bool(frame["n_items"].notna().any()) for frame in (runs, known))


def among_others(facts: dict[str, Any]) -> str:
    """Where the correlation falls among the known headline safety benchmarks."""
    place = facts["place"]
    if not place["of"] or place["rank"] is None:
        return "There are no other safety benchmarks to compare it with."
    return (
        f"Of {plural(place['of'], 'other headline safety benchmark')}, {count(place['rank'] - 1)} "
        f"{'has' if place['rank'] == 2 else 'have'} a higher correlation; the median of all {count(place['of'])} is {rho(place['median'])}."
    )


def reach(facts: dict[str, Any]) -> str:
    """How far the scores spread."""
    found = facts["spread"]
    share = found["share_of_scale"]
    scale = "" if share is None else f", which is {percent_share(share)} of its scale"
    slope = found["slope"]
    tie = "" if slope is None else (
        f" One standard deviation of the capabilities score goes with {measure(slope)} of its units."
    )
    turned = " as measured; the chart shows them turned, so that higher is better or safer" if facts["higher_is"] == "worse" else ""
    return f"Scores run from {measure(found['lowest'])} to {measure(found['highest'])}{scale}{turned}.{tie}"


def at_the_ends(facts: dict[str, Any]) -> str:
    """How many models are at an end of the scale."""
    found = facts["spread"]
    if found["at_best"] is None:
        return "Its scale has no declared ends, so saturation could not be looked for."
    return (
        f"{percent_share(found['at_best'])} of models are at the best end of the scale and "
        f"{percent_share(found['at_worst'])} at the worst."
    )


def matched(facts: dict[str, Any]) -> str:
    """How many rows of the file are behind the card."""
    models = facts["models"]
    lost = {
        "unmatched": "with a name that is not known",
        "other_populations": "of another population",
        "without_score": "without a capabilities score",
    }
    parts = [f"{count(len(models[name]))} {words}" for name, words in lost.items() if models[name]]
    left = f"; left out: {listing(parts)}" if parts else ""
    return f"The card rests on {plural(len(models['used']), 'model')}{left}."


def run_next(facts: dict[str, Any]) -> str:
    """Which models to run next."""
    rows = facts["next_models"]
    if not rows:
        return "Every known model of this population has been run; only models of further families would narrow the interval."
    return f"To narrow the interval most, run next: {listing([row['name'] for row in rows])}."


def chosen_benchmark(
    table: ScoreTable, population: str, benchmark: str, parameters: Parameters
) -> str:
    """The benchmark that the chapter makes a card of.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The population to take models from.
    benchmark : str
        An id, or "typical" for the safety benchmark whose correlation is nearest the middle.
    parameters : Parameters
        Index, component and missing-score policy.

    Returns
    -------
    str
        An id.

    Raises
    ------
    InputError
        When the population has no scores on a benchmark of that id.
    """
    from analysis.correlation import capabilities_correlations
    from analysis.findings.capabilities_correlation import typical_benchmark
    from analysis.problems import InputError, Problem, listed, quoted
    from analysis.scores import wide

    if benchmark == "typical":
        every = capabilities_correlations(table, population, parameters)
        return typical_benchmark(every, table.benchmarks)
    if benchmark not in wide(table, population):
        what = f"parameter benchmark: no {population} model has a score on {quoted(benchmark)}"
        known = listed(wide(table, population).columns)
        raise InputError(Problem("", None, None, what, f"give typical, or one of {known}"))
    return benchmark


def rows(facts: dict[str, Any], group: str) -> pd.DataFrame:
    """One of a card's lists as a table.

    Parameters
    ----------
    facts : dict
        Those of `analysis.card.Card`.
    group : {"families", "neighbours", "audit", "next_models"}
        Which list.

    Returns
    -------
    DataFrame
        The columns of the list, also where it is empty.
    """
    import pandas as pd

    lists = {
        "families": (facts["left_out"]["families"], FAMILY_COLUMNS),
        "neighbours": (facts["place"]["neighbours"], NEIGHBOUR_COLUMNS),
        "audit": (facts["audit"], AUDIT_COLUMNS),
        "next_models": (facts["next_models"], NEXT_COLUMNS),
    }
    found, columns = lists[group]
    return pd.DataFrame(found, columns=list(columns))


def chapter_words(facts: dict[str, Any], table: ScoreTable) -> dict[str, str]:
    """A card's sentences as the chapter glues them.

    Parameters
    ----------
    facts : dict
        Those of `analysis.card.Card`.
    table : ScoreTable
        The edition's, for whether numbers of items are stated.

    Returns
    -------
    dict of str
        The sentences, their keys prefixed with `card_`, and `card_name, card_audit, card_citation`.
    """
    from analysis.card_pages import citation_of

    found = len(facts["audit"])
    things = "one thing" if found == 1 else f"{count(found)} things"
    seen = f"The audit found {things} to look at." if found else "The audit found nothing that its checks look for."
    said = {f"card_{key}": text for key, text in sentences(facts).items()}
    said["card_reliability"] = noise(facts, items_stated(table, facts["benchmark"]))
    return {**said, "card_name": facts["name"], "card_audit": seen, "card_citation": citation_of(facts)}
