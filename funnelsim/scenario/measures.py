"""What a number measures: how it is read and written, and which values make sense.

A number is fixed, or what is believed of it: ``{uncertain: …}``, one value in each replication (rule 35).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from funnelsim.scenario import units
from funnelsim.scenario.problems import RefusedError, listed, near_miss, read_each, read_part, shown
from funnelsim.scenario.quantities import Belief, BetaBelief, DrawsBelief, Number, RangeBelief, UniformBelief
from funnelsim.scenario.units import Scalar


class Unread(str):
    """Stands where draws could not be read, which has been reported already."""


@dataclass(frozen=True)
class Measure:
    """How a kind of number is read, written and bounded."""

    what: str
    example: str
    example_range: str
    read: Callable[[Scalar], float]
    write: Callable[[float], Scalar]
    unit: str
    low: float = 0.0
    low_allowed: bool = True
    high: float = math.inf
    whole: bool = False
    bounded: bool = False
    """Whether also an uncertain number has a smallest and a largest value."""

    @property
    def is_chance(self) -> bool:
        """Whether the number lies between 0 and 1, so that counts of successes can teach it."""
        return self.high == 1.0

    def fixed(self, raw: object) -> float:
        """Read a fixed number."""
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            raise RefusedError(f"{self.what} is written like {self.example}, not {shown(raw)}")
        if isinstance(raw, float) and not math.isfinite(raw):
            raise RefusedError(f"{self.what} is a finite number, not {raw}")
        if units.split_range(raw):
            raise RefusedError(
                f"a bare range '{raw}' says neither luck nor ignorance, and luck has no meaning for {self.what}; where "
                f"the true value is not known write {{uncertain: {self._with_bounds(raw)}}}"
            )
        return self.checked(self.read(raw), raw)

    def _with_bounds(self, raw: object) -> str:
        """Write a range as one with bounds, where it must have some."""
        parts = units.split_range(raw)
        return f"between {parts.low} and {parts.high}" if parts and self.bounded else str(raw)

    def checked(self, number: float, raw: object) -> float:
        """Refuse a number out of bounds."""
        if number < self.low or (number == self.low and not self.low_allowed) or number > self.high:
            percent = self.is_chance and isinstance(raw, int | float) and 2 <= raw <= 100
            hint = f"; did you mean {raw}%?" if percent else ""
            raise RefusedError(f"{self.what} is {self.bounds}, not {shown(raw)}{hint}")
        if number > units.LARGEST:
            raise RefusedError(f"{shown(raw)} is too large: more than can be counted exactly")
        if self.whole and number != int(number):
            raise RefusedError(f"{self.what} is a whole number, not {shown(raw)}")
        return int(number) if self.whole else number

    @property
    def bounds(self) -> str:
        """The values that make sense, in words."""
        if self.is_chance:
            return "between 0% and 100%"
        low = f"at least {self.in_text(self.low)}" if self.low_allowed else "more than 0"
        return low if self.high == math.inf else f"{low} and at most {self.in_text(self.high)}"

    def number(self, raw: object) -> Number:
        """Read a number, fixed or uncertain."""
        if not isinstance(raw, Mapping):
            return self.fixed(raw)
        if set(raw) == {"uncertain"}:
            return read_part("uncertain", self.belief, raw["uncertain"])
        if "dist" in raw:
            raise RefusedError(
                f"luck has no meaning for {self.what}; where it is not known write {{uncertain: {{dist: …}}}}"
            )
        raise RefusedError(
            f"{self.what} is written like {self.example}, or {{uncertain: {self.example_range}}} where it is not "
            f"known; {shown(raw)} with {listed(map(str, raw), 'and') or 'nothing'} is neither"
        )

    def belief(self, raw: object) -> Belief:
        """Read what stands under ``uncertain``."""
        if isinstance(raw, Unread):
            return DrawsBelief((1.0,))
        if parts := units.split_range(raw):
            return self.spread(parts.kind, self.read(parts.low), self.read(parts.high), raw)
        if not isinstance(raw, Mapping):
            raise RefusedError(f"write what is believed as a range such as {self.example_range}, not {shown(raw)}")
        if "values" in raw:
            return self._draws(raw)
        if "file" in raw:
            raise RefusedError(
                "draws from a file are read where a scenario is loaded from a file; write {values: [...]} here"
            )
        match raw.get("dist"):
            case "uniform":
                parameters = parameters_of(raw, "uniform", ("low", "high"))
                low, high = read_each(self.fixed, ((name, parameters[name]) for name in ("low", "high")))
                return self.spread("uniform", low, high, "")
            case "beta" if self.is_chance:
                return self._beta(raw)
            case "beta":
                raise RefusedError(
                    f"a beta is a belief about a chance or a share, not about {self.what}; write a range", "dist"
                )
            case None:
                raise RefusedError(
                    f"say what is believed: a range such as {self.example_range}, or a mapping with 'dist'"
                )
            case dist:
                known = ("uniform", "beta") if self.is_chance else ("uniform",)
                raise RefusedError(f"no belief {shown(dist)}{near_miss(str(dist), known, 'beliefs')}", "dist")

    def spread(self, kind: str, low: float, high: float, raw: object) -> RangeBelief | UniformBelief:
        """Check the two sides of a range and make a belief of them."""
        written = shown(raw) if raw else f"{self.write(low)} to {self.write(high)}"
        if low >= high:
            raise RefusedError(f"a range goes from the smaller to the larger, not {written}")
        if kind == "range" and self.bounded:
            raise RefusedError(
                f"{self.what} has bounds, but {written} leaves one chance in ten to values beyond; write "
                f"{{uncertain: between {self.in_text(low)} and {self.in_text(high)}}}"
            )
        if kind == "range" and (low <= 0 or high >= self.high):
            inside = "between 0% and 100%" if self.is_chance else "above 0"
            raise RefusedError(
                f"an uncertain range lies wholly {inside}, not {written}; 'between … and …' may touch the edge"
            )
        for side in (low, high):
            if not self.low <= side <= self.high or (side == self.low and not self.low_allowed):
                raise RefusedError(f"{self.what} is {self.bounds}, not {written}")
        if kind == "range":
            return RangeBelief(float(low), float(high))
        return UniformBelief(float(low), float(high))

    def _beta(self, raw: Mapping[str, Any]) -> BetaBelief:
        parameters = parameters_of(raw, "beta", ("successes", "trials"))
        successes, trials = read_each(COUNT.fixed, ((name, parameters[name]) for name in ("successes", "trials")))
        if trials == 0 or successes > trials:
            raise RefusedError(
                f"{successes} successes out of {trials} trials cannot be; give at least one trial", "successes"
            )
        return BetaBelief(float(successes), float(trials))

    def _draws(self, raw: Mapping[str, Any]) -> DrawsBelief:
        if extra := [name for name in raw if name != "values"]:
            raise RefusedError(f"no field {shown(extra[0])} beside values", extra[0])
        values = raw["values"]
        if not isinstance(values, list | tuple) or not values:
            raise RefusedError("values are a list with at least one value", "values")
        numbers = read_part("values", lambda listed: read_each(self.fixed, enumerate(listed)), values)
        return DrawsBelief(tuple(float(number) for number in numbers))

    # ------------------------------------------------------------ writing
    def write_number(self, number: Number) -> Any:
        """Write a number, fixed or uncertain."""
        if isinstance(number, int | float):
            return self.write(number)
        return {"uncertain": self.write_belief(number)}

    def write_belief(self, belief: Belief) -> Any:
        """Write what stands under ``uncertain``."""
        match belief:
            case RangeBelief(low, high):
                return f"{self.in_text(low)} to {self.in_text(high)}"
            case UniformBelief(low, high):
                return f"between {self.in_text(low)} and {self.in_text(high)}"
            case BetaBelief(successes, trials):
                return {"dist": "beta", "successes": int(successes), "trials": int(trials)}
            case DrawsBelief(values):
                return {"values": tuple(self.write(value) for value in values)}

    def in_text(self, number: float) -> str:
        """Write a fixed number as it stands inside a range."""
        return units.in_text(self.write(number))


def parameters_of(raw: Mapping[str, Any], dist: str, *forms: tuple[str, ...]) -> dict[str, Any]:
    """Take the parameters of a distribution, which must be those of one of its forms."""
    given = {name: value for name, value in raw.items() if name != "dist"}
    known = tuple(dict.fromkeys(name for form in forms for name in form))
    takes = listed([listed(form, "and") for form in forms], "or")
    for name in given:
        if name not in known:
            raise RefusedError(f"no parameter {shown(name)} in {dist}{near_miss(name, known)}; it takes {takes}", name)
    if not any(set(form) == set(given) for form in forms):
        raise RefusedError(f"{dist} takes {takes}; here stands {listed(given, 'and') or 'none'}")
    return given


def _read_plain(value: Scalar) -> float:
    return float(units.read_decimal(value, "a plain number", "1.5"))


def _read_count(value: Scalar) -> float:
    number = units.read_decimal(value, "a count", "3 or 10_000")
    return units.whole(number, shown(value)) if number == number.to_integral_value() else float(number)


def _write_plain(number: float) -> Scalar:
    return float(number) if Decimal(number) != int(number) else int(number)


CHANCE = Measure("a chance", "35% or 0.35", "30% to 40%", units.read_chance, units.write_chance, "", high=1.0)
SHARE = Measure("a share", "35% or 0.35", "30% to 40%", units.read_chance, units.write_chance, "", high=1.0)
MARGIN = replace(SHARE, what="a gross margin", example="60% or 0.6")
ODDS = Measure("an odds multiplier", "0.6 or 2", "1.5 to 2.5", _read_plain, _write_plain, "", low_allowed=False)
PLAIN = Measure("a parameter of a shape", "1.5", "1 to 2", _read_plain, _write_plain, "", low_allowed=False)
COUNT = Measure("a count", "3 or 10_000", "8_000 to 12_000", _read_count, units.write_amount, "", whole=True)
TIMES = Measure("a number of times", "3", "3 to 6", _read_count, units.write_amount, "", low=1.0, whole=True)
LIMIT = Measure("a limit of leads", "60", "40 to 80", _read_count, units.write_amount, "", low=1.0, whole=True)
QUEUE = Measure("a length of a queue", "20", "10 to 30", _read_count, units.write_amount, "", whole=True)
MOST_CONTACTS = 1_000
"""The most touches that a limit of contact can allow in its window."""

CONTACTS = Measure(
    "a number of touches",
    "3",
    "between 2 and 4",
    _read_count,
    units.write_amount,
    "",
    low=1.0,
    high=MOST_CONTACTS,
    whole=True,
    bounded=True,
)
MOST_PEOPLE = 10_000
"""The most people of one team."""

PEOPLE = Measure(
    "a number of people",
    "4",
    "between 3 and 6",
    _read_count,
    units.write_amount,
    "",
    low=1.0,
    high=MOST_PEOPLE,
    whole=True,
    bounded=True,
)
PRESENT = replace(PEOPLE, low=0.0)
"""How many people of a schedule are there; there may be none for a while."""

MOST_PRIORITY = 1_000_000
"""The highest priority of a move; the lowest is as far below 0."""

PRIORITY = Measure(
    "a priority",
    "2",
    "between 1 and 3",
    _read_count,
    units.write_amount,
    "",
    low=-MOST_PRIORITY,
    high=MOST_PRIORITY,
    whole=True,
    bounded=True,
)
MOST_POINTS = 1_000_000
"""The most points of a score that can be written; the fewest are as far below 0."""

POINTS = Measure(
    "a number of points",
    "5 or -10",
    "3 to 6",
    _read_plain,
    _write_plain,
    "",
    low=-MOST_POINTS,
    high=MOST_POINTS,
)
WEARINESS = replace(POINTS, what="a weight of fatigue", example="1 or 0.5", example_range="0.5 to 2", low=0.0)
WEIGHT = Measure("a weight", "19% or 2", "15% to 25%", units.read_chance, _write_plain, "%", low_allowed=False)
"""A share among others that need not add up to anything."""

HOURS = Measure(
    "a number of working hours",
    "7 per day",
    "between 6 and 8",
    units.read_hours,
    _write_plain,
    "hours",
    low_allowed=False,
    high=24.0,
    bounded=True,
)
PACE = Measure("a pace", "1.25", "0.8 to 1.2", _read_plain, _write_plain, "", low_allowed=False)
LEADS = Measure("a number of leads", "800", "700 to 900", units.read_amount, units.write_amount, "leads")
MONEY = Measure(
    "an amount of money", "90_000, 12k or 0.05", "80k to 100k", units.read_money, units.write_money, "money"
)
DURATION = Measure("a duration", "7d, 2 weeks or 5min", "5d to 9d", units.read_duration, units.write_duration, "time")
LENGTH = replace(DURATION, low_allowed=False)
"""A duration that is longer than nothing."""

WORK = Measure("a working time", "45min or 1.5h", "20min to 1h", units.read_duration, units.write_duration, "time")
