"""Names that must exist: every stage, track, touch, segment and channel that a scenario refers to.

The check runs on the tree, so that unknown names are reported together with whatever else is wrong in a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from funnelsim.scenario.problems import PathParts, Problem, listed, near_miss, shown
from funnelsim.scenario.settings import named_path
from funnelsim.scenario.tables import BY_NAME
from funnelsim.scenario.tree import Fields, Leaf, child, matches, place_of

_MOVES = ("stages.*.moves.*", "tracks.*.moves.*")

_REFERENCES = {
    "stage": (
        "channels.*.enters",
        *(f"{move}.{field}" for move in _MOVES for field in ("to", "else", "trigger.enters")),
        "tracks.*.on_response.to",
        "tracks.*.exhausted.to",
    ),
    "track": ("stages.*.track",),
    "touch": ("tracks.*.touches.*",),
}
_PLURALS = {"stage": "stages", "track": "tracks", "touch": "touches", "segment": "segments", "channel": "channels"}
_WORDS = {"track": ("none", "keep")}
_CHANCES = (*(f"{move}.chance" for move in _MOVES), "touches.*.response")
_ODDS = (*(f"{move}.odds" for move in _MOVES), "tracks.*.odds")

_Finding = tuple[PathParts, bool, str]
"""The path of what is wrong, whether its key is meant, and the message."""


def unknown_names(tree: Fields) -> list[Problem]:
    """Find the references to what does not exist, and tables of chances that leave some name out."""
    return [
        Problem(place_of(tree, path, key=key), named_path(tree, path), message)
        for path, key, message in (*_references(tree), *_chance_tables(tree), *_odds(tree))
    ]


def _known(tree: Fields, kind: str) -> list[str] | None:
    """Return the names of a kind; None where there are none because what should hold them is broken or missing."""
    named = tree.get(_PLURALS[kind])
    if named is None:
        return None if kind == "stage" else []
    return list(named.entries) if isinstance(named, Fields) else None


def _unknown(name: str, kind: str, known: list[str]) -> str:
    return f"no {kind} {shown(name)}{near_miss(name, known, _PLURALS[kind])}"


def _references(tree: Fields) -> Iterator[_Finding]:
    for kind, patterns in _REFERENCES.items():
        known = _known(tree, kind)
        if known is None:
            continue
        for path, node in (found for pattern in patterns for found in matches(tree, pattern)):
            name = node.value if isinstance(node, Leaf) else None
            if isinstance(name, str) and name not in known and name not in _WORDS.get(kind, ()):
                yield path, False, _unknown(name, kind, known)


def _tables(tree: Fields, patterns: Iterable[str]) -> Iterator[tuple[PathParts, str, list[str], list[str]]]:
    """Yield the tables by segment or channel: path, kind, the names in the table, and those that exist."""
    for path, node in (found for pattern in patterns for found in matches(tree, pattern)):
        for kind in BY_NAME:
            table, known = child(node, kind), _known(tree, kind)
            if isinstance(table, Fields) and known is not None:
                yield (*path, kind), kind, list(table.entries), known


def _chance_tables(tree: Fields) -> Iterator[_Finding]:
    for path, kind, named, known in _tables(tree, _CHANCES):
        unknown = [name for name in named if name not in known]
        yield from (((*path, name), True, _unknown(name, kind, known)) for name in unknown)
        left_out = [name for name in known if name not in named]
        if left_out and not unknown:
            yield path, True, f"the table leaves out {listed(left_out, 'and')}; give a chance for every {kind}"


def _odds(tree: Fields) -> Iterator[_Finding]:
    for path, kind, named, known in _tables(tree, _ODDS):
        yield from (((*path, name), True, _unknown(name, kind, known)) for name in named if name not in known)
