"""Clocks of leads that stood in their stage before the run began: how far their moves have come (rule 71).

Both engines call `carried`.
"""

from __future__ import annotations

from funnelsim.engines import luck
from funnelsim.engines.jit import inlined, lean
from funnelsim.engines.philox import Word
from funnelsim.engines.samplers import NEVER
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import records as p


@inlined
def is_carried(move: p.Record) -> bool:
    """Say whether a move counts from when its stage was entered: by itself, by the entry, or by silence since."""
    return bool(move.trigger in (p.UNTRIGGERED, p.ON_ENTERING, p.ON_IDLE))


@lean
def begun_at(move: p.Record, entered: int) -> int:
    """Return the tick from which a move's first wait counts, where its stage was entered at a tick."""
    return int(entered + move.trigger_at) if move.trigger == p.ON_IDLE else entered


@lean
def carried(
    move: p.Record,
    turns: p.RecordArray,
    waits: p.RecordArray,
    pool: p.FloatArray,
    lead: Word,
    since: int,
    now: int,
    told: int,
) -> tuple[int, int]:
    """Rule 71: follow the waits of a move to the present.

    Parameters
    ----------
    move : tables.MOVE
        As it holds now.
    turns : (U,) of tables.TURN
    waits, pool : array
    lead : int
        The lead's key.
    since : int
        Tick from which the first wait counts.
    now : int
    told : int
        Touches so far, or NONE where nobody has counted.

    Returns
    -------
    tuple of int
        The tick of the next attempt, now at the earliest and UNLIMITED where none is to come; and how many were made.
    """
    most = min(move.attempts, move.lifetime, move.unanswered) - 1
    counted, made = told >= 0 and move.repeats == 1, 0
    if most < 0:
        return UNLIMITED, 0
    while True:
        wait = waits[wait_before(move, turns, made)]
        if wait.code == NEVER:
            return UNLIMITED, made
        if made >= most or (counted and made >= told):
            since = min(since, now)
            ticks = luck.wait_ticks_beyond(wait, pool, move.key, lead, 1, made, now - since)
            return since + ticks, made
        ticks = luck.wait_ticks(wait, pool, move.key, lead, 1, made)
        if made > 0:
            ticks = max(1, ticks)
        if since + ticks >= now and not counted:
            return since + ticks, made
        since += ticks
        made += 1


@inlined
def wait_before(move: p.Record, turns: p.RecordArray, made: int) -> int:
    """Return the wait before an attempt, by how many were made in this stay: that of a touch may be its own."""
    if move.num_turns > 0 and turns[move.first_turn + made % move.num_turns].wait >= 0:
        return int(turns[move.first_turn + made % move.num_turns].wait)
    return int(move.after if made == 0 else move.every)
