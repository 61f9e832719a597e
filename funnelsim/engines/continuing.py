"""Leads of a snapshot go on from where they stood, in the fast engine (semantics, rule 71)."""

from __future__ import annotations

from funnelsim.engines.carrying import begun_at, carried, is_carried
from funnelsim.engines.jit import lean, stay_apart
from funnelsim.engines.meeting import IN_LINE, hand_over, is_there, leave_line
from funnelsim.engines.state import Run
from funnelsim.engines.tables import UNLIMITED


@lean
def carry_on(run: Run, slot: int, tick: int) -> None:
    """Rule 71: clocks go on from when the lead came to its stage, and it stays with its owner."""
    stay_apart()
    at, own, tables, stages = run.at[slot], run.own[slot], run.tables, run.ages.shape[1]
    known = tables.open_leads[at.snapshot]
    if known.in_stage > 0:
        for half in range(2):
            container = at.stage if half == 0 else (stages + at.stream if at.stream >= 0 else -1)
            if container >= 0:
                for i in range(tables.containers[0, container].first, tables.containers[0, container].end):
                    if own[i].from_tick < UNLIMITED and is_carried(tables.moves[at.regime, i]):
                        carry_move(run, slot, i, tick)
    if known.person >= 0 and at.team >= 0 and is_there(run, known.person):
        if at.in_line == IN_LINE:
            leave_line(run, slot)
        hand_over(run, slot, known.person, tick)


@lean
def carry_move(run: Run, slot: int, move: int, tick: int) -> None:
    """Set the clock of a move, and count the attempts that were made."""
    at, mine, tables = run.at[slot], run.own[slot, move], run.tables
    this, known = tables.moves[at.regime, move], tables.open_leads[at.snapshot]
    since = begun_at(this, tick - known.in_stage)
    if since >= tick:
        mine.from_tick = since
        return
    clock, made = carried(this, tables.turns[at.regime], tables.waits, tables.pool, at.key, since, tick, known.touches)
    mine.from_tick = UNLIMITED
    mine.clock = clock
    mine.drawn = 0
    mine.attempts = made
    mine.lifetime = made
    mine.unanswered = made
