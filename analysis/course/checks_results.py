"""Checks of the exercises of Part III, on what comes out."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

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
from analysis.course.checks_measurement import (
    furthest,
    headline_correlations,
    largest_family,
    verdicts_changed,
)
from analysis.course.judging import Check
from analysis.course.setting import NotCheckable

if TYPE_CHECKING:
    import pandas as pd

    from analysis.course.setting import Given


def area_values(given: Given, rows: pd.DataFrame | None = None, summary: str = "median") -> dict[str, float]:
    """ρ of the headline benchmarks by area, summarised."""
    rows = given.headline if rows is None else rows
    grouped = rows["correlation"].groupby(rows["area"].fillna(known.NO_AREA).to_numpy())
    return {str(area): float(value) for area, value in grouped.agg(summary).items()}


def other_areas(given: Given) -> dict[str, float]:
    """The same on the other population."""
    return area_values(given, given.headline_of(given.correlations_with(population=given.other_population)))


def with_splits(given: Given) -> pd.DataFrame:
    """Every safety benchmark, splits included."""
    return given.correlations[(given.correlations["role"] == "safety") & given.correlations["correlation"].notna()]


def as_released(given: Given) -> pd.DataFrame:
    """The headline benchmarks with ρ as released."""
    return given.headline.assign(correlation=given.headline["correlation_as_released"])


def changed_areas(given: Given, summary: str = "median", *, size: bool = True) -> frozenset[str]:
    """The area whose median differs most between the populations."""
    import pandas as pd

    other = given.headline_of(given.correlations_with(population=given.other_population))
    moved = (pd.Series(area_values(given, other, summary)) - pd.Series(area_values(given, summary=summary))).dropna()
    if moved.empty:
        raise NotCheckable("no area has benchmarks in both populations")
    return furthest(moved if size else moved.clip(lower=0), 0.0)


AREAS = {
    "ex-areas-median": Check(
        (
            Asked(
                "medians",
                Numbers(CORRELATION, known.areas, "area"),
                area_values,
                "group the headline benchmarks by area and take the median of their ρ",
                (
                    Mistake(lambda given: area_values(given, summary="mean"), "these are means: take medians"),
                    Mistake(
                        lambda given: area_values(given, with_splits(given)),
                        "splits of another benchmark take part: keep to headline benchmarks",
                    ),
                    Mistake(
                        lambda given: area_values(given, given.correlations),
                        "every benchmark takes part: keep to headline safety benchmarks",
                    ),
                    Mistake(
                        lambda given: area_values(given, as_released(given)),
                        "the directions are as released: use the column in which higher is safer",
                    ),
                    Mistake(other_areas, "this is another population"),
                ),
            ),
        )
    ),
    "ex-areas-population": Check(
        (
            Asked(
                "most_changed",
                Name(known.areas, "area"),
                changed_areas,
                "take the median of each area in both populations and compare the areas that both have",
                (
                    Mistake(lambda given: changed_areas(given, "mean"), "this compares means: take medians"),
                    Mistake(lambda given: changed_areas(given, size=False), "a fall counts as much as a rise"),
                ),
            ),
        )
    ),
    "ex-areas-line": Check(
        (
            Asked(
                "turned",
                Names(known.benchmarks, "benchmark"),
                lambda given: verdicts_changed(given, {"line": 0.3}, {"line": 0.5}),
                "judge the headline benchmarks with either line, and list those whose verdict is not the same",
                (
                    Mistake(
                        lambda given: verdicts_changed(given, {"line": 0.3}, {}),
                        "this compares with the line of the edition: compare the lines of the exercise",
                    ),
                    Mistake(
                        lambda given: verdicts_changed(given, {}, {"line": 0.5}),
                        "this compares with the line of the edition: compare the lines of the exercise",
                    ),
                    Mistake(
                        lambda given: sides_changed(given),
                        "this goes by the estimates: a verdict goes by the whole interval",
                    ),
                ),
            ),
        )
    ),
}


def sides_changed(given: Given) -> frozenset[str]:
    """The headline benchmarks whose estimate lies on another side of the lines of the exercise."""
    size = given.headline["correlation"].abs()
    return frozenset(given.headline.loc[(size > 0.3) & (size <= 0.5), "benchmark"])


def mean_error(given: Given, *, apart: str = "suite", power: int = 1) -> float:
    """Mean error of predicting each benchmark by the mean of the others."""
    import numpy as np

    from analysis.intuition import headline_registry, usable

    registry = usable(given.study, headline_registry(given.study))
    measured = registry["correlation"].to_numpy()
    key = (
        np.zeros(len(measured))
        if apart == "none"
        else registry["suite"].to_numpy()
        if apart == "suite"
        else np.arange(len(measured))
    )
    others = np.ones((len(key), len(key))) if apart == "none" else (key[:, None] != key).astype(float)
    if len(set(key)) < 2 and apart != "none":
        raise NotCheckable("their safety benchmarks were all published together")
    errors = np.abs(measured - others @ measured / others.sum(axis=1))
    return float((errors**power).mean() ** (1 / power))


def best_rule(given: Given, *, elsewhere: bool = True, column: str = "skill") -> frozenset[str]:
    """The rule that does best, here or on the other population."""
    from analysis.estimates import study
    from analysis.intuition import rule_scores

    chosen = study(given.table, given.other_population, given.parameters, drawn=False) if elsewhere else given.study
    rules = rule_scores(chosen).dropna(subset=["skill"]).set_index("rule")
    if rules.empty:
        raise NotCheckable("their safety benchmarks were all published together")
    values = rules["skill"] if column == "skill" else -rules["error"]
    return frozenset(map(str, values.index[values >= values.max() - 1e-9]))


INTUITION = {
    "ex-intuition-mean": Check(
        (
            Asked(
                "error",
                Number(),
                mean_error,
                "predict each headline benchmark by the mean ρ of those that were not published with it, and "
                "average the sizes of the misses",
                (
                    Mistake(
                        lambda given: mean_error(given, apart="itself"),
                        "set aside the whole suite, and not the benchmark alone",
                    ),
                    Mistake(lambda given: mean_error(given, apart="none"), "the benchmark helps to predict itself"),
                    Mistake(
                        lambda given: mean_error(given, power=2),
                        "this is the root of the mean square: average the sizes",
                    ),
                ),
            ),
        )
    ),
    "ex-intuition-population": Check(
        (
            Asked(
                "best",
                Name(known.rules, "rule"),
                best_rule,
                "make the table of rules for the other population and take the rule with the highest skill",
                (
                    Mistake(
                        lambda given: best_rule(given, elsewhere=False),
                        "this is the best rule of the chapter's own population",
                    ),
                    Mistake(
                        lambda given: best_rule(given, column="error"), "this goes by the mean error: go by the skill"
                    ),
                ),
            ),
        )
    ),
}


def leaning_family(given: Given) -> frozenset[str]:
    """The family without which the benchmark with the widest range moves furthest."""
    whole = headline_correlations(given)
    ranges = {name: spread(given.deleted(name)) for name in whole}
    widest = max(ranges, key=ranges.get)
    return furthest(given.deleted(widest), whole[widest])


def spread(deleted: pd.Series) -> float:
    """Highest less lowest ρ with a family left out; below nothing where there is none."""
    known = deleted.dropna()
    return float(known.max() - known.min()) if len(known) else -1.0


def method_gaps(given: Given, method: str = "pearson") -> pd.Series:
    """Difference of ρ by another method from Spearman's, by headline benchmark."""
    import pandas as pd

    return pd.Series(headline_correlations(given, method=method)) - pd.Series(headline_correlations(given))


