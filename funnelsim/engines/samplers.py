"""Waits and amounts, each by inversion of one uniform number (semantics, rules 1, 15 and 33).

One number for a draw, and quantiles that increase in it: a longer wait stays the longer one when a parameter changes,
so that scenarios run with the same seed are paired. Quantile functions increase up to the rounding of their last bits.

A wait is a record of `WAIT` and, for tables, a place in a pool of numbers shared by all waits.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from funnelsim.engines.elementary import exp, float_bits, float_of_bits, log
from funnelsim.engines.jit import inlined, lean
from funnelsim.engines.numerics import gamma_quantile, gamma_quantile_of_tails, normal_quantile, normal_upper_tail
from funnelsim.engines.special import gamma_tails

WAIT = np.dtype([("code", "i8"), ("a", "f8"), ("b", "f8"), ("offset", "i8"), ("count", "i8")], align=True)
"""A distribution: its `code`, below, and its parameters. Durations in ticks, amounts in money's units."""

NEVER, CONSTANT, UNIFORM, EXPONENTIAL, LOGNORMAL, WEIBULL, GAMMA, EMPIRICAL = range(8)
"""Codes, and what `a` and `b` are for each.

==============  ==========================================================
`NEVER`         nothing; it is not drawn
`CONSTANT`      the value
`UNIFORM`       least, most
`EXPONENTIAL`   mean
`LOGNORMAL`     mean and standard deviation of the logarithm
`WEIBULL`       scale, shape
`GAMMA`         scale, shape; `offset`: its table, filled by `gamma_table`
`EMPIRICAL`     `offset`: `count` values, ascending, then their cumulative chances, of which the last is exactly 1
==============  ==========================================================
"""

MOST = 9007199254740992.0
"""What a draw is capped at, 2**53: 285,000 years of ticks."""

# A gamma table has pieces of equal width in each octave of the smaller tail, and 6 coefficients for each piece.
_OCTAVES, _PIECE_BITS, _COEFFICIENTS = 16, 3, 6
_PIECES = _OCTAVES << _PIECE_BITS
_PIECE_SHIFT = np.int64(52 - _PIECE_BITS)
_FIRST_PIECE = (1022 - _OCTAVES) << _PIECE_BITS
_FRACTION_MASK = np.int64((1 << (52 - _PIECE_BITS)) - 1)
_ONE_BITS = np.int64(0x3FF0000000000000)

GAMMA_TABLE = 2 * _PIECES * _COEFFICIENTS
"""Numbers in the pool that a gamma table takes."""

GAMMA_TABLE_FROM = 2.0 ** -(_OCTAVES + 1)
"""The smaller tail from which on a table answers, below 1/2."""


# ---------------------------------------------------------------- quantiles
@inlined
def exponential_quantile(mean: float, u: float) -> float:
    """Quantile of the exponential distribution: ``-mean log(1 - u)``; relative error at most 4e-16."""
    return -mean * log(1.0 - u)


@inlined
def lognormal_quantile(mu: float, sigma: float, u: float) -> float:
    """Quantile of the lognormal distribution, from the mean and standard deviation of the logarithm.

    Relative error at most ``1e-15 (1 + abs(mu) + sigma abs(z))``, where z is the standard normal's quantile.
    """
    return exp(mu + sigma * normal_quantile(u))


@inlined
def weibull_quantile(scale: float, shape: float, u: float) -> float:
    """Quantile of the Weibull distribution: ``scale (-log(1 - u))**(1 / shape)``.

    Relative error at most ``1e-15 (1 + 1 / shape + abs(log(result / scale)))``; 0 below 2.24e-308 of the scale.
    """
    return scale * exp(log(-log(1.0 - u)) / shape)


@inlined
def empirical_quantile(pool: npt.NDArray[np.float64], offset: int, count: int, u: float) -> float:
    """Return the first of `count` ascending values whose cumulative chance is at least u, exactly."""
    low, high = 0, count - 1
    while low < high:
        middle = (low + high) // 2
        if pool[offset + count + middle] < u:
            low = middle + 1
        else:
            high = middle
    return float(pool[offset + low])


