"""The scenario: what a person writes, resolved, with every default explicit.

Durations are ticks (milliseconds), money is in ten-thousandths, chances and shares are doubles. No default depends on
another field, so that setting a field means the same in a sparse file and in its resolved form.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from funnelsim.scenario import dates, kinds
from funnelsim.scenario.backlog import Backlog
from funnelsim.scenario.budgeting import Budget, budget_settings
from funnelsim.scenario.building import changed, edited
from funnelsim.scenario.conditions import Conditions, Range
from funnelsim.scenario.contents import Content, with_usual_mix
from funnelsim.scenario.frameworks import CRITERIA, Qualify
from funnelsim.scenario.frozen import FrozenDict
from funnelsim.scenario.guarding import GUARDING, Checks, Thresholds
from funnelsim.scenario.limits import Frequency, Limit
from funnelsim.scenario.moves import Expires, Extend, Move, NamedOdds, Odds, Step, Trigger
from funnelsim.scenario.observing import Observed
from funnelsim.scenario.overheads import Overhead
from funnelsim.scenario.parts import Date, Name, Part, StageName
from funnelsim.scenario.problems import PathParts, Place, Problem, ScenarioError, near_miss
from funnelsim.scenario.quantities import Number, Span
from funnelsim.scenario.responses import SpendResponse
from funnelsim.scenario.scoring import Fatigue, Scoring
from funnelsim.scenario.settings import Setting, settings_of
from funnelsim.scenario.stages import Channel, Seasonality, Segment, Stage, Traits
from funnelsim.scenario.teams import Person, Protection, RecycleAfter, Rule, Team
from funnelsim.scenario.touches import RecordedOpens, Touch, TouchStep
from funnelsim.scenario.tracks import Ends, Exhausted, Response, TouchTurn, Track, TrackRule, TransitionRule
from funnelsim.scenario.tree import NOWHERE, Node, at, grow, place_of
from funnelsim.scenario.units import write_span
from funnelsim.scenario.writing import write_yaml

__all__ = [
    "Backlog",
    "Budget",
    "Change",
    "Channel",
    "Checks",
    "Conditions",
    "Content",
    "Ends",
    "Exhausted",
    "Expires",
    "Extend",
    "Fatigue",
    "Frequency",
    "Limit",
    "Move",
    "NamedOdds",
    "Observed",
    "Odds",
    "Overhead",
    "Part",
    "Person",
    "Protection",
    "Qualify",
    "Range",
    "RecordedOpens",
    "RecycleAfter",
    "Response",
    "Rule",
    "Scenario",
    "Scoring",
    "Seasonality",
    "Segment",
    "SpendResponse",
    "Stage",
    "Step",
    "Team",
    "Touch",
    "TouchStep",
    "TouchTurn",
    "Track",
    "TrackRule",
    "TransitionRule",
    "Trigger",
    "Variant",
]


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
    thresholds: Thresholds = Field(FrozenDict(), description="What is promised of the figures of the variant.")


class Scenario(Part):
    """A funnel and what is done with it, for a time."""

    fixed_names = frozenset({"traits"})

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
    traits: Traits = Field(
        FrozenDict(), description="What else leads differ by, and the shares of the values of each, such as line."
    )
    observed: FrozenDict[Annotated[str, kinds.TRAIT_NAME], Observed] = Field(
        FrozenDict(), description="Traits as they are seen, with an error."
    )
    frameworks: FrozenDict[Name, Annotated[tuple[str, ...], CRITERIA]] = Field(
        FrozenDict(), description="Named sets of criteria, beside mancp, bant, aunm, pact and faint."
    )
    scoring: Scoring = Field(Scoring(), description="How the score of a lead comes about.")
    fatigue: Fatigue = Field(Fatigue(), description="What touches of late do to those that follow.")
    channels: FrozenDict[Name, Channel] = Field(min_length=1, description="Where leads come from.")
    backlog: Backlog | None = Field(None, description="Leads that are open at the start, from a CRM's snapshot.")
    teams: FrozenDict[Annotated[str, kinds.TEAM_NAME], Team] = Field(
        FrozenDict(), description="People who do work and own leads."
    )
    overheads: FrozenDict[Name, Overhead] = Field(
        FrozenDict(), description="What programmes and technology cost as time goes by."
    )
    stages: FrozenDict[StageName, Stage] = Field(min_length=1, description="Where leads stand, and what moves them on.")
    content: FrozenDict[Name, Content] = Field(FrozenDict(), description="Assets that touches give.")
    touches: FrozenDict[Name, Touch] = Field(FrozenDict(), description="Marketing contacts, used by tracks and moves.")
    limits: FrozenDict[Annotated[str, kinds.LIMITED], Limit] = Field(
        FrozenDict(), description="How many touches of a kind, or of all, a lead gets at most in a window of time."
    )
    tracks: FrozenDict[Name, Track] = Field(FrozenDict(), description="Nurture programmes that run beside stages.")
    changes: tuple[Change, ...] = Field((), description="New values from a date on.")
    variants: FrozenDict[Annotated[str, kinds.VARIANT_NAME], Variant] = Field(
        FrozenDict(), description="Other versions of this scenario."
    )
    budgets: FrozenDict[Annotated[str, kinds.VARIANT_NAME], Budget] = Field(
        FrozenDict(), description="Levels of spend and splits that are compared, with what is set for each."
    )
    thresholds: Thresholds = Field(
        FrozenDict(), description="What is promised of the figures of the scenario itself; variants have their own."
    )
    checks: Checks = Field(Checks(), description="How thresholds are decided.")

    _variant_name: str | None = PrivateAttr(None)
    _variant_label: str | None = PrivateAttr(None)
    _source: str | None = PrivateAttr(None)
    _ids: Mapping[str, str] = PrivateAttr(FrozenDict())
    _tree: Node | None = PrivateAttr(None)

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

    @property
    def open_ids(self) -> Mapping[str, str]:
        """The ids of open leads in the CRM, by their keys; of leads read from a file. Not compared, not dumped."""
        return self._ids

    def place(self, path: PathParts) -> Place:
        """Return where a part of the file stands, or what contains it; of a changed scenario the file alone."""
        while self._tree is not None and path and at(self._tree, path) is None:
            path = path[:-1]
        found = NOWHERE if self._tree is None else place_of(self._tree, path)
        return Place(self.source or self.name) if found == NOWHERE else found

    @model_validator(mode="before")
    @classmethod
    def _with_usual_mix(cls, data: Any) -> Any:
        return with_usual_mix(data)

    def __repr__(self) -> str:
        """Say which scenario it is; `dump` has all of it, and ``funnelsim show`` tells it."""
        variant = f", variant {self.variant_name!r}" if self.variant_name else ""
        return f"<Scenario {self.name!r}{variant}: {write_span(self.horizon)} from {self.start}>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """Show in a notebook what ``funnelsim show`` draws; every text is escaped."""
        import html

        from funnelsim.scenario.show import draw, sentences

        style = "white-space:pre-wrap;max-height:30em;overflow:auto"
        told = (html.escape(text) for text in (draw(self), sentences(self)))
        drawing, said = (f'<pre style="{style}">{text}</pre>' for text in told)
        return f"<div>{drawing}<details><summary>In sentences</summary>{said}</details></div>"

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
        """Return the scenario with the settings of a variant, without the thresholds of the scenario itself.

        Raises
        ------
        ScenarioError
            Where there is no such variant; the message has a near miss.
        """
        if name not in self.variants:
            message = f"no variant '{name}'{near_miss(name, self.variants, 'variants')}"
            raise ScenarioError([Problem(Place(self.source or self.name), "variants", message)])
        settings = settings_of(grow(kinds.thaw(self.variants[name].set)))
        scenario = self._edited(settings, name, without=("variants", *GUARDING))
        scenario._variant_label = self.variants[name].label
        return scenario

    def budget(self, settings: Mapping[str, Any]) -> Scenario:
        """Return the scenario under a budget.

        Parameters
        ----------
        settings : mapping
            As `set` takes them. Spend may also be written relative to what it is here: ``{"spend": "+20%"}`` for all
            channels, ``{"channels.search.spend": "-10%"}`` for one.

        Returns
        -------
        Scenario
            Without variants and budgets.

        Raises
        ------
        ScenarioError
            As `set` does, and for a relative spend where there is none, or one that a change sets.
        """
        tree = grow(self.data())
        wanted, problems = budget_settings(tree, Setting.from_python(settings))
        if problems:
            raise ScenarioError(problems)
        return self._edited(wanted, self.variant_name, without=("variants", "budgets"))

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

    def unguarded(self) -> Scenario:
        """Return the scenario without thresholds, its own and those of its variants."""
        data = self.data()
        for holder in (data, *data["variants"].values()):
            for name in GUARDING:
                holder.pop(name, None)
        scenario = type(self).model_validate(data)
        scenario._called_as(self._variant_name, self)
        return scenario

    def regimes(self) -> tuple[tuple[dt.date, Scenario], ...]:
        """Return the scenario as it is from each date on: first from `start`, then from the date of each change.

        Returns
        -------
        tuple of (date, Scenario)
            By date, each with all changes up to then in force. The scenarios have no changes and no variants.
        """
        regimes = [(self.start, self._changed([], without=("changes", "variants", "budgets", *GUARDING)))]
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
        self._variant_name, self._variant_label = variant, other._variant_label
        self._source, self._ids = other._source, other._ids

    def _edited(self, settings: list[Setting], variant: str | None, without: tuple[str, ...] = ()) -> Scenario:
        scenario = edited(self, settings, without)
        scenario._called_as(variant, self)
        return scenario

    def data(self) -> dict[str, Any]:
        """Return the scenario as plain data, in the canonical form of its file.

        What guards it is there only where something is written: it is no part of what is simulated.
        """
        data = self.model_dump(by_alias=True)
        for holder in (data, *data["variants"].values()):
            if not holder["thresholds"]:
                del holder["thresholds"]
        if self.checks == Checks():
            del data["checks"]
        return data

    def dump(self) -> str:
        """Return the scenario as YAML text with every default explicit; it loads to an equal scenario."""
        return write_yaml(self.data())
