"""Names that must exist: every stage, team, person, track, touch, asset, event, segment, channel and trait.

The check runs on the tree, so that unknown names are reported together with whatever else is wrong in a file.
"""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.scenario.conditions import BY_HISTORY, RANGES
from funnelsim.scenario.frameworks import SHIPPED
from funnelsim.scenario.known import MOVES, WAYS, Finding, Known, unknown
from funnelsim.scenario.named_tables import tables_by_name
from funnelsim.scenario.overheads import KEYS
from funnelsim.scenario.problems import PathParts, Problem, RefusedError, near_miss, shown
from funnelsim.scenario.rosters import is_schedule, names_people, read_people
from funnelsim.scenario.settings import named_path
from funnelsim.scenario.tables import BY_NAME
from funnelsim.scenario.tree import Fields, Items, Leaf, Node, child, matches, place_of, plain

_REFERENCES = {
    "stage": (
        "channels.*.enters",
        *WAYS,
        *(f"{way}.to" for way in WAYS),
        *(f"{move}.trigger.enters" for move in MOVES),
        "teams.*.recycle_after.to",
        "teams.*.recycle_after.opportunity_stages.*",
        "teams.*.recycle_after.win_stages.*",
    ),
    "team": ("stages.*.owner", *(f"{move}.team" for move in MOVES), "touches.*.team"),
    "track": ("stages.*.track", "stages.*.track.*.track", *(f"{way}.track" for way in WAYS)),
    "touch": ("tracks.*.touches.*", "tracks.*.touches.*.touch", *(f"{move}.touch" for move in MOVES)),
    "asset": ("touches.*.content", "touches.*.content.*"),
    "trait": ("observed.*.of",),
}
_WORDS = {"track": ("none", "keep"), "asset": ("all",)}
_CONDITIONS = (
    "teams.*.assign.*.if",
    "stages.*.track.*.if",
    "touches.*.if",
    "tracks.*.paused",
    "tracks.*.transition_rules.*.if",
    *(f"{move}.trigger.when" for move in MOVES),
)


def unknown_names(tree: Fields, unsure: frozenset[PathParts] = frozenset()) -> list[Problem]:
    """Find the references to what does not exist, and tables that leave some name out.

    Parameters
    ----------
    tree : Fields
        The tree of a scenario.
    unsure : frozenset of path
        What of it could not be read, so that what is told there may not exist in vain.
    """
    return [
        Problem(place_of(tree, path, key=key), named_path(tree, path), message)
        for path, key, message in _findings(Known(tree, unsure))
    ]


def unknown_paths(tree: Fields) -> list[PathParts]:
    """Return where the names stand that do not exist, and the tables that leave some name out."""
    return [path for path, _, _ in _findings(Known(tree))]


def _findings(known: Known) -> Iterator[Finding]:
    for find in (_references, _keys, _overheads, _happenings, tables_by_name, _conditions, _people_of_rules):
        yield from find(known)


def _references(known: Known) -> Iterator[Finding]:
    for kind, patterns in _REFERENCES.items():
        names = known.names(kind)
        if names is None:
            continue
        for path, node in (found for pattern in patterns for found in matches(known.tree, pattern)):
            name = node.value if isinstance(node, Leaf) else None
            words = () if path[-2:-1] == ("to",) else _WORDS.get(kind, ())
            if isinstance(name, str) and name not in names and name not in words:
                yield path, False, unknown(name, kind, names)


def _keys(known: Known) -> Iterator[Finding]:
    """Yield what is named as a key: stages that points lead to, kinds of touches that limits hold for."""
    stages = known.names("stage")
    for path, _ in matches(known.tree, "stages.*.score.*") if stages is not None else ():
        if path[-1] not in stages:  # type: ignore[operator]
            yield path, True, unknown(str(path[-1]), "stage", stages)  # type: ignore[arg-type]
    kinds = known.kinds_of_touches
    if kinds is not None:
        for path, _ in matches(known.tree, "limits.*"):
            if path[-1] not in ("all", *kinds):
                hint = near_miss(str(path[-1]), ("all", *kinds), "limits hold for")
                yield path, True, f"no touch is of kind {shown(path[-1])}{hint}"


