"""Budgets: what each costs and brings, with the frontier, and how leads answer to spend."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.forecast.accounts import BY_NAME
from funnelsim.forecast.budget_texts import CALLED
from funnelsim.forecast.response_curves import response_curves
from funnelsim.metrics.figures import MONEY
from funnelsim.plots.style import BAND, FILL, INK, group_digits, label_axis, new_axes, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from funnelsim.forecast.budget_report import Budgets
    from funnelsim.scenario import Scenario

_LINES = ("-", "--", ":", "-.")


def plot_frontier(budgets: Budgets, outcome: str = "sql", ax: Axes | None = None) -> Axes:
    """Draw what budgets cost against what they bring.

    Parameters
    ----------
    budgets : Budgets
    outcome : {"sql", "won", "gross_profit"}
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        A point for each budget at its mean spend and outcome, with whiskers from P10 to P90 over replications; the
        first a diamond, those that another dominates hollow; and a line, the frontier, through all others.
    """
    table = budgets.frontier(outcome)
    ax = new_axes(ax)
    scale = 1 / MONEY if outcome == "gross_profit" else 1.0
    free = table[table["dominated_by"] == ""]
    ax.plot(free["spend"], free["outcome"], color=FILL, linewidth=1.4, label="frontier: none brings as much for less")
    for place, row in enumerate(table.to_dict("records")):
        name, spend, brought = str(row["budget"]), float(row["spend"]), float(row["outcome"])
        today = name == budgets.names[0]
        spread = np.quantile(budgets.accounts[name].totals[outcome] * scale, (0.1, 0.9))
        ax.errorbar(
            [spend],
            [brought],
            [[brought - spread[0]], [spread[1] - brought]],
            color=INK,
            marker="D" if today else "o",
            markersize=8 if today else 6,
            markerfacecolor="white" if row["dominated_by"] else INK,
            capsize=3,
        )
        label = budgets.labels[name]
        ax.annotate(
            **written(f"{label} (today)" if today and label.lower() != "today" else label, name),
            xy=(spend, brought),
            xytext=(8, -12) if place % 2 == 0 else (-8, 8),
            horizontalalignment="left" if place % 2 == 0 else "right",
            textcoords="offset points",
            fontsize=9,
        )
    currency = budgets.scenario.currency
    group_digits(ax.xaxis, currency)
    group_digits(ax.yaxis, BY_NAME[outcome].unit)
    label_axis(ax.xaxis, f"spend ({currency})", "spend")
    unit = f" ({currency})" if outcome == "gross_profit" else ""
    label_axis(ax.yaxis, f"{CALLED[outcome]}{unit}, whiskers P10 to P90", CALLED[outcome])
    ax.margins(x=0.15)
    if (table["dominated_by"] != "").any():
        ax.plot([], [], "o", color=INK, markerfacecolor="white", label="dominated by another budget")
    ax.plot([], [], "D", color=INK, label="today")
    ax.legend(frameon=False, fontsize=8, loc="upper left")
    return ax


def plot_responses(scenario: Scenario, ax: Axes | None = None, seed: int = 1) -> Axes:
    """Draw how many leads each channel brings at which spend, with today marked.

    Parameters
    ----------
    scenario : Scenario
        With a channel that answers to spend.
    ax : Axes, optional
        By default those of a new figure.
    seed : int
        Of the draws of what is uncertain.

    Returns
    -------
    Axes
        A line for each channel from nothing to twice what is spent today, with a band from P10 to P90 where its
        response is uncertain, and a diamond at today.
    """
    table = response_curves(scenario, seed=seed)
    ax = new_axes(ax)
    for line, (name, rows) in zip(cycle(_LINES), table.groupby("channel", sort=False), strict=False):
        channel = scenario.channels[str(name)]
        label = written(channel.label or str(name), str(name))["text"]
        if (rows["high"] > rows["low"]).any():
            ax.fill_between(rows["spend"], rows["low"], rows["high"], color=BAND, linewidth=0)
        ax.plot(rows["spend"], rows["leads"], line, color=INK, linewidth=1.5, label=label)
        today = rows[rows["change"] == 0]
        ax.plot(today["spend"], today["leads"], "D", color=FILL, markersize=7)
    ax.plot([], [], "D", color=FILL, label="today")
    group_digits(ax.xaxis, scenario.currency)
    group_digits(ax.yaxis, "leads")
    label_axis(ax.xaxis, f"spend on the channel ({scenario.currency} a month)", "spend on the channel a month")
    ax.set_ylabel("expected leads a month")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, fontsize=8)
    return ax


def budgets_figure(budgets: Budgets) -> Figure:
    """Draw the frontier and, where channels answer to spend, their curves beside it."""
    from matplotlib.figure import Figure

    answers = any(channel.response is not None for channel in budgets.scenario.channels.values())
    figure = Figure(figsize=(12 if answers else 6.5, 4.8), layout="constrained")
    axes = figure.subplots(1, 2 if answers else 1, squeeze=False)[0]
    plot_frontier(budgets, budgets.outcomes()[0], axes[0])
    if answers:
        plot_responses(budgets.scenario, axes[1], budgets.seed)
    title = written(budgets.scenario.name, "")
    figure.suptitle(title.pop("text"), **title)
    return figure
