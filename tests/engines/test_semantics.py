"""One test for every rule of `funnelsim/engines/semantics.md`, named after its number, on both engines.

Those about people, owners and scripts are in `test_semantics_teams.py`, those about touches and tracks in
`test_marketing_rules.py`.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.engines.log import log_matrix
from funnelsim.engines.replicate import replicate
from funnelsim.program import compile_scenario
from tests.engines.conftest import one_lead, story, write

RULES = Path(fs.__file__).parent / "engines" / "semantics.md"
DAY = 86_400_000


def test_every_rule_has_a_test() -> None:
    numbers = {int(number) for number in re.findall(r"^(\d+)\. \*\*", RULES.read_text(encoding="utf-8"), re.M)}
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    tested = {int(number) for text in texts for number in re.findall(r"def test_rule_(\d+)_", text)}
    assert numbers == set(range(1, max(numbers) + 1))
    assert tested == numbers


ENGINES = {
    "simpy": {"reference", "stays", "staffing", "owning", "leads", "counting", "accounts", "selling"},
    "kernel": {"kernel", "walking", "stepping", "meeting", "passing", "queues", "lives", "state"},
}
"""The modules of each engine; all others, and those of the program, are shared."""

WIDEST_RANGE = 8
"""A longer range of rules, such as that of all about people, names no one of them."""


def cited(text: str) -> set[int]:
    """Return the numbers of rules that a text cites: alone, in lists, and in ranges."""
    found: set[int] = set()
    for listed in re.findall(r"\b[Rr]ules? (\d+(?:(?:, and |, | and | to )\d+)*)", text):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", listed):
            numbers = range(int(first), int(last or first) + 1)
            found |= set(numbers) if len(numbers) <= WIDEST_RANGE else set()
    return found


@pytest.mark.parametrize("side", ENGINES)
def test_every_rule_is_cited_where_it_is_kept(side: str) -> None:
    numbers = {int(number) for number in re.findall(r"^(\d+)\. \*\*", RULES.read_text(encoding="utf-8"), re.M)}
    modules = {path.stem: path for path in RULES.parent.glob("*.py")}
    assert set().union(*ENGINES.values()) <= set(modules)
    others = set().union(*(names for engine, names in ENGINES.items() if engine != side))
    paths = [path for name, path in modules.items() if name not in others]
    paths += (RULES.parents[1] / "program").glob("*.py")
    assert numbers - set().union(*(cited(path.read_text(encoding="utf-8")) for path in paths)) == set()


def test_citations_are_read() -> None:
    assert cited("Rule 7: …, rules 9, 11 and 13 to 15 (rules 1 to 40); 3 rules 5") == {5, 7, 9, 11, 13, 14, 15}
    assert cited("a ruler 8, rulings 9") == set()


# ---------------------------------------------------------------- time and money
def test_rule_1_time_is_whole(engine: str) -> None:
    stages = {
        "lead": {"moves": {"call": {"every": {"dist": "exponential", "mean": "1ms"}, "to": "won", "chance": 0.01}}},
        "won": {},
    }
    program = compile_scenario(one_lead(stages, warm_up="1 month"))
    assert program.begin.isoformat() == "2025-12-01"
    assert program.structure.start_tick == 31 * DAY
    log = log_matrix(program, 1, 0, engine)  # type: ignore[arg-type]
    ticks = log[log[:, 9] >= 0, 0]
    assert log.dtype == np.int64
    waits = np.diff(ticks[1:])
    assert len(waits) > 10
    assert waits.min() == 1, "a wait that rounds to nothing takes a tick all the same"


def test_rule_2_money_is_whole_and_parts_add_up(engine: str) -> None:
    stages = {"lead": {"moves": {"call": {"after": "1d", "to": "won", "cost": 0.0001}}}, "won": {"value": "1 to 3"}}
    channels = {"web": {"leads": "10 per day", "enters": "lead", "spend": "100 per month", "cost": 0.3333}}
    scenario = write(stages, channels=channels, horizon="2 months", period="1d")
    counts = replicate(compile_scenario(scenario), 1, 3, engine=engine)  # type: ignore[arg-type]
    assert counts.spend.sum() == 2 * 100 * 10_000
    assert len(set(counts.spend[0, 0, 1:].tolist())) > 1, "days of a month cannot all cost the same"
    log = log_matrix(compile_scenario(scenario), 3, 0, engine)  # type: ignore[arg-type]
    assert log[:, 14].sum() == counts.costs.sum()
    assert set(log[:, 14].tolist()) == {1, 3333}


def test_rule_3_intervals_are_half_open(engine: str) -> None:
    stages = {
        "lead": {"moves": {"call": {"after": "10d", "every": "10d", "chance": 0, "to": "won", "cost": 1}}},
        "won": {},
    }
    scenario = one_lead(stages, horizon="30d", period="10d")
    assert [time for time, *_ in story(scenario, engine)] == [10, 20]
    result = fs.simulate(scenario, replications=1, engine=engine)  # type: ignore[arg-type]
    assert result.metric("spend").values.tolist() == [[0, 1, 1]]


def test_rule_4_warm_up_is_run_and_not_counted(engine: str) -> None:
    stages = {"lead": {"moves": {"call": {"after": "3d", "to": "won"}}}, "won": {}}
    scenario = write(stages, warm_up="10d", horizon="10d", period="10d")
    log = fs.trace(scenario, engine=engine)  # type: ignore[arg-type]
    assert (log["time"] < 0).sum() == 10 + 7
    result = fs.simulate(scenario, replications=1, engine=engine)  # type: ignore[arg-type]
    assert result.metric("new_leads").item() == 10
    assert result.metric("won").item() == 10, "three of them were in flight when the count began"
    assert result.metric("in_lead").item() == 3


# ---------------------------------------------------------------- order at an instant
def test_rule_5_the_calendar_comes_before_leads(engine: str) -> None:
    stages = {
        "lead": {"moves": {"call": {"after": "31d", "chance": 0, "to": "won", "else": "lost"}}},
        "won": {},
        "lost": {},
    }
    changes = [{"from": "2026-02-01", "set": {"stages.lead.moves.call.chance": 1}}]
    assert story(one_lead(stages, changes=changes), engine) == [(31, "call", "succeeded", "lead", "won")]
    later = [{"from": "2026-02-02", "set": {"stages.lead.moves.call.chance": 1}}]
    assert story(one_lead(stages, changes=later), engine) == [(31, "call", "exhausted", "lead", "lost")]


def test_rule_6_a_leads_own_order(engine: str) -> None:
    stages = {
        "lead": {
            "moves": {
                "b": {"every": "1d", "attempts": 1, "chance": 0, "to": "won", "cost": 1, "after": "1d"},
                "a": {"after": "1d", "chance": 0, "to": "won", "cost": 1},
            },
            "track": "drip",
        },
        "won": {},
    }
    touches = {"mail": {"response": 0}}
    tracks = {"drip": {"cadence": "1d", "touches": ["mail"], "exhausted": {"after": 1}}}
    moves = [move for _, move, *_ in story(one_lead(stages, touches=touches, tracks=tracks), engine) if move]
    assert moves == ["b", "a", "mail"]


def test_rule_7_a_deadline_beats_an_attempt(engine: str) -> None:
    stages = {
        "sql": {
            "moves": {
                "follow_up": {"after": "7d", "chance": 1, "odds": {"visit": [1]}, "to": "won"},
                "expire": {"after": "7d", "to": "pool"},
            }
        },
        "won": {},
        "pool": {},
    }
    assert story(one_lead(stages), engine) == [(7, "expire", "succeeded", "sql", "pool")]


def test_rule_8_the_log_is_ordered(engine: str) -> None:
    stages = {
        "lead": {"moves": {"call": {"every": "1d", "attempts": 3, "chance": "30%", "to": "won", "else": "won"}}},
        "won": {},
    }
    channels = {
        "base": {"backlog": 50, "enters": "lead"},
        "web": {"leads": "20 per day", "enters": "lead"},
    }
    log = log_matrix(compile_scenario(write(stages, channels=channels)), 1, 0, engine)  # type: ignore[arg-type]
    keys = [(int(tick), int(key) % 2**64, int(sequence)) for tick, key, sequence in log[:, :3]]
    assert keys == sorted(keys)
    assert len({tick for tick, *_ in keys}) < len(keys) / 1.2, "there are ties to be ordered"


# ---------------------------------------------------------------- leads, stages and streams
def test_rule_9_one_stage_and_at_most_one_stream(engine: str) -> None:
    scenario = fs.load(Path(__file__).parents[2] / "scenarios" / "trunk.yaml").set(
        {"channels.base.backlog": 100, "horizon": "3 months"}
    )
    log = fs.trace(scenario, engine=engine)  # type: ignore[arg-type]
    for _, rows in log.groupby("lead"):
        stands, to = rows["stage"].astype(str).tolist(), rows["to"].astype(str).tolist()
        place = ""
        for stage, moved in zip(stands, to, strict=True):
            assert stage == place
            place = moved or place
    assert set(log.loc[log["stream"] == "reactivation", "stage"].astype(str)) == {"pool"}


def test_rule_10_arrivals(engine: str) -> None:
    stages = {"lead": {"moves": {"call": {"after": "90d", "to": "won"}}}, "won": {}}

    def times(leads: str, arrivals: str) -> np.ndarray:
        channels = {"web": {"leads": leads, "arrivals": arrivals, "enters": "lead"}}
        log = fs.trace(write(stages, channels=channels, horizon="10d"), engine=engine)  # type: ignore[arg-type]
        return log["time"].to_numpy()

    np.testing.assert_allclose(times("2 per day", "evenly"), np.arange(20) / 2 + 0.25, atol=1e-8)
    slow, fast = times("20 per day", "poisson"), times("40 per day", "poisson")
    np.testing.assert_allclose(slow / 2, fast[: len(slow)], atol=1e-7, err_msg="the same leads, earlier")


def test_rule_11_a_backlog_stands_there_on_day_one(engine: str) -> None:
    stages = {
        "pool": {"moves": {"leave": {"after": "1d", "to": "lead"}}},
        "lead": {"moves": {"back": {"to": "pool", "after": "1d"}}},
    }
    channels = {"base": {"backlog": 3, "age": "100d", "enters": "pool"}}
    scenario = write(stages, channels=channels, warm_up="20d", horizon="10d", period="10d")
    log = fs.trace(scenario, engine=engine)  # type: ignore[arg-type]
    assert log["outcome"].astype(str).tolist()[:3] == ["present"] * 3
    assert log["time"].tolist()[:3] == [0, 0, 0]
    assert log["age"].tolist()[:3] == [100, 100, 100]
    result = fs.simulate(scenario, replications=1, engine=engine)  # type: ignore[arg-type]
    assert result.metric("new_leads").item() == 0
    assert result.metric("pool").item() == (log["to"] == "pool").sum() - 3
    assert result.metric("first_pool").item() == 0, "the backlog was there before"
    assert result.metric("first_lead").item() == 3


def test_rule_12_entering_starts_clocks_afresh(engine: str) -> None:
    stages = {
        "lead": {
            "moves": {"call": {"after": "1d", "every": "1d", "attempts": 2, "chance": 0, "to": "won", "else": "lead"}}
        },
        "won": {},
    }
    assert story(one_lead(stages, horizon="5d"), engine) == [
        (1, "call", "failed", "lead", ""),
        (2, "call", "exhausted", "lead", "lead"),
        (3, "call", "failed", "lead", ""),
        (4, "call", "exhausted", "lead", "lead"),
    ]


@pytest.mark.parametrize(("track", "times"), [("drip", [4, 8]), ("keep", [4, 8]), ("none", [])])
def test_rule_13_a_stage_says_what_becomes_of_the_stream(engine: str, track: str, times: list[float]) -> None:
    stages = {
        "pool": {"track": "drip", "moves": {"go": {"after": "3d", "to": "mql"}}},
        "mql": {"track": track, "moves": {"end": {"after": "6d", "to": "won"}}},
        "won": {},
    }
    touches, tracks = (
        {"mail": {"response": 0}},
        {"drip": {"cadence": "4d", "touches": ["mail"], "exhausted": {"after": 9}}},
    )
    rows = story(one_lead(stages, touches=touches, tracks=tracks), engine)
    assert [time for time, move, *_ in rows if move == "mail"] == times
    assert rows[-1] == (9, "end", "succeeded", "mql", "won"), "a final stage ends the stream too"


def test_rule_14_a_final_stage_ends_the_story(engine: str) -> None:
    stages = {
        "lead": {
            "moves": {
                "call": {"after": "1d", "to": "won"},
                "mail": {"every": "2d", "chance": 0, "cost": 1, "to": "lead"},
            }
        },
        "won": {},
    }
    assert story(one_lead(stages), engine)[-1] == (1, "call", "succeeded", "lead", "won")


def test_rule_15_backlogs_have_random_phases(engine: str) -> None:
    stages = {"pool": {"track": "drip"}, "won": {}}
    touches = {"mail": {"response": "1%"}}
    tracks = {"drip": {"cadence": "30d", "touches": ["mail"], "on_response": {"to": "won"}}}
    channels = {"base": {"backlog": 2_000, "enters": "pool"}}
    log = fs.trace(write(stages, channels=channels, touches=touches, tracks=tracks, horizon="30d"), engine=engine)  # type: ignore[arg-type]
    first = log.loc[log["move"] == "mail", "time"].to_numpy()
    assert len(first) == 2_000, "within one cadence everybody is touched once"
    places = np.sort(first) / 30
    # Kolmogorov-Smirnov distance from the uniform law; 2.2 / sqrt(n) is passed with a chance of 1e-4
    distance = np.abs(places - (np.arange(2_000) + 0.5) / 2_000).max()
    assert 0.001 < distance < 2.2 / np.sqrt(2_000)


# ---------------------------------------------------------------- moves
def test_rule_16_chances_are_read_at_the_attempt(engine: str) -> None:
    stages = {
        "lead": {
            "moves": {
                "call": {
                    "every": "1d",
                    "after": "1d",
                    "attempts": 3,
                    "to": "won",
                    "else": "lead",
                    "chance": {"attempt": [0, 0, 1]},
                }
            }
        },
        "won": {"moves": {"again": {"after": "1d", "to": "gone", "chance": {"visit": [0, 1]}, "else": "lead"}}},
        "gone": {},
    }
    assert story(one_lead(stages), engine) == [
        (1, "call", "failed", "lead", ""),
        (2, "call", "failed", "lead", ""),
        (3, "call", "succeeded", "lead", "won"),
        (4, "again", "exhausted", "won", "lead"),
        (5, "call", "failed", "lead", ""),
        (6, "call", "failed", "lead", ""),
        (7, "call", "succeeded", "lead", "won"),
        (8, "again", "succeeded", "won", "gone"),
    ]
    channels = {name: {"backlog": 5, "enters": "lead"} for name in ("a", "b")}
    by_channel = {
        "lead": {
            "moves": {"call": {"after": "1d", "to": "won", "else": "lost", "chance": {"channel": {"a": 0, "b": 1}}}}
        },
        "won": {},
        "lost": {},
    }
    log = fs.trace(write(by_channel, channels=channels), engine=engine)  # type: ignore[arg-type]
    assert set(log.loc[log["to"] == "won", "channel"].astype(str)) == {"b"}
    assert set(log.loc[log["to"] == "lost", "channel"].astype(str)) == {"a"}


def test_rule_16_touches_take_turns(engine: str) -> None:
    stages = {"pool": {"track": "drip"}, "won": {}}
    touches = {"sms": {"response": 0, "cost": 1}, "mail": {"response": 0, "cost": 2}, "call": {"response": 1}}
    tracks = {"drip": {"cadence": "1d", "touches": ["sms", "mail", "sms", "call"], "on_response": {"to": "won"}}}
    rows = story(one_lead(stages, touches=touches, tracks=tracks), engine)
    assert [move for _, move, *_ in rows] == ["sms", "mail", "sms", "call"]


def test_rule_17_success_cancels_the_other_moves(engine: str) -> None:
    stages = {
        "pool": {"track": "drip", "moves": {"wake": {"after": "20d", "to": "won"}}},
        "mql": {"track": "drip", "moves": {"call": {"after": "11d", "to": "won"}}},
        "won": {},
    }
    touches = {"mail": {"response": {"attempt": [1, 0]}}}
    tracks = {
        "drip": {
            "cadence": "5d",
            "touches": ["mail"],
            "on_response": {"to": "mql"},
            "exhausted": {"after": 3, "to": "won"},
        }
    }
    assert story(one_lead(stages, touches=touches, tracks=tracks), engine) == [
        (5, "mail", "succeeded", "pool", "mql"),
        (10, "mail", "failed", "mql", ""),
        (15, "mail", "exhausted", "mql", "won"),
    ]
    tracks["drip"]["exhausted"] = {"after": 1, "to": "won"}
    assert story(one_lead(stages, touches=touches, tracks=tracks), engine) == [
        (5, "mail", "succeeded", "pool", "mql"),
        (16, "call", "succeeded", "mql", "won"),
    ]


def test_rule_18_success_without_a_way_uses_an_attempt(engine: str) -> None:
    stages = {"pool": {"track": "drip"}, "dormant": {}}
    touches, tracks = (
        {"mail": {"response": 1}},
        {"drip": {"cadence": "5d", "touches": ["mail"], "exhausted": {"after": 2, "to": "dormant"}}},
    )
    assert story(one_lead(stages, touches=touches, tracks=tracks), engine) == [
        (5, "mail", "succeeded", "pool", ""),
        (10, "mail", "succeeded", "pool", "dormant"),
    ]


def test_rule_19_failure_is_tried_again(engine: str) -> None:
    stages = {
        "lead": {
            "moves": {"call": {"after": "1d", "every": "2d", "attempts": 3, "chance": 0, "to": "won", "else": "lost"}}
        },
        "won": {},
        "lost": {},
    }
    assert [(time, outcome) for time, _, outcome, *_ in story(one_lead(stages), engine)] == [
        (1, "failed"), (3, "failed"), (5, "exhausted"),
    ]  # fmt: skip


def test_rule_20_a_cadence_counts_from_the_planned_time(engine: str) -> None:
    stages = {"pool": {"track": "drip"}, "won": {}}
    touches = {"mail": {"response": 0}}
    tracks = {
        "drip": {
            "cadence": {"dist": "uniform", "low": "1d", "high": "3d"},
            "touches": ["mail"],
            "on_response": {"to": "won"},
        }
    }
    log = log_matrix(compile_scenario(one_lead(stages, touches=touches, tracks=tracks)), 1, 0, engine)  # type: ignore[arg-type]
    waits = np.diff(log[log[:, 9] > 0, 0][1:])
    assert ((waits >= DAY) & (waits <= 3 * DAY)).all()
    constant = {"drip": {**tracks["drip"], "cadence": "2d"}}
    times = [time for time, *_ in story(one_lead(stages, touches=touches, tracks=constant), engine)]
    assert times == list(range(2, 60, 2)), "no drift"


def test_rule_21_after_the_last_attempt(engine: str) -> None:
    unlimited = {"lead": {"moves": {"call": {"every": "1d", "chance": 0, "to": "won"}}}, "won": {}}
    assert len(story(one_lead(unlimited, horizon="10d"), engine)) == 10
    once = {"lead": {"moves": {"call": {"after": "1d", "chance": 0, "to": "won"}}}, "won": {}}
    assert story(one_lead(once), engine) == [(1, "call", "failed", "lead", ""), (1, "", "stalled", "lead", "")]


LIFETIME = {
    "pool": {"moves": {"touch": {"after": "1d", "every": "1d", "lifetime_attempts": 3, "chance": 0, "to": "won", "else": "dormant"},
                       "leave": {"after": "2d", "to": "away"}}},
    "away": {"moves": {"back": {"after": "1d", "to": "pool"}}},
    "won": {}, "dormant": {},
}  # fmt: skip


def test_rule_22_a_lifetime_limit_counts_over_all_stays(engine: str) -> None:
    stages = {**LIFETIME, "pool": {"moves": {**LIFETIME["pool"]["moves"], "leave": {"after": "36h", "to": "away"}}}}
    assert [row for row in story(one_lead(stages), engine) if row[1] == "touch"] == [
        (1, "touch", "failed", "pool", ""),
        (3.5, "touch", "failed", "pool", ""),
        (6, "touch", "exhausted", "pool", "dormant"),
    ]


def test_rule_23_a_limit_met_on_entry_sends_away_at_once(engine: str) -> None:
    touch = {**LIFETIME["pool"]["moves"]["touch"], "lifetime_attempts": 2, "else": "dormant"}
    respond = {
        "pool": {
            "moves": {
                "touch": {**touch, "chance": {"visit": [0, 1]}, "to": "away"},
                "leave": {"after": "36h", "to": "away"},
            }
        }
    }
    stages = {**LIFETIME, **respond}
    del stages["won"]
    scenario = one_lead(stages)
    assert story(scenario, engine) == [
        (1, "touch", "failed", "pool", ""),
        (1.5, "leave", "succeeded", "pool", "away"),
        (2.5, "back", "succeeded", "away", "pool"),
        (3.5, "touch", "succeeded", "pool", "away"),
        (4.5, "back", "succeeded", "away", "dormant"),
    ]
    result = fs.simulate(scenario, replications=1, engine=engine)  # type: ignore[arg-type]
    assert result.metric("pool", over="horizon").item() == 2
    assert result.metric("dormant", over="horizon").item() == 1


def test_rule_24_never_does_not_start(engine: str) -> None:
    stages = {
        "lead": {"moves": {"call": {"after": "never", "to": "won"}, "expire": {"after": "5d", "to": "lost"}}},
        "won": {},
        "lost": {},
    }
    assert story(one_lead(stages), engine) == [(5, "expire", "succeeded", "lead", "lost")]


def test_rule_25_stalled_and_woken(engine: str) -> None:
    stages = {"lead": {"moves": {"call": {"after": "never", "to": "won"}}}, "won": {}}
    changes = [{"from": "2026-01-11", "set": {"stages.lead.moves.call.after": "30d"}}]
    scenario = one_lead(stages, changes=changes, horizon="2 months", period="month")
    assert story(scenario, engine) == [
        (0, "", "stalled", "lead", ""),
        (10, "", "woken", "lead", ""),
        (40, "call", "succeeded", "lead", "won"),
    ]
    never = scenario.set({"changes": [{"from": "2026-02-11", "set": {"stages.lead.moves.call.after": "1d"}}]})
    stalled = fs.simulate(never, replications=1, engine=engine).metric("stalled_lead")  # type: ignore[arg-type]
    assert stalled.values.tolist() == [[1, 0]]


# ---------------------------------------------------------------- triggers
def test_rule_26_triggered_by_entering_a_stage(engine: str) -> None:
    stages = {
        "pool": {"track": "drip", "moves": {"go": {"after": "5d", "to": "mql"}}},
        "mql": {"track": "drip", "moves": {"go": {"after": "5d", "to": "won"}}},
        "won": {},
    }
    touches = {"mail": {"response": 0}}
    moves = {"welcome": {"trigger": {"enters": "mql"}, "after": "2d", "cost": 1, "chance": 0},
             "hello": {"trigger": {"enters": "pool"}, "after": "1d", "cost": 1, "chance": 0}}  # fmt: skip
    tracks = {"drip": {"cadence": "50d", "touches": ["mail"], "moves": moves}}
    rows = story(one_lead(stages, touches=touches, tracks=tracks), engine)
    assert [(time, move) for time, move, *_ in rows] == [(1, "hello"), (5, "go"), (7, "welcome"), (10, "go")]


def test_rule_27_triggered_by_a_date(engine: str) -> None:
    stages = {"lead": {"moves": {"offer": {"trigger": {"date": "2026-01-11"}, "after": "2d", "to": "won"},
                                 "stay": {"after": "100d", "to": "won"}}}, "won": {}}  # fmt: skip
    assert story(one_lead(stages), engine) == [(12, "offer", "succeeded", "lead", "won")]
    late = {"wait": {"moves": {"on": {"after": "11d", "to": "lead"}}}, **stages}
    assert story(one_lead(late, enters="wait"), engine)[-1][1] == "on", "who comes later misses it"
    just = {"wait": {"moves": {"on": {"after": "10d", "to": "lead"}}}, **stages}
    assert story(one_lead(just, enters="wait"), engine)[-1] == (12, "offer", "succeeded", "lead", "won")


def test_rule_28_triggered_by_idleness(engine: str) -> None:
    moves = {
        "news": {"after": "4d", "every": "4d", "attempts": 3, "chance": {"attempt": [1, 1, 0]}, "cost": 1},
        "wake": {"trigger": {"idle": "5d"}, "to": "won"},
    }
    stages = {"lead": {"moves": moves}, "won": {}}
    assert story(one_lead(stages), engine) == [
        (4, "news", "succeeded", "lead", ""),
        (8, "news", "succeeded", "lead", ""),
        (12, "news", "failed", "lead", ""),
        (13, "wake", "succeeded", "lead", "won"),
    ]


def test_rule_29_a_restart_begins_afresh(engine: str) -> None:
    stages = {
        "pool": {"track": "drip", "moves": {"go": {"after": "5d", "to": "pool", "lifetime_attempts": 2}}},
        "won": {},
    }
    touches = {"mail": {"response": 0}}
    moves = {"hello": {"trigger": {"enters": "pool"}, "after": "2d", "every": "2d", "attempts": 9, "lifetime_attempts": 6,
                       "cost": 1, "chance": 0, "to": "won"}}  # fmt: skip
    tracks = {"drip": {"cadence": "50d", "touches": ["mail"], "moves": moves}}
    log = fs.trace(one_lead(stages, touches=touches, tracks=tracks), engine=engine)  # type: ignore[arg-type]
    hello = log[log["move"] == "hello"]
    assert hello["time"].tolist() == [2, 4, 7, 9, 12, 14]
    assert hello["attempt"].tolist() == [1, 2, 1, 2, 1, 2]


# ---------------------------------------------------------------- changes
def test_rule_30_a_change_sets_values(engine: str) -> None:
    stages = {
        "lead": {"moves": {"call": {"every": "9d", "after": "9d", "chance": 0, "cost": 1, "to": "won"}}},
        "won": {"value": 5},
    }
    change = {"stages.lead.moves.call.chance": 1, "stages.lead.moves.call.cost": 2, "stages.won.value": 7}
    log = fs.trace(one_lead(stages, changes=[{"from": "2026-01-19", "set": change}]), engine=engine)  # type: ignore[arg-type]
    rows = log[log["move"] == "call"]
    assert rows["cost"].tolist() == [1, 2]
    assert rows["value"].tolist() == [0, 7]
    channels = {"web": {"leads": "1 per day", "arrivals": "evenly", "enters": "lead", "cost": 1, "spend": "1 per day"}}
    change = {"channels.web.leads": "2 per day", "channels.web.cost": 3, "channels.web.spend": "10 per day"}
    scenario = write(
        stages, channels=channels, horizon="20d", period="10d", changes=[{"from": "2026-01-11", "set": change}]
    )
    result = fs.simulate(scenario, replications=1, engine=engine)  # type: ignore[arg-type]
    assert result.metric("new_leads").values.tolist() == [[10, 20]]
    assert result.metric("spend_leads").values.tolist() == [[10, 60]]
    assert result.metric("spend_media").values.tolist() == [[10, 100]]


def test_rule_31_running_waits_keep_their_time(engine: str) -> None:
    stages = {"pool": {"track": "drip"}, "won": {}}
    touches = {"mail": {"response": 0}}
    tracks = {"drip": {"cadence": "20d", "touches": ["mail"], "on_response": {"to": "won"}}}
    changes = [{"from": "2026-01-11", "set": {"tracks.drip.cadence": "7d"}}]
    rows = story(one_lead(stages, touches=touches, tracks=tracks, changes=changes), engine)
    assert [time for time, *_ in rows] == [20, 27, 34, 41, 48, 55]
    changes = [{"from": "2026-01-11", "set": {"tracks.drip.cadence": "never"}}]
    rows = story(one_lead(stages, touches=touches, tracks=tracks, changes=changes), engine)
    assert rows == [(10, "", "stalled", "pool", "")]


def test_rule_32_a_change_wakes_the_silent(engine: str) -> None:
    stages = {"pool": {"track": "drip"}, "won": {}}
    touches = {"mail": {"response": 0}}
    tracks = {"drip": {"cadence": "5d", "touches": ["mail"], "on_response": {"to": "won"}, "exhausted": {"after": 1}}}
    changes = [
        {"from": "2026-01-11", "set": {"touches.mail.cost": 1}},
        {"from": "2026-01-21", "set": {"tracks.drip.exhausted.after": 2}},
    ]
    assert story(one_lead(stages, touches=touches, tracks=tracks, changes=changes), engine) == [
        (5, "mail", "failed", "pool", ""),
        (5, "", "stalled", "pool", ""),
        (20, "", "woken", "pool", ""),
        (25, "mail", "failed", "pool", ""),
        (25, "", "stalled", "pool", ""),
    ]
    untouched = {"lead": {"moves": {"offer": {"trigger": {"date": "2026-02-11"}, "to": "won"}}}, "won": {}}
    changes = [{"from": "2026-01-11", "set": {"stages.lead.moves.offer.cost": 1}}]
    rows = story(one_lead(untouched, changes=changes), engine)
    assert [row[0] for row in rows] == [0, 41, 41], "a change does not stand in for a trigger"


# ---------------------------------------------------------------- luck
def test_rule_33_names_decide_luck(engine: str) -> None:
    stages = {
        "lead": {"moves": {"call": {"after": "1d to 9d", "chance": "40%", "to": "won", "else": "lost"}}},
        "won": {},
        "lost": {},
    }
    channels = {"web": {"leads": "3 per day", "enters": "lead"}}
    before = fs.trace(write(stages, channels=channels), engine=engine)  # type: ignore[arg-type]
    more_stages = {"extra": {"moves": {"hop": {"after": "2d", "chance": "50%", "to": "lead", "else": "won"}}}, **stages}
    more_channels = {"other": {"leads": "9 per day", "enters": "extra"}, **channels}
    after = fs.trace(write(more_stages, channels=more_channels), engine=engine)  # type: ignore[arg-type]
    columns = ["time", "lead", "move", "attempt", "outcome", "to"]
    same = after.loc[after["channel"] == "web", columns].astype(str).reset_index(drop=True)
    assert same.equals(before[columns].astype(str).reset_index(drop=True))
    assert not before.equals(fs.trace(write(stages, channels=channels), engine=engine, seed=2))  # type: ignore[arg-type]
    assert not before.equals(fs.trace(write(stages, channels=channels), engine=engine, replication=1))  # type: ignore[arg-type]


def test_rule_34_segments_are_drawn_by_name(engine: str) -> None:
    stages = {"lead": {"moves": {"call": {"after": "1d", "to": "won"}}}, "won": {}}
    channels = {"web": {"leads": "30 per day", "enters": "lead"}}

    def drawn(**shares: float) -> dict[str, str]:
        segments = {name: {"share": share} for name, share in shares.items()}
        log = fs.trace(write(stages, channels=channels, segments=segments), engine=engine)  # type: ignore[arg-type]
        return dict(zip(log["lead"], log["segment"].astype(str), strict=True))

    two, three = drawn(small=0.75, big=0.25), drawn(small=0.6, big=0.2, new=0.2)
    changed = {lead for lead in two if two[lead] != three[lead]}
    assert {three[lead] for lead in changed} == {"new"}
    # binomial: 1,800 leads, share 0.2; five standard deviations
    assert abs(len(changed) - 0.2 * len(two)) < 5 * np.sqrt(len(two) * 0.2 * 0.8)


def test_rule_35_ignorance_is_drawn_once_a_replication(engine: str) -> None:
    stages = {
        "lead": {
            "moves": {
                "call": {"after": "1d", "to": "won", "cost": {"uncertain": {"dist": "uniform", "low": 10, "high": 90}}}
            }
        },
        "won": {},
    }
    channels = {"web": {"leads": "3 per day", "enters": "lead"}}
    changes = [{"from": "2026-01-21", "set": {"stages.lead.moves.call.after": "2d"}}]
    scenario = write(stages, channels=channels, changes=changes)
    costs = [set(fs.trace(scenario, engine=engine, replication=r)["cost"]) - {0.0} for r in range(3)]  # type: ignore[arg-type]
    assert all(len(cost) == 1 for cost in costs)
    assert len(set.union(*costs)) == 3


# ---------------------------------------------------------------- the end
def test_rule_36_leads_alive_are_counted_where_they_stand(engine: str) -> None:
    stages = {"lead": {"moves": {"call": {"after": "20d", "to": "won"}}}, "won": {}}
    result = fs.simulate(write(stages, horizon="30d", period="10d"), replications=1, engine=engine)  # type: ignore[arg-type]
    assert result.metric("in_lead").values.tolist() == [[10, 20, 20]]
    assert result.metric("in_won").values.tolist() == [[0, 0, 10]]


def test_rule_37_nothing_is_lost(engine: str) -> None:
    path = Path(__file__).parents[2] / "scenarios" / "trunk.yaml"
    scenario = fs.load(path).set({"channels.base.backlog": 200, "horizon": "4 months", "warm_up": "1 month"})
    result = fs.simulate(scenario, replications=2, engine=engine)  # type: ignore[arg-type]
    standing = sum(result.metric(f"in_{stage}") for stage in scenario.stages)
    log = [fs.trace(scenario, engine=engine, replication=r) for r in range(2)]  # type: ignore[arg-type]
    came = [frame["outcome"].isin(["created", "present"]) for frame in log]
    ends = (result.data["period"].to_numpy()[1:].tolist(), None)
    last = [int(mask.sum()) for mask in came]
    assert standing.values[:, -1].tolist() == last
    assert len(ends[0]) == 3
    parts = sum(result.metric(name) for name in ("spend_media", "spend_leads", "spend_touches", "spend_moves"))
    np.testing.assert_array_equal(
        np.asarray(parts * 10_000).round(), np.asarray(result.metric("spend") * 10_000).round()
    )
