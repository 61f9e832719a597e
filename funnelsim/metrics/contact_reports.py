"""Tables of contact for people: what touches did, the profile of scores, and where leads stall or leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt
import xarray as xr

from funnelsim.metrics.contact_tables import WITHHELD
from funnelsim.metrics.figures import MONEY, SIZES
from funnelsim.metrics.frames import Counted, frame, in_all
from funnelsim.metrics.leaving import ways_out, where_leads_leave

if TYPE_CHECKING:
    import pandas as pd

    from funnelsim.metrics.statistics import Array
    from funnelsim.scenario import Scenario

ContactBy = Literal["track", "kind", "touch", "content"]
CONTACTS_BY: tuple[ContactBy, ...] = get_args(ContactBy)

NO_TRACK = "(moves of stages)"
"""What touches are listed under that belong to no track."""

NO_KIND = "(of no kind)"
"""What touches of tracks are listed under that say no kind."""

TOUCH_COLUMNS = (
    *("sent", "delivered", "bounced", "opened", "recorded_opens", "clicked", "responded", "opted_out", "withheld"),
    *("cost", "warmth", "postponed"),
    *(f"withheld_{why}" for why in WITHHELD),
)
CONTENT_COLUMNS = ("delivered", "opened", "clicked", "responded", "opted_out", "cost", "warmth")
AFTER_COLUMNS = ("sqls", "revenue")
"""Of leads that had been touched before."""

RATES = {
    "open_rate": ("opened", "open"),
    "recorded_open_rate": ("recorded_opens", "open"),
    "click_rate": ("clicked", "click"),
    "response_rate": ("responded", ""),
    "opt_out_rate": ("opted_out", "opt_out"),
}
"""By rate the column of its numerator, and the step that touches have whose deliveries are its denominator."""


class ContactReports:
    """What a result says in tables of touches, scores, stages and tracks."""

    data: xr.Dataset
    scenario: Scenario

    def contacts(self, by: ContactBy = "track") -> pd.DataFrame:
        """Summarise over the horizon what became of touches, by track or kind of track, by touch, or by content.

        Of all leads, also where the result is grouped.

        Parameters
        ----------
        by : {"track", "kind", "touch", "content"}
            Touches that moves of stages make belong to no track, and have a row of their own at the end. Of a kind
            neither `sqls` nor `revenue` is known; of content only those, `delivered`, `opened`, `clicked`, `responded`,
            `opted_out`, the `cost` and `warmth` of touches that came through with it, and its rates.

        Returns
        -------
        DataFrame
            A column called as `by`; then means over replications: `sent`, `delivered`, `bounced`, `opened`,
            `recorded_opens`, `clicked`, `responded` (which came through the last step that is written), `opted_out`,
            `withheld`, `cost`, `warmth` (points that they gave), `postponed` (by a limit of contact), and why they were
            withheld: `withheld_not_active` and so on, see ``withheld_<why>``. Then `sqls`, entries into the stage 'sql'
            by leads that had been sent a touch in this track, or had got this touch or this asset, before, and
            `revenue`, the value of all later entries of such leads: both count for all that touched the lead, so
            that they do not add up, and say nothing of what a touch adds (see `funnelsim.incremental`). Last the
            rates, total over total: `open_rate`, `recorded_open_rate`, `click_rate`, `response_rate` and
            `opt_out_rate`, of the deliveries of touches that have the step (of content: of all that gave it). NaN
            where no touch has the step, and where that is not known. After them the Monte Carlo errors, `sent_error`
            and so on, those of rates by the jackknife.

        Raises
        ------
        ValueError
            For another `by`.
        """
        return _contacts(self.data, self.scenario, by)

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
        return where_leads_leave(self.data)

    def ways_out(self) -> pd.DataFrame:
        """Return by which ways leads were led on, from each stage and track: why they left, and where they went.

        Returns
        -------
        DataFrame
            `kind` (``stage``, ``track``, or ``team`` where it takes leads back), `name`, `reason` (the one written with
            the way, or the name of the move or step that led there; of tracks ``touch`` for a response, ``exhausted``,
            ``ends``, ``opted_out``, ``rule_1``), `to` (where the way leads; empty where it only leaves the track), the
            mean over replications of `leads`, and its Monte Carlo error `leads_error`. Of a stage a last line without
            reason and `to` has those that a track, an owner's team or a full queue took from it; of a track those
            whose stage led them elsewhere are in the lines of the stages. Ways that nobody went are left out.
        """
        return ways_out(self.data, self.scenario)


def check_contacts_by(by: str) -> None:
    """Refuse what touches cannot be listed by."""
    if by not in CONTACTS_BY:
        ways = ", ".join(f"'{name}'" for name in CONTACTS_BY)
        raise ValueError(f"touches are not listed by {by!r}: take one of {ways}")


def kinds_of_tracks(scenario: Scenario) -> tuple[str, ...]:
    """Return the kinds of tracks that there are, in the order in which tracks are written."""
    return tuple(dict.fromkeys(kind_of_track(scenario, name) for name in scenario.tracks))


def kind_of_track(scenario: Scenario, name: str) -> str:
    """Return what a track is for."""
    return scenario.tracks[name].kind or NO_KIND


def _contacts(data: xr.Dataset, scenario: Scenario, by: ContactBy) -> pd.DataFrame:
    """Return one row for each track, kind of track, touch or asset."""
    check_contacts_by(by)
    names = [str(name) for name in data[by].to_numpy()] if by in data.coords else []
    if by == "kind":
        names = list(kinds_of_tracks(scenario))
        tracks: list[object] = data["turn_track"].to_numpy().tolist() if "sent" in data else []
        kinds = [kind_of_track(scenario, str(track)) if track else "" for track in tracks]
        data = data.assign_coords(turn_kind=("turn", np.array(kinds)))
    found, delivered = _of_content(data) if by == "content" else _of_touches(data, by, names)
    if len(names) < found["delivered"].shape[1]:
        names.append(NO_TRACK)
    rates = {rate: (found[over], delivered[step]) for rate, (over, step) in RATES.items() if over in found}
    return frame({by: names}, found, rates)


# ---------------------------------------------------------------- what touches did
def _of_touches(data: xr.Dataset, by: str, names: list[str]) -> tuple[Counted, Counted]:
    """Count what became of touches by touch or by track, and by step the deliveries of touches that have it."""
    replications = data.sizes["replication"]
    if "sent" not in data:
        nothing = np.zeros((replications, len(names)))
        columns = dict.fromkeys((*TOUCH_COLUMNS, *AFTER_COLUMNS), nothing)
        return columns, dict.fromkeys((step for _, step in RATES.values()), nothing)
    keys = [*names, *([""] if (data[f"turn_{by}"] == "").any() else [])]
    place = np.array([keys.index(str(name)) for name in data[f"turn_{by}"].to_numpy()], np.int64)
    role, turn_of_row = data["role"].to_numpy(), data["turn_of_row"].to_numpy()
    passed = in_all(data["attempts"].sel(outcome="succeeded"), "row")
    sent, certain = in_all(data["sent"], "turn"), data["always_delivered"].to_numpy()

    def gather(counted: Array) -> Array:
        """Sum over the turns of each touch or track."""
        found = np.zeros((replications, len(keys)))
        np.add.at(found.T, place, counted.T)
        return found

    def turns(which: npt.NDArray[np.bool_], counted: Array = passed) -> Array:
        """Sum over the rows of each turn, those that are chosen."""
        found = np.zeros((replications, len(place)))
        chosen = which & (turn_of_row >= 0)
        np.add.at(found.T, turn_of_row[chosen], counted[:, chosen].T)
        return found

    def step(name: str, counted: Array | None = None) -> Array:
        """Count those who passed a step, or what else is told of it; NaN where no touch has it."""
        has = np.zeros(len(keys), bool)
        has[place[having(name)]] = True
        return np.where(has, gather(turns(role == name) if counted is None else counted), np.nan)

    def having(name: str) -> npt.NDArray[np.bool_]:
        return np.isin(np.arange(len(place)), turn_of_row[role == name])

    delivered = turns(role == "delivered") + sent * certain
    warmth = in_all(data["warmth"], "row") if "warmth" in data else np.zeros_like(passed)
    columns = {
        "sent": gather(sent),
        "delivered": gather(delivered),
        "bounced": gather(sent - delivered),
        "opened": step("open"),
        "recorded_opens": step("open", in_all(data["recorded"], "turn")),
        "clicked": step("click"),
        "responded": gather(turns(data["responds"].to_numpy())),
        "opted_out": step("opt_out"),
        "withheld": gather(in_all(data["withheld"], "turn")),
        "cost": gather(in_all(data["touch_cost"], "turn")) / MONEY,
        "warmth": gather(turns(turn_of_row >= 0, warmth)) / SIZES["points"],
        "postponed": gather(in_all(data["postponed"], "turn")),
        **{f"withheld_{why}": gather(in_all(data["withheld"].sel(why=why), "turn")) for why in WITHHELD},
        **_after(data, by, len(keys)),
    }
    steps = {name: gather(delivered * having(name)) for name in ("open", "click", "opt_out")}
    return columns, {**steps, "": columns["delivered"]}


def _of_content(data: xr.Dataset) -> tuple[Counted, Counted]:
    """Count what became of pieces, and by step those that were given: of each a step may follow."""
    if "pieces" not in data:
        nothing = np.zeros((data.sizes["replication"], 0))
        return dict.fromkeys((*CONTENT_COLUMNS, *AFTER_COLUMNS), nothing), dict.fromkeys(
            ("open", "click", "opt_out", ""), nothing
        )
    pieces = data["pieces"].sum(("period", "group")).transpose("replication", "content", "step").to_numpy()
    told = (*(pieces[..., step].astype(np.float64) for step in range(pieces.shape[-1])),
            in_all(data["content_cost"], "content") / MONEY,
            in_all(data["content_warmth"], "content") / SIZES["points"])  # fmt: skip
    columns = {**dict(zip(CONTENT_COLUMNS, told, strict=True)), **_after(data, "content", pieces.shape[1])}
    return columns, dict.fromkeys(("open", "click", "opt_out", ""), columns["delivered"])


def _after(data: xr.Dataset, by: str, size: int) -> Counted:
    """Return what leads became that had been touched before; nothing is known of what belongs to no track."""
    found = {}
    for column, name, unit in (("sqls", f"sqls_by_{by}", 1), ("revenue", f"value_by_{by}", MONEY)):
        values = np.full((data.sizes["replication"], size), np.nan)
        if name in data:
            known = in_all(data[name], by) / unit
            values[:, : known.shape[1]] = known
        found[column] = values
    return found


# ---------------------------------------------------------------- scores
def _score_profile(data: xr.Dataset) -> pd.DataFrame:
    """Return the profile of scores by period and band."""
    if "profile" not in data:
        raise ValueError("leads have no score in this scenario: write points of warmth, or 'fit' in scoring")
    leads = data["profile"].sum("group").transpose("replication", "period", "band").to_numpy().astype(np.float64)
    total = np.broadcast_to(leads.sum(axis=2, keepdims=True), leads.shape)
    periods, bands = data["period"].to_numpy(), [str(name) for name in data["band"].to_numpy()]
    table = frame(
        {"period": np.repeat(periods, len(bands)), "band": bands * len(periods)},
        {"leads": leads.reshape(len(leads), -1)},
        {"share": (leads.reshape(len(leads), -1), total.reshape(len(leads), -1))},
    )
    return table[["period", "band", "leads", "leads_error", "share", "share_error"]]
