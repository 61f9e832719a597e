"""What the last part of a budget brings: the run as it is beside one with less spent, with the same luck.

Less is spent on channels, and fewer leads come by them: those of a channel with a `response` answer along its curve,
those of others, whose spend and leads the scenario says apart, go with spend in proportion. All else, the people and
overheads too, stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from funnelsim.metrics import statistics
from funnelsim.metrics.figures import MONEY, view
from funnelsim.metrics.result import Result
from funnelsim.scenario import Scenario, kinds
from funnelsim.scenario.paths import format_path, parse_path
from funnelsim.scenario.quantities import BetaBelief, ByMonth, DrawsBelief, Flow, Number, RangeBelief, UniformBelief

if TYPE_CHECKING:
    from funnelsim.metrics.statistics import Array

ALL = "all"
"""What all channels are called together."""

LAST = 0.1
"""The last part of the budget that marginal figures are about."""

_FIELDS = {"leads": kinds.LEADS_FLOW, "spend": kinds.MONEY_FLOW}

_OF_LEADS = ("spend_media", "spend_leads", "spend_touches", "spend_moves")
"""What leads cause: people and overheads are paid whether there are more of them or not."""


class Marginal(NamedTuple):
    """What the last part of the budget cost, and what it brought."""

    spend: float
    """How much more was spent, on average over replications."""
    number: float
    """How many more were brought."""
    number_low: float
    """`number_low` to `number_high`: a 95% interval of the expected number."""
    number_high: float
    cost: float
    """Spend for each of them, total over total; NaN where the interval of the number holds 0."""
    low: float
    """`low` to `high`: a 95% interval of the cost, by the jackknife."""
    high: float


def channels_of(scenario: Scenario) -> tuple[str, ...]:
    """Return the channels that leads flow in by; a backlog does not depend on what is spent."""
    return tuple(name for name, channel in scenario.channels.items() if channel.leads is not None)


def spending_less(scenario: Scenario, channels: Iterable[str], part: float = LAST) -> Scenario:
    """Return a scenario in which less is spent on channels, from the start on, and fewer leads come by them.

    Parameters
    ----------
    scenario : Scenario
    channels : iterable of str
        With a flow of leads; those with a `response` answer along its curve.
    part : float
        How much less, from 0 to 1.

    Returns
    -------
    Scenario
        A warm-up stays as it is. What dated changes set is less by the same part.
    """
    names, left = tuple(channels), 1 - part
    first = {path: value for name in names for path, value in _less(scenario, name, left).items()}
    changes = [{**change, "set": dict(change["set"])} for change in scenario.data()["changes"]]
    regimes = dict(scenario.regimes())
    for written, change in zip(scenario.changes, changes, strict=True):
        less = {path: value for name in names for path, value in _less(regimes[written.from_], name, left).items()}
        inside = {path: format_path(parse_path(path)[:3]) for path in change["set"]}
        kept = {path: value for path, value in change["set"].items() if inside[path] not in less}
        change["set"] = kept | {path: less[path] for path in inside.values() if path in less}
    if scenario.warm_up.count:
        at_start = next((change for change in changes if change["from"] == scenario.start.isoformat()), None)
        if at_start is None:
            changes.insert(0, {"from": scenario.start.isoformat(), "set": first})
        else:
            at_start["set"] = {**first, **at_start["set"]}
        return scenario.set({"changes": changes})
    return scenario.set({**first, **({"changes": changes} if changes else {})})


def _less(scenario: Scenario, name: str, left: float) -> dict[str, Any]:
    channel = scenario.channels[name]
    fields = _FIELDS if channel.response is None else {"spend": _FIELDS["spend"]}
    return {
        format_path(("channels", name, field)): kind.write(times(flow, left, whole=field == "spend"))
        for field, kind in fields.items()
        if (flow := getattr(channel, field)) is not None
    }


def times(flow: Flow, factor: float, whole: bool) -> Flow:
    """Multiply a flow; of money the units stay whole."""
    if isinstance(flow, ByMonth):
        return replace(flow, amounts=tuple(_times(amount, factor, whole) for amount in flow.amounts))
    return replace(flow, amount=_times(flow.amount, factor, whole))


def _times(number: Number, factor: float, whole: bool) -> Number:
    def product(value: float) -> float:
        return round(value * factor) if whole else float(f"{value * factor:.12g}")

    match number:
        case RangeBelief(low, high) | UniformBelief(low, high):
            return type(number)(product(low), product(high))
        case DrawsBelief(values):
            return DrawsBelief(tuple(map(product, values)))
        case BetaBelief():
            raise TypeError("no flow is believed to be a share")
    return product(number)


def last_part(result: Result, less: Result, unit: str, cohorts: int | None) -> Marginal:
    """Say what the last part of the budget cost and brought: a run beside one in which less is spent.

    Parameters
    ----------
    result, less : Result
        With cohorts, of the same seed.
    unit : str
        What is brought: a stage, by its first entries, or ``new_leads``.
    cohorts : int or None
        How many of the cohorts count; None for all.
    """
    more = [some - other for some, other in zip(_sums(result, unit, cohorts), _sums(less, unit, cohorts), strict=True)]
    spend, number = more[0] / MONEY, more[1]
    low, high = statistics.interval(statistics.mean(number), statistics.mean_error(number), len(number))
    found = statistics.ratio(spend, number)
    ends = statistics.interval(found, statistics.jackknife_error(statistics.leave_one_out(spend, number)), len(number))
    seen = low > 0 or high < 0
    cost = (found, *ends) if seen else (np.nan, np.nan, np.nan)
    return Marginal(*map(float, (spend.mean(), number.mean(), low, high, *cost)))


def _sums(result: Result, unit: str, cohorts: int | None) -> tuple[Array, Array]:
    """Return what leads of some cohorts caused, with all that people and overheads cost, and what they brought."""
    data = view(result.data, "cohort").isel(cohort=slice(cohorts))
    own = sum(data[name].sum(("cohort", "group")).astype(np.int64) for name in _OF_LEADS)
    of_time = result.data["spend_labour"].sum(("period", "group"))
    if "overheads" in result.data:
        of_time = of_time + result.data["overheads"].sum(("period", "group", "overhead"))
    brought = data["created"].sum(("cohort", "group", "channel"))
    if unit != "new_leads":
        brought = data["entries"].sel(stage=unit, visit="first").sum(("cohort", "group", "age"))
    return (own + of_time).to_numpy().astype(np.float64), brought.to_numpy().astype(np.float64)
