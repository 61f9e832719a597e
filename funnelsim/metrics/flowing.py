"""Leads that went from one stage to another: where they came from, where they went, and who stayed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from funnelsim.metrics import statistics
from funnelsim.metrics.frames import in_all
from funnelsim.metrics.vocabulary import tracks_and_ways

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from funnelsim.metrics.result import Result
    from funnelsim.scenario import Scenario

CREATED = "(new leads)"
THERE_BEFORE = "(there before)"
STILL_THERE = "(still there)"
TAKEN_ON = "(by a track or team)"
"""What is neither a stage that leads come from nor one they go to. The last stands between stages where tracks or teams
lead on from several stages to several, so that it is not counted which led where."""

NOTHING = 1e-6
"""Fewer leads, on average, are the error of a sum."""


class Flow(NamedTuple):
    """Leads that went from one stage to another; means over replications."""

    source: str
    to: str
    leads: float


def flows_between_stages(result: Result) -> list[Flow]:
    """Return how many leads went from each stage to each over the horizon, whatever led them.

    Parameters
    ----------
    result : Result

    Returns
    -------
    list of Flow
        Between stages, and from `CREATED` and `THERE_BEFORE`, to `STILL_THERE`, and by way of `TAKEN_ON`. Into every
        stage go as many leads as go out of it; there is none of 0 leads. Leads that a stage sends on at once, since
        they have met a limit for life already, pass through it here, though they count as no entry.
    """
    data, stages = result.data, list(result.scenario.stages)
    ways = result.ways_out()
    led = ways[ways["to"].isin(stages)]
    exits, entries, standing = (
        dict(zip(stages, statistics.mean(in_all(counted, "stage")), strict=True))
        for counted in (data["exits"], data["entries"], data["standing"].isel(period=-1))
    )
    flows: dict[tuple[str, str], float] = defaultdict(float)
    for way in led[led["kind"] == "stage"].to_dict("records"):
        flows[way["name"], way["to"]] += way["leads"]
    left = {stage: exits[stage] - sum(n for (source, _), n in flows.items() if source == stage) for stage in stages}
    for (source, to), leads in _taken(led[led["kind"] != "stage"], _hosts(result.scenario), left).items():
        flows[source, to] += leads
    beyond = {stage: entries[stage] - sum(n for (_, to), n in flows.items() if to == stage) for stage in stages}
    created = _created(result, beyond)
    flows |= {(CREATED, stage): leads for stage, leads in created.items()}
    for ends, leads in _passed({stage: beyond[stage] - created.get(stage, 0.0) for stage in stages}).items():
        flows[ends] += leads
    for stage in stages:
        flows[THERE_BEFORE, stage] = standing[stage] + exits[stage] - entries[stage]
        flows[stage, STILL_THERE] = standing[stage]
    return [Flow(source, to, float(leads)) for (source, to), leads in flows.items() if leads > NOTHING]


def _hosts(scenario: Scenario) -> dict[tuple[str, str], set[str]]:
    """Return by track and team the stages from which it can lead on."""
    hosts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for stage, tracks in tracks_and_ways(scenario)[0].items():
        for track in tracks:
            hosts["track", track].add(stage)
        if (owner := scenario.stages[stage].owner) is not None:
            hosts["team", owner].add(stage)
    return hosts


def _created(result: Result, beyond: Mapping[str, float]) -> dict[str, float]:
    """Return how many leads were created in each stage that a channel enters."""
    enters = dict.fromkeys(channel.enters for channel in result.scenario.channels.values() if channel.leads is not None)
    if len(enters) == 1:
        return dict.fromkeys(enters, float(result.estimate("new_leads").mean))
    return {stage: max(0.0, beyond[stage]) for stage in enters}


def _passed(beyond: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """Return leads that a stage sent on at once, since they had met a limit for life already: it counts no entry."""
    short = {stage: -leads for stage, leads in beyond.items() if leads < -NOTHING}
    over = {stage: leads for stage, leads in beyond.items() if leads > NOTHING}
    if len(short) == 1 or len(over) == 1:
        return {(one, other): min(short[one], over[other]) for one in short for other in over}
    return {(stage, TAKEN_ON): leads for stage, leads in short.items()} | {
        (TAKEN_ON, stage): leads for stage, leads in over.items()
    }


def _taken(
    led: pd.DataFrame, hosts: Mapping[tuple[str, str], set[str]], left: Mapping[str, float]
) -> dict[tuple[str, str], float]:
    """Tell from which stage tracks and teams led leads on, as far as that follows from the counts.

    It does where a track or team is in one stage only, and where all that remains goes to one stage.
    """
    flows: dict[tuple[str, str], float] = defaultdict(float)
    open_, rest = dict(left), []
    for way in led.to_dict("records"):
        stages = [stage for stage in hosts[way["kind"], way["name"]] if left[stage] > NOTHING]
        if len(stages) == 1:
            flows[stages[0], way["to"]] += way["leads"]
            open_[stages[0]] -= way["leads"]
        else:
            rest.append((way["to"], way["leads"]))
    targets = list(dict.fromkeys(to for to, _ in rest))
    for stage, leads in open_.items():
        if leads > NOTHING:
            flows[stage, targets[0] if len(targets) == 1 else TAKEN_ON] += leads
    if len(targets) > 1:
        for to, leads in rest:
            flows[TAKEN_ON, to] += leads
    return flows
