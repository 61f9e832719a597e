"""Rounds that leads surely go for ever: those found are held against a walk through all that can come of every chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funnelsim.scenario import ScenarioError, loads
from funnelsim.scenario.writing import write_yaml

ROUND = "leads go round in no time and for ever: "
SEGMENTS = {"a": {"share": "50%"}, "b": {"share": "50%"}}
BACK = {"b": {"moves": {"c": {"to": "lead"}}}}


def refused(stages: dict[str, Any], **fields: Any) -> list[str]:
    """Return what is said of rounds."""
    channels = {"search": {"leads": "1 per day", "enters": "lead"}}
    head = {"format": 1, "name": "Case", "start": "2026-01-01", "horizon": "3 months", "channels": channels}
    try:
        loads(write_yaml({**head, **fields, "stages": stages}))
    except ScenarioError as error:
        messages = [f"{problem.path}: {problem.message}" for problem in error.problems]
        return [message for message in messages if "go round" in message]
    return []


def lead(back: dict[str, Any] | None = None, **move: Any) -> dict[str, Any]:
    """Return a stage with one move, a stage that leads back, and one that is final."""
    move = {name.rstrip("_"): value for name, value in move.items()}
    return {"lead": {"moves": {"c": move}}, **(BACK if back is None else {"b": {"moves": {"c": back}}}), "won": {}}


# ---------------------------------------------------------------- in no time
@pytest.mark.parametrize(
    ("move", "whose"),
    [
        ({"chance": {"segment": {"a": 1, "b": 0}}, "to": "b", "else_": "won"}, "leads of segment a"),
        ({"chance": {"segment": {"a": 0, "b": 1}}, "to": "won", "else_": "b"}, "leads of segment a"),
        ({"chance": {"segment": {"a": 1, "b": 0}}, "to": "b", "else_": "b"}, "leads"),
        ({"chance": {"segment": {"a": 0.5, "b": 0.9}}, "to": "b", "else_": "won"}, None),
        ({"chance": {"line": {"mobile": 1, "fax": 0.1}}, "to": "b", "else_": "won"}, "leads"),
        ({"chance": {"line": {"mobile": 0.1, "fax": 1}}, "to": "b", "else_": "won"}, None),  # nobody has a fax
        ({"chance": {"channel": {"search": 1, "base": 0}}, "to": "b", "else_": "won"}, "leads of channel search"),
        ({"chance": {"visit": [0.5, 1]}, "to": "b", "else_": "won"}, "leads"),
        ({"chance": {"visit": [0, 1]}, "to": "b", "else_": "won"}, None),  # nobody comes a second time
        ({"chance": {"visit": [1, 0.5]}, "to": "b", "else_": "won"}, None),
        ({"chance": {"visit": [1, 0.5, 1]}, "to": "b", "else_": "won"}, "leads"),
        ({"chance": {"visit": [1, 0, 1]}, "to": "b", "else_": "won"}, None),
        ({"chance": {"attempt": [1, 0.5]}, "every": "1d", "to": "b"}, "leads"),
        ({"chance": {"attempt": [0.5, 1]}, "every": "1d", "to": "b"}, None),
        ({"chance": {"attempt": [1, 0.5]}, "to": "b"}, "leads"),
        ({"chance": 0, "to": "won", "else_": "b"}, "leads"),
        ({"chance": 1, "to": "b", "else_": "won"}, "leads"),
        ({"chance": {"uncertain": {"values": [1, 1]}}, "to": "b", "else_": "won"}, "leads"),
        ({"chance": {"uncertain": {"values": [1, 0.9]}}, "to": "b", "else_": "won"}, None),
        ({"chance": 1, "odds": {"segment": {"b": 0.1}}, "to": "b", "else_": "won"}, "leads"),
        ({"script": {"talk": {"chance": 0, "else": "b"}}, "to": "won", "else_": "won"}, "leads"),
        ({"script": {"talk": {"chance": {"segment": {"a": 0, "b": 1}}, "else": "b"}}, "to": "won"}, "leads of segment a"),
        ({"chance": 0, "unanswered": 1, "every": "1d", "to": "won", "else_": "b"}, "leads"),
        ({"chance": 0, "unanswered": 2, "every": "1d", "to": "won", "else_": "b"}, None),
        ({"needs": 2, "every": "1d", "to": "b"}, None),
        ({"needs": 1, "every": "1d", "to": "b"}, "leads"),
        ({"team": "sales", "to": "b"}, "leads"),
        ({"team": "sales", "takes": "1s", "to": "b"}, None),
        ({"team": "busy", "to": "b"}, None),
        ({"team": "limited", "to": "b"}, None),
        ({"lifetime_attempts": 3, "to": "b", "else_": "b"}, None),
        ({"after": "never", "to": "b"}, None),
    ],
)  # fmt: skip
def test_who_goes_round_in_no_time(move: dict[str, Any], whose: str | None) -> None:
    teams = {"sales": {"people": 2}, "busy": {"people": 1}, "limited": {"people": 1, "queue_limit": 2}}
    work = {name: {"team": name, "takes": "1h", "every": "1d"} for name in ("busy",)}
    stages = lead(**move) | {"other": {"moves": {**work, "go": {"after": "1d", "to": "won"}}}}
    channels = {
        "search": {"leads": "1 per day", "enters": "lead"},
        "base": {"backlog": 5, "enters": "lead"},
        "rest": {"leads": "1 per day", "enters": "other"},
    }
    if "channel" in repr(move):
        move["chance"]["channel"]["rest"] = 0.5
    else:
        del channels["base"]
    found = refused(stages, channels=channels, segments=SEGMENTS, teams=teams, traits={"line": {"mobile": 1, "fax": 0}})
    assert [message.partition(" go round")[0] for message in found] == ([f"stages.lead: {whose}"] if whose else [])


def test_a_round_that_nobody_comes_to_is_none() -> None:
    gate = {"chance": {"segment": {"a": 0, "b": 1}}, "to": "x", "else": "won"}
    loop = {"chance": {"segment": {"a": 1, "b": 0.5}}, "to": "x", "else": "won"}
    stages = {"lead": {"moves": {"gate": gate}}, "x": {"moves": {"loop": loop}}, "won": {}}
    assert refused(stages, segments=SEGMENTS) == []
    gate["chance"] = 0.5
    assert len(refused(stages, segments=SEGMENTS)) == 1
    assert refused(stages, segments={"a": {"share": 0}, "b": {"share": 1}}) == []
    assert refused(stages, segments=SEGMENTS, channels={"search": {"leads": "0 per day", "enters": "lead"}}) == []


def test_a_round_after_the_end_is_none() -> None:
    stages = {"lead": {"moves": {"go": {"after": "89d", "to": "x"}}}, "x": {"moves": {"loop": {"to": "x"}}}}
    assert len(refused(stages)) == 1
    assert refused(stages, horizon="89d") == []
    first = {"lead": {"moves": {"end": {"after": "1d", "to": "won"}, "go": {"after": "2d", "to": "x"}}}, "won": {}}
    assert refused({**stages, **first}) == []


def test_a_limit_that_is_used_up_on_the_way_ends_a_round() -> None:
    a = {"chance": 0, "lifetime_attempts": 3, "to": "won", "else": "won"}
    stages = {"lead": {"moves": {"a": a, "b": {"every": "1d", "to": "b"}}}, **BACK, "won": {}}
    assert refused(stages) == []
    stages["lead"]["moves"]["a"] = {**a, "after": "1d"}
    assert len(refused(stages)) == 1


def test_all_rounds_are_told() -> None:
    stages = {
        "lead": {"moves": {"a": {"chance": 0.5, "to": "x", "else": "y"}}},
        "x": {"moves": {"loop": {"to": "x"}}},
        "y": {"moves": {"loop": {"to": "z"}}},
        "z": {"moves": {"loop": {"to": "y"}}},
    }
    assert [message.partition(";")[0] for message in refused(stages)] == [
        f"stages.x: {ROUND}x -> x",
        f"stages.y: {ROUND}y -> z -> y",
    ]


def test_a_round_holds_as_long_as_nothing_changes_it() -> None:
    stages = lead(chance=1, to="b", else_="won")
    change = [{"from": "2026-01-01", "set": {"stages.lead.moves.c.chance": 0.5}}]
    assert refused(stages, changes=change) == []
    change[0]["from"] = "2026-01-02"
    assert len(refused(stages, changes=change)) == 1
    change = [{"from": "2026-02-01", "set": {"stages.lead.moves.c.chance": 1}}]
    found = refused(lead(chance=0.5, to="b", else_="won"), changes=change)
    assert [message.partition(";")[0] for message in found] == [
        f"stages.lead: from 2026-02-01 on: {ROUND}lead -> b -> lead"
    ]


# ---------------------------------------------------------------- in next to no time
@pytest.mark.parametrize(
    ("wait", "horizon", "often"),
    [
        ("1ms", "3 months", True),
        ("1s", "1 year", True),
        ("1s", "3 months", True),
        ("1s", "12d", False),  # 1,036,800 seconds
        ("1s", "13d", True),
        ("1min", "1 year", False),
        ("1min", "3 years", True),
        ("between 0 and 1s", "1 year", True),
        ("exponential", "1 year", False),
    ],
)
def test_rounds_in_next_to_no_time(wait: str, horizon: str, often: bool) -> None:
    after = {"dist": "exponential", "mean": "1ms"} if wait == "exponential" else wait
    stages = lead(back={"after": after, "to": "lead"}, chance=1, to="b", else_="won")
    found = refused(stages, horizon=horizon)
    assert (len(found) == 1) is often
    stages = lead(back={"after": after, "to": "lead"}, chance=0.99, to="b", else_="won")
    assert refused(stages, horizon=horizon) == []


def test_what_can_come_meanwhile_ends_a_round() -> None:
    stages = lead(back={"after": "1s", "to": "lead"}, to="b")
    assert len(refused(stages)) == 1
    news = {"cadence": "7d", "touches": ["mail"], "on_response": {"to": "won"}}
    fields: dict[str, Any] = {"touches": {"mail": {"response": "1%"}}, "tracks": {"news": news}}
    kept = {name: {"track": "news" if name == "lead" else "keep", **stages[name]} for name in ("lead", "b")}
    assert refused({**stages, **kept}, **fields) == []
    left = {**stages, "lead": {"track": "news", **stages["lead"]}}
    assert len(refused(left, **fields)) == 1  # joined anew each time, a second before it is left
    dated = {"after": 0, "to": "won", "trigger": {"date": "2026-02-01"}}
    assert refused({**stages, "b": {"moves": {**stages["b"]["moves"], "d": dated}}}) == []
    brief = [{"from": "2026-01-02", "set": {"stages.b.moves.c.after": "1h"}}]
    assert refused(stages, changes=brief) == []


def test_the_message_says_how_long_and_how_often() -> None:
    (message,) = refused(lead(back={"after": "1ms", "to": "lead"}, to="b"), horizon="30d")
    assert message == (
        "stages.lead: leads go round for ever, each time in at most 1 millisecond: lead -> b -> lead; give one of the "
        "moves a longer wait, since the horizon of 30 days holds 2,592,000,000 rounds, and a lead can visit a stage "
        "1,048,575 times"
    )


def test_many_stages_kinds_and_visits_are_looked_at_in_bounds() -> None:
    # twenty segments, four traits of ten values and visits tell these leads apart: far more than can be walked
    count, names = 60, [f"n{number}" for number in range(10)]
    traits = {f"trait{number}": dict.fromkeys(names, "10%") for number in range(4)}
    segments = {f"g{number}": {"share": "5%"} for number in range(20)}
    stages: dict[str, Any] = {"lead": {"moves": {"go": {"to": "s0"}, "end": {"after": "1d", "to": "won"}}}, "won": {}}
    for number in range(count):
        by = ("segment", *traits, "visit")[number % 6]
        table: Any = {
            name: (place + number) % 3 != 0 for place, name in enumerate(segments if by == "segment" else names)
        }
        table = {name: int(one) for name, one in table.items()} if by != "visit" else [0.5, 1, 0.5, 1]
        move = {"chance": {by: table}, "to": f"s{(number + 1) % count}", "else": f"s{max(0, number - 3)}"}
        stages[f"s{number}"] = {"moves": {"c": move}}
    assert refused(stages, segments=segments, traits=traits)
    for number in range(count):
        stages[f"s{number}"]["moves"]["c"] |= {
            "chance": 0.5,
            "every": "1ms",
            "attempts": 60,
            "needs": 30,
            "unanswered": 20,
        }
    assert refused(stages, segments=segments, traits=traits) == []


# ---------------------------------------------------------------- against a walk
DAYS = 4
KNOWN = ("a", "b", "c")


class At(NamedTuple):
    """A lead that has just entered a stage."""

    day: int
    stage: str
    visits: tuple[int, ...]
    used: tuple[int, ...]


class Clock(NamedTuple):
    """A move in the middle of a stay."""

    day: int | None
    attempts: int = 0
    unanswered: int = 0
    done: int = 0


class Walker:
    """Walks every life that a lead of one segment can have, by the rules and without any cleverness."""

    def __init__(self, stages: dict[str, Any], segment: str) -> None:
        self.segment = segment
        self.names = list(stages)
        self.moves = {name: self._in_order(stage.get("moves", {})) for name, stage in stages.items()}
        self.limited = [id(m) for moves in self.moves.values() for m in moves if "lifetime_attempts" in m]

    def _in_order(self, moves: dict[str, Any]) -> list[dict[str, Any]]:
        return sorted(moves.values(), key=lambda move: not self._is_deadline(move))

    def _is_deadline(self, move: dict[str, Any]) -> bool:
        certain = move.get("chance", 1) == 1 and not move.get("script") and move.get("needs", 1) == 1
        return certain and self._limit(move) == 1 and "to" in move

    def _limit(self, move: dict[str, Any]) -> float:
        return float(move.get("attempts", 1 if "every" not in move else "inf"))

    def _chance(self, chance: Any, attempt: int, visit: int) -> float:
        if not isinstance(chance, dict):
            return float(chance)
        ((by, entries),) = chance.items()
        if by == "segment":
            return float(entries[self.segment])
        return float(entries[min(attempt if by == "attempt" else visit, len(entries) - 1)])

    def enter(self, day: int, stage: str, visits: tuple[int, ...], used: tuple[int, ...]) -> At | None:
        for _ in range(10):
            ways = (m["else"] for m in self.moves[stage] if "else" in m and self._is_spent(m, used))
            way = next(ways, None)
            if way is None:
                number = self.names.index(stage)
                counted = (min(count + (place == number), 4) for place, count in enumerate(visits))
                return At(day, stage, tuple(counted), used)
            stage = way
        return None

    def _is_spent(self, move: dict[str, Any], used: tuple[int, ...]) -> bool:
        return "lifetime_attempts" in move and used[self.limited.index(id(move))] >= move["lifetime_attempts"]

    def follow(self, at: At) -> Iterator[At | None]:
        """Yield where a lead can come next; None where it stays to the end."""
        moves = self.moves[at.stage]
        clocks = tuple(
            Clock(None if self._is_spent(move, at.used) else at.day + int(str(move.get("after", 0)).rstrip("d")))
            for move in moves
        )
        ahead, seen = [(clocks, at.used)], set()
        while ahead:
            clocks, used = ahead.pop()
            if (clocks, used) in seen:
                continue
            seen.add((clocks, used))
            due = [(clock.day, number) for number, clock in enumerate(clocks) if clock.day is not None]
            if not due or min(due)[0] >= DAYS:
                yield None
                continue
            day, number = min(due)
            move, clock = moves[number], clocks[number]
            if "lifetime_attempts" in move:
                place = self.limited.index(id(move))
                used = (*used[:place], used[place] + 1, *used[place + 1 :])
            for target, after in self._attempt(move, clock, at, used):
                if target is not None:
                    yield self.enter(day, target, at.visits, used)
                else:
                    ahead.append(((*clocks[:number], after, *clocks[number + 1 :]), used))

    def _attempt(
        self, move: dict[str, Any], clock: Clock, at: At, used: tuple[int, ...]
    ) -> Iterator[tuple[str | None, Clock]]:
        visit = at.visits[self.names.index(at.stage)] - 1
        rows = [(move.get("chance", 1), None)]
        rows += [(step.get("chance", 1), step.get("else")) for step in move.get("script", {}).values()]
        results: list[tuple[str, str | None]] = []
        for number, (written, way) in enumerate(rows):
            chance = self._chance(written, clock.attempts, visit)
            if chance < 1:
                results.append(("unanswered" if number == 0 else "lost", way))
            if chance == 0:
                break
        else:
            results.append(("done", None))
        for result, way in results:
            done = clock.done + (result == "done")
            unanswered = clock.unanswered + 1 if result == "unanswered" else 0
            spent = clock.attempts + 1 >= self._limit(move) or self._is_spent(move, used)
            if result == "done" and "to" in move and done >= move.get("needs", 1):
                yield move["to"], clock
            elif way is not None:
                yield way, clock
            elif spent or unanswered >= move.get("unanswered", 99):
                yield move.get("else"), Clock(None)
            else:
                assert clock.day is not None
                yield None, Clock(clock.day + 1, clock.attempts + 1, unanswered, done)

    def is_endless(self) -> bool:
        """Say whether a lead can come to go round for ever in no time, whatever comes of its chances from there on."""
        zeros = tuple(0 for _ in self.names)
        start = self.enter(0, "a", zeros, tuple(0 for _ in self.limited))
        known: dict[At, set[At | None]] = {}
        ahead = [start] if start else []
        while ahead:
            at = ahead.pop()
            if at not in known:
                known[at] = set(self.follow(at))
                ahead += [following for following in known[at] if following is not None]
        while True:
            out = [
                at
                for at, after in known.items()
                if any(following not in known or following.day > at.day for following in after)  # type: ignore[union-attr]
            ]
            if not out:
                return bool(known)
            for at in out:
                del known[at]


values = st.sampled_from([0, 0.5, 1, 1])
chances = st.one_of(
    values,
    values,
    st.tuples(values, values).map(lambda pair: {"segment": {"a": pair[0], "b": pair[1]}}),
    st.lists(values, min_size=1, max_size=3).map(lambda numbers: {"visit": numbers}),
    st.lists(values, min_size=1, max_size=2).map(lambda numbers: {"attempt": numbers}),
)
targets = st.sampled_from([*KNOWN, *KNOWN, "won"])
scripts = st.fixed_dictionaries({"chance": chances}, optional={"else": targets}).map(lambda step: {"talk": step})
walked = st.fixed_dictionaries(
    {"to": targets},
    optional={
        "chance": chances,
        "else": targets,
        "after": st.sampled_from([0, 0, "1d"]),
        "script": scripts,
        "tried": st.fixed_dictionaries(
            {"every": st.just("1d")},
            optional={
                "attempts": st.sampled_from([2, 3]),
                "needs": st.sampled_from([1, 2]),
                "unanswered": st.sampled_from([1, 2]),
            },
        ),
    },
).map(lambda move: {name: value for name, value in {**move, **move.get("tried", {})}.items() if name != "tried"})
lifetimes = st.tuples(walked, st.integers(1, 2)).map(lambda pair: {**pair[0], "lifetime_attempts": pair[1]})


def funnels(move: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    several = st.lists(move, min_size=1, max_size=2).map(lambda moves: {f"m{n}": move for n, move in enumerate(moves)})
    stage = several.map(lambda moves: {"moves": moves})
    return st.fixed_dictionaries(dict.fromkeys(KNOWN, stage)).map(lambda stages: {**stages, "won": {}})


def found_and_walked(stages: dict[str, Any], shares: tuple[float, float]) -> tuple[bool, bool]:
    segments = {"a": {"share": shares[0]}, "b": {"share": shares[1]}}
    channels = {"search": {"leads": "1 per day", "enters": "a"}}
    found = refused(stages, segments=segments, channels=channels, horizon=f"{DAYS}d")
    there = [segment for segment, share in zip("ab", shares, strict=True) if share]
    return bool(found), any(Walker(stages, segment).is_endless() for segment in there)


@settings(max_examples=400, deadline=None)
@given(funnels(walked), st.sampled_from([(0.5, 0.5), (1, 0), (0, 1)]))
def test_rounds_are_those_of_a_walk(stages: dict[str, Any], shares: tuple[float, float]) -> None:
    found, endless = found_and_walked(stages, shares)
    assert found == endless


@settings(max_examples=200, deadline=None)
@given(funnels(st.one_of(walked, lifetimes)), st.sampled_from([(0.5, 0.5), (1, 0)]))
def test_no_round_is_found_that_ends(stages: dict[str, Any], shares: tuple[float, float]) -> None:
    found, endless = found_and_walked(stages, shares)
    assert endless or not found
