"""How busy the teams are over time, and what waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from funnelsim.metrics.display import shortened
from funnelsim.metrics.vocabulary import vocabulary_of
from funnelsim.plots.style import BAND_WORDS, BELOW, INK, date_axis, group_digits, new_axes, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from funnelsim.metrics.result import Result

MARKERS = "os^Dv*"
"""One for each team, and round again: they tell teams apart in grey."""

GREYS = (INK, "#5b86b4", "#8a8a8a")

LONGEST_NAME = 22
"""Columns of a team's name in the legend; of a longer one the middle is left out."""


def plot_teams(result: Result, ax: Axes | None = None) -> Axes:
    """Draw the utilisation of every team by period, and the queue at the end of each.

    Parameters
    ----------
    result : Result
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        Those of utilisation: a full line for each team, total over total. The queues are dashed lines on axes of
        their own at the right, which are the last of the figure: means over replications. Whiskers go from P10 to P90.

    Raises
    ------
    ValueError
        Where no team has any work.
    """
    teams = vocabulary_of(result.scenario).working
    if not teams:
        raise ValueError(f"'{result.scenario.name}' has no team with work, so that there is nothing to draw")
    ax = new_axes(ax)
    queues = ax.twinx()
    queues.spines[["top", "left"]].set_visible(False)
    dates = result.data["period"].to_numpy()
    lines, words = [], []
    for place, team in enumerate(teams):
        style: dict[str, Any] = {
            "color": GREYS[place % len(GREYS)],
            "marker": MARKERS[place % len(MARKERS)],
            "markersize": 4,
        }
        label = shortened(result.scenario.teams[team].label or team, LONGEST_NAME)
        busy, queue = (result.estimate(f"{figure}_{team}", over="period") for figure in ("utilisation", "queue"))
        lines += ax.plot(dates, busy.mean, linewidth=1.6, **style)
        lines += queues.plot(dates, queue.mean, linewidth=1.0, linestyle="--", fillstyle="none", **style)
        ax.vlines(dates, busy.p10, busy.p90, color=style["color"], linewidth=1.2)
        queues.vlines(dates, queue.p10, queue.p90, color=style["color"], linewidth=0.8, linestyle=":")
        words += [(f"{label}: utilisation", f"{team}: utilisation"), (f"{label}: queue", f"{team}: queue")]
    ax.set_ylim(0, max(1.05, 1.05 * ax.dataLim.ymax))
    queues.set_ylim(0, 1.15 * max(queues.dataLim.ymax, 1.0))
    date_axis(ax)
    group_digits(ax.yaxis, "share")
    group_digits(queues.yaxis, "attempts")
    ax.set_ylabel("utilisation, of working time")
    queues.set_ylabel("queue at the end of the period, in attempts")
    title = written(result.scenario.name, "")
    ax.set_title(title.pop("text"), loc="left", **title)
    legend = ax.legend(
        lines,
        [""] * len(lines),
        ncols=2,
        title=f"whiskers: {BAND_WORDS}",
        title_fontsize=8,
        **BELOW,
    )
    for text, (label, otherwise) in zip(legend.get_texts(), words, strict=True):
        text.update(written(label, otherwise))
    return ax
