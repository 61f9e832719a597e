"""Numbers, beliefs and luck: what text and mappings mean, and that writing is the inverse of reading."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.scenario import measures, tables
from funnelsim.scenario import quantities as q
from funnelsim.scenario.luck import AGE, FORMS, GAP, VALUE, WAIT, LuckMeasure
from funnelsim.scenario.measures import CHANCE, COUNT, DURATION, LEADS, MONEY, ODDS, PLAIN, SHARE, TIMES, Measure
from funnelsim.scenario.problems import RefusedError

DAY = 86_400_000


@pytest.mark.parametrize(
    ("raw", "luck"),
    [
        ("7d", q.Constant(7 * DAY)),
        (0, q.Constant(0)),
        ("never", q.Never()),
        ("6d to 20d", q.Lognormal("range", 6 * DAY, 20 * DAY)),
        ("between 30d and 700d", q.Uniform(30 * DAY, 700 * DAY)),
        ({"uncertain": "5d to 9d"}, q.Constant(q.RangeBelief(5.0 * DAY, 9.0 * DAY))),
        ({"uncertain": "between 0 and 9d"}, q.Constant(q.UniformBelief(0.0, 9.0 * DAY))),
        ({"dist": "constant", "value": "7d"}, q.Constant(7 * DAY)),
        ({"dist": "uniform", "low": 0, "high": "2d"}, q.Uniform(0, 2 * DAY)),
        ({"dist": "exponential", "mean": "2d"}, q.Exponential(2 * DAY)),
        ({"dist": "lognormal", "mean": "2d", "sd": "1d"}, q.Lognormal("moments", 2 * DAY, DAY)),
        ({"dist": "lognormal", "sigma": 0.5, "median": "2d"}, q.Lognormal("median", 2 * DAY, 0.5)),
        ({"dist": "lognormal", "mu": 0, "sigma": 0.5}, q.Lognormal("median", DAY, 0.5)),
        ({"dist": "gamma", "mean": "30d", "sd": "20d"}, q.Gamma("moments", 30 * DAY, 20 * DAY)),
        ({"dist": "gamma", "shape": 2, "scale": "3d"}, q.Gamma("shape", 2, 3 * DAY)),
        ({"dist": "weibull", "shape": 0.7, "scale": "3d"}, q.Weibull(0.7, 3 * DAY)),
        ({"dist": "empirical", "values": ["2d", "1d", 0]}, q.Empirical((0, DAY, 2 * DAY), (1.0, 1.0, 1.0))),
        ({"dist": "empirical", "values": ["2d", "1d"], "weights": [3, 1]}, q.Empirical((DAY, 2 * DAY), (1.0, 3.0))),
        (
            {"dist": "gamma", "mean": {"uncertain": "20d to 40d"}, "sd": "20d"},
            q.Gamma("moments", q.RangeBelief(20.0 * DAY, 40.0 * DAY), 20 * DAY),
        ),
    ],
)
def test_read_wait(raw: object, luck: q.Luck) -> None:
    assert WAIT.read(raw) == luck
    assert WAIT.read(WAIT.write(luck)) == luck


def test_mu_of_money_is_of_the_currency() -> None:
    assert VALUE.read({"dist": "lognormal", "mu": math.log(20_000), "sigma": 1}) == q.Lognormal(
        "median", 200_000_000, 1
    )


def test_fixed_durations_and_money_are_whole() -> None:
    assert WAIT.read("0.3333333d") == q.Constant(28_799_997)
    assert isinstance(MONEY.fixed(0.05), int)
    assert isinstance(DURATION.fixed("1.5h"), int)


@pytest.mark.parametrize(
    ("measure", "raw", "message"),
    [
        (GAP, 0, "a wait between attempts is longer than 0, not 0; write never to switch it off"),
        (
            GAP,
            {"dist": "empirical", "values": [0, 0]},
            "a wait between attempts is longer than 0, not a mapping; write never to switch it off",
        ),
        (AGE, "never", "a duration cannot be never; leave it out"),
        (VALUE, "7d", "no unit 'd' for an amount; write 90_000, 12k or 1.5m, without unit or currency"),
        (WAIT, {"dist": "exponential", "mean": 0}, "a duration is more than 0, not 0"),
        (WAIT, {"dist": "gamma"}, "gamma takes mean and sd or shape and scale; here stands none"),
        (
            WAIT,
            {"dist": "lognormal", "low": 0, "high": "2d"},
            "a lognormal range starts above 0; 'between … and …' may start at 0",
        ),
        (WAIT, {"dist": "uniform", "low": "2d", "high": "2d"}, "a range goes from the smaller to the larger"),
        (WAIT, {"dist": "empirical", "values": []}, "values are a list with at least one entry"),
        (WAIT, {"dist": 5}, f"no distribution 5 (distributions: {', '.join(list(FORMS)[:-1])} and empirical)"),
        (WAIT, True, "a duration is written like 7d, 2 weeks or 5min, not true"),
        (WAIT, None, "a duration is written like 7d, 2 weeks or 5min, not nothing"),
        (WAIT, ["7d"], "a duration is written like 7d, 2 weeks or 5min, not a list"),
        (WAIT, {}, "a wait is written like 7d, 2 weeks or 5min, 5d to 9d, or {dist: …}"),
    ],
)
def test_luck_refused(measure: LuckMeasure, raw: object, message: str) -> None:
    with pytest.raises(RefusedError) as error:
        measure.read(raw)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("measure", "raw", "number"),
    [
        (CHANCE, {"uncertain": "40% to 50%"}, q.RangeBelief(0.4, 0.5)),
        (CHANCE, {"uncertain": "between 0% and 100%"}, q.UniformBelief(0.0, 1.0)),
        (CHANCE, {"uncertain": {"dist": "beta", "successes": 40, "trials": 100}}, q.BetaBelief(40.0, 100.0)),
        (SHARE, {"uncertain": {"values": ["10%", 0.2]}}, q.DrawsBelief((0.1, 0.2))),
        (MONEY, {"uncertain": {"dist": "uniform", "low": 0, "high": 5}}, q.UniformBelief(0.0, 50_000.0)),
        (COUNT, {"uncertain": "8k to 12k"}, q.RangeBelief(8_000.0, 12_000.0)),
        (TIMES, {"uncertain": "1 to 4"}, q.RangeBelief(1.0, 4.0)),
        (ODDS, 0.5, 0.5),
        (PLAIN, "1.5", 1.5),
        (LEADS, 0, 0.0),
        (COUNT, "10_000", 10_000),
    ],
)
def test_read_number(measure: Measure, raw: object, number: q.Number) -> None:
    assert measure.number(raw) == number
    assert measure.number(measure.write_number(number)) == number


def test_faults_name_every_wrong_part() -> None:
    with pytest.raises(RefusedError) as error:
        WAIT.read({"dist": "weibull", "shape": {"uncertain": "2 to 1"}, "scale": 5})
    assert error.value.findings == (
        (("shape", "uncertain"), "a range goes from the smaller to the larger, not '2 to 1'"),
        (("scale",), "5 has no unit; write 5d, or h, min, weeks, months"),
    )


# ---------------------------------------------------------------- writing is the inverse of reading
whole = st.integers(1, 10**14)
plain = st.floats(1e-6, 1e6)


def ranges(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, Any]]:
    return st.lists(values, min_size=2, max_size=2, unique=True).map(lambda pair: tuple(sorted(pair)))  # type: ignore[arg-type]


def numbers(values: st.SearchStrategy[Any]) -> st.SearchStrategy[q.Number]:
    beliefs = ranges(values).flatmap(
        lambda pair: st.sampled_from([q.RangeBelief(*map(float, pair)), q.UniformBelief(*map(float, pair))])
    )
    draws = st.lists(values.map(float), min_size=1, max_size=5).map(lambda drawn: q.DrawsBelief(tuple(drawn)))
    return st.one_of(values, beliefs, draws)


lucks: st.SearchStrategy[q.Luck] = st.one_of(
    st.just(q.Never()),
    numbers(whole).map(q.Constant),
    ranges(whole).map(lambda pair: q.Uniform(*pair)),
    numbers(whole).map(q.Exponential),
    ranges(whole).map(lambda pair: q.Lognormal("range", *pair)),
    st.builds(q.Lognormal, st.just("moments"), numbers(whole), numbers(whole)),
    st.builds(q.Lognormal, st.just("median"), numbers(whole), numbers(plain)),
    st.builds(q.Gamma, st.just("moments"), st.integers(100, 1000), st.integers(100, 500)),
    st.builds(q.Gamma, st.just("shape"), st.floats(0.02, 1e6), numbers(whole)),
    st.builds(q.Weibull, numbers(plain), numbers(whole)),
    st.lists(st.tuples(whole, plain), min_size=1, max_size=5).map(
        lambda pairs: q.Empirical(*(tuple(side) for side in zip(*sorted(pairs), strict=True)))
    ),
)


@given(lucks)
def test_luck_round_trips(luck: q.Luck) -> None:
    assert WAIT.read(WAIT.write(luck)) == luck
    if luck != q.Never():
        assert VALUE.read(VALUE.write(luck)) == luck


@given(numbers(st.floats(1e-30, 1 - 1e-12)))
def test_chances_round_trip(number: q.Number) -> None:
    assert CHANCE.number(CHANCE.write_number(number)) == number


@given(numbers(st.floats(1e-30, 2.0**53)))
def test_amounts_round_trip(number: q.Number) -> None:
    for measure in (LEADS, ODDS, PLAIN):
        assert measure.number(measure.write_number(number)) == number


periods = st.sampled_from([q.Span(1, "month"), q.Span(1, "week"), q.Span(DAY, "tick"), q.Span(30 * DAY, "tick")])
amounts = numbers(st.floats(0.001, 1e9))


@st.composite
def flows(draw: st.DrawFn) -> q.Flow:
    if draw(st.booleans()):
        return q.Rate(draw(amounts), draw(periods))
    first, values = draw(st.integers(24_000, 24_300)), draw(st.lists(amounts, min_size=1, max_size=14))
    return q.ByMonth(tuple(range(first, first + len(values))), tuple(values))


@given(flows())
def test_flows_round_trip(flow: q.Flow) -> None:
    assert tables.LEADS_FLOW.read(tables.LEADS_FLOW.write(flow)) == flow


@pytest.mark.parametrize("dist", list(FORMS))
def test_every_distribution_can_be_misspelt(dist: str) -> None:
    with pytest.raises(RefusedError) as error:
        WAIT.read({"dist": dist[:-1]})
    assert str(error.value) == f"no distribution '{dist[:-1]}' (did you mean '{dist}'?)"


def test_unread_draws_stand_for_any_measure() -> None:
    for measure in (CHANCE, SHARE, ODDS, COUNT, TIMES, LEADS, MONEY, DURATION, PLAIN):
        number = measure.number({"uncertain": measures.Unread()})
        assert measure.number(measure.write_number(number)) == number


@pytest.mark.parametrize(
    ("raw", "factors"),
    [
        ({"sat": 0, "sun": 0.5}, (1, 1, 1, 1, 1, 0, 0.5)),
        ([1, 1, 1, 1, 1, 0, 0], (1, 1, 1, 1, 1, 0, 0)),
        ({}, ()),
        ([], ()),
    ],
)
def test_factors(raw: object, factors: tuple[float, ...]) -> None:
    assert tables.read_factors(raw, tables.WEEKDAYS) == factors
