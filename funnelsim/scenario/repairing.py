"""What of a broken scenario can be read: fillers stand where something cannot, and it is known where they stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from funnelsim.scenario import structure
from funnelsim.scenario.cases import SOME
from funnelsim.scenario.ids import any_name
from funnelsim.scenario.names import unknown_paths
from funnelsim.scenario.paths import is_path, parse_path
from funnelsim.scenario.problems import PathParts, Problem, RefusedError
from funnelsim.scenario.rosters import names_people
from funnelsim.scenario.settings import is_written_out
from funnelsim.scenario.tree import Fields, Items, Leaf, Node, at, child, grow, plain

M = TypeVar("M", bound=BaseModel)

_MOST_ROUNDS = 12
"""How often it is tried to mend a tree; every round goes one level deeper."""

_FILLERS: dict[str, Any] = {
    "format": 1,
    "name": "unknown",
    "start": "2026-01-01",
    "horizon": "1 year",
    "share": "50%",
    "people": 1,
    "cadence": "1d",
    "most": "1 per 1d",
    "chance": "50%",
    "before": "1ms",
    "error": "10%",
    "after": 2,
    "by": "1d",
    "from": "2999-12-31",
    "set": {"name": "unknown"},
    "curve": "linear",
    "at": "1 per month",
}
"""What stands in the place of a field that is needed and cannot be read; all these places are known to be unsure."""


def mended(tree: Fields, model: type[M]) -> tuple[M | None, frozenset[PathParts]]:
    """Make a scenario of what can be read in a tree.

    Returns
    -------
    model or None
        With fillers and defaults for the rest, and names that may be no ids; None where too little can be read.
    frozenset of path
        What could not be read.
    """
    unsure: set[PathParts] = set()
    for _ in range(_MOST_ROUNDS):
        faults, scenario = _faults(tree, model)
        if not faults:
            return scenario, frozenset(unsure)
        for path in faults:
            try:
                tree, unread = _mend(tree, model, path)
            except RefusedError:
                return None, frozenset([()])
            unsure.add(unread)
    return None, frozenset([()])


def unsure_by(problems: Iterable[Problem]) -> frozenset[PathParts]:
    """Return the places where something is wrong with the file as such, such as a key given twice."""
    paths = (tuple(parse_path(problem.path)) if is_path(problem.path) else () for problem in problems)
    return frozenset(() if path[:1] == ("extends",) else path for path in paths)


def _faults(tree: Fields, model: type[M]) -> tuple[list[PathParts], M | None]:
    try:
        with any_name():
            scenario = model.model_validate(plain(tree))
    except ValidationError as error:
        return [details["loc"] for details in error.errors(include_url=False)], None
    return list(unknown_paths(tree)), scenario


def _mend(tree: Fields, model: type[BaseModel], path: PathParts) -> tuple[Fields, PathParts]:
    """Return the tree without what is wrong at a path, and the path of what was taken away."""
    spot, needed = structure.root(model), True
    way: PathParts = ()
    for part in path:
        open_fields = spot.kind == "fields" and spot.model is not None and structure.is_open(spot.model)
        if spot.kind == "fields" and not open_fields and part not in structure.field_names(_model(spot)):
            return _edited(tree, (*way, part), None), (*way, SOME)
        needed = _is_needed(spot, part) or way[:1] == ("traits",)  # the name of a value is told elsewhere
        spot = spot.below(str(part))
        way = (*way, part)
        one_value = spot.or_value and not names_people(_plain_at(tree, way))
        if spot.kind == "value" or one_value or _is_short(tree, way, spot):
            break
    if not way:
        raise RefusedError("nothing can be read")
    return _edited(tree, way, _filler(tree, way) if needed else None), way


def _is_short(tree: Fields, path: PathParts, spot: structure.Spot) -> bool:
    """Say whether one value stands at a path in the place of the fields of a part."""
    node = at(tree, path)
    return bool(spot.short_for) and node is not None and not is_written_out(node, spot)


def _model(spot: structure.Spot) -> type[BaseModel]:
    assert spot.model is not None
    return spot.model


def _is_needed(spot: structure.Spot, part: str | int) -> bool:
    """Say whether what stands under a name cannot be left out: a field without default, an item."""
    if spot.kind != "fields":
        return spot.kind != "table"
    names = structure.field_names(_model(spot))
    return part in names and _model(spot).model_fields[names[str(part)]].is_required()


def _plain_at(tree: Fields, path: PathParts) -> Any:
    node = at(tree, path)
    return None if node is None else plain(node)


def _filler(tree: Fields, path: PathParts) -> Node:
    name = str(path[-1])
    match path:
        case ("channels",):
            data: Any = {"unknown": {"backlog": 1, "enters": _first(tree, "stages")}}
        case ("channels", _, "enters") | ("teams", _, "recycle_after", "to"):
            data = _first(tree, "stages")
        case ("tracks", _, "touches"):
            data = [_first(tree, "touches")]
        case ("tracks", _, "touches", _) | ("tracks", _, "touches", _, "touch"):
            data = _first(tree, "touches")
        case ("tracks", _, "ends", "to") | ("tracks", _, "transition_rules", _, "to"):
            data = _first(tree, "stages")
        case ("tracks", _, "ends", "after"):
            data = "1d"
        case ("tracks", _, "transition_rules", _, "if"):
            data = {"touched": {"from": 1}}
        case ("observed", _, "of"):
            data = _first(tree, "traits")
        case (*_, "qualify", "by"):
            data = [_first(tree, "traits")]
        case (*_, "expires", "move"):
            data = f"{_first(tree, 'stages')}.unknown"
        case ("stages",):
            raise RefusedError("there are no stages")
        case ("changes" | "variants", _) | (_, _) | (_, _, "moves" | "people" | "script", _) | (*_, "script", _):
            data = {}
        case ("traits", _, _):
            data = _FILLERS["share"]
        case _ if name in _FILLERS:
            data = _FILLERS[name]
        case _:
            data = {}
    return grow(data, tree.place)


def _first(tree: Fields, kind: str) -> str:
    named = tree.get(kind)
    if not isinstance(named, Fields) or not named.entries:
        raise RefusedError(f"there are no {kind}")
    return next(iter(named.entries))


def _edited(tree: Fields, path: PathParts, new: Node | None) -> Fields:
    edited = _put(tree, path, new)
    assert isinstance(edited, Fields)
    return edited


def _put(node: Node, path: PathParts, new: Node | None) -> Node:
    """Put a node at a path, or take away what stands there."""
    part, rest = path[0], path[1:]
    below = child(node, part)
    if isinstance(node, Fields):
        if rest:
            return node if below is None else node.put(str(part), _put(below, rest, new))
        return node.drop(str(part)) if new is None else node.put(str(part), new)
    if isinstance(node, Items) and isinstance(part, int) and below is not None:
        item = _put(below, rest, new) if rest else new or Leaf(None, node.place)
        return Items((*node.nodes[:part], item, *node.nodes[part + 1 :]), node.place)
    raise RefusedError("there is no such place")
