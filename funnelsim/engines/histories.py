"""What a lead is and has been through, followed along the rows of its log: what counting a log has to know.

Nothing but the rows, the program and its tables: points are added up again, rules looked at again, and what the lead is
of is drawn again.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from funnelsim.engines import deciding
from funnelsim.engines.carrying import begun_at, carried, is_carried
from funnelsim.engines.deciding import Standing, Store, kinds_of
from funnelsim.engines.routes import Traveller, resolve
from funnelsim.engines.rows import (
    CREATED,
    EXHAUSTED,
    FAILED,
    OPTED_OUT,
    PASSED,
    PRESENT,
    SUCCEEDED,
    TURNED_AWAY,
    WITHHELD,
    LogRow,
)
from funnelsim.engines.tables import Tables
from funnelsim.program import Program
from funnelsim.program import records as p

OVER = (FAILED, SUCCEEDED, EXHAUSTED, OPTED_OUT, TURNED_AWAY, *WITHHELD)
"""Outcomes of an attempt that is used up."""

DECIDED = (FAILED, SUCCEEDED, EXHAUSTED, OPTED_OUT)
"""Those of a touch that was sent."""

SHOWN = {p.OPEN: p.OPENED, p.CLICK: p.CLICKED, p.RESPONSE: p.ANSWERED}
"""The behaviour that passing a row is (rule 59)."""


class Touch(NamedTuple):
    """A touch that was sent."""

    turn: int
    """Into `Tables.turns`."""
    number: int
    """Attempts of its move in the lead's life before it."""
    roles: frozenset[int]
    """What the rows are that were passed."""
    delivered: bool
    engaged: bool
    asset: int


