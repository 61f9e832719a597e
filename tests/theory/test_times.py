"""Times between stages, touches and arrivals against the laws they follow."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy import signal, stats

import funnelsim as fs

DAYS = np.linspace(0, 400, 400_001)


def text(**fields: Any) -> fs.Scenario:
    return fs.loads(json.dumps({"format": 1, "name": "Theory", "start": "2026-01-01", "horizon": "400d", **fields}))


@pytest.mark.parametrize("engine", ["kernel", "simpy"])
def test_time_to_a_stage_is_the_convolution_of_its_waits(engine: Any) -> None:
    scenario = text(
        channels={
            "web": {
                "leads": {
                    "2026-01": 4_000,
                    **{f"2026-{month:02d}": 0 for month in range(2, 13)},
                    "2027-01": 0,
                    "2027-02": 0,
                },
                "enters": "lead",
            }
        },
        stages={
            "lead": {"moves": {"call": {"after": {"dist": "lognormal", "median": "3d", "sigma": 0.6}, "to": "mql"}}},
            "mql": {"moves": {"check": {"after": {"dist": "gamma", "shape": 2, "scale": "5d"}, "to": "sql"}}},
            "sql": {"moves": {"meet": {"after": {"dist": "weibull", "shape": 1.5, "scale": "10d"}, "to": "won"}}},
            "won": {},
        },
    )
    log = fs.trace(scenario, seed=5, engine=engine)
    ages = log.loc[log["to"] == "won", "age"].to_numpy()
    waits = [stats.lognorm(0.6, scale=3), stats.gamma(2, scale=5), stats.weibull_min(1.5, scale=10)]
    step = DAYS[1]
    density = waits[0].pdf(DAYS)
    for wait in waits[1:]:
        density = signal.fftconvolve(density, wait.pdf(DAYS))[: len(DAYS)] * step
    cumulative = np.cumsum(density) * step
    assert cumulative[-1] == pytest.approx(1, abs=1e-4)
    assert stats.kstest(ages, lambda days: np.interp(days, DAYS, cumulative)).pvalue > 1e-4
    assert stats.kstest(ages * 1.05, lambda days: np.interp(days, DAYS, cumulative)).pvalue < 1e-4


@pytest.mark.parametrize("engine", ["kernel", "simpy"])
@pytest.mark.parametrize(
    "cadence",
    [
        {"dist": "gamma", "mean": "12d", "sd": "5d"},
        {"dist": "lognormal", "mean": "12d", "sd": "9d"},
        {"dist": "weibull", "shape": 2.5, "scale": "13.525d"},
        {"dist": "uniform", "low": "4d", "high": "20d"},
        {"dist": "empirical", "values": ["4d", "20d"]},
        {"dist": "exponential", "mean": "12d"},
        "12d",
    ],
    ids=lambda cadence: cadence["dist"] if isinstance(cadence, dict) else "constant",
)
def test_touches_are_a_stationary_renewal_process(engine: Any, cadence: Any) -> None:
    """Cox 1962, section 4.1: from random phases on, touches come at the rate 1 / mean in every span of time."""
    leads, mean = 4_000, 12
    scenario = text(
        horizon="60d",
        period="6d",
        channels={"base": {"backlog": leads, "enters": "pool"}},
        stages={"pool": {"track": "drip"}, "won": {}},
        touches={"mail": {"response": 0}},
        tracks={"drip": {"cadence": cadence, "touches": ["mail"], "on_response": {"to": "won"}}},
    )
    log = fs.trace(scenario, seed=5, engine=engine)
    touches = log[log["move"] == "mail"]
    spans = (touches["time"] // 6).astype(int)
    for span in range(10):
        counts = touches[spans == span].groupby("lead").size().to_numpy()
        total, squares = counts.sum(), (counts.astype(float) ** 2).sum()
        deviation = np.sqrt(squares - total**2 / leads)
        assert abs(total - leads * 6 / mean) < 4.5 * max(deviation, 1), span


def test_poisson_arrivals() -> None:
    scenario = text(
        channels={name: {"leads": "9 per day", "enters": "lead"} for name in ("a", "b")},
        stages={"lead": {"moves": {"call": {"after": "1d", "to": "won"}}}, "won": {}},
        horizon="360d",
        period="1d",
    )
    result = fs.simulate(scenario, replications=50, seed=3, by="channel")
    counts = result.metric("new_leads").transpose("replication", "period", "channel").to_numpy()
    flat = counts.reshape(-1)
    # sums of independent Poisson counts are Poisson; the index of dispersion is chi-square
    assert 1e-4 < stats.poisson(9 * flat.size).cdf(flat.sum()) < 1 - 1e-4
    dispersion = ((flat - 9) ** 2).sum() / 9
    assert 1e-4 < stats.chi2(flat.size).cdf(dispersion) < 1 - 1e-4
    observed = np.bincount(flat, minlength=30)[:30]
    expected = stats.poisson(9).pmf(np.arange(30)) * flat.size
    enough = expected > 5
    chi = ((observed - expected) ** 2 / expected)[enough].sum()
    assert stats.chi2(enough.sum() - 1).sf(chi) > 1e-4
    a, b = counts[..., 0], counts[..., 1]
    pairs = {
        "channels": (a, b),
        "neighbouring days": (a[:, 1:], a[:, :-1]),
        "neighbouring replications": (a[1:], a[:-1]),
    }
    for name, (first, second) in pairs.items():
        correlation = np.corrcoef(first.reshape(-1), second.reshape(-1))[0, 1]
        assert abs(correlation) < 5 / np.sqrt(first.size), name


def test_seasons_keep_their_volume() -> None:
    scenario = text(
        channels={
            "web": {
                "leads": "3100 per month",
                "arrivals": "evenly",
                "seasonality": {"weekday": {"sat": 0, "sun": 0.5}, "month": {"feb": 0.5}},
                "enters": "lead",
            }
        },
        stages={"lead": {"moves": {"call": {"after": "1d", "to": "won"}}}, "won": {}},
        horizon="3 months",
    )
    log = fs.trace(scenario)
    created = log[log["outcome"] == "created"]
    by_month = created.groupby(created["date"].dt.month).size()
    assert by_month.tolist() == pytest.approx([3100, 1550, 3100], abs=1)
    january = created[created["date"].dt.month == 1].groupby(created["date"].dt.day_of_week).size()
    assert 5 not in january.index
    # January 2026 has four Mondays and four Sundays
    assert january[6] / january[0] == pytest.approx(0.5, abs=0.02)


def test_average_chances_come_out_as_written() -> None:
    scenario = text(
        channels={"web": {"leads": "100 per day", "enters": "lead"}},
        segments={"small": {"share": "80%"}, "big": {"share": "20%"}},
        stages={
            "lead": {
                "moves": {"call": {"chance": "30%", "odds": {"segment": {"big": 5}}, "to": "won", "else": "lost"}}
            },
            "won": {},
            "lost": {},
        },
    )
    result = fs.simulate(scenario, replications=20, seed=4, by="segment")
    leads = result.metric("lead", over="horizon").sum("replication")
    won = result.metric("won", over="horizon").sum("replication")
    assert stats.binomtest(int(won.sum()), int(leads.sum()), 0.3).pvalue > 1e-4
    small, big = (float(won.sel(segment=name) / leads.sel(segment=name)) for name in ("small", "big"))
    ratio = big / (1 - big) / (small / (1 - small))
    # the logarithm of an odds ratio has the variance of the sum of reciprocal counts (Woolf 1955)
    cells = np.concatenate([won.values, (leads - won).values])
    assert abs(np.log(ratio / 5)) < 4.5 * np.sqrt((1 / cells).sum())
    reference = fs.simulate(
        scenario.set({"stages.lead.moves.call.reference": True}), replications=20, seed=4, by="segment"
    )
    entered = int(reference.metric("won", over="horizon").sel(segment="small").sum())
    assert stats.binomtest(entered, int(leads.sel(segment="small")), 0.3).pvalue > 1e-4
