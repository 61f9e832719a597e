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
from funnelsim.engines.jit import inlined, lean
from funnelsim.engines.lives import finish, note_stage
from funnelsim.engines.meeting import (
    change_team,
    finish_work,
    leave,
    put_off,
    row_work_end,
    taken_back,
)
from funnelsim.engines.philox import below
from funnelsim.engines.queues import expect, forget
from funnelsim.engines.state import WORKING, Run, record
from funnelsim.engines.stepping import (
    be_active,
    chance_place,
    enter,
    is_given_up,
    is_old,
    resolve,
    start_clock,
    turn_page,
    use_up,
)
from funnelsim.engines.tables import UNLIMITED
from funnelsim.engines.tally import age_bin
from funnelsim.program import records as p

# What can happen to a lead, beside the outcomes of an attempt: the calendar turns a page, a deadline comes that asked
# for more time in vain, and nothing after all.
PAGE, IN_VAIN, NOTHING = -1, -2, -3

ATTEMPT = rows.FAILED
"""What happens when a clock rings; how it comes out is yet to be decided."""

# How many containers a lead can be in: its stage, its stream, and what its team holds of it.
HALVES = 3

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
        CREATED, PRESENT, PAGE, ATTEMPT, IN_VAIN or TURNED_AWAY.
    move : int
        Which move rings; NONE for what is no move.
    """
    tables, layout, counts, log = run.tables, run.layout, run.counts, run.log
    own, visits, kinds = run.own[slot], run.visits[slot], run.kinds[slot]
    all_moves, all_rows, containers, waits = tables.moves, tables.rows, tables.containers, tables.waits
    calendar, pool, at, state = tables.calendar_tick, tables.pool, run.at[slot], run.state[0]
    stages, end_tick, events = run.ages.shape[1], tables.run[0].end_tick, 0
    while True:
        events += 1
        if events % PATIENCE == 0 and run.stop[0] != 0:
            break
        move_on(tables.cell_edge, tables.regime_tick, at, tick)
        # ------------------------------------------------ something happens
        moves = all_moves[at.regime]
        stage, stream, destination = at.stage, at.stream, p.NONE
        row, number, cost, person, reason = p.NONE, 0, 0, p.NONE, p.NONE
        here = counts[at.cohort, at.cell, at.group]
        old = is_old(tables.run[0].old_ticks, tables.day_month_tick, at.created, tick)
        if happened == PAGE:
            at.next_page += 1
            turn_page(moves, waits, containers[at.regime], stages, at, own, tick)
        elif move < 0:  # rules 10 and 11: the lead comes
            destination = tables.channels[at.regime, at.channel].stage
            if happened == rows.CREATED:
                cost = tables.channels[at.regime, at.channel].cost
                here[layout.created + at.channel] += 1
            else:
                here[layout.present + at.channel] += 1
        else:
            this, mine = moves[move], own[move]
            number = mine.attempts
            if happened == ATTEMPT and this.extend_by > 0 and mine.extended < this.times:
                happened = NOTHING if put_off(run, slot, move, tick) else ATTEMPT
            elif this.container >= containers.shape[1] - run.busy.shape[1]:
                happened = ATTEMPT if taken_back(run, slot, move, tick) else NOTHING
            if happened == rows.TURNED_AWAY:  # rule 45
                row = this.first_row + number % this.num_rows
                number += 1
                use_up(mine, tick)
                if this.otherwise >= 0:
                    destination, reason = this.otherwise, this.else_reason
            elif happened != NOTHING:  # rules 16 to 22, 44 and 51: an attempt
                step = mine.step
                row = this.first_row + (step if this.num_steps > 0 else number % this.num_rows)
                place = chance_place(all_rows[at.regime, row], at.channel, number, visits[this.container] - 1)
                for q in range(len(kinds)):
                    place += kinds[q] * tables.row_kinds[row, q]
                limit = tables.threshold[at.regime, place]
                if mine.phase == WORKING:
                    person = run.requests[slot, move].person
                    limit = luck.skilled(limit, tables.people[person].chance)
                if step == 0:
                    word = luck.chance_word(this.key, at.key, mine.starts, number)
                else:
                    word = luck.step_word(this.key, at.key, mine.starts, number, step)
                happened = rows.SUCCEEDED if below(word, limit) else rows.FAILED
                cost = all_rows[at.regime, row].cost
                number += 1
                if step == 0:
                    mine.unanswered = 0 if happened == rows.SUCCEEDED else mine.unanswered + 1
                if happened == rows.SUCCEEDED and step < this.num_steps:  # rule 51
                    here[layout.attempt + row * 6 + happened * 2 + old] += 1
                    happened = rows.PASSED
                    mine.step = step + 1
                    mine.clock = row_work_end(run, slot, move, person, tick) if mine.phase == WORKING else tick
                else:
                    if mine.phase == WORKING:
                        finish_work(run, slot, move, tick)
                    use_up(mine, tick)  # rule 20: counted from when it was planned; forgotten if the lead leaves
                    mine.done += 1 if happened == rows.SUCCEEDED else 0
                    lost = all_rows[at.regime, row].otherwise
                    if happened == rows.SUCCEEDED and this.to >= 0 and mine.done >= this.needs:
                        destination, reason = this.to, this.to_reason
                        here[layout.led + move] += 1
                    elif happened == rows.FAILED and lost >= 0:
                        destination, reason = lost, all_rows[at.regime, row].reason
                        happened = rows.EXHAUSTED
                    elif this.otherwise >= 0 and is_given_up(this, mine):
                        destination, reason = this.otherwise, this.else_reason
                        if happened == rows.FAILED:
                            happened = rows.EXHAUSTED
                    here[layout.attempt + row * 6 + happened * 2 + old] += 1
        # ------------------------------------------------ it goes, or stays
        value = 0
        if destination >= 0:
            destination = resolve(containers[at.regime], moves, own, stages, at.stream, destination)
            if stage >= 0:
                here[layout.exit + stage] += 1
                if reason >= 0:
                    here[layout.reason + reason] += 1
                    if tables.reasons[reason] == 1:
                        here[layout.rejected + stage] += 1
            if at.open > 0 or at.team >= 0:
                leave(run, slot, destination, tick)
            enter(containers[at.regime], moves, visits, own, stages, at, state, destination, tick)
            entered = containers[at.regime, destination]
            if entered.owner != at.team:
                change_team(run, slot, entered.owner, tick)
            if at.team >= 0:
                at.reached |= tables.marks[at.team, destination]
            if entered.flags != 0 or (stage >= 0 and containers[at.regime, stage].flags != 0):
                note_stage(run, slot, stage, destination, tick, happened == rows.PRESENT)
            if happened != rows.PRESENT:
                value = luck.amount(waits[entered.value], pool, entered.key, at.key, visits[destination])
                here[layout.value + destination] += value
                first = visits[destination] == 1
                here[layout.entry + destination * 4 + (2 if first else 0) + old] += 1
                if first and at.cell > 0:
                    run.ages[at.group, destination, age_bin(tick - at.created)] += 1
        elif happened == rows.SUCCEEDED:
            be_active(containers[at.regime], moves, own, stages, at, tick)
        if happened >= 0:
            if at.cell > 0:
                at.spent += cost
            record(
                log, state, at, kinds[0], tick, stage, stream, move, row, number, happened, destination, cost, value,
                person, reason,
            )  # fmt: skip
        # ------------------------------------------------ clocks are put in order, and what comes next
        move, due = settle(run, slot, tick, happened == rows.PRESENT)
        page = calendar[at.next_page] if at.next_page < len(calendar) else UNLIMITED
        if at.team >= 0 or at.open > 0 or (due < page and moves[move].team >= 0):
            plan(run, slot, min(page, due), tick)
            break
        if min(page, due) >= end_tick or state.failed != 0:  # rule 3
            finish(run, slot)
            break
        if page <= due:  # rule 5
            tick, happened, move = page, PAGE, p.NONE
        else:
            tick, happened = due, ATTEMPT


@lean
def plan(run: Run, slot: int, tick: int, now: int) -> None:
    """Let a lead that meets others be due at a tick, or when it has to say that it waits for an owner."""
    at = run.at[slot]
    if at.in_line == 2:
        tick = now
    if tick < run.tables.run[0].end_tick:
        expect(run.events, run.at, run.state[0], slot, tick)
    elif at.place >= 0:
        forget(run.events, run.at, run.state[0], slot)


@lean
def replan(run: Run, slot: int, now: int) -> None:
    """Put the clocks of a lead in order after others had to do with it, and let it be due when it is."""
    at, calendar = run.at[slot], run.tables.calendar_tick
    due = settle(run, slot, now, False)[1]
    page = calendar[at.next_page] if at.next_page < len(calendar) else UNLIMITED
    plan(run, slot, min(page, due), now)


@inlined
def settle(run: Run, slot: int, tick: int, phased: bool) -> tuple[int, int]:
    """Start the clocks that are to start, note a stall or its end (rule 25); return which move is due next."""
    tables, at, own = run.tables, run.at[slot], run.own[slot]
    containers, waits, pool, stages = tables.containers, tables.waits, tables.pool, run.ages.shape[1]
    moves = tables.moves[at.regime]
    move, due = p.NONE, UNLIMITED
    for half in range(HALVES):
        container = container_of(at, half, stages, containers.shape[1] - run.busy.shape[1])
        if container >= 0:
            for i in range(containers[0, container].first, containers[0, container].end):
                if own[i].from_tick < UNLIMITED:
                    start_clock(moves[i], own[i], waits, pool, at.key, phased)
                if own[i].clock < due:
                    move, due = i, own[i].clock
    if (due >= UNLIMITED and at.open == 0) != (at.stalled != 0) and containers[0, at.stage].final == 0:
        at.stalled = 1 - at.stalled
        run.counts[at.cohort, at.cell, at.group, run.layout.stalled + at.stage] += 2 * at.stalled - 1
        told = rows.STALLED if at.stalled == 1 else rows.WOKEN
        record(
            run.log, run.state[0], at, run.kinds[slot, 0], tick, at.stage, at.stream, p.NONE, p.NONE, 0, told,
            p.NONE, 0, 0, p.NONE, p.NONE,
        )  # fmt: skip
    return move, due


@inlined
def container_of(at: p.Record, half: int, stages: int, first_team: int) -> int:
    """Return the first, second or third container that a lead is in; -1 where it is in none."""
    if half == 0:
        return int(at.stage)
    if half == 1:
        return stages + int(at.stream) if at.stream >= 0 else -1
    return first_team + int(at.team) if at.team >= 0 and at.claimed >= 0 else -1


@inlined
def move_on(cell_edge: p.IntArray, regime_tick: p.IntArray, at: p.Record, tick: int) -> None:
    """Bring cell and regime up to a tick."""
    while cell_edge[at.cell + 1] <= tick:
        at.cell += 1
    while at.regime + 1 < len(regime_tick) and regime_tick[at.regime + 1] <= tick:
        at.regime += 1
