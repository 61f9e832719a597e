"""When things hold: the run, its regimes, its periods, and the cells that both cut it into."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Iterable

from funnelsim.program import calendar as cal
from funnelsim.program.records import NONE
from funnelsim.scenario import Scenario


class Timeline:
    """All ticks of a run that follow from dates (semantics, rules 1, 3, 4 and 30).

    Attributes
    ----------
    begin : date
        The day of tick 0.
    start_tick, end_tick : int
        What is counted lies between them.
    days : int
        Days of the run, a last part of one included.
    regimes : list of Scenario
        What holds: at first, and from each change on that comes before the end.
    regime_tick : list of int
        When each regime takes hold; the first at 0.
    cohort_edge : list of int
        Edges of the reporting periods.
    cell_edge : list of int
        Edges of the cells: the warm-up (which may be empty), then pieces in which neither period nor regime changes.
    cell_period, cell_regime : list of int
        Of each cell; the warm-up has no period.
    """

    def __init__(self, scenario: Scenario) -> None:
        warm_up_days = cal.days_before(scenario.start, scenario.warm_up)
        length = cal.span_ticks(scenario.start, scenario.horizon)
        self.begin = scenario.start - dt.timedelta(days=warm_up_days)
        self.start_tick = warm_up_days * cal.DAY
        self.end_tick = self.start_tick + length
        self.days = -(-self.end_tick // cal.DAY)
        first, *changed = scenario.regimes()
        inside = [(self.tick(date), regime) for date, regime in changed if self.tick(date) < self.end_tick]
        self.regimes = [first[1], *(regime for _, regime in inside)]
        self.regime_tick = [0, *(tick for tick, _ in inside)]
        edges = cal.period_edges(scenario.start, length, scenario.period)
        self.cohort_edge = [self.start_tick + edge for edge in edges]
        counted = sorted({*self.cohort_edge, *self.regime_tick[1:]})
        self.cell_edge = [0, *counted]
        self.cell_period = [NONE, *(bisect.bisect_right(self.cohort_edge, edge) - 1 for edge in counted[:-1])]
        self.cell_regime = [bisect.bisect_right(self.regime_tick, edge) - 1 for edge in self.cell_edge[:-1]]

    def tick(self, date: dt.date) -> int:
        """Tick at midnight of a date."""
        return cal.days_between(self.begin, date) * cal.DAY

    def calendar(self, dates: Iterable[dt.date]) -> list[int]:
        """Ticks at which the calendar acts on leads: changes, and these dates of triggers."""
        ticks = {*self.regime_tick[1:], *(self.tick(date) for date in dates)}
        return sorted(tick for tick in ticks if tick < self.end_tick)

    def dates(self) -> list[dt.date]:
        """All days of the run."""
        return [self.begin + dt.timedelta(days=day) for day in range(self.days)]

    def month_ticks(self) -> list[int]:
        """Tick, perhaps negative, at which the calendar month of each day began."""
        return [self.tick(day.replace(day=1)) for day in self.dates()]
