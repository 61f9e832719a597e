"""The numbers of one replication: parameters drawn, waits made ready, chances solved, flows summed.

Everything an engine reads besides the program's structure is computed here, once where nothing is uncertain
and once a replication where something is, by the same compiled functions: both engines and every processor
see the same bits.
"""

from __future__ import annotations

import numpy as np

from funnelsim.engines.jit import lean
from funnelsim.engines.numerics import beta_quantile, exp, log, logistic, logit, normal_quantile
from funnelsim.engines.philox import Word, philox, purpose_key, threshold, to_unit
from funnelsim.engines.samplers import (
    CONSTANT,
    EMPIRICAL,
    EXPONENTIAL,
    GAMMA,
    GAMMA_TABLE,
    LOGNORMAL,
    NEVER,
    UNIFORM,
    WEIBULL,
    gamma_table,
)
from funnelsim.engines.tables import LEAD, UNLIMITED, Tables, lay_out
from funnelsim.program import Program
from funnelsim.program import program as p

NINETY_PERCENT = 2 * 1.6448536269514722
"""Standard deviations between the 5% and the 95% quantile of a normal."""


def tables_of(program: Program, seed: int, replication: int) -> Tables:
    """Return the tables of one replication, in fresh arrays."""
    tables = lay_out(program)
    realise(program.recipes, np.uint64(seed), np.uint64(replication), tables)
    make_keys(program.structure, np.uint64(seed), np.uint64(replication), tables)
    return tables


@lean
def realise(recipes: p.Recipes, seed: Word, replication: Word, tables: Tables) -> None:
    """Fill in the numbers of one replication."""
    parameters = tables.parameters
    for i in range(len(recipes.parameters)):
        parameters[i] = draw_parameter(recipes.parameters[i], recipes.samples, seed, replication)
    for i in range(len(recipes.waits)):
        make_wait(recipes.waits[i], parameters, len(recipes.samples), tables.pool, tables.waits[i])
    for regime in range(tables.moves.shape[0]):
        for move in range(tables.moves.shape[1]):
            tables.moves[regime, move].attempts = limit(parameters, recipes.attempts[regime, move])
            tables.moves[regime, move].lifetime = limit(parameters, recipes.lifetime[regime, move])
        for row in range(tables.rows.shape[1]):
            tables.rows[regime, row].cost = whole(parameters[recipes.cost[regime, row]])
        for channel in range(tables.channels.shape[1]):
            position = recipes.backlog[channel]
            tables.channels[regime, channel].backlog = whole(parameters[position]) if position >= 0 else 0
            tables.channels[regime, channel].cost = whole(parameters[recipes.lead_cost[regime, channel]])
        for segment in range(tables.segments.shape[1]):
            tables.segments[regime, segment].share = parameters[recipes.share[regime, segment]]
        for row in range(tables.rows.shape[1]):
            fill_chances(recipes, regime, row, tables)
    expect_leads(recipes.lead_term, recipes.lead_units, parameters, tables.expected)
    spread_spend(recipes.spend_term, recipes.spend_units, parameters, tables.spend)


@lean
def make_keys(structure: p.Structure, seed: Word, replication: Word, tables: Tables) -> None:
    """Fill in the keys of one replication (rule 33)."""
    for regime in range(tables.moves.shape[0]):
        for i in range(tables.moves.shape[1]):
            tables.moves[regime, i].key = purpose_key(seed, replication, structure.moves[i].purpose)
        for i in range(len(structure.value_purpose)):
            tables.containers[regime, i].key = purpose_key(seed, replication, structure.value_purpose[i])
        for i in range(tables.channels.shape[1]):
            tables.channels[regime, i].key = purpose_key(seed, replication, structure.channels[i].purpose)
        for i in range(tables.segments.shape[1]):
            tables.segments[regime, i].key = purpose_key(seed, replication, structure.segment_purpose[i])


