"""The small language of quantities: ``2 weeks``, ``35%``, ``12k``, ``800 per month``, ``6d to 20d``.

Arithmetic is decimal, so that ``40%`` is the very double 0.4 and ``0.05`` of money is exactly 500 ten-thousandths.
Every reader has a writer that is its inverse.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple

from funnelsim.scenario.problems import RefusedError, listed, near_miss, shown
from funnelsim.scenario.quantities import Span

Scalar = str | int | float

TICKS_PER_DAY = 86_400_000
TICKS: dict[str, int] = {
    "ms": 1,
    "s": 1_000,
    "min": 60_000,
    "h": 3_600_000,
    "d": TICKS_PER_DAY,
    "week": 7 * TICKS_PER_DAY,
    "month": 2_629_800_000,  # 30.4375 days: a twelfth of 365.25
    "quarter": 7_889_400_000,
    "year": 31_557_600_000,
}
"""Ticks of each unit of a wait."""

UNITS: dict[str, str] = {
    spelling: unit
    for unit, spellings in {
        "ms": "ms millisecond milliseconds",
        "s": "s sec second seconds",
        "min": "min mins minute minutes",
        "h": "h hr hour hours",
        "d": "d day days",
        "week": "w week weeks",
        "month": "month months",
        "quarter": "quarter quarters",
        "year": "y year years",
    }.items()
    for spelling in spellings.split()
}
"""Every accepted spelling of a unit."""

MULTIPLES: dict[str, int] = {"k": 1_000, "m": 1_000_000}
"""Letters behind an amount: thousands and millions."""

MONEY_UNITS = 10_000
"""Units of money in one of the currency."""

GROUPED_FROM = 10_000
"""From here on numbers are written with ``_`` between thousands."""

LARGEST = 2**53
"""The largest number of ticks or units of money: whole numbers up to here are exact as doubles."""

NUMERAL = r"[-+]?(?:[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?"
_QUANTITY = re.compile(rf"\s*(?P<numeral>{NUMERAL})\s*(?P<suffix>[^\s\d][^\d]*?)?\s*")
_SMALLEST_EXPONENT = -20
_RANGE = re.compile(r"\s*(?P<between>between\s+)?(?P<low>\S.*?)\s+(?P<word>to|and)\s+(?P<high>\S.*?)\s*")


class TextRange(NamedTuple):
    """The two sides of a range as text, each with its unit."""

    kind: Literal["range", "uniform"]
    low: str
    high: str


def split_quantity(value: Scalar, what: str, example: str) -> tuple[Decimal, str]:
    """Split ``1.5h`` into its number and its suffix (empty for a bare number)."""
    text = repr(value) if isinstance(value, float) else str(value)
    match = _QUANTITY.fullmatch(text)
    if len(text) > 60 or match is None:
        raise RefusedError(f"{what} is written like {example}, not {shown(value)}")
    return Decimal(match["numeral"].replace("_", "")), (match["suffix"] or "").strip()


def split_range(value: object) -> TextRange | None:
    """Split ``6d to 20d`` or ``between 30d and 700d`` into its two sides; None where it is no range.

    A side on the left without a unit takes the unit of the right: ``6 to 20d``.
    """
    if not isinstance(value, str) or not (match := _RANGE.fullmatch(value)):
        return None
    if bool(match["between"]) != (match["word"] == "and"):
        return None
    low, high = match["low"], match["high"]
    suffix = _QUANTITY.fullmatch(high)
    if suffix and suffix["suffix"] and re.fullmatch(NUMERAL, low):
        low += suffix["suffix"]
    return TextRange("uniform" if match["between"] else "range", low, high)


def write_decimal(number: Decimal) -> str:
    """Write a number without trailing zeros, with ``_`` between thousands from 10_000 on; a tiny one with exponent."""
    if number and number.adjusted() < _SMALLEST_EXPONENT:
        return f"{number.normalize()}"
    whole_part, point, fraction = f"{number:f}".partition(".")
    if abs(number) >= GROUPED_FROM:
        whole_part = f"{int(whole_part):_}"
    return f"{whole_part}{point}{fraction}".rstrip("0").rstrip(".") if point else whole_part


def whole(number: Decimal, what: str) -> int:
    """Round half up, once (rules 1 and 2); refuse what would no longer be exact."""
    if abs(number) > LARGEST:
        raise RefusedError(f"{what} is too large: more than can be counted exactly")
    return int(number.to_integral_value(ROUND_HALF_UP))


# ---------------------------------------------------------------- durations
def read_duration(value: Scalar) -> int:
    """Read ``7d``, ``2 weeks``, ``1.5h`` or a bare 0 as ticks; it may be negative."""
    what, example = "a duration", "7d, 2 weeks, 5min or 1.5h"
    number, suffix = split_quantity(value, what, example)
    if not suffix:
        if number == 0:
            return 0
        raise RefusedError(f"{shown(value)} has no unit; write {write_decimal(number)}d, or h, min, weeks, months")
    return whole(number * TICKS[unit_of(suffix)], f"{shown(value)}")


def unit_of(suffix: str) -> str:
    """Find the unit that is meant by a spelling of it."""
    if suffix == "m":
        raise RefusedError("'m' could be minutes or months; write min or months")
    unit = UNITS.get(suffix)
    if unit is None:
        raise RefusedError(
            f"no unit {shown(suffix)}{near_miss(suffix, UNITS)}; durations are written 7d, 2 weeks, 5min or 1.5h"
        )
    return unit


def write_duration(ticks: float) -> Scalar:
    """Write ticks with the largest unit of month, day, hour, minute, second and millisecond that divides evenly."""
    if ticks == 0:
        return 0
    unit = next(unit for unit in ("month", "d", "h", "min", "s", "ms") if int(ticks) % TICKS[unit] == 0)
    count = int(ticks) // TICKS[unit]
    return f"{count} {_plural(unit, count)}" if unit == "month" else f"{count}{unit}"


def _plural(unit: str, count: int) -> str:
    return unit if count == 1 else f"{unit}s"


def read_hours(value: Scalar) -> float:
    """Read working hours, ``7 per day`` or ``7.5``."""
    number, suffix = split_quantity(value, "a number of working hours", "7 per day or 7.5")
    if suffix not in ("", "per day", "h per day", "hours per day"):
        raise RefusedError(
            f"working hours are those of a day, not {shown(value)}; write {write_decimal(number)} per day"
        )
    return float(number)


# ---------------------------------------------------------------- chances, amounts, money
def read_chance(value: Scalar) -> float:
    """Read ``35%`` or ``0.35``; it is not checked to lie between 0 and 1."""
    number, suffix = split_quantity(value, "a chance", "35% or 0.35")
    if suffix not in ("", "%"):
        raise RefusedError(f"no unit {shown(suffix)} for a chance; write 35% or 0.35")
    return float(number.scaleb(-2) if suffix else number)


def write_chance(chance: float) -> Scalar:
    """Write a chance as a percentage."""
    return f"{write_decimal(Decimal(repr(float(chance))).scaleb(2))}%"


def read_decimal(value: Scalar, what: str = "an amount", example: str = "90_000, 12k or 1.5m") -> Decimal:
    """Read ``90_000``, ``12k`` (thousand) or ``1.5m`` (million)."""
    number, suffix = split_quantity(value, what, example)
    if suffix and suffix.lower() not in MULTIPLES:
        raise RefusedError(f"no unit {shown(suffix)} for {what}; write {example}, without unit or currency")
    return number * MULTIPLES.get(suffix.lower(), 1)


def read_amount(value: Scalar) -> float:
    """Read an amount of anything that is counted, as a double."""
    return float(read_decimal(value))


def write_amount(amount: float) -> Scalar:
    """Write an amount as a number."""
    return int(amount) if float(amount).is_integer() and abs(amount) < LARGEST else float(amount)


def read_money(value: Scalar) -> int:
    """Read an amount of money as whole ten-thousandths."""
    return whole(read_decimal(value) * MONEY_UNITS, shown(value))


def write_money(units: float) -> Scalar:
    """Write money as a number in the currency."""
    number = Decimal(int(units)).scaleb(-4)
    if number == number.to_integral_value():
        return int(number)
    return float(number) if Decimal(repr(float(number))) == number else write_decimal(number)


def in_text(value: Scalar) -> str:
    """Write a number as it stands inside a longer text, such as a range."""
    if isinstance(value, str):
        return value
    return write_decimal(Decimal(repr(value) if isinstance(value, float) else value))


# ---------------------------------------------------------------- calendar lengths and rates
def read_span(value: object) -> Span:
    """Read a length of the calendar: ``12 months``, ``30d``, ``week``, ``none``.

    Months, quarters, years and one week are those of the calendar; any other length is exact.
    """
    what, example = "a length of time", "12 months, 1 year or 30d"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RefusedError(f"{what} is written like {example}, not {shown(value)}")
    if value == "none":
        return Span(0, "tick")
    text = f"1 {value}" if isinstance(value, str) and value.strip().isalpha() else value
    number, suffix = split_quantity(text, what, example)
    unit = unit_of(suffix) if suffix else "d"
    if unit in ("month", "quarter", "year") or (unit == "week" and number == 1):
        if number != number.to_integral_value():
            raise RefusedError(f"{shown(value)}: {unit}s of the calendar are whole; write days for a part of one")
        return Span(whole(number, shown(value)), unit)  # type: ignore[arg-type]
    return Span(read_duration(text), "tick")


def write_span(span: Span) -> Scalar:
    """Write a length of the calendar."""
    if span.unit != "tick":
        return f"{span.count} {_plural(span.unit, span.count)}"
    if span.count == 0:
        return "none"
    unit = next(unit for unit in ("d", "h", "min", "s", "ms") if span.count % TICKS[unit] == 0)
    return f"{span.count // TICKS[unit]}{unit}"


def write_period(span: Span) -> Scalar:
    """Write a period as a bare word where there is one: ``month``, ``week``, ``day``; else as a length."""
    words = {TICKS["d"]: "day", TICKS["h"]: "hour"}
    return words.get(span.count, write_span(span)) if span.unit == "tick" else span.unit


def single_period(span: Span, written: object) -> Span:
    """Refuse several calendar months, quarters or years where one period is asked for."""
    if span.count <= 0:
        raise RefusedError(f"a period is longer than nothing, not {shown(written)}; write month, week or 30d")
    if span.unit != "tick" and span.count != 1:
        raise RefusedError(
            f"{shown(written)} is no period; write one of {listed(('week', 'month', 'quarter', 'year'))}, or 30d"
        )
    return span
