"""How a written chance becomes a table by segment, channel, attempt and visit, and a recipe that fills it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from funnelsim.program import program as p
from funnelsim.program.recipes import RecipeBook
from funnelsim.scenario import quantities as q
from funnelsim.scenario.models import Odds

BY = {"segment": p.BY_SEGMENT, "channel": p.BY_CHANNEL, "attempt": p.BY_ATTEMPT, "visit": p.BY_VISIT}


@dataclass(frozen=True)
class WrittenChance:
    """A chance with its odds, as one row of a move has it in one regime."""

    path: str
    value: q.ChanceValue
    odds_path: str
    odds: Odds
    reference: bool

    def length(self, by: str) -> int:
        """Return how many entries the chance has by this thing; 1 where it does not differ."""
        lengths = [1]
        if isinstance(self.value, q.Table) and self.value.by == by:
            lengths.append(len(self.value.values))
        lengths.append(len(getattr(self.odds, by)))
        return max(lengths)


class ChanceTables:
    """Lays out the chances of all rows in one table a regime, and writes the recipes."""

    def __init__(self, book: RecipeBook, segments: Sequence[str], channels: Sequence[str], num_regimes: int) -> None:
        self._book = book
        self._names = {"segment": tuple(segments), "channel": tuple(channels)}
        self._rows: list[tuple[int, ...]] = []
        self._recipes: list[list[tuple[int, ...]]] = [[] for _ in range(num_regimes)]
        self.num_chances = 0

    def add_row(self, by_regime: Sequence[WrittenChance], touch: bool) -> None:
        """Add one row: its chance in each regime, and whether it is a track's touch."""
        segments = len(self._names["segment"]) if self._differs(by_regime, "segment") else 1
        channels = len(self._names["channel"]) if self._differs(by_regime, "channel") else 1
        attempts = max(chance.length("attempt") for chance in by_regime)
        visits = max(chance.length("visit") for chance in by_regime)
        per_attempt = visits
        per_channel = per_attempt * attempts
        per_segment = per_channel * channels
        self._rows.append(
            (
                self.num_chances,
                per_segment if segments > 1 else 0,
                per_channel if channels > 1 else 0,
                per_attempt,
                attempts,
                1,
                visits,
                int(touch),
            )
        )
        self.num_chances += per_segment * segments
        for recipes, chance in zip(self._recipes, by_regime, strict=True):
            recipes.append(self._recipe(chance))

    def _differs(self, by_regime: Sequence[WrittenChance], by: str) -> bool:
        return any(
            bool(getattr(chance.odds, by)) or (isinstance(chance.value, q.Table) and chance.value.by == by)
            for chance in by_regime
        )

    def _recipe(self, chance: WrittenChance) -> tuple[int, ...]:
        by, base = self._base(chance)
        odds = chance.odds
        return (
            by,
            self._book.list_of(base),
            len(base),
            self._named_odds(chance.odds_path, "segment", odds.segment),
            self._named_odds(chance.odds_path, "channel", odds.channel),
            *self._numbered_odds(chance.odds_path, "attempt", odds.attempt),
            *self._numbered_odds(chance.odds_path, "visit", odds.visit),
            0 if chance.reference else 1,
        )

    def _base(self, chance: WrittenChance) -> tuple[int, list[int]]:
        value = chance.value
        if not isinstance(value, q.Table):
            return p.BY_NOTHING, [self._book.parameter(chance.path, value, chance=True)]
        path = f"{chance.path}.{value.by}"
        if value.by in self._names:
            by_name = dict(zip(value.names, value.values, strict=True))
            entries = [(name, by_name[name]) for name in self._names[value.by]]
        else:
            entries = [(str(number), entry) for number, entry in enumerate(value.values)]
        return BY[value.by], [self._book.parameter(f"{path}.{name}", entry, chance=True) for name, entry in entries]

    def _named_odds(self, path: str, by: str, odds: dict[str, q.Number]) -> int:
        if not odds:
            return p.NONE
        return self._book.list_of(
            self._book.parameter(f"{path}.{by}.{name}", odds.get(name, 1.0)) for name in self._names[by]
        )

    def _numbered_odds(self, path: str, by: str, odds: Sequence[q.Number]) -> tuple[int, int]:
        if not odds:
            return p.NONE, 0
        positions = [self._book.parameter(f"{path}.{by}.{number}", entry) for number, entry in enumerate(odds)]
        return self._book.list_of(positions), len(positions)

    def rows(self) -> p.RecordArray:
        """(W,) of `ROW`."""
        return p.records(self._rows, p.ROW)

    def recipes(self) -> p.RecordArray:
        """(R, W) of `CHANCE_RECIPE`."""
        flat = [recipe for regime in self._recipes for recipe in regime]
        return p.records(flat, p.CHANCE_RECIPE).reshape(len(self._recipes), len(self._rows))
