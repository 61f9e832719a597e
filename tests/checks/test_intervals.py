"""Intervals cover what they are for: the true value is known, and a binomial test says how many may miss."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr
from scipy.stats import binomtest, norm

from funnelsim.checks.intervals import Interval, NoDataError, difference, estimate
from funnelsim.metrics.figures import Parts
from funnelsim.scenario.thresholds import read_condition

RISK = 0.05
SAMPLES = 600
NUMBER = 200
MEAN, P90, PROBABILITY = (read_condition(f"{text} > 0").statistic for text in ("mean", "p90", "prob(> 10)"))


def parts(over: object, under: object = None) -> Parts:
    arrays = [None if values is None else xr.DataArray(values, dims="replication") for values in (over, under)]
    return Parts(arrays[0], arrays[1], 1)  # type: ignore[arg-type]


def misses(draw: Callable[[np.random.Generator], Interval], truth: float) -> int:
    random = np.random.default_rng(7)
    found = [draw(random) for _ in range(SAMPLES)]
    return sum(not interval.low <= truth <= interval.high for interval in found)


def assert_covers(draw: Callable[[np.random.Generator], Interval], truth: float, most: float = RISK) -> None:
    assert binomtest(misses(draw, truth), SAMPLES, most, "greater").pvalue > 1e-4


def normal(random: np.random.Generator) -> Parts:
    return parts(random.normal(10, 3, NUMBER))


def paired(random: np.random.Generator) -> tuple[Parts, Parts]:
    """Two figures of the same luck: N(10, 3) and N(12, 3), correlated by 0.8."""
    shared, own = random.normal(0, 3, (2, NUMBER))
    return parts(10 + shared), parts(12 + 0.8 * shared + 0.6 * own)


def test_means() -> None:
    assert_covers(lambda random: estimate(normal(random), MEAN, RISK), 10)
    assert_covers(lambda random: difference(*paired(random), MEAN, 1.1, RISK), 12 - 11)


def test_ratios() -> None:
    def one(random: np.random.Generator) -> Parts:
        under = random.poisson(40, NUMBER)
        return parts(random.binomial(under, 0.3), under)

    assert_covers(lambda random: estimate(one(random), MEAN, RISK), 0.3)
    assert_covers(lambda random: difference(one(random), one(random), MEAN, 0.9, RISK), 0.03)


def test_quantiles() -> None:
    truth = 10 + 3 * float(norm.ppf(0.9))
    assert_covers(lambda random: estimate(normal(random), P90, RISK), truth)
    # the standard errors are estimated, so that some more miss than are meant to
    assert_covers(lambda random: difference(*paired(random), P90, 1.0, RISK), 2.0, most=1.4 * RISK)


def test_quantiles_of_counts_are_on_the_safe_side() -> None:
    assert_covers(lambda random: estimate(parts(random.poisson(3, NUMBER)), P90, RISK), 5)


def test_probabilities() -> None:
    assert_covers(lambda random: estimate(normal(random), PROBABILITY, RISK), 0.5)
    truth = float(norm.sf((10 - 12) / 3)) - 0.5
    assert_covers(lambda random: difference(*paired(random), PROBABILITY, 1.0, RISK), truth, most=1.2 * RISK)


def test_an_interval_that_is_too_short_would_be_noticed() -> None:
    assert (
        binomtest(misses(lambda random: estimate(normal(random), MEAN, 3 * RISK), 10), SAMPLES, RISK, "greater").pvalue
        < 1e-4
    )


def test_pairs_are_worth_something() -> None:
    first, other = paired(np.random.default_rng(1))
    shuffled = parts(np.random.default_rng(2).permutation(other.over.to_numpy()))
    for statistic in (MEAN, P90, PROBABILITY):
        near, far = (difference(first, to, statistic, 1.0, RISK) for to in (other, shuffled))
        assert near.high - near.low < 0.85 * (far.high - far.low)


def test_the_same_figure_differs_by_nothing() -> None:
    same = normal(np.random.default_rng(1))
    for statistic in (MEAN, P90):
        found = difference(same, same, statistic, 1.0, RISK)
        assert tuple(found) == pytest.approx((0, 0, 0), abs=1e-12)


def test_too_few_replications_have_no_bounds() -> None:
    assert estimate(parts(np.array([3.0])), MEAN, RISK)[1:] == (-math.inf, math.inf)
    assert estimate(parts(np.arange(5.0)), P90, RISK).high == math.inf
    assert estimate(parts(np.array([11.0, 12.0])), PROBABILITY, RISK).high == 1.0


def test_without_data_nothing_is_said() -> None:
    nothing = parts(np.zeros(5), np.zeros(5))
    with pytest.raises(NoDataError, match="no value in any replication"):
        estimate(nothing, MEAN, RISK)
    with pytest.raises(NoDataError):
        difference(parts(np.ones(5)), nothing, MEAN, 1.0, RISK)
