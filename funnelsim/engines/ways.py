"""Where a way leads a lead of the fast engine (semantics, rules 13, 23, 65 and 67)."""

from __future__ import annotations

from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.judging import holds
from funnelsim.engines.meeting import count, drop
from funnelsim.engines.state import IDLE, Run
from funnelsim.engines.stepping import is_silenced, start_moves
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import records as p


@inlined
def stream_after(run: Run, slot: int, stage: int, reason: int, tick: int) -> int:
    """Rules 13, 60 and 65: the stream a lead is in after entering a stage."""
    at, track = run.at[slot], run.tables.containers[0, stage].track
    if at.opted_out == 1:
        return p.NONE
    if track == p.RULES:
        track = track_by_rules(run, slot, stage, reason, tick)
    return int(at.stream if track == p.KEEP else track)


@lean
def track_by_rules(run: Run, slot: int, stage: int, reason: int, tick: int) -> int:
    """Return what the first rule of a stage that holds says of the stream."""
    stay_apart()
    container, came_from = run.tables.containers[0, stage], run.at[slot].stage
    for rule in range(container.first_rule, container.end_rule):
        if holds(run, slot, rule, tick, came_from, reason):
            return int(run.tables.rules[rule].to)
    return p.NONE


@inlined
def resolve(run: Run, slot: int, way: int, reason: int, tick: int) -> tuple[int, int]:
    """Rule 23: where a lead sent some way comes to stand, past lifetime limits already met.

    A limit of a stream that leads to another stream changes the stream alone, also of one who enters a stage.

    Returns
    -------
    tuple of int
        The stage it enters, or NONE where it stays in its own; and the stream it then is in.
    """
    stages, stage = run.ages.shape[1], p.NONE
    while way >= 0:
        if way < stages:
            stage, stream = way, p.NONE
            way = met_limit(run, slot, stage)
            if way >= 0:
                continue
            stream = stream_after(run, slot, stage, reason, tick)
        else:
            stream = way - stages
        way = p.NONE
        if stream >= 0 and stream != run.at[slot].stream:
            way = met_limit(run, slot, stages + stream)
    return stage, stream


@inlined
def met_limit(run: Run, slot: int, container: int) -> int:
    """Return the way of the first move that starts on entry and has met its lifetime limit; -1 if there is none."""
    moves, own, at = run.tables.moves[run.at[slot].regime], run.own[slot], run.at[slot]
    for i in range(run.tables.containers[0, container].first, run.tables.containers[0, container].end):
        if moves[i].otherwise >= 0 and own[i].lifetime >= moves[i].lifetime:
            starts = moves[i].trigger in (p.UNTRIGGERED, p.ON_ANNIVERSARY)
            if starts and not (at.opted_out == 1 and is_silenced(moves[i], run.ages.shape[1])):
                return int(moves[i].otherwise)
    return -1


@inlined
def leads_on(run: Run, slot: int, way: int, reason: int, tick: int) -> bool:
    """Say whether a way, or NONE, leads anywhere else than to the stream that the lead is in already (rule 67)."""
    return way >= 0 and (run.state[0].roams == 0 or not comes_to_nothing(run, slot, way, reason, tick))


@lean
def comes_to_nothing(run: Run, slot: int, way: int, reason: int, tick: int) -> bool:
    """Say whether a way leaves the lead in its stage and its stream."""
    stay_apart()
    stage, stream = resolve(run, slot, way, reason, tick)
    return bool(stage < 0 and stream == run.at[slot].stream)


# ---------------------------------------------------------------- streams alone
@lean
def be_left_alone(run: Run, slot: int, tick: int) -> None:
    """Rule 60: a lead that opts out where it stands leaves its stream, and its stage's touches that lead nowhere."""
    stay_apart()
    at, own, stages = run.at[slot], run.own[slot], run.ages.shape[1]
    container = run.tables.containers[0, at.stage]
    for i in range(container.first, container.end):
        if is_silenced(run.tables.moves[0, i], stages):
            own[i].clock = UNLIMITED
            own[i].from_tick = UNLIMITED
        elif run.tables.moves[0, i].num_turns > 0 and own[i].phase != IDLE:
            own[i].clock = UNLIMITED
            own[i].from_tick = tick
    if at.open > 0:
        drop(run, slot, at.stage, tick, True)
    if at.stream >= 0:
        change_stream(run, slot, p.NONE, tick)


@lean
def change_stream(run: Run, slot: int, stream: int, tick: int) -> None:
    """Rule 67: leave a stream, and join another, either of which may be none."""
    stay_apart()
    at, stages = run.at[slot], run.ages.shape[1]
    if at.stream >= 0:
        if at.open > 0:
            drop(run, slot, stages + at.stream, tick, False)
        count(run, slot, run.layout.in_stream + at.stream, -1)
        count(run, slot, run.layout.left + at.stream, 1)
    at.stream = stream
    if stream >= 0:
        count(run, slot, run.layout.in_stream + stream, 1)
        count(run, slot, run.layout.joined + stream, 1)
        start_moves(run, slot, stages + stream, tick)
