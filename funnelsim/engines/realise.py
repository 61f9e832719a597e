"""The numbers of one replication: parameters drawn, waits made ready, chances solved, flows summed.

Everything an engine reads besides the program's structure is computed here, once where nothing is uncertain
and once a replication where something is, by the same compiled functions: both engines and every processor
see the same bits.
"""

from __future__ import annotations

import numpy as np

from funnelsim.engines.handles import handle
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
    for regime in range(tables.moves.shape[0]):
        for move in range(tables.moves.shape[1]):
            tables.moves[regime, move].attempts = limit(parameters, recipes.attempts[regime, move])
            tables.moves[regime, move].lifetime = limit(parameters, recipes.lifetime[regime, move])
            tables.moves[regime, move].needs = limit(parameters, recipes.needs[regime, move])
            tables.moves[regime, move].unanswered = limit(parameters, recipes.unanswered[regime, move])
            make_extension(recipes.extend[regime, move], parameters, tables.moves[regime, move])
        for row in range(tables.rows.shape[1]):
            tables.rows[regime, row].cost = whole(parameters[recipes.cost[regime, row]])
        for channel in range(tables.channels.shape[1]):
            position = recipes.backlog[channel]
            tables.channels[regime, channel].backlog = whole(parameters[position]) if position >= 0 else 0
            tables.channels[regime, channel].cost = whole(parameters[recipes.lead_cost[regime, channel]])
        for i in range(tables.values.shape[1]):
            tables.values[regime, i].share = parameters[recipes.share[regime, i]]
        for row in range(tables.rows.shape[1]):
            fill_chances(recipes, regime, row, tables)
        for team in range(tables.teams.shape[1]):
            make_team(recipes.staff[regime, team], parameters, tables.teams[regime, team])
    make_people(recipes, tables)
    expect_leads(recipes.lead_term, recipes.lead_units, parameters, tables.expected)
    spread_spend(recipes.spend_term, recipes.spend_units, parameters, tables.spend)
    spread_salaries(recipes, tables)


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
        for i in range(tables.values.shape[1]):
            tables.values[regime, i].key = purpose_key(seed, replication, structure.kind_purpose[i])


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


# ---------------------------------------------------------------- people
@lean
def make_extension(recipe: p.IntArray, parameters: p.FloatArray, move: p.Record) -> None:
    """Fill in how a deadline can be put off: how often, with which threshold, for how many leads of an owner."""
    if recipe[0] >= 0:
        move.times = whole(parameters[recipe[0]])
        move.extend_chance = threshold(parameters[recipe[1]])
        move.per_owner = limit(parameters, recipe[2])


@lean
def make_team(recipe: p.IntArray, parameters: p.FloatArray, team: p.Record) -> None:
    """Fill in what limits a team in one regime."""
    team.hours = parameters[recipe[0]]
    team.hold = limit(parameters, recipe[1])
    team.claim_per_day = limit(parameters, recipe[2])
    team.queue_limit = whole(parameters[recipe[3]]) if recipe[3] >= 0 else UNLIMITED


@lean
def make_people(recipes: Recipes, tables: Tables) -> None:
    """Fill in skills, and send away those beyond a team's number of people."""
    for i in range(len(tables.people)):
        person = tables.people[i]
        person.chance = tables.parameters[recipes.skill[i, 0]]
        person.pace = tables.parameters[recipes.skill[i, 1]]
        number = recipes.headcount[person.team]
        if number >= 0:
            there = person.place < whole(tables.parameters[number])
            person.until_tick = tables.run[0].end_tick if there else person.from_tick


# ---------------------------------------------------------------- chances
@lean
def fill_chances(recipes: Recipes, regime: int, row: int, tables: Tables) -> None:
    """Write the thresholds of one row in one regime: for every kind of lead, channel, attempt and visit."""
    layout, steps = tables.rows[regime, row], tables.row_kinds[row]
    combinations = 1
    for q in range(len(steps)):
        combinations *= num_values(tables, q) if steps[q] > 0 else 1
    for combination in range(combinations):
        base = layout.chance
        rest = combination
        for q in range(len(steps)):
            if steps[q] > 0:
                base += (rest % num_values(tables, q)) * steps[q]
                rest //= num_values(tables, q)
        for channel in range(tables.channels.shape[1] if layout.per_channel > 0 else 1):
            for attempt in range(layout.num_attempts):
                for visit in range(layout.num_visits):
                    chance = one_chance(recipes, regime, row, combination, channel, attempt, visit, tables)
                    place = base + channel * layout.per_channel
                    place += attempt * layout.per_attempt + visit * layout.per_visit
                    tables.threshold[regime, place] = threshold(chance)


@lean
def num_values(tables: Tables, kind: int) -> int:
    """Return how many values a kind has."""
    return int(tables.kind_first[kind + 1] - tables.kind_first[kind])


@lean
def value_in(tables: Tables, row: int, combination: int, kind: int) -> int:
    """Return the value of a kind in a combination of the kinds that a row's chance differs by."""
    for q in range(kind):
        if tables.row_kinds[row, q] > 0:
            combination //= num_values(tables, q)
    return combination % num_values(tables, kind)


