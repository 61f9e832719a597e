"""Leads and money are conserved, to the unit (semantics, rule 37), whatever the scenario and however it is grouped."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.engines.replicate import replicate
from funnelsim.engines.tally import layout_of
from funnelsim.metrics.result import Result
from funnelsim.metrics.spending import apportion
from funnelsim.program import compile_scenario
from funnelsim.scenario import Scenario

FLOWS = (
    "new_leads",
    "lead",
    "first_sql",
    "fast_pool",
    "old_pool",
    "touches",
    "responses",
    "reopened",
    "spend",
    "revenue",
)
MONEY = ("spend_media", "spend_leads", "spend_touches", "spend_moves")


def whole(result: Result, name: str, over: str = "period") -> Any:
    """A metric in its smallest unit: money in ten-thousandths."""
    values = result.metric(name, over=over)  # type: ignore[arg-type]
    return np.rint(values * 10_000).astype(np.int64) if values.dtype.kind == "f" else values


# ---------------------------------------------------------------- laws of any scenario
@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Small funnels with a loop, a track, costs everywhere and perhaps a warm-up, a backlog and a change."""
    chance = st.sampled_from(["0%", "10%", "50%", "90%", "100%", {"segment": {"a": "20%", "b": "70%"}}])
    wait = st.sampled_from(["1h", "3d", "1d to 9d", "between 0d and 20d", "never"])
    money = st.sampled_from([0, 0.0001, 0.3333, 7, 12.5])
    share = draw(st.integers(0, 100))
    channels: dict[str, Any] = {
        "web": {"leads": f"{draw(st.integers(1, 40))} per 30d", "spend": f"{draw(money)} per 7d", "enters": "lead"},
        "fair": {"leads": "9 per month", "arrivals": "evenly", "cost": draw(money), "enters": "lead"},
    }
    if draw(st.booleans()):
        channels["base"] = {"backlog": 30, "age": "between 0d and 90d", "spend": "0.0007 per month", "enters": "pool"}
    text: dict[str, Any] = {
        "format": 1,
        "name": "Random",
        "start": "2026-01-14",
        "horizon": "70d",
        "warm_up": draw(st.sampled_from(["none", "20d"])),
        "period": draw(st.sampled_from(["week", "month", "quarter", "10d"])),
        "old_after": draw(st.sampled_from(["5d", "30d", "month"])),
        "segments": {"a": {"share": f"{share}%"}, "b": {"share": f"{100 - share}%"}},
        "traits": {"line": {"mobile": "70%", "desk": "30%"}},
        "channels": channels,
        "stages": {
            "lead": {
                "moves": {
                    "go": {"after": "2d", "chance": draw(chance), "cost": draw(money), "to": "sql", "else": "pool"}
                }
            },
            "sql": {
                "value": "1 to 9",
                "moves": {"on": {"after": draw(wait), "to": "won"}, "off": {"after": "4d", "to": "pool"}},
            },
            "pool": {"track": "drip"},
            "won": {"value": 50},
        },
        "touches": {"sms": {"cost": draw(money), "response": draw(chance)}, "mail": {"response": "30%"}},
        "tracks": {"drip": {"cadence": "6d", "touches": ["sms", "mail"], "on_response": {"to": "sql"}}},
    }
    keys = draw(st.lists(st.sampled_from(["spend", "leads", "touches", "evenly", "sql", "pool"]), max_size=3))
    text["overheads"] = {f"some_{n}": {"amount": f"{7 + n}.0001 per month", "by": key} for n, key in enumerate(keys)}
    if draw(st.booleans()):
        text["changes"] = [{"from": "2026-02-09", "set": {"touches.sms.cost": 3, "channels.web.spend": "1 per day"}}]
    return fs.loads(json.dumps(text))


