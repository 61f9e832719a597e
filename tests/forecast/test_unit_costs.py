"""What units cost, where that can be said beforehand, and as runs of other lengths and other budgets say it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

import funnelsim as fs
from funnelsim.forecast import cost_tables
from funnelsim.forecast.cost_texts import DECISIONS
from funnelsim.forecast.marginal import spending_less
from funnelsim.forecast.run_on import in_flight, longer
from funnelsim.scenario import Scenario
from funnelsim.scenario.quantities import UniformBelief

TEXT = """
format: 1
name: Slow and fast
start: 2026-01-01
horizon: 4 months
currency: CNY
segments: {small: {share: 70%}, big: {share: 30%}}
channels:
  web: {leads: 300 per month, arrivals: evenly, spend: 9_000 per month, enters: lead}
  fair: {leads: 100 per month, arrivals: evenly, spend: 8_000 per month, cost: 3, enters: lead}
  base: {backlog: 60, age: between 30d and 90d, enters: pool}
stages:
  lead:
    moves:
      ask: {after: between 20d and 80d, chance: {channel: {web: 50%, fair: 20%, base: 0%}}, to: sql, else: lost, cost: 2}
  pool: {moves: {mail: {after: 15d, every: 15d, attempts: 3, chance: 10%, to: sql, else: lost}}}
  sql: {}
  lost: {}
overheads: {crm: {amount: 400 per month, by: leads}, tools: {amount: 300 per month}}
"""

TEAM = """
format: 1
name: One seller
start: 2026-01-01
horizon: 6 months
channels: {web: {leads: 600 per month, spend: 6_000 per month, enters: lead}}
teams: {sales: {people: 1, hours: 8 per day, salary: 3_000 per month, queue_limit: 20}}
stages:
  lead: {moves: {call: {team: sales, takes: 2h, chance: 50%, to: sql, else: lost}}}
  sql: {}
  lost: {}
