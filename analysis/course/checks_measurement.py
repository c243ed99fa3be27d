"""Checks of the exercises of Part II, on what was measured and how."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from analysis.course import known
from analysis.course.asking import (
    CORRELATION,
    Asked,
    Count,
    Mistake,
    Name,
    Names,
    Number,
    Numbers,
)
from analysis.course.judging import Check
from analysis.course.setting import NotCheckable

if TYPE_CHECKING:
    import pandas as pd

    from analysis.course.setting import Given

SAFETY_RANKS = (3, 1, 2, 5, 4)
AMOUNTS = (0, 1, 2, 4)
MOVED = 2


def families_left(given: Given) -> int:
    """Number of families of the population: models of unknown family count each for itself."""
    from analysis.scores import families

    return families(given.table, given.population).nunique()


def families_known(given: Given) -> int:
    """The same without the models whose family is unknown."""
    return given.table.models["family"].reindex(matrix(given).index).nunique()


def families_everywhere(given: Given) -> int:
    """Number of families over all populations together."""
    return given.table.models["family"].nunique()


def matrix(given: Given) -> pd.DataFrame:
    """Scores of the population, models × benchmarks."""
    from analysis.scores import wide

    return wide(given.table, given.population)


def missing_scores(given: Given) -> int:
    """Number of scores that the population lacks."""
    return int(matrix(given).isna().sum().sum())


def present_scores(given: Given) -> int:
    """Number of scores that the population has."""
    return int(matrix(given).notna().sum().sum())


def missing_anywhere(given: Given) -> int:
    """Number of scores that all models of all populations lack on all benchmarks scored anywhere."""
    return int(given.table.scores.pivot(index="model", columns="benchmark", values="score").isna().sum().sum())


def complete_models(given: Given) -> int:
    """Number of models of the population with every score."""
    return int(matrix(given).notna().all(axis=1).sum())


def turned(given: Given, *, gaps_count: bool = False) -> int:
    """Number of benchmarks whose scores the book turns."""
    from analysis.scores import oriented

    before = matrix(given)
    differ = before != oriented(given.table, given.population)
    return int((differ if gaps_count else differ & before.notna()).any().sum())


def declared_worse(given: Given) -> int:
    """Number of benchmarks of the population that are declared higher is worse."""
    return int((given.table.benchmarks.loc[matrix(given).columns, "higher_is"] == "worse").sum())


def worse_anywhere(given: Given) -> int:
    """Number of benchmarks of the registry that are declared higher is worse."""
    return int((given.table.benchmarks["higher_is"] == "worse").sum())


TABLE = {
    "ex-score-table-family": Check(
        (
            Asked(
                "families_left",
                Count(),
                families_left,
                "keep the models of the population that have scores, and count how many different families they have",
                (
                    Mistake(
                        lambda given: len(matrix(given)),
                        "this counts the models: how many are left when each family keeps a single model?",
                    ),
                    Mistake(
                        families_everywhere, "this counts over all populations: keep to the models of the population"
                    ),
                    Mistake(families_known, "a model of unknown family counts as a family of its own"),
                ),
            ),
        )
    ),
    "ex-score-table-gaps": Check(
        (
            Asked(
                "missing_scores",
                Count(),
                missing_scores,
                "take the matrix of the population from `scores.wide` and count its empty cells",
                (
                    Mistake(present_scores, "this counts the scores that there are"),
                    Mistake(
                        lambda given: int(matrix(given).isna().any().sum()),
                        "this counts the benchmarks that lack a score: count the cells",
                    ),
                    Mistake(
                        missing_anywhere,
                        "this counts over all populations: a benchmark without any score in this population is no gap in it",
                    ),
                ),
            ),
            Asked(
                "complete_models",
                Count(),
                complete_models,
                "count the rows of that matrix that have no empty cell",
                (
                    Mistake(
                        lambda given: len(matrix(given)) - complete_models(given), "this counts the models with a gap"
                    ),
                    Mistake(
                        lambda given: int(matrix(given).notna().all().sum()), "this counts benchmarks: a model is a row"
                    ),
                ),
            ),
        )
    ),
    "ex-score-table-turned": Check(
        (
            Asked(
                "turned",
                Count(),
                turned,
                "set `scores.wide` and `scores.oriented` side by side: in how many columns does any score differ?",
                (
                    Mistake(
                        lambda given: turned(given, gaps_count=True),
                        "a missing score is never equal to itself: look at the scores that are there",
                    ),
                    Mistake(
                        worse_anywhere, "this counts over the whole registry: keep to the benchmarks of the population"
                    ),
                    Mistake(declared_worse, "the direction is not all: where is a distance from nothing what counts?"),
                    Mistake(
                        lambda given: matrix(given).shape[1] - turned(given),
                        "this counts the benchmarks that stay as they are",
                    ),
                ),
            ),
        )
    ),
}


def both_scores(given: Given) -> tuple[pd.Series, pd.Series]:
    """Capabilities scores by model, by either component."""
    from analysis.capability import score_frame

    components = (given.with_parameters(component=name) for name in ("spearman", "pearson"))
    frames = (score_frame(given.table, given.population, chosen) for chosen in components)
    one, other = (frame.set_index("model")["score"] for frame in frames)
    return one, other


def ranks_moved(given: Given) -> pd.Series:
    """By how many ranks each model moves from one component to the other."""
    one, other = both_scores(given)
    return other.rank(ascending=False) - one.rank(ascending=False)


def score_gap(given: Given, summary: str = "max") -> float:
    """Largest difference between the two scores of a model."""
    one, other = both_scores(given)
    return float((other - one).abs().agg(summary))


def moved_models(given: Given, *, least: float = MOVED + 0.01, downwards: bool = True) -> frozenset[str]:
    """The models that move by more than two ranks."""
    moved = ranks_moved(given)
    return frozenset(map(str, moved.index[(moved.abs() if downwards else moved) >= least]))


def made_by_hand(given: Given, *, ddof: int = 0, standardised: bool = True, **changed: Any) -> dict[str, float]:
    """Capabilities scores by model, or by a slip in making them."""
    from analysis.capability import fit_component, index_scores

    parameters = given.with_parameters(**changed)
    used = index_scores(given.table, given.population, parameters)
    fitted = fit_component(used, parameters.component)
    values = (used - used.mean()) / (used.std(ddof=ddof) if standardised else 1)
    scores = values.fillna(0).to_numpy() @ fitted.loadings
    return dict(zip(map(str, used.index), map(float, scores), strict=True))


def plain_sum(given: Given) -> dict[str, float]:
    """The unweighted sum of the standardised columns."""
    from analysis.capability import index_scores

    used = index_scores(given.table, given.population, given.parameters)
    return {str(model): float(value) for model, value in ((used - used.mean()) / used.std(ddof=0)).sum(axis=1).items()}


SCORE = {
    "ex-capabilities-score-eigen": Check(
        (
            Asked(
                "first_share",
                Number(tolerance=0.01, least=0, most=1, scale="a share"),
                lambda given: 0.75,
                "write down the matrix: what is the correlation of each pair of those that agree, and of each of "
                "them with the last?",
                (
                    Mistake(lambda given: 3.0, "this is the eigenvalue: divide it by the sum of all"),
                    Mistake(lambda given: 0.25, "this is the share of the last component"),
                    Mistake(lambda given: 1.0, "a benchmark in random order is not along the first component"),
                ),
            ),
        )
    ),
    "ex-capabilities-score-hand": Check(
        (
            Asked(
                "by_hand",
                Numbers(Number(tolerance=0.01), known.models, "model"),
                made_by_hand,
                "standardise each column over the models, take the leading eigenvector of the matrix of "
                "correlations, and add the columns up with its entries",
                (
                    Mistake(
                        lambda given: made_by_hand(given, ddof=1),
                        "divide by the standard deviation over these very models (`ddof`)",
                    ),
                    Mistake(
                        lambda given: made_by_hand(given, standardised=False),
                        "the columns were centred but not divided by their standard deviation",
                    ),
                    Mistake(
                        plain_sum,
                        "the columns were added up without weights, or with weights that are not of unit length",
                    ),
                    Mistake(
                        lambda given: made_by_hand(given, component=other_component(given)),
                        "this uses the other kind of correlation: look at the parameter `component`",
                    ),
                    Mistake(
                        lambda given: {model: -score for model, score in made_by_hand(given).items()},
                        "an eigenvector may come out with either sign: turn it so that its mean is positive",
                    ),
                ),
            ),
        )
    ),
    "ex-capabilities-score-pearson": Check(
        (
            Asked(
                "moved",
                Names(known.models, "model"),
                moved_models,
                "make both scores, rank the models by each, and keep those whose ranks lie further apart than the "
                "exercise says",
                (
                    Mistake(
                        lambda given: moved_models(given, least=MOVED),
                        "models that move by just that many ranks do not count",
                    ),
                    Mistake(lambda given: moved_models(given, downwards=False), "a move counts in either direction"),
                    Mistake(lambda given: moved_models(given, least=0.01), "this lists every model that moves at all"),
                ),
            ),
            Asked(
                "gap",
                Number(tolerance=0.002, relative=0.01, least=0, scale="a distance"),
                score_gap,
                "subtract a model's score by the other component from its own, and take the largest difference in "
                "size over all models",
                (
                    Mistake(
                        lambda given: float(ranks_moved(given).abs().max()),
                        "this is the largest difference of ranks: take the scores",
                    ),
                    Mistake(lambda given: score_gap(given, "mean"), "this is the mean difference: take the largest"),
                ),
            ),
        )
    ),
}


def other_component(given: Given) -> str:
    """The component that the setting does not use."""
    return "pearson" if given.parameters.component == "spearman" else "spearman"


def short_form(given: Given, factor: float = 6, power: int = 2, added: int = -1) -> float:
    """Spearman's correlation of five models by the short form, or by a slip in it."""
    models = len(SAFETY_RANKS)
    differences = sum(abs(place + 1 - rank) ** power for place, rank in enumerate(SAFETY_RANKS))
    return 1 - factor * differences / (models * (models**2 + added))


