"""Leads of a block come to a stage in which they meet: they get places of their own, and are walked on one by one."""

from __future__ import annotations

from funnelsim.engines.block import Block
from funnelsim.engines.jit import lean
from funnelsim.engines.kernel import begin_life, place_for_lead
from funnelsim.engines.queues import expect
from funnelsim.engines.state import NO_ROOM, Run
from funnelsim.program import records as p


@lean
def hand_over(run: Run, block: Block, stage: int) -> None:
    """Let all leads that have come to a stage be due there when they came."""
    for j in range(block.fill[stage]):
        lead = block.bucket[stage, j]
        slot = block.slot[lead]
        if slot < 0:
            slot = place_for_lead(run)
            if slot < 0:
                run.state[0].failed = NO_ROOM
                break
            settle_in(run, block, slot, lead)
        bring_along(run, block, slot, lead)
        at = run.at[slot]
        at.cell = ((block.bucket_spot[stage, j] >> 1) - block.base[lead]) // block.shape[0].groups
        at.enters = stage
        expect(run, slot, block.bucket_at[stage, j])
    block.fill[stage] = 0


@lean
def settle_in(run: Run, block: Block, slot: int, lead: int) -> None:
    """Make a place that of a lead that has met nobody yet."""
    at, shape = run.at[slot], block.shape[0]
    at.key = block.key[lead]
    at.channel = block.channel[lead]
    at.number = 0
    at.created = block.created[lead]
    at.group = block.group[lead]
    at.cohort = block.base[lead] // (shape.cells * shape.groups)
    at.regime = 0
    at.snapshot = p.NONE
    at.stage = p.NONE
    at.stream = p.NONE
    at.stalled = 0
    at.sequence = 0
    at.next_page = 0
    begin_life(run, slot)
    at.new = block.new[lead]
    for i in range(len(block.kinds)):
        run.kinds[slot, i] = block.kinds[i, lead]


@lean
def bring_along(run: Run, block: Block, slot: int, lead: int) -> None:
    """Give a lead's place what it has gathered in the block."""
    at = run.at[slot]
    at.spent = block.spent[lead]
    at.won = block.won[lead]
    for i in range(len(block.visits)):
        run.visits[slot, i] = block.visits[i, lead]
    for i in range(len(block.busy)):
        run.busy[slot, i] = block.busy[i, lead]
    for i in range(len(block.lifetime)):
        if block.limited[i] == 1:
            run.own[slot, i].lifetime = block.lifetime[i, lead]