def _overheads(known: Known) -> Iterator[Finding]:
    """Yield what overheads cannot be shared out by."""
    stages = known.names("stage")
    for path, node in matches(known.tree, "overheads.*.by"):
        by = node.value if isinstance(node, Leaf) else None
        if stages is not None and isinstance(by, str) and by not in (*KEYS, *stages):
            hint = near_miss(by, (*KEYS, *stages), "they go by")
            yield path, False, f"overheads cannot be shared out by {shown(by)}{hint}"


def _happenings(known: Known) -> Iterator[Finding]:
    """Yield events that no move makes, and frameworks that there are not."""
    events = known.events
    for path, node in (found for move in MOVES for found in matches(known.tree, f"{move}.trigger.event")):
        name = node.value if isinstance(node, Leaf) else None
        if isinstance(name, str) and events is not None and name not in events:
            message = f"no move makes the event {shown(name)}{near_miss(name, events, 'events')}"
            yield path, False, f"{message}; name it in the 'event' of a move"
    own = known.names("framework")
    for path, node in (found for move in MOVES for found in matches(known.tree, f"{move}.qualify.by")):
        frameworks = (*SHIPPED, *(own or ()))
        if own is not None and isinstance(node, Leaf) and isinstance(node.value, str) and node.value not in frameworks:
            yield (
                path,
                False,
                f"{unknown(node.value, 'framework', frameworks)}; or list criteria, such as [need, money]",
            )


# ---------------------------------------------------------------- conditions
def _conditions(known: Known) -> Iterator[Finding]:
    for path, node in (found for pattern in _CONDITIONS for found in matches(known.tree, pattern)):
        for by in node.entries if isinstance(node, Fields) else ():
            if by in RANGES:
                continue
            if by not in BY_HISTORY and known.is_no_trait(by):
                names = (*BY_NAME, *known.traits, *BY_HISTORY, *RANGES)
                yield (*path, by), True, f"no condition by {shown(by)}{near_miss(by, names, 'conditions go by')}"
                continue
            for where, name in _names_in((*path, by), child(node, by)):
                if message := _wrong_value(known, by, name):
                    yield where, False, message


def _wrong_value(known: Known, by: str, name: str) -> str | None:
    """Say why a condition names nothing that there is; None where it does, or where that is not known."""
    said = {"behaviour": known.behaviours, "reason": known.reasons}
    values = said[by] if by in said else known.values("stage" if by == "from" else by)
    if values is None or name in values:
        return None
    if by == "behaviour":
        return f"no behaviour {shown(name)}{near_miss(name, values, 'behaviours')}"
    if by == "reason":
        return f"nothing leads a lead on for the reason {shown(name)}{near_miss(name, values, 'reasons')}"
    return known.unknown_value(name, "stage" if by == "from" else by, values)


# ---------------------------------------------------------------- rules of assignment
def _people_of_rules(known: Known) -> Iterator[Finding]:
    tree = known.tree
    for team, people in matches(tree, "teams.*.people"):
        for rule, node in matches(tree, "teams.*.assign.*.to"):
            if rule[1] == team[1]:
                there = list(people.entries) if isinstance(people, Fields) and names_people(plain(people)) else None
                for where, name in _names_in(rule, node):
                    if there is None:
                        if _is_counted(plain(people)):
                            yield where, False, _not_named(name, people)
                    elif name not in there:
                        yield where, False, unknown(name, "person", there)


def _is_counted(people: object) -> bool:
    try:
        read_people(people)
    except RefusedError:  # which is told anyhow
        return False
    return True


def _not_named(name: str, people: Node) -> str:
    how = "stand in a schedule" if is_schedule(plain(people)) else "are counted"
    mended = "{anna: {}, ben: {}}" if name.isdecimal() else f"{{{name}: {{}}, …}}"
    return (
        f"the people of this team {how} and have no names, so that a rule cannot name {shown(name)}; write "
        f"people: {mended}, or leave 'to' out"
    )


def _names_in(path: PathParts, node: Node | None) -> Iterator[tuple[PathParts, str]]:
    """Yield one name or each of a list, with its path."""
    if isinstance(node, Items):
        for number, item in enumerate(node.nodes):
            yield from _names_in((*path, number), item)
    elif isinstance(node, Leaf) and isinstance(node.value, str):
        yield path, node.value