def by_benchmark(rows: pd.DataFrame, column: str = "correlation") -> dict[str, float]:
    """A column of correlations by benchmark, without those that are missing."""
    return {str(name): float(value) for name, value in rows.set_index("benchmark")[column].dropna().items()}


def headline_correlations(given: Given, **changed: Any) -> dict[str, float]:
    """ρ of each headline benchmark, by another method or with other parameters where so asked."""
    return by_benchmark(given.headline_of(given.correlations_with(**changed)))


def all_safety(given: Given) -> dict[str, float]:
    """ρ of every safety benchmark, splits included."""
    return by_benchmark(given.correlations[given.correlations["role"] == "safety"])


def flipped(given: Given, rows: pd.DataFrame | None = None) -> frozenset[str]:
    """The benchmarks whose ρ has the other sign as released."""
    rows = given.headline if rows is None else rows
    return frozenset(rows.loc[rows["correlation"] * rows["correlation_as_released"] < 0, "benchmark"])


def highest(given: Given) -> str:
    """The headline benchmark with the highest ρ, the first of several."""
    rows = given.headline
    return str(rows.loc[rows["correlation"].idxmax(), "benchmark"])


def faded(given: Given, unit: str = "std", part: float = 1.0) -> list[float]:
    """Mean ρ of the highest benchmark under growing noise, by simulation."""
    import numpy as np
    import pandas as pd

    from analysis.correlation import correlate
    from analysis.findings.capabilities_correlation import score_pairs

    pairs = score_pairs(given.table, given.population, highest(given), given.parameters)
    scale = {"std": pairs["value"].std(), "none": 1.0}[unit] * part
    noise = np.random.default_rng(0).standard_normal((len(pairs), 400)) * scale
    noisy = [pairs["value"].to_numpy()[:, None] + amount * noise for amount in AMOUNTS]
    return [float(correlate(pd.DataFrame(each), pairs["capabilities_score"])["correlation"].mean()) for each in noisy]


