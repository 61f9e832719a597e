"""What a block of leads does in one stage: it comes in, its moves race, attempts come out as they do, it goes on.

The same rules as in `walking`, for the programs that `blockable.can_be_blocks` allows. Leads in hand stand in
`block.who`, n of them, with what belongs to each at the same place of the other arrays.
"""

from __future__ import annotations

from funnelsim.engines.block import ENTRIES, Block
from funnelsim.engines.clocking import set_clocks
from funnelsim.engines.coming import come_in
from funnelsim.engines.in_front import walk_queue
from funnelsim.engines.jit import inlined, lean
from funnelsim.engines.racing import try_move, walk_race
from funnelsim.engines.resting import drop_late, finish
from funnelsim.engines.state import Run
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import records as p


@lean
def stay(run: Run, block: Block, stage: int, present: bool) -> None:
    """Walk all leads that have come to a stage until they have left it, or the run ends."""
    taken = take(run, block, stage)
    track, streams = run.tables.containers[0, stage].track, block.shape[0].streams
    if streams == 0:
        for j in range(taken):
            block.who[j] = block.taken[j]
            block.at[j] = block.taken_at[j]
            block.spot[j] = block.taken_spot[j]
        stay_in_stream(run, block, stage, p.NONE, taken, present)
        return
    for stream in range(p.NONE, streams):
        if track == p.KEEP or stream in (p.NONE, track):
            n = 0
            for j in range(taken):
                block.who[n] = block.taken[j]
                block.at[n] = block.taken_at[j]
                block.spot[n] = block.taken_spot[j]
                n += 1 if block.joins[j] == stream else 0
            if n > 0:
                stay_in_stream(run, block, stage, stream, n, present)


@lean
def take(run: Run, block: Block, stage: int) -> int:
    """Take the leads of a bucket, without those whom limits of their life send on, and find their streams (rule 23)."""
    entered, taken, n = run.tables.containers[0, stage], block.taken, block.fill[stage]
    block.fill[stage] = 0
    for j in range(n):
        taken[j] = block.bucket[stage, j]
        block.taken_at[j] = block.bucket_at[stage, j]
        block.taken_spot[j] = block.bucket_spot[stage, j]
    for move in range(entered.first, entered.end):
        n = send_on(run, block, move, n, p.NONE)
    if block.shape[0].streams > 0:
        for j in range(n):
            lead = taken[j]
            kept = block.stream[lead] if entered.track == p.KEEP else entered.track
            block.joins[j] = p.NONE if block.opted_out[lead] == 1 else kept
        if entered.track >= 0:
            joined = run.tables.containers[0, block.shape[0].stages + entered.track]
            for move in range(joined.first, joined.end):
                n = send_on(run, block, move, n, entered.track)
    return int(n)


@inlined
def send_on(run: Run, block: Block, move: int, n: int, stream: int) -> int:
    """Send on those who have met a move's limit of their life, of a stream only if they are to join it."""
    this = run.tables.moves[0, move]
    if block.limited[move] == 0 or this.otherwise < 0 or this.lifetime >= UNLIMITED:
        return n
    lifetime, on, there, k = block.lifetime[move], block.bucket[this.otherwise], block.fill[this.otherwise], 0
    for j in range(n):
        lead = block.taken[j]
        met = 1 if lifetime[lead] >= this.lifetime else 0
        if this.num_turns > 0:
            met &= 1 - block.opted_out[lead]
        if stream >= 0:
            met &= 1 if block.joins[j] == stream and block.stream[lead] != stream else 0
        on[there] = lead
        block.bucket_at[this.otherwise, there] = block.taken_at[j]
        block.bucket_spot[this.otherwise, there] = block.taken_spot[j]
        there += met
        block.taken[k] = lead
        block.taken_at[k] = block.taken_at[j]
        block.taken_spot[k] = block.taken_spot[j]
        block.joins[k] = block.joins[j]
        k += 1 - met
    block.fill[this.otherwise] = there
    return k


