"""One lead in the fast engine: something happens to it, its clocks are put in order, and so on until it meets others.

Leads meet only where they share people, holds and tokens (semantics, rules 40 to 50). Until then a lead is walked
alone, far ahead of the others if need be; the log is put in its order afterwards (rule 8). The same rules stand in
`reference.py` as a SimPy model.

A lead's turn has two halves. First something happens: it comes, the calendar turns a page, or a move is attempted.
Then its clocks are put in order: what happened has only marked, in `OWN.from_tick`, which clocks start anew, and
counted from when.
"""

from __future__ import annotations

from funnelsim.engines import luck, rows
from funnelsim.engines.chains import NOTHING, Outcome, touch
from funnelsim.engines.continuing import carry_on
from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.judging import test_rules
from funnelsim.engines.lives import finish, note_stage, worth
from funnelsim.engines.meeting import (
    change_team,
    count,
    finish_work,
    leave,
    put_off,
    row_work_end,
    taken_back,
)
from funnelsim.engines.philox import below
from funnelsim.engines.queues import expect, forget
from funnelsim.engines.reaching import count_reached, take_profile
from funnelsim.engines.recording import record, tell, tell_passed
from funnelsim.engines.state import WORKING, Run
from funnelsim.engines.stepping import (
    HALVES,
    be_active,
    container_of,
    enter,
    is_given_up,
    is_old,
    row_of,
    set_off,
    start_clock,
    turn_page,
    use_up,
    word_of,
)
from funnelsim.engines.tables import UNLIMITED
from funnelsim.engines.tally import age_bin
from funnelsim.engines.ways import change_stream, leads_on, resolve
from funnelsim.engines.weighing import limit_of, show, warm
from funnelsim.program import records as p

# What can happen to a lead, beside the outcomes of an attempt: the calendar turns a page, a deadline comes that asked
# for more time in vain (and nothing after all, `chains.NOTHING`), time brings it to a bound of a rule, it comes from a
# block to a stage where leads meet.
PAGE, IN_VAIN, EDGE, ARRIVES = -1, -2, -4, -5

ATTEMPT = rows.FAILED
"""What happens when a clock rings; how it comes out is yet to be decided."""

# After so many events of one lead it is looked whether the run is to stop.
PATIENCE = 4096


@lean
def walk(run: Run, slot: int, tick: int, happened: int, move: int) -> None:
    """Let something happen to a lead, and walk it on alone until it meets others or the run ends.

    Parameters
    ----------
    run : Run
    slot : int
        The lead's place.
    tick : int
    happened : int
        CREATED, PRESENT, ARRIVES, PAGE, EDGE, ATTEMPT, IN_VAIN or TURNED_AWAY.
    move : int
        Which move rings; NONE for what is no move.
    """
    tables, at, state = run.tables, run.at[slot], run.state[0]
    calendar, end_tick, events = tables.calendar_tick, tables.run[0].end_tick, 0
    while True:
        events += 1
        if events % PATIENCE == 0 and run.stop[0] != 0:
            break
        move_on(tables.cell_edge, tables.regime_tick, at, tick)
        if at.profiled <= tick:
            take_profile(run, slot)
        stage, stream = at.stage, at.stream
        old = is_old(tables.run[0].old_ticks, tables.day_month_tick, at.created, tick)
        # ------------------------------------------------ something happens
        row, number, cost, person, destination, reason = p.NONE, 0, 0, p.NONE, p.NONE, p.NONE
        first, asset, stirs = p.NONE, p.NONE, 0
        if happened == PAGE:
            at.next_page += 1
            turn_page(run, slot, tick)
        elif move < 0:
            if happened != EDGE:
                destination, cost = come(run, slot, happened)
        else:
            outcome = attempt(run, slot, tick, happened, move, old)
            happened, row, number, cost, person, destination, reason, first, asset, stirs = outcome
        # ------------------------------------------------ it goes, or stays
        value = 0
        if destination >= 0:
            destination, value = go(run, slot, tick, happened, move, destination, reason, old)
        if happened >= 0:
            if at.cell > 0:
                at.spent += cost
            if first < row:
                cost = tell_passed(run, slot, tick, stage, stream, move, first, row, number, cost, person, asset)
            record(
                run, slot, tick, stage, stream, move, row, number, happened, destination, cost, value, person, reason,
                asset,
            )  # fmt: skip
        if happened == rows.PRESENT and at.snapshot >= 0:
            carry_on(run, slot, tick)
        # ------------------------------------------------ what that sets off
        if happened == rows.SUCCEEDED or stirs == 1:
            if destination < 0 or destination >= run.ages.shape[1]:
                be_active(run, slot, tick)
            if happened == rows.SUCCEEDED and tables.moves[at.regime, move].event >= 0:
                set_off(run, slot, tables.moves[at.regime, move].event, tick)
        if state.ruled == 1 and tests_rules(happened):
            test_rules(run, slot, tick)
        if at.stage < 0:  # it is walked on in a block
            forget(run, slot)
            break
        # ------------------------------------------------ clocks are put in order, and what comes next
        move, due = settle(run, slot, tick, happened == rows.PRESENT and at.snapshot < 0)
        page = calendar[at.next_page] if at.next_page < len(calendar) else UNLIMITED
        if at.team >= 0 or at.open > 0 or (move >= 0 and due < page and tables.moves[at.regime, move].team >= 0):
            plan(run, slot, min(page, due), tick)
            break
        if min(page, due) >= end_tick or state.failed != 0:  # rule 3
            forget(run, slot)
            finish(run, slot)
            break
        if page <= due:  # rule 5
            tick, happened, move = page, PAGE, p.NONE
        else:
            tick, happened = due, ATTEMPT if move >= 0 else EDGE


