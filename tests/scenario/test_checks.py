"""The graph of stages: what is reached, what leads out, what goes round."""

from __future__ import annotations

from typing import Any

import pytest

from funnelsim.scenario import Scenario, ScenarioError, loads
from funnelsim.scenario.models import Odds
from funnelsim.scenario.routes import Standing, entries
from funnelsim.scenario.telling_chances import reference_chance
from funnelsim.scenario.writing import write_yaml


def text(stages: dict[str, Any], **fields: Any) -> str:
    channels = {"search": {"leads": "1 per day", "enters": "lead"}}
    head = {"format": 1, "name": "Case", "start": "2026-01-01", "horizon": "3 months", "channels": channels}
    return write_yaml({**head, "stages": stages, **fields})


def build(stages: dict[str, Any], **fields: Any) -> Scenario:
    return loads(text(stages, **fields))


def refused(stages: dict[str, Any], **fields: Any) -> list[str]:
    try:
        build(stages, **fields)
    except ScenarioError as error:
        return [f"{problem.path}: {problem.message}".split(";")[0] for problem in error.problems]
    return []


def moves(**targets: Any) -> dict[str, Any]:
    """Give a stage one move for each name; a target alone is certain and instant."""
    return {"moves": {name: {"to": target} if isinstance(target, str) else target for name, target in targets.items()}}


TRACK: dict[str, Any] = {
    "touches": {"mail": {"response": 1}},
    "tracks": {"news": {"cadence": "7d", "after": 0, "touches": ["mail"], "on_response": {"to": "won"}}},
}
LATER = {"after": "1d", "to": "won"}
ROUND = "leads go round in no time and for ever: "


@pytest.mark.parametrize(
    ("stages", "round_trip"),
    [
        ({"lead": moves(a="lead", b=LATER), "won": {}}, "lead -> lead"),
        ({"lead": moves(a="mql"), "mql": moves(a="lead", b=LATER), "won": {}}, "lead -> mql -> lead"),
        # a single attempt that fails leads away as surely as one that succeeds
        (
            {
                "lead": moves(a={"chance": 0.5, "to": "mql", "else": "sql"}),
                "mql": moves(a="lead"),
                "sql": moves(a="lead"),
            },
            "lead -> mql -> lead",
        ),
        # ... unless one of its exits leaves the round
        ({"lead": moves(a={"chance": 0.5, "to": "mql", "else": "won"}), "mql": moves(a="lead"), "won": {}}, None),
        # a chance below one without else may keep the lead, until another move comes
        ({"lead": moves(a={"chance": 0.5, "to": "mql"}, b=LATER), "mql": moves(a="lead"), "won": {}}, None),
        # tried again and again, only after a while
        (
            {
                "lead": moves(a={"every": "1d", "chance": 0.5, "to": "mql", "else": "mql"}),
                "mql": moves(a="lead", b=LATER),
                "won": {},
            },
            None,
        ),
        # any wait at all lets time pass
        ({"lead": moves(a={"after": "1ms", "to": "mql"}), "mql": moves(a="lead", b=LATER), "won": {}}, None),
        (
            {"lead": moves(a={"after": "between 0 and 1d", "to": "mql"}), "mql": moves(a="lead", b=LATER), "won": {}},
            None,
        ),
        # the first sure move decides: what stands after it is never reached, what stands before is
        (
            {
                "lead": moves(a="mql"),
                "mql": moves(a={"every": "1d", "to": "lead"}, b={"every": "1d", "to": "won"}),
                "won": {},
            },
            "lead -> mql -> lead",
        ),
        (
            {
                "lead": moves(a="mql"),
                "mql": moves(b={"every": "1d", "to": "won"}, a={"every": "1d", "to": "lead"}),
                "won": {},
            },
            None,
        ),
        # rule 7: a deadline beats attempts written before it
        (
            {"lead": moves(a="mql"), "mql": moves(b={"every": "1d", "to": "won"}, a="lead"), "won": {}},
            "lead -> mql -> lead",
        ),
        # a lifetime limit ends the round, a trigger does not come by itself
        (
            {"lead": moves(a={"lifetime_attempts": 3, "to": "mql", "else": "won"}), "mql": moves(a="lead"), "won": {}},
            None,
        ),
        (
            {
                "lead": moves(a={"to": "mql", "trigger": {"date": "2026-02-01"}}),
                "mql": moves(a="lead", b=LATER),
                "won": {},
            },
            None,
        ),
        # certain by table, by empirical zero
        (
            {
                "lead": moves(
                    a={"chance": {"attempt": [1]}, "after": {"dist": "empirical", "values": [0]}, "to": "mql"}
                ),
                "mql": moves(a="lead", b=LATER),
                "won": {},
            },
            "lead -> mql -> lead",
        ),
    ],
)
def test_rounds_without_time(stages: dict[str, Any], round_trip: str | None) -> None:
    found = [message for message in refused(stages) if ROUND in message]
    assert found == ([f"stages.lead: {ROUND}{round_trip}"] if round_trip else [])


