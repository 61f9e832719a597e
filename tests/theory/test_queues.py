"""Teams against queueing theory: waits, utilisation, turned away, priorities, and Little's law.

Expected values are computed here; the means of independent replications, or of batches of one long run, are compared with them by Student's t, at a level of one in ten
thousand and with a fixed seed. Each replication begins with a warm-up that is not counted.
"""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

import funnelsim as fs
from funnelsim.engines.log import log_matrix
from funnelsim.engines.replicate import replicate
from funnelsim.engines.rows import ASKED, BEGUN, COLUMNS, CREATED, DROPPED, PRESENT, TURNED_AWAY
from funnelsim.engines.tally import layout_of
from funnelsim.program import compile_scenario
from funnelsim.program.calendar import DAY
from funnelsim.scenario import Scenario

LEVEL = 1e-4
HOURS = 24
REPLICATIONS = 60


class Served(NamedTuple):
    """What replications counted of one team; each (replications, groups) but for `level`."""

    wait: npt.NDArray[np.float64]
    """Mean wait in hours."""
    busy: npt.NDArray[np.float64]
    """People busy on average."""
    asked: npt.NDArray[np.float64]
    """Requests an hour."""
    turned_away: npt.NDArray[np.float64]
    """Share of requests turned away."""
    level: npt.NDArray[np.float64]
    """(replications,): who waits at the ends of periods, on average."""


def serve(takes: Any, per_day: float, people: int, *, days: int = 200, period: str = "1d", **team: Any) -> Scenario:
    """A single queue: leads come at random, and one of the people sees to each."""
    text = {
        "format": 1, "name": "A queue", "start": "2026-01-01", "horizon": f"{days}d", "warm_up": "20d", "period": period,
        "channels": {"web": {"leads": f"{per_day} per day", "enters": "lead"}},
        "teams": {"desk": {"people": people, "hours": "24 per day", **team}},
        "stages": {"lead": {"moves": {"see": {"team": "desk", "takes": takes, "to": "seen", "else": "gone"}}}, "seen": {}, "gone": {}},
    }  # fmt: skip
    return fs.loads(json.dumps(text))


def measured(scenario: Scenario, *, by: str | None = None, seed: int = 2026) -> Served:
    program = compile_scenario(scenario)
    layout = layout_of(program)
    counts = replicate(program, REPLICATIONS, seed, by=by).counts.astype(float)
    counted = counts[:, 1:].sum(axis=1)
    hours = (program.structure.end_tick - program.structure.start_tick) / (DAY / HOURS)
    begun = counted[..., layout.begun : layout.begun + len(program.moves)].sum(axis=-1)
    refused = counted[..., layout.turned_away]
    level = counts[..., layout.queue].sum(axis=-1).cumsum(axis=1)[:, 1:].mean(axis=1)
    return Served(
        wait=counted[..., layout.waited] / begun / (DAY / HOURS),
        busy=counted[..., layout.busy] / (DAY / HOURS) / hours,
        asked=(begun + refused) / hours,
        turned_away=refused / (begun + refused),
        level=level,
    )


def assert_mean(values: npt.NDArray[np.float64], expected: float) -> None:
    """Independent replications have this mean: Student's t does not say otherwise."""
    p = stats.ttest_1samp(values, expected).pvalue
    assert p > LEVEL, f"{values.mean():.5g} +- {stats.sem(values):.2g} is not {expected:.5g} (p = {p:.1g})"


def erlang_b(people: int, offered: float) -> float:
    """Chance of being turned away where nobody can wait (A. K. Erlang, 1917)."""
    terms = [offered**k / math.factorial(k) for k in range(people + 1)]
    return terms[-1] / sum(terms)


def erlang_c(people: int, offered: float) -> float:
    """Chance of having to wait where all can."""
    blocked = erlang_b(people, offered)
    return people * blocked / (people - offered * (1 - blocked))


# ---------------------------------------------------------------- M/M/c
@pytest.mark.parametrize(("people", "load"), [(1, 0.7), (3, 0.8), (8, 0.9)])
def test_erlang_c(people: int, load: float) -> None:
    mean_hours, per_hour = 2.0, load * people / 2.0
    served = measured(serve({"dist": "exponential", "mean": "2h"}, per_hour * 24, people))
    wait = erlang_c(people, per_hour * mean_hours) / (people / mean_hours - per_hour)
    assert_mean(served.asked[:, 0], per_hour)
    assert_mean(served.busy[:, 0], load * people)
    assert_mean(served.wait[:, 0], wait)
    assert_mean(served.level, per_hour * wait)  # Little's law, the level taken at the ends of days


