"""Rules about the graph of stages: where leads end, what they can reach, and that time passes meanwhile."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

from funnelsim.scenario import words
from funnelsim.scenario.cases import Case
from funnelsim.scenario.problems import Finding, listed
from funnelsim.scenario.rounds import MOST_VISITS, Round, endless_rounds
from funnelsim.scenario.routes import circular_limits, entries, exits, spent_limits, standings


def _final_stages_end(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for name, stage in scenario.stages.items():
        busy = stage.moves or stage.score or stage.track != "none"
        if stage.final is True and busy and case.sure(("stages", name, "track"), ("stages", name, "score")):
            track = f"the track '{stage.track}'" if isinstance(stage.track, str) else "rules of tracks"
            held = "moves" if stage.moves else "a score that leads on" if stage.score else track
            yield (
                ("stages", name, "final"),
                f"a final stage has no moves and no track, but this one has {held}; drop one",
            )
    for name, channel in scenario.channels.items():
        sure = case.sure(
            ("stages", channel.enters, "moves"), *(("stages", channel.enters, f) for f in ("track", "final", "score"))
        )
        if scenario.stages[channel.enters].is_final and sure:
            message = f"'{channel.enters}' is final, so that nothing would happen to these leads; enter another stage"
            yield ("channels", name, "enters"), message


def _stages_are_reached(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    reached = {entering.stage for entering in entries(scenario, case.unknown)}
    for name in scenario.stages:
        if name not in reached:
            yield ("stages", name), "no lead can reach this stage; lead a channel, move or track here, or remove it"


def _stages_have_a_way_out(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    ways: dict[str, set[str]] = {}
    for entering in entries(scenario, case.unknown):
        for standing in standings(scenario, entering, case.unknown):
            ways.setdefault(entering.stage, set()).update(exits(scenario, standing, case.unknown) - {entering.stage})
    for name, stage in scenario.stages.items():
        sure = name not in case.unknown.stages and case.sure(("stages", name, "final"))
        if sure and name in ways and not ways[name] and not stage.is_final:
            message = "leads that come here never leave: no move or track leads to another stage"
            yield ("stages", name), f"{message}; add one, or take moves and track away to make it final"


def _round(stages: Sequence[str]) -> str:
    most = 8
    return " -> ".join(stages if len(stages) <= most else [*stages[:most], "…"])


def _time_passes(case: Case) -> Iterator[Finding]:
    for found in endless_rounds(case):
        way = f"{_round(found.stages)}; give one of the moves a "
        if found.ticks == 0:
            message = f"{_whose(found)} go round in no time and for ever: {way}wait"
        else:
            scenario = case.scenario
            horizon = scenario.end - dt.datetime.combine(scenario.start, dt.time())
            number = f"{horizon / dt.timedelta(milliseconds=1) / found.ticks:,.0f}"
            message = f"{_whose(found)} go round for ever, each time in at most {words.duration(found.ticks)}: {way}"
            message += f"longer wait, since the horizon of {words.span(scenario.horizon)} holds {number} rounds, and a"
            message += f" lead can visit a stage {MOST_VISITS:,} times"
        yield ("stages", found.stages[0]), message


def _whose(found: Round) -> str:
    kinds = [f"{by} {name}" for by, name in found.kind.items()]
    return f"leads of {listed(kinds, 'and')}" if kinds else "leads"


def _limits_end_somewhere(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if not case.sure("stages.*.track", "stages.*.moves", "tracks"):
        return
    if places := circular_limits(scenario):
        path = spent_limits(scenario, places[0])[places[1]]
        said = [name if kind == "stages" else f"track {name}" for kind, name in places]
        message = f"once its lifetime limits are met, a lead is sent round for ever: {_round(said)}"
        yield path, f"{message}; let one of them lead elsewhere"


GRAPH_RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _final_stages_end,
    _stages_are_reached,
    _stages_have_a_way_out,
    _time_passes,
    _limits_end_somewhere,
)
"""The rules of this module, each yielding what is wrong with a scenario."""
