"""Runs that go on after the horizon, so that what leads of the horizon become is seen, and not estimated.

Leads that are still in flight at the end of the horizon will bring something, and cost something. Methods that complete
a young cohort by the curve of older ones (chain ladder) take for granted that all mature alike, which changes, teams
that fill up and content that runs out belie. A simulation can go on instead, with the flow and all that is dated after
the horizon. The same seed gives the same run up to the horizon, to the unit, so that what comes later is a difference
of whole numbers.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from funnelsim.scenario import Scenario, ScenarioError
from funnelsim.scenario.dates import months_between, shift
from funnelsim.scenario.kinds import LEADS_FLOW, MONEY_FLOW, Kind
from funnelsim.scenario.paths import format_path
from funnelsim.scenario.problems import RefusedError
from funnelsim.scenario.quantities import ByMonth, Flow, Span
from funnelsim.scenario.units import read_span, write_span

if TYPE_CHECKING:
    from funnelsim.metrics.result import Result

_MILLISECOND = dt.timedelta(milliseconds=1)


def longer(scenario: Scenario, run_on: str) -> Scenario:
    """Return a scenario whose horizon ends later.

    Parameters
    ----------
    scenario : Scenario
    run_on : str
        How long it goes on, such as ``12 months`` or ``90d``.

    Returns
    -------
    Scenario
        Tables by month that end before go on with what they say of the same month a year before, or, where they are
        shorter than that, of their last month.

    Raises
    ------
    ValueError
        Where `run_on` is no length longer than nothing, and where the scenario does not say what happens then, as a
        table by month in a dated change does not.
    """
    try:
        span = read_span(run_on)
    except RefusedError as error:
        raise ValueError("; ".join(message for _, message in error.findings)) from None
    if span.count <= 0:
        raise ValueError(f"a run goes on for some time, such as '12 months' or '90d', not for {run_on!r}")
    start, end = dt.datetime.combine(scenario.start, dt.time()), shift(scenario.end, span)
    values = {"horizon": write_span(Span((end - start) // _MILLISECOND, "tick"))}
    try:
        return scenario.set({**values, **_tables(scenario, months_between(start, end)[-1])})
    except ScenarioError as error:
        message = f"the run cannot go on for {write_span(span)} after the horizon; mend this, or let it go on for less"
        raise ValueError(f"{message}:\n{error}") from error


def _tables(scenario: Scenario, last: int) -> dict[str, Any]:
    """Return the tables by month that end before a month, gone on with."""
    flows: dict[str, tuple[Flow | None, Kind]] = {}
    for name, channel in scenario.channels.items():
        flows[format_path(("channels", name, "leads"))] = channel.leads, LEADS_FLOW
        flows[format_path(("channels", name, "spend"))] = channel.spend, MONEY_FLOW
    for name, overhead in scenario.overheads.items():
        flows[format_path(("overheads", name, "amount"))] = overhead.amount, MONEY_FLOW
    return {
        path: kind.write(_gone_on(flow, last))
        for path, (flow, kind) in flows.items()
        if isinstance(flow, ByMonth) and flow.months[-1] < last
    }


def _gone_on(flow: ByMonth, last: int) -> ByMonth:
    amounts = list(flow.amounts)
    for _ in range(flow.months[-1], last):
        amounts.append(amounts[-12] if len(amounts) >= 12 else amounts[-1])
    return ByMonth(tuple(range(flow.months[0], last + 1)), tuple(amounts))


def whole_cohorts(now: Result, later: Result) -> int:
    """Return how many cohorts, that of leads from before the start included, are the same leads in both runs.

    All but the last where the horizon ends in the middle of a period: there the run that goes on has more leads.
    """
    ended = np.datetime64(now.scenario.end, "ns")
    cohorts = len(now.data["cohort"])
    periods = later.data["period"].to_numpy()
    return cohorts if len(periods) < cohorts or periods[cohorts - 1] == ended else cohorts - 1


def in_flight(result: Result) -> xr.DataArray:
    """Return how many leads may still move on at the end: whole numbers (replication, cohort, group)."""
    standing, stalled = (result.data[f"cohort_{name}"].astype(np.int64) for name in ("standing", "stalled"))
    final = np.array([stage.is_final for stage in result.scenario.stages.values()])
    moving: xr.DataArray = (standing - stalled).isel(stage=~final).sum("stage")
    return moving
