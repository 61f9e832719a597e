"""Sentences that say what the moves of a stage or a track do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from funnelsim.scenario import words
from funnelsim.scenario.measures import CHANCE, DURATION, LIMIT, MONEY, ODDS, POINTS, PRIORITY, TIMES, WORK
from funnelsim.scenario.quantities import ChanceValue, Constant, Luck, Never, Number, Table
from funnelsim.scenario.telling_conditions import has_its_own_time, said_trigger
from funnelsim.scenario.ways import Way

if TYPE_CHECKING:
    from funnelsim.scenario.models import Extend, Move, Odds, Qualify, Scenario, Stage


def move_sentences(scenario: Scenario, moves: Mapping[str, Move], stage: Stage | None = None) -> Iterator[str]:
    """Say what each move of a stage, or of a track, does."""
    for name, move in moves.items():
        yield f"{words.named(name, move.label)}: {' '.join(_move(scenario, move, stage))}"


def _move(scenario: Scenario, move: Move, stage: Stage | None) -> Iterator[str]:
    yield f"{_start(move)}{_again(move)}."
    yield from _work(move, stage)
    if move.cost != 0:
        yield f"Every attempt costs {words.number(move.cost, MONEY)} {scenario.currency}."
    touch = None if move.touch is None else scenario.touches[move.touch]
    way = (touch.answer_way if touch else None) or move.way
    leads = f"leads to {said_way(way)}" if way else "leaves the lead where it is"
    if move.script:
        yield from _script(move)
        yield f"At the end it {leads}."
    elif touch is not None:
        yield f"It makes the touch {move.touch}{f'; a response to it {leads}' if touch.engagement else ''}."
    elif move.chance == 1:
        yield f"It {leads}."
    else:
        yield f"With a chance of {said_chance(move.chance)}{said_odds(move.odds)} it {leads}."
    if move.qualify is not None:
        yield _qualifying(move.qualify)
    if move.warmth != 0:
        yield f"A success gives {words.counted(move.warmth, POINTS, 'point')} of warmth."
    if move.needs != 1:
        yield f"For that it takes {words.number(move.needs, TIMES)} successes in one stay."
    if not isinstance(move.unanswered, str):
        yield f"It gives up after {words.number(move.unanswered, TIMES)} in a row that fail at once."
    if move.else_way:
        when = "Otherwise" if move.attempt_limit == 1 else "After the last failure"
        yield f"{when} the lead goes to {said_way(move.else_way)}."
    if move.extend:
        yield _extension(move.extend)


def _qualifying(qualify: Qualify) -> str:
    by = qualify.by if isinstance(qualify.by, str) else words.join(qualify.by)
    seen = "" if qualify.sees == "truth" else ", as they are observed"
    asked = {"all": f"every criterion of {by}", "none": f"no criterion of {by}"}
    required = qualify.require
    which = (
        asked[required]
        if isinstance(required, str)
        else f"{words.counted(required, TIMES, 'criterion', 'criteria')} of {by}"
    )
    weighed = (
        "" if qualify.weigh == 1 else f"; each that is met multiplies the odds by {words.number(qualify.weigh, ODDS)}"
    )
    return f"It requires {which}{seen}{weighed}."


def said_way(way: Way) -> str:
    """Say where a way leads, and the reason that is recorded."""
    if way.track is not None:
        return f"the track {way.track}"
    return f"{way.to} (reason: {way.reason})" if way.reason else str(way.to)


# ---------------------------------------------------------------- when
def _start(move: Move) -> str:
    if isinstance(move.after, Never):
        return "switched off"
    wait = said_after(move.after)
    if move.trigger is None:
        return wait
    return said_trigger(move.trigger) if has_its_own_time(move.trigger) else f"{wait}, {said_trigger(move.trigger)}"


def said_after(wait: Luck) -> str:
    """Say when the first attempt is made."""
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
        said = f", then {said_every(move.every)}{'' if isinstance(limit, str) else f', {_times(limit)} in all'}"
    if not isinstance(move.lifetime_attempts, str):
        said += f", at most {_times(move.lifetime_attempts)} in the life of a lead"
    return said


def said_every(gap: Luck) -> str:
    """Say how often something is done."""
    return f"every {words.luck(gap, DURATION).removeprefix('1 ')}"


def _times(limit: Number) -> str:
    return words.times(limit) if isinstance(limit, int | float) else f"{words.number(limit, TIMES)} times"


def _extension(extend: Extend) -> str:
    chance = "" if extend.chance == 1 else f", with a chance of {words.number(extend.chance, CHANCE)}"
    limit = ""
    if not isinstance(extend.per_owner, str):
        limit = f", for at most {words.counted(extend.per_owner, LIMIT, 'lead')} of one owner at a time"
    return f"It can be put off {_times(extend.times)}, by {words.number(extend.by, DURATION)} each time{chance}{limit}."


# ---------------------------------------------------------------- work
def _work(move: Move, stage: Stage | None) -> Iterator[str]:
    team = move.team if stage is None else stage.team_of(move)
    if team is None:
        return
    somebody = "its owner" if stage and stage.owner == team else f"somebody of {team}"
    ranked = "" if move.priority == 0 else f", with priority {words.number(move.priority, PRIORITY)}"
    time = "" if move.takes == Constant(0) else f" for a working time of {words.luck(move.takes, WORK)}"
    yield f"It needs {somebody}{time}{ranked}."


def _script(move: Move) -> Iterator[str]:
    steps = " -> ".join(words.named(name, step.label) for name, step in move.script.items())
    yield f"With a chance of {said_chance(move.chance)}{said_odds(move.odds)} it comes to the script: {steps}."
    for name, step in move.script.items():
        time = "" if step.takes == Constant(0) else f" takes {words.luck(step.takes, WORK)} and"
        lost = f"; a lead that is lost there goes to {said_way(step.else_way)}" if step.else_way else ""
        yield f"{name}{time} succeeds with {said_chance(step.chance)}{said_odds(step.odds)}{lost}."


# ---------------------------------------------------------------- chances
def said_chance(chance: ChanceValue) -> str:
    """Say a chance, or each of a table of chances."""
    if not isinstance(chance, Table):
        return words.number(chance, CHANCE)
    values = [words.number(value, CHANCE) for value in chance.values]
    if chance.names:
        return words.join(f"{value} for {name}" for name, value in zip(chance.names, values, strict=True))
    which = words.join(f"{value} at {chance.by} {number}" for number, value in enumerate(values, 1))
    return f"{which}{' and later' if len(values) > 1 else ''}"


def said_odds(odds: Odds) -> str:
    """Say what multiplies the odds of a chance."""
    tables = [
        ("", odds.segment),
        ("", odds.channel),
        ("stage ", odds.stage),
        *((f"{trait} ", table) for trait, table in odds.traits.items()),
    ]
    by_name = [f"{words.number(number, ODDS)} for {by}{name}" for by, table in tables for name, number in table.items()]
    by_order = [
        f"{words.join([words.number(number, ODDS) for number in numbers], 'then')} by {by}"
        for by, numbers in (("attempt", odds.attempt), ("visit", odds.visit))
        if numbers
    ]
    points = (("warmth", "point of warmth"), ("score", "point of score"), ("fatigue", "recent touch"))
    by_point = [
        f"{words.number(number, ODDS)} for each {what}" for by, what in points if (number := getattr(odds, by)) != 1
    ]
    multipliers = by_name + by_order + by_point
    return f" (its odds times {words.join(multipliers)})" if multipliers else ""
