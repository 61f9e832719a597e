"""Gathers what is counted part by part, in little memory, and says beforehand how much that will be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from funnelsim.engines.memory import MEMORY_SHARE, machine_memory
from funnelsim.metrics.labelled import MONEY_UNITS, POINT_UNITS, TICKS, Tables

if TYPE_CHECKING:
    from funnelsim.program import Program

WHOLE_TYPES = (np.int8, np.int16, np.int32, np.int64)

PARTS_HELD = 8
"""How often a part of the counts is in memory while its variables are made, at most."""


class Gathered:
    """Variables of a number of replications, for which there is to be room, filled part by part.

    Whole numbers are kept in the smallest type that holds all of a variable, which depends on nothing else: a variable
    that outgrows its type moves to a wider one.
    """

    def __init__(self, replications: int = 0) -> None:
        self.replications, self.done = replications, 0
        self._arrays: dict[str, npt.NDArray[Any]] = {}
        self._dims: dict[str, tuple[str, ...]] = {}
        self._attrs: dict[str, dict[str, str]] = {}

    @property
    def dims(self) -> set[str]:
        """Dimensions of all variables."""
        return {dim for dims in self._dims.values() for dim in dims}

    def make_room(self, replications: int) -> None:
        """Make room for this many replications in all, without losing those that are there."""
        self.replications = replications
        for name, old in self._arrays.items():
            self._arrays[name] = self._longer(old, old.dtype)

    def take(self, tables: Tables) -> None:
        """Add the variables of the replications that come next."""
        number = 0
        for name, (dims, values, attrs) in tables.items():
            number = len(values)
            array = self._room(name, values)
            array[self.done : self.done + number] = values
            self._dims[name], self._attrs[name] = dims, attrs
        self.done += number

    def _room(self, name: str, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the array of a variable, in a type that holds these values too."""
        wanted, old = smallest_type(values), self._arrays.get(name)
        if old is None or np.promote_types(old.dtype, wanted) != old.dtype:
            empty = np.zeros((0, *values.shape[1:]), wanted)
            self._arrays[name] = self._longer(empty if old is None else old[: self.done], wanted)
        return self._arrays[name]

    def _longer(self, old: npt.NDArray[Any], kind: np.dtype[Any]) -> npt.NDArray[Any]:
        new = np.zeros((self.replications, *old.shape[1:]), kind)
        new[: len(old)] = old
        return new

    def dataset(self, coordinates: dict[str, Any]) -> xr.Dataset:
        """Return all of it, with names along its dimensions; nothing is copied."""
        variables = {
            name: xr.Variable(self._dims[name], array, self._attrs[name]) for name, array in self._arrays.items()
        }
        return xr.Dataset(variables, {"replication": np.arange(self.replications), **coordinates})


def smallest_type(values: npt.NDArray[Any]) -> np.dtype[Any]:
    """Return the smallest whole type that holds these values; that of other values as it is."""
    if values.dtype.kind != "i" or values.size == 0:
        return values.dtype
    low, high = int(values.min()), int(values.max())
    return np.dtype(next(kind for kind in WHOLE_TYPES if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max))


# ---------------------------------------------------------------- memory
def memory_needed(program: Program, replications: int, by: str | None, cohorts: bool, threads: int | None) -> int:
    """Estimate the memory of a run and its result, in bytes: what it takes at most.

    Parameters
    ----------
    program : Program
    replications : int
    by : str or None
    cohorts : bool
    threads : int or None

    Returns
    -------
    int
        Four bytes for every count, eight for all else, of every replication, and what runs need whatever their number.
    """
    from funnelsim.engines.replicate import nothing, part_size, running_bytes
    from funnelsim.metrics.tables import tables_of

    one = nothing(program, by, cohorts)
    with np.errstate(all="ignore"):  # of nothing there are no shares
        each = sum(_kept_bytes(values, attrs) for _, values, attrs in tables_of(program, one, by).values())
    part = part_size(program, by, cohorts, threads) * sum(array.nbytes for array in one)
    return replications * each + PARTS_HELD * part + running_bytes(program, by, cohorts, threads)


def _kept_bytes(values: npt.NDArray[Any], attrs: dict[str, str]) -> int:
    wide = values.dtype.kind == "f" or attrs.get("units") in (MONEY_UNITS, POINT_UNITS, TICKS)
    return values.size * (8 if wide else 1 if values.dtype.kind == "b" else 4)


def check_memory(needed: int, what: str) -> None:
    """Refuse results that would take too much memory, before anything runs.

    Parameters
    ----------
    needed : int
        Bytes.
    what : str
        What needs them, such as ``100,000 replications``.

    Raises
    ------
    ValueError
        Which says how much there is, and how to need less.
    """
    memory = machine_memory()
    if memory is not None and needed > MEMORY_SHARE * memory:
        raise ValueError(
            f"{what} would take up to {needed / 1e9:,.1f} GB of memory, and a result may take {MEMORY_SHARE:.0%} of "
            f"the {memory / 1e9:,.1f} GB of this machine: ask for fewer replications, a coarser period, a shorter "
            "horizon, or without groups and cohorts"
        )
