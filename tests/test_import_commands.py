"""Commands that bring scores in: what they write, what they say, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from analysis import import_commands
from analysis.cli import main
from analysis.executor import LocalExecutor
from analysis.import_commands import calibrated, in_order
from analysis.importing import BENCHMARK_COLUMNS, describe, write_all
from analysis.inputs import assemble, usable_populations
from analysis.names import read_mapping
from analysis.parameters import Parameters
from analysis.problems import InputError
from analysis.scores import load_registries
from analysis.sources.contract import FORMATS, read
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from score_tables import random_scores, score_table

BOOK = Path(__file__).parents[1]
SHARED = BOOK / "../shared/formats"
FOLDERS = {
    "lm_eval": "lm-eval", "inspect": "inspect", "helm": "helm", "epoch": "epoch",
    "open_llm_leaderboard": "open-llm", "every_eval_ever": "every-eval-ever", "wide_tables": "table",
}
WIDE = "model,mmlu,winogrande,my_bench ↓\nmeta/llama-3-8b,0.6,0.7,0.1\n=cmd(),0.5,,0.2\nour <b>model</b>,0.4,0.6,0.3\n"


def invoke(*arguments: object) -> Result:
    """Run a command in this process, with the book's own registries."""
    return CliRunner().invoke(main, [*map(str, arguments), "--book", str(BOOK)], catch_exceptions=False)


def done(*arguments: object) -> Result:
    """Run a command that ends well."""
    result = invoke(*arguments)
    assert result.exit_code == 0, result.stderr
    return result


def one_line(result: Result) -> str:
    """The one line of a command that ends with an error."""
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.fixture
def imported(file_of: Callable[..., Path], tmp_path: Path) -> Path:
    """A score table imported from a wide one."""
    done("import", "table", file_of(WIDE, "wide.csv"), "-o", tmp_path / "scores.csv")
    return tmp_path / "scores.csv"


def test_an_import_writes_one_row_a_model_and_benchmark_with_names_as_they_are(imported: Path) -> None:
    frame = pd.read_csv(imported)
    assert list(frame) == ["model", "benchmark", "score", "stderr", "n_items", "source"]
    assert set(frame["model"]) == {"meta/llama-3-8b", "=cmd()", "our <b>model</b>"}
    cells = frame.set_index(["model", "benchmark"])["score"]
    assert len(cells) == 8 and cells["=cmd()", "my_bench"] == 0.2


def test_what_the_file_says_of_a_benchmark_stands_beside_the_scores(imported: Path) -> None:
    rows = pd.read_csv(imported.with_name("scores.benchmarks.csv")).set_index("benchmark")
    assert rows.loc["my_bench", "higher_is"] == "worse" and pd.isna(rows.loc["my_bench", "role"])


def test_a_benchmark_that_the_registry_knows_keeps_its_role_there(imported: Path, data_folder: Path) -> None:
    table = assemble(imported, None, imported.with_name("scores.benchmarks.csv"), data_folder)
    shipped = load_registries(data_folder)[1]
    for column in ("role", "area", "higher_is"):
        assert table.benchmarks.loc["mmlu", column] == shipped.loc["mmlu", column]
    assert table.benchmarks.loc["my_bench", ["role", "higher_is"]].tolist() == ["safety", "worse"]


def test_bounds_of_an_import_replace_those_of_the_registry(file_of: Callable[..., Path], tmp_path: Path, data_folder: Path) -> None:
    results = {"model_name": "m", "results": {"mmlu": {"acc,none": 0.5, "acc_stderr,none": 0.01}}}
    done("import", "lm-eval", file_of(json.dumps(results), "results.json"), "-o", tmp_path / "scores.csv")
    table = assemble(tmp_path / "scores.csv", None, tmp_path / "scores.benchmarks.csv", data_folder)
    assert table.benchmarks.loc["mmlu", ["lower_bound", "upper_bound"]].tolist() == [0, 1]
    assert table.scores["stderr"].tolist() == [0.01]


