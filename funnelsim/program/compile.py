"""From a scenario to a program: one pure function.

Tracks become streams, touches become rows of a stream's move, and everything a change sets becomes a value of a
regime. Names become positions, but luck stays keyed by name (semantics, rule 33).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from funnelsim.program import records as p
from funnelsim.program.chances import ChanceTables
from funnelsim.program.flows import FlowTerm, lead_terms, seasons, spend_terms
from funnelsim.program.moves import WrittenMove, WrittenRow, written_moves
from funnelsim.program.names import channel_hash, name_hash
from funnelsim.program.program import Program, Recipes, Structure
from funnelsim.program.recipes import RecipeBook
from funnelsim.program.staff import Staff, stage_flags
from funnelsim.program.timeline import Timeline
from funnelsim.scenario import Scenario
from funnelsim.scenario import quantities as q
from funnelsim.scenario.paths import format_path
from funnelsim.scenario.problems import Place, Problem, ScenarioError

EVERYONE = "all"
"""The segment of all leads where a scenario has no segments."""


def compile_scenario(scenario: Scenario) -> Program:
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
    ScenarioError
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
        self.kinds = {"segment": tuple(scenario.segments) or (EVERYONE,)}
        self.kinds |= {trait: tuple(shares) for trait, shares in scenario.traits.items()}
        self.book = RecipeBook()
        self.chances = ChanceTables(self.book, self.kinds, self.channels, len(self.regimes))
        self.staff = Staff(scenario, self.timeline, self.kinds)
        self.moves = self._ordered_moves()
        self.reasons: list[tuple[str, bool]] = []

    def _ordered_moves(self) -> list[list[WrittenMove]]:
        """Return the moves of each regime, container by container, deadlines first (rule 7)."""
        by_regime = [list(written_moves(regime)) for regime in self.regimes]
        first = by_regime[0]
        order = sorted(range(len(first)), key=lambda i: (first[i].container, not first[i].is_deadline))
        return [[moves[i] for i in order] for moves in by_regime]

    def program(self) -> Program:
        structure = self._structure()
        recipes = self._recipes()
        _refuse_collisions(self.scenario, structure, recipes)
        return Program(
            name=self.scenario.name,
            variant=self.scenario.variant_name,
            start=self.scenario.start,
            begin=self.timeline.begin,
            currency=self.scenario.currency,
            stages=self.stages,
            streams=self.streams,
            moves=tuple(move.name for move in self.moves[0]),
            rows=tuple(row.name for move in self.moves[0] for row in move.rows),
            channels=self.channels,
            teams=tuple(self.scenario.teams),
            people=self.staff.names,
            reasons=tuple(name for name, _ in self.reasons),
            losing=tuple(losing for _, losing in self.reasons),
            kinds=tuple(self.kinds),
            values=tuple(self.kinds.values()),
            final=tuple(stage.is_final for stage in self.scenario.stages.values()),
            parameters=tuple(self.book.paths),
            structure=structure,
            recipes=recipes,
            cell_period=tuple(self.timeline.cell_period),
        )

    # ------------------------------------------------------------ structure
    def _structure(self) -> Structure:
        time, book = self.timeline, self.book
        containers = [move.container for move in self.moves[0]]
        num_containers = len(self.stages) + len(self.streams) + len(self.staff.teams)
        first_move = np.searchsorted(containers, range(num_containers + 1))
        dates = [move.trigger.date for move in self.moves[0] if move.trigger and move.trigger.date]
        staff = self.staff
        return Structure(
            first_move=_ints(first_move),
            moves=p.read_only(p.records(self._move_records(), p.MOVE)),
            rows=p.read_only(self.chances.rows()),
            after=_table([[self._after(m) for m in moves] for moves in self.moves]),
            every=_table([[book.wait(m.every_path, m.every) for m in moves] for moves in self.moves]),
            track=_ints(self._track(stage.track) for stage in self.scenario.stages.values()),
            value=_table([self._values(regime) for regime in self.regimes]),
            value_purpose=_words(name_hash(format_path(("stages", stage, "value"))) for stage in self.stages),
            channels=p.read_only(p.records([self._channel(name) for name in self.channels], p.CHANNEL)),
            age=_ints(self._age(name) for name in self.channels),
            row_kinds=p.read_only(self.chances.row_kinds()),
            kind_first=_ints(np.cumsum([0, *(len(values) for values in self.kinds.values())])),
            kind_purpose=_words(name_hash(format_path(path)) for path in self._kind_paths()),
            row_takes=_table([[book.wait(row.takes_path, row.takes) for row in rows] for rows in self._rows()]),
            owner=_ints(staff.owners(self.scenario)),
            teams=p.read_only(p.records(staff.team_records, p.TEAM)),
            people=p.read_only(p.records(staff.person_records(), p.PERSON)),
            rules=p.read_only(p.records(staff.rules, p.RULE)),
            conditions=p.read_only(p.records(staff.conditions, p.CONDITION)),
            rule_people=_ints(staff.rule_people),
            worked_days=_table(staff.worked_days(), time.days + 1),
            marks=_table(staff.marks(self.scenario), len(self.stages)),
            stage_flags=_ints(stage_flags(self.scenario)),
            start_tick=time.start_tick,
            end_tick=time.end_tick,
            regime_tick=_ints(time.regime_tick),
            calendar_tick=_ints(time.calendar(dates)),
            cell_edge=_ints(time.cell_edge),
            cell_regime=_ints(time.cell_regime),
            cohort_edge=_ints(time.cohort_edge),
            day_month_tick=_ints(time.month_ticks()),
        )

    def _after(self, move: WrittenMove) -> int:
        """Return a wait; a lead is not taken back at the very instant at which it is claimed."""
        if move.recycling is not None and isinstance(move.after, q.Constant):
            return self.book.length(move.after_path, move.after.value)
        return self.book.wait(move.after_path, move.after)

    def _rows(self) -> list[list[WrittenRow]]:
        """Return the rows of all moves, in each regime."""
        return [[row for move in moves for row in move.rows] for moves in self.moves]

    def _move_records(self) -> list[tuple[int, ...]]:
        """Return the records of all moves; their rows are added to the tables of chances on the way."""
        records: list[tuple[int, ...]] = []
        first_row, teams = 0, list(self.staff.teams)
        for by_regime in zip(*self.moves, strict=True):
            move = by_regime[0]
            for row, written in enumerate(move.rows):
                way_out = (self._stage(written.otherwise), self._reason(written.reason, losing=True))
                self.chances.add_row([regime.rows[row].chance for regime in by_regime], written.touch, way_out)
            records.append(
                (
                    move.container,
                    self._stage(move.to),
                    self._stage(move.otherwise),
                    first_row,
                    len(move.rows) - move.num_steps,
                    *self._trigger(move),
                    int(move.every is not None),
                    p.NONE if move.team is None else teams.index(move.team),
                    int(move.owned),
                    int(move.is_deadline),
                    move.num_steps,
                    p.NOT_VOID if move.recycling is None else move.recycling,
                    *self._reasons(move),
                    name_hash(move.path),
                )
            )
            first_row += len(move.rows)
        return records

    def _reasons(self, move: WrittenMove) -> tuple[int, int]:
        """Rule 52: why the move leads `to`, and why `otherwise`."""
        losing = move.to_reason is not None or move.is_deadline
        to = self._reason(move.to_reason or move.name, losing) if move.to is not None else p.NONE
        otherwise = self._reason(move.else_reason or move.name, losing=True) if move.otherwise is not None else p.NONE
        return to, otherwise

    def _reason(self, name: str | None, losing: bool) -> int:
        if name is None:
            return p.NONE
        if (name, losing) not in self.reasons:
            self.reasons.append((name, losing))
        return self.reasons.index((name, losing))

    def _stage(self, name: str | None) -> int:
        return p.NONE if name is None else self.stages.index(name)

    def _track(self, name: str) -> int:
        special = {"none": p.NONE, "keep": p.KEEP}
        return special[name] if name in special else self.streams.index(name)

    def _trigger(self, move: WrittenMove) -> tuple[int, int]:
        trigger = move.trigger
        if trigger is None:
            return (p.ON_FOLLOW_UP if move.follow_up else p.UNTRIGGERED), 0
        if trigger.enters is not None:
            return p.ON_ENTERING, self._stage(trigger.enters)
        if trigger.date is not None:
            return p.ON_DATE, self.timeline.tick(trigger.date)
        return p.ON_IDLE, 0

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
    def _recipes(self) -> Recipes:
        number = self.book.parameter
        attempts = _table([[self._limit(m.attempts_path, m.attempts) for m in moves] for moves in self.moves])
        lifetime = _table([[self._limit(m.lifetime_path, m.lifetime) for m in moves] for moves in self.moves])
        cost = _table([[number(row.cost_path, row.cost) for row in rows] for rows in self._rows()])
        lead_cost = _table([self._lead_costs(regime) for regime in self.regimes])
        share = _table([self._shares(regime) for regime in self.regimes])
        backlog = _ints(
            self._limit(format_path(("channels", name, "backlog")), channel.backlog)
            for name, channel in self.scenario.channels.items()
        )
        needs = _table([[number(f"{m.path}.needs", m.needs) for m in moves] for moves in self.moves])
        unanswered = _table(
            [[self._limit(f"{m.path}.unanswered", m.unanswered) for m in moves] for moves in self.moves]
        )
        extend = np.array([[self._extend(m) for m in moves] for moves in self.moves], np.int64)
        idle = _ints(
            self._limit(f"{m.path}.trigger.idle", m.trigger.idle if m.trigger else None) for m in self.moves[0]
        )
        priority = _ints(self._limit(f"{m.path}.priority", m.priority or None) for m in self.moves[0])
        old_after = self.scenario.old_after
        old = self._limit("old_after", None if isinstance(old_after, str) else old_after)
        win_rate = _table([self._win_rates(regime) for regime in self.regimes])
        leads, spend = lead_terms(self.timeline, self.book), spend_terms(self.timeline, self.book)
        teams, people = len(self.staff.teams), len(self.staff.names)
        limits = [self.staff.limits(regime, self.book) for regime in self.regimes]
        keeping, headcount = self.staff.keeping(self.book), self.staff.headcounts(self.book)
        skill = self.staff.skills(self.book)
        salaries, season = self.staff.salary_terms(self.book), seasons(self.timeline, self.book)
        return Recipes(
            parameters=p.read_only(self.book.parameters()),
            samples=_floats(self.book.samples),
            lists=_ints(self.book.lists),
            waits=p.read_only(self.book.waits()),
            num_gamma=self.book.num_gamma,
            attempts=attempts,
            lifetime=lifetime,
            chance=p.read_only(self.chances.recipes()),
            kind_odds=p.read_only(self.chances.kind_odds()),
            num_chances=self.chances.num_chances,
            cost=cost,
            lead_cost=lead_cost,
            share=share,
            backlog=backlog,
            needs=needs,
            unanswered=unanswered,
            win_rate=win_rate,
            extend=p.read_only(extend.reshape(len(self.regimes), len(self.moves[0]), 4)),
            idle=idle,
            priority=priority,
            old_after=old,
            staff=p.read_only(np.array(limits, np.int64).reshape(len(self.regimes), teams, 4)),
            keeping=_table(keeping, 4),
            headcount=_table(headcount, 3),
            skill=p.read_only(np.array(skill, np.int64).reshape(people, 2)),
            salary_term=_terms(salaries),
            salary_units=_units(salaries, len(self.timeline.cell_edge)),
            lead_term=_terms(leads),
            lead_units=_units(leads, self.timeline.days),
            **season,
            spend_term=_terms(spend),
            spend_units=_units(spend, len(self.timeline.cell_edge)),
        )

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

    def _kind_paths(self) -> list[tuple[str, ...]]:
        """Return the paths of all values that leads differ by: segments, then traits."""
        segments, *traits = self.kinds.items()
        return [
            *(("segments", name) for name in segments[1]),
            *(("traits", trait, name) for trait, names in traits for name in names),
        ]

    def _shares(self, regime: Scenario) -> list[int]:
        shares = [regime.segments[name].share if regime.segments else 1.0 for name in self.kinds["segment"]]
        paths = [(*path, "share") if path[0] == "segments" else path for path in self._kind_paths()]
        shares += [share for trait in regime.traits.values() for share in trait.values()]
        return [
            self.book.parameter(format_path(path), share, chance=True)
            for path, share in zip(paths, shares, strict=True)
        ]


def _refuse_collisions(scenario: Scenario, structure: Structure, recipes: Recipes) -> None:
    """Rule 33: two purposes with one hash would share their luck."""
    purposes = [
        *structure.moves["purpose"].tolist(),
        *structure.value_purpose.tolist(),
        *structure.channels["purpose"].tolist(),
        *structure.kind_purpose.tolist(),
        *set(recipes.parameters["purpose"].tolist()),
    ]
    names = structure.channels["name"].tolist()
    if len(set(purposes)) < len(purposes) or len(set(names)) < len(names):
        message = "two names have the same hash; rename a channel, stage or move"
        raise ScenarioError([Problem(Place(scenario.source or scenario.name), "", message)])


# ---------------------------------------------------------------- arrays
def _ints(values: Iterable[int]) -> p.IntArray:
    return p.read_only(np.array(list(values), np.int64))


def _words(values: Iterable[int]) -> p.WordArray:
    return p.read_only(np.array(list(values), np.uint64))


def _floats(values: Iterable[float]) -> p.FloatArray:
    return p.read_only(np.array(list(values), np.float64))


def _table(rows: Sequence[Sequence[int]], width: int | None = None) -> p.IntArray:
    """Return rows of one length as a table; where there may be no rows, of this width."""
    if width is None:
        width = len(rows[0])
    return p.read_only(np.array(rows, np.int64).reshape(len(rows), width))


def _terms(terms: Sequence[FlowTerm]) -> p.IntArray:
    return p.read_only(np.array([(term.owner, term.parameter, term.heads) for term in terms], np.int64).reshape(-1, 3))


def _units(terms: Sequence[FlowTerm], width: int) -> p.FloatArray:
    return p.read_only(np.array([term.units for term in terms], np.float64).reshape(-1, width))
