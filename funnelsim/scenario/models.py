"""The scenario: what a person writes, resolved, with every default explicit.

Durations are ticks (milliseconds), money is in ten-thousandths, chances and shares are doubles. No default depends on
another field, so that setting a field means the same in a sparse file and in its resolved form.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from funnelsim.scenario import dates, kinds
from funnelsim.scenario.building import changed, edited
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.moves import Extend, Move, Odds, Step, Trigger
from funnelsim.scenario.parts import Date, Money, Name, Part, Share, StageName
from funnelsim.scenario.problems import Place, Problem, ScenarioError, near_miss
from funnelsim.scenario.quantities import Constant, Flow, Luck, Number, Span
from funnelsim.scenario.settings import Setting, settings_of
from funnelsim.scenario.teams import Person, Protection, RecycleAfter, Rule, Team
from funnelsim.scenario.tracks import Exhausted, Response, Touch, Track
from funnelsim.scenario.tree import grow
from funnelsim.scenario.writing import write_yaml

__all__ = [
    "Change",
    "Channel",
    "Exhausted",
    "Extend",
    "Move",
    "Odds",
    "Part",
    "Person",
    "Protection",
    "RecycleAfter",
    "Response",
    "Rule",
    "Scenario",
    "Seasonality",
    "Segment",
    "Stage",
    "Step",
    "Team",
    "Touch",
    "Track",
    "Trigger",
    "Variant",
]


class Segment(Part):
    """A kind of lead, and how many are of it."""

    changeable = frozenset({"share"})

    share: Share = Field(description="The share of leads that are of this segment; all shares add up to 100%.")
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


class Stage(Part):
    """Where a lead stands; a lead is always in exactly one stage."""

    changeable = frozenset({"value", "win_rate"})

    owner: str | None = Field(
        None, description="The team one of whose people has the lead in hand, until it leaves the stages of this team."
    )
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
    win_rate: Annotated[Number, kinds.WIN_RATE] | None = Field(
        None,
        description="The stated chance that a lead here is won in the end; 100%: it is won.",
    )
    label: str | None = Field(None, description="A name for pictures and tables, in any language.")

    @property
    def is_final(self) -> bool:
        """Whether leads end here, with ``auto`` resolved (rule 14)."""
        return not self.moves and self.track == "none" if self.final == "auto" else self.final

    def team_of(self, move: Move) -> str | None:
        """Return the team whose people make the attempts of a move: the one it names, or for work the owner."""
        return move.team or (self.owner if move.takes_time else None)


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
    old_after: Annotated[Number | Literal["month"], kinds.LENGTH_OR_MONTH] = Field(
        30 * 86_400_000, description="The age at which a lead is old; month: when created in an earlier month."
    )
    segments: FrozenDict[Name, Segment] = Field(FrozenDict(), description="Kinds of leads.")
    traits: FrozenDict[Annotated[str, kinds.TRAIT_NAME], FrozenDict[Name, Share]] = Field(
        FrozenDict(), description="What else leads differ by, and the shares of the values of each, such as line."
    )
    channels: FrozenDict[Name, Channel] = Field(min_length=1, description="Where leads come from.")
    teams: FrozenDict[Annotated[str, kinds.TEAM_NAME], Team] = Field(
        FrozenDict(), description="People who do work and own leads."
    )
    stages: FrozenDict[StageName, Stage] = Field(min_length=1, description="Where leads stand, and what moves them on.")
    touches: FrozenDict[Name, Touch] = Field(FrozenDict(), description="Marketing contacts, used by tracks.")
    tracks: FrozenDict[Name, Track] = Field(FrozenDict(), description="Nurture programmes that run beside stages.")
    changes: tuple[Change, ...] = Field((), description="New values from a date on.")
    variants: FrozenDict[Annotated[str, kinds.VARIANT_NAME], Variant] = Field(
        FrozenDict(), description="Other versions of this scenario."
    )

    _variant_name: str | None = PrivateAttr(None)
    _variant_label: str | None = PrivateAttr(None)
    _source: str | None = PrivateAttr(None)

    @property
    def variant_name(self) -> str | None:
        """The name of the variant this is, or None for the scenario itself. Not compared, not dumped."""
        return self._variant_name

    @property
    def variant_label(self) -> str | None:
        """The label of the variant this is, or None. Not compared, not dumped."""
        return self._variant_label

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
        settings = settings_of(grow(kinds.thaw(self.variants[name].set)))
        scenario = self._edited(settings, name, without=("variants",))
        scenario._variant_label = self.variants[name].label
        return scenario

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
        TypeError
            Where `values` is no mapping.
        """
        if not isinstance(values, Mapping):
            example = '{"stages.sql.moves.expire.after": "14d"}'
            raise TypeError(f"set() takes a mapping from paths to values, such as {example}, not {values!r}")
        return self._edited(Setting.from_python(values), self.variant_name)

    def regimes(self) -> tuple[tuple[dt.date, Scenario], ...]:
        """Return the scenario as it is from each date on: first from `start`, then from the date of each change.

        Returns
        -------
        tuple of (date, Scenario)
            By date, each with all changes up to then in force. The scenarios have no changes and no variants.
        """
        regimes = [(self.start, self._changed([], without=("changes", "variants")))]
        for date in sorted({change.from_ for change in self.changes}):
            sets = [grow(kinds.thaw(change.set)) for change in self.changes if change.from_ == date]
            settings = [setting for node in sets for setting in settings_of(node)]
            regimes.append((date, regimes[-1][1]._changed(settings)))
        return tuple(regimes)

    def _changed(self, settings: list[Setting], without: tuple[str, ...] = ()) -> Scenario:
        scenario = changed(self, settings, without)
        scenario._called_as(self._variant_name, self)
        return scenario

    def _called_as(self, variant: str | None, other: Scenario) -> None:
        self._variant_name, self._variant_label, self._source = variant, other._variant_label, other._source

    def _edited(self, settings: list[Setting], variant: str | None, without: tuple[str, ...] = ()) -> Scenario:
        scenario = edited(self, settings, without)
        scenario._called_as(variant, self)
        return scenario

    def data(self) -> dict[str, Any]:
        """Return the scenario as plain data, in the canonical form of its file."""
        return self.model_dump(by_alias=True)

    def dump(self) -> str:
        """Return the scenario as YAML text with every default explicit; it loads to an equal scenario."""
        return write_yaml(self.data())
