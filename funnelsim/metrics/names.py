"""Which metrics a scenario has, what their names mean, and which of them people look at first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import combinations, pairwise, permutations
from typing import TYPE_CHECKING, NamedTuple

from funnelsim.metrics.definition import Definition, by_length, fill
from funnelsim.metrics.definitions import BY_PATTERN, DEFINITIONS
from funnelsim.metrics.vocabulary import NEEDS, Vocabulary, tracks_and_ways, vocabulary_of
from funnelsim.scenario.problems import MOST_COMPARED, listed, near_miss

if TYPE_CHECKING:
    from funnelsim.scenario import Scenario

EVERYONE = "all"
"""The group of all leads; no channel, segment or value of a trait can be called so."""

BEFORE_START = "before the start"
"""The first cohort: leads of the warm-up and of a backlog."""

ORIGINS = ("open", "new")
"""By origin: leads that were there at the start, those of the warm-up included, and those created later."""

COHORT_PREFIX = "cohort_"
"""What the names of variables by cohort start with; the rest is the name by period."""

MOST_USUAL = 18
"""Metrics that a table for people has at most."""

MOST_TEAMS = 3
"""Teams that such a table shows."""


class Figure(NamedTuple):
    """A metric of a scenario, perhaps of one group."""

    name: str
    definition: Definition
    places: Mapping[str, str]
    """What the places in its pattern stand for."""
    group: str | None
    """A group, `EVERYONE`, or None where the name says none."""


def named(name: str, vocabulary: Vocabulary) -> tuple[Definition, dict[str, str]]:
    """Return what a name without a group means, for what a scenario has.

    Raises
    ------
    ValueError
        For an unknown name, with a near miss.
    """
    known = _known(vocabulary)
    if name in known:
        return known[name]
    if name in BY_PATTERN and name != "<stage>":
        raise ValueError(f"no metric '{name}' in this scenario: it needs {NEEDS[BY_PATTERN[name].of]}")
    raise ValueError(f"no metric '{name}'{near_miss(name, _nearest(name, known), 'metrics')}")


@lru_cache(maxsize=64)
def _known(vocabulary: Vocabulary) -> dict[str, tuple[Definition, dict[str, str]]]:
    names: dict[str, tuple[Definition, dict[str, str]]] = {}
    for definition in sorted(DEFINITIONS, key=by_length):
        for places in _places(definition, vocabulary):
            names.setdefault(fill(definition.pattern, places), (definition, places))
    return names


def _nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return those of many names that share most letters and pairs of them, as many as can be compared closely."""
    names, pairs, letters = list(known), set(pairwise(name)), Counter(name)
    if len(names) <= MOST_COMPARED:
        return names

    def shared(other: str) -> float:
        alike = len(pairs & set(pairwise(other))) + (letters & Counter(other)).total()
        return alike / (len(name) + len(other))

    return sorted(names, key=shared, reverse=True)[:MOST_COMPARED]


def _places(definition: Definition, vocabulary: Vocabulary) -> list[dict[str, str]]:
    """Return what the places of a pattern can stand for."""
    of: tuple[str, ...] = getattr(vocabulary, definition.of)
    if "<from>" in definition.pattern:
        return [{"from": before, "to": after} for before, after in permutations(of, 2)]
    place = re.search(r"<(\w+)>", definition.pattern)
    if place is None:
        return [{}] if of else []
    return [{place[1]: name} for name in of]


def figure_of(name: str, scenario: Scenario, by: str | None) -> Figure:
    """Return what a name means in a result, such as ``cost_per_sql`` or ``sql[channel=search]``.

    Parameters
    ----------
    name : str
    scenario : Scenario
    by : str or None
        What the result is grouped by.

    Raises
    ------
    ValueError
        For an unknown metric or group, with a near miss, and for a group the result does not have.
    """
    match = re.fullmatch(r"([^\[\]]*)(?:\[(\w+)=([^\[\]]+)\])?", name)
    if match is None:
        raise ValueError(f"'{name}' is no metric's name: write it as in sql or sql[channel=search]")
    base, wanted_by, group = match.groups()
    definition, places = named(base, vocabulary_of(scenario))
    if group is not None:
        _check_group(name, scenario, by, wanted_by, group)
    return Figure(name, definition, places, group)


def _check_group(name: str, scenario: Scenario, by: str | None, wanted_by: str, group: str) -> None:
    known = groupings(scenario)
    if wanted_by not in known:
        raise ValueError(
            f"'{name}': leads are grouped by {listed(known)}, not by '{wanted_by}'{near_miss(wanted_by, known)}"
        )
    if group == EVERYONE:
        return
    if wanted_by != by:
        grouped = f"by {by}" if by else "not grouped"
        raise ValueError(f"'{name}': the result is {grouped}; simulate with by='{wanted_by}'")
    groups = group_names(scenario, by)
    if group not in groups:
        raise ValueError(f"no {by} '{group}'{near_miss(group, groups, f'{by}s')}")


# ---------------------------------------------------------------- groups
def groupings(scenario: Scenario) -> tuple[str, ...]:
    """Return what the leads of a scenario can be grouped by."""
    return ("channel", "segment", "origin", *scenario.traits, *scenario.observed)


