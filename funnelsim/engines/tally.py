"""What is counted, and where each count stands.

Everything a figure needs is a count of events in a cell (a piece of time in which neither period nor regime
changes) of one group of leads. Costs follow from counts, since within a cell every price is fixed. Values drawn per
lead are summed. All of it is whole numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from funnelsim.engines.elementary import float_bits
from funnelsim.engines.jit import inlined, lean
from funnelsim.engines.rows import WHYS
from funnelsim.engines.tables import Tables
from funnelsim.program import Program
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

# Money that counts cost: touches, attempts of other moves, what channels charge by the lead, and people by their work.
TOUCH_COST, MOVE_COST, LEAD_COST, LABOUR_COST, COST_KINDS = range(5)

MONTH = 30 * DAY
"""After so long in sales stages, unsigned, a lead is endangered (DOMAIN D2.4)."""

WEEK = 7 * DAY
"""After so long it is looked at how often an SQL was followed up (DOMAIN D2.4)."""


class Layout(NamedTuple):
    """Where each kind of count starts in a row of counts."""

    created: int
    """by channel"""
    present: int
    """by channel: backlog on day one"""
    placed: int
    """by stage: the same"""
    entry: int
    """by stage, first or not, old or not"""
    exit: int
    """by stage"""
    attempt: int
    """by row, outcome, old or not"""
    stalled: int
    """by stage: newly stalled less no longer stalled"""
    value: int
    """by stage: money"""
    reason: int
    """by reason: leads led on for it"""
    rejected: int
    """by stage: leads led away with a reason called `tables.REJECTED`"""
    led: int
    """by move: leads it led `to` its stage"""
    given_up: int
    """by move: leads it led `otherwise`, whatever came of the last attempt; not by what a step says itself"""
    begun: int
    """by move: attempts on which work was begun"""
    extended: int
    """by move: deadlines put off"""
    queue: int
    """by team: asked less begun, dropped and turned away"""
    waited: int
    """by team: ticks from asking to beginning, of work begun"""
    busy: int
    """by team: ticks of the team's clock on which its people worked"""
    turned_away: int
    """by team"""
    unowned: int
    """by team: newly waiting for an owner less no longer"""
    claims: int
    """by team"""
    lapsed: int
    """by team: leads that a deadline of a stage took away while they waited for an owner"""
    held: int
    """by person: leads in hand, claimed less no longer"""
    endangered: int
    """newly a month in sales stages less no longer"""
    judged: int
    """SQLs on whose seventh day it is looked at how often they were followed up, then those among them that were
    starved"""
    won_from: int
    """by stage: leads won that were there since they came into the pipeline"""
    lost_from: int
    """by stage: leads that left the pipeline without being won"""
    brought: int
    """money that leads bring when they are won, from when they came into the pipeline until then: more less less"""
    wasted_leads: int
    """by channel: leads created in the counted time that at the end are neither won, nor in sales, nor in a stream that
    may still touch them: with a touch that is active, meant for them, has content, and an attempt left"""
    wasted_cost: int
    """what touches, moves and the creation of such leads cost in the counted time"""
    wasted_busy: int
    """by team: ticks of its clock worked on such leads in the counted time"""
    sent: int
    """by turn, old or not: touches sent, delivered or not"""
    engaged: int
    """by turn, old or not: touches that were clicked or answered"""
    withheld: int
    """by turn, and why (`rows.WHYS`)"""
    postponed: int
    """by turn: how often a limit put it off"""
    recorded: int
    """by turn: opens that were recorded, whether they happened or not"""
    content: int
    """by asset, as in CONTENT_KINDS: pieces given, those of them opened, clicked and answered, opt-outs at touches that
    gave it, what these touches cost, and the points that they gave"""
    joined: int
    """by stream: leads that joined it; not those of a backlog"""
    left: int
    """by stream: leads that left it, by whatever way"""
    in_stream: int
    """by stream: newly in it, those of a backlog included, less no longer"""
    stalled_stream: int
    """by stream: newly stalled in it less no longer"""
    touched: int
    """leads that a touch was delivered to for the first time in their life"""
    touched_entry: int
    """by stage: first entries of leads that a touch had been delivered to before"""
    touches_until: int
    """by stage: touches that had been delivered to the leads that entered it for the first time"""
    reached_stream: int
    """by stream: entries into the stage `sql` of leads that were sent a touch in it before, then the value of all their
    entries since"""
    reached_touch: int
    """by touch: the same for leads that got this touch"""
    reached_asset: int
    """by asset: the same for leads that got this asset"""
    profile: int
    """by band of score, and one more beyond the last edge: leads at the end of the period in which they were created"""
    fit_created: int
    """by `fit_bin`: leads created in the counted time"""
    fit_won: int
    """by `fit_bin` at creation: those of them that were won for the first time"""
    size: int