def test_erlang_c_by_batch_means() -> None:
    """One long run, cut into batches of 80 days, long against the hours for which waits remember each other."""
    program = compile_scenario(
        serve({"dist": "exponential", "mean": "2h"}, 0.8 * 3 / 2 * 24, 3, days=4800, period="80d")
    )
    layout = layout_of(program)
    batches = replicate(program, 1, 8).counts[0, 1:, 0].astype(float)
    assert len(batches) == 60
    waits = batches[:, layout.waited] / batches[:, layout.begun] / (DAY / HOURS)
    per_hour = 0.8 * 3 / 2
    assert_mean(waits, erlang_c(3, per_hour * 2) / (3 / 2 - per_hour))
    assert_mean(batches[:, layout.busy] / (80 * DAY), 2.4)
    assert abs(np.corrcoef(waits[1:], waits[:-1])[0, 1]) < 0.4, "batches hardly know of each other"


# ---------------------------------------------------------------- M/G/1
@pytest.mark.parametrize(
    ("takes", "variance"),
    [
        ("2h", 0.0),
        ("between 1h and 3h", 4 / 12),
        ({"dist": "gamma", "mean": "2h", "sd": "3h"}, 9.0),
        ({"dist": "lognormal", "mean": "2h", "sd": "2h"}, 4.0),
    ],
)
def test_pollaczek_and_khinchine(takes: Any, variance: float) -> None:
    mean, per_hour = 2.0, 0.35
    served = measured(serve(takes, per_hour * 24, 1))
    load = per_hour * mean
    assert_mean(served.busy[:, 0], load)
    assert_mean(served.wait[:, 0], per_hour * (mean**2 + variance) / (2 * (1 - load)))


@pytest.mark.parametrize("discipline", ["fifo", "newest"])
def test_the_order_does_not_change_the_mean_wait(discipline: str) -> None:
    served = measured(serve({"dist": "exponential", "mean": "2h"}, 0.35 * 24, 1, discipline=discipline))
    assert_mean(served.wait[:, 0], 0.35 * 8 / (2 * 0.3))


def test_working_hours_stretch_work() -> None:
    eight = measured(serve({"dist": "exponential", "mean": "40min"}, 0.35 * 24, 1, hours="8 per day"))
    assert_mean(eight.busy[:, 0], 0.7)
    assert_mean(eight.wait[:, 0], 0.35 * 8 / (2 * 0.3))


# ---------------------------------------------------------------- M/G/c/c
@pytest.mark.parametrize(
    "takes", [{"dist": "exponential", "mean": "2h"}, "2h", {"dist": "gamma", "mean": "2h", "sd": "4h"}]
)
def test_erlang_b_whatever_the_work_takes(takes: Any) -> None:
    people, per_hour = 4, 1.5
    served = measured(serve(takes, per_hour * 24, people, queue_limit=0))
    lost = erlang_b(people, per_hour * 2.0)
    assert_mean(served.turned_away[:, 0], lost)
    assert_mean(served.busy[:, 0], per_hour * 2.0 * (1 - lost))
    assert not served.wait.any(), "nobody waits"
    assert not served.level.any()


def test_a_short_queue() -> None:
    """M/M/1/K: a person and three places."""
    load, places = 0.9, 4
    served = measured(serve({"dist": "exponential", "mean": "2h"}, load / 2.0 * 24, 1, queue_limit=places - 1))
    full = (1 - load) * load**places / (1 - load ** (places + 1))
    assert_mean(served.turned_away[:, 0], full)
    assert_mean(served.busy[:, 0], load * (1 - full))


