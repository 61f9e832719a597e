"""A metric along what was swept: a line over one path, a heat map over two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.forecast.points import text_of
from funnelsim.metrics import statistics
from funnelsim.metrics.display import number
from funnelsim.plots.style import BAND, BAND_WORDS, INK, group_digits, label_axis, new_axes, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from funnelsim.forecast.swept import Sweep

MOST_CELLS = 100
"""Cells of a heat map in which its numbers are written."""


def plot_sweep(sweep: Sweep, metric: str, ax: Axes | None = None) -> Axes:
    """Draw a metric along the paths of a grid, or the one path of a list of points.

    Parameters
    ----------
    sweep : Sweep
        Over one path or two.
    metric : str
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        Over one path a line through the mean (of a ratio total over total), a band from P10 to P90 over replications,
        and as whiskers the 95% interval of the mean; over two a heat map of the mean, the first path upwards. Values
        stand where their numbers are if all have the same unit, else at equal distances, as they were written.

    Raises
    ------
    ValueError
        For a metric that was not kept, and for another number of paths.
    """
    sweep.unit(metric)
    paths = sweep.points.paths
    if len(paths) == 1:
        return _line(sweep, metric, ax)
    if len(paths) == 2 and sweep.points.is_grid:
        return _map(sweep, metric, ax)
    raise ValueError(f"a picture is over one path, or a grid of two, not over {len(paths)}; read sweep.table")


def sweep_figure(sweep: Sweep, metrics: Sequence[str]) -> Figure:
    """Draw several metrics of a sweep side by side.

    Raises
    ------
    ValueError
        Without metrics, and as `plot_sweep` does.
    """
    from matplotlib.figure import Figure

    if not metrics:
        raise ValueError("no metrics to draw: give at least one, such as 'sql'")
    figure = Figure(figsize=(6 * len(metrics), 4.4), layout="constrained")
    axes = figure.subplots(1, len(metrics), squeeze=False)[0]
    for ax, metric in zip(axes, metrics, strict=True):
        plot_sweep(sweep, metric, ax)
    title = written(sweep.scenario.name, "")
    figure.suptitle(title.pop("text"), **title)
    return figure


def _line(sweep: Sweep, metric: str, ax: Axes | None) -> Axes:
    told, unit, (path,) = sweep.metric(metric), sweep.unit(metric), sweep.points.paths
    values = sweep.points.along(path)
    places = positions(values)
    order = np.argsort(places, kind="stable")
    mean, low, high, error = (told[name].to_numpy()[order] for name in ("mean", "p10", "p90", "mc_error"))
    ax = new_axes(ax)
    at = np.asarray(places)[order]
    ax.fill_between(at, low, high, color=BAND, linewidth=0, label=BAND_WORDS)
    ax.errorbar(
        at,
        mean,
        statistics.interval(mean, error, sweep.replications)[1] - mean,
        color=INK,
        linewidth=1.6,
        marker="o",
        markersize=4,
        capsize=3,
        label="mean, with its 95% interval",
    )
    _tick(ax.xaxis, places, values)
    label_axis(ax.xaxis, path, path)
    group_digits(ax.yaxis, unit)
    label_axis(ax.yaxis, sweep.title(metric), metric)
    ax.legend(frameon=False)
    return ax


def _map(sweep: Sweep, metric: str, ax: Axes | None) -> Axes:
    told, unit, (up, along) = sweep.metric(metric), sweep.unit(metric), sweep.points.paths
    mean = told["mean"].transpose(up, along).to_numpy()
    ax = new_axes(ax)
    image = ax.imshow(mean, origin="lower", aspect="auto", cmap="Greys", alpha=0.75)
    for axis, path in ((ax.yaxis, up), (ax.xaxis, along)):
        values = sweep.points.along(path)
        _tick(axis, list(range(len(values))), values)
        label_axis(axis, path, path)
    if mean.size <= MOST_CELLS:
        middle = (np.nanmin(mean) + np.nanmax(mean)) / 2 if np.isfinite(mean).any() else 0.0
        for (row, column), value in np.ndenumerate(mean):
            color = "white" if value > middle else INK
            ax.text(column, row, number(float(value), unit), ha="center", va="center", fontsize=8, color=color)
    bar = ax.figure.colorbar(image, ax=ax)
    group_digits(bar.ax.yaxis, unit)
    label_axis(bar.ax.yaxis, sweep.title(metric), metric)
    return ax


def positions(values: Sequence[Any]) -> list[float]:
    """Return where values stand: at their numbers where all have the same unit, else at 0, 1, and so on."""
    read = [re.fullmatch(r"([+-]?(?:\d[\d_]*\.?\d*|\.\d+))(\D*)", text_of(value)) for value in values]
    found = [(float(match[1]), match[2]) for match in read if match]
    if len(found) == len(values) and len({unit for _, unit in found}) == 1:
        return [place for place, _ in found]
    return [float(place) for place in range(len(values))]


def _tick(axis: Any, places: Sequence[float], values: Sequence[Any]) -> None:
    """Write values at their places, at most about ten of them."""
    step = -(-len(values) // 10)
    texts = [written(text_of(value), str(place)) for place, value in enumerate(values)][::step]
    axis.set_ticks(list(places)[::step], labels=[text.pop("text") for text in texts])
    for label, text in zip(axis.get_ticklabels(), texts, strict=True):
        label.update(text)
