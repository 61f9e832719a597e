"""From a scenario to a program: one pure function.

Tracks become streams, touches become rows of a stream's move, and everything a change sets becomes a value of a
regime. Names become positions, but luck stays keyed by name (semantics, rule 33).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from funnelsim.program import records as p
from funnelsim.program.chances import ChanceTables, Written
from funnelsim.program.contacts import Contacts
from funnelsim.program.flows import FlowTerm, lead_terms, seasons, spend_terms
from funnelsim.program.kinds import Kinds
from funnelsim.program.moves import WrittenMove, written_moves
from funnelsim.program.names import channel_hash, name_hash
from funnelsim.program.program import Program, Recipes, Structure
from funnelsim.program.recipes import RecipeBook
from funnelsim.program.rules import RuleBook
from funnelsim.program.staff import Staff, stage_flags
from funnelsim.program.timeline import Timeline
from funnelsim.program.touches import Chains, WrittenRow
from funnelsim.scenario import Scenario
from funnelsim.scenario import quantities as q
from funnelsim.scenario.models import TrackRule
from funnelsim.scenario.paths import format_path
from funnelsim.scenario.problems import Place, Problem, ScenarioError
from funnelsim.scenario.ways import Way


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
        self.kinds = Kinds(self.regimes)
        self.values = self.kinds.values
        self.book = RecipeBook()
        depends, regimes = self.kinds.depends, len(self.regimes)
        self.chances = ChanceTables(self.book, self.values, self.channels, self.stages, depends, regimes)
        self.moves = self._ordered_moves()
        self.events = tuple(dict.fromkeys(move.event for move in self.moves[0] if move.event is not None))
        self.reasons = list(dict.fromkeys(self._all_reasons()))
        names = [name for name, _ in self.reasons]
        self.rules = RuleBook(self.values, self.channels, self.stages, self.events, names, regimes, self.book)
        self.staff = Staff(scenario, self.timeline, self.rules)
        self.contacts = Contacts(self.regimes, self.moves, self.book, self.rules)

    def _ordered_moves(self) -> list[list[WrittenMove]]:
        """Return the moves of each regime, container by container, deadlines first (rule 7)."""
        chains = Chains(self.regimes)
        by_regime = [list(written_moves(regime, chains)) for regime in self.regimes]
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
            touches=self.contacts.touches,
            assets=self.contacts.assets,
            events=self.events,
            teams=tuple(self.scenario.teams),
            people=self.staff.names,
            reasons=tuple(name for name, _ in self.reasons),
            losing=tuple(losing for _, losing in self.reasons),
            kinds=tuple(self.values),
            values=tuple(self.values.values()),
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
        move_records = self._move_records()
        track_rules = self._track_rules()
        dates = [move.trigger.date for move in self.moves[0] if move.trigger and move.trigger.date]
        staff = self.staff
        return Structure(
            first_move=_ints(first_move),
            moves=p.read_only(p.records(move_records, p.MOVE)),
            rows=p.read_only(self.chances.rows()),
            after=_table([[self._after(m) for m in moves] for moves in self.moves]),
            every=_table([[book.wait(m.every_path, m.every) for m in moves] for moves in self.moves]),
            track=_ints(self._track(stage.track) for stage in self.scenario.stages.values()),
            track_rules=_table(track_rules),
            paused=_ints(self._paused(name) for name in self.streams),
            turns=p.read_only(p.records(self.contacts.turns, p.TURN)),
            turn_wait=self.contacts.waits(),
            turn_limits=_ints(self.contacts.turn_limits),
            turn_assets=_ints(self.contacts.turn_assets),
            limits=p.read_only(p.records(self.contacts.limits(), p.LIMIT)),
            asset_purpose=_words(self.contacts.purposes()),
            bands=_ints(round(1000 * edge) for edge in self.scenario.scoring.bands),
            value=_table([self._values(regime) for regime in self.regimes]),
            value_purpose=_words(name_hash(format_path(("stages", stage, "value"))) for stage in self.stages),
            channels=p.read_only(p.records([self._channel(name) for name in self.channels], p.CHANNEL)),
            age=_ints(self._age(name) for name in self.channels),
            row_kinds=p.read_only(self.chances.row_kinds()),
            row_average=p.read_only(self.chances.row_average()),
            row_criteria=p.read_only(self.chances.row_criteria()),
            criteria=p.read_only(self.chances.criteria()),
            kinds=p.read_only(p.records(self.kinds.records(), p.KIND)),
            kind_first=_ints(np.cumsum([0, *(len(values) for values in self.values.values())])),
            kind_purpose=_words(self.kinds.purposes()),
            row_takes=_table([[book.wait(row.takes_path, row.takes) for row in rows] for rows in self._rows()]),
            owner=_ints(staff.owners(self.scenario)),
            teams=p.read_only(p.records(staff.team_records, p.TEAM)),
            people=p.read_only(p.records(staff.person_records(), p.PERSON)),
            rules=p.read_only(p.records(self.rules.rules, p.RULE)),
            conditions=p.read_only(p.records(self.rules.conditions, p.CONDITION)),
            rule_people=_ints(self.rules.people),
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
        first_row, first_turn, teams = 0, 0, list(self.staff.teams)
        for by_regime in zip(*self.moves, strict=True):
            move = by_regime[0]
            for row, written in enumerate(move.rows):
                lost = (self._stage(written.otherwise), self._reason(written.reason, losing=True))
                way = self._way(written.way), self._reason(*_row_reason(move, written))
                self.chances.add_row([regime.rows[row].chance for regime in by_regime], written.role, (*lost, *way))
            records.append(
                (
                    move.container,
                    self._way(move.way),
                    self._way(move.otherwise),
                    first_row,
                    len(move.rows) - move.num_steps,
                    *self._trigger(by_regime),
                    int(move.every is not None),
                    p.NONE if move.team is None else teams.index(move.team),
                    int(move.owned),
                    int(move.is_deadline),
                    move.num_steps,
                    p.NOT_VOID if move.recycling is None else move.recycling,
                    first_turn,
                    len(move.turns),
                    int(move.cadence),
                    p.NONE if move.event is None else p.EVENT + self.events.index(move.event),
                    *(self._reason(*reason) for reason in _move_reasons(move)),
                    name_hash(move.path),
                )
            )
            first_row += len(move.rows)
            first_turn += len(move.turns)
        return records

    # ------------------------------------------------------------ ways and reasons
    def _all_reasons(self) -> Iterator[tuple[str, bool]]:
        """Yield every reason, and whether leads are lost by it (rule 52)."""
        for move in self.moves[0]:
            for row in move.rows:
                if row.reason is not None:
                    yield row.reason, True
                name, losing = _row_reason(move, row)
                if name is not None:
                    yield name, losing
            yield from (reason for reason in _move_reasons(move) if reason[0] is not None)  # type: ignore[misc]

    def _reason(self, name: str | None, losing: bool) -> int:
        return p.NONE if name is None else self.reasons.index((name, losing))

    def _stage(self, name: str | None) -> int:
        return p.NONE if name is None else self.stages.index(name)

    def _way(self, way: Way | None) -> int:
        """Return where a way leads: a stage, or a stream after all stages (rule 67)."""
        if way is None:
            return p.NONE
        return self._stage(way.to) if way.track is None else len(self.stages) + self.streams.index(way.track)

    def _track(self, track: str | tuple[TrackRule, ...]) -> int:
        if not isinstance(track, str):
            return p.RULES
        special = {"none": p.NONE, "keep": p.KEEP}
        return special[track] if track in special else self.streams.index(track)

    def _track_rules(self) -> list[list[int]]:
        """(S, 2): rules of each stage's track."""
        found = []
        for name, stage in self.scenario.stages.items():
            first = len(self.rules.rules)
            for number, rule in enumerate(() if isinstance(stage.track, str) else stage.track):
                path = format_path(("stages", name, "track", str(number), "if"))
                tracks = [regime.stages[name].track for regime in self.regimes]
                self.rules.add(path, [track[number].if_ for track in tracks], self._track(rule.track))  # type: ignore[union-attr]
            found.append([first, len(self.rules.rules)])
        return found

    def _paused(self, name: str) -> int:
        by_regime = [paused for regime in self.regimes if (paused := regime.tracks[name].paused) is not None]
        return self.rules.add(format_path(("tracks", name, "paused")), by_regime) if by_regime else p.NONE

    def _trigger(self, by_regime: Sequence[WrittenMove]) -> tuple[int, int]:
        move = by_regime[0]
        trigger = move.trigger
        if move.starts_on is not None:
            conditions = [regime.starts_on[1] for regime in by_regime if regime.starts_on is not None]
            return p.ON_RULE, self.rules.add(move.starts_on[0], conditions)
        if trigger is None:
            return (p.ON_FOLLOW_UP if move.follow_up else p.UNTRIGGERED), 0
        if trigger.enters is not None:
            return p.ON_ENTERING, self._stage(trigger.enters)
        if trigger.expires is not None:
            return p.ON_ENTERING, self._stage(trigger.expires.move.split(".")[0])
        if trigger.event is not None:
            return p.ON_EVENT, p.EVENT + self.events.index(trigger.event)
        if trigger.anniversary is not None:
            return p.ON_ANNIVERSARY, 0
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
        share = self.kinds.table([self.kinds.shares(regime, self.book) for regime in self.regimes])
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
        move_points = _table([[self._points(m.points) for m in moves] for moves in self.moves])
        row_points = _table([[self._points(row.points) for row in rows] for rows in self._rows()])
        turn, limit = self.contacts.numbers(), self.contacts.limit_numbers()
        asset, asset_odds = self.contacts.asset_numbers(), self.contacts.asset_odds(self.values, self.channels)
        scoring = _table([self._half_lives(regime) for regime in self.regimes])
        fit = _table([self._fit(regime) for regime in self.regimes])
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
            odds=p.read_only(self.chances.odds()),
            point_odds=p.read_only(self.chances.point_odds()),
            required=p.read_only(self.chances.required()),
            condition_range=p.read_only(np.array(self.rules.ranges, np.int64).reshape(len(self.regimes), -1, 2)),
            move_points=move_points,
            row_points=row_points,
            turn=turn,
            scoring=scoring,
            fit=fit,
            limit=limit,
            asset=asset,
            asset_odds=asset_odds,
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
            for kind, values in self.values.items()
            for value in values
        ]


def _move_reasons(move: WrittenMove) -> tuple[tuple[str | None, bool], tuple[str | None, bool]]:
    """Rule 52: why the move leads `to`, and why `otherwise`; and whether leads are lost by it."""
    way, otherwise = move.way, move.otherwise
    losing = (way is not None and way.reason is not None) or move.is_deadline
    giving_up = "exhausted" if move.cadence else move.name
    return (
        (None if way is None else way.reason or move.name, losing),
        (None if otherwise is None else otherwise.reason or giving_up, True),
    )


def _row_reason(move: WrittenMove, row: WrittenRow) -> tuple[str | None, bool]:
    """Rule 52: why passing a row of a touch leads somewhere."""
    way = row.way
    if way is None:
        return None, False
    losing = way.reason is not None or row.role == p.OPT_OUT
    return way.reason or row.way_reason or move.name, losing


def _refuse_collisions(scenario: Scenario, structure: Structure, recipes: Recipes) -> None:
    """Rule 33: two purposes with one hash would share their luck."""
    purposes = [
        *structure.moves["purpose"].tolist(),
        *structure.value_purpose.tolist(),
        *structure.channels["purpose"].tolist(),
        *structure.kind_purpose.tolist(),
        *structure.asset_purpose.tolist(),
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
