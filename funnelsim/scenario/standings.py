"""The race of a lead that enters a stage: which moves run in it, and from when on."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from funnelsim.scenario.cases import Case
from funnelsim.scenario.problems import PathParts
from funnelsim.scenario.quantities import ChanceValue, Table, bounds
from funnelsim.scenario.racing import (
    Attempts,
    Exit,
    KindOfLead,
    Race,
    Row,
    Runner,
    decide,
    outcome,
    serves_at_once,
    span,
)
from funnelsim.scenario.routes import Standing, track_in

if TYPE_CHECKING:
    from funnelsim.scenario.models import Extend, Move, Track

LATE = 1 << 60
"""The number of a visit so late that every table has come to its last entry."""

_STAGE, _STREAM, _RECYCLING = 0, 1, 2
_TEAMLESS, _TEAM = 0, 1


@dataclass(frozen=True)
class Races:
    """The races of a case, each worked out once."""

    case: Case
    _known: dict[tuple[object, ...], Race] = field(default_factory=dict)

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
            runners = list(self._runners(entering, kind, visits, present)) if self.is_readable(entering) else []
            self._known[key] = outcome(runners, arriving=arriving)
        return self._known[key]

    def is_readable(self, entering: Standing) -> bool:
        """Say whether all could be read that matters in a stage and on the track there."""
        case = self.case
        if not case.unsure:
            return True
        track = track_in(case.scenario, entering)
        places: list[PathParts] = [("stages", entering.stage, "moves"), ("stages", entering.stage, "track")]
        places += [("tracks", track)] if track else []
        return case.sure("touches", "teams", ("stages", entering.stage, "owner"), *places)

    def differing(self, entering: Standing) -> tuple[str, ...]:
        """Return by what the chances of a stage and of the track there differ, beside attempt and visit."""
        stage, track = entering.stage, track_in(self.case.scenario, entering)
        return tuple(dict.fromkeys((*self._tables["stages", stage], *(self._tables["tracks", track] if track else ()))))

    @cached_property
    def _tables(self) -> dict[tuple[str, str], tuple[str, ...]]:
        scenario = self.case.scenario
        found = {}
        for kind, parts in (("stages", scenario.stages), ("tracks", scenario.tracks)):
            for name in parts:
                tables = (chance for chance in chances_in(self.case, kind, name) if isinstance(chance, Table))
                found[kind, name] = tuple({table.by for table in tables if table.names})
        return found

    @cached_property
    def _serving(self) -> Mapping[str, bool]:
        return {team: serves_at_once(self.case.scenario, team) for team in self.case.scenario.teams}

    # ------------------------------------------------------------ who runs
    def _runners(
        self, entering: Standing, kind: KindOfLead, visits: tuple[int, int], present: bool
    ) -> Iterator[Runner]:
        scenario = self.case.scenario
        stage, track = scenario.stages[entering.stage], track_in(scenario, entering)
        for number, move in enumerate(stage.moves.values()):
            team = stage.team_of(move)
            owned = team is not None and team == stage.owner
            yield from self._runner(move, (_STAGE, number + 1), kind, visits[0], (team, owned), (True, None, present))
        if track is not None:
            joins = track != entering.track
            yield self._touches(scenario.tracks[track], kind, visits[1], (joins, present))
            for number, move in enumerate(scenario.tracks[track].moves.values()):
                starts = (joins, None if present else entering.stage, present)
                yield from self._runner(move, (_STREAM, number + 2), kind, visits[1], (move.team, False), starts)
        if stage.owner and (rule := scenario.teams[stage.owner].recycle_after):
            yield Runner((_TEAMLESS, _RECYCLING), ((1, rule.to),))

    def _runner(
        self,
        move: Move,
        place: tuple[int, int],
        kind: KindOfLead,
        visit: int,
        served: tuple[str | None, bool],
        starts: tuple[bool, str | None, bool],
    ) -> Iterator[Runner]:
        """Yield one move, if it can run.

        `served` says by which team and whether by the owner, `starts` whether the move's stage or track is entered
        now, which stage is, and whether the lead stands there at a random phase.
        """
        (team, owned), (enters, entered, present) = served, starts
        queue = self.case.scenario.teams[team].queue_limit if team and not owned else "unlimited"

        def rows(attempt: int) -> list[Row]:
            steps = (Row(decide(step.chance, kind, attempt, visit), step.else_) for step in move.script.values())
            return [Row(decide(move.chance, kind, attempt, visit)), *steps]

        attempts = Attempts(
            move.after, move.every, rows, move.attempt_limit, move.to, move.else_, move.lifetime_attempts,
            move.unanswered, move.needs, queue != "unlimited",
        )  # fmt: skip
        first = span(move.after)
        if first is None:
            return
        order = (_TEAM,) if team else (_TEAMLESS, place[0], 0 if move.is_deadline else 1, place[1])
        sure_start = enters
        if move.trigger is not None:
            date, idle = move.trigger.date, move.trigger.idle
            if date is not None and dt.datetime.combine(date, dt.time()) >= self.case.until:
                return
            sure_start = move.trigger.enters is not None and move.trigger.enters == entered
            if move.trigger.enters is not None and not sure_start and enters:
                return
            early = max(1.0, bounds(idle)[0]) if idle is not None else 1 if date is not None else 0
            first = (first[0] + early, math.inf) if not sure_start else first
        elif present:
            first = _phase(attempts)
        exits, surely = attempts.run(first)
        if move.extend is not None:
            surely += _extension(move.extend)
        if not sure_start:
            surely = math.inf
            exits = exits if move.trigger and move.trigger.idle is not None else _at_any_time(exits, enters)
        always = move.lifetime_attempts == "unlimited"
        if team is None:
            yield Runner(order, exits, surely, always=always)
        elif not self._serving[team]:
            yield Runner(order, exits)
        else:
            yield Runner(order, exits, surely, workdays=bool(self.case.scenario.teams[team].days_off), always=always)

    def _touches(self, track: Track, kind: KindOfLead, visit: int, starts: tuple[bool, bool]) -> Runner:
        touches = [self.case.scenario.touches[name].response for name in track.touches]
        given_up, (joins, present) = track.exhausted, starts
        limits = {given_up.per: given_up.after} if given_up else {}
        attempts = Attempts(
            track.first_wait,
            track.cadence,
            lambda attempt: [Row(decide(touches[attempt % len(touches)], kind, attempt, visit))],
            limits.get("stay", "unlimited"),
            track.on_response.to,
            given_up.to if given_up else None,
            limits.get("lifetime", "unlimited"),
        )
        exits, surely = attempts.run(_phase(attempts) if present else span(attempts.after))
        order = (_TEAMLESS, _STREAM, 1, 1)
        always = attempts.lifetime == "unlimited"
        return Runner(order, exits, surely, always=always) if joins else Runner(order, _at_any_time(exits, False))


def _phase(attempts: Attempts) -> tuple[float, float] | None:
    """Return how early and how late the first attempt comes for a lead that has been there for long (rule 15)."""
    repeats = attempts.limit != 1 and attempts.every is not None
    wait = span(attempts.every) if repeats and attempts.every is not None else None
    first = wait or span(attempts.after)
    return None if first is None or span(attempts.after) is None else (min(1.0, first[0]), first[1])


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
        yield from (case.scenario.touches[touch].response for touch in case.scenario.tracks[name].touches)
