"""The program: what a scenario becomes, and all an engine knows.

Two groups of arrays. `Structure` is the same in every replication: which moves a stage has, where they lead, when
periods and changes begin. `Recipes` say how the numbers of one replication (waits, chances, costs, rates) follow from
its parameters, of which some may be uncertain. Tracks and touches are gone: a track is a container of moves, a touch
is a turn of its move, and its chain are rows.

Sizes, used in all shapes below: S stages, T streams, M moves, W rows, C channels, Q kinds (the segment, then the
traits, then the observed ones) with V values in all, E teams with N people, U turns of touches, L limits of contact,
A assets, R regimes (one more than there are changes), K cells, P parameters.
A *cell* is a piece of time in which neither period nor regime changes: within it counts determine costs.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from funnelsim.program.records import (
    BY_CHANNEL,
    BY_KIND,
    BY_NOTHING,
    BY_ORIGIN,
    FIXED,
    FloatArray,
    IntArray,
    RecordArray,
    WordArray,
)


class Structure(NamedTuple):
    """What is the same in every replication."""

    first_move: IntArray
    """(S + T + E + 1,): the moves of container c are ``first_move[c]`` to ``first_move[c + 1] - 1``.

    Stages, then streams, then what a team holds: the recycling of its leads.
    """
    moves: RecordArray
    """(M,) of `MOVE`."""
    rows: RecordArray
    """(W,) of `ROW`."""
    after: IntArray
    """(R, M): a wait, by its place in `Recipes.waits`."""
    every: IntArray
    """(R, M): a wait."""
    track: IntArray
    """(S,): a stream, NONE, KEEP or RULES."""
    track_rules: IntArray
    """(S, 2): where the rules of a stage's track begin and end in `rules`."""
    paused: IntArray
    """(T,): the rule under which a track is paused, or NONE."""
    turns: RecordArray
    """(U,) of `TURN`, move by move."""
    turn_wait: IntArray
    """(R, U): the wait before a touch, or NONE where it is the cadence."""
    turn_limits: IntArray
    """Limits of contact that hold for each turn."""
    turn_assets: IntArray
    """What each turn may give."""
    limits: RecordArray
    """(L,) of `LIMIT`."""
    asset_purpose: WordArray
    """(A,)"""
    bands: IntArray
    """Edges of the bands of the score profile, in thousandths of a point."""
    value: IntArray
    """(R, S): what entering the stage is worth, drawn like a wait but in money."""
    value_purpose: WordArray
    """(S,)"""
    channels: RecordArray
    """(C,) of `CHANNEL`."""
    age: IntArray
    """(C,): a wait, the age of a backlog's leads."""
    open_leads: RecordArray
    """Of `OPEN_LEAD`: the leads of a snapshot, by key."""
    row_kinds: IntArray
    """(W, Q): steps in the table of chances by each kind; 0 where the chance does not differ by it."""
    row_average: IntArray
    """(W, Q): 1 for each kind over whose shares the average is: those by which odds differ, and what they depend on."""
    row_criteria: IntArray
    """(W, 2): where the criteria that a lead must meet begin and end in `criteria`."""
    criteria: IntArray
    """(n, 2): a kind, and its value that meets the criterion."""
    kinds: RecordArray
    """(Q,) of `KIND`."""
    kind_first: IntArray
    """(Q + 1,): the values of kind q are ``kind_first[q]`` to ``kind_first[q + 1] - 1``."""
    kind_purpose: WordArray
    """(V,)"""
    row_takes: IntArray
    """(R, W): a wait, in ticks of working time."""
    owner: IntArray
    """(S,): the team that owns leads in a stage, or NONE."""
    teams: RecordArray
    """(E,) of `TEAM`."""
    people: RecordArray
    """(N,) of `PERSON`, team by team."""
    rules: RecordArray
    """Of `RULE`: of assignment, team by team; then all others."""
    conditions: RecordArray
    """Of `CONDITION`, rule by rule."""
    rule_people: IntArray
    """People that rules name, rule by rule."""
    worked_days: IntArray
    """(E, days + 1): working days of each team before each day of the run."""
    marks: IntArray
    """(E, S): 1 for an opportunity stage of a team's recycling, 2 for a win stage, 3 for both."""
    stage_flags: IntArray
    """(S,): bits of SALES (an owner, or a stated win rate below 1), WORKED (a team's people work there), PIPELINE (a
    stated win rate between 0 and 1), WON (a win rate of 1, a win stage of a recycling, or a value), SQL and GOAL."""
    start_tick: int
    end_tick: int
    regime_tick: IntArray
    """(R,): when each regime takes hold; the first at 0."""
    calendar_tick: IntArray
    """When the calendar acts on leads: regimes after the first, and dates of triggers; ascending, inside the run."""
    cell_edge: IntArray
    """(K + 1,): cells cover the run; cell 0 is the warm-up, and may be empty."""
    cell_regime: IntArray
    """(K,)"""
    cohort_edge: IntArray
    """(periods + 1,): edges of the periods; leads created before the first are cohort 0."""
    day_month_tick: IntArray
    """(days,): tick at which the calendar month of each day began (may be negative)."""


