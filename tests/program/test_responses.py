"""Leads answer to spend: the numbers of leads that are expected, and which leads come."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.engines.realise import tables_of
from funnelsim.engines.tables import LEAD
from funnelsim.program import compile_scenario
from funnelsim.scenario import Scenario, ScenarioError


def write(response: Any, spend: Any = "900 per month", **fields: Any) -> Scenario:
    channel = {"leads": "30 per month", "spend": spend, "enters": "lead"} | ({"response": response} if response else {})
    stages = {"lead": {"moves": {"call": {"after": "1d to 9d", "chance": "40%", "to": "sql"}}}, "sql": {}}
    usual = {"format": 1, "name": "Test", "start": "2026-01-01", "horizon": "4 months"}
    return fs.loads(json.dumps({**usual, "channels": {"web": channel}, "stages": stages, **fields}))


def by_day(scenario: Scenario, replication: int = 0) -> np.ndarray:
    """Leads expected on each day."""
    expected = tables_of(compile_scenario(scenario), 1, replication).expected[0]
    return np.diff(expected) / LEAD


def at(curve: str, level: str = "900 per month", **fields: Any) -> dict[str, Any]:
    return {"curve": curve, "at": level, **fields}


POWER = at("power", exponent=0.6)
HILL = at("hill", half="1_800 per month", slope=2)


@pytest.mark.parametrize("response", [at("linear"), POWER, HILL, {**POWER, "lag": "9d", "carry_over": "40% per month"}])
def test_at_the_spend_that_is_written_leads_are_those_written(response: Any) -> None:
    assert by_day(write(response)) == pytest.approx(by_day(write(None)), rel=1e-9)


@pytest.mark.parametrize(
    ("response", "spend", "times"),
    [
        (at("linear"), "1_350 per month", 1.5),
        (POWER, "1_800 per month", 2**0.6),
        (POWER, "450 per month", 0.5**0.6),
        (HILL, "1_800 per month", 2.5),  # half of a ceiling that is 5 times the leads at 900: 1 + (1800 / 900)**2
        (HILL, "9_000_000 per month", 5.0),
        (at("hill", "6_300 per week", half="900 per day", slope=1.5), "1_800 per day", 2 * 2**1.5 / (1 + 2**1.5)),
        (at("linear"), "0 per month", 0.0),
        (POWER, "0 per month", 0.0),
        (HILL, "0 per month", 0.0),
    ],
)
def test_curves(response: Any, spend: str, times: float) -> None:
    assert by_day(write(response, spend)).sum() == pytest.approx(120 * times, rel=1e-6)


def test_lag_and_carry_over_of_a_spend_that_differs_by_month() -> None:
    spend = {"2026-01": 900, "2026-02": 2_700, "2026-03": 0, "2026-04": 900}
    response = {**POWER, "lag": "1 week", "carry_over": "25% per month"}
    felt, wanted = 1.0, []
    kept = 0.25 ** (1 / 30.4375)
    lengths = [31, 28, 31, 30]
    relative = [value / 900 for value, days in zip(spend.values(), lengths, strict=True) for _ in range(days)]
    for day in range(sum(lengths)):
        felt = kept * felt + (1 - kept) * relative[max(0, day - 7)]
        wanted.append(felt**0.6)
    plain = by_day(write(None))
    assert by_day(write(response, spend)) == pytest.approx(plain * wanted, rel=1e-8)


def test_what_is_carried_over_is_not_lost() -> None:
    spend = {"2026-01": 0, "2026-02": 900} | {f"2026-{month:02}": 0 for month in range(3, 13)}
    scenario = write({**at("linear"), "carry_over": "10% per month"}, spend, horizon="12 months")
    assert by_day(scenario.set({"channels.web.leads": "1 per day"})).sum() == pytest.approx(28, rel=1e-6)


def test_a_change_of_spend_and_of_leads() -> None:
    changes = [
        {"from": "2026-03-01", "set": {"channels.web.spend": "1_800 per month", "channels.web.leads": "60 per month"}}
    ]
    days = by_day(write(POWER, changes=changes))
    assert days[:59].sum() == pytest.approx(60, rel=1e-6)
    assert days[59:].sum() == pytest.approx(120 * 2**0.6, rel=1e-6)


def test_what_is_uncertain_is_drawn_once_a_replication() -> None:
    scenario = write({**POWER, "exponent": {"uncertain": "0.4 to 0.8"}}, {"uncertain": "1_700 to 1_900 per month"})
    program = compile_scenario(scenario)
    for replication in range(5):
        tables = tables_of(program, 1, replication)
        exponent, spend = (tables.parameters[program.parameters.index(path)] for path in PATHS)
        expected = tables.expected[0, -1] / LEAD
        assert expected == pytest.approx(120 * (spend / 9_000_000) ** exponent, rel=1e-6)
    totals = [tables_of(program, 1, replication).expected[0, -1] / LEAD for replication in range(200)]
    low, high = (120 * 2.0**exponent for exponent in (0.35, 0.9))
    assert low < np.quantile(totals, 0.05) < np.quantile(totals, 0.95) < high
    assert math.log2(np.quantile(totals, 0.95) / np.quantile(totals, 0.05)) > 0.2


PATHS = ("channels.web.response.exponent", "channels.web.spend.amount")


def test_more_spend_only_adds_leads_and_brings_none_later(compiled_kernel: None) -> None:
    logs = {}
    for spend in ("900 per month", "1_300 per month"):
        scenario = write({**HILL, "lag": "3d"}, spend)
        log, reference = (fs.trace(scenario, seed=3, engine=engine) for engine in ("kernel", "simpy"))
        assert log.equals(reference)
        logs[spend] = log[log["outcome"] == "created"].set_index("lead")["time"]
    fewer, more = logs.values()
    assert len(fewer) < len(more)
    assert set(fewer.index) < set(more.index)
    assert (more[fewer.index] <= fewer).all()
    assert (more[fewer.index] < fewer).any()


def test_absurd_numbers_stay_finite() -> None:
    steep = at("hill", "0.01 per month", half="1_000_000_000 per month", slope=900)
    assert by_day(write(steep, "0.01 per month")).sum() == pytest.approx(120, rel=1e-6)
    assert by_day(write(steep, "0.005 per month")).sum() == pytest.approx(0, abs=1e-6)
    with pytest.raises(ScenarioError, match="leads in one run, which holds at most"):
        write(steep, "1_000_000_000 per month")
