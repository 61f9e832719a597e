"""What leads of a block are worth: fit at creation and when won, and the score profile (`tally.Layout`)."""

from __future__ import annotations

from funnelsim.engines.block import Block
from funnelsim.engines.jit import lean, stay_apart
from funnelsim.engines.philox import below
from funnelsim.engines.points import decayed
from funnelsim.engines.state import Run
from funnelsim.engines.tables import UNLIMITED
from funnelsim.engines.tally import band_of, fit_bin
from funnelsim.engines.trying import fit_in


@lean
def begin_worth(run: Run, block: Block, n: int) -> None:
    """Note what new leads are worth, and when it will be looked at how warm they are."""
    stay_apart()
    tables, kinds = run.tables, run.counts.shape[3]
    edges = tables.cohort_edge
    for j in range(n):
        block.profiled[j] = UNLIMITED
        if block.new[j] == 1:
            edge = 0
            while edge < len(edges) - 1 and edges[edge] <= block.created[j]:
                edge += 1
            block.profiled[j] = edges[edge]
            block.fit_bin[j] = fit_bin(tables.fit[0], tables.kind_first, fit_in(run, block, j))
            block.counts[(block.spot[j] >> 1) * kinds + run.layout.fit_created + block.fit_bin[j]] += 1


@lean
def warm_those_who_succeed(run: Run, block: Block, move: int, n: int) -> None:
    """Give points to the leads in hand whose attempt of a move succeeds, before it is counted (rule 55)."""
    stay_apart()
    points, half_life = run.tables.moves[0, move].points, run.tables.scoring[0].half_life
    for j in range(n):
        if below(block.decides[j], block.limit[j]):
            lead = block.who[j]
            if block.profiled[lead] <= block.at[j]:
                take_profile(run, block, lead)
            units = decayed(block.warmth[lead], block.warm_since[lead], block.at[j], half_life)
            block.warmth[lead] = units + points
            block.warm_since[lead] = block.at[j]


@lean
def take_profiles(run: Run, block: Block, n: int) -> None:
    """Take the profiles that have come due by the ticks of the leads in hand, before anything changes."""
    for j in range(n):
        if block.profiled[block.who[j]] <= block.at[j]:
            take_profile(run, block, block.who[j])


@lean
def take_profile(run: Run, block: Block, lead: int) -> None:
    """Count the band of a lead's score at the end of the period in which it was created."""
    stay_apart()
    tables, tick, cell = run.tables, block.profiled[lead], 0
    block.profiled[lead] = UNLIMITED
    while tables.cell_edge[cell + 1] < tick:
        cell += 1
    score = fit_in(run, block, lead)
    score += decayed(block.warmth[lead], block.warm_since[lead], tick, tables.scoring[0].half_life)
    place = block.base[lead] + cell * block.shape[0].groups
    block.counts[place * run.counts.shape[3] + run.layout.profile + band_of(tables.bands, score)] += 1
