"""From what the engines counted to a Dataset with named dimensions.

Cells become periods, positions become names, and the media spend of channels is shared out to the groups. Everything
stays a whole number: counts, and money in ten-thousandths.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from funnelsim.engines.rows import OUTCOMES
from funnelsim.engines.tally import COST_KINDS, LEAD_COST, MOVE_COST, TOUCH_COST, layout_of
from funnelsim.metrics.names import COHORT_PREFIX, EVERYONE
from funnelsim.program import program as p
from funnelsim.program.calendar import DAY

if TYPE_CHECKING:
    from funnelsim.engines.replicate import Counts
    from funnelsim.program import Program

Table = tuple[tuple[str, ...], npt.NDArray[Any], dict[str, str]]
Tables = dict[str, Table]

ATTEMPT_OUTCOMES = OUTCOMES[:3]
AGES = ("fast", "old")
VISITS = ("later", "first")
SHARE_UNIT = 1 << 24
"""What a share of 1 weighs; small enough that products with it do not overflow."""


def dataset(program: Program, counts: Counts, by: str | None) -> xr.Dataset:
    """Return what was counted as a Dataset.

    Parameters
    ----------
    program : Program
    counts : Counts
        From `replicate` with the same `by`.
    by : {None, "channel", "segment"}

    Returns
    -------
    Dataset
        Dimensions `replication`, `period` (its first moment), `group` (one called `all` if not grouped), `stage`,
        `visit`, `age`, `channel`, `row` (a move, or a touch of a track), `outcome`, `quantile`, `parameter` (the
        uncertain ones) and, where cohorts were counted, `cohort` (NaT: before the start). Counts are whole numbers,
        money whole ten-thousandths; `units` in attrs. Variables by cohort have the names of those by period after
        `cohort_`.
    """
    by_period = _periods(program, counts.counts)
    periods = by_period[:, 1:]
    media = _media(program, counts, periods, by)
    tables = _counted(program, periods, "period")
    tables |= _costs(_periods(program, counts.costs)[:, 1:], media, "period")
    tables |= _standing(program, by_period, "period")
    tables |= _ages(counts)
    spent = _by_period(counts.spend, program, axis=2)[:, :, 1:]
    tables["channel_media"] = _money(("replication", "channel", "period"), spent, "media spend of each channel")
    uncertain = program.recipes.parameters["belief"] != p.FIXED
    tables["parameters"] = (
        ("replication", "parameter"),
        counts.parameters[:, uncertain],
        {"long_name": "value of each uncertain parameter, as it stands in the program"},
    )
    if counts.cohort_counts.shape[1]:
        tables |= _cohorts(program, counts, media, tables)
    coordinates = _coordinates(program, counts, by, uncertain)
    return xr.Dataset({name: _variable(*table) for name, table in tables.items()}, coordinates)


def _variable(dims: tuple[str, ...], values: npt.NDArray[Any], attrs: dict[str, str]) -> xr.Variable:
    return xr.Variable(dims, np.ascontiguousarray(values), attrs)


def _leads(dims: tuple[str, ...], values: npt.NDArray[Any], what: str) -> Table:
    return dims, values, {"units": "leads", "long_name": what}


def _money(dims: tuple[str, ...], values: npt.NDArray[Any], what: str) -> Table:
    return dims, values, {"units": "ten-thousandths of the currency", "long_name": what}


# ---------------------------------------------------------------- periods
def _by_period(cells: p.IntArray, program: Program, axis: int) -> p.IntArray:
    """Sum cells to the warm-up (first) and the periods."""
    starts = [0, *(cell for cell in range(1, len(program.cell_period)) if _opens_period(program, cell))]
    return np.asarray(np.add.reduceat(cells, starts, axis=axis))


def _opens_period(program: Program, cell: int) -> bool:
    return program.cell_period[cell] != program.cell_period[cell - 1]


def _periods(program: Program, cells: p.IntArray) -> p.IntArray:
    return _by_period(cells, program, axis=1)


# ---------------------------------------------------------------- counts
def _counted(program: Program, kinds: p.IntArray, time: str) -> Tables:
    """Name the parts of rows of counts (n, time, G, kinds)."""
    layout = layout_of(program)
    shape, lead = kinds.shape[:3], ("replication", time, "group")
    stages, rows = len(program.stages), len(program.rows)

    def part(first: int, last: int, *sizes: int) -> p.IntArray:
        return kinds[..., first:last].reshape(*shape, *sizes)

    return {
        "created": _leads((*lead, "channel"), part(layout.created, layout.present, -1), "leads created"),
        "present": _leads((*lead, "channel"), part(layout.present, layout.entry, -1), "backlog there at the start"),
        "entries": _leads(
            (*lead, "stage", "visit", "age"), part(layout.entry, layout.exit, stages, 2, 2), "entries into stages"
        ),
        "exits": _leads((*lead, "stage"), part(layout.exit, layout.attempt, stages), "exits from stages"),
        "attempts": (
            (*lead, "row", "outcome", "age"),
            part(layout.attempt, layout.stalled, rows, 3, 2),
            {"units": "attempts", "long_name": "attempts of moves, by touch where a track makes them"},
        ),
        "value": _money((*lead, "stage"), part(layout.value, layout.size, stages), "value of entries"),
    }


def _standing(program: Program, kinds: p.IntArray, time: str) -> Tables:
    """Leads standing and stalled at the end of each period; the warm-up comes first in `kinds`."""
    layout, lead = layout_of(program), ("replication", time, "group", "stage")
    running = kinds.cumsum(axis=1)[:, 1:]
    return {
        "standing": _leads(lead, _net(program, running), "leads in each stage at the end"),
        "stalled": _leads(lead, running[..., layout.stalled : layout.value], "leads stalled in each stage at the end"),
    }


def _net(program: Program, kinds: p.IntArray) -> p.IntArray:
    """Leads that came to each stage less those that left it."""
    layout, stages = layout_of(program), len(program.stages)
    entries = kinds[..., layout.entry : layout.exit].reshape(*kinds.shape[:-1], stages, 4).sum(axis=-1)
    net = entries - kinds[..., layout.exit : layout.attempt]
    for channel, stage in enumerate(program.structure.channels["stage"]):
        net[..., stage] += kinds[..., layout.present + channel]
    return np.asarray(net)


def _ages(counts: Counts) -> Tables:
    """Quantiles of the age at first entry: of each group, and of everyone."""
    days = counts.ages / DAY
    attrs = {"units": "days", "long_name": "age at the first entry into each stage"}
    dims = ("stage", "quantile")
    return {
        "days_to": (("replication", "group", *dims), days[:, :-1], attrs),
        "days_to_of_all": (("replication", *dims), days[:, -1], attrs),
    }


# ---------------------------------------------------------------- money
def _costs(costs: p.IntArray, media: p.IntArray, time: str) -> Tables:
    """Name what was spent; `costs` (n, time, G, kinds), `media` (n, time, G)."""
    lead = ("replication", time, "group")
    assert costs.shape[-1] == COST_KINDS
    return {
        "spend_media": _money(lead, media, "media spend, shared out to groups"),
        "spend_leads": _money(lead, costs[..., LEAD_COST], "what channels charge by the lead"),
        "spend_touches": _money(lead, costs[..., TOUCH_COST], "what touches cost"),
        "spend_moves": _money(lead, costs[..., MOVE_COST], "what attempts of other moves cost"),
    }


def _media(program: Program, counts: Counts, periods: p.IntArray, by: str | None) -> p.IntArray:
    """Media spend of each group in each period (n, periods, G); its parts sum to the total exactly."""
    spend = np.moveaxis(_by_period(counts.spend, program, axis=2)[:, :, 1:], 1, 2)
    if by == "channel":
        return spend
    if by is None:
        return np.asarray(spend.sum(axis=-1, keepdims=True))
    layout, cells = layout_of(program), program.cell_period
    created = np.moveaxis(periods[..., layout.created : layout.present], 2, -1)
    regimes = [program.structure.cell_regime[cells.index(period)] for period in range(periods.shape[1])]
    shares = counts.parameters[:, program.recipes.share[regimes]]
    fallback = np.rint(shares * SHARE_UNIT).astype(np.int64)[:, :, None, :]
    weights = np.where(created.sum(axis=-1, keepdims=True) > 0, created, fallback)
    return np.asarray(apportion(spend, weights).sum(axis=2))


def apportion(amounts: p.IntArray, weights: p.IntArray) -> p.IntArray:
    """Share out whole amounts in proportion to whole weights, by largest remainder (Hamilton's method).

    Parameters
    ----------
    amounts : int array (...)
        Not negative.
    weights : int array (..., G)
        Not negative, not all 0, at most 2**31 in sum.

    Returns
    -------
    int array (..., G)
        Sums to `amounts` exactly. Of equal remainders the first gets the unit.
    """
    total = weights.sum(axis=-1, keepdims=True)
    whole, rest = np.divmod(amounts[..., None], total)
    shares, remainders = np.divmod(rest * weights, total)  # split, so that no product overflows
    shares += whole * weights
    left = amounts - shares.sum(axis=-1)
    rank = np.argsort(np.argsort(-remainders, axis=-1, kind="stable"), axis=-1, kind="stable")
    return np.asarray(shares + (rank < left[..., None]))


# ---------------------------------------------------------------- cohorts
def _cohorts(program: Program, counts: Counts, media: p.IntArray, tables: Tables) -> Tables:
    """Return the tables by cohort; leads of a later cohort have no life before the start, so the first has the rest."""
    kinds = counts.cohort_counts
    before = np.zeros_like(media[:, :1])
    cohorts = _counted(program, kinds, "cohort")
    cohorts |= _costs(counts.cohort_costs, np.concatenate((before, media), axis=1), "cohort")
    layout = layout_of(program)
    levels = {"standing": _net(program, kinds), "stalled": kinds[..., layout.stalled : layout.value].copy()}
    for name, level in levels.items():
        _, by_period, attrs = tables[name]
        level[:, 0] = by_period[:, -1] - level[:, 1:].sum(axis=1)
        cohorts[name] = (("replication", "cohort", "group", "stage"), level, attrs)
    return {COHORT_PREFIX + name: table for name, table in cohorts.items()}


# ---------------------------------------------------------------- coordinates
def _coordinates(program: Program, counts: Counts, by: str | None, uncertain: npt.NDArray[np.bool_]) -> dict[str, Any]:
    groups = {None: (EVERYONE,), "channel": program.channels, "segment": program.segments}
    dates = program.period_dates.astype("datetime64[ns]")
    move_of_row = np.repeat(np.arange(len(program.moves)), program.structure.moves["num_rows"])
    container = program.structure.moves["container"][move_of_row]
    coordinates: dict[str, Any] = {
        "replication": np.arange(len(counts.counts)),
        "period": dates,
        "group": list(groups[by]),
        "stage": list(program.stages),
        "visit": list(VISITS),
        "age": list(AGES),
        "channel": list(program.channels),
        "row": _row_names(program, move_of_row, container),
        "is_touch": ("row", np.array(program.structure.rows["touch"] == 1)),
        "in_track": ("row", container >= len(program.stages)),
        "outcome": list(ATTEMPT_OUTCOMES),
        "quantile": [0.5, 0.9],
        "parameter": [path for path, unknown in zip(program.parameters, uncertain, strict=True) if unknown],
    }
    if counts.cohort_counts.shape[1]:
        coordinates["cohort"] = np.concatenate((np.array(["NaT"], dates.dtype), dates))
    return coordinates


def _row_names(program: Program, move_of_row: p.IntArray, container: p.IntArray) -> list[str]:
    """Return stage and move, or track and touch; the second of one name has its number."""
    containers, seen, names = (*program.stages, *program.streams), Counter[str](), []
    for row, (move, place) in enumerate(zip(move_of_row, container, strict=True)):
        name = f"{containers[place]}.{program.rows[row] or program.moves[move]}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return names
