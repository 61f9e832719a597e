from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

import funnelsim as fs
from funnelsim.metrics import statistics
from funnelsim.metrics.figures import Estimate
from funnelsim.metrics.precision import RISK, Aim, Wanted, looks, upper_limit
from funnelsim.scenario import Scenario

RUNS = 2000


def normal_runs(rng: np.random.Generator, most: int) -> np.ndarray[Any, Any]:
    return rng.normal(100.0, 20.0, most)


def estimated(values: np.ndarray[Any, Any]) -> Estimate:
    nothing = np.float64("nan")
    return Estimate(statistics.mean(values), nothing, nothing, nothing, statistics.mean_error(values), np.int64(0))


def stop(values: np.ndarray[Any, Any], wanted: Wanted, first: int, *, careless: bool = False) -> int:
    """Return after how many replications the rule stops; a careless one looks after each, and believes what it sees."""
    if careless:
        numbers = np.arange(1, len(values) + 1)
        variances = (np.cumsum(values**2) - np.cumsum(values) ** 2 / numbers) / np.maximum(numbers - 1, 1)
        return int(numbers[(np.sqrt(variances / numbers) <= wanted.amount) & (numbers >= first)][0])
    for look, number in enumerate(looks(first, len(values)), 1):
        if wanted.is_met(estimated(values[:number]), number, look):
            return number
    return len(values)


def missed(wanted: Wanted, true_limit: float, **how: Any) -> tuple[int, int]:
    """Return in how many of `RUNS` runs the true error was too large, and the interval of what was asked did not cover."""
    too_large = uncovered = 0
    for run in range(RUNS):
        values = normal_runs(np.random.default_rng([3, run]), 3000)
        number = stop(values, wanted, **how)
        assert number < len(values)  # so that nothing is given up
        too_large += 20.0 / np.sqrt(number) > true_limit
        uncovered += abs(values[:number].mean() - 100.0) > 1.959964 * true_limit
    return too_large, uncovered


TOO_MANY = int(binom.ppf(1 - 1e-4, RUNS, RISK))
"""Of 2,000 runs, each too imprecise with a chance of one in twenty, so many are with a chance of one in 10,000."""


@pytest.mark.parametrize(
    ("wanted", "limit"),
    [
        # the worst there is: just more replications would do than there are at a look, 338
        (Wanted("sql", 20 / 338.5**0.5, False, "1.087"), 20 / 338.5**0.5),
        (Wanted("sql", 0.20 / 338.5**0.5, True, "1.087%"), 20 / 338.5**0.5),
        # between two looks, at 507 and 761
        (Wanted("sql", 20 / 600**0.5, False, "0.816"), 20 / 600**0.5),
    ],
)
def test_what_is_reached_is_reached_in_nineteen_runs_of_twenty(wanted: Wanted, limit: float) -> None:
    too_large, uncovered = missed(wanted, limit, first=100)
    assert too_large <= TOO_MANY
    assert uncovered <= TOO_MANY


def poisson(leads: str) -> Scenario:
    stages = "{lead: {moves: {call: {chance: 30%, to: sql, else: lost}}}, sql: {}, lost: {}}"
    channels = f"{{web: {{leads: {leads}, spend: 1_000 per month, enters: lead}}}}"
    times = "start: 2026-01-01\nhorizon: 2 months"
    return fs.loads(f"format: 1\nname: Poisson\n{times}\nchannels: {channels}\nstages: {stages}")


@pytest.mark.long
def test_a_ratio_of_real_runs_is_as_precise_in_nineteen_of_twenty() -> None:
    """In two months 80 leads come, as a Poisson process, and 30% of them become SQLs, for 2,000 in all.

    So SQLs are Poisson with mean 24, and ``cost_per_sql`` is 2,000 / 24, with a relative error of 1 / sqrt(24 n): 1.1%
    takes 345 replications, just more than there are at a look (338).
    """
    scenario, runs, wide = poisson("40 per month"), 150, 1.959964 * 0.011
    too_large = uncovered = 0
    for seed in range(runs):
        result = fs.simulate(scenario, replications=100, seed=seed, precision={"cost_per_sql": "1.1%"}, threads=1)
        assert result.precision["cost_per_sql"].reached
        too_large += result.replications < 345
        uncovered += abs(float(result.estimate("cost_per_sql").mean) / (2000 / 24) - 1) > wide
    too_many = int(binom.ppf(1 - 1e-4, runs, RISK))
    assert too_large <= too_many
    assert uncovered <= too_many


def test_believing_each_look_would_not_do() -> None:
    limit = 20 / 338.5**0.5
    too_large, _ = missed(Wanted("sql", limit, False, "1.087"), limit, first=100, careless=True)
    assert too_large > 5 * TOO_MANY


def test_the_limit_is_that_of_chi_square() -> None:
    # the 95% quantile table: 5% of chi-square with 10 degrees of freedom lie below 3.940, 1/120 below 2.47
    assert upper_limit(1.0, 11, 1) == pytest.approx(np.sqrt(10 / 3.247), rel=1e-3)  # 2.5% lie below 3.247
    assert upper_limit(2.0, 11, 1) == 2 * upper_limit(1.0, 11, 1)
    assert upper_limit(1.0, 11, 2) > upper_limit(1.0, 11, 1) > upper_limit(1.0, 101, 1) > 1
    assert np.isnan(upper_limit(1.0, 1, 1))


