"""The flow of leads from stage to stage: ribbons as wide as the leads they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from funnelsim.metrics.display import number
from funnelsim.metrics.flowing import CREATED, STILL_THERE, TAKEN_ON, THERE_BEFORE, Flow, flows_between_stages
from funnelsim.metrics.names import trunk_of
from funnelsim.plots.ribbons import WIDTH, Bar, Kind, Ribbon, outline, ribbons_of
from funnelsim.plots.style import BELOW, FILL, FIRST_FILL, INK, label_axis, new_axes, written

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from funnelsim.metrics.result import Result

LOOKS: dict[Kind, dict[str, Any]] = {
    "on": {"facecolor": FILL, "alpha": 0.85},
    "away": {"facecolor": FIRST_FILL, "alpha": 0.85},
    "back": {"facecolor": "white", "hatch": "////", "alpha": 0.75},
    "in": {"facecolor": "#efefef"},
    "stay": {"facecolor": "#efefef", "linestyle": ":"},
}
"""By where a ribbon leads; they differ in grey."""

WORDS: dict[Kind, str] = {
    "on": "on along the trunk",
    "away": "away from it",
    "back": "back to an earlier stage",
    "stay": "still there at the end",
}
STUBS = {CREATED: "new leads", THERE_BEFORE: "there before", STILL_THERE: "still there"}
SMALL = 7


def plot_flow(result: Result, ax: Axes | None = None) -> Axes:
    """Draw how many leads went from each stage to each other one over the horizon.

    Parameters
    ----------
    result : Result
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
        A bar for each stage and a ribbon for each flow, as high as the leads they stand for (y is in leads, downwards):
        means over replications. What leads on along the trunk, what leads away from it and what leads back differ in
        grey. Leads that were there before come in from the left, and those still there at the end stick out to the
        right, so that at every bar as much comes in as goes out. The identifier of a ribbon (`get_gid`) is
        ``source > to``.

    Raises
    ------
    ValueError
        Where no lead entered any stage.
    """
    flows = flows_between_stages(result)
    if not flows:
        raise ValueError(f"'{result.scenario.name}' has no leads, so that there is nothing to draw")
    known = {name for flow in flows for name in (flow.source, flow.to)}
    trunk = [stage for stage in trunk_of(result.scenario) if stage in known]
    bars, ribbons = ribbons_of(trunk, flows)
    columns = len({bar.column for bar in bars.values()})
    ax = new_axes(ax, width=2.4 + 1.5 * columns, height=3.5 + 0.5 * len(bars))
    for ribbon in ribbons:
        _draw(ax, ribbon)
    for bar in bars.values():
        _draw_bar(ax, result, bar, [flow for flow in flows if _is_beside(flow, bar, trunk)])
    bottom = max(ribbon.lane.bottom if ribbon.lane else ribbon.end[1].bottom for ribbon in ribbons)
    bottom = max(bottom, *(bar.top + bar.height for bar in bars.values()))
    ax.set_xlim(-0.75, max(bar.column for bar in bars.values()) + 0.75)
    ax.set_ylim(1.03 * bottom, -0.15 * bottom)
    _label_ribbons(ax, ribbons, bars, bottom)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_visible(False)
    _explain(ax, result, {ribbon.kind for ribbon in ribbons})
    return ax


def _draw(ax: Axes, ribbon: Ribbon) -> None:
    from matplotlib.patches import PathPatch

    look = {"edgecolor": INK, "linewidth": 0.5, **LOOKS[ribbon.kind]}
    patch = PathPatch(outline(ribbon), zorder=2 if ribbon.kind == "back" else 1, **look)
    patch.set_gid(f"{ribbon.flow.source} > {ribbon.flow.to}")
    ax.add_patch(patch)


def _is_beside(flow: Flow, bar: Bar, trunk: list[str]) -> bool:
    """Say whether a flow comes from outside into the midst of the trunk, where there is no room for its number."""
    return flow.to == bar.name and flow.source in STUBS and bar.name in trunk[1:]


def _draw_bar(ax: Axes, result: Result, bar: Bar, beside: list[Flow]) -> None:
    """Draw a stage, with its name and all who were there above it, and how many of them came from outside."""
    ax.bar(
        bar.column, bar.height, WIDTH, bar.top, color=INK if bar.name != TAKEN_ON else "#8a8a8a", zorder=3, gid=bar.name
    )
    stage = result.scenario.stages.get(bar.name)
    name = bar.name.strip("()") if stage is None else stage.label or bar.name
    outside = ", ".join(f"{number(flow.leads)} {STUBS[flow.source]}" for flow in beside)
    numbers = f"\n{number(bar.height)}" + (f"\n({outside})" if outside else "")
    words = written(f"{name}{numbers}", f"{bar.name}{numbers}")
    ax.annotate(
        words.pop("text"),
        (bar.column, bar.top),
        (0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=8,
        color=INK,
        zorder=4,
        **words,
    )


def _label_ribbons(ax: Axes, ribbons: list[Ribbon], bars: Mapping[str, Bar], bottom: float) -> None:
    """Write how many leads each ribbon stands for where it leaves its bar, one below the other."""
    inches = ax.get_window_extent().height / ax.figure.dpi
    apart = 1.15 * bottom * (SMALL * 1.2 / 72) / inches
    last: dict[tuple[str, bool], float] = {}
    for ribbon in sorted(ribbons, key=lambda ribbon: ribbon.start[1].top):
        (x, slot), flow = ribbon.start, ribbon.flow
        coming = ribbon.kind == "in"
        if coming and bars[flow.to].column > 0 and bars[flow.to].top == 0:
            continue  # told above the bar
        name, x = (flow.to, x) if coming else (flow.source, x)
        y = max((slot.top + slot.bottom) / 2, last.get((name, coming), -bottom) + apart)
        last[name, coming] = y
        share = flow.leads / bars[name].height
        text = f"{STUBS[flow.source]} {number(flow.leads)}" if coming else number(flow.leads)
        if ribbon.kind == "stay":
            text += f" {STUBS[STILL_THERE]}"
        elif not coming:
            text += f" ({number(share, 'share')})"
        ax.text(
            x + (-0.03 if coming else 0.03),
            y,
            text,
            ha="right" if coming else "left",
            va="center",
            fontsize=SMALL,
            color=INK,
            zorder=4,
            bbox={"facecolor": "white", "alpha": 0.6, "linewidth": 0, "pad": 0.6},
        )


def _explain(ax: Axes, result: Result, kinds: set[Kind]) -> None:
    """Say what the ribbons are, and of when and of what the numbers."""
    from matplotlib.patches import Patch

    shown = [kind for kind in WORDS if kind in kinds]
    patches = [Patch(edgecolor=INK, linewidth=0.5, label=WORDS[kind], **LOOKS[kind]) for kind in shown]
    ax.legend(handles=patches, ncols=4, **{**BELOW, "borderaxespad": 3.0})
    scenario = result.scenario
    words = (
        f"leads, {scenario.start} until {scenario.end:%Y-%m-%d}: means over {result.replications:,} replications; "
        "bars: all who were ever there, each visit for itself; in brackets: share of these"
    )
    label_axis(ax.xaxis, words, words)
    ax.xaxis.label.set_fontsize(8)
    title = written(scenario.name, "")
    ax.set_title(title.pop("text"), loc="left", **title)
