"""Quantiles and log-odds with the same bits on any processor.

Built from `elementary` and `special`, whose functions for the rest of the engines this module hands on.
Nothing raises, and what lies outside a domain is treated as its edge. Errors are stated as measured against exact
arithmetic in `tests/engines/test_numerics.py`.
"""

from __future__ import annotations

import math

from funnelsim.engines.elementary import exp, log, polynomial
from funnelsim.engines.jit import inlined, lean
from funnelsim.engines.special import beta_lower_tail, gamma_tails, log_gamma

__all__ = [
    "beta_quantile",
    "exp",
    "gamma_quantile",
    "gamma_quantile_of_tails",
    "log",
    "log_gamma",
    "logistic",
    "logit",
    "normal_quantile",
    "normal_upper_tail",
    "whole",
]

# Of `normal_quantile`: numerators and denominators in its centre, between and in the tails.

# fmt: off
_CENTRE_ABOVE = (
    3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
    4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
)
_CENTRE_BELOW = (
    1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
    2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3,
)
_MIDDLE_ABOVE = (
    1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
    1.27045825245236838258, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
)
_MIDDLE_BELOW = (
    1.0, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
    1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
)
_TAIL_ABOVE = (
    6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580, 2.96560571828504891230e-1,
    2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
)
_TAIL_BELOW = (
    1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
    7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
)
# fmt: on

NEAR_AN_END = 1.5e-11
"""How near to 0 or 1 the normal quantile may need the formula for its tails: from exp(-25) down."""


@lean
def logistic(x: float) -> float:
    """Chance whose log-odds are x: ``1 / (1 + exp(-x))``.

    Parameters
    ----------
    x : float
        Log-odds.

    Returns
    -------
    float
        From 0, at -708.39 and below, to 1; within 2 ulp.
    """
    small = exp(-abs(x))
    return (1.0 if x >= 0.0 else small) / (1.0 + small)


@lean
def logit(p: float) -> float:
    """Log-odds of a chance: ``log(p / (1 - p))``.

    Parameters
    ----------
    p : float
        From 0 to 1.

    Returns
    -------
    float
        From -708.4, for 0, to 709.8, for 1; within 3e-16 of it, or 3e-16 where it is less than 1.
    """
    return log(p / (1.0 - p))


# ---------------------------------------------------------------- normal distribution
@inlined
def normal_quantile_within(u: float) -> float:
    """Quantile of the standard normal distribution for u from `NEAR_AN_END` to one less, without branches.

    Both of the formulas that `normal_quantile` chooses from there are worked out: loops over it are vectorised.
    """
    q = u - 0.5
    r = 0.180625 - q * q
    centre = q * polynomial(_CENTRE_ABOVE, r) / polynomial(_CENTRE_BELOW, r)
    root = math.sqrt(-log(min(u, 1.0 - u)))
    value = polynomial(_MIDDLE_ABOVE, root - 1.6) / polynomial(_MIDDLE_BELOW, root - 1.6)
    middle = value if q > 0.0 else -value
    return centre if abs(q) <= 0.425 else middle


@lean
def normal_upper_tail(z: float) -> float:
    """Chance that a standard normal number is above z: half a tail of the gamma distribution of shape 1/2 at z**2 / 2.

    Relative error at most 1e-13 for z from -37 to 37; 0 from about 38.5 on.
    """
    x = 0.5 * z * z
    if x < 1e-30:
        return 0.5
    upper = 0.5 * gamma_tails(0.5, x)[1]
    return upper if z > 0.0 else 1.0 - upper


@lean
def normal_quantile(u: float) -> float:
    """Quantile of the standard normal distribution.

    M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37 (1988),
    477-484, procedure PPND16, with our own logarithm.

    Parameters
    ----------
    u : float
        Between 0 and 1. One less u is formed: where u is close to 1 it counts as exact.

    Returns
    -------
    float
        From -8.3 to 8.3 for numbers of `philox.to_unit`, relative error at most 1e-15; from -37.6 for any u.
    """
    nearest = min(u, 1.0 - u)
    if nearest >= NEAR_AN_END:
        return normal_quantile_within(u)
    r = math.sqrt(-log(nearest))
    if r <= 5.0:
        value = polynomial(_MIDDLE_ABOVE, r - 1.6) / polynomial(_MIDDLE_BELOW, r - 1.6)
    else:
        value = polynomial(_TAIL_ABOVE, r - 5.0) / polynomial(_TAIL_BELOW, r - 5.0)
    return value if u > 0.5 else -value


