"""The workbook of a comparison: scenarios side by side, with live differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from funnelsim.report.book import Book, Sheet
from funnelsim.report.cells import Cell, change, relative, same
from funnelsim.report.grid import Check, Grid, cohorts, monthly
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
    from funnelsim.forecast.compare import Comparison

CHANGES = ("difference", "from", "to", "relative", "probability larger")


def comparison_workbook(comparison: Comparison) -> bytes:
    """Return a workbook (xlsx) of scenarios that were run with the same luck.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    bytes
        As `result_workbook`, with a sheet Compare, sheets Monthly and Cohorts (where they were counted) for each
        scenario, and the inputs side by side, with what differs.

    Raises
    ------
    ImportError
        Without xlsxwriter.
    """
    first = comparison.results[comparison.first]
    names = list(comparison.names())
    book = Book(first.scenario.currency)
    summary, compare = book.sheet("Summary"), book.sheet("Compare")
    write_inputs(book, {name: result.scenario for name, result in comparison.results.items()})
    checks: dict[str, list[Check]] = {"": []}
    grids = {}
    for name, result in comparison.results.items():
        grids[name] = monthly(book, f"Monthly {name}", result, names)
        checks[name] = list(grids[name].checks)
        if result.cohorts:
            checks[name] += cohorts(book, f"Cohorts {name}", result, names).checks
    means = _compare(compare, comparison, grids, checks[""])
    _side_by_side(summary, comparison, means)
    write_checks(book, summary, checks)
    write_definitions(book, first, [row.name for row in rows_of(first, names, "horizon")])
    return book.close()


def _compare(
    sheet: Sheet, comparison: Comparison, grids: Mapping[str, Grid], checks: list[Check]
) -> dict[tuple[str, str], Cell]:
    """Write levels and paired differences, and return the cells of the means by metric and scenario."""
    notes = (
        (
            f"Differences are against '{comparison.first}', in the same replications; 'from' and 'to' are a 95% "
            "interval of the expected difference, as simulated."
        ),
        "Differences of shares are in percentage points. Shaded cells are formulas.",
    )
    for place, note in enumerate(notes):
        sheet.put(place, 0, note, style="note")
    head = len(notes)
    sheet.heads(head, ["metric", "scenario", "unit", *STATISTICS, *CHANGES])
    means: dict[tuple[str, str], Cell] = {}
    place = head
    for scenario, result in comparison.results.items():
        known: dict[str, Cell] = {}
        for row in rows_of(result, comparison.names(), "horizon"):
            place += 1
            for column, text in enumerate((row.name, scenario, row.unit)):
                sheet.put(place, column, text)
            mean = write_statistics(
                sheet, place, 3, row, live_mean(row, known, result, grids[scenario], sheet.name), result
            )
            known[row.name] = means[row.name, scenario] = mean
            checks.append(Check(f"{row.name}, {scenario}", mean, mean_of(result, row.name)))
            base = means.get((row.name, comparison.first))
            if scenario != comparison.first and base is not None:
                _change(sheet, place, comparison, row, (scenario, mean, base), checks)
    sheet.frame(head + 1, 2, [28, 18, 16, *[19] * (len(STATISTICS) + len(CHANGES))])
    return means


def _change(
    sheet: Sheet, place: int, comparison: Comparison, row: Row, told: tuple[str, Cell, Cell], checks: list[Check]
) -> None:
    """Write how a scenario differs from the first."""
    scenario, mean, base = told
    simulated = comparison.difference(scenario, row.name)
    difference = sheet.put(place, 8, change(mean, base, sheet.name), row.unit)
    sheet.put(place, 9, simulated.low, row.unit)
    sheet.put(place, 10, simulated.high, row.unit)
    sheet.put(place, 11, relative(difference, base, sheet.name), "share")
    sheet.put(place, 12, simulated.probability_larger, "share")
    checks.append(Check(f"{row.name}, {scenario} less {comparison.first}", difference, simulated.mean))


def _side_by_side(sheet: Sheet, comparison: Comparison, means: Mapping[tuple[str, str], Cell]) -> None:
    """Write the means of all scenarios beside each other, and draw the first unit cost of each."""
    head = about(sheet, comparison.results[comparison.first], comparison.warnings())
    scenarios = list(comparison.results)
    sheet.put(1, 1, ", ".join(scenarios))
    sheet.heads(head, ["metric", "unit", *scenarios])
    metrics = list(dict.fromkeys(metric for metric, _ in means))
    for place, metric in enumerate(metrics, start=head + 1):
        unit = comparison.results[next(s for s in scenarios if (metric, s) in means)].unit(metric)
        sheet.put(place, 0, metric)
        sheet.put(place, 1, unit)
        for column, scenario in enumerate(scenarios, start=2):
            if (metric, scenario) in means:
                sheet.put(place, column, same(means[metric, scenario], sheet.name), unit)
    sheet.frame(head + 1, 1, [28, 20, *[20] * len(scenarios)])
    costs = [metric for metric in metrics if metric.startswith("cost_per_") and "[" not in metric]
    if costs:
        bars(sheet, head, head + 1 + metrics.index(costs[0]), len(scenarios), head + len(metrics) + 3)


def bars(sheet: Sheet, head: int, row: int, scenarios: int, below: int) -> None:
    """Draw a row of numbers, one a scenario, as a native chart."""
    chart = sheet.book.workbook.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": [sheet.name, row, 0],
            "categories": [sheet.name, head, 2, head, 1 + scenarios],
            "values": [sheet.name, row, 2, row, 1 + scenarios],
            "fill": {"color": "#5B86B4"},
            "border": {"color": "#222222"},
            "data_labels": {"value": True},
        }
    )
    chart.set_y_axis({"name": [sheet.name, row, 1], "min": 0})
    chart.set_legend({"none": True})
    sheet.worksheet.insert_chart(below, 0, chart)
