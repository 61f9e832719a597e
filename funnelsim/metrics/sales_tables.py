"""The variables of sales: people and their work, owners of leads, why leads go, opportunities with stated win rates."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from funnelsim.engines.tables import REJECTED
from funnelsim.engines.tally import layout_of
from funnelsim.engines.working_time import team_clock
from funnelsim.metrics.labelled import Tables, counted, money, regimes_at_end, ticks
from funnelsim.metrics.vocabulary import dialling_moves
from funnelsim.program import records as p
from funnelsim.program.calendar import DAY

if TYPE_CHECKING:
    from funnelsim.engines.counts import Counts
    from funnelsim.program import Program


# ---------------------------------------------------------------- counts
def flows(program: Program, kinds: p.IntArray, time: str) -> Tables:
    """Name the parts of rows of counts (n, time, G, kinds) that add up over time."""
    layout, lead = layout_of(program), ("replication", time, "group")
    structure, stages = program.structure, pipeline_stages(program)
    found: Tables = {
        "reasons": counted((*lead, "reason"), kinds[..., layout.reason : layout.rejected], "leads led on, by reason"),
        "given_up": counted((*lead, "move"), kinds[..., layout.given_up : layout.begun], "leads led on otherwise"),
        "waited": ticks((*lead, "team"), kinds[..., layout.waited : layout.busy], "from asking to beginning"),
        "busy": ticks((*lead, "team"), kinds[..., layout.busy : layout.turned_away], "worked on the team's clock"),
        "turned_away": counted(
            (*lead, "team"), kinds[..., layout.turned_away : layout.unowned], "attempts turned away", "attempts"
        ),
        "claims": counted((*lead, "team"), kinds[..., layout.claims : layout.lapsed], "leads that got an owner"),
        "lapsed": counted(
            (*lead, "team"), kinds[..., layout.lapsed : layout.held], "leads that a deadline took away unowned"
        ),
        "won_from": counted(
            (*lead, "pipeline"), kinds[..., layout.won_from + stages], "leads won that were in each stage"
        ),
        "lost_from": counted(
            (*lead, "pipeline"), kinds[..., layout.lost_from + stages], "leads not won that were in each stage"
        ),
    }
    if REJECTED in program.reasons:
        rejected = kinds[..., layout.rejected : layout.led]
        found["rejected"] = counted((*lead, "stage"), rejected, "leads led away as rejected")
    if dialling_moves(program):
        led = kinds[..., layout.led : layout.given_up]
        found["led"] = counted((*lead, "move"), led, "leads led to its stage by each move")
    if program.teams:
        begun = kinds[..., layout.begun : layout.extended]
        found["begun"] = counted((*lead, "move"), begun, "attempts on which work was begun", "attempts")
    if np.any(program.recipes.extend >= 0):
        extended = kinds[..., layout.extended : layout.queue]
        found["extended"] = counted((*lead, "move"), extended, "deadlines put off")
    if np.any(structure.stage_flags & p.SQL):
        judged = kinds[..., layout.judged], kinds[..., layout.judged + 1]
        found["judged"] = counted(lead, judged[0], "SQLs without an opportunity on the seventh day")
        found["starved"] = counted(lead, judged[1], "those of them that were followed up too little")
    return found


def levels(program: Program, running: p.IntArray, time: str) -> Tables:
    """Name the parts of rows of counts that say how many there are, of all that was counted until some time."""
    layout, lead = layout_of(program), ("replication", time, "group")
    found: Tables = {
        "queue": counted(
            (*lead, "team"), running[..., layout.queue : layout.waited], "attempts waiting at the end", "attempts"
        ),
        "unowned": counted(
            (*lead, "team"), running[..., layout.unowned : layout.claims], "leads without an owner at the end"
        ),
        "held": counted((*lead, "person"), running[..., layout.held : layout.endangered], "leads in hand at the end"),
    }
    if np.any(program.structure.stage_flags & p.SALES):
        endangered = running[..., layout.endangered]
        found["endangered"] = counted(lead, endangered, "leads for over a month in sales at the end")
    if len(pipeline_stages(program)):
        found["brought"] = money(
            lead, running[..., layout.brought], "what leads in the pipeline at the end brought later"
        )
    return found


def waits(counts: Counts) -> Tables:
    """Quantiles of the wait for a person of each team: of each group, and of everyone."""
    days = counts.waits / DAY
    attrs = {"units": "days", "long_name": "wait for a person of each team"}
    dims = ("team", "quantile")
    return {
        "wait": (("replication", "group", *dims), days[:, :-1], attrs),
        "wait_of_all": (("replication", *dims), days[:, -1], attrs),
    }


# ---------------------------------------------------------------- people
def staff(program: Program, counts: Counts) -> Tables:
    """Who is there at the end of each period, and how much working time there is in it."""
    edges = program.structure.cohort_edge
    from_tick, until_tick = counts.people[:, None, :, 0], counts.people[:, None, :, 1]
    ends = edges[1:, None]
    there = (from_tick < ends) & (ends <= until_tick)
    team_of = program.structure.people["team"]
    time = np.zeros((len(counts.people), len(edges) - 1, len(program.teams)), np.int64)
    for team in range(len(program.teams)):
        in_team = counts.people[:, team_of == team]
        clock = _clock(program, team, np.concatenate((edges, np.ravel(in_team))))
        at_edge, of_people = clock[: len(edges)], clock[len(edges) :].reshape(in_team.shape)
        begins = np.maximum(at_edge[:-1, None], of_people[:, None, :, 0])
        time[..., team] = np.maximum(0, np.minimum(at_edge[1:, None], of_people[:, None, :, 1]) - begins).sum(axis=2)
    return {
        "there": counted(
            ("replication", "period", "person"), there, "whether each person is there at the end", "people"
        ),
        "working_time": ticks(("replication", "period", "team"), time, "of all people on the team's clock"),
    }


def _clock(program: Program, team: int, at: p.IntArray) -> p.IntArray:
    """Return ticks of a team's clock before each tick, those outside the run taken to be at its edge."""
    worked_days = np.array(
        program.structure.worked_days[team]
    )  # a copy: compiled code writes to none that is read-only
    known, places = np.unique(np.clip(at, 0, program.structure.end_tick), return_inverse=True)
    return np.array([team_clock(worked_days, int(tick)) for tick in known], np.int64)[places]


