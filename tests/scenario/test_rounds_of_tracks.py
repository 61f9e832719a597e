"""Rounds that go over tracks, touches and points: those that are certain are told, and those that may end are not."""

from __future__ import annotations

from typing import Any

import pytest

from funnelsim.scenario import ScenarioError, loads
from funnelsim.scenario.writing import write_yaml

SEGMENTS = {"small": {"share": "50%"}, "big": {"share": "50%"}}


def told(fields: dict[str, Any]) -> list[str]:
    """Return all that is wrong with a scenario."""
    channels = {"search": {"leads": "1 per day", "enters": "lead"}}
    head = {"format": 1, "name": "Case", "start": "2026-01-01", "horizon": "3 months", "channels": channels}
    try:
        loads(write_yaml({**head, **fields}))
    except ScenarioError as error:
        return [f"{problem.path}: {problem.message}" for problem in error.problems]
    return []


def goes_round(fields: dict[str, Any]) -> bool:
    """Say whether a round is refused; nothing else is wrong."""
    messages = told(fields)
    assert all("go round" in message for message in messages), messages
    return bool(messages)


def on_a_track(track: dict[str, Any], touch: Any = None, **fields: Any) -> dict[str, Any]:
    """A stage that leads to the pool at once, and a track of the pool that sends a mail at once and leads back."""
    drip = {"cadence": "7d", "after": 0, "touches": ["mail"], "on_response": {"to": "lead"}, **track}
    pool = {"track": "drip", "moves": {"out": {"after": "1d", "to": "won"}}}
    stages = {"lead": {"moves": {"drop": {"to": "pool"}}}, "pool": pool, "won": {}}
    touches = {"mail": {"response": "100%"} if touch is None else touch, "sms": {"response": "1%"}}
    other = {"cadence": "7d", "touches": ["sms"], "on_response": {"to": "won"}}
    tracks = {"drip": drip, "other": other}
    stages["aside"] = {"track": "other"}
    stages["lead"]["moves"]["rarely"] = {"after": "9d", "to": "aside"}
    return {"stages": stages, "touches": touches, "tracks": tracks, **fields}


# ---------------------------------------------------------------- touches
@pytest.mark.parametrize(
    ("touch", "certain"),
    [
        ({"response": 1}, True),
        ({"response": 0.5}, False),
        ({"response": 0}, False),
        ({"open": 1, "click": 1, "response": 1}, True),
        ({"open": 1, "click": 0.5, "response": 1}, False),
        ({"open": {"chance": 1, "to": "lead"}, "response": 0}, True),
        ({"open": {"chance": 1, "to": "won"}, "response": 1}, False),
        ({"open": {"chance": 1, "to": {"track": "other"}}, "response": 1}, False),
        ({"open": 1}, True),
        ({"response": 1, "delivered": 0.9}, False),
        ({"response": 1, "delivered": 1}, True),
        ({"response": 1, "opt_out": 0.1}, False),
        ({"response": 1, "opt_out": 0}, True),
        ({"response": 1, "active": False}, False),
        ({"response": 1, "if": {"segment": "small"}}, False),
        ({"response": 1, "content": "all"}, False),
        ({"response": {"segment": {"small": 1, "big": 0.5}}}, True),  # leads of one segment
    ],
)
def test_rounds_over_a_touch(touch: dict[str, Any], certain: bool) -> None:
    assert goes_round(on_a_track({}, touch, segments=SEGMENTS)) is certain


