"""The reference engine: a SimPy model, to be read beside `semantics.md`.

Each running clock is a SimPy process that waits for its next attempt and is interrupted when it is cancelled.
SimPy orders the events of one instant by an integer priority; ours is (phase, lead key, move), rule 5. All luck comes
from `funnelsim.engines.luck`, the same draws the kernel uses, so that the logs are equal to the bit.
"""

from __future__ import annotations

import bisect
import itertools
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any

import numpy as np
import simpy

from funnelsim.engines import luck
from funnelsim.engines.luck import MOST_VISITS
from funnelsim.engines.philox import below, lead_key
from funnelsim.engines.realise import tables_of
from funnelsim.engines.rows import CREATED, EXHAUSTED, FAILED, PRESENT, STALLED, SUCCEEDED, WOKEN, LogRow
from funnelsim.engines.samplers import NEVER
from funnelsim.engines.tables import LEAD, UNLIMITED
from funnelsim.program import Program
from funnelsim.program import program as p
from funnelsim.program.calendar import DAY

Event = simpy.events.Event
Clock = Generator[Event, Any, None]

BEFORE_ALL, CALENDAR, LEADS = range(-1, 2)
"""Phases of an instant (rule 5). The end of the run comes before all else at its instant (rule 3)."""


class Lead:
    """One lead: where it stands, what it has been through, and its running clocks."""

    def __init__(self, funnel: Funnel, channel: int, number: int, created: int) -> None:
        self.key = funnel.key(channel, number)
        self.channel, self.number, self.created = channel, number, created
        self.segment = int(luck.segment_of(funnel.tables.segments[funnel.regime], self.key))
        self.stage, self.stream = p.NONE, p.NONE
        self.visits: Counter[int] = Counter()  # by container
        self.lifetime: Counter[int] = Counter()  # attempts by move, over all stays
        self.attempts: Counter[int] = Counter()  # attempts by move, in this stay
        self.starts: Counter[int] = Counter()  # what keys a move's draws (rule 33)
        self.started: set[int] = set()  # moves started in this stay
        self.clocks: dict[int, simpy.Process] = {}
        self.stalled = False
        self.logged = 0


