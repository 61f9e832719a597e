"""Splits a budget over channels so that it brings most, judged by runs that all have the same luck.

Sample average approximation: the average over a fixed set of replications stands for the expected value, and, the luck
being the same whatever the split, is a function that can be searched. How good the split truly is is told by runs with
other seeds (Kim, Pasupathy and Henderson, A Guide to Sample Average Approximation, 2015).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.forecast.accounts import Account, account_of, longer
from funnelsim.forecast.allocation import Allocation, Channel, Flatness
from funnelsim.forecast.budgets import read_run_on
from funnelsim.forecast.compare import difference
from funnelsim.forecast.splits import Split, Task, read_task
from funnelsim.metrics.figures import estimate
from funnelsim.metrics.progress import progress_bar
from funnelsim.metrics.simulate import Settings, check_room, check_scenario
from funnelsim.scenario import Scenario
from funnelsim.scenario.quantities import Span

if TYPE_CHECKING:
    from funnelsim.engines.log import Engine

STEP = 0.01
"""How finely the search tells splits apart, as a share of the budget."""

MOST_TRIES = 40
"""Splits that are tried from one start."""

NEAR = 0.01
"""By which part of what the best split brings others are told to be near it."""

SHIFT = 0.1
"""The share of the budget that is moved to say how flat the best split is."""


def allocate(
    scenario: Scenario,
    *,
    maximise: str = "sql",
    budget: str | None = None,
    bounds: Mapping[str, tuple[str | None, str | None]] | None = None,
    run_on: str | None = None,
    starts: int = 2,
    replications: int = 50,
    seed: int = 1,
    engine: Engine = "kernel",
    progress: bool | None = None,
    threads: int | None = None,
) -> Allocation:
    """Split a budget over the channels whose leads answer to spend.

    Parameters
    ----------
    scenario : Scenario
        With two such channels or more, each with a fixed spend per period.
    maximise : {"sql", "won", "revenue", "gross_profit", "profit", "new_leads"}
        What is to be as large as can be, on average.
    budget : str, optional
        What the channels may spend together, such as ``"150_000 per month"``; by default what they spend now.
    bounds : mapping of str to (str or None, str or None), optional
        By channel the least and the most it may spend, such as ``("10_000 per month", None)``; by default anything
        from nothing to the whole budget.
    run_on : str, optional
        As in `funnelsim.budgets`.
    starts : int
        From how many splits a search begins: the best of today's, those without one of the channels, the even one and
        random ones. What the searches find is then looked at from all sides.
    replications : int
        Of every split that is tried; the gain is told from four times as many with other seeds.
    seed, engine, progress, threads
        As in `funnelsim.simulate`.

    Returns
    -------
    Allocation

    Raises
    ------
    TypeError, ValueError
        For arguments that make no sense, with all that is wrong.
    """
    check_scenario("scenario", scenario)
    span = read_run_on(scenario, run_on)
    task = read_task(scenario, maximise, budget, bounds, starts)
    by = "segment" if scenario.segments else None
    settings = Settings(replications, seed, engine, by, span is not None, threads)
    check_room([longer(scenario, span)], settings)
    with progress_bar(None, progress, "replications") as done:
        search = _Search(scenario, task, span, settings, done)
        first = sorted(task.candidates(seed), key=search.value, reverse=True)
        best = search.polished(max((search.best_from(split) for split in first[:starts]), key=search.value))
        flat = [_flatness(search, best, number) for number in range(len(task.channels))]
        fresh = Settings(4 * replications, (seed + 1) % (1 << 64), engine, by, span is not None, threads)
        again = _Search(scenario, task, span, fresh, done)
        gain = difference(again.account(task.today).parts(maximise), again.account(best).parts(maximise))
        level = float(estimate(again.account(best).parts(maximise)).mean)
    least = search.value(best) - NEAR * abs(search.value(best))
    near = [split for split, value in search.tried() if value >= least]
    return Allocation(
        scenario=scenario,
        maximise=maximise,
        budget=task.total,
        channels=_channels(task, best, np.array(near)),
        level=level,
        gain=gain,
        flatness=tuple(flat),
        tried=tuple((tuple(map(float, split * task.total)), value) for split, value in search.tried()),
        replications=replications,
        seed=seed,
        run_on=run_on,
    )


def _channels(task: Task, best: Split, near: Split) -> tuple[Channel, ...]:
    found = []
    for number, name in enumerate(task.channels):
        low, high = task.low[number], task.high[number]
        at = "least" if best[number] - low < STEP else "most" if high - best[number] < STEP else ""
        shares = (task.today[number], best[number], low, high, near[:, number].min(), near[:, number].max())
        today, spend, least, most, near_low, near_high = (float(share * task.total) for share in shares)
        found.append(Channel(name, today, spend, least, most, near_low, near_high, binds=at))
    return tuple(found)


def _flatness(search: _Search, best: Split, number: int) -> Flatness:
    """Say what moving a part of the budget to a channel, and away from it, does."""
    changes = []
    for shift in (SHIFT, -SHIFT):
        moved = best.copy()
        moved[number] += shift
        others = np.arange(len(best)) != number
        weight = best[others] if best[others].sum() > 0 else np.ones(others.sum())
        moved[others] -= shift * weight / weight.sum()
        moved = search.task.projected(moved)
        there, value = abs(moved[number] - best[number]) > STEP, search.value(best)
        changes.append((search.value(moved) - value) / abs(value) if there and value else np.nan)
    return Flatness(search.task.channels[number], *map(float, changes))


# ---------------------------------------------------------------- the search
@dataclass
class _Search:
    """Splits tried on the same luck, each once."""

    scenario: Scenario
    task: Task
    run_on: Span | None
    settings: Settings
    done: Callable[[int], object]
    _known: dict[tuple[int, ...], tuple[Split, float]] = field(default_factory=dict)

    def account(self, split: Split) -> Account:
        """Run a split."""
        return account_of(self.scenario.budget(self.task.settings(split)), self.run_on, self.settings, self.done)

    def value(self, split: Split) -> float:
        """Return what a split brings on average; splits that `STEP` / 10 does not tell apart are one."""
        key = tuple(np.rint(split / (STEP / 10)).astype(int).tolist())
        if key not in self._known:
            self._known[key] = split, float(estimate(self.account(split).parts(self.task.maximise)).mean)
        return self._known[key][1]

    def tried(self) -> list[tuple[Split, float]]:
        """Return all splits and what they bring."""
        return list(self._known.values())

    def best_from(self, start: Split) -> Split:
        """Return the best split that is found from one, by a trust region around it that shrinks to `STEP`."""
        from scipy.optimize import Bounds, LinearConstraint, minimize

        task, n = self.task, len(start)
        size = max(abs(self.value(start)), 1.0)

        def whole(free: Split) -> Split:
            return task.projected(np.append(free, 1 - free.sum()))

        search: Any = minimize  # whose types know of no options for this method
        found = search(
            lambda free: -self.value(whole(np.asarray(free))) / size,
            start[:-1],
            method="COBYQA",
            bounds=Bounds(task.low[:-1], task.high[:-1]),
            constraints=LinearConstraint(np.ones((1, n - 1)), 1 - task.high[-1], 1 - task.low[-1]),
            options={"initial_tr_radius": 0.15, "final_tr_radius": STEP, "maxfev": MOST_TRIES},
        )
        return max((whole(np.asarray(found.x)), start), key=self.value)

    def polished(self, best: Split) -> Split:
        """Move money from channel to channel as long as that brings more, in steps that are halved down to `STEP`."""
        pairs, step = list(itertools.permutations(range(len(best)), 2)), SHIFT
        while step >= STEP:
            moved = []
            for giver, taker in pairs:
                change = min(step, best[giver] - self.task.low[giver], self.task.high[taker] - best[taker])
                split = best.copy()
                split[giver] -= change
                split[taker] += change
                moved.append(split)
            ahead = max(moved, key=self.value)
            if self.value(ahead) > self.value(best):
                best = ahead
            else:
                step /= 2
        return best
