"""Rules about what is written in vain: conditions that never hold, scores that all have, waits of next to nothing."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from funnelsim.scenario import words
from funnelsim.scenario.backlog import open_leads
from funnelsim.scenario.cases import Case
from funnelsim.scenario.frameworks import SHIPPED
from funnelsim.scenario.nurturing import deadline_faults
from funnelsim.scenario.problems import Finding, PathParts, listed
from funnelsim.scenario.profiles import conditions_in
from funnelsim.scenario.quantities import Constant, Exponential, Gamma, Lognormal, Number, Table, Weibull, bounds
from funnelsim.scenario.racing import span
from funnelsim.scenario.routes import entries, exits, moves_of, standings
from funnelsim.scenario.scores import least_score
from funnelsim.scenario.units import TICKS

if TYPE_CHECKING:
    from funnelsim.scenario.models import Move, Scenario, Track
    from funnelsim.scenario.quantities import ChanceValue, Luck

MOST_ATTEMPTS = 100_000
"""How many attempts of one move, or touches of one track, a lead may surely come to within the run."""


# ---------------------------------------------------------------- conditions that never hold
def _conditions_can_hold(case: Case) -> Iterator[Finding]:
    if not case.sure("stages", "tracks", "touches", "teams", "channels"):
        return
    standing, came = _where_leads_are(case.scenario)
    for path, conditions in conditions_in(case.scenario):
        there = _where(case.scenario, path, standing)
        entering = path[0] == "stages" and path[2] == "track"
        before = set().union(*(came[stage] for stage in there))
        for by, known in (("stage", before if entering else there), ("from", before)):
            named = conditions.names.get(by, ())
            if named and there and not known & set(named):
                yield (*path, by), f"{_never(by, named, entering)} {_instead(known)}"


def _triggers_can_come(case: Case) -> Iterator[Finding]:
    if not case.sure("stages", "tracks", "touches", "teams", "channels"):
        return
    standing, _ = _where_leads_are(case.scenario)
    for path, move in moves_of(case.scenario):
        there = standing[str(path[1])]
        if path[0] != "tracks" or move.trigger is None or not there:
            continue
        expires = move.trigger.expires
        expiring = expires.move.partition(".")[0] if expires and not any(deadline_faults(case, expires)) else None
        for field, stage in (("enters", move.trigger.enters), ("expires", expiring)):
            if stage is not None and stage not in there:
                message = f"this never happens: no lead on this track is in '{stage}', but in {listed(sorted(there))}"
                yield (*path, "trigger", field), f"{message}; let '{stage}' keep the track, or leave this out"


def _where_leads_are(scenario: Scenario) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return by track the stages in which leads are in it, and by stage those that they come from."""
    standing, came = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for entering in entries(scenario):
        for stands in standings(scenario, entering):
            if stands.track is not None:
                standing[stands.track].add(stands.stage)
            for target in exits(scenario, stands):
                came[target].add(stands.stage)
    return standing, came


def _where(scenario: Scenario, path: PathParts, standing: dict[str, set[str]]) -> set[str]:
    """Return the stages in which conditions at a path are looked at."""
    kind, name = str(path[0]), str(path[1])
    if kind == "stages":
        return {name}
    if kind == "tracks":
        return standing[name]
    if kind == "teams":
        return {stage for stage in scenario.stages if scenario.stages[stage].owner == name}
    making = {place[1] for place, move in moves_of(scenario) if place[0] == "stages" and move.touch == name}
    making |= {
        stage
        for track, programme in scenario.tracks.items()
        if name in (*programme.touch_names, *(move.touch for move in programme.moves.values()))
        for stage in standing[track]
    }
    return {str(stage) for stage in making}


def _never(by: str, named: Iterable[str], entering: bool) -> str:
    stages = listed([f"'{name}'" for name in named])
    if entering and by == "stage":
        return f"as a lead enters, 'stage' is still the one that it comes from, and none comes from {stages};"
    return f"this never holds: no lead {'is in' if by == 'stage' else 'has come from'} {stages} here;"


def _instead(known: Iterable[str]) -> str:
    return f"write {listed(sorted(known))}, or leave it out" if known else "leave it out"


# ---------------------------------------------------------------- scores that all have
def _scores_are_earned(case: Case) -> Iterator[Finding]:
    if not case.sure("scoring", "touches", "segments", "traits", "observed", "stages.*.moves", "tracks.*.moves"):
        return
    least = least_score(case.scenario)
    for name, stage in case.scenario.stages.items():
        for target, points in stage.score.items():
            if bounds(points)[1] <= least:
                message = f"every lead has {least:g} points or more, and would go to '{target}' as soon as it comes"
                yield ("stages", name, "score", target), f"{message}; ask for more, or lead it there by a move"


