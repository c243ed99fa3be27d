"""What the ledger says and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.claims import CANNOT_TELL, FAILS, HOLDS, NOT_TESTABLE, VERDICTS, as_written, claims, shown_interval, with_regions, writing
from analysis.display import UNKNOWN, listing, percent_share
from analysis.estimates import Estimate
from analysis.findings.shared import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from analysis.claims import Claim
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

SOURCES = {
    "ren2024forum": "Forum post on the paper",
    "weirdml2025comments": "Comments on a capability benchmark",
    "duan2022race": "Race to the Top",
    "aiaaronundatedbenchmark": "When the benchmark is the safety case",
    "leike2024crisp": "Comments on crisp and fuzzy tasks",
}
TESTED_COLUMNS = {
    "id": "Claim",
    "verdict": "Verdict",
    "value": "Estimate",
    "interval": "Interval",
    "criterion": "Holds if",
    "models": "Models",
}
COUNT_COLUMNS = {
    "text": "Text", HOLDS: "Holds", FAILS: "Fails", CANNOT_TELL: "Cannot tell", NOT_TESTABLE: "Not testable", "all": "All",
}


def ledger_rows(ledger: pd.DataFrame) -> pd.DataFrame:
    """The ledger with the texts' titles.

    Parameters
    ----------
    ledger : DataFrame
        As returned by `analysis.claims.claims`.

    Returns
    -------
    DataFrame
        With a column `text`.
    """
    return ledger.assign(text=ledger["source"].map(SOURCES).fillna(ledger["source"]))


def verdict_counts(ledger: pd.DataFrame) -> pd.DataFrame:
    """Number of claims by text and verdict.

    Parameters
    ----------
    ledger : DataFrame
        As returned by `analysis.claims.claims`.

    Returns
    -------
    DataFrame
        Columns of `COUNT_COLUMNS`, a row a text in order of the ledger.
    """
    import pandas as pd

    named = ledger_rows(ledger)
    counts = pd.crosstab(named["text"], named["verdict"]).reindex(columns=list(VERDICTS), fill_value=0)
    ordered = counts.reindex(list(dict.fromkeys(named["text"])))
    return ordered.assign(all=ordered.sum(axis=1)).rename_axis("text").reset_index()


def tested_rows(ledger: pd.DataFrame, stated: Sequence[Claim], line: float) -> pd.DataFrame:
    """The claims that these scores test, with the ends of where each puts its number.

    Parameters
    ----------
    ledger : DataFrame
        As returned by `analysis.claims.claims`.
    stated : sequence of Claim
        The claims, in the same order.
    line : float
        The edition's line.

    Returns
    -------
    DataFrame
        Some rows of `ledger` by verdict, with `low` and `high` (NaN where open) and as text `value`,
        `interval` (with as many digits as show on which side of an end a bound lies) and `models`.
    """
    ended = with_regions(ledger, stated, line)
    tested = ended[ended["verdict"] != NOT_TESTABLE].replace([np.inf, -np.inf], np.nan)
    tested = tested.assign(
        value=[written_value(row) for row in tested.itertuples()],
        interval=[written_interval(row) for row in tested.itertuples()],
        models=[f"{row.n} {row.population}" for row in tested.itertuples()],
    )
    place = {verdict: position for position, verdict in enumerate(VERDICTS)}
    return tested.sort_values("verdict", key=lambda verdicts: verdicts.map(place), kind="stable", ignore_index=True)


def written_value(row: object) -> str:
    """The number of a tested claim, with as many digits as show on which side of an end it lies."""
    return as_written(row.estimate, (row.low, row.high), writing(row.test))


def written_interval(row: object) -> str:
    """The interval of a tested claim as its reason writes it."""
    if not np.isfinite([row.lower, row.upper]).all():
        return UNKNOWN
    return shown_interval(Estimate(row.estimate, row.lower, row.upper, 0), (row.low, row.high), writing(row.test))


def ledger_findings(ledger: pd.DataFrame, parameters: Parameters) -> dict[str, str]:
    """Strings on the whole ledger.

    Parameters
    ----------
    ledger : DataFrame
        As returned by `analysis.claims.claims`.
    parameters : Parameters
        `level` is used.

    Returns
    -------
    dict of str
        Keys `claims, count_sentence, held_sentence, untested_sentence, chance_sentence`.
    """
    counts = ledger["verdict"].value_counts()
    tested = int((ledger["verdict"] != NOT_TESTABLE).sum())
    return {
        "claims": plural(len(ledger), "claim"),
        "count_sentence": count_sentence(counts.to_dict(), tested),
        "held_sentence": named_sentence(ledger),
        "untested_sentence": untested_sentence(ledger),
        "chance_sentence": chance_sentence(tested, parameters.level),
    }


def count_sentence(counts: dict[str, int], tested: int) -> str:
    """One sentence on how many claims met which verdict."""
    if not tested:
        return "None of the claims can be tested on these scores; each is listed with the reason."
    words = {HOLDS: ("of them holds", "of them hold"), FAILS: ("fails", "fail"), CANNOT_TELL: ("stays undecided", "stay undecided")}
    parts = [f"{counts.get(verdict, 0)} {word[counts.get(verdict, 0) != 1]}" for verdict, word in words.items()]
    return f"These scores test {plural(tested, 'claim')}: {listing(parts)}."


def named_sentence(ledger: pd.DataFrame) -> str:
    """One sentence that quotes the claims that fail."""
    failing = ledger.loc[ledger["verdict"] == FAILS, "statement"]
    if failing.empty:
        return "No tested claim fails."
    return f"What fails: {' '.join(f'“{statement}”' for statement in failing)}"


def untested_sentence(ledger: pd.DataFrame) -> str:
    """One sentence on why claims are not tested: beyond any scores, or beyond these."""
    rows = ledger[ledger["verdict"] == NOT_TESTABLE]
    lacking = rows[rows["population"] != ""]
    never = len(rows) - len(lacking)
    beyond = f"{plural(never, 'claim')} {'is' if never == 1 else 'are'} about something that no table of scores holds"
    if lacking.empty:
        return f"{beyond}."
    return f"{beyond}; for {plural(len(lacking), 'other')} these scores lack what the test needs."


def chance_sentence(tested: int, level: float) -> str:
    """One sentence on how many verdicts chance alone might turn."""
    if not tested:
        return "There is no verdict that chance could have turned."
    return (
        f"Each verdict rests on an interval of {percent_share(level)}. Over {plural(tested, 'test')} one must expect "
        f"{missed(tested * (1 - level))} to miss the true number."
    )


def missed(expected: float) -> str:
    """An expected count of intervals in words."""
    if expected < 0.5:
        return "fewer than one interval in two such ledgers"
    return "about one interval" if round(expected) <= 1 else f"about {round(expected)} intervals"


def claim_texts(ledger: pd.DataFrame) -> dict[str, str]:
    """What the page of the ledger says under each claim.

    Parameters
    ----------
    ledger : DataFrame
        As returned by `analysis.claims.claims`.

    Returns
    -------
    dict of str
        Two keys a claim: `verdict-<id>`, the verdict; `about-<id>`, statement, reading, outcome.
    """
    texts: dict[str, str] = {}
    for row in ledger.itertuples():
        texts[f"verdict-{row.id}"] = row.verdict
        texts[f"about-{row.id}"] = claim_text(row)
    return texts


def claim_text(row: object) -> str:
    """The paragraph on one claim.

    Parameters
    ----------
    row : named tuple
        A row of the ledger.

    Returns
    -------
    str
        Plain text.
    """
    parts = [row.statement]
    if row.reading:
        parts.append(f"Read as: {row.reading}")
    if np.isfinite(row.estimate):
        value = writing(row.test)(row.estimate, 2)
        parts.append(f"Estimate {value}, {plural(int(row.n), f'{row.population} model')}.")
    reason = f"Why not: {row.reason}" if row.verdict == NOT_TESTABLE else row.reason
    return " ".join([*parts, reason])


def both_populations(table: ScoreTable, parameters: Parameters, stated: Sequence[Claim]) -> pd.DataFrame:
    """Verdicts of the testable claims on every population that can be analysed.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    parameters : Parameters
        Those of the edition; `population` is replaced.
    stated : sequence of Claim
        The claims.

    Returns
    -------
    DataFrame
        Column `id`, then one a population; claims that name a population, or that none can test, are left
        out.
    """
    from dataclasses import replace

    import pandas as pd

    from analysis.inputs import usable_populations

    free = [claim for claim in stated if claim.test and not claim.population]
    frame = pd.DataFrame({"id": [claim.id for claim in free]}, dtype=object)
    for name in usable_populations(table, parameters):
        frame[name] = claims(table, replace(parameters, population=name), free)["verdict"].to_numpy()
    tested = (frame.drop(columns="id") != NOT_TESTABLE).any(axis=1)
    return frame[tested].reset_index(drop=True)


def population_findings(frame: pd.DataFrame) -> dict[str, str]:
    """Strings on how far populations agree, from `both_populations`: key `population_sentence`."""
    names = list(frame.columns[1:])
    if len(names) < 2:
        return {"population_sentence": "These scores hold one population only, so there is nothing to compare with."}
    decided = frame[names].isin([HOLDS, FAILS])
    both = frame[decided.all(axis=1)]
    split = both[both[names].nunique(axis=1) > 1]
    against = f"; they contradict each other on {listing(split['id'])}" if len(split) else "; they never contradict each other"
    return {
        "population_sentence": (
            f"Of {plural(len(frame), 'testable claim')} that name no population, {len(both)} "
            f"{'is' if len(both) == 1 else 'are'} decided in each of {listing(names)}{against}."
        )
    }


def population_columns(frame: pd.DataFrame) -> dict[str, str]:
    """Column titles of `both_populations`."""
    return {"id": "Claim"} | {name: f"{name} models" for name in frame.columns[1:]}
