"""Touches of leads in hand, row by row of their chains, and what they leave (rules 55 to 60)."""

from __future__ import annotations

import numpy as np

from funnelsim.engines import luck, rows
from funnelsim.engines.batches import draw_words
from funnelsim.engines.block import RESULTS, Block
from funnelsim.engines.clocking import ATTEMPT_SHIFT, NEVER_DUE, VISIT_SHIFT
from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.philox import below
from funnelsim.engines.points import decayed
from funnelsim.engines.state import Run
from funnelsim.engines.trying import find_limits, go, look_where, pay
from funnelsim.engines.worth import take_profiles
from funnelsim.program import records as p


@lean
def attempt_touch(run: Run, block: Block, move: int, turn: int, stage: int, n: int) -> int:
    """Decide one turn of a move's touches for each lead in hand, count it, and send leads on.

    Returns
    -------
    int
        How many stay; they are the leads in hand now, with one more in `attempts`.
    """
    look_where(block, n)
    pay(run, block, run.tables.turns[0, turn].first_row, n)
    send(run, block, move, turn, stage, n)
    leave_marks(run, block, move, turn, n)
    if block.limited[move] == 1:
        for j in range(n):
            block.lifetime[move, block.who[j]] += 1
    return part(run, block, move, stage, n)


# ---------------------------------------------------------------- the chain
@lean
def send(run: Run, block: Block, move: int, turn: int, stage: int, n: int) -> None:
    """Rule 58: find how far each touch comes: what happened, at which row, and the furthest it passed."""
    written, still, left = run.tables.turns[0, turn], block.open, n
    container = run.tables.moves[0, move].container
    for j in range(n):
        block.happened[j] = rows.FAILED
        block.furthest[j] = p.PLAIN
        still[j] = j
    for row in range(written.first_row, written.end_row):
        for i in range(left):
            j = still[i]
            block.last_row[j] = row
            block.asked[i] = block.who[j]
            block.asked_at[i] = block.at[j]
            block.asked_attempts[i] = block.attempts[j]
        find_limits(run, block, row, container, stage, left, block.asked, block.asked_at, block.asked_attempts)
        draw_row_words(run, block, move, row, left)
        role = run.tables.rows[0, row].role
        ends = row == written.end_row - 1 or run.tables.rows[0, row].to >= 0
        left = opt_out(block, left) if role == p.OPT_OUT else pass_on(block, row, role, ends, left)


@inlined
def draw_row_words(run: Run, block: Block, move: int, row: int, n: int) -> None:
    """Put the words that decide a row into `second`."""
    role, this, still = run.tables.rows[0, row].role, run.tables.moves[0, move], block.open
    if role == p.RESPONSE:
        for i in range(n):
            block.second[i] = block.decides[still[i]]
        return
    visits, slot = block.visits[this.container], np.uint64(luck.TOUCH + role)
    for i in range(n):
        lead = block.asked[i]
        attempt = np.uint64(block.asked_attempts[i]) << ATTEMPT_SHIFT
        block.counters[i] = (np.uint64(visits[lead]) << VISIT_SHIFT) | attempt | slot
        block.leads[i] = block.key[lead]
    draw_words(n, this.key, block.counters, block.leads, block.first, block.second)


@inlined
def opt_out(block: Block, n: int) -> int:
    """Note who opts out of those whose touch is not over; return how many are left."""
    still, k = block.open, 0
    for i in range(n):
        j = still[i]
        leaves = 1 if below(block.second[i], block.limit[i]) else 0
        block.happened[j] = rows.OPTED_OUT if leaves == 1 else block.happened[j]
        still[k] = j
        k += 1 - leaves
    return k


@inlined
def pass_on(block: Block, row: int, role: int, ends: bool, n: int) -> int:
    """Note who passes a row of those whose touch is not over; return how many go on to the next."""
    still, results, shape, k = block.open, block.results, block.shape[0], 0
    start = row * shape.places * shape.copies * RESULTS
    for i in range(n):
        j = still[i]
        passed = 1 if below(block.second[i], block.limit[i]) else 0
        block.furthest[j] = role if passed == 1 else block.furthest[j]
        if ends:
            block.happened[j] = rows.SUCCEEDED if passed == 1 else block.happened[j]
        else:
            results[
                start + (block.spot[j] >> 1) * shape.copies * RESULTS + rows.SUCCEEDED * 2 + (block.spot[j] & 1)
            ] += passed
            still[k] = j
            k += passed
    return k


# ---------------------------------------------------------------- what it leaves
@lean
def leave_marks(run: Run, block: Block, move: int, turn: int, n: int) -> None:
    """Rules 55 and 59: points, fatigue, and what is counted of touches."""
    written, state = run.tables.turns[0, turn], run.state[0]
    if block.shape[0].scored == 1:
        take_profiles(run, block, n)
    if state.warms == 1:
        warm(run, block, turn, n)
    if state.tires == 1 and written.weight != 0:
        tire(run, block, turn, n)
    count_touches(run, block, turn, n)
    if written.seen > 0 or written.false > 0:
        count_recorded(run, block, move, turn, n)


@inlined
def is_delivered(run: Run, block: Block, j: int) -> bool:
    """Say whether a touch was delivered."""
    lost = run.tables.rows[0, block.last_row[j]].role == p.DELIVERED
    return bool(not (lost and block.happened[j] == rows.FAILED))


