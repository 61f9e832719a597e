"""Runs on executors: the same bits as on one thread, whatever becomes of the workers."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.engines.replicate import replicate
from funnelsim.metrics import executors
from funnelsim.metrics.executors import Job, TaskError, Workers
from funnelsim.metrics.result import Result
from funnelsim.metrics.runner import Runner
from funnelsim.metrics.simulate import Settings, run
from funnelsim.program import compile_scenario
from funnelsim.scenario import Scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"

ROUND = {
    "format": 1, "name": "Round", "start": "2026-01-01", "horizon": "2 days",
    "channels": {"base": {"backlog": 1, "enters": "a"}},
    "stages": {"a": {"moves": {"go": {"after": "1ms", "chance": 0.99999999, "to": "a", "else": "b"}}}, "b": {}},
    "variants": {"faster": {"set": {"stages.a.moves.go.chance": 0.999999999}}},
}  # fmt: skip
"""A lead that goes round too often to be simulated."""


class InTurn(Executor):
    """Runs a task at once, and the next one never."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if not self.futures:
            future.set_result(fn(*args))
        self.futures.append(future)
        return future


class LikeDask:
    """What is used of a Client of Dask, with threads behind it."""

    asynchronous = False

    def __init__(self, pool: Executor) -> None:
        self.pool = pool
        self.settings: list[dict[str, Any]] = []

    def get_executor(self, **settings: Any) -> Executor:
        self.settings.append(settings)
        return self.pool

    def nthreads(self) -> Mapping[str, int]:
        return {"here": 1, "there": 1}


def at_once(scenario: Scenario, replications: int, done: Callable[[int], object], workers: Workers) -> Result:
    return run(scenario, Settings(replications, 5, by="segment", cohorts=True, chunk=3), done, Runner(workers))


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as threads:
        yield threads


# ---------------------------------------------------------------- the same bits
@pytest.mark.parametrize("chunk", [None, 1, 5, 100])
@pytest.mark.parametrize("by", [None, "segment"])
def test_the_same_bits(
    results: dict[str | None, Result], scenario: Scenario, pool: ThreadPoolExecutor, by: str | None, chunk: int | None
) -> None:
    same = fs.simulate(scenario, replications=12, seed=5, by=by, cohorts=True, chunk=chunk, executor=pool)
    other = fs.simulate(scenario, replications=12, seed=6, by=by, cohorts=True, chunk=chunk, executor=pool)
    assert same.data.identical(results[by].data)
    assert same.attributes() == results[by].attributes()
    assert not other.data.identical(results[by].data)


def test_the_reference_engine(scenario: Scenario, pool: ThreadPoolExecutor) -> None:
    short = scenario.set({"horizon": "1 month", "channels.base.backlog": 5})
    here = fs.simulate(short, replications=2, engine="simpy")
    assert fs.simulate(short, replications=2, engine="simpy", executor=pool).data.identical(here.data)


