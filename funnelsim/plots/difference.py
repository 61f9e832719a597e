"""The paired difference of two scenarios: what it is in each replication, and how often the one is better."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.forecast.compare import changes_as_text
from funnelsim.forecast.differences import paired
from funnelsim.metrics.display import number, unit_of_change
from funnelsim.plots.style import FILL, FIRST_FILL, INK, label_axis, new_axes, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from funnelsim.forecast.compare import Comparison
    from funnelsim.forecast.differences import Difference
    from funnelsim.metrics.directions import Direction

MOST_BARS = 40
HEIGHT = 3.4


def plot_difference(comparison: Comparison, metric: str, scenario: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw how a scenario differs from the first in one metric, replication by replication.

    Parameters
    ----------
    comparison : Comparison
    metric : str
    scenario : str, optional
        The one that is compared with the first; by default the second.
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        A histogram of the paired differences, those in which the scenario is better darker than the others (none where
        neither more nor less is better); a line at 0 and one at the mean with its 95% interval; above it the mean, its
        interval, P10 to P90, and in how many replications the scenario is better (or larger).

    Raises
    ------
    ValueError
        For a metric that one of the scenarios does not have.
    KeyError
        For a scenario that is not compared.
    """
    scenario = comparison.others[0] if scenario is None else scenario
    first, other = (comparison.results[name].parts(metric) for name in (comparison.first, scenario))
    change, unit = comparison.difference(scenario, metric), unit_of_change(comparison.unit(metric))
    ax = new_axes(ax, height=HEIGHT)
    each = paired(first, other).each
    each = each[np.isfinite(each)]
    if len(each):
        _draw_bars(ax, each, comparison.direction(metric))
    ax.axvline(0, color=INK, linewidth=0.8)
    if math.isfinite(change.mean):
        ax.axvline(change.mean, color=INK, linewidth=1.6, linestyle="--")
    if math.isfinite(change.low):
        ax.axvspan(change.low, change.high, color=INK, alpha=0.25, linewidth=0)
    _name_axes(ax, comparison, metric, scenario)
    ax.set_title(_told(comparison, metric, scenario, change), loc="left", fontsize=9)
    ax.xaxis.set_major_formatter(lambda value, _: number(round(value, 12), unit, sign=True) if value else "0")
    return ax


def _draw_bars(ax: Axes, each: Any, better: Direction | None) -> None:
    """Draw how many replications have which difference; 0 is in a bar of those that are not better."""
    from matplotlib.ticker import MaxNLocator

    sign = -1 if better == "lower" else 1
    edges = _edges(each, sign)
    counts, _ = np.histogram(each, edges)
    middles, widths = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
    is_better = (edges[:-1] > 0 if sign > 0 else edges[1:] < 0) & (better is not None)
    for chosen, color, label in ((is_better, FILL, "better"), (~is_better, FIRST_FILL, "not better")):
        if counts[chosen].any():
            bars = ax.bar(middles[chosen], counts[chosen], widths[chosen], color=color, edgecolor=INK, linewidth=0.4)
            bars.set_label(label)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))


def _edges(each: Any, sign: int) -> Any:
    """Return edges of bars of one width, none of which is on both sides of 0.

    Edges are moved a little to the side of `sign`, so that 0 stands with what lies on the other side.
    """
    low, high = float(each.min()), float(each.max())
    if low == high:
        half = abs(low) / 2 or 0.5
        return np.array([low - half, low + half])
    width = (high - low) / min(MOST_BARS, max(8, round(math.sqrt(len(each)))))
    is_whole = bool((each == np.round(each)).all())
    if is_whole:
        width = max(1, round(width))
    aside = sign * (0.5 if is_whole else 1e-9 * width)
    return np.arange(math.floor((low - aside) / width), math.ceil((high - aside) / width) + 1) * width + aside


def _told(comparison: Comparison, metric: str, scenario: str, change: Difference) -> str:
    unit = comparison.unit(metric)
    mean, low, high = changes_as_text(change, unit)
    p10, p90 = (number(value, unit_of_change(unit), sign=True) for value in (change.p10, change.p90))
    better = comparison.direction(metric)
    share = change.probability_better if better else change.probability_larger
    word = f"better ({better})" if better else "larger"
    return (
        f"mean {mean} (95% interval {low} to {high}); P10 to P90 {p10} to {p90}\n"
        f"{word} in {100 * share:.3g}% of the replications, equal in {100 * change.probability_equal:.3g}%"
    )


def _name_axes(ax: Axes, comparison: Comparison, metric: str, scenario: str) -> None:
    names = f"{comparison.label(scenario)} less {comparison.label(comparison.first)}"
    label_axis(ax.xaxis, f"{comparison.title(metric)}: {names}", f"{metric}: a scenario less the first")
    ax.set_ylabel("replications")


def difference_figure(comparison: Comparison, metrics: Sequence[str]) -> Figure:
    """Draw the differences of several metrics, a row for each metric and a column for each scenario but the first.

    Parameters
    ----------
    comparison : Comparison
    metrics : sequence of str

    Returns
    -------
    Figure
        To be saved with `savefig`.

    Raises
    ------
    ValueError
        Without metrics, and for one that a scenario does not have.
    """
    from matplotlib.figure import Figure

    if not metrics:
        raise ValueError("no metrics to draw: give at least one, such as 'sql'")
    for metric in metrics:
        comparison.unit(metric)  # refuse before a figure is begun
    rows, columns = len(metrics), len(comparison.others)
    figure = Figure(figsize=(6.4 * columns, HEIGHT * rows + 0.6), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for row, metric in zip(axes, metrics, strict=True):
        for ax, scenario in zip(row, comparison.others, strict=True):
            plot_difference(comparison, metric, scenario, ax)
    first = comparison.results[comparison.first]
    title = written(first.scenario.name, "")
    figure.suptitle(title.pop("text"), **title)
    figure.supxlabel(
        f"Bars: paired differences in {first.replications:,} replications with the same luck, darker where better.\n"
        "Dashed: their mean, on its 95% interval; solid: no difference.",
        fontsize=8,
    )
    return figure
