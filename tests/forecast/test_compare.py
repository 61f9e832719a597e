from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest, t

import funnelsim as fs
from funnelsim.forecast.compare import Comparison
from funnelsim.metrics.display import columns
from funnelsim.scenario import Scenario


def write(**fields: Any) -> Scenario:
    text = {
        "format": 1,
        "name": "Two policies",
        "start": "2026-01-01",
        "horizon": "60d",
        "currency": "CNY",
        "channels": {"web": {"leads": "40 per month", "spend": "1_000 per month", "enters": "lead"}},
        "stages": {
            "lead": {"moves": {"call": {"after": "1d to 9d", "chance": "50%", "cost": 3, "to": "sql", "else": "pool"}}},
            "sql": {},
            "pool": {"track": "drip"},
        },
        "touches": {"mail": {"cost": 0.5, "response": "10%"}},
        "tracks": {"drip": {"cadence": "7d", "touches": ["mail"], "on_response": {"to": "sql"}}},
        **fields,
    }
    return fs.loads(json.dumps(text))


@pytest.fixture(scope="module")
def scenarios() -> dict[str, Scenario]:
    before = write()
    return {
        "before": before,
        "after": before.set({"touches.mail.response": "25%"}),
        "never": before.set({"tracks.drip.cadence": "never"}),
    }


@pytest.fixture(scope="module")
def comparison(scenarios: dict[str, Scenario]) -> Comparison:
    return fs.compare(scenarios, replications=30, seed=3)


def over(comparison: Comparison, scenario: str, metric: str) -> Any:
    return comparison.results[scenario].metric(metric, over="horizon").to_numpy()


# ---------------------------------------------------------------- differences
def test_results_are_those_of_simulate(comparison: Comparison, scenarios: dict[str, Scenario]) -> None:
    alone = fs.simulate(scenarios["after"], replications=30, seed=3)
    assert comparison.results["after"].data.identical(alone.data)


def test_difference_of_a_flow_is_paired(comparison: Comparison) -> None:
    paired = over(comparison, "after", "sql") - over(comparison, "before", "sql")
    change = comparison.difference("after", "sql")
    reach = t.ppf(0.975, 29) * paired.std(ddof=1) / math.sqrt(30)
    assert change.mean == pytest.approx(paired.mean())
    assert (change.low, change.high) == pytest.approx((paired.mean() - reach, paired.mean() + reach))
    assert change.relative == pytest.approx(paired.mean() / over(comparison, "before", "sql").mean())
    assert change.probability_larger == (paired > 0).mean()


def test_difference_of_a_ratio_is_that_of_totals_with_a_jackknife_error(comparison: Comparison) -> None:
    spend, sql = (
        [over(comparison, scenario, metric) for scenario in ("before", "after")] for metric in ("spend", "sql")
    )

    def cost(kept: Any) -> float:
        return float(spend[1][kept].sum() / sql[1][kept].sum() - spend[0][kept].sum() / sql[0][kept].sum())

    everyone = np.arange(30)
    without = np.array([cost(np.delete(everyone, i)) for i in range(30)])
    reach = t.ppf(0.975, 29) * math.sqrt(29 / 30 * ((without - without.mean()) ** 2).sum())
    change = comparison.difference("after", "cost_per_sql")
    assert change.mean == pytest.approx(cost(everyone))
    assert (change.low, change.high) == pytest.approx((cost(everyone) - reach, cost(everyone) + reach))
    assert change.relative == pytest.approx(cost(everyone) / (spend[0].sum() / sql[0].sum()))
    assert change.probability_larger == np.mean(spend[1] / sql[1] > spend[0] / sql[0])


def test_equal_scenarios_do_not_differ(scenarios: dict[str, Scenario]) -> None:
    same = fs.compare({"one": scenarios["after"], "other": scenarios["after"]}, replications=5)
    for metric in same.names():
        change = same.difference("other", metric)
        assert change[:9] == (0,) * 9
        assert change.probability_equal == 1
        assert math.isnan(change.more_replications)
    assert same.differing() == {"other": ()}
    assert "other is the same as one." in repr(same)
    assert "how sure" not in repr(same)


