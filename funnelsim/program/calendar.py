"""From dates to ticks: the run's own clock, its periods, and how an amount per month is spread over days.

Tick 0 is midnight of the day the run begins (semantics, rule 1). Everything here is exact: whole
ticks, and fractions of a month as ratios of whole ticks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from funnelsim.scenario.quantities import ByMonth, Flow, Number, Rate, Span

DAY = 86_400_000
"""Ticks in a day."""

MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}


def month_number(day: dt.date) -> int:
    """Months since year 0: ``year * 12 + month - 1``, the key of `ByMonth`."""
    return day.year * 12 + day.month - 1


def month_start(number: int) -> dt.date:
    """First day of the month with this number."""
    return dt.date(number // 12, number % 12 + 1, 1)


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day of the month some months later, or the month's last day where it has no such day."""
    first = month_start(month_number(day) + months)
    following = month_start(month_number(day) + months + 1)
    return first + dt.timedelta(days=min(day.day - 1, (following - first).days - 1))


def days_between(earlier: dt.date, later: dt.date) -> int:
    """Whole days from one date to another."""
    return (later - earlier).days


def span_ticks(start: dt.date, span: Span) -> int:
    """Ticks from midnight of `start` to the end of a span that begins there."""
    if span.unit == "tick":
        return span.count
    if span.unit == "week":
        return span.count * 7 * DAY
    return days_between(start, add_months(start, span.count * MONTHS_IN[span.unit])) * DAY


def days_before(start: dt.date, span: Span) -> int:
    """Whole days from the beginning of a warm-up of this span to `start`; parts of a day are rounded up."""
    if span.unit in MONTHS_IN:
        return days_between(add_months(start, -span.count * MONTHS_IN[span.unit]), start)
    return -(-span_ticks(start, span) // DAY)


def period_edges(start: dt.date, length: int, period: Span) -> list[int]:
    """Edges of the reporting periods, in ticks from `start`: first 0, last `length`.

    Months, quarters, years and weeks are those of the calendar (weeks begin on Monday), so the first and
    the last may be parts of one; a length is counted from `start`.
    """
    edges = [0]
    if period.unit == "tick":
        edges.extend(range(period.count, length, period.count))
    else:
        edge = _next_calendar_edge(start, period)
        while days_between(start, edge) * DAY < length:
            edges.append(days_between(start, edge) * DAY)
            edge = _next_calendar_edge(edge, period)
    return [*edges, length]


def _next_calendar_edge(day: dt.date, period: Span) -> dt.date:
    if period.unit == "week":
        return day + dt.timedelta(days=7 * period.count - day.weekday())
    months = period.count * MONTHS_IN[period.unit]
    return month_start((month_number(day) // months + 1) * months)


@dataclass(frozen=True)
class Term:
    """One number of a flow, and how much of it has flowed by the end of each day.

    ``units[d]`` is how often `number` has been reached during day d alone (a month's amount on one of its 30
    days: 1/30).
    """

    name: str
    number: Number
    units: tuple[float, ...]


def spread(flow: Flow, begin: dt.date, days: int) -> list[Term]:
    """Spread a flow over the days of a run.

    Amounts per month, quarter or year are spread evenly over each calendar one; amounts per length evenly over time.
    In a table by month the first amount also serves every month before it.
    """
    dates = [begin + dt.timedelta(days=day) for day in range(days)]
    if isinstance(flow, ByMonth):
        return _spread_by_month(flow, dates)
    return [Term("amount", flow.amount, tuple(_share_of_day(flow, day) for day in dates))]


def _share_of_day(rate: Rate, day: dt.date) -> float:
    if rate.per.unit in ("tick", "week"):
        return DAY / span_ticks(day, rate.per)
    months = MONTHS_IN[rate.per.unit] * rate.per.count
    first = month_number(day) // months * months
    return 1.0 / days_between(month_start(first), month_start(first + months))


def _spread_by_month(flow: ByMonth, dates: Sequence[dt.date]) -> list[Term]:
    terms = []
    for position, (month, amount) in enumerate(zip(flow.months, flow.amounts, strict=True)):
        units = [
            1.0 / days_between(month_start(month_number(day)), month_start(month_number(day) + 1))
            if month_number(day) == month or (position == 0 and month_number(day) < month)
            else 0.0
            for day in dates
        ]
        first = month_start(month)
        terms.append(Term(f"{first.year:04d}-{first.month:02d}", amount, tuple(units)))
    return terms


def weekdays_in(month: int) -> list[int]:
    """How often each weekday, from Monday on, is in the month with this number."""
    first = month_start(month)
    length = days_between(first, month_start(month + 1))
    return [(length - (weekday - first.weekday()) % 7 + 6) // 7 for weekday in range(7)]