# ---------------------------------------------------------------- gamma and beta distributions
@lean
def gamma_quantile(shape: float, u: float) -> float:
    """Quantile of the gamma distribution of scale 1.

    See `gamma_quantile_of_tails`.

    Parameters
    ----------
    shape : float
        From 0.02 to 1e6.
    u : float
        Between 0 and 1. One less u is formed: where u is close to 1 it counts as exact.

    Returns
    -------
    float
        Relative error at most 1e-13; 0 where the quantile is below 1e-300.
    """
    return gamma_quantile_of_tails(shape, u, 1.0 - u)


@lean
def gamma_quantile_of_tails(shape: float, lower: float, upper: float) -> float:
    """Quantile of the gamma distribution of scale 1, where both tails are known.

    Newton's method for the logarithm of the smaller tail over ``log x``. The density of ``log x`` is log-concave,
    hence both tails are (A. Prékopa, 1973), and on a concave function Newton's method converges from
    one side: no brackets are needed. It starts from a bound where the tail is a power, and otherwise from
    E. B. Wilson's and M. M. Hilferty's approximation (1931).

    Parameters
    ----------
    shape : float
        From 0.02 to 1e6.
    lower, upper : float
        Chances of less and of more; their sum is 1.

    Returns
    -------
    float
        As for `gamma_quantile`.
    """
    is_lower = lower <= upper
    tail = min(lower, upper)
    x = 0.0
    if shape > 1.0:
        z = normal_quantile(tail) if is_lower else -normal_quantile(tail)
        root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * math.sqrt(shape))
        x = shape * root * root * root
    elif not is_lower:
        x = max(1.0, -log(tail) - log_gamma(shape))
    if is_lower:
        x = max(x, exp((log(tail) + log_gamma(shape + 1.0)) / shape))
        if x < 1e-300:
            return 0.0
    for _ in range(100):
        below, above, factor = gamma_tails(shape, x)
        step = below / factor * log(below / tail) if is_lower else -above / factor * log(above / tail)
        x *= exp(-step)
        if abs(step) < 1e-10:
            break
    return x


@lean
def beta_quantile(a: float, b: float, u: float) -> float:
    """Quantile of the beta distribution.

    Newton's method for the logarithm of the smaller tail over the log-odds, as in `gamma_quantile_of_tails`: both
    tails are log-concave, so it converges from one side, and it starts there, from a bound on the quantile.

    Parameters
    ----------
    a, b : float
        From 0.02 to 1e6: successes and failures, each with what was believed before.
    u : float
        Between 0 and 1. One less u is formed: where u is close to 1 it counts as exact.

    Returns
    -------
    float
        From 0 to 1; relative error at most 2e-13.
    """
    is_lower = u <= 0.5
    log_tail = log(min(u, 1.0 - u))
    near, far = (a, b) if is_lower else (b, a)
    log_beta = log_gamma(a) + log_gamma(b) - log_gamma(a + b)
    odds = exp((log_tail + log(near) + log_beta) / near)  # of the near end; the true ones are no less
    if odds < 1e-300:
        return 0.0 if is_lower else 1.0
    for _ in range(100):
        log_lower, ratio = beta_lower_tail(near, far, odds / (1.0 + odds), 1.0 / (1.0 + odds))
        step = ratio * (log_lower - log_tail)
        odds *= exp(-step)
        if abs(step) < 1e-10:
            break
    return odds / (1.0 + odds) if is_lower else 1.0 / (1.0 + odds)


@lean
def whole(value: float) -> int:
    """Round half up to a whole number, from nothing to 2**53."""
    return math.floor(min(max(value, 0.0), 9007199254740992.0) + 0.5)
