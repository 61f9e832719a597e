"""Which lead draws what: every draw of a replication is a function of names (semantics, rules 10, 15, 33 and 34).

Both engines call these, and nothing else, for luck.
"""

from __future__ import annotations

import numpy as np

from funnelsim.engines.jit import lean
from funnelsim.engines.numerics import log
from funnelsim.engines.philox import Word, counter, philox, to_unit
from funnelsim.engines.philox import threshold as threshold_of
from funnelsim.engines.samplers import CONSTANT, NEVER, draw, phase
from funnelsim.engines.tables import LEAD, UNLIMITED
from funnelsim.program import records as p

# Slots of one attempt. Two words come from each: the first word of ATTEMPT is the wait, the second the chance; of
# WORK and what follows, one slot for each row of a script, the first is the working time, the second the chance of a
# step.
ATTEMPT, PHASE, EXTENSION, WORK = range(4)

# Widths of the counter's fields (rule 33).
MOST_VISITS, MOST_ATTEMPTS = (1 << 20) - 1, (1 << 36) - 1


# ---------------------------------------------------------------- moves
@lean
def wait_ticks(wait: p.Record, pool: p.FloatArray, key: Word, lead: Word, visit: int, attempt: int) -> int:
    """Draw the wait before an attempt; UNLIMITED for `never`."""
    if wait.code == NEVER:
        return UNLIMITED
    if wait.code == CONSTANT:
        return draw(wait, pool, 0.5)
    words = philox(counter(visit, attempt, ATTEMPT), lead, key)
    return draw(wait, pool, to_unit(words[0]))


@lean
def phase_ticks(wait: p.Record, pool: p.FloatArray, key: Word, lead: Word, visit: int) -> int:
    """Draw the rest of a wait that began long ago (rule 15); UNLIMITED for `never`."""
    if wait.code == NEVER:
        return UNLIMITED
    words = philox(counter(visit, 0, PHASE), lead, key)
    return phase(wait, pool, to_unit(words[0]), to_unit(words[1]))


@lean
def chance_word(key: Word, lead: Word, visit: int, attempt: int) -> int:
    """Return the word that decides an attempt."""
    return philox(counter(visit, attempt, ATTEMPT), lead, key)[1]


@lean
def step_word(key: Word, lead: Word, visit: int, attempt: int, step: int) -> int:
    """Return the word that decides a step of a script, from 1 on."""
    return philox(counter(visit, attempt, WORK + step), lead, key)[1]


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
def value_of(values: p.RecordArray, first: int, end: int, lead: Word) -> int:
    """Draw which value of a kind a lead has: the smallest -log(u) / share wins (rule 34).

    Parameters
    ----------
    values : (V,) of tables.VALUE
        Of the regime that holds.
    first, end : int
        The values of the kind.
    lead : int
        The lead's key.

    Returns
    -------
    int
        From 0, within the kind.
    """
    best, chosen = np.inf, 0
    if end - first > 1:
        for i in range(first, end):
            share = values[i].share
            if share > 0.0:
                time = -log(to_unit(philox(counter(0, 0, ATTEMPT), lead, values[i].key)[0])) / share
                if time < best:
                    best, chosen = time, i - first
    return chosen
