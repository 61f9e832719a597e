from __future__ import annotations

from typing import Any

import pytest

import funnelsim as fs
from funnelsim.metrics.result import Result
from funnelsim.scenario import Scenario

TEXT = """
format: 1
name: Small trunk
start: 2026-01-01
horizon: 4 months
warm_up: 1 month
currency: CNY
segments: {small: {share: 80%}, enterprise: {share: 20%}}
channels:
  search: {leads: 80 per month, spend: 9_000.01 per month, enters: lead}
  fairs: {leads: {2026-01: 0, 2026-02: 30, 2026-03: 0, 2026-04: 20}, spend: 700 per month, cost: 12.5, enters: lead}
  base: {backlog: 120, age: between 0d and 300d, spend: 1_000.0001 per month, enters: pool}
stages:
  lead:
    moves:
      call: {after: 1d to 4d, every: 1d, attempts: 2, chance: {segment: {small: 40%, enterprise: 30%}}, cost: 1.5,
             to: mql, else: pool}
  mql: {moves: {check: {after: 1d to 3d, chance: {uncertain: 60% to 90%}, cost: 20, to: sql, else: pool}}}
  sql: {moves: {close: {after: 5d to 30d, chance: 25%, to: won, else: pool}}}
  pool: {track: reactivation}
  won: {value: 20_000 to 90_000, label: 成交}
  dormant: {}
  waiting: {moves: {wake: {after: never, to: lead}}}
touches: {sms: {cost: 0.05, response: 4%}, mail: {cost: 0.01, response: 8%}}
tracks:
  reactivation:
    cadence: 9d
    touches: [sms, mail]
    on_response: {to: mql}
    exhausted: {after: 8, to: dormant}
    moves: {park: {after: {dist: exponential, mean: 60d}, chance: 50%, to: waiting}}
changes: [{from: 2026-02-16, set: {touches.sms.cost: 0.08, stages.lead.moves.call.cost: 2.25}}]
variants: {rare: {set: {tracks.reactivation.cadence: 30d}}}
"""
"""All that figures depend on: warm-up, a backlog, a change within a period, luck and ignorance, costs of every kind."""


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return fs.loads(TEXT)


@pytest.fixture(scope="session")
def results(scenario: Scenario) -> dict[str | None, Result]:
    """The same replications, grouped in every way."""
    groupings: tuple[Any, ...] = (None, "channel", "segment")
    return {by: fs.simulate(scenario, replications=12, seed=5, by=by, cohorts=True) for by in groupings}


@pytest.fixture(scope="session")
def result(results: dict[str | None, Result]) -> Result:
    return results[None]
