"""Forecasts: the fan, targets and what happened."""

from __future__ import annotations

import datetime as dt
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

import funnelsim as fs
from funnelsim.metrics.display import columns
from funnelsim.metrics.names import all_names
from funnelsim.scenario import Scenario


def write(**fields: Any) -> Scenario:
    text = {
        "format": 1,
        "name": "Plain",
        "start": "2026-01-15",
        "horizon": "3 months",
        "currency": "CNY",
        "channels": {
            "web": {"leads": "40 per month", "spend": "1_000 per month", "enters": "lead"},
            "fair": {"leads": "10 per month", "enters": "lead"},
        },
        "stages": {
            "lead": {
                "moves": {
                    "call": {"after": "1d to 9d", "chance": {"uncertain": "40% to 60%"}, "to": "sql", "else": "pool"}
                }
            },
            "sql": {"value": "50 to 90"},
            "pool": {"moves": {"mail": {"after": "20d", "chance": "5%", "to": "sql", "cost": 1}}},
        },
        **fields,
    }
    return fs.loads(json.dumps(text))


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return write()


@pytest.fixture(scope="module")
def sql(scenario: Scenario) -> fs.Forecast:
    return fs.forecast(scenario, "sql", replications=200, seed=3)


def values(forecast: fs.Forecast) -> Any:
    return forecast.result.metric(forecast.metric).to_numpy().astype(float)


# ---------------------------------------------------------------- the fan
def test_the_name_is_a_function_and_a_room() -> None:
    import funnelsim.forecast.compare as room

    assert callable(fs.forecast)
    assert fs.forecast.compare is room  # type: ignore[attr-defined]


def test_fan_by_period(sql: fs.Forecast) -> None:
    table = sql.fan()
    edges = ["2026-01-15", "2026-02-01", "2026-03-01", "2026-04-01", "2026-04-15"]
    assert list(table["period"]) == [np.datetime64(day) for day in edges[:-1]]
    assert list(table["until"]) == [np.datetime64(day) for day in edges[1:]]
    for name, level in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
        assert table[name].to_numpy() == pytest.approx(np.quantile(values(sql), level, axis=0))
    assert table["mean"].to_numpy() == pytest.approx(values(sql).mean(axis=0))
    assert table["ignorance"].to_numpy() == pytest.approx(sql.result.uncertainty("sql", "period").share)
    assert table["actual"].isna().all()
    assert list(table["within"]) == [None] * 4


def test_fan_so_far_adds_up_and_its_quantiles_do_not(sql: fs.Forecast) -> None:
    table, running = sql.fan(so_far=True), values(sql).cumsum(axis=1)
    assert table["mean"].to_numpy() == pytest.approx(running.mean(axis=0))
    assert table["p90"].to_numpy() == pytest.approx(np.quantile(running, 0.9, axis=0))
    assert table["p90"].iloc[-1] < sql.fan()["p90"].sum()
    assert "actual" not in table


def test_so_far_at_the_end_is_over_the_horizon(scenario: Scenario) -> None:
    """Of every figure that is measured by period."""
    result = fs.simulate(scenario, replications=12)
    seen = 0
    for metric in all_names(scenario):
        told = fs.Forecast(result, metric)
        if "period" in told.figure.definition.times:
            end, whole = told.so_far, result.estimate(metric)
            assert [row[-1] for row in end] == pytest.approx([float(row) for row in whole], nan_ok=True), metric
            seen += 1
    assert seen > 40


def test_a_ratio_so_far_is_total_over_total_and_a_level_that_at_the_time(scenario: Scenario) -> None:
    result = fs.simulate(scenario, replications=50)
    spend, sqls = (result.metric(name).to_numpy().astype(float).cumsum(axis=1) for name in ("spend", "sql"))
    cost, level = fs.Forecast(result, "cost_per_sql"), fs.Forecast(result, "in_pool")
    assert cost.so_far.mean == pytest.approx(spend.sum(axis=0) / sqls.sum(axis=0))
    assert cost.so_far.p50 == pytest.approx(np.nanquantile(spend / np.where(sqls > 0, sqls, np.nan), 0.5, axis=0))
    assert level.so_far.p10 == pytest.approx(level.by_period.p10)


