"""Random scenarios of the marketing side, small and dense: ties, limits, content, tracks that lead to each other."""

from __future__ import annotations

import json
from random import Random
from typing import Any

STAGES = ("lead", "sql", "later")
FINALS = ("won", "lost")
REASONS = ("go", "call", "touch", "exhausted", "hot")

Node = dict[str, Any]


class Marketer:
    """Writes scenarios by the choices of a random generator."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._team = self._perhaps(0.4)
        self._tracks = ["drip", "news", "last"][: random.randint(1, 3)]
        self._touches = ["mail", "sms", "card"][: random.randint(2, 3)]

    def scenario(self) -> Node:
        """Return a scenario that the checks may still refuse."""
        node: Node = {
            "format": 1,
            "name": "R",
            "start": "2026-01-01",
            "horizon": "30d",
            "period": self._one("7d", "month", "36h"),
            "warm_up": self._one("none", "5d"),
            "old_after": self._one("9d", "month"),
            "segments": {
                "small": {"share": 0.7},
                "big": {"share": 0.3, "traits": {"line": {"yes": 0.8, "no": 0.2}, "need": {"yes": 0.9, "no": 0.1}}},
            },
            "traits": {"line": {"yes": 0.4, "no": 0.6}, "need": {"yes": 0.5, "no": 0.5}},
            "observed": {
                "seen": {"of": "line", "error": "20%"},
                "need_seen": {"of": "need", "error": {"yes": 0.3, "no": 0.1}},
            },
            "scoring": {
                "half_life": self._one("never", "5d", "9d"),
                "fit": {"segment": {"big": 4}, "line": {"yes": 2}},
                "bands": [2, 5, 9],
                "response": self._one(1, 1.05),
            },
            "fatigue": {"half_life": self._one("never", "6d"), "response": 0.8, "opt_out": 1.3},
            "content": {
                "book": {"share": 2, "number": 2, "odds": {"segment": {"big": 2}, "stage": {"sql": 2}}},
                "paper": {"share": 1, "number": 1},
            },
            "channels": {
                "web": {
                    "leads": "1 per day",
                    "arrivals": self._one("evenly", "poisson"),
                    "enters": "lead",
                    "cost": 3,
                    **({"traits": {"need": {"yes": 0.2, "no": 0.8}}} if self._perhaps(0.5) else {}),
                },
                "base": {
                    "backlog": self._random.randint(3, 9),
                    "age": self._one("20d", "between 1d and 40d"),
                    "enters": self._one(*STAGES),
                    "traits": {"line": {"yes": 0.9, "no": 0.1}},
                },
            },
            "stages": {name: self._stage(i, name) for i, name in enumerate(STAGES)},
            "touches": {name: self._touch() for name in self._touches},
            "tracks": {name: self._track(name) for name in self._tracks},
        }
        node["stages"] |= {"won": {"value": self._one(5, "10 to 90")}, "lost": {}}
        if self._team:
            node["teams"] = {"desk": {"people": self._one(1, 2), "hours": self._one(8, 24), "salary": "100 per month"}}
            node["touches"]["dial"] = self._touch() | {"team": "desk", "takes": self._one("30min", "6h", "1d")}
        if self._perhaps(0.7):
            limits = ("2 per 5d", "1 per 3d", *({"most": most, "beyond": "drop"} for most in ("2 per 4d", "1 per 4d")))
            node["limits"] = {"all": self._one(*limits)}
            if self._perhaps(0.5):
                node["limits"]["mail"] = self._one("1 per 2d", "3 per 9d", {"most": "1 per 3d", "beyond": "drop"})
        if self._perhaps(0.5):
            node["changes"] = [{"from": self._one("2026-01-05", "2026-01-12"), "set": self._changes()}]
        node["touches"]["mail"] |= {"content": "all", "opt_out": 0.05}
        node["tracks"]["drip"]["touches"] = [
            "mail",
            *(turn for turn in node["tracks"]["drip"]["touches"] if turn != "dial"),
        ]
        for track in node["tracks"].values():
            if "mail" not in json.dumps(track["touches"]):
                track.pop("on_opt_out", None)
        if '"drip"' not in json.dumps([stage.get("track") for stage in node["stages"].values()]):
            node["stages"]["lead"]["track"] = "drip"
        used = json.dumps([node["tracks"], node["stages"]])
        node["touches"] = {name: touch for name, touch in node["touches"].items() if f'"{name}"' in used}
        return node

    # ------------------------------------------------------------ choices
    def _perhaps(self, chance: float) -> bool:
        return self._random.random() < chance

    def _one(self, *choices: Any) -> Any:
        return self._random.choice(choices)

    def _days(self, least: int = 1, most: int = 6) -> str:
        return f"{self._random.randint(least, most)}d"

    def _wait(self) -> Any:
        lucky = ("2d to 9d", {"dist": "exponential", "mean": "3d"}, {"uncertain": "3d to 8d"})
        return self._days() if self._perhaps(0.75) else self._one(*lucky)

    def _chance(self) -> Any:
        by = ({"attempt": [0.2, 0.7]}, {"segment": {"small": 0.2, "big": 0.7}}, {"line": {"yes": 0.3, "no": 0.6}})
        return self._one(0.1, 0.3, 0.6, 0.9, {"uncertain": "20% to 40%"}, *by)

    def _odds(self, of_track: bool = False) -> Node:
        usual: Node = {"warmth": 1.1, "fatigue": 0.7, "score": 1.05, "seen": {"no": 0.5}, "attempt": [1, 0.5]}
        usual |= {"segment": {"big": 2}, "line": {"yes": 2}, "channel": {"web": 2}}
        usual |= {"stage": {"sql": 3}} if of_track else {}
        return {by: odds for by, odds in usual.items() if self._perhaps(0.2)}

    def _conditions(self) -> Node:
        looked_at: Node = {
            "segment": "big",
            "line": ["yes"],
            "seen": "no",
            "channel": ["web"],
            "from": self._one(["lead"], ["sql", "later"]),
            "stage": self._one(*STAGES),
            "behaviour": self._one(["clicked"], ["none", "opened"], ["answered"]),
            "score": self._one({"from": 5}, {"below": 12}, {"from": 3, "below": 20}),
            "age": self._one({"from": "8d"}, {"below": "12d"}),
            "silent": self._one({"from": "4d"}, {"below": "6d"}),
            "touched": self._one({"from": 2}, {"below": 3}),
        }
        return {by: looked_at[by] for by in self._random.sample(sorted(looked_at), self._one(1, 1, 2))}

    def _way(self, here: str | None = None) -> Any:
        others = [name for name in self._tracks if name != here]
        return {"track": self._one(*others)} if others and self._perhaps(0.35) else self._one(*STAGES, *FINALS)

    def _changes(self) -> Node:
        sets: Node = {"scoring.half_life": "4d", "fatigue.half_life": "3d", "content.book.number": 3}
        sets |= {"content.paper.active": False, "scoring.fit.segment.big": 7, "content.book.share": 9}
        return {path: sets[path] for path in self._random.sample(sorted(sets), 3)}

    # ------------------------------------------------------------ parts
    def _touch(self) -> Node:
        may: Node = {
            "kind": self._one("mail", "sms"),
            "delivered": self._one(0.5, 0.9),
            "bounced": self._one(*FINALS, {"to": self._one(*STAGES), "as": "hot"}),
            "warmth": self._one(1, -1, 2.5),
            "fatigue": self._one(0, 2),
            "subscribed": True,
            "opt_out": self._one(0.05, {"chance": 0.2, "odds": {"fatigue": 1.5}}, {"chance": 0.2, "to": "lost"}),
            "content": self._one("all", ["book"], ["paper", "book"]),
            "if": self._conditions(),
            "recorded_opens": {"seen": 0.6, "false": 0.2},
            "odds": self._odds(True),
        }
        touch = {"cost": self._random.randint(0, 2)} | {name: part for name, part in may.items() if self._perhaps(0.35)}
        for name in ("open", "click", "response"):
            if self._perhaps(0.6) or name == "response":
                step: Node = {"chance": self._chance(), "warmth": self._one(0, 1, 5, -2)}
                if name != "response" and self._perhaps(0.25):
                    step["to"] = self._one(*STAGES)
                touch[name] = step
        if self._perhaps(0.1):
            touch["active"] = False
        if touch.get("subscribed"):
            touch.pop("fatigue", None)
        if "delivered" not in touch:
            touch.pop("bounced", None)
        if "open" not in touch:
            touch.pop("recorded_opens", None)
        return touch

    def _track(self, name: str) -> Node:
        turns = [self._turn() for _ in range(self._random.randint(1, 3))]
        track: Node = {"cadence": self._wait(), "touches": turns, "on_response": {"to": self._way(name)}}
        if self._team and self._perhaps(0.3):
            track["touches"] = ["dial"]
        may: Node = {
            "on_opt_out": {"to": self._one(*FINALS, *STAGES)},
            "exhausted": {
                "after": self._random.randint(1, 4),
                "per": self._one("stay", "lifetime", "silence"),
                "to": self._way(name),
            },
            "ends": {"after": self._days(5, 12), "to": self._way(name)},
            "paused": self._conditions(),
            "transition_rules": [{"if": self._conditions(), "to": {"to": self._one(*STAGES, *FINALS), "as": "hot"}}],
            "odds": self._odds(True),
            "moves": {f"m{i}": self._move(name) for i in range(self._random.randint(1, 2))},
        }
        return track | {field: part for field, part in may.items() if self._perhaps(0.4)}

    def _turn(self) -> Any:
        touch = self._one(*self._touches)
        wait = {"wait": self._wait()} if self._perhaps(0.5) else {"wait_up_to": self._days(3, 9)}
        return touch if self._perhaps(0.6) else {"touch": touch, **wait}

    def _move(self, track: str) -> Node:
        trigger = self._one(
            {"score": self._one(3, 8)},
            {"when": self._conditions()},
            {"anniversary": self._one("4d", "7d")},
            {"idle": self._one("3d", "5d")},
            {"enters": self._one(*STAGES)},
            {"date": "2026-01-10"},
            {"event": "page"},
            {"expires": {"move": f"{self._one(*STAGES)}.lapse", "before": self._days(1, 3)}},
        )
        move: Node = {"trigger": trigger, "to": self._way(track)}
        if not trigger.keys() & {"anniversary", "expires"}:
            move["after"] = self._one(self._days(), "1h")
        if self._perhaps(0.6):
            return move | {"touch": self._one(*self._touches)}
        return move | {"chance": self._chance(), "cost": 1, "warmth": self._one(0, 3)}

    def _stage(self, place: int, name: str) -> Node:
        others = [stage for stage in STAGES if stage != name]
        go = {"after": self._wait(), "every": self._wait(), "attempts": self._random.randint(1, 4)}
        go |= {"chance": self._chance(), "odds": self._odds(), "to": self._one(*STAGES[place + 1 :], *FINALS)}
        visit = {"after": self._wait(), "every": self._wait(), "attempts": self._random.randint(1, 5), "event": "page"}
        moves: Node = {
            "go": go | {"else": {"to": self._one(*FINALS), "as": "not_now"}},
            "visit": visit | {"chance": self._chance(), "warmth": self._one(2, 5)},
        }
        if self._perhaps(0.4):
            moves["call"] = {"after": self._days(), "to": self._one(*others)}
        if self._perhaps(0.3):
            poke = {"after": self._wait(), "every": self._wait(), "attempts": 2, "to": self._one(*others)}
            moves["poke"] = poke | {"touch": self._one(*self._touches, "mail")}
            if self._perhaps(0.7):
                moves["poke"]["else"] = self._one(*STAGES, *FINALS)
            if self._perhaps(0.3):
                moves["poke"]["lifetime_attempts"] = self._random.randint(1, 3)
        if self._team and self._perhaps(0.3):
            work = {"after": self._days(), "takes": self._one("6h", "1d"), "chance": 0.5, "to": self._one(*FINALS)}
            moves["work"] = work | {"team": "desk"}
        moves["lapse"] = {"after": self._days(7, 14), "to": self._one(*others)}
        if self._perhaps(0.3):
            moves["go"]["qualify"] = self._qualify()
        stage: Node = {"moves": moves, "track": self._one(*self._tracks, "keep")}
        if self._perhaps(0.4):
            stage["track"] = [
                {"if": self._conditions(), "track": self._one(*self._tracks, "keep", "none")},
                {"track": self._one(*self._tracks)},
            ]
        if self._perhaps(0.3):
            stage["score"] = {self._one(*FINALS): self._one(6, 12)}
        return stage

    def _qualify(self) -> Node:
        weighing = {"weigh": 2} if self._perhaps(0.5) else {}
        required = self._one("all", 1, *(("none",) if weighing else ()))
        by: Node = self._one({"by": ["need"], "sees": "observed"}, {"by": ["need"]}, {"by": ["need", "line"]})
        return by | weighing | {"require": required}
