"""Runs a scenario many times and hands back what it counted."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from funnelsim import __version__
from funnelsim.engines.log import ENGINES, Engine
from funnelsim.metrics.checking import check_whole
from funnelsim.metrics.executors import Workers, check_executor
from funnelsim.metrics.names import check_by
from funnelsim.metrics.precision import Aim, Precision, Wanted, check_numbers, looks, read_precision, unmet
from funnelsim.metrics.progress import progress_bar
from funnelsim.metrics.result import By, Result
from funnelsim.metrics.resuming import Output
from funnelsim.metrics.runner import HERE, Runner
from funnelsim.metrics.vocabulary import program_of, vocabulary_of
from funnelsim.scenario import Scenario


def simulate(
    scenario: Scenario,
    *,
    replications: int = 1000,
    seed: int = 1,
    engine: Engine = "kernel",
    by: By = None,
    cohorts: bool = False,
    progress: bool | None = None,
    threads: int | None = None,
    chunk: int | None = None,
    precision: Precision | None = None,
    max_replications: int | None = None,
    executor: Workers | None = None,
    out: str | os.PathLike[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
) -> Result:
    """Simulate a scenario.

    Parameters
    ----------
    scenario : Scenario
    replications : int
        How many times, at least 1; with `precision` at least so often, and 100 times.
    seed : int
        From 0 to 2**64 - 1. Scenarios that are run with one seed are paired: the same leads, the same luck.
    engine : {"kernel", "simpy"}
        Both count the same, to the bit; ``simpy`` is the slow reference.
    by : str, optional
        What to group leads by: ``channel``, ``segment`` or a trait of the scenario.
    cohorts : bool
        Whether to count by period of creation too.
    progress : bool, optional
        Whether to show a progress bar; by default on a terminal and in a notebook.
    threads : int, optional
        By default as many as there are processors; with an executor how many tasks it runs at once, by default what
        it says. The result does not depend on it.
    chunk : int, optional
        Replications that a thread runs at a time, or that are a task of an executor. The result does not depend on it.
    precision : mapping, optional
        Of metrics to how large their Monte Carlo standard error over the horizon may be (`mc_error` in
        `Result.summary`): ``"1%"`` of the mean, or a number in the metric's unit. It runs on, half as many again each
        time, until all are surely as precise, or `max_replications` are done; `funnelsim.metrics.precision` has the
        rule, by which the true error is larger than asked in at most one run of twenty. A figure that has been the same
        in all replications so far counts as exact.
    max_replications : int, optional
        After how many to give up, 10,000 by default; `Result.precision` and `Result.warnings` say of which metrics.
    executor : concurrent.futures.Executor or distributed.Client, optional
        Where to run instead of here: on other processes, or by Dask on other machines, which have the same version of
        funnelsim. It stays open. The result does not depend on it.
    out : path, optional
        Where to save the result, as `Result.save` does. Finished parts are written as they come, to a folder beside it
        that is called so with ``.unfinished``, so that nothing is lost that was finished if the run is interrupted.
    resume : bool
        Whether to go on with what an interrupted run has finished at `out`, if there is any; the number of
        replications may differ. A result that is there already is loaded if it is the same run's.
    overwrite : bool
        Whether to replace a result that is at `out`, and, without `resume`, what is finished of one.

    Returns
    -------
    Result
        With `precision` that of as many replications as were run, the same bits as if this number had been asked for.

    Raises
    ------
    TypeError, ValueError
        For arguments that make no sense, where the result would take too much memory, and where `resume` finds another
        scenario, seed or version; the message says what differs.
    FileExistsError
        If there is something at `out`, and neither `resume` nor `overwrite` is set.
    OSError
        Where something cannot be written, as on a full disk; what was finished before stays, to be resumed.
    UnsavedError
        An OSError: all is finished, but the result could not be saved. It has the result as `result`.
    TaskError
        Where an executor fails; it says which replications of what failed, and why.
    KeyboardInterrupt
        On Ctrl-C, once the threads have stopped, and tasks that have not begun are cancelled.
    """
    settings = Settings(replications, seed, engine, by, cohorts, threads, chunk)
    check_scenario("scenario", scenario)
    check_by(by, scenario)
    if precision is None and max_replications is not None:
        raise ValueError("max_replications is where a run with a precision gives up: give one, or set replications")
    most = replications if precision is None else check_numbers(replications, max_replications)
    wanted = None if precision is None else read_precision(precision, scenario, by)
    check_room([scenario], dataclasses.replace(settings, replications=most))
    if executor is not None:
        check_executor(executor)
    output = output_of(scenario, settings, out, resume=resume, overwrite=overwrite, aims=aims_of(wanted))
    if output is not None and output.is_finished:
        return output.result()
    if output is not None:
        output.begin()
    with progress_bar(replications if wanted is None else None, progress, "replications") as done:
        runner = Runner(executor, output)
        if wanted is None:
            result = run(scenario, settings, done, runner)
        else:
            result = run_to_precision(scenario, settings, wanted, most, done, runner)
    if output is not None:
        output.finish(result)
    return result


@dataclass(frozen=True)
class Settings:
    """How a scenario is run, checked; fields as in `simulate`."""

    replications: int
    seed: int
    engine: Engine = "kernel"
    by: By = None
    cohorts: bool = False
    threads: int | None = None
    chunk: int | None = None

    def __post_init__(self) -> None:
        check_whole("replications", self.replications, 1, 1 << 31)
        check_whole("seed", self.seed, 0, 1 << 64)
        for name in ("threads", "chunk"):
            if getattr(self, name) is not None:
                check_whole(name, getattr(self, name), 1, 1 << 31)
        if not isinstance(self.engine, str) or self.engine not in ENGINES:
            raise ValueError(f"no engine {self.engine!r}: take one of {', '.join(ENGINES)}")
        if self.by is not None and not isinstance(self.by, str):
            raise TypeError(f"by is {self.by!r}, not a name: take 'channel', 'segment', a trait or None")
        if not isinstance(self.cohorts, bool):
            raise TypeError(f"cohorts is {self.cohorts!r}, not True or False")


def run(
    scenario: Scenario,
    settings: Settings,
    done: Callable[[int], object],
    runner: Runner = HERE,
) -> Result:
    """Simulate; `done` is called with the number of replications that have just been finished."""
    return run_on(scenario, settings, [settings.replications], lambda _: True, done, runner)


def run_to_precision(
    scenario: Scenario,
    settings: Settings,
    wanted: Sequence[Wanted],
    most: int,
    done: Callable[[int], object],
    runner: Runner = HERE,
) -> Result:
    """Simulate until metrics are as precise as wanted, or there are `most` replications; see `precision`."""
    look, missed = count(1), list(wanted)

    def enough(result: Result) -> bool:
        missed[:] = unmet(result, wanted, next(look))
        return not missed

    result = run_on(scenario, settings, looks(settings.replications, most), enough, done, runner)
    aims = {one.metric: Aim(one.text, one not in missed) for one in wanted}
    return dataclasses.replace(result, precision=aims)


def run_on(
    scenario: Scenario,
    settings: Settings,
    numbers: Sequence[int],
    enough: Callable[[Result], bool],
    done: Callable[[int], object],
    runner: Runner,
) -> Result:
    """Simulate until the result is enough, which is asked after each of some numbers of replications.

    The last number is the end whatever is said of it. `settings.replications` is not looked at.
    """
    from funnelsim.metrics.gathering import Gathered
    from funnelsim.metrics.tables import coordinates, tables_of

    program, by = program_of(scenario), settings.by
    named = coordinates(program, vocabulary_of(scenario), by, settings.cohorts)
    gathered, fields = Gathered(), dataclasses.asdict(settings)
    del fields["replications"]
    result: Result | None = None
    for number in numbers:
        result = None  # lets go of what it holds, so that there is room for more
        gathered.make_room(number)
        runner.give(
            scenario,
            program,
            number,
            take=lambda counts: gathered.take(tables_of(program, counts, by)),
            first=gathered.done,
            done=done,
            **fields,
        )
        about = _about(scenario, dataclasses.replace(settings, replications=number))
        result = Result(scenario=scenario, data=gathered.dataset(named), **about)
        if enough(result):
            break
    assert result is not None
    return result


def _about(scenario: Scenario, settings: Settings) -> dict[str, Any]:
    """Return what a result says of how it was made."""
    names = ("seed", "replications", "engine", "by", "cohorts")
    return {
        "variant": scenario.variant_name,
        "version": __version__,
        **{name: getattr(settings, name) for name in names},
    }


def aims_of(wanted: Iterable[Wanted] | None) -> dict[str, str]:
    """Return what is asked of the precision of metrics, as it was written."""
    return {one.metric: one.text for one in wanted or ()}


def output_of(
    scenario: Scenario,
    settings: Settings,
    out: str | os.PathLike[str] | None,
    *,
    resume: bool,
    overwrite: bool,
    aims: Mapping[str, str] | None = None,
) -> Output | None:
    """Return where a run is written, after a look at what is there; None where it is not.

    Where a precision is asked for, `aims` says which, and a result is of the same run whatever its replications.

    Raises
    ------
    FileExistsError, TypeError, ValueError
    """
    if out is None:
        if resume or overwrite:
            raise ValueError("resume and overwrite are about what is saved: name it with out")
        return None
    asked = {**_about(scenario, settings), "scenario": scenario.dump()}
    if aims:
        del asked["replications"]
        asked["aims"] = dict(aims)
    return Output(Path(out), asked, resume=resume, overwrite=overwrite)


def check_room(scenarios: Iterable[Scenario], settings: Settings) -> None:
    """Refuse results that would take too much memory together.

    Raises
    ------
    ValueError
        Which says how to need less.
    """
    from funnelsim.metrics.gathering import check_memory, memory_needed

    number = settings.replications
    needed = [
        memory_needed(program_of(scenario), number, settings.by, settings.cohorts, settings.threads)
        for scenario in scenarios
    ]
    each = f"{number:,} replication{'s' if number > 1 else ''}"
    check_memory(sum(needed), each if len(needed) == 1 else f"{each} of each of {len(needed)} scenarios")


def check_scenario(name: str, scenario: object) -> None:
    """Refuse what is no scenario."""
    if not isinstance(scenario, Scenario):
        raise TypeError(f"{name} is {type(scenario).__name__}, not a Scenario; read one with funnelsim.load(path)")
