"""Checks accept what is right, tell what is wrong, give nothing away and never fall over."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from analysis.course import check
from analysis.course.answers import Odd, plain
from analysis.course.asking import Asked, Count, Name, Names, Number, Numbers, made_by
from analysis.course.checks import CHECKS, Setting, Verdict
from analysis.course.judging import STRANGER
from analysis.course.setting import Given, NotCheckable, given, setting_of
from analysis.inputs import write
from analysis.problems import InputError
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from score_tables import random_scores, score_table

DATA = Path(__file__).parents[2] / "data"
SETTINGS = {population: Setting(DATA, population) for population in ("chat", "base")}
LABELS = sorted(CHECKS)
QUESTIONS = [(label, each) for label in LABELS for each in CHECKS[label].asked]
NUMBER_WORDS = "zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|hundred|thousand|quarter|third|twice|percent of"
SAYS_A_NUMBER = re.compile(rf"\d|\b(?:{NUMBER_WORDS})\b")


# Some of their mistakes change nothing in the default scores: no family is unknown there, no model changes place, …
NEED_OTHER_SCORES = {"families_left", "turned", "moved", "rhos", "leaning", "family", "farthest"}


def question_id(value: object) -> str:
    return value if isinstance(value, str) else value.name if isinstance(value, Asked) else ""


def right(label: str, setting: Setting) -> dict[str, Any]:
    """The right answers as a student would hand them over."""
    return {each.name: handed_over(each.value(given(setting))) for each in CHECKS[label].asked}


def handed_over(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value


def as_answer(asked: Asked, value: Any) -> Any:
    """A value in the form that its question takes: one name where it takes one."""
    return (
        sorted(value)[0]
        if isinstance(asked.kind, Name) and isinstance(value, frozenset) and value
        else handed_over(value)
    )


def answers_of(label: str, setting: Setting) -> dict[str, Any]:
    return {each.name: as_answer(each, each.value(given(setting))) for each in CHECKS[label].asked}


def judge_one(label: str, name: str, answer: object, setting: Setting) -> Verdict:
    """Judge an answer among right ones."""
    return CHECKS[label].judge({**answers_of(label, setting), name: answer}, setting)


def about(verdict: Verdict, name: str) -> str:
    return next(line for line in verdict.hint.splitlines() if line.startswith(f"`{name}`"))


@pytest.mark.parametrize("population", SETTINGS)
@pytest.mark.parametrize("label", LABELS)
def test_right_answers_pass_with_all_points(label: str, population: str) -> None:
    verdict = CHECKS[label].judge(answers_of(label, SETTINGS[population]), SETTINGS[population])
    assert verdict == Verdict(True, CHECKS[label].points, "", CHECKS[label].points)


@pytest.mark.parametrize("label", LABELS)
def test_nothing_handed_over_earns_nothing(label: str) -> None:
    verdict = CHECKS[label].judge({}, SETTINGS["chat"])
    assert not verdict.passed and verdict.points == 0
    assert all(f"`{name}`" in verdict.hint for name in CHECKS[label].asks)


@pytest.mark.parametrize("population", SETTINGS)
@pytest.mark.parametrize(("label", "asked"), QUESTIONS, ids=question_id)
def test_a_known_mistake_gets_its_own_hint(label: str, asked: Asked, population: str) -> None:
    setting = SETTINGS[population]
    value = asked.value(given(setting))
    seen: list[Any] = []
    for hint, mistaken in made_by(asked.mistakes, given(setting)):
        answer = as_answer(asked, mistaken)
        read = asked.kind.read(plain(answer), given(setting))
        if asked.kind.agrees(read, value) or any(asked.kind.agrees(read, other) for other in seen):
            continue
        seen.append(mistaken)
        verdict = judge_one(label, asked.name, answer, setting)
        assert not verdict.passed and verdict.points == CHECKS[label].points - 1
        assert hint[1:] in about(verdict, asked.name)


@pytest.mark.parametrize(("label", "asked"), QUESTIONS, ids=question_id)
def test_every_mistake_can_be_told_from_the_right_answer_somewhere(label: str, asked: Asked) -> None:
    told = set()
    for setting in SETTINGS.values():
        value = asked.value(given(setting))
        for hint, mistaken in made_by(asked.mistakes, given(setting)):
            read = asked.kind.read(plain(as_answer(asked, mistaken)), given(setting))
            told |= set() if asked.kind.agrees(read, value) else {hint}
    hidden = {each.hint for each in asked.mistakes} - told
    assert not hidden or asked.name in NEED_OTHER_SCORES, hidden


def hints_of(asked: Asked) -> Iterator[str]:
    yield asked.hint
    yield from (each.hint for each in asked.mistakes)


@pytest.mark.parametrize(("label", "asked"), QUESTIONS, ids=question_id)
def test_no_hint_says_a_number(label: str, asked: Asked) -> None:
    assert [hint for hint in hints_of(asked) if SAYS_A_NUMBER.search(hint)] == []


@pytest.mark.parametrize("population", SETTINGS)
@pytest.mark.parametrize(("label", "asked"), QUESTIONS, ids=question_id)
def test_no_hint_names_what_is_asked_for(label: str, asked: Asked, population: str) -> None:
    value = asked.value(given(SETTINGS[population]))
    names = {name.casefold() for name in value} if isinstance(asked.kind, (Name, Names)) else set()
    text = " ".join(hints_of(asked)).casefold()
    assert {name for name in names if name in text and asked.kind.noun != "rule"} == set()


def numbers_in(value: Any) -> list[float]:
    if isinstance(value, dict):
        return list(value.values())
    return list(value) if isinstance(value, list) else [value] if isinstance(value, int | float) else []


WILD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=20),
    st.lists(st.floats(), max_size=5),
    st.dictionaries(st.text(max_size=5), st.floats(), max_size=3),
    st.sets(st.integers(), max_size=3),
    st.lists(st.lists(st.integers(), max_size=2), max_size=2),
)
QUICK = [
    (label, each)
    for label, each in QUESTIONS
    if not label.startswith(("ex-claims", "ex-uncertainty-level", "ex-areas-line"))
]


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@drawn(data=st.data(), question=st.sampled_from(QUICK), answer=WILD)
def test_whatever_is_handed_over_the_hint_gives_no_number_near_the_answer(
    data: st.DataObject, question: tuple[str, Asked], answer: object
) -> None:
    label, asked = question
    setting = SETTINGS[data.draw(st.sampled_from(sorted(SETTINGS)))]
    verdict = judge_one(label, asked.name, answer, setting)
    assert verdict.passed or about(verdict, asked.name)
    expected = numbers_in(asked.value(given(setting)))
    kind = asked.kind.of if isinstance(asked.kind, Numbers) else asked.kind
    for written in re.findall(r"-?\d+(?:\.\d+)?", verdict.hint):
        assert not any(kind.agrees(float(written), value) for value in expected), verdict.hint


@pytest.mark.parametrize("asked", [each for _, each in QUESTIONS if isinstance(each.kind, Number)], ids=question_id)
def test_a_number_is_taken_within_its_tolerance_and_not_beyond(asked: Asked) -> None:
    value = asked.value(given(SETTINGS["chat"]))
    allowed = max(asked.kind.tolerance, asked.kind.relative * abs(value))
    assert asked.fault(value + 0.9 * allowed, value, given(SETTINGS["chat"])) == ""
    assert asked.fault(np.float64(value - 0.9 * allowed), value, given(SETTINGS["chat"])) == ""
    assert asked.fault(value + 1.1 * allowed, value, given(SETTINGS["chat"])) != ""


@pytest.mark.parametrize("asked", [each for _, each in QUESTIONS if isinstance(each.kind, Number)], ids=question_id)
def test_a_percentage_is_recognised(asked: Asked) -> None:
    value = asked.value(given(SETTINGS["chat"]))
    hint = asked.fault(100 * value, value, given(SETTINGS["chat"]))
    assert "percentage" in hint or any(
        asked.kind.agrees(100 * value, each) for _, each in made_by(asked.mistakes, given(SETTINGS["chat"]))
    )


def test_a_correlation_with_the_other_sign_is_recognised() -> None:
    for label, name in [("ex-capabilities-correlation-hand", "rho"), ("ex-robustness-pearson", "bend")]:
        value = answers_of(label, SETTINGS["chat"])[name]
        assert "sign" in about(judge_one(label, name, -value, SETTINGS["chat"]), name)


def test_signs_wrong_in_part_are_told_from_signs_wrong_throughout() -> None:
    medians = answers_of("ex-areas-median", SETTINGS["chat"])["medians"]
    some = {area: -value if place == 0 else value for place, (area, value) in enumerate(medians.items())}
    assert "not all signs" in about(judge_one("ex-areas-median", "medians", some, SETTINGS["chat"]), "medians")


@pytest.mark.parametrize("asked", [each for _, each in QUESTIONS if isinstance(each.kind, Count)], ids=question_id)
def test_a_count_beside_the_right_one_is_wrong(asked: Asked) -> None:
    value = asked.value(given(SETTINGS["chat"]))
    assert asked.fault(float(value), value, given(SETTINGS["chat"])) == ""
    assert asked.fault(value + 1, value, given(SETTINGS["chat"])) != ""
    assert asked.fault(value + 0.5, value, given(SETTINGS["chat"])) != ""


def test_names_are_taken_by_id_or_as_they_are_shown_in_any_order() -> None:
    table = given(SETTINGS["chat"]).table
    ids = answers_of("ex-capabilities-correlation-direction", SETTINGS["chat"])["flipped"]
    shown = [str(table.benchmarks.loc[name, "name"]).upper() for name in reversed(ids)]
    for answer in (ids, tuple(ids), set(ids), np.array(ids), pd.Series(ids), pd.Index(ids), shown):
        assert judge_one("ex-capabilities-correlation-direction", "flipped", answer, SETTINGS["chat"]).passed
    for wrong, said in (
        (ids[1:], "missing"),
        ([*ids, "mt_bench"], "does not belong"),
        (["nobody's"], "goes by that name"),
    ):
        assert said in judge_one("ex-capabilities-correlation-direction", "flipped", wrong, SETTINGS["chat"]).hint


def test_numbers_by_name_are_taken_as_series_dict_or_table_of_one_column() -> None:
    medians = answers_of("ex-areas-median", SETTINGS["chat"])["medians"]
    for answer in (medians, pd.Series(medians), pd.DataFrame({"median": medians}), dict(reversed(medians.items()))):
        assert judge_one("ex-areas-median", "medians", answer, SETTINGS["chat"]).passed
    short = dict(list(medians.items())[1:])
    assert "missing" in judge_one("ex-areas-median", "medians", short, SETTINGS["chat"]).hint
    assert not judge_one("ex-areas-median", "medians", list(medians.values()), SETTINGS["chat"]).passed


class Asking(BaseException):
    """Raised by an object that ought not to have been asked anything; no `except Exception` hides it."""


class Hostile:
    """Runs away, lies or raises whatever it is asked."""

    def refuse(self, *_: object, **__: object) -> Any:
        raise Asking("asked")

    __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = __hash__ = __bool__ = refuse  # type: ignore[assignment]
    __repr__ = __str__ = __format__ = __len__ = __iter__ = __getitem__ = __contains__ = refuse  # type: ignore[assignment]
    __float__ = __int__ = __index__ = __array__ = __getattr__ = __getattribute__ = refuse  # type: ignore[assignment]
    __abs__ = __neg__ = __sub__ = __rsub__ = __add__ = __mul__ = __truediv__ = __reduce__ = refuse  # type: ignore[assignment]


class HostileKind(type):
    """A type that is as bad as its objects."""

    def __eq__(cls, other: object) -> bool:
        raise Asking("asked")

    def __hash__(cls) -> int:
        raise Asking("asked")

    def __instancecheck__(cls, instance: object) -> bool:
        raise Asking("asked")

    @property
    def __name__(cls) -> str:
        raise Asking("asked")


class OfHostileKind(metaclass=HostileKind):
    """An object of such a type."""


class HostileList(list):  # type: ignore[type-arg]
    """A list that never ends."""

    def __iter__(self) -> Iterator[int]:
        while True:
            yield 0

    def __len__(self) -> int:
        return 1


class HostileFloat(float):
    """A number equal to all."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __sub__(self, other: object) -> float:
        return 0.0

    __rsub__ = __sub__


