"""The engine, as users run it: through `funnelsim.simulate`, on one thread, all tallies on."""

from __future__ import annotations

import funnelsim as fs
from benchmarks.timing import Contender
from benchmarks.work import FUNNEL, OWNERS, TRACKS, TRACKS_EVEN, Work


def ours(work: Work, replications: int, threads: int = 1, name: str = "funnelsim") -> Contender:
    """Return the engine as a contender."""
    return Contender(
        name,
        replications,
        lambda seed, number: fs.simulate(work.scenario, replications=number, seed=seed, threads=threads),
        work.counts,
        threads,
    )


ON_FUNNEL = ours(FUNNEL, 60)
ON_OWNERS = ours(OWNERS, 40)
ON_TRACKS = ours(TRACKS, 40)
ON_TRACKS_EVEN = ours(TRACKS_EVEN, 40)
