"""Which programs' leads can be walked a block at a time (`block`).

Those whose leads do not meet, or only in the queue of the stage in which they arrive; of
which no snapshot tells; in whose calendar nothing happens to leads; and whose moves are waits, attempts, chances, and
touches that nothing holds back.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from funnelsim.program import Program
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

MOVE_BITS = 16
LATEST = (1 << 46) - 1
"""Ticks of clocks that stand beside their move's number; a run that is walked in blocks ends before."""


def can_be_blocks(program: Program) -> bool:
    """Say whether the leads of a program can be walked in blocks."""
    structure, stages = program.structure, len(program.stages)
    plain_stages = not np.any(structure.stage_flags & ~(p.WORKED | p.WON | p.GOAL)) and not np.any(
        structure.track == p.RULES
    )
    meet_in_front = not program.teams or (
        len(program.teams) == 1 and int(np.sum(structure.moves["team"] >= 0)) == 1 and front_of(program) is not None
    )
    return bool(
        plain_stages
        and not len(structure.open_leads)
        and is_plain_time(program)
        and meet_in_front
        and np.all(plain_moves(program))
        and np.all(structure.rows["otherwise"] < 0)
        and np.all(structure.rows["to"] < stages)
        and _are_plain_touches(program)
    )


def is_plain_time(program: Program) -> bool:
    """Say whether nothing happens to leads by the calendar, and what is counted goes by whole days."""
    structure = program.structure
    plain_calendar = len(structure.regime_tick) == 1 and not len(structure.calendar_tick)
    countable = structure.end_tick < LATEST and len(structure.moves) < 1 << MOVE_BITS
    return bool(plain_calendar and countable and not np.any(structure.cell_edge % DAY))


def plain_moves(program: Program) -> npt.NDArray[np.bool_]:
    """(M,): whether a move is a wait, attempts and a chance, or touches, and leads to stages alone."""
    structure, recipes, stages = program.structure, program.recipes, len(program.stages)
    moves = structure.moves
    return np.asarray(
        (moves["trigger"] == p.UNTRIGGERED)
        & (moves["container"] < stages + len(program.streams))
        & (moves["num_steps"] == 0)
        & np.all(recipes.extend < 0, axis=(0, 2))
        & np.all(recipes.unanswered < 0, axis=0)
        & np.all(value_of(program, recipes.needs) == 1, axis=0)
        & (moves["to"] < stages)
        & (moves["otherwise"] < stages)
        & ((moves["to"] >= 0) | (moves["otherwise"] < 0) | (moves["num_turns"] > 0))
    )


def _are_plain_touches(program: Program) -> bool:
    structure, recipes = program.structure, program.recipes
    turns, moves = structure.turns, structure.moves
    of_stages = (moves["container"] < len(program.stages)) & (moves["num_turns"] > 0) & (moves["otherwise"] >= 0)
    nobody_opts_out = not np.any(structure.rows["role"] == p.OPT_OUT)
    return bool(
        (nobody_opts_out or not np.any(of_stages))
        and np.all(turns["rule"] < 0)
        and np.all(turns["first_limit"] == turns["end_limit"])
        and np.all(turns["first_asset"] == turns["end_asset"])
        and np.all(structure.turn_wait < 0)
        and np.all(structure.paused < 0)
        and np.all(value_of(program, recipes.turn[:, :, 0]) == 1)
    )


def value_of(program: Program, positions: p.IntArray) -> p.FloatArray:
    """Return the fixed values of parameters; NaN for what is uncertain."""
    parameters = program.recipes.parameters[positions]
    return np.where(parameters["belief"] == p.FIXED, parameters["first"], np.nan)


def is_sure(program: Program, move: int) -> bool:
    """Say whether an attempt of a move always succeeds."""
    structure, recipes, row = program.structure, program.recipes, int(program.structure.moves["first_row"][move])
    chance, required = recipes.chance[0, row], structure.row_criteria[row]
    if structure.moves["num_turns"][move] > 0 or chance["num_base"] != 1 or required[0] != required[1]:
        return False
    no_odds = not np.any(recipes.odds[0, row, :, :-4] >= 0) and not np.any(recipes.odds[0, row, :, [-4, -2]] >= 0)
    return bool(no_odds and value_of(program, recipes.lists[[chance["base"]]])[0] == 1.0)