def endless() -> Iterator[int]:
    while True:
        yield 0


def array_of(thing: object) -> np.ndarray:
    found = np.empty(1, dtype=object)
    found[0] = thing
    return found


def bounded(*size: int, **options: Any) -> pd.DataFrame:
    """Made-up scores between 0 and 1."""
    return 1 / (1 + np.exp(-random_scores(*size, **options)))


ODD: dict[str, Callable[[], object]] = {
    "nothing": lambda: None,
    "not a number": lambda: math.nan,
    "infinite": lambda: -math.inf,
    "NumPy's not a number": lambda: np.float32("nan"),
    "missing": lambda: pd.NA,
    "no time": lambda: pd.NaT,
    "text": lambda: "0.8",
    "bytes": lambda: b"0.8",
    "complex": lambda: 0.8 + 0j,
    "NumPy's complex": lambda: np.complex128(0.8),
    "true": lambda: True,
    "enormous": lambda: 10**100_000,
    "long text": lambda: "x" * 10_000_000,
    "huge list": lambda: [0.8] * 5_000_000,
    "huge array": lambda: np.full((3000, 3000), 0.8),
    "huge row": lambda: np.full(10_000_000, 0.8),
    "huge series": lambda: pd.Series(np.full(5_000_000, 0.8)),
    "wide table": lambda: pd.DataFrame({"a": [1], "b": [2]}),
    "empty table": lambda: pd.DataFrame(),
    "two levels": lambda: pd.Series([1.0, 2.0], index=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])),
    "same label twice": lambda: pd.Series([1.0, 2.0], index=["a", "a"]),
    "times": lambda: pd.Series(pd.to_datetime(["2024-01-01"])),
    "objects": lambda: array_of(object.__new__(Hostile)),
    "masked": lambda: np.ma.masked_array([0.8], [True]),
    "record": lambda: np.array([(1, 2.0)], dtype=[("a", int), ("b", float)]),
    "empty list": list,
    "empty dict": dict,
    "deep": lambda: [[[[0.8]]]],
    "itself": lambda: (lambda found: found.append(found) or found)([]),
    "a dict of dicts": lambda: {"a": {"b": 1}},
    "a function": lambda: print,
    "a type": lambda: float,
    "a module": lambda: math,
    "endless": endless,
    "range": lambda: range(10**12),
    "hostile": lambda: object.__new__(Hostile),
    "of a hostile kind": OfHostileKind,
    "a hostile kind": lambda: OfHostileKind,
    "hostile in a list": lambda: [object.__new__(Hostile)],
    "hostile in a dict": lambda: {"a": object.__new__(Hostile)},
    "a hostile list": HostileList,
    "a hostile number": lambda: HostileFloat(0.8),
    "a placeholder": lambda: ...,
    "a check": lambda: check,
}


