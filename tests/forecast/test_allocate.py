"""Allocation: a brute-force grid over the splits of the shipped budget confirms it, on the same luck."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.forecast.splits import Task, read_task
from funnelsim.scenario import Scenario

pytestmark = pytest.mark.usefixtures("compiled_kernel")

REPLICATIONS, SEED = 6, 3


def shipped() -> Scenario:
    path = Path(__file__).parents[2] / "scenarios" / "budget.yaml"
    return fs.load(path).set({"horizon": "3 months"})


@pytest.fixture(scope="module")
def found() -> fs.Allocation:
    return fs.allocate(shipped(), replications=REPLICATIONS, seed=SEED, starts=1, progress=False)


def brought(spends: tuple[float, ...]) -> float:
    """SQLs of a split, by a plain run with the same luck."""
    names = ("search", "content", "fairs")
    values = {f"channels.{name}.spend": f"{spend:.4f} per month" for name, spend in zip(names, spends, strict=True)}
    result = fs.simulate(shipped().set(values), replications=REPLICATIONS, seed=SEED)
    return float(result.estimate("sql").mean)


def test_no_split_of_a_grid_brings_more(found: fs.Allocation) -> None:
    best = tuple(channel.best for channel in found.channels)
    assert sum(best) == pytest.approx(90_000)
    value = brought(best)
    assert value == max(value for _, value in found.tried)
    grid = [shares for shares in itertools.product(range(7), repeat=3) if sum(shares) == 6]
    brute = {shares: brought(tuple(90_000 * share / 6 for share in shares)) for shares in grid}
    assert value >= max(brute.values())
    top = max(brute, key=brute.__getitem__)
    near = np.abs(np.array(best) / 90_000 - np.array(top) / 6).max()
    assert near < 1 / 6 or brute[top] > 0.99 * value
    assert min(brute.values()) < 0.6 * value, "the grid has splits that are much worse"


def test_the_gain_is_told_from_other_seeds(found: fs.Allocation) -> None:
    scenario = shipped()
    best = fs.simulate(scenario.set(found.settings()), replications=4 * REPLICATIONS, seed=SEED + 1)
    today = fs.simulate(scenario, replications=4 * REPLICATIONS, seed=SEED + 1)
    gain = float(best.estimate("sql").mean - today.estimate("sql").mean)
    assert found.gain.mean == pytest.approx(gain)
    assert 0 < found.gain.low < gain < found.gain.high
    assert found.level == pytest.approx(float(best.estimate("sql").mean))


def test_what_binds_and_how_flat_it_is(found: fs.Allocation) -> None:
    search, content, fairs = found.channels
    assert (fairs.binds, search.binds, content.binds) == ("least", "", "")
    flat = {row.channel: row for row in found.flatness}
    assert np.isnan(flat["fairs"].less)
    assert flat["fairs"].more < flat["search"].more <= 0
    assert all(channel.near_low <= channel.best <= channel.near_high for channel in found.channels)
    text = str(found)
    assert max(map(len, text.splitlines())) <= 80
    assert "at its least" in text
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["set"] == found.settings()
    assert len(found.tables()["tried"]) == len(found.tried)


def test_bounds_hold_and_bind() -> None:
    bounds = {"fairs": ("20_000 per month", None), "search": (None, "30_000 per month")}
    found = fs.allocate(shipped(), bounds=bounds, budget="80_000 per month", maximise="new_leads", replications=2, starts=1, progress=False)  # fmt: skip
    search, content, fairs = found.channels
    assert search.binds == "most"
    assert search.best == pytest.approx(30_000, rel=0.01)
    assert content.best + fairs.best == pytest.approx(50_000, rel=0.01)
    for spends, _ in found.tried:
        assert sum(spends) == pytest.approx(80_000)
        assert spends[0] <= 30_000.01
        assert spends[2] >= 19_999.99


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3), st.floats(0, 0.3), st.floats(0.4, 1))
def test_the_nearest_split_within_bounds(split: list[float], low: float, high: float) -> None:
    task = Task("sql", 1.0, ("a", "b", "c"), np.ones(3) / 3, np.array([low, 0, 0]), np.array([1, high, 1]))
    near = task.projected(np.array(split))
    assert near.sum() == pytest.approx(1, abs=1e-9)
    assert (near >= task.low - 1e-12).all()
    assert (near <= task.high + 1e-12).all()
    for other in np.random.default_rng(1).dirichlet(np.ones(3), size=200):
        if (other >= task.low).all() and (other <= task.high).all():
            assert np.linalg.norm(near - split) <= np.linalg.norm(other - split) + 1e-9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"maximise": "sqls"}, "maximise: there is no 'sqls' (did you mean 'sql'?)"),
        ({"budget": "0 per month"}, "budget: write a fixed amount per period that is more than nothing"),
        ({"budget": "90_000"}, "budget: '90_000' has no period"),
        ({"bounds": {"serch": (None, None)}}, "no channel 'serch' that answers to spend (did you mean 'search'?)"),
        ({"bounds": {"search": ("9 per month", "8 per month")}}, "the least is more than the most"),
        (
            {"bounds": {"search": ("60_000 per month", None), "fairs": ("60_000 per month", None)}},
            "the budget is 90,000",
        ),
        ({"bounds": {"search": 5}}, "bounds of 'search': give the least and the most"),
        ({"starts": 0}, "starts is 0, and must be at least 1"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=r".") as error:
        fs.allocate(shipped(), **arguments)
    assert message in str(error.value)


def test_scenarios_that_cannot_be_split() -> None:
    plain = shipped().set({"channels.search.response": None, "channels.content.response": None})
    with pytest.raises(ValueError, match=r"two channels or more with a 'response' to spend; here are 'fairs'"):
        read_task(plain, "sql", None, None, 1)
    later = shipped().set(
        {"budgets": {}, "changes": [{"from": "2026-02-01", "set": {"channels.search.spend": "5 per month"}}]}
    )
    unsure = later.set({"channels.fairs.spend": {"uncertain": "20_000 to 40_000 per month"}})
    with pytest.raises(ValueError, match=r"channel 'fairs': its spend is no fixed amount per period") as error:
        read_task(unsure, "sql", None, None, 1)
    assert "a change sets the spend of a channel" in str(error.value)
