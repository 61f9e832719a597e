"""Compiled programs against programs made by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.program import compile_scenario
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY
from funnelsim.program.names import channel_hash, name_hash
from funnelsim.program.program import Program

TEXT: dict[str, Any] = {
    "format": 1,
    "name": "By hand",
    "start": "2026-01-01",
    "horizon": "40d",
    "warm_up": "10d",
    "segments": {"small": {"share": 0.75}, "big": {"share": 0.25}},
    "channels": {
        "web": {"leads": "10 per day", "enters": "lead", "spend": "31 per month", "cost": 2},
        "base": {"backlog": 7, "age": "90d", "enters": "pool"},
    },
    "stages": {
        "lead": {
            "moves": {
                "call": {"every": "1d", "attempts": 3, "chance": 0.4, "odds": {"segment": {"big": 2}}, "to": "won", "else": "pool", "cost": 0.5},
                "expire": {"after": "7d", "to": "pool"},
            }
        },
        "pool": {"track": "drip"},
        "won": {"value": 12.5},
    },
    "touches": {"sms": {"cost": 0.05, "response": 0.01}, "mail": {"response": {"attempt": [0.1, 0.2]}}},
    "tracks": {"drip": {"cadence": "30d", "touches": ["sms", "mail"], "on_response": {"to": "lead"}, "exhausted": {"after": 4}}},
    "changes": [{"from": "2026-01-11", "set": {"tracks.drip.cadence": "14d"}}],
}  # fmt: skip


@pytest.fixture
def program() -> Program:
    return compile_scenario(fs.loads(json.dumps(TEXT)))


def test_names(program: Program) -> None:
    assert program.stages == ("lead", "pool", "won")
    assert program.streams == ("drip",)
    assert program.moves == ("expire", "call", "touch"), "a deadline comes first (rule 7)"
    assert program.rows == ("", "", "sms", "mail")
    assert program.final == (False, False, True)


def test_structure(program: Program) -> None:
    s = program.structure
    assert s.first_move.tolist() == [0, 2, 2, 2, 3]
    assert s.track.tolist() == [p.NONE, 0, p.NONE]
    fields = ["container", "to", "otherwise", "first_row", "num_rows", "trigger", "repeats"]
    assert s.moves[fields].tolist() == [
        (0, 1, p.NONE, 0, 1, p.UNTRIGGERED, 0),
        (0, 2, 1, 1, 1, p.UNTRIGGERED, 1),
        (3, 0, p.NONE, 2, 2, p.UNTRIGGERED, 1),
    ]
    assert s.rows["role"].tolist() == [p.PLAIN, p.PLAIN, p.RESPONSE, p.RESPONSE]
    assert s.row_kinds.tolist() == [[0], [1], [0], [0]], "the second differs by segment"
    assert s.rows["num_attempts"].tolist() == [1, 1, 1, 2]
    assert s.rows["chance"].tolist() == [0, 1, 3, 4]
    assert program.recipes.num_chances == 6


def test_time(program: Program) -> None:
    s = program.structure
    assert program.begin.isoformat() == "2025-12-22"
    assert (s.start_tick, s.end_tick) == (10 * DAY, 50 * DAY)
    assert (s.regime_tick // DAY).tolist() == [0, 20]
    assert (s.calendar_tick // DAY).tolist() == [20]
    assert (s.cell_edge // DAY).tolist() == [0, 10, 20, 41, 50], "periods and changes cut the run into cells"
    assert s.cell_regime.tolist() == [0, 0, 1, 1]
    assert program.cell_period == (p.NONE, 0, 0, 1)
    assert (s.cohort_edge // DAY).tolist() == [10, 41, 50]
    assert (s.day_month_tick[[0, 9, 10, 49]] // DAY).tolist() == [-21, -21, 10, 41]


def test_names_key_the_luck(program: Program) -> None:
    s = program.structure
    assert s.moves["purpose"].tolist() == [
        name_hash("stages.lead.moves.expire"),
        name_hash("stages.lead.moves.call"),
        name_hash("tracks.drip.touch"),
    ]
    assert s.channels["name"].tolist() == [channel_hash("web"), channel_hash("base")]
    assert s.channels["purpose"].tolist() == [name_hash("channels.web.leads"), name_hash("channels.base.age")]


def test_recipes(program: Program) -> None:
    r, s = program.recipes, program.structure
    value = dict(zip(program.parameters, r.parameters["first"].tolist(), strict=False))

    def parameter(place: int) -> str:
        return program.parameters[place]

    waits = r.waits[s.after][["form", "first"]]
    assert [[parameter(first) for _, first in regime] for regime in waits.tolist()] == [
        ["stages.lead.moves.expire.after", "stages.lead.moves.call.after", "tracks.drip.cadence"]
    ] * 2
    cadence = r.parameters["first"][waits["first"][:, 2]]
    assert cadence.tolist() == [30 * DAY, 14 * DAY]
    assert s.every[:, 0].tolist() == [0, 0], "an `every` that is not there is never"
    assert r.attempts[0, 0] != p.NONE
    assert value["stages.lead.moves.call.attempts"] == 3
    assert parameter(r.attempts[0, 2]) == "tracks.drip.exhausted.after"
    assert (r.lifetime == p.NONE).all()
    assert r.parameters["first"][r.cost[0]].tolist() == [0, 5000, 500, 0]
    assert r.parameters["first"][r.lead_cost[0]].tolist() == [20_000, 0]
    assert r.parameters["first"][r.share[0]].tolist() == [0.75, 0.25]
    assert r.backlog.tolist()[0] == p.NONE
    assert value["channels.base.backlog"] == 7
    assert r.lead_units.shape == (2, 50), "one term a regime"
    assert r.lead_units.sum(axis=0) == pytest.approx(1)
    assert r.spend_units[:, -1].sum() == pytest.approx(10 / 31 + 1 + 9 / 28)


def test_equal_scenarios_give_equal_programs(program: Program) -> None:
    again = compile_scenario(fs.loads(fs.loads(json.dumps(TEXT)).dump()))
    assert again.digest() == program.digest()
    assert compile_scenario(fs.loads(json.dumps(TEXT)).set({"channels.web.cost": 2.01})).digest() != program.digest()


def test_programs_cannot_be_written_to(program: Program) -> None:
    for array in (*program.structure, *program.recipes):
        if isinstance(array, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0


def test_changes_after_the_end_are_left_out() -> None:
    short = compile_scenario(fs.loads(json.dumps(TEXT)).set({"horizon": "10d"}))
    assert len(short.structure.regime_tick) == 1


def test_names_with_one_hash_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("funnelsim.program.compile.channel_hash", lambda _: 7)
    with pytest.raises(ValueError, match="two names have the same hash"):
        compile_scenario(fs.loads(json.dumps(TEXT)))
