"""The answer in three sentences, made of computed figures with their intervals."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from funnelsim.forecast.compare import Comparison, Difference, changes_as_text
from funnelsim.metrics import statistics
from funnelsim.metrics.display import number
from funnelsim.metrics.names import main_metrics, trunk_of
from funnelsim.scenario.units import write_span

if TYPE_CHECKING:
    from funnelsim.metrics.result import Result
    from funnelsim.scenario import Scenario

NOT_KNOWN = "cannot be said"


# ---------------------------------------------------------------- one scenario
def answer_of(result: Result) -> list[str]:
    """Say in three sentences what a scenario brings, what one costs, and where most is lost.

    Parameters
    ----------
    result : Result

    Returns
    -------
    list of str
        Three sentences. Every average has the range of eight in ten replications, and its 95% interval.
    """
    goal, cost = main_metrics(result.scenario)
    span = f"Over {write_span(result.scenario.horizon)} from {result.scenario.start}"
    brings = f"{span}, leads enter '{_stage(result.scenario, goal)}' {_measured(result, goal, ' times')}."
    return [brings, _cost(result, cost), _narrowest(result)]


def _cost(result: Result, cost: str) -> str:
    spent, currency = float(result.estimate("spend").mean), result.scenario.currency
    if not spent:
        return f"Nothing is spent in this scenario, so that what one of them costs {NOT_KNOWN}."
    if math.isnan(float(result.estimate(cost).mean)):
        return f"On average {number(spent)} {currency} are spent, and none of them comes of it."
    each = _measured(result, cost, f" {currency}")
    return f"One of them costs {each}, where {number(spent)} {currency} are spent in all."


def _narrowest(result: Result) -> str:
    """Name the step of the trunk on which most is lost."""
    trunk = trunk_of(result.scenario)
    steps = list(pairwise(trunk))
    rates = {step: float(result.estimate(f"rate_{step[0]}_to_{step[1]}").mean) for step in steps}
    known = {step: rate for step, rate in rates.items() if not math.isnan(rate)}
    if not known:
        return f"New leads come in {_measured(result, 'new_leads', ' times')}."
    before, after = min(known, key=lambda step: known[step])
    labels = (_stage(result.scenario, name) for name in (before, after))
    rate = _measured(result, f"rate_{before}_to_{after}")
    return f"The narrowest step is from '{next(labels)}' to '{next(labels)}', with {rate}."


def _measured(result: Result, metric: str, what: str = "") -> str:
    """Write an average with both of its ranges, and behind it what it counts."""
    told, unit = result.estimate(metric), result.unit(metric)
    mean, low, high = (number(float(value), unit) for value in (told.mean, told.p10, told.p90))
    ends = statistics.interval(told.mean, told.mc_error, result.replications)
    sure = " to ".join(number(float(end), unit) for end in ends)
    average = f"; 95% interval of the average {sure}" if result.replications > 1 else ""
    return f"{mean}{what} on average ({low} to {high} in eight runs of ten{average})"


def _stage(scenario: Scenario, name: str) -> str:
    return scenario.stages[name].label or name


# ---------------------------------------------------------------- scenarios beside each other
def answer_of_comparison(comparison: Comparison) -> list[str]:
    """Say in three sentences which scenario brings most, which is cheapest, and what the first of these takes.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    list of str
        Three sentences. Every difference is against the first scenario, and has its 95% interval; where that holds 0
        it is said that nothing can be told apart.
    """
    goal, cost = goals_of(comparison)
    best = furthest(comparison, goal, up=True)
    cheapest = furthest(comparison, cost, up=False)
    return [
        _verdict(comparison, goal, best, ("the most", "more"), up=True),
        _verdict(comparison, cost, cheapest, ("the lowest", "a lower"), up=False),
        _takes(comparison, goal, best),
    ]


def goals_of(comparison: Comparison) -> tuple[str, str]:
    """Return the figures that are judged by, which all scenarios have."""
    first = comparison.results[comparison.first].scenario
    goal, cost = main_metrics(first)
    shared = all(goal in result.scenario.stages for result in comparison.results.values())
    return (goal, cost) if shared else ("new_leads", "spend")


def furthest(comparison: Comparison, metric: str, *, up: bool) -> str:
    """Return the other scenario that has most, or least, of a metric; one without a value comes last."""

    def height(name: str) -> float:
        mean = float(comparison.results[name].estimate(metric).mean)
        return -math.inf if math.isnan(mean) else mean if up else -mean

    return max(comparison.others, key=height)


def _verdict(comparison: Comparison, metric: str, name: str, words: tuple[str, str], *, up: bool) -> str:
    """Say who has most, or least, of a figure, if anybody surely has more, or less, than the first."""
    unit, title, first = comparison.unit(metric), comparison.title(metric), comparison.first
    change = comparison.difference(name, metric)
    ours, theirs = f"'{comparison.label(name)}'", f"'{comparison.label(first)}'"
    if math.isnan(change.mean):
        return f"How {ours} differs from {theirs} in {title} {NOT_KNOWN}: one of them has no such figure."
    mean, base = (number(float(comparison.results[one].estimate(metric).mean), unit) for one in (name, first))
    figures = f"{mean} instead of {base}, {_written(change, unit)}"
    most, more = words
    if change.low > 0 if up else change.high < 0:
        of = f"Of {len(comparison.results)} scenarios {ours}" if len(comparison.others) > 1 else ours
        return f"{of} has {most} {title}: {figures} against {theirs}."
    return f"None surely has {more} {title} than {theirs}; {ours} comes nearest: {figures}."


def _takes(comparison: Comparison, goal: str, name: str) -> str:
    """Say how often a scenario is ahead with the same luck, and what it spends and earns beside the first."""
    ours, theirs = f"'{comparison.label(name)}'", f"'{comparison.label(comparison.first)}'"
    runs = comparison.results[comparison.first].replications
    often = number(comparison.difference(name, goal).probability_larger, "share")
    told = [(verb, comparison.difference(name, metric), of) for metric, verb, of in _money(comparison)]
    money = [f"{verb} {_written(change, '', of)}" for verb, change, of in told]
    return f"With the same luck {ours} is ahead in {often} of {runs:,} runs; against {theirs} it {' and '.join(money)}."


def _money(comparison: Comparison) -> list[tuple[str, str, str]]:
    """Return what is spent and, where every scenario earns something, what is earned, each with its unit."""
    of = f" {comparison.unit('spend')}"
    earning = all(
        any(stage.value is not None for stage in result.scenario.stages.values())
        for result in comparison.results.values()
    )
    return [("spend", "spends", of)] + [("revenue", "earns", of)] * earning


def _written(change: Difference, unit: str, of: str = "") -> str:
    mean, low, high = changes_as_text(change, unit)
    return f"{mean}{of} (95% interval {low} to {high})"
