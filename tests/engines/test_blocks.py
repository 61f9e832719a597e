"""Leads walked a block at a time are counted as those walked one by one, and as the SimPy engine's log has it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, note, seed, settings
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.engines import block
from funnelsim.engines.blockable import can_be_blocks
from funnelsim.engines.counts import Counts
from funnelsim.engines.desks import path_of
from funnelsim.engines.replicate import replicate
from funnelsim.engines.tally import layout_of
from funnelsim.program import Program, compile_scenario
from tests.engines.random_plain import Plain

SCENARIOS = Path(__file__).parents[2] / "scenarios"

MEANT = Counter[str]()
"""What the random programs made happen, over the whole run of the test."""


def assert_same(some: Counts, others: Counts) -> None:
    for name, one, other in zip(Counts._fields, some, others, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=name)


def note_what_happened(program: Program, counts: Counts) -> None:
    layout = layout_of(program)
    for name, after in zip(layout._fields, layout._fields[1:], strict=False):
        MEANT[name] += int(np.abs(counts.counts[..., getattr(layout, name) : getattr(layout, after)]).sum())
    shared = block.shared_streams(program)
    MEANT["kept streams"] += sum(shared)
    MEANT["queues in front"] += program.teams != ()
    MEANT["skilled people"] += any(person.endswith(".anna") for person in program.people)
    MEANT["programs"] += 1


@seed(20260103)
@settings(
    max_examples=100,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(st.integers(0, 2**32 - 1), st.sampled_from([None, "segment", "seen", "channel"]), st.booleans())
def check_random_plain(number: int, by: str | None, cohorts: bool) -> None:
    text = json.dumps(Plain(Random(number)).scenario())
    note(text)
    try:
        scenario = fs.loads(text)
    except fs.ScenarioError:
        assume(False)
    program = compile_scenario(scenario)
    assert path_of(program) == "blocks"
    counted = replicate(program, 3, number, by=by, cohorts=cohorts, path="blocks", threads=1)
    assert_same(counted, replicate(program, 3, number, by=by, cohorts=cohorts, path="leads", threads=1))
    assert_same(counted.part(0, 1), replicate(program, 1, number, engine="simpy", by=by, cohorts=cohorts))
    note_what_happened(program, counted)


def test_random_plain_programs() -> None:
    MEANT.clear()
    check_random_plain()
    for name in (
        "created",
        "present",
        "entry",
        "exit",
        "attempt",
        "stalled",
        "value",
        "led",
        "queue",
        "waited",
        "busy",
    ):
        assert MEANT[name] > 100, (name, MEANT)
    for name in (
        "sent",
        "engaged",
        "recorded",
        "joined",
        "left",
        "touched_entry",
        "reached_touch",
        "profile",
        "fit_won",
    ):
        assert MEANT[name] > 100, (name, MEANT)
    assert min(MEANT["kept streams"], MEANT["queues in front"], MEANT["skilled people"]) > 10, MEANT


@pytest.mark.parametrize("size", [1, 7, 64])
def test_blocks_may_have_any_size(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    program = compile_scenario(fs.load(SCENARIOS / "trunk.yaml"))
    usual = replicate(program, 1, 5, path="blocks")
    monkeypatch.setattr(block, "BLOCK", max(size, block.GAPS))
    assert_same(usual, replicate(program, 1, 5, path="blocks"))


@pytest.mark.parametrize("study", ["trunk", "nurture_before_after", "cadence", "opportunities_before_after"])
def test_studies_are_walked_in_blocks(study: str) -> None:
    scenario = fs.load(SCENARIOS / f"{study}.yaml")
    walked = 0
    for variant in (None, *scenario.variants):
        program = compile_scenario(scenario if variant is None else scenario.variant(variant))
        if can_be_blocks(program):
            walked += 1
            by = "channel"
            assert_same(
                replicate(program, 2, 3, by=by, cohorts=True, path="blocks"),
                replicate(program, 2, 3, by=by, cohorts=True, path="leads"),
            )
    assert walked > 0


def test_every_study_takes_one_path_or_the_other() -> None:
    taken = Counter(
        path_of(compile_scenario(fs.load(path))) for path in SCENARIOS.rglob("*.yaml") if path.name != "evidence.yaml"
    )
    assert min(taken["blocks"], taken["leads"]) > 3, taken
