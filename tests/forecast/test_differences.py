"""How sure a difference is, computed once more from what the replications say."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy.stats import f, norm, t

import funnelsim as fs
from funnelsim.forecast.compare import Comparison
from funnelsim.forecast.differences import Difference, difference
from funnelsim.forecast.ranking import rank
from funnelsim.metrics.figures import Parts
from funnelsim.scenario import Scenario

NUMBER = 60


def write(chance: str = "30%", after: str = "10%", **fields: Any) -> Scenario:
    text = {
        "format": 1,
        "name": "Calls and mails",
        "start": "2026-01-01",
        "horizon": "60d",
        "channels": {"web": {"leads": "60 per 30d", "spend": "1_000 per month", "enters": "lead"}},
        "stages": {
            "lead": {"moves": {"call": {"chance": chance, "cost": 3, "to": "sql", "else": "pool"}}},
            "sql": {},
            "pool": {"moves": {"mail": {"after": "10d", "chance": after, "to": "sql", "cost": 1}}},
        },
        **fields,
    }
    return fs.loads(json.dumps(text))


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    scenarios = {"now": write(), "calls": write("33%"), "mails": write(after="13%"), "both": write("33%", "13%")}
    return fs.compare(scenarios, replications=NUMBER, seed=5)


def values(comparison: Comparison, scenario: str, metric: str) -> Any:
    return comparison.results[scenario].metric(metric, over="horizon").to_numpy().astype(float)


def flow(numbers: Any) -> Parts:
    return Parts(xr.DataArray(np.asarray(numbers, float), dims="replication"), None, 1)


# ---------------------------------------------------------------- one difference
def test_spread_and_error_of_the_mean_are_two_things(comparison: Comparison) -> None:
    each = values(comparison, "both", "sql") - values(comparison, "now", "sql")
    change = comparison.difference("both", "sql")
    assert (change.p10, change.p50, change.p90) == pytest.approx(tuple(np.quantile(each, (0.1, 0.5, 0.9))))
    assert change.mc_error == pytest.approx(each.std(ddof=1) / math.sqrt(NUMBER))
    assert change.p90 - change.p10 > 4 * change.mc_error
    assert change.probability_better == change.probability_larger == (each > 0).mean()
    assert change.probability_equal == (each == 0).mean()


def test_better_is_less_of_a_cost_and_nothing_of_spend(comparison: Comparison) -> None:
    each = values(comparison, "both", "cost_per_sql") - values(comparison, "now", "cost_per_sql")
    assert comparison.difference("both", "cost_per_sql").probability_better == (each < 0).mean() > 0.5
    assert math.isnan(comparison.difference("both", "spend").probability_better)
    assert (comparison.direction("cost_per_sql"), comparison.direction("spend")) == ("lower", None)


def test_ratio_of_a_flow_and_of_a_ratio_by_leaving_one_out(comparison: Comparison) -> None:
    def ratio(kept: Any, metric: str) -> float:
        parts = [comparison.results[name].parts(metric) for name in ("both", "now")]
        totals = [
            float(part.over.to_numpy()[kept].sum())
            / (1 if part.under is None else float(part.under.to_numpy()[kept].sum()))
            for part in parts
        ]
        return totals[0] / totals[1]

    everyone = np.arange(NUMBER)
    for metric in ("sql", "cost_per_sql", "rate_lead_to_sql"):
        change = comparison.difference("both", metric)
        without = np.array([ratio(np.delete(everyone, i), metric) for i in everyone])
        error = math.sqrt((NUMBER - 1) / NUMBER * ((without - without.mean()) ** 2).sum())
        reach = t.ppf(0.975, NUMBER - 1) * error
        assert change.ratio == pytest.approx(ratio(everyone, metric))
        assert (change.ratio_low, change.ratio_high) == pytest.approx((change.ratio - reach, change.ratio + reach))


def test_times_smaller_is_what_seeds_of_their_own_say() -> None:
    """The variance of differences of independent runs over that of paired ones has the F distribution (p > 1e-4)."""
    one, other = write(), write("33%")
    pairs = [fs.compare({"a": one, "b": other}, replications=20, seed=seed) for seed in range(120)]
    paired = [pair.difference("b", "sql").mean for pair in pairs]
    alone = [
        float(pairs[i].results["b"].estimate("sql").mean - pairs[i - 1].results["a"].estimate("sql").mean)
        for i in range(len(pairs))
    ]
    said = np.median([pair.difference("b", "sql").times_smaller for pair in pairs])
    measured = np.var(alone, ddof=1) / np.var(paired, ddof=1)
    assert abs(math.log(measured / said)) < math.log(f.ppf(1 - 0.5e-4, len(pairs) - 1, len(pairs) - 1))
    assert said > 5


def test_more_replications_settle_it_as_often_as_said() -> None:
    """Of normal differences; the share of runs of that length whose interval leaves out 0 is the power."""
    generator = np.random.default_rng(3)
    n = 40
    each = generator.normal(0, 1, n)
    each = (each - each.mean()) / each.std(ddof=1) + 0.2  # a difference of 0.2 standard deviations, exactly
    change = difference(flow(np.zeros(n)), flow(each))
    wanted = n + change.more_replications
    assert wanted == math.ceil(((norm.ppf(0.975) + norm.ppf(0.8)) / 0.2) ** 2)
    runs = generator.normal(0.2, 1, (4000, int(wanted)))
    reach = t.ppf(0.975, wanted - 1) * runs.std(axis=1, ddof=1) / math.sqrt(wanted)
    assert (runs.mean(axis=1) > reach).mean() == pytest.approx(0.8, abs=0.03)


def test_what_is_settled_needs_no_more_and_what_does_not_show_has_no_number() -> None:
    spread = np.array([1.0, -1.0] * 10)
    assert difference(flow(spread), flow(spread + 1)).more_replications == 0
    nothing = difference(flow(np.zeros(20)), flow(spread))
    assert nothing.mean == 0
    assert math.isnan(nothing.more_replications)
    assert nothing.probability_equal == 0


def test_luck_that_pairing_takes_away_wholly() -> None:
    spread = np.array([3.0, 5.0, 4.0, 8.0])
    change = difference(flow(spread), flow(spread + 1), "lower")
    assert math.isinf(change.times_smaller)
    assert (change.mc_error, change.low, change.high, change.probability_better) == (0, 1, 1, 0)
    told = fs.compare({"a": write(), "b": write()}, replications=3).to_dict()
    json.dumps(told, allow_nan=False)


def test_no_ratio_to_nothing() -> None:
    change = difference(flow([0.0, 0.0]), flow([1.0, 2.0]))
    assert math.isnan(change.ratio)
    assert math.isnan(change.relative)
    assert change.mean == 1.5


def test_replications_without_a_value_are_left_out() -> None:
    change = difference(flow([1.0, math.nan, 3.0, 5.0]), flow([2.0, 9.0, math.nan, 8.0]))
    assert change.mean == 2.0
    assert change.ratio == pytest.approx(10 / 6)
    none = difference(flow([math.nan]), flow([1.0]))
    assert all(math.isnan(value) for value in none)
    assert len(none) == len(Difference._fields)


# ---------------------------------------------------------------- more than two
def test_probability_of_being_best_counts_and_shares_ties(comparison: Comparison) -> None:
    names = list(comparison.results)
    all_values = np.array([values(comparison, name, "sql") for name in names])
    expected = dict.fromkeys(names, 0.0)
    for column in all_values.T:
        winners = [name for name, value in zip(names, column, strict=True) if value == column.max()]
        for name in winners:
            expected[name] += 1 / len(winners) / NUMBER
    ranked = comparison.ranked("sql")
    assert {one.scenario: one.probability_best for one in ranked} == pytest.approx(expected)
    assert sum(one.probability_best for one in ranked) == pytest.approx(1)
    means = [one.mean for one in ranked]
    assert means == sorted(means, reverse=True)
    costs = [one.mean for one in comparison.ranked("cost_per_sql")]
    assert costs == sorted(costs)


def test_ranking_by_hand() -> None:
    ranked = rank({"a": flow([1.0, 2, 3]), "b": flow([1.0, 1, 9]), "c": flow([5.0, 2, math.nan])}, "lower")
    assert [(one.scenario, one.mean) for one in ranked] == [("a", 2.0), ("c", 3.5), ("b", 11 / 3)]
    assert {one.scenario: one.probability_best for one in ranked} == {"a": 0.25, "b": 0.75, "c": 0}
    assert ranked[0].mc_error == pytest.approx(0.25)


def test_ranking_as_a_table(comparison: Comparison) -> None:
    table = comparison.ranking("sql")
    assert list(table.columns) == ["scenario", "mean", "probability_best", "mc_error"]
    assert table["scenario"].iloc[0] == "both"


def test_what_has_no_direction_ranks_nothing(comparison: Comparison) -> None:
    with pytest.raises(ValueError, match="'spend' ranks nothing: neither more nor less of it is better by itself"):
        comparison.ranked("spend")


# ---------------------------------------------------------------- what people read
def test_text_says_what_differs_and_how_sure_it_is(comparison: Comparison) -> None:
    text = repr(comparison)
    assert max(map(len, text.splitlines())) <= 80
    assert "calls differs from now in 1 field; the effect is that of this one alone:" in text
    assert "  stages.lead.moves.call.chance: 30% -> 33%" in text
    assert "both differs from now in 2 fields; the effect is theirs together:" in text
    sure = text[text.index("how sure") :]
    assert "sql: higher is better" in sure
    assert "pool: neither more nor less is better by itself" in sure
    change = comparison.difference("mails", "sql")
    (line,) = [line for line in sure[sure.index("sql: higher") :].splitlines()[1:4] if line.startswith("  mails")]
    assert f"{change.ratio_low:.3f} to {change.ratio_high:.3f}" in line
    assert f"{change.times_smaller:.{0 if change.times_smaller >= 10 else 1}f}x" in line
    assert line.endswith("settled") == (change.more_replications == 0)
    best = text[text.index("Best by the mean first") :]
    assert "sql: both (" in best
    assert "spend:" not in best


def test_many_fields_are_cut_and_json_has_them_all() -> None:
    other = write(stages={"lead": {"moves": {"call": {"chance": "5%", "to": "sql"}}}, "sql": {}})
    fields = {f"stages.pool.moves.m{i}": {"after": f"{i}d", "to": "sql"} for i in range(1, 20)}
    many = write().set(fields)
    compared = fs.compare({"a": write(), "b": other, "c": many}, replications=2)
    assert "  … and 7 more, which --json lists" in repr(compared)
    assert len(compared.to_dict()["differing"]["c"]) == 19
    assert compared.to_dict()["differing"]["b"][-1]["other"] == "not there"
