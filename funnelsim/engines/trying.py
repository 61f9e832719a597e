"""Attempts of leads in hand: where they are counted, their chances, how they come out (rules 16 to 22 and 57)."""

from __future__ import annotations

import numpy as np

from funnelsim.engines import rows
from funnelsim.engines.block import RESULTS, Block
from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.philox import below
from funnelsim.engines.points import decayed, moved
from funnelsim.engines.state import Run
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

DAYS_IN_TICK = 1.0 / DAY


@inlined
def day_of(tick: int) -> int:
    """Return the day of a tick within the run: a division that is vectorised, and put right by its rest."""
    day = np.int64(np.float64(tick) * DAYS_IN_TICK)
    rest = tick - day * DAY
    return int(day + (1 if rest >= DAY else 0) - (1 if rest < 0 else 0))


@lean
def look_where(block: Block, n: int) -> None:
    """Find out in which place the leads in hand are counted at the ticks they have come to, and which are old."""
    who, at, spot, old_from, day_place = block.who, block.at, block.spot, block.old_from, block.day_place
    for j in range(n):
        spot[j] = 2 * day_place[day_of(at[j])] + (1 if at[j] >= old_from[who[j]] else 0)
    if block.shape[0].places > block.shape[0].cells:
        base = block.base
        for j in range(n):
            spot[j] += 2 * base[who[j]]


# ---------------------------------------------------------------- chances
@lean
def find_limits(
    run: Run,
    block: Block,
    row: int,
    container: int,
    stage: int,
    n: int,
    who: p.IntArray,
    at: p.IntArray,
    attempts: p.IntArray,
) -> None:
    """Find the threshold of a row for n leads (rule 16), as points move it (rule 57), into `limit`.

    Parameters
    ----------
    run : Run
    block : Block
    row : int
    container : int
        Whose visits the chance may differ by.
    stage : int
        In which the leads are.
    n : int
    who, at, attempts : (n,)
        The leads, the ticks they have come to, and their attempts so far in this stay.
    """
    record, threshold, limit = run.tables.rows[0, row], run.tables.threshold[0], block.limit
    first = record.chance + record.per_stage * stage
    if differs_by_lead(run, row):
        for j in range(n):
            limit[j] = first
        add_differences(run, block, row, container, n, who, attempts)
        for j in range(n):
            limit[j] = threshold[limit[j]]
    else:
        every = threshold[first]
        for j in range(n):
            limit[j] = every
    if record.by_points == 1:
        move_limits(run, block, row, n, who, at)


@inlined
def differs_by_lead(run: Run, row: int) -> bool:
    """Say whether the chance of a row differs from lead to lead within a stage."""
    record = run.tables.rows[0, row]
    differs = record.per_channel > 0 or record.num_attempts > 1 or record.num_visits > 1
    for q in range(run.tables.row_kinds.shape[1]):
        differs = differs or run.tables.row_kinds[row, q] > 0
    return bool(differs)


@lean
def add_differences(
    run: Run, block: Block, row: int, container: int, n: int, who: p.IntArray, attempts: p.IntArray
) -> None:
    """Add to `limit` the steps in the table of chances of a row by channel, attempt, visit, segment and traits."""
    stay_apart()
    record, limit, channel = run.tables.rows[0, row], block.limit, block.channel
    if record.per_channel > 0:
        for j in range(n):
            limit[j] += channel[who[j]] * record.per_channel
    if record.num_attempts > 1:
        for j in range(n):
            limit[j] += min(attempts[j], record.num_attempts - 1) * record.per_attempt
    if record.num_visits > 1:
        visits = block.visits[container]
        for j in range(n):
            limit[j] += min(visits[who[j]] - 1, record.num_visits - 1) * record.per_visit
    for q in range(len(block.kinds)):
        step, kinds = run.tables.row_kinds[row, q], block.kinds[q]
        if step > 0:
            for j in range(n):
                limit[j] += kinds[who[j]] * step


