from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from funnelsim.engines.jit import lean
from funnelsim.engines.numerics import gamma_quantile, normal_quantile
from funnelsim.engines.philox import counter, lead_key, philox, purpose_key, to_unit
from funnelsim.engines.samplers import (
    CONSTANT,
    EMPIRICAL,
    EXPONENTIAL,
    GAMMA,
    GAMMA_TABLE,
    LOGNORMAL,
    MOST,
    NEVER,
    UNIFORM,
    WAIT,
    WEIBULL,
    draw,
    exponential_quantile,
    gamma_table,
    gamma_table_quantile,
    length_biased_quantile,
    lognormal_quantile,
    phase,
    quantile,
    weibull_quantile,
)
from funnelsim.program.names import channel_hash, name_hash

Floats = npt.NDArray[np.float64]
Ticks = npt.NDArray[np.int64]

DAY = 86_400_000.0
NUM_DRAWS = 100_000

VALUES = np.array([0.5, 2.0, 3.0, 7.0, 20.0]) * DAY
SHARES = np.array([0.1, 0.4, 0.2, 0.25, 0.05])


class Case:
    """A wait, and the same distribution as SciPy has it."""

    def __init__(self, code: int, a: float, b: float, law: Any) -> None:
        self.law = law
        self.wait = np.zeros(1, WAIT)
        self.pool = np.zeros(0)
        count = 0
        if code == GAMMA:
            self.pool = np.full(GAMMA_TABLE + 7, np.nan)
            gamma_table(b, self.pool, 7)
        if code == EMPIRICAL:
            count = len(VALUES)
            cumulative = np.cumsum(SHARES)
            cumulative[-1] = 1.0
            self.pool = np.concatenate([np.full(7, np.nan), VALUES, cumulative])
        self.wait[0] = (code, a, b, 7, count)

    def quantile(self, u: float) -> float:
        return quantile(self.wait[0], self.pool, u)


CASES = {
    "uniform": Case(UNIFORM, 3 * DAY, 10 * DAY, stats.uniform(3 * DAY, 7 * DAY)),
    "exponential": Case(EXPONENTIAL, 6 * DAY, 0.0, stats.expon(scale=6 * DAY)),
    "lognormal": Case(LOGNORMAL, np.log(2 * DAY), 0.8, stats.lognorm(0.8, scale=2 * DAY)),
    "wide lognormal": Case(LOGNORMAL, np.log(DAY), 2.5, stats.lognorm(2.5, scale=DAY)),
    "weibull": Case(WEIBULL, 4 * DAY, 1.7, stats.weibull_min(1.7, scale=4 * DAY)),
    "early weibull": Case(WEIBULL, 4 * DAY, 0.4, stats.weibull_min(0.4, scale=4 * DAY)),
    "gamma": Case(GAMMA, 15 * DAY, 2.0, stats.gamma(2.0, scale=15 * DAY)),
    "small gamma": Case(GAMMA, 15 * DAY, 0.3, stats.gamma(0.3, scale=15 * DAY)),
    "large gamma": Case(GAMMA, DAY, 250.0, stats.gamma(250.0, scale=DAY)),
}
ALL = {
    **CASES,
    "constant": Case(CONSTANT, 30 * DAY, 0.0, None),
    "empirical": Case(EMPIRICAL, 0.0, 0.0, None),
}
continuous = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
every = pytest.mark.parametrize("case", ALL.values(), ids=ALL.keys())

# Chances that `philox.to_unit` can give, from its least to its greatest, and every octave of both tails.
U = np.array([0.5, 1.5, 1e3 + 0.5, *((np.arange(0.01, 0.5, 0.01) * 2**52).round() + 0.5), *2.0 ** np.arange(2, 52)])
U = np.unique(np.concatenate([U, 2**52 - U])) * 2.0**-52

COMPILES = settings(deadline=None)

mp.mp.dps = 40


@lean
def draw_all(waits: Any, pool: Floats, key: int, channel: int, out: Ticks) -> None:
    for number in range(len(out)):
        words = philox(counter(0, 0, 0), lead_key(channel, np.uint64(number)), key)
        out[number] = draw(waits[0], pool, to_unit(words[0]))


@lean
def phase_all(waits: Any, pool: Floats, key: int, channel: int, out: Ticks) -> None:
    for number in range(len(out)):
        words = philox(counter(0, 0, 0), lead_key(channel, np.uint64(number)), key)
        out[number] = phase(waits[0], pool, to_unit(words[0]), to_unit(words[1]))