def test_counts_are_never_below_zero() -> None:
    rare = write(channels={"web": {"leads": {"amount": {"uncertain": "0.5 to 8"}, "per": "month"}, "enters": "lead"}})
    told = fs.forecast(rare, "sql", replications=300)
    numbers = [getattr(fan, name) for fan in (told.by_period, told.so_far) for name in ("mean", "p10", "p50", "p90")]
    assert np.min(numbers) == 0  # a normal range around these means would reach below
    assert (told.by_period.mean - 1.28 * values(told).std(axis=0) < 0).all()


def test_a_growth_has_a_fan_of_periods_alone(scenario: Scenario) -> None:
    told = fs.forecast(scenario, "lvr_sql", replications=30)
    assert not told.has_so_far
    assert len(told.fan()) == 4
    assert told.to_dict()["so_far"] is None
    with pytest.raises(ValueError, match="'lvr_sql' is a figure of periods; there is none so far"):
        told.fan(so_far=True)


def test_of_a_group(scenario: Scenario) -> None:
    told = fs.forecast(scenario, "sql[channel=fair]", replications=20, seed=3)
    assert told.result.by == "channel"
    whole = fs.simulate(scenario, replications=20, seed=3, by="channel")
    assert values(told).tolist() == whole.metric("sql").sel(channel="fair").to_numpy().tolist()


def test_luck_and_ignorance_so_far(sql: fs.Forecast) -> None:
    told = sql.uncertainty(so_far=True)
    assert told.share[-1] == pytest.approx(sql.result.uncertainty("sql").share)
    assert told.luck[-1] == pytest.approx(sql.result.uncertainty("sql").luck)
    assert told.ignorance[-1] > told.ignorance[0]


# ---------------------------------------------------------------- targets
def test_probability_by_a_date_and_of_a_period(sql: fs.Forecast) -> None:
    running = values(sql).cumsum(axis=1)
    for by, period in (("2026-01-31", 0), (dt.date(2026, 3, 31), 2), (None, 3)):
        target = float(np.median(running[:, period])) + 1
        told, expected = sql.probability(target, by), float((running[:, period] >= target).mean())
        assert told.probability == expected
        ends = binomtest(round(200 * expected), 200).proportion_ci(method="wilson")
        assert (told.low, told.high) == (ends.low, ends.high)
        assert not told.at_most
        assert told.first == np.datetime64("2026-01-15")
    told = sql.probability(20, of="2026-02-14")
    assert told.probability == (values(sql)[:, 1] >= 20).mean()
    assert (str(told.first)[:10], str(told.last)[:10]) == ("2026-02-01", "2026-02-28")


def test_a_cost_reaches_its_target_from_above(scenario: Scenario) -> None:
    told = fs.forecast(scenario, "cost_per_sql", replications=100, seed=3)
    cost = told.result.metric("cost_per_sql", over="horizon").to_numpy()
    target = float(np.quantile(cost, 0.3))
    assert told.probability(target).at_most
    assert told.probability(target).probability == (cost <= target).mean() == 0.3
    assert told.probability(target, at_most=False).probability == (cost >= target).mean()


