"""Counting what becomes of leads in sales: whose hands they are in, how they are followed up, whether they are won."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from funnelsim.engines.accounts import Account, Observer
from funnelsim.engines.follow_ups import planned_follow_ups
from funnelsim.engines.rows import BEGUN, CLAIMED, PRESENT, UNOWNED, LogRow
from funnelsim.engines.tally import MONTH, WEEK
from funnelsim.program import records as p


class Hands(Observer):
    """Who has the lead in hand, and how it waits for an owner."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.team, self.person = p.NONE, p.NONE

    def see(self, row: LogRow) -> None:
        """Count a row."""
        account, layout = self.account, self.layout
        if row.outcome == CLAIMED:
            self.person = row.person
            account.add(row.tick, layout.claims + self.team)
            account.add(row.tick, layout.held + self.person)
            account.add(row.tick, layout.unowned + self.team, -1)
        elif row.outcome == UNOWNED:
            self.let_go(row.tick)
            account.add(row.tick, layout.unowned + self.team)
        stage = self.history.entered
        if p.NONE not in (stage, self.team, row.move) and self.person == p.NONE:
            move = account.structure.moves[row.move]
            if move["deadline"] and move["container"] < len(account.program.stages):
                account.add(row.tick, layout.lapsed + self.team)
        if stage != p.NONE and account.owner(stage) != self.team:
            self.leave(row.tick)
            self.team = account.owner(stage)
            if self.team != p.NONE:
                account.add(row.tick, layout.unowned + self.team)

    def leave(self, tick: int) -> None:
        """Count that the lead leaves the stages of its team."""
        if self.person != p.NONE:
            self.let_go(tick)
        elif self.team != p.NONE:
            self.account.add(tick, self.layout.unowned + self.team, -1)

    def let_go(self, tick: int) -> None:
        """Count that its owner has it in hand no more."""
        self.account.add(tick, self.layout.held + self.person, -1)
        self.person = p.NONE


class Sales(Observer):
    """How long the lead is in sales unsigned, and from where in the pipeline it is won or lost."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.since = p.NONE
        """Tick since which it is in sales stages; NONE if it is not."""
        self.pipeline: set[int] = set()
        """Stages entered since it came into the pipeline."""
        self.came = p.NONE
        """Tick at which it came into the pipeline."""

    def see(self, row: LogRow) -> None:
        """Count a row."""
        stage = self.history.entered
        if stage == p.NONE:
            return
        if not self.account.is_a(stage, p.SALES):
            self.leave(row.tick)
        elif self.since == p.NONE:
            self.since = row.tick
        if self.account.is_a(stage, p.PIPELINE):
            self.came = self.came if self.pipeline else row.tick
            self.pipeline.add(stage)
        elif self.pipeline:
            won = self.account.is_a(stage, p.WON)
            for one in self.pipeline:
                self.account.add(row.tick, (self.layout.won_from if won else self.layout.lost_from) + one)
            self.pipeline.clear()
            if won:
                self.account.add(self.came, self.layout.brought, row.value)
                self.account.add(row.tick, self.layout.brought, -row.value)

    def leave(self, tick: int) -> None:
        """Count that it leaves sales."""
        if self.since != p.NONE and self.since + MONTH <= tick:
            self.account.add(self.since + MONTH, self.layout.endangered)
            self.account.add(tick, self.layout.endangered, -1)
        self.since = p.NONE

    def end(self) -> None:
        """Count a lead that still is there."""
        if self.since != p.NONE and self.since + MONTH < self.account.structure.end_tick:
            self.account.add(self.since + MONTH, self.layout.endangered)


@dataclass
class Week:
    """The first days of an SQL."""

    stage: int
    visit: int
    entered: int
    until: int
    follow_ups: int = 0


class Weeks(Observer):
    """How often an SQL is followed up within a week, against what was planned (DOMAIN D2.4)."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.stage, self.visits = p.NONE, Counter[int]()
        self.week: Week | None = None
        self.key = np.uint64(0)

    def see(self, row: LogRow) -> None:
        """Count a row."""
        self.key = np.uint64(row.key)
        if row.outcome == BEGUN and self.is_follow_up(row):
            assert self.week is not None
            self.week.follow_ups += 1
        stage = self.history.entered
        if stage == p.NONE:
            return
        self.stage = stage
        self.visits[stage] += 1
        if row.outcome == PRESENT:
            return
        if self.week and row.tick < self.week.until and self.account.is_a(stage, p.GOAL | p.SQL):
            self.week = None
        if self.account.is_a(stage, p.SQL):
            self.judge()
            self.week = Week(stage, self.visits[stage], row.tick, row.tick + WEEK)

    def is_follow_up(self, row: LogRow) -> bool:
        """Say whether it is work by the owner in the stay that is looked at, in time."""
        if self.week is None or row.tick >= self.week.until:
            return False
        move, stage = self.account.structure.moves[row.move], self.week.stage
        there = self.stage == stage and self.visits[stage] == self.week.visit
        return bool(there and move["owned"] and move["container"] == stage)

    def judge(self) -> None:
        """Count a week that is over."""
        if self.week is not None:
            week, account = self.week, self.account
            planned = planned_follow_ups(
                account.tables,
                account.regime(week.entered),
                week.stage,
                self.key,
                week.visit,
                week.entered,
                week.until,
            )
            account.add(week.until, self.layout.judged)
            account.add(week.until, self.layout.judged + 1, int(week.follow_ups < planned))

    def end(self) -> None:
        """Count a week that was over before the end."""
        if self.week is not None and self.week.until < self.account.structure.end_tick:
            self.judge()
