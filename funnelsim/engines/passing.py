"""The last phase of an instant in the fast engine: what is shared is given out (semantics, rules 41 to 49)."""

from __future__ import annotations

import numpy as np

from funnelsim.engines import rows
from funnelsim.engines.jit import lean
from funnelsim.engines.meeting import count as count_one
from funnelsim.engines.meeting import (
    extend,
    get_in_line,
    hand_over,
    is_there,
    leave_queue,
    line_of,
    put_in_queue,
    row_work_end,
    wait_for_owner,
)
from funnelsim.engines.queues import join, without, without_first
from funnelsim.engines.recording import tell
from funnelsim.engines.state import IDLE, WAITING, WORKING, Run
from funnelsim.engines.stepping import row_of, trigger
from funnelsim.engines.tables import UNLIMITED
from funnelsim.engines.tally import age_bin
from funnelsim.engines.walking import move_on, replan
from funnelsim.engines.working_time import is_day_off, opening
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY


@lean
def come_to(run: Run, slot: int) -> None:
    """Bring a lead's cell and regime up to now."""
    move_on(run.tables.cell_edge, run.tables.regime_tick, run.at[slot], run.state[0].now)


@lean
def take_out(run: Run, slot: int, move: int) -> None:
    """Let a lead's request or question end; it is walked on from here, and then due at another tick."""
    come_to(run, slot)
    run.own[slot, move].phase = IDLE
    run.at[slot].open -= 1


# ---------------------------------------------------------------- more time
@lean
def answer(run: Run) -> tuple[int, int]:
    """Rule 49: grant more time to those whose owners have tokens left; return the first whose deadline comes."""
    asks, moves, now = len(run.roots) - 2, run.own.shape[1], run.state[0].now
    while run.roots[asks] >= 0:
        node = run.roots[asks]
        run.roots[asks] = without_first(run.nodes, node)
        slot, move = node // moves, node % moves
        take_out(run, slot, move)
        at = run.at[slot]
        if at.person < 0 or run.workers[at.person].tokens >= run.tables.moves[at.regime, move].per_owner:
            return slot, move
        run.workers[at.person].tokens += 1
        at.token = 1
        extend(run, slot, move, now)
        replan(run, slot, now)
    return p.NONE, p.NONE


# ---------------------------------------------------------------- owners
@lean
def has_room(run: Run, person: int) -> bool:
    """Say whether a person can get one more lead now (rule 46)."""
    team = run.tables.teams[run.state[0].regime, run.tables.people[person].team]
    worker = run.workers[person]
    today = worker.claims if worker.day == run.state[0].now // DAY else 0
    return is_there(run, person) and worker.held < team.hold and today < team.claim_per_day


@lean
def somebody_has_room(run: Run, rule: int) -> bool:
    """Say whether anybody whom a rule names can get one more lead now."""
    written = run.tables.rules[rule]
    for i in range(written.first_person, written.end_person):  # noqa: SIM110 - `any` makes a generator
        if has_room(run, run.tables.rule_people[i]):
            return True
    return False


@lean
def choose(run: Run, rule: int, slot: int) -> int:
    """Return who gets a lead by a rule; NONE where only its last owner could (rule 46)."""
    written, at, now = run.tables.rules[rule], run.at[slot], run.state[0].now
    number = written.end_person - written.first_person
    cooling = now < at.left + run.tables.teams[run.state[0].regime, at.team].cooldown
    best, place = p.NONE, p.NONE
    for i in range(number):
        turn = i
        if written.by == p.ROUND_ROBIN:
            turn = (run.chosen[rule] + 1 + i) % number
        person = run.tables.rule_people[written.first_person + turn]
        if has_room(run, person) and not (cooling and person == at.last_owner):
            if written.by == p.ROUND_ROBIN:
                best, place = person, turn
                break
            if best < 0 or run.workers[person].held < run.workers[best].held:
                best, place = person, turn
    if best >= 0:
        run.chosen[rule] = place
    return best


