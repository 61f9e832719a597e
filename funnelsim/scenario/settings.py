"""Settings: paths and the values that are put there, by `set`, a variant or a change."""

from __future__ import annotations

import datetime as dt
import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from funnelsim.scenario import structure
from funnelsim.scenario.paths import format_path, is_path, parse_path
from funnelsim.scenario.problems import PathParts, Place, Problem, RefusedError, ScenarioError, near_miss, shown
from funnelsim.scenario.reading import read_tree
from funnelsim.scenario.rosters import names_people
from funnelsim.scenario.structure import Spot
from funnelsim.scenario.tree import Entry, Fields, Items, Leaf, Node, grow, plain
from funnelsim.scenario.writing import write_scalar

_NO_STRUCTURE = "a change sets values, not structure; write a variant for another structure"

SET = Place("<set>")
"""The place of what was set from Python or on the command line."""


@dataclass(frozen=True)
class Setting:
    """A path as it was written, the value to put there, and where the path was written."""

    path: str
    node: Node
    key: Place

    @staticmethod
    def from_python(values: Mapping[str, Any]) -> list[Setting]:
        """Make settings of Python values; text is read as it would stand in a file."""
        settings, problems = [], []
        for path, value in values.items():
            try:
                settings.append(Setting(str(path), _read_value(value), SET))
            except ScenarioError as error:
                problems += [Problem(SET, str(path), problem.message) for problem in error.problems]
        if problems:
            raise ScenarioError(problems)
        return settings


def settings_of(node: Node | None) -> list[Setting]:
    """Return the settings that a mapping holds, in its order, without those whose path cannot be read."""
    entries = node.entries if isinstance(node, Fields) else {}
    return [Setting(path, entry.node, entry.key) for path, entry in entries.items() if is_path(path)]


def _read_value(value: Any) -> Node:
    if isinstance(value, str):
        if not value.strip():
            return Leaf(value, SET)
        tree, problems = read_tree(value, SET.file)
        if problems:
            raise ScenarioError(problems)
        return grow(plain(tree), SET)
    return grow(_bare(value), SET)


def _bare(value: Any) -> Any:
    """Turn numbers of other libraries, and dates, into what a file could hold."""
    match value:
        case None | bool() | str():
            return value
        case Mapping():
            return {str(name): _bare(item) for name, item in value.items()}
        case list() | tuple():
            return [_bare(item) for item in value]
        case dt.date():
            return value.isoformat()
        case numbers.Integral():
            return int(value)
        case numbers.Real():
            return float(value)
    raise ScenarioError(
        [Problem(SET, "", f"a {type(value).__name__} cannot be set; give text, a number, a dict or a list")]
    )


def apply_settings(
    tree: Fields, model: type[BaseModel], settings: Iterable[Setting], *, values_only: bool = False
) -> tuple[Fields, list[Problem]]:
    """Put settings into a tree, in their order.

    Parameters
    ----------
    tree : Fields
        The tree of a scenario.
    model : type
        The model of the scenario, which says what the paths may be.
    settings : iterable of Setting
        A mapping can add a named item; null removes a named item, or takes a field back to its default.
    values_only : bool
        Refuse everything that a dated change may not set.

    Returns
    -------
    Fields
        The new tree, without the settings that are wrong.
    list of Problem
        What is wrong with the others.
    """
    problems = []
    for setting in settings:
        try:
            parts = parse_path(setting.path)
            put = _put(tree, structure.root(model), parts, setting, values_only)
            assert isinstance(put, Fields)
            tree = put
        except RefusedError as fault:
            problems.append(Problem(setting.key, setting.path, str(fault)))
    return tree, problems


def _put(node: Node | None, spot: Spot, parts: tuple[str, ...], setting: Setting, values_only: bool) -> Node:
    """Return a node with the setting put at the rest of its path; `spot` says what the node is."""
    if spot.kind == "value":
        return _put_inside(node, parts, setting)
    if spot.or_value and isinstance(node, Fields | Leaf) and not (spot.kind == "items" and names_people(plain(node))):
        return _put_inside(node, parts, setting)
    if spot.kind == "list":
        return _put_in_list(node, spot, parts, setting, values_only)
    if values_only and spot.kind == "fields" and _is_nothing(node):
        raise RefusedError(f"there is no {spot.noun} here, and {_NO_STRUCTURE}")
    part, rest = parts[0], parts[1:]
    fields = written_out(node, spot) or Fields({}, setting.key)
    below = spot.below(part)
    known = part in fields.entries
    if spot.kind in ("items", "table", "tables") and not known:
        _refuse_unknown_item(spot, part, rest, setting, fields, values_only)
    rest = rest_of_short(below, rest, setting.node)
    if values_only and below.or_value and below.kind == "items":
        schedule = "a schedule such as {2026-01-01: 8, 2026-07-01: 12}, or 'from' and 'until' of people by name"
        raise RefusedError(f"people come and go by the dates in their team; write {schedule}")
    if values_only and not below.changeable and (not rest or below.kind == "value"):
        raise RefusedError(_NO_STRUCTURE)
    if rest:
        return fields.put(part, _put(fields.get(part), below, rest, setting, values_only))
    if isinstance(setting.node, Leaf) and setting.node.value is None:
        if values_only:
            raise RefusedError("a change sets values and removes nothing; write the new value, or never for a wait")
        return fields.drop(part)
    return fields.put(part, setting.node, setting.key)


