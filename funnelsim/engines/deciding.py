"""What a lead is and has, and whether a rule holds for it, in the reference engine (rules 34, 53, 55, 56 and 65)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from funnelsim.engines import luck, points
from funnelsim.engines.tables import Tables
from funnelsim.program import records as p


@dataclass
class Store:
    """Warmth or fatigue of a lead: what it had, in thousandths, right after it last got some (rule 55)."""

    units: int = 0
    since: int = 0

    def at(self, now: int, half_life: int) -> int:
        """Return what is left of it; changes nothing."""
        return int(points.decayed(self.units, self.since, now, half_life))

    def add(self, units: int, now: int, half_life: int) -> None:
        """Read first, then add; nothing at all where there is nothing to add."""
        if units != 0:
            self.units, self.since = self.at(now, half_life) + units, now


def kinds_of(tables: Tables, regime: int, channel: int, key: int | np.uint64, segment: int = p.NONE) -> list[int]:
    """Rules 34 and 53: draw the segment of a lead, its traits, and what is observed of them.

    Parameters
    ----------
    tables : Tables
    regime : int
        What holds when the lead comes.
    channel : int
    key : int
        The lead's.
    segment : int
        Where a snapshot says it; NONE where it is drawn.
    """
    kinds = np.zeros(len(tables.kinds), np.int64)
    for q, kind in enumerate(tables.kinds):
        cell = luck.share_cell(kind, kinds, channel)
        drawn = luck.value_of(kind, tables.values, tables.shares[regime], cell, np.uint64(key))
        kinds[q] = segment if q == 0 and segment != p.NONE else drawn
    return [int(value) for value in kinds]


def known_of(tables: Tables, key: int) -> p.Record:
    """Rule 71: what a snapshot says of the lead with a key."""
    return tables.open_leads[int(np.searchsorted(tables.open_leads["key"], np.uint64(key)))]


def fit(tables: Tables, regime: int, kinds: Sequence[int]) -> int:
    """Rule 56: the points of what a lead is."""
    return int(points.fit_of(tables.fit[regime], tables.kind_first, np.array(kinds, np.int64)))


def is_silenced(move: p.Record, stages: int) -> bool:
    """Rule 60: say whether a move is silent for who has opted out: a touch, but for one of a stage with an `else`."""
    return bool(move["num_turns"] > 0 and (move["container"] >= stages or move["otherwise"] == p.NONE))


class Standing(NamedTuple):
    """All that rules look at, of one lead at one instant."""

    channel: int
    kinds: Sequence[int]
    """The segment, then the traits, then what is observed."""
    reason: int
    """Why it came to its stage; NONE for one that was created there, or of a backlog."""
    came_from: int
    stage: int
    behaviour: int
    score: int
    """In thousandths."""
    age: int
    """In ticks, as is silence."""
    silence: int
    touched: int


def meets(condition: p.Record, standing: Standing) -> bool:
    """Rule 65: say whether a lead meets one condition."""
    by, value = int(condition["by"]), int(condition["value"])
    named = {
        p.BY_CHANNEL: standing.channel,
        p.BY_REASON: standing.reason,
        p.BY_FROM: standing.came_from,
        p.BY_STAGE: standing.stage,
        p.BY_BEHAVIOUR: standing.behaviour,
    }
    ranged = {
        p.BY_SCORE: standing.score,
        p.BY_AGE: standing.age,
        p.BY_SILENCE: standing.silence,
        p.BY_TOUCHED: standing.touched,
    }
    if by in ranged:
        return bool(condition["low"] <= ranged[by] < condition["high"])
    return value == (named[by] if by in named else standing.kinds[by - p.BY_KIND])


def holds(tables: Tables, regime: int, rule: int, standing: Standing, ever: bool = False) -> bool:
    """Rule 65: a rule holds if all its conditions do; of several names of one thing one is enough.

    Parameters
    ----------
    tables : Tables
    regime, rule : int
    standing : Standing
    ever : bool
        Whether it is asked if the rule may ever hold: by segment, traits and channel, which do not change.
    """
    record = tables.rules[rule]
    met: dict[int, bool] = {}
    for condition in tables.conditions[regime, record["first_condition"] : record["end_condition"]]:
        by = int(condition["by"])
        met[by] = met.get(by, ever and by < 0) or meets(condition, standing)
    return all(met.values())


def first_that_holds(tables: Tables, regime: int, rules: Iterable[int], standing: Standing) -> int:
    """Rule 65: rules are looked at in order; NONE where none holds."""
    return next((rule for rule in rules if holds(tables, regime, rule, standing)), p.NONE)


def stream_of_track(tables: Tables, regime: int, stage: int, stream: int, standing: Standing) -> int:
    """Rules 13 and 65: the stream of a lead that has entered a stage, by what the stage says.

    Parameters
    ----------
    tables : Tables
    regime, stage : int
    stream : int
        The one it was in, or NONE.
    standing : Standing
        As the stage's rules see it.
    """
    record = tables.containers[regime, stage]
    track = int(record["track"])
    if track == p.RULES:
        rule = first_that_holds(tables, regime, range(record["first_rule"], record["end_rule"]), standing)
        track = p.NONE if rule == p.NONE else int(tables.rules[rule]["to"])
    return stream if track == p.KEEP else track