@lean
def quantile_all(waits: Any, pool: Floats, u: Floats, out: Floats) -> None:
    for i in range(len(u)):
        out[i] = quantile(waits[0], pool, u[i])


def sample(case: Case, loop: Any = draw_all) -> Ticks:
    key = purpose_key(np.uint64(7), np.uint64(0), np.uint64(name_hash("sql/follow_up")))
    out = np.empty(NUM_DRAWS, np.int64)
    loop(case.wait, case.pool, np.uint64(key), np.uint64(channel_hash("search")), out)
    return out


# ---------------------------------------------------------------- waits
@continuous
def test_draws_follow_their_law(case: Case) -> None:
    # Rounded to ticks, which a sample of this size cannot see: a tick holds less than 1e-3 / sqrt(n) of the chance.
    assert stats.kstest(sample(case), case.law.cdf).pvalue > 1e-4


def test_a_bent_law_is_noticed() -> None:
    assert stats.kstest(sample(CASES["gamma"]), stats.gamma(2.05, scale=15 * DAY).cdf).pvalue < 1e-4


@continuous
def test_quantiles_against_scipy(case: Case) -> None:
    for u in U.tolist():
        # SciPy's upper tail is exact where `ppf` of a number close to 1 is not.
        expected = case.law.ppf(u) if u < 0.5 else case.law.isf(1.0 - u)
        tolerance = 1e-8 / min(case.wait[0]["b"], 1.0) if case.wait[0]["code"] == GAMMA else 1e-13
        assert case.quantile(u) == pytest.approx(expected, rel=tolerance)


def test_stated_errors() -> None:
    """Against exact arithmetic, for parameters within and beyond what waits are like."""
    for u in U[::3].tolist():
        exact = -mp.log1p(-mp.mpf(u))
        assert abs(exponential_quantile(DAY, u) / (DAY * exact) - 1) <= 4e-16
        for shape in (0.1, 0.7, 3.0):
            value = weibull_quantile(DAY, shape, u)
            assert abs(value / (DAY * exact ** (1 / mp.mpf(shape))) - 1) <= 1e-15 * (
                1 + 1 / shape + abs(np.log(value / DAY))
            )
        z = mp.mpf(normal_quantile(u))
        z -= (mp.ncdf(z) - mp.mpf(u)) / mp.npdf(z)
        for mu, sigma in ((-3.0, 0.5), (18.0, 4.0)):
            error = lognormal_quantile(mu, sigma, u) / mp.exp(mu + sigma * z) - 1
            assert abs(error) <= 1e-15 * (1 + abs(mu) + sigma * abs(z))


def test_constant() -> None:
    case = ALL["constant"]
    assert {draw(case.wait[0], case.pool, u) for u in U.tolist()} == {30 * int(DAY)}


def test_empirical() -> None:
    draws = sample(ALL["empirical"])
    counts = [int((draws == value).sum()) for value in VALUES]
    assert sum(counts) == NUM_DRAWS
    assert stats.chisquare(counts, SHARES * NUM_DRAWS).pvalue > 1e-4


@pytest.mark.parametrize(
    ("u", "place"), [(2.0**-53, 0), (0.1, 0), (np.nextafter(0.1, 1), 1), (0.5, 1), (0.94, 3), (1 - 2.0**-53, 4)]
)
def test_empirical_is_the_first_value_reached(u: float, place: int) -> None:
    assert ALL["empirical"].quantile(u) == VALUES[place]


@pytest.mark.parametrize("count", [1, 2, 3, 64, 1000])
def test_empirical_finds_every_value(count: int) -> None:
    wait = np.zeros(1, WAIT)
    wait[0] = (EMPIRICAL, 0.0, 0.0, 0, count)
    pool = np.concatenate([np.arange(count, dtype=float), np.arange(1, count + 1) / count])
    for i in range(count):
        assert quantile(wait[0], pool, (i + 0.5) / count) == i


def test_never_is_minus_one() -> None:
    wait = np.zeros(1, WAIT)
    wait[0] = (NEVER, 5.0, 5.0, 0, 0)
    pool = np.zeros(0)
    assert quantile(wait[0], pool, 0.5) == draw(wait[0], pool, 0.5) == phase(wait[0], pool, 0.5, 0.5) == -1


