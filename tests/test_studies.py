"""The shipped studies of the sales side give the figures of their sources, and find what their comments say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import funnelsim as fs

SCENARIOS = Path(__file__).parents[1] / "scenarios"
LEVEL = 1e-4


def load(name: str, variant: str | None = None) -> fs.Scenario:
    return fs.load(SCENARIOS / f"{name}.yaml", variant=variant)


# ---------------------------------------------------------------- D3.4
@pytest.fixture(scope="module")
def phone() -> fs.Result:
    return fs.simulate(load("reach_by_phone"), replications=400, seed=1, by="line", progress=False)


@pytest.mark.parametrize(
    ("metric", "figure"),
    [
        ("dials_per_reached[line=mobile]", 12.73),
        ("dials_per_reached[line=switchboard]", 18.83),
        ("dials_per_conversation", 22.5),
        ("dials_per_conversation[line=executive]", 20.0),
        ("conversations_per_meeting", 3.0),
    ],
)
def test_reach_by_phone(phone: fs.Result, metric: str, figure: float) -> None:
    estimated = phone.estimate(metric)
    assert estimated.mean == pytest.approx(figure, rel=0.01)
    assert abs(estimated.mean - figure) <= 4 * estimated.mc_error + 1e-9


def test_dials_are_geometric_and_negative_binomial() -> None:
    """Dials until a prospect is reached, and until the third conversation, follow their laws (chi-square)."""
    log = fs.trace(load("reach_by_phone"), seed=8)
    calls = log[(log["move"] == "call") & log["outcome"].isin(["failed", "passed"])]
    until_reached, until_meeting = [], []
    for _, dials in calls[calls["lead"].isin(mobiles(log))].groupby("lead", observed=True):
        reached = np.flatnonzero((dials["outcome"] == "passed").to_numpy())
        until_reached += np.diff([-1, *reached]).tolist()
        until_meeting.append(len(dials))
    chance, talk = 0.078555, 0.87846**3
    for found, law in (
        (until_reached, stats.geom(chance)),
        (until_meeting, stats.nbinom(3, chance * talk, loc=3)),
    ):
        edges = np.unique(law.ppf(np.linspace(0, 1, 9)[1:-1]))
        expected = np.diff([0, *law.cdf(edges), 1]) * len(found)
        counted = np.bincount(np.searchsorted(edges, found), minlength=len(edges) + 1)
        assert stats.chisquare(counted, expected).pvalue > LEVEL


def mobiles(log: object) -> set[str]:
    """The leads reached by mobile, told by running the engine for its groups."""
    from funnelsim.engines.reference import Funnel
    from funnelsim.program import compile_scenario

    program = compile_scenario(load("reach_by_phone"))
    funnel = Funnel(program, 8, 0)
    funnel.run()
    mobile = program.values[1].index("mobile")
    return {f"list-{lead.number}" for lead in funnel.leads if lead.kinds[1] == mobile}


def test_a_cold_list_is_given_up_before_it_is_reached() -> None:
    cold = fs.simulate(load("reach_by_phone", "cold_list"), replications=100, seed=1, by="number", progress=False)
    warm = fs.simulate(load("reach_by_phone"), replications=100, seed=1, progress=False)
    for number in ("dead", "wrong"):
        assert cold.estimate(f"dials[number={number}]").mean > 5, "dials that are wasted"
        assert cold.estimate(f"reached[number={number}]").mean == 0
    assert cold.estimate("meeting").mean < 0.05 * warm.estimate("meeting").mean
    for reason, share in (("dead_number", 0.053), ("wrong_number", 0.03)):
        assert cold.estimate(f"lost_{reason}").mean == pytest.approx(400 * share, rel=0.1)
    assert cold.estimate("lost_unanswered").mean > 300


# ---------------------------------------------------------------- D2.5
def test_win_rates_are_outcomes() -> None:
    """Drained: two years pass after the last lead."""
    scenario = load("opportunity_stages").set(
        {
            "warm_up": "none",
            "horizon": "30 months",
            "channels.web.leads": {
                f"{year}-{month:02d}": 500 if (year, month) <= (2026, 6) else 0
                for year in (2026, 2027, 2028)
                for month in range(1, 13)
            },
            "tracks.reactivation.cadence": "never",
        }
    )
    result = fs.simulate(scenario, replications=300, seed=1, progress=False)
    for stage, stated in (("opportunity", 0.1), ("trial", 0.3), ("negotiation", 0.7)):
        observed = result.estimate(f"observed_win_rate_{stage}")
        assert abs(observed.mean - stated) < 4 * observed.mc_error
        assert observed.mc_error < 0.02 * stated
        assert result.estimate(f"in_{stage}").mean == 0, "all fates are known"


def test_a_signature_takes_a_month() -> None:
    """Orders that never were in the pool take 30.4 days on average, which their waits add up to (D2.4)."""
    changed = {"warm_up": "none", "horizon": "24 months", "channels.web.leads": "500 per month"}
    scenario = load("opportunity_stages").set(changed)
    ages = []
    for replication in range(8):
        log = fs.trace(scenario, seed=2, replication=replication)
        pooled = set(log.loc[log["to"] == "pool", "lead"])
        early = set(log.loc[(log["outcome"] == "created") & (log["time"] < 365), "lead"]) - pooled
        ages += log.loc[(log["to"] == "won") & log["lead"].isin(early), "age"].tolist()
    mean = 2 * (1 / 24 + 3) / 2 + 5 + 8 + 9 + 5.35
    assert mean == pytest.approx(30.4, abs=0.05)
    assert stats.ttest_1samp(ages, mean).pvalue > LEVEL
    assert len(ages) > 500


def lines(variant: str | None) -> dict[str, str]:
    """The lines of diagnosis, by stage."""
    result = fs.simulate(load("opportunity_stages", variant), replications=400, seed=1, progress=False)
    return {line.split("'")[1]: line for line in result.warnings()}


def test_the_line_of_diagnosis() -> None:
    assert lines(None) == {}, "all as stated"
    poor = lines("poor_product")
    assert "look at the product" in poor["trial"]
    assert "negotiation" not in poor
    strong = lines("strong_rivals")
    assert "rivals or price" in strong["negotiation"]
    assert "product" not in strong["trial"], "the trial itself is as stated"


def test_the_weighted_pipeline_foretells_what_it_brings() -> None:
    """At the ends of the first two quarters; all of those leads are decided by the end of the year."""
    result = fs.simulate(load("opportunity_stages"), replications=400, seed=1, progress=False)
    for quarter in (0, 1):
        weighted, brought = (
            result.metric(name).isel(period=quarter).to_numpy() for name in ("weighted_pipeline", "pipeline_brought")
        )
        assert stats.ttest_rel(weighted, brought).pvalue > LEVEL
        assert stats.sem(brought) < 0.05 * brought.mean()


# ---------------------------------------------------------------- D2.4
def test_too_many_in_hand_starve() -> None:
    result = fs.simulate(load("one_week_rule", "no_rule"), replications=100, seed=1, by="territory", progress=False)
    starved = result.estimate("starved_share")
    assert starved.mean == pytest.approx(0.63, abs=0.02)
    assert result.estimate("starved_share[territory=grown]").mean > 0.9
    assert result.estimate("starved_share[territory=open]").mean < 0.5


def wins(people: int) -> tuple[float, float]:
    """The 95% interval of what the rule adds to wins in a year, leads shared out evenly."""
    scenarios = {
        name: load("one_week_rule", name).set({"teams.sales.people": people})
        for name in ("shared_evenly", "shared_evenly_one_week")
    }
    change = fs.compare(scenarios, replications=100, seed=1, metrics="won", progress=False)
    difference = change.difference("shared_evenly_one_week", "won")
    return difference.low, difference.high


def test_where_the_rule_helps() -> None:
    assert wins(3)[0] > 0, "with too few sellers"
    assert wins(6)[1] < 0, "not with enough of them"
