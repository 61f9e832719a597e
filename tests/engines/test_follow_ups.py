"""How many follow-ups are planned: by hand, and against sellers who keep nobody waiting."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from funnelsim.engines.follow_ups import planned_follow_ups
from funnelsim.engines.realise import tables_of
from funnelsim.engines.reference import Funnel
from funnelsim.engines.rows import BEGUN
from funnelsim.program import Program, compile_scenario
from funnelsim.program.calendar import DAY
from tests.engines.conftest import write

NOBODY = np.uint64(0)


def program(days_off: tuple[str, ...] = (), **moves: Any) -> Program:
    stages = {
        "lead": {"moves": {"on": {"to": "sql"}}},
        "sql": {"owner": "sales", "moves": {**moves, "expire": {"after": "30d", "to": "lost"}}},
        "lost": {},
    }
    teams = {"sales": {"people": 400, "hours": 8, "days_off": list(days_off), "hold": 1}}
    return compile_scenario(write(stages, teams=teams, channels={"web": {"leads": "5 per day", "enters": "lead"}}))


def planned(compiled: Program, entered: float, until: float) -> int:
    tables, stage = tables_of(compiled, 1, 0), compiled.stages.index("sql")
    return planned_follow_ups(tables, 0, stage, NOBODY, 1, int(entered * DAY), int(until * DAY))


VISIT = {"team": "sales", "chance": 0, "cost": 1}


@pytest.mark.parametrize(
    ("move", "number"),
    [
        ({"every": "1d"}, 7),  # at once, and each day; the seventh day's end is not looked at
        ({"every": "2d"}, 4),
        ({"every": "2d", "after": "1d"}, 3),
        ({"every": "2d", "attempts": 2}, 2),
        ({"after": "7d"}, 0),
        ({"after": "6d"}, 1),
        ({"after": "never", "every": "1d"}, 0),
        ({"every": "never", "attempts": 5}, 1),
        (
            {"every": "1d", "takes": "8h"},
            4,
        ),  # eight hours of work are a day here, and the next follows a day after its end
        ({"every": "1d", "trigger": {"idle": "1d"}}, 0),  # what a trigger starts is not planned
    ],
)
def test_by_hand(move: dict[str, Any], number: int) -> None:
    assert planned(program(visit={**VISIT, **move}), 0, 7) == number


def test_days_off_put_them_off() -> None:
    compiled = program(("sat", "sun"), visit={**VISIT, "every": "1d"})
    assert planned(compiled, 0, 7) == 5  # from Thursday: Thursday, Friday, Monday to Wednesday
    assert planned(compiled, 1.5, 8.5) == 6  # Friday noon, then Monday to Friday at the beginning of the day
    assert planned(compiled, 2, 4) == 0
    assert planned(compiled, 2, 4.001) == 1


def test_moves_of_others_do_not_count() -> None:
    other = {"after": "0d", "every": "1d", "chance": 0, "cost": 1}
    assert planned(program(visit={**VISIT, "every": "2d"}, write={**VISIT, "every": "3d"}, mail=other), 0, 7) == 4 + 3


@pytest.mark.parametrize("days_off", [(), ("sat", "sun"), ("2026-01-06",)])
def test_who_keeps_nobody_waiting_makes_all_of_them(days_off: tuple[str, ...]) -> None:
    """Everybody has one lead in hand at most, so that work is begun when it is planned."""
    visit = {
        **VISIT,
        "after": "1h to 2d",
        "every": {"dist": "exponential", "mean": "2d"},
        "attempts": 6,
        "takes": "1h to 6h",
    }
    compiled = program(days_off, visit=visit)
    funnel = Funnel(compiled, 3, 0)
    rows, stage = funnel.run(), compiled.stages.index("sql")
    entered = {row.key: row.tick for row in rows if row.to == stage and row.tick + 7 * DAY <= funnel.end_tick}
    begun = dict.fromkeys(entered, 0)
    for row in rows:
        if row.outcome == BEGUN and row.key in entered and row.tick < entered[row.key] + 7 * DAY:
            begun[row.key] += 1
    assert len(begun) > 100
    for key, tick in entered.items():
        assert begun[key] == planned_follow_ups(funnel.tables, 0, stage, np.uint64(key), 1, tick, tick + 7 * DAY)
    assert len(set(begun.values())) > 3
