"""Counting a log: the reference engine's way to the numbers that the kernel counts as it goes.

Plain Python, from nothing but the rows of a log, the program and its tables. Each lead is told on its own to a few
observers, each of which counts one side of its story.
"""

from __future__ import annotations

import bisect
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from funnelsim.engines.accounts import Account, Observer, is_old
from funnelsim.engines.contacts_counting import Contacts, Reached, Scores, Streams
from funnelsim.engines.rows import (
    ASKED,
    BEGUN,
    CREATED,
    DROPPED,
    EXHAUSTED,
    EXTENDED,
    FAILED,
    OPTED_OUT,
    PASSED,
    POSTPONED,
    PRESENT,
    STALLED,
    STOPPED,
    SUCCEEDED,
    TURNED_AWAY,
    WITHHELD,
    WOKEN,
    LogRow,
)
from funnelsim.engines.selling import Hands, Sales, Weeks
from funnelsim.engines.tables import REJECTED, Tables
from funnelsim.engines.tally import age_bin
from funnelsim.engines.wasting import Waste
from funnelsim.engines.working_time import team_clock
from funnelsim.program import Program
from funnelsim.program import records as p

ENDED = (FAILED, SUCCEEDED, EXHAUSTED)
"""Outcomes of an attempt that is over; in this order they are counted."""

GOES_ON = (PASSED, OPTED_OUT)
"""Outcomes that count as successes of their row."""


def count_log(
    program: Program,
    tables: Tables,
    log: Sequence[LogRow],
    group_of: Callable[[LogRow], int],
    counts: p.IntArray,
    ages: p.IntArray,
    waits: p.IntArray,
) -> None:
    """Count what a log tells.

    Parameters
    ----------
    program : Program
    tables : Tables
        Of the replication.
    log : sequence of LogRow
        In order (rule 8), of one replication.
    group_of : callable
        Takes a row, returns the number of the lead's group.
    counts : int array (cohorts, cells, groups, kinds)
        Added to, see `tally.Layout`; with one cohort all leads are in it.
    ages : int array (groups, stages, bins)
        Added to: age at the first entry to each stage, within the counted cells.
    waits : int array (groups, teams, bins)
        Added to: time from asking for a person to the beginning of the work, within the counted cells.
    """
    by_lead: dict[int, list[LogRow]] = defaultdict(list)
    for row in log:
        by_lead[row.key].append(row)
    cohort_edges = program.structure.cohort_edge.tolist()
    for rows in by_lead.values():
        cohort = bisect.bisect_right(cohort_edges, rows[0].created) if counts.shape[0] > 1 else 0
        group = group_of(rows[0])
        account = Account(program, tables, counts[cohort, :, group])
        work = Work(account, waits[group])
        observers: tuple[Observer, ...] = (
            Moves(account),
            Ways(account, ages[group]),
            work,
            Hands(account),
            Sales(account),
            Weeks(account),
            Contacts(account),
            Streams(account),
            Reached(account),
            *((Scores(account),) if program.is_scored else ()),
            Waste(account, rows, work.counted_busy),
        )
        for row in rows:
            account.history.see(row)
            for observer in observers:
                observer.see(row)
        for observer in observers:
            observer.end()