@pytest.mark.parametrize(
    ("track", "certain"),
    [
        ({}, True),
        ({"active": False}, False),
        ({"paused": {"score": {"from": 5}}}, False),
        ({"after": "cadence", "touches": [{"touch": "mail", "wait": "1ms"}]}, True),
        ({"after": "cadence", "touches": [{"touch": "mail", "wait": "1h"}]}, False),
        ({"after": "cadence", "touches": [{"touch": "mail", "wait": "never"}]}, False),
        ({"after": "cadence", "touches": [{"touch": "mail", "wait_up_to": "1ms"}]}, True),
        ({"on_response": {"to": {"track": "other"}}}, False),
        ({"on_response": {"to": "won"}, "ends": {"after": "1ms", "to": "lead"}}, False),  # the mail is answered before
        ({"after": "1h", "ends": {"after": "1ms", "to": "lead"}}, True),
        ({"after": "1h", "ends": {"after": "1ms", "to": {"track": "other"}}}, False),
        ({"after": "1h", "transition_rules": [{"if": {"touched": {"from": 0}}, "to": "lead"}]}, True),
        ({"after": "1h", "transition_rules": [{"if": {"stage": "pool"}, "to": "lead"}]}, True),
        ({"after": "1h", "transition_rules": [{"if": {"touched": {"from": 1}}, "to": "lead"}]}, True),  # once touched
        ({"after": "1h", "transition_rules": [{"if": {"score": {"from": 0}}, "to": "lead"}]}, True),
        ({"after": "1h", "transition_rules": [{"if": {"score": {"from": 1}}, "to": "lead"}]}, True),  # once warm
        ({"after": "1h", "exhausted": {"after": 1, "to": "lead"}}, False),
    ],
)
def test_rounds_over_a_track(track: dict[str, Any], certain: bool) -> None:
    assert goes_round(on_a_track(track, {"response": 1, "warmth": 1})) is certain


def test_a_limit_of_contact_may_end_a_round() -> None:
    assert goes_round(on_a_track({}))
    assert not goes_round(on_a_track({}, limits={"all": "3 per 7d"}))


@pytest.mark.parametrize(
    ("rules", "certain"),
    [
        ([{"track": "drip"}], True),
        ([{"if": {"reason": "drop"}, "track": "drip"}], False),
        ([{"if": {"reason": "drop"}, "track": "other"}, {"track": "drip"}], False),
        ([{"if": {"reason": "drop"}, "track": "drip"}, {"track": "drip"}], True),
    ],
)
def test_rounds_over_rules_of_tracks(rules: list[dict[str, Any]], certain: bool) -> None:
    fields = on_a_track({})
    fields["stages"]["pool"]["track"] = rules
    assert goes_round(fields) is certain


# ---------------------------------------------------------------- moves
@pytest.mark.parametrize(
    ("move", "certain"),
    [
        ({"touch": "mail", "to": "lead"}, True),
        ({"touch": "sms", "to": "lead"}, False),
        ({"touch": "sms", "to": "lead", "else": "lead"}, True),
        ({"to": "lead", "qualify": {"by": ["need"]}}, False),
        ({"to": "lead", "else": "lead", "qualify": {"by": ["need"]}}, True),
        ({"to": "lead", "qualify": {"by": ["need"], "require": "none", "weigh": 2}}, True),
        ({"to": "lead", "trigger": {"event": "form"}}, False),
        ({"to": "lead", "trigger": {"score": 5}}, False),
        ({"to": "lead", "trigger": {"anniversary": "1ms"}}, False),
        ({"to": "lead", "trigger": {"when": {"behaviour": "none"}}}, False),
    ],
)
def test_rounds_over_moves(move: dict[str, Any], certain: bool) -> None:
    fields = on_a_track({"on_response": {"to": "won"}, "after": "1h"}, {"response": 1, "warmth": 1})
    fields["traits"] = {"need": {"yes": "50%", "no": "50%"}}
    fields["stages"]["pool"]["moves"]["back"] = move
    fields["stages"]["lead"]["moves"]["drop"]["event"] = "form"
    assert goes_round(fields) is certain


@pytest.mark.parametrize(("points", "certain"), [(0, True), (-5, True), (1, False), (30, False)])
def test_rounds_over_a_score(points: int, certain: bool) -> None:
    """The fit of the least lead is 0, and nothing takes warmth away; that all have these points is told beside it."""
    fields = on_a_track({"after": "1h"}, scoring={"fit": {"need": {"yes": 30}}}, traits={"need": {"yes": 1, "no": 0}})
    fields["stages"]["pool"]["score"] = {"lead": points}
    fields["stages"]["lead"]["moves"]["drop"]["after"] = "1ms"
    assert any("go round" in message for message in told(fields)) is certain
    fields["touches"]["mail"]["warmth"] = -1
    assert not goes_round(fields)


