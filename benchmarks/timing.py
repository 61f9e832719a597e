"""Times contenders side by side: in turn, on one processor, after a warm-up."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.work import Counts, Work

ROUNDS = 5


@dataclass(frozen=True)
class Contender:
    """Somebody who does a work: `run(seed, replications)` is timed, `counted` makes counts of what it returned."""

    name: str
    replications: int
    run: Callable[[int, int], Any]
    counted: Callable[[Any], Counts]
    threads: int = 1


@dataclass
class Timing:
    """What a contender took for an event, in each round, and what it counted."""

    nanoseconds: list[float] = field(default_factory=list)
    counts: list[Counts] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.nanoseconds)

    @property
    def spread(self) -> str:
        """The fastest and the slowest round, in percent of the median."""
        low, high = (limit(self.nanoseconds) / self.median - 1 for limit in (min, max))
        return f"{low:+.0%} {high:+.0%}"

    def ratios(self, other: Timing) -> list[float]:
        """Return how often this one's time goes into the other's, round by round."""
        return [theirs / ours for ours, theirs in zip(self.nanoseconds, other.nanoseconds, strict=True)]

    def all_counts(self) -> Counts:
        return np.concatenate(self.counts)


def pin(processors: int = 1) -> None:
    """Keep this process on its last processors, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(PROCESSORS)[-processors:])


PROCESSORS = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
"""Those that this process could run on when it began."""


def measure(work: Work, contenders: Sequence[Contender], rounds: int = ROUNDS) -> list[Timing]:
    """Time contenders in turn, after one replication each to warm up.

    On one processor it is the processor's time that counts, which other processes do not lengthen as they do that of
    the clock; on more it is the clock's.
    """
    threads = max(contender.threads for contender in contenders)
    pin(threads)
    clock = time.process_time if threads == 1 else time.perf_counter
    for contender in contenders:
        contender.run(0, 1)
    timings = [Timing() for _ in contenders]
    for turn in range(rounds):
        for contender, timing in zip(contenders, timings, strict=True):
            start = clock()
            found = contender.run(1 + turn, contender.replications)
            seconds = clock() - start
            counts = contender.counted(found)
            timing.counts.append(counts)
            timing.nanoseconds.append(seconds * 1e9 / work.events(counts))
    return timings
