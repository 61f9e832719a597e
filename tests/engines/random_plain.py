"""Random scenarios whose leads can be walked a block at a time: full of races, limits, streams, touches and groups."""

from __future__ import annotations

import json
from random import Random
from typing import Any

STAGES = ("lead", "mql", "pool")
FINALS = ("won", "lost")

Node = dict[str, Any]


class Plain:
    """Writes scenarios by the choices of a random generator."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._tracks = ["drip", "news"][: random.randint(0, 2)]
        self._queue = self._perhaps(0.4)

    def scenario(self) -> Node:
        """Return a scenario that the checks may still refuse."""
        starts = ("lead", "pool") if self._queue else (*STAGES,)
        node: Node = {
            "format": 1,
            "name": "P",
            "start": "2026-01-20",
            "horizon": self._one("40d", "90d"),
            "period": self._one("month", "7d"),
            "warm_up": self._one("none", "9d"),
            "old_after": self._one("month", "9d", {"uncertain": "5d to 15d"}),
            "segments": {"small": {"share": 0.7}, "big": {"share": 0.3, "traits": {"line": {"yes": 0.8, "no": 0.2}}}},
            "traits": {"line": {"yes": 0.4, "no": 0.6}, "need": {"high": 0.2, "low": {"uncertain": "60% to 90%"}}},
            "observed": {"seen": {"of": "line", "error": "20%"}},
            "channels": {
                "web": {"leads": f"{self._random.randint(1, 6)} per day", "arrivals": self._one("evenly", "poisson"),
                        "enters": "lead", "cost": 3},
                "fair": {"leads": "1 per day", "enters": self._one(*starts), "traits": {"line": {"yes": 0.9, "no": 0.1}}},
                "base": {"backlog": self._random.randint(3, 30), "age": self._one("20d", "between 1d and 80d"),
                         "enters": "pool"},
            },
            "stages": {name: self._stage(name) for name in STAGES},
        }  # fmt: skip
        node["stages"] |= {"won": {"value": self._one(5, "10 to 90", {"uncertain": "10 to 20"})}, "lost": {}}
        if self._queue:
            node["teams"] = {"desk": self._team()}
            work = {"team": "desk", "takes": self._wait("40min", "5h", "0d"), "cost": self._random.randint(0, 3)}
            chance = {
                "chance": self._chance(),
                "odds": self._odds(),
                "warmth": 2 if self._tracks else 0,
                "to": "mql",
                "else": self._one("pool", "lost"),
            }
            node["stages"]["lead"] = {"moves": {"call": work | chance}}
        if self._tracks:
            node["touches"] = {name: self._touch() for name in ("mail", "sms", "card")}
            node["tracks"] = {name: self._track() for name in self._tracks}
            node["stages"]["pool"]["track"] = self._one(*self._tracks)
            node["stages"]["mql"]["track"] = self._one("keep", "none", *self._tracks)
            node["fatigue"] = {"half_life": self._one("never", "6d"), "response": 0.8, "opt_out": 1.3}
            node["scoring"] = {"half_life": self._one("never", "5d"), "response": self._one(1, 1.05), "bands": [2, 5]}
            if self._perhaps(0.5):
                node["scoring"]["fit"] = {"segment": {"big": 4}, "line": {"yes": 2}}
            used = json.dumps(node["tracks"])
            node["touches"] = {name: touch for name, touch in node["touches"].items() if f'"{name}"' in used}
            if not node["stages"]["pool"].get("track") or len(self._tracks) == 2:
                node["stages"]["mql"]["track"] = next(t for t in self._tracks if t != node["stages"]["pool"]["track"])
        return node

    # ------------------------------------------------------------ choices
    def _perhaps(self, chance: float) -> bool:
        return self._random.random() < chance

    def _one(self, *choices: Any) -> Any:
        return self._random.choice(choices)

    def _wait(self, *usual: Any) -> Any:
        lucky = (
            "2d to 9d",
            "between 1d and 5d",
            {"dist": "exponential", "mean": "3d"},
            {"dist": "gamma", "mean": "4d", "sd": "3d"},
            {"dist": "weibull", "shape": 1.5, "scale": "4d"},
            {"dist": "empirical", "values": ["1d", "2d", "7d"], "weights": [3, 2, 1]},
            {"dist": "exponential", "mean": {"uncertain": "2d to 5d"}},
            {"uncertain": "3d to 8d"},
        )
        return self._one(*lucky) if self._perhaps(0.5) else self._one(*(usual or ("1d", "3d", "6d")))

    def _chance(self) -> Any:
        by = (
            {"attempt": [0.2, 0.7]},
            {"visit": [0.1, 0.9]},
            {"segment": {"small": 0.2, "big": 0.7}},
            {"line": {"yes": 0.3, "no": 0.6}},
            {"uncertain": "20% to 40%"},
        )
        return self._one(0, 0.1, 0.3, 0.6, 0.9, 1, *by)

    def _odds(self) -> Node:
        usual: Node = {"seen": {"no": 0.5}, "attempt": [1, 0.5], "visit": [1, 2], "need": {"low": 0.3}}
        usual |= {"segment": {"big": 2}, "channel": {"web": 2}}
        return {by: odds for by, odds in usual.items() if self._perhaps(0.2)}

    def _points(self) -> Node:
        usual: Node = {"warmth": 1.1, "fatigue": 0.7, "score": 1.05}
        return {by: odds for by, odds in usual.items() if self._tracks and self._perhaps(0.3)}

    # ------------------------------------------------------------ parts
    def _team(self) -> Node:
        team: Node = {"people": self._one(1, 2, 4, {"uncertain": "between 1 and 3"}), "hours": self._one(7, 24)}
        if self._perhaps(0.4):
            team |= {"days_off": ["sat", "2026-02-03"], "salary": "100 per month"}
        if self._perhaps(0.6):
            team["people"] = {"anna": {"chance": 1.5}, "ben": {"pace": 0.5}}
        return team

    def _stage(self, name: str) -> Node:
        ways = [stage for stage in (*STAGES, *FINALS) if stage != name and not (self._queue and stage == "lead")]
        moves = {f"m{i}": self._move(ways) for i in range(self._random.randint(1, 3))}
        if self._perhaps(0.3) and name != "lead":
            moves["expire"] = {"after": self._one("5d", "20d"), "to": self._one(*ways)}
        if name == "pool" and self._tracks and self._perhaps(0.5):
            moves = {}
        return {"moves": moves} if moves else {}

    def _move(self, ways: list[str]) -> Node:
        move: Node = {
            "after": self._wait(),
            "chance": self._chance(),
            "odds": self._odds() | self._points(),
            "cost": self._random.randint(0, 2),
            "to": self._one(*ways),
        }
        if self._tracks and self._perhaps(0.3):
            move["warmth"] = self._one(3, -1)
        if self._perhaps(0.6):
            move["every"] = self._wait()
            if self._perhaps(0.7):
                move["attempts"] = self._random.randint(1, 4)
        if self._perhaps(0.4):
            move["lifetime_attempts"] = self._random.randint(1, 5)
        if self._perhaps(0.6) and ("attempts" in move or "lifetime_attempts" in move or "every" not in move):
            move["else"] = self._one(*ways)
        return move

    def _touch(self) -> Node:
        may: Node = {
            "delivered": self._one(0.5, 0.9),
            "warmth": self._one(1, -1, 2.5),
            "fatigue": self._one(0, 2),
            "opt_out": self._one(0.05, {"chance": 0.2, "to": "lost"}, {"chance": 0.1, "odds": {"fatigue": 1.5}}),
            "recorded_opens": {"seen": 0.6, "false": 0.2},
        }
        touch = {"cost": self._random.randint(0, 2)} | {name: part for name, part in may.items() if self._perhaps(0.4)}
        for name in ("open", "click", "response"):
            if self._perhaps(0.6) or name == "response":
                step: Node = {"chance": self._chance(), "warmth": self._one(0, 1, 5, -2)}
                if name != "response" and self._perhaps(0.25):
                    step["to"] = "won"
                touch[name] = step
        if "open" not in touch:
            touch.pop("recorded_opens", None)
        return touch

    def _track(self) -> Node:
        track: Node = {
            "cadence": self._wait(),
            "touches": [self._one("mail", "sms", "card") for _ in range(self._random.randint(1, 3))],
            "on_response": {"to": self._one("mql", "won", "pool")},
            "odds": self._odds() | self._points(),
        }
        if self._perhaps(0.4):
            track["moves"] = {"park": self._move(["mql", "won", "lost"])}
        if self._perhaps(0.7):
            track["exhausted"] = {
                "after": self._random.randint(1, 5),
                "per": self._one("stay", "lifetime"),
                "to": self._one("lost", "won"),
            }
        return track
