"""A scenario as people read it: the funnel drawn as text, and sentences that say what will be simulated."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.scenario import tables
from funnelsim.scenario.luck import AGE, BARE, VALUE, WAIT, LuckMeasure, parts_of
from funnelsim.scenario.measures import CHANCE, COUNT, MONEY, TIMES, Measure
from funnelsim.scenario.models import Channel, Move, Scenario, Stage, Track
from funnelsim.scenario.quantities import (
    ByMonth,
    ChanceValue,
    Constant,
    Empirical,
    Flow,
    Luck,
    Number,
    Table,
)
from funnelsim.scenario.telling import sentences
from funnelsim.scenario.units import TICKS, in_text, write_duration, write_span
from funnelsim.scenario.words import width, wrap

__all__ = ["draw", "sentences"]


def draw(scenario: Scenario) -> str:
    """Draw the funnel as text of at most 80 columns, without colours.

    Channels with their volumes, stages in the order of the file with their moves (wait, chance, where leads go),
    tracks with cadence, touches, response and what follows when they are used up. ``?`` marks what is not known and
    differs from replication to replication.
    """
    blocks = [_title(scenario), "channels", *_rows(_channel_rows(scenario)), "", "stages"]
    for name, stage in scenario.stages.items():
        blocks += _stage(name, stage)
    if scenario.tracks:
        blocks += ["", "tracks"]
        for name, track in scenario.tracks.items():
            blocks += _track(scenario, name, track)
    drawing = "\n".join(blocks) + "\n"
    return f"{drawing}\n? not known: one value in each replication\n" if "?" in drawing else drawing


def _title(scenario: Scenario) -> str:
    variant = f", variant {scenario.variant_name}" if scenario.variant_name else ""
    warm_up = f" after {write_span(scenario.warm_up)} of warm-up" if scenario.warm_up.count else ""
    return (
        wrap(f"{scenario.name}{variant}: {write_span(scenario.horizon)} from {scenario.start}{warm_up}", "", "  ")
        + "\n"
    )


def _rows(rows: list[tuple[str, str]], indent: str = "  ") -> Iterator[str]:
    """Write names and what is said of them in two columns."""
    column = min(max((width(name) for name, _ in rows), default=0), 20)
    for name, text in rows:
        first = f"{indent}{name}{' ' * max(column - width(name), 0)}  "
        yield wrap(text, first, " " * (len(indent) + column + 2))


# ---------------------------------------------------------------- channels
def _channel_rows(scenario: Scenario) -> list[tuple[str, str]]:
    return [(_labelled(name, channel.label), _channel(channel)) for name, channel in scenario.channels.items()]


def _channel(channel: Channel) -> str:
    parts = []
    if channel.leads is not None:
        parts.append(f"{_flow(channel.leads, tables.LEADS_FLOW)}{' evenly' if channel.arrivals == 'evenly' else ''}")
    if channel.backlog is not None:
        age = "" if channel.age == Constant(0) else f", {_luck(channel.age, AGE)} old"
        parts.append(f"{_number(channel.backlog, COUNT)} there on day one{age}")
    if channel.spend is not None:
        parts.append(f"spends {_flow(channel.spend, tables.MONEY_FLOW)}")
    if channel.cost != 0:
        parts.append(f"{_number(channel.cost, MONEY)} a lead")
    return f"{'; '.join(parts)} -> {channel.enters}"


def _flow(flow: Flow, measure: tables.FlowMeasure) -> str:
    if isinstance(flow, ByMonth):
        known = [amount for amount in flow.amounts if isinstance(amount, int | float)]
        few, many = (in_text(measure.measure.write(side)) for side in (min(known, default=0), max(known, default=0)))
        mark = "" if len(known) == len(flow.amounts) else "?"
        return f"{few} to {many}{mark} per month, by month"
    written = measure.write(flow)
    if isinstance(written, str):
        return written
    if "uncertain" in written:
        return f"{written['uncertain']}?"
    return f"{_number(flow.amount, measure.measure)} per {written['per']}"


# ---------------------------------------------------------------- stages and moves
def _stage(name: str, stage: Stage) -> list[str]:
    marks = ["final"] if stage.is_final else []
    marks += ["keeps its track" if stage.track == "keep" else f"joins {stage.track}"] if stage.track != "none" else []
    marks += [f"worth {_luck(stage.value, VALUE)}"] if stage.value is not None else []
    title = wrap(f"{_labelled(name, stage.label)}{' · ' if marks else ''}{', '.join(marks)}", "  ", "    ")
    return [title, *_rows([(move_name, _move(move)) for move_name, move in stage.moves.items()], "    ")]


def _move(move: Move) -> str:
    parts = [_trigger(move), "at once" if move.after == Constant(0) else f"after {_luck(move.after, WAIT)}"]
    if move.every is not None:
        again = "" if move.attempt_limit == "unlimited" else f", {_number(move.attempt_limit, TIMES)} times"
        parts.append(f"then every {_luck(move.every, WAIT)}{again}")
    if move.lifetime_attempts != "unlimited":
        parts.append(f"{_number(move.lifetime_attempts, TIMES)} in a lifetime")
    if move.cost != 0:
        parts.append(f"cost {_number(move.cost, MONEY)}")
    chance = "" if move.chance == 1 else _chance(move.chance)
    to = f"{chance}{' ' if chance else ''}-> {move.to or 'stays'}"
    return f"{', '.join(part for part in parts if part)}: {to}{f', else {move.else_}' if move.else_ else ''}"


def _trigger(move: Move) -> str:
    trigger = move.trigger
    if trigger is None:
        return ""
    if trigger.idle is not None:
        return f"when idle for {in_text(write_duration(trigger.idle))}"
    return f"from {trigger.date}" if trigger.date else f"on entering {trigger.enters}"


# ---------------------------------------------------------------- tracks
def _track(scenario: Scenario, name: str, track: Track) -> list[str]:
    first = "" if track.after == "cadence" else f", the first after {_luck(track.first_wait, WAIT)}"
    rows = [("cadence", f"every {_luck(track.cadence, WAIT)}{first}")]
    sent = [f"{touch} ({_chance(scenario.touches[touch].response)})" for touch in track.touches]
    rows.append(("touches", f"{', '.join(sent)} in turn" if len(sent) > 1 else sent[0]))
    rows.append(("response", f"-> {track.on_response.to or 'stays'}"))
    if track.exhausted:
        per = "a lifetime" if track.exhausted.per == "lifetime" else "a stay"
        after = f"after {_number(track.exhausted.after, TIMES)} touches in {per}"
        rows.append(("exhausted", f"{after} -> {track.exhausted.to or 'silence'}"))
    rows += [(move_name, _move(move)) for move_name, move in track.moves.items()]
    return [wrap(_labelled(name, track.label), "  ", "    "), *_rows(rows, "    ")]


# ---------------------------------------------------------------- values
def _labelled(name: str, label: str | None) -> str:
    return f"{name} ({label})" if label else name


def _number(number: Number | str, measure: Measure) -> str:
    if isinstance(number, str):
        return number
    if isinstance(number, int | float):
        return _short(number) if measure.unit == "time" else measure.in_text(number)
    written = measure.write_belief(number)
    if isinstance(written, str):
        return f"{written}?"
    return (
        f"{written['successes']} of {written['trials']}?" if "dist" in written else f"one of {len(written['values'])}?"
    )


def _short(ticks: float) -> str:
    """Write a duration in the largest unit in which it has at most two decimals."""
    for unit in ("d", "h", "min", "s"):
        count = ticks / TICKS[unit]
        if count >= 1 and count == round(count, 2):
            return f"{count:g}{unit}"
    return in_text(write_duration(ticks))


def _luck(luck: Luck, measure: LuckMeasure) -> str:
    if isinstance(luck, Constant):
        return _number(luck.value, measure.measure)
    written = measure.write(luck)
    if isinstance(written, str):
        return written
    if isinstance(luck, Empirical):
        sides = (measure.measure.in_text(luck.values[side]) for side in (0, -1))
        return f"{' to '.join(sides)} (one of {len(luck.values)})"
    dist, names, parameters = parts_of(luck)
    said = [
        f"{name} {_number(parameter, tables.FACTOR if name in BARE else measure.measure)}"
        for name, parameter in zip(names, parameters, strict=True)
    ]
    return f"{dist} ({', '.join(said)})"


def _chance(chance: ChanceValue) -> str:
    if not isinstance(chance, Table):
        return _number(chance, CHANCE)
    values = [_number(value, CHANCE) for value in chance.values]
    if chance.names:
        return f"{', '.join(f'{name} {value}' for name, value in zip(chance.names, values, strict=True))}"
    return f"{', '.join(values)} by {chance.by}"
