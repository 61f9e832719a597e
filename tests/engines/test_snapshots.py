"""Leads of a snapshot go on where they stood, in both engines (rule 71)."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.engines.log import log_matrix
from funnelsim.program import compile_scenario
from funnelsim.scenario import Scenario, ScenarioError
from funnelsim.scenario.snapshots import key_of
from tests.engines.programs import scenarios
from tests.engines.test_equal_engines import assert_same_counts, reference_log

COLUMNS = ("stage", "days_since_creation", "days_in_stage", "channel", "segment", "owner", "value", "touches")


def snapshot(leads: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A backlog of these leads, by id."""
    rows = [",".join([key_of(one), *(str(lead.get(column, "")) for column in COLUMNS)]) for one, lead in leads.items()]
    return {"leads": "\n".join([",".join(("key", *COLUMNS)), *rows, ""]), "channel": "web"}


def write(stages: dict[str, Any], leads: dict[str, dict[str, Any]], **fields: Any) -> Scenario:
    text = {
        "format": 1,
        "name": "Test",
        "start": "2026-01-01",
        "horizon": "60d",
        "channels": {"web": {"enters": next(iter(stages))}},
        "stages": stages,
        "backlog": snapshot(leads),
        **fields,
    }
    return fs.loads(json.dumps(text))


def rows_of(scenario: Scenario, engine: str, identity: str = "A", run_seed: int = 1) -> list[tuple[Any, ...]]:
    """(time in days, move, attempt, outcome, to) of all that happens to a lead after it is present."""
    log = fs.trace(scenario, seed=run_seed, engine=engine)  # type: ignore[arg-type]
    log = log[log["lead"] == f"open-{key_of(identity)}"]
    columns = (log[name] for name in ("time", "move", "attempt", "outcome", "to"))
    return [row for row in zip(*columns, strict=True) if row[3] != "present"]


def test_rule_71_a_lead_of_a_snapshot_goes_on_where_it_stood(engine: str) -> None:
    stages = {
        "lead": {
            "moves": {"call": {"after": "2d", "every": "5d", "attempts": 6, "chance": 0, "to": "won", "else": "lost"}}
        },
        "sql": {"moves": {"expire": {"after": "7d", "to": "lost"}}},
        "won": {},
        "lost": {},
    }
    leads: dict[str, dict[str, Any]] = {
        "A": {"stage": "lead", "days_in_stage": 13},  # attempts at 2, 7 and 12 days: the fourth at 17
        "B": {"stage": "lead", "days_in_stage": 13, "touches": 1},  # one attempt, at 2 days: the next was due at 7
        "C": {"stage": "lead", "days_in_stage": 300},  # one is left, and it is overdue
        "D": {"stage": "sql", "days_in_stage": 4.5},
        "E": {"stage": "sql", "days_in_stage": 9},
        "F": {"stage": "sql"},
    }
    scenario = write(stages, leads)
    assert rows_of(scenario, engine, "A") == [
        (4, "call", 4, "failed", ""),
        (9, "call", 5, "failed", ""),
        (14, "call", 6, "exhausted", "lost"),
    ]
    assert rows_of(scenario, engine, "B")[:2] == [(0, "call", 2, "failed", ""), (5, "call", 3, "failed", "")]
    assert rows_of(scenario, engine, "C") == [(0, "call", 6, "exhausted", "lost")]
    assert [rows_of(scenario, engine, lead)[0][0] for lead in "DEF"] == [2.5, 0, 7]


def test_what_is_told_of_leads(engine: str) -> None:
    stages = {
        "lead": {"moves": {"ask": {"every": "1d", "chance": {"segment": {"small": 0, "big": 1}}, "to": "won"}}},
        "won": {"value": "10 to 90", "moves": {"again": {"after": "9d", "to": "lead"}}},
    }
    segments = {"small": {"share": 0.999999}, "big": {"share": 0.000001}}
    leads = {
        "A": {"stage": "lead", "days_since_creation": 50, "segment": "big", "value": 1234.5},
        "B": {"stage": "lead", "segment": "small"},
    }
    log = fs.trace(write(stages, leads, segments=segments), seed=1, engine=engine)  # type: ignore[arg-type]
    mine = log[log["lead"] == f"open-{key_of('A')}"]
    assert mine["age"].iloc[0] == 50
    won = mine[mine["to"] == "won"]
    assert won["value"].iloc[0] == 1234.5
    assert 1 < won["value"].iloc[1] < 500  # the second is drawn
    assert set(mine["segment"]) == {"big"}
    assert not (log[log["lead"] == f"open-{key_of('B')}"]["to"] == "won").any()