# ---------------------------------------------------------------- priorities
def test_cobham() -> None:
    """A. Cobham, 1954: waits by class where the urgent go first, without breaking off work."""
    rates, mean = {"urgent": 0.15, "normal": 0.25}, 2.0
    text = {
        "format": 1, "name": "Two classes", "start": "2026-01-01", "horizon": "200d", "warm_up": "20d", "period": "1d",
        "channels": {name: {"leads": f"{rate * 24} per day", "enters": name} for name, rate in rates.items()},
        "teams": {"desk": {"people": 1, "hours": "24 per day", "discipline": "priority"}},
        "stages": {
            name: {"moves": {"see": {"team": "desk", "takes": {"dist": "exponential", "mean": "2h"}, "priority": priority, "to": "seen"}}}
            for name, priority in (("urgent", 5), ("normal", 0))
        } | {"seen": {}},
    }  # fmt: skip
    served = measured(fs.loads(json.dumps(text)), by="channel")
    first, both = rates["urgent"] * mean, sum(rates.values()) * mean
    residual = both * mean  # of the work in progress, met by a lead that comes at random
    assert_mean(served.wait[:, 0], residual / (1 - first))
    assert_mean(served.wait[:, 1], residual / ((1 - first) * (1 - both)))


# ---------------------------------------------------------------- Little's law, exactly
def integral(changes: list[tuple[int, int]], end: int) -> int:
    """Sum over time of a number that changes at ticks."""
    total, level, before = 0, 0, 0
    for tick, change in sorted(changes):
        total += level * (tick - before)
        level, before = level + change, tick
    return total + level * (end - before)


def test_littles_law_on_every_team_and_stage() -> None:
    """The sum over time of who is there is the sum over leads of how long they are there, to the tick."""
    text = {
        "format": 1, "name": "Two teams", "start": "2026-01-01", "horizon": "90d",
        "channels": {"web": {"leads": "12 per day", "enters": "lead"}, "base": {"backlog": 50, "enters": "sql"}},
        "teams": {"desk": {"people": 2, "hours": "8 per day", "days_off": ["sun"]}, "sales": {"people": 4, "hours": "8 per day", "hold": 9}},
        "stages": {
            "lead": {"moves": {"call": {"team": "desk", "takes": "30min to 3h", "every": "1d", "attempts": 3, "chance": 0.5, "to": "sql", "else": "pool"}}},
            "sql": {"owner": "sales", "moves": {"visit": {"takes": "1h to 5h", "every": "2d", "chance": 0.3, "attempts": 5, "to": "won", "else": "pool"}, "expire": {"after": "12d", "to": "pool"}}},
            "won": {}, "pool": {},
        },
    }  # fmt: skip
    program = compile_scenario(fs.loads(json.dumps(text)))
    layout, end = layout_of(program), program.structure.end_tick
    log = dict(zip(COLUMNS, log_matrix(program, 5, 0, "kernel").T, strict=True))
    counts = replicate(program, 1, 5).counts[0].sum(axis=(0, 1))
    team_of = program.structure.moves["team"]
    for team in range(2):
        mine = (log["move"] >= 0) & (team_of[log["move"]] == team)
        joins, leaves = mine & (log["outcome"] == ASKED), mine & np.isin(log["outcome"], [BEGUN, DROPPED, TURNED_AWAY])
        waits: dict[tuple[int, int], int] = {}
        total, total_begun = 0, 0
        for i in np.flatnonzero(joins | leaves):
            lead = int(log["key"][i]), int(log["move"][i])
            if joins[i]:
                waits[lead] = int(log["tick"][i])
            else:
                waited = int(log["tick"][i]) - waits.pop(lead)
                total += waited
                total_begun += waited if log["outcome"][i] == BEGUN else 0
        total += sum(end - tick for tick in waits.values())
        changes = [(int(tick), 1) for tick in log["tick"][joins]] + [(int(tick), -1) for tick in log["tick"][leaves]]
        assert integral(changes, end) == total > 0
        assert len(waits) == counts[layout.queue + team], "who waits at the end"
        assert total_begun == counts[layout.waited + team]
    goes = log["to"] >= 0
    for stage, name in enumerate(program.stages):
        enters, exits = goes & (log["to"] == stage), goes & (log["stage"] == stage)
        changes = [(int(tick), 1) for tick in log["tick"][enters]] + [(int(tick), -1) for tick in log["tick"][exits]]
        spent = int((end - log["tick"][enters]).sum() - (end - log["tick"][exits]).sum())
        assert integral(changes, end) == spent > 0, name
        entries = counts[layout.entry + stage * 4 : layout.entry + stage * 4 + 4].sum()
        present = 50 if name == "sql" else 0
        assert enters.sum() - exits.sum() == entries + present - counts[layout.exit + stage], (
            "who stands there at the end"
        )
    assert np.isin(log["outcome"][log["stage"] < 0], [CREATED, PRESENT]).all()