class Recipes(NamedTuple):
    """How the numbers of a replication follow from its parameters."""

    parameters: RecordArray
    """(P,) of `PARAMETER`."""
    samples: FloatArray
    """Posterior draws, and values and cumulative weights of empirical waits."""
    lists: IntArray
    """Lists of parameters that other recipes point into."""
    waits: RecordArray
    """Of `WAIT_RECIPE`; the first is NEVER."""
    num_gamma: int
    attempts: IntArray
    """(R, M): a parameter, or NONE without limit."""
    lifetime: IntArray
    """(R, M): a parameter, or NONE without limit."""
    chance: RecordArray
    """(R, W) of `CHANCE_RECIPE`."""
    num_chances: int
    """Length of a regime's table of chances."""
    cost: IntArray
    """(R, W): a parameter."""
    lead_cost: IntArray
    """(R, C): a parameter."""
    odds: IntArray
    """(R, W, layers, Q + 6): each layer of odds, where they stand in `lists` by each kind, by channel and by stage, or
    NONE; and by attempt and by visit, each with how many there are."""
    point_odds: IntArray
    """(R, W, 3, 2): where the odds for each point of warmth, of fatigue and of score begin and end in `lists`; all of
    them multiply."""
    required: IntArray
    """(R, W): a parameter, how many criteria a lead must meet; NONE for all of them."""
    share: IntArray
    """(R, X): a parameter, laid out as `KIND` says; of an observed kind X has the error instead, by true value."""
    condition_range: IntArray
    """(R, conditions, 2): parameters, from which on and below which a condition holds, in ticks, points or numbers;
    NONE where there is no bound."""
    move_points: IntArray
    """(R, M): a parameter, points that a success gives; NONE for none."""
    row_points: IntArray
    """(R, W): the same, by passing a row of a touch."""
    turn: IntArray
    """(R, U, 4): parameters: whether it is active, its weight of fatigue in points, and the chances that an open is
    recorded, and that one is that did not happen."""
    scoring: IntArray
    """(R, 2): parameters, ticks in which warmth and fatigue halve; NONE for never."""
    fit: IntArray
    """(R, V): a parameter, points; NONE for none."""
    limit: IntArray
    """(R, L, 2): parameters: most touches, and in how many ticks."""
    asset: IntArray
    """(R, A, 3): parameters: share, number, and whether it is active."""
    asset_odds: IntArray
    """(R, A, V + C + S): a parameter, the odds by each value of a kind, each channel and each stage; NONE for 1."""
    backlog: IntArray
    """(C,): a parameter, or NONE."""
    needs: IntArray
    """(R, M): a parameter."""
    unanswered: IntArray
    """(R, M): a parameter, or NONE without limit."""
    win_rate: IntArray
    """(R, S): a parameter, or NONE where no win rate is stated."""
    extend: IntArray
    """(R, M, 4): parameters of by, times, chance and per owner; NONE without extension, and without a limit."""
    idle: IntArray
    """(M,): the parameter of how long nothing happens before the move is triggered, or NONE."""
    priority: IntArray
    """(M,): a parameter, or NONE where it is 0."""
    old_after: int
    """The parameter of the age at which a lead is old, or NONE where one created in an earlier calendar month is."""
    staff: IntArray
    """(R, E, 4): parameters of hours, hold, claims a day and queue limit; NONE without a limit."""
    keeping: IntArray
    """(E, 4): parameters of a team's cooldown, and of the length, by_activity and most of its protection; NONE without
    a most."""
    headcount: IntArray
    """(entries, 3): team, tick from which on it has so many people, and parameter; team by team, by tick."""
    skill: IntArray
    """(N, 2): parameters of chance and pace."""
    salary_term: IntArray
    """(terms, 3): team, parameter, and that of how many people earn it, or NONE where they are named."""
    salary_units: FloatArray
    """(terms, K + 1): how much of the parameter has been earned by each cell's edge, by all who are named or, of a
    number of people, by one of them."""
    lead_term: IntArray
    """(terms, 3): channel, parameter and NONE."""
    lead_units: FloatArray
    """(terms, days): how much of the parameter flows on each day, without season."""
    response: IntArray
    """(C, 6): LINEAR, POWER or HILL, or NONE where leads do not answer to spend; parameters of the spend at which leads
    are those written, of the exponent or slope, of the spend that brings half of the most, of the lag in ticks, and of
    the share that carries over; NONE for none."""
    response_days: FloatArray
    """(C, 2): the period of half in days for each day of that of the first parameter, and days of the carry-over."""
    response_term: IntArray
    """(terms, 3): channel, parameter of what is spent and NONE."""
    response_units: FloatArray
    """(terms, days): how much of the parameter is spent on each day, for each of the first parameter of `response`."""
    month_factor: IntArray
    """(C, 12): parameters of what multiplies the leads of each month of the year; NONE for 1."""
    weekday_factor: IntArray
    """(C, 7): parameters of what a weekday weighs within its month, from Monday on; NONE for 1."""
    day_month: IntArray
    """(days,): the calendar month of each day, from that of the first."""
    day_weekday: IntArray
    """(days,): from Monday, 0."""
    month_of_year: IntArray
    """(months,): of each calendar month that the run touches; January is 0."""
    month_weekdays: IntArray
    """(months, 7): how often each weekday is in the whole of it."""
    spend_term: IntArray
    """(terms, 3): channel, parameter and NONE."""
    spend_units: FloatArray
    """(terms, K + 1): how much of the parameter has been spent by each cell's edge."""


