from __future__ import annotations

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


SALES = """
format: 1
name: Small sales
start: 2026-01-01
horizon: 3 months
warm_up: 1 month
currency: CNY
segments: {small: {share: 80%}, enterprise: {share: 20%}}
traits: {line: {mobile: 70%, switchboard: 30%}, need: {yes: 40%, no: 60%}}
channels:
  search: {leads: 60 per month, spend: 3_000 per month, enters: lead}
  fairs: {leads: 20 per month, cost: 12.5, enters: lead}
  base: {backlog: 30, age: between 0d and 300d, spend: 100.0001 per month, enters: pool}
teams:
  telesales: {people: {uncertain: {dist: uniform, low: 1, high: 3}}, hours: 7, salary: 6_000.0003 per month,
              days_off: [sat, sun], queue_limit: 9}
  sales:
    people: {anna: {pace: 1.25}, ben: {chance: 0.8, until: 2026-03-10}, cleo: {from: 2026-02-15, picks: newest}}
    hours: 1.5
    salary: 9_000 per month
    days_off: [sun]
    hold: 12
    recycle_after: {to: pool, follow_up: 10d}
    protection: {length: 4d, by_activity: 2d}
stages:
  lead:
    moves:
      call:
        team: telesales
        takes: 20min
        attempts: 8
        every: 1d
        chance: {line: {mobile: 50%, switchboard: 30%}}
        script: {sentence: {takes: 1min, chance: 90%}, talk: {takes: 10min, chance: 60%, else: {to: pool, as: no_need}}}
        needs: 2
        unanswered: 3
        cost: 0.3
        to: mql
        else: {to: pool, as: unanswered}
  mql:
    owner: sales
    moves: {check: {takes: 30min, chance: 75%, to: sql, else: {to: pool, as: rejected}}}
  sql:
    owner: sales
    moves:
      follow_up: {takes: 2h, every: 2d, attempts: 9, chance: 20%, to: opportunity, else: {to: pool, as: no_budget}}
      expire: {after: 7d, to: {to: pool, as: expired}, extend: {by: 7d, times: 2, chance: 60%, per_owner: 2}}
  opportunity: {owner: sales, win_rate: {uncertain: 20% to 30%},
                moves: {confirm: {after: 5d, takes: 1h, chance: 40%, to: trial, else: {to: pool, as: no_need}}}}
  trial: {owner: sales, win_rate: 60%, moves: {try: {after: 3d to 9d, chance: 50%, to: won, else: {to: pool, as: product}}}}
  won: {win_rate: 100%, value: 20_000 to 90_000}
  pool: {track: drip}
touches: {mail: {cost: 0.05, response: 6%}}
tracks: {drip: {cadence: 9d, touches: [mail], on_response: {to: mql}, exhausted: {after: 5, to: dormant}}}
changes:
  - {from: 2026-02-10, set: {stages.trial.win_rate: 55%, teams.sales.hours: 2, stages.won.value: 60_000, teams.sales.salary: 9_500 per month}}
variants: {alone: {label: Without nurture, set: {tracks.drip.cadence: never}}}
"""
"""All that figures of sales depend on: a track, a team that queues and one that owns, people who come and go, a script, rejected
leads, extended deadlines, recycling, a pipeline, and a change within a period."""


