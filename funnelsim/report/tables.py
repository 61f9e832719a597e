"""The tables of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from funnelsim.forecast.compare import changes_as_text
from funnelsim.metrics.display import number
from funnelsim.metrics.names import main_metrics

if TYPE_CHECKING:
    from funnelsim.forecast.compare import Comparison
    from funnelsim.metrics.result import Result

Cells = tuple[str, ...]


class Group(NamedTuple):
    """Rows under a title, or under none."""

    title: str
    rows: list[Cells]


class Table(NamedTuple):
    """A table: the first cell of each row names it, the others are numbers."""

    caption: str
    header: Cells
    groups: list[Group]


def summary_table(result: Result) -> Table:
    """Return the figures that people look at first, over the horizon."""
    rows = []
    for name in result.usual_names():
        told, unit = result.estimate(name), result.unit(name)
        rows.append((name, *(number(float(value), unit) for value in told[:-1]), unit))
    header = ("metric", "mean", "p10", "p50", "p90", "error", "unit")
    return Table("Over the whole horizon", header, [Group("", rows)])


def period_table(result: Result) -> Table:
    """Return what matters most by period: averages, each with the range of eight in ten replications."""
    names = list(dict.fromkeys(["new_leads", *main_metrics(result.scenario), "spend"]))
    told = [result.estimate(name, "period") for name in names]
    dates = [str(date)[:10] for date in result.data["period"].to_numpy()]
    rows = []
    for place, date in enumerate(dates):
        cells = []
        for name, estimated in zip(names, told, strict=True):
            numbers = (np.atleast_1d(part)[place] for part in (estimated.mean, estimated.p10, estimated.p90))
            mean, low, high = (number(float(value), result.unit(name)) for value in numbers)
            cells.append(f"{mean} ({low} to {high})")
        rows.append((date, *cells))
    header = ("period from", *(result.title(name) for name in names))
    return Table("By period: the average, and in brackets P10 to P90", header, [Group("", rows)])


def comparison_table(comparison: Comparison) -> Table:
    """Return the figures of all scenarios, and how each differs from the first."""
    groups = []
    for metric in comparison.names():
        unit, rows = comparison.unit(metric), []
        for name, result in comparison.results.items():
            told = result.estimate(metric)
            numbers = (number(float(value), unit) for value in (told.mean, told.p10, told.p90))
            rows.append((comparison.label(name), *numbers, *_change(comparison, name, metric)))
        groups.append(Group(f"{metric} ({unit})", rows))
    header = ("scenario", "mean", "p10", "p90", "difference", "95% interval", "relative")
    return Table(f"Over the whole horizon, against '{comparison.label(comparison.first)}'", header, groups)


def _change(comparison: Comparison, name: str, metric: str) -> Cells:
    if name == comparison.first:
        return "", "", ""
    change = comparison.difference(name, metric)
    mean, low, high = changes_as_text(change, comparison.unit(metric))
    return mean, f"{low} to {high}", number(change.relative, "share", sign=True)
