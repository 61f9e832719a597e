"""Runs what a plan needs, and measures what its rows ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from funnelsim.evidence.planning import Asked, Plan
from funnelsim.evidence.rows import Outcome
from funnelsim.metrics import statistics
from funnelsim.metrics.display import unit_of_change
from funnelsim.metrics.figures import Parts
from funnelsim.metrics.progress import progress_bar
from funnelsim.metrics.simulate import Settings, run
from funnelsim.metrics.statistics import Array


class Told(NamedTuple):
    """What replications say of one metric."""

    parts: Parts
    unit: str


class Measured(NamedTuple):
    """The value of an outcome."""

    value: float
    """The mean over replications; of a ratio total over total."""
    error: float
    """Its Monte Carlo standard error, by the jackknife where something is divided or compared."""
    unit: str
    """As that of a metric; ``points`` of a difference of shares, ``change`` of a change, ``times`` of a quotient."""


def measure(plan: Plan, seed: int, threads: int | None = None, progress: bool | None = None) -> dict[int, Measured]:
    """Run everything once, and measure the outcome of every row that has one, by its number."""
    told: dict[Asked, Told] = {}
    total = sum(run.replications for run in plan.runs.values())
    with progress_bar(total, progress, "replications") as done:
        for key, each in plan.runs.items():
            settings = Settings(each.replications, seed, by=each.by, threads=threads)
            result = run(each.scenario, settings, done)  # let go of before the next one
            for metric in each.metrics:
                told[Asked(key, metric)] = Told(result.parts(metric), result.unit(metric))
    rows = plan.evidence.rows
    return {number: _measured(rows[number].outcome, asked, told) for number, asked in plan.asked.items()}


def _measured(outcome: Outcome | None, asked: tuple[Asked, ...], told: Mapping[Asked, Told]) -> Measured:
    assert outcome is not None
    first, *others = (told[side] for side in asked)
    value, without = _jackknife(first.parts)
    unit = first.unit
    if others:
        other, other_without = _jackknife(others[0].parts)
        if outcome.as_ == "difference":
            value, without = value - other, without - other_without
            unit = unit_of_change(unit)
        else:
            less = 1.0 if outcome.as_ == "change" else 0.0
            value, without = value / other - less, without / other_without - less
            unit = "change" if outcome.as_ == "change" else "times"
    return Measured(float(value), float(statistics.jackknife_error(without)), unit)


def _jackknife(parts: Parts) -> tuple[Array, Array]:
    """Return a metric of all replications, and of all but each in turn; of a mean this gives its standard error."""
    if parts.under is not None:
        value, without = _of_ratio(parts.over.to_numpy() * parts.scale, parts.under.to_numpy())
        if parts.beside is not None:  # a lift
            other, other_without = _of_ratio(parts.beside[0].to_numpy(), parts.beside[1].to_numpy())
            value, without = value / other - 1.0, without / other_without - 1.0
        return value, without
    values = np.asarray(parts.values().to_numpy(), np.float64)
    known = np.isfinite(values)
    values = np.where(known, values, 0.0)
    return statistics.ratio(values, known), statistics.leave_one_out(values, known)


def _of_ratio(over: Array, under: Array) -> tuple[Array, Array]:
    return statistics.ratio(over, under), statistics.leave_one_out(over, under)
