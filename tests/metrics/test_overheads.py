"""Overheads: what they cost, and who bears it, computed here by hand from what was counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.scenario import Scenario

TEXT = """
format: 1
name: Who bears it
start: 2026-01-16
horizon: 2 months
warm_up: 2 weeks
channels:
  web: {leads: 90 per month, spend: 1_000 per month, enters: lead}
  fair: {leads: 30 per month, cost: 7, enters: lead}
  base: {backlog: 50, enters: pool}
teams:
  calls: {people: 1, hours: 6 per day, salary: 2_000 per month}
  sellers: {people: 2, hours: 12 per day}
stages:
  lead: {moves: {call: {team: calls, takes: 10min, chance: 40%, to: sql, else: pool, cost: 1}}}
  sql: {moves: {meet: {team: sellers, takes: 1h, after: 5d, chance: 50%, to: won, else: pool}}}
  pool: {track: drip}
  won: {}
touches: {mail: {cost: 0.3, response: 3%}}
tracks: {drip: {cadence: 9d, touches: [mail], on_response: {to: sql}}}
overheads:
  office: {amount: 3_100 per month}
  crm: {amount: 310 per month, by: leads}
  automation: {amount: 31 per month, by: touches}
  phones: {amount: 620 per month, by: hours}
  brand: {amount: 0.0031 per month, by: evenly}
  data: {amount: 62 per month, by: sql}
changes: [{from: 2026-02-01, set: {overheads.crm.amount: 560 per month}}]
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return fs.loads(TEXT)


@pytest.fixture(scope="module")
def result(scenario: Scenario) -> fs.Result:
    return fs.simulate(scenario, replications=5, seed=3, by="channel", cohorts=True)


def shared(result: fs.Result, name: str, over: str = "period") -> Any:
    """(replication, period or cohort, group), in ten-thousandths."""
    data = result.data["overheads" if over == "period" else "cohort_overheads"]
    return data.sel(overhead=name).transpose("replication", over, "group").to_numpy().astype(np.int64)


def test_what_they_cost_is_spread_over_calendar_months(result: fs.Result) -> None:
    # the second half of January, February, and half of March; the warm-up is not counted
    assert shared(result, "office").sum(axis=2).tolist() == [[16_000_000, 31_000_000, 15_000_000]] * 5
    crm = shared(result, "crm").sum(axis=2)[0]
    np.testing.assert_allclose(crm, [310e4 * 16 / 31, 560e4, 560e4 * 15 / 31], atol=1)


KEYS = {
    "crm": lambda data: data["created"].sum("channel"),
    "automation": lambda data: data["sent"].sum(("turn", "age")),
    "phones": lambda data: data["busy"].sel(team="calls") * 6 + data["busy"].sel(team="sellers") * 12,
    "data": lambda data: data["entries"].sel(stage="sql").sum(("visit", "age")),
    "office": lambda data: sum(data[f"spend_{part}"] for part in ("media", "leads", "touches", "moves", "labour")),
}


@pytest.mark.parametrize("name", KEYS)
def test_groups_bear_it_in_proportion_to_the_key(result: fs.Result, name: str) -> None:
    weights = KEYS[name](result.data.astype(np.float64)).transpose("replication", "period", "group").to_numpy()
    got = shared(result, name)
    exact = weights / weights.sum(axis=-1, keepdims=True) * got.sum(axis=-1, keepdims=True)
    assert np.abs(got - exact).max() < 1.5  # a unit, and what is lost where large weights are halved
    assert not np.array_equal(weights[0, 0], weights[0, 1])


def test_evenly_is_evenly_to_the_unit(result: fs.Result) -> None:
    parts = shared(result, "brand")
    assert parts.sum(axis=2).tolist() == [[16, 31, 15]] * 5
    assert parts[0].tolist() == [[6, 5, 5], [11, 10, 10], [5, 5, 5]]


def test_cohorts_of_the_time_bear_what_goes_by_leads_and_evenly(result: fs.Result) -> None:
    for name in ("crm", "brand"):
        assert (shared(result, name, "cohort")[:, 1:] == shared(result, name)).all()
        assert (shared(result, name, "cohort")[:, 0] == 0).all()