@inlined
def come(run: Run, slot: int, happened: int) -> tuple[int, int]:
    """Rules 10 and 11: a lead is created, or stands there on day one, or has come; return its stage and cost."""
    at, layout = run.at[slot], run.layout
    if happened == ARRIVES:
        return at.enters, 0
    source = run.tables.channels[at.regime, at.channel]
    here = run.counts[at.cohort, at.cell, at.group]
    if happened == rows.CREATED:
        here[layout.created + at.channel] += 1
        return source.stage, source.cost
    here[layout.present + at.channel] += 1
    return source.stage if at.snapshot < 0 else run.tables.open_leads[at.snapshot].stage, 0


@inlined
def attempt(run: Run, slot: int, tick: int, happened: int, move: int, old: int) -> Outcome:
    """Rules 16 to 22, 44, 45 and 49 to 52: a move's clock rings, and it comes out as it does."""
    tables, at, mine = run.tables, run.at[slot], run.own[slot, move]
    this = tables.moves[at.regime, move]
    if happened == ATTEMPT and this.extend_by > 0 and mine.extended < this.times:
        happened = NOTHING if put_off(run, slot, move, tick) else ATTEMPT
    elif this.container >= tables.containers.shape[1] - run.busy.shape[1]:
        happened = ATTEMPT if taken_back(run, slot, move, tick) else NOTHING
    if happened == NOTHING:
        return NOTHING, p.NONE, 0, 0, p.NONE, p.NONE, p.NONE, p.NONE, p.NONE, 0
    number, destination, reason = mine.attempts + 1, p.NONE, p.NONE
    if happened == rows.TURNED_AWAY:
        row = row_of(tables.turns[at.regime], this, mine)
        use_up(mine, tick)
        if leads_on(run, slot, this.otherwise, this.else_reason, tick):
            destination, reason = this.otherwise, this.else_reason
            run.counts[at.cohort, at.cell, at.group, run.layout.given_up + move] += 1
        return happened, row, number, 0, p.NONE, destination, reason, row, p.NONE, 0
    if this.num_turns > 0:
        return touch(run, slot, tick, move, old)
    row = this.first_row + mine.step
    person = run.requests[slot, move].person if mine.phase == WORKING else p.NONE
    succeeded, step = decide(run, slot, tick, move, row, person), mine.step
    happened = rows.SUCCEEDED if succeeded else rows.FAILED
    counted = run.layout.attempt + row * 6 + old
    here = run.counts[at.cohort, at.cell, at.group]
    if step == 0:
        mine.unanswered = 0 if succeeded else mine.unanswered + 1
    if succeeded and step < this.num_steps:  # rule 51
        here[counted + rows.SUCCEEDED * 2] += 1
        happened = rows.PASSED
        mine.step = step + 1
        mine.clock = row_work_end(run, slot, move, person, tick) if mine.phase == WORKING else tick
    else:
        if mine.phase == WORKING:
            finish_work(run, slot, move, tick)
        use_up(mine, tick)  # rule 20: counted from when it was planned; forgotten if the lead leaves
        if succeeded:
            mine.done += 1
            if this.points != 0:
                warm(run, slot, tick, this.points)
            show(run, slot, tick, this.event)
            if this.to >= 0 and mine.done >= this.needs:
                here[run.layout.led + move] += 1
                if leads_on(run, slot, this.to, this.to_reason, tick):
                    destination, reason = this.to, this.to_reason
        else:
            lost, why = tables.rows[at.regime, row].otherwise, tables.rows[at.regime, row].reason
            if leads_on(run, slot, lost, why, tick):
                destination, reason = lost, why
        if destination < 0 and is_given_up(this, mine) and leads_on(run, slot, this.otherwise, this.else_reason, tick):
            destination, reason = this.otherwise, this.else_reason
            here[run.layout.given_up + move] += 1
        if not succeeded and destination >= 0:
            happened = rows.EXHAUSTED
        here[counted + happened * 2] += 1
    return happened, row, number, tables.rows[at.regime, row].cost, person, destination, reason, row, p.NONE, 0


