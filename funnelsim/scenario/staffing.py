"""Rules about teams: who works, who owns leads, how leads are given out and taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from funnelsim.scenario.cases import Case, Unknown
from funnelsim.scenario.problems import Finding, PathParts, listed
from funnelsim.scenario.quantities import Constant, bounds
from funnelsim.scenario.routes import has_final_way_out, moves_of
from funnelsim.scenario.tables import WEEKDAYS
from funnelsim.scenario.working import team_of, work

if TYPE_CHECKING:
    from funnelsim.scenario.models import Team

_OF_OWNERS = ("hold", "claim_per_day", "previous_owner_cooldown", "assign", "recycle_after", "protection")
"""The fields of a team that matter for the leads it owns, and for nothing else."""

_WORK = ("team", "takes", "touch", "script.*.takes")
_OF_WORK = (
    "stages.*.owner",
    *(f"{kind}.*.moves.*.{field}" for kind in ("stages", "tracks") for field in _WORK),
    "touches.*.team",
    "touches.*.takes",
    "tracks.*.touches",
)
"""What says who does which work."""


# ---------------------------------------------------------------- who does the work
def _work_has_a_team(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for path, move in moves_of(scenario):
        team = team_of(scenario, scenario.stages[str(path[1])] if path[0] == "stages" else None, move)
        if team is not None or not case.sure((*path[:2], "owner"), (*path, "team"), (*path, "touch")):
            continue
        or_owner = ", or the stage an owner" if path[0] == "stages" else ""
        places = (path, *((*path, "script", name) for name in move.script))
        for place, time in zip(places, move.working_times, strict=True):
            if time != Constant(0) and move.touch is None:
                yield (*place, "takes"), f"this takes working time, but of nobody; give the move a team{or_owner}"
        if move.priority != 0 and case.sure((*path, "takes"), (*path, "script")):
            message = "a priority orders the work of a team, and this move has none"
            yield (*path, "priority"), f"{message}; give it a team, or leave 'priority' out"
    for name, touch in scenario.touches.items():
        if touch.team is None and touch.takes_time and case.sure(("touches", name, "team")):
            yield ("touches", name, "takes"), "this takes working time, but of nobody; give the touch a team"


def _teams_are_used(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if not case.sure(*_OF_WORK):
        return
    busy = {team for _, team, _, _ in work(scenario)}
    owning = {stage.owner for stage in scenario.stages.values()}
    for name in scenario.teams:
        if name not in busy | owning:
            message = f"team '{name}' has nothing to do: no move needs it and no stage has it as owner"
            yield ("teams", name), f"{message}; name it there, or remove it"


def _queue_limits_turn_away(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if not case.sure(*_OF_WORK):
        return
    shared = {team for _, team, owner, _ in work(scenario) if team != owner}
    for name, team in scenario.teams.items():
        if team.queue_limit != "unlimited" and name not in shared:
            message = f"all work of team '{name}' waits for the owner of the lead, so that nobody is turned away"
            yield ("teams", name, "queue_limit"), f"{message}; leave it out, or write 'hold' to limit leads in hand"


def _priorities_differ(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if not case.sure(*_OF_WORK, "stages.*.moves.*.priority", "tracks.*.moves.*.priority"):
        return
    of_paths = {path: team for path, team, _, _ in work(scenario)}
    ranked = {of_paths[path] for path, move in moves_of(scenario) if move.priority != 0}
    for name, team in scenario.teams.items():
        if name in ranked:
            continue
        picking: list[tuple[PathParts, str | None]] = [(("teams", name, "discipline"), team.discipline)]
        for person_name, person in (team.persons or {}).items():
            picking.append((("teams", name, "people", person_name, "picks"), person.picks))
        for path, discipline in picking:
            if discipline == "priority":
                message = f"no move of team '{name}' has a priority, so that all its work ranks the same"
                yield path, f"{message}; give one of them 'priority: 1', or take another discipline"


# ---------------------------------------------------------------- who owns leads
def _owned_stages_end(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for name, stage in scenario.stages.items():
        if stage.owner is None or not case.sure(("stages", name), "touches", "tracks", ("teams", stage.owner)):
            continue
        if stage.is_final:
            message = "nothing more happens to a lead in a final stage, so that nobody owns it"
            yield ("stages", name, "owner"), f"{message}; leave 'owner' out, or give the stage moves"
        elif case.unknown == Unknown() and not has_final_way_out(scenario, name):
            message = f"a lead can stay with its owner of team '{stage.owner}' for ever, once its moves here are silent"
            ways = "give a move with limited attempts an 'else', add a deadline such as {after: 30d, to: pool}"
            yield ("stages", name), f"{message}; {ways}, or give the team a recycle_after"


def _only_owners_hold(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if not case.sure("stages.*.owner"):
        return
    owning = {stage.owner for stage in scenario.stages.values()}
    for name, team in scenario.teams.items():
        for field in _OF_OWNERS if name not in owning else ():
            if getattr(team, field) != type(team).model_fields[field].default:
                message = f"team '{name}' owns no leads, so that '{field}' has no meaning"
                yield ("teams", name, field), f"{message}; give a stage 'owner: {name}', or leave it out"


def _rules_fall_back(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for name, team in scenario.teams.items():
        path = ("teams", name, "assign")
        if not case.sure(path):
            continue
        *_, last = team.assign
        if last.if_:
            message = "the last rule has conditions too, so that leads which meet none would never have an owner"
            end = "end with a rule without 'if', such as {by: least_loaded}"
            yield (*path, len(team.assign) - 1), f"{message}; {end}"
        for number, rule in enumerate(team.assign[:-1]):
            if not rule.if_:
                message = "every lead meets this rule, so that those after it are never looked at"
                yield (*path, number), f"{message}; give it an 'if', or move it to the end"


def _recycling_is_whole(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for name, team in scenario.teams.items():
        rule, path = team.recycle_after, ("teams", name, "recycle_after")
        if rule is None or not case.sure(path):
            continue
        if rule.follow_up is None and rule.opportunity is None and rule.win is None:
            message = "no lead is ever taken back: say after how long without follow_up, opportunity or win"
            yield path, f"{message}, such as follow_up: 15d"
        for field, what in (("opportunity", "an opportunity"), ("win", "a win")):
            if getattr(rule, field) is not None and not getattr(rule, f"{field}_stages"):
                message = f"no stage counts as {what}, so that all leads would be taken back"
                yield (*path, field), f"{message}; name the stages in {field}_stages"
        if rule.opportunity is None and rule.opportunity_stages:
            message = "these stages matter only for 'opportunity', after which leads without one are taken back"
            yield (*path, "opportunity_stages"), f"{message}; write it, or leave them out"
        if scenario.stages[rule.to].owner == name and case.sure(("stages", rule.to, "owner")):
            message = f"'{rule.to}' is owned by team '{name}' too, so that nothing would be taken from it"
            yield (*path, "to"), f"{message}; name a stage outside, such as the pool"


def _protection_protects(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for name, team in scenario.teams.items():
        shield, path = team.protection, ("teams", name, "protection")
        if shield == type(team).model_fields["protection"].default or not case.sure(path):
            continue
        if team.recycle_after is None and case.sure(("teams", name, "recycle_after")):
            message = "leads of this team are never taken back, so that there is nothing to protect them from"
            yield path, f"{message}; write recycle_after, or leave it out"
        if shield.most is not None and shield.by_activity == 0:
            message = "'most' bounds how long follow-ups protect a lead, and here they do not"
            yield (*path, "most"), f"{message}; write by_activity, or leave it out"
        elif shield.most is not None and bounds(shield.most)[1] < bounds(shield.length)[0]:
            message = "follow-ups cannot protect a lead for less than the 'length' it has anyhow"
            yield (*path, "most"), f"{message}; raise 'most', or shorten 'length'"


# ---------------------------------------------------------------- who is there
def _people_are_there(case: Case) -> Iterator[Finding]:
    """Refuse people who have left; who comes after the end does not come, so that a run can be made shorter."""
    scenario = case.scenario
    for name, team in scenario.teams.items():
        path = ("teams", name, "people")
        if not case.sure(path, ("teams", name, "days_off"), "start", "horizon", "warm_up"):
            continue
        begin = scenario.begin
        for person_name, person in (team.persons or {}).items():
            if person.from_ and person.until and person.until <= person.from_:
                message = f"{person.until} is not after {person.from_}, the first day they are there"
                yield (*path, person_name, "until"), f"{message}; name a later date"
            elif person.from_ and person.until and not _works_between(team, person.from_, person.until):
                message = f"all days from {person.from_} until {person.until} are days off of the team"
                yield (*path, person_name), f"{message}; let them be there for longer, or leave them out"
        if _last_day(team) <= begin:
            message = f"nobody is there during the run, which begins on {begin}: all have left by then"
            yield path, f"{message}; correct the dates"
        last = (scenario.end - dt.timedelta(milliseconds=1)).date()
        if not _works_between(team, begin, last + dt.timedelta(days=1)):
            message = f"all days of the run, {begin} to {last}, are days off"
            yield ("teams", name, "days_off"), f"{message}; leave one of them to work on"


def _last_day(team: Team) -> dt.date:
    """Return the first day on which nobody is there any more, or the last of all days."""
    if team.persons:
        return max(person.until or dt.date.max for person in team.persons.values())
    if team.schedule:
        last = max(team.schedule)
        return dt.date.max if bounds(team.schedule[last])[1] > 0 else dt.date.fromisoformat(last)
    return dt.date.max


def _works_between(team: Team, first: dt.date, until: dt.date) -> bool:
    days = (first + dt.timedelta(days=number) for number in range((until - first).days))
    return any(WEEKDAYS[day.weekday()] not in team.days_off and day.isoformat() not in team.days_off for day in days)


# ---------------------------------------------------------------- what is won
def _wins_are_named(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    stated = [name for name, stage in scenario.stages.items() if stage.win_rate not in (None, 1.0)]
    won = any(stage.win_rate == 1.0 or stage.value is not None for stage in scenario.stages.values())
    won |= any(team.recycle_after and team.recycle_after.win_stages for team in scenario.teams.values())
    sure = case.sure("stages.*.win_rate", "stages.*.value", "teams.*.recycle_after")
    if stated and not won and sure:
        message = (
            f"no stage is that of the won, so that nobody can see whether the rate of {listed(stated, 'and')} holds"
        )
        yield ("stages", stated[0], "win_rate"), f"{message}; give the stage of the won win_rate: 100%"


STAFF_RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _work_has_a_team,
    _teams_are_used,
    _queue_limits_turn_away,
    _priorities_differ,
    _owned_stages_end,
    _only_owners_hold,
    _rules_fall_back,
    _recycling_is_whole,
    _protection_protects,
    _people_are_there,
    _wins_are_named,
)
"""The rules of this module, each yielding what is wrong with a scenario."""
