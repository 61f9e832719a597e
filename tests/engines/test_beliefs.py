"""What is not known of seasons, lengths, priorities and schedules: a drawn value is as good as a written one."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.engines.log import log_matrix
from funnelsim.engines.realise import tables_of
from funnelsim.engines.replicate import replicate
from funnelsim.engines.rows import COLUMNS
from funnelsim.engines.tables import LEAD
from funnelsim.engines.tally import layout_of
from funnelsim.program import compile_scenario
from funnelsim.program.calendar import DAY
from funnelsim.scenario import Scenario

SEED, REPLICATIONS = 11, 3

TEXT: dict[str, Any] = {
    "format": 1,
    "name": "Not known",
    "start": "2026-01-01",
    "horizon": "40d",
    "period": "10d",
    "channels": {
        "web": {"leads": "90 per month", "enters": "lead", "seasonality": {"month": {"jan": 1.5}, "weekday": {"sat": 0.5}}},
        "base": {"backlog": 20, "age": "2d to 30d", "enters": "sql"},
    },
    "teams": {
        "sales": {
            "people": 3,
            "hours": 24,
            "hold": 9,
            "previous_owner_cooldown": "2d",
            "recycle_after": {
                "to": "pool", "follow_up": "4d", "opportunity": "6d", "win": "9d",
                "opportunity_stages": ["opportunity"], "win_stages": ["won"],
            },
            "protection": {"length": "1d", "by_activity": "30h", "most": "8d"},
        },
        "desk": {"people": {"2026-01-01": 2, "2026-01-11": 2}, "hours": 24, "discipline": "priority", "salary": "300 per month"},
    },
    "stages": {
        "lead": {
            "moves": {
                "call": {"team": "desk", "takes": "14h", "priority": 1, "chance": 0.6, "to": "sql", "else": "pool"},
                "mail": {"team": "desk", "after": "1d", "takes": "6h", "every": "2d", "chance": 0.1, "to": "sql"},
                "forgotten": {"trigger": {"idle": "5d"}, "to": "pool"},
            }
        },
        "sql": {
            "owner": "sales",
            "moves": {
                "talk": {"after": "1d", "every": "2d", "takes": "2h", "chance": 0.2, "to": "opportunity"},
                "expire": {"after": "7d", "to": "pool", "extend": {"by": "2d", "chance": 0.7}},
            },
        },
        "opportunity": {"owner": "sales", "moves": {"close": {"after": "3d", "every": "4d", "takes": "4h", "chance": 0.2, "to": "won"}}},
        "won": {"win_rate": 1},
        "pool": {"moves": {"again": {"after": "2d", "to": "sql"}}},
    },
}  # fmt: skip

BELIEFS: dict[str, tuple[str, Any, Any]] = {
    "channels.web.seasonality.month.jan": ("0.5 to 2", 0.4, 3),
    "channels.web.seasonality.weekday.sat": ("between 0 and 3", 0, 3),
    "old_after": ("5d to 20d", "3d", "25d"),
    "stages.lead.moves.forgotten.trigger.idle": ("1d to 3d", "6h", "4d"),
    "stages.lead.moves.call.priority": ("between -3 and 3", -3, 3),
    "stages.sql.moves.expire.extend.by": ("1d to 4d", "6h", "5d"),
    "teams.sales.recycle_after.follow_up": ("2d to 6d", "1d", "7d"),
    "teams.sales.recycle_after.opportunity": ("3d to 9d", "2d", "10d"),
    "teams.sales.recycle_after.win": ("5d to 12d", "4d", "14d"),
    "teams.sales.protection.length": ("between 0 and 8d", 0, "8d"),
    "teams.sales.protection.by_activity": ("1d to 5d", "6h", "6d"),
    "teams.sales.protection.most": ("4d to 9d", "3d", "12d"),
    "teams.sales.previous_owner_cooldown": ("between 0 and 5d", 0, "9d"),
    "teams.desk.people.2026-01-11": ("between 1 and 4", 1, 4),
}
"""What is believed at each path, and two values far apart."""


def base() -> Scenario:
    return fs.loads(json.dumps(TEXT))


def told(scenario: Scenario, replication: int, engine: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The log of one replication, what it counts of moves and entries, and what it costs."""
    program = compile_scenario(scenario)
    counts = replicate(program, replication + 1, SEED, engine=engine, by="channel")
    per_move_and_stage = counts.counts[replication, :, :, : layout_of(program).queue]
    return log_matrix(program, SEED, replication, engine), per_move_and_stage, counts.costs[replication]


def differ(one: tuple[np.ndarray, ...], other: tuple[np.ndarray, ...]) -> bool:
    return not all(map(np.array_equal, one, other))


@pytest.mark.parametrize("path", BELIEFS)
def test_a_drawn_value_is_as_good_as_a_written_one(path: str, engine: str) -> None:
    """Rule 35: each replication is, bit for bit, that of the scenario with the value of its draw written there."""
    believed, few, many = BELIEFS[path]
    scenario, values = base().set({path: {"uncertain": believed}}), set()
    program = compile_scenario(scenario)
    place = program.parameters.index(path)
    for replication in range(REPLICATIONS):
        value = float(tables_of(program, SEED, replication).parameters[place])
        if "seasonality" not in path:
            value = np.floor(value + 0.5)
        written = f"{value:.0f}ms" if value > 1000 else int(value) if value == int(value) else value
        values.add(written)
        assert not differ(told(scenario, replication, engine), told(base().set({path: written}), replication, engine))
    assert len(values) > 1
    if engine == "kernel":
        assert differ(told(base().set({path: few}), 0, engine), told(base().set({path: many}), 0, engine))


