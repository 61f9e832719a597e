"""A team's clock, against its definition: it runs on working days and stands still on days off."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.engines.tables import UNLIMITED
from funnelsim.engines.working_time import is_day_off, opening, team_clock, work_end
from funnelsim.program.calendar import DAY

HOUR = DAY // 24


def worked(days: str) -> np.ndarray:
    """Working days before each day; x is a working day, - a day off."""
    return np.array([0, *np.cumsum([day == "x" for day in days])], np.int64)


WEEKS = "xx--xxxxx--xx"

calendars = st.text("x-", min_size=1, max_size=12)


@given(days=calendars, share=st.floats(0, 1))
def test_the_clock_counts_ticks_of_working_days(days: str, share: float) -> None:
    tick = int(share * len(days) * DAY)
    expected = sum(max(0, min(DAY, tick - day * DAY)) for day, kind in enumerate(days) if kind == "x")
    assert team_clock(worked(days), tick) == expected


@given(days=calendars, share=st.floats(0, 1, exclude_max=True))
def test_days_off_and_openings(days: str, share: float) -> None:
    tick = int(share * len(days) * DAY)
    today = tick // DAY
    assert is_day_off(worked(days), tick) == (days[today] == "-")
    ahead = [day for day in range(today, len(days)) if days[day] == "x"]
    expected = UNLIMITED if not ahead else tick if ahead[0] == today else ahead[0] * DAY
    assert opening(worked(days), tick) == expected


@given(
    days=calendars,
    share=st.floats(0, 1, exclude_max=True),
    work=st.integers(0, 5 * DAY),
    hours=st.sampled_from([24.0, 12.0, 8.0, 7.0]),
    pace=st.sampled_from([1.0, 0.5, 1.25]),
)
def test_work_ends_at_the_first_tick_by_which_the_clock_has_run_so_far(
    days: str, share: float, work: int, hours: float, pace: float
) -> None:
    begun = int(share * len(days) * DAY)
    length = math.floor(work * 24.0 / (hours * pace) + 0.5)
    calendar = worked(days)
    end = work_end(calendar, begun, work, hours, pace)
    wanted = team_clock(calendar, begun) + length
    if length == 0:
        assert end == begun
    elif wanted > team_clock(calendar, len(days) * DAY):
        assert end == UNLIMITED
    else:
        assert begun < end <= len(days) * DAY
        assert team_clock(calendar, end) == wanted
        assert team_clock(calendar, end - 1) == wanted - 1


@pytest.mark.parametrize(
    ("begun", "work", "end"),
    [
        (0, 8 * HOUR, DAY),
        (DAY, 8 * HOUR, 2 * DAY),  # up to the first tick of the day off
        (DAY + 12 * HOUR, 8 * HOUR, 4 * DAY + 12 * HOUR),
        (2 * DAY, 8 * HOUR, 5 * DAY),  # begun on a day off
        (2 * DAY + 5, 0, 2 * DAY + 5),
    ],
)
def test_eight_hours_a_day_around_a_weekend(begun: int, work: int, end: int) -> None:
    assert work_end(worked(WEEKS), begun, work, 8.0, 1.0) == end


def test_half_a_tick_is_rounded_up() -> None:
    assert work_end(worked("x"), 0, 1, 16.0, 1.0) == 2  # 1.5
    assert work_end(worked("x"), 0, 3, 24.0, 2.0) == 2  # 1.5
    assert work_end(worked("x"), 0, 1, 24.0, 3.0) == 0


def test_endless_work_does_not_overflow() -> None:
    assert work_end(worked("x"), 0, 1 << 61, 0.1, 0.01) == UNLIMITED


def test_three_times_five_minutes_are_a_quarter_of_an_hour() -> None:
    tick = 0
    for _ in range(3):
        tick = work_end(worked("x"), tick, 5 * 60_000, 7.0, 1.0)
    assert abs(tick - work_end(worked("x"), 0, 15 * 60_000, 7.0, 1.0)) <= 2
    assert work_end(worked("x"), 0, 15 * 60_000, 8.0, 1.0) == 3 * work_end(worked("x"), 0, 5 * 60_000, 8.0, 1.0)