def test_looks() -> None:
    assert looks(100, 1000) == [100, 150, 225, 338, 507, 761, 1000]
    assert looks(100, 100) == [100]
    levels = [RISK / (look * (look + 1)) for look in range(1, 10_000)]
    assert sum(levels) < RISK


# ---------------------------------------------------------------- runs
def test_a_run_stops_where_it_is_precise_and_is_a_plain_run_of_that_length(scenario: Scenario) -> None:
    error = float(fs.simulate(scenario, replications=150, seed=9).estimate("sql").mc_error)
    # so small that 100 are not enough, so large that 400 are
    result = fs.simulate(scenario, replications=100, seed=9, precision={"sql": 0.9 * error}, by="segment")
    assert result.replications in looks(100, 10_000)[1:5]
    assert result.precision == {"sql": Aim(str(0.9 * error), True)}
    assert not [warning for warning in result.warnings() if "asked" in warning]
    assert float(result.estimate("sql").mc_error) <= 0.9 * error
    plain = fs.simulate(scenario, replications=result.replications, seed=9, by="segment")
    assert plain.data.identical(result.data)
    assert {name: plain.data[name].dtype for name in plain.data} == {
        name: result.data[name].dtype for name in result.data
    }
    assert result.rerun().data.identical(result.data)


def test_ratios_and_both_engines(scenario: Scenario) -> None:
    asked = {"cost_per_sql": "5%", "rate_lead_to_sql": "3 %"}
    kernel = fs.simulate(scenario, replications=100, precision=asked)
    told = kernel.estimate("cost_per_sql")
    assert float(told.mc_error) <= 0.05 * float(told.mean)
    chunked = fs.simulate(scenario, replications=100, precision=asked, threads=1, chunk=7)
    assert chunked.data.identical(kernel.data)
    few = poisson("4 per month")
    simpy = fs.simulate(few, replications=100, precision={"sql": 1e-9}, max_replications=103, engine="simpy")
    assert simpy.data.identical(fs.simulate(few, replications=103).data)


def test_giving_up_is_said(scenario: Scenario, tmp_path: Path) -> None:
    result = fs.simulate(
        scenario, replications=100, precision={"sql": "0.001%", "new_leads": "50%"}, max_replications=160
    )
    assert result.replications == 160
    assert result.precision == {"sql": Aim("0.001%", False), "new_leads": Aim("50%", True)}
    (warning,) = [warning for warning in result.warnings() if "asked" in warning]
    assert warning.startswith("'sql' was asked to 0.001%, and given up after 160 replications: its error is ")
    assert "given up after 160" in repr(result)
    assert result.to_dict()["precision"] == {
        "sql": {"asked": "0.001%", "reached": False},
        "new_leads": {"asked": "50%", "reached": True},
    }
    result.save(tmp_path / "run.zarr")
    assert fs.load_result(tmp_path / "run.zarr").precision == result.precision


def test_what_is_always_the_same_is_exact_and_of_nothing_no_share_can_be_told(scenario: Scenario) -> None:
    never = scenario.set({"stages.sql.moves.close.chance": "0%"})
    result = fs.simulate(never, replications=100, precision={"spend_media": 1, "won": "1%"}, max_replications=100)
    assert result.precision == {"spend_media": Aim("1", True), "won": Aim("1%", False)}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"precision": "1%"}, TypeError, "precision is '1%', not a mapping of metrics to precisions"),
        ({"precision": {}}, ValueError, "precision names no metric: write it as {'cost_per_sql': '1%'}"),
        ({"precision": {"sqk": "1%"}}, ValueError, "no metric 'sqk' (did you mean 'sql'?)"),
        ({"precision": {"sql": "1%", "won": 0}}, ValueError, "the precision of 'won' is 0: write how large its error"),
        ({"precision": {"sql": True}}, ValueError, "the precision of 'sql' is True"),
        ({"precision": {"sql": "-1%"}}, ValueError, "the precision of 'sql' is '-1%'"),
        ({"precision": {"lvr_sql": "1%"}}, ValueError, "'lvr_sql' is a figure of periods"),
        ({"precision": {"sql[channel=search]": "1%"}}, ValueError, "'sql[channel=search]': the result is not grouped"),
        (
            {"precision": {"sql": 1}, "replications": 99},
            ValueError,
            "replications is 99: with a precision the first look needs 100 at least",
        ),
        (
            {"precision": {"sql": 1}, "max_replications": 500},
            ValueError,
            "max_replications is 500, fewer than the 1000",
        ),
        ({"precision": {"sql": 1}, "max_replications": 2000.0}, TypeError, "max_replications is 2000.0, not a whole"),
        ({"max_replications": 500}, ValueError, "max_replications is where a run with a precision gives up"),
    ],
)
def test_what_makes_no_sense(scenario: Scenario, arguments: dict[str, Any], error: Any, message: str) -> None:
    with pytest.raises(error) as caught:
        fs.simulate(scenario, **arguments)
    assert str(caught.value).startswith(message)


def test_all_that_is_wrong_is_said_at_once(scenario: Scenario) -> None:
    with pytest.raises(ValueError, match=r"(?s)no metric 'a'.*\n.*precision of 'sql' is 'x'"):
        fs.simulate(scenario, precision={"a": "1%", "sql": "x"})
