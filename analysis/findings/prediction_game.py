"""What the page of the prediction game says; nothing that was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.display import listing
from analysis.findings.shared import plural

if TYPE_CHECKING:
    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable


def game_findings(table: ScoreTable, population: str, parameters: Parameters) -> dict[str, str]:
    """Strings on the models and on what makes the capabilities score.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The population played with.
    parameters : Parameters
        `index` and `missing` are used.

    Returns
    -------
    dict of str
        Keys `models_sentence, index_sentence`.
    """
    from analysis.capability import index_scores, population_problem
    from analysis.house import display_name
    from analysis.scores import families, wide

    models = wide(table, population).index
    lineages = families(table, population).reindex(models).nunique()
    reason = population_problem(table, population, parameters)
    names = [] if reason else [display_name(key, table.benchmarks) for key in index_scores(table, population, parameters).columns]
    return {
        "models_sentence": (
            f"This edition plays with {plural(len(models), f'{population} model')} of {plural(lineages, 'family', 'families')}."
        ),
        "index_sentence": (
            f"Each has a capabilities score, made from {plural(len(names), 'benchmark')}: {listing(names)}."
            if names else "They have no capabilities score, so there is nothing to predict."
        ),
    }
