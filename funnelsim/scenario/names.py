"""Names that must exist: every stage, team, person, track, touch, segment, channel and trait that is referred to.

The check runs on the tree, so that unknown names are reported together with whatever else is wrong in a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from funnelsim.scenario.problems import PathParts, Problem, RefusedError, listed, near_miss, shown
from funnelsim.scenario.rosters import is_schedule, names_people, read_people
from funnelsim.scenario.settings import named_path
from funnelsim.scenario.tables import BY_NAME, BY_ORDER
from funnelsim.scenario.tree import Fields, Items, Leaf, Node, child, matches, place_of, plain

_MOVES = ("stages.*.moves.*", "tracks.*.moves.*")
_STEPS = tuple(f"{move}.script.*" for move in _MOVES)
_WAYS = (
    *(f"{move}.{field}" for move in _MOVES for field in ("to", "else")),
    *(f"{step}.else" for step in _STEPS),
    "tracks.*.on_response.to",
    "tracks.*.exhausted.to",
)
"""Where a stage may stand with a reason beside it."""

_REFERENCES = {
    "stage": (
        "channels.*.enters",
        *_WAYS,
        *(f"{way}.to" for way in _WAYS),
        *(f"{move}.trigger.enters" for move in _MOVES),
        "teams.*.recycle_after.to",
        "teams.*.recycle_after.opportunity_stages.*",
        "teams.*.recycle_after.win_stages.*",
    ),
    "team": ("stages.*.owner", *(f"{move}.team" for move in _MOVES)),
    "track": ("stages.*.track",),
    "touch": ("tracks.*.touches.*",),
}
_PLURALS = {
    "stage": "stages",
    "team": "teams",
    "track": "tracks",
    "touch": "touches",
    "segment": "segments",
    "channel": "channels",
    "trait": "traits",
    "person": "people",
}
_WORDS = {"track": ("none", "keep")}
_CHANCES = (*(f"{part}.chance" for part in (*_MOVES, *_STEPS)), "touches.*.response")
_ODDS = (*(f"{part}.odds" for part in (*_MOVES, *_STEPS)), "tracks.*.odds")
_BELIEFS = ("uncertain", "dist")

_Finding = tuple[PathParts, bool, str]
"""The path of what is wrong, whether its key is meant, and the message."""


def unknown_names(tree: Fields) -> list[Problem]:
    """Find the references to what does not exist, and tables of chances that leave some name out."""
    return [
        Problem(place_of(tree, path, key=key), named_path(tree, path), message)
        for path, key, message in _findings(tree)
    ]


def unknown_paths(tree: Fields) -> list[PathParts]:
    """Return where the names stand that do not exist, and the tables of chances that leave some name out."""
    return [path for path, _, _ in _findings(tree)]


def _findings(tree: Fields) -> Iterator[_Finding]:
    for find in (_references, _chance_tables, _odds, _conditions, _people_of_rules):
        yield from find(tree)


def _known(tree: Fields, kind: str) -> list[str] | None:
    """Return the names of a kind; None where there are none because what should hold them is broken or missing."""
    named = tree.get(_PLURALS[kind])
    if named is None:
        return None if kind == "stage" else []
    return list(named.entries) if isinstance(named, Fields) else None


def _values(tree: Fields, by: str) -> list[str] | None:
    """Return what leads can be by segment, channel or a trait; None where that is broken or there is no such trait."""
    if by in BY_NAME:
        return _known(tree, by)
    traits = tree.get(_PLURALS["trait"])
    values = traits.get(by) if isinstance(traits, Fields) else None
    return list(values.entries) if isinstance(values, Fields) else None


def _is_no_trait(tree: Fields, by: str) -> bool:
    traits = _known(tree, "trait")
    return by not in BY_NAME and traits is not None and by not in traits


def _unknown(name: str, kind: str, known: Iterable[str]) -> str:
    return f"no {kind} {shown(name)}{near_miss(name, known, _PLURALS[kind])}"


def _unknown_value(name: str, by: str, values: Iterable[str]) -> str:
    if by in BY_NAME:
        return _unknown(name, by, values)
    return f"no value {shown(name)} of {by}{near_miss(name, values, 'values')}"


def _references(tree: Fields) -> Iterator[_Finding]:
    for kind, patterns in _REFERENCES.items():
        known = _known(tree, kind)
        if known is None:
            continue
        for path, node in (found for pattern in patterns for found in matches(tree, pattern)):
            name = node.value if isinstance(node, Leaf) else None
            if isinstance(name, str) and name not in known and name not in _WORDS.get(kind, ()):
                yield path, False, _unknown(name, kind, known)


# ---------------------------------------------------------------- tables by name
def _chance_tables(tree: Fields) -> Iterator[_Finding]:
    for path, node in (found for pattern in _CHANCES for found in matches(tree, pattern)):
        by, table = _only_entry(node)
        if not isinstance(table, Fields) or by in (*BY_ORDER, *_BELIEFS):
            continue
        if _is_no_trait(tree, by):
            known = (*BY_NAME, *BY_ORDER, *(_known(tree, "trait") or ()))
            yield (*path, by), True, f"no table of chances by {shown(by)}{near_miss(by, known, 'tables go by')}"
        elif (values := _values(tree, by)) is not None:
            unknown = [name for name in table.entries if name not in values]
            yield from (((*path, by, name), True, _unknown_value(name, by, values)) for name in unknown)
            left_out = [name for name in values if name not in table.entries]
            if left_out and not unknown:
                missing = f"the table leaves out {listed(left_out, 'and')}; give a chance for every {by}"
                yield (*path, by), True, missing


def _only_entry(node: Node) -> tuple[str, Node | None]:
    if isinstance(node, Fields) and len(node.entries) == 1:
        (by,) = node.entries
        return by, node.get(by)
    return "", None


def _odds(tree: Fields) -> Iterator[_Finding]:
    for path, node in (found for pattern in _ODDS for found in matches(tree, pattern)):
        for by in node.entries if isinstance(node, Fields) else ():
            if by in BY_ORDER:
                continue
            if _is_no_trait(tree, by):
                known = (*BY_NAME, *BY_ORDER, *(_known(tree, "trait") or ()))
                yield (*path, by), True, f"no odds by {shown(by)}{near_miss(by, known, 'odds go by')}"
            elif isinstance(table := child(node, by), Fields) and (values := _values(tree, by)) is not None:
                unknown = (name for name in table.entries if name not in values)
                yield from (((*path, by, name), True, _unknown_value(name, by, values)) for name in unknown)


# ---------------------------------------------------------------- rules of assignment
def _conditions(tree: Fields) -> Iterator[_Finding]:
    for path, node in matches(tree, "teams.*.assign.*.if"):
        for by in node.entries if isinstance(node, Fields) else ():
            if _is_no_trait(tree, by):
                known = (*BY_NAME, *(_known(tree, "trait") or ()))
                yield (*path, by), True, f"no condition by {shown(by)}{near_miss(by, known, 'conditions go by')}"
            elif (values := _values(tree, by)) is not None:
                for where, name in _names_in((*path, by), child(node, by)):
                    if name not in values:
                        yield where, False, _unknown_value(name, by, values)


def _people_of_rules(tree: Fields) -> Iterator[_Finding]:
    for team, people in matches(tree, "teams.*.people"):
        for rule, node in matches(tree, "teams.*.assign.*.to"):
            if rule[1] == team[1]:
                known = list(people.entries) if isinstance(people, Fields) and names_people(plain(people)) else None
                for where, name in _names_in(rule, node):
                    if known is None:
                        if _is_counted(plain(people)):
                            yield where, False, _not_named(name, people)
                    elif name not in known:
                        yield where, False, _unknown(name, "person", known)


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