def check_by(by: str | None, scenario: Scenario) -> None:
    """Refuse what the leads of a scenario cannot be grouped by.

    Raises
    ------
    ValueError
        With a near miss, or all there is.
    """
    known = groupings(scenario)
    if by is not None and by not in known:
        ways = ", ".join(f"'{name}'" for name in known)
        raise ValueError(f"cannot group by '{by}'{near_miss(by, known) or f': take {ways} or None'}")


def group_names(scenario: Scenario, by: str | None) -> tuple[str, ...]:
    """Return the groups that leads are divided into."""
    if by is None:
        return (EVERYONE,)
    if by == "origin":
        return ORIGINS
    if by in ("channel", "segment"):
        return tuple(scenario.channels if by == "channel" else scenario.segments) or (EVERYONE,)
    return tuple(scenario.traits[scenario.observed[by].of if by in scenario.observed else by])


# ---------------------------------------------------------------- lists of names
def names_in(metrics: str | Iterable[str]) -> tuple[str, ...]:
    """Return the metrics asked for, where one may stand for a list of one."""
    return (metrics,) if isinstance(metrics, str) else tuple(metrics)


def all_names(scenario: Scenario, by: str | None = None) -> list[str]:
    """Return every metric that has a value over the horizon.

    Rates are those of stages that a move joins, and of any stage of the trunk to any later one. Metrics of groups
    follow those of everyone.
    """
    pairs = joined(scenario) | set(combinations(trunk_of(scenario), 2))
    vocabulary = vocabulary_of(scenario)
    names = []
    for definition in DEFINITIONS:
        if definition.kind != "growth" and "horizon" in definition.times:
            for places in _places(definition, vocabulary):
                if "from" not in places or (places["from"], places["to"]) in pairs:
                    names.append(fill(definition.pattern, places))
    return [*names, *(f"{name}[{by}={group}]" for name in names for group in group_names(scenario, by) if by)]


def usual_names(scenario: Scenario, by: str | None = None) -> list[str]:
    """Return the few metrics that people look at first, at most `MOST_USUAL`.

    New leads and entries into every stage (into the trunk's alone where there are many), rates along the trunk, spend,
    the cost of what the trunk is for, revenue where a stage has a value, and of sales what is short: how busy the teams
    are, how long leads wait for them, and the share of SQLs that are starved; of the telephone what it takes, where
    there is room. Where leads are grouped, each is followed by that of every group.
    """
    trunk, vocabulary = trunk_of(scenario), vocabulary_of(scenario)
    valued = [name for name, stage in scenario.stages.items() if stage.value is not None]
    goals = [stage for stage in ("sql",) if stage in scenario.stages] + valued or trunk[-1:]
    money = ["spend", *(f"cost_per_{stage}" for stage in dict.fromkeys(goals))][:3] + ["revenue"] * bool(valued)
    teams = vocabulary.working[:MOST_TEAMS]
    sales = [f"{figure}_{team}" for team in teams for figure in ("utilisation", "wait")]
    sales += ["starved_share"] * bool(vocabulary.sqls)
    rates = [f"rate_{before}_to_{after}" for before, after in pairwise(trunk)]
    room = MOST_USUAL - len(money) - len(sales) - 1
    stages = list(scenario.stages) if len(scenario.stages) <= room else trunk[:room]
    usual = ["new_leads", *stages, *rates[: max(0, room - len(stages))], *money, *sales]
    phone = ["dials_per_reached", "dials_per_conversation", "conversations_per_meeting"] * bool(vocabulary.dialling)
    names = [*usual, *phone[: MOST_USUAL - len(usual)]]
    groups = [f"[{by}={group}]" for group in group_names(scenario, by)] if by else []
    return [name + group for name in names for group in ("", *groups)]


def main_metrics(scenario: Scenario) -> list[str]:
    """Return the two that matter most: who is won, else who sales accepts, and what one of them costs.

    Stages of the trunk come first; where it leads to none of these, any other stage does.
    """
    trunk = trunk_of(scenario)
    stages = scenario.stages
    names = list(dict.fromkeys([*trunk, *stages]))
    won = [name for name in names if stages[name].win_rate == 1.0 or stages[name].value is not None]
    stage = next((name for name in (*won, "sql", "opportunity") if name in names), trunk[-1])
    return [stage, f"cost_per_{stage}"]


def trunk_of(scenario: Scenario) -> list[str]:
    """Return the stages that success leads through from the first stage on, by the first move of each (DOMAIN D2.1)."""
    trunk = [next(iter(scenario.stages))]
    while True:
        stage = scenario.stages[trunk[-1]]
        targets = [to for to in (*(move.to for move in stage.moves.values()), *stage.score) if to not in (None, *trunk)]
        if not targets:
            return trunk
        trunk.append(str(targets[0]))


def joined(scenario: Scenario) -> set[tuple[str, str]]:
    """Return the pairs of stages that one move joins: of the stage, of its owner, or of a track followed there."""
    return {(before, after) for before, after in tracks_and_ways(scenario)[1] if before != after}
