"""In which fields two scenarios differ: what an effect is the effect of (DOMAIN D0.2: one variable at a time)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from funnelsim.scenario.paths import format_path
from funnelsim.scenario.problems import PathParts

if TYPE_CHECKING:
    from funnelsim.scenario.models import Scenario

NOT_RUN = ("name", "description", "variants")
"""Fields of a scenario that no run depends on."""

NAMES = ("label",)
"""Fields anywhere that only say what something is called."""

NOT_THERE = "not there"


class FieldDifference(NamedTuple):
    """A field that two scenarios do not have in common."""

    path: str
    """Dotted, as `Scenario.set` takes it; that of the whole of what only one of them has."""
    first: str
    """The value in the first, as it is written in a file; ``not there`` where it has none."""
    other: str


def fields_that_differ(first: Scenario, other: Scenario) -> tuple[FieldDifference, ...]:
    """Compare two scenarios with every default written out.

    Parameters
    ----------
    first, other : Scenario

    Returns
    -------
    tuple of FieldDifference
        In the order of the file. Names, labels, descriptions and variants do not count: they change no run. Changes
        are compared date by date, and other lists as one field where the two differ in length.
    """
    found = _differing(_run_of(first), _run_of(other), ())
    return tuple(FieldDifference(format_path(path), _written(ours), _written(theirs)) for path, ours, theirs in found)


def _run_of(scenario: Scenario) -> dict[str, Any]:
    fields = {name: value for name, value in scenario.data().items() if name not in NOT_RUN}
    changes: dict[str, dict[str, Any]] = {}
    for change in fields["changes"]:
        changes.setdefault(change["from"], {"set": {}})["set"].update(change["set"])
    return {**fields, "changes": changes}


class _Missing:
    """What stands for a field that is not there."""


_MISSING = _Missing()


def _differing(ours: Any, theirs: Any, path: PathParts) -> Iterator[tuple[PathParts, Any, Any]]:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        for name in dict.fromkeys([*ours, *theirs]):
            if name not in NAMES:
                yield from _differing(ours.get(name, _MISSING), theirs.get(name, _MISSING), (*path, name))
    elif isinstance(ours, list | tuple) and isinstance(theirs, list | tuple) and len(ours) == len(theirs):
        for place, (one, another) in enumerate(zip(ours, theirs, strict=True)):
            yield from _differing(one, another, (*path, place))
    elif ours != theirs:
        yield path, ours, theirs


def _written(value: Any) -> str:
    """Write a value as it may stand in a file, on one line."""
    match value:
        case _Missing():
            return NOT_THERE
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case Mapping():
            return f"{{{', '.join(f'{name}: {_written(part)}' for name, part in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(_written, value))}]"
        case _:
            return str(value)
