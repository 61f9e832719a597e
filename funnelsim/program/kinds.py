"""What leads differ by, as a program has it: segments, traits and what is observed of them, with their shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from funnelsim.program import records as p
from funnelsim.program.names import name_hash
from funnelsim.program.recipes import RecipeBook
from funnelsim.scenario import Scenario
from funnelsim.scenario import quantities as q
from funnelsim.scenario.paths import format_path

EVERYONE = "all"
"""The segment of all leads where a scenario has no segments."""


class Kinds:
    """The kinds of a scenario, and the layout of their shares.

    Attributes
    ----------
    values : mapping
        Of the segment, then each trait, then each observed trait: its values.
    depends : mapping
        Of each kind the kinds that its shares depend on, and those on which these depend.
    """

    def __init__(self, regimes: Sequence[Scenario]) -> None:
        self._regimes = regimes
        scenario = regimes[0]
        self.values: dict[str, tuple[str, ...]] = {"segment": tuple(scenario.segments) or (EVERYONE,)}
        self.values |= {trait: tuple(shares) for trait, shares in scenario.traits.items()}
        self._of = {name: observed.of for name, observed in scenario.observed.items()}
        self.values |= {name: self.values[of] for name, of in self._of.items()}
        self.depends = {kind: self._depends(kind) for kind in self.values}
        self._channels = tuple(scenario.channels)
        self._by_channel = {trait for regime in regimes for one in regime.channels.values() for trait in one.traits}

    def _depends(self, kind: str) -> tuple[str, ...]:
        if kind in self._of:
            return (self._of[kind], *self._depends(self._of[kind]))
        own = any(kind in segment.traits for regime in self._regimes for segment in regime.segments.values())
        return ("segment",) if own else ()

    def _cells(self, kind: str) -> tuple[int, int, int]:
        """Return how many segments, channels ("whatever it is" included) and true values have shares of their own."""
        segments = len(self.values["segment"]) if kind not in self._of and self.depends[kind] else 1
        channels = len(self._channels) + 1 if kind in self._by_channel else 1
        return segments, channels, len(self.values[kind]) if kind in self._of else 1

    def records(self) -> list[tuple[int, ...]]:
        """(Q,) of `KIND`."""
        names, first, first_share = list(self.values), 0, 0
        records: list[tuple[int, ...]] = []
        for kind, values in self.values.items():
            segments, channels, true = self._cells(kind)
            of = names.index(self._of[kind]) if kind in self._of else p.NONE
            steps = (channels * true if segments > 1 else 0, true if channels > 1 else 0, 1 if true > 1 else 0)
            records.append((first, first + len(values), first_share, of, *steps))
            first += len(values)
            first_share += segments * channels * true * len(values)
        return records

    def purposes(self) -> list[int]:
        """(V,): what keys the draw of each value."""
        return [
            name_hash(format_path((*self._place(kind), value)))
            for kind, values in self.values.items()
            for value in values
        ]

    def _place(self, kind: str) -> tuple[str, ...]:
        """Return the path that a kind is written at."""
        if kind == "segment":
            return ("segments",)
        return ("observed" if kind in self._of else "traits", kind)

    def shares(self, regime: Scenario, book: RecipeBook) -> list[int]:
        """(X,): parameters of one regime; of an observed kind the error, once for each value it may take."""
        return [
            book.parameter(*self._share(regime, kind, value, segment, channel, true), chance=True)
            for kind, values in self.values.items()
            for segment, channel, true in self._all_cells(kind)
            for value in values
        ]

    def _all_cells(self, kind: str) -> list[tuple[int, int, int]]:
        segments, channels, true = self._cells(kind)
        return [(i, j, k) for i in range(segments) for j in range(channels) for k in range(true)]

    def _share(
        self, regime: Scenario, kind: str, value: str, segment: int, channel: int, true: int
    ) -> tuple[str, q.Number]:
        if kind == "segment":
            if not regime.segments:
                return f"segments.{value}.share", 1.0
            return format_path(("segments", value, "share")), regime.segments[value].share
        if kind in self._of:
            return self._error(regime, kind, self.values[kind][true])
        places: list[tuple[tuple[str, ...], Mapping[str, Mapping[str, q.Number]]]] = []
        if channel < len(self._channels):
            name = self._channels[channel]
            places.append((("channels", name), regime.channels[name].traits))
        if regime.segments:
            name = self.values["segment"][segment]
            places.append((("segments", name), regime.segments[name].traits))
        for parts, traits in places:
            if kind in traits and self._cells(kind)[0 if parts[0] == "segments" else 1] > 1:
                return format_path((*parts, "traits", kind, value)), traits[kind][value]
        return format_path(("traits", kind, value)), regime.traits[kind][value]

    def _error(self, regime: Scenario, kind: str, true: str) -> tuple[str, q.Number]:
        error, path = regime.observed[kind].error, format_path(("observed", kind, "error"))
        return (f"{path}.{true}", error[true]) if isinstance(error, Mapping) else (path, error)

    def table(self, rows: list[list[int]]) -> p.IntArray:
        """(R, X) of what `shares` says in each regime."""
        return p.read_only(np.array(rows, np.int64))
