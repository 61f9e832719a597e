"""The queue of the stage that leads arrive in, served in the order of time (rules 38 to 44).

Whoever asked first is taken first, so when each is begun with follows from when the people before are done: no event is
needed for it.
"""

from __future__ import annotations

import numpy as np

from funnelsim.engines import luck
from funnelsim.engines.batches import draw_ticks, draw_words
from funnelsim.engines.block import Block
from funnelsim.engines.clocking import gather_keys
from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.resting import drop_late, finish
from funnelsim.engines.samplers import CONSTANT, NEVER, draw
from funnelsim.engines.state import Run
from funnelsim.engines.tables import UNLIMITED
from funnelsim.engines.tally import age_bin
from funnelsim.engines.trying import attempt, day_of, find_limits
from funnelsim.engines.working_time import end_of_work, opening, team_clock, work_length
from funnelsim.engines.worth import warm_those_who_succeed
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

ROUND_BITS = 16
"""When somebody is free is a tick and, in so many lower bits, a round of giving out within its instant: work of no
length takes a round, not time."""

NEVER_DONE = UNLIMITED - 1
"""When the work is done on those who are never begun with: they wait, and are not stalled."""


@lean
def walk_queue(run: Run, block: Block, stage: int, move: int, n: int) -> None:
    """Walk leads through the stage in which they ask for a person as soon as they have come, in order of time."""
    this, end = run.tables.moves[0, move], run.tables.run[0].end_tick
    for j in range(n):
        block.attempts[j] = 0
    draw_work(run, block, move, n)
    find_limits(run, block, this.first_row, this.container, stage, n, block.who, block.at, block.attempts)
    serve(run, block, move, n)
    if block.chancy[move] == 1:
        gather_keys(block, stage, n, luck.ATTEMPT)
        draw_words(n, this.key, block.counters, block.leads, block.first, block.decides)
    n = drop_late(run, block, stage, move, n, end)
    if this.points != 0:
        warm_those_who_succeed(run, block, move, n)
    n = attempt(run, block, move, stage, n)
    for j in range(n):
        finish(run, block, stage, block.who[j], block.at[j], True)


@lean
def draw_work(run: Run, block: Block, move: int, n: int) -> None:
    """Draw the working time of each lead in hand into `ticks` (rule 39)."""
    this = run.tables.moves[0, move]
    wait = run.tables.waits[run.tables.rows[0, this.first_row].takes]
    if wait.code in (CONSTANT, NEVER):
        ticks = 0 if wait.code == NEVER else draw(wait, run.tables.pool, 0.5)
        for j in range(n):
            block.ticks[j] = ticks
    else:
        gather_keys(block, this.container, n, luck.WORK)
        draw_words(n, this.key, block.counters, block.leads, block.first, block.second)
        draw_ticks(wait, run.tables.pool, n, block.first, block.ticks)


@lean
def look_who_is_there(run: Run, block: Block) -> None:
    """Note who works in front in this replication, and what is the same for all of them."""
    shape, tables = block.shape[0], run.tables
    team = tables.moves[0, tables.containers[0, shape.front].first].team
    days, first = tables.worked_days[team], tables.teams[0, team].first_person
    shape.staff = 0
    shape.always = 1 if days[len(days) - 1] - days[0] == len(days) - 1 else 0
    shape.even = 1
    for person in range(first, tables.teams[0, team].end_person):
        worker = tables.people[person]
        if worker.from_tick < worker.until_tick:
            block.staff[shape.staff] = person
            block.free_at[shape.staff] = 0
            shape.staff += 1
        if worker.pace != tables.people[first].pace:
            shape.even = 0


