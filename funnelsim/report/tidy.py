"""Tidy tables (CSV): one file a table, a row for each figure and time, dates as ISO 8601, units in a column.

Text is quoted, numbers are not. Text that a spreadsheet would read as a formula gets an apostrophe before it: text that
begins, spaces and apostrophes aside, with = + - @, the same in full width, a tab or the end of a line. Without this
first apostrophe it is as it was.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.metrics.names import EVERYONE
from funnelsim.report.files import write_whole
from funnelsim.report.inputs import inputs
from funnelsim.report.meanings import definitions
from funnelsim.report.rows import rows_of

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.forecast.compare import Comparison
    from funnelsim.metrics.figures import Over
    from funnelsim.metrics.result import Result

FORMULA = re.compile(r"[' ]*[=+\-@＝＋－＠\t\r\n]")
GUARD = "'"


# ---------------------------------------------------------------- tables
def result_tables(result: Result, metrics: Sequence[str] = ()) -> dict[str, pd.DataFrame]:
    """Return the tables of a run.

    Parameters
    ----------
    result : Result
    metrics : sequence of str
        By default those that people look at first. What they are made of is beside them.

    Returns
    -------
    dict of str to DataFrame
        ``horizon``, ``period`` and (where they were counted) ``cohort`` as of `Result.summary`, with a column for the
        group where leads were grouped; ``ways_out``; where there are touches ``contacts``, what became of each;
        ``inputs`` and ``definitions``. In ``period`` and ``cohort`` dates are first days.
    """
    names = list(metrics) or result.usual_names()
    overs: list[Over] = ["horizon", "period", *(["cohort"] if result.cohorts else [])]  # type: ignore[list-item]
    tables: dict[str, pd.DataFrame] = {
        over: _summary(result, [row.name for row in rows_of(result, names, over)], over) for over in overs
    }
    tables["ways_out"] = result.ways_out().assign(unit="leads")
    tables["contacts"] = _contacts(result)
    tables["inputs"] = inputs(result.scenario)
    tables["definitions"] = definitions(result, [row.name for row in rows_of(result, names, "horizon")])
    return {name: table for name, table in tables.items() if not table.empty}


def _summary(result: Result, names: Sequence[str], over: Over) -> pd.DataFrame:
    """Return a summary, with the group of each figure in a column of its own."""
    table = result.summary(names, over)
    if result.by is not None:
        parts = table["metric"].str.partition("[")
        groups = parts[2].str.removesuffix("]").str.partition("=")[2]
        table["metric"] = parts[0]
        table.insert(1, result.by, groups.where(groups != "", EVERYONE))
    return table


def _contacts(result: Result) -> pd.DataFrame:
    """Return what became of every touch, one row a figure."""
    wide = result.contacts("touch")
    figures = [str(name) for name in wide.columns[1:] if not str(name).endswith("_error")]
    long = wide.melt("touch", figures, "figure", "mean")
    long["mc_error"] = wide.melt("touch", [f"{name}_error" for name in figures])["value"]
    units = {"cost": result.scenario.currency, "revenue": result.scenario.currency, "warmth": "points", "sqls": "leads"}
    long["unit"] = [units.get(name, "share" if name.endswith("_rate") else "touches") for name in long["figure"]]
    return long


def comparison_tables(comparison: Comparison) -> dict[str, pd.DataFrame]:
    """Return the tables of scenarios that were run with the same luck.

    Returns
    -------
    dict of str to DataFrame
        ``compare`` as of `Comparison.table`, and those of `result_tables` of all scenarios, with a column `scenario`.
    """
    import pandas as pd

    each = {name: result_tables(result, comparison.names()) for name, result in comparison.results.items()}
    names = dict.fromkeys(name for tables in each.values() for name in tables)
    tables = {"compare": comparison.table()}
    for name in names:
        parts = []
        for scenario, of in each.items():
            if name in of:
                part = of[name].copy()
                part.insert(0, "scenario", scenario)
                parts.append(part)
        tables[name] = pd.concat(parts, ignore_index=True)
    return tables


# ---------------------------------------------------------------- files
def csv_bytes(table: pd.DataFrame) -> bytes:
    """Return a table as CSV (RFC 4180 with bare line feeds, UTF-8)."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow([_plain(str(head)) for head in table.columns])
    writer.writerows([_plain(value) for value in record.values()] for record in table.to_dict("records"))
    return text.getvalue().encode()


def write_tables(tables: Mapping[str, pd.DataFrame], folder: str | os.PathLike[str]) -> list[Path]:
    """Write tables as CSV files into a folder, each whole or not at all, in place of those of the same names.

    Returns
    -------
    list of Path

    Raises
    ------
    OSError
        If one cannot be written.
    """
    written: list[Path] = []
    for name, table in tables.items():
        path = Path(folder) / f"{name}.csv"
        write_whole(path, csv_bytes(table))
        written.append(path)
    return written


def _plain(value: Any) -> Any:
    """Return a value as it stands in a file; nothing where there is none."""
    if value is None or value != value:  # noqa: PLR0124 - NaN and NaT are not equal to themselves
        return ""
    if isinstance(value, dt.date):
        moment = value.isoformat()
        return moment.removesuffix("T00:00:00")
    if isinstance(value, bool | np.bool_):
        return "TRUE" if value else "FALSE"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int | float):
        return value if math.isfinite(value) else ""
    return harmless(str(value))


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would read as a formula."""
    return f"{GUARD}{text}" if FORMULA.match(text) else text
