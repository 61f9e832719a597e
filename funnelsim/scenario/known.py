"""The names that there are in the tree of a scenario: what a part of it can refer to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from funnelsim.scenario.cases import meets
from funnelsim.scenario.conditions import BEHAVIOURS
from funnelsim.scenario.ids import SLUG
from funnelsim.scenario.problems import PathParts, near_miss, shown
from funnelsim.scenario.tables import BY_NAME
from funnelsim.scenario.touches import ENGAGEMENT
from funnelsim.scenario.tree import Fields, Items, Leaf, Node, matches

MOVES = ("stages.*.moves.*", "tracks.*.moves.*")
SCRIPTS = tuple(f"{move}.script.*" for move in MOVES)
TOUCH_STEPS = tuple(f"touches.*.{step}" for step in ("opt_out", *ENGAGEMENT))
WAYS = (
    *(f"{move}.{field}" for move in MOVES for field in ("to", "else")),
    *(f"{step}.else" for step in SCRIPTS),
    *(f"{step}.to" for step in TOUCH_STEPS),
    "touches.*.bounced",
    *(f"tracks.*.{field}.to" for field in ("on_response", "on_opt_out", "exhausted", "ends", "transition_rules.*")),
)
"""Where a stage may stand with a reason beside it, or a track."""

PLURALS = {
    "stage": "stages",
    "team": "teams",
    "track": "tracks",
    "touch": "touches",
    "segment": "segments",
    "channel": "channels",
    "trait": "traits",
    "observed": "observed",
    "asset": "content",
    "framework": "frameworks",
}
"""The field that holds the parts of a kind."""

_LISTS = {"person": "people", "asset": "assets"}
"""What a list of names is called, where it is not called as the field is."""

_OF_TRACKS = {
    "tracks.*.on_response.to": "touch",
    "tracks.*.on_opt_out.to": "opted_out",
    "tracks.*.exhausted.to": "exhausted",
    "tracks.*.ends.to": "ends",
    "touches.*.bounced": "bounced",
}
"""The reasons for which tracks lead on, and touches that bounce, where no other is written."""

_SPECIAL = ("transition_rules", *(way.split(".")[2] for way in _OF_TRACKS))
_RECYCLING = tuple(f"teams.*.recycle_after.{what}" for what in ("follow_up", "opportunity", "win"))

_HOLDING_MOVES = [f"{kind}{below}" for kind in ("stages", "tracks") for below in ("", ".*", ".*.moves", ".*.moves.*")]
"""The mappings that hold all moves."""

Finding = tuple[PathParts, bool, str]
"""The path of what is wrong, whether its key is meant, and the message."""


def unknown(name: str, kind: str, known: Iterable[str]) -> str:
    """Say that there is no part of a kind with a name."""
    return f"no {kind} {shown(name)}{near_miss(name, known, _LISTS.get(kind, PLURALS.get(kind, f'{kind}s')))}"


@dataclass(frozen=True)
class Known:
    """What there is in a tree.

    Attributes
    ----------
    tree : Fields
        The tree of a scenario.
    unsure : frozenset of path
        What of it stands for something that could not be read.
    """

    tree: Fields
    unsure: frozenset[PathParts] = frozenset()

    def names(self, kind: str) -> list[str] | None:
        """Return the names of a kind; None where there are none because what should hold them is broken or missing."""
        named = self.tree.get(PLURALS[kind])
        if named is None:
            return None if kind == "stage" else []
        return list(named.entries) if isinstance(named, Fields) else None

    # ------------------------------------------------------------ what leads are
    def is_no_trait(self, by: str) -> bool:
        """Say whether leads surely differ by no such thing: no segment, no channel, no trait, nothing observed."""
        traits, observed = self.names("trait"), self.names("observed")
        return by not in BY_NAME and traits is not None and observed is not None and by not in (*traits, *observed)

    @property
    def traits(self) -> tuple[str, ...]:
        """The names of traits and observed traits."""
        return (*(self.names("trait") or ()), *(self.names("observed") or ()))

    def values(self, by: str) -> list[str] | None:
        """Return what leads can be by segment, channel, stage or a trait; None where that is not known."""
        if by in (*BY_NAME, "stage"):
            return self.names(by)
        for path, node in matches(self.tree, "observed.*.of"):
            if path[1] == by:
                return self._values_of(node.value) if isinstance(node, Leaf) else None
        return self._values_of(by)

    def _values_of(self, trait: object) -> list[str] | None:
        traits = self.tree.get(PLURALS["trait"])
        values = traits.get(str(trait)) if isinstance(traits, Fields) else None
        return list(values.entries) or None if isinstance(values, Fields) else None

    def unknown_value(self, name: str, by: str, values: Iterable[str]) -> str:
        """Say that leads cannot be this by segment, channel, stage or a trait."""
        if by in (*BY_NAME, "stage"):
            return unknown(name, by, values)
        return f"no value {shown(name)} of {by}{near_miss(name, values, 'values')}"

    # ------------------------------------------------------------ what happens to them
    @cached_property
    def events(self) -> list[str] | None:
        """What successes of moves are called; None where not all could be read."""
        places = [f"{move}.event" for move in MOVES]
        return self._texts(places) if self._are_read(places, _HOLDING_MOVES) else None

    @cached_property
    def behaviours(self) -> list[str] | None:
        """What leads can have done last; None where not all could be read."""
        return None if self.events is None else [*BEHAVIOURS, *self.events]

    @cached_property
    def kinds_of_touches(self) -> list[str] | None:
        """What touches are, for limits; None where not all could be read."""
        if not self._are_read(["touches.*.kind"], ["touches", "touches.*"]):
            return None
        kinds = []
        for path, touch in matches(self.tree, "touches.*"):
            kind = touch.get("kind") if isinstance(touch, Fields) else None
            written = kind.value if isinstance(kind, Leaf) and isinstance(kind.value, str) else "auto"
            kinds.append(str(path[1]) if written == "auto" else written)
        return list(dict.fromkeys(kinds))

    @cached_property
    def reasons(self) -> list[str] | None:
        """Why a lead can have come to its stage: the reasons that are written, or the names of what led it there.

        None where not all could be read.
        """
        if not self._are_read([f"{way}.as" for way in WAYS], [*_HOLDING_MOVES, "touches", "touches.*"], WAYS):
            return None
        written = self._texts(f"{way}.as" for way in WAYS)
        named = [str(path[-2]) for path in self._unnamed(way for way in WAYS if way.split(".")[2] not in _SPECIAL)]
        special = [name for way, name in _OF_TRACKS.items() for _ in self._unnamed([way])]
        rules = [f"rule_{int(path[3]) + 1}" for path in self._unnamed(["tracks.*.transition_rules.*.to"])]
        scores = [f"score_{path[-1]}" for path, _ in matches(self.tree, "stages.*.score.*")]
        recycling = [f"no_{path[-1]}" for path in self._unnamed(_RECYCLING)]
        return list(dict.fromkeys((*written, *named, *special, *rules, *scores, *recycling)))

    def _unnamed(self, ways: Iterable[str]) -> Iterator[PathParts]:
        """Yield the paths of ways to a stage without a reason of their own."""
        for path, node in (found for way in ways for found in matches(self.tree, way)):
            if _is_there(node) and not (isinstance(node, Fields) and {"as", "track"} & set(node.entries)):
                yield path

    def _are_read(self, ids: Iterable[str], holding: Iterable[str], ways: Iterable[str] = ()) -> bool:
        """Say whether ids at some patterns could be read, the mappings that hold them, and ways to stages."""
        ids, holding, ways = list(ids), list(holding), list(ways)
        lost = [
            pattern for pattern in (*ids, *holding, *ways) for path in self.unsure if meets(path, pattern.split("."))
        ]
        broken = [node for node in self._nodes(holding) if not isinstance(node, Fields)]
        strange = [node for node in self._nodes(ids) if not _is_id(node)]
        stages = {None, *(self.names("stage") or ())}
        strange += [node for node in self._nodes(ways) if isinstance(node, Leaf) and node.value not in stages]
        return not (lost or broken or strange or any(isinstance(node, Items) for node in self._nodes(ways)))

    def _nodes(self, patterns: Iterable[str]) -> Iterator[Node]:
        yield from (node for pattern in patterns for _, node in matches(self.tree, pattern))

    def _texts(self, patterns: Iterable[str]) -> list[str]:
        nodes: list[Node] = [node for pattern in patterns for _, node in matches(self.tree, pattern)]
        return list(
            dict.fromkeys(node.value for node in nodes if isinstance(node, Leaf) and isinstance(node.value, str))
        )


def _is_id(node: Node) -> bool:
    value = node.value if isinstance(node, Leaf) else 0
    return value is None or (isinstance(value, str) and re.fullmatch(SLUG, value) is not None)


def _is_there(node: Node) -> bool:
    return not (isinstance(node, Leaf) and node.value is None)
