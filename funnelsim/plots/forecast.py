"""The fan of a forecast, with a target and with what happened."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.forecast.forecast_texts import ORIGIN_WORDS, uncertainty_at_end
from funnelsim.metrics.display import number
from funnelsim.plots.style import BAND, BAND_WORDS, INK, date_axis, group_digits, label_axis, new_axes, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from funnelsim.forecast.forecasting import Forecast, Reached

LINE = "#3f6a97"
TARGET = "#8a3b12"
PARTS = (("#555555", "-."), ("#888888", (0, (1, 1))))
"""Of leads open at the start, and of those yet to come."""


def plot_fan(
    forecast: Forecast, ax: Axes | None = None, *, so_far: bool = False, reached: Iterable[Reached] = ()
) -> Axes:
    """Draw the range of a forecast by period, or from the start until the end of each period.

    Parameters
    ----------
    forecast : Forecast
    ax : Axes, optional
        By default those of a new figure.
    so_far : bool
        Whether to draw what there is so far; each value then stands at the end of its period.
    reached : iterable of Reached
        Targets by a date, from `Forecast.probability`, with so far, and targets of one period without it; each is
        drawn as a level until its last day, with the chance to reach it.

    Returns
    -------
    Axes
        A band from P10 to P90, a line at P50 and one at the mean, and points where it is known what happened: full
        ones within the band, and hollow ones outside. Of a pipeline as it stands also a line at the mean of leads open
        at the start and one at that of leads yet to come; they add up to the mean.

    Raises
    ------
    ValueError
        For what there is so far of a growth from period to period.
    """
    estimated = forecast.so_far if so_far else forecast.by_period
    ax = new_axes(ax)
    dates = forecast.edges[1:] if so_far else forecast.edges[:-1]
    ax.fill_between(dates, estimated.p10, estimated.p90, color=BAND, linewidth=0).set_label(BAND_WORDS)
    ax.plot(dates, estimated.p50, color=LINE, linewidth=1.4, linestyle="--", label="P50")
    ax.plot(dates, estimated.mean, color=INK, linewidth=1.6, marker="o", markersize=3, label="mean")
    for origin, (color, style) in zip(forecast.origins, PARTS, strict=False):
        mean = forecast.of_origin(origin, so_far).mean
        ax.plot(dates, mean, color=color, linestyle=style, linewidth=1.4, label=f"mean {ORIGIN_WORDS[origin]}")
    if not so_far:
        _draw_actuals(ax, forecast)
    for one in reached:
        if so_far == (one.first == forecast.edges[0]):
            _draw_target(ax, forecast, one)
    _name_axes(ax, forecast, so_far)
    return ax


def _draw_actuals(ax: Axes, forecast: Forecast) -> None:
    known, dates = np.isfinite(forecast.actual), forecast.edges[:-1]
    for chosen, fill, label in (
        (known & forecast.within, INK, "actual, within"),
        (known & ~forecast.within, "white", "actual, outside"),
    ):
        if chosen.any():
            ax.plot(
                dates[chosen],
                forecast.actual[chosen],
                linestyle="",
                marker="D",
                markersize=7,
                markerfacecolor=fill,
                markeredgecolor=INK,
                markeredgewidth=1.4,
                label=label,
                zorder=4,
            )


def _draw_target(ax: Axes, forecast: Forecast, one: Reached) -> None:
    end = one.last + np.timedelta64(1, "ms")
    side = "at most" if one.at_most else "at least"
    label = f"target: {side} {number(one.target, forecast.unit)}, reached in {100 * one.probability:.3g}%"
    ax.plot([one.first, end], [one.target] * 2, color=TARGET, linewidth=1.6, linestyle=":", label=label)
    ax.plot([end], [one.target], color=TARGET, marker="_", markersize=16, markeredgewidth=2.4)


def _name_axes(ax: Axes, forecast: Forecast, so_far: bool) -> None:
    date_axis(ax)
    if so_far:
        ax.set_xlabel("from the start of the run until")
    group_digits(ax.yaxis, forecast.unit)
    if ax.dataLim.ymin >= 0:
        ax.set_ylim(bottom=0)
    else:
        ax.axhline(0, color=INK, linewidth=0.6, zorder=0)
    title = f"{forecast.title}{', so far' if so_far else ', by period'}"
    label_axis(ax.yaxis, title, forecast.metric)
    ax.legend(frameon=False, fontsize=8)


def forecast_figure(forecast: Forecast, reached: Iterable[Reached] = ()) -> Figure:
    """Draw a forecast by period and, where there is such a thing, so far, with targets and what happened.

    Parameters
    ----------
    forecast : Forecast
    reached : iterable of Reached
        From `Forecast.probability`.

    Returns
    -------
    Figure
        To be saved with `savefig`.
    """
    from matplotlib.figure import Figure

    targets, columns = list(reached), 2 if forecast.has_so_far else 1
    figure = Figure(figsize=(6.2 * columns, 4.6), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False)[0]
    for ax, so_far in zip(axes, (False, True), strict=False):
        plot_fan(forecast, ax, so_far=so_far, reached=targets)
    title = written(forecast.result.scenario.name, "")
    figure.suptitle(title.pop("text"), **title)
    figure.supxlabel(_note(forecast), fontsize=8)
    return figure


def _note(forecast: Forecast) -> str:
    """Say what the band is from, and how much of it is ignorance."""
    runs = f"{forecast.result.replications:,} replications"
    if not forecast.result.data["parameter"].size:
        return f"{runs}; all parameters are taken as known, so that the band is luck alone"
    share = float(uncertainty_at_end(forecast).share)
    if np.isnan(share):
        return runs
    return f"{runs}; of the variance at the end {100 * share:.0f}% is ignorance and {100 - 100 * share:.0f}% luck"
