"""A scenario as people read it: the funnel drawn as text, and sentences that say what will be simulated."""

from __future__ import annotations

from collections.abc import Iterator

from funnelsim.scenario import tables
from funnelsim.scenario.luck import AGE, BARE, TAKES, VALUE, WAIT, LuckMeasure, parts_of
from funnelsim.scenario.measures import (
    CHANCE,
    COUNT,
    DURATION,
    HOURS,
    MONEY,
    PEOPLE,
    POINTS,
    PRESENT,
    SHARE,
    TIMES,
    Measure,
)
from funnelsim.scenario.models import Channel, Move, Scenario, Stage, Team, Touch, Track, Trigger
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
from funnelsim.scenario.telling_backlog import said_open
from funnelsim.scenario.telling_conditions import has_its_own_time, said_conditions
from funnelsim.scenario.units import TICKS, in_text, write_duration, write_span
from funnelsim.scenario.ways import Way
from funnelsim.scenario.words import width, wrap

__all__ = ["draw", "sentences"]


def draw(scenario: Scenario) -> str:
    """Draw the funnel as text of at most 80 columns, without colours.

    Channels with their volumes, traits with their shares, teams with their people, stages in the order of the file with
    their moves (wait, work, chance, where leads go), tracks with cadence, touches, response and what follows when they
    are used up. ``?`` marks what is not known and differs from replication to replication.
    """
    blocks = [_title(scenario), "channels", *_rows(_channel_rows(scenario))]
    for title, rows in (
        ("traits", _trait_rows(scenario)),
        ("teams", _team_rows(scenario)),
        ("overheads", _overhead_rows(scenario)),
    ):
        blocks += ["", title, *_rows(rows)] if rows else []
    blocks += ["", "stages"]
    for name, stage in scenario.stages.items():
        blocks += _stage(scenario, name, stage)
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
    rows = [(_labelled(name, channel.label), _channel(channel)) for name, channel in scenario.channels.items()]
    open_ = [("", said_open(scenario.backlog, dict(scenario.stages)))] if scenario.backlog else []
    return rows + open_


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
    return f"{'; '.join(parts)} -> {channel.enters}" if parts else "open leads only"


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


def _overhead_rows(scenario: Scenario) -> list[tuple[str, str]]:
    rows = []
    for name, overhead in scenario.overheads.items():
        shared = overhead.by if overhead.by == "evenly" else f"by {overhead.by}"
        amount = _flow(overhead.amount, tables.MONEY_FLOW)
        rows.append((_labelled(name, overhead.label), f"{amount}, shared out {shared}"))
    return rows


# ---------------------------------------------------------------- traits and teams
def _trait_rows(scenario: Scenario) -> list[tuple[str, str]]:
    return [
        (name, ", ".join(f"{value} {_number(share, SHARE)}" for value, share in shares.items()))
        for name, shares in scenario.traits.items()
    ]


def _team_rows(scenario: Scenario) -> list[tuple[str, str]]:
    return [(_labelled(name, team.label), _team(team)) for name, team in scenario.teams.items()]


def _team(team: Team) -> str:
    off = f" except {', '.join(team.days_off)}" if team.days_off else ""
    parts = [f"{_people(team)}, {_of(_number(team.hours, HOURS), 'h a day')}{off}"]
    if team.salary is not None:
        parts.append(f"{_flow(team.salary, tables.SALARY)} each")
    if team.discipline != "fifo":
        parts.append(f"{team.discipline} first" if team.discipline == "newest" else f"by {team.discipline}")
    limits = (("queue", team.queue_limit), ("hold", team.hold), ("claims a day", team.claim_per_day))
    parts += [f"{what} {_number(limit, COUNT)}" for what, limit in limits if limit != "unlimited"]
    if rule := team.recycle_after:
        times = ((rule.follow_up, "follow-up"), (rule.opportunity, "opportunity"), (rule.win, "win"))
        after = ", ".join(f"{_length(time)} without {what}" for time, what in times if time is not None)
        parts.append(f"after {after} -> {rule.to}")
    return "; ".join(parts)


def _people(team: Team) -> str:
    if team.persons:
        return ", ".join(_labelled(name, person.label) for name, person in team.persons.items())
    if team.schedule:
        return ", ".join(f"{_number(number, PRESENT)} from {date}" for date, number in team.schedule.items())
    return _of(_number(team.people, PEOPLE), " people")  # type: ignore[arg-type]


def _of(number: str, what: str) -> str:
    """Say what a number counts, before the mark of what is not known."""
    return f"{number.removesuffix('?')}{what}{'?' * number.endswith('?')}"


# ---------------------------------------------------------------- stages and moves
def _stage(scenario: Scenario, name: str, stage: Stage) -> list[str]:
    marks = ["final"] if stage.is_final else []
    marks += [f"owned by {stage.owner}"] if stage.owner else []
    joined = "keeps its track" if stage.track == "keep" else f"joins {' or '.join(stage.may_join)}"
    marks += [joined] if stage.track != "none" else []
    marks += [f"worth {_luck(stage.value, VALUE)}"] if stage.value is not None else []
    marks += [f"win rate {_number(stage.win_rate, CHANCE)}"] if stage.win_rate is not None else []
    title = wrap(f"{_labelled(name, stage.label)}{' · ' if marks else ''}{', '.join(marks)}", "  ", "    ")
    moves = [(move_name, _move(scenario, move, stage)) for move_name, move in stage.moves.items()]
    return [title, *_rows(moves, "    ")]


