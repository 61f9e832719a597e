"""Where leads are, in the reference engine: they enter stages and streams, whose moves start, and leave them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelsim.engines import deciding, luck
from funnelsim.engines.carrying import is_carried
from funnelsim.engines.leads import Lead
from funnelsim.engines.luck import MOST_VISITS
from funnelsim.engines.routes import Going
from funnelsim.engines.samplers import NEVER
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import records as p

if TYPE_CHECKING:
    from funnelsim.engines.reference import Funnel


class Stays:
    """Containers of a funnel's leads, and the triggers of their moves."""

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

    def containers(self, lead: Lead) -> Iterator[int]:
        """Return the lead's stage, its stream if it is in one, and what takes it back from an owner (rule 6)."""
        yield lead.stage
        if lead.stream != p.NONE:
            yield self.stages + lead.stream
        if lead.claimed != p.NONE:
            yield self.recycling + lead.team

    def moves_at(self, lead: Lead) -> list[int]:
        """Return all moves of the containers a lead is in, in its own order (rule 6)."""
        return [move for container in self.containers(lead) for move in self.moves_of(container)]

    def go(self, lead: Lead, going: Going) -> int:
        """Rules 17 and 67: a lead enters a stage or joins a stream; return the value of the entry."""
        if going.stage != p.NONE:
            return self.enter(lead, going)
        if lead.stream != p.NONE:
            self.leave(lead, self.stages + lead.stream)
        lead.stream = going.stream
        if going.stream != p.NONE:
            self.open_container(lead, self.stages + going.stream)
        return 0

    def enter(self, lead: Lead, going: Going, present: bool = False) -> int:
        """Rules 12, 13, 17, 26 and 46: leave the old stage, enter the new one; return the value of that."""
        stage, stream, _ = going
        joins = stream not in (p.NONE, lead.stream)
        if lead.stage != p.NONE:
            self.leave(lead, lead.stage)
        if lead.stream not in (p.NONE, stream):
            self.leave(lead, self.stages + lead.stream)
        lead.came_from, lead.reason, lead.stage, lead.stream = lead.stage, going.reason, stage, stream
        if not present:
            lead.active = self.funnel.now
        self.funnel.owners.follow(lead, stage)
        self.open_container(lead, stage, present)
        if joins:
            self.open_container(lead, self.stages + stream, present)
        if stream != p.NONE:
            for move in self.moves_of(self.stages + stream):
                record = self.funnel.move(move)
                if record["trigger"] == p.ON_ENTERING and record["trigger_at"] == stage:
                    self.trigger(lead, move, self.funnel.now)
        self.be_active(lead)
        if present:
            return 0
        record = self.tables.containers[self.funnel.regime, stage]
        wait = self.tables.waits[record["value"]]
        is_won = lead.visits[stage] == 1 and record["flags"] & p.WON and wait["code"] != NEVER
        if is_won and lead.known is not None and lead.known["value"] != p.NONE:  # rule 71
            return int(lead.known["value"])
        return int(luck.amount(wait, self.tables.pool, record["key"], lead.key, lead.visits[stage]))

    def carry_on(self, lead: Lead) -> None:
        """Rule 71: the clocks of an open lead go on from when it came to its stage, and it stays with its owner."""
        known, now = lead.known, self.funnel.now
        assert known is not None
        for move in self.moves_at(lead):
            if known["in_stage"] > 0 and move in lead.started and is_carried(self.funnel.move(move)):
                self.funnel.clocks.carry_on(lead, move, now - int(known["in_stage"]), int(known["touches"]))
        if known["person"] != p.NONE:
            self.funnel.owners.keep(lead, int(known["person"]))

    def leave(self, lead: Lead, container: int) -> None:
        """Rules 17 and 44: cancel all moves of a stage or stream, drop their requests, stop the work on them."""
        for move in self.moves_of(container):
            self.end(lead, move)

    def end(self, lead: Lead, move: int) -> None:
        """Rules 17 and 44: cancel one move, drop its request, stop the work on it."""
        self.funnel.clocks.cancel(lead, move)
        lead.asking.discard(move)
        self.funnel.staff.abandon(lead, move)

    def opt_out(self, lead: Lead) -> None:
        """Rule 60: a lead that stays in its stage leaves its stream; its touches fall silent, or come a last time."""
        for move in self.moves_of(lead.stage):
            record, engaged = self.funnel.move(move), lead.is_engaged(move)
            if deciding.is_silenced(record, self.stages) or (engaged and record["num_turns"] > 0):
                self.end(lead, move)
                if engaged:
                    self.funnel.clocks.start(lead, move, self.funnel.now)
        if lead.stream != p.NONE:
            self.leave(lead, self.stages + lead.stream)
            lead.stream = p.NONE

    def open_container(self, lead: Lead, container: int, present: bool = False) -> None:
        """Rules 12, 15, 27, 50 and 69: start the clocks of what was entered, or of what takes back who was claimed."""
        now = self.funnel.now
        lead.visits[container] += 1
        if lead.visits[container] > MOST_VISITS:
            raise OverflowError("a lead goes round more often than the key of a draw has room for (rule 33)")
        for move in self.moves_of(container):
            record = self.funnel.move(move)
            lead.restart(move)
            lead.started.discard(move)
            lead.held.discard(move)
            if record["trigger"] in (p.UNTRIGGERED, p.ON_ANNIVERSARY):
                lead.starts[move] = lead.visits[container]
                lead.started.add(move)
                if present and lead.known is None:
                    self.funnel.clocks.set(lead, move, self.funnel.clocks.phased(lead, move))
                else:
                    self.funnel.clocks.start(lead, move, now)
            elif record["trigger"] == p.ON_FOLLOW_UP or (
                record["trigger"] == p.ON_DATE and record["trigger_at"] == now
            ):
                self.trigger(lead, move, now)

    # ------------------------------------------------------------ triggers
    def trigger(self, lead: Lead, move: int, tick: int) -> None:
        """Rules 29 and 44: start a triggered move, or start it again, unless an attempt is under way."""
        if lead.is_engaged(move):
            return
        lead.starts[move] += 1
        lead.started.add(move)
        lead.restart(move)
        self.funnel.clocks.start(lead, move, tick)

    def be_active(self, lead: Lead) -> None:
        """Rules 28 and 70: an activity starts the moves that wait for its absence, and brings what waits for it."""
        for move in self.moves_at(lead):
            record = self.funnel.move(move)
            if record["trigger"] == p.ON_IDLE:
                self.trigger(lead, move, self.funnel.now + int(record["trigger_at"]))
            self.funnel.clocks.hurry(lead, move)

    def tell_event(self, lead: Lead, event: int) -> None:
        """Rule 66: an event triggers the moves that wait for it."""
        for move in self.moves_at(lead):
            record = self.funnel.move(move)
            if record["trigger"] == p.ON_EVENT and record["trigger_at"] == event:
                self.trigger(lead, move, self.funnel.now)

    def test_rules(self, lead: Lead) -> None:
        """Rule 68: trigger the moves whose rule holds now, and did not when it was last tested in this stay."""
        edges = {UNLIMITED}
        for move in self.moves_at(lead):
            record = self.funnel.move(move)
            if record["trigger"] != p.ON_RULE:
                continue
            edges |= self.funnel.routes.edges(lead, int(record["trigger_at"]))
            if not self.funnel.routes.holds(lead, int(record["trigger_at"])):
                lead.held.discard(move)
            elif move not in lead.held:
                lead.held.add(move)
                self.trigger(lead, move, self.funnel.now)
        before, lead.edge = lead.edge, min(edges)
        if lead.edge not in (before, UNLIMITED):
            self.funnel.at_turn_of(lead, p.NONE, lead.edge).callbacks.append(lambda _: self.see_time_pass(lead))

    def see_time_pass(self, lead: Lead) -> None:
        """Rule 68: time has brought a lead to a bound of a rule, unless something else came before."""
        if lead.edge == self.funnel.now:
            self.test_rules(lead)
            self.funnel.note_stall(lead)

    # ------------------------------------------------------------ calendar
    def turn_page(self, lead: Lead) -> None:
        """Rules 27, 30 to 32 and 68: a change takes hold of a lead's clocks, dated triggers come, rules are tested."""
        for move in self.moves_at(lead):
            self.funnel.clocks.change(lead, move)
            record = self.funnel.move(move)
            if record["trigger"] == p.ON_DATE and record["trigger_at"] == self.funnel.now:
                self.trigger(lead, move, self.funnel.now)
        self.test_rules(lead)