@lean
def stay_in_stream(run: Run, block: Block, stage: int, stream: int, n: int, present: bool) -> None:
    """Walk leads that have come to a stage, and are to be in a stream there, or in none."""
    entered, stages = run.tables.containers[0, stage], block.shape[0].stages
    kept = come_in(run, block, stage, stream, n, present)
    for j in range(n):
        block.tick[block.who[j]] = block.at[j]
    number = entered.end - entered.first
    if stream >= 0:
        number += run.tables.containers[0, stages + stream].end - run.tables.containers[0, stages + stream].first
    if number == 0:
        for j in range(n):
            finish(run, block, stage, block.who[j], block.at[j], True)
    elif stage == block.shape[0].front:
        walk_queue(run, block, stage, entered.first, n)
    elif number == 1 and not (stream >= 0 and block.shared[stream] == 1):
        first = entered.first if entered.first < entered.end else run.tables.containers[0, stages + stream].first
        walk_one_move(run, block, stage, first, n, present)
    else:
        walk_race(run, block, stage, stream, n, kept, present)


@lean
def walk_one_move(run: Run, block: Block, stage: int, move: int, n: int, present: bool) -> None:
    """Walk leads through a stage with one move."""
    end, turns, round_ = run.tables.run[0].end_tick, run.tables.moves[0, move].num_turns, 0
    for j in range(n):
        block.attempts[j] = 0
    while n > 0:
        set_clocks(run, block, move, n, round_ > 0, present and round_ == 0)
        n = drop_late(run, block, stage, move, n, end)
        n = try_move(run, block, move, round_ % turns if turns > 0 else 0, stage, n)
        round_ += 1


# ---------------------------------------------------------------- what follows from what was counted
@lean
def count_up(run: Run, block: Block) -> None:
    """Add what was counted of rows and entries to the counts, with where stages' moves without touches have led."""
    layout, shape, tables = run.layout, block.shape[0], run.tables
    kinds = run.counts.shape[3]
    add_copies(block.results, layout.attempt, tables.rows.shape[1], 6, block.counts, kinds, shape.places, shape.copies)
    add_copies(block.entries, layout.entry, shape.stages, ENTRIES, block.counts, kinds, shape.places, shape.copies)
    for move in range(tables.moves.shape[1]):
        this = tables.moves[0, move]
        if this.num_turns == 0 and this.container < shape.stages and run.apart[this.container] >= 0:
            for place in range(shape.places):
                here = place * kinds
                won = here + layout.attempt + this.first_row * 6 + 2
                on, off = block.counts[won] + block.counts[won + 1], block.counts[won + 2] + block.counts[won + 3]
                if this.to >= 0 and on > 0:
                    block.counts[here + layout.led + move] += on
                    count_leaving(run, block, here, this.container, this.to_reason, on)
                if off > 0:
                    block.counts[here + layout.given_up + move] += off
                    count_leaving(run, block, here, this.container, this.else_reason, off)


@inlined
def count_leaving(run: Run, block: Block, here: int, stage: int, reason: int, number: int) -> None:
    """Count leads that leave a stage, perhaps for a reason."""
    block.counts[here + run.layout.exit + stage] += number
    if reason >= 0:
        block.counts[here + run.layout.reason + reason] += number
        block.counts[here + run.layout.rejected + stage] += number * run.tables.reasons[reason]


@lean
def add_copies(
    counted: p.IntArray,
    kind: int,
    things: int,
    each: int,
    counts: p.IntArray,
    kinds: int,
    places: int,
    copies: int,
) -> None:
    """Add what was counted in copies, thing by thing and place by place, to the counts, and set it back to nothing."""
    for thing in range(things):
        for place in range(places):
            for copy in range(copies):
                start = ((thing * places + place) * copies + copy) * each
                for i in range(each):
                    counts[place * kinds + kind + thing * each + i] += counted[start + i]
                    counted[start + i] = 0
