"""Numbers of one replication that touches, points and rules need: shares, odds by the point, limits, content."""

from __future__ import annotations

import numpy as np

from funnelsim.engines.jit import lean
from funnelsim.engines.numerics import log, whole
from funnelsim.engines.philox import threshold
from funnelsim.engines.tables import UNLIMITED, Tables
from funnelsim.program import records as p
from funnelsim.program.program import Recipes


@lean
def make_shares(recipes: Recipes, regime: int, tables: Tables) -> None:
    """Fill in the shares of all kinds; those of an observed one follow from its error (rule 53)."""
    parameters, shares = tables.parameters, tables.shares[regime]
    for i in range(len(shares)):
        shares[i] = parameters[recipes.share[regime, i]]
    for q in range(len(tables.kinds)):
        kind = tables.kinds[q]
        number = kind.end - kind.first
        if kind.of >= 0:
            for true in range(number):
                first = kind.first_share + true * kind.per_true * number
                for value in range(number):
                    error = shares[first + value]
                    shares[first + value] = 1.0 - error if value == true else error / (number - 1)


@lean
def make_points(recipes: Recipes, regime: int, tables: Tables) -> None:
    """Fill in points, in thousandths, what they do to odds, and how they fade (rules 55 to 57)."""
    parameters, scoring = tables.parameters, tables.scoring[regime]
    for i in range(tables.fit.shape[1]):
        tables.fit[regime, i] = thousandths(parameters, recipes.fit[regime, i])
    scoring.half_life = limit(parameters, recipes.scoring[regime, 0])
    scoring.fatigue_half_life = limit(parameters, recipes.scoring[regime, 1])
    for i in range(tables.moves.shape[1]):
        tables.moves[regime, i].points = thousandths(parameters, recipes.move_points[regime, i])
    for i in range(tables.rows.shape[1]):
        row = tables.rows[regime, i]
        row.points = thousandths(parameters, recipes.row_points[regime, i])
        row.warm = by_point(recipes, parameters, regime, i, 0)
        row.tired = by_point(recipes, parameters, regime, i, 1)
        row.scored = by_point(recipes, parameters, regime, i, 2)
        row.by_points = 1 if row.warm != 0.0 or row.tired != 0.0 or row.scored != 0.0 else 0


@lean
def by_point(recipes: Recipes, parameters: p.FloatArray, regime: int, row: int, which: int) -> float:
    """Return what a thousandth of a point adds to the logarithm of odds."""
    total = 0.0
    for i in range(recipes.point_odds[regime, row, which, 0], recipes.point_odds[regime, row, which, 1]):
        total += log(parameters[recipes.lists[i]])
    return total * 0.001


@lean
def thousandths(parameters: p.FloatArray, position: int) -> int:
    """Return points in thousandths, rounded half up; 0 where none are written."""
    return int(np.floor(parameters[position] * 1000.0 + 0.5)) if position >= 0 else 0


@lean
def limit(parameters: p.FloatArray, position: int) -> int:
    """Return a limit of at least one; UNLIMITED where there is none."""
    return max(1, whole(parameters[position])) if position >= 0 else UNLIMITED


@lean
def make_contacts(recipes: Recipes, regime: int, tables: Tables) -> None:
    """Fill in touches as they are made in turn, limits of contact, and content (rules 58 to 63)."""
    parameters = tables.parameters
    for i in range(tables.turns.shape[1]):
        turn = tables.turns[regime, i]
        turn.active = whole(parameters[recipes.turn[regime, i, 0]])
        turn.weight = thousandths(parameters, recipes.turn[regime, i, 1])
        seen, false = recipes.turn[regime, i, 2], recipes.turn[regime, i, 3]
        turn.seen = threshold(parameters[seen])
        turn.false = threshold(parameters[false])
    for i in range(tables.limits.shape[1]):
        most = max(1, whole(parameters[recipes.limit[regime, i, 0]]))
        tables.limits[regime, i].most = min(most, tables.limits[regime, i].capacity)
        tables.limits[regime, i].per = max(1, whole(parameters[recipes.limit[regime, i, 1]]))
    for i in range(tables.assets.shape[1]):
        asset = tables.assets[regime, i]
        asset.share = parameters[recipes.asset[regime, i, 0]]
        asset.number = whole(parameters[recipes.asset[regime, i, 1]]) * whole(parameters[recipes.asset[regime, i, 2]])
        for j in range(tables.asset_odds.shape[2]):
            odds = recipes.asset_odds[regime, i, j]
            tables.asset_odds[regime, i, j] = parameters[odds] if odds >= 0 else 1.0


@lean
def make_conditions(recipes: Recipes, regime: int, tables: Tables) -> None:
    """Fill in the bounds of what rules look at (rule 65)."""
    for i in range(tables.conditions.shape[1]):
        condition = tables.conditions[regime, i]
        low, high = recipes.condition_range[regime, i, 0], recipes.condition_range[regime, i, 1]
        condition.low = bound(tables.parameters, low, condition.by) if low >= 0 else -UNLIMITED
        condition.high = bound(tables.parameters, high, condition.by) if high >= 0 else UNLIMITED


@lean
def bound(parameters: p.FloatArray, position: int, by: int) -> int:
    """Return a bound: in thousandths of a point for a score, in ticks or whole numbers for all else."""
    if by == p.BY_SCORE:
        return thousandths(parameters, position)
    return int(np.floor(parameters[position] + 0.5))
