"""Errors as the docstrings state them, against exact arithmetic; where that is slow, against SciPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from funnelsim.engines.elementary import SMALLEST, log1p
from funnelsim.engines.jit import lean
from funnelsim.engines.numerics import (
    beta_quantile,
    exp,
    gamma_quantile,
    gamma_quantile_of_tails,
    log,
    log_gamma,
    logistic,
    logit,
    normal_quantile,
)
from funnelsim.engines.special import beta_lower_tail, gamma_tails, stirling_error

Floats = npt.NDArray[np.float64]

mp.mp.dps = 40
RNG = np.random.default_rng(20260101)

# Chances that `philox.to_unit` can give, from its least to its greatest.
U = np.array([0.5, 1.5, 2**12 + 0.5, 1e7 + 0.5, 1e11 + 0.5, *((np.arange(0.02, 0.5, 0.04) * 2**52).round() + 0.5)])
U = np.concatenate([U, 2**52 - U[::-1]]) * 2.0**-52

SHAPES = [0.02, 0.05, 0.3, 0.9, 1.0, 1.001, 2.0, 3.7, 10.0, 100.0, 1e4, 1e6]
BETAS = [(1, 1), (0.5, 0.5), (0.05, 0.05), (0.02, 10), (10, 0.02), (2, 3), (40, 60), (1, 1000), (1000, 1), (0.5, 1e6)]
BETAS += [(1e6, 0.5), (1000, 1e6), (1e6, 1e6), (12.5, 0.7)]

COMPILES = settings(deadline=None)


def evaluate(function: Callable[[float], float], points: Floats) -> Floats:
    return np.array([function(float(point)) for point in points])


def ulps(function: Callable[[float], float], exact: Callable[[Any], Any], points: Floats) -> float:
    """Largest error, in distances between neighbouring numbers."""
    return max(
        float(abs(mp.mpf(value) - exact(mp.mpf(point))) / mp.mpf(np.spacing(abs(value))))
        for point, value in zip(points.tolist(), evaluate(function, points).tolist(), strict=True)
    )


def relative_error(function: Callable[[float], float], exact: Callable[[Any], Any], points: Floats) -> float:
    return max(
        float(abs(mp.mpf(value) / exact(mp.mpf(point)) - 1))
        for point, value in zip(points.tolist(), evaluate(function, points).tolist(), strict=True)
    )


# ---------------------------------------------------------------- elementary functions
def test_log_within_an_ulp() -> None:
    points = [np.exp(RNG.uniform(-708, 709, 2000)), RNG.uniform(0.6, 1.6, 4000), 1 + RNG.uniform(-1e-9, 1e-9, 500)]
    assert ulps(log, mp.log, np.concatenate(points)) < 1.0


def test_exp_within_an_ulp() -> None:
    points = [RNG.uniform(-708.39, 709.78, 3000), RNG.uniform(-1, 1, 3000), RNG.uniform(-1e-9, 1e-9, 500)]
    assert ulps(exp, mp.exp, np.concatenate([*points, [-708.39, 709.78]])) < 1.0


def test_log1p_within_3_ulp() -> None:
    points = [RNG.uniform(-0.9, 5, 2000), RNG.uniform(-0.01, 0.01, 2000), RNG.uniform(-1e-9, 1e-9, 1000)]
    assert ulps(log1p, mp.log1p, np.concatenate(points)) < 3.0


def test_logistic_within_3_ulp() -> None:
    points = np.concatenate([RNG.uniform(-700, 700, 1000), RNG.uniform(-7, 7, 3000)])
    assert ulps(logistic, lambda x: 1 / (1 + mp.exp(-x)), points) < 3.0


def test_logit_error() -> None:
    for p in [*RNG.uniform(0, 1, 2000).tolist(), 1e-300, 1e-9, 0.5, 1 - 1e-9, 1 - 2**-53]:
        exact = mp.log(mp.mpf(p) / (1 - mp.mpf(p)))
        assert abs(mp.mpf(logit(p)) - exact) <= 3e-16 * max(1, abs(exact))


@pytest.mark.parametrize("x", [0.0, -0.0, -1.0, -np.inf, 5e-324, SMALLEST])
def test_log_of_what_is_too_small(x: float) -> None:
    assert log(x) == log(SMALLEST) == pytest.approx(-708.3964185322641)


def test_edges() -> None:
    assert log(1.0) == 0.0
    assert log(np.inf) == pytest.approx(1024 * np.log(2))
    assert exp(0.0) == 1.0
    assert exp(-708.4) == exp(-1e300) == exp(-np.inf) == 0.0
    assert exp(-708.39) >= SMALLEST
    assert 1.79e308 < exp(709.78) == exp(1e300) == exp(np.inf) < np.inf
    assert (logistic(0.0), logistic(-1e9), logistic(1e9)) == (0.5, 0.0, 1.0)
    assert (logit(0.5), logit(0.0), logit(1.0)) == (0.0, log(0.0), log(np.inf))
    assert normal_quantile(0.5) == 0.0
    assert normal_quantile(1.0) == -normal_quantile(0.0) == pytest.approx(37.52, abs=0.01)


# ---------------------------------------------------------------- quantiles
def test_normal_quantile() -> None:
    words = np.concatenate([RNG.integers(0, 2**52, 1000), (2 ** RNG.uniform(0, 51, 1000)).astype(np.int64)])
    for u in ((words + 0.5) * 2.0**-52).tolist():
        z = normal_quantile(u)
        # One step of Newton's method in exact arithmetic; its own error is the square of what it corrects.
        step = (mp.ncdf(z) - mp.mpf(u)) / mp.npdf(z)
        assert abs(step) <= 1e-15 * abs(z)
        assert normal_quantile(1.0 - u) == -z


def test_normal_quantile_against_scipy() -> None:
    assert evaluate(normal_quantile, U) == pytest.approx(stats.norm.ppf(U), rel=1e-13)


def test_log_gamma() -> None:
    points = [np.exp(RNG.uniform(-5, 14, 800)), RNG.uniform(0.01, 9, 1500), 1 + RNG.uniform(-0.1, 0.1, 200) ** 5]
    points += [2 + RNG.uniform(-0.1, 0.1, 200) ** 5, 1e-300 * np.arange(1, 4), 10.0 ** np.arange(20, 301, 70)]
    positive = np.setdiff1d(np.concatenate(points), [1.0, 2.0])
    assert relative_error(log_gamma, mp.loggamma, positive) < 2e-15
    assert log_gamma(1.0) == log_gamma(2.0) == 0.0


def test_stirling_error() -> None:
    for x in [*np.exp(RNG.uniform(np.log(0.01), 10, 500)).tolist(), 8.0]:
        exact = mp.loggamma(x) - ((x - mp.mpf(0.5)) * mp.log(x) - x + mp.log(2 * mp.pi) / 2)
        assert abs(mp.mpf(stirling_error(x)) - exact) < (1e-16 if x >= 8 else 5e-15)


def exact_gamma_tails(shape: float, x: float) -> tuple[Any, Any, Any]:
    """Tails of the gamma distribution and ``x * density(x)``, from series whose terms are all positive."""
    a, x = mp.mpf(shape), mp.mpf(x)
    density = mp.exp(a * mp.log(x) - x - mp.loggamma(a))
    term = total = 1 / a
    n = a
    while term > total * mp.mpf(10) ** -38:
        n += 1
        term *= x / n
        total += term
    return density * total, 1 - density * total, density


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape < 1e6])
def test_gamma_quantile(shape: float) -> None:
    for u in U.tolist():
        x = gamma_quantile(shape, u)
        if x == 0.0:
            assert (mp.log(u) + mp.loggamma(shape + 1)) / shape < mp.log(1e-300)
        else:
            lower, upper, density = exact_gamma_tails(shape, x)
            assert abs((lower - u) if u < 0.5 else (upper - (1 - mp.mpf(u)))) <= 1e-13 * density


def test_gamma_quantile_of_a_large_shape() -> None:
    # No exact reference is quick enough: both tails by other means, right to 1e-9 of a standard deviation.
    for u in U[3:-3].tolist():
        x = gamma_quantile(1e6, u)
        assert special.gammainc(1e6, x) == pytest.approx(u, rel=1e-8)


@given(st.floats(0.02, 1e4), st.floats(1e-290, 0.5))
@COMPILES
def test_gamma_quantile_solves_its_equation(shape: float, tail: float) -> None:
    """With tails far beyond any draw's."""
    for is_lower in (True, False):
        tails = (tail, 1.0 - tail) if is_lower else (1.0 - tail, tail)
        x = gamma_quantile_of_tails(shape, *tails)
        if x > 0.0:
            assert gamma_tails(shape, x)[not is_lower] == pytest.approx(tail, rel=1e-10)


