"""One touch in the fast engine: how far its chain comes, what it leaves (rules 58, 59, 62); `gating` lets it go."""

from __future__ import annotations

from funnelsim.engines import luck, rows
from funnelsim.engines.gating import PAUSED, SENT, hold_back, is_gated, look_at_gate
from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.meeting import ask, finish_work
from funnelsim.engines.philox import below
from funnelsim.engines.reaching import count_touch
from funnelsim.engines.state import WORKING, Run
from funnelsim.engines.stepping import is_given_up, is_silenced, turn_of, use_up, word_of
from funnelsim.engines.tally import CONTENT_KINDS, OPENED, OPTED_OUT, WARMED
from funnelsim.engines.ways import be_left_alone, leads_on
from funnelsim.engines.weighing import limit_of, show, tire, warm
from funnelsim.program import records as p

NOTHING = -3
"""What happens where nothing does after all; see `walking`."""

Outcome = tuple[int, int, int, int, int, int, int, int, int, int]
"""What happened; row and number of the attempt, its cost, who worked on it, where the lead goes, and why; the first row
that is to be logged, the content given, and 1 if the touch was engaged."""


@inlined
def touch(run: Run, slot: int, tick: int, move: int, old: int) -> Outcome:
    """Rules 58 to 64: the clock of a touch rings, or the work on it ends."""
    tables, at, mine = run.tables, run.at[slot], run.own[slot, move]
    this, works = tables.moves[at.regime, move], mine.phase == WORKING
    turn = turn_of(this, mine)
    row, number = tables.turns[at.regime, turn].first_row, mine.attempts + 1
    said = look_at_gate(run, slot, tick, move, turn) if is_gated(run, slot, move, turn) else SENT
    if said == SENT and this.team >= 0 and not works:
        mine.planned = p.NONE
        ask(run, slot, move, tick)
        said = PAUSED
    if said == PAUSED:
        return NOTHING, p.NONE, 0, 0, p.NONE, p.NONE, p.NONE, p.NONE, p.NONE, 0
    person = run.requests[slot, move].person if works else p.NONE
    if said != SENT:
        if works:
            finish_work(run, slot, move, tick)
        destination = hold_back(run, slot, tick, move, turn, said)
        reason = this.else_reason if destination >= 0 else p.NONE
        return said, row, number, 0, person, destination, reason, row, p.NONE, 0
    return send(run, slot, tick, move, turn, person, old)


@inlined
def send(run: Run, slot: int, tick: int, move: int, turn: int, person: int, old: int) -> Outcome:
    """Rules 58 and 59: decide a touch row by row, and let it leave what it does."""
    tables, at, mine = run.tables, run.at[slot], run.own[slot, move]
    this, written, regime = tables.moves[at.regime, move], tables.turns[at.regime, turn], tables.rows[at.regime]
    here, counted = run.counts[at.cohort, at.cell, at.group], run.layout.attempt + old
    asset, odds = p.NONE, 1.0
    if written.first_asset < written.end_asset:
        asset = choose_content(run, slot, turn)
        odds = content_odds(run, slot, asset)
    number, happened, furthest, last = mine.attempts + 1, rows.FAILED, p.PLAIN, written.first_row
    for row in range(written.first_row, written.end_row):
        role, last = regime[row].role, row
        limit = limit_of(run, slot, tick, move, row, person, odds if row == written.engaging_row else 1.0)
        if role == p.RESPONSE:
            word = word_of(this, mine, at.key)
        else:
            word = luck.touch_word(this.key, at.key, mine.starts, mine.attempts, role)
        passed = below(word, limit)
        if role == p.OPT_OUT:
            if passed:
                happened = rows.OPTED_OUT
                break
        elif passed:
            furthest = role
            if row == written.end_row - 1 or regime[row].to >= 0:
                happened = rows.SUCCEEDED
                break
            here[counted + row * 6 + rows.SUCCEEDED * 2] += 1
        else:
            break
    delivered = not (happened == rows.FAILED and regime[last].role == p.DELIVERED)
    asset = asset if delivered else p.NONE
    engaged = furthest >= min(p.CLICK, regime[written.end_row - 1].role)
    if run.state[0].warms == 1 or asset >= 0:
        leave_points(run, slot, tick, turn, last if happened == rows.FAILED else last + 1, happened, asset)
    if delivered and run.state[0].tires == 1 and written.weight != 0:
        tire(run, slot, tick, written.weight)
    if furthest >= p.OPEN:
        at.behaviour = furthest - p.OPEN + p.OPENED
    if engaged:
        at.active_since = tick
    if happened == rows.SUCCEEDED:
        show(run, slot, tick, this.event)
    note_contact(run, slot, tick, turn)
    count_touch(run, slot, turn, old, delivered, engaged, asset)
    if delivered and (written.seen if furthest >= p.OPEN else written.false) > 0:
        count_recorded(run, slot, move, turn, furthest >= p.OPEN)
    mine.unanswered = 0 if engaged else mine.unanswered + 1
    if mine.phase == WORKING:
        finish_work(run, slot, move, tick)
    use_up(mine, tick)
    destination, reason = p.NONE, p.NONE
    if happened == rows.OPTED_OUT:
        at.opted_out = 1
        if 0 <= regime[last].to < run.ages.shape[1]:
            destination, reason = regime[last].to, regime[last].to_reason
        elif is_given_up(this, mine) and not is_silenced(this, run.ages.shape[1]):
            destination, reason = this.otherwise, this.else_reason
            here[run.layout.given_up + move] += 1
        else:
            be_left_alone(run, slot, tick)
    else:
        if happened == rows.SUCCEEDED and regime[last].to >= 0:
            here[run.layout.led + move] += 1
            if leads_on(run, slot, regime[last].to, regime[last].to_reason, tick):
                destination, reason = regime[last].to, regime[last].to_reason
        if not delivered and leads_on(run, slot, regime[last].otherwise, regime[last].reason, tick):
            destination, reason = regime[last].otherwise, regime[last].reason
        if destination < 0 and is_given_up(this, mine) and leads_on(run, slot, this.otherwise, this.else_reason, tick):
            destination, reason = this.otherwise, this.else_reason
            here[run.layout.given_up + move] += 1
        if happened == rows.FAILED and destination >= 0:
            happened = rows.EXHAUSTED
    here[counted + last * 6 + (rows.SUCCEEDED if happened == rows.OPTED_OUT else happened) * 2] += 1
    cost, stirs = regime[written.first_row].cost, 1 if engaged else 0
    return happened, last, number, cost, person, destination, reason, written.first_row, asset, stirs


