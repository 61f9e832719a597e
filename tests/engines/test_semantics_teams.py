"""One test or more for each rule of `semantics.md` about people, work, owners, recycling and scripts, on both engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.engines.realise import tables_of
from funnelsim.program import compile_scenario
from funnelsim.scenario import Scenario
from tests.engines.conftest import one_lead, several

DAY = 86_400_000

Told = list[tuple[Any, ...]]


def log_of(scenario: Scenario, engine: str, seed: int = 1) -> pd.DataFrame:
    """The event log, without the leads' coming through their gates."""
    log = fs.trace(scenario, seed=seed, engine=engine)  # type: ignore[arg-type]
    return log[(log["outcome"] != "present") & (log["move"] != "open")]


def told(scenario: Scenario, engine: str, *columns: str, only: tuple[str, ...] = ()) -> Told:
    """Time in days and these columns of every row, or of those with these outcomes."""
    log = log_of(scenario, engine)
    if only:
        log = log[log["outcome"].isin(only)]
    times = [round(float(time), 6) for time in log["time"]]
    return list(zip(times, *(log[column].tolist() for column in columns), strict=True))


def in_order_of_keys(scenario: Scenario, engine: str) -> list[str]:
    """Names of the leads in order of their keys."""
    log = fs.trace(scenario, engine=engine)  # type: ignore[arg-type]
    return log.loc[log["outcome"] == "present", "lead"].tolist()


def call(**fields: Any) -> dict[str, Any]:
    """A stage with one move that takes a day of work at 24 hours a day."""
    move = {"team": "desk", "takes": "1d", "chance": 0, "to": "won", "else": "lost", **fields}
    return {"moves": {"call": {name: value for name, value in move.items() if value is not None}}}


def desk(people: Any = 1, **fields: Any) -> dict[str, Any]:
    return {"desk": {"people": people, "hours": 24, **fields}}


ENDS: dict[str, Any] = {"won": {}, "lost": {}}