def _is_nothing(node: Node | None) -> bool:
    return node is None or (isinstance(node, Leaf) and node.value is None)


def is_written_out(node: Node, spot: Spot) -> bool:
    """Say whether fields are written where one value could stand for them."""
    return isinstance(node, Fields) and (not node.entries or not spot.field_names.isdisjoint(node.entries))


def written_out(node: Node | None, spot: Spot) -> Fields | None:
    """Return the fields that stand at a spot; a value that stands for one of them becomes that one."""
    if node is None or spot.short_for is None or is_written_out(node, spot) or _is_nothing(node):
        return node if isinstance(node, Fields) else None
    return Fields({spot.short_for: Entry(node.place, node)}, node.place)


def rest_of_short(spot: Spot, rest: tuple[str, ...], new: Node) -> tuple[str, ...]:
    """Return the way on from a spot: where a value stands for one of its fields, that field is meant."""
    if spot.short_for is None:
        return rest
    means_it = rest[0] not in spot.field_names if rest else not (is_written_out(new, spot) or _is_nothing(new))
    return (spot.short_for, *rest) if means_it else rest


def _refuse_unknown_item(
    spot: Spot, part: str, rest: tuple[str, ...], setting: Setting, fields: Fields, values_only: bool
) -> None:
    """Refuse a name that does not exist, unless a new item is put there."""
    new = setting.node
    no_more = (isinstance(new, Leaf) and new.value is None) or (spot.closed and values_only)
    bare = isinstance(new, Leaf) and not spot.below(part).short_for
    if rest or no_more or (spot.kind in ("items", "tables") and bare):
        hint = "" if rest or no_more else f"; a mapping adds a {spot.noun}"
        raise RefusedError(f"no {spot.noun} {shown(part)}{near_miss(part, fields.entries, f'{spot.noun} names')}{hint}")


def _put_in_list(node: Node | None, spot: Spot, parts: tuple[str, ...], setting: Setting, values_only: bool) -> Node:
    items = node.nodes if isinstance(node, Items) else ()
    names = [item_name(item, number) for number, item in enumerate(items)]
    if parts[0] in names:
        number = names.index(parts[0])
    elif parts[0].isdecimal() and int(parts[0]) < len(items):
        number = int(parts[0])
    else:
        raise RefusedError(f"no {spot.noun} {shown(parts[0])}{near_miss(parts[0], names, f'{spot.noun}s')}")
    if values_only:
        raise RefusedError(_NO_STRUCTURE)
    place = node.place if node else setting.key
    if parts[1:]:
        put = _put(items[number], spot.below(parts[0]), parts[1:], setting, values_only)
        return Items((*items[:number], put, *items[number + 1 :]), place)
    if isinstance(setting.node, Leaf) and setting.node.value is None:
        return Items((*items[:number], *items[number + 1 :]), place)
    return Items((*items[:number], setting.node, *items[number + 1 :]), place)


def _put_inside(node: Node | None, parts: tuple[str, ...], setting: Setting) -> Node:
    """Replace one entry of a table that stands as a value, such as the chance of one segment."""
    if not parts:
        return setting.node
    part = parts[0]
    if isinstance(node, Fields):
        entry = node.get(part)
        if entry is None:
            raise RefusedError(
                f"no {shown(part)} in this value{near_miss(part, node.entries, 'entries')}; set the whole value"
            )
        return node.put(part, _put_inside(entry, parts[1:], setting), setting.key)
    if isinstance(node, Items):
        if not part.isdecimal() or int(part) >= len(node.nodes):
            raise RefusedError(
                f"no entry {shown(part)} in this list; entries are numbered from 0 to {len(node.nodes) - 1}"
            )
        number = int(part)
        put = _put_inside(node.nodes[number], parts[1:], setting)
        return Items((*node.nodes[:number], put, *node.nodes[number + 1 :]), node.place)
    value = write_scalar(node.value) if isinstance(node, Leaf) else "not set"
    raise RefusedError(f"this is one value ({value}) without parts: set the whole of it")


def item_name(item: Node, number: int) -> str:
    """Name an item of a list: a change by its date, any other by its number."""
    date = item.get("from") if isinstance(item, Fields) else None
    return date.value if isinstance(date, Leaf) and isinstance(date.value, str) else str(number)


def named_path(tree: Node, path: PathParts) -> str:
    """Write a path with its list items named."""
    names: list[str | int] = []
    node: Node | None = tree
    for part in path:
        if isinstance(node, Items) and isinstance(part, int) and part < len(node.nodes):
            names.append(item_name(node.nodes[part], part))
            node = node.nodes[part]
        else:
            names.append(part)
            node = node.get(part) if isinstance(node, Fields) else None
    return format_path(tuple(names))
