"""Whether the figures of the source and those of the scenarios agree."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from funnelsim.evidence.measuring import Measured
from funnelsim.evidence.planning import Plan
from funnelsim.evidence.rows import Definition, Input, Outcome, Row, Tolerance
from funnelsim.evidence.standing import Standing
from funnelsim.scenario.problems import Place

ERRORS = 2
"""How many Monte Carlo standard errors stand beside a value."""

ROUNDING = 1e-12
"""The share of a value below which an error is that of the arithmetic."""


@dataclass(frozen=True)
class Verdict:
    """One row, judged.

    Attributes
    ----------
    row : Row
    place : Place
        Where it stands.
    expected : str
        What was to be found, in words; empty where that is the figure itself.
    found : str
        What was found, in words.
    agrees : bool or None
        None where nothing is modelled.
    """

    row: Row
    place: Place
    expected: str
    found: str
    agrees: bool | None

    def __str__(self) -> str:
        """Say where it is, what was found and what was expected."""
        return f"{self.place}: {self.row.number}: {self.row.what}: {self.found} is found, not {self.expected}"


def judge(plan: Plan, measured: Mapping[int, Measured]) -> list[Verdict]:
    """Judge every row, in the order of the table."""
    return [
        Verdict(row, plan.sheet.place(number), *_judged(row, plan.standing.get(number), measured.get(number)))
        for number, row in enumerate(plan.evidence.rows)
    ]


def _judged(row: Row, standing: Standing | None, measured: Measured | None) -> tuple[str, str, bool | None]:
    match row.check:
        case Input() as put_in:
            assert standing is not None
            return wanted(put_in, ""), standing.text, standing.agrees
        case Outcome() as outcome:
            assert measured is not None
            value, error, unit = measured
            return wanted(outcome, unit), in_words(value, error, unit), agrees(outcome, value)
        case Definition() as definition:
            return "", definition.says, True
    return "", "", None


def agrees(outcome: Outcome, value: float) -> bool:
    """Say whether a value is as expected; its Monte Carlo error widens nothing."""
    if outcome.expected is not None:
        assert outcome.tolerance is not None
        return abs(value - outcome.expected) <= outcome.tolerance.of(outcome.expected)
    low, high = outcome.between or (outcome.at_least, outcome.at_most)
    return not math.isnan(value) and (low is None or low <= value) and (high is None or value <= high)


# ---------------------------------------------------------------- words
def wanted(check: Input | Outcome, unit: str) -> str:
    """Say what was to be found."""
    if check.at_least is not None:
        return f"at least {_plain(check.at_least, unit)}"
    if check.at_most is not None:
        return f"at most {_plain(check.at_most, unit)}"
    if check.between is not None:
        low, high = check.between
        return f"{_plain(low, unit)} to {_plain(high, unit)}"
    if isinstance(check, Input):
        return f"{check.equals:,}" if isinstance(check.equals, int) else str(check.equals)
    assert check.expected is not None
    assert check.tolerance is not None
    return f"{_plain(check.expected, unit)} within {_within(check.tolerance, unit)}"


def _within(tolerance: Tolerance, unit: str) -> str:
    amount, relative = tolerance
    if relative:
        return f"{100 * amount:g}%"
    text = _plain(amount, "pp" if unit in _OF_HUNDRED else unit)
    return "1 point" if text == "1 points" else text


_OF_HUNDRED = {"share": "%", "pp": " points", "change": "%"}
"""Units that are shown in hundredths, and what is written behind them."""

_UNSAID = ("leads", "times", "")
"""Units that are not written: what is counted is said by the row."""


def _plain(value: float, unit: str) -> str:
    """Write a figure with the digits it has, at most six."""
    scale, mark = (100, _OF_HUNDRED[unit]) if unit in _OF_HUNDRED else (1, "")
    plus = "+" if unit == "change" else ""
    digits = f"{scale * value:{plus},.6f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else f"{value:{plus},.0f}"
    return f"{_signed(digits)}{mark}"


def in_words(value: float, error: float, unit: str) -> str:
    """Write a value and twice its Monte Carlo error, to two digits of that."""
    if math.isnan(value):
        return "no value"
    scale, mark = (100, _OF_HUNDRED[unit]) if unit in _OF_HUNDRED else (1, "" if unit in _UNSAID else f" {unit}")
    plus = "+" if unit in ("change", "pp") else ""
    value, reach = scale * value, ERRORS * scale * error
    if math.isnan(reach):  # of one replication
        return _plain(value / scale, unit)
    if reach <= abs(value) * ROUNDING:
        return f"{_signed(f'{value:{plus},.6f}'.rstrip('0').rstrip('.'))} ± 0{mark}"
    decimals = max(0, 1 - math.floor(math.log10(reach)))
    return f"{_signed(f'{value:{plus},.{decimals}f}')} ± {reach:,.{decimals}f}{mark}"


def _signed(digits: str) -> str:
    """Write a minus as one."""
    return digits.replace("-", "−")
