"""The file of a sweep: every edition it asks for, under a name that can be read, or what is wrong with it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from analysis.parameters import Parameters
from analysis.problems import InputError
from analysis.release import NAME
from analysis.sweep_file import MOST_EDITIONS, Sweep, read_sweep
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def swept(tmp_path: Path) -> Callable[..., Sweep]:
    """Read a sweep from Python values or YAML text."""

    def read(content: object) -> Sweep:
        path = tmp_path / "try.yml"
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False))
        return read_sweep(path)

    return read


def grid(**keys: object) -> dict:
    return {"editions": {"grid": keys}}


def complaint(swept: Callable[..., Sweep], content: object) -> str:
    with pytest.raises(InputError) as caught:
        swept(content)
    lines = str(caught.value).splitlines()
    assert all("try.yml" in line for line in lines)
    return str(caught.value)


def test_a_grid_makes_every_combination_once(swept):
    keys = {"population": ["base", "chat"], "component": ["spearman", "pearson"], "line": [0.3, 0.4, 0.5]}
    found = swept(grid(**keys))
    asked = [(each.parameters.population, each.parameters.component, each.parameters.line) for each in found.editions]
    assert asked == list(itertools.product(*keys.values()))
    assert found.varying == tuple(keys) and found.results_only


def test_what_is_not_given_is_at_its_default(swept):
    (only,) = swept(grid(component="pearson")).editions
    assert only.parameters == Parameters(component="pearson")
    assert set(only.files.values()) == {None}
    assert only.name == "edition"


def test_names_say_what_varies_and_nothing_else(swept):
    found = swept(grid(population=["base", "chat"], component=["pearson"], line=[0.3, 0.4]))
    assert [each.name for each in found.editions] == [
        "base-line-0-3",
        "base-line-0-4",
        "chat-line-0-3",
        "chat-line-0-4",
    ]
    assert found.editions[0].options == {"population": "base", "line": "0.3"}


def test_a_value_can_be_given_a_label(swept):
    found = swept(grid(index={"all of them": [], "knowledge": ["mmlu", "medqa"]}))
    assert [each.name for each in found.editions] == ["all-of-them", "knowledge"]
    assert [each.parameters.index for each in found.editions] == [(), ("mmlu", "medqa")]
    assert found.editions[0].options == {"index": "all of them"}


def test_index_sets_without_labels_are_named_by_what_is_in_them(swept):
    found = swept(grid(index=[[], ["a", "b"], ["a_long_name", "another_long_name", "c"]]))
    assert [each.name for each in found.editions] == ["default", "a-b", "a_long_name-and-2-more"]


def test_paths_are_relative_to_the_file_and_named_by_their_stem(tmp_path, swept):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "later scores.csv").write_text("model,benchmark,score\n")
    found = swept(grid(scores=["default", "tables/later scores.csv"]))
    assert [each.name for each in found.editions] == ["default", "later-scores"]
    assert found.editions[1].files["scores"] == tmp_path / "tables" / "later scores.csv"


def test_a_list_takes_editions_as_they_are_with_their_own_names(swept):
    entries = [{"name": "mine", "population": "base"}, {"component": "pearson"}, {}]
    found = swept({"editions": {"list": entries}, "results_only": False})
    assert [each.name for each in found.editions] == ["mine", "auto-pearson", "auto-spearman"]
    assert not found.results_only and set(found.varying) == {"population", "component"}


def test_a_template_makes_the_names(swept):
    found = swept({**grid(population=["base", "chat"], seed=[1, 2]), "names": "{seed}_{population}-{component}"})
    assert [each.name for each in found.editions] == [
        "1_base-spearman",
        "2_base-spearman",
        "1_chat-spearman",
        "2_chat-spearman",
    ]


def test_tables_of_one_name_in_two_folders_are_told_apart(tmp_path, swept):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "scores.csv").write_text("model,benchmark,score\n")
    found = swept(grid(scores=["a/scores.csv", "b/scores.csv"]))
    assert len({each.name for each in found.editions}) == len({each.options["scores"] for each in found.editions}) == 2


# YAML itself takes some control characters for line ends.
TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).filter(str.strip)


@given(st.lists(TEXT, min_size=1, max_size=6, unique=True), st.integers(1, 3))
def test_every_edition_has_a_safe_name_of_its_own_whatever_the_values(tmp_path_factory, names, seeds):
    path = tmp_path_factory.mktemp("sweep") / "x.yml"
    path.write_text(yaml.safe_dump(grid(population=names, seed=list(range(seeds)))))
    found = read_sweep(path)
    made = [each.name for each in found.editions]
    assert len({name.casefold() for name in made}) == len(made) == len(names) * seeds
    assert all(NAME.fullmatch(name) for name in made)
    assert [each.parameters.population for each in found.editions[::seeds]] == names


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no keys"),
        ("- 1", "holds no keys"),
        ("editions: [", "cannot be read as YAML"),
        ("editions:\n  grid:\n    seed: [1]\n    seed: [2]", "'seed' comes twice"),
        ({}, "neither a grid nor a list"),
        ({"editions": {"grid": {"seed": 1}, "list": []}}, "neither a grid nor a list"),
        ({"editions": {"grid": []}}, "holds no keys"),
        ({"editions": {"list": []}}, "not a list of editions"),
        ({"editions": {"list": ["base"]}}, "edition 1 holds no keys"),
        ({**grid(seed=1), "result_only": True}, "no key 'result_only'"),
        ({**grid(seed=1), "results_only": "yes"}, "write true or false"),
        (grid(colour=["red"]), "editions.grid.colour: there is nothing of this name"),
        (grid(data=["x"]), "editions.grid.data: there is nothing of this name"),
        (grid(previous=["x"]), "editions.grid.previous: there is nothing of this name"),
        (
            grid(component=["spearman", "kendall"]),
            "parameter component must be one of 'spearman', 'pearson', not 'kendall'",
        ),
        (grid(line=["0.4"]), "parameter line must be a number"),
        (grid(line=[0.4, 1.5]), "above 0 and below 1"),
        (grid(population=[False]), "parameter population must be text"),
        (grid(index=["mmlu", "medqa"]), "parameter index must be a list of names"),
        (grid(population=[{"base": 1}]), "parameter population must be text"),
        (grid(population=[]), "has no value"),
        (grid(population=["base", "base"]), "'base' twice"),
        (grid(scores=["nowhere.csv"]), "there is no file 'nowhere.csv'"),
        (grid(scores=[1]), "'1' is no path"),
        (grid(name=["x"]), "nothing of this name"),
        ({"editions": {"list": [{"seed": 1}, {"seed": 1}]}}, "editions 1 and 2 are the same"),
        (
            {"editions": {"list": [{"seed": 1, "name": "a"}, {"seed": 2, "name": "A"}]}},
            "several editions have the name",
        ),
        ({"editions": {"list": [{"name": "../up"}]}}, "cannot be the name of an edition"),
        ({**grid(seed=[1, 2]), "names": "{population}"}, "several editions have the name"),
        ({**grid(seed=[1, 2]), "names": "{colour}"}, "'colour' in braces"),
        ({**grid(seed=[1, 2]), "names": "{seed.real}"}, "'seed.real' in braces"),
        ({**grid(seed=[1, 2]), "names": "{seed:{population}}"}, "in braces"),
        ({**grid(seed=[1, 2]), "names": "{seed"}, "cannot be read"),
        ({**grid(seed=[1, 2]), "names": "/{seed}"}, "cannot be the name of an edition"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_that_names_the_file_and_the_key(swept, content, said):
    assert said in complaint(swept, content)


def test_everything_wrong_with_a_grid_is_said_at_once(swept):
    said = complaint(swept, grid(component=["kendall"], line=[2], colour=[1]))
    assert len(said.splitlines()) == 3


def test_a_grid_too_large_is_refused_with_its_size_and_before_it_is_made(swept):
    said = complaint(swept, grid(seed=list(range(1000)), resamples=list(range(100, 1100)), budget=list(range(1, 101))))
    assert "100,000,000 editions" in said and f"{MOST_EDITIONS:,}" in said


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_sweep(tmp_path / "none.yml")
