"""What `simulate` counts equals, exactly, what is counted here from the event log, in another way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import funnelsim as fs
from funnelsim.metrics.result import Result
from funnelsim.scenario import Scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"
DAY = 86_400_000


class Counted:
    """One replication, counted with pandas from its event log."""

    def __init__(self, scenario: Scenario, seed: int, replication: int, engine: Any) -> None:
        log = fs.trace(scenario, seed=seed, replication=replication, engine=engine)
        for column in ("channel", "segment", "stage", "stream", "move", "outcome", "to"):
            log[column] = log[column].astype(str)
        edges = [*fs.simulate(scenario, replications=1).data["period"].to_numpy(), np.datetime64(scenario.end, "ns")]
        log["age_ticks"] = (log["age"] * DAY).round().astype("int64")
        created = log["date"] - pd.to_timedelta(log["age_ticks"], unit="ms")
        log["period"] = np.searchsorted(edges, log["date"].to_numpy().astype("datetime64[ns]"), side="right") - 1
        log["cohort"] = np.searchsorted(edges, created.to_numpy().astype("datetime64[ns]"), side="right")
        log["cost"] = (log["cost"] * 10_000).round().astype("int64")
        log["value"] = (log["value"] * 10_000).round().astype("int64")
        if scenario.old_after == "month":
            log["is_old"] = created.dt.to_period("M") < log["date"].dt.to_period("M")
        else:
            log["is_old"] = log["age_ticks"] >= scenario.old_after
        self.log, self.periods = log, len(edges) - 1
        moved = log[log["to"] != ""]
        self.seen_before = moved.duplicated(["lead", "to"]).reindex(log.index, fill_value=False)
        self.entered = (log["to"] != "") & (log["outcome"] != "present")
        self.attempted = log["attempt"] > 0
        self.touched = self.attempted & (log["stream"] != "") & log["move"].isin(set(scenario.touches))

    def flow(self, rows: pd.Series, what: str | None = None, time: str = "period") -> list[int]:
        """Sum rows of the log by period, or by cohort within the horizon."""
        chosen = self.log[rows & (self.log["period"] >= 0)]
        grouped = chosen.groupby(time)
        counted = grouped.size() if what is None else grouped[what].sum()
        size = self.periods + (time == "cohort")
        return [int(number) for number in counted.reindex(range(size), fill_value=0)]

    def standing(self, stage: str, rows: pd.Series) -> list[int]:
        """Leads whose last move before each period's end was into the stage."""
        moved = self.log[(self.log["to"] != "") & rows]
        last = [moved[moved["period"] <= period].groupby("lead")["to"].last() for period in range(self.periods)]
        return [int((stages == stage).sum()) for stages in last]

    def stalled(self, stage: str, rows: pd.Series) -> list[int]:
        """Leads whose last row but moves and attempts says that they are stalled where they still stand."""
        log = self.log[rows]
        numbers = []
        for period in range(self.periods):
            past = log[log["period"] <= period]
            latest = past[past["outcome"].isin(["stalled", "woken"]) | (past["to"] != "")].groupby("lead").last()
            numbers.append(int(((latest["outcome"] == "stalled") & (latest["stage"] == stage)).sum()))
        return numbers


def expected(counted: Counted, scenario: Scenario, rows: pd.Series, time: str) -> dict[str, list[int]]:
    """Every flow that the log tells of, for the leads in `rows`."""
    log = counted.log
    succeeded, tracked = log["outcome"] == "succeeded", counted.attempted & (log["stream"] != "")
    # a stage's move is not a track's, though its lead is in a track as well
    tracked &= log["move"].isin({*scenario.touches, *(m for track in scenario.tracks.values() for m in track.moves)})

    def flow(which: pd.Series, what: str | None = None) -> list[int]:
        return counted.flow(which & rows, what, time)

    flows = {
        "new_leads": flow(log["outcome"] == "created"),
        "touches": flow(counted.touched),
        "responses": flow(counted.touched & succeeded),
        "reopened": flow(tracked & succeeded & log["is_old"]),
        "spend_leads": flow(log["outcome"] == "created", "cost"),
        "spend_touches": flow(counted.touched, "cost"),
        "spend_moves": flow(counted.attempted & ~counted.touched, "cost"),
        "revenue": flow(counted.entered, "value"),
    }
    for stage in scenario.stages:
        entered = counted.entered & (log["to"] == stage)
        flows[stage] = flow(entered)
        flows[f"first_{stage}"] = flow(entered & ~counted.seen_before)
        flows[f"fast_{stage}"] = flow(entered & ~log["is_old"])
        flows[f"old_{stage}"] = flow(entered & log["is_old"])
        flows[f"value_{stage}"] = flow(entered, "value")
    return flows


