"""Runs replications: in chunks, on threads, to counts that depend on neither.

A replication is a pure function of (program, seed, number), so chunks may run in any order and on any thread. The
compiled engine does not hold the GIL; it looks at a stop flag every few thousand events, so that Ctrl-C ends a run at
once.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

import numpy as np
import numpy.typing as npt

from funnelsim.engines.counts import Counts, empty_counts, keep
from funnelsim.engines.handles import handle
from funnelsim.engines.jit import lean
from funnelsim.engines.kernel import DONE, STOPPED, run_replication
from funnelsim.engines.log import Engine
from funnelsim.engines.philox import Word
from funnelsim.engines.realise import make_keys, realise, tables_of
from funnelsim.engines.state import NO_ROOM, Run, empty_run
from funnelsim.engines.tables import LEAD
from funnelsim.program import Program
from funnelsim.program import records as p
from funnelsim.program.program import Recipes, Structure

CHUNK_LEADS = 50_000
"""Leads in a chunk, roughly: long enough that threads need not talk, short enough to show progress."""

PART_BYTES = 1 << 24
"""How much memory a part of all counts takes, roughly."""


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
    by : str, optional
        What to group leads by: ``channel``, ``segment``, or a trait.
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
    parts: list[Counts] = []
    replicate_in_parts(
        program,
        replications,
        seed,
        parts.append,
        engine=engine,
        by=by,
        cohorts=cohorts,
        threads=threads,
        chunk=chunk,
        part=replications,
        done=done,
    )
    return parts[0]


def replicate_in_parts(
    program: Program,
    replications: int,
    seed: int,
    take: Callable[[Counts], object],
    *,
    engine: Engine = "kernel",
    by: str | None = None,
    cohorts: bool = False,
    threads: int | None = None,
    chunk: int | None = None,
    part: int | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> None:
    """Run replications as `replicate` does, and hand their counts over part by part.

    Two parts are in memory at a time.

    Parameters
    ----------
    program, replications, seed, engine, by, cohorts, threads, chunk, done
        As in `replicate`.
    take : callable
        Called with the counts of each part, in order, while the next one runs.
    part : int, optional
        Replications to a part; by default chosen so that a part takes `PART_BYTES`.
    """
    size = part or part_size(program, by, cohorts, threads)
    if engine == "simpy":
        for first, last in _chunks(0, replications, size):
            out = empty_counts(program, last - first, by, cohorts)
            for i in range(last - first):
                _reference_replication(program, seed, by, first + i, out.part(i, i + 1))
                done(1)
            take(out)
        return
    workers = num_workers(threads)
    each = chunk or _chunk_size(program, replications, workers)
    stop = np.zeros(1, np.int64)
    with ThreadPoolExecutor(workers) as pool:
        running: deque[tuple[Counts, set[Future[int]]]] = deque()
        try:
            for first, last in _chunks(0, replications, size):
                out = empty_counts(program, last - first, by, cohorts)
                chunks = [(start, out.part(start - first, end - first)) for start, end in _chunks(first, last, each)]
                running.append(
                    (out, {pool.submit(_kernel_chunk, program, seed, by, start, some, stop) for start, some in chunks})
                )
                if len(running) > 1:
                    take(_finished(*running.popleft(), done))
            while running:
                take(_finished(*running.popleft(), done))
        except BaseException:
            stop[0] = 1
            pool.shutdown(cancel_futures=True)
            raise


def _chunks(first: int, last: int, size: int) -> Iterator[tuple[int, int]]:
    for start in range(first, last, size):
        yield start, min(start + size, last)


def num_workers(threads: int | None) -> int:
    """Return how many threads run: those asked for, or as many as there are processors for this process."""
    if hasattr(os, "sched_getaffinity"):
        return threads or len(os.sched_getaffinity(0))
    return threads or os.cpu_count() or 1


def _chunk_size(program: Program, replications: int, workers: int) -> int:
    """Return a size that gives every worker several chunks of moderate length."""
    return max(1, min(CHUNK_LEADS // (_expected_leads(program) + 1), -(-replications // (4 * workers))))


def _expected_leads(program: Program) -> int:
    tables = tables_of(program, 0, 0)
    return int(tables.expected[:, -1].sum()) // LEAD + int(tables.channels["backlog"][0].sum())


def _places(program: Program) -> int:
    """Return for how many leads at one time there should be room: one where leads do not meet."""
    if not program.teams:
        return 1
    leads = _expected_leads(program)
    return leads + 10 * math.isqrt(leads) + 100


def _finished(counts: Counts, waiting: set[Future[int]], done: Callable[[int], object]) -> Counts:
    """Wait for the chunks of a part; each wait is short so that Ctrl-C is heard."""
    while waiting:
        finished, waiting = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
        for future in finished:
            done(future.result())
    return counts


# ---------------------------------------------------------------- memory
def part_size(program: Program, by: str | None, cohorts: bool, threads: int | None) -> int:
    """Return how many replications are handed over at a time: `PART_BYTES` of them, or enough for all threads."""
    return max(2 * num_workers(threads), PART_BYTES // _num_bytes(nothing(program, by, cohorts)))


def nothing(program: Program, by: str | None, cohorts: bool) -> Counts:
    """Return the counts of one replication in which nothing happened: their shapes are those of all."""
    return empty_counts(program, 1, by, cohorts)


def running_bytes(program: Program, by: str | None, cohorts: bool, threads: int | None) -> int:
    """Return how much memory a run takes however many replications it has: two parts, and the leads of each thread."""
    parts = 2 * part_size(program, by, cohorts, threads) * _num_bytes(nothing(program, by, cohorts))
    number = len(program.structure.cohort_edge) if cohorts else 1
    return parts + num_workers(threads) * _num_bytes(empty_run(program, by, number, _places(program)))


def _num_bytes(arrays: Iterable[Any]) -> int:
    """Return how many bytes arrays have, those in tuples of arrays included."""
    sizes = (_num_bytes(array) if isinstance(array, tuple) else getattr(array, "nbytes", 0) for array in arrays)
    return sum(sizes)


# ---------------------------------------------------------------- chunks
def _kernel_chunk(
    program: Program, seed: int, by: str | None, first: int, out: Counts, stop: npt.NDArray[np.int64]
) -> int:
    cohorts, places, done = max(1, out.cohort_counts.shape[1]), _places(program), 0
    while True:
        run = empty_run(program, by, cohorts, places, stop=stop)
        done += run_chunk(
            handle(run),
            handle(program.structure),
            handle(program.recipes),
            program.uncertain,
            np.uint64(seed),
            first + done,
            handle(out.part(done, len(out.counts))),
        )
        if done == len(out.counts) or stop[0] != 0:
            return done
        places = _more_places(int(run.state[0]["failed"]), places)


def _more_places(failed: int, places: int) -> int:
    """Return how much room is needed after a replication that failed; raise if that is not why."""
    if failed == NO_ROOM:
        return 2 * places
    raise OverflowError("a lead goes round more often than the key of a draw has room for (rule 33)")


@lean
def run_chunk(
    run: Run,
    structure: Structure,
    recipes: Recipes,
    uncertain: bool,
    seed: Word,
    first: int,
    out: Counts,
) -> int:
    """Run one replication after another; return how many were done before one was stopped or failed."""
    for i in range(len(out.counts)):
        if i == 0 or uncertain:
            realise(recipes, seed, np.uint64(first + i), run.tables)
        make_keys(structure, seed, np.uint64(first + i), run.tables)
        if run_replication(run) != DONE:
            return i
        keep(run, i, out)
    return len(out.counts)


def _reference_replication(program: Program, seed: int, by: str | None, replication: int, out: Counts) -> None:
    from funnelsim.engines.counting import count_log
    from funnelsim.engines.reference import Funnel

    run = empty_run(program, by, max(1, out.cohort_counts.shape[1]), 1)
    funnel = Funnel(program, seed, replication)
    rows = funnel.run()
    count_log(program, funnel.tables, rows, funnel.grouping(by), run.counts, run.ages, run.waits)
    keep(handle(run._replace(tables=funnel.tables)), 0, handle(out))


# ---------------------------------------------------------------- log
def kernel_log(program: Program, seed: int, replication: int) -> p.IntArray:
    """Return the kernel's log of one replication, lead by lead: (rows, columns of `rows.LogRow`)."""
    stop = np.zeros(1, np.int64)
    with ThreadPoolExecutor(1) as pool:  # so that Ctrl-C is heard
        future = pool.submit(_kernel_log, program, seed, replication, stop)
        try:
            while not future.done():
                wait([future], timeout=0.1)
        except BaseException:
            stop[0] = 1
            raise
        return future.result()


def _kernel_log(program: Program, seed: int, replication: int, stop: npt.NDArray[np.int64]) -> p.IntArray:
    places, rows = _places(program), 0
    tables = tables_of(program, seed, replication)
    while True:
        run = empty_run(program, None, 1, places, rows, stop)._replace(tables=tables)
        ended = run_replication(handle(run))
        logged = int(run.state[0]["logged"])
        if ended == STOPPED or (ended == DONE and logged == rows):
            return run.log
        if ended == DONE:
            rows = logged
        else:
            places = _more_places(ended, places)
