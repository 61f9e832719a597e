"""Sentences that say what will be simulated, for a strategist: every wait, chance and belief in words."""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections.abc import Iterable, Iterator, Mapping

from funnelsim.scenario import words
from funnelsim.scenario.measures import CHANCE, COUNT, DURATION, LEADS, MONEY, ODDS, SHARE, TIMES, Measure
from funnelsim.scenario.models import Channel, Move, Odds, Scenario, Stage, Track
from funnelsim.scenario.problems import listed
from funnelsim.scenario.quantities import ByMonth, ChanceValue, Constant, Flow, Luck, Never, Number, Table
from funnelsim.scenario.tables import month_name
from funnelsim.scenario.units import write_period
from funnelsim.scenario.writing import write_scalar

_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905
_DAYS = "Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays Sundays".split()  # noqa: SIM905
_UNDER = "\t"
"""Starts what belongs under the sentence before it."""


def sentences(scenario: Scenario) -> str:
    """Say in sentences what will be simulated, in lines of at most 80 columns."""
    sections = (
        ("", _run(scenario)),
        ("Where leads come from", _channels(scenario)),
        ("What happens to them", _stages(scenario)),
        ("Tracks that run beside", _tracks(scenario)),
        ("How to read the chances", _reading(scenario)),
        ("What changes", _changes(scenario)),
        ("Variants", _variants(scenario)),
    )
    blocks = []
    for title, said in sections:
        lines = [_line(line, bullet=bool(title)) for line in said]
        if lines:
            blocks.append("\n".join([title, *lines] if title else lines))
    return "\n\n".join(blocks) + "\n"


def _line(text: str, *, bullet: bool) -> str:
    if not bullet:
        return words.wrap(text)
    return words.wrap(text, "  - ", "    ") if text.startswith(_UNDER) else words.wrap(text, "- ", "  ")


def _join(parts: Iterable[str]) -> str:
    """Join parts to a list that is never cut."""
    return listed(parts, "and", most=sys.maxsize)


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
    age = "created in an earlier month" if old == "month" else f"{words.duration(int(old))} old or older"
    yield f"A lead counts as old when it is {age}."
    if scenario.segments:
        shares = [
            f"{_named(name, segment.label)} {words.number(segment.share, SHARE)}"
            for name, segment in scenario.segments.items()
        ]
        yield f"Leads are of {len(shares)} segment{'s' * (len(shares) > 1)}: {_join(shares)}."


def _period(scenario: Scenario) -> str:
    period = scenario.period
    return words.span(period) if period.unit == "tick" else period.unit


def _named(name: str, label: str | None) -> str:
    return f"{name} ({label})" if label else name


# ---------------------------------------------------------------- channels
def _channels(scenario: Scenario) -> Iterator[str]:
    currency = scenario.currency
    for name, channel in scenario.channels.items():
        yield f"{_named(name, channel.label)}: {_source(channel)}"
        yield from (f"{_UNDER}{said}" for said in _season(channel))
        if channel.spend is not None:
            yield f"{_UNDER}It spends {_flow(channel.spend, MONEY, currency)}, spread evenly."
        if channel.cost != 0:
            yield f"{_UNDER}Every lead costs {words.number(channel.cost, MONEY)} {currency}."


def _source(channel: Channel) -> str:
    if channel.backlog is not None:
        age = "" if channel.age == Constant(0) else f" Their age is then {words.luck(channel.age, DURATION)}."
        count = words.number(channel.backlog, COUNT)
        return (
            f"{count} leads stand in {channel.enters} on day one, their clocks under way as if they had been there for "
            f"long.{age}"
        )
    assert channel.leads is not None
    how = "evenly spaced" if channel.arrivals == "evenly" else "at random moments (a Poisson process)"
    return f"{_flow(channel.leads, LEADS, 'leads')} come {how} and enter {channel.enters}."


def _flow(flow: Flow, measure: Measure, what: str) -> str:
    if isinstance(flow, ByMonth):
        months = zip(flow.amounts, flow.months, strict=True)
        amounts = _join(f"{words.number(amount, measure)} in {month_name(month)}" for amount, month in months)
        return f"{amounts} {what}"
    return f"{words.number(flow.amount, measure)} {what} per {write_period(flow.per)}"


def _season(channel: Channel) -> Iterator[str]:
    months = [
        f"by {words.exact(factor)} in {_MONTHS[number]}"
        for number, factor in enumerate(channel.seasonality.month)
        if factor != 1
    ]
    if months:
        yield f"The flow is multiplied {_join(months)}."
    days = [
        f"{words.exact(factor)} on {_DAYS[number]}"
        for number, factor in enumerate(channel.seasonality.weekday)
        if factor != 1
    ]
    if days:
        yield f"Within each month, whose sum stays, days weigh 1, but {_join(days)}."


