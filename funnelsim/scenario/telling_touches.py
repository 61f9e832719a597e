"""Sentences that say what touches do, what they leave, and under which conditions tracks go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from funnelsim.scenario import words
from funnelsim.scenario.measures import CHANCE, COUNT, LENGTH, MONEY, ODDS, POINTS, TIMES, WORK
from funnelsim.scenario.quantities import Constant, Number
from funnelsim.scenario.routes import can_opt_out
from funnelsim.scenario.telling_conditions import said_conditions
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
        yield f"Who gets it gains {words.counted(touch.warmth, POINTS, 'point')} of warmth."
    if touch.subscribed:
        yield "Leads asked for it, so that it does not tire."
    if touch.content:
        given = "any content" if touch.content == "all" else words.join(touch.content, "or")
        yield f"It gives {given}, each piece once."
    if touch.if_:
        yield f"It is sent only to leads {said_conditions(touch.if_)}."


def _chain(touch: Touch, odds: Odds) -> str:
    bounced = f" (of the others each goes to {said_way(touch.bounced)})" if touch.bounced else ""
    parts = [] if touch.delivered == 1.0 else [f"{said_chance(touch.delivered)} are delivered{bounced}"]
    first = next(iter(touch.engagement), None)
    for name, step in touch.steps.items():
        acting = f"{said_odds(odds)}{said_odds(touch.odds)}" if name == first else ""
        of = "" if not parts else "of the others " if name == first and touch.opt_out else "of those "
        parts.append(f"{of}{said_chance(step.chance)}{acting}{said_odds(step.odds)} {_DONE[name]}{_left(step)}")
    return "; ".join(parts) if parts else "Nothing is expected in return"


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
        most, per = words.counted(limit.most.number, TIMES, "touch", "touches"), words.number(limit.most.per, LENGTH)
        of = "" if kind == "all" else f" of the kind {kind}"
        beyond = "comes later" if limit.beyond == "postpone" else "does not come"
        yield f"A lead gets at most {most}{of} in any {per}; one more {beyond}."
    for name, content in scenario.content.items():
        pieces, weight = words.counted(content.number, COUNT, "piece"), words.number(content.share, ODDS)
        there = "is" if content.number == 1 else "are"
        yield f"Of {words.named(name, content.label)} there {there} {pieces}, given by a weight of {weight}."


def opt_out_sentences(scenario: Scenario) -> Iterator[str]:
    """Say what becomes of leads that opt out, where they can."""
    if can_opt_out(scenario):
        yield "A lead that opts out leaves its track, joins none any more, and gets no touches."
        if any(move.touch for stage in scenario.stages.values() for move in stage.moves.values()):
            yield (
                "Where a move of its stage would make a touch, it goes where the move leads 'otherwise', or nothing "
                "comes of the move."
            )


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
