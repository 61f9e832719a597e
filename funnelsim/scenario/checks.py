"""Rules that tie several parts of a scenario together, checked once each part is sound by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from funnelsim.scenario import words
from funnelsim.scenario.amounts import periods_fit
from funnelsim.scenario.backlog import BACKLOG_RULES, channel_of, open_leads
from funnelsim.scenario.cases import Case
from funnelsim.scenario.contacts import CONTACT_RULES
from funnelsim.scenario.dates import months_between
from funnelsim.scenario.guarding import GUARD_RULES
from funnelsim.scenario.known import MOVES, WAYS
from funnelsim.scenario.nurturing import NURTURE_RULES
from funnelsim.scenario.problems import Finding, PathParts, listed
from funnelsim.scenario.profiles import PROFILE_RULES
from funnelsim.scenario.quantities import ByMonth, Constant, Flow, Number, bounds
from funnelsim.scenario.reaching import GRAPH_RULES
from funnelsim.scenario.responses import responses_make_sense
from funnelsim.scenario.routes import moves_of, ways_of_move, ways_of_track
from funnelsim.scenario.sharing import SHARING_RULES
from funnelsim.scenario.staffing import STAFF_RULES
from funnelsim.scenario.tables import month_name
from funnelsim.scenario.vain import VAIN_RULES

if TYPE_CHECKING:
    from funnelsim.scenario.models import Channel, Move


def check(case: Case) -> Iterator[Finding]:
    """Yield everything that is surely wrong with how the parts of a scenario fit together."""
    more = (
        *GRAPH_RULES,
        *STAFF_RULES,
        *SHARING_RULES,
        *PROFILE_RULES,
        *CONTACT_RULES,
        *NURTURE_RULES,
        *VAIN_RULES,
        *BACKLOG_RULES,
    )
    for rule in (*_RULES, *more):
        yield from ((path, message) for path, message in rule(case) if case.is_read(path))


# ---------------------------------------------------------------- segments, traits, channels
def _shares_add_up(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    kinds: dict[PathParts, list[Number]] = {}
    if scenario.segments:
        kinds["segments",] = [segment.share for segment in scenario.segments.values()]
    kinds |= {("traits", name): list(shares.values()) for name, shares in scenario.traits.items()}
    for kind, parts in (("segments", scenario.segments), ("channels", scenario.channels)):
        for part_name, part in parts.items():
            kinds |= {(kind, part_name, "traits", name): list(s.values()) for name, s in part.traits.items()}
    for path, shares in kinds.items():
        fixed = [share for share in shares if isinstance(share, int | float)]
        if not case.sure((*path, "*", "share") if path == ("segments",) else path):
            continue
        if not shares:
            yield path, "a trait has at least one value with its share, such as {mobile: 70%, switchboard: 30%}"
        elif len(fixed) == len(shares) and abs(sum(fixed) - 1) > 1e-9:
            sides = " + ".join(f"{share * 100:g}%" for share in fixed)
            yield path, f"shares add up to 100%, not {sides} = {sum(fixed) * 100:g}%"


def _one_source(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    of_open = {channel_of(scenario, lead) for lead in open_leads(scenario)}
    for name, channel in scenario.channels.items():
        path = ("channels", name)
        if not case.sure((*path, "leads"), (*path, "backlog")):
            continue
        if channel.leads is None and channel.backlog is None and (name in of_open or not case.sure("backlog")):
            continue
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


def _months_covered(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if not case.sure("start", "horizon"):
        return
    run = months_between(dt.datetime.combine(scenario.start, dt.time()), scenario.end)
    flows: dict[PathParts, Flow | None] = {}
    for name, channel in scenario.channels.items():
        flows |= {("channels", name, "leads"): channel.leads, ("channels", name, "spend"): channel.spend}
    flows |= {("overheads", name, "amount"): overhead.amount for name, overhead in scenario.overheads.items()}
    for path, flow in flows.items():
        missing = [month_name(month) for month in run if month not in flow.months] if isinstance(flow, ByMonth) else []
        if missing:
            yield path, f"the table has no amount for {listed(missing, 'and')}; it covers every month of the horizon"


# ---------------------------------------------------------------- dates
def _dates_not_before_run(case: Case) -> Iterator[Finding]:
    """Refuse dates that have passed; what is dated after the end does not happen, so that a run can be made shorter."""
    scenario = case.scenario
    if not case.sure("start"):
        return
    for number, change in enumerate(scenario.changes):
        if change.from_ < scenario.start:
            message = f"{change.from_} is before the start, {scenario.start}; choose a later date, or write the values"
            yield ("changes", number, "from"), f"{message} into the base"
    for path, move in moves_of(scenario):
        date = move.trigger.date if move.trigger else None
        if date and date < scenario.begin and case.sure("warm_up"):
            message = f"{date} is before the run, which begins on {scenario.begin}; it would never come"
            yield (*path, "trigger", "date"), message


# ---------------------------------------------------------------- moves
def _moves_do_something(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for path, move in moves_of(scenario):
        if not case.sure(path):
            continue
        does = move.cost != 0 or move.takes_time or move.touch is not None or move.event or move.warmth != 0
        if not does and not any(ways_of_move(scenario, move)):
            message = "this move does nothing: it has no 'to', no 'else' and no 'cost', and takes no time"
            yield path, f"{message}; give it one of them, or let it be an 'event'"


def _attempts_have_gaps(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for path, move in moves_of(scenario):
        sure = case.sure((*path, "every"), (*path, "attempts"), (*path, "trigger"))
        if not move.comes_again and move.attempt_limit != 1 and sure:
            again = "unlimited attempts need" if move.attempts == "unlimited" else "more than one attempt needs"
            yield (*path, "attempts"), f"{again} 'every', the wait between them, such as every: 1d"


def _entries_trigger_tracks(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for stage_name, stage in scenario.stages.items():
        for name, move in stage.moves.items():
            if move.trigger and move.trigger.enters:
                message = "a move of a stage starts when its stage is entered; only a move of a track waits for a stage"
                yield ("stages", stage_name, "moves", name, "trigger", "enters"), message


def _counts_can_be_reached(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for path, move in moves_of(scenario):
        if not case.sure(*((*path, field) for field in ("to", "attempts", "every", "lifetime_attempts"))):
            continue
        if move.needs != 1 and move.way is None and move.touch is None:
            message = "'needs' counts the successes it takes to lead on, but this move has no 'to'"
            yield (*path, "needs"), f"{message}; name a stage, or leave 'needs' out"
        limits = {"attempts": move.attempt_limit, "lifetime_attempts": move.lifetime_attempts}
        for field, limit in limits.items():
            for counted, number in (("needs", move.needs), ("unanswered", move.unanswered)):
                if _is_more(number, limit):
                    what = f"{number:g} successes are needed" if counted == "needs" else f"{number:g} go unanswered"
                    message = f"before {what} the move ends: it has {_attempts(limit)} ({field})"
                    yield (*path, counted), f"{message}; raise '{field}', or lower '{counted}'"


def _is_more(number: Number | str, limit: Number | str) -> bool:
    return isinstance(number, int | float) and isinstance(limit, int | float) and number > limit


def _attempts(limit: Number | str) -> str:
    return "1 attempt" if limit == 1 else f"{limit} attempts"


def _extensions_of_deadlines(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    horizon = (scenario.end - dt.datetime.combine(scenario.start, dt.time())) // dt.timedelta(milliseconds=1)
    for path, move in moves_of(scenario):
        if move.extend is None or not case.sure(path):
            continue
        if not move.is_deadline or move.trigger:
            message = "only a deadline can be put off: a move with a constant 'after', one attempt, a chance of 100%"
            yield (
                (*path, "extend"),
                f"{message} and a 'to', that needs nobody and no trigger; here {_no_deadline(move)}",
            )
        owned = path[0] == "stages" and scenario.stages[str(path[1])].owner
        if move.extend.per_owner != "unlimited" and not owned and case.sure((*path[:2], "owner")):
            message = "nobody owns the leads here, so that there is no limit per owner; give the stage an owner"
            yield (*path, "extend", "per_owner"), f"{message}, or leave 'per_owner' out"
        (times, _), (by_ticks, most) = bounds(move.extend.times), bounds(move.extend.by)
        if times * by_ticks > horizon and case.sure("start", "horizon"):
            by = f"{words.times(times)} by {'at least ' * (by_ticks < most)}{words.duration(by_ticks)}"
            message = f"extended {by} the deadline lies beyond the horizon, {words.span(scenario.horizon)}"
            yield (*path, "extend"), f"{message}; extend it by less, or fewer times"


def _no_deadline(move: Move) -> str:
    """Say why a move is no deadline."""
    reasons = {
        "it has no 'to'": move.to is None,
        "'after' is no constant": not isinstance(move.after, Constant),
        f"'attempts' is {move.attempt_limit}": move.attempt_limit != 1,
        "it has a trigger": move.trigger,
        "it needs a team": move.team,
        "it has a script": move.script,
        "it takes working time": move.takes_time,
        "it makes a touch": move.touch,
        "it asks for criteria": move.qualify,
        "it needs several successes": move.needs != 1,
        "the chance is not 100%": move.chance != 1.0,
    }
    return next((reason for reason, holds in reasons.items() if holds), "it has odds")


# ---------------------------------------------------------------- what nobody uses
def _all_is_used(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    joined = {track for stage in scenario.stages.values() for track in stage.may_join}
    joined |= {way.track for name in scenario.tracks for way in ways_of_track(scenario, name) if way.track}
    sent = {touch for track in scenario.tracks.values() for touch in track.touch_names}
    sent |= {move.touch for _, move in moves_of(scenario) if move.touch}
    ways = [way for way in WAYS if not way.startswith("stages")]
    for name in scenario.tracks if case.sure("stages.*.track", "tracks.*.touches", *ways) else ():
        if name not in joined:
            yield ("tracks", name), f"no stage joins track '{name}'; name it in the 'track' of a stage, or remove it"
    for name in scenario.touches if case.sure("tracks.*.touches", *(f"{move}.touch" for move in MOVES)) else ():
        if name not in sent:
            yield ("touches", name), f"no track uses touch '{name}'; name it in the 'touches' of a track, or remove it"


_RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _shares_add_up,
    _one_source,
    _months_covered,
    responses_make_sense,
    periods_fit,
    _dates_not_before_run,
    _moves_do_something,
    _attempts_have_gaps,
    _counts_can_be_reached,
    _extensions_of_deadlines,
    _entries_trigger_tracks,
    _all_is_used,
    *GUARD_RULES,
)
