"""Tables by name: chances, odds, own shares, errors and points that leave a name out, or name what there is not."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.scenario.known import MOVES, SCRIPTS, TOUCH_STEPS, Finding, Known
from funnelsim.scenario.moves import NamedOdds, Odds
from funnelsim.scenario.problems import PathParts, listed, near_miss, shown
from funnelsim.scenario.structure import field_names
from funnelsim.scenario.tables import BY_NAME, BY_ORDER
from funnelsim.scenario.touches import TouchStep
from funnelsim.scenario.tree import Fields, Node, child, matches, plain

_CHANCES = (*(f"{part}.chance" for part in (*MOVES, *SCRIPTS)), "touches.*.delivered")
_ODDS = (*(f"{part}.odds" for part in (*MOVES, *SCRIPTS, *TOUCH_STEPS)), "tracks.*.odds", "touches.*.odds")
_BELIEFS = ("uncertain", "dist")
_OWN_SHARES = ("segments.*.traits", "channels.*.traits")


def tables_by_name(known: Known) -> Iterator[Finding]:
    """Yield what is wrong with the names in tables."""
    for find in (_chance_tables, _odds, _own_shares, _errors, _fit):
        yield from find(known)


# ---------------------------------------------------------------- chances
def _chance_tables(known: Known) -> Iterator[Finding]:
    for path, node in _chances(known):
        by, table = _only_entry(node)
        if not isinstance(table, Fields) or by in (*BY_ORDER, *_BELIEFS):
            continue
        if known.is_no_trait(by):
            names = (*BY_NAME, *BY_ORDER, *known.traits)
            yield (*path, by), True, f"no table of chances by {shown(by)}{near_miss(by, names, 'tables go by')}"
        elif (values := known.values(by)) is not None:
            yield from _all_of(known, (*path, by), table, by, values, f"give a chance for every {by}")


def _chances(known: Known) -> Iterator[tuple[PathParts, Node]]:
    yield from (found for pattern in _CHANCES for found in matches(known.tree, pattern))
    for pattern in TOUCH_STEPS:
        for path, node in matches(known.tree, pattern):
            if not TouchStep.is_written_out(plain(node)):
                yield path, node
            elif (chance := child(node, "chance")) is not None:
                yield (*path, "chance"), chance


def _only_entry(node: Node) -> tuple[str, Node | None]:
    if isinstance(node, Fields) and len(node.entries) == 1:
        (by,) = node.entries
        return by, node.get(by)
    return "", None


def _all_of(known: Known, path: PathParts, table: Fields, by: str, values: list[str], mend: str) -> Iterator[Finding]:
    """Yield the names of a table that do not exist, or those that it leaves out."""
    strange = [name for name in table.entries if name not in values]
    yield from (((*path, name), True, known.unknown_value(name, by, values)) for name in strange)
    left_out = [name for name in values if name not in table.entries]
    if left_out and not strange:
        yield path, True, f"the table leaves out {listed(left_out, 'and')}; {mend}"


# ---------------------------------------------------------------- odds
def _odds(known: Known) -> Iterator[Finding]:
    for pattern in _ODDS:
        for path, node in matches(known.tree, pattern):
            yield from _odds_table(known, path, node, tuple(field_names(Odds)))
    for path, node in matches(known.tree, "content.*.odds"):
        yield from _odds_table(known, path, node, tuple(field_names(NamedOdds)))


def _odds_table(known: Known, path: PathParts, node: Node, fields: tuple[str, ...]) -> Iterator[Finding]:
    for by in node.entries if isinstance(node, Fields) else ():
        table = child(node, by)
        if by not in fields and known.is_no_trait(by):
            names = (*fields, *known.traits)
            yield (*path, by), True, f"no odds by {shown(by)}{near_miss(by, names, 'odds go by')}"
        elif isinstance(table, Fields) and (by not in fields or by in (*BY_NAME, "stage")):
            values = known.values(by)
            if values is not None:
                strange = (name for name in table.entries if name not in values)
                yield from (((*path, by, name), True, known.unknown_value(name, by, values)) for name in strange)


# ---------------------------------------------------------------- shares, errors and points
def _own_shares(known: Known) -> Iterator[Finding]:
    for path, node in (found for pattern in _OWN_SHARES for found in matches(known.tree, pattern)):
        for trait in node.entries if isinstance(node, Fields) else ():
            table, traits, values = child(node, trait), known.names("trait"), known.values(trait)
            if traits is not None and trait not in traits:
                yield (*path, trait), True, f"no trait {shown(trait)}{near_miss(trait, traits, 'traits')}"
            elif isinstance(table, Fields) and values is not None:
                yield from _all_of(known, (*path, trait), table, trait, values, "give each value its share")


def _errors(known: Known) -> Iterator[Finding]:
    for path, node in matches(known.tree, "observed.*.error"):
        values = known.values(str(path[1]))
        if isinstance(node, Fields) and values is not None and not set(_BELIEFS) & set(node.entries):
            yield from _all_of(known, path, node, str(path[1]), values, "give the error of each true value")


def _fit(known: Known) -> Iterator[Finding]:
    for path, table in matches(known.tree, "scoring.fit.*"):
        by = str(path[-1])
        if by == "channel" or known.is_no_trait(by):
            names = ("segment", *known.traits)
            yield path, True, f"no points by {shown(by)}{near_miss(by, names, 'points go by')}"
        elif isinstance(table, Fields) and (values := known.values(by)) is not None:
            strange = (name for name in table.entries if name not in values)
            yield from (((*path, name), True, known.unknown_value(name, by, values)) for name in strange)
