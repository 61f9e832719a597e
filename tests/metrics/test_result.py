from __future__ import annotations

import dataclasses
import json
import math
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.metrics.result import Result
from funnelsim.scenario import Scenario


def by_hand(over: Any, under: Any) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(under) == 0, np.nan, np.asarray(over) / np.asarray(under))


# ---------------------------------------------------------------- metrics
@pytest.mark.parametrize(
    ("name", "over", "under"),
    [
        ("old_share_sql", "old_sql", "sql"),
        ("rate_lead_to_sql", "sql", "lead"),
        ("cost_per_sql", "spend", "sql"),
        ("touches_per_won", "touches", "won"),
    ],
)
@pytest.mark.parametrize("time", ["period", "horizon", "cohort"])
def test_ratios_are_quotients_of_their_parts(result: Result, name: str, over: str, under: str, time: Any) -> None:
    if time == "cohort" and name != "old_share_sql":
        under = f"first_{under}"
        over = f"first_{over}" if name.startswith("rate") else over
    expected = by_hand(result.metric(over, over=time), result.metric(under, over=time))
    np.testing.assert_allclose(result.metric(name, over=time), expected, rtol=1e-12)


def test_ratios_of_groups_are_quotients_within_the_group(results: dict[str | None, Result]) -> None:
    result = results["channel"]
    got = result.metric("cost_per_sql")
    assert got.dims == ("replication", "period", "channel")
    np.testing.assert_allclose(got, by_hand(result.metric("spend"), result.metric("sql")), rtol=1e-12)
    np.testing.assert_array_equal(got.sel(channel="search"), result.metric("cost_per_sql[channel=search]"))
    np.testing.assert_array_equal(result.metric("cost_per_sql[channel=all]"), results[None].metric("cost_per_sql"))


def test_an_empty_denominator_gives_nan_and_is_counted(results: dict[str | None, Result]) -> None:
    result = results["channel"]
    sql, cost = result.metric("sql[channel=fairs]"), result.metric("cost_per_sql[channel=fairs]")
    assert (sql.isel(period=0) == 0).all()
    assert (sql.isel(period=1) > 0).any()
    np.testing.assert_array_equal(np.isnan(cost), sql == 0)
    summary = result.summary("cost_per_sql[channel=fairs]", over="period")
    np.testing.assert_array_equal(summary["empty"], (sql == 0).sum("replication"))
    assert np.isnan(summary["mean"][0])


def test_lead_velocity_rate(result: Result) -> None:
    sql = result.metric("sql").to_numpy()
    got = result.metric("lvr_sql").to_numpy()
    assert np.isnan(got[:, 0]).all()
    np.testing.assert_allclose(got[:, 1:], (sql[:, 1:] - sql[:, :-1]) / sql[:, :-1] * 100)
    assert np.isnan(result.metric("lvr_sql", over="horizon")).all()
    month = result.summary("lvr_sql", over="period").loc[2]
    total = sql.sum(axis=0)
    assert month["mean"] == pytest.approx((total[2] - total[1]) / total[1] * 100)
    with pytest.raises(ValueError, match="'lvr_sql' is a figure of periods; there is none by cohort"):
        result.metric("lvr_sql", over="cohort")


def test_growth_after_nothing_is_nan() -> None:
    scenario = fs.loads(
        json.dumps(
            {
                "format": 1,
                "name": "Late",
                "start": "2026-01-01",
                "horizon": "3 months",
                "channels": {
                    "web": {"leads": {"2026-01": 0, "2026-02": 3, "2026-03": 6}, "arrivals": "evenly", "enters": "a"}
                },
                "stages": {"a": {"moves": {"go": {"after": "1h", "to": "b"}}}, "b": {}},
            }
        )
    )
    growth = fs.simulate(scenario, replications=1).metric("lvr_a").to_numpy()[0]
    np.testing.assert_array_equal(growth, [np.nan, np.nan, 100])


def test_levels_over_the_horizon_are_those_at_its_end(result: Result) -> None:
    at_end = result.metric("in_pool").isel(period=-1)
    np.testing.assert_array_equal(result.metric("in_pool", over="horizon"), at_end)
    row = result.summary(["in_pool"]).iloc[0]
    assert row["mean"] == float(at_end.mean())
    assert row["mc_error"] == pytest.approx(float(at_end.std(ddof=1)) / math.sqrt(12))


def test_counts_stay_whole_and_money_is_in_the_currency(result: Result) -> None:
    assert result.metric("sql").dtype == np.int64
    assert result.metric("sql").attrs == {"unit": "leads", "definition": "Entries into sql, first and later ones."}
    spend = result.metric("spend")
    assert spend.attrs["unit"] == "CNY"
    units = sum(result.data[f"spend_{part}"].sum("group") for part in ("media", "leads", "touches", "moves"))
    np.testing.assert_allclose(spend, units / 10_000, rtol=1e-15)


