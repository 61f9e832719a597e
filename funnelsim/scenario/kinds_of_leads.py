"""The kinds of leads that there are, as far as chances tell them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from funnelsim.scenario.backlog import channel_of, open_leads
from funnelsim.scenario.cases import Case
from funnelsim.scenario.quantities import Number, Rate, Table, bounds
from funnelsim.scenario.racing import decide
from funnelsim.scenario.standings import chances_in

if TYPE_CHECKING:
    from funnelsim.scenario.models import Channel


@dataclass(frozen=True)
class Kinds:
    """What leads of a case can be by segment, channel and trait, those together that no chance tells apart."""

    case: Case

    @cached_property
    def groups(self) -> dict[str, list[list[str]]]:
        """By segment, channel and trait: the names that leads have; what has shares of its own stands alone."""
        scenario = self.case.scenario
        of_open = {channel_of(scenario, lead) for lead in open_leads(scenario)}
        there: dict[str, list[str]] = {
            "channel": [name for name, one in scenario.channels.items() if name in of_open or _brings_leads(one)]
        }
        if scenario.segments:
            there["segment"] = [name for name, segment in scenario.segments.items() if _is_some(segment.share)]
        own = {("segment", name): segment.traits for name, segment in scenario.segments.items()}
        own |= {("channel", name): channel.traits for name, channel in scenario.channels.items()}
        for trait, general in scenario.traits.items():
            all_shares = [general, *(traits[trait] for traits in own.values() if trait in traits)]
            there[trait] = [value for value in general if any(_is_some(shares[value]) for shares in all_shares)]
        groups: dict[str, dict[tuple[object, ...], list[str]]] = {by: {} for by in there}
        tables = [chance for chance in self._chances if isinstance(chance, Table)]
        for by, names in there.items():
            mine = [table for table in tables if table.by == by]
            for name in names:
                alone = name if own.get((by, name)) else ""
                decided = (alone, *(decide(table, {by: name}, 0, 0) for table in mine))
                groups[by].setdefault(decided, []).append(name)
        return {by: list(alike.values()) for by, alike in groups.items()}

    @cached_property
    def _chances(self) -> list[object]:
        scenario = self.case.scenario
        places = [("stages", name) for name in scenario.stages] + [("tracks", name) for name in scenario.tracks]
        return [chance for kind, name in places for chance in chances_in(self.case, kind, name)]

    @cached_property
    def first(self) -> dict[str, str]:
        """One kind of lead."""
        return {by: groups[0][0] for by, groups in self.groups.items()}

    def are_there(self, of_kind: Mapping[str, list[str]]) -> bool:
        """Say whether there are leads of one group of each, by the shares of its segment and channel (rule 53)."""
        scenario = self.case.scenario
        own: list[Mapping[str, Mapping[str, Number]]] = [scenario.channels[of_kind["channel"][0]].traits]
        own += [scenario.segments[of_kind["segment"][0]].traits] if "segment" in of_kind else []
        for trait, general in scenario.traits.items():
            shares = next((traits[trait] for traits in own if trait in traits), general)
            if not any(_is_some(shares[value]) for value in of_kind[trait]):
                return False
        return True


def _is_some(number: Number) -> bool:
    return bounds(number)[1] > 0


def _brings_leads(channel: Channel) -> bool:
    if channel.backlog is not None:
        return _is_some(channel.backlog)
    match channel.leads:
        case None:
            return False
        case Rate(amount, _):
            return _is_some(amount)
        case by_month:
            return any(map(_is_some, by_month.amounts))
