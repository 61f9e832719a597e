"""Intervals of what replications say of a figure: of means, ratios, quantiles and probabilities, alone and in pairs.

``risk`` is how often an interval may miss what it is for, on both sides together. Without a value an end is infinite.

- A mean: Student's t. A ratio is total over total, with a jackknife error (`funnelsim.metrics.statistics`).
- A quantile: order statistics, whose ranks are binomial; for any distribution, exact or on the safe side.
- A probability: Clopper and Pearson's interval, exact or on the safe side.
- A difference of means or ratios: that of the pairs, which share their luck.
- A difference of quantiles: each has the standard error that its interval says (R. S. Woodruff, Confidence intervals
  for medians and other position measures, Journal of the American Statistical Association 47 (1952), 635-646), and they
  are correlated as being above or below them is.
- A difference of probabilities: the mean difference of the pairs, with half a pair more of each of the four kinds
  (A. Agresti and Y. Min, Simple improved confidence intervals for comparing matched proportions, Statistics in Medicine
  24 (2005), 729-740).
"""

from __future__ import annotations

import math
import operator
from typing import NamedTuple

import numpy as np

from funnelsim.metrics import statistics
from funnelsim.metrics.figures import Parts
from funnelsim.metrics.statistics import Array
from funnelsim.scenario.thresholds import Statistic

COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class Interval(NamedTuple):
    """An estimate and between what it surely lies."""

    value: float
    low: float
    high: float


class NoDataError(ValueError):
    """A figure has no value in any replication."""


def estimate(parts: Parts, statistic: Statistic, risk: float) -> Interval:
    """Estimate a statistic of a figure.

    Parameters
    ----------
    parts : Parts
        With one number for each replication.
    statistic : Statistic
    risk : float

    Raises
    ------
    NoDataError
    """
    values = _known(parts)
    if statistic.kind == "quantile":
        return _quantile(values, statistic.percent / 100, risk)
    if statistic.kind == "probability":
        return _probability(int(_met(values, statistic).sum()), len(values), risk)
    if parts.under is None:
        return _student(float(statistics.mean(values)), float(statistics.mean_error(values)), len(values), risk)
    whole, without = parts.of_totals(parts.scale)
    return _student(float(whole), float(statistics.jackknife_error(without)), len(without), risk)


def difference(first: Parts, other: Parts, statistic: Statistic, factor: float, risk: float) -> Interval:
    """Estimate how much larger a statistic is in `other` than `factor` times in `first`, run with the same luck.

    Raises
    ------
    NoDataError
    """
    for parts in (first, other):
        _known(parts)
    if statistic.kind == "mean" and first.under is not None and other.under is not None:
        (base, without_base), (whole, without) = first.of_totals(first.scale), other.of_totals(other.scale)
        error = statistics.jackknife_error(without - factor * without_base)
        return _student(float(whole - factor * base), float(error), len(without), risk)
    before, after = (of.values().to_numpy().astype(np.float64) for of in (first, other))
    both = np.isfinite(before) & np.isfinite(after)
    before, after = before[both], after[both]
    if not len(before):
        raise NoDataError("there is no replication in which both have a value")
    if statistic.kind == "mean":
        each = after - factor * before
        return _student(float(each.mean()), float(statistics.mean_error(each)), len(each), risk)
    if statistic.kind == "quantile":
        return _difference_of_quantiles(before, after, statistic.percent / 100, factor, risk)
    return _difference_of_probabilities(_met(before, statistic), _met(after, statistic), factor, risk)


def _known(parts: Parts) -> Array:
    values = parts.values().to_numpy().astype(np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        raise NoDataError("it has no value in any replication")
    return np.asarray(values)


def _met(values: Array, statistic: Statistic) -> Array:
    return np.asarray(COMPARE[statistic.comparison](values, float(statistic.bound.number)), np.float64)


def _student(value: float, error: float, number: int, risk: float) -> Interval:
    from scipy.stats import t

    if number < 2 or math.isnan(error):
        return Interval(value, -math.inf, math.inf)
    half = float(t.ppf(1 - risk / 2, number - 1)) * error
    return Interval(value, value - half, value + half)


# ---------------------------------------------------------------- quantiles
def _quantile(values: Array, level: float, risk: float) -> Interval:
    from scipy.stats import binom

    ordered, number = np.sort(values), len(values)
    low, high = (int(binom.ppf(side, number, level)) for side in (risk / 2, 1 - risk / 2))
    return Interval(
        float(statistics.quantiles(values, level)),
        float(ordered[low - 1]) if low >= 1 else -math.inf,
        float(ordered[high]) if high < number else math.inf,
    )


def _difference_of_quantiles(before: Array, after: Array, level: float, factor: float, risk: float) -> Interval:
    from scipy.stats import norm

    reach = float(norm.ppf(1 - risk / 2))
    first, other = _quantile(before, level, risk), _quantile(after, level, risk)
    errors = [(found.high - found.low) / (2 * reach) for found in (first, other)]
    value = other.value - factor * first.value
    if not all(map(math.isfinite, errors)):
        return Interval(value, -math.inf, math.inf)
    together = _correlation(
        *((values <= found.value).astype(np.float64) for values, found in ((before, first), (after, other)))
    )
    variance = errors[1] ** 2 + (factor * errors[0]) ** 2 - 2 * together * factor * errors[0] * errors[1]
    half = reach * math.sqrt(max(variance, 0.0))
    return Interval(value, value - half, value + half)


def _correlation(one: Array, other: Array) -> float:
    if np.array_equal(one, other):
        return 1.0
    spread = float(one.std() * other.std())
    return float(((one - one.mean()) * (other - other.mean())).mean()) / spread if spread else 0.0


# ---------------------------------------------------------------- probabilities
def _probability(met: int, number: int, risk: float) -> Interval:
    from scipy.stats import beta

    low = float(beta.ppf(risk / 2, met, number - met + 1)) if met else 0.0
    high = float(beta.ppf(1 - risk / 2, met + 1, number - met)) if met < number else 1.0
    return Interval(met / number, low, high)


def _difference_of_probabilities(before: Array, after: Array, factor: float, risk: float) -> Interval:
    from scipy.stats import norm

    value = float(after.mean() - factor * before.mean())
    each = np.concatenate([after - factor * before, [0.0, 1.0, -factor, 1.0 - factor]])
    weights = np.concatenate([np.ones(len(before)), np.full(4, 0.5)])
    middle = float(np.average(each, weights=weights))
    variance = float(np.average((each - middle) ** 2, weights=weights)) / float(weights.sum())
    half = float(norm.ppf(1 - risk / 2)) * math.sqrt(variance)
    return Interval(value, middle - half, middle + half)
