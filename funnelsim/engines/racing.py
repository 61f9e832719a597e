"""Moves that race each other in a stay of a block's leads (rules 6 and 19 to 22)."""

from __future__ import annotations

import numpy as np

from funnelsim.engines.block import Block
from funnelsim.engines.blockable import MOVE_BITS
from funnelsim.engines.clocking import NEVER_DUE, due_at, set_clocks
from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.resting import finish
from funnelsim.engines.state import Run
from funnelsim.engines.touching import attempt_touch
from funnelsim.engines.trying import attempt, find_limits
from funnelsim.engines.worth import warm_those_who_succeed
from funnelsim.program import records as p


@inlined
def try_move(run: Run, block: Block, move: int, turn: int, stage: int, n: int) -> int:
    """Let the leads in hand attempt a move; return how many stay."""
    this = run.tables.moves[0, move]
    if this.num_turns > 0:
        return attempt_touch(run, block, move, this.first_turn + turn, stage, n)
    find_limits(run, block, this.first_row, this.container, stage, n, block.who, block.at, block.attempts)
    if this.points != 0:
        warm_those_who_succeed(run, block, move, n)
    return attempt(run, block, move, stage, n)


@lean
def walk_race(run: Run, block: Block, stage: int, stream: int, n: int, kept: int, present: bool) -> None:
    """Walk leads through a stage whose moves, and those of a stream, race each other.

    Parameters
    ----------
    kept : int
        How many of the leads, the first, have been in the stream before: its clocks go on.
    """
    racing, tables, stages = block.racing, run.tables, block.shape[0].stages
    for j in range(n):
        racing[j] = block.who[j]
    container = stage
    for half in range(2):
        if container >= 0:
            first = kept if half == 1 else 0
            for move in range(tables.containers[0, container].first, tables.containers[0, container].end):
                for j in range(first, n):
                    lead = racing[j]
                    block.who[j - first] = lead
                    block.at[j - first] = block.tick[lead]
                    block.attempts[j - first] = 0
                set_clocks(run, block, move, n - first, False, present)
                put_clocks(block, move, n - first)
        container = stages + stream if stream >= 0 else -1
    while n > 0:
        n = find_next(run, block, stage, stream, n)
        n = try_those_due(run, block, stage, stream, n)
        for j in range(n):
            racing[j] = block.still_racing[j]


@lean
def try_those_due(run: Run, block: Block, stage: int, stream: int, n: int) -> int:
    """Let racing leads attempt what is due; put those who stay into `still_racing`, and return how many they are."""
    tables, left, container, first = run.tables, 0, stage, 0
    sort_by_turn(run, block, stage, stream, n)
    for half in range(2):
        if container >= 0:
            for move in range(tables.containers[0, container].first, tables.containers[0, container].end):
                for turn in range(block.first_turn[move], block.first_turn[move + 1]):
                    end = block.turn_end[turn]
                    block.turn_end[turn] = 0
                    if end > first:
                        take_due(block, move, first, end)
                        stayed = try_move(run, block, move, turn - block.first_turn[move], stage, end - first)
                        for j in range(stayed):
                            block.still_racing[left] = block.who[j]
                            left += 1
                        if half == 1 and block.shared[stream] == 1:
                            stayed = take_again(block, move, first, end)
                        set_clocks(run, block, move, stayed, True, False)
                        put_clocks(block, move, stayed)
                    first = end
        container = block.shape[0].stages + stream if stream >= 0 else -1
    return left


@inlined
def put_clocks(block: Block, move: int, n: int) -> None:
    """Put away the clocks of a move of the leads in hand."""
    clock, word, tries, who = block.clock, block.word[move], block.tries[move], block.who
    for j in range(n):
        lead = who[j]
        clock[lead, move] = due_at(block.at[j], move)
        word[lead] = block.decides[j]
        tries[lead] = block.attempts[j]


@lean
def find_next(run: Run, block: Block, stage: int, stream: int, n: int) -> int:
    """Find what each racing lead is due for first (rule 6), into `due` and `next_turn`; let those rest who are not."""
    racing, tables, clock = block.racing, run.tables, block.clock
    stay, stays = tables.containers[0, stage].first, tables.containers[0, stage].end - tables.containers[0, stage].first
    flow, flows = 0, 0
    if stream >= 0:
        joined = tables.containers[0, block.shape[0].stages + stream]
        flow, flows = joined.first, joined.end - joined.first
    for j in range(n):
        clocks = clock[racing[j]]
        block.due[j] = soonest(clocks, flow, flows, soonest(clocks, stay, stays, NEVER_DUE))
    end, k = tables.run[0].end_tick, 0
    for j in range(n):
        lead, tick, move = racing[j], block.due[j] >> MOVE_BITS, block.due[j] & ((1 << MOVE_BITS) - 1)
        if tick >= end:
            finish(run, block, stage, lead, block.tick[lead], block.due[j] >= NEVER_DUE)
        else:
            turns = tables.moves[0, move].num_turns
            turn = block.first_turn[move] + (block.tries[move, lead] % turns if turns > 1 else 0)
            block.turn_end[turn] += 1
            block.next_turn[k] = turn
            block.due[k] = tick
            racing[k] = lead
            k += 1
    return k


@inlined
def soonest(clocks: p.IntArray, first: int, number: int, best: int) -> int:
    """Return the least of a lead's clocks of so many moves, and of `best`."""
    # without a sign an index is taken as it is, and the loop is vectorised
    for i in range(np.uint64(number)):
        best = min(best, clocks[np.uint64(first) + i])
    return best


@lean
def sort_by_turn(run: Run, block: Block, stage: int, stream: int, n: int) -> None:
    """Put racing leads into the order of their turns, and note where each turn ends, by how many are in it."""
    ends, number, container = block.turn_end, 0, stage
    for _ in range(2):
        if container >= 0:
            moves = run.tables.containers[0, container]
            for turn in range(block.first_turn[moves.first], block.first_turn[moves.end]):
                first = number
                number += ends[turn]
                ends[turn] = first
        container = block.shape[0].stages + stream if stream >= 0 else -1
    for j in range(n):
        turn = block.next_turn[j]
        place = ends[turn]
        block.in_turn[place] = block.racing[j]
        block.in_turn_due[place] = block.due[j]
        ends[turn] = place + 1


@inlined
def take_due(block: Block, move: int, first: int, end: int) -> None:
    """Take those racing leads in hand that stand from `first` to `end` in the order of turns: a move of them is due."""
    word, tries = block.word[move], block.tries[move]
    for j in range(end - first):
        lead = block.in_turn[first + j]
        block.who[j] = lead
        block.at[j] = block.in_turn_due[first + j]
        block.decides[j] = word[lead]
        block.attempts[j] = tries[lead]


@lean
def take_again(block: Block, move: int, first: int, end: int) -> int:
    """Take those in hand again who have just attempted a move, whether they stay or go; return how many they are."""
    stay_apart()
    take_due(block, move, first, end)
    for j in range(end - first):
        block.attempts[j] += 1
    return end - first
