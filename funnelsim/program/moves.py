"""Every move of a scenario as it stands in one regime, whether written in a stage or made of a track or a team."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from funnelsim.program import records as p
from funnelsim.program.chances import Layer, Written, WrittenChance, layer_of, some
from funnelsim.program.touches import Chains, WrittenRow, WrittenTurn
from funnelsim.scenario import Scenario
from funnelsim.scenario import quantities as q
from funnelsim.scenario.conditions import Conditions, Range
from funnelsim.scenario.frameworks import MET, looked_at
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.models import Extend, Move, Qualify, Stage, Step, Team, Track, Trigger
from funnelsim.scenario.paths import format_path
from funnelsim.scenario.ways import Way

TOUCH_MOVE = "touch"
"""The move of a stream that makes its track's touches."""

NO_TIME = q.Constant(0)


@dataclass(frozen=True)
class WrittenMove:
    """A move as one regime has it."""

    path: str
    name: str
    container: int
    after: q.Luck
    way: Way | None
    """Where a success leads."""
    otherwise: Way | None
    """Where the last failure leads."""
    rows: tuple[WrittenRow, ...]
    """The first row, and then the steps of the script; or the chains of touches in rotation."""
    every: q.Luck | None = None
    attempts: q.Number | None = 1
    lifetime: q.Number | None = None
    trigger: Trigger | None = None
    team: str | None = None
    owned: bool = False
    priority: q.Number = 0
    num_steps: int = 0
    needs: q.Number = 1
    unanswered: q.Number | None = None
    extend: Extend | None = None
    recycling: int | None = None
    """What makes a recycling move void."""
    turns: tuple[WrittenTurn, ...] = ()
    """Of a move that makes touches."""
    cadence: bool = False
    """Whether it is the rotation of a track."""
    event: str | None = None
    points: Written | None = None
    """Of warmth, for a success."""
    starts_on: tuple[str, Conditions] | None = None
    """The rule that triggers it, and where that is written."""
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
            and self.way is not None
            and self.way.to is not None
            and self.team is None
            and self.needs == 1
            and not self.turns
            and chance.value == 1.0
            and not chance.layers
            and not chance.criteria
        )


def written_moves(scenario: Scenario, chains: Chains) -> Iterator[WrittenMove]:
    """Yield the moves of all stages, of all tracks, and those that take leads back from teams, as they are written."""
    for container, (name, stage) in enumerate(scenario.stages.items()):
        for move_name, move in stage.moves.items():
            parts = ("stages", name, "moves", move_name)
            yield _move(scenario, chains, parts, move, container, stage.owner)
        yield from _score_moves(name, stage, container)
    for container, (name, track) in enumerate(scenario.tracks.items(), start=len(scenario.stages)):
        yield _cadence(scenario, chains, name, track, container)
        for move_name, move in track.moves.items():
            parts = ("tracks", name, "moves", move_name)
            yield _move(scenario, chains, parts, move, container, None, track)
        yield from _track_rules(name, track, container)
    for container, (name, team) in enumerate(scenario.teams.items(), start=len(scenario.stages) + len(scenario.tracks)):
        yield from _recycling_moves(name, team, container)


def _move(
    scenario: Scenario,
    chains: Chains,
    parts: tuple[str, ...],
    move: Move,
    container: int,
    owner: str | None,
    track: Track | None = None,
) -> WrittenMove:
    """Return a move that is written as one."""
    path, limit = format_path(parts), move.attempt_limit
    written = WrittenMove(
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
        way=move.way,
        otherwise=move.else_way,
        trigger=move.trigger,
        priority=move.priority,
        needs=move.needs,
        unanswered=None if isinstance(move.unanswered, str) else move.unanswered,
        extend=move.extend,
        event=move.event,
        rows=(),
    )
    if move.touch is not None:
        layers = [layer_of(f"{path}.odds", move.odds)]
        opted_out = None if track is None else track.on_opt_out.way
        active = track is None or track.active
        turn = chains.turn(scenario, move.touch, layers, move.reference, move.way, opted_out, active)
        made = replace(written, rows=turn.rows, turns=(turn,), team=scenario.touches[move.touch].team)
    else:
        made = _worked(scenario, written, move, owner)
    return _started(scenario, made, container)


