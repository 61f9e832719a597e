"""Budgets: what they bring and cost, counted in other ways too; the frontier; teams that are full."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import funnelsim as fs
from funnelsim.forecast import budget_tables
from funnelsim.forecast.accounts import Account
from funnelsim.forecast.full_teams import full_since, one_more
from funnelsim.scenario import Scenario, ScenarioError

pytestmark = pytest.mark.usefixtures("compiled_kernel")

TEXT: dict[str, Any] = {
    "format": 1,
    "name": "Small",
    "start": "2026-01-01",
    "horizon": "3 months",
    "currency": "CNY",
    "segments": {"small": {"share": "70%", "margin": "60%"}, "large": {"share": "30%"}},
    "channels": {
        "search": {
            "leads": "60 per month",
            "spend": "6_000 per month",
            "enters": "lead",
            "response": {"curve": "power", "at": "6_000 per month", "exponent": 0.7},
        },
        "fair": {"leads": "10 per month", "spend": "1_000 per month", "enters": "lead"},
    },
    "teams": {"sales": {"people": 1, "hours": "7 per day", "salary": "900 per month"}},
    "stages": {
        "lead": {"moves": {"call": {"after": "1d to 20d", "chance": "50%", "to": "sql", "else": "lost", "cost": 3}}},
        "sql": {
            "owner": "sales",
            "moves": {
                "meet": {"after": "5d to 30d", "takes": "2h to 4h", "chance": "40%", "to": "won", "else": "lost"}
            },
        },
        "won": {"win_rate": "100%", "value": "300 to 3_000"},
        "lost": {},
    },
    "budgets": {"today": {}, "more": {"label": "A third more", "set": {"spend": "+33%"}}, "less": {"spend": "-50%"}},
}
SMALL = fs.loads(json.dumps(TEXT))


@pytest.fixture(scope="module")
def small() -> fs.Budgets:
    return fs.budgets(SMALL, replications=40, seed=2, progress=False)


@pytest.fixture(scope="module")
def longer() -> fs.Budgets:
    return fs.budgets(SMALL, replications=40, seed=2, run_on="2 months", progress=False)


def told(budgets: fs.Budgets, budget: str, figure: str) -> Any:
    table = budgets.table()
    return table[(table["budget"] == budget) & (table["figure"] == figure)].iloc[0]


# ---------------------------------------------------------------- figures
def test_figures_are_those_of_runs(small: fs.Budgets) -> None:
    result = fs.simulate(SMALL.set({"channels.search.spend": "7_980 per month", "channels.fair.spend": "1_330 per month"}),
                         replications=40, seed=2, by="segment")  # fmt: skip
    for figure, metric in {"spend": "spend", "sql": "sql", "won": "won", "revenue": "revenue", "cost_per_sql": "cost_per_sql", "new_leads": "new_leads"}.items():  # fmt: skip
        ours, theirs = told(small, "more", figure), result.estimate(metric)
        for name in ("mean", "p10", "p50", "p90", "mc_error"):
            assert ours[name] == pytest.approx(float(getattr(theirs, name)), rel=1e-12), (figure, name)
    revenue = result.metric("revenue", over="horizon")
    profit = 0.6 * revenue.sel(segment="small") + revenue.sel(segment="large")
    spend = result.metric("spend", over="horizon").sum("segment")
    assert told(small, "more", "gross_profit")["mean"] == pytest.approx(float(profit.mean()), abs=1e-3)
    assert told(small, "more", "roi")["mean"] == pytest.approx(
        float((profit.mean() - spend.mean()) / spend.mean()), rel=1e-6
    )
    first = result.metric("first_won", over="horizon").sum()
    assert told(small, "more", "cac")["mean"] == pytest.approx(float(spend.sum() / first), rel=1e-9)
    risk = small.risk().set_index("budget").loc["more"]
    assert risk["probability_of_loss"] == float((profit < spend - 1e-6).mean())


def test_differences_are_paired(small: fs.Budgets) -> None:
    comparison = fs.compare(
        {"today": SMALL, "less": SMALL.budget({"spend": "-50%"})},
        replications=40,
        seed=2,
        metrics=["sql", "cost_per_sql"],
    )
    for figure in ("sql", "cost_per_sql"):
        ours, theirs = told(small, "less", figure), comparison.difference("less", figure)
        assert (ours["difference"], ours["low"], ours["high"]) == pytest.approx(theirs[:3], rel=1e-9)


def test_what_is_taken_from_python_is_what_is_taken_from_the_file(small: fs.Budgets) -> None:
    again = fs.budgets(SMALL, {"now": {}, "a third more": {"spend": "+33%"}}, replications=40, seed=2, progress=False)
    assert told(again, "a third more", "profit")["mean"] == told(small, "more", "profit")["mean"]
    assert small.labels == {"today": "today", "more": "A third more", "less": "less"}


def test_a_margin_that_is_not_known_is_drawn_once_a_replication() -> None:
    unsure = SMALL.set({"segments.small.margin": {"uncertain": {"values": [0.2, 0.8]}}, "segments.large.margin": "0%"})
    known = SMALL.set({"segments.small.margin": "100%", "segments.large.margin": "0%"})
    drawn, whole = (
        fs.budgets(each, {"today": {}}, replications=40, seed=2, one_more_person=False, progress=False)
        for each in (unsure, known)
    )
    shares = drawn.accounts["today"].totals["gross_profit"] / whole.accounts["today"].totals["gross_profit"]
    assert set(shares.round(3)) == {0.2, 0.8}


# ---------------------------------------------------------------- running on
def test_only_leads_created_before_the_horizon_count(longer: fs.Budgets) -> None:
    """Counted again in the event logs of the longer run."""
    ran = SMALL.set({"horizon": "5 months"})
    end, sql, won, new = dt.date(2026, 4, 1), [], [], []
    for replication in range(6):
        log = fs.trace(ran, seed=2, replication=replication)
        created = log[log["outcome"] == "created"]
        early = set(created.loc[pd.to_datetime(created["date"]) < pd.Timestamp(end), "lead"])
        entered = log[log["lead"].isin(early)]
        new.append(len(early))
        sql.append(int((entered["to"] == "sql").sum()))
        won.append(int((entered["to"] == "won").sum()))
    totals = longer.accounts["today"].totals
    assert totals["new_leads"][:6].tolist() == new
    assert totals["sql"][:6].tolist() == sql
    assert totals["won"][:6].tolist() == won


def test_late_wins_are_credited(small: fs.Budgets, longer: fs.Budgets) -> None:
    for name in small.names:
        assert (longer.accounts[name].totals["new_leads"] == small.accounts[name].totals["new_leads"]).all()
        assert (longer.accounts[name].totals["won"] >= small.accounts[name].totals["won"]).all()
        assert longer.accounts[name].totals["open"].sum() < small.accounts[name].totals["open"].sum()
    assert told(longer, "today", "won")["mean"] > 1.1 * told(small, "today", "won")["mean"]


@pytest.mark.parametrize("which", ["small", "longer"])
def test_months_add_up_to_the_whole(which: str, request: pytest.FixtureRequest) -> None:
    budgets: fs.Budgets = request.getfixturevalue(which)
    for account in budgets.accounts.values():
        for name in account.totals:
            if name != "open" or which == "longer":
                assert (account.monthly[name].sum(axis=1) == account.totals[name]).all()
    periods = budgets.monthly()["period"].unique().tolist()
    months = ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert periods == (["before the start", *months] if which == "longer" else months)


# ---------------------------------------------------------------- more money, and the frontier
def made(spend: list[float], sql: list[float], profit: list[float] | None = None) -> Account:
    totals = {"spend": np.array(spend) * 1e4, "sql": np.array(sql), "revenue": np.zeros(len(spend))}
    totals["gross_profit"] = np.array(profit or [0.0] * len(spend)) * 1e4
    return Account(SMALL, totals, {}, {}, {}, {})


def test_what_more_money_brings(small: fs.Budgets) -> None:
    rows = small.marginal().set_index("budget")
    assert rows["over"].to_dict() == {"today": "less", "more": "today"}
    less, today = (small.accounts[name].totals for name in ("less", "today"))
    spend, sql = (today[name].sum() - less[name].sum() for name in ("spend", "sql"))
    assert rows.loc["today", "cost_per_extra_sql"] == pytest.approx(spend / sql / 1e4, rel=1e-12)
    assert rows.loc["today", "sql_low"] < spend / sql / 1e4 < rows.loc["today", "sql_high"]
    assert rows.loc["more", "cost_per_extra_sql"] > rows.loc["today", "cost_per_extra_sql"], "returns diminish"


def test_where_more_money_brings_nothing_there_is_no_price() -> None:
    accounts = {"a": made([100, 100], [10, 12]), "b": made([150, 150], [11, 11]), "c": made([150.5, 150.5], [15, 14])}
    rows = budget_tables.marginal_table(accounts).set_index("budget")
    assert np.isnan(rows.loc["b", "cost_per_extra_sql"])
    assert rows["over"].to_dict() == {"b": "a", "c": "a"}, "c is no larger than b"


budgets_drawn = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6)), min_size=1, max_size=7)


@given(budgets_drawn)
def test_the_frontier_by_brute_force(points: list[tuple[int, int]]) -> None:
    accounts = {f"b{n}": made([spend, spend], [sql, sql]) for n, (spend, sql) in enumerate(points)}
    rows = budget_tables.frontier_table(accounts, "sql").set_index("budget")
    for n, (spend, sql) in enumerate(points):
        better = {f"b{m}" for m, (s, q) in enumerate(points) if s <= spend and q >= sql and (s < spend or q > sql)}
        by = rows.loc[f"b{n}", "dominated_by"]
        assert (by in better) if better else by == ""
        assert not better or rows.loc[f"b{n}", "probability"] == 1.0
    free = rows[rows["dominated_by"] == ""]
    assert free["outcome"].is_monotonic_increasing
    assert free["spend"].is_monotonic_increasing


def test_payback_by_hand() -> None:
    # never; from the first month on; lost again in the second, and covered for good from the third on
    calendar = {
        "spend": np.array([[5, 5, 5], [1, 1, 1], [4, 9, 1]], float),
        "gross_profit": np.array([[1, 1, 1], [2, 2, 2], [5, 1, 20]], float),
    }
    told = budget_tables.payback(replace(made([1], [1]), calendar=calendar))
    assert told == {"p10": 1.0, "p50": 3.0, "p90": np.inf, "never": pytest.approx(1 / 3)}


# ---------------------------------------------------------------- full teams
def test_since_when_a_team_is_full() -> None:
    def since(busy: list[float], unowned: list[float] | None = None) -> int | None:
        waiting = {"sales": np.array(unowned)} if unowned else {}
        return full_since(replace(made([1], [1]), busy={"sales": np.array(busy)}, unowned=waiting), "sales")

    assert since([0.5, 0.96, 0.97]) == 1
    assert since([0.99, 0.6, 0.97]) == 2
    assert since([0.96, 0.97, 0.95]) == 0
    assert since([0.99, 0.99, 0.94]) is None
    assert since([0.5, 0.6, 0.6], [0.1, 2.0, 5.0]) == 1


@pytest.mark.parametrize(
    ("people", "more"),
    [
        (3, 4),
        ({"2026-01-01": 2, "2026-03-01": 4}, {"2026-01-01": 3, "2026-03-01": 5}),
        ({"anna": {"pace": 1.5}}, {"anna": {"pace": 1.5}, "one_more_1": {}}),
        ({"uncertain": "between 2 and 4"}, None),
    ],
)
def test_one_more_person(people: Any, more: Any) -> None:
    scenario = SMALL.set({"teams.sales.people": people})
    found = one_more(scenario, "sales")
    if more is None:
        assert found is None
    else:
        assert found == scenario.set({"teams.sales.people": more})


def test_a_full_team_is_told_with_what_one_more_is_worth() -> None:
    much = fs.budgets(
        SMALL, {"much": {"channels.search.leads": "150 per month"}}, replications=20, seed=1, progress=False
    )
    (full,) = much.full["much"]
    assert full.team == "sales"
    assert full.busy > 0.95
    with_more = fs.simulate(
        SMALL.set({"channels.search.leads": "150 per month", "teams.sales.people": 2}), replications=20, seed=1
    )
    gained = float(with_more.estimate("won").mean) - told(much, "much", "won")["mean"]
    assert full.one_more["won"].mean == pytest.approx(gained)
    assert full.one_more["won"].low > 0
    assert full.one_more["spend"].mean == pytest.approx(2_700)
    text = " ".join(str(much).split())
    assert (
        f"team 'sales' is full from {full.since} on (busy {full.busy:.0%}), which money for leads cannot mend." in text
    )
    assert "One more person there, with 95% intervals: SQLs" in text
    rows = much.full_teams()
    assert rows["one_more_won"].tolist() == [full.one_more["won"].mean]


# ---------------------------------------------------------------- handing over
def test_tables_json_and_text(longer: fs.Budgets) -> None:
    found = json.loads(json.dumps(longer.to_dict(monthly=True), allow_nan=False))
    assert found["against"] == "today"
    assert found["budgets"]["more"]["figures"]["sql"]["mean"] == told(longer, "more", "sql")["mean"]
    assert set(found["frontier"]) == {"sql", "won", "gross_profit"}
    assert len(found["monthly"]) == len(longer.monthly())
    assert set(longer.tables()) >= {"figures", "risk", "marginal", "frontier_sql", "monthly", "full_teams"}
    lines = str(longer).splitlines()
    assert max(map(len, lines)) <= 80
    assert "gross margin: small 60%, large 100%" in " ".join(lines)
    assert "A third more" in longer._repr_html_()


# ---------------------------------------------------------------- what is refused
def test_all_that_is_wrong_with_budgets_is_said_at_once() -> None:
    wrong = {
        "a": {"channels.serch.spend": "1 per month"},
        "b": {"spend": "90_000 per month"},
        "c": {"channels.fair.spend": "+x%"},
    }
    with pytest.raises(ScenarioError) as error:
        fs.budgets(SMALL, wrong)
    assert str(error.value).splitlines() == [
        "budget 'a': channels.serch.spend: no channel 'serch' (did you mean 'search'?)",
        (
            "budget 'b': spend: the spend of all channels is written relative to what it is, such as +20% or -10%, not "
            "'90_000 per month'; write an amount for each channel, such as channels.search.spend: 90_000 per month"
        ),
        "budget 'c': channels.fair.spend: an amount is written like 90_000, 12k or 1.5m, not '+x%'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"budgets": {}}, "no budgets: give at least one"),
        ({"run_on": "6 mnths"}, "run_on: "),
        ({"budgets": {"a": {"horizon": "2 months"}, "b": {}}}, "budgets must share start, horizon"),
    ],
)
def test_arguments_that_make_no_sense(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fs.budgets(SMALL, **arguments)


def test_more_that_is_refused() -> None:
    with pytest.raises(ValueError, match="'Small' has no budgets: give some"):
        fs.budgets(SMALL.set({"budgets": {}}))
    with pytest.raises(ValueError, match="the horizon ends within one"):
        fs.budgets(SMALL.set({"horizon": "100d"}), run_on="1 month")
    with pytest.raises(TypeError, match="budgets map names to what is set"):
        fs.budgets(SMALL, ["today"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no outcome 'roi' here: take one of sql, gross_profit"):
        budget_tables.frontier_table({"a": made([1], [1])}, "roi")


def shipped() -> Scenario:
    return fs.load(Path(__file__).parents[2] / "scenarios" / "budget.yaml")


def test_of_the_shipped_budgets_only_the_most_generous_meets_a_full_team() -> None:
    budgets = fs.budgets(shipped(), replications=12, seed=1, one_more_person=False, progress=False)
    assert {name: [full.team for full in teams] for name, teams in budgets.full.items()} == {
        "today": [], "half": [], "plus_20": [], "shifted": [], "double": ["sales"],
    }  # fmt: skip
    assert budgets.full["double"][0].since > dt.date(2026, 1, 1)
