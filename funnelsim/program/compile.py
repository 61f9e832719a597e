"""From a scenario to a program: one pure function.

Tracks become streams, touches become rows of a stream's move, and everything a change sets becomes a value of a
regime. Names become positions, but luck stays keyed by name (semantics, rule 33).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from funnelsim.program import program as p
from funnelsim.program.chances import ChanceTables
from funnelsim.program.flows import FlowTerm, lead_terms, spend_terms
from funnelsim.program.moves import WrittenMove, written_moves
from funnelsim.program.names import channel_hash, name_hash
from funnelsim.program.recipes import RecipeBook
from funnelsim.program.timeline import Timeline
from funnelsim.scenario import Scenario
from funnelsim.scenario import quantities as q
from funnelsim.scenario.paths import format_path

EVERYONE = "all"
"""The segment of all leads where a scenario has no segments."""


def compile_scenario(scenario: Scenario) -> p.Program:
    """Compile a scenario.

    Parameters
    ----------
    scenario : Scenario
        Checked and resolved; compiling cannot fail but for names whose hashes collide.

    Returns
    -------
    Program
        Frozen arrays; equal scenarios give equal programs (`Program.digest`).

    Raises
    ------
    ValueError
        Where two names have one hash (rule 33); renaming one of them mends it.
    """
    return _Compiler(scenario).program()


class _Compiler:
    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.timeline = Timeline(scenario)
        self.regimes = self.timeline.regimes
        self.stages = tuple(scenario.stages)
        self.streams = tuple(scenario.tracks)
        self.channels = tuple(scenario.channels)
        self.segments = tuple(scenario.segments) or (EVERYONE,)
        self.book = RecipeBook()
        self.chances = ChanceTables(self.book, self.segments, self.channels, len(self.regimes))
        self.moves = self._ordered_moves()

    def _ordered_moves(self) -> list[list[WrittenMove]]:
        """Return the moves of each regime, container by container, deadlines first (rule 7)."""
        by_regime = [list(written_moves(regime)) for regime in self.regimes]
        first = by_regime[0]
        order = sorted(range(len(first)), key=lambda i: (first[i].container, not first[i].is_deadline))
        return [[moves[i] for i in order] for moves in by_regime]

    def program(self) -> p.Program:
        structure = self._structure()
        recipes = self._recipes()
        _refuse_collisions(self.scenario.name, structure, recipes)
        return p.Program(
            name=self.scenario.name,
            variant=self.scenario.variant_name,
            start=self.scenario.start,
            begin=self.timeline.begin,
            currency=self.scenario.currency,
            stages=self.stages,
            streams=self.streams,
            moves=tuple(move.name for move in self.moves[0]),
            rows=tuple(touch for move in self.moves[0] for touch, *_ in move.rows),
            channels=self.channels,
            segments=self.segments,
            final=tuple(stage.is_final for stage in self.scenario.stages.values()),
            parameters=tuple(self.book.paths),
            structure=structure,
            recipes=recipes,
            cell_period=tuple(self.timeline.cell_period),
        )

    # ------------------------------------------------------------ structure
    def _structure(self) -> p.Structure:
        time, book = self.timeline, self.book
        containers = [move.container for move in self.moves[0]]
        first_move = np.searchsorted(containers, range(len(self.stages) + len(self.streams) + 1))
        dates = [move.trigger.date for move in self.moves[0] if move.trigger and move.trigger.date]
        old_after = self.scenario.old_after
        return p.Structure(
            first_move=_ints(first_move),
            moves=p.read_only(p.records(self._move_records(), p.MOVE)),
            rows=p.read_only(self.chances.rows()),
            after=_table([[book.wait(m.after_path, m.after) for m in moves] for moves in self.moves]),
            every=_table([[book.wait(m.every_path, m.every) for m in moves] for moves in self.moves]),
            track=_ints(self._track(stage.track) for stage in self.scenario.stages.values()),
            value=_table([self._values(regime) for regime in self.regimes]),
            value_purpose=_words(name_hash(format_path(("stages", stage, "value"))) for stage in self.stages),
            channels=p.read_only(p.records([self._channel(name) for name in self.channels], p.CHANNEL)),
            age=_ints(self._age(name) for name in self.channels),
            segment_purpose=_words(name_hash(format_path(("segments", segment))) for segment in self.segments),
            start_tick=time.start_tick,
            end_tick=time.end_tick,
            regime_tick=_ints(time.regime_tick),
            calendar_tick=_ints(time.calendar(dates)),
            cell_edge=_ints(time.cell_edge),
            cell_regime=_ints(time.cell_regime),
            cohort_edge=_ints(time.cohort_edge),
            old_ticks=p.NONE if isinstance(old_after, str) else old_after,
            day_month_tick=_ints(time.month_ticks()),
        )

    def _move_records(self) -> list[tuple[int, ...]]:
        """Return the records of all moves; their rows are added to the tables of chances on the way."""
        records: list[tuple[int, ...]] = []
        first_row = 0
        for by_regime in zip(*self.moves, strict=True):
            move = by_regime[0]
            for row, (touch, *_) in enumerate(move.rows):
                self.chances.add_row([regime.rows[row][1] for regime in by_regime], touch=bool(touch))
            way = (self._stage(move.to), self._stage(move.otherwise), first_row, len(move.rows))
            repeats = int(move.every is not None)
            records.append((move.container, *way, *self._trigger(move), repeats, name_hash(move.path)))
            first_row += len(move.rows)
        return records

    def _stage(self, name: str | None) -> int:
        return p.NONE if name is None else self.stages.index(name)

    def _track(self, name: str) -> int:
        special = {"none": p.NONE, "keep": p.KEEP}
        return special[name] if name in special else self.streams.index(name)

    def _trigger(self, move: WrittenMove) -> tuple[int, int]:
        trigger = move.trigger
        if trigger is None:
            return p.UNTRIGGERED, 0
        if trigger.enters is not None:
            return p.ON_ENTERING, self._stage(trigger.enters)
        if trigger.date is not None:
            return p.ON_DATE, self.timeline.tick(trigger.date)
        return p.ON_IDLE, trigger.idle or 0

    def _channel(self, name: str) -> tuple[int, ...]:
        channel = self.scenario.channels[name]
        if channel.backlog is not None:
            arrivals, purpose = p.BACKLOG, "age"
        else:
            arrivals, purpose = (p.EVENLY if channel.arrivals == "evenly" else p.POISSON), "leads"
        purpose_hash = name_hash(format_path(("channels", name, purpose)))
        return (arrivals, self._stage(channel.enters), channel_hash(name), purpose_hash)

    def _age(self, channel: str) -> int:
        return self.book.wait(format_path(("channels", channel, "age")), self.scenario.channels[channel].age)

    def _values(self, regime: Scenario) -> list[int]:
        return [
            self.book.wait(format_path(("stages", name, "value")), stage.value) for name, stage in regime.stages.items()
        ]

    # ------------------------------------------------------------ recipes
    def _recipes(self) -> p.Recipes:
        number = self.book.parameter
        attempts = _table([[self._limit(m.attempts_path, m.attempts) for m in moves] for moves in self.moves])
        lifetime = _table([[self._limit(m.lifetime_path, m.lifetime) for m in moves] for moves in self.moves])
        cost = _table([[number(path, cost) for m in moves for _, _, path, cost in m.rows] for moves in self.moves])
        lead_cost = _table([self._lead_costs(regime) for regime in self.regimes])
        share = _table([[self._share(regime, name) for name in self.segments] for regime in self.regimes])
        backlog = _ints(
            self._limit(format_path(("channels", name, "backlog")), channel.backlog)
            for name, channel in self.scenario.channels.items()
        )
        leads, spend = lead_terms(self.timeline, self.book), spend_terms(self.timeline, self.book)
        return p.Recipes(
            parameters=p.read_only(self.book.parameters()),
            samples=_floats(self.book.samples),
            lists=_ints(self.book.lists),
            waits=p.read_only(self.book.waits()),
            num_gamma=self.book.num_gamma,
            attempts=attempts,
            lifetime=lifetime,
            chance=p.read_only(self.chances.recipes()),
            num_chances=self.chances.num_chances,
            cost=cost,
            lead_cost=lead_cost,
            share=share,
            backlog=backlog,
            lead_term=_terms(leads),
            lead_units=_units(leads, self.timeline.days),
            spend_term=_terms(spend),
            spend_units=_units(spend, len(self.timeline.cell_edge)),
        )

    def _limit(self, path: str, limit: q.Number | None) -> int:
        return p.NONE if limit is None else self.book.parameter(path, limit)

    def _lead_costs(self, regime: Scenario) -> list[int]:
        return [
            self.book.parameter(format_path(("channels", name, "cost")), channel.cost)
            for name, channel in regime.channels.items()
        ]

    def _share(self, regime: Scenario, name: str) -> int:
        share = regime.segments[name].share if regime.segments else 1.0
        return self.book.parameter(format_path(("segments", name, "share")), share, chance=True)


def _refuse_collisions(scenario: str, structure: p.Structure, recipes: p.Recipes) -> None:
    """Rule 33: two purposes with one hash would share their luck."""
    purposes = [
        *structure.moves["purpose"].tolist(),
        *structure.value_purpose.tolist(),
        *structure.channels["purpose"].tolist(),
        *structure.segment_purpose.tolist(),
        *set(recipes.parameters["purpose"].tolist()),
    ]
    names = structure.channels["name"].tolist()
    if len(set(purposes)) < len(purposes) or len(set(names)) < len(names):
        raise ValueError(f"{scenario}: two names have the same hash; rename a channel, stage or move")


# ---------------------------------------------------------------- arrays
def _ints(values: Iterable[int]) -> p.IntArray:
    return p.read_only(np.array(list(values), np.int64))


def _words(values: Iterable[int]) -> p.WordArray:
    return p.read_only(np.array(list(values), np.uint64))


def _floats(values: Iterable[float]) -> p.FloatArray:
    return p.read_only(np.array(list(values), np.float64))


def _table(rows: Sequence[Sequence[int]]) -> p.IntArray:
    return p.read_only(np.array(rows, np.int64).reshape(len(rows), -1))


def _terms(terms: Sequence[FlowTerm]) -> p.IntArray:
    return p.read_only(np.array([term[:2] for term in terms], np.int64).reshape(-1, 2))


def _units(terms: Sequence[FlowTerm], width: int) -> p.FloatArray:
    return p.read_only(np.array([term.units for term in terms], np.float64).reshape(-1, width))
