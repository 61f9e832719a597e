"""Sentences that say of whom a chance is the average, and what it is for the reference lead."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from funnelsim.scenario import words
from funnelsim.scenario.measures import CHANCE
from funnelsim.scenario.quantities import ChanceValue, Number, Table

if TYPE_CHECKING:
    from funnelsim.scenario.models import Odds, Scenario

_MOST_KINDS_OF_LEADS = 10_000
"""Over more combinations of segments and traits no average is worked out; it would take too long."""


def chance_sentences(scenario: Scenario) -> Iterator[str]:
    """Say of each chance whose odds differ between leads what it is the chance of."""
    for name, chance, odds, reference in _chances(scenario):
        kinds = [by for by in _tables(scenario, odds) if not (isinstance(chance, Table) and chance.by == by)]
        if not kinds:
            continue
        shares = "the segments' shares" if kinds == ["segment"] else f"the shares of {words.join(kinds)}"
        if reference:
            yield f"{name}: the chance is that of a lead whose odds are all 1 (reference)."
        elif isinstance(chance, int | float) and 0 < chance < 1:
            solved = reference_chance(scenario, chance, odds)
            base = "it is solved when it runs" if solved is None else f"it is {words.rough(solved * 100)}%"
            yield (
                f"{name}: {words.fixed(chance, CHANCE)} is the average over {shares}; for a lead whose "
                f"odds are all 1 {base} (the reference chance)."
            )
        else:
            yield f"{name}: the chance is the average over {shares}, solved in each replication."


def _chances(scenario: Scenario) -> Iterator[tuple[str, ChanceValue, Odds, bool]]:
    moves = [
        *((f"{stage}, {name}", m) for stage, holder in scenario.stages.items() for name, m in holder.moves.items()),
        *((f"{track}, {name}", m) for track, holder in scenario.tracks.items() for name, m in holder.moves.items()),
    ]
    for name, move in moves:
        yield name, move.chance, move.odds, move.reference
        yield from ((f"{name}, {step_name}", step.chance, step.odds, False) for step_name, step in move.script.items())
    for track_name, track in scenario.tracks.items():
        for touch in dict.fromkeys(track.touch_names):
            for step in list(scenario.touches[touch].engagement.values())[:1]:  # what acts on the touch as a whole
                yield f"{track_name}, {touch}", step.chance, track.odds, track.reference


def _tables(scenario: Scenario, odds: Odds) -> dict[str, tuple[Mapping[str, Number], Mapping[str, Number]]]:
    """Return shares and odds of what a chance differs by: segments, and traits."""
    segments = {name: segment.share for name, segment in scenario.segments.items()}
    tables: dict[str, tuple[Mapping[str, Number], Mapping[str, Number]]] = {"segment": (segments, odds.segment)}
    tables |= {trait: (_shares(scenario, trait), values) for trait, values in odds.traits.items()}
    return {by: (shares, values) for by, (shares, values) in tables.items() if shares and values}


def _shares(scenario: Scenario, trait: str) -> Mapping[str, Number]:
    """Return the general shares of a trait; of an observed one those of the trait that it is of."""
    return scenario.traits[scenario.observed[trait].of if trait in scenario.observed else trait]


def reference_chance(scenario: Scenario, average: float, odds: Odds) -> float | None:
    """Solve the chance of a lead with all odds at 1 that gives an average over all leads; for display only.

    None where a share or a multiplier is not known, so that it differs between replications, where shares depend on
    each other, and where there are too many kinds of leads.
    """
    if any(trait in scenario.observed for trait in odds.traits) or any(s.traits for s in scenario.segments.values()):
        return None  # shares that depend on each other
    pairs = [(1.0, 1.0)]
    for shares, multipliers in _tables(scenario, odds).values():
        kinds = [(share, multipliers.get(name, 1.0)) for name, share in shares.items()]
        known = [pair for pair in kinds if all(isinstance(number, int | float) for number in pair)]
        if len(known) < len(kinds) or len(kinds) * len(pairs) > _MOST_KINDS_OF_LEADS:
            return None
        pairs = [
            (share * more, multiplier * other)  # type: ignore[operator]
            for share, multiplier in pairs
            for more, other in known
        ]
    low, high = -50.0, 50.0  # the logarithm of the odds
    for _ in range(100):
        middle = (low + high) / 2
        mean = sum(share / (1 + math.exp(-middle) / multiplier) for share, multiplier in pairs)
        low, high = (middle, high) if mean < average else (low, middle)
    return 1 / (1 + math.exp(-low))
