"""How much there is of everything: more leads or periods than a run can hold are refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from funnelsim.scenario import words
from funnelsim.scenario.cases import Case
from funnelsim.scenario.dates import months_between
from funnelsim.scenario.problems import Finding, PathParts
from funnelsim.scenario.quantities import ByMonth, DrawsBelief, Number, RangeBelief, UniformBelief
from funnelsim.scenario.responses import most_times
from funnelsim.scenario.units import TICKS

if TYPE_CHECKING:
    from funnelsim.scenario.models import Channel

MOST_LEADS = 1_000_000_000
"""The most leads of one run."""

MOST_PERIODS = 100_000
"""The most periods that a horizon is cut into."""

_DAY = dt.timedelta(days=1)


def leads_fit(cases: Sequence[Case]) -> Iterator[tuple[int, Finding]]:
    """Refuse more leads than a run can hold.

    Parameters
    ----------
    cases : sequence of Case
        What holds at first, and from each change on.

    Yields
    ------
    int, Finding
        In which of the cases most of these leads are written; of uncertain numbers the upper end counts.
    """
    if not all(case.sure("start", "horizon", "warm_up") for case in cases):
        return
    channels = cases[0].scenario.channels
    by_channel = {name: _by_writer(cases, [name]) for name in channels}
    too_many = {
        ("channels", name, "leads" if channels[name].backlog is None else "backlog"): numbers
        for name, numbers in by_channel.items()
        if sum(numbers.values()) > MOST_LEADS
    }
    whole: dict[PathParts, dict[int, float]] = {("channels",): _by_writer(cases, list(channels))}
    for path, numbers in (too_many or whole).items():
        if (total := sum(numbers.values())) > MOST_LEADS:
            message = f"these are {total:,.0f} leads in one run, which holds at most {MOST_LEADS:,}"
            finding = path, f"{message}; let one lead stand for many, or shorten the run"
            yield max(numbers, key=lambda number: numbers[number]), finding


def _by_writer(cases: Sequence[Case], names: Sequence[str]) -> dict[int, float]:
    """Return the leads of channels, by the case that says how many come."""
    numbers: dict[int, float] = {}
    writer, said = 0, None
    for position, case in enumerate(cases):
        sources = [case.scenario.channels[name] for name in names if case.is_read(("channels", name))]
        flows = [(channel.leads, channel.backlog) for channel in sources]
        if flows != said:
            writer, said = position, flows
        numbers[writer] = numbers.get(writer, 0.0) + sum(_leads(case, channel) for channel in sources)
    return numbers


def _leads(case: Case, channel: Channel) -> float:
    if channel.backlog is not None:
        here = case.since <= dt.datetime.combine(case.scenario.start, dt.time()) < case.until
        return _largest(channel.backlog) if here else 0.0
    if channel.leads is None or case.until <= case.since:
        return 0.0
    factors, total = channel.seasonality.month, 0.0
    for month in months_between(case.since, case.until):
        first, following = (dt.datetime(number // 12, number % 12 + 1, 1) for number in (month, month + 1))
        share = (min(following, case.until) - max(first, case.since)) / (following - first)
        match channel.leads:
            case ByMonth(months, amounts):
                amount = _largest(dict(zip(months, amounts, strict=True)).get(month, 0.0))
            case rate:
                unit = rate.per.count if rate.per.unit == "tick" else TICKS[rate.per.unit]
                length = TICKS["month"] if rate.per.unit != "tick" else (following - first) / _DAY * TICKS["d"]
                amount = _largest(rate.amount) * length / unit
        total += amount * share * (_largest(factors[month % 12]) if factors else 1.0)
    return total * most_times(channel.response, channel.spend)


def _largest(number: Number) -> float:
    match number:
        case RangeBelief(_, high) | UniformBelief(_, high):
            return high
        case DrawsBelief(values):
            return max(values)
        case int() | float():
            return number
        case _:  # learnt from counts: a chance, not an amount
            return 1.0


def periods_fit(case: Case) -> Iterator[Finding]:
    """Refuse more periods than a report can hold."""
    scenario = case.scenario
    if not case.sure("start", "horizon", "period") or scenario.period.unit != "tick":
        return
    horizon = scenario.end - dt.datetime.combine(scenario.start, dt.time())
    number = -(-horizon // dt.timedelta(milliseconds=scenario.period.count))
    if number > MOST_PERIODS:
        lengths = ("min", "h", "d")
        unit = next(unit for unit in lengths if horizon / dt.timedelta(milliseconds=TICKS[unit]) <= MOST_PERIODS)
        longer = {"min": "1min", "h": "hour", "d": "day"}[unit]
        message = f"a horizon of {words.span(scenario.horizon)} has {number:,} periods of {_length(case)}"
        yield ("period",), f"{message}, and reports hold at most {MOST_PERIODS:,}; write a longer one, such as {longer}"


def _length(case: Case) -> str:
    return words.duration(case.scenario.period.count)
