"""What each track, touch or asset brought: what it truly adds, beside what is counted of the leads it touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from funnelsim.metrics import display
from funnelsim.plots.style import BELOW, FILL, FIRST_FILL, INK, group_digits, label_axis, name_ticks, new_axes, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from funnelsim.forecast.incremental import Incremental

ADDED = "truly adds: as it is, less without it (whiskers: 95% interval)"
TOUCHED = "of leads that it touched before, which it need not have caused"


def plot_incremental(incremental: Incremental, metric: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw what each track, touch or asset adds to a metric over the horizon.

    Parameters
    ----------
    incremental : Incremental
    metric : str, optional
        One of `Incremental.metrics`; by default the first.
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        For each a bar of what it adds (the mean of paired differences), with the 95% interval as a whisker and the
        number beside it; behind it, wider and lighter, what is counted of leads touched before, where that is known.
        The one that adds most stands at the top.

    Raises
    ------
    ValueError
        For a metric of which it was not asked.
    """
    metric = incremental.metrics[0] if metric is None else metric
    if metric not in incremental.metrics:
        raise ValueError(f"'{metric}' was not asked for: take one of {', '.join(incremental.metrics)}")
    table = incremental.table()
    rows = table[table["metric"] == metric].sort_values("mean", ascending=False, kind="stable").to_dict("records")
    unit = incremental.result.unit(metric)
    ax = new_axes(ax, width=8.0, height=1.7 + 0.5 * len(rows))
    known = [(place, row["touched"]) for place, row in enumerate(rows) if row["touched"] == row["touched"]]
    for place, touched in known:
        ax.barh(place, touched, 0.72, color=FIRST_FILL, edgecolor=INK, linewidth=0.6, label=TOUCHED)
    for place, row in enumerate(rows):
        ax.barh(place, row["mean"], 0.4, color=FILL, edgecolor=INK, linewidth=0.6, label=ADDED)
        ax.plot([row["low"], row["high"]], [place, place], color=INK, linewidth=1.2, marker="|", markersize=7)
        furthest = max(0.0, row["high"], row["mean"], dict(known).get(place, 0.0))
        text = _in_words(row, display.unit_of_change(unit))
        ax.annotate(text, (furthest, place), (6, 0), textcoords="offset points", va="center", color=INK)
    name_ticks(ax.yaxis, [(_label(incremental, str(row[incremental.by])), str(row[incremental.by])) for row in rows])
    group_digits(ax.xaxis, unit)
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    left, right = min(0.0, ax.dataLim.xmin), max(0.0, ax.dataLim.xmax)
    ax.set_xlim(left - 0.03 * (right - left), right + 0.5 * (right - left or 1.0))
    label_axis(ax.xaxis, f"{incremental.result.title(metric)}, over the horizon", f"{metric}, over the horizon")
    title = written(incremental.result.scenario.name, "")
    ax.set_title(title.pop("text"), loc="left", **title)
    handles = dict(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    ax.legend(list(handles.values()), list(handles), **BELOW)
    return ax


def _in_words(row: Mapping[Any, Any], unit: str) -> str:
    """Write what is added, with its interval."""
    mean, low, high = (display.number(row[name], unit, sign=True) for name in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"


def _label(incremental: Incremental, name: str) -> str:
    """Return what is drawn for a track, a touch or an asset: its label if it has one."""
    scenario = incremental.result.scenario
    named: dict[str, Mapping[str, Any]] = {
        "track": scenario.tracks,
        "touch": scenario.touches,
        "content": scenario.content,
    }
    part = named.get(incremental.by, {}).get(name)
    return getattr(part, "label", None) or name
