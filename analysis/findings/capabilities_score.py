"""What the chapter on the capabilities score says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.display import correlation as rho
from analysis.display import listing, number, percent_share
from analysis.findings.shared import compute_tie, plural

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from analysis.capability import Component
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable


def factor_findings(
    component: Component, alternative: Component, left_out: pd.Series, names: pd.Series
) -> dict[str, str]:
    """How much of the index benchmarks' variation one component carries.

    Parameters
    ----------
    component, alternative : Component
        The edition's component and the one of the other method, fitted to the same scores.
    left_out : Series
        Rank correlation between the capabilities score and the score without each index
        benchmark, indexed by benchmark.
    names : Series
        Display name of each benchmark, indexed by benchmark.

    Returns
    -------
    dict of str
        Keys `index_benchmarks, variance_share, second_share, alternative_method,
        alternative_share, heaviest, lightest, least_left_out, sign_sentence`.
    """
    loadings = dict(zip(component.benchmarks, component.loadings, strict=True))
    heaviest, lightest = max(loadings, key=loadings.get), min(loadings, key=loadings.get)
    eigenvalues = component.eigenvalues
    return {
        "index_benchmarks": plural(len(loadings), "index benchmark"),
        "variance_share": percent_share(component.variance_share),
        "second_share": second_share(eigenvalues),
        "alternative_method": alternative.method.capitalize(),
        "alternative_share": percent_share(alternative.variance_share),
        "heaviest": str(names.get(heaviest, heaviest)),
        "lightest": str(names.get(lightest, lightest)),
        "least_left_out": rho(left_out.min()),
        "sign_sentence": sign_sentence(loadings, names),
    }


def second_share(eigenvalues: np.ndarray) -> str:
    """Share of the second component; one index benchmark alone has none."""
    if len(eigenvalues) < 2:
        return "nothing, since one benchmark has one component"
    return percent_share(float(eigenvalues[1] / eigenvalues.sum()))


def sign_sentence(loadings: dict[str, float], names: pd.Series) -> str:
    """One sentence on whether all loadings share a sign."""
    negative = [str(names.get(b, b)) for b, weight in loadings.items() if weight < 0]
    if not negative:
        return "Every loading is positive: models that rank high on one of them tend to rank high on all."
    return (
        f"Not every loading is positive: {listing(negative)} {'pulls' if len(negative) == 1 else 'pull'} "
        "the other way, so reading the component as general capability needs care."
    )


def index_findings(
    index_scores: pd.DataFrame, table: ScoreTable, population: str, parameters: Parameters
) -> dict[str, str]:
    """Strings on the index, the capabilities score and its tie to compute.

    Parameters
    ----------
    index_scores : DataFrame
        Models × index benchmarks that the component was fitted to.
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The population described.
    parameters : Parameters
        Index, component, missing-score policy and compute basis.

    Returns
    -------
    dict of str
        Keys `index_models, mean_index_sentence, dropped_sentence, score_caption,
        variance_interval, score_compute_sentence, score_compute_caption`.
    """
    from analysis.correlation import index_pair_correlations
    from analysis.scores import wide

    pairs = index_pair_correlations(index_scores)
    everyone = len(wide(table, population))
    return {
        "index_models": plural(len(index_scores), "model"),
        "mean_index_sentence": pair_sentence(pairs),
        "dropped_sentence": dropped_sentence(everyone - len(index_scores), parameters.missing),
        "score_caption": f"{plural(len(index_scores), 'model')}, highest first, coloured by family.",
        **compute_tie(table, population, parameters),
    }


def pair_sentence(pairs: pd.Series) -> str:
    """One sentence on the rank correlations between pairs of index benchmarks."""
    if len(pairs) < 2:
        return "With so few index benchmarks there are no pairs to average over."
    return (
        f"Over the {plural(len(pairs), 'pair')} of index benchmarks the rank correlation averages "
        f"{rho(pairs.mean())}, with a standard deviation of {number(pairs.std(ddof=0), 2)}."
    )


def dropped_sentence(dropped: int, missing: str) -> str:
    """One sentence on the models that got no capabilities score."""
    if dropped == 0:
        return "Every model of the population has a score."
    reason = (
        "models that lack a score on any index benchmark are left out in this edition"
        if missing == "drop_models"
        else "no benchmark of the index has a score for them"
        if dropped > 1
        else "no benchmark of the index has a score for it"
    )
    return f"{plural(dropped, 'model')} {'has' if dropped == 1 else 'have'} no capabilities score, because {reason}."