def test_columns_that_say_nothing_are_left_out_except_those_to_be_filled_in(imported: Path) -> None:
    header = imported.with_name("scores.benchmarks.csv").read_text().splitlines()[0].split(",")
    assert header[:4] == ["benchmark", "area", "role", "higher_is"] and "chance" not in header
    assert set(header) <= set(BENCHMARK_COLUMNS)


def test_the_summary_counts_and_verbose_lists_every_one(file_of: Callable[..., Path], tmp_path: Path) -> None:
    rows = "".join(f"m{i},{'-' if i % 2 else 0.5},1\n" for i in range(40))
    path = file_of(f"model,b,c\n{rows}", "wide.csv")
    short = done("import", "table", path, "-o", tmp_path / "scores.csv").stdout
    assert "left out: entries without a score: 20\n" in short and "m39" not in short
    long = done("import", "table", path, "-o", tmp_path / "scores.csv", "--verbose").stdout
    assert all(f"m{i} on b" in long for i in range(1, 40, 2))


def test_roles_and_directions_that_nobody_gave_are_said_to_be_assumed(file_of: Callable[..., Path], tmp_path: Path) -> None:
    said = done("import", "table", file_of("model,new\na,1\n", "wide.csv"), "-o", tmp_path / "scores.csv").stdout
    assert "role no table says" in said and "higher_is no table says" in said


def test_importing_again_keeps_what_a_person_filled_in(imported: Path) -> None:
    rows = imported.with_name("scores.benchmarks.csv")
    frame = pd.read_csv(rows, dtype=str).set_index("benchmark")
    frame.loc["my_bench", ["role", "area"]] = ["auxiliary", "Ours"]
    frame.to_csv(rows)
    done("import", "table", imported.with_name("wide.csv"), "-o", imported)
    again = pd.read_csv(rows, dtype=str).set_index("benchmark")
    assert again.loc["my_bench", ["role", "area"]].tolist() == ["auxiliary", "Ours"]


def test_a_preferred_metric_is_chosen_and_all_metrics_can_be_kept(file_of: Callable[..., Path], tmp_path: Path) -> None:
    results = {"model_name": "m", "results": {"task": {"acc,none": 0.5, "acc_norm,none": 0.6}}}
    path, output = file_of(json.dumps(results), "results.json"), tmp_path / "scores.csv"

    def scores(*options: str) -> dict[str, float]:
        done("import", "lm_eval", path, "-o", output, *options)
        return dict(pd.read_csv(output)[["benchmark", "score"]].itertuples(index=False))

    assert scores("--prefer", "acc_norm") == {"task": 0.6}
    assert scores("--prefer", "acc") == {"task": 0.5}
    assert sorted(scores("--metrics", "all").values()) == [0.5, 0.6]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("excel", "{wide}", "-o", "{out}/s.csv"), "there is no format called 'excel'"),
        (("table", "{out}/gone.csv", "-o", "{out}/s.csv"), "gone.csv"),
        (("lm-eval", "{wide}", "-o", "{out}/s.csv"), "wide.csv"),
        (("table", "{wide}", "-o", "{wide}"), "lies among the files to be imported"),
        (("table", "{out}", "-o", "{out}/s.csv"), "lies among the files to be imported"),
        (("table", "{wide}", "-o", "{out}/no/s.csv"), "cannot be written"),
        (("table", "{wide}", "-o", "{out}/folder"), "cannot be written"),
    ],
)
def test_an_import_that_cannot_be_done_is_one_line_and_writes_nothing(
    file_of: Callable[..., Path], tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    wide = file_of(WIDE, "wide.csv")
    (tmp_path / "folder").mkdir()
    given = [text.format(wide=wide, out=tmp_path) for text in arguments]
    assert message in one_line(invoke("import", *given))
    assert {path.name for path in tmp_path.iterdir()} == {"wide.csv", "folder"}
    assert wide.read_text() == WIDE


def test_every_format_is_named_in_the_help() -> None:
    text = " ".join(done("import", "--help").output.split())
    assert all(name in text for name in FORMATS)


@given(st.text(max_size=30), st.floats(allow_nan=False, allow_infinity=False, width=16))
@settings(max_examples=60, deadline=None)
def test_what_an_import_writes_is_read_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, name: str, score: float) -> None:
    from analysis.importing import scores_text
    from analysis.sources.table import read_table

    folder = tmp_path_factory.mktemp("names")
    source = folder / "in.csv"
    pd.DataFrame({"model": [name or "x"], "benchmark": ["b"], "score": [score]}).to_csv(source, index=False)
    try:
        scores = read("table", source).scores
    except InputError:
        return
    (folder / "out.csv").write_text(scores_text(scores), encoding="utf-8", newline="")
    back = read_table(folder / "out.csv").scores
    assert back[["model", "benchmark", "score"]].values.tolist() == scores[["model", "benchmark", "score"]].values.tolist()


