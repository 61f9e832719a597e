"""What is certain of scores and of conditions, whatever a lead does."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from funnelsim.scenario.conditions import Conditions, Range
from funnelsim.scenario.quantities import Number, bounds
from funnelsim.scenario.routes import moves_of

if TYPE_CHECKING:
    from funnelsim.scenario.models import Scenario


def least_score(scenario: Scenario) -> float:
    """Return a score that no lead is below: the least fit, where nothing takes warmth away."""
    touches = scenario.touches.values()
    warmth = [move.warmth for _, move in moves_of(scenario)]
    warmth += [number for touch in touches for number in (touch.warmth, *(s.warmth for s in touch.steps.values()))]
    if any(bounds(number)[0] < 0 for number in warmth):
        return -math.inf
    return sum(_least(scenario, by, points) for by, points in scenario.scoring.fit.items())


def _least(scenario: Scenario, by: str, points: dict[str, Number]) -> float:
    if by == "segment":
        names = list(scenario.segments)
    else:
        names = list(scenario.traits[scenario.observed[by].of if by in scenario.observed else by])
    return min((bounds(points.get(name, 0))[0] for name in names), default=0.0)


def surely_holds(scenario: Scenario, conditions: Conditions, stage: str | None = None) -> bool:
    """Say whether conditions hold for every lead, in a stage or anywhere, at any time."""
    names = all(by == "stage" and stage in values for by, values in conditions.names.items())
    least = {"score": least_score(scenario)}
    return names and all(_reaches(range_, least.get(by, 0.0)) for by, range_ in conditions.ranges.items())


def _reaches(range_: Range, least: float) -> bool:
    """Say whether all values that are not below the least one lie in a range."""
    return range_.below is None and (range_.from_ is None or bounds(range_.from_)[1] <= least)
