"""Which leads reach a stage in one scenario and not in another."""

from __future__ import annotations

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.scenario import Scenario

TEXT = """
format: 1
name: Checked
start: 2026-01-01
horizon: 3 months
traits: {need: {yes: 50%, no: 50%}}
observed: {need_seen: {of: need, error: 20%}}
channels: {web: {leads: 100 per month, enters: mql}, base: {backlog: 20, enters: won_before}}
stages:
  mql: {moves: {check: {after: 1d, to: sql, else: pool}}}
  sql: {moves: {close: {after: 5d, chance: 40%, odds: {need: {no: 0.1}}, to: won, else: pool}}}
  won_before: {moves: {again: {after: 9d, chance: 50%, to: won}}}
  won: {}
  pool: {}
variants:
  checked: {set: {stages.mql.moves.check.qualify: {by: [need], sees: observed}}}
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return fs.loads(TEXT)


def test_leads_are_those_of_the_logs(scenario: Scenario) -> None:
    scenarios = {"none": scenario, "checked": scenario.variant("checked")}
    table = fs.lead_by_lead(scenarios, "won", replications=6, seed=3).set_index("scenario")
    logs = {
        name: [fs.trace(each, seed=3, replication=number) for number in range(6)] for name, each in scenarios.items()
    }
    won = {name: [set(log.loc[log["to"] == "won", "lead"]) for log in of] for name, of in logs.items()}
    missed = [len(a - b) for a, b in zip(won["none"], won["checked"], strict=True)]
    gained = [len(b - a) for a, b in zip(won["none"], won["checked"], strict=True)]
    assert table.loc["checked", "missed"] == pytest.approx(np.mean(missed))
    assert table.loc["checked", "missed_error"] == pytest.approx(np.std(missed, ddof=1) / np.sqrt(6))
    assert np.mean(missed) > 0
    assert table.loc["checked", "gained"] == np.mean(gained) == 0, "a check alone wins nobody"
    assert table.loc["none", ["missed", "gained"]].tolist() == [0, 0]
    for name, each in scenarios.items():
        first = fs.simulate(each, replications=6, seed=3).estimate("first_won").mean
        assert table.loc[name, "reached"] == pytest.approx(float(first))
        assert table.loc[name, "reached"] == pytest.approx(table.loc[name, "both"] + table.loc[name, "gained"])


def test_what_makes_no_sense_is_refused(scenario: Scenario) -> None:
    both = {"a": scenario, "b": scenario}
    with pytest.raises(ValueError, match="'a' has no stage 'wun'"):
        fs.lead_by_lead(both, "wun")
    with pytest.raises(ValueError, match="1 scenario to compare"):
        fs.lead_by_lead({"a": scenario}, "won")
    with pytest.raises(ValueError, match="0 replications"):
        fs.lead_by_lead(both, "won", replications=0)
    with pytest.raises(ValueError, match="differ in horizon"):
        fs.lead_by_lead({"a": scenario, "b": scenario.set({"horizon": "1 month"})}, "won")