def assert_equal(result: Result, replication: int, suffix: str, counted: Counted, rows: pd.Series) -> None:
    scenario = result.scenario
    for time in ("period", "cohort"):
        for name, numbers in expected(counted, scenario, rows, time).items():
            money = name.startswith(("spend", "revenue", "value"))
            got = result.metric(name + suffix, over=time).sel(replication=replication).to_numpy()
            np.testing.assert_array_equal(np.rint(got * (10_000 if money else 1)), numbers, f"{name}{suffix} by {time}")
    for stage in scenario.stages:
        for name, levels in (("in", counted.standing), ("stalled", counted.stalled)):
            got = result.metric(f"{name}_{stage}{suffix}").sel(replication=replication).to_numpy()
            np.testing.assert_array_equal(got, levels(stage, rows), f"{name}_{stage}{suffix}")


@pytest.mark.parametrize("engine", ["kernel", "simpy"])
def test_counts_equal_those_of_the_log(scenario: Scenario, results: dict[str | None, Result], engine: str) -> None:
    for replication in range(2):
        counted = Counted(scenario, 5, replication, engine)
        everyone = pd.Series(True, counted.log.index)
        assert_equal(results[None], replication, "", counted, everyone)
        assert_equal(results["channel"], replication, "[channel=all]", counted, everyone)
        for by in ("channel", "segment"):
            for group in getattr(scenario, f"{by}s"):
                rows = counted.log[by] == group
                assert_equal(results[by], replication, f"[{by}={group}]", counted, rows)


@pytest.mark.parametrize("name", ["trunk.yaml", "nurture_before_after.yaml", "opportunities_before_after.yaml"])
def test_counts_of_shipped_scenarios_equal_those_of_the_log(name: str) -> None:
    scenario = fs.load(SCENARIOS / name)
    result = fs.simulate(scenario, replications=2, seed=3, cohorts=True)
    counted = Counted(scenario, 3, 1, "kernel")
    assert len(counted.log) > 10_000
    assert_equal(result, 1, "", counted, pd.Series(True, counted.log.index))


@pytest.mark.parametrize("old_after", ["month", "12d"])
def test_old_leads_equal_those_of_the_log(scenario: Scenario, old_after: str) -> None:
    scenario = scenario.set({"old_after": old_after, "period": "week"})
    result = fs.simulate(scenario, replications=1, seed=6, cohorts=True)
    counted = Counted(scenario, 6, 0, "kernel")
    assert_equal(result, 0, "", counted, pd.Series(True, counted.log.index))


def test_the_comparison_notices_one_lead_more(scenario: Scenario, result: Result) -> None:
    counted = Counted(scenario, 5, 0, "kernel")
    last = counted.log.index[counted.entered & (counted.log["to"] == "sql")][-1]
    counted.entered[last] = False
    with pytest.raises(AssertionError, match="sql by period"):
        assert_equal(result, 0, "", counted, pd.Series(True, counted.log.index))


def test_days_to_a_stage_are_those_of_the_log(scenario: Scenario, result: Result) -> None:
    counted = Counted(scenario, 5, 3, "kernel")
    log = counted.log[counted.entered & ~counted.seen_before & (counted.log["period"] >= 0)]
    for stage in ("mql", "sql", "won", "dormant"):
        ages = log.loc[log["to"] == stage, "age"]
        for name, level in ((f"days_to_{stage}", 0.5), (f"p90_days_to_{stage}", 0.9)):
            got = float(result.metric(name, over="horizon").sel(replication=3))
            # between neighbours in rank, widened by a bin of the histogram
            below = np.quantile(ages, level, method="lower") * (1 - 1 / 32)
            above = np.quantile(ages, level, method="higher") * (1 + 1 / 32)
            assert below <= got <= above, name


def test_every_engine_gives_the_same_dataset(scenario: Scenario) -> None:
    runs = [
        fs.simulate(scenario, replications=2, seed=9, engine=engine, by="segment", cohorts=True)
        for engine in ("kernel", "simpy")
    ]
    assert runs[0].data.identical(runs[1].data)


def test_threads_and_chunks_do_not_matter(scenario: Scenario) -> None:
    first = fs.simulate(scenario, replications=7, seed=2)
    for threads, chunk in ((1, 7), (2, 1), (3, 2)):
        assert first.data.identical(fs.simulate(scenario, replications=7, seed=2, threads=threads, chunk=chunk).data)


def test_days_to_a_stage_of_all_groups_together(scenario: Scenario) -> None:
    plain = fs.simulate(scenario, replications=4, seed=5)
    grouped = fs.simulate(scenario, replications=4, seed=5, by="segment")
    for name in ("days_to_sql", "p90_days_to_won"):
        everyone = grouped.metric(f"{name}[segment=all]", over="horizon")
        np.testing.assert_array_equal(everyone, plain.metric(name, over="horizon"))
        assert float(everyone.mean()) > 0
