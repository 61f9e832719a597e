"""Teams, owners and work: what models say of themselves, which stages surely end, and paths into teams."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from funnelsim.scenario import Scenario, ScenarioError, loads
from funnelsim.scenario.models import Move, Person, Rule
from funnelsim.scenario.quantities import Constant, Table
from funnelsim.scenario.routes import has_final_way_out
from funnelsim.scenario.writing import write_yaml

DAY = 86_400_000
TALK: dict[str, Any] = {"takes": "20min", "chance": 0.4, "to": "won", "else": "pool"}


def file(moves: dict[str, Any], team: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """Give a scenario whose leads are owned, with these moves in the owned stage."""
    lead = {"owner": "sales", "moves": moves, **fields.pop("lead", {})}
    pool = {"moves": {"again": {"after": "30d", "to": "lead"}, "buy": {"after": "90d", "to": "won"}}}
    return {
        "format": 1,
        "name": "Teams",
        "start": "2026-01-01",
        "horizon": "3 months",
        "traits": {"line": {"mobile": "70%", "switchboard": "30%"}},
        "channels": {"search": {"leads": "1 per day", "enters": "lead"}},
        "teams": {"sales": {"people": 2, **(team or {})}},
        "stages": {"lead": lead, "pool": pool, "won": {}, **fields.pop("stages", {})},
        **fields,
    }


def build(moves: dict[str, Any], team: dict[str, Any] | None = None, **fields: Any) -> Scenario:
    return loads(write_yaml(file(moves, team, **fields)))


def refused(moves: dict[str, Any], team: dict[str, Any] | None = None, **fields: Any) -> list[str]:
    try:
        build(moves, team, **fields)
    except ScenarioError as error:
        return [f"{problem.path}: {problem.message}".split(";")[0] for problem in error.problems]
    return []


# ---------------------------------------------------------------- what models say of themselves
@pytest.mark.parametrize(
    ("move", "deadline"),
    [
        ({"after": "7d", "to": "won"}, True),
        ({"after": {"uncertain": "5d to 9d"}, "to": "won"}, True),
        ({"after": "7d", "to": "won", "lifetime_attempts": 3}, True),
        ({"after": "5d to 9d", "to": "won"}, False),
        ({"after": "7d"}, False),
        ({"after": "7d", "to": "won", "chance": 0.5}, False),
        ({"after": "7d", "to": "won", "odds": {"line": {"mobile": 2}}}, False),
        ({"after": "7d", "to": "won", "every": "1d"}, False),
        ({"after": "7d", "to": "won", "team": "sales"}, False),
        ({"after": "7d", "to": "won", "takes": "1min"}, False),
        ({"after": "7d", "to": "won", "script": {"talk": {}}}, False),
        ({"after": "7d", "to": "won", "needs": 2}, False),
    ],
)
def test_deadlines(move: dict[str, Any], deadline: bool) -> None:
    assert Move.model_validate(move).is_deadline is deadline


def test_work_without_a_team_is_that_of_the_owner() -> None:
    moves = {
        "talk": TALK,
        "script": {"every": "1d", "chance": 0.1, "script": {"demo": {"takes": "1h"}}, "to": "won"},
        "named": {"team": "other", "every": "1d", "chance": 0.1, "to": "won"},
        "expire": {"after": "7d", "to": "pool"},
    }
    scenario = build(moves, teams={"sales": {"people": 2}, "other": {"people": 1}})
    stage = scenario.stages["lead"]
    assert {name: stage.team_of(move) for name, move in stage.moves.items()} == {
        "talk": "sales",
        "script": "sales",
        "named": "other",
        "expire": None,
    }
    assert stage.moves["talk"].takes_time
    assert stage.moves["script"].working_times == (Constant(0), Constant(3_600_000))
    assert not stage.moves["named"].takes_time


def test_people_in_their_three_forms() -> None:
    counted = build({"talk": TALK}).teams["sales"]
    assert (counted.people, counted.schedule, counted.persons) == (2, None, None)
    scheduled = build({"talk": TALK}, {"people": {"2026-02-01": 3}}).teams["sales"]
    assert scheduled.schedule == {"2026-02-01": 3}
    assert scheduled.persons is None
    named = build({"talk": TALK}, {"people": {"anna": {"until": "2026-02-01"}, "ben": {}}}).teams["sales"]
    assert named.schedule is None
    assert named.persons == {"anna": Person.model_validate({"until": "2026-02-01"}), "ben": Person()}
    assert named.assign == (Rule(),)


def test_reasons_beside_stages() -> None:
    moves = {"talk": {**TALK, "to": {"to": "won", "as": "signed"}, "else": {"to": "pool"}}}
    talk = build(moves).stages["lead"].moves["talk"]
    assert (talk.to, talk.to_reason, talk.else_, talk.else_reason) == ("won", "signed", "pool", None)


# ---------------------------------------------------------------- final ways out of owned stages
STAYS = "stages.lead: a lead can stay with its owner"
FINAL: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"talk": TALK}, {}, True),
    ({"talk": {"takes": "1h", "to": "won"}}, {}, True),
    ({"talk": {"takes": "1h", "chance": 0.5, "to": "won"}}, {}, False),
    # tried for ever: sure as long as it can succeed
    ({"talk": {"every": "1d", "chance": 0.5, "to": "won"}}, {}, True),
    ({"talk": {"every": "1d", "chance": 0, "to": "won"}}, {}, False),
    ({"talk": {"every": "1d", "chance": {"line": {"mobile": 0.5, "switchboard": 0}}, "to": "won"}}, {}, False),
    ({"talk": {"every": "1d", "chance": 0.5, "script": {"demo": {"chance": 0}}, "to": "won"}}, {}, False),
    ({"talk": {"every": "1d", "chance": 0.5, "needs": 3, "to": "won"}}, {}, True),
    # tried a few times
    ({"talk": {"every": "1d", "attempts": 9, "chance": 0.5, "to": "won"}}, {}, False),
    ({"talk": {"every": "1d", "attempts": 9, "chance": 0.5, "to": "won", "else": "pool"}}, {}, True),
    ({"talk": {"every": "1d", "lifetime_attempts": 9, "chance": 0.5, "to": "won", "else": "pool"}}, {}, True),
    ({"talk": {"every": "1d", "unanswered": 3, "chance": 0.5, "to": "won", "else": "pool"}}, {}, True),
    ({"talk": {"every": "1d", "unanswered": 3, "chance": 0.5, "to": "won"}}, {}, False),
    ({"talk": {"every": "never", "attempts": 9, "chance": 0.5, "to": "won", "else": "pool"}}, {}, False),
    ({"talk": {"every": "1d", "attempts": 9, "needs": 9, "to": "won"}}, {}, False),
    # a step that loses leads, and keeps them
    ({"talk": {"takes": "1h", "script": {"demo": {"chance": 0.5}}, "to": "won"}}, {}, False),
    ({"talk": {"takes": "1h", "script": {"demo": {"chance": 0.5, "else": "pool"}}, "to": "won"}}, {}, True),
    # never, triggered, or back to where it stands
    ({"talk": {**TALK, "after": "never"}}, {}, False),
    ({"talk": {**TALK, "trigger": {"date": "2026-02-01"}}}, {}, False),
    ({"talk": {**TALK, "trigger": {"idle": "9d"}}}, {}, True),
    ({"talk": {**TALK, "else": "lead", "after": "1d"}}, {}, False),
    # taken back
    ({"talk": {"takes": "1h", "chance": 0.5, "to": "won"}}, {"follow_up": "15d"}, True),
    ({"talk": {"takes": "1h", "chance": 0.5, "to": "won"}}, {"win": "90d", "win_stages": ["won"]}, True),
    ({"talk": {"takes": "1h", "chance": 0.5, "to": "won"}}, {"win": "90d", "win_stages": ["pool"]}, False),
    ({"talk": {"takes": "1h", "chance": 0.5, "to": "won"}}, {"opportunity": "9d", "opportunity_stages": ["won"]}, True),
    (
        {"talk": {"takes": "1h", "chance": 0.5, "to": "won"}},
        {"opportunity": "9d", "opportunity_stages": ["lead"]},
        False,
    ),
]


@pytest.mark.parametrize(("moves", "recycling", "final"), FINAL)
def test_final_ways_out(moves: dict[str, Any], recycling: dict[str, Any], final: bool) -> None:
    team = {"recycle_after": {"to": "pool", **recycling}} if recycling else {}
    found = [message for message in refused(moves, team) if STAYS in message]
    assert (found == []) is final
    # with a deadline beside it every stage ends
    assert has_final_way_out(build({**moves, "expire": {"after": "60d", "to": "pool"}}, team), "lead")


def test_a_track_can_be_the_way_out() -> None:
    track = {"cadence": "7d", "touches": ["mail"], "on_response": {"to": "won"}}
    touches = {"mail": {"response": 0.1}}
    moves = {"talk": {"takes": "1h", "chance": 0.5, "to": "won"}}
    stage = {"lead": {"track": "news"}, "touches": touches}
    for more, final in (
        ({}, True),
        ({"exhausted": {"after": 6}}, False),
        ({"exhausted": {"after": 6, "to": "pool"}}, True),
        ({"cadence": "never"}, False),
        ({"on_response": {}}, False),
        ({"on_response": {}, "moves": {"stop": {"after": "30d", "to": "pool"}}}, True),
    ):
        found = [message for message in refused(moves, tracks={"news": {**track, **more}}, **stage) if STAYS in message]
        assert (found == []) is final, more


# ---------------------------------------------------------------- rounds in no time
def test_work_lets_time_pass() -> None:
    def rounds(**talk: Any) -> bool:
        talk = {"team": "sales", "to": "deal", **talk}
        deal = {"deal": {"moves": {"back": {"to": "lead"}}}}
        return any("leads go round" in message for message in refused({"talk": talk}, stages=deal))

    assert rounds()
    assert not rounds(takes="1min")
    assert not rounds(script={"demo": {"takes": "1min"}})
    assert not rounds(takes="between 0 and 1min")
    assert rounds(script={"demo": {"chance": 0.5, "else": "deal"}})
    assert rounds(script={"demo": {"chance": 0.5}}, **{"else": "deal"})
    assert not rounds(script={"demo": {"chance": 0.5, "else": "won"}})
    assert not rounds(needs=2, every="1d")
    assert rounds(every="1d", unanswered=1, chance=0.5, **{"else": "deal"})


# ---------------------------------------------------------------- paths into teams
@pytest.fixture
def scenario() -> Scenario:
    moves = {
        "talk": {**TALK, "odds": {"line": {"mobile": 2}}, "script": {"demo": {"chance": 0.5}}},
        "expire": {"after": "7d", "to": "pool", "extend": {"by": "7d"}},
    }
    people = {"anna": {}, "ben": {"pace": 1.25}}
    team = {"people": people, "hold": 60, "assign": [{"if": {"line": "mobile"}, "to": "anna"}, {"by": "round_robin"}]}
    return build(moves, team)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("teams.sales.people.anna.pace", 2),
        ("teams.sales.people.carl", {"from": "2026-02-01"}),
        ("teams.sales.people.ben", None),
        ("teams.sales.people.anna.from", "2026-02-01"),
        ("teams.sales.hours", "7 per day"),
        ("teams.sales.hold", None),
        ("teams.sales.hold", "unlimited"),
        ("teams.sales.days_off", ["sat", "sun"]),
        ("teams.sales.salary", {"uncertain": "7_000 to 9_000 per month"}),
        ("teams.sales.assign.0.to", ["anna", "ben"]),
        ("teams.sales.assign.0.if.line", ["mobile", "switchboard"]),
        ("teams.sales.assign.1.by", "least_loaded"),
        ("teams.sales.assign", None),
        ("teams.sales.recycle_after", {"to": "pool", "follow_up": "15d"}),
        ("teams.sales.label", "Sales"),
        ("traits.line", {"mobile": "50%", "switchboard": "40%", "executive": "10%"}),
        ("traits.need", {"yes": "50%", "no": "50%"}),
        ("stages.lead.moves.talk.odds.line.switchboard", 0.5),
        ("stages.lead.moves.talk.odds.line", {"switchboard": 0.5}),
        ("stages.lead.moves.talk.chance", {"line": {"mobile": "40%", "switchboard": "20%"}}),
        ("stages.lead.moves.talk.takes", "10min to 1h"),
        ("stages.lead.moves.talk.script.demo.chance", "60%"),
        ("stages.lead.moves.talk.script.demo.else", {"to": "pool", "as": "no_need"}),
        ("stages.lead.moves.talk.script.demo", None),
        ("stages.lead.moves.talk.script.close", {"chance": "90%"}),
        ("stages.lead.moves.talk.to", {"to": "won", "as": "signed"}),
        ("stages.lead.moves.expire.extend.times", 2),
        ("stages.lead.moves.expire.extend.per_owner", 10),
        ("stages.lead.moves.expire.extend", None),
        ("stages.won.win_rate", "100%"),
    ],
)
def test_set_commutes_with_dump(scenario: Scenario, path: str, value: Any) -> None:
    expected = scenario.set({path: value})
    assert loads(scenario.dump()).set({path: value}) == expected
    assert loads(expected.dump()) == expected
    assert expected != scenario or path == "teams.sales.assign.1.by"
    variants = scenario.set({"variants": {"other": {"set": {path: value}}}})
    assert variants.variant("other") == expected


def test_people_are_replaced_as_a_whole(scenario: Scenario) -> None:
    counted = scenario.set({"teams.sales.people": 12, "teams.sales.assign": None})
    assert counted.teams["sales"].people == 12
    scheduled = counted.set({"teams.sales.people": {"2026-01-01": 2, "2026-02-01": 4}})
    assert scheduled.set({"teams.sales.people.2026-02-01": 6}).teams["sales"].schedule == {
        "2026-01-01": 2,
        "2026-02-01": 6,
    }


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("teams.sale.hold", 5, "no team 'sale' (did you mean 'sales'?)"),
        ("teams.sales.people.bem.pace", 2, "no person 'bem' (did you mean 'ben'?)"),
        ("teams.sales.people.carl", 5, "no person 'carl' (person names: anna and ben); a mapping adds a person"),
        ("teams.sales.people.anna.paces", 2, "no field 'paces' in a person (did you mean 'pace'?)"),
        ("teams.sales.assign.2.by", "round_robin", "no rule '2' (rules: 0 and 1)"),
        ("traits.lin.mobile", "50%", "no trait 'lin' (did you mean 'line'?)"),
        ("traits.lin", "50%", "no trait 'lin' (did you mean 'line'?); a mapping adds a trait"),
        ("stages.lead.moves.talk.odds.line.mobil", 2, "no value 'mobil' of line (did you mean 'mobile'?)"),
        ("stages.lead.moves.talk.script.dem.chance", 1, "no step 'dem' (did you mean 'demo'?)"),
        ("stages.lead.moves.expire.extend.time", 2, "no field 'time' in an extension (did you mean 'times'?)"),
        (
            "teams.sales.recycle_after.follow_ups",
            2,
            "no field 'follow_ups' in a rule for taking leads back (did you mean 'follow_up'?)",
        ),
    ],
)
def test_set_refuses(scenario: Scenario, path: str, value: Any, message: str) -> None:
    with pytest.raises(ScenarioError) as error:
        scenario.set({path: value})
    assert str(error.value) == f"<set>: {path}: {message}"


def test_parts_of_what_is_not_there(scenario: Scenario) -> None:
    with pytest.raises(ScenarioError, match=r"extend\.by: an extension needs this field: how much later"):
        scenario.set({"stages.lead.moves.talk.extend.times": 2})
    counted = scenario.set({"teams.sales.people": 4, "teams.sales.assign": None})
    with pytest.raises(ScenarioError, match=r"this is one value \(4\) without parts: set the whole of it"):
        counted.set({"teams.sales.people.anna.pace": 2})
    with pytest.raises(ScenarioError, match="no odds by 'lines'"):
        scenario.set({"stages.lead.moves.talk.odds.lines.mobile": 2})


CHANGES = {
    "teams.sales.hours": "7 per day",
    "teams.sales.salary": "9_000 per month",
    "teams.sales.hold": 40,
    "teams.sales.claim_per_day": 5,
    "traits.line.mobile": "60%",
    "traits.line.switchboard": "40%",
    "stages.lead.moves.talk.takes": "30min",
    "stages.lead.moves.talk.odds.line.switchboard": 0.5,
    "stages.lead.moves.talk.script.demo.chance": {"line": {"mobile": 0.5, "switchboard": 0.4}},
    "stages.lead.moves.talk.script.demo.takes": "5min",
    "stages.lead.moves.talk.needs": 1,
    "stages.lead.moves.talk.unanswered": 1,
    "stages.lead.moves.expire.extend.times": 2,
    "stages.lead.moves.expire.extend.chance": "50%",
    "stages.lead.moves.expire.extend.per_owner": 10,
    "stages.won.win_rate": "100%",
}
NO_CHANGES = {
    "teams.sales.people": 5,
    "teams.sales.people.anna.pace": 2,
    "teams.sales.days_off": ["sat"],
    "teams.sales.discipline": "newest",
    "teams.sales.previous_owner_cooldown": "9d",
    "teams.sales.assign.1.by": "least_loaded",
    "teams.sales.recycle_after": {"to": "pool", "follow_up": "15d"},
    "teams.sales.protection.length": "9d",
    "traits.line": {"mobile": 1},
    "traits.line.fax": "0%",
    "stages.lead.owner": None,
    "stages.lead.moves.talk.team": "sales",
    "stages.lead.moves.talk.priority": 1,
    "stages.lead.moves.talk.script.demo": {},
    "stages.lead.moves.talk.script.demo.else": "pool",
    "stages.lead.moves.expire.extend.by": "9d",
}


def test_changes_set_values(scenario: Scenario) -> None:
    changed = scenario.set({"changes": [{"from": "2026-02-01", "set": CHANGES}]})
    (_, before), (date, after) = changed.regimes()
    assert date == dt.date(2026, 2, 1)
    assert before == scenario
    assert after == scenario.set(CHANGES)
    assert after.traits["line"] == {"mobile": 0.6, "switchboard": 0.4}
    assert after.stages["lead"].moves["talk"].script["demo"].chance == Table(
        "line", ("mobile", "switchboard"), (0.5, 0.4)
    )


@pytest.mark.parametrize("path", NO_CHANGES)
def test_changes_set_no_structure(scenario: Scenario, path: str) -> None:
    with pytest.raises(ScenarioError, match=r"a change sets values|people come and go|no value 'fax'"):
        scenario.set({"changes": [{"from": "2026-02-01", "set": {path: NO_CHANGES[path]}}]})


# ---------------------------------------------------------------- who is there
def test_a_run_can_be_made_shorter_than_its_schedules() -> None:
    assert refused({"talk": TALK}, {"people": {"2027-01-01": 4}}) == []
    assert refused({"talk": TALK}, {"people": {"anna": {"from": "2027-01-01"}}}) == []


def test_days_off_leave_a_day_of_the_run() -> None:
    weekend = {"people": 2, "days_off": ["sat", "sun"]}
    # 2026-01-03 is a Saturday
    assert refused({"talk": TALK}, weekend, start="2026-01-03", horizon="2d") == [
        "teams.sales.days_off: all days of the run, 2026-01-03 to 2026-01-04, are days off"
    ]
    assert refused({"talk": TALK}, weekend, start="2026-01-03", horizon="49h") == []
    assert refused({"talk": TALK}, weekend, start="2026-01-03", horizon="2d", warm_up="1d") == []


def test_a_warm_up_is_part_of_the_run() -> None:
    people = {"people": {"anna": {"until": "2025-12-15"}}}
    assert len(refused({"talk": TALK}, people)) == 1
    assert refused({"talk": TALK}, people, warm_up="1 month") == []


def test_win_rates_need_a_win() -> None:
    rated = {"talk": TALK}
    assert refused(rated, lead={"win_rate": "30%"}) != []
    assert refused(rated, lead={"win_rate": "100%"}) == []
    assert refused(rated, lead={"win_rate": "30%"}, stages={"won": {"value": 5}}) == []
    assert refused(rated, lead={"win_rate": "30%"}, stages={"won": {"win_rate": 1}}) == []
    recycling = {"recycle_after": {"to": "pool", "win": "90d", "win_stages": ["won"]}}
    assert refused(rated, recycling, lead={"win_rate": "30%"}) == []
