from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from funnelsim.metrics import statistics

counts = st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 1000)), min_size=2, max_size=12)


def test_mean_and_its_error() -> None:
    values = [2.0, 4.0, 9.0]
    assert statistics.mean(values) == 5
    assert statistics.mean_error(values) == pytest.approx(np.sqrt((9 + 1 + 16) / 2 / 3))
    assert statistics.mean_error([2.0, np.nan, 4.0, 9.0]) == statistics.mean_error(values)
    assert np.isnan(statistics.mean_error([2.0]))
    assert np.isnan(statistics.mean([np.nan, np.nan]))


def test_a_ratio_is_total_over_total() -> None:
    assert statistics.ratio([1, 5], [1, 1]) == 3
    assert statistics.ratio([1, 5], [1, 9]) == 0.6  # the mean of the two ratios would be 0.78
    assert np.isnan(statistics.ratio([1, 5], [0, 0]))
    np.testing.assert_array_equal(statistics.ratio([[1, 2], [1, 2]], [[1, 0], [3, 0]]), [0.5, np.nan])


@given(counts)
def test_jackknife_equals_brute_force(pairs: list[tuple[int, int]]) -> None:
    n = len(pairs)
    without = [
        sum(over for over, _ in rest) / sum(under for _, under in rest)
        for rest in (pairs[:i] + pairs[i + 1 :] for i in range(n))
    ]
    center = sum(without) / n
    brute = ((n - 1) / n * sum((value - center) ** 2 for value in without)) ** 0.5
    over, under = np.array(pairs).T
    got = statistics.leave_one_out(over, under)
    np.testing.assert_allclose(got, without, rtol=1e-12)
    assert float(statistics.jackknife_error(got)) == pytest.approx(brute, rel=1e-9, abs=1e-12)


@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=20))
def test_jackknife_of_a_mean_is_its_standard_error(values: list[int]) -> None:
    got = statistics.jackknife_error(statistics.leave_one_out(values, np.ones(len(values))))
    assert float(got) == pytest.approx(float(statistics.mean_error(values)), rel=1e-9, abs=1e-9)


def test_jackknife_needs_two_replications_that_have_something_to_divide_by() -> None:
    assert np.isnan(statistics.jackknife_error(statistics.leave_one_out([3], [4])))
    assert np.isnan(statistics.jackknife_error(statistics.leave_one_out([3, 1], [4, 0])))


def test_jackknife_errors_follow_the_delta_method() -> None:
    generator = np.random.default_rng(4)
    under = generator.poisson(100, 4000)
    over = generator.binomial(under, 0.3)
    got = float(statistics.jackknife_error(statistics.leave_one_out(over, under)))
    assert got == pytest.approx(np.sqrt(0.3 * 0.7 / under.sum()), rel=0.05)


def test_intervals_cover_the_mean_in_95_of_100_cases() -> None:
    generator = np.random.default_rng(7)
    values = generator.normal(3.0, 2.0, (8, 5000))  # few replications: the normal's 1.96 would cover 91%
    low, high = statistics.interval(statistics.mean(values), statistics.mean_error(values), 8)
    covered = int(((low <= 3.0) & (high >= 3.0)).sum())
    assert binomtest(covered, 5000, statistics.LEVEL).pvalue > 1e-4


def test_no_interval_from_one_replication() -> None:
    assert np.isnan(statistics.interval(3.0, np.nan, 1)).all()


def test_quantiles_leave_out_what_has_no_value() -> None:
    np.testing.assert_allclose(statistics.quantiles([1.0, np.nan, 2.0, 3.0], [0.0, 0.5, 0.9]), [1, 2, 2.8])
    assert np.isnan(statistics.quantiles([np.nan, np.nan], [0.5])).all()
