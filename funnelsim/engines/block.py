"""Leads that are walked together, a block at a time: what is kept of them.

Draws are keyed, so the order in which leads are walked does not matter where they do not meet. They are taken stage by
stage, in loops that the compiler vectorises (`staying`). What is counted is the same as when they are walked one by
one; no log is written. `blockable` says which programs allow it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from funnelsim.engines.blockable import front_of, is_sure, shared_streams
from funnelsim.engines.state import Run
from funnelsim.program import Program
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

BLOCK = 1024
"""Leads in a block."""

GAPS = 256
"""Gaps between arrivals that are drawn at a time."""

MANY_PLACES = 512
"""From so many places on they are counted in one copy."""

RESULTS, ENTRIES = 6, 4
"""Counts of a row: by outcome (failed, succeeded, exhausted), old or not. Of a stage: first or not, old or not."""

WORDS = ("key", "word", "decides", "first", "second", "counters", "leads")
"""Arrays of words."""

SHAPE = np.dtype(
    [
        (name, "i8")
        for name in (
            "stages",
            "streams",
            "cells",
            "groups",
            "places",
            "copies",
            "front",
            "marks",
            "scored",
            "staff",
            "always",
            "even",
            "mixed",
        )
    ],
    align=True,
)
"""What a program is like: its sizes, `places` = cohorts x cells x groups, in how many copies they are counted (a count
that follows itself at once waits for itself), the stage of a queue in front or NONE, whether it is noted which touches
and streams leads have had, and whether what they are worth is counted; who works in that queue; and whether leads also
meet elsewhere, where they are walked one by one."""


class Block(NamedTuple):
    """What leads walk with that are walked together: L of them, each in a column."""

    shape: p.RecordArray
    """(1,) of `SHAPE`"""
    # ------------------------------------------------ leads
    key: p.WordArray
    """(L,)"""
    slot: p.IntArray
    """(L,): the place of a lead that has met others, or NONE"""
    tick: p.IntArray
    """(L,): of the last event in its stage"""
    created: p.IntArray
    base: p.IntArray
    """(L,): the place of the lead's cohort and group in the first cell"""
    old_from: p.IntArray
    """(L,): the tick from which on it is old"""
    group: p.IntArray
    channel: p.IntArray
    new: p.IntArray
    """(L,): 1 if created in the counted time"""
    spent: p.IntArray
    """(L,): money spent on it in the counted time"""
    won: p.IntArray
    stream: p.IntArray
    opted_out: p.IntArray
    touched: p.IntArray
    """(L,): touches delivered"""
    warmth: p.IntArray
    """(L,): thousandths of a point, as of `warm_since`"""
    warm_since: p.IntArray
    fatigue: p.IntArray
    tired_since: p.IntArray
    profiled: p.IntArray
    """(L,): tick at which it is looked at how warm it is; UNLIMITED once that is done"""
    fit_bin: p.IntArray
    kinds: p.IntArray
    """(Q, L)"""
    visits: p.IntArray
    """(S + T, L)"""
    lifetime: p.IntArray
    """(M, L): attempts in life, of moves that it limits"""
    busy: p.IntArray
    """(E, L)"""
    got_stream: p.IntArray
    """(T, L)"""
    got_touch: p.IntArray
    """(touches, L)"""
    # ------------------------------------------------ the moves that race in a lead's stage and stream
    clock: p.IntArray
    """(L, M): when each move is due next, with its number (`clocking.due_at`)"""
    word: p.WordArray
    """(M, L): what decides the next attempt"""
    tries: p.IntArray
    """(M, L): attempts in this stay"""
    # ------------------------------------------------ where leads stand that have yet to be taken
    bucket: p.IntArray
    """(S + 1, L): leads that have come to each stage; the last row takes what goes nowhere"""
    bucket_at: p.IntArray
    """(S + 1, L): when they came"""
    bucket_spot: p.IntArray
    """(S + 1, L): where that is counted, as `spot`"""
    fill: p.IntArray
    """(S + 1,)"""
    taken: p.IntArray
    """(L,): leads that are taken from a bucket"""
    taken_at: p.IntArray
    taken_spot: p.IntArray
    joins: p.IntArray
    """(L,): the stream each of them is to be in"""
    # ------------------------------------------------ leads in hand, side by side
    who: p.IntArray
    at: p.IntArray
    """(L,): the tick that each has come to, or is due at"""
    attempts: p.IntArray
    decides: p.WordArray
    limit: p.IntArray
    spot: p.IntArray
    """(L,): where it is counted: twice the place, and one more if the lead is old"""
    first: p.WordArray
    second: p.WordArray
    counters: p.WordArray
    leads: p.WordArray
    ticks: p.IntArray
    best: p.FloatArray
    # ------------------------------------------------ races, and chains of touches
    racing: p.IntArray
    still_racing: p.IntArray
    due: p.IntArray
    """(L,): when each racing lead is due, and at which turn of which move"""
    next_turn: p.IntArray
    in_turn: p.IntArray
    """(L,): racing leads in the order of their turns"""
    in_turn_due: p.IntArray
    first_turn: p.IntArray
    """(M + 1,): where the turns of each move begin; a move without touches has one"""
    turn_end: p.IntArray
    """(turns,): how many leads are in each turn, then where these end in `in_turn`; 0 but while they are sorted"""
    happened: p.IntArray
    last_row: p.IntArray
    furthest: p.IntArray
    open: p.IntArray
    """(L,): places of leads in hand whose touch is not over yet"""
    asked: p.IntArray
    """(L,): whose they are"""
    asked_at: p.IntArray
    asked_attempts: p.IntArray
    # ------------------------------------------------ arrivals
    gaps: p.IntArray
    """(C, GAPS)"""
    gap_keys: p.WordArray
    """(C, GAPS): keys of the leads that the gaps are before"""
    free_at: p.IntArray
    """(N,): when each person in front is free, with rounds (`in_front.ROUND_BITS`)"""
    staff: p.IntArray
    """(N,): who is there"""
    # ------------------------------------------------ what the program makes of moves and days, and what is counted
    limited: p.IntArray
    """(M,): whether attempts in life are counted: they are limited, or key what is recorded"""
    shared: p.IntArray
    """(T,): whether leads may keep the stream when they come to a stage"""
    chancy: p.IntArray
    """(M,): whether chance decides"""
    day_place: p.IntArray
    """(days,): the place of each day's cell, in the first cohort and group"""
    next_month: p.IntArray
    """(days,): the tick at which the calendar month after that of each day begins"""
    results: p.IntArray
    """(rows x places x copies x RESULTS,), flat"""
    entries: p.IntArray
    """(stages x places x copies x ENTRIES,), flat"""
    counts: p.IntArray
    """`Run.counts`, flat: what is not counted in the two above"""
    ages: p.IntArray
    """`Run.ages`, flat"""