def test_leads_that_are_not_there_go_no_round() -> None:
    """A segment whose leads all have a need; the others have none."""
    fields = on_a_track({}, {"response": {"need": {"yes": 1, "no": 0.5}}})
    fields["traits"] = {"need": {"yes": 0, "no": 1}}
    fields["segments"] = SEGMENTS
    assert not goes_round(fields)
    fields["segments"] = {**SEGMENTS, "big": {"share": "50%", "traits": {"need": {"yes": 1, "no": 0}}}}
    assert goes_round(fields)
    fields["channels"] = {
        "search": {"leads": "1 per day", "enters": "lead", "traits": {"need": {"yes": 0, "no": 1}}},
    }
    assert not goes_round(fields)


def test_what_is_observed_is_not_looked_at() -> None:
    fields = on_a_track({}, {"response": {"need_seen": {"yes": 1, "no": 0.5}}})
    fields["traits"] = {"need": {"yes": 1, "no": 0}}
    fields["observed"] = {"need_seen": {"of": "need", "error": 0}}
    assert not goes_round(fields)
    fields["touches"]["mail"]["response"] = {"need_seen": {"yes": 1, "no": 1}}
    assert goes_round(fields)


# ---------------------------------------------------------------- of the leads that meet conditions
HOT, COLD, CLICKED = {"score": {"from": 50}}, {"score": {"below": 20}}, {"behaviour": "clicked"}


def rules(*pairs: tuple[dict[str, Any], Any]) -> dict[str, Any]:
    """A track with transition rules; each leads to another track, or to a stage of two letters or more."""
    ways = [{"if": conditions, "to": {"track": to} if len(to) == 1 else to} for conditions, to in pairs]
    return {"cadence": "7d", "touches": ["mail"], "on_response": {"to": "won"}, "transition_rules": ways}


def circle(stages: dict[str, Any], **tracks: dict[str, Any]) -> list[str]:
    """Return the rounds that some leads go; nothing else is wrong."""
    mailing = {"after": "80d", "touch": "mail", "to": "won"}
    lead = {"moves": {"go": {"after": "1d", "to": "pool"}, "mailing": mailing}}
    touches = {"mail": {"open": 0.3, "click": 0.1, "warmth": 1}}
    traits = {"need": {"yes": "50%", "no": "50%"}}
    head = {"traits": traits, "touches": touches, "tracks": tracks}
    messages = told({**head, "stages": {"lead": lead, "won": {}, **stages}})
    assert all("all these rules" in message for message in messages), messages
    return [message.partition("for ever: ")[2].partition(";")[0] for message in messages]


def on(track: Any, **moves: dict[str, Any]) -> dict[str, Any]:
    """A pool whose leads join a track, or one by rules."""
    return {"pool": {"track": track, "moves": {"out": {"after": "90d", "to": "won"}, **moves}}}


def test_rules_of_two_tracks_that_hold_together() -> None:
    assert circle(on("a"), a=rules((HOT, "b")), b=rules((HOT, "a"))) == ["track a -> track b -> track a"]
    assert circle(on("a"), a=rules((HOT, "b")), b=rules((CLICKED, "a"))) == ["track a -> track b -> track a"]
    three = {"a": rules((COLD, "won"), (HOT, "b")), "b": rules((CLICKED, "c")), "c": rules(({"need": "yes"}, "a"))}
    assert circle(on("a"), **three) == ["track a -> track b -> track c -> track a"]


