"""A lead's log as sentences, and the columns they are made of."""

from __future__ import annotations

import pytest

import funnelsim as fs
from funnelsim.engines.rows import OUTCOMES
from funnelsim.engines.story import _sentence, story
from tests.engines.conftest import one_lead


def test_people_and_reasons_are_told(engine: str) -> None:
    visit = {"takes": "1d", "chance": 0, "cost": 3, "to": "won", "else": {"to": "pool", "as": "rejected"}}
    stages = {"sql": {"owner": "sales", "moves": {"visit": visit}}, "won": {}, "pool": {}}
    scenario = one_lead(stages, teams={"sales": {"people": {"anna": {}}, "hours": 24}})
    log = fs.trace(scenario, engine=engine)  # type: ignore[arg-type]
    assert log["person"].tolist() == ["", "", "", "sales.anna", "sales.anna", "sales.anna"]
    assert log["reason"].tolist() == ["", "open", "", "", "", "rejected"]
    assert [line[32:] for line in story(log, "web-0", "EUR").splitlines()[3:-1]] == [
        "visit, attempt 1, in sql: asks for a person",
        "is given to sales.anna in sql",
        "visit, attempt 1, in sql by sales.anna: work begins",
        "visit, attempt 1, in sql by sales.anna for 3 EUR: fails for the last time and goes to pool as rejected",
    ]


@pytest.mark.parametrize("outcome", dict.fromkeys(OUTCOMES))
def test_every_outcome_has_a_sentence(outcome: str) -> None:
    scenario = one_lead({"lead": {"moves": {"call": {"after": "1d", "to": "won"}}}, "won": {}})
    row = fs.trace(scenario).iloc[-1].to_dict()
    sentences = {_sentence({**row, "outcome": other}, "") for other in OUTCOMES}
    assert len(sentences) == len(set(OUTCOMES))
    assert "lead" in _sentence({**row, "outcome": outcome}, "") or "won" in _sentence({**row, "outcome": outcome}, "")


def test_touches_are_told(engine: str) -> None:
    mail = {
        "cost": 0.5,
        "warmth": 1,
        "open": 1,
        "click": {"chance": {"attempt": [0, 1]}},
        "response": 0,
        "content": ["book"],
    }
    touches = {
        "mail": mail,
        "sms": {"response": 1, "opt_out": {"chance": {"attempt": [0, 0, 0, 1]}}},
        "late": {"response": 0, "active": False},
    }
    stages = {"pool": {"track": "drip", "moves": {"leave": {"after": "never", "to": "won"}}}, "won": {}}
    tracks = {
        "drip": {"cadence": "5d", "touches": ["mail", "mail", "late"], "exhausted": {"after": 3, "to": {"track": "last"}}},
        "last": {"cadence": "5d", "touches": ["mail", "sms", "sms", "sms"]},
    }  # fmt: skip
    content = {"book": {"share": 1, "number": 2}}
    scenario = one_lead(stages, touches=touches, tracks=tracks, content=content, limits={"sms": "1 per 8d"})
    log = fs.trace(scenario, engine=engine)  # type: ignore[arg-type]
    assert log["warmth"].tolist()[2:] == [1] * 3 + [2] * (len(log) - 5)
    assert [line[32:] for line in story(log, "web-0", "EUR").splitlines()[3:-1]] == [
        "mail, attempt 1 with book, in pool and drip for 0.5 EUR: is delivered",
        "mail, attempt 1 with book, in pool and drip: is opened",
        "mail, attempt 1 with book, in pool and drip: is not clicked",
        "mail, attempt 2 with book, in pool and drip for 0.5 EUR: is delivered",
        "mail, attempt 2 with book, in pool and drip: is opened",
        "mail, attempt 2 with book, in pool and drip: is clicked",
        "mail, attempt 2 with book, in pool and drip: fails",
        "late, attempt 3, in pool and drip: is withheld (not active) and changes to last as exhausted",
        "mail, attempt 1, in pool and last: is withheld (no content)",
        "sms, attempt 2, in pool and last: succeeds",
        "sms, attempt 3, in pool and last: is postponed",
        "sms, attempt 3, in pool and last: succeeds",
        "sms, attempt 4, in pool and last: is postponed",
        "sms, attempt 4, in pool and last: opts out and leaves its track",
        "stalls in pool: nothing is planned for it any more",
    ]
    steps = {"mail": "response", "sms": "response", "late": "response"}
    told = [line[32:] for line in story(log, "web-0", touches=steps).splitlines()]
    assert "mail, attempt 2 with book, in pool and drip: is not answered" in told
    assert "sms, attempt 2, in pool and last: is answered" in told
    assert story(log, "web-0").splitlines()[-1] == "At the end of the run it stands in pool."
    there = story(log[log["time"] <= 15], "web-0").splitlines()
    assert there[-1] == "At the end of the run it stands in pool.", "a track is no stage to stand in"


def test_moments_happen_and_opt_outs_without_a_track_leave_none(engine: str) -> None:
    touches = {"mishap": {"warmth": -3}, "mail": {"response": 1, "opt_out": 1}}
    moves = {"hurt": {"touch": "mishap", "after": "1d"}, "ask": {"touch": "mail", "after": "2d", "to": "won"}}
    scenario = one_lead(
        {"lead": {"moves": {**moves, "leave": {"after": "9d", "to": "won"}}}, "won": {}}, touches=touches
    )
    log = fs.trace(scenario, engine=engine)  # type: ignore[arg-type]
    assert [
        line[32:] for line in story(log, "web-0", touches={"mishap": "", "mail": "response"}).splitlines()[3:6]
    ] == [
        "mishap, attempt 1, in lead: is delivered",
        "mishap, attempt 1, in lead: expects nothing",
        "mail, attempt 1, in lead: opts out",
    ]
