"""Sheets that the workbooks of runs and of comparisons share: what was run, inputs, checks and definitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from funnelsim.report.book import Book, Sheet, lay
from funnelsim.report.cells import Cell, agrees, all_of, differ, quotient, same, shown
from funnelsim.report.grid import Check, Grid
from funnelsim.report.inputs import inputs
from funnelsim.report.meanings import definitions
from funnelsim.report.rows import Row

if TYPE_CHECKING:
    from funnelsim.metrics.result import Result
    from funnelsim.scenario import Scenario

STATISTICS = ("mean", "P10", "P50", "P90", "error")


def about(sheet: Sheet, result: Result, warnings: Sequence[str]) -> int:
    """Write what was run, and return the row after it."""
    return about_runs(sheet, result.scenario, result.replications, result.seed, result.version, warnings)


def about_runs(
    sheet: Sheet, scenario: Scenario, replications: int, seed: int, version: str, warnings: Sequence[str]
) -> int:
    """Write what was run, whatever was made of it, and return the row after it."""
    lines: list[tuple[str, object]] = [
        ("variant", scenario.variant_name or "none"),
        ("from", scenario.start),
        ("until", scenario.end),
        ("replications", replications),
        ("seed", str(seed)),
        ("currency", scenario.currency),
        ("funnelsim", version),
    ]
    sheet.put(0, 0, scenario.name, style="title")
    for row, (name, value) in enumerate(lines, start=1):
        sheet.put(row, 0, name)
        sheet.put(row, 1, value, style="left")
    row = len(lines) + 1
    sheet.put(row, 0, "all checks")
    notes = [
        "P10 to P90: eight in ten replications lie between. error: Monte Carlo standard error of the mean.",
        "Shaded cells are formulas over the numbers in the other sheets; P10, P50, P90 and error are as simulated.",
        *(f"Look at this: {warning}" for warning in warnings),
    ]
    for place, note in enumerate(notes, start=row + 2):
        sheet.put(place, 0, note, style="note")
    return row + 3 + len(notes)


CHECKS_ROW = 8
"""Of the summary: where it says whether all checks hold."""


def live_mean(row: Row, means: Mapping[str, Cell], result: Result, grid: Grid, on: str) -> object:
    """Return a mean over the horizon: that of the sheet by period, a quotient of others, or as it was simulated."""
    if row.name in grid.totals and row.kind != "growth":
        return same(grid.totals[row.name], on)
    if row.how == "quotient":
        return quotient(means[row.terms[0]], means[row.terms[1]], on)
    return shown(mean_of(result, row.name))


def mean_of(result: Result, name: str) -> float:
    """Return a mean over the horizon as it was simulated."""
    return float(result.estimate(name).mean)


def write_statistics(sheet: Sheet, place: int, column: int, row: Row, mean: object, result: Result) -> Cell:
    """Write a mean, which may be a formula, and beside it what was simulated of it; return the cell of the mean."""
    estimated = result.estimate(row.name)
    beside = (estimated.p10, estimated.p50, estimated.p90, estimated.mc_error)
    for after, value in enumerate(beside, start=column + 1):
        sheet.put(place, after, float(value), row.unit)
    return sheet.put(place, column, mean, row.unit)


# ---------------------------------------------------------------- inputs, checks, definitions
def write_inputs(book: Book, scenarios: Mapping[str, Scenario]) -> None:
    """Write every parameter; of several scenarios side by side, with whether they differ."""
    if len(scenarios) == 1:
        lay(book, "Inputs", inputs(next(iter(scenarios.values()))))
        return
    sheet = book.sheet("Inputs")
    tables = {name: inputs(scenario).set_index("path") for name, scenario in scenarios.items()}
    heads = [head for name in scenarios for head in (name, f"unit ({name})")]
    sheet.heads(0, ["path", *heads, *(f"differs ({name})" for name in list(scenarios)[1:])])
    paths = list(dict.fromkeys(path for table in tables.values() for path in table.index))
    for row, path in enumerate(paths, start=1):
        sheet.put(row, 0, path)
        cells = []
        for place, table in enumerate(tables.values()):
            value, unit = table.loc[path, ["value", "unit"]] if path in table.index else ("", "")
            cells.append((sheet.put(row, 1 + 2 * place, value, unit), sheet.put(row, 2 + 2 * place, unit)))
        for place, pair in enumerate(cells[1:], start=1 + 2 * len(tables)):
            sheet.put(row, place, differ(cells[0], pair, sheet.name))
    sheet.frame(1, 1, [50, *[16] * (3 * len(tables))])
    sheet.worksheet.autofilter(0, 0, len(paths), 3 * len(tables) - 1)


def write_checks(book: Book, summary: Sheet, checks: Mapping[str, Sequence[Check]]) -> None:
    """Write what each formula must come to, whether it does, and in the summary whether all do."""
    sheet = book.sheet("Checks")
    sheet.put(
        0, 0, "Every formula beside what was simulated. Changed numbers break them, and show where.", style="note"
    )
    sheet.heads(1, ["scenario", "what", "formula", "simulated", "agrees"])
    verdicts: list[Cell] = []
    for scenario, told in checks.items():
        for check in told:
            row = 2 + len(verdicts)
            sheet.put(row, 0, scenario)
            sheet.put(row, 1, check.what)
            live = sheet.put(row, 2, same(check.live, sheet.name), "number")
            simulated = sheet.put(row, 3, check.simulated, "number")
            verdicts.append(sheet.put(row, 4, agrees(live, simulated, sheet.name)))
    sheet.frame(2, 2, [18, 50, 18, 18, 10])
    summary.put(CHECKS_ROW, 1, all_of(verdicts, summary.name))


def write_definitions(book: Book, result: Result, names: Sequence[str]) -> None:
    """Write what the figures mean."""
    lay(book, "Definitions", definitions(result, names))