def test_common_luck_makes_differences_precise(comparison: Comparison) -> None:
    table = comparison.table().set_index(["metric", "scenario"])
    change = comparison.difference("after", "sql")
    apart = math.hypot(*(float(table.loc[("sql", name), "mc_error"]) for name in ("before", "after")))
    together = (change.high - change.low) / 2 / t.ppf(0.975, 29)
    assert together < 0.7 * apart


def test_intervals_cover_the_expected_difference() -> None:
    """30 leads with a chance of 40% instead of 30%: 3 more are expected, exactly."""
    channels = {"web": {"leads": "30 per 30d", "arrivals": "evenly", "enters": "lead"}}
    scenario = write(
        channels=channels,
        horizon="30d",
        stages={"lead": {"moves": {"call": {"chance": "30%", "to": "sql", "else": "lost"}}}, "sql": {}, "lost": {}},
        touches={},
        tracks={},
    )
    better = scenario.set({"stages.lead.moves.call.chance": "40%"})
    changes = [
        fs.compare({"a": scenario, "b": better}, replications=40, seed=seed).difference("b", "rate_lead_to_sql")
        for seed in range(200)
    ]
    covered = sum(change.low <= 0.1 <= change.high for change in changes)
    assert binomtest(covered, 200, 0.95).pvalue > 1e-4
    assert np.mean([change.mean for change in changes]) == pytest.approx(0.1, abs=4 * math.sqrt(0.1 / 30 / 8000))


def test_one_replication_has_no_interval(scenarios: dict[str, Scenario]) -> None:
    change = fs.compare(scenarios, replications=1).difference("after", "sql")
    assert not math.isnan(change.mean)
    assert math.isnan(change.low)
    assert math.isnan(change.high)


def test_what_has_no_value_has_no_difference(comparison: Comparison) -> None:
    change = comparison.difference("never", "days_to_pool")
    assert change.mean == 0
    never = fs.compare(
        {name: comparison.results[name].scenario for name in ("never", "before")}, replications=5, metrics="touches"
    )
    change = never.difference("before", "touches")
    assert change.mean > 0
    assert math.isnan(change.relative)


# ---------------------------------------------------------------- tables
def test_table_has_a_row_for_each_metric_and_scenario(comparison: Comparison) -> None:
    table = comparison.table()
    assert list(table.columns) == [
        *("metric", "scenario", "mean", "p10", "p50", "p90", "mc_error", "unit"),
        *("difference", "low", "high", "relative", "probability_larger", "difference_error"),
        *("difference_p10", "difference_p50", "difference_p90", "ratio", "ratio_low", "ratio_high"),
        *("probability_equal", "probability_better", "times_smaller", "more_replications"),
    ]
    assert len(table) == 3 * len(comparison.names())
    assert list(comparison.names()) == [
        "new_leads",
        "lead",
        "sql",
        "pool",
        "rate_lead_to_sql",
        "spend",
        "cost_per_sql",
    ]
    sql = table[table["metric"] == "sql"].set_index("scenario")
    summary = comparison.results["after"].summary("sql").iloc[0]
    for column in ("mean", "p10", "p50", "p90", "mc_error", "unit"):
        assert sql.loc["after", column] == summary[column]
    assert sql.loc["before", ["difference", "low", "high", "relative", "probability_larger"]].isna().all()
    assert sql.loc["never", "difference"] == comparison.difference("never", "sql").mean


def test_asked_for_metrics_only(scenarios: dict[str, Scenario]) -> None:
    one = fs.compare(scenarios, replications=2, metrics="sql[channel=web]", by="channel")
    assert set(one.table()["metric"]) == {"sql[channel=web]"}


