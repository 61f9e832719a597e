"""Which lead draws what: every draw of a replication is a function of names (semantics, rules 10, 15, 33 and 34).

Both engines call these, and nothing else, for luck.
"""

from __future__ import annotations

import numpy as np

from funnelsim.engines.jit import inlined, lean
from funnelsim.engines.numerics import log
from funnelsim.engines.philox import Word, counter, philox, to_unit
from funnelsim.engines.philox import threshold as threshold_of
from funnelsim.engines.samplers import CONSTANT, NEVER, draw, draw_beyond, phase
from funnelsim.engines.tables import LEAD, UNLIMITED
from funnelsim.program import records as p

# Slots of one attempt. Two words come from each: the first word of ATTEMPT is the wait, the second the chance; of
# WORK and what follows, one slot for each row of a script, the first is the working time, the second the chance of a
# step. The rows of a touch before its response have slots of their own, from 200 on by their role; an open that is
# recorded, or that did not happen and is, has the first word of that of OPEN.
ATTEMPT, PHASE, EXTENSION, WORK = range(4)
TOUCH = 200

# Widths of the counter's fields (rule 33).
MOST_VISITS, MOST_ATTEMPTS = (1 << 20) - 1, (1 << 36) - 1


# ---------------------------------------------------------------- moves
@inlined
def wait_ticks(wait: p.Record, pool: p.FloatArray, key: Word, lead: Word, visit: int, attempt: int) -> int:
    """Draw the wait before an attempt; UNLIMITED for `never`."""
    if wait.code == NEVER:
        return UNLIMITED
    if wait.code == CONSTANT:
        return draw(wait, pool, 0.5)
    words = philox(counter(visit, attempt, ATTEMPT), lead, key)
    return draw(wait, pool, to_unit(words[0]))


@lean
def wait_ticks_beyond(
    wait: p.Record, pool: p.FloatArray, key: Word, lead: Word, visit: int, attempt: int, spent: int
) -> int:
    """Draw the wait before an attempt, longer than what of it is spent (rule 71); UNLIMITED for `never`."""
    if wait.code == NEVER:
        return UNLIMITED
    words = philox(counter(visit, attempt, ATTEMPT), lead, key)
    return draw_beyond(wait, pool, to_unit(words[0]), spent)


@inlined
def attempt_words(key: Word, lead: Word, visit: int, attempt: int) -> tuple[Word, Word]:
    """Return the word of the wait before an attempt, and the one that decides it; both come in one draw."""
    words = philox(counter(visit, attempt, ATTEMPT), lead, key)
    return words[0], words[1]


@lean
def phase_ticks(wait: p.Record, pool: p.FloatArray, key: Word, lead: Word, visit: int) -> int:
    """Draw the rest of a wait that began long ago (rule 15); UNLIMITED for `never`."""
    if wait.code == NEVER:
        return UNLIMITED
    words = philox(counter(visit, 0, PHASE), lead, key)
    return phase(wait, pool, to_unit(words[0]), to_unit(words[1]))


@inlined
def chance_word(key: Word, lead: Word, visit: int, attempt: int) -> int:
    """Return the word that decides an attempt."""
    return philox(counter(visit, attempt, ATTEMPT), lead, key)[1]


@lean
def step_word(key: Word, lead: Word, visit: int, attempt: int, step: int) -> int:
    """Return the word that decides a step of a script, from 1 on."""
    return philox(counter(visit, attempt, WORK + step), lead, key)[1]


@inlined
def touch_word(key: Word, lead: Word, visit: int, attempt: int, role: int) -> int:
    """Return the word that decides a row of a touch; that of its response is that of any attempt."""
    slot = ATTEMPT if role == p.RESPONSE else TOUCH + role
    return philox(counter(visit, attempt, slot), lead, key)[1]


@lean
def record_word(key: Word, lead: Word, visit: int, attempt: int) -> int:
    """Return the word that decides whether an open is recorded, or one that did not happen."""
    return philox(counter(visit, attempt, TOUCH + p.OPEN), lead, key)[0]


