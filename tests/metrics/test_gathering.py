"""Results take little memory, as much as is said beforehand at most, and are refused where there is not enough."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import funnelsim as fs
from funnelsim.engines import replicate
from funnelsim.metrics import gathering
from funnelsim.metrics.gathering import Gathered, machine_memory, memory_needed, smallest_type
from funnelsim.metrics.labelled import counted
from funnelsim.program import compile_scenario
from funnelsim.scenario import Scenario


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 127], np.int8),
        ([-128, 0], np.int8),
        ([128], np.int16),
        ([-129], np.int16),
        ([1 << 15], np.int32),
        ([1 << 31], np.int64),
        ([-(1 << 40)], np.int64),
    ],
)
def test_whole_numbers_are_kept_in_the_smallest_type(values: list[int], kind: Any) -> None:
    assert smallest_type(np.array(values)) == kind
    assert smallest_type(np.array(values, np.float64)) == np.float64
    assert smallest_type(np.array(values) > 0) == np.bool_


def test_a_variable_that_outgrows_its_type_moves_to_a_wider_one() -> None:
    gathered = Gathered(6)
    parts = [[1, 2], [300, -4], [5, 1 << 40]]
    for part in parts:
        gathered.take({"n": counted(("replication",), np.array(part), "numbers")})
    variable = gathered.dataset({})["n"]
    assert variable.dtype == np.int64
    assert variable.to_numpy().tolist() == [1, 2, 300, -4, 5, 1 << 40]
    assert variable.attrs["units"] == "leads"


def test_parts_do_not_matter(sales: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fs.simulate(sales, replications=7, seed=3, by="line", cohorts=True)
    for size in (1, 3):
        monkeypatch.setattr(replicate, "part_size", lambda *_, size=size: size)
        parts = fs.simulate(sales, replications=7, seed=3, by="line", cohorts=True)
        assert parts.data.identical(whole.data)
        assert {n: v.dtype for n, v in parts.data.items()} == {n: v.dtype for n, v in whole.data.items()}


@pytest.mark.parametrize(("by", "cohorts"), [(None, False), ("segment", True)])
def test_memory_stays_below_the_estimate(
    scenario: Scenario, by: str | None, cohorts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The peak is below what is estimated, and grows with replications as what is kept of them does."""
    monkeypatch.setattr(replicate, "PART_BYTES", 1 << 20)
    program = compile_scenario(scenario)
    fs.simulate(scenario, replications=1, by=by, cohorts=cohorts)

    def peak(replications: int) -> tuple[int, int]:
        tracemalloc.start()
        result = fs.simulate(scenario, replications=replications, by=by, cohorts=cohorts, threads=1)
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return taken, sum(variable.nbytes for variable in result.data.data_vars.values())

    (few, few_kept), (many, many_kept) = peak(500), peak(2500)
    for number, taken, kept in ((500, few, few_kept), (2500, many, many_kept)):
        needed = memory_needed(program, number, by, cohorts, 1)
        assert kept <= taken <= needed
    counts = sum(array.nbytes for array in replicate.nothing(program, by, cohorts))
    assert many - few < 1.2 * (many_kept - few_kept) + (1 << 20)
    assert (many_kept - few_kept) / 2000 < counts / 3  # of eight bytes for each number few are left


def test_too_much_is_refused_before_anything_runs(scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "machine_memory", lambda: 4_000_000_000)
    message = (
        r"2,000,000 replications would take up to [\d,]+\.\d GB of memory, and a result may take 50% of the 4.0 GB of this "
        "machine: ask for fewer replications, a coarser period, a shorter horizon, or without groups and cohorts"
    )
    with pytest.raises(ValueError, match=message):
        fs.simulate(scenario, replications=2_000_000)
    with pytest.raises(ValueError, match="2,000,000 replications of each of 2 scenarios would take"):
        fs.compare({"a": scenario, "b": scenario.variant("rare")}, replications=2_000_000)
    monkeypatch.setattr(gathering, "machine_memory", lambda: None)
    gathering.check_memory(1 << 60, "anything")


def test_a_coarser_period_and_fewer_groups_need_less(sales: Scenario) -> None:
    def needed(scenario: Scenario, replications: int = 1_000_000, by: str | None = None, cohorts: bool = False) -> int:
        return memory_needed(compile_scenario(scenario), replications, by, cohorts, 1)

    plain = needed(sales)
    assert needed(sales.set({"period": "week"})) > 3 * plain
    assert needed(sales.set({"horizon": "1 month"})) < 0.5 * plain
    assert needed(sales, by="channel") > 2 * plain
    assert needed(sales, cohorts=True) > 1.5 * plain
    assert needed(sales, replications=500_000) < 0.6 * plain


def test_the_memory_of_this_machine() -> None:
    memory = machine_memory()
    assert memory is None or memory > 1 << 28
