"""What the fast engine keeps of a replication while it runs: leads, moves, people, queues, and what is counted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from funnelsim.engines.jit import lean
from funnelsim.engines.rows import COLUMNS
from funnelsim.engines.tables import UNLIMITED, Tables, lay_out
from funnelsim.engines.tally import AGE_BINS, Layout, layout_of
from funnelsim.program import Program
from funnelsim.program import records as p


def _whole(*names: str, **others: str) -> np.dtype[Any]:
    return np.dtype([*((name, "i8") for name in names), *others.items()], align=True)


AT = _whole(
    "stage", "stream", "channel", "number", "group", "created", "cohort", "cell", "regime", "stalled", "sequence",
    "next_page", "open", "token", "team", "person", "in_line", "joined", "rule", "claimed", "followed_up", "worked",
    "reached", "won", "last_owner", "left", "next_free", "live", "spent", "new", "sales_since", "week_until",
    "week_visit", "week_regime", "week_stage", "week_begun", "in_pipeline",
    "pipeline_since", "came_from", "came_as", "behaviour", "active_since", "warmth", "warm_since", "fatigue",
    "tired_since", "touched", "opted_out", "profiled", "fit_bin", "edge", "enters", "since", "snapshot",
    key="u8",
)  # fmt: skip
"""A lead. Of those that are not plain:

`open`: its requests, works and questions for more time; `token`: whether it holds one. `team`, `person`: whose stages
it is in, and who owns it. `in_line`: whether it waits for an owner, since `joined`, by `rule`; `claimed`: its first
claim by this team. `live`: whether it may still do something; `next_free`: the next free place after it, once it may
not. `new`: created in the counted time. `spent`, `won`, `sales_since`, `week_…`, `…pipeline…`: what figures
about its whole life are made of (`tally.Layout`).

`came_from`, `came_as`: the stage it came from into the present one, and the reason. `behaviour`, `active_since`: what
it last showed, and when it last did anything (rules 59 and 65). `warmth`, `fatigue`: thousandths of a point, as of
when it last got some. `touched`: touches delivered. `profiled`: the tick at which it is looked at how warm it is,
UNLIMITED once that is done; `fit_bin`: what it was worth when it was created. `edge`: the tick at which its rules are
tested next by time alone, or UNLIMITED (rule 68). `enters`: the stage that a lead without a stage has come to, from a
block or to be taken into one; `since`: when it has, in the latter case. `snapshot`: which of the snapshot's leads it
is, or NONE.
"""

OWN = _whole(
    "clock", "from_tick", "attempts", "lifetime", "starts", "started", "phase", "step", "unanswered", "done",
    "extended", "held", "planned",
    "drawn", word="u8",
)  # fmt: skip
"""What a move is to a lead.

