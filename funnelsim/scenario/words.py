"""Quantities in words, for people who do not read distributions."""

from __future__ import annotations

import math
import sys
import unicodedata
from collections.abc import Iterable

from funnelsim.scenario import units
from funnelsim.scenario.luck import BARE, parts_of
from funnelsim.scenario.measures import PLAIN, Measure
from funnelsim.scenario.problems import listed
from funnelsim.scenario.quantities import (
    BetaBelief,
    Constant,
    DrawsBelief,
    Empirical,
    Exponential,
    Gamma,
    Lognormal,
    Luck,
    Never,
    Number,
    RangeBelief,
    Span,
    Uniform,
    UniformBelief,
    Weibull,
)

WIDTH = 80
_NINE_IN_TEN = 1.6448536269514722  # the 95% quantile of the normal distribution
_ANEW = "drawn anew for each replication"
_UNIT_WORDS = (("d", "day"), ("h", "hour"), ("min", "minute"), ("s", "second"), ("ms", "millisecond"))
_WIDEST_SIGMA = 20.0
_SMALLEST_SHAPE = 0.02
DAYS = {
    "mon": "Mondays",
    "tue": "Tuesdays",
    "wed": "Wednesdays",
    "thu": "Thursdays",
    "fri": "Fridays",
    "sat": "Saturdays",
    "sun": "Sundays",
}
"""Weekdays, as what happens on all of them."""

_PARAMETERS = {"sd": "a standard deviation", "low": "a lower end", "high": "an upper end"}


def width(text: str) -> int:
    """Return the columns a text takes: wide characters, such as Chinese ones, take two, and joined ones none."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def wrap(text: str, first: str = "", rest: str = "") -> str:
    """Break a text into lines of `WIDTH` columns, with an indent for the first and one for the others."""
    lines, line, empty = [], first, True
    for word in text.split():
        if not empty and width(line) + 1 + width(word) > WIDTH:
            lines.append(line)
            line, empty = rest, True
        line += word if empty else f" {word}"
        empty = False
        while width(line) > WIDTH:  # a word that is longer than a line, such as a sentence in Chinese
            cut = next(cut for cut in range(len(line), 0, -1) if width(line[:cut]) <= WIDTH)
            lines.append(line[:cut])
            line = rest + line[cut:]
    return "\n".join([*lines, line])


def named(name: str, label: str | None) -> str:
    """Write a name with its label, where it has one."""
    return f"{name} ({label})" if label else name


def join(parts: Iterable[str], conjunction: str = "and") -> str:
    """Join parts to a list that is never cut."""
    return listed(parts, conjunction, most=sys.maxsize)


def rough(number: float) -> str:
    """Write a number that was worked out: four digits, or all that stand before the point."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def exact(number: float) -> str:
    """Write a number that stands in the scenario, with all its digits."""
    return units.in_text(units.write_amount(number)).replace("_", ",")


def times(number: float) -> str:
    """Say how often."""
    return {1: "once", 2: "twice"}.get(int(number), f"{exact(number)} times")


def duration(ticks: float) -> str:
    """Say a duration in its largest fitting unit."""
    if ticks == 0:
        return "0 days"
    unit, word = next(pair for pair in _UNIT_WORDS if abs(ticks) >= units.TICKS[pair[0]] or pair[0] == "ms")
    number = rough(ticks / units.TICKS[unit])
    return f"{number} {word}" if number == "1" else f"{number} {word}s"


def span(length: Span) -> str:
    """Say a length of the calendar."""
    return duration(length.count) if length.unit == "tick" else str(units.write_span(length))


def fixed(number: float, measure: Measure) -> str:
    """Say a fixed number of a measure."""
    if measure.unit == "time":
        return duration(number)
    return units.in_text(measure.write(number)).replace("_", ",")


def of(said: str, what: str) -> str:
    """Say a number of something; what is known of the number follows."""
    known, bracket, rest = said.partition(" (")
    return f"{known} {what}{bracket}{rest}"


def _average(mean: float, measure: Measure) -> str:
    amount = rough(mean / units.MONEY_UNITS) if measure.unit == "money" else fixed(mean, measure)
    return f"{amount} on average"


def _sides(low: float, high: float, measure: Measure) -> tuple[str, str]:
    """Say the two sides of a range, the unit once where it is the same."""
    left, right = fixed(low, measure), fixed(high, measure)
    number, _, unit = left.partition(" ")
    same = unit and unit.rstrip("s") == right.rpartition(" ")[2].rstrip("s")
    return number if same else left, right


