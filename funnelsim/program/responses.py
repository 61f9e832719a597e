"""How leads answer to spend: which numbers of a channel say so, and how much is spent on which day."""

from __future__ import annotations

from typing import Any

from funnelsim.program import calendar as cal
from funnelsim.program import records as p
from funnelsim.program.arrays import floats, table, terms, units
from funnelsim.program.flows import FlowTerm, parameter_of
from funnelsim.program.recipes import RecipeBook
from funnelsim.program.timeline import Timeline
from funnelsim.scenario.models import SpendResponse
from funnelsim.scenario.paths import format_path
from funnelsim.scenario.responses import days_of

CURVES = {"linear": p.LINEAR, "power": p.POWER, "hill": p.HILL}


def response_tables(timeline: Timeline, book: RecipeBook) -> dict[str, Any]:
    """Return the responses of all channels, which no change sets, and what is spent by day, as in `Recipes`."""
    channels = timeline.regimes[0].channels
    flows = response_terms(timeline, book)
    days = [_days(channel.response) for channel in channels.values()]
    return {
        "response": table([_parameters(book, name, channel.response) for name, channel in channels.items()]),
        "response_days": p.read_only(floats([day for pair in days for day in pair]).reshape(-1, 2)),
        "response_term": terms(flows),
        "response_units": units(flows, timeline.days),
    }


def _parameters(book: RecipeBook, name: str, response: SpendResponse | None) -> list[int]:
    if response is None:
        return [p.NONE] * 6

    def parameter(field: str, number: Any, *, chance: bool = False) -> int:
        path = format_path(("channels", name, "response", field))
        return p.NONE if number is None else book.parameter(path, number, chance=chance)

    shape = ("exponent", response.exponent) if response.curve == "power" else ("slope", response.slope)
    carry_over = None if response.carry_over is None else response.carry_over.amount
    return [
        CURVES[response.curve],
        parameter("at", response.at.amount),
        parameter(*shape),
        parameter("half", None if response.half is None else response.half.amount),
        parameter("lag", response.lag),
        parameter("carry_over", carry_over, chance=True),
    ]


def _days(response: SpendResponse | None) -> tuple[float, float]:
    if response is None:
        return 1.0, 1.0
    half = 1.0 if response.half is None else days_of(response.half) / days_of(response.at)
    return half, 1.0 if response.carry_over is None else days_of(response.carry_over)


def response_terms(timeline: Timeline, book: RecipeBook) -> list[FlowTerm]:
    """Return spend by day of channels whose leads answer to it: a term for each number it flows by, by regime."""
    found = []
    for r, regime in enumerate(timeline.regimes):
        from_tick, to_tick = [*timeline.regime_tick, timeline.end_tick][r : r + 2]
        holds = [from_tick <= day * cal.DAY < to_tick for day in range(timeline.days)]
        for position, (name, channel) in enumerate(regime.channels.items()):
            if channel.response is None or channel.spend is None:
                continue
            (level,) = cal.spread(channel.response.at, timeline.begin, timeline.days)
            for term in cal.spread(channel.spend, timeline.begin, timeline.days):
                days = zip(term.units, level.units, holds, strict=True)
                relative = [spent / at if here else 0.0 for spent, at, here in days]
                found.append(FlowTerm(position, parameter_of(book, ("channels", name, "spend"), term), relative))
    return found
