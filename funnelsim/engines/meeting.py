"""What leads of the fast engine do where they meet: ask for people, leave them, wait for owners, ask for more time.

Rules 40, 43, 44 and 46 to 51 of `semantics.md`, as far as a lead is active in them; what is given out is in
`passing.py`.
"""

from __future__ import annotations

from funnelsim.engines import luck, rows
from funnelsim.engines.jit import lean, stay_apart
from funnelsim.engines.judging import holds_now
from funnelsim.engines.philox import below
from funnelsim.engines.queues import join, without
from funnelsim.engines.recording import tell
from funnelsim.engines.state import ASKING, IDLE, WAITING, WORKING, Run
from funnelsim.engines.stepping import HALVES, container_of, row_of, start_afresh
from funnelsim.engines.tables import UNLIMITED
from funnelsim.engines.working_time import team_clock, work_end
from funnelsim.program import records as p

# Whether a lead waits for an owner: it is in the line, or has yet to say so, since it was walked ahead of the others.
IN_LINE, COMING = 1, 2


@lean
def count(run: Run, slot: int, kind: int, number: int) -> None:
    """Count something of a lead in the cell that it has come to."""
    at = run.at[slot]
    run.counts[at.cohort, at.cell, at.group, kind] += number


# ---------------------------------------------------------------- asking for people
@lean
def ask(run: Run, slot: int, move: int, tick: int) -> None:
    """Rule 40: a move asks for a person."""
    stay_apart()
    at, state = run.at[slot], run.state[0]
    this, mine = run.tables.moves[at.regime, move], run.own[slot, move]
    request = run.requests[slot, move]
    mine.phase = WAITING
    mine.clock = UNLIMITED
    at.open += 1
    request.asked = tick
    request.person = p.NONE
    request.queue = p.NONE
    row = row_of(run.tables.turns[at.regime], this, mine)
    tell(run, slot, tick, move, row, mine.attempts + 1, rows.ASKED, p.NONE)
    count(run, slot, run.layout.queue + this.team, 1)
    if this.owned == 1:
        if at.person >= 0:
            wait_for_owner(run, slot, move)
    else:
        stand_in_queue(run, slot, move, this.team, run.tables.teams[at.regime, this.team].discipline)
        run.waiting[0, this.team] += 1
        run.recent[state.recent] = slot * run.own.shape[1] + move
        state.recent += 1
    state.pass_due = 1


@lean
def wait_for_owner(run: Run, slot: int, move: int) -> None:
    """Stand in the queue of the lead's owner, in the order in which they pick."""
    person = run.at[slot].person
    worker = run.tables.people[person]
    stand_in_queue(run, slot, move, run.waiting.shape[1] + person, worker.picks)
    run.waiting[1, worker.team] += 1


@lean
def stand_in_queue(run: Run, slot: int, move: int, queue: int, discipline: int) -> None:
    """Rule 43: join a queue, in the order of its discipline."""
    at, request = run.at[slot], run.requests[slot, move]
    order = 0
    if discipline == p.NEWEST:
        order = -request.asked
    elif discipline == p.PRIORITY:
        order = -run.tables.moves[at.regime, move].priority
    elif discipline == p.DEADLINE:
        order = nearest_deadline(run, slot)
    elif discipline == p.EVEN:
        order = at.worked
    request.order = order
    put_in_queue(run, slot, move, queue)


@lean
def put_in_queue(run: Run, slot: int, move: int, queue: int) -> None:
    """Stand at the place in a queue that a request has by its order."""
    request, node = run.requests[slot, move], slot * run.own.shape[1] + move
    place = run.nodes[node]
    place.order = request.order
    place.since = request.asked
    place.key = run.at[slot].key
    place.move = move
    request.queue = queue
    run.roots[queue] = join(run.nodes, run.roots[queue], node)


@lean
def nearest_deadline(run: Run, slot: int) -> int:
    """Tick of the lead's nearest running deadline; UNLIMITED where there is none."""
    at, own, containers = run.at[slot], run.own[slot], run.tables.containers
    stages, first_team = run.ages.shape[1], containers.shape[1] - run.busy.shape[1]
    nearest = UNLIMITED
    for half in range(HALVES):
        container = container_of(at, half, stages, first_team)
        if container >= 0:
            for i in range(containers[0, container].first, containers[0, container].end):
                if run.tables.moves[0, i].deadline == 1:
                    nearest = min(nearest, own[i].clock)
    return nearest


@lean
def leave_queue(run: Run, slot: int, move: int) -> None:
    """Take a waiting request out of where it waits, if it waits anywhere."""
    request, teams = run.requests[slot, move], run.waiting.shape[1]
    if request.queue >= 0:
        node = slot * run.own.shape[1] + move
        run.roots[request.queue] = without(run.nodes, run.roots[request.queue], node)
        if request.queue < teams:
            run.waiting[0, request.queue] -= 1
        elif request.queue == len(run.roots) - 1:
            run.waiting[0, run.state[0].team] -= 1
        else:
            run.waiting[1, run.tables.people[request.queue - teams].team] -= 1
        request.queue = p.NONE


