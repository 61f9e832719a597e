"""Touches: marketing contacts as they are written, each a chain from delivery to response (rule 58)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from funnelsim.scenario import kinds, rosters, schemas, ways
from funnelsim.scenario.conditions import Conditions
from funnelsim.scenario.kinds import Kind
from funnelsim.scenario.moves import Odds
from funnelsim.scenario.parts import Chance, Leads, Money, Part, Points, Short, WorkingTime
from funnelsim.scenario.quantities import ChanceValue, Constant, Number
from funnelsim.scenario.ways import Way

ROWS = ("delivered", "opt_out", "open", "click", "response")
"""The rows of a touch, in the order in which they are decided."""

ENGAGEMENT = ("open", "click", "response")
"""The rows that go beyond delivery; what acts on a touch as a whole acts on the first that is written."""


def _read_content(raw: object) -> str | tuple[str, ...]:
    return raw if raw == "all" else rosters.read_some(raw)


CONTENT = Kind(_read_content, lambda content: content, schemas.some())


class TouchStep(ways.Leads, Short):
    """One step of a touch: how many go on from the one before, and what that leaves."""

    changeable = frozenset({"chance", "odds", "warmth"})
    short_for = "chance"
    short = kinds.CHANCE

    chance: Chance = Field(
        description="The chance of those that have come so far, on average over the leads that enter."
    )
    odds: Odds = Field(Odds(), description="What multiplies the odds of the chance.")
    warmth: Points = Field(0, description="Points of warmth when it happens.")
    way: Leads | None = Field(
        None, alias="to", description="Where it leads: a stage, or {track: name}; without it the lead stays."
    )


class RecordedOpens(Part):
    """What is recorded of opens, which is not what happens: images that are off, machines that open."""

    changeable = frozenset({"seen", "false"})

    seen: Annotated[Number, kinds.WIN_RATE] = Field(1.0, description="The share of opens that are recorded.")
    false: Annotated[Number, kinds.WIN_RATE] = Field(
        0.0, description="The share of deliveries not opened that are recorded as opened."
    )


class Touch(Part):
    """One marketing contact."""

    changeable = frozenset({"cost", "active", "delivered", "warmth", "fatigue", "odds"})

    kind: Annotated[str, kinds.KIND_OF_TOUCH] = Field(
        "auto", description="What it is, for limits and figures, such as mail, sms or call; auto: its own name."
    )
    cost: Money = Field(0, description="Money per touch.")
    active: bool = Field(True, description="Whether it is sent; false: it is withheld, and its turn passes.")
    delivered: Chance = Field(1.0, description="The chance that it is delivered.")
    bounced: Leads | None = Field(
        None, description="The stage that a lead goes to where it is not delivered; without it the lead stays."
    )
    opt_out: TouchStep | None = Field(None, description="How many of those it is delivered to opt out.")
    open: TouchStep | None = Field(None, description="How many of those it is delivered to open it.")
    click: TouchStep | None = Field(None, description="How many of those that opened it click.")
    response: TouchStep | None = Field(None, description="How many of those that came so far respond.")
    warmth: Points = Field(0, description="Points of warmth when it is delivered.")
    fatigue: Annotated[Number, kinds.WEARINESS] = Field(
        1, description="How much fatigue it gives when it is delivered; 0 for what does not tire."
    )
    subscribed: bool = Field(
        False, description="Whether leads asked for it; it then gives no fatigue and is not lessened by it."
    )
    content: Annotated[Literal["all"] | tuple[str, ...], CONTENT] = Field(
        (), description="The content it gives, one piece each time: names, or all; without it, it needs none."
    )
    if_: Annotated[Conditions, kinds.CONDITIONS] = Field(
        Conditions(), alias="if", description="What a lead must be, or it is withheld, such as opt_in: yes."
    )
    recorded_opens: RecordedOpens = Field(RecordedOpens(), description="What is recorded of opens.")
    team: str | None = Field(None, description="The team whose person each touch needs.")
    takes: WorkingTime = Field(Constant(0), description="Working time per touch, such as 3min.")
    odds: Odds = Field(Odds(), description="What multiplies the odds of the first of open, click and response.")
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")

    @property
    def engagement(self) -> dict[str, TouchStep]:
        """The steps beyond delivery that are written, in order."""
        steps = {"open": self.open, "click": self.click, "response": self.response}
        return {name: step for name, step in steps.items() if step is not None}

    @property
    def steps(self) -> dict[str, TouchStep]:
        """All steps that are written after delivery, in the order in which they are decided."""
        return {**({} if self.opt_out is None else {"opt_out": self.opt_out}), **self.engagement}

    @property
    def answer_way(self) -> Way | None:
        """Where the last step leads by itself, before what a track or a move says of a response."""
        last = next(reversed(self.engagement.values()), None)
        return None if last is None else last.way

    @property
    def ways(self) -> tuple[Way, ...]:
        """Where it leads by itself, whatever makes it."""
        found = (self.bounced, *(step.way for step in self.steps.values()))
        return tuple(way for way in found if way is not None)

    @property
    def chances(self) -> tuple[ChanceValue, ...]:
        """The chance of delivery, and those of the steps that are written."""
        return (self.delivered, *(step.chance for step in self.steps.values()))

    @property
    def takes_time(self) -> bool:
        """Whether a touch is work."""
        return self.takes != Constant(0)

    def kind_of(self, name: str) -> str:
        """Return what the touch of a name is, with ``auto`` resolved."""
        return name if self.kind == "auto" else self.kind