@lean
def serve(run: Run, block: Block, move: int, n: int) -> None:
    """Serve the leads in hand, who ask at `at` in this order: find when the work on each is done, into `at`.

    Their limits are moved by the skill of who works on them. Who is not begun with before the end waits for ever.
    """
    this, tables, layout, end = run.tables.moves[0, move], run.tables, run.layout, run.tables.run[0].end_tick
    kinds, counts, days, hours = (
        run.counts.shape[3],
        block.counts,
        tables.worked_days[this.team],
        tables.teams[0, this.team].hours,
    )
    queue, skilled, shape = layout.queue + this.team, False, block.shape[0]
    always, even, run_days = shape.always == 1, shape.even == 1, len(days) * DAY
    for i in range(shape.staff):
        skilled = skilled or tables.people[block.staff[i]].chance != 1.0
    if even:
        make_lengths(block, hours, tables.people[tables.teams[0, this.team].first_person].pace, n)
    for j in range(n):
        asked, begun = block.at[j], UNLIMITED
        first = first_free(block, asked << ROUND_BITS)
        if first >= 0:
            free = max(block.free_at[first], asked << ROUND_BITS)
            begun = free >> ROUND_BITS
            if not always and begun < end and opening(days, begun) > begun:
                begun = opening(days, begun)
                first = first_free(block, begun << ROUND_BITS)
                free = max(block.free_at[first], begun << ROUND_BITS)
        block.at[j] = NEVER_DONE
        counts[(block.spot[j] >> 1) * kinds + queue] += 1
        if begun < end:
            person, length = tables.people[block.staff[first]], block.ticks[j]
            if not even:
                length = work_length(length, hours, person.pace)
            until = begun + length if always else end_of_work(days, begun, length)
            block.free_at[first] = min(until, run_days) << ROUND_BITS if length > 0 else free + 1
            block.at[j] = until if until < run_days else NEVER_DONE
            if skilled:
                block.limit[j] = luck.skilled(block.limit[j], person.chance)
            count_begun(run, block, move, j, asked, begun, min(until, end), always)


@inlined
def count_begun(run: Run, block: Block, move: int, j: int, asked: int, begun: int, until: int, always: bool) -> None:
    """Count that work is begun on a lead, how long it has waited, and the work until a tick."""
    team, layout, kinds, counts, lead = (
        run.tables.moves[0, move].team,
        run.layout,
        run.counts.shape[3],
        block.counts,
        block.who[j],
    )
    place = block.base[lead] + block.day_place[day_of(begun)]
    here = place * kinds
    counts[here + layout.queue + team] -= 1
    counts[here + layout.begun + move] += 1
    counts[here + layout.waited + team] += begun - asked
    if begun >= run.tables.run[0].start_tick:
        run.waits[block.group[lead], team, age_bin(begun - asked)] += 1
    if always and day_of(begun) == day_of(until):
        counts[here + layout.busy + team] += until - begun
        block.busy[team, lead] += until - begun if begun >= run.tables.run[0].start_tick else 0
    else:
        count_work(run, block, lead, team, begun, until)


@lean
def make_lengths(block: Block, hours: float, pace: float, n: int) -> None:
    """Turn working times into ticks of the team's clock."""
    for j in range(n):
        block.ticks[j] = work_length(block.ticks[j], hours, pace)


@inlined
def first_free(block: Block, since: int) -> int:
    """Return the place among those there of who is free first from some time on, the first of them, or NONE."""
    best, soonest = p.NONE, np.int64(UNLIMITED)
    for i in range(block.shape[0].staff):
        free = max(block.free_at[i], since)
        best = i if free < soonest else best
        soonest = min(free, soonest)
    return best


@lean
def count_work(run: Run, block: Block, lead: int, team: int, begun: int, until: int) -> None:
    """Count the ticks of the team's clock that a person has worked on a lead, cell by cell."""
    stay_apart()
    edges, days, shape, kinds = run.tables.cell_edge, run.tables.worked_days[team], block.shape[0], run.counts.shape[3]
    cell = block.day_place[day_of(begun)] // shape.groups
    while cell < shape.cells and edges[cell] < until:
        low, high = max(edges[cell], begun), min(edges[cell + 1], until)
        ticks = team_clock(days, high) - team_clock(days, low) if high > low else 0
        block.counts[(block.base[lead] + cell * shape.groups) * kinds + run.layout.busy + team] += ticks
        if cell > 0:
            block.busy[team, lead] += ticks
        cell += 1
