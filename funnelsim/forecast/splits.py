"""What is to be split over channels, and between which bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from funnelsim.forecast.accounts import FIGURES
from funnelsim.metrics.figures import MONEY
from funnelsim.scenario import Scenario
from funnelsim.scenario.problems import RefusedError, listed, near_miss
from funnelsim.scenario.quantities import Flow, Rate
from funnelsim.scenario.responses import days_of
from funnelsim.scenario.tables import MONEY_FLOW

Split = npt.NDArray[np.float64]
"""(channels,): shares of the budget, which add up to 1."""

MAXIMISED = tuple(figure.name for figure in FIGURES if not figure.under and figure.name not in ("spend", "open"))
"""What can be maximised."""

MONTH = 30.4375
"""Days of a month."""


@dataclass(frozen=True)
class Task:
    """What is to be split, and between which bounds; shares of the total."""

    maximise: str
    total: float
    """Money a month."""
    channels: tuple[str, ...]
    today: Split
    low: Split
    high: Split

    def projected(self, split: Split) -> Split:
        """Return the nearest split within bounds that adds up to 1."""
        from scipy.optimize import brentq

        def excess(shift: float) -> float:
            return float(np.clip(split - shift, self.low, self.high).sum() - 1)

        reach = float(np.abs(split).max() + 2)
        shift = brentq(excess, -reach, reach) if excess(-reach) * excess(reach) < 0 else 0.0
        return np.asarray(np.clip(split - shift, self.low, self.high))

    def candidates(self, seed: int) -> list[Split]:
        """Return the splits of which the best begin a search: curves that rise in an S have more than one summit."""
        n = len(self.channels)
        without = [np.where(np.arange(n) == left_out, 0.0, self.today + 1e-9) for left_out in range(n)]
        drawn = np.random.default_rng(seed).dirichlet(np.ones(n), size=2 * n)
        splits = (self.today, *(split / split.sum() for split in without), np.full(n, 1 / n), *drawn)
        return [self.projected(split) for split in splits]

    def settings(self, split: Split) -> dict[str, str]:
        """Return what is set for a split."""
        return {
            f"channels.{name}.spend": f"{share * self.total:.4f} per month"
            for name, share in zip(self.channels, split, strict=True)
        }


def read_task(
    scenario: Scenario,
    maximise: str,
    budget: str | None,
    bounds: Mapping[str, tuple[str | None, str | None]] | None,
    starts: int,
) -> Task:
    """Read what is to be split; refuse all that makes no sense at once."""
    problems: list[str] = []
    if maximise not in MAXIMISED:
        problems.append(f"maximise: there is no '{maximise}'{near_miss(str(maximise), MAXIMISED, 'choices')}")
    if isinstance(starts, bool) or not isinstance(starts, int) or starts < 1:
        problems.append(f"starts is {starts!r}, and must be at least 1")
    spends = {name: _monthly(channel.spend) for name, channel in scenario.channels.items() if channel.response}
    problems += [
        f"channel '{name}': its spend is no fixed amount per period, which a split could change; write one, such as "
        "90_000 per month"
        for name, spend in spends.items()
        if spend is None
    ]
    if len(spends) < 2:
        there = listed([f"'{name}'" for name in spends], "and") or "none"
        problems.append(f"a budget is split over two channels or more with a 'response' to spend; here are {there}")
    if any("spend" in path for change in scenario.changes for path in change.set):
        problems.append("a change sets the spend of a channel, so that there is no one split; take it out")
    if problems:
        raise ValueError("\n".join(problems))
    known = {name: float(spend or 0.0) for name, spend in spends.items()}
    total = sum(known.values()) if budget is None else _read(budget, "budget")
    if not total:
        raise ValueError(
            "nothing is spent now, so that there is nothing to split; give a budget, such as 90_000 per month"
        )
    low, high = _read_bounds(known, bounds or {}, total)
    today = np.array(list(known.values())) if sum(known.values()) else np.ones(len(known))
    return Task(maximise, total, tuple(known), today / today.sum(), low, high)


def _monthly(flow: Flow | None) -> float | None:
    if isinstance(flow, Rate) and isinstance(flow.amount, int | float):
        return flow.amount / MONEY / days_of(flow) * MONTH
    return None


def _read(text: object, what: str) -> float:
    try:
        monthly = _monthly(MONEY_FLOW.read(text))
    except RefusedError as fault:
        raise ValueError(f"{what}: {fault}") from None
    if not monthly:
        raise ValueError(
            f"{what}: write a fixed amount per period that is more than nothing, such as 150_000 per month"
        )
    return monthly


def _read_bounds(
    known: Mapping[str, float], bounds: Mapping[str, tuple[str | None, str | None]], total: float
) -> tuple[Split, Split]:
    low, high, problems = dict.fromkeys(known, 0.0), dict.fromkeys(known, 1.0), list[str]()
    for name, pair in bounds.items():
        if name not in known:
            problems.append(
                f"bounds: no channel '{name}' that answers to spend{near_miss(str(name), known, 'channels')}"
            )
            continue
        try:
            least, most = pair
            low[name] = 0.0 if least is None else _read(least, f"bounds of '{name}'") / total
            high[name] = 1.0 if most is None else min(1.0, _read(most, f"bounds of '{name}'") / total)
        except (TypeError, ValueError) as error:
            problems.append(
                str(error) if "bounds of" in str(error) else f"bounds of '{name}': give the least and the most"
            )
            continue
        if low[name] > high[name]:
            problems.append(f"bounds of '{name}': the least is more than the most, or than the budget")
    if not problems and not sum(low.values()) <= 1 + 1e-9 <= sum(high.values()) + 2e-9:
        problems.append(
            f"bounds: together they let channels spend {total * sum(low.values()):,.0f} to "
            f"{total * sum(high.values()):,.0f} a month, but the budget is {total:,.0f}"
        )
    if problems:
        raise ValueError("\n".join(problems))
    return np.array(list(low.values())), np.array(list(high.values()))
