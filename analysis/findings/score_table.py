"""What the chapter on the score table says and lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.display import listing
from analysis.findings.shared import plural

if TYPE_CHECKING:
    import pandas as pd

    from analysis.scores import ScoreTable

AREA_COLUMNS = {
    "area": "Area",
    "capability_index": "Index",
    "capability": "Capability",
    "safety": "Safety",
    "auxiliary": "Auxiliary",
}
REMARK_COLUMNS = {"what": "Remark", "about": "About"}
DIRECTION_COLUMNS = {
    "name": "Benchmark",
    "higher_is": "Higher is",
    "as_released": "In the source",
    "polarity_note": "What was seen, and how to check",
}
AUDIT_COLUMNS = {
    "about": "About",
    "severity": "Weight",
    "what": "What was seen",
    "how_to_check": "How to check",
}


def family_counts(table: ScoreTable) -> pd.DataFrame:
    """Number of models by family and population.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.

    Returns
    -------
    DataFrame
        Column `family`, then one integer column a population; largest family first.
    """
    import pandas as pd

    from analysis.scores import families, populations

    counts = {name: families(table, name).value_counts() for name in populations(table)}
    frame = pd.DataFrame(counts).fillna(0).astype(int).rename_axis("family")
    order = frame.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index()


def family_columns(table: ScoreTable) -> dict[str, str]:
    """Column titles of `family_counts` for this table's populations."""
    from analysis.scores import populations

    return {"family": "Family"} | {name: f"{name} models" for name in populations(table)}


def area_counts(table: ScoreTable) -> pd.DataFrame:
    """Number of benchmarks by area and role.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.

    Returns
    -------
    DataFrame
        Column `area`, then one integer column a role, in the order of `AREA_COLUMNS`.
    """
    import pandas as pd

    benchmarks = table.benchmarks
    area = benchmarks["area"].fillna("not stated")
    frame = pd.crosstab(area, benchmarks["role"])
    return frame.reindex(columns=list(AREA_COLUMNS)[1:], fill_value=0).reset_index()


def direction_rows(table: ScoreTable) -> pd.DataFrame:
    """Benchmarks with a note on direction, or whose direction differs from the source's.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.

    Returns
    -------
    DataFrame
        Columns of `DIRECTION_COLUMNS` and `parent`.
    """
    benchmarks = table.benchmarks
    noted = benchmarks["polarity_note"].fillna("").astype(str).str.strip() != ""
    differs = benchmarks["as_released"].isin(["reversed", "undirected"])
    rows = benchmarks[noted | differs].assign(
        name=lambda frame: frame["name"].fillna(frame.index.to_series())
    )
    rows.loc[rows["as_released"] == "undirected", "higher_is"] = "neither: distance from zero counts"
    return rows[[*DIRECTION_COLUMNS, "parent"]].reset_index(drop=True)


def turned_rows(directions: pd.DataFrame) -> pd.DataFrame:
    """The benchmarks turned otherwise than their source, splits of a total left out.

    Parameters
    ----------
    directions : DataFrame
        As returned by `direction_rows`.

    Returns
    -------
    DataFrame
        Some rows of `directions`.
    """
    turned = directions["as_released"].isin(["reversed", "undirected"])
    return directions[turned & directions["parent"].isna()].reset_index(drop=True)


def direction_findings(rows: pd.DataFrame) -> dict[str, str]:
    """Strings on the benchmarks whose direction needs a word, from `direction_rows`."""
    differing = int((rows["as_released"] == "reversed").sum())
    neither = int((rows["as_released"] == "undirected").sum())
    if not differing and not neither:
        return {"direction_sentence": "In these scores no direction differs from that of their source."}
    return {
        "direction_sentence": (
            f"Our coding turns {plural(differing, 'benchmark')} the other way round than the source does, and "
            f"treats {plural(neither, 'benchmark')} as signed gaps. Each is listed with what was seen."
        )
    }


def remark_rows(table: ScoreTable) -> pd.DataFrame:
    """What loading noticed: one row a remark.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.

    Returns
    -------
    DataFrame
        Columns of `REMARK_COLUMNS`; one row saying so where nothing was noticed.
    """
    import pandas as pd

    from analysis.scores import remarks

    rows = [{"what": remark.what, "about": listing(remark.items)} for remark in remarks(table)]
    return pd.DataFrame(rows or [{"what": "Nothing to remark", "about": ""}])


def audit_rows(table: ScoreTable, population: str) -> pd.DataFrame:
    """What the audit sees in the scores of one population, by our directions.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The population audited.

    Returns
    -------
    DataFrame
        As `analysis.audit.audit`, with a column `about`: the benchmark's name, or "models".
    """
    from analysis.audit import audit
    from analysis.house import display_name

    found = audit(table, population)
    names = [display_name(name, table.benchmarks) if name else "models" for name in found["benchmark"]]
    return found.assign(about=names)


def source_direction_rows(table: ScoreTable, population: str) -> pd.DataFrame:
    """What the audit sees about direction when every benchmark runs as its source has it.

    Parameters
    ----------
    table : ScoreTable
        The edition's scores and registries.
    population : str
        The population audited.

    Returns
    -------
    DataFrame
        As `audit_rows`: the findings that our directions do not have too.
    """
    from analysis.audit import as_released

    ours, theirs = audit_rows(table, population), audit_rows(as_released(table), population)
    key = ["check", "benchmark", "severity"]
    again = theirs.set_index(key).index.isin(ours.set_index(key).index)
    turns = theirs["check"].str.startswith("direction") | (theirs["check"] == "below_chance")
    return theirs[turns & ~again].reset_index(drop=True)


def audit_words(rows: pd.DataFrame, source_rows: pd.DataFrame) -> dict[str, str]:
    """Sentences on the audit.

    Parameters
    ----------
    rows : DataFrame
        From `audit_rows`.
    source_rows : DataFrame
        From `source_direction_rows`.

    Returns
    -------
    dict of str
        Keys `audit_sentence, audit_source_sentence`.
    """
    warnings = int((rows["severity"] == "warning").sum())
    kinds = rows["check"].nunique()
    seen = (
        f"It reports {plural(len(rows), 'finding')} of {plural(kinds, 'kind')}, of which {plural(warnings, 'finding')} may change "
        "the sign or meaning of a result."
        if len(rows)
        else "It reports nothing."
    )
    turned = (
        f"Run on the directions of the source instead, it also reports {plural(len(source_rows), 'finding')} on direction, "
        f"about {plural(source_rows['benchmark'].nunique(), 'benchmark')}; our directions answer them."
        if len(source_rows)
        else "Run on the directions of the source instead, it reports nothing more on direction."
    )
    return {"audit_sentence": seen, "audit_source_sentence": turned}
