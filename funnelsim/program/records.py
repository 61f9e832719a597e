"""Codes, records and arrays that programs are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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

RULES = -3
"""A stage's track: what its rules say (rule 65)."""

# Triggers of a move (rules 26 to 28, 50, 66, 68 and 69).
UNTRIGGERED, ON_ENTERING, ON_DATE, ON_IDLE, ON_FOLLOW_UP, ON_EVENT, ON_RULE, ON_ANNIVERSARY = range(8)

# What a row of a touch is (rule 58); rows of other moves are plain.
PLAIN, DELIVERED, OPT_OUT, OPEN, CLICK, RESPONSE = range(6)

# The last behaviour of a lead (rule 59); events follow, in the order of `Program.events`.
NO_BEHAVIOUR, OPENED, CLICKED, ANSWERED, EVENT = range(5)

# Which request a person takes first (rule 42).
FIFO, NEWEST, PRIORITY, DEADLINE, EVEN = range(5)

# How a rule picks among those who may take a lead (rule 46).
LEAST_LOADED, ROUND_ROBIN = range(2)

# What makes a recycling move void (rule 50): the lead has reached an opportunity stage since it was claimed, or was
# ever won.
NOT_VOID, VOID_IF_REACHED, VOID_IF_WON = range(3)

# What a stage is, as bits of `Structure.stage_flags`. An SQL stage has an owner; a goal is what an SQL is to become.
SALES, WORKED, PIPELINE, WON, SQL, GOAL = (1 << bit for bit in range(6))

# How a channel's leads come (rules 10 and 11).
POISSON, EVENLY, BACKLOG = range(3)
LINEAR, POWER, HILL = range(3)

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
    LENGTH,  # a constant of at least a tick
) = range(12)

# By what a chance is written as a table, or leads are grouped; BY_KIND + q is by kind q (segment, then traits).
BY_NOTHING, BY_CHANNEL, BY_ATTEMPT, BY_VISIT, BY_KIND = range(5)

BY_ORIGIN = -9
"""Leads are grouped by whether they were there at the start; below what conditions look at."""

OF_OPEN, OF_NEW = range(2)
"""Origins: created before the start, and in the counted time."""

# What else a condition looks at (rule 65): names, then what lies within a range.
BY_REASON, BY_FROM, BY_STAGE, BY_BEHAVIOUR, BY_SCORE, BY_AGE, BY_SILENCE, BY_TOUCHED = range(-1, -9, -1)

MOVE = np.dtype(
    [
        ("container", "i8"),  # stage, or S + stream
        ("to", "i8"),  # stage, or S + stream, or NONE: the lead stays
        ("otherwise", "i8"),  # stage, or S + stream, or NONE: falls silent
        ("first_row", "i8"),
        ("num_rows", "i8"),
        ("trigger", "i8"),
        ("trigger_at", "i8"),  # a stage, a tick, a behaviour, or a rule
        ("repeats", "i8"),  # 1 where there is an `every`
        ("team", "i8"),  # whose people it takes, or NONE
        ("owned", "i8"),  # 1 where the lead's owner does it
        ("deadline", "i8"),  # 1 where it is a deadline (rule 7)
        ("num_steps", "i8"),  # of its script: its rows after the first
        ("void", "i8"),  # of a recycling move
        ("first_turn", "i8"),  # of a move that makes touches: its turns, in rotation
        ("num_turns", "i8"),  # 0 for any other
        ("cadence", "i8"),  # 1 for the rotation of a track, which can be paused
        ("event", "i8"),  # the behaviour that a success is, or NONE
        ("to_reason", "i8"),  # why a lead goes `to`, and `otherwise`: into `Program.reasons`
        ("else_reason", "i8"),
        ("purpose", "u8"),  # hash of the name that keys its draws
    ],
    align=True,
)

ROW = np.dtype(
    [
        ("chance", "i8"),  # where its chances start in a regime's table
        ("per_channel", "i8"),  # steps in the table; 0 where the chance does not differ by it
        ("per_attempt", "i8"),
        ("num_attempts", "i8"),
        ("per_visit", "i8"),
        ("num_visits", "i8"),
        ("per_stage", "i8"),
        ("role", "i8"),  # PLAIN, or what it is of a touch
        ("otherwise", "i8"),  # of a script's step, or a delivery: the stage of who is lost there, or NONE
        ("reason", "i8"),  # why they go there
        ("to", "i8"),  # of a touch: where passing it leads, as of a move; RESPONSE leads where its move does
        ("to_reason", "i8"),
    ],
    align=True,
)

