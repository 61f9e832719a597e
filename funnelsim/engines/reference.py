"""The reference engine: a SimPy model, to be read beside `semantics.md`.

Each running clock is a SimPy process that waits for its next attempt and is interrupted when it is cancelled, and so is
each piece of work. SimPy orders the events of one instant by an integer priority; ours is (phase, lead key, move),
rule 5. All luck comes from `funnelsim.engines.luck`, the same draws the kernel uses, so that the logs are equal to the
bit.

This module holds time, the coming of leads, the calendar and the log. Where leads are is in `stays`, where ways lead
them in `routes`, when moves attempt something in `clocks`, what comes of it in `attempting` and, of touches, in
`sending`, what people do in `staffing`, and who owns leads in `owning`.
"""

from __future__ import annotations

import bisect
import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import simpy

from funnelsim.engines import deciding, luck
from funnelsim.engines.attempting import Attempts
from funnelsim.engines.clocks import Clocks
from funnelsim.engines.leads import Lead
from funnelsim.engines.owning import Owners
from funnelsim.engines.philox import lead_key
from funnelsim.engines.realise import tables_of
from funnelsim.engines.routes import Going, Routes
from funnelsim.engines.rows import CREATED, PRESENT, STALLED, WOKEN, LogRow
from funnelsim.engines.sending import Touches
from funnelsim.engines.staffing import Staff
from funnelsim.engines.stays import Stays
from funnelsim.engines.tables import LEAD
from funnelsim.program import Program
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

Event = simpy.events.Event

BEFORE_ALL, CALENDAR, LEADS, PASS = range(-1, 3)
"""Phases of an instant (rule 5). The end of the run comes before all else at its instant (rule 3)."""

PEOPLE_MOVE, PAGE = range(2)
"""Order within the calendar's phase: who comes and who goes, then what else the calendar brings."""


