"""A replication whose leads are walked a block at a time (`blockable.can_be_blocks` says which can be)."""

from __future__ import annotations

from funnelsim.engines.arriving import begin, expect_first, fill
from funnelsim.engines.block import Block
from funnelsim.engines.handing import hand_over
from funnelsim.engines.in_front import look_who_is_there
from funnelsim.engines.jit import lean
from funnelsim.engines.kernel import DONE, STOPPED
from funnelsim.engines.state import Run, clear
from funnelsim.engines.staying import count_up, stay
from funnelsim.program import records as p


@lean
def run_in_blocks(run: Run, block: Block) -> int:
    """Run one replication from beginning to end, without a log.

    Returns
    -------
    int
        DONE, STOPPED, or why it failed: `state.WENT_ROUND`.
    """
    clear(run)
    if block.shape[0].front >= 0:
        look_who_is_there(run, block)
    channels, source = len(run.streams), run.tables.channels[0]
    for channel in range(channels):
        expect_first(run, block, channel)
    for channel in range(channels):
        # who may stand in a queue comes in the order of time, whatever the channel; a backlog never stands in it
        if block.shape[0].front < 0 or source[channel].arrivals == p.BACKLOG:
            walk_channels(run, block, channel, channel + 1, source[channel].arrivals == p.BACKLOG)
    if block.shape[0].front >= 0:
        walk_channels(run, block, 0, channels, False)
    if run.stop[0] != 0:
        return STOPPED
    if run.state[0].failed != 0:
        return int(run.state[0].failed)
    count_up(run, block)
    return DONE


@lean
def walk_channels(run: Run, block: Block, first: int, end: int, present: bool) -> None:
    """Walk all leads of channels `first` to `end` - 1, block by block."""
    n = fill(run, block, first, end)
    while n > 0 and run.stop[0] == 0 and run.state[0].failed == 0:
        begin(run, block, n, present)
        if present:
            stay(run, block, run.tables.channels[0, first].stage, True)
        while walk_round(run, block) and run.stop[0] == 0 and run.state[0].failed == 0:
            pass
        n = fill(run, block, first, end)


@lean
def walk_round(run: Run, block: Block) -> bool:
    """Take each stage in turn; say whether any lead stood in one."""
    any_stood = False
    for stage in range(run.ages.shape[1]):
        if block.fill[stage] > 0:
            any_stood = True
            if run.apart[stage] >= 0:
                stay(run, block, stage, False)
            else:
                hand_over(run, block, stage)
    return any_stood
