"""Log gamma, and the tails of the gamma and beta distributions, with the same bits on any processor.

Built from `elementary`, + - * / and square roots. Errors are stated as measured against exact arithmetic in
`tests/engines/test_numerics.py`.
"""

from __future__ import annotations

import math

from funnelsim.engines.elementary import exp, log, log1p, polynomial
from funnelsim.engines.jit import lean

_HALF_LOG_2_PI, _ONE_OVER_ROOT_2_PI = 0.9189385332046728, 0.3989422804014327

# Of log Γ(2 + z): 1 less Euler's constant, then (-1)**k (ζ(k) - 1) / k.
# fmt: off
_AT_TWO = (
    0.42278433509846713, 0.3224670334241132, -0.0673523010531981, 0.020580808427784546,
    -0.007385551028673986, 0.0028905103307415234, -0.001192753911703261, 0.0005096695247430425,
    -0.00022315475845357939, 9.945751278180853e-05, -4.492623673813314e-05, 2.050721277567069e-05,
    -9.439488275268397e-06, 4.374866789907488e-06, -2.039215753801366e-06, 9.55141213040742e-07,
    -4.492469198764566e-07, 2.1207184805554665e-07, -1.0043224823968099e-07, 4.7698101693639804e-08,
    -2.2711094608943164e-08, 1.0838659214896955e-08, -5.183475041970047e-09, 2.4836745438024785e-09,
    -1.1921401405860912e-09,
)
# Of Stirling's series: B(2k) / (2k (2k - 1)).
_STIRLING = (
    0.08333333333333333, -0.002777777777777778, 0.0007936507936507937, -0.0005952380952380953,
    0.0008417508417508417, -0.0019175269175269176, 0.00641025641025641, -0.029550653594771242,
)
# fmt: on


@lean
def log_gamma(x: float) -> float:
    """Logarithm of the gamma function.

    Below 8 the series about 2, to which x is brought by the recurrence of the gamma function; above, Stirling's series.

    Parameters
    ----------
    x : float
        Above 0, to 1e300.

    Returns
    -------
    float
        Relative error at most 2e-15, beside the zeros at 1 and 2 as well.
    """
    if x >= 8.0:
        return (x - 0.5) * log(x) - x + _HALF_LOG_2_PI + polynomial(_STIRLING, 1.0 / (x * x)) / x
    nearest = math.floor(x + 0.5)
    z = x - nearest
    series = z * polynomial(_AT_TWO, z)
    if nearest < 2:
        return series - log(x * (1.0 + x) if nearest == 0 else x)
    product = 1.0
    for i in range(1, nearest - 1):
        product *= x - i
    return series + log(product)


@lean
def stirling_error(x: float) -> float:
    """Return what Stirling's formula leaves out: ``log_gamma(x) - ((x - 1/2) log x - x + log(2 pi) / 2)``.

    Parameters
    ----------
    x : float
        Above 0.

    Returns
    -------
    float
        Within 1e-17 from 8 on, within 5e-15 from 0.01 to 8.
    """
    if x >= 8.0:
        return polynomial(_STIRLING, 1.0 / (x * x)) / x
    return log_gamma(x) - ((x - 0.5) * log(x) - x + _HALF_LOG_2_PI)


@lean
def _log_ratio(a: float, b: float, difference: float) -> float:
    """``log(a / b)``, accurate where ``a - b`` is small and given."""
    return log1p(difference / b) if abs(difference) < 0.5 * b else log(a / b)


# ---------------------------------------------------------------- gamma distribution
@lean
def gamma_tails(shape: float, x: float) -> tuple[float, float, float]:
    """Both tails of the gamma distribution of scale 1, and x times its density.

    Series below shape + 1, continued fraction above (Abramowitz and Stegun 6.5.29 and 6.5.31). The factor before them
    is in C. Loader's form ("Fast and accurate computation of binomial probabilities", 2000), where large terms do not
    cancel.

    Parameters
    ----------
    shape, x : float
        Above 0.

    Returns
    -------
    tuple of three float
        Chance of less than x, chance of more, and ``x * density(x)``, which is the density of ``log x``.
    """
    gap = shape - x
    exponent = gap - shape * _log_ratio(shape, x, gap) - stirling_error(shape)
    factor = math.sqrt(shape) * _ONE_OVER_ROOT_2_PI * exp(exponent)
    if x < shape + 1.0:
        term, total, n = 1.0, 1.0, shape
        while term > 1e-17 * total:
            n += 1.0
            term *= x / n
            total += term
        lower = factor / shape * total
        return lower, 1.0 - lower, factor
    b = x + 1.0 - shape
    c, d = 1e300, 1.0 / b
    fraction, change, i = d, 0.0, 0.0
    while abs(change - 1.0) > 4e-16:
        i += 1.0
        a = i * (shape - i)
        b += 2.0
        d = 1.0 / (a * d + b)
        c = b + a / c
        change = c * d
        fraction *= change
    upper = factor * fraction
    return 1.0 - upper, upper, factor


# ---------------------------------------------------------------- beta distribution
@lean
def _beta_fraction(a: float, b: float, x: float, gap: float) -> float:
    """Lower tail of the beta distribution over the density of the log-odds, where ``gap = a - (a + b) x`` is above -1.

    Continued fraction of A. R. DiDonato and A. H. Morris, "Algorithm 708" (1992), in which `gap` does not cancel;
    evaluated by Lentz's method.
    """
    fraction = a * (gap + 1.0) / (a + 1.0)
    c, d, change, m = fraction, 0.0, 0.0, 0.0
    while abs(change - 1.0) > 4e-16:
        m += 1.0
        above = (a + m - 1.0) * (a + b + m - 1.0) * m * (b - m) * x * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m - 1.0))
        below = m + m * (b - m) * x / (a + 2.0 * m - 1.0) + (a + m) * (gap + 1.0 + m * (2.0 - x)) / (a + 2.0 * m + 1.0)
        d = 1.0 / (below + above * d)
        c = below + above / c
        change = c * d
        fraction *= change
    return 1.0 / fraction


@lean
def beta_lower_tail(a: float, b: float, x: float, y: float) -> tuple[float, float]:
    """Lower tail of the beta distribution at x, where ``y = 1 - x``.

    Parameters
    ----------
    a, b : float
        Above 0.
    x, y : float
        Between 0 and 1, each as accurate as can be.

    Returns
    -------
    tuple of two float
        Logarithm of the chance of less than x, which may be far below what a chance can be; and that chance over
        ``x * y * density(x)``, the density of the log-odds.
    """
    n = a + b
    gap = a * y - b * x
    log_factor = stirling_error(n) - stirling_error(a) - stirling_error(b) + 0.5 * log(a * (b / n)) - _HALF_LOG_2_PI
    log_factor -= a * _log_ratio(a, n * x, gap) + b * _log_ratio(b, n * y, -gap)
    if x * (n + 2.0) < a + 1.0:
        ratio = _beta_fraction(a, b, x, gap)
        return log_factor + log(ratio), ratio
    factor = exp(log_factor)
    lower = 1.0 - factor * _beta_fraction(b, a, y, -gap)
    return log(lower), lower / factor