def test_json_of_two_and_of_three(comparison: Comparison, scenarios: dict[str, Scenario]) -> None:
    three = json.loads(json.dumps(comparison.to_dict(), allow_nan=False))
    assert list(three["scenarios"]) == ["before", "after", "never"]
    assert three["against"] == "before"
    assert list(three["differences"]) == ["after", "never"]
    two = fs.compare({name: scenarios[name] for name in ("before", "after")}, replications=30, seed=3).to_dict()
    assert two["differences"] == three["differences"]["after"]
    assert two["scenarios"]["after"] == three["scenarios"]["after"]
    change = comparison.difference("after", "cost_per_sql")
    assert two["differences"]["cost_per_sql"] == {**change._asdict(), "unit": "CNY per SQL", "better": "lower"}
    assert two["differing"] == {"after": three["differing"]["after"]}
    assert two["differing"]["after"] == [{"path": "touches.mail.response.chance", "first": "10%", "other": "25%"}]
    assert [one["scenario"] for one in three["ranking"]["sql"]] == ["after", "before", "never"]
    assert "spend" not in three["ranking"]
    assert comparison.to_dict()["differences"]["never"]["touches_per_sql"]["mean"] < 0


def test_text_fits_and_says_what_the_interval_covers(comparison: Comparison) -> None:
    lines = repr(comparison).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "Two policies: 30 replications each, seed 3, 2026-01-01 until 2026-03-02"
    text = " ".join(lines)
    assert "difference: against 'before', in the same replications. Its 95% interval covers" in text
    place = lines.index("cost_per_sql (CNY per SQL)")
    assert [line.split()[0] for line in lines[place + 1 : place + 4]] == ["before", "after", "never"]
    change = comparison.difference("after", "cost_per_sql")
    assert f"{change.mean:+.2f}" in lines[place + 2]
    assert f"{change.low:+.2f} to {change.high:+.2f}" in lines[place + 2]
    rate = lines[lines.index("rate_lead_to_sql (share)") + 2]
    assert "pp to " in rate


def test_long_names_are_shortened_to_fit(scenarios: dict[str, Scenario]) -> None:
    names = {"x" * 200: scenarios["before"], "成交" * 60: scenarios["after"]}
    lines = repr(fs.compare(names, replications=2)).splitlines()
    assert max(map(columns, lines)) <= 80
    assert any("x…x" in line for line in lines)
    assert any(line.startswith("  成交成交") and "…" in line for line in lines)


def test_html_is_escaped(scenarios: dict[str, Scenario]) -> None:
    page = fs.compare({"<script>": scenarios["before"], "b&": scenarios["after"]}, replications=2)._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "b&amp;" in page


def test_a_comparison_is_frozen(comparison: Comparison) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        comparison.metrics = ("sql",)  # type: ignore[misc]


# ---------------------------------------------------------------- what is refused
def test_too_few_scenarios(scenarios: dict[str, Scenario]) -> None:
    with pytest.raises(ValueError, match="1 scenario to compare: give at least two"):
        fs.compare({"before": scenarios["before"]})


def test_what_is_no_scenario() -> None:
    with pytest.raises(TypeError, match="'before' is str, not a Scenario"):
        fs.compare({"before": "a.yaml", "after": "b.yaml"})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        ("horizon", "90d", "'other' and 'first' differ in horizon: 90d and 60d"),
        ("warm_up", "30d", "'other' and 'first' differ in warm_up: 30d and none"),
        ("period", "week", "'other' and 'first' differ in period: week and month"),
        ("currency", "EUR", "'other' and 'first' differ in currency: EUR and CNY"),
        ("start", "2026-02-01", "'other' and 'first' differ in start: 2026-02-01 and 2026-01-01"),
    ],
)
def test_scenarios_of_another_time_or_money(path: str, value: str, shown: str) -> None:
    scenario = write()
    with pytest.raises(ValueError, match=shown) as caught:
        fs.compare({"first": scenario, "other": scenario.set({path: value})}, replications=2)
    assert "must share these" in str(caught.value)


