"""Where something leads a lead, and why: ``pool``, ``{to: pool, as: rejected}``, or ``{track: drip}``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from funnelsim.scenario.ids import read_name
from funnelsim.scenario.problems import RefusedError, near_miss, read_each, read_part, shown

FIELDS = ("to", "as", "track")


@dataclass(frozen=True)
class Way:
    """The stage that a lead goes to, and the reason that is recorded there; or the track that it joins.

    Attributes
    ----------
    to : str or None
        The stage; None where it is a track.
    reason : str or None
        What is recorded there, where one is written.
    track : str or None
        The track, which the lead joins without leaving its stage (rule 67).
    """

    to: str | None
    reason: str | None = None
    track: str | None = None


def read_way(raw: object) -> Way:
    """Read a stage, or a stage with a reason."""
    if not isinstance(raw, Mapping):
        return Way(_stage(raw))
    for name in raw:
        if name not in FIELDS:
            raise RefusedError(f"no field {shown(name)} beside a stage{near_miss(name, FIELDS, 'fields')}", name)
    given = [name for name in FIELDS if raw.get(name) is not None]
    if "track" in given:
        if others := [name for name in given if name != "track"]:
            raise RefusedError(f"a lead that changes its track enters no stage; leave '{others[0]}' out", others[0])
        return Way(None, None, read_part("track", _track, raw["track"]))
    if "to" not in given:
        raise RefusedError("name the stage beside the reason, such as {to: pool, as: rejected}")
    readers = {"to": _stage, "as": read_name}
    stage, *reason = read_each(lambda name: readers[name](raw[name]), ((name, name) for name in given))
    return Way(stage, *reason)


def _track(raw: object) -> str:
    if not isinstance(raw, str):
        raise RefusedError(f"a track is named such as {{track: drip}}, not {shown(raw)}")
    return raw


def _stage(raw: object) -> str:
    if not isinstance(raw, str):
        raise RefusedError(f"a stage is named such as pool, or {{to: pool, as: rejected}}, not {shown(raw)}")
    return raw


def write_way(way: Way) -> Any:
    """Write a way; a mapping only where there is a reason, or a track."""
    if way.track is not None:
        return {"track": way.track}
    return way.to if way.reason is None else {"to": way.to, "as": way.reason}


class Leads:
    """Something with a field `way`, its ``to``."""

    if TYPE_CHECKING:  # a field of the model, which pydantic would look for here too
        way: Way | None

    @property
    def to(self) -> str | None:
        """The stage it leads to."""
        return self.way.to if self.way else None

    @property
    def to_reason(self) -> str | None:
        """The reason that is recorded there, where one is written."""
        return self.way.reason if self.way else None

    @property
    def to_track(self) -> str | None:
        """The track it leads to."""
        return self.way.track if self.way else None


class LeadsElse:
    """Something with a field `else_way`, its ``else``."""

    if TYPE_CHECKING:
        else_way: Way | None

    @property
    def else_(self) -> str | None:
        """The stage it leads to otherwise."""
        return self.else_way.to if self.else_way else None

    @property
    def else_reason(self) -> str | None:
        """The reason that is recorded there, where one is written."""
        return self.else_way.reason if self.else_way else None

    @property
    def else_track(self) -> str | None:
        """The track it leads to otherwise."""
        return self.else_way.track if self.else_way else None