# ---------------------------------------------------------------- people and their work
def test_rule_38_who_came_last_goes_first(engine: str) -> None:
    people = {"2026-01-01": 1, "2026-01-03": 2, "2026-01-05": 1, "2026-01-06": 2}
    scenario = several({"web": (9, "lead")}, {"lead": call(), **ENDS}, teams=desk(people))
    begun = told(scenario, engine, "person", only=("begun",))
    first, second = "desk.1", "desk.2"
    assert begun == [
        (0, first), (1, first), (2, first), (2, second), (3, first), (3, second), (4, first), (5, first), (5, "desk.3"),
    ]  # fmt: skip
    record = tables_of(compile_scenario(scenario), 1, 0).people
    assert (record["from_tick"] // DAY).tolist() == [0, 2, 5]
    assert (record["until_tick"] // DAY).tolist() == [60, 4, 60]
    assert record[["place", "stay"]].tolist() == [(0, 0), (1, 0), (1, 1)]


def test_rule_38_an_uncertain_number_of_people(engine: str) -> None:
    people = {"uncertain": {"dist": "uniform", "low": 1, "high": 4}}
    scenario = several({"web": (6, "lead")}, {"lead": call(), **ENDS}, teams=desk(people))
    program, numbers = compile_scenario(scenario), set()
    for seed in range(1, 9):
        log = log_of(scenario, engine, seed)
        at_once = log.loc[(log["outcome"] == "begun") & (log["time"] == 0), "person"].tolist()
        drawn = tables_of(program, seed, 0).parameters[program.parameters.index("teams.desk.people")]
        assert at_once == [f"desk.{number + 1}" for number in range(int(np.floor(drawn + 0.5)))]
        numbers.add(len(at_once))
    assert len(numbers) > 1


@pytest.mark.parametrize(
    ("after", "hours", "pace", "end"),
    [
        ("0h", 8, 1, 0.5),  # four hours at eight a day are half a day
        ("0h", 8, 2, 0.25),
        ("42h", 8, 1, 4.25),  # from Friday, 18:00, over the weekend to Monday, 6:00
        ("36h", 8, 1, 2),  # up to the first tick of Saturday
        ("0h", 24, 1, 0.166667),
    ],
)
def test_rule_39_work_runs_on_the_teams_clock(engine: str, after: str, hours: int, pace: float, end: float) -> None:
    teams = desk({"anna": {"pace": pace}}, hours=hours, days_off=["sat", "sun"])
    scenario = one_lead({"lead": call(after=after, takes="4h"), **ENDS}, teams=teams)
    assert told(scenario, engine, "outcome")[-1] == (end, "exhausted")


def test_rule_39_hours_are_read_when_work_begins(engine: str) -> None:
    changes = [{"from": "2026-01-02", "set": {"teams.desk.hours": 6, "stages.lead.moves.call.takes": "6h"}}]
    stages = {"lead": call(takes="12h", every="1h", attempts=2), **ENDS}
    scenario = one_lead(stages, teams=desk(hours=8), changes=changes)
    assert told(scenario, engine, "outcome") == [
        (0, "asked"),
        (0, "begun"),
        (1.5, "failed"),  # begun with 8 hours a day, before they became 6
        (1.541667, "asked"),
        (1.541667, "begun"),
        (2.541667, "exhausted"),
    ]


def test_rule_40_moves_of_the_owners_team_wait_for_the_owner(engine: str) -> None:
    stages = {
        "sql": {
            "owner": "sales",
            "moves": {
                "visit": {"takes": "1d", "chance": 0, "cost": 1},
                "check": {"team": "desk", "takes": "1d", "chance": 0, "cost": 1},
                "remind": {"after": "3d", "chance": 0, "cost": 1},
                "expire": {"after": "9d", "to": "lost"},
            },
        },
        "lost": {},
    }
    teams = {**desk(), "sales": {"people": {"anna": {"from": "2026-01-06"}}, "hours": 24}}
    scenario = one_lead(stages, teams=teams)
    assert told(scenario, engine, "move", "outcome", "person") == [
        (0, "visit", "asked", ""),
        (0, "check", "asked", ""),
        (0, "check", "begun", "desk.1"),
        (1, "check", "failed", "desk.1"),
        (3, "remind", "failed", ""),  # the lead's other moves go on
        (5, "", "claimed", "sales.anna"),
        (5, "visit", "begun", "sales.anna"),
        (6, "visit", "failed", "sales.anna"),
        (9, "expire", "succeeded", ""),
    ]


def test_rule_41_what_a_pass_makes_happen_is_followed_by_another(engine: str) -> None:
    stages = {
        "sql": {
            "owner": "sales",
            "moves": {"expire": {"after": "2d", "to": "care", "extend": {"by": "9d", "per_owner": 1}}},
        },
        "care": {"owner": "keepers", "moves": {"visit": {"takes": "1d", "to": "won"}}},
        "won": {},
    }
    teams = {"sales": {"people": 1, "hours": 24}, "keepers": {"people": 1, "hours": 24}}
    scenario = several({"web": (2, "sql")}, stages, teams=teams)
    first, second = in_order_of_keys(scenario, engine)
    log = log_of(scenario, engine)
    rows = log.loc[(log["time"] == 2), ["lead", "move", "outcome", "person"]]
    assert list(rows.itertuples(index=False, name=None)) == [
        (first, "expire", "extended", "sales.1"),
        (second, "expire", "succeeded", ""),
        (second, "", "claimed", "keepers.1"),
        (second, "visit", "asked", ""),
        (second, "visit", "begun", "keepers.1"),
    ]


def test_rule_42_own_leads_come_first_in_order_of_places(engine: str) -> None:
    stages = {
        "block": {"moves": {"train": {"team": "sales", "takes": "2d", "to": "won"}}},
        "lead": {"moves": {"call": {"team": "sales", "after": "1h", "takes": "1d", "to": "won"}}},
        "sql": {"owner": "sales", "moves": {"visit": {"after": "1d", "takes": "1d", "to": "won"}}},
        "won": {},
    }
    teams = {"sales": {"people": 2, "hours": 24, "assign": [{"by": "least_loaded"}], "days_off": ["2026-01-03"]}}
    leads: dict[str, Any] = {"busy": (2, "block"), "web": (3, "lead"), "own": "sql"}
    scenario = several(leads, stages, teams=teams)
    assert sorted(told(scenario, engine, "move", "person", only=("begun",))) == [
        (0, "train", "sales.1"),
        (0, "train", "sales.2"),
        (3, "call", "sales.2"),
        (3, "visit", "sales.1"),  # asked for after the calls; the third of January is off
        (4, "call", "sales.1"),
        (4, "call", "sales.2"),
    ]


@pytest.mark.parametrize("discipline", ["fifo", "newest", "priority", "deadline", "even"])
@pytest.mark.parametrize("owned", [False, True])
def test_rule_43_queues_are_ordered(engine: str, discipline: str, owned: bool) -> None:
    work = {"chance": 0, "cost": 1} if owned else {"team": "desk", "chance": 0, "cost": 1}
    owner = {"owner": "desk"} if owned else {}
    stages = {
        "block": {**owner, "moves": {"train": {**work, "after": "1d", "takes": "3d", "else": "lost"}}},
        "old": {
            **owner,
            "moves": {
                "call": {**work, "takes": "1h", "every": "36h", "attempts": 2},
                "expire": {"after": "20d", "to": "lost"},
            },
        },
        "new": {
            **owner,
            "moves": {
                "call": {**work, "takes": "1h", "after": "2d", "priority": 1},
                "expire": {"after": "18d", "to": "lost"},
            },
        },
        "lost": {},
    }
    scenario = several({"a": "block", "b": "old", "c": "new"}, stages, teams=desk(discipline=discipline))
    log = log_of(scenario, engine)
    begun = log[(log["outcome"] == "begun") & (log["time"] >= 4)]
    first, second = ("old", "new") if discipline == "fifo" else ("new", "old")
    assert begun["stage"].tolist() == [first, second]
    assert begun["time"].tolist() == pytest.approx([4, 4 + 1 / 24])


@pytest.mark.parametrize("discipline", ["fifo", "newest", "deadline", "even"])
def test_rule_43_ties_are_ordered_by_key(engine: str, discipline: str) -> None:
    scenario = several({"web": (6, "lead")}, {"lead": call(), **ENDS}, teams=desk(discipline=discipline))
    log = log_of(scenario, engine)
    assert log.loc[log["outcome"] == "begun", "lead"].tolist() == in_order_of_keys(scenario, engine)


def test_rule_43_a_person_may_pick_otherwise(engine: str) -> None:
    stages = {
        "sql": {
            "owner": "sales",
            "moves": {
                "first": {"takes": "3d", "chance": 0, "cost": 1},
                "old": {"after": "1d", "takes": "1d", "chance": 0, "cost": 1},
                "new": {"after": "2d", "takes": "1d", "chance": 0, "cost": 1},
                "expire": {"after": "20d", "to": "lost"},
            },
        },
        "lost": {},
    }
    for picks, order in (("fifo", ["first", "old", "new"]), ("newest", ["first", "new", "old"])):
        teams = {"sales": {"people": {"anna": {"picks": picks}}, "hours": 24}}
        begun = told(one_lead(stages, teams=teams), engine, "move", only=("begun",))
        assert [move for _, move in begun] == order


def test_rule_44_a_persons_skill_multiplies_the_odds(engine: str) -> None:
    stages = {"lead": call(takes="1h", chance=0.5), **ENDS}
    skilled = several({"web": (200, "lead")}, stages, teams=desk({"anna": {"chance": 3}}))
    plain = several({"web": (200, "lead")}, {"lead": call(takes="1h", chance=0.75), **ENDS}, teams=desk({"anna": {}}))
    ends = ("succeeded", "exhausted")
    rows = told(skilled, engine, "lead", "outcome", "person", only=ends)
    assert rows == told(plain, engine, "lead", "outcome", "person", only=ends)
    assert {outcome for _, _, outcome, _ in rows} == set(ends)
    assert {person for *_, person in rows} == {"desk.anna"}


def test_rule_44_who_leaves_drops_and_stops(engine: str) -> None:
    stages = {
        "lead": {
            "track": "drip",
            "moves": {
                "call": {"team": "desk", "takes": "9d", "to": "won"},
                "mail": {"team": "desk", "takes": "1d", "to": "won"},
                "expire": {"after": "2d", "to": "lost"},
            },
        },
        **ENDS,
    }
    tracks = {
        "drip": {
            "cadence": "90d",
            "touches": ["sms"],
            "moves": {"ring": {"team": "desk", "takes": "1d", "chance": 0, "cost": 1}},
        }
    }
    scenario = one_lead(stages, teams=desk(), tracks=tracks, touches={"sms": {"response": 0}})
    assert told(scenario, engine, "move", "outcome", "person", "attempt")[3:] == [
        (0, "call", "begun", "desk.1", 1),
        (2, "call", "stopped", "desk.1", 1),
        (2, "mail", "dropped", "", 1),
        (2, "ring", "dropped", "", 1),
        (2, "expire", "succeeded", "", 1),
    ]
    stays = one_lead({**stages, "lost": {"track": "keep", "moves": {"end": {"after": "30d", "to": "won"}}}}, teams=desk(), tracks=tracks, touches={"sms": {"response": 0}})  # fmt: skip
    assert told(stays, engine, "move", "outcome", "person", "attempt")[3:-1] == [
        (0, "call", "begun", "desk.1", 1),
        (2, "call", "stopped", "desk.1", 1),
        (2, "mail", "dropped", "", 1),
        (2, "expire", "succeeded", "", 1),
        (2, "ring", "begun", "desk.1", 1),  # the stream goes on, and what waits in it
        (3, "ring", "failed", "desk.1", 1),
    ]


def test_rule_44_a_trigger_leaves_alone_what_is_worked_on(engine: str) -> None:
    stages = {
        "pool": {"track": "drip", "moves": {"again": {"every": "1d", "after": "1d", "attempts": 4, "to": "pool"}}},
    }
    ring = {"team": "desk", "takes": "60h", "chance": 0, "cost": 1, "trigger": {"enters": "pool"}, "every": "1d", "attempts": 2}  # fmt: skip
    tracks = {"drip": {"cadence": "90d", "touches": ["sms"], "moves": {"ring": ring}}}
    stages["pool"]["moves"]["end"] = {"after": "90d", "to": "won"}
    scenario = one_lead({**stages, "won": {}}, teams=desk(), tracks=tracks, touches={"sms": {"response": 0}})
    rows = [row for row in told(scenario, engine, "move", "outcome", "attempt") if row[1] == "ring" and row[0] < 7]
    assert rows == [
        (0, "ring", "asked", 1),
        (0, "ring", "begun", 1),
        (2.5, "ring", "failed", 1),  # entries on the first and second day changed nothing
        (3, "ring", "asked", 1),  # the entry on the third started it again
        (3, "ring", "begun", 1),
        (5.5, "ring", "failed", 1),
        (6, "ring", "asked", 1),
        (6, "ring", "begun", 1),
    ]


def test_rule_45_a_queue_limit_turns_away(engine: str) -> None:
    stages = {"lead": call(every="9d", attempts=2), **ENDS}
    scenario = several({"web": (4, "lead")}, stages, teams=desk(queue_limit=1))
    names = in_order_of_keys(scenario, engine)
    rows = told(scenario, engine, "lead", "outcome", "to", "attempt", "reason", only=("begun", "turned_away"))
    assert [row for row in rows if row[0] < 2] == [
        (0, names[0], "begun", "", 1, ""),
        (0, names[2], "turned_away", "lost", 1, "call"),
        (0, names[3], "turned_away", "lost", 1, "call"),
        (1, names[1], "begun", "", 1, ""),
    ]


def test_rule_45_without_an_else_the_next_attempt_follows(engine: str) -> None:
    stages = {"lead": call(every="3d", attempts=3, **{"else": None}), "won": {}}
    stages["lead"]["moves"]["end"] = {"after": "50d", "to": "won"}
    scenario = several({"web": (2, "lead")}, stages, teams=desk(queue_limit=0))
    names = in_order_of_keys(scenario, engine)
    log = log_of(scenario, engine)
    second = log[(log["lead"] == names[1]) & (log["move"] == "call")]
    assert list(zip(second["time"], second["outcome"], second["attempt"], strict=True)) == [
        (0, "asked", 1),
        (0, "turned_away", 1),
        (3, "asked", 2),  # the first lead asks again at day 4
        (3, "begun", 2),
        (4, "failed", 2),
        (7, "asked", 3),
        (7, "begun", 3),
        (8, "failed", 3),
    ]


def test_rule_45_who_waited_before_stays(engine: str) -> None:
    changes = [{"from": "2026-01-02", "set": {"teams.desk.queue_limit": 0}}]
    stages = {"lead": call(takes="2d"), **ENDS}
    late = {"moves": {"on": {"after": "36h", "to": "lead"}}}
    teams = desk(queue_limit=2)
    scenario = several({"web": (3, "lead"), "late": "late"}, {**stages, "late": late}, teams=teams, changes=changes)
    names = [name for name in in_order_of_keys(scenario, engine) if name != "late-0"]
    assert told(scenario, engine, "lead", "outcome", only=("begun", "turned_away")) == [
        (0, names[0], "begun"),
        (1.5, "late-0", "turned_away"),
        (2, names[1], "begun"),
        (4, names[2], "begun"),
    ]


# ---------------------------------------------------------------- owners
def owned(**moves: Any) -> dict[str, Any]:
    return {"owner": "sales", "moves": {"expire": {"after": "50d", "to": "lost"}, **moves}}


def test_rule_46_least_loaded(engine: str) -> None:
    teams = {"sales": {"people": {"anna": {}, "ben": {}, "cora": {}}, "hold": 2}}
    scenario = several({"web": (8, "sql")}, {"sql": owned(), "lost": {}}, teams=teams)
    rows = told(scenario, engine, "lead", "person", "stage", only=("claimed",))
    names = in_order_of_keys(scenario, engine)
    order = ["anna", "ben", "cora", "anna", "ben", "cora"]
    assert rows[:6] == [(0, lead, f"sales.{name}", "sql") for lead, name in zip(names, order, strict=False)]
    assert len(rows) == 6, "no more than two in hand"


def test_rule_46_round_robin_and_claims_a_day(engine: str) -> None:
    teams = {
        "sales": {
            "people": {"anna": {}, "ben": {"from": "2026-01-02"}, "cora": {}},
            "claim_per_day": 1,
            "assign": [{"by": "round_robin"}],
        }
    }
    scenario = several({"web": (9, "sql")}, {"sql": owned(), "lost": {}}, teams=teams)
    assert told(scenario, engine, "person", only=("claimed",)) == [
        (0, "sales.anna"), (0, "sales.cora"),
        (1, "sales.anna"), (1, "sales.ben"), (1, "sales.cora"),
        (2, "sales.anna"), (2, "sales.ben"), (2, "sales.cora"), (3, "sales.anna"),
    ]  # fmt: skip


def test_rule_46_the_first_rule_that_holds(engine: str) -> None:
    rules = [
        {"if": {"line": ["mobile", "executive"], "segment": "big"}, "to": "cora"},
        {"if": {"channel": "web"}, "to": ["ben", "anna"], "by": "round_robin"},
        {"to": "anna"},
    ]
    teams = {"sales": {"people": {"anna": {}, "ben": {}, "cora": {}}, "assign": rules}}
    scenario = several(
        {"web": (40, "sql"), "fair": (40, "sql")},
        {"sql": owned(), "lost": {}},
        teams=teams,
        segments={"small": {"share": 0.5}, "big": {"share": 0.5}},
        traits={"line": {"mobile": 0.3, "executive": 0.3, "switchboard": 0.4}},
    )
    log = log_of(scenario, engine)
    claims = log[log["outcome"] == "claimed"]
    assert set(claims.loc[claims["segment"] == "small", "person"]) == {"sales.anna", "sales.ben"}
    assert set(claims.loc[(claims["segment"] == "big") & (claims["channel"] == "fair"), "person"]) == {
        "sales.anna",
        "sales.cora",
    }
    turns = claims.loc[(claims["channel"] == "web") & (claims["person"] != "sales.cora"), "person"].tolist()
    assert turns == [("sales.anna", "sales.ben")[number % 2] for number in range(len(turns))]


def test_rule_46_the_order_of_waiting(engine: str) -> None:
    stages = {"sql": owned(), "early": {"moves": {"on": {"after": "1d", "to": "sql"}}}, "lost": {}}
    teams = {"sales": {"people": {"anna": {"from": "2026-01-11"}}, "hold": 3}}
    scenario = several({"late": (3, "early"), "web": (2, "sql")}, stages, teams=teams)
    keys = in_order_of_keys(scenario, engine)
    waited = [name for name in keys if name.startswith("web")] + [name for name in keys if name.startswith("late")]
    claimed = told(scenario, engine, "lead", only=("claimed",))
    assert {lead for time, lead in claimed if time == 10} == set(waited[:3]), "two came first, and one is a day later"


def test_rule_46_not_to_the_last_owner_within_the_cooldown(engine: str) -> None:
    stages = {
        "sql": {"owner": "sales", "moves": {"expire": {"after": "2d", "to": "pool"}}},
        "pool": {"moves": {"again": {"after": "1d", "to": "sql"}}},
    }
    alone = {"sales": {"people": {"anna": {}}, "previous_owner_cooldown": "36h"}}
    assert told(one_lead(stages, teams=alone), engine, "person", only=("claimed",))[:3] == [
        (0, "sales.anna"),
        (3.5, "sales.anna"),  # left on the second day; back on the third
        (6.5, "sales.anna"),
    ]
    two = {"sales": {"people": {"anna": {}, "ben": {}}, "previous_owner_cooldown": "36h"}}
    assert told(one_lead(stages, teams=two), engine, "person", only=("claimed",))[:3] == [
        (0, "sales.anna"),
        (3, "sales.ben"),
        (6, "sales.anna"),
    ]


def test_rule_47_a_lead_keeps_its_owner_within_the_owners_stages(engine: str) -> None:
    stages = {
        "sql": {"owner": "sales", "moves": {"on": {"after": "1d", "to": "offer"}}},
        "offer": {"owner": "sales", "moves": {"out": {"after": "1d", "to": "pool"}}},
        "pool": {"moves": {"again": {"after": "1d", "to": "sql"}}},
    }
    teams = {"sales": {"people": 2, "assign": [{"by": "round_robin"}]}}
    assert told(one_lead(stages, teams=teams), engine, "person", only=("claimed",))[:3] == [
        (0, "sales.1"),
        (3, "sales.2"),
        (6, "sales.1"),
    ]


def test_rule_47_who_leaves_finishes_their_work(engine: str) -> None:
    stages = {
        "sql": {
            "owner": "sales",
            "moves": {
                "visit": {"takes": "3d", "chance": 0, "cost": 1},
                "write": {"after": "1d", "takes": "1d", "chance": 0, "cost": 1},
                "expire": {"after": "9d", "to": "lost"},
            },
        },
        "lost": {},
    }
    people = {"anna": {"until": "2026-01-03"}, "ben": {"from": "2026-01-02"}}
    scenario = one_lead(stages, teams={"sales": {"people": people, "hours": 24}})
    assert told(scenario, engine, "move", "outcome", "person") == [
        (0, "visit", "asked", ""),
        (0, "", "claimed", "sales.anna"),
        (0, "visit", "begun", "sales.anna"),
        (1, "write", "asked", ""),
        (2, "", "unowned", "sales.anna"),
        (2, "", "claimed", "sales.ben"),
        (2, "write", "begun", "sales.ben"),
        (3, "visit", "failed", "sales.anna"),
        (3, "write", "failed", "sales.ben"),
        (9, "expire", "succeeded", ""),  # it keeps its clocks
    ]


def test_rule_48_more_than_a_lowered_hold_is_kept(engine: str) -> None:
    stages = {"sql": {"owner": "sales", "moves": {"expire": {"after": "10d", "to": "lost"}}}, "lost": {}}
    changes = [{"from": "2026-01-03", "set": {"teams.sales.hold": 1}}]
    late = {"early": {"moves": {"on": {"after": "5d", "to": "sql"}}}}
    teams = {"sales": {"people": 1, "hold": 2}}
    scenario = several({"web": (2, "sql"), "late": "early"}, {**stages, **late}, teams=teams, changes=changes)
    rows = told(scenario, engine, "channel", "outcome", only=("claimed", "unowned", "succeeded"))
    assert [(time, channel) for time, channel, outcome in rows if outcome == "claimed"] == [
        (0, "web"),
        (0, "web"),
        (10, "late"),
    ]
    assert not [row for row in rows if row[2] == "unowned"]


def test_rule_30_a_change_on_the_first_day_holds_in_its_first_pass(engine: str) -> None:
    changes = [{"from": "2026-01-01", "set": {"teams.sales.hold": 1}}]
    teams = {"sales": {"people": 1, "hold": 3}}
    scenario = several({"web": (3, "sql")}, {"sql": owned(), "lost": {}}, teams=teams, changes=changes)
    assert [time for time, *_ in told(scenario, engine, "person", only=("claimed",))] == [0]


# ---------------------------------------------------------------- more time
def deadline(**extend: Any) -> dict[str, Any]:
    return {"after": "7d", "to": "lost", "extend": {"by": "7d", **extend}}


def test_rule_49_a_deadline_is_put_off(engine: str) -> None:
    scenario = one_lead({"sql": {"moves": {"expire": deadline(times=2)}}, "lost": {}})
    assert told(scenario, engine, "outcome", "attempt", "to") == [
        (7, "extended", 1, ""),
        (14, "extended", 2, ""),
        (21, "succeeded", 1, "lost"),
    ]


def test_rule_49_by_chance(engine: str) -> None:
    scenario = several(
        {"web": (2_000, "sql")}, {"sql": {"moves": {"expire": deadline(chance=0.3, times=2)}}, "lost": {}}
    )
    numbers = pd.Series(time for time, *_ in told(scenario, engine, "outcome", only=("succeeded",))).value_counts()
    # binomial: 5 standard deviations
    for time, share in ((7, 0.7), (14, 0.21), (21, 0.09)):
        assert abs(numbers[time] - 2_000 * share) < 5 * np.sqrt(2_000 * share * (1 - share))


def test_rule_49_tokens_are_given_in_order_and_back(engine: str) -> None:
    stages = {
        "sql": {"owner": "sales", "moves": {"expire": deadline(times=1, per_owner=1)}},
        "wait": {"moves": {"on": {"after": "8d", "to": "sql"}}},
        "lost": {},
    }
    scenario = several({"web": (2, "sql"), "late": "wait"}, stages, teams={"sales": {"people": 1}})
    first, second = (name for name in in_order_of_keys(scenario, engine) if name.startswith("web"))
    assert told(scenario, engine, "lead", "outcome", "person", only=("extended", "succeeded")) == [
        (7, first, "extended", "sales.1"),
        (7, second, "succeeded", ""),
        (8, "late-0", "succeeded", ""),
        (14, first, "succeeded", ""),
        (15, "late-0", "extended", "sales.1"),  # the first one has given its token back
        (22, "late-0", "succeeded", ""),
    ]


def test_rule_49_without_an_owner_the_deadline_comes(engine: str) -> None:
    people = {"anna": {"from": "2026-01-20"}}
    stages = {"sql": {"owner": "sales", "moves": {"expire": deadline(times=1, per_owner=5)}}, "lost": {}}
    scenario = one_lead(stages, teams={"sales": {"people": people}})
    assert told(scenario, engine, "outcome", "to") == [(7, "succeeded", "lost")]


def test_rule_49_an_attempt_comes_before_the_answer(engine: str) -> None:
    last_word = {"after": "7d", "to": "won", "chance": 1, "odds": {"visit": [1]}}
    teams = {"sales": {"people": 1}}
    for extend, to in (({"per_owner": 1}, "won"), (None, "lost")):
        expire = deadline(**extend) if extend else {"after": "7d", "to": "lost"}
        scenario = one_lead(
            {"sql": {"owner": "sales", "moves": {"last": last_word, "expire": expire}}, **ENDS}, teams=teams
        )
        assert told(scenario, engine, "outcome", "to", only=("succeeded", "extended")) == [(7, "succeeded", to)]


# ---------------------------------------------------------------- taken back
def recycled(**fields: Any) -> dict[str, Any]:
    return {"sales": {"people": 1, "hours": 24, **fields}}


VISIT = {"after": "1d", "every": "2d", "attempts": 3, "takes": "1d", "chance": 0, "cost": 1}


def test_rule_50_after_so_long_without_a_follow_up(engine: str) -> None:
    stages = {"sql": {"owner": "sales", "moves": {"visit": VISIT}}, "pool": {}}
    teams = recycled(recycle_after={"to": "pool", "follow_up": "5d"})
    rows = told(one_lead(stages, teams=teams), engine, "move", "outcome", "to", "reason")
    begun = [time for time, move, outcome, *_ in rows if (move, outcome) == ("visit", "begun")]
    assert begun == [1, 4, 7]
    assert rows[-1] == (12, "no_follow_up", "succeeded", "pool", "no_follow_up")


def test_rule_50_the_clock_starts_at_the_claim(engine: str) -> None:
    stages = {"sql": {"owner": "sales", "moves": {"visit": {"after": "40d", "takes": "1d", "to": "pool"}}}, "pool": {}}
    teams = {
        "sales": {
            "people": {"anna": {"from": "2026-01-11", "until": "2026-01-13"}, "ben": {"from": "2026-01-14"}},
            "recycle_after": {"to": "pool", "follow_up": "5d"},
        }
    }
    assert told(one_lead(stages, teams=teams), engine, "outcome", "person", "to") == [
        (10, "claimed", "sales.anna", ""),
        (12, "unowned", "sales.anna", ""),
        (13, "claimed", "sales.ben", ""),
        (15, "succeeded", "", "pool"),  # five days after the first claim
    ]


@pytest.mark.parametrize(("after", "time"), [("3d", None), ("9d", 5)])
def test_rule_50_no_opportunity(engine: str, after: str, time: float | None) -> None:
    stages = {
        "sql": {"owner": "sales", "moves": {"on": {"after": after, "to": "opportunity"}}},
        "opportunity": {"owner": "sales", "moves": {"end": {"after": "20d", "to": "pool"}}},
        "pool": {},
    }
    rule = {"to": "pool", "opportunity": "5d", "opportunity_stages": ["opportunity"]}
    rows = told(one_lead(stages, teams=recycled(recycle_after=rule)), engine, "move", only=("succeeded",))
    assert (time, "no_opportunity") in rows if time else rows == [(3, "on"), (23, "end")]


def test_rule_50_no_win(engine: str) -> None:
    stages = {
        "sql": {"owner": "sales", "moves": {"on": {"after": "1d", "to": "opportunity"}}},
        "opportunity": {"owner": "sales", "win_rate": 0.3, "moves": {"end": {"after": "20d", "to": "won"}}},
        "won": {"win_rate": 1, "moves": {"back": {"after": "1d", "to": "sql"}}},
        "pool": {},
    }
    rule = {"to": "pool", "follow_up": "30d", "win": "9d", "win_stages": ["won"]}
    rows = told(one_lead(stages, teams=recycled(recycle_after=rule)), engine, "move", "to", only=("succeeded",))
    assert rows == [(1, "on", "opportunity"), (9, "no_win", "pool")]
    rule["win"] = "25d"
    rows = told(one_lead(stages, teams=recycled(recycle_after=rule)), engine, "move", "to", only=("succeeded",))
    assert "no_win" not in {move for _, move, _ in rows}, "who ever was won is not taken back"
    assert rows[-1] == (45, "on", "opportunity")


def test_rule_50_what_was_reached_before_it_left_does_not_count(engine: str) -> None:
    stages = {
        "sql": {"owner": "sales", "moves": {"on": {"after": "1d", "chance": {"visit": [1, 0]}, "to": "opportunity"}}},
        "opportunity": {"owner": "sales", "moves": {"end": {"after": "9d", "to": "pool"}}},
        "pool": {"moves": {"again": {"after": "1d", "to": "sql"}}},
    }
    rule = {"to": "pool", "opportunity": "5d", "opportunity_stages": ["opportunity"]}
    scenario = one_lead(stages, teams=recycled(recycle_after=rule), horizon="17d")
    assert told(scenario, engine, "move", only=("succeeded",)) == [
        (1, "on"),
        (10, "end"),  # an opportunity on the fifth day
        (11, "again"),
        (16, "no_opportunity"),
    ]


def test_rule_50_silent_for_good(engine: str) -> None:
    stages = {
        "won": {"value": 100, "moves": {"back": {"after": "1d", "to": "sql"}}},
        "sql": {"owner": "sales", "moves": {"ask": {"after": "2d", "chance": 0, "cost": 1}}},
        "pool": {},
    }
    teams = recycled(recycle_after={"to": "pool", "follow_up": "5d"})
    changes = [{"from": "2026-01-21", "set": {"stages.sql.moves.ask.cost": 2}}]
    assert told(one_lead(stages, teams=teams, changes=changes), engine, "move", "outcome") == [
        (1, "back", "succeeded"),
        (1, "", "claimed"),
        (3, "ask", "failed"),
        (6, "", "stalled"),  # what would take it back comes to nothing, and no change wakes it
    ]


@pytest.mark.parametrize(
    ("protection", "time"),
    [
        ({"length": "8d"}, 8),
        ({"length": "2d", "by_activity": "6d"}, 13),  # the last visit begins on day 7
        ({"length": "2d", "by_activity": "6d", "most": "10d"}, 10),
        ({"length": "1d"}, 3),
    ],
)
def test_rule_50_protection(engine: str, protection: dict[str, str], time: float) -> None:
    stages = {"sql": {"owner": "sales", "moves": {"visit": VISIT}}, "deal": {"moves": {"end": {"after": "50d", "to": "pool"}}}, "pool": {}}  # fmt: skip
    stages["sql"]["moves"]["sign"] = {"after": "40d", "to": "deal"}  # type: ignore[index]
    rule = {"to": "pool", "opportunity": "3d", "opportunity_stages": ["deal"]}
    scenario = one_lead(stages, teams=recycled(recycle_after=rule, protection=protection))
    assert told(scenario, engine, "move", "attempt", only=("succeeded",)) == [(time, "no_opportunity", 1)]


# ---------------------------------------------------------------- scripts and reasons
SCRIPT = {"intro": {"chance": 1, "takes": "12h"}, "ask": {"chance": 1, "takes": "6h"}}


def test_rule_51_a_script_is_a_chain_of_rows(engine: str) -> None:
    stages = {"lead": call(chance=1, script=SCRIPT, cost=2, **{"else": None}), "won": {}}
    assert told(one_lead(stages, teams=desk()), engine, "move", "outcome", "person", "cost", "to") == [
        (0, "call", "asked", "", 0, ""),
        (0, "call", "begun", "desk.1", 0, ""),
        (1, "call", "passed", "desk.1", 2, ""),
        (1.5, "intro", "passed", "desk.1", 0, ""),
        (1.75, "ask", "succeeded", "desk.1", 0, "won"),
    ]


def test_rule_51_without_a_person_rows_follow_at_once(engine: str) -> None:
    stages = {
        "lead": {
            "moves": {
                "mail": {"after": "1d", "every": "1d", "attempts": 2, "to": "won", "else": "lost", "script": {"read": {"chance": 0}}},
            }
        },
        **ENDS,
    }  # fmt: skip
    assert told(one_lead(stages), engine, "move", "outcome", "attempt", "to") == [
        (1, "mail", "passed", 1, ""),
        (1, "read", "failed", 1, ""),
        (2, "mail", "passed", 2, ""),
        (2, "read", "exhausted", 2, "lost"),
    ]


def test_rule_51_a_step_may_lose_the_lead(engine: str) -> None:
    script = {"intro": {"chance": 0, "else": "pool"}, "ask": {}}
    stages = {"lead": call(chance=1, script=script, every="1d", attempts=3), "pool": {}, **ENDS}
    rows = told(one_lead(stages, teams=desk()), engine, "move", "outcome", "to", "reason")
    assert rows[2:] == [(1, "call", "passed", "", ""), (1, "intro", "exhausted", "pool", "intro")]


def test_rule_51_unanswered_counts_misses_in_a_row(engine: str) -> None:
    chance = {"attempt": [0, 1, 0, 0, 1]}
    script = {"intro": {"chance": 0}}
    stages = {"lead": call(chance=chance, script=script, every="1d", takes="0h", attempts=9, unanswered=2), **ENDS}
    rows = told(one_lead(stages, teams=desk()), engine, "outcome", "attempt", only=("passed", "failed", "exhausted"))
    assert rows == [
        (0, "failed", 1),
        (1, "passed", 2),
        (1, "failed", 2),  # reached, so that the count begins anew
        (2, "failed", 3),
        (3, "exhausted", 4),
    ]


def test_rule_51_needs_so_many_successes(engine: str) -> None:
    stages = {"lead": call(chance={"attempt": [1, 0, 1, 1]}, every="1d", takes="0h", attempts=9, needs=3), **ENDS}
    rows = told(one_lead(stages, teams=desk()), engine, "outcome", "to", only=("succeeded", "failed"))
    assert rows == [(0, "succeeded", ""), (1, "failed", ""), (2, "succeeded", ""), (3, "succeeded", "won")]
    few = {"lead": call(chance=1, every="1d", takes="0h", attempts=2, needs=2), **ENDS}
    few["lead"]["moves"]["call"]["chance"] = {"attempt": [0, 1]}
    rows = told(one_lead(few, teams=desk()), engine, "outcome", "to", "reason", only=("succeeded", "failed"))
    assert rows == [(0, "failed", "", ""), (1, "succeeded", "lost", "call")]


def test_rule_52_every_way_has_a_reason(engine: str) -> None:
    stages = {
        "lead": {
            "moves": {
                "call": {"after": "1d", "every": "1d", "attempts": 2, "chance": 0, "to": "won", "else": {"to": "pool", "as": "rejected"}}
            }
        },
        "pool": {"track": "drip", "moves": {"expire": {"after": "9d", "to": "late"}}},
        "late": {"moves": {"sign": {"after": "1d", "to": {"to": "won", "as": "signed"}}}},
        "won": {},
    }  # fmt: skip
    tracks = {"drip": {"cadence": "2d", "touches": ["sms"], "exhausted": {"after": 3, "to": "late"}}}
    scenario = one_lead(stages, tracks=tracks, touches={"sms": {"response": 0}})
    rows = told(scenario, engine, "outcome", "to", "reason")
    assert [row for row in rows if row[2]] == [
        (2, "exhausted", "pool", "rejected"),
        (8, "exhausted", "late", "exhausted"),
        (9, "succeeded", "won", "signed"),
    ]
    assert all(reason == "" for _, _, to, reason in rows if not to)


def test_rule_52_a_redirect_keeps_the_reason(engine: str) -> None:
    stages = {
        "lead": {"moves": {"call": {"after": "1d", "lifetime_attempts": 1, "chance": 0, "to": "won", "else": "pool"}}},
        "pool": {"moves": {"back": {"after": "1d", "to": {"to": "lead", "as": "ready"}}}},
        "won": {},
    }
    rows = told(one_lead(stages, horizon="4d"), engine, "move", "to", "reason")
    assert rows == [(1, "call", "pool", "call"), (2, "back", "pool", "ready"), (3, "back", "pool", "ready")]