CORRELATIONS = {
    "ex-capabilities-correlation-hand": Check(
        (
            Asked(
                "rho",
                CORRELATION,
                short_form,
                "write down the difference of ranks of each model, square each, and put their sum into the short form",
                (
                    Mistake(
                        lambda given: short_form(given, power=1),
                        "square the differences of the ranks before adding them up",
                    ),
                    Mistake(
                        lambda given: short_form(given, added=0),
                        "look at the bracket in the denominator: something is taken from the square",
                    ),
                    Mistake(lambda given: short_form(given, factor=1), "the fraction has a factor in its numerator"),
                    Mistake(lambda given: 1 - short_form(given), "this is the fraction alone: what is it taken from?"),
                ),
            ),
        )
    ),
    "ex-capabilities-correlation-all": Check(
        (
            Asked(
                "rhos",
                Numbers(CORRELATION, known.benchmarks, "benchmark"),
                headline_correlations,
                "correlate ranks of the turned scores with ranks of the capabilities score, over the models that "
                "have both",
                (
                    Mistake(
                        lambda given: headline_correlations(given, method="pearson"),
                        "this is the ordinary correlation: take ranks",
                    ),
                    Mistake(
                        lambda given: headline_correlations(given, method="kendall"),
                        "this is Kendall's correlation: take Spearman's",
                    ),
                    Mistake(
                        lambda given: by_benchmark(given.headline, "correlation_as_released"),
                        "the scores are as released: turn them with `scores.oriented`",
                    ),
                    Mistake(
                        lambda given: headline_correlations(given, missing="available"),
                        "models without a full index score take part: the rule for missing scores leaves them out",
                    ),
                    Mistake(
                        lambda given: headline_correlations(given, population=given.other_population),
                        "this is another population",
                    ),
                    Mistake(all_safety, "splits of another benchmark are no headline benchmarks"),
                ),
            ),
        )
    ),
    "ex-capabilities-correlation-direction": Check(
        (
            Asked(
                "flipped",
                Names(known.benchmarks, "benchmark"),
                flipped,
                "compare the signs of the columns `correlation` and `correlation_as_released`, headline benchmark "
                "by headline benchmark",
                (
                    Mistake(lambda given: flipped(given, given.correlations), "keep to the headline safety benchmarks"),
                    Mistake(
                        lambda given: frozenset(given.headline["benchmark"]) - flipped(given),
                        "these are the benchmarks whose sign stays",
                    ),
                ),
            ),
        )
    ),
    "ex-capabilities-correlation-noise": Check(
        (
            Asked(
                "faded",
                Numbers(Number(tolerance=0.1, least=-1, most=1, scale="a correlation")),
                faded,
                "for each amount of noise, add it to the turned scores, correlate with the capabilities score, and "
                "average over many draws",
                (
                    Mistake(
                        lambda given: faded(given, "none"),
                        "the amount of noise counts in standard deviations of the benchmark's own scores",
                    ),
                    Mistake(
                        lambda given: [-each for each in faded(given)],
                        "the scores are not turned so that higher is safer",
                    ),
                    Mistake(lambda given: faded(given)[::-1], "the order is from no noise to most"),
                ),
            ),
        )
    ),
}