@lean
def move_limits(run: Run, block: Block, row: int, n: int, who: p.IntArray, at: p.IntArray) -> None:
    """Move the thresholds of a row by warmth, fatigue and score (rules 55 to 57)."""
    record, scoring, limit = run.tables.rows[0, row], run.tables.scoring[0], block.limit
    warmth, warm_since, fatigue, tired_since = block.warmth, block.warm_since, block.fatigue, block.tired_since
    for j in range(n):
        lead = who[j]
        warm = decayed(warmth[lead], warm_since[lead], at[j], scoring.half_life)
        tired = decayed(fatigue[lead], tired_since[lead], at[j], scoring.fatigue_half_life)
        score = warm + (fit_in(run, block, lead) if record.scored != 0.0 else 0)
        limit[j] = moved(limit[j], record, 1.0, warm, tired, score)


@lean
def fit_in(run: Run, block: Block, lead: int) -> int:
    """Return what a lead is worth by what it is, in thousandths of a point (rule 56)."""
    total = 0
    for q in range(len(block.kinds)):
        total += run.tables.fit[0, run.tables.kind_first[q] + block.kinds[q, lead]]
    return int(total)


# ---------------------------------------------------------------- attempts
@lean
def attempt(run: Run, block: Block, move: int, stage: int, n: int) -> int:
    """Decide an attempt of a move that makes no touches for each lead in hand, count it, and send leads on.

    Returns
    -------
    int
        How many stay; they are the leads in hand now, with one more in `attempts`.
    """
    this = run.tables.moves[0, move]
    look_where(block, n)
    pay(run, block, this.first_row, n)
    if this.container >= block.shape[0].stages:
        return attempt_in_stream(run, block, move, stage, n)
    if (
        block.limited[move] == 0
        and this.attempts == 1
        and this.to >= 0
        and this.otherwise >= 0
        and this.to != this.otherwise
    ):
        attempt_once(run, block, move, n)
        return 0
    return attempt_often(run, block, move, n)


@lean
def attempt_once(run: Run, block: Block, move: int, n: int) -> None:
    """Decide a move that is attempted once, and leads on either way."""
    this, who, at, decides, limit, spot = (
        run.tables.moves[0, move],
        block.who,
        block.at,
        block.decides,
        block.limit,
        block.spot,
    )
    shape, results = block.shape[0], block.results
    copies = shape.copies
    start, last = this.first_row * shape.places * copies * RESULTS, copies - 1
    there, there_at, there_spot = block.bucket[this.to], block.bucket_at[this.to], block.bucket_spot[this.to]
    other, other_at = block.bucket[this.otherwise], block.bucket_at[this.otherwise]
    other_spot, arrived, given = block.bucket_spot[this.otherwise], block.fill[this.to], block.fill[this.otherwise]
    for j in range(n):
        lead, tick, where = who[j], at[j], spot[j]
        succeeded = 1 if below(decides[j], limit[j]) else 0
        results[start + ((where >> 1) * copies + (j & last)) * RESULTS + 4 - 2 * succeeded + (where & 1)] += 1
        there[arrived] = lead
        there_at[arrived] = tick
        there_spot[arrived] = where
        arrived += succeeded
        other[given] = lead
        other_at[given] = tick
        other_spot[given] = where
        given += 1 - succeeded
    block.fill[this.to] = arrived
    block.fill[this.otherwise] = given