"""


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return fs.loads(TEXT)


@pytest.fixture(scope="module")
def costs(scenario: Scenario) -> fs.UnitCosts:
    return fs.unit_costs(scenario, by="channel", run_on="3 months", replications=30, seed=5)


def row(table: Any, **where: str) -> Any:
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


# ---------------------------------------------------------------- full
@pytest.mark.parametrize(
    ("variant", "cost", "sqls", "media", "touches"),
    [("before", 750, 120, 89_000, 1_000), ("after", 500, 180, 85_000, 5_000)],
)
def test_the_worked_example_comes_out_with_its_breakdown(
    variant: str, cost: float, sqls: float, media: float, touches: float
) -> None:
    nurture = fs.load("scenarios/nurture_before_after.yaml").variant(variant).set({"horizon": "30d"})
    found = fs.unit_costs(nurture, run_on=None, marginal=False, replications=300, seed=2)
    told = row(found.by_unit(), unit="sql")
    assert told.low < cost < told.high < 1.05 * cost
    assert abs(told.number - sqls) < 3
    assert told.spend == 90_000
    parts = found.by_part().set_index("part")
    assert parts["spend"].to_dict() == {"media": media, "leads": 0, "touches": touches, "moves": 0, "total": 90_000}
    assert parts["per_sql"].sum() == pytest.approx(2 * told.cost)


def test_parts_are_whole_and_add_up(costs: fs.UnitCosts) -> None:
    now, groups = costs.now, ("web", "fair", "base")
    for over in ("horizon", "period"):
        parts = cost_tables.amounts(now, over=over)
        assert list(parts) == ["media", "leads", "touches", "moves", "overhead crm", "overhead tools"]
        total = now.parts("spend", over).over.to_numpy()
        assert all(part.dtype.kind == "i" for part in parts.values())
        assert np.array_equal(sum(parts.values()), total)
        of_groups = [cost_tables.amounts(now, group, over) for group in groups]
        assert all(np.array_equal(sum(some[name] for some in of_groups), parts[name]) for name in parts)
    by_cohort = now.parts("spend", "cohort").over.sum("cohort")
    assert (by_cohort == now.parts("spend").over).all()


def test_tables_say_what_metrics_say(costs: fs.UnitCosts) -> None:
    assert costs.units == ("new_leads", "sql")
    assert costs.goal == "sql"
    summary = costs.now.summary(["cost_per_sql", "spend_per_new_lead[channel=fair]"]).set_index("metric")
    told = row(costs.by_unit(), unit="sql", group="all")
    assert tuple(told[["cost", "p10", "p90"]]) == tuple(summary.loc["cost_per_sql", ["mean", "p10", "p90"]])
    assert row(costs.by_unit(), unit="new_leads", group="fair").cost == summary["mean"].iloc[1]
    periods = costs.by_period()
    periods = periods[(periods["unit"] == "sql") & (periods["group"] == "all")]
    np.testing.assert_array_equal(periods["cost"], costs.now.estimate("cost_per_sql", "period").mean)
    stacked = costs.parts_by_period().groupby("period")["cost"].sum()
    np.testing.assert_allclose(stacked, periods["cost"])


def test_cost_per_lead_is_exact_where_leads_come_evenly(costs: fs.UnitCosts) -> None:
    # media, 3 for a lead of the fair, and 2 for each attempt; of 1,600 leads
    created, attempts = 1_600, costs.now.data["attempts"].sel(row="lead.ask")
    asked = attempts.sum(("period", "group", "outcome", "age")).mean()
    spend = 4 * (9_000 + 8_000 + 700) + 3 * 400 + 2 * float(asked)
    assert row(costs.by_unit(), unit="new_leads", group="all").cost == pytest.approx(spend / created)


# ---------------------------------------------------------------- matured
def test_going_on_changes_nothing_before(costs: fs.UnitCosts) -> None:
    assert costs.later is not None
    for name in ("entries", "attempts", "spend_media", "spend_moves", "overheads"):
        now, later = costs.now.data[name], costs.later.data[name]
        assert (later.isel(period=slice(4)) == now).all()


def test_cohorts_mature_to_what_a_longer_run_says(scenario: Scenario, costs: fs.UnitCosts) -> None:
    """No lead takes over 80 days: three months and two years come to the same, to the unit."""
    assert costs.later is not None
    far = fs.simulate(scenario.set({"horizon": "2 years"}), replications=30, seed=5, by="channel", cohorts=True)
    assert int(in_flight(costs.later).isel(cohort=slice(5)).sum()) == 0
    for name in ("cohort_entries", "cohort_spend_media", "cohort_spend_moves", "cohort_spend_leads"):
        assert (far.data[name].isel(cohort=slice(5)) == costs.later.data[name].isel(cohort=slice(5))).all()
    table = costs.by_cohort()
    table = table[(table["unit"] == "sql") & (table["group"] == "web")].set_index("cohort")
    numbers = far.parts("cost_per_sql[channel=web]", "cohort").under
    assert numbers is not None
    np.testing.assert_allclose((table["number"] + table["number_to_come"])[:5], numbers.mean("replication")[:5])


def test_matured_is_what_theory_says_and_so_far_is_not(costs: fs.UnitCosts) -> None:
    table = costs.by_cohort()
    for channel, chance, leads in (("web", 0.5, 300), ("fair", 0.2, 100)):
        for month in ("2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"):
            told = row(table, unit="sql", group=channel, cohort=month)
            matured, trials = round(30 * (told.number + told.number_to_come)), 30 * leads
            assert binomtest(matured, trials, chance).pvalue > 1e-4
            if month == "2026-04-01":  # of leads at most 30 days old a twelfth has been asked
                assert binomtest(round(30 * told.number), trials, chance).pvalue < 1e-9
                assert told.cost > 3 * told.matured > 0
                assert told.low < told.matured < told.high
                assert told.in_flight == 0
    whole = row(table, unit="sql", group="all", cohort="since the start")
    of_months = table[(table["unit"] == "sql") & (table["group"] == "all")].iloc[1:-1]
    assert whole.number + whole.number_to_come == pytest.approx(
        (of_months["number"] + of_months["number_to_come"]).sum()
    )


def test_a_cohort_that_the_horizon_cuts_off_is_not_matured(scenario: Scenario) -> None:
    cut = scenario.set({"horizon": "45d"})
    found = fs.unit_costs(cut, run_on="90d", marginal=False, replications=3)
    table = found.by_cohort()
    table = table[table["unit"] == "sql"].set_index("cohort")
    assert table["matured"].isna().to_dict() == {
        "before the start": False,
        "2026-01-01": False,
        "2026-02-01": True,
        "since the start": False,
    }
    assert "The horizon cuts the cohort of 2026-02-01 off" in repr(found)


def test_without_going_on_nothing_is_said_of_what_comes(scenario: Scenario) -> None:
    found = fs.unit_costs(scenario, run_on=None, marginal=False, replications=3)
    assert found.by_cohort()[["matured", "number_to_come", "in_flight"]].isna().all(axis=None)
    assert found.by_cohort()["cost"].notna().any()
    assert found.later is None
    assert "The run does not go on after the horizon" in repr(found)


def test_tables_by_month_go_on_as_in_the_year_before(scenario: Scenario) -> None:
    short = scenario.set({"channels.web.leads": {f"2026-0{month}": month for month in range(1, 5)}})
    months = longer(short, "3 months").channels["web"].leads
    assert months.amounts == (1, 2, 3, 4, 4, 4, 4)  # type: ignore[union-attr]
    year = {f"2026-{month:02}": month for month in range(1, 13)}
    long = scenario.set({"horizon": "1 year", "overheads.crm.amount": year})
    amounts: Any = longer(long, "14 months").overheads["crm"].amount
    assert [amount / 10_000 for amount in amounts.amounts] == [*range(1, 13), *range(1, 13), 1, 2]


@pytest.mark.parametrize("run_on", ["0d", "-3d", "none", "soon"])
def test_a_run_goes_on_for_some_time(scenario: Scenario, run_on: str) -> None:
    with pytest.raises(ValueError, match=r"a run goes on for some time, such as '12 months' or '90d'|no unit 'soon'"):
        fs.unit_costs(scenario, run_on=run_on, replications=1)


def test_what_a_change_does_not_say_of_later_is_refused_with_where(scenario: Scenario) -> None:
    table = {"2026-01": 10_000, "2026-02": 9_000, "2026-03": 9_000, "2026-04": 9_000}
    dated = scenario.set({"changes": [{"from": "2026-02-01", "set": {"channels.web.spend": table}}]})
    with pytest.raises(ValueError, match="cannot go on for 3 months after the horizon") as error:
        longer(dated, "3 months")
    assert "the table has no amount for 2026-05, 2026-06 and 2026-07" in str(error.value)


# ---------------------------------------------------------------- marginal
def test_in_a_linear_funnel_the_last_part_costs_what_all_do(costs: fs.UnitCosts) -> None:
    """Nothing has a limit here: of each channel its price for each lead, and 2 for asking, by its chance."""
    margins = costs.marginal()
    assert list(margins["channel"].unique()) == ["all", "web", "fair"]
    for channel, price, chance, fewer in (("web", 30 + 2, 0.5, 120), ("fair", 80 + 3 + 2, 0.2, 40)):
        leads = row(margins, unit="new_leads", channel=channel)
        assert leads.number == fewer == leads.number_low
        assert leads.spend == pytest.approx(price * fewer, rel=1e-3)
        sqls = row(margins, unit="sql", channel=channel)
        assert abs(sqls.cost - price / chance) < sqls.high - sqls.low  # some four standard errors
        assert binomtest(round(30 * sqls.number), 30 * fewer, chance).pvalue > 1e-4
    both = row(margins, unit="sql", channel="all")
    parts = margins[(margins["unit"] == "sql") & (margins["channel"] != "all")]
    assert both.number == pytest.approx(parts["number"].sum())  # leads do not meet
    assert "SQL, web" in repr(costs)


def test_the_last_part_brings_nothing_where_a_team_is_full() -> None:
    found = fs.unit_costs(fs.loads(TEAM), run_on="1 month", replications=20, seed=3)
    told = row(found.marginal(), unit="sql", channel="all")
    assert told.number_low < 0 < told.number_high
    assert math.isnan(told.cost)
    assert told.spend == pytest.approx(3_600, rel=1e-3)  # people are paid whether or not
    assert row(found.by_unit(), unit="sql", group="all").cost > 20
    assert "No cost where it is not sure" in repr(found)


def test_spending_less_scales_all_that_flows_into_a_channel(scenario: Scenario) -> None:
    rich = scenario.set(
        {
            "warm_up": "1 month",
            "channels.web.spend": "{uncertain: between 8_000 and 10_000 per month}",
            "channels.fair.leads": {f"2026-0{month}": 10 * month for month in range(1, 5)},
            "changes": [
                {
                    "from": "2026-02-01",
                    "set": {"channels.web.leads": "500 per month", "overheads.crm.amount": "1 per month"},
                },
                {"from": "2026-03-01", "set": {"channels.fair.spend": "33 per 7d"}},
            ],
        }
    )
    less = spending_less(rich, ("web", "fair"), 0.2)
    assert less.channels == rich.channels  # before the start
    regimes = dict(less.regimes())
    january, february, march = (regimes[date] for date in sorted(regimes))
    assert january.channels["web"].leads.amount == 240  # type: ignore[union-attr]
    assert january.channels["web"].spend.amount == UniformBelief(64_000_000, 80_000_000)  # type: ignore[union-attr]
    assert january.channels["fair"].leads.amounts == (8, 16, 24, 32)  # type: ignore[union-attr]
    assert february.channels["web"].leads.amount == 400  # type: ignore[union-attr]
    assert february.overheads == dict(rich.regimes())[sorted(regimes)[1]].overheads
    assert march.channels["fair"].spend.amount == 264_000  # type: ignore[union-attr]
    only = spending_less(rich.set({"warm_up": "none"}), ("fair",), 0.2)
    assert only.channels["web"] == rich.channels["web"]
    assert only.channels["fair"].spend.amount == 64_000_000  # type: ignore[union-attr]


def test_leads_that_answer_to_spend_do_so_along_their_curve(scenario: Scenario) -> None:
    """Half the spend, with a power of 0.5: leads fall by the square root of a half alone."""
    answer = {"curve": "power", "at": "10_000 per month", "exponent": 0.5}
    answering = scenario.set({"channels.web.spend": "10_000 per month", "channels.web.response": answer})
    less = spending_less(answering, ("web", "fair"), 0.5)
    assert less.channels["web"].leads == answering.channels["web"].leads
    assert less.channels["web"].response == answering.channels["web"].response
    assert less.channels["web"].spend.amount == answering.channels["web"].spend.amount / 2  # type: ignore[union-attr]
    assert less.channels["fair"].leads.amount == answering.channels["fair"].leads.amount / 2  # type: ignore[union-attr]
    web = "new_leads[channel=web]"
    now, then = (fs.simulate(s, replications=20, seed=5, by="channel").estimate(web) for s in (answering, less))
    assert abs(float(then.mean) / float(now.mean) - 0.5**0.5) < 4 * float(then.mc_error) / float(now.mean) + 0.001


# ---------------------------------------------------------------- tracks, results, errors
def test_tracks_are_what_incremental_says() -> None:
    nurture = fs.load("scenarios/nurture_before_after.yaml").variant("after").set({"horizon": "30d"})
    found = fs.unit_costs(nurture, run_on=None, marginal=False, tracks=True, replications=60, seed=4)
    told = row(found.tracks(), track="reactivation")
    added = fs.incremental(nurture, "track", ["sql", "spend"], replications=60, seed=4).added["reactivation"]
    assert (told.number, told.number_low, told.spend) == (added["sql"].mean, added["sql"].low, added["spend"].mean)
    assert told.cost == added["spend"].mean / added["sql"].mean
    assert told.number_low < 100 < told.number_high
    assert told.cost_of_touches == 5_000
    with pytest.raises(ValueError, match="tracks were not asked for"):
        fs.unit_costs(nurture, run_on=None, marginal=False, replications=1).tracks()


def test_a_result_is_not_run_again(scenario: Scenario) -> None:
    result = fs.simulate(scenario, replications=4, seed=9, by="segment", cohorts=True)
    found = fs.unit_costs(result, run_on="1 month", marginal=False)
    assert found.now is result
    assert found.later is not None
    assert (found.later.replications, found.later.seed, found.later.by) == (4, 9, "segment")
    bare = fs.unit_costs(fs.simulate(scenario, replications=4, seed=9), run_on=None, marginal=False)
    assert (bare.now.data["entries"].sum("group") == result.data["entries"].sum("group")).all()
    with pytest.raises(ValueError, match="the result is grouped by 'segment', not grouped by 'channel'"):
        fs.unit_costs(result, by="channel")


def test_what_makes_no_sense_is_refused(scenario: Scenario, costs: fs.UnitCosts) -> None:
    with pytest.raises(ValueError, match="no tracks to tell costs by"):
        fs.unit_costs(scenario, tracks=True)
    with pytest.raises(ValueError, match="did you mean 'channel'"):
        fs.unit_costs(scenario, by="chanel")
    with pytest.raises(TypeError, match="not a Scenario"):
        fs.unit_costs("mine.yaml")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no unit 'sqll' \\(did you mean 'sql'"):
        costs.parts_by_period("sqll")


def test_it_says_for_which_decision_each_table_is(costs: fs.UnitCosts) -> None:
    text, told = repr(costs), costs.to_dict()
    assert max(map(len, text.split("\n"))) <= 80
    for table in ("by_unit", "by_part", "by_period", "by_cohort", "marginal"):
        assert DECISIONS[table] in " ".join(text.split())
        assert told["right_for"][table] == DECISIONS[table]
        assert len(told[table]) == len(getattr(costs, table)())
    assert told["matured_until"] == "2026-08-01"
    assert told["currency"] == "CNY"
    assert "<script" not in costs._repr_html_()
    assert "overhead crm" in costs._repr_html_()
