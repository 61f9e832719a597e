"""The scenario: what a person writes, resolved, with every default explicit.

Durations are ticks (milliseconds), money is in ten-thousandths, chances and shares are doubles. No default depends on
another field, so that setting a field means the same in a sparse file and in its resolved form.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from funnelsim.scenario import dates, kinds
from funnelsim.scenario.building import edited
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.problems import Place, Problem, ScenarioError, near_miss
from funnelsim.scenario.quantities import ChanceValue, Constant, Flow, Luck, Number, Span
from funnelsim.scenario.settings import Setting, settings_of
from funnelsim.scenario.tree import grow
from funnelsim.scenario.writing import write_yaml

Share = Annotated[Number, kinds.SHARE]
OddsNumber = Annotated[Number, kinds.ODDS]
OddsList = Annotated[tuple[Number, ...], kinds.ODDS_LIST]
Money = Annotated[Number, kinds.MONEY]
Wait = Annotated[Luck, kinds.WAIT]
Gap = Annotated[Luck, kinds.GAP]
Chance = Annotated[ChanceValue, kinds.CHANCE]
Date = Annotated[dt.date, kinds.DATE]
Name = Annotated[str, kinds.NAME]
StageName = Annotated[str, kinds.STAGE_NAME]


class Part(BaseModel):
    """A part of a scenario: frozen, strict, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    changeable: ClassVar[frozenset[str]] = frozenset()
    """The fields that a dated change may set."""


class Segment(Part):
    """A kind of lead, and how many are of it."""

    changeable = frozenset({"share"})

    share: Share = Field(description="The share of leads that are of this segment; all shares add up to 100%.")
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")


class Odds(Part):
    """What multiplies the odds of a chance, by segment, channel, attempt and visit; 1 where nothing is said."""

    changeable = frozenset({"segment", "channel", "attempt", "visit"})

    segment: FrozenDict[str, OddsNumber] = Field(FrozenDict(), description="By segment.")
    channel: FrozenDict[str, OddsNumber] = Field(FrozenDict(), description="By channel.")
    attempt: OddsList = Field((), description="By attempt: the first, the second, …; the last serves all later ones.")
    visit: OddsList = Field((), description="By visit: the first, the second, …; the last serves all later ones.")


class Seasonality(Part):
    """How the flow of leads differs over the year and the week."""

    month: Annotated[tuple[float, ...], kinds.MONTHS] = Field(
        (), description="A factor for each month, jan to dec; 1 where none is named. It multiplies the flow."
    )
    weekday: Annotated[tuple[float, ...], kinds.WEEKDAYS] = Field(
        (),
        description="A factor for each weekday, mon to sun. It moves leads within a month, without changing its sum.",
    )


class Channel(Part):
    """A source of leads: a stream of them, or a backlog that is there on day one."""

    changeable = frozenset({"leads", "spend", "cost"})

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
    cost: Money = Field(0, description="Money per lead.")
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")