class Overheads(NamedTuple):
    """What overheads cost, and what they are shared out by: engines do not look at it."""

    names: tuple[str, ...]
    keys: tuple[str, ...]
    """What each is shared out by: one of `funnelsim.scenario.overheads.KEYS`, or a stage."""
    term: IntArray
    """(terms, 3): overhead, parameter and NONE."""
    units: FloatArray
    """(terms, K + 1): how much of the parameter has been spent by each cell's edge."""


ORIGINS = ("open", "new")
"""By origin: leads that were there at the start, and those that were created later."""


@dataclass(frozen=True)
class Program:
    """A compiled scenario.

    Names are for people and logs; engines use positions only. Arrays cannot be written to.
    """

    name: str
    variant: str | None
    start: dt.date
    begin: dt.date
    currency: str
    stages: tuple[str, ...]
    streams: tuple[str, ...]
    moves: tuple[str, ...]
    rows: tuple[str, ...]
    channels: tuple[str, ...]
    touches: tuple[str, ...]
    assets: tuple[str, ...]
    events: tuple[str, ...]
    teams: tuple[str, ...]
    people: tuple[str, ...]
    """``team.name`` of everybody who is ever of a team, team by team."""
    reasons: tuple[str, ...]
    """Why leads go where they go. A name may stand for two: a move's success, and its giving up."""
    losing: tuple[bool, ...]
    """Of each reason: whether it is written, or one of giving up: the last failure, a deadline, a step, a recycling."""
    kinds: tuple[str, ...]
    """What leads differ by: ``segment``, then the traits, then what is observed of them."""
    values: tuple[tuple[str, ...], ...]
    """The values of each kind."""
    final: tuple[bool, ...]
    parameters: tuple[str, ...]
    structure: Structure
    recipes: Recipes
    cell_period: tuple[int, ...]
    """The period of each cell; NONE for the warm-up."""
    overheads: Overheads
    open_names: tuple[str, ...]
    """What logs call the leads of a snapshot, in the order of `Structure.open_leads`."""

    @property
    def segments(self) -> tuple[str, ...]:
        """Names of the segments; one where the scenario has none."""
        return self.values[0]

    def group_names(self, by: str | None) -> tuple[str, ...]:
        """Return the names of the groups that leads are counted in; one nameless group where there are none.

        Raises
        ------
        ValueError
            For what leads cannot be grouped by.
        """
        if by is None:
            return ("",)
        if by == "channel":
            return self.channels
        if by == "origin":
            return ORIGINS
        if by in self.kinds:
            return self.values[self.kinds.index(by)]
        raise ValueError(f"cannot group by {by!r}: take {', '.join(('channel', 'origin', *self.kinds))}")

    def grouping(self, by: str | None) -> int:
        """Return the code of a grouping: BY_NOTHING, BY_CHANNEL, BY_ORIGIN, or BY_KIND and the number of the kind."""
        codes = {None: BY_NOTHING, "channel": BY_CHANNEL, "origin": BY_ORIGIN}
        return codes[by] if by in codes else BY_KIND + self.kinds.index(str(by))

    @property
    def is_scored(self) -> bool:
        """Whether leads get points for what they are or do."""
        points = (self.recipes.fit, self.recipes.row_points, self.recipes.move_points)
        return any(bool(np.any(some >= 0)) for some in points)

    @property
    def uncertain(self) -> bool:
        """Whether any parameter has to be drawn for each replication."""
        return bool(np.any(self.recipes.parameters["belief"] != FIXED))

    @property
    def period_dates(self) -> npt.NDArray[np.datetime64]:
        """(periods,): when each period begins."""
        milliseconds = self.structure.cohort_edge[:-1].astype("timedelta64[ms]")
        return np.datetime64(self.begin, "ms") + milliseconds

    def digest(self) -> str:
        """Name of everything an engine would see: equal digests, equal runs."""
        hashed = hashlib.blake2b(digest_size=16)
        for field in dataclasses.fields(self):
            if field.name == "open_names":
                continue  # they tell of keys, which an engine sees
            value = getattr(self, field.name)
            if isinstance(value, tuple) and hasattr(value, "_fields"):
                for array_name, array in zip(value._fields, value, strict=True):
                    hashed.update(f"{array_name}:{np.asarray(array).dtype.str}:{np.shape(array)}".encode())
                    hashed.update(np.ascontiguousarray(array).tobytes())
            else:
                hashed.update(f"{field.name}:{json.dumps(value, default=str)}".encode())
        return hashed.hexdigest()
