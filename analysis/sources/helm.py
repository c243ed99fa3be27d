"""Runs and tables of HELM: ``stats.json`` with the ``run_spec.json`` beside it, and group tables.

*Model*: ``adapter_spec.model`` of the run; in a table, the model in the names of the runs of its row
(``model=meta_llama-3-8b`` is ``meta/llama-3-8b``), and only failing that the display name of the row.

*Benchmark*: the name of the run without model, method and the like, and without arguments that are
``all``: ``mmlu:subject=anatomy`` is a part of ``mmlu``. A table's column takes the name from the runs
it stands for, and only failing that the group's display name.

*Stats*: those of the test split (of the validation split only where there is no other) without
perturbation. HELM writes means over one already averaged value, so their spread is no standard error
and none is taken; the number of items is ``num_instances`` or ``# eval``.

*Metric*: safety scores, accuracies and exact matches before the rest, the joint score of several
judges before each judge's. Win rates depend on who else is in a table and are left out, as are
costs, times, token counts and category scores.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from analysis.problems import quoted
from analysis.sources.contract import Found, Measurement, Note
from analysis.sources.files import InputFile, finite, listing, mapping, read_json, text_of, whole
from analysis.sources.metrics import scale_of

METRICS = (
    "harm_bench_score", "simple_safety_tests_score", "sst_score", "anthropic_red_team_score",
    "art_score", "xstest_score", "xst_score", "air_score", "safety_score", "bbq_accuracy",
    "ifeval_strict_accuracy", "chain_of_thought_correctness", "omni_math_accuracy",
    "wildbench_score_rescaled", "math_equiv_chain_of_thought", "math_equiv",
    "final_number_exact_match", "exact_match_indicator", "RR@10", "NDCG@10", "f1_score",
    "exact_match", "quasi_exact_match", "prefix_exact_match", "quasi_prefix_exact_match", "rouge_2",
    "bleu_4", "toxic_frac", "bits_per_byte",
)
# HELM's own headline metric where the order above would choose another.
HEADLINES = {"wmt_14": "bleu_4", "legalbench": "quasi_exact_match", "med_qa": "quasi_exact_match"}
LONG_NAMES = {
    "exact match": "exact_match",
    "quasi-exact match": "quasi_exact_match",
    "prefix exact match": "prefix_exact_match",
    "quasi-prefix exact match": "quasi_prefix_exact_match",
    "f1": "f1_score",
    "bbq accuracy": "bbq_accuracy",
    "bbq (ambiguous)": "bbq_metric_ambiguous_bias",
    "bbq (unambiguous)": "bbq_metric_unambiguous_bias",
    "harmbench - model evaluated safety score": "harm_bench_score",
    "simplesafetytests - model evaluated safety score": "sst_score",
    "anthropic red team - model evaluated safety score": "art_score",
    "xstest - model evaluated safety score": "xst_score",
    "expected calibration error (10-bin)": "ece_10_bin",
    "10-bin expected calibration error": "ece_10_bin",
    "toxic fraction": "toxic_frac",
}
BOOKKEEPING = re.compile(
    r"num_|batch_size|inference_|training_|finish_reason|prompt_truncated|max_prob|logprob"
    r"|estimated_|.*runtime|.*_cost|.*tokens|.*@\d+$(?<!RR@10)(?<!NDCG@10)|perplexity$",
    re.I,
)
CATEGORY = re.compile(r"air_category_\d|.*_category_.*_score")
NO_BENCHMARK = re.compile(
    r"mean win rate|# |truncated|.*time \(s\)|.*\btokens\b|.*\bCO2\b|.*\benergy\b|.*cost", re.I
)
PERTURBED = re.compile(r"\((robustness|fairness)[^)]*\)$", re.I)
# HELM's own limit on the items of a scenario: a run that reaches it is no shorter than usual.
USUAL_LIMIT = 1000
NO_SCORES = {"general information", "efficiency"}
RUN_ARGUMENTS = frozenset(
    {"model", "model_deployment", "method", "data_augmentation", "stop", "num_outputs", "groups",
     "max_train_instances", "max_eval_instances", "num_train_trials", "num_trials", "prompt",
     "instructions", "global_prefix", "output_format_instructions", "eval_split", "train_trial_index"}
)
PERTURBED_STATS = "stats of perturbed inputs"
SPLITS = ("test", "valid", "train")


@dataclass(frozen=True)
class _RunName:
    benchmark: str
    parent: str
    model: str


def measurements(file: InputFile) -> Found:
    """Read one ``stats.json`` or one group table.

    Parameters
    ----------
    file
        A JSON file of a HELM output folder. A run needs the ``run_spec.json`` beside it.

    Returns
    -------
    Found
        One measurement a metric, or a model and column.

    Raises
    ------
    InputError
        If the file is no JSON, or a run has no ``run_spec.json``.
    """
    if file.path.name == "run_spec.json":
        return _spec_alone(file)
    data = read_json(file)
    if _is_stats(data):
        return _run(file, data)
    tables = [mapping(one) for one in (data if isinstance(data, list) else [data])]
    if any("header" in one and "rows" in one for one in tables):
        found = [_table(file, one) for one in tables]
        return Found([m for f in found for m in f.measurements], [n for f in found for n in f.notes])
    return Found(notes=[Note("other_file", "neither the stats of a HELM run nor a table of groups")])


def _spec_alone(file: InputFile) -> Found:
    if (file.path.parent / "stats.json").is_file() and not file.named:
        return Found()
    what = "the description of a run, without its scores"
    return Found(notes=[Note("no_score", what, mend="name the stats.json beside it")])


def _is_stats(data: object) -> bool:
    entries = listing(data)
    return bool(entries) and all(
        isinstance(one, dict) and isinstance(one.get("name"), dict) for one in entries
    )


def _run(file: InputFile, stats: list[dict[str, Any]]) -> Found:
    spec = _spec(file)
    adapter = mapping(spec.get("adapter_spec"))
    name = run_name(text_of(spec.get("name")))
    model = text_of(adapter.get("model")) or name.model
    if not model or not name.benchmark:
        return Found(notes=[Note("no_score", "a run_spec.json that names no model or no scenario")])
    plain, notes = _plain_stats(stats)
    common = {
        "model": model, "benchmark": name.benchmark, "parent": name.parent,
        "n_items": whole(plain.get("num_instances")), "partial": _limited(stats, adapter),
        "source": f"{file.name} (HELM)", "setting": _shots(adapter),
    }
    metrics = [metric for metric in plain if not _no_metric(metric)]
    found = [
        Measurement(
            metric=metric, score=plain[metric], rank=_rank(name, metric), **common, **_scale(metric)
        )
        for metric in metrics
    ]
    what = "costs, counts, repetitions and category scores of the harness"
    other = [Note("derived", what, metric) for metric in plain if metric not in metrics]
    empty = [] if found else [Note("no_score", "a run without a metric", name.benchmark)]
    return Found(found, [*notes, *other, *empty])


def _no_metric(metric: str) -> bool:
    return bool(BOOKKEEPING.match(metric) or CATEGORY.match(metric))


def _limited(stats: Iterable[Mapping[str, Any]], adapter: Mapping[str, Any]) -> bool:
    limit = whole(adapter.get("max_eval_instances"))
    counts = [
        whole(one.get("mean")) or 0
        for one in stats
        if mapping(one.get("name")).get("name") == "num_instances"
        and not mapping(one.get("name")).get("perturbation")
    ]
    return bool(limit and limit < USUAL_LIMIT and sum(counts) >= limit)


def _spec(file: InputFile) -> dict[str, Any]:
    path = file.path.with_name("run_spec.json")
    if not path.is_file():
        what = "is a run without the run_spec.json that says of what model"
        raise file.refused(what, "copy the two files together")
    beside = InputFile(path, f"{file.name.removesuffix(file.path.name)}run_spec.json", file.named)
    return mapping(read_json(beside))


def _shots(adapter: Mapping[str, Any]) -> str:
    shots = finite(adapter.get("max_train_instances"))
    return f"{shots:g}-shot" if shots is not None and 0 <= shots < 1000 else ""


def run_name(name: str) -> _RunName:
    """Take the name of a run apart.

    Parameters
    ----------
    name
        For example ``"mmlu:subject=anatomy,method=multiple_choice_joint,model=meta_llama-3-8b"``.

    Returns
    -------
    _RunName
        Benchmark (``"mmlu:subject=anatomy"``), the benchmark it is a part of (``"mmlu"``, or empty),
        and model (``"meta/llama-3-8b"``, or empty).
    """
    # Some file systems and converters write a dash for the colon.
    scenario, _, rest = name.partition(":")
    pairs = [part.partition("=")[::2] for part in rest.split(",") if "=" in part]
    model = next((value for key, value in pairs if key == "model"), "")
    kept = [f"{key}={value}" for key, value in pairs if key not in RUN_ARGUMENTS and value != "all"]
    benchmark = f"{scenario}:{','.join(kept)}" if kept else scenario
    return _RunName(benchmark, scenario if kept else "", model.replace("_", "/", 1))


def _plain_stats(stats: Iterable[Mapping[str, Any]]) -> tuple[dict[str, float], list[Note]]:
    plain: dict[str, dict[str, float]] = {}
    notes: list[Note] = []
    for one in stats:
        name = mapping(one.get("name"))
        metric, split = text_of(name.get("name")), text_of(name.get("split"))
        mean = finite(one.get("mean"))
        if name.get("perturbation"):
            notes += [] if _no_metric(metric) else [Note("perturbed", PERTURBED_STATS, metric)]
        elif metric and mean is not None:
            plain.setdefault(split, {}).setdefault(metric, mean)
        elif metric and not BOOKKEEPING.match(metric):
            notes.append(Note("no_score", "metrics without a mean", metric))
    split = next((one for one in (*SPLITS, *plain) if one in plain), "")
    others = [Note("perturbed", "stats of other splits", one) for one in plain if one != split]
    return plain.get(split, {}), [*notes, *others]


def _rank(name: _RunName, metric: str) -> int:
    scenario = name.parent or name.benchmark
    if HEADLINES.get(scenario) == metric:
        return 0
    order = METRICS.index(metric) if metric in METRICS else len(METRICS)
    return 1 + order + (0 if scale_of(metric) else 50)


def _scale(metric: str) -> dict[str, Any]:
    scale = scale_of(metric)
    if scale is None:
        return {}
    return {
        "lower": scale.lower, "upper": scale.upper, "unit": scale.unit, "higher_is": scale.higher_is
    }


def _table(file: InputFile, table: Mapping[str, Any]) -> Found:
    title = text_of(table.get("title"))
    header = [mapping(cell) for cell in listing(table.get("header"))]
    rows = [[mapping(cell) for cell in listing(row)] for row in listing(table.get("rows"))]
    first = text_of(header[0].get("value")) if header else ""
    if first.split("/")[0].casefold() not in {"model", "adapter"} or title.casefold() in NO_SCORES:
        return Found(notes=[Note("derived", "tables that are no scores of models", title or first)])
    if any(len(row) != len(header) for row in rows):
        what = f"has a table ({quoted(title or 'untitled')}) whose rows are not as wide as its header"
        raise file.refused(what, "write the tables again with helm-summarize")
    columns, notes = _columns(header, title)
    found = []
    for row in rows:
        scores, said = _row(file, row, columns)
        found += scores
        notes += said
    return Found(found, notes)


@dataclass(frozen=True)
class _Column:
    place: int
    metric: str
    group: str
    subgroup: str
    lower_is_better: bool | None
    counts: int | None


def _columns(header: list[dict[str, Any]], title: str) -> tuple[list[_Column], list[Note]]:
    columns, notes = [], []
    counts = {
        _group(cell): place
        for place, cell in enumerate(header)
        if text_of(mapping(cell.get("metadata")).get("metric")) == "# eval"
    }
    subgroup = title if re.fullmatch(r"[a-z_]+: .+", title) else ""
    for place, cell in enumerate(header[1:], start=1):
        label = text_of(cell.get("value"))
        lower = cell.get("lower_is_better")
        short = text_of(mapping(cell.get("metadata")).get("metric")) or label.rpartition(" - ")[2]
        if PERTURBED.search(short):
            notes.append(Note("perturbed", "columns of perturbed inputs", label))
        elif NO_BENCHMARK.match(short) or not isinstance(lower, bool):
            notes.append(Note("derived", "columns that are no benchmark", label))
        else:
            group = _group(cell) or label.partition(" - ")[0]
            metric = _long_metric(cell, short)
            columns.append(_Column(place, metric, group, subgroup, lower, counts.get(group)))
    return columns, notes


def _group(cell: Mapping[str, Any]) -> str:
    return text_of(mapping(cell.get("metadata")).get("run_group"))


def _long_metric(cell: Mapping[str, Any], short: str) -> str:
    last = text_of(cell.get("description")).split("\n\n")[-1]
    long_name = last.partition(":")[0].strip().casefold()
    return LONG_NAMES.get(long_name) or LONG_NAMES.get(short.casefold()) or short


def _row(
    file: InputFile, row: list[dict[str, Any]], columns: Iterable[_Column]
) -> tuple[list[Measurement], list[Note]]:
    shown = text_of(row[0].get("value"))
    names = [run_name(run) for cell in row for run in _runs(cell)]
    models = {name.model for name in names if name.model}
    model = models.pop() if len(models) == 1 else shown
    found, notes = [], []
    for column in columns:
        score = finite(row[column.place].get("value"))
        if score is None:
            item = f"{shown}: {column.group}, {column.metric}"
            notes.append(Note("no_score", "cells without a score", item))
        else:
            found.append(_cell(file, row, column, model, score))
    if found and model == shown:
        notes.append(Note("model_name", "models known only by their display name", shown))
    return found, notes


def _runs(cell: Mapping[str, Any]) -> list[str]:
    return [run for run in listing(cell.get("run_spec_names")) if isinstance(run, str)]


def _cell(
    file: InputFile, row: list[dict[str, Any]], column: _Column, model: str, score: float
) -> Measurement:
    name = _cell_name(_runs(row[column.place]) or _runs(row[0]), column)
    n_items = None if column.counts is None else whole(row[column.counts].get("value"))
    scale = _scale(column.metric)
    higher_is = scale.get("higher_is")
    if higher_is != "":
        higher_is = "worse" if column.lower_is_better else "better"
    return Measurement(
        model=model, benchmark=name.benchmark, parent=name.parent, metric=column.metric, score=score,
        source=f"{file.name} (HELM)", rank=_rank(name, column.metric), n_items=n_items, derived=True,
        **{**scale, "higher_is": higher_is},
    )


def _cell_name(runs: list[str], column: _Column) -> _RunName:
    names = list(dict.fromkeys(run_name(run) for run in runs))
    if len(names) == 1:
        return names[0]
    scenarios = {name.parent or name.benchmark for name in names}
    base = scenarios.pop() if len(scenarios) == 1 else column.group
    sub = column.subgroup.replace(": ", "=")
    part = bool(sub) and not sub.endswith("=all")
    return _RunName(f"{base}:{sub}" if part else base, base if part else "", "")
