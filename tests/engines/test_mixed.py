"""Leads walked in blocks but where they meet are counted as those walked one by one, and as SimPy's log has it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from random import Random

import numpy as np

import funnelsim as fs
from funnelsim.engines.desks import path_of
from funnelsim.engines.mixable import ticks_apart
from funnelsim.engines.replicate import replicate
from funnelsim.engines.tally import layout_of
from funnelsim.program import Program, compile_scenario
from tests.engines.random_meeting import Meeting
from tests.engines.test_blocks import assert_same

OWNERS = Path(__file__).parents[2] / "benchmarks" / "owners.yaml"


def random_programs(number: int) -> list[tuple[int, Program]]:
    """So many programs that can be walked so, with the numbers they were made by."""
    found: list[tuple[int, Program]] = []
    tried = 0
    while len(found) < number:
        tried += 1
        assert tried < 20 * number, "hardly any of the random programs can be walked so"
        try:
            program = compile_scenario(fs.loads(json.dumps(Meeting(Random(tried)).scenario())))
        except fs.ScenarioError:
            continue
        if path_of(program) == "mixed":
            found.append((tried, program))
    return found


def test_random_programs() -> None:
    meant = Counter[str]()
    for number, program in random_programs(36):
        by = [None, "segment", "channel"][number % 3]
        counted = replicate(program, 3, number, by=by, cohorts=True, path="mixed", threads=1)
        assert_same(counted, replicate(program, 3, number, by=by, cohorts=True, path="leads", threads=1))
        if number % 4 == 0:
            one = replicate(program, 1, number, engine="simpy", by=by, cohorts=True)
            assert_same(counted.part(0, 1), one)
        layout = layout_of(program)
        for name, after in zip(layout._fields, layout._fields[1:], strict=False):
            part = counted.counts[..., getattr(layout, name) : getattr(layout, after)]
            meant[name] += int(np.abs(part).sum())
        meant["in front"] += "lead" in program.stages and program.teams[0] == "desk"
        meant["programs"] += 1
    for name in (
        "entry",
        "exit",
        "stalled",
        "led",
        "given_up",
        "begun",
        "extended",
        "busy",
        "claims",
        "lapsed",
        "held",
    ):
        assert meant[name] > 20, (name, meant)
    for name in ("judged", "won_from", "lost_from", "wasted_leads", "wasted_busy", "value", "in front"):
        assert meant[name] > 5, (name, meant)


def test_owners_are_walked_so() -> None:
    program = compile_scenario(fs.load(OWNERS).set({"horizon": "4 months"}))
    assert path_of(program) == "mixed"
    apart = dict(zip(program.stages, ticks_apart(program), strict=True))
    assert apart["sql"] < 0 <= apart["mql"]
    assert apart["pool"] == 30 * 86_400_000 - 1
    assert_same(replicate(program, 2, 5, path="mixed"), replicate(program, 2, 5, path="leads"))


def test_threads_and_chunks_do_not_matter() -> None:
    program = compile_scenario(fs.load(OWNERS).set({"horizon": "3 months"}))
    one = replicate(program, 4, 7, cohorts=True, threads=1)
    assert_same(one, replicate(program, 4, 7, cohorts=True, threads=2, chunk=1))


def test_leads_that_may_meet_again_at_once_are_walked_one_by_one() -> None:
    program = compile_scenario(fs.load(OWNERS).set({"stages.pool.moves.touch.after": "1d"}))
    assert dict(zip(program.stages, ticks_apart(program), strict=True))["pool"] < 0
