"""Money: what was spent, by what and on whom. What is shared out adds up to the whole, to the unit (rule 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.engines.tally import COST_KINDS, LABOUR_COST, LEAD_COST, MOVE_COST, TOUCH_COST, layout_of
from funnelsim.metrics.labelled import Table, Tables, by_period, money
from funnelsim.program import records as p

if TYPE_CHECKING:
    from funnelsim.engines.counts import Counts
    from funnelsim.program import Program

SHARE_UNIT = 1 << 24
"""What a share of 1 weighs; small enough that products with it do not overflow."""


def costs(spent: p.IntArray, media: p.IntArray, time: str) -> Tables:
    """Name what was spent; `spent` (n, time, G, kinds), `media` (n, time, G)."""
    lead = ("replication", time, "group")
    assert spent.shape[-1] == COST_KINDS
    return {
        "spend_media": money(lead, media, "media spend, shared out to groups"),
        "spend_leads": money(lead, spent[..., LEAD_COST], "what channels charge by the lead"),
        "spend_touches": money(lead, spent[..., TOUCH_COST], "what touches cost"),
        "spend_moves": money(lead, spent[..., MOVE_COST], "what attempts of other moves cost"),
        "spend_labour": money(lead, spent[..., LABOUR_COST], "what people earn, shared out to groups"),
    }


# ---------------------------------------------------------------- media
def media_of_groups(program: Program, counts: Counts, periods: p.IntArray, by: str | None) -> p.IntArray:
    """Media spend of each group in each period (n, periods, G); its parts sum to the total exactly."""
    spend = np.moveaxis(by_period(counts.spend, program, axis=2)[:, :, 1:], 1, 2)
    if by == "channel":
        return spend
    if by is None:
        return np.asarray(spend.sum(axis=-1, keepdims=True))
    if by == "origin":  # what is spent brings new leads
        new = spend.sum(axis=-1)
        return np.stack((np.zeros_like(new), new), axis=-1)
    layout, cells = layout_of(program), program.cell_period
    created = np.moveaxis(periods[..., layout.created : layout.present], 2, -1)
    regimes = [program.structure.cell_regime[cells.index(period)] for period in range(periods.shape[1])]
    kind, channels = program.kinds.index(by), range(len(program.channels))
    shares = np.stack([shares_of(program, counts.parameters, regimes, kind, channel) for channel in channels], axis=2)
    fallback = np.rint(shares * SHARE_UNIT).astype(np.int64)
    weights = np.where(created.sum(axis=-1, keepdims=True) > 0, created, fallback)
    return np.asarray(apportion(spend, weights).sum(axis=2))


def shares_of(program: Program, parameters: p.FloatArray, regimes: list[int], kind: int, channel: int) -> p.FloatArray:
    """Return the expected shares (n, regimes, G) of the values of a kind among the leads of a channel (rule 53)."""
    record = program.structure.kinds[kind]
    number = int(record["end"] - record["first"])

    def cell(place: int) -> p.FloatArray:
        first = int(record["first_share"]) + place * number
        return np.asarray(parameters[:, program.recipes.share[regimes, first : first + number]])

    if record["of"] >= 0:
        true = shares_of(program, parameters, regimes, int(record["of"]), channel)
        errors = [cell(value * int(record["per_true"])) for value in range(number)]
        seen = [np.where(np.arange(number) == i, 1 - errors[i], errors[i] / (number - 1)) for i in range(number)]
        return np.asarray(sum(true[..., [i]] * seen[i] for i in range(number)))
    place = channel * int(record["per_channel"])
    if not record["per_segment"]:
        return cell(place)
    segments = shares_of(program, parameters, regimes, 0, channel)
    steps = [place + segment * int(record["per_segment"]) for segment in range(segments.shape[-1])]
    return np.asarray(sum(segments[..., [i]] * cell(step) for i, step in enumerate(steps)))


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


# ---------------------------------------------------------------- labour
def labour_of_teams(program: Program, counts: Counts) -> p.IntArray:
    """Return what the people of each team earn in each period (n, E, periods).

    The sum over teams is what the engines share out to groups, to the unit: computed in the same order.
    """
    recipes = program.recipes
    return flowed(program, counts.parameters, recipes.salary_term, recipes.salary_units, len(program.teams))


def flowed(
    program: Program, parameters: p.FloatArray, terms: p.IntArray, units: p.FloatArray, owners: int
) -> p.IntArray:
    """Return the money that flows by the calendar to each of so many owners in each period (n, owners, periods).

    Differences of a rounded running total (rule 2), in the order in which the engines sum.
    """
    sums = np.zeros((len(parameters), owners, len(program.structure.cell_edge)))
    for (owner, parameter, heads), flow in zip(terms, units, strict=True):
        numbers = whole(parameters[:, heads, None]) if heads >= 0 else 1.0
        sums[:, owner] += parameters[:, parameter, None] * flow * numbers
    total = whole(sums).astype(np.int64)
    total[..., 0] = 0
    return by_period(np.diff(total, axis=-1), program, axis=2)[:, :, 1:]


def whole(values: p.FloatArray) -> p.FloatArray:
    """Round half up, from nothing to 2**53, as the engines do."""
    return np.floor(np.clip(values, 0.0, 9007199254740992.0) + 0.5)


# ---------------------------------------------------------------- waste
def wasted(program: Program, kinds: p.IntArray, media: p.IntArray, labour: p.IntArray) -> Table:
    """Return what was spent on leads that at the end are neither won, nor in sales, nor touched any more (D2.7).

    Parameters
    ----------
    program : Program
    kinds : int array (n, periods, G, kinds)
    media : int array (n, C)
        Over the horizon.
    labour : int array (n, E)

    Returns
    -------
    Table
        (n, G). What their own touches, attempts and creation cost; of each channel's media the share of such leads
        among those it created (nothing where it created none); of each team's labour the share of the time it worked
        on such leads.
    """
    layout, horizon = layout_of(program), kinds.sum(axis=1)
    own = horizon[..., layout.wasted_cost]
    leads, created = horizon[..., layout.wasted_leads : layout.wasted_cost], horizon[..., : layout.present]
    worked, busy = horizon[..., layout.wasted_busy : layout.sent], horizon[..., layout.busy : layout.turned_away]
    values = own + _shares(media, leads, created) + _shares(labour, worked, busy)
    return money(("replication", "group"), values, "what was spent on leads that are wasted at the end")


def _shares(amounts: p.IntArray, parts: p.IntArray, of: p.IntArray) -> p.IntArray:
    """Share out amounts (n, X) to groups by their parts (n, G, X) of a total `of` (n, G, X); sum over X.

    Rounded as a running total, so that what all groups get depends on all their parts only.
    """
    total = of.sum(axis=1, keepdims=True)
    share = parts.cumsum(axis=1) / np.where(total == 0, 1, total)
    running = np.floor(amounts[:, None] * share + 0.5).astype(np.int64)
    return np.asarray(np.diff(running, axis=1, prepend=0).sum(axis=-1))