@lean
def one_chance(
    recipes: Recipes,
    regime: int,
    row: int,
    combination: int,
    channel: int,
    attempt: int,
    visit: int,
    tables: Tables,
) -> float:
    """Chance of one kind of lead: the written one, moved by its odds."""
    recipe, lists, parameters = recipes.chance[regime, row], recipes.lists, tables.parameters
    which = 0
    if recipe.by == p.BY_CHANNEL:
        which = channel
    elif recipe.by == p.BY_ATTEMPT:
        which = min(attempt, recipe.num_base - 1)
    elif recipe.by == p.BY_VISIT:
        which = min(visit, recipe.num_base - 1)
    elif recipe.by >= p.BY_KIND:
        which = value_in(tables, row, combination, recipe.by - p.BY_KIND)
    written = from_list(lists, parameters, recipe.base, which)
    odds = from_list(lists, parameters, recipe.channel_odds, channel)
    if recipe.num_attempt_odds > 0:
        odds *= from_list(lists, parameters, recipe.attempt_odds, min(attempt, recipe.num_attempt_odds - 1))
    if recipe.num_visit_odds > 0:
        odds *= from_list(lists, parameters, recipe.visit_odds, min(visit, recipe.num_visit_odds - 1))
    by_kind = kind_odds(recipes, regime, row, combination, tables)
    if by_kind >= 0.0:
        odds *= by_kind
        if recipe.average == 1 and 0.0 < written < 1.0:
            written = reference_chance(recipes, regime, row, written, combination, tables)
    if odds == 1.0 or written <= 0.0 or written >= 1.0:
        return written
    return written * odds / (1.0 - written + written * odds)


@lean
def from_list(lists: p.IntArray, parameters: p.FloatArray, offset: int, i: int) -> float:
    """Return one parameter of a list; 1 where there is no list."""
    return float(parameters[lists[offset + i]]) if offset >= 0 else 1.0


@lean
def kind_odds(recipes: Recipes, regime: int, row: int, combination: int, tables: Tables) -> float:
    """Product of a lead's odds by segment and traits; -1 where none are written."""
    product, written = 1.0, False
    for q in range(recipes.kind_odds.shape[2]):
        offset = recipes.kind_odds[regime, row, q]
        if offset >= 0:
            written = True
            product *= from_list(recipes.lists, tables.parameters, offset, value_in(tables, row, combination, q))
    return product if written else -1.0


@lean
def reference_chance(
    recipes: Recipes, regime: int, row: int, average: float, combination: int, tables: Tables
) -> float:
    """Chance at odds 1 that gives this average over the shares of segments and traits with odds, by bisection.

    What the chance itself is written for, such as each segment, is not averaged over: there it is the one of
    `combination`. The bisection is on the logarithm of the odds.
    """
    low, high = -600.0, 600.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        if mean_chance(recipes, regime, row, exp(middle), combination, tables) < average:
            low = middle
        else:
            high = middle
    return logistic(0.5 * (low + high))


@lean
def mean_chance(recipes: Recipes, regime: int, row: int, base: float, combination: int, tables: Tables) -> float:
    """Average of the chances with these base odds, over the shares of all kinds of leads."""
    steps, by = tables.row_kinds[row], recipes.chance[regime, row].by - p.BY_KIND
    combinations, total, mean = 1, 0.0, 0.0
    for q in range(len(steps)):
        combinations *= num_values(tables, q) if steps[q] > 0 else 1
    for other in range(combinations):
        weight = 1.0
        for q in range(len(steps)):
            if steps[q] > 0:
                value = value_in(tables, row, other, q)
                if q != by:
                    weight *= tables.values[regime, tables.kind_first[q] + value].share
                elif value != value_in(tables, row, combination, q):
                    weight = 0.0
        odds = base * kind_odds(recipes, regime, row, other, tables)
        total += weight
        mean += weight * (odds / (1.0 + odds))
    return mean / total


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
            after = whole(sum_of_terms(terms, units, parameters, channel, cell + 1))
            spend[channel, cell] = after - before
            before = after


@lean
def spread_salaries(recipes: Recipes, tables: Tables) -> None:
    """Labour of each team and cell, as differences of a rounded running total (rule 2)."""
    for team in range(tables.labour.shape[0]):
        number = recipes.headcount[team]
        people = float(whole(tables.parameters[number])) if number >= 0 else 1.0
        before = 0
        for cell in range(tables.labour.shape[1]):
            each = sum_of_terms(recipes.salary_term, recipes.salary_units, tables.parameters, team, cell + 1)
            after = whole(each * people)
            tables.labour[team, cell] = after - before
            before = after


@lean
def sum_of_terms(terms: p.IntArray, units: p.FloatArray, parameters: p.FloatArray, owner: int, edge: int) -> float:
    """Sum what has flowed to one owner by an edge of cells."""
    running = 0.0
    for term in range(terms.shape[0]):
        if terms[term, 0] == owner:
            running += parameters[terms[term, 1]] * units[term, edge]
    return running
