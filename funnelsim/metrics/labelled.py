"""Tables of counts: arrays with the names of their dimensions and their units, which become variables of a Dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from funnelsim.program import records as p

if TYPE_CHECKING:
    from funnelsim.program import Program

Table = tuple[tuple[str, ...], npt.NDArray[Any], dict[str, str]]
"""Dimensions, values and attributes; the first dimension is `replication`."""

Tables = dict[str, Table]

MONEY_UNITS = "ten-thousandths of the currency"
TICKS = "ticks of a millisecond"
POINT_UNITS = "thousandths of a point"


def counted(dims: tuple[str, ...], values: npt.NDArray[Any], what: str, units: str = "leads") -> Table:
    """Return a table of numbers of leads, or of something else."""
    return dims, values, {"units": units, "long_name": what}


def money(dims: tuple[str, ...], values: npt.NDArray[Any], what: str) -> Table:
    """Return a table of money."""
    return counted(dims, values, what, MONEY_UNITS)


def ticks(dims: tuple[str, ...], values: npt.NDArray[Any], what: str) -> Table:
    """Return a table of times."""
    return counted(dims, values, what, TICKS)


def by_period(cells: p.IntArray, program: Program, axis: int) -> p.IntArray:
    """Sum cells to the warm-up (first) and the periods."""
    periods = program.cell_period
    starts = [cell for cell in range(len(periods)) if cell == 0 or periods[cell] != periods[cell - 1]]
    return np.asarray(np.add.reduceat(cells, starts, axis=axis))


def regimes_at_end(program: Program) -> list[int]:
    """Return what holds at the end of each period."""
    last = {period: cell for cell, period in enumerate(program.cell_period)}
    return [int(program.structure.cell_regime[last[period]]) for period in sorted(last) if period >= 0]