TURN = np.dtype(
    [
        ("touch", "i8"),  # into `Program.touches`
        ("first_row", "i8"),
        ("end_row", "i8"),
        ("engaging_row", "i8"),  # the first of OPEN, CLICK and RESPONSE
        ("rule", "i8"),  # who gets it: a rule, or NONE for everybody
        ("up_to", "i8"),  # 1 where its wait ends with an activity
        ("first_limit", "i8"),  # into `Structure.turn_limits`
        ("end_limit", "i8"),
        ("first_asset", "i8"),  # into `Structure.turn_assets`; none where it needs no content
        ("end_asset", "i8"),
    ],
    align=True,
)
"""A touch as one of those that a move makes in rotation."""

LIMIT = np.dtype(
    [
        ("drops", "i8"),  # 1: what goes beyond is dropped, 0: it is postponed
        ("first", "i8"),  # where the ticks of a lead's last touches are kept
        ("capacity", "i8"),  # how many of them
    ],
    align=True,
)

KIND = np.dtype(
    [
        ("first", "i8"),  # its values are `first` to `end` - 1
        ("end", "i8"),
        ("first_share", "i8"),  # of each cell of the table below, the shares of all its values
        ("of", "i8"),  # of an observed trait: the kind it is of, or NONE
        ("per_segment", "i8"),  # steps in its table of shares; 0 where they do not differ by it
        ("per_channel", "i8"),
        ("per_true", "i8"),  # by the value of `of`
    ],
    align=True,
)
"""What leads differ by: the segment, a trait or an observed one (rules 34 and 53).

The share of value v given a segment, a channel and a true value stands at `first_share` + (cell) * values + v, with
cell = segment * per_segment + channel * per_channel + true * per_true. Channel C is "whatever the channel".
"""

CHANNEL = np.dtype(
    [
        ("arrivals", "i8"),
        ("stage", "i8"),
        ("name", "u8"),  # 24 bits
        ("purpose", "u8"),  # keys the gaps between arrivals, or a backlog lead's age
    ],
    align=True,
)

OPEN_LEAD = np.dtype(
    [
        ("channel", "i8"),
        ("stage", "i8"),
        ("age", "i8"),  # ticks since it was created, at the start
        ("in_stage", "i8"),  # ticks since it came to its stage
        ("segment", "i8"),  # or NONE: it is drawn
        ("person", "i8"),  # who owns it, or NONE
        ("value", "i8"),  # what it is worth when it is won, or NONE: it is drawn
        ("touches", "i8"),  # touches so far, or NONE: as many as there would have been
        ("key", "u8"),  # of the lead
    ],
    align=True,
)
"""A lead of a snapshot (rule 71)."""

TEAM = np.dtype(
    [
        ("first_person", "i8"),
        ("end_person", "i8"),
        ("first_rule", "i8"),
        ("end_rule", "i8"),
        ("discipline", "i8"),
    ],
    align=True,
)

PERSON = np.dtype(
    [
        ("team", "i8"),
        ("place", "i8"),  # in the team, from 0
        ("stay", "i8"),  # of those who are counted: the number of this stay at the place, from 0; else NONE
        ("from_tick", "i8"),  # of those who are named
        ("until_tick", "i8"),
        ("picks", "i8"),
    ],
    align=True,
)

RULE = np.dtype(
    [
        ("first_condition", "i8"),
        ("end_condition", "i8"),
        ("first_person", "i8"),  # into `Structure.rule_people`
        ("end_person", "i8"),
        ("by", "i8"),
        ("to", "i8"),  # of a stage's rule: the stream, NONE or KEEP
    ],
    align=True,
)

CONDITION = np.dtype([("by", "i8"), ("value", "i8")], align=True)
"""The lead is of this channel (BY_CHANNEL), has this value of a kind (BY_KIND + q), or this reason, and so on: one of
those with the same `by`. Of BY_SCORE and what follows it lies in a range, and `value` is nothing."""

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
        ("base", "i8"),  # into `Recipes.lists`: one parameter, or one for each of what `by` names
        ("num_base", "i8"),
        ("average", "i8"),  # 1: the written chance is the average over kinds of leads
    ],
    align=True,
)


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the array after taking away the right to write to it."""
    array.setflags(write=False)
    return array


def records(rows: Sequence[tuple[Any, ...]], dtype: np.dtype[Any]) -> RecordArray:
    """Return rows as an array of records, also when there are none."""
    return np.array(list(rows), dtype) if rows else np.zeros(0, dtype)
