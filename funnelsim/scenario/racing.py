"""What comes first when a lead enters a stage: its moves and those of its track race each other.

Only what is certain counts: where a lead can be led, how early, and by when it has surely left. A chance is looked at
as that of one kind of lead at one visit, and matters only where it is exactly 0 or exactly 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from funnelsim.scenario.quantities import (
    ChanceValue,
    Constant,
    DrawsBelief,
    Empirical,
    Luck,
    Never,
    Number,
    Table,
    Uniform,
    bounds,
)

if TYPE_CHECKING:
    pass

KindOfLead = Mapping[str, str]
"""What a lead is, by segment, channel and trait; where nothing is said, it may be anything."""

Exit = tuple[float, str | None]
"""How early in ticks a lead can be led away, and where to; None where that cannot go on for ever."""

_MOST_ATTEMPTS = 50
"""How many attempts of one move are followed; what comes later may come or not."""


_MOST_WAYS = 16
"""In how many ways one move may stand after an attempt, to be followed on."""


class Decision(NamedTuple):
    """What can come of a chance."""

    fails: bool
    succeeds: bool


class Row(NamedTuple):
    """One step of an attempt.

    Attributes
    ----------
    decision : Decision
        What can come of its chance.
    else_ : str or None
        The stage that a lead goes to which is lost here.
    to : str or None
        The stage that a lead goes to at once which passes here.
    silences : bool
        Whether a lead that is lost here without a stage to go to is left in silence, as one that opts out.
    ends : bool
        Whether a lead that passes here may leave its track, so that nothing more comes of it.
    """

    decision: Decision
    else_: str | None = None
    to: str | None = None
    silences: bool = False
    ends: bool = False


def decide(chance: ChanceValue, kind: KindOfLead, attempt: int, visit: int | None) -> Decision:
    """Say what can come of a chance at an attempt and a visit, both counted from 0 (rule 16); None: at any visit."""
    numbers: Sequence[Number]
    if not isinstance(chance, Table):
        numbers = (chance,)
    elif chance.by in ("attempt", "visit"):
        number = attempt if chance.by == "attempt" else visit
        numbers = chance.values if number is None else (chance.values[min(number, len(chance.values) - 1)],)
    elif chance.by in kind and kind[chance.by] in chance.names:
        numbers = (chance.values[chance.names.index(kind[chance.by])],)
    else:
        numbers = chance.values
    return Decision(*map(any, zip(*(_decision(number) for number in numbers), strict=True)))


def _decision(number: Number) -> Decision:
    if isinstance(number, int | float | DrawsBelief):
        low, high = bounds(number)
        return Decision(low < 1, high > 0)
    return Decision(fails=True, succeeds=True)


def span(wait: Luck) -> tuple[float, float] | None:
    """Return how short and how long a wait can be; None where its clock never starts."""
    match wait:
        case Never():
            return None
        case Constant(value):
            return bounds(value)
        case Uniform(low, high):
            return bounds(low)[0], bounds(high)[1]
        case Empirical(values, _):
            return values[0], values[-1]
    return 0.0, math.inf


# ---------------------------------------------------------------- one move
@dataclass(frozen=True)
class Attempts:
    """One move, as it goes on by itself in one stay: attempt after attempt, until it has led the lead away.

    Attributes
    ----------
    after, every : Luck
        The waits before the first attempt and between attempts.
    gaps : sequence of pair of float or None
        How short and how long the waits before each attempt can be, in rotation, where they are not all `every`.
    rows : callable
        The rows of an attempt, by its number from 0.
    limit, lifetime, unanswered, needs : Number or "unlimited"
        What ends it.
    to, else_ : str or None
        Where it leads.
    turned_away : bool
        Whether an attempt can fail for want of a place in a queue.
    """

    after: Luck
    every: Luck | None
    rows: Callable[[int], Sequence[Row]]
    limit: Number | Literal["unlimited"]
    to: str | None
    else_: str | None
    lifetime: Number | Literal["unlimited"] = "unlimited"
    unanswered: Number | Literal["unlimited"] = "unlimited"
    needs: Number = 1
    turned_away: bool = False
    gaps: Sequence[tuple[float, float] | None] = ()

    def run(self, first: tuple[float, float] | None) -> tuple[tuple[Exit, ...], float]:
        """Return where it can lead how early, and by when it surely has.

        Parameters
        ----------
        first : pair of float, or None
            How early and how late the first attempt comes; None where it never does.
        """
        if first is None:
            return (), math.inf
        exits: dict[str | None, float] = {}
        (earliest, latest), alive, silent, attempt = first, {(0, 0)}, False, 0
        while alive:
            if attempt == _MOST_ATTEMPTS or len(alive) > _MOST_WAYS:
                rows = self.rows(0)
                for target in (self.to, self.else_, *(row.else_ for row in rows), *(row.to for row in rows)):
                    if target is not None:
                        exits.setdefault(target, earliest)
                break
            after: set[tuple[int, int]] = set()
            for done, unanswered in alive:
                for target, state in self._outcomes(attempt, done, unanswered):
                    if target is not None:
                        exits.setdefault(target, earliest)
                    elif state is not None:
                        after.add(state)
                    else:
                        silent = True
            alive = after
            if not alive:
                break
            gap = self._gap(attempt + 1)
            if gap is None:
                break
            earliest, latest, attempt = earliest + max(1.0, gap[0]), latest + max(1.0, gap[1]), attempt + 1
        sure = not silent and not alive
        if self.lifetime != "unlimited" and self.else_ is not None:
            exits[None] = first[0]
        return tuple((tick, target) for target, tick in exits.items()), latest if sure else math.inf

    def _gap(self, attempt: int) -> tuple[float, float] | None:
        """Return how long the wait before an attempt can be, counted from 0; None where it never comes."""
        if self.gaps:
            return self.gaps[attempt % len(self.gaps)]
        return span(self.every) if self.every is not None else None

    def _outcomes(
        self, attempt: int, done: int, unanswered: int
    ) -> Iterator[tuple[str | None, tuple[int, int] | None]]:
        """Yield where an attempt can lead, or how the move then stands; neither where it falls silent."""
        if self.turned_away:
            yield from self._used_up(attempt, done, unanswered)
        on = True
        for number, row in enumerate(self.rows(attempt)):
            if on and row.decision.fails:
                if row.else_ is not None or row.silences:
                    yield row.else_, None
                else:
                    yield from self._used_up(attempt, done, unanswered + 1 if number == 0 else 0)
            on = on and row.decision.succeeds
            if on and (row.to is not None or row.ends):
                yield row.to, None
                on = False
        if on:
            least, most = _count(self.needs)
            if self.to is not None and done + 1 >= least:
                yield self.to, None
            if self.to is None or done + 1 < most:
                yield from self._used_up(attempt, done + 1, 0)

    def _used_up(self, attempt: int, done: int, unanswered: int) -> Iterator[tuple[str | None, tuple[int, int] | None]]:
        ends = [_count(self.limit), _count(self.lifetime), _count(self.unanswered)]
        counted = (attempt + 1, attempt + 1, unanswered)
        may_end = any(number >= least for number, (least, _) in zip(counted, ends, strict=True))
        if may_end or self.lifetime != "unlimited":
            yield self.else_, None
        if not any(number >= most for number, (_, most) in zip(counted, ends, strict=True)):
            # what is not counted is not remembered, so that there are few ways to stand
            yield None, (done if self.needs != 1 else 0, unanswered if self.unanswered != "unlimited" else 0)


def _count(limit: Number | Literal["unlimited"]) -> tuple[float, float]:
    """Return from which number on a limit may be met, and from which it surely is."""
    if limit == "unlimited":
        return math.inf, math.inf
    return (limit, limit) if isinstance(limit, int | float) else (1, math.inf)


# ---------------------------------------------------------------- the race
class Runner(NamedTuple):
    """A move in a race.

    Attributes
    ----------
    order : tuple of int
        Its place among moves at one instant (rules 5 to 7, and 41 for those that need people).
    exits : tuple of Exit
        Where it can lead, and how early.
    surely : float
        By when it has surely led the lead away.
    workdays : bool
        Whether that holds only while its team works, so that on a day off anything else may come before.
    always : bool
        Whether that holds on all visits; not where a lifetime limit ends it.
    """

    order: tuple[int, ...]
    exits: tuple[Exit, ...]
    surely: float = math.inf
    workdays: bool = False
    always: bool = True


class Race(NamedTuple):
    """Where a lead can be led from a stage, how early, and by when it surely is; perhaps only on days of work."""

    exits: tuple[Exit, ...]
    surely: float
    workdays: bool


def outcome(runners: Sequence[Runner], *, arriving: bool) -> Race:
    """Run a race: what comes after the first move that surely leads away never comes.

    Parameters
    ----------
    runners : sequence of Runner
    arriving : bool
        Whether it is the race of a lead that is on its way to a round, with no lifetime limit met, and not of one
        that goes it for ever.
    """
    able = [runner for runner in runners if arriving or runner.always]
    sure = min(able, key=lambda runner: (runner.surely, runner.order), default=None)
    if sure is None or sure.surely == math.inf:
        return Race(tuple(leads for runner in runners for leads in runner.exits), math.inf, False)
    before = [
        leads
        for runner in runners
        for leads in runner.exits
        if sure.workdays or leads[0] < sure.surely or (leads[0] == sure.surely and runner.order <= sure.order)
    ]
    return Race(tuple(before), sure.surely, sure.workdays)


def any_of(races: Sequence[Race]) -> Race:
    """Make one race of several of which any may be run; without any, nothing is certain."""
    if len(races) == 1:
        return races[0]
    exits = {target: math.inf for race in races for _, target in race.exits}
    for race in races:
        for tick, target in race.exits:
            exits[target] = min(exits[target], tick)
    surely = max((race.surely for race in races), default=math.inf)
    return Race(tuple((tick, target) for target, tick in exits.items()), surely, any(race.workdays for race in races))