@lean
def asset_rank(asset: p.Record, lead: Word, had: int) -> float:
    """Return what orders the assets a lead can be given, the smallest first (rule 62).

    Parameters
    ----------
    asset : tables.ASSET
    lead : int
        The lead's key.
    had : int
        Pieces of it that the lead has had.
    """
    return float(-log(to_unit(philox(counter(had, 0, ATTEMPT), lead, asset.key)[0])) / asset.share)


@lean
def extension_word(key: Word, lead: Word, visit: int, number: int) -> int:
    """Return the word that decides whether a deadline is put off; `number` counts how often it was."""
    return philox(counter(visit, number, EXTENSION), lead, key)[0]


@lean
def work_ticks(wait: p.Record, pool: p.FloatArray, key: Word, lead: Word, visit: int, attempt: int, step: int) -> int:
    """Draw the working time of a row of an attempt, in ticks of one who works all day; 0 for `never`."""
    if wait.code == NEVER:
        return 0
    if wait.code == CONSTANT:
        return draw(wait, pool, 0.5)
    return draw(wait, pool, to_unit(philox(counter(visit, attempt, WORK + step), lead, key)[0]))


@lean
def skilled(threshold: int, odds: float) -> int:
    """Return the threshold of an attempt whose odds a person multiplies (rule 44)."""
    if odds == 1.0:
        return threshold
    chance = threshold * 1.1102230246251565e-16
    return threshold_of(chance * odds / (1.0 - chance + chance * odds))


@lean
def amount(wait: p.Record, pool: p.FloatArray, key: Word, lead: Word, visit: int) -> int:
    """Draw the value of entering a stage, in ten-thousandths; 0 where it has none."""
    if wait.code == NEVER:
        return 0
    return draw(wait, pool, to_unit(philox(counter(visit, 0, ATTEMPT), lead, key)[0]))


# ---------------------------------------------------------------- leads
@lean
def gap(arrivals: int, key: Word, lead: Word) -> int:
    """Return how many more leads the channel must expect until this one comes, in 1 / LEAD (rule 10)."""
    if arrivals == p.EVENLY:
        return LEAD
    u = to_unit(philox(counter(0, 0, ATTEMPT), lead, key)[0])
    return int(np.floor(-log(1.0 - u) * LEAD + 0.5))


@lean
def age_ticks(wait: p.Record, pool: p.FloatArray, key: Word, lead: Word) -> int:
    """Draw the age of a backlog lead on day one."""
    if wait.code == NEVER:
        return 0
    return draw(wait, pool, to_unit(philox(counter(0, 0, ATTEMPT), lead, key)[0]))


@lean
def value_of(kind: p.Record, values: p.RecordArray, shares: p.FloatArray, given: int, lead: Word) -> int:
    """Draw which value of a kind a lead has: the smallest -log(u) / share wins (rules 34 and 53).

    Parameters
    ----------
    kind : records.KIND
    values : (V,) of tables.VALUE
    shares : (X,)
        Of the regime that holds.
    given : int
        The cell of the table of shares that the lead is in (`share_cell`).
    lead : int
        The lead's key.

    Returns
    -------
    int
        From 0, within the kind.
    """
    best, chosen, number = np.inf, 0, kind.end - kind.first
    if number > 1:
        for i in range(number):
            share = shares[kind.first_share + given * number + i]
            if share > 0.0:
                time = -log(to_unit(philox(counter(0, 0, ATTEMPT), lead, values[kind.first + i].key)[0])) / share
                if time < best:
                    best, chosen = time, i
    return chosen


@lean
def share_cell(kind: p.Record, kinds: p.IntArray, channel: int) -> int:
    """Return the cell of a kind's table of shares for a lead whose earlier kinds are known (rule 53)."""
    cell = kinds[0] * kind.per_segment + channel * kind.per_channel
    if kind.of >= 0:
        cell += kinds[kind.of] * kind.per_true
    return int(cell)