class Funnel:
    """A program running in a SimPy environment, for one replication."""

    def __init__(self, program: Program, seed: int, replication: int) -> None:
        self.program = program
        self.tables = tables_of(program, seed, replication)
        self.start_tick, self.end_tick = program.structure.start_tick, program.structure.end_tick
        self.regime_ticks: list[int] = self.tables.regime_tick.tolist()
        self.environment = simpy.Environment()
        self.stays, self.routes, self.clocks = Stays(self), Routes(self), Clocks(self)
        self.attempts, self.touches = Attempts(self), Touches(self)
        self.owners, self.staff = Owners(self), Staff(self)
        self.pass_is_due = False
        self.leads: list[Lead] = []
        self.log: list[LogRow] = []

    def run(self) -> list[LogRow]:
        """Rules 8 and 36: run to the end, where nothing is forced to finish; return the log in its order."""
        for date in self.tables.calendar_tick.tolist():
            self.at(date, CALENDAR, PAGE, 0, self.turn_page)
        if self.program.teams:
            for tick in self.tables.staff_tick.tolist():
                self.at(tick, CALENDAR, PEOPLE_MOVE, 0, self.people_move)
            for midnight in range(0, self.end_tick, DAY):
                self.at(midnight, PASS, 0, 0, self.give_out)
        for channel, record in enumerate(self.tables.channels[0]):
            if record["arrivals"] == p.BACKLOG:
                for number in range(int(record["backlog"])):
                    self.expect(channel, number, self.start_tick)
            else:
                for number, tick in enumerate(self.arrivals(channel)):
                    self.expect(channel, number, tick)
        for known in self.tables.open_leads:
            self.at(self.start_tick, LEADS, known["key"], -1, functools.partial(self.stand_there, known))
        self.environment.run(until=self.at(self.end_tick, BEFORE_ALL, 0, 0))
        return sorted(self.log)

    def grouping(self, by: str | None) -> Callable[[LogRow], int]:
        """Return what says of a row of the log which group its lead is in."""
        code = self.program.grouping(by)
        if code == p.BY_NOTHING:
            return lambda row: 0
        if code == p.BY_CHANNEL:
            return lambda row: row.channel
        if code == p.BY_ORIGIN:
            there = {int(lead.key) for lead in self.leads if lead.is_open}
            return lambda row: p.OF_OPEN if row.key in there else p.OF_NEW
        kinds = {int(lead.key): lead.kinds for lead in self.leads}
        return lambda row: kinds[row.key][code - p.BY_KIND]

    # ------------------------------------------------------------ time
    @property
    def now(self) -> int:
        """The tick."""
        return int(self.environment.now)

    @property
    def regime(self) -> int:
        """What holds now: the last change that has taken hold (rule 30)."""
        return bisect.bisect_right(self.regime_ticks, self.now) - 1

    @property
    def scoring(self) -> p.Record:
        """What holds now of points."""
        return self.tables.scoring[self.regime]

    def move(self, move: int) -> p.Record:
        """Return what holds now of a move."""
        return self.tables.moves[self.regime, move]

    def turn(self, lead: Lead, move: int) -> p.Record:
        """Rule 16: what holds now of the touch whose turn it is; touches are made in rotation."""
        record = self.move(move)
        return self.tables.turns[self.regime, record["first_turn"] + lead.attempts[move] % record["num_turns"]]

    def place(self, going: Going) -> int:
        """Return where a lead comes to stand, as the log has it: a stage, or a stream after all stages (rule 67)."""
        return going.stage if going.stage != p.NONE else len(self.program.stages) + going.stream

    def at(self, tick: int, phase: int, key: int | np.uint64, move: int, callback: Any = None) -> Event:
        """Rules 5 to 7: schedule an event at (tick, phase, lead key, move); deadlines are a container's first moves."""
        event = self.environment.event()
        event._ok, event._value = True, None
        if callback is not None:
            event.callbacks.append(callback)
        # SimPy's own events, which start and interrupt processes, have priority 0 and so come before all of ours
        priority = 1 + ((phase << 64 | int(key)) << 32 | move + 1)
        self.environment.schedule(event, priority=priority, delay=tick - self.now)  # type: ignore[arg-type]
        return event

    def at_turn_of(self, lead: Lead, move: int, tick: int) -> Event:
        """Return the event of a lead's move at a tick."""
        return self.at(tick, LEADS, lead.key, move)

    # ------------------------------------------------------------ leads come
    def arrivals(self, channel: int) -> Iterator[int]:
        """Rule 10: lead n comes when the expected leads pass its threshold."""
        record = self.tables.channels[0, channel]
        threshold = -LEAD // 2 if record["arrivals"] == p.EVENLY else 0
        for number in itertools.count():
            key = self.key(channel, number)
            threshold += int(luck.gap(record["arrivals"], record["key"], key))
            tick = self.when_expected(channel, threshold)
            if tick is None:
                return
            yield tick

    def when_expected(self, channel: int, threshold: int) -> int | None:
        """Tick at which the expected leads of a channel pass a threshold; None if the run ends before."""
        expected = self.tables.expected[channel]
        day = int(np.searchsorted(expected, threshold, side="right")) - 1
        if day >= len(expected) - 1:
            return None
        passed, in_day = threshold - int(expected[day]), int(expected[day + 1] - expected[day])
        return day * DAY + int(passed / in_day * DAY)

    def expect(self, channel: int, number: int, tick: int) -> Event:
        """Schedule a lead's coming, the first of its own events (rule 6)."""
        return self.at(tick, LEADS, self.key(channel, number), -1, lambda _: self.come(channel, number))

    def key(self, channel: int, number: int) -> np.uint64:
        """Rule 33: what tells a lead apart from all others, by name alone."""
        return np.uint64(lead_key(self.tables.channels[0, channel]["name"], np.uint64(number)))

    def come(self, channel: int, number: int) -> None:
        """Rules 10 and 11: a lead is created, or stands there on day one."""
        record, key = self.tables.channels[self.regime, channel], self.key(channel, number)
        created, outcome, cost = self.now, CREATED, int(record["cost"])
        if record["arrivals"] == p.BACKLOG:
            wait = self.tables.waits[record["age"]]
            created -= int(luck.age_ticks(wait, self.tables.pool, record["key"], key))
            outcome, cost = PRESENT, 0
        kinds = deciding.kinds_of(self.tables, self.regime, channel, key)
        lead = Lead(key, channel, number, created, kinds, events=1, active=created)
        lead.is_open = self.now < self.start_tick or outcome == PRESENT
        self.stand(lead, int(record["stage"]), outcome, cost)

    def stand_there(self, known: p.Record, _: Event) -> None:
        """Rule 71: a lead of a snapshot stands there on day one."""
        channel, key = int(known["channel"]), np.uint64(known["key"])
        kinds = deciding.kinds_of(self.tables, self.regime, channel, key, int(known["segment"]))
        created, entered = self.now - int(known["age"]), self.now - int(known["in_stage"])
        lead = Lead(key, channel, p.NONE, created, kinds, known, events=1, active=entered, is_open=True)
        lead.touched = max(int(known["touches"]), 0)
        self.stand(lead, int(known["stage"]), PRESENT, 0)

    def stand(self, lead: Lead, stage: int, outcome: int, cost: int) -> None:
        """Rules 10 to 12: a lead comes to its first stage, and is logged."""
        self.leads.append(lead)
        going = self.routes.resolve(lead, stage, p.NONE)
        assert going is not None
        value = self.stays.enter(lead, going, present=outcome == PRESENT)
        self.record(lead, outcome, to=going.stage, cost=cost, value=value)
        if lead.known is not None:
            self.stays.carry_on(lead)
        self.stays.test_rules(lead)
        self.note_stall(lead)

    # ------------------------------------------------------------ calendar
    def turn_page(self, _: Event) -> None:
        """Rules 27 and 30 to 32: a change takes hold of every lead's clocks, then dated triggers come."""
        for lead in self.leads:
            self.stays.turn_page(lead)
            self.note_stall(lead)

    def people_move(self, _: Event) -> None:
        """Rules 38, 41 and 47: some come, some go; a change takes hold."""
        self.owners.part_from_gone(self.leads)
        self.due_pass()

    # ------------------------------------------------------------ the pass
    def due_pass(self) -> None:
        """Rule 41: something was asked for or given back; share out at the end of this instant."""
        if not self.pass_is_due:
            self.pass_is_due = True
            self.at(self.now, PASS, 0, 0, self.give_out)

    def due_pass_at(self, tick: int) -> None:
        """Rule 41: share out at an instant to come."""
        self.at(tick, PASS, 0, 0, self.give_out)

    def give_out(self, _: Event) -> None:
        """Rule 41: grant time, give owners, take up work, turn away, each team by team."""
        self.pass_is_due = False
        self.owners.answer()
        for team in range(len(self.program.teams)):
            self.owners.assign(team)
        for team in range(len(self.program.teams)):
            self.staff.take_up(team)
        for team in range(len(self.program.teams)):
            self.staff.turn_away(team)

    # ------------------------------------------------------------ log
    def note_stall(self, lead: Lead) -> None:
        """Rules 14 and 25: log a lead whose moves are all silent, but in a final stage, and one that is woken."""
        if not lead.stalled and lead.is_silent and not self.program.final[lead.stage]:
            lead.stalled = True
            self.record(lead, STALLED, lead.stage, lead.stream)
        elif lead.stalled and not lead.is_silent:
            lead.stalled = False
            self.record(lead, WOKEN, lead.stage, lead.stream)

    def record(
        self,
        lead: Lead,
        outcome: int,
        stage: int = p.NONE,
        stream: int = p.NONE,
        *,
        move: int = p.NONE,
        row: int = p.NONE,
        attempt: int = 0,
        to: int = p.NONE,
        cost: int = 0,
        value: int = 0,
        person: int = p.NONE,
        reason: int = p.NONE,
        asset: int = p.NONE,
    ) -> None:
        """Write a row of the log."""
        self.log.append(
            LogRow(
                tick=self.now,
                key=int(lead.key),
                sequence=lead.logged,
                channel=lead.channel,
                number=lead.number,
                segment=lead.kinds[0],
                created=lead.created,
                stage=stage,
                stream=stream,
                move=move,
                row=row,
                attempt=attempt,
                outcome=outcome,
                to=to,
                cost=cost,
                value=value,
                person=person,
                reason=reason,
                asset=asset,
                warmth=self.routes.warmth(lead),
            )
        )
        lead.logged += 1

    def record_move(self, lead: Lead, move: int, outcome: int, row: int, attempt: int, person: int = p.NONE) -> None:
        """Write a row of the log on a move that leaves the lead where it is and costs nothing."""
        self.record(lead, outcome, lead.stage, lead.stream, move=move, row=row, attempt=attempt, person=person)
