"""What the chapter on intuition says and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.display import correlation as rho
from analysis.display import count, interval, listing, number, percent_share
from analysis.findings.shared import plural

if TYPE_CHECKING:
    from analysis.display import Table

RULE_COLUMNS = {
    "words": "Rule",
    "kind": "Kind",
    "error": "Mean error",
    "skill": "Removed",
    "lower": "From",
    "upper": "To",
}
RULE_FORMATS = {"skill": rho, "lower": rho, "upper": rho, "error": number}
HEAP_COLUMNS = {"words": "Rule of thumb", "heap": "Meant", "gap": "Mean ρ less rest", "agrees": "Direction"}
HEAP_FORMATS = {"gap": rho}
PERSON_COLUMNS = {
    "person": "Who",
    "n": "Predictions",
    "rank_correlation": "Rank correlation",
    "rank_interval": "Interval",
    "error": "Error",
    "error_interval": "Its interval",
    "error_mean": "Of the mean",
    "error_area": "Of the area",
    "within": "Came near",
    "confidence": "Confidence",
}
PERSON_FORMATS = {
    "rank_correlation": rho, "error": number, "error_mean": number, "error_area": number,
    "within": percent_share, "confidence": percent_share,
}
RIVAL_COLUMNS = {
    "words": "Rule", "ahead": "People who did better", "gain": "Its mean error less that of people", "lower": "From", "upper": "To",
}
RIVAL_FORMATS = {"gain": rho, "lower": rho, "upper": rho}
CALIBRATION_COLUMNS = {
    "group": "Confidence", "guesses": "Predictions", "people": "People", "stated": "Mean stated", "within": "Came near",
    "lower": "From", "upper": "To",
}
CALIBRATION_FORMATS = dict.fromkeys(("stated", "within", "lower", "upper"), percent_share)
TOO_FEW = "These scores hold safety benchmarks of fewer than two suites, so none can be predicted from others."


def heap_rows(rules: pd.DataFrame) -> pd.DataFrame:
    """The rules of thumb, each with whether the difference has the sign it expects.

    Parameters
    ----------
    rules : DataFrame
        As returned by `analysis.intuition.rule_scores`.

    Returns
    -------
    DataFrame
        Columns of `HEAP_COLUMNS`.
    """
    from analysis.intuition import heuristics

    higher = {rule.key: rule.higher for rule in heuristics()}
    rows = rules[rules["kind"] == "heuristic"] if len(rules) else rules
    agrees = [
        "no comparison" if np.isnan(gap) else "as expected" if (gap > 0) == higher[key] else "the other way round"
        for key, gap in zip(rows["rule"], rows["gap"], strict=True)
    ]
    return rows.assign(agrees=agrees)


def rule_findings(rules: pd.DataFrame, floor: float) -> dict[str, str]:
    """Strings on how well rules predict.

    Parameters
    ----------
    rules : DataFrame
        As returned by `analysis.intuition.rule_scores`.
    floor : float
        As returned by `analysis.intuition.noise_floor`.

    Returns
    -------
    dict of str
        Keys `setting_sentence, mean_sentence, best_sentence, sure_sentence, alike_sentence,
        floor_sentence, heap_sentence, rule_caption, predicted_caption`.
    """
    if rules.empty:
        keys = ("mean_sentence", "best_sentence", "sure_sentence", "alike_sentence", "floor_sentence", "heap_sentence")
        captions = dict.fromkeys(("setting_sentence", "rule_caption", "predicted_caption"), TOO_FEW)
        return captions | dict.fromkeys(keys, "")
    mean = rules.set_index("rule").loc["mean"]
    every = rules[rules["rule"] != "mean"]
    others = every.dropna(subset=["skill"])
    return {
        "setting_sentence": (
            f"This edition has {plural(int(mean['benchmarks']), 'headline safety benchmark')} from "
            f"{plural(int(mean['suites']), 'suite')}."
        ),
        "mean_sentence": f"Predicting the mean of the other suites misses by {number(mean['error'])} of ρ on average.",
        "best_sentence": best_sentence(others),
        "sure_sentence": sure_sentence(others),
        "alike_sentence": alike_sentence(others),
        "floor_sentence": floor_sentence(floor),
        "heap_sentence": heap_sentence(heap_rows(rules)),
        "rule_caption": (
            f"{count(len(others))} of {plural(len(every), 'rule')} apply to these benchmarks, that is, divide them in any way. Zero is "
            "no better than predicting the mean; to the left is worse. Benchmarks are predicted that the rule has not seen."
        ),
        "predicted_caption": (
            "Each dot is a benchmark that the rule has not seen; choose the rule. A rule that "
            "knows nothing piles its dots on a line that is nearly upright."
        ),
    }


def best_sentence(others: pd.DataFrame) -> str:
    """One sentence on the rule with the highest skill."""
    if others.empty:
        return "No rule tells these benchmarks apart, since too little is known of them."
    best = others.loc[others["skill"].idxmax()]
    if best["skill"] <= 0:
        return "No rule does better than predicting the mean."
    bounds = f" (interval {interval(best['lower'], best['upper'])})" if np.isfinite(best["lower"]) else ""
    return (
        f"The best of them, “{best['words'].rstrip('.')}”, removes a share of {number(best['skill'])} of the squared "
        f"error{bounds} and misses by {number(best['error'])} of ρ on average. It is the best of "
        f"{count(len(others))} tried, which flatters it."
    )


def sure_sentence(others: pd.DataFrame) -> str:
    """One sentence on how many rules are shown to help or to harm."""
    if others.empty:
        return ""
    if others["lower"].isna().all():
        return "With so few families there is no interval, so none is shown to help."
    better, worse = int((others["lower"] > 0).sum()), int((others["upper"] < 0).sum())
    return (
        f"Of {plural(len(others), 'rule')}, {count(better)} {'has' if better == 1 else 'have'} an interval wholly above "
        f"zero and {count(worse)} one wholly below."
    )


def alike_sentence(others: pd.DataFrame) -> str:
    """One sentence on rules that come to the same predictions here; empty where there are none."""
    known = others.assign(key=[f"{error:.9f} {skill:.9f}" for error, skill in zip(others["error"], others["skill"], strict=True)])
    groups = [list(part["rule"]) for _, part in known.groupby("key", sort=False) if len(part) > 1]
    if not groups:
        return ""
    pairs = "; ".join(listing(f"“{name}”" for name in names) for names in groups)
    different = known["key"].nunique()
    return (
        f"Some come to the same numbers, because they divide these benchmarks in the same way: {pairs}. So there "
        f"{'is' if different == 1 else 'are'} {plural(different, 'different rule')} here."
    )


def floor_sentence(floor: float) -> str:
    """One sentence on the error that is left to somebody who knows every true ρ."""
    if not np.isfinite(floor):
        return "How uncertain the measured ρ are cannot be told with so few families."
    return (
        "The measured ρ are themselves uncertain: even somebody who knew every true ρ would miss the measured ones by "
        f"about {number(floor)} on average, because the families are few."
    )


def heap_sentence(heaps: pd.DataFrame) -> str:
    """One sentence on how many rules of thumb have the direction they expect."""
    compared = heaps[heaps["gap"].notna()]
    if compared.empty:
        return "None of the rules of thumb divides these benchmarks in two."
    right = int((compared["agrees"] == "as expected").sum())
    return (
        f"Of {plural(len(compared), 'rule')} of thumb that {'divides' if len(compared) == 1 else 'divide'} these benchmarks in "
        f"two, {count(right)} {'has' if right == 1 else 'have'} the direction expected. A coin would be right about half the time."
    )


def people_findings(people: pd.DataFrame, guesses: pd.DataFrame, registry: pd.DataFrame) -> dict[str, str]:
    """Strings on people's predictions.

    Parameters
    ----------
    people : DataFrame
        As returned by `analysis.intuition.person_scores`, people called as they are to be shown.
    guesses : DataFrame
        As returned by `analysis.guesses.read_guesses`.
    registry : DataFrame
        The benchmarks people can be scored on, as returned by `analysis.intuition.played`.

    Returns
    -------
    dict of str
        Keys `people_sentence, people_caption, left_out_sentence, blank_sentence, winner_sentence,
        luck_sentence`, and `people_note`, what stands in place of the chart where it cannot be drawn. Without
        people that note alone says anything.
    """
    keys = ("people_sentence", "people_caption", "left_out_sentence", "blank_sentence", "winner_sentence", "luck_sentence")
    if guesses.empty:
        return dict.fromkeys(keys, "") | {"people_note": NOBODY}
    said = dict.fromkeys(keys, "") | left_out_findings(guesses, registry)
    if people.empty:
        return said | {"people_note": NOTHING_TO_SCORE}
    single = people[~people["crowd"].astype(bool)]
    return said | {
        "people_sentence": people_sentence(single),
        "people_note": NO_ORDER,
        "people_caption": PEOPLE_CAPTION,
        "winner_sentence": winner_sentence(single),
        "luck_sentence": luck_sentence(single),
    }


PEOPLE_CAPTION = (
    "The farther to the right, the better a person's order agrees with the measured one. In the table, least error comes first. "
    "All bounds are those of intervals with the family as the unit."
)
NO_ORDER = "There are no predictions whose order could be compared with that of the measured correlations."
NOBODY = "Nobody's predictions came with this edition."
NOTHING_TO_SCORE = "No prediction in the file is of a headline safety benchmark of these scores that can be predicted from others."


def left_out_findings(guesses: pd.DataFrame, registry: pd.DataFrame) -> dict[str, str]:
    """Sentences on predictions of other benchmarks, and on rows and people without any."""
    given = guesses[guesses["prediction"].notna()]
    unknown = sorted(set(given["benchmark"]) - set(registry.index))
    silent = guesses["person"].nunique() - given["person"].nunique()
    blank = len(guesses) - len(given)
    nobody = f" {plural(silent, 'person', 'people')} predicted nothing and {'is' if silent == 1 else 'are'} not counted." if silent else ""
    rows = f"{plural(blank, 'row')} of the file {'holds' if blank == 1 else 'hold'} no prediction.{nobody}"
    return {
        "left_out_sentence": (
            f"Left out, because they are no headline safety benchmarks here, or not measured on enough families: {listing(unknown)}."
            if unknown else ""
        ),
        "blank_sentence": rows if blank else "",
    }


def people_sentence(single: pd.DataFrame) -> str:
    """How many people there are, and how many did better than the two simplest rules."""
    better = [int((single["error"] < single[column]).sum()) for column in ("error_mean", "error_area")]
    flat = int((single["rank_correlation"].isna() & (single["n"] >= FEWEST_RANKED)).sum())
    few = int((single["n"] < FEWEST_RANKED).sum())
    same = f" {plural(flat, 'person', 'people')} gave one number throughout, which has no order." if flat else ""
    short = f" {plural(few, 'person', 'people')} made too few predictions for a rank correlation." if few else ""
    return (
        f"Predictions of {plural(len(single), 'person', 'people')} came with this edition. "
        f"{count(better[0])} of {count(len(single))} did better than predicting the mean on the same benchmarks, and "
        f"{count(better[1])} better than the mean of the area.{same}{short}"
    )


FEWEST_RANKED = 4


def winner_sentence(single: pd.DataFrame) -> str:
    """Who did best, among those who predicted at least half as many benchmarks as anybody."""
    full = single[2 * single["n"] >= single["n"].max()]
    least = full[full["error"] <= full["error"].min() + 1e-12]
    row = least.iloc[0]
    rank = "" if np.isnan(row["rank_correlation"]) else f" and a rank correlation of {rho(row['rank_correlation'])}"
    if len(least) > 1:
        return f"The least error, {number(row['error'])} of ρ, is shared by {listing(least['person'])}."
    alone = f" of the {plural(len(full), 'person', 'people')} who predicted at least half as many benchmarks as anybody" if len(full) > 1 else ""
    return (
        f"The least error{alone} is that of {row['person']}: {number(row['error'])} of ρ over "
        f"{plural(int(row['n']), 'benchmark')}{rank}."
    )


def luck_sentence(single: pd.DataFrame) -> str:
    """How surprising the best rank correlation is among so many people."""
    from analysis.intuition import chance_of_best

    chance, best = chance_of_best(single), single["rank_correlation"].max()
    if np.isnan(chance) or best <= 0:
        return ""
    odds = "less than one in a hundred" if chance < 0.01 else f"about {percent_share(chance)}"
    ranked = plural(int(single["rank_correlation"].count()), "person", "people")
    return (
        f"The highest rank correlation is {rho(best)}. Had {ranked} dealt their numbers to the same benchmarks at random, the best "
        f"would have come as far with a chance of {odds}."
    )


def class_findings(rivals: pd.DataFrame, calibrated: pd.DataFrame) -> dict[str, str]:
    """Strings on what people's predictions say of the claim, and on how well they knew what they knew.

    Parameters
    ----------
    rivals : DataFrame
        As returned by `analysis.intuition.rule_rivals`.
    calibrated : DataFrame
        As returned by `analysis.intuition.calibration`.

    Returns
    -------
    dict of str
        Keys `class_sentence, rival_sentence, calibration_sentence`.
    """
    if rivals.empty:
        return dict.fromkeys(("class_sentence", "rival_sentence", "calibration_sentence"), "")
    mean = rivals.set_index("rule").loc["mean"]
    hardest = rivals.iloc[0]
    beaten = int((rivals["gain"] > 0).sum())
    return {
        "class_sentence": claim_sentence(mean),
        "rival_sentence": (
            f"On average over people, they err less than {count(beaten)} of {plural(len(rivals), 'rule')}. The hardest to beat is "
            f"“{hardest['words'].rstrip('.')}”: {count(hardest['ahead'])} of {plural(int(hardest['people']), 'person', 'people')} did better."
        ),
        "calibration_sentence": calibration_sentence(calibrated),
    }


def claim_sentence(mean: pd.Series) -> str:
    """What the gain over predicting the mean says of the claim that intuition predicts poorly."""
    if not np.isfinite(mean["lower"]):
        verdict = "With so few families there is no interval, so this decides nothing"
    elif mean["lower"] > 0:
        verdict = "They do better, so these people speak against the claim"
    elif mean["upper"] < 0:
        verdict = "They do worse, so these people bear the claim out"
    else:
        verdict = "The interval holds zero, so these people do not decide the claim"
    bounds = f" (interval {interval(mean['lower'], mean['upper'])})" if np.isfinite(mean["lower"]) else ""
    return (
        "Read the claim that intuition predicts poorly as: people do no better than predicting the mean. That rule's mean error less "
        f"theirs is {rho(mean['gain'])}{bounds}, on average over people. {verdict}."
    )


def calibration_sentence(calibrated: pd.DataFrame) -> str:
    """How stated confidence compares with the share of predictions that came near."""
    from analysis.intuition import NEAR

    if calibrated.empty:
        return "Nobody stated a confidence."
    weights = calibrated["guesses"]
    stated, within = (float(np.average(calibrated[column], weights=weights)) for column in ("stated", "within"))
    gap = 100 * (stated - within)
    word = "about as sure as they were right" if abs(gap) < EVEN else "surer than they were right" if gap > 0 else "less sure than they were right"
    return (
        f"Where a confidence was stated it averaged {percent_share(stated)}, and {percent_share(within)} of these "
        f"{plural(int(weights.sum()), 'prediction')} came within {number(NEAR, 1)} of the measured ρ: people were {word}."
    )


# Points of a percentage within which stated confidence and hits are called the same.
EVEN = 5


def shown_people(people: pd.DataFrame, naming: str) -> pd.DataFrame:
    """Scores of people, called by their place unless they are to be named.

    Parameters
    ----------
    people : DataFrame
        As returned by `analysis.intuition.person_scores`.
    naming : str
        "hidden" or "shown".

    Returns
    -------
    DataFrame
        The same with `person` as it is to be shown, and `rank_interval` and `error_interval` as text.
    """
    called = [f"Player {place}" for place in range(1, len(people) + 1)] if naming == "hidden" else list(people["person"])
    names = [name if crowd else shown for name, shown, crowd in zip(people["person"], called, people["crowd"], strict=True)]
    bounds = {
        f"{kind}_interval": [
            interval(*pair) if np.isfinite(pair).all() else None
            for pair in people[[f"{kind}_lower", f"{kind}_upper"]].to_numpy(float)
        ]
        for kind in ("rank", "error")
    }
    return people.assign(person=pd.Series(names, people.index, dtype=object), **bounds)


def rival_rows(rivals: pd.DataFrame) -> pd.DataFrame:
    """Rules with how many people did better, as words."""
    ahead = [f"{count(ahead)} of {count(people)}" for ahead, people in rivals[["ahead", "people"]].itertuples(index=False)]
    return rivals.assign(ahead=ahead)


def calibration_rows(calibrated: pd.DataFrame) -> pd.DataFrame:
    """Groups of confidence with their ends as words."""
    ends = [f"{percent_share(low)} to {percent_share(high)}" for low, high in calibrated[["low", "high"]].itertuples(index=False)]
    return calibrated.assign(group=ends)


def where_any(table: Table) -> Table | None:
    """The table, or nothing at all where it has no rows."""
    return table if len(table.frame) else None
