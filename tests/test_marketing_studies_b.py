"""The studies of pool, lift and markets give the figures of their sources, and find what their comments say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import funnelsim as fs

SCENARIOS = Path(__file__).parents[1] / "scenarios"
LEVEL = 1e-4
ERRORS = 4
"""As many standard errors are exceeded by luck once in 16,000 times."""


def load(name: str, variant: str | None = None) -> fs.Scenario:
    return fs.load(SCENARIOS / f"{name}.yaml", variant=variant)


def simulated(name: str, variant: str | None = None, replications: int = 100, **options: Any) -> fs.Result:
    return fs.simulate(load(name, variant), replications=replications, seed=1, progress=False, **options)


def horizon(result: fs.Result, metric: str) -> Any:
    return result.metric(metric, over="horizon").to_numpy()


def lies_within(result: fs.Result, metric: str, low: float, high: float) -> bool:
    """Say whether a metric lies in bounds, and surely so: by more than what is due to luck."""
    found = result.estimate(metric)
    return bool(low + ERRORS * found.mc_error < found.mean < high - ERRORS * found.mc_error)


def logs(scenario: fs.Scenario, replications: int) -> Iterator[pd.DataFrame]:
    """The logs of some replications, with texts as texts."""
    for replication in range(replications):
        log = fs.trace(scenario, seed=1, replication=replication)
        yield log.astype({name: str for name in log.columns if isinstance(log[name].dtype, pd.CategoricalDtype)})


# ---------------------------------------------------------------- D2.6, D2.7: the pool
@pytest.fixture(scope="module")
def pool() -> dict[str, fs.Result]:
    return {name: simulated("pool_procedure", name, 60) for name in ("none", "one_month_only", "full")}


def test_the_procedure_beats_a_touch_a_month_and_that_beats_nothing(pool: dict[str, fs.Result]) -> None:
    for worse, better in (("none", "one_month_only"), ("one_month_only", "full")):
        more = horizon(pool[better], "sql") - horizon(pool[worse], "sql")
        assert stats.ttest_1samp(more, 0, alternative="greater").pvalue < LEVEL
        assert pool[better].estimate("cost_per_sql").mean < pool[worse].estimate("cost_per_sql").mean
        assert pool[better].estimate("wasted_share").mean < pool[worse].estimate("wasted_share").mean
    assert pool["none"].estimate("touches").mean == 0
    assert lies_within(pool["none"], "wasted_share", 0.5, 1)


@pytest.fixture(scope="module")
def pool_logs() -> pd.DataFrame:
    return pd.concat([log.assign(replication=n) for n, log in enumerate(logs(load("pool_procedure", "full"), 2))])


def test_each_lead_of_the_pool_gets_its_own_treatment(pool_logs: pd.DataFrame) -> None:
    """Why a lead of the web came to the pool says which track it is in, until something else happens."""
    rows = pool_logs[pool_logs["channel"].eq("web")]
    after = rows.groupby(["replication", "lead"])["stream"].shift(-1)
    entered = rows["to"].eq("pool") & rows["stage"].ne("pool") & after.notna()
    found = after[entered].groupby(rows.loc[entered, "reason"]).agg(set).to_dict()
    monthly = {reason: {"one_month"} for reason in ("not_now", "unanswered", "rejected")}
    assert found == {**monthly, "some_intent": {"company"}}


def test_dead_and_wrong_numbers_are_never_touched_again(pool_logs: pd.DataFrame) -> None:
    for _, rows in pool_logs.groupby(["replication", "lead"]):
        closed = np.flatnonzero(rows["to"].eq("closed"))
        assert len(closed) == 0 or closed[0] == len(rows) - 1


def test_who_never_shows_any_behaviour_is_touched_half_yearly(pool_logs: pd.DataFrame) -> None:
    rows = pool_logs[pool_logs["stream"].eq("half_year") & pool_logs["attempt"].gt(0)]
    sent = rows.drop_duplicates(["replication", "lead", "time"])
    waits = sent.sort_values("time").groupby(["replication", "lead"])["time"].diff().dropna()
    assert len(waits) > 1000
    assert waits.min() >= 182 - 1e-9


def test_lists_get_five_kinds_within_half_a_month(pool_logs: pd.DataFrame) -> None:
    rows = pool_logs[pool_logs["stream"].eq("rhythm") & pool_logs["attempt"].gt(0)]
    assert rows["channel"].eq("list").all()
    assert {move.split(".")[0] for move in rows["move"]} >= {"sms", "robot_call", "mail", "chat", "live_stream"}
    once = rows.loc[~rows["lead"].isin(pool_logs.loc[pool_logs["to"].eq("mql"), "lead"])]
    spans = once.groupby(["replication", "lead"])["time"].agg(lambda times: times.max() - times.min())
    assert spans.max() <= 15 + 1e-9
    assert spans.median() >= 7


def test_dead_numbers_are_found_before_they_are_touched() -> None:
    result = simulated("pool_procedure", "full", 20, by="number")
    dead, leads = (horizon(result, name).sum() for name in ("touches[number=dead]", "lost_dead_number"))
    assert dead < 0.001 * leads, "all but those of the backlog whose touch was due at once"


def test_what_the_tracks_add() -> None:
    """Beside sending nothing all of them add something, the groups and the monthly track most."""
    added = fs.incremental(
        load("pool_procedure", "full"), "track", "sql", replications=60, seed=1, progress=False
    ).added
    assert all(metrics["sql"].low > 0 for metrics in added.values())
    assert {"company", "one_month"} == set(sorted(added, key=lambda name: -added[name]["sql"].mean)[:2])


INSTEAD: dict[str, dict[str, object]] = {
    "company": {"stages.pool.track.2.track": "one_month", "touches.article": None, "touches.feed": None},
    "revival": {
        "stages.pool.track.3.track": "one_month",
        "tracks.company.exhausted.to": {"track": "one_month"},
        "tracks.one_month.transition_rules": [],
    },
    "rhythm": {"stages.pool.track.0.track": "one_month"},
}
"""What sends the leads of a track to the monthly one."""


@pytest.mark.parametrize("track", INSTEAD)
def test_what_the_tracks_add_beside_a_touch_a_month(track: str, pool: dict[str, fs.Result]) -> None:
    """Groups bring more, robot calls less but at low cost, and the rhythm on lists nothing that can be seen."""
    scenario = load("pool_procedure", "full").set({**INSTEAD[track], f"tracks.{track}": None})
    other = fs.simulate(scenario, replications=60, seed=1, progress=False)
    sqls, spend = (horizon(pool["full"], name) - horizon(other, name) for name in ("sql", "spend"))
    expected = {"company": 39, "revival": -10, "rhythm": 0}[track]
    assert abs(sqls.mean() - expected) < 1 + ERRORS * stats.sem(sqls)
    if expected:
        assert np.sign(sqls.mean()) == np.sign(expected)
        assert stats.ttest_1samp(sqls, 0).pvalue < LEVEL
        assert (spend.mean() / sqls.mean() > 150) == (track == "revival"), "what one SQL more costs"


# ---------------------------------------------------------------- D4.6, D0.6, D2.7: the lift
@pytest.fixture(scope="module")
def lift() -> dict[str | None, fs.Result]:
    return {
        variant: simulated("nurture_lift", variant, 1000, by="opt_in") for variant in (None, "by_lot", "no_nurture")
    }


def test_nurtured_leads_give_a_fifth_more_and_a_third_of_that_is_nurture(lift: dict[str | None, fs.Result]) -> None:
    naive = lift[None].estimate("lift_opportunity")
    assert abs(naive.mean - 0.2) < ERRORS * naive.mc_error
    assert naive.mc_error < 0.012
    metric = "opportunity[opt_in=yes]"
    with_it, without = horizon(lift[None], metric), horizon(lift["no_nurture"], metric)
    true = with_it.sum() / without.sum() - 1
    error = stats.sem(with_it - without) / without.mean()
    assert abs(true - 0.07) < ERRORS * error
    assert naive.mean - true > ERRORS * np.hypot(naive.mc_error, error), "who opts in is no fair sample"


def test_drawn_by_lot_the_naive_comparison_is_fair(lift: dict[str | None, fs.Result]) -> None:
    naive = lift["by_lot"].estimate("lift_opportunity")
    scenario = load("nurture_lift", "by_lot")
    without = fs.simulate(
        scenario.set({"tracks.newsletter.active": False}), replications=1000, seed=1, by="opt_in", progress=False
    )
    metric = "opportunity[opt_in=yes]"
    true = horizon(lift["by_lot"], metric).sum() / horizon(without, metric).sum() - 1
    assert abs(naive.mean - true) < ERRORS * naive.mc_error


def test_well_nurtured() -> None:
    result = simulated("nurture_lift", "well_nurtured", 60)
    assert lies_within(result, "rate_lead_to_sql", 0.04, 0.05)
    assert lies_within(result, "old_share_sql", 0.45, 0.55)
    assert result.estimate("lift_opportunity").mean < -0.9, "those that move at once are never nurtured"


def test_well_nurtured_by_cohort() -> None:
    """The rate is that of leads whose fate is known: of the first quarter, in a run two years longer."""
    scenario = load("nurture_lift", "well_nurtured").set({"warm_up": "none", "horizon": "27 months"})
    result = fs.simulate(scenario, replications=60, seed=1, cohorts=True, progress=False)
    rate = result.metric("rate_lead_to_sql", over="cohort").sel(cohort="2026-01-01").to_numpy()
    assert rate.mean() - ERRORS * stats.sem(rate) > 0.04
    assert rate.mean() + ERRORS * stats.sem(rate) < 0.05


def test_giving_up(lift: dict[str | None, fs.Result]) -> None:
    """A newsletter that is never sent saves nothing from being wasted, though leads stand in its track."""
    never_sent = load("nurture_lift").set({"tracks.newsletter.active": False})
    unsent = fs.simulate(never_sent, replications=50, seed=1, by="opt_in", progress=False)
    assert (horizon(unsent, "wasted_spend") == horizon(lift["no_nurture"], "wasted_spend")[:50]).all()
    assert lies_within(lift["no_nurture"], "wasted_share", 0.9, 1)
    assert lies_within(lift[None], "wasted_share", 0.5, 0.7)
    assert lift["no_nurture"].estimate("old_share_sql").mean < 0.01


# ---------------------------------------------------------------- D0.3, D3.1, D4.1, D0.9: markets
def test_consumers_decide_within_days() -> None:
    assert lies_within(simulated("markets/consumer", None, 20), "days_to_bought", 1, 7)
    bare = simulated("markets/consumer", "no_tracks", 20)
    assert lies_within(bare, "p90_days_to_bought", 1, 7)


def test_consumers_are_reminded_of_their_carts_and_birthdays() -> None:
    added = fs.incremental(load("markets/consumer"), "touch", "bought", replications=30, seed=1, progress=False).added
    assert all(added[name]["bought"].low > 0 for name in ("hello", "mail", "cart_mail", "sale", "birthday"))
    assert added["voucher"]["bought"].mean < 5, "it comes too late"


def test_triggered_mail_comes_when_it_is_due() -> None:
    log = next(logs(load("markets/consumer"), 1))
    entered = log[log["to"].eq("cart") & log["stage"].ne("cart")].drop_duplicates("lead", keep=False)
    entered = entered.set_index("lead")["time"]  # of those that filled one cart
    sent = log[log["stage"].eq("cart") & log["attempt"].eq(1)]
    for touch, days in (("cart_mail", 4 / 24), ("voucher", 2.5)):
        first = sent[sent["move"].str.split(".").str[0].eq(touch)].groupby("lead")["time"].max()
        gaps = (first - entered.reindex(first.index)).dropna().to_numpy()
        assert len(gaps) > 100
        assert np.allclose(gaps, days, atol=1e-6)
    birthdays = log[log["move"].str.split(".").str[0].eq("birthday")]
    assert np.allclose(birthdays["age"] % 365, 0, atol=1e-6)
    assert len(birthdays) > 500


@pytest.fixture(scope="module")
def small_business() -> fs.Result:
    return simulated("markets/small_business", None, 100, by="teaches_itself")


def test_ten_touches_before_a_win(small_business: fs.Result) -> None:
    touches = small_business.estimate("touches_of_won")
    assert abs(touches.mean - 10) < max(0.3, ERRORS * touches.mc_error)
    assert lies_within(small_business, "days_to_won", 90, 365)


def test_most_buyers_teach_themselves(small_business: fs.Result) -> None:
    shares = horizon(small_business, "won[teaches_itself=yes]") / horizon(small_business, "won[teaches_itself=all]")
    assert shares.mean() - ERRORS * stats.sem(shares) > 0.5


def test_most_buyers_know_70_percent_before_they_buy() -> None:
    """By the log: the share of leads won that had 70 points at some time before is over half (binomial test)."""
    scenario, knew = load("markets/small_business"), []
    for replication in range(40):
        log = fs.trace(scenario, seed=1, replication=replication)
        won = log[log["to"].eq("won") & log["time"].ge(0)].groupby("lead", observed=True)["time"].min()
        before = log[log["time"].le(log["lead"].map(won).astype(float))]
        knew += before.groupby("lead", observed=True)["warmth"].max().ge(70).tolist()
    assert stats.binomtest(sum(knew), len(knew), 0.5, alternative="greater").pvalue < LEVEL


def test_the_path_is_not_straight() -> None:
    """Many skip stages and return to them (D3.1)."""
    straight = ["stranger", "visitor", "registered", "mql", "sql", "won"]
    skipped, returned, paths = [], [], []
    for log in logs(load("markets/small_business"), 6):
        won = set(log.loc[log["to"].eq("won") & log["time"].ge(0), "lead"])
        for _, rows in log[log["lead"].isin(won)].groupby("lead"):
            path = rows.loc[rows["to"].isin([*straight, "pool"]) & rows["to"].ne(rows["stage"]), "to"].tolist()
            skipped.append(not set(straight) <= set(path))
            returned.append(len(set(path)) < len(path))
            paths.append(path)
    assert 0.3 < np.mean(skipped) < 0.55
    assert 0.15 < np.mean(returned) < 0.4
    assert len({tuple(path) for path in paths}) > 30


def test_enterprises() -> None:
    result = simulated("markets/enterprise", None, 300)
    assert lies_within(result, "rate_lead_to_won", 0.001, 0.01)
    assert result.estimate("p90_days_to_won").mean == pytest.approx(3 * 365.25, rel=0.05)
    assert result.estimate("lead").mean <= 900, "a finite market"
    bare = simulated("markets/enterprise", "no_account_track", 300)
    more = horizon(result, "won") - horizon(bare, "won")
    assert stats.ttest_1samp(more, 0, alternative="greater").pvalue < LEVEL
    assert np.mean(more <= 0) > 0.2, "five wins are too few for one firm to see it"
