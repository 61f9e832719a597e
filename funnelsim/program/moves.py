"""Every move of a scenario as it stands in one regime, whether written in a stage or made of a track."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from funnelsim.program.chances import WrittenChance
from funnelsim.scenario import Scenario
from funnelsim.scenario import quantities as q
from funnelsim.scenario.models import Move, Track, Trigger
from funnelsim.scenario.paths import format_path

TOUCH_MOVE = "touch"
"""The move of a stream that makes its track's touches."""


@dataclass(frozen=True)
class WrittenMove:
    """A move as one regime has it, whether written in a stage or made of a track."""

    path: str
    name: str
    container: int
    after: q.Luck
    after_path: str
    every: q.Luck | None
    every_path: str
    attempts: q.Number | None
    attempts_path: str
    lifetime: q.Number | None
    lifetime_path: str
    to: str | None
    otherwise: str | None
    trigger: Trigger | None
    rows: tuple[tuple[str, WrittenChance, str, q.Number], ...]
    """Touch (empty for a plain move), its chance, and path and amount of its cost."""

    @property
    def is_deadline(self) -> bool:
        """Rule 7: certain to take the lead away at a time fixed on entry."""
        chance = self.rows[0][1]
        return (
            len(self.rows) == 1
            and isinstance(self.after, q.Constant)
            and self.attempts == 1
            and self.to is not None
            and chance.value == 1.0
            and not any((chance.odds.segment, chance.odds.channel, chance.odds.attempt, chance.odds.visit))
        )


def written_moves(scenario: Scenario) -> Iterator[WrittenMove]:
    """Yield the moves of all stages, then those of all tracks, in the order they are written in."""
    for container, (name, stage) in enumerate(scenario.stages.items()):
        for move_name, move in stage.moves.items():
            yield _plain_move(("stages", name, "moves", move_name), move, container)
    for container, (name, track) in enumerate(scenario.tracks.items(), start=len(scenario.stages)):
        yield _touch_move(name, track, container, scenario)
        for move_name, move in track.moves.items():
            yield _plain_move(("tracks", name, "moves", move_name), move, container)


def _plain_move(parts: tuple[str, ...], move: Move, container: int) -> WrittenMove:
    path = format_path(parts)
    limit = move.attempt_limit
    chance = WrittenChance(f"{path}.chance", move.chance, f"{path}.odds", move.odds, move.reference)
    return WrittenMove(
        path=path,
        name=parts[-1],
        container=container,
        after=move.after,
        after_path=f"{path}.after",
        every=move.every,
        every_path=f"{path}.every",
        attempts=None if isinstance(limit, str) else limit,
        attempts_path=f"{path}.attempts",
        lifetime=None if isinstance(move.lifetime_attempts, str) else move.lifetime_attempts,
        lifetime_path=f"{path}.lifetime_attempts",
        to=move.to,
        otherwise=move.else_,
        trigger=move.trigger,
        rows=(("", chance, f"{path}.cost", move.cost),),
    )


def _touch_move(name: str, track: Track, container: int, scenario: Scenario) -> WrittenMove:
    """Return a track's cadence as a move whose rows are its touches, in rotation."""
    path = format_path(("tracks", name))
    exhausted = track.exhausted
    rows = []
    for touch_name in track.touches:
        touch = scenario.touches[touch_name]
        touch_path = format_path(("touches", touch_name))
        chance = WrittenChance(f"{touch_path}.response", touch.response, f"{path}.odds", track.odds, track.reference)
        rows.append((touch_name, chance, f"{touch_path}.cost", touch.cost))
    limit_path = f"{path}.exhausted.after"
    return WrittenMove(
        path=f"{path}.{TOUCH_MOVE}",
        name=TOUCH_MOVE,
        container=container,
        after=track.first_wait,
        after_path=f"{path}.cadence" if isinstance(track.after, str) else f"{path}.after",
        every=track.cadence,
        every_path=f"{path}.cadence",
        attempts=exhausted.after if exhausted is not None and exhausted.per == "stay" else None,
        attempts_path=limit_path,
        lifetime=exhausted.after if exhausted is not None and exhausted.per == "lifetime" else None,
        lifetime_path=limit_path,
        to=track.on_response.to,
        otherwise=exhausted.to if exhausted is not None else None,
        trigger=None,
        rows=tuple(rows),
    )
