"""Peers in C: compiled when they are needed, with all that the compiler can do on this processor."""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.timing import Contender
from benchmarks.work import DAYS, FUNNEL, MONTHS, OUTCOMES, OWNERS, TRACKS, TRACKS_EVEN, Counts, Work, month_of_day

SOURCES = Path(__file__).parent / "c"
FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")


def compiler() -> str | None:
    """Return the C compiler, if there is one."""
    return shutil.which(os.environ.get("CC", "cc"))


@functools.cache
def _room() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="benchmarks-")


@functools.cache
def library(source: str, *defines: str) -> ctypes.CDLL:
    """Compile a program, and load it."""
    made = Path(_room().name) / ("_".join((source, *defines)) + ".so")
    flags = (*FLAGS, *(f"-D{define}" for define in defines))
    subprocess.run([str(compiler()), *flags, str(SOURCES / f"{source}.c"), "-o", str(made), "-lm"], check=True)
    return ctypes.CDLL(str(made))


def run_compiled(program: ctypes.CDLL, work: Work, seed: int, replications: int) -> Counts:
    """Run a compiled program."""
    counts = np.zeros((replications, MONTHS, len(work.kinds), len(OUTCOMES), 2), np.int64)
    months = month_of_day()
    program.run(
        ctypes.c_uint64(seed << 32),
        ctypes.c_int64(replications),
        months.ctypes.data_as(ctypes.c_void_p),
        ctypes.c_int64(DAYS),
        ctypes.c_int64(MONTHS),
        counts.ctypes.data_as(ctypes.c_void_p),
    )
    return counts


def in_c(name: str, work: Work, replications: int, source: str, *defines: str) -> Contender:
    """Return a contender in C."""
    return Contender(
        name,
        replications,
        lambda seed, number: run_compiled(library(source, *defines), work, seed, number),
        lambda counts: counts,
    )


ALONE = in_c("C, walking leads alone", FUNNEL, 200, "funnel_alone")
RING = in_c("C, with a heap and a ring", FUNNEL, 60, "funnel_events", "RINGS")
HEAP = in_c("C, with a heap", FUNNEL, 40, "funnel_events")
OWNERS_HEAP = in_c("C, with a heap", OWNERS, 40, "owners")
TRACKS_ALONE = in_c("C, with warmth and fatigue", TRACKS, 60, "tracks", "POINTS")
TRACKS_ALONE_EVEN = in_c("C, without warmth and fatigue", TRACKS_EVEN, 100, "tracks")
