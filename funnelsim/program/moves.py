"""Every move of a scenario as it stands in one regime, whether written in a stage or made of a track or a team."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from funnelsim.program import records as p
from funnelsim.program.chances import WrittenChance
from funnelsim.scenario import Scenario
from funnelsim.scenario import quantities as q
from funnelsim.scenario.models import Extend, Move, Odds, Step, Team, Track, Trigger
from funnelsim.scenario.paths import format_path

TOUCH_MOVE = "touch"
"""The move of a stream that makes its track's touches."""

NO_TIME = q.Constant(0)


@dataclass(frozen=True)
class WrittenRow:
    """One row of a move: its only chance, a touch whose turn it is, or a step of its script."""

    name: str
    """Of the touch or step; empty for a plain move."""
    chance: WrittenChance
    cost_path: str = ""
    cost: q.Number = 0
    takes_path: str = ""
    takes: q.Luck = NO_TIME
    otherwise: str | None = None
    reason: str | None = None
    touch: bool = False


@dataclass(frozen=True)
class WrittenMove:
    """A move as one regime has it."""

    path: str
    name: str
    container: int
    after: q.Luck
    to: str | None
    otherwise: str | None
    rows: tuple[WrittenRow, ...]
    """Touches in rotation; or the first row, and then the steps of the script."""
    every: q.Luck | None = None
    attempts: q.Number | None = 1
    lifetime: q.Number | None = None
    trigger: Trigger | None = None
    to_reason: str | None = None
    else_reason: str | None = None
    team: str | None = None
    owned: bool = False
    priority: q.Number = 0
    num_steps: int = 0
    needs: q.Number = 1
    unanswered: q.Number | None = None
    extend: Extend | None = None
    recycling: int | None = None
    """What makes a recycling move void."""
    follow_up: bool = False
    """Whether a follow-up starts it."""
    after_path: str = ""
    every_path: str = ""
    attempts_path: str = ""
    lifetime_path: str = ""

    @property
    def is_deadline(self) -> bool:
        """Rule 7: certain to take the lead away at a time fixed on entry."""
        chance = self.rows[0].chance
        return (
            len(self.rows) == 1
            and isinstance(self.after, q.Constant)
            and self.attempts == 1
            and self.to is not None
            and self.team is None
            and self.needs == 1
            and chance.value == 1.0
            and chance.odds == Odds()
        )


def written_moves(scenario: Scenario) -> Iterator[WrittenMove]:
    """Yield the moves of all stages, of all tracks, and those that take leads back from teams, as they are written."""
    for container, (name, stage) in enumerate(scenario.stages.items()):
        for move_name, move in stage.moves.items():
            yield _plain_move(("stages", name, "moves", move_name), move, container, stage.owner)
    for container, (name, track) in enumerate(scenario.tracks.items(), start=len(scenario.stages)):
        yield _touch_move(name, track, container, scenario)
        for move_name, move in track.moves.items():
            yield _plain_move(("tracks", name, "moves", move_name), move, container, None)
    for container, (name, team) in enumerate(scenario.teams.items(), start=len(scenario.stages) + len(scenario.tracks)):
        yield from _recycling_moves(name, team, container)


def _plain_move(parts: tuple[str, ...], move: Move, container: int, owner: str | None) -> WrittenMove:
    path, name = format_path(parts), parts[-1]
    limit = move.attempt_limit
    takes_time = move.takes != NO_TIME or any(step.takes != NO_TIME for step in move.script.values())
    team = move.team if move.team is not None else owner if takes_time else None
    chance = WrittenChance(f"{path}.chance", move.chance, f"{path}.odds", move.odds, move.reference)
    first = WrittenRow("", chance, f"{path}.cost", move.cost, f"{path}.takes", move.takes)
    steps = tuple(_step(f"{path}.script.{step_name}", step_name, step) for step_name, step in move.script.items())
    return WrittenMove(
        path=path,
        name=name,
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
        to_reason=move.to_reason,
        otherwise=move.else_,
        else_reason=move.else_reason,
        trigger=move.trigger,
        rows=(first, *steps),
        team=team,
        owned=team is not None and team == owner,
        priority=move.priority,
        num_steps=len(steps),
        needs=move.needs,
        unanswered=None if isinstance(move.unanswered, str) else move.unanswered,
        extend=move.extend,
    )


def _step(path: str, name: str, step: Step) -> WrittenRow:
    chance = WrittenChance(f"{path}.chance", step.chance, f"{path}.odds", step.odds, reference=False)
    reason = None if step.else_ is None else step.else_reason or name
    return WrittenRow(name, chance, f"{path}.cost", 0, f"{path}.takes", step.takes, otherwise=step.else_, reason=reason)


def _touch_move(name: str, track: Track, container: int, scenario: Scenario) -> WrittenMove:
    """Return a track's cadence as a move whose rows are its touches, in rotation."""
    path = format_path(("tracks", name))
    exhausted = track.exhausted
    rows = []
    for touch_name in track.touches:
        touch = scenario.touches[touch_name]
        touch_path = format_path(("touches", touch_name))
        chance = WrittenChance(f"{touch_path}.response", touch.response, f"{path}.odds", track.odds, track.reference)
        rows.append(WrittenRow(touch_name, chance, f"{touch_path}.cost", touch.cost, touch=True))
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
        to_reason=track.on_response.to_reason,
        otherwise=exhausted.to if exhausted is not None else None,
        else_reason=(exhausted.to_reason or "exhausted") if exhausted is not None else None,
        rows=tuple(rows),
    )


def _recycling_moves(name: str, team: Team, container: int) -> Iterator[WrittenMove]:
    """Yield what takes owned leads back (rule 50): certain deadlines that a claim starts."""
    rule = team.recycle_after
    if rule is None:
        return
    kinds = (("follow_up", p.NOT_VOID), ("opportunity", p.VOID_IF_REACHED), ("win", p.VOID_IF_WON))
    for what, void in kinds:
        length = getattr(rule, what)
        if length is None:
            continue
        path = format_path(("teams", name, "recycle_after", what))
        chance = WrittenChance(f"{path}.chance", 1.0, f"{path}.odds", Odds(), reference=False)
        yield WrittenMove(
            path=path,
            name=f"no_{what}",
            container=container,
            after=q.Constant(length),
            after_path=path,
            attempts_path=f"{path}.attempts",
            to=rule.to,
            otherwise=None,
            rows=(WrittenRow("", chance, f"{path}.cost", 0),),
            recycling=void,
            follow_up=what == "follow_up",
        )
