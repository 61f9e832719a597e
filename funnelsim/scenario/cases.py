"""What rules look at: a scenario, for how long it holds, and what of it could not be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from funnelsim.scenario.problems import PathParts
from funnelsim.scenario.units import TICKS_PER_DAY

if TYPE_CHECKING:
    from funnelsim.scenario.models import Scenario

ANY = "*"
"""In a pattern: any name or number."""

SOME = "?"
"""In the path of what could not be read: a field that does not exist, and could have been meant for any other."""


_NAMED = 2
"""How long the path of a part with a name is, such as a stage."""


def starts(path: Iterable[str | int], whole: Iterable[str | int]) -> bool:
    """Say whether a path leads to what another one leads into, or to the same."""
    path, whole = tuple(path), tuple(whole)
    return len(path) <= len(whole) and meets(path, whole[: len(path)])


def meets(path: Iterable[str | int], pattern: Iterable[str | int]) -> bool:
    """Say whether one of a path and a pattern leads into the other."""
    return all(
        str(part) == str(other) or other == ANY or part == SOME for part, other in zip(path, pattern, strict=False)
    )


def _name_of(path: PathParts) -> PathParts:
    return tuple(map(str, path[:_NAMED]))


class Unknown(NamedTuple):
    """From where leads may go anywhere, because not all that leads on could be read."""

    stages: frozenset[str] = frozenset()
    tracks: frozenset[str] = frozenset()
    channels: bool = False


@dataclass(frozen=True)
class Case:
    """A scenario as it is between two moments.

    Attributes
    ----------
    scenario : Scenario
        With fillers in the place of what could not be read.
    unsure : frozenset of path
        What could not be read. A rule says nothing that this could make untrue.
    from_, to : datetime, optional
        Since when and until when it holds; without them, since the beginning and until the end of the run.
    """

    scenario: Scenario
    unsure: frozenset[PathParts] = frozenset()
    from_: dt.datetime | None = None
    to: dt.datetime | None = None

    @property
    def since(self) -> dt.datetime:
        """Since when it holds."""
        begin = dt.datetime.combine(self.scenario.begin, dt.time())
        return begin if self.from_ is None else max(begin, self.from_)

    @property
    def until(self) -> dt.datetime:
        """Until when it holds."""
        return self.scenario.end if self.to is None else min(self.scenario.end, self.to)

    @property
    def ticks(self) -> int:
        """How long it holds, in ticks; 0 where it never does."""
        return max(0, round((self.until - self.since) / dt.timedelta(days=1) * TICKS_PER_DAY))

    def sure(self, *patterns: str | PathParts) -> bool:
        """Say whether all that stands at, in and above the given places could be read.

        Parameters
        ----------
        *patterns : str or path
            ``stages.*.owner``, or the parts of a path, which may hold ``*`` too.
        """
        if not self.unsure:
            return True
        split = (tuple(pattern.split(".")) if isinstance(pattern, str) else pattern for pattern in patterns)
        return not any(meets(path, pattern) for pattern in split for path in self._near(pattern))

    def _near(self, pattern: PathParts) -> Iterable[PathParts]:
        """Return what could not be read and may stand at a pattern, so that few places are compared."""
        if len(pattern) < _NAMED or ANY in pattern[:_NAMED]:
            return self.unsure
        return (*self._by_part[()], *self._by_part.get(_name_of(pattern), ()))

    @cached_property
    def _by_part(self) -> dict[PathParts, list[PathParts]]:
        """What could not be read, by stage, channel and so on; under no path what may be in several."""
        parts: dict[PathParts, list[PathParts]] = {(): []}
        for path in self.unsure:
            several = len(path) < _NAMED or SOME in path[:_NAMED]
            parts.setdefault(() if several else _name_of(path), []).append(path)
        return parts

    def is_read(self, path: PathParts) -> bool:
        """Say whether nothing at or above a path was unreadable."""
        return not any(starts(unread, path) for unread in self._near(path))

    @cached_property
    def unknown(self) -> Unknown:
        """From where leads may go anywhere."""
        if not self.unsure:
            return Unknown()
        scenario = self.scenario
        touches: list[PathParts] = [("touches", ANY, "bounced")]
        touches += [("touches", ANY, step, "to") for step in ("opt_out", "open", "click", "response")]
        lost = frozenset(name for name in scenario.tracks if not self.sure(*_leading_on("tracks", name), *touches))
        unclear = {name for name in scenario.stages if not self.sure(("stages", name, "track"))}
        stages = set(unclear)
        for name, stage in scenario.stages.items():
            rule = [("teams", stage.owner, "recycle_after")] if stage.owner else []
            making = touches if any(move.touch for move in stage.moves.values()) else []
            if not self.sure(("stages", name, "owner"), *rule, *making, *_leading_on("stages", name)):
                stages.add(name)
            if unclear and "keep" in stage.may_join:
                stages.add(name)
        return Unknown(frozenset(stages), lost, not self.sure("channels.*.enters", "backlog"))


def _leading_on(kind: str, name: str) -> list[PathParts]:
    """Return where in a stage or track it is said where leads go."""
    move = (kind, name, "moves", ANY)
    ways: list[PathParts] = [(*move, "to"), (*move, "else"), (*move, "script", ANY, "else")]
    ways.append((*move, "touch"))
    if kind == "stages":
        return [*ways, (kind, name, "score")]
    ways += [(kind, name, field, "to") for field in ("on_response", "on_opt_out", "exhausted", "ends")]
    return [*ways, (kind, name, "transition_rules"), (kind, name, "touches")]
