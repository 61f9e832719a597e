"""The program: what a scenario becomes, and all an engine knows.

Two groups of arrays. `Structure` is the same in every replication: which moves a stage has, where they lead, when
periods and changes begin. `Recipes` say how the numbers of one replication (waits, chances, costs, rates) follow from
its parameters, of which some may be uncertain. Tracks and touches are gone: a track is a container of moves, a touch
is a row of its move.

Sizes, used in all shapes below: S stages, T streams, M moves, W rows, C channels, G segments, R regimes (one more
than there are changes), K cells, P parameters. A *cell* is a piece of time in which neither period nor regime
changes: within it counts determine costs.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
WordArray = npt.NDArray[np.uint64]
RecordArray = npt.NDArray[Any]
Record = Any
"""One record of such an array; type checkers do not know its fields."""

NONE = -1
"""No stage, no stream, no limit, no parameter."""

KEEP = -2
"""A stage's track: stay in whatever stream the lead is in."""

# Triggers of a move (rules 26 to 28).
UNTRIGGERED, ON_ENTERING, ON_DATE, ON_IDLE = range(4)

# How a channel's leads come (rules 10 and 11).
POISSON, EVENLY, BACKLOG = range(3)

# What is believed of a parameter.
FIXED, RANGE_OF_CHANCE, RANGE, UNIFORM_RANGE, BETA, DRAWS = range(6)

# What the parameters of a wait are.
(
    NEVER,
    CONSTANT,
    UNIFORM,
    EXPONENTIAL,
    LOGNORMAL_RANGE,
    LOGNORMAL_MOMENTS,
    LOGNORMAL_MEDIAN,
    GAMMA_MOMENTS,
    GAMMA_SHAPE,
    WEIBULL,
    EMPIRICAL,
) = range(11)

# By what a chance is written as a table.
BY_NOTHING, BY_SEGMENT, BY_CHANNEL, BY_ATTEMPT, BY_VISIT = range(5)

MOVE = np.dtype(
    [
        ("container", "i8"),  # stage, or S + stream
        ("to", "i8"),  # stage, or NONE: the lead stays
        ("otherwise", "i8"),  # stage, or NONE: falls silent
        ("first_row", "i8"),
        ("num_rows", "i8"),
        ("trigger", "i8"),
        ("trigger_at", "i8"),  # a stage, a tick, or a number of ticks
        ("repeats", "i8"),  # 1 where there is an `every`
        ("purpose", "u8"),  # hash of the name that keys its draws
    ],
    align=True,
)

ROW = np.dtype(
    [
        ("chance", "i8"),  # where its chances start in a regime's table
        ("per_segment", "i8"),  # steps in the table; 0 where the chance does not differ by it
        ("per_channel", "i8"),
        ("per_attempt", "i8"),
        ("num_attempts", "i8"),
        ("per_visit", "i8"),
        ("num_visits", "i8"),
        ("touch", "i8"),  # 1 where it is a track's touch
    ],
    align=True,
)

CHANNEL = np.dtype(
    [
        ("arrivals", "i8"),
        ("stage", "i8"),
        ("name", "u8"),  # 24 bits
        ("purpose", "u8"),  # keys the gaps between arrivals, or a backlog lead's age
    ],
    align=True,
)

PARAMETER = np.dtype(
    [
        ("belief", "i8"),
        ("first", "f8"),
        ("second", "f8"),
        ("offset", "i8"),  # into `Recipes.samples`, for DRAWS
        ("count", "i8"),
        ("purpose", "u8"),
    ],
    align=True,
)

WAIT_RECIPE = np.dtype(
    [
        ("form", "i8"),
        ("first", "i8"),  # a parameter, or NONE
        ("second", "i8"),
        ("offset", "i8"),  # EMPIRICAL: into `Recipes.samples`; gamma: which table
        ("count", "i8"),
    ],
    align=True,
)

CHANCE_RECIPE = np.dtype(
    [
        ("by", "i8"),
        ("base", "i8"),  # into `Recipes.lists`: one parameter, or one for each segment, channel, attempt or visit
        ("num_base", "i8"),
        ("segment_odds", "i8"),  # into `Recipes.lists`, or NONE
        ("channel_odds", "i8"),
        ("attempt_odds", "i8"),
        ("num_attempt_odds", "i8"),
        ("visit_odds", "i8"),
        ("num_visit_odds", "i8"),
        ("average", "i8"),  # 1: the written chance is the average over segments
    ],
    align=True,
)


