"""The fast engine: runs a replication in compiled code.

Where a program has no teams, leads never meet, and each is walked alone from its creation to the end of the run.
Where it has, a lead is walked alone until it meets others; from then on it is in the heap of events until it is free
again. Rules are cited by their numbers in `semantics.md`; the same rules stand in `reference.py` as a SimPy model.
"""

from __future__ import annotations

import numpy as np

from funnelsim.engines import luck, rows
from funnelsim.engines.chains import NOTHING
from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.lives import finish
from funnelsim.engines.meeting import COMING, ask, get_in_line
from funnelsim.engines.passing import answer, assign, go, look_who_asked, take_up, turn_away
from funnelsim.engines.philox import lead_key
from funnelsim.engines.reaching import begin_worth, is_scored
from funnelsim.engines.state import IDLE, NO_ROOM, Run, clear
from funnelsim.engines.tables import UNLIMITED
from funnelsim.engines.walking import ARRIVES, ATTEMPT, EDGE, IN_VAIN, PAGE, move_on, replan, settle, walk
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

# How a replication ended.
STOPPED, DONE = 0, -1

# How far an instant is: what leads do, answers to those who ask for more time, owners and people, and those whom full
# queues turn away.
LEADS, ANSWERS, GIVING, TURNING = range(4)


@lean
def run_replication(run: Run) -> int:
    """Run one replication from beginning to end.

    Returns
    -------
    int
        DONE, STOPPED, or why it failed: `state.WENT_ROUND` or `state.NO_ROOM`.
    """
    clear(run)
    state, end = run.state[0], run.tables.run[0].end_tick
    for channel in range(len(run.streams)):
        evenly = not is_snapshot(run, channel) and run.tables.channels[0, channel].arrivals == p.EVENLY
        run.streams[channel, 0] = -(1 << 31) if evenly else 0
        run.streams[channel, 1] = 0
        run.streams[channel, 2] = 0
        expect_lead(run, channel)
    meets = run.tables.teams.shape[1] > 0
    while state.failed == 0:
        if run.stop[0] != 0:
            return STOPPED
        slot, happened, move = what_next(run, end) if meets else next_lead(run, p.NONE)
        if slot < 0:
            break
        walk(run, slot, state.now, happened, move)
    if state.failed != 0:
        return int(state.failed)
    for slot in range(state.used if meets else 0):
        if run.at[slot].live == 1:
            finish(run, slot)
    return DONE


@lean
def what_next(run: Run, end: int) -> tuple[int, int, int]:
    """Go on in the order of time (rules 5 and 41) until something happens to a lead: which, what, and by which move.

    The lead is NONE where nothing more happens before `end`.
    """
    state = run.state[0]
    while True:
        if state.step == LEADS:
            slot, happened, move = next_lead(run, state.now)
            while slot < 0 and state.events > 0 and run.events[0].tick == state.now:
                slot, happened, move = meet(run, run.events[0].slot)
            if slot >= 0 or state.failed != 0:
                return slot, happened, move
            if state.pass_due == 1:
                state.pass_due = 0
                state.step = ANSWERS
            elif not go_on(run, end):
                return p.NONE, NOTHING, p.NONE
        if state.step == ANSWERS:
            slot, move = answer(run)
            if slot >= 0:
                return slot, IN_VAIN, move
            state.step = GIVING
        if state.step == GIVING:
            for team in range(run.tables.teams.shape[1]):
                assign(run, team)
            for team in range(run.tables.teams.shape[1]):
                take_up(run, team)
            state.step = TURNING
            state.team = 0
            look_who_asked(run, 0)
        while state.step == TURNING:
            slot, move = turn_away(run, state.team)
            if slot >= 0:
                return slot, rows.TURNED_AWAY, move
            state.team += 1
            if state.team < run.tables.teams.shape[1]:
                look_who_asked(run, state.team)
            else:
                state.step = LEADS


@lean
def go_on(run: Run, end: int) -> bool:
    """Go on to the next instant, and let people come and go; False where the run ends before."""
    state, staff = run.state[0], run.tables.staff_tick
    tick = state.next_pass
    if state.events > 0:
        tick = min(tick, run.events[0].tick)
    if state.next_staff < len(staff):
        tick = min(tick, staff[state.next_staff])
    for channel in range(len(run.streams)):
        tick = min(tick, run.streams[channel, 3])
    if tick >= end:
        return False
    state.now = tick
    state.recent = 0
    if state.next_staff < len(staff) and staff[state.next_staff] == tick:
        state.next_staff += 1
        change_staff(run)
    if state.next_pass == tick:
        state.next_pass = UNLIMITED
        state.pass_due = 1
    return True


