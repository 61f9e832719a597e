"""How the leads of a channel answer to what is spent on it: curves, a lag, and what carries over (DOMAIN D1.5)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from funnelsim.scenario import schemas
from funnelsim.scenario.cases import Case
from funnelsim.scenario.kinds import Kind
from funnelsim.scenario.measures import DURATION, MONEY, PLAIN, SHARE
from funnelsim.scenario.parts import Part
from funnelsim.scenario.problems import Finding, PathParts
from funnelsim.scenario.quantities import (
    ByMonth,
    DrawsBelief,
    Flow,
    Number,
    RangeBelief,
    Rate,
    Span,
    UniformBelief,
    bounds,
)
from funnelsim.scenario.tables import FlowMeasure
from funnelsim.scenario.units import TICKS

Curve = Literal["linear", "power", "hill"]

LEVEL = FlowMeasure(replace(MONEY, what="a level of spend", low_allowed=False), "90_000 per month", "a level", False)
REMAINING = FlowMeasure(
    replace(SHARE, what="a carry-over", example="40%", example_range="30% to 50%"),
    "40% per month",
    "a carry-over",
    False,
)


def _kind(measure: FlowMeasure) -> Kind:
    return Kind(measure.read, measure.write, schemas.flow(measure))


SHAPE = Kind(PLAIN.number, PLAIN.write_number, schemas.number(PLAIN))
LAG = Kind(DURATION.number, DURATION.write_number, schemas.number(DURATION))


class SpendResponse(Part):
    """How many of a channel's leads come at which spend."""

    curve: Curve = Field(
        description="How leads grow with spend: linear, as a power of it, or along a Hill curve, which has a ceiling."
    )
    at: Annotated[Rate, _kind(LEVEL)] = Field(
        description="The spend at which the channel's leads are those written, such as 90_000 per month."
    )
    exponent: Annotated[Number, SHAPE] | None = Field(
        None, description="Of a power: 0.6 means that twice the spend brings 1.52 times the leads."
    )
    half: Annotated[Rate, _kind(LEVEL)] | None = Field(
        None, description="Of a Hill curve: the spend that brings half of the most leads there can be."
    )
    slope: Annotated[Number, SHAPE] = Field(
        1, description="Of a Hill curve: above 1 little spend brings next to nothing, and leads rise in an S."
    )
    lag: Annotated[Number, LAG] = Field(0, description="How long after the spend its leads come, in whole days.")
    carry_over: Annotated[Rate, _kind(REMAINING)] | None = Field(
        None, description="How much of the effect of spend is left after a time, such as 40% per month."
    )


# ---------------------------------------------------------------- rules
def responses_make_sense(case: Case) -> Iterator[Finding]:
    """Refuse a response of what is not spent on, and curves that lack a parameter or have one of another curve."""
    for name, channel in case.scenario.channels.items():
        path: PathParts = ("channels", name, "response")
        if channel.response is None or not case.sure(path):
            continue
        if channel.backlog is not None and case.sure((*path[:2], "backlog")):
            yield path, "a backlog is there on day one, whatever is spent; leave 'response' out"
        elif channel.spend is None and case.sure((*path[:2], "spend")):
            yield path, "leads can answer to spend only where there is some; write 'spend', such as 90_000 per month"
        yield from ((path, message) for message in _faults_of_curve(channel.response))


def _faults_of_curve(response: SpendResponse) -> Iterator[str]:
    curve = response.curve
    if curve == "power" and response.exponent is None:
        yield "a power needs its 'exponent', such as exponent: 0.6; below 1 each further amount brings less"
    if curve != "power" and response.exponent is not None:
        yield f"'exponent' is of a power, and this curve is {curve}; leave it out, or write curve: power"
    if curve == "hill" and response.half is None:
        yield "a Hill curve needs 'half', the spend that brings half of the most leads, such as 120_000 per month"
    if curve != "hill" and response.half is not None:
        yield f"'half' is of a Hill curve, and this one is {curve}; leave it out, or write curve: hill"
    if curve != "hill" and response.slope != 1:
        yield f"'slope' is of a Hill curve, and this one is {curve}; leave it out, or write curve: hill"
    if response.carry_over is not None and response.carry_over.amount == 1:
        yield "a carry-over of 100% would let no spend ever have an effect; write less, such as 40% per month"


# ---------------------------------------------------------------- sizes
def days_of(rate: Rate) -> float:
    """Return the days of a rate's period; a month has 30.4375 of them."""
    return rate.per.count * (1 if rate.per.unit == "tick" else TICKS[rate.per.unit]) / TICKS["d"]


def most_times(response: SpendResponse | None, spend: Flow | None) -> float:
    """Return what the leads of a channel are surely multiplied by at most; of uncertain numbers an end counts."""
    if response is None or spend is None:
        return 1.0
    least = _end(response.at, largest=False)
    rates = [Rate(amount, Span(1, "month")) for amount in spend.amounts] if isinstance(spend, ByMonth) else [spend]
    relative = max(1.0, max(map(_end, rates)) / least)
    if response.half is not None:
        slope = _largest(response.slope)
        return min(_power(relative, slope), 1 + _power(_end(response.half) / least, slope))
    return _power(relative, 1.0 if response.exponent is None else _largest(response.exponent))


def _power(number: float, exponent: float) -> float:
    """Return a power of a number above 0, or an absurdly large number in its place."""
    return math.exp(min(300.0, exponent * math.log(number)))


def _end(rate: Rate, *, largest: bool = True) -> float:
    """Return an end of a rate a day."""
    return (_largest(rate.amount) if largest else _smallest(rate.amount)) / days_of(rate)


def _largest(number: Number) -> float:
    match number:
        case RangeBelief(_, high) | UniformBelief(_, high):
            return high
        case DrawsBelief(values):
            return max(values)
    return float(number) if isinstance(number, int | float) else 1.0


def _smallest(number: Number) -> float:
    return number.low if isinstance(number, RangeBelief) else max(bounds(number)[0], 1.0)
