"""What replications counted, and how that of one of them is kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from funnelsim.engines.jit import lean
from funnelsim.engines.state import Run
from funnelsim.engines.tally import COST_KINDS, add_costs, add_labour, age_quantile, layout_of
from funnelsim.program import Program
from funnelsim.program import records as p


class Counts(NamedTuple):
    """What a number of replications counted. Money in ten-thousandths, ages in ticks.

    Sizes: n replications, K cells, G groups, S stages, C channels, P parameters; kinds as laid out by `tally.Layout`.
    """

    counts: p.IntArray
    """(n, K, G, kinds)"""
    costs: p.IntArray
    """(n, K, G, 4): of touches, of other moves' attempts, of leads by the lead, and of people by their work."""
    spend: p.IntArray
    """(n, C, K): money that flows evenly."""
    ages: p.FloatArray
    """(n, G + 1, S, 2): median and 90% quantile of the age at first entry, of each group and, last, of all leads.

    NaN where nobody entered.
    """
    waits: p.FloatArray
    """(n, G + 1, E, 2): median and 90% quantile of the wait for a person, of each group and, last, of all leads.

    NaN where nobody was begun with.
    """
    people: p.IntArray
    """(n, N, 2): from and until when each person is there."""
    parameters: p.FloatArray
    """(n, P): value of every parameter."""
    cohort_counts: p.IntArray
    """(n, cohorts, G, kinds), the first cohort being leads created before the start; no cohorts if not asked for."""
    cohort_costs: p.IntArray
    """(n, cohorts, G, 4)"""

    def part(self, first: int, last: int) -> Counts:
        """Return some replications, as a view."""
        return Counts._make(array[first:last] for array in self)


def empty_counts(program: Program, n: int, by: str | None, cohorts: bool) -> Counts:
    """Return room for what n replications count."""
    structure = program.structure
    groups, cells, kinds = len(program.group_names(by)), len(structure.cell_regime), layout_of(program).size
    cohort_number = len(structure.cohort_edge) if cohorts else 0
    return Counts(
        counts=np.zeros((n, cells, groups, kinds), np.int64),
        costs=np.zeros((n, cells, groups, COST_KINDS), np.int64),
        spend=np.zeros((n, len(program.channels), cells), np.int64),
        ages=np.zeros((n, groups + 1, len(program.stages), 2)),
        waits=np.zeros((n, groups + 1, len(program.teams), 2)),
        people=np.zeros((n, len(program.people), 2), np.int64),
        parameters=np.zeros((n, len(program.parameters))),
        cohort_counts=np.zeros((n, cohort_number, groups, kinds), np.int64),
        cohort_costs=np.zeros((n, cohort_number, groups, COST_KINDS), np.int64),
    )


@lean
def keep(run: Run, i: int, out: Counts) -> None:
    """Write what a replication counted to its place, with what the counts cost."""
    cohorts, cells, groups, kinds = run.counts.shape
    for cohort in range(cohorts):
        for cell in range(cells):
            for group in range(groups):
                counts = run.counts[cohort, cell, group]
                for kind in range(kinds):
                    out.counts[i, cell, group, kind] += counts[kind]
                add_costs(run.tables, run.layout, cell, counts, out.costs[i, cell, group])
                if cell > 0 and out.cohort_counts.shape[1] > 0:
                    for kind in range(kinds):
                        out.cohort_counts[i, cohort, group, kind] += counts[kind]
                    add_costs(run.tables, run.layout, cell, counts, out.cohort_costs[i, cohort, group])
    add_labour(run.tables, run.layout, run.counts, out.costs[i], out.cohort_costs[i])
    keep_quantiles(run.ages, out.ages[i])
    keep_quantiles(run.waits, out.waits[i])
    for person in range(len(run.tables.people)):
        out.people[i, person, 0] = run.tables.people[person].from_tick
        out.people[i, person, 1] = run.tables.people[person].until_tick
    for channel in range(out.spend.shape[1]):
        for cell in range(cells):
            out.spend[i, channel, cell] = run.tables.spend[channel, cell]
    for j in range(out.parameters.shape[1]):
        out.parameters[i, j] = run.tables.parameters[j]


@lean
def keep_quantiles(bins: npt.NDArray[np.int64], out: p.FloatArray) -> None:
    """Write median and 90% quantile of binned times, of each group and, last, of all; spoils the first group's bins."""
    groups, things, places = bins.shape
    for thing in range(things):
        for group in range(groups):
            out[group, thing, 0] = age_quantile(bins[group, thing], 0.5)
            out[group, thing, 1] = age_quantile(bins[group, thing], 0.9)
        if groups == 1:
            out[1, thing, 0] = out[0, thing, 0]
            out[1, thing, 1] = out[0, thing, 1]
            continue
        for group in range(1, groups):
            for place in range(places):
                bins[0, thing, place] += bins[group, thing, place]
        out[groups, thing, 0] = age_quantile(bins[0, thing], 0.5)
        out[groups, thing, 1] = age_quantile(bins[0, thing], 0.9)