def test_a_track_that_answers_at_once_goes_round_only_when_joined_anew() -> None:
    news = {**TRACK["tracks"]["news"], "on_response": {"to": "mql"}}
    tracks = {"touches": TRACK["touches"], "tracks": {"news": news}}
    leaves = {"lead": {"track": "news", **moves(a={"after": "1d", "to": "won"})}, "mql": moves(a="lead"), "won": {}}
    keeps = {**leaves, "mql": {"track": "keep", **moves(a="lead")}}
    assert [message for message in refused(leaves, **tracks) if ROUND in message]
    assert refused(keeps, **tracks) == []


def test_lifetime_limits_may_lead_on_but_not_round() -> None:
    limited = {"every": "1d", "chance": 0.1, "lifetime_attempts": 2}
    line = {
        "lead": moves(a={**limited, "to": "won", "else": "pool"}),
        "pool": moves(a={**limited, "to": "lead", "else": "lost"}),
        "won": {},
        "lost": {},
    }
    circle = {**line, "pool": moves(a={**limited, "to": "won", "else": "lead"})}
    del circle["lost"]
    assert refused(line) == []
    assert len(refused(circle)) == 1
    assert "sent round for ever: " in refused(circle)[0]


def test_limits_of_tracks_count_where_the_track_is_joined() -> None:
    track = {"cadence": "7d", "touches": ["mail"], "exhausted": {"after": 2, "per": "lifetime", "to": "pool"}}
    stages = {
        "lead": {"track": "news", **moves(a={"after": "9d", "to": "won"})},
        "pool": moves(a={"every": "30d", "chance": 0.1, "lifetime_attempts": 2, "to": "won", "else": "lead"}),
        "won": {},
    }
    found = refused(stages, touches={"mail": {"response": 0.1}}, tracks={"news": track})
    assert [message.partition(":")[0] for message in found] in (
        ["tracks.news.exhausted.to"],
        ["stages.pool.moves.a.else"],
    )
    stay = {**track, "exhausted": {"after": 2, "to": "pool"}}
    assert refused(stages, touches={"mail": {"response": 0.1}}, tracks={"news": stay}) == []


def test_ways_out_follow_the_track_that_is_kept() -> None:
    stages = {
        "lead": {"track": "news", **moves(a={"after": "1d", "to": "event"})},
        "event": {"track": "keep"},
        "won": {},
    }
    assert refused(stages, **TRACK) == []
    assert Standing("event", "news") in entries(build(stages, **TRACK))
    dropped = {
        **stages,
        "lead": moves(a={"after": "1d", "to": "event"}),
        "event": {"track": "keep"},
        "pool": {"track": "news"},
    }
    found = refused(dropped, **TRACK)
    assert "stages.event: leads that come here never leave: no move or track leads to another stage" in found
    assert "stages.pool: no lead can reach this stage" in found


def test_switched_off_moves_still_are_ways() -> None:
    never = {"after": "never", "to": "won"}
    assert refused({"lead": moves(a=never), "won": {}}) == []


def test_months_are_those_of_the_horizon() -> None:
    table = {"2026-01": 5, "2026-02": 5, "2026-03": 5}
    stages = {"lead": moves(a={"after": "1d", "to": "won"}), "won": {}}
    channels = {"search": {"leads": table, "enters": "lead"}}
    assert refused(stages, channels=channels, warm_up="2 months") == []
    assert refused(stages, channels=channels, horizon="90d") == []
    assert refused(stages, channels=channels, horizon="91d") == [
        "channels.search.leads: the table has no amount for 2026-04"
    ]
    assert refused(stages, channels=channels, start="2025-12-31", horizon="1d") == [
        "channels.search.leads: the table has no amount for 2025-12"
    ]


