"""Everything an engine reads in one replication, as a few tables of records.

What a program fixes is laid out once (`lay_out`); what differs from one replication to the next is filled in by
`funnelsim.engines.realise`. A record holds all an engine asks of one thing in one regime, so that compiled code passes
few arrays around.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from funnelsim.engines.samplers import GAMMA_TABLE, WAIT
from funnelsim.program import Program
from funnelsim.program import records as p

UNLIMITED = 1 << 62
"""A limit no lead reaches, and the tick of a clock that does not run."""

REJECTED = "rejected"
"""The reason with which a lead is sent back as not meeting the definition (DOMAIN D2.3)."""

LEAD = 1 << 32
"""One lead, in the units that arrivals are counted in (rule 10)."""


def _records(*fields: str, **others: str) -> np.dtype[Any]:
    return np.dtype([*((name, "i8") for name in fields), *others.items()], align=True)


RUN = _records("start_tick", "end_tick", "old_ticks")
"""Beginning and end of what is counted, and the age at which a lead is old, or NONE where its month says so."""

CONTAINER = _records("first", "end", "track", "final", "value", "owner", "flags", key="u8")
"""Moves `first` to `end` - 1; for a stage its track, whether it is final, the wait that draws its value, its owner,
what it is."""

MOVE = _records(
    "container", "to", "otherwise", "first_row", "num_rows", "trigger", "trigger_at", "repeats",
    "after", "every", "attempts", "lifetime", "team", "owned", "deadline", "priority", "num_steps", "needs",
    "unanswered", "extend_by", "times", "extend_chance", "per_owner", "void", "to_reason", "else_reason", key="u8",
)  # fmt: skip
"""As in the program, `trigger_at` also a number of ticks; with the waits, limits and priority of a regime, by how much
it is extended (0: never) and with which threshold, and the key of its draws."""

ROW = _records(
    "chance", "per_channel", "per_attempt", "num_attempts", "per_visit", "num_visits", "touch", "otherwise", "reason",
    "takes", "cost",
)  # fmt: skip
"""As in the program; with the wait that draws its working time, and the cost of an attempt."""

TEAM = _records(
    "first_person", "end_person", "first_rule", "end_rule", "discipline", "cooldown", "protection", "by_activity",
    "most", "hold", "claim_per_day", "queue_limit", hours="f8",
)  # fmt: skip
"""As in the program; with the limits and working hours of a regime, and the ticks of cooldown and protection."""

PERSON = _records("team", "place", "stay", "from_tick", "until_tick", "picks", chance="f8", pace="f8")
"""As in the program; with what multiplies the odds of their attempts, and how fast they work."""

CHANNEL = _records("arrivals", "stage", "age", "backlog", "cost", name="u8", key="u8")
"""As in the program; with the size of its backlog, its cost per lead, and the key of its draws."""

VALUE = _records(share="f8", key="u8")
"""A segment, or a value of a trait."""


class Tables(NamedTuple):
    """What an engine reads. Sizes as in `funnelsim.program.program`."""

    run: p.RecordArray
    """(1,) of `RUN`."""
    containers: p.RecordArray
    """(R, S + T) of `CONTAINER`: stages, then streams."""
    moves: p.RecordArray
    """(R, M) of `MOVE`."""
    rows: p.RecordArray
    """(R, W) of `ROW`."""
    channels: p.RecordArray
    """(R, C) of `CHANNEL`."""
    row_kinds: p.IntArray
    """(W, Q): steps in the table of chances."""
    kind_first: p.IntArray
    """(Q + 1,): where the values of each kind start."""
    values: p.RecordArray
    """(R, V) of `VALUE`."""
    teams: p.RecordArray
    """(R, E) of `TEAM`."""
    people: p.RecordArray
    """(N,) of `PERSON`; one who is never there comes and goes at one tick."""
    rules: p.RecordArray
    conditions: p.RecordArray
    rule_people: p.IntArray
    worked_days: p.IntArray
    """(E, days + 1): working days before each day."""
    marks: p.IntArray
    """(E, S)"""
    reasons: p.IntArray
    """1 for the reason of leads that do not meet the definition."""
    staff_tick: p.IntArray
    """When a change takes hold, or somebody may come or go: ascending."""
    threshold: p.IntArray
    """(R, chances): a draw below it is a success."""
    waits: p.RecordArray
    """Of `samplers.WAIT`; durations in ticks, amounts in ten-thousandths."""
    pool: p.FloatArray
    """Values of empirical waits, then tables of gamma quantiles."""
    expected: p.IntArray
    """(C, days + 1): leads expected by the beginning of each day, in 1 / `LEAD`."""
    spend: p.IntArray
    """(C, K): money that flows evenly, in each cell."""
    labour: p.IntArray
    """(E, K): salaries earned in each cell."""
    parameters: p.FloatArray
    """(P,): value of each parameter."""
    regime_tick: p.IntArray
    calendar_tick: p.IntArray
    cell_edge: p.IntArray
    cell_regime: p.IntArray
    cohort_edge: p.IntArray
    day_month_tick: p.IntArray


def lay_out(program: Program) -> Tables:
    """Return the tables of a program with all that is the same in every replication."""
    structure, recipes = program.structure, program.recipes
    regimes = len(structure.regime_tick)
    stages, containers = len(program.stages), len(structure.first_move) - 1
    run = np.zeros(1, RUN)
    run["start_tick"], run["end_tick"] = structure.start_tick, structure.end_tick
    container = np.zeros((regimes, containers), CONTAINER)
    container["first"], container["end"] = structure.first_move[:-1], structure.first_move[1:]
    container["track"][:, :stages] = structure.track
    container["final"][:, :stages] = program.final
    container["value"][:, :stages] = structure.value
    container["owner"] = p.NONE
    container["owner"][:, :stages], container["flags"][:, :stages] = structure.owner, structure.stage_flags
    move = _spread(structure.moves, MOVE, regimes)
    move["after"], move["every"] = structure.after, structure.every
    row = _spread(structure.rows, ROW, regimes)
    row["takes"] = structure.row_takes
    people = _spread(structure.people, PERSON, 1)[0]
    channel = _spread(structure.channels, CHANNEL, regimes)
    channel["age"] = structure.age
    pool = np.zeros(len(recipes.samples) + recipes.num_gamma * GAMMA_TABLE)
    pool[: len(recipes.samples)] = recipes.samples
    return Tables(
        run=run,
        containers=container,
        moves=move,
        rows=row,
        channels=channel,
        row_kinds=structure.row_kinds,
        kind_first=structure.kind_first,
        values=np.zeros((regimes, len(structure.kind_purpose)), VALUE),
        teams=_spread(structure.teams, TEAM, regimes),
        people=people,
        rules=structure.rules,
        conditions=structure.conditions,
        rule_people=structure.rule_people,
        worked_days=structure.worked_days,
        marks=structure.marks,
        reasons=np.array([name == REJECTED for name in program.reasons], np.int64),
        staff_tick=_staff_ticks(program),
        threshold=np.zeros((regimes, recipes.num_chances), np.int64),
        waits=np.zeros(len(recipes.waits), WAIT),
        pool=pool,
        expected=np.zeros((len(program.channels), recipes.lead_units.shape[1] + 1), np.int64),
        spend=np.zeros((len(program.channels), len(structure.cell_regime)), np.int64),
        labour=np.zeros((len(program.teams), len(structure.cell_regime)), np.int64),
        parameters=np.zeros(len(recipes.parameters)),
        regime_tick=structure.regime_tick,
        calendar_tick=structure.calendar_tick,
        cell_edge=structure.cell_edge,
        cell_regime=structure.cell_regime,
        cohort_edge=structure.cohort_edge,
        day_month_tick=structure.day_month_tick,
    )


def _staff_ticks(program: Program) -> p.IntArray:
    structure = program.structure
    named = structure.people[structure.people["stay"] == p.NONE]
    ticks = {*structure.regime_tick[1:].tolist(), *program.recipes.headcount[:, 1].tolist()}
    ticks |= {*named["from_tick"].tolist(), *named["until_tick"].tolist()}
    return np.array(sorted(tick for tick in ticks if tick < structure.end_tick), np.int64)


def _spread(records: p.RecordArray, dtype: np.dtype[Any], regimes: int) -> p.RecordArray:
    """Return the same records for every regime, with room for what regimes add."""
    spread = np.zeros((regimes, len(records)), dtype)
    for name in records.dtype.names or ():
        if name in (dtype.names or ()):
            spread[name] = records[name]
    return spread