def test_periods_and_cohorts_are_dated(result: Result) -> None:
    months = np.array(["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"], "datetime64[ns]")
    np.testing.assert_array_equal(result.metric("sql")["period"], months)
    cohorts = result.metric("sql", over="cohort")["cohort"].to_numpy()
    assert np.isnat(cohorts[0])
    np.testing.assert_array_equal(cohorts[1:], months)
    assert list(result.summary("sql", over="cohort")["cohort"]) == [
        "before the start",
        *np.datetime_as_string(months, unit="D"),
    ]


def test_cost_per_stage_of_a_cohort(result: Result) -> None:
    """Media of the cohort's period, and what its own leads cost since, by its leads that ever entered."""
    data = result.data
    media = data["channel_media"].sum("channel").to_numpy()
    own = sum(data[f"cohort_spend_{part}"].sum("group").to_numpy() for part in ("leads", "touches", "moves"))
    first = data["cohort_entries"].sel(stage="sql", visit="first").sum(("age", "group")).to_numpy()
    expected = (np.concatenate((np.zeros((12, 1)), media), axis=1) + own) / 10_000 / first
    np.testing.assert_allclose(result.metric("cost_per_sql", over="cohort"), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "over", "message"),
    [
        ("slq", "period", r"no metric 'slq' \(did you mean 'sql'\?\)"),
        ("sql[channel=search]", "period", "the result is not grouped; simulate with by='channel'"),
        ("days_to_sql", "period", "'days_to_sql' is measured over the horizon only"),
        ("days_to_sql", "cohort", "'days_to_sql' is measured over the horizon only"),
    ],
)
def test_refused_metrics(result: Result, name: str, over: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        result.metric(name, over=over)


def test_cohorts_that_were_not_counted_are_refused(scenario: Scenario, results: dict[str | None, Result]) -> None:
    plain = fs.simulate(scenario, replications=1)
    with pytest.raises(ValueError, match="cohorts were not counted; simulate with cohorts=True"):
        plain.metric("sql", over="cohort")
    with pytest.raises(ValueError, match="cannot summarise over 'week': take one of period, horizon, cohort"):
        plain.summary("sql", over="week")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the result is by channel; simulate with by='segment'"):
        results["channel"].metric("sql[segment=small]")


# ---------------------------------------------------------------- summaries
def test_summary_of_a_flow(result: Result) -> None:
    values = result.metric("sql", over="horizon").to_numpy()
    row = result.summary(["sql"]).iloc[0]
    assert list(result.summary(["sql"]).columns) == ["metric", "mean", "p10", "p50", "p90", "mc_error", "unit", "empty"]
    assert row["mean"] == values.mean()
    assert [row["p10"], row["p50"], row["p90"]] == list(np.quantile(values, [0.1, 0.5, 0.9]))
    assert row["mc_error"] == pytest.approx(values.std(ddof=1) / math.sqrt(len(values)))
    assert (row["unit"], row["empty"]) == ("leads", 0)


def test_summary_of_a_ratio_is_total_over_total_with_a_jackknife_error(result: Result) -> None:
    spend, sql = (result.metric(name, over="horizon").to_numpy() for name in ("spend", "sql"))
    row = result.summary("cost_per_sql").iloc[0]
    without = np.array([np.delete(spend, i).sum() / np.delete(sql, i).sum() for i in range(12)])
    assert row["mean"] == pytest.approx(spend.sum() / sql.sum())
    assert row["mc_error"] == pytest.approx(math.sqrt(11 / 12 * ((without - without.mean()) ** 2).sum()))
    assert row["p50"] == pytest.approx(np.median(spend / sql))


def test_summary_by_period_and_by_group(results: dict[str | None, Result]) -> None:
    summary = results["segment"].summary(["sql", "sql[segment=small]"], over="period")
    assert list(summary.columns[:2]) == ["metric", "period"]
    assert list(summary["metric"]) == ["sql"] * 4 + ["sql[segment=small]"] * 4
    means = results["segment"].metric("sql[segment=small]").mean("replication")
    np.testing.assert_allclose(summary["mean"][4:], means)
    assert "sql[segment=enterprise]" in set(results["segment"].summary()["metric"])


def test_summary_of_nothing_has_its_columns(result: Result) -> None:
    assert list(result.summary([]).columns) == list(result.summary("sql").columns)


def test_one_replication_has_no_error(scenario: Scenario) -> None:
    summary = fs.simulate(scenario, replications=1).summary()
    assert summary["mc_error"].isna().all()
    assert not summary["mean"].isna().any()


def test_to_dict_is_what_json_prints(results: dict[str | None, Result]) -> None:
    for by, result in results.items():
        told = json.loads(json.dumps(result.to_dict(), allow_nan=False))
        assert list(told) == ["scenario", "variant", "seed", "replications", "version", "metrics", "warnings"]
        assert told["warnings"] == []
        assert told["scenario"] == "Small trunk"
        assert told["metrics"]["sql"].keys() == {"mean", "p10", "p50", "p90", "mc_error", "unit"}
        assert told["metrics"]["sql"]["mean"] == pytest.approx(float(result.summary("sql")["mean"].iloc[0]))
        assert by is None or f"cost_per_sql[{by}={result.data['group'].values[0]}]" in told["metrics"]
    assert told["metrics"]["days_to_sql[segment=small]"]["mean"] > 0


def test_no_value_is_null_in_json(scenario: Scenario) -> None:
    idle = scenario.set({"tracks.reactivation.moves.park.chance": 0.0})
    told = fs.simulate(idle, replications=3).to_dict()["metrics"]["cost_per_waiting"]
    assert told == {"mean": None, "p10": None, "p50": None, "p90": None, "mc_error": None, "unit": "CNY per waiting"}


# ---------------------------------------------------------------- a result as a thing
def test_a_result_is_frozen(result: Result) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.seed = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        result.data["entries"].values[0] = 0


def test_a_result_runs_again_to_the_same_bits(scenario: Scenario) -> None:
    result = fs.simulate(scenario.variant("rare"), replications=3, seed=2**64 - 1, by="channel", cohorts=True)
    again = result.rerun()
    assert again.data.identical(result.data)
    assert (again.variant, again.seed, again.by, again.cohorts) == ("rare", 2**64 - 1, "channel", True)
    assert (
        not fs.simulate(scenario, replications=3, seed=1, by="channel").data["entries"].equals(result.data["entries"])
    )


def test_a_result_shows_itself_in_80_columns(results: dict[str | None, Result]) -> None:
    for by, result in results.items():
        lines = repr(result).splitlines()
        assert lines[0] == "Small trunk: 12 replications, seed 5, 2026-01-01 until 2026-05-01"
        assert max(map(len, lines)) <= 80
        sql = next(line for line in lines if line.startswith("sql ")).split()
        assert float(sql[1].replace(",", "")) == pytest.approx(float(result.summary("sql")["mean"].iloc[0]), rel=1e-3)
        assert sql[-1] == "leads"
        assert by is None or any(line.startswith(f"  [{by}=") for line in lines)
        assert lines[-1].startswith("error: Monte Carlo standard error")


def test_variants_are_named(scenario: Scenario) -> None:
    result = fs.simulate(scenario.variant("rare"), replications=1)
    assert repr(result).startswith("Small trunk, variant rare: 1 replications")
    assert result.to_dict()["variant"] == "rare"


class Texts(HTMLParser):
    """The texts and tags of a page; fails where tags do not close."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_html_is_escaped(scenario: Scenario) -> None:
    evil = scenario.set({"name": "<script>alert('&')</script>", "currency": "<b>"})
    page = Texts(fs.simulate(evil, replications=2)._repr_html_())
    assert page.tags == {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "small", "br"}
    assert any("<script>alert('&')</script>" in text for text in page.texts)
    assert "<b> per SQL" in page.texts


def test_html_is_small(result: Result) -> None:
    assert len(result._repr_html_()) < 20_000


def test_a_period_column_is_a_date(result: Result) -> None:
    first = result.summary("sql", over="period")["period"].iloc[0]
    assert pd.Timestamp(first) == datetime(2026, 1, 1)


# ---------------------------------------------------------------- tables and titles
def test_a_table_by_period_is_written_for_people(results: dict[str | None, Result]) -> None:
    lines = results["segment"].table(["sql", "cost_per_sql[segment=small]"], over="period").splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines] == [
        "metric",
        *("sql", "2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"),
        *("cost_per_sql[segment=small]", "2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"),
    ]
    summary = results["segment"].summary("sql", over="period")
    assert float(lines[3].split()[1]) == pytest.approx(summary["mean"][1], rel=1e-3)
    assert lines[1].split()[-1] == "leads"
    cohorts = results[None].table("sql", over="cohort").splitlines()
    assert cohorts[2].startswith("  before the ")
    assert results[None].table("sql").splitlines()[1].split()[-1] == "leads"


def test_what_is_not_measured_over_a_time_is_left_out_unless_asked_for(result: Result) -> None:
    with pytest.raises(ValueError, match="'wasted_share' is measured over the horizon only"):
        result.table("wasted_share", over="period")
    assert "wasted" not in result.table(over="period")


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("sql", "SQLs"),
        ("mql[segment=small]", "MQLs, segment small"),
        ("won", "entries into 成交"),
        ("cost_per_sql", "cost per SQL (CNY)"),
        ("cost_per_won", "cost per 成交 (CNY)"),
        ("touches_per_sql", "touches per SQL"),
        ("rate_mql_to_sql", "SQL per MQL"),
        ("old_share_sql", "share of old leads among entries into SQL"),
        ("new_leads", "new leads"),
        ("spend", "spend (CNY)"),
        ("lvr_sql", "growth of entries into SQL (%)"),
        ("days_to_sql", "median days to SQL"),
        ("in_pool", "leads in pool"),
    ],
)
def test_titles_are_words(results: dict[str | None, Result], name: str, title: str) -> None:
    assert results["segment"].title(name) == title
