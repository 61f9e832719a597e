"""Sentences that say what will be simulated, for a strategist: every wait, chance and belief in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from funnelsim.scenario import words
from funnelsim.scenario.measures import CHANCE, COUNT, DURATION, LEADS, MONEY, POINTS, SHARE, TIMES, Measure
from funnelsim.scenario.models import Channel, Odds, Scenario, Stage, Track
from funnelsim.scenario.quantities import ByMonth, Constant, Flow, Never
from funnelsim.scenario.scoring import Scoring
from funnelsim.scenario.tables import FACTOR, month_name
from funnelsim.scenario.telling_backlog import backlog_sentences
from funnelsim.scenario.telling_chances import chance_sentences
from funnelsim.scenario.telling_conditions import said_conditions
from funnelsim.scenario.telling_guards import guard_sentences
from funnelsim.scenario.telling_moves import move_sentences, said_after, said_every, said_way
from funnelsim.scenario.telling_responses import budget_sentences, margin_sentences, response_sentences
from funnelsim.scenario.telling_teams import UNDER, team_sentences
from funnelsim.scenario.telling_touches import (
    opt_out_sentences,
    point_sentences,
    seen_sentences,
    touch_sentences,
    track_sentences,
)
from funnelsim.scenario.units import write_period
from funnelsim.scenario.writing import write_scalar

_JOINS = {"none": "joins no track", "keep": "stays in the track it is in"}

_SHARED_BY = {
    "spend": "by all other spend",
    "leads": "by leads created",
    "touches": "by touches",
    "hours": "by hours worked",
    "evenly": "evenly",
}

_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905


def sentences(scenario: Scenario) -> str:
    """Say in sentences what will be simulated, in lines of at most 80 columns."""
    blocks = []
    for title, said in sections(scenario):
        lines = [_line(line, bullet=bool(title)) for line in said]
        blocks.append("\n".join([title, *lines] if title else lines))
    return "\n\n".join(blocks) + "\n"


def sections(scenario: Scenario) -> list[tuple[str, list[str]]]:
    """Return the sentences under their titles; the first have none, and those that start with `UNDER` add to one."""
    told = (
        ("", _run(scenario)),
        ("Where leads come from", _channels(scenario)),
        ("What is open at the start", backlog_sentences(scenario)),
        ("Who does the work", team_sentences(scenario)),
        ("What else costs money", _overheads(scenario)),
        ("What happens to leads", _stages(scenario)),
        ("Tracks that run beside", _tracks(scenario)),
        ("What leads gather", _gathered(scenario)),
        ("How to read the chances", chance_sentences(scenario)),
        ("What changes", _changes(scenario)),
        ("Variants", _variants(scenario)),
        ("Budgets", budget_sentences(scenario, _settings)),
        ("What is promised", guard_sentences(scenario)),
    )
    lists = [(title, list(said)) for title, said in told]
    return [(title, said) for title, said in lists if said]


def _line(text: str, *, bullet: bool) -> str:
    if not bullet:
        return words.wrap(text)
    return words.wrap(text, "  - ", "    ") if text.startswith(UNDER) else words.wrap(text, "- ", "  ")


# ---------------------------------------------------------------- the run
def _run(scenario: Scenario) -> Iterator[str]:
    variant = f", variant '{scenario.variant_name}'," if scenario.variant_name else ""
    last = (scenario.end - dt.timedelta(milliseconds=1)).date()
    yield (
        f"'{scenario.name}'{variant} counts {words.span(scenario.horizon)}, from {scenario.start} to {last}, and "
        f"reports by {_period(scenario)}; money is in {scenario.currency}."
    )
    if scenario.description:
        yield scenario.description
    if scenario.warm_up.count:
        yield (
            f"Before that it runs for {words.span(scenario.warm_up)}, from {scenario.begin}, without counting; leads "
            "in flight stay where they are."
        )
    old = scenario.old_after
    age = "created in an earlier month"
    if not isinstance(old, str):
        age = words.of(words.number(old, DURATION), "old or older")
    yield f"A lead counts as old when it is {age}."
    if scenario.segments:
        shares = [
            f"{words.named(name, segment.label)} {words.number(segment.share, SHARE)}"
            for name, segment in scenario.segments.items()
        ]
        yield f"Leads are of {len(shares)} segment{'s' * (len(shares) > 1)}: {words.join(shares)}."
        yield from margin_sentences(scenario)
    for name, values in scenario.traits.items():
        shares = [f"{value} {words.number(share, SHARE)}" for value, share in values.items()]
        yield f"They differ by {name}: {words.join(shares)}."


def _period(scenario: Scenario) -> str:
    period = scenario.period
    return words.span(period) if period.unit == "tick" else period.unit


# ---------------------------------------------------------------- channels
def _channels(scenario: Scenario) -> Iterator[str]:
    currency = scenario.currency
    for name, channel in scenario.channels.items():
        yield f"{words.named(name, channel.label)}: {_source(channel)}"
        yield from (f"{UNDER}{said}" for said in _season(channel))
        if channel.spend is not None:
            yield f"{UNDER}It spends {_flow(channel.spend, MONEY, currency)}, spread evenly."
        if channel.response is not None:
            yield from (f"{UNDER}{said}" for said in response_sentences(channel.response, currency))
        if channel.cost != 0:
            yield f"{UNDER}Every lead costs {words.number(channel.cost, MONEY)} {currency}."


def _overheads(scenario: Scenario) -> Iterator[str]:
    for name, overhead in scenario.overheads.items():
        spent = _flow(overhead.amount, MONEY, scenario.currency)
        key = _SHARED_BY.get(overhead.by, f"by entries into {overhead.by}")
        yield f"{words.named(name, overhead.label)}: {spent}, shared out {key}."


def _source(channel: Channel) -> str:
    if channel.backlog is not None:
        age = "" if channel.age == Constant(0) else f" Their age is then {words.luck(channel.age, DURATION)}."
        count = words.number(channel.backlog, COUNT)
        return (
            f"{count} leads stand in {channel.enters} on day one, their clocks under way as if they had been there for "
            f"long.{age}"
        )
    if channel.leads is None:
        return "no new leads come; some of those that are open at the start are of it."
    how = "evenly spaced" if channel.arrivals == "evenly" else "at random moments (a Poisson process)"
    return f"{_flow(channel.leads, LEADS, 'leads')} come {how} and enter {channel.enters}."


def _flow(flow: Flow, measure: Measure, what: str) -> str:
    if isinstance(flow, ByMonth):
        months = zip(flow.amounts, flow.months, strict=True)
        amounts = words.join(f"{words.number(amount, measure)} in {month_name(month)}" for amount, month in months)
        return f"{amounts} {what}"
    return f"{words.number(flow.amount, measure)} {what} per {write_period(flow.per)}"


def _season(channel: Channel) -> Iterator[str]:
    months = [
        f"by {words.number(factor, FACTOR)} in {_MONTHS[number]}"
        for number, factor in enumerate(channel.seasonality.month)
        if factor != 1
    ]
    if months:
        yield f"The flow is multiplied {words.join(months)}."
    days = [
        f"{words.number(factor, FACTOR)} on {list(words.DAYS.values())[number]}"
        for number, factor in enumerate(channel.seasonality.weekday)
        if factor != 1
    ]
    if days:
        yield f"Within each month, whose sum stays, days weigh 1, but {words.join(days)}."


# ---------------------------------------------------------------- stages
def _stages(scenario: Scenario) -> Iterator[str]:
    for name, stage in scenario.stages.items():
        yield " ".join(_stage(scenario, words.named(name, stage.label), stage))
        yield from (f"{UNDER}{said}" for said in move_sentences(scenario, stage.moves, stage))
        made = dict.fromkeys(move.touch for move in stage.moves.values() if move.touch)
        yield from (f"{UNDER}{said}" for said in touch_sentences(scenario, iter(made), Odds()))


def _stage(scenario: Scenario, title: str, stage: Stage) -> Iterator[str]:
    if stage.is_final:
        yield f"{title} is final: nothing more happens there."
    elif len(stage.moves) > 1:
        yield f"In {title} {len(stage.moves)} moves race each other."
    else:
        yield f"In {title} {'one move is made.' if stage.moves else 'nothing moves by itself.'}"
    if stage.owner:
        yield f"Somebody of {stage.owner} owns the lead."
    if stage.track == "keep":
        yield "A lead stays in the track it is in."
    elif isinstance(stage.track, str) and stage.track != "none":
        yield f"A lead joins the track {stage.track}."
    elif not isinstance(stage.track, str):
        for rule in stage.track:
            which = f"A lead {said_conditions(rule.if_)}" if rule.if_ else "Any other"
            yield f"{which} {_JOINS.get(rule.track, f'joins the track {rule.track}')}."
    for to, points in stage.score.items():
        yield f"A lead whose score reaches {words.counted(points, POINTS, 'point')} goes to {to} at once."
    if stage.value is not None:
        yield f"Every entry earns, in {scenario.currency}, {words.luck(stage.value, MONEY)}."
    if stage.win_rate == 1.0:
        yield "The lead is won here."
    elif stage.win_rate is not None:
        stated = words.number(stage.win_rate, CHANCE)
        yield f"It is stated that a lead here is won in the end with a chance of {stated}."


# ---------------------------------------------------------------- tracks
def _tracks(scenario: Scenario) -> Iterator[str]:
    for name, track in scenario.tracks.items():
        yield " ".join(_track(scenario, words.named(name, track.label), track))
        names = dict.fromkeys((*track.touch_names, *(move.touch for move in track.moves.values() if move.touch)))
        yield from (f"{UNDER}{said}" for said in touch_sentences(scenario, iter(names), track.odds))
        yield from (f"{UNDER}{said}" for said in move_sentences(scenario, track.moves))


def _track(scenario: Scenario, title: str, track: Track) -> Iterator[str]:
    if isinstance(track.first_wait, Never):
        yield f"{title} is switched off."
        return
    turn = words.join(words.named(touch, scenario.touches[touch].label) for touch in track.touch_names)
    rhythm = "once" if isinstance(track.cadence, Never) else said_every(track.cadence)
    first = "" if track.after == "cadence" else f", the first {said_after(track.first_wait)}"
    what = f", a track of the kind {track.kind.replace('_', '-')}," if track.kind else ""
    yield f"{title}{what} sends {turn}{' in turn' if len(track.touches) > 1 else ''}, {rhythm}{first}."
    goes = f"goes to {said_way(track.on_response.way)}" if track.on_response.way else "stays where it is"
    own = any(scenario.touches[touch].answer_way for touch in track.touch_names)
    yield f"A lead that responds {goes}{', unless the touch itself says where it leads' if own else ''}."
    if track.exhausted:
        in_all = {"lifetime": " over all its stays", "silence": " in a row without a click or a response", "stay": ""}
        per = in_all[track.exhausted.per]
        then = f"goes to {said_way(track.exhausted.way)}" if track.exhausted.way else "is left in silence"
        had = words.counted(track.exhausted.after, TIMES, "touch", "touches")
        yield f"One that has had {had}{per} {then}."
    yield from track_sentences(track)


def _gathered(scenario: Scenario) -> Iterator[str]:
    if scenario.observed or scenario.limits or scenario.content or scenario.scoring != Scoring():
        yield from point_sentences(scenario)
    yield from opt_out_sentences(scenario)
    yield from seen_sentences(scenario)


# ---------------------------------------------------------------- changes and variants
def _changes(scenario: Scenario) -> Iterator[str]:
    for change in sorted(scenario.changes, key=lambda change: change.from_):
        late = dt.datetime.combine(change.from_, dt.time()) >= scenario.end
        note = " (after the end of the run, so it does not happen)" if late else ""
        yield f"From {change.from_} on{note}: {_settings(change.set)}."


def _variants(scenario: Scenario) -> Iterator[str]:
    for name, variant in scenario.variants.items():
        yield f"{words.named(name, variant.label)}: {_settings(variant.set)}."


def _settings(settings: dict[str, object]) -> str:
    return "; ".join(
        f"without {path}" if value is None else f"{path} becomes {_raw(value)}" for path, value in settings.items()
    )


def _raw(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_raw(item)}" for name, item in value.items()) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_raw, value)) + "]"
    return write_scalar(value)  # type: ignore[arg-type]
