"""What metrics are made of, read off the Dataset of `tables`; every metric that is not here is made of these."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import xarray as xr

from funnelsim.metrics.definition import Over
from funnelsim.metrics.definitions import COUNTABLE

Count = Callable[[xr.Dataset, str], xr.DataArray]
"""Takes the Dataset, by period or by cohort, and what the place of a pattern stands for.

It returns whole numbers, of money in ten-thousandths and of time in ticks.
"""


def _succeeded(data: xr.Dataset, rows: xr.DataArray) -> xr.DataArray:
    return data["attempts"].isel(row=rows).sel(outcome="succeeded")


def _of_turns(data: xr.Dataset, name: str) -> xr.DataArray:
    """Sum over turns, and over ages and whys where there are any; nothing where no move makes touches."""
    if name not in data:
        return data["created"].sum("channel") * 0
    return data[name].sum([dim for dim in ("turn", "age", "why") if dim in data[name].dims])


def _overheads(data: xr.Dataset, _: str) -> xr.DataArray:
    return data["overheads"].sum("overhead") if "overheads" in data else data["spend_media"] * 0


def _passed(data: xr.Dataset, role: str) -> xr.DataArray:
    return _succeeded(data, data["role"] == role).sum(("row", "age"))


def _delivered(data: xr.Dataset, role: str = "") -> xr.DataArray:
    """Count touches delivered, all or those with a row of a role; those sure to be delivered have no row for it."""
    turn_of_row, rows, turns = data["turn_of_row"], data["role"] == "delivered", data["always_delivered"]
    if role:
        having = np.isin(np.arange(data.sizes["turn"]), turn_of_row[data["role"] == role])
        rows, turns = rows & np.isin(turn_of_row, np.flatnonzero(having)), turns & having
    sent = data["sent"].isel(turn=turns).sum(("turn", "age"))
    return _succeeded(data, rows).sum(("row", "age")) + sent


def _reopened(data: xr.Dataset, _: str) -> xr.DataArray:
    """Count touches of old leads that they clicked or answered, and what else they succeeded in within a track."""
    moves = _succeeded(data, data["in_track"] & data["ends"] & data["is_plain"]).sel(age="old").sum("row")
    return moves + data["engaged"].sel(age="old").sum("turn") if "engaged" in data else moves


def _of_dials(data: xr.Dataset, name: str) -> xr.DataArray:
    return data["attempts"].isel(row=data[name])


def _of_team(data: xr.Dataset, name: str, team: str) -> xr.DataArray:
    return data[name].sel(team=team)


def _held(data: xr.Dataset, team: str) -> xr.DataArray:
    return data["held"].isel(person=data["person_team"] == team).sum("person")


def _begun(data: xr.Dataset, team: str) -> xr.DataArray:
    return data["begun"].isel(move=data["move_team"] == team).sum("move")


def _time_of_queue(data: xr.Dataset, team: str) -> xr.DataArray:
    """Return what the queue would take, at the mean length of all work begun over the horizon, in whole ticks."""
    busy = _of_team(data, "busy", team).sum(("period", "group"))
    begun = _begun(data, team).sum(("period", "group"))
    mean = busy / begun.where(begun > 0)
    return (_of_team(data, "queue", team) * mean.fillna(0)).round().astype(np.int64)


def _weighted_pipeline(data: xr.Dataset, _: str) -> xr.DataArray:
    standing = data["standing"].sel(stage=data["pipeline"].to_numpy()).rename(stage="pipeline")
    return (standing * data["win_rate"].fillna(0)).sum("pipeline") * data["win_value"]


COUNTED: dict[str, Count] = {
    "new_leads": lambda data, _: data["created"].sum("channel"),
    "<stage>": lambda data, stage: data["entries"].sel(stage=stage).sum(("visit", "age")),
    "first_<stage>": lambda data, stage: data["entries"].sel(stage=stage, visit="first").sum("age"),
    "fast_<stage>": lambda data, stage: data["entries"].sel(stage=stage, age="fast").sum("visit"),
    "old_<stage>": lambda data, stage: data["entries"].sel(stage=stage, age="old").sum("visit"),
    # ------------------------------------------------------------ touches
    "touches": lambda data, _: _of_turns(data, "sent"),
    "delivered": lambda data, _: _delivered(data),
    "bounces": lambda data, _: _of_turns(data, "sent") - _delivered(data),
    "deliveries of touches with 'open'": lambda data, _: _delivered(data, "open"),
    "deliveries of touches with 'click'": lambda data, _: _delivered(data, "click"),
    "deliveries of touches with 'opt_out'": lambda data, _: _delivered(data, "opt_out"),
    "opens": lambda data, _: _passed(data, "open"),
    "recorded_opens": lambda data, _: _of_turns(data, "recorded"),
    "clicks": lambda data, _: _passed(data, "click"),
    "responses": lambda data, _: _succeeded(data, data["responds"]).sum(("row", "age")),
    "opt_outs": lambda data, _: _passed(data, "opt_out"),
    "withheld": lambda data, _: _of_turns(data, "withheld"),
    "withheld_<why>": lambda data, why: data["withheld"].sel(why=why).sum("turn"),
    "postponed": lambda data, _: _of_turns(data, "postponed"),
    "reopened": _reopened,
    # ------------------------------------------------------------ nurtured leads, and others
    "nurtured_leads": lambda data, _: data["touched"],
    "nurtured_<stage>": lambda data, stage: data["touched_entries"].sel(stage=stage),
    "other_<stage>": lambda data, stage: (
        data["entries"].sel(stage=stage, visit="first").sum("age") - data["touched_entries"].sel(stage=stage)
    ),
    "touches before <stage>": lambda data, stage: data["touches_until"].sel(stage=stage),
    "leads ever nurtured": lambda data, _: data["ever_touched"],
    "leads never nurtured": lambda data, _: data["never_touched"],
    # ------------------------------------------------------------ tracks
    "in_track_<track>": lambda data, track: data["standing_track"].sel(track=track),
    "stalled_track_<track>": lambda data, track: data["stalled_track"].sel(track=track),
    "joined_<track>": lambda data, track: data["joined"].sel(track=track),
    "left_<track>": lambda data, track: data["left"].sel(track=track),
    # ------------------------------------------------------------ points and work
    "warmth_given": lambda data, _: data["warmth"].sum("row"),
    "hours worked": lambda data, _: data["time_worked"],
    # ------------------------------------------------------------ money
    "spend_media": lambda data, _: data["spend_media"],
    "spend_leads": lambda data, _: data["spend_leads"],
    "spend_touches": lambda data, _: data["spend_touches"],
    "spend_moves": lambda data, _: data["spend_moves"],
    "spend_labour": lambda data, _: data["spend_labour"],
    "spend_overheads": _overheads,
    "wasted_spend": lambda data, _: data["wasted_spend"],
    "revenue": lambda data, _: data["value"].sum("stage"),
    "value_<stage>": lambda data, stage: data["value"].sel(stage=stage),
    "in_<stage>": lambda data, stage: data["standing"].sel(stage=stage),
    "stalled_<stage>": lambda data, stage: data["stalled"].sel(stage=stage),
    # ------------------------------------------------------------ rejected and lost
    "rejected_<stage>": lambda data, stage: data["rejected"].sel(stage=stage),
    "accepted_<stage>": lambda data, stage: (
        data["entries"].sel(stage=stage).sum(("visit", "age")) - data["rejected"].sel(stage=stage)
    ),
    "rejected leads": lambda data, _: data["rejected"].sum("stage"),
    "entries into stages that can reject": lambda data, _: (
        data["entries"].isel(stage=data["can_reject"]).sum(("stage", "visit", "age"))
    ),
    "lost_<reason>": lambda data, reason: data["reasons"].isel(reason=data["losing"]).sel(reason=reason),
    # ------------------------------------------------------------ teams
    "queue_<team>": lambda data, team: _of_team(data, "queue", team),
    "turned_away_<team>": lambda data, team: _of_team(data, "turned_away", team),
    "unowned_<team>": lambda data, team: _of_team(data, "unowned", team),
    "lapsed_<team>": lambda data, team: _of_team(data, "lapsed", team),
    "claims_<team>": lambda data, team: _of_team(data, "claims", team),
    "held_<team>": _held,
    "people of <team>": lambda data, team: data["there"].isel(person=data["person_team"] == team).sum("person"),
    "time worked by <team>": lambda data, team: _of_team(data, "busy", team),
    "working time of <team>": lambda data, team: _of_team(data, "working_time", team),
    "time the queue of <team> takes": _time_of_queue,
    "time waited for <team>": lambda data, team: _of_team(data, "waited", team),
    "work begun by <team>": _begun,
    # ------------------------------------------------------------ follow-ups
    "follow_ups": lambda data, _: data["begun"].isel(move=data["owned"]).sum("move"),
    "follow-ups in <stage>": lambda data, stage: (
        data["begun"].isel(move=data["owned"] & (data["move_stage"] == stage)).sum("move")
    ),
    "extended_<stage>": lambda data, stage: data["extended"].isel(move=data["move_stage"] == stage).sum("move"),
    "endangered": lambda data, _: data["endangered"],
    "judged_sqls": lambda data, _: data["judged"],
    "starved_sqls": lambda data, _: data["starved"],
    # ------------------------------------------------------------ opportunities
    "leads won that were in <stage>": lambda data, stage: data["won_from"].sel(pipeline=stage),
    "leads lost that were in <stage>": lambda data, stage: data["lost_from"].sel(pipeline=stage),
    "weighted_pipeline": _weighted_pipeline,
    "pipeline_brought": lambda data, _: data["brought"],
    # ------------------------------------------------------------ telephone
    "dials": lambda data, _: _of_dials(data, "dials").sum(("row", "outcome", "age")),
    "reached": lambda data, _: _of_dials(data, "dials").sel(outcome="succeeded").sum(("row", "age")),
    "conversations": lambda data, _: _of_dials(data, "talks").sel(outcome="succeeded").sum(("row", "age")),
    "meetings": lambda data, _: data["led"].isel(move=data["is_dialling"]).sum("move"),
}


def count(data: xr.Dataset, pattern: str, name: str, over: Over) -> xr.DataArray:
    """Count a flow or a level.

    Parameters
    ----------
    data : Dataset
        By period, or for `over` ``cohort`` by cohort.
    pattern : str
        A key of `definitions.COUNTABLE`.
    name : str
        What its place stands for.
    over : {"period", "horizon", "cohort"}

    Returns
    -------
    DataArray
        (replication, period or cohort, group), for ``horizon`` without the period. What differs neither by time nor by
        group has no such dimension.
    """
    definition = COUNTABLE[pattern]
    if pattern not in COUNTED:
        terms = [count(data, part, name, over) for part in definition.parts]
        return sum(terms[1:], start=terms[0])
    counted = COUNTED[pattern](data, name)
    if counted.dtype.kind in "iub":  # kept in a small type, which sums and products would leave
        counted = counted.astype(np.int64, copy=False)
    if over != "horizon" or "period" not in counted.dims:
        return counted
    return counted.isel(period=-1) if definition.kind == "level" else counted.sum("period")
