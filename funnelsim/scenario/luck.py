"""Luck as text: what is drawn anew for every lead, a wait, an age or a value.

``7d`` is always the same; ``6d to 20d`` is lognormal with nine in ten between; ``between 30d and 700d`` is uniform;
``{dist: gamma, mean: 30d, sd: 20d}`` names the law.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from funnelsim.scenario import units
from funnelsim.scenario.measures import DURATION, MONEY, PLAIN, WORK, Measure, parameters_of
from funnelsim.scenario.problems import RefusedError, near_miss, read_each, shown
from funnelsim.scenario.quantities import (
    Constant,
    Empirical,
    Exponential,
    Gamma,
    Lognormal,
    Luck,
    Never,
    Number,
    Uniform,
    Weibull,
)

_SHAPES = (0.02, 1e6)
"""The shapes of a gamma law that can be drawn."""

FORMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "constant": (("value",),),
    "uniform": (("low", "high"),),
    "exponential": (("mean",),),
    "lognormal": (("low", "high"), ("mean", "sd"), ("median", "sigma"), ("mu", "sigma")),
    "gamma": (("mean", "sd"), ("shape", "scale")),
    "weibull": (("shape", "scale"),),
    "empirical": (("values",), ("values", "weights")),
}
"""The parameters that each distribution takes, in each of its forms."""

BARE = ("sigma", "shape")
"""The parameters that are plain numbers, without the unit of what is drawn."""

_MAY_BE_ZERO = ("value", "low")


@dataclass(frozen=True)
class LuckMeasure:
    """How luck of one measure is read and written."""

    measure: Measure
    never: bool = False
    instant: bool = True

    @property
    def what(self) -> str:
        """What is asked for, in words."""
        return "a wait" if self.never else self.measure.what

    def read(self, raw: object) -> Luck:
        """Read luck from text, a number or a mapping."""
        luck = self._read(raw)
        if not self.instant and _is_zero(luck):
            raise RefusedError(
                f"{self.what} between attempts is longer than 0, not {shown(raw)}; write never to switch it off"
            )
        return luck

    def _read(self, raw: object) -> Luck:
        if raw == "never":
            if self.never:
                return Never()
            raise RefusedError(f"{self.what} cannot be never; leave it out")
        if parts := units.split_range(raw):
            dist = "lognormal" if parts.kind == "range" else "uniform"
            return self._distribution(dist, {"low": parts.low, "high": parts.high}, shown(raw), in_text=True)
        if not isinstance(raw, Mapping):
            return Constant(self.measure.fixed(raw))
        if "dist" not in raw:
            if "uncertain" in raw:
                return Constant(self.measure.number(raw))
            raise RefusedError(
                f"{self.what} is written like {self.measure.example}, {self.measure.example_range}, or {{dist: …}}"
            )
        dist = raw["dist"]
        if not isinstance(dist, str) or dist not in FORMS:
            raise RefusedError(f"no distribution {shown(dist)}{near_miss(str(dist), FORMS, 'distributions')}", "dist")
        return self._distribution(dist, parameters_of(raw, dist, *FORMS[dist]), "")

    def _distribution(self, dist: str, given: dict[str, Any], written: str, *, in_text: bool = False) -> Luck:
        if dist == "empirical":
            return self._empirical(given)
        if in_text:
            values: list[Number] = [self.measure.fixed(text) for text in given.values()]
        else:
            values = read_each(lambda name: self._parameter(name, given[name]), ((name, name) for name in given))
        parameters = dict(zip(given, values, strict=True))
        match dist, tuple(sorted(given)):
            case "constant", _:
                return Constant(parameters["value"])
            case "uniform", _:
                return Uniform(*_ascending(parameters["low"], parameters["high"], written))
            case "exponential", _:
                return Exponential(parameters["mean"])
            case "lognormal", ("high", "low"):
                _above_zero(parameters["low"], written)
                return Lognormal("range", *_ascending(parameters["low"], parameters["high"], written))
            case "lognormal", ("mean", "sd"):
                return Lognormal("moments", parameters["mean"], parameters["sd"])
            case "lognormal", ("median", "sigma"):
                return Lognormal("median", parameters["median"], parameters["sigma"])
            case "lognormal", _:
                return Lognormal("median", self._median(given["mu"]), parameters["sigma"])
            case "gamma", ("mean", "sd"):
                _drawable(parameters["mean"], parameters["sd"])
                return Gamma("moments", parameters["mean"], parameters["sd"])
            case "gamma", _:
                return Gamma("shape", _drawable_shape(parameters["shape"]), parameters["scale"])
            case _:
                return Weibull(parameters["shape"], parameters["scale"])

    def _parameter(self, name: str, raw: object) -> Number:
        if name == "mu":
            return self._median(raw)
        if name in BARE:
            return PLAIN.number(raw)
        measure = self.measure if name in _MAY_BE_ZERO else replace(self.measure, low_allowed=False)
        return measure.number(raw)

    def _median(self, mu: object) -> float:
        """Turn `mu`, the mean of the logarithm of days (or of the currency), into a median."""
        if isinstance(mu, bool) or not isinstance(mu, int | float) or not -50 < mu < 50:
            raise RefusedError(
                f"mu is the mean of the logarithm of days or of money, a fixed number such as 2.3, not {shown(mu)}"
            )
        one = units.TICKS_PER_DAY if self.measure.unit == "time" else units.MONEY_UNITS
        median = units.whole(Decimal(math.exp(mu) * one), f"a mu of {mu}")
        if median == 0:
            raise RefusedError(f"a mu of {mu} rounds to a median of nothing; write a larger one")
        return median

    def _empirical(self, given: dict[str, Any]) -> Empirical:
        def numbers(name: str, measure: Measure) -> list[float]:
            raw = given[name]
            if not isinstance(raw, list | tuple) or not raw:
                raise RefusedError(f"{name} are a list with at least one entry")
            return read_each(measure.fixed, enumerate(raw))

        measures = {"values": self.measure, "weights": PLAIN}
        values, *weights = read_each(lambda name: numbers(name, measures[name]), ((name, name) for name in given))
        if weights and len(weights[0]) != len(values):
            raise RefusedError(f"{len(values)} values have {len(weights[0])} weights; give one for each", "weights")
        pairs = sorted(zip(values, weights[0] if weights else [1.0] * len(values), strict=True))
        return Empirical(tuple(value for value, _ in pairs), tuple(float(weight) for _, weight in pairs))

    # ------------------------------------------------------------ writing
    def write(self, luck: Luck) -> Any:
        """Write luck in its shortest form."""
        measure = self.measure
        match luck:
            case Never():
                return "never"
            case Constant(value):
                return measure.write_number(value)
            case Uniform(int() | float() as low, int() | float() as high):
                return f"between {measure.in_text(low)} and {measure.in_text(high)}"
            case Lognormal("range", int() | float() as low, int() | float() as high):
                return f"{measure.in_text(low)} to {measure.in_text(high)}"
            case Empirical(values, weights):
                drawn = {"values": tuple(map(measure.write, values)), "weights": tuple(map(PLAIN.write, weights))}
                return {"dist": "empirical", **drawn}
        dist, names, parameters = parts_of(luck)
        written = {
            name: (PLAIN if name in BARE else measure).write_number(parameter)
            for name, parameter in zip(names, parameters, strict=True)
        }
        return {"dist": dist, **written}


_LOGNORMAL = {"range": ("low", "high"), "moments": ("mean", "sd"), "median": ("median", "sigma")}
_GAMMA = {"moments": ("mean", "sd"), "shape": ("shape", "scale")}


def parts_of(luck: Luck) -> tuple[str, tuple[str, ...], tuple[Number, ...]]:
    """Name the distribution of a law with parameters, and its parameters in order."""
    match luck:
        case Constant(value):
            return "constant", ("value",), (value,)
        case Uniform(low, high):
            return "uniform", ("low", "high"), (low, high)
        case Exponential(mean):
            return "exponential", ("mean",), (mean,)
        case Lognormal(form, first, second):
            return "lognormal", _LOGNORMAL[form], (first, second)
        case Gamma(form, first, second):
            return "gamma", _GAMMA[form], (first, second)
        case Weibull(shape, scale):
            return "weibull", ("shape", "scale"), (shape, scale)
        case _:
            return "never" if isinstance(luck, Never) else "empirical", (), ()


def _is_zero(luck: Luck) -> bool:
    match luck:
        case Constant(0):
            return True
        case Empirical(values, _):
            return values[-1] == 0
        case _:
            return False


def _ascending(low: Number, high: Number, written: str) -> tuple[Number, Number]:
    if isinstance(low, int | float) and isinstance(high, int | float) and low >= high:
        raise RefusedError(f"a range goes from the smaller to the larger{', not ' + written if written else ''}")
    return low, high


def _above_zero(low: Number, written: str) -> None:
    if low == 0:
        raise RefusedError(
            f"a lognormal range starts above 0{', not ' + written if written else ''}; 'between … and …' may start at 0"
        )


def _drawable(mean: Number, sd: Number) -> None:
    if isinstance(mean, int | float) and isinstance(sd, int | float):
        _drawable_shape((mean / sd) ** 2, "the square of mean / sd")


def _drawable_shape(shape: Number, what: str = "the shape of a gamma law") -> Number:
    low, high = _SHAPES
    if isinstance(shape, int | float) and not low <= shape <= high:
        raise RefusedError(f"{what} lies between {low} and {high:g}, not {shape:g}; take another distribution")
    return shape


WAIT = LuckMeasure(DURATION, never=True)
GAP = LuckMeasure(DURATION, never=True, instant=False)
AGE = LuckMeasure(DURATION)
TAKES = LuckMeasure(WORK)
VALUE = LuckMeasure(MONEY)