def test_owners_keep_their_leads_beyond_what_they_may_take(engine: str) -> None:
    stages = {"sql": {"owner": "sales", "moves": {"expire": {"after": "30d", "to": "lost"}}}, "lost": {}}
    people = {"anna": {}, "ben": {}, "chen": {"from": "2026-02-01"}}
    teams = {"sales": {"people": people, "hold": 2, "claim_per_day": 1}}
    leads = {f"L{n}": {"stage": "sql", "owner": "anna"} for n in range(4)} | {"M": {"stage": "sql", "owner": "chen"}}
    log = fs.trace(write(stages, leads, teams=teams), seed=1, engine=engine)  # type: ignore[arg-type]
    claims = log[log["outcome"] == "claimed"]
    by_lead = dict(zip(claims["lead"], claims["person"], strict=True))
    assert [by_lead[f"open-{key_of(f'L{n}')}"] for n in range(4)] == ["sales.anna"] * 4
    assert by_lead[f"open-{key_of('M')}"] == "sales.ben"  # chen is not there yet
    assert (claims["time"] == 0).all()


def test_tracks_go_on_and_exhaust(engine: str) -> None:
    stages = {"pool": {"track": "drip"}, "lost": {}}
    touches = {"mail": {"response": 0}}
    for per in ("stay", "lifetime", "silence"):
        tracks = {"drip": {"cadence": "10d", "touches": ["mail"], "exhausted": {"after": 6, "per": per, "to": "lost"}}}
        leads = {"A": {"stage": "pool", "days_in_stage": 34}, "B": {"stage": "pool", "days_in_stage": 55, "touches": 4}}
        scenario = write(stages, leads, tracks=tracks, touches=touches)
        assert [row[0] for row in rows_of(scenario, engine, "A")] == [6, 16, 26]
        assert [row[:3] for row in rows_of(scenario, engine, "B")] == [(0, "mail", 5), (10, "mail", 6)]


def test_silence_counts_from_coming_to_the_stage(engine: str) -> None:
    stages = {
        "pool": {"track": "drip"},
        "lost": {},
    }
    track = {
        "cadence": "never",
        "touches": ["mail"],
        "moves": {"wake": {"trigger": {"idle": "20d"}, "cost": 1, "to": "lost"}},
    }
    leads = {"A": {"stage": "pool", "days_in_stage": 15}, "B": {"stage": "pool", "days_in_stage": 50}}
    scenario = write(stages, leads, tracks={"drip": track}, touches={"mail": {"response": 0}})
    assert rows_of(scenario, engine, "A")[0][0] == 5
    assert rows_of(scenario, engine, "B")[0][0] == 0


# ---------------------------------------------------------------- luck by id
def lives(scenario: Scenario) -> dict[str, list[tuple[Any, ...]]]:
    """What happens to each lead."""
    log = fs.trace(scenario, seed=5)
    log = log.drop(columns=["channel"])
    return {str(lead): list(map(tuple, rows.astype(str).to_numpy())) for lead, rows in log.groupby("lead")}


def test_rows_that_are_added_or_moved_change_nobody_elses_luck() -> None:
    stages = {
        "lead": {
            "moves": {"call": {"after": "1d to 9d", "every": "2d to 6d", "attempts": 4, "chance": 0.3, "to": "won"}}
        },
        "won": {"value": "10 to 90"},
    }
    leads = {f"C-{n}": {"stage": "lead", "days_in_stage": n % 7} for n in range(40)}
    channels = {"web": {"enters": "lead"}, "ads": {"leads": "30 per month", "enters": "lead"}}
    few = lives(write(stages, leads, channels=channels))
    more = lives(write(stages, {"new": {"stage": "lead"}, **dict(reversed(leads.items()))}, channels=channels))
    assert few.items() <= more.items()
    assert set(more) - set(few) == {f"open-{key_of('new')}"}
    assert len(few) > 60


