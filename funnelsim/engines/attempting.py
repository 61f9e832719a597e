"""Attempts of moves, in the reference engine: row by row they are decided, and take the lead on (rules 16 to 22)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.engines import luck, points
from funnelsim.engines.leads import Lead
from funnelsim.engines.philox import below
from funnelsim.engines.routes import Going
from funnelsim.engines.rows import EXHAUSTED, FAILED, OPTED_OUT, PASSED, SUCCEEDED
from funnelsim.program import records as p

if TYPE_CHECKING:
    from funnelsim.engines.reference import Funnel


class Attempts:
    """What a funnel's moves try, and what comes of it."""

    def __init__(self, funnel: Funnel) -> None:
        self.funnel, self.tables = funnel, funnel.tables

    def row_in_turn(self, lead: Lead, move: int) -> int:
        """Rules 16 and 51: the row of the script that an attempt has come to, or the first of the touch in turn."""
        record = self.funnel.move(move)
        if record["num_turns"] > 0:
            return int(self.funnel.turn(lead, move)["first_row"])
        return int(record["first_row"] + lead.step[move])

    def finish(self, lead: Lead, move: int, person: int) -> None:
        """Rule 44: the work on an attempt ends."""
        if self.funnel.move(move)["num_turns"] > 0:
            self.funnel.touches.finish(lead, move, person)
        else:
            self.attempt(lead, move, person)

    def attempt(self, lead: Lead, move: int, person: int = p.NONE) -> None:
        """Rules 16 to 22, 51 and 52: row by row, the lead goes on, tries again, or has tried for the last time."""
        record, row, step = self.funnel.move(move), self.row_in_turn(lead, move), lead.step[move]
        told = {"row": row, "cost": self.cost(row), "person": person}
        success = self.succeeds(lead, move, row, person)
        if step == 0:
            lead.misses[move] = 0 if success else lead.misses[move] + 1
        if success and step < record["num_steps"]:
            number = lead.attempts[move] + 1
            self.funnel.record(lead, PASSED, lead.stage, lead.stream, move=move, attempt=number, **told)
            lead.step[move] += 1
            if person == p.NONE:
                self.funnel.clocks.set(lead, move, self.funnel.now)
            else:
                self.funnel.staff.work_on(lead, move, person)
            return
        if success:
            lead.warmth.add(int(record["points"]), self.funnel.now, int(self.funnel.scoring["half_life"]))
            self.note_event(lead, move)
        self.use_up(lead, move, success)
        lost, going = self.tables.rows[0, row], None
        if success and lead.done[move] >= record["needs"]:
            going = self.way(lead, record["to"], record["to_reason"])
        elif not success and lost["otherwise"] != p.NONE:
            going = self.way(lead, lost["otherwise"], lost["reason"])
        outcome = SUCCEEDED if success else FAILED if going is None else EXHAUSTED
        if going is None:
            outcome, going = self.give_up(lead, move, outcome)
        self.conclude(lead, move, outcome, going, [{"outcome": outcome, **told}])

    def use_up(self, lead: Lead, move: int, success: bool = False) -> None:
        """Rules 18, 19 and 22: an attempt is used up."""
        lead.attempts[move] += 1
        lead.lifetime[move] += 1
        lead.done[move] += int(success)
        lead.step[move] = 0

    def note_event(self, lead: Lead, move: int) -> None:
        """Rules 59 and 66: a success may be an event, which is what the lead last showed."""
        event = int(self.funnel.move(move)["event"])
        if event != p.NONE:
            lead.behaviour, lead.active = event, self.funnel.now

    # ------------------------------------------------------------ ways
    def way(self, lead: Lead, way: int, reason: int) -> Going | None:
        """Return where a way leads; None where there is none, or it changes nothing."""
        return None if way == p.NONE else self.funnel.routes.resolve(lead, int(way), int(reason))

    def give_up(self, lead: Lead, move: int, outcome: int, last: bool = False) -> tuple[int, Going | None]:
        """Rule 21: after the last attempt of a stay the move sends the lead `else`, if that is written."""
        if self.funnel.clocks.may_attempt(lead, move) and not last:
            return outcome, None
        record = self.funnel.move(move)
        going = self.way(lead, record["otherwise"], record["else_reason"])
        return (EXHAUSTED if going and outcome == FAILED else outcome), going

    def conclude(
        self,
        lead: Lead,
        move: int,
        outcome: int,
        going: Going | None,
        told: list[dict[str, Any]],
        *,
        planned: int | None = None,
        last: bool = False,
        engaged: bool = False,
    ) -> None:
        """Rules 17 to 21, 25, 66 and 68: an attempt is over, the next is planned, and the lead goes where it is sent.

        Parameters
        ----------
        lead, move, outcome
        going : Going or None
        told : list of dict
            Rows of the log, all of one instant; the last is that of the outcome.
        planned : int, optional
            From when the next attempt counts (rule 20): now, unless this one was postponed.
        last : bool
            Whether there is no next one, whatever limits say.
        engaged : bool
            Of a touch (rule 59).
        """
        stage, stream, number, now = lead.stage, lead.stream, lead.attempts[move], self.funnel.now
        lead.events += 1
        if not last:
            counts_from = now if planned is None else planned
            self.funnel.clocks.set(lead, move, max(now + 1, self.funnel.clocks.next_clock(lead, move, counts_from)))
        if going is not None:
            told[-1] |= {"to": self.funnel.place(going), "reason": going.reason}
            told[-1]["value"] = self.funnel.stays.go(lead, going)
        elif outcome == OPTED_OUT:
            self.funnel.stays.opt_out(lead)
        for row in told:
            self.funnel.record(lead, row.pop("outcome"), stage, stream, move=move, attempt=number, **row)
        entered = going is not None and going.stage != p.NONE
        if not entered and (outcome == SUCCEEDED or engaged):
            self.funnel.stays.be_active(lead)
        event = int(self.funnel.move(move)["event"])
        if outcome == SUCCEEDED and event != p.NONE:
            self.funnel.stays.tell_event(lead, event)
        self.funnel.stays.test_rules(lead)
        self.funnel.note_stall(lead)

    # ------------------------------------------------------------ chances
    def cost(self, row: int) -> int:
        """Return what an attempt of a row costs now."""
        return int(self.tables.rows[self.funnel.regime, row]["cost"])

    def succeeds(self, lead: Lead, move: int, row: int, person: int, odds: float = 1.0) -> bool:
        """Rules 16, 44, 51 and 57: decide a row, by the person who worked on it and what the lead has of points.

        Parameters
        ----------
        lead, move, row, person
        odds : float
            Of the content that is given.
        """
        record, number, step = self.funnel.move(move), lead.attempts[move], lead.step[move]
        layout = self.tables.rows[self.funnel.regime, row]
        threshold = self.threshold(lead, int(record["container"]), row, number)
        if person != p.NONE:
            threshold = int(luck.skilled(threshold, self.tables.people[person]["chance"]))
        if layout["by_points"] or odds != 1.0:
            routes = self.funnel.routes
            units = (routes.warmth(lead), routes.fatigue(lead), routes.score(lead))
            threshold = int(points.moved(threshold, layout, odds, *units))
        start, key, role = lead.starts[move], record["key"], int(layout["role"])
        if role != p.PLAIN:
            word = luck.touch_word(key, lead.key, start, number, role)
        elif step == 0:
            word = luck.chance_word(key, lead.key, start, number)
        else:
            word = luck.step_word(key, lead.key, start, number, step)
        return bool(below(np.uint64(word), threshold))

    def threshold(self, lead: Lead, container: int, row: int, number: int) -> int:
        """Rule 16: what the attempt's draw must stay below."""
        layout = self.tables.rows[self.funnel.regime, row]
        place = layout["chance"]
        place += sum(value * int(step) for value, step in zip(lead.kinds, self.tables.row_kinds[row], strict=True))
        place += lead.channel * layout["per_channel"] + lead.stage * layout["per_stage"]
        place += min(number, layout["num_attempts"] - 1) * layout["per_attempt"]
        place += min(lead.visits[container] - 1, layout["num_visits"] - 1) * layout["per_visit"]
        return int(self.tables.threshold[self.funnel.regime, place])
