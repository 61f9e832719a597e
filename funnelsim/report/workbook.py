"""Workbooks of a run, and of any tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from funnelsim.report.book import Book, Sheet, lay
from funnelsim.report.cells import Cell
from funnelsim.report.grid import Check, Grid, cohorts, monthly
from funnelsim.report.groups import by_group
from funnelsim.report.rows import Row, rows_of
from funnelsim.report.sheets import (
    STATISTICS,
    about,
    live_mean,
    mean_of,
    write_checks,
    write_definitions,
    write_inputs,
    write_statistics,
)

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.metrics.result import Result


def result_workbook(result: Result, metrics: Sequence[str] = ()) -> bytes:
    """Return a workbook (xlsx) of a run.

    Parameters
    ----------
    result : Result
    metrics : sequence of str
        By default those that people look at first. What they are made of stands beside them.

    Returns
    -------
    bytes
        Sheets Summary, Inputs, Monthly (by the scenario's period), Cohorts (where they were counted), one of the groups
        (where leads were grouped), Checks and Definitions. Totals and unit costs are formulas over the simulated
        numbers, with the values that they come to. The same run gives the same bytes.

    Raises
    ------
    ImportError
        Without xlsxwriter.
    ValueError
        For unknown metrics.
    """
    names = list(metrics) or result.usual_names()
    book = Book(result.scenario.currency)
    summary = book.sheet("Summary")
    write_inputs(book, {"": result.scenario})
    grids = [monthly(book, "Monthly", result, names)]
    if result.cohorts:
        grids.append(cohorts(book, "Cohorts", result, names))
    rows = rows_of(result, names, "horizon")
    head = about(summary, result, [*result.warnings()])
    summary.heads(head, ["metric", "unit", *STATISTICS])
    means = _summary(summary, head + 1, rows, result, grids[0])
    checks = [check for grid in grids for check in grid.checks]
    checks += [Check(f"{row.name}, summary", means[row.name], mean_of(result, row.name)) for row in rows]
    if result.by is not None:
        checks += by_group(book, result, rows, means)
    write_checks(book, summary, {"": checks})
    write_definitions(book, result, [row.name for row in rows])
    return book.close()


def tables_workbook(tables: Mapping[str, pd.DataFrame], currency: str = "") -> bytes:
    """Return a workbook (xlsx) of tables, one a sheet, as `book.lay` lays them out.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        By the names that the sheets are to have.
    currency : str
        What money is called in the units of the tables.

    Raises
    ------
    ImportError
        Without xlsxwriter.
    """
    book = Book(currency)
    for name, table in tables.items():
        lay(book, name, table)
    return book.close()


def _summary(sheet: Sheet, first: int, rows: Sequence[Row], result: Result, grid: Grid) -> dict[str, Cell]:
    """Write the figures over the horizon, and return the cells of their means."""
    means: dict[str, Cell] = {}
    for place, row in enumerate(rows, start=first):
        sheet.put(place, 0, row.name)
        sheet.put(place, 1, row.unit)
        means[row.name] = write_statistics(
            sheet, place, 2, row, live_mean(row, means, result, grid, sheet.name), result
        )
    sheet.frame(first, 1, [max([len(row.name) for row in rows] + [14]) + 2, 20, *[19] * len(STATISTICS)])
    return means
