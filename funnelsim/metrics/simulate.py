"""Runs a scenario many times and hands back what it counted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from funnelsim import __version__
from funnelsim.engines.log import ENGINES, Engine
from funnelsim.metrics.names import check_by
from funnelsim.metrics.progress import progress_bar
from funnelsim.metrics.result import By, Result
from funnelsim.metrics.vocabulary import vocabulary
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
) -> Result:
    """Simulate a scenario.

    Parameters
    ----------
    scenario : Scenario
    replications : int
        How many times, at least 1.
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
        By default as many as there are processors. The result does not depend on it.
    chunk : int, optional
        Replications that a thread runs at a time. The result does not depend on it.

    Returns
    -------
    Result

    Raises
    ------
    TypeError, ValueError
        For arguments that make no sense, and where the result would take too much memory.
    KeyboardInterrupt
        On Ctrl-C, once the threads have stopped.
    """
    settings = Settings(replications, seed, engine, by, cohorts, threads, chunk)
    check_scenario("scenario", scenario)
    check_by(by, scenario)
    check_room([scenario], settings)
    with progress_bar(replications, progress, "replications") as done:
        return run(scenario, settings, done)


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
        _check_whole("replications", self.replications, 1, 1 << 31)
        _check_whole("seed", self.seed, 0, 1 << 64)
        for name in ("threads", "chunk"):
            if getattr(self, name) is not None:
                _check_whole(name, getattr(self, name), 1, 1 << 31)
        if not isinstance(self.engine, str) or self.engine not in ENGINES:
            raise ValueError(f"no engine {self.engine!r}: take one of {', '.join(ENGINES)}")
        if self.by is not None and not isinstance(self.by, str):
            raise TypeError(f"by is {self.by!r}, not a name: take 'channel', 'segment', a trait or None")
        if not isinstance(self.cohorts, bool):
            raise TypeError(f"cohorts is {self.cohorts!r}, not True or False")


def run(scenario: Scenario, settings: Settings, done: Callable[[int], object]) -> Result:
    """Simulate; `done` is called with the number of replications that have just been finished."""
    from funnelsim.engines.replicate import replicate_in_parts
    from funnelsim.metrics.gathering import Gathered
    from funnelsim.metrics.tables import coordinates, tables_of
    from funnelsim.program import compile_scenario

    program, by = compile_scenario(scenario), settings.by
    gathered, fields = Gathered(settings.replications), dataclasses.asdict(settings)
    replicate_in_parts(
        program,
        fields.pop("replications"),
        fields.pop("seed"),
        lambda counts: gathered.take(tables_of(program, counts, by)),
        **fields,
        done=done,
    )
    return Result(
        scenario=scenario,
        variant=scenario.variant_name,
        seed=settings.seed,
        replications=settings.replications,
        version=__version__,
        engine=settings.engine,
        by=settings.by,
        cohorts=settings.cohorts,
        data=gathered.dataset(coordinates(program, vocabulary(scenario, program), by, settings.cohorts)),
    )


def check_room(scenarios: Iterable[Scenario], settings: Settings) -> None:
    """Refuse results that would take too much memory together.

    Raises
    ------
    ValueError
        Which says how to need less.
    """
    from funnelsim.metrics.gathering import check_memory, memory_needed
    from funnelsim.program import compile_scenario

    number = settings.replications
    needed = [
        memory_needed(compile_scenario(scenario), number, settings.by, settings.cohorts, settings.threads)
        for scenario in scenarios
    ]
    each = f"{number:,} replication{'s' if number > 1 else ''}"
    check_memory(sum(needed), each if len(needed) == 1 else f"{each} of each of {len(needed)} scenarios")


def check_scenario(name: str, scenario: object) -> None:
    """Refuse what is no scenario."""
    if not isinstance(scenario, Scenario):
        raise TypeError(f"{name} is {type(scenario).__name__}, not a Scenario; read one with funnelsim.load(path)")


def _check_whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is {value!r}, not a whole number")
    if not low <= value < high:
        raise ValueError(f"{name} is {value}: take a whole number from {low} to {high - 1}")
