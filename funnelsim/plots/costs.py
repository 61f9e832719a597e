"""What a unit costs: by period, by cohort with what is still to come, and made of which parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.metrics.names import EVERYONE
from funnelsim.plots.style import BAND, BAND_WORDS, FILL, FIRST_FILL, INK, date_axis, group_digits, new_axes, written

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from funnelsim.forecast.unit_costs import UnitCosts

_FILLS = ("#3f3f3f", FILL, FIRST_FILL, "#8c8c8c", "#ececec")
_HATCHES = ("", "", "", "", "", "///", "...", "xxx", "\\\\\\", "++")
"""Parts beyond the fills differ by what is drawn on them."""


def plot_cost_by_period(costs: UnitCosts, unit: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw what a unit costs in full by calendar period: the mean, and a band from P10 to P90.

    Parameters
    ----------
    costs : UnitCosts
    unit : str, optional
        By default that which people look at first.
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        A line through total over total at the beginning of each period; periods without a unit are left out.

    Raises
    ------
    ValueError
        For a unit that there is not.
    """
    table, ax = _of(costs, costs.by_period(), unit), new_axes(ax)
    dates = table["period"].to_numpy()
    _band(ax, table, dates, BAND_WORDS)
    ax.plot(dates, table["cost"], color=INK, linewidth=1.6, marker="o", markersize=4, label="mean")
    date_axis(ax)
    return _finished(ax, costs, unit, "by period")


def plot_cost_by_cohort(costs: UnitCosts, unit: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw what a unit costs in full by the period in which its leads were created: so far, and matured.

    Parameters
    ----------
    costs, unit, ax
        As in `plot_cost_by_period`.

    Returns
    -------
    Axes
        An open marker for what each cohort of the horizon costs at its end, a filled one for what it comes to in the
        run that goes on, with a band from P10 to P90; between them, hatched, what is not known at the end of the
        horizon.

    Raises
    ------
    ValueError
        For a unit that there is not.
    """
    table, ax = _of(costs, costs.by_cohort(), unit).iloc[1:-1], new_axes(ax)
    dates = table["cohort"].to_numpy(dtype="datetime64[ns]")
    so_far, matured = (table[name].to_numpy() for name in ("cost", "matured"))
    if np.isfinite(matured).any():
        _band(ax, table, dates, f"matured, {BAND_WORDS}")
        unknown = ax.fill_between(
            dates, so_far, matured, facecolor="none", edgecolor="#8c8c8c", linewidth=0, hatch="///"
        )
        unknown.set_label("not known yet at the end of the horizon")
        ax.plot(dates, matured, color=INK, linewidth=1.6, marker="o", markersize=4, label="matured, mean")
    ax.plot(dates, so_far, color=INK, linestyle=":", marker="o", markersize=5, markerfacecolor="white", label="so far")
    date_axis(ax)
    ax.set_xlabel("period of creation, by its beginning")
    return _finished(ax, costs, unit, "by cohort")


def plot_cost_parts(costs: UnitCosts, unit: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw what the full cost of a unit is made of, by calendar period.

    Parameters
    ----------
    costs, unit, ax
        As in `plot_cost_by_period`.

    Returns
    -------
    Axes
        A bar for each period, stacked of its parts, the largest in all below; parts on which nothing is spent are left
        out.

    Raises
    ------
    ValueError
        For a unit that there is not.
    """
    table, ax = costs.parts_by_period(unit), new_axes(ax)
    wide = table.pivot_table(index="period", columns="part", values="cost", sort=False, dropna=False).fillna(0.0)
    ax.use_sticky_edges = False
    parts = wide.sum().sort_values(ascending=False, kind="stable")
    places, below = np.arange(len(wide)), np.zeros(len(wide))
    for number, part in enumerate(parts.index[parts > 0]):
        style: dict[str, Any] = {"color": _FILLS[number % len(_FILLS)], "hatch": _HATCHES[number % len(_HATCHES)]}
        ax.bar(places, wide[part], bottom=below, width=0.8, edgecolor="white", linewidth=0.5, label=part, **style)
        below = below + wide[part].to_numpy()
    every = -(-len(wide) // 6)
    ax.set_xticks(places[::every], [str(period)[:10] for period in wide.index[::every]])
    ax.set_xlabel("period, by its beginning")
    _finished(ax, costs, unit, "by what it is made of")
    ax.legend(frameon=False, fontsize="small", loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def costs_figure(costs: UnitCosts, unit: str | None = None) -> Any:
    """Draw the three pictures of what a unit costs, one below the other, as a matplotlib Figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 11), layout="constrained")
    for plot, ax in zip((plot_cost_by_period, plot_cost_by_cohort, plot_cost_parts), figure.subplots(3), strict=True):
        plot(costs, unit, ax)
    return figure


def _band(ax: Axes, table: pd.DataFrame, dates: Any, label: str) -> None:
    """Draw a band between quantiles; where there is one time only, a broad line."""
    if len(dates) > 1:
        ax.fill_between(dates, table["p10"], table["p90"], color=BAND, linewidth=0, label=label)
    else:
        ax.vlines(dates, table["p10"], table["p90"], color=BAND, linewidth=12, label=label)


def _of(costs: UnitCosts, table: pd.DataFrame, unit: str | None) -> pd.DataFrame:
    return table[(table["unit"] == costs.unit(unit)) & (table["group"] == EVERYONE)]


def _finished(ax: Axes, costs: UnitCosts, unit: str | None, how: str) -> Axes:
    from funnelsim.forecast.cost_texts import named

    what = f"cost per {named(costs.unit(unit))}"
    group_digits(ax.yaxis, "")
    ax.set_ylim(bottom=0)
    ax.set_ylabel(f"{what} ({costs.now.scenario.currency})", parse_math=False)
    title = written(f"{costs.now.scenario.name}: {what}, {how}", f"{what}, {how}")
    ax.set_title(title.pop("text"), loc="left", **title)
    ax.legend(frameon=False, fontsize="small")
    return ax
