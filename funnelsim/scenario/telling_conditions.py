"""Conditions and triggers in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from funnelsim.scenario import words
from funnelsim.scenario.conditions import RANGES, Conditions
from funnelsim.scenario.measures import DURATION, POINTS

if TYPE_CHECKING:
    from funnelsim.scenario.models import Trigger

_BY = {"from": "coming from", "stage": "in"}
"""How conditions are said that are not said by their name."""


def said_conditions(conditions: Conditions) -> str:
    """Say which leads meet conditions: ``with need yes, and with 'score' from 20``."""
    named = [f"{_BY.get(by, f'with {by}')} {words.join(names, 'or')}" for by, names in conditions.names.items()]
    for by, lies in conditions.ranges.items():
        ends = (("from", lies.from_), ("below", lies.below))
        bounds = [f"{word} {words.number(end, RANGES[by])}" for word, end in ends if end is not None]
        named.append(f"with '{by}' {' and '.join(bounds)}")
    return words.join(named) if named else "of any kind"


def said_trigger(trigger: Trigger) -> str:
    """Say what starts a move: ``once it is a lead with 'age' from 60 days``."""
    if trigger.idle is not None:
        return f"once nothing has happened to the lead for {words.number(trigger.idle, DURATION)}"
    if trigger.date is not None:
        return f"from {trigger.date} on"
    if trigger.event is not None:
        return f"at each {trigger.event}"
    if trigger.score is not None:
        return f"once the score reaches {words.counted(trigger.score, POINTS, 'point')}"
    if trigger.when is not None:
        return f"once it is a lead {said_conditions(trigger.when)}"
    if trigger.anniversary is not None:
        return f"every {words.number(trigger.anniversary, DURATION)} since the lead was created"
    if trigger.expires is not None:
        return f"{words.number(trigger.expires.before, DURATION)} before {trigger.expires.move}"
    return f"when the lead enters {trigger.enters}"


def has_its_own_time(trigger: Trigger | None) -> bool:
    """Say whether a trigger says when its move is made, so that no wait follows it."""
    return trigger is not None and (trigger.anniversary is not None or trigger.expires is not None)