@lean
def whole(value: float) -> int:
    """Round half up to a whole number, from nothing to 2**53."""
    return int(np.floor(min(max(value, 0.0), 9007199254740992.0) + 0.5))


@lean
def limit(parameters: p.FloatArray, position: int) -> int:
    """Return a limit of at least one; UNLIMITED where there is none."""
    return max(1, whole(parameters[position])) if position >= 0 else UNLIMITED


@lean
def draw_parameter(parameter: p.Record, samples: p.FloatArray, seed: Word, replication: Word) -> float:
    """Value of a parameter in one replication (rule 35)."""
    belief, first, second = parameter.belief, parameter.first, parameter.second
    if belief == p.FIXED:
        return float(first)
    key = np.uint64(purpose_key(seed, replication, parameter.purpose))
    u = to_unit(philox(np.uint64(0), np.uint64(0), key)[0])
    if belief == p.RANGE_OF_CHANCE:
        low, high = logit(first), logit(second)
        return logistic(0.5 * (low + high) + (high - low) / NINETY_PERCENT * normal_quantile(u))
    if belief == p.RANGE:
        low, high = log(first), log(second)
        return exp(0.5 * (low + high) + (high - low) / NINETY_PERCENT * normal_quantile(u))
    if belief == p.UNIFORM_RANGE:
        return float(first + u * (second - first))
    if belief == p.BETA:
        return beta_quantile(first, second, u)
    return float(samples[parameter.offset + int(np.floor(u * parameter.count))])


@lean
def make_wait(recipe: p.Record, parameters: p.FloatArray, num_samples: int, pool: p.FloatArray, wait: p.Record) -> None:
    """Turn a recipe into what the samplers read."""
    form = recipe.form
    first = parameters[recipe.first] if recipe.first >= 0 else 0.0
    second = parameters[recipe.second] if recipe.second >= 0 else 0.0
    code, a, b, offset = NEVER, first, second, 0
    if form == p.CONSTANT:
        code = CONSTANT
    elif form == p.UNIFORM:
        code = UNIFORM
    elif form == p.EXPONENTIAL:
        code = EXPONENTIAL
    elif form == p.LOGNORMAL_RANGE:
        code = LOGNORMAL
        a, b = 0.5 * (log(first) + log(second)), (log(second) - log(first)) / NINETY_PERCENT
    elif form == p.LOGNORMAL_MOMENTS:
        code = LOGNORMAL
        variance = log(1.0 + (second / first) * (second / first))
        a, b = log(first) - 0.5 * variance, np.sqrt(variance)
    elif form == p.LOGNORMAL_MEDIAN:
        code, a = LOGNORMAL, log(first)
    elif form == p.WEIBULL:
        code, a, b = WEIBULL, second, first
    elif form == p.EMPIRICAL:
        code, offset = EMPIRICAL, recipe.offset
    elif form == p.GAMMA_MOMENTS:
        code, a, b = GAMMA, second * second / first, (first / second) * (first / second)
    elif form == p.GAMMA_SHAPE:
        code, a, b = GAMMA, second, first
    if code == GAMMA:
        offset = num_samples + recipe.offset * GAMMA_TABLE
        gamma_table(b, pool, offset)
    wait.code = code
    wait.a = a
    wait.b = b
    wait.offset = offset
    wait.count = recipe.count


# ---------------------------------------------------------------- chances
@lean
def fill_chances(recipes: p.Recipes, regime: int, row: int, tables: Tables) -> None:
    """Write the thresholds of one row in one regime, for every segment, channel, attempt and visit."""
    layout, recipe, shares = tables.rows[regime, row], recipes.chance[regime, row], tables.segments[regime]
    for segment in range(len(shares) if layout.per_segment > 0 else 1):
        for channel in range(tables.channels.shape[1] if layout.per_channel > 0 else 1):
            for attempt in range(layout.num_attempts):
                for visit in range(layout.num_visits):
                    place = (
                        layout.chance
                        + segment * layout.per_segment
                        + channel * layout.per_channel
                        + attempt * layout.per_attempt
                        + visit * layout.per_visit
                    )
                    chance = one_chance(
                        recipe, recipes.lists, tables.parameters, shares, segment, channel, attempt, visit
                    )
                    tables.threshold[regime, place] = threshold(chance)


