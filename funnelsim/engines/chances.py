"""Chances of one replication: the written ones, which may be averages, solved for every kind of lead (rule 16)."""

from __future__ import annotations

from funnelsim.engines.jit import lean
from funnelsim.engines.numerics import exp, logistic
from funnelsim.engines.philox import threshold
from funnelsim.engines.tables import Tables
from funnelsim.program import records as p
from funnelsim.program.program import Recipes


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
