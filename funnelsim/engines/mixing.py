"""Leads that are walked a block at a time until they come to a stage in which they meet, and again once they leave it.

`mixable` says which stages these are. Where leads meet they are walked one by one, in the order of time (`kernel`).
Whoever leaves waits until what they might do next could matter: by then many have left, who are walked on together.
"""

from __future__ import annotations

from funnelsim.engines.arriving import begin, expect_first, fill, find_when_old
from funnelsim.engines.block import Block
from funnelsim.engines.blockwise import walk_round
from funnelsim.engines.in_front import look_who_is_there
from funnelsim.engines.jit import inlined, lean
from funnelsim.engines.kernel import DONE, STOPPED, what_next
from funnelsim.engines.lives import finish
from funnelsim.engines.state import Run, clear
from funnelsim.engines.staying import count_up
from funnelsim.engines.tables import UNLIMITED
from funnelsim.engines.trying import look_where
from funnelsim.engines.walking import walk
from funnelsim.program import records as p


@lean
def run_mixed(run: Run, block: Block) -> int:
    """Run one replication from beginning to end, without a log.

    Returns
    -------
    int
        DONE, STOPPED, or why it failed: `state.WENT_ROUND` or `state.NO_ROOM`.
    """
    clear(run)
    if block.shape[0].front >= 0:
        look_who_is_there(run, block)
    for channel in range(len(run.streams)):
        expect_first(run, block, channel)
    state, end = run.state[0], run.tables.run[0].end_tick
    while state.failed == 0:
        if run.stop[0] != 0:
            return STOPPED
        coming = next_arrival(run)
        slot, happened, move = what_next(run, min(end, coming, state.bar))
        if slot >= 0:
            walk(run, slot, state.now, happened, move)
        elif state.failed == 0 and coming < min(end, state.bar):
            walk_new(run, block)
        elif state.failed == 0 and state.loose > 0:
            walk_loose(run, block)
        else:
            break
    if state.failed != 0:
        return int(state.failed)
    for slot in range(state.used):
        if run.at[slot].live == 1:
            finish(run, slot)
    count_up(run, block)
    return DONE


@inlined
def next_arrival(run: Run) -> int:
    """Tick at which the next lead comes."""
    tick = UNLIMITED
    for channel in range(len(run.streams)):
        tick = min(tick, run.streams[channel, 3])
    return tick


@lean
def walk_new(run: Run, block: Block) -> None:
    """Walk the next leads that come."""
    n = fill(run, block, 0, len(run.streams))
    begin(run, block, n, False)
    walk_on(run, block)


@lean
def walk_on(run: Run, block: Block) -> None:
    """Walk a block of leads until none of them is left in it."""
    while run.stop[0] == 0 and run.state[0].failed == 0 and walk_round(run, block):
        pass


# ---------------------------------------------------------------- from where leads meet into a block
@lean
def walk_loose(run: Run, block: Block) -> None:
    """Walk leads on together that have left where they met others, as many as there is room for."""
    state = run.state[0]
    n = min(state.loose, len(block.key))
    for j in range(n):
        state.loose -= 1
        take_along(run, block, run.loose[state.loose], j)
    if state.loose == 0:
        state.bar = UNLIMITED
    find_when_old(run, block, n)
    look_where(block, n)
    for j in range(n):
        stage = run.at[block.slot[j]].enters
        there = block.fill[stage]
        block.bucket[stage, there] = j
        block.bucket_at[stage, there] = block.at[j]
        block.bucket_spot[stage, there] = block.spot[j]
        block.fill[stage] = there + 1
    walk_on(run, block)


@lean
def take_along(run: Run, block: Block, slot: int, lead: int) -> None:
    """Take a lead into a block, with all it has gathered in its life."""
    at, shape = run.at[slot], block.shape[0]
    block.slot[lead] = slot
    block.who[lead] = lead
    block.at[lead] = at.since
    block.tick[lead] = at.since
    block.key[lead] = at.key
    block.created[lead] = at.created
    block.channel[lead] = at.channel
    block.group[lead] = at.group
    block.base[lead] = at.cohort * shape.cells * shape.groups + at.group
    block.new[lead] = at.new
    block.spent[lead] = at.spent
    block.won[lead] = at.won
    block.stream[lead] = p.NONE
    for i in range(len(block.visits)):
        block.visits[i, lead] = run.visits[slot, i]
    for i in range(len(block.kinds)):
        block.kinds[i, lead] = run.kinds[slot, i]
    for i in range(len(block.busy)):
        block.busy[i, lead] = run.busy[slot, i]
    for i in range(len(block.lifetime)):
        block.lifetime[i, lead] = run.own[slot, i].lifetime
