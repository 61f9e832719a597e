"""The work that is timed, how it is counted, and whether two did the same.

Counts of n replications are an integer array (n, months, kinds, outcomes, ages): leads that came, as the first
kind, and then attempts by row, as the scenario's result names them; outcomes are failed, succeeded and exhausted, ages
less than 30 days and more. An *event* is a lead that comes or an attempt; a touch is one attempt however many rows it
has.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import funnelsim as fs

HERE = Path(__file__).parent
YEARS = (2026, 2027)
DAYS = sum(366 if calendar.isleap(year) else 365 for year in YEARS)
MONTHS = 12 * len(YEARS)
START = dt.date(YEARS[0], 1, 1)
OUTCOMES = ("failed", "succeeded", "exhausted")

Counts = npt.NDArray[np.int64]


def month_of_day() -> npt.NDArray[np.int32]:
    """Return the month of each day of the run, from 0."""
    dates = (START + dt.timedelta(day) for day in range(DAYS))
    return np.array([(date.year - START.year) * 12 + date.month - 1 for date in dates], np.int32)


def arriving(leads_per_day: float) -> dict[str, float]:
    """Return a channel's leads by month: so many a day in the first year, none later."""
    return {
        f"{year}-{month:02d}": round(leads_per_day * calendar.monthrange(year, month)[1], 6) * (year == START.year)
        for year in YEARS
        for month in range(1, 13)
    }


@dataclass(frozen=True)
class Work:
    """A scenario, and the rows of it that peers count."""

    name: str
    file: str
    rows: tuple[str, ...]
    variant: str | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)
    text: str | None = None
    """The scenario itself, in place of a file."""

    @cached_property
    def scenario(self) -> fs.Scenario:
        scenario = fs.loads(self.text) if self.text else fs.load(HERE / self.file)
        scenario = scenario.variant(self.variant) if self.variant else scenario
        return scenario.set(self.changed) if self.changed else scenario

    @property
    def kinds(self) -> tuple[str, ...]:
        return ("created", *self.rows)

    def counts(self, result: fs.Result) -> Counts:
        """Return a result's counts."""
        attempts = result.data.attempts.sum("group").sel(row=list(self.rows), outcome=list(OUTCOMES)).astype(np.int64)
        attempts = attempts.transpose("replication", "period", "row", "outcome", "age")
        counts = np.zeros((*attempts.shape[:2], len(self.kinds), *attempts.shape[3:]), np.int64)
        counts[:, :, 1:] = attempts
        counts[:, :, 0, 0, 0] = result.data.created.sum(("group", "channel")).transpose("replication", "period")
        return counts

    def events(self, counts: Counts) -> int:
        """Return the number of events."""
        starts = [kind for kind, name in enumerate(self.kinds) if self.begins_attempt(name)]
        return int(counts[:, :, starts].sum())

    def begins_attempt(self, kind: str) -> bool:
        """Whether each count of a kind is an attempt of its own: of a touch only its first row is."""
        return kind.endswith(".delivered") or (kind.count(".") < 2 and f"{kind}.delivered" not in self.kinds)


TRUNK_ROWS = ("lead.call", "mql.check", "sql.expire", "sql.progress", "opportunity.decide")
MAIL_ROWS = (".mail.delivered", ".mail.open", ".mail.click", ".mail")
TRACK_ROWS = (
    *TRUNK_ROWS,
    *("nurture" + row for row in MAIL_ROWS),
    *("reactivation" + row for row in MAIL_ROWS),
    *("reactivation.sms.delivered", "reactivation.sms"),
)

FUNNEL = Work("funnel", "funnel.yaml", (*TRUNK_ROWS, "pool.touch"))
OWNERS = Work(
    "owners",
    "owners.yaml",
    ("lead.call", "mql.check", "sql.expire", "sql.follow_up", "opportunity.decide", "pool.touch"),
)
TRACKS = Work("tracks", "tracks.yaml", TRACK_ROWS)
TRACKS_EVEN = Work("tracks without warmth and fatigue", "tracks.yaml", TRACK_ROWS, "even")
TENTH = Work("a tenth of the funnel", FUNNEL.file, FUNNEL.rows, changed={"channels.web.leads": arriving(4)})
TRUNK = Work(
    "three months of the trunk",
    "../scenarios/trunk.yaml",
    (*TRUNK_ROWS, "reactivation.sms", "reactivation.mail", "reactivation.live_stream"),
    changed={"horizon": "3 months"},
)
ALONE = {
    "teams": {},
    "stages.lead.moves.call": {
        "after": {"dist": "exponential", "mean": "2.4h"},
        "chance": "45%",
        "to": "mql",
        "else": "pool",
    },
}
"""Changes that take the team out of the funnel: leads meet nowhere, and a call is a wait."""