class Funnel:
    """A program running in a SimPy environment, for one replication."""

    def __init__(self, program: Program, seed: int, replication: int) -> None:
        self.program = program
        self.tables = tables_of(program, seed, replication)
        self.start_tick, self.end_tick = program.structure.start_tick, program.structure.end_tick
        self.stages = len(program.stages)
        self.environment = simpy.Environment()
        self.leads: list[Lead] = []
        self.log: list[LogRow] = []

    def run(self) -> list[LogRow]:
        """Run to the end; return the log in its order (rule 8)."""
        for date in self.tables.calendar_tick.tolist():
            self.at(date, CALENDAR, 0, 0, self.turn_page)
        for channel, record in enumerate(self.tables.channels[0]):
            if record["arrivals"] == p.BACKLOG:
                for number in range(int(record["backlog"])):
                    self.expect(channel, number, self.start_tick)
            else:
                for number, tick in enumerate(self.arrivals(channel)):
                    self.expect(channel, number, tick)
        self.environment.run(until=self.at(self.end_tick, BEFORE_ALL, 0, 0))
        return sorted(self.log)

    # ------------------------------------------------------------ time
    @property
    def now(self) -> int:
        """The tick."""
        return int(self.environment.now)

    @property
    def regime(self) -> int:
        """What holds now: the last change that has taken hold (rule 30)."""
        return bisect.bisect_right(self.tables.regime_tick.tolist(), self.now) - 1

    def at(self, tick: int, phase: int, key: int | np.uint64, move: int, callback: Any = None) -> Event:
        """Schedule an event at (tick, phase, lead key, move), rule 5."""
        event = self.environment.event()
        event._ok, event._value = True, None
        if callback is not None:
            event.callbacks.append(callback)
        # SimPy's own events, which start and interrupt processes, have priority 0 and so come before all of ours
        priority = 1 + ((phase << 64 | int(key)) << 32 | move + 1)
        self.environment.schedule(event, priority=priority, delay=tick - self.now)  # type: ignore[arg-type]
        return event

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
        record = self.tables.channels[self.regime, channel]
        if record["arrivals"] == p.BACKLOG:
            wait, key = self.tables.waits[record["age"]], self.key(channel, number)
            age = luck.age_ticks(wait, self.tables.pool, record["key"], key)
            lead, outcome, cost = Lead(self, channel, number, self.now - int(age)), PRESENT, 0
        else:
            lead, outcome = Lead(self, channel, number, self.now), CREATED
            cost = int(record["cost"])
        self.leads.append(lead)
        stage = self.resolve(lead, int(record["stage"]))
        value = self.enter(lead, stage, present=outcome == PRESENT)
        self.record(lead, outcome, to=stage, cost=cost, value=value)
        self.note_stall(lead)

    # ------------------------------------------------------------ stages and streams
    def moves_of(self, container: int) -> range:
        """Return the moves of a stage, or of stream `stages + stream`."""
        record = self.tables.containers[0, container]
        return range(int(record["first"]), int(record["end"]))

    def move(self, move: int) -> p.Record:
        """Return what holds now of a move."""
        return self.tables.moves[self.regime, move]

    def containers(self, lead: Lead) -> Iterator[int]:
        """Return the lead's stage and, if it is in one, its stream."""
        yield lead.stage
        if lead.stream != p.NONE:
            yield self.stages + lead.stream

    def stream_after(self, lead: Lead, stage: int) -> int:
        """Rule 13: the stream the lead is in after entering a stage."""
        track = int(self.tables.containers[0, stage]["track"])
        return lead.stream if track == p.KEEP else track

    def resolve(self, lead: Lead, stage: int) -> int:
        """Rule 23: where a lead sent to a stage comes to stand, past lifetime limits already met."""
        entered = [stage]
        stream = self.stream_after(lead, stage)
        if stream not in (p.NONE, lead.stream):
            entered.append(self.stages + stream)
        for container in entered:
            for move in self.moves_of(container):
                record = self.move(move)
                met = lead.lifetime[move] >= record["lifetime"]
                if met and record["trigger"] == p.UNTRIGGERED and record["otherwise"] != p.NONE:
                    return self.resolve(lead, int(record["otherwise"]))
        return stage

    def enter(self, lead: Lead, stage: int, present: bool = False) -> int:
        """Rules 12, 13, 17 and 26: leave the old stage, enter the new one; return the value of that."""
        stream = self.stream_after(lead, stage)
        joins = stream not in (p.NONE, lead.stream)
        if lead.stage != p.NONE:
            self.leave(lead, lead.stage)
        if lead.stream not in (p.NONE, stream):
            self.leave(lead, self.stages + lead.stream)
        lead.stage, lead.stream = stage, stream
        self.open_container(lead, stage, present)
        if joins:
            self.open_container(lead, self.stages + stream, present)
        if stream != p.NONE:
            for move in self.moves_of(self.stages + stream):
                record = self.move(move)
                if record["trigger"] == p.ON_ENTERING and record["trigger_at"] == stage:
                    self.trigger(lead, move, self.now)
        self.be_active(lead)
        if present:
            return 0
        record = self.tables.containers[self.regime, stage]
        wait = self.tables.waits[record["value"]]
        return int(luck.amount(wait, self.tables.pool, record["key"], lead.key, lead.visits[stage]))

    def leave(self, lead: Lead, container: int) -> None:
        """Rule 17: cancel all moves of a stage or stream."""
        for move in self.moves_of(container):
            self.cancel(lead, move)

    def open_container(self, lead: Lead, container: int, present: bool) -> None:
        """Rules 12, 15 and 27: start the clocks of what was entered."""
        lead.visits[container] += 1
        if lead.visits[container] > MOST_VISITS:
            raise OverflowError("a lead goes round more often than the key of a draw has room for (rule 33)")
        for move in self.moves_of(container):
            record = self.move(move)
            lead.attempts[move] = 0
            lead.started.discard(move)
            if record["trigger"] == p.UNTRIGGERED:
                lead.starts[move] = lead.visits[container]
                lead.started.add(move)
                if present:
                    self.set_clock(lead, move, self.phased(lead, move))
                else:
                    self.start_clock(lead, move, self.now)
            elif record["trigger"] == p.ON_DATE and record["trigger_at"] == self.now:
                self.trigger(lead, move, self.now)

    def phased(self, lead: Lead, move: int) -> int:
        """Rule 15: the clock of a move whose lead has stood there for long."""
        record, waits = self.move(move), self.tables.waits
        if waits[record["after"]]["code"] == NEVER:
            return UNLIMITED
        repeats = record["repeats"] and waits[record["every"]]["code"] != NEVER
        wait = waits[record["every"] if repeats else record["after"]]
        return self.now + int(luck.phase_ticks(wait, self.tables.pool, record["key"], lead.key, lead.starts[move]))

    # ------------------------------------------------------------ triggers
    def trigger(self, lead: Lead, move: int, tick: int) -> None:
        """Rule 29: start a triggered move, or start it again."""
        lead.starts[move] += 1
        lead.started.add(move)
        lead.attempts[move] = 0
        self.start_clock(lead, move, tick)

    def be_active(self, lead: Lead) -> None:
        """Rule 28: an activity starts the moves that wait for its absence."""
        for container in self.containers(lead):
            for move in self.moves_of(container):
                record = self.move(move)
                if record["trigger"] == p.ON_IDLE:
                    self.trigger(lead, move, self.now + int(record["trigger_at"]))

    # ------------------------------------------------------------ clocks
    def may_attempt(self, lead: Lead, move: int) -> bool:
        """Rules 21 and 22: attempts are left, in this stay and in the lead's life."""
        record = self.move(move)
        return bool(lead.attempts[move] < record["attempts"] and lead.lifetime[move] < record["lifetime"])

    def due_wait(self, lead: Lead, move: int) -> p.Record:
        """Return the wait before the next attempt: `after` the first time in a stay, `every` later."""
        return self.tables.waits[self.move(move)["every" if lead.attempts[move] else "after"]]

    def start_clock(self, lead: Lead, move: int, tick: int) -> None:
        """Rules 19 to 24: set the clock of the next attempt, or none."""
        self.set_clock(lead, move, self.next_clock(lead, move, tick))

    def next_clock(self, lead: Lead, move: int, tick: int) -> int:
        """Tick of the next attempt, counted from a tick; UNLIMITED if there is none."""
        if not self.may_attempt(lead, move):
            return UNLIMITED
        attempts, key = lead.attempts[move], self.move(move)["key"]
        due = self.due_wait(lead, move)
        wait = int(luck.wait_ticks(due, self.tables.pool, key, lead.key, lead.starts[move], attempts))
        if wait == UNLIMITED:
            return UNLIMITED
        return tick + (max(1, wait) if attempts else wait)

    def set_clock(self, lead: Lead, move: int, tick: int) -> None:
        """Let a clock run to a tick, in place of the one that ran."""
        self.cancel(lead, move)
        if tick < UNLIMITED:
            lead.clocks[move] = self.environment.process(self.clock(lead, move, tick))

    def cancel(self, lead: Lead, move: int) -> None:
        """Stop a clock, if it runs."""
        if move in lead.clocks:
            lead.clocks.pop(move).interrupt()

    def clock(self, lead: Lead, move: int, tick: int) -> Clock:
        """Wait for one attempt, and make it unless it is cancelled before."""
        try:
            yield self.at(tick, LEADS, lead.key, move)
        except simpy.Interrupt:
            return
        del lead.clocks[move]
        self.attempt(lead, move)

    # ------------------------------------------------------------ attempts
    def attempt(self, lead: Lead, move: int) -> None:
        """Rules 16 to 22: decided by chance, the lead goes on, tries again, or has tried for the last time."""
        record = self.move(move)
        number = lead.attempts[move]
        row = int(record["first_row"] + number % record["num_rows"])
        word = np.uint64(luck.chance_word(record["key"], lead.key, lead.starts[move], number))
        success = bool(below(word, self.threshold(lead, int(record["container"]), row, number)))
        lead.attempts[move] += 1
        lead.lifetime[move] += 1
        stage, stream = lead.stage, lead.stream
        outcome, to, value = (SUCCEEDED if success else FAILED), p.NONE, 0
        if success and record["to"] != p.NONE:
            to = int(record["to"])
        elif not self.may_attempt(lead, move) and record["otherwise"] != p.NONE:
            to = int(record["otherwise"])
            outcome = SUCCEEDED if success else EXHAUSTED
        self.start_clock(lead, move, self.now)  # rule 20: now is when it was planned
        if to != p.NONE:
            to = self.resolve(lead, to)
            value = self.enter(lead, to)
        elif success:
            self.be_active(lead)
        cost = int(self.tables.rows[self.regime, row]["cost"])
        self.record(lead, outcome, stage, stream, move=move, row=row, attempt=number + 1, to=to, cost=cost, value=value)
        self.note_stall(lead)

    def threshold(self, lead: Lead, container: int, row: int, number: int) -> int:
        """Rule 16: what the attempt's draw must stay below."""
        layout = self.tables.rows[self.regime, row]
        place = layout["chance"]
        place += lead.segment * layout["per_segment"] + lead.channel * layout["per_channel"]
        place += min(number, layout["num_attempts"] - 1) * layout["per_attempt"]
        place += min(lead.visits[container] - 1, layout["num_visits"] - 1) * layout["per_visit"]
        return int(self.tables.threshold[self.regime, place])

    # ------------------------------------------------------------ calendar
    def turn_page(self, _: Event) -> None:
        """Rules 27 and 30 to 32: a change takes hold of every lead's clocks, then dated triggers come."""
        for lead in self.leads:
            for container in list(self.containers(lead)):
                for move in self.moves_of(container):
                    self.change_clock(lead, move)
            self.note_stall(lead)

    def change_clock(self, lead: Lead, move: int) -> None:
        """Cancel what is now never, start what now can run, and start what waited for this date."""
        if move in lead.started:
            if self.due_wait(lead, move)["code"] == NEVER:
                self.cancel(lead, move)
            elif move not in lead.clocks:
                self.start_clock(lead, move, self.now)
        record = self.move(move)
        if record["trigger"] == p.ON_DATE and record["trigger_at"] == self.now:
            self.trigger(lead, move, self.now)

    # ------------------------------------------------------------ log
    def note_stall(self, lead: Lead) -> None:
        """Rule 25: log a lead whose moves are all silent, and one that is woken."""
        if not lead.stalled and not lead.clocks and not self.program.final[lead.stage]:
            lead.stalled = True
            self.record(lead, STALLED, lead.stage, lead.stream)
        elif lead.stalled and lead.clocks:
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
    ) -> None:
        """Write a row of the log."""
        self.log.append(
            LogRow(
                tick=self.now,
                key=int(lead.key),
                sequence=lead.logged,
                channel=lead.channel,
                number=lead.number,
                segment=lead.segment,
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
            )
        )
        lead.logged += 1