class Moves(Observer):
    """Attempts, and what is led where by them."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.done: Counter[int] = Counter()

    def see(self, row: LogRow) -> None:
        """Count a row."""
        account, layout = self.account, self.layout
        old = int(is_old(account.tables, row))
        if row.move != p.NONE and row.attempt == 1 and row.outcome != EXTENDED:
            self.done[row.move] = 0  # the first attempt of a stay, or since a trigger started the move again
        if row.outcome in (*ENDED, *GOES_ON):
            kind = ENDED.index(SUCCEEDED if row.outcome in GOES_ON else row.outcome)
            account.add(row.tick, layout.attempt + row.row * 6 + kind * 2 + old)
        if row.outcome == SUCCEEDED:
            self.done[row.move] += 1
            if self.leads_on(row):
                account.add(row.tick, layout.led + row.move)
        if row.to != p.NONE and self.gives_up(row):
            account.add(row.tick, layout.given_up + row.move)
        if p.NONE not in (row.to, row.reason):
            account.add(row.tick, layout.reason + row.reason)
            if account.program.reasons[row.reason] == REJECTED:
                account.add(row.tick, layout.rejected + row.stage)

    def leads_on(self, row: LogRow) -> bool:
        """Say whether a success led `to`; on the last attempt one that does not may lead `otherwise`."""
        move = self.account.tables.moves[self.account.regime(row.tick), row.move]
        if move["num_turns"] > 0:
            return bool(self.account.structure.rows["to"][row.row] != p.NONE)
        return bool(move["to"] != p.NONE and self.done[row.move] >= move["needs"])

    def gives_up(self, row: LogRow) -> bool:
        """Say whether a row that leads somewhere leads `otherwise`; a way to the stream it is in leads nowhere."""
        decided = self.account.structure.rows[row.row]
        if row.outcome == SUCCEEDED:
            move = self.account.structure.moves[row.move]
            reason = decided["to_reason"] if move["num_turns"] > 0 else move["to_reason"]
            return not self.leads_on(row) or row.reason not in (reason, p.NONE)
        if row.outcome == OPTED_OUT:
            return not 0 <= decided["to"] < len(self.account.program.stages)
        return row.outcome in (TURNED_AWAY, *WITHHELD) or (row.outcome == EXHAUSTED and decided["otherwise"] == p.NONE)


class Ways(Observer):
    """How leads come, where they enter and leave (rule 37), and where they are stalled."""

    def __init__(self, account: Account, ages: p.IntArray) -> None:
        super().__init__(account)
        self.ages = ages
        self.stage = p.NONE
        self.visited: set[int] = set()

    def see(self, row: LogRow) -> None:
        """Count a row."""
        account, layout = self.account, self.layout
        if row.outcome == CREATED:
            account.add(row.tick, layout.created + row.channel)
        elif row.outcome == PRESENT:
            account.add(row.tick, layout.present + row.channel)
            account.add(row.tick, layout.placed + row.to)
        elif row.outcome in (STALLED, WOKEN):
            account.add(row.tick, layout.stalled + row.stage, 1 if row.outcome == STALLED else -1)
        stage = self.history.entered
        if stage == p.NONE:
            return
        if self.stage != p.NONE:
            account.add(row.tick, layout.exit + self.stage)
        self.stage = stage
        if row.outcome != PRESENT:
            first, old = stage not in self.visited, is_old(account.tables, row)
            account.add(row.tick, layout.entry + stage * 4 + first * 2 + old)
            account.add(row.tick, layout.value + stage, row.value)
            if first and account.cell(row.tick) > 0:
                self.ages[stage, age_bin(row.tick - row.created)] += 1
        self.visited.add(stage)


class Work(Observer):
    """Asking, waiting and working."""

    def __init__(self, account: Account, waits: p.IntArray) -> None:
        super().__init__(account)
        self.waits = waits
        self.asked: dict[int, int] = {}
        self.begun: dict[int, int] = {}
        self.counted_busy: Counter[int] = Counter()
        """By team: ticks of its clock within the counted cells."""

    def see(self, row: LogRow) -> None:
        """Count a row."""
        account, layout = self.account, self.layout
        if row.outcome == EXTENDED:
            account.add(row.tick, layout.extended + row.move)
        elif row.outcome == ASKED:
            self.asked[row.move] = row.tick
            account.add(row.tick, layout.queue + account.team(row))
        elif row.outcome in (BEGUN, DROPPED, TURNED_AWAY):
            account.add(row.tick, layout.queue + account.team(row), -1)
            waited = row.tick - self.asked.pop(row.move)
            if row.outcome == TURNED_AWAY:
                account.add(row.tick, layout.turned_away + account.team(row))
            if row.outcome == BEGUN:
                self.begin(row, waited)
        elif row.outcome in (*ENDED, STOPPED, OPTED_OUT, POSTPONED, *WITHHELD) and row.move in self.begun:
            self.work(row.move, row.tick)

    def begin(self, row: LogRow, waited: int) -> None:
        """Count work that is begun."""
        team = self.account.team(row)
        self.begun[row.move] = row.tick
        self.account.add(row.tick, self.layout.begun + row.move)
        self.account.add(row.tick, self.layout.waited + team, waited)
        if self.account.cell(row.tick) > 0:
            self.waits[team, age_bin(waited)] += 1

    def work(self, move: int, until: int) -> None:
        """Count the work on a move, in each cell that it touches."""
        begun, team = self.begun.pop(move), int(self.account.structure.moves["team"][move])
        edges, days = self.account.edges, self.account.tables.worked_days[team]
        for cell, (start, end) in enumerate(itertools.pairwise(edges)):
            first, last = max(start, begun), min(end, until)
            if first < last:
                ticks = team_clock(days, last) - team_clock(days, first)
                self.account.add(start, self.layout.busy + team, ticks)
                if cell > 0:
                    self.counted_busy[team] += ticks

    def end(self) -> None:
        """Count work that is not finished at the end."""
        for move in list(self.begun):
            self.work(move, self.account.structure.end_tick)