@settings(max_examples=40, deadline=None)
@given(scenario=scenarios(), seed=st.integers(0, 2**64 - 1), by=st.sampled_from([None, "channel", "segment", "line"]))
def test_leads_and_money_are_conserved(scenario: Scenario, seed: int, by: Any) -> None:
    result = fs.simulate(scenario, replications=3, seed=seed, by=by, cohorts=True)
    data, totals = result.data, fs.simulate(scenario, replications=3, seed=seed)
    standing = data["standing"].sum("stage")
    came = (data["created"] + data["present"]).sum("channel").cumsum("period")
    in_warm_up = standing.isel(period=0) - came.isel(period=0)
    assert (standing == came + in_warm_up).all()
    assert scenario.warm_up.count or (in_warm_up == 0).all()
    assert (data["standing"] >= data["stalled"]).all()
    for name in FLOWS:
        suffix = f"[{by}=all]" if by else ""
        total = whole(totals, name)
        assert (whole(result, name + suffix) == total).all(), name
        assert (total.sum("period") == whole(totals, name, "horizon")).all(), name
        grouped = whole(result, name)
        assert by is None or (grouped.sum(by) == total).all(), name
        assert (whole(result, name, "cohort").sum("cohort") == grouped.sum("period")).all(), name
    parts = (*MONEY, "spend_overheads") if scenario.overheads else MONEY
    assert (sum(whole(result, part) for part in parts) == whole(result, "spend")).all()
    for stage in scenario.stages:
        assert (whole(result, f"fast_{stage}") + whole(result, f"old_{stage}") == whole(result, stage)).all()
        assert (whole(result, f"in_{stage}", "cohort").sum("cohort") == whole(result, f"in_{stage}", "horizon")).all()


@pytest.mark.parametrize("by", [None, "channel", "segment"])
def test_created_and_present_since_the_beginning_are_in_stages(scenario: Scenario, by: Any) -> None:
    program, layout = compile_scenario(scenario), layout_of(compile_scenario(scenario))
    result = fs.simulate(scenario, replications=4, seed=8, by=by)
    counts = replicate(program, 4, 8, by=by).counts
    came = counts[..., layout.created : layout.placed].sum(axis=-1).cumsum(axis=1)
    assert came[:, 0].sum() > 0
    standing = result.data["standing"].sum("stage").to_numpy()
    for period in range(standing.shape[1]):
        last_cell = max(cell for cell, of in enumerate(program.cell_period) if of == period)
        np.testing.assert_array_equal(standing[:, period], came[:, last_cell])


def test_all_media_spend_is_that_of_the_channels(scenario: Scenario, results: dict[str | None, Result]) -> None:
    months = np.array([9000.01, 700, 1000.0001]) * 10_000
    for by, result in results.items():
        spent = result.data["channel_media"].to_numpy()
        assert np.abs(spent - np.rint(months)[:, None]).max() <= 1  # a running total is rounded, not each month
        total = whole(result, "spend_media").sum(by) if by else whole(result, "spend_media")
        np.testing.assert_array_equal(total, spent.sum(axis=1))
    by_channel = np.moveaxis(results["channel"].data["channel_media"].to_numpy(), 1, 2)
    np.testing.assert_array_equal(whole(results["channel"], "spend_media"), by_channel)


# ---------------------------------------------------------------- sharing out
@given(data=st.data(), groups=st.integers(1, 6), amount=st.integers(0, 2**53))
def test_parts_sum_to_the_whole_and_are_in_proportion(data: st.DataObject, groups: int, amount: int) -> None:
    weights = data.draw(st.lists(st.integers(0, 2**28), min_size=groups, max_size=groups).filter(any))
    parts = apportion(np.array([amount]), np.array([weights]))[0].tolist()
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) < sum(weights)


def test_largest_remainders_get_what_is_left() -> None:
    # 10 by 3 : 3 : 1 is 4.29, 4.29 and 1.43
    assert apportion(np.array([10]), np.array([[3, 3, 1]])).tolist() == [[4, 4, 2]]
    assert apportion(np.array([2]), np.array([[1, 1, 1]])).tolist() == [[1, 1, 0]]


def test_media_by_segment_follow_the_leads_created(results: dict[str | None, Result]) -> None:
    result = results["segment"]
    created, media = result.data["created"], result.data["channel_media"]
    shares = created / created.sum("group")
    shares = shares.where(np.isfinite(shares), np.array([0.8, 0.2])[None, None, :, None])
    exact = (shares * media).sum("channel")
    got = result.data["spend_media"]
    assert abs(got - exact.transpose(*got.dims)).max() <= 3  # one unit for each channel
    assert float(created.sel(channel="base").sum()) == 0
