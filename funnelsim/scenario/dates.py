"""The calendar: lengths added to dates, and the months that a run touches."""

from __future__ import annotations

import calendar
import datetime as dt

from funnelsim.scenario.quantities import Span

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


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
