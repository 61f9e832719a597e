"""What is counted, and where each count stands.

Everything a figure needs is a count of events in a cell (a piece of time in which neither period nor regime
changes) of one group of leads. Costs follow from counts, since within a cell every price is fixed. Values drawn per
lead are summed. All of it is whole numbers.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from funnelsim.engines.jit import lean
from funnelsim.engines.rows import CREATED, PRESENT, STALLED, WOKEN, LogRow
from funnelsim.engines.tables import Tables
from funnelsim.program import Program
from funnelsim.program import program as p
from funnelsim.program.calendar import DAY

# Money that counts cost: touches, attempts of other moves, and what channels charge by the lead.
TOUCH_COST, MOVE_COST, LEAD_COST, COST_KINDS = range(4)


class Layout(NamedTuple):
    """Where each kind of count starts in a row of counts."""

    created: int
    """by channel"""
    present: int
    """by channel: backlog on day one"""
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
    size: int


def layout_of(program: Program) -> Layout:
    """Return the layout of a program's counts."""
    stages, rows, channels = len(program.stages), len(program.rows), len(program.channels)
    sizes = [channels, channels, stages * 4, stages, rows * 6, stages, stages]
    starts = np.concatenate(([0], np.cumsum(sizes)))
    return Layout(*(int(start) for start in starts))


# ---------------------------------------------------------------- ages, as a histogram of logarithms
AGE_UNIT_BITS = 10
AGE_STEP_BITS = 6
AGE_BINS = (40 - AGE_STEP_BITS) << AGE_STEP_BITS
"""Bins of an age: 64 to each doubling, of 1,024 ticks at the finest; the last holds all beyond 35,000 years."""


@lean
def age_bin(ticks: int) -> int:
    """Bin of an age in ticks; the relative width of a bin is at most 1/64."""
    units, shift = ticks >> AGE_UNIT_BITS, 0
    while (units >> shift) >= 2 << AGE_STEP_BITS:
        shift += 1
    return min((shift << AGE_STEP_BITS) + (units >> shift), AGE_BINS - 1)


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
    total = 0
    for place in range(len(bins)):
        total += bins[place]
    if total == 0:
        return float(np.nan)
    wanted, running = quantile * total, 0.0
    for place in range(len(bins)):
        if bins[place] > 0:
            if running + bins[place] >= wanted:
                low, high = float(age_edge(place)), float(age_edge(place + 1))
                return float(low + (high - low) * ((wanted - running) / bins[place]))
            running += bins[place]
    return float(np.nan)


# ---------------------------------------------------------------- costs
@lean
def add_costs(tables: Tables, layout: Layout, cell: int, counts: p.IntArray, money: p.IntArray) -> None:
    """Add what one cell's counts of one group cost; `money` is (COST_KINDS,)."""
    regime = tables.cell_regime[cell]
    for row in range(tables.rows.shape[1]):
        record = tables.rows[regime, row]
        if record.cost != 0:
            number = 0
            for kind in range(6):
                number += counts[layout.attempt + row * 6 + kind]
            money[TOUCH_COST if record.touch == 1 else MOVE_COST] += number * record.cost
    for channel in range(tables.channels.shape[1]):
        money[LEAD_COST] += counts[layout.created + channel] * tables.channels[regime, channel].cost


# ---------------------------------------------------------------- counting a log
def count_log(program: Program, log: Sequence[LogRow], by: str | None, counts: p.IntArray, ages: p.IntArray) -> None:
    """Count what a log tells; the reference engine's way to the numbers the kernel counts as it goes.

    Parameters
    ----------
    program : Program
    log : sequence of LogRow
        In order (rule 8), of one replication.
    by : {None, "channel", "segment"}
        What groups are made of.
    counts : int array (cohorts, cells, groups, kinds)
        Added to; with one cohort all leads are in it.
    ages : int array (groups, stages, bins)
        Added to: age at the first entry to each stage, within the counted cells.
    """
    layout, structure = layout_of(program), program.structure
    cell_edges, cohort_edges = structure.cell_edge.tolist(), structure.cohort_edge.tolist()
    visited: set[tuple[int, int]] = set()
    standing: dict[int, int] = {}
    for row in log:
        cell = bisect.bisect_right(cell_edges, row.tick) - 1
        cohort = bisect.bisect_right(cohort_edges, row.created) if counts.shape[0] > 1 else 0
        group = {None: 0, "channel": row.channel, "segment": row.segment}[by]
        here = counts[cohort, cell, group]
        old = int(_is_old(structure, row))
        if row.outcome == CREATED:
            here[layout.created + row.channel] += 1
        elif row.outcome == PRESENT:
            here[layout.present + row.channel] += 1
        elif row.outcome in (STALLED, WOKEN):
            here[layout.stalled + row.stage] += 1 if row.outcome == STALLED else -1
        else:
            here[layout.attempt + row.row * 6 + row.outcome * 2 + old] += 1
        if row.to == p.NONE:
            continue
        if row.key in standing:
            here[layout.exit + standing[row.key]] += 1
        standing[row.key] = row.to
        if row.outcome != PRESENT:
            first = (row.key, row.to) not in visited
            here[layout.entry + row.to * 4 + first * 2 + old] += 1
            here[layout.value + row.to] += row.value
            if first and cell > 0:
                ages[group, row.to, age_bin(row.tick - row.created)] += 1
        visited.add((row.key, row.to))


def _is_old(structure: p.Structure, row: LogRow) -> bool:
    if structure.old_ticks >= 0:
        return row.tick - row.created >= structure.old_ticks
    return bool(row.created < structure.day_month_tick[row.tick // DAY])
