from __future__ import annotations

import json
from typing import Any

import pytest

import funnelsim as fs
from funnelsim.scenario import Scenario

Row = tuple[float, str, str, str, str]


@pytest.fixture(params=["simpy", "kernel"])
def engine(request: pytest.FixtureRequest) -> str:
    """Every test that takes it runs on both engines."""
    return str(request.param)


def write(stages: dict[str, Any], **fields: Any) -> Scenario:
    """A scenario of one lead that comes at noon of the first day, unless told otherwise."""
    text = {
        "format": 1,
        "name": "Test",
        "start": "2026-01-01",
        "horizon": "60d",
        "channels": {"web": {"leads": "1 per day", "arrivals": "evenly", "enters": next(iter(stages))}},
        "stages": stages,
        **fields,
    }
    return fs.loads(json.dumps(text))


def one_lead(stages: dict[str, Any], **fields: Any) -> Scenario:
    """A scenario of a single lead that stands in the first stage on day one, at time 0, with no random phases.

    It comes through a stage of its own, which it leaves at once.
    """
    enters = fields.pop("enters", next(iter(stages)))
    channels = {"web": {"backlog": 1, "enters": "gate"}}
    gate = {"gate": {"moves": {"open": {"to": enters}}}}
    return write({**gate, **stages}, **{"channels": channels, **fields})


def several(leads: dict[str, str | tuple[int, str]], stages: dict[str, Any], **fields: Any) -> Scenario:
    """A scenario of leads that stand in these stages at time 0: one of each channel, or so many of it."""
    channels, gates = {}, {}
    for channel, where in leads.items():
        number, stage = (1, where) if isinstance(where, str) else where
        channels[channel] = {"backlog": number, "enters": f"gate_{channel}"}
        gates[f"gate_{channel}"] = {"moves": {"open": {"to": stage}}}
    return write({**gates, **stages}, channels=channels, **fields)


def story(scenario: Scenario, engine: str, seed: int = 1, lead: str | None = None) -> list[Row]:
    """(time in days, move, outcome, stage, to) of every row, without the lead's coming through the gate."""
    log = fs.trace(scenario, seed=seed, engine=engine)  # type: ignore[arg-type]
    if lead is not None:
        log = log[log["lead"] == lead]
    rows = zip(log["time"], log["move"], log["outcome"], log["stage"], log["to"], strict=True)
    return [
        (round(float(time), 9), str(move), str(outcome), str(stage), str(to))
        for time, move, outcome, stage, to in rows
        if outcome != "present" and move != "open"
    ]