def test_dates_are_not_before_the_run() -> None:
    stages = {"lead": moves(a={"after": "1d", "to": "won"}), "won": {}}

    def change(date: str) -> list[str]:
        return refused(stages, changes=[{"from": date, "set": {"stages.won.value": 1}}], warm_up="1 month")

    assert change("2026-01-01") == []
    assert change("2026-03-31") == []
    assert change("2026-04-01") == [], "a run can be made shorter than its changes"
    assert len(change("2025-12-31")) == 1

    def trigger(date: str) -> list[str]:
        timed = {"lead": moves(a={"after": "1d", "to": "won"}, b={"to": "won", "trigger": {"date": date}}), "won": {}}
        return refused(timed, warm_up="1 month")

    assert trigger("2025-12-01") == []
    assert len(trigger("2025-11-30")) == 1
    assert trigger("2026-04-01") == []


def test_shares_add_up_to_the_last_digit_that_matters() -> None:
    stages = {"lead": moves(a={"after": "1d", "to": "won"}), "won": {}}
    thirds = {name: {"share": "33.3333333333%"} for name in ("a", "b")} | {"c": {"share": "33.3333333334%"}}
    assert refused(stages, segments=thirds) == []
    assert refused(stages, segments={"a": {"share": "99.9999%"}}) != []


def test_the_reference_chance_gives_the_average_back() -> None:
    stages = {
        "lead": moves(
            a={"after": "1d", "chance": 0.4, "odds": {"segment": {"b": 0.5}}, "to": "won"},
            c={"after": "9d", "to": "won"},
        ),
        "won": {},
    }
    scenario = build(stages, segments={"a": {"share": "70%"}, "b": {"share": "30%"}})
    move = scenario.stages["lead"].moves["a"]
    reference = reference_chance(scenario, 0.4, move.odds)
    assert reference is not None
    odds = reference / (1 - reference)
    assert 0.7 * reference + 0.3 * 0.5 * odds / (1 + 0.5 * odds) == pytest.approx(0.4, abs=1e-12)
    assert reference_chance(scenario, 0.4, Odds()) == pytest.approx(0.4, abs=1e-12)
    unknown = scenario.set({"segments.a.share": "{uncertain: 60% to 80%}"})
    assert reference_chance(unknown, 0.4, move.odds) is None


def test_the_reference_chance_is_that_of_all_traits_together() -> None:
    odds = {"segment": {"b": 0.5}, "line": {"switchboard": 0.2}, "need": {"no": 3}}
    stages = {"lead": moves(a={"after": "1d", "chance": 0.4, "odds": odds, "to": "won", "else": "won"}), "won": {}}
    scenario = build(
        stages,
        segments={"a": {"share": "70%"}, "b": {"share": "30%"}},
        traits={"line": {"mobile": "60%", "switchboard": "40%"}, "need": {"yes": "45%", "no": "55%"}},
    )
    move = scenario.stages["lead"].moves["a"]
    reference = reference_chance(scenario, 0.4, move.odds)
    assert reference is not None
    base = reference / (1 - reference)
    kinds = [
        (segment * line * need, first * second * third)
        for segment, first in ((0.7, 1), (0.3, 0.5))
        for line, second in ((0.6, 1), (0.4, 0.2))
        for need, third in ((0.45, 1), (0.55, 3))
    ]
    average = sum(share * base * multiplier / (1 + base * multiplier) for share, multiplier in kinds)
    assert average == pytest.approx(0.4, abs=1e-12)


def test_counts_are_compared_only_where_they_are_known() -> None:
    stages = {
        "lead": moves(
            a={
                "every": "1d",
                "attempts": {"uncertain": "2 to 4"},
                "needs": 3,
                "unanswered": 3,
                "to": "won",
                "else": "won",
            }
        ),
        "won": {},
    }
    assert refused(stages) == []
    stages["lead"]["moves"]["a"]["attempts"] = 2
    assert refused(stages) == [
        "stages.lead.moves.a.needs: before 3 successes are needed the move ends: it has 2 attempts (attempts)",
        "stages.lead.moves.a.unanswered: before 3 go unanswered the move ends: it has 2 attempts (attempts)",
    ]
    stages["lead"]["moves"]["a"]["attempts"] = 3
    assert refused(stages) == []
