"""Which of several scenarios is the best by one metric, and in how many replications it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from funnelsim.metrics import statistics
from funnelsim.metrics.figures import Parts, estimate

if TYPE_CHECKING:
    from funnelsim.metrics.directions import Direction


class Ranked(NamedTuple):
    """A scenario among others."""

    scenario: str
    mean: float
    """Of a ratio total over total."""
    probability_best: float
    """Share of replications in which it is the best; where several are, each has its part."""
    mc_error: float
    """Monte Carlo standard error of `probability_best`."""


def rank(figures: Mapping[str, Parts], better: Direction) -> list[Ranked]:
    """Order scenarios by their means, the best first.

    Parameters
    ----------
    figures : mapping of str to Parts
        The same metric of scenarios that were run with the same luck, one number for each replication.
    better : {"higher", "lower"}

    Returns
    -------
    list of Ranked
        The probabilities sum to 1. They are of the replications in which all have a value; NaN where there are none.
        Scenarios without a mean come last.
    """
    values = np.array([parts.values().to_numpy() for parts in figures.values()], np.float64)
    values = values[:, np.isfinite(values).all(axis=0)]
    sign = 1.0 if better == "higher" else -1.0
    first = sign * values == (sign * values).max(axis=0, initial=-math.inf)
    parts_of_best = first / np.maximum(first.sum(axis=0), 1)
    shares, errors = statistics.mean(parts_of_best.T), statistics.mean_error(parts_of_best.T)
    means = [float(estimate(parts).mean) for parts in figures.values()]
    ranked = [Ranked(*row) for row in zip(figures, means, map(float, shares), map(float, errors), strict=True)]
    return sorted(ranked, key=lambda one: math.inf if math.isnan(one.mean) else -sign * one.mean)
