"""Arrays of a program, made of lists; nobody can write to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from funnelsim.program import records as p
from funnelsim.program.flows import FlowTerm


def ints(values: Iterable[int]) -> p.IntArray:
    """Return whole numbers, not to be written to."""
    return p.read_only(np.array(list(values), np.int64))


def words(values: Iterable[int]) -> p.WordArray:
    """Return words of 64 bits, not to be written to."""
    return p.read_only(np.array(list(values), np.uint64))


def floats(values: Iterable[float]) -> p.FloatArray:
    """Return numbers, not to be written to."""
    return p.read_only(np.array(list(values), np.float64))


def table(rows: Sequence[Sequence[int]], width: int | None = None) -> p.IntArray:
    """Return rows of one length as a table; where there may be no rows, of this width."""
    if width is None:
        width = len(rows[0])
    return p.read_only(np.array(rows, np.int64).reshape(len(rows), width))


def terms(terms: Sequence[FlowTerm]) -> p.IntArray:
    """Return what terms of a flow say: owner, parameter and how many people it is multiplied by."""
    return p.read_only(np.array([(term.owner, term.parameter, term.heads) for term in terms], np.int64).reshape(-1, 3))


def units(terms: Sequence[FlowTerm], width: int) -> p.FloatArray:
    """Return the units of terms of a flow, each a row of this width."""
    return p.read_only(np.array([term.units for term in terms], np.float64).reshape(-1, width))
