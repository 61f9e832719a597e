"""Who does the work of a move: its own team, that of the touch it makes, or the owner of the lead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelsim.scenario.problems import PathParts

if TYPE_CHECKING:
    from funnelsim.scenario.models import Move, Scenario, Stage, Team


def team_of(scenario: Scenario, stage: Stage | None, move: Move) -> str | None:
    """Return the team whose people make the attempts of a move of a stage, or of a track where there is no stage."""
    if move.touch is not None:
        return scenario.touches[move.touch].team
    return move.team if stage is None else stage.team_of(move)


def takes_time(scenario: Scenario, move: Move) -> bool:
    """Say whether an attempt of a move is work."""
    return move.takes_time if move.touch is None else scenario.touches[move.touch].takes_time


def work(scenario: Scenario) -> Iterator[tuple[PathParts, str | None, str | None, bool]]:
    """Yield whose work all moves and touches of tracks are.

    Yields
    ------
    path, team, owner, takes time
        Of a move or a track; the team whose people do it, the team that owns the leads there, and whether it takes
        working time.
    """
    for name, stage in scenario.stages.items():
        for move_name, move in stage.moves.items():
            path = ("stages", name, "moves", move_name)
            yield path, team_of(scenario, stage, move), stage.owner, takes_time(scenario, move)
    for name, track in scenario.tracks.items():
        for touch in dict.fromkeys(track.touch_names):
            sent = scenario.touches[touch]
            yield ("tracks", name), sent.team, None, sent.takes_time
        for move_name, move in track.moves.items():
            path = ("tracks", name, "moves", move_name)
            yield path, team_of(scenario, None, move), None, takes_time(scenario, move)


def serves_at_once(scenario: Scenario, name: str) -> bool:
    """Say whether whoever asks for a person of a team is served at that instant, on days of work.

    So it is where no work of the team takes any time, somebody is always there, nobody is turned away and all leads
    of the team have owners at once.
    """
    team = scenario.teams[name]
    limits = (team.queue_limit, team.hold, team.claim_per_day)
    waiting = team.previous_owner_cooldown != 0 or any(rule.to for rule in team.assign)
    if waiting or any(limit != "unlimited" for limit in limits):
        return False
    busy = any(takes_time for _, doing, _, takes_time in work(scenario) if doing == name)
    return _is_somebody_always_there(team) and not busy


def _is_somebody_always_there(team: Team) -> bool:
    if team.schedule is not None:
        return False
    return team.persons is None or any(
        person.from_ is None and person.until is None for person in team.persons.values()
    )
