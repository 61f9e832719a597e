"""Rounds that a lead surely goes for ever: in no time, or in so little that it never ends either."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, product
from typing import NamedTuple

from funnelsim.scenario.cases import Case
from funnelsim.scenario.kinds_of_leads import Kinds
from funnelsim.scenario.quantities import Table
from funnelsim.scenario.racing import KindOfLead, Race, decide
from funnelsim.scenario.routes import Standing, entries
from funnelsim.scenario.standings import LATE, Races, chances_in

MOST_VISITS = (1 << 20) - 1
"""How often a lead can visit one stage (rule 33)."""

_MOST_KINDS = 256
"""How many kinds of leads are looked at, that differ where it matters."""

_MOST_STATES = 5_000
"""How many ways to come to a round are looked at."""


class Round(NamedTuple):
    """A round of stages.

    Attributes
    ----------
    stages : tuple of str
        In order, the first again as the last.
    ticks : float
        How long it takes at most.
    kind : KindOfLead
        Which leads go it, where it is not all of them.
    """

    stages: tuple[str, ...]
    ticks: float
    kind: KindOfLead


def endless_rounds(case: Case) -> list[Round]:
    """Find the rounds that leads surely go for ever, or more often than they can visit a stage."""
    if case.ticks == 0 or not case.sure("start", "horizon", "warm_up", "channels", "segments", "traits"):
        return []
    search = _Search(Races(case))
    found: dict[tuple[str, ...], list[Round]] = {}
    for kind, channels in search.kinds():
        closed = search.closed(kind)
        if closed:
            for round_ in search.reached(closed, kind, channels):
                found.setdefault(round_.stages, []).append(round_)
    return [search.told_once(rounds) for rounds in found.values()]


@dataclass(frozen=True)
class _Search:
    """The search for rounds in one case."""

    races: Races
    nodes: tuple[Standing, ...] = field(init=False)

    def __post_init__(self) -> None:
        order = {name: number for number, name in enumerate(self._case.scenario.stages)}
        found = entries(self._case.scenario)
        nodes = tuple(sorted(found, key=lambda node: (order[node.stage], node.track or "")))
        object.__setattr__(self, "nodes", nodes)

    @property
    def _case(self) -> Case:
        return self.races.case

    @cached_property
    def _kinds(self) -> Kinds:
        return Kinds(self._case)

    @cached_property
    def _longest(self) -> float:
        """The longest round that a lead can go too often."""
        return self._case.ticks / MOST_VISITS

    # ------------------------------------------------------------ kinds of leads
    def kinds(self) -> Iterator[tuple[KindOfLead, list[str]]]:
        """Yield the kinds of leads that there are and that chances tell apart, each with the channels they come by.

        Those that could go round are told apart first, and only so many are looked at.
        """
        groups = self._kinds.groups
        if not all(groups.values()) or not self._could_go_round:
            return
        near = [by for node in self._could_go_round for by in self.races.differing(node)]
        order = sorted(groups, key=lambda by: by not in near)
        for names in islice(product(*(groups[by] for by in order)), _MOST_KINDS):
            of_kind = dict(zip(order, names, strict=True))
            if self._kinds.are_there(of_kind):
                yield {by: group[0] for by, group in of_kind.items()}, of_kind["channel"]

    @cached_property
    def _could_go_round(self) -> set[Standing]:
        """The entries after which some kind of lead could be led on for ever, if each could be another kind."""
        ahead: dict[Standing, list[set[Standing | None]]] = {}
        for node in self.nodes:
            differing = [by for by in self.races.differing(node) if len(self._kinds.groups[by]) > 1]
            ways = []
            for names in islice(product(*(self._kinds.groups[by] for by in differing)), _MOST_KINDS):
                kind = self._kinds.first | {by: group[0] for by, group in zip(differing, names, strict=True)}
                race = self.races.race(node, kind)
                if race.surely <= self._longest:
                    ways.append(set(self._after(node, race)))
            if ways:
                ahead[node] = ways
        while gone := [node for node, ways in ahead.items() if not any(way <= ahead.keys() for way in ways)]:
            for node in gone:
                del ahead[node]
        return set(ahead)

    # ------------------------------------------------------------ rounds of one kind of lead
    def _after(self, node: Standing, race: Race) -> Iterator[Standing | None]:
        """Yield the entries that a race leads to; None where it leads out of any round."""
        for _, target in race.exits:
            if target is None:
                yield None
            else:
                yield from (Standing(target, track) for track in self.races.tracks_after(node))

    def closed(self, kind: KindOfLead) -> dict[Standing, set[Standing]]:
        """Return the entries after which a lead is surely led on for ever, and those that follow each."""
        ahead: dict[Standing, set[Standing]] = {}
        sources: dict[Standing | None, list[Standing]] = {}
        for node in self._could_go_round:
            race = self.races.race(node, kind)
            if race.surely <= self._longest:
                after = list(self._after(node, race))
                ahead[node] = {standing for standing in after if standing is not None}
                for standing in after:
                    sources.setdefault(standing, []).append(node)
        escaping = [node for standing, nodes in sources.items() if standing not in ahead for node in nodes]
        while escaping:
            node = escaping.pop()
            if ahead.pop(node, None) is not None:
                escaping += sources.get(node, [])
        return ahead

    def reached(
        self, closed: Mapping[Standing, set[Standing]], kind: KindOfLead, channels: Iterable[str]
    ) -> Iterator[Round]:
        """Yield the rounds within closed entries that such leads can come to, soon enough to go them too often."""
        for node, tick in self._arrivals(closed, kind, channels).items():
            rounds = {_reach(closed, other) for other in _reach(closed, node)}
            for inside in rounds:
                if any(other < inside for other in rounds):
                    continue  # from here a lead comes to a smaller round, and stays there
                races = [self.races.race(other, kind) for other in inside]
                ticks = math.fsum(race.surely for race in races)
                often = (self._case.ticks - tick) / ticks > MOST_VISITS if ticks else True
                if often and not (ticks and any(race.workdays for race in races)):
                    yield Round(self._way(closed, inside), ticks, self._telling(inside, kind))

    def _way(self, closed: Mapping[Standing, set[Standing]], inside: frozenset[Standing]) -> tuple[str, ...]:
        """Return the stages of one way round."""
        way = [next(node for node in self.nodes if node in inside)]
        while (follower := next(node for node in self.nodes if node in closed[way[-1]])) not in way:
            way.append(follower)
        return (*(node.stage for node in way[way.index(follower) :]), follower.stage)

    def _telling(self, nodes: Iterable[Standing], kind: KindOfLead) -> KindOfLead:
        """Return that part of a kind which matters in a round."""
        differing = {by for node in nodes for by in self.races.differing(node)}
        return {by: name for by, name in kind.items() if by in differing and len(self._kinds.groups[by]) > 1}

    def told_once(self, rounds: Sequence[Round]) -> Round:
        """Return the first of the same rounds of several kinds of leads, without what makes no difference to it."""
        kinds = [round_.kind for round_ in rounds]
        every = [
            by
            for by in kinds[0]
            if all({**kind, by: group[0]} in kinds for kind in kinds if by in kind for group in self._kinds.groups[by])
        ]
        return rounds[0]._replace(kind={by: name for by, name in kinds[0].items() if by not in every})

    # ------------------------------------------------------------ how leads come there
    def _arrivals(
        self, closed: Mapping[Standing, set[Standing]], kind: KindOfLead, channels: Iterable[str]
    ) -> dict[Standing, float]:
        """Return the closed entries that a lead can come to, and how early.

        Only visits count that are so late that no chance differs any more on later ones.
        """
        scenario = self._case.scenario
        found: dict[Standing, float] = {}
        lasting = {node: self._lasting_in(_reach(closed, node)) for node in closed} if self._lasting else {}
        ahead: list[tuple[float, int, Standing, tuple[tuple[str, int], ...], bool]] = []
        seen: set[tuple[Standing, tuple[tuple[str, int], ...], bool]] = set()

        def come(tick: float, node: Standing, visits: Mapping[str, int], present: bool) -> None:
            counted = self._visited(node, visits)
            state = (node, tuple(sorted(counted.items())), present)
            if state not in seen and tick < self._case.ticks and len(seen) < _MOST_STATES:
                seen.add(state)
                heapq.heappush(ahead, (tick, len(seen), *state))

        for name in channels:
            channel = scenario.channels[name]
            come(0.0, Standing(channel.enters, None), {}, channel.backlog is not None)
        for stage in dict.fromkeys(lead.stage for lead in scenario.backlog.leads) if scenario.backlog else ():
            come(0.0, Standing(stage, None), {}, True)
        while ahead:
            tick, _, node, counted, present = heapq.heappop(ahead)
            visits = dict(counted)
            late = all(visits.get(place, 0) >= self._lasting[place] for place in lasting.get(node, ()))
            if node in closed and not present and late:
                found.setdefault(node, tick)
                continue
            numbers = tuple(visits.get(place, LATE + 1) - 1 for place in self._places(node))
            race = self.races.race(node, kind, (numbers[0], numbers[1]), present=present, arriving=True)
            for wait, target in race.exits:
                if target is not None:
                    for track in self.races.tracks_after(node):
                        come(tick + wait, Standing(target, track), visits, False)
        return found

    @cached_property
    def _lasting(self) -> dict[str, int]:
        """By stage and track, after how many visits no chance differs any more; only those where some does."""
        lasting: dict[str, int] = {}
        scenario = self._case.scenario
        for kind, names in (("stages", scenario.stages), ("tracks", scenario.tracks)):
            for name in names:
                for chance in chances_in(self._case, kind, name):
                    if isinstance(chance, Table) and chance.by == "visit":
                        last = decide(chance, {}, 0, LATE)
                        others = [n for n in range(len(chance.values)) if decide(chance, {}, 0, n) != last]
                        if others:
                            place = f"{kind}.{name}"
                            lasting[place] = max(lasting.get(place, 0), others[-1] + 2)
        return lasting

    def _visited(self, node: Standing, visits: Mapping[str, int]) -> dict[str, int]:
        """Return the visits after one more entry, as far as they matter."""
        stage, joined = self._places(node)
        entered = [stage] if joined == f"tracks.{node.track}" else [stage, joined]
        counted = dict(visits)
        for place in entered:
            if place in self._lasting:
                counted[place] = min(counted.get(place, 0) + 1, self._lasting[place])
        return counted

    def _lasting_in(self, nodes: Iterable[Standing]) -> set[str]:
        """Return the stages and tracks among some where visits matter."""
        return {place for node in nodes for place in self._places(node) if place in self._lasting}

    def _places(self, node: Standing) -> tuple[str, str]:
        """Return the stage and the track where an entry counts as a visit; no track where it may be any of several."""
        joined = self.races.tracks_after(node)
        return f"stages.{node.stage}", f"tracks.{joined[0] if len(joined) == 1 else None}"


def _reach(closed: Mapping[Standing, set[Standing]], node: Standing) -> frozenset[Standing]:
    """Return an entry and all that can follow it."""
    found, ahead = {node}, [node]
    while ahead:
        for standing in closed[ahead.pop()]:
            if standing not in found:
                found.add(standing)
                ahead.append(standing)
    return frozenset(found)
