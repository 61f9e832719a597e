"""Collects the numbers of a scenario while it is compiled: parameters, waits and lists, each once.

A parameter is known by its path. The same number at the same path is one parameter, also before and after a change,
so that what is uncertain there is drawn once per replication (semantics, rule 35).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from funnelsim.program import records as p
from funnelsim.program.names import name_hash
from funnelsim.scenario import quantities as q


class RecipeBook:
    """The growing lists that `Recipes` is made of."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self._parameters: dict[tuple[str, q.Number], int] = {}
        self._parameter_rows: list[tuple[Any, ...]] = []
        self._waits: dict[tuple[str, q.Luck], int] = {}
        self._wait_rows: list[tuple[int, int, int, int, int]] = [(p.NEVER, p.NONE, p.NONE, 0, 0)]
        self.lists: list[int] = []
        self.samples: list[float] = []
        self.num_gamma = 0

    # ------------------------------------------------------------ parameters
    def parameter(self, path: str, number: q.Number, chance: bool = False) -> int:
        """Return the position of a parameter; `chance` says that a range of it lies between 0 and 1."""
        key = (path, number)
        if key not in self._parameters:
            self._parameters[key] = len(self.paths)
            self.paths.append(path)
            self._parameter_rows.append((*self._belief(number, chance), name_hash(f"uncertain {path}")))
        return self._parameters[key]

    def _belief(self, number: q.Number, chance: bool) -> tuple[int, float, float, int, int]:
        if isinstance(number, q.RangeBelief):
            return (p.RANGE_OF_CHANCE if chance else p.RANGE, number.low, number.high, 0, 0)
        if isinstance(number, q.UniformBelief):
            return (p.UNIFORM_RANGE, number.low, number.high, 0, 0)
        if isinstance(number, q.BetaBelief):
            return (p.BETA, number.successes + 0.5, number.trials - number.successes + 0.5, 0, 0)
        if isinstance(number, q.DrawsBelief):
            return (p.DRAWS, 0.0, 0.0, self._add_samples(number.values), len(number.values))
        return (p.FIXED, float(number), 0.0, 0, 0)

    def _add_samples(self, values: Iterable[float]) -> int:
        offset = len(self.samples)
        self.samples.extend(values)
        return offset

    def list_of(self, positions: Iterable[int]) -> int:
        """Keep a list of parameters; return where it starts."""
        offset = len(self.lists)
        self.lists.extend(positions)
        return offset

    # ------------------------------------------------------------ waits
    def wait(self, path: str, luck: q.Luck | None) -> int:
        """Return the position of a wait (or of an amount drawn per lead); none at all is `never`."""
        if luck is None or isinstance(luck, q.Never):
            return 0
        key = (path, luck)
        if key not in self._waits:
            self._waits[key] = len(self._wait_rows)
            self._wait_rows.append(self._wait_row(path, luck))
        return self._waits[key]

    def length(self, path: str, number: q.Number) -> int:
        """Return the position of a wait that is always the same, and at least a tick."""
        key = (path, q.Constant(number))
        if key not in self._waits:
            self._waits[key] = len(self._wait_rows)
            self._wait_rows.append((p.LENGTH, self.parameter(path, number), p.NONE, 0, 0))
        return self._waits[key]

    def _wait_row(self, path: str, luck: q.Luck) -> tuple[int, int, int, int, int]:
        if isinstance(luck, q.Empirical):
            return (p.EMPIRICAL, p.NONE, p.NONE, self._add_empirical(luck), len(luck.values))
        form, named = _form_and_numbers(luck)
        places = [p.NONE, p.NONE]
        for place, (name, number) in enumerate(named):
            places[place] = self.parameter(f"{path}.{name}" if name else path, number)
        table = 0
        if isinstance(luck, q.Gamma):
            table, self.num_gamma = self.num_gamma, self.num_gamma + 1
        return (form, places[0], places[1], table, 0)

    def _add_empirical(self, luck: q.Empirical) -> int:
        total = sum(luck.weights)
        running, cumulative = 0.0, []
        for weight in luck.weights:
            running += weight
            cumulative.append(running / total)
        cumulative[-1] = 1.0
        return self._add_samples([*(float(value) for value in luck.values), *cumulative])

    # ------------------------------------------------------------ arrays
    def parameters(self) -> p.RecordArray:
        """(P,) of `PARAMETER`."""
        return p.records(self._parameter_rows, p.PARAMETER)

    def waits(self) -> p.RecordArray:
        """Of `WAIT_RECIPE`; the first is `never`."""
        return p.records(self._wait_rows, p.WAIT_RECIPE)


def _form_and_numbers(luck: q.Luck) -> tuple[int, list[tuple[str, q.Number]]]:
    """Form of a wait, and its numbers under the names they have in a scenario."""
    match luck:
        case q.Constant(value):
            return p.CONSTANT, [("", value)]
        case q.Uniform(low, high):
            return p.UNIFORM, [("low", low), ("high", high)]
        case q.Exponential(mean):
            return p.EXPONENTIAL, [("mean", mean)]
        case q.Lognormal("range", low, high):
            return p.LOGNORMAL_RANGE, [("low", low), ("high", high)]
        case q.Lognormal("moments", mean, deviation):
            return p.LOGNORMAL_MOMENTS, [("mean", mean), ("sd", deviation)]
        case q.Lognormal("median", median, sigma):
            return p.LOGNORMAL_MEDIAN, [("median", median), ("sigma", sigma)]
        case q.Gamma("moments", mean, deviation):
            return p.GAMMA_MOMENTS, [("mean", mean), ("sd", deviation)]
        case q.Gamma("shape", shape, scale):
            return p.GAMMA_SHAPE, [("shape", shape), ("scale", scale)]
        case q.Weibull(shape, scale):
            return p.WEIBULL, [("shape", shape), ("scale", scale)]
    raise TypeError(f"no recipe for {luck!r}")
