"""Where leads can go: stages and the tracks they are in there, joined by what leads from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Literal, NamedTuple

from funnelsim.scenario.cases import Unknown
from funnelsim.scenario.problems import PathParts
from funnelsim.scenario.quantities import ChanceValue, Never, Table
from funnelsim.scenario.ways import Way

if TYPE_CHECKING:
    from funnelsim.scenario.models import Move, Scenario, Touch, Track


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


def tracks_in(scenario: Scenario, entering: Standing) -> tuple[str | None, ...]:
    """Return the tracks a lead may be in once it has entered a stage (rules 13 and 65), None where it is in none."""
    named = {"keep": entering.track, "none": None}
    joined = [named.get(track, track) for track in scenario.stages[entering.stage].may_join]
    return tuple(dict.fromkeys((*joined, *((None,) if can_opt_out(scenario) else ()))))


def can_opt_out(scenario: Scenario) -> bool:
    """Say whether leads can opt out, so that they join no track any more (rule 60)."""
    return any(touch.opt_out and _is_possible(touch.opt_out.chance) for touch in scenario.touches.values())


_ALL_KNOWN = Unknown()


def ways_of_move(scenario: Scenario, move: Move) -> Iterator[Way]:
    """Yield where a move can lead: its own ways, those of its script, and those of the touch it makes."""
    found = [move.way, move.else_way, *(step.else_way for step in move.script.values())]
    if move.touch is not None:
        found += scenario.touches[move.touch].ways
    yield from (way for way in found if way is not None)


def ways_of_stage(scenario: Scenario, name: str) -> Iterator[Way]:
    """Yield where a stage itself can lead: by its moves, by a score that is reached, by being taken back."""
    stage = scenario.stages[name]
    for move in stage.moves.values():
        yield from ways_of_move(scenario, move)
    yield from (Way(target) for target in stage.score)
    if stage.owner and (rule := scenario.teams[stage.owner].recycle_after):
        yield Way(rule.to)


def ways_of_track(scenario: Scenario, name: str) -> Iterator[Way]:
    """Yield where a track can lead: by its touches, its own moves, its rules, and when it gives leads up or ends."""
    track = scenario.tracks[name]
    found = [track.on_response.way, track.on_opt_out.way, *(rule.way for rule in track.transition_rules)]
    found += [part.way for part in (track.exhausted, track.ends) if part is not None]
    for touch in dict.fromkeys(track.touch_names):
        found += scenario.touches[touch].ways
    yield from (way for way in found if way is not None)
    for move in track.moves.values():
        yield from ways_of_move(scenario, move)


def exits(scenario: Scenario, standing: Standing, unknown: Unknown = _ALL_KNOWN) -> set[str]:
    """Return the stages that moves, touches, rules, exhaustion and recycling lead to from where a lead stands."""
    if standing.stage in unknown.stages or standing.track in unknown.tracks:
        return set(scenario.stages)
    ways = [*ways_of_stage(scenario, standing.stage)]
    if any(way.track for way in ways):  # which is refused; where it was meant to lead is not known
        return set(scenario.stages)
    ways += ways_of_track(scenario, standing.track) if standing.track else ()
    return {way.to for way in ways if way.to is not None}


def standings(scenario: Scenario, entering: Standing, unknown: Unknown = _ALL_KNOWN) -> set[Standing]:
    """Return how a lead can stand in a stage after an entry: in the tracks it may join, and in those they lead to."""
    found: set[Standing] = set()
    ahead = [Standing(entering.stage, track) for track in tracks_in(scenario, entering)]
    while ahead:
        standing = ahead.pop()
        if standing not in found:
            found.add(standing)
            ahead += [Standing(entering.stage, track) for track in _followers(scenario, standing.track, unknown)]
    return found


def _followers(scenario: Scenario, track: str | None, unknown: Unknown) -> set[str | None]:
    """Return the tracks that a track leads to."""
    if track is None:
        return set()
    if track in unknown.tracks:
        return {None, *scenario.tracks}
    return {way.track for way in ways_of_track(scenario, track) if way.track is not None}


def entries(scenario: Scenario, unknown: Unknown = _ALL_KNOWN) -> set[Standing]:
    """Return all entries that can happen: the stage, and the track of the lead before it."""
    found: set[Standing] = set()
    entered = [channel.enters for channel in scenario.channels.values()]
    if scenario.backlog is not None:
        entered += [lead.stage for lead in scenario.backlog.leads if lead.stage in scenario.stages]
    ahead = [Standing(stage, None) for stage in (scenario.stages if unknown.channels else dict.fromkeys(entered))]
    while ahead:
        entering = ahead.pop()
        if entering not in found:
            found.add(entering)
            for standing in standings(scenario, entering, unknown):
                ahead += [Standing(target, standing.track) for target in exits(scenario, standing, unknown)]
    return found


# ---------------------------------------------------------------- ways out that no lead can miss
def _is_certain(chance: ChanceValue) -> bool:
    return all(value == 1 for value in chance.values) if isinstance(chance, Table) else chance == 1


def has_final_way_out(scenario: Scenario, name: str) -> bool:
    """Say whether no lead can come to stand in a stage in silence, as long as nobody switches a move off."""
    stage = scenario.stages[name]
    if any(_is_final_way(move, name) for move in stage.moves.values()) or _is_taken_back(scenario, name):
        return True
    joined = ("none",) if can_opt_out(scenario) else stage.may_join
    return all(track in scenario.tracks and _is_track_final(scenario, track, name) for track in joined)


def _is_final_way(move: Move, stage: str) -> bool:
    """Say whether a move goes on until it has led the lead out of a stage."""
    if isinstance(move.after, Never) or (move.trigger and move.trigger.idle is None) or move.touch is not None:
        return False
    leads_on = move.to not in (None, stage)
    if all(end == "unlimited" for end in (move.attempt_limit, move.lifetime_attempts, move.unanswered)):
        goes_on = not isinstance(move.every, Never)
        return goes_on and leads_on and move.qualify is None and all(map(_is_possible, move.chances))
    gives_up = move.attempt_limit == 1 or not isinstance(move.every, Never)
    kept = any(not _is_certain(step.chance) and step.else_ in (None, stage) for step in move.script.values())
    sure = _is_certain(move.chance) and not kept and move.needs == 1 and move.qualify is None
    return (gives_up and move.else_ not in (None, stage)) or (sure and leads_on)


def _is_track_final(scenario: Scenario, name: str, stage: str, seen: frozenset[str] = frozenset()) -> bool:
    """Say whether a track goes on until it, or one that it leads to, has led the lead out of a stage."""
    track = scenario.tracks[name]

    def leads_on(way: Way | None) -> bool:
        if way is None or way.track in seen:
            return False
        return way.to not in (None, stage) or (
            way.track is not None and _is_track_final(scenario, way.track, stage, seen | {name})
        )

    if any(_is_final_way(move, stage) for move in track.moves.values()):
        return True
    if any(way.track and not leads_on(way) for way in ways_of_track(scenario, name)):
        return False
    if track.ends is not None:
        return leads_on(track.ends.way)
    waits = [track.first_wait, *(turn.own_wait for turn in track.touches)]
    once = isinstance(track.cadence, Never) and not _gives_up_at_once(track)
    if track.paused or once or any(isinstance(wait, Never) for wait in waits):
        return False
    if track.exhausted:
        return leads_on(track.exhausted.way) and track.exhausted.per != "silence"
    touches = [scenario.touches[touch] for touch in track.touch_names]
    touched = all(_is_sent(touch) and all(map(_is_possible, touch.chances)) for touch in touches)
    return track.active and touched and leads_on(track.on_response.way)


def _gives_up_at_once(track: Track) -> bool:
    return track.exhausted is not None and track.exhausted.per != "silence" and track.exhausted.after == 1


def _is_sent(touch: Touch) -> bool:
    """Say whether a touch is surely sent, and leads nowhere before its last step."""
    steps = list(touch.steps.values())[:-1]
    return touch.active and not touch.if_ and not touch.content and not any(step.way for step in steps)


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
        for standing in standings(scenario, entering):
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
Place = tuple[Literal["stages", "tracks"], str]
"""A stage that is entered, or a track that is joined."""


def spent_limits(scenario: Scenario, place: Place) -> dict[Place, PathParts]:
    """Return where met lifetime limits send a lead that enters or joins (rule 23), each with the path that says so."""
    kind, name = place
    targets: dict[Place, PathParts] = {}

    def lead(way: Way | None, *path: str) -> None:
        if way is not None:
            target: Place = ("stages", way.to) if way.to is not None else ("tracks", str(way.track))
            targets.setdefault(target, path)

    if kind == "tracks":
        exhausted = scenario.tracks[name].exhausted
        if exhausted and exhausted.per == "lifetime":
            lead(exhausted.way, "tracks", name, "exhausted", "to")
    holder = scenario.stages[name] if kind == "stages" else scenario.tracks[name]
    for move_name, move in holder.moves.items():
        if move.lifetime_attempts != "unlimited":
            lead(move.else_way, kind, name, "moves", move_name, "else")
    if kind == "stages":
        for track in scenario.stages[name].may_join:
            if track in scenario.tracks:
                targets = {**spent_limits(scenario, ("tracks", track)), **targets}
    return targets


def circular_limits(scenario: Scenario) -> list[Place]:
    """Find a circle of stages and tracks whose met lifetime limits send a lead on for ever; empty where none is."""
    places: list[Place] = [*(("stages", name) for name in scenario.stages), *(("tracks", n) for n in scenario.tracks)]
    sent_on = {place: list(spent_limits(scenario, place)) for place in places}
    try:
        TopologicalSorter(sent_on).prepare()
    except CycleError as error:
        circle: list[Place] = error.args[1]
        return circle[::-1]
    return []
