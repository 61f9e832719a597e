"""Leads come into a block: when, with which segment and traits, and where they first stand (rules 10, 11 and 34)."""

from __future__ import annotations

import numpy as np

from funnelsim.engines import luck
from funnelsim.engines.batches import draw_gaps, draw_words
from funnelsim.engines.block import Block
from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.kernel import arrival_day, arrival_tick
from funnelsim.engines.numerics import log
from funnelsim.engines.philox import lead_key, to_unit
from funnelsim.engines.state import Run
from funnelsim.engines.tables import LEAD, UNLIMITED
from funnelsim.engines.trying import day_of, look_where
from funnelsim.engines.worth import begin_worth
from funnelsim.program import records as p


@lean
def expect_first(run: Run, block: Block, channel: int) -> None:
    """Find out when a channel's first lead comes."""
    stream = run.streams[channel]
    stream[0] = -(1 << 31) if run.tables.channels[0, channel].arrivals == p.EVENLY else 0
    stream[1] = 0
    stream[2] = -1
    expect_next(run, block, channel)


@inlined
def expect_next(run: Run, block: Block, channel: int) -> None:
    """Find out when a channel's next lead comes; UNLIMITED if none does."""
    stream, source, expected = run.streams[channel], run.tables.channels[0, channel], run.tables.expected[channel]
    stream[2] += 1
    if source.arrivals == p.BACKLOG:
        stream[3] = run.tables.run[0].start_tick if stream[2] < source.backlog else UNLIMITED
        return
    place = stream[2] % block.gaps.shape[1]
    if place == 0:
        draw_ahead(run, block, channel)
    stream[0] += block.gaps[channel, place]
    stream[1] = arrival_day(expected, stream[0], stream[1])
    stream[3] = arrival_tick(expected, stream[0], stream[1]) if stream[1] < len(expected) - 1 else UNLIMITED


@lean
def draw_ahead(run: Run, block: Block, channel: int) -> None:
    """Draw the gaps before a channel's next leads, as many as are likely to come, and their keys."""
    stay_apart()
    source, first, keys, gaps = (
        run.tables.channels[0, channel],
        run.streams[channel, 2],
        block.gap_keys[channel],
        block.gaps,
    )
    n = block.gaps.shape[1]
    for j in range(n):
        keys[j] = lead_key(source.name, np.uint64(first + j))
        block.counters[j] = np.uint64(0)
    if source.arrivals == p.EVENLY:
        for j in range(n):
            gaps[channel, j] = LEAD
    else:
        draw_words(n, source.key, block.counters, keys, block.first, block.second)
        draw_gaps(LEAD, n, block.first, gaps[channel])


@lean
def fill(run: Run, block: Block, first: int, end: int) -> int:
    """Let the next leads of some channels come into a block, in the order in which they come, by tick and by key.

    Parameters
    ----------
    run : Run
    block : Block
        `key`, `channel` and `tick` are written, and `created` for all but backlogs.
    first, end : int
        Channels `first` to `end` - 1 come together.

    Returns
    -------
    int
        How many have come: as many as there is room for, unless no more come before the end of the run.
    """
    run_end, n = run.tables.run[0].end_tick, 0
    while n < len(block.key):
        channel = first
        for other in range(first + 1, end):
            if is_sooner(run, block, other, channel):
                channel = other
        tick = run.streams[channel, 3]
        if tick >= run_end:
            break
        block.key[n] = key_of_next(run, block, channel)
        block.channel[n] = channel
        block.tick[n] = tick
        block.created[n] = tick
        expect_next(run, block, channel)
        n += 1
    return n


@inlined
def key_of_next(run: Run, block: Block, channel: int) -> int:
    """Return the key of a channel's next lead."""
    if run.tables.channels[0, channel].arrivals == p.BACKLOG:
        return lead_key(run.tables.channels[0, channel].name, np.uint64(run.streams[channel, 2]))
    key: int = block.gap_keys[channel, run.streams[channel, 2] % block.gaps.shape[1]]
    return key


@lean
def is_sooner(run: Run, block: Block, one: int, other: int) -> bool:
    """Say whether the next lead of one channel comes before that of another."""
    tick, than = run.streams[one, 3], run.streams[other, 3]
    if tick == than and tick < UNLIMITED:
        return bool(np.uint64(key_of_next(run, block, one)) < np.uint64(key_of_next(run, block, other)))
    return bool(tick < than)


