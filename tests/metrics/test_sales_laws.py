"""What must hold on the sales side whatever the scenario, and that it is what the log tells."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.metrics.names import all_names, figure_of
from funnelsim.metrics.result import Result
from funnelsim.scenario import Scenario

TEAM_OF = {"lead": "telesales", "mql": "sales", "sql": "sales", "opportunity": "sales", "trial": "sales"}
OWNED = ("mql", "sql", "opportunity", "trial")


def units(result: Result, name: str, over: Any) -> Any:
    """A metric as whole numbers: money in ten-thousandths."""
    values = result.metric(name, over=over)
    return np.rint(values * 10_000).astype(np.int64) if values.dtype.kind == "f" else values


# ---------------------------------------------------------------- sums
def test_the_parts_of_spend_add_up(sold: dict[str | None, Result]) -> None:
    parts = ("spend_media", "spend_leads", "spend_touches", "spend_moves", "spend_labour")
    for result in sold.values():
        for over in ("period", "horizon", "cohort"):
            assert (sum(units(result, part, over) for part in parts) == units(result, "spend", over)).all()


def test_labour_is_what_the_teams_earn(sold: dict[str | None, Result]) -> None:
    for by, result in sold.items():
        earned = result.data["team_labour"].sum("team").to_numpy()
        labour = result.data["spend_labour"].sum("group").to_numpy()
        np.testing.assert_array_equal(labour, earned)
        np.testing.assert_array_equal(result.data["cohort_spend_labour"].sum(("group", "cohort")), earned.sum(axis=1))
        assert by is None or (result.data["spend_labour"] > 0).all("period").any()


def test_salaries_by_hand(sold: dict[str | None, Result]) -> None:
    """Sales: two people in January; ben until March 10th, cleo from February 15th, at 9,500 from February 10th."""
    sales = sold[None].data["team_labour"].sel(team="sales").to_numpy() / 10_000
    before, after = 9_000 * 9 / 28, 9_500 / 28
    february = 2 * (before + after * 19) + after * 14
    march = 2 * 9_500 + 9_500 * 9 / 31
    np.testing.assert_allclose(sales, np.tile([18_000, february, march], (6, 1)), atol=0.001)
    telesales = sold[None].data["team_labour"].sel(team="telesales").to_numpy()
    there = sold[None].data["there"].isel(person=slice(3)).sum("person").to_numpy()
    assert len(set(there[:, 0])) > 1
    np.testing.assert_allclose(telesales, there * 60_000_003, atol=3)


def test_figures_of_groups_add_up(sold: dict[str | None, Result], sales: Scenario) -> None:
    flows = [name for name in all_names(sales) if figure_of(name, sales, None).definition.kind in ("flow", "level")]
    assert {
        "spend_labour",
        "queue_sales",
        "held_sales",
        "lost_no_need",
        "wasted_spend",
        "endangered",
        "meetings",
    } <= set(flows)
    for by in ("channel", "segment", "line", "need"):
        for name in flows:
            for over in figure_of(name, sales, None).definition.times:
                whole, groups = units(sold[None], name, over), units(sold[by], name, over).sum(by)
                assert (units(sold[by], f"{name}[{by}=all]", over) == groups).all() or name == "weighted_pipeline"
                # rounded: values in each group, and labour of each cohort within each group
                rounded = name == "weighted_pipeline" or (over == "cohort" and name in ("spend", "spend_labour"))
                assert abs(whole - groups).max() <= (9 if rounded else 0), (by, name, over)


def test_ratios_of_everyone_are_those_of_no_groups(sold: dict[str | None, Result], sales: Scenario) -> None:
    for name in all_names(sales):
        if figure_of(name, sales, None).definition.kind not in ("flow", "level"):
            for by in ("line", "channel"):
                grouped, plain = (
                    sold[by].metric(f"{name}[{by}=all]", over="horizon"),
                    sold[None].metric(name, over="horizon"),
                )
                np.testing.assert_allclose(grouped, plain, rtol=1e-9, err_msg=name)


def test_utilisation_of_groups_adds_up(sold: dict[str | None, Result]) -> None:
    whole = sold[None].metric("utilisation_sales")
    np.testing.assert_allclose(sold["line"].metric("utilisation_sales").sum("line"), whole)
    assert (whole > 0).all()
    assert float(whole.max()) < 1.05


def test_leads_in_hand_and_without_owner_are_those_in_owned_stages(sold: dict[str | None, Result]) -> None:
    for result in sold.values():
        for over in ("period", "cohort"):
            standing = sum(units(result, f"in_{stage}", over) for stage in OWNED)
            assert (units(result, "held_sales", over) + units(result, "unowned_sales", over) == standing).all()
        held = result.data["held"].isel(person=result.data["person_team"] == "telesales")
        assert not held.any()


def test_nobody_holds_more_than_allowed_or_when_gone(sold: dict[str | None, Result]) -> None:
    data = sold[None].data
    assert 0 < data["held"].max() <= 12
    assert (data["held"].sum("group").where(~data["there"], 0) == 0).all()


def test_accepted_and_rejected_are_all(sold: dict[str | None, Result]) -> None:
    for result in sold.values():
        for over in ("period", "cohort"):
            parts = units(result, "accepted_mql", over) + units(result, "rejected_mql", over)
            assert (parts == units(result, "mql", over)).all()


def test_rates_by_trait_differ_as_written(sold: dict[str | None, Result]) -> None:
    by_line = sold["line"].estimate("dials_per_reached[line=mobile]").mean
    assert by_line < sold["line"].estimate("dials_per_reached[line=switchboard]").mean
    assert by_line == pytest.approx(2, rel=0.1)


# ---------------------------------------------------------------- the log
def told(scenario: Scenario, result: Result, replication: int) -> tuple[pd.DataFrame, int]:
    """The log of a replication, each row with its period (-1: before the start) and team."""
    log = fs.trace(scenario, seed=result.seed, replication=replication)
    edges = result.data["period"].to_numpy()
    log["period"] = np.searchsorted(edges, log["date"].to_numpy().astype("datetime64[ns]"), side="right") - 1
    for column in ("stage", "move", "outcome", "to", "person", "reason", "lead"):
        log[column] = log[column].astype(str)
    log["team"] = log["stage"].map(TEAM_OF).fillna("")
    return log, len(edges)


@pytest.mark.parametrize("replication", [0, 3])
def test_queues_and_waits_are_those_of_the_log(
    sold: dict[str | None, Result], sales: Scenario, replication: int
) -> None:
    log, periods = told(sales, sold[None], replication)
    ends = {"asked": 1, "begun": -1, "dropped": -1, "turned_away": -1}
    for team in ("telesales", "sales"):
        rows = log[(log["team"] == team) & log["outcome"].isin(list(ends))]
        change = rows["outcome"].map(ends).groupby(rows["period"]).sum().reindex(range(-1, periods), fill_value=0)
        got = sold[None].metric(f"queue_{team}").to_numpy()[replication]
        np.testing.assert_array_equal(got, change.cumsum().to_numpy()[1:])
        asked: dict[tuple[str, str], float] = {}
        waits: dict[int, list[float]] = {period: [] for period in range(-1, periods)}
        for row in rows.itertuples():
            if row.outcome == "asked":
                asked[str(row.lead), str(row.move)] = float(str(row.time))
            elif row.outcome == "begun":
                waits[int(str(row.period))].append(float(str(row.time)) - asked[str(row.lead), str(row.move)])
        means = [np.mean(waits[period]) if waits[period] else np.nan for period in range(periods)]
        np.testing.assert_allclose(sold[None].metric(f"wait_{team}").to_numpy()[replication], means, atol=1e-9)
        counted = [wait for period in range(periods) for wait in waits[period]]
        nine_in_ten = float(sold[None].metric(f"p90_wait_{team}", over="horizon")[replication])
        low, high = (float(np.quantile(counted, 0.9, method=way)) for way in ("lower", "higher"))  # type: ignore[call-overload]
        assert low * 31 / 32 - 0.001 <= nine_in_ten <= high * 33 / 32 + 0.001


@pytest.mark.parametrize("replication", [1, 4])
def test_flows_of_sales_are_those_of_the_log(sold: dict[str | None, Result], sales: Scenario, replication: int) -> None:
    log, periods = told(sales, sold[None], replication)
    outcome, move, stage = log["outcome"], log["move"], log["stage"]
    decided = outcome.isin(["failed", "succeeded", "exhausted", "passed"])
    expected = {
        "follow_ups": (outcome == "begun") & (log["team"] == "sales"),
        "claims_sales": outcome == "claimed",
        "turned_away_telesales": outcome == "turned_away",
        "extended_sql": outcome == "extended",
        "rejected_mql": log["reason"] == "rejected",
        "lost_no_need": log["reason"] == "no_need",
        "lost_expired": log["reason"] == "expired",
        "lost_no_follow_up": log["reason"] == "no_follow_up",
        "dials": decided & (move == "call"),
        "reached": (outcome == "passed") & (move == "call"),
        "conversations": (outcome == "succeeded") & (move == "talk"),
        "meetings": (stage == "lead") & (log["to"] == "mql"),
    }
    seen = 0
    for name, rows in expected.items():
        wanted = log[rows].groupby("period").size().reindex(range(periods), fill_value=0)
        np.testing.assert_array_equal(sold[None].metric(name).to_numpy()[replication], wanted, name)
        seen += bool(wanted.sum())
    assert seen >= 9


def test_both_engines_give_the_same_dataset(sales: Scenario) -> None:
    for by in (None, "need"):
        kernel, reference = (
            fs.simulate(sales, replications=1, seed=2, engine=engine, by=by, cohorts=True)  # type: ignore[arg-type]
            for engine in ("kernel", "simpy")
        )
        assert kernel.data.identical(reference.data)
        assert kernel.to_dict() == reference.to_dict()


def test_a_result_of_sales_is_saved_and_loaded(sold: dict[str | None, Result], tmp_path: Path) -> None:
    for by in (None, "line"):
        result = sold[by]
        result.save(tmp_path / f"{by}")
        loaded = fs.load_result(tmp_path / f"{by}")
        assert loaded.data.identical(result.data)
        assert {name: v.dtype for name, v in loaded.data.items()} == {name: v.dtype for name, v in result.data.items()}
        assert loaded.to_dict() == result.to_dict()
        assert repr(loaded) == repr(result)
        assert dataclasses.replace(loaded, data=result.data).by == by
        assert loaded.rerun().data.identical(result.data)


def test_a_result_of_sales_shows_itself_in_80_columns(sold: dict[str | None, Result]) -> None:
    for by, result in sold.items():
        lines = repr(result).splitlines()
        assert max(map(len, lines)) <= 80
        assert any(line.startswith("starved_share") for line in lines)
        assert by is None or any(line.startswith(f"  [{by}=") for line in lines)


@pytest.mark.parametrize("name", ["utilisation_sales", "load_telesales", "held_spread_sales", "weighted_pipeline"])
def test_figures_of_time_have_no_cohorts(sold: dict[str | None, Result], name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' is a figure of periods; there is none by cohort"):
        sold[None].metric(name, over="cohort")
    assert name not in set(sold[None].summary(over="cohort")["metric"])
