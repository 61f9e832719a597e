from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funnelsim.scenario import units
from funnelsim.scenario.problems import RefusedError
from funnelsim.scenario.quantities import Span

DAY = 86_400_000


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("7d", 7 * DAY),
        ("2 weeks", 14 * DAY),
        ("5min", 300_000),
        ("1.5h", 5_400_000),
        ("90 s", 90_000),
        ("250ms", 250),
        ("0.0004s", 0),
        ("0.0005s", 1),
        ("3 months", 3 * Fraction("30.4375") * DAY),
        ("1 quarter", 3 * Fraction("30.4375") * DAY),
        ("1 year", Fraction("365.25") * DAY),
        (" 10_000  hours ", 10_000 * 3_600_000),
        (".5d", DAY // 2),
        ("-2d", -2 * DAY),
        (0, 0),
        (0.0, 0),
    ],
)
def test_read_duration(text: units.Scalar, ticks: int) -> None:
    assert units.read_duration(text) == ticks


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (7, "7 has no unit; write 7d, or h, min, weeks, months"),
        ("7", "'7' has no unit; write 7d, or h, min, weeks, months"),
        ("7 dys", "no unit 'dys' (did you mean 'days'?); durations are written 7d, 2 weeks, 5min or 1.5h"),
        ("7 D", "no unit 'D' (did you mean 'd'?); durations are written 7d, 2 weeks, 5min or 1.5h"),
        ("5m", "'m' could be minutes or months; write min or months"),
        ("2h 30min", "a duration is written like 7d, 2 weeks, 5min or 1.5h, not '2h 30min'"),
        ("1__0d", "a duration is written like 7d, 2 weeks, 5min or 1.5h, not '1__0d'"),
        ("soon", "a duration is written like 7d, 2 weeks, 5min or 1.5h, not 'soon'"),
        ("1e15 years", "'1e15 years' is too large: more than can be counted exactly"),
    ],
)
def test_duration_refused(text: units.Scalar, message: str) -> None:
    with pytest.raises(RefusedError) as error:
        units.read_duration(text)
    assert str(error.value) == message


@given(st.integers(0, units.LARGEST))
def test_durations_round_trip(ticks: int) -> None:
    assert units.read_duration(units.write_duration(ticks)) == ticks


@pytest.mark.parametrize(
    ("ticks", "text"),
    [
        (0, 0),
        (7 * DAY, "7d"),
        (DAY + 1, "86400001ms"),
        (5_400_000, "90min"),
        (2_629_800_000, "1 month"),
        (31_557_600_000, "12 months"),
    ],
)
def test_write_duration(ticks: int, text: units.Scalar) -> None:
    assert units.write_duration(ticks) == text


@pytest.mark.parametrize(
    ("text", "chance"),
    [("35%", 0.35), ("40 %", 0.4), ("0.6%", 0.006), (0.35, 0.35), (1, 1.0), ("0.1", 0.1), ("7%", 0.07), ("29%", 0.29)],
)
def test_read_chance_is_the_very_double(text: units.Scalar, chance: float) -> None:
    assert units.read_chance(text) == chance


@given(st.floats(0, 1))
def test_chances_round_trip(chance: float) -> None:
    assert units.read_chance(units.write_chance(chance)) == chance


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        (0.05, 500),
        ("12k", 120_000_000),
        ("1.5m", 15_000_000_000),
        ("90_000", 900_000_000),
        (0.00005, 1),
        (12.34565, 123457),
    ],
)
def test_read_money(text: units.Scalar, amount: int) -> None:
    assert units.read_money(text) == amount


@given(st.integers(0, units.LARGEST))
def test_money_round_trips(amount: int) -> None:
    assert units.read_money(units.write_money(amount)) == amount


@given(st.floats(0, units.LARGEST))
def test_amounts_round_trip(amount: float) -> None:
    written = units.write_amount(amount)
    assert units.read_amount(written) == amount
    assert units.read_amount(units.in_text(written)) == amount


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("6d to 20d", ("range", "6d", "20d")),
        ("6 to 20d", ("range", "6d", "20d")),
        ("12h to 2 weeks", ("range", "12h", "2 weeks")),
        ("between 30d and 700d", ("uniform", "30d", "700d")),
        ("between 1 and 5%", ("uniform", "1%", "5%")),
        ("0 to 20d", ("range", "0d", "20d")),
        ("40% to 50%", ("range", "40%", "50%")),
        ("5 to 10", ("range", "5", "10")),
        ("6d and 20d", None),
        ("between 6d to 20d", None),
        ("6d-20d", None),
        ("6d", None),
        (6, None),
    ],
)
def test_split_range(text: object, parts: tuple[str, ...] | None) -> None:
    assert units.split_range(text) == parts


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("12 months", Span(12, "month")),
        ("1 year", Span(1, "year")),
        ("year", Span(1, "year")),
        ("quarter", Span(1, "quarter")),
        ("week", Span(1, "week")),
        ("1 week", Span(1, "week")),
        ("2 weeks", Span(14 * DAY, "tick")),
        ("day", Span(DAY, "tick")),
        ("30d", Span(30 * DAY, "tick")),
        ("none", Span(0, "tick")),
        (0, Span(0, "tick")),
    ],
)
def test_read_span(text: object, span: Span) -> None:
    assert units.read_span(text) == span


spans = st.one_of(
    st.builds(Span, st.integers(1, 1000), st.sampled_from(["month", "quarter", "year"])),
    st.just(Span(1, "week")),
    st.builds(Span, st.integers(0, 10**12), st.just("tick")),
)


@given(spans)
def test_spans_round_trip(span: Span) -> None:
    assert units.read_span(units.write_span(span)) == span
    if span.count and (span.unit == "tick" or span.count == 1):
        assert units.single_period(units.read_span(units.write_period(span)), "") == span
