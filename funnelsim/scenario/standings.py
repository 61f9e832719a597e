"""The race of a lead that enters a stage: which moves run in it, and from when on."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from funnelsim.scenario.cases import Case
from funnelsim.scenario.chains import SOME, can_run_out, first_touch, phase, rows_of_touch, touches_of
from funnelsim.scenario.problems import PathParts
from funnelsim.scenario.quantities import ChanceValue, Table, bounds
from funnelsim.scenario.racing import (
    Attempts,
    Exit,
    KindOfLead,
    Race,
    Row,
    Runner,
    any_of,
    decide,
    outcome,
    span,
)
from funnelsim.scenario.routes import Standing, can_opt_out, standings, tracks_in, ways_of_move, ways_of_track
from funnelsim.scenario.scores import least_score, surely_holds
from funnelsim.scenario.working import serves_at_once, team_of

if TYPE_CHECKING:
    from funnelsim.scenario.models import Extend, Move, Track, Trigger

LATE = 1 << 60
"""The number of a visit so late that every table has come to its last entry."""

_STAGE, _STREAM, _RECYCLING = 0, 1, 2
_TEAMLESS, _TEAM = 0, 1


class _Starts(NamedTuple):
    """How the clocks of moves start.

    Attributes
    ----------
    enters : bool
        Whether their stage or track is entered now.
    entered : str or None
        The stage that is entered; None for moves of the stage itself, and where the lead stands there already.
    present : bool
        Whether the lead stands there at a random phase.
    track : Track or None
        The track that they are moves of.
    """

    enters: bool
    entered: str | None
    present: bool
    track: Track | None = None


@dataclass(frozen=True)
class Races:
    """The races of a case, each worked out once."""

    case: Case
    _known: dict[tuple[object, ...], Race] = field(default_factory=dict)
    _tracks: dict[Standing, tuple[str | None, ...]] = field(default_factory=dict)

    def race(
        self,
        entering: Standing,
        kind: KindOfLead,
        visits: tuple[int, int] = (LATE, LATE),
        *,
        present: bool = False,
        arriving: bool = False,
    ) -> Race:
        """Return the race of a lead that enters a stage.

        Parameters
        ----------
        entering : Standing
            The stage, and the track of the lead before.
        kind : KindOfLead
            What the lead is.
        visits : pair of int
            The number of this visit to the stage, and to the track, from 0.
        present : bool
            Whether the lead stands there as one of a backlog, at a random phase (rule 15).
        arriving : bool
            Whether it is on its way to a round, rather than on one.
        """
        which = tuple(kind.get(by) for by in self.differing(entering))
        key = (entering, which, visits, present, arriving)
        if key not in self._known:
            on_track = visits[1] if len(self.tracks_after(entering)) == 1 else None
            races = [
                outcome(self._runners(entering, track, kind, (visits[0], on_track), present), arriving=arriving)
                for track in (tracks_in(self.case.scenario, entering) if self.is_readable(entering) else ())
            ]
            self._known[key] = any_of(races)
        return self._known[key]

    def tracks_after(self, entering: Standing) -> tuple[str | None, ...]:
        """Return the tracks that a lead may be in when it leaves a stage, None where it is in none."""
        if entering not in self._tracks:
            found = {standing.track for standing in standings(self.case.scenario, entering)}
            self._tracks[entering] = tuple(sorted(found, key=lambda track: track or ""))
        return self._tracks[entering]

    def is_readable(self, entering: Standing) -> bool:
        """Say whether all could be read that matters in a stage and on the tracks there."""
        case = self.case
        if not case.unsure:
            return True
        stage = ("stages", entering.stage)
        places: list[PathParts] = [(*stage, field) for field in ("moves", "track", "score", "owner")]
        places += [("tracks", track) for track in self.tracks_after(entering) if track]
        return case.sure("touches", "teams", "limits", "scoring", *places)

    def differing(self, entering: Standing) -> tuple[str, ...]:
        """Return by what the chances of a stage and of the tracks there differ, beside attempt and visit."""
        tracks = [self._tables["tracks", track] for track in self.tracks_after(entering) if track]
        return tuple(dict.fromkeys(by for table in (self._tables["stages", entering.stage], *tracks) for by in table))

    @cached_property
    def _tables(self) -> dict[tuple[str, str], tuple[str, ...]]:
        scenario = self.case.scenario
        found = {}
        for kind, parts in (("stages", scenario.stages), ("tracks", scenario.tracks)):
            for name in parts:
                tables = (chance for chance in chances_in(self.case, kind, name) if isinstance(chance, Table))
                found[kind, name] = tuple({table.by for table in tables if table.names} - set(scenario.observed))
        return found

    @cached_property
    def _serving(self) -> Mapping[str, bool]:
        return {team: serves_at_once(self.case.scenario, team) for team in self.case.scenario.teams}

    # ------------------------------------------------------------ who runs
    def _runners(
        self, entering: Standing, track: str | None, kind: KindOfLead, visits: tuple[int, int | None], present: bool
    ) -> list[Runner]:
        """Return all that can lead a lead out of a stage which it enters and where it is in a track."""
        scenario = self.case.scenario
        stage = scenario.stages[entering.stage]
        runners: list[Runner] = []
        for number, move in enumerate(stage.moves.values()):
            team = team_of(scenario, stage, move)
            owned = team is not None and team == stage.owner
            starts = _Starts(True, None, present)
            runners += self._runner(move, (_STAGE, number + 1), kind, visits[0], (team, owned), starts)
        for number, (target, points) in enumerate(stage.score.items(), len(stage.moves) + 1):
            surely = 0.0 if bounds(points)[1] <= least_score(scenario) else math.inf
            runners.append(Runner((_TEAMLESS, _STAGE, 1, number), ((0.0, target),), surely))
        if track is not None:
            on_track = self._on_track(track, entering, kind, visits[1], present)
            runners += on_track if self._is_kept(track) else [runner._replace(surely=math.inf) for runner in on_track]
        for other in self.tracks_after(entering):
            if other not in (None, track):
                ways = ways_of_track(scenario, str(other))
                runners.append(Runner((_TEAMLESS, _STREAM, 1, 0), tuple((0.0, way.to) for way in ways if way.to)))
        if stage.owner and (rule := scenario.teams[stage.owner].recycle_after):
            runners.append(Runner((_TEAMLESS, _RECYCLING), ((1, rule.to),)))
        return runners

    def _is_kept(self, track: str) -> bool:
        """Say whether a lead stays in a track until something there leads it to a stage."""
        scenario = self.case.scenario
        return not can_opt_out(scenario) and not any(way.track for way in ways_of_track(scenario, track))

    def _on_track(
        self, name: str, entering: Standing, kind: KindOfLead, visit: int | None, present: bool
    ) -> Iterator[Runner]:
        """Yield what can lead a lead on that is in a track."""
        scenario = self.case.scenario
        track, joins = scenario.tracks[name], name != entering.track
        yield self._cadence(track, kind, visit, joins, present)
        starts = _Starts(joins, None if present else entering.stage, present, track)
        for number, move in enumerate(track.moves.values()):
            team = team_of(scenario, None, move)
            yield from self._runner(move, (_STREAM, number + 2), kind, visit, (team, False), starts)
        last = len(track.moves) + 2
        if track.ends is not None and track.ends.to is not None:
            low, high = bounds(track.ends.after)
            ends = Runner((_TEAMLESS, _STREAM, 0, last), ((low, track.ends.to),), high)
            yield ends if joins and not present else Runner(ends.order, ((0.0, track.ends.to),))
        for number, rule in enumerate(track.transition_rules, last + 1):
            if rule.to is not None:
                surely = 0.0 if surely_holds(scenario, rule.if_, entering.stage) and joins else math.inf
                yield Runner((_TEAMLESS, _STREAM, 1, number), ((0.0, rule.to),), surely)

    def _runner(
        self,
        move: Move,
        place: tuple[int, int],
        kind: KindOfLead,
        visit: int | None,
        served: tuple[str | None, bool],
        starts: _Starts,
    ) -> Iterator[Runner]:
        """Yield one move, if it can run; `served` says by which team and whether by the owner."""
        team, owned = served
        queue = self.case.scenario.teams[team].queue_limit if team and not owned else "unlimited"

        def rows(attempt: int) -> list[Row]:
            if move.touch is not None:
                return rows_of_touch(self.case.scenario, move.touch, kind, attempt, visit, starts.track)
            first = decide(move.chance, kind, attempt, visit)
            if move.qualify is not None and move.qualify.require != "none":
                first = first._replace(fails=True)
            steps = (Row(decide(step.chance, kind, attempt, visit), step.else_) for step in move.script.values())
            return [Row(first), *steps]

        ends_early = move.touch is not None and (
            move.unanswered != "unlimited" or can_run_out(self.case.scenario, [move.touch])
        )
        attempts = Attempts(
            move.after, move.every, rows, SOME if ends_early else move.attempt_limit, move.to, move.else_,
            move.lifetime_attempts, "unlimited" if move.touch is not None else move.unanswered, move.needs,
            queue != "unlimited",
        )  # fmt: skip
        first = span(move.after)
        if first is None:
            return
        order = (_TEAM,) if team else (_TEAMLESS, place[0], 0 if move.is_deadline else 1, place[1])
        sure_start = starts.enters
        if move.trigger is not None:
            started = self._triggered(move.trigger, first, starts)
            if started is None:
                return
            first, sure_start = started
        elif starts.present:
            first = phase(attempts)
        exits, surely = attempts.run(first)
        if move.extend is not None:
            surely += _extension(move.extend)
        if move.trigger is not None and move.trigger.anniversary is not None:
            surely = math.inf
        if not sure_start:
            surely = math.inf
            exits = exits if move.trigger and move.trigger.idle is not None else _at_any_time(exits, starts.enters)
        changes_track = any(way.track for way in ways_of_move(self.case.scenario, move))
        if changes_track or (move.touch is not None and self.case.scenario.limits):
            surely = math.inf
        yield self._served(Runner(order, exits, surely, always=move.lifetime_attempts == "unlimited"), team)

    def _triggered(
        self, trigger: Trigger, wait: tuple[float, float], starts: _Starts
    ) -> tuple[tuple[float, float], bool] | None:
        """Return when the first attempt of a triggered move comes, and whether it surely does; None where never."""
        entered = trigger.enters
        if trigger.expires is not None:
            entered, _, name = trigger.expires.move.partition(".")
            stage = self.case.scenario.stages.get(entered)
            deadline = stage.moves.get(name) if stage else None
            until = span(deadline.after) if deadline is not None else None
            wait = (0.0, math.inf) if until is None else (0.0, until[1])
        if trigger.date is not None and dt.datetime.combine(trigger.date, dt.time()) >= self.case.until:
            return None
        if entered is not None:
            if entered == starts.entered:
                return wait, trigger.expires is None
            return None if starts.enters else (wait, False)
        early = 0.0 if trigger.event or trigger.score is not None or trigger.when else 1.0
        if trigger.idle is not None:
            early = max(1.0, bounds(trigger.idle)[0])
        return (wait[0] + early, math.inf), False

    def _cadence(self, track: Track, kind: KindOfLead, visit: int | None, joins: bool, present: bool) -> Runner:
        """Return the touches of a track, in rotation."""
        scenario, order = self.case.scenario, (_TEAMLESS, _STREAM, 1, 1)
        attempts = touches_of(scenario, track, kind, visit)
        exits, surely = attempts.run(phase(attempts) if present else first_touch(track))
        if scenario.limits or track.paused:
            surely = math.inf
        if not joins:
            return Runner(order, _at_any_time(exits, False))
        always = attempts.lifetime == "unlimited"
        return self._served(Runner(order, exits, surely, always=always), scenario.touches[track.touch_names[0]].team)

    def _served(self, runner: Runner, team: str | None) -> Runner:
        """Return a move as it runs if it needs somebody of a team, where it does."""
        if team is None:
            return runner
        if not self._serving[team]:
            return Runner((_TEAM,), runner.exits)
        return runner._replace(order=(_TEAM,), workdays=bool(self.case.scenario.teams[team].days_off))


def _extension(extend: Extend) -> float:
    """Return by how much a deadline is put off at most."""
    if bounds(extend.chance)[1] == 0:
        return 0.0
    return bounds(extend.by)[1] * bounds(extend.times)[1]


def _at_any_time(exits: tuple[Exit, ...], enters: bool) -> tuple[Exit, ...]:
    """Return exits of a clock that was started before the stage was entered, so that it may ring at once."""
    return exits if enters else tuple((0.0, target) for _, target in exits)


def chances_in(case: Case, kind: str, name: str) -> Iterator[ChanceValue]:
    """Yield all chances of a stage or track."""
    parts = case.scenario.stages[name] if kind == "stages" else case.scenario.tracks[name]
    for move in parts.moves.values():
        yield from move.chances
    if kind == "tracks":
        for touch in case.scenario.tracks[name].touch_names:
            yield from case.scenario.touches[touch].chances
