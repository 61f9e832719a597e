"""Scenarios side by side: what each brings, and how it differs from the first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from funnelsim.forecast.compare import changes_as_text
from funnelsim.metrics.display import number
from funnelsim.plots.style import (
    BAND_WORDS,
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
    from matplotlib.figure import Figure

    from funnelsim.forecast.compare import Comparison

COLUMNS = 3
INTERVAL_WORDS = "95% interval of the difference"


def plot_comparison(comparison: Comparison, metric: str, ax: Axes | None = None) -> Axes:
    """Draw one metric of all scenarios over the horizon.

    Parameters
    ----------
    comparison : Comparison
    metric : str
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        One bar a scenario: its mean (of a ratio total over total), written above with the difference against the first
        and its 95% interval, and a whisker from P10 to P90.

    Raises
    ------
    ValueError
        For a metric that one of the scenarios does not have.
    """
    unit, title = comparison.unit(metric), comparison.title(metric)
    ax = new_axes(ax, width=1.6 + 1.7 * len(comparison.results))
    for place, (name, result) in enumerate(comparison.results.items()):
        estimated = result.estimate(metric)
        mean, low, high = float(estimated.mean), float(estimated.p10), float(estimated.p90)
        ax.bar(place, mean, width=0.62, color=FILL if place else FIRST_FILL, edgecolor=INK, linewidth=0.6)
        ax.plot([place, place], [low, high], color=INK, linewidth=1.2, marker="_", markersize=9)
        top = max((value for value in (mean, high) if not math.isnan(value)), default=0.0)
        offset = 5.0
        if name != comparison.first:
            change, *ends = changes_as_text(comparison.difference(name, metric), unit)
            ax.annotate(
                f"{change}\n({ends[0]} to {ends[1]})",
                (place, top),
                (0, offset),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=8,
                color=INK,
            )
            offset += 24
        ax.annotate(
            number(mean, unit),
            (place, top),
            (0, offset),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontweight="bold",
            color=INK,
        )
    labels = [(comparison.label(name), f"scenario {place}") for place, name in enumerate(comparison.results, start=1)]
    name_ticks(ax.xaxis, labels)
    group_digits(ax.yaxis, unit)
    _make_room(ax)
    label_axis(ax.yaxis, title, metric)
    ax.set_xlabel(f"whiskers: {BAND_WORDS}; in brackets: {INTERVAL_WORDS}", fontsize=8)
    return ax


def _make_room(ax: Axes) -> None:
    """Leave room above the bars for what is written there."""
    low, high = min(ax.dataLim.ymin, 0.0), ax.dataLim.ymax
    if math.isfinite(low) and high > low:
        ax.set_ylim(low, high + 0.25 * (high - low))
    else:
        ax.set_ylim(0, 1)
    ax.set_xmargin(0.1)


def comparison_figure(comparison: Comparison, metrics: Sequence[str]) -> Figure:
    """Draw several metrics side by side, with a line that says what whiskers and brackets are.

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
    from matplotlib import pyplot

    if not metrics:
        raise ValueError("no metrics to draw: give at least one, such as 'sql'")
    for metric in metrics:
        comparison.unit(metric)  # refuse before a figure is begun
    columns = min(COLUMNS, len(metrics))
    rows = -(-len(metrics) // columns)
    width = columns * (1.2 + 1.5 * len(comparison.results))
    figure, axes = pyplot.subplots(rows, columns, figsize=(width, 4.2 * rows), squeeze=False, layout="constrained")
    figure.get_layout_engine().set(wspace=0.06, hspace=0.06)  # type: ignore[union-attr, call-arg]
    for ax, metric in zip(axes.flat, metrics, strict=False):
        plot_comparison(comparison, metric, ax).set_xlabel("")
    for ax in axes.flat[len(metrics) :]:
        ax.set_visible(False)
    first = comparison.results[comparison.first]
    title = written(first.scenario.name, "")
    figure.suptitle(title.pop("text"), **title)
    against = comparison.label(comparison.first)
    note = (
        f"Bars: mean of {first.replications:,} replications. Whiskers: {BAND_WORDS}.\n"
        f"Differences: against '{against}', in the same replications; in brackets: {INTERVAL_WORDS}."
    )
    words = written(note, note.replace(against, "the first"))
    figure.supxlabel(words.pop("text"), fontsize=8, **words)
    return figure
