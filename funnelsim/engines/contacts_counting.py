"""Counting what touches and tracks did to a lead: what was sent, opened and answered, and what was reached after."""

from __future__ import annotations

import bisect

import numpy as np

from funnelsim.engines import luck
from funnelsim.engines.accounts import Account, Observer, is_old
from funnelsim.engines.deciding import Store
from funnelsim.engines.histories import Touch
from funnelsim.engines.philox import below
from funnelsim.engines.rows import CREATED, POSTPONED, PRESENT, STALLED, WITHHELD, WOKEN, LogRow
from funnelsim.engines.tally import (
    ANSWERED,
    CLICKED,
    CONTENT_KINDS,
    GIVEN,
    OPENED,
    OPTED_OUT,
    PAID,
    WARMED,
    band_of,
    fit_bin,
)
from funnelsim.program import records as p

SHOWN = {OPENED: p.OPEN, CLICKED: p.CLICK, ANSWERED: p.RESPONSE, OPTED_OUT: p.OPT_OUT}
"""What comes of content that was given, and the rows of its touch that say so."""


class Contacts(Observer):
    """Touches, by turn, and the content that is given with them."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.visited: set[int] = set()

    def see(self, row: LogRow) -> None:
        """Count a row."""
        account, layout, touch, stage = self.account, self.layout, self.history.touch, self.history.entered
        if row.outcome == POSTPONED:
            account.add(row.tick, layout.postponed + self.turn(row))
        if row.outcome in WITHHELD:
            why = WITHHELD.index(row.outcome)
            account.add(row.tick, layout.withheld + self.turn(row) * len(WITHHELD) + why)
        if touch is not None:
            old = int(is_old(account.tables, row))
            account.add(row.tick, layout.sent + touch.turn * 2 + old)
            account.add(row.tick, layout.engaged + touch.turn * 2 + old, int(touch.engaged))
            if touch.delivered:
                self.deliver(row, touch)
        if stage != p.NONE:
            if row.outcome != PRESENT and stage not in self.visited and self.history.touched > 0:
                account.add(row.tick, layout.touched_entry + stage)
                account.add(row.tick, layout.touches_until + stage, self.history.touched)
            self.visited.add(stage)

    def turn(self, row: LogRow) -> int:
        """Return the turn of a touch that was not sent: its row is the first."""
        return int(np.searchsorted(self.account.structure.turns["first_row"], row.row))

    def deliver(self, row: LogRow, touch: Touch) -> None:
        """Count a touch that came through."""
        account, layout = self.account, self.layout
        if self.history.touched == 1:
            account.add(row.tick, layout.touched)
        if touch.asset != p.NONE:
            self.give(row, touch)
        if self.is_recorded(row, touch):
            account.add(row.tick, layout.recorded + touch.turn)

    def give(self, row: LogRow, touch: Touch) -> None:
        """Count content that was given, what came of it, and what its touch cost."""
        account, content = self.account, self.layout.content + touch.asset * CONTENT_KINDS
        regime = account.regime(row.tick)
        turn, rows = account.tables.turns[regime, touch.turn], account.tables.rows[regime]
        points = sum(
            int(rows["points"][place])
            for place in range(turn["first_row"], turn["end_row"])
            if rows["role"][place] in touch.roles
        )
        account.add(row.tick, content + GIVEN)
        for place, role in SHOWN.items():
            account.add(row.tick, content + place, int(role in touch.roles))
        account.add(row.tick, content + PAID, int(rows["cost"][turn["first_row"]]))
        account.add(row.tick, content + WARMED, points)

    def is_recorded(self, row: LogRow, touch: Touch) -> bool:
        """Say whether an open was recorded, whether it happened or not."""
        regime = self.account.regime(row.tick)
        turn, rows = self.account.tables.turns[regime, touch.turn], self.account.tables.rows[regime]
        if p.OPEN not in rows["role"][turn["first_row"] : turn["end_row"]]:
            return False
        key = self.account.tables.moves[regime, row.move]["key"]
        word = luck.record_word(key, np.uint64(row.key), 0, touch.number)
        return bool(below(np.uint64(word), int(turn["seen" if p.OPEN in touch.roles else "false"])))


class Streams(Observer):
    """Streams that the lead joins and leaves, and where it is stalled in them."""

    def see(self, row: LogRow) -> None:
        """Count a row."""
        account, layout, history = self.account, self.layout, self.history
        if history.left != p.NONE:
            account.add(row.tick, layout.left + history.left)
            account.add(row.tick, layout.in_stream + history.left, -1)
        if history.joined != p.NONE:
            account.add(row.tick, layout.in_stream + history.joined)
            account.add(row.tick, layout.joined + history.joined, int(row.outcome != PRESENT))
        if row.outcome in (STALLED, WOKEN) and row.stream != p.NONE:
            account.add(row.tick, layout.stalled_stream + row.stream, 1 if row.outcome == STALLED else -1)


class Reached(Observer):
    """What was reached after streams, touches and content: the stage `sql`, and money."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.sql = int(account.tables.run[0]["sql"])
        self.places: set[int] = set()
        """Where it is counted for what the lead was sent or got."""

    def see(self, row: LogRow) -> None:
        """Count a row."""
        account, layout, touch, stage = self.account, self.layout, self.history.touch, self.history.entered
        if touch is not None:
            if row.stream != p.NONE:
                self.places.add(layout.reached_stream + row.stream * 2)
            if touch.delivered:
                name = int(account.structure.turns["touch"][touch.turn])
                self.places.add(layout.reached_touch + name * 2)
            if touch.asset != p.NONE:
                self.places.add(layout.reached_asset + touch.asset * 2)
        if stage == p.NONE:
            return
        if row.outcome != PRESENT:
            for place in self.places:
                account.add(row.tick, place, int(stage == self.sql))
                account.add(row.tick, place + 1, row.value)


class Scores(Observer):
    """What a lead is worth: its score at the end of the period of its creation, its fit, and whether it is won."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.warmth = Store()
        """Before the row that is told."""
        self.fit = 0
        """When it was created."""
        self.edge = p.NONE
        """End of the period in which it was created, until that comes; of leads that are counted."""
        self.counted = self.won = False

    def see(self, row: LogRow) -> None:
        """Count a row."""
        account, layout, tables = self.account, self.layout, self.account.tables
        if row.outcome == CREATED and account.cell(row.tick) > 0:
            edges: list[int] = account.structure.cohort_edge.tolist()
            self.edge = edges[bisect.bisect_right(edges, row.tick)]
            bin_ = fit_bin(tables.fit[0], tables.kind_first, self.history.fit(account.regime(row.tick)))
            self.counted, self.fit = True, int(bin_)
            account.add(row.tick, layout.fit_created + self.fit)
        if self.edge != p.NONE and row.tick >= self.edge:
            self.look()
        if self.counted and not self.won and account.is_a(self.history.entered, p.WON):
            self.won = True
            account.add(row.tick, layout.fit_won + self.fit)
        self.warmth = Store(self.history.warmth.units, self.history.warmth.since)

    def look(self) -> None:
        """Count its score at the end of its first period, by what happened before."""
        score = self.history.score(self.warmth, self.edge)
        cell = bisect.bisect_left(self.account.edges, self.edge) - 1
        self.account.counts[cell, self.layout.profile + int(band_of(self.account.tables.bands, score))] += 1
        self.edge = p.NONE

    def end(self) -> None:
        """Count a lead to which nothing happened after its first period."""
        if self.edge != p.NONE:
            self.look()
