"""The picture of the results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.comparing import Row
from benchmarks.growth import Growth


def draw_times(ax: Axes, rows: Sequence[Row]) -> None:
    """Draw what an event takes, ours beside those of peers."""
    shown = [row for row in rows if row.work in ("funnel", "owners", "tracks")]
    bars: dict[str, tuple[float, str]] = {}
    for row in shown:
        bars.setdefault(f"{row.work}: funnelsim", (row.ours_nanoseconds, "#1b4f72"))
        bars[f"{row.work}: {row.peer}"] = row.peer_nanoseconds, "#b0bec5"
    places = np.arange(len(bars))[::-1]
    ax.barh(places, [nanoseconds for nanoseconds, _ in bars.values()], color=[colour for _, colour in bars.values()])
    ax.set_yticks(places, list(bars), fontsize=7)
    ax.set_xscale("log")
    ax.set_xlabel("nanoseconds an event, one thread")


def draw_growth(ax: Axes, grown: Sequence[Growth], log: str) -> None:
    """Draw values by sizes, each as a multiple of its first."""
    for growth, marker in zip(grown, "osd^v", strict=False):
        sizes, values = (np.asarray(of) / of[0] for of in (growth.sizes, growth.values))
        ax.plot(sizes, values, marker=marker, label=growth.what, linewidth=1, markersize=4)
    ax.set_xscale("log")
    ax.set_yscale(log)
    ax.set_xlabel("times as large")
    ax.legend(fontsize=7, frameon=False)


def draw(path: Path, rows: Sequence[Row], times: Sequence[Growth], memory: Sequence[Growth]) -> None:
    """Draw all of it into a file."""
    leads, flat = ([growth for growth in times if (growth.by == "leads") == whether] for whether in (True, False))
    with mpl.rc_context({"svg.hashsalt": "benchmarks", "font.size": 8}):
        figure = Figure(figsize=(11, 7), layout="constrained")
        (first, second), (third, fourth) = figure.subplots(2, 2)
        draw_times(first, rows)
        draw_growth(second, leads, "log")
        second.set_ylabel("times as long, a replication")
        draw_growth(third, flat, "linear")
        third.set(ylabel="times as long, an event", ylim=(0, 2))
        draw_growth(fourth, memory, "linear")
        fourth.set(ylabel="times as much memory", ylim=(0, None))
        figure.savefig(path, metadata={"Date": None})