@lean
def change_staff(run: Run) -> None:
    """Rules 38 and 30: people come and go, and changes take hold of what teams may do."""
    state, tables = run.state[0], run.tables
    for person in range(len(tables.people)):
        worker = tables.people[person]
        if worker.until_tick == state.now and worker.from_tick < worker.until_tick:
            go(run, person)
    while state.regime + 1 < len(tables.regime_tick) and tables.regime_tick[state.regime + 1] <= state.now:
        state.regime += 1
    state.pass_due = 1


@lean
def meet(run: Run, slot: int) -> tuple[int, int, int]:
    """Return what happens to a lead that is due now; a slot of NONE where it only stood in line or asked."""
    at, state, tables = run.at[slot], run.state[0], run.tables
    now = state.now
    move_on(tables.cell_edge, tables.regime_tick, at, now)
    if at.stage < 0:
        return slot, ARRIVES, p.NONE
    if at.in_line == COMING:
        get_in_line(run, slot)
    move, due = settle(run, slot, now, False)
    if at.next_page < len(tables.calendar_tick) and tables.calendar_tick[at.next_page] <= now:
        return slot, PAGE, p.NONE
    if due == now and move < 0:
        return slot, EDGE, p.NONE
    this = tables.moves[at.regime, move]
    if due == now and (this.team < 0 or this.num_turns > 0 or run.own[slot, move].phase != IDLE):
        return slot, ATTEMPT, move
    if due == now:
        ask(run, slot, move, now)
    replan(run, slot, now)
    return p.NONE, NOTHING, p.NONE


# ---------------------------------------------------------------- leads come
@lean
def next_lead(run: Run, now: int) -> tuple[int, int, int]:
    """Return the next lead that comes now, or of any tick where `now` is NONE; a slot of NONE where there is none."""
    state, end = run.state[0], run.tables.run[0].end_tick
    for channel in range(len(run.streams)):
        tick = run.streams[channel, 3]
        if now in (tick, p.NONE) and tick < end:
            slot = place_for_lead(run)
            if slot < 0:
                state.failed = NO_ROOM
                return p.NONE, NOTHING, p.NONE
            state.now = tick
            return slot, come(run, slot, channel), p.NONE
    return p.NONE, NOTHING, p.NONE


@inlined
def is_snapshot(run: Run, channel: int) -> bool:
    """Say whether what stands after all channels is meant: the snapshot, where there is one."""
    return bool(channel == run.tables.channels.shape[1])


@lean
def come(run: Run, slot: int, channel: int) -> int:
    """Let a channel's next lead come, and find out when the one after it does; return how it comes."""
    if is_snapshot(run, channel):
        return stand_there(run, slot, channel)
    stream, source, at = run.streams[channel], run.tables.channels[0, channel], run.at[slot]
    tick, happened = stream[3], rows.CREATED
    at.snapshot = p.NONE
    at.key = lead_key(source.name, np.uint64(stream[2]))
    at.number = stream[2]
    at.channel = channel
    at.created = tick
    if source.arrivals == p.BACKLOG:
        happened = rows.PRESENT
        at.created = tick - luck.age_ticks(run.tables.waits[source.age], run.tables.pool, source.key, at.key)
    stream[2] += 1
    begin(run, slot, tick, happened)
    expect_lead(run, channel)
    return happened


@lean
def stand_there(run: Run, slot: int, channel: int) -> int:
    """Rule 71: let the snapshot's next lead stand there; return how it comes."""
    stay_apart()
    stream, at = run.streams[channel], run.at[slot]
    tick, known = stream[3], run.tables.open_leads[stream[2]]
    at.snapshot = stream[2]
    at.key = known.key
    at.number = p.NONE
    at.channel = known.channel
    at.created = tick - known.age
    stream[2] += 1
    begin(run, slot, tick, rows.PRESENT)
    at.active_since = tick - known.in_stage
    at.touched = max(known.touches, 0)
    expect_lead(run, channel)
    return rows.PRESENT


@lean
def place_for_lead(run: Run) -> int:
    """Return a free place; NONE if all are taken."""
    state = run.state[0]
    if state.free >= 0:
        slot = state.free
        state.free = run.at[slot].next_free
        return int(slot)
    if state.used == len(run.at):
        return p.NONE
    state.used += 1
    return int(state.used - 1)


@lean
def expect_lead(run: Run, channel: int) -> None:
    """Find out when a channel's next lead comes (rules 10 and 11); UNLIMITED if none does."""
    stream = run.streams[channel]
    if is_snapshot(run, channel):
        stream[3] = run.tables.run[0].start_tick if stream[2] < len(run.tables.open_leads) else UNLIMITED
        return
    source, expected = run.tables.channels[0, channel], run.tables.expected[channel]
    if source.arrivals == p.BACKLOG:
        stream[3] = run.tables.run[0].start_tick if stream[2] < source.backlog else UNLIMITED
        return
    key = lead_key(source.name, np.uint64(stream[2]))
    stream[0] += luck.gap(source.arrivals, source.key, key)
    stream[1] = arrival_day(expected, stream[0], stream[1])
    stream[3] = arrival_tick(expected, stream[0], stream[1]) if stream[1] < len(expected) - 1 else UNLIMITED


