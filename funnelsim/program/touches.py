"""A touch as one turn of a move: a chain of rows (rule 58)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from funnelsim.program import records as p
from funnelsim.program.chances import Layer, Written, WrittenChance, layer_of, some
from funnelsim.scenario import Scenario
from funnelsim.scenario import quantities as q
from funnelsim.scenario.conditions import Conditions
from funnelsim.scenario.models import Touch, TouchStep
from funnelsim.scenario.paths import format_path
from funnelsim.scenario.touches import ENGAGEMENT
from funnelsim.scenario.ways import Way

NO_TIME = q.Constant(0)

STEPS = {"opt_out": p.OPT_OUT, "open": p.OPEN, "click": p.CLICK, "response": p.RESPONSE}


@dataclass(frozen=True)
class WrittenRow:
    """One row of a move: its only chance, a step of its script, or one of the chain of a touch."""

    name: str
    """Of the touch or step; empty for a plain move."""
    chance: WrittenChance
    cost_path: str = ""
    cost: q.Number = 0
    takes_path: str = ""
    takes: q.Luck = NO_TIME
    otherwise: str | None = None
    """Of a step of a script: where who is lost there goes."""
    reason: str | None = None
    role: int = p.PLAIN
    way: Way | None = None
    """Of a touch: where passing it leads."""
    way_reason: str | None = None
    """Why, where the way itself does not say."""
    points: Written | None = None
    """Of warmth, for passing it."""


@dataclass(frozen=True)
class WrittenTurn:
    """A touch that a move makes when it is its turn."""

    touch: str
    kind: str
    rows: tuple[WrittenRow, ...]
    active: Written
    weight: Written
    seen: Written
    """How many opens are recorded."""
    false: Written
    """How many are that did not happen."""
    conditions_path: str
    conditions: Conditions
    content: tuple[str, ...] = ()
    wait_path: str = ""
    wait: q.Luck | None = None
    up_to: bool = False

    @property
    def engaging(self) -> int:
        """The row that all that acts on the touch as a whole acts on."""
        return next(place for place, row in enumerate(self.rows) if row.role >= p.OPEN)


class Chains:
    """Makes turns of touches; whether a touch has a row of its chain is the same in every regime."""

    def __init__(self, regimes: Sequence[Scenario]) -> None:
        self._certain: dict[str, bool] = {}
        self._steps: dict[str, tuple[str, ...]] = {}
        for name in regimes[0].touches:
            touches = [regime.touches[name] for regime in regimes]
            self._certain[name] = all(touch.delivered == 1.0 and touch.warmth == 0.0 for touch in touches)
            self._steps[name] = tuple(step for step in STEPS if any(_is_there(touch, step) for touch in touches))

    def turn(
        self,
        scenario: Scenario,
        name: str,
        layers: Sequence[Layer],
        reference: bool,
        way: Way | None,
        opted_out: Way | None,
        active: bool = True,
    ) -> WrittenTurn:
        """Return a touch as a move makes it.

        Parameters
        ----------
        scenario : Scenario
            As one regime has it.
        name : str
            Of the touch.
        layers : sequence of Layer
            Odds that the move itself adds.
        reference : bool
            Whether chances are those of the reference lead.
        way, opted_out : Way or None
            Where a response and opting out lead, unless the touch says so itself.
        active : bool
            Whether the track is.
        """
        touch, path = scenario.touches[name], format_path(("touches", name))
        first, *others = self._rows(scenario, name, layers, reference, way, opted_out)
        paid = replace(first, cost=touch.cost, cost_path=f"{path}.cost", takes=touch.takes, takes_path=f"{path}.takes")
        told = f"{path}.recorded_opens"
        return WrittenTurn(
            touch=name,
            kind=touch.kind_of(name),
            rows=(paid, *others),
            active=(f"{path}.active", float(touch.active and active)),
            weight=(f"{path}.fatigue", 0.0 if touch.subscribed else touch.fatigue),
            seen=(f"{told}.seen", touch.recorded_opens.seen),
            false=(f"{told}.false", touch.recorded_opens.false),
            conditions_path=f"{path}.if",
            conditions=touch.if_,
            content=tuple(scenario.content) if touch.content == "all" else touch.content,
        )

    def _rows(
        self,
        scenario: Scenario,
        name: str,
        layers: Sequence[Layer],
        reference: bool,
        way: Way | None,
        opted_out: Way | None,
    ) -> Iterator[WrittenRow]:
        touch, path = scenario.touches[name], format_path(("touches", name))
        steps = self._steps[name] if set(self._steps[name]) & set(ENGAGEMENT) else (*self._steps[name], "response")
        engaging, *_ = (step for step in steps if step in ENGAGEMENT)
        if not self._certain[name]:
            chance = WrittenChance(f"{path}.delivered", touch.delivered)
            points = _points(f"{path}.warmth", touch.warmth)
            to, why = (touch.bounced.to, touch.bounced.reason or "bounced") if touch.bounced else (None, None)
            yield WrittenRow(f"{name}.delivered", chance, role=p.DELIVERED, points=points, otherwise=to, reason=why)
        for step in steps:
            written = getattr(touch, step) or TouchStep(chance=0.0)
            own = [layer_of(f"{path}.{step}.odds", written.odds)]
            last = step == steps[-1] and step != "opt_out"
            if step == "opt_out":
                own += list(_tired(scenario, touch, "opt_out"))
            elif step == engaging:
                own += [
                    *layers,
                    layer_of(f"{path}.odds", touch.odds),
                    *_tired(scenario, touch, "response"),
                    _warm(scenario),
                ]
            leads = written.way or (opted_out if step == "opt_out" else way if last else None)
            yield WrittenRow(
                name if last else f"{name}.{step}",
                WrittenChance(f"{path}.{step}", written.chance, some(own), reference),
                role=STEPS[step],
                way=leads,
                way_reason=step if written.way is not None else "opted_out" if step == "opt_out" else None,
                points=_points(f"{path}.{step}.warmth", written.warmth),
            )


def _is_there(touch: Touch, step: str) -> bool:
    written = getattr(touch, step)
    return written is not None and (step != "opt_out" or written != TouchStep(chance=0.0))


def _points(path: str, points: q.Number) -> Written | None:
    return (path, points) if points != 0.0 else None


def _tired(scenario: Scenario, touch: Touch, what: str) -> Iterator[Layer]:
    """Yield the odds by fatigue, but for a touch that was asked for."""
    odds = getattr(scenario.fatigue, what)
    if odds != 1.0 and not touch.subscribed:
        yield Layer(by_point={"fatigue": (f"fatigue.{what}", odds)})


def _warm(scenario: Scenario) -> Layer:
    odds = scenario.scoring.response
    return Layer(by_point={"warmth": ("scoring.response", odds)} if odds != 1.0 else {})


def content_odds(scenario: Scenario, asset: str) -> Mapping[str, Mapping[str, Written]]:
    """Return the odds of an asset by kind, channel and stage."""
    return layer_of(format_path(("content", asset, "odds")), scenario.content[asset].odds).named
