"""What the explorer says of one benchmark in one population, and its tables."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from analysis.claims import VERDICTS
from analysis.display import correlation as rho
from analysis.display import count, listing, one_line
from analysis.findings.claims import written_interval, written_value
from analysis.findings.shared import plural
from analysis.house import display_name

if TYPE_CHECKING:
    import pandas as pd

    from analysis.explorer import Explorer, Survey

EVERY_COLUMNS = {
    "name": "Benchmark", "population": "Population", "area": "Area", "correlation": "ρ", "lower": "From",
    "upper": "To", "verdict": "Verdict", "n_models": "n", "n_families": "Families",
}
EVERY_FORMATS = {"correlation": rho, "lower": rho, "upper": rho}
NEIGHBOUR_COLUMNS = {
    "name": "Benchmark", "area": "Area", "alike": "Rank correlation of the scores", "n_models": "Models with both",
    "correlation": "Its own ρ", "verdict": "Its verdict",
}
NEIGHBOUR_FORMATS = {"alike": rho, "correlation": rho}
CLAIM_COLUMNS = {
    "id": "Claim", "statement": "What the source says", "verdict": "Verdict", "value": "Estimate", "interval": "Interval",
    "population": "Population",
}
CLAIMS_PAGE = "../results/claims.html"


def said(made: Explorer, found: Survey, benchmark: str) -> dict[str, str]:
    """Say everything about one benchmark in one population.

    Parameters
    ----------
    made : Explorer
        All of them.
    found : Survey
        The population.
    benchmark : str
        Benchmark id.

    Returns
    -------
    dict of str
        Keys `answer, verdict, families, curve, neighbours, claims`.
    """
    from analysis.findings import your_benchmark as card

    facts = card_facts(made, found, benchmark)
    return {
        "answer": " ".join(filter(None, (card.headline(facts), turned_sentence(made, benchmark)))),
        "verdict": " ".join(filter(None, (card.verdict(facts), card.in_the_index(facts)))),
        "families": card.without_a_family(facts),
        "curve": curve_sentence(made, found, benchmark),
        "neighbours": neighbour_sentence(made, found, benchmark),
        "claims": claim_sentence(made, benchmark),
    }


def turned_sentence(made: Explorer, benchmark: str) -> str:
    """That the scores shown are turned, where more is worse as measured; else nothing."""
    if made.table.benchmarks.at[benchmark, "higher_is"] != "worse":
        return ""
    return "Its scores are shown turned, so that higher is better."


def card_facts(made: Explorer, found: Survey, benchmark: str) -> dict[str, Any]:
    """The facts of a benchmark card that the explorer's sentences need."""
    from analysis.card import judged, plain_json

    facts = judged(found.about[benchmark], made.parameters)
    about = {"population": found.population, "name": made.names[benchmark]}
    return plain_json({**facts, **about, "left_out": found.deleted[benchmark]})


def curve_sentence(made: Explorer, found: Survey, benchmark: str) -> str:
    """On the range of the specification curve, or why there is none."""
    from analysis.findings.robustness import example_sentence

    name = made.names[benchmark]
    if benchmark not in found.curves:
        return f"This table is large, so the specification curve was computed for some benchmarks only, and {name} is not among them."
    return example_sentence(found.curves[benchmark], name, made.parameters.line)


def neighbour_sentence(made: Explorer, found: Survey, benchmark: str) -> str:
    """On the benchmark most like it, and the one of its own area."""
    near, name = found.near[benchmark], made.names[benchmark]
    if not near:
        return f"No other benchmark shares enough models with {name}, so it has no neighbours here."
    first, areas = near[0], made.areas
    same = [other for other in near if areas[benchmark] and areas[other.benchmark] == areas[benchmark]]
    nearest = (
        f"Most like {name} is {made.names[first.benchmark]} (rank correlation of their scores {rho(first.alike)}, "
        f"{plural(first.n_models, 'model')})"
    )
    if not same:
        return f"{nearest}. No benchmark of its own area can be compared with it."
    if same[0] == first:
        return f"{nearest}, which is of the same area."
    return f"{nearest}. In its own area it is {made.names[same[0].benchmark]} ({rho(same[0].alike)})."