@lean
def gamma_table(shape: float, pool: npt.NDArray[np.float64], offset: int) -> None:
    """Fill the table that `gamma_table_quantile` reads.

    The logarithm of the quantile over the smaller tail, in polynomials of degree 5 that have the exact values and the
    first two derivatives where they meet: 8 to each octave of the tail from 1/2 down to 2**-17, on either side.

    Parameters
    ----------
    shape : float
        From 0.02 to 1e6.
    pool : array (at least offset + GAMMA_TABLE,)
        Filled from `offset` on.
    offset : int
        Where the table begins.
    """
    for side in range(2):
        for piece in range(_PIECES):
            start = float_of_bits(np.int64(_FIRST_PIECE + piece) << _PIECE_SHIFT)
            end = float_of_bits(np.int64(_FIRST_PIECE + piece + 1) << _PIECE_SHIFT)
            value, slope, bend = _gamma_node(shape, start, end - start, side)
            rise, next_slope, next_bend = _gamma_node(shape, end, end - start, side)
            rise -= value
            place = offset + (side * _PIECES + piece) * _COEFFICIENTS
            pool[place] = value
            pool[place + 1] = slope
            pool[place + 2] = 0.5 * bend
            pool[place + 3] = 10.0 * rise - 6.0 * slope - 4.0 * next_slope - 1.5 * bend + 0.5 * next_bend
            pool[place + 4] = -15.0 * rise + 8.0 * slope + 7.0 * next_slope + 1.5 * bend - next_bend
            pool[place + 5] = 6.0 * rise - 3.0 * (slope + next_slope) + 0.5 * (next_bend - bend)


@lean
def _gamma_node(shape: float, tail: float, width: float, side: int) -> tuple[float, float, float]:
    """Logarithm of the quantile at a tail, and its first two derivatives in the tail over a piece's width."""
    lower, upper = (tail, 1.0 - tail) if side == 0 else (1.0 - tail, tail)
    x = gamma_quantile_of_tails(shape, lower, upper)
    density = gamma_tails(shape, x)[2]  # of log x, whose own derivative in the lower tail is shape - x
    slope = width / density
    return log(x), slope if side == 0 else -slope, (x - shape) * slope * slope


@inlined
def gamma_table_quantile(shape: float, pool: npt.NDArray[np.float64], offset: int, u: float) -> float:
    """Quantile of the gamma distribution of scale 1, from a table.

    Where u is less than 2**-17 from 0 or 1 it is solved for, by `gamma_quantile`: once in 65,536 draws.

    Parameters
    ----------
    shape : float
        The shape the table was filled for.
    pool, offset : array, int
        As for `gamma_table`.
    u : float
        Between 0 and 1.

    Returns
    -------
    float
        Relative error at most 1e-8 for u above 1/2 and for shapes from 1 on; at most 1e-8 / shape for u below 1/2 and
        smaller shapes. What it exceeds 1e-7 by, for shapes below 0.1, is where the quantile is under a thousandth of
        the mean.
    """
    if GAMMA_TABLE_FROM <= min(u, 1.0 - u) < 0.5:
        return gamma_table_value(pool, offset, u)
    return gamma_quantile(shape, u)


@inlined
def gamma_table_value(pool: npt.NDArray[np.float64], offset: int, u: float) -> float:
    """Return what a gamma table says where the smaller tail is from `GAMMA_TABLE_FROM` to less than 1/2."""
    bits = float_bits(min(u, 1.0 - u))
    piece = (bits >> _PIECE_SHIFT) - _FIRST_PIECE
    t = float_of_bits(((bits & _FRACTION_MASK) << np.int64(_PIECE_BITS)) | _ONE_BITS) - 1.0
    place = offset + (piece if u < 0.5 else piece + _PIECES) * _COEFFICIENTS
    square = t * t
    low = pool[place] + pool[place + 1] * t
    middle = pool[place + 2] + pool[place + 3] * t
    high = pool[place + 4] + pool[place + 5] * t
    return float(exp(low + square * (middle + square * high)))


