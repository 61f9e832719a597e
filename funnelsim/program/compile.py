"""From a scenario to a program: one pure function.

Tracks become streams, touches become rows of a stream's move, and everything a change sets becomes a value of a
regime. Names become positions, but luck stays keyed by name (semantics, rule 33).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from funnelsim.program import records as p
from funnelsim.program import snapshot
from funnelsim.program.arrays import ints, table, terms, units, words
from funnelsim.program.chances import ChanceTables
from funnelsim.program.contacts import Contacts
from funnelsim.program.flows import overhead_terms
from funnelsim.program.kinds import Kinds
from funnelsim.program.moves import WrittenMove, written_moves
from funnelsim.program.names import channel_hash, name_hash
from funnelsim.program.numbers import Numbers
from funnelsim.program.program import Overheads, Program, Recipes, Structure
from funnelsim.program.reasons import Reasons, reason_of_row, reasons_of_move
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
        self.reasons = Reasons(self.moves[0])
        self.rules = RuleBook(
            self.values, self.channels, self.stages, self.events, self.reasons.names, regimes, self.book
        )
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
        overheads = self._overheads()
        parts = (self.book, self.kinds, self.chances, self.rules, self.staff, self.contacts)
        recipes = Numbers(self.timeline, self.moves, *parts).recipes()
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
            reasons=self.reasons.names,
            losing=self.reasons.losing,
            kinds=tuple(self.values),
            values=tuple(self.values.values()),
            final=tuple(stage.is_final for stage in self.scenario.stages.values()),
            parameters=tuple(self.book.paths),
            structure=structure,
            recipes=recipes,
            cell_period=tuple(self.timeline.cell_period),
            overheads=overheads,
            open_names=snapshot.names(self.scenario),
        )

    def _overheads(self) -> Overheads:
        flows, written = overhead_terms(self.timeline, self.book), self.scenario.overheads
        return Overheads(
            names=tuple(written),
            keys=tuple(overhead.by for overhead in written.values()),
            term=terms(flows),
            units=units(flows, len(self.timeline.cell_edge)),
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
            first_move=ints(first_move),
            moves=p.read_only(p.records(move_records, p.MOVE)),
            rows=p.read_only(self.chances.rows()),
            after=table([[self._after(m) for m in moves] for moves in self.moves]),
            every=table([[book.wait(m.every_path, m.every) for m in moves] for moves in self.moves]),
            track=ints(self._track(stage.track) for stage in self.scenario.stages.values()),
            track_rules=table(track_rules),
            paused=ints(self._paused(name) for name in self.streams),
            turns=p.read_only(p.records(self.contacts.turns, p.TURN)),
            turn_wait=self.contacts.waits(),
            turn_limits=ints(self.contacts.turn_limits),
            turn_assets=ints(self.contacts.turn_assets),
            limits=p.read_only(p.records(self.contacts.limits(), p.LIMIT)),
            asset_purpose=words(self.contacts.purposes()),
            bands=ints(round(1000 * edge) for edge in self.scenario.scoring.bands),
            value=table([self._values(regime) for regime in self.regimes]),
            value_purpose=words(name_hash(format_path(("stages", stage, "value"))) for stage in self.stages),
            channels=p.read_only(p.records([self._channel(name) for name in self.channels], p.CHANNEL)),
            age=ints(self._age(name) for name in self.channels),
            open_leads=p.read_only(p.records(snapshot.records(self.scenario, self.staff.names), p.OPEN_LEAD)),
            row_kinds=p.read_only(self.chances.row_kinds()),
            row_average=p.read_only(self.chances.row_average()),
            row_criteria=p.read_only(self.chances.row_criteria()),
            criteria=p.read_only(self.chances.criteria()),
            kinds=p.read_only(p.records(self.kinds.records(), p.KIND)),
            kind_first=ints(np.cumsum([0, *(len(values) for values in self.values.values())])),
            kind_purpose=words(self.kinds.purposes()),
            row_takes=table([[book.wait(row.takes_path, row.takes) for row in rows] for rows in self._rows()]),
            owner=ints(staff.owners(self.scenario)),
            teams=p.read_only(p.records(staff.team_records, p.TEAM)),
            people=p.read_only(p.records(staff.person_records(), p.PERSON)),
            rules=p.read_only(p.records(self.rules.rules, p.RULE)),
            conditions=p.read_only(p.records(self.rules.conditions, p.CONDITION)),
            rule_people=ints(self.rules.people),
            worked_days=table(staff.worked_days(), time.days + 1),
            marks=table(staff.marks(self.scenario), len(self.stages)),
            stage_flags=ints(stage_flags(self.scenario)),
            start_tick=time.start_tick,
            end_tick=time.end_tick,
            regime_tick=ints(time.regime_tick),
            calendar_tick=ints(time.calendar(dates)),
            cell_edge=ints(time.cell_edge),
            cell_regime=ints(time.cell_regime),
            cohort_edge=ints(time.cohort_edge),
            day_month_tick=ints(time.month_ticks()),
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
                lost = (self._stage(written.otherwise), self.reasons.place((written.reason, True)))
                way = self._way(written.way), self.reasons.place(reason_of_row(move, written))
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
                    *(self.reasons.place(reason) for reason in reasons_of_move(move)),
                    name_hash(move.path),
                )
            )
            first_row += len(move.rows)
            first_turn += len(move.turns)
        return records

    # ------------------------------------------------------------ ways
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
    keys = structure.open_leads["key"].tolist()
    if any(len(set(hashes)) < len(hashes) for hashes in (purposes, names, keys)):
        message = "two names have the same hash; rename a channel, stage, move or open lead"
        raise ScenarioError([Problem(Place(scenario.source or scenario.name), "", message)])
