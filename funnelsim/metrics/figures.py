"""Computes the metrics of `definitions` from the Dataset of `tables`."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import xarray as xr

from funnelsim.metrics import statistics
from funnelsim.metrics.counting import count
from funnelsim.metrics.definition import OVERS, Definition, Over, is_money
from funnelsim.metrics.definitions import COUNTABLE, pattern_of
from funnelsim.metrics.names import COHORT_PREFIX, EVERYONE, Figure
from funnelsim.metrics.statistics import Array

__all__ = ["OVERS", "Estimate", "Over", "Parts", "check_over", "estimate", "parts", "view"]

MONEY = 10_000
"""Units of money in one of the currency (semantics, rule 2)."""

DAY = 86_400_000
"""Ticks of a day (semantics, rule 1)."""

SIZES = {"days": DAY, "hours": DAY // 24, "points": 1000}
"""By the first word of a unit: how many of what is counted make one."""


class Parts(NamedTuple):
    """A metric before it is divided: replications first, then periods or cohorts, then groups."""

    over: xr.DataArray
    under: xr.DataArray | None
    """None where nothing is divided."""
    scale: float
    """What the quotient, or the whole number, is multiplied by; 1 keeps whole numbers whole."""
    beside: tuple[xr.DataArray, xr.DataArray] | None = None
    """Of a lift: numerator and denominator of the ratio with which the other is compared."""

    def values(self) -> xr.DataArray:
        """Return the metric itself, NaN where a denominator is empty."""
        if self.under is None:
            return self.over if self.scale == 1 else self.over * self.scale
        quotient: xr.DataArray = xr.apply_ufunc(statistics.divide, self.over, self.under)
        if self.beside is not None:
            other = xr.apply_ufunc(statistics.divide, *self.beside)
            lift: xr.DataArray = xr.apply_ufunc(statistics.divide, quotient, other) - 1
            return lift
        return quotient * self.scale

    def of_totals(self, scale: float = 1) -> tuple[Array, Array]:
        """Return what the totals over replications say, and what they say without each replication in turn.

        Only of what is divided: a ratio is total over total, with numerators multiplied by `scale`.
        """
        assert self.under is not None
        over, under = self.over.to_numpy() * scale, self.under.to_numpy()
        whole, without = statistics.ratio(over, under), statistics.leave_one_out(over, under)
        if self.beside is None:
            return whole, without
        over, under = (part.to_numpy() for part in self.beside)
        other, without_other = statistics.ratio(over, under), statistics.leave_one_out(over, under)
        return statistics.divide(whole, other) - 1, statistics.divide(without, without_other) - 1


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


def check_over(figure: Figure, over: Over) -> None:
    """Refuse to measure a metric over what it is not measured over."""
    times = figure.definition.times
    if over not in times:
        only = "measured over the horizon and by cohort only" if "cohort" in times else "measured over the horizon only"
        if "period" in times:
            only = f"a figure of periods; there is none {'by cohort' if over == 'cohort' else 'over the horizon'}"
        raise ValueError(f"'{figure.name}' is {only}")


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
        For what is not measured over this, and where cohorts were not counted.
    """
    check_over(figure, over)
    definition = figure.definition
    if definition.kind == "quantile":
        return Parts(_quantile(data, figure), None, 1)
    if definition.kind == "spread":
        return Parts(_spread(data, figure, over), None, 1)
    if definition.kind == "growth":
        return _growth(data, figure, over)
    if definition.kind == "probability":
        return Parts(_auc(data, figure), None, 1)
    if definition.kind == "lift":
        first, beside = (
            [_counted(data, part, figure, over) for part in COUNTABLE[ratio].parts] for ratio in definition.parts
        )
        return Parts(first[0], first[1], 1, (beside[0], beside[1]))
    scale = _scale(definition)
    if definition.kind == "ratio":
        numerator, denominator = definition.parts_over(over)
        return Parts(_counted(data, numerator, figure, over), _counted(data, denominator, figure, over), scale)
    return Parts(_counted(data, definition.pattern, figure, over), None, scale)


def _scale(definition: Definition) -> float:
    if is_money(definition):
        return 1 / MONEY
    return next((1 / size for unit, size in SIZES.items() if definition.unit.partition(" ")[0] == unit), 1)


def _counted(data: xr.Dataset, pattern: str, figure: Figure, over: Over) -> xr.DataArray:
    """Count a flow or a level; `pattern` may say which stage of a figure with two is meant, as in ``first_<from>``."""
    place = re.search(r"<(\w+)>", pattern)
    name = figure.places[place[1]] if place else ""
    return _of_group(count(view(data, over), pattern_of(pattern), name, over), figure.group)


def _of_group(counted: xr.DataArray, group: str | None) -> xr.DataArray:
    """Return what is of one group, or of everyone; what does not differ by group is of each."""
    if group is None or "group" not in counted.dims:
        return counted
    return counted.sum("group") if group == EVERYONE else counted.sel(group=group)


def _growth(data: xr.Dataset, figure: Figure, over: Over) -> Parts:
    """DOMAIN D0.5: (this - last) / last, in percent."""
    this = _counted(data, figure.definition.parts[0], figure, "period")
    last = this.shift(period=1, fill_value=0)
    if over == "horizon":
        nothing = xr.zeros_like(this.isel(period=0, drop=True))
        return Parts(nothing, nothing, 100.0)
    return Parts(this - last, last, 100.0)


def _quantile(data: xr.Dataset, figure: Figure) -> xr.DataArray:
    variable = "wait" if "team" in figure.places else "days_to"
    place = {**figure.places, "quantile": 0.9 if figure.definition.pattern.startswith("p90") else 0.5}
    if figure.group == EVERYONE:
        return data[f"{variable}_of_all"].sel(place)
    days = data[variable].sel(place)
    return days if figure.group is None else days.sel(group=figure.group)


def _spread(data: xr.Dataset, figure: Figure, over: Over) -> xr.DataArray:
    """Leads in hand of who has the most less those of who has the fewest, of a team's people who are there."""
    team = data["person_team"] == figure.places["team"]
    held = _of_group(data["held"].isel(person=team), figure.group).astype(np.float64)
    held = held.where(data["there"].isel(person=team))
    spread: xr.DataArray = held.max("person") - held.min("person")
    return spread.isel(period=-1) if over == "horizon" else spread


def _auc(data: xr.Dataset, figure: Figure) -> xr.DataArray:
    """Chance that of a won and another lead the won one had the higher fit, equal ones counting half (DOMAIN D3.2)."""
    created, won = (_of_group(data[name], figure.group).astype(np.float64) for name in ("fit_created", "fit_won"))
    others = created - won
    below = others.cumsum("fit_bin") - 0.5 * others
    pairs = won.sum("fit_bin") * others.sum("fit_bin")
    area: xr.DataArray = xr.apply_ufunc(statistics.divide, (won * below).sum("fit_bin"), pairs)
    return area


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
        headline, without = figure.of_totals()
        headline, error = headline * figure.scale, statistics.jackknife_error(without) * figure.scale
    return Estimate(headline, spread[0], spread[1], spread[2], error, np.isnan(values).sum(axis=0))