# ---------------------------------------------------------------- work
@lean
def row_work_end(run: Run, slot: int, move: int, person: int, tick: int) -> int:
    """Return when the work of the row that an attempt has come to ends (rule 39)."""
    stay_apart()
    tables, at, mine = run.tables, run.at[slot], run.own[slot, move]
    this, worker = tables.moves[at.regime, move], tables.people[person]
    row = row_of(tables.turns[at.regime], this, mine)
    wait = tables.waits[tables.rows[at.regime, row].takes]
    work = luck.work_ticks(wait, tables.pool, this.key, at.key, mine.starts, mine.attempts, mine.step)
    hours = tables.teams[at.regime, worker.team].hours
    return work_end(tables.worked_days[worker.team], tick, work, hours, worker.pace)


@lean
def finish_work(run: Run, slot: int, move: int, tick: int) -> None:
    """Let the person who works on a move go, and count for how long they did."""
    stay_apart()
    request = run.requests[slot, move]
    run.own[slot, move].phase = IDLE
    run.at[slot].open -= 1
    run.workers[request.person].busy = 0
    run.state[0].pass_due = 1
    count_work(run, slot, move, tick)


@lean
def count_work(run: Run, slot: int, move: int, until: int) -> None:
    """Count the ticks of the team's clock that a person has worked on a move, cell by cell."""
    at, edges, begun = run.at[slot], run.tables.cell_edge, run.requests[slot, move].begun
    team = run.tables.moves[at.regime, move].team
    worked_days, cell = run.tables.worked_days[team], at.cell
    while cell >= 0 and edges[cell + 1] > begun:
        low, high = max(edges[cell], begun), min(edges[cell + 1], until)
        ticks = team_clock(worked_days, high) - team_clock(worked_days, low) if high > low else 0
        run.counts[at.cohort, cell, at.group, run.layout.busy + team] += ticks
        if cell > 0:
            run.busy[slot, team] += ticks
        cell -= 1


# ---------------------------------------------------------------- leaving
@lean
def leave(run: Run, slot: int, stream: int, tick: int) -> None:
    """Rules 44 and 49: leave a stage, and a stream unless it is the one to go on, with all that was asked for there."""
    stay_apart()
    at = run.at[slot]
    if at.stage >= 0:
        drop(run, slot, at.stage, tick, False)
        give_token_back(run, slot)
    if at.stream >= 0 and stream != at.stream:
        drop(run, slot, run.ages.shape[1] + at.stream, tick, False)


@lean
def drop(run: Run, slot: int, container: int, tick: int, touches: bool) -> None:
    """Drop the requests of a container's moves, or of its touches, and stop the work on them."""
    stay_apart()
    at, tables = run.at[slot], run.tables
    for i in range(tables.containers[0, container].first, tables.containers[0, container].end):
        this, mine = tables.moves[at.regime, i], run.own[slot, i]
        if touches and this.num_turns == 0:
            continue
        row = row_of(tables.turns[at.regime], this, mine)
        if mine.phase == WAITING:
            tell(run, slot, tick, i, row, mine.attempts + 1, rows.DROPPED, p.NONE)
            count(run, slot, run.layout.queue + this.team, -1)
            leave_queue(run, slot, i)
            at.open -= 1
        elif mine.phase == WORKING:
            tell(run, slot, tick, i, row, mine.attempts + 1, rows.STOPPED, run.requests[slot, i].person)
            finish_work(run, slot, i, tick)
        elif mine.phase == ASKING:
            unask(run, slot, i)
        mine.phase = IDLE


@lean
def unask(run: Run, slot: int, move: int) -> None:
    """Take a question for more time back."""
    asks = len(run.roots) - 2
    run.roots[asks] = without(run.nodes, run.roots[asks], slot * run.own.shape[1] + move)
    run.at[slot].open -= 1


@lean
def give_token_back(run: Run, slot: int) -> None:
    """Give back the token of a lead whose deadline was put off, if it holds one."""
    if run.at[slot].token == 1:
        run.at[slot].token = 0
        run.workers[run.at[slot].person].tokens -= 1


# ---------------------------------------------------------------- owners
@lean
def change_team(run: Run, slot: int, team: int, tick: int) -> None:
    """Rules 46 and 47: leave the stages of one team, and enter those of another; either may be none."""
    stay_apart()
    at = run.at[slot]
    if at.team >= 0:
        if at.in_line == IN_LINE:
            leave_line(run, slot)
        if at.in_line != 0:
            count(run, slot, run.layout.unowned + at.team, -1)
        if at.person >= 0:
            run.workers[at.person].held -= 1
            count(run, slot, run.layout.held + at.person, -1)
            at.last_owner = at.person
            at.left = tick
            run.state[0].pass_due = 1
    at.in_line = 0
    at.person = p.NONE
    at.team = team
    at.claimed = p.NONE
    at.reached = 0
    if team >= 0:
        count(run, slot, run.layout.unowned + team, 1)
        at.joined = tick
        at.in_line = COMING
        if tick == run.state[0].now:
            get_in_line(run, slot)