@pytest.mark.parametrize(
    ("value", "ticks"),
    [
        *((0.0, 0), (0.49, 0), (0.5, 1), (1.5, 2), (2.5, 3), (-7.0, 0), (4.5e15 + 0.5, 4_500_000_000_000_001)),
        *((2.0**53, 2**53), (1e300, 2**53), (np.inf, 2**53), (np.nan, 0)),
    ],
)
def test_rounding_and_caps(value: float, ticks: int) -> None:
    wait = np.zeros(1, WAIT)
    wait[0] = (CONSTANT, value, 0.0, 0, 0)
    assert draw(wait[0], np.zeros(0), 0.5) == ticks


# ---------------------------------------------------------------- gamma tables
def table(shape: float) -> Floats:
    pool = np.empty(GAMMA_TABLE)
    gamma_table(shape, pool, 0)
    return pool


@pytest.mark.parametrize("shape", [0.02, 0.05, 0.1, 0.3, 1.0, 2.0, 15.0, 1e3, 1e4, 1e6])
def test_gamma_table_error(shape: float) -> None:
    pool = table(shape)
    # The middle of each piece and beside it, where the error is greatest, and the nodes.
    steps = np.arange(16, 1, -1 / 32)
    tails = np.concatenate([2.0**-steps, [2.0**-18, 2.0**-40, 2.0**-53]])
    bound = 1e-8 / min(shape, 1.0)
    for tail in tails.tolist():
        for u, relative in ((tail, bound), (1.0 - tail, 1e-8)):
            exact, value = gamma_quantile(shape, u), gamma_table_quantile(shape, pool, 0, u)
            assert abs(value - exact) <= relative * exact
            if abs(value - exact) > 1e-7 * exact:
                assert exact < 1e-3 * shape


@pytest.mark.parametrize("shape", [0.05, 0.5, 1.0, 2.0, 50.0, 1e4])
def test_gamma_table_increases(shape: float) -> None:
    case = Case(GAMMA, 1.0, shape, None)
    # Around every seam between pieces and at the table's ends, in steps of 2**-40 of the tail; and across.
    seams = 2.0 ** -np.arange(1.0, 18.0)[:, None] * (1.0 + np.arange(8) / 8)
    tails = (seams.ravel()[:, None] * (1.0 + np.arange(-20, 21) * 2.0**-40)).ravel()
    tails = np.unique(np.concatenate([tails[tails < 0.5], np.linspace(1e-6, 0.4999, 10_000)]))
    u = np.concatenate([tails, 1.0 - tails[::-1]])
    out = np.empty_like(u)
    quantile_all(case.wait, case.pool, u, out)
    steps = np.diff(out)
    assert (steps >= -2e-14 * out[1:] / min(shape, 1.0)).all()
    assert (steps[np.diff(u) > 1e-9] > 0.0).all()


def test_gamma_table_stays_in_its_place() -> None:
    pool = np.full(GAMMA_TABLE + 20, -1.0)
    gamma_table(2.0, pool, 10)
    assert (pool[:10] == -1.0).all()
    assert (pool[-10:] == -1.0).all()
    assert pool[10:-10].tobytes() == table(2.0).tobytes()


@pytest.mark.parametrize("u", [0.0, 2.0**-60, 0.5, 1.0])
def test_gamma_table_at_its_edges(u: float) -> None:
    assert gamma_table_quantile(2.0, table(2.0), 0, u) == pytest.approx(gamma_quantile(2.0, u), rel=1e-8)


# ---------------------------------------------------------------- residual life
def biased_cdf(case: Case, x: Floats) -> Floats:
    """Share of the mean that comes from waits of at most x."""
    code, a, b = (case.wait[0][field] for field in ("code", "a", "b"))
    if code == UNIFORM:
        return np.clip((x * x - a * a) / (b * b - a * a), 0.0, 1.0)
    if code == EXPONENTIAL:
        return special.gammainc(2.0, x / a)
    if code == LOGNORMAL:
        return special.ndtr((np.log(np.maximum(x, 1e-300)) - a) / b - b)
    if code == WEIBULL:
        return special.gammainc(1.0 + 1.0 / b, (x / a) ** b)
    return special.gammainc(b + 1.0, x / a)


