"""Clocks of leads in hand: when the next attempt is due, and the word that decides it (rules 15 and 19 to 22)."""

from __future__ import annotations

import numpy as np

from funnelsim.engines import luck
from funnelsim.engines.batches import draw_ticks, draw_words
from funnelsim.engines.block import Block
from funnelsim.engines.blockable import LATEST, MOVE_BITS
from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.philox import ATTEMPT_BITS, SLOT_BITS
from funnelsim.engines.samplers import CONSTANT, NEVER, draw
from funnelsim.engines.state import Run
from funnelsim.engines.tables import UNLIMITED

NEVER_DUE = (LATEST + 1) << MOVE_BITS

VISIT_SHIFT, ATTEMPT_SHIFT = np.uint64(ATTEMPT_BITS + SLOT_BITS), np.uint64(SLOT_BITS)


@inlined
def due_at(tick: int, move: int) -> int:
    """Return when a move is due, and in the lower bits which it is: the least comes first (rule 6)."""
    return int((min(tick, LATEST) << MOVE_BITS) | move if tick < UNLIMITED else NEVER_DUE)


@inlined
def gather_keys(block: Block, container: int, n: int, slot: int) -> None:
    """Put keys and counters of the leads in hand side by side, for their first attempt in this visit."""
    visits, who, counters, leads, key = block.visits[container], block.who, block.counters, block.leads, block.key
    for j in range(n):
        lead = who[j]
        counters[j] = (np.uint64(visits[lead]) << VISIT_SHIFT) | np.uint64(slot)
        leads[j] = key[lead]


@inlined
def count_attempts(block: Block, n: int) -> None:
    """Put the number of the attempt into the counters."""
    counters, attempts = block.counters, block.attempts
    for j in range(n):
        counters[j] |= np.uint64(attempts[j]) << ATTEMPT_SHIFT


@lean
def set_clocks(run: Run, block: Block, move: int, n: int, again: bool, present: bool) -> None:
    """Find when the next attempt of a move is due for the leads in hand, into `at`, and the word that decides it.

    Parameters
    ----------
    run : Run
    block : Block
        `who`, `at` and `attempts` are read, `at` and `decides` are written.
    move, n : int
    again : bool
        Whether there was an attempt in this stay before.
    present : bool
        Whether the leads stand there on day one.
    """
    this, tables, at, attempts = run.tables.moves[0, move], run.tables, block.at, block.attempts
    wait, least = tables.waits[this.every if again else this.after], 1 if again else 0
    drawn = wait.code not in (CONSTANT, NEVER)
    if wait.code != NEVER and (drawn or block.chancy[move] == 1):
        gather_keys(block, this.container, n, luck.ATTEMPT)
        if again:
            count_attempts(block, n)
        draw_words(n, this.key, block.counters, block.leads, block.first, block.decides)
    if wait.code == NEVER:
        for j in range(n):
            at[j] = UNLIMITED
    elif present:
        set_phases(run, block, move, n)
    elif drawn:
        draw_ticks(wait, tables.pool, n, block.first, block.ticks)
        for j in range(n):
            at[j] += max(block.ticks[j], least)
    else:
        ticks = max(draw(wait, tables.pool, 0.5), least)
        for j in range(n):
            at[j] += ticks
    if again and this.attempts < UNLIMITED:
        for j in range(n):
            at[j] = UNLIMITED if attempts[j] >= this.attempts else at[j]
    if block.limited[move] == 1:
        lifetime, who = block.lifetime[move], block.who
        for j in range(n):
            at[j] = UNLIMITED if lifetime[who[j]] >= this.lifetime else at[j]
    if this.num_turns > 0:
        opted_out, who = block.opted_out, block.who
        for j in range(n):
            at[j] = UNLIMITED if opted_out[who[j]] == 1 else at[j]


@lean
def set_phases(run: Run, block: Block, move: int, n: int) -> None:
    """Rule 15: clocks of leads that stand there on day one have run for a while."""
    stay_apart()
    this, waits = run.tables.moves[0, move], run.tables.waits
    wait = waits[this.after]
    if this.repeats == 1 and waits[this.every].code != NEVER:
        wait = waits[this.every]
    for j in range(n):
        lead = block.who[j]
        block.at[j] += luck.phase_ticks(
            wait, run.tables.pool, this.key, block.key[lead], block.visits[this.container, lead]
        )
