"""Rounds within one instant of the leads that meet some conditions: by rules, scores and what is done at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from funnelsim.scenario.conditions import Conditions, Range
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.meeting import both_hold
from funnelsim.scenario.problems import PathParts
from funnelsim.scenario.quantities import bounds
from funnelsim.scenario.racing import span
from funnelsim.scenario.routes import entries, standings
from funnelsim.scenario.scores import surely_holds
from funnelsim.scenario.ways import Way

if TYPE_CHECKING:
    from funnelsim.scenario.models import Move, Scenario

_MOST_STEPS = 3_000
"""How many steps of leads are followed."""


class At(NamedTuple):
    """Where a lead is, and how it came there; None where that may be anything.

    Attributes
    ----------
    stage : str
    track : str or None
        None where it is in none.
    joined : bool
        Whether it has joined its track just now, so that the rules there count as not holding before (rule 68).
    reason, came_from : str or None
        Why it came to its stage, and from which.
    entered : bool
        Whether it has entered its stage just now, so that there is no silence.
    """

    stage: str
    track: str | None
    joined: bool = True
    reason: str | None = None
    came_from: str | None = None
    entered: bool = False


class Rule(NamedTuple):
    """What leads on at once where conditions hold: where it is written, and the name it gives as a reason."""

    path: PathParts
    conditions: Conditions
    way: Way
    name: str


class Step(NamedTuple):
    """One step of a lead: the rule that is followed, what then holds of the lead, and where it is."""

    rule: Rule
    met: Conditions
    at: At


class Circle(NamedTuple):
    """A round: what is entered and joined, the first again as the last, and where one of its rules is written."""

    places: tuple[str, ...]
    path: PathParts


def circles(scenario: Scenario) -> Iterator[Circle]:
    """Yield the rounds that some leads go for ever without any time passing.

    Only those that conditions lead some leads into; `rounds` finds what all leads go.
    """
    told: set[frozenset[str]] = set()
    starts = {standing for entering in entries(scenario) for standing in standings(scenario, entering)}
    order = sorted(starts, key=lambda standing: (standing.stage, standing.track or ""))
    ahead: list[tuple[tuple[At, ...], Conditions]] = [
        ((At(standing.stage, standing.track),), Conditions()) for standing in order[::-1]
    ]
    for _ in range(_MOST_STEPS):
        if not ahead:
            return
        path, met = ahead.pop()
        for step in _steps(scenario, path[-1], met):
            if step.at in path:
                circle = _walk(scenario, step.at, step.met)
                if circle is not None and frozenset(circle.places) not in told:
                    told.add(frozenset(circle.places))
                    yield circle
            else:
                ahead.append(((*path, step.at), step.met))


def _walk(scenario: Scenario, start: At, met: Conditions) -> Circle | None:
    """Follow leads which meet conditions, and nothing more, from a place on; None where they do not come back."""
    steps: list[Step] = []
    at = start
    while not steps or at not in (start, *(step.at for step in steps[:-1])):
        step = next((step for step in _steps(scenario, at, met) if step.met == met), None)
        if step is None:
            return None
        steps.append(step)
        at = step.at
    conditional = [step.rule for step in steps if step.rule.conditions]
    if at != start or not conditional or surely_holds(scenario, met):
        return None
    names = [str(step.rule.way.to or f"track {step.rule.way.track}") for step in steps]
    return Circle((names[-1], *names), conditional[0].path)


# ---------------------------------------------------------------- steps
def _steps(scenario: Scenario, at: At, met: Conditions) -> Iterator[Step]:
    """Yield what leads that meet some conditions may do next, up to what all of them do."""
    for rule in _rules(scenario, at):
        both = _also(at, met, rule.conditions)
        if both is None:
            continue
        yield from _followed(scenario, at, rule, both)
        if both == met:
            return


def _followed(scenario: Scenario, at: At, rule: Rule, met: Conditions) -> Iterator[Step]:
    """Yield where a rule leads: to a track, or to a stage and the tracks that may be joined there."""
    if rule.way.to is None:
        if rule.way.track != at.track:
            yield Step(rule, met, at._replace(track=rule.way.track, joined=True))
        return
    coming = at._replace(reason=rule.way.reason or rule.name, came_from=at.stage)
    for track_rule in scenario.stages[rule.way.to].track_rules:
        both = _also(coming, met, track_rule.if_)
        if both is not None:
            track = {"none": None, "keep": at.track}.get(track_rule.track, track_rule.track)
            yield Step(rule, both, _entered(coming, rule.way.to, track))
            if both == met:
                return
    yield Step(rule, met, _entered(coming, rule.way.to, None))


def _entered(coming: At, stage: str, track: str | None) -> At:
    return coming._replace(stage=stage, track=track, joined=track != coming.track, entered=True)


def _also(at: At, met: Conditions, conditions: Conditions) -> Conditions | None:
    """Return what holds of leads that also meet other conditions where they are; None where none of them does."""
    known = {"stage": at.stage, "reason": at.reason, "from": at.came_from}
    for by, value in known.items():
        if value is not None and by in conditions.names and value not in conditions.names[by]:
            return None
    silent = conditions.ranges.get("silent", Range())
    if at.entered and silent.from_ is not None and bounds(silent.from_)[0] > 0:
        return None
    names = {by: values for by, values in conditions.names.items() if by not in known}
    ranges = {by: range_ for by, range_ in conditions.ranges.items() if by != "silent"}
    return both_hold(met, Conditions(FrozenDict(names), FrozenDict(ranges)))


# ---------------------------------------------------------------- rules
def _rules(scenario: Scenario, at: At) -> list[Rule]:
    """Return what leads on at once from a place, in order; nothing where something else may come first."""
    stage = scenario.stages[at.stage]
    of_stage = [(("stages", at.stage, "moves", name), move) for name, move in stage.moves.items()]
    rules = [_rule_of(path, move) for path, move in of_stage if _is_rule(move)]
    for target, points in ((target, points) for target, points in stage.score.items() if target != at.stage):
        reached = Conditions(ranges=FrozenDict({"score": Range(points)}))
        rules.append(Rule(("stages", at.stage, "score", target), reached, Way(target), f"score_{target}"))
    moves = [move for _, move in of_stage]
    if at.track and at.joined:
        track = scenario.tracks[at.track]
        of_track = [(("tracks", at.track, "moves", name), move) for name, move in track.moves.items()]
        rules += [_rule_of(path, move) for path, move in of_track if _is_rule(move)]
        for number, rule in enumerate(track.transition_rules):
            place: PathParts = ("tracks", at.track, "transition_rules", number)
            rules += [Rule(place, rule.if_, rule.way, f"rule_{number + 1}")] if rule.way is not None else []
        moves += track.moves.values()
    if any(_comes_at_once(move) and not _is_rule(move) for move in moves):
        return []
    return sorted(rules, key=lambda rule: bool(rule.conditions))  # what is done at once is a deadline (rule 7)


def _rule_of(path: PathParts, move: Move) -> Rule:
    assert move.way is not None
    conditions = Conditions()
    if move.trigger is not None and move.trigger.score is not None:
        conditions = Conditions(ranges=FrozenDict({"score": Range(move.trigger.score)}))
    elif move.trigger is not None and move.trigger.when is not None:
        conditions = move.trigger.when
    return Rule(path, conditions, move.way, str(path[-1]))


def _comes_at_once(move: Move) -> bool:
    """Say whether a move may come in the instant in which its stage is entered or its conditions begin to hold."""
    wait = span(move.after)
    trigger = move.trigger
    started = trigger is None or trigger.score is not None or trigger.when is not None or trigger.enters is not None
    return started and wait is not None and wait[0] == 0


def _is_rule(move: Move) -> bool:
    """Say whether a move leads on at once and for certain, and changes nothing else."""
    wait = span(move.after)
    plain = move.chance == 1.0 and not move.script and move.needs == 1 and move.touch is None and move.qualify is None
    alone = move.team is None and not move.takes_time and move.event is None and move.warmth == 0
    unlimited = move.lifetime_attempts == "unlimited" and not (move.trigger and move.trigger.enters)
    return _comes_at_once(move) and wait == (0, 0) and plain and alone and unlimited and move.way is not None