# ---------------------------------------------------------------- opportunities
def pipeline_stages(program: Program) -> p.IntArray:
    """Return the stages before the won that have a stated win rate."""
    return np.flatnonzero(program.structure.stage_flags & p.PIPELINE)


def pipeline(program: Program, counts: Counts) -> Tables:
    """Stated win rates, and what a win is worth on average, as they are at the end of each period."""
    stages, regimes = pipeline_stages(program), np.array(regimes_at_end(program), np.int64)
    if not len(stages):
        return {}
    dims = ("replication", "period")
    positions = program.recipes.win_rate[regimes[:, None], stages]
    stated = np.where(positions >= 0, counts.parameters[:, positions], np.nan)
    values = np.stack([_value_of_a_win(program, counts.parameters, regime) for regime in regimes.tolist()], axis=1)
    return {
        "win_rate": ((*dims, "pipeline"), stated, {"units": "share", "long_name": "stated win rates at the end"}),
        "win_value": money(dims, values, "mean value of a win at the end"),
    }


def _value_of_a_win(program: Program, parameters: p.FloatArray, regime: int) -> p.FloatArray:
    """Return the expected value (n) of the stages of the won that have one, or where none has, of those that do."""
    value, flags = program.structure.value[regime], program.structure.stage_flags
    valued = np.flatnonzero(value > 0)
    won = [stage for stage in valued if flags[stage] & p.WON]
    each = [
        mean_of(program.recipes.waits[value[stage]], parameters, program.recipes.samples) for stage in won or valued
    ]
    return np.mean(each, axis=0) if each else np.zeros(len(parameters))


def mean_of(recipe: p.Record, parameters: p.FloatArray, samples: p.FloatArray) -> p.FloatArray:
    """Return the expected value of what a recipe draws.

    Parameters
    ----------
    recipe : Record
        Of `WAIT_RECIPE`.
    parameters : float array (n, P)
        Of n replications.
    samples : float array
        Of the program: values and cumulative weights of what is empirical.

    Returns
    -------
    float array (n)
        In the units in which it is drawn, before rounding.

    Raises
    ------
    ValueError
        For `NEVER`, which has none.
    """
    form, offset, count = int(recipe["form"]), int(recipe["offset"]), int(recipe["count"])
    first, second = (parameters[:, recipe[name]] for name in ("first", "second"))
    if form in (p.CONSTANT, p.EXPONENTIAL, p.LOGNORMAL_MOMENTS, p.GAMMA_MOMENTS):
        return first.copy()
    if form == p.UNIFORM:
        return np.asarray((first + second) / 2)
    if form == p.LOGNORMAL_RANGE:  # from the 5% to the 95% quantile
        sigma = np.log(second / first) / (2 * 1.6448536269514722)
        return np.asarray(np.sqrt(first * second) * np.exp(sigma**2 / 2))
    if form == p.LOGNORMAL_MEDIAN:
        return np.asarray(first * np.exp(second**2 / 2))
    if form == p.GAMMA_SHAPE:
        return np.asarray(first * second)
    if form == p.WEIBULL:  # shape and scale
        return np.asarray(second * [math.gamma(1 + 1 / shape) for shape in first])
    if form == p.EMPIRICAL:
        values, cumulative = samples[offset : offset + 2 * count].reshape(2, count)
        return np.full(len(parameters), float(np.diff(cumulative, prepend=0.0) @ values))
    raise ValueError("'never' has no expected value")