# ---------------------------------------------------------------- what nobody uses
def _frameworks_are_used(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if not case.sure("stages.*.moves", "tracks.*.moves"):
        return
    used = {move.qualify.by for _, move in moves_of(scenario) if move.qualify is not None}
    for name in scenario.frameworks:
        if name not in used and name not in SHIPPED:
            yield (
                ("frameworks", name),
                f"no move qualifies by '{name}'; name it in the 'qualify' of a move, or remove it",
            )


def _anniversaries_wait_for_nothing(case: Case) -> Iterator[Finding]:
    for path, move in moves_of(case.scenario):
        if move.trigger is not None and move.trigger.anniversary is not None and move.after != Constant(0):
            message = "an anniversary comes when it comes, so that 'after' has no meaning"
            yield (*path, "after"), f"{message}; leave it out"


# ---------------------------------------------------------------- waits of next to nothing
def _waits_are_worth_it(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if not case.sure("start", "horizon", "warm_up"):
        return
    for path, move in moves_of(scenario):
        if move.every is not None and not move.takes_time and case.sure(path):
            number = min(_attempts(case, move.every), _most(move.attempt_limit), _most(move.lifetime_attempts))
            if number > MOST_ATTEMPTS and not _is_over_sooner(move):
                yield (*path, "every"), f"{_too_many(case, number, 'attempts')}, or fewer attempts"
    for name, track in scenario.tracks.items():
        number = min(_attempts(case, track.cadence), _most(track.exhausted.after if track.exhausted else "unlimited"))
        if number > MOST_ATTEMPTS and not _is_slowed(scenario, track) and case.sure(("tracks", name), "limits"):
            yield ("tracks", name, "cadence"), f"{_too_many(case, number, 'touches')}, or limit them"


def _open_leads_came_lately(case: Case) -> Iterator[Finding]:
    """Refuse open leads that have stood there for more attempts of a move than can be followed."""
    scenario = case.scenario
    longest: dict[str, int] = {}
    for lead in (lead for lead in open_leads(scenario) if lead.stage in scenario.stages):
        longest[lead.stage] = max(longest.get(lead.stage, 0), lead.entered)
    for name, ticks in longest.items():
        tracks = [scenario.tracks[track] for track in scenario.stages[name].may_join if track in scenario.tracks]
        moves = [*scenario.stages[name].moves.values(), *(move for track in tracks for move in track.moves.values())]
        gaps = [move.every for move in moves if move.every is not None] + [track.cadence for track in tracks]
        for gap in gaps if case.sure("backlog", "stages", "tracks") else ():
            number = ticks / max(_usual(gap), 1.0)
            if number > MOST_ATTEMPTS:
                message = f"{words.duration(ticks)} in '{name}' are {number:,.0f} attempts of one of its moves"
                yield ("backlog",), f"{message}, more than can be followed; let it wait longer, or leave the lead out"


def _is_slowed(scenario: Scenario, track: Track) -> bool:
    """Say whether a touch has a wait of its own, or a limit that puts it off."""
    touches = [(name, scenario.touches[name]) for name in track.touch_names]
    kinds = {"all", *(touch.kind_of(name) for name, touch in touches)}
    limited = any(limit.beyond == "postpone" for kind, limit in scenario.limits.items() if kind in kinds)
    return limited or any(turn.own_wait is not None for turn in track.touches)


def _attempts(case: Case, wait: Luck) -> float:
    """Return how many waits, each as long as they usually are, fit into the time that a case holds."""
    return case.ticks / max(_usual(wait), 1.0)


def _usual(wait: Luck) -> float:
    """Return how long a wait is: at most, or where that has no end, on average or about so."""
    match wait:
        case Exponential(length) | Lognormal("range", _, length) | Lognormal(_, length, _) | Weibull(_, length):
            return bounds(length)[1]
        case Gamma("moments", length, _):
            return bounds(length)[1]
        case Gamma("shape", shape, scale):
            return bounds(shape)[1] * bounds(scale)[1]
    longest = span(wait)
    return math.inf if longest is None else longest[1]


def _most(limit: Number | str) -> float:
    return bounds(limit)[1] if not isinstance(limit, str) else float("inf")


def _is_over_sooner(move: Move) -> bool:
    """Say whether success leads a lead away after few attempts."""
    leads_on = move.way is not None and move.touch is None and move.qualify is None and not move.script
    return leads_on and _least_chance(move.chance) > 1.0 / MOST_ATTEMPTS


def _least_chance(chance: ChanceValue) -> float:
    values = chance.values if isinstance(chance, Table) else (chance,)
    return min(bounds(value)[0] for value in values)


def _too_many(case: Case, number: float, what: str) -> str:
    most = words.duration(-(-case.ticks // MOST_ATTEMPTS) // TICKS["min"] * TICKS["min"] + TICKS["min"])
    until = case.until.date() - dt.timedelta(days=1)
    return f"{number:,.0f} {what} of one lead until {until} are more than can be run; wait {most} or longer"


VAIN_RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _conditions_can_hold,
    _triggers_can_come,
    _scores_are_earned,
    _frameworks_are_used,
    _anniversaries_wait_for_nothing,
    _waits_are_worth_it,
    _open_leads_came_lately,
)
"""The rules of this module, each yielding what is wrong with a scenario."""