def test_all_at_once_on_both_engines() -> None:
    scenario = base().set({path: {"uncertain": believed} for path, (believed, *_) in BELIEFS.items()})
    program = compile_scenario(scenario)
    assert set(BELIEFS) <= set(program.parameters)
    for replication in range(REPLICATIONS):
        logs = [log_matrix(program, SEED, replication, engine) for engine in ("simpy", "kernel")]
        np.testing.assert_array_equal(*logs)
    kernel, simpy = (
        replicate(program, REPLICATIONS, SEED, engine=engine, by="channel", cohorts=True)
        for engine in ("kernel", "simpy")
    )
    for name in kernel._fields:
        np.testing.assert_array_equal(getattr(kernel, name), getattr(simpy, name), name)


def test_who_is_old_is_counted_by_the_age_of_each_replication() -> None:
    scenario = base().set({"old_after": {"uncertain": "5d to 20d"}})
    program = compile_scenario(scenario)
    layout, place = layout_of(program), program.parameters.index("old_after")
    counts = replicate(program, 4, SEED)
    shares = set()
    for replication in range(4):
        log = log_matrix(program, SEED, replication, "kernel")
        tick, created, to, move = (log[:, COLUMNS.index(name)] for name in ("tick", "created", "to", "move"))
        old = tick - created >= np.floor(counts.parameters[replication, place] + 0.5)
        entered = (to >= 0) & ((move >= 0) | (created == tick))
        by_age = counts.counts[replication, :, :, layout.entry : layout.exit].sum(axis=(0, 1)).reshape(-1, 2)
        assert by_age.sum(axis=0).tolist() == [(entered & ~old).sum(), (entered & old).sum()]
        shares.add(by_age[:, 1].sum() / by_age.sum())
    assert len(shares) == 4


# ---------------------------------------------------------------- seasons
def by_day(scenario: Scenario, replication: int = 0) -> np.ndarray:
    """Leads that the first channel expects on each day."""
    tables = tables_of(compile_scenario(scenario), SEED, replication)
    return np.diff(tables.expected[0]) / LEAD


def test_months_change_the_flow_and_weekdays_move_it() -> None:
    season = {"month": {"jan": 2}, "weekday": {"sat": 0, "sun": 0}}
    expected = by_day(base().set({"channels.web.seasonality": season, "horizon": "2 months"}))
    assert expected[:31].sum() == pytest.approx(2 * 90)
    assert expected[31:].sum() == pytest.approx(90)
    assert expected[2] == expected[3] == 0, "the 3rd and 4th are a weekend"
    part = by_day(base().set({"channels.web.seasonality": season, "start": "2026-01-05", "horizon": "5d"}))
    np.testing.assert_allclose(part, expected[4:9])


def test_uncertain_weekdays_keep_the_sum_of_each_month() -> None:
    season = {
        "mon": {"uncertain": "0.5 to 2"},
        "sat": {"uncertain": "between 0 and 1"},
        "sun": {"uncertain": {"values": [0, 3]}},
    }
    scenario = base().set({"channels.web.seasonality.weekday": season, "horizon": "2 months"})
    found = [by_day(scenario, replication) for replication in range(6)]
    for expected in found:
        assert expected[:31].sum() == pytest.approx(1.5 * 90)
        assert expected[31:].sum() == pytest.approx(90)
    assert len({expected[2] for expected in found}) == 6


def test_a_length_is_a_tick_at_least() -> None:
    """A belief about a few milliseconds may be drawn as less than half of one."""
    paths = ("old_after", "stages.lead.moves.forgotten.trigger.idle", "stages.sql.moves.expire.extend.by")
    recycling = tuple(f"teams.sales.recycle_after.{what}" for what in ("follow_up", "opportunity", "win"))
    tiny = {"uncertain": "1ms to 100ms"}
    program = compile_scenario(base().set(dict.fromkeys((*paths, *recycling), tiny)))
    places = [program.parameters.index(path) for path in paths]
    drawn = [(tables.parameters[places], tables) for tables in (tables_of(program, 1, r) for r in range(300))]
    assert min(values.min() for values, _ in drawn) < 0.5, "some are"
    taking_back = program.structure.moves["void"] >= 0
    taking_back &= program.structure.moves["container"] >= len(program.stages) + len(program.streams)
    for _, tables in drawn:
        assert tables.run[0]["old_ticks"] >= 1
        moves = tables.moves[0]
        assert moves["trigger_at"][program.moves.index("forgotten")] >= 1
        assert moves["extend_by"][program.moves.index("expire")] >= 1
        assert (tables.waits["a"][moves["after"][taking_back]] >= 1).all()


def test_lengths_far_beyond_the_run() -> None:
    """Nothing overflows."""
    long = {"uncertain": {"values": ["1_000_000d"]}}
    paths = ["teams.sales.previous_owner_cooldown", "old_after", "stages.lead.moves.forgotten.trigger.idle"]
    paths += [f"teams.sales.protection.{field}" for field in ("length", "by_activity", "most")]
    program = compile_scenario(base().set(dict.fromkeys(paths, long)))
    np.testing.assert_array_equal(*(log_matrix(program, 1, 0, engine) for engine in ("simpy", "kernel")))
    assert tables_of(program, 1, 0).teams[0, 0]["cooldown"] == 1_000_000 * DAY