@pytest.mark.parametrize(
    "label",
    [
        "ex-capabilities-correlation-hand",
        "ex-areas-median",
        "ex-crisp-panel",
        "ex-crisp-heavy",
        "ex-capabilities-correlation-direction",
        "ex-safety-case-order",
    ],
)
@pytest.mark.parametrize("odd", ODD)
def test_odd_answers_get_a_hint_and_soon(label: str, odd: str) -> None:
    answer, name = ODD[odd](), CHECKS[label].asks[0]
    answers_of(label, SETTINGS["chat"])
    started = time.perf_counter()
    verdict = check(label, setting=SETTINGS["chat"], **{name: answer})
    assert time.perf_counter() - started < 2
    assert not verdict.passed and verdict.points == 0 and len(about(verdict, name)) < 400
    assert str(verdict) and verdict._repr_html_()


def test_reading_an_answer_never_calls_its_methods() -> None:
    for odd in (object.__new__(Hostile), OfHostileKind(), OfHostileKind, HostileList([1]), HostileFloat(1)):
        with pytest.raises(Odd):
            plain(odd)


def test_a_crash_in_reading_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(Number, "read", crash)
    verdict = check("ex-capabilities-correlation-hand", rho=0.6)
    assert not verdict.passed and "cannot be read" in verdict.hint


