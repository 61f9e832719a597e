"""Runs the replications of a result once more, with the same parameters and other luck; see `uncertainty`."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from funnelsim.program import records as p

if TYPE_CHECKING:
    from funnelsim.engines.counts import Counts
    from funnelsim.metrics.result import Result
    from funnelsim.program import Program

OTHER_HALF = 1 << 63
"""How far the seed of the other luck is from that of the first, of 2**64."""

PART = 256
"""Replications to a part, of which a thread has one at a time."""


def has_ignorance(result: Result) -> bool:
    """Say whether anything was drawn in each replication because it is not known."""
    return bool(result.data["parameters"].size)


def other_luck(result: Result, *, seed: int | None = None, threads: int | None = None) -> xr.Dataset:
    """Run the replications of a result again, each with the parameters it had.

    Parameters
    ----------
    result : Result
    seed : int, optional
        Of the luck; by default the first one's, half a circle on. With the first's own the counts are the same bits.
    threads : int, optional
        By default as many as there are processors. The counts do not depend on it.

    Returns
    -------
    Dataset
        As `Result.data`, without cohorts.

    Raises
    ------
    ValueError
        Where both would take too much memory together.
    """
    from funnelsim.engines.replicate import num_workers, pieces
    from funnelsim.metrics.gathering import Gathered
    from funnelsim.metrics.simulate import Settings, check_room
    from funnelsim.metrics.tables import coordinates, tables_of
    from funnelsim.metrics.vocabulary import program_of, vocabulary_of

    check_room([result.scenario] * 2, Settings(result.replications, result.seed, by=result.by, threads=threads))
    program = program_of(result.scenario)
    luck = (result.seed + OTHER_HALF) % (1 << 64) if seed is None else seed
    values = result.data["parameters"].to_numpy()
    gathered, stop = Gathered(result.replications), np.zeros(1, np.int64)
    with ThreadPoolExecutor(num_workers(threads)) as pool:
        try:
            parts = pieces(0, result.replications, PART)
            for counts in pool.map(lambda part: _part(program, values, luck, result.by, stop, *part), parts):
                gathered.take(tables_of(program, counts, result.by))
        except BaseException:
            stop[0] = 1
            pool.shutdown(cancel_futures=True)
            raise
    return gathered.dataset(coordinates(program, vocabulary_of(result.scenario), result.by, False))


def _part(program: Program, values: Any, seed: int, by: str | None, stop: p.IntArray, first: int, last: int) -> Counts:
    """Run replications `first` to `last` - 1 with given parameters, one after another."""
    from funnelsim.engines.counts import empty_counts
    from funnelsim.engines.desks import Desk, path_of

    given = _with_given(program)
    unknown = np.flatnonzero(program.recipes.parameters["belief"] != p.FIXED)
    desk = Desk(given, by, 1, path_of(program), stop)
    counts = empty_counts(program, last - first, by, False)
    for place in range(last - first):
        for end in ("first", "second"):
            given.recipes.parameters[end][unknown] = values[first + place]
        desk.run(seed, first + place, counts.part(place, place + 1))
    return counts


def _with_given(program: Program) -> Program:
    """Return a program whose uncertain parameters lie between two equal ends, to be filled in."""
    parameters = program.recipes.parameters.copy()
    parameters.setflags(write=True)
    parameters["belief"][parameters["belief"] != p.FIXED] = p.UNIFORM_RANGE
    return dataclasses.replace(program, recipes=program.recipes._replace(parameters=parameters))
