"""How a written chance becomes a table by what leads differ by, and a recipe that fills it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from funnelsim.program import records as p
from funnelsim.program.recipes import RecipeBook
from funnelsim.scenario import quantities as q
from funnelsim.scenario.models import NamedOdds, Odds

BY = {"channel": p.BY_CHANNEL, "attempt": p.BY_ATTEMPT, "visit": p.BY_VISIT}

POINTS = ("warmth", "fatigue", "score")
"""What odds are written for by the point (rule 57)."""

Names = Mapping[str, Sequence[str]]
"""What leads differ by, and the values of each: segments, traits, channels, stages."""

Written = tuple[str, q.Number]
"""A number and the path it is written at."""


@dataclass(frozen=True)
class Layer:
    """Odds that are written in one place; those of several places multiply."""

    named: Mapping[str, Mapping[str, Written]] = field(default_factory=dict)
    """By segment, channel, stage or a trait."""
    numbered: Mapping[str, Sequence[Written]] = field(default_factory=dict)
    """By attempt and visit."""
    by_point: Mapping[str, Written] = field(default_factory=dict)
    """By the point of warmth, fatigue or score."""


def layer_of(path: str, odds: NamedOdds) -> Layer:
    """Return the layer of odds that are written at a path."""
    fixed = {"segment": odds.segment, "channel": odds.channel, "stage": odds.stage}
    named = {by: _at(f"{path}.{by}", some) for by, some in (fixed | dict(odds.traits)).items() if some}
    if not isinstance(odds, Odds):
        return Layer(named)
    lists = {"attempt": odds.attempt, "visit": odds.visit}
    numbered = {by: [(f"{path}.{by}.{i}", one) for i, one in enumerate(some)] for by, some in lists.items() if some}
    by_point = {by: (f"{path}.{by}", number) for by in POINTS if (number := getattr(odds, by)) != 1.0}
    return Layer(named, numbered, by_point)


def some(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Return those layers that say something."""
    return tuple(layer for layer in layers if layer != Layer())


def _at(path: str, numbers: Mapping[str, q.Number]) -> dict[str, Written]:
    return {name: (f"{path}.{name}", number) for name, number in numbers.items()}


@dataclass(frozen=True)
class WrittenChance:
    """A chance with its odds, as one row of a move has it in one regime."""

    path: str
    value: q.ChanceValue
    layers: tuple[Layer, ...] = ()
    reference: bool = False
    criteria: tuple[tuple[str, str], ...] = ()
    """Traits, and the value of each that a lead must have (rule 54)."""
    required: Written | None = None
    """How many of the criteria; None for all."""

    def differs(self, by: str) -> bool:
        """Say whether the chance differs by segment, channel, stage or a trait."""
        asked = any(by == kind for kind, _ in self.criteria)
        return asked or self.has_odds(by) or (isinstance(self.value, q.Table) and self.value.by == by)

    def has_odds(self, by: str) -> bool:
        """Say whether odds are written by segment, channel, stage or a trait."""
        return any(by in layer.named for layer in self.layers)

    def length(self, by: str) -> int:
        """Return how many entries the chance has by attempt or visit; 1 where it does not differ."""
        lengths = [1, *(len(layer.numbered.get(by, ())) for layer in self.layers)]
        if isinstance(self.value, q.Table) and self.value.by == by:
            lengths.append(len(self.value.values))
        return max(lengths)