@pytest.mark.parametrize(("shape", "x"), [(0.3, 0.01), (0.3, 1.2), (0.3, 5.0), (7.0, 3.0), (7.0, 8.5), (7.0, 30.0)])
def test_gamma_tails(shape: float, x: float) -> None:
    assert gamma_tails(shape, x) == pytest.approx([float(part) for part in exact_gamma_tails(shape, x)], rel=2e-15)


def exact_beta_odds_error(a: float, b: float, u: float, x: float) -> Any:
    """Error of a quantile's logarithm: the tail's error over its derivative in ``log x``, in exact arithmetic."""
    a, b, x = mp.mpf(a), mp.mpf(b), mp.mpf(x)
    log_density = a * mp.log(x) + (b - 1) * mp.log(1 - x) - mp.log(mp.gammaprod([a, b], [a + b]))
    lower = mp.betainc(a, b, 0, x, regularized=True)
    return abs(lower - mp.mpf(u)) / mp.exp(log_density)


@pytest.mark.parametrize(("a", "b"), [(a, b) for a, b in BETAS if max(a, b) <= 100])
def test_beta_quantile(a: float, b: float) -> None:
    for u in U.tolist():
        x = beta_quantile(a, b, u)
        if x == 0.0:
            assert (mp.log(u) + mp.log(a) + mp.log(mp.beta(a, b))) / a < mp.log(1e-300)
        elif x < 1.0:
            assert exact_beta_odds_error(a, b, u, x) < 2e-13
        else:
            assert 1 - mp.betainc(a, b, 0, 1 - mp.mpf(2) ** -53, regularized=True) >= 1 - mp.mpf(u)


