"""Moves: what can happen to a lead, as it is written."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from funnelsim.scenario import kinds, ways
from funnelsim.scenario.conditions import Conditions
from funnelsim.scenario.frameworks import Qualify
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.parts import (
    Chance,
    Date,
    Gap,
    Leads,
    Length,
    Money,
    Name,
    OddsList,
    OddsNumber,
    Part,
    Points,
    Times,
    Wait,
    WorkingTime,
)
from funnelsim.scenario.problems import listed
from funnelsim.scenario.quantities import ChanceValue, Constant, Luck, Number


class NamedOdds(Part):
    """What multiplies odds by what a lead is: segment, traits, channel and stage; 1 where nothing is said."""

    model_config = ConfigDict(extra="allow")

    changeable = frozenset({"segment", "channel", "stage"})

    segment: FrozenDict[str, OddsNumber] = Field(FrozenDict(), description="By segment.")
    channel: FrozenDict[str, OddsNumber] = Field(FrozenDict(), description="By channel.")
    stage: FrozenDict[str, OddsNumber] = Field(
        FrozenDict(), description="By the stage the lead is in, for what happens beside stages."
    )

    __pydantic_extra__: dict[str, FrozenDict[str, OddsNumber]] = Field(init=False)

    @property
    def traits(self) -> FrozenDict[str, FrozenDict[str, Number]]:
        """By trait and observed trait; in a file they stand beside the fields."""
        return FrozenDict(self.__pydantic_extra__)


class Odds(NamedOdds):
    """What multiplies the odds of a chance, by what a lead is, attempt, visit and points; 1 where nothing is said."""

    changeable = frozenset({*NamedOdds.changeable, "attempt", "visit", "warmth", "score", "fatigue"})

    attempt: OddsList = Field((), description="By attempt: the first, the second, …; the last serves all later ones.")
    visit: OddsList = Field((), description="By visit: the first, the second, …; the last serves all later ones.")

    warmth: OddsNumber = Field(1, description="Once for each point of warmth.")
    score: OddsNumber = Field(1, description="Once for each point of the score.")
    fatigue: OddsNumber = Field(1, description="Once for each recent touch.")


class Expires(Part):
    """A time before a deadline."""

    move: str = Field(description="The deadline: its stage and its name, such as sql.expire.")
    before: Length = Field(description="How long before it, such as 2d.")


class Trigger(Part):
    """What starts a move instead of the entry to its stage or track: exactly one of these."""

    enters: str | None = Field(None, description="For a move of a track: the lead enters this stage.")
    date: Date | None = Field(None, description="Midnight of this date, for leads that are there by then.")
    idle: Annotated[Number, kinds.LENGTH] | None = Field(
        None, description="So long after the last activity: an entry to a stage or a success."
    )

    event: str | None = Field(None, description="A success of a move that is this event.")
    score: Points | None = Field(None, description="The score of the lead reaches so many points.")
    when: Annotated[Conditions, kinds.SOME_CONDITIONS] | None = Field(
        None, description="These conditions begin to hold, such as behaviour: clicked."
    )
    anniversary: Length | None = Field(
        None, description="So long after the lead was created, and again each time as long has passed."
    )
    expires: Expires | None = Field(None, description="For a move of a track: so long before a deadline of a stage.")

    @model_validator(mode="after")
    def _exactly_one(self) -> Trigger:
        names = list(type(self).model_fields)
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) != 1:
            text = f"a trigger is one of {listed(names, 'and')}; {listed(given, 'and') or 'none'} given"
            raise PydanticCustomError(kinds.FAULT, "{text}", {"text": text})
        return self


class Extend(Part):
    """More time before a deadline: with a chance, a few times, and for a few leads of each owner at one time."""

    changeable = frozenset({"times", "chance", "per_owner"})

    by: Annotated[Number, kinds.LENGTH] = Field(description="How much later the deadline then is, such as 7d.")
    times: Times = Field(1, description="How often one deadline can be put off.")
    chance: Annotated[Number, kinds.WIN_RATE] = Field(1.0, description="The chance that it is put off each time.")
    per_owner: Annotated[Number | Literal["unlimited"], kinds.LIMIT] = Field(
        "unlimited", description="How many extended leads one owner can have in hand at one time."
    )


class Step(ways.LeadsElse, Part):
    """One step of the script of a move; a lead that is lost at a step fails the attempt."""

    changeable = frozenset({"takes", "chance", "odds"})

    takes: WorkingTime = Field(Constant(0), description="Working time for this step, such as 30s.")
    chance: Chance = Field(1.0, description="The chance that the lead goes on, on average over the leads that enter.")
    odds: Odds = Field(Odds(), description="What multiplies the odds of the chance.")
    else_way: Leads | None = Field(
        None, alias="else", description="The stage a lead lost here goes to at once; without it the attempt failed."
    )
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")


class Move(ways.Leads, ways.LeadsElse, Part):
    """Something that can happen to a lead: a wait, then maybe work, then a chance, then where it leads."""

    changeable = frozenset(
        {"after", "every", "attempts", "lifetime_attempts", "chance", "odds", "cost", "takes", "needs", "unanswered"}
        | {"warmth"}
    )

    after: Wait = Field(Constant(0), description="The wait from entering until the first attempt.")
    every: Gap | None = Field(None, description="The wait from one attempt to the next.")
    attempts: Annotated[Number | Literal["auto", "unlimited"], kinds.ATTEMPTS] = Field(
        "auto", description="How many attempts in one stay; auto: 1, or unlimited where it comes again."
    )
    lifetime_attempts: Annotated[Number | Literal["unlimited"], kinds.LIFETIME] = Field(
        "unlimited", description="How many attempts over all stays of a lead."
    )
    team: str | None = Field(
        None, description="The team whose person each attempt needs; without it, work in a stage is that of its owner."
    )
    takes: WorkingTime = Field(
        Constant(0), description="Working time per attempt, such as 45min; 1d of it are 24 hours at work."
    )
    priority: Annotated[Number, kinds.PRIORITY] = Field(
        0, description="Under the discipline 'priority': which work is done first, the higher one."
    )
    chance: Chance = Field(
        1.0, description="The chance that an attempt succeeds, on average over the leads that enter."
    )
    odds: Odds = Field(Odds(), description="What multiplies the odds of the chance.")
    reference: bool = Field(
        False, description="Whether 'chance' is that of a lead with all odds at 1, instead of the average."
    )
    script: FrozenDict[Name, Step] = Field(
        FrozenDict(), description="Steps in their order, once the chance has succeeded; losing one fails the attempt."
    )
    needs: Times = Field(
        1, description="How many successes it takes to lead on, such as 3 conversations for a meeting."
    )
    unanswered: Annotated[Number | Literal["unlimited"], kinds.LIFETIME] = Field(
        "unlimited", description="How many attempts in a row may fail at 'chance' before the lead is given up."
    )
    qualify: Qualify | None = Field(None, description="The criteria a lead must meet.")
    touch: str | None = Field(
        None, description="The touch that each attempt makes: its chances, cost, team and working time hold."
    )
    way: Leads | None = Field(
        None, alias="to", description="The stage that a success leads to; without it the lead stays."
    )
    else_way: Leads | None = Field(None, alias="else", description="The stage that the last failure leads to.")
    warmth: Points = Field(0, description="Points of warmth with a success.")
    event: Annotated[str, kinds.EVENT_NAME] | None = Field(
        None, description="What a success is called, for triggers and conditions, such as form."
    )
    extend: Extend | None = Field(None, description="For a deadline: how it can be put off.")
    cost: Money = Field(0, description="Money per attempt.")
    trigger: Trigger | None = Field(None, description="What starts the move, instead of entering.")
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")

    @property
    def attempt_limit(self) -> Number | Literal["unlimited"]:
        """Attempts in one stay, with ``auto`` resolved (rule 21)."""
        if self.attempts != "auto":
            return self.attempts
        return "unlimited" if self.comes_again else 1

    @property
    def comes_again(self) -> bool:
        """Whether there is a time for a second attempt: after `every`, or at the next anniversary."""
        return self.every is not None or (self.trigger is not None and self.trigger.anniversary is not None)

    @property
    def chances(self) -> tuple[ChanceValue, ...]:
        """The chance of an attempt, and those of the steps of its script."""
        return (self.chance, *(step.chance for step in self.script.values()))

    @property
    def working_times(self) -> tuple[Luck, ...]:
        """The working time of an attempt, and those of the steps of its script."""
        return (self.takes, *(step.takes for step in self.script.values()))

    @property
    def takes_time(self) -> bool:
        """Whether an attempt is work, by itself or in a step of its script."""
        return any(time != Constant(0) for time in self.working_times)

    @property
    def is_deadline(self) -> bool:
        """Whether the lead surely leaves at a time fixed on entry, with nobody needed (rule 7)."""
        certain = self.chance == 1.0 and self.odds == Odds() and not self.script and self.needs == 1
        alone = self.team is None and not self.takes_time and self.touch is None and self.qualify is None
        return (
            certain and alone and isinstance(self.after, Constant) and self.attempt_limit == 1 and self.to is not None
        )
