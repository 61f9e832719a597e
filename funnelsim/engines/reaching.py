"""What the fast engine counts of leads that were touched, and of what leads are worth (`tally.Layout`)."""

from __future__ import annotations

from funnelsim.engines.jit import inlined, lean, stay_apart
from funnelsim.engines.points import decayed, fit_of
from funnelsim.engines.state import Run
from funnelsim.engines.tables import UNLIMITED
from funnelsim.engines.tally import CONTENT_KINDS, GIVEN, PAID, band_of, fit_bin


@inlined
def count_touch(run: Run, slot: int, turn: int, old: int, delivered: bool, engaged: bool, asset: int) -> None:
    """Count a touch that was sent, and note that the lead has had it.

    Parameters
    ----------
    run : Run
    slot, turn : int
    old : int
        1 for an old lead.
    delivered : bool
    engaged : bool
    asset : int
        The content that was given, or NONE.
    """
    at, layout = run.at[slot], run.layout
    here = run.counts[at.cohort, at.cell, at.group]
    here[layout.sent + turn * 2 + old] += 1
    if engaged:
        here[layout.engaged + turn * 2 + old] += 1
    if at.stream >= 0:
        run.got_stream[slot, at.stream] = 1
    if delivered:
        here[layout.touched] += 1 if at.touched == 0 else 0
        at.touched += 1
        run.got_touch[slot, run.tables.turns[0, turn].touch] = 1
    if asset >= 0:
        run.had[slot, asset] += 1
        content = layout.content + asset * CONTENT_KINDS
        here[content + GIVEN] += 1
        here[content + PAID] += run.tables.rows[at.regime, run.tables.turns[0, turn].first_row].cost


@lean
def count_reached(run: Run, slot: int, entries: int, value: int) -> None:
    """Count a lead that enters `sql`, or is worth a value, for all that it has had before."""
    stay_apart()
    at, layout = run.at[slot], run.layout
    here = run.counts[at.cohort, at.cell, at.group]
    for stream in range(run.got_stream.shape[1]):
        here[layout.reached_stream + stream * 2] += entries * run.got_stream[slot, stream]
        here[layout.reached_stream + stream * 2 + 1] += value * run.got_stream[slot, stream]
    for touch in range(run.got_touch.shape[1]):
        here[layout.reached_touch + touch * 2] += entries * run.got_touch[slot, touch]
        here[layout.reached_touch + touch * 2 + 1] += value * run.got_touch[slot, touch]
    for asset in range(run.had.shape[1]):
        if run.had[slot, asset] > 0:
            here[layout.reached_asset + asset * 2] += entries
            here[layout.reached_asset + asset * 2 + 1] += value


# ---------------------------------------------------------------- what leads are worth
@lean
def is_scored(run: Run) -> bool:
    """Say whether leads get points for what they are or do."""
    return bool(run.layout.profile < run.layout.fit_created)


@lean
def begin_worth(run: Run, slot: int) -> None:
    """Note what a new lead is worth, and when it will be looked at how warm it is."""
    at, tables, edge = run.at[slot], run.tables, 0
    at.fit_bin = fit_bin(
        tables.fit[0], tables.kind_first, fit_of(tables.fit[at.regime], tables.kind_first, run.kinds[slot])
    )
    run.counts[at.cohort, at.cell, at.group, run.layout.fit_created + at.fit_bin] += 1
    while edge < len(tables.cohort_edge) - 1 and tables.cohort_edge[edge] <= at.created:
        edge += 1
    at.profiled = tables.cohort_edge[edge]


@lean
def take_profile(run: Run, slot: int) -> None:
    """Count the band of a lead's score at the end of the period in which it was created, once that has come."""
    stay_apart()
    at, tables, tick, regime, cell = run.at[slot], run.tables, run.at[slot].profiled, 0, 0
    at.profiled = UNLIMITED
    while regime + 1 < len(tables.regime_tick) and tables.regime_tick[regime + 1] <= tick:
        regime += 1
    while tables.cell_edge[cell + 1] < tick:
        cell += 1
    score = fit_of(tables.fit[regime], tables.kind_first, run.kinds[slot])
    score += decayed(at.warmth, at.warm_since, tick, tables.scoring[regime].half_life)
    run.counts[at.cohort, cell, at.group, run.layout.profile + band_of(tables.bands, score)] += 1