class Structure(NamedTuple):
    """What is the same in every replication."""

    first_move: IntArray
    """(S + T + 1,): the moves of container c are ``first_move[c]`` to ``first_move[c + 1] - 1``."""
    moves: RecordArray
    """(M,) of `MOVE`."""
    rows: RecordArray
    """(W,) of `ROW`."""
    after: IntArray
    """(R, M): a wait, by its place in `Recipes.waits`."""
    every: IntArray
    """(R, M): a wait."""
    track: IntArray
    """(S,): a stream, NONE or KEEP."""
    value: IntArray
    """(R, S): what entering the stage is worth, drawn like a wait but in money."""
    value_purpose: WordArray
    """(S,)"""
    channels: RecordArray
    """(C,) of `CHANNEL`."""
    age: IntArray
    """(C,): a wait, the age of a backlog's leads."""
    segment_purpose: WordArray
    """(G,)"""
    start_tick: int
    end_tick: int
    regime_tick: IntArray
    """(R,): when each regime takes hold; the first at 0."""
    calendar_tick: IntArray
    """When the calendar acts on leads: regimes after the first, and dates of triggers; ascending, inside the run."""
    cell_edge: IntArray
    """(K + 1,): cells cover the run; cell 0 is the warm-up, and may be empty."""
    cell_regime: IntArray
    """(K,)"""
    cohort_edge: IntArray
    """(periods + 1,): edges of the periods; leads created before the first are cohort 0."""
    old_ticks: int
    """Age at which a lead is old, or NONE where one created in an earlier calendar month is."""
    day_month_tick: IntArray
    """(days,): tick at which the calendar month of each day began (may be negative)."""


class Recipes(NamedTuple):
    """How the numbers of a replication follow from its parameters."""

    parameters: RecordArray
    """(P,) of `PARAMETER`."""
    samples: FloatArray
    """Posterior draws, and values and cumulative weights of empirical waits."""
    lists: IntArray
    """Lists of parameters that other recipes point into."""
    waits: RecordArray
    """Of `WAIT_RECIPE`; the first is NEVER."""
    num_gamma: int
    attempts: IntArray
    """(R, M): a parameter, or NONE without limit."""
    lifetime: IntArray
    """(R, M): a parameter, or NONE without limit."""
    chance: RecordArray
    """(R, W) of `CHANCE_RECIPE`."""
    num_chances: int
    """Length of a regime's table of chances."""
    cost: IntArray
    """(R, W): a parameter."""
    lead_cost: IntArray
    """(R, C): a parameter."""
    share: IntArray
    """(R, G): a parameter."""
    backlog: IntArray
    """(C,): a parameter, or NONE."""
    lead_term: IntArray
    """(terms, 2): channel and parameter."""
    lead_units: FloatArray
    """(terms, days): how much of the parameter flows on each day."""
    spend_term: IntArray
    """(terms, 2): channel and parameter."""
    spend_units: FloatArray
    """(terms, K + 1): how much of the parameter has been spent by each cell's edge."""


@dataclass(frozen=True)
class Program:
    """A compiled scenario.

    Names are for people and logs; engines use positions only. Arrays cannot be written to.
    """

    name: str
    variant: str | None
    start: dt.date
    begin: dt.date
    currency: str
    stages: tuple[str, ...]
    streams: tuple[str, ...]
    moves: tuple[str, ...]
    rows: tuple[str, ...]
    channels: tuple[str, ...]
    segments: tuple[str, ...]
    final: tuple[bool, ...]
    parameters: tuple[str, ...]
    structure: Structure
    recipes: Recipes
    cell_period: tuple[int, ...]
    """The period of each cell; NONE for the warm-up."""

    @property
    def uncertain(self) -> bool:
        """Whether any parameter has to be drawn for each replication."""
        return bool(np.any(self.recipes.parameters["belief"] != FIXED))

    @property
    def period_dates(self) -> npt.NDArray[np.datetime64]:
        """(periods,): when each period begins."""
        milliseconds = self.structure.cohort_edge[:-1].astype("timedelta64[ms]")
        return np.datetime64(self.begin, "ms") + milliseconds

    def digest(self) -> str:
        """Name of everything an engine would see: equal digests, equal runs."""
        hashed = hashlib.blake2b(digest_size=16)
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple) and hasattr(value, "_fields"):
                for array_name, array in zip(value._fields, value, strict=True):
                    hashed.update(f"{array_name}:{np.asarray(array).dtype.str}:{np.shape(array)}".encode())
                    hashed.update(np.ascontiguousarray(array).tobytes())
            else:
                hashed.update(f"{field.name}:{json.dumps(value, default=str)}".encode())
        return hashed.hexdigest()


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the array after taking away the right to write to it."""
    array.setflags(write=False)
    return array


def records(rows: Sequence[tuple[Any, ...]], dtype: np.dtype[Any]) -> RecordArray:
    """Return rows as an array of records, also when there are none."""
    return np.array(list(rows), dtype) if rows else np.zeros(0, dtype)
