"""The instructor's key: each thing is computed once, on several processors, and somebody is told of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from analysis.course.bundle import computed
from analysis.course.checks import CHECKS
from analysis.course.key import COLUMNS, answers, key_calls, key_table
from analysis.course.variants import Variant
from analysis.executor import LocalExecutor
from analysis.parameters import Parameters

ROOT = Path(__file__).parents[2]
QUICK = ["ex-areas-median", "ex-crisp-two"]
ONE, OTHER = Variant("chat", ("bbq_ambig",), 1), Variant("base", ("bbq_ambig",), 3)
CLASS = {"ann": ONE, "ben": Variant("chat", ("bbq_ambig",), 2), "cem": OTHER}


class Told:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.count, self.steps = 0, []

    def expect(self, count: int) -> None:
        self.count += count

    def step(self, name: str, note: str) -> None:
        self.steps.append(name)


def test_students_with_the_same_population_and_benchmark_share_one_computation() -> None:
    calls = key_calls(QUICK, CLASS, ROOT / "data", Parameters())
    assert [call.name for call in calls] == ["key: base without bbq_ambig", "key: chat without bbq_ambig"]
    assert [call.name for call in key_calls(QUICK, {"": None}, ROOT / "data", Parameters())] == ["key"]


def test_the_key_is_computed_by_an_executor_and_every_step_is_told() -> None:
    about = CLASS, ROOT / "data", Parameters()
    calls, told = key_calls(QUICK, *about), Told()
    with LocalExecutor(workers=2) as executor:
        found = computed(calls, executor, told)
    assert told.count == 2 and sorted(told.steps) == [call.name for call in calls]
    table = key_table(found, *about)
    assert list(table.columns) == list(COLUMNS) and table["student"].tolist() == ["ann"] * 2 + ["ben"] * 2 + ["cem"] * 2
    wide = table.pivot(index="student", columns="exercise", values="expected")["ex-areas-median"]
    assert wide["ann"] == wide["ben"] != wide["cem"]
    assert table.groupby("student")["seed"].first().tolist() == [1, 2, 3]


@pytest.mark.slow
def test_no_answer_depends_on_the_seed() -> None:
    labels = sorted(CHECKS)
    (first,), (second,) = (
        key_calls(labels, {"ann": Variant("chat", ("bbq_ambig",), seed)}, ROOT / "data", Parameters()) for seed in (1, 77)
    )
    assert first.argument.variant.seed != second.argument.variant.seed
    assert answers(first.argument) == answers(second.argument)
