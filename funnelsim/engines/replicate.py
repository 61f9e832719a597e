"""Runs replications: in chunks, on threads, to counts that depend on neither.

A replication is a pure function of (program, seed, number), so chunks may run in any order and on any thread. The
compiled engine does not hold the GIL; it looks at a stop flag before each lead, so that Ctrl-C ends a run
within one lead.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from funnelsim.engines import kernel
from funnelsim.engines.jit import lean
from funnelsim.engines.kernel import Run, run_replication
from funnelsim.engines.log import Engine
from funnelsim.engines.philox import Word
from funnelsim.engines.realise import make_keys, realise, tables_of
from funnelsim.engines.rows import COLUMNS
from funnelsim.engines.tables import LEAD, lay_out
from funnelsim.engines.tally import AGE_BINS, COST_KINDS, add_costs, age_quantile, count_log, layout_of
from funnelsim.program import Program
from funnelsim.program import program as p

BY = {None: kernel.BY_NOTHING, "channel": kernel.BY_CHANNEL, "segment": kernel.BY_SEGMENT}

CHUNK_LEADS = 50_000
"""Leads in a chunk, roughly: long enough that threads need not talk, short enough to show progress."""


class Counts(NamedTuple):
    """What a number of replications counted. Money in ten-thousandths, ages in ticks.

    Sizes: n replications, K cells, G groups, S stages, C channels, P parameters; kinds as laid out by `tally.Layout`.
    """

    counts: p.IntArray
    """(n, K, G, kinds)"""
    costs: p.IntArray
    """(n, K, G, 3): of touches, of other moves' attempts, and of leads by the lead."""
    spend: p.IntArray
    """(n, C, K): money that flows evenly."""
    ages: p.FloatArray
    """(n, G + 1, S, 2): median and 90% quantile of the age at first entry, of each group and, last, of all leads.

    NaN where nobody entered.
    """
    parameters: p.FloatArray
    """(n, P): value of every parameter."""
    cohort_counts: p.IntArray
    """(n, cohorts, G, kinds), the first cohort being leads created before the start; no cohorts if not asked for."""
    cohort_costs: p.IntArray
    """(n, cohorts, G, 3)"""

    def part(self, first: int, last: int) -> Counts:
        """Return some replications, as a view."""
        return Counts._make(array[first:last] for array in self)


def groups_of(program: Program, by: str | None) -> tuple[str, ...]:
    """Return the names of the groups; one nameless group where there are none."""
    groups = {None: ("",), "channel": program.channels, "segment": program.segments}
    if by not in groups:
        raise ValueError(f"cannot group by {by!r}: take 'channel' or 'segment'")
    return groups[by]


