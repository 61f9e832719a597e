"""A scenario with teams becomes the program that is worked out here by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.engines.realise import tables_of
from funnelsim.program import compile_scenario
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY
from funnelsim.program.program import Program

TEXT: dict[str, Any] = {
    "format": 1,
    "name": "Teams by hand",
    "start": "2026-01-01",
    "horizon": "28d",
    "period": "7d",
    "traits": {"line": {"mobile": "70%", "desk": "30%"}},
    "channels": {"web": {"leads": "1 per day", "enters": "lead"}},
    "teams": {
        "desk": {
            "people": {"2026-01-01": 2, "2026-01-08": 3, "2026-01-15": 1},
            "hours": "6 per day",
            "days_off": ["sat", "sun", "2026-01-06"],
            "salary": "70 per 7d",
        },
        "sales": {
            "people": {"anna": {"pace": 1.25}, "ben": {"from": "2026-01-11", "chance": 2, "picks": "newest"}},
            "hold": 5,
            "claim_per_day": 2,
            "discipline": "deadline",
            "previous_owner_cooldown": "3d",
            "assign": [{"if": {"line": "desk", "channel": "web"}, "to": "ben", "by": "round_robin"}, {}],
            "recycle_after": {
                "to": "pool", "follow_up": "9d", "opportunity": "20d", "opportunity_stages": ["sql"], "win_stages": ["won"],
            },
            "protection": {"length": "2d", "by_activity": "1d"},
        },
    },
    "stages": {
        "lead": {
            "moves": {
                "call": {
                    "team": "desk", "takes": "5min", "every": "1d", "attempts": 9, "unanswered": 3, "chance": "40%",
                    "odds": {"line": {"desk": 0.5}}, "needs": 2,
                    "script": {"pitch": {"takes": "30s", "chance": "50%", "else": {"to": "pool", "as": "no_need"}}},
                    "to": "mql", "else": "pool",
                }
            }
        },
        "mql": {"owner": "sales", "moves": {"check": {"takes": "1h", "chance": "80%", "to": "sql", "else": {"to": "pool", "as": "rejected"}}}},
        "sql": {
            "owner": "sales",
            "moves": {
                "meet": {"takes": "2h", "every": "2d", "attempts": 20, "chance": "20%", "to": "won", "else": "pool"},
                "expire": {"after": "7d", "to": "pool", "extend": {"by": "7d", "times": 2, "chance": "25%", "per_owner": 10}},
            },
        },
        "won": {"win_rate": "100%"},
        "pool": {},
    },
}  # fmt: skip


@pytest.fixture
def program() -> Program:
    return compile_scenario(fs.loads(json.dumps(TEXT)))


def test_names(program: Program) -> None:
    assert program.teams == ("desk", "sales")
    assert program.people == ("desk.1", "desk.2", "desk.3", "sales.anna", "sales.ben")
    assert program.kinds == ("segment", "line")
    assert program.values == (("all",), ("mobile", "desk"))
    assert program.moves == ("call", "check", "expire", "meet", "no_follow_up", "no_opportunity")
    assert program.rows == ("", "pitch", "", "", "", "", "")


def test_people_come_and_go(program: Program) -> None:
    people = program.structure.people
    assert people[["place", "stay"]].tolist() == [(0, 0), (1, 0), (2, 0), (0, p.NONE), (1, p.NONE)]
    people = tables_of(program, 1, 0).people
    there = [
        (int(from_tick) // DAY, int(until) // DAY) for from_tick, until in people[["from_tick", "until_tick"]].tolist()
    ]
    assert there == [(0, 28), (0, 14), (7, 14), (0, 28), (10, 28)], "who came last goes first"
    assert people["picks"].tolist() == [p.FIFO, p.FIFO, p.FIFO, p.DEADLINE, p.NEWEST]
    staff = tables_of(program, 1, 0).staff_tick // DAY
    assert staff.tolist() == [0, 7, 10, 14]


def test_days_off(program: Program) -> None:
    worked = program.structure.worked_days
    assert worked[0, :13].tolist() == [0, 1, 2, 2, 2, 3, 3, 4, 5, 6, 6, 6, 7], "2026-01-01 is a Thursday"
    assert worked[1].tolist() == list(range(29))


def test_moves_of_people(program: Program) -> None:
    moves = program.structure.moves
    assert moves["team"].tolist() == [0, 1, p.NONE, 1, p.NONE, p.NONE]
    assert moves["owned"].tolist() == [0, 1, 0, 1, 0, 0]
    assert moves["deadline"].tolist() == [0, 0, 1, 0, 1, 1]
    assert moves["num_steps"].tolist() == [1, 0, 0, 0, 0, 0]
    assert moves["num_rows"].tolist() == [1] * 6
    assert moves["container"].tolist() == [0, 1, 2, 2, 6, 6], "stages, then streams, then what teams hold"
    assert moves["trigger"].tolist() == [p.UNTRIGGERED] * 4 + [p.ON_FOLLOW_UP, p.UNTRIGGERED]
    assert moves["void"].tolist() == [p.NOT_VOID] * 5 + [p.VOID_IF_REACHED]
    assert program.structure.rows["otherwise"].tolist() == [p.NONE, 4, p.NONE, p.NONE, p.NONE, p.NONE, p.NONE]


def test_reasons(program: Program) -> None:
    moves, reasons, losing = program.structure.moves, program.reasons, program.losing

    def named(codes: np.ndarray) -> list[tuple[str, bool] | None]:
        return [None if code == p.NONE else (reasons[code], losing[code]) for code in codes.tolist()]

    assert named(moves["to_reason"]) == [
        ("call", False), ("check", False), ("expire", True), ("meet", False), ("no_follow_up", True), ("no_opportunity", True),
    ]  # fmt: skip
    assert named(moves["else_reason"])[:4] == [("call", True), ("rejected", True), None, ("meet", True)]
    assert named(program.structure.rows["reason"])[1] == ("no_need", True)


def test_assignment(program: Program) -> None:
    s = program.structure
    first, second = s.rules[1], s.rules[2]
    assert s.teams["first_rule"].tolist() == [0, 1]
    assert s.conditions[first["first_condition"] : first["end_condition"]].tolist() == [
        (p.BY_KIND + 1, 1),
        (p.BY_CHANNEL, 0),
    ]
    assert s.rule_people[first["first_person"] : first["end_person"]].tolist() == [4]
    assert s.rule_people[second["first_person"] : second["end_person"]].tolist() == [3, 4]
    assert (first["by"], second["by"]) == (p.ROUND_ROBIN, p.LEAST_LOADED)


def test_stages(program: Program) -> None:
    s = program.structure
    assert s.owner.tolist() == [p.NONE, 1, 1, p.NONE, p.NONE]
    assert s.marks.tolist() == [[0] * 5, [0, 0, 1, 2, 0]]
    assert s.stage_flags.tolist() == [p.WORKED, p.SALES, p.SALES | p.SQL, p.WON | p.GOAL, 0]


def test_limits(program: Program) -> None:
    tables = tables_of(program, 1, 0)
    assert tables.teams["hours"][0].tolist() == [6, 8]
    assert tables.teams["hold"][0, 1] == 5
    assert tables.teams["claim_per_day"][0, 1] == 2
    assert tables.teams["cooldown"][0].tolist() == [0, 3 * DAY]
    assert tables.teams[["protection", "by_activity"]][0, 1].tolist() == (2 * DAY, DAY)
    assert tables.people["pace"].tolist() == [1, 1, 1, 1.25, 1]
    assert tables.people["chance"].tolist() == [1, 1, 1, 1, 2]
    assert tables.moves["needs"][0].tolist() == [2, 1, 1, 1, 1, 1]
    assert tables.moves["unanswered"][0, 0] == 3
    assert tables.moves["extend_by"][0].tolist() == [0, 0, 7 * DAY, 0, 0, 0]
    assert (tables.moves["times"][0, 2], tables.moves["per_owner"][0, 2]) == (2, 10)
    assert tables.moves["extend_chance"][0, 2] == 1 << 51


def test_salaries(program: Program) -> None:
    labour = tables_of(program, 1, 0).labour
    assert labour[0].tolist() == [0, 1_400_000, 2_100_000, 700_000, 700_000], "two, three, one and one at 70 a week"
    assert labour[1].tolist() == [0] * 5, "without a salary nothing is paid"


def test_an_uncertain_number_of_people() -> None:
    text = json.loads(json.dumps(TEXT))
    text["teams"]["desk"]["people"] = {"uncertain": {"values": [1, 3]}}
    program = compile_scenario(fs.loads(json.dumps(text)))
    assert program.people[:3] == ("desk.1", "desk.2", "desk.3")
    found = set()
    for replication in range(20):
        tables = tables_of(program, 1, replication)
        people = tables.people[:3]
        number = int((people["until_tick"] > people["from_tick"]).sum())
        assert tables.labour[0, 1:].sum() == number * 70 * 4 * 10_000
        found.add(number)
    assert found == {1, 3}


def test_uncertain_numbers_of_a_schedule() -> None:
    """A place is taken while the number is above it; the same people come and go as if the numbers had been written."""
    text = json.loads(json.dumps(TEXT))
    second, third = {"uncertain": {"values": [0, 1, 3]}}, {"uncertain": "between 1 and 2"}
    text["teams"]["desk"]["people"] = {"2025-12-01": 9, "2025-12-24": 2, "2026-01-08": second, "2026-01-15": third}
    program = compile_scenario(fs.loads(json.dumps(text)))
    assert program.structure.people[["place", "stay"]][:5].tolist() == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]
    assert tables_of(program, 1, 0).staff_tick.tolist() == [0, 7 * DAY, 10 * DAY, 14 * DAY]
    drawn = [program.parameters.index(f"teams.desk.people.2026-01-{day}") for day in ("08", "15")]
    found = set()
    for replication in range(40):
        tables = tables_of(program, 1, replication)
        numbers = np.floor(tables.parameters[drawn] + 0.5).astype(int).tolist()
        people = tables.people[:5]
        for day, number in zip((0, 7, 14), (2, *numbers), strict=True):
            there = people[(people["from_tick"] <= day * DAY) & (people["until_tick"] > day * DAY)]
            assert there["place"].tolist() == list(range(number))
        text["teams"]["desk"]["people"] |= {"2026-01-08": numbers[0], "2026-01-15": numbers[1]}
        known = tables_of(compile_scenario(fs.loads(json.dumps(text))), 1, replication)
        for field in ("from_tick", "until_tick"):
            stays = people[people["until_tick"] > people["from_tick"]][field].tolist()
            assert stays == known.people[:-2][field].tolist()
        np.testing.assert_array_equal(tables.labour, known.labour)
        found.add(tuple(numbers))
    assert len(found) == 6
