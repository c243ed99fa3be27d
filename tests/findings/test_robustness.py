"""What the chapter on robustness says is so of the specifications it is said of, whatever the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from score_tables import random_scores, score_table

from analysis.capability import capabilities_scores
from analysis.correlation import capabilities_correlations, correlate
from analysis.findings import robustness as found
from analysis.findings.capabilities_correlation import typical_benchmark
from analysis.findings.shared import headline_benchmarks
from analysis.parameters import Parameters
from analysis.robustness import circularity, specification_curve, weaker_against_stronger
from analysis.scores import ScoreTable, families, load, oriented, populations

PARAMETERS = Parameters()


def table_of(index: int = 4, published: list[dict] | None = None, **frames: pd.DataFrame) -> ScoreTable:
    """A score table without splits of benchmarks."""
    made = score_table(index=index, published=published, **frames)
    made.benchmarks["parent"] = None
    return made


def table(index: int = 4, missing: float = 0.0, **sizes: int) -> ScoreTable:
    frames = {name: random_scores(size, 8, seed, missing) for seed, (name, size) in enumerate(sizes.items())}
    return table_of(index=index, **frames)


def words(made: ScoreTable, population: str) -> str:
    """Everything the chapter says of a table, in one text."""
    correlations = capabilities_correlations(made, population, PARAMETERS)
    headline = headline_benchmarks(correlations, made.benchmarks)
    example = typical_benchmark(correlations, made.benchmarks)
    curve = specification_curve(made, PARAMETERS, found.subjects(headline, example))
    ranges = found.range_rows(curve, headline, made, population, PARAMETERS.line)
    rows = found.curve_rows(curve, example)
    halves = found.half_rows(weaker_against_stronger(made, population, PARAMETERS), headline, made)
    said = {
        **found.range_findings(ranges, PARAMETERS.line),
        **found.curve_findings(rows, example, PARAMETERS.line),
        **found.family_findings(found.family_rows(curve, headline, made, population, PARAMETERS)),
        **found.half_findings(halves, made, PARAMETERS.level),
        **found.circular_findings(found.circular_rows(circularity(made, population, PARAMETERS), made)),
    }
    return " ".join(said.values())


@pytest.fixture(scope="module")
def curve() -> pd.DataFrame:
    return specification_curve(table(base=16, chat=14), PARAMETERS)


@pytest.fixture(scope="module")
def made() -> ScoreTable:
    return table(base=16, chat=14)


@pytest.fixture(scope="module")
def headline(made: ScoreTable) -> pd.DataFrame:
    return headline_benchmarks(capabilities_correlations(made, "chat", PARAMETERS), made.benchmarks)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (table(chat=16), "headline safety benchmark"),
        (table(chat=16, other=5), "headline safety benchmark"),
        (table(chat=16, missing=0.1), "headline safety benchmark"),
        (table(index=8, chat=12), "no headline safety benchmark"),
        (table(index=1, chat=12), "too few benchmarks to leave one out"),
        (table(chat=6), "too few models for a correlation in each"),
    ],
    ids=["plain", "tiny second population", "holes", "no safety", "one index benchmark", "six models"],
)
def test_any_table_is_spoken_of_without_gaps_in_the_sentences(made: ScoreTable, says: str) -> None:
    said = words(made, "chat")
    assert says in said
    assert "nan" not in said.lower() and "not known" not in said


def test_one_family_cannot_be_left_out() -> None:
    made = table(chat=10)
    made.models["family"] = "only"
    said = words(made, "chat")
    assert "none can be left out" in said and "too few families" in said


def test_the_choices_listed_multiply_and_add_to_the_number_of_specifications(curve: pd.DataFrame) -> None:
    one = curve[(curve["benchmark"] == "b6") & (curve["population"] == "chat")]
    options = found.choice_rows(one).set_index("choice")["number"]
    crossed = options["Matrix of the component"] * options["Type of correlation"] * options["Missing index scores"]
    assert len(one) == crossed * (options["Index"] + options["Family left out"] - 1)


def test_benchmarks_counted_as_keeping_their_place_do(
    made: ScoreTable, curve: pd.DataFrame, headline: pd.DataFrame
) -> None:
    rows = found.range_rows(curve, headline, made, "chat", 0.4)
    steady = sum(
        len({int(v > 0.4) - int(v < -0.4) for v in curve.loc[curve["benchmark"] == name, "comparable"].dropna()}) == 1
        for name in headline["benchmark"]
    )
    assert f"{steady} keep" in found.side_sentence(rows)
    assert steady in (0, len(headline)) or f"the other {len(headline) - steady} " in found.side_sentence(rows)


def test_the_estimate_beside_a_range_is_that_of_the_headline_population(
    made: ScoreTable, curve: pd.DataFrame, headline: pd.DataFrame
) -> None:
    rows = found.range_rows(curve, headline, made, "chat", 0.4).set_index("benchmark")
    own = curve[curve["headline"] & (curve["population"] == "chat")].set_index("benchmark")["estimate"]
    np.testing.assert_allclose(rows["estimate"], own.reindex(rows.index))


def test_published_values_are_spoken_of_only_where_there_are_some(
    made: ScoreTable, curve: pd.DataFrame, headline: pd.DataFrame
) -> None:
    printed = {"table": "T1", "population": "chat", "benchmark": "b6", "quantity": "capabilities_correlation"}
    with_published = table_of(
        index=4, published=[{**printed, "value": 99.9}], chat=random_scores(14, 8, 1)
    )
    without = found.range_findings(found.range_rows(curve, headline, made, "chat", 0.4), 0.4)
    known = found.range_findings(found.range_rows(curve, headline, with_published, "chat", 0.4), 0.4)
    assert without["published_sentence"] == "" and "published" not in without["range_caption"]
    assert "for 1 of the" in known["published_sentence"] and "outside the range" in known["published_sentence"]
    assert "published" in known["range_caption"]
    assert known["turned_sentence"] == "" and "direction" not in known["range_caption"] + known["sides_caption"]


def test_a_published_value_turned_into_our_direction_is_said_to_be() -> None:
    printed = {"table": "T1", "population": "chat", "benchmark": "b6", "quantity": "capabilities_correlation", "value": -46.1}
    made = score_table(
        index=4, higher_is={"b6": "worse"}, as_released={"b6": "reversed"}, published=[printed], chat=random_scores(14, 8, 1)
    )
    made.benchmarks["parent"] = None
    headline = headline_benchmarks(capabilities_correlations(made, "chat", PARAMETERS), made.benchmarks)
    rows = found.range_rows(specification_curve(made, PARAMETERS), headline, made, "chat", 0.4)
    said = found.range_findings(rows, 0.4)
    assert found.published_value(rows, "b6") == pytest.approx((0.461, -0.461))
    assert "1 of the published values has the other sign" in said["turned_sentence"] and "−0.46" in said["turned_sentence"]
    assert "sign of 1 of them" in said["range_caption"] and "1 of them changed sign" in said["sides_caption"]


def test_the_caption_of_a_curve_tells_the_printed_value_only_where_it_was_turned() -> None:
    turned, same = found.published_words(0.461, -0.461), found.published_words(0.461, 0.461)
    assert "−0.46 in the source" in turned and "+0.46" in turned
    assert "+0.46" in same and "source" not in same
    assert found.published_words(np.nan, np.nan) == ""


@pytest.mark.parametrize(
    ("values", "says", "says_not"),
    [
        ([0.33, 0.64], ["dashed line is at +0.40", "only the part"], ["−0.40", "zero"]),
        ([-0.9, 0.9], ["at +0.40 and −0.40", "at zero"], []),
        ([-1.0, 1.0], ["at +0.40 and −0.40", "at zero"], ["only the part"]),
        ([-0.9, -0.8], ["at −0.40", "only the part"], ["+0.40", "zero"]),
    ],
)
def test_the_lines_told_are_those_there_is_room_for(values: list[float], says: list[str], says_not: list[str]) -> None:
    low, high = found.axis_range(values, 0.4)
    words = found.lines_words(low, high, 0.4)
    assert -1 <= low <= min(values) and max(values) <= high <= 1
    assert all(part in words for part in says) and not any(part in words for part in says_not)


def test_sides_are_counted_in_whole_sentences_when_all_or_none_keep_theirs() -> None:
    rows = pd.DataFrame({"above": [1.0, 0.5], "within": [0.0, 0.5], "below": 0.0, "lowest": [0.5, -0.1], "highest": 0.6})
    assert "For the other 1 " in found.side_sentence(rows)
    assert "other" not in found.side_sentence(rows[:1])
    assert "depends on the choices" in found.side_sentence(rows[1:]) and "0 above" not in found.side_sentence(rows[1:])
    assert "1 of the 2 even changes its sign" in found.sign_sentence(rows)


def test_a_drawn_curve_keeps_its_ends_and_the_editions_own_choice(curve: pd.DataFrame) -> None:
    rows = found.curve_rows(curve, "b6")
    drawn = found.drawn_rows(rows, 40)
    assert len(drawn) <= 40 < len(rows)
    assert {1, len(rows)} <= set(drawn["rank"])
    assert drawn["headline"].sum() == rows["headline"].sum() == 2
    assert drawn["comparable"].is_monotonic_increasing
    assert found.drawn_rows(rows, len(rows)) is rows


def test_circular_specifications_are_on_no_curve(curve: pd.DataFrame) -> None:
    assert curve.loc[curve["benchmark"] == "b0", "circular"].any()
    assert not found.curve_rows(curve, "b0")["circular"].any()


def test_options_are_compared_over_the_specifications_that_share_all_other_choices(curve: pd.DataFrame) -> None:
    rows = found.curve_rows(curve, "b6")
    options = found.option_rows(rows)
    for choice in ("Population", "Matrix of the component", "Type of correlation"):
        assert options.loc[options["choice"] == choice, "specifications"].sum() == len(rows)
    own = options[(options["choice"] == "Family left out") & (options["option"] == "none")].iloc[0]
    whole = options[(options["choice"] == "Index") & (options["option"] == "the whole index")].iloc[0]
    assert own[["specifications", "median"]].tolist() == whole[["specifications", "median"]].tolist()
    assert "Missing index scores" not in set(options["choice"])


def test_the_choice_said_to_move_the_median_most_does() -> None:
    options = pd.DataFrame(
        {"choice": ["A", "A", "B", "B"], "option": ["one", "two", "three", "four"], "median": [0.1, 0.2, 0.5, -0.3]}
    )
    sentence = found.choice_sentence(options)
    assert "this one: b." in sentence and "−0.30 (four) to +0.50 (three)" in sentence
    assert "No choice moves" in found.choice_sentence(options.assign(median=0.1))


def test_the_extremes_without_a_family_are_those_computed_without_it(
    made: ScoreTable, curve: pd.DataFrame, headline: pd.DataFrame
) -> None:
    rows = found.family_rows(curve, headline, made, "chat", PARAMETERS).set_index("benchmark")
    scores, kin = oriented(made, "chat"), families(made, "chat")
    slow = {}
    for name in kin.unique():
        rest = scores[(kin != name).to_numpy()]
        slow[name] = correlate(rest, capabilities_scores(rest[["b0", "b1", "b2", "b3"]], "spearman"))["correlation"]
    expected = pd.DataFrame(slow).loc[rows.index]
    np.testing.assert_allclose(rows["lowest"], expected.min(axis=1), atol=1e-12)
    np.testing.assert_allclose(rows["highest"], expected.max(axis=1), atol=1e-12)
    assert rows["lowest_without"].tolist() == expected.idxmin(axis=1).tolist()


def test_a_change_of_side_is_a_value_beyond_a_line_that_the_whole_is_not() -> None:
    rows = pd.DataFrame({"furthest": ["F", "G"], "crosses": ["yes", "no"], "range": [0.2, 0.4]})
    sentence = found.family_findings(rows)["family_out_sentence"]
    assert "For 1 of 2" in sentence and "one of F and G, each 1 of 2" in sentence and "span 0.30" in sentence


@pytest.mark.parametrize(
    ("weaker", "stronger", "lower", "upper", "says"),
    [
        (0.1, 0.6, 0.2, 0.8, ["as the claim says", "excludes zero"]),
        (0.1, 0.6, -0.2, 1.2, ["as the claim says", "cannot tell"]),
        (0.6, 0.1, -0.9, -0.1, ["against the claim", "excludes zero"]),
        (0.6, 0.1, np.nan, np.nan, ["against the claim", "cannot tell"]),
    ],
)
def test_the_claim_is_judged_by_its_direction_and_its_interval(
    weaker: float, stronger: float, lower: float, upper: float, says: list[str]
) -> None:
    row = {"benchmark": found.CLAIMED, "name": "T", "weaker": weaker, "stronger": stronger}
    rows = pd.DataFrame([{**row, "difference": stronger - weaker, "lower": lower, "upper": upper}])
    sentence = found.claim_sentence(rows, listed=True)
    assert all(part in sentence for part in says)


def test_without_the_benchmark_of_the_claim_none_is_named(made: ScoreTable, headline: pd.DataFrame) -> None:
    rows = found.half_rows(weaker_against_stronger(made, "chat", PARAMETERS), headline, made)
    said = " ".join(found.half_findings(rows, made, 0.95).values())
    assert "not in these scores" in said and "TruthfulQA" not in said


def test_rises_and_falls_between_the_halves_are_counted(made: ScoreTable, headline: pd.DataFrame) -> None:
    rows = found.half_rows(weaker_against_stronger(made, "chat", PARAMETERS), headline, made)
    rises = sum(row["stronger"] > row["weaker"] for _, row in rows.iterrows())
    assert f"higher for {rises} of {len(rows)} headline" in found.half_sentence(rows)


def test_the_gain_named_is_the_largest(made: ScoreTable) -> None:
    rows = found.circular_rows(circularity(made, "chat", PARAMETERS), made)
    top = rows.loc[(rows["correlation"] - rows["left_out"]).idxmax(), "name"]
    assert f"({top})" in found.circular_findings(rows)["circular_sentence"]


def test_every_published_value_of_the_shipped_scores_has_a_range_to_stand_in(data_folder: Path) -> None:
    shipped = load(data_folder)
    for population in populations(shipped):
        correlations = capabilities_correlations(shipped, population, PARAMETERS)
        chosen = headline_benchmarks(correlations, shipped.benchmarks)
        curve = specification_curve(shipped, PARAMETERS, chosen["benchmark"].tolist(), halves=0)
        rows = found.range_rows(curve, chosen, shipped, population, 0.4)
        assert len(rows) == len(chosen) and rows["published"].notna().any()
        assert rows["estimate"].between(rows["lowest"], rows["highest"]).all()
