"""Leads of a block that nothing more happens to before the end of the run (rules 25 and 36)."""

from __future__ import annotations

from funnelsim.engines.block import Block
from funnelsim.engines.jit import lean, stay_apart
from funnelsim.engines.lives import finish_apart
from funnelsim.engines.samplers import NEVER
from funnelsim.engines.state import Run
from funnelsim.engines.tables import UNLIMITED
from funnelsim.engines.trying import day_of
from funnelsim.engines.worth import take_profile
from funnelsim.program import records as p


@lean
def drop_late(run: Run, block: Block, stage: int, move: int, n: int, end: int) -> int:
    """Let those in hand rest for whom a move is not due before the end of the run; return how many are left."""
    late = 0
    for j in range(n):
        late += 1 if block.at[j] >= end else 0
    return drop(run, block, stage, move, n, end) if late > 0 else n


@lean
def drop(run: Run, block: Block, stage: int, move: int, n: int, end: int) -> int:
    """Let those in hand rest who are due at the end or later."""
    stay_apart()
    who, at, k = block.who, block.at, 0
    for j in range(n):
        if at[j] >= end:
            block.tries[move, who[j]] = block.attempts[j]
            finish(run, block, stage, who[j], block.tick[who[j]], at[j] >= UNLIMITED)
        else:
            who[k] = who[j]
            at[k] = at[j]
            block.attempts[k] = block.attempts[j]
            block.decides[k] = block.decides[j]
            block.limit[k] = block.limit[j]
            k += 1
    return k


@lean
def finish(run: Run, block: Block, stage: int, lead: int, tick: int, stalled: bool) -> None:
    """Count what is left to count of a lead where it stands at the end.

    Parameters
    ----------
    run : Run
    block : Block
    stage, lead : int
    tick : int
        Of its last event.
    stalled : bool
        Whether nothing is planned for it (rule 25).
    """
    layout, shape, entered = run.layout, block.shape[0], run.tables.containers[0, stage]
    kinds, stream = run.counts.shape[3], block.stream[lead]
    if stalled and entered.final == 0:
        here = (block.base[lead] + block.day_place[day_of(tick)]) * kinds
        block.counts[here + layout.stalled + stage] += 1
        if stream >= 0:
            block.counts[here + layout.stalled_stream + stream] += 1
    if shape.scored == 1 and block.profiled[lead] < UNLIMITED:
        take_profile(run, block, lead)
    lost = block.won[lead] == 0 and entered.flags & p.WORKED == 0
    if lost and (stream < 0 or not goes_on(run, block, stream, lead)):
        here = (block.base[lead] + (shape.cells - 1) * shape.groups) * kinds
        block.counts[here + layout.wasted_leads + block.channel[lead]] += block.new[lead]
        block.counts[here + layout.wasted_cost] += block.spent[lead]
        for team in range(len(block.busy)):
            block.counts[here + layout.wasted_busy + team] += block.busy[team, lead]
    if block.slot[lead] >= 0:
        finish_apart(run, block.slot[lead])


@lean
def goes_on(run: Run, block: Block, stream: int, lead: int) -> bool:
    """Say whether a stream may still touch a lead, beyond the end of the run (`tally.Layout.wasted_leads`)."""
    container = run.tables.containers[0, block.shape[0].stages + stream]
    for move in range(container.first, container.end):
        this, tries = run.tables.moves[0, move], block.tries[move, lead]
        wait = run.tables.waits[this.after if tries == 0 else this.every]
        left = tries < this.attempts and block.lifetime[move, lead] < this.lifetime
        if this.num_turns > 0 and left and wait.code != NEVER:
            return True
    return False
