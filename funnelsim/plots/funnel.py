"""The funnel: how many entries each stage has, and the rates along the trunk; of one result, or of several."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from funnelsim.metrics.display import number
from funnelsim.metrics.names import trunk_of
from funnelsim.plots.style import (
    BAND_WORDS,
    BELOW,
    FILL,
    FIRST_FILL,
    INK,
    group_digits,
    label_axis,
    name_ticks,
    new_axes,
    written,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer

    from funnelsim.forecast.compare import Comparison
    from funnelsim.metrics.result import Result

HEIGHT = 0.62
SHADES = (FIRST_FILL, FILL, "#2c4a6e", "white")
"""Of scenarios side by side, the first one first; they differ in grey."""


def plot_funnel(result: Result, ax: Axes | None = None) -> Axes:
    """Draw the entries into every stage over the horizon, with the rates from stage to stage of the trunk.

    Parameters
    ----------
    result : Result
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        One bar a stage, in the order of the file: the mean over replications, and a whisker from P10 to P90.
    """
    ax = new_axes(ax, height=0.9 + 0.45 * len(result.scenario.stages))
    _draw(ax, {"": result})
    title = written(result.scenario.name, "")
    ax.set_title(title.pop("text"), loc="left", **title)
    return ax


def plot_funnels(comparison: Comparison, ax: Axes | None = None) -> Axes:
    """Draw the entries into every stage over the horizon of several scenarios side by side, with their rates.

    Parameters
    ----------
    comparison : Comparison
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        For each stage that any of them has a bar for each scenario, the first at the top and lightest: the mean over
        replications, and a whisker from P10 to P90. Behind it the rate from the stage before, along the trunk.
    """
    results = {comparison.label(name): result for name, result in comparison.results.items()}
    stages = {name for result in results.values() for name in result.scenario.stages}
    ax = new_axes(ax, height=1.2 + 0.3 * len(stages) * (0.5 + len(results)))
    _draw(ax, results)
    first = comparison.results[comparison.first]
    title = written(first.scenario.name, "")
    ax.set_title(title.pop("text"), loc="left", **title)
    legend = ax.legend(ncols=len(results), **BELOW)
    for place, (text, label) in enumerate(zip(legend.get_texts(), results, strict=True), start=1):
        text.update(written(label, f"scenario {place}"))
    return ax


def _draw(ax: Axes, results: Mapping[str, Result]) -> None:
    """Draw the bars of every stage, as many as there are results."""
    labels = {
        name: stage.label or name for result in results.values() for name, stage in result.scenario.stages.items()
    }
    thick = HEIGHT if len(results) == 1 else 0.84 / len(results)
    for number_, (label, result) in enumerate(results.items()):
        before = {after: stage for stage, after in pairwise(trunk_of(result.scenario))}
        color = FILL if len(results) == 1 else SHADES[min(number_, len(SHADES) - 1)]
        bars = []
        for place, name in enumerate(labels):
            if name in result.scenario.stages:
                middle = place + (number_ - (len(results) - 1) / 2) * thick
                bars.append(_draw_stage(ax, result, name, before.get(name), middle, thick, color))
        bars[0].set_label(label)
    name_ticks(ax.yaxis, [(label, name) for name, label in labels.items()])
    group_digits(ax.xaxis, "leads")
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_xlim(0, 1.35 * max(ax.dataLim.xmax, 1e-9))
    label_axis(ax.xaxis, f"entries in leads, over the horizon (whiskers: {BAND_WORDS})", "entries")


def _draw_stage(
    ax: Axes, result: Result, name: str, before: str | None, middle: float, thick: float, color: str
) -> BarContainer:
    """Draw the bar of one stage, its whisker and its numbers."""
    entries = result.estimate(name)
    mean, low, high = float(entries.mean), float(entries.p10), float(entries.p90)
    bar = ax.barh(middle, mean, height=thick, color=color, edgecolor=INK, linewidth=0.6)
    ax.plot([low, high], [middle, middle], color=INK, linewidth=1.2, marker="|", markersize=7)
    text = number(mean)
    if before is not None:
        rate = result.estimate(f"rate_{before}_to_{name}")
        text += f"  ({number(float(rate.mean), 'share')} of {before})"
    size = None if thick == HEIGHT else 8
    ax.annotate(
        text, (max(mean, high), middle), (6, 0), textcoords="offset points", va="center", color=INK, fontsize=size
    )
    return bar
