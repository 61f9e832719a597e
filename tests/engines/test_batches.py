"""Draws for many leads at once have the bits of draws one by one, in the middle and at the ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.engines.batches import draw_gaps, draw_ticks, draw_words
from funnelsim.engines.luck import gap
from funnelsim.engines.philox import philox, purpose_key, to_unit
from funnelsim.engines.samplers import (
    EMPIRICAL,
    EXPONENTIAL,
    GAMMA,
    GAMMA_TABLE,
    LOGNORMAL,
    UNIFORM,
    WAIT,
    WEIBULL,
    draw,
    gamma_table,
)
from funnelsim.engines.tables import LEAD
from funnelsim.engines.tally import AGE_BINS, age_bin, age_edge, age_quantile
from funnelsim.program import records as p

ENDS = [0, 1, 2**12, 2**20, 2**40, 2**47, 2**63 - 1, 2**63, 2**64 - 2**47, 2**64 - 2**20, 2**64 - 1]
WORDS = np.concatenate(
    [np.array(ENDS, np.uint64), np.random.default_rng(1).integers(0, 2**64, 20_000, dtype=np.uint64)]
)


@pytest.mark.parametrize(
    ("code", "a", "b"),
    [
        (UNIFORM, 3.0, 9e8),
        (EXPONENTIAL, 5e8, 0.0),
        (LOGNORMAL, 18.0, 0.8),
        (WEIBULL, 3e8, 1.5),
        (WEIBULL, 3e8, 0.3),
        (GAMMA, 1e8, 2.0),
        (GAMMA, 1e8, 0.3),
        (EMPIRICAL, 0.0, 0.0),
    ],
)
def test_ticks(code: int, a: float, b: float) -> None:
    pool = np.zeros(6 + GAMMA_TABLE)
    pool[:6] = [10.0, 20.0, 1e9, 0.2, 0.7, 1.0]
    if code == GAMMA:
        gamma_table(b, pool, 6)
    wait = np.array([(code, a, b, 6 if code == GAMMA else 0, 3)], WAIT)[0]
    ticks = np.zeros(len(WORDS), np.int64)
    draw_ticks(wait, pool, len(WORDS), WORDS, ticks)
    assert ticks.tolist() == [draw(wait, pool, to_unit(word)) for word in WORDS]


def test_words() -> None:
    key, n = np.uint64(purpose_key(np.uint64(3), np.uint64(5), np.uint64(7))), 1000
    counters, leads = WORDS[:n].copy(), WORDS[n : 2 * n].copy()
    first, second = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
    draw_words(n, key, counters, leads, first, second)
    expected = [philox(counter, lead, key) for counter, lead in zip(counters, leads, strict=True)]
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [(int(a), int(b)) for a, b in expected]


def test_gaps() -> None:
    key, n = np.uint64(99), 500
    leads = WORDS[:n].copy()
    first, second, gaps = np.zeros(n, np.uint64), np.zeros(n, np.uint64), np.zeros(n, np.int64)
    draw_words(n, key, np.zeros(n, np.uint64), leads, first, second)
    draw_gaps(LEAD, n, first, gaps)
    assert gaps.tolist() == [gap(p.POISSON, key, lead) for lead in leads]


def test_bins_of_ages_begin_at_their_edges() -> None:
    edges = [age_edge(place) for place in range(AGE_BINS)]
    assert [age_bin(edge) for edge in edges] == list(range(AGE_BINS))
    assert [age_bin(edge - 1) for edge in edges[1:]] == list(range(AGE_BINS - 1))


@given(st.dictionaries(st.integers(0, AGE_BINS - 1), st.integers(1, 9), min_size=1, max_size=9), st.floats(0.01, 0.99))
def test_quantiles_of_bins(filled: dict[int, int], quantile: float) -> None:
    bins = np.zeros(AGE_BINS, np.int64)
    for place, number in filled.items():
        bins[place] = number
    wanted, reached = quantile * bins.sum(), np.cumsum(bins)
    place = int(np.flatnonzero(reached >= wanted)[0])
    share = (wanted - (reached[place] - bins[place])) / bins[place]
    low, high = float(age_edge(place)), float(age_edge(place + 1))
    assert age_quantile(bins, quantile) == low + (high - low) * share


def test_there_are_no_quantiles_of_nothing() -> None:
    assert np.isnan(age_quantile(np.zeros(AGE_BINS, np.int64), 0.5))
