"""Runs a scenario many times and hands back what it counted."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from funnelsim import __version__
from funnelsim.engines.log import ENGINES, Engine
from funnelsim.metrics.names import GROUPINGS
from funnelsim.metrics.progress import progress_bar
from funnelsim.metrics.result import By, Result
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
    by : {None, "channel", "segment"}
        What to group leads by.
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
        For arguments that make no sense.
    KeyboardInterrupt
        On Ctrl-C, once the threads have stopped.
    """
    settings = Settings(replications, seed, engine, by, cohorts, threads, chunk)
    check_scenario("scenario", scenario)
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
        if self.engine not in ENGINES:
            raise ValueError(f"no engine {self.engine!r}: take one of {', '.join(ENGINES)}")
        if self.by is not None and self.by not in GROUPINGS:
            raise ValueError(f"cannot group by {self.by!r}: take 'channel', 'segment' or None")


def run(scenario: Scenario, settings: Settings, done: Callable[[int], object]) -> Result:
    """Simulate; `done` is called with the number of replications that have just been finished."""
    from funnelsim.engines.replicate import replicate
    from funnelsim.metrics.tables import dataset
    from funnelsim.program import compile_scenario

    program = compile_scenario(scenario)
    fields = dataclasses.asdict(settings)
    counts = replicate(program, fields.pop("replications"), fields.pop("seed"), **fields, done=done)
    return Result(
        scenario=scenario,
        variant=scenario.variant_name,
        seed=settings.seed,
        replications=settings.replications,
        version=__version__,
        engine=settings.engine,
        by=settings.by,
        cohorts=settings.cohorts,
        data=dataset(program, counts, settings.by),
    )


def check_scenario(name: str, scenario: object) -> None:
    """Refuse what is no scenario."""
    if not isinstance(scenario, Scenario):
        raise TypeError(f"{name} is {type(scenario).__name__}, not a Scenario; read one with funnelsim.load(path)")


def _check_whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is {value!r}, not a whole number")
    if not low <= value < high:
        raise ValueError(f"{name} is {value}: take a whole number from {low} to {high - 1}")
