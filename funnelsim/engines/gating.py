"""Whether a touch is sent in the fast engine: pauses, conditions, limits of contact, content (rules 61 to 64)."""

from __future__ import annotations

from funnelsim.engines import luck, rows
from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.judging import holds_now, is_meant
from funnelsim.engines.samplers import NEVER
from funnelsim.engines.state import IDLE, Run
from funnelsim.engines.stepping import due_wait, is_given_up, use_up
from funnelsim.engines.tables import UNLIMITED
from funnelsim.engines.ways import leads_on
from funnelsim.program import records as p

# What is said of a touch, beside the outcomes POSTPONED and WITHHELD: it is sent, or its track is paused.
SENT, PAUSED = -1, -2


@inlined
def is_gated(run: Run, slot: int, move: int, turn: int) -> bool:
    """Say whether anything can keep a touch from being sent."""
    regime = run.at[slot].regime
    this, written = run.tables.moves[regime, move], run.tables.turns[regime, turn]
    asked = written.rule >= 0 or written.first_limit < written.end_limit or written.first_asset < written.end_asset
    paused = this.cadence == 1 and run.tables.containers[regime, this.container].paused >= 0
    return bool(asked or paused or written.active == 0 or run.at[slot].opted_out == 1)


@lean
def look_at_gate(run: Run, slot: int, tick: int, move: int, turn: int) -> int:
    """Rules 60, 61, 63 and 64: return SENT, PAUSED, or what else becomes of a touch; set the clock where it is to."""
    stay_apart()
    at, tables, mine = run.at[slot], run.tables, run.own[slot, move]
    this, written = tables.moves[at.regime, move], tables.turns[at.regime, turn]
    paused = tables.containers[at.regime, this.container].paused if this.cadence == 1 else p.NONE
    if mine.phase == IDLE and paused >= 0 and holds_now(run, slot, paused, tick):
        pass_over(run, slot, tick, move)
        return PAUSED
    if at.opted_out == 1:
        return rows.UNWANTED
    if written.active == 0:
        return rows.INACTIVE
    if written.rule >= 0 and not holds_now(run, slot, written.rule, tick):
        return rows.NOT_MEANT
    if free_from(run, slot, turn, 1) > tick:
        return rows.OVER_LIMIT
    if not has_content(run, slot, turn):
        return rows.NO_CONTENT
    free = free_from(run, slot, turn, 0)
    if free > tick:
        mine.planned = tick if mine.planned < 0 else mine.planned
        mine.clock = free
        return rows.POSTPONED
    return SENT


@lean
def pass_over(run: Run, slot: int, tick: int, move: int) -> None:
    """Rule 64: set the clock of a touch that is passed over."""
    at, tables, mine = run.at[slot], run.tables, run.own[slot, move]
    this, planned = tables.moves[at.regime, move], mine.planned if mine.planned >= 0 else tick
    wait = luck.wait_ticks(tables.waits[this.every], tables.pool, this.key, at.key, mine.starts, mine.attempts)
    mine.clock = max(planned + max(1, wait), tick + 1) if wait < UNLIMITED else UNLIMITED
    mine.planned = p.NONE


@lean
def free_from(run: Run, slot: int, turn: int, drops: int) -> int:
    """Rule 63: return from which tick on no limit that drops, or postpones, is in the way of a touch."""
    regime, free = run.at[slot].regime, 0
    for i in range(run.tables.turns[0, turn].first_limit, run.tables.turns[0, turn].end_limit):
        number = run.tables.turn_limits[i]
        limit, count = run.tables.limits[regime, number], run.ring_count[slot, number]
        if limit.drops == drops and count >= limit.most:
            first = run.ring[slot, limit.first + (count - limit.most) % limit.capacity]
            free = max(free, first + limit.per)
    return free


@lean
def has_content(run: Run, slot: int, turn: int) -> bool:
    """Say whether a touch needs no content, or some is left."""
    written, regime = run.tables.turns[0, turn], run.at[slot].regime
    for i in range(written.first_asset, written.end_asset):
        asset = run.tables.turn_assets[i]
        if run.had[slot, asset] < run.tables.assets[regime, asset].number:
            return True
    return bool(written.first_asset == written.end_asset)


@lean
def has_run_out(run: Run, slot: int, move: int) -> bool:
    """Say whether no touch of a move has any content left."""
    this = run.tables.moves[0, move]
    for turn in range(this.first_turn, this.first_turn + this.num_turns):  # noqa: SIM110 - `any` makes a generator
        if has_content(run, slot, turn):
            return False
    return True


@lean
def hold_back(run: Run, slot: int, tick: int, move: int, turn: int, said: int) -> int:
    """Rule 61: use up the attempt of a touch that is not sent, unless it is postponed; return where the lead goes."""
    stay_apart()
    at, mine, layout = run.at[slot], run.own[slot, move], run.layout
    this, here = run.tables.moves[at.regime, move], run.counts[at.cohort, at.cell, at.group]
    if said == rows.POSTPONED:
        here[layout.postponed + turn] += 1
        return p.NONE
    use_up(mine, tick)
    mine.unanswered += 1
    here[layout.withheld + turn * len(rows.WHYS) + said - rows.INACTIVE] += 1
    last = said == rows.UNWANTED or (said == rows.NO_CONTENT and has_run_out(run, slot, move))
    if last:
        mine.from_tick = UNLIMITED
    if (last or is_given_up(this, mine)) and leads_on(run, slot, this.otherwise, this.else_reason, tick):
        here[layout.given_up + move] += 1
        return int(this.otherwise)
    return p.NONE


@lean
def goes_on(run: Run, slot: int) -> bool:
    """Say whether the stream of a lead may still touch it, beyond the end of the run (`tally.Layout.wasted_leads`)."""
    at, tables = run.at[slot], run.tables
    container = tables.containers[0, run.ages.shape[1] + at.stream]
    for i in range(container.first, container.end):
        this, mine = tables.moves[at.regime, i], run.own[slot, i]
        if this.num_turns > 0 and has_attempts(run, this, mine, at.regime):
            for turn in range(this.first_turn, this.first_turn + this.num_turns):
                written = tables.turns[at.regime, turn]
                if written.active != 0 and is_meant(run, slot, written.rule) and has_content(run, slot, turn):
                    return True
    return False


@lean
def has_attempts(run: Run, this: p.Record, mine: p.Record, regime: int) -> bool:
    """Say whether a move has attempts left: of a triggered one, which may start again, in the lead's life."""
    if this.trigger in (p.UNTRIGGERED, p.ON_ANNIVERSARY):
        wait = due_wait(run.tables.turns[regime], run.state[0].waits, this, mine)
        return bool(run.tables.waits[wait].code != NEVER and not is_given_up(this, mine))
    return bool(run.tables.waits[this.after].code != NEVER and mine.lifetime < this.lifetime)