@lean
def get_in_line(run: Run, slot: int) -> None:
    """Stand in the line of the rule that says who gets the lead."""
    at, tables = run.at[slot], run.tables
    team = tables.teams[at.regime, at.team]
    at.in_line = IN_LINE
    at.rule = team.first_rule
    while not holds_now(run, slot, at.rule, run.state[0].now):
        at.rule += 1
    node = len(run.at) * run.own.shape[1] + slot
    place = run.nodes[node]
    place.order = 0
    place.since = at.joined
    place.key = at.key
    place.move = 0
    line = line_of(run, at.rule)
    run.roots[line] = join(run.nodes, run.roots[line], node)
    run.state[0].pass_due = 1


@lean
def line_of(run: Run, rule: int) -> int:
    """Return where the root of a rule's line is."""
    return int(run.waiting.shape[1] + len(run.workers) + rule)


@lean
def leave_line(run: Run, slot: int) -> None:
    """Wait for an owner no more."""
    line = line_of(run, run.at[slot].rule)
    run.roots[line] = without(run.nodes, run.roots[line], len(run.at) * run.own.shape[1] + slot)


@lean
def is_there(run: Run, person: int) -> bool:
    """Say whether a person is there now (rule 38)."""
    worker = run.tables.people[person]
    return bool(worker.from_tick <= run.state[0].now < worker.until_tick)


@lean
def hand_over(run: Run, slot: int, person: int, tick: int) -> None:
    """Rules 46 and 50: a lead that stands in no line any more gets an owner; the first time, its recycling starts."""
    at, tables = run.at[slot], run.tables
    at.in_line = 0
    at.person = person
    run.workers[person].held += 1
    count(run, slot, run.layout.unowned + at.team, -1)
    count(run, slot, run.layout.claims + at.team, 1)
    count(run, slot, run.layout.held + person, 1)
    tell(run, slot, tick, p.NONE, p.NONE, 0, rows.CLAIMED, person)
    if at.claimed < 0:
        at.claimed = tick
        at.followed_up = p.NONE
        at.worked = 0
        container = tables.containers.shape[1] - run.busy.shape[1] + at.team
        run.visits[slot, container] += 1
        for i in range(tables.containers[0, container].first, tables.containers[0, container].end):
            mine = run.own[slot, i]
            start_afresh(mine)
            mine.started = 1
            mine.starts = run.visits[slot, container]
            mine.clock = UNLIMITED
            mine.from_tick = tick


# ---------------------------------------------------------------- more time, and being taken back
@lean
def put_off(run: Run, slot: int, move: int, tick: int) -> bool:
    """Rule 49: at a deadline's clock, put it off or ask for that; False where the deadline comes."""
    stay_apart()
    at, mine, this = run.at[slot], run.own[slot, move], run.tables.moves[run.at[slot].regime, move]
    word = luck.extension_word(this.key, at.key, mine.starts, mine.extended)
    if not below(word, this.extend_chance):
        return False
    if this.per_owner >= UNLIMITED or at.token == 1:
        extend(run, slot, move, tick)
        return True
    if at.team < 0 or at.person < 0:
        return False
    mine.phase = ASKING
    mine.clock = UNLIMITED
    at.open += 1
    node, asks = slot * run.own.shape[1] + move, len(run.roots) - 2
    place = run.nodes[node]
    place.order = 0
    place.since = 0
    place.key = at.key
    place.move = move
    run.roots[asks] = join(run.nodes, run.roots[asks], node)
    run.state[0].pass_due = 1
    return True


@lean
def extend(run: Run, slot: int, move: int, tick: int) -> None:
    """Put a deadline off."""
    mine, this = run.own[slot, move], run.tables.moves[run.at[slot].regime, move]
    mine.extended += 1
    mine.clock = tick + this.extend_by
    tell(run, slot, tick, move, this.first_row, mine.extended, rows.EXTENDED, run.at[slot].person)
    count(run, slot, run.layout.extended + move, 1)


@lean
def taken_back(run: Run, slot: int, move: int, tick: int) -> bool:
    """Rule 50: at the clock of what takes a lead back, say whether it does; else it is silent for good, or waits."""
    stay_apart()
    at, mine, this = run.at[slot], run.own[slot, move], run.tables.moves[run.at[slot].regime, move]
    mine.clock = UNLIMITED
    reached = at.reached & (3 if this.void == p.VOID_IF_REACHED else 2 if this.void == p.VOID_IF_WON else 0)
    if at.won == 1 or reached != 0:
        mine.started = 0
        return False
    team = run.tables.teams[at.regime, at.team]
    protected = at.claimed + team.protection
    if at.followed_up >= 0:
        protected = max(protected, min(at.followed_up + team.by_activity, at.claimed + team.most))
    if tick < protected:
        mine.clock = protected
        return False
    return True
