"""Teams that are full, so that more money brings no more, and what one more person of them would be worth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from funnelsim.forecast.accounts import Account
from funnelsim.forecast.compare import Difference, difference
from funnelsim.program import calendar as cal
from funnelsim.scenario import Scenario
from funnelsim.scenario.paths import format_path

FULL = 0.95
"""The share of its time from which on a team that works so much is full."""

WORTH = ("sql", "won", "gross_profit", "spend", "profit")
"""Figures of what one more person is worth."""


@dataclass(frozen=True)
class FullTeam:
    """A team that is full under a budget, to the end of the horizon.

    Attributes
    ----------
    team : str
    since : date
        When the period begins from which on it is.
    busy : float
        The share of its time in which it works from then on, on average over periods.
    one_more : mapping of str to Difference
        By figure, what one more person from the start on brings, in a run with the same luck; empty where people are
        written so that one more cannot be added.
    """

    team: str
    since: dt.date
    busy: float
    one_more: Mapping[str, Difference]


def full_since(account: Account, team: str) -> int | None:
    """Return the period from which on a team is full to the end of the horizon; None where it is not at its end.

    It is full in a period in which it works `FULL` of its time or more, or at whose end as many leads wait for an owner
    as it has people.
    """
    full = account.busy[team] >= FULL
    if team in account.unowned:
        full |= account.unowned[team] >= 1
    if not full.size or not full[-1]:
        return None
    return int(np.flatnonzero(~full)[-1]) + 1 if not full.all() else 0


def one_more(scenario: Scenario, team: str) -> Scenario | None:
    """Return a scenario with one more person in a team, at all times; None where the number is uncertain."""
    people: Any = scenario.data()["teams"][team]["people"]
    path = format_path(("teams", team, "people"))
    written = scenario.teams[team]
    if isinstance(people, int):
        return scenario.set({path: people + 1})
    if written.schedule is not None and all(isinstance(number, int) for number in people.values()):
        return scenario.set({path: {date: number + 1 for date, number in people.items()}})
    if written.persons is not None:
        name = next(f"one_more_{n}" for n in range(1, len(people) + 2) if f"one_more_{n}" not in people)
        return scenario.set({path: {**people, name: {}}})
    return None


def full_team(account: Account, team: str, since: int, more: Account | None) -> FullTeam:
    """Say since when a team is full, and what an account with one more person has more."""
    scenario = account.scenario
    edges = cal.period_edges(scenario.start, cal.span_ticks(scenario.start, scenario.horizon), scenario.period)
    date = scenario.start + dt.timedelta(days=edges[since] // cal.DAY)
    names = [name for name in WORTH if name in account.figures()]
    worth = {} if more is None else {name: difference(account.parts(name), more.parts(name)) for name in names}
    return FullTeam(team, date, float(account.busy[team][since:].mean()), worth)