def _worked(scenario: Scenario, written: WrittenMove, move: Move, owner: str | None) -> WrittenMove:
    """Return a move with its own chance, script and work."""
    path = written.path
    takes_time = move.takes != NO_TIME or any(step.takes != NO_TIME for step in move.script.values())
    team = move.team if move.team is not None else owner if takes_time else None
    steps = tuple(_step(f"{path}.script.{name}", name, step) for name, step in move.script.items())
    first = WrittenRow("", _chance(scenario, path, move), f"{path}.cost", move.cost, f"{path}.takes", move.takes)
    return replace(
        written,
        rows=(first, *steps),
        num_steps=len(steps),
        team=team,
        owned=team is not None and team == owner,
        points=(f"{path}.warmth", move.warmth) if move.warmth != 0.0 else None,
    )


def _chance(scenario: Scenario, path: str, move: Move) -> WrittenChance:
    """Return the chance of a move, with what its qualification asks for (rule 54)."""
    layers, required = [layer_of(f"{path}.odds", move.odds)], None
    criteria: tuple[tuple[str, str], ...] = ()
    if move.qualify is not None:
        asked = looked_at(scenario, move.qualify)
        layers.append(_weighed(path, move.qualify, asked))
        if move.qualify.require != "none":
            criteria = tuple((kind, MET) for kind in asked)
        if not isinstance(move.qualify.require, str):
            required = (f"{path}.qualify.require", move.qualify.require)
    return WrittenChance(f"{path}.chance", move.chance, some(layers), move.reference, criteria, required)


def _weighed(path: str, qualify: Qualify, asked: Sequence[str]) -> Layer:
    """Return the odds for each criterion that is met."""
    weight = (f"{path}.qualify.weigh", qualify.weigh)
    return Layer({kind: {MET: weight} for kind in asked} if qualify.weigh != 1.0 else {})


def _step(path: str, name: str, step: Step) -> WrittenRow:
    chance = WrittenChance(f"{path}.chance", step.chance, some([layer_of(f"{path}.odds", step.odds)]))
    reason = None if step.else_ is None else step.else_reason or name
    return WrittenRow(name, chance, f"{path}.cost", 0, f"{path}.takes", step.takes, otherwise=step.else_, reason=reason)


def _started(scenario: Scenario, move: WrittenMove, container: int) -> WrittenMove:
    """Return a move as its trigger starts it: some triggers are written as others."""
    trigger, path = move.trigger, f"{move.path}.trigger"
    if trigger is None:
        return move
    if trigger.score is not None:
        return replace(move, starts_on=(f"{path}.score", _reaches(trigger.score)))
    if trigger.when is not None:
        return replace(move, starts_on=(f"{path}.when", trigger.when))
    if trigger.anniversary is not None:
        attempts = None if move.attempts == 1 else move.attempts
        length = q.Constant(trigger.anniversary)
        return replace(move, every=length, every_path=f"{path}.anniversary", attempts=attempts)
    if trigger.expires is not None:
        stage, name = trigger.expires.move.split(".")
        deadline = scenario.stages[stage].moves[name].after
        fixed = q.Constant(float(deadline.value) - float(trigger.expires.before))  # type: ignore[union-attr, arg-type]
        return replace(move, after=fixed, after_path=f"{path}.expires.before")
    return move


def _score_moves(name: str, stage: Stage, container: int) -> Iterator[WrittenMove]:
    """Yield the moves that take a lead on once its score is high enough."""
    for to, points in stage.score.items():
        path = format_path(("stages", name, "score", to))
        yield _certain(path, f"score_{to}", container, Way(to), starts_on=(path, _reaches(points)))


