"""Sentences about what is promised of a scenario."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelsim.scenario.guarding import Checks, Thresholds
from funnelsim.scenario.thresholds import Condition, Statistic, split_figure

if TYPE_CHECKING:
    from funnelsim.scenario.models import Scenario

_SIGNS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least"}


def guard_sentences(scenario: Scenario) -> Iterator[str]:
    """Yield a sentence for every threshold of a scenario and its variants, and how they are decided."""
    yield from _of("", scenario.thresholds)
    for name, variant in scenario.variants.items():
        yield from _of(f"In the variant '{name}': ", variant.thresholds)
    if scenario.checks != Checks():
        checks = scenario.checks
        then = "breaks the check" if checks.unsettled == "error" else "is told"
        yield (
            f"It is looked after {checks.replications:,} replications, seed {checks.seed}, and at last after "
            f"{checks.max_replications:,}; what is open then {then}."
        )


def _of(where: str, thresholds: Thresholds) -> Iterator[str]:
    for figure, found in thresholds.items():
        for threshold in found:
            because = f" ({threshold.reason})" if threshold.reason else ""
            for condition, otherwise in ((threshold.error, ""), (threshold.warn, ", or there is a warning")):
                if condition is not None:
                    yield f"{where}{said_condition(figure, condition)}{otherwise}{because}."


def said_condition(figure: str, condition: Condition) -> str:
    """Say a condition of a figure in words."""
    metric, period = split_figure(figure)
    when = f" in {period}" if period else ""
    return f"{_statistic(condition.statistic)} of {metric}{when} is {_SIGNS[condition.comparison]} {_limit(condition)}"


def _statistic(statistic: Statistic) -> str:
    if statistic.kind == "probability":
        return f"the share of replications with {_SIGNS[statistic.comparison]} {statistic.bound}"
    return "the mean" if statistic.kind == "mean" else f"the {statistic.percent}% quantile"


def _limit(condition: Condition) -> str:
    if condition.reference is None:
        return str(condition.limit)
    factor = "" if condition.limit.number == 1 else f"{condition.limit} times "
    which = f"in the variant '{condition.variant}'" if condition.variant else "in the baseline"
    return f"{factor}what it is {which}"