# ---------------------------------------------------------------- stages
def _stages(scenario: Scenario) -> Iterator[str]:
    for name, stage in scenario.stages.items():
        yield " ".join(_stage(scenario, _named(name, stage.label), stage))
        yield from (f"{_UNDER}{said}" for said in _moves(scenario, stage.moves))


def _stage(scenario: Scenario, title: str, stage: Stage) -> Iterator[str]:
    if stage.is_final:
        yield f"{title} is final: nothing more happens there."
    elif len(stage.moves) > 1:
        yield f"In {title} {len(stage.moves)} moves race each other."
    else:
        yield f"In {title} {'one move is made.' if stage.moves else 'nothing moves by itself.'}"
    if stage.track == "keep":
        yield "A lead stays in the track it is in."
    elif stage.track != "none":
        yield f"A lead joins the track {stage.track}."
    if stage.value is not None:
        yield f"Every entry earns, in {scenario.currency}, {words.luck(stage.value, MONEY)}."


def _moves(scenario: Scenario, moves: Mapping[str, Move]) -> Iterator[str]:
    for name, move in moves.items():
        yield f"{_named(name, move.label)}: {' '.join(_move(scenario, move))}"


def _move(scenario: Scenario, move: Move) -> Iterator[str]:
    yield f"{_start(move)}{_again(move)}."
    if move.cost != 0:
        yield f"Every attempt costs {words.number(move.cost, MONEY)} {scenario.currency}."
    leads = f"leads to {move.to}" if move.to else "leaves the lead where it is"
    if move.chance == 1:
        yield f"It {leads}."
    else:
        yield f"With a chance of {_chance(move.chance)}{_odds(move.odds)} it {leads}."
    if move.else_:
        yield f"{'Otherwise' if move.attempt_limit == 1 else 'After the last failure'} the lead goes to {move.else_}."


def _start(move: Move) -> str:
    if isinstance(move.after, Never):
        return "switched off"
    wait = _after(move.after)
    trigger = move.trigger
    if trigger is None:
        return wait
    if trigger.idle is not None:
        return f"{wait}, once nothing has happened to the lead for {words.duration(trigger.idle)}"
    return f"{wait}, from {trigger.date} on" if trigger.date else f"{wait}, when the lead enters {trigger.enters}"


def _after(wait: Luck) -> str:
    said = words.luck(wait, DURATION)
    if isinstance(wait, Constant):
        return "at once" if wait.value == 0 else f"after {said}"
    return f"after a wait {'' if said.startswith(('between', 'drawn')) else 'of '}{said}"


def _again(move: Move) -> str:
    said = ""
    if isinstance(move.every, Never):
        said = ", and not again"
    elif move.every is not None:
        limit = move.attempt_limit
        said = f", then {_every(move.every)}{'' if isinstance(limit, str) else f', {_times(limit)} in all'}"
    if not isinstance(move.lifetime_attempts, str):
        said += f", at most {_times(move.lifetime_attempts)} in the life of a lead"
    return said


def _every(gap: Luck) -> str:
    return f"every {words.luck(gap, DURATION).removeprefix('1 ')}"


def _times(limit: Number) -> str:
    return words.times(limit) if isinstance(limit, int | float) else f"{words.number(limit, TIMES)} times"


def _chance(chance: ChanceValue) -> str:
    if not isinstance(chance, Table):
        return words.number(chance, CHANCE)
    values = [words.number(value, CHANCE) for value in chance.values]
    if chance.names:
        return _join(f"{value} for {name}" for name, value in zip(chance.names, values, strict=True))
    which = _join(f"{value} at {chance.by} {number}" for number, value in enumerate(values, 1))
    return f"{which}{' and later' if len(values) > 1 else ''}"


def _odds(odds: Odds) -> str:
    by_name = [
        f"{words.number(number, ODDS)} for {name}"
        for table in (odds.segment, odds.channel)
        for name, number in table.items()
    ]
    by_order = [
        f"{listed([words.number(number, ODDS) for number in numbers], 'then', most=sys.maxsize)} by {by}"
        for by, numbers in (("attempt", odds.attempt), ("visit", odds.visit))
        if numbers
    ]
    multipliers = by_name + by_order
    return f" (its odds times {_join(multipliers)})" if multipliers else ""


