"""The language of thresholds: what is read, written and refused, and what figures are meant."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.checks.guards import guards_of
from funnelsim.scenario.thresholds import Condition, Quantity, Statistic, read_condition

SCENARIO = """format: 1
name: Promised
start: 2026-01-01
horizon: 3 months
channels: {web: {leads: 100 per month, spend: 9_000 per month, enters: lead}}
stages: {lead: {moves: {call: {chance: 30%, to: sql}}}, sql: {}}
variants:
  longer: {set: {horizon: 6 months}}
  renamed: {set: {stages.lead.moves.call.to: won, stages.won: {}, stages.sql: null}}
  better: {set: {stages.lead.moves.call.chance: 40%}, thresholds: {sql: mean > 1.1 * variant(longer)}}
"""

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9)
comparisons = st.sampled_from(["<", "<=", ">", ">="])
statistics = st.one_of(
    st.just(Statistic("mean")),
    st.builds(lambda percent: Statistic("quantile", percent), st.integers(1, 99)),
    st.builds(
        lambda sign, bound: Statistic("probability", comparison=sign, bound=Quantity(bound)), comparisons, numbers
    ),
)
shares = st.builds(Quantity, st.decimals(0, 1, places=4), st.booleans())
factors = st.builds(Quantity, st.decimals("0.01", 100, places=2))
conditions = st.one_of(
    st.builds(Condition, statistics, comparisons, shares),
    st.builds(Condition, statistics, comparisons, factors, st.sampled_from(["baseline", "variant(before)"])),
)


@given(conditions)
def test_what_is_written_is_read_again(condition: Condition) -> None:
    assert read_condition(str(condition)) == condition


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (" p90<800 ", "p90 < 800"),
        ("mean >= 12k", "mean >= 12_000"),
        ("mean>35%", "mean > 35%"),
        ("prob( > 500 )>=90%", "prob(> 500) >= 90%"),
        ("p5 < 1.05*baseline", "p5 < 1.05 * baseline"),
        ("mean < variant( before )", "mean < variant(before)"),
    ],
)
def test_the_canonical_form(text: str, canonical: str) -> None:
    assert str(read_condition(text)) == canonical
    assert read_condition(canonical) == read_condition(text)


def test_a_percentage_is_exact() -> None:
    assert read_condition("mean < 35%").limit.number == Decimal("0.35")


# ---------------------------------------------------------------- figures
def refused(thresholds: str, more: str = "") -> list[str]:
    with pytest.raises(fs.ScenarioError) as error:
        fs.loads(f"{SCENARIO.replace('longer)', 'renamed)') if more else SCENARIO}{thresholds}", "promised.yaml")
    return [str(problem) for problem in error.value.problems]


def test_everything_that_is_no_figure_is_refused_on_loading() -> None:
    found = refused(
        "thresholds:\n  sqll: mean > 3\n  sql[channel=wbe]: mean > 3\n  sql@2027: mean > 3\n  sql@2026-Q1: mean > 3\n"
        "  lvr_sql: mean > 3\n  sql@2026-02-02: mean > 3\n  days_to_sql@2026-02: mean > 3\n  sql: mean > 90%\n"
        "  rate_lead_to_sql: [mean > 20%, mean > variant(renamed)]\n"
    )
    assert len(found) == 10
    assert found[0].startswith("promised.yaml:10:73: variants.better.thresholds.sql: the variant 'longer' has another")
    assert found[1] == ("promised.yaml:12:9: thresholds.sqll: no metric 'sqll' (did you mean 'sql'?)")
    assert "no channel 'wbe' (did you mean 'web'?)" in found[2]
    assert "no period begins in '2027' (they begin on 2026-01-01, 2026-02-01 and 2026-03-01)" in found[3]
    assert "several periods begin in '2026-Q1'; write the day: 2026-01-01, 2026-02-01 or 2026-03-01" in found[4]
    assert "without a value over the horizon; name one" in found[5]
    assert "no period begins in '2026-02-02'" in found[6]
    assert "not measured by period; leave '@2026-02' out" in found[7]
    assert "'sql' is in leads, not a share" in found[8]
    assert "in the variant 'renamed' there is no such figure" in found[9]


def test_guards_know_their_place_and_figure() -> None:
    text = SCENARIO.replace("1.1 * variant(longer)", "30") + (
        "thresholds:\n  cost_per_sql: [p50 < 400, {warn: p90 < 450, error: p90 < 500, reason: finance}]\n"
        "  lvr_sql@2026-02: mean > -20\n  sql[channel=web]@2026-03-01: mean > 3\n"
    )
    scenario = fs.loads(text, "promised.yaml")
    guards = guards_of(scenario)
    assert [(str(guard.place), guard.name, guard.level) for guard in guards] == [
        ("promised.yaml:12:18", "cost_per_sql p50 < 400", "error"),
        ("promised.yaml:12:29", "cost_per_sql p90 < 500", "error"),
        ("promised.yaml:12:29", "cost_per_sql p90 < 450", "warn"),
        ("promised.yaml:13:20", "lvr_sql@2026-02 mean > -20", "error"),
        ("promised.yaml:14:32", "sql[channel=web]@2026-03-01 mean > 3", "error"),
        ("promised.yaml:10:73", "better: sql mean > 30", "error"),
    ]
    assert guards[1].reason == "finance"
    assert (guards[4].measured.by, guards[4].measured.period) == ("channel", 2)


def test_thresholds_are_no_part_of_what_happens() -> None:
    plain, guarded = (
        fs.loads(SCENARIO.replace(", thresholds: {sql: mean > 1.1 * variant(longer)}", "")),
        fs.loads(SCENARIO.replace("1.1 * variant(longer)", "30") + "thresholds: {sql: mean > 3}\nchecks: {seed: 3}\n"),
    )
    assert guarded.unguarded() == plain
    assert guarded.variant("better") == plain.variant("better")
    assert guarded != plain
    assert fs.loads(guarded.dump()) == guarded
    assert "thresholds" not in plain.dump()
