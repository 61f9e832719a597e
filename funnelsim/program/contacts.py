"""Turns of touches, limits of contact and content, as a program has them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from funnelsim.program import records as p
from funnelsim.program.moves import WrittenMove
from funnelsim.program.names import name_hash
from funnelsim.program.recipes import RecipeBook
from funnelsim.program.rules import RuleBook
from funnelsim.program.touches import WrittenTurn, content_odds
from funnelsim.scenario import Scenario
from funnelsim.scenario import quantities as q
from funnelsim.scenario.paths import format_path

EVERY_KIND = "all"
"""The limit that holds for touches of all kinds."""


class Contacts:
    """Everything about touches that a program needs, collected.

    Parameters
    ----------
    regimes : sequence of Scenario
    moves : sequence of sequence of WrittenMove
        Of each regime, in the order of the program.
    book, rules
        Added to.
    """

    def __init__(
        self,
        regimes: Sequence[Scenario],
        moves: Sequence[Sequence[WrittenMove]],
        book: RecipeBook,
        rules: RuleBook,
    ) -> None:
        self._regimes, self._book, self._rules = regimes, book, rules
        self.touches, self.assets = tuple(regimes[0].touches), tuple(regimes[0].content)
        self._limits = tuple(regimes[0].limits)
        self._by_regime = [[turn for move in some for turn in move.turns] for some in moves]
        self._first_rows = list(_first_rows(moves[0]))
        self.turn_limits: list[int] = []
        self.turn_assets: list[int] = []
        self.turns = [self._turn(number, turn) for number, turn in enumerate(self._by_regime[0])]

    def _turn(self, number: int, turn: WrittenTurn) -> tuple[int, ...]:
        first_row = self._first_rows[number]
        first_limit, first_asset = len(self.turn_limits), len(self.turn_assets)
        self.turn_limits += [i for i, kind in enumerate(self._limits) if kind in (turn.kind, EVERY_KIND)]
        self.turn_assets += [self.assets.index(asset) for asset in turn.content]
        rule = p.NONE
        if turn.conditions:
            rule = self._rules.add(turn.conditions_path, [turns[number].conditions for turns in self._by_regime])
        return (
            self.touches.index(turn.touch),
            first_row,
            first_row + len(turn.rows),
            first_row + turn.engaging,
            rule,
            int(turn.up_to),
            first_limit,
            len(self.turn_limits),
            first_asset,
            len(self.turn_assets),
        )

    def waits(self) -> p.IntArray:
        """(R, U): waits, or NONE."""
        return self._table([[self._wait(turn) for turn in turns] for turns in self._by_regime], ())

    def _wait(self, turn: WrittenTurn) -> int:
        return p.NONE if turn.wait is None else self._book.wait(turn.wait_path, turn.wait)

    def numbers(self) -> p.IntArray:
        """(R, U, 4): whether each turn is active, its weight, and how far records of opens tell the truth."""
        return self._table([[self._numbers(turn) for turn in turns] for turns in self._by_regime], (4,))

    def _numbers(self, turn: WrittenTurn) -> list[int]:
        # a touch may be active in one track and not in another, which is no uncertainty of the touch
        number = self._book.parameter
        told = [number(*one, chance=True) for one in (turn.seen, turn.false)]
        return [number(*turn.active), number(*turn.weight), *told]

    # ------------------------------------------------------------ limits
    def limits(self) -> list[tuple[int, ...]]:
        """(L,) of `LIMIT`."""
        found: list[tuple[int, ...]] = []
        first = 0
        for kind in self._limits:
            capacity = max(_most(regime.limits[kind].most.number) for regime in self._regimes)
            found.append((int(self._regimes[0].limits[kind].beyond == "drop"), first, capacity))
            first += capacity
        return found

    def limit_numbers(self) -> p.IntArray:
        """(R, L, 2): most touches, in so many ticks."""
        return self._table(
            [
                [
                    [
                        self._book.parameter(f"{format_path(('limits', kind))}.most", regime.limits[kind].most.number),
                        self._book.parameter(f"{format_path(('limits', kind))}.most.per", regime.limits[kind].most.per),
                    ]
                    for kind in self._limits
                ]
                for regime in self._regimes
            ],
            (2,),
        )

    # ------------------------------------------------------------ content
    def purposes(self) -> list[int]:
        """Return (A,): what keys the draw of each asset."""
        return [name_hash(format_path(("content", asset))) for asset in self.assets]

    def asset_numbers(self) -> p.IntArray:
        """(R, A, 3): share, number, and whether it is active."""
        return self._table([[self._asset(regime, name) for name in self.assets] for regime in self._regimes], (3,))

    def _asset(self, regime: Scenario, name: str) -> list[int]:
        asset, path = regime.content[name], format_path(("content", name))
        numbers = (("share", asset.share), ("number", asset.number), ("active", float(asset.active)))
        return [self._book.parameter(f"{path}.{field}", number) for field, number in numbers]

    def asset_odds(self, values: dict[str, tuple[str, ...]], channels: Sequence[str]) -> p.IntArray:
        """(R, A, V + C + S): odds by each value of a kind, each channel and each stage."""
        names = {**values, "channel": channels, "stage": tuple(self._regimes[0].stages)}
        width = sum(len(some) for some in names.values())
        found = []
        for regime in self._regimes:
            by_asset = [content_odds(regime, asset) for asset in self.assets]
            found.append(
                [
                    [
                        self._book.parameter(*odds[by][name]) if name in odds.get(by, ()) else p.NONE
                        for by, some in names.items()
                        for name in some
                    ]
                    for odds in by_asset
                ]
            )
        return self._table(found, (width,))

    def _table(self, rows: list[list[int]] | list[list[list[int]]], shape: tuple[int, ...]) -> p.IntArray:
        return p.read_only(np.array(rows, np.int64).reshape(len(self._regimes), -1 if any(rows) else 0, *shape))


def _first_rows(moves: Sequence[WrittenMove]) -> Iterator[int]:
    """Yield the first row of each turn."""
    first = 0
    for move in moves:
        row = first
        for turn in move.turns:
            yield row
            row += len(turn.rows)
        first += len(move.rows)


def _most(number: q.Number) -> int:
    """Return the most that is believed of a limit; of a range without end, five standard deviations up."""
    if isinstance(number, q.RangeBelief):
        return math.ceil(number.high * number.high / number.low)
    return math.ceil(q.bounds(number)[1])