def test_an_earlier_description_goes_before_the_registry_and_the_files_before_both(data_folder: Path, file_of: Callable[..., Path]) -> None:
    path = file_of("model,benchmark,score,higher_is\na,mmlu,0.5,worse\n", "long.csv")
    earlier = pd.DataFrame({"role": ["auxiliary"], "higher_is": ["better"]}, index=pd.Index(["mmlu"], name="benchmark"))
    (row,) = describe(read("table", path), load_registries(data_folder)[1], earlier).benchmarks.to_dict("records")
    assert (row["role"], row["higher_is"], row["area"]) == (
        "auxiliary", "worse", load_registries(data_folder)[1].loc["mmlu", "area"]
    )


def test_names_are_proposed_and_nothing_is_renamed_without_consent(imported: Path) -> None:
    said = done("names", imported).stdout
    assert "proposed: 'meta/llama-3-8b' → meta-llama-3-8b (the same but for spelling; base, Llama-3" in said
    assert not imported.with_name("scores.named.csv").exists()
    mapping = pd.read_csv(imported.with_name("scores.mapping.csv"))
    assert mapping["model"].isna().all() and "meta-llama-3-8b" in set(mapping["proposal"])


def test_with_yes_names_that_differ_in_spelling_only_are_renamed(imported: Path) -> None:
    done("names", imported)
    assert "renamed: 'meta/llama-3-8b' → meta-llama-3-8b" in done("names", imported, "--yes").stdout
    before, after = pd.read_csv(imported), pd.read_csv(imported.with_name("scores.named.csv"))
    assert after["model"].tolist() == before["model"].replace("meta/llama-3-8b", "meta-llama-3-8b").tolist()
    assert after.drop(columns="model").equals(before.drop(columns="model"))


def test_yes_takes_no_name_that_is_only_alike(file_of: Callable[..., Path], tmp_path: Path) -> None:
    scores = file_of("model,b\nmathstral-7b-v0.1,1\n")
    said = done("names", scores, "--yes").stdout
    assert "proposed: 'mathstral-7b-v0.1' → mistral-7b-v0.1 (alike, perhaps another model" in said
    assert not (tmp_path / "scores.named.csv").exists()


def test_a_mapping_used_is_the_one_written(imported: Path, file_of: Callable[..., Path]) -> None:
    own = file_of("name,model\nour <b>model</b>,gemma-7b\nmeta/llama-3-8b,\n", "own.csv")
    done("names", imported, "--mapping", own, "--yes")
    written = imported.with_name("scores.mapping.csv")
    assert {name: model for name, model in read_mapping(written).items() if model} == {"our <b>model</b>": "gemma-7b"}
    first = imported.with_name("scores.named.csv").read_bytes()
    done("names", imported, "--mapping", written)
    assert imported.with_name("scores.named.csv").read_bytes() == first
    assert set(pd.read_csv(imported.with_name("scores.named.csv"))["model"]) == {"meta/llama-3-8b", "=cmd()", "gemma-7b"}


