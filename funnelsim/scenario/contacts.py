"""Rules about touches: what they do, who makes them, what they give, and moves that make one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from funnelsim.scenario.cases import Case
from funnelsim.scenario.contents import USUAL_MIX
from funnelsim.scenario.problems import Finding, listed
from funnelsim.scenario.routes import moves_of

if TYPE_CHECKING:
    from funnelsim.scenario.models import Scenario, Touch

_OF_THE_TOUCH = {
    "chance": "chances",
    "cost": "cost",
    "takes": "working time",
    "team": "team",
    "warmth": "warmth",
    "script": None,
    "needs": None,
    "qualify": None,
}
"""The fields of a move that a touch says of itself, and what they are there; None where they have no meaning."""


# ---------------------------------------------------------------- touches
def _touches_do_something(case: Case) -> Iterator[Finding]:
    for name, touch in case.scenario.touches.items():
        path = ("touches", name)
        if not touch.engagement and touch.warmth == 0 and case.sure(path):
            message = "nothing comes of this touch: say how many respond, such as response: 2%"
            yield path, f"{message}, or give it 'open', 'click' or 'warmth'"
        yield from (((*path, field), message) for field, message in _without_meaning(touch) if case.sure(path))


def _without_meaning(touch: Touch) -> Iterator[tuple[str, str]]:
    """Yield the fields of a touch that have no meaning beside the others, and why."""
    if touch.bounced is not None and touch.delivered == 1.0:
        yield "bounced", "all of these touches are delivered; say how many, such as delivered: 95%, or leave this out"
    if touch.bounced is not None and touch.bounced.track is not None:
        yield "bounced", "a touch that bounces leads to a stage, whose 'track' says which track is joined; name a stage"
    if touch.odds != type(touch.odds)() and not touch.engagement:
        message = "odds act on the first of open, click and response, and none of them is written"
        yield "odds", f"{message}; write one, or leave 'odds' out"
    if touch.recorded_opens != type(touch.recorded_opens)() and touch.open is None:
        yield "recorded_opens", "no opens are written that could be recorded; write 'open', or leave this out"
    if touch.subscribed and touch.fatigue != 1:
        yield "fatigue", "leads asked for a subscribed touch, so that it gives no fatigue; leave 'fatigue' out"


def _rotations_need_one_team(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for name, track in scenario.tracks.items():
        if not case.sure("touches.*.team", ("tracks", name, "touches")):
            continue
        teams = {touch: scenario.touches[touch].team for touch in track.touch_names}
        first, *others = teams
        for touch in others:
            if teams[touch] != teams[first]:
                number = track.touch_names.index(touch)
                said = [f"'{other}' needs {_somebody(teams[other])}" for other in (first, touch)]
                message = f"touches in one rotation need the same team, but {listed(said, 'and')}"
                yield ("tracks", name, "touches", number), f"{message}; make one of them by a move of the track"
                break


def _somebody(team: str | None) -> str:
    return "nobody" if team is None else f"somebody of '{team}'"


# ---------------------------------------------------------------- moves that make a touch
def _touches_of_moves_say_it(case: Case) -> Iterator[Finding]:
    for path, move in moves_of(case.scenario):
        if move.touch is None:
            continue
        for field, what in _OF_THE_TOUCH.items():
            default: Any = type(move).model_fields[field].default
            if getattr(move, field) != default and case.sure((*path, "touch")):
                if what is None:
                    message = f"this move makes the touch '{move.touch}', beside which '{field}' has no meaning"
                    yield (*path, field), f"{message}; leave it out"
                else:
                    message = f"this move makes the touch '{move.touch}', which has its own {what}; leave it out here"
                    yield (*path, field), f"{message}, or write it in touches.{move.touch}"


def _touches_of_stages_lead_to_stages(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    for path, move in moves_of(scenario):
        if move.touch is None or path[0] != "stages" or not case.sure((*path, "touch"), ("touches", move.touch)):
            continue
        for step_name, step in scenario.touches[move.touch].steps.items():
            if step.to_track is not None:
                message = f"touches.{move.touch}.{step_name} leads to a track, which only a touch made on a track can"
                yield (*path, "touch"), f"{message}; make another touch for this move, or move it to a track"


# ---------------------------------------------------------------- content
def _content_is_given(case: Case) -> Iterator[Finding]:
    scenario = case.scenario
    if not case.sure("touches.*.content", "content") or _has_usual_mix(scenario):
        return
    given = [touch.content for touch in scenario.touches.values()]
    if "all" in given:
        return
    for name in scenario.content:
        if not any(name in names for names in given):
            yield ("content", name), f"no touch gives '{name}'; name it in the 'content' of a touch, or remove it"


def _has_usual_mix(scenario: Scenario) -> bool:
    """Say whether the content is the usual mix, which was filled in when some touch gave any."""
    return list(scenario.content) == list(USUAL_MIX)


CONTACT_RULES: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _touches_do_something,
    _rotations_need_one_team,
    _touches_of_moves_say_it,
    _touches_of_stages_lead_to_stages,
    _content_is_given,
)
"""The rules of this module, each yielding what is wrong with a scenario."""