def claim_sentence(made: Explorer, benchmark: str) -> str:
    """On how many claims lean on it, and with which verdicts."""
    from analysis.explorer import leaning

    rows = leaning(made, benchmark)
    name = made.names[benchmark]
    if rows.empty:
        return f"No claim of the ledger names {name} or a group that it belongs to."
    counts = Counter(rows["verdict"])
    if len(rows) == 1:
        return f"One claim of the ledger leans on {name}; its verdict is “{rows['verdict'].iloc[0]}”."
    words = listing(f"“{verdict}” {times(counts[verdict])}" for verdict in VERDICTS if verdict in counts)
    return f"{count(len(rows))} claims of the ledger lean on {name}. Their verdicts: {words}."


def times(n: int) -> str:
    """How often: once, twice, or a count of times."""
    return {1: "once", 2: "twice"}.get(n, f"{count(n)} times")


def every_rows(made: Explorer) -> pd.DataFrame:
    """Every benchmark in every population, highest correlation first.

    Parameters
    ----------
    made : Explorer
        All of them.

    Returns
    -------
    DataFrame
        `benchmark, address` and the columns of `EVERY_COLUMNS`.
    """
    import pandas as pd

    from analysis.explorer import address

    rows = pd.concat([found.judged for found in made.surveys.values()], ignore_index=True)
    rows = rows.sort_values(["correlation", "benchmark"], ascending=[False, True], na_position="last")
    keys = list(zip(rows["benchmark"], rows["population"], strict=True))
    names = [one_line(display_name(benchmark, made.table.benchmarks)) for benchmark, _ in keys]
    links = [address(*key) if key[0] in made.names else "" for key in keys]
    return rows.assign(name=names, address=links).reset_index(drop=True)


def neighbour_rows(made: Explorer, found: Survey, benchmark: str) -> pd.DataFrame:
    """The neighbours of a benchmark: `address` and the columns of `NEIGHBOUR_COLUMNS`."""
    import pandas as pd

    from analysis.explorer import address

    rows = [
        {
            "name": made.names[other.benchmark],
            "area": made.areas[other.benchmark],
            "alike": other.alike,
            "n_models": other.n_models,
            "correlation": found.about[other.benchmark]["correlation"],
            "verdict": found.about[other.benchmark]["verdict"],
            "address": address(other.benchmark, found.population),
        }
        for other in found.near[benchmark]
    ]
    return pd.DataFrame(rows, columns=[*NEIGHBOUR_COLUMNS, "address"])


def claim_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Claims with where the ledger speaks of them, in its own words: `address` and the columns of `CLAIM_COLUMNS`."""
    return rows.assign(
        address=[f"{CLAIMS_PAGE}#claim-{identity}" for identity in rows["id"]],
        value=[written_value(row) for row in rows.itertuples()],
        interval=[written_interval(row) for row in rows.itertuples()],
    )


def page_words(made: Explorer) -> dict[str, str]:
    """The words of the page that are of no single benchmark, and those of the one shown first.

    Parameters
    ----------
    made : Explorer
        All of them.

    Returns
    -------
    dict of str
        Keys `explored_sentence, first_name, first_population, level`.
    """
    from analysis.display import percent_share

    return {
        "explored_sentence": explored_sentence(made),
        "first_name": made.names[made.benchmark],
        "first_population": made.population,
        "level": percent_share(made.parameters.level),
    }


def explored_sentence(made: Explorer) -> str:
    """On how much there is to choose from."""
    scored = made.table.scores["benchmark"].nunique()
    names = listing(made.surveys)
    held = f"There are {plural(len(made.names), 'benchmark')} and {plural(len(made.surveys), 'population')} ({names}) to choose from."
    if len(made.names) == scored:
        return held
    return f"{held} This table holds {plural(scored, 'benchmark')}, more than a page can carry; the others are in the table at the end only."


