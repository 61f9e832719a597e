"""Where the bars and ribbons of a flow lie: as wide as the leads they stand for.

Stages of the trunk stand side by side at the top, the others below them to the right. What leads on runs from left to
right; what leads back leaves a bar at the right, and runs below everything to the left of the bar it leads to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from funnelsim.metrics.flowing import CREATED, STILL_THERE, THERE_BEFORE, Flow

if TYPE_CHECKING:
    from matplotlib.path import Path

Kind = Literal["on", "away", "back", "in", "stay"]

WIDTH = 0.1
"""Of a bar; the bars of two neighbours are 1 apart."""

STUB = 0.3
"""How long ribbons are that come from no stage, or go to none."""

GAP = 0.08
"""Room between bars below each other, for their names, as a part of the picture."""

TURN = 0.14
"""How far out a ribbon turns that leads back."""

THINNEST, THICKEST = 0.015, 0.12
"""How much further the outer side of such a ribbon turns: of the widest the most."""


class Bar(NamedTuple):
    """A stage."""

    name: str
    column: int
    top: float
    height: float


class Slot(NamedTuple):
    """Where a ribbon meets a bar: from `top` down to `bottom`."""

    top: float
    bottom: float


@dataclass(frozen=True)
class Ribbon:
    """A flow, and where it starts and ends."""

    flow: Flow
    kind: Kind
    start: tuple[float, Slot]
    """At which x, and from where to where."""
    end: tuple[float, Slot]
    lane: Slot | None = None
    """Below everything, for one that leads back."""
    turn: tuple[float, float] = (TURN, TURN + THINNEST)
    """How far out its inner and its outer side turn."""


def columns_of(trunk: Sequence[str], flows: Iterable[Flow]) -> dict[str, int]:
    """Return the column of every stage that leads come to or from: the trunk's, to the right of it those it feeds."""
    columns = {stage: place for place, stage in enumerate(trunk)}
    flows = list(flows)
    for stage in dict.fromkeys(name for flow in flows for name in (flow.source, flow.to)):
        if stage not in columns and stage not in (CREATED, THERE_BEFORE, STILL_THERE):
            before = [columns[flow.source] for flow in flows if flow.to == stage and flow.source in columns]
            columns[stage] = max([len(trunk) - 1, *before]) + 1
    return columns


def kind_of(flow: Flow, columns: Mapping[str, int], trunk: Sequence[str]) -> Kind:
    """Say whether a flow leads on along the trunk, away from it, or back."""
    if flow.source in (CREATED, THERE_BEFORE):
        return "in"
    if flow.to == STILL_THERE:
        return "stay"
    if columns[flow.to] <= columns[flow.source]:
        return "back"
    return "on" if flow.to in trunk else "away"


def bars_of(trunk: Sequence[str], flows: Sequence[Flow], gap: float) -> dict[str, Bar]:
    """Return the bars: the trunk's at the top, the others below each other, as high as what comes in."""
    columns = columns_of(trunk, flows)
    heights = {stage: sum(flow.leads for flow in flows if flow.to == stage) for stage in columns}
    bars = {stage: Bar(stage, columns[stage], 0.0, heights[stage]) for stage in trunk}
    top = max(bar.height for bar in bars.values()) + gap
    for stage, column in columns.items():
        if stage not in bars:
            bars[stage] = Bar(stage, column, top, heights[stage])
            top += heights[stage] + gap
    return bars


def gap_of(trunk: Sequence[str], flows: Sequence[Flow]) -> float:
    """Return how much room is left between bars, in leads: as much of the whole picture as `GAP` says."""
    columns = columns_of(trunk, flows)
    heights = {stage: sum(flow.leads for flow in flows if flow.to == stage) for stage in columns}
    back = [flow.leads for flow in flows if kind_of(flow, columns, trunk) == "back"]
    below = [height for stage, height in heights.items() if stage not in trunk]
    filled = max(heights[stage] for stage in trunk) + sum(below) + sum(back)
    return GAP * filled / max(0.3, 1 - GAP * (1 + len(below) + len(back) / 2))