Its clock, UNLIMITED while it is silent or waits; the tick its next clock counts from, UNLIMITED where it does not
start anew; attempts in this stay and in all; the visit that keys its draws (rule 33); whether it was started in this
stay; how far its attempt is; the row of its script; attempts in a row that failed at the first row, or touches that
were not engaged; successes; extensions; whether its rule held when it was last tested (rule 68); and the tick for
which an attempt was planned that was postponed since, or NONE (rule 63). `word` decides the next attempt where it was
`drawn` with the wait before it.
"""

# How far an attempt is: its clock runs (or it is silent), it waits for a person, it is worked on, it asks for more
# time.
IDLE, WAITING, WORKING, ASKING = range(4)

REQUEST = _whole("person", "asked", "begun", "order", "queue")
"""A move that waits or is worked on: by whom, when it was asked for and begun, its order in the queue, and where it
waits (a root, or NONE where it waits for an owner)."""

NODE = _whole("order", "since", "move", "child", "next", "before", key="u8")
"""A place in a queue: what it is ordered by, and its neighbours in the heap (`queues`)."""

EVENT = _whole("tick", "slot", key="u8")
"""When a lead is due, its place, and its key."""

WORKER = _whole("busy", "held", "tokens", "day", "claims")
"""A person: whether they work, leads in hand, tokens out, and leads given to them on a day."""

STATE = _whole(
    "logged", "failed", "now", "regime", "next_staff", "pass_due", "next_pass", "step", "team", "events", "free",
    "used", "recent", "warms", "tires", "ruled", "roams", "waits", "loose", "bar",
)  # fmt: skip
"""The run: rows written, why it failed, tick and regime, the next change of staff, whether a pass is due now, when
the next is due by time alone, how far this instant is and with which team, leads in the heap of events, the first
free place for a lead, places used so far, and requests made at this tick. What the program makes use of: rows that
give points, fatigue that moves a chance, rules that trigger moves, ways that lead to streams, touches with waits of
their own. Leads that wait to be taken into a block, and the tick from which on any of these might meet others again."""

BEFORE_ALL = -2
"""The tick at which a run stands before it goes on to its first instant."""

# Why a replication failed.
WENT_ROUND, NO_ROOM = 1, 2


class Run(NamedTuple):
    """Everything one replication reads and writes. L places for leads: one where leads do not meet."""

    tables: Tables
    layout: Layout
    by: int
    state: p.RecordArray
    """(1,) of `STATE`"""
    at: p.RecordArray
    """(L,) of `AT`"""
    own: p.RecordArray
    """(L, M) of `OWN`"""
    requests: p.RecordArray
    """(L, M) of `REQUEST`"""
    visits: p.IntArray
    """(L, S + T + E)"""
    kinds: p.IntArray
    """(L, Q): the lead's segment, and its value of each trait."""
    busy: p.IntArray
    """(L, E): ticks of each team's clock worked on the lead in the counted time."""
    passed: p.IntArray
    """(L, S): 1 for a stage of the pipeline it was in since it came into the pipeline."""
    had: p.IntArray
    """(L, A): pieces of each asset that the lead has had."""
    got_stream: p.IntArray
    """(L, T): 1 for a stream in which it was sent a touch."""
    got_touch: p.IntArray
    """(L, touches): 1 for a touch that was delivered to it."""
    ring: p.IntArray
    """(L, capacities): of each limit of contact the ticks of the last touches, in a ring."""
    ring_count: p.IntArray
    """(L, limits): touches that were ever put into the ring."""
    nodes: p.RecordArray
    """(L * M + L,) of `NODE`: a move of a lead in a queue, or a lead in the line for an owner."""
    roots: p.IntArray
    """(E + N + rules + 2,): teams' queues, people's queues, lines for an owner, questions for more time, and those
    who may be turned away; NONE where empty."""
    waiting: p.IntArray
    """(2, E): requests that wait for whoever of a team, and for its owners."""
    chosen: p.IntArray
    """(rules,): whom each rule of assignment chose last, by place among its people."""
    workers: p.RecordArray
    """(N,) of `WORKER`"""
    events: p.RecordArray
    """(L,) of `EVENT`: a heap of leads by the tick they are due."""
    places: p.IntArray
    """(L,): where each lead is in the heap; NONE where it is not."""
    apart: p.IntArray
    """(S,): where leads are walked in blocks, how many ticks after one has come there it meets others at the earliest;
    NONE where they are walked one by one."""
    loose: p.IntArray
    """(L,): leads that wait to be taken into a block."""
    recent: p.IntArray
    """(L * M,): requests made at this tick, by lead key and move."""
    streams: p.IntArray
    """(C, 4): of each channel the threshold, day, number and tick of its next lead; one row more for a snapshot."""
    counts: npt.NDArray[np.int64]
    """(cohorts, K, groups, kinds)"""
    ages: npt.NDArray[np.int64]
    """(groups, S, bins): age at the first entry to each stage, within the counted cells."""
    waits: npt.NDArray[np.int64]
    """(groups, E, bins): waits for people, within the counted cells."""
    log: npt.NDArray[np.int64]
    """(rows, columns of `rows.LogRow`); rows beyond its length are counted but not written."""
    stop: npt.NDArray[np.int64]
    """(1,): other than 0 once the run is to stop. Several runs may share it."""


