"""Touches, in the reference engine: whether one is made, what is given with it, what comes of it (rules 58 to 64)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from funnelsim.engines import deciding, luck
from funnelsim.engines.leads import Lead
from funnelsim.engines.rows import (
    EXHAUSTED,
    FAILED,
    INACTIVE,
    NO_CONTENT,
    NOT_MEANT,
    OPTED_OUT,
    OVER_LIMIT,
    PASSED,
    POSTPONED,
    SUCCEEDED,
    UNWANTED,
    WITHHELD,
)
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import records as p

if TYPE_CHECKING:
    from funnelsim.engines.reference import Funnel

SHOWN = {p.OPEN: p.OPENED, p.CLICK: p.CLICKED, p.RESPONSE: p.ANSWERED}
"""The behaviour that passing a row is (rule 59)."""

SENT = SUCCEEDED
"""The verdict on a touch that may be made."""


class Verdict(NamedTuple):
    """What rules 61 to 63 say of a touch."""

    outcome: int
    """SENT, POSTPONED, or one of WITHHELD."""
    asset: int = p.NONE
    until: int = 0
    """The first tick at which no limit that postpones is exceeded."""
    last: bool = False
    """Whether none can follow: no touch of the move has content left, or the lead has opted out."""


@dataclass
class Chain:
    """What was decided of one touch (rule 58)."""

    outcome: int = FAILED
    row: int = p.NONE
    """The last that was decided."""
    passed: list[int] = field(default_factory=list)
    """Rows, an opt-out that happened included."""
    delivered: bool = True


class Touches:
    """The touches that a funnel's moves make."""

    def __init__(self, funnel: Funnel) -> None:
        self.funnel, self.tables = funnel, funnel.tables

    # ------------------------------------------------------------ whether it is made
    def come(self, lead: Lead, move: int) -> None:
        """Rules 61, 63 and 64: the clock of a touch has come."""
        record, now = self.funnel.move(move), self.funnel.now
        planned = lead.planned.pop(move, now)
        if self.is_paused(lead, move):
            wait = self.funnel.clocks.draw(lead, move, self.tables.waits[record["every"]])
            tick = UNLIMITED if wait == UNLIMITED else max(planned + max(1, wait), now + 1)
            self.funnel.clocks.set(lead, move, tick)
            self.funnel.note_stall(lead)
            return
        verdict = self.judge(lead, move)
        if verdict.outcome == SENT and record["team"] != p.NONE:
            self.funnel.staff.ask(lead, move)
        else:
            self.carry_out(lead, move, verdict, planned, p.NONE)

    def finish(self, lead: Lead, move: int, person: int) -> None:
        """Rule 63: the work on a touch ends, and all is looked at again."""
        self.carry_out(lead, move, self.judge(lead, move), self.funnel.now, person)

    def carry_out(self, lead: Lead, move: int, verdict: Verdict, planned: int, person: int) -> None:
        """Make a touch, or withhold or postpone it."""
        if verdict.outcome == SENT:
            self.make(lead, move, verdict.asset, planned, person)
        elif verdict.outcome in WITHHELD:
            self.withhold(lead, move, verdict, planned, person)
        else:
            number, row = lead.attempts[move] + 1, self.funnel.attempts.row_in_turn(lead, move)
            self.funnel.record_move(lead, move, POSTPONED, row, number, person)
            self.funnel.clocks.set(lead, move, verdict.until)
            lead.planned[move] = planned

    def is_paused(self, lead: Lead, move: int) -> bool:
        """Rule 64: say whether nothing of the cadence of this track is sent."""
        record = self.funnel.move(move)
        rule = int(self.tables.containers[0, record["container"]]["paused"])
        return bool(record["cadence"]) and rule != p.NONE and self.funnel.routes.holds(lead, rule)

    def judge(self, lead: Lead, move: int) -> Verdict:
        """Rules 60 to 63: opted out, active, `if`, limits that drop, content, limits that postpone, in this order."""
        turn, now, asset = self.funnel.turn(lead, move), self.funnel.now, p.NONE
        if lead.opted_out:
            return Verdict(UNWANTED, last=True)
        if not turn["active"]:
            return Verdict(INACTIVE)
        if turn["rule"] != p.NONE and not self.funnel.routes.holds(lead, int(turn["rule"])):
            return Verdict(NOT_MEANT)
        allowed = {limit: self.allowed(lead, limit) for limit in self.limits(turn)}
        drops = self.tables.limits[self.funnel.regime]["drops"]
        if any(drops[limit] and tick > now for limit, tick in allowed.items()):
            return Verdict(OVER_LIMIT)
        if turn["first_asset"] < turn["end_asset"]:
            asset = self.choose(lead, turn)
            if asset == p.NONE:
                return Verdict(NO_CONTENT, last=all(self.has_run_out(lead, other) for other in self.turns(move)))
        until = max(allowed.values(), default=now)
        return Verdict(POSTPONED, until=until) if until > now else Verdict(SENT, asset)

    def turns(self, move: int) -> Iterator[p.Record]:
        """Yield the turns of a move."""
        record = self.funnel.move(move)
        yield from self.tables.turns[self.funnel.regime, record["first_turn"] :][: record["num_turns"]]

    def limits(self, turn: p.Record) -> list[int]:
        """Return the limits of contact that hold for a touch."""
        return [int(limit) for limit in self.tables.turn_limits[turn["first_limit"] : turn["end_limit"]]]

    def allowed(self, lead: Lead, limit: int) -> int:
        """Rule 63: the first tick from now on at which a touch does not exceed a limit."""
        record, now = self.tables.limits[self.funnel.regime, limit], self.funnel.now
        most, per = int(record["most"]), int(record["per"])
        recent = [tick for tick in lead.sent.get(limit, ()) if tick > now - per]
        return now if len(recent) < most else recent[-most] + per

    # ------------------------------------------------------------ content
    def choose(self, lead: Lead, turn: p.Record) -> int:
        """Rule 62: the asset that is given, of those that are left; NONE if none is."""
        left = self.left(lead, turn)
        assets = self.tables.assets[self.funnel.regime]
        return min(left, key=lambda asset: luck.asset_rank(assets[asset], lead.key, lead.had[asset]), default=p.NONE)

    def left(self, lead: Lead, turn: p.Record) -> list[int]:
        """Return the assets of a touch of which the lead has had fewer pieces than there are."""
        assets = (int(asset) for asset in self.tables.turn_assets[turn["first_asset"] : turn["end_asset"]])
        return [asset for asset in assets if lead.had[asset] < self.tables.assets[self.funnel.regime, asset]["number"]]

    def has_run_out(self, lead: Lead, turn: p.Record) -> bool:
        """Rule 61: say whether a touch needs content, and there is none left for it."""
        return bool(turn["first_asset"] < turn["end_asset"]) and not self.left(lead, turn)

    def content_odds(self, lead: Lead, asset: int) -> float:
        """Rule 62: what the content that is given does to the odds of a touch."""
        if asset == p.NONE:
            return 1.0
        odds, values = self.tables.asset_odds[self.funnel.regime, asset], len(self.tables.values)
        product = 1.0
        for first, value in zip(self.tables.kind_first, lead.kinds, strict=False):
            product *= float(odds[first + value])
        product *= float(odds[values + lead.channel])
        return product * float(odds[values + len(self.funnel.program.channels) + lead.stage])

    # ------------------------------------------------------------ what comes of it
    def withhold(self, lead: Lead, move: int, verdict: Verdict, planned: int, person: int) -> None:
        """Rule 61: a touch is not sent, which uses up an attempt."""
        row, attempts = self.funnel.attempts.row_in_turn(lead, move), self.funnel.attempts
        attempts.use_up(lead, move)
        lead.misses[move] += 1
        outcome, going = attempts.give_up(lead, move, verdict.outcome, last=verdict.last)
        told = {"outcome": outcome, "row": row, "person": person}
        attempts.conclude(lead, move, outcome, going, [told], planned=planned, last=verdict.last)

    def make(self, lead: Lead, move: int, asset: int, planned: int, person: int) -> None:
        """Rules 58 and 59: a touch is decided at once, and leaves its marks."""
        attempts, turn, rows = self.funnel.attempts, self.funnel.turn(lead, move), self.tables.rows[self.funnel.regime]
        chain = self.decide(lead, move, turn, asset, person)
        asset = asset if chain.delivered else p.NONE
        engaged = self.is_engaged(turn, chain)
        self.leave_marks(lead, move, turn, chain, asset, engaged)
        attempts.use_up(lead, move, success=chain.outcome == SUCCEEDED)
        outcome, going, last = chain.outcome, None, rows[chain.row]
        if outcome == OPTED_OUT:
            to = int(last["to"])
            going = attempts.way(lead, to if to < self.funnel.stays.stages else p.NONE, last["to_reason"])
            if going is None and not deciding.is_silenced(self.funnel.move(move), self.funnel.stays.stages):
                outcome, going = attempts.give_up(lead, move, outcome)
        else:
            if outcome == SUCCEEDED:
                going = attempts.way(lead, last["to"], last["to_reason"])
            elif not chain.delivered:
                going = attempts.way(lead, last["otherwise"], last["reason"])
                outcome = FAILED if going is None else EXHAUSTED
            if going is None:
                outcome, going = attempts.give_up(lead, move, outcome)
        before = [row for row in chain.passed if row != chain.row]
        told = [{"outcome": PASSED, "row": row, "asset": asset, "person": person} for row in before]
        told.append({"outcome": outcome, "row": chain.row, "asset": asset, "person": person})
        told[0]["cost"] = attempts.cost(int(turn["first_row"]))
        attempts.conclude(lead, move, outcome, going, told, planned=planned, engaged=engaged)

    def decide(self, lead: Lead, move: int, turn: p.Record, asset: int, person: int) -> Chain:
        """Rule 58: row by row, as far as it goes, by what the lead is before any of it."""
        chain = Chain()
        for row in range(int(turn["first_row"]), int(turn["end_row"])):
            record = self.tables.rows[self.funnel.regime, row]
            odds = self.content_odds(lead, asset) if row == turn["engaging_row"] else 1.0
            success = self.funnel.attempts.succeeds(lead, move, row, person, odds)
            if record["role"] == p.OPT_OUT and not success:
                continue
            chain.row = row
            if not success:
                chain.delivered = record["role"] != p.DELIVERED
                break
            chain.passed.append(row)
            if record["role"] == p.OPT_OUT:
                chain.outcome = OPTED_OUT
                break
            if record["to"] != p.NONE or row == turn["end_row"] - 1:
                chain.outcome = SUCCEEDED
                break
        return chain

    def is_engaged(self, turn: p.Record, chain: Chain) -> bool:
        """Rule 59: say whether a touch was clicked or answered, or opened where its chain ends there."""
        roles = self.tables.rows[0]["role"]
        return any(roles[row] >= min(p.CLICK, roles[turn["end_row"] - 1]) for row in chain.passed)

    def leave_marks(self, lead: Lead, move: int, turn: p.Record, chain: Chain, asset: int, engaged: bool) -> None:
        """Rules 59, 60 and 63: points, fatigue, content, and what the lead has shown."""
        rows, scoring, now = self.tables.rows[self.funnel.regime], self.funnel.scoring, self.funnel.now
        for row in chain.passed:
            lead.warmth.add(int(rows[row]["points"]), now, int(scoring["half_life"]))
            lead.behaviour = SHOWN.get(int(rows[row]["role"]), lead.behaviour)
        if chain.delivered:
            lead.fatigue.add(int(turn["weight"]), now, int(scoring["fatigue_half_life"]))
            lead.touched += 1
        if asset != p.NONE:
            lead.had[asset] += 1
        for limit in self.limits(turn):
            lead.sent.setdefault(limit, []).append(now)
        lead.misses[move] = 0 if engaged else lead.misses[move] + 1
        if engaged:
            lead.active = now
        if chain.outcome == SUCCEEDED:
            self.funnel.attempts.note_event(lead, move)
        lead.opted_out = lead.opted_out or chain.outcome == OPTED_OUT
