"""Ids: how the parts of a scenario may be called, and which words are taken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from funnelsim.scenario.problems import RefusedError, shown

RESERVED = frozenset(
    {"all", "none", "keep", "never", "auto", "unlimited", "cadence", "time", "date"}
    | {"spend", "revenue", "leads", "new_leads", "reopened", "touches", "responses"}
)
"""Words that mean something themselves, so that nothing can be called so."""

METRICS = frozenset(
    {"follow_ups", "dials", "reached", "conversations", "meetings"}
    | {"dials_per_reached", "dials_per_conversation", "conversations_per_meeting"}
    | {
        "endangered",
        "weighted_pipeline",
        "pipeline_brought",
        "rejection_rate",
        "starved_sqls",
        "judged_sqls",
        "starved_share",
    }
    | {"wasted_spend", "wasted_share", "price_per_new_lead"}
    | {"delivered", "bounces", "opens", "recorded_opens", "clicks", "opt_outs", "withheld", "postponed"}
    | {"delivery_rate", "bounce_rate", "open_rate", "recorded_open_rate", "click_rate", "opt_out_rate"}
    | {"warmth_given", "auc"}
)
"""The names of metrics that hold no other name, so that no stage can be called so."""

_OF_STAGES = (
    "first_ fast_ old_ share_ rate_ lvr_ stalled_ in_ days_to_ value_ spend_ p90_ accepted_ rejected_ observed_ "
)
_PER_STAGE = "cost_per_ touches_per_ follow_ups_per_ extended_ "
_OF_TEAMS = "utilisation_ load_ wait_ queue_ turned_away_ held_ unowned_ lapsed_ claims_ "
_OF_TRACKS = "joined_ left_ track_ touches_of_ nurtured_ other_ lift_ withheld_ "
METRIC_STARTS = tuple(f"{_OF_STAGES}{_PER_STAGE}{_OF_TEAMS}{_OF_TRACKS}hours_per_ lost_".split())
"""How the names of metrics start that a stage, a team, a track or a reason ends: no stage can be called so.

``track_`` is among them since ``in_track_drip`` would mean two things.
"""

TEAM_STARTS = ("per_person_", "spread_")
"""How no team can be called, since ``held_per_person_sales`` would mean two things."""

NO_TRAITS = frozenset(
    {"segment", "channel", "attempt", "visit", "uncertain", "dist"}
    | {"lead", "stage", "stream", "move", "team", "outcome", "cost", "value", "replication", "period", "cohort"}
    | {"owner", "person", "reason", "group", "track", "origin"}
    | {"from", "behaviour", "score", "age", "silent", "touched", "warmth", "fatigue", "chance", "odds"}
)
"""What chances, odds, conditions and figures go by without traits, so that no trait can be called so."""

BEHAVIOURS = frozenset({"opened", "clicked", "answered", "delivered"})
"""What a lead does with a touch, so that no event can be called so."""

LONGEST_NAME = 40
SLUG = rf"[a-z][a-z0-9_]{{0,{LONGEST_NAME - 1}}}"


_ANY_NAME: ContextVar[bool] = ContextVar("any_name", default=False)


@contextmanager
def any_name() -> Iterator[None]:
    """Take any text for an id, where a scenario is read only to find what else is wrong with it."""
    token = _ANY_NAME.set(True)
    try:
        yield
    finally:
        _ANY_NAME.reset(token)


def _refuse(message: str, raw: object) -> None:
    if not (isinstance(raw, str) and _ANY_NAME.get()):
        raise RefusedError(message)


def read_slug(raw: object) -> str:
    """Read an id: small letters, digits and ``_``."""
    if not isinstance(raw, str) or not re.fullmatch(SLUG, raw):
        _refuse(
            f"{shown(raw)} is no id: write up to {LONGEST_NAME} small letters, digits and _, a letter first; "
            "any other text goes into label",
            raw,
        )
    return str(raw)


def read_name(raw: object) -> str:
    """Read the id of a part of a scenario, which must not read like a metric or a word of the language."""
    name = read_slug(raw)
    if name in RESERVED:
        _refuse(f"'{name}' is a reserved name; choose another, such as '{name}_1'", name)
    if "_to_" in f"_{name}_":
        _refuse(f"'{name}' holds 'to', which joins two stages in the names of metrics; write it without", name)
    return name


def read_stage_name(raw: object) -> str:
    """Read the id of a stage, which also must not start like the name of a metric."""
    name = read_name(raw)
    if name in METRICS:
        _refuse(f"'{name}' is a reserved name, that of a metric; choose another, such as '{name}_1'", name)
    _refuse_starts(name, METRIC_STARTS)
    return name


def read_team_name(raw: object) -> str:
    """Read the id of a team, which must not make the name of a metric mean two things."""
    name = read_name(raw)
    _refuse_starts(name, TEAM_STARTS)
    return name


def _refuse_starts(name: str, starts: tuple[str, ...]) -> None:
    for start in starts:
        if name.startswith(start):
            _refuse(f"'{name}' starts with '{start}' as the names of metrics do; choose another name", name)


def read_track_move_name(raw: object) -> str:
    """Read the id of a move of a track, beside its touches."""
    name = read_name(raw)
    if name == "touch":
        raise RefusedError("'touch' names the touches of the track itself; choose another name for this move")
    return name


def read_event_name(raw: object) -> str:
    """Read the id of an event, which stands beside what leads do with touches."""
    name = read_name(raw)
    if name in BEHAVIOURS:
        _refuse(f"'{name}' is what a lead does with a touch; choose another name, such as '{name}_it'", name)
    return name


def read_trait_name(raw: object) -> str:
    """Read the id of a trait, which stands beside segment, channel, attempt and visit."""
    name = read_name(raw)
    if name in NO_TRAITS:
        _refuse(f"'{name}' is a word of tables already; choose another name, such as '{name}_kind'", name)
    return name
