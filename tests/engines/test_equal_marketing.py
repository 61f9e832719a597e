"""Random programs of touches, limits, content, points, tracks and rules: both engines agree, and limits are kept."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from random import Random

import numpy as np
from hypothesis import HealthCheck, Phase, assume, given, note, seed, settings
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.engines.log import log_matrix
from funnelsim.engines.realise import tables_of
from funnelsim.engines.rows import COLUMNS, INACTIVE, OUTCOMES, WHYS, LogRow
from funnelsim.program import compile_scenario
from tests.engines.random_marketing import Marketer
from tests.engines.test_equal_engines import assert_same_counts, reference_log
from tests.engines.test_marketing_logs import assert_limits_are_kept

HAPPENED = Counter[str]()
"""Outcomes in all random programs together."""


@seed(20260102)
@settings(
    max_examples=120,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(st.integers(0, 2**32 - 1), st.sampled_from([None, "segment", "seen", "channel"]))
def check_random_marketing(number: int, by: str | None) -> None:
    text = json.dumps(Marketer(Random(number)).scenario())
    note(text)
    try:
        scenario = fs.loads(text)
    except fs.ScenarioError:
        assume(False)
    program = compile_scenario(scenario)
    matrix, counted = reference_log(program, number, by)
    np.testing.assert_array_equal(matrix, log_matrix(program, number, 0, "kernel"))
    assert_same_counts(program, number, by, counted)
    by_lead: dict[int, list[LogRow]] = defaultdict(list)
    for values in matrix.tolist():
        by_lead[values[COLUMNS.index("key")]].append(LogRow(*values))
    HAPPENED["full limits"] += len(assert_limits_are_kept(tables_of(program, number, 0), by_lead.values()))
    HAPPENED.update(f"withheld: {WHYS[code]}" for code in (matrix[:, COLUMNS.index("outcome")] - INACTIVE) if code >= 0)
    HAPPENED.update(OUTCOMES[outcome] for outcome in matrix[:, COLUMNS.index("outcome")].tolist())


def test_random_marketing() -> None:
    HAPPENED.clear()
    check_random_marketing()
    for outcome in ("passed", "succeeded", "failed", "exhausted", "opted_out", "withheld", "postponed"):
        assert HAPPENED[outcome] > 100, (outcome, HAPPENED)
    for seldom in ("full limits", *(f"withheld: {why}" for why in WHYS)):
        assert HAPPENED[seldom] > 20, (seldom, HAPPENED)