@pytest.mark.parametrize(("a", "b"), [(a, b) for a, b in BETAS if max(a, b) > 100])
def test_beta_quantile_of_large_shapes(a: float, b: float) -> None:
    for u in U[2:-2].tolist():
        x = beta_quantile(a, b, u)
        rounding = x * np.finfo(float).eps * stats.beta.pdf(x, a, b)
        assert abs(special.betainc(a, b, x) - u) < 1e-8 * min(u, 1 - u) + rounding
        assert special.betainc(a, b, x) == pytest.approx(np.exp(beta_lower_tail(a, b, x, 1 - x)[0]), rel=1e-8)


@pytest.mark.parametrize(("a", "b"), [(2, 3), (40, 60), (12.5, 0.7), (1000, 5000)])
def test_beta_quantile_against_scipy(a: float, b: float) -> None:
    inner = U[3:-3]
    assert [beta_quantile(a, b, u) for u in inner.tolist()] == pytest.approx(stats.beta.ppf(inner, a, b), rel=1e-9)


# ---------------------------------------------------------------- shape of the functions
CHANCE = st.integers(0, 2**52 - 1).map(lambda k: (k + 0.5) * 2.0**-52)


@given(CHANCE, CHANCE, st.sampled_from(SHAPES), st.sampled_from(BETAS))
@COMPILES
def test_quantiles_increase(u: float, v: float, shape: float, beta: tuple[float, float]) -> None:
    low, high = sorted((u, v))
    # Up to the rounding of the last bits, which the stated errors bound.
    assert normal_quantile(low) <= normal_quantile(high) + 1e-14
    assert gamma_quantile(shape, low) <= gamma_quantile(shape, high) * (1 + 2e-13)
    assert beta_quantile(*beta, low) <= beta_quantile(*beta, high) * (1 + 4e-13)


@given(st.floats(-800, 800))
@COMPILES
def test_logistic_and_logit_are_inverse(x: float) -> None:
    assert 0.0 <= logistic(x) <= 1.0
    if abs(x) < 30:
        assert logit(logistic(x)) == pytest.approx(x, rel=1e-14, abs=4e-16 * np.exp(abs(x)))


@given(st.floats(allow_nan=False), st.floats(0.0, 1.0))
@COMPILES
def test_nothing_is_infinite(x: float, u: float) -> None:
    values = [
        log(x),
        exp(x),
        logistic(x),
        logit(u),
        normal_quantile(u),
        gamma_quantile(2.5, u),
        beta_quantile(2.0, 3.0, u),
    ]
    assert np.isfinite(values).all()


# ---------------------------------------------------------------- vectorised loops
@lean
def log_all(points: Floats, out: Floats) -> None:
    for i in range(len(points)):
        out[i] = log(points[i])


@lean
def exp_all(points: Floats, out: Floats) -> None:
    for i in range(len(points)):
        out[i] = exp(points[i])


@pytest.mark.parametrize(("function", "loop"), [(log, log_all), (exp, exp_all)])
def test_loops_have_the_bits_of_single_calls(
    function: Callable[[float], float], loop: Callable[[Floats, Floats], None]
) -> None:
    points = RNG.uniform(0.01, 20, 2000)
    out = np.empty_like(points)
    loop(points, out)
    assert out.tobytes() == evaluate(function, points).tobytes()