NURTURE = """
format: 1
name: Small nurture
start: 2026-01-01
horizon: 4 months
warm_up: 1 month
currency: CNY
segments: {small: {share: 70%}, enterprise: {share: 30%}}
traits: {need: {yes: 40%, no: 60%}}
observed: {need_seen: {of: need, error: 20%}}
scoring: {half_life: 30d, fit: {segment: {enterprise: 20, small: 5}}, bands: [10, 20, 30], response: 1.02}
fatigue: {half_life: 10d, response: 0.9, opt_out: 1.2}
content: {guide: {share: 2, number: 2, odds: {segment: {enterprise: 2}}}, video: {number: 1}}
limits: {mail: 3 per 10d, sms: {most: 1 per 20d, beyond: drop}}
channels:
  search: {leads: 80 per month, spend: 5_000 per month, cost: 5, enters: lead}
  fair: {leads: 20 per month, enters: mql}
  base: {backlog: 60, age: between 0d and 200d, enters: pool}
teams: {telesales: {people: 2, hours: 7 per day, salary: 1_000 per month}}
stages:
  lead:
    track: welcome
    score: {mql: 36}
    moves:
      form: {after: {dist: exponential, mean: 6d}, every: {dist: exponential, mean: 20d}, attempts: 3, chance: 60%, warmth: 8, event: form}
      call: {team: telesales, takes: 20min, after: 12d, chance: 30%, odds: {need_seen: {no: 0.5}}, to: mql, else: {to: pool, as: not_now}}
  mql:
    track: keep
    moves:
      invite: {touch: invitation, after: 36h}
      check: {after: 1d to 3d, chance: 70%, cost: 3, to: sql, else: {to: pool, as: rejected}}
  sql: {moves: {close: {after: 5d to 30d, chance: 40%, to: won, else: pool}}}
  pool: {track: [{if: {reason: not_now}, track: slow}, {track: drip}]}
  won: {value: 1_000 to 9_000}
  gone: {}
touches:
  letter: {kind: mail, cost: 0.2, open: 60%, click: {chance: 50%, warmth: 6}}
  mail: {cost: 0.1, delivered: 90%, opt_out: 2%, open: {chance: 40%, warmth: 1}, click: {chance: 40%, warmth: 5}, response: 40%,
         content: all, recorded_opens: {seen: 60%, false: 5%}}
  sms: {cost: 0.05, delivered: 95%, response: 8%, warmth: -1, if: {need_seen: [yes]}}
  dial: {kind: call, team: telesales, takes: 5min, response: 25%, cost: 0.5}
  robot_call: {cost: 0.3, response: 3%}
  invitation: {kind: mail, cost: 0.4, open: {chance: 50%, warmth: 2}, click: 30%}
tracks:
  welcome: {cadence: 3d, after: 0, touches: [letter], on_response: {to: mql}, exhausted: {after: 3, to: {track: drip}}}
  drip:
    cadence: 8d
    touches: [mail, sms]
    on_response: {to: mql}
    on_opt_out: {to: gone}
    ends: {after: 60d, to: {track: slow}}
    transition_rules: [{if: {behaviour: clicked, score: {from: 28}}, to: mql}]
    moves:
      ask: {touch: dial, after: 30d, to: mql}
      look: {after: 20d, chance: 30%, event: look, cost: 0.7}
  slow: {cadence: 25d, touches: [robot_call], on_response: {to: mql}}
changes:
  - {from: 2026-02-16, set: {touches.sms.cost: 0.08, touches.mail.click.warmth: 7, teams.telesales.hours: 5, touches.letter.active: false}}
"""
"""All that figures of contact depend on: chains of every length, content that runs out, limits, who opts out, tracks
that lead to each other, rules, points, people who make touches, touches of a stage, and a change within a period."""


@pytest.fixture(scope="session")
def nurture() -> Scenario:
    return fs.loads(NURTURE)


@pytest.fixture(scope="session")
def nurtured(nurture: Scenario) -> dict[str | None, Result]:
    """The same replications of the nurturing side, grouped in every way."""
    groupings = (None, "channel", "segment", "need", "need_seen")
    return {by: fs.simulate(nurture, replications=6, seed=13, by=by, cohorts=True) for by in groupings}


@pytest.fixture(scope="session")
def sales() -> Scenario:
    return fs.loads(SALES.replace("  pool: {track: drip}", "  pool: {track: drip}\n  dormant: {}"))


@pytest.fixture(scope="session")
def sold(sales: Scenario) -> dict[str | None, Result]:
    """The same replications of the sales side, grouped in every way."""
    groupings = (None, "channel", "segment", "line", "need")
    return {by: fs.simulate(sales, replications=6, seed=11, by=by, cohorts=True) for by in groupings}


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return fs.loads(TEXT)


@pytest.fixture(scope="session")
def results(scenario: Scenario) -> dict[str | None, Result]:
    """The same replications, grouped in every way."""
    groupings = (None, "channel", "segment")
    return {by: fs.simulate(scenario, replications=12, seed=5, by=by, cohorts=True) for by in groupings}


@pytest.fixture(scope="session")
def result(results: dict[str | None, Result]) -> Result:
    return results[None]