def _between(low: float, high: float, measure: Measure) -> str:
    return f"between {' and '.join(_sides(low, high, measure))}"


def number(value: Number, measure: Measure) -> str:
    """Say a number, fixed or not known."""
    match value:
        case RangeBelief(low, high):
            return f"{' to '.join(_sides(low, high, measure))} (not known: nine chances in ten lie between, {_ANEW})"
        case UniformBelief(low, high):
            return f"{' to '.join(_sides(low, high, measure))} (not known: any value between, {_ANEW})"
        case BetaBelief(successes, trials):
            said = f"{exact(successes)} successes in {exact(trials)} trials"
            return f"about {rough(successes / trials * 100)}% (not known: learnt from {said}, {_ANEW})"
        case DrawsBelief(values):
            sides = dict.fromkeys(_sides(min(values), max(values), measure))
            return f"{' to '.join(sides)} (not known: one of {len(values)} given values, {_ANEW})"
    return fixed(value, measure)


def counted(value: Number, measure: Measure, one: str, many: str = "") -> str:
    """Say how many of something there are: ``1 touch``, ``3 touches``."""
    return f"{number(value, measure)} {one if value == 1 else many or f'{one}s'}"


def luck(value: Luck, measure: Measure) -> str:
    """Say how something is drawn for every lead."""
    match value:
        case Never():
            return "never"
        case Constant(known):
            return number(known, measure)
        case Uniform(int() | float() as low, int() | float() as high):
            return f"{_between(low, high, measure)}, all equally likely (uniform)"
        case Exponential(int() | float() as mean):
            return f"{_average(mean, measure)}, without memory (exponential)"
        case Lognormal("range", int() | float() as low, int() | float() as high):
            sigma = math.log(high / low) / (2 * _NINE_IN_TEN)
            return _nine_in_ten(low, high, math.sqrt(low * high) * math.exp(sigma**2 / 2), measure)
        case Lognormal("median", int() | float() as median, int() | float() as sigma) if sigma < _WIDEST_SIGMA:
            low, high = (median * math.exp(side * _NINE_IN_TEN * sigma) for side in (-1, 1))
            return _nine_in_ten(low, high, median * math.exp(sigma**2 / 2), measure)
        case Lognormal("moments", int() | float() as mean, int() | float() as sd):
            return _moments(mean, sd, "lognormal", measure)
        case Gamma("moments", int() | float() as mean, int() | float() as sd):
            return _moments(mean, sd, "gamma", measure)
        case Gamma("shape", int() | float() as shape, int() | float() as scale):
            return _moments(shape * scale, math.sqrt(shape) * scale, "gamma", measure)
        case Weibull(int() | float() as shape, int() | float() as scale) if shape > _SMALLEST_SHAPE:
            trend = "falls" if shape < 1 else "stays the same" if shape == 1 else "rises"
            average = _average(scale * math.gamma(1 + 1 / shape), measure)
            return f"{average}, while the chance that it comes {trend} as time goes by (Weibull)"
        case Empirical(values, weights):
            mean = math.fsum(v * w for v, w in zip(values, weights, strict=True)) / math.fsum(weights)
            return f"one of {len(values)} observed values, {_average(mean, measure)} (empirical)"
    return _by_parameters(value, measure)


def _nine_in_ten(low: float, high: float, mean: float, measure: Measure) -> str:
    if measure.unit == "money":
        low, high = (round(side / units.MONEY_UNITS) * units.MONEY_UNITS or side for side in (low, high))
    return f"{_between(low, high, measure)} for nine leads in ten, {_average(mean, measure)} (lognormal)"


def _moments(mean: float, sd: float, law: str, measure: Measure) -> str:
    spread = rough(sd / units.MONEY_UNITS) if measure.unit == "money" else fixed(sd, measure)
    return f"{_average(mean, measure)} with a standard deviation of {spread} ({law})"


def _by_parameters(value: Luck, measure: Measure) -> str:
    law, names, parameters = parts_of(value)
    said = [
        f"{_PARAMETERS.get(name, f'a {name}')} of {number(parameter, PLAIN if name in BARE else measure)}"
        for name, parameter in zip(names, parameters, strict=True)
    ]
    return f"drawn from a {law} law with {listed(said, 'and')}"
