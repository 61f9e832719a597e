"""The sheet of groups: the figures of all leads and of each group side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from funnelsim.metrics.names import group_names
from funnelsim.report.cells import Cell, number_of, same, total
from funnelsim.report.grid import Check

if TYPE_CHECKING:
    from funnelsim.metrics.result import Result
    from funnelsim.report.book import Book
    from funnelsim.report.rows import Row

ADDITIVE = ("flow", "level")
"""Kinds of figures that add up over groups."""


def by_group(book: Book, result: Result, rows: Sequence[Row], means: Mapping[str, Cell]) -> list[Check]:
    """Write what the summary says of each group, and what the groups add up to; that must be what all leads have."""
    groups = [f"[{result.by}={group}]" for group in group_names(result.scenario, result.by)]
    sheet = book.sheet(f"By {result.by}")
    sheet.put(
        0, 0, "Means over the horizon, from the summary. Parts of flows and levels add up to that of all.", style="note"
    )
    sheet.heads(1, ["metric", "unit", "all", *(group[1:-1].partition("=")[2] for group in groups), "sum of groups"])
    whole = [row for row in rows if f"{row.name}{groups[0]}" in means]
    checks = []
    for place, row in enumerate(whole, start=2):
        sheet.put(place, 0, row.name)
        sheet.put(place, 1, row.unit)
        sheet.put(place, 2, same(means[row.name], sheet.name), row.unit)
        parts = [
            sheet.put(place, column, same(means[f"{row.name}{group}"], sheet.name), row.unit)
            for column, group in enumerate(groups, start=3)
        ]
        if row.kind in ADDITIVE:
            summed = sheet.put(place, 3 + len(groups), total(parts, sheet.name), row.unit)
            checks.append(Check(f"{row.name}, sum of groups", summed, number_of(means[row.name].value)))
    sheet.frame(2, 1, [28, 20, *[19] * (2 + len(groups))])
    return checks