def test_rules_of_two_tracks_that_exclude_each_other() -> None:
    assert circle(on("a"), a=rules((HOT, "b")), b=rules((COLD, "a"))) == []
    assert circle(on("a"), a=rules(({"need": "yes"}, "b")), b=rules(({"need": "no"}, "a"))) == []
    assert circle(on("a"), a=rules((HOT, "b")), b=rules(({"score": {"from": 10, "below": 50}}, "a"))) == []
    assert circle(on("a"), a=rules((HOT, "b")), b=rules((HOT, "won"), (HOT, "a"))) == []
    assert circle(on("a"), a=rules((HOT, "b")), b=rules()) == []


def test_an_earlier_rule_leads_out() -> None:
    """A rule for the same leads comes first, and leads to a stage; one for some of them leaves the others."""
    assert circle(on("a"), a=rules(({"score": {"from": 10}}, "won"), (HOT, "b")), b=rules((HOT, "a"))) == []
    assert circle(on("a"), a=rules(({"need": "yes"}, "won"), (HOT, "b")), b=rules((HOT, "a"))) != []


@pytest.mark.parametrize(
    ("conditions", "goes"),
    [
        ({"stage": "pool"}, True),
        ({"reason": "again"}, True),
        ({"reason": "go"}, False),  # it holds once, and no more after the first round
        ({"from": "pool"}, True),
        ({"from": "lead"}, False),
        ({"silent": {"below": "1d"}}, True),
        ({"silent": {"from": "1d"}}, False),  # who enters has done something just now
        ({"age": {"from": "9d"}}, True),
    ],
)
def test_what_conditions_say_of_where_a_lead_is(conditions: dict[str, Any], goes: bool) -> None:
    again = {"again": {"trigger": {"when": {**HOT, **conditions}}, "to": "pool"}}
    stages = {**on("none", **again), "aside": {"moves": {"x": {"after": "1d", "to": "won"}}}}
    stages["pool"]["moves"]["late"] = {"after": "80d", "to": "aside"}
    assert circle(stages) == (["pool -> pool"] if goes else [])


def test_a_score_that_leads_round() -> None:
    stages = {"pool": {"score": {"mql": 50}}, "mql": {"moves": {"drop": {"to": "pool"}}}}
    stages["pool"]["moves"] = {"out": {"after": "90d", "to": "won"}}
    assert circle(stages) == ["pool -> mql -> pool"]
    stages["mql"]["moves"]["drop"] = {"chance": "50%", "to": "won", "else": "pool"}
    assert circle(stages) == []
    stages["mql"]["moves"]["drop"] = {"after": "1h", "to": "pool"}
    assert circle(stages) == []
    stages["mql"]["score"] = {"pool": 40}
    assert circle(stages) == ["pool -> mql -> pool"]


def test_a_stay_on_a_track_goes_on_where_the_next_stage_names_it() -> None:
    """The rule has held before in this stay, so that it leads on once; joined anew, it leads on again."""
    assert circle(on("a"), a=rules((HOT, "pool"))) == []
    back = {"back": {"to": "pool"}}
    assert circle({**on("a"), "mql": {"track": "a", "moves": back}}, a=rules((HOT, "mql"))) == []
    assert circle({**on("a"), "mql": {"track": "keep", "moves": back}}, a=rules((HOT, "mql"))) == []
    assert circle({**on("a"), "mql": {"moves": back}}, a=rules((HOT, "mql"))) == ["pool -> mql -> pool"]


def test_rules_of_tracks_decide_whether_there_is_a_round() -> None:
    back = {"mql": {"moves": {"back": {"to": "pool"}}}}
    first = [{"if": {"reason": "back"}, "track": "none"}, {"track": "a"}]
    assert circle({**on(first), **back}, a=rules((HOT, "mql"))) == []
    first = [{"if": {"reason": "go"}, "track": "none"}, {"track": "a"}]
    assert circle({**on(first), **back}, a=rules((HOT, "mql"))) == ["pool -> mql -> pool"]
    first = [{"if": {"score": {"from": 40}}, "track": "none"}, {"track": "a"}]
    assert circle({**on(first), **back}, a=rules((HOT, "mql"))) == []