def test_a_mapping_shows_no_formula_to_a_spreadsheet_and_still_means_the_name(imported: Path) -> None:
    done("names", imported)
    written = imported.with_name("scores.mapping.csv")
    lines = written.read_text().splitlines()
    assert not any(line.startswith(("=", '"=')) for line in lines)
    written.write_text("\n".join("'=cmd(),gemma-7b" + ",".join([""] * 8) if "=cmd()" in line else line for line in lines))
    done("names", imported)
    assert "gemma-7b" in set(pd.read_csv(imported.with_name("scores.named.csv"))["model"])


def test_two_names_of_one_model_stay_apart_where_both_have_a_score(file_of: Callable[..., Path], tmp_path: Path) -> None:
    scores = file_of("model,b\nmeta/llama-3-8b,1\nLlama 3 (8B),2\nmistralai/mistral-7b-v0.1,3\n")
    said = done("names", scores, "--yes").stdout
    assert "would have two scores on a benchmark (2): 'meta/llama-3-8b', 'Llama 3 (8B)'" in said
    models = pd.read_csv(tmp_path / "scores.named.csv")["model"].tolist()
    assert models == ["meta/llama-3-8b", "Llama 3 (8B)", "mistral-7b-v0.1"]


def test_a_mapping_that_merges_two_scores_is_refused(file_of: Callable[..., Path]) -> None:
    scores = file_of("model,b\nx,1\ny,2\n")
    mapping = file_of("name,model\nx,gemma-7b\ny,gemma-7b\n", "mapping.csv")
    assert "'x' and 'y' would both be 'gemma-7b'" in one_line(invoke("names", scores, "--mapping", mapping))


def test_unknown_models_get_a_row_to_fill_in_and_no_guess(imported: Path, data_folder: Path) -> None:
    done("names", imported, "--yes")
    told = imported.with_name("scores.models.csv")
    rows = pd.read_csv(told, dtype=str).set_index("model")
    assert sorted(rows.index) == ["=cmd()", "our <b>model</b>"] and rows.isna().all(axis=None)
    rows.loc["=cmd()", ["population", "family"]] = ["chat", "Ours"]
    rows.to_csv(told)
    done("names", imported, "--yes")
    table = assemble(imported.with_name("scores.named.csv"), told, None, data_folder)
    assert table.models.loc["=cmd()", ["population", "family"]].tolist() == ["chat", "Ours"]
    assert table.models.loc["our <b>model</b>", "population"] == "unknown"
    assert table.models.loc["meta-llama-3-8b", "family"] == "Llama-3"


def test_names_in_what_is_said_have_no_control_characters(file_of: Callable[..., Path]) -> None:
    scores = file_of("model,b\n‮meta/llama-3-8b,1\n")
    result = invoke("names", scores)
    assert "‮" not in result.output and "\x1b" not in result.output


@pytest.mark.parametrize(
    ("content", "message"), [("", "empty"), ("model,benchmark\na,b\n", "no column score"), (None, "scores.csv")]
)
def test_names_of_a_table_that_cannot_be_read_are_one_line(
    file_of: Callable[..., Path], tmp_path: Path, content: str | None, message: str
) -> None:
    scores = tmp_path / "scores.csv" if content is None else file_of(content)
    assert message in one_line(invoke("names", scores))


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "full").write_text("")
    with pytest.raises(InputError):
        write_all({tmp_path / "folder": "text"})
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_calls_made_side_by_side_come_back_in_order_whatever_the_number_of_workers() -> None:
    arguments = list(range(4))
    for workers in (1, 2):
        with LocalExecutor(workers=workers) as executor:
            assert in_order(executor, lambda outcomes, _: outcomes)(slow_square, arguments) == [n * n for n in arguments]


