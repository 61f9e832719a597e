"""What a lead's events do to its stages and clocks, in the fast engine; each function a few rules of `semantics.md`."""

from __future__ import annotations

from funnelsim.engines import luck
from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.philox import to_unit
from funnelsim.engines.samplers import CONSTANT, NEVER, draw
from funnelsim.engines.state import IDLE, WENT_ROUND, Run
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

# How many containers a lead can be in: its stage, its stream, and what its team holds of it.
HALVES = 3


# ---------------------------------------------------------------- stages and streams
@inlined
def container_of(at: p.Record, half: int, stages: int, first_team: int) -> int:
    """Return the first, second or third container that a lead is in; -1 where it is in none."""
    if half == 0:
        return int(at.stage)
    if half == 1:
        return stages + int(at.stream) if at.stream >= 0 else -1
    return first_team + int(at.team) if at.team >= 0 and at.claimed >= 0 else -1


@inlined
def enter(run: Run, slot: int, stage: int, stream: int, reason: int, tick: int) -> None:
    """Rules 12, 13, 17 and 26: enter a stage, and leave, keep or join a stream."""
    at, own, stages = run.at[slot], run.own[slot], run.ages.shape[1]
    containers, moves = run.tables.containers[at.regime], run.tables.moves[at.regime]
    joined = stages + stream if stream >= 0 and stream != at.stream else -1
    at.came_from = at.stage
    at.came_as = reason
    at.stage = stage
    at.stream = stream
    for half in range(2):
        container = stage if half == 0 else joined
        if container >= 0:
            start_moves(run, slot, container, tick)
    if stream >= 0:
        for i in range(containers[stages + stream].first, containers[stages + stream].end):
            if moves[i].trigger == p.ON_ENTERING and moves[i].trigger_at == stage:
                trigger(own[i], tick)
    be_active(run, slot, tick)


@inlined
def start_moves(run: Run, slot: int, container: int, tick: int) -> None:
    """Rules 12, 27 and 69: visit a container, and start its moves."""
    at, own, visits = run.at[slot], run.own[slot], run.visits[slot]
    moves, written = run.tables.moves[at.regime], run.tables.containers[at.regime, container]
    visits[container] += 1
    if visits[container] > luck.MOST_VISITS:
        run.state[0].failed = WENT_ROUND
    for i in range(written.first, written.end):
        start_afresh(own[i])
        own[i].held = 0
        own[i].started = 0
        own[i].clock = UNLIMITED
        own[i].from_tick = UNLIMITED
        if moves[i].trigger in (p.UNTRIGGERED, p.ON_ANNIVERSARY):
            own[i].starts = visits[container]
            own[i].started = 1
            own[i].from_tick = tick
        elif moves[i].trigger == p.ON_DATE and moves[i].trigger_at == tick:  # rule 27
            trigger(own[i], tick)


@inlined
def start_afresh(mine: p.Record) -> None:
    """Set back what counts within a stay."""
    mine.attempts = 0
    mine.step = 0
    mine.unanswered = 0
    mine.done = 0
    mine.extended = 0
    mine.planned = p.NONE


@inlined
def trigger(mine: p.Record, tick: int) -> None:
    """Rule 29: start a triggered move, or start it again, unless somebody is at it."""
    if mine.phase == IDLE:
        start_afresh(mine)
        mine.starts += 1
        mine.started = 1
        mine.from_tick = tick


@inlined
def be_active(run: Run, slot: int, tick: int) -> None:
    """Rules 28 and 70: an activity starts moves that wait for its absence, and ends the wait of those that await it."""
    at, own, stages = run.at[slot], run.own[slot], run.ages.shape[1]
    containers, moves = run.tables.containers[at.regime], run.tables.moves[at.regime]
    for half in range(2):
        container = at.stage if half == 0 else (stages + at.stream if at.stream >= 0 else -1)
        if container >= 0:
            for i in range(containers[container].first, containers[container].end):
                if moves[i].trigger == p.ON_IDLE:
                    trigger(own[i], tick + moves[i].trigger_at)
    if run.state[0].waits == 1:
        hurry(run, slot, tick)


@lean
def hurry(run: Run, slot: int, tick: int) -> None:
    """Rule 70: touches that wait for an activity come one tick after it, but for those whose wait begins with it."""
    stay_apart()
    at, own, tables, stages = run.at[slot], run.own[slot], run.tables, run.ages.shape[1]
    for half in range(2):
        container = at.stage if half == 0 else (stages + at.stream if at.stream >= 0 else -1)
        if container >= 0:
            for i in range(tables.containers[0, container].first, tables.containers[0, container].end):
                this, mine = tables.moves[0, i], own[i]
                if this.num_turns > 0 and tables.turns[0, turn_of(this, mine)].up_to == 1:
                    runs = mine.clock < UNLIMITED and mine.from_tick >= UNLIMITED and mine.phase == IDLE
                    if runs and mine.clock > tick + 1:
                        mine.clock = tick + 1


@lean
def set_off(run: Run, slot: int, event: int, tick: int) -> None:
    """Rule 66: an event triggers the moves that wait for it."""
    stay_apart()
    at, own, tables, stages = run.at[slot], run.own[slot], run.tables, run.ages.shape[1]
    for half in range(2):
        container = at.stage if half == 0 else (stages + at.stream if at.stream >= 0 else -1)
        if container >= 0:
            for i in range(tables.containers[0, container].first, tables.containers[0, container].end):
                if tables.moves[0, i].trigger == p.ON_EVENT and tables.moves[0, i].trigger_at == event:
                    trigger(own[i], tick)


