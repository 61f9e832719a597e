"""Both engines write the same log, bit for bit, and count the same: on shipped scenarios and on random programs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, note, settings
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.engines.log import log_matrix
from funnelsim.engines.reference import Funnel
from funnelsim.engines.replicate import Counts, replicate
from funnelsim.engines.rows import COLUMNS, OUTCOMES
from funnelsim.engines.tally import AGE_BINS, count_log, layout_of
from funnelsim.program import Program, compile_scenario
from tests.engines.programs import scenarios

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SHIPPED = [
    (path.stem, variant) for path in sorted(SCENARIOS.glob("*.yaml")) for variant in (None, *fs.load(path).variants)
]

MEANT = Counter[str]()
"""What the random programs made happen, over the whole run of the test."""


def reference_log(program: Program, seed: int, by: str | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The SimPy engine's log as a matrix, and what is counted from it."""
    rows = Funnel(program, seed, 0).run()
    cells, groups = (
        len(program.structure.cell_regime),
        {None: 1, "channel": len(program.channels)}.get(by, len(program.segments)),
    )
    counts = np.zeros((len(program.structure.cohort_edge), cells, groups, layout_of(program).size), np.int64)
    ages = np.zeros((groups, len(program.stages), AGE_BINS), np.int64)
    count_log(program, rows, by, counts, ages)
    matrix = np.array([(row.tick, row.key - (row.key >> 63 << 64), *row[2:]) for row in rows], np.int64)
    return matrix.reshape(-1, len(COLUMNS)), counts, ages


def assert_same_counts(program: Program, seed: int, by: str | None, counts: np.ndarray, ages: np.ndarray) -> Counts:
    """What the kernel counts, tracing off, is what the reference's log tells."""
    kernel = replicate(program, 1, seed, by=by, cohorts=True)
    np.testing.assert_array_equal(kernel.counts[0], counts.sum(axis=0))
    np.testing.assert_array_equal(kernel.cohort_counts[0], counts[:, 1:].sum(axis=1))
    entered = ages.sum(axis=2)
    np.testing.assert_array_equal(np.isnan(kernel.ages[0, :-1, :, 0]), entered == 0)
    return kernel


@pytest.mark.parametrize(("name", "variant"), SHIPPED)
def test_shipped_scenarios(name: str, variant: str | None) -> None:
    scenario = fs.load(SCENARIOS / f"{name}.yaml", variant=variant)
    program = compile_scenario(scenario)
    matrix, counts, ages = reference_log(program, 7, "channel")
    np.testing.assert_array_equal(matrix, log_matrix(program, 7, 0, "kernel"))
    assert len(matrix) > 10_000
    assert_same_counts(program, 7, "channel", counts, ages)


@settings(max_examples=400, phases=[Phase.generate, Phase.shrink], suppress_health_check=list(HealthCheck))
@given(text=scenarios(), seed=st.integers(0, 2**64 - 1), by=st.sampled_from([None, "channel", "segment"]))
def check_random_program(text: dict[str, Any], seed: int, by: str | None) -> None:
    note(json.dumps(text))
    try:
        scenario = fs.loads(json.dumps(text))
    except fs.ScenarioError as error:
        MEANT["refused"] += 1
        assume(error is None)
    program = compile_scenario(scenario)
    matrix, counts, ages = reference_log(program, seed, by)
    np.testing.assert_array_equal(matrix, log_matrix(program, seed, 0, "kernel"))
    kernel = assert_same_counts(program, seed, by, counts, ages)
    assert matrix[:, COLUMNS.index("cost")].sum() == kernel.costs.sum()
    MEANT["programs"] += 1
    MEANT.update(OUTCOMES[code] for code in matrix[:, COLUMNS.index("outcome")])
    MEANT["ties"] += len(matrix) - len(np.unique(matrix[:, 0]))
    MEANT["in streams"] += int((matrix[:, COLUMNS.index("stream")] >= 0).sum())


def test_random_programs() -> None:
    MEANT.clear()
    check_random_program()
    assert MEANT["programs"] >= 400
    assert MEANT["refused"] < MEANT["programs"] / 4
    for what in (*OUTCOMES, "ties", "in streams"):
        assert MEANT[what] > 100, what


# ---------------------------------------------------------------- the comparison can fail
def small(**fields: Any) -> fs.Scenario:
    text = {
        "format": 1, "name": "Small", "start": "2026-01-01", "horizon": "60d",
        "channels": {"base": {"backlog": 200, "enters": "lead"}},
        "stages": {
            "lead": {"moves": {"call": {"after": "3d", "every": "2d", "attempts": 4, "chance": 0.3, "to": "won", "else": "lost", **fields}}},
            "won": {}, "lost": {},
        },
    }  # fmt: skip
    return fs.loads(json.dumps(text))


def test_a_bent_rate_is_noticed() -> None:
    straight = log_matrix(compile_scenario(small()), 1, 0, "simpy")
    bent = log_matrix(compile_scenario(small(chance=0.32)), 1, 0, "kernel")
    assert not np.array_equal(straight, bent)
    np.testing.assert_array_equal(straight, log_matrix(compile_scenario(small()), 1, 0, "kernel"))


def test_two_swapped_tied_leads_are_noticed() -> None:
    program = compile_scenario(small(after="never"))
    log = log_matrix(program, 1, 0, "simpy")
    assert log[0, 0] == log[1, 0], "all of a backlog are there at one instant"
    swapped = log.copy()
    swapped[[0, 1]] = swapped[[1, 0]]
    kernel = log_matrix(program, 1, 0, "kernel")
    assert not np.array_equal(swapped, kernel)
    np.testing.assert_array_equal(log, kernel)
