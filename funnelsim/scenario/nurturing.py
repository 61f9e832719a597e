"""Rules about tracks: who joins them, what they lead to, what starts their moves, and rounds that take no time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from funnelsim.scenario.cases import Case
from funnelsim.scenario.circling import circles
from funnelsim.scenario.problems import Finding, PathParts, near_miss
from funnelsim.scenario.quantities import Constant, bounds
from funnelsim.scenario.routes import moves_of
from funnelsim.scenario.units import write_duration

if TYPE_CHECKING:
    from funnelsim.scenario.models import Expires, Move, Scenario
    from funnelsim.scenario.ways import Way


# ---------------------------------------------------------------- who joins
def _track_rules_decide(case: Case) -> Iterator[Finding]:
    for name, stage in case.scenario.stages.items():
        if isinstance(stage.track, str) or not case.sure(("stages", name, "track")):
            continue
        for number, rule in enumerate(stage.track[:-1]):
            if not rule.if_:
                message = "every lead meets this rule, so that those after it are never looked at"
                yield ("stages", name, "track", number), f"{message}; give it an 'if', or move it to the end"


def _scores_lead_elsewhere(case: Case) -> Iterator[Finding]:
    for name, stage in case.scenario.stages.items():
        for target in stage.score:
            path = ("stages", name, "score", target)
            if target == name:
                yield path, f"a lead here is in '{name}' already; name another stage, or leave it out"
            if f"score_{target}" in stage.moves:
                message = f"a score that is reached is the move 'score_{target}', and there is one of this name"
                yield ("stages", name, "moves", f"score_{target}"), f"{message}; choose another"


# ---------------------------------------------------------------- where they lead
def _ways_to_tracks_start_on_tracks(case: Case) -> Iterator[Finding]:
    for name, stage in case.scenario.stages.items():
        for move_name, move in stage.moves.items():
            for path, way in _ways(("stages", name, "moves", move_name), move):
                if way is not None and way.track is not None:
                    message = "only what happens on a track leads to another; a move of a stage leads to a stage"
                    yield path, f"{message}, whose 'track' says which track is joined there"


def _tracks_lead_elsewhere(case: Case) -> Iterator[Finding]:
    for name, track in case.scenario.tracks.items():
        path = ("tracks", name)
        ways: list[tuple[PathParts, Way | None]] = [((*path, "on_response", "to"), track.on_response.way)]
        ways += [((*path, "on_opt_out", "to"), track.on_opt_out.way)]
        ways += [((*path, "exhausted", "to"), track.exhausted.way)] if track.exhausted else []
        ways += [((*path, "ends", "to"), track.ends.way)] if track.ends else []
        ways += [((*path, "transition_rules", n, "to"), rule.way) for n, rule in enumerate(track.transition_rules)]
        for move_name, move in track.moves.items():
            ways += _ways((*path, "moves", move_name), move)
        for place, way in ways:
            if way is not None and way.track == name:
                yield place, f"a lead on track '{name}' is there already; name another track, a stage, or nothing"


def _ways(path: PathParts, move: Move) -> list[tuple[PathParts, Way | None]]:
    steps = [((*path, "script", name, "else"), step.else_way) for name, step in move.script.items()]
    return [((*path, "to"), move.way), ((*path, "else"), move.else_way), *steps]


def _opt_outs_happen(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for name, track in scenario.tracks.items():
        making = {*track.touch_names, *(move.touch for move in track.moves.values())}
        if track.on_opt_out.way is None or not case.sure("touches.*.opt_out", ("tracks", name)):
            continue
        if not any(scenario.touches[touch].opt_out for touch in making if touch):
            message = "no touch of this track lets a lead opt out"
            yield ("tracks", name, "on_opt_out"), f"{message}; give one 'opt_out: 0.1%', or leave this out"


# ---------------------------------------------------------------- their touches and their names
def _first_waits_count(case: Case) -> Iterator[Finding]:
    for name, track in case.scenario.tracks.items():
        if (
            track.after != "cadence"
            and track.touches[0].own_wait is not None
            and case.sure(("tracks", name, "touches"))
        ):
            message = "the first touch has a wait of its own, which counts from joining"
            yield ("tracks", name, "after"), f"{message}; leave one of the two out"
        for number, turn in enumerate(track.touches):
            if turn.wait is not None and turn.wait_up_to is not None:
                message = "a touch waits for a time, or for an activity up to a time; write one of wait and wait_up_to"
                yield ("tracks", name, "touches", number), message


def _names_of_moves_differ(case: Case) -> Iterator[Finding]:
    for name, track in case.scenario.tracks.items():
        made = {"ends": "its end"} if track.ends else {}
        made |= {f"rule_{number}": "a transition rule" for number, _ in enumerate(track.transition_rules, 1)}
        for move in track.moves:
            if move in made:
                message = f"'{move}' is the move that {made[move]} makes; choose another name"
                yield ("tracks", name, "moves", move), message


# ---------------------------------------------------------------- triggers
def _triggers_fit(case: Case) -> Iterator[Finding]:
    for path, move in moves_of(case.scenario):
        if move.trigger is None or not case.sure((*path, "trigger")):
            continue
        if move.trigger.anniversary is not None and move.every is not None:
            message = "an anniversary comes again by itself, so that 'every' has no meaning"
            yield (*path, "every"), f"{message}; leave it out, or limit it by 'attempts'"
        if move.trigger.expires is not None:
            yield from _expiry(case, path, move, move.trigger.expires)


def _expiry(case: Case, path: PathParts, move: Move, expires: Expires) -> Iterator[Finding]:
    place = (*path, "trigger", "expires")
    if path[0] == "stages":
        message = "a move of a stage starts when its stage is entered, and can wait 'after' as long as it needs"
        yield place, f"{message}; only a move of a track waits for a deadline"
        return
    if move.after != Constant(0):
        message = "a move that waits for a deadline starts 'before' it, and not after that"
        yield (*path, "after"), f"{message}; leave 'after' out, or change 'before'"
    yield from (((*place, *within), message) for within, message in deadline_faults(case, expires))


def deadline_faults(case: Case, expires: Expires) -> Iterator[Finding]:
    """Yield what is wrong with a deadline that a trigger waits for, each with its place within the trigger."""
    scenario: Scenario = case.scenario
    stage, dot, name = expires.move.partition(".")
    if not dot:
        yield ("move",), f"a deadline is named by its stage and its name, such as sql.expire, not '{expires.move}'"
    elif stage not in scenario.stages:
        yield ("move",), f"no stage '{stage}'{near_miss(stage, scenario.stages, 'stages')}"
    elif not case.sure(("stages", stage, "moves")):
        return
    elif name not in scenario.stages[stage].moves:
        moves = scenario.stages[stage].moves
        yield ("move",), f"no move '{name}' of stage '{stage}'{near_miss(name, moves, 'moves')}"
    else:
        deadline = scenario.stages[stage].moves[name]
        if not deadline.is_deadline or deadline.trigger is not None:
            message = f"'{expires.move}' is no deadline, at which leads surely leave"
            yield ("move",), f"{message}: a constant 'after', one attempt, a chance of 100%, and a 'to'"
        elif isinstance(deadline.after, Constant) and bounds(deadline.after.value)[0] <= bounds(expires.before)[1]:
            until, before = bounds(deadline.after.value)[0], bounds(expires.before)[1]
            message = f"the deadline is {write_duration(until)} after the entry"
            yield ("before",), f"{message}, so that nothing is {write_duration(before)} before it; write less"


# ---------------------------------------------------------------- in no time
def _rules_come_to_rest(case: Case) -> Iterator[Finding]:
    if not case.sure("stages", "tracks", "touches", "teams", "traits", "observed", "segments", "scoring", "channels"):
        return
    for circle in circles(case.scenario):
        message = f"leads for which all these rules hold go round in no time and for ever: {' -> '.join(circle.places)}"
        yield circle.path, f"{message}; let the conditions of one exclude those of another, or let one of them wait"


NURTURE_RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _track_rules_decide,
    _scores_lead_elsewhere,
    _ways_to_tracks_start_on_tracks,
    _tracks_lead_elsewhere,
    _opt_outs_happen,
    _first_waits_count,
    _names_of_moves_differ,
    _triggers_fit,
    _rules_come_to_rest,
)
"""The rules of this module, each yielding what is wrong with a scenario."""