def half_correlation(given: Given) -> float:
    """Correlation in the lower half of a normal distribution of the exercise."""
    import math

    variance = 1 - 2 / math.pi
    return 0.5 * variance**0.5 / (0.25 * variance + 0.75) ** 0.5


ROBUSTNESS = {
    "ex-robustness-lean": Check(
        (
            Asked(
                "family",
                Name(known.families, "family"),
                leaning_family,
                "leave out a family at a time and see without which ρ of that benchmark moves furthest from ρ with all",
                (Mistake(largest_family, "the largest family need not be the one that carries ρ"),),
            ),
        )
    ),
    "ex-robustness-pearson": Check(
        (
            Asked(
                "most_bent",
                Name(known.benchmarks, "benchmark"),
                lambda given: furthest(method_gaps(given), 0.0),
                "compute both correlations for every headline benchmark and look for the largest difference in size",
                (
                    Mistake(
                        lambda given: furthest(method_gaps(given, "kendall"), 0.0),
                        "this compares with Kendall's correlation",
                    ),
                ),
            ),
            Asked(
                "bend",
                Number(least=-2, most=2, scale="a difference of correlations"),
                lambda given: float(method_gaps(given).loc[sorted(furthest(method_gaps(given), 0.0))[0]]),
                "take the ordinary correlation less the rank correlation, of that benchmark",
                (
                    Mistake(
                        lambda given: float(method_gaps(given).mean()),
                        "this is the mean over benchmarks: take the most extreme",
                    ),
                    Mistake(
                        lambda given: float(
                            headline_correlations(given, method="pearson")[sorted(furthest(method_gaps(given), 0.0))[0]]
                        ),
                        "this is the ordinary correlation itself: take the difference",
                    ),
                ),
            ),
        )
    ),
    "ex-robustness-range": Check(
        (
            Asked(
                "rho_half",
                Number(tolerance=0.08, least=-1, most=1, scale="a correlation"),
                half_correlation,
                "draw the pair, keep the models below the median of the first variable, and correlate within them",
                (
                    Mistake(lambda given: 0.5, "this is the correlation over all models: keep to a half of them"),
                    Mistake(
                        lambda given: 0.125,
                        "draw the second variable with a total variance like the first's, and split by the first",
                    ),
                ),
            ),
        )
    ),
}


