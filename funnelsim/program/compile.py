"""From a scenario to a program: one pure function.

Tracks become streams, touches become rows of a stream's move, and everything a change sets becomes a value of a
regime. Names become positions, but luck stays keyed by name (semantics, rule 33).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from funnelsim.program import calendar as cal
from funnelsim.program import program as p
from funnelsim.program.chances import ChanceTables, WrittenChance
from funnelsim.program.names import channel_hash, name_hash
from funnelsim.program.recipes import RecipeBook
from funnelsim.scenario import Scenario
from funnelsim.scenario import quantities as q
from funnelsim.scenario.models import Channel, Move, Stage, Track
from funnelsim.scenario.paths import format_path

EVERYONE = "all"
"""The segment of all leads where a scenario has no segments."""

TOUCH_MOVE = "touch"
"""The move of a stream that makes its track's touches."""


@dataclass(frozen=True)
class WrittenMove:
    """A move as one regime has it, whether written in a stage or made of a track."""

    path: str
    name: str
    container: int
    after: q.Luck
    after_path: str
    every: q.Luck | None
    every_path: str
    attempts: q.Number | None
    attempts_path: str
    lifetime: q.Number | None
    lifetime_path: str
    to: str | None
    otherwise: str | None
    trigger: Any
    rows: tuple[tuple[str, WrittenChance, str, q.Number], ...]
    """Touch (empty for a plain move), its chance, and path and amount of its cost."""

    @property
    def is_deadline(self) -> bool:
        """Rule 7: certain to take the lead away at a time fixed on entry."""
        chance = self.rows[0][1]
        return (
            len(self.rows) == 1
            and isinstance(self.after, q.Constant)
            and self.attempts == 1
            and self.to is not None
            and chance.value == 1.0
            and not any((chance.odds.segment, chance.odds.channel, chance.odds.attempt, chance.odds.visit))
        )


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
        self.warm_up_days = cal.days_before(scenario.start, scenario.warm_up)
        self.begin = scenario.start - dt.timedelta(days=self.warm_up_days)
        self.start_tick = self.warm_up_days * cal.DAY
        self.end_tick = self.start_tick + cal.span_ticks(scenario.start, scenario.horizon)
        self.days = -(-self.end_tick // cal.DAY)
        regimes = scenario.regimes()
        inside = [regimes[0], *(entry for entry in regimes[1:] if self._tick(entry[0]) < self.end_tick)]
        self.dates, self.regimes = zip(*inside, strict=True)
        self.stages = tuple(scenario.stages)
        self.streams = tuple(scenario.tracks)
        self.channels = tuple(scenario.channels)
        self.segments = tuple(scenario.segments) or (EVERYONE,)
        self.book = RecipeBook()
        self.moves = [sorted(_moves(regime, self.stages), key=lambda move: move.container) for regime in self.regimes]
        self._put_deadlines_first()

    def _put_deadlines_first(self) -> None:
        order = sorted(
            range(len(self.moves[0])),
            key=lambda i: (self.moves[0][i].container, not self.moves[0][i].is_deadline),
        )
        self.moves = [[regime[i] for i in order] for regime in self.moves]

    # ------------------------------------------------------------ the whole
    def program(self) -> p.Program:
        cell_edge, cell_period, cohort_edge = self._cells()
        regime_tick = [0, *(self._tick(date) for date in self.dates[1:])]
        cell_regime = [max(r for r, tick in enumerate(regime_tick) if tick <= edge) for edge in cell_edge[:-1]]
        chances = ChanceTables(self.book, self.segments, self.channels, len(self.regimes))
        moves = self._move_records(chances)
        structure = p.Structure(
            first_move=_ints(self._first_moves()),
            moves=p.read_only(p.records(moves, p.MOVE)),
            rows=p.read_only(chances.rows()),
            after=_table([[self.book.wait(m.after_path, m.after) for m in regime] for regime in self.moves]),
            every=_table([[self.book.wait(m.every_path, m.every) for m in regime] for regime in self.moves]),
            track=_ints(self._track(stage) for stage in self.scenario.stages.values()),
            value=_table([[self._value(regime, name) for name in self.stages] for regime in self.regimes]),
            value_purpose=_words(name_hash(format_path(("stages", stage, "value"))) for stage in self.stages),
            channels=p.read_only(p.records([self._channel(name) for name in self.channels], p.CHANNEL)),
            age=_ints(self._age(name) for name in self.channels),
            segment_purpose=_words(name_hash(format_path(("segments", segment))) for segment in self.segments),
            start_tick=self.start_tick,
            end_tick=self.end_tick,
            regime_tick=_ints(regime_tick),
            calendar_tick=_ints(self._calendar(regime_tick)),
            cell_edge=_ints(cell_edge),
            cell_regime=_ints(cell_regime),
            cohort_edge=_ints(cohort_edge),
            old_ticks=p.NONE if self.scenario.old_after == "month" else int(self.scenario.old_after),
            day_month_tick=_ints(self._month_ticks()),
        )
        recipes = self._recipes(chances, cell_edge, cell_regime, regime_tick)
        self._refuse_collisions(structure, recipes)
        return p.Program(
            name=self.scenario.name,
            variant=self.scenario.variant_name,
            start=self.scenario.start,
            begin=self.begin,
            currency=self.scenario.currency,
            stages=self.stages,
            streams=self.streams,
            moves=tuple(move.name for move in self.moves[0]),
            rows=tuple(touch for move in self.moves[0] for touch, *_ in move.rows),
            channels=self.channels,
            segments=self.segments,
            final=tuple(not (stage.moves or stage.track != "none") for stage in self.scenario.stages.values()),
            parameters=tuple(self.book.paths),
            structure=structure,
            recipes=recipes,
            cell_period=tuple(cell_period),
        )

    # ------------------------------------------------------------ time
    def _tick(self, date: dt.date) -> int:
        return cal.days_between(self.begin, date) * cal.DAY

    def _cells(self) -> tuple[list[int], list[int], list[int]]:
        """Edges of the cells, the period of each, and edges of the periods; all in ticks of the run."""
        length = self.end_tick - self.start_tick
        edges = cal.period_edges(self.scenario.start, length, self.scenario.period)
        periods = [self.start_tick + edge for edge in edges]
        changes = [self._tick(date) for date in self.dates[1:]]
        counted = sorted({*periods, *changes})
        cell_period = [p.NONE, *(sum(edge >= period for period in periods) - 1 for edge in counted[:-1])]
        return [0, *counted], cell_period, periods

    def _calendar(self, regime_tick: Sequence[int]) -> list[int]:
        dates = [self._tick(m.trigger.date) for m in self.moves[0] if m.trigger is not None and m.trigger.date is not None]
        return sorted({tick for tick in (*regime_tick[1:], *dates) if tick < self.end_tick})

    def _month_ticks(self) -> Iterator[int]:
        for day in range(self.days):
            date = self.begin + dt.timedelta(days=day)
            yield self._tick(date.replace(day=1))

    # ------------------------------------------------------------ structure
    def _first_moves(self) -> list[int]:
        containers = [move.container for move in self.moves[0]]
        return [
            sum(container < wanted for container in containers)
            for wanted in range(len(self.stages) + len(self.streams) + 1)
        ]

    def _stage(self, name: str | None) -> int:
        return p.NONE if name is None else self.stages.index(name)

    def _track(self, stage: Stage) -> int:
        special = {"none": p.NONE, "keep": p.KEEP}
        return special[stage.track] if stage.track in special else self.streams.index(stage.track)

    def _channel(self, name: str) -> tuple[int, ...]:
        channel = self.scenario.channels[name]
        if channel.backlog is not None:
            arrivals, purpose = p.BACKLOG, "age"
        else:
            arrivals, purpose = (p.EVENLY if channel.arrivals == "evenly" else p.POISSON), "leads"
        purpose_hash = name_hash(format_path(("channels", name, purpose)))
        return (arrivals, self._stage(channel.enters), channel_hash(name), purpose_hash)

    def _value(self, regime: Scenario, stage: str) -> int:
        return self.book.wait(format_path(("stages", stage, "value")), regime.stages[stage].value)

    def _age(self, channel: str) -> int:
        return self.book.wait(format_path(("channels", channel, "age")), self.scenario.channels[channel].age)

    def _move_records(self, chances: ChanceTables) -> list[tuple[int, ...]]:
        records, first_row = [], 0
        for by_regime in zip(*self.moves, strict=True):
            move = by_regime[0]
            for row in range(len(move.rows)):
                chances.add_row([regime.rows[row][1] for regime in by_regime], touch=bool(move.rows[row][0]))
            records.append(
                (
                    move.container,
                    self._stage(move.to),
                    self._stage(move.otherwise),
                    first_row,
                    len(move.rows),
                    *self._trigger(move.trigger),
                    int(move.every is not None),
                    name_hash(move.path),
                )
            )
            first_row += len(move.rows)
        return records

    def _trigger(self, trigger: Any) -> tuple[int, int]:
        if trigger is None:
            return p.UNTRIGGERED, 0
        if trigger.enters is not None:
            return p.ON_ENTERING, self._stage(trigger.enters)
        if trigger.date is not None:
            return p.ON_DATE, self._tick(trigger.date)
        return p.ON_IDLE, trigger.idle

    # ------------------------------------------------------------ recipes
    def _recipes(
        self, chances: ChanceTables, cell_edge: Sequence[int], cell_regime: Sequence[int], regime_tick: Sequence[int]
    ) -> p.Recipes:
        book = self.book
        number = book.parameter
        tables = {
            "attempts": [[self._limit(m.attempts_path, m.attempts) for m in regime] for regime in self.moves],
            "lifetime": [[self._limit(m.lifetime_path, m.lifetime) for m in regime] for regime in self.moves],
            "cost": [[number(path, cost) for m in regime for _, _, path, cost in m.rows] for regime in self.moves],
            "lead_cost": [
                [number(format_path(("channels", name, "cost")), regime.channels[name].cost) for name in self.channels]
                for regime in self.regimes
            ],
            "share": [[self._share(regime, name) for name in self.segments] for regime in self.regimes],
        }
        backlog = [
            self._limit(format_path(("channels", name, "backlog")), channel.backlog)
            for name, channel in self.scenario.channels.items()
        ]
        lead_terms, spend_terms = self._lead_terms(regime_tick), self._spend_terms(cell_edge, cell_regime)
        return p.Recipes(
            **{name: _freeze(value) for name, value in book.arrays().items()},
            **{name: _table(rows) for name, rows in tables.items()},
            chance=p.read_only(chances.recipes()),
            num_chances=chances.num_chances,
            backlog=_ints(backlog),
            lead_term=_ints(term[:2] for term in lead_terms).reshape(-1, 2),
            lead_units=_floats([term[2] for term in lead_terms], self.days),
            spend_term=_ints(term[:2] for term in spend_terms).reshape(-1, 2),
            spend_units=_floats([term[2] for term in spend_terms], len(cell_edge)),
        )

    def _limit(self, path: str, limit: q.Number | None) -> int:
        return p.NONE if limit is None else self.book.parameter(path, limit)

    def _share(self, regime: Scenario, name: str) -> int:
        share = regime.segments[name].share if regime.segments else 1.0
        return self.book.parameter(format_path(("segments", name, "share")), share, chance=True)

    def _lead_terms(self, regime_tick: Sequence[int]) -> list[tuple[int, int, list[float]]]:
        """Channel, parameter and units per day of every number that leads flow by."""
        terms = []
        for position, name in enumerate(self.channels):
            for r, regime in enumerate(self.regimes):
                channel = regime.channels[name]
                if channel.leads is None:
                    continue
                until = regime_tick[r + 1] if r + 1 < len(regime_tick) else self.end_tick
                season = channel.seasonality
                for term in cal.spread(channel.leads, self.begin, self.days):
                    units = cal.seasonal(term.units, self.begin, season.month, season.weekday)
                    mine = [
                        value if regime_tick[r] <= day * cal.DAY < until else 0.0 for day, value in enumerate(units)
                    ]
                    terms.append((position, self._flow_parameter(name, "leads", term), mine))
        return terms

    def _spend_terms(
        self, cell_edge: Sequence[int], cell_regime: Sequence[int]
    ) -> list[tuple[int, int, list[float]]]:
        """Channel, parameter and units by each cell's edge of every number that money flows by."""
        terms = []
        for position, name in enumerate(self.channels):
            for r, regime in enumerate(self.regimes):
                spend = regime.channels[name].spend
                if spend is None:
                    continue
                for term in cal.spread(spend, self.begin, self.days):
                    running, units = 0.0, [0.0]
                    for cell, mine in enumerate(cell_regime):
                        if mine == r:
                            running += _units_between(term.units, cell_edge[cell], cell_edge[cell + 1])
                        units.append(running)
                    terms.append((position, self._flow_parameter(name, "spend", term), units))
        return terms

    def _flow_parameter(self, channel: str, field: str, term: cal.Term) -> int:
        path = format_path(("channels", channel, field, term.name))
        return self.book.parameter(path, term.number)

    def _refuse_collisions(self, structure: p.Structure, recipes: p.Recipes) -> None:
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
            raise ValueError(f"{self.scenario.name}: two names have the same hash; rename a channel, stage or move")


# ---------------------------------------------------------------- moves
def _moves(scenario: Scenario, stages: Sequence[str]) -> Iterator[WrittenMove]:
    for container, (name, stage) in enumerate(scenario.stages.items()):
        for move_name, move in stage.moves.items():
            yield _plain_move(("stages", name, "moves", move_name), move, container)
    for container, (name, track) in enumerate(scenario.tracks.items(), start=len(stages)):
        yield _touch_move(name, track, container, scenario)
        for move_name, move in track.moves.items():
            yield _plain_move(("tracks", name, "moves", move_name), move, container)


def _plain_move(parts: tuple[str, ...], move: Move, container: int) -> WrittenMove:
    path = format_path(parts)
    if move.attempts == "auto":
        attempts: q.Number | None = 1 if move.every is None else None
    else:
        attempts = None if isinstance(move.attempts, str) else move.attempts
    chance = WrittenChance(f"{path}.chance", move.chance, f"{path}.odds", move.odds, move.reference)
    return WrittenMove(
        path=path,
        name=parts[-1],
        container=container,
        after=move.after,
        after_path=f"{path}.after",
        every=move.every,
        every_path=f"{path}.every",
        attempts=attempts,
        attempts_path=f"{path}.attempts",
        lifetime=None if isinstance(move.lifetime_attempts, str) else move.lifetime_attempts,
        lifetime_path=f"{path}.lifetime_attempts",
        to=move.to,
        otherwise=move.else_,
        trigger=move.trigger,
        rows=(("", chance, f"{path}.cost", move.cost),),
    )


def _touch_move(name: str, track: Track, container: int, scenario: Scenario) -> WrittenMove:
    """Return a track's cadence as a move whose rows are its touches, in rotation."""
    path = format_path(("tracks", name))
    exhausted = track.exhausted
    rows = []
    for touch_name in track.touches:
        touch = scenario.touches[touch_name]
        touch_path = format_path(("touches", touch_name))
        chance = WrittenChance(f"{touch_path}.response", touch.response, f"{path}.odds", track.odds, track.reference)
        rows.append((touch_name, chance, f"{touch_path}.cost", touch.cost))
    limit_path = f"{path}.exhausted.after"
    return WrittenMove(
        path=f"{path}.{TOUCH_MOVE}",
        name=TOUCH_MOVE,
        container=container,
        after=track.cadence if isinstance(track.after, str) else track.after,
        after_path=f"{path}.cadence" if isinstance(track.after, str) else f"{path}.after",
        every=track.cadence,
        every_path=f"{path}.cadence",
        attempts=exhausted.after if exhausted is not None and exhausted.per == "stay" else None,
        attempts_path=limit_path,
        lifetime=exhausted.after if exhausted is not None and exhausted.per == "lifetime" else None,
        lifetime_path=limit_path,
        to=track.on_response.to,
        otherwise=exhausted.to if exhausted is not None else None,
        trigger=None,
        rows=tuple(rows),
    )


# ---------------------------------------------------------------- arrays
def _units_between(per_day: Sequence[float], earlier: int, later: int) -> float:
    """Units that flow from one tick to another, evenly within each day."""
    total, tick = 0.0, earlier
    while tick < later:
        day = tick // cal.DAY
        until = min(later, (day + 1) * cal.DAY)
        total += per_day[day] * ((until - tick) / cal.DAY)
        tick = until
    return total


def _ints(values: Any) -> p.IntArray:
    return p.read_only(np.array(list(values), np.int64))


def _words(values: Any) -> p.WordArray:
    return p.read_only(np.array(list(values), np.uint64))


def _table(rows: Sequence[Sequence[int]]) -> p.IntArray:
    return p.read_only(np.array(rows, np.int64).reshape(len(rows), -1))


def _floats(rows: Sequence[Sequence[float]], width: int) -> p.FloatArray:
    return p.read_only(np.array(rows, np.float64).reshape(-1, width))


def _freeze(value: Any) -> Any:
    return p.read_only(value) if isinstance(value, np.ndarray) else value