def test_what_is_not_asked_for_is_said_and_costs_no_point() -> None:
    verdict = check("ex-capabilities-correlation-hand", rho=0.6, other=1)
    assert (verdict.points, verdict.hint) == (1, STRANGER)


def test_an_unknown_label_is_said() -> None:
    for label in ("ex-capabilities-correlation-hnd", "", "x" * 100_000, None, 3, object.__new__(Hostile)):
        verdict = check(label, rho=1)  # type: ignore[arg-type]
        assert not verdict.passed and verdict.hint.startswith("No exercise")


def test_a_label_with_a_slip_is_recognised() -> None:
    assert "`ex-crisp-two`" in check("ex-crisp-tow", value=1).hint


def test_the_setting_is_read_from_the_variables_of_a_notebook() -> None:
    names = {
        "data": "somewhere",
        "population": "base",
        "index": ["a"],
        "line": 0.3,
        "held_out": ("b",),
        "seed": 7,
        "table": 1,
    }
    found = setting_of(names)
    assert (found.data, found.population, found.held_out, found.seed) == (Path("somewhere"), "base", ("b",), 7)
    assert (found.parameters.index, found.parameters.line) == (("a",), 0.3)


def test_a_variable_that_is_no_parameter_any_more_is_named() -> None:
    changed = {
        "population": None,
        "line": 2.0,
        "level": pd.Series([1]),
        "index": [1],
        "data": object.__new__(Hostile),
        "seed": True,
    }
    for name, value in changed.items():
        with pytest.raises(InputError):
            setting_of({"data": "data", name: value})
        verdict = check("ex-score-table-family", setting={"data": str(DATA), name: value}, families_left=9)
        assert not verdict.passed and name in verdict.hint


