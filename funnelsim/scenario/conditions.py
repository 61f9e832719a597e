"""What a lead must be for a rule to hold: ``{need: [yes, unknown], reason: not_now, score: {from: 20, below: 50}}``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.measures import COUNT, DURATION, POINTS, Measure
from funnelsim.scenario.problems import RefusedError, near_miss, read_each, shown
from funnelsim.scenario.quantities import Number, bounds
from funnelsim.scenario.rosters import read_some, write_some

RANGES: dict[str, Measure] = {"score": POINTS, "age": DURATION, "silent": DURATION, "touched": COUNT}
"""What lies between two values: the score, the time since creation and since the last activity, touches delivered."""

BY_HISTORY = ("reason", "from", "stage", "behaviour")
"""What is named and is neither segment, channel nor trait: how the lead came here, where it is, what it did last."""

BEHAVIOURS = ("opened", "clicked", "answered", "none")
"""What a lead did last, beside the events of moves; ``none``: nothing yet."""

_SIDES = ("from", "below")


@dataclass(frozen=True)
class Range:
    """Values from `from_` on and below `below`; without one of them, without this bound.

    Points of the score, ticks of an age or a silence, or a count of touches.
    """

    from_: Number | None = None
    below: Number | None = None


@dataclass(frozen=True)
class Conditions:
    """What must hold, all of it; nothing always holds.

    Attributes
    ----------
    names : mapping of str to tuple of str
        By segment, channel, trait, observed trait or one of `BY_HISTORY`: what the lead may be.
    ranges : mapping of str to Range
        By one of `RANGES`.
    """

    names: FrozenDict[str, tuple[str, ...]] = field(default_factory=FrozenDict)
    ranges: FrozenDict[str, Range] = field(default_factory=FrozenDict)

    def __bool__(self) -> bool:
        return bool(self.names or self.ranges)


def read_conditions(raw: object) -> Conditions:
    """Read what a lead must be."""
    if not isinstance(raw, Mapping):
        raise RefusedError(f"a condition is written like {{segment: enterprise}}, not {shown(raw)}")
    values = read_each(lambda by: _read_condition(by, raw[by]), ((by, by) for by in raw))
    read = dict(zip(raw, values, strict=True))
    return Conditions(
        FrozenDict({by: value for by, value in read.items() if isinstance(value, tuple)}),
        FrozenDict({by: value for by, value in read.items() if isinstance(value, Range)}),
    )


def read_some_conditions(raw: object) -> Conditions:
    """Read what a lead must be, where there must be something."""
    conditions = read_conditions(raw)
    if not conditions:
        raise RefusedError("without any condition it holds for every lead; name one, such as {score: {from: 50}}")
    return conditions


def _read_condition(by: str, raw: object) -> tuple[str, ...] | Range:
    if by in RANGES:
        return _read_range(by, raw)
    if raw in ((), []):
        raise RefusedError("no lead is any of none; name a value, or leave the condition out")
    return read_some(raw)


def _read_range(by: str, raw: object) -> Range:
    measure = RANGES[by]
    if not isinstance(raw, Mapping) or not raw or "uncertain" in raw:
        example = measure.example.split(" or ")[0].split(",")[0]
        raise RefusedError(
            f"'{by}' is written like {{from: {example}}}, with 'from', 'below' or both, not {shown(raw)}"
        )
    for name in raw:
        if name not in _SIDES:
            raise RefusedError(f"no field {shown(name)} in a range{near_miss(name, _SIDES, 'fields')}", name)
    numbers = read_each(measure.number, raw.items())
    given = dict(zip(raw, numbers, strict=True))
    found = Range(given.get("from"), given.get("below"))
    if found.from_ is not None and found.below is not None and bounds(found.from_)[0] >= bounds(found.below)[1]:
        low, high = (measure.write_number(side) for side in (found.from_, found.below))
        raise RefusedError(f"nothing lies from {low} on and below {high}; let 'from' be less than 'below'")
    return found


def write_conditions(conditions: Conditions | None) -> Any:
    """Write what a lead must be."""
    if conditions is None:
        return None
    written: dict[str, Any] = {by: write_some(values) for by, values in conditions.names.items()}
    for by, range_ in conditions.ranges.items():
        sides = zip(_SIDES, (range_.from_, range_.below), strict=True)
        written[by] = {name: RANGES[by].write_number(side) for name, side in sides if side is not None}
    return written


def names_in(conditions: Iterable[Conditions], by: str) -> set[str]:
    """Return all that some conditions name by one thing, such as the events they ask for."""
    return {name for each in conditions for name in each.names.get(by, ())}