@lean
def one_chance(
    recipe: p.Record,
    lists: p.IntArray,
    parameters: p.FloatArray,
    shares: p.RecordArray,
    segment: int,
    channel: int,
    attempt: int,
    visit: int,
) -> float:
    """Chance of one kind of lead: the written one, moved by its odds."""
    which = 0
    if recipe.by == p.BY_SEGMENT:
        which = segment
    elif recipe.by == p.BY_CHANNEL:
        which = channel
    elif recipe.by == p.BY_ATTEMPT:
        which = min(attempt, recipe.num_base - 1)
    elif recipe.by == p.BY_VISIT:
        which = min(visit, recipe.num_base - 1)
    written = from_list(lists, parameters, recipe.base, which)
    odds = from_list(lists, parameters, recipe.channel_odds, channel)
    if recipe.num_attempt_odds > 0:
        odds *= from_list(lists, parameters, recipe.attempt_odds, min(attempt, recipe.num_attempt_odds - 1))
    if recipe.num_visit_odds > 0:
        odds *= from_list(lists, parameters, recipe.visit_odds, min(visit, recipe.num_visit_odds - 1))
    if recipe.segment_odds >= 0:
        odds *= from_list(lists, parameters, recipe.segment_odds, segment)
        if recipe.average == 1 and recipe.by != p.BY_SEGMENT and 0.0 < written < 1.0:
            written = reference_chance(recipe.segment_odds, lists, parameters, shares, written)
    if odds == 1.0 or written <= 0.0 or written >= 1.0:
        return written
    return written * odds / (1.0 - written + written * odds)


@lean
def from_list(lists: p.IntArray, parameters: p.FloatArray, offset: int, i: int) -> float:
    """Return one parameter of a list; 1 where there is no list."""
    return float(parameters[lists[offset + i]]) if offset >= 0 else 1.0


@lean
def reference_chance(
    odds: int, lists: p.IntArray, parameters: p.FloatArray, shares: p.RecordArray, average: float
) -> float:
    """Chance at odds 1 that gives this average over the segments' shares, by bisection on the odds' logarithm."""
    total = 0.0
    for segment in range(len(shares)):
        total += shares[segment].share
    low, high = -600.0, 600.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        base, mean = exp(middle), 0.0
        for segment in range(len(shares)):
            moved = base * from_list(lists, parameters, odds, segment)
            mean += shares[segment].share * (moved / (1.0 + moved))
        if mean < average * total:
            low = middle
        else:
            high = middle
    return logistic(0.5 * (low + high))


# ---------------------------------------------------------------- flows
@lean
def expect_leads(terms: p.IntArray, units: p.FloatArray, parameters: p.FloatArray, expected: p.IntArray) -> None:
    """Sum the leads each channel expects, day by day; at most 2**31 of them."""
    for channel in range(expected.shape[0]):
        running = 0.0
        expected[channel, 0] = 0
        for day in range(units.shape[1]):
            for term in range(terms.shape[0]):
                if terms[term, 0] == channel:
                    running += parameters[terms[term, 1]] * units[term, day]
            expected[channel, day + 1] = int(np.floor(min(running, 2147483647.0) * LEAD + 0.5))


@lean
def spread_spend(terms: p.IntArray, units: p.FloatArray, parameters: p.FloatArray, spend: p.IntArray) -> None:
    """Money of each channel and cell, as differences of a rounded running total (rule 2)."""
    for channel in range(spend.shape[0]):
        before = 0
        for cell in range(spend.shape[1]):
            running = 0.0
            for term in range(terms.shape[0]):
                if terms[term, 0] == channel:
                    running += parameters[terms[term, 1]] * units[term, cell + 1]
            after = whole(running)
            spend[channel, cell] = after - before
            before = after
