"""How a written chance becomes a table by segment, trait, channel, attempt and visit, and a recipe that fills it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from funnelsim.program import records as p
from funnelsim.program.recipes import RecipeBook
from funnelsim.scenario import quantities as q
from funnelsim.scenario.models import Odds

BY = {"channel": p.BY_CHANNEL, "attempt": p.BY_ATTEMPT, "visit": p.BY_VISIT}

Names = Mapping[str, Sequence[str]]
"""What leads differ by, and the values of each: segments, traits, channels."""


@dataclass(frozen=True)
class WrittenChance:
    """A chance with its odds, as one row of a move has it in one regime."""

    path: str
    value: q.ChanceValue
    odds_path: str
    odds: Odds
    reference: bool

    def named_odds(self, by: str) -> Mapping[str, q.Number]:
        """Return the odds by segment, channel or a trait; none where nothing is said."""
        own: Mapping[str, Mapping[str, q.Number]] = {"segment": self.odds.segment, "channel": self.odds.channel}
        return own[by] if by in own else self.odds.traits.get(by, {})

    def differs(self, by: str) -> bool:
        """Say whether the chance differs by segment, channel or a trait."""
        return bool(self.named_odds(by)) or (isinstance(self.value, q.Table) and self.value.by == by)

    def length(self, by: str) -> int:
        """Return how many entries the chance has by attempt or visit; 1 where it does not differ."""
        lengths = [1, len(getattr(self.odds, by))]
        if isinstance(self.value, q.Table) and self.value.by == by:
            lengths.append(len(self.value.values))
        return max(lengths)


class ChanceTables:
    """Lays out the chances of all rows in one table a regime, and writes the recipes."""

    def __init__(self, book: RecipeBook, kinds: Names, channels: Sequence[str], num_regimes: int) -> None:
        self._book = book
        self._kinds = tuple(kinds)
        self._names: Names = {**kinds, "channel": channels}
        self._rows: list[tuple[int, ...]] = []
        self._row_kinds: list[list[int]] = []
        self._recipes: list[list[tuple[int, ...]]] = [[] for _ in range(num_regimes)]
        self._kind_odds: list[list[list[int]]] = [[] for _ in range(num_regimes)]
        self.num_chances = 0

    def add_row(self, by_regime: Sequence[WrittenChance], touch: bool, way_out: tuple[int, int]) -> None:
        """Add one row: its chance in each regime, whether it is a track's touch, and where who is lost goes and why."""
        attempts = max(chance.length("attempt") for chance in by_regime)
        visits = max(chance.length("visit") for chance in by_regime)
        step, steps = visits * attempts, {}
        for by, names in reversed(list(self._names.items())):
            differs = any(chance.differs(by) for chance in by_regime)
            steps[by] = step if differs else 0
            step *= len(names) if differs else 1
        self._rows.append((self.num_chances, steps["channel"], visits, attempts, 1, visits, int(touch), *way_out))
        self._row_kinds.append([steps[kind] for kind in self._kinds])
        self.num_chances += step
        for recipes, odds, chance in zip(self._recipes, self._kind_odds, by_regime, strict=True):
            recipes.append(self._recipe(chance))
            odds.append([self._named_odds(chance, kind) for kind in self._kinds])

    def _recipe(self, chance: WrittenChance) -> tuple[int, ...]:
        by, base = self._base(chance)
        return (
            by,
            self._book.list_of(base),
            len(base),
            self._named_odds(chance, "channel"),
            *self._numbered_odds(chance.odds_path, "attempt", chance.odds.attempt),
            *self._numbered_odds(chance.odds_path, "visit", chance.odds.visit),
            0 if chance.reference else 1,
        )

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

    def _named_odds(self, chance: WrittenChance, by: str) -> int:
        odds = chance.named_odds(by)
        if not odds:
            return p.NONE
        path = f"{chance.odds_path}.{by}"
        return self._book.list_of(
            [self._book.parameter(f"{path}.{name}", odds.get(name, 1.0)) for name in self._names[by]]
        )

    def _numbered_odds(self, path: str, by: str, odds: Sequence[q.Number]) -> tuple[int, int]:
        if not odds:
            return p.NONE, 0
        positions = [self._book.parameter(f"{path}.{by}.{number}", entry) for number, entry in enumerate(odds)]
        return self._book.list_of(positions), len(positions)

    def rows(self) -> p.RecordArray:
        """(W,) of `ROW`."""
        return p.records(self._rows, p.ROW)

    def row_kinds(self) -> p.IntArray:
        """(W, Q): steps by kind."""
        return np.array(self._row_kinds, np.int64).reshape(len(self._rows), len(self._kinds))

    def recipes(self) -> p.RecordArray:
        """(R, W) of `CHANCE_RECIPE`."""
        flat = [recipe for regime in self._recipes for recipe in regime]
        return p.records(flat, p.CHANCE_RECIPE).reshape(len(self._recipes), len(self._rows))

    def kind_odds(self) -> p.IntArray:
        """(R, W, Q): lists of odds by kind."""
        return np.array(self._kind_odds, np.int64).reshape(len(self._recipes), len(self._rows), len(self._kinds))
