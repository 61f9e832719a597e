"""What stands in a scenario where a figure is put in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from funnelsim.evidence.rows import Input, read_figure
from funnelsim.scenario import Scenario
from funnelsim.scenario.paths import parse_path
from funnelsim.scenario.problems import RefusedError, near_miss, shown


class Standing(NamedTuple):
    """The value at a path, in words, and whether it is what the source says."""

    text: str
    agrees: bool


def standing(scenario: Scenario, put_in: Input) -> Standing:
    """Compare what stands in a scenario with what a row says.

    A value is compared in its canonical form, so that ``0.1`` is ``10%``, and ``1 week`` is ``7d``.

    Raises
    ------
    ValueError
        Where the path leads nowhere, or the value cannot stand there; `ScenarioError` is one.
    """
    value = _at(scenario, put_in.path)
    if "equals" in put_in.model_fields_set:
        return Standing(_words(value), scenario.set({put_in.path: put_in.equals}) == scenario)
    try:
        number = read_figure(value)
    except RefusedError as fault:
        raise ValueError(f"{put_in.path} is no number that has bounds: {fault}") from None
    low, high = put_in.between or (put_in.at_least, put_in.at_most)
    return Standing(_words(value), (low is None or low <= number) and (high is None or number <= high))


def _at(scenario: Scenario, path: str) -> Any:
    found: Any = scenario.data()
    try:
        parts = parse_path(path)
    except RefusedError as fault:
        raise ValueError(str(fault)) from None
    for part in parts:
        if isinstance(found, Mapping) and part in found:
            found = found[part]
        elif isinstance(found, list | tuple) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            names = found if isinstance(found, Mapping) else ()
            raise ValueError(f"nothing stands at {path}: no {shown(part)}{near_miss(part, names)}")
    return found


def _words(value: Any) -> str:
    """Write a value in one line, as it stands in a file."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_words(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_words, value)) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "none"}[value]
    return f"{value:,}" if isinstance(value, int) else str(value)
