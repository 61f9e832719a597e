"""In what scenarios differ, path by path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from funnelsim.forecast.points import text_of
from funnelsim.scenario import Scenario
from funnelsim.scenario.paths import format_path
from funnelsim.scenario.problems import PathParts

TEXTS = ("name", "description", "variants")
"""What changes nothing that is simulated."""

NOTHING = "nothing"


def differing(scenarios: Mapping[str, Scenario]) -> dict[str, list[str]]:
    """Return by name in what each scenario but the first differs from it.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        At least one.

    Returns
    -------
    dict of str to list of str
        Lines such as ``stages.sql.moves.expire.after: 14d instead of 7d``, in the order of the file.
    """
    (_, reference), *others = scenarios.items()
    base = dict(_values(_judged(reference), ()))
    lines = {}
    for name, scenario in others:
        ours = dict(_values(_judged(scenario), ()))
        paths = [path for path in dict.fromkeys((*base, *ours)) if base.get(path) != ours.get(path)]
        lines[name] = [f"{format_path(path)}: {_told(ours, path)} instead of {_told(base, path)}" for path in paths]
    return lines


def _judged(scenario: Scenario) -> dict[str, Any]:
    return {name: value for name, value in scenario.data().items() if name not in TEXTS}


def _values(data: Any, path: PathParts) -> Iterator[tuple[PathParts, Any]]:
    """Yield what stands at the end of every path; lists are one value, empty mappings none."""
    if not isinstance(data, Mapping):
        yield path, data
        return
    for name, value in data.items():
        yield from _values(value, (*path, str(name)))


def _told(values: Mapping[PathParts, Any], path: PathParts) -> str:
    value = values.get(path)
    return NOTHING if value is None or value == () else text_of(value)
