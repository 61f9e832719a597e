"""What the reference engine counts of one lead, and how observers of its log count it."""

from __future__ import annotations

import bisect
from abc import ABC, abstractmethod

import numpy as np

from funnelsim.engines.histories import History
from funnelsim.engines.rows import LogRow
from funnelsim.engines.tables import Tables
from funnelsim.engines.tally import layout_of
from funnelsim.program import Program
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY


class Account:
    """What is counted of one lead, and the program it is counted by."""

    def __init__(self, program: Program, tables: Tables, counts: p.IntArray) -> None:
        self.program, self.structure, self.tables = program, program.structure, tables
        self.layout = layout_of(program)
        self.counts = counts
        """(cells, kinds) of the lead's cohort and group."""
        self.edges: list[int] = program.structure.cell_edge.tolist()
        self.history = History(program, tables)
        """As of the row that is told."""

    def cell(self, tick: int) -> int:
        """Return the cell of a tick; the first is the warm-up, which enters no count (rule 4)."""
        return bisect.bisect_right(self.edges, tick) - 1

    def add(self, tick: int, place: int, number: int = 1) -> None:
        """Count something that happens at a tick."""
        self.counts[self.cell(tick), place] += number

    def regime(self, tick: int) -> int:
        """Return what holds at a tick."""
        return int(np.searchsorted(self.structure.regime_tick, tick, side="right")) - 1

    def owner(self, stage: int) -> int:
        """Return the team that owns leads in a stage, or NONE."""
        return int(self.structure.owner[stage]) if stage != p.NONE else p.NONE

    def is_a(self, stage: int, flags: int) -> bool:
        """Say whether a stage is any of what these flags say."""
        return stage != p.NONE and bool(self.structure.stage_flags[stage] & flags)

    def team(self, row: LogRow) -> int:
        """Return the team whose people the move of a row takes."""
        return int(self.structure.moves["team"][row.move])


def is_old(tables: Tables, row: LogRow) -> bool:
    """Say whether a lead is old when something happens."""
    old_ticks = int(tables.run[0]["old_ticks"])
    if old_ticks >= 0:
        return row.tick - row.created >= old_ticks
    return bool(row.created < tables.day_month_tick[row.tick // DAY])


class Observer(ABC):
    """One who is told the rows of a lead's log, one after another, and counts one side of the story.

    The lead's history has been told each row before.
    """

    def __init__(self, account: Account) -> None:
        self.account, self.layout, self.history = account, account.layout, account.history

    @abstractmethod
    def see(self, row: LogRow) -> None:
        """Count a row."""

    def end(self) -> None:  # noqa: B027 - most have nothing left to count
        """Count what is not over at the end of the run."""
