"""What somebody should look at in a result: teams with too much work, and stages that win less than is stated."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.metrics import statistics
from funnelsim.metrics.counting import count
from funnelsim.metrics.display import number
from funnelsim.metrics.statistics import Array
from funnelsim.metrics.vocabulary import Vocabulary, vocabulary_of

if TYPE_CHECKING:
    from funnelsim.metrics.result import Result

LOOK_AT = {"trial": "look at the product", "negotiation": "look at rivals or price"}
"""What is to blame where leads are lost at the step of a stage with this id (DOMAIN D2.5)."""

MARGIN = 0.02
"""By which part of a stated rate one must lie below it: with many replications any difference is more than chance."""

GROWTH = 0.25
"""By which part of what waited halfway through the run a queue must have grown: those in balance swing."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def warnings_of(result: Result) -> list[str]:
    """Return a sentence for each thing; see `Result.warnings`."""
    vocabulary = vocabulary_of(result.scenario)
    teams = (busy_team(result, team, vocabulary) for team in vocabulary.working)
    stages = (poor_win_rate(result, stage, vocabulary.stated) for stage in vocabulary.stated)
    return [warning for warning in (*teams, *stages) if warning is not None]


# ---------------------------------------------------------------- teams
def busy_team(result: Result, team: str, vocabulary: Vocabulary) -> str | None:
    """Say that a team has more work than time, or nobody for it."""
    if not result.data["working_time"].sel(team=team).any():
        waiting = _at_the_end(result, "queue", team)
        if team in vocabulary.owning:
            waiting = np.maximum(waiting, _at_the_end(result, "unowned", team))
        many = float(waiting.mean())
        return f"team '{team}': nobody is there, and {number(many)} wait" if many > 0 else None
    limited = team in vocabulary.limited
    # who waits for the owner of a lead is never turned away
    grows = growing_queue(result, team) if not limited or team in vocabulary.owning else None
    return grows or (full_queue(result, team) if limited else None)


def _at_the_end(result: Result, level: str, team: str) -> Array:
    return np.asarray(result.parts(f"{level}_{team}").values(), np.float64)


def growing_queue(result: Result, team: str) -> str | None:
    """Say that more and more wait for a team; where that cannot be seen, that it has more work than time.

    It is seen in two or more replications with a period that ends about halfway, also where one owner alone has too
    much: a load is that of all.
    """
    load, busy = (float(result.estimate(f"{figure}_{team}").mean) for figure in ("load", "utilisation"))
    told = f"team '{team}': its queue grows without bound: load {load:.2f}, people are busy {busy:.0%} of their time"
    ends = days_at_end(result)
    halfway, at_end = halfway_of(ends), len(ends) - 1
    if halfway is None or result.replications < 2:
        return told if load >= 1 else None
    waiting = result.parts(f"queue_{team}", "period").values().to_numpy().astype(np.float64)
    begun = count(result.data, "work begun by <team>", team, "horizon").sum("group").to_numpy()
    a_day = (begun + waiting[:, at_end]) / ends[-1]
    more_days, weekend = days_off_before_end(result, team, ends[-1] - ends[halfway])
    change = waiting[:, at_end] - waiting[:, halfway] - a_day * more_days
    more, middle = float(change.mean()), float(waiting[:, halfway].mean())
    low, _ = statistics.interval(more, statistics.mean_error(change), result.replications)
    there = result.data["there"].isel(period=-1, person=result.data["person_team"] == team)
    people = float(there.sum("person").mean())
    # what comes in a weekend takes some days to be worked off, so that queues swing by so much over a week
    if not (low > 0 and more >= max(GROWTH * middle, people, 1, float(a_day.mean()) * weekend)):
        return None
    return f"{told}; {number(middle)} waited halfway, {number(float(waiting[:, at_end].mean()))} at the end"


def days_at_end(result: Result) -> list[int]:
    """Return how many days of the run are over at the end of each period."""
    starts = result.data["period"].to_numpy().astype("datetime64[D]").tolist()
    return [(end - starts[0]).days for end in (*starts[1:], result.scenario.end.date())]


def halfway_of(ends: list[int]) -> int | None:
    """Return the period that ends nearest to the middle of the run, the later of two; None if none ends about there."""
    middle = ends[-1] / 2
    nearest = min(range(len(ends)), key=lambda period: (abs(ends[period] - middle), -period))
    return nearest if abs(ends[nearest] - middle) <= middle / 2 else None


