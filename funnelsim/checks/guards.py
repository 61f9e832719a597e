"""Guards: the conditions of a scenario's thresholds, each with the figure that is meant and its place."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from funnelsim.metrics.definition import Over, unit_of
from funnelsim.metrics.figures_of_periods import period_days
from funnelsim.metrics.names import EVERYONE, figure_of
from funnelsim.scenario.guarding import Thresholds
from funnelsim.scenario.paths import format_path
from funnelsim.scenario.problems import PathParts, Place, Problem, ScenarioError, listed
from funnelsim.scenario.thresholds import LEVELS, Condition, Level, Quantity, split_figure

if TYPE_CHECKING:
    from funnelsim.scenario import Scenario

SHARED = ("start", "horizon", "warm_up", "period", "currency")
"""What two versions must have in common for their figures to be of one time and one money."""


class Measured(NamedTuple):
    """A figure of a version of a scenario, and how it is measured."""

    metric: str
    over: Over
    period: int | None
    """Which of the periods, from 0."""
    by: str | None
    """What leads are grouped by, where the figure is of a group."""
    unit: str


@dataclass(frozen=True)
class Guard:
    """One condition of a threshold.

    Attributes
    ----------
    place : Place
        Where it is written.
    variant : str or None
        Whose figure it is about; None for the scenario itself.
    figure : str
        As it is written, such as ``cost_per_sql@2026-03``.
    measured : Measured
    condition : Condition
    level : {"error", "warn"}
    reason : str
    """

    place: Place
    variant: str | None
    figure: str
    measured: Measured
    condition: Condition
    level: Level
    reason: str

    @property
    def name(self) -> str:
        """What it is called: its variant, figure and condition, as in ``after: sql mean > 170``."""
        whose = f"{self.variant}: " if self.variant else ""
        return f"{whose}{self.figure} {self.condition}"


def guards_of(scenario: Scenario) -> tuple[Guard, ...]:
    """Return the guards of a scenario and its variants, in the order in which they are written.

    Raises
    ------
    ScenarioError
        With every metric, group and period that does not exist, each with its place.
    """
    problems: list[Problem] = []
    guards = list(_guards(scenario, problems))
    if problems:
        raise ScenarioError(problems)
    return tuple(guards)


def _guards(scenario: Scenario, problems: list[Problem]) -> Iterator[Guard]:
    holders: list[tuple[str | None, PathParts, Thresholds]] = [(None, ("thresholds",), scenario.thresholds)]
    holders += [
        (name, ("variants", name, "thresholds"), variant.thresholds) for name, variant in scenario.variants.items()
    ]
    for variant, path, thresholds in holders:
        if not thresholds:
            continue
        version = version_of(scenario, variant)
        for figure, found in thresholds.items():
            place, where = scenario.place((*path, figure)), format_path((*path, figure))
            try:
                measured = measured_of(figure, version)
            except ValueError as error:
                problems.append(Problem(place, where, str(error)))
                continue
            for number, threshold in enumerate(found):
                spot = scenario.place((*path, figure, number))
                for level in LEVELS:
                    condition: Condition | None = getattr(threshold, level)
                    if condition is None:
                        continue
                    problems += [
                        Problem(spot, where, message)
                        for message in _wrong(condition, figure, measured, scenario, version)
                    ]
                    yield Guard(spot, variant, figure, measured, condition, level, threshold.reason)


def version_of(scenario: Scenario, variant: str | None) -> Scenario:
    """Return a variant, or the scenario itself for None."""
    return scenario if variant is None else scenario.variant(variant)


# ---------------------------------------------------------------- figures
def measured_of(figure: str, version: Scenario) -> Measured:
    """Return what the name of a figure means in a version of a scenario.

    Raises
    ------
    ValueError
        For an unknown metric, group or period, with a near miss, and for what is not measured so.
    """
    metric, period = split_figure(figure)
    group = re.search(r"\[(\w+)=([^\[\]]+)\]", metric)
    by = group[1] if group and group[2] != EVERYONE else None
    found = figure_of(metric, version, by)
    definition, over = found.definition, "horizon" if period is None else "period"
    if period is None and (definition.kind == "growth" or "horizon" not in definition.times):
        raise ValueError(
            f"'{metric}' is a figure of periods, without a value over the horizon; name one, as in @2026-03"
        )
    if period is not None and "period" not in definition.times:
        raise ValueError(f"'{metric}' is not measured by period; leave '@{period}' out")
    place = None if period is None else _period(period, period_days(version))
    unit = unit_of(definition, found.places, version.currency)
    return Measured(metric, "horizon" if over == "horizon" else "period", place, by, unit)


def _period(written: str, days: list[dt.date]) -> int:
    """Return which period is meant: the one that begins on a day, or in a month, a quarter or a year."""
    found = [number for number, day in enumerate(days) if written in _names_of(day)]
    if not found:
        raise ValueError(f"no period begins in '{written}' (they begin on {listed(map(str, days), 'and', most=6)})")
    if len(found) > 1:
        begins = listed((str(days[number]) for number in found), most=6)
        raise ValueError(f"several periods begin in '{written}'; write the day: {begins}")
    return found[0]


def _names_of(day: dt.date) -> tuple[str, ...]:
    return (str(day), f"{day:%Y-%m}", f"{day:%Y}-Q{(day.month + 2) // 3}", f"{day:%Y}")


# ---------------------------------------------------------------- conditions
def _wrong(
    condition: Condition, figure: str, measured: Measured, scenario: Scenario, version: Scenario
) -> Iterator[str]:
    """Yield what is wrong with a condition of a figure that there is."""
    numbers = [condition.statistic.bound] if condition.statistic.kind == "probability" else []
    if condition.reference is None and condition.statistic.kind != "probability":
        numbers.append(condition.limit)
    yield from (
        _percentage(number, measured) for number in numbers if number.is_percentage and measured.unit != "share"
    )
    if condition.variant is not None:
        other = scenario.variant(condition.variant)
        yield from unlike(version, other, f"variant '{condition.variant}'")
        try:
            measured_of(figure, other)
        except ValueError as error:
            yield f"in the variant '{condition.variant}' there is no such figure: {error}"


def _percentage(number: Quantity, measured: Measured) -> str:
    return f"'{measured.metric}' is in {measured.unit}, not a share, so that {number} means nothing; write a number"


def unlike(version: Scenario, other: Scenario, called: str) -> Iterator[str]:
    """Yield why figures of two versions are not of one time and one money."""
    for field in SHARED:
        if getattr(version, field) != getattr(other, field):
            yield f"the {called} has another {field.replace('_', '-')}, so that its figures cannot be compared"