def _reaches(points: q.Number) -> Conditions:
    """Return the condition that a score is high enough."""
    return Conditions(ranges=FrozenDict({"score": Range(from_=points)}))


def _track_rules(name: str, track: Track, container: int) -> Iterator[WrittenMove]:
    """Yield the end of a track, and the moves that its transition rules are."""
    path = format_path(("tracks", name))
    if track.ends is not None:
        yield _certain(
            f"{path}.ends", "ends", container, track.ends.way, q.Constant(track.ends.after), f"{path}.ends.after"
        )
    for number, rule in enumerate(track.transition_rules):
        rule_path = f"{path}.transition_rules.{number}"
        starts_on = (f"{rule_path}.if", rule.if_)
        yield _certain(rule_path, f"rule_{number + 1}", container, rule.way, starts_on=starts_on)


def _certain(
    path: str,
    name: str,
    container: int,
    way: Way | None,
    after: q.Luck = NO_TIME,
    after_path: str = "",
    starts_on: tuple[str, Conditions] | None = None,
    **others: object,
) -> WrittenMove:
    """Return a move that is sure to lead somewhere."""
    return WrittenMove(
        path=path,
        name=name,
        container=container,
        after=after,
        after_path=after_path or f"{path}.after",
        attempts_path=f"{path}.attempts",
        way=way,
        otherwise=None,
        rows=(WrittenRow("", WrittenChance(f"{path}.chance", 1.0), f"{path}.cost", 0),),
        starts_on=starts_on,
        **others,  # type: ignore[arg-type]
    )


def _cadence(scenario: Scenario, chains: Chains, name: str, track: Track, container: int) -> WrittenMove:
    """Return a track's cadence as a move whose turns are its touches, in rotation."""
    path, exhausted = format_path(("tracks", name)), track.exhausted
    layers = [layer_of(f"{path}.odds", track.odds)]
    turns = []
    for number, each in enumerate(track.touches):
        ways = (track.on_response.way, track.on_opt_out.way)
        turn = chains.turn(scenario, each.touch, layers, track.reference, *ways, track.active)
        up_to = each.wait_up_to is not None
        wait_path = f"{path}.touches.{number}.{'wait_up_to' if up_to else 'wait'}"
        turns.append(replace(turn, wait=each.own_wait, wait_path=wait_path, up_to=up_to))
    limits: dict[str, q.Number] = {} if exhausted is None else {exhausted.per: exhausted.after}
    limit_path = f"{path}.exhausted.after"
    return WrittenMove(
        path=f"{path}.{TOUCH_MOVE}",
        name=TOUCH_MOVE,
        container=container,
        after=track.cadence if isinstance(track.after, str) else track.after,
        after_path=f"{path}.cadence" if isinstance(track.after, str) else f"{path}.after",
        every=track.cadence,
        every_path=f"{path}.cadence",
        attempts=limits.get("stay"),
        attempts_path=limit_path,
        lifetime=limits.get("lifetime"),
        lifetime_path=limit_path,
        unanswered=limits.get("silence"),
        way=track.on_response.way,
        otherwise=None if exhausted is None else exhausted.way,
        rows=tuple(row for turn in turns for row in turn.rows),
        turns=tuple(turns),
        cadence=True,
        team=scenario.touches[track.touches[0].touch].team,
    )


def _recycling_moves(name: str, team: Team, container: int) -> Iterator[WrittenMove]:
    """Yield what takes owned leads back (rule 50): certain deadlines that a claim starts."""
    rule = team.recycle_after
    if rule is None:
        return
    kinds = (("follow_up", p.NOT_VOID), ("opportunity", p.VOID_IF_REACHED), ("win", p.VOID_IF_WON))
    for what, void in kinds:
        length = getattr(rule, what)
        if length is not None:
            path = format_path(("teams", name, "recycle_after", what))
            after = q.Constant(length)
            yield _certain(
                path, f"no_{what}", container, Way(rule.to), after, path, recycling=void, follow_up=what == "follow_up"
            )
