"""Sentences that say what touches do, what they leave, and under which conditions tracks go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from funnelsim.scenario import words
from funnelsim.scenario.conditions import RANGES, Conditions
from funnelsim.scenario.measures import CHANCE, COUNT, LENGTH, MONEY, ODDS, POINTS, TIMES, WORK
from funnelsim.scenario.quantities import Constant, Number
from funnelsim.scenario.telling_moves import said_chance, said_odds, said_way

if TYPE_CHECKING:
    from funnelsim.scenario.models import Odds, Scenario, Touch, TouchStep, Track

_DONE = {"opt_out": "opt out", "open": "open it", "click": "click", "response": "respond"}


# ---------------------------------------------------------------- touches
def touch_sentences(scenario: Scenario, names: Iterator[str], odds: Odds) -> Iterator[str]:
    """Say what each touch does, made with the odds of a track."""
    for name in names:
        touch = scenario.touches[name]
        yield f"{words.named(name, touch.label)}: {' '.join(_touch(scenario, touch, odds))}"


def _touch(scenario: Scenario, touch: Touch, odds: Odds) -> Iterator[str]:
    if not touch.active:
        yield "It is not sent."
    cost = f"It costs {words.number(touch.cost, MONEY)} {scenario.currency}. " if touch.cost != 0 else ""
    yield f"{cost}{_chain(touch, odds)}."
    if touch.team is not None:
        time = "" if touch.takes == Constant(0) else f" for {words.luck(touch.takes, WORK)}"
        yield f"It needs somebody of {touch.team}{time}."
    if touch.warmth != 0:
        yield f"Who gets it gains {words.number(touch.warmth, POINTS)} points of warmth."
    if touch.subscribed:
        yield "Leads asked for it, so that it does not tire."
    if touch.content:
        given = "any content" if touch.content == "all" else words.join(touch.content, "or")
        yield f"It gives {given}, each piece once."
    if touch.if_:
        yield f"It is sent only to leads {said_conditions(touch.if_)}."


def _chain(touch: Touch, odds: Odds) -> str:
    parts = [] if touch.delivered == 1.0 else [f"{said_chance(touch.delivered)} are delivered"]
    first = next(iter(touch.engagement), None)
    for name, step in touch.steps.items():
        acting = f"{said_odds(odds)}{said_odds(touch.odds)}" if name == first else ""
        parts.append(f"{said_chance(step.chance)}{acting}{said_odds(step.odds)} {_DONE[name]}{_left(step)}")
    return "; of those ".join(parts) if parts else "Nothing is expected in return"


def _left(step: TouchStep) -> str:
    warmth = f" (warmth {words.number(step.warmth, POINTS)})" if step.warmth != 0 else ""
    return f"{warmth}, which leads to {said_way(step.way)}" if step.way else warmth


# ---------------------------------------------------------------- tracks
def track_sentences(track: Track) -> Iterator[str]:
    """Say what else leads on from a track, or holds it up."""
    if track.ends is not None and track.ends.way is not None:
        yield f"After {words.number(track.ends.after, LENGTH)} in it a lead goes to {said_way(track.ends.way)}."
    if track.on_opt_out.way:
        yield f"Who opts out goes to {said_way(track.on_opt_out.way)}."
    if track.paused is not None:
        yield f"It is paused for leads {said_conditions(track.paused)}."
    for rule in track.transition_rules:
        if rule.way is not None:
            yield f"A lead goes to {said_way(rule.way)} once it is one {said_conditions(rule.if_)}."


def said_conditions(conditions: Conditions) -> str:
    """Say which leads meet conditions: ``with need yes, and a score from 20``."""
    named = [f"with {by} {words.join(names, 'or')}" for by, names in conditions.names.items()]
    for by, lies in conditions.ranges.items():
        ends = (("from", lies.from_), ("below", lies.below))
        bounds = [f"{word} {words.number(end, RANGES[by])}" for word, end in ends if end is not None]
        named.append(f"with '{by}' {' and '.join(bounds)}")
    return words.join(named) if named else "of any kind"


# ---------------------------------------------------------------- points and limits
def point_sentences(scenario: Scenario) -> Iterator[str]:
    """Say how warmth, fatigue and the score come about, and how often a lead may be touched."""
    scoring, fatigue = scenario.scoring, scenario.fatigue
    for by, points in scoring.fit.items():
        fit = words.join(f"{words.number(number, POINTS)} for {name}" for name, number in points.items())
        yield f"By {by} a lead has points of fit: {fit}."
    if scenario.touches:
        yield f"Warmth {_fades(scoring.half_life)}{_acts(scoring.response, 'point of it')}."
        yield f"Fatigue {_fades(fatigue.half_life)}{_acts(fatigue.response, 'recent touch')}."
    if fatigue.opt_out != 1:
        yield f"The odds of opting out are times {words.number(fatigue.opt_out, ODDS)} for each recent touch."
    for kind, limit in scenario.limits.items():
        most, per = words.number(limit.most.number, TIMES), words.number(limit.most.per, LENGTH)
        what = "touches" if kind == "all" else f"touches of the kind {kind}"
        beyond = "comes later" if limit.beyond == "postpone" else "does not come"
        yield f"A lead gets at most {most} {what} in any {per}; one more {beyond}."
    for name, content in scenario.content.items():
        number, weight = words.number(content.number, COUNT), words.number(content.share, ODDS)
        yield f"Of {words.named(name, content.label)} there are {number} pieces, given by a weight of {weight}."


def _fades(half_life: Number | str) -> str:
    return "does not fade" if isinstance(half_life, str) else f"halves in {words.number(half_life, LENGTH)}"


def _acts(odds: Number, each: str) -> str:
    return "" if odds == 1 else f"; the odds of a touch are times {words.number(odds, ODDS)} for each {each}"


def seen_sentences(scenario: Scenario) -> Iterator[str]:
    """Say what is observed of traits, and who has other shares."""
    for name, observed in scenario.observed.items():
        error = observed.error
        if isinstance(error, Mapping):
            said = words.join(f"{words.number(chance, CHANCE)} for {true}" for true, chance in error.items())
        else:
            said = words.number(error, CHANCE)
        yield f"{name} is what is seen of {observed.of}; it is wrong with a chance of {said}."
    owners = (("segment", scenario.segments), ("channel", scenario.channels))
    for what, parts in owners:
        for name, part in parts.items():
            for trait, shares in part.traits.items():
                said = words.join(f"{value} {words.number(share, CHANCE)}" for value, share in shares.items())
                yield f"In the {what} {name} leads have other shares of {trait}: {said}."
