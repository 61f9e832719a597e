"""What became of touches, and how leads are scored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from funnelsim.metrics.contact_reports import NO_TRACK
from funnelsim.metrics.display import number
from funnelsim.plots.style import BELOW, FILL, INK, date_axis, group_digits, label_axis, name_ticks, new_axes, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from funnelsim.metrics.contact_reports import ContactBy
    from funnelsim.metrics.result import Result

CHAIN = ("sent", "delivered", "opened", "clicked", "responded")
SHADES = ("#e4e4e4", "#c2cfdd", "#96b2d0", FILL, "#2c4a6e")
"""From light to dark, so that they differ in grey."""


def plot_contacts(result: Result, by: ContactBy = "track", ax: Axes | None = None) -> Axes:
    """Draw how many touches were sent, delivered, opened, clicked and answered.

    Parameters
    ----------
    result : Result
    by : {"track", "touch", "content"}
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        For each track, touch or asset a bar for every step that there is, one within the other: means over
        replications. Beside it how many were answered of those delivered.

    Raises
    ------
    ValueError
        Where there is nothing of the kind.
    """
    table = result.contacts(by).fillna(0.0)
    if table.empty:
        raise ValueError(f"'{result.scenario.name}' has no {by}, so that there is nothing to draw")
    ax = new_axes(ax, height=1.3 + 0.5 * len(table))
    steps = [step for step in CHAIN if step in table and (step in ("sent", "delivered") or table[step].any())]
    heights = np.linspace(0.72, 0.28, len(CHAIN))
    for step in steps:
        place = CHAIN.index(step)
        bars = ax.barh(
            range(len(table)), table[step], height=heights[place], color=SHADES[place], edgecolor=INK, linewidth=0.6
        )
        bars.set_label(step)
    for place, row in enumerate(table.to_dict("records")):
        most = max(row[step] for step in steps)
        share = row["responded"] / row["delivered"] if row["delivered"] else float("nan")
        text = f"{number(row[steps[0]])}  ({number(share, 'share')} responded)"
        ax.annotate(text, (most, place), (6, 0), textcoords="offset points", va="center", color=INK)
    scenario = result.scenario
    named: dict[str, Mapping[str, Any]] = {
        "track": scenario.tracks,
        "touch": scenario.touches,
        "content": scenario.content,
    }
    labels = {name: part.label for name, part in named[by].items()}
    name_ticks(ax.yaxis, [(labels.get(name) or name, name if name != NO_TRACK else "") for name in table[by]])
    group_digits(ax.xaxis, "touches")
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlim(0, 1.45 * max(ax.dataLim.xmax, 1e-9))
    label_axis(ax.xaxis, "touches over the horizon, means over replications", "touches")
    title = written(result.scenario.name, "")
    ax.set_title(title.pop("text"), loc="left", **title)
    ax.legend(ncols=len(steps), **BELOW)
    return ax


def plot_score_profile(result: Result, ax: Axes | None = None) -> Axes:
    """Draw how the leads created in each period were scored at its end.

    Parameters
    ----------
    result : Result
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        A bar for each period, of the shares of the bands of the score, the lowest at the bottom and lightest; periods
        in which no lead was created have none.

    Raises
    ------
    ValueError
        Where leads have no score.
    """
    table = result.score_profile().pivot(index="period", columns="band", values="share")
    bands = [str(band) for band in result.data["band"].to_numpy()]
    ax = new_axes(ax)
    dates, ends = result.data["period"].to_numpy(), np.datetime64(result.scenario.end, "ns")
    widths = np.diff(np.append(dates, ends)) / np.timedelta64(1, "D")
    bottom = np.zeros(len(dates))
    greys = np.linspace(0.92, 0.25, len(bands))
    for band, grey in zip(bands, greys, strict=True):
        shares = table[band].to_numpy()
        ax.bar(
            dates,
            shares,
            0.85 * widths,
            bottom,
            align="edge",
            color=str(grey),
            edgecolor=INK,
            linewidth=0.6,
            label=band,
        )
        bottom += np.nan_to_num(shares)
    date_axis(ax)
    group_digits(ax.yaxis, "share")
    ax.set_ylim(0, 1)
    ax.set_ylabel("leads created in the period, by their score at its end")
    title = written(result.scenario.name, "")
    ax.set_title(title.pop("text"), loc="left", **title)
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(handles[::-1], labels[::-1], frameon=False, loc="center left", bbox_to_anchor=(1, 0.5), title="score")
    return ax