@inlined
def quantile(wait: np.void, pool: npt.NDArray[np.float64], u: float) -> float:
    """Quantile of a wait, before rounding.

    Parameters
    ----------
    wait : record of WAIT
        Not `NEVER`, which has no quantile: -1.
    pool : array
        What the `offset` of waits points into.
    u : float
        Between 0 and 1.

    Returns
    -------
    float
        With the error stated for the distribution's own function.
    """
    code, a, b = wait["code"], wait["a"], wait["b"]
    value = -1.0
    if code == CONSTANT:
        value = a
    elif code == UNIFORM:
        value = a + u * (b - a)
    elif code == EXPONENTIAL:
        value = exponential_quantile(a, u)
    elif code == LOGNORMAL:
        value = lognormal_quantile(a, b, u)
    elif code == WEIBULL:
        value = weibull_quantile(a, b, u)
    elif code == GAMMA:
        value = a * gamma_table_quantile(b, pool, wait["offset"], u)
    elif code == EMPIRICAL:
        value = empirical_quantile(pool, wait["offset"], wait["count"], u)
    return value


@inlined
def _within_range(value: float) -> float:
    """Bring a number to 0 to 2**53. NaN becomes 0: what it is as an integer differs between processors."""
    positive = value if value > 0.0 else 0.0
    return positive if positive < MOST else MOST


@inlined
def rounded(value: float) -> int:
    """Round half up, within what a draw is capped at (rules 1 and 2)."""
    return math.floor(_within_range(value) + 0.5)


@inlined
def draw(wait: np.void, pool: npt.NDArray[np.float64], u: float) -> int:
    """Draw a wait or an amount: its `quantile`, rounded half up (rules 1 and 2).

    Parameters
    ----------
    wait, pool, u : record of WAIT, array, float
        As for `quantile`.

    Returns
    -------
    int
        From 0 to 2**53; -1 for `NEVER`.
    """
    value = quantile(wait, pool, u)
    return -1 if wait["code"] == NEVER else rounded(value)


# ---------------------------------------------------------------- residual life
@lean
def length_biased_quantile(wait: np.void, pool: npt.NDArray[np.float64], u: float) -> float:
    """Quantile of the wait that a moment picked at random falls into: long ones hold more moments.

    Its density is ``x f(x) / mean`` where f is that of the wait (D. R. Cox, "Renewal theory", 1962, section 5.2).

    Parameters
    ----------
    wait, pool, u : record of WAIT, array, float
        As for `quantile`.

    Returns
    -------
    float
        Relative error as for the wait's own distribution; -1 for `NEVER`.
    """
    code, a, b = wait["code"], wait["a"], wait["b"]
    if code == CONSTANT:
        return float(a)
    if code == UNIFORM:
        return math.sqrt(a * a + u * (b * b - a * a))
    if code == EXPONENTIAL:
        return float(a * gamma_quantile(2.0, u))
    if code == LOGNORMAL:
        return lognormal_quantile(a + b * b, b, u)
    if code == WEIBULL:
        return float(a * exp(log(gamma_quantile(1.0 + 1.0 / b, u)) / b))
    if code == GAMMA:
        return float(a * gamma_quantile(b + 1.0, u))
    if code == EMPIRICAL:
        return _length_biased_empirical(pool, wait["offset"], wait["count"], u)
    return -1.0


@lean
def _length_biased_empirical(pool: npt.NDArray[np.float64], offset: int, count: int, u: float) -> float:
    """Return the first value up to which at least u of the sum of all values lies."""
    total, before = 0.0, 0.0
    for i in range(offset, offset + count):
        total += (pool[i + count] - before) * pool[i]
        before = pool[i + count]
    running, before = 0.0, 0.0
    for i in range(offset, offset + count):
        running += (pool[i + count] - before) * pool[i]
        before = pool[i + count]
        if running >= u * total:
            return float(pool[i])
    return float(pool[offset + count - 1])


