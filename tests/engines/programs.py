"""Random scenarios, small and full of ties: what hypothesis runs both engines on."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.engines.random_teams import changes_of_teams, staff

FINALS = ("won", "lost")

days = st.integers(1, 6).map(lambda number: f"{number}d")
"""Whole days: many things happen at one instant."""

drawn = st.sampled_from(
    [
        "2d to 9d",
        "between 1d and 5d",
        {"dist": "exponential", "mean": "3d"},
        {"dist": "gamma", "mean": "4d", "sd": "3d"},
        {"dist": "weibull", "shape": 1.5, "scale": "4d"},
        {"dist": "empirical", "values": ["1d", "2d", "7d"], "weights": [3, 2, 1]},
        {"dist": "exponential", "mean": {"uncertain": "2d to 5d"}},
        {"uncertain": "3d to 8d"},
    ]
)

waits = st.one_of(days, days, drawn)

chances = st.one_of(
    st.sampled_from([0, 0.1, 0.3, 0.6, 1]),
    st.sampled_from(
        [
            {"attempt": [0.2, 0.5]},
            {"visit": [0.1, 0.9]},
            {"segment": {"small": 0.2, "big": 0.7}},
            {"line": {"mobile": 0.3, "desk": 0.6, "executive": 0.5}},
            {"uncertain": "20% to 40%"},
            {"uncertain": {"dist": "beta", "successes": 3, "trials": 9}},
        ]
    ),
)

odds = st.sampled_from(
    [
        {},
        {"segment": {"big": 2}},
        {"attempt": [1, 0.5]},
        {"visit": [1, 3], "channel": {"web": 0.5}},
        {"line": {"desk": 0.5}, "segment": {"big": 2}},
    ]
)


@st.composite
def moves(draw: st.DrawFn, stages: list[str], here: int, must_leave: bool) -> dict[str, Any]:
    """A move of stage number `here`; one that must leave has a `to` that is another stage."""
    others = [*stages[:here], *stages[here + 1 :], *FINALS]
    later = [*stages[here + 1 :], *FINALS]
    move: dict[str, Any] = {"chance": draw(chances), "odds": draw(odds), "cost": draw(st.integers(0, 3))}
    move["after"] = draw(waits)
    if must_leave or draw(st.booleans()):
        move["to"] = draw(st.sampled_from(others))
    elif draw(st.booleans()):
        move["to"] = stages[here]
    else:
        move["cost"] = 1
    if draw(st.booleans()):
        move["every"] = draw(waits)
        if draw(st.booleans()):
            move["attempts"] = draw(st.integers(1, 3))
    if draw(st.booleans()):
        move["else"] = draw(st.sampled_from(others))
    if draw(st.integers(0, 3)) == 0:
        move["lifetime_attempts"] = draw(st.integers(1, 4))
        move["else"] = draw(st.sampled_from(later))
    if draw(st.integers(0, 4)) == 0:
        move["after"] = draw(st.sampled_from(["never", "0d"]))
        if move["after"] == "0d":
            move["to"] = draw(st.sampled_from(later))
            move.pop("else", None)
    return move


triggers = st.one_of(
    st.sampled_from([{"idle": "3d"}, {"idle": {"uncertain": "2d to 5d"}}]),
    st.sampled_from([{"date": "2026-01-08"}, {"date": "2026-01-20"}]),
)


seasons = st.fixed_dictionaries(
    {},
    optional={
        "month": st.sampled_from([{"jan": 2, "dec": 0}, {"jan": {"uncertain": "0.5 to 2"}}]),
        "weekday": st.sampled_from(
            [
                {"sat": 0, "sun": 0.5},
                {"mon": {"uncertain": "between 0 and 3"}, "sat": {"uncertain": {"values": [0, 1]}}},
            ]
        ),
    },
)


@st.composite
def tracks(draw: st.DrawFn, stages: list[str]) -> dict[str, Any]:
    """A track with touches in rotation, and perhaps a triggered move."""
    track: dict[str, Any] = {
        "cadence": draw(st.one_of(days, drawn, st.just("never"))),
        "touches": draw(st.sampled_from([["mail"], ["mail", "sms"], ["sms", "mail", "mail"]])),
        "odds": draw(odds),
    }
    if draw(st.booleans()):
        track["after"] = draw(waits)
    if draw(st.booleans()):
        track["on_response"] = {"to": draw(st.sampled_from([*stages, *FINALS]))}
    if draw(st.booleans()):
        track["exhausted"] = {"after": draw(st.integers(1, 4)), "per": draw(st.sampled_from(["stay", "lifetime"]))}
        track["exhausted"]["to"] = draw(st.sampled_from(FINALS))
    if draw(st.booleans()):
        trigger = draw(st.one_of(triggers, st.sampled_from(stages).map(lambda stage: {"enters": stage})))
        track["moves"] = {
            "nudge": {
                "trigger": trigger,
                "after": draw(waits),
                "every": draw(waits),
                "attempts": 2,
                "cost": 1,
                "chance": 0.3,
            }
        }
        if draw(st.booleans()):
            track["moves"]["nudge"]["to"] = draw(st.sampled_from(stages))
    return track


@st.composite
def changes(draw: st.DrawFn, text: dict[str, Any]) -> list[dict[str, Any]]:
    """Up to two changes of values that are there."""
    paths: dict[str, st.SearchStrategy[Any]] = {}
    for stage, fields in text["stages"].items():
        for name, move in fields.get("moves", {}).items():
            path = f"stages.{stage}.moves.{name}"
            if "extend" not in move:
                paths[f"{path}.chance"] = st.sampled_from([0.1, 0.9])
            paths[f"{path}.cost"] = st.integers(1, 5)
            if move["after"] != "0d" and "extend" not in move:
                paths[f"{path}.after"] = st.one_of(days, days, st.just("never"))
            if "every" in move:
                paths[f"{path}.every"] = st.one_of(days, st.just("never"))
            if "attempts" in move:
                paths[f"{path}.attempts"] = st.integers(max(move.get("needs", 1), move.get("unanswered", 1)), 4)
    for name, track in text.get("tracks", {}).items():
        paths[f"tracks.{name}.cadence"] = st.one_of(days, st.just("never"))
        if "exhausted" in track:
            paths[f"tracks.{name}.exhausted.after"] = st.integers(1, 5)
    paths |= changes_of_teams(text)
    paths["channels.web.leads"] = st.sampled_from(["1 per day", "3 per day"])
    paths["channels.web.cost"] = st.integers(0, 5)
    paths["segments.small.share"] = st.just(0.6)
    asleep = [path for path in paths if path.endswith(".after") and _at(text, path) == "never"]
    found = []
    for date in draw(st.sampled_from([[], ["2026-01-05"], ["2026-01-05", "2026-01-19"], ["2026-01-01", "2026-01-12"]])):
        chosen = draw(st.lists(st.sampled_from(sorted(paths)), min_size=1, max_size=6, unique=True))
        found.append({"from": date, "set": {path: draw(paths[path]) for path in chosen}})
        found[-1]["set"] |= {path: draw(days) for path in asleep if draw(st.booleans())}
        if "segments.small.share" in found[-1]["set"]:
            found[-1]["set"]["segments.big.share"] = 0.4
    return found


def _at(text: Any, path: str) -> Any:
    for part in path.split("."):
        text = text[part]
    return text


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    """A scenario as a mapping: random stages, streams, loops, waits, backlogs, changes, limits and ties."""
    stages = ["lead", "sql", "opportunity", "later"][: draw(st.integers(2, 4))]
    text: dict[str, Any] = {
        "format": 1,
        "name": "Random",
        "start": "2026-01-01",
        "horizon": "30d",
        "period": draw(st.sampled_from(["7d", "month", "36h"])),
        "warm_up": draw(st.sampled_from(["none", "5d"])),
        "old_after": draw(st.sampled_from(["9d", "month", {"uncertain": {"values": ["5d", "20d"]}}])),
        "segments": {"small": {"share": 0.7}, "big": {"share": 0.3}},
        "traits": {"line": {"mobile": 0.4, "desk": 0.3, "executive": 0.3}},
        "channels": {
            "web": {
                "leads": "1 per day",
                "arrivals": draw(st.sampled_from(["evenly", "poisson"])),
                "enters": "lead",
                "spend": "7 per day",
            }
        },
        "stages": {},
    }
    if draw(st.booleans()):
        text["channels"]["web"]["seasonality"] = draw(seasons)
    for here, stage in enumerate(stages):
        text["channels"][f"base_{stage}"] = {
            "backlog": draw(st.integers(1, 6)),
            "age": draw(st.sampled_from(["20d", "between 1d and 40d"])),
            "enters": stage,
        }
        count = draw(st.integers(1, 3))
        fields: dict[str, Any] = {
            "moves": {f"m{number}": draw(moves(stages, here, must_leave=number == 0)) for number in range(count)}
        }
        if draw(st.integers(0, 4)) == 0:
            fields["moves"]["timed"] = {
                "trigger": draw(triggers),
                "after": draw(days),
                "to": draw(st.sampled_from(FINALS)),
            }
        text["stages"][stage] = fields
    _add_tracks(draw, text, stages)
    staff(draw, text, stages, FINALS)
    named = str([text["stages"], text.get("tracks"), text.get("teams")])
    for final in FINALS:
        if f"'{final}'" in named:
            text["stages"].setdefault(final, draw(st.sampled_from([{}, {"value": "10 to 90"}])))
    text["changes"] = draw(changes(text))
    return text


def _add_tracks(draw: st.DrawFn, text: dict[str, Any], stages: list[str]) -> None:
    wanted = [name for name in ("drip", "news") if draw(st.booleans())]
    used = set()
    for stage in stages:
        text["stages"][stage]["track"] = draw(st.sampled_from(["none", "keep", *wanted]))
        used.add(text["stages"][stage]["track"])
    kept = [name for name in wanted if name in used]
    if kept:
        text["tracks"] = {name: draw(tracks(stages)) for name in kept}
        touched = {touch for track in text["tracks"].values() for touch in track["touches"]}
        every = {"mail": {"cost": 2, "response": 0.3}, "sms": {"cost": 1, "response": {"attempt": [0.1, 0.6]}}}
        text["touches"] = {name: fields for name, fields in every.items() if name in touched}
