"""Writes rows of the log in the fast engine, as it goes: one lead's after another's, sorted later (rule 8)."""

from __future__ import annotations

import numpy as np

from funnelsim.engines import rows
from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.points import decayed
from funnelsim.engines.state import Run
from funnelsim.program import records as p


@lean
def warmth_at(run: Run, slot: int, tick: int) -> int:
    """Return a lead's warmth in thousandths of a point (rule 55)."""
    at = run.at[slot]
    return decayed(at.warmth, at.warm_since, tick, run.tables.scoring[at.regime].half_life)


@inlined
def record(
    run: Run,
    slot: int,
    tick: int,
    stage: int,
    stream: int,
    move: int,
    row: int,
    attempt: int,
    outcome: int,
    to: int,
    cost: int,
    value: int,
    person: int,
    reason: int,
    asset: int,
) -> None:
    """Write a row of the log (`rows.LogRow`), if there is room; count it in any case."""
    state, at = run.state[0], run.at[slot]
    if state.logged < len(run.log):
        write(
            run, slot, tick, stage, stream, move, row, attempt, outcome, to, cost, value, person, reason, asset
        )  # fmt: skip
    at.sequence += 1
    state.logged += 1


@lean
def write(
    run: Run,
    slot: int,
    tick: int,
    stage: int,
    stream: int,
    move: int,
    row: int,
    attempt: int,
    outcome: int,
    to: int,
    cost: int,
    value: int,
    person: int,
    reason: int,
    asset: int,
) -> None:
    """Write a row at the end of the log."""
    stay_apart()
    at = run.at[slot]
    line = run.log[run.state[0].logged]
    line[0] = tick
    line[1] = np.int64(at.key)
    line[2] = at.sequence
    line[3] = at.channel
    line[4] = at.number
    line[5] = run.kinds[slot, 0]
    line[6] = at.created
    line[7] = stage
    line[8] = stream
    line[9] = move
    line[10] = row
    line[11] = attempt
    line[12] = outcome
    line[13] = to
    line[14] = cost
    line[15] = value
    line[16] = person
    line[17] = reason
    line[18] = asset
    line[19] = warmth_at(run, slot, tick)


@lean
def tell(run: Run, slot: int, tick: int, move: int, row: int, attempt: int, outcome: int, person: int) -> None:
    """Write a row that leads nowhere and costs nothing."""
    at = run.at[slot]
    record(
        run, slot, tick, at.stage, at.stream, move, row, attempt, outcome, p.NONE, 0, 0, person, p.NONE, p.NONE
    )  # fmt: skip


@lean
def tell_passed(
    run: Run,
    slot: int,
    tick: int,
    stage: int,
    stream: int,
    move: int,
    first: int,
    last: int,
    attempt: int,
    cost: int,
    person: int,
    asset: int,
) -> int:
    """Rule 58: write the rows of a touch that were passed before the last; return what is left of the cost."""
    stay_apart()
    for row in range(first, last):
        if run.tables.rows[0, row].role != p.OPT_OUT:
            record(
                run, slot, tick, stage, stream, move, row, attempt, rows.PASSED, p.NONE, cost, 0, person, p.NONE, asset
            )  # fmt: skip
            cost = 0
    return cost
