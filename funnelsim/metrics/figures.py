"""Computes the metrics of `definitions` from the Dataset of `tables`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
import xarray as xr

from funnelsim.metrics import statistics
from funnelsim.metrics.definitions import BY_PATTERN, Definition, is_money
from funnelsim.metrics.names import COHORT_PREFIX, EVERYONE, Figure
from funnelsim.metrics.statistics import Array

Over = Literal["period", "horizon", "cohort"]
OVERS: tuple[Over, ...] = ("period", "horizon", "cohort")

MONEY = 10_000
"""Units of money in one of the currency (semantics, rule 2)."""

Count = Callable[[xr.Dataset, str], xr.DataArray]

_COUNTED: dict[str, Count] = {
    "new_leads": lambda data, _: data["created"].sum("channel"),
    "<stage>": lambda data, stage: data["entries"].sel(stage=stage).sum(("visit", "age")),
    "first_<stage>": lambda data, stage: data["entries"].sel(stage=stage, visit="first").sum("age"),
    "fast_<stage>": lambda data, stage: data["entries"].sel(stage=stage, age="fast").sum("visit"),
    "old_<stage>": lambda data, stage: data["entries"].sel(stage=stage, age="old").sum("visit"),
    "touches": lambda data, _: data["attempts"].isel(row=data["is_touch"]).sum(("row", "outcome", "age")),
    "responses": lambda data, _: _succeeded(data, data["is_touch"]).sum(("row", "age")),
    "reopened": lambda data, _: _succeeded(data, data["in_track"]).sel(age="old").sum("row"),
    "spend_media": lambda data, _: data["spend_media"],
    "spend_leads": lambda data, _: data["spend_leads"],
    "spend_touches": lambda data, _: data["spend_touches"],
    "spend_moves": lambda data, _: data["spend_moves"],
    "revenue": lambda data, _: data["value"].sum("stage"),
    "value_<stage>": lambda data, stage: data["value"].sel(stage=stage),
    "in_<stage>": lambda data, stage: data["standing"].sel(stage=stage),
    "stalled_<stage>": lambda data, stage: data["stalled"].sel(stage=stage),
}
"""What is read off the counts; every other metric is made of these."""


def _succeeded(data: xr.Dataset, rows: xr.DataArray) -> xr.DataArray:
    return data["attempts"].isel(row=rows).sel(outcome="succeeded")


class Parts(NamedTuple):
    """A metric before it is divided: replications first, then periods or cohorts, then groups."""

    over: xr.DataArray
    under: xr.DataArray | None
    """None where nothing is divided."""
    scale: float
    """What the quotient, or the whole number, is multiplied by; 1 keeps whole numbers whole."""

    def values(self) -> xr.DataArray:
        """Return the metric itself, NaN where a denominator is empty."""
        if self.under is None:
            return self.over if self.scale == 1 else self.over * self.scale
        quotient: xr.DataArray = xr.apply_ufunc(statistics.divide, self.over, self.under)
        return quotient * self.scale


def view(data: xr.Dataset, over: Over) -> xr.Dataset:
    """Return the variables by period or by cohort, under the same names.

    Raises
    ------
    ValueError
        Where cohorts were not counted.
    """
    if over != "cohort":
        return data
    if "cohort" not in data.sizes:
        raise ValueError("cohorts were not counted; simulate with cohorts=True")
    names = {str(name): str(name).removeprefix(COHORT_PREFIX) for name in data if "cohort" in data[name].dims}
    return data[list(names)].rename_vars(names)


def parts(data: xr.Dataset, figure: Figure, over: Over) -> Parts:
    """Return numerator and denominator of a metric.

    Parameters
    ----------
    data : Dataset
    figure : Figure
        If it names no group, there is a dimension `group`.
    over : {"period", "horizon", "cohort"}

    Raises
    ------
    ValueError
        For a quantile over periods or cohorts, for growth by cohort, and where cohorts were not counted.
    """
    definition = figure.definition
    if definition.kind == "quantile":
        return Parts(_quantile(data, figure, over), None, 1)
    if definition.kind == "growth":
        return _growth(data, figure, over)
    scale = 1 / MONEY if is_money(definition) else 1
    if definition.kind == "ratio":
        numerator, denominator = definition.parts_over(over)
        return Parts(_counted(data, numerator, figure, over), _counted(data, denominator, figure, over), scale)
    return Parts(_counted(data, definition.pattern, figure, over), None, scale)


def _counted(data: xr.Dataset, pattern: str, figure: Figure, over: Over) -> xr.DataArray:
    """Count a flow or a level; `pattern` may say which stage of a figure with two is meant, as in ``first_<from>``."""
    place = re.search(r"<(\w+)>", pattern)
    stage = figure.stages[place[1]] if place else ""
    counted = _count(view(data, over), BY_PATTERN[re.sub(r"<\w+>", "<stage>", pattern)], stage, over)
    if figure.group is None:
        return counted
    return counted.sum("group") if figure.group == EVERYONE else counted.sel(group=figure.group)


def _count(data: xr.Dataset, definition: Definition, stage: str, over: Over) -> xr.DataArray:
    if definition.pattern not in _COUNTED:
        terms = [_count(data, BY_PATTERN[part], stage, over) for part in definition.parts]
        return sum(terms[1:], start=terms[0])
    counted = _COUNTED[definition.pattern](data, stage)
    if over != "horizon":
        return counted
    return counted.isel(period=-1) if definition.kind == "level" else counted.sum("period")


def _growth(data: xr.Dataset, figure: Figure, over: Over) -> Parts:
    """DOMAIN D0.5: (this - last) / last, in percent."""
    if over == "cohort":
        raise ValueError(f"'{figure.name}' is a figure of periods; there is none by cohort")
    this = _counted(data, figure.definition.parts[0], figure, "period")
    last = this.shift(period=1, fill_value=0)
    if over == "horizon":
        nothing = xr.zeros_like(this.isel(period=0, drop=True))
        return Parts(nothing, nothing, 100.0)
    return Parts(this - last, last, 100.0)


def _quantile(data: xr.Dataset, figure: Figure, over: Over) -> xr.DataArray:
    if over != "horizon":
        raise ValueError(f"'{figure.name}' is measured over the horizon only")
    place = {"stage": figure.stages["stage"], "quantile": 0.9 if figure.definition.pattern.startswith("p90") else 0.5}
    if figure.group == EVERYONE:
        return data["days_to_of_all"].sel(place)
    days = data["days_to"].sel(place)
    return days if figure.group is None else days.sel(group=figure.group)


# ---------------------------------------------------------------- estimates
class Estimate(NamedTuple):
    """What replications say of a metric; each an array over periods or cohorts, or a single number."""

    mean: Array
    """Over replications; of a ratio total over total."""
    p10: Array
    p50: Array
    p90: Array
    mc_error: Array
    """Standard error of `mean` from the number of replications; of a ratio by the jackknife."""
    empty: Array
    """Replications that have no value."""


def estimate(figure: Parts) -> Estimate:
    """Estimate a metric from all replications, which are the first axis."""
    values = figure.values().to_numpy()
    spread = statistics.quantiles(values, (0.1, 0.5, 0.9))
    if figure.under is None:
        headline, error = statistics.mean(values), statistics.mean_error(values)
    else:
        over, under = figure.over.to_numpy(), figure.under.to_numpy()
        headline = statistics.ratio(over, under) * figure.scale
        error = statistics.jackknife_error(statistics.leave_one_out(over, under)) * figure.scale
    return Estimate(headline, spread[0], spread[1], spread[2], error, np.isnan(values).sum(axis=0))