# ---------------------------------------------------------------- lifetime limits
def test_limits_that_are_met_may_send_on_from_track_to_track() -> None:
    fields = on_a_track({"exhausted": {"after": 3, "per": "lifetime", "to": {"track": "other"}}}, {"response": 0.1})
    assert told(fields) == []
    fields["tracks"]["other"]["exhausted"] = {"after": 3, "per": "lifetime", "to": {"track": "drip"}}
    (message,) = told(fields)
    assert "once its lifetime limits are met, a lead is sent round for ever: track " in message
    fields["tracks"]["other"]["exhausted"]["per"] = "stay"
    assert told(fields) == []


# ---------------------------------------------------------------- where leads can go
def test_a_stage_is_reached_by_way_of_a_track() -> None:
    fields = on_a_track({"on_response": {"to": {"track": "third"}}, "after": "1d"})
    fields["stages"]["far"] = {}
    fields["tracks"]["third"] = {"cadence": "7d", "touches": ["sms"], "on_response": {"to": "far"}}
    assert told(fields) == []
    fields["tracks"]["drip"]["on_response"] = {"to": "lead"}
    assert sorted(message.partition(":")[0] for message in told(fields)) == ["stages.far", "tracks.third"]


def test_who_opts_out_has_no_track_to_keep() -> None:
    """A stage that keeps the track is a dead end for leads that opted out; it is none for the others."""
    fields = on_a_track({"after": "1d", "on_opt_out": {"to": "gone"}}, {"response": 0.1, "opt_out": "1%"})
    fields["stages"]["gone"] = {}
    assert told(fields) == []
    fields["tracks"]["drip"]["on_opt_out"] = {"to": None}
    assert [message.partition(":")[0] for message in told(fields)] == ["stages.gone"]


@pytest.mark.parametrize(
    ("track", "final"),
    [
        ({}, False),
        ({"exhausted": {"after": 3, "to": "won"}}, True),
        ({"exhausted": {"after": 3, "per": "silence", "to": "won"}}, False),
        ({"exhausted": {"after": 3, "to": {"track": "other"}}}, True),  # until its touches are answered
        ({"exhausted": {"after": 3, "to": {"track": "tired"}}}, False),
        ({"exhausted": {"after": 3, "to": {"track": "last"}}}, True),
        ({"ends": {"after": "9d", "to": "won"}}, True),
        ({"ends": {"after": "9d", "to": {"track": "tired"}}}, False),
        ({"exhausted": {"after": 3, "to": "won"}, "paused": {"touched": {"from": 9}}}, False),
        ({"exhausted": {"after": 3, "to": "won"}, "touches": ["mail", {"touch": "mail", "wait": "never"}]}, False),
        ({"on_response": {"to": "won"}, "touches": ["mail"]}, True),
        ({"on_response": {"to": "won"}, "active": False}, False),
    ],
)
def test_whether_an_owner_can_be_left_with_a_lead(track: dict[str, Any], final: bool) -> None:
    fields = on_a_track({"after": "1d", "on_response": {}, **track}, {"response": 0.1})
    if track.get("touches"):
        fields["tracks"]["drip"]["after"] = "cadence"
    del fields["stages"]["pool"]["moves"]
    fields["tracks"]["last"] = {"cadence": "7d", "touches": ["sms"], "exhausted": {"after": 2, "to": "won"}}
    fields["tracks"]["tired"] = {"cadence": "7d", "touches": ["sms"], "exhausted": {"after": 2}}
    fields["stages"]["aside"]["moves"] = {"x": {"after": "1d", "to": "late"}}
    fields["stages"]["late"] = {"track": "last"}
    fields["teams"] = {"sales": {"people": 2}}
    fields["stages"]["pool"] |= {"owner": "sales", "moves": {"call": {"takes": "1h", "chance": 0.1, "to": "lead"}}}
    messages = [message for message in told(fields) if "for ever, once its moves" in message]
    assert (not messages) is final
