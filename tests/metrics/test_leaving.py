"""By which ways leads are led on, as counted from the log in another way."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.engines.log import log_matrix
from funnelsim.engines.rows import COLUMNS, OPTED_OUT, LogRow
from funnelsim.metrics.result import Result
from funnelsim.program import compile_scenario
from funnelsim.scenario import Scenario


def counted(scenario: Scenario, seed: int, replication: int) -> Counter[tuple[str, str, str]]:
    """Count leads led on within the counted time: by kind and name of where the move is, and by reason."""
    program = compile_scenario(scenario)
    containers = [
        (kind, name)
        for kind, names in (("stage", program.stages), ("track", program.streams), ("team", program.teams))
        for name in names
    ]
    found: Counter[tuple[str, str, str]] = Counter()
    for values in log_matrix(program, seed, replication, "kernel").tolist():
        row = LogRow(**dict(zip(COLUMNS, values, strict=True)))
        if row.move < 0 or row.tick < program.structure.start_tick:
            continue
        kind, name = containers[program.structure.moves["container"][row.move]]
        leaves_track = row.outcome == OPTED_OUT and kind == "track"
        if row.to >= 0 or leaves_track:
            found[kind, name, program.reasons[row.reason] if row.reason >= 0 else "opted_out"] += 1
    return found


@pytest.mark.parametrize("which", ["nurture", "sales"])
def test_ways_are_those_of_the_log(
    which: str,
    nurture: Scenario,
    nurtured: dict[str | None, Result],
    sales: Scenario,
    sold: dict[str | None, Result],
) -> None:
    scenario, result = (nurture, nurtured["channel"]) if which == "nurture" else (sales, sold["line"])
    expected: Counter[tuple[str, str, str]] = Counter()
    for replication in range(6):
        expected.update(counted(scenario, result.seed, replication))
    table = result.ways_out()
    found: Counter[tuple[str, str, str]] = Counter()
    for way in table.to_dict("records"):
        if way["reason"]:
            found[way["kind"], way["name"], way["reason"]] += round(6 * way["leads"])
    assert found == expected
    reasons = {"nurture": {"exhausted", "ends", "opted_out", "rule_1", "touch", "not_now"}}
    reasons["sales"] = {"no_need", "rejected", "unanswered", "expired", "no_follow_up", "exhausted", "touch"}
    assert {reason for _, _, reason in found} >= reasons[which]
    assert (table["leads_error"] >= 0).all()


def test_ways_and_what_tracks_take_are_all_that_left(nurture: Scenario, nurtured: dict[str | None, Result]) -> None:
    result = nurtured[None]
    left = result.where_leads_leave().set_index(["kind", "name"])["left"]
    ways = result.ways_out()
    for stage in nurture.stages:
        of_stage = ways[(ways["kind"] == "stage") & (ways["name"] == stage)]
        np.testing.assert_allclose(of_stage["leads"].sum(), left["stage", stage])
    taken = ways[(ways["name"] == "lead") & (ways["reason"] == "")]
    assert len(taken) == 1, "the track of that stage leads leads on"
    assert taken["leads"].item() > 0


def test_a_scenario_in_which_nothing_happens_has_no_ways() -> None:
    quiet = {"stages.lead.moves.call.after": "never"}
    text = """
format: 1
name: Quiet
start: 2026-01-01
horizon: 30d
channels: {web: {leads: 1 per day, enters: lead}}
stages: {lead: {moves: {call: {after: 2d, every: 1d, attempts: 2, chance: 50%, to: won}}}, won: {}}
"""
    scenario = fs.loads(text)
    assert list(fs.simulate(scenario, replications=2).ways_out()["to"]) == ["won"]
    assert fs.simulate(scenario.set(quiet), replications=2).ways_out().empty
