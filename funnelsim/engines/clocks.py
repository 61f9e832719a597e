"""Clocks of moves, in the reference engine: when the next attempt comes (rules 19 to 24, 29 to 32, 69 and 70)."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import simpy

from funnelsim.engines import deciding, luck
from funnelsim.engines.carrying import begun_at, carried
from funnelsim.engines.leads import Clock, Lead
from funnelsim.engines.samplers import NEVER
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import records as p

if TYPE_CHECKING:
    from funnelsim.engines.reference import Funnel


class Clocks:
    """The running clocks of a funnel's leads."""

    def __init__(self, funnel: Funnel) -> None:
        self.funnel, self.tables = funnel, funnel.tables

    # ------------------------------------------------------------ when the next attempt comes
    def may_attempt(self, lead: Lead, move: int) -> bool:
        """Rules 21, 22, 51 and 60: attempts are left, in this stay, in the lead's life, and to be missed in a row."""
        record = self.funnel.move(move)
        if lead.opted_out and deciding.is_silenced(record, self.funnel.stays.stages):
            return False
        return bool(
            lead.attempts[move] < record["attempts"]
            and lead.lifetime[move] < record["lifetime"]
            and lead.misses[move] < record["unanswered"]
        )

    def due_wait(self, lead: Lead, move: int) -> p.Record:
        """Return the wait before the next attempt: `after` the first time in a stay, `every` later.

        A touch may have its own (rule 70), and an anniversary has no `after` (rule 69).
        """
        record, attempts = self.funnel.move(move), lead.attempts[move]
        wait = record["every" if attempts or record["trigger"] == p.ON_ANNIVERSARY else "after"]
        if record["num_turns"] > 0:
            own = self.funnel.turn(lead, move)["wait"]
            wait = own if own != p.NONE else wait
        return self.tables.waits[wait]

    def next_clock(self, lead: Lead, move: int, tick: int) -> int:
        """Tick of the next attempt, counted from a tick; UNLIMITED if there is none."""
        if not self.may_attempt(lead, move):
            return UNLIMITED
        attempts, record = lead.attempts[move], self.funnel.move(move)
        wait = self.draw(lead, move, self.due_wait(lead, move))
        if wait == UNLIMITED:
            return UNLIMITED
        if record["trigger"] == p.ON_ANNIVERSARY:
            length = max(1, wait)
            return lead.created + ((tick - lead.created) // length + 1) * length
        return tick + (max(1, wait) if attempts else wait)

    def draw(self, lead: Lead, move: int, wait: p.Record) -> int:
        """Draw a wait before the attempt that comes next; UNLIMITED for `never`."""
        key, start, number = self.funnel.move(move)["key"], lead.starts[move], lead.attempts[move]
        return int(luck.wait_ticks(wait, self.tables.pool, key, lead.key, start, number))

    def phased(self, lead: Lead, move: int) -> int:
        """Rule 15: the clock of a move whose lead has stood there for long."""
        record, waits, now = self.funnel.move(move), self.tables.waits, self.funnel.now
        if record["trigger"] == p.ON_ANNIVERSARY or not self.may_attempt(lead, move):
            return self.next_clock(lead, move, now)
        wait = self.due_wait(lead, move)
        if wait["code"] == NEVER:
            return UNLIMITED
        if record["repeats"] and waits[record["every"]]["code"] != NEVER:
            wait = waits[record["every"]]
        return now + int(luck.phase_ticks(wait, self.tables.pool, record["key"], lead.key, lead.starts[move]))

    def carry_on(self, lead: Lead, move: int, entered: int, told: int) -> None:
        """Rule 71: set the clock of a move as one that has run since its stage was entered."""
        record, tables, now = self.funnel.move(move), self.tables, self.funnel.now
        since = int(begun_at(record, entered))
        if since >= now:
            self.start(lead, move, since)
            return
        turns = tables.turns[self.funnel.regime]
        tick, made = carried(record, turns, tables.waits, tables.pool, lead.key, since, now, told)
        lead.attempts[move] = lead.lifetime[move] = lead.misses[move] = int(made)
        self.set(lead, move, int(tick))

    # ------------------------------------------------------------ clocks run
    def start(self, lead: Lead, move: int, tick: int) -> None:
        """Rules 19 to 24: set the clock of the next attempt, or none."""
        self.set(lead, move, self.next_clock(lead, move, tick))

    def set(self, lead: Lead, move: int, tick: int) -> None:
        """Let a clock run to a tick, in place of the one that ran."""
        self.cancel(lead, move)
        if tick < UNLIMITED:
            process = self.funnel.environment.process(self.run(lead, move, tick))
            lead.clocks[move] = Clock(process, tick, lead.events)

    def cancel(self, lead: Lead, move: int) -> None:
        """Stop a clock, if it runs."""
        if move in lead.clocks:
            lead.clocks.pop(move).process.interrupt()

    def run(self, lead: Lead, move: int, tick: int) -> Generator[simpy.events.Event, Any, None]:
        """Wait for one attempt, and let it come unless it is cancelled before."""
        try:
            yield self.funnel.at_turn_of(lead, move, tick)
        except simpy.Interrupt:
            return
        del lead.clocks[move]
        record = self.funnel.move(move)
        if record["container"] >= self.funnel.stays.recycling:
            self.funnel.owners.take_back(lead, move)
        elif record["num_turns"] > 0:
            self.funnel.touches.come(lead, move)
        elif record["team"] != p.NONE:
            self.funnel.staff.ask(lead, move)
        elif not self.funnel.owners.puts_off(lead, move):
            self.funnel.attempts.attempt(lead, move)

    def hurry(self, lead: Lead, move: int) -> None:
        """Rule 70: an activity brings a touch that waits for one; not if its clock was set by the same event."""
        clock, soon = lead.clocks.get(move), self.funnel.now + 1
        if clock is None or self.funnel.move(move)["num_turns"] == 0 or not self.funnel.turn(lead, move)["up_to"]:
            return
        if clock.tick > soon and clock.event < lead.events:
            self.set(lead, move, soon)

    # ------------------------------------------------------------ changes
    def change(self, lead: Lead, move: int) -> None:
        """Rules 30 to 32: cancel what is now never, start what now can run."""
        if move not in lead.started or lead.is_engaged(move):
            return
        if self.due_wait(lead, move)["code"] == NEVER:
            self.cancel(lead, move)
            lead.planned.pop(move, None)
        elif move not in lead.clocks:
            self.start(lead, move, self.funnel.now)