@lean
def leave_points(run: Run, slot: int, tick: int, turn: int, end: int, happened: int, asset: int) -> None:
    """Give the points of the rows of a touch that were passed, before `end`; count what became of its content."""
    regime, at, content = run.at[slot].regime, run.at[slot], run.layout.content + asset * CONTENT_KINDS
    here = run.counts[at.cohort, at.cell, at.group]
    for row in range(run.tables.turns[0, turn].first_row, end):
        passed = run.tables.rows[regime, row]
        if passed.role == p.OPT_OUT and happened != rows.OPTED_OUT:
            continue
        if passed.points != 0:
            warm(run, slot, tick, passed.points)
        if asset >= 0:
            here[content + WARMED] += passed.points
            if passed.role == p.OPT_OUT:
                here[content + OPTED_OUT] += 1
            elif passed.role >= p.OPEN:
                here[content + OPENED + passed.role - p.OPEN] += 1


@inlined
def note_contact(run: Run, slot: int, tick: int, turn: int) -> None:
    """Rule 63: note a touch for the limits of contact that hold for it."""
    written = run.tables.turns[0, turn]
    for i in range(written.first_limit, written.end_limit):
        number = run.tables.turn_limits[i]
        limit, count = run.tables.limits[0, number], run.ring_count[slot, number]
        run.ring[slot, limit.first + count % limit.capacity] = tick
        run.ring_count[slot, number] = count + 1


@lean
def choose_content(run: Run, slot: int, turn: int) -> int:
    """Rule 62: return which asset is given; there is one."""
    stay_apart()
    at, written, tables = run.at[slot], run.tables.turns[0, turn], run.tables
    chosen, least = p.NONE, 0.0
    for i in range(written.first_asset, written.end_asset):
        number = tables.turn_assets[i]
        asset, had = tables.assets[at.regime, number], run.had[slot, number]
        if had < asset.number:
            rank = luck.asset_rank(asset, at.key, had)
            if chosen < 0 or rank < least:
                chosen, least = number, rank
    return int(chosen)


@lean
def content_odds(run: Run, slot: int, asset: int) -> float:
    """Return the odds of an asset for a lead: by its kinds, then its channel, then its stage."""
    stay_apart()
    at, tables, kinds = run.at[slot], run.tables, run.kinds[slot]
    odds, values, channels = tables.asset_odds[at.regime, asset], len(tables.values), tables.channels.shape[1]
    product = 1.0
    for q in range(len(kinds)):
        product *= odds[tables.kind_first[q] + kinds[q]]
    return float(product * odds[values + at.channel] * odds[values + channels + at.stage])


@lean
def count_recorded(run: Run, slot: int, move: int, turn: int, opened: bool) -> None:
    """Count an open that is recorded, whether it happened or not, of a touch with such a row."""
    stay_apart()
    at, mine, tables = run.at[slot], run.own[slot, move], run.tables
    written = tables.turns[at.regime, turn]
    limit = written.seen if opened else written.false
    for row in range(written.first_row, written.end_row):
        if tables.rows[0, row].role == p.OPEN:
            word = luck.record_word(tables.moves[at.regime, move].key, at.key, 0, mine.lifetime)
            if below(word, limit):
                run.counts[at.cohort, at.cell, at.group, run.layout.recorded + turn] += 1
