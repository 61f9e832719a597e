"""`extends`: a file that says only what differs from another, merged by name on the trees."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel

from funnelsim.scenario import structure
from funnelsim.scenario.problems import RefusedError
from funnelsim.scenario.rosters import names_people
from funnelsim.scenario.settings import is_written_out, written_out
from funnelsim.scenario.structure import Spot
from funnelsim.scenario.tables import BY_ORDER, MONTH_KEY
from funnelsim.scenario.tree import Entry, Fields, Leaf, Node, plain

_NO_TABLES = {"uncertain", *BY_ORDER}
"""What may stand alone in a mapping that is no table by name: a belief, or what lists by order."""


def merge(base: Node, over: Node, model: type[BaseModel]) -> Node:
    """Lay one tree over another.

    Fields and named items merge by name, and so do tables by name; lists and values are replaced, and null removes
    what the base has under its name. Every node keeps the place where it was written.
    """
    return _merge(base, over, structure.root(model))


def _merge(base: Node, over: Node, spot: Spot) -> Node:
    if spot.short_for and (is_written_out(base, spot) or is_written_out(over, spot)):
        base, over = written_out(base, spot) or base, written_out(over, spot) or over
    elif spot.short_for:
        spot = spot.below(spot.short_for)
    if not isinstance(base, Fields) or not isinstance(over, Fields):
        return over
    if spot.or_value and names_people(plain(base)) != names_people(plain(over)):
        return over
    if spot.kind == "value":
        return _merge_values(base, over)
    return _overlay(base, over, lambda name, old, new: _merge(old, new, _below(spot, name)))


def _merge_values(base: Fields, over: Fields) -> Node:
    """Merge two tables by month, or two tables of chances by the same names; any other value is replaced."""
    tables = (base.entries, over.entries)
    if all(table and all(map(MONTH_KEY.fullmatch, table)) for table in tables):
        return _overlay(base, over, lambda _, __, new: new)
    if list(base.entries) == list(over.entries) and len(base.entries) == 1 and not _NO_TABLES & set(base.entries):
        return _overlay(base, over, lambda _, old, new: _replace_entries(old, new))
    return over


def _replace_entries(base: Node, over: Node) -> Node:
    both = isinstance(base, Fields) and isinstance(over, Fields)
    return _overlay(base, over, lambda _, __, new: new) if both else over  # type: ignore[arg-type]


def _overlay(base: Fields, over: Fields, merge_entry: Callable[[str, Node, Node], Node]) -> Fields:
    entries: dict[str, Entry] = dict(base.entries)
    for name, entry in over.entries.items():
        if name not in base.entries:
            entries[name] = entry
        elif isinstance(entry.node, Leaf) and entry.node.value is None:
            del entries[name]
        else:
            entries[name] = Entry(entry.key, merge_entry(name, base.entries[name].node, entry.node))
    return Fields(entries, over.place)


def _below(spot: Spot, name: str) -> Spot:
    try:
        return spot.below(name)
    except RefusedError:  # an unknown field, which validation reports
        return Spot("value", None, name)
