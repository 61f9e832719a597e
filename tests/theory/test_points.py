"""Warmth, odds by the point, own shares and averages against their laws; each estimate within four standard errors."""

from __future__ import annotations

import math

import numpy as np
import pytest

import funnelsim as fs

LEADS = 4000

VISITS = """
format: 1
name: Visits
start: 2026-01-01
horizon: 200d
scoring: {half_life: 10d}
channels: {base: {backlog: 400, enters: lead}}
stages:
  lead:
    moves:
      visit: {after: WAIT, every: WAIT, warmth: 3}
      leave: {after: 900d, to: gone}
  gone: {}
"""

BUYING = f"""
format: 1
name: Buying
start: 2026-01-01
horizon: 10d
segments: {{small: {{share: 70%, traits: {{need: {{yes: 20%, no: 80%}}}}}}, big: {{share: 30%}}}}
traits: {{need: {{yes: 60%, no: 40%}}}}
observed: {{seen: {{of: need, error: {{yes: 10%, no: 30%}}}}}}
channels:
  search: {{leads: {LEADS} per 10d, arrivals: evenly, enters: lead}}
touches: {{moment: {{warmth: 10}}}}
stages:
  lead:
    moves:
      moment: {{touch: moment}}
      buy: {{after: 1ms, chance: 30%, odds: ODDS, to: won, else: lost}}
  won: {{}}
  lost: {{}}
"""


def share_of_won(odds: str, changes: dict[str, object] | None = None) -> float:
    scenario = fs.loads(BUYING.replace("ODDS", odds)).set(changes or {})
    result = fs.simulate(scenario, replications=5, seed=3, progress=False)
    return float(result.metric("won", over="horizon").sum() / result.metric("first_lead", over="horizon").sum())


def four_errors(chance: float) -> float:
    """Of a share among all leads of five replications."""
    return 4 * math.sqrt(chance * (1 - chance) / (5 * LEADS))


@pytest.mark.parametrize("engine", ["simpy", "kernel"])
def test_warmth_by_a_rhythm_is_a_geometric_sum(engine: str) -> None:
    scenario = fs.loads(VISITS.replace("WAIT", "5d"))
    log = fs.trace(scenario, seed=1, engine=engine)  # type: ignore[arg-type]
    visits = log[(log["lead"] == log["lead"].iloc[0]) & (log["outcome"] == "succeeded")]
    fading = 2 ** (-5 / 10)
    expected = [3 * (1 - fading**n) / (1 - fading) for n in range(1, len(visits) + 1)]
    assert len(visits) >= 39
    np.testing.assert_allclose(visits["warmth"], expected, atol=0.002)  # thousandths, rounded at each visit


def test_warmth_of_random_visits_has_its_stationary_mean() -> None:
    scenario = fs.loads(VISITS.replace("WAIT", "{dist: exponential, mean: 2d}"))
    log = fs.trace(scenario, seed=2)
    last = log[log["outcome"] == "succeeded"].groupby("lead", observed=True)["warmth"].last()
    # Poisson visits see the mean over time, points x rate x half-life / ln 2; the last visit adds its own points
    expected = 3 + 3 * 0.5 * 10 / math.log(2)
    assert len(last) == 400
    assert abs(last.mean() - expected) < 4 * last.std() / math.sqrt(len(last))


def test_odds_by_the_point_act_on_the_odds() -> None:
    odds = 0.3 / 0.7 * 1.1**10  # ten points of a moment
    expected = odds / (1 + odds)
    assert abs(share_of_won("{warmth: 1.1}") - expected) < four_errors(expected)


@pytest.mark.parametrize("odds", ["{need: {no: 0.2}}", "{seen: {no: 0.2}}", "{segment: {big: 3}, seen: {no: 0.5}}"])
def test_average_chance_comes_out_as_written(odds: str) -> None:
    assert abs(share_of_won(odds) - 0.3) < four_errors(0.3)


def test_a_channel_of_better_leads_converts_better() -> None:
    odds = "{need: {no: 0.2}}"
    better = share_of_won(odds, {"channels.search.traits": {"need": {"yes": 0.9, "no": 0.1}}})
    yes, no = (share_of_won(odds, {"channels.search.traits": {"need": {"yes": y, "no": 1 - y}}}) for y in (1.0, 0.0))
    expected = 0.9 * yes + 0.1 * no
    assert better > 0.3 + four_errors(0.3)
    assert abs(better - expected) < 2 * four_errors(expected)


@pytest.mark.parametrize(("by", "value", "expected"), [("need", "yes", 0.7 * 0.2 + 0.3 * 0.6), ("seen", "yes", None)])
def test_traits_have_their_shares(by: str, value: str, expected: float | None) -> None:
    true = 0.7 * 0.2 + 0.3 * 0.6
    share = expected if expected is not None else true * 0.9 + (1 - true) * 0.3
    result = fs.simulate(fs.loads(BUYING.replace("ODDS", "{}")), replications=5, seed=3, by=by, progress=False)
    leads = result.metric("new_leads", over="horizon")
    found = float(leads.sel({by: value}).sum() / leads.sum())
    assert abs(found - share) < four_errors(share)
