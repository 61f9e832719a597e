"""How peers in Python count: in a dictionary by month, kind, outcome and age."""

from __future__ import annotations

from collections import Counter

import numpy as np

from benchmarks.work import FUNNEL, MONTHS, OUTCOMES, Counts, month_of_day

OLD_AFTER = 30
FAILED, SUCCEEDED, EXHAUSTED = range(len(OUTCOMES))
_MONTH_OF_DAY: list[int] = month_of_day().tolist()


class Tally(Counter[tuple[int, str, int, bool]]):
    """What one replication counts."""

    def came(self, day: float) -> None:
        self[_MONTH_OF_DAY[int(day)], "created", FAILED, False] += 1

    def attempt(self, kind: str, day: float, born: float, good: bool = True, last: bool = True) -> None:
        outcome = SUCCEEDED if good else EXHAUSTED if last else FAILED
        self[_MONTH_OF_DAY[int(day)], kind, outcome, day - born >= OLD_AFTER] += 1


def counts_of(tallies: list[Tally]) -> Counts:
    """Return tallies as counts."""
    counts = np.zeros((len(tallies), MONTHS, len(FUNNEL.kinds), len(OUTCOMES), 2), np.int64)
    for replication, tally in enumerate(tallies):
        for (month, kind, outcome, old), number in tally.items():
            counts[replication, month, FUNNEL.kinds.index(kind), outcome, int(old)] = number
    return counts
