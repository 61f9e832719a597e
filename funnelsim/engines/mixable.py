"""Which programs' leads can be walked in blocks but where they meet, and in which stages that is (`mixing`)."""

from __future__ import annotations

import math

import numpy as np

from funnelsim.engines.blockable import front_of, is_plain_time, plain_moves, sent_on, value_of, ways_of
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import Program
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

SOON = 7 * DAY
"""Stages from which leads that have met may meet again sooner are walked one by one: few would be walked together."""


def can_be_mixed(program: Program) -> bool:
    """Say whether leads can be walked in blocks but where they meet; that is so only where they do not arrive there."""
    structure = program.structure
    nothing_else = (
        not program.streams
        and not program.is_scored
        and not len(structure.open_leads)
        and not len(structure.conditions)
        and not np.any(structure.moves["num_turns"] > 0)
        and not np.any(structure.channels["arrivals"] == p.BACKLOG)
        and np.all(np.isin(structure.moves["trigger"], (p.UNTRIGGERED, p.ON_FOLLOW_UP)))
    )
    if not program.teams or not nothing_else or not is_plain_time(program):
        return False
    return bool(np.all(ticks_apart(program)[structure.channels["stage"]] >= 0))


def ticks_apart(program: Program) -> p.IntArray:
    """(S,): how many ticks after it has come to a stage a lead meets others at the earliest.

    NONE for stages in which leads are walked one by one.
    """
    moves, stages = program.structure.moves, len(program.stages)
    apart = {stage for stage in range(stages) if _is_plain(program, stage)}
    while True:
        ticks = _least_ticks(program, apart)
        ways = [ways_of(program, move) for move in range(len(moves)) if moves["container"][move] not in apart]
        left = sent_on(program, {way for some in ways for way in some})
        near = {stage for stage in left & apart if ticks[stage] < SOON}
        if not near:
            within = [min(ticks[stage], UNLIMITED // 2) if stage in apart else p.NONE for stage in range(stages)]
            return np.array(within, np.int64)
        apart -= near


def _is_plain(program: Program, stage: int) -> bool:
    """Say whether leads can be walked through a stage in blocks."""
    structure, moves = program.structure, program.structure.moves
    inside = moves["container"] == stage
    pipeline = bool(np.any(structure.stage_flags & p.PIPELINE))
    flags = p.WORKED | p.GOAL | (0 if pipeline else p.WON)
    return bool(
        structure.owner[stage] == p.NONE
        and not structure.stage_flags[stage] & ~flags
        and np.all(plain_moves(program)[inside])
        and np.all(structure.rows["otherwise"][moves["first_row"][inside]] < 0)
        and (stage == front_of(program) or np.all(moves["team"][inside] < 0))
    )


def _least_ticks(program: Program, apart: set[int]) -> dict[int, float]:
    """Return, by stage, the shortest way in time to a stage in which leads are walked one by one."""
    moves, ticks = program.structure.moves, dict.fromkeys(apart, math.inf)
    changed = True
    while changed:
        changed = False
        for move in range(len(moves)):
            stage = int(moves["container"][move])
            if stage in apart:
                ways = {way: _least_wait(program, move) for way in ways_of(program, move)}
                if program.recipes.lifetime[0, move] >= 0 and moves["otherwise"][move] >= 0:
                    ways[int(moves["otherwise"][move])] = 0.0  # on entry, where the limit has been met
                soonest = min((wait + ticks.get(way, 0.0) for way, wait in ways.items()), default=math.inf)
                changed = changed or soonest < ticks[stage]
                ticks[stage] = min(soonest, ticks[stage])
    return ticks


def _least_wait(program: Program, move: int) -> float:
    """Return the least ticks until the first attempt of a move, as far as they are known beforehand."""
    recipe = program.recipes.waits[program.structure.after[0, move]]
    if recipe["form"] not in (p.CONSTANT, p.UNIFORM):
        return 0.0
    first = float(value_of(program, recipe["first"][None])[0])
    return 0.0 if math.isnan(first) else max(0.0, math.floor(first) - 1.0)