class Trigger(Part):
    """What starts a move instead of the entry to its stage or track: exactly one of the three."""

    enters: str | None = Field(None, description="For a move of a track: the lead enters this stage.")
    date: Date | None = Field(None, description="Midnight of this date, for leads that are there by then.")
    idle: Annotated[int, kinds.TICKS] | None = Field(
        None, description="So long after the last activity: an entry to a stage or a success."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Trigger:
        given = [name for name in ("enters", "date", "idle") if getattr(self, name) is not None]
        if len(given) != 1:
            text = f"a trigger is one of enters, date and idle; {'none' if not given else ' and '.join(given)} given"
            raise PydanticCustomError(kinds.FAULT, "{text}", {"text": text})
        return self


class Move(Part):
    """Something that can happen to a lead: a wait, then a chance, then where it leads."""

    changeable = frozenset({"after", "every", "attempts", "lifetime_attempts", "chance", "odds", "cost"})

    after: Wait = Field(Constant(0), description="The wait from entering until the first attempt.")
    every: Gap | None = Field(None, description="The wait from one attempt to the next.")
    attempts: Annotated[Number | Literal["auto", "unlimited"], kinds.ATTEMPTS] = Field(
        "auto", description="How many attempts in one stay; auto: 1, or unlimited where 'every' is given."
    )
    lifetime_attempts: Annotated[Number | Literal["unlimited"], kinds.LIFETIME] = Field(
        "unlimited", description="How many attempts over all stays of a lead."
    )
    chance: Chance = Field(
        1.0, description="The chance that an attempt succeeds, on average over the leads that enter."
    )
    odds: Odds = Field(Odds(), description="What multiplies the odds of the chance.")
    reference: bool = Field(
        False, description="Whether 'chance' is that of a lead with all odds at 1, instead of the average."
    )
    to: str | None = Field(None, description="The stage that a success leads to; without it the lead stays.")
    else_: str | None = Field(None, alias="else", description="The stage that the last failure leads to.")
    cost: Money = Field(0, description="Money per attempt.")
    trigger: Trigger | None = Field(None, description="What starts the move, instead of entering.")
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")

    @property
    def attempt_limit(self) -> Number | Literal["unlimited"]:
        """Attempts in one stay, with ``auto`` resolved (rule 21)."""
        if self.attempts != "auto":
            return self.attempts
        return 1 if self.every is None else "unlimited"


class Stage(Part):
    """Where a lead stands; a lead is always in exactly one stage."""

    changeable = frozenset({"value"})

    moves: FrozenDict[Name, Move] = Field(FrozenDict(), description="What can happen here; the moves race each other.")
    track: str = Field(
        "none", description="The track a lead joins here; none: it leaves its track, keep: it stays in it."
    )
    final: bool | Literal["auto"] = Field(
        "auto", description="Whether leads end here; auto: where there are no moves and no track."
    )
    value: Annotated[Luck, kinds.VALUE] | None = Field(
        None, description="Money earned with every entry, drawn each time."
    )
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")

    @property
    def is_final(self) -> bool:
        """Whether leads end here, with ``auto`` resolved (rule 14)."""
        return not self.moves and self.track == "none" if self.final == "auto" else self.final


class Touch(Part):
    """One marketing contact."""

    changeable = frozenset({"cost", "response"})

    cost: Money = Field(0, description="Money per touch.")
    response: Chance = Field(description="The chance that a lead responds.")
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")


class Response(Part):
    """What a response to a touch does."""

    to: str | None = Field(None, description="The stage a lead that responds goes to; without it the lead stays.")


class Exhausted(Part):
    """When a track gives a lead up."""

    changeable = frozenset({"after"})

    after: Annotated[Number, kinds.TIMES] = Field(description="After so many touches.")
    per: Literal["stay", "lifetime"] = Field("stay", description="Touches of one stay in the track, or of all of them.")
    to: str | None = Field(None, description="The stage that exhausted leads go to; without it the track falls silent.")


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


class Change(Part):
    """New values from a date on; the structure stays."""

    from_: Date = Field(alias="from", description="The date from whose midnight on the values hold.")
    set: Annotated[FrozenDict[str, Any], kinds.SETTINGS] = Field(
        description="Paths and their new values, such as tracks.reactivation.cadence: 14d."
    )


class Variant(Part):
    """Another version of the scenario: paths and what is set there."""

    set: Annotated[FrozenDict[str, Any], kinds.SETTINGS] = Field(
        description="Paths and their new values; null removes a named item."
    )
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")


class Scenario(Part):
    """A funnel and what is done with it, for a time."""

    format: Literal[1] = Field(description="The version of the language: 1.")
    name: str = Field(min_length=1, description="What the scenario is called.")
    description: str = Field("", description="What it is about.")
    start: Date = Field(description="The first day that counts.")
    horizon: Annotated[Span, kinds.HORIZON] = Field(description="How long is counted, such as 12 months.")
    warm_up: Annotated[Span, kinds.WARM_UP] = Field(
        Span(0, "tick"), description="How long runs before the start without being counted; leads in flight stay."
    )
    period: Annotated[Span, kinds.PERIOD] = Field(
        Span(1, "month"), description="The grid of reports: week, month, quarter, year or a length such as 30d."
    )
    currency: str = Field("EUR", min_length=1, description="The currency of all money.")
    old_after: Annotated[int | Literal["month"], kinds.TICKS_OR_MONTH] = Field(
        30 * 86_400_000, description="The age at which a lead is old; month: when created in an earlier month."
    )
    segments: FrozenDict[Name, Segment] = Field(FrozenDict(), description="Kinds of leads.")
    channels: FrozenDict[Name, Channel] = Field(min_length=1, description="Where leads come from.")
    stages: FrozenDict[StageName, Stage] = Field(min_length=1, description="Where leads stand, and what moves them on.")
    touches: FrozenDict[Name, Touch] = Field(FrozenDict(), description="Marketing contacts, used by tracks.")
    tracks: FrozenDict[Name, Track] = Field(FrozenDict(), description="Nurture programmes that run beside stages.")
    changes: tuple[Change, ...] = Field((), description="New values from a date on.")
    variants: FrozenDict[Annotated[str, kinds.VARIANT_NAME], Variant] = Field(
        FrozenDict(), description="Other versions of this scenario."
    )

    _variant_name: str | None = PrivateAttr(None)
    _source: str | None = PrivateAttr(None)

    @property
    def variant_name(self) -> str | None:
        """The name of the variant this is, or None for the scenario itself. Not compared, not dumped."""
        return self._variant_name

    @property
    def source(self) -> str | None:
        """The file this was loaded from, as the user gave it, or None. Not compared, not dumped."""
        return self._source

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if isinstance(other, Scenario) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__.values()))

    # ------------------------------------------------------------ the calendar of the run
    @property
    def begin(self) -> dt.date:
        """The day at whose midnight the run begins: `start` less `warm_up` (rule 1)."""
        return dates.shift(dt.datetime.combine(self.start, dt.time()), self.warm_up, backwards=True).date()

    @property
    def end(self) -> dt.datetime:
        """The moment at which the run ends, itself not included (rule 3)."""
        return dates.shift(dt.datetime.combine(self.start, dt.time()), self.horizon)

    # ------------------------------------------------------------ other scenarios
    def variant(self, name: str) -> Scenario:
        """Return the scenario with the settings of a variant.

        Raises
        ------
        ScenarioError
            Where there is no such variant; the message has a near miss.
        """
        if name not in self.variants:
            message = f"no variant '{name}'{near_miss(name, self.variants, 'variants')}"
            raise ScenarioError([Problem(Place(self.source or self.name), "variants", message)])
        return self._edited(settings_of(grow(kinds.thaw(self.variants[name].set))), name, without=("variants",))

    def set(self, values: Mapping[str, Any]) -> Scenario:
        """Return a new scenario with other values.

        Parameters
        ----------
        values : mapping
            From dotted paths to values: Python numbers, mappings and lists, or text as it would stand in the file
            (``"14d"``, ``"{uncertain: 40% to 50%}"``). A mapping can add a named item or replace one, None removes it.

        Returns
        -------
        Scenario
            Validated as a whole.

        Raises
        ------
        ScenarioError
            Where a path is unknown or the new scenario is not valid, with everything that is wrong.
        """
        return self._edited(Setting.from_python(values), self.variant_name)

    def regimes(self) -> tuple[tuple[dt.date, Scenario], ...]:
        """Return the scenario as it is from each date on: first from `start`, then from the date of each change.

        Returns
        -------
        tuple of (date, Scenario)
            By date, each with all changes up to then in force. The scenarios have no changes and no variants.
        """
        regimes = [(self.start, self._edited([], self.variant_name, without=("changes", "variants")))]
        for date in sorted({change.from_ for change in self.changes}):
            sets = [grow(kinds.thaw(change.set)) for change in self.changes if change.from_ == date]
            settings = [setting for node in sets for setting in settings_of(node)]
            regimes.append((date, regimes[-1][1]._edited(settings, self.variant_name)))
        return tuple(regimes)

    def _edited(self, settings: list[Setting], variant: str | None, without: tuple[str, ...] = ()) -> Scenario:
        scenario = edited(self, settings, without)
        scenario._variant_name, scenario._source = variant, self._source
        return scenario

    def data(self) -> dict[str, Any]:
        """Return the scenario as plain data, in the canonical form of its file."""
        return self.model_dump(by_alias=True)

    def dump(self) -> str:
        """Return the scenario as YAML text with every default explicit; it loads to an equal scenario."""
        return write_yaml(self.data())
