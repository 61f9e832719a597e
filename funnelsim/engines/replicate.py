"""Runs replications: in chunks, on threads, to counts that depend on neither.

A replication is a pure function of (program, seed, number), so chunks may run in any order and on any thread. The
compiled engine does not hold the GIL; it looks at a stop flag every few thousand events, so that Ctrl-C ends a run at
once.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import numpy as np
import numpy.typing as npt

from funnelsim.engines.counts import Counts, empty_counts, keep
from funnelsim.engines.desks import Desks, Path, expected_leads, first_places, more_places, num_bytes
from funnelsim.engines.handles import handle
from funnelsim.engines.kernel import DONE, STOPPED, run_replication
from funnelsim.engines.log import Engine
from funnelsim.engines.realise import tables_of
from funnelsim.engines.state import empty_run
from funnelsim.program import Program
from funnelsim.program import records as p

CHUNK_LEADS = 200_000
"""Leads in a chunk, roughly: long enough that threads need not talk, short enough to show progress."""

PART_BYTES = 1 << 24
"""How much memory a part of all counts takes, roughly."""

COARSE_LEADS = 500_000
"""Leads in what is worth a task on another machine, or a file: a second's work, roughly."""

SLOWNESS = 500
"""How often as long the reference engine takes, roughly."""

COARSE_BYTES = 1 << 22
"""How much memory the counts of such a task take at most, roughly."""


def replicate(
    program: Program,
    replications: int,
    seed: int,
    *,
    first: int = 0,
    engine: Engine = "kernel",
    by: str | None = None,
    cohorts: bool = False,
    threads: int | None = None,
    chunk: int | None = None,
    path: Path | None = None,
    done: Callable[[int], object] = lambda _: None,
) -> Counts:
    """Run replications `first` to `replications` - 1 and count.

    Parameters
    ----------
    program : Program
    replications : int
        More than `first`.
    seed : int
    first : int
        The replication to begin with.
    engine : {"kernel", "simpy"}
    by : str, optional
        What to group leads by: ``channel``, ``segment``, or a trait.
    cohorts : bool
        Whether to count by period of creation too.
    threads : int, optional
        By default as many as there are processors.
    chunk : int, optional
        Replications to a task; by default chosen by the number of leads.
    path : {"blocks", "leads"}, optional
        How the kernel walks leads; by default a block at a time wherever the program allows it. The counts are the
        same.
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
        first=first,
        engine=engine,
        by=by,
        cohorts=cohorts,
        threads=threads,
        chunk=chunk,
        path=path,
        part=replications - first,
        done=done,
    )
    return parts[0]


def replicate_in_parts(
    program: Program,
    replications: int,
    seed: int,
    take: Callable[[Counts], object],
    *,
    first: int = 0,
    engine: Engine = "kernel",
    by: str | None = None,
    cohorts: bool = False,
    threads: int | None = None,
    chunk: int | None = None,
    path: Path | None = None,
    part: int | None = None,
    small: bool = False,
    done: Callable[[int], object] = lambda _: None,
) -> None:
    """Run replications as `replicate` does, and hand their counts over part by part.

    Two parts are in memory at a time.

    Parameters
    ----------
    program, replications, seed, first, engine, by, cohorts, threads, chunk, path, done
        As in `replicate`; `first` may be all of them, of which nothing is left to do.
    take : callable
        Called with the counts of each part, in order, while the next one runs.
    part : int, optional
        Replications to a part; by default chosen so that a part takes `PART_BYTES`.
    small : bool
        Whether parts are smaller, so that little is lost with one.
    """
    workers = num_workers(threads)
    size = part or part_size(program, by, cohorts, threads)
    if small:
        size = min(size, max(workers, coarse_size(program, replications - first, engine, by, cohorts, workers)))
    if engine == "simpy":
        for begin, end in pieces(first, replications, size):
            out = empty_counts(program, end - begin, by, cohorts)
            for i in range(end - begin):
                _reference_replication(program, seed, by, begin + i, out.part(i, i + 1))
                done(1)
            take(out)
        return
    each = chunk or _chunk_size(program, replications - first, workers, CHUNK_LEADS)
    stop = np.zeros(1, np.int64)
    desks = Desks(program, by, len(program.structure.cohort_edge) if cohorts else 1, path, stop)
    with ThreadPoolExecutor(workers) as pool:
        running: deque[tuple[Counts, set[Future[int]]]] = deque()
        try:
            for begin, end in pieces(first, replications, size):
                out = empty_counts(program, end - begin, by, cohorts)
                chunks = [(low, out.part(low - begin, high - begin)) for low, high in pieces(begin, end, each)]
                running.append((out, {pool.submit(desks.run, seed, low, some) for low, some in chunks}))
                if len(running) > 1:
                    take(_finished(*running.popleft(), done))
            while running:
                take(_finished(*running.popleft(), done))
        except BaseException:
            stop[0] = 1
            pool.shutdown(cancel_futures=True)
            raise


def pieces(first: int, last: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield from where to where pieces of this size go, of which the last may be shorter."""
    for start in range(first, last, size):
        yield start, min(start + size, last)


def num_workers(threads: int | None) -> int:
    """Return how many threads run: those asked for, or as many as there are processors for this process."""
    if hasattr(os, "sched_getaffinity"):
        return threads or len(os.sched_getaffinity(0))
    return threads or os.cpu_count() or 1


def _chunk_size(program: Program, replications: int, workers: int, leads: int) -> int:
    """Return a size that gives every worker several chunks, each of so many leads at most."""
    return max(1, min(leads // (expected_leads(program) + 1), -(-replications // (4 * workers))))


def coarse_size(
    program: Program, replications: int, engine: Engine, by: str | None, cohorts: bool, workers: int
) -> int:
    """Return how many replications are worth a task on another machine, or a file."""
    leads = COARSE_LEADS if engine == "kernel" else COARSE_LEADS // SLOWNESS
    room = COARSE_BYTES // num_bytes(nothing(program, by, cohorts))
    return max(1, min(room, _chunk_size(program, replications, workers, leads)))


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
    return max(2 * num_workers(threads), PART_BYTES // num_bytes(nothing(program, by, cohorts)))


def nothing(program: Program, by: str | None, cohorts: bool) -> Counts:
    """Return the counts of one replication in which nothing happened: their shapes are those of all."""
    return empty_counts(program, 1, by, cohorts)


def running_bytes(program: Program, by: str | None, cohorts: bool, threads: int | None) -> int:
    """Return how much memory a run takes however many replications it has: two parts, and the leads of each thread."""
    parts = 2 * part_size(program, by, cohorts, threads) * num_bytes(nothing(program, by, cohorts))
    number = len(program.structure.cohort_edge) if cohorts else 1
    return parts + num_workers(threads) * num_bytes(empty_run(program, by, number, first_places(program)))


# ---------------------------------------------------------------- the reference engine
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
    places, rows = first_places(program), 0
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
            places = more_places(ended, places)
