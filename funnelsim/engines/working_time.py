"""A team's clock: when work ends, and when people can begin (semantics, rules 39 and 42)."""

from __future__ import annotations

import math

from funnelsim.engines.jit import inlined, lean
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

MOST_WORK = 9007199254740992.0
"""What one piece of work is capped at, in ticks of the team's clock: 2**53."""


@lean
def team_clock(worked_days: p.IntArray, tick: int) -> int:
    """Ticks of a team's clock before a tick.

    Parameters
    ----------
    worked_days : int array (days + 1,)
        Working days before each day of the run.
    tick : int
        From 0 to the end of the last day.
    """
    day = tick // DAY
    passed = worked_days[day] * DAY
    if day + 1 < len(worked_days) and worked_days[day + 1] > worked_days[day]:
        passed += tick - day * DAY
    return int(passed)


@lean
def is_day_off(worked_days: p.IntArray, tick: int) -> bool:
    """Say whether a tick within the run falls on a day off."""
    day = tick // DAY
    return bool(worked_days[day + 1] == worked_days[day])


@lean
def opening(worked_days: p.IntArray, tick: int) -> int:
    """Return the first tick from `tick` on that is not on a day off; UNLIMITED if there is none in the run."""
    day = tick // DAY
    if day + 1 >= len(worked_days) or worked_days[day + 1] > worked_days[day]:
        return tick
    while day + 1 < len(worked_days):
        if worked_days[day + 1] > worked_days[day]:
            return int(day * DAY)
        day += 1
    return UNLIMITED


@lean
def work_end(worked_days: p.IntArray, tick: int, work: int, hours: float, pace: float) -> int:
    """Return when work ends (rule 39).

    Parameters
    ----------
    worked_days : int array (days + 1,)
    tick : int
        When it begins.
    work : int
        Ticks of one who works all day.
    hours : float
        Working hours a day.
    pace : float
        How fast the person works.

    Returns
    -------
    int
        The first tick by which the team's clock has run so far; UNLIMITED beyond the run.
    """
    return end_of_work(worked_days, tick, work_length(work, hours, pace))


@inlined
def work_length(work: int, hours: float, pace: float) -> int:
    """Return how many ticks of a team's clock work takes (rule 39); parameters as of `work_end`."""
    return math.floor(min(work * 24.0 / (hours * pace), MOST_WORK) + 0.5)


@lean
def end_of_work(worked_days: p.IntArray, tick: int, length: int) -> int:
    """Return when work of a length, in ticks of the team's clock, ends; parameters and result as of `work_end`."""
    if length == 0:
        return tick
    wanted = team_clock(worked_days, tick) + length
    low, high = tick // DAY, len(worked_days) - 1
    if worked_days[high] * DAY < wanted:
        return UNLIMITED
    while low + 1 < high:  # worked_days[low] * DAY < wanted <= worked_days[high] * DAY
        middle = (low + high) // 2
        if worked_days[middle] * DAY < wanted:
            low = middle
        else:
            high = middle
    return int(low * DAY + wanted - worked_days[low] * DAY)
