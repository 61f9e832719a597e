"""Runs a scenario at many points, all with the same luck, and keeps what each says of a few figures.

Replication by replication all points have the same leads, and the same luck wherever they agree (common random
numbers), so that what differs along a path is what the path does. Only one point is counted at a time: of each remain
the estimates, whatever the number of points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from funnelsim import __version__
from funnelsim.forecast.points import SWEEP, Over, Points, read_points, text_of
from funnelsim.forecast.swept import Sweep
from funnelsim.metrics.figures import Estimate, check_over
from funnelsim.metrics.gathering import check_memory
from funnelsim.metrics.names import check_by, figure_of, names_in, usual_names
from funnelsim.metrics.progress import progress_bar
from funnelsim.metrics.result import By
from funnelsim.metrics.simulate import Settings, check_room, check_scenario, run
from funnelsim.scenario import Place, Problem, Scenario, ScenarioError
from funnelsim.scenario.building import changed, edited
from funnelsim.scenario.settings import Setting

if TYPE_CHECKING:
    from funnelsim.engines.log import Engine

MOST_TOLD = 50
"""Messages about points that are told; of thousands of points each may have one of its own."""

WITHOUT = ("variants",)
"""Fields of a scenario that its points do not have: they are not run, and checking them takes most of the time."""


def sweep(
    scenario: Scenario,
    over: Over,
    *,
    replications: int = 1000,
    seed: int = 1,
    metrics: str | Iterable[str] | None = None,
    by: By = None,
    each: bool = False,
    engine: Engine = "kernel",
    progress: bool | None = None,
    threads: int | None = None,
    chunk: int | None = None,
) -> Sweep:
    """Run a scenario at many points with the same luck.

    Parameters
    ----------
    scenario : Scenario
    over : mapping of str to iterable, or iterable of mapping
        Lists of values by path, as `Scenario.set` takes them: every combination is run, and the result has a dimension
        for each path. Or a list of points, each a mapping of the same paths to values, such as `funnelsim.design`
        makes: the result has one dimension, ``point``.
    replications, seed, by, engine, progress, threads, chunk
        As in `funnelsim.simulate`, for every point.
    metrics : str or iterable of str, optional
        Over the horizon; by default those that people look at first and that all points have.
    each : bool
        Whether to keep the metrics of every replication too.

    Returns
    -------
    Sweep

    Raises
    ------
    ScenarioError
        With all that is wrong with paths, values, metrics and the memory they need, before anything runs.
    TypeError, ValueError
        For other arguments that make no sense.
    """
    settings = Settings(replications, seed, engine, by, False, threads, chunk)
    check_scenario("scenario", scenario)
    points, problems = read_points(over)
    wanted = None if metrics is None else tuple(dict.fromkeys(names_in(metrics)))
    names, found = examine(scenario, points, settings, wanted, each)
    if problems or found:
        raise ScenarioError([*problems, *found])
    return run_points(scenario, points, settings, names, each, progress)


# ---------------------------------------------------------------- looking
def examine(
    scenario: Scenario, points: Points, settings: Settings, metrics: tuple[str, ...] | None, each: bool
) -> tuple[tuple[str, ...], list[Problem]]:
    """Look at every point: whether there is such a scenario, with these metrics, that fits into memory.

    Returns
    -------
    tuple of str
        The metrics asked for, or those that people look at first and all points have.
    list of Problem
        All that is wrong, each once, with where it is.
    """
    faults: dict[Problem, list[int]] = {}
    usual: list[str] | None = None
    made = 0
    for number, point in enumerate(points.points):
        try:
            there = edited(scenario, Setting.from_python(point), WITHOUT)
            made += 1
            found = _refused(there, metrics or (), settings)
            if not found and metrics is None:
                known = usual_names(there, settings.by)
                usual = known if usual is None else [name for name in usual if name in known]
        except ScenarioError as error:
            found = [Problem(SWEEP, problem.path, problem.message) for problem in error.problems]
        for problem in found:
            faults.setdefault(problem, []).append(number)
    problems = _told(points, faults)
    if not made:  # of the scenario itself can be told what is wrong with all else
        problems += _refused(scenario, metrics or (), settings)
    names = metrics if metrics is not None else tuple(usual or ())
    size = len(points.points) * len(names) * 8 * (len(Estimate._fields) + each * settings.replications)
    problems += _faults("replications", check_memory, size, f"{len(names)} metrics at {len(points.points):,} points")
    return names, problems


def _refused(scenario: Scenario, metrics: Iterable[str], settings: Settings) -> list[Problem]:
    def look_at(metric: str) -> None:
        check_over(figure_of(metric, scenario, settings.by), "horizon")

    return [
        *_faults("by", check_by, settings.by, scenario),
        *(problem for metric in metrics for problem in _faults("metrics", look_at, metric)),
        *_faults("replications", check_room, [scenario], settings),
    ]


def _faults(argument: str, look: Callable[..., object], *arguments: Any) -> list[Problem]:
    """Return why an argument is refused; nothing where it is not."""
    try:
        look(*arguments)
    except ScenarioError:
        raise
    except ValueError as error:
        return [Problem(Place(argument), "", str(error))]
    return []


def _told(points: Points, faults: Mapping[Problem, list[int]]) -> list[Problem]:
    """Return what is wrong, each with the points at which it is; of very many only the first."""
    texts = [{path: text_of(value) for path, value in point.items()} for point in points.points]
    told = [
        replace(problem, message=problem.message + _where(texts, numbers))
        for problem, numbers in islice(faults.items(), MOST_TOLD)
    ]
    more = len(faults) - len(told)
    return [*told, *([Problem(SWEEP, "", f"and {more:,} more such messages")] if more else [])]


def _where(texts: Sequence[Mapping[str, str]], numbers: Sequence[int]) -> str:
    """Say at which points something is: nothing where at all; what they have in common, where only they have it."""
    if len(numbers) == len(texts):
        return ""
    shared = dict(set.intersection(*(set(texts[number].items()) for number in numbers)))
    varied = {path: text for path, text in texts[numbers[0]].items() if any(text != other[path] for other in texts)}
    alike = {path: text for path, text in varied.items() if path in shared}
    if sum(alike.items() <= text.items() for text in texts) == len(numbers):
        return f" (at {_written(alike)})"
    more = f", and at {len(numbers) - 1} more" if len(numbers) > 1 else ""
    return f" (at {_written(texts[numbers[0]])}{more})"


def _written(point: Mapping[str, str]) -> str:
    return ", ".join(f"{path}={text}" for path, text in point.items())


# ---------------------------------------------------------------- running
def run_points(
    scenario: Scenario,
    points: Points,
    settings: Settings,
    metrics: tuple[str, ...],
    each: bool,
    progress: bool | None,
) -> Sweep:
    """Run all points, which were examined."""
    number = len(points.points)
    estimates = np.full((len(Estimate._fields), len(metrics), number), np.nan)
    values = np.full((len(metrics), number, settings.replications), np.nan) if each else None
    units: list[str] = []
    with progress_bar(settings.replications * number, progress, "replications") as done:
        for place, point in enumerate(points.points):
            try:
                result = run(changed(scenario, Setting.from_python(point), WITHOUT), settings, done)
            except OverflowError as error:
                raise OverflowError(f"at {points.label(place)}: {error}") from error
            for row, metric in enumerate(metrics):
                estimates[:, row, place] = result.estimate(metric)
                if values is not None:
                    values[row, place] = result.parts(metric).values().to_numpy()
            units = units or [result.unit(metric) for metric in metrics]
    return Sweep(
        scenario=scenario,
        points=points,
        replications=settings.replications,
        seed=settings.seed,
        version=__version__,
        engine=settings.engine,
        by=settings.by,
        data=_dataset(points, metrics, units, estimates, values),
    )


def _dataset(
    points: Points,
    metrics: tuple[str, ...],
    units: list[str],
    estimates: npt.NDArray[np.float64],
    values: npt.NDArray[np.float64] | None,
) -> xr.Dataset:
    dims, shape = ("metric", *points.dims), (len(metrics), *points.shape)
    variables: dict[str, Any] = {
        name: (dims, array.reshape(shape)) for name, array in zip(Estimate._fields, estimates, strict=True)
    }
    variables["empty"] = (dims, variables["empty"][1].astype(np.int64))
    if values is not None:
        variables["each"] = ((*dims, "replication"), values.reshape(*shape, -1))
    named = {"metric": np.array(metrics, dtype=str), "unit": ("metric", np.array(units, dtype=str))}
    return xr.Dataset(variables, {**named, **points.coordinates()})
