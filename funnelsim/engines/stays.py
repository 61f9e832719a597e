"""What leads do, in the reference engine: they enter stages and streams, whose moves run clocks and make attempts."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from funnelsim.engines import luck
from funnelsim.engines.leads import Clock, Lead
from funnelsim.engines.luck import MOST_VISITS
from funnelsim.engines.philox import below
from funnelsim.engines.rows import EXHAUSTED, FAILED, PASSED, SUCCEEDED
from funnelsim.engines.samplers import NEVER
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import records as p

if TYPE_CHECKING:
    from funnelsim.engines.reference import Funnel


class Stays:
    """Containers, clocks and attempts of a funnel's leads."""

    def __init__(self, funnel: Funnel) -> None:
        self.funnel, self.tables = funnel, funnel.tables
        self.stages = len(funnel.program.stages)
        self.recycling = self.stages + len(funnel.program.streams)
        """The first container that takes leads back from a team (rule 50)."""

    # ------------------------------------------------------------ stages and streams
    def moves_of(self, container: int) -> range:
        """Return the moves of a stage, of stream `stages + stream`, or of team `recycling + team`."""
        record = self.tables.containers[0, container]
        return range(int(record["first"]), int(record["end"]))

    def move(self, move: int) -> p.Record:
        """Return what holds now of a move."""
        return self.tables.moves[self.funnel.regime, move]

    def containers(self, lead: Lead) -> Iterator[int]:
        """Return the lead's stage, its stream if it is in one, and what takes it back from an owner (rule 6)."""
        yield lead.stage
        if lead.stream != p.NONE:
            yield self.stages + lead.stream
        if lead.claimed != p.NONE:
            yield self.recycling + lead.team

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
        """Rules 12, 13, 17, 26 and 46: leave the old stage, enter the new one; return the value of that."""
        stream = self.stream_after(lead, stage)
        joins = stream not in (p.NONE, lead.stream)
        if lead.stage != p.NONE:
            self.leave(lead, lead.stage)
        if lead.stream not in (p.NONE, stream):
            self.leave(lead, self.stages + lead.stream)
        self.funnel.owners.follow(lead, stage)
        lead.stage, lead.stream = stage, stream
        self.open_container(lead, stage, present)
        if joins:
            self.open_container(lead, self.stages + stream, present)
        if stream != p.NONE:
            for move in self.moves_of(self.stages + stream):
                record = self.move(move)
                if record["trigger"] == p.ON_ENTERING and record["trigger_at"] == stage:
                    self.trigger(lead, move, self.funnel.now)
        self.be_active(lead)
        if present:
            return 0
        record = self.tables.containers[self.funnel.regime, stage]
        wait = self.tables.waits[record["value"]]
        return int(luck.amount(wait, self.tables.pool, record["key"], lead.key, lead.visits[stage]))

    def leave(self, lead: Lead, container: int) -> None:
        """Rules 17 and 44: cancel all moves of a stage or stream, drop their requests, stop the work on them."""
        for move in self.moves_of(container):
            self.cancel(lead, move)
            lead.asking.discard(move)
            self.funnel.staff.abandon(lead, move)

    def open_container(self, lead: Lead, container: int, present: bool = False) -> None:
        """Rules 12, 15, 27 and 50: start the clocks of what was entered, or of what takes back who was claimed."""
        now = self.funnel.now
        lead.visits[container] += 1
        if lead.visits[container] > MOST_VISITS:
            raise OverflowError("a lead goes round more often than the key of a draw has room for (rule 33)")
        for move in self.moves_of(container):
            record = self.move(move)
            lead.restart(move)
            lead.started.discard(move)
            if record["trigger"] == p.UNTRIGGERED:
                lead.starts[move] = lead.visits[container]
                lead.started.add(move)
                if present:
                    self.set_clock(lead, move, self.phased(lead, move))
                else:
                    self.start_clock(lead, move, now)
            elif record["trigger"] == p.ON_FOLLOW_UP or (
                record["trigger"] == p.ON_DATE and record["trigger_at"] == now
            ):
                self.trigger(lead, move, now)

    def phased(self, lead: Lead, move: int) -> int:
        """Rule 15: the clock of a move whose lead has stood there for long."""
        record, waits = self.move(move), self.tables.waits
        if waits[record["after"]]["code"] == NEVER:
            return UNLIMITED
        repeats = record["repeats"] and waits[record["every"]]["code"] != NEVER
        wait = waits[record["every"] if repeats else record["after"]]
        phase = luck.phase_ticks(wait, self.tables.pool, record["key"], lead.key, lead.starts[move])
        return self.funnel.now + int(phase)

    # ------------------------------------------------------------ triggers
    def trigger(self, lead: Lead, move: int, tick: int) -> None:
        """Rules 29 and 44: start a triggered move, or start it again, unless an attempt is under way."""
        if lead.is_engaged(move):
            return
        lead.starts[move] += 1
        lead.started.add(move)
        lead.restart(move)
        self.start_clock(lead, move, tick)

    def be_active(self, lead: Lead) -> None:
        """Rule 28: an activity starts the moves that wait for its absence."""
        for container in self.containers(lead):
            for move in self.moves_of(container):
                record = self.move(move)
                if record["trigger"] == p.ON_IDLE:
                    self.trigger(lead, move, self.funnel.now + int(record["trigger_at"]))

    # ------------------------------------------------------------ clocks
    def may_attempt(self, lead: Lead, move: int) -> bool:
        """Rules 21, 22 and 51: attempts are left, in this stay, in the lead's life, and to be missed in a row."""
        record = self.move(move)
        return bool(
            lead.attempts[move] < record["attempts"]
            and lead.lifetime[move] < record["lifetime"]
            and lead.misses[move] < record["unanswered"]
        )

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
            lead.clocks[move] = Clock(self.funnel.environment.process(self.clock(lead, move, tick)), tick)

    def cancel(self, lead: Lead, move: int) -> None:
        """Stop a clock, if it runs."""
        if move in lead.clocks:
            lead.clocks.pop(move).process.interrupt()

    def clock(self, lead: Lead, move: int, tick: int) -> Generator[simpy.events.Event, Any, None]:
        """Wait for one attempt, and let it come unless it is cancelled before."""
        try:
            yield self.funnel.at_turn_of(lead, move, tick)
        except simpy.Interrupt:
            return
        del lead.clocks[move]
        record = self.move(move)
        if record["container"] >= self.recycling:
            self.funnel.owners.take_back(lead, move)
        elif record["team"] != p.NONE:
            self.funnel.staff.ask(lead, move)
        elif not self.funnel.owners.puts_off(lead, move):
            self.attempt(lead, move)

    # ------------------------------------------------------------ attempts
    def row_in_turn(self, lead: Lead, move: int) -> int:
        """Rules 16 and 51: the touch whose turn it is, or the row of the script that the attempt has come to."""
        record = self.move(move)
        return int(record["first_row"] + lead.attempts[move] % record["num_rows"] + lead.step[move])

    def attempt(self, lead: Lead, move: int, person: int = p.NONE) -> None:
        """Rules 16 to 22, 51 and 52: row by row, the lead goes on, tries again, or has tried for the last time."""
        record, row, step = self.move(move), self.row_in_turn(lead, move), lead.step[move]
        told = {"row": row, "cost": int(self.tables.rows[self.funnel.regime, row]["cost"]), "person": person}
        success = self.succeeds(lead, move, person)
        if step == 0:
            lead.misses[move] = 0 if success else lead.misses[move] + 1
        if success and step < record["num_steps"]:
            number = lead.attempts[move] + 1
            self.funnel.record(lead, PASSED, lead.stage, lead.stream, move=move, attempt=number, **told)
            lead.step[move] += 1
            if person == p.NONE:
                self.set_clock(lead, move, self.funnel.now)
            else:
                self.funnel.staff.work_on(lead, move, person)
            return
        lead.attempts[move] += 1
        lead.lifetime[move] += 1
        lead.done[move] += int(success)
        lead.step[move] = 0
        lost = self.tables.rows[0, row]
        outcome, to, reason = (SUCCEEDED if success else FAILED), p.NONE, p.NONE
        if success and record["to"] != p.NONE and lead.done[move] >= record["needs"]:
            to, reason = int(record["to"]), int(record["to_reason"])
        elif not success and lost["otherwise"] != p.NONE:
            outcome, to, reason = EXHAUSTED, int(lost["otherwise"]), int(lost["reason"])
        elif not self.may_attempt(lead, move) and record["otherwise"] != p.NONE:
            outcome = SUCCEEDED if success else EXHAUSTED
            to, reason = int(record["otherwise"]), int(record["else_reason"])
        self.conclude(lead, move, outcome, to, reason, **told)

    def conclude(self, lead: Lead, move: int, outcome: int, to: int, reason: int, **told: int) -> None:
        """Rules 17 to 21 and 25: an attempt is over, the next is planned, and the lead goes where it is sent."""
        stage, stream, number, value = lead.stage, lead.stream, lead.attempts[move], 0
        self.start_clock(lead, move, self.funnel.now)  # rule 20: now is when it was planned, or when the work ended
        if to != p.NONE:
            to = self.resolve(lead, to)
            value = self.enter(lead, to)
        elif outcome == SUCCEEDED:
            self.be_active(lead)
        self.funnel.record(
            lead, outcome, stage, stream, move=move, attempt=number, to=to, value=value, reason=reason, **told
        )
        self.funnel.note_stall(lead)

    def succeeds(self, lead: Lead, move: int, person: int) -> bool:
        """Rules 16, 44 and 51: decide the row an attempt has come to, by the person who worked on it."""
        record, number, step = self.move(move), lead.attempts[move], lead.step[move]
        threshold = self.threshold(lead, int(record["container"]), self.row_in_turn(lead, move), number)
        if person != p.NONE:
            threshold = int(luck.skilled(threshold, self.tables.people[person]["chance"]))
        start = lead.starts[move]
        if step == 0:
            word = luck.chance_word(record["key"], lead.key, start, number)
        else:
            word = luck.step_word(record["key"], lead.key, start, number, step)
        return bool(below(np.uint64(word), threshold))

    def threshold(self, lead: Lead, container: int, row: int, number: int) -> int:
        """Rule 16: what the attempt's draw must stay below."""
        layout = self.tables.rows[self.funnel.regime, row]
        place = layout["chance"]
        place += sum(value * int(step) for value, step in zip(lead.kinds, self.tables.row_kinds[row], strict=True))
        place += lead.channel * layout["per_channel"]
        place += min(number, layout["num_attempts"] - 1) * layout["per_attempt"]
        place += min(lead.visits[container] - 1, layout["num_visits"] - 1) * layout["per_visit"]
        return int(self.tables.threshold[self.funnel.regime, place])

    # ------------------------------------------------------------ calendar
    def turn_page(self, lead: Lead) -> None:
        """Rules 27 and 30 to 32: a change takes hold of a lead's clocks, then dated triggers come."""
        for container in list(self.containers(lead)):
            for move in self.moves_of(container):
                self.change_clock(lead, move)

    def change_clock(self, lead: Lead, move: int) -> None:
        """Cancel what is now never, start what now can run, and start what waited for this date."""
        if move in lead.started and not lead.is_engaged(move):
            if self.due_wait(lead, move)["code"] == NEVER:
                self.cancel(lead, move)
            elif move not in lead.clocks:
                self.start_clock(lead, move, self.funnel.now)
        record = self.move(move)
        if record["trigger"] == p.ON_DATE and record["trigger_at"] == self.funnel.now:
            self.trigger(lead, move, self.funnel.now)
