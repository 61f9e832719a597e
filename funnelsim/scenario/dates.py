"""The calendar: dates as text, lengths added to dates, and the months that a run touches."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from funnelsim.scenario.problems import RefusedError, shown
from funnelsim.scenario.quantities import Span

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
FIRST_YEAR, LAST_YEAR = 1900, 2999
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def read_date(raw: object) -> dt.date:
    """Read ``2026-01-31``."""
    match = _DATE.fullmatch(raw) if isinstance(raw, str) else None
    if match is None:
        raise RefusedError(f"a date is written 2026-01-31, not {shown(raw)}")
    try:
        date = dt.date(*map(int, match.groups()))
    except ValueError as error:
        raise RefusedError(f"no such date {shown(raw)}: {error}") from None
    if not FIRST_YEAR <= date.year <= LAST_YEAR:
        raise RefusedError(f"a date lies between the years {FIRST_YEAR} and {LAST_YEAR}, not {shown(raw)}")
    return date


def shift(moment: dt.datetime, span: Span, *, backwards: bool = False) -> dt.datetime:
    """Move a moment by a length; a day that its new month does not have becomes the month's last."""
    count = -span.count if backwards else span.count
    if span.unit == "tick":
        return moment + dt.timedelta(milliseconds=count)
    if span.unit == "week":
        return moment + dt.timedelta(weeks=count)
    year, month = divmod(moment.year * 12 + moment.month - 1 + count * _MONTHS[span.unit], 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))


def months_between(start: dt.datetime, end: dt.datetime) -> range:
    """Return the numbers (year * 12 + month - 1) of the months of ``[start, end)``."""
    last = end - dt.timedelta(milliseconds=1)
    return range(start.year * 12 + start.month - 1, last.year * 12 + last.month)
