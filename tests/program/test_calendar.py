from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.program import calendar as cal
from funnelsim.scenario.quantities import ByMonth, Rate, Span

DATE = dt.date(2026, 1, 15)
dates = st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1))


@pytest.mark.parametrize(
    ("start", "span", "days"),
    [
        (DATE, Span(12, "month"), 365),
        (dt.date(2026, 1, 31), Span(1, "month"), 28),
        (dt.date(2024, 2, 29), Span(1, "year"), 365),
        (dt.date(2026, 11, 30), Span(1, "quarter"), 90),
        (DATE, Span(2, "week"), 14),
    ],
)
def test_span_ticks(start: dt.date, span: Span, days: int) -> None:
    assert cal.span_ticks(start, span) == days * cal.DAY


def test_span_ticks_of_a_length_are_exact() -> None:
    assert cal.span_ticks(DATE, Span(90_061_001, "tick")) == 90_061_001


@pytest.mark.parametrize(
    ("warm_up", "days"),
    [(Span(3, "month"), 92), (Span(0, "tick"), 0), (Span(cal.DAY + 1, "tick"), 2), (Span(2, "week"), 14)],
)
def test_days_before(warm_up: Span, days: int) -> None:
    assert cal.days_before(DATE, warm_up) == days


@pytest.mark.parametrize(
    ("period", "edges"),
    [
        (Span(1, "month"), [0, 17, 45, 60]),
        (Span(1, "week"), [0, 4, 11, 18, 25, 32, 39, 46, 53, 60]),
        (Span(1, "quarter"), [0, 60]),
        (Span(25 * cal.DAY, "tick"), [0, 25, 50, 60]),
    ],
)
def test_period_edges(period: Span, edges: list[int]) -> None:
    assert cal.period_edges(DATE, 60 * cal.DAY, period) == [edge * cal.DAY for edge in edges]


@given(dates, st.integers(1, 1500), st.sampled_from(["week", "month", "quarter", "year"]), st.integers(1, 3))
def test_period_edges_cover_the_run(start: dt.date, days: int, unit: str, count: int) -> None:
    edges = cal.period_edges(start, days * cal.DAY, Span(count, unit))  # type: ignore[arg-type]
    assert edges[0] == 0
    assert edges[-1] == days * cal.DAY
    assert all(earlier < later for earlier, later in itertools.pairwise(edges))


@given(dates, st.integers(-50, 50))
def test_add_months(start: dt.date, months: int) -> None:
    moved = cal.add_months(start, months)
    assert cal.month_number(moved) == cal.month_number(start) + months
    assert moved.day == start.day or cal.month_number(moved + dt.timedelta(days=1)) == cal.month_number(moved) + 1


@given(dates, st.sampled_from(["month", "quarter", "year"]))
def test_a_calendar_amount_flows_once_in_its_time(start: dt.date, unit: str) -> None:
    months = cal.MONTHS_IN[unit]
    first = cal.month_start(cal.month_number(start) // months * months)
    days = cal.days_between(first, cal.add_months(first, months))
    (term,) = cal.spread(Rate(100.0, Span(1, unit)), first, days)  # type: ignore[arg-type]
    assert sum(Fraction(value) for value in term.units) == pytest.approx(1, abs=1e-13)


def test_a_table_by_month() -> None:
    march = cal.month_number(dt.date(2026, 3, 1))
    terms = cal.spread(ByMonth((march, march + 1), (310.0, 60.0)), dt.date(2026, 2, 27), 35)
    assert [term.name for term in terms] == ["2026-03", "2026-04"]
    first, second = terms
    assert first.units[:3] == (1 / 28, 1 / 28, 1 / 31), "the first amount serves the months before it"
    assert first.units[33] == 0
    assert second.units[33] == 1 / 30


@given(dates)
def test_weekdays_in_a_month(day: dt.date) -> None:
    first = day.replace(day=1)
    days = [first + dt.timedelta(days=number) for number in range(cal.days_between(first, cal.add_months(first, 1)))]
    counted = Counter(date.weekday() for date in days)
    assert cal.weekdays_in(cal.month_number(day)) == [counted[weekday] for weekday in range(7)]
