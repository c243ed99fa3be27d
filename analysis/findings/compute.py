"""What the chapter on compute says and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.display import correlation as rho
from analysis.display import count, flop, interval, number, percent_share
from analysis.findings.columns import rests_sentence
from analysis.findings.shared import compute_tie, headline_benchmarks, plural
from analysis.house import display_name

if TYPE_CHECKING:
    import pandas as pd

    from analysis.parameters import Parameters
    from analysis.scores import ScoreTable

COMPUTE_COLUMNS = {
    "name": "Model",
    "family": "Family",
    "training_flop": "Our estimate",
    "flop_as_released": "In the source",
    "flop_basis": "Basis",
}
COMPUTE_FORMATS = {"training_flop": flop, "flop_as_released": flop}
SEPARABLE_COLUMNS = {
    "name": "Benchmark",
    "correlation": "ρ",
    "compute": "With compute",
    "partial": "Given compute",
    "interval": "Interval",
    "finding": "Finding",
    "n_models": "n",
    "n_families": "Families",
}
SEPARABLE_FORMATS = {"correlation": rho, "compute": rho, "partial": rho}


def compute_rows(table: ScoreTable, population: str) -> pd.DataFrame:
    """Training compute of the models of one population, with its basis.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The population to list.

    Returns
    -------
    DataFrame
        Columns of `COMPUTE_COLUMNS`, most compute first, unknown last.
    """
    from analysis.scores import families

    family = families(table, population)
    models = table.models.reindex(family.index).assign(family=family)
    models["name"] = models["name"].fillna(models.index.to_series())
    ordered = models.sort_values("training_flop", ascending=False, na_position="last", kind="stable")
    return ordered.reindex(columns=list(COMPUTE_COLUMNS)).reset_index(drop=True)


def both_correlations(
    by_capability: pd.DataFrame, by_compute: pd.DataFrame, benchmarks: pd.DataFrame
) -> pd.DataFrame:
    """Headline safety benchmarks with both their capabilities and compute correlation.

    Parameters
    ----------
    by_capability, by_compute : DataFrame
        As returned by `capabilities_correlations` and `compute_correlations`.
    benchmarks : DataFrame
        The registry, indexed by benchmark.

    Returns
    -------
    DataFrame
        The headline rows of `by_capability` with a column `compute_correlation`; rows that lack
        either figure are left out.
    """
    headline = headline_benchmarks(by_capability, benchmarks)
    compute = by_compute.set_index("benchmark")["correlation"]
    both = headline.assign(compute_correlation=headline["benchmark"].map(compute))
    return both.dropna(subset=["compute_correlation"]).reset_index(drop=True)


def compute_findings(
    table: ScoreTable, population: str, both: pd.DataFrame, parameters: Parameters
) -> dict[str, str]:
    """Strings of the chapter on compute.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The headline population.
    both : DataFrame
        As returned by `both_correlations`.
    parameters : Parameters
        Index, component, missing-score policy and compute basis.

    Returns
    -------
    dict of str
        Keys `both_sentence, both_caption, compute_basis_sentence, score_compute_sentence,
        score_compute_caption`.
    """
    return {
        **compute_tie(table, population, parameters),
        **both_findings(both),
        "compute_basis_sentence": compute_basis_sentence(table, population, parameters.compute),
    }


def both_findings(both: pd.DataFrame) -> dict[str, str]:
    """Strings on how alike the two correlations are: keys `both_sentence, both_caption`."""
    from analysis.correlation import spearman

    if both.empty:
        return {
            "both_sentence": "These scores carry too little training compute for a second one, so this section has nothing to show.",
            "both_caption": "No benchmark has a compute correlation in these scores.",
        }
    agreement, n = spearman(both["correlation"], both["compute_correlation"])
    widest = float((both["correlation"] - both["compute_correlation"]).abs().max())
    return {
        "both_sentence": (
            f"Over {plural(n, 'headline safety benchmark')} the two have a rank correlation of {rho(agreement)}; "
            f"the largest gap between them is {number(widest, 2)}."
        ),
        "both_caption": (
            f"The two correlations of {plural(n, 'headline safety benchmark')}."
        ),
    }


def compute_basis_sentence(table: ScoreTable, population: str, basis: str) -> str:
    """One sentence on whose compute figures an edition uses and for how many models.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The population described.
    basis : {"training_flop", "flop_as_released"}
        Column of the model registry.

    Returns
    -------
    str
        The sentence.
    """
    from analysis.scores import families

    models = families(table, population).index
    known = int(table.models[basis].reindex(models).notna().sum())
    whose = "our estimates" if basis == "training_flop" else "the figures of the source"
    return (
        f"This edition uses {whose}. They exist for {count(known)} of {plural(len(models), 'model')}; "
        "the others take no part in what follows."
    )


def separable_rows(frame: pd.DataFrame, by_capability: pd.DataFrame, table: ScoreTable) -> pd.DataFrame:
    """Return the headline safety benchmarks' correlations with capability, given compute.

    Parameters
    ----------
    frame : DataFrame
        From `analysis.separability.separability`.
    by_capability : DataFrame
        Capabilities correlations, as returned by `analysis.correlation.capabilities_correlations`.
    table : ScoreTable
        For the names.

    Returns
    -------
    DataFrame
        `benchmark, area, lower, upper` and the columns of `SEPARABLE_COLUMNS`, highest partial
        correlation first; benchmarks without one are left out.
    """
    headline = headline_benchmarks(by_capability, table.benchmarks)[["benchmark", "area", "correlation"]]
    rows = headline.merge(frame, on="benchmark").dropna(subset=["partial"])
    bounds = [interval(*pair) if pair[0] == pair[0] else "none" for pair in zip(rows["lower"], rows["upper"], strict=True)]
    names = [display_name(benchmark, table.benchmarks) for benchmark in rows["benchmark"]]
    named = rows.assign(name=names, interval=bounds)
    return named.sort_values("partial", ascending=False, kind="stable").reset_index(drop=True)


def power_rows(separable: pd.DataFrame, table: ScoreTable, population: str, parameters: Parameters) -> pd.DataFrame:
    """Simulate what the panel could have seen, where it could have seen anything.

    Parameters
    ----------
    separable : DataFrame
        From `separable_rows`.
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The headline population.
    parameters : Parameters
        `simulations` and `seed` are used, and what `analysis.separability.power` uses.

    Returns
    -------
    DataFrame
        As from `analysis.separability.power`; no rows where no benchmark has an interval.
    """
    import pandas as pd

    from analysis.separability import power

    if separable["lower"].notna().any():
        return power(table, population, parameters, parameters.simulations)
    return pd.DataFrame(columns=["partial", "power", "error", "simulations", "n_models", "n_families"])


def separable_findings(separable: pd.DataFrame, level: float) -> dict[str, str]:
    """Return strings on whether capability can be told from compute, from `separable_rows`.

    Parameters
    ----------
    separable : DataFrame
        From `separable_rows`.
    level : float
        Confidence level of the intervals.

    Returns
    -------
    dict of str
        Keys `separable_sentence, chance_sentence, partial_caption, partial_rests_sentence`.
    """
    known = separable[separable["finding"] != "no interval"]
    return {
        "separable_sentence": separable_sentence(separable, known),
        "chance_sentence": chance_sentence(len(known), level),
        "partial_caption": (
            f"Correlation with the capabilities score given compute, with {percent_share(level)} intervals."
            if len(known)
            else "There is no interval to show: compute is known for too few models or families."
        ),
        "partial_rests_sentence": rests_sentence(separable),
    }


def separable_sentence(separable: pd.DataFrame, known: pd.DataFrame) -> str:
    """Return sentences that count what can be told from compute.

    Parameters
    ----------
    separable, known : DataFrame
        From `separable_rows`, all of them and those with an interval.

    Returns
    -------
    str
        The counts, or why there are none.
    """
    if separable.empty:
        return (
            "For no headline safety benchmark are there enough models with score, benchmark and known compute, so capability and compute "
            "are not separable with these scores."
        )
    if known.empty:
        return (
            "The models with known compute come from too few families for an interval, so capability and compute are not separable with "
            "these scores."
        )
    told = int((known["finding"] == "separable").sum())
    rest = len(known) - told
    return (
        f"At most {plural(int(known['n_models'].max()), 'model')} of {plural(int(known['n_families'].max()), 'family', 'families')} have all three "
        f"figures. Of {plural(len(known), 'headline safety benchmark')} with an interval, {count(told)} {'has' if told == 1 else 'have'} one that "
        f"excludes zero. For the other {count(rest)}, capability is not separable from compute."
    )


def chance_sentence(benchmarks: int, level: float) -> str:
    """Return a sentence on how many intervals would exclude zero by chance; empty where there are none."""
    if not benchmarks:
        return ""
    return (
        f"Even if compute accounted for every tie, about {number((1 - level) * benchmarks, 1)} of so many intervals would be expected to exclude zero by "
        "chance."
    )


def power_findings(powers: pd.DataFrame, separable: pd.DataFrame) -> dict[str, str]:
    """Return strings on what a panel of this size could have seen.

    Parameters
    ----------
    powers : DataFrame
        From `power_rows`.
    separable : DataFrame
        From `separable_rows`.

    Returns
    -------
    dict of str
        Keys `power_sentence, power_caption`.
    """
    if powers.empty:
        why = "no benchmark has scores for all models with known compute" if separable["lower"].notna().any() else "there is no interval whose power could be counted"
        return {
            "power_sentence": f"Here this cannot be done, because {why}.",
            "power_caption": "No panel like this one could be simulated.",
        }
    row = powers.iloc[0]
    return {
        "power_sentence": power_sentence(powers),
        "power_caption": (
            f"Shares of {plural(int(row['simulations']), 'simulated panel')} of {plural(int(row['n_models']), 'model')} in "
            f"{plural(int(row['n_families']), 'family', 'families')}, the same panels for every size, so that neighbouring points err together. "
            "Bars are two simulation standard errors either way, the dashed line is four panels in five."
        ),
    }


def power_sentence(powers: pd.DataFrame) -> str:
    """Return sentences on the smallest partial correlation seen in four panels of five, from `power_rows`."""
    from analysis.separability import detectable

    size = detectable(powers)
    largest, nothing = powers.iloc[-1], powers.iloc[0]
    seen = (
        f"Of the sizes simulated none is seen in four panels of five: even a true partial correlation of {rho(largest['partial'])} shows in "
        f"{percent_share(largest['power'])} of panels only."
        if size != size
        else f"A true partial correlation must be about {rho(size)} before four panels of five show it."
    )
    middle = powers.iloc[(powers["partial"] - 0.5).abs().argmin()]
    return (
        f"{seen} One of {rho(middle['partial'])} shows in {percent_share(middle['power'])} of them, and where nothing is left to see "
        f"{percent_share(nothing['power'])} show something all the same."
    )
