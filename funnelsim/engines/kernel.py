"""The fast engine: walks leads through a program, one after another, in compiled code.

Nothing is shared between leads yet, so each is walked alone from its creation to the end of the run, and the log is
put in its order afterwards (semantics, rule 8). Rules are cited by their numbers in `semantics.md`; the same rules
stand in `reference.py` as a SimPy model.

A lead's turn has two halves. First something happens: it comes, the calendar turns a page, or a move is attempted.
Then its clocks are put in order: what happened has only marked, in `Own.from_tick`, which clocks start anew, and
counted from when.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from funnelsim.engines import luck, rows
from funnelsim.engines.jit import inlined, lean
from funnelsim.engines.philox import below, lead_key
from funnelsim.engines.samplers import NEVER
from funnelsim.engines.tables import UNLIMITED, Tables
from funnelsim.engines.tally import Layout, age_bin
from funnelsim.program import program as p
from funnelsim.program.calendar import DAY

# By what leads are grouped.
BY_NOTHING, BY_CHANNEL, BY_SEGMENT = range(3)

# What has happened to a lead, beside the outcomes of an attempt: the calendar turned a page.
PAGE = -1

AT = np.dtype(
    [
        (name, "i8")
        for name in (
            "stage", "stream", "channel", "number", "segment", "group", "created", "cohort", "cell", "regime",
            "stalled", "sequence", "logged", "went_round",
        )
    ]
    + [("key", "u8")],
    align=True,
)  # fmt: skip
"""Where the lead that is walked stands."""

OWN = np.dtype(
    [(name, "i8") for name in ("clock", "from_tick", "attempts", "lifetime", "starts", "started")], align=True
)
"""What a move is to the lead that is walked.

