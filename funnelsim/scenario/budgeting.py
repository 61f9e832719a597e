"""Budgets: levels of spend, and splits of it, written as what is set; spend may be relative to what it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field

from funnelsim.scenario import kinds
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.parts import Short
from funnelsim.scenario.paths import format_path, parse_path
from funnelsim.scenario.problems import Problem, RefusedError, near_miss, shown
from funnelsim.scenario.quantities import (
    BetaBelief,
    ByMonth,
    DrawsBelief,
    Flow,
    Number,
    RangeBelief,
    UniformBelief,
)
from funnelsim.scenario.settings import Setting
from funnelsim.scenario.tables import MONEY_FLOW
from funnelsim.scenario.tree import Leaf, Node, grow, matches, plain

SPEND = "spend"
"""The short form that stands for the spend of all channels."""

RELATIVE = re.compile(r"\s*([+-])\s*(\d+(?:\.\d+)?)\s*%\s*")


class Budget(Short):
    """A level of spend, or a split of it."""

    short_for = "set"
    short = kinds.BUDGET

    set: Annotated[FrozenDict[str, Any], kinds.BUDGET] = Field(
        FrozenDict(), description="Paths and their new values; spend: +20% is that of all channels."
    )
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")


def budget_settings(tree: Node, settings: Iterable[Setting]) -> tuple[list[Setting], list[Problem]]:
    """Write the settings of a budget out: every spend as an amount.

    Parameters
    ----------
    tree : Node
        The scenario that spend is relative to.
    settings : iterable of Setting
        ``spend: +20%`` is that of all channels that have some; ``channels.search.spend: -10%`` that of one.

    Returns
    -------
    list of Setting
        As `Scenario.set` takes them.
    list of Problem
        What is wrong with those that are relative.
    """
    wanted: list[Setting] = []
    problems: list[Problem] = []
    for setting in settings:
        try:
            wanted += _written_out(tree, setting)
        except RefusedError as fault:
            problems.append(Problem(setting.key, setting.path, str(fault)))
    return wanted, problems


def _written_out(tree: Node, setting: Setting) -> Iterator[Setting]:
    value = setting.node.value if isinstance(setting.node, Leaf) else None
    match = RELATIVE.fullmatch(value) if isinstance(value, str) else None
    if setting.path == SPEND and match is None:
        raise RefusedError(
            f"the spend of all channels is written relative to what it is, such as +20% or -10%, not {shown(value)}; "
            "write an amount for each channel, such as channels.search.spend: 90_000 per month"
        )
    parts = parse_path(setting.path)
    one = parts[1:2] if len(parts) == 3 and (parts[0], parts[2]) == ("channels", "spend") else ()
    if match is None or not (one or setting.path == SPEND):
        yield setting
        return
    times = 1 + float(f"{match[1]}{match[2]}") / 100
    if times < 0:
        raise RefusedError(f"{shown(value)} would leave less than nothing; write at most -100%")
    spends = {path[1]: node for path, node in matches(tree, "channels.*.spend") if plain(node) is not None}
    changed = {path[-1] for path, _ in matches(tree, "changes.*.set.*")}
    for channel in one or spends:
        path = format_path(("channels", channel, "spend"))
        if channel not in spends:
            near = near_miss(str(channel), [str(name) for name in spends], "channels with a spend")
            raise RefusedError(f"no channel {shown(channel)} with a spend{near}")
        if path in changed:
            raise RefusedError(
                f"a change sets {path}, so that it is not one spend; write the amounts of this budget out"
            )
        yield replace(setting, path=path, node=grow(_times(plain(spends[channel]), times), setting.node.place))
    if not spends:
        raise RefusedError("no channel has a spend; write one, such as channels.search.spend: 90_000 per month")


def _times(spend: Any, times: float) -> Any:
    """Return a flow, as it is written, times a number; what cannot be read is told where it stands, and kept."""
    try:
        return MONEY_FLOW.write(scaled(MONEY_FLOW.read(spend), times))
    except RefusedError:
        return spend


def scaled(flow: Flow, times: float) -> Flow:
    """Return a flow of money times a number; amounts are rounded to a ten-thousandth."""
    if isinstance(flow, ByMonth):
        return replace(flow, amounts=tuple(_scaled(amount, times) for amount in flow.amounts))
    return replace(flow, amount=_scaled(flow.amount, times))


def _scaled(number: Number, times: float) -> Number:
    match number:
        case RangeBelief(low, high):
            return RangeBelief(round(low * times), round(high * times)) if times else 0
        case UniformBelief(low, high):
            return UniformBelief(round(low * times), round(high * times)) if times else 0
        case DrawsBelief(values):
            return DrawsBelief(tuple(float(round(value * times)) for value in values))
        case BetaBelief():
            raise RefusedError("a belief about a chance is no amount of money")
        case _:
            return round(number * times)
