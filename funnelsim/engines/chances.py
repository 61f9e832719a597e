"""Chances of one replication: the written ones, perhaps averages, solved for every kind of lead (rules 16, 53, 54)."""

from __future__ import annotations

from funnelsim.engines.jit import lean
from funnelsim.engines.numerics import exp, logistic
from funnelsim.engines.philox import threshold
from funnelsim.engines.tables import Tables
from funnelsim.program import records as p
from funnelsim.program.program import Recipes

# Where a layer of odds has those by channel, stage, attempt and visit, from its end.
CHANNEL, STAGE, ATTEMPT, VISIT = -6, -5, -4, -2


@lean
def fill_chances(recipes: Recipes, regime: int, row: int, tables: Tables) -> None:
    """Write the thresholds of one row in one regime: by kinds of lead, channel, stage, attempt and visit."""
    layout, steps = tables.rows[regime, row], tables.row_kinds[row]
    stages = recipes.asset_odds.shape[2] - len(tables.values) - tables.channels.shape[1]
    make_reference(recipes, regime, row, tables)
    for combination in range(num_combinations(tables, steps)):
        base, met = layout.chance, is_qualified(recipes, regime, row, combination, tables)
        for q in range(len(steps)):
            if steps[q] > 0:
                base += value_in(tables, steps, combination, q) * steps[q]
        for channel in range(tables.channels.shape[1] if layout.per_channel > 0 else 1):
            for stage in range(stages if layout.per_stage > 0 else 1):
                for attempt in range(layout.num_attempts):
                    for visit in range(layout.num_visits):
                        chance = 0.0
                        if met:
                            chance = one_chance(
                                recipes, regime, row, combination, channel, stage, attempt, visit, tables
                            )
                        place = base + channel * layout.per_channel + stage * layout.per_stage
                        place += attempt * layout.per_attempt + visit * layout.per_visit
                        tables.threshold[regime, place] = threshold(chance)


@lean
def num_values(tables: Tables, kind: int) -> int:
    """Return how many values a kind has."""
    return int(tables.kind_first[kind + 1] - tables.kind_first[kind])


@lean
def num_combinations(tables: Tables, chosen: p.IntArray) -> int:
    """Return how many combinations there are of the values of the chosen kinds: those that are not 0 in (Q,)."""
    combinations = 1
    for q in range(len(chosen)):
        combinations *= num_values(tables, q) if chosen[q] > 0 else 1
    return combinations


@lean
def value_in(tables: Tables, chosen: p.IntArray, combination: int, kind: int) -> int:
    """Return the value of a kind in a combination of the chosen kinds."""
    for q in range(kind):
        if chosen[q] > 0:
            combination //= num_values(tables, q)
    return combination % num_values(tables, kind)


@lean
def is_qualified(recipes: Recipes, regime: int, row: int, combination: int, tables: Tables) -> bool:
    """Rule 54: say whether leads of a combination meet as many criteria as a row requires."""
    first, end = tables.row_criteria[row, 0], tables.row_criteria[row, 1]
    required, met = float(end - first), 0.0
    if recipes.required[regime, row] >= 0:
        required = tables.parameters[recipes.required[regime, row]]
    for i in range(first, end):
        if value_in(tables, tables.row_kinds[row], combination, tables.criteria[i, 0]) == tables.criteria[i, 1]:
            met += 1.0
    return bool(met >= required - 0.5)


@lean
def one_chance(
    recipes: Recipes,
    regime: int,
    row: int,
    combination: int,
    channel: int,
    stage: int,
    attempt: int,
    visit: int,
    tables: Tables,
) -> float:
    """Chance of one kind of lead: that of the reference lead, moved by its odds."""
    recipe, lists, parameters = recipes.chance[regime, row], recipes.lists, tables.parameters
    which, steps = 0, tables.row_kinds[row]
    if recipe.by == p.BY_CHANNEL:
        which = channel
    elif recipe.by == p.BY_ATTEMPT:
        which = min(attempt, recipe.num_base - 1)
    elif recipe.by == p.BY_VISIT:
        which = min(visit, recipe.num_base - 1)
    elif recipe.by >= p.BY_KIND:
        which = value_in(tables, steps, combination, recipe.by - p.BY_KIND)
    written, odds = tables.reference[which], 1.0
    for layer in range(recipes.odds.shape[2]):
        by = recipes.odds[regime, row, layer]
        odds *= from_list(lists, parameters, by[CHANNEL], channel) * from_list(lists, parameters, by[STAGE], stage)
        odds *= from_list(lists, parameters, by[ATTEMPT], min(attempt, by[ATTEMPT + 1] - 1))
        odds *= from_list(lists, parameters, by[VISIT], min(visit, by[VISIT + 1] - 1))
    if has_kind_odds(recipes, regime, row):
        odds *= kind_odds(recipes, regime, row, steps, combination, tables)
    if odds == 1.0 or written <= 0.0 or written >= 1.0:
        return float(written)
    return float(written * odds / (1.0 - written + written * odds))


