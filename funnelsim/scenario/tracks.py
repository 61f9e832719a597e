"""Tracks: nurture programmes that run beside the stages, and the touches they make."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from funnelsim.scenario import kinds, ways
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.moves import Move, Odds
from funnelsim.scenario.parts import Chance, Gap, Leads, Money, Part
from funnelsim.scenario.quantities import Luck, Number


class Touch(Part):
    """One marketing contact."""

    changeable = frozenset({"cost", "response"})

    cost: Money = Field(0, description="Money per touch.")
    response: Chance = Field(description="The chance that a lead responds.")
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")


class Response(ways.Leads, Part):
    """What a response to a touch does."""

    way: Leads | None = Field(
        None, alias="to", description="The stage a lead that responds goes to; without it the lead stays."
    )


class Exhausted(ways.Leads, Part):
    """When a track gives a lead up."""

    changeable = frozenset({"after"})

    after: Annotated[Number, kinds.TIMES] = Field(description="After so many touches.")
    per: Literal["stay", "lifetime"] = Field("stay", description="Touches of one stay in the track, or of all of them.")
    way: Leads | None = Field(
        None, alias="to", description="The stage that exhausted leads go to; without it the track falls silent."
    )


class Track(Part):
    """A nurture programme that runs beside the stages: touches in rotation, on a cadence."""

    changeable = frozenset({"cadence", "after", "odds"})

    cadence: Gap = Field(description="The wait from one touch to the next.")
    after: Annotated[Luck | Literal["cadence"], kinds.WAIT_OR_CADENCE] = Field(
        "cadence", description="The wait until the first touch; cadence: as between touches."
    )
    touches: tuple[str, ...] = Field(min_length=1, description="The touches, in rotation.")
    on_response: Response = Field(Response(), description="What a response does.")
    exhausted: Exhausted | None = Field(None, description="When the track gives a lead up; without it, never.")
    odds: Odds = Field(Odds(), description="What multiplies the odds of a response.")
    reference: bool = Field(
        False, description="Whether responses are those of a lead with all odds at 1, instead of the average."
    )
    moves: FrozenDict[Annotated[str, kinds.TRACK_MOVE_NAME], Move] = Field(
        FrozenDict(), description="Further moves that race beside the touches."
    )
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")

    @property
    def first_wait(self) -> Luck:
        """The wait until the first touch, with ``cadence`` resolved."""
        return self.cadence if isinstance(self.after, str) else self.after