def test_other_processes(results: dict[str | None, Result], scenario: Scenario) -> None:
    """Also where one of them is killed, of which no executor of the standard library recovers."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
        same = fs.simulate(scenario, replications=12, seed=5, by="segment", cohorts=True, executor=processes)
        assert same.data.identical(results["segment"].data)
        processes.submit(os.kill, processes.submit(os.getpid).result(), signal.SIGKILL)
        with pytest.raises(TaskError, match=r"of 'Small trunk' with seed 5 failed on a worker \(BrokenProcessPool: "):
            fs.simulate(scenario, replications=1000, seed=5, executor=processes)


def test_a_client_of_dask(results: dict[str | None, Result], scenario: Scenario, pool: ThreadPoolExecutor) -> None:
    client = LikeDask(pool)
    same = fs.simulate(scenario, replications=12, seed=5, cohorts=True, executor=client)
    assert same.data.identical(results[None].data)
    assert client.settings == [{"pure": False}]


@pytest.mark.parametrize("name", ["trunk", "one_week_rule", "nurture_lift", "markets/small_business"])
def test_what_travels_compiles_to_the_same_program(name: str) -> None:
    scenario = fs.load(SCENARIOS / f"{name}.yaml")
    for some in (scenario, *map(scenario.variant, scenario.variants)):
        travelled = dataclasses.replace(executors.compiled(some.dump()), variant=some.variant_name)
        assert travelled.digest() == compile_scenario(some).digest()


def test_a_scenario_is_compiled_once(scenario: Scenario, pool: ThreadPoolExecutor) -> None:
    executors.compiled.cache_clear()
    fs.simulate(scenario, replications=12, chunk=1, executor=pool)
    missed = executors.compiled.cache_info().misses
    fs.simulate(scenario, replications=12, seed=2, chunk=1, executor=pool)
    assert missed <= 3  # threads of one process may begin at once
    assert executors.compiled.cache_info().misses == missed


# ---------------------------------------------------------------- progress, and being stopped
def test_progress_is_told_of_every_replication(scenario: Scenario, pool: ThreadPoolExecutor) -> None:
    told: list[int] = []
    at_once(scenario, 11, told.append, pool)
    assert sorted(told) == [2, 3, 3, 3]


def test_a_bar(scenario: Scenario, pool: ThreadPoolExecutor, capsys: pytest.CaptureFixture[str]) -> None:
    fs.simulate(scenario, replications=7, executor=pool, progress=True)
    assert "7/7" in capsys.readouterr().err


def test_an_interruption_cancels_what_has_not_begun(scenario: Scenario) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    workers = InTurn()
    with pytest.raises(KeyboardInterrupt):
        at_once(scenario, 100_000, interrupt, workers)
    first, *others = workers.futures
    assert first.result().counts.any()
    assert len(others) == executors.FEWEST_AHEAD - 1  # of so many
    assert all(future.cancelled() for future in others)


# ---------------------------------------------------------------- failures
def test_a_failing_task_says_what_to_run_again(pool: ThreadPoolExecutor) -> None:
    scenario = fs.loads(json.dumps(ROUND)).variant("faster")
    message = (
        r"replications 0 to 1 of 'Round', variant faster, with seed 3 failed on a worker \(OverflowError: a lead goes round "
        r"more often than the key of a draw has room for \(rule 33\)\); rerun\(\) of this error runs them here, as does "
        r"'funnelsim trace' with --seed 3 --replication 0 the first of them"
    )
    with pytest.raises(TaskError, match=message) as caught:
        fs.simulate(scenario, replications=2, seed=3, chunk=2, executor=pool)
    error = caught.value
    assert (error.job.seed, error.first, error.last) == (3, 0, 2)
    assert fs.loads(error.job.scenario) == scenario
    with pytest.raises(OverflowError, match="goes round more often"):
        error.rerun()


def test_what_failed_elsewhere_may_succeed_here(scenario: Scenario) -> None:
    job = Job("'Small trunk'", scenario.dump(), fs.__version__, 5, "kernel", None, True)
    counts = TaskError(job, 2, 4, MemoryError()).rerun()
    plain = replicate(compile_scenario(scenario), 4, 5, cohorts=True).part(2, 4)
    for some, same in zip(counts, plain, strict=True):
        np.testing.assert_array_equal(some, same)


def test_a_worker_of_another_version(scenario: Scenario, pool: ThreadPoolExecutor) -> None:
    job = Job("'Small trunk'", scenario.dump(), "9.9", 5, "kernel", None, False)
    with pytest.raises(
        RuntimeError, match=rf"the worker has funnelsim {fs.__version__}, and the run was started by 9.9"
    ):
        job.run(0, 1)


def test_a_closed_executor(scenario: Scenario) -> None:
    closed = ThreadPoolExecutor(1)
    closed.shutdown()
    with pytest.raises(TaskError, match=r"failed on a worker \(RuntimeError: cannot schedule new futures"):
        fs.simulate(scenario, replications=2, executor=closed)


@pytest.mark.parametrize("executor", [3, "tcp://host:8786", Future()])
def test_what_cannot_run_tasks_is_refused(scenario: Scenario, executor: Any) -> None:
    with pytest.raises(TypeError, match=r"executor is .*: take a concurrent.futures.Executor, or a Client of Dask"):
        fs.simulate(scenario, executor=executor)


def test_asynchronous_clients_are_refused(scenario: Scenario, pool: ThreadPoolExecutor) -> None:
    client = LikeDask(pool)
    client.asynchronous = True
    with pytest.raises(TypeError, match="an asynchronous Client of Dask: take one made with asynchronous=False"):
        fs.simulate(scenario, executor=client)


# ---------------------------------------------------------------- a cluster of Dask
@pytest.fixture
def client() -> Iterator[Any]:
    """A client of two processes; a fresh cluster for each test, since they harm it."""
    import distributed

    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        distributed.Client(cluster) as connected,  # type: ignore[no-untyped-call]
    ):
        yield connected


@pytest.mark.long
def test_a_worker_that_is_killed_changes_nothing(scenario: Scenario, client: Any) -> None:
    here = fs.simulate(scenario, replications=2000, seed=5, by="segment", cohorts=True)
    before = client.run(os.getpid)
    told: list[int] = []

    def done(number: int) -> None:
        told.append(number)
        if len(told) == 15:
            os.kill(next(iter(before.values())), signal.SIGKILL)

    there = at_once(scenario, 2000, done, client)
    assert sum(told) == 2000
    assert there.data.identical(here.data)
    client.wait_for_workers(2)
    assert len(set(client.run(os.getpid).values()) - set(before.values())) == 1


@pytest.mark.long
def test_an_interruption_leaves_no_tasks_on_a_cluster(scenario: Scenario, client: Any) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    def tasks(dask_scheduler: Any) -> int:
        return len(dask_scheduler.tasks)

    with pytest.raises(KeyboardInterrupt):
        at_once(scenario, 100_000, interrupt, client)
    for _ in range(100):
        if client.run_on_scheduler(tasks) == 0:
            return
        time.sleep(0.1)
    raise TimeoutError


@pytest.mark.long
def test_the_command_runs_on_a_cluster(scenario: Scenario, client: Any, tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(scenario.dump(), encoding="utf-8")
    command = [sys.executable, "-m", "funnelsim.cli", "run", str(path), "-n", "40", "--json"]
    there = [*command, "--cluster", client.scheduler.address]
    here, elsewhere = (subprocess.run(words, capture_output=True, text=True) for words in (command, there))
    assert here.returncode == 0
    assert (elsewhere.stdout, elsewhere.stderr, elsewhere.returncode) == (here.stdout, "", 0)

    path.write_text(json.dumps(ROUND), encoding="utf-8")
    failed = subprocess.run(there, capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stderr.startswith("this run is too long to be done: replications ")
    assert "of 'Round' with seed 1 failed on a worker (OverflowError: a lead goes round more often" in failed.stderr
