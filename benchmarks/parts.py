"""Where our time goes: the funnels with parts of them switched off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.ours import ours
from benchmarks.timing import measure
from benchmarks.work import ALONE, FUNNEL, OWNERS, TRACKS, TRACKS_EVEN, Work

CALLED_ONLY = {"stages.lead.moves.call.chance": "0%", "stages.lead.moves.call.else": "lost"}
CHECKED_ONLY = {
    "stages.lead.moves.call.chance": "100%",
    "stages.mql.moves.check.chance": "0%",
    "stages.mql.moves.check.else": "lost",
}
POOL_ONLY = {"stages.lead.moves.call.chance": "0%", "stages.pool.moves.touch.chance": "0%"}
FREELY_OWNED = {"teams.sales.hold": "unlimited", "stages.sql.moves.expire.extend": None}

PARTS: dict[str, tuple[Work, Mapping[str, Any]]] = {
    "funnel": (FUNNEL, {}),
    "funnel, without the team": (FUNNEL, ALONE),
    "only arrivals and calls": (FUNNEL, CALLED_ONLY),
    "only arrivals and calls, without the team": (FUNNEL, {**ALONE, **CALLED_ONLY}),
    "only calls and checks, without the team": (FUNNEL, {**ALONE, **CHECKED_ONLY}),
    "only calls and touches, without the team": (FUNNEL, {**ALONE, **POOL_ONLY}),
    "owners": (OWNERS, {}),
    "owners, without a hold and extensions": (OWNERS, FREELY_OWNED),
    "tracks": (TRACKS, {}),
    "tracks, without warmth and fatigue": (TRACKS_EVEN, {}),
    "tracks, without the team": (TRACKS, ALONE),
}


@dataclass(frozen=True)
class Part:
    """What an event takes of a part."""

    name: str
    events: int
    """In a replication."""
    nanoseconds: float


def measured(rounds: int = 3) -> list[Part]:
    """Time each part on its own."""
    found = []
    for name, (work, change) in PARTS.items():
        part = Work(name, work.file, work.rows, work.variant, dict(change))
        replications = 20
        (timing,) = measure(part, [ours(part, replications)], rounds)
        events = part.events(timing.all_counts()) // (replications * rounds)
        found.append(Part(name, events, timing.median))
        print(f"{name:42s} {events:9,d} events {timing.median:7.1f} ns an event", flush=True)
    return found