# ---------------------------------------------------------------- what leads are
@lean
def begin(run: Run, block: Block, n: int, present: bool) -> None:
    """Make the state of n leads that have come that of leads in no stage yet; count them."""
    tables, layout, kinds, shape = run.tables, run.layout, run.counts.shape[3], block.shape[0]
    start, source = tables.run[0].start_tick, tables.channels[0]
    clear_leads(block, n)
    if present:
        draw_ages(run, block, n)
    find_when_old(run, block, n)
    draw_kinds(run, block, n)
    find_groups(run, block, n)
    kind = layout.present if present else layout.created
    for j in range(n):
        block.who[j] = j
        block.at[j] = block.tick[j]
        block.new[j] = 1 if not present and block.tick[j] >= start else 0
        block.spent[j] = source[block.channel[j]].cost * block.new[j]
    look_where(block, n)
    for j in range(n):
        block.counts[(block.spot[j] >> 1) * kinds + kind + block.channel[j]] += 1
    if shape.scored == 1:
        begin_worth(run, block, n)
    for j in range(n):
        stage = source[block.channel[j]].stage
        there = block.fill[stage]
        block.counts[(block.spot[j] >> 1) * kinds + layout.placed + stage] += 1 if present else 0
        block.bucket[stage, there] = j
        block.bucket_at[stage, there] = block.at[j]
        block.bucket_spot[stage, there] = block.spot[j]
        block.fill[stage] = there + 1


@lean
def clear_leads(block: Block, n: int) -> None:
    """Make everything that n leads gather in their life empty."""
    for some in (block.visits, block.lifetime, block.busy, block.got_stream, block.got_touch):
        for i in range(len(some)):
            for j in range(n):
                some[i, j] = 0
    for j in range(n):
        block.slot[j] = p.NONE
        block.won[j] = 0
        block.stream[j] = p.NONE
    if block.shape[0].marks == 1 or block.shape[0].scored == 1:
        for j in range(n):
            block.opted_out[j] = 0
            block.touched[j] = 0
            block.warmth[j] = 0
            block.fatigue[j] = 0
            block.warm_since[j] = block.tick[j]
            block.tired_since[j] = block.tick[j]


@lean
def draw_ages(run: Run, block: Block, n: int) -> None:
    """Rule 11: leads that are there on day one were created before."""
    stay_apart()
    for j in range(n):
        source = run.tables.channels[0, block.channel[j]]
        age = luck.age_ticks(run.tables.waits[source.age], run.tables.pool, source.key, block.key[j])
        block.created[j] = block.tick[j] - age


@lean
def find_when_old(run: Run, block: Block, n: int) -> None:
    """Find from which tick on leads are old: by their age, or from the month on after that of their creation (D0.6)."""
    old_ticks, months, created, old_from = run.tables.run[0].old_ticks, block.next_month, block.created, block.old_from
    if old_ticks >= 0:
        for j in range(n):
            old_from[j] = created[j] + old_ticks
    else:
        before = run.tables.day_month_tick[0]
        for j in range(n):
            old_from[j] = months[day_of(max(created[j], 0))] if created[j] >= before else before


@lean
def draw_kinds(run: Run, block: Block, n: int) -> None:
    """Draw segment and traits: the smallest -log(u) / share wins (rules 34 and 53)."""
    tables = run.tables
    for j in range(n):
        block.counters[j] = np.uint64(0)
    for q in range(len(block.kinds)):
        kind, mine = tables.kinds[q], block.kinds[q]
        number = kind.end - kind.first
        for j in range(n):
            mine[j] = 0
            block.best[j] = np.inf
        for i in range(number if number > 1 else 0):
            draw_words(n, tables.values[kind.first + i].key, block.counters, block.key, block.first, block.second)
            for j in range(n):
                cell = block.kinds[0, j] * kind.per_segment + block.channel[j] * kind.per_channel
                if kind.of >= 0:
                    cell += block.kinds[kind.of, j] * kind.per_true
                share = tables.shares[0, kind.first_share + cell * number + i]
                if share > 0.0:
                    time = -log(to_unit(block.first[j])) / share
                    if time < block.best[j]:
                        block.best[j] = time
                        block.ticks[j] = i
        if number > 1:
            for j in range(n):
                mine[j] = block.ticks[j] if block.best[j] < np.inf else 0


@lean
def find_groups(run: Run, block: Block, n: int) -> None:
    """Find where leads are counted, by what they are grouped by and by when they were created."""
    shape, edges = block.shape[0], run.tables.cohort_edge
    for j in range(n):
        block.group[j] = 0
    if run.by == p.BY_CHANNEL:
        for j in range(n):
            block.group[j] = block.channel[j]
    elif run.by == p.BY_ORIGIN:
        for j in range(n):
            block.group[j] = p.OF_NEW if block.created[j] >= run.tables.run[0].start_tick else p.OF_OPEN
    elif run.by >= p.BY_KIND:
        for j in range(n):
            block.group[j] = block.kinds[run.by - p.BY_KIND, j]
    for j in range(n):
        block.base[j] = block.group[j]
    if run.counts.shape[0] > 1:
        for j in range(n):
            cohort = 0
            while cohort < len(edges) - 1 and edges[cohort] <= block.created[j]:
                cohort += 1
            block.base[j] += cohort * shape.cells * shape.groups
