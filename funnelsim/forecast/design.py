"""Points that fill ranges evenly, for sweeps over more paths than a grid could cover."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np

from funnelsim.forecast.points import MOST_POINTS, SWEEP
from funnelsim.metrics.checking import check_whole
from funnelsim.scenario import Problem, ScenarioError
from funnelsim.scenario.problems import RefusedError, shown

Method = Literal["sobol", "latin_hypercube"]
METHODS: tuple[Method, ...] = ("sobol", "latin_hypercube")

DIGITS = 6
"""Significant digits of a value: enough for any range, and short enough to read."""

_NUMBER = r"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*(.*?)\s*\bto\b\s*({_NUMBER})(\s*)(.*?)\s*", re.DOTALL)

_WAYS = "write two numbers, as in (0.2, 0.4), or a range in one unit, as in '20% to 40%' or '5 to 15 per month'"


class Range(NamedTuple):
    """From where to where, and in which unit."""

    low: float
    high: float
    unit: str
    is_whole: bool
    """Whether only whole numbers are meant: both ends are such, without a unit."""

    def at(self, share: float) -> Any:
        """Return what lies at a share of the way from 0 to below 1; of whole numbers each has the same part of it."""
        if self.is_whole:
            return int(self.low) + math.floor(share * (self.high - self.low + 1))
        value = float(f"{self.low + share * (self.high - self.low):.{DIGITS}g}")
        return f"{np.format_float_positional(value, trim='-')}{self.unit}" if self.unit else value


def design(
    ranges: Mapping[str, Any], points: int = 64, method: Method = "sobol", seed: int = 1
) -> list[dict[str, int | float | str]]:
    """Return points that fill ranges evenly, for `funnelsim.sweep`.

    Parameters
    ----------
    ranges : mapping of str to (low, high) or str
        By path. Two numbers, or a text such as ``"20% to 40%"`` or ``"5d to 15d"``, both ends in one unit. Two whole
        numbers without a unit give whole numbers, both ends among them.
    points : int
        How many; for ``sobol`` a power of two, else its points would not be balanced.
    method : {"sobol", "latin_hypercube"}
        A scrambled Sobol sequence (A. B. Owen, 1995), or a Latin hypercube (M. D. McKay, R. J. Beckman and
        W. J. Conover, 1979), in which each of `points` equal parts of every range has one point. Both are those of
        `scipy.stats.qmc`.
    seed : int
        Another seed scrambles anew; how results differ between seeds says how large the error of the design is.

    Returns
    -------
    list of dict
        By path a number, or a text in the unit of its range, rounded to six digits.

    Raises
    ------
    ScenarioError
        With all ranges that are wrong.
    TypeError, ValueError
        For other arguments that make no sense.
    """
    if not isinstance(ranges, Mapping) or not ranges:
        raise TypeError(
            f"ranges is {ranges!r}, not a mapping of paths to ranges, as in {{'stages.pool.…': '1% to 3%'}}"
        )
    if method not in METHODS:
        raise ValueError(f"no design {method!r}: take one of {', '.join(METHODS)}")
    check_whole("points", points, 1, MOST_POINTS + 1)
    check_whole("seed", seed, 0, 1 << 64)
    if method == "sobol" and points.bit_count() != 1:
        raise ValueError(
            f"points is {points}: a Sobol design is balanced for powers of two only, such as "
            f"{1 << (points.bit_length() - 1)} or {1 << points.bit_length()}"
        )
    read = _read(ranges)
    shares = _shares(method, len(read), points, seed)
    return [{path: read[path].at(float(share)) for path, share in zip(read, row, strict=True)} for row in shares]


def _shares(method: Method, number: int, points: int, seed: int) -> Any:
    """Return (points, number) numbers from 0 to below 1."""
    from scipy.stats import qmc

    luck: Any = np.random.default_rng(seed)
    if method == "sobol":
        return qmc.Sobol(number, scramble=True, seed=luck).random_base2(points.bit_length() - 1)
    return qmc.LatinHypercube(number, seed=luck).random(points)


# ---------------------------------------------------------------- ranges
def _read(ranges: Mapping[str, Any]) -> dict[str, Range]:
    read, problems = {}, []
    for path, value in ranges.items():
        try:
            read[str(path)] = _range(value)
        except RefusedError as error:
            problems.append(Problem(SWEEP, str(path), str(error)))
    if problems:
        raise ScenarioError(problems)
    return read


def _range(value: Any) -> Range:
    found = _of_text(value) if isinstance(value, str) else _of_numbers(value)
    if not found.low < found.high:
        raise RefusedError(f"{shown(value)} runs from {found.low:g} to {found.high:g}; write the smaller end first")
    return found


def _of_text(text: str) -> Range:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise RefusedError(f"{shown(text)} is no range; {_WAYS}")
    low, first_unit, high, gap, unit = match.groups()
    if first_unit not in ("", unit):
        raise RefusedError(f"{shown(text)} has ends in two units, {shown(first_unit)} and {shown(unit)}; {_WAYS}")
    is_whole = not unit and all(re.fullmatch(r"[+-]?[\d_]+", end) for end in (low, high))
    return Range(float(low), float(high), f"{gap}{unit}" if unit else "", is_whole)


def _of_numbers(ends: Any) -> Range:
    if not isinstance(ends, (tuple, list)) or len(ends) != 2 or not all(map(_is_number, ends)):
        raise RefusedError(f"{shown(ends)} is no range; {_WAYS}")
    is_whole = all(isinstance(end, (int, np.integer)) for end in ends)
    return Range(float(ends[0]), float(ends[1]), "", is_whole)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and math.isfinite(value)