# What is counted of content.
GIVEN, OPENED, CLICKED, ANSWERED, OPTED_OUT, PAID, WARMED, CONTENT_KINDS = range(8)

FIT_BINS = 64
"""Bins of what a lead is worth by its fit when it is created."""


def layout_of(program: Program) -> Layout:
    """Return the layout of a program's counts."""
    stages, rows, channels = len(program.stages), len(program.rows), len(program.channels)
    moves, teams, people = len(program.moves), len(program.teams), len(program.people)
    core = [channels, channels, stages, stages * 4, stages, rows * 6, stages, stages]
    ways = [len(program.reasons), stages, moves, moves, moves, moves]
    sales = [teams] * 7 + [people, 1, 2, stages, stages, 1]
    turns, streams, assets = len(program.structure.turns), len(program.streams), len(program.assets)
    touches = [turns * 2, turns * 2, turns * len(WHYS), turns, turns, assets * CONTENT_KINDS]
    contacts = [*touches, streams, streams, streams, streams, 1, stages, stages]
    reached = [streams * 2, len(program.touches) * 2, assets * 2]
    scored = [len(program.structure.bands) + 1, FIT_BINS, FIT_BINS] if program.is_scored else [0, 0, 0]
    sizes = core + ways + sales + [channels, 1, teams] + contacts + reached + scored
    starts = np.concatenate(([0], np.cumsum(sizes)))
    return Layout(*(int(start) for start in starts))


# ---------------------------------------------------------------- ages, as a histogram of logarithms
AGE_UNIT_BITS = 10
AGE_STEP_BITS = 6
AGE_BINS = (40 - AGE_STEP_BITS) << AGE_STEP_BITS
"""Bins of an age: 64 to each doubling, of 1,024 ticks at the finest; the last holds all beyond 35,000 years."""


@inlined
def age_bin(ticks: int) -> int:
    """Bin of an age in ticks; the relative width of a bin is at most 1/64."""
    units = np.int64(ticks) >> np.int64(AGE_UNIT_BITS)
    exponent = (float_bits(float(units)) >> np.int64(52)) - np.int64(1023)
    shift = max(exponent - np.int64(AGE_STEP_BITS), np.int64(0))
    return int(min((shift << np.int64(AGE_STEP_BITS)) + (units >> shift), np.int64(AGE_BINS - 1)))


@lean
def age_edge(place: int) -> int:
    """Return the smallest age of a bin, in ticks."""
    step = 1 << AGE_STEP_BITS
    if place < 2 * step:
        return place << AGE_UNIT_BITS
    shift = place // step - 1
    return (place - shift * step) << (shift + AGE_UNIT_BITS)


@lean
def age_quantile(bins: npt.NDArray[np.int64], quantile: float) -> float:
    """Return a quantile of binned ages in ticks, ages spread evenly within a bin; NaN where there are none."""
    total, running, step = 0, 0, 1 << AGE_STEP_BITS
    for place in range(len(bins)):
        total += bins[place]
    if total == 0:
        return float(np.nan)
    wanted = quantile * total
    for first in range(0, len(bins), step):
        together = 0
        for place in range(first, first + step):
            together += bins[place]
        if running + together >= wanted:
            place = first
            while bins[place] == 0 or running + bins[place] < wanted:
                running += bins[place]
                place += 1
            low, high = float(age_edge(place)), float(age_edge(place + 1))
            return float(low + (high - low) * ((wanted - running) / bins[place]))
        running += together
    return float(np.nan)


