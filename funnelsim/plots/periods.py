"""A metric over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelsim.plots.style import BAND, BAND_WORDS, INK, date_axis, group_digits, label_axis, new_axes, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from funnelsim.metrics.result import Result


def plot_metric(result: Result, metric: str, ax: Axes | None = None) -> Axes:
    """Draw a metric by period: the mean, and a band from P10 to P90.

    Parameters
    ----------
    result : Result
    metric : str
        Such as ``sql``; of a group ``sql[channel=search]``.
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        A line through the mean (of a ratio total over total) at the beginning of each period, and a band between the
        quantiles over replications. Periods without a value are left out.

    Raises
    ------
    ValueError
        For an unknown metric, and one that is not measured by period.
    """
    estimated, unit = result.estimate(metric, over="period"), result.unit(metric)
    ax = new_axes(ax)
    dates = result.data["period"].to_numpy()
    band = ax.fill_between(dates, estimated.p10, estimated.p90, color=BAND, linewidth=0)
    band.set_label(BAND_WORDS)
    ax.plot(dates, estimated.mean, color=INK, linewidth=1.6, marker="o", markersize=4, label="mean")
    date_axis(ax)
    group_digits(ax.yaxis, unit)
    if ax.dataLim.ymin >= 0:
        ax.set_ylim(bottom=0)
    else:
        ax.axhline(0, color=INK, linewidth=0.6, zorder=0)
    label_axis(ax.yaxis, result.title(metric), metric)
    title = written(result.scenario.name, "")
    ax.set_title(title.pop("text"), loc="left", **title)
    ax.legend(frameon=False)
    return ax
