"""Days of a run: when its periods begin and end, and which of them a day is in."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from funnelsim.program.calendar import period_edges, span_ticks
from funnelsim.scenario.dates import read_date
from funnelsim.scenario.problems import RefusedError

if TYPE_CHECKING:
    from funnelsim.scenario import Scenario


def edges_of(scenario: Scenario) -> npt.NDArray[np.datetime64]:
    """Return when each period of a scenario begins, and the last one ends."""
    ticks = period_edges(scenario.start, span_ticks(scenario.start, scenario.horizon), scenario.period)
    start = np.datetime64(scenario.start, "ms").astype("datetime64[ns]")
    return np.asarray(start + np.array(ticks).astype("timedelta64[ms]"))


def period_until(by: str | dt.date | None, scenario: Scenario) -> int:
    """Return the period that ends with a day; by default the last one.

    Raises
    ------
    ValueError
        For what is no date, or not the last day of a period; the message says which are near.
    """
    edges = edges_of(scenario)
    if by is None:
        return len(edges) - 2
    date = date_of(by)
    period = period_with(date, edges)
    if edges[period + 1] != date + np.timedelta64(1, "D"):
        near = [str((edges[place] - np.timedelta64(1, "ms")).astype("datetime64[D]")) for place in (period, period + 1)]
        last = near[1:] if period == 0 else near
        raise ValueError(
            f"{date} is within a period, and leads are counted by period: take its last day, {' or '.join(last)}, or "
            "shorter periods, such as period: week or period: 1d"
        )
    return period


def date_of(given: str | dt.date) -> np.datetime64:
    """Read a date; a ValueError says of what is none how one is written."""
    try:
        date = given if isinstance(given, dt.date) else read_date(given)
    except RefusedError as error:
        raise ValueError(str(error)) from None
    return np.datetime64(date, "D")


def period_with(date: np.datetime64, edges: npt.NDArray[np.datetime64]) -> int:
    """Return the period in which a day lies; a ValueError says of another day from when to when the run is."""
    if not edges[0] <= date < edges[-1]:
        ends = [str(moment.astype("datetime64[D]")) for moment in (edges[0], edges[-1] - np.timedelta64(1, "ms"))]
        raise ValueError(f"{date} is no day of the run, which is from {ends[0]} to {ends[1]}")
    return int(np.searchsorted(edges, date, side="right")) - 1