@pytest.mark.parametrize("name", ["automation", "data", "office", "phones"])
def test_cohorts_bear_all_else_in_proportion_to_the_key_over_the_horizon(result: fs.Result, name: str) -> None:
    by_cohort = result.data[[f"cohort_{n}" for n in ("sent", "busy", "entries")]].rename(
        {f"cohort_{n}": n for n in ("sent", "busy", "entries")}
    )
    spent = ("spend_media", "spend_leads", "spend_touches", "spend_moves", "spend_labour")
    by_cohort = by_cohort.assign({n: result.data[f"cohort_{n}"] for n in spent}).astype(np.float64)
    weights = KEYS[name](by_cohort).transpose("replication", "cohort", "group").to_numpy()
    total, got = shared(result, name).sum(axis=1, keepdims=True), shared(result, name, "cohort")
    known = weights.sum(axis=1, keepdims=True) > 0
    exact = np.where(known, weights / np.where(known, weights.sum(axis=1, keepdims=True), 1) * total, got)
    assert np.abs(got - exact).max() < 1.5
    assert (got.sum(axis=1) == total[:, 0]).all()
    assert (got[:, 0] > 0).any()  # leads of the warm-up and of the backlog are touched too


def test_where_there_is_nothing_to_share_out_by_it_is_by_leads_then_evenly(scenario: Scenario) -> None:
    quiet = scenario.set({"touches.mail.active": False, "stages.lead.moves.call.chance": "0%", "changes": []})
    data = fs.simulate(quiet, replications=2, seed=3, by="channel").data
    created = data["created"].sum("channel").to_numpy()
    exact = created / created.sum(axis=-1, keepdims=True)
    parts = data["overheads"].sel(overhead="data").to_numpy()
    np.testing.assert_allclose(parts, exact * parts.sum(axis=-1, keepdims=True), atol=1.01)
    none = quiet.set({"channels.web.leads": "0 per month", "channels.fair.leads": "0 per month"})
    parts = fs.simulate(none, replications=1, seed=3, by="channel").data["overheads"].sel(overhead="data").to_numpy()
    assert (np.ptp(parts, axis=-1) <= 1).all()
    assert parts.min() > 0


def test_an_amount_that_is_not_known_is_one_in_each_replication(scenario: Scenario) -> None:
    unknown = scenario.set({"overheads.office.amount": "{uncertain: between 1_000 and 2_000 per month}"})
    plain, grouped = (fs.simulate(unknown, replications=40, seed=3, by=by) for by in (None, "segment"))
    totals = plain.data["overheads"].sel(overhead="office").sum(("period", "group")) / 10_000
    months = 16 / 31 + 1 + 15 / 31
    assert (1_000 * months <= totals).all()
    assert (totals <= 2_000 * months).all()
    assert float(totals.std()) > 100
    assert (grouped.data["overheads"].sum("group") == plain.data["overheads"].sum("group")).all()


def test_they_are_in_every_cost_and_nowhere_without_any(scenario: Scenario, result: fs.Result) -> None:
    bare = scenario.set({"overheads": {}, "changes": []})
    without = fs.simulate(bare, replications=5, seed=3, by="channel", cohorts=True)
    assert "overheads" not in without.data
    with pytest.raises(ValueError, match="no metric 'spend_overheads' in this scenario: it needs an overhead"):
        without.metric("spend_overheads")
    for over in ("period", "horizon", "cohort"):
        more = result.parts("spend", over).over - without.parts("spend", over).over
        assert (more == result.parts("spend_overheads", over).over).all()
        assert int(more.sum()) > 0
    assert (result.data["entries"] == without.data["entries"]).all()  # they change nobody's luck


def test_another_key_moves_costs_and_changes_no_total(scenario: Scenario, result: fs.Result) -> None:
    moved = scenario.set({"overheads.office.by": "leads"})
    other = fs.simulate(moved, replications=5, seed=3, by="channel")
    assert (shared(other, "office").sum(axis=2) == shared(result, "office").sum(axis=2)).all()
    assert (shared(other, "office")[..., 2] == 0).all()
    assert (shared(result, "office")[..., 2] > 0).all()
