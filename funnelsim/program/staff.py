"""Teams as a program has them: people with the times they are there, rules of assignment, working days, salaries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

from funnelsim.program import calendar as cal
from funnelsim.program import records as p
from funnelsim.program.flows import FlowTerm, units_between
from funnelsim.program.recipes import RecipeBook
from funnelsim.program.rules import RuleBook
from funnelsim.program.timeline import Timeline
from funnelsim.scenario import Scenario
from funnelsim.scenario import quantities as q
from funnelsim.scenario.models import Person, Rule, Team
from funnelsim.scenario.paths import format_path

PICKS = {"fifo": p.FIFO, "newest": p.NEWEST, "priority": p.PRIORITY, "deadline": p.DEADLINE, "even": p.EVEN}

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Headcount(NamedTuple):
    """How many people a team has from a tick on, and where that is written."""

    path: str
    from_tick: int
    number: q.Number


class Employed(NamedTuple):
    """One person of a team.

    Who is named is there from one tick until another. Of those who are counted, one is there for a stay at a place,
    and when that begins and ends follows from the numbers of people (rule 38).
    """

    name: str
    written: Person
    place: int
    from_tick: int = 0
    until_tick: int = 0
    stay: int = p.NONE


def headcounts(name: str, team: Team, timeline: Timeline) -> list[Headcount]:
    """Return how many people a team has, from each date on; none where they are named.

    A plain number is a schedule with one entry. What is written for dates before the run holds at its beginning.
    """
    path = ("teams", name, "people")
    if team.persons is not None:
        return []
    if team.schedule is None:
        return [Headcount(format_path(path), 0, cast(q.Number, team.people))]
    entries = [
        Headcount(format_path((*path, date)), timeline.tick(dt.date.fromisoformat(date)), number)
        for date, number in sorted(team.schedule.items())
    ]
    before = [entry._replace(from_tick=0) for entry in entries if entry.from_tick <= 0]
    return [*before[-1:], *(entry for entry in entries if entry.from_tick > 0)]


def employed(team: Team, numbers: Sequence[q.Number], timeline: Timeline) -> list[Employed]:
    """Return everybody who is ever of a team, by place and stay: who is named, or as many as its numbers can mean."""
    if team.persons is not None:
        return [_named(name, person, place, timeline) for place, (name, person) in enumerate(team.persons.items())]
    places = range(max(int(q.bounds(number)[1]) for number in numbers))
    stays = [(place, stay) for place in places for stay in range(most_stays(numbers, place))]
    return [Employed(str(i + 1), Person(), place, stay=stay) for i, (place, stay) in enumerate(stays)]


def most_stays(numbers: Sequence[q.Number], place: int) -> int:
    """Return how often somebody can come to a place: it is taken while the number of people is above it (rule 38)."""
    stays, there = 0, False
    for low, high in map(q.bounds, numbers):
        if there:
            there = low > place
        elif high > place:
            stays, there = stays + 1, True
    return stays


def _named(name: str, person: Person, place: int, timeline: Timeline) -> Employed:
    from_tick = 0 if person.from_ is None else max(0, timeline.tick(person.from_))
    until_tick = timeline.end_tick if person.until is None else min(timeline.tick(person.until), timeline.end_tick)
    return Employed(name, person, place, from_tick, until_tick)


class Staff:
    """Everything about teams that a program needs, collected."""

    def __init__(self, scenario: Scenario, timeline: Timeline, rules: RuleBook) -> None:
        self._timeline, self._rules = timeline, rules
        self.teams = dict(scenario.teams)
        self.heads = {name: headcounts(name, team, timeline) for name, team in self.teams.items()}
        self.people = {
            name: employed(team, [entry.number for entry in self.heads[name]], timeline)
            for name, team in self.teams.items()
        }
        self.names = tuple(f"{team}.{person.name}" for team, people in self.people.items() for person in people)
        self._first_person = dict(zip(self.teams, self._starts(), strict=False))
        self.team_records = [self._team(name, team) for name, team in self.teams.items()]

    def _starts(self) -> list[int]:
        starts = [0]
        for people in self.people.values():
            starts.append(starts[-1] + len(people))
        return starts

    def _team(self, name: str, team: Team) -> tuple[int, ...]:
        first_rule, first_person = len(self._rules.rules), self._first_person[name]
        for number, rule in enumerate(team.assign):
            self._add_rule(format_path(("teams", name, "assign", str(number), "if")), name, rule)
        end_person = first_person + len(self.people[name])
        return (first_person, end_person, first_rule, len(self._rules.rules), PICKS[team.discipline])

    def _add_rule(self, path: str, team: str, rule: Rule) -> None:
        known = [person.name for person in self.people[team]]
        named = sorted(known.index(name) for name in rule.to) if rule.to else range(len(known))
        people = [self._first_person[team] + place for place in named]
        by_code = p.ROUND_ROBIN if rule.by == "round_robin" else p.LEAST_LOADED
        self._rules.add(path, [rule.if_] * len(self._timeline.regimes), people=people, by=by_code)

    def person_records(self) -> list[tuple[int, ...]]:
        """(N,) of `PERSON`."""
        return [
            (
                number,
                person.place,
                person.stay,
                person.from_tick,
                person.until_tick,
                PICKS[person.written.picks or team.discipline],
            )
            for number, (name, team) in enumerate(self.teams.items())
            for person in self.people[name]
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

    def keeping(self, book: RecipeBook) -> list[list[int]]:
        """(E, 4): parameters of cooldown and protection."""
        found = []
        for name, team in self.teams.items():
            lengths: list[tuple[str, q.Number | None]] = [("previous_owner_cooldown", team.previous_owner_cooldown)]
            shield = team.protection
            lengths += [(f"protection.{field}", getattr(shield, field)) for field in ("length", "by_activity", "most")]
            path = format_path(("teams", name))
            found.append([p.NONE if n is None else book.parameter(f"{path}.{field}", n) for field, n in lengths])
        return found

    def headcounts(self, book: RecipeBook) -> list[tuple[int, int, int]]:
        """(entries, 3): team, tick, and parameter of how many people it has from then on."""
        return [
            (team, entry.from_tick, book.parameter(entry.path, entry.number))
            for team, entries in enumerate(self.heads.values())
            for entry in entries
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
                if team.salary is None:
                    continue
                (term,) = cal.spread(team.salary, timeline.begin, timeline.days)
                parameter = book.parameter(format_path(("teams", name, "salary")), term.number)
                for heads, stretches in self._employment(name, book):
                    earned = [0.0]
                    for cell, holds in enumerate(timeline.cell_regime):
                        earned.append(earned[-1] + (self._earned(stretches, term.units, cell) if holds == r else 0.0))
                    terms.append(FlowTerm(number, parameter, earned, heads))
        return terms

    def _employment(self, team: str, book: RecipeBook) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """Yield when people earn: all who are named together, or one of each number of people, with its parameter."""
        entries = self.heads[team]
        if not entries:
            yield p.NONE, [(person.from_tick, person.until_tick) for person in self.people[team]]
        ends = [*(entry.from_tick for entry in entries[1:]), self._timeline.end_tick]
        for entry, end in zip(entries, ends, strict=False):
            yield book.parameter(entry.path, entry.number), [(entry.from_tick, end)]

    def _earned(self, stretches: Sequence[tuple[int, int]], units: Sequence[float], cell: int) -> float:
        """Units of a salary that are earned in one cell, in all of these stretches of time together."""
        first, last = self._timeline.cell_edge[cell : cell + 2]
        return sum(units_between(units, max(first, begin), min(last, end)) for begin, end in stretches)

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