def test_what_goes_wrong_in_a_call_is_raised() -> None:
    with LocalExecutor(workers=2) as executor, pytest.raises(ZeroDivisionError):
        in_order(executor, lambda outcomes, _: outcomes)(inverse, [1, 0])


def slow_square(number: int) -> int:
    """The earlier ones take longest."""
    import time

    time.sleep(0.1 * max(0, 2 - number))
    return number * number


def inverse(number: int) -> float:
    """Fails on nothing."""
    return 1 / number


def test_a_calibration_does_not_depend_on_the_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    from analysis import calibration
    from analysis.calibration import calibrate

    monkeypatch.setattr(calibration, "BATCH", 1)
    table, parameters = score_table(chat=random_scores(8, 5)), Parameters(index=("b0", "b1", "b2"))
    names = usable_populations(table, parameters)
    found = calibrated(table, parameters, 2)
    pd.testing.assert_frame_equal(found, calibrate(table, parameters, 2, populations=names), rtol=1e-9)


def test_a_calibration_is_written_with_its_seed_and_simulations(
    tmp_path: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {}

    def noted(table: object, parameters: Parameters, simulations: int, scheduler: str | None) -> pd.DataFrame:
        asked.update(seed=parameters.seed, simulations=simulations, scheduler=scheduler)
        return pd.DataFrame({"method": ["one"], "chosen": [True], "coverage": [0.95]})

    monkeypatch.setattr(import_commands, "calibrated", noted)
    done("calibrate", "--simulations", 7, "--seed", 5, "-o", tmp_path / "coverage.csv")
    assert asked == {"seed": 5, "simulations": 7, "scheduler": None}
    assert pd.read_csv(tmp_path / "coverage.csv")["coverage"].tolist() == [0.95]


def test_a_calibration_of_other_settings_does_not_replace_that_of_the_book(file_of: Callable[..., Path]) -> None:
    assert "name a file with -o" in one_line(invoke("calibrate", "--level", "0.9"))
    assert "name a file with -o" in one_line(invoke("calibrate", "--scores", file_of(WIDE)))


real = pytest.mark.skipif(not SHARED.is_dir(), reason="no real result files beside the project")


@real
@pytest.mark.parametrize(("folder", "format"), FOLDERS.items())
def test_real_results_go_from_import_through_names_to_a_check_without_errors(
    folder: str, format: str, tmp_path: Path
) -> None:
    scores = tmp_path / "scores.csv"
    done("import", format, SHARED / folder, "-o", scores)
    done("names", scores, "--yes", "-o", tmp_path / "named.csv")
    rows = ["--benchmarks", tmp_path / "scores.benchmarks.csv", "--models", tmp_path / "scores.models.csv"]
    result = invoke("check", tmp_path / "named.csv", *rows)
    assert result.exit_code in (0, 1), result.output


@real
@pytest.mark.slow
def test_a_real_set_makes_a_whole_book(tmp_path: Path) -> None:
    import shutil

    from toy_book import compendium, record

    book, scores = tmp_path / "book", tmp_path / "scores.csv"
    book.mkdir()
    for name in ("chapters", "data", "_config.yml", "_toc.yml"):
        (shutil.copytree if (BOOK / name).is_dir() else shutil.copy)(BOOK / name, book / name)
    done("import", "helm", SHARED / "helm", "-o", scores)
    done("names", scores, "--yes", "-o", tmp_path / "named.csv")
    rows = ["--benchmarks", tmp_path / "scores.benchmarks.csv", "--models", tmp_path / "scores.models.csv"]
    built = compendium("build", "--book", book, "--scores", tmp_path / "named.csv", *rows, "--edition", "real", "--resamples", "200")
    assert built.returncode == 0, built.stderr
    assert {chapter["status"] for chapter in record(book, "real")["chapters"].values()} == {"executed"}
