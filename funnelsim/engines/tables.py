"""Everything an engine reads in one replication, as a few tables of records.

What a program fixes is laid out once (`lay_out`); what differs from one replication to the next is filled in by
`funnelsim.engines.realise`. A record holds all an engine asks of one thing in one regime, so that compiled code passes
few arrays around.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from funnelsim.engines.philox import mix_keys
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


RUN = _records("start_tick", "end_tick", "old_ticks", "sql")
"""Beginning and end of what is counted, the age at which a lead is old, or NONE where its month says so, and the stage
of that name, or NONE."""

CONTAINER = _records(
    "first", "end", "track", "final", "value", "owner", "flags", "first_rule", "end_rule", "paused", key="u8"
)
"""Moves `first` to `end` - 1; for a stage its track (by rules `first_rule` to `end_rule` - 1), whether it is final, the
wait that draws its value, its owner, what it is; for a stream the rule under which it is paused, or NONE."""

MOVE = _records(
    "container", "to", "otherwise", "first_row", "num_rows", "trigger", "trigger_at", "repeats",
    "after", "every", "attempts", "lifetime", "team", "owned", "deadline", "priority", "num_steps", "needs",
    "unanswered", "extend_by", "times", "extend_chance", "per_owner", "void", "first_turn", "num_turns", "cadence",
    "event", "points", "to_reason", "else_reason", key="u8",
)  # fmt: skip
"""As in the program, `trigger_at` also a number of ticks; with the waits, limits and priority of a regime, by how much
it is extended (0: never) and with which threshold, thousandths of a point for a success, and the key of its draws."""

ROW = _records(
    "chance", "per_channel", "per_attempt", "num_attempts", "per_visit", "num_visits", "per_stage", "role", "otherwise",
    "reason", "to", "to_reason", "takes", "cost", "points", "by_points", warm="f8", tired="f8", scored="f8",
)  # fmt: skip
"""As in the program; with the wait that draws its working time, the cost of an attempt, thousandths of a point for
passing it, and what a thousandth of warmth, fatigue and score adds to the logarithm of its odds (`by_points`: whether
any of the three is not 0)."""

TURN = _records(
    "touch", "first_row", "end_row", "engaging_row", "rule", "up_to", "first_limit", "end_limit", "first_asset",
    "end_asset", "wait", "active", "weight", "seen", "false",
)  # fmt: skip
"""As in the program; with its wait (or NONE), whether it is active, its weight of fatigue in thousandths, and the
thresholds of an open being recorded, and of one that did not happen."""

LIMIT = _records("drops", "first", "capacity", "most", "per")
"""As in the program; with the most touches in so many ticks."""

ASSET = _records("number", share="f8", key="u8")
"""How many pieces there are of it; 0 while it is not active."""

CONDITION = _records("by", "value", "low", "high")
"""As in the program; with the bounds of a range, from `low` on and below `high`, in ticks, thousandths or numbers."""

SCORING = _records("half_life", "fatigue_half_life")
"""Ticks in which warmth and fatigue halve; UNLIMITED for never."""


TEAM = _records(
    "first_person", "end_person", "first_rule", "end_rule", "discipline", "cooldown", "protection", "by_activity",
    "most", "hold", "claim_per_day", "queue_limit", hours="f8",
)  # fmt: skip
"""As in the program; with the limits and working hours of a regime, and the ticks of cooldown and protection."""

PERSON = _records("team", "place", "stay", "from_tick", "until_tick", "picks", chance="f8", pace="f8")
"""As in the program; with what multiplies the odds of their attempts, and how fast they work."""

CHANNEL = _records("arrivals", "stage", "age", "backlog", "cost", name="u8", key="u8")
"""As in the program; with the size of its backlog, its cost per lead, and the key of its draws."""

VALUE = _records(key="u8")
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
    open_leads: p.RecordArray
    """Of `program.records.OPEN_LEAD`, by key."""
    row_kinds: p.IntArray
    """(W, Q): steps in the table of chances."""
    row_average: p.IntArray
    """(W, Q): 1 for each kind that the average of a chance is over."""
    row_criteria: p.IntArray
    """(W, 2): where the criteria are that a row asks for."""
    criteria: p.IntArray
    """(n, 2): a kind and its value."""
    kind_first: p.IntArray
    """(Q + 1,): where the values of each kind start."""
    kinds: p.RecordArray
    """(Q,) of `program.records.KIND`."""
    values: p.RecordArray
    """(V,) of `VALUE`."""
    shares: p.FloatArray
    """(R, X), laid out as `program.records.KIND` says."""
    fit: p.IntArray
    """(R, V): thousandths of a point."""
    scoring: p.RecordArray
    """(R,) of `SCORING`."""
    turns: p.RecordArray
    """(R, U) of `TURN`."""
    turn_limits: p.IntArray
    turn_assets: p.IntArray
    limits: p.RecordArray
    """(R, L) of `LIMIT`."""
    assets: p.RecordArray
    """(R, A) of `ASSET`."""
    asset_odds: p.FloatArray
    """(R, A, V + C + S): odds by each value of a kind, each channel and each stage."""
    bands: p.IntArray
    """Edges of the bands of the score profile, in thousandths."""
    teams: p.RecordArray
    """(R, E) of `TEAM`."""
    people: p.RecordArray
    """(N,) of `PERSON`; one who is never there comes and goes at one tick."""
    rules: p.RecordArray
    conditions: p.RecordArray
    """(R, n) of `CONDITION`."""
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
    reference: p.FloatArray
    """Of the row whose chances are being solved: those of the reference lead, one for each that is written."""
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
    run["sql"] = program.stages.index("sql") if "sql" in program.stages else p.NONE
    container = np.zeros((regimes, containers), CONTAINER)
    container["first"], container["end"] = structure.first_move[:-1], structure.first_move[1:]
    container["track"][:, :stages] = structure.track
    container["final"][:, :stages] = program.final
    container["value"][:, :stages] = structure.value
    container["owner"] = p.NONE
    container["owner"][:, :stages], container["flags"][:, :stages] = structure.owner, structure.stage_flags
    container["first_rule"][:, :stages], container["end_rule"][:, :stages] = structure.track_rules.T
    container["paused"] = p.NONE
    container["paused"][:, stages : stages + len(program.streams)] = structure.paused
    move = _spread(structure.moves, MOVE, regimes)
    move["after"], move["every"] = structure.after, structure.every
    row = _spread(structure.rows, ROW, regimes)
    row["takes"] = structure.row_takes
    turn = _spread(structure.turns, TURN, regimes)
    turn["wait"] = structure.turn_wait
    assets = len(program.assets)
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
        open_leads=keyed(structure.open_leads),
        row_kinds=structure.row_kinds,
        row_average=structure.row_average,
        row_criteria=structure.row_criteria,
        criteria=structure.criteria,
        kind_first=structure.kind_first,
        kinds=structure.kinds,
        values=np.zeros(len(structure.kind_purpose), VALUE),
        shares=np.zeros(recipes.share.shape),
        fit=np.zeros(recipes.fit.shape, np.int64),
        scoring=np.zeros(regimes, SCORING),
        turns=turn,
        turn_limits=structure.turn_limits,
        turn_assets=structure.turn_assets,
        limits=_spread(structure.limits, LIMIT, regimes),
        assets=np.zeros((regimes, assets), ASSET),
        asset_odds=np.ones(recipes.asset_odds.shape),
        bands=structure.bands,
        teams=_spread(structure.teams, TEAM, regimes),
        people=people,
        rules=structure.rules,
        conditions=_spread(structure.conditions, CONDITION, regimes),
        rule_people=structure.rule_people,
        worked_days=structure.worked_days,
        marks=structure.marks,
        reasons=np.array([name == REJECTED for name in program.reasons], np.int64),
        staff_tick=_staff_ticks(program),
        threshold=np.zeros((regimes, recipes.num_chances), np.int64),
        reference=np.zeros(max(recipes.chance["num_base"].max(initial=0), 1)),
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


def keyed(open_leads: p.RecordArray) -> p.RecordArray:
    """Return the leads of a snapshot with their keys mixed as those of all leads are (rule 33), by these."""
    mixed = open_leads.copy()
    mix_keys(open_leads["key"], mixed["key"])
    return np.sort(mixed, order="key")


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