def test_what_has_no_value_does_not_reach_its_target() -> None:
    never = write(channels={"web": {"leads": "0.01 per month", "spend": "100 per month", "enters": "lead"}})
    told = fs.forecast(never, "cost_per_sql", replications=50)
    assert np.isnan(told.result.metric("cost_per_sql", over="horizon")).any()
    assert told.probability(1e9).probability < 1


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2026-02-15", "2026-02-15 is within a period, .* take its last day, 2026-01-31 or 2026-02-28, or shorter"),
        ("2026-01-20", "take its last day, 2026-01-31, or shorter"),
        ("2026-04-15", "2026-04-15 is no day of the run, which is from 2026-01-15 to 2026-04-14"),
        ("2025-12-31", "no day of the run"),
        ("March", "a date is written 2026-01-31, not 'March'"),
    ],
)
def test_days_by_which_nothing_is_counted(sql: fs.Forecast, day: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sql.probability(3, by=day)


def test_a_day_and_a_period_are_one_too_many(sql: fs.Forecast) -> None:
    with pytest.raises(ValueError, match="not both"):
        sql.probability(3, by="2026-01-31", of="2026-02-01")


def test_shorter_periods_take_any_day(scenario: Scenario, sql: fs.Forecast) -> None:
    daily = fs.forecast(scenario.set({"period": "1d"}), "sql", replications=200, seed=3)
    assert daily.probability(50, "2026-03-31").probability == sql.probability(50, "2026-03-31").probability
    assert daily.probability(30, "2026-02-15").probability > 0


# ---------------------------------------------------------------- what happened
def actuals(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "actuals.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_actuals_stand_beside_the_fan(scenario: Scenario, tmp_path: Path) -> None:
    plain = fs.forecast(scenario, "sql", replications=100)
    middle, low = float(plain.by_period.p50[1]), float(plain.by_period.p10[0]) - 1
    path = actuals(tmp_path, f"\ufeffsql,period\n{middle},2026-02-28\n\n{low},2026-01-15\n")
    told = fs.forecast(scenario, "sql", replications=100, actuals=path)
    assert [tuple(actual) for actual in told.actuals] == [(0, low), (1, middle)]
    assert list(told.fan()["within"]) == [False, True, None, None]
    assert told.to_dict()["actuals"] == [
        {"period": "2026-01-15", "value": low, "within": False},
        {"period": "2026-02-01", "value": middle, "within": True},
    ]
    text = told.text()
    assert f"{low:.0f} !" in text
    words = " ".join(text.split())
    assert "Between p10 and p90: 1 of 2 actual values, where eight of ten should be; outside (!): 2026-01-15" in words
    assert f"with {low:.0f}, below p10 of" in words


def test_ends_of_the_band_are_within(scenario: Scenario, tmp_path: Path) -> None:
    plain = fs.forecast(scenario, "sql", replications=41)
    p10, p90 = float(plain.by_period.p10[0]), float(plain.by_period.p90[1])
    path = actuals(
        tmp_path, f"date,value\n2026-01-15,{p10}\n2026-02-01,{p90}\n2026-03-01,{plain.by_period.p90[2] + 1}\n"
    )
    told = fs.forecast(scenario, "sql", replications=41, actuals=path)
    assert told.within.tolist() == [True, True, False, False]


def test_percent_of_shares(scenario: Scenario, tmp_path: Path) -> None:
    told = fs.forecast(
        scenario,
        "rate_lead_to_sql",
        replications=5,
        actuals=actuals(tmp_path, 'date,value\n"2026-02-01", 45.5%\n2026-03-01,0.5\n'),
    )
    assert [actual.value for actual in told.actuals] == [0.455, 0.5]


def test_all_bad_rows_at_once_before_anything_runs(scenario: Scenario, tmp_path: Path) -> None:
    path = actuals(
        tmp_path,
        "date,value\n2026-13-01,abc\n2025-01-01,-3\n2026-02-01,3\n"
        '"2026-02-28","1,500"\n2026-03-01\n2026-03-01,\n2026-04-15,nan\n,5\n',
    )
    with pytest.raises(fs.ScenarioError) as caught:
        fs.forecast(scenario, "sql", replications=2_000_000_000, actuals=path)
    lines = [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]
    numbers = "write it as in 1500, 1_500 or 0.35"
    assert lines == [
        "2:1: date: no such date '2026-13-01': month must be in 1..12",
        f"2:12: value: 'abc' is no number; {numbers}",
        "3:1: date: '2025-01-01' is no day of the run, which is from 2026-01-15 to 2026-04-14",
        "3:12: value: '-3' is below 0, and sql cannot be",
        "5:1: date: '2026-02-28' lies in the period from 2026-02-01, of which line 4 has a value; give each period one row",
        f"5:14: value: '1,500' is no number; {numbers}",
        "6:1: 1 column, and the header has 2; a text with a comma stands in quotes",
        f"7:12: value: nothing is no number; {numbers}",
        "8:1: date: '2026-04-15' is no day of the run, which is from 2026-01-15 to 2026-04-14",
        f"8:12: value: 'nan' is no number; {numbers}",
        "9:1: date: a date is written 2026-01-31, not nothing",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; it starts with the header date,value"),
        ("date,value\n", "2:1: there are no rows under the header"),
        ("date,valu\n2026-02-01,3\n", "1:6: no column 'valu' is read (did you mean 'value'?)"),
        ("date;value\n2026-02-01;3\n", "1:1: no column with a date: the header is date,value, with commas between its"),
        ("date,value,period\n", "1:1: two columns with a date"),
        ("date,value,note\n2026-02-01,3,x\n", "1:12: no column 'note' is read"),
    ],
)
def test_headers_that_are_refused(scenario: Scenario, tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(fs.ScenarioError) as caught:
        fs.forecast(scenario, "sql", actuals=actuals(tmp_path, text))
    assert message in str(caught.value)


def test_files_that_cannot_be_read(scenario: Scenario, tmp_path: Path) -> None:
    with pytest.raises(fs.ScenarioError, match="cannot be read: No such file"):
        fs.forecast(scenario, "sql", actuals=tmp_path / "nothing.csv")
    (tmp_path / "a.csv").write_bytes(b"date,value\n2026-02-01,\xff\n")
    with pytest.raises(fs.ScenarioError, match="is no CSV file in UTF-8"):
        fs.forecast(scenario, "sql", actuals=tmp_path / "a.csv")


def test_a_growth_can_be_below_zero(scenario: Scenario, tmp_path: Path) -> None:
    path = actuals(tmp_path, "date,lvr_sql\n2026-02-01,-20%\n")
    assert fs.forecast(scenario, "lvr_sql", replications=3, actuals=path).actuals[0].value == -20


# ---------------------------------------------------------------- what people read
def test_text_of_a_manager(sql: fs.Forecast) -> None:
    text = sql.text([sql.probability(60, "2026-03-31")])
    assert max(map(columns, text.splitlines())) <= 80
    words = " ".join(text.split())
    assert words.startswith("sql (leads) of Plain: 200 replications, seed 3, 2026-01-15 until 2026-04-15")
    last = sql.so_far
    assert f"From the start to 2026-04-14: {last.mean[-1]:.2f} leads expected; eight in ten futures" in words
    chance = sql.probability(60, "2026-03-31").probability
    assert f"60 leads or more, from 2026-01-15 to 2026-03-31: in {100 * chance:.3g}% of the futures" in words
    share = float(sql.result.uncertainty("sql").share)
    assert f"Of the variance at the end {100 * share:.3g}% (" in words
    assert "written as uncertain (stages.lead.moves.call.chance), which knowledge narrows" in words
    assert repr(sql) == sql.text()


def test_all_known_is_said_to_be_too_narrow(scenario: Scenario) -> None:
    known = scenario.set({"stages.lead.moves.call.chance": "50%"})
    words = " ".join(fs.forecast(known, "sql", replications=3).text().split())
    assert "All parameters are taken as known: the spread is luck alone" in words


def test_html_is_escaped() -> None:
    told = fs.forecast(write(name="<b>&"), "sql", replications=2)
    page = told._repr_html_()
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;" in page


def test_json_has_what_the_fan_has(sql: fs.Forecast) -> None:
    told = json.loads(json.dumps(sql.to_dict([sql.probability(60)]), allow_nan=False))
    assert told["periods"] == ["2026-01-15", "2026-02-01", "2026-03-01", "2026-04-01"]
    assert told["until"][-1] == "2026-04-15"
    assert told["by_period"]["p10"] == sql.by_period.p10.tolist()
    assert told["so_far"]["mean"] == sql.so_far.mean.tolist()
    assert told["so_far"]["ignorance_share"] == pytest.approx(sql.uncertainty(True).share.tolist())
    assert told["uncertain"] == ["stages.lead.moves.call.chance"]
    assert told["targets"][0]["probability"] == sql.probability(60).probability
    assert (told["metric"], told["unit"], told["seed"]) == ("sql", "leads", 3)


def test_what_is_no_metric_of_periods(scenario: Scenario) -> None:
    with pytest.raises(ValueError, match=r"no metric 'sqll' \(did you mean 'sql'"):
        fs.forecast(scenario, "sqll")
    with pytest.raises(ValueError, match="'days_to_sql' is measured over the horizon"):
        fs.forecast(scenario, "days_to_sql")
    with pytest.raises(TypeError, match="scenario is str, not a Scenario"):
        fs.forecast("trunk", "sql")  # type: ignore[arg-type]
    assert math.isfinite(fs.forecast(scenario, "revenue", replications=2).so_far.mean[-1])
