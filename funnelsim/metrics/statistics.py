"""Means, ratios and their errors over replications.

Replications are the first axis of every array; what follows (periods, groups) is carried along. A ratio is total over
total, so its error is that of a ratio of two means, which the jackknife gives without a formula for each case.
"""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

LEVEL = 0.95
"""How often an interval covers what it is for."""


def mean_error(values: npt.ArrayLike) -> Array:
    """Return the standard error of a mean over replications: ``s / sqrt(n)``, s with n - 1 (NaN for one).

    Parameters
    ----------
    values : array (n, ...)
        NaN are left out.

    Returns
    -------
    array (...)
    """
    array = np.asarray(values, np.float64)
    known = np.isfinite(array)
    n = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = np.where(known, array - np.where(known, array, 0.0).sum(axis=0) / n, 0.0)
        return np.asarray(np.sqrt((centred**2).sum(axis=0) / (n - 1) / n))


def mean(values: npt.ArrayLike) -> Array:
    """Mean over replications, NaN left out; NaN where there is nothing else."""
    array = np.asarray(values, np.float64)
    known = np.isfinite(array)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(known, array, 0.0).sum(axis=0) / known.sum(axis=0))


def ratio(over: npt.ArrayLike, under: npt.ArrayLike) -> Array:
    """Total over total: ``sum(over) / sum(under)``; NaN where the denominators sum to 0.

    Parameters
    ----------
    over, under : array (n, ...)

    Returns
    -------
    array (...)
    """
    return divide(np.sum(over, axis=0), np.sum(under, axis=0))


def divide(over: npt.ArrayLike, under: npt.ArrayLike) -> Array:
    """Quotient, NaN wherever the denominator is 0."""
    denominator = np.asarray(under, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(denominator == 0, np.nan, np.asarray(over, np.float64) / denominator)


def leave_one_out(over: npt.ArrayLike, under: npt.ArrayLike) -> Array:
    """Ratio of totals without each replication in turn.

    Parameters
    ----------
    over, under : array (n, ...)

    Returns
    -------
    array (n, ...)
        NaN where nothing remains to divide by.
    """
    return divide(np.sum(over, axis=0) - np.asarray(over), np.sum(under, axis=0) - np.asarray(under))


def jackknife_error(without: npt.ArrayLike) -> Array:
    """Jackknife standard error: ``sqrt((n - 1) / n * sum((t_i - mean(t))**2))``.

    Parameters
    ----------
    without : array (n, ...)
        The statistic t_i with replication i left out, as `leave_one_out` gives it. For a difference of two paired
        ratios, the difference of theirs.

    Returns
    -------
    array (...)
        NaN for one replication, and where a t_i is.

    Notes
    -----
    B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap (1993), equation 11.5.
    """
    values = np.asarray(without, np.float64)
    n = len(values)
    if n < 2:
        return np.full(values.shape[1:], np.nan)
    return np.asarray(np.sqrt((n - 1) / n * ((values - values.mean(axis=0)) ** 2).sum(axis=0)))


def quantiles(values: npt.ArrayLike, levels: npt.ArrayLike) -> Array:
    """Quantiles over replications, NaN left out, interpolated linearly (Hyndman and Fan's type 7).

    Parameters
    ----------
    values : array (n, ...)
    levels : array (q,)

    Returns
    -------
    array (q, ...)
        NaN where there is nothing but NaN.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN slice", RuntimeWarning)
        return np.asarray(np.nanquantile(np.asarray(values, np.float64), np.asarray(levels), axis=0))


def interval(estimate: npt.ArrayLike, error: npt.ArrayLike, replications: int) -> tuple[Array, Array]:
    """Interval around an estimate: Student's t with n - 1 degrees of freedom times its standard error.

    Parameters
    ----------
    estimate, error : array
    replications : int
        n; with one there is no interval (NaN).

    Returns
    -------
    low, high : array
        They cover the expected value in 95% of cases.
    """
    from scipy.stats import t

    reach = t.ppf(0.5 + LEVEL / 2, replications - 1) if replications > 1 else np.nan
    middle = np.asarray(estimate, np.float64)
    half = reach * np.asarray(error, np.float64)
    return middle - half, middle + half