@inlined
def decide(run: Run, slot: int, tick: int, move: int, row: int, person: int) -> bool:
    """Rules 16, 44 and 51: decide one row of an attempt by chance."""
    at, mine = run.at[slot], run.own[slot, move]
    this, limit = run.tables.moves[at.regime, move], limit_of(run, slot, tick, move, row, person, 1.0)
    if mine.step == 0:
        word = word_of(this, mine, at.key)
    else:
        word = luck.step_word(this.key, at.key, mine.starts, mine.attempts, mine.step)
    return below(word, limit)


@inlined
def tests_rules(happened: int) -> bool:
    """Say whether rules are tested now: the lead has come, an attempt is over, or time has passed (rule 68)."""
    told = 0 <= happened <= rows.PRESENT
    return told or happened >= rows.INACTIVE or happened in (rows.TURNED_AWAY, rows.OPTED_OUT, PAGE, EDGE)


@inlined
def go(run: Run, slot: int, tick: int, happened: int, move: int, way: int, reason: int, old: int) -> tuple[int, int]:
    """Rules 9, 23, 37 and 67: leave a stage and enter another, or change the stream alone.

    Returns
    -------
    tuple of int
        Where the lead came to stand, as the log's `to` has it, and what that is worth.
    """
    tables, layout, at, visits = run.tables, run.layout, run.at[slot], run.visits[slot]
    containers, moves = tables.containers[at.regime], tables.moves[at.regime]
    stage, stages, here = at.stage, run.ages.shape[1], run.counts[at.cohort, at.cell, at.group]
    destination, stream = resolve(run, slot, way, reason, tick)
    if reason >= 0:
        here[layout.reason + reason] += 1
        here[layout.rejected + stage] += tables.reasons[reason]
    if destination < 0:
        change_stream(run, slot, stream, tick)
        return stages + stream, 0
    if stage >= 0:
        here[layout.exit + stage] += 1
    if at.team >= 0 or at.open > 0:
        if at.team >= 0 and at.person < 0 and moves[move].deadline == 1 and moves[move].container < stages:
            here[layout.lapsed + at.team] += 1
        leave(run, slot, stream, tick)
    if run.apart[destination] >= 0:
        let_go(run, slot, destination, tick)
        return destination, 0
    if stream != at.stream:
        if at.stream >= 0:
            here[layout.in_stream + at.stream] -= 1
            here[layout.left + at.stream] += 1
        if stream >= 0:
            here[layout.in_stream + stream] += 1
            here[layout.joined + stream] += 1 if happened != rows.PRESENT else 0
    if happened != rows.PRESENT:
        at.active_since = tick
    enter(run, slot, destination, stream, reason, tick)
    entered = containers[destination]
    if entered.owner != at.team:
        change_team(run, slot, entered.owner, tick)
    if at.team >= 0:
        at.reached |= tables.marks[at.team, destination]
    if entered.flags != 0 or (stage >= 0 and containers[stage].flags != 0):
        note_stage(run, slot, stage, destination, tick, happened == rows.PRESENT)
    if happened == rows.PRESENT:
        here[layout.placed + destination] += 1
        return destination, 0
    value = worth(run, slot, destination)
    here[layout.value + destination] += value
    first = visits[destination] == 1
    here[layout.entry + destination * 4 + (2 if first else 0) + old] += 1
    if first:
        if at.cell > 0:  # rule 4
            run.ages[at.group, destination, age_bin(tick - at.created)] += 1
        if at.touched > 0:
            here[layout.touched_entry + destination] += 1
            here[layout.touches_until + destination] += at.touched
    reaches = 1 if destination == tables.run[0].sql else 0
    if value != 0 or reaches == 1:
        count_reached(run, slot, reaches, value)
    return destination, value


