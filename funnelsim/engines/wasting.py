"""Counting what is wasted: what leads cost that at the end are neither won, nor in sales, nor touched any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from funnelsim.engines import deciding
from funnelsim.engines.accounts import Account, Observer
from funnelsim.engines.histories import OVER
from funnelsim.engines.rows import CREATED, PRESENT, WITHHELD, LogRow
from funnelsim.engines.samplers import NEVER
from funnelsim.program import records as p


class Waste(Observer):
    """What a lead cost that is wasted (`tally.Layout.wasted_leads`).

    Parameters
    ----------
    account : Account
        Added to, in the last cell.
    rows : sequence of LogRow
        All of the lead's.
    busy : mapping
        By team: ticks of its clock worked on the lead in the counted cells; complete at the end.
    """

    def __init__(self, account: Account, rows: Sequence[LogRow], busy: Mapping[int, int]) -> None:
        super().__init__(account)
        self.rows, self.busy, self.tables = rows, busy, account.tables
        self.attempts: Counter[int] = Counter()
        """By move: those in this stay, and in a row that were not engaged."""
        self.misses: Counter[int] = Counter()
        self.had: Counter[int] = Counter()
        """Pieces of each asset."""
        self.won = False

    def see(self, row: LogRow) -> None:
        """Follow what touches of a stream have left."""
        history, touch = self.history, self.history.touch
        self.won = self.won or self.account.is_a(history.entered, p.WON)
        if row.outcome in OVER:
            self.attempts[row.move] = row.attempt
            self.misses[row.move] += int(row.outcome in WITHHELD)
        if touch is not None:
            self.misses[row.move] = 0 if touch.engaged else self.misses[row.move] + 1
            self.had[touch.asset] += 1
        if history.joined != p.NONE:
            for move in self.moves_of(history.joined):
                made = history.lifetime[move] if row.outcome == PRESENT else 0  # rule 71
                self.attempts[move] = self.misses[move] = made

    def moves_of(self, stream: int) -> range:
        """Return the moves of a stream."""
        container = self.tables.containers[0, len(self.account.program.stages) + stream]
        return range(int(container["first"]), int(container["end"]))

    # ------------------------------------------------------------ whether it goes on
    def goes_on(self) -> bool:
        """Say whether the stream of the lead may still touch it."""
        regime = int(self.tables.cell_regime[-1])
        moves = ((move, self.tables.moves[regime, move]) for move in self.moves_of(self.history.stream))
        turns = (
            turn
            for move, record in moves
            if record["num_turns"] > 0 and self.has_attempts(regime, move, record)
            for turn in self.tables.turns[regime, record["first_turn"] :][: record["num_turns"]]
        )
        return any(turn["active"] and self.is_meant(regime, turn) and self.has_content(regime, turn) for turn in turns)

    def has_attempts(self, regime: int, move: int, record: p.Record) -> bool:
        """Say whether a move has attempts left: of a triggered one, which may start again, in the lead's life."""
        in_life = self.history.lifetime[move] < record["lifetime"]
        if record["trigger"] not in (p.UNTRIGGERED, p.ON_ANNIVERSARY):
            return bool(in_life and self.tables.waits[record["after"]]["code"] != NEVER)
        attempts = self.attempts[move]
        turn = self.tables.turns[regime, record["first_turn"] + attempts % record["num_turns"]]
        wait = record["every" if attempts or record["trigger"] == p.ON_ANNIVERSARY else "after"]
        wait = wait if turn["wait"] == p.NONE else turn["wait"]
        left = attempts < record["attempts"] and self.misses[move] < record["unanswered"]
        return bool(in_life and left and self.tables.waits[wait]["code"] != NEVER)

    def is_meant(self, regime: int, turn: p.Record) -> bool:
        """Say whether the lead may ever meet the `if` of a touch."""
        standing = self.history.standing(self.rows[-1].tick, self.rows[-1])
        rule = int(turn["rule"])
        return rule == p.NONE or deciding.holds(self.tables, regime, rule, standing, ever=True)

    def has_content(self, regime: int, turn: p.Record) -> bool:
        """Say whether a touch needs no content, or some is left."""
        assets = self.tables.turn_assets[turn["first_asset"] : turn["end_asset"]].tolist()
        return not assets or any(self.had[asset] < self.tables.assets[regime, asset]["number"] for asset in assets)

    # ------------------------------------------------------------ counting
    def end(self) -> None:
        """Count what it cost, if it is wasted."""
        account, layout, first = self.account, self.layout, self.rows[0]
        if self.won or account.is_a(self.history.stage, p.SALES | p.WORKED):
            return
        if self.history.stream != p.NONE and self.goes_on():
            return
        wasted = account.counts[len(account.edges) - 2]
        counted = [row for row in self.rows if account.cell(row.tick) > 0]
        wasted[layout.wasted_leads + first.channel] += first.outcome == CREATED and first in counted
        wasted[layout.wasted_cost] += sum(row.cost for row in counted)
        for team, ticks in self.busy.items():
            wasted[layout.wasted_busy + team] += ticks