def ribbons_of(trunk: Sequence[str], flows: Sequence[Flow]) -> tuple[dict[str, Bar], list[Ribbon]]:
    """Lay out a flow; return its bars and ribbons, those that lead back last.

    Parameters
    ----------
    trunk : sequence of str
        Stages from left to right.
    flows : sequence of Flow
        Into every stage as many as out of it.
    """
    gap = gap_of(trunk, flows)
    bars = bars_of(trunk, flows, gap)
    columns = {name: bar.column for name, bar in bars.items()}
    kinds = {flow: kind_of(flow, columns, trunk) for flow in flows}
    order: dict[Kind, int] = {"on": 0, "away": 1, "in": 2, "stay": 3, "back": 4}
    leaving = _slots(bars, flows, lambda f: f.source, lambda f: (order[kinds[f]], _top(bars, f.to)))
    coming = _slots(bars, flows, lambda f: f.to, lambda f: (order[kinds[f]], -columns.get(f.source, -1)))
    bottom = max(bar.top + bar.height for bar in bars.values()) + gap
    ribbons, turn = [], TURN
    widest = max((flow.leads for flow in flows if kinds[flow] == "back"), default=0.0)
    for flow in sorted(flows, key=lambda f: (kinds[f] == "back", f.leads)):
        start, end, lane = leaving.get(flow), coming.get(flow), None
        left = bars[flow.to].column - WIDTH / 2 if end else 0.0
        right = bars[flow.source].column + WIDTH / 2 if start else left - STUB
        if kinds[flow] == "back":
            lane = Slot(bottom, bottom + flow.leads)
            bottom, turn = bottom + flow.leads + gap / 2, turn + 0.05
        start, end = start or end, end or start
        assert start is not None
        assert end is not None
        thick = max(THINNEST, THICKEST * flow.leads / widest) if lane else THINNEST
        placed = (right, start), (left if flow in coming else right + STUB, end)
        ribbons.append(Ribbon(flow, kinds[flow], *placed, lane, (turn, turn + thick)))
    return bars, ribbons


def _top(bars: Mapping[str, Bar], name: str) -> float:
    return bars[name].top if name in bars else float("inf")


def _slots(
    bars: Mapping[str, Bar],
    flows: Iterable[Flow],
    side: Callable[[Flow], str],
    key: Callable[[Flow], tuple[float, float]],
) -> dict[Flow, Slot]:
    """Share out one side of every bar to its ribbons, from the top down."""
    slots = {}
    filled = {name: bar.top for name, bar in bars.items()}
    for flow in sorted(flows, key=key):
        name = side(flow)
        if name in bars:
            slots[flow] = Slot(filled[name], filled[name] + flow.leads)
            filled[name] += flow.leads
    return slots


# ---------------------------------------------------------------- outlines
def outline(ribbon: Ribbon) -> Path:
    """Return the outline of a ribbon; both its ends are as wide as its leads."""
    from matplotlib.path import Path

    (x1, start), (x2, end) = ribbon.start, ribbon.end
    corners: list[tuple[Any, tuple[float, float]]] = [(Path.MOVETO, (x1, start.top))]

    def line(x: float, y: float) -> None:
        corners.append((Path.LINETO, (x, y)))

    def curve(*points: tuple[float, float]) -> None:
        corners.extend((Path.CURVE4, point) for point in points)

    if ribbon.lane is None:
        bend = min(x2, x1 + 1 - WIDTH)  # from there on it runs straight, below the bars of the trunk
        middle = (x1 + bend) / 2
        curve((middle, start.top), (middle, end.top), (bend, end.top))
        line(x2, end.top)
        line(x2, end.bottom)
        line(bend, end.bottom)
        curve((middle, end.bottom), (middle, start.bottom), (x1, start.bottom))
    else:
        lane, (inner, outer) = ribbon.lane, ribbon.turn
        curve((x1 + outer, start.top), (x1 + outer, lane.bottom), (x1, lane.bottom))
        line(x2, lane.bottom)
        curve((x2 - outer, lane.bottom), (x2 - outer, end.top), (x2, end.top))
        line(x2, end.bottom)
        curve((x2 - inner, end.bottom), (x2 - inner, lane.top), (x2, lane.top))
        line(x1, lane.top)
        curve((x1 + inner, lane.top), (x1 + inner, start.bottom), (x1, start.bottom))
    corners.append((Path.CLOSEPOLY, (x1, start.top)))
    codes, points = zip(*corners, strict=True)
    return Path(points, codes)