def empty_run(
    program: Program,
    by: str | None,
    cohorts: int,
    places: int,
    log_rows: int = 0,
    stop: npt.NDArray[np.int64] | None = None,
) -> Run:
    """Return what one replication reads and writes; used for one after another.

    Parameters
    ----------
    program : Program
    by : str or None
        What leads are grouped by.
    cohorts : int
        At least 1.
    places : int
        How many leads there is room for at one time.
    log_rows : int
        How many rows of the log are kept.
    stop : int array (1,), optional
        Looked at while it runs.
    """
    structure = program.structure
    moves, rules = len(structure.moves), len(structure.rules)
    teams, people, stages = len(program.teams), len(program.people), len(program.stages)
    groups, cells = len(program.group_names(by)), len(structure.cell_regime)
    shared = places if teams else 0
    return Run(
        tables=lay_out(program),
        layout=layout_of(program),
        by=program.grouping(by),
        state=np.zeros(1, STATE),
        at=np.zeros(places, AT),
        own=np.zeros((places, moves), OWN),
        requests=np.zeros((shared, moves), REQUEST),
        visits=np.zeros((places, len(structure.first_move) - 1), np.int64),
        kinds=np.zeros((places, len(program.kinds)), np.int64),
        busy=np.zeros((places, teams), np.int64),
        passed=np.zeros((places, stages), np.int64),
        had=np.zeros((places, len(program.assets)), np.int64),
        got_stream=np.zeros((places, len(program.streams)), np.int64),
        got_touch=np.zeros((places, len(program.touches)), np.int64),
        ring=np.zeros((places, int(structure.limits["capacity"].sum())), np.int64),
        ring_count=np.zeros((places, len(structure.limits)), np.int64),
        nodes=np.zeros(shared * (moves + 1), NODE),
        roots=np.zeros(teams + people + rules + 2, np.int64),
        waiting=np.zeros((2, teams), np.int64),
        chosen=np.zeros(rules, np.int64),
        workers=np.zeros(people, WORKER),
        events=np.zeros(shared, EVENT),
        places=np.zeros(places, np.int64),
        apart=np.full(stages, p.NONE, np.int64),
        loose=np.zeros(shared, np.int64),
        recent=np.zeros(shared * moves, np.int64),
        streams=np.zeros((len(program.channels) + (len(structure.open_leads) > 0), 4), np.int64),
        counts=np.zeros((cohorts, cells, groups, layout_of(program).size), np.int64),
        ages=np.zeros((groups, stages, AGE_BINS), np.int64),
        waits=np.zeros((groups, teams, AGE_BINS), np.int64),
        log=np.zeros((log_rows, len(COLUMNS)), np.int64),
        stop=np.zeros(1, np.int64) if stop is None else stop,
    )


@lean
def clear(run: Run) -> None:
    """Make everything ready for a replication; the leads' own places are cleared when they come."""
    run.counts.fill(0)
    run.ages.fill(0)
    run.waits.fill(0)
    run.roots.fill(p.NONE)
    run.waiting.fill(0)
    run.chosen.fill(p.NONE)
    state = run.state[0]
    state.logged = 0
    state.failed = 0
    state.now = BEFORE_ALL
    state.regime = 0
    state.next_staff = 0
    state.step = 0
    state.team = 0
    state.pass_due = 0
    state.next_pass = UNLIMITED
    state.events = 0
    state.free = p.NONE
    state.used = 0
    state.recent = 0
    state.loose = 0
    state.bar = UNLIMITED
    note_use(run)
    for i in range(len(run.workers)):
        run.workers[i].busy = 0
        run.workers[i].held = 0
        run.workers[i].tokens = 0
        run.workers[i].day = 0
        run.workers[i].claims = 0


@lean
def note_use(run: Run) -> None:
    """Note what the program makes use of, so that the others pay nothing for it."""
    state, tables, stages = run.state[0], run.tables, run.ages.shape[1]
    state.warms = 0
    state.tires = 0
    state.ruled = 0
    state.roams = 0
    state.waits = 0
    for regime in range(tables.moves.shape[0]):
        for i in range(tables.rows.shape[1]):
            row = tables.rows[regime, i]
            if row.points != 0:
                state.warms = 1
            if row.tired != 0.0:
                state.tires = 1
            if row.to >= stages:
                state.roams = 1
        for i in range(tables.moves.shape[1]):
            move = tables.moves[regime, i]
            if move.trigger == p.ON_RULE:
                state.ruled = 1
            if move.to >= stages or move.otherwise >= stages:
                state.roams = 1
        for i in range(tables.turns.shape[1]):
            if tables.turns[regime, i].wait >= 0:
                state.waits = 1
