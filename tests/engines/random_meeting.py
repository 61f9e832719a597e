"""Random scenarios whose leads can be walked in blocks but where they meet: owners, follow-ups, deadlines, and a queue."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.engines.random_plain import Node, Plain


class Meeting(Plain):
    """Writes scenarios by the choices of a random generator: of leads that owners give back to a stage of rest."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._tracks = []

    def scenario(self) -> Node:
        """Return a scenario that the checks may still refuse."""
        node = super().scenario()
        del node["channels"]["base"]
        node["horizon"] = self._one("60d", "120d")
        node["teams"] = {**node.get("teams", {}), "sales": self._sales()}
        stages = node["stages"]
        stages["mql"].setdefault("moves", {})["pass"] = {"after": self._wait("0d", "1d"), "chance": 0.7, "to": "sql"}
        stages["sql"] = {"owner": "sales", "moves": self._follow_ups()}
        win_rate: dict[str, Any] = {"win_rate": 0.4} if self._perhaps(0.3) else {}
        stages["opportunity"] = {
            **win_rate,
            "moves": {"decide": {"after": self._wait(), "chance": 0.4, "to": "won", "else": self._one("lost", "rest")}},
        }
        stages["rest"] = {"moves": {"touch": self._touches()}}
        return node

    def _sales(self) -> Node:
        team: Node = {"people": self._one(1, 2, 3), "hours": self._one(7, 24), "hold": self._one(2, 4, "unlimited")}
        if self._perhaps(0.3):
            team["people"] = {"cora": {"chance": 1.5}, "dan": {"pace": 0.5, "until": "2026-02-20"}}
        if self._perhaps(0.3):
            team |= self._one({"claim_per_day": 1}, {"previous_owner_cooldown": "10d"})
        return team

    def _follow_ups(self) -> Node:
        back = self._one("rest", "rest", "pool")
        moves: Node = {
            "follow_up": {
                "takes": self._one("1h", "1h to 5h"),
                "every": self._one("1d", "2d"),
                "attempts": self._random.randint(2, 6),
                "chance": self._chance(),
                "odds": self._odds(),
                "to": self._one("opportunity", "opportunity", "won"),
                "else": back,
            },
            "expire": {"after": "7d", "to": back},
        }
        if self._perhaps(0.6):
            moves["expire"]["extend"] = {"by": "3d", "times": 2, "chance": 0.5, "per_owner": self._one(1, 3)}
        return moves

    def _touches(self) -> Node:
        move: Node = {"after": self._one("8d", "20d"), "every": "8d", "chance": 0.3, "to": "mql", "else": "lost"}
        return move | self._one({"lifetime_attempts": 3}, {"attempts": 2}, {"attempts": 3, "lifetime_attempts": 4})