def interval(given: Given) -> tuple[float, float]:
    """The interval of the highest benchmark."""
    row = given.judged.set_index("benchmark").loc[highest(given)]
    if not row["lower"] < row["upper"]:
        raise NotCheckable("too few families stand behind the highest ρ for an interval")
    return float(row["lower"]), float(row["upper"])


def interval_by_steps(
    given: Given, *, stretched: bool = True, student: bool = True, scaled: bool = True, more: int = 0
) -> tuple[float, float]:
    """The same by the chapter's steps, or by a slip in them."""
    import numpy as np
    from scipy.stats import norm, t

    deleted, whole = given.deleted(highest(given)), headline_correlations(given)[highest(given)]
    if len(deleted) < 2:
        raise NotCheckable("there are too few families")
    to, back = (np.arctanh, np.tanh) if stretched else (np.asarray, np.asarray)
    gaps, families = to(deleted) - to(deleted).mean(), len(deleted)
    error = np.sqrt((gaps**2).sum() * ((families - 1) / families if scaled else 1 / (families - 1)))
    tail = (1 + given.parameters.level) / 2
    reach = error * (t.ppf(tail, families - 1 + more) if student else norm.ppf(tail))
    return float(back(to(whole) - reach)), float(back(to(whole) + reach))


def interval_mistakes(end: int) -> tuple[Mistake, ...]:
    """What may go wrong with an end of the interval."""
    return (
        Mistake(lambda given: interval_by_steps(given, stretched=False)[end], "Fisher's transformation is missing"),
        Mistake(
            lambda given: interval_by_steps(given, student=False)[end],
            "this goes out by the normal curve: with so few families Student's goes further",
        ),
        Mistake(
            lambda given: interval_by_steps(given, scaled=False)[end],
            "this is the usual standard error of a mean: leaving out a family changes little, so the differences "
            "have to be scaled up",
        ),
        Mistake(lambda given: interval(given)[1 - end], "this is the other end"),
        Mistake(
            lambda given: float(
                given.deleted(highest(given)).min() if end == 0 else given.deleted(highest(given)).max()
            ),
            "this is the most extreme value with a family left out: it is no end of an interval",
        ),
    )


