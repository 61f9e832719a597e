"""Tables of contact for people: what touches did, the profile of scores, and where leads stall or leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from funnelsim.metrics import statistics
from funnelsim.metrics.figures import MONEY, SIZES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from funnelsim.metrics.statistics import Array

ContactBy = Literal["track", "touch", "content"]
CONTACTS_BY: tuple[ContactBy, ...] = get_args(ContactBy)

NO_TRACK = "(moves of stages)"
"""What touches are listed under that belong to no track."""

TOUCH_COLUMNS = (
    *("sent", "delivered", "bounced", "opened", "recorded_opens", "clicked", "responded", "opted_out", "withheld"),
    *("cost", "warmth"),
)
CONTENT_COLUMNS = ("delivered", "opened", "clicked", "responded")
AFTER_COLUMNS = ("sqls", "revenue")
"""Of leads that had been touched before."""

Counted = dict[str, npt.NDArray[np.float64]]
"""By column: (replication, item)."""


class ContactReports:
    """What a result says in tables of touches, scores, stages and tracks."""

    data: xr.Dataset

    def contacts(self, by: ContactBy = "track") -> pd.DataFrame:
        """Summarise over the horizon what became of touches, by track, by touch or by the content they gave.

        Parameters
        ----------
        by : {"track", "touch", "content"}
            Touches that moves of stages make belong to no track, and have a row of their own at the end. Of content
            only `delivered`, `opened`, `clicked` and `responded` are known, and what follows.

        Returns
        -------
        DataFrame
            A column called as `by`; then means over replications: `sent`, `delivered`, `bounced`, `opened`,
            `recorded_opens`, `clicked`, `responded` (which came through the last step that is written), `opted_out`,
            `withheld`, `cost`, and `warmth` (points that they gave). Last `sqls`, first entries into the stage 'sql' by
            leads that had been sent a touch in this track, or had got this touch or this asset, before, and
            `revenue`, the value of all later entries of such leads: both count for all that touched the lead, so
            that they do not add up, and say nothing of what a touch adds (see `funnelsim.incremental`). NaN where
            no touch has the step, and where that is not known. After them the Monte Carlo errors, `sent_error` and so
            on.

        Raises
        ------
        ValueError
            For another `by`.
        """
        return _contacts(self.data, by)

    def score_profile(self) -> pd.DataFrame:
        """Return how leads created in each period were scored at its end (DOMAIN D4.5).

        Returns
        -------
        DataFrame
            `period` (its first moment), `band` of the score (as in ``25 to 50``: from 25 on and below 50), the mean
            over replications of `leads`, its Monte Carlo error `leads_error`, `share` among those of the period (total
            over total), and its jackknife error `share_error`.

        Raises
        ------
        ValueError
            Where leads have no score.
        """
        return _score_profile(self.data)

    def where_leads_leave(self) -> pd.DataFrame:
        """Return where leads stall and where they leave, by stage and by track (DOMAIN D4.4).

        Returns
        -------
        DataFrame
            `kind` (``stage`` or ``track``), `name`, and means over replications: who `came` and who `left` over the
            horizon, who is `there` at its end, and who of them is `stalled`: nothing more is to come. A backlog is
            there without having come. After them the Monte Carlo errors, `came_error` and so on.
        """
        return _where_leads_leave(self.data)


def check_contacts_by(by: str) -> None:
    """Refuse what touches cannot be listed by."""
    if by not in CONTACTS_BY:
        ways = ", ".join(f"'{name}'" for name in CONTACTS_BY)
        raise ValueError(f"touches are not listed by {by!r}: take one of {ways}")


def _contacts(data: xr.Dataset, by: ContactBy) -> pd.DataFrame:
    """Return one row for each track, touch or asset."""
    check_contacts_by(by)
    names = [str(name) for name in data[by].to_numpy()] if by in data.coords else []
    found = _of_content(data) if by == "content" else _of_touches(data, by, names)
    if by == "track" and len(names) < next(iter(found.values())).shape[1]:
        names.append(NO_TRACK)
    return _frame({by: names}, found)


# ---------------------------------------------------------------- what touches did
def _of_touches(data: xr.Dataset, by: str, names: list[str]) -> Counted:
    """Count what became of touches, by touch or by track; of a scenario without any all is 0."""
    replications = data.sizes["replication"]
    if "sent" not in data:
        nothing = np.zeros((replications, len(names)))
        return dict.fromkeys((*TOUCH_COLUMNS, *AFTER_COLUMNS), nothing)
    keys = [*names, *([""] if by == "track" and (data["turn_track"] == "").any() else [])]
    place = np.array([keys.index(str(name)) for name in data[f"turn_{by}"].to_numpy()], np.int64)

    def gather(counted: Array, places: npt.NDArray[np.int64]) -> Array:
        """Sum the last axis, turns or rows, by the place they belong to."""
        found = np.zeros((replications, len(keys)))
        np.add.at(found.T, places, counted.T)
        return found

    def turns(name: str) -> Array:
        return gather(_in_all(data[name], "turn"), place)

    turn_of_row = data["turn_of_row"].to_numpy()
    of_touch = turn_of_row >= 0
    passed = _in_all(data["attempts"].sel(outcome="succeeded"), "row")

    def rows(which: npt.NDArray[np.bool_], counted: Array = passed) -> Array:
        chosen = which & of_touch
        return gather(counted[:, chosen], place[turn_of_row[chosen]])

    def step(name: str, counted: Array | None = None) -> Array:
        """Count those who passed a step, or what else is told of it; NaN where no touch has it."""
        has = np.zeros(len(keys), bool)
        has[place[turn_of_row[(role == name) & of_touch]]] = True
        return np.where(has, rows(role == name) if counted is None else counted, np.nan)

    role = data["role"].to_numpy()
    certain = data["always_delivered"].to_numpy()
    sent = turns("sent")
    delivered = rows(role == "delivered") + gather(_in_all(data["sent"], "turn")[:, certain], place[certain])
    warmth = _in_all(data["warmth"], "row") if "warmth" in data else np.zeros_like(passed)
    return {
        "sent": sent,
        "delivered": delivered,
        "bounced": sent - delivered,
        "opened": step("open"),
        "recorded_opens": step("open", turns("recorded")),
        "clicked": step("click"),
        "responded": rows(data["responds"].to_numpy()),
        "opted_out": step("opt_out"),
        "withheld": turns("withheld"),
        "cost": turns("touch_cost") / MONEY,
        "warmth": rows(of_touch, warmth) / SIZES["points"],
        **_after(data, by, len(keys)),
    }


def _of_content(data: xr.Dataset) -> Counted:
    if "pieces" not in data:
        return {column: np.zeros((data.sizes["replication"], 0)) for column in (*CONTENT_COLUMNS, *AFTER_COLUMNS)}
    pieces = data["pieces"].sum(("period", "group")).transpose("replication", "content", "step").to_numpy()
    counted = {column: pieces[..., step].astype(np.float64) for step, column in enumerate(CONTENT_COLUMNS)}
    return {**counted, **_after(data, "content", pieces.shape[1])}


def _after(data: xr.Dataset, by: str, size: int) -> Counted:
    """Return what leads became that had been touched before; nothing is known of what belongs to no track."""
    found = {}
    for column, name, unit in (("sqls", f"sqls_by_{by}", 1), ("revenue", f"value_by_{by}", MONEY)):
        values = np.full((data.sizes["replication"], size), np.nan)
        if name in data:
            known = _in_all(data[name], by) / unit
            values[:, : known.shape[1]] = known
        found[column] = values
    return found


def _in_all(counted: xr.DataArray, dim: str) -> Array:
    """Sum over everything but replications and one dimension, and return (replication, dim)."""
    others = [other for other in counted.dims if other not in ("replication", dim)]
    return np.asarray(counted.sum(others).transpose("replication", dim).to_numpy(), np.float64)


# ---------------------------------------------------------------- scores
def _score_profile(data: xr.Dataset) -> pd.DataFrame:
    """Return the profile of scores by period and band."""
    if "profile" not in data:
        raise ValueError("leads have no score in this scenario: write points of warmth, or 'fit' in scoring")
    leads = data["profile"].sum("group").transpose("replication", "period", "band").to_numpy().astype(np.float64)
    total = np.broadcast_to(leads.sum(axis=2, keepdims=True), leads.shape)
    share = statistics.ratio(leads, total)
    error = statistics.jackknife_error(statistics.leave_one_out(leads, total))
    periods, bands = data["period"].to_numpy(), [str(name) for name in data["band"].to_numpy()]
    frame = _frame(
        {"period": np.repeat(periods, len(bands)), "band": bands * len(periods)},
        {"leads": leads.reshape(len(leads), -1)},
    )
    return frame.assign(share=share.ravel(), share_error=error.ravel())


# ---------------------------------------------------------------- where leads are lost
def _where_leads_leave(data: xr.Dataset) -> pd.DataFrame:
    """Return exits and stalled leads by stage and by track."""
    counted = {
        "stage": {
            "came": _in_all(data["entries"], "stage"),
            "left": _in_all(data["exits"], "stage"),
            "there": _at_the_end(data["standing"], "stage"),
            "stalled": _at_the_end(data["stalled"], "stage"),
        }
    }
    if "joined" in data:
        counted["track"] = {
            "came": _in_all(data["joined"], "track"),
            "left": _in_all(data["left"], "track"),
            "there": _at_the_end(data["standing_track"], "track"),
            "stalled": _at_the_end(data["stalled_track"], "track"),
        }
    kinds = [kind for kind in counted for _ in range(data.sizes[kind])]
    names = [str(name) for kind in counted for name in data[kind].to_numpy()]
    columns = {
        column: np.concatenate([found[column] for found in counted.values()], axis=1) for column in counted["stage"]
    }
    return _frame({"kind": kinds, "name": names}, columns)


def _at_the_end(level: xr.DataArray, dim: str) -> Array:
    return _in_all(level.isel(period=-1), dim)


# ---------------------------------------------------------------- frames
def _frame(labels: Mapping[str, object], counted: Counted) -> pd.DataFrame:
    """Return means over replications and, in columns of their own after them, their Monte Carlo errors."""
    import pandas as pd

    means = {column: statistics.mean(values) for column, values in counted.items()}
    errors = {f"{column}_error": statistics.mean_error(values) for column, values in counted.items()}
    return pd.DataFrame({**labels, **means, **errors})