@lean
def from_list(lists: p.IntArray, parameters: p.FloatArray, offset: int, i: int) -> float:
    """Return one parameter of a list; 1 where there is no list."""
    return float(parameters[lists[offset + i]]) if offset >= 0 else 1.0


@lean
def has_kind_odds(recipes: Recipes, regime: int, row: int) -> bool:
    """Say whether odds by segment or traits are written."""
    for layer in range(recipes.odds.shape[2]):
        for q in range(recipes.odds.shape[3] + CHANNEL):
            if recipes.odds[regime, row, layer, q] >= 0:
                return True
    return False


@lean
def kind_odds(recipes: Recipes, regime: int, row: int, chosen: p.IntArray, combination: int, tables: Tables) -> float:
    """Product of a lead's odds by segment and traits; `combination` is one of the chosen kinds."""
    product = 1.0
    for layer in range(recipes.odds.shape[2]):
        for q in range(recipes.odds.shape[3] + CHANNEL):
            offset = recipes.odds[regime, row, layer, q]
            if offset >= 0:
                value = value_in(tables, chosen, combination, q)
                product *= from_list(recipes.lists, tables.parameters, offset, value)
    return product


@lean
def make_reference(recipes: Recipes, regime: int, row: int, tables: Tables) -> None:
    """Solve the chance at odds 1 for each that is written: one, or one for each of what it is written by."""
    recipe, averaged = recipes.chance[regime, row], has_kind_odds(recipes, regime, row)
    for which in range(recipe.num_base):
        written = from_list(recipes.lists, tables.parameters, recipe.base, which)
        if averaged and recipe.average == 1 and 0.0 < written < 1.0:
            written = reference_chance(recipes, regime, row, written, which, tables)
        tables.reference[which] = written


@lean
def reference_chance(recipes: Recipes, regime: int, row: int, average: float, which: int, tables: Tables) -> float:
    """Chance at odds 1 that gives this average over the shares of segments and traits with odds, by bisection.

    What the chance itself is written for, such as each segment, is not averaged over: there it is the value `which`.
    The bisection is on the logarithm of the odds.
    """
    low, high = -600.0, 600.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        if mean_chance(recipes, regime, row, exp(middle), which, tables) < average:
            low = middle
        else:
            high = middle
    return logistic(0.5 * (low + high))


@lean
def mean_chance(recipes: Recipes, regime: int, row: int, base: float, which: int, tables: Tables) -> float:
    """Average of the chances with these base odds, over the shares of all kinds of leads.

    It is over the kinds with odds and those that their shares depend on (rule 53), within the value `which` of the kind
    that the chance is written for.
    """
    chosen, by = tables.row_average[row], recipes.chance[regime, row].by - p.BY_KIND
    total, mean = 0.0, 0.0
    for other in range(num_combinations(tables, chosen)):
        weight = 1.0
        for q in range(len(chosen)):
            if chosen[q] > 0:
                value = value_in(tables, chosen, other, q)
                if q == by and value != which:
                    weight = 0.0
                weight *= share_of(tables, regime, chosen, other, q, value)
        if weight > 0.0:
            odds = base * kind_odds(recipes, regime, row, chosen, other, tables)
            total += weight
            mean += weight * (odds / (1.0 + odds))
    return mean / total if total > 0.0 else base / (1.0 + base)


@lean
def share_of(tables: Tables, regime: int, chosen: p.IntArray, combination: int, kind: int, value: int) -> float:
    """Share of a value among leads that are otherwise of a combination, whatever their channel (rule 53)."""
    record = tables.kinds[kind]
    cell = tables.channels.shape[1] * record.per_channel
    if record.per_segment > 0:
        cell += value_in(tables, chosen, combination, 0) * record.per_segment
    if record.of >= 0:
        cell += value_in(tables, chosen, combination, record.of) * record.per_true
    return float(tables.shares[regime, record.first_share + cell * num_values(tables, kind) + value])