@inlined
def arrival_day(expected: p.IntArray, threshold: int, day: int) -> int:
    """Return the day, not before `day`, on which the expected leads pass the threshold; past the last if none."""
    days = len(expected) - 1
    while day < days and expected[day + 1] <= threshold:
        day += 1
    return day


@inlined
def arrival_tick(expected: p.IntArray, threshold: int, day: int) -> int:
    """Tick at which the expected leads pass the threshold, evenly within the day (rule 10)."""
    passed, in_day = threshold - expected[day], expected[day + 1] - expected[day]
    return day * DAY + int(np.floor(float(passed) / float(in_day) * DAY))


@lean
def begin(run: Run, slot: int, tick: int, happened: int) -> None:
    """Make the state that of a lead in no stage yet, with its segment and traits drawn (rule 34)."""
    tables, at, kinds = run.tables, run.at[slot], run.kinds[slot]
    at.stage = p.NONE
    at.stream = p.NONE
    at.stalled = 0
    at.sequence = 0
    at.cell = 0
    at.regime = 0
    move_on(tables.cell_edge, tables.regime_tick, at, tick)
    for q in range(len(kinds)):
        kind = tables.kinds[q]
        given = luck.share_cell(kind, kinds, at.channel)
        kinds[q] = luck.value_of(kind, tables.values, tables.shares[at.regime], given, at.key)
        if q == 0 and at.snapshot >= 0 and tables.open_leads[at.snapshot].segment >= 0:
            kinds[q] = tables.open_leads[at.snapshot].segment
    at.group = 0
    if run.by == p.BY_CHANNEL:
        at.group = at.channel
    elif run.by == p.BY_ORIGIN:
        at.group = p.OF_NEW if happened == rows.CREATED and at.cell > 0 else p.OF_OPEN
    elif run.by >= p.BY_KIND:
        at.group = kinds[run.by - p.BY_KIND]
    at.cohort = 0
    if run.counts.shape[0] > 1:
        while at.cohort < len(tables.cohort_edge) - 1 and tables.cohort_edge[at.cohort] <= at.created:
            at.cohort += 1
    at.next_page = 0
    while at.next_page < len(tables.calendar_tick) and tables.calendar_tick[at.next_page] <= tick:
        at.next_page += 1
    begin_life(run, slot)
    at.new = 1 if happened == rows.CREATED and at.cell > 0 else 0  # rule 4
    if at.new == 1 and is_scored(run):
        begin_worth(run, slot)


@lean
def begin_life(run: Run, slot: int) -> None:
    """Make everything that a lead gathers in its life empty."""
    at, own, visits, busy, passed = run.at[slot], run.own[slot], run.visits[slot], run.busy[slot], run.passed[slot]
    at.live = 1
    run.places[slot] = p.NONE
    at.open = 0
    at.token = 0
    at.team = p.NONE
    at.person = p.NONE
    at.in_line = 0
    at.claimed = p.NONE
    at.followed_up = p.NONE
    at.worked = 0
    at.reached = 0
    at.won = 0
    at.last_owner = p.NONE
    at.left = 0
    at.spent = 0
    at.sales_since = p.NONE
    at.week_until = p.NONE
    at.in_pipeline = 0
    begin_touches(run, slot)
    for i in range(len(visits)):
        visits[i] = 0
    for i in range(len(own)):
        own[i].lifetime = 0
        own[i].starts = 0
        own[i].phase = IDLE
    for i in range(len(busy)):
        busy[i] = 0
    for i in range(len(passed)):
        passed[i] = 0


@lean
def begin_touches(run: Run, slot: int) -> None:
    """Make everything that touches leave, and rules look at, that of a lead that has not done anything yet."""
    at = run.at[slot]
    at.came_from = p.NONE
    at.came_as = p.NONE
    at.behaviour = p.NO_BEHAVIOUR
    at.active_since = at.created
    at.warmth = 0
    at.fatigue = 0
    at.warm_since = at.created
    at.tired_since = at.created
    at.touched = 0
    at.opted_out = 0
    at.profiled = UNLIMITED
    at.edge = UNLIMITED
    for i in range(run.had.shape[1]):
        run.had[slot, i] = 0
    for i in range(run.got_stream.shape[1]):
        run.got_stream[slot, i] = 0
    for i in range(run.got_touch.shape[1]):
        run.got_touch[slot, i] = 0
    for i in range(run.ring_count.shape[1]):
        run.ring_count[slot, i] = 0
