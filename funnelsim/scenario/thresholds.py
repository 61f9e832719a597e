"""Thresholds: what a scenario promises of its figures, as a small strict language.

    condition  = statistic comparison limit
    statistic  = mean | p1 … p99 | prob(comparison number)
    comparison = < | <= | > | >=
    limit      = number | reference | number * reference
    reference  = baseline | variant(NAME)

``p90 < 800`` speaks of the 90% quantile over replications, ``prob(> 500) >= 90%`` of the share of replications in which
the figure is larger than 500. A reference is the same statistic of the same figure in another version of the scenario.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Literal, NamedTuple, cast

from funnelsim.scenario import ids
from funnelsim.scenario.problems import RefusedError, near_miss, read_each, read_part, shown
from funnelsim.scenario.units import MULTIPLES, split_quantity, write_decimal

Comparison = Literal["<", "<=", ">", ">="]
Level = Literal["error", "warn"]
LEVELS: tuple[Level, ...] = ("error", "warn")

EXAMPLES = "'p90 < 800', 'prob(> 500) >= 90%' or 'mean < 1.05 * baseline'"
_STATISTICS = ("mean", "p10", "p50", "p90", "prob")
_COMPARISONS = ("<", "<=", ">", ">=")
_CONDITION = re.compile(r"(?P<word>\w+)\s*(?P<within>\([^()]*\))?\s*(?P<sign>[<>=!~]+)?\s*(?P<limit>.*)", re.DOTALL)
_PROBABILITY = re.compile(r"\(\s*(?P<sign>[<>=!~]+)?\s*(?P<number>.*?)\s*\)", re.DOTALL)
_FACTOR = re.compile(r"(?P<factor>[^*]*?)\s*\*\s*(?P<rest>.*)", re.DOTALL)
_REFERENCE = re.compile(r"(?P<word>[A-Za-z]\w*)\s*(?P<within>\(\s*[^()]*\))?\s*")
_PERIOD = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?|-Q[1-4])?")
_FIGURE = re.compile(r"(?P<metric>[^@\s]+)(?:@(?P<period>.*))?", re.DOTALL)


class Quantity(NamedTuple):
    """A number, and whether it was written as a percentage."""

    number: Decimal
    is_percentage: bool = False

    def __str__(self) -> str:
        """Write it as it can be read again."""
        if self.is_percentage:
            return f"{write_decimal(self.number.scaleb(2))}%"
        return write_decimal(self.number)


class Statistic(NamedTuple):
    """What is said of the replications of a figure.

    ``mean``; ``quantile`` with its `percent`; ``probability`` that a value compares with a bound.
    """

    kind: Literal["mean", "quantile", "probability"]
    percent: int = 50
    comparison: Comparison = ">"
    bound: Quantity = Quantity(Decimal(0))

    def __str__(self) -> str:
        """Write it as it is read."""
        if self.kind == "probability":
            return f"prob({self.comparison} {self.bound})"
        return "mean" if self.kind == "mean" else f"p{self.percent}"


@dataclass(frozen=True)
class Condition:
    """A statistic, how it compares, and with what.

    Attributes
    ----------
    statistic : Statistic
    comparison : {"<", "<=", ">", ">="}
    limit : Quantity
        The limit itself; with a reference the factor of its statistic.
    reference : str or None
        ``baseline``, ``variant(NAME)``, or None.
    """

    statistic: Statistic
    comparison: Comparison
    limit: Quantity
    reference: str | None = None

    @property
    def variant(self) -> str | None:
        """The variant that it refers to, if it refers to one."""
        return self.reference[8:-1] if self.reference and self.reference != "baseline" else None

    def __str__(self) -> str:
        """Write it in its canonical form."""
        limit = str(self.limit)
        if self.reference:
            limit = self.reference if self.limit == Quantity(Decimal(1)) else f"{limit} * {self.reference}"
        return f"{self.statistic} {self.comparison} {limit}"


@dataclass(frozen=True)
class Threshold:
    """Conditions of one figure, and why they are there.

    Attributes
    ----------
    error, warn : Condition or None
        What breaks the check where it does not hold, and what is only told; at least one.
    reason : str
        Shown where one does not hold.
    """

    error: Condition | None = None
    warn: Condition | None = None
    reason: str = ""


class FigureName(NamedTuple):
    """What a threshold is about: a metric, perhaps of a group, and a period, or None for the whole horizon."""

    metric: str
    period: str | None


# ---------------------------------------------------------------- conditions
def read_condition(raw: object) -> Condition:
    """Read ``p90 < 800`` and the like.

    Raises
    ------
    RefusedError
        With what is wrong, and how it is written.
    """
    if not isinstance(raw, str) or not (match := _CONDITION.fullmatch(raw.strip())):
        raise RefusedError(f"a threshold is written like {EXAMPLES}, not {shown(raw)}")
    statistic = _statistic(match["word"], match["within"])
    comparison = _comparison(match["sign"], raw)
    limit, reference = _limit(match["limit"])
    if statistic.kind == "probability" and not reference and not 0 <= limit.number <= 1:
        raise RefusedError(f"a probability lies between 0% and 100%, not at {limit}; write prob(> 500) >= 90%")
    return Condition(statistic, comparison, limit, reference)


def _statistic(word: str, within: str | None) -> Statistic:
    if word == "prob":
        match = _PROBABILITY.fullmatch(within or "")
        if match is None or not match["sign"] or not match["number"]:
            raise RefusedError("the probability of what? write prob(> 500), with the bound in brackets")
        return Statistic("probability", comparison=_comparison(match["sign"], within), bound=_number(match["number"]))
    if within is not None:
        raise RefusedError(f"only prob has brackets, as in prob(> 500); here stands {shown(word + within)}")
    if word == "mean":
        return Statistic("mean")
    if re.fullmatch(r"p[1-9][0-9]?", word):
        return Statistic("quantile", int(word[1:]))
    if re.fullmatch(r"p[0-9.]+", word):
        raise RefusedError(f"quantiles are p1 to p99, not {shown(word)}")
    raise RefusedError(f"no statistic {shown(word)}{near_miss(word, _STATISTICS, 'statistics')}")


def _comparison(sign: str | None, written: object) -> Comparison:
    if sign is None:
        raise RefusedError(f"{shown(written)} compares with nothing; a threshold is written like {EXAMPLES}")
    if sign not in _COMPARISONS:
        raise RefusedError(f"figures are compared by <, <=, > and >=, not by {shown(sign)}")
    return cast(Comparison, sign)


def _limit(text: str) -> tuple[Quantity, str | None]:
    text = text.strip()
    if not text:
        raise RefusedError(f"a limit is missing; a threshold is written like {EXAMPLES}")
    if product := _FACTOR.fullmatch(text):
        factor = _number(product["factor"])
        if factor.number <= 0:
            raise RefusedError(f"a factor is above 0, not {factor}; write 1.05 * baseline")
        return factor, _reference(product["rest"])
    if text[0].isalpha():
        return Quantity(Decimal(1)), _reference(text)
    return _number(text), None


def _reference(text: str) -> str:
    match = _REFERENCE.fullmatch(text)
    if match is None:
        raise RefusedError(f"a limit is a number, baseline or variant(NAME), or 1.05 * one of these, not {shown(text)}")
    if match["word"] == "baseline" and match["within"] is None:
        return "baseline"
    if match["word"] != "variant":
        hint = near_miss(match["word"], ("baseline", "variant"), "limits can refer to")
        raise RefusedError(f"no reference {shown(text)}{hint}")
    name = (match["within"] or "()")[1:-1].strip()
    if not name:
        raise RefusedError("which variant? write its name in brackets, as in variant(before)")
    return f"variant({ids.read_slug(name)})"


def _number(text: str) -> Quantity:
    number, suffix = split_quantity(text, "a limit", "800, 12k, 35% or 1.05 * baseline")
    if suffix == "%":
        return Quantity(number.scaleb(-2), True)
    if suffix.startswith(("baseline", "variant")):
        raise RefusedError(f"a factor is followed by *, as in {number} * {suffix}")
    if suffix and suffix.lower() not in MULTIPLES:
        raise RefusedError(f"no unit {shown(suffix)} in a limit; write 800, 12k or 35%, in the unit of the metric")
    return Quantity(number * MULTIPLES.get(suffix.lower(), 1))


# ---------------------------------------------------------------- thresholds of a figure
def read_thresholds(raw: object) -> tuple[Threshold, ...]:
    """Read the thresholds of one figure: one or a list, each a text or a mapping.

    Raises
    ------
    RefusedError
        With all that is wrong, and where in the value.
    """
    if isinstance(raw, list | tuple):
        if not raw:
            raise RefusedError(f"nothing is promised here; write a threshold like {EXAMPLES}, or leave it out")
        return tuple(read_each(_threshold, enumerate(raw)))
    return (_threshold(raw),)


def _threshold(raw: object) -> Threshold:
    if not isinstance(raw, Mapping):
        return Threshold(error=read_condition(raw))
    known = [field.name for field in fields(Threshold)]
    for name in raw:
        if name not in known:
            raise RefusedError(f"no field {shown(name)} in a threshold{near_miss(str(name), known, 'fields')}", name)
    reason = raw.get("reason", "")
    if not isinstance(reason, str):
        raise RefusedError(f"must be text, not {shown(reason)}", "reason")
    found = {level: read_part(level, read_condition, raw[level]) for level in LEVELS if level in raw}
    if not found:
        raise RefusedError(f"a threshold has 'error' or 'warn', or both, such as {{warn: p90 < 800}}; see {EXAMPLES}")
    return Threshold(**found, reason=reason)


def write_thresholds(thresholds: tuple[Threshold, ...]) -> Any:
    """Write thresholds in their canonical form."""
    return tuple(_written(threshold) for threshold in thresholds)


def _written(threshold: Threshold) -> Any:
    if threshold.error is not None and threshold.warn is None and not threshold.reason:
        return str(threshold.error)
    conditions = {level: str(found) for level in LEVELS if (found := getattr(threshold, level)) is not None}
    return {**conditions, "reason": threshold.reason} if threshold.reason else conditions


# ---------------------------------------------------------------- figures
def split_figure(name: str) -> FigureName:
    """Split ``cost_per_sql[channel=search]@2026-03`` into metric and period.

    Raises
    ------
    RefusedError
        Where the period is none.
    """
    match = _FIGURE.fullmatch(name)
    if match is None:
        raise RefusedError(
            f"a figure is named like cost_per_sql, sql[channel=search] or sql@2026-03, not {shown(name)}"
        )
    period = match["period"]
    if period is not None and not _PERIOD.fullmatch(period):
        raise RefusedError(f"no period {shown(period)}; write the day it begins, or 2026-03, 2026-Q1 or 2026")
    return FigureName(match["metric"], period)


def read_figure(raw: object) -> str:
    """Read the name of a figure; whether there is such a metric and period is not looked at."""
    if not isinstance(raw, str):
        raise RefusedError(f"a figure is named by text, not {shown(raw)}")
    split_figure(raw)
    return raw
