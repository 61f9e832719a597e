"""The tree of a scenario file: nodes that know where they were written.

Trees are never changed; editing makes new ones that share what stayed the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from funnelsim.scenario.problems import PathParts, Place

NOWHERE = Place("")
"""The place of a node that no file holds, such as a default."""


@dataclass(frozen=True)
class Leaf:
    """A scalar: text, a number, true, false or null."""

    value: str | int | float | bool | None
    place: Place


@dataclass(frozen=True)
class Items:
    """A list."""

    nodes: tuple[Node, ...]
    place: Place


class Entry(NamedTuple):
    """What stands under a key, and where the key is written."""

    key: Place
    node: Node


@dataclass(frozen=True)
class Fields:
    """A mapping, in the order of the file."""

    entries: Mapping[str, Entry]
    place: Place

    def get(self, name: str | int) -> Node | None:
        """Return the node under a name, or None."""
        entry = self.entries.get(str(name))
        return entry.node if entry else None

    def put(self, name: str, node: Node, key: Place | None = None) -> Fields:
        """Return a copy with a node put under a name, in its old position if there was one."""
        old = self.entries.get(name)
        entry = Entry(key or (old.key if old else node.place), node)
        return replace(self, entries={**self.entries, name: entry})

    def drop(self, name: str) -> Fields:
        """Return a copy without a name."""
        return replace(self, entries={key: entry for key, entry in self.entries.items() if key != name})


Node = Leaf | Items | Fields


def plain(node: Node) -> Any:
    """Turn a tree into dicts, tuples and scalars."""
    match node:
        case Fields():
            return {name: plain(entry.node) for name, entry in node.entries.items()}
        case Items():
            return tuple(plain(item) for item in node.nodes)
        case Leaf():
            return node.value


def grow(data: Any, place: Place = NOWHERE) -> Node:
    """Turn dicts, lists and scalars into a tree that stands at one place."""
    match data:
        case Mapping():
            return Fields({str(name): Entry(place, grow(value, place)) for name, value in data.items()}, place)
        case list() | tuple():
            return Items(tuple(grow(value, place) for value in data), place)
        case _:
            return Leaf(data, place)


def child(node: Node, part: str | int) -> Node | None:
    """Return what stands under a name or number, or None."""
    if isinstance(node, Fields):
        return node.get(part)
    if isinstance(node, Items) and isinstance(part, int) and 0 <= part < len(node.nodes):
        return node.nodes[part]
    return None


def at(node: Node, path: PathParts) -> Node | None:
    """Return what stands at a path, or None."""
    found: Node | None = node
    for part in path:
        found = child(found, part) if found else None
    return found


def put_at(root: Fields, path: PathParts, node: Node) -> Fields:
    """Return a copy with a node put at a path, where there is one already."""
    name, rest = str(path[0]), path[1:]
    below = root.entries[name].node
    if rest:
        assert isinstance(below, Fields)
        node = put_at(below, rest, node)
    return root.put(name, node)


def place_of(root: Node, path: PathParts, *, key: bool = False) -> Place:
    """Find the place to point at for a path.

    A scalar is pointed at itself, a mapping or a list at its key. Where the path leads nowhere, its nearest ancestor
    that exists is pointed at.

    Parameters
    ----------
    root : Node
        The tree.
    path : tuple of str and int
        The path.
    key : bool
        Point at the key, not at the scalar.
    """
    node, place, found = root, root.place, False
    for part in path:
        below = child(node, part)
        found = below is not None
        if below is None:
            break
        place = node.entries[str(part)].key if isinstance(node, Fields) else below.place
        node = below
    return node.place if found and isinstance(node, Leaf) and not key else place


def matches(root: Node, pattern: str) -> Iterator[tuple[PathParts, Node]]:
    """Find the nodes at a dotted pattern, in which ``*`` stands for any name or number."""
    found: list[tuple[PathParts, Node]] = [((), root)]
    for part in pattern.split("."):
        found = [((*path, name), below) for path, node in found for name, below in _children(node, part)]
    yield from found


def _children(node: Node, part: str) -> Iterator[tuple[str | int, Node]]:
    match node:
        case Fields():
            yield from ((name, entry.node) for name, entry in node.entries.items() if part in ("*", name))
        case Items() if part == "*":
            yield from enumerate(node.nodes)
        case _:
            return
