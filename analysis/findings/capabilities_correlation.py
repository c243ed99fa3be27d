"""What the chapter on the capabilities correlation says, and its worked example."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.display import correlation as rho
from analysis.findings.shared import headline_benchmarks, plural
from analysis.house import display_name

if TYPE_CHECKING:
    import pandas as pd

    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

INDEX_FORMATS = {"correlation": rho, "correlation_left_out": rho}
INDEX_COLUMNS = {
    "name": "Index benchmark",
    "correlation": "ρ with the score",
    "correlation_left_out": "ρ with the score without it",
    "n_models": "n",
}


def typical_benchmark(correlations: pd.DataFrame, benchmarks: pd.DataFrame) -> str:
    """The benchmark whose capabilities correlation is nearest the middle.

    Parameters
    ----------
    correlations : DataFrame
        As returned by `analysis.correlation.capabilities_correlations`.
    benchmarks : DataFrame
        The registry, indexed by benchmark.

    Returns
    -------
    str
        Id of a headline safety benchmark, or of any benchmark where there is none. Ties go
        to the benchmark with more models, then to the first id.
    """
    candidates = headline_benchmarks(correlations, benchmarks)
    if candidates.empty:
        candidates = correlations[correlations["correlation"].notna()]
    distance = (candidates["correlation"] - candidates["correlation"].median()).abs().round(12)
    order = candidates.assign(distance=distance, missing=-candidates["n_models"])
    return str(order.sort_values(["distance", "missing", "benchmark"])["benchmark"].iloc[0])


def score_pairs(
    table: ScoreTable, population: str, benchmark: str, parameters: Parameters
) -> pd.DataFrame:
    """Each model's capabilities score beside its score on one benchmark.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The population to take models from.
    benchmark : str
        Benchmark id.
    parameters : Parameters
        Index, component and missing-score policy.

    Returns
    -------
    DataFrame
        Columns `model, family, capabilities_score, value` (turned so that higher is safer),
        models with both scores only, by rising capabilities score.
    """
    from analysis.capability import score_frame
    from analysis.scores import oriented

    frame = score_frame(table, population, parameters)[["model", "family", "score"]]
    frame = frame.rename(columns={"score": "capabilities_score"})
    value = frame["model"].map(oriented(table, population)[benchmark])
    pairs = frame.assign(value=value).dropna(subset=["capabilities_score", "value"])
    return pairs.sort_values(["capabilities_score", "model"]).reset_index(drop=True)


def example_findings(
    pairs: pd.DataFrame, example: str, table: ScoreTable, correlations: pd.DataFrame
) -> dict[str, str]:
    """Strings on the worked example.

    Parameters
    ----------
    pairs : DataFrame
        As returned by `score_pairs`.
    example : str
        Benchmark id.
    table : ScoreTable
        For the benchmark's name.
    correlations : DataFrame
        As returned by `analysis.correlation.capabilities_correlations`.

    Returns
    -------
    dict of str
        Keys `example, example_n, example_rho, example_sentence, direction_sentence`.
    """
    row = correlations.set_index("benchmark").loc[example]
    value = row["correlation"]
    agreement = (
        "The two orders agree more than they differ."
        if value > 0
        else "The two orders run against each other."
        if value < 0
        else "The two orders have nothing to do with each other."
    )
    return {
        "example": display_name(example, table.benchmarks),
        "example_n": plural(len(pairs), "model"),
        "example_rho": rho(value),
        "example_sentence": agreement,
        "direction_sentence": direction_sentence(example, value, row.get("correlation_as_released", float("nan")), table),
    }


def direction_sentence(example: str, value: float, as_released: float, table: ScoreTable) -> str:
    """One sentence on a benchmark that the book turns otherwise than its source; empty for others.

    Parameters
    ----------
    example : str
        Benchmark id.
    value, as_released : float
        Its correlation by the book's direction, and with the scores as they stand in the table.
    table : ScoreTable
        For the direction and the name.

    Returns
    -------
    str
        The sentence, with the correlation that the source's direction leads to.
    """
    name = display_name(example, table.benchmarks)
    kind = table.benchmarks["as_released"].get(example)
    if kind == "reversed":
        return (
            f"The sign of {name} needs a warning: its source runs it the other way round than this book does, and in the "
            f"source's direction ρ is {rho(-value)}."
        )
    if kind == "undirected":
        return (
            f"The sign of {name} needs a warning: this book counts its distance from zero, while its source takes the number as "
            f"it stands, which gives ρ = {rho(as_released)}."
        )
    return ""


def index_rows(correlations: pd.DataFrame, table: ScoreTable) -> pd.DataFrame:
    """Index benchmarks with their correlation with and without themselves in the score.

    Parameters
    ----------
    correlations : DataFrame
        As returned by `analysis.correlation.capabilities_correlations`.
    table : ScoreTable
        For the benchmarks' names.

    Returns
    -------
    DataFrame
        Columns of `INDEX_COLUMNS`, highest left-out correlation first.
    """
    rows = correlations[correlations["correlation_left_out"].notna()]
    rows = rows.assign(name=rows["benchmark"].map(table.benchmarks["name"]).fillna(rows["benchmark"]))
    ordered = rows.sort_values("correlation_left_out", ascending=False)
    return ordered[list(INDEX_COLUMNS)].reset_index(drop=True)


def missing_rule_finding(missing: str) -> dict[str, str]:
    """What the missing-score policy of an edition does, in words: key `missing_rule_sentence`.

    Parameters
    ----------
    missing : {"drop_models", "drop_benchmarks", "available"}
        The policy.

    Returns
    -------
    dict of str
        One sentence.
    """
    rules = {
        "drop_models": "a model that lacks a score on any index benchmark gets no capabilities score and is left out",
        "drop_benchmarks": "an index benchmark that lacks a score of any model is left out of the index",
        "available": (
            "each pair of index benchmarks is correlated over the models that have both, "
            "and a missing index score counts as average"
        ),
    }
    return {"missing_rule_sentence": f"In this edition {rules[missing]}."}
