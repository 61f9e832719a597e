"""Teams: people with finite attention, the leads they own, and how both come together."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from funnelsim.scenario import kinds, rosters
from funnelsim.scenario.conditions import Conditions
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.parts import Date, Name, OddsNumber, Part
from funnelsim.scenario.quantities import Number, Rate

Discipline = Literal["fifo", "newest", "priority", "deadline", "even"]
"""Which work a person takes up next.

``fifo``: the oldest; ``newest``: the newest; ``priority``: that of the move with the highest priority; ``deadline``:
the lead whose deadline is nearest; ``even``: the lead that had the least attention so far.
"""


class Person(Part):
    """A person of a team, by name."""

    chance: OddsNumber = Field(1, description="What multiplies the odds of every attempt they make.")
    pace: Annotated[Number, kinds.PACE] = Field(1, description="How fast they work; 1.25: a fifth less time.")
    from_: Date | None = Field(
        None, alias="from", description="The first day they are there; without it, that of the run."
    )
    until: Date | None = Field(None, description="The first day they are there no more; without it, to the end.")
    picks: Discipline | None = Field(None, description="Which work they take up next; without it, as the team does.")
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")


class Rule(Part):
    """Who gets a lead: the first rule whose conditions hold says so."""

    if_: Annotated[Conditions, kinds.CONDITIONS] = Field(
        Conditions(), alias="if", description="What the lead is, such as line: mobile."
    )
    to: Annotated[tuple[str, ...], kinds.NAMES] = Field((), description="People of the team; without them, everybody.")
    by: Literal["least_loaded", "round_robin"] = Field(
        "least_loaded", description="Who of them: the one with the fewest leads in hand, or each in turn."
    )


class RecycleAfter(Part):
    """When owned leads are taken back, because too little happens to them, and where they go."""

    to: str = Field(description="The stage they go to, such as the pool.")
    follow_up: Annotated[Number, kinds.LENGTH] | None = Field(None, description="After so long without a follow-up.")
    opportunity: Annotated[Number, kinds.LENGTH] | None = Field(
        None, description="So long after they were claimed, unless they entered one of the opportunity_stages since."
    )
    win: Annotated[Number, kinds.LENGTH] | None = Field(
        None, description="So long after they were claimed, unless they were won."
    )
    opportunity_stages: tuple[str, ...] = Field((), description="The stages of an opportunity.")
    win_stages: tuple[str, ...] = Field(
        (), description="The stages of a customer; a lead that ever was in one of them is not taken back."
    )


class Protection(Part):
    """How long an owned lead is not taken back."""

    length: Annotated[Number, kinds.DURATION] = Field(0, description="So long after it was claimed.")
    by_activity: Annotated[Number, kinds.DURATION] = Field(0, description="So long after each follow-up.")
    most: Annotated[Number, kinds.LENGTH] | None = Field(
        None, description="So long after it was claimed follow-ups protect a lead no more; without it, they always do."
    )


class Team(Part):
    """People who do the work of moves, and own the leads of stages."""

    changeable = frozenset({"hours", "salary", "queue_limit", "hold", "claim_per_day"})

    people: Annotated[Number | FrozenDict[str, Number] | FrozenDict[Name, Person], kinds.PEOPLE] = Field(
        description="How many people, a schedule of them such as {2026-01-01: 8, 2026-07-01: 12}, or people by name."
    )
    hours: Annotated[Number, kinds.HOURS] = Field(8, description="Working hours per day, such as 7 per day.")
    days_off: Annotated[tuple[str, ...], kinds.DAYS_OFF] = Field(
        (), description="Weekdays and dates without work, such as [sat, sun, 2026-12-25]."
    )
    salary: Annotated[Rate, kinds.SALARY] | None = Field(
        None, description="Money per person and period, such as 8_000 per month."
    )
    discipline: Discipline = Field(
        "fifo", description="Which work a person takes up next: oldest, newest, by priority, nearest deadline, evenly."
    )
    queue_limit: Annotated[Number | Literal["unlimited"], kinds.QUEUE_LIMIT] = Field(
        "unlimited", description="How many leads can wait for a person; one more goes 'else'."
    )
    hold: Annotated[Number | Literal["unlimited"], kinds.LIMIT] = Field(
        "unlimited", description="How many leads one person can have in hand."
    )
    claim_per_day: Annotated[Number | Literal["unlimited"], kinds.LIMIT] = Field(
        "unlimited", description="How many leads one person can get on one day."
    )
    previous_owner_cooldown: Annotated[Number, kinds.DURATION] = Field(
        0, description="So long a lead that has left its owner does not go back to them."
    )
    assign: tuple[Rule, ...] = Field(
        (Rule(),), min_length=1, description="Who gets a lead: the first rule that holds; the last has no conditions."
    )
    recycle_after: RecycleAfter | None = Field(None, description="When leads are taken back.")
    protection: Protection = Field(Protection(), description="How long leads are not taken back.")
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")

    @property
    def schedule(self) -> FrozenDict[str, Number] | None:
        """How many people are there from each date on; None where they are not written so."""
        return self.people if rosters.is_schedule(self.people) else None  # type: ignore[return-value]

    @property
    def persons(self) -> FrozenDict[str, Person] | None:
        """The people by name; None where they are not named."""
        return self.people if rosters.names_people(self.people) else None  # type: ignore[return-value]
