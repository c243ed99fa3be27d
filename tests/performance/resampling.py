"""Time the family bootstrap: against a plain loop, against sorting alone, and as tables grow.

Run as ``python tests/performance/resampling.py [--plot FILE]``. The last five lines are the
results.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.resampling import Panel, arrange, family_weights, refit

SIZES = (8, 3, 3, 3, 2, 2, 2, 2, 1)
INDEX = 12
LOOPED = 40
GRIDS = {
    "models": (625, 1250, 2500, 5000, 10_000),
    "benchmarks": (62, 125, 250, 500),
    "replicates": (256, 512, 1024, 2048, 4096),
}


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Shortest of several timings, in seconds of processor time.

    Wall time would also measure what else the machine is doing.
    """
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def example(models: int, benchmarks: int, rng: np.random.Generator) -> tuple[pd.DataFrame, Panel]:
    """Scores of one strong factor, every third benchmark with ties, families as in the release."""
    values = rng.normal(size=(models, benchmarks)) + rng.normal(size=(models, 1))
    values[:, ::3] = np.round(values[:, ::3], 1)
    frame = pd.DataFrame(values, columns=[f"b{j}" for j in range(benchmarks)])
    family = np.resize(np.repeat(np.arange(len(SIZES)), SIZES), models)
    family += len(SIZES) * (np.arange(models) // sum(SIZES))
    return frame, arrange(frame, pd.Series(family), list(frame.columns[:INDEX]))


def loop(frame: pd.DataFrame, rows: np.ndarray) -> list[pd.Series]:
    """The same refits with pandas, one resample after another."""
    found = []
    for chosen in rows:
        table = frame.iloc[chosen].reset_index(drop=True)
        index = table.iloc[:, :INDEX]
        eigenvectors = np.linalg.eigh(index.corr("spearman"))[1]
        loadings = eigenvectors[:, -1] * np.sign(eigenvectors[:, -1].sum())
        # Rounded, since a matrix product can give two copies of a model different last digits.
        score = (((index - index.mean()) / index.std(ddof=0)) @ loadings).round(10)
        found.append(table.corrwith(score, method="spearman"))
    return found


def compare_release_size(replicates: int = 2000) -> dict[str, float]:
    """Refits of a panel of the release's size, against a loop and against sorting alone."""
    rng = np.random.default_rng(1)
    frame, panel = example(26, 170, rng)
    weights = family_weights(len(SIZES), replicates, rng)
    counts = weights[:, panel.families].astype(int)
    rows = [np.repeat(np.arange(26), row) for row in counts]
    refitted = refit(panel, weights)
    start = time.process_time()
    looped = loop(frame, rows[:LOOPED])
    per_resample = (time.process_time() - start) / LOOPED
    gap = np.abs(np.array(looped) - refitted.correlations[:LOOPED]).max()
    if not gap < 1e-9:
        raise RuntimeError(f"the two computations differ by {gap}")
    drawn = frame.to_numpy()[rng.integers(0, 26, (replicates, 26))]
    resampled = np.ascontiguousarray(drawn.transpose(0, 2, 1))
    ours = seconds(lambda: refit(panel, weights), 7)
    sorting = seconds(lambda: np.argsort(resampled, axis=-1), 7)
    print(f"{replicates} refits: {ours:.3f} s; argsort alone: {sorting:.3f} s; "
          f"one resample with pandas: {per_resample:.4f} s; largest difference: {gap:.1e}")
    return {
        "speedup_over_loop": per_resample * replicates / ours,
        "ratio_to_argsort": ours / sorting,
    }


def growth(dimension: str) -> pd.DataFrame:
    """Seconds of a refit as one dimension grows and the others stay large."""
    found = []
    for size in GRIDS[dimension]:
        full = {"models": 10_000, "benchmarks": 500, "replicates": 32}
        shape = {**full, **({"models": 500} if dimension == "replicates" else {}), dimension: size}
        rng = np.random.default_rng(size)
        _, panel = example(shape["models"], shape["benchmarks"], rng)
        weights = family_weights(len(panel.family_names), shape["replicates"], rng)
        taken = seconds(partial(refit, panel, weights), 3)
        print(f"{dimension} {shape}: {taken:.3f} s")
        found.append({"dimension": dimension, "size": size, "seconds": taken})
    return pd.DataFrame(found)


def exponent(times: pd.DataFrame) -> float:
    """Slope of log seconds on log size."""
    return float(np.polyfit(np.log(times["size"]), np.log(times["seconds"]), 1)[0])


def plot(times: pd.DataFrame, path: Path) -> None:
    """Write the timings as a chart, one panel a dimension."""
    import altair as alt

    axes = {"x": alt.X("size").scale(type="log"), "y": alt.Y("seconds").scale(type="log")}
    alt.Chart(times).mark_line(point=True).encode(**axes).facet(column="dimension").resolve_scale(
        x="independent"
    ).save(path)


def main() -> None:
    """Print the timings and the five results; write a chart where one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plot", type=Path, help="file for a chart of the timings (.svg, .png, .html)")
    chart = parser.parse_args().plot
    results = compare_release_size()
    times = [growth(dimension) for dimension in GRIDS]
    if chart:
        plot(pd.concat(times), chart)
    results |= {f"exponent_{t['dimension'].iloc[0]}": exponent(t) for t in times}
    for name, value in results.items():
        print(f"{name}: {value:.2f}")


if __name__ == "__main__":
    main()
