"""How a figure of one scenario differs from that of another that was run with the same luck.

Two things are told apart. The **spread** of the difference over replications is luck and ignorance: what one future of
the one policy may bring more than the same future of the other. The **Monte Carlo error** is that of the mean of these
differences: more replications lessen it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from funnelsim.metrics import statistics
from funnelsim.metrics.figures import Parts
from funnelsim.metrics.statistics import Array

if TYPE_CHECKING:
    from funnelsim.metrics.directions import Direction

INTERVAL = "Its 95% interval covers the expected difference under these assumptions; more replications narrow it."

POWER = 0.8
"""With what chance the replications that are said to settle a difference do."""


class Difference(NamedTuple):
    """How a scenario differs from the first in one metric."""

    mean: float
    """Of the paired differences; of a ratio the difference of totals over totals."""
    low: float
    """`low` to `high`: a 95% interval of the expected difference."""
    high: float
    relative: float
    """`mean` as a share of the first scenario's mean, without its sign; NaN where that is 0."""
    probability_larger: float
    """Share of replications in which it is larger than in the first, of those that have both."""
    mc_error: float
    """Monte Carlo standard error of `mean`."""
    p10: float
    """`p10` to `p90`: the spread of the difference; in eight of ten replications it lies between."""
    p50: float
    p90: float
    ratio: float
    """How many times the first scenario's mean it is: totals over totals; NaN where that is 0 or less."""
    ratio_low: float
    """`ratio_low` to `ratio_high`: a 95% interval of the expected ratio."""
    ratio_high: float
    probability_equal: float
    """Share of replications in which both are the same."""
    probability_better: float
    """Share of replications in which it is better than the first; NaN where neither more nor less is better."""
    times_smaller: float
    """The variance of the mean difference with seeds of their own, over what it is with the same luck."""
    more_replications: float
    """How many more would settle whether there is a difference, 0 where that is settled; NaN where none shows."""


def difference(first: Parts, other: Parts, better: Direction | None = None) -> Difference:
    """Compare a metric of two scenarios that were run with the same luck.

    Parameters
    ----------
    first, other : Parts
        With one number for each replication.
    better : {"higher", "lower"}, optional
        Which of them is the better one.

    Returns
    -------
    Difference
        Its intervals are those of Student's t. Of a metric that is not divided, the error is that of the mean of the
        paired differences, and of the ratio the jackknife's, as it is of all that a ratio of totals says. The variance
        with seeds of their own is the sum of both scenarios' alone.

    Notes
    -----
    A difference is settled where its interval leaves out 0. If it is what it seems to be, and the error of n
    replications is s, ``n * ((t + z) * s / mean)**2`` replications settle it with a chance of 80% (t and z the 97.5%
    and 80% quantiles of a normal), as for any test of a mean.
    """
    found = paired(first, other)
    known = np.isfinite(found.each)
    number = int(known.sum())
    larger, smaller, equal = (_share(each, number) for each in (found.each > 0, found.each < 0, found.each == 0))
    low, high = found.interval()
    spread = statistics.quantiles(found.each, (0.1, 0.5, 0.9))
    return Difference(
        mean=float(found.change),
        low=float(low),
        high=float(high),
        relative=float(statistics.divide(found.change, abs(found.base))),
        probability_larger=larger,
        mc_error=float(found.error),
        p10=float(spread[0]),
        p50=float(spread[1]),
        p90=float(spread[2]),
        **found.ratio._asdict(),
        probability_equal=equal,
        probability_better=math.nan if better is None else larger if better == "higher" else smaller,
        times_smaller=found.times_smaller,
        more_replications=found.more_replications(),
    )


def _share(each: npt.NDArray[np.bool_], number: int) -> float:
    return float(each.sum()) / number if number else math.nan


class Ratio(NamedTuple):
    """How many times the one is the other, and a 95% interval of what is expected of it."""

    ratio: float
    ratio_low: float
    ratio_high: float


class Paired(NamedTuple):
    """A metric of two scenarios, replication by replication."""

    each: Array
    """(n,): how much larger it is in the other scenario."""
    base: Array
    """What it is in the first."""
    change: Array
    error: Array
    """Monte Carlo standard error of `change`."""
    number: int
    """How many replications `error` is from."""
    ratio: Ratio
    apart: float
    """What `error` would be with seeds of their own."""

    def interval(self) -> tuple[Array, Array]:
        """Return the ends of a 95% interval of the expected difference."""
        return statistics.interval(self.change, self.error, self.number)

    @property
    def times_smaller(self) -> float:
        """How many times smaller the variance of `change` is for the same luck; infinite where there is none left."""
        if self.error > 0:
            return float((self.apart / self.error) ** 2)
        return math.inf if self.apart > 0 else math.nan

    def more_replications(self) -> float:
        """Return how many more would settle whether there is a difference; see `difference`."""
        from scipy.stats import norm

        low, high = self.interval()
        if low > 0 or high < 0:
            return 0.0
        if not self.error > 0 or self.change == 0:
            return math.nan
        reach = norm.ppf(0.5 + statistics.LEVEL / 2) + norm.ppf(POWER)
        wanted = self.number * float((reach * self.error / self.change) ** 2)
        return float(max(1, math.ceil(wanted) - self.number))


def paired(first: Parts, other: Parts) -> Paired:
    """Compare a metric of two scenarios in the same replications; see `difference`."""
    before, after = (np.asarray(parts.values().to_numpy(), np.float64) for parts in (first, other))
    each = after - before
    if first.under is None or other.under is None:
        return _paired_means(before, after, each)
    (total, without), (base, without_first) = (parts.of_totals(parts.scale) for parts in (other, first))
    error, apart, alone = map(statistics.jackknife_error, (without - without_first, without, without_first))
    ratio = _ratio(base, total, statistics.divide(without, without_first), len(each))
    return Paired(each, base, total - base, error, len(each), ratio, math.hypot(apart, alone))


def _paired_means(before: Array, after: Array, each: Array) -> Paired:
    known = np.isfinite(each)
    number, error = int(known.sum()), statistics.mean_error(each)
    base, total = statistics.mean(before[known]), statistics.mean(after[known])
    apart = math.hypot(*(float(statistics.mean_error(values[known])) for values in (before, after)))
    ratio = _ratio(base, total, statistics.leave_one_out(after[known], before[known]), number)
    return Paired(each, statistics.mean(before), statistics.mean(each), error, number, ratio, apart)


def _ratio(base: Array, total: Array, without: Array, number: int) -> Ratio:
    if not base > 0:
        return Ratio(math.nan, math.nan, math.nan)
    ratio = statistics.divide(total, base)
    return Ratio(float(ratio), *map(float, statistics.interval(ratio, statistics.jackknife_error(without), number)))
