"""The touches of a track as attempts in a race: what each can come to, and how early the next comes (rules 58-70)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from funnelsim.scenario.quantities import Number, UniformBelief
from funnelsim.scenario.racing import Attempts, Decision, KindOfLead, Row, decide, span

if TYPE_CHECKING:
    from funnelsim.scenario.models import Scenario, TouchTurn, Track

SOME: Number = UniformBelief(1.0, math.inf)
"""A limit that may be met after any number of attempts."""


def rows_of_touch(
    scenario: Scenario, name: str, kind: KindOfLead, attempt: int, visit: int | None, track: Track | None = None
) -> list[Row]:
    """Return the rows of a touch: whether it is sent, then its steps (rules 58 and 61).

    Parameters
    ----------
    name : str
        The touch.
    kind : KindOfLead
        What the lead is.
    attempt, visit : int
        Counted from 0; no visit where it may be any.
    track : Track, optional
        The track that it is made on.
    """
    touch = scenario.touches[name]
    active = touch.active and (track is None or track.active)
    withheld = not active or bool(touch.if_ or touch.content or scenario.limits)
    bounced = touch.bounced.to if touch.bounced else None
    rows = [Row(Decision(withheld, active)), Row(decide(touch.delivered, kind, attempt, visit), bounced)]
    if touch.opt_out is not None:
        opted_out = decide(touch.opt_out.chance, kind, attempt, visit)
        target = touch.opt_out.to or (track.on_opt_out.to if track else None)
        rows.append(Row(Decision(fails=opted_out.succeeds, succeeds=opted_out.fails), target, silences=True))
    for step in touch.engagement.values():
        decision = decide(step.chance, kind, attempt, visit)
        rows.append(Row(decision, to=step.to, ends=step.to_track is not None))
    if not touch.engagement:  # nobody answers what cannot be answered
        rows.append(Row(Decision(fails=True, succeeds=False)))
    return rows


def touches_of(scenario: Scenario, track: Track, kind: KindOfLead, visit: int | None) -> Attempts:
    """Return the touches of a track, in rotation, as attempts."""
    given_up, names = track.exhausted, track.touch_names
    limits = {given_up.per: given_up.after} if given_up else {}
    team = scenario.touches[names[0]].team
    uncertain = given_up is not None and (given_up.per == "silence" or can_run_out(scenario, names))
    return Attempts(
        track.first_wait,
        track.cadence,
        lambda attempt: rows_of_touch(scenario, names[attempt % len(names)], kind, attempt, visit, track),
        SOME if uncertain else limits.get("stay", "unlimited"),
        track.on_response.to,
        given_up.to if given_up else None,
        limits.get("lifetime", "unlimited"),
        turned_away=team is not None and scenario.teams[team].queue_limit != "unlimited",
        gaps=[_wait_before(turn, track) for turn in track.touches],
    )


def first_touch(track: Track) -> tuple[float, float] | None:
    """Return how early and how late the first touch of a track comes after joining; None where it never does."""
    turn = track.touches[0]
    return span(track.first_wait) if turn.own_wait is None else _wait_before(turn, track)


def _wait_before(turn: TouchTurn, track: Track) -> tuple[float, float] | None:
    """Return how short and how long the wait before a touch can be; an activity may cut it short (rule 70)."""
    if turn.wait is None and turn.wait_up_to is not None:
        longest = span(turn.wait_up_to)
        return 1.0, math.inf if longest is None else longest[1]
    return span(track.cadence if turn.wait is None else turn.wait)


def can_run_out(scenario: Scenario, touches: Iterable[str]) -> bool:
    """Say whether there may be no content left for any of some touches, so that the last comes before the limit."""
    return all(scenario.touches[name].content for name in touches)


def phase(attempts: Attempts) -> tuple[float, float] | None:
    """Return how early and how late the first attempt comes for a lead that has been there for long (rule 15)."""
    repeats = attempts.limit != 1 and attempts.every is not None
    waits = attempts.gaps or ([span(attempts.every)] if attempts.every is not None else [])
    spans = [wait for wait in waits if wait is not None] if repeats else []
    first = (min(low for low, _ in spans), max(high for _, high in spans)) if spans else span(attempts.after)
    return None if first is None or span(attempts.after) is None else (min(1.0, first[0]), first[1])