@lean
def let_go(run: Run, slot: int, destination: int, tick: int) -> None:
    """Let a lead wait to be taken into a block, in which it enters a stage; it has left its own."""
    stay_apart()
    at, state, containers = run.at[slot], run.state[0], run.tables.containers[0]
    if at.team >= 0:
        change_team(run, slot, p.NONE, tick)
    if containers[destination].flags != 0 or (at.stage >= 0 and containers[at.stage].flags != 0):
        note_stage(run, slot, at.stage, destination, tick, False)
    at.stage = p.NONE
    at.enters = destination
    at.since = tick
    run.loose[state.loose] = slot
    state.loose += 1
    state.bar = min(state.bar, tick + run.apart[destination])


@lean
def plan(run: Run, slot: int, tick: int, now: int) -> None:
    """Let a lead that meets others be due at a tick, or when it has to say that it waits for an owner."""
    stay_apart()
    at = run.at[slot]
    if at.in_line == 2:
        tick = now
    if tick < run.tables.run[0].end_tick:
        expect(run, slot, tick)
    else:
        forget(run, slot)


@lean
def replan(run: Run, slot: int, now: int) -> None:
    """Put the clocks of a lead in order after others had to do with it, and let it be due when it is."""
    at, calendar = run.at[slot], run.tables.calendar_tick
    due = settle(run, slot, now, False)[1]
    page = calendar[at.next_page] if at.next_page < len(calendar) else UNLIMITED
    plan(run, slot, min(page, due), now)


@inlined
def settle(run: Run, slot: int, tick: int, phased: bool) -> tuple[int, int]:
    """Rules 6, 7, 14 and 25: start clocks, note a stall or its end; return the first of the moves that are due next.

    The move is NONE where none is due, or rules are tested before (rule 68).
    """
    tables, at, own = run.tables, run.at[slot], run.own[slot]
    containers, stages = tables.containers, run.ages.shape[1]
    move, due = p.NONE, UNLIMITED
    for half in range(HALVES):
        container = container_of(at, half, stages, containers.shape[1] - run.busy.shape[1])
        if container >= 0:
            for i in range(containers[0, container].first, containers[0, container].end):
                if own[i].from_tick < UNLIMITED:
                    start_clock(run, slot, i, tick, phased)
                if own[i].clock < due:
                    move, due = i, own[i].clock
    if at.edge <= due:
        move, due = p.NONE, at.edge
    if (due >= UNLIMITED and at.open == 0) != (at.stalled != 0) and containers[0, at.stage].final == 0:
        stall(run, slot, tick)
    return move, due


@lean
def stall(run: Run, slot: int, tick: int) -> None:
    """Rule 25: note that a lead is stalled, or is so no longer."""
    stay_apart()
    at, layout = run.at[slot], run.layout
    at.stalled = 1 - at.stalled
    count(run, slot, layout.stalled + at.stage, 2 * at.stalled - 1)
    if at.stream >= 0:
        count(run, slot, layout.stalled_stream + at.stream, 2 * at.stalled - 1)
    tell(run, slot, tick, p.NONE, p.NONE, 0, rows.STALLED if at.stalled == 1 else rows.WOKEN, p.NONE)


@inlined
def move_on(cell_edge: p.IntArray, regime_tick: p.IntArray, at: p.Record, tick: int) -> None:
    """Bring cell and regime up to a tick."""
    while cell_edge[at.cell + 1] <= tick:
        at.cell += 1
    while at.regime + 1 < len(regime_tick) and regime_tick[at.regime + 1] <= tick:
        at.regime += 1
