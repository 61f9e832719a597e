"""Where replications are run: what one thread reads and writes, used for one chunk after another."""

from __future__ import annotations

import math
from collections.abc import Iterable
from queue import Empty, SimpleQueue
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from funnelsim.engines.block import Block, empty_block
from funnelsim.engines.blockable import can_be_blocks
from funnelsim.engines.blockwise import run_in_blocks
from funnelsim.engines.counts import Counts, keep
from funnelsim.engines.handles import handle
from funnelsim.engines.jit import lean, stay_apart
from funnelsim.engines.kernel import DONE, run_replication
from funnelsim.engines.memory import MEMORY_SHARE, machine_memory
from funnelsim.engines.mixable import can_be_mixed, ticks_apart
from funnelsim.engines.mixing import run_mixed
from funnelsim.engines.philox import Word
from funnelsim.engines.realise import make_keys, realise, tables_of
from funnelsim.engines.state import NO_ROOM, Run, empty_run
from funnelsim.engines.tables import LEAD
from funnelsim.program import Program
from funnelsim.program.program import Recipes, Structure

Path = Literal["blocks", "mixed", "leads"]
"""How leads are walked: a block at a time where the program allows it, so but where they meet, or one by one."""

FEW_PLACES = 4096
"""For how many leads at one time there is room at first, where leads meet."""


def path_of(program: Program) -> Path:
    """Return how the leads of a program are walked."""
    if can_be_blocks(program):
        return "blocks"
    return "mixed" if can_be_mixed(program) else "leads"


class Desk:
    """What one thread reads and writes.

    Where leads meet it grows until it has room for all that are alive at one time.
    """

    def __init__(self, program: Program, by: str | None, cohorts: int, path: Path, stop: npt.NDArray[np.int64]) -> None:
        self._program, self._by, self._cohorts, self._path, self._stop = program, by, cohorts, path, stop
        self._structure, self._recipes = handle(program.structure), handle(program.recipes)
        self._set_up(first_places(program))

    def _set_up(self, places: int) -> None:
        check_places(self._program, places)
        self._places, self._is_ready = places, False
        self._run = empty_run(self._program, self._by, self._cohorts, places, stop=self._stop)
        if self._path != "leads":
            self._run.apart[:] = 0 if self._path == "blocks" else ticks_apart(self._program)
        self._run_handle = handle(self._run)
        mixed = self._path == "mixed"
        self._block = handle(empty_block(self._program, self._run, self._path != "leads", mixed))

    def run(self, seed: int, first: int, out: Counts) -> int:
        """Run replications from `first` on, one for each place in `out`; return how many were done."""
        done = 0
        while True:
            uncertain, left = self._program.uncertain, handle(out.part(done, len(out.counts)))
            wanted = (
                self._structure,
                self._recipes,
                uncertain or not self._is_ready,
                uncertain,
                np.uint64(seed),
                first + done,
                left,
            )
            if self._path != "leads":
                done += run_chunk_in_blocks(self._run_handle, self._block, *wanted)
            else:
                done += run_chunk(self._run_handle, *wanted)
            self._is_ready = True
            if done == len(out.counts) or self._stop[0] != 0:
                return done
            self._set_up(more_places(int(self._run.state[0]["failed"]), self._places))


class Desks:
    """As many desks as threads ask for at one time."""

    def __init__(
        self, program: Program, by: str | None, cohorts: int, path: Path | None, stop: npt.NDArray[np.int64]
    ) -> None:
        self._made_of = (program, by, cohorts, path or path_of(program), stop)
        self._free: SimpleQueue[Desk] = SimpleQueue()

    def run(self, seed: int, first: int, out: Counts) -> int:
        """Run a chunk at a free desk; see `Desk.run`."""
        try:
            desk = self._free.get_nowait()
        except Empty:
            desk = Desk(*self._made_of)
        done = desk.run(seed, first, out)
        self._free.put(desk)
        return done


@lean
def run_chunk(
    run: Run,
    structure: Structure,
    recipes: Recipes,
    first_anew: bool,
    all_anew: bool,
    seed: Word,
    first: int,
    out: Counts,
) -> int:
    """Run one replication after another, lead by lead; return how many were done before one was stopped or failed.

    Parameters
    ----------
    first_anew, all_anew : bool
        Whether the numbers of the first, and of all others, have to be found.
    """
    for i in range(len(out.counts)):
        prepare(run, structure, recipes, all_anew or (i == 0 and first_anew), seed, first + i)
        if run_replication(run) != DONE:
            return i
        keep(run, i, out)
    return len(out.counts)


@lean
def run_chunk_in_blocks(
    run: Run,
    block: Block,
    structure: Structure,
    recipes: Recipes,
    first_anew: bool,
    all_anew: bool,
    seed: Word,
    first: int,
    out: Counts,
) -> int:
    """Run one replication after another as `run_chunk` does, block by block, or so but where leads meet."""
    for i in range(len(out.counts)):
        prepare(run, structure, recipes, all_anew or (i == 0 and first_anew), seed, first + i)
        ended = run_mixed(run, block) if block.shape[0].mixed == 1 else run_in_blocks(run, block)
        if ended != DONE:
            return i
        keep(run, i, out)
    return len(out.counts)


@lean
def prepare(run: Run, structure: Structure, recipes: Recipes, anew: bool, seed: Word, replication: int) -> None:
    """Fill in the numbers of a replication, as far as they are others, and its keys."""
    stay_apart()
    if anew:
        realise(recipes, seed, np.uint64(replication), run.tables)
    make_keys(structure, seed, np.uint64(replication), run.tables)


# ---------------------------------------------------------------- room for leads
def expected_leads(program: Program) -> int:
    """Return how many leads a replication has, roughly."""
    tables = tables_of(program, 0, 0)
    there = int(tables.channels["backlog"][0].sum()) + len(tables.open_leads)
    return int(tables.expected[:, -1].sum()) // LEAD + there


def first_places(program: Program) -> int:
    """Return for how many leads at one time there is room at first: one where leads do not meet."""
    return min(most_places(program), FEW_PLACES) if program.teams else 1


def most_places(program: Program) -> int:
    """Return for how many leads at one time there should be room if all were alive at once."""
    leads = expected_leads(program)
    return leads + 10 * math.isqrt(leads) + 100 if program.teams else 1


def check_places(program: Program, places: int) -> None:
    """Refuse room for more leads at one time than the machine has memory for.

    Raises
    ------
    MemoryError
    """
    memory = machine_memory()
    if places > FEW_PLACES and memory is not None:
        one, other = (num_bytes(empty_run(program, None, 1, number)) for number in (1, 2))
        needed = places * (other - one)
        if needed > MEMORY_SHARE * memory:
            raise MemoryError(
                f"more than {places // 2:,} leads are under way at one time, and room for twice as many would take "
                f"{needed / 1e9:,.1f} GB; let stages that leads never leave be final, or take fewer leads"
            )


def num_bytes(arrays: Iterable[Any]) -> int:
    """Return how many bytes arrays have, those in tuples of arrays included."""
    sizes = (num_bytes(array) if isinstance(array, tuple) else getattr(array, "nbytes", 0) for array in arrays)
    return sum(sizes)


def more_places(failed: int, places: int) -> int:
    """Return how much room is needed after a replication that failed; raise if that is not why."""
    if failed == NO_ROOM:
        return 2 * places
    raise OverflowError("a lead goes round more often than the key of a draw has room for (rule 33)")
