"""The numbers of one replication: parameters drawn, waits made ready, chances solved, flows summed.

Everything an engine reads besides the program's structure is computed here, once where nothing is uncertain
and once a replication where something is, by the same compiled functions: both engines and every processor
see the same bits.
"""

from __future__ import annotations

import numpy as np

from funnelsim.engines.chances import fill_chances
from funnelsim.engines.contacts import limit, make_conditions, make_contacts, make_points, make_shares
from funnelsim.engines.flows import expect_leads, spread_money
from funnelsim.engines.handles import handle
from funnelsim.engines.jit import lean
from funnelsim.engines.numerics import beta_quantile, exp, log, logistic, logit, normal_quantile, whole
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
from funnelsim.engines.tables import UNLIMITED, Tables, lay_out
from funnelsim.program import Program
from funnelsim.program import records as p
from funnelsim.program.program import Recipes, Structure

NINETY_PERCENT = 2 * 1.6448536269514722
"""Standard deviations between the 5% and the 95% quantile of a normal."""


def tables_of(program: Program, seed: int, replication: int) -> Tables:
    """Return the tables of one replication, in fresh arrays."""
    tables = lay_out(program)
    realise(handle(program.recipes), np.uint64(seed), np.uint64(replication), handle(tables))
    make_keys(handle(program.structure), np.uint64(seed), np.uint64(replication), handle(tables))
    return tables


@lean
def realise(recipes: Recipes, seed: Word, replication: Word, tables: Tables) -> None:
    """Fill in the numbers of one replication."""
    parameters = tables.parameters
    for i in range(len(recipes.parameters)):
        parameters[i] = draw_parameter(recipes.parameters[i], recipes.samples, seed, replication)
    for i in range(len(recipes.waits)):
        make_wait(recipes.waits[i], parameters, len(recipes.samples), tables.pool, tables.waits[i])
    tables.run[0].old_ticks = limit(parameters, recipes.old_after) if recipes.old_after >= 0 else p.NONE
    for regime in range(tables.moves.shape[0]):
        for move in range(tables.moves.shape[1]):
            make_move(recipes, regime, move, parameters, tables.moves[regime, move])
        for row in range(tables.rows.shape[1]):
            tables.rows[regime, row].cost = whole(parameters[recipes.cost[regime, row]])
        for channel in range(tables.channels.shape[1]):
            position = recipes.backlog[channel]
            tables.channels[regime, channel].backlog = whole(parameters[position]) if position >= 0 else 0
            tables.channels[regime, channel].cost = whole(parameters[recipes.lead_cost[regime, channel]])
        make_shares(recipes, regime, tables)
        make_points(recipes, regime, tables)
        make_contacts(recipes, regime, tables)
        make_conditions(recipes, regime, tables)
        for row in range(tables.rows.shape[1]):
            fill_chances(recipes, regime, row, tables)
        for team in range(tables.teams.shape[1]):
            make_team(recipes.staff[regime, team], recipes.keeping[team], parameters, tables.teams[regime, team])
    make_people(recipes, tables)
    expect_leads(recipes, parameters, tables.expected)
    spread_money(recipes.spend_term, recipes.spend_units, parameters, tables.spend)
    spread_money(recipes.salary_term, recipes.salary_units, parameters, tables.labour)


@lean
def make_keys(structure: Structure, seed: Word, replication: Word, tables: Tables) -> None:
    """Fill in the keys of one replication (rule 33)."""
    for regime in range(tables.moves.shape[0]):
        for i in range(tables.moves.shape[1]):
            tables.moves[regime, i].key = purpose_key(seed, replication, structure.moves[i].purpose)
        for i in range(len(structure.value_purpose)):
            tables.containers[regime, i].key = purpose_key(seed, replication, structure.value_purpose[i])
        for i in range(tables.channels.shape[1]):
            tables.channels[regime, i].key = purpose_key(seed, replication, structure.channels[i].purpose)
        for i in range(tables.assets.shape[1]):
            tables.assets[regime, i].key = purpose_key(seed, replication, structure.asset_purpose[i])
    for i in range(len(tables.values)):
        tables.values[i].key = purpose_key(seed, replication, structure.kind_purpose[i])


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
    elif form == p.LENGTH:
        code, a = CONSTANT, max(1.0, first)
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


# ---------------------------------------------------------------- moves
@lean
def make_move(recipes: Recipes, regime: int, number: int, parameters: p.FloatArray, move: p.Record) -> None:
    """Fill in what limits a move in one regime, what it comes before, and how long its trigger waits."""
    move.attempts = limit(parameters, recipes.attempts[regime, number])
    move.lifetime = limit(parameters, recipes.lifetime[regime, number])
    move.needs = limit(parameters, recipes.needs[regime, number])
    move.unanswered = limit(parameters, recipes.unanswered[regime, number])
    priority, idle = recipes.priority[number], recipes.idle[number]
    move.priority = int(np.floor(parameters[priority] + 0.5)) if priority >= 0 else 0
    if idle >= 0:
        move.trigger_at = limit(parameters, idle)
    make_extension(recipes.extend[regime, number], parameters, move)


@lean
def make_extension(recipe: p.IntArray, parameters: p.FloatArray, move: p.Record) -> None:
    """Fill in how a deadline is put off: by how much, how often, with which threshold, for how many of an owner."""
    if recipe[0] >= 0:
        move.extend_by = limit(parameters, recipe[0])
        move.times = whole(parameters[recipe[1]])
        move.extend_chance = threshold(parameters[recipe[2]])
        move.per_owner = limit(parameters, recipe[3])


# ---------------------------------------------------------------- people
@lean
def make_team(recipe: p.IntArray, keeping: p.IntArray, parameters: p.FloatArray, team: p.Record) -> None:
    """Fill in what limits a team in one regime, and how long it keeps leads."""
    team.hours = parameters[recipe[0]]
    team.hold = limit(parameters, recipe[1])
    team.claim_per_day = limit(parameters, recipe[2])
    team.queue_limit = whole(parameters[recipe[3]]) if recipe[3] >= 0 else UNLIMITED
    team.cooldown = whole(parameters[keeping[0]])
    team.protection = whole(parameters[keeping[1]])
    team.by_activity = whole(parameters[keeping[2]])
    team.most = limit(parameters, keeping[3])


@lean
def make_people(recipes: Recipes, tables: Tables) -> None:
    """Fill in skills, and when those who are counted come and go."""
    for i in range(len(tables.people)):
        person = tables.people[i]
        person.chance = tables.parameters[recipes.skill[i, 0]]
        person.pace = tables.parameters[recipes.skill[i, 1]]
        if person.stay >= 0:
            make_stay(recipes.headcount, tables.parameters, tables.run[0].end_tick, person)


@lean
def make_stay(headcount: p.IntArray, parameters: p.FloatArray, end: int, person: p.Record) -> None:
    """Rule 38: a place is taken while the number of people is above it; who never comes, comes and goes at tick 0."""
    person.from_tick = 0
    person.until_tick = 0
    stays, there = 0, False
    for entry in range(len(headcount)):
        if headcount[entry, 0] == person.team:
            tick, taken = min(headcount[entry, 1], end), whole(parameters[headcount[entry, 2]]) > person.place
            if taken and not there and stays == person.stay:
                person.from_tick = tick
                person.until_tick = end
            elif there and not taken:
                if stays == person.stay:
                    person.until_tick = tick
                stays += 1
            there = taken
