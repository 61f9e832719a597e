"""Figures of single periods: when the periods of a scenario begin, and what was counted in one of them."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from funnelsim.program.calendar import period_edges, span_ticks

if TYPE_CHECKING:
    import xarray as xr

    from funnelsim.metrics.figures import Parts
    from funnelsim.scenario import Scenario


def period_days(scenario: Scenario) -> list[dt.date]:
    """Return the day on which each reporting period of a scenario begins."""
    start = dt.datetime.combine(scenario.start, dt.time())
    edges = period_edges(scenario.start, span_ticks(scenario.start, scenario.horizon), scenario.period)
    return [(start + dt.timedelta(milliseconds=edge)).date() for edge in edges[:-1]]


def of_period(parts: Parts, period: int) -> Parts:
    """Return what of a figure by period is of one of them, from 0."""

    def one(counted: xr.DataArray) -> xr.DataArray:
        return counted.isel(period=period, drop=True) if "period" in counted.dims else counted

    under = None if parts.under is None else one(parts.under)
    beside = None if parts.beside is None else (one(parts.beside[0]), one(parts.beside[1]))
    return parts._replace(over=one(parts.over), under=under, beside=beside)