def test_all_disagreements_at_once() -> None:
    scenario = write()
    other = scenario.set({"period": "week", "currency": "EUR"})
    with pytest.raises(ValueError, match=r"period: .*\n.*currency: "):
        fs.compare({"a": scenario, "b": other}, replications=2)


def test_metrics_that_one_does_not_have(scenarios: dict[str, Scenario]) -> None:
    grown = scenarios["before"].set({"stages.won": {}, "stages.sql.moves.close": {"chance": "10%", "to": "won"}})
    pair = {"before": scenarios["before"], "grown": grown}
    with pytest.raises(ValueError, match="'before': no metric 'won'"):
        fs.compare(pair, replications=2_000_000_000, metrics=["sql", "won"])  # before anything runs
    usual = fs.compare(pair, replications=2)
    assert "won" not in usual.names()
    assert "sql" in usual.names()
    assert "won" in usual.to_dict()["scenarios"]["grown"]["metrics"]
    assert "won" not in usual.to_dict()["differences"]


def test_results_that_are_not_paired(scenarios: dict[str, Scenario]) -> None:
    results = {str(seed): fs.simulate(scenarios["before"], replications=2, seed=seed) for seed in (1, 2)}
    with pytest.raises(ValueError, match="are not paired: run them alike"):
        Comparison(results)


def test_one_bar_for_all(scenarios: dict[str, Scenario], capsys: pytest.CaptureFixture[str]) -> None:
    fs.compare(scenarios, replications=2, progress=True)
    assert "6/6" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("list", "scenarios is list, not a mapping of names to scenarios: write it as in {'before': …, 'after': …}"),
        ("number", "scenarios has a name 7, which is int, not text"),
    ],
)
def test_what_is_no_mapping_of_names(scenarios: dict[str, Scenario], wrong: str, message: str) -> None:
    given: Any = list(scenarios.values()) if wrong == "list" else {7: scenarios["before"], 8: scenarios["after"]}
    with pytest.raises(TypeError) as caught:
        fs.compare(given)
    assert str(caught.value) == message


def test_groups_that_one_does_not_have(scenarios: dict[str, Scenario]) -> None:
    with pytest.raises(ValueError, match="cannot group by 'line': take 'channel', 'segment', 'origin' or None"):
        fs.compare(scenarios, by="line")


def test_labels_of_variants() -> None:
    base = write(
        variants={
            "often": {"label": "Touched often", "set": {"tracks.drip.cadence": "3d"}},
            "never": {"set": {"tracks.drip.cadence": "never"}},
        }
    )
    compared = fs.compare(
        {"base": base, "often": base.variant("often"), "never": base.variant("never")}, replications=2
    )
    assert [compared.label(name) for name in compared.results] == ["base", "Touched often", "never"]
    alone = fs.compare({"often": base.variant("often"), "never": base.variant("never")}, replications=2)
    assert alone.label("often") == "Touched often"
    assert alone.label("never") == "never"


def test_warnings_of_each_scenario() -> None:
    stages = {
        "lead": {"moves": {"call": {"team": "desk", "takes": "9h", "chance": "50%", "to": "sql", "else": "pool"}}},
        "sql": {},
        "pool": {},
    }
    scenario = write(stages=stages, teams={"desk": {"people": 1, "hours": 8}}, touches={}, tracks={})
    compared = fs.compare({"one": scenario, "many": scenario.set({"teams.desk.people": 9})}, replications=3)
    (warning,) = compared.warnings()
    assert warning.startswith("'one': team 'desk': its queue grows without bound: load 1.")
    assert warning.split(":")[0] in repr(compared).rpartition("warning: ")[2]
    assert max(map(columns, repr(compared).splitlines())) <= 80
    assert {"utilisation_desk", "wait_desk"} <= set(compared.names())