def shared_streams(program: Program) -> list[bool]:
    """(T,): whether leads in a stream may come to a stage and keep it."""
    structure, stages, streams = program.structure, len(program.stages), len(program.streams)
    ways = [ways_of(program, move) for move in range(len(structure.moves))]
    shared = []
    for stream in range(streams):
        with_it = {stage for stage in range(stages) if structure.track[stage] in (stream, p.KEEP)}
        inside = {*with_it, stages + stream}
        led = {way for move, there in enumerate(ways) if structure.moves["container"][move] in inside for way in there}
        shared.append(bool(sent_on(program, led) & with_it))
    return shared


def ways_of(program: Program, move: int) -> set[int]:
    """Return all stages that a move may lead to."""
    record, structure = program.structure.moves[move], program.structure
    turns = structure.turns[record["first_turn"] : record["first_turn"] + record["num_turns"]]
    rows = [int(to) for turn in turns for to in structure.rows["to"][turn["first_row"] : turn["end_row"]]]
    return {int(record["to"]), int(record["otherwise"]), *rows} - {p.NONE}


def sent_on(program: Program, led: set[int]) -> set[int]:
    """Return these stages, with those to which leads are sent on that have met limits of their life (rule 23)."""
    structure, stages = program.structure, len(program.stages)
    limited = program.recipes.lifetime[0] >= 0
    found, left = set(led), list(led)
    while left:
        stage = left.pop()
        containers = (stage, stages + int(structure.track[stage]))
        for move in np.flatnonzero(limited & np.isin(structure.moves["container"], containers)):
            way = int(structure.moves["otherwise"][move])
            if way >= 0 and way not in found:
                found.add(way)
                left.append(way)
    return found


def front_of(program: Program) -> int | None:
    """Return the stage of a queue in front: leads arrive there, ask once at once, and nobody else asks its people.

    None where there is no such stage.
    """
    moves = program.structure.moves
    worked = np.flatnonzero(moves["team"] >= 0).tolist()
    return next((int(moves["container"][move]) for move in worked if _is_in_front(program, move)), None)


def _is_in_front(program: Program, move: int) -> bool:
    """Say whether leads ask for people by this move, and these by this move, in the stage they arrive in alone."""
    structure, recipes = program.structure, program.recipes
    moves, channels = structure.moves, structure.channels
    number, stage = int(moves["team"][move]), int(moves["container"][move])
    if stage >= len(program.stages):
        return False
    team = structure.teams[number]
    ways = (moves["to"], moves["otherwise"], structure.rows["to"], structure.rows["otherwise"])
    arriving = channels["arrivals"][channels["stage"] == stage]
    allowed = (
        int(np.sum(moves["team"] == number)) == 1,
        moves["num_turns"][move] == 0,
        moves["owned"][move] == 0,
        int(np.sum(moves["container"] == stage)) == 1,
        structure.track[stage] == p.NONE,
        structure.owner[stage] == p.NONE,
        not any(np.any(way == stage) for way in ways),
        recipes.attempts[0, move] >= 0 and value_of(program, recipes.attempts[:, move])[0] == 1.0,
        recipes.lifetime[0, move] < 0,
        _is_none(program, int(structure.after[0, move])),
        not np.any(arriving == p.BACKLOG),
        team["discipline"] == p.FIFO and recipes.staff[0, number, 3] < 0,
        _are_always_there(program, number),
    )
    return all(allowed)


def _are_always_there(program: Program, team: int) -> bool:
    """Say whether whoever of a team is there at all is so from the first tick to the last."""
    people = program.structure.people[program.structure.people["team"] == team]
    counted = people["stay"] == 0
    named = (people["stay"] == p.NONE) & (people["from_tick"] <= 0)
    named &= people["until_tick"] >= program.structure.end_tick
    changes = program.recipes.headcount[program.recipes.headcount[:, 0] == team]
    return bool(np.all(counted | named)) and len(changes) <= 1


def _is_none(program: Program, wait: int) -> bool:
    """Say whether a wait is none at all."""
    recipe = program.recipes.waits[wait]
    return bool(recipe["form"] == p.CONSTANT and value_of(program, recipe["first"][None])[0] == 0.0)
