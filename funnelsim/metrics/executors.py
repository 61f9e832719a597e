"""Runs replications on an executor: on other processes, or on other machines.

What travels there are a few words: the scenario as text, the seed, and which replications. A worker compiles a
scenario once. What comes back is what was counted, never a log. A replication is a pure function of these words, so
that neither the number of workers nor one that dies and is replaced changes a bit.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from funnelsim import __version__

if TYPE_CHECKING:
    from funnelsim.engines.counts import Counts
    from funnelsim.engines.log import Engine
    from funnelsim.program import Program
    from funnelsim.scenario import Scenario

AHEAD = 3
"""Tasks that are handed out at a time, for each worker: some to do, and some that wait for an earlier one."""

FEWEST_AHEAD = 12
"""And how many at least, also where there are hardly any workers yet."""


class DaskClient(Protocol):
    """What is needed of a `distributed.Client`, so that Dask need not be there."""

    asynchronous: bool

    def get_executor(self, **settings: Any) -> Executor:
        """Return its face as a `concurrent.futures.Executor`."""

    def nthreads(self) -> Mapping[str, int]:
        """Return how many threads each of its workers has."""


Workers = Executor | DaskClient


@dataclass(frozen=True)
class Job:
    """What all tasks of a run have in common."""

    name: str
    """Of the scenario, with its variant."""
    scenario: str
    """Resolved, as text."""
    version: str
    seed: int
    engine: Engine
    by: str | None
    cohorts: bool

    def run(self, first: int, last: int) -> Counts:
        """Run replications `first` to `last` - 1 on this thread."""
        from funnelsim.engines.replicate import replicate

        if self.version != __version__:
            raise RuntimeError(
                f"the worker has funnelsim {__version__}, and the run was started by {self.version}; "
                "install one version on all machines"
            )
        return replicate(
            compiled(self.scenario),
            last,
            self.seed,
            first=first,
            engine=self.engine,
            by=self.by,
            cohorts=self.cohorts,
            threads=1,
            chunk=last - first,
        )


@functools.lru_cache(maxsize=8)
def compiled(scenario: str) -> Program:
    """Compile the text of a scenario, once in a process."""
    from funnelsim.program import compile_scenario
    from funnelsim.scenario import loads

    return compile_scenario(loads(scenario))


class TaskError(RuntimeError):
    """Replications that failed on a worker; the cause is the exception there.

    Attributes
    ----------
    job : Job
        With the resolved scenario and the seed.
    first, last : int
        The replications from `first` to `last` - 1.
    """

    def __init__(self, job: Job, first: int, last: int, cause: BaseException) -> None:
        self.job, self.first, self.last = job, first, last
        number = f"replication {first}" if last == first + 1 else f"replications {first} to {last - 1}"
        what = ": ".join([type(cause).__name__, *str(cause).splitlines()[:1]])
        super().__init__(
            f"{number} of {job.name} with seed {job.seed} failed on a worker ({what}); rerun() of this error runs "
            f"them here, as does 'funnelsim trace' with --seed {job.seed} --replication {first} the first of them"
        )

    def rerun(self) -> Counts:
        """Run these replications again, in this process."""
        return self.job.run(self.first, self.last)


# ---------------------------------------------------------------- running
def replicate_on(
    workers: Workers,
    scenario: Scenario,
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
    done: Callable[[int], object] = lambda _: None,
) -> None:
    """Run replications as `replicate.replicate_in_parts` does, on an executor.

    Parameters
    ----------
    workers : Executor or distributed.Client
        Stays open.
    scenario : Scenario
    program : Program
        That of the scenario.
    replications, seed, first, engine, by, cohorts, done
        As in `replicate.replicate_in_parts`.
    take : callable
        Called with the counts of each task, in the order of replications.
    threads : int, optional
        How many tasks the executor runs at once; by default what it says.
    chunk : int, optional
        Replications to a task; by default chosen by the number of leads.

    Raises
    ------
    TaskError
        Where a task fails, or the executor.
    BaseException
        Whatever `take` and `done` raise, and on Ctrl-C. In all cases tasks that have not begun are cancelled; one
        that runs comes to its end, and is forgotten.
    """
    from funnelsim.engines.replicate import coarse_size, pieces

    executor = workers if isinstance(workers, Executor) else workers.get_executor(pure=False)
    variant = f", variant {scenario.variant_name}," if scenario.variant_name else ""
    job = Job(f"'{scenario.name}'{variant}", scenario.dump(), __version__, seed, engine, by, cohorts)
    size = chunk or coarse_size(program, replications - first, engine, by, cohorts, _num_workers(workers, threads))
    running: deque[_Task] = deque()
    try:
        for begin, end in pieces(first, replications, size):
            running.append(_submit(executor, job, begin, end))
            if len(running) >= max(FEWEST_AHEAD, AHEAD * _num_workers(workers, threads)):
                take(_first_of(running, done))
        while running:
            take(_first_of(running, done))
    except BaseException:
        for task in running:
            task.future.cancel()
        raise


def check_executor(executor: object) -> None:
    """Refuse what cannot run tasks.

    Raises
    ------
    TypeError
    """
    if isinstance(executor, Executor):
        return
    if not hasattr(executor, "get_executor") or not hasattr(executor, "nthreads"):
        raise TypeError(
            f"executor is {executor!r}: take a concurrent.futures.Executor, or a Client of Dask's distributed"
        )
    if cast(DaskClient, executor).asynchronous:
        raise TypeError("executor is an asynchronous Client of Dask: take one made with asynchronous=False")


def _num_workers(workers: Workers, threads: int | None) -> int:
    from funnelsim.engines.replicate import num_workers

    if threads is not None:
        return threads
    if isinstance(workers, Executor):
        return num_workers(getattr(workers, "_max_workers", None))  # a name of the standard library's executors
    return max(1, sum(workers.nthreads().values()))


@dataclass
class _Task:
    job: Job
    first: int
    last: int
    future: Future[Counts]
    has_ended: bool = False

    def counts(self) -> Counts:
        try:
            return self.future.result()
        except Exception as error:  # whatever happened there
            raise TaskError(self.job, self.first, self.last, error) from error


def _submit(executor: Executor, job: Job, first: int, last: int) -> _Task:
    try:
        future = executor.submit(job.run, first, last)
    except Exception as error:  # of an executor that is broken, or closed
        future = Future()
        future.set_exception(error)
    return _Task(job, first, last, future)


def _first_of(running: deque[_Task], done: Callable[[int], object]) -> Counts:
    """Wait for the first task, and tell of all that end meanwhile; each wait is short so that Ctrl-C is heard.

    One that fails is an error when its turn comes, so that what comes before it is not lost.
    """
    while not running[0].has_ended:
        waiting = [task.future for task in running if not task.has_ended]
        ended, _ = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
        for task in running:
            if task.future in ended:
                task.has_ended = True
                if not task.future.cancelled() and task.future.exception() is None:
                    done(task.last - task.first)
    return running.popleft().counts()