@lean
def attempt_often(run: Run, block: Block, move: int, n: int) -> int:
    """Decide a move that leads may stay after; return how many do."""
    this, who, at, attempts, decides = run.tables.moves[0, move], block.who, block.at, block.attempts, block.decides
    results, spot, limit, shape, tick = block.results, block.spot, block.limit, block.shape[0], block.tick
    copies, nowhere, lifetime = shape.copies, shape.stages, block.lifetime[move]
    start, final = this.first_row * shape.places * copies * RESULTS, copies - 1
    most, last, limited = this.lifetime, this.attempts, block.limited[move] == 1
    to, otherwise = this.to if this.to >= 0 else nowhere, this.otherwise if this.otherwise >= 0 else nowhere
    leads_on, gives_up, same = 1 if this.to >= 0 else 0, 1 if this.otherwise >= 0 else 0, to == otherwise
    off = nowhere if same else otherwise
    there, there_at, there_spot, arrived = block.bucket[to], block.bucket_at[to], block.bucket_spot[to], block.fill[to]
    other, other_at, other_spot, given = (
        block.bucket[off],
        block.bucket_at[off],
        block.bucket_spot[off],
        block.fill[off],
    )
    k = 0
    for j in range(n):
        lead, now, where, tried = who[j], at[j], spot[j], attempts[j] + 1
        succeeded = 1 if below(decides[j], limit[j]) else 0
        over = 1 if tried >= last else 0
        if limited:
            lived = lifetime[lead] + 1
            lifetime[lead] = lived
            over |= 1 if lived >= most else 0
        goes = succeeded & leads_on
        lost = over & (1 - goes) & gives_up
        happened = succeeded + 2 * (lost & (1 - succeeded))
        results[start + ((where >> 1) * copies + (j & final)) * RESULTS + happened * 2 + (where & 1)] += 1
        if same:
            goes |= lost
            lost = 0
        there[arrived] = lead
        there_at[arrived] = now
        there_spot[arrived] = where
        arrived += goes
        other[given] = lead
        other_at[given] = now
        other_spot[given] = where
        given += lost
        tick[lead] = now
        who[k] = lead
        at[k] = now
        attempts[k] = tried
        k += 1 - goes - lost
    block.fill[to] = arrived
    if not same:
        block.fill[off] = given
    block.fill[nowhere] = 0
    return k


@lean
def attempt_in_stream(run: Run, block: Block, move: int, stage: int, n: int) -> int:
    """Decide a move of a stream, which leads leave whatever stage they are in; return how many stay."""
    stay_apart()
    this, who, at, attempts, shape, k = (
        run.tables.moves[0, move],
        block.who,
        block.at,
        block.attempts,
        block.shape[0],
        0,
    )
    start, lifetime, kinds = this.first_row * shape.places, block.lifetime[move], run.counts.shape[3]
    for j in range(n):
        lead, where, tried, way, reason = who[j], block.spot[j], attempts[j] + 1, p.NONE, p.NONE
        happened = rows.SUCCEEDED if below(block.decides[j], block.limit[j]) else rows.FAILED
        lifetime[lead] += block.limited[move]
        over = tried >= this.attempts or (block.limited[move] == 1 and lifetime[lead] >= this.lifetime)
        if happened == rows.SUCCEEDED and this.to >= 0:
            way, reason = this.to, this.to_reason
            block.counts[(where >> 1) * kinds + run.layout.led + move] += 1
        elif over and this.otherwise >= 0:
            way, reason = this.otherwise, this.else_reason
            block.counts[(where >> 1) * kinds + run.layout.given_up + move] += 1
            happened = rows.EXHAUSTED if happened == rows.FAILED else happened
        block.results[(start + (where >> 1)) * shape.copies * RESULTS + happened * 2 + (where & 1)] += 1
        block.tick[lead] = at[j]
        if way >= 0:
            go(run, block, stage, way, reason, j)
        else:
            who[k] = lead
            at[k] = at[j]
            attempts[k] = tried
            k += 1
    return k


@inlined
def go(run: Run, block: Block, stage: int, way: int, reason: int, j: int) -> None:
    """Send a lead in hand to another stage, and count that it leaves its own."""
    layout, here = run.layout, (block.spot[j] >> 1) * run.counts.shape[3]
    there = block.fill[way]
    block.bucket[way, there] = block.who[j]
    block.bucket_at[way, there] = block.at[j]
    block.bucket_spot[way, there] = block.spot[j]
    block.fill[way] = there + 1
    block.counts[here + layout.exit + stage] += 1
    if reason >= 0:
        block.counts[here + layout.reason + reason] += 1
        block.counts[here + layout.rejected + stage] += run.tables.reasons[reason]


@inlined
def pay(run: Run, block: Block, row: int, n: int) -> None:
    """Note what an attempt costs, where it is in the counted time."""
    cost, start, spent, who, at = (
        run.tables.rows[0, row].cost,
        run.tables.run[0].start_tick,
        block.spent,
        block.who,
        block.at,
    )
    if cost != 0:
        for j in range(n):
            spent[who[j]] += cost if at[j] >= start else 0