class ChanceTables:
    """Lays out the chances of all rows in one table a regime, and writes the recipes.

    Parameters
    ----------
    book : RecipeBook
    kinds : mapping
        Values of the segment, the traits and what is observed of them.
    channels, stages : sequence of str
    depends : mapping
        Of each kind, the kinds that its shares depend on, itself left out.
    num_regimes : int
    """

    def __init__(
        self,
        book: RecipeBook,
        kinds: Names,
        channels: Sequence[str],
        stages: Sequence[str],
        depends: Mapping[str, Sequence[str]],
        num_regimes: int,
    ) -> None:
        self._book = book
        self._kinds = tuple(kinds)
        self._names: Names = {**kinds, "channel": channels, "stage": stages}
        self._depends = depends
        self._rows: list[tuple[int, ...]] = []
        self._row_kinds: list[list[int]] = []
        self._averages: list[list[int]] = []
        self._row_criteria: list[tuple[int, int]] = []
        self._criteria: list[tuple[int, int]] = []
        self._recipes: list[list[tuple[int, ...]]] = [[] for _ in range(num_regimes)]
        self._layers: list[list[list[list[int]]]] = [[] for _ in range(num_regimes)]
        self._point_odds: list[list[list[tuple[int, int]]]] = [[] for _ in range(num_regimes)]
        self._required: list[list[int]] = [[] for _ in range(num_regimes)]
        self.num_chances = 0

    def add_row(self, by_regime: Sequence[WrittenChance], role: int, ways: Sequence[int]) -> None:
        """Add one row: its chance in each regime, what it is of a touch, and where it leads and why."""
        attempts = max(chance.length("attempt") for chance in by_regime)
        visits = max(chance.length("visit") for chance in by_regime)
        step, steps = visits * attempts, {}
        for by, names in reversed(list(self._names.items())):
            differs = any(chance.differs(by) for chance in by_regime)
            steps[by] = step if differs else 0
            step *= len(names) if differs else 1
        self._rows.append(
            (self.num_chances, steps["channel"], visits, attempts, 1, visits, steps["stage"], role, *ways)
        )
        self._row_kinds.append([steps[kind] for kind in self._kinds])
        self._averages.append(self._averaged(by_regime))
        self._add_criteria(by_regime[0])
        self.num_chances += step
        for r, chance in enumerate(by_regime):
            self._recipes[r].append(self._recipe(chance))
            self._layers[r].append([self._layer(layer) for layer in chance.layers])
            self._point_odds[r].append([self._by_point(chance, by) for by in POINTS])
            required = chance.required
            self._required[r].append(p.NONE if required is None else self._book.parameter(*required))

    def _averaged(self, by_regime: Sequence[WrittenChance]) -> list[int]:
        """Mark the kinds with odds, and all that their shares depend on."""
        kinds = [kind for kind in self._kinds if any(chance.has_odds(kind) for chance in by_regime)]
        for kind in kinds:
            kinds += [other for other in self._depends.get(kind, ()) if other not in kinds]
        return [int(kind in kinds) for kind in self._kinds]

    def _add_criteria(self, chance: WrittenChance) -> None:
        first = len(self._criteria)
        for kind, value in chance.criteria:
            self._criteria.append((self._kinds.index(kind), self._names[kind].index(value)))
        self._row_criteria.append((first, len(self._criteria)))

    def _recipe(self, chance: WrittenChance) -> tuple[int, ...]:
        by, base = self._base(chance)
        return (by, self._book.list_of(base), len(base), 0 if chance.reference else 1)

    def _base(self, chance: WrittenChance) -> tuple[int, list[int]]:
        value = chance.value
        if not isinstance(value, q.Table):
            return p.BY_NOTHING, [self._book.parameter(chance.path, value, chance=True)]
        by = BY[value.by] if value.by in BY else p.BY_KIND + self._kinds.index(value.by)
        if value.by in self._names:
            by_name = dict(zip(value.names, value.values, strict=True))
            entries = [(name, by_name[name]) for name in self._names[value.by]]
        else:
            entries = [(str(number), entry) for number, entry in enumerate(value.values)]
        path = f"{chance.path}.{value.by}"
        return by, [self._book.parameter(f"{path}.{name}", entry, chance=True) for name, entry in entries]

    def _layer(self, layer: Layer) -> list[int]:
        named = [self._named_odds(layer, by) for by in self._names]
        numbered = [place for by in ("attempt", "visit") for place in self._numbered_odds(layer.numbered.get(by, ()))]
        return [*named, *numbered]

    def _named_odds(self, layer: Layer, by: str) -> int:
        odds = layer.named.get(by)
        if not odds:
            return p.NONE
        one = (f"no odds by {by}", 1.0)
        return self._book.list_of([self._book.parameter(*odds.get(name, one)) for name in self._names[by]])

    def _numbered_odds(self, odds: Sequence[Written]) -> tuple[int, int]:
        if not odds:
            return p.NONE, 0
        return self._book.list_of([self._book.parameter(*one) for one in odds]), len(odds)

    def _by_point(self, chance: WrittenChance, by: str) -> tuple[int, int]:
        odds = [self._book.parameter(*layer.by_point[by]) for layer in chance.layers if by in layer.by_point]
        first = self._book.list_of(odds)
        return first, first + len(odds)

    # ------------------------------------------------------------ arrays
    def rows(self) -> p.RecordArray:
        """(W,) of `ROW`."""
        return p.records(self._rows, p.ROW)

    def row_kinds(self) -> p.IntArray:
        """(W, Q): steps by kind."""
        return np.array(self._row_kinds, np.int64).reshape(len(self._rows), len(self._kinds))

    def row_average(self) -> p.IntArray:
        """(W, Q): 1 for the kinds that the average is over."""
        return np.array(self._averages, np.int64).reshape(len(self._rows), len(self._kinds))

    def row_criteria(self) -> p.IntArray:
        """(W, 2): where each row's criteria are."""
        return np.array(self._row_criteria, np.int64).reshape(len(self._rows), 2)

    def criteria(self) -> p.IntArray:
        """(n, 2): a kind and a value."""
        return np.array(self._criteria, np.int64).reshape(len(self._criteria), 2)

    def recipes(self) -> p.RecordArray:
        """(R, W) of `CHANCE_RECIPE`."""
        flat = [recipe for regime in self._recipes for recipe in regime]
        return p.records(flat, p.CHANCE_RECIPE).reshape(len(self._recipes), len(self._rows))

    def odds(self) -> p.IntArray:
        """(R, W, layers, Q + 6): where the odds of each layer are; rows have as many layers as the longest."""
        width, most = len(self._names) + 4, max((len(row) for regime in self._layers for row in regime), default=0)
        none = [*([p.NONE] * len(self._names)), p.NONE, 0, p.NONE, 0]
        full = [[[*row, *([none] * (most - len(row)))] for row in regime] for regime in self._layers]
        return np.array(full, np.int64).reshape(len(self._recipes), len(self._rows), most, width)

    def point_odds(self) -> p.IntArray:
        """(R, W, 3, 2): odds by warmth, fatigue and score."""
        return np.array(self._point_odds, np.int64).reshape(len(self._recipes), len(self._rows), len(POINTS), 2)

    def required(self) -> p.IntArray:
        """(R, W): how many criteria."""
        return np.array(self._required, np.int64).reshape(len(self._recipes), len(self._rows))