# ---------------------------------------------------------------- moves
@inlined
def turn_of(move: p.Record, mine: p.Record) -> int:
    """Return the turn of a touch's next attempt (rule 16)."""
    # a division takes longer than all else here, and most leads are given up in the first round
    place = mine.attempts if mine.attempts < move.num_turns else mine.attempts % move.num_turns
    return int(move.first_turn + place)


@inlined
def row_of(turns: p.RecordArray, move: p.Record, mine: p.Record) -> int:
    """Return the row that an attempt has come to, or begins with."""
    if move.num_turns > 0:
        return int(turns[turn_of(move, mine)].first_row)
    return int(move.first_row + mine.step)


@inlined
def use_up(mine: p.Record, tick: int) -> None:
    """Use up an attempt; the next clock, if there is one, counts from this tick, or from when it was planned."""
    mine.attempts += 1
    mine.lifetime += 1
    mine.step = 0
    mine.clock = UNLIMITED
    mine.from_tick = tick if mine.planned < 0 else mine.planned
    mine.planned = p.NONE


@inlined
def word_of(move: p.Record, mine: p.Record, lead: int) -> int:
    """Return the word that decides an attempt: it came with its wait, where that was drawn."""
    if mine.drawn == 1:
        word: int = mine.word
        return word
    return luck.chance_word(move.key, lead, mine.starts, mine.attempts)


@inlined
def is_silenced(move: p.Record, stages: int) -> bool:
    """Rule 60: say whether a move is silent for who has opted out: a touch, but for one of a stage with an `else`."""
    return bool(move.num_turns > 0 and (move.container >= stages or move.otherwise < 0))


@inlined
def is_given_up(move: p.Record, mine: p.Record) -> bool:
    """Rules 21, 22 and 51: there is no further attempt."""
    return bool(mine.attempts >= move.attempts or mine.lifetime >= move.lifetime or mine.unanswered >= move.unanswered)


@inlined
def start_clock(run: Run, slot: int, i: int, tick: int, phased: bool) -> None:
    """Rules 15, 19 to 24, 60 and 69: set the clock of the next attempt, or none."""
    at, mine, tables = run.at[slot], run.own[slot, i], run.tables
    move, waits, pool = tables.moves[at.regime, i], tables.waits, tables.pool
    start = mine.from_tick
    mine.from_tick = UNLIMITED
    mine.clock = UNLIMITED
    mine.drawn = 0
    if is_given_up(move, mine) or (at.opted_out == 1 and is_silenced(move, run.ages.shape[1])):
        return
    wait = due_wait(tables.turns[at.regime], run.state[0].waits, move, mine)
    if waits[wait].code == NEVER:
        return
    if phased and move.trigger == p.UNTRIGGERED:
        if move.repeats == 1 and waits[move.every].code != NEVER:
            wait = move.every
        mine.clock = start + luck.phase_ticks(waits[wait], pool, move.key, at.key, mine.starts)
        return
    u = 0.5
    if waits[wait].code != CONSTANT:
        words = luck.attempt_words(move.key, at.key, mine.starts, mine.attempts)
        u = to_unit(words[0])
        mine.word = words[1]
        mine.drawn = 1
    ticks = draw(waits[wait], pool, u)
    if move.trigger == p.ON_ANNIVERSARY:
        mine.clock = max(at.created + ticks * ((start - at.created) // ticks + 1), tick + 1)
    elif mine.attempts > 0:
        mine.clock = max(start + max(1, ticks), tick + 1)  # rule 63: where it was postponed
    else:
        mine.clock = start + ticks


@inlined
def due_wait(turns: p.RecordArray, own_waits: int, move: p.Record, mine: p.Record) -> int:
    """Return the wait before the next attempt: `after` the first time in a stay, `every` later, or the touch's own."""
    if own_waits == 1 and move.num_turns > 0 and turns[turn_of(move, mine)].wait >= 0:
        return int(turns[turn_of(move, mine)].wait)
    return int(move.after if mine.attempts == 0 and move.trigger != p.ON_ANNIVERSARY else move.every)


@inlined
def chance_place(layout: p.Record, channel: int, stage: int, number: int, visit: int) -> int:
    """Rule 16: where the chance stands, by channel, stage, number of the attempt, and number of the visit."""
    return int(
        layout.chance
        + channel * layout.per_channel
        + stage * layout.per_stage
        + min(number, layout.num_attempts - 1) * layout.per_attempt
        + min(visit, layout.num_visits - 1) * layout.per_visit
    )


@lean
def turn_page(run: Run, slot: int, tick: int) -> None:
    """Rules 27, 31 and 32: a change stops and starts clocks, then dated triggers come."""
    stay_apart()
    at, own, tables, stages = run.at[slot], run.own[slot], run.tables, run.ages.shape[1]
    moves, turns = tables.moves[at.regime], tables.turns[at.regime]
    for half in range(2):
        container = at.stage if half == 0 else (stages + at.stream if at.stream >= 0 else -1)
        if container >= 0:
            for i in range(tables.containers[0, container].first, tables.containers[0, container].end):
                if own[i].started == 1 and own[i].phase == IDLE:
                    if tables.waits[due_wait(turns, run.state[0].waits, moves[i], own[i])].code == NEVER:
                        own[i].clock = UNLIMITED
                        own[i].planned = p.NONE
                    elif own[i].clock >= UNLIMITED:
                        own[i].from_tick = tick
                if moves[i].trigger == p.ON_DATE and moves[i].trigger_at == tick:
                    trigger(own[i], tick)


@inlined
def is_old(old_ticks: int, day_month_tick: p.IntArray, created: int, tick: int) -> int:
    """Return 1 for an old lead: by its age, or created in an earlier month (DOMAIN D0.6)."""
    if old_ticks >= 0:
        return 1 if tick - created >= old_ticks else 0
    return 1 if created < day_month_tick[tick // DAY] else 0