def of_size(leads: int, people: bool = True) -> Work:
    """Return the funnel with so many leads, whom the same people call, the faster the more there are, or nobody."""
    hours = min(2.4, 2.4 * 40 * 365 / leads)
    takes = {"stages.lead.moves.call.takes": {"dist": "exponential", "mean": f"{hours:.9f}h"}}
    changed = {"channels.web.leads": arriving(leads / 365), **(takes if people else ALONE)}
    return Work(f"{leads:,} leads", FUNNEL.file, FUNNEL.rows, changed=changed)


# ---------------------------------------------------------------- the same work
def differences(ours: Counts, theirs: Counts) -> npt.NDArray[np.float64]:
    """Return how far the means of all counts are apart, in standard errors.

    Counts of single months vary at least as a Poisson number does; the errors are of both samples, with the variance
    that `ours`, the larger one, shows.
    """
    mean = ours.mean(0)
    variance = np.maximum(ours.var(0, ddof=1), mean)
    apart = np.abs(theirs.mean(0) - mean) / np.sqrt(np.maximum(variance, 1) * (1 / len(ours) + 1 / len(theirs)))
    return np.asarray(apart, np.float64)


def check_same(work: Work, ours: Counts, name: str, theirs: Counts) -> None:
    """Assert that a peer did the same work: by row and outcome, over all time and in every month.

    Raises
    ------
    AssertionError
        Which names the kind that differs most. True models differ by 5 standard errors once in a million times.
    """
    for kept, what in ((("kind", "outcome"), (1, 4)), (("month", "kind", "outcome", "age"), ())):
        apart = differences(ours.sum(what), theirs.sum(what))
        place = np.unravel_index(int(apart.argmax()), apart.shape)
        kind, outcome = place[kept.index("kind")], place[kept.index("outcome")]
        told = f"{name} counts {work.kinds[kind]} {OUTCOMES[outcome]} otherwise than {work.name}"
        assert apart.max() < 6, f"{told}: {apart.max():.1f} standard errors apart"


def check_means(work: Work, counts: Counts, expected: Mapping[str, float], spread: Counts) -> None:
    """Assert that the means of named figures, as `figures` gives them, agree with exact values.

    Parameters
    ----------
    work : Work
    counts : Counts
    expected : mapping
        By name of the figure.
    spread : Counts
        A sample large enough to tell how much each figure varies from one replication to the next.

    Raises
    ------
    AssertionError
    """
    deviations = {name: values.std(ddof=1) for name, values in figures(work, spread).items()}
    for name, values in figures(work, counts).items():
        apart = (values.mean() - expected[name]) / (deviations[name] / np.sqrt(len(values)))
        assert abs(apart) < 5, f"{name} is {values.mean():.1f} on average, not {expected[name]:.1f}: {apart:.1f} errors"


FIGURES: dict[str, Callable[[dict[str, Counts]], npt.NDArray[np.int64]]] = {
    "mql": lambda by: by["lead.call"][:, 1] + by["pool.touch"][:, 1],
    "sql": lambda by: by["mql.check"][:, 1],
    "opportunity": lambda by: by["sql.progress"][:, 1],
    "won": lambda by: by["opportunity.decide"][:, 1],
    "events": lambda by: sum(found.sum(1) for found in by.values()),
}
"""Figures of the funnel, from its counts by kind: arrays (replications, outcomes)."""


def figures(work: Work, counts: Counts) -> dict[str, npt.NDArray[np.int64]]:
    """Return figures of the funnel, each (replications,)."""
    by = dict(zip(work.kinds, np.moveaxis(counts.sum((1, 4)), 1, 0), strict=True))
    return {name: figure(by) for name, figure in FIGURES.items()}
