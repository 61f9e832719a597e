"""Drained scenarios against the absorbing Markov chain that they are.

Leads come for a month, and the run goes on until all have finished. The chance that a lead ever enters a stage follows from
the chances of its moves alone; the number of leads that do is binomial.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

import funnelsim as fs

TOUCHES, RESPONSE = 6, 0.08

FUNNEL: dict[str, Any] = {
    "format": 1,
    "name": "A funnel that drains",
    "start": "2026-01-01",
    "horizon": "6 years",
    "period": "year",
    "channels": {"web": {"leads": {f"2026-{month:02d}": 1_240 if month == 1 else 0 for month in range(1, 13)}, "enters": "lead"}},
    "stages": {
        "lead": {"moves": {"call": {"every": "1d", "attempts": 3, "chance": "20%", "to": "mql", "else": "pool"}}},
        "mql": {"moves": {"check": {"after": {"dist": "lognormal", "median": "1.6d", "sigma": 0.8}, "chance": "50%", "to": "sql", "else": "pool"}}},
        "sql": {"moves": {"progress": {"after": {"dist": "exponential", "mean": "6d"}, "to": "opportunity"}, "expire": {"after": "7d", "to": "pool"}}},
        "opportunity": {"moves": {"decide": {"after": {"dist": "gamma", "shape": 2, "scale": "15d"}, "chance": "30%", "to": "won", "else": "lost"}}},
        "pool": {"track": "nurture"},
        "won": {},
        "lost": {},
        "dormant": {},
    },
    "touches": {"mail": {"response": RESPONSE}},
    "tracks": {"nurture": {"cadence": "30d", "touches": ["mail"], "on_response": {"to": "mql"}, "exhausted": {"after": TOUCHES, "to": "dormant"}}},
}  # fmt: skip
FUNNEL["channels"]["web"]["leads"] |= {f"{year}-{month:02d}": 0 for year in range(2027, 2032) for month in range(1, 13)}


def chance_of_ever(per: str) -> dict[str, float]:
    """Chance that a lead ever enters each stage."""
    responds = 1 - (1 - RESPONSE) ** TOUCHES
    in_time = 1 - math.exp(-7 / 6)
    if per == "stay":
        steps = {
            "lead": {"mql": 1 - 0.8**3, "pool": 0.8**3},
            "mql": {"sql": 0.5, "pool": 0.5},
            "sql": {"opportunity": in_time, "pool": 1 - in_time},
            "opportunity": {"won": 0.3, "lost": 0.7},
            "pool": {"mql": responds, "dormant": 1 - responds},
        }
    else:  # one state for each number of touches a lead has had; with the last it is not let into the pool again
        steps = {"lead": {"mql0": 1 - 0.8**3, "pool0": 0.8**3}, "opportunity": {"won": 0.3, "lost": 0.7}}
        for had in range(TOUCHES + 1):
            back = f"pool{had}" if had < TOUCHES else "dormant"
            steps[f"mql{had}"] = {f"sql{had}": 0.5, back: 0.5}
            steps[f"sql{had}"] = {"opportunity": in_time, back: 1 - in_time}
            if had < TOUCHES:
                after = f"pool{had + 1}" if had + 1 < TOUCHES else "dormant"
                steps[f"pool{had}"] = {f"mql{had + 1}": RESPONSE, after: 1 - RESPONSE}
    return {stage: _hits(steps, stage) for stage in ("mql", "sql", "opportunity", "won", "lost", "dormant")}


def _hits(steps: dict[str, dict[str, float]], stage: str) -> float:
    """Chance to hit a stage from `lead`: one equation a state, with the stage's own states at 1."""
    states = sorted({*steps, *(to for ways in steps.values() for to in ways)})
    place = {state: number for number, state in enumerate(states)}
    matrix, right = np.eye(len(states)), np.zeros(len(states))
    for state in states:
        if state.rstrip("0123456789") == stage:
            right[place[state]] = 1
        else:
            for to, chance in steps.get(state, {}).items():
                matrix[place[state], place[to]] -= chance
    return float(np.linalg.solve(matrix, right)[place["lead"]])


@pytest.mark.parametrize("per", ["stay", "lifetime"])
@pytest.mark.parametrize(("engine", "replications"), [("kernel", 300), ("simpy", 2)])
def test_leads_that_ever_enter(per: str, engine: Any, replications: int) -> None:
    scenario = fs.loads(json.dumps(FUNNEL)).set({"tracks.nurture.exhausted.per": per})
    result = fs.simulate(scenario, replications=replications, seed=11, engine=engine)
    leads = int(result.metric("new_leads", over="horizon").sum())
    ends = sum(int(result.metric(f"in_{stage}", over="horizon").sum()) for stage in ("won", "lost", "dormant"))
    assert ends == leads, "drained"
    for stage, chance in chance_of_ever(per).items():
        entered = int(result.metric(f"first_{stage}", over="horizon").sum())
        assert stats.binomtest(entered, leads, chance).pvalue > 1e-4, stage


def test_the_check_would_notice_a_percent() -> None:
    scenario = fs.loads(json.dumps(FUNNEL)).set({"stages.mql.moves.check.chance": "51%"})
    result = fs.simulate(scenario, replications=300, seed=11)
    leads = int(result.metric("new_leads", over="horizon").sum())
    entered = int(result.metric("first_sql", over="horizon").sum())
    assert stats.binomtest(entered, leads, chance_of_ever("stay")["sql"]).pvalue < 1e-4
