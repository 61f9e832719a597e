"""What the fast engine counts of a lead's whole life: its time in sales, its follow-ups, whether it is won or wasted.

What is counted is defined in `tally.Layout`; `counting.py` counts the same from a log.
"""

from __future__ import annotations

from funnelsim.engines import luck
from funnelsim.engines.follow_ups import planned_follow_ups
from funnelsim.engines.gating import goes_on
from funnelsim.engines.jit import lean, stay_apart
from funnelsim.engines.meeting import count_work
from funnelsim.engines.reaching import is_scored, take_profile
from funnelsim.engines.samplers import NEVER
from funnelsim.engines.state import WORKING, Run
from funnelsim.engines.tables import UNLIMITED
from funnelsim.engines.tally import MONTH, WEEK
from funnelsim.program import records as p


@lean
def cell_at(run: Run, tick: int) -> int:
    """Return the cell of a tick within the run."""
    edges = run.tables.cell_edge
    low, high = 0, len(edges) - 1
    while low + 1 < high:
        middle = (low + high) // 2
        if edges[middle] <= tick:
            low = middle
        else:
            high = middle
    return low


@lean
def count_at(run: Run, slot: int, tick: int, kind: int, number: int) -> None:
    """Count something of a lead at a tick of its past, or of the run's rest."""
    at = run.at[slot]
    run.counts[at.cohort, cell_at(run, tick), at.group, kind] += number


@lean
def note_stage(run: Run, slot: int, stage: int, destination: int, tick: int, present: bool) -> None:
    """Note that a lead has come from a stage, or NONE, to another, one of which means something to sales."""
    stay_apart()
    at, flags = run.at[slot], run.tables.containers[0, destination].flags
    before = run.tables.containers[0, stage].flags if stage >= 0 else 0
    if flags & p.SALES and not before & p.SALES:
        at.sales_since = tick
    elif before & p.SALES and not flags & p.SALES:
        leave_sales(run, slot, tick)
    if flags & p.GOAL and at.week_until >= 0:
        close_week(run, slot, tick)
    if flags & p.SQL and not present:
        close_week(run, slot, tick)
        at.week_until = tick + WEEK
        at.week_stage = destination
        at.week_visit = run.visits[slot, destination]
        at.week_regime = at.regime
        at.week_begun = 0
    follow_pipeline(run, slot, destination, flags, tick)
    if flags & p.WON:
        if at.won == 0 and at.new == 1 and is_scored(run):
            count_at(run, slot, tick, run.layout.fit_won + at.fit_bin, 1)
        at.won = 1


@lean
def leave_sales(run: Run, slot: int, tick: int) -> None:
    """Count for how long a lead that leaves the stages of sales has been endangered."""
    since = run.at[slot].sales_since + MONTH
    if since <= tick:
        count_at(run, slot, since, run.layout.endangered, 1)
        count_at(run, slot, tick, run.layout.endangered, -1)
    run.at[slot].sales_since = p.NONE


@lean
def close_week(run: Run, slot: int, tick: int) -> None:
    """Judge an SQL whose week has passed; drop one whose week has not."""
    at = run.at[slot]
    until = at.week_until
    at.week_until = p.NONE
    if until < 0 or tick < until:
        return
    entered = until - WEEK
    planned = planned_follow_ups(run.tables, at.week_regime, at.week_stage, at.key, at.week_visit, entered, until)
    count_at(run, slot, until, run.layout.judged, 1)
    if at.week_begun < planned:
        count_at(run, slot, until, run.layout.judged + 1, 1)


@lean
def follow_pipeline(run: Run, slot: int, destination: int, flags: int, tick: int) -> None:
    """Remember the stages of the pipeline; count them when the lead is won, or leaves it otherwise."""
    at, passed = run.at[slot], run.passed[slot]
    if flags & p.PIPELINE:
        if at.in_pipeline == 0:
            at.in_pipeline = 1
            at.pipeline_since = tick
        passed[destination] = 1
    elif at.in_pipeline == 1:
        kind = run.layout.won_from if flags & p.WON else run.layout.lost_from
        for stage in range(len(passed)):
            run.counts[at.cohort, at.cell, at.group, kind + stage] += passed[stage]
            passed[stage] = 0
        at.in_pipeline = 0
        if flags & p.WON:
            value = worth(run, slot, destination)
            count_at(run, slot, at.pipeline_since, run.layout.brought, value)
            count_at(run, slot, tick, run.layout.brought, -value)


@lean
def worth(run: Run, slot: int, stage: int) -> int:
    """Return what a lead's entry to the stage that it has just come to is worth; a snapshot may tell it (rule 71)."""
    at, tables, visit = run.at[slot], run.tables, run.visits[slot, stage]
    entered = tables.containers[at.regime, stage]
    wait = tables.waits[entered.value]
    if at.snapshot >= 0 and visit == 1 and entered.flags & p.WON and wait.code != NEVER:
        known = tables.open_leads[at.snapshot].value
        if known >= 0:
            return int(known)
    return luck.amount(wait, tables.pool, entered.key, at.key, visit)


@lean
def finish(run: Run, slot: int) -> None:
    """Rule 36: count what is left to count of a lead where it stands at the end, and free its place."""
    at, layout, tables = run.at[slot], run.layout, run.tables
    end = tables.run[0].end_tick
    last = len(tables.cell_edge) - 2
    at.cell = last
    if at.profiled < UNLIMITED:
        take_profile(run, slot)
    if at.open > 0:
        for i in range(run.own.shape[1]):
            if run.own[slot, i].phase == WORKING:
                count_work(run, slot, i, end)
    if at.sales_since >= 0 and at.sales_since + MONTH < end:
        count_at(run, slot, at.sales_since + MONTH, layout.endangered, 1)
    if 0 <= at.week_until < end:
        close_week(run, slot, end)
    worked = tables.containers[0, at.stage].flags & (p.SALES | p.WORKED)
    if at.won == 0 and worked == 0 and (at.stream < 0 or not goes_on(run, slot)):
        here = run.counts[at.cohort, last, at.group]
        here[layout.wasted_leads + at.channel] += at.new
        here[layout.wasted_cost] += at.spent
        for team in range(run.busy.shape[1]):
            here[layout.wasted_busy + team] += run.busy[slot, team]
    free_place(run, slot)


@lean
def free_place(run: Run, slot: int) -> None:
    """Let another lead have a place."""
    run.at[slot].live = 0
    run.at[slot].next_free = run.state[0].free
    run.state[0].free = slot


@lean
def finish_apart(run: Run, slot: int) -> None:
    """Count what is left to count of a lead's meetings, which is walked in a block at the end, and free its place."""
    stay_apart()
    end = run.tables.run[0].end_tick
    if 0 <= run.at[slot].week_until < end:
        close_week(run, slot, end)
    free_place(run, slot)