# ---------------------------------------------------------------- what leads are worth
@lean
def fit_bin(fit: p.IntArray, kind_first: p.IntArray, units: int) -> int:
    """Bin of a lead's fit: `FIT_BINS` of equal width from the least to the most that any lead can have.

    Parameters
    ----------
    fit : (V,)
        Of the first regime, in thousandths of a point.
    kind_first : (Q + 1,)
    units : int
        The lead's, in thousandths.
    """
    low, high = 0, 0
    for q in range(len(kind_first) - 1):
        least, most = fit[kind_first[q]], fit[kind_first[q]]
        for v in range(kind_first[q], kind_first[q + 1]):
            least, most = min(least, fit[v]), max(most, fit[v])
        low += least
        high += most
    if high <= low:
        return 0
    return min(max((units - low) * FIT_BINS // (high - low + 1), 0), FIT_BINS - 1)


@lean
def band_of(bands: p.IntArray, score: int) -> int:
    """Band of a score: the number of edges it reaches, both in thousandths."""
    band = 0
    while band < len(bands) and score >= bands[band]:
        band += 1
    return band


# ---------------------------------------------------------------- costs
@lean
def add_costs(tables: Tables, layout: Layout, cell: int, counts: p.IntArray, money: p.IntArray) -> None:
    """Add what one cell's counts of one group cost; `money` is (COST_KINDS,)."""
    regime = tables.cell_regime[cell]
    for row in range(tables.rows.shape[1]):
        record = tables.rows[regime, row]
        if record.cost != 0 and record.role == p.PLAIN:
            number = 0
            for kind in range(6):
                number += counts[layout.attempt + row * 6 + kind]
            money[MOVE_COST] += number * record.cost
    for turn in range(tables.turns.shape[1]):
        cost = tables.rows[regime, tables.turns[regime, turn].first_row].cost
        money[TOUCH_COST] += (counts[layout.sent + turn * 2] + counts[layout.sent + turn * 2 + 1]) * cost
    for channel in range(tables.channels.shape[1]):
        money[LEAD_COST] += counts[layout.created + channel] * tables.channels[regime, channel].cost


@lean
def add_labour(
    tables: Tables,
    layout: Layout,
    counts: npt.NDArray[np.int64],
    costs: npt.NDArray[np.int64],
    cohort_costs: npt.NDArray[np.int64],
) -> None:
    """Share out what people earn in each cell, by the work they did in it.

    By their team's working time spent on the leads of each group, and within it of each cohort; where they worked on
    none, by leads created; where there are none either, evenly over the groups, to the cohort of the time. Parts are
    rounded as a running total, so that they add up (rule 2).

    Parameters
    ----------
    tables : Tables
    layout : Layout
    counts : int array (cohorts, cells, groups, kinds)
    costs : int array (cells, groups, COST_KINDS)
        Added to.
    cohort_costs : int array (cohorts, groups, COST_KINDS)
        Added to, from the counted cells; may have no cohorts.
    """
    cohorts, cells, groups = counts.shape[0], counts.shape[1], counts.shape[2]
    for cell in range(cells):
        cohort_of_time = 0
        if cohorts > 1:
            while (
                cohort_of_time < len(tables.cohort_edge) - 1
                and tables.cohort_edge[cohort_of_time] <= tables.cell_edge[cell]
                and cell > 0
            ):
                cohort_of_time += 1
        for team in range(tables.labour.shape[0]):
            earned, key, total = tables.labour[team, cell], BY_WORK, 0
            while total == 0 and earned != 0:
                for cohort in range(cohorts):
                    for group in range(groups):
                        total += labour_weight(layout, counts[cohort, cell, group], key, team, cohort == cohort_of_time)
                key += 1 if total == 0 else 0
            running, given = 0, 0
            for group in range(groups if earned != 0 else 0):
                weight = 0
                for cohort in range(cohorts):
                    weight += labour_weight(layout, counts[cohort, cell, group], key, team, cohort == cohort_of_time)
                running += weight
                part = int(np.floor(earned * (running / total) + 0.5)) - given
                given += part
                costs[cell, group, LABOUR_COST] += part
                if cell == 0 or cohort_costs.shape[0] == 0 or weight == 0:
                    continue
                within, shared = 0, 0
                for cohort in range(cohorts):
                    within += labour_weight(layout, counts[cohort, cell, group], key, team, cohort == cohort_of_time)
                    share = int(np.floor(part * (within / weight) + 0.5)) - shared
                    shared += share
                    cohort_costs[cohort, group, LABOUR_COST] += share


# What labour is shared out by: working time, else leads created, else evenly.
BY_WORK, BY_LEADS, EVENLY = range(3)


@lean
def labour_weight(layout: Layout, counts: p.IntArray, key: int, team: int, of_the_time: bool) -> int:
    """Return the weight of one cohort's group in one cell."""
    if key == BY_WORK:
        return int(counts[layout.busy + team])
    if key == EVENLY:
        return 1 if of_the_time else 0
    created = 0
    for i in range(layout.created, layout.present):
        created += counts[i]
    return created
