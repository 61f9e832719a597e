"""Teams as a program has them: people with the times they are there, rules of assignment, working days, salaries."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from funnelsim.program import calendar as cal
from funnelsim.program import records as p
from funnelsim.program.flows import FlowTerm, units_between
from funnelsim.program.recipes import RecipeBook
from funnelsim.program.timeline import Timeline
from funnelsim.scenario import Scenario
from funnelsim.scenario import quantities as q
from funnelsim.scenario.models import Person, Rule, Team
from funnelsim.scenario.paths import format_path

PICKS = {"fifo": p.FIFO, "newest": p.NEWEST, "priority": p.PRIORITY, "deadline": p.DEADLINE, "even": p.EVEN}

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Employed(NamedTuple):
    """One person of a team, and from when until when."""

    name: str
    from_tick: int
    until_tick: int
    written: Person


def employed(team: Team, timeline: Timeline) -> list[Employed]:
    """Return everybody who is ever of a team, in order of their places.

    Of a number of people each has a place; in a schedule of numbers whoever comes later has a place of their own, and
    the last to come is the first to go (rule 38).
    """
    if team.persons is not None:
        return [_named(name, person, timeline) for name, person in team.persons.items()]
    if team.schedule is not None:
        return list(_scheduled(team.schedule, timeline))
    number = most_people(cast(q.Number, team.people))
    return [Employed(str(place + 1), 0, timeline.end_tick, Person()) for place in range(number)]


def most_people(people: q.Number) -> int:
    """Return how many people a team can have: a number, or the most that is believed."""
    match people:
        case q.UniformBelief(_, high):
            return math.ceil(high)
        case q.DrawsBelief(values):
            return math.ceil(max(values))
        case q.RangeBelief() | q.BetaBelief():
            raise TypeError(f"no bound on the people of {people!r}")
    return int(people)


def _named(name: str, person: Person, timeline: Timeline) -> Employed:
    from_tick = 0 if person.from_ is None else max(0, timeline.tick(person.from_))
    until_tick = timeline.end_tick if person.until is None else min(timeline.tick(person.until), timeline.end_tick)
    return Employed(name, from_tick, until_tick, person)


def _scheduled(schedule: Mapping[str, int], timeline: Timeline) -> Iterator[Employed]:
    there: list[int] = []
    found: list[tuple[int, int]] = []
    for date, number in sorted((dt.date.fromisoformat(date), number) for date, number in schedule.items()):
        tick = max(0, timeline.tick(date))
        while len(there) > number:
            found.append((there.pop(), tick))
        there += [tick] * (number - len(there))
    found += [(tick, timeline.end_tick) for tick in there]
    for number, (from_tick, until_tick) in enumerate(sorted(found, key=lambda stay: (stay[0], -stay[1]))):
        yield Employed(str(number + 1), from_tick, min(until_tick, timeline.end_tick), Person())


class Staff:
    """Everything about teams that a program needs, collected."""

    def __init__(self, scenario: Scenario, timeline: Timeline, kinds: Mapping[str, Sequence[str]]) -> None:
        self._timeline = timeline
        self._kinds = {name: tuple(values) for name, values in kinds.items()}
        self._channels = tuple(scenario.channels)
        self.teams = dict(scenario.teams)
        self.people = {name: employed(team, timeline) for name, team in self.teams.items()}
        self.names = tuple(f"{team}.{person.name}" for team, people in self.people.items() for person in people)
        self.rules: list[tuple[int, ...]] = []
        self.conditions: list[tuple[int, int]] = []
        self.rule_people: list[int] = []
        self._first_person = dict(zip(self.teams, self._starts(), strict=False))
        self.team_records = [self._team(name, team) for name, team in self.teams.items()]

    def _starts(self) -> list[int]:
        starts = [0]
        for people in self.people.values():
            starts.append(starts[-1] + len(people))
        return starts

    def _team(self, name: str, team: Team) -> tuple[int, ...]:
        first_rule, first_person = len(self.rules), self._first_person[name]
        for rule in team.assign:
            self.rules.append(self._rule(name, rule))
        most = cal.DAY * 36_525 if team.protection.most is None else team.protection.most
        protection = (team.protection.length, team.protection.by_activity, most)
        return (
            first_person,
            first_person + len(self.people[name]),
            first_rule,
            len(self.rules),
            PICKS[team.discipline],
            team.previous_owner_cooldown,
            *protection,
        )

    def _rule(self, team: str, rule: Rule) -> tuple[int, ...]:
        first_condition, first_person = len(self.conditions), len(self.rule_people)
        for by, values in rule.if_.items():
            names = self._channels if by == "channel" else self._kinds[by]
            code = p.BY_CHANNEL if by == "channel" else p.BY_KIND + list(self._kinds).index(by)
            self.conditions += [(code, names.index(value)) for value in values]
        known = [person.name for person in self.people[team]]
        named = sorted(known.index(name) for name in rule.to) if rule.to else range(len(known))
        self.rule_people += [self._first_person[team] + place for place in named]
        by_code = p.ROUND_ROBIN if rule.by == "round_robin" else p.LEAST_LOADED
        return (first_condition, len(self.conditions), first_person, len(self.rule_people), by_code)

    def person_records(self) -> list[tuple[int, ...]]:
        """(N,) of `PERSON`."""
        return [
            (number, place, person.from_tick, person.until_tick, PICKS[person.written.picks or team.discipline])
            for number, (name, team) in enumerate(self.teams.items())
            for place, person in enumerate(self.people[name])
        ]

    def worked_days(self) -> list[list[int]]:
        """(E, days + 1): working days before each day."""
        return [self._worked_days(set(team.days_off)) for team in self.teams.values()]

    def _worked_days(self, days_off: set[str]) -> list[int]:
        worked = [0]
        for number in range(self._timeline.days):
            day = self._timeline.begin + dt.timedelta(days=number)
            off = WEEKDAYS[day.weekday()] in days_off or day.isoformat() in days_off
            worked.append(worked[-1] + (0 if off else 1))
        return worked

    # ------------------------------------------------------------ numbers
    def limits(self, regime: Scenario, book: RecipeBook) -> list[list[int]]:
        """(E, 4): parameters of hours, hold, claims a day and queue limit in one regime."""
        return [
            [
                book.parameter(format_path(("teams", name, "hours")), team.hours),
                *(
                    _limit(book, name, field, getattr(team, field))
                    for field in ("hold", "claim_per_day", "queue_limit")
                ),
            ]
            for name, team in regime.teams.items()
        ]

    def headcounts(self, book: RecipeBook) -> list[int]:
        """(E,): the parameter of a team whose people are a number."""
        return [
            p.NONE
            if isinstance(team.people, Mapping)
            else book.parameter(format_path(("teams", name, "people")), team.people)
            for name, team in self.teams.items()
        ]

    def skills(self, book: RecipeBook) -> list[list[int]]:
        """(N, 2): parameters of chance and pace."""
        return [
            [
                book.parameter(
                    format_path(("teams", team, "people", person.name, field)), getattr(person.written, field)
                )
                for field in ("chance", "pace")
            ]
            for team, people in self.people.items()
            for person in people
        ]

    def salary_terms(self, book: RecipeBook) -> list[FlowTerm]:
        """Return labour by the edges of cells: how much of a salary has been earned by all who were there."""
        terms, timeline = [], self._timeline
        for r, regime in enumerate(timeline.regimes):
            for number, (name, team) in enumerate(regime.teams.items()):
                if team.salary is None or not self.people[name]:
                    continue
                (term,) = cal.spread(team.salary, timeline.begin, timeline.days)
                parameter = book.parameter(format_path(("teams", name, "salary")), term.number)
                earned = [0.0]
                for cell, holds in enumerate(timeline.cell_regime):
                    more = self._earned(name, term.units, cell) if holds == r else 0.0
                    earned.append(earned[-1] + more)
                terms.append(FlowTerm(number, parameter, earned))
        return terms

    def _earned(self, team: str, units: Sequence[float], cell: int) -> float:
        """Units of a salary that are earned in one cell, by all who are there or, of a number of people, by each."""
        edges, people = self._timeline.cell_edge, self.people[team]
        earning = people if isinstance(self.teams[team].people, Mapping) else people[:1]
        return sum(
            units_between(units, max(edges[cell], person.from_tick), min(edges[cell + 1], person.until_tick))
            for person in earning
        )

    # ------------------------------------------------------------ stages
    def owners(self, scenario: Scenario) -> list[int]:
        """(S,): the team that owns leads in each stage."""
        names = list(self.teams)
        return [p.NONE if stage.owner is None else names.index(stage.owner) for stage in scenario.stages.values()]

    def marks(self, scenario: Scenario) -> list[list[int]]:
        """(E, S): opportunity and win stages of each team's recycling."""
        rules = [team.recycle_after for team in self.teams.values()]
        return [
            [
                0 if rule is None else (name in rule.opportunity_stages) + 2 * (name in rule.win_stages)
                for name in stages
            ]
            for rule in rules
            for stages in [scenario.stages]
        ]


def stage_flags(scenario: Scenario) -> list[int]:
    """(S,): what each stage is, in bits."""
    stages = scenario.stages
    won = {name for name, stage in stages.items() if stage.win_rate == 1.0}
    won |= {name for team in scenario.teams.values() if team.recycle_after for name in team.recycle_after.win_stages}
    won = won or {name for name, stage in stages.items() if stage.value is not None}
    pipeline = {name for name, stage in stages.items() if stage.win_rate is not None} - won
    goals = won | (pipeline or ({"opportunity"} & set(stages)))
    sales = pipeline | {name for name, stage in stages.items() if stage.owner is not None}
    worked = {name for name, stage in stages.items() if any(move.team for move in stage.moves.values())}
    sql = {"sql"} & {name for name, stage in stages.items() if stage.owner is not None}
    sets = ((sales, p.SALES), (worked, p.WORKED), (pipeline, p.PIPELINE), (won, p.WON), (sql, p.SQL), (goals, p.GOAL))
    return [sum(bit for names, bit in sets if name in names) for name in stages]


def _limit(book: RecipeBook, team: str, field: str, limit: q.Number | str) -> int:
    return p.NONE if isinstance(limit, str) else book.parameter(format_path(("teams", team, field)), limit)