@lean
def phase(wait: np.void, pool: npt.NDArray[np.float64], u: float, share: float) -> int:
    """Draw what is left of a wait that began long ago, rounded down (rule 15).

    A uniform share of a length-biased wait: the stationary residual life.

    Parameters
    ----------
    wait, pool, u : record of WAIT, array, float
        As for `quantile`.
    share : float
        Between 0 and 1, of which part of the wait is left; not used where the wait is exponential, which is as long as
        ever.

    Returns
    -------
    int
        From 0 to 2**53; -1 for `NEVER`.
    """
    if wait["code"] == NEVER:
        return -1
    if wait["code"] == EXPONENTIAL:
        left = exponential_quantile(wait["a"], u)
    else:
        left = share * length_biased_quantile(wait, pool, u)
    return math.floor(_within_range(left))


# ---------------------------------------------------------------- waits that have lasted for a while
@lean
def quantile_beyond(wait: np.void, pool: npt.NDArray[np.float64], u: float, spent: float) -> float:
    """Quantile of a wait that is known to be longer than what of it is spent (rule 71).

    ``F(x) = F(spent) + u (1 - F(spent))``, by the upper tail, which stays exact where little of it is left.

    Parameters
    ----------
    wait, pool, u : record of WAIT, array, float
        As for `quantile`.
    spent : float
        In the unit of the wait.

    Returns
    -------
    float
        The whole wait, above `spent`; `spent` itself where the law has nothing beyond it, and what can be told of its
        tail is nothing (37 standard deviations of a logarithm): the wait is overdue. Relative error as for the wait's
        own distribution; -1 for `NEVER`.
    """
    code, a, b = wait["code"], wait["a"], wait["b"]
    if spent <= 0.0 or code == NEVER:
        return quantile(wait, pool, u)
    value = spent
    if code == CONSTANT:
        value = a
    elif code == UNIFORM:
        low = max(a, spent)
        value = low + u * (b - low)
    elif code == EXPONENTIAL:
        value = spent + exponential_quantile(a, u)
    elif code == LOGNORMAL:
        tail = normal_upper_tail((log(spent) - a) / b) * (1.0 - u)
        value = exp(a - b * normal_quantile(tail)) if tail > _LEAST_TAIL else spent
    elif code == WEIBULL:
        value = _weibull_beyond(a, b, u, spent)
    elif code == GAMMA:
        tail = gamma_tails(b, spent / a)[1] * (1.0 - u)
        value = a * gamma_quantile_of_tails(b, 1.0 - tail, tail) if tail > _LEAST_TAIL else spent
    elif code == EMPIRICAL:
        value = _empirical_beyond(pool, wait["offset"], wait["count"], u, spent)
    return max(value, spent)


@lean
def _weibull_beyond(scale: float, shape: float, u: float, spent: float) -> float:
    """Return ``scale ((spent / scale)**shape - log(1 - u))**(1 / shape)``, whichever of the two is the larger."""
    power, more = exp(shape * log(spent / scale)), -log(1.0 - u)
    if power >= 1.0:
        return spent * exp(log(1.0 + more / power) / shape)
    return scale * exp(log(power + more) / shape)


_LEAST_TAIL = 1e-290
"""The smallest chance whose logarithm and quantiles are sound."""


@lean
def _empirical_beyond(pool: npt.NDArray[np.float64], offset: int, count: int, u: float, spent: float) -> float:
    """Return the quantile among the values above what is spent; `spent` where there are none."""
    below = 0.0
    for i in range(offset, offset + count):
        if pool[i] <= spent:
            below = pool[i + count]
    if below >= 1.0:
        return spent
    return empirical_quantile(pool, offset, count, below + u * (1.0 - below))


@lean
def draw_beyond(wait: np.void, pool: npt.NDArray[np.float64], u: float, spent: int) -> int:
    """Draw a wait that is known to be longer than what of it is spent: its `quantile_beyond`, rounded half up.

    Parameters
    ----------
    wait, pool, u : record of WAIT, array, float
        As for `quantile`.
    spent : int
        From 0.

    Returns
    -------
    int
        The whole wait, from `spent` to 2**53; -1 for `NEVER`.
    """
    value = quantile_beyond(wait, pool, u, float(spent))
    return -1 if wait["code"] == NEVER else max(rounded(value), spent)
