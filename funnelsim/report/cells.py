"""Cells that refer to each other: formulas, each with the value that it has before anybody recalculates it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

Value = float | bool | str
"""What a cell shows; text that is empty where there is no value."""

TOLERANCE = 1e-9
"""How far, of 1 or of the value where that is larger, a formula and what was simulated may lie apart."""


class Formula(NamedTuple):
    """A formula, and what it comes to."""

    text: str
    value: Value


@dataclass(frozen=True)
class Cell:
    """A cell that has been written.

    Attributes
    ----------
    sheet : str
    row, column : int
        From 0.
    value : float, bool or str
    """

    sheet: str
    row: int
    column: int
    value: Value

    def seen_from(self, sheet: str) -> str:
        """Return the reference to it that a formula on a sheet needs, such as ``Monthly!C5``."""
        from xlsxwriter.utility import quote_sheetname, xl_rowcol_to_cell

        cell = str(xl_rowcol_to_cell(self.row, self.column))
        return cell if sheet == self.sheet else f"{quote_sheetname(self.sheet)}!{cell}"


def number_of(value: Value) -> float:
    """Return a number, NaN for text."""
    return math.nan if isinstance(value, str) else float(value)


def shown(value: float) -> Value:
    """Return what a cell shows for a number: nothing where it is none."""
    return float(value) if math.isfinite(value) else ""


# ---------------------------------------------------------------- formulas
def same(cell: Cell, on: str) -> Formula:
    """Repeat a cell."""
    return Formula(f"={cell.seen_from(on)}", cell.value)


def total(cells: Sequence[Cell], on: str) -> Formula:
    """Add up cells; those side by side in a row as a range."""
    value = math.fsum(number_of(cell.value) for cell in cells)
    first, last = cells[0], cells[-1]
    beside = [cell.column for cell in cells] == list(range(first.column, last.column + 1))
    if len(cells) > 1 and beside and len({(cell.sheet, cell.row) for cell in cells}) == 1:
        return Formula(f"=SUM({first.seen_from(on)}:{last.seen_from(last.sheet)})", value)
    return Formula(f"={'+'.join(cell.seen_from(on) for cell in cells)}", value)


def quotient(over: Cell, under: Cell, on: str) -> Formula:
    """Divide one cell by another; nothing where there is nothing to divide by."""
    above, below = over.seen_from(on), under.seen_from(on)
    numerator, denominator = number_of(over.value), number_of(under.value)
    value = "" if denominator == 0 else shown(numerator / denominator)
    return Formula(f'=IF({below}=0,"",{above}/{below})', value)


def share_of(part: Cell, whole: Cell, on: str) -> Formula:
    """Multiply a cell by a share; nothing at all where there is no share."""
    amount, share = whole.seen_from(on), part.seen_from(on)
    numbers = number_of(whole.value), number_of(part.value)
    value = 0.0 if any(map(math.isnan, numbers)) else numbers[0] * numbers[1]
    return Formula(f"=IF(COUNT({amount},{share})<2,0,{amount}*{share})", value)


def change(new: Cell, old: Cell, on: str) -> Formula:
    """Subtract one cell from another; nothing where either has no number."""
    after, before = new.seen_from(on), old.seen_from(on)
    value = shown(number_of(new.value) - number_of(old.value))
    return Formula(f'=IF(COUNT({after},{before})<2,"",{after}-{before})', value)


def relative(difference: Cell, base: Cell, on: str) -> Formula:
    """Divide a difference by the size of what it is a difference from."""
    above, below = difference.seen_from(on), base.seen_from(on)
    numerator, denominator = number_of(difference.value), abs(number_of(base.value))
    value = "" if denominator == 0 else shown(numerator / denominator)
    return Formula(f'=IF(COUNT({above},{below})<2,"",IF({below}=0,"",{above}/ABS({below})))', value)


def agrees(live: Cell, simulated: Cell, on: str) -> Formula:
    """Say whether a formula comes to what was simulated; two cells without a number agree, too."""
    ours, theirs = live.seen_from(on), simulated.seen_from(on)
    close = f"ABS({ours}-{theirs})<={TOLERANCE:.0E}*MAX(1,ABS({theirs}))"
    found, expected = number_of(live.value), number_of(simulated.value)
    if math.isnan(found) or math.isnan(expected):
        value = math.isnan(found) and math.isnan(expected)
    else:
        value = abs(found - expected) <= TOLERANCE * max(1.0, abs(expected))
    return Formula(f"=IF(COUNT({ours},{theirs})=0,TRUE,IF(COUNT({ours},{theirs})=1,FALSE,{close}))", value)


def differ(first: Sequence[Cell], other: Sequence[Cell], on: str) -> Formula:
    """Say whether any of some cells differs from the one in its place; `<>` would take capitals for small letters."""
    pairs = list(zip(first, other, strict=True))
    tests = ",".join(f"EXACT({one.seen_from(on)},{two.seen_from(on)})" for one, two in pairs)
    return Formula(f"=NOT(AND({tests}))", any(one.value != two.value for one, two in pairs))


def all_of(cells: Sequence[Cell], on: str) -> Formula:
    """Say whether all cells of a column, one below the other, are TRUE."""
    first, last = cells[0], cells[-1]
    return Formula(f"=AND({first.seen_from(on)}:{last.seen_from(last.sheet)})", all(cell.value for cell in cells))