# ---------------------------------------------------------------- origins
def test_parts_by_origin_add_up_and_tell_nothing_of_ids() -> None:
    stages = {
        "lead": {"moves": {"call": {"after": "1d to 9d", "chance": 0.5, "to": "won", "cost": 3}}},
        "won": {"value": "10 to 90"},
    }
    channels = {"web": {"leads": "100 per month", "spend": "999 per month", "enters": "lead", "cost": 2}}
    leads = {f"C-{n}": {"stage": "lead", "days_in_stage": 2} for n in range(30)}
    result = fs.simulate(write(stages, leads, channels=channels), replications=20, seed=3, by="origin", progress=False)
    for metric in ("won", "revenue", "spend", "new_leads"):
        parts = result.metric(metric)
        units = {part: (10_000 * parts.sel(origin=part)).round() for part in ("open", "new")}
        whole = (10_000 * result.metric(f"{metric}[origin=all]")).round()
        np.testing.assert_array_equal(units["open"] + units["new"], whole)
        assert float(parts.sel(origin="new").sum()) > 0
    assert float(result.metric("new_leads").sel(origin="open").sum()) == 0
    assert float(result.metric("won").sel(origin="open").sum()) > 100
    standing = result.data["standing"].isel(period=-1).sum("stage")
    assert (standing.sel(group="open") == 30).all()
    assert not any(identity in str(result.data.attrs) + repr(result.summary()) for identity in leads)


def test_who_was_created_in_the_warm_up_was_there() -> None:
    stages = {"lead": {"moves": {"call": {"after": "20d", "to": "won"}}}, "won": {}}
    text = {
        "format": 1,
        "name": "Test",
        "start": "2026-02-01",
        "horizon": "30d",
        "warm_up": "31d",
        "channels": {"web": {"leads": "1 per day", "arrivals": "evenly", "enters": "lead"}},
        "stages": stages,
    }
    for change, wins in (({}, [20, 10]), ({"warm_up": "none"}, [0, 10])):
        for engine in ("kernel", "simpy"):
            scenario = fs.loads(json.dumps(text | change))
            result = fs.simulate(scenario, replications=1, by="origin", engine=engine, progress=False)  # type: ignore[arg-type]
            assert result.metric("won", over="horizon").to_numpy().ravel().tolist() == wins


# ---------------------------------------------------------------- random programs
@st.composite
def with_snapshot(draw: st.DrawFn) -> dict[str, Any]:
    """A random scenario that begins with a snapshot."""
    text = draw(scenarios())
    names = {name: fields for name, fields in text["stages"].items() if fields.get("moves")}
    leads = {}
    for number in range(draw(st.integers(1, 12))):
        stage = draw(st.sampled_from(sorted(names)))
        in_stage = draw(st.sampled_from(["", 0, 1, 2.5, 7, 40]))
        lead = {"stage": stage, "days_in_stage": in_stage, "days_since_creation": draw(st.sampled_from(["", 41]))}
        lead["segment"] = draw(st.sampled_from(["", "small", "big"]))
        lead["touches"] = draw(st.sampled_from(["", 0, 1, 3]))
        people = text.get("teams", {}).get(names[stage].get("owner"), {}).get("people")
        if isinstance(people, dict) and not any(key[0].isdigit() or key == "uncertain" for key in people):
            lead["owner"] = draw(st.sampled_from(["", *people]))
        if any("value" in fields for fields in text["stages"].values()):
            lead["value"] = draw(st.sampled_from(["", 0, 77.5]))
        leads[f"C-{number}"] = lead
    text["backlog"] = snapshot(leads)
    return text


MEANT = Counter[str]()
"""What the random programs made happen."""


@seed(20260105)
@settings(
    max_examples=120,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(with_snapshot(), st.sampled_from([None, "channel", "segment", "origin"]))
def check_random_program(text: dict[str, Any], by: str | None) -> None:
    try:
        scenario = fs.loads(json.dumps(text))
    except ScenarioError:
        MEANT["refused"] += 1
        assume(False)
    program = compile_scenario(scenario)
    matrix, counted = reference_log(program, 1, by)
    np.testing.assert_array_equal(matrix, log_matrix(program, 1, 0, "kernel"))
    assert_same_counts(program, 1, by, counted)
    known = program.structure.open_leads
    MEANT["runs"] += 1
    MEANT["owned"] += int((known["person"] >= 0).sum())
    MEANT["carried"] += int((known["in_stage"] > 0).sum())
    MEANT["rows"] += int((matrix[:, 4] == -1).sum())


def test_random_programs_give_the_same_log() -> None:
    MEANT.clear()
    check_random_program()
    assert MEANT["runs"] >= 80
    assert MEANT["owned"] > 20
    assert MEANT["carried"] > 200
    assert MEANT["rows"] > 2_000
