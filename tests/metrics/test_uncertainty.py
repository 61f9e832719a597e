"""Luck and ignorance, against a closed form and against a nested run, and the second run they are told apart by."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

import funnelsim as fs
from funnelsim.metrics.other_luck import other_luck
from funnelsim.metrics.result import Result
from funnelsim.metrics.uncertainty import of_luck_alone, of_pairs
from funnelsim.scenario import Scenario

SURE = norm.ppf(1 - 0.5e-4)
"""Standard errors that an estimate is off by in one of ten thousand cases."""


def write(leads: Any = "100 per 30d", chance: Any = "40%", **fields: Any) -> Scenario:
    text = {
        "format": 1,
        "name": "Unknown",
        "start": "2026-01-01",
        "horizon": "60d",
        "period": "30d",
        "channels": {"web": {"leads": leads, "spend": "1_000 per 30d", "enters": "lead"}},
        "stages": {
            "lead": {"moves": {"call": {"after": "1d to 20d", "chance": chance, "to": "sql", "else": "pool"}}},
            "sql": {},
            "pool": {},
        },
        **fields,
    }
    return fs.loads(json.dumps(text))


def pairs(result: Result, metric: str, over: Any = "horizon") -> tuple[Any, Any]:
    again = result.parts_again(metric, over)
    assert again is not None
    return tuple(parts.values().to_numpy().astype(float) for parts in (result.parts(metric, over), again))


def errors(one: Any, other: Any) -> tuple[Any, Any]:
    """Return the standard errors of luck and ignorance by the law of large numbers."""
    means, within = (one + other) / 2, (one - other) ** 2 / 2
    between = (means - means.mean(axis=0)) ** 2 - within / 2
    return tuple(each.std(axis=0, ddof=1) / math.sqrt(len(one)) for each in (within, between))


# ---------------------------------------------------------------- what it says
def test_arrivals_at_an_unknown_rate() -> None:
    """N given the rate is Poisson: luck is the mean of the rate, and ignorance its variance, of a uniform one b²/12."""
    result = fs.simulate(
        write({"amount": {"uncertain": "between 50 and 150"}, "per": "30d"}), replications=3000, seed=2
    )
    told = result.uncertainty("new_leads", "period")
    luck_error, ignorance_error = errors(*pairs(result, "new_leads", "period"))
    assert told.luck.shape == (2,)
    assert (abs(told.luck - 100) < SURE * luck_error).all()
    assert (abs(told.ignorance - 100**2 / 12) < SURE * ignorance_error).all()
    whole = result.uncertainty("new_leads")  # over both periods luck adds up, and ignorance by its square
    luck_error, ignorance_error = errors(*pairs(result, "new_leads"))
    assert abs(float(whole.luck) - 200) < SURE * luck_error
    assert abs(float(whole.ignorance) - 200**2 / 12) < SURE * ignorance_error


def test_a_nested_run_says_the_same() -> None:
    """Chances as they were drawn are written into the scenario, and each such scenario is run many times."""
    path, each, inner = "stages.lead.moves.call.chance", 60, 40
    uncertain = write(chance={"uncertain": "30% to 50%"})
    result = fs.simulate(uncertain, replications=2000, seed=4)
    runs = [
        fs.simulate(uncertain.set({path: float(chance)}), replications=inner, seed=1000 + place)
        for place, chance in enumerate(result.data["parameters"].to_numpy()[:each, 0])
    ]
    for metric in ("sql", "cost_per_sql"):
        told, said_errors = result.uncertainty(metric), errors(*pairs(result, metric))
        nested = np.array([run.metric(metric, over="horizon").to_numpy() for run in runs], float)
        within = nested.var(axis=1, ddof=1)
        between = (nested.mean(axis=1) - nested.mean()) ** 2 * each / (each - 1) - within / inner
        for said, said_error, brute in zip(told[:2], said_errors, (within, between), strict=True):
            error = math.hypot(said_error, brute.std(ddof=1) / math.sqrt(each))
            assert abs(float(said) - brute.mean()) < SURE * error, metric
        assert 0.3 < told.share < 0.99


def test_the_parts_sum_to_the_variance_of_a_replication() -> None:
    result = fs.simulate(write(chance={"uncertain": "30% to 50%"}), replications=500)
    told, (one, other) = result.uncertainty("sql"), pairs(result, "sql")
    both = np.concatenate([one, other])
    assert told.variance == told.luck + told.ignorance
    assert float(told.variance) == pytest.approx(both.var(ddof=1), rel=0.01)
    assert float(told.luck_sd) == pytest.approx(math.sqrt(((one - other) ** 2 / 2).mean()))
    assert float(told.ignorance_sd) == pytest.approx(math.sqrt(np.cov(one, other)[0, 1]), rel=0.02)


def test_where_all_is_known_all_is_luck_and_nothing_is_run_again() -> None:
    result = fs.simulate(write(), replications=40)
    told = result.uncertainty("sql")
    assert result.parts_again("sql") is None
    assert float(told.luck) == pytest.approx(result.metric("sql", over="horizon").to_numpy().var(ddof=1))
    assert (told.ignorance, told.share, told.low, told.high) == (0, 0, 0, 0)


def test_what_does_not_vary_has_no_share() -> None:
    arrivals = {"web": {"leads": "60 per 30d", "arrivals": "evenly", "enters": "lead"}}
    uncertain = write(channels=arrivals, chance={"uncertain": "30% to 50%"})
    told = fs.simulate(uncertain, replications=5).uncertainty("new_leads")
    assert (told.luck, told.ignorance) == (0, 0)
    assert math.isnan(told.share)


def test_not_by_cohort() -> None:
    with pytest.raises(ValueError, match="over the horizon and by period, not by cohort"):
        fs.simulate(write(), replications=2, cohorts=True).uncertainty("sql", "cohort")


# ---------------------------------------------------------------- the estimator
def test_pairs_by_hand() -> None:
    told = of_pairs([1.0, 5.0, 9.0, math.nan], [3.0, 5.0, 7.0, 4.0])
    assert told.luck == pytest.approx((2 + 0 + 2) / 3)
    assert told.ignorance == pytest.approx(np.var([2.0, 5.0, 8.0], ddof=1) - 4 / 3 / 2)
    assert told.share == pytest.approx(told.ignorance / told.variance)


def test_interval_of_the_share_covers_it_as_often_as_said() -> None:
    """Of normal figures with a share of 60%; a binomial test at 1e-4 of the 95% that are said."""
    from scipy.stats import binomtest

    generator = np.random.default_rng(8)
    shape = (200, 1000)
    unknown = generator.normal(0, math.sqrt(0.6), shape)
    told = of_pairs(*(unknown + generator.normal(0, math.sqrt(0.4), shape) for _ in range(2)))
    covered = int(((told.low <= 0.6) & (told.high >= 0.6)).sum())
    assert binomtest(covered, shape[1], 0.95).pvalue > 1e-4
    assert told.share.mean() == pytest.approx(0.6, abs=0.01)


def test_ignorance_of_luck_alone_is_none_on_average_and_its_share_not_below() -> None:
    generator = np.random.default_rng(9)
    told = of_pairs(generator.normal(size=(100, 2000)), generator.normal(size=(100, 2000)))
    assert abs(told.ignorance.mean()) < SURE * told.ignorance.std() / math.sqrt(2000)
    assert (told.ignorance < 0).any()
    assert told.share.min() == told.low.min() == 0
    assert told.ignorance_sd.min() == 0


def test_luck_alone() -> None:
    told = of_luck_alone([[1.0, 2.0], [3.0, 2.0], [math.nan, 2.0]])
    assert told.luck == pytest.approx([2.0, 0.0])
    assert told.share[0] == 0
    assert math.isnan(told.share[1])


# ---------------------------------------------------------------- the second run
TEAM = {"desk": {"people": {"2026-01-01": {"uncertain": "between 1 and 3"}}, "hours": 8}}
CALL = {"team": "desk", "takes": "1h to 5h", "chance": {"uncertain": "30% to 50%"}, "to": "sql", "else": "pool"}


@pytest.mark.parametrize(
    ("scenario", "by"),
    [
        (
            write(
                {"amount": {"uncertain": "80 to 120"}, "per": "30d"},
                {"uncertain": {"dist": "beta", "successes": 18, "trials": 40}},
            ),
            None,
        ),
        (write(teams=TEAM, stages={"lead": {"moves": {"call": CALL}}, "sql": {}, "pool": {}}), "channel"),
        (fs.load("scenarios/trunk.yaml").set({"horizon": "2 months"}), None),
    ],
    ids=["plain", "team", "trunk"],
)
def test_with_the_first_luck_it_is_the_first_run(scenario: Scenario, by: str | None) -> None:
    result = fs.simulate(scenario, replications=300, seed=6, by=by)
    again = other_luck(result, seed=result.seed, threads=2)
    assert again.identical(result.data)
    other = other_luck(result)
    assert other["parameters"].identical(result.data["parameters"])
    assert not other["entries"].equals(result.data["entries"])
    assert other.identical(other_luck(result, threads=1))


def test_a_saved_result_says_the_same(tmp_path: Any) -> None:
    result = fs.simulate(write(chance={"uncertain": "30% to 50%"}), replications=30)
    result.save(tmp_path / "run.zarr")
    assert fs.load_result(tmp_path / "run.zarr").uncertainty("sql") == result.uncertainty("sql")
