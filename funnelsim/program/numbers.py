"""The recipes of a program: how the numbers of one replication follow from its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from funnelsim.program import records as p
from funnelsim.program.arrays import floats, ints, table, terms, units
from funnelsim.program.chances import ChanceTables, Written
from funnelsim.program.contacts import Contacts
from funnelsim.program.flows import lead_terms, seasons, spend_terms
from funnelsim.program.kinds import Kinds
from funnelsim.program.moves import WrittenMove
from funnelsim.program.program import Recipes
from funnelsim.program.recipes import RecipeBook
from funnelsim.program.responses import response_tables
from funnelsim.program.rules import RuleBook
from funnelsim.program.staff import Staff
from funnelsim.program.timeline import Timeline
from funnelsim.scenario import Scenario
from funnelsim.scenario import quantities as q
from funnelsim.scenario.paths import format_path


@dataclass(frozen=True)
class Numbers:
    """What recipes are made of, once the structure is known: rows of chances and rules have been added."""

    timeline: Timeline
    moves: Sequence[Sequence[WrittenMove]]
    """Of each regime, in the order of the program."""
    book: RecipeBook
    kinds: Kinds
    chances: ChanceTables
    rules: RuleBook
    staff: Staff
    contacts: Contacts

    def recipes(self) -> Recipes:
        """Return the recipes; what is in the book comes last."""
        made = {
            **self._of_moves(),
            **self._of_rows(),
            **self._of_leads(),
            **self._of_touches(),
            **self._of_people(),
            **self._of_flows(),
        }
        return Recipes(
            parameters=p.read_only(self.book.parameters()),
            samples=floats(self.book.samples),
            lists=ints(self.book.lists),
            waits=p.read_only(self.book.waits()),
            num_gamma=self.book.num_gamma,
            **made,
        )

    @property
    def _regimes(self) -> list[Scenario]:
        return self.timeline.regimes

    def _of_moves(self) -> dict[str, Any]:
        number, first = self.book.parameter, self.moves[0]
        extend = [[self._extend(m) for m in moves] for moves in self.moves]
        return {
            "attempts": table([[self._limit(m.attempts_path, m.attempts) for m in moves] for moves in self.moves]),
            "lifetime": table([[self._limit(m.lifetime_path, m.lifetime) for m in moves] for moves in self.moves]),
            "needs": table([[number(f"{m.path}.needs", m.needs) for m in moves] for moves in self.moves]),
            "unanswered": table(
                [[self._limit(f"{m.path}.unanswered", m.unanswered) for m in moves] for moves in self.moves]
            ),
            "extend": _shaped(extend, len(self._regimes), len(first), 4),
            "idle": ints(self._limit(f"{m.path}.trigger.idle", m.trigger.idle if m.trigger else None) for m in first),
            "priority": ints(self._limit(f"{m.path}.priority", m.priority or None) for m in first),
            "move_points": table([[self._points(m.points) for m in moves] for moves in self.moves]),
        }

    def _of_rows(self) -> dict[str, Any]:
        rows = [[row for move in moves for row in move.rows] for moves in self.moves]
        return {
            "cost": table([[self.book.parameter(row.cost_path, row.cost) for row in some] for some in rows]),
            "row_points": table([[self._points(row.points) for row in some] for some in rows]),
            "chance": p.read_only(self.chances.recipes()),
            "odds": p.read_only(self.chances.odds()),
            "point_odds": p.read_only(self.chances.point_odds()),
            "required": p.read_only(self.chances.required()),
            "num_chances": self.chances.num_chances,
        }

    def _of_leads(self) -> dict[str, Any]:
        scenario = self._regimes[0]
        old_after = scenario.old_after
        self._margins()
        return {
            "lead_cost": table([self._lead_costs(regime) for regime in self._regimes]),
            "share": self.kinds.table([self.kinds.shares(regime, self.book) for regime in self._regimes]),
            "backlog": ints(
                self._limit(format_path(("channels", name, "backlog")), channel.backlog)
                for name, channel in scenario.channels.items()
            ),
            "old_after": self._limit("old_after", None if isinstance(old_after, str) else old_after),
            "win_rate": table([self._win_rates(regime) for regime in self._regimes]),
            "scoring": table([self._half_lives(regime) for regime in self._regimes]),
            "fit": table([self._fit(regime) for regime in self._regimes]),
            "condition_range": _shaped(self.rules.ranges, len(self._regimes), -1, 2),
        }

    def _of_touches(self) -> dict[str, Any]:
        return {
            "turn": self.contacts.numbers(),
            "limit": self.contacts.limit_numbers(),
            "asset": self.contacts.asset_numbers(),
            "asset_odds": self.contacts.asset_odds(self.kinds.values, tuple(self._regimes[0].channels)),
        }

    def _of_people(self) -> dict[str, Any]:
        staff, book = self.staff, self.book
        salaries = staff.salary_terms(book)
        limits = [staff.limits(regime, book) for regime in self._regimes]
        return {
            "staff": _shaped(limits, len(self._regimes), len(staff.teams), 4),
            "keeping": table(staff.keeping(book), 4),
            "headcount": table(staff.headcounts(book), 3),
            "skill": _shaped(staff.skills(book), len(staff.names), 2),
            "salary_term": terms(salaries),
            "salary_units": units(salaries, len(self.timeline.cell_edge)),
        }

    def _of_flows(self) -> dict[str, Any]:
        leads, spend = lead_terms(self.timeline, self.book), spend_terms(self.timeline, self.book)
        return {
            "lead_term": terms(leads),
            "lead_units": units(leads, self.timeline.days),
            **response_tables(self.timeline, self.book),
            **seasons(self.timeline, self.book),
            "spend_term": terms(spend),
            "spend_units": units(spend, len(self.timeline.cell_edge)),
        }

    def _margins(self) -> None:
        """Keep the gross margins that are not known, which engines draw though they do not use them."""
        for name, segment in self._regimes[0].segments.items():
            if not isinstance(segment.margin, int | float):
                self.book.parameter(format_path(("segments", name, "margin")), segment.margin, chance=True)

    # ------------------------------------------------------------ one by one
    def _limit(self, path: str, limit: q.Number | None) -> int:
        return p.NONE if limit is None else self.book.parameter(path, limit)

    def _extend(self, move: WrittenMove) -> list[int]:
        """Parameters of putting off: by how much, how often, with which chance, and for how many leads of an owner."""
        extend, path = move.extend, f"{move.path}.extend"
        if extend is None:
            return [p.NONE] * 4
        return [
            self.book.parameter(f"{path}.by", extend.by),
            self.book.parameter(f"{path}.times", extend.times),
            self.book.parameter(f"{path}.chance", extend.chance, chance=True),
            self._limit(f"{path}.per_owner", None if isinstance(extend.per_owner, str) else extend.per_owner),
        ]

    def _win_rates(self, regime: Scenario) -> list[int]:
        return [
            p.NONE
            if stage.win_rate is None
            else self.book.parameter(format_path(("stages", name, "win_rate")), stage.win_rate, chance=True)
            for name, stage in regime.stages.items()
        ]

    def _lead_costs(self, regime: Scenario) -> list[int]:
        return [
            self.book.parameter(format_path(("channels", name, "cost")), channel.cost)
            for name, channel in regime.channels.items()
        ]

    def _points(self, points: Written | None) -> int:
        return p.NONE if points is None else self.book.parameter(*points)

    def _half_lives(self, regime: Scenario) -> list[int]:
        places = (("scoring.half_life", regime.scoring.half_life), ("fatigue.half_life", regime.fatigue.half_life))
        return [self._limit(path, None if isinstance(length, str) else length) for path, length in places]

    def _fit(self, regime: Scenario) -> list[int]:
        """(V,): points by each value of each kind."""
        fit, number = regime.scoring.fit, self.book.parameter
        return [
            number(format_path(("scoring", "fit", kind, value)), fit[kind][value])
            if value in fit.get(kind, ())
            else p.NONE
            for kind, values in self.kinds.values.items()
            for value in values
        ]


def _shaped(rows: Any, *shape: int) -> p.IntArray:
    """Return rows of whole numbers as a table of a shape, also where there are none."""
    return p.read_only(np.array(rows, np.int64).reshape(shape))
