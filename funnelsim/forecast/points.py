"""The points of a sweep: which values are put where, as a grid, a list or a design."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from funnelsim.forecast.compare import SHARED
from funnelsim.scenario import Place, Problem
from funnelsim.scenario.paths import parse_path
from funnelsim.scenario.problems import RefusedError, listed, shown

Point = Mapping[str, Any]
"""What is set at one point: values by path, as `Scenario.set` takes them."""

Over = Mapping[str, Iterable[Any]] | Iterable[Point]
"""Lists of values by path, for every combination of them; or a list of points."""

SWEEP = Place("<sweep>")

MOST_POINTS = 100_000

_EXAMPLE = "{'stages.sql.moves.expire.after': ['7d', '14d']}"


@dataclass(frozen=True)
class Points:
    """Points with a value for each of the same paths.

    Attributes
    ----------
    paths : tuple of str
    points : tuple of mapping
        In a grid the last path runs fastest.
    is_grid : bool
        Whether they are all combinations of `axes`.
    """

    paths: tuple[str, ...]
    points: tuple[Point, ...]
    is_grid: bool

    def along(self, path: str) -> list[Any]:
        """Return the values of a path: in a grid the different ones, else that of every point."""
        values = [point[path] for point in self.points]
        if not self.is_grid:
            return values
        texts = {text_of(value): value for value in values}
        return list(texts.values())

    @property
    def shape(self) -> tuple[int, ...]:
        """Return how many values there are along each path of a grid, or how many points."""
        return tuple(len(self.along(path)) for path in self.paths) if self.is_grid else (len(self.points),)

    @property
    def dims(self) -> tuple[str, ...]:
        """Return what the dimensions are called: the paths of a grid, or ``point``."""
        return self.paths if self.is_grid else ("point",)

    def coordinates(self) -> dict[str, Any]:
        """Return the values along the dimensions, as they were written: numbers where all are, else texts."""
        if self.is_grid:
            return {path: labels(self.along(path)) for path in self.paths}
        along = {path: ("point", labels(self.along(path))) for path in self.paths}
        return {"point": np.arange(len(self.points)), **along}

    def label(self, number: int) -> str:
        """Return a point as people write it: its values, with the last part of each path where there are several."""
        point = self.points[number]
        if len(self.paths) == 1:
            return text_of(point[self.paths[0]])
        return ", ".join(f"{name}={text_of(point[path])}" for path, name in short_names(self.paths).items())


def labels(values: Sequence[Any]) -> npt.NDArray[Any]:
    """Return values as labels: numbers where all are numbers, else texts as they were written."""
    numbers = all(isinstance(value, (int, float, np.number)) and not isinstance(value, bool) for value in values)
    return np.array(list(values) if numbers else [text_of(value) for value in values])


def text_of(value: Any) -> str:
    """Write a value as it would stand in a file."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (str, dt.date)):
        return str(value)
    if isinstance(value, float):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """Return by path its shortest ending that tells it from the others."""
    parts = {path: path.split(".") for path in paths}

    def name(path: str) -> str:
        for length in range(1, len(parts[path])):
            ending = parts[path][-length:]
            if sum(other[-length:] == ending for other in parts.values()) == 1:
                return ".".join(ending)
        return path

    return {path: name(path) for path in paths}


# ---------------------------------------------------------------- reading
def read_points(over: object) -> tuple[Points, list[Problem]]:
    """Read what is to be swept.

    Parameters
    ----------
    over : mapping or iterable of mapping

    Returns
    -------
    Points
        Of what can be read.
    list of Problem
        What is wrong.

    Raises
    ------
    TypeError
        For what is neither.
    """
    if isinstance(over, Mapping):
        return _grid(over)
    if isinstance(over, Iterable) and not isinstance(over, str):
        return _list(list(over))
    raise TypeError(f"a sweep is over lists of values by path, such as {_EXAMPLE}, or a list of points, not {over!r}")


def _grid(over: Mapping[Any, object]) -> tuple[Points, list[Problem]]:
    axes: dict[str, list[Any]] = {}
    problems = []
    for path, values in over.items():
        if isinstance(values, (str, Mapping)) or not isinstance(values, Iterable):
            problems.append(_problem(path, f"write a list of values, such as ['7d', '14d'], not {shown(values)}"))
            continue
        axes[str(path)] = list(values)
        texts = [text_of(value) for value in axes[str(path)]]
        problems += [
            _problem(path, f"{shown(text)} stands there twice; name it once")
            for text in dict.fromkeys(text for text in texts if texts.count(text) > 1)
        ]
        if not texts:
            problems.append(_problem(path, "there is no value in its list; name at least one"))
    if not over:
        problems.append(Problem(SWEEP, "", f"there is nothing to sweep; name a path and its values, as in {_EXAMPLE}"))
    problems += _not_comparable(axes)
    axes = {path: values for path, values in axes.items() if values}
    if many := _too_many(prod(map(len, axes.values()))):
        axes, problems = {}, [*problems, *many]
    points = tuple(dict(zip(axes, values, strict=True)) for values in product(*axes.values())) if axes else ()
    return Points(tuple(axes), points, True), problems


def _list(over: list[Any]) -> tuple[Points, list[Problem]]:
    if wrong := [point for point in over if not isinstance(point, Mapping)]:
        raise TypeError(f"a point of a sweep is a mapping of paths to values, not {wrong[0]!r}")
    if not over:
        return Points((), (), False), [Problem(SWEEP, "", "there are no points to sweep; name at least one")]
    paths = dict.fromkeys(str(path) for point in over for path in point)
    problems = _too_many(len(over))
    for path in paths:
        without = [number for number, point in enumerate(over) if path not in point]
        if without:
            message = f"point {without[0]} sets no value here, and others do; write one in each"
            problems.append(_problem(path, message))
    complete = () if problems else tuple({str(path): point[path] for path in paths} for point in over)
    return Points(tuple(paths), complete, False), [*problems, *_not_comparable(paths)]


def _too_many(number: int) -> list[Problem]:
    message = f"{number:,} points are more than the {MOST_POINTS:,} of one sweep; name fewer values, or take a design"
    return [Problem(SWEEP, "", message)] if number > MOST_POINTS else []


def _not_comparable(paths: Iterable[str]) -> list[Problem]:
    """Return which paths would make figures of another time or another money."""
    problems = []
    for path in paths:
        try:
            first = parse_path(path)[0]
        except RefusedError:
            continue  # which is told by whoever sets it
        if first in SHARED:
            problems.append(_problem(path, f"points share {listed(SHARED, 'and')}; set it for all of them before"))
    return problems


def _problem(path: object, message: str) -> Problem:
    return Problem(SWEEP, str(path), message)