@lean
def assign(run: Run, team: int) -> None:
    """Rule 46: leads get owners, in the order in which they wait, as long as somebody may take one."""
    state, nodes, first_lead = run.state[0], run.nodes, len(run.at) * run.own.shape[1]
    written = run.tables.teams[state.regime, team]
    aside, left = p.NONE, False
    while True:
        first, line = p.NONE, p.NONE
        for rule in range(written.first_rule, written.end_rule):
            root = run.roots[line_of(run, rule)]
            if root >= 0 and (first < 0 or is_earlier(run, root, first)) and somebody_has_room(run, rule):
                first, line = root, line_of(run, rule)
        if first < 0:
            break
        run.roots[line] = without_first(nodes, first)
        slot = first - first_lead
        person = choose(run, run.at[slot].rule, slot)
        if person >= 0:
            claim(run, slot, person)
        else:
            nodes[first].next = aside
            aside = first
            state.next_pass = min(state.next_pass, run.at[slot].left + written.cooldown)
    while aside >= 0:
        after = nodes[aside].next
        line = line_of(run, run.at[aside - first_lead].rule)
        run.roots[line] = join(nodes, run.roots[line], aside)
        aside = after
    for rule in range(written.first_rule, written.end_rule):
        left = left or run.roots[line_of(run, rule)] >= 0
    if left and written.claim_per_day < UNLIMITED:
        state.next_pass = min(state.next_pass, (state.now // DAY + 1) * DAY)


@lean
def is_earlier(run: Run, a: int, b: int) -> bool:
    """Say whether one lead in a line waits for longer than another, at one tick by lead key."""
    one, other = run.nodes[a], run.nodes[b]
    return bool(one.since < other.since or (one.since == other.since and one.key < other.key))


@lean
def claim(run: Run, slot: int, person: int) -> None:
    """Give a lead to a person, with all that waits for an owner."""
    come_to(run, slot)
    at, worker, now = run.at[slot], run.workers[person], run.state[0].now
    worker.claims = (worker.claims if worker.day == now // DAY else 0) + 1
    worker.day = now // DAY
    hand_over(run, slot, person, now)
    replan(run, slot, now)
    for i in range(run.own.shape[1]):
        if (
            run.own[slot, i].phase == WAITING
            and run.tables.moves[at.regime, i].owned == 1
            and run.requests[slot, i].queue < 0
        ):
            wait_for_owner(run, slot, i)


@lean
def lose_owner(run: Run, slot: int) -> None:
    """Rule 47: the owner of a lead leaves the team; it waits for another."""
    come_to(run, slot)
    at, now, person = run.at[slot], run.state[0].now, run.at[slot].person
    tell(run, slot, now, p.NONE, p.NONE, 0, rows.UNOWNED, person)
    for i in range(run.own.shape[1]):
        if run.own[slot, i].phase == WAITING and run.tables.moves[at.regime, i].owned == 1:
            leave_queue(run, slot, i)
    count_one(run, slot, run.layout.held + person, -1)
    count_one(run, slot, run.layout.unowned + at.team, 1)
    at.person = p.NONE
    at.token = 0
    at.joined = now
    get_in_line(run, slot)


@lean
def go(run: Run, person: int) -> None:
    """Rule 47: a person leaves the team, and their leads wait for other owners."""
    if run.workers[person].held > 0:
        for slot in range(run.state[0].used):
            if run.at[slot].live == 1 and run.at[slot].person == person:
                lose_owner(run, slot)
    run.workers[person].held = 0
    run.workers[person].tokens = 0


# ---------------------------------------------------------------- people
@lean
def take_up(run: Run, team: int) -> None:
    """Rule 42: whoever is there and free takes up work, unless it is a day off."""
    state, tables, moves = run.state[0], run.tables, run.own.shape[1]
    if run.waiting[0, team] + run.waiting[1, team] == 0:
        return
    if is_day_off(tables.worked_days[team], state.now):
        state.next_pass = min(state.next_pass, opening(tables.worked_days[team], state.now))
        return
    teams, written = run.waiting.shape[1], tables.teams[state.regime, team]
    for person in range(written.first_person, written.end_person):
        node = run.roots[teams + person]
        if node < 0:
            node = run.roots[team]
        if node >= 0 and run.workers[person].busy == 0 and is_there(run, person):
            begin_work(run, node // moves, node % moves, person)
            if run.waiting[0, team] + run.waiting[1, team] == 0:
                return


@lean
def begin_work(run: Run, slot: int, move: int, person: int) -> None:
    """Let a person take up a request."""
    come_to(run, slot)
    at, mine, request, now, layout = (
        run.at[slot],
        run.own[slot, move],
        run.requests[slot, move],
        run.state[0].now,
        run.layout,
    )
    this = run.tables.moves[at.regime, move]
    leave_queue(run, slot, move)
    run.workers[person].busy = 1
    mine.phase = WORKING
    mine.step = 0
    request.person = person
    request.begun = now
    mine.clock = row_work_end(run, slot, move, person, now)
    row = row_of(run.tables.turns[at.regime], this, mine)
    tell(run, slot, now, move, row, mine.attempts + 1, rows.BEGUN, person)
    count_one(run, slot, layout.queue + this.team, -1)
    count_one(run, slot, layout.begun + move, 1)
    count_one(run, slot, layout.waited + this.team, now - request.asked)
    if at.cell > 0:
        run.waits[at.group, this.team, age_bin(now - request.asked)] += 1
    at.worked += 1
    if this.owned == 1:
        follow_up(run, slot, this.container)
    replan(run, slot, now)


@lean
def follow_up(run: Run, slot: int, container: int) -> None:
    """Note that an owner has begun work on a lead: its recycling for want of follow-ups starts again (rule 50)."""
    at, tables, now = run.at[slot], run.tables, run.state[0].now
    at.followed_up = now
    held = tables.containers[0, tables.containers.shape[1] - run.busy.shape[1] + at.team]
    for i in range(held.first, held.end):
        if tables.moves[0, i].trigger == p.ON_FOLLOW_UP:
            trigger(run.own[slot, i], now)
    same_stay = at.stage == at.week_stage and run.visits[slot, at.stage] == at.week_visit
    if now < at.week_until and same_stay and container == at.stage:
        at.week_begun += 1


@lean
def look_who_asked(run: Run, team: int) -> None:
    """Take those who asked at this instant out of the queue of a team in which more wait than can, the last first."""
    state, moves, latest = run.state[0], run.own.shape[1], len(run.roots) - 1
    if run.waiting[0, team] <= run.tables.teams[state.regime, team].queue_limit:
        return
    for i in range(state.recent):
        node = run.recent[i]
        slot, move = node // moves, node % moves
        request = run.requests[slot, move]
        waits = run.at[slot].live == 1 and run.own[slot, move].phase == WAITING
        if waits and request.queue == team and request.asked == state.now:
            run.roots[team] = without(run.nodes, run.roots[team], node)
            request.queue = latest
            place = run.nodes[node]
            place.order = -np.int64(run.at[slot].key >> np.uint64(32))
            place.since = -np.int64(run.at[slot].key & np.uint64(0xFFFFFFFF))
            place.key = np.uint64(0)
            place.move = -move
            run.roots[latest] = join(run.nodes, run.roots[latest], node)


@lean
def turn_away(run: Run, team: int) -> tuple[int, int]:
    """Rule 45: return the next whom a full queue turns away, or NONE once the others have their places again."""
    moves, latest = run.own.shape[1], len(run.roots) - 1
    limit = run.tables.teams[run.state[0].regime, team].queue_limit
    while run.roots[latest] >= 0:
        node = run.roots[latest]
        run.roots[latest] = without_first(run.nodes, node)
        slot, move = node // moves, node % moves
        if run.waiting[0, team] > limit:
            run.waiting[0, team] -= 1
            run.requests[slot, move].queue = p.NONE
            take_out(run, slot, move)
            count_one(run, slot, run.layout.queue + team, -1)
            count_one(run, slot, run.layout.turned_away + team, 1)
            return slot, move
        put_in_queue(run, slot, move, team)
    return p.NONE, p.NONE
