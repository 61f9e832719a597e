"""What a number in a scenario can be: fixed, unknown (ignorance), or drawn anew for every lead (luck).

Durations are whole ticks of a millisecond and money whole ten-thousandths (semantics, rules 1 and 2);
chances, shares and odds are plain floats. The same classes hold all of them: what a number measures
follows from the field it stands in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal


# ---------------------------------------------------------------- ignorance
@dataclass(frozen=True)
class RangeBelief:
    """Nine in ten believe the value lies between `low` and `high` (5% below, 5% above).

    Logit-normal for chances and shares, lognormal for everything else (both are of one sign).
    """

    low: float
    high: float


@dataclass(frozen=True)
class UniformBelief:
    """Any value from `low` to `high` is as likely as any other."""

    low: float
    high: float


@dataclass(frozen=True)
class BetaBelief:
    """What `successes` out of `trials` teach of a rate: Beta(successes + 1/2, failures + 1/2), Jeffreys' rule."""

    successes: float
    trials: float


@dataclass(frozen=True)
class DrawsBelief:
    """One of these values, each as likely: a posterior sample."""

    values: tuple[float, ...]


Belief = RangeBelief | UniformBelief | BetaBelief | DrawsBelief
Number = float | Belief
"""A fixed number, or what is believed of it: `{uncertain: …}`, one value per replication (rule 35)."""


def bounds(number: Number) -> tuple[float, float]:
    """Return between which values a number lies that may be uncertain."""
    match number:
        case int() | float():
            return number, number
        case DrawsBelief(values):
            return min(values), max(values)
        case UniformBelief(low, high):
            return low, high
        case _:
            return 0.0, math.inf


# ---------------------------------------------------------------- luck
@dataclass(frozen=True)
class Never:
    """The clock does not start (rule 24)."""


@dataclass(frozen=True)
class Constant:
    """Always the same."""

    value: Number


@dataclass(frozen=True)
class Uniform:
    """Any value from `low` to `high` is as likely as any other."""

    low: Number
    high: Number


@dataclass(frozen=True)
class Exponential:
    """Memoryless, with this mean."""

    mean: Number


@dataclass(frozen=True)
class Lognormal:
    """`form` names what `first` and `second` are.

    ``range``: the 5% and 95% quantiles; ``moments``: mean and standard deviation;
    ``median``: median and sigma, the standard deviation of the logarithm (a plain number).
    """

    form: Literal["range", "moments", "median"]
    first: Number
    second: Number


@dataclass(frozen=True)
class Gamma:
    """`form` ``moments``: mean and standard deviation; ``shape``: shape (a plain number) and scale."""

    form: Literal["moments", "shape"]
    first: Number
    second: Number


@dataclass(frozen=True)
class Weibull:
    """Shape (a plain number) and scale."""

    shape: Number
    scale: Number


@dataclass(frozen=True)
class Empirical:
    """One of `values` (ascending), with chances in proportion to `weights` (same length)."""

    values: tuple[float, ...]
    weights: tuple[float, ...]


Luck = Never | Constant | Uniform | Exponential | Lognormal | Gamma | Weibull | Empirical


# ---------------------------------------------------------------- tables of chances
@dataclass(frozen=True)
class Table:
    """A chance that differs by one thing: `by` is segment, channel, attempt, visit or the name of a trait.

    For segment, channel and a trait `names` says which; for attempt and visit `names` is empty and the
    entries are those of the first, second, …, the last serving all later ones.
    """

    by: str
    names: tuple[str, ...]
    values: tuple[Number, ...]


ChanceValue = float | Belief | Table


# ---------------------------------------------------------------- calendar lengths
@dataclass(frozen=True)
class Span:
    """A length of the calendar: `count` of `unit`.

    Weeks, months, quarters and years are those of the calendar; the `unit` ``tick`` is exact.
    """

    count: int
    unit: Literal["tick", "week", "month", "quarter", "year"]


@dataclass(frozen=True)
class Rate:
    """`amount` per `per`: spread evenly over each calendar month (quarter, year), or over each length."""

    amount: Number
    per: Span


@dataclass(frozen=True)
class ByMonth:
    """An amount for each month named: ``months[i]`` is year * 12 + month - 1; ascending, without gaps."""

    months: tuple[int, ...]
    amounts: tuple[Number, ...]


Flow = Rate | ByMonth