# ---------------------------------------------------------------- tracks
def _tracks(scenario: Scenario) -> Iterator[str]:
    for name, track in scenario.tracks.items():
        yield " ".join(_track(scenario, _named(name, track.label), track))
        yield from (f"{_UNDER}{said}" for said in _touches(scenario, track))
        yield from (f"{_UNDER}{said}" for said in _moves(scenario, track.moves))


def _track(scenario: Scenario, title: str, track: Track) -> Iterator[str]:
    if isinstance(track.first_wait, Never):
        yield f"{title} is switched off."
        return
    turn = _join(_named(touch, scenario.touches[touch].label) for touch in track.touches)
    rhythm = "once" if isinstance(track.cadence, Never) else _every(track.cadence)
    first = "" if track.after == "cadence" else f", the first {_after(track.first_wait)}"
    yield f"{title} sends {turn}{' in turn' if len(track.touches) > 1 else ''}, {rhythm}{first}."
    if track.on_response.to:
        yield f"A lead that responds goes to {track.on_response.to}."
    else:
        yield "A lead that responds stays where it is."
    if track.exhausted:
        per = " over all its stays" if track.exhausted.per == "lifetime" else ""
        then = f"goes to {track.exhausted.to}" if track.exhausted.to else "is left in silence"
        yield f"One that has had {words.number(track.exhausted.after, TIMES)} touches{per} {then}."


def _touches(scenario: Scenario, track: Track) -> Iterator[str]:
    for name in dict.fromkeys(track.touches):
        touch = scenario.touches[name]
        cost = f"costs {words.number(touch.cost, MONEY)} {scenario.currency} and " if touch.cost != 0 else ""
        yield f"{name}: {cost}is answered with a chance of {_chance(touch.response)}{_odds(track.odds)}."


# ---------------------------------------------------------------- chances
def _reading(scenario: Scenario) -> Iterator[str]:
    for name, chance, odds, reference in _chances(scenario):
        if not odds.segment or not scenario.segments or (isinstance(chance, Table) and chance.by == "segment"):
            continue
        if reference:
            yield f"{name}: the chance is that of a lead whose odds are all 1 (reference)."
        elif isinstance(chance, int | float) and 0 < chance < 1:
            solved = reference_chance(scenario, chance, odds)
            base = "it is solved in each replication" if solved is None else f"it is {words.rough(solved * 100)}%"
            yield (
                f"{name}: {words.fixed(chance, CHANCE)} is the average over the segments' shares; for a lead whose "
                f"odds are all 1 {base} (the reference chance)."
            )
        else:
            yield f"{name}: the chance is the average over the segments' shares, solved in each replication."


def _chances(scenario: Scenario) -> Iterator[tuple[str, ChanceValue, Odds, bool]]:
    for stage_name, stage in scenario.stages.items():
        yield from ((f"{stage_name}, {name}", m.chance, m.odds, m.reference) for name, m in stage.moves.items())
    for track_name, track in scenario.tracks.items():
        for touch in dict.fromkeys(track.touches):
            yield f"{track_name}, {touch}", scenario.touches[touch].response, track.odds, track.reference
        yield from ((f"{track_name}, {name}", m.chance, m.odds, m.reference) for name, m in track.moves.items())


def reference_chance(scenario: Scenario, average: float, odds: Odds) -> float | None:
    """Solve the chance of a lead with all odds at 1 that gives an average over the segments; for display only.

    None where a share or a multiplier is not known, so that it differs between replications.
    """
    shares = [segment.share for segment in scenario.segments.values()]
    multipliers = [odds.segment.get(name, 1.0) for name in scenario.segments]
    known = [number for number in (*shares, *multipliers) if isinstance(number, int | float)]
    if len(known) < len(shares) + len(multipliers):
        return None
    pairs = list(zip(known[: len(shares)], known[len(shares) :], strict=True))
    low, high = -50.0, 50.0  # the logarithm of the odds
    for _ in range(100):
        middle = (low + high) / 2
        mean = sum(share / (1 + math.exp(-middle) / multiplier) for share, multiplier in pairs)
        low, high = (middle, high) if mean < average else (low, middle)
    return 1 / (1 + math.exp(-low))


# ---------------------------------------------------------------- changes and variants
def _changes(scenario: Scenario) -> Iterator[str]:
    for change in sorted(scenario.changes, key=lambda change: change.from_):
        late = dt.datetime.combine(change.from_, dt.time()) >= scenario.end
        note = " (after the end of the run, so it does not happen)" if late else ""
        yield f"From {change.from_} on{note}: {_settings(change.set)}."


def _variants(scenario: Scenario) -> Iterator[str]:
    for name, variant in scenario.variants.items():
        yield f"{_named(name, variant.label)}: {_settings(variant.set)}."


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
