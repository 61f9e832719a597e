"""Sheets of figures over time: what was simulated of each period or cohort, and live totals and unit costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from funnelsim.metrics.figures import Over
from funnelsim.metrics.names import BEFORE_START
from funnelsim.report.cells import Cell, quotient, same, shown, total
from funnelsim.report.rows import Row, rows_of

if TYPE_CHECKING:
    from funnelsim.metrics.result import Result
    from funnelsim.report.book import Book, Sheet

FIRST_COLUMN = 2
"""Of the figures, after their name and unit."""


class Check(NamedTuple):
    """A formula that must come to what was simulated."""

    what: str
    live: Cell
    simulated: float


class Grid(NamedTuple):
    """A sheet of figures over time."""

    sheet: Sheet
    totals: dict[str, Cell]
    """By figure, over the horizon."""
    checks: list[Check]


def monthly(book: Book, name: str, result: Result, names: Sequence[str]) -> Grid:
    """Write the figures by period: their means, which are live, and below them P10 and P90 as they were simulated."""
    notes = (
        (
            f"{_called(result)}: by {result.scenario.data()['period']}, means over {result.replications:,} "
            "replications. Shaded cells are formulas: change a number, and totals and unit costs follow."
        ),
        (
            "Of a ratio the mean is total over total. P10 and P90 below are as simulated: eight in ten replications "
            "lie between; they do not follow."
        ),
    )
    dates = [date.astype("datetime64[s]").item() for date in result.data["period"].to_numpy()]
    grid = _grid(book, name, result, rows_of(result, names, "period"), "period", dates, notes)
    row = len(notes) + 2 + len(grid.totals)
    for title, field in (("P10", "p10"), ("P90", "p90")):
        row = _quantiles(grid.sheet, row + 1, title, field, result, list(grid.totals), dates)
    _chart(book, grid, result, len(notes), len(dates))
    return grid


def cohorts(book: Book, name: str, result: Result, names: Sequence[str]) -> Grid:
    """Write the figures by period of creation; leads still on their way may add to the later ones."""
    notes = (
        (
            f"{_called(result)}: leads by when they were created, and what became of them until "
            f"{result.scenario.end:%Y-%m-%d}. Means over {result.replications:,} replications."
        ),
        "Late cohorts are not finished: leads still on their way add to them, so that their unit costs are too high.",
    )
    labels = [BEFORE_START, *(d.astype("datetime64[s]").item() for d in result.data["cohort"].to_numpy()[1:])]
    rows = [row for row in rows_of(result, names, "cohort") if row.kind in ("flow", "ratio")]
    return _grid(book, name, result, rows, "cohort", labels, notes)


def _called(result: Result) -> str:
    return f"{result.scenario.name}, variant {result.variant}" if result.variant else result.scenario.name


def _grid(
    book: Book, name: str, result: Result, rows: Sequence[Row], over: Over, labels: Sequence[Any], notes: Sequence[str]
) -> Grid:
    sheet = book.sheet(name)
    for place, note in enumerate(notes):
        sheet.put(place, 0, note, style="note")
    head, last = len(notes), FIRST_COLUMN + len(labels)
    sheet.heads(head, ["metric", "unit", *labels, "total"])
    cells: dict[str, list[Cell]] = {}
    checks = []
    for place, row in enumerate(rows, start=head + 1):
        sheet.put(place, 0, row.name)
        sheet.put(place, 1, row.unit)
        means = np.atleast_1d(result.estimate(row.name, over).mean)
        cells[row.name] = []
        for column, mean in enumerate(means):
            live = _made_of(row, [cells[term][column] for term in row.terms], sheet.name)
            written = sheet.put(place, FIRST_COLUMN + column, live or shown(float(mean)), row.unit)
            cells[row.name].append(written)
            if live is not None:
                checks.append(Check(f"{row.name}, {str(labels[column])[:10]}", written, float(mean)))
        ending, simulated = _ending(row, cells, result, over, sheet.name)
        cells[row.name].append(sheet.put(place, last, ending, row.unit))
        if not isinstance(ending, str | float):
            checks.append(Check(f"{row.name}, total", cells[row.name][-1], simulated))
    sheet.frame(head + 1, FIRST_COLUMN, [max([len(row.name) for row in rows] + [10]) + 2, 14, *[19] * (last - 1)])
    return Grid(sheet, {row.name: cells[row.name][-1] for row in rows}, checks)


def _made_of(row: Row, terms: Sequence[Cell], on: str) -> Any:
    """Return the formula of a figure that is made of others; None for one that was simulated."""
    if row.how == "sum" and terms:
        return total(terms, on)
    return quotient(terms[0], terms[1], on) if row.how == "quotient" else None


def _ending(row: Row, cells: dict[str, list[Cell]], result: Result, over: Over, on: str) -> tuple[Any, float]:
    """Return what stands under `total`, and what was simulated: the sum of a flow, the last of a level."""
    own = cells[row.name]
    if row.how == "quotient":
        return quotient(cells[row.terms[0]][-1], cells[row.terms[1]][-1], on), _over_all(result, row, over)
    if row.kind == "flow":
        return total(own, on), float(result.estimate(row.name).mean)
    if row.kind == "level" and over == "period":
        return same(own[-1], on), float(result.estimate(row.name).mean)
    if over == "period" and row.kind != "growth":
        return shown(float(result.estimate(row.name).mean)), math.nan
    return "", math.nan


def _over_all(result: Result, row: Row, over: Over) -> float:
    """Return a ratio over all periods, or over all cohorts, from what each replication counted."""
    if over == "period":
        return float(result.estimate(row.name).mean)
    parts = result.parts(row.name, over)
    assert parts.under is not None
    below = float(parts.under.sum())
    return float(parts.over.sum()) / below * parts.scale if below else math.nan


def _quantiles(
    sheet: Sheet, row: int, title: str, field: str, result: Result, names: Sequence[str], dates: Sequence[Any]
) -> int:
    """Write a block of quantiles, and return the row after it."""
    sheet.heads(row, [title, "unit", *dates, "total"])
    for place, name in enumerate(names, start=row + 1):
        unit = result.unit(name)
        sheet.put(place, 0, name)
        sheet.put(place, 1, unit)
        values = getattr(result.estimate(name, "period"), field)
        for column, value in enumerate(values, start=FIRST_COLUMN):
            sheet.put(place, column, float(value), unit)
        sheet.put(place, FIRST_COLUMN + len(dates), float(getattr(result.estimate(name), field)), unit)
    return row + 1 + len(names)


def _chart(book: Book, grid: Grid, result: Result, head: int, periods: int) -> None:
    """Draw, natively, the first unit cost over time, and as columns what it is the cost of."""
    unit_costs = [name for name in grid.totals if name.startswith("cost_per_") and "[" not in name]
    if not unit_costs or periods < 2:
        return
    cost = unit_costs[0]
    stage = cost.removeprefix("cost_per_")
    columns = book.workbook.add_chart({"type": "column"})
    line = book.workbook.add_chart({"type": "line"})
    span = (FIRST_COLUMN, FIRST_COLUMN + periods - 1)
    for chart, name, style in (
        (columns, stage, {"fill": {"color": "#C9C9C9"}, "border": {"color": "#222222"}}),
        (line, cost, {"line": {"color": "#222222", "width": 2}, "marker": {"type": "circle"}, "y2_axis": True}),
    ):
        row = grid.totals[name].row
        sheet = grid.sheet.name
        chart.add_series(
            {
                "name": [sheet, row, 0],
                "categories": [sheet, head, span[0], head, span[1]],
                "values": [sheet, row, span[0], row, span[1]],
                **style,
            }
        )
    columns.combine(line)
    columns.set_title({"name": "Entries by period, and what each costs", "overlay": False})
    columns.set_x_axis({"num_font": {"rotation": -45}, "date_axis": False, "num_format": "yyyy-mm-dd"})
    columns.set_y_axis({"name": "entries, means over replications", "min": 0})
    line.set_y2_axis({"name": [grid.sheet.name, grid.totals[cost].row, 1], "min": 0})
    columns.set_size({"width": 900, "height": 340})
    columns.set_legend({"position": "bottom"})
    below = head + 3 * len(grid.totals) + 8
    grid.sheet.worksheet.insert_chart(below, 0, columns)