def _move(scenario: Scenario, move: Move, stage: Stage | None = None) -> str:
    parts = ["" if move.trigger is None else _trigger(move.trigger)]
    if not has_its_own_time(move.trigger):
        parts.append("at once" if move.after == Constant(0) else f"after {_luck(move.after, WAIT)}")
    if move.every is not None:
        again = "" if move.attempt_limit == "unlimited" else f", {_number(move.attempt_limit, TIMES)} times"
        parts.append(f"then every {_luck(move.every, WAIT)}{again}")
    if move.lifetime_attempts != "unlimited":
        parts.append(f"{_number(move.lifetime_attempts, TIMES)} in a lifetime")
    parts.append(_work(move, stage))
    if move.cost != 0:
        parts.append(f"cost {_number(move.cost, MONEY)}")
    if move.extend:
        parts.append(f"+{_length(move.extend.by)} up to {_number(move.extend.times, TIMES)} times")
    return f"{', '.join(part for part in parts if part)}: {_leads(scenario, move)}"


def _work(move: Move, stage: Stage | None) -> str:
    team = move.team if stage is None else stage.team_of(move)
    if team is None:
        return ""
    whose = "owner" if stage and stage.owner == team else team
    return whose if move.takes == Constant(0) else f"{_luck(move.takes, TAKES)} of {whose}"


def _leads(scenario: Scenario, move: Move) -> str:
    """Say chances, and where they lead."""
    steps = [""] if move.chance == 1 and not move.script else [_chance(move.chance)]
    steps = steps if move.touch is None else [f"touch {move.touch}"]
    for name, step in move.script.items():
        time = "" if step.takes == Constant(0) else f" ({_luck(step.takes, TAKES)})"
        lost = f" else {_way(step.else_way)}" if step.else_way else ""
        steps.append(f"{name}{time} {_chance(step.chance)}{lost}")
    if move.needs != 1:
        steps.append(f"{_number(move.needs, TIMES)} times")
    way = (scenario.touches[move.touch].answer_way if move.touch else None) or move.way
    steps.append(_way(way) if way else "stays")
    if not move.else_way:
        return " -> ".join(steps).strip()
    row = "" if isinstance(move.unanswered, str) else f" or after {_number(move.unanswered, TIMES)} unanswered"
    return f"{' -> '.join(steps).strip()}, else{row} {_way(move.else_way)}"


def _way(way: Way) -> str:
    if way.track is not None:
        return f"track {way.track}"
    return f"{way.to} ({way.reason})" if way.reason else str(way.to)


def _trigger(trigger: Trigger) -> str:
    if trigger.when is not None:
        return f"once {said_conditions(trigger.when)}"
    if trigger.idle is not None:
        return f"when idle for {_length(trigger.idle)}"
    if trigger.score is not None:
        return f"at a score of {_number(trigger.score, POINTS)}"
    if trigger.anniversary is not None:
        return f"every {_length(trigger.anniversary)} since creation"
    if trigger.expires is not None:
        return f"{_length(trigger.expires.before)} before {trigger.expires.move}"
    if trigger.event is not None:
        return f"at each {trigger.event}"
    return f"from {trigger.date}" if trigger.date else f"on entering {trigger.enters}"


# ---------------------------------------------------------------- tracks
def _touch(touch: Touch) -> str:
    steps = touch.engagement
    bounced = f", else {_way(touch.bounced)}" if touch.bounced else ""
    if list(steps) == ["response"]:
        return f"{_chance(steps['response'].chance)}{bounced}"
    return f"{' -> '.join(f'{name} {_chance(step.chance)}' for name, step in steps.items()) or 'no answer'}{bounced}"


def _track(scenario: Scenario, name: str, track: Track) -> list[str]:
    first = "" if track.after == "cadence" else f", the first after {_luck(track.first_wait, WAIT)}"
    rows = [("cadence", f"every {_luck(track.cadence, WAIT)}{first}")]
    sent = [f"{touch} ({_touch(scenario.touches[touch])})" for touch in track.touch_names]
    rows.append(("touches", f"{', '.join(sent)} in turn" if len(sent) > 1 else sent[0]))
    ways = dict.fromkeys(scenario.touches[touch].answer_way or track.on_response.way for touch in track.touch_names)
    rows.append(("response", f"-> {' or '.join(_way(way) if way else 'stays' for way in ways)}"))
    if track.exhausted:
        per = {"lifetime": "in a lifetime", "stay": "in a stay", "silence": "in a row without an answer"}
        number = track.exhausted.after
        touches = f"touch{'' if number == 1 else 'es'} {per[track.exhausted.per]}"
        after = f"after {_number(number, TIMES)} {touches}"
        rows.append(("exhausted", f"{after} -> {_way(track.exhausted.way) if track.exhausted.way else 'silence'}"))
    rows += [(move_name, _move(scenario, move)) for move_name, move in track.moves.items()]
    kind = f" · {track.kind.replace('_', '-')}" if track.kind else ""
    return [wrap(f"{_labelled(name, track.label)}{kind}", "  ", "    "), *_rows(rows, "    ")]


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


def _length(length: Number) -> str:
    return in_text(write_duration(length)) if isinstance(length, int | float) else _number(length, DURATION)


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
