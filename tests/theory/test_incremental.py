"""What a track adds in front of another, where that can be worked out: nothing hangs on how its end is written."""

from __future__ import annotations

import math

import pytest

import funnelsim as fs
from funnelsim.scenario import Scenario

LEADS, FIRST, SECOND = 400, 0.01, 0.05
TOUCHES = 23
"""Of the second track: it is joined on day 30, and sends its touches on days 60, 90, ... 720 of 730."""

TEXT = f"""
format: 1
name: One track after another
start: 2026-01-01
horizon: 730d
channels: {{base: {{backlog: {LEADS}, enters: gate}}}}
stages:
  gate: {{moves: {{open: {{to: pool}}}}}}
  pool: {{track: first}}
  sql: {{value: 100}}
traits: {{opt_in: {{yes: 100%, no: 0%}}}}
touches:
  mail: {{cost: 1, response: {FIRST}, if: {{opt_in: yes}}}}
  letter: {{cost: 1, response: {SECOND}}}
tracks:
  first: {{cadence: 10d, touches: [mail], on_response: {{to: sql}}, exhausted: {{after: 3, per: PER, to: {{track: second}}}}}}
  second: {{cadence: 30d, touches: [letter], on_response: {{to: sql}}}}
"""


def chain(per: str) -> Scenario:
    return fs.loads(TEXT.replace("PER", per))


@pytest.mark.parametrize("per", ["stay", "lifetime", "silence"])
def test_a_track_adds_whom_the_next_would_not_have_won(per: str) -> None:
    added = fs.incremental(chain(per), replications=60, seed=3).added["first"]["sql"]
    share = (1 - (1 - FIRST) ** 3) * (1 - SECOND) ** TOUCHES
    error = math.sqrt(LEADS * share * (1 - share) / 60)
    assert abs(added.mean - LEADS * share) < 4 * error
    assert added.mean > 4 * error, "so that it would be seen if it added nothing"


@pytest.mark.parametrize("changes", [{"touches.mail.response": 0}, {"traits.opt_in": {"yes": 0, "no": 1}}])
@pytest.mark.parametrize("per", ["stay", "lifetime", "silence"])
def test_a_track_nobody_answers_adds_nothing(per: str, changes: dict[str, object]) -> None:
    """Nor does one whose touches are meant for nobody: leads are led on all the same."""
    scenario = chain(per).set(changes)
    found = fs.incremental(scenario, replications=5, seed=3)
    assert found.added["first"]["sql"].mean == 0
    expected = LEADS * (1 - (1 - SECOND) ** TOUCHES)
    assert abs(found.result.estimate("sql").mean - expected) < 4 * math.sqrt(expected * (1 - SECOND) ** TOUCHES / 5)