def known_compute(given: Given) -> tuple[pd.Series, pd.Series]:
    """Capabilities score and compute of the models that have both."""
    from analysis.capability import score_frame

    frame = score_frame(given.table, given.population, given.parameters).dropna(subset=["score", "compute"])
    if len(frame) < 4:
        raise NotCheckable("too few models have both a capabilities score and a compute figure")
    return frame["score"], frame["compute"]


def compute_tie(given: Given, *, logarithm: bool = True, method: str = "pearson") -> float:
    """Correlation of the capabilities score with compute."""
    import numpy as np

    from analysis.correlation import correlate

    score, compute = known_compute(given)
    return float(correlate(score.to_frame(), np.log(compute) if logarithm else compute, method)["correlation"].iloc[0])


def models_with(given: Given, column: str) -> int:
    """Number of models of the population with scores and a figure of compute."""
    from analysis.scores import wide

    found = int(given.table.models[column].reindex(wide(given.table, given.population).index).notna().sum())
    if not given.table.models[["training_flop", "flop_as_released"]].notna().any(axis=None):
        raise NotCheckable("they carry no training compute")
    return found


def models_anywhere(given: Given, column: str) -> int:
    """The same over all populations and whether or not they have scores."""
    return int(given.table.models[column].notna().sum())


def counting_mistakes(column: str, other: str) -> tuple[Mistake, ...]:
    """What may go wrong in counting models with a figure of compute."""
    return (
        Mistake(lambda given: models_with(given, other), "this is the number for the other basis"),
        Mistake(lambda given: models_anywhere(given, column), "this counts over all populations"),
        Mistake(
            lambda given: len(given.table.models), "this counts the models of the registry, with a figure or without"
        ),
    )


def partial_rho(tie: float, *, rooted: bool = True, divided: bool = True) -> float:
    """Partial correlation of the exercise."""
    rest = 1 - 0.9**2
    return (tie - 0.9 * 0.9) / ((rest if rooted else rest**2) if divided else 1)


def partial_mistakes(tie: float, other: float) -> tuple[Mistake, ...]:
    """What may go wrong with a partial correlation."""
    return (
        Mistake(lambda given: partial_rho(tie, divided=False), "the denominator is missing"),
        Mistake(lambda given: partial_rho(tie, rooted=False), "take the root of the denominator"),
        Mistake(lambda given: partial_rho(other), "this is the other of the values asked for"),
    )


COMPUTE = {
    "ex-compute-log": Check(
        (
            Asked(
                "tie",
                CORRELATION,
                compute_tie,
                "take the models that have both figures, the logarithm of compute, and the ordinary correlation",
                (
                    Mistake(
                        lambda given: compute_tie(given, logarithm=False),
                        "compute spans many orders of magnitude: take its logarithm first",
                    ),
                    Mistake(
                        lambda given: compute_tie(given, method="spearman"),
                        "this is the rank correlation: take the ordinary one",
                    ),
                ),
            ),
        )
    ),
    "ex-compute-basis": Check(
        (
            Asked(
                "models_ours",
                Count(),
                lambda given: models_with(given, "training_flop"),
                "count the models of the population that have a figure in the column `training_flop`",
                counting_mistakes("training_flop", "flop_as_released"),
            ),
            Asked(
                "models_released",
                Count(),
                lambda given: models_with(given, "flop_as_released"),
                "count the models of the population that have a figure in the column `flop_as_released`",
                counting_mistakes("flop_as_released", "training_flop"),
            ),
        )
    ),
    "ex-compute-partial": Check(
        (
            Asked(
                "left",
                CORRELATION,
                lambda given: partial_rho(0.9),
                "put the correlations into the formula of the chapter: which of them is the tie of benchmark and "
                "score?",
                partial_mistakes(0.9, 0.85),
            ),
            Asked(
                "left_lower",
                CORRELATION,
                lambda given: partial_rho(0.85),
                "lower only the correlation of benchmark and score, and use the formula again",
                partial_mistakes(0.85, 0.9),
            ),
        )
    ),
}


