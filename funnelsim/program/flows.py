"""Leads and money that flow by the calendar: which numbers they flow by, and how much of each on which day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from funnelsim.program import calendar as cal
from funnelsim.program import records as p
from funnelsim.program.recipes import RecipeBook
from funnelsim.program.timeline import Timeline
from funnelsim.scenario.paths import format_path
from funnelsim.scenario.problems import PathParts
from funnelsim.scenario.quantities import Flow, Number
from funnelsim.scenario.tables import MONTHS, WEEKDAYS


class FlowTerm(NamedTuple):
    """What flows by one parameter: into a channel, to a team, or for an overhead."""

    owner: int
    parameter: int
    units: list[float]
    heads: int = p.NONE
    """The parameter of how many people earn it, each as much; NONE for one, and for what nobody earns."""


def lead_terms(timeline: Timeline, book: RecipeBook) -> list[FlowTerm]:
    """Return leads by day, without season: a term for each number that a channel's leads flow by, by regime."""
    terms = []
    for r, regime in enumerate(timeline.regimes):
        from_tick, to_tick = [*timeline.regime_tick, timeline.end_tick][r : r + 2]
        for position, (name, channel) in enumerate(regime.channels.items()):
            if channel.leads is None:
                continue
            for term in cal.spread(channel.leads, timeline.begin, timeline.days):
                mine = [value if from_tick <= day * cal.DAY < to_tick else 0.0 for day, value in enumerate(term.units)]
                terms.append(FlowTerm(position, parameter_of(book, ("channels", name, "leads"), term), mine))
    return terms


def seasons(timeline: Timeline, book: RecipeBook) -> dict[str, p.IntArray]:
    """Return the parameters of seasons, which no change sets, and the calendar they go by, as in `Recipes`."""
    dates = timeline.dates()
    first, last = cal.month_number(dates[0]), cal.month_number(dates[-1])
    channels = timeline.regimes[0].channels
    tables = {
        "month_factor": [_factors(book, n, "month", MONTHS, c.seasonality.month) for n, c in channels.items()],
        "weekday_factor": [_factors(book, n, "weekday", WEEKDAYS, c.seasonality.weekday) for n, c in channels.items()],
        "day_month": [cal.month_number(day) - first for day in dates],
        "day_weekday": [day.weekday() for day in dates],
        "month_of_year": [month % 12 for month in range(first, last + 1)],
        "month_weekdays": [cal.weekdays_in(month) for month in range(first, last + 1)],
    }
    return {name: p.read_only(np.array(table, np.int64)) for name, table in tables.items()}


def _factors(book: RecipeBook, channel: str, field: str, names: Sequence[str], factors: Sequence[Number]) -> list[int]:
    if not factors:
        return [p.NONE] * len(names)
    path = ("channels", channel, "seasonality", field)
    return [book.parameter(format_path((*path, n)), factor) for n, factor in zip(names, factors, strict=True)]


def spend_terms(timeline: Timeline, book: RecipeBook) -> list[FlowTerm]:
    """Return spend by the edges of cells: for each number, how much of it has been spent by then."""
    return [
        term
        for r, regime in enumerate(timeline.regimes)
        for position, (name, channel) in enumerate(regime.channels.items())
        if channel.spend is not None
        for term in _spent(timeline, book, r, position, ("channels", name, "spend"), channel.spend)
    ]


def overhead_terms(timeline: Timeline, book: RecipeBook) -> list[FlowTerm]:
    """Return overheads by the edges of cells: for each number, how much of it has been spent by then."""
    return [
        term
        for r, regime in enumerate(timeline.regimes)
        for position, (name, overhead) in enumerate(regime.overheads.items())
        for term in _spent(timeline, book, r, position, ("overheads", name, "amount"), overhead.amount)
    ]


def _spent(
    timeline: Timeline, book: RecipeBook, regime: int, owner: int, path: PathParts, flow: Flow
) -> Iterator[FlowTerm]:
    """Yield what is spent of a flow of money while a regime holds, by the edges of cells."""
    edges = timeline.cell_edge
    for term in cal.spread(flow, timeline.begin, timeline.days):
        spent = [0.0]
        for cell, holds in enumerate(timeline.cell_regime):
            more = units_between(term.units, edges[cell], edges[cell + 1]) if holds == regime else 0.0
            spent.append(spent[-1] + more)
        yield FlowTerm(owner, parameter_of(book, path, term), spent)


def parameter_of(book: RecipeBook, path: PathParts, term: cal.Term) -> int:
    """Return the parameter of a number that flows."""
    return book.parameter(format_path((*path, term.name)), term.number)


def units_between(per_day: Sequence[float], earlier: int, later: int) -> float:
    """Units that flow from one tick to another, evenly within each day."""
    total, tick = 0.0, earlier
    while tick < later:
        day = tick // cal.DAY
        until = min(later, (day + 1) * cal.DAY)
        total += per_day[day] * ((until - tick) / cal.DAY)
        tick = until
    return total
