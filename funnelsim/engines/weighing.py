"""Chances as an attempt of the fast engine meets them, and the points that come of it (rules 16, 44 and 55 to 57)."""

from __future__ import annotations

from funnelsim.engines import luck
from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.judging import score_at
from funnelsim.engines.points import decayed, moved
from funnelsim.engines.recording import warmth_at
from funnelsim.engines.state import Run
from funnelsim.engines.stepping import chance_place
from funnelsim.program import records as p


@inlined
def limit_of(run: Run, slot: int, tick: int, move: int, row: int, person: int, odds: float) -> int:
    """Return the threshold of one row of an attempt.

    Parameters
    ----------
    run : Run
    slot, tick, move, row : int
    person : int
        Who works on it, or NONE.
    odds : float
        Of the content that is given; 1 without.
    """
    tables, at, kinds = run.tables, run.at[slot], run.kinds[slot]
    record = tables.rows[at.regime, row]
    visit = run.visits[slot, tables.moves[at.regime, move].container] - 1
    place = chance_place(record, at.channel, at.stage, run.own[slot, move].attempts, visit)
    for q in range(len(kinds)):
        place += kinds[q] * tables.row_kinds[row, q]
    limit = tables.threshold[at.regime, place]
    if person >= 0:
        limit = luck.skilled(limit, tables.people[person].chance)
    if record.by_points == 1 or odds != 1.0:
        return by_points(run, slot, tick, row, limit, odds)
    return int(limit)


@lean
def by_points(run: Run, slot: int, tick: int, row: int, limit: int, odds: float) -> int:
    """Return a threshold as warmth, fatigue, score and content move it."""
    stay_apart()
    record = run.tables.rows[run.at[slot].regime, row]
    if record.by_points == 0:
        return moved(limit, record, odds, 0, 0, 0)
    warmth, fatigue = warmth_at(run, slot, tick), fatigue_at(run, slot, tick)
    return moved(limit, record, odds, warmth, fatigue, score_at(run, slot, tick))


@lean
def fatigue_at(run: Run, slot: int, tick: int) -> int:
    """Return a lead's fatigue in thousandths (rule 55)."""
    at = run.at[slot]
    return decayed(at.fatigue, at.tired_since, tick, run.tables.scoring[at.regime].fatigue_half_life)


@lean
def warm(run: Run, slot: int, tick: int, points: int) -> None:
    """Give a lead points of warmth, in thousandths."""
    stay_apart()
    run.at[slot].warmth = warmth_at(run, slot, tick) + points
    run.at[slot].warm_since = tick


@lean
def tire(run: Run, slot: int, tick: int, weight: int) -> None:
    """Give a lead fatigue, in thousandths."""
    stay_apart()
    run.at[slot].fatigue = fatigue_at(run, slot, tick) + weight
    run.at[slot].tired_since = tick


@lean
def show(run: Run, slot: int, tick: int, event: int) -> None:
    """Rules 59 and 66: note an event as the last behaviour of a lead, and as an activity."""
    if event != p.NONE:
        run.at[slot].behaviour = event
        run.at[slot].active_since = tick
