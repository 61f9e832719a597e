"""Both engines write the same log, bit for bit, and count the same: on shipped scenarios and on random programs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, note, seed, settings
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.engines.counting import count_log
from funnelsim.engines.counts import Counts
from funnelsim.engines.log import log_matrix
from funnelsim.engines.realise import tables_of
from funnelsim.engines.reference import Funnel
from funnelsim.engines.replicate import replicate
from funnelsim.engines.rows import COLUMNS, OPTED_OUT, OUTCOMES
from funnelsim.engines.tally import AGE_BINS, LABOUR_COST, age_quantile, layout_of
from funnelsim.program import Program, compile_scenario
from tests.engines.programs import scenarios

SCENARIOS = Path(__file__).parents[2] / "scenarios"
QUICK = ("trunk", "cadence", "moments")
"""Of these studies all variants run with every other test; of the others, which take SimPy minutes, in `make long`."""


def _shipped() -> list[Any]:
    studies = [path for path in sorted(SCENARIOS.rglob("*.yaml")) if path.name != "evidence.yaml"]
    marks = {path: () if path.stem in QUICK else (pytest.mark.long,) for path in studies}
    return [
        pytest.param(path.relative_to(SCENARIOS).with_suffix("").as_posix(), variant, marks=marks[path])
        for path in studies
        for variant in (None, *fs.load(path).variants)
    ]


SHIPPED = _shipped()

MEANT = Counter[str]()
"""What the random programs made happen, over the whole run of the test."""


class Counted(NamedTuple):
    """What the SimPy engine's log tells: (cohorts, cells, groups, kinds), (groups, stages, bins), (groups, teams, bins)."""

    counts: np.ndarray
    ages: np.ndarray
    waits: np.ndarray


def reference_log(program: Program, seed: int, by: str | None) -> tuple[np.ndarray, Counted]:
    """The SimPy engine's log as a matrix, and what is counted from it."""
    funnel = Funnel(program, seed, 0)
    rows = funnel.run()
    cells, groups = len(program.structure.cell_regime), len(program.group_names(by))
    counted = Counted(
        counts=np.zeros((len(program.structure.cohort_edge), cells, groups, layout_of(program).size), np.int64),
        ages=np.zeros((groups, len(program.stages), AGE_BINS), np.int64),
        waits=np.zeros((groups, len(program.teams), AGE_BINS), np.int64),
    )
    count_log(program, funnel.tables, rows, funnel.grouping(by), *counted)
    matrix = np.array([(row.tick, row.key - (row.key >> 63 << 64), *row[2:]) for row in rows], np.int64)
    return matrix.reshape(-1, len(COLUMNS)), counted


def assert_same_counts(program: Program, seed: int, by: str | None, counted: Counted) -> Counts:
    """What the kernel counts, tracing off, is what the reference's log tells."""
    kernel = replicate(program, 1, seed, by=by, cohorts=True)
    for what, counts in (
        (kernel.counts[0], counted.counts.sum(axis=0)),
        (kernel.cohort_counts[0], counted.counts[:, 1:].sum(axis=1)),
    ):
        places = np.argwhere(what != counts)
        assert len(places) == 0, (
            f"{named(program, places[0, -1])}: {what[tuple(places[0])]} != {counts[tuple(places[0])]}"
        )
    for quantiles, bins in ((kernel.ages, counted.ages), (kernel.waits, counted.waits)):
        np.testing.assert_array_equal(quantiles[0, :-1], quantiles_of(bins))
        np.testing.assert_array_equal(quantiles[0, -1], quantiles_of(bins.sum(axis=0, keepdims=True))[0])
    return kernel


def named(program: Program, place: int) -> str:
    """What is counted at a place."""
    layout = layout_of(program)
    starts = [(start, name) for name, start in layout._asdict().items() if name != "size"]
    start, name = max(pair for pair in starts if pair[0] <= place)
    return f"{name} + {place - start}"


def quantiles_of(bins: np.ndarray) -> np.ndarray:
    """(groups, things, 2): median and 90% quantile."""
    return np.array([[[age_quantile(b, 0.5), age_quantile(b, 0.9)] for b in group] for group in bins]).reshape(
        *bins.shape[:2], 2
    )


@pytest.mark.parametrize(("name", "variant"), SHIPPED)
def test_shipped_scenarios(name: str, variant: str | None) -> None:
    scenario = fs.load(SCENARIOS / f"{name}.yaml", variant=variant)
    program = compile_scenario(scenario)
    matrix, counted = reference_log(program, 7, "channel")
    np.testing.assert_array_equal(matrix, log_matrix(program, 7, 0, "kernel"))
    least = 1_000 if variant in ("cold_list", "every_60_days") else 10_000  # few dials until given up; few mails
    assert len(matrix) > least
    assert_same_counts(program, 7, "channel", counted)


@seed(20260101)
@settings(
    max_examples=1000,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(text=scenarios(), seed=st.integers(0, 2**64 - 1), by=st.sampled_from([None, "channel", "segment", "line"]))
def check_random_program(text: dict[str, Any], seed: int, by: str | None) -> None:
    note(json.dumps(text))
    try:
        scenario = fs.loads(json.dumps(text))
    except fs.ScenarioError as error:
        MEANT["refused"] += 1
        assume(error is None)
    program = compile_scenario(scenario)
    matrix, counted = reference_log(program, seed, by)
    np.testing.assert_array_equal(matrix, log_matrix(program, seed, 0, "kernel"))
    kernel = assert_same_counts(program, seed, by, counted)
    assert matrix[:, COLUMNS.index("cost")].sum() == kernel.costs[..., :LABOUR_COST].sum()
    assert tables_of(program, seed, 0).labour.sum() == kernel.costs[..., LABOUR_COST].sum()
    MEANT["programs"] += 1
    MEANT.update(OUTCOMES[code] for code in matrix[:, COLUMNS.index("outcome")])
    MEANT["ties"] += len(matrix) - len(np.unique(matrix[:, 0]))
    MEANT["in streams"] += int((matrix[:, COLUMNS.index("stream")] >= 0).sum())


def test_random_programs() -> None:
    MEANT.clear()
    check_random_program()
    assert MEANT["programs"] >= 400
    assert MEANT["refused"] < MEANT["programs"] / 4
    for what in (*OUTCOMES[:OPTED_OUT], "ties", "in streams"):  # what touches add is in test_equal_marketing
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


def test_two_swapped_tied_leads_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two leads of a backlog, there at one instant, that take each other's place in the order are noticed."""
    program = compile_scenario(small())
    kernel = log_matrix(program, 1, 0, "kernel")
    np.testing.assert_array_equal(log_matrix(program, 1, 0, "simpy"), kernel)
    true_key = Funnel.key
    monkeypatch.setattr(
        Funnel, "key", lambda funnel, channel, number: true_key(funnel, channel, {0: 1, 1: 0}.get(number, number))
    )
    swapped = log_matrix(program, 1, 0, "simpy")
    assert swapped.shape == kernel.shape
    assert not np.array_equal(swapped, kernel)
