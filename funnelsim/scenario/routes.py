"""Where leads can go: stages and the tracks they are in there, joined by what leads from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

from funnelsim.scenario.quantities import ChanceValue, Constant, Empirical, Luck, Table

if TYPE_CHECKING:
    from funnelsim.scenario.models import Move, Scenario, Track


class Standing(NamedTuple):
    """A stage, and the track of the lead: before it enters, or once it stands there."""

    stage: str
    track: str | None


def track_in(scenario: Scenario, entering: Standing) -> str | None:
    """Return the track a lead is in once it has entered a stage (rule 13)."""
    track = scenario.stages[entering.stage].track
    return entering.track if track == "keep" else None if track == "none" else track


def exits(scenario: Scenario, standing: Standing) -> set[str]:
    """Return the stages that moves, touches and exhaustion lead to from where a lead stands."""
    targets = {target for move in scenario.stages[standing.stage].moves.values() for target in (move.to, move.else_)}
    if standing.track:
        track = scenario.tracks[standing.track]
        targets |= {target for move in track.moves.values() for target in (move.to, move.else_)}
        targets |= {track.on_response.to, track.exhausted.to if track.exhausted else None}
    return {target for target in targets if target}


def entries(scenario: Scenario) -> set[Standing]:
    """Return all entries that can happen: the stage, and the track of the lead before it."""
    found: set[Standing] = set()
    ahead = [Standing(channel.enters, None) for channel in scenario.channels.values()]
    while ahead:
        entering = ahead.pop()
        if entering not in found:
            found.add(entering)
            track = track_in(scenario, entering)
            ahead += [Standing(target, track) for target in exits(scenario, Standing(entering.stage, track))]
    return found


# ---------------------------------------------------------------- what happens at the instant of entry
@dataclass(frozen=True)
class _Race:
    """What matters of a move, or of the touches of a track, for the instant of entry."""

    now: bool
    deadline: bool
    certain: bool
    single: bool
    to: str | None
    else_: str | None

    def leaves(self) -> tuple[set[str], bool]:
        """Return where it can lead at once, and whether it surely leads away."""
        if self.certain and self.to:
            return {self.to}, True
        surely = self.single and self.else_ is not None
        targets = {None if self.certain else self.to, self.else_ if self.single else None}
        return {target for target in targets if target}, surely


def instant_exits(scenario: Scenario, entering: Standing) -> set[str] | None:
    """Return where a lead that enters a stage can be at the same tick; None where it may stay.

    Moves with a lifetime limit are left out: they do not go on for ever.
    """
    stage = scenario.stages[entering.stage]
    own = [_race_of_move(move) for move in stage.moves.values()]
    stream: list[_Race] = []
    if stage.track in scenario.tracks and stage.track != entering.track:
        stream = list(_races_of_track(scenario, scenario.tracks[stage.track]))
    targets: set[str] = set()
    for races in (own, stream):
        for race in sorted(races, key=lambda race: not race.deadline):  # rule 7: deadlines come first
            if race.now:
                led, surely = race.leaves()
                targets |= led
                if surely:
                    return targets
    return None


def _race_of_move(move: Move) -> _Race:
    certain, single = _is_certain(move.chance), move.attempt_limit == 1
    no_odds = not (move.odds.segment or move.odds.channel or move.odds.attempt or move.odds.visit)
    now = _is_now(move.after) and move.trigger is None and move.lifetime_attempts == "unlimited"
    deadline = isinstance(move.after, Constant) and single and move.chance == 1.0 and no_odds and move.to is not None
    return _Race(now, deadline, certain, single, move.to, move.else_)


def _races_of_track(scenario: Scenario, track: Track) -> Iterator[_Race]:
    first, exhausted = scenario.touches[track.touches[0]], track.exhausted
    now = _is_now(track.first_wait) and not (exhausted and exhausted.per == "lifetime")
    single = exhausted is not None and exhausted.after == 1
    to, else_ = track.on_response.to, exhausted.to if exhausted else None
    yield _Race(now, False, _is_certain(first.response), single, to, else_)
    yield from (_race_of_move(move) for move in track.moves.values())


def _is_now(wait: Luck) -> bool:
    return wait == Constant(0) or (isinstance(wait, Empirical) and wait.values[-1] == 0)


def _is_certain(chance: ChanceValue) -> bool:
    return all(value == 1 for value in chance.values) if isinstance(chance, Table) else chance == 1


def endless_round(scenario: Scenario) -> list[str]:
    """Find a round of stages that leads surely go in no time, for ever; empty where there is none."""
    ahead: dict[Standing, set[Standing]] = {}
    for entering in entries(scenario):
        stages = instant_exits(scenario, entering)
        if stages is not None:
            track = track_in(scenario, entering)
            ahead[entering] = {Standing(stage, track) for stage in stages}
    sources: dict[Standing, list[Standing]] = {}
    for entering, targets in ahead.items():
        for target in targets:
            sources.setdefault(target, []).append(entering)
    escaping = [entering for entering, targets in ahead.items() if not targets <= ahead.keys()]
    while escaping:
        entering = escaping.pop()
        if ahead.pop(entering, None) is not None:
            escaping += sources.get(entering, [])
    if not ahead:
        return []
    order = {name: number for number, name in enumerate(scenario.stages)}

    def first(standings: Iterable[Standing]) -> Standing:
        return min(standings, key=lambda standing: (order[standing.stage], standing.track or ""))

    way = [first(ahead)]
    while (follower := first(ahead[way[-1]])) not in way:
        way.append(follower)
    return [standing.stage for standing in (*way[way.index(follower) :], follower)]


# ---------------------------------------------------------------- lifetime limits that send on at entry
def spent_limits(scenario: Scenario, stage: str) -> dict[str, tuple[str | int, ...]]:
    """Return where met lifetime limits send a lead at entry (rule 23), each with the path that says so."""
    targets: dict[str, tuple[str | int, ...]] = {}
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
