"""The funnel of one result: how many entries each stage has, and the rates along the trunk."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from funnelsim.metrics.display import number
from funnelsim.metrics.names import trunk_of
from funnelsim.plots.style import BAND_WORDS, FILL, INK, group_digits, label_axis, name_ticks, new_axes, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from funnelsim.metrics.result import Result


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
    stages = result.scenario.stages
    ax = new_axes(ax, height=0.9 + 0.45 * len(stages))
    before = {after: stage for stage, after in pairwise(trunk_of(result.scenario))}
    for place, name in enumerate(stages):
        entries = result.estimate(name)
        mean, low, high = float(entries.mean), float(entries.p10), float(entries.p90)
        ax.barh(place, mean, height=0.62, color=FILL, edgecolor=INK, linewidth=0.6)
        ax.plot([low, high], [place, place], color=INK, linewidth=1.2, marker="|", markersize=7)
        text = number(mean)
        if name in before:
            rate = result.estimate(f"rate_{before[name]}_to_{name}")
            text += f"  ({number(float(rate.mean), 'share')} of {before[name]})"
        ax.annotate(text, (max(mean, high), place), (6, 0), textcoords="offset points", va="center", color=INK)
    name_ticks(ax.yaxis, [(stage.label or name, name) for name, stage in stages.items()])
    group_digits(ax.xaxis, "leads")
    ax.set_ylim(len(stages) - 0.5, -0.5)
    ax.set_xlim(0, 1.35 * max(ax.dataLim.xmax, 1e-9))
    label_axis(ax.xaxis, f"entries in leads, over the horizon (whiskers: {BAND_WORDS})", "entries")
    title = written(result.scenario.name, "")
    ax.set_title(title.pop("text"), loc="left", **title)
    return ax
