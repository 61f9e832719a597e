"""Leads of a block come to a stage, and leave, keep or join a stream (rules 4, 9, 12 and 13)."""

from __future__ import annotations

import numpy as np

from funnelsim.engines import luck
from funnelsim.engines.batches import draw_ticks, draw_words
from funnelsim.engines.block import ENTRIES, Block
from funnelsim.engines.clocking import VISIT_SHIFT
from funnelsim.engines.jit import lean, stay_apart
from funnelsim.engines.lives import close_week
from funnelsim.engines.samplers import CONSTANT, NEVER, draw
from funnelsim.engines.state import WENT_ROUND, Run
from funnelsim.engines.tally import AGE_BINS, age_bin
from funnelsim.program import records as p


@lean
def come_in(run: Run, block: Block, stage: int, stream: int, n: int, present: bool) -> int:
    """Count leads in hand that have come to a stage, and are to be in a stream there, or in none.

    Returns
    -------
    int
        How many have been in the stream before: those stand first now.
    """
    entered, kept = run.tables.containers[0, stage], 0
    if block.shape[0].streams > 0:
        kept = keep_first(block, stream, n)
    if not present:
        count_entries(run, block, stage, n)
    if block.shape[0].streams > 0:
        change_streams(run, block, stream, kept, n, present)
    visit(run, block, stage, 0, n)
    if stream >= 0:
        visit(run, block, block.shape[0].stages + stream, kept, n)
    if entered.flags & p.GOAL and block.shape[0].mixed == 1:
        close_weeks(run, block, n)
    if entered.flags & p.WON:
        win(run, block, n)
    return kept


@lean
def visit(run: Run, block: Block, container: int, first: int, n: int) -> None:
    """Count a visit of those in hand from `first` on."""
    visits, most = block.visits[container], 0
    for j in range(first, n):
        lead = block.who[j]
        visits[lead] += 1
        most = max(most, visits[lead])
    if most > luck.MOST_VISITS:
        run.state[0].failed = WENT_ROUND


@lean
def count_entries(run: Run, block: Block, stage: int, n: int) -> None:
    """Count entries, ages at first entry, and what entering is worth."""
    who, at, visits, created, group = block.who, block.at, block.visits[stage], block.created, block.group
    ages, start, shape = block.ages, run.tables.run[0].start_tick, block.shape[0]
    first_place, copies, last = stage * shape.places, shape.copies, shape.copies - 1
    spot, entries, stages = block.spot, block.entries, shape.stages
    for j in range(n):
        lead, where = who[j], spot[j]
        first = 1 if visits[lead] == 0 else 0
        entries[((first_place + (where >> 1)) * copies + (j & last)) * ENTRIES + first * 2 + (where & 1)] += 1
        counted = first if at[j] >= start else 0
        ages[(group[lead] * stages + stage) * AGE_BINS + age_bin(at[j] - created[lead])] += counted
    worth = run.tables.waits[run.tables.containers[0, stage].value].code != NEVER
    if worth:
        count_value(run, block, stage, n)
    if shape.marks == 1:
        count_marks(run, block, stage, n, worth)


@lean
def count_value(run: Run, block: Block, stage: int, n: int) -> None:
    """Rule 2: draw what coming to a stage is worth into `ticks`, and count it."""
    stay_apart()
    entered, kinds = run.tables.containers[0, stage], run.counts.shape[3]
    wait, visits = run.tables.waits[entered.value], block.visits[stage]
    if wait.code == CONSTANT:
        value = draw(wait, run.tables.pool, 0.5)
        for j in range(n):
            block.ticks[j] = value
    else:
        for j in range(n):
            lead = block.who[j]
            block.counters[j] = np.uint64(visits[lead] + 1) << VISIT_SHIFT
            block.leads[j] = block.key[lead]
        draw_words(n, entered.key, block.counters, block.leads, block.first, block.second)
        draw_ticks(wait, run.tables.pool, n, block.first, block.ticks)
    for j in range(n):
        block.counts[(block.spot[j] >> 1) * kinds + run.layout.value + stage] += block.ticks[j]


@lean
def count_marks(run: Run, block: Block, stage: int, n: int, worth: bool) -> None:
    """Count what leads had had of touches and streams when they came."""
    stay_apart()
    layout, visits, kinds, counts = run.layout, block.visits[stage], run.counts.shape[3], block.counts
    is_sql = stage == run.tables.run[0].sql
    for j in range(n):
        lead, here, first = block.who[j], (block.spot[j] >> 1) * kinds, visits[block.who[j]] == 0
        if first and block.touched[lead] > 0:
            counts[here + layout.touched_entry + stage] += 1
            counts[here + layout.touches_until + stage] += block.touched[lead]
        entries, value = 1 if is_sql else 0, block.ticks[j] if worth else 0
        if entries != 0 or value != 0:
            for stream in range(len(block.got_stream)):
                counts[here + layout.reached_stream + stream * 2] += entries * block.got_stream[stream, lead]
                counts[here + layout.reached_stream + stream * 2 + 1] += value * block.got_stream[stream, lead]
            for touch in range(len(block.got_touch)):
                counts[here + layout.reached_touch + touch * 2] += entries * block.got_touch[touch, lead]
                counts[here + layout.reached_touch + touch * 2 + 1] += value * block.got_touch[touch, lead]


@lean
def win(run: Run, block: Block, n: int) -> None:
    """Note that leads are won; count what new ones were worth when they came, the first time."""
    kinds = run.counts.shape[3]
    for j in range(n):
        lead = block.who[j]
        if block.shape[0].scored == 1 and block.won[lead] == 0 and block.new[lead] == 1:
            block.counts[(block.spot[j] >> 1) * kinds + run.layout.fit_won + block.fit_bin[lead]] += 1
        block.won[lead] = 1


@lean
def close_weeks(run: Run, block: Block, n: int) -> None:
    """Judge the SQLs in hand, which have become what they are to become."""
    stay_apart()
    for j in range(n):
        slot = block.slot[block.who[j]]
        if slot >= 0:
            close_week(run, slot, block.at[j])


# ---------------------------------------------------------------- streams
@lean
def keep_first(block: Block, stream: int, n: int) -> int:
    """Put those in hand first who are in the stream already; return how many they are."""
    who, at, spot, k = block.who, block.at, block.spot, 0
    for j in range(n):
        if stream >= 0 and block.stream[who[j]] == stream:
            who[j], who[k] = who[k], who[j]
            at[j], at[k] = at[k], at[j]
            spot[j], spot[k] = spot[k], spot[j]
            k += 1
    return k


@lean
def change_streams(run: Run, block: Block, stream: int, first: int, n: int, present: bool) -> None:
    """Count those in hand from `first` on who leave a stream, and join another."""
    layout, kinds, counts = run.layout, run.counts.shape[3], block.counts
    for j in range(first, n):
        lead, here = block.who[j], (block.spot[j] >> 1) * kinds
        before = block.stream[lead]
        if before >= 0 and before != stream:
            counts[here + layout.in_stream + before] -= 1
            counts[here + layout.left + before] += 1
        if stream >= 0:
            counts[here + layout.in_stream + stream] += 1
            counts[here + layout.joined + stream] += 0 if present else 1
        block.stream[lead] = stream