def leaving_zero_out(given: Given, level: float = 0.8) -> tuple[int, float]:
    """Number of residuals whose interval leaves zero out, and how many would by chance."""
    from analysis.progress import differential_progress

    found = differential_progress(given.table, given.population, given.with_parameters(level=level))
    intervals = found.dropna(subset=["lower", "upper"])
    if intervals.empty:
        raise NotCheckable("no residual has an interval")
    outside = int(((intervals["lower"] > 0) | (intervals["upper"] < 0)).sum())
    return outside, (1 - level) * len(intervals)


def residuals(given: Given) -> int:
    """Number of residuals."""
    from analysis.progress import differential_progress

    return len(differential_progress(given.table, given.population, given.with_parameters(level=0.8)))


def enough_care(given: Given, rho: float | None = None, share: float = 0.5) -> float:
    """Care at which a share of a rise in score on the most entangled benchmark is capability."""
    rho = max(headline_correlations(given).values()) if rho is None else rho
    if rho > 0.999:
        raise NotCheckable("the highest ρ is too near its end")
    return max(0.0, (rho - share) / share * ((1 + rho) / (1 - rho)) ** 0.5)


PROGRESS = {
    "ex-differential-progress-level": Check(
        (
            Asked(
                "outside",
                Count(),
                lambda given: leaving_zero_out(given)[0],
                "make the residuals at the level of the exercise and count the intervals that lie wholly on either side "
                "of nothing, over all areas",
                (
                    Mistake(
                        lambda given: leaving_zero_out(given, given.parameters.level)[0],
                        "this is at the level of the edition",
                    ),
                    Mistake(
                        lambda given: residuals(given) - leaving_zero_out(given)[0],
                        "this counts the intervals that do not leave it out",
                    ),
                ),
            ),
            Asked(
                "by_chance",
                Number(tolerance=0.5),
                lambda given: leaving_zero_out(given)[1],
                "how often does an interval of that level miss by chance, and how many intervals are there?",
                (
                    Mistake(
                        lambda given: leaving_zero_out(given, given.parameters.level)[1],
                        "this is at the level of the edition",
                    ),
                    Mistake(lambda given: 4 * leaving_zero_out(given)[1], "this is how many would not leave it out"),
                ),
            ),
        )
    ),
    "ex-differential-progress-care": Check(
        (
            Asked(
                "care",
                Number(tolerance=0.02, relative=0.03, least=0, scale="what a lab pays itself"),
                enough_care,
                "raise `care` until the share of the benchmark with the highest ρ passes the middle; the market "
                "pays as much as the leaderboard",
                (
                    Mistake(
                        lambda given: enough_care(given, share=0.25),
                        "this brings the share down further than was asked",
                    ),
                    Mistake(
                        lambda given: enough_care(given, sorted(headline_correlations(given).values())[-2]),
                        "this is for another benchmark: take the highest ρ",
                    ),
                ),
            ),
        )
    ),
}


def changed_claims(given: Given, one: float = 0.3, other: float = 0.5) -> frozenset[str]:
    """The claims whose verdict differs between two lines."""
    first, second = (claim_verdicts(given, line) for line in (one, other))
    return frozenset(map(str, first.index[first != second.reindex(first.index)]))


@lru_cache(maxsize=8)
def claim_verdicts(given: Given, line: float) -> pd.Series:
    """Verdict by claim, with a line."""
    from analysis.claims import claims

    return claims(given.table, given.with_parameters(line=line), known.stated(given)).set_index("id")["verdict"]


CLAIMS = {
    "ex-claims-line": Check(
        (
            Asked(
                "changed",
                Names(known.claims, "claim"),
                changed_claims,
                "make the ledger with either line and compare the verdicts claim by claim",
                (
                    Mistake(
                        lambda given: changed_claims(given, other=given.parameters.line),
                        "this compares with the line of the edition: compare the lines of the exercise",
                    ),
                    Mistake(
                        lambda given: changed_claims(given, one=given.parameters.line),
                        "this compares with the line of the edition: compare the lines of the exercise",
                    ),
                ),
            ),
        )
    ),
}

RESULTS = {**AREAS, **INTUITION, **ROBUSTNESS, **COMPUTE, **PROGRESS, **CLAIMS}
