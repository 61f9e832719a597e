"""Leads and stages: what leads are, where they come from, and where they stand."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from funnelsim.scenario import kinds
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.moves import Move
from funnelsim.scenario.parts import Money, Name, Part, Points, Share
from funnelsim.scenario.quantities import Constant, Flow, Luck, Number
from funnelsim.scenario.responses import SpendResponse
from funnelsim.scenario.tracks import TrackRule

Traits = FrozenDict[Annotated[str, kinds.TRAIT_NAME], FrozenDict[Name, Share]]
"""The shares of the values of traits."""


class Segment(Part):
    """A kind of lead, and how many are of it."""

    changeable = frozenset({"share"})
    fixed_names = frozenset({"traits"})

    share: Share = Field(description="The share of leads that are of this segment; all shares add up to 100%.")
    margin: Annotated[Number, kinds.MARGIN] = Field(
        1.0, description="The gross margin: what is left of its revenue after what was sold has been paid for."
    )
    traits: Traits = Field(
        FrozenDict(), description="Shares of the values of traits among its leads, where they differ."
    )
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")


class Seasonality(Part):
    """How the flow of leads differs over the year and the week."""

    month: Annotated[tuple[Number, ...], kinds.MONTHS] = Field(
        (), description="A factor for each month, jan to dec; 1 where none is named. It multiplies the flow."
    )
    weekday: Annotated[tuple[Number, ...], kinds.WEEKDAYS] = Field(
        (),
        description="A factor for each weekday, mon to sun. It moves leads within a month, without changing its sum.",
    )


class Channel(Part):
    """A source of leads: a stream of them, or a backlog that is there on day one."""

    changeable = frozenset({"leads", "spend", "cost"})
    fixed_names = frozenset({"traits"})

    leads: Annotated[Flow, kinds.LEADS_FLOW] | None = Field(
        None, description="A stream of leads, such as 800 per month, or a table by month."
    )
    arrivals: Literal["poisson", "evenly"] = Field("poisson", description="How a stream's leads are spaced.")
    seasonality: Seasonality = Field(Seasonality(), description="How the stream differs over the year and the week.")
    backlog: Annotated[Number, kinds.COUNT] | None = Field(
        None, description="Leads that are there already at the start, instead of a stream."
    )
    age: Annotated[Luck, kinds.AGE] = Field(
        Constant(0), description="How long before the start the leads of a backlog were created."
    )
    enters: str = Field(description="The stage its leads enter.")
    spend: Annotated[Flow, kinds.MONEY_FLOW] | None = Field(
        None, description="Money spent on the channel, such as 90_000 per month, or a table by month."
    )
    response: SpendResponse | None = Field(
        None, description="How its leads follow from its spend; without it they are those written, whatever is spent."
    )
    cost: Money = Field(0, description="Money per lead.")
    traits: Traits = Field(
        FrozenDict(), description="Shares of the values of traits among its leads; they come before a segment's."
    )
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")


class Stage(Part):
    """Where a lead stands; a lead is always in exactly one stage."""

    changeable = frozenset({"value", "win_rate"})
    fixed_names = frozenset({"score"})

    owner: str | None = Field(
        None, description="The team one of whose people has the lead in hand, until it leaves the stages of this team."
    )
    moves: FrozenDict[Name, Move] = Field(FrozenDict(), description="What can happen here; the moves race each other.")
    track: Annotated[str | tuple[TrackRule, ...], kinds.TRACKS] = Field(
        "none",
        description="The track a lead joins here, or rules that say which; none: it leaves its track, keep: it stays.",
    )
    score: FrozenDict[str, Points] = Field(
        FrozenDict(), description="Points by stage: a lead here whose score reaches them goes to that stage at once."
    )
    final: bool | Literal["auto"] = Field(
        "auto", description="Whether leads end here; auto: where there are no moves and no track."
    )
    value: Annotated[Luck, kinds.VALUE] | None = Field(
        None, description="Money earned with every entry, drawn each time."
    )
    win_rate: Annotated[Number, kinds.WIN_RATE] | None = Field(
        None,
        description="The stated chance that a lead here is won in the end; 100%: it is won.",
    )
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")

    @property
    def track_rules(self) -> tuple[TrackRule, ...]:
        """Which track a lead joins, as rules; the first that holds decides, and without any there is no track."""
        return (TrackRule(track=self.track),) if isinstance(self.track, str) else self.track

    @property
    def may_join(self) -> tuple[str, ...]:
        """All that `track` can come out as: names of tracks, ``none`` and ``keep``."""
        rules = self.track_rules
        none = () if any(not rule.if_ for rule in rules) else ("none",)
        return tuple(dict.fromkeys((*(rule.track for rule in rules), *none)))

    @property
    def is_final(self) -> bool:
        """Whether leads end here, with ``auto`` resolved (rule 14)."""
        ends = not self.moves and not self.score and self.track == "none"
        return ends if self.final == "auto" else self.final

    def team_of(self, move: Move) -> str | None:
        """Return the team whose people make the attempts of a move: the one it names, or for work the owner."""
        return move.team or (self.owner if move.takes_time else None)
