"""What a lead's events do to its stages and clocks, in the fast engine; each function a few rules of `semantics.md`."""

from __future__ import annotations

from funnelsim.engines import luck
from funnelsim.engines.jit import inlined
from funnelsim.engines.samplers import NEVER
from funnelsim.engines.state import IDLE, WENT_ROUND
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
def stream_after(containers: p.RecordArray, stream: int, stage: int) -> int:
    """Rule 13: the stream a lead is in after entering a stage."""
    track = containers[stage].track
    return stream if track == p.KEEP else int(track)


@inlined
def resolve(
    containers: p.RecordArray, moves: p.RecordArray, own: p.RecordArray, stages: int, stream: int, stage: int
) -> int:
    """Rule 23: where a lead sent to a stage comes to stand, past lifetime limits already met."""
    while True:
        way_out = met_limit(containers[stage], moves, own)
        joined = stream_after(containers, stream, stage)
        if way_out < 0 and joined >= 0 and joined != stream:
            way_out = met_limit(containers[stages + joined], moves, own)
        if way_out < 0:
            return stage
        stage = way_out


@inlined
def met_limit(container: p.Record, moves: p.RecordArray, own: p.RecordArray) -> int:
    """Return the stage that the first move with a met lifetime limit sends to; -1 if there is none."""
    for i in range(container.first, container.end):
        if moves[i].trigger == p.UNTRIGGERED and moves[i].otherwise >= 0 and own[i].lifetime >= moves[i].lifetime:
            return int(moves[i].otherwise)
    return -1


@inlined
def enter(
    containers: p.RecordArray,
    moves: p.RecordArray,
    visits: p.IntArray,
    own: p.RecordArray,
    stages: int,
    at: p.Record,
    state: p.Record,
    stage: int,
    tick: int,
) -> None:
    """Rules 12, 13, 17 and 26: enter a stage, and leave, keep or join a stream."""
    stream = stream_after(containers, at.stream, stage)
    joins = stream >= 0 and stream != at.stream
    at.stage = stage
    at.stream = stream
    for half in range(2):
        container = stage if half == 0 else (stages + stream if joins else -1)
        if container >= 0:
            visits[container] += 1
            if visits[container] > luck.MOST_VISITS:
                state.failed = WENT_ROUND
            for i in range(containers[container].first, containers[container].end):
                start_afresh(own[i])
                own[i].started = 0
                own[i].clock = UNLIMITED
                own[i].from_tick = UNLIMITED
                if moves[i].trigger == p.UNTRIGGERED:
                    own[i].starts = visits[container]
                    own[i].started = 1
                    own[i].from_tick = tick
                elif moves[i].trigger == p.ON_DATE and moves[i].trigger_at == tick:  # rule 27
                    trigger(own[i], tick)
    if stream >= 0:
        for i in range(containers[stages + stream].first, containers[stages + stream].end):
            if moves[i].trigger == p.ON_ENTERING and moves[i].trigger_at == stage:
                trigger(own[i], tick)
    be_active(containers, moves, own, stages, at, tick)


@inlined
def start_afresh(mine: p.Record) -> None:
    """Set back what counts within a stay."""
    mine.attempts = 0
    mine.step = 0
    mine.unanswered = 0
    mine.done = 0
    mine.extended = 0


@inlined
def trigger(mine: p.Record, tick: int) -> None:
    """Rule 29: start a triggered move, or start it again, unless somebody is at it."""
    if mine.phase == IDLE:
        start_afresh(mine)
        mine.starts += 1
        mine.started = 1
        mine.from_tick = tick


@inlined
def be_active(
    containers: p.RecordArray, moves: p.RecordArray, own: p.RecordArray, stages: int, at: p.Record, tick: int
) -> None:
    """Rule 28: an activity starts the moves that wait for its absence."""
    for half in range(2):
        container = at.stage if half == 0 else (stages + at.stream if at.stream >= 0 else -1)
        if container >= 0:
            for i in range(containers[container].first, containers[container].end):
                if moves[i].trigger == p.ON_IDLE:
                    trigger(own[i], tick + moves[i].trigger_at)


# ---------------------------------------------------------------- moves
@inlined
def use_up(mine: p.Record, tick: int) -> None:
    """Use up an attempt; the next clock, if there is one, counts from this tick."""
    mine.attempts += 1
    mine.lifetime += 1
    mine.step = 0
    mine.clock = UNLIMITED
    mine.from_tick = tick


@inlined
def is_given_up(move: p.Record, mine: p.Record) -> bool:
    """Rules 21, 22 and 51: there is no further attempt."""
    return bool(mine.attempts >= move.attempts or mine.lifetime >= move.lifetime or mine.unanswered >= move.unanswered)


@inlined
def start_clock(
    move: p.Record, mine: p.Record, waits: p.RecordArray, pool: p.FloatArray, lead: int, phased: bool
) -> None:
    """Rules 15 and 19 to 24: set the clock of the next attempt, or none."""
    start = mine.from_tick
    mine.from_tick = UNLIMITED
    mine.clock = UNLIMITED
    if is_given_up(move, mine):
        return
    wait = due_wait(move, mine)
    if waits[wait].code == NEVER:
        return
    if phased and move.trigger == p.UNTRIGGERED:
        if move.repeats == 1 and waits[move.every].code != NEVER:
            wait = move.every
        mine.clock = start + luck.phase_ticks(waits[wait], pool, move.key, lead, mine.starts)
    else:
        ticks = luck.wait_ticks(waits[wait], pool, move.key, lead, mine.starts, mine.attempts)
        mine.clock = start + (ticks if mine.attempts == 0 else max(1, ticks))


@inlined
def due_wait(move: p.Record, mine: p.Record) -> int:
    """Return the wait before the next attempt: `after` the first time in a stay, `every` later."""
    return int(move.after if mine.attempts == 0 else move.every)


@inlined
def chance_place(layout: p.Record, channel: int, number: int, visit: int) -> int:
    """Rule 16: where the chance stands, by channel, number of the attempt, and number of the visit."""
    return int(
        layout.chance
        + channel * layout.per_channel
        + min(number, layout.num_attempts - 1) * layout.per_attempt
        + min(visit, layout.num_visits - 1) * layout.per_visit
    )


@inlined
def turn_page(
    moves: p.RecordArray,
    waits: p.RecordArray,
    containers: p.RecordArray,
    stages: int,
    at: p.Record,
    own: p.RecordArray,
    tick: int,
) -> None:
    """Rules 27, 31 and 32: a change stops and starts clocks, then dated triggers come."""
    for half in range(2):
        container = at.stage if half == 0 else (stages + at.stream if at.stream >= 0 else -1)
        if container >= 0:
            for i in range(containers[container].first, containers[container].end):
                if own[i].started == 1 and own[i].phase == IDLE:
                    if waits[due_wait(moves[i], own[i])].code == NEVER:
                        own[i].clock = UNLIMITED
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