def leaning(given: Given) -> frozenset[str]:
    """The family whose removal moves ρ of the example most."""
    from analysis.findings.capabilities_correlation import typical_benchmark

    example = typical_benchmark(given.correlations, given.table.benchmarks)
    whole = given.correlations.set_index("benchmark").loc[example, "correlation"]
    return furthest(given.deleted(example), whole)


def furthest(deleted: pd.Series, whole: float) -> frozenset[str]:
    """The families without which a correlation is furthest from the whole one."""
    moved = (deleted - whole).abs().dropna()
    if moved.empty:
        raise NotCheckable("no family can be left out")
    return frozenset(map(str, moved.index[moved >= moved.max() - 1e-9]))


def largest_family(given: Given) -> frozenset[str]:
    """The family with most models."""
    from analysis.scores import families

    sizes = families(given.table, given.population).value_counts()
    return frozenset(map(str, sizes.index[sizes == sizes.max()]))


def verdicts_changed(given: Given, one: dict[str, Any], other: dict[str, Any]) -> frozenset[str]:
    """The headline benchmarks whose verdict differs between two sets of parameters."""
    first, second = (verdicts(given, tuple(sorted(changed.items()))) for changed in (one, other))
    return frozenset(first.index[first != second.reindex(first.index)])


@lru_cache(maxsize=16)
def verdicts(given: Given, changed: tuple[tuple[str, Any], ...]) -> pd.Series:
    """Verdict by headline benchmark with other parameters."""
    return given.judged_with(**dict(changed)).set_index("benchmark")["verdict"]


UNCERTAINTY = {
    "ex-uncertainty-interval": Check(
        (
            Asked(
                "low",
                Number(tolerance=0.002, least=-1, most=1, scale="a correlation"),
                lambda given: interval(given)[0],
                "take the steps of the chapter, with `found.deleted_rows` of the benchmark that has the highest ρ",
                (
                    *interval_mistakes(0),
                    Mistake(
                        lambda given: interval_by_steps(given, more=1)[0],
                        "the degrees of freedom are fewer than the families",
                    ),
                ),
            ),
            Asked(
                "high",
                Number(tolerance=0.002, least=-1, most=1, scale="a correlation"),
                lambda given: interval(given)[1],
                "take the steps of the chapter, with `found.deleted_rows` of the benchmark that has the highest ρ",
                interval_mistakes(1),
            ),
        )
    ),
    "ex-uncertainty-one-family": Check(
        (
            Asked(
                "leaning",
                Name(known.families, "family"),
                leaning,
                "measure each ρ without a family from ρ with all of them, without regard to sign",
                (Mistake(largest_family, "the largest family need not be the one that moves ρ most"),),
            ),
        )
    ),
    "ex-uncertainty-coverage": Check(
        (
            Asked(
                "shrinks_to",
                Number(tolerance=0.01, least=0, most=1, scale="a share"),
                lambda given: (100 / 400) ** 0.5,
                "the uncertainty of a counted share goes with the root of what?",
                (
                    Mistake(
                        lambda given: 0.25,
                        "uncertainty falls with the root of the number of panels, not with the number",
                    ),
                    Mistake(lambda given: 2.0, "this is by how much it was larger: which part of it is left?"),
                ),
            ),
        )
    ),
    "ex-uncertainty-level": Check(
        (
            Asked(
                "changed",
                Names(known.benchmarks, "benchmark"),
                lambda given: verdicts_changed(given, {"level": 0.95}, {"level": 0.8}),
                "judge the headline benchmarks at both levels and compare the verdicts",
                (
                    Mistake(
                        lambda given: verdicts_changed(given, {"level": 0.95}, {"level": 0.8, "line": 0.5}),
                        "the line is another here: change the level only",
                    ),
                    Mistake(
                        lambda given: verdicts_changed(
                            given,
                            {"level": 0.95, "population": given.other_population},
                            {"level": 0.8, "population": given.other_population},
                        ),
                        "this is another population",
                    ),
                ),
            ),
        )
    ),
}

MEASUREMENT = {**TABLE, **SCORE, **CORRELATIONS, **UNCERTAINTY}
