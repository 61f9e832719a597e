"""Tracks: nurture programmes that run beside the stages, and what leads into them and out of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from funnelsim.scenario import kinds, ways
from funnelsim.scenario.conditions import Conditions
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.moves import Move, Odds
from funnelsim.scenario.parts import Gap, Leads, Length, Part, Short
from funnelsim.scenario.problems import RefusedError, shown
from funnelsim.scenario.quantities import Luck, Number

Programme = Literal[
    "welcome",
    "drip",
    "activation",
    "opinion",
    "product",
    "competitive",
    "introduction",
    "mid_funnel",
    "bottom_of_funnel",
]
"""What a track is for (DOMAIN D3.7)."""


def _read_turn(raw: object) -> str:
    if not isinstance(raw, str):
        raise RefusedError(f"a turn is a touch such as mail, or {{touch: mail, wait: 3d}}, not {shown(raw)}")
    return raw


class TouchTurn(Short):
    """A touch in the rotation of a track, with a wait of its own or without."""

    short_for = "touch"
    short = kinds.Kind(_read_turn, str, {"type": "string"})

    touch: str = Field(description="The touch.")
    wait: Gap | None = Field(None, description="The wait before it, in place of the cadence.")
    wait_up_to: Gap | None = Field(
        None, description="The longest wait before it: it comes right after the next activity, or at the latest then."
    )

    @property
    def own_wait(self) -> Luck | None:
        """The wait before it in place of the cadence, as long as it can be; None where the cadence holds."""
        return self.wait if self.wait is not None else self.wait_up_to

    @model_serializer(mode="wrap")
    def _written(self, write: SerializerFunctionWrapHandler) -> Any:
        written = write(self)
        return written.get("touch", written) if self.own_wait is None else written


class Response(ways.Leads, Part):
    """What a response to a touch does, or an opt-out."""

    way: Leads | None = Field(
        None, alias="to", description="The stage, or {track: name}, that the lead goes to; without it the lead stays."
    )


class Exhausted(ways.Leads, Part):
    """When a track gives a lead up."""

    changeable = frozenset({"after"})

    after: Annotated[Number, kinds.TIMES] = Field(description="After so many touches.")
    per: Literal["stay", "lifetime", "silence"] = Field(
        "stay",
        description="Touches of one stay in the track, of all of them, or in a row without a click or a response.",
    )
    way: Leads | None = Field(
        None,
        alias="to",
        description="The stage, or {track: name}, that exhausted leads go to; without it the track falls silent.",
    )


class Ends(ways.Leads, Part):
    """When a track ends for a lead, whatever has happened until then."""

    after: Length = Field(description="So long after joining.")
    way: Leads | None = Field(alias="to", description="The stage, or {track: name}, that the lead then goes to.")


class TransitionRule(ways.Leads, Part):
    """What leads a lead on as soon as it holds, whatever touch comes next."""

    if_: Annotated[Conditions, kinds.SOME_CONDITIONS] = Field(
        alias="if", description="What must hold, such as score: {from: 50}."
    )
    way: Leads | None = Field(alias="to", description="The stage, or {track: name}, that the lead then goes to.")


class TrackRule(Part):
    """Which track a lead joins in a stage: the first rule whose conditions hold says so."""

    if_: Annotated[Conditions, kinds.CONDITIONS] = Field(
        Conditions(), alias="if", description="What the lead is as it enters, such as reason: not_now."
    )
    track: str = Field(description="The track it joins; none: it leaves its track, keep: it stays in it.")


class Track(Part):
    """A nurture programme that runs beside the stages: touches in rotation, on a cadence."""

    changeable = frozenset({"active", "cadence", "after", "odds"})

    kind: Programme | None = Field(None, description="What it is for, such as drip or activation.")
    active: bool = Field(True, description="Whether touches of its cadence are sent; false: all of them are withheld.")
    cadence: Gap = Field(description="The wait from one touch to the next.")
    after: Annotated[Luck | Literal["cadence"], kinds.WAIT_OR_CADENCE] = Field(
        "cadence", description="The wait until the first touch; cadence: as between touches."
    )
    touches: tuple[TouchTurn, ...] = Field(min_length=1, description="The touches, in rotation.")
    on_response: Response = Field(Response(), description="What a response does.")
    on_opt_out: Response = Field(
        Response(), description="Where leads go that opt out; without a way they stay in their stage, without a track."
    )
    exhausted: Exhausted | None = Field(None, description="When the track gives a lead up; without it, never.")
    ends: Ends | None = Field(None, description="When it ends for a lead; without it, never.")
    paused: Annotated[Conditions, kinds.SOME_CONDITIONS] | None = Field(
        None, description="While these conditions hold nothing of its cadence is sent, such as stage: sql."
    )
    transition_rules: tuple[TransitionRule, ...] = Field(
        (), description="What leads on as soon as it holds, tested after each event of the lead."
    )
    odds: Odds = Field(Odds(), description="What multiplies the odds of a response.")
    reference: bool = Field(
        False, description="Whether responses are those of a lead with all odds at 1, instead of the average."
    )
    moves: FrozenDict[Annotated[str, kinds.TRACK_MOVE_NAME], Move] = Field(
        FrozenDict(), description="Further moves that race beside the touches."
    )
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")

    @property
    def touch_names(self) -> tuple[str, ...]:
        """The touches in their turn, without the waits before them."""
        return tuple(turn.touch for turn in self.touches)

    @property
    def first_wait(self) -> Luck:
        """The wait until the first touch, with ``cadence`` resolved, and a wait of its own before it."""
        own = self.touches[0].own_wait
        if own is not None:
            return own
        return self.cadence if isinstance(self.after, str) else self.after
