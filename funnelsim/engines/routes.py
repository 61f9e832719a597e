"""Where ways lead a lead, in the reference engine: to a stage, or to a stream alone (rules 13, 23, 65 and 67)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from funnelsim.engines import deciding
from funnelsim.engines.deciding import Standing
from funnelsim.engines.leads import Lead
from funnelsim.engines.tables import UNLIMITED, Tables
from funnelsim.program import records as p

if TYPE_CHECKING:
    from funnelsim.engines.reference import Funnel


class Going(NamedTuple):
    """Where a lead comes to stand."""

    stage: int
    """The one it enters; NONE if it stays where it is, and only its stream changes."""
    stream: int
    reason: int


class Traveller(NamedTuple):
    """What says where a lead that is sent somewhere comes to stand."""

    standing: Standing
    """Before it goes."""
    stream: int
    opted_out: bool
    lifetime: Mapping[int, int]
    """By move: attempts over all stays."""


def resolve(tables: Tables, regime: int, stages: int, lead: Traveller, way: int, reason: int) -> Going | None:
    """Rules 13, 23 and 67: where a way leads, past lifetime limits already met; None if it changes nothing.

    Parameters
    ----------
    tables : Tables
    regime, stages : int
        What holds, and how many stages there are.
    lead : Traveller
    way : int
        A stage, or `stages + stream`.
    reason : int
        Why it is sent.
    """
    stage, stream = p.NONE, lead.stream
    while way != p.NONE:
        entered = []
        if way < stages:
            entered.append(way)
            stage, stream = way, stream_after(tables, regime, lead, way, reason)
        else:
            stream = p.NONE if lead.opted_out else way - stages
        if stream not in (p.NONE, lead.stream):
            entered.append(stages + stream)
        way = next((way for container in entered for way in _sent_on(tables, regime, stages, lead, container)), p.NONE)
    if stage == p.NONE and stream == lead.stream:
        return None
    return Going(stage, stream, reason)


def _sent_on(tables: Tables, regime: int, stages: int, lead: Traveller, container: int) -> Iterator[int]:
    """Rule 23: yield where the lifetime limits of a container that are met lead."""
    record = tables.containers[regime, container]
    for number in range(record["first"], record["end"]):
        move = tables.moves[regime, number]
        starts = move["trigger"] in (p.UNTRIGGERED, p.ON_ANNIVERSARY)
        if lead.opted_out and deciding.is_silenced(move, stages):
            continue
        if starts and move["otherwise"] != p.NONE and lead.lifetime[number] >= move["lifetime"]:
            yield int(move["otherwise"])


def stream_after(tables: Tables, regime: int, lead: Traveller, stage: int, reason: int) -> int:
    """Rules 13, 60 and 65: the stream a lead is in after entering a stage."""
    if lead.opted_out:
        return p.NONE
    entering = lead.standing._replace(reason=reason, came_from=lead.standing.stage)
    return deciding.stream_of_track(tables, regime, stage, lead.stream, entering)


class Routes:
    """What a funnel's stages and streams make of those who are sent to them, and what its rules see of a lead."""

    def __init__(self, funnel: Funnel) -> None:
        self.funnel, self.tables = funnel, funnel.tables

    def resolve(self, lead: Lead, way: int, reason: int) -> Going | None:
        """Rules 23 and 67: where a way leads a lead; None if it changes nothing."""
        traveller = Traveller(self.standing(lead), lead.stream, lead.opted_out, lead.lifetime)
        return resolve(self.tables, self.funnel.regime, len(self.funnel.program.stages), traveller, way, reason)

    def holds(self, lead: Lead, rule: int) -> bool:
        """Rule 65: say whether a rule holds for a lead now."""
        return deciding.holds(self.tables, self.funnel.regime, rule, self.standing(lead))

    def edges(self, lead: Lead, rule: int) -> set[int]:
        """Rule 68: ticks after now at which a lead's age or silence comes to a bound of a rule."""
        record, since = self.tables.rules[rule], {p.BY_AGE: lead.created, p.BY_SILENCE: lead.active}
        conditions = self.tables.conditions[self.funnel.regime, record["first_condition"] : record["end_condition"]]
        timed = [condition for condition in conditions if condition["by"] in since]
        bounds = ((since[int(each["by"])], int(each[end])) for each in timed for end in ("low", "high"))
        return {start + bound for start, bound in bounds if bound < UNLIMITED and start + bound > self.funnel.now}

    def standing(self, lead: Lead) -> Standing:
        """Rule 65: all that rules look at, as of now."""
        now = self.funnel.now
        return Standing(
            channel=lead.channel,
            kinds=lead.kinds,
            reason=lead.reason,
            came_from=lead.came_from,
            stage=lead.stage,
            behaviour=lead.behaviour,
            score=self.score(lead),
            age=now - lead.created,
            silence=now - lead.active,
            touched=lead.touched,
        )

    # ------------------------------------------------------------ points
    def warmth(self, lead: Lead) -> int:
        """Rule 55: what a lead has now, in thousandths."""
        return lead.warmth.at(self.funnel.now, int(self.funnel.scoring["half_life"]))

    def fatigue(self, lead: Lead) -> int:
        """Rule 55: the same of fatigue."""
        return lead.fatigue.at(self.funnel.now, int(self.funnel.scoring["fatigue_half_life"]))

    def score(self, lead: Lead) -> int:
        """Rule 56: fit plus warmth."""
        return deciding.fit(self.tables, self.funnel.regime, lead.kinds) + self.warmth(lead)
