"""Warmth, fatigue and score: what a lead has of them at a tick, and what they do to a chance (rules 55 to 57)."""

from __future__ import annotations

import numpy as np

from funnelsim.engines.jit import lean
from funnelsim.engines.numerics import exp
from funnelsim.engines.philox import threshold as threshold_of
from funnelsim.engines.tables import UNLIMITED
from funnelsim.program import records as p

LN2 = 0.6931471805599453


@lean
def decayed(units: int, since: int, now: int, half_life: int) -> int:
    """Return what is left of points, in thousandths, at a tick; `since` is when the lead last got some (rule 55)."""
    if units == 0 or now == since or half_life >= UNLIMITED:
        return units
    return int(np.floor(units * exp(-LN2 * ((now - since) / half_life)) + 0.5))


@lean
def fit_of(fit: p.IntArray, kind_first: p.IntArray, kinds: p.IntArray) -> int:
    """Return the points of what a lead is, in thousandths (rule 56).

    Parameters
    ----------
    fit : (V,)
        Of the regime.
    kind_first : (Q + 1,)
    kinds : (Q,)
        The lead's value of each kind.
    """
    total = 0
    for q in range(len(kinds)):
        total += fit[kind_first[q] + kinds[q]]
    return total


@lean
def moved(threshold: int, row: p.Record, odds: float, warmth: int, fatigue: int, score: int) -> int:
    """Return the threshold of a chance whose odds points, and content, multiply (rule 57).

    Parameters
    ----------
    threshold : int
        After the person's skill.
    row : tables.ROW
    odds : float
        Of the content that is given; 1 without.
    warmth, fatigue, score : int
        In thousandths, before the attempt.
    """
    if row.by_points == 0 and odds == 1.0:
        return threshold
    chance = threshold * 1.1102230246251565e-16
    odds *= exp(row.warm * warmth + row.tired * fatigue + row.scored * score)
    return threshold_of(chance * odds / (1.0 - chance + chance * odds))
