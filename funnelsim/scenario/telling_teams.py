"""Sentences that say who works, who owns leads, and how leads are given out and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from funnelsim.scenario import words
from funnelsim.scenario.measures import DURATION, HOURS, LIMIT, MONEY, ODDS, PACE, PEOPLE, PRESENT, QUEUE
from funnelsim.scenario.quantities import Number
from funnelsim.scenario.units import write_period

if TYPE_CHECKING:
    from funnelsim.scenario.models import Person, Rule, Scenario, Team

UNDER = "\t"
"""Starts what belongs under the sentence before it."""

_FIRST = {
    "fifo": "what has waited longest",
    "newest": "what came last",
    "priority": "what has the highest priority",
    "deadline": "the lead whose deadline is nearest",
    "even": "the lead that had the least attention",
}


def team_sentences(scenario: Scenario) -> Iterator[str]:
    """Say of each team who is there, how they work, and what becomes of the leads they own."""
    for name, team in scenario.teams.items():
        yield f"{words.named(name, team.label)}: {_people(team)}"
        yield f"{UNDER}{_hours(scenario, team)}"
        yield f"{UNDER}They take up first {_FIRST[team.discipline]}.{_queue(team)}"
        owned = [stage for stage, held in scenario.stages.items() if held.owner == name]
        if owned:
            yield f"{UNDER}They own the leads of {words.join(owned)}{_limits(team)}."
            yield from (f"{UNDER}{said}" for said in (*_rules(team), *_recycling(team)))


# ---------------------------------------------------------------- who is there
def _people(team: Team) -> str:
    if team.persons:
        people = words.join(_person(name, person) for name, person in team.persons.items())
        return f"{people}."
    if team.schedule:
        counts = [_counted(number, date) for date, number in sorted(team.schedule.items())]
        return f"{words.join(counts)}."
    return f"{_heads(words.number(team.people, PEOPLE))}."  # type: ignore[arg-type]


def _heads(number: str) -> str:
    return "1 person" if number == "1" else words.of(number, "people")


def _counted(number: Number, date: str) -> str:
    return f"{_heads(words.number(number, PRESENT)) if number != 0 else 'nobody'} from {date} on"


def _person(name: str, person: Person) -> str:
    marks = []
    if person.from_ or person.until:
        marks.append(" ".join(f"{w} {day}" for w, day in (("from", person.from_), ("until", person.until)) if day))
    if person.chance != 1:
        marks.append(f"odds of success times {words.number(person.chance, ODDS)}")
    if person.pace != 1:
        marks.append(f"{words.number(person.pace, PACE)} times as fast")
    if person.picks:
        marks.append(f"takes up first {_FIRST[person.picks]}")
    return f"{words.named(name, person.label)}{f' ({words.join(marks)})' if marks else ''}"


def _hours(scenario: Scenario, team: Team) -> str:
    off = [words.DAYS.get(day, day) for day in team.days_off]
    said = f"They work {words.of(words.number(team.hours, HOURS), 'hours a day')}"
    said += f", but not on {words.join(off)}" if off else ""
    if isinstance(team.hours, int | float) and team.hours != 24:
        said += f"; an hour of work takes {words.rough(24 / team.hours)} hours of the clock"
    if team.salary:
        salary, per = words.number(team.salary.amount, MONEY), write_period(team.salary.per)
        said += f". Each earns {salary} {scenario.currency} per {per}"
    return f"{said}."


def _queue(team: Team) -> str:
    if isinstance(team.queue_limit, str):
        return ""
    return (
        f" At most {words.of(words.number(team.queue_limit, QUEUE), 'leads')} wait for them; one more is turned away."
    )


# ---------------------------------------------------------------- leads in hand
def _limits(team: Team) -> str:
    said = []
    if not isinstance(team.hold, str):
        said.append(f"each has at most {words.of(words.number(team.hold, LIMIT), 'in hand')}")
    if not isinstance(team.claim_per_day, str):
        said.append(f"each gets at most {words.of(words.number(team.claim_per_day, LIMIT), 'a day')}")
    if team.previous_owner_cooldown != 0:
        said.append(f"none goes back to its last owner for {words.number(team.previous_owner_cooldown, DURATION)}")
    return f"; {words.join(said)}" if said else ""


def _rules(team: Team) -> Iterator[str]:
    for number, rule in enumerate(team.assign):
        who = "A lead" if number == 0 else "Any other lead"
        yield f"{who}{_conditions(rule)} goes {_assigned(rule)}."


def _conditions(rule: Rule) -> str:
    said = [f"{by} {words.join(values, 'or')}" for by, values in rule.if_.names.items()]
    return f" of {words.join(said)}" if said else ""


def _assigned(rule: Rule) -> str:
    if len(rule.to) == 1:
        return f"to {rule.to[0]}"
    if rule.by == "round_robin":
        return f"to {words.join(rule.to) if rule.to else 'everybody'} in turn"
    return f"to whoever {f'of {words.join(rule.to)} ' if rule.to else ''}has the fewest in hand"


def _recycling(team: Team) -> Iterator[str]:
    rule, shield = team.recycle_after, team.protection
    if rule is None:
        return
    after = []
    if rule.follow_up is not None:
        after.append(f"{words.number(rule.follow_up, DURATION)} without a follow-up")
    for time, what, stages in (
        (rule.opportunity, "an opportunity", rule.opportunity_stages),
        (rule.win, "a win", rule.win_stages),
    ):
        if time is not None:
            after.append(f"{words.number(time, DURATION)} without {what} ({words.join(stages, 'or')})")
    yield f"Leads are taken back to {rule.to} after {words.join(after, 'or')}."
    if rule.win_stages:
        yield f"Not those that ever were in {words.join(rule.win_stages, 'or')}."
    said = [f"for {words.number(shield.length, DURATION)} after they were claimed"] if shield.length != 0 else []
    if shield.by_activity != 0:
        most = (
            f" but not beyond {words.number(shield.most, DURATION)} after they were claimed"
            if shield.most is not None
            else ""
        )
        said.append(f"for {words.number(shield.by_activity, DURATION)} after each follow-up{most}")
    if said:
        yield f"They are protected {words.join(said)}."