def equilibrium_cdf(case: Case, x: Floats) -> Floats:
    """Renewal theory: the integral of 1 - F over the mean; by parts, ``x (1 - F(x)) / mean`` and the biased share."""
    return x * case.law.sf(x) / case.law.mean() + biased_cdf(case, x)


@continuous
def test_equilibrium_distribution_is_the_integral(case: Case) -> None:
    """The closed form that the next test relies on, against its definition."""
    for x in (case.law.ppf(0.3), case.law.mean(), case.law.ppf(0.95)):
        integral = integrate.quad(case.law.sf, 0.0, x, limit=500, points=[case.law.ppf(0.01)])[0]
        assert equilibrium_cdf(case, x) == pytest.approx(integral / case.law.mean(), rel=1e-6)


@continuous
def test_phases_follow_the_equilibrium_distribution(case: Case) -> None:
    phases = sample(case, phase_all)
    assert stats.kstest(phases, lambda x: equilibrium_cdf(case, x)).pvalue > 1e-4


@continuous
def test_length_biased_quantiles(case: Case) -> None:
    for u in np.arange(0.01, 1.0, 0.07).tolist():
        x = length_biased_quantile(case.wait[0], case.pool, u)
        assert biased_cdf(case, x) == pytest.approx(u, rel=1e-9)


def test_phases_of_a_constant_are_uniform() -> None:
    phases = sample(ALL["constant"], phase_all)
    assert stats.kstest(phases, stats.uniform(0.0, 30 * DAY).cdf).pvalue > 1e-4
    assert phases.max() < 30 * DAY


def test_phases_of_an_empirical_wait() -> None:
    """A mixture of uniform shares of the values, each as likely as its part of the mean."""
    parts = SHARES * VALUES / (SHARES * VALUES).sum()
    phases = sample(ALL["empirical"], phase_all)

    def cdf(x: Floats) -> Floats:
        return (parts * np.minimum(np.asarray(x)[:, None] / VALUES, 1.0)).sum(axis=1)

    assert stats.kstest(phases, cdf).pvalue > 1e-4
    assert phases.max() < VALUES[-1]


def test_phase_of_an_empirical_wait_of_nothing() -> None:
    wait = np.zeros(1, WAIT)
    wait[0] = (EMPIRICAL, 0.0, 0.0, 0, 2)
    assert phase(wait[0], np.array([0.0, 0.0, 0.5, 1.0]), 0.7, 0.7) == 0


# ---------------------------------------------------------------- all of them
CHANCE = st.integers(0, 2**52 - 1).map(lambda k: (k + 0.5) * 2.0**-52)


@every
@given(u=CHANCE, v=CHANCE)
@COMPILES
def test_quantiles_increase(case: Case, u: float, v: float) -> None:
    low, high = sorted((u, v))
    # Up to the rounding of the last bits.
    assert 0.0 < case.quantile(low) <= case.quantile(high) * (1 + 1e-13)


@every
@given(u=CHANCE, share=CHANCE)
@COMPILES
def test_ranges(case: Case, u: float, share: float) -> None:
    drawn, left = draw(case.wait[0], case.pool, u), phase(case.wait[0], case.pool, u, share)
    assert isinstance(drawn, int)
    assert isinstance(left, int)
    assert abs(drawn - min(case.quantile(u), MOST)) <= 0.5 + 1e-15 * drawn
    assert 0 <= left <= length_biased_quantile(case.wait[0], case.pool, u)


@given(
    code=st.sampled_from([UNIFORM, EXPONENTIAL, LOGNORMAL, WEIBULL]),
    a=st.floats(0.0, 1e300),
    b=st.floats(1e-3, 1e300),
    u=CHANCE,
    share=CHANCE,
)
@COMPILES
def test_draws_stay_in_range_whatever_the_parameters(code: int, a: float, b: float, u: float, share: float) -> None:
    wait = np.zeros(1, WAIT)
    wait[0] = (code, a, b, 0, 0)
    assert 0 <= draw(wait[0], np.zeros(0), u) <= MOST
    if b < 1e6:
        assert 0 <= phase(wait[0], np.zeros(0), u, share) <= MOST


@every
def test_loops_have_the_bits_of_single_calls(case: Case) -> None:
    out = np.empty_like(U)
    quantile_all(case.wait, case.pool, U, out)
    assert out.tolist() == [case.quantile(u) for u in U.tolist()]
