"""Rules in the fast engine: whether one holds for a lead, and what it starts (semantics, rules 65 and 68)."""

from __future__ import annotations

from funnelsim.engines.jit import lean, stay_apart
from funnelsim.engines.points import fit_of
from funnelsim.engines.recording import warmth_at
from funnelsim.engines.state import Run
from funnelsim.engines.stepping import trigger
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import records as p


@lean
def holds(run: Run, slot: int, rule: int, tick: int, came_from: int, came_as: int) -> bool:
    """Say whether a rule holds for a lead: one of the conditions by each thing that it looks at.

    Parameters
    ----------
    run : Run
    slot : int
        The lead's place.
    rule : int
    tick : int
    came_from, came_as : int
        From which stage and why the lead has come, or is about to come, to its stage.
    """
    stay_apart()
    conditions, written = run.tables.conditions[run.at[slot].regime], run.tables.rules[rule]
    i = written.first_condition
    while i < written.end_condition:
        by, met = conditions[i].by, False
        seen = came_from if by == p.BY_FROM else came_as if by == p.BY_REASON else look_at(run, slot, by, tick)
        while i < written.end_condition and conditions[i].by == by:
            if by <= p.BY_SCORE:
                met = met or conditions[i].low <= seen < conditions[i].high
            else:
                met = met or conditions[i].value == seen
            i += 1
        if not met:
            return False
    return True


@lean
def holds_now(run: Run, slot: int, rule: int, tick: int) -> bool:
    """Say whether a rule holds for a lead where it stands."""
    return holds(run, slot, rule, tick, run.at[slot].came_from, run.at[slot].came_as)


@lean
def is_meant(run: Run, slot: int, rule: int) -> bool:
    """Say whether a rule, or NONE, may ever hold for a lead, by its segment, traits and channel: they do not change."""
    if rule < 0:
        return True
    conditions, written = run.tables.conditions[run.at[slot].regime], run.tables.rules[rule]
    i = written.first_condition
    while i < written.end_condition:
        by, met = conditions[i].by, conditions[i].by < 0
        seen = p.NONE if met else look_at(run, slot, by, 0)
        while i < written.end_condition and conditions[i].by == by:
            met = met or conditions[i].value == seen
            i += 1
        if not met:
            return False
    return True


@lean
def look_at(run: Run, slot: int, by: int, tick: int) -> int:
    """Return what a condition looks at, but for how the lead came to its stage."""
    at = run.at[slot]
    seen = run.kinds[slot, by - p.BY_KIND] if by >= p.BY_KIND else 0
    if by == p.BY_CHANNEL:
        seen = at.channel
    elif by == p.BY_STAGE:
        seen = at.stage
    elif by == p.BY_BEHAVIOUR:
        seen = at.behaviour
    elif by == p.BY_SCORE:
        seen = score_at(run, slot, tick)
    elif by == p.BY_AGE:
        seen = tick - at.created
    elif by == p.BY_SILENCE:
        seen = tick - at.active_since
    elif by == p.BY_TOUCHED:
        seen = at.touched
    return int(seen)


@lean
def score_at(run: Run, slot: int, tick: int) -> int:
    """Return a lead's score in thousandths of a point (rule 56)."""
    tables = run.tables
    return fit_of(tables.fit[run.at[slot].regime], tables.kind_first, run.kinds[slot]) + warmth_at(run, slot, tick)


@lean
def test_rules(run: Run, slot: int, tick: int) -> None:
    """Rule 68: trigger the moves whose rules hold now and did not when they were last tested; find the next test."""
    stay_apart()
    at, containers, stages = run.at[slot], run.tables.containers, run.ages.shape[1]
    at.edge = UNLIMITED
    for half in range(2):
        container = at.stage if half == 0 else (stages + at.stream if at.stream >= 0 else -1)
        if container >= 0:
            for i in range(containers[0, container].first, containers[0, container].end):
                this, mine = run.tables.moves[0, i], run.own[slot, i]
                if this.trigger == p.ON_RULE:
                    met = 1 if holds_now(run, slot, this.trigger_at, tick) else 0
                    if met > mine.held:
                        trigger(mine, tick)
                    mine.held = met
                    at.edge = min(at.edge, edge_of(run, slot, this.trigger_at, tick))


@lean
def edge_of(run: Run, slot: int, rule: int, tick: int) -> int:
    """Return the first tick after this one at which age or silence comes to a bound of a rule; else UNLIMITED."""
    at, written, edge = run.at[slot], run.tables.rules[rule], UNLIMITED
    for i in range(written.first_condition, written.end_condition):
        condition = run.tables.conditions[at.regime, i]
        if condition.by in (p.BY_AGE, p.BY_SILENCE):
            since = at.created if condition.by == p.BY_AGE else at.active_since
            if since + condition.low > tick:
                edge = min(edge, since + condition.low)
            if condition.high < UNLIMITED and since + condition.high > tick:
                edge = min(edge, since + condition.high)
    return edge
