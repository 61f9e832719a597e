"""Waits that have lasted for a while, against the law of what is left of them (rule 71)."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

import funnelsim as fs
from funnelsim.engines.numerics import normal_upper_tail
from funnelsim.engines.samplers import (
    EMPIRICAL,
    EXPONENTIAL,
    GAMMA,
    LOGNORMAL,
    WAIT,
    WEIBULL,
    draw_beyond,
    quantile_beyond,
)
from funnelsim.scenario.snapshots import key_of

LEADS = 3_000
LEVEL = 1e-4

LAWS: dict[str, tuple[Any, float, Any]] = {
    "exponential": ({"dist": "exponential", "mean": "10d"}, 14.0, stats.expon(scale=10)),
    "gamma": ({"dist": "gamma", "shape": 3, "scale": "4d"}, 15.0, stats.gamma(3, scale=4)),
    "steep": ({"dist": "gamma", "shape": 0.4, "scale": "9d"}, 5.0, stats.gamma(0.4, scale=9)),
    "lognormal": ({"dist": "lognormal", "median": "8d", "sigma": 0.9}, 12.0, stats.lognorm(0.9, scale=8)),
    "weibull": ({"dist": "weibull", "shape": 2.2, "scale": "12d"}, 13.0, stats.weibull_min(2.2, scale=12)),
    "heavy": ({"dist": "weibull", "shape": 0.6, "scale": "5d"}, 20.0, stats.weibull_min(0.6, scale=5)),
    "uniform": ("between 5d and 25d", 11.0, stats.uniform(5, 20)),
}
"""What is written of a wait, days of it that are spent, and its law in days."""


@pytest.fixture(scope="module")
def left() -> dict[str, np.ndarray]:
    """Days that were left of the waits of many leads, by law."""
    stages: dict[str, Any] = {law: {"moves": {"go": {"after": LAWS[law][0], "to": f"done_{law}"}}} for law in LAWS}
    stages |= {f"done_{law}": {} for law in LAWS}
    rows = [f"{key_of(f'{law} {n}')},{law},{LAWS[law][1]},{law}" for law in LAWS for n in range(LEADS)]
    text = {
        "format": 1,
        "name": "Waits",
        "start": "2026-01-01",
        "horizon": "100 years",
        "period": "year",
        "channels": {law: {"enters": law} for law in LAWS},
        "stages": stages,
        "backlog": {"leads": "\n".join(["key,stage,days_in_stage,channel", *rows, ""])},
    }
    log = fs.trace(fs.loads(json.dumps(text)), seed=11)
    gone = log[log["outcome"] == "succeeded"]
    return {law: gone["time"][gone["stage"] == law].to_numpy() for law in LAWS}


@pytest.mark.parametrize("law", LAWS)
def test_what_is_left_has_its_law(law: str, left: dict[str, np.ndarray]) -> None:
    _, spent, whole = LAWS[law]
    assert len(left[law]) == LEADS
    result = stats.kstest(left[law], lambda days: 1 - whole.sf(spent + days) / whole.sf(spent))
    assert result.pvalue > LEVEL


@pytest.mark.parametrize("law", LAWS)
def test_only_the_exponential_forgets(law: str, left: dict[str, np.ndarray]) -> None:
    """The comparison can fail: waits that began anew would show."""
    pvalue = stats.kstest(left[law], LAWS[law][2].cdf).pvalue
    assert pvalue > LEVEL if law == "exponential" else pvalue < 1e-9


def test_a_uniform_wait_has_half_of_the_rest_left(left: dict[str, np.ndarray]) -> None:
    rest = 25.0 - 11.0
    error = rest / math.sqrt(12 * LEADS)
    assert abs(left["uniform"].mean() - rest / 2) < 4 * error
    assert left["uniform"].max() < rest


def wait(code: int, a: float, b: float = 0.0) -> np.ndarray:
    return np.array([(code, a, b, 0, 0)], WAIT)


@pytest.mark.parametrize("u", [1e-12, 0.03, 0.5, 0.999, 1 - 1e-12])
@pytest.mark.parametrize(
    ("law", "record", "whole"),
    [
        ("exponential", wait(EXPONENTIAL, 7.0), stats.expon(scale=7)),
        ("lognormal", wait(LOGNORMAL, 2.0, 0.5), stats.lognorm(0.5, scale=math.exp(2))),
        ("weibull", wait(WEIBULL, 9.0, 1.7), stats.weibull_min(1.7, scale=9)),
        ("gamma", wait(GAMMA, 3.0, 2.5), stats.gamma(2.5, scale=3)),
    ],
)
def test_quantiles_are_exact_where_little_of_a_tail_is_left(law: str, record: Any, whole: Any, u: float) -> None:
    pool = np.zeros(1)
    for spent in (1e-3, 1.0, 10.0, 60.0):
        expected = whole.isf(whole.sf(spent) * (1 - u))
        found = quantile_beyond(record[0], pool, u, spent)
        assert found == pytest.approx(expected, rel=1e-7), (law, spent)
        assert found >= spent


def test_what_no_law_reaches_is_overdue() -> None:
    pool = np.zeros(1)
    for record in (wait(LOGNORMAL, 2.0, 0.5), wait(GAMMA, 3.0, 2.5), wait(WEIBULL, 9.0, 60.0)):
        for u in (0.001, 0.999):
            assert quantile_beyond(record[0], pool, u, 1e12) == pytest.approx(1e12, rel=1e-12)
            assert draw_beyond(record[0], pool, u, 10**12) == pytest.approx(10**12, rel=1e-12)


def test_upper_tails_of_the_normal() -> None:
    for z in (-37.0, -8.0, -1.5, -1e-20, 0.0, 0.3, 2.0, 9.0, 37.0):
        assert normal_upper_tail(z) == pytest.approx(stats.norm.sf(z), rel=1e-12)
    assert normal_upper_tail(40.0) == 0.0


def test_values_above_what_is_spent_alone_can_be_drawn() -> None:
    pool = np.array([1.0, 4.0, 9.0, 20.0, 0.2, 0.5, 0.9, 1.0])
    record = np.array([(EMPIRICAL, 0.0, 0.0, 0, 4)], WAIT)
    us = (np.arange(1000) + 0.5) / 1000
    found = [quantile_beyond(record[0], pool, float(u), 4.0) for u in us]
    assert {value: found.count(value) for value in set(found)} == {9.0: 800, 20.0: 200}
    assert quantile_beyond(record[0], pool, 0.5, 20.0) == 20.0
