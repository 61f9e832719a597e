"""Rules that tie several parts of a scenario together, checked once each part is sound by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from funnelsim.scenario.dates import months_between
from funnelsim.scenario.problems import PathParts, listed
from funnelsim.scenario.quantities import ByMonth, Constant
from funnelsim.scenario.routes import (
    Standing,
    circular_limits,
    endless_round,
    entries,
    exits,
    spent_limits,
    track_in,
)
from funnelsim.scenario.tables import month_name

if TYPE_CHECKING:
    from funnelsim.scenario.models import Channel, Move, Scenario

Finding = tuple[PathParts, str]
"""The path of what is wrong, and the message."""


def check(scenario: Scenario) -> Iterator[Finding]:
    """Yield everything that is wrong with a scenario whose parts are sound and whose names exist."""
    for rule in _RULES:
        yield from rule(scenario)


# ---------------------------------------------------------------- segments, channels
def _shares_add_up(scenario: Scenario) -> Iterator[Finding]:
    shares = [segment.share for segment in scenario.segments.values()]
    fixed = [share for share in shares if isinstance(share, int | float)]
    if shares and len(fixed) == len(shares) and abs(sum(fixed) - 1) > 1e-9:
        sides = " + ".join(f"{share * 100:g}%" for share in fixed)
        yield ("segments",), f"shares add up to 100%, not {sides} = {sum(fixed) * 100:g}%"


def _one_source(scenario: Scenario) -> Iterator[Finding]:
    for name, channel in scenario.channels.items():
        path = ("channels", name)
        if channel.leads is None and channel.backlog is None:
            yield path, "a channel needs leads, such as '800 per month', or a backlog, such as 10_000"
        elif channel.leads is not None and channel.backlog is not None:
            yield path, "a channel has leads or a backlog, not both; make two channels of it"
        else:
            yield from _fields_of_source(path, channel)


def _fields_of_source(path: PathParts, channel: Channel) -> Iterator[Finding]:
    if channel.backlog is None:
        if channel.age != Constant(0):
            yield (*path, "age"), "only leads of a backlog have an age at the start; leave it out, or write a backlog"
        return
    for field, default in (("arrivals", "poisson"), ("seasonality", type(channel.seasonality)()), ("cost", 0)):
        if getattr(channel, field) != default:
            yield (
                (*path, field),
                f"a backlog is there on day one, so that '{field}' has no meaning for it; leave it out",
            )


def _months_covered(scenario: Scenario) -> Iterator[Finding]:
    run = months_between(dt.datetime.combine(scenario.start, dt.time()), scenario.end)
    for name, channel in scenario.channels.items():
        for field, flow in (("leads", channel.leads), ("spend", channel.spend)):
            missing = (
                [month_name(month) for month in run if month not in flow.months] if isinstance(flow, ByMonth) else []
            )
            if missing:
                yield (
                    ("channels", name, field),
                    f"the table has no amount for {listed(missing, 'and')}; it covers every month of the horizon",
                )


# ---------------------------------------------------------------- dates
def _dates_not_before_run(scenario: Scenario) -> Iterator[Finding]:
    """Refuse dates that have passed; what is dated after the end does not happen, so that a run can be made shorter."""
    for number, change in enumerate(scenario.changes):
        if change.from_ < scenario.start:
            message = f"{change.from_} is before the start, {scenario.start}; choose a later date, or write the values"
            yield ("changes", number, "from"), f"{message} into the base"
    for path, move in _moves(scenario):
        date = move.trigger.date if move.trigger else None
        if date and date < scenario.begin:
            message = f"{date} is before the run, which begins on {scenario.begin}; it would never come"
            yield (*path, "trigger", "date"), message


# ---------------------------------------------------------------- moves
def _moves(scenario: Scenario) -> Iterator[tuple[PathParts, Move]]:
    for stage_name, stage in scenario.stages.items():
        yield from ((("stages", stage_name, "moves", name), move) for name, move in stage.moves.items())
    for track_name, track in scenario.tracks.items():
        yield from ((("tracks", track_name, "moves", name), move) for name, move in track.moves.items())


def _moves_do_something(scenario: Scenario) -> Iterator[Finding]:
    for path, move in _moves(scenario):
        if move.to is None and move.else_ is None and move.cost == 0:
            yield path, "this move does nothing: it has no 'to', no 'else' and no 'cost'; give it one of them"


def _attempts_have_gaps(scenario: Scenario) -> Iterator[Finding]:
    for path, move in _moves(scenario):
        if move.every is None and move.attempt_limit != 1:
            again = "unlimited attempts need" if move.attempts == "unlimited" else "more than one attempt needs"
            yield (*path, "attempts"), f"{again} 'every', the wait between them, such as every: 1d"


def _entries_trigger_tracks(scenario: Scenario) -> Iterator[Finding]:
    for stage_name, stage in scenario.stages.items():
        for name, move in stage.moves.items():
            if move.trigger and move.trigger.enters:
                message = "a move of a stage starts when its stage is entered; only a move of a track waits for a stage"
                yield ("stages", stage_name, "moves", name, "trigger", "enters"), message


# ---------------------------------------------------------------- the graph of stages
def _final_stages_end(scenario: Scenario) -> Iterator[Finding]:
    for name, stage in scenario.stages.items():
        if stage.final is True and (stage.moves or stage.track != "none"):
            held = "moves" if stage.moves else f"the track '{stage.track}'"
            yield (
                ("stages", name, "final"),
                f"a final stage has no moves and no track, but this one has {held}; drop one",
            )
    for name, channel in scenario.channels.items():
        if scenario.stages[channel.enters].is_final:
            message = f"'{channel.enters}' is final, so that nothing would happen to these leads; enter another stage"
            yield ("channels", name, "enters"), message


def _stages_are_reached(scenario: Scenario) -> Iterator[Finding]:
    reached = {entering.stage for entering in entries(scenario)}
    for name in scenario.stages:
        if name not in reached:
            yield ("stages", name), "no lead can reach this stage; lead a channel, move or track here, or remove it"


def _stages_have_a_way_out(scenario: Scenario) -> Iterator[Finding]:
    ways: dict[str, set[str]] = {}
    for entering in entries(scenario):
        standing = Standing(entering.stage, track_in(scenario, entering))
        ways.setdefault(entering.stage, set()).update(exits(scenario, standing) - {entering.stage})
    for name, stage in scenario.stages.items():
        if name in ways and not ways[name] and not stage.is_final:
            message = "leads that come here never leave: no move or track leads to another stage"
            yield ("stages", name), f"{message}; add one, or take moves and track away to make it final"


def _round(stages: list[str]) -> str:
    most = 8
    return " -> ".join(stages if len(stages) <= most else [*stages[:most], "…"])


def _time_passes(scenario: Scenario) -> Iterator[Finding]:
    if stages := endless_round(scenario):
        message = f"leads go round in no time and for ever: {_round(stages)}; give one of the moves a wait"
        yield ("stages", stages[0]), message


def _limits_end_somewhere(scenario: Scenario) -> Iterator[Finding]:
    if stages := circular_limits(scenario):
        path = spent_limits(scenario, stages[0])[stages[1]]
        message = f"once its lifetime limits are met, a lead is sent round for ever: {_round(stages)}"
        yield path, f"{message}; let one of them lead elsewhere"


# ---------------------------------------------------------------- what nobody uses
def _all_is_used(scenario: Scenario) -> Iterator[Finding]:
    joined = {stage.track for stage in scenario.stages.values()}
    sent = {touch for track in scenario.tracks.values() for touch in track.touches}
    for name in scenario.tracks:
        if name not in joined:
            yield ("tracks", name), f"no stage joins track '{name}'; name it in the 'track' of a stage, or remove it"
    for name in scenario.touches:
        if name not in sent:
            yield ("touches", name), f"no track uses touch '{name}'; name it in the 'touches' of a track, or remove it"


_RULES: tuple[Callable[[Scenario], Iterator[Finding]], ...] = (
    _shares_add_up,
    _one_source,
    _months_covered,
    _dates_not_before_run,
    _moves_do_something,
    _attempts_have_gaps,
    _entries_trigger_tracks,
    _final_stages_end,
    _stages_are_reached,
    _stages_have_a_way_out,
    _time_passes,
    _limits_end_somewhere,
    _all_is_used,
)
