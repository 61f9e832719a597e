"""How much of the spread of a figure is luck, and how much is ignorance.

A replication draws what is not known (its parameters, written ``{uncertain: …}``) and then which lead does what. Every
replication of a result is run once more with the same parameters and other luck. Of a figure Y, and Y' of the second
run, what the two share is what the parameters make of it:

    ignorance = cov(Y, Y') = Var(E[Y | parameters]),   luck = E[(Y - Y')**2] / 2 = E[Var(Y | parameters)],

and both sum to the variance of Y. They are estimated as in the analysis of variance of one way with two in each class:
S. R. Searle, G. Casella and C. E. McCulloch, Variance Components (1992), chapter 3. The share of ignorance is the index
of I. M. Sobol', Sensitivity estimates for nonlinear mathematical models (1993), of all parameters together.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from funnelsim.metrics import statistics
from funnelsim.metrics.statistics import Array


class Uncertainty(NamedTuple):
    """The variance of a figure over replications, in two parts; each an array over periods, or a single number."""

    luck: Array
    """Variance that would remain if all parameters were known, on average over what they may be."""
    ignorance: Array
    """Variance that what is not known makes. Where there is little it may come out below 0, by chance."""
    share: Array
    """`ignorance` as a share of both, from 0 to 1; NaN where nothing varies."""
    low: Array
    """`low` to `high`: a 95% interval of `share`."""
    high: Array

    @property
    def variance(self) -> Array:
        """That of both together."""
        return self.luck + self.ignorance

    @property
    def luck_sd(self) -> Array:
        """Standard deviation of luck alone, in the unit of the figure."""
        return np.sqrt(self.luck)

    @property
    def ignorance_sd(self) -> Array:
        """Standard deviation of ignorance alone, in the unit of the figure; 0 where it came out below 0."""
        return np.sqrt(np.maximum(self.ignorance, 0.0))


def of_luck_alone(values: npt.ArrayLike) -> Uncertainty:
    """Return the variance of replications (n, ...) in which everything is known."""
    array = np.asarray(values, np.float64)
    number = np.isfinite(array).sum(axis=0)
    luck = statistics.mean_error(array) ** 2 * number
    nothing = np.zeros_like(luck)
    share = np.where(luck > 0, 0.0, np.nan)
    return Uncertainty(luck, nothing, share, share, share)


def of_pairs(values: npt.ArrayLike, again: npt.ArrayLike) -> Uncertainty:
    """Divide a variance by pairs of replications with the same parameters and luck of their own.

    Parameters
    ----------
    values, again : array (n, ...)
        Pairs of which one is NaN are left out.

    Returns
    -------
    Uncertainty
        The interval of the share is that of Student's t around it with the jackknife error over pairs, cut at 0 and 1.
    """
    one, other = (np.asarray(array, np.float64) for array in (values, again))
    known = np.isfinite(one) & np.isfinite(other)
    number = known.sum(axis=0)
    centre = statistics.mean(np.where(known, one, np.nan))
    means = np.where(known, (one + other) / 2 - centre, 0.0)
    within = np.where(known, (one - other) ** 2 / 2, 0.0)
    total, squares, luck = means.sum(axis=0), (means**2).sum(axis=0), within.sum(axis=0)
    parts = _parts(number, total, squares, luck)
    left = _parts(number - 1, total - means, squares - means**2, luck - within)
    share, without = (_share(*both) for both in (parts, left))
    error = _error(np.where(known, without, np.nan))
    low, high = _interval(share, error, number)
    return Uncertainty(*parts, np.clip(share, 0, 1), np.clip(low, 0, 1), np.clip(high, 0, 1))


def _parts(number: npt.ArrayLike, total: Array, squares: Array, within: Array) -> tuple[Array, Array]:
    """Return luck and ignorance from the sums of pairs' means, of their squares, and of the variances within pairs."""
    n = np.asarray(number, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        luck = within / n
        between = (squares - total**2 / n) / (n - 1)
    return luck, between - luck / 2


def _share(luck: Array, ignorance: Array) -> Array:
    return statistics.divide(ignorance, luck + ignorance)


def _error(without: Array) -> Array:
    """Return the jackknife error over what is known."""
    n = np.isfinite(without).sum(axis=0)
    return np.asarray(statistics.mean_error(without) * (n - 1))


def _interval(share: Array, error: Array, number: Array) -> tuple[Array, Array]:
    from scipy.stats import t

    with np.errstate(invalid="ignore"):
        half = t.ppf(0.5 + statistics.LEVEL / 2, np.maximum(number - 1, 1)) * error
    return share - half, share + half