def days_off_before_end(result: Result, team: str, ago: int) -> tuple[int, int]:
    """Return how many more days off in a row come before the end than before a day some days ago, and in a week."""
    closed, end = result.scenario.teams[team].days_off, result.scenario.end.date()
    more = days_off_before(closed, end) - days_off_before(closed, end - dt.timedelta(days=ago))
    weekly = tuple(day for day in closed if day in WEEKDAYS)
    return more, max(days_off_before(weekly, end - dt.timedelta(days=day)) for day in range(7))


def days_off_before(days_off: tuple[str, ...], date: dt.date) -> int:
    """Count the days off, weekdays or dates, in a row before a date."""
    number_of = 0
    while True:
        day = date - dt.timedelta(days=number_of + 1)
        if WEEKDAYS[day.weekday()] not in days_off and day.isoformat() not in days_off:
            return number_of
        number_of += 1


def full_queue(result: Result, team: str) -> str | None:
    """Say that a team turns people away, if it could not do their work either.

    Those that were dropped while they waited are not among those who asked; they are not counted.
    """
    load = result.parts(f"load_{team}")
    assert load.under is not None
    worked, begun, turned = (
        int(count(result.data, pattern, team, "horizon").sum())
        for pattern in ("time worked by <team>", "work begun by <team>", "turned_away_<team>")
    )
    if begun == 0 or turned == 0:
        return None
    offered = (int(load.over.sum()) + turned * worked / begun) / int(load.under.sum())
    if not offered >= 1:
        return None
    busy, share = float(result.estimate(f"utilisation_{team}").mean), turned / (turned + begun)
    asked = f"it turns away {share:.0%} of those who ask"
    return f"team '{team}': {asked}: load {offered:.2f} with them, people are busy {busy:.0%} of their time"


# ---------------------------------------------------------------- win rates
def poor_win_rate(result: Result, stage: str, stages: tuple[str, ...]) -> str | None:
    """Say that a stage of the pipeline wins less than is stated, and whether its own step is to blame."""
    observed, stated = result.estimate(f"observed_win_rate_{stage}"), stated_rate(result, stage)
    low, high = statistics.interval(observed.mean, observed.mc_error, result.replications)
    if not high < (1 - MARGIN) * stated:
        return None
    ends = " to ".join(number(max(0.0, float(end)), "share") for end in (low, high))
    won, wanted = number(float(observed.mean), "share"), number(stated, "share")
    told = f"stage '{stage}': observed win rate {won} (95% interval {ends}) is below the stated {wanted}"
    step, stated_step = highest_of_step(result, stage, stages)
    if np.isnan(step):
        return f"{told}: look at what happens from here on"
    if step < (1 - MARGIN) * stated_step:
        return f"{told}: {LOOK_AT.get(stage, 'look at this step itself')}"
    return f"{told}: the step itself is as stated; the cause lies further on"


def stated_rate(result: Result, stage: str) -> float:
    """Return the stated win rate of a stage at the end, on average where it is uncertain."""
    return float(np.mean(result.data["win_rate"].sel(pipeline=stage).isel(period=-1)))


def highest_of_step(result: Result, stage: str, stages: tuple[str, ...]) -> tuple[float, float]:
    """Return the upper end of the 95% interval of the rate of a stage's own step, and the stated rate of that step.

    Stages follow each other by their stated rates, and the last is followed by the signature, whose rate is 1: who
    comes to the next is won so much more often. The rate of a step is the quotient of two win rates. Where nobody was
    won from the next, it is the share of those decided that came there.
    """
    stated = {name: stated_rate(result, name) for name in stages}
    further = sorted((name for name in stages if stated[name] > stated[stage]), key=lambda name: stated[name])
    won, decided = _won_and_decided(result, stage)
    rate, without = statistics.ratio(won, decided), statistics.leave_one_out(won, decided)
    stated_step = stated[stage]
    if further:
        stated_step /= stated[further[0]]
        next_won, next_decided = _won_and_decided(result, further[0])
        if next_won.any():
            rate = statistics.divide(rate, statistics.ratio(next_won, next_decided))
            without = statistics.divide(without, statistics.leave_one_out(next_won, next_decided))
        else:
            rate = statistics.ratio(next_decided, decided)
            without = statistics.leave_one_out(next_decided, decided)
    _, high = statistics.interval(rate, statistics.jackknife_error(without), result.replications)
    return float(high), stated_step


def _won_and_decided(result: Result, stage: str) -> tuple[Array, Array]:
    parts = result.parts(f"observed_win_rate_{stage}")
    assert parts.under is not None
    return parts.over.to_numpy(), parts.under.to_numpy()
