"""Many scenarios in one picture that is narrow enough for a phone: bars that lie, each with its difference."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from funnelsim.forecast.compare import changes_as_text
from funnelsim.metrics.display import number, shortened
from funnelsim.plots.compare import INTERVAL_WORDS
from funnelsim.plots.style import (
    BAND_WORDS,
    FILL,
    FIRST_FILL,
    INK,
    group_digits,
    label_axis,
    name_ticks,
    new_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from funnelsim.forecast.compare import Comparison

LABEL_LINES, LABEL_COLUMNS = 3, 18
"""Beside a bar."""


def plot_beside(comparison: Comparison, metric: str, ax: Axes | None = None) -> Axes:
    """Draw one metric of all scenarios over the horizon, as `plot_comparison` does, with bars that lie.

    Parameters
    ----------
    comparison : Comparison
    metric : str
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        One bar a scenario, the first on top: its mean (of a ratio total over total) with a whisker from P10 to P90.
        Under each name stand its mean and the difference against the first with its 95% interval.

    Raises
    ------
    ValueError
        For a metric that one of the scenarios does not have.
    """
    unit, title = comparison.unit(metric), comparison.title(metric)
    ax = new_axes(ax, height=1.0 + 0.7 * len(comparison.results))
    names = []
    for place, (name, result) in enumerate(comparison.results.items()):
        told = result.estimate(metric)
        mean, low, high = float(told.mean), float(told.p10), float(told.p90)
        ax.barh(place, mean, height=0.42, color=FILL if place else FIRST_FILL, edgecolor=INK, linewidth=0.6)
        ax.plot([low, high], [place, place], color=INK, linewidth=1.2, marker="|", markersize=7)
        ax.annotate(
            f"{number(mean, unit)}{_change(comparison, name, metric, unit)}",
            (0, place - 0.27),
            (2, 0),
            textcoords="offset points",
            va="bottom",
            fontsize=8,
            color=INK,
        )
        label = shortened(comparison.label(name), LABEL_LINES * LABEL_COLUMNS)
        names.append((textwrap.fill(label, LABEL_COLUMNS), f"scenario {place + 1}"))
    name_ticks(ax.yaxis, names)
    ax.locator_params(axis="x", nbins=5)
    group_digits(ax.xaxis, unit)
    ax.set_ylim(len(names) - 0.6, -0.75)
    if math.isfinite(ax.dataLim.xmax) and ax.dataLim.xmin >= 0:
        ax.set_xlim(0, 1.05 * max(ax.dataLim.xmax, 1e-9))
    label_axis(ax.xaxis, f"{title} (whiskers: {BAND_WORDS}; in brackets: {INTERVAL_WORDS})", metric)
    return ax


def _change(comparison: Comparison, name: str, metric: str, unit: str) -> str:
    if name == comparison.first:
        return ""
    mean, low, high = changes_as_text(comparison.difference(name, metric), unit)
    return f"   {mean} ({low} to {high})"