def test_a_folder_without_scores_is_said() -> None:
    verdict = check("ex-score-table-family", setting={"data": "/nowhere"}, families_left=9)
    assert not verdict.passed and not verdict.checkable and verdict.hint


def test_without_a_setting_the_nearest_folder_of_data_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(score_table(chat=bounded(12, 6)), tmp_path / "data")
    (tmp_path / "chapters" / "part").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "chapters" / "part")
    assert check("ex-score-table-family", families_left=6).passed


def test_without_any_scores_an_exercise_on_them_is_not_checkable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not check("ex-score-table-family", families_left=6).checkable
    assert check("ex-capabilities-correlation-hand", rho=0.6).passed


def test_the_answer_follows_the_scores_when_their_files_change(tmp_path: Path) -> None:
    for models in (12, 16):
        write(score_table(chat=bounded(models, 6)), tmp_path)
        assert check("ex-score-table-family", setting={"data": str(tmp_path)}, families_left=models // 2).passed


def test_a_held_out_benchmark_is_out_of_every_answer() -> None:
    whole, without = Given(SETTINGS["chat"]), Given(Setting(DATA, "chat", held_out=("mt_bench",)))
    assert "mt_bench" in set(whole.headline["benchmark"]) and "mt_bench" not in set(without.headline["benchmark"])
    answer = {"rhos": answers_of("ex-capabilities-correlation-all", SETTINGS["chat"])["rhos"]}
    assert not CHECKS["ex-capabilities-correlation-all"].judge(answer, without.setting).passed


def test_a_wrong_answer_is_told_what_the_notebook_has_set() -> None:
    assert Setting(DATA).changed() == ()
    names = {"data": str(DATA), "population": "base", "held_out": ["mt_bench"], "level": 0.8, "line": 0.4}
    hint = check("ex-score-table-family", setting=names, families_left=-1).hint
    assert hint.endswith("gives to population, level, held_out.")
    assert "Judged" not in check("ex-score-table-family", setting={"data": str(DATA)}, families_left=-1).hint


TABLES = {
    "one family": lambda: score_table(chat=bounded(2, 5)),
    "one model": lambda: score_table(chat=bounded(1, 5)),
    "no safety benchmark": lambda: score_table(index=5, chat=bounded(12, 5)),
    "no index": lambda: score_table(index=0, chat=bounded(12, 5)),
    "gaps": lambda: score_table(chat=bounded(14, 8, missing=0.2), base=bounded(9, 8, seed=2, missing=0.2)),
    "eight models": lambda: score_table(chat=bounded(8, 9)),
    "three populations": lambda: score_table(
        chat=bounded(9, 6), base=bounded(9, 6, seed=1), tiny=bounded(9, 6, seed=2)
    ),
    "constant": lambda: score_table(chat=bounded(9, 6) * 0),
    "negative": lambda: score_table(higher_is={"b4": "worse", "b5": "worse"}, chat=bounded(12, 6), base=bounded(8, 6)),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", TABLES)
def test_on_any_table_a_check_judges_or_says_that_it_cannot(name: str, tmp_path: Path) -> None:
    write(TABLES[name](), tmp_path)
    setting = Setting(tmp_path)
    for label in LABELS:
        verdict = CHECKS[label].judge(dict.fromkeys(CHECKS[label].asks, 0.123456), setting)
        assert verdict.hint and not verdict.passed, label
        if verdict.checkable:
            again = CHECKS[label].judge(answers_of(label, setting), setting)
            assert again.passed, (label, again)


def test_what_needs_compute_is_not_checkable_without(tmp_path: Path) -> None:
    table = score_table(chat=bounded(12, 6))
    table.models[["training_flop", "flop_as_released"]] = np.nan
    write(table, tmp_path)
    for label in ("ex-compute-log", "ex-compute-basis"):
        assert not CHECKS[label].judge({}, Setting(tmp_path)).checkable


def test_a_verdict_shows_text_and_escaped_html() -> None:
    verdict = Verdict(False, 1, "`rho`: <b> & so on.", 2)
    assert repr(verdict) == "Not yet: 1 of 2 points.\n`rho`: <b> & so on."
    assert (
        verdict._repr_html_()
        == "<p><strong>Not yet: 1 of 2 points.</strong></p><p><code>rho</code>: &lt;b&gt; &amp; so on.</p>"
    )
    assert repr(Verdict(True, 1)) == "Right: 1 of 1 point."
    assert repr(Verdict(False, 0, "No.", checkable=False)).startswith("Not checkable")


def test_nothing_right_is_said_of_scores_that_cannot_tell() -> None:
    with pytest.raises(NotCheckable):
        assert given(Setting()).table


def test_the_slip_free_steps_of_the_interval_give_the_package_s_interval() -> None:
    from analysis.course.checks_measurement import interval, interval_by_steps

    for setting in SETTINGS.values():
        assert interval_by_steps(given(setting)) == pytest.approx(interval(given(setting)), abs=1e-9)


def test_the_care_that_is_enough_halves_the_share() -> None:
    from analysis.course.checks_results import enough_care
    from analysis.progress import progress_shares

    for setting in SETTINGS.values():
        found = given(setting)
        shares = progress_shares(found.table, found.population, found.parameters, (1.0,), enough_care(found))
        assert shares.sort_values("correlation")["share"].iloc[-1] == pytest.approx(0.5, abs=1e-6)


def test_information_with_guessing_is_the_squared_slope_over_the_variance() -> None:
    from analysis.course.checks_theory import lower_end

    for chance in (0.0, 0.25):
        ability = lower_end(given(Setting()), chance)
        solved = chance + (1 - chance) / (1 + np.exp(-(ability + np.array([-1e-5, 0, 1e-5]))))
        slope = (solved[2] - solved[0]) / 2e-5
        assert slope**2 / (solved[1] * (1 - solved[1])) == pytest.approx(0.025, rel=1e-4)


def test_families_that_lean_agree_with_the_chapter_s_table() -> None:
    from analysis import robustness
    from analysis.course.checks_results import leaning_family
    from analysis.findings import robustness as words

    found = given(SETTINGS["chat"])
    headline = found.headline
    curve = robustness.specification_curve(
        found.table, found.parameters, words.subjects(headline, headline["benchmark"].iloc[0])
    )
    rows = words.family_rows(curve, headline, found.table, found.population, found.parameters)
    assert leaning_family(found) == {rows["furthest"].iloc[0]}


def test_the_rule_to_beat_has_the_chapter_s_error() -> None:
    from analysis.course.checks_results import mean_error
    from analysis.intuition import rule_scores

    for setting in SETTINGS.values():
        found = given(setting)
        rules = rule_scores(found.study).set_index("rule")
        assert mean_error(found) == pytest.approx(rules.loc["mean", "error"], abs=1e-12)


def test_checks_ask_each_question_by_another_name() -> None:
    for label in LABELS:
        assert len(set(CHECKS[label].asks)) == len(CHECKS[label].asked) == CHECKS[label].points