class History:
    """One lead, after the row that was told last.

    Attributes
    ----------
    kinds : list of int
        The segment, then the value of each trait, then what is observed.
    stage, stream : int
        Where it stands.
    warmth : Store
    touched : int
        Touches that were delivered to it.
    touch : Touch or None
        The one that was decided by the last row.
    entered, joined, left : int
        The stage, and the streams, that it entered and left with the last row; NONE for none.
    """

    def __init__(self, program: Program, tables: Tables) -> None:
        self.program, self.tables = program, tables
        self.kinds: list[int] = []
        self.stage = self.stream = self.came_from = self.reason = p.NONE
        self.behaviour, self.active, self.touched, self.opted_out = p.NO_BEHAVIOUR, 0, 0, False
        self.warmth = Store()
        self.lifetime: Counter[int] = Counter()
        self.passed: list[int] = []
        """Rows of a touch that have been passed, and after which another comes."""
        self.touch: Touch | None = None
        self.entered = self.joined = self.left = p.NONE

    def see(self, row: LogRow) -> None:
        """Go on by a row."""
        regime = self.regime(row.tick)
        self.touch, self.entered, self.joined, self.left = None, p.NONE, p.NONE, p.NONE
        if row.outcome == PRESENT and row.number == p.NONE:
            self.stand_there(row, regime)
        elif row.outcome in (CREATED, PRESENT):
            self.kinds, self.active = kinds_of(self.tables, regime, row.channel, row.key), row.created
        elif row.move != p.NONE:
            self.try_move(row, regime)
        if row.to != p.NONE or row.outcome == OPTED_OUT:
            self.go(row, regime)
        if row.outcome == PRESENT and row.number == p.NONE:
            self.count_made(row, regime)

    def regime(self, tick: int) -> int:
        """Return what holds at a tick."""
        return int(np.searchsorted(self.tables.regime_tick, tick, side="right")) - 1

    # ------------------------------------------------------------ leads of a snapshot
    def stand_there(self, row: LogRow, regime: int) -> None:
        """Rule 71: a lead of a snapshot is as the snapshot says, and else as it is drawn."""
        known = deciding.known_of(self.tables, row.key)
        self.kinds = kinds_of(self.tables, regime, row.channel, row.key, int(known["segment"]))
        self.active, self.touched = row.tick - int(known["in_stage"]), max(int(known["touches"]), 0)

    def count_made(self, row: LogRow, regime: int) -> None:
        """Rule 71: attempts that were made before the run count towards limits of a lead's life."""
        tables, known = self.tables, deciding.known_of(self.tables, row.key)
        stream = p.NONE if self.stream == p.NONE else len(self.program.stages) + self.stream
        for container in (self.stage, stream) if known["in_stage"] > 0 else ():
            moves = range(*tables.containers[0, container][["first", "end"]]) if container != p.NONE else ()
            for move in moves:
                record = tables.moves[regime, move]
                other = record["trigger"] == p.ON_ENTERING and record["trigger_at"] != self.stage
                since = begun_at(record, self.active)
                if is_carried(record) and not other and since < row.tick:
                    turns, key, told = tables.turns[regime], np.uint64(row.key), int(known["touches"])
                    made = carried(record, turns, tables.waits, tables.pool, key, since, row.tick, told)[1]
                    self.lifetime[move] = int(made)

    # ------------------------------------------------------------ attempts
    def try_move(self, row: LogRow, regime: int) -> None:
        """Follow an attempt: what it leaves, and that it is used up."""
        move = self.tables.moves[regime, row.move]
        if move["num_turns"] > 0 and row.outcome == PASSED:
            self.passed.append(row.row)
        elif move["num_turns"] > 0 and row.outcome in DECIDED:
            self.be_touched(row, regime)
        elif row.outcome == SUCCEEDED:
            self.warm(int(move["points"]), row.tick, regime)
        if row.outcome == SUCCEEDED and move["event"] != p.NONE:
            self.behaviour, self.active = int(move["event"]), row.tick
        if row.outcome in OVER:
            self.lifetime[row.move] += 1

    def be_touched(self, row: LogRow, regime: int) -> None:
        """Rules 58 to 60: a touch was sent."""
        number = int(np.searchsorted(self.tables.turns[regime]["first_row"], row.row, side="right")) - 1
        turn, rows = self.tables.turns[regime, number], self.tables.rows[regime]
        passed = [*self.passed, row.row] if row.outcome in (SUCCEEDED, OPTED_OUT) else self.passed
        self.passed = []
        roles = [int(rows[place]["role"]) for place in passed]
        for place in passed:
            self.warm(int(rows[place]["points"]), row.tick, regime)
        self.behaviour = next((SHOWN[role] for role in reversed(roles) if role in SHOWN), self.behaviour)
        delivered = rows[row.row]["role"] != p.DELIVERED
        engaged = max(roles, default=p.PLAIN) >= min(p.CLICK, rows[turn["end_row"] - 1]["role"])
        self.touched += int(delivered)
        self.active = row.tick if engaged else self.active
        self.opted_out = self.opted_out or row.outcome == OPTED_OUT
        self.touch = Touch(number, self.lifetime[row.move], frozenset(roles), bool(delivered), bool(engaged), row.asset)

    def warm(self, units: int, tick: int, regime: int) -> None:
        """Rule 55: it gets points of warmth."""
        self.warmth.add(units, tick, int(self.tables.scoring[regime]["half_life"]))

    # ------------------------------------------------------------ ways
    def go(self, row: LogRow, regime: int) -> None:
        """Rules 13, 60, 65 and 67: it goes to a stage, or changes its stream alone."""
        before, stages = self.stream, len(self.program.stages)
        if row.to == p.NONE:
            self.stream = p.NONE
        elif row.to >= stages:
            self.stream = row.to - stages
        else:
            traveller = Traveller(self.standing(row.tick, row), self.stream, self.opted_out, self.lifetime)
            going = resolve(self.tables, regime, stages, traveller, row.to, row.reason)
            assert going is not None
            self.came_from, self.reason, self.stage, self.stream = self.stage, row.reason, row.to, going.stream
            self.entered = row.to
            self.active = self.active if row.outcome == PRESENT else row.tick
        if self.stream != before:
            self.joined, self.left = self.stream, before

    def standing(self, tick: int, row: LogRow) -> Standing:
        """Rule 65: all that rules look at, at a tick."""
        return Standing(
            channel=row.channel,
            kinds=self.kinds,
            reason=self.reason,
            came_from=self.came_from,
            stage=self.stage,
            behaviour=self.behaviour,
            score=self.score(self.warmth, tick),
            age=tick - row.created,
            silence=tick - self.active,
            touched=self.touched,
        )

    def score(self, warmth: Store, tick: int) -> int:
        """Rule 56: fit plus warmth, in thousandths, at a tick."""
        regime = self.regime(tick)
        return self.fit(regime) + warmth.at(tick, int(self.tables.scoring[regime]["half_life"]))

    def fit(self, regime: int) -> int:
        """Rule 56: the points of what it is."""
        return deciding.fit(self.tables, regime, self.kinds)
