"""What programmes and technology cost, shared out to groups and cohorts by what each says; parts add up to the unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from funnelsim.metrics.labelled import Table, Tables, money
from funnelsim.metrics.spending import apportion, flowed
from funnelsim.program import records as p

if TYPE_CHECKING:
    from funnelsim.engines.counts import Counts
    from funnelsim.program import Program

_OF_THE_TIME = ("leads", "evenly")
"""What only the leads of a period can be told by, so that its cohort gets all of it."""

_OTHER_SPEND = ("spend_media", "spend_leads", "spend_touches", "spend_moves", "spend_labour")

_COUNTED = {"leads": "created", "touches": "sent"}

_DAY_HOURS = 24.0

_MOST_BITS = 31
"""Weights that sum to less than 2**31 can be shared out by."""


def overheads_of_groups(program: Program, counts: Counts, tables: Tables) -> Table:
    """Share out overheads to groups, period by period.

    Parameters
    ----------
    program : Program
    counts : Counts
    tables : Tables
        What was counted and spent by period, without overheads.

    Returns
    -------
    Table
        (n, periods, G, overheads). Its sum over groups is what each costs in each period, exactly.
    """
    names, keys, terms, units = program.overheads
    amounts = flowed(program, counts.parameters, terms, units, len(names))
    created = _total(tables, "created")
    shared = np.zeros((*created.shape, len(names)), np.int64)
    for place, key in enumerate(keys):
        weights = _weights(program, counts, tables, key)
        weights = np.where(weights.sum(axis=-1, keepdims=True) > 0, weights, created)
        weights = np.where(weights.sum(axis=-1, keepdims=True) > 0, weights, 1)
        shared[..., place] = apportion(amounts[:, place], _narrowed(weights))
    return money(("replication", "period", "group", "overhead"), shared, "what overheads cost, shared out to groups")


def overheads_of_cohorts(program: Program, counts: Counts, shared: p.IntArray, tables: Tables) -> Table:
    """Share out to cohorts what each group gets of overheads.

    Parameters
    ----------
    program : Program
    counts : Counts
    shared : int array (n, periods, G, overheads)
    tables : Tables
        What was counted and spent by cohort, without overheads.

    Returns
    -------
    Table
        (n, cohorts, G, overheads). Its sum over cohorts is that of `shared` over periods, exactly.
    """
    own = np.concatenate((np.zeros_like(shared[:, :1]), shared), axis=1)
    cohorts = own.copy()
    for place, key in enumerate(program.overheads.keys):
        if key in _OF_THE_TIME:
            continue
        weights = np.moveaxis(_weights(program, counts, tables, key), 1, -1)
        known = weights.sum(axis=-1, keepdims=True) > 0
        parts = apportion(shared[..., place].sum(axis=1), _narrowed(np.where(known, weights, 1)))
        cohorts[..., place] = np.moveaxis(np.where(known, parts, np.moveaxis(own[..., place], 1, -1)), -1, 1)
    dims = ("replication", "cohort", "group", "overhead")
    return money(dims, cohorts, "what overheads cost, shared out to groups and cohorts")


def _weights(program: Program, counts: Counts, tables: Tables, key: str) -> p.IntArray:
    """Return what an overhead is shared out by (n, periods or cohorts, G)."""
    if key == "spend":
        return np.asarray(sum(tables[name][1] for name in _OTHER_SPEND))
    if key == "evenly":
        return np.ones_like(_total(tables, "created"))
    if key == "hours":  # of several teams by the hours of a day that each has at the end of the run
        hours = counts.parameters[:, program.recipes.staff[-1, :, 0]]
        return np.asarray(np.rint((tables["busy"][1] * (hours / _DAY_HOURS)[:, None, None]).sum(axis=-1)), np.int64)
    if key in _COUNTED:
        return _total(tables, _COUNTED[key])
    return np.asarray(tables["entries"][1][..., program.stages.index(key), :, :].sum(axis=(-2, -1)))


def _total(tables: Tables, name: str) -> p.IntArray:
    """Sum a table over all but replications, periods or cohorts, and groups."""
    values = tables[name][1]
    return np.asarray(values.reshape(*values.shape[:3], -1).sum(axis=-1))


def _narrowed(weights: p.IntArray) -> p.IntArray:
    """Halve weights (..., G) that sum to too much for `apportion`, as often as it takes."""
    exponent = np.frexp(weights.sum(axis=-1, keepdims=True).astype(np.float64))[1]
    return np.asarray(weights >> np.maximum(exponent - _MOST_BITS, 0).astype(np.int64))
