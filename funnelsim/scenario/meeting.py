"""What holds of leads that meet several conditions at once."""

from __future__ import annotations

import math

from funnelsim.scenario.conditions import Conditions, Range
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.quantities import bounds


def both_hold(one: Conditions, other: Conditions) -> Conditions | None:
    """Return the conditions that hold where two do; None where they exclude each other.

    Of uncertain bounds what surely lies in both ranges counts.
    """
    names = dict(one.names)
    for by, values in other.names.items():
        names[by] = tuple(value for value in names.get(by, values) if value in values)
        if not names[by]:
            return None
    ranges = dict(one.ranges)
    for by, range_ in other.ranges.items():
        ranges[by] = _overlap(ranges.get(by, Range()), range_)
        low, high = _sides(ranges[by])
        if low >= high:
            return None
    return Conditions(FrozenDict(names), FrozenDict(ranges))


def _overlap(one: Range, other: Range) -> Range:
    lower = one.from_ if _sides(one)[0] >= _sides(other)[0] else other.from_
    upper = one.below if _sides(one)[1] <= _sides(other)[1] else other.below
    return Range(lower, upper)


def _sides(range_: Range) -> tuple[float, float]:
    """Return between which values a range surely holds."""
    low = -math.inf if range_.from_ is None else bounds(range_.from_)[1]
    high = math.inf if range_.below is None else bounds(range_.below)[0]
    return low, high
