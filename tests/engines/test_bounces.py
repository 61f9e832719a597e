"""Rule 58: a touch that is not delivered leads on at once, where it says so; on both engines."""

from __future__ import annotations

import funnelsim as fs
from tests.engines.conftest import one_lead


def told(scenario: fs.Scenario, engine: str) -> list[tuple[float, str, str, str, str]]:
    log = fs.trace(scenario, engine=engine)  # type: ignore[arg-type]
    rows = log[["time", "move", "outcome", "to", "reason"]].astype(
        {"to": str, "move": str, "outcome": str, "reason": str}
    )
    return [tuple(row) for row in rows.to_numpy().tolist()[2:]]


def test_rule_58_what_bounces_in_a_track_goes_where_it_says(engine: str) -> None:
    mail = {
        "delivered": {"attempt": [1, 0]},
        "response": 0,
        "bounced": {"to": "dead", "as": "wrong_number"},
        "warmth": 1,
    }
    stages = {"pool": {"track": "drip", "moves": {"leave": {"after": "40d", "to": "won"}}}, "won": {}, "dead": {}}
    tracks = {"drip": {"cadence": "5d", "touches": ["mail"], "exhausted": {"after": 2, "to": "won"}}}
    scenario = one_lead(stages, touches={"mail": mail}, tracks=tracks)
    assert told(scenario, engine) == [
        (5.0, "mail.delivered", "passed", "", ""),
        (5.0, "mail", "failed", "", ""),
        (10.0, "mail.delivered", "exhausted", "dead", "wrong_number"),
    ], "before the track gives the lead up"


def test_rule_58_what_bounces_in_a_stage_has_its_own_reason_and_track(engine: str) -> None:
    sms = {"delivered": 0, "response": 0, "bounced": "pool"}
    lead = {
        "moves": {"text": {"touch": "sms", "after": "2d", "every": "1d", "attempts": 9, "to": "won", "else": "won"}}
    }
    pool = {"track": [{"if": {"reason": "bounced"}, "track": "drip"}, {"track": "none"}]}
    pool["moves"] = {"leave": {"after": "40d", "to": "won"}}  # type: ignore[assignment]
    tracks = {"drip": {"cadence": "5d", "touches": ["card"], "on_response": {"to": "won"}}}
    touches = {"sms": sms, "card": {"response": 1}}
    scenario = one_lead({"lead": lead, "pool": pool, "won": {}}, touches=touches, tracks=tracks)
    assert told(scenario, engine) == [
        (2.0, "sms.delivered", "exhausted", "pool", "bounced"),
        (7.0, "card", "succeeded", "won", "touch"),
    ]


def test_bounces_and_where_they_lead_are_counted() -> None:
    sms = {"delivered": 0.5, "response": 0, "bounced": "dead"}
    stages = {"lead": {"track": "drip", "moves": {"leave": {"after": "40d", "to": "won"}}}, "won": {}, "dead": {}}
    scenario = one_lead(stages, touches={"sms": sms}, tracks={"drip": {"cadence": "5d", "touches": ["sms"]}})
    result = fs.simulate(scenario, replications=40, seed=1)
    kernel = {
        name: result.metric(name, over="horizon").to_numpy().tolist() for name in ("bounces", "dead", "delivered")
    }
    reference = fs.simulate(scenario, replications=40, seed=1, engine="simpy")
    for name, counted in kernel.items():
        assert reference.metric(name, over="horizon").to_numpy().tolist() == counted
    assert kernel["bounces"] == kernel["dead"]
    ways = result.ways_out().set_index("reason")["leads"]
    assert ways["bounced"] == sum(kernel["dead"]) / 40
