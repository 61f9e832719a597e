"""Which metrics a scenario has, what their names mean, and which of them people look at first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise, permutations
from typing import TYPE_CHECKING, NamedTuple

from funnelsim.metrics.definitions import DEFINITIONS, Definition, fill
from funnelsim.scenario.problems import listed, near_miss

if TYPE_CHECKING:
    from funnelsim.scenario import Scenario
    from funnelsim.scenario.models import Move

EVERYONE = "all"
"""The group of all leads; no channel or segment can be called so."""

GROUPINGS = ("channel", "segment")

BEFORE_START = "before the start"
"""The first cohort: leads of the warm-up and of a backlog."""

COHORT_PREFIX = "cohort_"
"""What the names of variables by cohort start with; the rest is the name by period."""

MOST_USUAL = 18
"""Metrics that a table for people has at most."""


class Figure(NamedTuple):
    """A metric of a scenario, perhaps of one group."""

    name: str
    definition: Definition
    stages: Mapping[str, str]
    """What the places in its pattern stand for."""
    group: str | None
    """A group, `EVERYONE`, or None where the name says none."""


def named(name: str, stages: tuple[str, ...]) -> tuple[Definition, dict[str, str]]:
    """Return what a name without a group means, for these stages.

    Raises
    ------
    ValueError
        For an unknown name, with a near miss.
    """
    known = _known(stages)
    if name not in known:
        raise ValueError(f"no metric '{name}'{near_miss(name, known, 'metrics')}")
    return known[name]


@lru_cache(maxsize=64)
def _known(stages: tuple[str, ...]) -> dict[str, tuple[Definition, dict[str, str]]]:
    names: dict[str, tuple[Definition, dict[str, str]]] = {}
    for definition in sorted(DEFINITIONS, key=lambda definition: "<" in definition.pattern):
        for places in _places(definition.pattern, stages):
            names.setdefault(fill(definition.pattern, places), (definition, places))
    return names


def _places(pattern: str, stages: Iterable[str]) -> list[dict[str, str]]:
    if "<from>" in pattern:
        return [{"from": before, "to": after} for before, after in permutations(stages, 2)]
    return [{"stage": stage} for stage in stages] if "<stage>" in pattern else [{}]


def figure_of(name: str, scenario: Scenario, by: str | None) -> Figure:
    """Return what a name means in a result, such as ``cost_per_sql`` or ``sql[channel=search]``.

    Parameters
    ----------
    name : str
    scenario : Scenario
    by : {None, "channel", "segment"}
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
    definition, stages = named(base, tuple(scenario.stages))
    if group is not None:
        _check_group(name, scenario, by, wanted_by, group)
    return Figure(name, definition, stages, group)


def _check_group(name: str, scenario: Scenario, by: str | None, wanted_by: str, group: str) -> None:
    if wanted_by not in GROUPINGS:
        raise ValueError(f"'{name}': leads are grouped by {listed(GROUPINGS)}, not by '{wanted_by}'")
    if group == EVERYONE:
        return
    if wanted_by != by:
        grouped = f"by {by}" if by else "not grouped"
        raise ValueError(f"'{name}': the result is {grouped}; simulate with by='{wanted_by}'")
    groups = group_names(scenario, by)
    if group not in groups:
        raise ValueError(f"no {by} '{group}'{near_miss(group, groups, f'{by}s')}")


def group_names(scenario: Scenario, by: str | None) -> tuple[str, ...]:
    """Return the groups that leads are divided into."""
    groups = {None: (), "channel": tuple(scenario.channels), "segment": tuple(scenario.segments)}
    return groups[by] or (EVERYONE,)


# ---------------------------------------------------------------- lists of names
def names_in(metrics: str | Iterable[str]) -> tuple[str, ...]:
    """Return the metrics asked for, where one may stand for a list of one."""
    return (metrics,) if isinstance(metrics, str) else tuple(metrics)


def all_names(scenario: Scenario, by: str | None = None) -> list[str]:
    """Return every metric that has a value over the horizon; rates only of stages that are joined.

    Metrics of groups follow those of everyone.
    """
    pairs = joined(scenario)
    names = []
    for definition in DEFINITIONS:
        if definition.kind != "growth":
            for places in _places(definition.pattern, scenario.stages):
                if "from" not in places or (places["from"], places["to"]) in pairs:
                    names.append(fill(definition.pattern, places))
    return [*names, *(f"{name}[{by}={group}]" for name in names for group in group_names(scenario, by) if by)]


def usual_names(scenario: Scenario) -> list[str]:
    """Return the few metrics that people look at first, at most `MOST_USUAL`.

    New leads and entries into every stage (into the trunk's alone where there are many), rates along the trunk, spend,
    the cost of what the trunk is for, and revenue where a stage has a value.
    """
    trunk = trunk_of(scenario)
    valued = [name for name, stage in scenario.stages.items() if stage.value is not None]
    goals = [stage for stage in ("sql",) if stage in scenario.stages] + valued or trunk[-1:]
    money = ["spend", *(f"cost_per_{stage}" for stage in dict.fromkeys(goals))][:3] + ["revenue"] * bool(valued)
    rates = [f"rate_{before}_to_{after}" for before, after in pairwise(trunk)]
    room = MOST_USUAL - len(money) - 1
    stages = list(scenario.stages) if len(scenario.stages) <= room else trunk[:room]
    return ["new_leads", *stages, *rates[: max(0, room - len(stages))], *money]


def trunk_of(scenario: Scenario) -> list[str]:
    """Return the stages that success leads through from the first stage on, by the first move of each (DOMAIN D2.1)."""
    trunk = [next(iter(scenario.stages))]
    while True:
        stage = scenario.stages[trunk[-1]]
        targets = [move.to for move in stage.moves.values() if move.to not in (None, *trunk)]
        if not targets:
            return trunk
        trunk.append(str(targets[0]))


def joined(scenario: Scenario) -> set[tuple[str, str]]:
    """Return the pairs of stages, from and to, that one move of the stage or of a track followed there joins."""
    pairs = {
        (name, target) for name, stage in scenario.stages.items() for target in _targets(stage.moves.values()) if target
    }
    tracks: dict[str, set[str]] = {
        name: {stage.track} & set(scenario.tracks) for name, stage in scenario.stages.items()
    }
    while True:  # a stage that keeps the track of those who come is joined by the moves of any they may bring
        size = len(pairs) + sum(map(len, tracks.values()))
        for name in scenario.stages:
            pairs |= {(name, target) for track in tracks[name] for target in _track_targets(scenario, track) if target}
        for before, after in pairs:
            if scenario.stages[after].track == "keep":
                tracks[after] |= tracks[before]
        if size == len(pairs) + sum(map(len, tracks.values())):
            return {(before, after) for before, after in pairs if before != after}


def _targets(moves: Iterable[Move]) -> Iterable[str | None]:
    return [target for move in moves for target in (move.to, move.else_)]


def _track_targets(scenario: Scenario, name: str) -> list[str | None]:
    track = scenario.tracks[name]
    exhausted = None if track.exhausted is None else track.exhausted.to
    return [track.on_response.to, exhausted, *_targets(track.moves.values())]