def replicate(
    program: Program,
    replications: int,
    seed: int,
    *,
    engine: Engine = "kernel",
    by: str | None = None,
    cohorts: bool = False,
    threads: int | None = None,
    chunk: int | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> Counts:
    """Run replications 0 to `replications` - 1 and count.

    Parameters
    ----------
    program : Program
    replications : int
    seed : int
    engine : {"kernel", "simpy"}
    by : {None, "channel", "segment"}
        What to group leads by.
    cohorts : bool
        Whether to count by period of creation too.
    threads : int, optional
        By default as many as there are processors.
    chunk : int, optional
        Replications to a task; by default chosen by the number of leads.
    done : callable
        Called with the number of replications that have just been finished.

    Returns
    -------
    Counts
        The same bits for any number of threads and any chunk.

    Raises
    ------
    OverflowError
        Where a lead goes round more often than the key of a draw has room for (rule 33).
    """
    out = _empty_counts(program, replications, by, cohorts)
    if engine == "simpy":
        for first in range(replications):
            _reference_replication(program, seed, by, first, out.part(first, first + 1))
            done(1)
        return out
    workers = threads or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else threads or os.cpu_count()
    size = chunk or _chunk_size(program, replications, workers or 1)
    stop = np.zeros(1, np.int64)
    with ThreadPoolExecutor(workers) as pool:
        waiting: set[Future[int]] = set()
        try:
            for first, last in _chunks(replications, size):
                waiting.add(pool.submit(_kernel_chunk, program, seed, by, first, out.part(first, last), stop))
            while waiting:
                waiting = _collect(waiting, done)
        except BaseException:
            stop[0] = 1
            pool.shutdown(cancel_futures=True)
            raise
    return out


def _chunks(replications: int, size: int) -> Iterator[tuple[int, int]]:
    for first in range(0, replications, size):
        yield first, min(first + size, replications)


def _chunk_size(program: Program, replications: int, workers: int) -> int:
    """Return a size that gives every worker several chunks of moderate length."""
    tables = tables_of(program, 0, 0)
    leads = int(tables.expected[:, -1].sum()) // LEAD + int(tables.channels["backlog"][0].sum())
    return max(1, min(CHUNK_LEADS // (leads + 1), -(-replications // (4 * workers))))


def _collect(waiting: set[Future[int]], done: Callable[[int], object]) -> set[Future[int]]:
    """Wait a moment for chunks; the wait is short so that Ctrl-C is heard."""
    finished, pending = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
    for future in finished:
        done(future.result())
    return pending


# ---------------------------------------------------------------- memory
def _empty_counts(program: Program, n: int, by: str | None, cohorts: bool) -> Counts:
    structure = program.structure
    groups, cells, kinds = len(groups_of(program, by)), len(structure.cell_regime), layout_of(program).size
    cohort_number = len(structure.cohort_edge) if cohorts else 0
    return Counts(
        counts=np.zeros((n, cells, groups, kinds), np.int64),
        costs=np.zeros((n, cells, groups, COST_KINDS), np.int64),
        spend=np.zeros((n, len(program.channels), cells), np.int64),
        ages=np.zeros((n, groups + 1, len(program.stages), 2)),
        parameters=np.zeros((n, len(program.parameters))),
        cohort_counts=np.zeros((n, cohort_number, groups, kinds), np.int64),
        cohort_costs=np.zeros((n, cohort_number, groups, COST_KINDS), np.int64),
    )


def _empty_run(program: Program, by: str | None, out: Counts, log_rows: int = 0) -> Run:
    """Return what one replication reads and writes; used for one after another."""
    structure, (_, cells, groups, kinds) = program.structure, out.counts.shape
    cohorts = max(1, out.cohort_counts.shape[1])
    return Run(
        tables=lay_out(program),
        layout=layout_of(program),
        by=BY[by],
        at=np.zeros(1, kernel.AT),
        own=np.zeros(len(structure.moves), kernel.OWN),
        visits=np.zeros(len(structure.first_move) - 1, np.int64),
        counts=np.zeros((cohorts, cells, groups, kinds), np.int64),
        ages=np.zeros((groups, len(program.stages), AGE_BINS), np.int64),
        log=np.zeros((log_rows, len(COLUMNS)), np.int64),
    )


# ---------------------------------------------------------------- chunks
def _kernel_chunk(
    program: Program, seed: int, by: str | None, first: int, out: Counts, stop: npt.NDArray[np.int64]
) -> int:
    run = _empty_run(program, by, out)
    done = run_chunk(run, program.structure, program.recipes, program.uncertain, np.uint64(seed), first, out, stop)
    if done < 0:
        raise OverflowError("a lead goes round more often than the key of a draw has room for (rule 33)")
    return int(done)


@lean
def run_chunk(
    run: Run,
    structure: p.Structure,
    recipes: p.Recipes,
    uncertain: bool,
    seed: Word,
    first: int,
    out: Counts,
    stop: npt.NDArray[np.int64],
) -> int:
    """Run one replication after another; return how many were done, or -1 where a lead went round too often."""
    for i in range(len(out.counts)):
        if i == 0 or uncertain:
            realise(recipes, seed, np.uint64(first + i), run.tables)
        make_keys(structure, seed, np.uint64(first + i), run.tables)
        run.counts.fill(0)
        run.ages.fill(0)
        state = run_replication(run, stop)
        if state < 0:
            return -1
        if state == 0:
            return i
        keep(run, i, out)
    return len(out.counts)


@lean
def keep(run: Run, i: int, out: Counts) -> None:
    """Write what a replication counted to its place, with what the counts cost."""
    cohorts, cells, groups, kinds = run.counts.shape
    for cohort in range(cohorts):
        for cell in range(cells):
            for group in range(groups):
                counts = run.counts[cohort, cell, group]
                for kind in range(kinds):
                    out.counts[i, cell, group, kind] += counts[kind]
                add_costs(run.tables, run.layout, cell, counts, out.costs[i, cell, group])
                if cell > 0 and out.cohort_counts.shape[1] > 0:
                    for kind in range(kinds):
                        out.cohort_counts[i, cohort, group, kind] += counts[kind]
                    add_costs(run.tables, run.layout, cell, counts, out.cohort_costs[i, cohort, group])
    for stage in range(run.ages.shape[1]):
        for group in range(groups):
            out.ages[i, group, stage, 0] = age_quantile(run.ages[group, stage], 0.5)
            out.ages[i, group, stage, 1] = age_quantile(run.ages[group, stage], 0.9)
        for group in range(1, groups):  # all leads together, in the place of the first group
            for place in range(run.ages.shape[2]):
                run.ages[0, stage, place] += run.ages[group, stage, place]
        out.ages[i, groups, stage, 0] = age_quantile(run.ages[0, stage], 0.5)
        out.ages[i, groups, stage, 1] = age_quantile(run.ages[0, stage], 0.9)
    for channel in range(out.spend.shape[1]):
        for cell in range(cells):
            out.spend[i, channel, cell] = run.tables.spend[channel, cell]
    for j in range(out.parameters.shape[1]):
        out.parameters[i, j] = run.tables.parameters[j]


def _reference_replication(program: Program, seed: int, by: str | None, replication: int, out: Counts) -> None:
    from funnelsim.engines.reference import Funnel

    run = _empty_run(program, by, out)
    funnel = Funnel(program, seed, replication)
    count_log(program, funnel.run(), by, run.counts, run.ages)
    keep(run._replace(tables=funnel.tables), 0, out)


# ---------------------------------------------------------------- log
def kernel_log(program: Program, seed: int, replication: int) -> p.IntArray:
    """Return the kernel's log of one replication, lead by lead: (rows, columns of `rows.LogRow`)."""
    stop = np.zeros(1, np.int64)
    run = _empty_run(program, None, _empty_counts(program, 1, None, False))
    run = run._replace(tables=tables_of(program, seed, replication))
    run_replication(run, stop)
    run = run._replace(log=np.zeros((int(run.at[0]["logged"]), len(COLUMNS)), np.int64))
    run_replication(run, stop)
    return run.log
