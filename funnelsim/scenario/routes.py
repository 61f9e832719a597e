"""Where leads can go: stages and the tracks they are in there, joined by what leads from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

from funnelsim.scenario.cases import Unknown
from funnelsim.scenario.problems import PathParts
from funnelsim.scenario.quantities import ChanceValue, Never, Table

if TYPE_CHECKING:
    from funnelsim.scenario.models import Move, Scenario, Track


class Standing(NamedTuple):
    """A stage, and the track of the lead: before it enters, or once it stands there."""

    stage: str
    track: str | None


def moves_of(scenario: Scenario) -> Iterator[tuple[PathParts, Move]]:
    """Yield the moves of all stages and tracks with their paths."""
    for stage_name, stage in scenario.stages.items():
        yield from ((("stages", stage_name, "moves", name), move) for name, move in stage.moves.items())
    for track_name, track in scenario.tracks.items():
        yield from ((("tracks", track_name, "moves", name), move) for name, move in track.moves.items())


def track_in(scenario: Scenario, entering: Standing) -> str | None:
    """Return the track a lead is in once it has entered a stage (rule 13)."""
    track = scenario.stages[entering.stage].track
    return entering.track if track == "keep" else None if track == "none" else track


_ALL_KNOWN = Unknown()


def exits(scenario: Scenario, standing: Standing, unknown: Unknown = _ALL_KNOWN) -> set[str]:
    """Return the stages that moves, touches, exhaustion and recycling lead to from where a lead stands."""
    if standing.stage in unknown.stages or standing.track in unknown.tracks:
        return set(scenario.stages)
    stage = scenario.stages[standing.stage]
    targets = {target for move in stage.moves.values() for target in _targets(move)}
    if standing.track:
        track = scenario.tracks[standing.track]
        targets |= {target for move in track.moves.values() for target in _targets(move)}
        targets |= {track.on_response.to, track.exhausted.to if track.exhausted else None}
    if stage.owner and (rule := scenario.teams[stage.owner].recycle_after):
        targets.add(rule.to)
    return {target for target in targets if target}


def _targets(move: Move) -> set[str | None]:
    return {move.to, move.else_, *(step.else_ for step in move.script.values())}


def entries(scenario: Scenario, unknown: Unknown = _ALL_KNOWN) -> set[Standing]:
    """Return all entries that can happen: the stage, and the track of the lead before it."""
    found: set[Standing] = set()
    entered = scenario.stages if unknown.channels else (channel.enters for channel in scenario.channels.values())
    ahead = [Standing(stage, None) for stage in entered]
    while ahead:
        entering = ahead.pop()
        if entering not in found:
            found.add(entering)
            track = track_in(scenario, entering)
            ahead += [Standing(target, track) for target in exits(scenario, Standing(entering.stage, track), unknown)]
    return found


# ---------------------------------------------------------------- ways out that no lead can miss
def _is_certain(chance: ChanceValue) -> bool:
    return all(value == 1 for value in chance.values) if isinstance(chance, Table) else chance == 1


def has_final_way_out(scenario: Scenario, name: str) -> bool:
    """Say whether no lead can come to stand in a stage in silence, as long as nobody switches a move off."""
    stage = scenario.stages[name]
    if any(_is_final_way(move, name) for move in stage.moves.values()) or _is_taken_back(scenario, name):
        return True
    return stage.track in scenario.tracks and _is_track_final(scenario, scenario.tracks[stage.track], name)


def _is_final_way(move: Move, stage: str) -> bool:
    """Say whether a move goes on until it has led the lead out of a stage."""
    if isinstance(move.after, Never) or (move.trigger and move.trigger.idle is None):
        return False
    leads_on = move.to not in (None, stage)
    if all(end == "unlimited" for end in (move.attempt_limit, move.lifetime_attempts, move.unanswered)):
        goes_on = not isinstance(move.every, Never)
        return goes_on and leads_on and all(map(_is_possible, move.chances))
    gives_up = move.attempt_limit == 1 or not isinstance(move.every, Never)
    kept = any(not _is_certain(step.chance) and step.else_ in (None, stage) for step in move.script.values())
    sure = _is_certain(move.chance) and not kept and move.needs == 1
    return (gives_up and move.else_ not in (None, stage)) or (sure and leads_on)


def _is_track_final(scenario: Scenario, track: Track, stage: str) -> bool:
    if any(_is_final_way(move, stage) for move in track.moves.values()):
        return True
    once = isinstance(track.cadence, Never)
    if isinstance(track.first_wait, Never) or (once and not (track.exhausted and track.exhausted.after == 1)):
        return False
    if track.exhausted:
        return track.exhausted.to not in (None, stage)
    touched = all(_is_possible(scenario.touches[touch].response) for touch in track.touches)
    return touched and track.on_response.to not in (None, stage)


def _is_taken_back(scenario: Scenario, name: str) -> bool:
    """Say whether leads of a stage are surely taken back from their owner, unless something keeps them (rule 50)."""
    owner = scenario.stages[name].owner
    rule = scenario.teams[owner].recycle_after if owner else None
    if rule is None or name in _stages_from(scenario, rule.win_stages):
        return False
    owned = {stage for stage in scenario.stages if scenario.stages[stage].owner == owner}
    promising = _stages_from(scenario, rule.opportunity_stages, within=owned)
    return bool(rule.follow_up or rule.win or (rule.opportunity and name not in promising))


def _stages_from(scenario: Scenario, stages: Iterable[str], within: Iterable[str] | None = None) -> set[str]:
    """Return all stages that leads can come to from some stages, those among them, without leaving `within`."""
    allowed = set(scenario.stages if within is None else within)
    joined: dict[str, set[str]] = {}
    for entering in entries(scenario):
        standing = Standing(entering.stage, track_in(scenario, entering))
        joined.setdefault(entering.stage, set()).update(exits(scenario, standing))
    found: set[str] = set()
    ahead = [stage for stage in stages if stage in allowed]
    while ahead:
        stage = ahead.pop()
        if stage not in found:
            found.add(stage)
            ahead += joined.get(stage, set()) & allowed
    return found


def _is_possible(chance: ChanceValue) -> bool:
    return all(value != 0 for value in chance.values) if isinstance(chance, Table) else chance != 0


# ---------------------------------------------------------------- lifetime limits that send on at entry
def spent_limits(scenario: Scenario, stage: str) -> dict[str, PathParts]:
    """Return where met lifetime limits send a lead at entry (rule 23), each with the path that says so."""
    targets: dict[str, PathParts] = {}
    for name, move in scenario.stages[stage].moves.items():
        if move.lifetime_attempts != "unlimited" and move.else_:
            targets.setdefault(move.else_, ("stages", stage, "moves", name, "else"))
    joined = scenario.stages[stage].track
    if joined in scenario.tracks:
        track = scenario.tracks[joined]
        if track.exhausted and track.exhausted.per == "lifetime" and track.exhausted.to:
            targets.setdefault(track.exhausted.to, ("tracks", joined, "exhausted", "to"))
        for name, move in track.moves.items():
            if move.lifetime_attempts != "unlimited" and move.else_:
                targets.setdefault(move.else_, ("tracks", joined, "moves", name, "else"))
    return targets


def circular_limits(scenario: Scenario) -> list[str]:
    """Find a circle of stages whose met lifetime limits send a lead on for ever; empty where there is none."""
    sent_on = {stage: list(spent_limits(scenario, stage)) for stage in scenario.stages}
    try:
        TopologicalSorter(sent_on).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle[::-1]
    return []