Its clock, UNLIMITED while it is silent; the tick its next clock counts from, UNLIMITED where it does not start anew;
attempts in this stay and in all; the visit that keys its draws (rule 33); and whether it was started in this stay.
"""


class Run(NamedTuple):
    """Everything one replication reads and writes."""

    tables: Tables
    layout: Layout
    by: int
    at: p.RecordArray
    """(1,) of `AT`"""
    own: p.RecordArray
    """(M,) of `OWN`"""
    visits: p.IntArray
    """(S + T,)"""
    counts: npt.NDArray[np.int64]
    """(cohorts, K, groups, kinds)"""
    ages: npt.NDArray[np.int64]
    """(groups, S, bins): age at the first entry to each stage, within the counted cells."""
    log: npt.NDArray[np.int64]
    """(rows, columns of `rows.LogRow`); rows beyond its length are counted but not written."""


@lean
def run_replication(run: Run, stop: npt.NDArray[np.int64]) -> int:
    """Walk every lead of every channel. Return 1 when done, 0 if stopped before, -1 if a lead went round too often."""
    tables, at = run.tables, run.at[0]
    channels, expected, pool = tables.channels, tables.expected, tables.pool
    start, end = tables.run[0].start_tick, tables.run[0].end_tick
    at.logged = 0
    at.went_round = 0
    for channel in range(channels.shape[1]):
        source = channels[0, channel]
        threshold, day = -(1 << 31) if source.arrivals == p.EVENLY else 0, 0
        number = 0
        while True:
            if stop[0] != 0:
                return 0
            at.key = lead_key(source.name, np.uint64(number))
            if source.arrivals == p.BACKLOG:
                if number >= source.backlog:
                    break
                tick, happened = start, rows.PRESENT
                created = tick - luck.age_ticks(tables.waits[source.age], pool, source.key, at.key)
            else:
                threshold += luck.gap(source.arrivals, source.key, at.key)
                day = arrival_day(expected[channel], threshold, day)
                if day < 0:
                    break
                tick, happened = arrival_tick(expected[channel], threshold, day), rows.CREATED
                if tick >= end:
                    break
                created = tick
            at.channel = channel
            at.number = number
            at.created = created
            walk(run, tick, happened)
            number += 1
        if at.went_round != 0:
            return -1
    return 1


@lean
def walk(run: Run, tick: int, happened: int) -> None:
    """Walk a lead from its coming to the end of the run."""
    tables, layout, counts, log, visits, own = run.tables, run.layout, run.counts, run.log, run.visits, run.own
    all_moves, all_rows, containers, waits = tables.moves, tables.rows, tables.containers, tables.waits
    calendar, pool, at = tables.calendar_tick, tables.pool, run.at[0]
    stages, end_tick = run.ages.shape[1], tables.run[0].end_tick
    next_page = begin(run, tick)
    move = p.NONE
    while True:
        # ------------------------------------------------ something happens
        moves = all_moves[at.regime]
        stage, stream, destination = at.stage, at.stream, p.NONE
        row, number, cost = p.NONE, 0, 0
        here = counts[at.cohort, at.cell, at.group]
        old = is_old(tables.run[0].old_ticks, tables.day_month_tick, at.created, tick)
        if happened == PAGE:
            turn_page(moves, waits, containers[at.regime], stages, at, own, tick)
        elif move < 0:  # rules 10 and 11: the lead comes
            destination = tables.channels[at.regime, at.channel].stage
            if happened == rows.CREATED:
                cost = tables.channels[at.regime, at.channel].cost
                here[layout.created + at.channel] += 1
            else:
                here[layout.present + at.channel] += 1
        else:  # rules 16 to 22: an attempt
            this, mine = moves[move], own[move]
            number = mine.attempts
            row = this.first_row + number % this.num_rows
            place = chance_place(all_rows[at.regime, row], at, number, visits[this.container] - 1)
            word = luck.chance_word(this.key, at.key, mine.starts, number)
            happened = rows.SUCCEEDED if below(word, tables.threshold[at.regime, place]) else rows.FAILED
            number += 1
            mine.attempts = number
            mine.lifetime += 1
            mine.clock = UNLIMITED
            if happened == rows.SUCCEEDED and this.to >= 0:
                destination = this.to
            elif this.otherwise >= 0 and (number >= this.attempts or mine.lifetime >= this.lifetime):
                destination = this.otherwise
                if happened == rows.FAILED:
                    happened = rows.EXHAUSTED
            mine.from_tick = tick  # rule 20: counted from when it was planned; forgotten if the lead leaves
            cost = all_rows[at.regime, row].cost
            here[layout.attempt + row * 6 + happened * 2 + old] += 1
        # ------------------------------------------------ it goes, or stays
        value = 0
        if destination >= 0:
            destination = resolve(containers[at.regime], moves, own, stages, at.stream, destination)
            if stage >= 0:
                here[layout.exit + stage] += 1
            enter(containers[at.regime], moves, visits, own, stages, at, destination, tick)
            if happened != rows.PRESENT:
                place = containers[at.regime, destination]
                value = luck.amount(waits[place.value], pool, place.key, at.key, visits[destination])
                here[layout.value + destination] += value
                first = visits[destination] == 1
                here[layout.entry + destination * 4 + (2 if first else 0) + old] += 1
                if first and at.cell > 0:
                    run.ages[at.group, destination, age_bin(tick - at.created)] += 1
        elif happened == rows.SUCCEEDED:
            be_active(containers[at.regime], moves, own, stages, at, tick)
        if happened != PAGE:
            record(log, at, tick, stage, stream, move, row, number, happened, destination, cost, value)
        # ------------------------------------------------ clocks are put in order
        phased = happened == rows.PRESENT
        move, due = p.NONE, UNLIMITED
        for half in range(2):
            container = at.stage if half == 0 else (stages + at.stream if at.stream >= 0 else -1)
            if container >= 0:
                for i in range(containers[0, container].first, containers[0, container].end):
                    if own[i].from_tick < UNLIMITED:
                        start_clock(moves[i], own[i], waits, pool, at.key, phased)
                    if own[i].clock < due:
                        move, due = i, own[i].clock
        if (due >= UNLIMITED) != (at.stalled != 0) and containers[0, at.stage].final == 0:  # rule 25
            at.stalled = 1 - at.stalled
            here[layout.stalled + at.stage] += 2 * at.stalled - 1
            told = rows.STALLED if at.stalled == 1 else rows.WOKEN
            record(log, at, tick, at.stage, at.stream, p.NONE, p.NONE, 0, told, p.NONE, 0, 0)
        # ------------------------------------------------ what comes next
        if next_page < len(calendar) and calendar[next_page] <= due:  # rule 5
            tick, happened, move = calendar[next_page], PAGE, p.NONE
            next_page += 1
        elif due < end_tick and at.went_round == 0:  # rule 3
            tick, happened = due, rows.FAILED
        else:
            break
        move_on(tables.cell_edge, tables.regime_tick, at, tick)


# ---------------------------------------------------------------- leads come
@inlined
def arrival_day(expected: p.IntArray, threshold: int, day: int) -> int:
    """Return the day on which the expected leads pass the threshold, not before `day`; -1 if none does."""
    days = len(expected) - 1
    while day < days and expected[day + 1] <= threshold:
        day += 1
    return day if day < days else -1


@inlined
def arrival_tick(expected: p.IntArray, threshold: int, day: int) -> int:
    """Tick at which the expected leads pass the threshold, evenly within the day (rule 10)."""
    passed, in_day = threshold - expected[day], expected[day + 1] - expected[day]
    return day * DAY + int(np.floor(float(passed) / float(in_day) * DAY))


@lean
def begin(run: Run, tick: int) -> int:
    """Make the state that of a lead in no stage yet, with its segment drawn; return the next page of the calendar."""
    tables, at = run.tables, run.at[0]
    at.stage = p.NONE
    at.stream = p.NONE
    at.stalled = 0
    at.sequence = 0
    at.cell = 0
    at.regime = 0
    move_on(tables.cell_edge, tables.regime_tick, at, tick)
    at.segment = luck.segment_of(tables.segments[at.regime], at.key)
    at.group = 0
    if run.by == BY_CHANNEL:
        at.group = at.channel
    elif run.by == BY_SEGMENT:
        at.group = at.segment
    at.cohort = 0
    if run.counts.shape[0] > 1:
        while at.cohort < len(tables.cohort_edge) - 1 and tables.cohort_edge[at.cohort] <= at.created:
            at.cohort += 1
    for i in range(len(run.visits)):
        run.visits[i] = 0
    for i in range(len(run.own)):
        run.own[i].lifetime = 0
        run.own[i].starts = 0
    next_page = 0
    while next_page < len(tables.calendar_tick) and tables.calendar_tick[next_page] <= tick:
        next_page += 1
    return next_page


@inlined
def move_on(cell_edge: p.IntArray, regime_tick: p.IntArray, at: p.Record, tick: int) -> None:
    """Bring cell and regime up to a tick."""
    while cell_edge[at.cell + 1] <= tick:
        at.cell += 1
    while at.regime + 1 < len(regime_tick) and regime_tick[at.regime + 1] <= tick:
        at.regime += 1


# ---------------------------------------------------------------- stages and streams
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
                at.went_round = 1
            for i in range(containers[container].first, containers[container].end):
                own[i].attempts = 0
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
def trigger(mine: p.Record, tick: int) -> None:
    """Rule 29: start a triggered move, or start it again."""
    mine.starts += 1
    mine.started = 1
    mine.attempts = 0
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
def start_clock(
    move: p.Record, mine: p.Record, waits: p.RecordArray, pool: p.FloatArray, lead: int, phased: bool
) -> None:
    """Rules 15 and 19 to 24: set the clock of the next attempt, or none."""
    start = mine.from_tick
    mine.from_tick = UNLIMITED
    mine.clock = UNLIMITED
    if mine.attempts >= move.attempts or mine.lifetime >= move.lifetime:
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
def chance_place(layout: p.Record, at: p.Record, number: int, visit: int) -> int:
    """Rule 16: where the chance stands, by segment, channel, number of the attempt, and number of the visit."""
    return int(
        layout.chance
        + at.segment * layout.per_segment
        + at.channel * layout.per_channel
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
                if own[i].started == 1:
                    if waits[due_wait(moves[i], own[i])].code == NEVER:
                        own[i].clock = UNLIMITED
                    elif own[i].clock >= UNLIMITED:
                        own[i].from_tick = tick
                if moves[i].trigger == p.ON_DATE and moves[i].trigger_at == tick:
                    trigger(own[i], tick)


# ---------------------------------------------------------------- counts and log
@inlined
def is_old(old_ticks: int, day_month_tick: p.IntArray, created: int, tick: int) -> int:
    """Return 1 for an old lead: by its age, or created in an earlier month (DOMAIN D0.6)."""
    if old_ticks >= 0:
        return 1 if tick - created >= old_ticks else 0
    return 1 if created < day_month_tick[tick // DAY] else 0


@lean
def record(
    log: p.IntArray,
    at: p.Record,
    tick: int,
    stage: int,
    stream: int,
    move: int,
    row: int,
    attempt: int,
    outcome: int,
    to: int,
    cost: int,
    value: int,
) -> None:
    """Write a row of the log (`rows.LogRow`), if there is room; count it in any case."""
    if at.logged < len(log):
        line = log[at.logged]
        line[0] = tick
        line[1] = np.int64(at.key)
        line[2] = at.sequence
        line[3] = at.channel
        line[4] = at.number
        line[5] = at.segment
        line[6] = at.created
        line[7] = stage
        line[8] = stream
        line[9] = move
        line[10] = row
        line[11] = attempt
        line[12] = outcome
        line[13] = to
        line[14] = cost
        line[15] = value
    at.sequence += 1
    at.logged += 1