@lean
def warm(run: Run, block: Block, turn: int, n: int) -> None:
    """Give the points of the rows that were passed."""
    written, half_life = run.tables.turns[0, turn], run.tables.scoring[0].half_life
    for row in range(written.first_row, written.end_row):
        points, role = run.tables.rows[0, row].points, run.tables.rows[0, row].role
        if points != 0:
            for j in range(n):
                happened = block.happened[j]
                given = row < block.last_row[j] or (row == block.last_row[j] and happened != rows.FAILED)
                if given and (role != p.OPT_OUT or happened == rows.OPTED_OUT):
                    lead = block.who[j]
                    units = decayed(block.warmth[lead], block.warm_since[lead], block.at[j], half_life)
                    block.warmth[lead] = units + points
                    block.warm_since[lead] = block.at[j]


@lean
def tire(run: Run, block: Block, turn: int, n: int) -> None:
    """Give fatigue to those who got the touch."""
    weight, half_life = run.tables.turns[0, turn].weight, run.tables.scoring[0].fatigue_half_life
    for j in range(n):
        if is_delivered(run, block, j):
            lead = block.who[j]
            units = decayed(block.fatigue[lead], block.tired_since[lead], block.at[j], half_life)
            block.fatigue[lead] = units + weight
            block.tired_since[lead] = block.at[j]


@lean
def count_touches(run: Run, block: Block, turn: int, n: int) -> None:
    """Count touches that were sent, and note that leads have had them."""
    layout, written, kinds = run.layout, run.tables.turns[0, turn], run.counts.shape[3]
    engages, counts = min(p.CLICK, run.tables.rows[0, written.end_row - 1].role), block.counts
    got_touch = block.got_touch[written.touch]
    for j in range(n):
        lead, here = block.who[j], (block.spot[j] >> 1) * kinds
        counts[here + layout.sent + turn * 2 + (block.spot[j] & 1)] += 1
        counts[here + layout.engaged + turn * 2 + (block.spot[j] & 1)] += 1 if block.furthest[j] >= engages else 0
        stream = block.stream[lead]
        if stream >= 0:
            block.got_stream[stream, lead] = 1
        if is_delivered(run, block, j):
            counts[here + layout.touched] += 1 if block.touched[lead] == 0 else 0
            block.touched[lead] += 1
            got_touch[lead] = 1


@lean
def count_recorded(run: Run, block: Block, move: int, turn: int, n: int) -> None:
    """Count opens that are recorded, whether they happened or not, of a touch with such a row."""
    stay_apart()
    written, kinds = run.tables.turns[0, turn], run.counts.shape[3]
    for row in range(written.first_row, written.end_row):
        if run.tables.rows[0, row].role == p.OPEN:
            for j in range(n):
                lead = block.who[j]
                limit = written.seen if block.furthest[j] >= p.OPEN else written.false
                if limit > 0 and is_delivered(run, block, j):
                    number = block.lifetime[move, lead]
                    word = luck.record_word(run.tables.moves[0, move].key, block.key[lead], 0, number)
                    if below(word, limit):
                        block.counts[(block.spot[j] >> 1) * kinds + run.layout.recorded + turn] += 1


# ---------------------------------------------------------------- where it leads
@lean
def part(run: Run, block: Block, move: int, stage: int, n: int) -> int:
    """Rules 20 to 23 and 60: count how touches came out, and send leads on; return how many stay."""
    this, who, at, attempts, shape = run.tables.moves[0, move], block.who, block.at, block.attempts, block.shape[0]
    lifetime, limited, k, copy = block.lifetime[move], block.limited[move] == 1, 0, 0
    for j in range(n):
        lead, row, happened, tried = who[j], block.last_row[j], block.happened[j], attempts[j] + 1
        record, way, reason = run.tables.rows[0, row], p.NONE, p.NONE
        if happened != rows.FAILED and record.to >= 0:
            way, reason = record.to, record.to_reason
        if happened == rows.OPTED_OUT:
            block.opted_out[lead] = 1
            happened = rows.SUCCEEDED
            if way < 0:
                be_left_alone(run, block, stage, j)
        else:
            if way >= 0:
                block.counts[(block.spot[j] >> 1) * run.counts.shape[3] + run.layout.led + move] += 1
            over = tried >= this.attempts or (limited and lifetime[lead] >= this.lifetime)
            if way < 0 and over and this.otherwise >= 0:
                way, reason = this.otherwise, this.else_reason
                block.counts[(block.spot[j] >> 1) * run.counts.shape[3] + run.layout.given_up + move] += 1
            if happened == rows.FAILED and way >= 0:
                happened = rows.EXHAUSTED
        place = (row * shape.places + (block.spot[j] >> 1)) * shape.copies + copy
        block.results[place * RESULTS + happened * 2 + (block.spot[j] & 1)] += 1
        copy = (copy + 1) & (shape.copies - 1)
        block.tick[lead] = at[j]
        if way >= 0:
            go(run, block, stage, way, reason, j)
        else:
            who[k] = lead
            at[k] = at[j]
            attempts[k] = tried
            k += 1
    return k


@lean
def be_left_alone(run: Run, block: Block, stage: int, j: int) -> None:
    """Rule 60: a lead that opts out where it stands leaves its stream, and hears no more of its stage's touches."""
    stay_apart()
    layout, here, lead = run.layout, (block.spot[j] >> 1) * run.counts.shape[3], block.who[j]
    containers, stream = run.tables.containers[0], block.stream[lead]
    for move in range(containers[stage].first, containers[stage].end):
        if run.tables.moves[0, move].num_turns > 0:
            block.clock[lead, move] = NEVER_DUE
    if stream >= 0:
        joined = block.shape[0].stages + stream
        for move in range(containers[joined].first, containers[joined].end):
            block.clock[lead, move] = NEVER_DUE
        block.counts[here + layout.in_stream + stream] -= 1
        block.counts[here + layout.left + stream] += 1
        block.stream[lead] = p.NONE