def empty_block(program: Program, run: Run, used: bool, mixed: bool = False) -> Block:
    """Return room for a block of leads; hardly any where a program's leads are not walked in blocks."""
    structure, recipes = program.structure, program.recipes
    moves, stages, streams = len(structure.moves), len(program.stages), len(program.streams)
    cohorts, cells, groups, _ = run.counts.shape
    places, size = (cohorts * cells * groups, BLOCK) if used else (0, 0)
    copies = 4 if places < MANY_PLACES else 1
    front = front_of(program) if used else None
    touches = bool(np.any(structure.moves["num_turns"] > 0))
    shape = np.zeros(1, SHAPE)
    shape[0] = (stages, streams, cells, groups, places, copies, p.NONE if front is None else front, touches,
                program.is_scored, 0, 0, 0, mixed)  # fmt: skip
    first_turn = np.concatenate(([0], np.cumsum(np.maximum(structure.moves["num_turns"], 1)))).astype(np.int64)
    rows_of = {
        "kinds": len(program.kinds),
        "visits": stages + streams,
        **dict.fromkeys(("lifetime", "word", "tries"), moves),
        "busy": len(program.teams),
        "got_stream": streams,
        "got_touch": len(program.touches),
        **dict.fromkeys(("bucket", "bucket_at", "bucket_spot"), stages + 1),
    }
    types = {"best": np.float64, **dict.fromkeys(WORDS, np.uint64)}
    given: dict[str, Any] = {
        "shape": shape,
        "fill": np.zeros(stages + 1, np.int64),
        "clock": np.zeros((size, moves), np.int64),
        "first_turn": first_turn,
        "turn_end": np.zeros(first_turn[-1], np.int64),
        "gaps": np.zeros((len(program.channels), GAPS), np.int64),
        "gap_keys": np.zeros((len(program.channels), GAPS), np.uint64),
        "staff": np.zeros(len(program.people), np.int64),
        "free_at": np.zeros(len(program.people), np.int64),
        "limited": np.array([recipes.lifetime[0, i] >= 0 or touches for i in range(moves)], np.int64),
        "shared": np.array(shared_streams(program) if used else [0] * streams, np.int64),
        "chancy": np.array([not (used and is_sure(program, i)) for i in range(moves)], np.int64),
        "day_place": _day_cells(structure.cell_edge) * groups,
        "next_month": _next_months(structure.day_month_tick, structure.end_tick),
        "results": np.zeros(len(structure.rows) * places * copies * RESULTS, np.int64),
        "entries": np.zeros(stages * places * copies * ENTRIES, np.int64),
        "counts": run.counts.reshape(-1),
        "ages": run.ages.reshape(-1),
    }
    for name in Block._fields:
        if name not in given:
            shaped = (rows_of[name], size) if name in rows_of else (size,)
            given[name] = np.zeros(shaped, types.get(name, np.int64))
    return Block(**given)


def _day_cells(edges: p.IntArray) -> p.IntArray:
    """Return the cell of each day."""
    days = np.arange(0, edges[-1], DAY)
    return (np.searchsorted(edges, days, side="right") - 1).astype(np.int64)


def _next_months(month_ticks: p.IntArray, end: int) -> p.IntArray:
    """Return the tick at which the month after that of each day begins; the end of the run where there is none."""
    after = np.searchsorted(month_ticks, month_ticks, side="right")
    return np.append(month_ticks, end)[after].astype(np.int64)
